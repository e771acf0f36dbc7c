"""Verbs on what was run: compare, report, export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from opendome.base.errors import CommandError
from opendome.cli.answer import MEASURES, print_differences, records
from opendome.cli.options import AsJson, Folder
from opendome.cli.screen import print_json, say

__all__ = ["VERBS"]


def compare(
    folder: Folder,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="NAME", help="Alternative to compare with.")
    ] = None,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", help="A measure; may be repeated; by default the usual ones.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print paired differences between alternatives.

    \b
    Example:
      opendome compare runs/coastland --baseline rounds-only --measure leaked_built_up
    """
    from opendome.study.record import open_study

    study = open_study(folder)
    if len(study.alternatives) < 2:
        raise CommandError(f"the study in {folder} has one alternative only; there is nothing to compare")
    rows = records(study.compare(baseline), measure or MEASURES)
    if as_json:
        print_json(rows)
        return
    confidence = 100 * study.manifest["confidence"]
    say(
        f"difference from {rows[0]['baseline']}, {study.replications:,} paired replications, "
        f"{confidence:g} % intervals of the simulation"
    )
    say()
    print_differences(rows)


def report(
    folder: Folder,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the page to PDF as well, by Chromium.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the report of a study, or of a sweep, as one HTML file.

    \b
    Example:
      opendome report runs/coastland
    """
    from opendome.report.page import make_pdf, make_report

    paths = [make_report(folder)]
    if pdf:
        paths.append(make_pdf(folder))
    if as_json:
        print_json({"files": [str(path) for path in paths]})
        return
    for path in paths:
        say(f"wrote {path}")


def export(
    folder: Folder,
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="geojson, cap or sirens.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for the files; by default DIR/export.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a run as GeoJSON, as CAP 1.2 alerts, or as a timeline of sirens.

    Alerts are marked as an exercise, always.

    \b
    Example:
      opendome run coastland --out runs/coastland-0
      opendome export runs/coastland-0 --to geojson
    """
    from opendome.exchange.formats import export as write
    from opendome.study.single import open_run

    paths = write(open_run(folder), to, folder / "export" / to if out is None else out)
    if as_json:
        print_json({"files": [str(path) for path in paths]})
        return
    for path in paths[:10]:
        say(f"wrote {path}")
    if len(paths) > 10:
        say(f"and {len(paths) - 10} more")


VERBS: dict[str, Callable[..., None]] = {"compare": compare, "report": report, "export": export}
"""Verbs of this file by name."""

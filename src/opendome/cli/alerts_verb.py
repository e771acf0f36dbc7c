"""Verbs on recorded alerts: import the public record, and hold simulated alerts against it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from opendome.cli.options import AsJson
from opendome.cli.screen import complain, print_json, say

__all__ = ["VERBS"]

_SHOWN = 12


def import_alerts(
    file: Annotated[Path, typer.Argument(metavar="CSV", help="Recorded alerts, plain or .gz.")],
    areas: Annotated[
        Path | None,
        typer.Option(
            "--areas", metavar="JSON", help="List of areas as in pikud-haoref-api; by default the bundled one."
        ),
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First moment, such as 2021-05-10 (local midnight).")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="End of the span, not included.")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for the tables.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read the public record of alerts into tables.

    Names are split against the list of areas; names that it has not are kept and listed. Every line that cannot be
    read is reported with its number; the others are read all the same, and the exit code is then 1.

    \b
    Example:
      opendome import-alerts israel-alerts.csv.gz --from 2021-05-10 --until 2021-05-22 --out runs/alerts-2021
    """
    from opendome.exchange.alert_names import names_from_json
    from opendome.exchange.alert_record import import_alerts as read

    names = None if areas is None else names_from_json(areas)
    record = read(file, names, from_text=from_, until_text=until)
    files = [] if out is None else record.write(out)
    if as_json:
        print_json({**record.summary, "files": [str(path) for path in files]})
    else:
        _tell(record.summary)
        for path in files:
            say(f"wrote {path}")
    if record.bad_lines:
        lines = "\n".join(f"  {file}:{line.line}: {line.what}: {line.text[:80]!r}" for line in record.bad_lines)
        n = len(record.bad_lines)
        complain(f"{n} line{'s' if n != 1 else ''} could not be read; all others were:\n{lines}")
        raise typer.Exit(1)


def _tell(summary: dict[str, Any]) -> None:
    """Print a summary for people."""
    matched = summary["matched"]
    say(f"{summary['messages']:,} messages of {summary['lines']:,} lines, {summary['outside_span']:,} outside the span")
    if summary["first_utc"]:
        say(f"from {summary['first_utc']} to {summary['last_utc']}")
    say(f"{summary['area_alerts']:,} area-alerts: {matched['exact']:,} by name, {matched['spelling']:,} spelt anew,")
    say(f"{matched['renamed']:,} renamed since, {sum(summary['unmatched'].values()):,} not in the list")
    say(f"{summary['area_alerts_merged']:,} alerts after merging within {summary['merge_s']:g} s")
    say(f"in {summary['clusters']:,} clusters of time")
    for words, count in (("repeated in autumn", "clock_repeated"), ("left out in spring", "clock_left_out")):
        if summary[count]:
            say(f"{summary[count]:,} messages in an hour that clocks have {words}")
    unmatched = summary["unmatched"]
    for name, count in list(unmatched.items())[:_SHOWN]:
        say(f"  not in the list, {count:,} times: {name}")
    if len(unmatched) > _SHOWN:
        say(f"  and {len(unmatched) - _SHOWN:,} names more, all in --json and in the manifest")


VERBS: dict[str, Callable[..., None]] = {"import-alerts": import_alerts}
"""Verbs of this file by name."""

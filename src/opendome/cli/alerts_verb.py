"""Verbs on recorded alerts: import the public record, and hold simulated alerts against it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import Alternative, AsJson, Folder
from opendome.cli.screen import complain, number_text, print_json, print_table, say

__all__ = ["VERBS"]

_SHOWN = 12
_FOUND = (("exact", "by name"), ("spelling", "by letters"), ("renamed", "renamed since"))


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
    found = ", ".join(f"{matched[how]:,} {words}" for how, words in _FOUND)
    say(f"{summary['area_alerts']:,} area-alerts: {found}, {sum(summary['unmatched'].values()):,} not in the list")
    merged, clusters = summary["area_alerts_merged"], summary["clusters"]
    say(f"{merged:,} alerts after merging within {summary['merge_s']:g} s, in {clusters:,} clusters of time")
    for words, count in (("repeated in autumn", "clock_repeated"), ("left out in spring", "clock_left_out")):
        if summary[count]:
            say(f"{summary[count]:,} messages in an hour that clocks have {words}")
    unmatched = summary["unmatched"]
    for name, count in list(unmatched.items())[:_SHOWN]:
        say(f"  not in the list, {count:,} times: {name}")
    if len(unmatched) > _SHOWN:
        say(f"  and {len(unmatched) - _SHOWN:,} names more, all in --json and in the manifest")


def compare_alerts(
    folder: Folder,
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="Folder that `import-alerts` wrote.")],
    replications: Annotated[
        int, typer.Option("--replications", min=1, help="Of a study: how many to play again; no more than it has.")
    ] = 20,
    alternative: Alternative = None,
    from_point: Annotated[
        str | None,
        typer.Option("--from-point", metavar="LAT,LON", help="Distances from here, not from the nearest launch area."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold simulated alerts against recorded ones: by day, minute, area and distance.

    Both sides are merged by the scenario's `warning.merge_s` and counted over its areas, from its start, or from
    `threats.raid.recorded.from`. Of a study the first replications are played again, since it keeps no single alerts.

    \b
    Example:
      opendome compare-alerts runs/may-2021 runs/alerts-2021
    """
    from opendome.exchange.alert_compare import compare_alerts as compare
    from opendome.exchange.alert_record import open_alerts

    found = compare(
        folder,
        open_alerts(record),
        replications=replications,
        alternative=alternative,
        record_folder=record,
        from_point=None if from_point is None else _point(from_point),
    )
    if as_json:
        print_json({"rows": found.rows(), "areas": found.areas(), "recorded_elsewhere": found.elsewhere})
        return
    rows = found.rows()
    n = len(found.simulated)
    print_table(
        ("figure", "", "recorded", "simulated", "95 % of the mean", "nine in ten"),
        [
            (
                row["what"],
                row["where"],
                row["recorded"],
                _or_dash(row["simulated"]),
                _interval(row, "low", "high"),
                _interval(row, "range_low", "range_high"),
            )
            for row in rows
        ],
    )
    say()
    say(f"{n} replication{'s' if n != 1 else ''}; days are those of the record's clock; an alert is no launch.")
    say(f"{found.elsewhere:,} recorded alerts of the span lie in no area of the scenario.")


def _point(text: str) -> tuple[float, float]:
    parts = text.split(",")
    try:
        lat_deg, lon_deg = (float(part) for part in parts)
    except ValueError:
        raise CommandError(f"--from-point {text!r} is no position; write LAT,LON such as 31.5,34.47") from None
    if not (abs(lat_deg) <= 90.0 and abs(lon_deg) <= 180.0):
        raise CommandError(f"--from-point {text!r} is not on Earth; write LAT,LON, latitude first")
    return lat_deg, lon_deg


def _or_dash(value: float | None) -> str:
    return "-" if value is None else number_text(value)


def _interval(row: dict[str, Any], low: str, high: str) -> str:
    return "" if row[low] is None else f"{number_text(row[low])} to {number_text(row[high])}"


VERBS: dict[str, Callable[..., None]] = {"import-alerts": import_alerts, "compare-alerts": compare_alerts}
"""Verbs of this file by name."""

"""The verb rebuild: how long it takes to make again what published campaigns spent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import AsJson
from opendome.cli.screen import number_text, print_json, print_table, say

if TYPE_CHECKING:
    from opendome.measures.rebuild import Band, Rebuilt

__all__ = ["VERBS"]

PerYearOption = Annotated[
    list[float] | None, typer.Option("--per-year", help="A line of your own: rounds a year; may be repeated.")
]
RoundsOption = Annotated[
    list[float] | None, typer.Option("--rounds", help="Rounds of your own that are to be made; may be repeated.")
]
RampOption = Annotated[
    float | None,
    typer.Option("--ramp-months", help="Time in which output rises; by default as long as the plant took."),
]


def rebuild(
    per_year: PerYearOption = None,
    rounds: RoundsOption = None,
    ramp_months: RampOption = None,
    as_json: AsJson = False,
) -> None:
    """Say how long it takes to make again the rounds that published campaigns spent.

    Interceptions as published, times 1.03 to 1.28 rounds for each, over the output of a production line at published
    rates. Bands are exact: fewest rounds on the fastest line to most rounds on the slowest.

    \b
    Example:
      opendome rebuild
      opendome rebuild --per-year 500 --rounds 1200
    """
    from opendome.measures.rebuild import (
        Band,
        Line,
        Spent,
        published_lines,
        published_spent,
        rebuild_times,
        thaad_rebuilt,
    )

    _check(per_year, rounds, ramp_months)
    lines = published_lines(ramp_months)
    lines += [Line(f"{rate:,g} a year", rate, Band(rate, rate, rate), 0.0) for rate in per_year or ()]
    spent = published_spent() + [Spent("asked for", 0, Band(n, n, n), "") for n in rounds or ()]
    found, thaad = rebuild_times(spent, lines), thaad_rebuilt()
    if as_json:
        print_json([_as_json(row) for row in (*found, *thaad)])
        return
    say("Months to make again what was spent, middle (low to high); bands at exact corners of published ranges\n")
    _print(found)
    say("\nThe same for an upper layer")
    _print(thaad)
    say("\nNothing is fired meanwhile. Sources: opendome explain production, opendome explain campaigns")


def _check(per_year: list[float] | None, rounds: list[float] | None, ramp_months: float | None) -> None:
    wrong = [f"--per-year {rate:g} must be above 0" for rate in per_year or () if not rate > 0.0]
    wrong += [f"--rounds {n:g} must be 0 or more" for n in rounds or () if not n >= 0.0]
    if ramp_months is not None and not ramp_months >= 0.0:
        wrong.append(f"--ramp-months {ramp_months:g} must be 0 or more")
    if wrong:
        raise CommandError("; ".join(wrong))


def _print(found: list[Rebuilt]) -> None:
    """A line a campaign, a column a production line."""
    names = list(dict.fromkeys(row.line.name for row in found))
    cells: dict[str, list[str]] = {}
    for row in found:
        first = [row.spent.name, str(row.spent.days or "-"), _text(row.spent.rounds), row.spent.confidence or "-"]
        cells.setdefault(row.spent.name, first).append(_text(row.days, 12.0 / 365.25))
    print_table(("campaign", "days", "rounds spent", "confidence", *names), cells.values())


def _text(band: Band, factor: float = 1.0) -> str:
    low, middle, high = (number_text(float(f"{factor * value:.3g}")) for value in band)
    return middle if low == high else f"{middle} ({low} to {high})"


def _as_json(row: Rebuilt) -> dict[str, Any]:
    return {
        "spent": row.spent.name,
        "confidence": row.spent.confidence,
        **{f"rounds_{name}": value for name, value in row.spent.rounds._asdict().items()},
        "line": row.line.name,
        **{f"days_{name}": value for name, value in row.days._asdict().items()},
    }


VERBS: dict[str, Callable[..., None]] = {"rebuild": rebuild}
"""Verbs of this file by name."""

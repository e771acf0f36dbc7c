"""Interceptors and warning, each on and off: expected injuries in the four cases, from the same raids and alerts."""

from __future__ import annotations

import math

from opendome.report.folder import StudyFolder
from opendome.report.model import Estimate, TextTable
from opendome.report.words import interval, number, places_for

__all__ = ["two_by_two_table"]

_NEEDED = ("injuries_expected", "injuries_if_unwarned", "injuries_if_undefended", "injuries_if_neither")
_PER = 100.0


def _cell(found: Estimate, factor: float = 1.0) -> str:
    value, low, high = (factor * x for x in (found.value, found.low, found.high))
    if not math.isfinite(value):
        return "–"
    half = (high - low) / 2
    places = places_for(half) if math.isfinite(half) and half > 0 else 1
    return number(value, places) + (f" ({interval(low, high, places)})" if math.isfinite(low) else "")


def _rows(folder: StudyFolder, name: str) -> list[tuple[str, ...]]:
    def per_launch(ending: str) -> str:
        return _cell(folder.estimate(name, f"injuries_per_launch{ending}"), _PER)

    label = folder.label(name)
    both, warning, interceptors = (
        _cell(folder.estimate(name, f"factor_of_{what}")) for what in ("both", "warning", "interceptors")
    )
    return [
        (f"{label}: interceptors on", per_launch(""), per_launch("_if_unwarned"), warning),
        (f"{label}: interceptors off", per_launch("_if_undefended"), per_launch("_if_neither"), ""),
        (f"{label}: factor of interceptors", interceptors, "", both),
    ]


def _title(folder: StudyFolder) -> str:
    warning, interceptors = (
        folder.estimate(folder.baseline, f"factor_of_{what}").value for what in ("warning", "interceptors")
    )
    if not (math.isfinite(warning) and math.isfinite(interceptors)):
        return "Nobody is expected to be hurt"
    return (
        f"Warning divides expected injuries by {number(warning, 1)}, interceptors divide them by "
        f"{number(interceptors, 1)}"
    )


def two_by_two_table(folder: StudyFolder) -> TextTable | None:
    """Give injuries for each 100 launched with interceptors on or off and warning on or off; None for older studies."""
    if not all(folder.measures(name) for name in _NEEDED):
        return None
    names = tuple(dict.fromkeys((folder.baseline, folder.headline)))
    return TextTable(
        _title(folder),
        f"Expected injuries for each {_PER:g} launched, and factors between the cases, with "
        f"{100 * folder.confidence:g} % intervals, paired: the same raids, the same alerts. The factor at the right "
        "end of the last line is that of both together. Injuries on the way to shelter count where warning is on. "
        "Vulnerability is assumed: the factors say more than the numbers.",
        (("case", False), ("warning on", True), ("warning off", True), ("factor", True)),
        tuple(row for name in names for row in _rows(folder, name)),
    )

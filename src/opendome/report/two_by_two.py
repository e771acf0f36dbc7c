"""Interceptors on and off, warning on and off: injuries expected in the four worlds, and the factors between them."""

from __future__ import annotations

import math

from opendome.report.folder import StudyFolder
from opendome.report.model import Estimate, TextTable
from opendome.report.words import capital, interval, lower, number, per_cent, places_for

__all__ = ["two_by_two_table", "two_by_two_title"]

_WORLDS = (
    ("interceptors and warning", "injuries_expected", "injuries_per_launched"),
    ("warning alone", "injuries_if_undefended", "injuries_per_launched_if_undefended"),
    ("interceptors alone", "injuries_if_unwarned", "injuries_per_launched_if_unwarned"),
    ("neither", "injuries_if_neither", "injuries_per_launched_if_neither"),
)
_FACTORS = ("factor_of_interceptors", "factor_of_warning", "factor_of_both")
_EVEN = 1.15
"""Factors this close to one another are called alike."""


def two_by_two_title(interceptors: float, warning: float) -> str:
    """State which of the two spared more: by the factors by which injuries rise when one is left out.

    Parameters
    ----------
    interceptors, warning : float      factors without the one, with the other [-]
    """
    if not (math.isfinite(interceptors) and math.isfinite(warning)):
        return "Nobody was expected to be hurt"
    by_interceptors, by_warning = f"{number(interceptors, 1)} times", f"{number(warning, 1)} times"
    ending = f"injuries: without warning {by_warning} as many, without interceptors {by_interceptors}"
    if max(interceptors, warning) <= _EVEN * min(interceptors, warning):
        return f"Warning and interceptors spared alike many {ending}"
    return f"{'Warning' if warning > interceptors else 'Interceptors'} spared more {ending}"


def two_by_two_table(folder: StudyFolder) -> TextTable | None:
    """Give injuries of each main alternative in the four worlds, for 100 launched too, and the factors; None without.

    Assumes: the same raid, picture and alerts in all four; people do not leave, and fire does not follow the defence.
    """
    if not all(folder.measures(column) for _, column, _ in _WORLDS):
        return None
    rows: list[tuple[str, ...]] = []
    strong: list[int] = []
    for name in folder.main:
        if name == folder.headline:
            strong += [len(rows), len(rows) + 1]
        label = folder.label(name)
        counts = [folder.estimate(name, column) for _, column, _ in _WORLDS]
        rates = [_scaled(folder.estimate(name, column), 100.0) for _, _, column in _WORLDS]
        factors = [_said(folder.estimate(name, factor)) for factor in _FACTORS]
        rows.append((label, *(_said(found) for found in counts), *factors))
        rows.append((f"{label}, for 100 launched", *(_said(found) for found in rates), "", "", ""))
    base = folder.baseline
    warning, interceptors = (folder.estimate(base, name).value for name in ("factor_of_warning", _FACTORS[0]))
    return TextTable(
        two_by_two_title(interceptors, warning),
        f"Injuries expected in a campaign, with their {per_cent(folder.confidence)} intervals, people hurt on the way "
        "to shelter and by debris included. The four worlds share raid, picture and alerts. A factor says how many "
        "times as many without interceptors, without warning, or without both; the title speaks of "
        f"“{lower(folder.label(base))}”. Not in it: people who stay away, and raids that would have gone otherwise.",
        (
            ("alternative", False),
            *((capital(words), True) for words, _, _ in _WORLDS),
            ("× without interceptors", True),
            ("× without warning", True),
            ("× without both", True),
        ),
        tuple(rows),
        tuple(strong),
    )


def _scaled(found: Estimate, factor: float) -> Estimate:
    return Estimate(factor * found.value, factor * found.low, factor * found.high, found.n)


def _said(found: Estimate) -> str:
    """Value with its interval, as many figures as that can bear."""
    half = (found.high - found.low) / 2
    places = places_for(half) if math.isfinite(half) and half > 0 else 1
    if not (math.isfinite(found.value) and math.isfinite(half)):
        return number(found.value, places)
    return f"{number(found.value, places)} ({interval(found.low, found.high, places)})"

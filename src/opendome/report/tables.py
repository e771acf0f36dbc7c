"""Tables of the report: estimates, paired differences, leaks by reason."""

from __future__ import annotations

import math

from opendome.base.tally import LEAK_REASONS
from opendome.report.folder import StudyFolder
from opendome.report.model import Estimate, TextTable
from opendome.report.subjects import SHOWN_MEASURES, measure_words
from opendome.report.words import capital, interval, number, places_for, signed

__all__ = ["difference_table", "estimates_table", "reasons_table"]

DIFFERENCE_MEASURES = (
    "leaked_built_up",
    "people_exposed",
    "injuries_expected",
    "stocked_out",
    "stockout_day_capped",
    "interceptors_fired",
    "engaged_needlessly",
    "areas_alerted_needlessly",
)


def _places(found: Estimate) -> int:
    half = (found.high - found.low) / 2
    if not math.isfinite(half) or half <= 0:
        return 0 if abs(found.value) >= 100 or found.value == round(found.value) else 1
    return places_for(half) if abs(found.value) < 1e5 else 0


def _cell(found: Estimate, factor: float, with_sign: bool = False) -> str:
    scaled = Estimate(factor * found.value, factor * found.low, factor * found.high, found.n)
    if not math.isfinite(scaled.value):
        return "–"
    places = _places(scaled)
    head = signed(scaled.value, places) if with_sign else number(scaled.value, places)
    if not math.isfinite(scaled.low):
        return head
    return f"{head} ({interval(scaled.low, scaled.high, places)})"


def estimates_table(folder: StudyFolder) -> TextTable:
    """Give the estimate of each measure in each main alternative, with its interval and number of replications."""
    names = folder.main
    rows = []
    for measure in dict.fromkeys((folder.measure, *SHOWN_MEASURES)):
        if measure not in folder.tables["replications"]:
            continue
        words, unit, factor = measure_words(measure)
        found = [folder.estimate(name, measure) for name in names]
        counts = sorted({e.n for e in found})
        n = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,}–{counts[-1]:,}"
        rows.append((capital(words) + (f", {unit}" if unit else ""), *(_cell(e, factor) for e in found), n))
    columns = (("measure", False), *((folder.label(name), True) for name in names), ("n", True))
    return TextTable(
        "Estimates",
        f"Mean of a campaign with its {100 * folder.confidence:g} % interval; n counts campaigns.",
        columns,
        tuple(rows),
    )


def difference_table(folder: StudyFolder) -> TextTable | None:
    """Give paired differences from the baseline, alternative minus baseline, with their intervals."""
    others = [name for name in folder.main if name != folder.baseline]
    if not others:
        return None
    chosen = [m for m in dict.fromkeys((folder.measure, *DIFFERENCE_MEASURES)) if m in folder.tables["replications"]]
    body = []
    for measure in chosen:
        words, unit, factor = measure_words(measure)
        found = [folder.difference(name, measure) for name in others]
        unit = unit.replace("%", "points of a hundred")
        n = min(e.n for e in found)
        head = capital(words) + (f", {unit}" if unit else "")
        body.append((head, *(_cell(e, factor, with_sign=True) for e in found), f"{n:,}"))
    columns = (("measure", False), *((folder.label(name), True) for name in others), ("n", True))
    return TextTable(
        "Paired differences",
        f"Alternative minus “{folder.label(folder.baseline)}”, campaign by campaign on the same raid, with the "
        f"{100 * folder.confidence:g} % interval.",
        columns,
        tuple(body),
        (0,),
    )


def reasons_table(folder: StudyFolder) -> TextTable:
    """Give the mean number of leaks by every reason that occurred."""
    names = folder.main
    rows = []
    for reason, words in LEAK_REASONS:
        column = f"leaked_{reason}"
        if column not in folder.tables["replications"]:
            continue
        found = [folder.estimate(name, column) for name in names]
        if max(e.value for e in found) < 0.05:
            continue
        rows.append((capital(words), *(_cell(e, 1.0) for e in found)))
    return TextTable(
        "Leaks by reason",
        "Mean of a campaign with its interval: the reason written down when the track was last looked at.",
        (("reason", False), *((folder.label(name), True) for name in names)),
        tuple(rows),
    )

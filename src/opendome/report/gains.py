"""Fig. 1 in numbers and words: paired gains of each alternative, and the causes of the headline's gain."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from opendome.report.answer import places_of, state_of
from opendome.report.folder import StudyFolder
from opendome.report.model import Cause, Estimate, GainPanel, GainRow, Heading
from opendome.report.statistics import quantile_dots, spread
from opendome.report.subjects import Subject
from opendome.report.words import capital, count, duration, join, lower, number, plural

__all__ = ["causes", "gain_estimate", "gain_panel", "gain_row", "gain_title", "inputs_estimate", "split_row"]


def inputs_estimate(folder: StudyFolder, alternative: str, subject: Subject) -> Estimate | None:
    """Give the interval of a gain with uncertain inputs, by quantiles over the sampled points, or None."""
    name = f"difference:{alternative}"
    if not folder.has("inputs") or name not in folder.tables["inputs"]:
        return None
    gains = subject.direction * subject.scale * folder.tables["inputs"][name].astype(float)
    gains = gains[np.isfinite(gains)]
    if len(gains) < 2:
        return None
    low, high = spread(gains, folder.confidence)
    return Estimate(float(np.mean(gains)), low, high, len(gains))


def gain_estimate(folder: StudyFolder, alternative: str, subject: Subject) -> Estimate:
    """Give the mean paired gain of an alternative over the baseline, with its interval."""
    found = folder.difference(alternative, folder.measure)
    factor = subject.direction * subject.scale
    low, high = sorted((factor * found.low, factor * found.high))
    return Estimate(factor * found.value, low, high, found.n)


def gain_row(folder: StudyFolder, alternative: str, subject: Subject) -> GainRow:
    """Give the paired gains of one alternative over the baseline."""
    gains = subject.direction * subject.scale * folder.paired(alternative, folder.measure)
    return GainRow(
        folder.label(alternative),
        alternative == folder.headline,
        quantile_dots(gains),
        gain_estimate(folder, alternative, subject),
        inputs_estimate(folder, alternative, subject),
    )


def causes(folder: StudyFolder, subject: Subject) -> tuple[Cause, ...]:
    """Give the parts of the headline's gain as steps that end at the total; empty without a split."""
    if not folder.has("shapley"):
        return ()
    rows = folder.rows("shapley", measure=folder.measure)
    factor = subject.direction * subject.scale
    out = []
    start = 0.0
    for i, name in enumerate(rows["cause"].tolist()):
        if name == "total":
            continue
        low, high = sorted((factor * float(rows["low"][i]), factor * float(rows["high"][i])))
        part = Estimate(factor * float(rows["value"][i]), low, high, int(rows["n"][i]))
        label = str((folder.study.get("labels") or {}).get(name) or _CAUSES.get(name) or name.replace("-", " "))
        out.append(Cause(capital(label), start, part))
        start += part.value
    return tuple(out)


_CAUSES = {
    "area": "newly covered ground",
    "tubes": "more launchers",
    "rounds": "more rounds",
    "delay": "days of delay",
    "sensors": "more radars",
}


def gain_title(rows: Sequence[GainRow], parts: Sequence[Cause]) -> str:
    """State the finding of Fig. 1.

    Which alternative gains most, if its interval lies apart from the next one's; whether none or all gain; the
    largest cause of the headline's gain, if that is positive.
    """
    states = [state_of(row.mean) for row in rows]
    if all(state == "unclear" for state in states):
        first = "No alternative makes a clear difference" if len(rows) > 1 else "No clear difference"
    elif not any(state == "positive" for state in states):
        first = "No alternative helps" if len(rows) > 1 else f"“{rows[0].label}” makes matters worse"
    elif len(rows) == 1:
        first = f"“{rows[0].label}” helps"
    else:
        first = _best(rows, states)
    if not parts or not any(row.is_chosen and state_of(row.mean) == "positive" for row in rows):
        return first
    largest = max(parts, key=lambda cause: cause.part.value)
    others = [cause.part.high for cause in parts if cause is not largest]
    if largest.part.value > 0 and largest.part.low > max(others, default=-math.inf):
        return f"{first}; {lower(largest.label)} is the largest cause"
    return first


def _places(row: GainRow) -> int:
    """Give decimals for the whole figure: what the chosen row's mean can bear, or its interval with inputs."""
    has_width = row.mean.high > row.mean.low
    return places_of(row.mean if has_width or row.inputs is None else row.inputs)


def _best(rows: Sequence[GainRow], states: Sequence[str]) -> str:
    ordered = sorted(rows, key=lambda row: -row.mean.value)
    best, next_one = ordered[0], ordered[1]
    helping = sum(state == "positive" for state in states)
    if best.mean.low > next_one.mean.high:
        return f"“{best.label}” buys most"
    if helping == len(rows):
        return f"“{best.label}” and “{lower(next_one.label)}” buy about the same"
    return f"{capital(count(helping))} of {count(len(rows))} alternatives {'helps' if helping == 1 else 'help'}"


def split_row(folder: StudyFolder, subject: Subject) -> GainRow | None:
    """Give the gain that the causes split: that of the alternative with every cause; None without one."""
    shapley = folder.study.get("shapley") or {}
    named = shapley.get("alternatives") or {}
    whole = named.get("+".join(shapley.get("causes") or ()))
    if whole not in folder.alternatives or whole == folder.baseline or named.get("") != folder.baseline:
        return None
    return gain_row(folder, str(whole), subject)


def gain_panel(folder: StudyFolder, subject: Subject) -> GainPanel | None:
    """Give Fig. 1, or None where only one alternative ran."""
    names = [name for name in folder.main if name != folder.baseline]
    if not names:
        return None
    rows = tuple(sorted((gain_row(folder, name, subject) for name in names), key=lambda row: -row.mean.value))
    chosen = next((row for row in rows if row.is_chosen), rows[0])
    total = split_row(folder, subject)
    parts = causes(folder, subject) if total is not None else ()
    places = _places(chosen)
    subtitle = (
        f"{capital(subject.what)} in {duration(folder.duration_day)}, compared with "
        f"“{lower(folder.label(folder.baseline))}”. "
        "Each dot is one campaign in fifty, paired on the same raid. Thick line: interval of the mean."
        + (" Thin line: with uncertain inputs." if any(row.inputs for row in rows) else "")
    )
    title = ""
    if parts and total is not None:
        title = f"Where the {number(total.mean.value, places)} of “{lower(total.label)}” come from"
    heading = Heading(gain_title(rows, parts), subtitle, _gain_note(folder, rows, parts, places))
    return GainPanel(heading, rows, title, parts, total, places)


def _gain_note(folder: StudyFolder, rows: Sequence[GainRow], parts: Sequence[Cause], places: int) -> str:
    n = min(row.mean.n for row in rows)
    note = f"{n:,} paired {plural(n, 'campaign')} of each alternative, seed {folder.seed}."
    if parts:
        total = number(sum(cause.part.value for cause in parts), places)
        note += f" Causes are Shapley values over {2 ** len(parts)} alternatives; they add up to {total}."
    sampled = [row for row in rows if row.inputs is not None]
    if sampled:
        note += f" Inputs sampled together at {max(row.inputs.n for row in sampled if row.inputs):,} points"
        names = [f"“{lower(row.label)}”" for row in sorted(sampled, key=lambda row: not row.is_chosen)]
        note += "." if len(sampled) == len(rows) else f", for {join(names)} alone; other rows have no thin line."
    return note

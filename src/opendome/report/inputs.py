"""Assumptions in numbers and words: the swing of the gains, and everything assumed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opendome.report.answer import state_of
from opendome.report.folder import StudyFolder
from opendome.report.model import Estimate, Heading, TextTable, TornadoPanel, TornadoRow
from opendome.report.statistics import crossing
from opendome.report.subjects import Subject, measure_words
from opendome.report.turning import turning_points
from opendome.report.words import capital, count, lower, value

__all__ = [
    "assumptions_table",
    "is_alone",
    "name_and_unit",
    "swing_rows",
    "tornado_panel",
    "tornado_title",
]

_DOTS = "Confidence: ●●● stated officially or by the maker, ●●○ press, analysts or derived, ●○○ assumed or recalled."

_CONFIDENCE = {
    "official": 3,
    "stated by maker": 3,
    "press": 2,
    "analyst estimate": 2,
    "derived": 2,
    "recalled, unverified": 1,
    "assumed": 1,
    "": 1,
}

_UNITS = {
    "_km": "km",
    "_m": "m",
    "_s": "s",
    "_h": "h",
    "_day": "days",
    "_mps": "m/s",
    "_min": "min",
    "_kusd": "kUSD",
    "_people": "people",
    "_rounds": "rounds",
}


_KNOWN_UNITS = frozenset({*_UNITS.values(), "%", "hours", "minutes", "seconds", "rockets", "launches", "points"})


def name_and_unit(label: str, key: str) -> tuple[str, str]:
    """Split 'Opening stock, rounds' into name and unit; without a known unit it comes from the key's ending."""
    name, _, unit = label.rpartition(", ")
    if name and (unit in _KNOWN_UNITS or unit.endswith((" a day", " an hour"))):
        return name, unit
    return label, next((words for ending, words in _UNITS.items() if key.endswith(ending)), "")


def is_alone(folder: StudyFolder) -> bool:
    """Whether only the baseline ran, so that the swing is of the measure itself and not of a gain."""
    return folder.headline == folder.baseline


def swing_rows(
    folder: StudyFolder, subject: Subject, catalogue: Mapping[str, float], alternative: str
) -> tuple[TornadoRow, ...]:
    """Give the swing of an alternative's gain with one assumption at a time, widest first; empty if it was not swung.

    ``catalogue`` gives the value in use of keys that the scenario leaves to the catalogue.
    """
    if not folder.has("swing"):
        return ()
    listed = {item["key"]: item for item in folder.study.get("inputs") or ()}
    table = folder.rows("swing", measure=folder.measure, alternative=alternative)
    factor = subject.scale if is_alone(folder) else subject.direction * subject.scale
    out = []
    for key in dict.fromkeys(table["key"].tolist()):
        ends: dict[str, tuple[float, Estimate]] = {}
        between = []
        for i in np.nonzero(table["key"] == key)[0]:
            low, high = sorted((factor * float(table["low"][i]), factor * float(table["high"][i])))
            gain = Estimate(factor * float(table["difference"][i]), low, high, int(table["n"][i]))
            if table["end"][i] == "between":
                between.append((float(table["value"][i]), gain))
            else:
                ends[str(table["end"][i])] = (float(table["value"][i]), gain)
        if not {"low", "base", "high"} <= set(ends):
            continue
        about = listed.get(key, {})
        label = str(about.get("label") or table["label"][table["key"] == key][0] or key)
        name, unit = name_and_unit(label, key)
        row = replace(_row(name, unit, ends, catalogue.get(key, math.nan), about), between=tuple(between))
        out.append(replace(row, crossing=None) if is_alone(folder) else row)
    return tuple(sorted(out, key=lambda row: -row.width))


def _row(
    name: str, unit: str, ends: Mapping[str, tuple[float, Estimate]], catalogue: float, about: Mapping[str, Any]
) -> TornadoRow:
    (low, gain_low), (used, gain_used), (high, gain_high) = ends["low"], ends["base"], ends["high"]
    used = used if math.isfinite(used) else catalogue
    at = crossing(used, gain_used.value, low, gain_low.value)
    if at is None:
        at = crossing(used, gain_used.value, high, gain_high.value)
    if at is None and not math.isfinite(used):
        at = crossing(low, gain_low.value, high, gain_high.value)
    confidence = str(about.get("confidence") or "assumed")
    source = capital(str(about.get("source") or confidence))
    return TornadoRow(
        name,
        unit,
        low,
        used,
        high,
        gain_low,
        gain_used.value,
        gain_high,
        at,
        source,
        _CONFIDENCE.get(confidence, 1),
        gain_used.low,
    )


def tornado_title(rows: Sequence[TornadoRow], state: str) -> str:
    """State how many assumptions of how many would turn the answer round, or, if it is unclear, make it clear.

    ``state`` is what ``answer.state_of`` says of the headline's gain.
    """
    if state == "unclear":
        n = sum(state_of(row.gain_low) != "unclear" or state_of(row.gain_high) != "unclear" for row in rows)
        if n == 0:
            return "No assumption alone makes the difference clear"
        return f"{capital(count(n))} of {count(len(rows))} assumptions would make the difference clear"
    n = sum(row.crossing is not None for row in rows)
    of = count(len(rows))
    if n == 0 and len(rows) > 1:
        return f"No assumption of {of} turns the answer round alone"
    if n == 0:
        return "The one assumption varied does not turn the answer round"
    if n == len(rows) and n > 1:
        return f"Each of the {of} assumptions would turn the answer round"
    noun = "assumption" if n == 1 else "assumptions"
    return f"{capital(count(n))} {noun} of {of} would turn the answer round"


def tornado_panel(
    folder: StudyFolder, subject: Subject, rows: tuple[TornadoRow, ...], state: str
) -> TornadoPanel | None:
    """Give the swing figure, or None where nothing was varied."""
    if not rows:
        return None
    if is_alone(folder):
        return _measure_panel(folder, rows)
    gain_used = rows[0].gain_used
    label = lower(folder.label(folder.headline))
    base = lower(folder.label(folder.baseline))
    n = min(min(row.gain_low.n, row.gain_high.n) for row in rows)
    subtitle = (
        f"{capital(subject.what)} by “{label}”, compared with “{base}”, when one assumption at a time goes to its "
        "low and high value. "
        f"Left of zero, the change makes matters worse."
    )
    note = f"{n:,} paired campaigns a value, seed {folder.seed}. {_DOTS}"
    near = turning_points(rows, gain_used)
    if state != "unclear" and not any(row.crossing is not None for row in rows) and near:
        note = f"Nearest to zero: {lower(near[0][0].label)}. {note}"
    heading = Heading(tornado_title(rows, state), subtitle, note)
    return TornadoPanel(heading, rows, gain_used, "makes it worse", "helps")


def _measure_panel(folder: StudyFolder, rows: tuple[TornadoRow, ...]) -> TornadoPanel:
    """Give the swing of the measure itself, for a study of one alternative."""
    words, unit, _ = measure_words(folder.measure)
    n = min(min(row.gain_low.n, row.gain_high.n) for row in rows)
    label = rows[0].label
    quoted = f"“{label}”" if ", " in label or ": " in label else capital(lower(label))
    title = f"{quoted} moves the result most"
    subtitle = (
        f"{capital(words)}{f', {unit}' if unit else ''}, mean of a campaign, when one assumption at a time goes to its "
        "low and high value."
    )
    note = f"{n:,} campaigns a value, seed {folder.seed}. {_DOTS}"
    return TornadoPanel(Heading(title, subtitle, note), rows, rows[0].gain_used, "", "")


def assumptions_table(
    folder: StudyFolder, rows: Sequence[TornadoRow], further: Sequence[tuple[str, ...]]
) -> TextTable | None:
    """List every assumption with its range, confidence and source: the study's inputs, then the catalogue's."""
    out: list[tuple[str, ...]] = []
    used = {row.label: row.used for row in rows}
    for item in folder.study.get("inputs") or ():
        name, unit = name_and_unit(str(item.get("label") or item["key"]), str(item["key"]))
        what = f"{name}, {unit}" if unit else name
        out.append(
            (
                what,
                value(float(item["low"])),
                value(used.get(name, math.nan)),
                value(float(item["high"])),
                str(item.get("confidence") or "assumed"),
                str(item.get("source") or "–"),
            )
        )
    out += [tuple(row) for row in further]
    if not out:
        return None
    return TextTable(
        "Every assumption, with its source",
        f"{count(len(out)).capitalize()} figures that no public page gives, or gives differently. The first were "
        "varied in this study; "
        "the others are the catalogue's.",
        (
            ("assumption", False),
            ("low", True),
            ("used", True),
            ("high", True),
            ("confidence", False),
            ("source or reason", False),
        ),
        tuple(out),
        is_folded=len(out) > 24,
    )

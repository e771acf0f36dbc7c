"""Assumptions in numbers and words: the swing of the headline, published figures, everything assumed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from opendome.base.tally import RATIOS
from opendome.measures.derive import find_measure
from opendome.report.answer import state_of, turning_points
from opendome.report.folder import StudyFolder
from opendome.report.model import (
    Estimate,
    Heading,
    PublishedPanel,
    PublishedRow,
    TextTable,
    TornadoPanel,
    TornadoRow,
)
from opendome.report.statistics import crossing, spread
from opendome.report.subjects import Subject, measure_words
from opendome.report.words import capital, count, interval, lower, number, per_cent, value

__all__ = [
    "assumptions_table",
    "is_alone",
    "predictive",
    "published_panel",
    "published_table",
    "swing_rows",
    "tornado_panel",
    "tornado_title",
    "verdict",
]

_SLICES = 64

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


def _name_and_unit(label: str, key: str) -> tuple[str, str]:
    """Split 'Opening stock, rounds' into name and unit; without a comma the unit comes from the key's ending."""
    if ", " in label:
        name, unit = label.rsplit(", ", 1)
        return name, unit
    unit = next((words for ending, words in _UNITS.items() if key.endswith(ending)), "")
    return label, unit


def is_alone(folder: StudyFolder) -> bool:
    """Whether only the baseline ran, so that the swing is of the measure itself and not of a gain."""
    return folder.headline == folder.baseline


def swing_rows(folder: StudyFolder, subject: Subject, catalogue: Mapping[str, float]) -> tuple[TornadoRow, ...]:
    """Give the swing of the headline's gain with one assumption at a time, widest first.

    ``catalogue`` gives the value in use of keys that the scenario leaves to the catalogue.
    """
    if not folder.has("swing"):
        return ()
    listed = {item["key"]: item for item in folder.study.get("inputs") or ()}
    table = folder.rows("swing", measure=folder.measure)
    factor = subject.scale if is_alone(folder) else subject.direction * subject.scale
    out = []
    for key in dict.fromkeys(table["key"].tolist()):
        ends: dict[str, tuple[float, Estimate]] = {}
        for i in np.nonzero(table["key"] == key)[0]:
            low, high = sorted((factor * float(table["low"][i]), factor * float(table["high"][i])))
            gain = Estimate(factor * float(table["difference"][i]), low, high, int(table["n"][i]))
            ends[str(table["end"][i])] = (float(table["value"][i]), gain)
        if not {"low", "base", "high"} <= set(ends):
            continue
        about = listed.get(key, {})
        label = str(about.get("label") or table["label"][table["key"] == key][0] or key)
        name, unit = _name_and_unit(label, key)
        row = _row(name, unit, ends, catalogue.get(key, math.nan), about)
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
        name, unit, low, used, high, gain_low, gain_used.value, gain_high, at, source, _CONFIDENCE.get(confidence, 1)
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
    title = f"{capital(lower(rows[0].label))} moves the result most"
    subtitle = (
        f"{capital(words)}{f', {unit}' if unit else ''}, mean of a campaign, when one assumption at a time goes to its "
        "low and high value."
    )
    note = f"{n:,} campaigns a value, seed {folder.seed}. {_DOTS}"
    return TornadoPanel(Heading(title, subtitle, note), rows, rows[0].gain_used, "", "")


def verdict(mean: float, predicted: tuple[float, float], published: tuple[float, float]) -> tuple[str, bool]:
    """Say how a simulated interval stands to a published figure or range: (words, whether it misses).

    >>> verdict(10.0, (8.0, 12.0), (11.0, 11.0))
    ('inside the interval', False)
    """
    low, high = predicted
    if published[0] == published[1]:
        if low <= published[0] <= high:
            return "inside the interval", False
    elif low <= published[1] and high >= published[0]:
        inside = published[0] <= mean <= published[1]
        return ("mean within the published range" if inside else "interval meets the published range"), False
    if published[0] > high:
        part = published[0] / high - 1 if high > 0 else math.inf
        return f"miss: too low{_by(part)}", True
    part = 1 - published[1] / low if low > 0 else math.inf
    return f"miss: too high{_by(part)}", True


def _by(part: float) -> str:
    return f", by {per_cent(part)} or more" if math.isfinite(part) and part >= 0.005 else ""


def published_panel(folder: StudyFolder) -> PublishedPanel | None:
    """Give the baseline beside published figures (``study.published``), with predictive intervals.

    The interval with inputs holds the spread over sampled inputs and, at each point, the spread over campaigns.
    """
    published = folder.study.get("published")
    if not published:
        return None
    rows = []
    for measure, given in (published.get("columns") or {}).items():
        find_measure(measure)
        if measure not in folder.tables["replications"]:
            continue
        bounds = tuple(map(float, given)) if isinstance(given, (list, tuple)) else (float(given), float(given))
        words, unit, factor = measure_words(measure)
        x = factor * folder.series(folder.baseline, measure)
        runs = spread(x, folder.confidence)
        inputs = predictive(folder, measure, factor)
        said, is_miss = verdict(float(np.nanmean(x)), inputs or runs, (factor * bounds[0], factor * bounds[-1]))
        rows.append(
            PublishedRow(
                capital(words),
                unit,
                float(np.nanmean(x)),
                runs,
                inputs,
                (factor * bounds[0], factor * bounds[-1]),
                said,
                is_miss,
            )
        )
    if not rows:
        return None
    label = str(published.get("label") or "published figures")
    missed = [lower(row.label) for row in rows if row.is_miss]
    n = len(rows)
    if not missed:
        title = (
            f"All {count(n)} published figures lie within the simulation's intervals"
            if n > 1
            else "The published figure lies within the simulation's interval"
        )
    else:
        title = (
            f"{capital(count(n - len(missed)))} of {count(n)} published figures "
            f"{'lies' if n - len(missed) == 1 else 'lie'} within the simulation's intervals"
        )
    has_inputs = any(row.with_inputs for row in rows)
    subtitle = (
        f"{capital(label)}, beside “{lower(folder.label(folder.baseline))}”. Thick: {per_cent(folder.confidence)} "
        "of campaigns as configured."
        + (" Thin: with uncertain inputs as well." if has_inputs else "")
        + " Diamond or bar: published."
    )
    note = f"{len(folder.series(folder.baseline, 'launched')):,} campaigns, seed {folder.seed}."
    if published.get("source"):
        note += f" Published: {published['source']}."
    if missed:
        note = f"Missed: {', '.join(missed)}. {note}"
    return PublishedPanel(Heading(title, subtitle, note), tuple(rows))


def predictive(folder: StudyFolder, measure: str, factor: float = 1.0) -> tuple[float, float] | None:
    """Give the middle of what one campaign may show, with inputs varied: each sampled point stands for 64 campaigns.

    They are spread about its mean as a normal. A ratio has the mean of its totals at a point, and the spread of the
    main replications, as the points hold no spread of ratios.
    """
    if not folder.has("inputs"):
        return None
    table = folder.tables["inputs"]
    top, bottom, _ = RATIOS.get(measure, (measure, (), ""))
    if any(f"baseline:{name}" not in table for name in (top, *bottom)):
        return None
    mean = table[f"baseline:{top}"].astype(float)
    if bottom:
        below = np.sum([table[f"baseline:{name}"].astype(float) for name in bottom], axis=0)
        mean = np.divide(mean, below, out=np.full(mean.shape, np.nan), where=below > 0)
        deviation = np.full(mean.shape, np.nanstd(folder.series(folder.baseline, measure)))
    else:
        deviation = np.nan_to_num(table[f"baseline_sd:{top}"].astype(float))
    if np.sum(np.isfinite(mean)) < 2:
        return None
    from scipy.special import ndtri

    normal = ndtri((np.arange(_SLICES) + 0.5) / _SLICES)
    low, high = spread((mean[:, None] + deviation[:, None] * normal).ravel(), folder.confidence)
    return factor * low, factor * high


def assumptions_table(
    folder: StudyFolder, rows: Sequence[TornadoRow], further: Sequence[tuple[str, ...]]
) -> TextTable | None:
    """List every assumption with its range, confidence and source: the study's inputs, then the catalogue's."""
    out: list[tuple[str, ...]] = []
    used = {row.label: row.used for row in rows}
    for item in folder.study.get("inputs") or ():
        name, unit = _name_and_unit(str(item.get("label") or item["key"]), str(item["key"]))
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


def _interval_words(pair: tuple[float, float]) -> str:
    return interval(*pair) if max(map(abs, pair)) >= 10 else interval(*pair, 1)


def published_table(panel: PublishedPanel) -> TextTable:
    """Give the published comparison as a table of words."""
    rows = tuple(
        (
            row.label + (f", {row.unit}" if row.unit else ""),
            number(row.mean, 0 if abs(row.mean) >= 10 else 1),
            _interval_words(row.runs),
            _interval_words(row.with_inputs) if row.with_inputs else "–",
            value(row.published[0]) if row.published[0] == row.published[1] else _interval_words(row.published),
            row.verdict,
        )
        for row in panel.rows
    )
    return TextTable(
        "Beside the published figures, in numbers",
        panel.heading.note,
        (
            ("measure", False),
            ("simulated mean", True),
            ("campaigns", True),
            ("with inputs", True),
            ("published", True),
            ("verdict", False),
        ),
        rows,
        tuple(i for i, row in enumerate(panel.rows) if row.is_miss),
    )

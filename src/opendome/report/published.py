"""The baseline beside published figures, and what their split leaves open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from opendome.base.tally import RATIOS
from opendome.measures.derive import find_measure
from opendome.report.folder import StudyFolder
from opendome.report.model import Heading, PublishedPanel, PublishedRow, TextTable
from opendome.report.statistics import spread
from opendome.report.subjects import measure_words
from opendome.report.words import capital, count, interval, lower, number, per_cent, spelled, value

__all__ = ["apart_table", "predictive", "published_panel", "published_table", "verdict"]

_SLICES = 64

_CONSISTENT = "Figures inside the intervals make the model consistent with what was published, not validated."

_ONLY_INPUTS = "inside only with uncertain inputs"

_CROSSED = RATIOS["engaged_of_crossed"][1]

_APART = (
    ("threatening", "bound for an alert area"),
    ("threatening_built_up", "bound for built-up ground of one"),
    ("impacts_in_areas", "came down inside an alert area"),
    ("leaked_built_up", "came down in built-up ground of one"),
    ("engaged_needlessly", "shot at needlessly: bound for no alert area"),
)


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
        return f"outside: too low{_by(part)}", True
    part = 1 - published[1] / low if low > 0 else math.inf
    return f"outside: too high{_by(part)}", True


def _by(part: float) -> str:
    return f", by {per_cent(part)} or more" if math.isfinite(part) and part >= 0.005 else ""


def published_panel(folder: StudyFolder) -> PublishedPanel | None:
    """Give the baseline beside published figures (``study.published``), with predictive intervals.

    The interval with inputs holds the spread over sampled inputs and, at each point, the spread over campaigns.
    """
    published = folder.study.get("published")
    if not published:
        return None
    given = (published.get("columns") or {}).items()
    rows = tuple(_row(folder, name, bounds) for name, bounds in given if name in folder.tables["replications"])
    if not rows:
        return None
    label = str(published.get("label") or "published figures")
    missed = [lower(row.label) for row in rows if row.is_miss]
    has_inputs = any(row.with_inputs for row in rows)
    subtitle = (
        f"{capital(label)}, beside “{folder.label(folder.baseline)}”. Thick: {per_cent(folder.confidence)} "
        "of campaigns as configured."
        + (" Thin: with uncertain inputs as well." if has_inputs else "")
        + " Diamond or bar: published."
    )
    note = f"{len(folder.series(folder.baseline, 'launched')):,} campaigns, seed {folder.seed}."
    if published.get("source"):
        note += f" Published: {published['source']}."
    note = f"{_CONSISTENT} {note}"
    if missed:
        note = f"Outside: {', '.join(missed)}. {note}"
    return PublishedPanel(Heading(_title(rows), subtitle, note), rows)


def _row(folder: StudyFolder, measure: str, given: Any) -> PublishedRow:
    """Set one published figure, or its two ends, beside the baseline."""
    find_measure(measure)
    words, unit, factor = measure_words(measure)
    ends = given if isinstance(given, (list, tuple)) else (given, given)
    limits = (factor * float(ends[0]), factor * float(ends[-1]))
    x = factor * folder.series(folder.baseline, measure)
    mean, runs = float(np.nanmean(x)), spread(x, folder.confidence)
    inputs = predictive(folder, measure, factor)
    said, is_miss = verdict(mean, inputs or runs, limits)
    if not is_miss and inputs and verdict(mean, runs, limits)[1]:
        said = _ONLY_INPUTS
    return PublishedRow(capital(words), unit, mean, runs, inputs, limits, said, is_miss)


def _title(rows: Sequence[PublishedRow]) -> str:
    """State how many figures lie within the campaigns, and how many only once inputs are uncertain."""
    n = len(rows)
    inside = n - sum(row.is_miss for row in rows)
    only = sum(row.verdict == _ONLY_INPUTS for row in rows)
    if only:
        return (
            f"{capital(spelled(inside - only))} of {count(n)} published figures "
            f"{'lies' if inside - only == 1 else 'lie'} within the campaigns as configured, "
            f"{spelled(inside)} once inputs are uncertain"
        )
    if inside < n:
        return (
            f"{capital(spelled(inside))} of {count(n)} published figures {'lies' if inside == 1 else 'lie'} within "
            "the simulation's intervals"
        )
    if n == 1:
        return "The published figure lies within the simulation's interval"
    return f"All {count(n)} published figures lie within the simulation's intervals"


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


def _places(x: float, unit: str = "") -> int:
    return 0 if abs(x) >= 10 and unit != "%" else 1


def _interval_words(pair: tuple[float, float], unit: str = "") -> str:
    return interval(*pair, _places(max(map(abs, pair)), unit))


def published_table(panel: PublishedPanel) -> TextTable:
    """Give the published comparison as a table of words."""
    rows = tuple(
        (
            row.label + (f", {row.unit}" if row.unit else ""),
            number(row.mean, _places(row.mean, row.unit)),
            _interval_words(row.runs, row.unit),
            _interval_words(row.with_inputs, row.unit) if row.with_inputs else "–",
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


def apart_table(folder: StudyFolder) -> TextTable | None:
    """Keep the chance of an alert area and that of built-up ground apart; None without published figures."""
    if not folder.study.get("published"):
        return None
    crossed = folder.total(folder.baseline, _CROSSED)
    shares = {name: float(np.sum(folder.series(folder.baseline, name)) / np.sum(crossed)) for name, _ in _APART}
    rows = []
    for name, words in _APART:
        x = folder.series(folder.baseline, name)
        inputs = predictive(folder, name)
        rows.append(
            (
                capital(words),
                number(float(np.mean(x))),
                _interval_words(spread(x, folder.confidence)),
                _interval_words(inputs) if inputs else "–",
                per_cent(shares[name], 1),
            )
        )
    title = (
        f"Of those that crossed, {per_cent(shares['threatening'])} were bound for an alert area, "
        f"{per_cent(shares['threatening_built_up'])} for built-up ground"
    )
    needless = np.sum(folder.series(folder.baseline, "engaged_needlessly")) / np.sum(
        folder.series(folder.baseline, "engaged")
    )
    share = per_cent(folder.confidence)
    return TextTable(
        title,
        "Published splits do not tell the two apart. Crossed: came down at sea, in open ground or in built-up ground, "
        f"or was intercepted. Intervals hold {share} of campaigns, then {share} with uncertain inputs as well. "
        f"Of what was shot at, {per_cent(float(needless))} was shot at needlessly.",
        (
            ("a campaign", False),
            ("simulated mean", True),
            ("campaigns", True),
            ("with inputs", True),
            ("of those that crossed", True),
        ),
        tuple(rows),
    )

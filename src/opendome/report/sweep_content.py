"""From a sweep's tables to its page: what matters, how far the answer spreads, and what would turn it round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opendome.report.background import in_use
from opendome.report.content import LEFT_OUT, picture_note
from opendome.report.inputs import name_and_unit
from opendome.report.model import Answer, Box, Estimate, Heading
from opendome.report.subjects import Subject, measure_words, objects_noun, subject_of
from opendome.report.sweep_model import IndexPanel, IndexRow, ScatterPanel, ScatterPlot, SweepContent
from opendome.report.sweep_tables import index_tables, turn_table
from opendome.report.turning import rounded_turn
from opendome.report.words import capital, count, duration, interval, join, lower, number, per_cent, places_for, value
from opendome.scenario.paths import find
from opendome.study.sampled import rankings_of_sweep
from opendome.study.sensitivity import Band
from opendome.study.surface import Surface, Turn, fit_surface, turns
from opendome.study.sweep_record import Sweep
from opendome.study.sweep_tables import indices_of, point_means

__all__ = ["sweep_content"]

_SHOWN_PLOTS = 3
_SHOWN_POINTS = 256
_LEAST_SHARE = 0.05
_CLEAR_SHARE = 0.5
"""A turn is named where at least this share of the bootstrap's surfaces have one."""


@dataclass(frozen=True)
class Question:
    """The answer that the page speaks of: a difference from the baseline, or the measure itself (``baseline`` None).

    ``factor`` makes gains of raw differences, so that more is better; of the measure itself its own unit.
    """

    measure: str
    alternative: str
    baseline: str | None
    subject: Subject
    factor: float
    unit: str

    @property
    def words(self) -> str:
        """What is measured, in words."""
        return self.subject.what if self.baseline is not None else measure_words(self.measure)[0]


def sweep_content(sweep: Sweep) -> SweepContent:
    """Make everything that the page of a sweep shows; the same for the same folder."""
    data = sweep.manifest["scenario"]
    asked = _question(sweep, data)
    gains = asked.factor * point_means(sweep, asked.measure, asked.alternative, asked.baseline)
    n_each = len(sweep.keys) + 2 if sweep.is_saltelli else 1
    gains, x = gains.reshape(-1, n_each), sweep.inputs().reshape(-1, n_each, len(sweep.keys))
    keep = np.isfinite(gains).all(axis=1)
    gains, x = gains[keep], x[keep]
    low, high = (np.array([item[end] for item in sweep.manifest["ranges"]]) for end in ("low", "high"))
    used = _used(data, sweep.keys)
    surface = fit_surface(x, gains, low, high, seed=sweep.manifest["seed"])
    near = np.where(np.isfinite(used), used, 0.5 * (low + high))
    turning = turns(surface, near, sweep.manifest["confidence"]) if asked.baseline is not None else []
    indices, order = _indices(sweep, asked)
    own = gains[:, : 2 if n_each > 1 else 1].ravel()
    own_x = x[:, : 2 if n_each > 1 else 1].reshape(-1, x.shape[2])
    plots = [_scatter(sweep, i, own_x[:, i], own, surface, used, turning) for i in order[:_SHOWN_PLOTS]]
    tables = [] if asked.baseline is None else [turn_table(sweep, turning, used, order, _CLEAR_SHARE)]
    return SweepContent(
        title=str(data.get("title") or capital(sweep.manifest["name"].replace("-", " "))),
        place_line=f"{duration(float(data['duration_day']))}, {count(len(sweep.keys))} uncertain inputs",
        question="Which assumptions does the answer depend on?",
        answer=_answer(asked, indices),
        boxes=_boxes(sweep, asked, own, surface, turning, order),
        indices=indices,
        scatter=_scatter_panel(asked, plots, surface, len(own)),
        tables=(*tables, *index_tables(sweep)),
        notes=_notes(sweep, data),
    )


def _question(sweep: Sweep, data: Mapping[str, Any]) -> Question:
    measure = str(sweep.manifest["headline"])
    others = [name for name in sweep.alternatives if name != sweep.baseline]
    subject = subject_of(measure, objects_noun(data))
    if others:
        return Question(measure, others[0], sweep.baseline, subject, subject.direction * subject.scale, subject.unit)
    _, unit, factor = measure_words(measure)
    return Question(measure, sweep.baseline, None, subject, factor, unit)


def _used(data: Mapping[str, Any], keys: Sequence[str]) -> np.ndarray:
    """Values in use, from the scenario or the catalogue, NaN where neither says."""
    catalogue = in_use({"study": {"inputs": [{"key": key} for key in keys]}})
    found = []
    for key in keys:
        try:
            stands = find(data, key)
        except (KeyError, ValueError):
            stands = None
        is_number = isinstance(stands, int | float) and not isinstance(stands, bool)
        found.append(float(stands) if is_number else catalogue.get(key, math.nan))
    return np.array(found)


def label_of(sweep: Sweep, i: int) -> tuple[str, str]:
    """Name and unit of an input."""
    item = sweep.manifest["ranges"][i]
    return name_and_unit(item["label"] or item["key"], item["key"])


def _indices(sweep: Sweep, asked: Question) -> tuple[IndexPanel, list[int]]:
    """Give the bars and the inputs in their order."""
    if sweep.is_saltelli:
        found = indices_of(sweep, asked.measure, asked.alternative, asked.baseline)
        whole, alone, n = found.total, found.first, found.n
        luck = f"Luck is {per_cent(found.noise_frac)} of the variance of the points' means and is taken out."
        note = f"{n:,} base samples, {len(sweep.inputs()):,} points of {sweep.replications} replications. {luck}"
        is_share = True
    else:
        rankings = rankings_of_sweep(sweep, asked.measure)
        fit = next(r.fit for r in rankings if (r.alternative, r.baseline) == (asked.alternative, asked.baseline))
        sign = math.copysign(1.0, asked.factor)
        value_, low, high = fit.coefficients
        whole = Band(sign * value_, *(np.sort([sign * low, sign * high], axis=0)))
        alone, is_share = None, False
        note = f"{fit.n:,} points of {sweep.replications} replications; ranks explain {per_cent(fit.r_squared)}."
    order = sorted(range(len(sweep.keys)), key=lambda i: -abs(float(np.nan_to_num(whole.value[i]))))
    rows = tuple(
        IndexRow(label_of(sweep, i)[0], _estimate(whole, i), None if alone is None else _estimate(alone, i))
        for i in order
    )
    heading = Heading(
        _index_title(rows, is_share), _index_subtitle(asked, is_share, sweep.manifest["confidence"]), note
    )
    names = ("in all, with interactions", "alone") if is_share else ("rank coefficient", "")
    return IndexPanel(heading, rows, *names, is_share), order


def _estimate(band: Band, i: int) -> Estimate:
    return Estimate(float(band.value[i]), float(band.low[i]), float(band.high[i]))


def _index_title(rows: Sequence[IndexRow], is_share: bool) -> str:
    if not math.isfinite(rows[0].whole.value):
        return "The inputs do not clearly move the answer"
    clear = [row for row in rows if _is_clear(row, is_share)]
    if not clear:
        return "No input clearly matters"
    noun = "input matters" if len(clear) == 1 else "inputs matter"
    return f"{capital(count(len(clear)))} {noun} of {count(len(rows))}"


def _index_subtitle(asked: Question, is_share: bool, confidence: float) -> str:
    if not is_share:
        return f"Rank coefficients of {asked.words}: +1 rises with the input in all points, −1 falls. With intervals."
    return (
        f"Share of the variance of “{asked.words}” that each input accounts for: in all, what would be left if "
        "everything else were known; alone, what would go away if it were known. "
        f"Lines are {per_cent(confidence)} intervals."
    )


def _is_clear(row: IndexRow, is_share: bool) -> bool:
    """Whether an input clearly matters: more than a twentieth of the variance, or a coefficient apart from zero."""
    if not math.isfinite(row.whole.value):
        return False
    return row.whole.low > _LEAST_SHARE if is_share else row.whole.low * row.whole.high > 0.0


def _answer(asked: Question, panel: IndexPanel) -> Answer:
    first = panel.rows[0]
    what = f"the answer, {asked.words}," if asked.baseline is not None else f"“{capital(asked.words)}”"
    clear = [row for row in panel.rows if _is_clear(row, panel.is_share)]
    if not clear:
        words = f"Which assumptions {what} depends on cannot be told: luck hides it. More replications would say."
        return Answer(((words, False),))
    pieces = [(f"{capital(what) if asked.baseline else what} depends most on “{lower(first.label)}”", False)]
    if panel.is_share:
        pieces += [
            (f": {number(100 * first.whole.value)}\u00a0%", False),
            (f" ({interval(100 * first.whole.low, 100 * first.whole.high)})", True),
            (" of what the uncertain inputs do to it", False),
        ]
    if len(clear) > 1:
        pieces.append((f", then on “{lower(clear[1].label)}”", False))
    return Answer((*pieces, (".", False)))


def _boxes(
    sweep: Sweep, asked: Question, own: np.ndarray, surface: Surface, turning: Sequence[Turn], order: Sequence[int]
) -> tuple[Box, ...]:
    confidence = float(sweep.manifest["confidence"])
    low, high = np.quantile(own, [0.5 - confidence / 2, 0.5 + confidence / 2])
    places = places_for((high - low) / 20.0)
    unit = f" {asked.unit}" if asked.unit else ""
    whole = Box(
        f"Over all ranges, middle {per_cent(confidence)}",
        (
            (interval(float(low), float(high), places), True),
            (f"{unit}, mean {number(float(own.mean()), places)}", False),
        ),
    )
    if asked.baseline is None:
        return (whole,)
    mean = float(own.mean())
    against = float(np.mean(own * math.copysign(1.0, mean) <= 0.0))
    verb = "does not help" if mean > 0 else "helps"
    said = (per_cent(against), True), (f" of the points, luck included: there it {verb}", False)
    never = (("At no point", True), (" of the design", False))
    turned = Box("How often it turns round", said if against > 0.0 else never)
    return whole, turned, Box("What would turn it round", _turn_words(sweep, turning, order))


def _turn_words(sweep: Sweep, turning: Sequence[Turn], order: Sequence[int]) -> tuple[tuple[str, bool], ...]:
    named = [i for i in order if turning[i].share >= _CLEAR_SHARE and math.isfinite(turning[i].value)]
    if not named:
        return (("No input alone, within its range, with the others averaged over theirs.", False),)
    pieces: list[tuple[str, bool]] = []
    for i in named[:2]:
        item, turn = sweep.manifest["ranges"][i], turning[i]
        name, unit = label_of(sweep, i)
        said = value(rounded_turn(turn.value, item["low"], item["high"]))
        span = " to ".join(value(rounded_turn(x, item["low"], item["high"])) for x in (turn.low, turn.high))
        pieces += [
            ("; " if pieces else "", False),
            (f"{lower(name) if pieces else capital(name)} at {said}{f' {unit}' if unit else ''}", True),
            (f" ({span})", False),
        ]
    return (*pieces, (", others averaged.", False))


def _scatter(
    sweep: Sweep,
    i: int,
    x: np.ndarray,
    y: np.ndarray,
    surface: Surface,
    used: np.ndarray,
    turning: Sequence[Turn],
) -> ScatterPlot:
    item = sweep.manifest["ranges"][i]
    name, unit = label_of(sweep, i)
    step = max(1, math.ceil(len(x) / _SHOWN_POINTS))
    turn = None
    if turning and math.isfinite(turning[i].value) and turning[i].share >= _CLEAR_SHARE:
        turn = Estimate(*turning[i][:3])
    line = tuple(zip(surface.at[i, ::10].tolist(), surface.effects[i, ::10].tolist()))
    is_inside = item["low"] <= used[i] <= item["high"]
    return ScatterPlot(
        name,
        unit,
        tuple(x[::step].tolist()),
        tuple(y[::step].tolist()),
        line,
        item["low"],
        item["high"],
        float(used[i]) if is_inside else math.nan,
        turn,
    )


def _scatter_panel(asked: Question, plots: Sequence[ScatterPlot], surface: Surface, n: int) -> ScatterPanel:
    crossing = [plot for plot in plots if plot.turn is not None]
    title = f"{capital(asked.words)}, against {join([f'“{lower(plot.label)}”' for plot in plots])}"
    unit = f", {asked.unit}" if asked.unit and asked.unit not in asked.words else ""
    says = f"{capital(asked.words)}{unit}. A dot a point of the design, all inputs moved at once; "
    says += "the line is the mean with the others averaged, the dotted line the value in use."
    if crossing:
        says += " The ring is where the mean turns round, with its interval."
    fit = f"Lines: a sum of one cubic an input, which fits {per_cent(surface.r_squared)} of the variance of the means."
    shown = f" {min(n, len(plots[0].x)):,} of {n:,} points are drawn." if plots and len(plots[0].x) < n else ""
    return ScatterPanel(Heading(title, says, fit + shown), tuple(plots), asked.baseline is not None)


def _notes(sweep: Sweep, data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    manifest = sweep.manifest
    command = _command(manifest)
    versions = manifest["versions"]
    return (
        ("What the model leaves out", LEFT_OUT),
        ("What the defence perceives", picture_note(data.get("picture") or {})),
        ("What the shares mean", _MEANING),
        ("To reproduce", command),
        (
            "Scenario",
            f"{manifest['name']}, hash {manifest['scenario_hash'][:16]}. Made with "
            f"{join([f'{name} {versions[name]}' for name in sorted(versions)])}.",
        ),
        (
            "Use",
            "Analysis and education only; battery sites are notional. Shares hold for the ranges stated and for inputs "
            "that are independent and equally likely throughout them.",
        ),
    )


def _command(manifest: Mapping[str, Any]) -> str:
    """Give the command that makes this sweep again."""
    parts = [f"opendome sweep {manifest['name']}.yaml --design {manifest['design']} --points {manifest['samples']}"]
    parts.append(f"--replications {manifest['replications']} --seed {manifest['seed']}")
    parts += [f"--vary {item['key']}={item['low']:g}:{item['high']:g}" for item in manifest["ranges"]]
    parts += [f"--measure {name}" for name in manifest["measures"]]
    if set(manifest["alternatives"]) != {manifest["baseline"], *manifest["scenario"]["alternatives"]}:
        parts += [f"--alternative {name}" for name in manifest["alternatives"] if name != manifest["baseline"]]
    return " ".join([*parts, f"--out runs/{manifest['name']}-sweep"])


_MEANING = (
    "Sobol' indices of the mean over replications, by the estimators of Saltelli (2010) and Jansen (1999), rid of "
    "luck; intervals by a bootstrap over base samples, widened by a jackknife over replications. Shares need not add "
    "up to a hundred: what inputs do together counts for each of them."
)

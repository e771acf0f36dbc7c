"""What the review says: the answer, its boxes and what the figures show, from the operator's and the rules' numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opendome.base.tally import Tally
from opendome.report.figures.svg import nice_ticks
from opendome.report.model import Answer, Box, Estimate, Heading, TextTable
from opendome.report.statistics import quantile_dots
from opendome.report.words import number, plural
from opendome.study.orders import Action
from opendome.study.played import UNANSWERED
from opendome.study.regret import Comparison
from opendome.study.score import DecisionTimes, score_columns

from .review import Review
from .review_model import BesidePanel, BesideRow, Lane, Mark, TimelinePanel, TimesPanel
from .review_tables import comparisons, notes_of, places_of, tables_of
from .review_words import answer_of, clock, plain, rank_words

__all__ = ["ReviewContent", "content_of"]

_SHOWN = (
    ("leaked_built_up", "Leaks into built-up ground"),
    ("people_exposed", "People in casualty areas"),
    ("interceptors_fired", "Rounds fired"),
)
_KINDS: dict[str, str] = {
    Action.APPROVE.value: "fired",
    Action.ASSIGN.value: "fired",
    Action.HOLD.value: "held",
    Action.CEASE.value: "held",
    UNANSWERED: "open",
}


@dataclass(frozen=True)
class ReviewContent:
    """Everything on the page, in order."""

    title: str
    place_line: str
    question: str
    answer: Answer
    boxes: tuple[Box, ...]
    beside: tuple[BesidePanel, ...]
    times: TimesPanel
    timeline: TimelinePanel
    tables: tuple[TextTable, ...]
    notes: tuple[tuple[str, str], ...]


def content_of(review: Review) -> ReviewContent:
    """Make everything that the page shows."""
    played = review.played
    scenario = played.changed.scenario
    own = comparisons(review, review.against)
    delta = played.row - played.row_before
    bound_for = float(delta[Tally.THREATENING_BUILT_UP])
    title = review.exercise.title or scenario.model.title or scenario.name
    minutes = (played.until_s - played.from_s) / 60.0
    line = (
        f"{title}: {number(minutes)} minutes from {clock(review, played.from_s, True)} UTC, replication "
        f"{played.played.replication}, seed {played.played.seed}"
    )
    return ReviewContent(
        f"Review of {title}",
        line,
        "How did you do beside rules that play the same raid, and how much of it was luck?",
        answer_of(review, bound_for, own["leaked_built_up"]),
        _boxes(review, own),
        tuple(_beside(review, measure, words) for measure, words in _SHOWN),
        _times(review),
        _timeline(review),
        tuple(tables_of(review)),
        tuple(notes_of(review)),
    )


# --- boxes ---


def _boxes(review: Review, own: dict[str, Comparison]) -> tuple[Box, ...]:
    leaks, rounds, times = own["leaked_built_up"], own["interceptors_fired"], review.regret.times
    boxes = [
        Box("Beside the rule's draws", ((rank_words(review, leaks), False),)),
        Box(
            "Rounds",
            (
                (number(rounds.played), True),
                (f" fired; {review.against.policy} {number(rounds.mean.value, 1)} on average", False),
            ),
        ),
    ]
    if times.n or times.n_unanswered:
        boxes.append(Box("Your decisions", _times_words(times)))
    return tuple(boxes)


def _times_words(times: DecisionTimes) -> tuple[tuple[str, bool], ...]:
    left_open = f"{number(times.n_unanswered)} {plural(times.n_unanswered, 'question')} left open"
    if not times.n:
        return ((left_open, True), ("; no answer", False))
    return (
        (f"half of {number(times.n)} answers within {number(times.median_s, 1)} s", True),
        (f", nine in ten within {number(times.p90_s, 1)} s; {left_open}", False),
    )


# --- figures ---


def _beside(review: Review, measure: str, words: str) -> BesidePanel:
    """One measure of the operator beside every rule."""
    regret, rows = review.regret, []
    for automatic in regret.automatic:
        one = comparisons(review, automatic)[measure]
        values = score_columns(automatic.rows - automatic.before)[measure]
        mean = Estimate(one.mean.value, one.mean.low, one.mean.high, one.mean.n)
        is_own = automatic.policy == review.against.policy
        rows.append(BesideRow(automatic.policy, is_own, _dots(values), mean, one.same_luck))
    own = comparisons(review, review.against)[measure]
    bound = {"leaked_built_up": regret.least_leaks, "people_exposed": regret.least_people}.get(measure)
    note = (
        f"Each dot is one in fifty of {number(regret.n_draws)} draws of luck; below the dots the mean with its 95 % "
        "interval, and as a diamond the rule's result with your luck. Same raid, same picture."
    )
    heading = Heading(_beside_title(review, own, words), f"{words}, you and every rule", note)
    return BesidePanel(
        heading,
        own.played,
        bound,
        tuple(rows),
        places_of(measure, own.mean.half_width),
    )


def _dots(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Quantile dots that stand at values that were drawn; counts are not drawn between whole numbers."""
    at, n = np.unique(values[np.isfinite(values)], return_counts=True)
    return quantile_dots(at, n.astype(np.float64))


def _beside_title(review: Review, own: Comparison, words: str) -> str:
    """The finding: inside, above or below the middle 90 % of the rule's draws."""
    policy = review.against.policy
    you = f"{words}: your {plain(own.played, 1)}"
    if own.low <= own.played <= own.high:
        return f"{you} lies within the middle 90 % of the draws of {policy}"
    side = "above" if own.played > own.high else "below"
    return f"{you} lies {side} the middle 90 % of the draws of {policy}"


def _times(review: Review) -> TimesPanel:
    times = review.regret.times
    title = "You answered no question that was put to you"
    if times.n:
        half, most = number(times.median_s, 1), number(times.p90_s, 1)
        title = f"Half of your answers came within {half} s, nine in ten within {most} s"
    heading = Heading(
        title,
        "Seconds from the question to the order, a dot an answer; rings are questions left open until the last launch",
        f"{number(times.n)} answers, {number(times.n_unanswered)} open; exact, for this exercise alone.",
    )
    return TimesPanel(heading, tuple(times.seconds.tolist()), times.median_s, times.p90_s, times.n_unanswered)


def _track_words(review: Review, track_id: int) -> str:
    return f"track {review.numbers.get(track_id, track_id)}"


def _rows(review: Review, table: str) -> list[dict[str, Any]]:
    """Rows of a table of the run that are counted."""
    played = review.played
    return [row for row in played.played.table(table).to_pylist() if played.from_s <= row["t_s"] < played.t_end_s]


def _lanes(review: Review) -> tuple[Lane, ...]:
    def mark(row: dict[str, Any], words: str, label: str = "") -> Mark:
        return Mark(row["t_s"], f"{clock(review, row['t_s'])} {words}", label)

    looks: dict[int, dict[str, Any]] = {}
    for row in _rows(review, "decisions"):
        looks.setdefault(row["track_id"], row)
    orders = review.played.table.to_pylist()
    by_kind: dict[str, list[dict[str, Any]]] = {"fired": [], "held": [], "open": [], "change": []}
    for row in orders:
        if row["action"] == Action.JAM.value:
            continue  # told as the inject that it is
        by_kind[_KINDS.get(row["action"], "change")].append(row)
    changes = [mark(row, _change_words(row), _change_words(row)) for row in by_kind["change"]]
    injected = [inject for inject in review.injects if inject.t_s < review.played.until_s]
    for inject in injected:
        words = _kind_words(inject)
        changes.append(Mark(inject.t_s, f"{clock(review, inject.t_s)} {words}", words))

    def about(rows: list[dict[str, Any]], words: str) -> tuple[Mark, ...]:
        return tuple(mark(row, f"{_track_words(review, row['track_id'])} {words}") for row in rows)

    leaks = [row for row in _rows(review, "impacts") if row["end"] == "leaked_built_up"]
    return (
        Lane("First looks", "in-flight", about(list(looks.values()), "came up")),
        Lane("Questions left open", "open", about(by_kind["open"], "was left open")),
        Lane("Let fall by you", "order", about(by_kind["held"], "was let fall")),
        Lane("Ordered by you", "order", about(by_kind["fired"], "was ordered")),
        Lane("Rounds fired", "shot", about(_rows(review, "launches"), "was fired at")),
        Lane("Interceptions", "kill", about([r for r in _rows(review, "intercepts") if r["is_kill"]], "was destroyed")),
        Lane("Leaks", "leak", tuple(mark(row, f"leak in {row['area_id']}") for row in leaks)),
        Lane("Levels and events", "change", tuple(sorted(changes, key=lambda one: one.t_s))),
    )


def _change_words(row: dict[str, Any]) -> str:
    action = str(row["action"]).replace("_", " ")
    return f"{action} {row['value'] or row['n_rounds']}" if row["value"] or row["n_rounds"] else action


def _kind_words(inject: Any) -> str:
    return f"{inject.kind.value.replace('_', ' ')} {inject.what}"


def _timeline(review: Review) -> TimelinePanel:
    played = review.played
    lanes = _lanes(review)
    last_s = max((mark.t_s for lane in lanes for mark in lane.marks), default=played.until_s)
    end_s = max(min(played.until_s, played.changed.scenario.model.duration_day * 86400.0), last_s)
    times_s = [60.0 * minutes for minutes in nice_ticks(played.from_s / 60.0, end_s / 60.0, 8)]
    ticks = tuple((t_s, clock(review, t_s)) for t_s in times_s)
    n = {lane.label: len(lane.marks) for lane in lanes}
    heading = Heading(
        f"{number(n['First looks'])} tracks came up; {number(n['Rounds fired'])} rounds were fired, "
        f"{number(n['Interceptions'])} objects destroyed, {number(n['Leaks'])} leaked",
        "One mark an event, on the scenario's clock (UTC). Dashed: where the exercise ended, and the rule went on",
        "Counted: what came down from the beginning of the exercise until all that was launched in it was down.",
    )
    return TimelinePanel(heading, played.from_s, played.until_s, end_s, ticks, lanes)

"""Decisive moments: what each decision of an operator cost in expectation, and how much of the result luck gave.

At each decision that a rule would have answered otherwise, the battle is taken up as it stood, answered the operator's
way and the rule's way, and played on by the rule over the same draws of luck. The mean of the paired differences is
what that decision cost. These costs add up: with V the expected result by the rule from an instant on,

    played - V(start) = sum over decisions of [V(after the operator's answer) - V(before it)] + luck,

since what is left of the difference, V before the next decision less V after the last, has mean zero. So the first sum
is what the operator's decisions cost with luck taken out, and the rest is luck. Decisions that the rule would have
answered the same cost nothing, exactly.

The moments that are listed have been picked for their cost, which overstates it. They are played again over fresh
draws, and those are what is told.

References: Billings and Kan, A tool for the direct assessment of poker decisions, ICGA Journal 29 (2006), and Zinkevich
et al., Optimal unbiased estimators for evaluating agent performance, AAAI 2006, for taking luck out of a played game by
what a fixed policy would expect; Kakade and Langford, Approximately optimal approximate reinforcement learning, ICML
2002, for the sum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from opendome.base.errors import CommandError
from opendome.base.tally import Tally
from opendome.battle.state import Count
from opendome.doctrine import view
from opendome.scenario.world import DAY_S

from .doors import find_policy, is_compiled
from .exercise import UNANSWERED, Exercise
from .luck import Charge, Instant, Standing, luck_rows, luck_seeds
from .paired import Interval, mean_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from .regret import Automatic

__all__ = ["Answer", "Decisions", "Moment", "Split", "decisions_of"]

_COLUMNS = (int(Tally.LEAKED_BUILT_UP), int(Tally.PEOPLE_EXPOSED))
_FRESH_STREAM = 1 << 19


class Answer(NamedTuple):
    """What a decision was answered: ``i_unit`` and ``n_rounds`` of the salvo; -1 and 0 where fire was held."""

    i_unit: int
    n_rounds: int


class Moment(NamedTuple):
    """One decision that the rule would have answered otherwise.

    ``ordinal`` of the decision, ``i_area`` the area most likely hit (-1: none). ``leaks`` and ``people``: how many more
    the operator's answer costs than the rule's, in expectation; negative where it saved some.
    """

    ordinal: int
    t_s: float
    track_id: int
    i_area: int
    p_hit: float
    value_people: float
    is_unanswered: bool
    ours: Answer
    theirs: Answer
    leaks: Interval
    people: Interval

    @property
    def is_told_apart(self) -> bool:
        """Whether the interval of the leaks leaves out 0."""
        return self.leaks.low > 0.0 or self.leaks.high < 0.0


class Split(NamedTuple):
    """A measure's difference from the rule's mean, ``difference``, split into what ``decisions`` cost and ``luck``."""

    difference: Interval
    decisions: Interval
    luck: Interval


@dataclass(frozen=True)
class Decisions:
    """Every decision of an exercise beside a rule's.

    ``n_asked`` decisions that fell to the operator, ``n_same`` of them answered as the rule would have. ``moments`` the
    others in order of time, over ``n_draws`` draws each; ``listed`` those that cost or saved most, costliest first,
    over ``n_fresh`` fresh draws. ``leaks`` and ``people`` are split where that is exact, else None.
    """

    policy: str
    n_asked: int
    n_same: int
    n_draws: int
    n_fresh: int
    moments: tuple[Moment, ...]
    listed: tuple[Moment, ...]
    leaks: Split | None
    people: Split | None


class _Told(NamedTuple):
    """A decision that is to be played on both ways."""

    instant: Instant
    moment: Moment
    choices: tuple[int, int]


def _answer(play: Standing, choice: int) -> Answer:
    if choice < 0:
        return Answer(-1, 0)
    option = play.state.view_options[choice]
    return Answer(int(option[view.UNIT]), int(option[view.N_ROUNDS]))


def _likeliest_area(play: Standing, i_track: int) -> int:
    """Area that the latest prediction of a track most likely hits; -1 for none."""
    window = play.window
    row = int(window.track_state["current"][i_track])
    areas, p = window.areas[row], window.p_areas[row]
    n = int(window.assessments["n_areas"][row])
    return int(areas[int(np.argmax(p[:n]))]) if n > 0 and p[:n].max() > 0.0 else -1


def _none(n: int) -> Interval:
    return Interval(math.nan, math.nan, math.nan, n)


def _told(exercise: Exercise, play: Standing, ordinal: int, charge: Charge, is_frozen: bool) -> _Told | None:
    """The pending decision, if the rule would answer it otherwise."""
    state = play.state
    n_options = int(state.count[Count.N_OPTIONS])
    ours, theirs = exercise.choice_at(ordinal, n_options), charge.choose(state)
    theirs = theirs if 0 <= theirs < n_options else view.HOLD
    if ours == theirs:
        return None
    i_track = int(state.count[Count.PENDING_TRACK])
    t_s, track_id = float(state.view_track[view.T_S]), int(play.window.tracks["track_id"][i_track])
    moment = Moment(
        ordinal,
        t_s,
        track_id,
        _likeliest_area(play, i_track),
        float(state.view_track[view.P_HIT]),
        float(state.view_track[view.VALUE_PEOPLE]),
        ours < 0 and _was_left_open(exercise, track_id, t_s),
        _answer(play, ours),
        _answer(play, theirs),
        _none(0),
        _none(0),
    )
    return _Told(play.instant(is_frozen), moment, (ours, theirs))


def _was_left_open(exercise: Exercise, track_id: int, t_s: float) -> bool:
    """Whether the operator was asked about a track around a time and never answered."""
    return any(
        row["action"] == UNANSWERED and row["track_id"] == track_id and row["asked_s"] - 1.0 <= t_s <= row["t_s"] + 1.0
        for row in exercise.orders.to_pylist()
        if row["asked_s"] is not None
    )


def _cost(told: _Told, charge: Charge, luck: NDArray[np.int64], workers: int | None) -> NDArray[np.float64]:
    """Leaks and people that the operator's answer costs more than the rule's, by draw (n, 2)."""
    ours, theirs = (luck_rows(told.instant, choice, charge, luck, workers)[:, _COLUMNS] for choice in told.choices)
    return ours - theirs


def _measured(told: _Told, cost: NDArray[np.float64]) -> Moment:
    leaks, people = (mean_interval(column) for column in cost.T)
    return told.moment._replace(leaks=leaks, people=people)


def _gap(difference: Interval, value: float, *others: Interval) -> Interval:
    """An estimate with the root of the sum of squares of half widths."""
    half = math.sqrt(sum(one.half_width**2 for one in (difference, *others)))
    return Interval(value, value - half, value + half, difference.n)


def _split(played: float, start: NDArray[np.float64], moments: list[Moment], name: str) -> Split:
    """Difference, decisions and luck of one column; ``start`` (n,) the rule's results from the start."""
    mean = mean_interval(start)
    difference = Interval(played - mean.value, played - mean.high, played - mean.low, mean.n)
    costs = [getattr(moment, name) for moment in moments]
    total = sum(one.value for one in costs)
    half = math.sqrt(sum(one.half_width**2 for one in costs))
    decisions = Interval(total, total - half, total + half, costs[0].n if costs else mean.n)
    return Split(difference, decisions, _gap(difference, difference.value - total, decisions))


def _is_repriced(exercise: Exercise, charge: Charge) -> bool:
    """Whether the price of a round would be set anew on later days of what is left."""
    n_days = len(exercise.seen.n_bursts)
    return charge.is_priced and exercise.from_s < (n_days - 1) * DAY_S


def _weigh(
    exercise: Exercise,
    charge: Charge,
    n_draws: int,
    stream: int,
    workers: int | None,
    wanted: frozenset[int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[list[Moment], int]:
    """Moments at which the rule would have answered otherwise, or those wanted of them; and how many were asked."""
    moments: list[Moment] = []
    is_frozen, n_asked = _is_repriced(exercise, charge), 0
    for ordinal, play in exercise.asked(charge.is_priced):
        n_asked += 1
        if wanted is not None and ordinal not in wanted:
            continue
        told = _told(exercise, play, ordinal, charge, is_frozen)
        if told is None:
            continue
        luck = luck_seeds(exercise.played.seed, n_draws, stream + ordinal)
        moments.append(_measured(told, _cost(told, charge, luck, workers)))
        if progress is not None:
            progress(len(moments))
    return moments, n_asked


def _most(moments: list[Moment], n_listed: int) -> frozenset[int]:
    """Ordinals of those that cost most and of those that saved most."""
    by_cost = sorted(moments, key=lambda moment: (moment.leaks.value, moment.people.value))
    saved = [moment for moment in by_cost[:n_listed] if moment.leaks.value < 0.0]
    cost = [moment for moment in by_cost[-n_listed:] if moment.leaks.value > 0.0] if n_listed else []
    return frozenset(moment.ordinal for moment in (*saved, *cost))


def decisions_of(
    exercise: Exercise,
    automatic: Automatic,
    n_draws: int = 50,
    n_fresh: int = 200,
    n_listed: int = 5,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Decisions:
    """Weigh every decision of the operator against a rule.

    Where the rule prices its rounds anew each day, it plays on with the price of the moment, and nothing is split: the
    costs of several days would be held against different rules.

    Parameters
    ----------
    automatic : Automatic          the span played by that rule, which must be a compiled one
    n_draws, n_fresh : int         draws of luck of each decision, and of each that is listed
    n_listed : int                 how many to list of those that cost, and of those that saved
    progress : callable, optional  told how many decisions have been weighed

    Raises
    ------
    CommandError    the rule is not compiled
    """
    rule = find_policy(automatic.policy)
    if not is_compiled(rule):
        raise CommandError(f"`{automatic.policy}` is not compiled, and decisions are weighed over thousands of battles")
    charge = exercise.charge(rule)
    moments, n_asked = _weigh(exercise, charge, n_draws, 1, workers, progress=progress)
    listed, _ = _weigh(exercise, charge, n_fresh, _FRESH_STREAM, workers, _most(moments, n_listed))
    listed.sort(key=lambda moment: -moment.leaks.value)
    splits = [
        None
        if _is_repriced(exercise, charge)
        else _split(float(exercise.played.row[column]), automatic.rows[:, column], moments, name)
        for name, column in zip(("leaks", "people"), _COLUMNS, strict=True)
    ]
    n_same = n_asked - len(moments)
    return Decisions(automatic.policy, n_asked, n_same, n_draws, n_fresh, tuple(moments), tuple(listed), *splits)

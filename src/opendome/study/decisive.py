"""Decisive moments: what each thing that an operator did cost in expectation, and how much of the result luck gave.

Whenever the operator's answer to a decision is not a rule's, or an order puts a decision that the rule would not have
put, the battle is taken up as it stood before and as it stood after, and played on by the rule over the same draws of
luck. The mean of the paired differences is what that step cost. These costs add up: with V the expected result by the
rule from an instant on,

    played - V(start) = sum over steps of [V(after the step) - V(before it)] + luck,

since what is left of the difference, V before the next step less V after the last, has mean zero. So the sum is what
the operator did, with luck taken out, and the rest is luck. Steps that the rule would have taken cost nothing, exactly.
Steps about one track are put together into one moment: to wait, and then to approve, is one thing.

The moments that are listed have been picked for their cost, which overstates it. They are played again over fresh
draws, and those are what is told.

References: Billings and Kan, A tool for the direct assessment of poker decisions, ICGA Journal 29 (2006), and Zinkevich
et al., Optimal unbiased estimators for evaluating agent performance, AAAI 2006, for taking luck out of a played game by
what a fixed policy would expect; Kakade and Langford, Approximately optimal approximate reinforcement learning, ICML
2002, for the sum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from opendome.base.errors import CommandError
from opendome.base.tally import Tally
from opendome.battle.looking import look_at
from opendome.battle.state import Count
from opendome.doctrine import view

from .doors import as_function, find_policy
from .luck import Charge, Instant, luck_rows, luck_seeds
from .luck_kernel import NOT_ASKED
from .orders import ALL_TRACKS, Action, Order
from .paired import Interval, mean_interval
from .played import UNANSWERED, Played, Watched

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from .regret import Automatic

__all__ = ["Deed", "Judgement", "Moment", "Shot", "Split", "judge"]

_COLUMNS = [int(Tally.LEAKED_BUILT_UP), int(Tally.PEOPLE_EXPOSED)]
_FRESH_STREAM = 1 << 19


class Deed(StrEnum):
    """What the operator did about a track, beside what the rule would have done."""

    LATE = "late"
    """The rule would have fired at once; the operator fired later."""
    OTHER = "other"
    """The operator fired with another unit, or other rounds."""
    NEEDLESS = "needless"
    """The operator fired where the rule would have held."""
    LET_FALL = "let_fall"
    """The operator ordered to let it fall."""
    UNANSWERED = "unanswered"
    """Nobody answered."""
    NOT_FIRED = "not_fired"
    """Nothing was fired, and nobody was asked."""
    AUTHORITY = "authority"
    """The operator changed who decides: no single track."""


class Shot(NamedTuple):
    """A salvo: when it was ordered, by which unit, how many rounds."""

    t_s: float
    i_unit: int
    n_rounds: int


class Moment(NamedTuple):
    """All that the operator did about one track, as far as the rule would have done otherwise.

    ``t_s`` the first such step; ``i_area`` the area most likely hit then (-1: none). ``ours`` the first salvo that the
    operator fired from then on, and ``theirs`` what the rule would have fired; None for none. ``leaks`` and ``people``:
    how many more the operator's way costs than the rule's, in expectation; negative where it saves some.
    """

    t_s: float
    track_id: int
    deed: Deed
    i_area: int
    p_hit: float
    value_people: float
    ours: Shot | None
    theirs: Shot | None
    leaks: Interval
    people: Interval

    @property
    def is_told_apart(self) -> bool:
        """Whether the interval of the leaks leaves out 0."""
        return self.leaks.low > 0.0 or self.leaks.high < 0.0


class Split(NamedTuple):
    """A measure's difference from the rule's mean, ``difference``, split into what was ``done`` and ``luck``."""

    difference: Interval
    done: Interval
    luck: Interval


@dataclass(frozen=True)
class Judgement:
    """All that an operator did beside a rule.

    ``n_tracks`` tracks about which a decision was put, ``n_same`` of them treated as the rule would have. ``moments``
    the others in order of time, over ``n_draws`` draws each; ``listed`` those that cost or saved most, costliest first,
    over ``n_fresh`` fresh draws. ``leaks`` and ``people`` are split where that is exact, else None.
    """

    policy: str
    n_tracks: int
    n_same: int
    n_draws: int
    n_fresh: int
    moments: tuple[Moment, ...]
    listed: tuple[Moment, ...]
    leaks: Split | None
    people: Split | None


class _Step(NamedTuple):
    """One step that the rule would not have taken, and its cost by draw (n, 2) in leaks and people."""

    t_s: float
    i_area: int
    p_hit: float
    value_people: float
    theirs: Shot | None
    cost: NDArray[np.float64]


@dataclass
class _Ledger:
    """What is gathered on the way: steps by track, tracks about which a decision was put, and salvos by track."""

    steps: dict[int, list[_Step]] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)
    shots: dict[int, list[Shot]] = field(default_factory=dict)


def _instead(before: Instant, rule: Any, is_changed: bool) -> int:
    """What a rule would answer to an instant's decision under the scenario's doctrine, -1 for none.

    Where the operator has changed doctrine, the options are made anew, and stand in the instant's state.
    """
    state, t_s = before.state, float(before.state.view_track[view.T_S])
    if is_changed:
        look_at(before.world.battle, state, before.window, int(state.count[Count.PENDING_TRACK]), t_s)
    n = int(state.count[Count.N_OPTIONS])
    choice = int(as_function(rule)(state.view_track, state.view_options[:n], state.view_stock)) if n else view.HOLD
    return choice if 0 <= choice < n else view.HOLD


def _likeliest_area(before: Instant, i_track: int) -> int:
    """Area that the latest prediction of a track most likely hits; -1 for none."""
    row = int(before.window.track_state["current"][i_track])
    p = before.window.p_areas[row][: int(before.window.assessments["n_areas"][row])]
    return int(before.window.areas[row][int(np.argmax(p))]) if len(p) and p.max() > 0.0 else -1


def _shot(state: Any, choice: int) -> Shot | None:
    """The salvo that an answer orders."""
    if choice < 0:
        return None
    option = state.view_options[choice]
    return Shot(float(state.view_track[view.T_S]), int(option[view.UNIT]), int(option[view.N_ROUNDS]))


class _Weigher:
    """Takes every step of an exercise apart: before and after, played on by a rule."""

    def __init__(self, exercise: Played, charge: Charge, n_draws: int, stream: int, workers: int | None):
        self.exercise, self.charge = exercise, charge
        self.n_draws, self.stream, self.workers = n_draws, stream, workers
        self.wanted: frozenset[int] | None = None
        self.found = _Ledger()
        self.n_steps = 0

    def __call__(self, play: Watched, order: Order | None, do: Callable[[], None]) -> None:
        """Let a step happen, and weigh it."""
        before = play.instant(self.exercise.t_end_s, self.exercise.is_repriced and self.charge.is_priced)
        if order is None:
            self._decision(play, before, do)
            return
        do()
        if play.state.count[Count.SERIAL] > before.state.count[Count.SERIAL]:
            self._weigh(
                play, before, NOT_ASKED, order.track_id, _Step(order.t_s, -1, math.nan, math.nan, None, _NO_COST)
            )

    def _decision(self, play: Watched, before: Instant, do: Callable[[], None]) -> None:
        """A decision: the rule's answer beside the operator's."""
        state, is_changed = play.state, play.has_own_doctrine
        i_track = int(state.count[Count.PENDING_TRACK])
        track_id = int(play.window.tracks["track_id"][i_track])
        offered = state.view_options.copy()
        step = _Step(
            float(state.view_track[view.T_S]),
            _likeliest_area(before, i_track),
            float(state.view_track[view.P_HIT]),
            float(state.view_track[view.VALUE_PEOPLE]),
            None,
            _NO_COST,
        )
        theirs = _instead(before, self.charge.at(step.t_s).rule, is_changed)
        do()
        ours = play.choices[-1]
        if step.t_s < self.exercise.until_s:
            self.found.asked.add(track_id)
        if ours >= 0:
            shot = Shot(step.t_s, int(offered[ours, view.UNIT]), int(offered[ours, view.N_ROUNDS]))
            self.found.shots.setdefault(track_id, []).append(shot)
        is_put_again = ours < 0 and play.state.count[Count.SERIAL] > before.state.count[Count.SERIAL]
        if ours == theirs and not is_put_again and (ours < 0 or not is_changed):
            return
        self._weigh(play, before, theirs, track_id, step._replace(theirs=_shot(before.state, theirs)))

    def _weigh(self, play: Watched, before: Instant, theirs: int, track_id: int, step: _Step) -> None:
        """Play on from before and after a step."""
        self.n_steps += 1
        if self.wanted is not None and track_id not in self.wanted:
            return
        luck = luck_seeds(self.exercise.played.seed, self.n_draws, self.stream + self.n_steps)
        after = play.instant(self.exercise.t_end_s, self.exercise.is_repriced and self.charge.is_priced)
        rows = [
            luck_rows(instant, choice, self.charge.at(step.t_s), luck, self.workers)[:, _COLUMNS]
            for instant, choice in ((after, NOT_ASKED), (before, theirs))
        ]
        self.found.steps.setdefault(track_id, []).append(step._replace(cost=rows[0] - rows[1]))

    def run(self, wanted: frozenset[int] | None = None) -> list[Moment]:
        """Play the exercise again and weigh it; ``wanted``: only steps about these tracks."""
        self.wanted, self.found, self.n_steps = wanted, _Ledger(), 0
        self.exercise.play_again(self.charge.is_priced, self)
        moments = [self._moment(track_id, steps) for track_id, steps in self.found.steps.items()]
        return sorted(moments, key=lambda moment: moment.t_s)

    def _moment(self, track_id: int, steps: list[_Step]) -> Moment:
        """Steps about one track as one moment; draws of different steps are independent."""
        first = next((step for step in steps if not math.isnan(step.p_hit)), steps[0])
        ours = next((shot for shot in self.found.shots.get(track_id, []) if shot.t_s >= first.t_s), None)
        theirs = next((step.theirs for step in steps if step.theirs is not None), None)
        leaks, people = (_added([mean_interval(step.cost[:, k]) for step in steps]) for k in (0, 1))
        deed = self._deed(track_id, first, ours, theirs)
        return Moment(
            first.t_s, track_id, deed, first.i_area, first.p_hit, first.value_people, ours, theirs, leaks, people
        )

    def _deed(self, track_id: int, first: _Step, ours: Shot | None, theirs: Shot | None) -> Deed:
        if track_id == ALL_TRACKS:
            return Deed.AUTHORITY
        if ours is not None:
            if theirs is None:
                return Deed.NEEDLESS
            return Deed.OTHER if ours.t_s <= theirs.t_s else Deed.LATE
        said = [order for order in self.exercise.orders if order.track_id == track_id and order.t_s >= first.t_s]
        if any(order.action in (Action.HOLD, Action.CEASE) for order in said):
            return Deed.LET_FALL
        table = self.exercise.table
        open_ids = [
            row["track_id"] for row in table.select(["track_id", "action"]).to_pylist() if row["action"] == UNANSWERED
        ]
        return Deed.UNANSWERED if track_id in open_ids else Deed.NOT_FIRED


_NO_COST = np.zeros((0, 2))


def _added(parts: list[Interval], less: float = 0.0) -> Interval:
    """Sum of independent estimates, less a number; half widths add as their squares."""
    value = sum(part.value for part in parts) - less
    half = math.sqrt(sum(part.half_width**2 for part in parts))
    return Interval(value, value - half, value + half, min((part.n for part in parts), default=0))


def _split(played: float, start: NDArray[np.float64], moments: list[Moment], name: str) -> Split:
    """Difference, what was done and luck of one column; ``start`` (n,) the rule's results from the beginning."""
    mean = mean_interval(start)
    difference = Interval(played - mean.value, played - mean.high, played - mean.low, mean.n)
    done = _added([getattr(moment, name) for moment in moments])
    half = math.hypot(difference.half_width, done.half_width)
    value = difference.value - done.value
    return Split(difference, done, Interval(value, value - half, value + half, mean.n))


def _most(moments: list[Moment], n_listed: int) -> frozenset[int]:
    """Tracks of the moments that cost most and of those that saved most."""
    by_cost = sorted(moments, key=lambda moment: (moment.leaks.value, moment.people.value))
    saved = [moment for moment in by_cost[:n_listed] if moment.leaks.value < 0.0]
    cost = [moment for moment in by_cost[len(by_cost) - n_listed :] if moment.leaks.value > 0.0]
    return frozenset(moment.track_id for moment in (*saved, *cost))


def judge(
    exercise: Played,
    automatic: Automatic,
    n_draws: int = 50,
    n_fresh: int = 200,
    n_listed: int = 5,
    workers: int | None = None,
) -> Judgement:
    """Weigh all that the operator did against a rule.

    Nothing is split where it would not be exact: where the rule prices its rounds anew on a later day (it plays on with
    the price of the moment), and where the operator raised the reserve, so that some decisions were never put.

    Parameters
    ----------
    automatic : Automatic       the span played by that rule, which must be a compiled one
    n_draws, n_fresh : int      draws of luck of each step, and of each that is listed
    n_listed : int              how many to list of those that cost, and of those that saved

    Raises
    ------
    CommandError    the rule is not compiled
    """
    rule = find_policy(automatic.policy)
    charge = exercise.charge(rule)
    if not charge.is_compiled:
        raise CommandError(f"`{automatic.policy}` is not compiled, and steps are weighed over thousands of battles")
    weigher = _Weigher(exercise, charge, n_draws, 1, workers)
    moments = weigher.run()
    n_tracks = len(weigher.found.asked)
    n_same = len(weigher.found.asked - {moment.track_id for moment in moments})
    fresh = _Weigher(exercise, charge, n_fresh, _FRESH_STREAM, workers)
    listed = fresh.run(_most(moments, min(n_listed, len(moments)))) if n_listed else []
    listed.sort(key=lambda moment: -moment.leaks.value)
    is_exact = not (exercise.is_repriced and charge.is_priced) and not any(
        order.action is Action.RESERVE for order in exercise.orders
    )
    splits = [
        _split(float(exercise.row[column]), automatic.rows[:, column], moments, name) if is_exact else None
        for name, column in zip(("leaks", "people"), _COLUMNS, strict=True)
    ]
    return Judgement(automatic.policy, n_tracks, n_same, n_draws, n_fresh, tuple(moments), tuple(listed), *splits)

"""An exercise as it was played, so that it can be played again, by the same orders or by a rule.

Before the *span* a rule decides; in it the operator does, by orders; from its end on the rule decides again. What is
counted is what comes down from the beginning of the span until all that was launched in it is down.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from opendome.base.errors import CommandError
from opendome.battle.state import Count, copy_state
from opendome.scenario.world import DAY_S, TrackedWorld
from opendome.warning.ledger import Ledger

from .desk import Desk
from .doors import as_function, find_policy
from .forecast import own_forecast, tracks_of_day
from .inject import Changed, changed_by
from .live import LivePlay, play_orders
from .luck import Charge, Instant, closed_row, luck_rows, see_raid
from .luck_kernel import NOT_ASKED, SeenRaid
from .orders import Action, Authority, Order, Weapons
from .single import Run

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from opendome.battle.state import Window

__all__ = ["UNANSWERED", "Levels", "Played", "Watched", "open_exercise"]

UNANSWERED = "unanswered"
"""Action of a row of the orders that says that nobody answered."""

_ORDER_COLUMNS = ("t_s", "seat", "action", "track_id", "battery_id", "n_rounds", "value", "asked_s")
_LOGS = ("decisions", "launches", "intercepts")
_LOG_COUNTS = (Count.IS_LOGGING, Count.N_DECISIONS, Count.N_LAUNCHES, Count.N_INTERCEPTS)
_FIRST_S = 2e-6
"""The earliest beginning: the first day's window is open then, and its rounds are priced [s]."""


class Levels(NamedTuple):
    """What the desk was set to when the operator took over."""

    authority: Authority = Authority.APPROVAL
    weapons: Weapons = Weapons.TIGHT
    veto_s: float = 4.0


_LEVELS = Levels()


class Watched(LivePlay):
    """A live battle of which copies can be taken at any instant; ``on_step`` is told of what changes it in the span.

    ``on_step(before, decide)``: ``before`` says what is about to happen (a pending decision, or an order that puts
    decisions), and ``decide()`` lets it happen.
    """

    def __init__(self, exercise: Played, priced: bool, on_step: Callable[[Watched, Order | None, Any], None] | None):
        changed = exercise.changed
        super().__init__(
            changed.world,
            exercise.played.seed,
            exercise.played.replication,
            exercise.rule,
            Desk(Authority.AUTOMATIC, Weapons.TIGHT, exercise.levels.veto_s),
            on_spot=tuple(order for order in exercise.orders if order.ordinal >= 0),
            remade_s=changed.remade_s,
            ghosts=changed.ghosts,
        )
        self.world = own_forecast(self.world, priced or self.world.forecast.is_on)
        self._exercise, self._on_step = exercise, on_step
        self._base = self.world
        self._day, self._n_seen, self._n_jams, self._is_watched = -1, 0, 0, False

    @property
    def base(self) -> Any:
        """The world with doctrine and warning as the scenario has them."""
        return self._base

    def take_rule(self, rule: Any) -> None:
        """Let a rule decide from now on, by doctrine alone."""
        self._rule = as_function(rule)
        self.desk = Desk(Authority.AUTOMATIC)

    def hand_over(self, charge: Charge) -> None:
        """Let the other rule of a charge decide from its time on."""
        self.run_until(charge.t_rest_s)
        self.take_rule(charge.rest)
        if charge.asks:
            super()._ask_all()

    def watch(self) -> None:
        """Tell of every step from now on."""
        self._is_watched = self._on_step is not None

    def _open(self, day: int) -> tuple[Window, int]:
        window, n_bursts = super()._open(day)
        self._day, self._n_seen = day, self._n_seen + tracks_of_day(window, day)
        return window, n_bursts

    @property
    def has_own_doctrine(self) -> bool:
        """Whether the operator has changed salvo, reserve or threshold."""
        return self.world.battle is not self._base.battle

    def _decide(self) -> None:
        self._step(None, super()._decide)

    def _ask_now(self, track_id: int) -> None:
        self._step(self.orders[-1], lambda: super(Watched, self)._ask_now(track_id))

    def _ask_all(self) -> None:
        self._step(self.orders[-1], super()._ask_all)

    def _jam(self, order: Order) -> None:
        super()._jam(order)
        self._n_jams += 1

    def _step(self, order: Order | None, do: Callable[[], None]) -> None:
        is_end = order is not None and order.t_s >= self._exercise.until_s
        if self._is_watched and self._on_step is not None and not is_end:
            self._on_step(self, order, do)
        else:
            do()

    def instant(self, t_end_s: float, is_frozen: bool = False) -> Instant:
        """The battle as it stands, copied; ``is_frozen``: the price of a round stays as it is from here on."""
        state, window, exercise = self.state, self.window, self._exercise
        copied = copy_state(state._replace(**{name: getattr(state, name)[:1] for name in _LOGS}))
        copied.count[list(_LOG_COUNTS)] = 0
        return Instant(
            own_forecast(self._base, self._base.forecast.is_on and not is_frozen),
            exercise.seen,
            self.seed,
            self.replication,
            copied,
            window._replace(object_state=window.object_state.copy(), track_state=window.track_state.copy()),
            Ledger(*(array.copy() for array in self.ledger)),
            self.row.copy(),
            self.fine_hist.copy(),
            self._day,
            self._n_seen,
            exercise.jams[self._n_jams :],
            np.array(sorted(self._remade_s)),
            t_end_s,
        )


@dataclass(frozen=True)
class Played:
    """One replication that somebody played.

    Attributes
    ----------
    played : Run                as it ended
    table : pyarrow.Table       the orders as they are kept, with what nobody answered
    orders : tuple of Order     every order that was entered, those that ended the exercise included
    from_s, until_s : float     the operator was in charge from the one moment until before the other [s]
    rule : policy               proposed shots in the span, and decided before and after it
    levels : Levels             of the desk at ``from_s``
    changed : Changed           scenario and world that were played, with injects
    """

    played: Run
    table: pa.Table
    orders: tuple[Order, ...]
    from_s: float
    until_s: float
    rule: Any
    levels: Levels
    changed: Changed

    @cached_property
    def seen(self) -> SeenRaid:
        """The raid and its picture."""
        changed = self.changed
        return see_raid(changed.world, self.played.seed, self.played.replication, changed.ghosts)

    @cached_property
    def jams(self) -> NDArray[np.float64]:
        """Jams of launchers (n, 4): time [s], unit, launchers, seconds."""
        rows = [
            (order.t_s, order.i_unit, order.n_rounds, float(order.value))
            for order in self.orders
            if order.action is Action.JAM
        ]
        return np.array(rows, np.float64).reshape(-1, 4)

    @cached_property
    def t_end_s(self) -> float:
        """When the count is closed: all that was launched by the end of the span is down; infinite: all is counted."""
        world = self.changed.world
        inner = world.world if isinstance(world, TrackedWorld) else world
        objects = self.seen.objects
        if self.until_s >= inner.duration_s:
            return math.inf
        t_impact_s = objects["t_impact_s"][objects["t_launch_s"] < self.until_s]
        return math.nextafter(max(float(t_impact_s.max(initial=0.0)), self.until_s), math.inf)

    @property
    def is_repriced(self) -> bool:
        """Whether the price of a round would be set anew before the count is closed."""
        n_days = len(self.seen.n_bursts)
        return min(self.t_end_s, n_days * DAY_S) > (math.floor(self.from_s / DAY_S) + 1) * DAY_S

    @cached_property
    def asks_at_end(self) -> bool:
        """Whether handing over at the end of the span changes a level, so that decisions are put anew."""
        desk = Desk(self.levels.authority, self.levels.weapons)
        for order in self.orders:
            if order.t_s < self.until_s:
                desk.take(order)
        return (desk.authority, desk.weapons) != (Authority.AUTOMATIC, Weapons.TIGHT)

    def charge(self, rule: Any) -> Charge:
        """A rule in the operator's place, and whoever decided afterwards."""
        return Charge(rule, self.rule, self.until_s, self.asks_at_end)

    def start(
        self, priced: bool = False, on_step: Callable[[Watched, Order | None, Any], None] | None = None
    ) -> Watched:
        """Play it again to the beginning of the span; ``priced``: rounds are priced on the way."""
        play = Watched(self, priced, on_step)
        play.run_until(max(self.from_s, _FIRST_S))
        return play

    def play_again(
        self, priced: bool = False, on_step: Callable[[Watched, Order | None, Any], None] | None = None
    ) -> tuple[Watched, NDArray[np.float64]]:
        """Play it again by its orders: the battle at the end of the count, and its summary row until then."""
        play = self.start(priced, on_step)
        play.begin(self.levels.authority, self.levels.weapons)
        play.watch()
        play_orders(play, [order for order in self.orders if order.t_s < self.t_end_s], self.t_end_s)
        if play.is_over:
            return play, play.row
        return play, closed_row(play.instant(self.t_end_s))

    @cached_property
    def _rows(self) -> tuple[NDArray[np.float64], NDArray[np.float64], list[int]]:
        start = self.start()
        before = closed_row(start.instant(max(self.from_s, _FIRST_S)))
        play, row = self.play_again()
        return before, row, play.choices

    @property
    def row_before(self) -> NDArray[np.float64]:
        """The summary row at the beginning of the span, (N_TALLY,)."""
        return self._rows[0]

    @property
    def row(self) -> NDArray[np.float64]:
        """The summary row at the end of the count, (N_TALLY,)."""
        return self._rows[1]

    def is_faithful(self, choices: Sequence[int]) -> bool:
        """Whether the orders lead to the answers that were kept, and the battle to the run."""
        ours = self._rows[2]
        if not math.isinf(self.t_end_s):
            return ours == list(choices)[: len(ours)]
        return ours == list(choices) and bool(np.array_equal(self.row, self.played.row, equal_nan=True))

    def rows_by(self, rule: Any, luck: NDArray[np.int64], workers: int | None = None) -> NDArray[np.float64]:
        """Play the span by a rule, once for each draw of luck from its beginning on.

        Parameters
        ----------
        luck : ndarray (n,)      seeds; the replication's own seed gives the luck that the operator met

        Returns
        -------
        rows : ndarray (n, N_TALLY)    at the end of the count
        """
        charge = self.charge(rule)
        if charge.is_compiled:
            return luck_rows(self.start(charge.is_priced).instant(self.t_end_s), NOT_ASKED, charge, luck, workers)
        return np.array([self.row_through_python(rule, int(seed)) for seed in luck])

    def row_through_python(self, rule: Any, luck_seed: int) -> NDArray[np.float64]:
        """The same for one draw by a rule through any door, decision by decision."""
        charge = self.charge(rule)
        play = self.start(charge.is_priced)
        play.luck_seed = luck_seed
        play.take_rule(rule)
        jams = [order for order in self.orders if order.action is Action.JAM]
        play_orders(play, [order for order in jams if order.t_s < self.until_s], self.until_s)
        if self.until_s < self.t_end_s and not play.is_over:
            play.hand_over(charge)
            play_orders(play, [order for order in jams if order.t_s >= self.until_s], self.t_end_s)
        return play.row if play.is_over else closed_row(play.instant(self.t_end_s))


def open_exercise(
    played: Run,
    table: pa.Table,
    span: tuple[float, float],
    orders: Sequence[Order],
    levels: Levels = _LEVELS,
    changed: Changed | None = None,
) -> Played:
    """Make an exercise of what the trainer keeps.

    Parameters
    ----------
    played : Run             as the operator left it
    table : pyarrow.Table    t_s, seat, action, track_id (-1: none), battery_id, n_rounds, value, asked_s (when the
        decision was first put; null: nobody had asked). What nobody answered has the action `unanswered`, and its t_s
        is the last feasible launch
    span : (from_s, until_s)
    orders : orders          as they were entered
    levels : Levels          of the desk when the operator took over
    changed : Changed, optional    what was played, where something was put into it on the way

    Raises
    ------
    CommandError    the orders or the span are not as declared
    """
    _check(table, span)
    changed = changed_by(played.scenario, ()) if changed is None else changed
    rule = find_policy(played.scenario.model.doctrine.policy)
    return Played(played, table, tuple(orders), float(span[0]), float(span[1]), rule, levels, changed)


def _check(table: pa.Table, span: tuple[float, float]) -> None:
    """Refuse orders and spans that are not as declared, with all that is wrong."""
    wrong = []
    missing = [name for name in _ORDER_COLUMNS if name not in table.column_names]
    if missing:
        wrong.append(f"the orders lack the columns {', '.join(missing)}")
    if "action" in table.column_names:
        known = [*(action.value for action in Action), UNANSWERED]
        unknown = sorted(set(table.column("action").to_pylist()) - set(known), key=str)
        if unknown:
            wrong.append(f"unknown actions {', '.join(map(str, unknown))} (write one of {', '.join(known)})")
    if not span[0] < span[1]:
        wrong.append(f"the span ends at {span[1]:g} s, which is not after {span[0]:g} s")
    if wrong:
        raise CommandError("the exercise is not as declared: " + "; ".join(wrong))

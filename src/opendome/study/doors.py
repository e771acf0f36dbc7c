"""Three doors for a rule of one's own: Python, NumPy on a batch, Numba by pointer; one signature, the same results.

The signature is ``choose(track, options, stock)``, with the columns of ``doctrine.view``:

* Numba: a ``cfunc`` of ``POLICY_SIGNATURE``, called by the kernel without leaving compiled code.
* Python: any callable on arrays (N_TRACK,), (n, N_OPTION), (N_STOCK,); gives the row to carry out or -1.
* NumPy: a callable marked with ``batch_policy``, on arrays (b, N_TRACK), (b, MAX_OPTIONS, N_OPTION), (b, N_STOCK)
  with NaN in unused rows; gives (b,) rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from opendome.base.errors import CommandError, RunError
from opendome.base.philox import identity_hash
from opendome.base.registry import lookup, registered
from opendome.base.tally import N_TALLY
from opendome.battle.kernel import advance, apply_order
from opendome.battle.state import BattleState, Count, Status, Window, empty_window, new_state
from opendome.battle.windows import close_window, open_window
from opendome.doctrine import rules
from opendome.doctrine.view import HOLD, MAX_OPTIONS, N_OPTION
from opendome.picture.tracked import perceive_tracked
from opendome.raid.generate import draw_day
from opendome.scenario.world import AFTER_S, DAY_S, TrackedWorld, World, drawn_sight, drawn_world
from opendome.warning.alerts import hold_s
from opendome.warning.ledger import Ledger, new_ledger

from .forecast import own_forecast, price_rounds, tracks_of_day
from .replicate import (
    DAILY_COLUMNS,
    N_AREA_SUMS,
    ChunkResult,
    finish_row,
    next_window,
    note_day,
    run_compiled,
)
from .settle import FINE_BINS, LEAD_BINS, settle_window

__all__ = [
    "Outputs",
    "Play",
    "as_function",
    "batch_policy",
    "find_policy",
    "is_compiled",
    "is_priced",
    "overflow",
    "own_policy",
    "perceive_day",
    "run_chunk_through",
]

_OWN_TRACKER = "opendome"


def batch_policy(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a NumPy rule that answers a batch of decisions at once."""
    function.is_batch_policy = True  # type: ignore[attr-defined]
    return function


def find_policy(policy: object) -> Any:
    """A rule from its registered name, or the rule itself."""
    if isinstance(policy, str):
        return lookup("policy", policy)
    if not callable(policy) and not is_compiled(policy):
        raise CommandError(f"{policy!r} is no policy; give a registered name or a function of (track, options, stock)")
    return policy


def as_function(rule: Any) -> Callable[..., int]:
    """A rule of any door as a function of one decision; a compiled one is the function it came from."""
    if getattr(rule, "is_batch_policy", False):
        return lambda track, options, stock: int(rule(track[None], options[None], stock[None])[0])
    function: Callable[..., int] = getattr(rule, "__wrapped__", rule)
    return function


def is_priced(rule: object) -> bool:
    """Whether a rule asks what a round is worth for what may still come."""
    return rule is rules.price


def is_compiled(policy: object) -> bool:
    """Whether a rule is a Numba cfunc."""
    return hasattr(policy, "address") and hasattr(policy, "native_name")


class Outputs:
    """Arrays that a chunk of replications fills."""

    def __init__(self, world: World | TrackedWorld, count: int):
        world = world.world if isinstance(world, TrackedWorld) else world
        n_areas = len(world.areas)
        self.rows = np.zeros((count, N_TALLY))
        self.daily = np.zeros((count, world.n_days + 1, DAILY_COLUMNS))
        self.areas = np.zeros((n_areas, N_AREA_SUMS))
        self.lead_hist = np.zeros((len(world.shelter_class_s), LEAD_BINS), np.int64)

    def result(self) -> ChunkResult:
        """The arrays as a ChunkResult."""
        return ChunkResult(self.rows, self.daily, self.areas, self.lead_hist)


class Play:
    """One replication driven from Python: stops at each decision, window by window.

    ``decide`` runs on to the next decision and says whether there is one; the pending decision stands in ``state``'s
    view arrays and is answered by ``answer``. Rounds are priced where ``is_priced``; by default where the scenario's
    own policy asks for it. Kills and judgements are drawn by ``luck_seed``, which is the seed unless it is changed.
    """

    def __init__(
        self,
        world: World | TrackedWorld,
        seed: int,
        replication: int,
        is_logging: bool = False,
        is_priced: bool | None = None,
    ):
        self._sight: TrackedWorld | None = None
        if isinstance(world, TrackedWorld):
            self._sight = drawn_sight(world, seed, replication)
            world = self._sight.world
        else:
            world = drawn_world(world, seed, replication)
        if is_logging:
            world = world._replace(picture=world.picture._replace(is_sparing=False))
        asked = world.forecast.is_on if is_priced is None else is_priced
        self.world, self.seed, self.replication = own_forecast(world, asked), seed, replication
        self.luck_seed = seed
        self.state: BattleState = new_state(world.battle, is_logging)
        self.ledger: Ledger = new_ledger(len(world.areas))
        self.window: Window = empty_window()
        self.row = np.zeros(N_TALLY)
        self.daily = np.zeros((world.n_days + 1, DAILY_COLUMNS))
        self.areas = np.zeros((len(world.areas), N_AREA_SUMS))
        self.lead_hist = np.zeros((len(world.shelter_class_s), LEAD_BINS), np.int64)
        self.fine_hist = np.zeros(FINE_BINS, np.int64)
        self._steps = self._run()

    def decide(self) -> bool:
        """Run to the next decision; False when the replication is over."""
        return next(self._steps, False)

    def answer(self, choice: int) -> None:
        """Carry out the answer to the pending decision."""
        apply_order(self.world.battle, self.state, self.window, int(choice))

    def on_log_full(self) -> None:
        """Called when the logs must be taken before going on; nothing is logged unless a recorder asks for it."""

    def on_window(self, alerts: np.ndarray, due: np.ndarray, lead_s: np.ndarray, share: np.ndarray) -> None:
        """Called when a window has been settled, before it is closed."""

    def _advance(self, until_s: float) -> Any:
        """Advance in steps of one decision; yields True at each."""
        while True:
            status = advance(
                self.world.battle,
                self.state,
                self.window,
                self.luck_seed,
                self.replication,
                until_s,
                rules.earliest,
                True,
            )
            if status == Status.DONE:
                return
            if status == Status.DECISION:
                yield True
            elif status == Status.LOG_FULL:
                self.on_log_full()
            else:
                raise RunError(overflow(self.replication))

    def _open(self, day: int) -> tuple[Window, int]:
        """Draw the day's raid, perceive it, and join it to what is still in the air: (window, number of bursts)."""
        world, state = self.world, self.state
        if self._sight is None:
            opened: tuple[Window, int] = next_window(world, state, self.window, self.seed, self.replication, day)
            return opened
        objects, n_bursts = draw_day(world.raid, self.seed, self.replication, day)
        *seen, links = perceive_day(self._sight, world, self.seed, self.replication, day, objects)
        return open_window(self.window, state, day * DAY_S, objects, *seen, links), n_bursts

    def _run(self) -> Any:
        yield from self._advance(1e-6)
        note_day(self.state, self.row, self.daily[0])
        n_seen = 0
        for day in range(self.world.n_days):
            world, is_last = self.world, day == self.world.n_days - 1
            if world.forecast.is_on:
                price_rounds(world, self.state, self.seed, self.replication, day, n_seen, rules.price)
            self.window, n_bursts = self._open(day)
            n_seen += tracks_of_day(self.window, day)
            self.row[1] += n_bursts
            until_s = (day + 1) * DAY_S
            yield from self._advance(until_s)
            if is_last:
                until_s += AFTER_S
                yield from self._advance(until_s)
            settled = settle_window(
                self.world,
                self.window,
                self.ledger,
                math.inf if is_last else until_s,
                self.row,
                self.areas,
                self.lead_hist,
                self.fine_hist,
            )
            self.on_window(*settled)
            note_day(self.state, self.row, self.daily[day + 1])
            self.window = close_window(self.window, self.state, until_s, hold_s(world.warning))
        self.areas[:, 7] = self.areas[:, 0] ** 2
        finish_row(self.world, self.state, self.ledger, self.row, self.areas, self.fine_hist)


def perceive_day(
    sight: TrackedWorld, world: World, seed: int, replication: int, day: int, objects: np.ndarray
) -> tuple:
    """The tracked picture of a day's objects, through the scenario's tracker."""
    if sight.tracker == _OWN_TRACKER:
        return perceive_tracked(world.picture, sight.tracked, seed, replication, day, objects)
    from opendome.picture.plugin import perceive_through

    factory = lookup("tracker", sight.tracker)
    return perceive_through(factory, world.picture, sight.tracked, sight.lat_deg, seed, replication, day, objects)


class CompiledPlay(Play):
    """A replication that a compiled rule plays to its end without a stop: for pictures that are made outside of it."""

    def __init__(self, world: World | TrackedWorld, seed: int, replication: int, rule: Any):
        super().__init__(world, seed, replication, is_priced=is_priced(rule))
        self._rule = rule

    def _advance(self, until_s: float) -> Any:
        """Advance in one go; yields nothing."""
        status = advance(
            self.world.battle, self.state, self.window, self.seed, self.replication, until_s, self._rule, False
        )
        if status != Status.DONE:
            raise RunError(overflow(self.replication))
        yield from ()


def overflow(replication: int) -> str:
    """Message for a full event queue."""
    return (
        f"replication {replication}: more engagements are open at once than the event queue holds; "
        "shorten the raid or lower doctrine.max_shots"
    )


def _collect(outputs: Outputs, k: int, play: Play) -> None:
    """Put a finished replication into the chunk's arrays."""
    outputs.rows[k], outputs.daily[k] = play.row, play.daily
    outputs.areas += play.areas
    outputs.lead_hist += play.lead_hist


def _through_python(
    world: World | TrackedWorld, seed: int, first: int, count: int, rule: Callable[..., Any]
) -> ChunkResult:
    """Plain Python: asked at each decision."""
    outputs = Outputs(world, count)
    for k in range(count):
        play = Play(world, seed, first + k)
        state = play.state
        while play.decide():
            n = state.count[Count.N_OPTIONS]
            play.answer(rule(state.view_track, state.view_options[:n], state.view_stock))
        _collect(outputs, k, play)
    return outputs.result()


def _through_batch(
    world: World | TrackedWorld, seed: int, first: int, count: int, rule: Callable[..., Any]
) -> ChunkResult:
    """NumPy: all replications of the chunk stand at a decision each; the rule answers them together."""
    outputs = Outputs(world, count)
    plays = [Play(world, seed, first + k) for k in range(count)]
    waiting = [play for play in plays if play.decide()]
    while waiting:
        tracks = np.stack([play.state.view_track for play in waiting])
        stock = np.stack([play.state.view_stock for play in waiting])
        options = np.full((len(waiting), MAX_OPTIONS, N_OPTION), np.nan)
        for j, play in enumerate(waiting):
            n = play.state.count[Count.N_OPTIONS]
            options[j, :n] = play.state.view_options[:n]
        used = int(np.isfinite(options[:, :, 0]).sum(axis=1).max())
        choices = np.asarray(rule(tracks, options[:, :used], stock))
        for play, choice in zip(waiting, choices, strict=True):
            play.answer(int(choice) if choice >= 0 else HOLD)
        waiting = [play for play in waiting if play.decide()]
    for k, play in enumerate(plays):
        _collect(outputs, k, play)
    return outputs.result()


def _through_windows(world: TrackedWorld, seed: int, first: int, count: int, rule: Any) -> ChunkResult:
    """A compiled rule on a tracked picture: window by window, compiled in between."""
    outputs = Outputs(world, count)
    for k in range(count):
        play = CompiledPlay(world, seed, first + k, rule)
        play.decide()
        _collect(outputs, k, play)
    return outputs.result()


def own_policy(world: World | TrackedWorld) -> Any:
    """The rule that the scenario's doctrine names.

    Raises
    ------
    CommandError    no registered policy has that name any more
    """
    identity = (world.world if isinstance(world, TrackedWorld) else world).policy_identity
    for name, rule in registered("policy").items():
        if identity_hash(name) == identity:
            return rule
    raise CommandError(
        "the scenario's doctrine.policy is not registered here; import the module that registers it first"
    )


def run_chunk_through(world: World | TrackedWorld, seed: int, first: int, count: int, policy: object) -> ChunkResult:
    """Run a chunk with a rule through the door that it fits; None is the scenario's own policy."""
    rule = own_policy(world) if policy is None else find_policy(policy)
    if not is_compiled(rule):
        if getattr(rule, "is_batch_policy", False):
            return _through_batch(world, seed, first, count, rule)
        return _through_python(world, seed, first, count, rule)
    if isinstance(world, TrackedWorld):
        return _through_windows(world, seed, first, count, rule)
    return _through_kernel(world, seed, first, count, rule)


def _through_kernel(world: World, seed: int, first: int, count: int, rule: Any) -> ChunkResult:
    """A compiled rule on the statistical picture: all replications at once, or one by one where each has a timetable of
    its own."""
    outputs, world = Outputs(world, count), own_forecast(world, is_priced(rule))
    step = count if world.plan.is_certain else 1
    for k in range(0, count, step):
        met = drawn_world(world, seed, first + k)
        part = slice(k, k + step)
        status = run_compiled(
            met, seed, first + k, step, rule, outputs.rows[part], outputs.daily[part], outputs.areas, outputs.lead_hist
        )
        if status != Status.DONE:
            raise RunError(overflow(first + k))
    return outputs.result()

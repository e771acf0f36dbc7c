"""Battles over one raid with other luck: what flies and what is seen of it is made once, and played on from an instant.

Perception comes before battle, so the raid and the picture are the same however the defence decides. Luck is what is
drawn in the battle: kills, reliability, judgements, orders lost, deliveries that a depot asked for. A battle is taken
up at a pending decision, with everything that has happened until then, and played on by a rule with luck of its own.
"""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import RunError
from opendome.base.kernels import allocating_kernel, kernel
from opendome.base.tally import N_TALLY
from opendome.battle.kernel import advance, apply_order
from opendome.battle.state import BattleState, Clock, Count, Status, Window, copy_state
from opendome.battle.windows import close_window, one_to_one_links, open_window
from opendome.doctrine import rules
from opendome.picture.statistical import perceive
from opendome.raid.generate import draw_day
from opendome.scenario.world import AFTER_S, DAY_S, TrackedWorld, World, drawn_sight, drawn_world
from opendome.warning.alerts import Ledger

from .doors import Play, as_function, is_compiled, is_priced, overflow, perceive_day
from .forecast import own_forecast, price_rounds, tracks_of_day
from .pool import default_workers
from .replicate import LEAD_BINS, N_AREA_SUMS, finish_row, settle_window

__all__ = ["Charge", "Instant", "Seen", "Standing", "luck_rows", "luck_seeds", "see_raid"]

_NOW = int(Clock.NOW_S)
_SEED = int(Count.SEED)
_DONE = int(Status.DONE)
_LUCK = 0x2545F4914F6CDD1D
_DRAWS = 1 << 20
_SEED_MASK = (1 << 62) - 1


class Seen(NamedTuple):
    """A replication's raid and what is seen of it, day after day: arrays of all days, cut at ``cuts``.

    ``cuts`` (n_days + 1, 4): first object, track, assessment and link of each day. ``link_first`` has one entry more
    than there are tracks on each day. ``n_bursts`` (n_days,).
    """

    objects: np.ndarray
    tracks: np.ndarray
    assessments: np.ndarray
    areas: np.ndarray
    p_areas: np.ndarray
    is_inside: np.ndarray
    link_first: np.ndarray
    link_object: np.ndarray
    link_from_s: np.ndarray
    link_until_s: np.ndarray
    n_bursts: np.ndarray
    cuts: np.ndarray


def see_raid(world: World | TrackedWorld, seed: int, replication: int) -> Seen:
    """Draw every day of a raid and perceive it, by whichever picture the scenario has.

    Parameters
    ----------
    world : World or TrackedWorld
    seed, replication : int    they name the raid
    """
    sight = drawn_sight(world, seed, replication) if isinstance(world, TrackedWorld) else None
    inner = sight.world if sight is not None else drawn_world(cast("World", world), seed, replication)
    days: list[tuple[np.ndarray, ...]] = []
    n_bursts = np.zeros(inner.n_days, np.int64)
    cuts = np.zeros((inner.n_days + 1, 4), np.int64)
    for day in range(inner.n_days):
        objects, n_bursts[day] = draw_day(inner.raid, seed, replication, day)
        if sight is not None:
            *picture, links = perceive_day(sight, inner, seed, replication, day, objects)
        else:
            *picture, i_object = perceive(inner.picture, seed, replication, objects)
            links = one_to_one_links(i_object)
        days.append((objects, *picture, *links))
        cuts[day + 1] = cuts[day] + [len(objects), len(picture[0]), len(picture[1]), len(links[1])]
    joined = [np.concatenate(column) for column in zip(*days, strict=True)]
    return Seen._make([*joined, n_bursts, cuts])


@allocating_kernel
def open_day(seen, carried, state, day):
    """Join a day of a raid that is seen already to what is still in the air; gives the window."""
    o, t, a, n = seen.cuts[day]
    o1, t1, a1, n1 = seen.cuts[day + 1]
    links = (
        seen.link_first[t + day : t1 + day + 1],
        seen.link_object[n:n1],
        seen.link_from_s[n:n1],
        seen.link_until_s[n:n1],
    )
    return open_window(
        carried,
        state,
        day * DAY_S,
        seen.objects[o:o1],
        seen.tracks[t:t1],
        seen.assessments[a:a1],
        seen.areas[a:a1],
        seen.p_areas[a:a1],
        seen.is_inside[a:a1],
        links,
    )


class Instant(NamedTuple):
    """A battle that stands at a pending decision: copies of all that changes, and the raid that it is played over.

    ``day`` of the campaign; ``n_seen`` tracks counted on the days before and this one.
    """

    world: World
    seen: Seen
    seed: int
    replication: int
    state: BattleState
    window: Window
    ledger: Ledger
    row: NDArray[np.float64]
    fine_hist: NDArray[np.int64]
    day: int
    n_seen: int


class Standing(Play):
    """A replication over a raid that is seen already; it can be taken up again from any of its decisions."""

    def __init__(self, world: World | TrackedWorld, seed: int, replication: int, seen: Seen, is_priced: bool):
        super().__init__(world, seed, replication, is_priced=is_priced)
        self._seen, self._day, self._n_seen = seen, -1, 0

    def _open(self, day: int) -> tuple[Window, int]:
        """Take the day's raid and picture from those made before."""
        window: Window = open_day(self._seen, self.window, self.state, day)
        self._day = day
        self._n_seen += tracks_of_day(window, day)
        return window, int(self._seen.n_bursts[day])

    def instant(self, is_frozen: bool = False) -> Instant:
        """The battle as it stands, copied; ``is_frozen``: the price of a round stays as it is from here on."""
        window, ledger = self.window, self.ledger
        return Instant(
            own_forecast(self.world, self.world.forecast.is_on and not is_frozen),
            self._seen,
            self.seed,
            self.replication,
            copy_state(self.state),
            window._replace(object_state=window.object_state.copy(), track_state=window.track_state.copy()),
            Ledger(*(array.copy() for array in ledger)),
            self.row.copy(),
            self.fine_hist.copy(),
            self._day,
            self._n_seen,
        )


@allocating_kernel
def _copied(state, window, ledger):
    """Copies of what a battle changes."""
    new_state = BattleState(
        state.clock.copy(), state.count.copy(), state.depots.copy(), state.on_order.copy(), state.n_orders.copy(),
        state.orders.copy(), state.lorries_free_s.copy(), state.launchers.copy(), state.units.copy(),
        state.busy.copy(), state.fired_by_unit.copy(), state.slots.copy(), state.slot_cursor.copy(),
        state.events.copy(), state.heap.copy(), state.view_track.copy(), state.view_options.copy(),
        state.view_stock.copy(), state.option_launcher.copy(), state.nodes.copy(), state.path.copy(),
        state.decisions.copy(), state.launches.copy(), state.intercepts.copy(),
    )  # fmt: skip
    new_window = Window(
        window.objects, window.object_state.copy(), window.tracks, window.track_state.copy(), window.assessments,
        window.order, window.areas, window.p_areas, window.is_inside, window.link_first, window.link_object,
        window.link_from_s, window.link_until_s,
    )  # fmt: skip
    new_ledger = Ledger(
        ledger.t_start_s.copy(), ledger.t_until_s.copy(), ledger.t_last_s.copy(), ledger.is_needed.copy(),
        ledger.totals.copy(), ledger.alerts.copy(), ledger.needless.copy(), ledger.sheltered_s.copy(),
        ledger.sounded_s.copy(),
    )  # fmt: skip
    return new_state, new_window, new_ledger


@kernel
def _advance_by(world, state, window, luck_seed, replication, until_s, rule, rest, t_rest_s):
    """Advance by one rule until a time and by another from there on."""
    status = _DONE
    if state.clock[_NOW] < t_rest_s:
        first_s = min(until_s, t_rest_s)
        status = advance(world.battle, state, window, luck_seed, replication, first_s, rule, False)
        if status != _DONE or until_s <= t_rest_s:
            return status
    return advance(world.battle, state, window, luck_seed, replication, until_s, rest, False)


@allocating_kernel
def _play_on(
    world, seen, state, window, ledger, row, fine_hist, day, n_seen, seed, luck_seed, replication, rule, rest, t_rest_s,
    pricer,
):  # fmt: skip
    """Play a battle on to its end; state, window, ledger, row and histogram are used up."""
    areas = np.zeros((len(world.areas), N_AREA_SUMS))
    lead_hist = np.zeros((len(world.shelter_class_s), LEAD_BINS), np.int64)
    hold_s = world.warning.wait_s + world.warning.message_delay_s
    while True:
        is_last, until_s = day == world.n_days - 1, (day + 1) * DAY_S
        status = _advance_by(world, state, window, luck_seed, replication, until_s, rule, rest, t_rest_s)
        if is_last and status == _DONE:
            until_s += AFTER_S
            status = _advance_by(world, state, window, luck_seed, replication, until_s, rule, rest, t_rest_s)
        if status != _DONE:
            return status
        settle_window(world, window, ledger, math.inf if is_last else until_s, row, areas, lead_hist, fine_hist)
        window = close_window(window, state, until_s, hold_s)
        if is_last:
            break
        day += 1
        if world.forecast.is_on:
            price_rounds(world, state, seed, replication, day, n_seen, pricer)
        window = open_day(seen, window, state, day)
        row[1] += seen.n_bursts[day]
        n_seen += tracks_of_day(window, day)
    finish_row(world, state, ledger, row, areas, fine_hist)
    return status


@allocating_kernel
def play_draws(
    world, seen, state, window, ledger, row, fine_hist, day, n_seen, seed, replication, choice, rule, rest, t_rest_s,
    pricer, luck, rows,
):  # fmt: skip
    """Play a battle on from its pending decision once for each draw of luck.

    Parameters
    ----------
    state, window, ledger        the battle as it stands; left as it is
    row : ndarray (N_TALLY,)     what has been counted until then
    choice : int                 the answer to the pending decision
    rule, rest, t_rest_s         the rule in charge, and the one that takes over at a time [s]
    pricer                       the rule by which rounds are priced
    luck : ndarray (n,)          seeds of the draws
    rows : ndarray (n, N_TALLY)  filled with the summary rows

    Returns
    -------
    the first status that is not DONE
    """
    for k in range(len(luck)):
        rows[k] = row
        own, seen_now, alerts = _copied(state, window, ledger)
        own.count[_SEED] = luck[k]
        apply_order(world.battle, own, seen_now, choice)
        status = _play_on(
            world, seen, own, seen_now, alerts, rows[k], fine_hist.copy(), day, n_seen, seed, luck[k], replication,
            rule, rest, t_rest_s, pricer,
        )  # fmt: skip
        if status != _DONE:
            return status
    return _DONE


class Charge(NamedTuple):
    """Who decides from an instant on: ``rule`` until ``t_rest_s``, ``rest`` from then."""

    rule: Any
    rest: Any
    t_rest_s: float

    @property
    def is_compiled(self) -> bool:
        """Whether both are."""
        return is_compiled(self.rule) and is_compiled(self.rest)

    @property
    def is_priced(self) -> bool:
        """Whether either asks what a round is worth."""
        return is_priced(self.rule) or is_priced(self.rest)

    def choose(self, state: BattleState) -> int:
        """The answer to the pending decision of a state."""
        at = self.rule if state.view_track[0] < self.t_rest_s else self.rest
        options = state.view_options[: state.count[Count.N_OPTIONS]]
        return int(as_function(at)(state.view_track, options, state.view_stock))


def luck_seeds(seed: int, n: int, stream: int = 0) -> NDArray[np.int64]:
    """Seeds of n draws of luck (n,), none of them the study's own; other streams are other draws."""
    first = (seed ^ _LUCK) + stream * _DRAWS
    return np.array([(first + 1 + k) & _SEED_MASK for k in range(n)], np.int64)


def luck_rows(
    instant: Instant, choice: int, charge: Charge, luck: NDArray[np.int64], workers: int | None = None
) -> NDArray[np.float64]:
    """Play a battle on from an instant, by compiled rules, once for each draw of luck.

    Parameters
    ----------
    choice : int                  the answer to the pending decision
    luck : ndarray (n,)           seeds of the draws; the study's seed gives the luck of the replication itself
    workers : int, optional       threads, by default one a processor; the numbers do not depend on it

    Returns
    -------
    rows : ndarray (n, N_TALLY)   columns as in ``base.tally``

    Raises
    ------
    RunError    the event queue overflowed
    """
    rows = np.zeros((len(luck), N_TALLY))

    def play(part: slice) -> int:
        world = own_forecast(instant.world, instant.world.forecast.is_on)
        status: int = play_draws(
            world, instant.seen, instant.state, instant.window, instant.ledger, instant.row, instant.fine_hist,
            instant.day, instant.n_seen, instant.seed, instant.replication, choice, charge.rule, charge.rest,
            charge.t_rest_s, rules.price, luck[part], rows[part],
        )  # fmt: skip
        return status

    n_parts = min(workers or default_workers(), max(len(luck), 1))
    edges = np.linspace(0, len(luck), n_parts + 1).astype(int).tolist()
    with ThreadPoolExecutor(n_parts) as pool:
        found = list(pool.map(play, [slice(a, b) for a, b in itertools.pairwise(edges)]))
    if any(status != _DONE for status in found):
        raise RunError(overflow(instant.replication))
    return rows

"""Battles over one raid with other luck: what flies and what is seen of it is made once, and played on from an instant.

Perception comes before battle, so the raid and the picture are the same however the defence decides. Luck is what is
drawn in the battle: kills, reliability, judgements, orders lost, deliveries that a depot asked for. A battle is taken
up at an instant, with everything that has happened until then, and played on by a rule with luck of its own, to the end
of the campaign or to a time at which the count is closed.
"""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import RunError
from opendome.base.kernels import allocating_kernel
from opendome.base.tally import N_TALLY
from opendome.battle.kernel import advance, apply_order
from opendome.battle.looking import ask_about
from opendome.battle.scope import tracks_on_scope
from opendome.battle.state import OPEN, BattleState, Clock, Count, Status, Window
from opendome.battle.windows import close_window, one_to_one_links, open_window
from opendome.doctrine import rules
from opendome.picture.statistical import perceive
from opendome.raid.generate import draw_day
from opendome.raid.model import RaidModel
from opendome.scenario.world import AFTER_S, DAY_S, TrackedWorld, World, drawn_sight, drawn_world
from opendome.warning.alerts import Ledger

from .doors import as_function, is_compiled, is_priced, overflow, perceive_day
from .forecast import own_forecast, price_rounds, tracks_of_day
from .inject import ghosts_of_day
from .live import remade_window
from .pool import default_workers
from .replicate import LEAD_BINS, N_AREA_SUMS, finish_row, settle_window

__all__ = [
    "NOT_ASKED",
    "Charge",
    "Instant",
    "SeenRaid",
    "close_count",
    "closed_row",
    "copied_battle",
    "luck_rows",
    "luck_seeds",
    "see_raid",
]

NOT_ASKED = -2
"""Answer of an instant at which no decision is pending."""

_NOW = int(Clock.NOW_S)
_SEED = int(Count.SEED)
_DONE = int(Status.DONE)
_STOPPED = -1
_LUCK = 0x2545F4914F6CDD1D
_DRAWS = 1 << 20
_SEED_MASK = (1 << 62) - 1


class SeenRaid(NamedTuple):
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


def see_raid(world: World | TrackedWorld, seed: int, replication: int, ghosts: RaidModel | None = None) -> SeenRaid:
    """Draw every day of a raid and perceive it, by whichever picture the scenario has.

    Parameters
    ----------
    world : World or TrackedWorld
    seed, replication : int    they name the raid
    ghosts : RaidModel         what false tracks look like; None for none
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
        if ghosts is not None:
            seen = perceive(inner.picture, seed, replication, ghosts_of_day(ghosts, seed, replication, day))
            picture, links = _with_ghosts(picture, links, seen)
        days.append((objects, *picture, *links))
        cuts[day + 1] = cuts[day] + [len(objects), len(picture[0]), len(picture[1]), len(links[1])]
    joined = [np.concatenate(column) for column in zip(*days, strict=True)]
    return SeenRaid._make([*joined, n_bursts, cuts])


def _with_ghosts(picture: list[np.ndarray], links: tuple, ghosts: tuple) -> tuple[list[np.ndarray], tuple]:
    """A day's picture with false tracks behind the true ones: they hold no object."""
    tracks, rows = ghosts[0].copy(), ghosts[1].copy()
    tracks["first_assessment"] += len(picture[1])
    rows["i_track"] += len(picture[0])
    first = np.concatenate((links[0], np.full(len(tracks), links[0][-1])))
    parts = zip(picture, (tracks, rows, *ghosts[2:5]), strict=True)
    return [np.concatenate(part) for part in parts], (first, *links[1:])


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
    """A battle as it stands, with copies of all that changes, and the raid that it is played over.

    ``day`` of the campaign; ``n_seen`` tracks counted on the days before and on this one. ``jams`` (n, 4) and
    ``remade_s`` (k,) that are still to come: time [s], unit, launchers and seconds of each jam; when the picture of
    what is in the air is made anew. ``t_end_s`` when the count is closed; infinite: the campaign's end.
    """

    world: World
    seen: SeenRaid
    seed: int
    replication: int
    state: BattleState
    window: Window
    ledger: Ledger
    row: NDArray[np.float64]
    fine_hist: NDArray[np.int64]
    day: int
    n_seen: int
    jams: NDArray[np.float64]
    remade_s: NDArray[np.float64]
    t_end_s: float


@allocating_kernel
def copied_battle(state, window, ledger):
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


@allocating_kernel
def _ask_all(model, state, window, t_s):
    """Put the decision about every track on the scope that is open to one."""
    blips = tracks_on_scope(model, state, window, t_s)
    for k in range(len(blips)):
        i_track = blips[k].i_track
        if window.track_state[i_track].status == OPEN and window.track_state[i_track].current >= 0:
            ask_about(state, i_track, t_s)


@allocating_kernel
def _jam(state, jam):
    """Launchers of a unit cannot fire for a while."""
    left = int(jam[2])
    for k in range(len(state.launchers)):
        launcher = state.launchers[k]
        if launcher.i_unit == int(jam[1]) and left > 0:
            launcher.t_free_s = max(launcher.t_free_s, jam[0] + jam[3])
            left -= 1


@allocating_kernel
def _advance_by(world, state, window, luck_seed, replication, until_s, rule, rest, t_rest_s, jams, done):
    """Advance by one rule until a time and by another from there on, with jams on the way.

    ``done`` (2,): jams that have been, and 1 once the other rule decides.
    """
    while True:
        t_jam_s = jams[done[0], 0] if done[0] < len(jams) else math.inf
        t_next_s = min(until_s, t_jam_s, t_rest_s if done[1] == 0 else math.inf)
        if done[1] == 0:
            status = advance(world.battle, state, window, luck_seed, replication, t_next_s, rule, False)
        else:
            status = advance(world.battle, state, window, luck_seed, replication, t_next_s, rest, False)
        if status != _DONE or t_next_s == until_s:
            return status
        if t_next_s == t_jam_s:
            _jam(state, jams[done[0]])
            done[0] += 1
        else:
            _ask_all(world.battle, state, window, t_next_s)
            done[1] = 1


@allocating_kernel
def close_count(world, state, window, ledger, row, fine_hist, t_end_s):
    """Close the count at a time: what has come down until then, and what is known at the end of a replication."""
    areas = np.zeros((len(world.areas), N_AREA_SUMS))
    lead_hist = np.zeros((len(world.shelter_class_s), LEAD_BINS), np.int64)
    settle_window(world, window, ledger, t_end_s, row, areas, lead_hist, fine_hist)
    finish_row(world, state, ledger, row, areas, fine_hist)


@allocating_kernel
def _open_next(world, seen, state, window, ledger, row, fine_hist, day, n_seen, seed, replication, pricer):
    """Settle a day, close its window and open the next: (window, tracks counted)."""
    areas = np.zeros((len(world.areas), N_AREA_SUMS))
    lead_hist = np.zeros((len(world.shelter_class_s), LEAD_BINS), np.int64)
    until_s = (day + 1) * DAY_S
    settle_window(world, window, ledger, until_s, row, areas, lead_hist, fine_hist)
    window = close_window(window, state, until_s, world.warning.wait_s + world.warning.message_delay_s)
    if world.forecast.is_on:
        price_rounds(world, state, seed, replication, day + 1, n_seen, pricer)
    window = open_day(seen, window, state, day + 1)
    row[1] += seen.n_bursts[day + 1]
    return window, n_seen + tracks_of_day(window, day + 1)


@allocating_kernel
def _play_on(
    world, seen, state, window, ledger, row, fine_hist, day, n_seen, seed, luck_seed, replication, rule, rest, t_rest_s,
    pricer, jams, t_stop_s, t_end_s,
):  # fmt: skip
    """Play a battle on until it ends, or to a stop; all that it is handed is used up. (status, window, day, tracks)."""
    done = np.zeros(2, np.int64)
    while True:
        is_last, until_s = day == world.n_days - 1, (day + 1) * DAY_S
        for _ in range(2 if is_last else 1):
            goal_s = min(until_s, t_stop_s, t_end_s)
            status = _advance_by(world, state, window, luck_seed, replication, goal_s, rule, rest, t_rest_s, jams, done)
            if status != _DONE:
                return status, window, day, n_seen
            if t_end_s <= goal_s:
                close_count(world, state, window, ledger, row, fine_hist, t_end_s)
                return _DONE, window, day, n_seen
            if t_stop_s <= goal_s and t_stop_s < until_s:
                return _STOPPED, window, day, n_seen
            until_s += AFTER_S
        if is_last:
            close_count(world, state, window, ledger, row, fine_hist, math.inf)
            return _DONE, window, day, n_seen
        window, n_seen = _open_next(
            world, seen, state, window, ledger, row, fine_hist, day, n_seen, seed, replication, pricer
        )
        day += 1


@allocating_kernel
def play_draws(
    world, seen, state, window, ledger, row, fine_hist, day, n_seen, seed, replication, choice, rule, rest, t_rest_s,
    pricer, jams, t_stop_s, t_end_s, luck, rows,
):  # fmt: skip
    """Play a battle on from an instant once for each draw of luck.

    Parameters
    ----------
    state, window, ledger        the battle as it stands; left as it is
    row : ndarray (N_TALLY,)     what has been counted until then
    choice : int                 the answer to the pending decision, NOT_ASKED where there is none
    rule, rest, t_rest_s         the rule in charge, and the one that takes over at a time [s]
    pricer                       the rule by which rounds are priced
    jams : ndarray (n, 4)        as in ``Instant``
    t_stop_s, t_end_s            where to stop, and when the count is closed
    luck : ndarray (n,)          seeds of the draws
    rows : ndarray (n, N_TALLY)  filled with the summary rows

    Returns
    -------
    status, and of the last draw: state, window, ledger, histogram of lead times, day, tracks counted
    """
    own, in_air, alerts = copied_battle(state, window, ledger)
    leads, at, n = fine_hist.copy(), day, n_seen
    status = _DONE
    for k in range(len(luck)):
        rows[k] = row
        own, in_air, alerts = copied_battle(state, window, ledger)
        leads = fine_hist.copy()
        own.count[_SEED] = luck[k]
        if choice != NOT_ASKED:
            apply_order(world.battle, own, in_air, choice)
        status, in_air, at, n = _play_on(
            world, seen, own, in_air, alerts, rows[k], leads, day, n_seen, seed, luck[k], replication, rule, rest,
            t_rest_s, pricer, jams, t_stop_s, t_end_s,
        )  # fmt: skip
        if status != _DONE and status != _STOPPED:
            break
    return status, own, in_air, alerts, leads, at, n


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
    choice : int                  the answer to the pending decision; NOT_ASKED where there is none
    luck : ndarray (n,)           seeds of the draws; the replication's own seed gives the luck that it had
    workers : int, optional       threads, by default one a processor; the numbers do not depend on it

    Returns
    -------
    rows : ndarray (n, N_TALLY)   columns as in ``base.tally``

    Raises
    ------
    RunError    the event queue overflowed
    """
    rows = np.zeros((len(luck), N_TALLY))

    def play(part: slice) -> None:
        own = instant._replace(world=own_forecast(instant.world, instant.world.forecast.is_on))
        if not len(own.remade_s):
            _draw(own, choice, charge, math.inf, luck[part], rows[part])
            return
        for k in range(part.start, part.stop):
            _draw_with_stops(own, choice, charge, luck[k : k + 1], rows[k : k + 1])

    n_parts = min(workers or default_workers(), max(len(luck), 1))
    edges = np.linspace(0, len(luck), n_parts + 1).astype(int).tolist()
    parts = [slice(a, b) for a, b in itertools.pairwise(edges)]
    if n_parts == 1:
        play(parts[0])
    else:
        with ThreadPoolExecutor(n_parts) as pool:
            list(pool.map(play, parts))
    return rows


def _draw(
    instant: Instant,
    choice: int,
    charge: Charge,
    t_stop_s: float,
    luck: NDArray[np.int64],
    rows: NDArray[np.float64],
) -> Any:
    """Play on to a stop for each draw; the last battle as ``play_draws`` gives it."""
    found = play_draws(
        instant.world, instant.seen, instant.state, instant.window, instant.ledger, instant.row, instant.fine_hist,
        instant.day, instant.n_seen, instant.seed, instant.replication, choice, charge.rule, charge.rest,
        charge.t_rest_s, rules.price, instant.jams, t_stop_s, instant.t_end_s, luck, rows,
    )  # fmt: skip
    if found[0] not in (_DONE, _STOPPED):
        raise RunError(overflow(instant.replication))
    return found


def _draw_with_stops(
    instant: Instant, choice: int, charge: Charge, luck: NDArray[np.int64], rows: NDArray[np.float64]
) -> None:
    """One draw, with the picture of what is in the air made anew on the way."""
    for t_s in (*instant.remade_s.tolist(), math.inf):
        status, state, window, ledger, leads, day, n_seen = _draw(instant, choice, charge, t_s, luck, rows)
        if status == _DONE:
            return
        choice = NOT_ASKED
        window = remade_window(instant.world, window, state, instant.seed, instant.replication, t_s)
        instant = instant._replace(
            state=state,
            window=window,
            ledger=ledger,
            row=rows[0].copy(),
            fine_hist=leads,
            day=day,
            n_seen=n_seen,
            jams=instant.jams[instant.jams[:, 0] >= t_s],
        )
        if t_s > charge.t_rest_s:
            charge = Charge(charge.rest, charge.rest, math.inf)


def closed_row(instant: Instant) -> NDArray[np.float64]:
    """The summary row (N_TALLY,) with the count closed at this very instant, ``t_end_s``."""
    state, window, ledger = copied_battle(instant.state, instant.window, instant.ledger)
    row = instant.row.copy()
    close_count(instant.world, state, window, ledger, row, instant.fine_hist.copy(), instant.t_end_s)
    return row

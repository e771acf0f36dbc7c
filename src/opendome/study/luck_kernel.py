"""Kernels that play a battle on from an instant, over a raid that is seen already, with luck of its own."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel
from opendome.battle.kernel import advance, apply_order
from opendome.battle.looking import ask_about
from opendome.battle.scope import tracks_on_scope
from opendome.battle.state import OPEN, BattleState, Count, Status, Window
from opendome.battle.windows import close_window, open_window
from opendome.scenario.world import AFTER_S, DAY_S
from opendome.warning.alerts import hold_s
from opendome.warning.ledger import Ledger

from .forecast import price_rounds, tracks_of_day
from .replicate import N_AREA_SUMS, finish_row
from .settle import LEAD_BINS, settle_window

__all__ = ["NOT_ASKED", "STOPPED", "SeenRaid", "close_count", "copied_battle", "open_day", "play_draws"]

NOT_ASKED: Final = -2
"""Answer of an instant at which no decision is pending."""

STOPPED: Final = -1
"""Status of a battle that stands at the stop that was asked for."""

_SEED = int(Count.SEED)
_DONE = int(Status.DONE)


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
        ledger.heeding_frac.copy(), ledger.totals.copy(), ledger.alerts.copy(), ledger.needless.copy(),
        ledger.sheltered_s.copy(), ledger.sheltered_day_s.copy(), ledger.sounded_s.copy(),
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
def _advance_by(world, state, window, luck_seed, replication, until_s, rule, rest, t_rest_s, asks, jams, done):
    """Advance by one rule until a time and by another from there on, with jams on the way.

    ``asks``: the other rule is asked about every open track when it takes over. ``done`` (2,): jams that have been, and
    1 once the other rule decides.
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
            if asks:
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
    window = close_window(window, state, until_s, hold_s(world.warning))
    if world.forecast.is_on:
        price_rounds(world, state, seed, replication, day + 1, n_seen, pricer)
    window = open_day(seen, window, state, day + 1)
    row[1] += seen.n_bursts[day + 1]
    return window, n_seen + tracks_of_day(window, day + 1)


@allocating_kernel
def _play_on(
    world, seen, state, window, ledger, row, fine_hist, day, n_seen, seed, luck_seed, replication, rule, rest, t_rest_s,
    asks, pricer, jams, t_stop_s, t_end_s,
):  # fmt: skip
    """Play a battle on until it ends, or to a stop; all that it is handed is used up. (status, window, day, tracks)."""
    done = np.zeros(2, np.int64)
    while True:
        is_last, until_s = day == world.n_days - 1, (day + 1) * DAY_S
        for _ in range(2 if is_last else 1):
            goal_s = min(until_s, t_stop_s, t_end_s)
            status = _advance_by(
                world, state, window, luck_seed, replication, goal_s, rule, rest, t_rest_s, asks, jams, done
            )
            if status != _DONE:
                return status, window, day, n_seen
            if t_end_s <= goal_s:
                close_count(world, state, window, ledger, row, fine_hist, t_end_s)
                return _DONE, window, day, n_seen
            if t_stop_s <= goal_s and t_stop_s < until_s:
                return STOPPED, window, day, n_seen
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
    asks, pricer, jams, t_stop_s, t_end_s, luck, rows,
):  # fmt: skip
    """Play a battle on from an instant once for each draw of luck.

    Parameters
    ----------
    state, window, ledger        the battle as it stands; left as it is
    row : ndarray (N_TALLY,)     what has been counted until then
    choice : int                 the answer to the pending decision, NOT_ASKED where there is none
    rule, rest, t_rest_s, asks   the rule in charge, and the one that takes over, as in ``Charge``
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
            t_rest_s, asks, pricer, jams, t_stop_s, t_end_s,
        )  # fmt: skip
        if status != _DONE and status != STOPPED:
            break
    return status, own, in_air, alerts, leads, at, n

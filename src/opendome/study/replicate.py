"""One replication through every room, window by window; and a chunk of replications, which is the unit of a study.

Compiled, and without Python's lock: chunks run on threads. A chunk is a pure function of (world, seed, first, count).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, kernel
from opendome.base.tally import Tally
from opendome.battle.kernel import advance
from opendome.battle.state import BattleState, Clock, Count, Status, Window, empty_window, new_state
from opendome.battle.stock import total_rounds
from opendome.battle.windows import close_window, one_to_one_links, open_window
from opendome.picture.statistical import perceive
from opendome.raid.generate import draw_day
from opendome.scenario.world import AFTER_S, DAY_S, TrackedWorld, World
from opendome.warning.alerts import hold_s
from opendome.warning.ledger import Ledger, new_ledger

from .forecast import price_rounds, tracks_of_day
from .settle import FINE_BINS, settle_window

__all__ = [
    "DAILY_COLUMNS",
    "N_AREA_SUMS",
    "ChunkResult",
    "finish_row",
    "next_window",
    "note_day",
    "run_chunk",
    "run_compiled",
]

DAILY_COLUMNS = 5
N_AREA_SUMS = 8
_DONE = int(Status.DONE)
_T = Tally


class ChunkResult(NamedTuple):
    """What a chunk of replications gives back; see the study contract in the reference pages.

    ``rows`` (count, N_TALLY); ``daily`` (count, n_days + 1, 5); ``areas`` (n_areas, 8) sums; ``lead_hist``
    (n_classes, 121).
    """

    rows: np.ndarray
    daily: np.ndarray
    areas: np.ndarray
    lead_hist: np.ndarray


@allocating_kernel
def next_window(world: World, state: BattleState, carried: Window, seed: int, replication: int, day: int) -> tuple:
    """Draw the day's raid, perceive it, and join it to what is still in the air: (window, number of bursts)."""
    objects, n_bursts = draw_day(world.raid, seed, replication, day)
    tracks, rows, areas, p_areas, is_inside, i_object = perceive(world.picture, seed, replication, objects)
    window = open_window(
        carried, state, day * DAY_S, objects, tracks, rows, areas, p_areas, is_inside, one_to_one_links(i_object)
    )
    return window, n_bursts


@allocating_kernel
def _quantile_s(histogram, share):
    """Quantile of a histogram of 1 s bins, by straight lines inside a bin; NaN if it is empty."""
    total = histogram.sum()
    if total == 0:
        return math.nan
    wanted = share * total
    gone = 0.0
    for i in range(len(histogram)):
        if gone + histogram[i] >= wanted:
            return i + (wanted - gone) / max(histogram[i], 1)
        gone += histogram[i]
    return float(len(histogram))


@kernel
def _count_rounds(world, state, row):
    """Where the rounds came from and where they went, so that nothing gets lost in the books."""
    row[_T.ROUNDS_INITIAL], row[_T.ROUNDS_MADE] = state.count[Count.INITIAL], state.count[Count.MADE]
    row[_T.ROUNDS_SENT], row[_T.ROUNDS_IN_TRANSIT] = state.count[Count.SENT], state.count[Count.IN_TRANSIT]
    row[_T.ROUNDS_LOST], row[_T.ROUNDS_RETURNED] = state.count[Count.LOST], state.count[Count.RETURNED]
    for lot in world.battle.resupply:
        if lot.is_made == 0 and lot.t_sent_s < world.duration_s:
            row[_T.ROUNDS_SENT] += lot.n_rounds
            if lot.t_s == math.inf:
                row[_T.ROUNDS_IN_TRANSIT] += lot.n_rounds


@allocating_kernel
def finish_row(world: World, state: BattleState, ledger: Ledger, row, area_sums, fine_hist) -> None:
    """Columns that are known at the end of a replication."""
    fired = state.count[Count.FIRED]
    row[_T.INTERCEPTORS_FIRED] = fired
    row[_T.INTERCEPTORS_LEFT] = total_rounds(state)
    row[_T.INTERCEPTORS_WASTED] = state.count[Count.WASTED]
    row[_T.INTERCEPTORS_DELIVERED] = state.count[Count.DELIVERED]
    _count_rounds(world, state, row)
    stockout_s = state.clock[Clock.FIRST_STOCKOUT_S]
    row[_T.FIRST_STOCKOUT_T_S] = stockout_s
    row[_T.STOCKED_OUT] = 0.0 if math.isnan(stockout_s) else 1.0
    row[_T.STOCKOUT_DAY_CAPPED] = world.duration_s / DAY_S
    if not math.isnan(stockout_s):
        row[_T.STOCKOUT_DAY_CAPPED] = min(stockout_s, world.duration_s) / DAY_S
    row[_T.PERSON_MINUTES_SHELTERED] = ledger.totals[2] / 60.0
    row[_T.AREAS_ALERTED], row[_T.AREAS_ALERTED_NEEDLESSLY] = ledger.totals[0], ledger.totals[1]
    row[_T.COST_SHELTER_KUSD] = ledger.totals[2] / 3600.0 * world.harm.shelter_kusd_per_person_hour
    on_the_way = ledger.totals[3] * world.harm.sheltering_injuries_per_person
    row[_T.INJURIES_SHELTERING] = on_the_way
    row[_T.INJURIES_EXPECTED] += on_the_way
    row[_T.INJURIES_IF_UNDEFENDED] += on_the_way
    row[_T.WARNING_LEAD_P10_S] = _quantile_s(fine_hist, 0.1)
    row[_T.WARNING_LEAD_P50_S] = _quantile_s(fine_hist, 0.5)
    for i in range(len(state.fired_by_unit)):
        row[_T.COST_DEFENDER_KUSD] += state.fired_by_unit[i] * world.battle.units[i].interceptor_cost_kusd
    area_sums[:, 2] += ledger.alerts
    area_sums[:, 3] += ledger.needless
    person_s = ledger.sheltered_s * world.areas["population"]
    person_s += ledger.sheltered_day_s * world.areas["day_population"]
    area_sums[:, 6] += person_s / 60.0


@kernel
def note_day(state, row, daily):
    """Stock and leaks at the end of a day."""
    ready = state.count[Count.READY_ROUNDS]
    daily[0], daily[1], daily[2] = ready, total_rounds(state) - ready, state.count[Count.FIRED]
    daily[3], daily[4] = row[_T.LEAKED_BUILT_UP], row[_T.LAUNCHED]


@allocating_kernel
def _replicate(world, seed, replication, rule, row, daily, area_sums, lead_hist, fine_hist):
    """One replication with a compiled rule; gives the kernel's last status."""
    state, ledger, window = new_state(world.battle, False), new_ledger(len(world.areas)), empty_window()
    fine_hist[:] = 0
    leaks_before = area_sums[:, 0].copy()
    status = advance(world.battle, state, window, seed, replication, 1e-6, rule, False)
    note_day(state, row, daily[0])
    n_seen = 0
    for day in range(world.n_days):
        is_last = day == world.n_days - 1
        if world.forecast.is_on:
            price_rounds(world, state, seed, replication, day, n_seen, rule)
        window, n_bursts = next_window(world, state, window, seed, replication, day)
        row[_T.BURSTS] += n_bursts
        n_seen += tracks_of_day(window, day)
        until_s = (day + 1) * DAY_S
        status = advance(world.battle, state, window, seed, replication, until_s, rule, False)
        if is_last:
            # What was launched before the end is followed to the ground; nothing scheduled later happens.
            until_s = until_s + AFTER_S
            status = advance(world.battle, state, window, seed, replication, until_s, rule, False)
        if status != _DONE:
            return status
        settle_window(world, window, ledger, math.inf if is_last else until_s, row, area_sums, lead_hist, fine_hist)
        note_day(state, row, daily[day + 1])
        window = close_window(window, state, until_s, hold_s(world.warning))
    area_sums[:, 7] += (area_sums[:, 0] - leaks_before) ** 2
    finish_row(world, state, ledger, row, area_sums, fine_hist)
    return status


@allocating_kernel
def run_compiled(world, seed, first, count, rule, rows, daily, area_sums, lead_hist):
    """Replications first .. first + count - 1 into the given arrays; gives the first status that is not DONE."""
    fine_hist = np.zeros(FINE_BINS, np.int64)
    for k in range(count):
        status = _replicate(world, seed, first + k, rule, rows[k], daily[k], area_sums, lead_hist, fine_hist)
        if status != _DONE:
            return status
    return _DONE


def run_chunk(world: World | TrackedWorld, seed: int, first: int, count: int, policy: object = None) -> ChunkResult:
    """Run replications ``first`` to ``first + count - 1``.

    Parameters
    ----------
    policy : None, a registered name, or a rule through any door (see ``study.doors``); None means the scenario's own

    Raises
    ------
    RunError    the event queue overflowed (tens of thousands of engagements at once)
    """
    from .doors import run_chunk_through

    return run_chunk_through(world, seed, first, count, policy)

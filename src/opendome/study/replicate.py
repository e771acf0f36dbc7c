"""One replication through every room, window by window; and a chunk of replications, which is the unit of a study.

Compiled, and without Python's lock: chunks run on threads. A chunk is a pure function of (world, seed, first, count).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.tally import GROUPS_FIRST, OF_GROUP, Tally
from opendome.base.types import Fate, Reason
from opendome.battle.kernel import advance
from opendome.battle.state import BattleState, Clock, Count, Status, Window, empty_window, new_state
from opendome.battle.stock import total_rounds
from opendome.battle.windows import close_window, one_to_one_links, open_window
from opendome.harm.losses import expected_injuries, people_in_casualty_area, sheltered_share
from opendome.picture.statistical import perceive
from opendome.raid.generate import draw_day
from opendome.scenario.world import AFTER_S, DAY_S, TrackedWorld, World
from opendome.warning.alerts import Ledger, collect_alerts, hold_s, new_ledger, play_alerts

from .forecast import price_rounds, tracks_of_day

__all__ = [
    "DAILY_COLUMNS",
    "LEAD_BINS",
    "N_AREA_SUMS",
    "ChunkResult",
    "finish_row",
    "last_reasons",
    "next_window",
    "note_day",
    "run_chunk",
    "run_compiled",
    "settle_window",
]

DAILY_COLUMNS = 5
N_AREA_SUMS = 8
LEAD_BINS = 121
LEAD_BIN_S = 2.0
FINE_BINS = 601
_MISFIRES = int(Fate.MISFIRES)
_DONE = int(Status.DONE)
_NOT_ENGAGED_FIRST = int(Tally.NOT_ENGAGED_FIRST)
_LEAKED_FIRST = int(Tally.LEAKED_FIRST)
_NEVER_SEEN = int(Reason.NEVER_SEEN)
_LEFT_TO_OTHERS = int(Reason.LEFT_TO_OTHERS)
_T = Tally
_N_OF_GROUP = len(OF_GROUP)
_LAUNCHED, _BOUND, _ENGAGED, _INTERCEPTED, _LEAKED, _IMPACTS, _LEAD_S = range(_N_OF_GROUP)


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


@kernel
def _is_defended(world, item):
    """Whether the true impact lies inside the footprint of a unit that is ready by its timetable at that time."""
    battle = world.battle
    for i in range(len(battle.units)):
        unit = battle.units[i]
        for k in range(unit.first_change + unit.n_changes - 1, unit.first_change - 1, -1):
            change = battle.changes[k]
            if change.t_s <= item.t_impact_s:
                distance = math.hypot(item.impact_east_m - change.east_m, item.impact_north_m - change.north_m)
                if change.is_ready == 1 and distance <= unit.defended_radius_m:
                    return True
                break
    return False


@allocating_kernel
def last_reasons(window):
    """Reason of the last look at each object, through the tracks that hold it; and whether it has a track at all.

    Of several tracks the one that was shot at most speaks; of equals the last, but for one that was left to others.
    """
    reasons = np.full(len(window.objects), _NEVER_SEEN, np.int64)
    is_tracked, most_shots = np.zeros(len(window.objects), np.int8), np.zeros(len(window.objects), np.int64)
    for i in range(len(window.tracks)):
        reason, n_shots = window.track_state[i].reason, window.track_state[i].n_shots
        for k in range(window.link_first[i], window.link_first[i + 1]):
            j = window.link_object[k]
            is_later = n_shots == most_shots[j] and reason != _LEFT_TO_OTHERS
            if is_tracked[j] == 0 or n_shots > most_shots[j] or is_later:
                reasons[j], most_shots[j] = reason, n_shots
            is_tracked[j] = 1
    return reasons, is_tracked


@kernel
def _count_fate(row, item, is_killed):
    """The partition by true end: exactly one column per object."""
    if is_killed:
        row[_T.INTERCEPTED] += 1
    elif item.fate == _MISFIRES:
        row[_T.FAILED] += 1
    elif item.is_built_up == 1:
        row[_T.LEAKED_BUILT_UP] += 1
    elif item.is_in_launch_area == 1:
        row[_T.FELL_SHORT] += 1
    elif item.is_at_sea == 1:
        row[_T.AT_SEA] += 1
    else:
        row[_T.OPEN_GROUND] += 1


@inlined_kernel
def _first_of_group(world, item):
    """First column of the group that an object's class belongs to."""
    return GROUPS_FIRST + world.classes[item.i_class].i_kill_group * _N_OF_GROUP


@kernel
def _count_group(world, row, item, object_state):
    """What is counted of a finished object's group, apart from warning."""
    first = _first_of_group(world, item)
    is_bound = item.is_built_up == 1 and item.end_area >= 0 and item.fate != _MISFIRES
    row[first + _LAUNCHED] += 1
    row[first + _BOUND] += is_bound
    row[first + _ENGAGED] += object_state.was_engaged
    row[first + _INTERCEPTED] += object_state.is_killed
    row[first + _LEAKED] += is_bound and object_state.is_killed == 0


@kernel
def _count_object(world, row, area_sums, item, object_state, reason, is_tracked):
    """Everything that is counted of one finished object, apart from warning and harm."""
    is_killed = object_state.is_killed == 1
    row[_T.LAUNCHED] += 1
    row[_T.COST_ATTACKER_KUSD] += world.classes[item.i_class].unit_cost_kusd
    row[_T.TRACKED] += is_tracked
    row[_T.ENGAGED] += object_state.was_engaged
    _count_fate(row, item, is_killed)
    _count_group(world, row, item, object_state)
    if item.end_area < 0 or item.fate == _MISFIRES:
        row[_T.ENGAGED_NEEDLESSLY] += object_state.was_engaged
        return
    row[_T.THREATENING] += 1
    row[_T.THREATENING_BUILT_UP] += item.is_built_up
    if _is_defended(world, item):
        row[_T.DEFENDED_THREATENING] += 1
        row[_T.DEFENDED_INTERCEPTED] += is_killed
    if object_state.was_engaged == 0:
        row[_NOT_ENGAGED_FIRST + reason] += 1
    if is_killed:
        row[_T.INTERCEPTED_THREATENING] += 1
        area_sums[item.end_area, 5] += 1
        return
    row[_T.IMPACTS_IN_AREAS] += 1
    area_sums[item.end_area, 1] += 1
    if item.is_built_up == 1:
        row[_LEAKED_FIRST + reason] += 1
        area_sums[item.end_area, 0] += 1


@kernel
def _count_impact(world, row, area_sums, lead_hist, fine_hist, item, lead_s):
    """Warning of one impact inside an area."""
    area = world.areas[item.end_area]
    is_warned = not math.isnan(lead_s)
    lead = lead_s if is_warned else 0.0
    row[_T.IMPACTS_WARNED] += is_warned
    row[_T.IMPACTS_UNWARNED] += not is_warned
    area_sums[item.end_area, 4] += is_warned
    if is_warned and lead < area.time_to_shelter_s:
        row[_T.IMPACTS_WARNED_LATE] += 1
    lead_hist[world.area_shelter_class[item.end_area], min(int(lead / LEAD_BIN_S), LEAD_BINS - 1)] += 1
    fine_hist[min(int(lead), FINE_BINS - 1)] += 1
    first = _first_of_group(world, item)
    row[first + _IMPACTS] += 1
    row[first + _LEAD_S] += lead


@kernel
def _count_harm(world, row, item, lead_s, is_down):
    """Harm of an object bound for built-up ground, in the four cases of interceptors and warning on and off."""
    area, kind = world.areas[item.end_area], world.classes[item.i_class]
    people = people_in_casualty_area(world.harm, area.density_people_per_m2, kind.casualty_area_m2)
    share = sheltered_share(world.harm, lead_s, area.time_to_shelter_s)
    warned, unwarned = expected_injuries(world.harm, people, share), expected_injuries(world.harm, people, 0.0)
    row[_T.INJURIES_IF_UNDEFENDED] += warned
    row[_T.INJURIES_IF_NEITHER] += unwarned
    if is_down:
        row[_T.PEOPLE_EXPOSED] += people
        row[_T.INJURIES_EXPECTED] += warned
        row[_T.INJURIES_IF_UNWARNED] += unwarned
        row[_T.DAMAGE_KUSD] += kind.damage_kusd


@allocating_kernel
def settle_window(
    world: World, window: Window, ledger: Ledger, until_s: float, row, area_sums, lead_hist, fine_hist
) -> tuple:
    """Count every object that has come down by ``until_s``, sound the window's alerts, and take the harm.

    Returns
    -------
    alerts (n,) of ALERT, landed (m,) rows of objects that came down inside areas, lead_s (m,)
    """
    reasons, is_tracked = last_reasons(window)
    bound = np.empty(len(window.objects), np.int64)
    n = 0
    for i in range(len(window.objects)):
        item, object_state = window.objects[i], window.object_state[i]
        if object_state.is_counted == 1 or item.t_impact_s >= until_s:
            continue
        object_state.is_counted = 1
        _count_object(world, row, area_sums, item, object_state, reasons[i], is_tracked[i])
        if item.end_area >= 0 and item.fate != _MISFIRES:
            j = n
            while j > 0 and window.objects[bound[j - 1]].t_impact_s > item.t_impact_s:
                bound[j] = bound[j - 1]
                j -= 1
            bound[j] = i
            n += 1
    bound = bound[:n]
    t_impact_s, impact_area, is_down = np.empty(n), np.empty(n, np.int64), np.empty(n, np.int8)
    for j in range(n):
        t_impact_s[j], impact_area[j] = window.objects[bound[j]].t_impact_s, window.objects[bound[j]].end_area
        is_down[j] = window.object_state[bound[j]].is_killed == 0
    alerts = collect_alerts(
        world.warning,
        window.tracks,
        window.assessments,
        window.areas,
        window.p_areas,
        window.is_inside,
        ledger.sounded_s[0],
        until_s,
    )
    ledger.sounded_s[0] = until_s
    lead_s = play_alerts(world.warning, ledger, alerts, world.areas["population"], t_impact_s, impact_area, is_down)
    for j in range(n):
        item = window.objects[bound[j]]
        if item.is_built_up == 1:
            _count_harm(world, row, item, lead_s[j], is_down[j] == 1)
        if is_down[j] == 1:
            _count_impact(world, row, area_sums, lead_hist, fine_hist, item, lead_s[j])
    return alerts, bound[is_down == 1], lead_s[is_down == 1]


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
    on_the_way = ledger.totals[3] * world.harm.sheltering_injuries_per_person
    row[_T.INJURIES_SHELTERING] += on_the_way
    row[_T.INJURIES_EXPECTED] += on_the_way
    row[_T.INJURIES_IF_UNDEFENDED] += on_the_way
    row[_T.COST_SHELTER_KUSD] = ledger.totals[2] / 3600.0 * world.harm.shelter_kusd_per_person_hour
    row[_T.WARNING_LEAD_P10_S] = _quantile_s(fine_hist, 0.1)
    row[_T.WARNING_LEAD_P50_S] = _quantile_s(fine_hist, 0.5)
    for i in range(len(state.fired_by_unit)):
        row[_T.COST_DEFENDER_KUSD] += state.fired_by_unit[i] * world.battle.units[i].interceptor_cost_kusd
    area_sums[:, 2] += ledger.alerts
    area_sums[:, 3] += ledger.needless
    area_sums[:, 6] += ledger.sheltered_s * world.areas["population"] / 60.0


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

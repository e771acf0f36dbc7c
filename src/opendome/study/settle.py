"""The count of a window that is over: every object's end, alerts and their people, harm.

Compiled; the kernel of a study, live play and the recorder call it once a window.
"""

from __future__ import annotations

import math

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.tally import GROUPS_FIRST, OF_GROUP, Tally
from opendome.base.types import Fate, Reason
from opendome.battle.state import Window
from opendome.harm.losses import (
    debris_point_m,
    expected_injuries,
    is_day,
    people_in_casualty_area,
    reaction_factor,
    sheltered_share,
)
from opendome.places.exposure import area_at
from opendome.scenario.world import World
from opendome.warning.alerts import collect_alerts
from opendome.warning.ledger import Ledger, Response, play_alerts

__all__ = ["DUE", "FINE_BINS", "LEAD_BINS", "last_reasons", "settle_window"]

# Something due inside an area: an object bound for it (is_threat), intercepted or not, or debris of an intercepted one.
DUE = np.dtype(
    [("t_s", np.float64), ("i_object", np.int64), ("i_area", np.int32), ("is_threat", np.int8)],
    align=True,
)
LEAD_BINS = 121
LEAD_BIN_S = 2.0
FINE_BINS = 601
_MISFIRES = int(Fate.MISFIRES)
_NOT_ENGAGED_FIRST = int(Tally.NOT_ENGAGED_FIRST)
_LEAKED_FIRST = int(Tally.LEAKED_FIRST)
_NEVER_SEEN = int(Reason.NEVER_SEEN)
_LEFT_TO_OTHERS = int(Reason.LEFT_TO_OTHERS)
_T = Tally
_N_OF_GROUP = len(OF_GROUP)
_LAUNCHED, _BOUND, _ENGAGED, _INTERCEPTED, _LEAKED, _IMPACTS, _LEAD_S = range(_N_OF_GROUP)


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
    """Warning of one impact inside an area, and its damage."""
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
    if item.is_built_up == 1:
        row[_T.DAMAGE_KUSD] += world.classes[item.i_class].damage_kusd


@kernel
def _count_harm(world, row, item, share, is_killed):
    """People and injuries of one object bound for built-up ground of an area: as it went, and in the other worlds."""
    area, harm = world.areas[item.end_area], world.harm
    density = area.density_day_people_per_m2 if is_day(harm, item.t_impact_s) else area.density_people_per_m2
    people = people_in_casualty_area(harm, density, world.classes[item.i_class].casualty_area_m2)
    warned, unwarned = expected_injuries(harm, people, share), expected_injuries(harm, people, 0.0)
    row[_T.INJURIES_IF_UNDEFENDED] += warned
    row[_T.INJURIES_IF_NEITHER] += unwarned
    if not is_killed:
        row[_T.PEOPLE_EXPOSED] += people
        row[_T.INJURIES_EXPECTED] += warned
        row[_T.INJURIES_IF_UNWARNED] += unwarned


@kernel
def _count_debris(world, row, i_area, t_s, share):
    """Injuries by debris of one intercepted object inside an area: built-up ground is hit by its share of the area."""
    area, harm = world.areas[i_area], world.harm
    density = area.density_day_people_per_m2 if is_day(harm, t_s) else area.density_people_per_m2
    people = density * area.built_up_frac * harm.debris_area_m2
    injuries = expected_injuries(harm, people, share)
    row[_T.INJURIES_BY_DEBRIS] += injuries
    row[_T.INJURIES_EXPECTED] += injuries
    row[_T.INJURIES_IF_UNWARNED] += expected_injuries(harm, people, 0.0)


@kernel
def _insert(due, n, i_object, i_area, t_s, is_threat):
    """Put one thing that is due into its place in time; of equal times the later comes last."""
    j = n
    while j > 0 and due[j - 1].t_s > t_s:
        due[j] = due[j - 1]
        j -= 1
    due[j].t_s, due[j].i_object, due[j].i_area, due[j].is_threat = t_s, i_object, i_area, is_threat
    return n + 1


@allocating_kernel
def _count_objects(world, window, until_s, row, area_sums):
    """Count every object that is due by ``until_s``; gives what is due inside areas, in time order: (n,) of DUE.

    Objects bound for an area are due there whether intercepted or not. Debris is due when its object would have been.
    """
    reasons, is_tracked = last_reasons(window)
    has_debris = world.harm.debris_area_m2 > 0.0
    due = np.empty((1 + has_debris) * len(window.objects), DUE)
    n = 0
    for i in range(len(window.objects)):
        item, object_state = window.objects[i], window.object_state[i]
        if object_state.is_counted == 1 or item.t_impact_s >= until_s:
            continue
        object_state.is_counted = 1
        _count_object(world, row, area_sums, item, object_state, reasons[i], is_tracked[i])
        if item.end_area >= 0 and item.fate != _MISFIRES:
            n = _insert(due, n, i, item.end_area, item.t_impact_s, 1)
        if has_debris and object_state.is_killed == 1:
            east_m, north_m = debris_point_m(world.harm, item, object_state.t_killed_s)
            i_area = area_at(world.raid.area_lookup, east_m, north_m)
            if i_area >= 0:
                n = _insert(due, n, i, i_area, item.t_impact_s, 0)
    return due[:n]


@allocating_kernel
def settle_window(
    world: World, window: Window, ledger: Ledger, until_s: float, row, area_sums, lead_hist, fine_hist
) -> tuple:
    """Count every object that is due by ``until_s``, sound the window's alerts, and take the harm.

    Returns
    -------
    alerts (n,) of ALERT; due (m,) of DUE, in time order; lead_s (m,) [s], NaN for unwarned; share (m,) in shelter
    """
    harm = world.harm
    due = _count_objects(world, window, until_s, row, area_sums)
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
    response = Response(
        harm.channels[:, 0].sum(), harm.fatigue_frac, harm.fatigue_floor, harm.start_hour, harm.day_from_hour,
        harm.day_until_hour,
    )  # fmt: skip
    lead_s, share = play_alerts(
        world.warning, response, ledger, alerts, world.areas, due["t_s"], due["i_area"], due["is_threat"]
    )
    for j in range(len(due)):
        i, t_s = due[j].i_object, due[j].t_s
        item, is_killed = window.objects[i], window.object_state[i].is_killed == 1
        if due[j].is_threat == 1 and not is_killed:
            _count_impact(world, row, area_sums, lead_hist, fine_hist, item, lead_s[j])
        if due[j].is_threat == 1 and item.is_built_up == 0:
            continue
        to_shelter_s = world.areas[due[j].i_area].time_to_shelter_s
        share[j] *= sheltered_share(harm, lead_s[j], to_shelter_s, reaction_factor(harm, t_s))
        if due[j].is_threat == 1:
            _count_harm(world, row, item, share[j], is_killed)
        else:
            _count_debris(world, row, due[j].i_area, t_s, share[j])
    return alerts, due, lead_s, share

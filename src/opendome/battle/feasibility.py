"""What can be shot at what: intercept geometry on the predicted trajectory, and the list of options that a policy
chooses from.

A trajectory is a row of nodes (time, east, north, height). For a launch at t the interceptor meets the first node
that it can reach in time: flyout is a delay and
then a straight line at the unit's mean speed. Nodes must lie within reach (ground range, height). No guidance is
modelled.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.types import Reason
from opendome.doctrine import view
from opendome.flight.paths import class_nodes

from .model import BattleModel
from .state import BITS_PER_LAYER, N_NODES, BattleState, Count, Window
from .stock import finish_reload

__all__ = ["fill_nodes", "launch_window", "list_options", "order_delay_s", "single_shot_p_kill"]

_N_OPTIONS = int(Count.N_OPTIONS)
_EPOCH = int(Count.EPOCH)
_NO_BATTERY_READY = int(Reason.NO_BATTERY_READY)
_OUT = int(Reason.OUT_OF_FOOTPRINT)
_TOO_LATE = int(Reason.TOO_LATE)
_NO_ROUNDS = int(Reason.NO_ROUNDS)
_RELOADING = int(Reason.RELOADING)
_NO_CHANNEL = int(Reason.NO_CHANNEL)
_FAILED = int(Reason.BATTERY_FAILED)
_CUT_OFF = int(Reason.CUT_OFF)
_LEFT_TO_OTHERS = int(Reason.LEFT_TO_OTHERS)
_FEASIBLE = 99
_LAYER_SHOTS = 2**BITS_PER_LAYER - 1


@kernel
def fill_nodes(model: BattleModel, state: BattleState, track, row) -> None:
    """Nodes of the predicted trajectory: (time, east, north, height) at equal steps of the flight."""
    kind = model.classes[track.i_class]
    nodes = state.nodes
    if kind.is_cruise:
        for j in range(N_NODES):
            share = j / (N_NODES - 1)
            nodes[j, 0] = row.t_s + share * (row.t_impact_s - row.t_s)
            nodes[j, 1] = row.now_east_m + share * (row.mean_east_m - row.now_east_m)
            nodes[j, 2] = row.now_north_m + share * (row.mean_north_m - row.now_north_m)
            nodes[j, 3] = kind.height_m
        return
    east, north = row.mean_east_m - track.origin_east_m, row.mean_north_m - track.origin_north_m
    step = (model.tables.height_m.shape[2] - 1) // (N_NODES - 1)
    class_nodes(model.tables, kind.i_table, math.hypot(east, north), step, state.path)
    for j in range(N_NODES):
        down = state.path[j, 0]
        nodes[j, 0] = track.t_origin_s + j / (N_NODES - 1) * (row.t_impact_s - track.t_origin_s)
        nodes[j, 1] = track.origin_east_m + down * east
        nodes[j, 2] = track.origin_north_m + down * north
        nodes[j, 3] = state.path[j, 1]


@kernel
def launch_window(unit, east_m: float, north_m: float, nodes, t_ready_s: float) -> tuple:
    """Earliest launch and intercept from t_ready_s on, and the latest launch, of a unit standing at (east_m, north_m).

    Returns
    -------
    t_launch_s, t_intercept_s, t_latest_s : floats; t_latest_s is -inf where nothing is feasible
    """
    t_launch, t_meet, t_latest = math.inf, math.inf, -math.inf
    reach_max2, reach_min2 = unit.reach_max_m**2, unit.reach_min_m**2
    launch_before = -math.inf
    is_before_inside = False
    # Nodes that are passed before an interceptor could be anywhere are skipped, but for the one before the first.
    first = 0
    while first < N_NODES - 1 and nodes[first + 1, 0] < t_ready_s:
        first += 1
    for j in range(first, N_NODES):
        height = nodes[j, 3]
        if not unit.height_min_m <= height <= unit.height_max_m:
            is_before_inside = False
            continue
        east, north = nodes[j, 1] - east_m, nodes[j, 2] - north_m
        ground2 = east * east + north * north
        if not reach_min2 <= ground2 <= reach_max2:
            is_before_inside = False
            continue
        launch = nodes[j, 0] - unit.flyout_delay_s - math.sqrt(ground2 + height * height) / unit.flyout_speed_mps
        if launch >= t_ready_s:
            if t_meet == math.inf:
                if is_before_inside:
                    # Between two nodes within reach: launch at once and meet in between.
                    share = (t_ready_s - launch_before) / (launch - launch_before)
                    t_launch = t_ready_s
                    t_meet = nodes[j - 1, 0] + share * (nodes[j, 0] - nodes[j - 1, 0])
                else:
                    t_launch, t_meet = launch, nodes[j, 0]
            t_latest = max(t_latest, launch)
        is_before_inside = launch < t_ready_s
        launch_before = launch
    return t_launch, t_meet, t_latest


@inlined_kernel
def single_shot_p_kill(model: BattleModel, unit, i_class: int, sigma_m: float) -> float:
    """Kill probability of a round that works, against a class, less where the prediction is poor."""
    group = model.classes[i_class].i_kill_group
    p = unit.p_kill_rocket
    if group == 1:
        p = unit.p_kill_mortar
    elif group == 2:
        p = unit.p_kill_drone
    elif group == 3:
        p = unit.p_kill_cruise
    return p * math.exp(-((sigma_m / model.quality_sigma_m) ** 2))


@inlined_kernel
def _best_launcher(model, state, i_unit, t_s):
    """Loaded launcher of a unit that is free first, -1 for none; and why there is none."""
    unit = model.units[i_unit]
    best, reason = -1, _NO_ROUNDS
    for k in range(unit.first_launcher, unit.first_launcher + unit.n_launchers):
        finish_reload(state, k, t_s)
        launcher = state.launchers[k]
        if launcher.t_loaded_s < math.inf:
            reason = _RELOADING
        elif launcher.rounds > 0 and (best < 0 or launcher.t_free_s < state.launchers[best].t_free_s):
            best = k
    return best, reason


@inlined_kernel
def _ready_rounds(model, state, i_unit):
    """Rounds in launchers of a unit that are not being reloaded."""
    unit = model.units[i_unit]
    n = 0
    for k in range(unit.first_launcher, unit.first_launcher + unit.n_launchers):
        if not state.launchers[k].t_loaded_s < math.inf:
            n += state.launchers[k].rounds
    return n


@inlined_kernel
def _write_options(model, state, i_unit, k, free, t_launch, t_meet, t_latest, p_single, n_most):
    """Rows of the options table for one unit: one round, two, ... up to the salvo."""
    unit = model.units[i_unit]
    miss_shared = 1.0
    for n in range(1, n_most + 1):
        i = state.count[_N_OPTIONS]
        if i >= view.MAX_OPTIONS:
            return
        miss_shared *= 1.0 - p_single
        row = state.view_options[i]
        row[view.UNIT], row[view.N_ROUNDS] = i_unit, n
        row[view.T_LAUNCH_S], row[view.T_INTERCEPT_S] = t_launch, t_meet
        # Rounds of one salvo share part of their luck: between independent (0) and identical (1).
        row[view.P_KILL] = p_single + (1.0 - unit.salvo_correlation) * (1.0 - miss_shared - p_single)
        row[view.T_LATEST_S], row[view.UNIT_READY_ROUNDS] = t_latest, _ready_rounds(model, state, i_unit)
        row[view.UNIT_CHANNELS_FREE], row[view.COST_KUSD] = free, n * unit.interceptor_cost_kusd
        row[view.PRICE_FACTOR] = state.units[i_unit].price_factor
        state.option_launcher[i] = k
        state.count[_N_OPTIONS] = i + 1


@inlined_kernel
def _is_near(unit, place, row):
    """Whether the predicted impact lies inside the unit's footprint."""
    east, north = row.mean_east_m - place.east_m, row.mean_north_m - place.north_m
    return east * east + north * north <= unit.defended_radius_m**2


@inlined_kernel
def _may_shoot(unit, i_class, range_m):
    """Whether a unit is meant for a class, fired from such a distance (below 0: from any)."""
    if (unit.class_mask >> i_class) & 1 == 0:
        return False
    return range_m < 0.0 or unit.threat_range_min_m <= range_m <= unit.threat_range_max_m


@inlined_kernel
def order_delay_s(model: BattleModel, state: BattleState, track, i_unit: int) -> float:
    """Time from what a sensor sees to the order at the launcher [s]: quickest report, decision and order.

    Infinite where the post that orders the unit's shots does not have the track, or no post can reach the unit.
    """
    net, epoch = model.net, state.count[_EPOCH]
    i_post = net.i_post[epoch, i_unit]
    if i_post < 0 or (track.post_mask >> i_post) & 1 == 0:
        return math.inf
    delay_s = model.posts[i_post].decision_s
    if net.is_ideal:
        return delay_s
    report_s = net.report_delay_s[epoch, track.i_sensor, i_post]
    for i_sensor in (track.i_sensor_2, track.i_sensor_3, track.i_sensor_4):
        if i_sensor >= 0:
            report_s = min(report_s, net.report_delay_s[epoch, i_sensor, i_post])
    return delay_s + report_s + net.order_delay_s[epoch, i_unit]


@inlined_kernel
def _judge_unit(model, state, i_unit, track, row, range_m, t_s, sigma_m, n_most):
    """Options of one unit; gives the rank of how far it came: a Reason, or _FEASIBLE; and its latest launch."""
    unit, place = model.units[i_unit], state.units[i_unit]
    if not _may_shoot(unit, track.i_class, range_m):
        return _OUT, -math.inf
    if place.is_failed == 1:
        return _FAILED, -math.inf
    t_ready = t_s + order_delay_s(model, state, track, i_unit)
    if t_ready == math.inf:
        return _CUT_OFF, -math.inf
    k, why_not = _best_launcher(model, state, i_unit, t_s)
    t_free = t_ready if k < 0 else max(t_ready, state.launchers[k].t_free_s)
    t_launch, t_meet, t_latest = launch_window(unit, place.east_m, place.north_m, state.nodes, t_free)
    if t_latest == -math.inf:
        return _TOO_LATE, t_latest
    if k < 0:
        return why_not, t_latest
    i_post = model.net.i_post[state.count[_EPOCH], i_unit]
    free = model.posts[i_post].n_channels - state.busy[i_post]
    if free <= 0:
        return _NO_CHANNEL, t_latest
    p_single = unit.reliability * single_shot_p_kill(model, unit, track.i_class, sigma_m)
    p_single = min(max(p_single + model.p_kill_offset, 0.0), 1.0) if model.p_kill_offset != 0.0 else p_single
    n = min(n_most, state.launchers[k].rounds)
    _write_options(model, state, i_unit, k, free, t_launch, t_meet, t_latest, p_single, n)
    return _FEASIBLE, t_latest


@inlined_kernel
def _rank(reason):
    """How near a reason is to a shot: higher is nearer."""
    if reason == _FEASIBLE:
        return 9
    if reason == _NO_CHANNEL:
        return 8
    if reason == _RELOADING:
        return 7
    if reason == _NO_ROUNDS:
        return 6
    if reason == _TOO_LATE:
        return 5
    if reason == _CUT_OFF:
        return 4
    if reason == _FAILED:
        return 3
    if reason == _LEFT_TO_OTHERS:
        return 2
    if reason == _OUT:
        return 1
    return 0


@inlined_kernel
def _is_others_task(model, state, track, row, range_m):
    """Whether a track that not every post has comes down nearest to a unit of posts that do not have it.

    Posts without contact keep to the ground for which, of all units meant for such a threat, one that they order stands
    nearest. Where none of their own could shoot, there is nothing to leave. A unit that nobody reaches counts for the
    post that it answers to by plan.
    """
    if track.post_mask == -1:
        return False
    best_m2, own_m2 = math.inf, math.inf
    for i_unit in range(len(model.units)):
        unit, place = model.units[i_unit], state.units[i_unit]
        if place.is_ready == 0 or place.is_failed == 1 or not _is_near(unit, place, row):
            continue
        if not _may_shoot(unit, track.i_class, range_m):
            continue
        i_post = model.net.i_post[state.count[_EPOCH], i_unit]
        i_post = unit.i_post if i_post < 0 else i_post
        m2 = (row.mean_east_m - place.east_m) ** 2 + (row.mean_north_m - place.north_m) ** 2
        best_m2 = min(best_m2, m2)
        if (track.post_mask >> i_post) & 1 == 1:
            own_m2 = min(own_m2, m2)
    return best_m2 < own_m2 < math.inf


@kernel
def _ready_in_layer(model, state, i_layer, t_s):
    """Rounds ready in a layer's launchers."""
    n = 0
    for k in range(len(state.launchers)):
        launcher = state.launchers[k]
        if model.units[launcher.i_unit].i_layer == i_layer and state.units[launcher.i_unit].is_ready == 1:
            finish_reload(state, k, t_s)
            n += launcher.rounds if launcher.t_loaded_s == math.inf else 0
    return n


@inlined_kernel
def _judge_units(model, state, i_layer, track, row, range_m, t_s, sigma_m, n_most, best, t_latest):
    """Options of all units of a layer (-1: of all); the reason nearest to a shot so far, and the latest launch."""
    is_filled = False
    for i_unit in range(len(model.units)):
        place = state.units[i_unit]
        if place.is_ready == 0 or (i_layer >= 0 and model.units[i_unit].i_layer != i_layer):
            continue
        if not _is_near(model.units[i_unit], place, row):
            best = _OUT if best == _NO_BATTERY_READY else best
            continue
        if not is_filled:
            fill_nodes(model, state, track, row)
            is_filled = True
        reason, latest = _judge_unit(model, state, i_unit, track, row, range_m, t_s, sigma_m, n_most)
        if _rank(reason) > _rank(best):
            best = reason
        t_latest = max(t_latest, latest)
    return best, t_latest


@kernel
def _judge_layers(model, state, shots, track, row, range_m, t_s, sigma_m, n_most):
    """Options of the first layer that can shoot; a layer that would go below its reserve comes after all others."""
    best, t_latest = _NO_BATTERY_READY, -math.inf
    for is_last_call in range(2):
        for i_layer in range(len(model.layers)):
            layer = model.layers[i_layer]
            fired = (shots >> (BITS_PER_LAYER * i_layer)) & _LAYER_SHOTS
            n = min(n_most, layer.shots_at_most - fired)
            is_kept = layer.reserve_rounds > 0 and _ready_in_layer(model, state, i_layer, t_s) <= layer.reserve_rounds
            if n <= 0 or int(is_kept) != is_last_call:
                continue
            best, t_latest = _judge_units(model, state, i_layer, track, row, range_m, t_s, sigma_m, n, best, t_latest)
            if state.count[_N_OPTIONS] > 0:
                return best, t_latest
    return best, t_latest


@kernel
def list_options(model: BattleModel, state: BattleState, window: Window, i_track: int, t_s: float) -> tuple:
    """Fill the options table for a track; gives the reason nearest to a shot and the latest launch of any unit that
    can reach.

    Returns
    -------
    reason : int (a Reason; meaningful where no option was found), t_latest_s : float
    """
    track, track_state = window.tracks[i_track], window.track_state[i_track]
    row = window.assessments[track_state.current]
    sigma_m = math.sqrt(max(row.var_east_m2, row.var_north_m2))
    if model.classes[track.i_class].is_cruise:
        range_m = -1.0  # the published launch-range band is about rockets
    else:
        range_m = math.hypot(row.mean_east_m - track.origin_east_m, row.mean_north_m - track.origin_north_m)
    n_most = min(model.salvo, model.max_shots - track_state.n_shots)
    state.count[_N_OPTIONS] = 0
    if _is_others_task(model, state, track, row, range_m):
        return _LEFT_TO_OTHERS, -math.inf
    if len(model.layers) > 0:
        return _judge_layers(model, state, track_state.layer_shots, track, row, range_m, t_s, sigma_m, n_most)
    return _judge_units(model, state, -1, track, row, range_m, t_s, sigma_m, n_most, _NO_BATTERY_READY, -math.inf)

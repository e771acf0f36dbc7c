"""Rounds: magazines, reload from the depot, resupply; and the timetable of units that arrive, move, fail and leave.

What comes from outside, and when what fails, is drawn before the battle (``battle.calendar``). What follows from
consumption is played here: reloads, lorries that are busy, and depots that order when they run low.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.philox import Purpose, stream_key, uniform_four

from .model import BattleModel
from .state import BattleState, Clock, Count

__all__ = ["catch_up", "finish_reload", "start_reload", "total_rounds"]

_NEXT = int(Clock.NEXT_SCHEDULED_S)
_CHANGE = int(Count.NEXT_CHANGE)
_RESUPPLY = int(Count.NEXT_RESUPPLY)
_EPOCH = int(Count.EPOCH)
_READY = int(Count.READY_ROUNDS)
_DELIVERED = int(Count.DELIVERED)
_SEED = int(Count.SEED)
_REPLICATION = int(Count.REPLICATION)
_INITIAL = int(Count.INITIAL)
_MADE = int(Count.MADE)
_SENT = int(Count.SENT)
_IN_TRANSIT = int(Count.IN_TRANSIT)
_LOST = int(Count.LOST)
_RETURNED = int(Count.RETURNED)
_P_ORDER = int(Purpose.DEPOT_ORDER)


@inlined_kernel
def total_rounds(state: BattleState) -> int:
    """Rounds in launchers (those being loaded included) and depots."""
    n = state.count[_READY]
    for i in range(len(state.depots)):
        n += state.depots[i]
    return n


@inlined_kernel
def _free_order(state):
    """A free place among the orders under way, -1 if there is none."""
    for k in range(len(state.orders)):
        if state.orders[k].t_s == math.inf:
            return k
    return -1


@kernel
def _reorder(model, state, i_depot, t_s):
    """Let a depot that has run low order what it lacks, and its source after it: the (s, S) rule."""
    i = i_depot
    while i >= 0:
        depot = model.depots[i]
        position = state.depots[i] + state.on_order[i]
        i_source = depot.i_source
        n, k = depot.reorder_up_to_rounds - position, _free_order(state)
        if i_source >= 0:
            n = min(n, state.depots[i_source])
        if position > depot.reorder_below_rounds or n <= 0 or k < 0:
            return
        if i_source >= 0:
            state.depots[i_source] -= n
        else:
            state.count[_SENT] += n
        key = stream_key(state.count[_SEED], _P_ORDER)
        u0, u1, u2, _ = uniform_four(key, state.count[_REPLICATION], depot.identity, state.n_orders[i], 0)
        late_s = -depot.late_mean_s * math.log(u2) if u1 < depot.p_late else 0.0
        order = state.orders[k]
        order.t_s, order.i_depot, order.n_rounds = t_s + depot.lead_s + late_s, i, n
        order.is_lost = u0 < depot.p_lost
        state.n_orders[i] += 1
        state.on_order[i] += n
        state.count[_IN_TRANSIT] += n
        state.clock[_NEXT] = min(state.clock[_NEXT], order.t_s)
        i = i_source


@inlined_kernel
def _next_lorry(model, state, i_depot):
    """Lorry of a depot that is back first."""
    depot = model.depots[i_depot]
    best = depot.first_lorry
    for k in range(depot.first_lorry, depot.first_lorry + depot.n_lorries):
        if state.lorries_free_s[k] < state.lorries_free_s[best]:
            best = k
    return best


@inlined_kernel
def _loaded_s(model, state, i_unit, n_rounds, t_s):
    """When rounds that are asked for now are in the launcher: by lorry where the depot has some, else straight away."""
    unit, place = model.units[i_unit], state.units[i_unit]
    depot = model.depots[unit.i_depot]
    if depot.n_lorries < 0:
        return t_s + unit.reload_s
    drive_s = 0.0
    if depot.has_place == 1:
        drive_s = math.hypot(place.east_m - depot.east_m, place.north_m - depot.north_m) / depot.road_mps
    k = _next_lorry(model, state, unit.i_depot)
    n_trips = (n_rounds + depot.lorry_rounds - 1) // depot.lorry_rounds
    t_there_s = max(t_s, state.lorries_free_s[k]) + n_trips * depot.load_s + (2 * n_trips - 1) * drive_s
    state.lorries_free_s[k] = t_there_s + unit.reload_s + drive_s
    return t_there_s + unit.reload_s


@inlined_kernel
def start_reload(model: BattleModel, state: BattleState, i_launcher: int, t_s: float) -> None:
    """Begin to fill a launcher from its depot, or note that it waits for rounds."""
    launcher = state.launchers[i_launcher]
    unit = model.units[launcher.i_unit]
    i_depot = unit.i_depot
    n = min(unit.rounds_per_launcher - launcher.rounds, state.depots[i_depot])
    if n <= 0 or model.depots[i_depot].n_lorries == 0:
        launcher.waits_for_rounds = 1
        return
    state.depots[i_depot] -= n
    state.count[_READY] += n
    launcher.waits_for_rounds = 0
    launcher.coming = n
    launcher.t_loaded_s = _loaded_s(model, state, launcher.i_unit, n, t_s)
    _reorder(model, state, i_depot, t_s)


@inlined_kernel
def finish_reload(state: BattleState, i_launcher: int, t_s: float) -> None:
    """Put the coming rounds into a launcher whose reload is over by now."""
    launcher = state.launchers[i_launcher]
    if launcher.t_loaded_s <= t_s:
        launcher.rounds += launcher.coming
        launcher.coming = 0
        launcher.t_loaded_s = math.inf


@kernel
def _take_in(model, state, i_depot, n_rounds, t_s):
    """Rounds reach a depot: launchers that waited begin to reload, in order, and depots that it feeds order."""
    state.depots[i_depot] += n_rounds
    for k in range(len(state.launchers)):
        launcher = state.launchers[k]
        if (
            launcher.waits_for_rounds == 1
            and model.units[launcher.i_unit].i_depot == i_depot
            and state.depots[i_depot] > 0
        ):
            start_reload(model, state, k, t_s)
    for i in range(len(model.depots)):
        if model.depots[i].i_source == i_depot and model.depots[i].reorder_below_rounds >= 0:
            _reorder(model, state, i, t_s)


@inlined_kernel
def _load_on_arrival(model, state, i_unit, t_s):
    """Give a unit's loaded rounds to its launchers, first launcher first.

    What is not loaded is fetched from the depot.
    """
    unit = model.units[i_unit]
    left = unit.loaded_rounds
    for k in range(unit.first_launcher, unit.first_launcher + unit.n_launchers):
        launcher = state.launchers[k]
        launcher.rounds = min(left, unit.rounds_per_launcher)
        left -= launcher.rounds
        state.count[_READY] += launcher.rounds
        state.count[_DELIVERED] += launcher.rounds
        state.count[_SENT if t_s > 0.0 else _INITIAL] += launcher.rounds
        if launcher.rounds <= unit.reload_when_left_rounds:
            start_reload(model, state, k, t_s)


@inlined_kernel
def _take_away(model, state, i_unit):
    """A unit leaves for good with the rounds in its launchers, those being loaded included."""
    unit = model.units[i_unit]
    for k in range(unit.first_launcher, unit.first_launcher + unit.n_launchers):
        launcher = state.launchers[k]
        n = launcher.rounds + launcher.coming
        state.count[_READY] -= n
        state.count[_RETURNED] += n
        launcher.rounds, launcher.coming, launcher.waits_for_rounds = 0, 0, 0
        launcher.t_loaded_s = math.inf


@inlined_kernel
def _apply_change(model, state, row):
    """One entry of a unit's timetable."""
    change = model.changes[row]
    i_unit = model.change_unit[row]
    unit_state = state.units[i_unit]
    unit_state.east_m, unit_state.north_m = change.east_m, change.north_m
    unit_state.is_ready, unit_state.is_failed = change.is_ready, 1 - change.is_up
    if change.is_arrival == 1:
        _load_on_arrival(model, state, i_unit, change.t_s)
    if change.is_departure == 1:
        _take_away(model, state, i_unit)


@inlined_kernel
def _apply_lot(model, state, lot):
    """Rounds from outside reach their depot, or are lost."""
    if lot.is_lost == 1:
        state.count[_LOST] += lot.n_rounds
        return
    state.count[_DELIVERED] += lot.n_rounds
    if lot.is_made == 1:
        state.count[_MADE] += lot.n_rounds
    _take_in(model, state, lot.i_depot, lot.n_rounds, lot.t_s)


@inlined_kernel
def _apply_order(model, state, k):
    """Rounds that a depot ordered reach it, or are lost; then it may order again."""
    order = state.orders[k]
    t_s, i_depot, n = order.t_s, order.i_depot, order.n_rounds
    order.t_s = math.inf
    state.on_order[i_depot] -= n
    state.count[_IN_TRANSIT] -= n
    if order.is_lost == 1:
        state.count[_LOST] += n
    else:
        if model.depots[i_depot].i_source < 0:
            state.count[_DELIVERED] += n
        _take_in(model, state, i_depot, n, t_s)
    _reorder(model, state, i_depot, t_s)


@inlined_kernel
def _next_order(state):
    """The order that arrives next, -1 for none."""
    best, t_best = -1, math.inf
    for k in range(len(state.orders)):
        if state.orders[k].t_s < t_best:
            best, t_best = k, state.orders[k].t_s
    return best


@kernel
def catch_up(model: BattleModel, state: BattleState, t_s: float) -> None:
    """Carry out every scheduled change up to and including t_s, in time order.

    Timetable, then deliveries from outside, then orders of depots, then connections. At the start, depots order.
    """
    if state.clock[_NEXT] == -math.inf:
        for i in range(len(model.depots)):
            _reorder(model, state, i, 0.0)
    while state.clock[_NEXT] <= t_s:
        i_change, i_lot, i_epoch = state.count[_CHANGE], state.count[_RESUPPLY], state.count[_EPOCH]
        k = _next_order(state)
        t_order = state.orders[k].t_s if k >= 0 else math.inf
        t_change, t_lot, t_epoch = math.inf, math.inf, math.inf
        if i_change < len(model.change_order):
            t_change = model.changes[model.change_order[i_change]].t_s
        if i_lot < len(model.resupply):
            t_lot = model.resupply[i_lot].t_s
        if i_epoch + 1 < len(model.net.t_s):
            t_epoch = model.net.t_s[i_epoch + 1]
        t_first = min(t_change, t_lot, t_order, t_epoch)
        if t_first > t_s or t_first == math.inf:
            state.clock[_NEXT] = t_first
            return
        if t_change == t_first:
            state.count[_CHANGE] += 1
            _apply_change(model, state, model.change_order[i_change])
        elif t_lot == t_first:
            state.count[_RESUPPLY] += 1
            _apply_lot(model, state, model.resupply[i_lot])
        elif t_order == t_first:
            _apply_order(model, state, k)
        else:
            state.count[_EPOCH] += 1

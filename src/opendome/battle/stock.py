"""Rounds: magazines, reload from the depot, resupply; and the timetable of units that arrive, move, fail and leave."""

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
_READY = int(Count.READY_ROUNDS)
_DELIVERED = int(Count.DELIVERED)
_P_FAILURE = int(Purpose.FAILURE)
_P_RESUPPLY = int(Purpose.RESUPPLY)


@inlined_kernel
def total_rounds(state: BattleState) -> int:
    """Rounds in launchers (those being loaded included) and depots."""
    n = state.count[_READY]
    for i in range(len(state.depots)):
        n += state.depots[i]
    return n


@inlined_kernel
def start_reload(model: BattleModel, state: BattleState, i_launcher: int, t_s: float) -> None:
    """Begin to fill a launcher from its depot, or note that it waits for rounds."""
    launcher = state.launchers[i_launcher]
    unit = model.units[launcher.i_unit]
    wanted = unit.rounds_per_launcher - launcher.rounds
    n = min(wanted, state.depots[unit.i_depot])
    if n <= 0:
        launcher.waits_for_rounds = 1
        return
    state.depots[unit.i_depot] -= n
    state.count[_READY] += n
    launcher.waits_for_rounds = 0
    launcher.coming = n
    launcher.t_loaded_s = t_s + unit.reload_s


@inlined_kernel
def finish_reload(state: BattleState, i_launcher: int, t_s: float) -> None:
    """Put the coming rounds into a launcher whose reload is over by now."""
    launcher = state.launchers[i_launcher]
    if launcher.t_loaded_s <= t_s:
        launcher.rounds += launcher.coming
        launcher.coming = 0
        launcher.t_loaded_s = math.inf


@inlined_kernel
def _serve_waiting(model, state, i_depot, t_s):
    """Launchers that waited for rounds begin to reload, in order."""
    for k in range(len(state.launchers)):
        launcher = state.launchers[k]
        if (
            launcher.waits_for_rounds == 1
            and model.units[launcher.i_unit].i_depot == i_depot
            and state.depots[i_depot] > 0
        ):
            start_reload(model, state, k, t_s)


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
        if launcher.rounds <= unit.reload_when_left_rounds:
            start_reload(model, state, k, t_s)


@inlined_kernel
def _time_to_next_failure(model, seed, replication, i_unit, n_failures):
    """Exponential time to the next failure of a unit [s], keyed by its id and the number of failures so far."""
    unit = model.units[i_unit]
    if not unit.fails_every_s < math.inf:
        return math.inf
    u0, _, _, _ = uniform_four(stream_key(seed, _P_FAILURE), replication, unit.identity, n_failures, 0)
    return -unit.fails_every_s * math.log(u0)


@inlined_kernel
def _turn_unit(model, state, seed, replication, i_unit, t_s):
    """A unit that worked fails, or one that failed works again."""
    unit_state = state.units[i_unit]
    if unit_state.is_failed == 1:
        unit_state.is_failed = 0
        unit_state.t_turn_s = t_s + _time_to_next_failure(model, seed, replication, i_unit, unit_state.n_failures)
    else:
        unit_state.is_failed = 1
        unit_state.n_failures += 1
        u0, _, _, _ = uniform_four(
            stream_key(seed, _P_FAILURE), replication, model.units[i_unit].identity, unit_state.n_failures, 1
        )
        unit_state.t_turn_s = t_s - model.units[i_unit].repaired_in_s * math.log(u0)


@inlined_kernel
def _apply_change(model, state, seed, replication, row):
    """One entry of a unit's timetable."""
    change = model.changes[row]
    i_unit = model.change_unit[row]
    unit_state = state.units[i_unit]
    unit_state.east_m, unit_state.north_m, unit_state.is_ready = change.east_m, change.north_m, change.is_ready
    if change.is_arrival == 1:
        _load_on_arrival(model, state, i_unit, change.t_s)
        unit_state.t_turn_s = change.t_s + _time_to_next_failure(model, seed, replication, i_unit, 0)


@inlined_kernel
def _next_turn(state):
    """The unit that fails or is repaired next, and when."""
    best, t_best = -1, math.inf
    for i in range(len(state.units)):
        if state.units[i].t_turn_s < t_best:
            best, t_best = i, state.units[i].t_turn_s
    return best, t_best


@kernel
def catch_up(model: BattleModel, state: BattleState, seed: int, replication: int, t_s: float) -> None:
    """Carry out every scheduled change up to and including t_s, in time order.

    Timetable, then resupply, then failures.
    """
    while state.clock[_NEXT] <= t_s:
        i_change, i_resupply = state.count[_CHANGE], state.count[_RESUPPLY]
        t_change, t_resupply = math.inf, math.inf
        if i_change < len(model.change_order):
            t_change = model.changes[model.change_order[i_change]].t_s
        if i_resupply < len(model.resupply):
            t_resupply = model.resupply[i_resupply].t_s
        i_turn, t_turn = _next_turn(state)
        t_first = min(t_change, t_resupply, t_turn)
        if t_first > t_s:
            state.clock[_NEXT] = t_first
            return
        if t_change == t_first:
            _apply_change(model, state, seed, replication, model.change_order[i_change])
            state.count[_CHANGE] += 1
        elif t_resupply == t_first:
            lot = model.resupply[i_resupply]
            state.count[_RESUPPLY] += 1
            u0, _, _, _ = uniform_four(stream_key(seed, _P_RESUPPLY), replication, lot.ordinal, 0, 0)
            if u0 >= lot.p_lost:
                state.depots[lot.i_depot] += lot.n_rounds
                state.count[_DELIVERED] += lot.n_rounds
                _serve_waiting(model, state, lot.i_depot, lot.t_s)
        else:
            _turn_unit(model, state, seed, replication, i_turn, t_turn)

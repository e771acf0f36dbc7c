"""Orders: what a decision does to launchers, channels and places for tracks, and why a track is passed over."""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.types import Reason
from opendome.doctrine import view

from .feasibility import order_delay_s, single_shot_p_kill
from .heap import INTERCEPT, RETRY, WAIT, push_event
from .kill import draw_order_lost
from .log import log_decision, log_launches
from .model import BattleModel
from .state import BITS_PER_LAYER, PENDING, BattleState, Count, Window
from .stock import start_reload

__all__ = ["apply_order", "refuse", "take_slot"]

_READY = int(Count.READY_ROUNDS)
_FIRED = int(Count.FIRED)
_PENDING = int(Count.PENDING_TRACK)
_N_OPTIONS = int(Count.N_OPTIONS)
_WAITED = int(Count.IS_WAITED)
_EPOCH = int(Count.EPOCH)
_SEED = int(Count.SEED)
_REPLICATION = int(Count.REPLICATION)
_R_TOO_LATE = int(Reason.TOO_LATE)
_R_NO_CHANNEL = int(Reason.NO_CHANNEL)
_R_DECLINED = int(Reason.POLICY_DECLINED)
_R_ENGAGED = int(Reason.ENGAGED)
_R_ENGAGED_WAITED = int(Reason.ENGAGED_WAITED)
_R_USED_UP = int(Reason.SHOTS_USED_UP)
_R_ORDER_LOST = int(Reason.ORDER_LOST)
_LATEST_MARGIN_S = 1.0


@inlined_kernel
def take_slot(model, state, i_sensor, t_s, t_end_s):
    """A free place in a sensor's track list until t_end_s; -1 if it is full."""
    capacity = model.track_capacity[i_sensor]
    cursor = state.slot_cursor[i_sensor]
    for k in range(capacity):
        slot = cursor + k
        if slot >= capacity:
            slot -= capacity
        if state.slots[i_sensor, slot] <= t_s:
            state.slots[i_sensor, slot] = t_end_s
            state.slot_cursor[i_sensor] = slot + 1
            return slot
    return -1


@inlined_kernel
def refuse(state, window, i_track, t_s, reason):
    """Note why a track was not shot at.

    What was shot at and missed keeps that reason, unless its shots are used up; and what could have been shot at, but
    for a channel, a round, an order or its loss, keeps that reason when it is too late at last.
    """
    track_state = window.track_state[i_track]
    was = track_state.reason
    keeps = reason == _R_TOO_LATE and (_R_NO_CHANNEL <= was <= _R_DECLINED or was == _R_ORDER_LOST)
    if (track_state.n_shots == 0 and not keeps) or reason == _R_USED_UP:
        track_state.reason = reason
    log_decision(state, window, i_track, t_s, reason, -1)


@inlined_kernel
def _mark_engaged(window, i_track, t_s):
    """Truth's note that an object was shot at."""
    for k in range(window.link_first[i_track], window.link_first[i_track + 1]):
        if window.link_from_s[k] <= t_s < window.link_until_s[k]:
            window.object_state[window.link_object[k]].was_engaged = 1


@inlined_kernel
def _loses_order(model, state, window, i_track, i_unit, t_s):
    """Whether a launch order is lost on its way to the launcher; then it is tried again after the retry time."""
    p_lost = model.net.order_p_lost[state.count[_EPOCH], i_unit]
    if p_lost == 0.0:
        return False
    track_state = window.track_state[i_track]
    track_state.n_lost_orders += 1
    seed, replication, n = state.count[_SEED], state.count[_REPLICATION], track_state.n_lost_orders
    if not draw_order_lost(seed, replication, model.units[i_unit], window, i_track, t_s, n, p_lost):
        return False
    track_state.retries = 1
    push_event(state, t_s + model.retry_s, RETRY, i_track, -1, 0, 0, 0, 0.0)
    refuse(state, window, i_track, t_s, _R_ORDER_LOST)
    return True


@inlined_kernel
def _asked_again_s(model, state, track, i_unit, t_launch_s, t_latest_s):
    """When the policy is to be asked again before an order is given; -inf where it is given now.

    Doctrine may wait for the last moment. At what flies level an order is given when its launch is due: until then
    launcher and channel are free for others, and the prediction gets better.
    """
    t_s, delay_s = state.view_track[view.T_S], order_delay_s(model, state, track, i_unit)
    if model.is_latest and state.count[_WAITED] == 0 and t_launch_s < t_latest_s - 2.0 * _LATEST_MARGIN_S:
        return max(t_latest_s - _LATEST_MARGIN_S - delay_s, t_s)
    if model.classes[track.i_class].is_cruise and t_launch_s - delay_s > t_s + 2.0 * _LATEST_MARGIN_S:
        return t_launch_s - delay_s - _LATEST_MARGIN_S
    return -math.inf


@kernel
def apply_order(model: BattleModel, state: BattleState, window: Window, choice: int) -> None:
    """Carry out the policy's answer to the pending decision.

    Fire option ``choice`` or, if it is negative or out of range, hold.
    """
    i_track = state.count[_PENDING]
    state.count[_PENDING] = -1
    t_s = state.view_track[view.T_S]
    track_state = window.track_state[i_track]
    if choice < 0 or choice >= state.count[_N_OPTIONS]:
        refuse(state, window, i_track, t_s, _R_DECLINED)
        return
    option = state.view_options[choice]
    i_unit, n = int(option[view.UNIT]), int(option[view.N_ROUNDS])
    t_launch, t_meet, t_latest = option[view.T_LAUNCH_S], option[view.T_INTERCEPT_S], option[view.T_LATEST_S]
    t_again = _asked_again_s(model, state, window.tracks[i_track], i_unit, t_launch, t_latest)
    if t_again >= t_s:
        track_state.status = PENDING
        if track_state.n_shots == 0:
            track_state.reason = _R_TOO_LATE  # should it come down before
        push_event(state, t_again, WAIT, i_track, i_unit, 0, 0, 0, 0.0)
        return
    unit, i_post = model.units[i_unit], model.net.i_post[state.count[_EPOCH], i_unit]
    if _loses_order(model, state, window, i_track, i_unit, t_s):
        return
    k = state.option_launcher[choice]
    launcher = state.launchers[k]
    launcher.rounds -= n
    launcher.t_free_s = t_launch + n * unit.time_between_shots_s
    state.count[_READY] -= n
    state.count[_FIRED] += n
    state.fired_by_unit[i_unit] += n
    state.busy[i_post] += 1
    if launcher.rounds <= unit.reload_when_left_rounds:
        start_reload(model, state, k, launcher.t_free_s)
    track_state.status = PENDING
    track_state.n_shots += n
    track_state.layer_shots += n << (BITS_PER_LAYER * unit.i_layer)
    track_state.reason = _R_ENGAGED_WAITED if model.is_latest else _R_ENGAGED
    _mark_engaged(window, i_track, t_s)
    if len(model.track_capacity) > 0:
        take_slot(model, state, window.tracks[i_track].i_sensor, t_s, t_meet)
    p_kill = single_shot_p_kill(model, unit, window.tracks[i_track].i_class, state.view_track[view.SIGMA_M])
    push_event(state, t_meet, INTERCEPT, i_track, i_unit, i_post, n, 0, p_kill)
    log_decision(state, window, i_track, t_s, track_state.reason, choice)
    log_launches(state, window, i_track, i_unit, k, n, t_launch, t_meet, unit.time_between_shots_s)

"""The battle kernel: advance to the next decision or to a time; carry orders out. One kernel for studies, single runs
and live play.

In time order it meets assessments (the picture) and events (intercepts, looks, retries). Ties: events before
assessments, events by serial number. What a policy may
see is written into the view arrays; what is true stays in the window and is used only when a round arrives and when a
destroyed object's track stops being fed.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.types import Reason

from .feasibility import list_options
from .heap import ASK, INTERCEPT, LOOK, RETRY, WAIT, earliest_event_s, pop_event, push_event
from .kill import draw_drop_s, draw_judgement, draw_kill, has_living_object, is_dropped, linked_object, object_for_luck
from .log import log_intercept
from .looking import NO_BAR, bar, fill_view
from .model import BattleModel
from .orders import apply_order, refuse, take_slot
from .state import CLOSED, HEAP_PLACES, LOG_PLACES, OPEN, BattleState, Clock, Count, Status, Window
from .stock import catch_up

__all__ = ["advance", "apply_order"]

_NOW = int(Clock.NOW_S)
_NEXT = int(Clock.NEXT_SCHEDULED_S)
_STOCKOUT = int(Clock.FIRST_STOCKOUT_S)
_CURSOR = int(Count.CURSOR)
_SIZE = int(Count.HEAP_SIZE)
_WASTED = int(Count.WASTED)
_PENDING = int(Count.PENDING_TRACK)
_N_OPTIONS = int(Count.N_OPTIONS)
_N_DECISIONS = int(Count.N_DECISIONS)
_N_LAUNCHES = int(Count.N_LAUNCHES)
_N_INTERCEPTS = int(Count.N_INTERCEPTS)
_LOGGING = int(Count.IS_LOGGING)
_SEED = int(Count.SEED)
_REPLICATION = int(Count.REPLICATION)
_WAITED = int(Count.IS_WAITED)
_DONE = int(Status.DONE)
_DECISION = int(Status.DECISION)
_LOG_FULL = int(Status.LOG_FULL)
_HEAP_FULL = int(Status.HEAP_FULL)
_R_CAPACITY = int(Reason.TRACK_CAPACITY)
_R_NO_CHANNEL = int(Reason.NO_CHANNEL)
_R_RELOADING = int(Reason.RELOADING)
_R_NO_ROUNDS = int(Reason.NO_ROUNDS)
_R_JUDGED = int(Reason.JUDGED_KILLED)
_R_NOT_REPORTED = int(Reason.NOT_REPORTED)
_HEAP_ROOM = 8


@inlined_kernel
def _note_no_rounds(state, reason, t_s):
    """The first engagement given up for want of rounds with an empty depot is the stock-out."""
    if reason == _R_NO_ROUNDS and math.isnan(state.clock[_STOCKOUT]):
        state.clock[_STOCKOUT] = t_s


@inlined_kernel
def _consider(model, state, window, i_track, t_s, is_waited):
    """Whether to shoot at a track now. True if a policy must answer first; the decision is then pending."""
    track_state = window.track_state[i_track]
    state.count[_N_OPTIONS] = 0
    reason = bar(model, state, window, i_track)
    if reason != NO_BAR:
        refuse(state, window, i_track, t_s, reason)
        return False
    reason, t_latest = list_options(model, state, window, i_track, t_s)
    if state.count[_N_OPTIONS] == 0:
        _note_no_rounds(state, reason, t_s)
        if reason in (_R_NO_CHANNEL, _R_RELOADING) and t_s + model.retry_s <= t_latest and track_state.retries == 0:
            track_state.retries = 1
            push_event(state, t_s + model.retry_s, RETRY, i_track, -1, 0, 0, 0, 0.0)
        refuse(state, window, i_track, t_s, reason)
        return False
    fill_view(model, state, window, i_track, t_s)
    state.count[_PENDING] = i_track
    state.count[_WAITED] = is_waited
    return True


@inlined_kernel
def _is_mature(model, state, window, i_track, t_s):
    """Whether a first decision is due.

    Before the stated share of a rocket's flight the prediction is not acted on, but looked at again then.
    """
    track, track_state = window.tracks[i_track], window.track_state[i_track]
    if model.classes[track.i_class].is_cruise or track_state.n_shots > 0:
        return True
    row = window.assessments[track_state.current]
    t_due = track.t_origin_s + model.decision_age_frac * (row.t_impact_s - track.t_origin_s)
    if t_s >= t_due:
        return True
    if track_state.retries == 0:
        track_state.retries = 1
        push_event(state, t_due, RETRY, i_track, -1, 0, 0, 0, 0.0)
    return False


@inlined_kernel
def _on_assessment(model, state, window, i_row):
    """A new prediction of a track. True if a policy must answer."""
    row = window.assessments[i_row]
    i_track, t_s = row.i_track, row.t_s
    track_state = window.track_state[i_track]
    if not has_living_object(window, i_track, t_s):
        return False
    if window.tracks[i_track].post_mask == 0:
        track_state.current = i_row
        refuse(state, window, i_track, t_s, _R_NOT_REPORTED)
        return False
    if track_state.slot < 0 and len(model.track_capacity) > 0:
        track_state.slot = take_slot(model, state, window.tracks[i_track].i_sensor, t_s, row.t_impact_s)
        if track_state.slot < 0:
            track_state.current = i_row
            refuse(state, window, i_track, t_s, _R_CAPACITY)
            return False
    track_state.current = i_row
    if track_state.status == CLOSED and t_s > track_state.t_closed_s + model.drop_mean_s:
        # Judged killed, yet still fed by plots after a track would have been dropped: open again.
        track_state.status = OPEN
    if track_state.status != OPEN or not _is_mature(model, state, window, i_track, t_s):
        return False
    return _consider(model, state, window, i_track, t_s, 0)


@inlined_kernel
def _on_intercept(model, state, window, seed, replication, t_s, i_track, i_unit, i_post, n_rounds, p_kill):
    """The rounds arrive: kill or miss the object that the track holds now; then wait for the look."""
    unit = model.units[i_unit]
    track_state = window.track_state[i_track]
    i = linked_object(window, i_track, t_s)
    is_killed = 0
    if i < 0:
        state.count[_WASTED] += n_rounds
    else:
        item, object_state = window.objects[i], window.object_state[i]
        if draw_kill(seed, replication, unit, item, object_state.n_shots, n_rounds, p_kill):
            is_killed = 1
            object_state.is_killed, object_state.t_killed_s = 1, t_s
            track_state.t_dropped_s = t_s + draw_drop_s(model, seed, replication, item)
            if track_state.slot >= 0:
                state.slots[window.tracks[i_track].i_sensor, track_state.slot] = track_state.t_dropped_s
        object_state.n_shots += n_rounds
    log_intercept(state, window, i_track, t_s, i, i_unit, n_rounds, is_killed, t_s + unit.look_delay_s)
    push_event(state, t_s + unit.look_delay_s, LOOK, i_track, i_unit, i_post, n_rounds, is_killed, 0.0)


@inlined_kernel
def _on_look(model, state, window, seed, replication, t_s, i_track, i_unit, i_post, is_killed):
    """The kill assessment: free the channel; close the track or shoot again. True if a policy must answer."""
    unit = model.units[i_unit]
    state.busy[i_post] -= 1
    track_state = window.track_state[i_track]
    i = object_for_luck(window, i_track, t_s)
    burst, shot = (window.objects[i].burst, window.objects[i].shot) if i >= 0 else (-1, window.tracks[i_track].track_id)
    is_judged = draw_judgement(seed, replication, unit, burst, shot, track_state.n_engagements, is_killed == 1)
    track_state.n_engagements += 1
    track_state.retries = 0
    if state.count[_LOGGING] == 1:
        for k in range(state.count[_N_INTERCEPTS] - 1, -1, -1):
            line = state.intercepts[k]
            if line.track_id == window.tracks[i_track].track_id and line.is_judged_killed == -1:
                line.is_judged_killed = int(is_judged)
                break
    if is_judged:
        track_state.status, track_state.t_closed_s = CLOSED, t_s
        track_state.reason = _R_JUDGED
        return False
    track_state.status = OPEN
    if not model.is_looking:
        track_state.status, track_state.t_closed_s = CLOSED, math.inf
        return False
    if is_dropped(model, seed, replication, window, i_track, t_s):
        return False
    return _consider(model, state, window, i_track, t_s, 1)


@inlined_kernel
def _on_event(model, state, window, seed, replication):
    """The next event of the queue. True if a policy must answer."""
    event = pop_event(state)
    t_s, kind, i_track, i_unit, i_post = event.t_s, event.kind, event.i_track, event.i_unit, event.i_post
    if kind == INTERCEPT:
        n, p_kill = event.n_rounds, event.p_kill
        _on_intercept(model, state, window, seed, replication, t_s, i_track, i_unit, i_post, n, p_kill)
        return False
    if kind == LOOK:
        return _on_look(model, state, window, seed, replication, t_s, i_track, i_unit, i_post, event.outcome)
    track_state = window.track_state[i_track]
    if track_state.n_shots == 0 and not has_living_object(window, i_track, t_s):
        return False
    if kind == WAIT:
        track_state.status = OPEN
        return _consider(model, state, window, i_track, t_s, 1)
    if kind == RETRY:
        track_state.retries = 0
    if track_state.status != OPEN or is_dropped(model, seed, replication, window, i_track, t_s):
        return False
    if kind == ASK:
        return _consider(model, state, window, i_track, t_s, 1)
    if not _is_mature(model, state, window, i_track, t_s):
        return False  # a newer prediction puts the impact later, and with it the first decision
    return _consider(model, state, window, i_track, t_s, 0)


@inlined_kernel
def _lacks_room(state):
    """Whether the queue or a log might overflow at the next step: a Status, 0 if there is room."""
    if state.count[_SIZE] + _HEAP_ROOM > HEAP_PLACES - 1:
        return _HEAP_FULL
    if state.count[_LOGGING] == 1:
        most = max(state.count[_N_DECISIONS], state.count[_N_LAUNCHES], state.count[_N_INTERCEPTS])
        if most + _HEAP_ROOM > LOG_PLACES:
            return _LOG_FULL
    return 0


@kernel
def advance(
    model: BattleModel,
    state: BattleState,
    window: Window,
    seed: int,
    replication: int,
    until_s: float,
    rule,
    is_external: bool,
) -> int:
    """Run until ``until_s`` (not included), or to the next decision if ``is_external``.

    Parameters
    ----------
    rule : cfunc of POLICY_SIGNATURE    asked at each decision unless is_external

    Returns
    -------
    Status: DONE, DECISION (the view is filled; call ``apply_order`` and then ``advance`` again), LOG_FULL (take the
    logs and call again) or HEAP_FULL
    """
    state.count[_SEED], state.count[_REPLICATION] = seed, replication
    while True:
        lack = _lacks_room(state)
        if lack != 0:
            return lack
        cursor = state.count[_CURSOR]
        t_row = math.inf
        if cursor < len(window.order):
            t_row = window.assessments[window.order[cursor]].t_s
        t_event = earliest_event_s(state)
        t_s = min(t_row, t_event)
        if t_s >= until_s:
            if state.clock[_NEXT] < until_s:
                # What is scheduled before the end happens whether or not anything flies.
                catch_up(model, state, math.nextafter(until_s, -math.inf))
            state.clock[_NOW] = until_s
            return _DONE
        if state.clock[_NEXT] <= t_s:
            catch_up(model, state, t_s)
        state.clock[_NOW] = t_s
        if t_event <= t_row:
            is_asked = _on_event(model, state, window, seed, replication)
        else:
            state.count[_CURSOR] = cursor + 1
            is_asked = _on_assessment(model, state, window, window.order[cursor])
        if is_asked:
            if is_external:
                return _DECISION
            n = state.count[_N_OPTIONS]
            apply_order(model, state, window, rule(state.view_track, state.view_options[:n], state.view_stock))

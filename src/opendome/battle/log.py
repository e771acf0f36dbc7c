"""The battle's logs: every shot and every non-shot has its line and its reason.

Written only when a recorder asked for them.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel
from opendome.doctrine import view

from .state import Count

__all__ = ["log_decision", "log_intercept", "log_launches"]

_LOGGING = int(Count.IS_LOGGING)
_N_OPTIONS = int(Count.N_OPTIONS)
_N_DECISIONS = int(Count.N_DECISIONS)
_N_LAUNCHES = int(Count.N_LAUNCHES)
_N_INTERCEPTS = int(Count.N_INTERCEPTS)


@inlined_kernel
def log_decision(state, window, i_track, t_s, reason, choice):
    """Write one line of the decision log: every shot and every non-shot has its reason."""
    if state.count[_LOGGING] == 0:
        return
    line = state.decisions[state.count[_N_DECISIONS]]
    state.count[_N_DECISIONS] += 1
    row = window.assessments[window.track_state[i_track].current]
    line.t_s, line.track_id, line.reason = t_s, window.tracks[i_track].track_id, reason
    line.n_options, line.p_hit, line.value_people = state.count[_N_OPTIONS], row.p_any, row.value_people
    if choice >= 0:
        option = state.view_options[choice]
        line.i_unit, line.n_rounds = int(option[view.UNIT]), int(option[view.N_ROUNDS])
        line.t_launch_s, line.t_intercept_s = option[view.T_LAUNCH_S], option[view.T_INTERCEPT_S]
        line.p_kill = option[view.P_KILL]
    else:
        line.i_unit, line.n_rounds = -1, 0
        line.t_launch_s, line.t_intercept_s, line.p_kill = math.nan, math.nan, 0.0


@inlined_kernel
def log_launches(state, window, i_track, i_unit, i_launcher, n, t_launch, t_meet, spacing):
    """One line per round, with the place where it is to meet its target."""
    if state.count[_LOGGING] == 0:
        return
    j = 1
    while j < len(state.nodes) - 1 and state.nodes[j, 0] < t_meet:
        j += 1
    before, after = state.nodes[j - 1], state.nodes[j]
    share = (t_meet - before[0]) / (after[0] - before[0])
    for k in range(n):
        line = state.launches[state.count[_N_LAUNCHES]]
        state.count[_N_LAUNCHES] += 1
        line.t_s, line.track_id = t_launch + k * spacing, window.tracks[i_track].track_id
        line.i_unit, line.i_launcher, line.t_intercept_s = i_unit, i_launcher, t_meet
        line.intercept_east_m = before[1] + share * (after[1] - before[1])
        line.intercept_north_m = before[2] + share * (after[2] - before[2])
        line.intercept_height_m = before[3] + share * (after[3] - before[3])


@inlined_kernel
def log_intercept(state, window, i_track, t_s, i_object, i_unit, n_rounds, is_killed, t_look_s):
    """One line per engagement that arrives; whether it is judged a kill is known later and is drawn the same then."""
    if state.count[_LOGGING] == 0:
        return
    line = state.intercepts[state.count[_N_INTERCEPTS]]
    state.count[_N_INTERCEPTS] += 1
    line.t_s, line.track_id, line.i_unit, line.n_rounds = t_s, window.tracks[i_track].track_id, i_unit, n_rounds
    line.is_killed, line.t_look_s, line.is_judged_killed = is_killed, t_look_s, -1
    line.burst, line.shot = -1, -1
    if i_object >= 0:
        line.burst, line.shot = window.objects[i_object].burst, window.objects[i_object].shot

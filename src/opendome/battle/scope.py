"""What stands on an operator's scope at one moment: tracks where they are thought to be, and own interceptors.

Everything here follows from predictions, own launches and kill assessments. The window's truth is not read but for one
thing that an operator sees too: that a track is no longer fed, and is dropped a while after.
"""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel

from .feasibility import fill_nodes
from .heap import INTERCEPT, LOOK
from .model import BattleModel
from .state import CLOSED, N_NODES, BattleState, Count, Window

__all__ = ["BLIP", "Standing", "tracks_on_scope"]

_SIZE = int(Count.HEAP_SIZE)
_SHOWN_AFTER_S = 4.0
"""How long a track that was judged killed is still shown [s]."""


class Standing(IntEnum):
    """How the defence stands to a track."""

    OPEN = 0
    AWAY = 1
    JUDGED_KILLED = 2
    JUDGED_MISSED = 3


_OPEN, _AWAY = int(Standing.OPEN), int(Standing.AWAY)
_KILLED, _MISSED = int(Standing.JUDGED_KILLED), int(Standing.JUDGED_MISSED)

# One track on the scope. i_row: the prediction in force; standing: a Standing; t_meet_s: next meeting of own rounds
# with it, infinite for none.
BLIP = np.dtype(
    [
        ("track_id", np.int64),
        ("i_track", np.int32),
        ("i_row", np.int32),
        ("i_class", np.int16),
        ("standing", np.int8),
        ("n_shots", np.int16),
        ("east_m", np.float64),
        ("north_m", np.float64),
        ("height_m", np.float64),
        ("east_mps", np.float64),
        ("north_mps", np.float64),
        ("t_impact_s", np.float64),
        ("t_meet_s", np.float64),
        ("p_hit", np.float64),
        ("value_people", np.float64),
    ],
    align=True,
)


@inlined_kernel
def _is_shown(window, i_track, t_s):
    """Whether a track is carried on the scope: predicted, reported to a post, not yet down, not dropped."""
    track, track_state = window.tracks[i_track], window.track_state[i_track]
    if track_state.current < 0 or track.post_mask == 0 or t_s < track.t_confirmed_s:
        return False
    if t_s >= window.assessments[track_state.current].t_impact_s or t_s >= track_state.t_dropped_s:
        return False
    return track_state.status != CLOSED or t_s < track_state.t_closed_s + _SHOWN_AFTER_S


@inlined_kernel
def _standing(track_state, is_away):
    """How the defence stands to a track."""
    if track_state.status == CLOSED and track_state.t_closed_s < math.inf:
        return _KILLED
    if is_away:
        return _AWAY
    return _MISSED if track_state.n_shots > 0 else _OPEN


@inlined_kernel
def _place(model, state, window, i_track, t_s, blip):
    """Where a track is thought to be at a time, and how fast it goes over the ground: on its predicted path."""
    fill_nodes(model, state, window.tracks[i_track], window.assessments[window.track_state[i_track].current])
    nodes = state.nodes
    j = 1
    while j < N_NODES - 1 and nodes[j, 0] < t_s:
        j += 1
    step_s = max(nodes[j, 0] - nodes[j - 1, 0], 1e-9)
    share = min(max((t_s - nodes[j - 1, 0]) / step_s, 0.0), 1.0)
    blip.east_m = nodes[j - 1, 1] + share * (nodes[j, 1] - nodes[j - 1, 1])
    blip.north_m = nodes[j - 1, 2] + share * (nodes[j, 2] - nodes[j - 1, 2])
    blip.height_m = nodes[j - 1, 3] + share * (nodes[j, 3] - nodes[j - 1, 3])
    blip.east_mps = (nodes[j, 1] - nodes[j - 1, 1]) / step_s
    blip.north_mps = (nodes[j, 2] - nodes[j - 1, 2]) / step_s


@allocating_kernel
def _meetings_s(state, n_tracks):
    """Next meeting of own rounds with each track [s]: infinite for none, -inf where only the look is due."""
    t_meet_s = np.full(n_tracks, np.inf)
    for k in range(state.count[_SIZE]):
        event = state.events[state.heap[k]]
        if event.kind == INTERCEPT:
            t_meet_s[event.i_track] = min(t_meet_s[event.i_track], event.t_s)
        elif event.kind == LOOK and t_meet_s[event.i_track] == np.inf:
            t_meet_s[event.i_track] = -np.inf
    return t_meet_s


@allocating_kernel
def tracks_on_scope(model: BattleModel, state: BattleState, window: Window, t_s: float) -> np.ndarray:
    """Tracks that the defence carries at a time: (n,) of BLIP, in the window's order.

    ``state.nodes`` and ``state.path`` are used as scratch, as every look at options uses them.
    """
    t_meet_s = _meetings_s(state, len(window.tracks))
    n = 0
    for i in range(len(window.tracks)):
        n += _is_shown(window, i, t_s)
    blips = np.zeros(n, BLIP)
    n = 0
    for i in range(len(window.tracks)):
        if not _is_shown(window, i, t_s):
            continue
        blip, track_state = blips[n], window.track_state[i]
        row = window.assessments[track_state.current]
        blip.track_id, blip.i_track, blip.i_row = window.tracks[i].track_id, i, track_state.current
        blip.i_class, blip.n_shots = window.tracks[i].i_class, track_state.n_shots
        blip.standing = _standing(track_state, t_meet_s[i] < np.inf)
        blip.t_impact_s, blip.p_hit, blip.value_people = row.t_impact_s, row.p_any, row.value_people
        blip.t_meet_s = t_meet_s[i] if t_meet_s[i] > t_s else np.inf
        _place(model, state, window, i, t_s, blip)
        n += 1
    return blips

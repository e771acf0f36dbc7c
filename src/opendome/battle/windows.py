"""Windows: the battle sees one stretch of the raid at a time, so that memory does not grow with the campaign.

``open_window`` joins what the last window left in the air with the next stretch; ``close_window`` keeps what is still
in the air, still tracked or still waited for.
"""

from __future__ import annotations

import numpy as np

from opendome.base.kernels import allocating_kernel
from opendome.base.types import ASSESSMENT, MAX_AREAS_PER_ASSESSMENT, OBJECT, TRACK

from .state import OBJECT_STATE, TRACK_STATE, BattleState, Count, Window

__all__ = ["close_window", "one_to_one_links", "open_window"]

_CURSOR = int(Count.CURSOR)
_SIZE = int(Count.HEAP_SIZE)


@allocating_kernel
def one_to_one_links(i_object: np.ndarray) -> tuple:
    """Links of a picture in which every track holds one object for ever: (first, object, from, until)."""
    n = len(i_object)
    return np.arange(n + 1), i_object, np.full(n, -np.inf), np.full(n, np.inf)


@allocating_kernel
def _order_from(rows, t_from_s):
    """Rows at or after a time, in time order, ties by row; rows arrive nearly sorted, so insertion is cheap."""
    order = np.empty(len(rows), np.int64)
    n = 0
    for i in range(len(rows)):
        t = rows[i].t_s
        if t < t_from_s:
            continue
        j = n
        while j > 0 and rows[order[j - 1]].t_s > t:
            order[j] = order[j - 1]
            j -= 1
        order[j] = i
        n += 1
    return order[:n]


@allocating_kernel
def open_window(
    carried: Window,
    state: BattleState,
    t_from_s: float,
    objects,
    tracks,
    assessments,
    areas,
    p_areas,
    is_inside,
    links: tuple,
) -> Window:
    """Join a carried window with the next stretch; the state's cursor goes to the first assessment from t_from_s on.

    ``objects`` (n,), ``tracks`` (m,), ``assessments`` (k,) with ``areas``, ``p_areas``, ``is_inside`` (k, 16), and
    ``links`` (first (m + 1,), object, from, until), all counted within this stretch.
    """
    n0, m0, k0 = len(carried.objects), len(carried.tracks), len(carried.assessments)
    n, m, k = n0 + len(objects), m0 + len(tracks), k0 + len(assessments)
    all_objects, object_state = np.empty(n, OBJECT), np.zeros(n, OBJECT_STATE)
    all_objects[:n0], all_objects[n0:] = carried.objects, objects
    object_state[:n0] = carried.object_state
    all_tracks, track_state = np.empty(m, TRACK), np.zeros(m, TRACK_STATE)
    all_tracks[:m0], all_tracks[m0:] = carried.tracks, tracks
    track_state[:m0] = carried.track_state
    for i in range(m0, m):
        all_tracks[i].first_assessment += k0
        track_state[i].slot, track_state[i].current, track_state[i].reason = -1, -1, 1
        track_state[i].t_dropped_s = np.inf
    rows, all_areas, all_p, all_inside = assessments, areas, p_areas, is_inside
    if k0 > 0:
        rows = np.empty(k, ASSESSMENT)
        rows[:k0], rows[k0:] = carried.assessments, assessments
        for i in range(k0, k):
            rows[i].i_track += m0
        all_areas = np.concatenate((carried.areas, areas))
        all_p = np.concatenate((carried.p_areas, p_areas))
        all_inside = np.concatenate((carried.is_inside, is_inside))
    first, linked, since, until = links
    l0 = len(carried.link_object)
    all_first = np.concatenate((carried.link_first[:m0], first + l0))
    all_linked = np.concatenate((carried.link_object, linked + n0))
    order = _order_from(rows, t_from_s)
    state.count[_CURSOR] = 0
    return Window(
        all_objects,
        object_state,
        all_tracks,
        track_state,
        rows,
        order,
        all_areas,
        all_p,
        all_inside,
        all_first,
        all_linked,
        np.concatenate((carried.link_from_s, since)),
        np.concatenate((carried.link_until_s, until)),
    )


@allocating_kernel
def _mark_kept(window, state, until_s, hold_s):
    """Which tracks and objects must be carried on: (tracks, objects) as new places, -1 for none."""
    tracks = np.full(len(window.tracks), -1, np.int64)
    objects = np.full(len(window.objects), -1, np.int64)
    for i in range(len(window.objects)):
        if window.objects[i].t_impact_s >= until_s:
            objects[i] = 0
    for k in range(state.count[_SIZE]):
        tracks[state.events[state.heap[k]].i_track] = 0
    for i in range(len(window.tracks)):
        track = window.tracks[i]
        last = track.first_assessment + track.n_assessments - 1
        if track.n_assessments > 0 and window.assessments[last].t_s >= until_s - hold_s:
            tracks[i] = 0
        for k in range(window.link_first[i], window.link_first[i + 1]):
            if objects[window.link_object[k]] == 0:
                tracks[i] = 0
    for i in range(len(window.tracks)):
        if tracks[i] == 0:
            for k in range(window.link_first[i], window.link_first[i + 1]):
                objects[window.link_object[k]] = 0
    _number(tracks)
    _number(objects)
    return tracks, objects


@allocating_kernel
def _number(places):
    """Replace marks (0) by running numbers."""
    n = 0
    for i in range(len(places)):
        if places[i] == 0:
            places[i] = n
            n += 1


@allocating_kernel
def _count_kept(window, tracks):
    """Number of kept tracks, assessments and links."""
    m, k, n_links = 0, 0, 0
    for i in range(len(tracks)):
        if tracks[i] >= 0:
            m += 1
            k += window.tracks[i].n_assessments
            n_links += window.link_first[i + 1] - window.link_first[i]
    return m, k, n_links


@allocating_kernel
def _keep_objects(window, objects):
    """Kept objects and their states, in their new places."""
    n = 0
    for i in range(len(objects)):
        n += objects[i] >= 0
    new_objects, object_state = np.empty(n, OBJECT), np.empty(n, OBJECT_STATE)
    for i in range(len(objects)):
        if objects[i] >= 0:
            new_objects[objects[i]] = window.objects[i]
            object_state[objects[i]] = window.object_state[i]
    return new_objects, object_state


@allocating_kernel
def close_window(window: Window, state: BattleState, until_s: float, hold_s: float) -> Window:
    """What a finished window hands to the next; the events in the queue are renumbered to it.

    Tracks whose last assessment is younger than ``hold_s`` are kept as well: its alert may still have to sound.
    """
    tracks, objects = _mark_kept(window, state, until_s, hold_s)
    m, k, n_links = _count_kept(window, tracks)
    new_objects, object_state = _keep_objects(window, objects)
    new_tracks, track_state = np.empty(m, TRACK), np.empty(m, TRACK_STATE)
    rows = np.empty(k, ASSESSMENT)
    areas = np.empty((k, MAX_AREAS_PER_ASSESSMENT), np.int16)
    p_areas = np.empty((k, MAX_AREAS_PER_ASSESSMENT), np.float32)
    is_inside = np.empty((k, MAX_AREAS_PER_ASSESSMENT), np.int8)
    link_first = np.zeros(m + 1, np.int64)
    link_object = np.empty(n_links, np.int64)
    link_from, link_until = np.empty(n_links), np.empty(n_links)
    at_row, at_link = 0, 0
    for i in range(len(tracks)):
        j = tracks[i]
        if j < 0:
            continue
        track = window.tracks[i]
        new_tracks[j] = track
        track_state[j] = window.track_state[i]
        new_tracks[j].first_assessment = at_row
        if track_state[j].current >= 0:
            track_state[j].current += at_row - track.first_assessment
        for r in range(track.first_assessment, track.first_assessment + track.n_assessments):
            rows[at_row] = window.assessments[r]
            rows[at_row].i_track = j
            areas[at_row], p_areas[at_row], is_inside[at_row] = window.areas[r], window.p_areas[r], window.is_inside[r]
            at_row += 1
        for r in range(window.link_first[i], window.link_first[i + 1]):
            link_object[at_link] = objects[window.link_object[r]]
            link_from[at_link], link_until[at_link] = window.link_from_s[r], window.link_until_s[r]
            at_link += 1
        link_first[j + 1] = at_link
    for r in range(state.count[_SIZE]):
        event = state.events[state.heap[r]]
        event.i_track = tracks[event.i_track]
    return Window(
        new_objects,
        object_state,
        new_tracks,
        track_state,
        rows,
        np.zeros(0, np.int64),
        areas,
        p_areas,
        is_inside,
        link_first,
        link_object,
        link_from,
        link_until,
    )

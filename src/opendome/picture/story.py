"""What becomes of each track of the tracked picture: its record, its assessments, and the object behind it.

``Story`` is kept by the tracker's slots while a window runs; ``Yield`` is what a day gives: tracks, assessments and
links. Links are for the battle kernel and the recorder alone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.types import ASSESSMENT, MAX_AREAS_PER_ASSESSMENT, TRACK

__all__ = [
    "FALSE", "Story", "Yield", "close_stories", "collect_picture", "follow", "grow_yield", "new_story", "new_yield",
    "open_story",
]  # fmt: skip

FALSE = -1
"""Truth behind a plot of nothing."""
_RUN = 3


class Story(NamedTuple):
    """By slot (n,): the track it is of, its row in the yield (-1 none), what has been assessed, and whence its plots.

    ``last_row`` is the row of the last assessment. ``lead`` and ``lead_n`` are the object
    that most plots came from so far, by majority vote, before there is a record; ``linked`` is the object that the
    record holds since; ``other``, ``other_n`` a run of plots from elsewhere.
    """

    track_id: np.ndarray
    record: np.ndarray
    n_assessed: np.ndarray
    last_row: np.ndarray
    next_age_s: np.ndarray
    lead: np.ndarray
    lead_n: np.ndarray
    linked: np.ndarray
    other: np.ndarray
    other_n: np.ndarray


class Yield(NamedTuple):
    """Tracks, assessments in order of time, links (track, object, from, until), and how many there are of each."""

    tracks: np.ndarray
    rows: np.ndarray
    areas: np.ndarray
    p_areas: np.ndarray
    is_inside: np.ndarray
    link_track: np.ndarray
    link_object: np.ndarray
    link_from_s: np.ndarray
    link_until_s: np.ndarray
    n_tracks: np.ndarray
    n_rows: np.ndarray
    n_links: np.ndarray


@allocating_kernel
def new_story(n_slots):
    """Stories of slots that hold no track."""
    return Story(
        np.full(n_slots, -1),
        np.full(n_slots, -1),
        np.zeros(n_slots, np.int64),
        np.zeros(n_slots, np.int64),
        np.zeros(n_slots),
        np.full(n_slots, FALSE),
        np.zeros(n_slots, np.int64),
        np.full(n_slots, FALSE),
        np.full(n_slots, FALSE),
        np.zeros(n_slots, np.int64),
    )


@allocating_kernel
def new_yield(n_tracks, n_rows):
    """Room for so many tracks and assessments, empty."""
    return Yield(
        np.zeros(n_tracks, TRACK),
        np.zeros(n_rows, ASSESSMENT),
        np.zeros((n_rows, MAX_AREAS_PER_ASSESSMENT), np.int16),
        np.zeros((n_rows, MAX_AREAS_PER_ASSESSMENT), np.float32),
        np.zeros((n_rows, MAX_AREAS_PER_ASSESSMENT), np.int8),
        np.zeros(4 * n_tracks, np.int64),
        np.zeros(4 * n_tracks, np.int64),
        np.zeros(4 * n_tracks),
        np.zeros(4 * n_tracks),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
    )


@allocating_kernel
def grow_yield(found, n_more):
    """The same yield with twice the room, and room for so many more tracks and rows."""
    n_tracks, n_rows, n_links = found.n_tracks[0], found.n_rows[0], found.n_links[0]
    more = new_yield(2 * len(found.tracks) + n_more, 2 * len(found.rows) + n_more)
    more.tracks[:n_tracks] = found.tracks[:n_tracks]
    more.rows[:n_rows] = found.rows[:n_rows]
    more.areas[:n_rows] = found.areas[:n_rows]
    more.p_areas[:n_rows] = found.p_areas[:n_rows]
    more.is_inside[:n_rows] = found.is_inside[:n_rows]
    more.link_track[:n_links] = found.link_track[:n_links]
    more.link_object[:n_links] = found.link_object[:n_links]
    more.link_from_s[:n_links] = found.link_from_s[:n_links]
    more.link_until_s[:n_links] = found.link_until_s[:n_links]
    more.n_tracks[0], more.n_rows[0], more.n_links[0] = n_tracks, n_rows, n_links
    return more


@kernel
def close_stories(story):
    """Forget all tracks: a window is over."""
    for slot in range(len(story.track_id)):
        story.track_id[slot], story.record[slot] = -1, -1


@inlined_kernel
def _add_link(found, record, truth, t_from_s):
    """Let a record hold an object from a time on; without room the last link stays."""
    k = found.n_links[0]
    if truth == FALSE or k == len(found.link_track):
        return
    found.link_track[k], found.link_object[k] = record, truth
    found.link_from_s[k], found.link_until_s[k] = t_from_s, math.inf
    found.n_links[0] += 1


@inlined_kernel
def _end_link(found, record, t_s):
    """End the link that a record holds now."""
    for k in range(found.n_links[0] - 1, -1, -1):
        if found.link_track[k] == record and found.link_until_s[k] == math.inf:
            found.link_until_s[k] = t_s
            return


@kernel
def follow(story, found, slot, track_id, truth, t_s):
    """Note which object the plot came from that a track was just given."""
    if story.track_id[slot] != track_id:
        story.track_id[slot], story.record[slot], story.n_assessed[slot] = track_id, -1, 0
        story.next_age_s[slot] = 0.0
        story.lead[slot], story.lead_n[slot], story.other_n[slot] = truth, 1, 0
        return
    if story.record[slot] < 0:
        if story.lead_n[slot] == 0:
            story.lead[slot] = truth
        story.lead_n[slot] += 1 if truth == story.lead[slot] else -1
        return
    if truth == story.linked[slot]:
        story.other_n[slot] = 0
        return
    story.other_n[slot] = story.other_n[slot] + 1 if truth == story.other[slot] else 1
    story.other[slot] = truth
    if story.other_n[slot] >= _RUN:
        _end_link(found, story.record[slot], t_s)
        _add_link(found, story.record[slot], truth, t_s)
        story.linked[slot], story.other_n[slot] = truth, 0


@kernel
def open_story(story, found, slot, track_id, i_sensor, t_first_plot_s, t_confirmed_s):
    """Make a slot's track the next record of the yield; gives its row."""
    record = found.n_tracks[0]
    track = found.tracks[record]
    track.track_id, track.i_sensor, track.post_mask = track_id, i_sensor, -1
    track.t_first_plot_s, track.t_confirmed_s, track.n_assessments = t_first_plot_s, t_confirmed_s, 0
    story.record[slot], story.linked[slot], story.other_n[slot] = record, story.lead[slot], 0
    found.n_tracks[0] += 1
    _add_link(found, record, story.lead[slot], -math.inf)
    return record


@allocating_kernel
def collect_picture(found):
    """The yield in the order that the battle takes.

    Returns
    -------
    tracks (m,), assessments (k,) grouped by track, areas (k, 16), p_areas (k, 16), is_inside (k, 16), and the links
    (first (m + 1,), object, from, until)
    """
    m, k, n_links = found.n_tracks[0], found.n_rows[0], found.n_links[0]
    tracks, rows = np.empty(m, TRACK), np.empty(k, ASSESSMENT)
    areas = np.empty((k, MAX_AREAS_PER_ASSESSMENT), np.int16)
    p_areas = np.empty((k, MAX_AREAS_PER_ASSESSMENT), np.float32)
    is_inside = np.empty((k, MAX_AREAS_PER_ASSESSMENT), np.int8)
    tracks[:] = found.tracks[:m]
    place = np.zeros(m, np.int64)
    at = 0
    for i in range(m):
        tracks[i].first_assessment = at
        place[i] = at
        at += tracks[i].n_assessments
    for r in range(k):
        to = place[found.rows[r].i_track]
        place[found.rows[r].i_track] += 1
        rows[to] = found.rows[r]
        areas[to], p_areas[to], is_inside[to] = found.areas[r], found.p_areas[r], found.is_inside[r]
    first = np.zeros(m + 1, np.int64)
    for k_link in range(n_links):
        first[found.link_track[k_link] + 1] += 1
    for i in range(m):
        first[i + 1] += first[i]
    cursor = first[:m].copy()
    objects, since, until = np.empty(n_links, np.int64), np.empty(n_links), np.empty(n_links)
    for k_link in range(n_links):
        to = cursor[found.link_track[k_link]]
        cursor[found.link_track[k_link]] += 1
        objects[to] = found.link_object[k_link]
        since[to], until[to] = found.link_from_s[k_link], found.link_until_s[k_link]
    return tracks, rows, areas, p_areas, is_inside, (first, objects, since, until)

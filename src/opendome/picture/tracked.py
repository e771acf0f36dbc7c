"""The tracked picture: true paths, looks of the radars, the tracker, and what it tells the battle.

A day's objects fly their true paths; in windows round bursts each radar looks at its revisit time at the objects that
it watches; plots go to the tracker, which keeps one picture of all radars; confirmed tracks are assessed at
confirmation, whenever the ellipse has shrunk by the step or the prediction is far outside the last ellipse, and at the
last look before a first decision is due, ten times at most. What is slow and low is assessed once it is decided
whether it flies or falls. A track that is lost in the air gets a last assessment without a hit. Between windows the
tracker starts anew and nothing is simulated but false tracks at the measured rate.

Which object a plot came from is known here, and goes into the links alone: a track holds the object that most of its
plots came from, and changes it when three plots in a row came from another.

Left out: merging of plots that lie inside one resolution cell; plots of interceptors and debris; association across
midnight.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.errors import RunError
from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.types import TrackStatus
from opendome.sensing.plots import SensingModel, look_time_s, new_plot_buffer, plot_capacity
from opendome.sensing.plots import scan as look_once
from opendome.tracking.classify import ClassifyRules
from opendome.tracking.imm import DroneRules
from opendome.tracking.kinds import Motion, has_drone_lead, is_decided, publish_slot
from opendome.tracking.model import N_MODEL_ERRORS
from opendome.tracking.room import new_state
from opendome.tracking.rules import TrackRules
from opendome.tracking.scan import BAD_PLOTS, N_LIVE, Setup, look, new_work, reset

from .assess import assess_rocket, estimate_origin, likeliest_class
from .curves import LAST_ERROR_M, MOST_ASSESSMENTS
from .goal import GoalRoom, assess_goal, new_goal_room
from .hit import hit_probabilities
from .model import PictureModel
from .quiet import quiet_tracks
from .renewal import decision_due_s, is_renewed, look_again_age_s, next_age_s, widest_m
from .sight import MAX_FUSED
from .story import FALSE, Yield, close_stories, collect_picture, follow, grow_yield, new_story, new_yield, open_story
from .tracked_model import TrackedModel
from .truth import Paths, is_airborne, make_paths, state_at
from .watch import is_watched, split_windows, watch_plan

__all__ = [
    "CRUISE_EVERY_S", "IDS_PER_DAY", "Room", "flying_objects", "new_room", "perceive_tracked",
    "tracker_setup", "watch_window", "watched_targets",
]  # fmt: skip

_CONFIRMED = int(TrackStatus.CONFIRMED)
_DROPPED = int(TrackStatus.DROPPED)
_NEARLY_DOWN_S = 5.0
CRUISE_EVERY_S = 5.0
_DAY_S = 86400.0
_SLOTS_BESIDE = 192
_PAIRS_PER_SLOT = 24
IDS_PER_DAY = 1 << 24


class Room(NamedTuple):
    """Working arrays of a day; nothing in them means anything between looks.

    ``order`` (n,) the day's flying objects by start; ``active`` places in it; ``targets`` (k, 7), ``keys`` (k, 2) and
    ``target_object`` (k,) of one look; the rest is scratch of the assessments. ``id_first`` (1,) is added to track ids.
    """

    order: np.ndarray
    active: np.ndarray
    state: np.ndarray
    targets: np.ndarray
    keys: np.ndarray
    target_object: np.ndarray
    chosen: np.ndarray
    distance_m: np.ndarray
    mean: np.ndarray
    cov: np.ndarray
    work6: np.ndarray
    no_errors: np.ndarray
    impact: np.ndarray
    p_class: np.ndarray
    goal: GoalRoom
    id_first: np.ndarray


def tracker_setup(tracked: TrackedModel) -> Setup:
    """The tracker's constants: a miss counts against a radar that has seen the track before."""
    motion = Motion(tracked.motion, DroneRules(), ClassifyRules())
    return Setup(motion, TrackRules(is_watch_planned=True), tracked.radars)


@inlined_kernel
def watched_targets(model, tracked, paths, objects, active, n_active, plan, i_radar, t_s, room):
    """States of the objects that a radar watches and that fly at a time; their number."""
    n = 0
    for m in range(n_active):
        j = active[m]
        i = room.order[j]
        if not is_airborne(model, paths, objects, i, t_s):
            continue
        is_cruise = model.classes[objects[i].i_class].is_cruise == 1
        if is_cruise:
            state_at(model, tracked, paths, objects, i, t_s, room.state)
        if not is_watched(model, plan, j, is_cruise, i_radar, t_s, room.state, room.chosen, room.distance_m):
            continue
        if not is_cruise:
            state_at(model, tracked, paths, objects, i, t_s, room.state)
        for k in range(6):
            room.targets[n, k] = room.state[k]
        room.targets[n, 6] = tracked.class_rcs_m2[objects[i].i_class]
        room.keys[n, 0], room.keys[n, 1] = objects[i].burst, objects[i].shot
        room.target_object[n] = i
        n += 1
    return n


@inlined_kernel
def _is_due(story, slot, age_s):
    """Whether it is time to assess a track again."""
    return story.n_assessed[slot] < MOST_ASSESSMENTS and age_s >= story.next_age_s[slot]


@kernel
def _assess_slot(model, tracked, setup, state, story, found, room, slot, t_s, latency_s):
    """Assess one confirmed track if the ellipse has shrunk enough, or for the first time; its story is opened then."""
    filters, slots = state.filters, state.slots
    age_s = t_s - slots.t_first_plot_s[slot]
    is_drone = has_drone_lead(filters, slot)
    if is_drone and not is_decided(filters, slot):
        return  # slow and low so far: a drone, or a rocket that falls short
    publish_slot(setup.motion, filters, slot, room.mean, room.cov)
    k = found.n_rows[0]
    row, areas, p_areas, inside = found.rows[k], found.areas[k], found.p_areas[k], found.is_inside[k]
    row.t_s = t_s + latency_s
    story.next_age_s[slot] = age_s + CRUISE_EVERY_S if is_drone else next_age_s(age_s)
    record = story.record[slot]
    if not is_drone and not assess_rocket(setup, filters, slot, room, row):
        return
    track = found.tracks[record if record >= 0 else found.n_tracks[0]]
    if record < 0:
        if is_drone:
            track.t_origin_s = slots.t_first_plot_s[slot]
            track.origin_east_m = room.mean[0] - room.mean[3] * age_s
            track.origin_north_m = room.mean[1] - room.mean[4] * age_s
        else:
            estimate_origin(tracked, room, t_s, track)
        i_class = likeliest_class(model, tracked, setup, filters, slot, track, row, room)
        if i_class < 0:
            story.next_age_s[slot] = math.inf
            return
        track.i_class = i_class
    casualty_area_m2 = model.classes[track.i_class].casualty_area_m2
    if is_drone and not assess_goal(
        model, room.mean, room.cov, t_s, room.goal, casualty_area_m2, row, areas, p_areas, inside
    ):
        return
    t_last_look_s = math.inf
    if not is_drone:
        t_last_look_s = decision_due_s(model, track, row) - tracked.radars[slots.i_radar[slot]].revisit_s
        story.next_age_s[slot] = look_again_age_s(age_s, t_last_look_s - row.t_s)
    if record >= 0 and not is_renewed(model, found.rows[story.last_row[slot]], row, t_last_look_s):
        return
    if record < 0:
        record = open_story(
            story, found, slot, room.id_first[0] + slots.track_id[slot], slots.i_radar[slot],
            slots.t_first_plot_s[slot] + latency_s, t_s + latency_s,
        )  # fmt: skip
    row.i_track, row.ordinal = record, story.n_assessed[slot]
    if not is_drone:
        hit_probabilities(model, casualty_area_m2, row, areas, p_areas, inside)
    story.last_row[slot] = k
    story.n_assessed[slot] += 1
    found.n_rows[0] += 1
    found.tracks[record].n_assessments += 1
    if widest_m(row) <= LAST_ERROR_M:
        story.next_age_s[slot] = math.inf


@kernel
def _end_stories(state, story, found, t_s, latency_s):
    """Tell the battle of tracks that were lost in the air: a last assessment that predicts no hit.

    ``found`` must have room for as many rows as there are stories. A track that is about to come down needs none.
    """
    for slot in range(len(state.slots.status)):
        record = story.record[slot]
        if record < 0 or state.slots.status[slot] != _DROPPED:
            continue
        story.record[slot] = -1
        last = found.rows[story.last_row[slot]]
        if story.n_assessed[slot] == MOST_ASSESSMENTS or last.t_impact_s < t_s + _NEARLY_DOWN_S:
            continue
        row = found.rows[found.n_rows[0]]
        row.i_track, row.ordinal, row.t_s = record, story.n_assessed[slot], t_s + latency_s
        row.now_east_m, row.now_north_m = last.now_east_m, last.now_north_m
        row.mean_east_m, row.mean_north_m, row.t_impact_s = last.mean_east_m, last.mean_north_m, last.t_impact_s
        row.var_east_m2, row.cov_m2, row.var_north_m2 = last.var_east_m2, last.cov_m2, last.var_north_m2
        row.n_areas, row.p_any, row.value_people = 0, 0.0, 0.0
        found.n_rows[0] += 1
        found.tracks[record].n_assessments += 1


@kernel
def _take_tracks(model, tracked, setup, state, story, found, room, buffer, t_s, latency_s):
    """After a look: follow where each track's plot came from, and assess confirmed tracks that are due."""
    slots = state.slots
    for m in range(state.count[N_LIVE]):
        slot = state.live[m]
        i_plot = slots.i_plot[slot]
        if i_plot >= 0:
            source = buffer.source[i_plot]
            truth = room.target_object[source] if source >= 0 else FALSE
            follow(story, found, slot, slots.track_id[slot], truth, t_s)
        is_due = slots.status[slot] == _CONFIRMED and i_plot >= 0
        if is_due and _is_due(story, slot, t_s - slots.t_first_plot_s[slot]):
            _assess_slot(model, tracked, setup, state, story, found, room, slot, t_s, latency_s)


@allocating_kernel
def watch_window(model, tracked, setup, sensing, state, work, room, buffer, paths, objects, replication, begin, end,
                  plan, story, found):  # fmt: skip
    """Look, track and assess through one window: objects room.order[begin:end]."""
    n_radars = len(tracked.radars)
    order = room.order
    t_s = paths.t_start_s[order[begin]]
    next_look = np.empty(n_radars, np.int64)
    for r in range(n_radars):
        radar = tracked.radars[r]
        next_look[r] = math.ceil((t_s - radar.phase_s) / radar.revisit_s)
    reset(state)
    close_stories(story)
    n_active, entered = 0, begin
    status = 0
    while True:
        best, t_s = -1, math.inf
        for r in range(n_radars):
            t_look_s = look_time_s(tracked.radars[r], next_look[r])
            if t_look_s < t_s:
                best, t_s = r, t_look_s
        while entered < end and paths.t_start_s[order[entered]] <= t_s:
            room.active[n_active] = entered
            n_active += 1
            entered += 1
        kept = 0
        for m in range(n_active):
            if paths.t_end_s[order[room.active[m]]] > t_s:
                room.active[kept] = room.active[m]
                kept += 1
        n_active = kept
        if n_active == 0 and entered == end:
            return status, found
        radar, k = tracked.radars[best], next_look[best]
        next_look[best] += 1
        if not radar.t_up_s <= t_s < radar.t_down_s:
            continue
        n = watched_targets(model, tracked, paths, objects, room.active, n_active, plan, best, t_s, room)
        if n == 0:
            continue
        n_plots = look_once(sensing, best, replication, k, t_s, room.targets, room.keys, n, buffer)
        status |= look(setup, state, work, best, t_s, buffer.plots[:n_plots])
        n_slots = len(state.slots.status)
        if found.n_rows[0] + n_slots > len(found.rows) or found.n_tracks[0] + n_slots > len(found.tracks):
            found = grow_yield(found, n_slots)
        _end_stories(state, story, found, t_s, radar.latency_s)
        _take_tracks(model, tracked, setup, state, story, found, room, buffer, t_s, radar.latency_s)


@allocating_kernel
def new_room(n_objects, n_rockets, day, order):
    """Working arrays of a day."""
    return Room(
        order,
        np.zeros(n_objects + 1, np.int64),
        np.zeros(6),
        np.zeros((n_objects + 1, 7)),
        np.zeros((n_objects + 1, 2), np.int64),
        np.zeros(n_objects + 1, np.int64),
        np.zeros(MAX_FUSED, np.int64),
        np.zeros(MAX_FUSED),
        np.zeros(7),
        np.zeros((7, 7)),
        np.zeros((6, 6)),
        np.zeros(N_MODEL_ERRORS),
        np.zeros(8),
        np.zeros(max(n_rockets, 1)),
        new_goal_room(),
        np.full(1, day * IDS_PER_DAY),
    )


def flying_objects(paths: Paths, is_cruise: np.ndarray) -> np.ndarray:
    """Objects that fly at all, by start of flight."""
    flies = (np.diff(paths.first) > 0) | is_cruise
    order = np.flatnonzero(flies & (paths.t_end_s > paths.t_start_s))
    return np.asarray(order[np.argsort(paths.t_start_s[order], kind="stable")])


def perceive_tracked(
    model: PictureModel, tracked: TrackedModel, seed: int, replication: int, day: int, objects: np.ndarray
) -> tuple:
    """Tracks, assessments and links of a day's objects.

    Parameters
    ----------
    model : PictureModel
    tracked : TrackedModel
    seed, replication, day : int    they name every random draw
    objects : (n,) of OBJECT        launched on that day

    Returns
    -------
    tracks (m,) of TRACK, assessments (k,) of ASSESSMENT, areas (k, 16), p_areas (k, 16), is_inside (k, 16), and the
    links (first (m + 1,), object, from, until), for the battle kernel and the recorder alone

    Raises
    ------
    RunError    the tracker ran out of room; the message says what to change
    """
    paths = make_paths(model, tracked, seed, replication, objects)
    order = flying_objects(paths, model.classes["is_cruise"][objects["i_class"]] == 1)
    found = new_yield(len(objects) + 64, 4 * len(objects) + 256)
    if len(order) > 0:
        found = _watch_day(model, tracked, seed, replication, day, objects, paths, order, found)
    quiet_tracks(model, tracked, seed, replication, day, found)
    collected: tuple = collect_picture(found)
    return collected


def _watch_day(
    model: PictureModel,
    tracked: TrackedModel,
    seed: int,
    replication: int,
    day: int,
    objects: np.ndarray,
    paths: Paths,
    order: np.ndarray,
    found: Yield,
) -> Yield:
    """Every window of a day."""
    ends = split_windows(paths, order)
    most = int(np.diff(ends, prepend=0).max())
    n_slots = 2 * most + _SLOTS_BESIDE
    n_plots = plot_capacity(tracked.radars, most)
    setup = tracker_setup(tracked)
    state = new_state(n_slots, 8 * n_plots, len(tracked.radars))
    work = new_work(n_slots, n_plots, _PAIRS_PER_SLOT * n_slots, len(tracked.radars))
    room = new_room(most, len(tracked.rockets), day, order)
    buffer, story = new_plot_buffer(n_plots), new_story(n_slots + 1)
    sensing = SensingModel(tracked.radars, tracked.detection, tracked.terrain, seed)
    plan = watch_plan(model, paths, objects, order)
    begin = 0
    for end in ends:
        status, found = watch_window(
            model, tracked, setup, sensing, state, work, room, buffer, paths, objects, replication, begin, end,
            plan, story, found,
        )  # fmt: skip
        if status & ~BAD_PLOTS:
            raise RunError(
                f"replication {replication}, day {day + 1}: the tracker ran out of room (status {status}); lower "
                "radar.false_plots_per_scan or split the raid into more salvoes"
            )
        begin = end
    return found

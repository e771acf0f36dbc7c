"""The tracked picture through somebody else's tracker: the same paths, looks and rules, the tracks by its protocol.

A tracker is made anew for each window by ``factory(radars, lat_deg)``; each look goes to ``step(t_s, plots)``, whose
``rows`` are of TRACK_REPORT. Links follow the plot that a row says it took; a tracker that never says so is linked to
what flies nearest. Impact is what the row predicts; a confirmed rocket without a prediction is not assessed, and so is
never shot at.

Left out: the last assessment by which our own picture takes a lost track's threat back. The watch plan is not told to
the tracker, so that one which counts a silent radar's looks as misses loses tracks sooner than ours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from opendome.base.errors import CommandError
from opendome.base.types import TRACK_REPORT, TrackKind, TrackStatus
from opendome.sensing.plots import PlotBuffer, SensingModel, new_plot_buffer, plot_capacity
from opendome.sensing.plots import scan as look_once
from opendome.tracking.classify import class_probabilities
from opendome.tracking.protocol import TrackerFactory, TrackerProtocol

from .assess import estimate_origin
from .curves import LAST_ERROR_M, MOST_ASSESSMENTS
from .goal import assess_goal
from .hit import hit_probabilities
from .model import PictureModel
from .quiet import quiet_tracks
from .renewal import decision_due_s, is_renewed, look_again_age_s, next_age_s, widest_m
from .story import FALSE, Story, Yield, collect_picture, follow, grow_yield, new_story, new_yield, open_story
from .tracked import CRUISE_EVERY_S, IDS_PER_DAY, Room, flying_objects, new_room, watched_targets
from .tracked_model import TrackedModel
from .truth import Paths, make_paths
from .watch import split_windows, watch_plan

__all__ = ["perceive_through"]

_N_SLOTS = 64
_NEAR_M = 3_000.0


class _Sight(NamedTuple):
    """What a day is seen with and from."""

    model: PictureModel
    tracked: TrackedModel
    sensing: SensingModel
    replication: int
    objects: np.ndarray
    paths: Paths
    plan: np.ndarray
    room: Room
    buffer: PlotBuffer


class _Look(NamedTuple):
    """Looks of one moment: by which radars, plots, the object behind each (FALSE: none), where watched objects are."""

    t_s: float
    i_radar: np.ndarray
    plots: np.ndarray
    truth: np.ndarray
    targets: np.ndarray
    target_object: np.ndarray


def perceive_through(
    factory: TrackerFactory,
    model: PictureModel,
    tracked: TrackedModel,
    lat_deg: float,
    seed: int,
    replication: int,
    day: int,
    objects: np.ndarray,
) -> tuple:
    """Tracks, assessments and links of a day's objects, through a tracker of one's own.

    Parameters
    ----------
    factory : TrackerFactory        gives a tracker from (radars, lat_deg), see docs/how-to/bring-your-own-tracker.md
    model : PictureModel
    tracked : TrackedModel
    lat_deg : float                 latitude of the scenario's origin [degrees]
    seed, replication, day : int    they name every random draw
    objects : (n,) of OBJECT        launched on that day

    Returns
    -------
    tuple    as ``tracked.perceive_tracked``

    Raises
    ------
    CommandError    the tracker gives something that is no table of tracks
    """
    paths = make_paths(model, tracked, seed, replication, objects)
    order = flying_objects(paths, model.classes["is_cruise"][objects["i_class"]] == 1)
    found = new_yield(len(objects) + 64, 4 * len(objects) + 256)
    if len(order) > 0:
        ends = split_windows(paths, order)
        most = int(np.diff(ends, prepend=0).max())
        sight = _Sight(
            model,
            tracked,
            SensingModel(tracked.radars, tracked.detection, tracked.terrain, seed),
            replication,
            objects,
            paths,
            watch_plan(model, paths, objects, order),
            new_room(most, len(tracked.rockets), day, order),
            new_plot_buffer(plot_capacity(tracked.radars, most)),
        )
        first_id, begin = day * IDS_PER_DAY, 0
        for end in ends.tolist():
            window = _Window(sight, factory(tracked.radars.copy(), lat_deg), first_id, found)
            for seen in _looks(sight, begin, end):
                window.take(seen)
            first_id, begin, found = window.next_id, end, window.found
    quiet_tracks(model, tracked, seed, replication, day, found)
    collected: tuple = collect_picture(found)
    return collected


def _looks(sight: _Sight, begin: int, end: int) -> Iterator[_Look]:
    """Looks of a window in order of time, those of one moment together, and only where something is watched."""
    radars, paths, order = sight.tracked.radars, sight.paths, sight.room.order
    t_start_s, t_end_s = paths.t_start_s[order], paths.t_end_s[order]
    t_s, last_s = float(t_start_s[begin]), float(t_end_s[begin:end].max())
    n_looks = np.ceil((t_s - radars["phase_s"]) / radars["revisit_s"]).astype(np.int64)
    while len(radars) > 0:
        times_s = radars["phase_s"] + n_looks * radars["revisit_s"]
        t_s = float(times_s.min())
        if t_s >= last_s:
            return
        due = np.flatnonzero(times_s == t_s)
        is_up = (radars["t_up_s"][due] <= t_s) & (t_s < radars["t_down_s"][due])
        active = begin + np.flatnonzero((t_start_s[begin:end] <= t_s) & (t_end_s[begin:end] > t_s))
        parts = [_look_of(sight, int(r), int(n_looks[r]), t_s, active) for r in due[is_up]]
        seen = [part for part in parts if part is not None]
        if seen:
            yield _Look(t_s, *(np.concatenate(columns) for columns in zip(*seen, strict=True)))
        n_looks[due] += 1


def _look_of(sight: _Sight, i_radar: int, i_look: int, t_s: float, active: np.ndarray) -> tuple | None:
    """One radar's look in the order of ``_Look``; None where it watches nothing."""
    room, buffer = sight.room, sight.buffer
    n = watched_targets(
        sight.model, sight.tracked, sight.paths, sight.objects, active, len(active), sight.plan, i_radar, t_s, room
    )
    if n == 0:
        return None
    k = look_once(sight.sensing, i_radar, sight.replication, i_look, t_s, room.targets, room.keys, n, buffer)
    source = buffer.source[:k]
    truth = np.where(source >= 0, room.target_object[np.maximum(source, 0)], FALSE)
    return (
        np.array([i_radar]),
        buffer.plots[:k].copy(),
        truth,
        room.targets[:n, :3].copy(),
        room.target_object[:n].copy(),
    )


def _grown(story: Story) -> Story:
    """The same stories with twice the room."""
    more = new_story(2 * len(story.track_id))
    for old, new in zip(story, more, strict=True):
        new[: len(old)] = old
    grown: Story = more
    return grown


def _rows_of(table: Any, n_plots: int) -> np.ndarray:
    """Rows of a step's table.

    Raises
    ------
    CommandError    they are none
    """
    rows = getattr(table, "rows", None)
    if not isinstance(rows, np.ndarray) or rows.dtype != TRACK_REPORT or rows.ndim != 1:
        raise CommandError(
            f"the tracker's step gave {type(table).__name__}; it must give a table whose `rows` are a one-dimensional "
            "array of opendome.base.types.TRACK_REPORT"
        )
    if len(rows) and rows["i_plot"].max() >= n_plots:
        raise CommandError(f"the tracker says it took plot {rows['i_plot'].max()} of a scan of {n_plots}")
    return rows


class _Window:
    """One window's tracker and the stories of its tracks; what it finds goes into the yield."""

    def __init__(self, sight: _Sight, tracker: TrackerProtocol, first_id: int, found: Yield):
        self.found = found
        self.next_id = first_id
        self._sight = sight
        self._tracker = tracker
        self._first_id = first_id
        self._story: Story = new_story(_N_SLOTS)
        self._slots: dict[int, int] = {}
        self._free = list(range(_N_SLOTS))
        self._names_plots = False

    def take(self, seen: _Look) -> None:
        """Give a look to the tracker and follow what it tells."""
        rows = _rows_of(self._tracker.step(seen.t_s, seen.plots), len(seen.plots))
        self._names_plots |= bool((rows["i_plot"] >= 0).any())
        n_rows, n_tracks = self.found.n_rows[0], self.found.n_tracks[0]
        if n_rows + len(rows) >= len(self.found.rows) or n_tracks + len(rows) >= len(self.found.tracks):
            self.found = grow_yield(self.found, len(rows))
        live = {int(row["track_id"]) for row in rows}
        for track_id in [one for one in self._slots if one not in live]:
            self._free.append(self._slots.pop(track_id))
        for row in rows:
            if row["i_plot"] < 0 and self._names_plots:
                continue
            slot = self._slot_of(int(row["track_id"]))
            follow(self._story, self.found, slot, int(row["track_id"]), self._truth(row, seen), seen.t_s)
            age_s = seen.t_s - float(row["t_first_plot_s"])
            is_due = self._story.n_assessed[slot] < MOST_ASSESSMENTS and age_s >= self._story.next_age_s[slot]
            if row["status"] == TrackStatus.CONFIRMED and is_due:
                self._assess(row, slot, seen, age_s)

    def _slot_of(self, track_id: int) -> int:
        """Slot of a track, a new one for a new track."""
        if track_id not in self._slots:
            if not self._free:
                self._free = list(range(len(self._story.track_id), 2 * len(self._story.track_id)))
                self._story = _grown(self._story)
            self._slots[track_id] = self._free.pop(0)
            self.next_id = max(self.next_id, self._first_id + track_id + 1)
        return self._slots[track_id]

    def _truth(self, row: np.void, seen: _Look) -> int:
        """Object behind the plot that a row took; what is nearest where the tracker does not say which it took."""
        if row["i_plot"] >= 0:
            return int(seen.truth[row["i_plot"]])
        away_m = np.linalg.norm(seen.targets - row["mean"][:3], axis=1)
        nearest = int(away_m.argmin())
        return int(seen.target_object[nearest]) if away_m[nearest] < _NEAR_M else FALSE

    def _fill_room(self, row: np.void) -> None:
        """Lay the row's estimate where the assessments read it; what a tracker does not know is the prior's."""
        room, motion = self._sight.room, self._sight.tracked.motion
        room.mean[:], room.cov[:, :] = row["mean"], row["cov"]
        if not math.isfinite(room.mean[6]):
            room.mean[6], room.cov[6, :], room.cov[:, 6] = motion.log_beta_mean, 0.0, 0.0
        if not (math.isfinite(room.cov[6, 6]) and room.cov[6, 6] > 0.0):
            room.cov[6, 6] = motion.log_beta_sd**2

    def _assess(self, report: np.void, slot: int, seen: _Look, age_s: float) -> None:
        """Assess one confirmed track by the rules of the tracked picture; its story is opened at the first time."""
        story, found, model, tracked, room = self._story, self.found, *self._sight[:2], self._sight.room
        is_drone = report["kind"] != TrackKind.ROCKET
        story.next_age_s[slot] = age_s + CRUISE_EVERY_S if is_drone else next_age_s(age_s)
        self._fill_room(report)
        if not np.isfinite(room.mean).all() or not (is_drone or _has_impact(report)):
            return
        k, record = int(found.n_rows[0]), int(story.record[slot])
        row, areas, p_areas, is_inside = found.rows[k], found.areas[k], found.p_areas[k], found.is_inside[k]
        if not is_drone:
            _fill_impact(report, row)
        track = found.tracks[record if record >= 0 else found.n_tracks[0]]
        if record < 0 and not self._describe(track, row, is_drone, report):
            story.next_age_s[slot] = math.inf
            return
        casualty_area_m2 = float(model.classes[track["i_class"]]["casualty_area_m2"])
        t_s = float(report["t_s"])
        if is_drone and not assess_goal(
            model, room.mean, room.cov, t_s, room.goal, casualty_area_m2, row, areas, p_areas, is_inside
        ):
            return
        row["t_s"] = seen.t_s + float(tracked.radars["latency_s"][seen.i_radar].max())
        t_last_look_s = math.inf
        if not is_drone:
            t_last_look_s = decision_due_s(model, track, row) - float(tracked.radars["revisit_s"][seen.i_radar].max())
            story.next_age_s[slot] = look_again_age_s(age_s, t_last_look_s - row["t_s"])
        if record >= 0 and not is_renewed(model, found.rows[story.last_row[slot]], row, t_last_look_s):
            return
        if not is_drone:
            hit_probabilities(model, casualty_area_m2, row, areas, p_areas, is_inside)
        self._write(report, slot, seen, float(row["t_s"]))
        story.last_row[slot] = k
        if widest_m(row) <= LAST_ERROR_M:
            story.next_age_s[slot] = math.inf

    def _write(self, report: np.void, slot: int, seen: _Look, told_s: float) -> None:
        """Keep the assessment that stands in the next free row; a first one makes a record of its track."""
        story, found = self._story, self.found
        if story.record[slot] < 0:
            i_radar = int(report["i_radar"]) if report["i_radar"] >= 0 else int(seen.i_radar[0])
            track_id = self._first_id + int(report["track_id"])
            t_first_plot_s = float(report["t_first_plot_s"]) + told_s - seen.t_s
            open_story(story, found, slot, track_id, i_radar, t_first_plot_s, told_s)
        row = found.rows[found.n_rows[0]]
        row["i_track"], row["ordinal"] = story.record[slot], story.n_assessed[slot]
        story.n_assessed[slot] += 1
        found.n_rows[0] += 1
        found.tracks[story.record[slot]]["n_assessments"] += 1

    def _describe(self, track: np.void, row: np.void, is_drone: bool, report: np.void) -> bool:
        """Origin and class of a new record; False where the scenario has no class of its kind."""
        model, tracked, room = self._sight.model, self._sight.tracked, self._sight.room
        t_s, age_s = float(report["t_s"]), float(report["t_s"] - report["t_first_plot_s"])
        if not is_drone:
            estimate_origin(tracked, room, t_s, track)
            track["i_class"] = _likeliest_rocket(tracked, room, track, row)
            return len(tracked.rockets) > 0
        track["t_origin_s"] = t_s - age_s
        track["origin_east_m"] = room.mean[0] - room.mean[3] * age_s
        track["origin_north_m"] = room.mean[1] - room.mean[4] * age_s
        if len(tracked.cruisers) == 0:
            return False
        speed_mps = max(float(np.linalg.norm(room.mean[3:6])), 1.0)
        off = np.abs(np.log(speed_mps / model.classes["speed_mps"][tracked.cruisers]))
        track["i_class"] = tracked.cruisers[int(off.argmin())]
        return True


def _has_impact(report: np.void) -> bool:
    """Whether a row predicts an impact with a covariance that is one."""
    east, north, cov = report["impact_var_east_m2"], report["impact_var_north_m2"], report["impact_cov_m2"]
    place = report["impact_east_m"] + report["impact_north_m"] + report["t_impact_s"]
    is_sure = east > 0.0 and north > 0.0 and east * north > cov * cov
    return bool(report["has_impact"] == 1 and is_sure and math.isfinite(place + east + north))


def _fill_impact(report: np.void, row: np.void) -> None:
    """Copy the reported impact into an assessment."""
    row["t_impact_s"] = report["t_impact_s"]
    row["mean_east_m"], row["mean_north_m"] = report["impact_east_m"], report["impact_north_m"]
    row["var_east_m2"], row["var_north_m2"] = report["impact_var_east_m2"], report["impact_var_north_m2"]
    row["cov_m2"] = report["impact_cov_m2"]
    row["now_east_m"], row["now_north_m"] = 0.0, 0.0


def _likeliest_rocket(tracked: TrackedModel, room: Room, track: np.void, row: np.void) -> int:
    """Class of rocket that a track is taken for, by ballistic coefficient and range; -1 where there is none."""
    if len(tracked.rockets) == 0:
        return -1
    motion = tracked.motion
    range_m = math.hypot(row["mean_east_m"] - track["origin_east_m"], row["mean_north_m"] - track["origin_north_m"])
    class_probabilities(
        tracked.class_table,
        motion.log_beta_mean,
        motion.log_beta_sd,
        float(room.mean[6]),
        float(room.cov[6, 6]),
        range_m,
        float(widest_m(row)),
        room.p_class,
    )
    return int(tracked.rockets[int(room.p_class.argmax())])

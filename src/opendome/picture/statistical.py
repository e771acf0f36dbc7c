"""The statistical picture: detection, confirmation and impact prediction drawn from curves instead of simulated plots.

Whether and when an object is seen, and by which radars, is worked out here; how wrong a rocket's predicted impact is
comes from `drawn`, where a cruising object may be going from `goal`.

Left out: false tracks, crossed tracks, wrong classes; sensors that fail while an object is in flight (status is taken
at launch); errors of a cruising object's place and heading, small beside the turns that the heading cone allows for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel
from opendome.base.philox import Purpose, normal_pair, normal_quantile, stream_key, uniform_four
from opendome.base.types import ASSESSMENT, MAX_AREAS_PER_ASSESSMENT, TRACK, Fate

from .curves import MOST_ASSESSMENTS
from .drawn import DrawnRoom, assess_ballistic, new_drawn_room
from .goal import GoalRoom, assess_goal, new_goal_room
from .model import PictureModel
from .sight import cruise_position, cruise_velocity_mps, nearest_sensors, time_seen_ballistic, time_seen_cruise

__all__ = ["perceive"]

_P_SEEN = int(Purpose.SEEN)
_P_ORIGIN = int(Purpose.ORIGIN_ERROR)
_P_WIND = int(Purpose.BURST_WIND)
_MISFIRES = int(Fate.MISFIRES)
_BURST_FACTOR = 1 << 20
_LEAST_SHARE_OF_WAY = 0.15
_LEAST_WAY_M = 500.0
_TRIVIAL_RANGE_M = 50.0


class Room(NamedTuple):
    """Working arrays: of ballistic objects, of goals, and mean (6,) and covariance (6, 6) of a cruising object."""

    drawn: DrawnRoom
    goal: GoalRoom
    mean: np.ndarray
    cov: np.ndarray


@allocating_kernel
def _grow_assessments(rows, areas, p_areas, is_inside):
    """The same rows in arrays of twice the length."""
    n = len(rows)
    more_rows = np.empty(2 * n, ASSESSMENT)
    more_areas = np.empty((2 * n, MAX_AREAS_PER_ASSESSMENT), np.int16)
    more_p = np.empty((2 * n, MAX_AREAS_PER_ASSESSMENT), np.float32)
    more_inside = np.empty((2 * n, MAX_AREAS_PER_ASSESSMENT), np.int8)
    more_rows[:n] = rows
    more_areas[:n] = areas
    more_p[:n] = p_areas
    more_inside[:n] = is_inside
    return more_rows, more_areas, more_p, more_inside


@inlined_kernel
def _start_track(model, seed, replication, item, track, t_seen_s, i_sensor):
    """Identity, times and estimated origin of a new track."""
    u0, u1, _, _ = uniform_four(stream_key(seed, _P_ORIGIN), replication, item.burst, item.shot, 0)
    z0, z1 = normal_quantile(u0), normal_quantile(u1)
    track.track_id = np.int64(item.burst) * _BURST_FACTOR + item.shot
    track.i_class, track.i_sensor = item.i_class, i_sensor
    track.t_first_plot_s = t_seen_s + model.first_plot_s
    track.t_confirmed_s = track.t_first_plot_s + model.confirm_delay_s
    track.t_origin_s = item.t_launch_s
    track.origin_east_m = item.launch_east_m + model.origin_error_m * z0
    track.origin_north_m = item.launch_north_m + model.origin_error_m * z1


@inlined_kernel
def _sight(model, item, n_sensors, room):
    """When an object comes into view, and the number of sensors chosen for it."""
    if model.classes[item.i_class].is_cruise:
        return time_seen_cruise(model, item, room.drawn.chosen, room.drawn.distance_m)
    return time_seen_ballistic(model, item, n_sensors, room.drawn.chosen, room.drawn.distance_m), n_sensors


@inlined_kernel
def _assess_cruise(model, item, i_track, track, room, rows, areas, p_areas, is_inside):
    """Write a cruising object's assessments, whenever the way that is left has shrunk by the step; their number."""
    kind = model.classes[item.i_class]
    way_m = (item.t_impact_s - track.t_first_plot_s) * kind.speed_mps
    left_m = way_m - model.confirm_delay_s * kind.speed_mps
    n = 0
    while n < MOST_ASSESSMENTS and left_m > _LEAST_WAY_M and (n == 0 or left_m >= _LEAST_SHARE_OF_WAY * way_m):
        i_row = track.first_assessment + n
        row = rows[i_row]
        row.i_track, row.ordinal, row.t_s = i_track, n, item.t_impact_s - left_m / kind.speed_mps
        gone_m = (row.t_s - item.t_launch_s) * kind.speed_mps
        room.mean[0], room.mean[1] = cruise_position(item, gone_m)
        room.mean[2] = kind.height_m
        room.mean[3], room.mean[4] = cruise_velocity_mps(item, gone_m, kind.speed_mps)
        if assess_goal(
            model, room.mean, room.cov, row.t_s, room.goal, kind.casualty_area_m2, row, areas[i_row], p_areas[i_row],
            is_inside[i_row],
        ):  # fmt: skip
            n += 1
        left_m *= model.shrink_step
    return n


@allocating_kernel
def perceive(model: PictureModel, seed: int, replication: int, objects: np.ndarray) -> tuple:
    """Tracks and assessments of a window's objects.

    Parameters
    ----------
    objects : (n,) of OBJECT, bursts contiguous

    Returns
    -------
    tracks (m,) of TRACK, assessments (k,) of ASSESSMENT, areas (k, 16), p_areas (k, 16), is_inside (k, 16),
    i_object (m,) the object behind each track: for the links alone
    """
    tracks = np.zeros(len(objects), TRACK)
    i_object = np.empty(len(objects), np.int64)
    capacity = 5 * len(objects) + 64
    rows = np.empty(capacity, ASSESSMENT)
    areas = np.empty((capacity, MAX_AREAS_PER_ASSESSMENT), np.int16)
    p_areas = np.empty((capacity, MAX_AREAS_PER_ASSESSMENT), np.float32)
    is_inside = np.empty((capacity, MAX_AREAS_PER_ASSESSMENT), np.int8)
    room = Room(new_drawn_room(), new_goal_room(), np.zeros(6), np.zeros((6, 6)))
    drawn = room.drawn
    key_seen, key_wind = stream_key(seed, _P_SEEN), stream_key(seed, _P_WIND)
    n_tracks, n_rows, last_burst, n_near = 0, 0, -1, 0
    for i in range(len(objects)):
        item = objects[i]
        if item.fate == _MISFIRES or item.range_m < _TRIVIAL_RANGE_M:
            continue
        is_cruise = model.classes[item.i_class].is_cruise == 1
        if item.burst != last_burst:
            last_burst = item.burst
            u0, u1, _, _ = uniform_four(key_wind, replication, item.burst, 0, 0)
            drawn.wind[0], drawn.wind[1] = normal_pair(u0, u1)
            n_near = nearest_sensors(
                model, item.t_launch_s, item.launch_east_m, item.launch_north_m, drawn.chosen, drawn.distance_m
            )
        u0, u1, u2, _ = uniform_four(key_seen, replication, item.burst, item.shot, 0)
        if u0 < model.classes[item.i_class].p_missed:
            continue
        t_seen_s, n_sensors = _sight(model, item, n_near, room)
        last_burst = -1 if is_cruise else last_burst  # its own sensors take the place of the burst's
        if not t_seen_s + model.first_plot_s + model.confirm_delay_s < item.t_impact_s:
            continue
        if n_rows + MOST_ASSESSMENTS > len(rows):
            rows, areas, p_areas, is_inside = _grow_assessments(rows, areas, p_areas, is_inside)
        track = tracks[n_tracks]
        _start_track(model, seed, replication, item, track, t_seen_s, drawn.chosen[0])
        track.first_assessment = n_rows
        if is_cruise:
            n = _assess_cruise(model, item, n_tracks, track, room, rows, areas, p_areas, is_inside)
        else:
            n = assess_ballistic(
                model, seed, replication, item, n_tracks, track, n_sensors, normal_quantile(u1), u2, drawn,
                rows, areas, p_areas, is_inside,
            )  # fmt: skip
        track.n_assessments = n
        i_object[n_tracks] = i
        n_rows += n
        n_tracks += 1 if n > 0 else 0
    return tracks[:n_tracks], rows[:n_rows], areas[:n_rows], p_areas[:n_rows], is_inside[:n_rows], i_object[:n_tracks]

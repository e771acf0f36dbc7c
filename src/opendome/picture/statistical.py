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
_GROUP_FACTOR = np.int64(1 << 52)
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
def _sight(model, epoch, post_mask, item, n_sensors, room):
    """When an object comes into view, and the number of sensors chosen for it."""
    if model.classes[item.i_class].is_cruise:
        return time_seen_cruise(model, epoch, post_mask, item, room.drawn.chosen, room.drawn.distance_m)
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


@inlined_kernel
def _epoch_at(net, t_s):
    """Epoch of the network at a time; -1 where everybody hears everything."""
    if net.is_ideal:
        return -1
    epoch = 0
    while epoch + 1 < len(net.t_s) and net.t_s[epoch + 1] <= t_s:
        epoch += 1
    return epoch


@inlined_kernel
def _near(model, epoch, post_mask, item, room):
    """Number of sensors near a launch that a mask's posts hear."""
    return nearest_sensors(
        model, epoch, post_mask, item.t_launch_s, item.launch_east_m, item.launch_north_m, room.drawn.chosen,
        room.drawn.distance_m,
    )  # fmt: skip


@inlined_kernel
def _follow(
    model, seed, replication, epoch, post_mask, i_group, item, n_near, luck, i_track, tracks, n_rows, rows, areas,
    p_areas, is_inside, room,
):  # fmt: skip
    """One object as the posts of a mask see it: writes its track and assessments; their number, 0 if it is not seen.

    ``luck`` (3,): uniform numbers of the object. Mask 0 stands for sensors that no post hears: their track is kept to
    say why nobody shot, and warns nobody.
    """
    t_seen_s, n_sensors = _sight(model, epoch, post_mask, item, n_near, room)
    if not t_seen_s + model.first_plot_s + model.confirm_delay_s < item.t_impact_s:
        return 0
    track = tracks[i_track]
    chosen = room.drawn.chosen
    _start_track(model, seed, replication, item, track, t_seen_s, chosen[0])
    track.i_sensor_2 = chosen[1] if n_sensors > 1 else -1
    track.i_sensor_3 = chosen[2] if n_sensors > 2 else -1
    track.i_sensor_4 = chosen[3] if n_sensors > 3 else -1
    track.track_id += np.int64(i_group) * _GROUP_FACTOR
    track.post_mask = post_mask
    track.first_assessment = n_rows
    if model.classes[item.i_class].is_cruise == 1:
        n = _assess_cruise(model, item, i_track, track, room, rows, areas, p_areas, is_inside)
    else:
        n = assess_ballistic(
            model, seed, replication, epoch, item, i_track, track, n_sensors, normal_quantile(luck[1]), luck[2],
            room.drawn, rows, areas, p_areas, is_inside,
        )  # fmt: skip
    if post_mask == 0 and n > 0:
        n = 1
        rows[n_rows].n_areas, rows[n_rows].p_any, rows[n_rows].value_people = 0, 0.0, 0.0
    track.n_assessments = n
    return n


@allocating_kernel
def perceive(model: PictureModel, seed: int, replication: int, objects: np.ndarray) -> tuple:
    """Tracks and assessments of a window's objects: one track an object for each group of posts that share a picture.

    Parameters
    ----------
    objects : (n,) of OBJECT, bursts contiguous

    Returns
    -------
    tracks (m,) of TRACK, assessments (k,) of ASSESSMENT, areas (k, 16), p_areas (k, 16), is_inside (k, 16),
    i_object (m,) the object behind each track: for the links alone
    """
    n_groups = model.net.post_masks.shape[1]
    tracks = np.zeros(n_groups * len(objects), TRACK)
    i_object = np.empty(len(tracks), np.int64)
    capacity = 5 * len(objects) + 64
    rows = np.empty(capacity, ASSESSMENT)
    areas = np.empty((capacity, MAX_AREAS_PER_ASSESSMENT), np.int16)
    p_areas = np.empty((capacity, MAX_AREAS_PER_ASSESSMENT), np.float32)
    is_inside = np.empty((capacity, MAX_AREAS_PER_ASSESSMENT), np.int8)
    room = Room(new_drawn_room(), new_goal_room(), np.zeros(6), np.zeros((6, 6)))
    key_seen, key_wind = stream_key(seed, _P_SEEN), stream_key(seed, _P_WIND)
    n_tracks, n_rows, last_burst, n_near, epoch = 0, 0, -1, 0, -1
    for i in range(len(objects)):
        item = objects[i]
        if item.fate == _MISFIRES or item.range_m < _TRIVIAL_RANGE_M:
            continue
        if item.burst != last_burst:
            last_burst = item.burst
            u0, u1, _, _ = uniform_four(key_wind, replication, item.burst, 0, 0)
            room.drawn.wind[0], room.drawn.wind[1] = normal_pair(u0, u1)
            epoch = _epoch_at(model.net, item.t_launch_s)
            if epoch < 0:
                n_near = _near(model, epoch, -1, item, room)
        luck = uniform_four(key_seen, replication, item.burst, item.shot, 0)
        if luck[0] < model.classes[item.i_class].p_missed:
            continue
        if model.classes[item.i_class].is_cruise == 1:
            last_burst = -1  # its own sensors take the place of the burst's
        is_reported = False
        for g in range(n_groups + 1):
            post_mask = model.net.post_masks[max(epoch, 0), g] if g < n_groups else 0
            if (g < n_groups and post_mask == 0) or (g == n_groups and (is_reported or epoch < 0)):
                continue
            if epoch >= 0:
                n_near = _near(model, epoch, post_mask, item, room)
            if n_rows + MOST_ASSESSMENTS > len(rows):
                rows, areas, p_areas, is_inside = _grow_assessments(rows, areas, p_areas, is_inside)
            n = _follow(
                model, seed, replication, epoch, post_mask, g, item, n_near, luck, n_tracks, tracks, n_rows, rows,
                areas, p_areas, is_inside, room,
            )  # fmt: skip
            i_object[n_tracks] = i
            is_reported |= n > 0
            n_rows += n
            n_tracks += 1 if n > 0 else 0
    return tracks[:n_tracks], rows[:n_rows], areas[:n_rows], p_areas[:n_rows], is_inside[:n_rows], i_object[:n_tracks]

"""The statistical picture: detection, confirmation and impact prediction drawn from curves instead of simulated plots.

For each object the nearest sensors that see it (at most ``n_fused``) each hold a latent error of the impact point;
errors run backward from the impact,
e(k) = e(k + 1) + N(0, S(k) - S(k + 1)), so that one track's errors are one path and not independent tries, and are
fused by information. To them comes a part
that the whole burst shares: wind that nobody knows. The stated covariance holds both.

The latent errors belong to (object, sensor), so an added radar shrinks the same error and leaves the others' as they
were.

Left out: false tracks, crossed tracks, wrong classes; sensors that fail while an object is in flight (status is taken
at launch).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel
from opendome.base.philox import Purpose, normal_pair, normal_quantile, stream_key, uniform_four
from opendome.base.types import ASSESSMENT, MAX_AREAS_PER_ASSESSMENT, TRACK, Fate
from opendome.flight.tables import class_tof_s, class_wind_s

from .curves import LADDER_RANGES, LADDER_STEPS
from .hit import hit_probabilities
from .model import PictureModel
from .sight import MAX_FUSED, cruise_position, length_m, nearest_sensors, time_seen_ballistic, time_seen_cruise

__all__ = ["perceive"]

_P_SEEN = int(Purpose.SEEN)
_P_ORIGIN = int(Purpose.ORIGIN_ERROR)
_P_ERROR = int(Purpose.PREDICTION_ERROR)
_P_WIND = int(Purpose.BURST_WIND)
_MISFIRES = int(Fate.MISFIRES)
_BURST_FACTOR = 1 << 20
_AGE_SHARE_OF_FLIGHT = 0.85
_TRIVIAL_RANGE_M = 50.0


@inlined_kernel
def _ages_ballistic(model, item, age_s, along_m, cross_m):
    """Ages of assessment and reference errors of a ballistic object; gives their number."""
    ladder = model.ladder
    bin_ = int((math.log(max(item.range_m, 1.0)) - ladder.log_range_low) / ladder.log_range_step)
    bin_ = min(max(bin_, 0), LADDER_RANGES - 1)
    n = ladder.n_steps[bin_]
    for k in range(n):
        ratio = ladder.ratio[bin_, k]
        age_s[k] = ladder.age_s[bin_, k]
        cross_m[k] = ladder.rms_m[bin_, k] / math.sqrt(1.0 + ratio * ratio)
        along_m[k] = ratio * cross_m[k]
    return n


@inlined_kernel
def _ages_cruise(model, item, t_first_s, age_s, along_m, cross_m):
    """Ages of assessment of a cruising object: whenever the way that is left has shrunk by the step.

    Error is a share of it.
    """
    speed = model.classes[item.i_class].speed_mps
    left_m = (item.t_impact_s - t_first_s - model.confirm_delay_s) * speed
    n = 0
    while n < LADDER_STEPS and left_m > 500.0:
        age_s[n] = item.t_impact_s - left_m / speed - t_first_s
        along_m[n] = max(model.cone_frac * left_m, 100.0)
        cross_m[n] = along_m[n]
        left_m *= model.shrink_step
        n += 1
    return n


@inlined_kernel
def _fused_errors(model, seed, replication, item, n_sensors, chosen, scale, along_m, cross_m, n, out):
    """Backward-drawn errors in units along and across the path, fused over sensors: out (n, 2) [m].

    Gives the fused scale.
    """
    key = stream_key(seed, _P_ERROR)
    information = 0.0
    for s in range(n_sensors):
        information += 1.0 / scale[s] ** 2
    for k in range(n):
        out[k, 0], out[k, 1] = 0.0, 0.0
    for s in range(n_sensors):
        weight = 1.0 / (scale[s] ** 2 * information)
        along, cross = 0.0, 0.0
        along_after, cross_after = 0.0, 0.0
        identity = model.sensors[chosen[s]].identity
        u0, u1, u2, u3 = 0.0, 0.0, 0.0, 0.0
        for k in range(n - 1, -1, -1):
            # One block of numbers serves two assessments.
            if k == n - 1 or k % 2 == 1:
                u0, u1, u2, u3 = uniform_four(key, replication, item.burst, item.shot, identity * 8 + k // 2)
            if k % 2 == 0:
                z0, z1 = normal_quantile(u0), normal_quantile(u1)
            else:
                z0, z1 = normal_quantile(u2), normal_quantile(u3)
            along_var, cross_var = (scale[s] * along_m[k]) ** 2, (scale[s] * cross_m[k]) ** 2
            along += math.sqrt(max(along_var - along_after, 0.0)) * z0
            cross += math.sqrt(max(cross_var - cross_after, 0.0)) * z1
            along_after, cross_after = max(along_var, along_after), max(cross_var, cross_after)
            out[k, 0] += weight * along
            out[k, 1] += weight * cross
    return 1.0 / math.sqrt(information)


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
def _write_assessment(model, item, track, row, error, own, wind, along_m, cross_m, wind_along_m, wind_cross_m):
    """One assessment: true impact plus errors, turned into east and north, with the covariance that goes with them.

    ``along_m`` and ``cross_m`` are the standard deviations along and across the path of which the share ``own`` squared
    is the object's alone; ``wind_..._m`` one standard deviation of what the burst shares.
    """
    kind = model.classes[item.i_class]
    east = item.impact_east_m - item.launch_east_m
    north = item.impact_north_m - item.launch_north_m
    length = max(length_m(east, north), 1.0)
    ux, uy = east / length, north / length
    truth = 1.0 if kind.is_cruise else model.true_over_stated
    along = truth * (own * error[0] + wind_along_m * wind[0])
    cross = truth * (own * error[1] + wind_cross_m * wind[1])
    var_along = (own * along_m) ** 2 + wind_along_m**2
    var_cross = (own * cross_m) ** 2 + wind_cross_m**2
    row.mean_east_m = item.impact_east_m + along * ux - cross * uy
    row.mean_north_m = item.impact_north_m + along * uy + cross * ux
    row.var_east_m2 = var_along * ux * ux + var_cross * uy * uy
    row.var_north_m2 = var_along * uy * uy + var_cross * ux * ux
    row.cov_m2 = (var_along - var_cross) * ux * uy
    if kind.is_cruise:
        row.now_east_m, row.now_north_m = cruise_position(item, (row.t_s - item.t_launch_s) * kind.speed_mps)
        left_m = length_m(row.mean_east_m - row.now_east_m, row.mean_north_m - row.now_north_m)
        row.t_impact_s = row.t_s + left_m / kind.speed_mps
    else:
        row.now_east_m, row.now_north_m = 0.0, 0.0  # only a cruising object is extrapolated from where it is
        range_m = length_m(row.mean_east_m - track.origin_east_m, row.mean_north_m - track.origin_north_m)
        row.t_impact_s = track.t_origin_s + class_tof_s(model.tables, kind.i_table, range_m)


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


class Scratch(NamedTuple):
    """Working arrays of ``perceive``: chosen sensors and their distances and scales, ages, errors, the burst's wind."""

    chosen: np.ndarray
    distance_m: np.ndarray
    scale: np.ndarray
    age_s: np.ndarray
    along_m: np.ndarray
    cross_m: np.ndarray
    errors: np.ndarray
    wind: np.ndarray


@allocating_kernel
def _make_scratch():
    return Scratch(
        np.zeros(MAX_FUSED, np.int64),
        np.zeros(MAX_FUSED),
        np.zeros(MAX_FUSED),
        np.zeros(LADDER_STEPS),
        np.zeros(LADDER_STEPS),
        np.zeros(LADDER_STEPS),
        np.zeros((LADDER_STEPS, 2)),
        np.zeros(2),
    )


@inlined_kernel
def _sight(model, item, n_sensors, scratch):
    """When an object comes into view, and the number of sensors chosen for it."""
    if model.classes[item.i_class].is_cruise:
        return time_seen_cruise(model, item, scratch.chosen, scratch.distance_m)
    return time_seen_ballistic(model, item, n_sensors, scratch.chosen, scratch.distance_m), n_sensors


@inlined_kernel
def _plan_assessments(model, item, track, n_sensors, scratch):
    """Fill the ages and errors at which a track will be assessed, and its sensors' scales.

    Gives the number of assessments.
    """
    kind = model.classes[item.i_class]
    if kind.is_cruise:
        n = _ages_cruise(model, item, track.t_first_plot_s, scratch.age_s, scratch.along_m, scratch.cross_m)
    else:
        n = _ages_ballistic(model, item, scratch.age_s, scratch.along_m, scratch.cross_m)
    flight_s = item.t_impact_s - track.t_first_plot_s
    while n > 1 and scratch.age_s[n - 1] > _AGE_SHARE_OF_FLIGHT * flight_s:
        n -= 1
    for s in range(n_sensors):
        far = 1.0 if kind.is_cruise else min(max(scratch.distance_m[s] / item.range_m, 0.5), 3.0)
        scratch.scale[s] = model.error_scale * model.sensors[scratch.chosen[s]].error_scale * far
    return n


@inlined_kernel
def _spread_about_curve(model, item, n, z, scratch):
    """Make a rocket's n errors larger or smaller than the fitted curve's, all by one factor."""
    factor = 1.0 if model.classes[item.i_class].is_cruise else math.exp(model.scatter * z)
    for k in range(n):
        scratch.along_m[k] *= factor
        scratch.cross_m[k] *= factor


@inlined_kernel
def _is_superseded(model, track, row, next_age_s):
    """Whether the next assessment comes before any alert or decision could rest on this one.

    Its P(hit) is then never asked for.
    """
    if model.classes[track.i_class].is_cruise or next_age_s > model.wait_s:
        return False
    t_due = track.t_origin_s + model.decision_age_frac * (row.t_impact_s - track.t_origin_s)
    return track.t_first_plot_s + next_age_s <= t_due


@inlined_kernel
def _assess(model, seed, replication, item, i_track, track, n_sensors, n, scratch, rows, areas, p_areas, is_inside):
    """Write a track's n assessments from row track.first_assessment on."""
    kind = model.classes[item.i_class]
    fused = _fused_errors(
        model,
        seed,
        replication,
        item,
        n_sensors,
        scratch.chosen,
        scratch.scale,
        scratch.along_m,
        scratch.cross_m,
        n,
        scratch.errors,
    )
    flight_s = max(item.t_impact_s - track.t_first_plot_s, 1.0)
    along_mps, cross_mps = 0.0, 0.0
    if not kind.is_cruise:
        along_s, cross_s = class_wind_s(model.tables, kind.i_table, item.range_m)
        along_mps, cross_mps = along_s * model.wind_unknown_mps, cross_s * model.wind_unknown_mps
    shared = 0.0 if kind.is_cruise else model.shared_frac
    for k in range(n):
        i_row = track.first_assessment + k
        row = rows[i_row]
        row.i_track, row.ordinal, row.t_s = i_track, k, track.t_first_plot_s + scratch.age_s[k]
        left = max(1.0 - scratch.age_s[k] / flight_s, 0.0)
        along_m, cross_m = fused * scratch.along_m[k], fused * scratch.cross_m[k]
        _write_assessment(
            model,
            item,
            track,
            row,
            scratch.errors[k],
            math.sqrt(1.0 - shared),
            scratch.wind,
            along_m,
            cross_m,
            math.sqrt((along_mps * left) ** 2 + shared * along_m * along_m),
            math.sqrt((cross_mps * left) ** 2 + shared * cross_m * cross_m),
        )
        if model.is_sparing and k + 1 < n and _is_superseded(model, track, row, scratch.age_s[k + 1]):
            row.n_areas, row.p_any, row.value_people = 0, math.nan, math.nan
            continue
        hit_probabilities(model, kind.casualty_area_m2, row, areas[i_row], p_areas[i_row], is_inside[i_row])


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
    scratch = _make_scratch()
    key_seen, key_wind = stream_key(seed, _P_SEEN), stream_key(seed, _P_WIND)
    n_tracks, n_rows, last_burst, n_near = 0, 0, -1, 0
    for i in range(len(objects)):
        item = objects[i]
        if item.fate == _MISFIRES or item.range_m < _TRIVIAL_RANGE_M:
            continue
        if item.burst != last_burst:
            last_burst = item.burst
            u0, u1, _, _ = uniform_four(key_wind, replication, item.burst, 0, 0)
            scratch.wind[0], scratch.wind[1] = normal_pair(u0, u1)
            n_near = nearest_sensors(
                model, item.t_launch_s, item.launch_east_m, item.launch_north_m, scratch.chosen, scratch.distance_m
            )
        u0, u1, _, _ = uniform_four(key_seen, replication, item.burst, item.shot, 0)
        if u0 < model.classes[item.i_class].p_missed:
            continue
        t_seen_s, n_sensors = _sight(model, item, n_near, scratch)
        if model.classes[item.i_class].is_cruise:
            last_burst = -1  # its own sensors have taken the place of the burst's
        if not t_seen_s + model.first_plot_s + model.confirm_delay_s < item.t_impact_s:
            continue
        track = tracks[n_tracks]
        _start_track(model, seed, replication, item, track, t_seen_s, scratch.chosen[0])
        n = _plan_assessments(model, item, track, n_sensors, scratch)
        if model.scatter > 0.0:
            _spread_about_curve(model, item, n, normal_quantile(u1), scratch)
        if n == 0:
            continue
        if n_rows + n > len(rows):
            rows, areas, p_areas, is_inside = _grow_assessments(rows, areas, p_areas, is_inside)
        track.first_assessment, track.n_assessments = n_rows, n
        _assess(model, seed, replication, item, n_tracks, track, n_sensors, n, scratch, rows, areas, p_areas, is_inside)
        n_rows += n
        i_object[n_tracks] = i
        n_tracks += 1
    return tracks[:n_tracks], rows[:n_rows], areas[:n_rows], p_areas[:n_rows], is_inside[:n_rows], i_object[:n_tracks]

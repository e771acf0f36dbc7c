"""Assessments of ballistic objects in the statistical picture: when each is made, and how wrong it is.

For each object the nearest sensors that see it (at most ``n_fused``) each hold a latent error of the impact point;
errors run backward from the impact, e(k) = e(k + 1) + N(0, S(k) - S(k + 1)), so that one track's errors are one path
and not independent tries, and are fused by information. To them comes a part that the whole burst shares: wind that
nobody knows. The stated covariance holds both. Of some tracks (``stray_frac``) the true error is larger by a factor:
those that follow another rocket's plots.

The latent errors belong to (object, sensor), so an added radar shrinks the same error and leaves the others' as they
were.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel
from opendome.base.philox import Purpose, normal_quantile, stream_key, uniform_four
from opendome.flight.tables import class_tof_s, class_wind_s

from .curves import LAST_ERROR_M, LOOK_WAIT_S, MOST_ASSESSMENTS, N_RANGES
from .hit import hit_probabilities
from .renewal import decision_due_s
from .sight import MAX_FUSED, length_m, report_share

__all__ = ["DrawnRoom", "assess_ballistic", "new_drawn_room"]

_P_ERROR = int(Purpose.PREDICTION_ERROR)
_AGE_SHARE_OF_FLIGHT = 0.85
_LEAST_SHARE = 1e-6


class DrawnRoom(NamedTuple):
    """Working arrays: chosen sensors, their distances and scales; ages and standard deviations along and across the
    path of each assessment; drawn errors (10, 2); the burst's wind (2,).
    """

    chosen: np.ndarray
    distance_m: np.ndarray
    scale: np.ndarray
    age_s: np.ndarray
    along_m: np.ndarray
    cross_m: np.ndarray
    errors: np.ndarray
    wind: np.ndarray


@allocating_kernel
def new_drawn_room():
    """Working arrays of ``assess_ballistic``."""
    return DrawnRoom(
        np.zeros(MAX_FUSED, np.int64),
        np.zeros(MAX_FUSED),
        np.zeros(MAX_FUSED),
        np.zeros(MOST_ASSESSMENTS),
        np.zeros(MOST_ASSESSMENTS),
        np.zeros(MOST_ASSESSMENTS),
        np.zeros((MOST_ASSESSMENTS, 2)),
        np.zeros(2),
    )


@inlined_kernel
def _fused_scale(model, epoch, post_mask, item, n_sensors, room):
    """Scale of each chosen sensor's errors, and of all together; reports that get lost take their information along."""
    information = 0.0
    for s in range(n_sensors):
        far = min(max(room.distance_m[s] / item.range_m, 0.5), 3.0)
        room.scale[s] = model.error_scale * model.sensors[room.chosen[s]].error_scale * far
        if epoch >= 0 and post_mask != 0:
            room.scale[s] /= math.sqrt(max(report_share(model, epoch, post_mask, room.chosen[s]), _LEAST_SHARE))
        information += 1.0 / room.scale[s] ** 2
    return 1.0 / math.sqrt(information)


@inlined_kernel
def _note(room, n, age_s, rms_m, ratio):
    """Write the n-th assessment's age and standard deviations."""
    room.age_s[n] = age_s
    room.cross_m[n] = rms_m / math.sqrt(1.0 + ratio * ratio)
    room.along_m[n] = ratio * room.cross_m[n]


@inlined_kernel
def _plan(model, item, t_first_s, scale, room):
    """Ages and errors of a track's assessments; their number, and which is the last before a decision is due, or -1.

    Assessed are the first look, every look at which the error has shrunk by the step, and the last look before a
    decision is due. The ages rest on the curve alone and not on the sensors, whose errors are ``scale`` times larger.
    """
    looks = model.looks
    bin_ = int((math.log(max(item.range_m, 1.0)) - looks.log_range_low) / looks.log_range_step)
    bin_ = min(max(bin_, 0), N_RANGES - 1)
    rms_m, ratio = looks.rms_m[bin_], looks.ratio[bin_]
    oldest_s = _AGE_SHARE_OF_FLIGHT * (item.t_impact_s - t_first_s)
    due_s = item.t_launch_s + model.decision_age_frac * (item.t_impact_s - item.t_launch_s) - t_first_s - LOOK_WAIT_S
    _note(room, 0, looks.age_s[0], scale * rms_m[0], ratio[0])
    n, i_due, last_m = 1, -1, rms_m[0]
    for k in range(1, len(looks.age_s)):
        before_s, now_s = looks.age_s[k - 1], looks.age_s[k]
        if n == MOST_ASSESSMENTS or before_s > oldest_s or (last_m <= LAST_ERROR_M and due_s <= before_s):
            break
        if before_s < due_s < min(now_s, oldest_s):
            share = math.log(due_s / before_s) / math.log(now_s / before_s)
            last_m, i_due = rms_m[k - 1] * (rms_m[k] / rms_m[k - 1]) ** share, n
            _note(room, n, due_s, scale * last_m, ratio[k - 1] + share * (ratio[k] - ratio[k - 1]))
            n += 1
        if last_m > LAST_ERROR_M and rms_m[k] <= model.shrink_step * last_m and now_s <= oldest_s:
            if n == MOST_ASSESSMENTS:
                break
            last_m = rms_m[k]
            _note(room, n, now_s, scale * last_m, ratio[k])
            n += 1
    return n, i_due


@inlined_kernel
def _draw_errors(model, seed, replication, item, n_sensors, fused, n, room):
    """Errors drawn backward along and across the path, fused over sensors, into ``room.errors`` [m].

    ``fused`` is the sensors' common scale, which ``room.along_m`` and ``room.cross_m`` hold already.
    """
    key = stream_key(seed, _P_ERROR)
    for k in range(n):
        room.errors[k, 0], room.errors[k, 1] = 0.0, 0.0
    for s in range(n_sensors):
        size = room.scale[s] / fused
        weight = 1.0 / (size * size)
        along, cross = 0.0, 0.0
        along_after, cross_after = 0.0, 0.0
        identity = model.sensors[room.chosen[s]].identity
        u0, u1, u2, u3 = 0.0, 0.0, 0.0, 0.0
        for k in range(n - 1, -1, -1):
            # One block of numbers serves two assessments.
            if k == n - 1 or k % 2 == 1:
                u0, u1, u2, u3 = uniform_four(key, replication, item.burst, item.shot, identity * 8 + k // 2)
            if k % 2 == 0:
                z0, z1 = normal_quantile(u0), normal_quantile(u1)
            else:
                z0, z1 = normal_quantile(u2), normal_quantile(u3)
            along_var, cross_var = (size * room.along_m[k]) ** 2, (size * room.cross_m[k]) ** 2
            along += math.sqrt(max(along_var - along_after, 0.0)) * z0
            cross += math.sqrt(max(cross_var - cross_after, 0.0)) * z1
            along_after, cross_after = max(along_var, along_after), max(cross_var, cross_after)
            room.errors[k, 0] += weight * along
            room.errors[k, 1] += weight * cross


@inlined_kernel
def _write(model, item, track, row, k, true_scale, wind_along_mps, wind_cross_mps, room):
    """Assessment k: true impact plus errors, turned into east and north, with the covariance that goes with them."""
    flight_s = max(item.t_impact_s - track.t_first_plot_s, 1.0)
    left = max(1.0 - room.age_s[k] / flight_s, 0.0)
    along_m, cross_m, shared = room.along_m[k], room.cross_m[k], model.shared_frac
    own = math.sqrt(1.0 - shared)
    wind_along_m = math.sqrt((wind_along_mps * left) ** 2 + shared * along_m * along_m)
    wind_cross_m = math.sqrt((wind_cross_mps * left) ** 2 + shared * cross_m * cross_m)
    east, north = item.impact_east_m - item.launch_east_m, item.impact_north_m - item.launch_north_m
    length = max(length_m(east, north), 1.0)
    ux, uy = east / length, north / length
    along = true_scale * (own * room.errors[k, 0] + wind_along_m * room.wind[0])
    cross = true_scale * (own * room.errors[k, 1] + wind_cross_m * room.wind[1])
    var_along = (own * along_m) ** 2 + wind_along_m**2
    var_cross = (own * cross_m) ** 2 + wind_cross_m**2
    row.t_s = track.t_first_plot_s + room.age_s[k]
    row.mean_east_m = item.impact_east_m + along * ux - cross * uy
    row.mean_north_m = item.impact_north_m + along * uy + cross * ux
    row.var_east_m2 = var_along * ux * ux + var_cross * uy * uy
    row.var_north_m2 = var_along * uy * uy + var_cross * ux * ux
    row.cov_m2 = (var_along - var_cross) * ux * uy
    row.now_east_m, row.now_north_m = 0.0, 0.0  # only a cruising object is extrapolated from where it is
    range_m = length_m(row.mean_east_m - track.origin_east_m, row.mean_north_m - track.origin_north_m)
    row.t_impact_s = track.t_origin_s + class_tof_s(model.tables, model.classes[item.i_class].i_table, range_m)


@inlined_kernel
def _is_superseded(model, track, row, next_age_s):
    """Whether the next assessment comes before any alert or decision could rest on this one.

    Its P(hit) is then never asked for.
    """
    if next_age_s > model.wait_s:
        return False
    return track.t_first_plot_s + next_age_s <= decision_due_s(model, track, row)


@inlined_kernel
def _look_in_time(model, track, row, k, age_s):
    """Let the look after assessment k come before the decision that this assessment asks for."""
    wanted_s = decision_due_s(model, track, row) - LOOK_WAIT_S - track.t_first_plot_s
    if age_s[k] < wanted_s < age_s[k + 1]:
        age_s[k + 1] = wanted_s


@inlined_kernel
def assess_ballistic(
    model, seed, replication, epoch, item, i_track, track, n_sensors, z_scatter, u_stray, room, rows, areas, p_areas,
    is_inside,
):  # fmt: skip
    """Write a track's assessments from row track.first_assessment on; their number.

    ``z_scatter`` standard normal, ``u_stray`` uniform: the track's own luck. There must be room for ten more rows.
    """
    kind = model.classes[item.i_class]
    fused = _fused_scale(model, epoch, track.post_mask, item, n_sensors, room)
    n, i_due = _plan(model, item, track.t_first_plot_s, fused * math.exp(model.scatter * z_scatter), room)
    _draw_errors(model, seed, replication, item, n_sensors, fused, n, room)
    true_scale = model.true_over_stated * (model.stray_scale if u_stray < model.stray_frac else 1.0)
    along_s, cross_s = class_wind_s(model.tables, kind.i_table, item.range_m)
    for k in range(n):
        i_row = track.first_assessment + k
        row = rows[i_row]
        row.i_track, row.ordinal = i_track, k
        _write(
            model, item, track, row, k, true_scale, along_s * model.wind_unknown_mps, cross_s * model.wind_unknown_mps,
            room,
        )  # fmt: skip
        if k < i_due:
            _look_in_time(model, track, row, k, room.age_s)
        if model.is_sparing and k + 1 < n and _is_superseded(model, track, row, room.age_s[k + 1]):
            row.n_areas, row.p_any, row.value_people = 0, math.nan, math.nan
            continue
        hit_probabilities(model, kind.casualty_area_m2, row, areas[i_row], p_areas[i_row], is_inside[i_row])
    return n

"""What the picture tells the battle of one confirmed track: class, origin, and where it will come down."""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.tracking.classify import class_probabilities
from opendome.tracking.cone import cone_mean, heading_cone
from opendome.tracking.earth import height_m
from opendome.tracking.impact import predict_impact
from opendome.tracking.kinds import has_drone_lead

from .truth import step_state

__all__ = ["assess_cruiser", "assess_rocket", "estimate_origin", "has_moved", "likeliest_class", "widest_m"]

_BACK_STEP_S = 0.5
_BACK_STEPS = 120
_OUTSIDE = 25.0


@inlined_kernel
def widest_m(row):
    """Standard deviation of an assessment in its widest direction [m]."""
    half, difference = 0.5 * (row.var_east_m2 + row.var_north_m2), 0.5 * (row.var_east_m2 - row.var_north_m2)
    return math.sqrt(half + math.sqrt(difference * difference + row.cov_m2 * row.cov_m2))


@inlined_kernel
def has_moved(last, row):
    """Whether a prediction lies far outside (squared distance 25) the ellipse of an earlier one of its track."""
    east, north = row.mean_east_m - last.mean_east_m, row.mean_north_m - last.mean_north_m
    determinant = last.var_east_m2 * last.var_north_m2 - last.cov_m2 * last.cov_m2
    squared = last.var_north_m2 * east * east - 2.0 * last.cov_m2 * east * north + last.var_east_m2 * north * north
    return squared > _OUTSIDE * determinant


@kernel
def estimate_origin(tracked, room, t_s, track):
    """Follow the published state back to the ground: fills the track's t_origin_s and origin.

    ``room.mean`` (7,) holds the state at ``t_s``. A body that is not on the ground a minute earlier is taken to have
    started where it was then.
    """
    state = room.work6[0]
    for j in range(6):
        state[j] = room.mean[j]
    above_m = height_m(tracked.motion, state[0], state[1], state[2])
    for n in range(_BACK_STEPS):
        east_m, north_m = state[0], state[1]
        step_state(tracked, room.work6, room.mean[6], room.no_errors, -_BACK_STEP_S)
        now_m = height_m(tracked.motion, state[0], state[1], state[2])
        if now_m <= 0.0 and above_m > 0.0:
            share = above_m / (above_m - now_m)
            track.t_origin_s = t_s - (n + share) * _BACK_STEP_S
            track.origin_east_m = east_m + share * (state[0] - east_m)
            track.origin_north_m = north_m + share * (state[1] - north_m)
            return
        above_m = now_m
    track.t_origin_s = t_s - _BACK_STEPS * _BACK_STEP_S
    track.origin_east_m, track.origin_north_m = state[0], state[1]


@kernel
def likeliest_class(model, tracked, setup, filters, slot, track, row, room):
    """Class that a track is taken for, -1 where the scenario has none of its kind."""
    if has_drone_lead(filters, slot):
        best, nearest = -1, math.inf
        speed = math.sqrt(room.mean[3] ** 2 + room.mean[4] ** 2 + room.mean[5] ** 2)
        for k in range(len(tracked.cruisers)):
            off = abs(math.log(max(speed, 1.0) / model.classes[tracked.cruisers[k]].speed_mps))
            if off < nearest:
                best, nearest = tracked.cruisers[k], off
        return best
    if len(tracked.rockets) == 0:
        return -1
    east, north = row.mean_east_m - track.origin_east_m, row.mean_north_m - track.origin_north_m
    motion = setup.motion.model
    class_probabilities(
        tracked.class_table,
        motion.log_beta_mean,
        motion.log_beta_sd,
        room.mean[6],
        room.cov[6, 6],
        math.sqrt(east * east + north * north),
        widest_m(row),
        room.p_class,
    )
    best = 0
    for k in range(1, len(tracked.rockets)):
        if room.p_class[k] > room.p_class[best]:
            best = k
    return tracked.rockets[best]


@kernel
def assess_rocket(setup, filters, slot, room, row):
    """Impact of a falling body; False where it cannot be told. ``row`` gets mean, covariance and time."""
    if not predict_impact(setup.motion.model, filters.tracks, slot, room.impact):
        return False
    row.t_impact_s, row.mean_east_m, row.mean_north_m = room.impact[0], room.impact[1], room.impact[2]
    row.var_east_m2, row.cov_m2, row.var_north_m2 = room.impact[3], room.impact[4], room.impact[5]
    row.now_east_m, row.now_north_m = 0.0, 0.0
    return True


@kernel
def assess_cruiser(model, tracked, t_s, room, casualty_area_m2, row, areas, p_areas, is_inside):
    """Goal of a cruising object by its heading: mean, covariance, time, and P(hit) of each candidate area.

    ``room.mean`` (7,), ``room.cov`` (7, 7) hold the estimate. P(hit) of an area is its chance of being the goal; the
    warning takes the likeliest candidates that together hold ``ellipse_content`` of that chance. False where there is
    no candidate.
    """
    n = heading_cone(
        tracked.cone, room.mean, room.cov, t_s, tracked.area_east_m, tracked.area_north_m, tracked.area_people,
        room.cone_areas, room.cone_p, room.cone_impact,
    )  # fmt: skip
    if n == 0:
        return False
    cone_mean(room.cone_p, room.cone_impact, n, room.impact)
    row.t_impact_s, row.mean_east_m, row.mean_north_m = room.impact[0], room.impact[1], room.impact[2]
    row.var_east_m2, row.cov_m2, row.var_north_m2 = room.impact[3], room.impact[4], room.impact[5]
    row.now_east_m, row.now_north_m = room.mean[0], room.mean[1]
    total, gone = 0.0, 0.0
    for k in range(n):
        total += room.cone_p[k]
    row.n_areas, row.p_any, row.value_people = n, total, 0.0
    for k in range(n):
        area = model.areas[room.cone_areas[k]]
        areas[k], p_areas[k] = room.cone_areas[k], room.cone_p[k]
        is_inside[k] = 1 if gone < model.ellipse_content * total else 0
        gone += room.cone_p[k]
        row.value_people += room.cone_p[k] * area.population / area.area_m2 * casualty_area_m2
    return True

"""What the picture tells the battle of one confirmed track: class, origin, and where it will come down."""

from __future__ import annotations

import math

from opendome.base.kernels import kernel
from opendome.tracking.classify import class_probabilities
from opendome.tracking.earth import height_m
from opendome.tracking.impact import predict_impact
from opendome.tracking.kinds import has_drone_lead

from .renewal import widest_m
from .truth import step_state

__all__ = ["assess_rocket", "estimate_origin", "likeliest_class"]

_BACK_STEP_S = 0.5
_BACK_STEPS = 120


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

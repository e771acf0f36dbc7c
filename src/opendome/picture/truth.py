"""True paths of a window's objects for the tracked picture: flights that differ from what the tracker believes.

Raid fixes where each object starts and where it comes down. Between the two a rocket flies through wind, air and drag
that are off the tracker's nominal model by the drawn errors of its salvo, and with a ballistic coefficient off its
class's, so the path is found by shooting: speed and azimuth at the class's generic elevation are mended until the
flight ends at the given point (to 1 m). The numbers found are not kept. The time of impact is the raid's; the start
shifts by the difference in time of flight, a few seconds where drag is far off its class's.

Left out: powered flight, manoeuvres of rockets, differences within a salvo other than its raid's spread.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.philox import Purpose, normal_quantile, stream_key, uniform_four
from opendome.base.types import Fate
from opendome.flight.tables import class_point, class_tof_s
from opendome.tracking.earth import height_m, weight
from opendome.tracking.model import CELL_M, CELL_MACH, LOWEST_M, N_MODEL_ERRORS

from .model import PictureModel
from .sight import cruise_position
from .tracked_model import TrackedModel

__all__ = ["NODE_STEP_S", "Paths", "is_airborne", "make_paths", "state_at", "step_state"]

NODE_STEP_S = 1.0
_HALF_STEPS = 2
_TRIALS = 12
_CLOSE_M = 1.0
_LONGEST_NODES = 1800
_TRIVIAL_RANGE_M = 50.0
_SHOTS = 1 << 20
_MISFIRES = int(Fate.MISFIRES)
_P_ERROR = int(Purpose.MODEL_ERROR)
_P_BETA = int(Purpose.BALLISTIC_SPREAD)


class Paths(NamedTuple):
    """Paths of n objects: ``nodes`` (k, 6) positions [m] and velocities [m/s] in the scenario's frame, a second apart
    from ``t_start_s`` (n,); those of object i begin at ``first[i]`` and are ``first[i + 1] - first[i]``, none for an
    object that never flies and for one that cruises. ``t_end_s`` (n,) is the time of impact.
    """

    first: np.ndarray
    t_start_s: np.ndarray
    t_end_s: np.ndarray
    nodes: np.ndarray


@inlined_kernel
def _ground_up_m(tracked, east_m, north_m):
    """Third coordinate of the ground under a point of the plane [m]."""
    up_m = -height_m(tracked.motion, east_m, north_m, 0.0)
    return up_m - height_m(tracked.motion, east_m, north_m, up_m)


@kernel
def step_state(tracked, work, log_beta, errors, dt_s):
    """One classical Runge-Kutta step of the state work[0] (6,) in place; the other rows of work (6, 6) are scratch."""
    state, k1, k2, k3, k4, trial = work[0], work[1], work[2], work[3], work[4], work[5]
    _rates(tracked, state, log_beta, errors, k1)
    for j in range(6):
        trial[j] = state[j] + 0.5 * dt_s * k1[j]
    _rates(tracked, trial, log_beta, errors, k2)
    for j in range(6):
        trial[j] = state[j] + 0.5 * dt_s * k2[j]
    _rates(tracked, trial, log_beta, errors, k3)
    for j in range(6):
        trial[j] = state[j] + dt_s * k3[j]
    _rates(tracked, trial, log_beta, errors, k4)
    for j in range(6):
        state[j] += dt_s / 6.0 * (k1[j] + 2.0 * k2[j] + 2.0 * k3[j] + k4[j])


@inlined_kernel
def _between(table, place):
    """Lower row and weight of the next at a place of a table, held to its ends."""
    held = min(max(place, 0.0), len(table) - 1.000001)
    i = int(held)
    return i, held - i


@kernel
def _rates(tracked, state, log_beta, errors, out):
    """Time derivative of a state (6,) under the salvo's errors (12,).

    Order of the errors: three wind modes east, three north, slope of the density with height, five modes of drag shape.
    """
    motion = tracked.motion
    v_east, v_north, v_up = state[3], state[4], state[5]
    a_east, a_north, a_up, h_m = weight(motion, state[0], state[1], state[2], v_east, v_north, v_up)
    i, share = _between(motion.air, (h_m - LOWEST_M) / CELL_M)
    low, high = motion.air[i], motion.air[i + 1]
    density = low[0] + share * (high[0] - low[0])
    density *= math.exp(motion.density_slope_frac_pm * errors[6] * h_m)
    slowness = low[1] + share * (high[1] - low[1])
    wind_east, wind_north = low[2] + share * (high[2] - low[2]), low[3] + share * (high[3] - low[3])
    for k in range(3):
        mode = low[4 + k] + share * (high[4 + k] - low[4 + k])
        wind_east += mode * errors[k]
        wind_north += mode * errors[3 + k]
    u_east, u_north = v_east - wind_east, v_north - wind_north
    speed = math.sqrt(u_east * u_east + u_north * u_north + v_up * v_up)
    j, part = _between(motion.drag, speed * slowness / CELL_MACH)
    below, above = motion.drag[j], motion.drag[j + 1]
    log_shape = 0.0
    for k in range(5):
        log_shape += errors[7 + k] * (below[1 + k] + part * (above[1 + k] - below[1 + k]))
    factor = (below[0] + part * (above[0] - below[0])) * math.exp(log_shape)
    rate = 0.5 * density * speed * factor * math.exp(-log_beta)
    out[0], out[1], out[2] = v_east, v_north, v_up
    out[3], out[4], out[5] = a_east - rate * u_east, a_north - rate * u_north, a_up - rate * v_up


@kernel
def _fly(tracked, start, log_beta, errors, work, nodes):
    """Fly from a state (6,) to the ground, writing nodes (m, 6); gives (number of nodes, time [s], east, north [m]).

    The last node lies under the ground; ``work`` (6, 6) is scratch.
    """
    state = work[0]
    for j in range(6):
        state[j] = start[j]
    dt_s = NODE_STEP_S / _HALF_STEPS
    above_m = 0.0
    for n in range(len(nodes)):
        for j in range(6):
            nodes[n, j] = state[j]
        for half in range(_HALF_STEPS):
            east_m, north_m = state[0], state[1]
            step_state(tracked, work, log_beta, errors, dt_s)
            now_m = height_m(tracked.motion, state[0], state[1], state[2])
            if now_m <= 0.0:
                share = above_m / (above_m - now_m)
                t_s = n * NODE_STEP_S + (half + share) * dt_s
                end_east_m = east_m + share * (state[0] - east_m)
                end_north_m = north_m + share * (state[1] - north_m)
                for _ in range(half + 1, _HALF_STEPS):
                    step_state(tracked, work, log_beta, errors, dt_s)
                if n + 1 < len(nodes):
                    for j in range(6):
                        nodes[n + 1, j] = state[j]
                return n + 2, t_s, end_east_m, end_north_m
            above_m = now_m
    return 0, 0.0, 0.0, 0.0


@inlined_kernel
def _first_guess_mps(model, i_table, range_m):
    """Speed at the start of the class's table flight over this range [m/s]."""
    share = 1.0 / 64.0
    down, height = class_point(model.tables, i_table, range_m, share)
    dt_s = share * class_tof_s(model.tables, i_table, range_m)
    level, climb = down * range_m / dt_s, height / dt_s + 4.9 * dt_s
    return math.sqrt(level * level + climb * climb)


@kernel
def _shoot(model, tracked, item, log_beta, errors, start, work, nodes):
    """Mend speed and azimuth until the flight ends at the object's impact; gives (number of nodes, time [s])."""
    kind = model.classes[item.i_class]
    east, north = item.impact_east_m - item.launch_east_m, item.impact_north_m - item.launch_north_m
    course = math.atan2(east, north)
    azimuth, elevation = course, tracked.class_elevation_rad[item.i_class]
    speed = _first_guess_mps(model, kind.i_table, item.range_m)
    slope, last_speed, last_along = 0.6 * speed / item.range_m, 0.0, 0.0
    n, t_s = 0, 0.0
    for _ in range(_TRIALS):
        start[0], start[1] = item.launch_east_m, item.launch_north_m
        start[2] = _ground_up_m(tracked, start[0], start[1])
        start[3] = speed * math.cos(elevation) * math.sin(azimuth)
        start[4] = speed * math.cos(elevation) * math.cos(azimuth)
        start[5] = speed * math.sin(elevation)
        n, t_s, end_east, end_north = _fly(tracked, start, log_beta, errors, work, nodes)
        if n == 0:
            return 0, 0.0
        d_east, d_north = item.impact_east_m - end_east, item.impact_north_m - end_north
        along = d_east * math.sin(course) + d_north * math.cos(course)
        cross = d_east * math.cos(course) - d_north * math.sin(course)
        if along * along + cross * cross < _CLOSE_M * _CLOSE_M:
            break
        if last_speed > 0.0 and abs(last_along - along) > 1e-6:
            mended = (speed - last_speed) / (last_along - along)
            if mended > 0.0:
                slope = mended
        last_speed, last_along = speed, along
        speed = max(speed + slope * along, 0.5 * speed)
        azimuth += cross / item.range_m
    return n, t_s


@kernel
def draw_errors(tracked, seed, replication, burst, errors):
    """The salvo's model errors, standard normal times the share of the prior that is true: fills (12,)."""
    key = stream_key(seed, _P_ERROR)
    for k in range(0, N_MODEL_ERRORS, 4):
        u0, u1, u2, u3 = uniform_four(key, replication, burst, 0, k // 4)
        errors[k] = tracked.true_share * normal_quantile(u0)
        errors[k + 1] = tracked.true_share * normal_quantile(u1)
        errors[k + 2] = tracked.true_share * normal_quantile(u2)
        errors[k + 3] = tracked.true_share * normal_quantile(u3)


@inlined_kernel
def _log_beta(tracked, seed, replication, item):
    """Natural logarithm of the salvo's ballistic coefficient."""
    u0, _, _, _ = uniform_four(stream_key(seed, _P_BETA), replication, item.burst, 0, 0)
    return tracked.class_log_beta[item.i_class] + tracked.log_beta_sd * normal_quantile(u0)


@allocating_kernel
def make_paths(model: PictureModel, tracked: TrackedModel, seed: int, replication: int, objects: np.ndarray) -> Paths:
    """True paths of objects (n,) of OBJECT."""
    n = len(objects)
    first, t_start_s, t_end_s = np.zeros(n + 1, np.int64), np.empty(n), np.empty(n)
    pool = np.empty((64 * n + 256, 6))
    nodes, work = np.empty((_LONGEST_NODES, 6)), np.empty((6, 6))
    start, errors = np.empty(6), np.zeros(N_MODEL_ERRORS)
    last_burst, log_beta, used = -1, 0.0, 0
    for i in range(n):
        item = objects[i]
        t_start_s[i], t_end_s[i], first[i] = item.t_launch_s, item.t_impact_s, used
        if item.fate == _MISFIRES or item.range_m < _TRIVIAL_RANGE_M or model.classes[item.i_class].is_cruise:
            continue
        if item.burst != last_burst:
            last_burst = item.burst
            draw_errors(tracked, seed, replication, item.burst, errors)
            log_beta = _log_beta(tracked, seed, replication, item)
        count, t_s = _shoot(model, tracked, item, log_beta, errors, start, work, nodes)
        if used + count > len(pool):
            more = np.empty((2 * len(pool) + count, 6))
            more[:used] = pool[:used]
            pool = more
        pool[used : used + count] = nodes[:count]
        used += count
        t_start_s[i] = item.t_impact_s - t_s
    first[n] = used
    return Paths(first, t_start_s, t_end_s, pool[:used])


@inlined_kernel
def is_airborne(model, paths, objects, i, t_s):
    """Whether object i flies at a time."""
    has_path = paths.first[i + 1] > paths.first[i] or model.classes[objects[i].i_class].is_cruise
    return has_path and paths.t_start_s[i] <= t_s < paths.t_end_s[i]


@kernel
def state_at(model, tracked, paths, objects, i, t_s, out):
    """Position [m] and velocity [m/s] of airborne object i at a time: fills out (6,).

    Cubic Hermite between nodes; a cruising object keeps its height over the ground and its speed.
    """
    item = objects[i]
    kind = model.classes[item.i_class]
    if kind.is_cruise:
        gone_m = (t_s - item.t_launch_s) * kind.speed_mps
        out[0], out[1] = cruise_position(item, gone_m)
        out[2] = _ground_up_m(tracked, out[0], out[1]) + kind.height_m
        ahead_east, ahead_north = cruise_position(item, gone_m + kind.speed_mps)
        out[3], out[4], out[5] = ahead_east - out[0], ahead_north - out[1], 0.0
        return
    place = (t_s - paths.t_start_s[i]) / NODE_STEP_S
    k = min(int(place), paths.first[i + 1] - paths.first[i] - 2)
    x = place - k
    a, b = paths.nodes[paths.first[i] + k], paths.nodes[paths.first[i] + k + 1]
    x2, x3 = x * x, x * x * x
    h00, h10, h01, h11 = 2 * x3 - 3 * x2 + 1, x3 - 2 * x2 + x, 3 * x2 - 2 * x3, x3 - x2
    d00, d10, d11 = 6 * x2 - 6 * x, 3 * x2 - 4 * x + 1, 3 * x2 - 2 * x
    for j in range(3):
        out[j] = h00 * a[j] + h10 * NODE_STEP_S * a[j + 3] + h01 * b[j] + h11 * NODE_STEP_S * b[j + 3]
        out[j + 3] = d00 * (a[j] - b[j]) / NODE_STEP_S + d10 * a[j + 3] + d11 * b[j + 3]

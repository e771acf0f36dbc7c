"""Where and when a track meets the ground, and how sure that is.

The published state is flown once, in steps of at most 1 s, with the errors found so far in the dynamics. The covariance
comes from going back along that flight: the rows of d(impact) / d(state) are carried from the ground to now through
the same transition matrices that the filter uses, and gather on the way what the remaining model errors and the
process noise do. Where the ellipse is wide, what velocity and ballistic coefficient do is found instead by flights from
the points of an unscented transform of those four. The ground is the ellipsoid.

References: Julier and Uhlmann (2004), Unscented filtering and nonlinear estimation, Proc. IEEE 92(3).
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.tracking.earth import height_m, normal
from opendome.tracking.model import LONGEST_STEPS, N_ERRORS, N_MODEL_ERRORS, N_STATE
from opendome.tracking.motion import (
    ERRORS,
    FORCING,
    TRANSITION,
    accelerate,
    clamped_half_over_beta,
    fill_slopes,
    fill_transition,
    step_on,
)
from opendome.tracking.predict import FASTEST_MPS, STEPS_PER_DRAG_TIME, is_finite
from opendome.tracking.publish import weight_of_no_error
from opendome.tracking.root import N_MOTION, ROOT, fill_motion_root
from opendome.tracking.update import PUSH

__all__ = ["WIDE_M", "predict_impact"]

COSTATE = 60
"""3 rows: slope of impact east, north and time by the state (7)."""
SENSE = 63
"""3 rows: slope of impact east, north and time by the errors (15)."""
BACK = 66
"""1 row: one row of COSTATE on its way."""
NOISE_SUM = 67
"""1 row: process noise at impact: east-east, east-north, north-north, time-time."""
MEAN = 68
"""1 row: the published state."""
LANDED = 69
"""1 row: time after now, east, north, up and velocity at impact."""
SUMS = 77
"""1 row: mean and mean square of the unscented points' impacts about their middle, less what lines make of them."""
RESULT = 78
"""1 row: time after now, east, north, variance east, covariance, variance north, variance of the time."""

STEP_S = 1.0
POINT_DISTANCE = math.sqrt(N_MOTION)
POINT_STEP_S = 8.0
"""Steps of the unscented points. Their errors matter little, being much the same in the middle that the points are
compared with: mean and standard deviations of the impact move by less than 1 % of these."""
WIDE_M, WIDE_FRAC = 500.0, 0.06
"""The unscented transform is used where the standard deviation along the widest direction is more than this, and more
than this share of the way still to go: in the first seconds."""
THIN_PS = 0.005
"""Drag over speed below which steps are twice as long."""
LEAST_SINK_MPS = 1.0


@inlined_kernel
def _fill_mean(model, tracks, i_track, weight):
    """Write the published state (MEAN) and the errors in force (ERRORS)."""
    work = tracks.work
    for column in range(N_ERRORS):
        work[ERRORS, column] = 0.0 if model.is_plain else (1.0 - weight) * tracks.b[i_track, column]
    for row in range(N_STATE):
        work[MEAN, row] = tracks.x[i_track, row]
        if not model.is_plain:
            for column in range(N_ERRORS):
                work[MEAN, row] += tracks.u[i_track, row, column] * work[ERRORS, column]


@inlined_kernel
def _step_length_s(step_s, rate_ps):
    """Length of a step, by the drag over speed at its start: shorter in thick air, twice as long in thin."""
    dt_s = step_s / min(max(step_s * STEPS_PER_DRAG_TIME * rate_ps, 1.0), 100.0)
    return 2.0 * dt_s if rate_ps < THIN_PS else dt_s


@inlined_kernel
def _sink_mps(state):
    """Speed towards the ground of position and velocity, the first six of a tuple."""
    up = normal(state[0], state[1], state[2])
    return -(up[0] * state[3] + up[1] * state[4] + up[2] * state[5])


@inlined_kernel
def _time_to_ground_s(model, state, most_s):
    """Time to the ground along a straight line, negative below it; not more than ``most_s`` either way."""
    left_s = height_m(model, state[0], state[1], state[2]) / max(_sink_mps(state), LEAST_SINK_MPS)
    return min(max(left_s, -most_s), most_s)


@kernel
def _fly(model, work, path, step_s, is_whole):
    """Fly from MEAN to the ground; the number of steps, 0 when that takes longer than half an hour.

    The state at impact and the time to it are written to LANDED. ``is_whole``: with the errors in force, and the middle
    of each step and its length written to ``path``. The step that ends below the ground is made again, as long as its
    heights before and after say; what is then left to the ground is next to nothing and goes along a straight line.
    """
    is_shifted = is_whole and not model.is_plain
    e, n, u, ve, vn, vu = work[MEAN, 0], work[MEAN, 1], work[MEAN, 2], work[MEAN, 3], work[MEAN, 4], work[MEAN, 5]
    half_over_beta, t_s = clamped_half_over_beta(work[MEAN, 6]), 0.0
    here = accelerate(model, work, is_shifted, e, n, u, ve, vn, vu, half_over_beta)
    for i_step in range(LONGEST_STEPS):
        dt_s, left_s = _step_length_s(step_s, here[4]), 0.0
        after = step_on(model, work, is_shifted, e, n, u, ve, vn, vu, half_over_beta, here, dt_s)
        there = accelerate(
            model, work, is_shifted, after[0], after[1], after[2], after[3], after[4], after[5], half_over_beta
        )
        is_landing = there[3] <= 0.0 and _sink_mps(after) > LEAST_SINK_MPS
        if is_landing:
            whole_s, drop_m = dt_s, here[3] - there[3]
            dt_s *= min(max(here[3] / drop_m, -1.0), 1.0) if drop_m > 0.0 else 0.0
            after = step_on(model, work, is_shifted, e, n, u, ve, vn, vu, half_over_beta, here, dt_s)
            left_s = _time_to_ground_s(model, after, whole_s)
        t_s += dt_s + left_s
        if is_whole:
            for part in range(6):
                path[i_step, part] = after[6 + part]
            path[i_step, 6] = dt_s + left_s
        if is_landing:
            work[LANDED, 0] = t_s
            for axis in range(3):
                work[LANDED, 1 + axis] = after[axis] + left_s * after[3 + axis]
                work[LANDED, 4 + axis] = after[3 + axis]
            return i_step + 1
        e, n, u, ve, vn, vu = after[0], after[1], after[2], after[3], after[4], after[5]
        here = there
    return 0


@inlined_kernel
def _fill_last_costate(work):
    """At the ground: east and north move with the state less the way along the velocity, time by height over sink."""
    up = normal(work[LANDED, 1], work[LANDED, 2], work[LANDED, 3])
    climb = min(up[0] * work[LANDED, 4] + up[1] * work[LANDED, 5] + up[2] * work[LANDED, 6], -LEAST_SINK_MPS)
    for row in range(3):
        for column in range(N_STATE):
            work[COSTATE + row, column] = 0.0
        for column in range(N_ERRORS):
            work[SENSE + row, column] = 0.0
    for axis in range(3):
        work[COSTATE, axis] = -work[LANDED, 4] * up[axis] / climb
        work[COSTATE + 1, axis] = -work[LANDED, 5] * up[axis] / climb
        work[COSTATE + 2, axis] = -up[axis] / climb
    work[COSTATE, 0] += 1.0
    work[COSTATE + 1, 1] += 1.0
    for column in range(4):
        work[NOISE_SUM, column] = 0.0


@inlined_kernel
def _noise_over_step(model, work, first, second, dt_s):
    """What the process noise of one step adds to the covariance of two of the three results."""
    total, half, third = 0.0, 0.5 * dt_s * dt_s, dt_s * dt_s * dt_s / 3.0
    for axis in range(3):
        r_1, v_1 = work[COSTATE + first, axis], work[COSTATE + first, 3 + axis]
        r_2, v_2 = work[COSTATE + second, axis], work[COSTATE + second, 3 + axis]
        total += third * r_1 * r_2 + half * (r_1 * v_2 + v_1 * r_2) + dt_s * v_1 * v_2
    total *= model.q_acceleration_m2ps3
    return total + model.q_log_beta_ps * dt_s * work[COSTATE + first, 6] * work[COSTATE + second, 6]


@inlined_kernel
def _go_back(model, work, path, n_steps):
    """Carry COSTATE from the ground to now along ``path``, gathering SENSE and NOISE_SUM."""
    half_over_beta = clamped_half_over_beta(work[MEAN, 6])
    for i_back in range(n_steps):
        i_step = n_steps - 1 - i_back
        dt_s = path[i_step, 6]
        fill_slopes(
            model, work, not model.is_plain, path[i_step, 0], path[i_step, 1], path[i_step, 2],
            path[i_step, 3], path[i_step, 4], path[i_step, 5], half_over_beta,
        )  # fmt: skip
        fill_transition(work, dt_s)
        size_s = abs(dt_s)
        work[NOISE_SUM, 0] += _noise_over_step(model, work, 0, 0, size_s)
        work[NOISE_SUM, 1] += _noise_over_step(model, work, 0, 1, size_s)
        work[NOISE_SUM, 2] += _noise_over_step(model, work, 1, 1, size_s)
        work[NOISE_SUM, 3] += _noise_over_step(model, work, 2, 2, size_s)
        half = 0.5 * dt_s * dt_s
        for row in range(3):
            for axis in range(3):
                push = half * work[COSTATE + row, axis] + dt_s * work[COSTATE + row, 3 + axis]
                if not model.is_plain:
                    for column in range(N_MODEL_ERRORS):
                        work[SENSE + row, column] += push * work[FORCING + axis, column]
            for column in range(N_STATE):
                work[BACK, column] = 0.0
            for middle in range(6):
                size = work[COSTATE + row, middle]
                for column in range(N_STATE):
                    work[BACK, column] += size * work[TRANSITION + middle, column]
            work[BACK, 6] += work[COSTATE + row, 6]
            for column in range(N_STATE):
                work[COSTATE + row, column] = work[BACK, column]


@inlined_kernel
def _state_part(tracks, i_track, first, second):
    """Covariance of two of the three results by the state's own covariance P."""
    work, total = tracks.work, 0.0
    for row in range(N_STATE):
        inner = 0.0
        for column in range(N_STATE):
            inner += tracks.p[i_track, row, column] * work[COSTATE + second, column]
        total += work[COSTATE + first, row] * inner
    return total


@inlined_kernel
def _add_errors_to_sense(tracks, i_track):
    """Add to SENSE what the errors have done to the state until now, through COSTATE."""
    work = tracks.work
    for row in range(3):
        for middle in range(N_STATE):
            size = work[COSTATE + row, middle]
            for column in range(N_ERRORS):
                work[SENSE + row, column] += size * tracks.u[i_track, middle, column]


@inlined_kernel
def _error_part(tracks, i_track, weight, first, second):
    """Covariance of two of the three results by the errors: J (B + w^2 b b') J'."""
    work = tracks.work
    total, pull_1, pull_2 = 0.0, 0.0, 0.0
    for row in range(N_ERRORS):
        work[PUSH, row] = 0.0
    for row in range(N_ERRORS):
        size = work[SENSE + first, row]
        pull_1 += size * tracks.b[i_track, row]
        pull_2 += work[SENSE + second, row] * tracks.b[i_track, row]
        for column in range(N_ERRORS):
            work[PUSH, column] += size * tracks.spread[i_track, row, column]
    for column in range(N_ERRORS):
        total += work[PUSH, column] * work[SENSE + second, column]
    return total + weight * weight * pull_1 * pull_2


@inlined_kernel
def _fill_linear(tracks, i_track):
    """Write the impact of the flight just made and what P makes of it, along COSTATE, to RESULT."""
    work = tracks.work
    work[RESULT, 0], work[RESULT, 1], work[RESULT, 2] = work[LANDED, 0], work[LANDED, 1], work[LANDED, 2]
    work[RESULT, 3], work[RESULT, 4] = _state_part(tracks, i_track, 0, 0), _state_part(tracks, i_track, 0, 1)
    work[RESULT, 5], work[RESULT, 6] = _state_part(tracks, i_track, 1, 1), _state_part(tracks, i_track, 2, 2)


@inlined_kernel
def _is_wide(work):
    """Whether RESULT is so wide that straight lines are not to be trusted."""
    half_sum, half_gap = 0.5 * (work[RESULT, 3] + work[RESULT, 5]), 0.5 * (work[RESULT, 3] - work[RESULT, 5])
    widest_m2 = half_sum + math.sqrt(half_gap * half_gap + work[RESULT, 4] ** 2)
    to_go_m = math.hypot(work[RESULT, 1] - work[MEAN, 0], work[RESULT, 2] - work[MEAN, 1])
    return widest_m2 > max(WIDE_M, WIDE_FRAC * to_go_m) ** 2


@inlined_kernel
def _add_flight(work, share, middle_t_s, middle_e, middle_n):
    """Add the impact of the flight just made, about the middle, to SUMS."""
    d_t, d_e, d_n = work[LANDED, 0] - middle_t_s, work[LANDED, 1] - middle_e, work[LANDED, 2] - middle_n
    work[SUMS, 0] += share * d_t
    work[SUMS, 1] += share * d_e
    work[SUMS, 2] += share * d_n
    work[SUMS, 3] += share * d_e * d_e
    work[SUMS, 4] += share * d_e * d_n
    work[SUMS, 5] += share * d_n * d_n
    work[SUMS, 6] += share * d_t * d_t


@inlined_kernel
def _take_line(work, column):
    """Take from SUMS what straight lines make of one column of ROOT."""
    e, n, t = 0.0, 0.0, 0.0
    for row in range(N_STATE):
        size = work[ROOT + row, column]
        e += size * work[COSTATE, row]
        n += size * work[COSTATE + 1, row]
        t += size * work[COSTATE + 2, row]
    work[SUMS, 3] -= e * e
    work[SUMS, 4] -= e * n
    work[SUMS, 5] -= n * n
    work[SUMS, 6] -= t * t


@inlined_kernel
def _bend(model, tracks, i_track):
    """Put into RESULT, in place of the straight lines along velocity and ln beta, what eight flights make of these.

    The flights start from the points of the unscented transform of the four about MEAN; they and the middle that they
    are compared with are without model errors. The rest of P, of the position alone, stays with the lines. False, and
    RESULT stays as it is, when P has no root or a point does not land.
    """
    work = tracks.work
    if not fill_motion_root(tracks, i_track):
        return False
    for part in range(7):
        work[SUMS, part] = 0.0
    if _fly(model, work, tracks.path, POINT_STEP_S, False) == 0:
        return False
    middle_t_s, middle_e, middle_n = work[LANDED, 0], work[LANDED, 1], work[LANDED, 2]
    for i_point in range(2 * N_MOTION):
        column = N_STATE - 1 - i_point // 2
        away = POINT_DISTANCE if i_point % 2 == 0 else -POINT_DISTANCE
        for row in range(N_STATE):
            work[MEAN, row] += away * work[ROOT + row, column]
        n_steps = _fly(model, work, tracks.path, POINT_STEP_S, False)
        for row in range(N_STATE):
            work[MEAN, row] -= away * work[ROOT + row, column]
        if n_steps == 0:
            return False
        _add_flight(work, 0.5 / N_MOTION, middle_t_s, middle_e, middle_n)
        if i_point % 2 == 0:
            _take_line(work, column)
    d_t, d_e, d_n = work[SUMS, 0], work[SUMS, 1], work[SUMS, 2]
    for part in range(7):
        work[RESULT, part] += work[SUMS, part]
    work[RESULT, 3] -= d_e * d_e
    work[RESULT, 4] -= d_e * d_n
    work[RESULT, 5] -= d_n * d_n
    work[RESULT, 6] -= d_t * d_t
    return True


@inlined_kernel
def _add_errors_and_noise(model, tracks, i_track, weight):
    """Add to the covariance in RESULT what the errors and the process noise do."""
    work = tracks.work
    for part in range(4):
        work[RESULT, 3 + part] += work[NOISE_SUM, part]
    if not model.is_plain:
        work[RESULT, 3] += _error_part(tracks, i_track, weight, 0, 0)
        work[RESULT, 4] += _error_part(tracks, i_track, weight, 0, 1)
        work[RESULT, 5] += _error_part(tracks, i_track, weight, 1, 1)
        work[RESULT, 6] += _error_part(tracks, i_track, weight, 2, 2)


@kernel
def predict_impact(model, tracks, i_track, out):
    """Predict the impact of a slot from its own time.

    Parameters
    ----------
    model : MotionModel
    tracks : Tracks
    i_track : int           the slot
    out : array (8,)        written: time of impact [s], east, north [m], variance east, covariance, variance north
                            [m2], standard deviation of the time [s], 1 where the unscented transform was used

    Returns
    -------
    bool    False, and ``out`` is left as it was, when the slot is not made of numbers, does not come down within half
            an hour, or has a covariance that is not positive

    Assumes: free fall to the ellipsoid; scenario frame, the track's own time.
    """
    if not is_finite(tracks, i_track):
        return False
    work = tracks.work
    weight = weight_of_no_error(model, tracks, i_track)
    _fill_mean(model, tracks, i_track, weight)
    speed2 = work[MEAN, 3] ** 2 + work[MEAN, 4] ** 2 + work[MEAN, 5] ** 2
    if not speed2 < FASTEST_MPS * FASTEST_MPS:
        return False
    n_steps = _fly(model, work, tracks.path, STEP_S, True)
    if n_steps == 0:
        return False
    _fill_last_costate(work)
    _go_back(model, work, tracks.path, n_steps)
    if not model.is_plain:
        _add_errors_to_sense(tracks, i_track)
    _fill_linear(tracks, i_track)
    is_unscented = _is_wide(work) and _bend(model, tracks, i_track)
    _add_errors_and_noise(model, tracks, i_track, weight)
    total = 0.0
    for part in range(7):
        total += abs(work[RESULT, part])
    determinant = work[RESULT, 3] * work[RESULT, 5] - work[RESULT, 4] ** 2
    if not (total < math.inf and work[RESULT, 3] > 0.0 and work[RESULT, 5] > 0.0 and determinant > 0.0):
        return False
    out[0] = tracks.t_s[i_track] + work[RESULT, 0]
    for part in range(1, 6):
        out[part] = work[RESULT, part]
    out[6] = math.sqrt(max(work[RESULT, 6], 0.0))
    out[7] = 1.0 if is_unscented else 0.0
    return True

"""Carry a track's state, covariance and sensitivity to the errors to another time."""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.tracking.model import N_ERRORS, N_MODEL_ERRORS, N_STATE
from opendome.tracking.motion import (
    FORCING,
    TRANSITION,
    clamped_half_over_beta,
    drag_rate_ps,
    fill_slopes,
    fill_transition,
    rk4_step,
)

__all__ = ["carry", "carry_mean", "is_finite"]

PRODUCT = 32
"""6 rows: a matrix product on its way."""
ALONG = 70
"""3 rows: the move that goes with ln beta, then the three points."""

LONGEST_STEP_S = 1.0
STEPS_PER_DRAG_TIME = 5.0
FAR_POINT = math.sqrt(3.0)
MOST_STEPS = 600
FASTEST_MPS = 6_000.0
FARTHEST_M = 2_000_000.0


@inlined_kernel
def _carry_covariance(tracks, i_track):
    """P <- F P F' with F in TRANSITION."""
    work, p = tracks.work, tracks.p
    for row in range(6):
        f0, f1, f2 = work[TRANSITION + row, 0], work[TRANSITION + row, 1], work[TRANSITION + row, 2]
        f3, f4, f5 = work[TRANSITION + row, 3], work[TRANSITION + row, 4], work[TRANSITION + row, 5]
        f6 = work[TRANSITION + row, 6]
        for column in range(N_STATE):
            near = f0 * p[i_track, 0, column] + f1 * p[i_track, 1, column] + f2 * p[i_track, 2, column]
            far = f3 * p[i_track, 3, column] + f4 * p[i_track, 4, column] + f5 * p[i_track, 5, column]
            work[PRODUCT + row, column] = near + far + f6 * p[i_track, 6, column]
    for row in range(6):
        p[i_track, row, 6] = work[PRODUCT + row, 6]
        p[i_track, 6, row] = work[PRODUCT + row, 6]
        for column in range(row + 1):
            total = work[PRODUCT + row, 6] * work[TRANSITION + column, 6]
            for middle in range(6):
                total += work[PRODUCT + row, middle] * work[TRANSITION + column, middle]
            p[i_track, row, column] = total
            p[i_track, column, row] = total


@inlined_kernel
def _add_noise(model, tracks, i_track, dt_s):
    """P <- P + Q of white acceleration and a walk of ln beta."""
    p, size_s = tracks.p, abs(dt_s)
    noise = model.q_acceleration_m2ps3 * size_s
    for axis in range(3):
        p[i_track, axis, axis] += noise * size_s * size_s / 3.0
        p[i_track, 3 + axis, 3 + axis] += noise
        p[i_track, axis, 3 + axis] += 0.5 * noise * dt_s
        p[i_track, 3 + axis, axis] += 0.5 * noise * dt_s
    p[i_track, 6, 6] += model.q_log_beta_ps * size_s


@inlined_kernel
def _carry_sensitivity(tracks, i_track, dt_s):
    """U <- F U + what the errors do during the step."""
    work, u = tracks.work, tracks.u
    for row in range(6):
        f0, f1, f2 = work[TRANSITION + row, 0], work[TRANSITION + row, 1], work[TRANSITION + row, 2]
        f3, f4, f5 = work[TRANSITION + row, 3], work[TRANSITION + row, 4], work[TRANSITION + row, 5]
        f6 = work[TRANSITION + row, 6]
        for column in range(N_ERRORS):
            near = f0 * u[i_track, 0, column] + f1 * u[i_track, 1, column] + f2 * u[i_track, 2, column]
            far = f3 * u[i_track, 3, column] + f4 * u[i_track, 4, column] + f5 * u[i_track, 5, column]
            work[PRODUCT + row, column] = near + far + f6 * u[i_track, 6, column]
    half = 0.5 * dt_s * dt_s
    for axis in range(3):
        for column in range(N_MODEL_ERRORS):
            u[i_track, axis, column] = work[PRODUCT + axis, column] + half * work[FORCING + axis, column]
            u[i_track, 3 + axis, column] = work[PRODUCT + 3 + axis, column] + dt_s * work[FORCING + axis, column]
        for column in range(N_MODEL_ERRORS, N_ERRORS):
            u[i_track, axis, column] = work[PRODUCT + axis, column]
            u[i_track, 3 + axis, column] = work[PRODUCT + 3 + axis, column]


@inlined_kernel
def _split_along_log_beta(tracks, i_track):
    """Write to ALONG how the state moves with one standard deviation of ln beta, and take its square out of P."""
    work, p = tracks.work, tracks.p
    per_sd = 1.0 / math.sqrt(p[i_track, 6, 6])
    for row in range(N_STATE):
        work[ALONG, row] = p[i_track, row, 6] * per_sd
    for row in range(N_STATE):
        for column in range(N_STATE):
            p[i_track, row, column] -= work[ALONG, row] * work[ALONG, column]


@inlined_kernel
def _carry_point(model, tracks, i_track, distance, dt_s, i_row):
    """Carry the state moved by ``distance`` times ALONG; write it to a row of ``work``."""
    work, x = tracks.work, tracks.x
    log_beta = x[i_track, 6] + distance * work[ALONG, 6]
    after = rk4_step(
        model, work, False,
        x[i_track, 0] + distance * work[ALONG, 0],
        x[i_track, 1] + distance * work[ALONG, 1],
        x[i_track, 2] + distance * work[ALONG, 2],
        x[i_track, 3] + distance * work[ALONG, 3],
        x[i_track, 4] + distance * work[ALONG, 4],
        x[i_track, 5] + distance * work[ALONG, 5],
        clamped_half_over_beta(log_beta), dt_s,
    )  # fmt: skip
    work[i_row, 0], work[i_row, 1], work[i_row, 2] = after[0], after[1], after[2]
    work[i_row, 3], work[i_row, 4], work[i_row, 5] = after[3], after[4], after[5]
    work[i_row, 6] = log_beta


@inlined_kernel
def _carry_vague(model, tracks, i_track, dt_s, e, n, u, ve, vn, vu):
    """State and covariance where ln beta is vague: Gauss-Hermite quadrature of three points along ln beta.

    P is split into d d', where d goes with ln beta, and the rest. The rest is carried by the transition matrix; x and
    x +- sqrt(3) d are carried one by one (the first is given), with weights 2/3, 1/6, 1/6.
    """
    work, x, p = tracks.work, tracks.x, tracks.p
    _split_along_log_beta(tracks, i_track)
    _carry_point(model, tracks, i_track, FAR_POINT, dt_s, ALONG + 1)
    _carry_point(model, tracks, i_track, -FAR_POINT, dt_s, ALONG + 2)
    _carry_covariance(tracks, i_track)
    work[ALONG, 0], work[ALONG, 1], work[ALONG, 2] = e, n, u
    work[ALONG, 3], work[ALONG, 4], work[ALONG, 5] = ve, vn, vu
    work[ALONG, 6] = x[i_track, 6]
    for row in range(N_STATE):
        ahead, back = work[ALONG + 1, row] - work[ALONG, row], work[ALONG + 2, row] - work[ALONG, row]
        shift = (ahead + back) / 6.0
        x[i_track, row] = work[ALONG, row] + shift
        work[ALONG + 1, row], work[ALONG + 2, row], work[ALONG, row] = ahead - shift, back - shift, -shift
    for row in range(N_STATE):
        for column in range(row + 1):
            far = work[ALONG + 1, row] * work[ALONG + 1, column] + work[ALONG + 2, row] * work[ALONG + 2, column]
            p[i_track, row, column] += far / 6.0 + work[ALONG, row] * work[ALONG, column] / 1.5
            p[i_track, column, row] = p[i_track, row, column]


@inlined_kernel
def _limit(tracks, i_track):
    """Hold a state that has run away within bounds where one more step is still a number."""
    x = tracks.x
    speed = math.sqrt(x[i_track, 3] ** 2 + x[i_track, 4] ** 2 + x[i_track, 5] ** 2)
    scale = FASTEST_MPS / speed if speed > FASTEST_MPS else 1.0
    for axis in range(3):
        x[i_track, axis] = min(max(x[i_track, axis], -FARTHEST_M), FARTHEST_M)
        x[i_track, 3 + axis] *= scale


@inlined_kernel
def _n_steps(model, tracks, i_track, span_s, half_over_beta):
    """Number of equal steps: at most a second each, and at most a fifth of the time in which drag uses up the speed."""
    x = tracks.x
    rate = drag_rate_ps(
        model, x[i_track, 0], x[i_track, 1], x[i_track, 2], x[i_track, 3], x[i_track, 4], x[i_track, 5], half_over_beta
    )
    return 1 + int(
        min(abs(span_s) * max(1.0 / LONGEST_STEP_S, STEPS_PER_DRAG_TIME * rate) * 0.999999, float(MOST_STEPS))
    )


@inlined_kernel
def is_finite(tracks, i_track):
    """Whether state and variances of a slot are numbers."""
    total = 0.0
    for row in range(N_STATE):
        total += abs(tracks.x[i_track, row]) + abs(tracks.p[i_track, row, row])
    return total < math.inf


@kernel
def carry_mean(model, tracks, i_track, t_s):
    """Carry the state of a slot to time ``t_s``, leaving covariance and sensitivity as they are."""
    span_s = t_s - tracks.t_s[i_track]
    x = tracks.x
    half_over_beta = clamped_half_over_beta(x[i_track, 6])
    n_steps = _n_steps(model, tracks, i_track, span_s, half_over_beta)
    dt_s = span_s / n_steps
    for _ in range(n_steps):
        _limit(tracks, i_track)
        after = rk4_step(
            model, tracks.work, False, x[i_track, 0], x[i_track, 1], x[i_track, 2],
            x[i_track, 3], x[i_track, 4], x[i_track, 5], half_over_beta, dt_s,
        )  # fmt: skip
        x[i_track, 0], x[i_track, 1], x[i_track, 2] = after[0], after[1], after[2]
        x[i_track, 3], x[i_track, 4], x[i_track, 5] = after[3], after[4], after[5]
    tracks.t_s[i_track] = t_s


@kernel
def carry(model, tracks, i_track, t_s):
    """Predict a slot to time ``t_s``.

    Returns False, and leaves the slot as it is, when the slot or the time is not a number. A time in the past is
    allowed (the noise of the way there is added, not taken away).
    """
    span_s = t_s - tracks.t_s[i_track]
    if not abs(span_s) < math.inf or not is_finite(tracks, i_track):
        return False
    if span_s == 0.0:
        return True
    x = tracks.x
    half_over_beta = clamped_half_over_beta(x[i_track, 6])
    n_steps = _n_steps(model, tracks, i_track, span_s, half_over_beta)
    dt_s = span_s / n_steps
    for _ in range(n_steps):
        _limit(tracks, i_track)
        after = rk4_step(
            model, tracks.work, False, x[i_track, 0], x[i_track, 1], x[i_track, 2],
            x[i_track, 3], x[i_track, 4], x[i_track, 5], half_over_beta, dt_s,
        )  # fmt: skip
        fill_slopes(
            model, tracks.work, False, after[6], after[7], after[8], after[9], after[10], after[11], half_over_beta
        )
        fill_transition(tracks.work, dt_s)
        if tracks.p[i_track, 6, 6] > model.vague_log_beta_sd**2:
            _carry_vague(model, tracks, i_track, dt_s, after[0], after[1], after[2], after[3], after[4], after[5])
        else:
            _carry_covariance(tracks, i_track)
            x[i_track, 0], x[i_track, 1], x[i_track, 2] = after[0], after[1], after[2]
            x[i_track, 3], x[i_track, 4], x[i_track, 5] = after[3], after[4], after[5]
        _add_noise(model, tracks, i_track, dt_s)
        if not model.is_plain:
            _carry_sensitivity(tracks, i_track, dt_s)
    tracks.t_s[i_track] = t_s
    return True

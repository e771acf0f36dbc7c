"""One step of a falling body, and how a small error before the step shows after it.

A step is one Runge-Kutta step of order four. Its transition matrix is the exponential series, to the third power of the
step, of the Jacobian at the middle of the step. Results that are matrices stand in rows of ``Tracks.work``, which the
constants below name.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel
from opendome.flight.gravity import EARTH_RATE_RADPS
from opendome.tracking.earth import RADIUS_M, weight
from opendome.tracking.model import CELL_M, CELL_MACH, LOWEST_M

__all__ = [
    "accelerate",
    "clamped_half_over_beta",
    "drag_rate_ps",
    "fill_slopes",
    "fill_transition",
    "rk4_step",
    "step_on",
]

SLOPES = 0
"""3 rows: the acceleration's slope by position (3), velocity (3) and ln beta."""
FORCING = 3
"""3 rows: the acceleration's slope by the twelve model errors."""
TRANSITION = 6
"""6 rows of 7: the transition matrix without its last, constant row."""
ERRORS = 12
"""1 row: the errors in force when a step `is_shifted`."""
SQUARE = 13
"""3 rows: slope by velocity, squared, plus slope by position."""

LEAST_LOG_BETA = 4.0
MOST_LOG_BETA = 14.0
GRAVITY_SLOPE_PS2 = 9.81 / RADIUS_M
_PER_RADIUS = 1.0 / RADIUS_M
_PER_CELL_M = 1.0 / CELL_M
_PER_CELL_MACH = 1.0 / CELL_MACH


@inlined_kernel
def clamped_half_over_beta(log_beta):
    """1 / (2 beta) [m2/kg]; a logarithm far outside anything that flies is taken at the border."""
    return 0.5 * math.exp(-min(max(log_beta, LEAST_LOG_BETA), MOST_LOG_BETA))


@inlined_kernel
def _air_cell(model, h_hae_m):
    """Row of the air table and the share of the next row at a height; anything not a number counts as the lowest."""
    place = (h_hae_m - LOWEST_M) * _PER_CELL_M
    if not place > 0.0:
        place = 0.0
    row = min(int(min(place, 1e6)), model.air.shape[0] - 2)
    return row, min(place - row, 1.0)


@inlined_kernel
def _drag_cell(model, mach):
    """Row of the drag table and the share of the next row at a Mach number; likewise."""
    place = mach * _PER_CELL_MACH
    if not place > 0.0:
        place = 0.0
    row = min(int(min(place, 1e6)), model.drag.shape[0] - 2)
    return row, min(place - row, 1.0)


@inlined_kernel
def _between(table, row, share, column):
    """Linear interpolation in one column."""
    return table[row, column] + share * (table[row + 1, column] - table[row, column])


@inlined_kernel
def _wind(model, work, is_shifted, row, share):
    """Wind east and north [m/s]: nominal, with the errors in force."""
    east, north = _between(model.air, row, share, 2), _between(model.air, row, share, 3)
    if is_shifted:
        for mode in range(3):
            size = _between(model.air, row, share, 4 + mode)
            east += work[ERRORS, mode] * size
            north += work[ERRORS, 3 + mode] * size
    return east, north


@inlined_kernel
def _thickness(model, work, is_shifted, h_hae_m, row, share):
    """Logarithm of the factor on the drag by the errors in force: density slope and drag shape."""
    log_factor = 0.0
    if is_shifted:
        log_factor = work[ERRORS, 6] * model.density_slope_frac_pm * h_hae_m
        for mode in range(5):
            log_factor += work[ERRORS, 7 + mode] * _between(model.drag, row, share, 1 + mode)
    return log_factor


@inlined_kernel
def accelerate(model, work, is_shifted, east_m, north_m, up_m, v_east, v_north, v_up, half_over_beta):
    """Acceleration east, north and up [m/s2] of a falling body, its height [m] and the drag over its speed [1/s]."""
    a_east, a_north, a_up, h_hae_m = weight(model, east_m, north_m, up_m, v_east, v_north, v_up)
    row, share = _air_cell(model, h_hae_m)
    wind_east, wind_north = _wind(model, work, is_shifted, row, share)
    r_east, r_north = v_east - wind_east, v_north - wind_north
    r_up = v_up + (wind_east * east_m + wind_north * north_m) * _PER_RADIUS
    speed = math.sqrt(r_east * r_east + r_north * r_north + r_up * r_up)
    i_mach, mach_share = _drag_cell(model, speed * _between(model.air, row, share, 1))
    rate = _between(model.air, row, share, 0) * speed * _between(model.drag, i_mach, mach_share, 0) * half_over_beta
    if is_shifted:
        rate *= math.exp(_thickness(model, work, is_shifted, h_hae_m, i_mach, mach_share))
    return a_east - rate * r_east, a_north - rate * r_north, a_up - rate * r_up, h_hae_m, rate


@inlined_kernel
def drag_rate_ps(model, east_m, north_m, up_m, v_east, v_north, v_up, half_over_beta):
    """Drag over speed [1/s] in the nominal air without wind."""
    h_hae_m = weight(model, east_m, north_m, up_m, v_east, v_north, v_up)[3]
    row, share = _air_cell(model, h_hae_m)
    speed = math.sqrt(v_east * v_east + v_north * v_north + v_up * v_up)
    i_mach, mach_share = _drag_cell(model, speed * _between(model.air, row, share, 1))
    return _between(model.air, row, share, 0) * speed * _between(model.drag, i_mach, mach_share, 0) * half_over_beta


@inlined_kernel
def rk4_step(model, work, is_shifted, east_m, north_m, up_m, v_east, v_north, v_up, half_over_beta, dt_s):
    """State after ``dt_s`` (6 numbers) and in the middle of the step (6 numbers)."""
    here = accelerate(model, work, is_shifted, east_m, north_m, up_m, v_east, v_north, v_up, half_over_beta)
    return step_on(model, work, is_shifted, east_m, north_m, up_m, v_east, v_north, v_up, half_over_beta, here, dt_s)


@inlined_kernel
def step_on(model, work, is_shifted, east_m, north_m, up_m, v_east, v_north, v_up, half_over_beta, here, dt_s):
    """Make the step of `rk4_step` where the acceleration at its start is known: ``here``, as `accelerate` gives it."""
    a_east, a_north, a_up = here[0], here[1], here[2]
    sum_e, sum_n, sum_u, sum_ve, sum_vn, sum_vu = v_east, v_north, v_up, a_east, a_north, a_up
    e, n, u, ve, vn, vu = east_m, north_m, up_m, v_east, v_north, v_up
    mid_e, mid_n, mid_u, mid_ve, mid_vn, mid_vu = e, n, u, ve, vn, vu
    for stage in range(3):
        step_s = dt_s if stage == 2 else 0.5 * dt_s
        e, n, u = east_m + step_s * ve, north_m + step_s * vn, up_m + step_s * vu
        ve, vn, vu = v_east + step_s * a_east, v_north + step_s * a_north, v_up + step_s * a_up
        if stage == 1:
            mid_e, mid_n, mid_u, mid_ve, mid_vn, mid_vu = e, n, u, ve, vn, vu
        a_east, a_north, a_up, _, _ = accelerate(model, work, is_shifted, e, n, u, ve, vn, vu, half_over_beta)
        share = 1.0 if stage == 2 else 2.0
        sum_e, sum_n, sum_u = sum_e + share * ve, sum_n + share * vn, sum_u + share * vu
        sum_ve, sum_vn, sum_vu = sum_ve + share * a_east, sum_vn + share * a_north, sum_vu + share * a_up
    sixth_s = dt_s / 6.0
    return (
        east_m + sixth_s * sum_e,
        north_m + sixth_s * sum_n,
        up_m + sixth_s * sum_u,
        v_east + sixth_s * sum_ve,
        v_north + sixth_s * sum_vn,
        v_up + sixth_s * sum_vu,
        mid_e,
        mid_n,
        mid_u,
        mid_ve,
        mid_vn,
        mid_vu,
    )


@inlined_kernel
def fill_slopes(model, work, is_shifted, east_m, north_m, up_m, v_east, v_north, v_up, half_over_beta):
    """Write the acceleration's slopes by the state (SLOPES) and, unless the model is plain, by the errors (FORCING).

    With u the velocity through the air, k the drag rate and n the slope of ln f(M) by ln M, the drag is -k u and its
    slope by velocity -k (1 + (1 + n) u u' / u^2). Gravity's own slope is that of a sphere at the origin.
    """
    h_hae_m = weight(model, east_m, north_m, up_m, v_east, v_north, v_up)[3]
    row, share = _air_cell(model, h_hae_m)
    wind_east, wind_north = _wind(model, work, is_shifted, row, share)
    r_east, r_north, r_up = v_east - wind_east, v_north - wind_north, v_up
    speed = max(math.sqrt(r_east * r_east + r_north * r_north + r_up * r_up), 1e-3)
    density, per_sound = _between(model.air, row, share, 0), _between(model.air, row, share, 1)
    i_mach, mach_share = _drag_cell(model, speed * per_sound)
    factor = _between(model.drag, i_mach, mach_share, 0)
    log_slope = (model.drag[i_mach + 1, 0] - model.drag[i_mach, 0]) * _PER_CELL_MACH * speed * per_sound / factor
    rate = density * speed * factor * half_over_beta
    if is_shifted:
        rate *= math.exp(_thickness(model, work, is_shifted, h_hae_m, i_mach, mach_share))
        for mode in range(5):
            rise = model.drag[i_mach + 1, 1 + mode] - model.drag[i_mach, 1 + mode]
            log_slope += work[ERRORS, 7 + mode] * rise * _PER_CELL_MACH * speed * per_sound
    along = rate * (1.0 + log_slope) / (speed * speed)
    ee, nn, uu = rate + along * r_east * r_east, rate + along * r_north * r_north, rate + along * r_up * r_up
    en, eu, nu = along * r_east * r_north, along * r_east * r_up, along * r_north * r_up
    work[SLOPES, 3], work[SLOPES, 4], work[SLOPES, 5] = -ee, -en, -eu
    work[SLOPES + 1, 3], work[SLOPES + 1, 4], work[SLOPES + 1, 5] = -en, -nn, -nu
    work[SLOPES + 2, 3], work[SLOPES + 2, 4], work[SLOPES + 2, 5] = -eu, -nu, -uu
    by_height = (
        rate
        * _PER_CELL_M
        * (
            (model.air[row + 1, 0] - model.air[row, 0]) / density
            + log_slope * (model.air[row + 1, 1] - model.air[row, 1]) / per_sound
        )
    )
    shear_e, shear_n = _shear(model, work, is_shifted, row)
    _fill_position_slopes(
        work,
        east_m / RADIUS_M,
        north_m / RADIUS_M,
        ee * shear_e + en * shear_n - by_height * r_east,
        en * shear_e + nn * shear_n - by_height * r_north,
        eu * shear_e + nu * shear_n - by_height * r_up,
    )
    turn_n, turn_u = 2.0 * EARTH_RATE_RADPS * model.cos_lat, 2.0 * EARTH_RATE_RADPS * model.sin_lat
    work[SLOPES, 4] += turn_u
    work[SLOPES, 5] -= turn_n
    work[SLOPES + 1, 3] -= turn_u
    work[SLOPES + 2, 3] += turn_n
    work[SLOPES, 6], work[SLOPES + 1, 6], work[SLOPES + 2, 6] = rate * r_east, rate * r_north, rate * r_up
    if not model.is_plain:
        for mode in range(3):
            size = _between(model.air, row, share, 4 + mode)
            work[FORCING, mode], work[FORCING + 1, mode], work[FORCING + 2, mode] = ee * size, en * size, eu * size
            work[FORCING, 3 + mode], work[FORCING + 1, 3 + mode] = en * size, nn * size
            work[FORCING + 2, 3 + mode] = nu * size
        _fill_drag_forcing(work, 6, -rate * model.density_slope_frac_pm * h_hae_m, r_east, r_north, r_up)
        for mode in range(5):
            size = -rate * _between(model.drag, i_mach, mach_share, 1 + mode)
            _fill_drag_forcing(work, 7 + mode, size, r_east, r_north, r_up)


@inlined_kernel
def _shear(model, work, is_shifted, row):
    """Growth of the wind with height, east and north [1/s]."""
    east, north = model.air[row + 1, 2] - model.air[row, 2], model.air[row + 1, 3] - model.air[row, 3]
    if is_shifted:
        for mode in range(3):
            size = model.air[row + 1, 4 + mode] - model.air[row, 4 + mode]
            east += work[ERRORS, mode] * size
            north += work[ERRORS, 3 + mode] * size
    return east * _PER_CELL_M, north * _PER_CELL_M


@inlined_kernel
def _fill_position_slopes(work, tilt_east, tilt_north, by_h_east, by_h_north, by_h_up):
    """Slopes by position: what changes with height, along the local vertical, and gravity's."""
    work[SLOPES, 0], work[SLOPES, 1] = by_h_east * tilt_east - GRAVITY_SLOPE_PS2, by_h_east * tilt_north
    work[SLOPES, 2] = by_h_east
    work[SLOPES + 1, 0], work[SLOPES + 1, 1] = by_h_north * tilt_east, by_h_north * tilt_north - GRAVITY_SLOPE_PS2
    work[SLOPES + 1, 2] = by_h_north
    work[SLOPES + 2, 0], work[SLOPES + 2, 1] = by_h_up * tilt_east, by_h_up * tilt_north
    work[SLOPES + 2, 2] = by_h_up + 2.0 * GRAVITY_SLOPE_PS2


@inlined_kernel
def _fill_drag_forcing(work, column, size_ps, r_east, r_north, r_up):
    """One column of FORCING along the velocity through the air."""
    work[FORCING, column] = size_ps * r_east
    work[FORCING + 1, column] = size_ps * r_north
    work[FORCING + 2, column] = size_ps * r_up


@inlined_kernel
def fill_transition(work, dt_s):
    """Write the transition matrix over ``dt_s`` (TRANSITION) from SLOPES.

    With R and V the slopes by position and velocity, d that by ln beta and T = V V + R (SQUARE): velocity by velocity
    1 + V dt + T dt^2/2 + V T dt^3/6, position by velocity dt + V dt^2/2 + T dt^3/6, velocity by position R dt + V R
    dt^2/2, position by position 1 + R dt^2/2 + V R dt^3/6; likewise with d.
    """
    half, sixth = 0.5 * dt_s * dt_s, dt_s * dt_s * dt_s / 6.0
    for row in range(3):
        v0, v1, v2 = work[SLOPES + row, 3], work[SLOPES + row, 4], work[SLOPES + row, 5]
        for column in range(3):
            one = 1.0 if row == column else 0.0
            by_r, by_v = work[SLOPES + row, column], work[SLOPES + row, 3 + column]
            vr = v0 * work[SLOPES, column] + v1 * work[SLOPES + 1, column] + v2 * work[SLOPES + 2, column]
            square = v0 * work[SLOPES, 3 + column] + v1 * work[SLOPES + 1, 3 + column]
            square += v2 * work[SLOPES + 2, 3 + column] + by_r
            work[SQUARE + row, column] = square
            work[TRANSITION + row, column] = one + half * by_r + sixth * vr
            work[TRANSITION + row, 3 + column] = dt_s * one + half * by_v + sixth * square
            work[TRANSITION + 3 + row, column] = dt_s * by_r + half * vr
            work[TRANSITION + 3 + row, 3 + column] = one + dt_s * by_v + half * square
        drag = work[SLOPES + row, 6]
        v_drag = v0 * work[SLOPES, 6] + v1 * work[SLOPES + 1, 6] + v2 * work[SLOPES + 2, 6]
        work[TRANSITION + row, 6] = half * drag + sixth * v_drag
        work[TRANSITION + 3 + row, 6] = dt_s * drag + half * v_drag
    for row in range(3):
        v0, v1, v2 = work[SLOPES + row, 3], work[SLOPES + row, 4], work[SLOPES + row, 5]
        for column in range(3):
            cube = v0 * work[SQUARE, column] + v1 * work[SQUARE + 1, column] + v2 * work[SQUARE + 2, column]
            work[TRANSITION + 3 + row, 3 + column] += sixth * cube

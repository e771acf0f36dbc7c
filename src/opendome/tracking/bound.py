"""The Cramer-Rao bound: how well any unbiased method could know where a body will fall, from the plots of one radar.

Along a given flight the bound on the covariance of the state, C, follows the recursion of the information filter with
the true path in the place of the estimate (Taylor 1979; Tichavsky, Muravchik and Nehorai 1998, for noise that is small
against the curvature),

    C(k|k-1) = F C(k-1) F' + Q,      C(k)^-1 = C(k|k-1)^-1 + p_detection H' R^-1 H,

where F is the derivative of the motion over the interval, H that of the measurement, Q the process noise and R the
variances of the plots; it starts from the prior of ln beta, with position and velocity unknown. Standard errors of
wind, density, drag curve and calibration can be carried as nuisance parameters. At the end, C(k) is carried to the
ground with the process noise still to come and projected along the velocity, (I - v n' / (n.v)) C (...)', n the upward
normal.

A missed look is counted by its mean information (the information-reduction factor), which is a little too hopeful.
All derivatives are central differences of the motion itself: nothing is shared with the filter's own Jacobians.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.polar import to_polar, wrap_rad
from opendome.tracking.earth import normal, weight
from opendome.tracking.model import (
    CELL_M,
    CELL_MACH,
    LOWEST_M,
    N_ERRORS,
    N_MODEL_ERRORS,
    N_STATE,
    MotionModel,
)

__all__ = ["ImpactBound", "impact_bound"]

POSITION_SD_M, VELOCITY_SD_MPS = 1e5, 3e3
"""Start: as good as unknown."""
LONGEST_STEP_S = 0.5
N_ALL = N_STATE + N_ERRORS
_STEPS = (20.0, 20.0, 20.0, 1.0, 1.0, 1.0, 0.01)
_ERROR_STEP = 0.1


class ImpactBound(NamedTuple):
    """Bound on the impact point at ``k`` ages: ``rms_m`` (k,) error [m], ``cov_m2`` (k, 2, 2) east and north [m2]."""

    rms_m: NDArray[np.float64]
    cov_m2: NDArray[np.float64]


@inlined_kernel
def _cell(place, n_rows):
    """Lower row and share of the next one at a place in a table."""
    held = min(max(place, 0.0), n_rows - 1.001)
    return int(held), held - int(held)


@kernel
def _rates(model, s, out):
    """Fill ``out`` (6,) with the rates of position and velocity of ``s`` (22,), whose tail are standard errors."""
    a_east, a_north, a_up, h_m = weight(model, s[0], s[1], s[2], s[3], s[4], s[5])
    i, share = _cell((h_m - LOWEST_M) / CELL_M, model.air.shape[0])
    low, high = model.air[i], model.air[i + 1]
    density = (low[0] * (1.0 - share) + high[0] * share) * math.exp(model.density_slope_frac_pm * h_m * s[13])
    w_east, w_north = low[2] * (1.0 - share) + high[2] * share, low[3] * (1.0 - share) + high[3] * share
    for k in range(3):
        mode = low[4 + k] * (1.0 - share) + high[4 + k] * share
        w_east += s[7 + k] * mode
        w_north += s[10 + k] * mode
    r_east, r_north, r_up = s[3] - w_east, s[4] - w_north, s[5]
    speed = math.sqrt(r_east * r_east + r_north * r_north + r_up * r_up)
    i, part = _cell(speed * (low[1] * (1.0 - share) + high[1] * share) / CELL_MACH, model.drag.shape[0])
    shape = 0.0
    for k in range(5):
        shape += s[14 + k] * (model.drag[i, 1 + k] * (1.0 - part) + model.drag[i + 1, 1 + k] * part)
    factor = (model.drag[i, 0] * (1.0 - part) + model.drag[i + 1, 0] * part) * math.exp(shape - s[6])
    rate = 0.5 * density * speed * factor
    out[0], out[1], out[2] = s[3], s[4], s[5]
    out[3], out[4], out[5] = a_east - rate * r_east, a_north - rate * r_north, a_up - rate * r_up


@kernel
def _flow(model, s, dt_s, end, work):
    """Carry ``s`` (22,) over an interval into ``end`` (22,) by Runge-Kutta; ``work`` is (5, 22)."""
    n_steps = max(1, math.ceil(dt_s / LONGEST_STEP_S))
    step_s = dt_s / n_steps
    for k in range(N_ALL):
        end[k] = work[4, k] = s[k]
    for _ in range(n_steps):
        for k in range(6):
            work[4, k] = end[k]
        for stage in range(4):
            _rates(model, work[4], work[stage])
            ahead_s = step_s if stage == 2 else 0.5 * step_s
            for k in range(6):
                work[4, k] = end[k] + ahead_s * work[stage, k]
        for k in range(6):
            end[k] += step_s / 6.0 * (work[0, k] + 2.0 * work[1, k] + 2.0 * work[2, k] + work[3, k])


@kernel
def _derivative(model, s, dt_s, n_dim, f, work, ends, probe):
    """Fill ``f`` (n_dim, n_dim) with the derivative of the flow at ``s``."""
    f[:] = 0.0
    for j in range(n_dim):
        f[j, j] = 1.0
        step = _STEPS[j] if j < N_STATE else _ERROR_STEP
        if j >= N_STATE + N_MODEL_ERRORS:
            continue
        for side in range(2):
            for k in range(N_ALL):
                probe[k] = s[k]
            probe[j] += step if side == 0 else -step
            _flow(model, probe, dt_s, ends[side], work)
        for i in range(6):
            f[i, j] = (ends[0, i] - ends[1, i]) / (2.0 * step)


@kernel
def _add_noise(q, dt_s, model, cov):
    """Add the process noise of an interval, ``q`` times itself, to a covariance."""
    acceleration = q * model.q_acceleration_m2ps3
    for axis in range(3):
        cov[axis, axis] += acceleration * dt_s**3 / 3.0
        cov[axis, 3 + axis] += acceleration * dt_s**2 / 2.0
        cov[3 + axis, axis] += acceleration * dt_s**2 / 2.0
        cov[3 + axis, 3 + axis] += acceleration * dt_s
    cov[6, 6] += q * model.q_log_beta_ps * dt_s


@kernel
def _look(radar, s, n_dim, information_frac, cov, h, gain):
    """Put the information of one look at ``s`` into the covariance, a measurement at a time."""
    n_measured = 4 if radar.range_rate_resolution_mps > 0.0 else 3
    for i_measured in range(n_measured):
        h[:] = 0.0
        for j in range(6):
            step = 1.0 if j < 3 else 0.1
            d0, d1, d2 = (step if j == 0 else 0.0), (step if j == 1 else 0.0), (step if j == 2 else 0.0)
            d3, d4, d5 = (step if j == 3 else 0.0), (step if j == 4 else 0.0), (step if j == 5 else 0.0)
            up = to_polar(radar, s[0] + d0, s[1] + d1, s[2] + d2, s[3] + d3, s[4] + d4, s[5] + d5)
            down = to_polar(radar, s[0] - d0, s[1] - d1, s[2] - d2, s[3] - d3, s[4] - d4, s[5] - d5)
            change = up[i_measured] - down[i_measured]
            h[j] = (wrap_rad(change) if i_measured == 1 else change) / (2.0 * step)
        variance = radar.angle_floor_rad**2
        if i_measured == 0:
            variance = radar.range_floor_m**2
        elif i_measured == 3:
            variance = radar.range_rate_floor_mps**2
        if n_dim > N_STATE and i_measured < 3:
            bias = (radar.bias_range_m, radar.bias_azimuth_rad, radar.bias_elevation_rad)
            h[N_STATE + N_MODEL_ERRORS + i_measured] = bias[i_measured]
        total = variance / information_frac
        for i in range(n_dim):
            gain[i] = 0.0
            for j in range(n_dim):
                gain[i] += cov[i, j] * h[j]
        for j in range(n_dim):
            total += h[j] * gain[j]
        for i in range(n_dim):
            for j in range(n_dim):
                cov[i, j] -= gain[i] * gain[j] / total


@allocating_kernel
def _sandwich(m, cov):
    """M C M' of two arrays (i, n) and (n, n)."""
    n_rows, n_dim = m.shape
    half, out = np.zeros((n_rows, n_dim)), np.zeros((n_rows, n_rows))
    for i in range(n_rows):
        for k in range(n_dim):
            for j in range(n_dim):
                half[i, j] += m[i, k] * cov[k, j]
    for i in range(n_rows):
        for k in range(n_rows):
            for j in range(n_dim):
                out[i, k] += half[i, j] * m[k, j]
    return out


@allocating_kernel
def run_bound(model, radar, flight, n_dim, p_detection, cov_m2):
    """Fill ``cov_m2`` (n, 2, 2) with the bound of the impact point after each row of the flight but the last."""
    n_looks = flight.shape[0] - 1
    f_all, cov_all = np.zeros((n_looks, n_dim, n_dim)), np.zeros((n_looks, n_dim, n_dim))
    cov, work, ends = np.zeros((n_dim, n_dim)), np.zeros((5, N_ALL)), np.zeros((2, N_ALL))
    probe, h, gain, s = np.zeros(N_ALL), np.zeros(n_dim), np.zeros(n_dim), np.zeros(N_ALL)
    for j in range(n_dim):
        sd = POSITION_SD_M if j < 3 else (VELOCITY_SD_MPS if j < 6 else 1.0)
        cov[j, j] = model.log_beta_sd**2 if j == 6 else sd * sd
    for k in range(n_looks):
        s[:N_STATE] = flight[k, 1:]
        _look(radar, s, n_dim, 1.0 if k < 3 else p_detection, cov, h, gain)
        cov_all[k] = cov
        dt_s = flight[k + 1, 0] - flight[k, 0]
        _derivative(model, s, dt_s, n_dim, f_all[k], work, ends, probe)
        cov = _sandwich(f_all[k], cov)
        _add_noise(1.0, dt_s, model, cov)
    end = flight[n_looks]
    n_east, n_north, n_up = normal(end[1], end[2], end[3])
    sink = n_east * end[4] + n_north * end[5] + n_up * end[6]
    m = np.zeros((2, n_dim))
    for i in range(2):
        m[i, i] = 1.0
        m[i, 0] -= end[4 + i] * n_east / sink
        m[i, 1] -= end[4 + i] * n_north / sink
        m[i, 2] -= end[4 + i] * n_up / sink
    ahead = np.zeros((2, 2))
    noise = np.zeros((n_dim, n_dim))
    for k in range(n_looks - 1, -1, -1):
        noise[:] = 0.0
        _add_noise(1.0, flight[k + 1, 0] - flight[k, 0], model, noise)
        ahead += _sandwich(m, noise)
        m = np.dot(m, f_all[k])
        cov_m2[k] = _sandwich(m, cov_all[k]) + ahead


def impact_bound(
    model: MotionModel,
    radar: np.void,
    flight: NDArray[np.float64],
    ages_s: Sequence[float],
    *,
    has_errors: bool = False,
    p_detection: float = 1.0,
) -> ImpactBound:
    """Cramer-Rao bound of the impact point of one flight, at given ages of the track.

    Parameters
    ----------
    model : MotionModel         the prior of ln beta, the process noise and, with ``has_errors``, the standard errors
    radar : record of RADAR     position, floors (the errors of a plot) and, with ``has_errors``, standard biases; range
                                rate counts where its resolution is above 0
    flight : array (n + 1, 8)   time [s], east, north, up [m], their rates [m/s] and ln ballistic coefficient: a row per
                                look, in order of time, and last the impact
    ages_s : sequence (k,)      seconds from the first look; the last look by then counts
    has_errors : bool           carry the errors of wind, density, drag curve and calibration as nuisance parameters
    p_detection : float         in (0, 1]; the first three looks are taken as seen

    Returns
    -------
    ImpactBound                 arrays (k,) and (k, 2, 2)

    Raises
    ------
    CommandError                for a flight of another shape or order, an age outside it, or p_detection outside (0, 1]

    References: Taylor, "The Cramer-Rao estimation error lower bound computation for deterministic nonlinear systems",
    IEEE Transactions on Automatic Control 24 (1979); Tichavsky, Muravchik, Nehorai, "Posterior Cramer-Rao bounds for
    discrete-time nonlinear filtering", IEEE Transactions on Signal Processing 46 (1998).
    """
    rows = np.ascontiguousarray(flight, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != 8 or rows.shape[0] < 4 or not np.all(np.diff(rows[:, 0]) > 0.0):
        raise CommandError(
            "impact_bound: flight has to be rows of time and seven parts of the state, at least three looks and the "
            f"impact, times rising; its shape is {rows.shape}"
        )
    if not 0.0 < p_detection <= 1.0:
        raise CommandError(f"impact_bound: p_detection is {p_detection:g}; write a number above 0, at most 1")
    ages = np.asarray(ages_s, dtype=np.float64)
    if ages.size and not (ages.min() >= 0.0 and ages.max() <= rows[-1, 0] - rows[0, 0]):
        raise CommandError("impact_bound: ages_s has to lie between 0 and the impact, in seconds from the first look")
    cov_m2 = np.zeros((rows.shape[0] - 1, 2, 2))
    run_bound(model, radar, rows, N_ALL if has_errors else N_STATE, float(p_detection), cov_m2)
    i_look = np.searchsorted(rows[:-1, 0], rows[0, 0] + ages + 1e-6, side="right") - 1
    chosen = cov_m2[i_look]
    return ImpactBound(np.sqrt(np.trace(chosen, axis1=1, axis2=2)), chosen)

"""Two interacting models for what does not fall freely: straight flight that hardly changes, and flight that turns.

Both models fly straight and level out what they cannot know as white acceleration, with a small and a large spectral
density; a hidden switch between them follows a two-state Markov chain in continuous time. Mixing, filtering and
combination are those of the interacting multiple model (Blom and Bar-Shalom 1988; Bar-Shalom, Li and Kirubarajan 2001,
section 11.6). Measurements are range, azimuth, elevation and, where given, range rate, linearised about each model's
own prediction; angles taken so near to the zenith that they say nothing of the place are left out.

State: east, north, up [m] and their rates [m/s] in the scenario's frame. Every array of ``DronePair`` has the slot as
its first axis; a slot is one track.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.polar import from_polar, wrap_rad

from .sightline import add_place_covariance, is_near_zenith, linearise

__all__ = [
    "DronePair",
    "DroneRules",
    "absorb_pair",
    "carry_pair",
    "copy_pair",
    "expect_pair",
    "new_pairs",
    "published_pair",
    "start_pair",
]

_N = 6
_ROW_PH = 4
_ROW_X = 5
_ROW_EXTRA = 6
_LOG_2PI = math.log(2.0 * math.pi)
_LEAST_MODE = 1e-9
_LEAST_GAP_S = 1e-3
_BLIND_VAR_RAD2 = math.pi**2 / 3.0


class DroneRules(NamedTuple):
    """Motion of the pair: spectral densities of the two accelerations per axis, rates of the switch, start.

    ``q_low_m2ps3``, ``q_high_m2ps3``: steady and turning flight; ``to_high_ps``, ``to_low_ps``: rates [1/s] of the
    switch; ``p_high_start``: chance of the turning model at the start.
    """

    q_low_m2ps3: float = 0.05
    q_high_m2ps3: float = 10.0
    to_high_ps: float = 0.02
    to_low_ps: float = 0.05
    p_high_start: float = 0.5


class DronePair(NamedTuple):
    """Slots of two-model tracks.

    ``x (n, 2, 6)`` states of the steady and the turning model, ``p (n, 2, 6, 6)`` their covariances, ``mode (n, 2)``
    their chances, ``t_s (n,)``, ``log_likelihood (n,)`` of all plots absorbed since the start (per m rad2, and per m/s
    where range rate was used); ``work (n, 7, 6)`` holds nothing between calls.
    """

    x: np.ndarray
    p: np.ndarray
    mode: np.ndarray
    t_s: np.ndarray
    log_likelihood: np.ndarray
    work: np.ndarray


@allocating_kernel
def new_pairs(capacity):
    """Empty slots.

    Parameters
    ----------
    capacity : int    number of slots, at least 1

    Returns
    -------
    DronePair of zeros
    """
    return DronePair(
        np.zeros((capacity, 2, _N)),
        np.zeros((capacity, 2, _N, _N)),
        np.zeros((capacity, 2)),
        np.zeros(capacity),
        np.zeros(capacity),
        np.zeros((capacity, 7, _N)),
    )


@kernel
def copy_pair(pairs, i, j):
    """Copy slot i over slot j."""
    for m in range(2):
        pairs.mode[j, m] = pairs.mode[i, m]
        for r in range(_N):
            pairs.x[j, m, r] = pairs.x[i, m, r]
            for c in range(_N):
                pairs.p[j, m, r, c] = pairs.p[i, m, r, c]
    pairs.t_s[j], pairs.log_likelihood[j] = pairs.t_s[i], pairs.log_likelihood[i]


@inlined_kernel
def _mix(rules, pairs, i, dt_s):
    """Let the switch run for a while: new chances, and each model's state as the mixture that has come to it."""
    x, p, mode = pairs.x[i], pairs.p[i], pairs.mode[i]
    total_ps = rules.to_high_ps + rules.to_low_ps
    moved = -math.expm1(-total_ps * dt_s) / total_ps if total_ps > 0.0 else 0.0
    p_up, p_down = rules.to_high_ps * moved, rules.to_low_ps * moved
    low = mode[0] * (1.0 - p_up) + mode[1] * p_down
    high = mode[0] * p_up + mode[1] * (1.0 - p_down)
    if not (low > 0.0 and high > 0.0):
        return
    a = mode[0] * (1.0 - p_up) / low  # share of the steady model in the new steady one
    b = mode[0] * p_up / high  # and in the new turning one
    for r in range(_N):
        for c in range(_N):
            spread = (x[0, r] - x[1, r]) * (x[0, c] - x[1, c])
            p_low, p_high = p[0, r, c], p[1, r, c]
            p[0, r, c] = a * p_low + (1.0 - a) * p_high + a * (1.0 - a) * spread
            p[1, r, c] = b * p_low + (1.0 - b) * p_high + b * (1.0 - b) * spread
    for r in range(_N):
        x_low, x_high = x[0, r], x[1, r]
        x[0, r] = a * x_low + (1.0 - a) * x_high
        x[1, r] = b * x_low + (1.0 - b) * x_high
    mode[0], mode[1] = low / (low + high), high / (low + high)


@inlined_kernel
def _move(x, p, dt_s, q_m2ps3):
    """Straight flight with white acceleration for dt_s, one model, in place."""
    for r in range(3):
        x[r] += dt_s * x[r + 3]
    for r in range(3):
        for c in range(3):
            p[r, c] += dt_s * (p[r, c + 3] + p[r + 3, c]) + dt_s * dt_s * p[r + 3, c + 3]
    for r in range(3):
        for c in range(3):
            p[r, c + 3] += dt_s * p[r + 3, c + 3]
            p[c + 3, r] = p[r, c + 3]
    for r in range(3):
        p[r, r] += q_m2ps3 * dt_s * dt_s * dt_s / 3.0
        p[r, r + 3] += q_m2ps3 * dt_s * dt_s / 2.0
        p[r + 3, r] += q_m2ps3 * dt_s * dt_s / 2.0
        p[r + 3, r + 3] += q_m2ps3 * dt_s


@kernel
def carry_pair(rules, pairs, i, t_s):
    """Carry slot i forward to time t_s; a time that is not later leaves it as it is.

    Parameters
    ----------
    rules : DroneRules
    pairs : DronePair    changed in place
    i : int
    t_s : float          [s]
    """
    dt_s = t_s - pairs.t_s[i]
    if not (dt_s > 0.0 and dt_s < math.inf):
        return
    _mix(rules, pairs, i, dt_s)
    _move(pairs.x[i, 0], pairs.p[i, 0], dt_s, rules.q_low_m2ps3)
    _move(pairs.x[i, 1], pairs.p[i, 1], dt_s, rules.q_high_m2ps3)
    pairs.t_s[i] = t_s


@inlined_kernel
def _add_spread(rows, p, weight, s):
    """Add weight times rows p rows' to s (4, 4)."""
    for a in range(4):
        for r in range(_N):
            total = 0.0
            for c in range(_N):
                total += p[r, c] * rows[a, c]
            rows[_ROW_PH, r] = total
        for b in range(4):
            total = 0.0
            for r in range(_N):
                total += rows[b, r] * rows[_ROW_PH, r]
            s[a, b] += weight * total


@kernel
def expect_pair(rules, pairs, i, radar, z, s):
    """What a radar should measure of slot i now, both models together.

    Parameters
    ----------
    rules : DroneRules
    pairs : DronePair
    i : int
    radar : record of RADAR
    z : (4,)       filled: range [m], azimuth [rad, in [0, 2 pi)], elevation [rad], range rate [m/s]
    s : (4, 4)     filled: covariance of the prediction without the plot's own noise, which the caller adds. Near the
                   zenith the angles have the variance of an angle that may be any
    """
    rows, mode = pairs.work[i], pairs.mode[i]
    is_blind = is_near_zenith(radar, pairs.x[i, 0], pairs.p[i, 0])
    is_blind = is_blind or is_near_zenith(radar, pairs.x[i, 1], pairs.p[i, 1])
    for a in range(4):
        for b in range(4):
            s[a, b] = 0.0
    range0, azimuth0, elevation0, rate0 = linearise(radar, pairs.x[i, 0], rows, is_blind)
    _add_spread(rows, pairs.p[i, 0], mode[0], s)
    range1, azimuth1, elevation1, rate1 = linearise(radar, pairs.x[i, 1], rows, is_blind)
    _add_spread(rows, pairs.p[i, 1], mode[1], s)
    z[0], z[1], z[2], z[3] = range1 - range0, wrap_rad(azimuth1 - azimuth0), elevation1 - elevation0, rate1 - rate0
    for a in range(4):
        for b in range(4):
            s[a, b] += mode[0] * mode[1] * z[a] * z[b]
    z[0] = range0 + mode[1] * z[0]
    z[1] = (azimuth0 + mode[1] * z[1]) % (2.0 * math.pi)
    z[2] = elevation0 + mode[1] * z[2]
    z[3] = rate0 + mode[1] * z[3]
    if is_blind:
        for a in range(1, 3):
            for b in range(4):
                s[a, b], s[b, a] = 0.0, 0.0
            s[a, a] = _BLIND_VAR_RAD2


@inlined_kernel
def _absorb_scalar(x, p, rows, a, innovation, variance):
    """One scalar of a plot, linearised at the state kept in row 5; gives its log-likelihood and squared size."""
    expected_var = 0.0
    for r in range(_N):
        total = 0.0
        for c in range(_N):
            total += p[r, c] * rows[a, c]
        rows[_ROW_PH, r] = total
        expected_var += rows[a, r] * total
        innovation -= rows[a, r] * (x[r] - rows[_ROW_X, r])
    size = max(expected_var, 0.0) + variance
    square = innovation * innovation / size
    if expected_var > 0.0:
        for r in range(_N):
            x[r] += rows[_ROW_PH, r] * innovation / size
            for c in range(_N):
                p[r, c] -= rows[_ROW_PH, r] * rows[_ROW_PH, c] / size
    return -0.5 * (square + math.log(size) + _LOG_2PI), square


@inlined_kernel
def _absorb_model(x, p, rows, radar, plot, extra, is_blind, has_rate):
    """One plot into one model; gives log-likelihood and normalised innovation squared."""
    range_m, azimuth_rad, elevation_rad, rate_mps = linearise(radar, x, rows, is_blind)
    for r in range(_N):
        rows[_ROW_X, r] = x[r]
    total, nis = _absorb_scalar(x, p, rows, 0, plot.range_m - range_m, plot.var_range_m2 + extra[0])
    if is_blind:
        total -= 2.0 * math.log(2.0 * math.pi)
    else:
        off_rad = wrap_rad(plot.azimuth_rad - azimuth_rad)
        more, square = _absorb_scalar(x, p, rows, 1, off_rad, plot.var_azimuth_rad2 + extra[1])
        total, nis = total + more, nis + square
        off_rad = plot.elevation_rad - elevation_rad
        more, square = _absorb_scalar(x, p, rows, 2, off_rad, plot.var_elevation_rad2 + extra[2])
        total, nis = total + more, nis + square
    if has_rate:
        off_mps = plot.range_rate_mps - rate_mps
        more, square = _absorb_scalar(x, p, rows, 3, off_mps, plot.var_range_rate_m2ps2 + extra[3])
        total, nis = total + more, nis + square
    return total, nis


@inlined_kernel
def _is_usable(plot, extra):
    """Whether a plot has a finite place and positive variances."""
    return (
        math.isfinite(plot.range_m + plot.azimuth_rad + plot.elevation_rad)
        and plot.var_range_m2 + extra[0] > 0.0
        and plot.var_azimuth_rad2 + extra[1] > 0.0
        and plot.var_elevation_rad2 + extra[2] > 0.0
        and math.isfinite(plot.var_range_m2 + plot.var_azimuth_rad2 + plot.var_elevation_rad2)
        and math.isfinite(extra[0] + extra[1] + extra[2])
    )


@kernel
def absorb_pair(rules, pairs, i, radar, plot, extra):
    """Take a plot into slot i, which the caller has carried to the plot's time.

    Parameters
    ----------
    rules : DroneRules
    pairs : DronePair        changed in place
    i : int
    radar : record of RADAR  that made the plot
    plot : record of PLOT    range rate is used where it and its variance are finite
    extra : (4,)             variances added to the plot's own: m2, rad2, rad2, m2/s2

    Returns
    -------
    float    normalised innovation squared, mean of the two models by their chances after the plot; NaN, and the slot
             untouched, for a plot that is not finite or has a variance that is not positive
    """
    if not _is_usable(plot, extra):
        return math.nan
    has_rate = math.isfinite(plot.range_rate_mps) and plot.var_range_rate_m2ps2 + extra[3] > 0.0
    has_rate = has_rate and math.isfinite(plot.var_range_rate_m2ps2 + extra[3])
    x, p, rows, mode = pairs.x[i], pairs.p[i], pairs.work[i], pairs.mode[i]
    is_blind = is_near_zenith(radar, x[0], p[0]) or is_near_zenith(radar, x[1], p[1])
    log0, nis0 = _absorb_model(x[0], p[0], rows, radar, plot, extra, is_blind, has_rate)
    log1, nis1 = _absorb_model(x[1], p[1], rows, radar, plot, extra, is_blind, has_rate)
    top = max(log0, log1)
    w0, w1 = mode[0] * math.exp(log0 - top), mode[1] * math.exp(log1 - top)
    pairs.log_likelihood[i] += top + math.log(max(w0 + w1, 1e-300))
    share = w1 / (w0 + w1) if w0 + w1 > 0.0 else 0.5
    share = min(max(share, _LEAST_MODE), 1.0 - _LEAST_MODE)
    mode[0], mode[1] = 1.0 - share, share
    return mode[0] * nis0 + mode[1] * nis1


@inlined_kernel
def _start_model(x, p, q_m2ps3, radar_a, radar_b, plot_a, plot_b):
    """State and covariance of one model at the second of two plots."""
    dt_s = plot_b.t_s - plot_a.t_s
    a0, a1, a2 = from_polar(radar_a, plot_a.range_m, plot_a.azimuth_rad, plot_a.elevation_rad)
    x[0], x[1], x[2] = from_polar(radar_b, plot_b.range_m, plot_b.azimuth_rad, plot_b.elevation_rad)
    x[3], x[4], x[5] = (x[0] - a0) / dt_s, (x[1] - a1) / dt_s, (x[2] - a2) / dt_s
    for r in range(_N):
        for c in range(_N):
            p[r, c] = 0.0
    add_place_covariance(radar_b, plot_b, 1.0, p, 0, 0)
    add_place_covariance(radar_b, plot_b, 1.0 / dt_s, p, 0, 3)
    add_place_covariance(radar_b, plot_b, 1.0 / dt_s, p, 3, 0)
    add_place_covariance(radar_b, plot_b, 1.0 / (dt_s * dt_s), p, 3, 3)
    add_place_covariance(radar_a, plot_a, 1.0 / (dt_s * dt_s), p, 3, 3)
    for r in range(3, _N):
        p[r, r] += q_m2ps3 * dt_s / 3.0


@kernel
def start_pair(rules, pairs, i, radars, plot_a, plot_b, plot_c):
    """Start slot i from three plots of ascending times: a line through two, then the third is absorbed.

    The log-likelihood starts at 0 after the three plots.

    Parameters
    ----------
    rules : DroneRules
    pairs : DronePair              slot i is overwritten
    i : int
    radars : (n,) of RADAR         rows named by the plots' ``i_radar``
    plot_a, plot_b, plot_c : records of PLOT

    Returns
    -------
    bool    False when times do not ascend by at least a millisecond or the result is not finite
    """
    extra = pairs.work[i, _ROW_EXTRA]
    for k in range(4):
        extra[k] = 0.0
    ascend = plot_b.t_s - plot_a.t_s >= _LEAST_GAP_S and plot_c.t_s - plot_b.t_s >= _LEAST_GAP_S
    if not (ascend and _is_usable(plot_a, extra) and _is_usable(plot_b, extra) and _is_usable(plot_c, extra)):
        return False
    radar_a, radar_b = radars[plot_a.i_radar], radars[plot_b.i_radar]
    _start_model(pairs.x[i, 0], pairs.p[i, 0], rules.q_low_m2ps3, radar_a, radar_b, plot_a, plot_b)
    _start_model(pairs.x[i, 1], pairs.p[i, 1], rules.q_high_m2ps3, radar_a, radar_b, plot_a, plot_b)
    pairs.mode[i, 0], pairs.mode[i, 1] = 1.0 - rules.p_high_start, rules.p_high_start
    pairs.t_s[i] = plot_b.t_s
    carry_pair(rules, pairs, i, plot_c.t_s)
    absorb_pair(rules, pairs, i, radars[plot_c.i_radar], plot_c, extra)
    pairs.log_likelihood[i] = 0.0
    total = 0.0
    for m in range(2):
        for r in range(_N):
            total += pairs.x[i, m, r] + pairs.p[i, m, r, r]
    return math.isfinite(total)


@kernel
def published_pair(rules, pairs, i, mean6, cov66):
    """Both models of slot i as one mean and covariance.

    Parameters
    ----------
    rules : DroneRules
    pairs : DronePair
    i : int
    mean6 : (6,)        filled: east, north, up [m] and their rates [m/s]
    cov66 : (6, 6)      filled: its covariance, the distance of the two models included
    """
    x, p, mode = pairs.x[i], pairs.p[i], pairs.mode[i]
    for r in range(_N):
        mean6[r] = mode[0] * x[0, r] + mode[1] * x[1, r]
        for c in range(_N):
            spread = mode[0] * mode[1] * (x[0, r] - x[1, r]) * (x[0, c] - x[1, c])
            cov66[r, c] = mode[0] * p[0, r, c] + mode[1] * p[1, r, c] + spread

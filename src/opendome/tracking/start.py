"""Start a track from three plots, with gravity and drag in the velocity and in its covariance."""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.polar import from_polar
from opendome.tracking.measurement import look_slopes
from opendome.tracking.model import N_MODEL_ERRORS
from opendome.tracking.motion import FORCING, SLOPES, clamped_half_over_beta, fill_slopes
from opendome.tracking.predict import FASTEST_MPS, carry, carry_mean
from opendome.tracking.publish import reset_errors
from opendome.tracking.update import NO_EXTRA, absorb

__all__ = ["start"]

ARMS_A = 60
"""3 rows: how the place of the first plot moves with its range, azimuth and elevation."""
ARMS_B = 63
"""3 rows: likewise of the second plot."""
NOISE_A = 66
"""1 row: variances of the first plot (3), and bias per standard deviation (3) where it counts as the track's own."""
NOISE_B = 67
"""1 row: likewise of the second plot."""

LEAST_GAP_S = 1e-3
N_CORRECTIONS = 3


@inlined_kernel
def _is_usable(plot):
    """Whether time, place and variances of a plot are numbers, and variances positive."""
    size = abs(plot.t_s) + abs(plot.range_m) + abs(plot.azimuth_rad) + abs(plot.elevation_rad)
    spread = plot.var_range_m2 + plot.var_azimuth_rad2 + plot.var_elevation_rad2
    least = min(plot.var_range_m2, plot.var_azimuth_rad2, plot.var_elevation_rad2)
    return size < math.inf and spread < math.inf and least > 0.0


@inlined_kernel
def _fill_arms(model, work, radar, plot, bias_radar, arms, noise):
    """Write the slopes of a plot's place by its three measurements, their variances and their bias; returns the
    place.
    """
    east_m, north_m, up_m = from_polar(radar, plot.range_m, plot.azimuth_rad, plot.elevation_rad)
    slopes = look_slopes(radar, east_m, north_m, up_m)
    for axis in range(3):
        work[arms, axis], work[arms + 1, axis], work[arms + 2, axis] = slopes[axis], slopes[3 + axis], slopes[6 + axis]
    for row in range(3):
        size = work[arms + row, 0] ** 2 + work[arms + row, 1] ** 2 + work[arms + row, 2] ** 2
        for axis in range(3):
            work[arms + row, axis] /= max(size, 1e-30)
    is_own = 1.0 if radar.identity == bias_radar else 0.0
    is_other = 1.0 - is_own
    if model.is_plain:
        is_own, is_other = 0.0, 0.0
    work[noise, 0] = plot.var_range_m2 + is_other * radar.bias_range_m**2
    work[noise, 1] = plot.var_azimuth_rad2 + is_other * radar.bias_azimuth_rad**2
    work[noise, 2] = plot.var_elevation_rad2 + is_other * radar.bias_elevation_rad**2
    work[noise, 3] = is_own * radar.bias_range_m
    work[noise, 4] = is_own * radar.bias_azimuth_rad
    work[noise, 5] = is_own * radar.bias_elevation_rad
    return east_m, north_m, up_m


@inlined_kernel
def _fit_velocity(model, tracks, i_track, east_a, north_a, up_a, t_a, t_b):
    """With the place of the second plot in x: the velocity with which the falling body came from the first."""
    x = tracks.x
    east_b, north_b, up_b = x[i_track, 0], x[i_track, 1], x[i_track, 2]
    per_gap = 1.0 / (t_b - t_a)
    v_east, v_north, v_up = (east_b - east_a) * per_gap, (north_b - north_a) * per_gap, (up_b - up_a) * per_gap
    for _ in range(N_CORRECTIONS):
        x[i_track, 0], x[i_track, 1], x[i_track, 2] = east_b, north_b, up_b
        x[i_track, 3], x[i_track, 4], x[i_track, 5] = v_east, v_north, v_up
        tracks.t_s[i_track] = t_b
        carry_mean(model, tracks, i_track, t_a)
        v_east += (x[i_track, 0] - east_a) * per_gap
        v_north += (x[i_track, 1] - north_a) * per_gap
        v_up += (x[i_track, 2] - up_a) * per_gap
    x[i_track, 0], x[i_track, 1], x[i_track, 2] = east_b, north_b, up_b
    x[i_track, 3], x[i_track, 4], x[i_track, 5] = v_east, v_north, v_up
    tracks.t_s[i_track] = t_b
    return v_east * v_east + v_north * v_north + v_up * v_up < FASTEST_MPS * FASTEST_MPS


@inlined_kernel
def _fill_covariance(model, tracks, i_track, gap_s):
    """Covariance of a state from two places a time apart and a drag that is only known as the prior has it."""
    work, p = tracks.work, tracks.p
    variance = model.log_beta_sd * model.log_beta_sd
    half_s = 0.5 * gap_s
    for row in range(3):
        for column in range(3):
            place, before = 0.0, 0.0
            for arm in range(3):
                place += work[NOISE_B, arm] * work[ARMS_B + arm, row] * work[ARMS_B + arm, column]
                before += work[NOISE_A, arm] * work[ARMS_A + arm, row] * work[ARMS_A + arm, column]
            drag = half_s * half_s * variance * work[SLOPES + row, 6] * work[SLOPES + column, 6]
            p[i_track, row, column] = place
            p[i_track, row, 3 + column] = place / gap_s
            p[i_track, 3 + row, column] = place / gap_s
            p[i_track, 3 + row, 3 + column] = (place + before) / (gap_s * gap_s) + drag
        p[i_track, 3 + row, 3 + row] += model.q_acceleration_m2ps3 * gap_s / 3.0
        p[i_track, row, 6], p[i_track, 6, row] = 0.0, 0.0
        cross = half_s * variance * work[SLOPES + row, 6]
        p[i_track, 3 + row, 6], p[i_track, 6, 3 + row] = cross, cross
    p[i_track, 6, 6] = variance


@inlined_kernel
def _fill_sensitivity(model, tracks, i_track, gap_s):
    """What the errors did to place and velocity: the drag correction's share, and the bias of the two plots."""
    work, u = tracks.work, tracks.u
    if model.is_plain:
        return
    for axis in range(3):
        for column in range(N_MODEL_ERRORS):
            u[i_track, 3 + axis, column] = 0.5 * gap_s * work[FORCING + axis, column]
        for arm in range(3):
            here = -work[NOISE_B, 3 + arm] * work[ARMS_B + arm, axis]
            before = -work[NOISE_A, 3 + arm] * work[ARMS_A + arm, axis]
            u[i_track, axis, N_MODEL_ERRORS + arm] = here
            u[i_track, 3 + axis, N_MODEL_ERRORS + arm] = (here - before) / gap_s


@kernel
def start(model, tracks, i_track, radars, plot_a, plot_b, plot_c):
    """Fill a slot from three plots of rising times, each of the radar ``radars[plot.i_radar]``.

    The place is the second plot's, the velocity that with which a body of the prior's ballistic coefficient came from
    the first; the covariance and the sensitivity to the errors follow from both. The third plot then updates the slot
    like any other. The bias columns are those of the second plot's radar.

    Returns True, with the slot at the third plot's time; False, with the slot's content without meaning, when a plot
    is not made of numbers, times do not rise by a millisecond, or the velocity is beyond anything that falls.
    """
    gap_s = plot_b.t_s - plot_a.t_s
    if not (_is_usable(plot_a) and _is_usable(plot_b) and _is_usable(plot_c)):
        return False
    if gap_s < LEAST_GAP_S or plot_c.t_s - plot_b.t_s < LEAST_GAP_S:
        return False
    work, x = tracks.work, tracks.x
    bias_radar = radars[plot_b.i_radar].identity
    east_a, north_a, up_a = _fill_arms(model, work, radars[plot_a.i_radar], plot_a, bias_radar, ARMS_A, NOISE_A)
    east_b, north_b, up_b = _fill_arms(model, work, radars[plot_b.i_radar], plot_b, bias_radar, ARMS_B, NOISE_B)
    tracks.bias_radar[i_track] = bias_radar
    reset_errors(tracks, i_track)
    x[i_track, 0], x[i_track, 1], x[i_track, 2], x[i_track, 6] = east_b, north_b, up_b, model.log_beta_mean
    if not _fit_velocity(model, tracks, i_track, east_a, north_a, up_a, plot_a.t_s, plot_b.t_s):
        return False
    half_s = 0.5 * gap_s
    v_east, v_north, v_up = x[i_track, 3], x[i_track, 4], x[i_track, 5]
    fill_slopes(
        model, work, False, east_b - half_s * v_east, north_b - half_s * v_north, up_b - half_s * v_up,
        v_east, v_north, v_up, clamped_half_over_beta(model.log_beta_mean),
    )  # fmt: skip
    _fill_covariance(model, tracks, i_track, gap_s)
    _fill_sensitivity(model, tracks, i_track, gap_s)
    for row in range(4):
        work[NO_EXTRA, row] = 0.0
    if not carry(model, tracks, i_track, plot_c.t_s):
        return False
    return absorb(model, tracks, i_track, radars[plot_c.i_radar], plot_c, work[NO_EXTRA]) < math.inf

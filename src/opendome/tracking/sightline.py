"""The line of sight from a radar to a place: its derivatives, and where they fail.

Positions and velocities are in the scenario's frame, angles in the radar's own; see ``base.polar``.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel
from opendome.base.polar import to_polar

__all__ = ["add_place_covariance", "is_near_zenith", "linearise"]

_N_SD_FROM_ZENITH = 3.0


@inlined_kernel
def is_near_zenith(radar, x, p):
    """Whether a place lies so near to the vertical through the antenna that angles say nothing linear of it."""
    axes = radar.axes
    level_m2, var_m2 = 0.0, 0.0
    for k in range(2):
        along = 0.0
        for r in range(3):
            place_m = x[r] - (radar.east_m if r == 0 else (radar.north_m if r == 1 else radar.up_m))
            along += axes[k, r] * place_m
            for c in range(3):
                var_m2 += axes[k, r] * axes[k, c] * p[r, c]
        level_m2 += along * along
    return not level_m2 > max(1.0, _N_SD_FROM_ZENITH**2 * var_m2)


@inlined_kernel
def linearise(radar, x, rows, is_blind):
    """Predicted range, azimuth, elevation and range rate, and their derivatives in rows 0 to 3 of ``rows``."""
    range_m, azimuth_rad, elevation_rad, rate_mps = to_polar(radar, x[0], x[1], x[2], x[3], x[4], x[5])
    axes = radar.axes
    far_m = max(range_m, 1.0)
    d0, d1, d2 = x[0] - radar.east_m, x[1] - radar.north_m, x[2] - radar.up_m
    local_x = axes[0, 0] * d0 + axes[0, 1] * d1 + axes[0, 2] * d2
    local_y = axes[1, 0] * d0 + axes[1, 1] * d1 + axes[1, 2] * d2
    local_z = axes[2, 0] * d0 + axes[2, 1] * d1 + axes[2, 2] * d2
    level_m = max(math.sqrt(local_x * local_x + local_y * local_y), 1.0)
    see = 0.0 if is_blind else 1.0
    for c in range(3):
        d = d0 if c == 0 else (d1 if c == 1 else d2)
        rows[0, c], rows[0, c + 3] = d / far_m, 0.0
        outward = (axes[0, c] * local_x + axes[1, c] * local_y) / level_m
        rows[1, c] = see * (axes[0, c] * local_y - axes[1, c] * local_x) / (level_m * level_m)
        rows[2, c] = see * (axes[2, c] * level_m - outward * local_z) / (far_m * far_m)
        rows[1, c + 3], rows[2, c + 3] = 0.0, 0.0
        rows[3, c], rows[3, c + 3] = (x[c + 3] - rate_mps * d / far_m) / far_m, d / far_m
    return range_m, azimuth_rad, elevation_rad, rate_mps


@inlined_kernel
def add_place_covariance(radar, plot, weight, p, row, column):
    """Add weight times the covariance of a plot's place, scenario frame, to the block of p at (row, column)."""
    axes = radar.axes
    sin_az, cos_az = math.sin(plot.azimuth_rad), math.cos(plot.azimuth_rad)
    sin_el, cos_el = math.sin(plot.elevation_rad), math.cos(plot.elevation_rad)
    across_m2 = (plot.range_m * max(cos_el, 1e-3)) ** 2 * plot.var_azimuth_rad2
    upward_m2 = plot.range_m**2 * plot.var_elevation_rad2
    for r in range(3):
        out_r = axes[0, r] * sin_az * cos_el + axes[1, r] * cos_az * cos_el + axes[2, r] * sin_el
        side_r = axes[0, r] * cos_az - axes[1, r] * sin_az
        top_r = -axes[0, r] * sin_az * sin_el - axes[1, r] * cos_az * sin_el + axes[2, r] * cos_el
        for c in range(3):
            out_c = axes[0, c] * sin_az * cos_el + axes[1, c] * cos_az * cos_el + axes[2, c] * sin_el
            side_c = axes[0, c] * cos_az - axes[1, c] * sin_az
            top_c = -axes[0, c] * sin_az * sin_el - axes[1, c] * cos_az * sin_el + axes[2, c] * cos_el
            spread = plot.var_range_m2 * out_r * out_c + across_m2 * side_r * side_c + upward_m2 * top_r * top_c
            p[row + r, column + c] += weight * spread

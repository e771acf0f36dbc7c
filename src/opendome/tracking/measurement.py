"""What a radar is expected to measure of a track, and how that changes with the track's state.

Four rows: range [m], azimuth [rad], elevation [rad], range rate [m/s]. Results stand in rows of ``Tracks.work``, which
the constants below name.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel
from opendome.base.polar import to_polar, wrap_rad

__all__ = [
    "EXPECTED",
    "INNOVATION",
    "LOOK",
    "NOISE",
    "OTHER_BIAS",
    "OWN_BIAS",
    "SHARE",
    "fill_look",
    "fill_plot",
    "look_slopes",
]

LOOK = 16
"""4 rows: slope of each measurement by position (3) and velocity (3)."""
SHARE = 20
"""4 rows: slope of each measurement by the fifteen errors."""
EXPECTED = 24
"""1 row: the measurements expected from the state alone."""
INNOVATION = 25
"""1 row: measured less expected."""
NOISE = 26
"""1 row: variance of each measurement's own error."""
OWN_BIAS = 27
"""1 row: standard deviation of the bias of range, azimuth, elevation where the radar is the track's own."""
OTHER_BIAS = 28
"""1 row: its variance where the radar is another one."""

LEAST_LEVEL_FRAC = 1e-3
LEAST_RANGE_M = 1.0


@inlined_kernel
def look_slopes(radar, east_m, north_m, up_m):
    """Slopes of range, azimuth and elevation by position: nine numbers, row by row, in the scenario's frame.

    Straight above the antenna, where azimuth has no slope, and at the antenna itself, the slopes are those a little
    beside it.
    """
    axes = radar.axes
    d_east, d_north, d_up = east_m - radar.east_m, north_m - radar.north_m, up_m - radar.up_m
    x = axes[0, 0] * d_east + axes[0, 1] * d_north + axes[0, 2] * d_up
    y = axes[1, 0] * d_east + axes[1, 1] * d_north + axes[1, 2] * d_up
    z = axes[2, 0] * d_east + axes[2, 1] * d_north + axes[2, 2] * d_up
    range_m = max(math.sqrt(x * x + y * y + z * z), LEAST_RANGE_M)
    level_m = math.sqrt(x * x + y * y)
    least_m = LEAST_LEVEL_FRAC * range_m
    if level_m < least_m:
        x, y = (0.0, least_m) if level_m == 0.0 else (x * least_m / level_m, y * least_m / level_m)
        level_m = least_m
    per_level2, per_range = 1.0 / (level_m * level_m), 1.0 / range_m
    a_x, a_y = y * per_level2, -x * per_level2
    lean = -z * per_range * per_range / level_m
    e_x, e_y, e_z = x * lean, y * lean, level_m * per_range * per_range
    return (
        d_east * per_range,
        d_north * per_range,
        d_up * per_range,
        axes[0, 0] * a_x + axes[1, 0] * a_y,
        axes[0, 1] * a_x + axes[1, 1] * a_y,
        axes[0, 2] * a_x + axes[1, 2] * a_y,
        axes[0, 0] * e_x + axes[1, 0] * e_y + axes[2, 0] * e_z,
        axes[0, 1] * e_x + axes[1, 1] * e_y + axes[2, 1] * e_z,
        axes[0, 2] * e_x + axes[1, 2] * e_y + axes[2, 2] * e_z,
    )


@inlined_kernel
def fill_look(model, tracks, i_track, radar):
    """Write EXPECTED, LOOK, OWN_BIAS and OTHER_BIAS of a slot as a radar would see it."""
    work, x = tracks.work, tracks.x
    range_m, azimuth_rad, elevation_rad, rate_mps = to_polar(
        radar, x[i_track, 0], x[i_track, 1], x[i_track, 2], x[i_track, 3], x[i_track, 4], x[i_track, 5]
    )
    work[EXPECTED, 0], work[EXPECTED, 1] = range_m, azimuth_rad
    work[EXPECTED, 2], work[EXPECTED, 3] = elevation_rad, rate_mps
    slopes = look_slopes(radar, x[i_track, 0], x[i_track, 1], x[i_track, 2])
    work[LOOK, 0], work[LOOK, 1], work[LOOK, 2] = slopes[0], slopes[1], slopes[2]
    work[LOOK + 1, 0], work[LOOK + 1, 1], work[LOOK + 1, 2] = slopes[3], slopes[4], slopes[5]
    work[LOOK + 2, 0], work[LOOK + 2, 1], work[LOOK + 2, 2] = slopes[6], slopes[7], slopes[8]
    per_range = 1.0 / max(range_m, LEAST_RANGE_M)
    for axis in range(3):
        work[LOOK + 3, axis] = (x[i_track, 3 + axis] - work[LOOK, axis] * rate_mps) * per_range
        work[LOOK + 3, 3 + axis] = work[LOOK, axis]
    is_own, is_other = 0.0, 0.0
    if not model.is_plain:
        is_own = 1.0 if radar.identity == tracks.bias_radar[i_track] else 0.0
        is_other = 1.0 - is_own
    work[OWN_BIAS, 0], work[OWN_BIAS, 1] = is_own * radar.bias_range_m, is_own * radar.bias_azimuth_rad
    work[OWN_BIAS, 2] = is_own * radar.bias_elevation_rad
    work[OTHER_BIAS, 0], work[OTHER_BIAS, 1] = is_other * radar.bias_range_m**2, is_other * radar.bias_azimuth_rad**2
    work[OTHER_BIAS, 2] = is_other * radar.bias_elevation_rad**2


@inlined_kernel
def fill_plot(tracks, plot, extra):
    """Write INNOVATION and NOISE of a plot against EXPECTED; the number of rows that count, 0 for a plot not to be
    used.

    ``extra`` (4,) is added to the plot's variances. A plot counts when range, angles and their variances are numbers
    and no variance is zero or less; its range rate, when that and its variance are too.
    """
    work = tracks.work
    work[INNOVATION, 0] = plot.range_m - work[EXPECTED, 0]
    work[INNOVATION, 1] = wrap_rad(plot.azimuth_rad - work[EXPECTED, 1])
    work[INNOVATION, 2] = plot.elevation_rad - work[EXPECTED, 2]
    work[INNOVATION, 3] = plot.range_rate_mps - work[EXPECTED, 3]
    work[NOISE, 0], work[NOISE, 1] = plot.var_range_m2 + extra[0], plot.var_azimuth_rad2 + extra[1]
    work[NOISE, 2], work[NOISE, 3] = plot.var_elevation_rad2 + extra[2], plot.var_range_rate_m2ps2 + extra[3]
    for row in range(3):
        work[NOISE, row] += work[OTHER_BIAS, row]
        if not (0.0 < work[NOISE, row] < math.inf and abs(work[INNOVATION, row]) < math.inf):
            return 0
    is_rate = 0.0 < work[NOISE, 3] < math.inf and abs(work[INNOVATION, 3]) < math.inf
    return 4 if is_rate else 3

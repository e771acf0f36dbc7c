"""A radar at performance level: signal, errors, and what it can see at all (compiled).

* Signal: the radar equation in the form that is anchored at one point, SNR ~ cross-section / range^4 (for example
  Skolnik, "Introduction to Radar Systems"). Losses, clutter and beam shape are inside the anchor.
* Errors: standard deviations of a measurement fall with the root of twice the signal-to-noise ratio S (Curry, "Radar
  System Performance Modeling", 2005): beam width / (1.6 sqrt(2 S)) in angle, resolution / sqrt(2 S) in range and range
  rate; a floor that no signal removes is added in squares. An azimuth's grows with 1 / cos(elevation).
* Sight: rays bend towards the ground, which is as if the Earth had 4/3 of its radius (standard refraction). Everything
  stays in true geometry: a target at level distance d is raised by d^2 / (8 R), the difference between the two Earths.
  The radar is taken to correct the bending in what it reports, so that plots carry true angles.

Left out: multipath, ducting, weather, beam scheduling, and merging of targets inside one resolution cell.
"""

from __future__ import annotations

import math

from opendome.base.frames import MEAN_RADIUS_M
from opendome.base.kernels import inlined_kernel
from opendome.base.polar import to_polar, wrap_rad
from opendome.sensing.terrain import mask_tangent

__all__ = [
    "apparent_tangent",
    "height_up_m",
    "horizon_tangent",
    "is_in_view",
    "is_up",
    "is_visible",
    "least_cos",
    "plot_errors",
    "signal_db",
]

_MONOPULSE = 1.6  # slope of the error signal of a monopulse beam, in beam widths (Curry 2005; Barton)
_RAISE_PER_M2 = 1.0 / (8.0 * MEAN_RADIUS_M)
_BENT_RADIUS_M = 4.0 / 3.0 * MEAN_RADIUS_M
_LEAST_COS = 0.02
_LEAST_RANGE_M = 1.0
_MARGIN_RAD = 1e-9


@inlined_kernel
def signal_db(radar, range_m, rcs_m2):
    """Mean signal-to-noise ratio of one pulse [dB] of a target of a mean cross-section [m2] at a range [m].

    A cross-section of 0 gives -300 dB, a range under 1 m counts as 1 m.
    """
    ratio = max(rcs_m2, 1e-30) * (100_000.0 / max(range_m, _LEAST_RANGE_M)) ** 4
    return radar.snr_1m2_100km_db + 10.0 * math.log10(ratio)


@inlined_kernel
def plot_errors(radar, snr_db):
    """Standard deviations of a plot: range [m], angle across the beam [rad], elevation [rad], range rate [m/s].

    ``snr_db`` is that of one pulse; the pulses of a look add up. The azimuth's own deviation is the second one over the
    cosine of the elevation. A range-rate resolution of 0 gives a deviation of 0: not measured.
    """
    twice = 2.0 * radar.n_pulses * 10.0 ** (0.1 * snr_db)
    range_m = radar.range_resolution_m
    rate_mps = radar.range_rate_resolution_mps
    azimuth_rad = radar.beamwidth_azimuth_rad / _MONOPULSE
    elevation_rad = radar.beamwidth_elevation_rad / _MONOPULSE
    floor = radar.angle_floor_rad
    rate_error_mps = 0.0
    if rate_mps > 0.0:
        rate_error_mps = math.sqrt(rate_mps * rate_mps / twice + radar.range_rate_floor_mps**2)
    return (
        math.sqrt(range_m * range_m / twice + radar.range_floor_m**2),
        math.sqrt(azimuth_rad * azimuth_rad / twice + floor * floor),
        math.sqrt(elevation_rad * elevation_rad / twice + floor * floor),
        rate_error_mps,
    )


@inlined_kernel
def least_cos(elevation_rad):
    """Cosine of an elevation, kept away from 0 for what stands overhead."""
    return max(math.cos(elevation_rad), _LEAST_COS)


@inlined_kernel
def apparent_tangent(range_m, elevation_rad):
    """Tangent of the elevation at which a point of true range and elevation appears, and its level distance [m]."""
    level_m = max(range_m * math.cos(elevation_rad), 1e-3)
    return range_m * math.sin(elevation_rad) / level_m + level_m * _RAISE_PER_M2, level_m


@inlined_kernel
def horizon_tangent(antenna_m, level_m):
    """Tangent of the lowest apparent elevation over a smooth Earth at a level distance [m]; -1e9 short of the horizon.

    A point on the ground is seen up to the horizon at sqrt(2 R' a), with R' = 4/3 R and the antenna's height a above
    the smooth ground.
    """
    height_m = max(antenna_m, 0.0)
    if level_m <= math.sqrt(2.0 * _BENT_RADIUS_M * height_m):
        return -1e9
    return -math.sqrt(2.0 * height_m / _BENT_RADIUS_M)


@inlined_kernel
def is_up(radar, t_s):
    """Whether the radar works at a time."""
    return radar.t_up_s <= t_s < radar.t_down_s


@inlined_kernel
def is_in_view(radar, i_radar, terrain, range_m, azimuth_rad, elevation_rad):
    """Whether a point of true polar position lies inside range, sector, elevation limits, horizon and terrain mask."""
    if not (radar.range_min_m <= range_m <= radar.range_max_m and range_m > 0.0):
        return False
    half_rad = 0.5 * radar.sector_width_rad
    if half_rad < math.pi and abs(wrap_rad(azimuth_rad - radar.sector_center_rad)) > half_rad:
        return False
    tangent, level_m = apparent_tangent(range_m, elevation_rad)
    elevation = math.atan(tangent)
    if elevation < radar.min_elevation_rad - _MARGIN_RAD or elevation > radar.max_elevation_rad + _MARGIN_RAD:
        return False
    if tangent < horizon_tangent(radar.h_hae_m, level_m):
        return False
    return tangent >= mask_tangent(terrain, i_radar, azimuth_rad, level_m)


@inlined_kernel
def is_visible(radar, i_radar, terrain, east_m, north_m, up_m):
    """Whether a radar can see a point at all.

    Parameters
    ----------
    radar, i_radar : record and row of RADAR
    terrain : TerrainMask                 see `opendome.sensing.terrain`
    east_m, north_m, up_m : float         point in the scenario's frame [m]

    Returns
    -------
    bool    inside range, sector, elevation limits (apparent), above the horizon of the 4/3 Earth and the terrain mask;
            False where a coordinate is not a number
    """
    range_m, azimuth_rad, elevation_rad, _ = to_polar(radar, east_m, north_m, up_m, 0.0, 0.0, 0.0)
    return is_in_view(radar, i_radar, terrain, range_m, azimuth_rad, elevation_rad)


@inlined_kernel
def height_up_m(east_m, north_m, height_m):
    """Up component [m] in the scenario's frame of a point at a height above the ground's curve."""
    squared = east_m * east_m + north_m * north_m
    reach = (MEAN_RADIUS_M + height_m) ** 2
    return math.sqrt(max(reach - squared, 0.0)) - MEAN_RADIUS_M

"""What a radar measures of a point: range, azimuth, elevation and range rate in its own frame, and the way back.

Shared by the room that makes plots and the room that reads them. Azimuth is clockwise from the radar's north in [0, 2
pi), elevation up from its horizontal plane; a point straight above or at the antenna has azimuth 0.
"""

from __future__ import annotations

import math

import numpy as np

from opendome.base.kernels import inlined_kernel
from opendome.base.types import RADAR

__all__ = ["default_radar", "from_polar", "place_radar", "to_polar", "wrap_rad"]

_FLATTENING = 1.0 / 298.257223563
_SEMI_MAJOR_M = 6_378_137.0


@inlined_kernel
def wrap_rad(angle_rad):
    """Angle in [-pi, pi)."""
    if -math.pi <= angle_rad < math.pi:
        return angle_rad
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi


@inlined_kernel
def to_polar(radar, east_m, north_m, up_m, v_east_mps, v_north_mps, v_up_mps):
    """Range [m], azimuth [rad], elevation [rad] and range rate [m/s] of a point that moves, scenario frame."""
    d_east, d_north, d_up = east_m - radar.east_m, north_m - radar.north_m, up_m - radar.up_m
    axes = radar.axes
    x = axes[0, 0] * d_east + axes[0, 1] * d_north + axes[0, 2] * d_up
    y = axes[1, 0] * d_east + axes[1, 1] * d_north + axes[1, 2] * d_up
    z = axes[2, 0] * d_east + axes[2, 1] * d_north + axes[2, 2] * d_up
    level_m = math.sqrt(x * x + y * y)
    range_m = math.sqrt(level_m * level_m + z * z)
    azimuth_rad = math.atan2(x, y) if level_m > 0.0 else 0.0
    if azimuth_rad < 0.0:
        azimuth_rad += 2.0 * math.pi
    rate_mps = 0.0
    if range_m > 0.0:
        rate_mps = (d_east * v_east_mps + d_north * v_north_mps + d_up * v_up_mps) / range_m
    return range_m, azimuth_rad, math.atan2(z, level_m), rate_mps


@inlined_kernel
def from_polar(radar, range_m, azimuth_rad, elevation_rad):
    """East, north, up [m] in the scenario's frame of a point that a radar measures."""
    level_m = range_m * math.cos(elevation_rad)
    x, y, z = level_m * math.sin(azimuth_rad), level_m * math.cos(azimuth_rad), range_m * math.sin(elevation_rad)
    axes = radar.axes
    return (
        radar.east_m + axes[0, 0] * x + axes[1, 0] * y + axes[2, 0] * z,
        radar.north_m + axes[0, 1] * x + axes[1, 1] * y + axes[2, 1] * z,
        radar.up_m + axes[0, 2] * x + axes[1, 2] * y + axes[2, 2] * z,
    )


def _up_axis(lat_rad: float, lon_rad: float) -> np.ndarray:
    """East, north and up at a place as rows of Earth-fixed components, (3, 3)."""
    sin_lat, cos_lat, sin_lon, cos_lon = math.sin(lat_rad), math.cos(lat_rad), math.sin(lon_rad), math.cos(lon_rad)
    return np.array(
        [
            [-sin_lon, cos_lon, 0.0],
            [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
            [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
        ]
    )


def _ecef_m(lat_rad: float, lon_rad: float, h_hae_m: float) -> np.ndarray:
    """Earth-fixed position [m], (3,)."""
    squared = _FLATTENING * (2.0 - _FLATTENING)
    radius_m = _SEMI_MAJOR_M / math.sqrt(1.0 - squared * math.sin(lat_rad) ** 2)
    return np.array(
        [
            (radius_m + h_hae_m) * math.cos(lat_rad) * math.cos(lon_rad),
            (radius_m + h_hae_m) * math.cos(lat_rad) * math.sin(lon_rad),
            (radius_m * (1.0 - squared) + h_hae_m) * math.sin(lat_rad),
        ]
    )


def place_radar(
    radar: np.void, origin_lat_deg: float, origin_lon_deg: float, lat_deg: float, lon_deg: float, h_hae_m: float
) -> None:
    """Fill position and axes of one RADAR record from its place on the Earth.

    Parameters
    ----------
    radar : record of RADAR                  filled: east_m, north_m, up_m, axes, h_hae_m
    origin_lat_deg, origin_lon_deg : float   origin of the scenario's frame, on the ellipsoid
    lat_deg, lon_deg, h_hae_m : float        the antenna: geodetic position and height above the ellipsoid [m]
    """
    lat, lon = math.radians(lat_deg), math.radians(lon_deg)
    lat0, lon0 = math.radians(origin_lat_deg), math.radians(origin_lon_deg)
    frame = _up_axis(lat0, lon0)
    radar["east_m"], radar["north_m"], radar["up_m"] = frame @ (_ecef_m(lat, lon, h_hae_m) - _ecef_m(lat0, lon0, 0.0))
    radar["axes"] = _up_axis(lat, lon) @ frame.T
    radar["h_hae_m"] = h_hae_m


def default_radar() -> np.ndarray:
    """One RADAR record of the reference radar at the origin: 2 mrad, 15 m, a look a second, all round; shape (1,)."""
    radar = np.zeros(1, RADAR)
    values = {
        "identity": 1, "swerling": 1, "n_pulses": 1, "track_capacity": 1000, "antenna_height_m": 10.0, "up_m": 10.0,
        "h_hae_m": 10.0, "range_max_m": 100_000.0, "min_elevation_rad": math.radians(1.0),
        "max_elevation_rad": math.radians(85.0), "sector_width_rad": 2.0 * math.pi, "revisit_s": 1.0,
        "snr_1m2_100km_db": 30.0, "p_false_alarm": 1e-6, "beamwidth_azimuth_rad": math.radians(1.5),
        "beamwidth_elevation_rad": math.radians(1.5), "range_resolution_m": 50.0, "angle_floor_rad": 0.002,
        "range_floor_m": 15.0, "range_rate_floor_mps": 1.0, "t_down_s": math.inf,
    }  # fmt: skip
    for name, value in values.items():
        radar[name] = value
    radar["axes"] = np.eye(3)
    return radar

"""Places on the Earth and the local frame that everything else works in.

Conventions, said once:

* Geographic positions are WGS 84 geodetic latitude and longitude, ``lat_deg`` in [-90, 90] and ``lon_deg`` in [-180,
  180].
* The working frame ``_enu`` is east-north-up: a plane touching the ellipsoid at the scenario's origin, component order
  east, north, up. Points on the ground are given by east and north alone. The plane leaves the ground with distance:
  at 100 km the ground lies about 785 m below it, while east and north differ from distances along the ground by
  less than 0.05 % (0.004 % at 100 km, 0.4 % at 1,000 km).
* Heights name their datum: ``h_hae_m`` is height above the ellipsoid.
* Azimuth is clockwise from true north in [0, 2 pi); elevation is up from the horizontal.

References: WGS 84 (NIMA TR8350.2); transformation by ``pymap3d``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pymap3d
from numpy.typing import ArrayLike, NDArray

from opendome.base.errors import CommandError

__all__ = [
    "MEAN_RADIUS_M", "PLANE_LIMIT_M", "EnuBox", "LatLonBox", "LatLonDisc", "Origin", "enu_to_geodetic",
    "geodetic_to_enu", "surface_distance_m", "unit_vectors",
]  # fmt: skip

MEAN_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG)."""

PLANE_LIMIT_M = 1_000_000.0
"""Farthest from the origin at which the tangent plane is used for areas [m]; east and north are 0.4 % short there."""

FloatArray = NDArray[np.float64]


def _check_degrees(value: float, name: str, limit: float) -> None:
    if not (isinstance(value, (int, float)) and math.isfinite(value) and -limit <= value <= limit):
        raise CommandError(f"{name} is {value!r}; write a number from -{limit:g} to {limit:g}")


@dataclass(frozen=True)
class Origin:
    """Where the local plane touches the ellipsoid: ``lat_deg`` in [-90, 90], ``lon_deg`` in [-180, 180]."""

    lat_deg: float
    lon_deg: float

    def __post_init__(self) -> None:
        _check_degrees(self.lat_deg, "lat_deg", 90)
        _check_degrees(self.lon_deg, "lon_deg", 180)


class EnuBox(NamedTuple):
    """A box in the local plane [m]: ``west_m < east_m``, ``south_m < north_m``."""

    west_m: float
    south_m: float
    east_m: float
    north_m: float


@dataclass(frozen=True)
class LatLonBox:
    """A box between two parallels and two meridians; it crosses the 180th meridian where ``west_deg > east_deg``."""

    south_deg: float
    north_deg: float
    west_deg: float
    east_deg: float

    def __post_init__(self) -> None:
        _check_degrees(self.south_deg, "south_deg", 90)
        _check_degrees(self.north_deg, "north_deg", 90)
        _check_degrees(self.west_deg, "west_deg", 180)
        _check_degrees(self.east_deg, "east_deg", 180)
        if self.south_deg >= self.north_deg:
            raise CommandError(f"the box's south ({self.south_deg:g}) must lie below its north ({self.north_deg:g})")
        if self.west_deg == self.east_deg:
            raise CommandError("the box has no width; write west_deg and east_deg that differ")

    def contains(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> NDArray[np.bool_]:
        """Which of the points (n,) lie in the box, edges included."""
        lat, lon = np.asarray(lat_deg, float), np.asarray(lon_deg, float)
        inside = (lat >= self.south_deg) & (lat <= self.north_deg)
        if self.west_deg < self.east_deg:
            return np.asarray(inside & (lon >= self.west_deg) & (lon <= self.east_deg))
        return np.asarray(inside & ((lon >= self.west_deg) | (lon <= self.east_deg)))


@dataclass(frozen=True)
class LatLonDisc:
    """All points within ``radius_km`` along the ground of a centre; crosses the poles and the 180th meridian freely."""

    lat_deg: float
    lon_deg: float
    radius_km: float

    def __post_init__(self) -> None:
        _check_degrees(self.lat_deg, "lat_deg", 90)
        _check_degrees(self.lon_deg, "lon_deg", 180)
        radius = self.radius_km
        if not (isinstance(radius, (int, float)) and math.isfinite(radius) and radius > 0):
            raise CommandError(f"radius_km is {radius!r}; write a number above 0")

    def contains(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> NDArray[np.bool_]:
        """Which of the points (n,) lie in the disc, edge included."""
        distance_m = surface_distance_m(lat_deg, lon_deg, self.lat_deg, self.lon_deg)
        return np.asarray(distance_m <= self.radius_km * 1000.0)


def geodetic_to_enu(
    origin: Origin, lat_deg: ArrayLike, lon_deg: ArrayLike, h_hae_m: ArrayLike = 0.0
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """East, north and up [m] of geodetic positions, in the plane that touches the ellipsoid at ``origin``.

    Parameters
    ----------
    origin : Origin
    lat_deg, lon_deg : (n,)     WGS 84 [deg]
    h_hae_m : (n,) or float     height above the ellipsoid [m]

    Returns
    -------
    east_m, north_m, up_m : each (n,)
    """
    lat, lon, height = np.broadcast_arrays(*(np.asarray(a, float) for a in (lat_deg, lon_deg, h_hae_m)))
    east, north, up = pymap3d.geodetic2enu(lat, lon, height, origin.lat_deg, origin.lon_deg, 0.0)
    return np.asarray(east, float), np.asarray(north, float), np.asarray(up, float)


def enu_to_geodetic(origin: Origin, east_m: ArrayLike, north_m: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Latitude and longitude [deg] of ground points (height 0) given by east and north: the inverse of the above.

    Parameters
    ----------
    origin : Origin
    east_m, north_m : (n,)      within 5,000 km of the origin [m]

    Returns
    -------
    lat_deg, lon_deg : each (n,)
    """
    east, north = np.broadcast_arrays(np.asarray(east_m, float), np.asarray(north_m, float))
    distance = np.hypot(east, north)
    if np.any(distance > 5.0e6):
        raise CommandError(
            "a point lies more than 5,000 km from the origin, where the plane no longer meets the ground"
        )
    up = np.sqrt(MEAN_RADIUS_M**2 - distance**2) - MEAN_RADIUS_M
    cosine = 1.0 + up / MEAN_RADIUS_M
    lat, lon, height = (np.asarray(a, float) for a in _enu_to_geodetic(origin, east, north, up))
    for _ in range(8):
        up = up - height / cosine
        lat, lon, height = (np.asarray(a, float) for a in _enu_to_geodetic(origin, east, north, up))
    return lat, lon


def _enu_to_geodetic(origin: Origin, east: FloatArray, north: FloatArray, up: FloatArray) -> tuple[Any, Any, Any]:
    return tuple(pymap3d.enu2geodetic(east, north, up, origin.lat_deg, origin.lon_deg, 0.0))


def unit_vectors(lat_deg: ArrayLike, lon_deg: ArrayLike) -> FloatArray:
    """Vectors (n, 3) of length 1 along the ellipsoid's normal at each position (x to 0 E on the equator, z north)."""
    lat, lon = np.radians(np.asarray(lat_deg, float)), np.radians(np.asarray(lon_deg, float))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def surface_distance_m(
    lat_a_deg: ArrayLike, lon_a_deg: ArrayLike, lat_b_deg: ArrayLike, lon_b_deg: ArrayLike
) -> FloatArray:
    """Distance along the ground between positions a and b [m], each (n,) or a number.

    The straight chord between two points of the ellipsoid, bent onto a sphere of the mean radius. Within 0.01 % of
    the geodesic up to 1,000 km and 0.6 % anywhere, poles and 180th meridian included.
    """
    zero = np.zeros(())
    a = pymap3d.geodetic2ecef(np.asarray(lat_a_deg, float), np.asarray(lon_a_deg, float), zero)
    b = pymap3d.geodetic2ecef(np.asarray(lat_b_deg, float), np.asarray(lon_b_deg, float), zero)
    chord = np.sqrt(sum((np.asarray(p) - np.asarray(q)) ** 2 for p, q in zip(a, b, strict=True)))
    return np.asarray(2.0 * MEAN_RADIUS_M * np.arcsin(np.minimum(1.0, chord / (2.0 * MEAN_RADIUS_M))))

"""Gravity of the WGS84 ellipsoid, and height above it.

Two forms. `normal_gravity_mps2` is the closed formula of Somigliana with the second-order height correction, for one
number at a latitude and height. `gravitation_ecef_mps2` is the attraction of a flattened Earth (central term and J2)
as a vector, which the integrator uses; with the centrifugal part added, the two agree to 1.3e-4 m/s2, the size of the
terms beyond J2 (largest at the poles; 4e-5 at the equator).

References: NGA.STND.0036 (WGS84, 2014), sections 3 and 4; Hofmann-Wellenhof and Moritz, Physical Geodesy (2006).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "gravitation_ecef_mps2",
    "height_from_ecef_m",
    "normal_gravity",
    "normal_gravity_mps2",
    "prime_vertical_radius_m",
]

SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1.0 / 298.257223563
SEMI_MINOR_M = SEMI_MAJOR_M * (1.0 - FLATTENING)
ECCENTRICITY_SQUARED = FLATTENING * (2.0 - FLATTENING)
SECOND_ECCENTRICITY_SQUARED = ECCENTRICITY_SQUARED / (1.0 - ECCENTRICITY_SQUARED)
GM_M3PS2 = 3.986004418e14
EARTH_RATE_RADPS = 7.292115e-5
J2 = 1.082629821313e-3
EQUATOR_GRAVITY_MPS2 = 9.7803253359
POLE_GRAVITY_MPS2 = 9.8321849378
SOMIGLIANA_K = (SEMI_MINOR_M * POLE_GRAVITY_MPS2) / (SEMI_MAJOR_M * EQUATOR_GRAVITY_MPS2) - 1.0
CENTRIFUGAL_RATIO = EARTH_RATE_RADPS**2 * SEMI_MAJOR_M**2 * SEMI_MINOR_M / GM_M3PS2


@njit(cache=True, nogil=True)
def normal_gravity_mps2(lat_rad: float, h_hae_m: float) -> float:
    """Normal gravity [m/s2] at a geodetic latitude [rad] and height above the ellipsoid [m].

    Somigliana's formula on the ellipsoid times 1 - 2 h/a (1 + f + m - 2 f sin^2) + 3 h^2/a^2 (WGS84, equation 4-3),
    where a is the semi-major axis, f the flattening and m the centrifugal ratio. Good to 1e-4 m/s2 up to 80 km.
    """
    sin2 = math.sin(lat_rad) ** 2
    surface = EQUATOR_GRAVITY_MPS2 * (1.0 + SOMIGLIANA_K * sin2) / math.sqrt(1.0 - ECCENTRICITY_SQUARED * sin2)
    ratio = h_hae_m / SEMI_MAJOR_M
    first = 2.0 * (1.0 + FLATTENING + CENTRIFUGAL_RATIO - 2.0 * FLATTENING * sin2) * ratio
    return surface * (1.0 - first + 3.0 * ratio * ratio)


@njit(cache=True, nogil=True)
def _fill_gravity(lat_rad: NDArray[np.float64], h_hae_m: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Fill ``out`` (n,) with normal gravity at ``lat_rad`` (n,) and ``h_hae_m`` (n,)."""
    for i_point in range(out.size):
        out[i_point] = normal_gravity_mps2(lat_rad[i_point], h_hae_m[i_point])


def normal_gravity(lat_rad: ArrayLike, h_hae_m: ArrayLike) -> NDArray[np.float64]:
    """Normal gravity at many places.

    Parameters
    ----------
    lat_rad : float or array      geodetic latitude [rad]
    h_hae_m : float or array      height above the ellipsoid [m]; the two are broadcast

    Returns
    -------
    array of the broadcast shape  gravity [m/s2], centrifugal part included

    Valid for: heights to 80 km (error below 1e-4 m/s2).

    >>> print(f"{float(normal_gravity(0.0, 0.0)):.10f}")
    9.7803253359
    """
    lats, heights = np.broadcast_arrays(np.asarray(lat_rad, dtype=np.float64), np.asarray(h_hae_m, dtype=np.float64))
    out = np.empty(lats.size)
    _fill_gravity(np.ascontiguousarray(lats.reshape(-1)), np.ascontiguousarray(heights.reshape(-1)), out)
    return out.reshape(lats.shape)


@njit(cache=True, nogil=True)
def gravitation_ecef_mps2(x_m: float, y_m: float, z_m: float) -> tuple[float, float, float]:
    """Attraction of the Earth, central term and J2, at an Earth-fixed point [m]: x, y, z components [m/s2].

    The centrifugal part is not in it.
    """
    r2 = x_m * x_m + y_m * y_m + z_m * z_m
    central = -GM_M3PS2 / (r2 * math.sqrt(r2))
    oblate = 1.5 * J2 * SEMI_MAJOR_M * SEMI_MAJOR_M / r2
    tilt = 5.0 * z_m * z_m / r2
    level = central * (1.0 + oblate * (1.0 - tilt))
    return level * x_m, level * y_m, central * (1.0 + oblate * (3.0 - tilt)) * z_m


@njit(cache=True, nogil=True)
def prime_vertical_radius_m(sin_lat: float) -> float:
    """Radius of curvature across the meridian [m] at the sine of a geodetic latitude."""
    return SEMI_MAJOR_M / math.sqrt(1.0 - ECCENTRICITY_SQUARED * sin_lat * sin_lat)


@njit(cache=True, nogil=True)
def height_from_ecef_m(x_m: float, y_m: float, z_m: float) -> float:
    """Height above the ellipsoid [m] of an Earth-fixed point [m].

    One step of Bowring's method (1976), without angles; within 1e-6 m for heights from -10 to 500 km.
    """
    axis_m = math.sqrt(x_m * x_m + y_m * y_m)
    sin_reduced, cos_reduced = z_m * SEMI_MAJOR_M, axis_m * SEMI_MINOR_M
    norm = math.sqrt(sin_reduced * sin_reduced + cos_reduced * cos_reduced)
    sin_reduced, cos_reduced = sin_reduced / norm, cos_reduced / norm
    sin_lat = z_m + SECOND_ECCENTRICITY_SQUARED * SEMI_MINOR_M * sin_reduced**3
    cos_lat = axis_m - ECCENTRICITY_SQUARED * SEMI_MAJOR_M * cos_reduced**3
    norm = math.sqrt(sin_lat * sin_lat + cos_lat * cos_lat)
    sin_lat, cos_lat = sin_lat / norm, cos_lat / norm
    surface = SEMI_MAJOR_M * math.sqrt(1.0 - ECCENTRICITY_SQUARED * sin_lat * sin_lat)
    return axis_m * cos_lat + z_m * sin_lat - surface

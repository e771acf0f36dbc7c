"""Weight, turn and height over the rotating ellipsoid, in the scenario's east-north-up frame, cheap enough for a
filter.

Attraction is the central term and J2 (as in `opendome.flight.gravity`), with the centrifugal and Coriolis terms. The
height above the ellipsoid is a series in the square of the sine of the geocentric latitude, which the attraction needs
anyway: within 1 cm of the exact height to 90 km up and 200 km from the origin (tested).

References: NGA.STND.0036 (WGS84, 2014).
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel
from opendome.flight.gravity import (
    EARTH_RATE_RADPS,
    ECCENTRICITY_SQUARED,
    GM_M3PS2,
    J2,
    SECOND_ECCENTRICITY_SQUARED,
    SEMI_MAJOR_M,
)

__all__ = ["RADIUS_M", "height_m", "normal", "weight"]

RADIUS_M = 6_371_000.0
"""Mean radius, where a direction or a gradient to a few tenths of a per cent is enough."""

_OBLATE_M2 = 1.5 * J2 * SEMI_MAJOR_M * SEMI_MAJOR_M
_SPIN2_PS2 = EARTH_RATE_RADPS * EARTH_RATE_RADPS
_LEAN = 0.5 * ECCENTRICITY_SQUARED * ECCENTRICITY_SQUARED


@inlined_kernel
def _height_m(range_m, sine2):
    """Height [m] from the distance to the Earth's centre [m] and the squared sine of the geocentric latitude."""
    q = SECOND_ECCENTRICITY_SQUARED * sine2
    surface_m = SEMI_MAJOR_M * (1.0 - q * (0.5 - q * (0.375 - q * (0.3125 - q * 0.2734375))))
    return (range_m - surface_m) * (1.0 - _LEAN * sine2 * (1.0 - sine2))


@inlined_kernel
def height_m(model, east_m, north_m, up_m):
    """Height above the ellipsoid [m] of a point of the scenario's frame [m]."""
    x_m = model.axis_m - north_m * model.sin_lat + up_m * model.cos_lat
    z_m = model.polar_m + north_m * model.cos_lat + up_m * model.sin_lat
    squared_m2 = x_m * x_m + east_m * east_m + z_m * z_m
    return _height_m(math.sqrt(squared_m2), z_m * z_m / squared_m2)


@inlined_kernel
def normal(east_m, north_m, up_m):
    """Upward unit vector at a point of the scenario's frame, within the flattening of its tilt."""
    far_m = RADIUS_M + up_m
    scale = 1.0 / math.sqrt(east_m * east_m + north_m * north_m + far_m * far_m)
    return east_m * scale, north_m * scale, far_m * scale


@inlined_kernel
def weight(model, east_m, north_m, up_m, v_east_mps, v_north_mps, v_up_mps):
    """Acceleration of free fall east, north and up [m/s2], Coriolis term included, and height above the ellipsoid
    [m].
    """
    x_m = model.axis_m - north_m * model.sin_lat + up_m * model.cos_lat
    z_m = model.polar_m + north_m * model.cos_lat + up_m * model.sin_lat
    squared_m2 = x_m * x_m + east_m * east_m + z_m * z_m
    inverse = 1.0 / squared_m2
    range_m = math.sqrt(squared_m2)
    sine2 = z_m * z_m * inverse
    central = -GM_M3PS2 * inverse / range_m
    oblate, tilt = _OBLATE_M2 * inverse, 5.0 * sine2
    level = central * (1.0 + oblate * (1.0 - tilt)) + _SPIN2_PS2
    v_x = v_up_mps * model.cos_lat - v_north_mps * model.sin_lat
    a_x = level * x_m + 2.0 * EARTH_RATE_RADPS * v_east_mps
    a_east = level * east_m - 2.0 * EARTH_RATE_RADPS * v_x
    a_z = central * (1.0 + oblate * (3.0 - tilt)) * z_m
    a_north = a_z * model.cos_lat - a_x * model.sin_lat
    a_up = a_x * model.cos_lat + a_z * model.sin_lat
    return a_east, a_north, a_up, _height_m(range_m, sine2)

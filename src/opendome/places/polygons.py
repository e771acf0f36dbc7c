"""Launch polygons: a polygon written as [lat, lon] corners, ready for drawing and testing points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError, Problem, ScenarioError
from opendome.base.frames import PLANE_LIMIT_M, Origin, geodetic_to_enu
from opendome.base.geometry import Triangles, ring_areas_m2, triangulate

__all__ = ["LaunchPolygon", "launch_polygon"]


class LaunchPolygon(NamedTuple):
    """A polygon in the local plane: plain arrays that compiled loops accept.

    ``ring_m (m, 2)`` east and north [m], anticlockwise; ``triangles`` for
    ``opendome.base.geometry.point_in_triangles``; ``area_m2``.
    """

    ring_m: NDArray[np.float64]
    triangles: Triangles
    area_m2: float


def launch_polygon(
    corners_lat_lon_deg: Sequence[Sequence[float]], origin: Origin, *, key: str = "polygon"
) -> LaunchPolygon:
    """Polygon in the local plane from [lat, lon] corners in order (the first may be repeated at the end).

    Parameters
    ----------
    corners_lat_lon_deg : (m, 2)    WGS 84 [deg]
    origin : Origin                 of the local plane
    key : str                       the scenario key, for messages

    Raises
    ------
    ScenarioError
        fewer than three corners, positions out of range or over 1,000 km from the origin, edges that cross, no area
    """
    try:
        corners = np.asarray(corners_lat_lon_deg, float)
    except (TypeError, ValueError):
        corners = np.zeros(0)
    if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
        raise _wrong("is not a list of at least three corners", key, "[[lat, lon], [lat, lon], [lat, lon]]")
    if not (np.abs(corners) <= (90.0, 180.0)).all():
        raise _wrong(
            "has a corner out of range", key, "[lat, lon]: latitude -90 to 90 first, then longitude -180 to 180"
        )
    east, north, up = geodetic_to_enu(origin, corners[:, 0], corners[:, 1])
    if max(np.abs(east).max(), np.abs(north).max()) > PLANE_LIMIT_M or up.min() < -3.0e6:
        raise _wrong(
            f"reaches more than {PLANE_LIMIT_M / 1000:,.0f} km from the scenario's site", key, "move one or the other"
        )
    ring = np.stack([east, north], axis=1)
    ring = ring[np.any(np.abs(ring - np.roll(ring, 1, axis=0)) > 1e-6, axis=1)]
    try:
        triangles = triangulate(ring)
    except CommandError as error:
        raise _wrong("cannot be used", key, str(error)) from None
    area_m2 = float(ring_areas_m2(ring, [0, len(ring)])[0])
    return LaunchPolygon(np.ascontiguousarray(ring if area_m2 > 0 else ring[::-1]), triangles, abs(area_m2))


def _wrong(what: str, key: str, cure: str) -> ScenarioError:
    return ScenarioError([Problem(what, key=key, cure=cure)])

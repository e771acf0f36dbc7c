"""The ground of a replay: land, coast, areas, launch areas, all in local metres, as plain data for the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from opendome.base.frames import EnuBox, geodetic_to_enu
from opendome.places.coastline import coastline_enu
from opendome.report.geometry import simplified
from opendome.scenario.compile import area_table, origin_of
from opendome.scenario.scenario import Scenario

__all__ = ["on_plane", "scene_of"]

_MARGIN_FRAC = 0.12
_AROUND = 1.6
"""Bundled land is given out to so many times the box, so that the ground does not end where the eye can see."""
_FINEST = 1500.0

Points = list[list[int]]


def scene_of(scenario: Scenario, places: Iterable[Sequence[float]] = ()) -> dict[str, Any]:
    """Shapes of a scenario.

    Parameters
    ----------
    scenario : Scenario
    places : (east_m, north_m) each
        What else the picture must hold, such as launch points, impacts and batteries.

    Returns
    -------
    dict
        ``box_m`` (west, south, east, north) of what happens; ``land`` "written", "bundled" or "none"; ``land_m`` and
        ``coast_m`` lists of rings and lines; ``areas`` with name, people, centre and ring; ``launch_m`` rings.
    """
    table = area_table(scenario)
    start = table.ring_start
    rings = [table.vertices_enu_m[start[i] : start[i + 1]] for i in range(len(table))]
    launch = [on_plane(scenario, polygon) for polygon in _launch_polygons(scenario)]
    points = [np.asarray(list(places), float).reshape(-1, 2), *launch, *rings]
    box = _box(np.concatenate(points))
    tolerance_m = (box[2] - box[0]) / _FINEST
    kind, land, coast = _ground(scenario, box, tolerance_m)
    return {
        "box_m": [round(x) for x in box],
        "land": kind,
        "land_m": land,
        "coast_m": coast,
        "areas": [
            {
                "id": table.ids[i],
                "name": table.names[i],
                "people": round(float(table.population[i])),
                "east_m": round(float(table.centre_enu_m[i, 0])),
                "north_m": round(float(table.centre_enu_m[i, 1])),
                "ring_m": _points(simplified(ring, tolerance_m / 2)),
            }
            for i, ring in enumerate(rings)
        ],
        "launch_m": [_points(ring) for ring in launch],
    }


def on_plane(scenario: Scenario, lat_lon: Iterable[Sequence[float]]) -> np.ndarray:
    """Points [lat, lon] in the local plane, (n, 2) [m]."""
    points = np.asarray(list(lat_lon), float)
    east, north, _ = geodetic_to_enu(origin_of(scenario), points[:, 0], points[:, 1])
    return np.column_stack([east, north])


def _launch_polygons(scenario: Scenario) -> list[Any]:
    raid = scenario.data["threats"]["raid"] or {}
    return [area["polygon"] for area in raid.get("launch_areas") or ()]


def _box(points_m: np.ndarray) -> tuple[float, float, float, float]:
    (west, south), (east, north) = points_m.min(axis=0), points_m.max(axis=0)
    margin = _MARGIN_FRAC * max(east - west, north - south, 5_000.0)
    return float(west - margin), float(south - margin), float(east + margin), float(north + margin)


def _ground(
    scenario: Scenario, box: tuple[float, float, float, float], tolerance_m: float
) -> tuple[str, list[Points], list[Points]]:
    """Where the land is from, its rings, and its coast as lines."""
    places = scenario.data["places"]
    if places["land"]:
        rings = [on_plane(scenario, ring) for ring in places["land"]]
        return "written", [_points(ring) for ring in rings], [_points([*ring, ring[0]]) for ring in rings]
    if not places["coast"]:
        return "none", [], []
    west, south, east, north = box
    spare = (_AROUND - 1.0) * max(east - west, north - south)
    found = coastline_enu(origin_of(scenario), EnuBox(west - spare, south - spare, east + spare, north + spare))
    return (
        "bundled",
        [_points(simplified(ring, tolerance_m)) for ring in found.polygons],
        [_points(simplified(line, tolerance_m)) for line in found.lines],
    )


def _points(ring: Iterable[Iterable[float]]) -> Points:
    return [[round(float(value)) for value in point] for point in ring]

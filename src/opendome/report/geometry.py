"""The map's shapes as a plain frozen object, made from a scenario: areas, land, launch areas, batteries."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from opendome.base.frames import Origin

__all__ = ["MapBattery", "MapGeometry", "Ring", "bounds", "disc_ring", "geometry_of", "simplified"]

Ring = tuple[tuple[float, float], ...]
"""Outline as (east_m, north_m) points; the last need not repeat the first."""

_MARGIN_FRAC = 0.07
_SLIMMEST, _FLATTEST = 0.95, 1.45


@dataclass(frozen=True)
class MapBattery:
    """A battery on the map: notional site, radius that it protects, whether the headline alternative brings it."""

    number: str
    name: str
    east_m: float
    north_m: float
    radius_m: float
    is_new: bool
    arrives_day: float


@dataclass(frozen=True)
class MapGeometry:
    """Everything the map draws besides leaks; rings are local east-north [m].

    ``coast`` holds the coast as open lines; without a coast (``land`` and ``coast`` empty) the whole ground is land.
    ``box`` is (west, south, east, north) [m], what the map shows.
    """

    areas: tuple[Ring, ...]
    land: tuple[Ring, ...]
    coast: tuple[Ring, ...]
    launch: tuple[Ring, ...]
    batteries: tuple[MapBattery, ...]
    box: tuple[float, float, float, float]
    launch_label: str = "launch area, notional"


def disc_ring(east_m: float, north_m: float, radius_m: float, n: int = 48) -> Ring:
    """Give a disc as a ring of n points [m]."""
    at = [2.0 * math.pi * i / n for i in range(n)]
    return tuple((east_m + radius_m * math.cos(a), north_m + radius_m * math.sin(a)) for a in at)


def simplified(ring: Sequence[Sequence[float]] | np.ndarray, tolerance_m: float) -> Ring:
    """Drop points of an outline that lie within ``tolerance_m`` of the line they leave (Douglas and Peucker 1973)."""
    points = np.asarray(ring, dtype=float)
    if len(points) < 4:
        return tuple((float(e), float(n)) for e, n in points)
    keep = np.zeros(len(points), dtype=bool)
    keep[[0, -1]] = True
    stack = [(0, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        along = points[last] - points[first]
        offset = points[first + 1 : last] - points[first]
        length = float(np.hypot(*along))
        if length > 0:
            away = np.abs(along[0] * offset[:, 1] - along[1] * offset[:, 0]) / length
        else:
            away = np.hypot(offset[:, 0], offset[:, 1])
        worst = int(np.argmax(away))
        if away[worst] > tolerance_m:
            middle = first + 1 + worst
            keep[middle] = True
            stack += [(first, middle), (middle, last)]
    return tuple((float(e), float(n)) for e, n in points[keep])


def bounds(places: Iterable[tuple[float, float]], batteries: Iterable[MapBattery]) -> tuple[float, float, float, float]:
    """Give the box of the map (west, south, east, north) [m]: every place and arc, a margin, neither slim nor flat."""
    arcs = (point for b in batteries for point in disc_ring(b.east_m, b.north_m, b.radius_m, 12))
    points = np.array([*places, *arcs] or [(-1e4, -1e4), (1e4, 1e4)])
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    width, height = max(float(east - west), 5e3), max(float(north - south), 5e3)
    width, height = width * (1 + 2 * _MARGIN_FRAC), height * (1 + 2 * _MARGIN_FRAC)
    width, height = max(width, height * _SLIMMEST), max(height, width / _FLATTEST)
    middle_east, middle_north = float(west + east) / 2, float(south + north) / 2
    return middle_east - width / 2, middle_north - height / 2, middle_east + width / 2, middle_north + height / 2


def geometry_of(
    resolved: Mapping[str, Mapping[str, Any]],
    baseline: str,
    headline: str,
    areas: Iterable[Sequence[Sequence[float]]],
    shown: Iterable[tuple[float, float]],
    radius_of: Mapping[str, float],
) -> MapGeometry:
    """Make the map's shapes from resolved scenarios.

    Parameters
    ----------
    resolved : mapping
        Alternative -> resolved scenario data, with the keys of the scenario schema.
    baseline, headline : str
        Batteries that only the headline alternative has are new.
    areas : rings
        Outlines of the defended areas, local east-north [m].
    shown : (east_m, north_m) each
        Places that the map must hold, beside the arcs [m].
    radius_of : mapping
        System -> radius that a battery of it protects [m].
    """
    from opendome.base.frames import EnuBox, Origin

    data = resolved[headline]
    origin = Origin(float(data["site"]["lat_deg"]), float(data["site"]["lon_deg"]))
    known = {b["id"] for b in resolved[baseline].get("batteries") or ()}
    batteries = tuple(
        _battery(i, item, item["id"] not in known, origin, radius_of)
        for i, item in enumerate(data.get("batteries") or (), 1)
    )
    rings = [tuple((float(e), float(n)) for e, n in ring) for ring in areas]
    box = bounds(shown, batteries)
    tolerance_m = (box[2] - box[0]) / 1500.0
    raid = (data.get("threats") or {}).get("raid") or {}
    launch = tuple(_on_plane(item["polygon"], origin) for item in raid.get("launch_areas") or ())
    places = data.get("places") or {}
    land: list[Ring] = []
    coast: list[Ring] = []
    if places.get("land"):
        land = [_on_plane(ring, origin) for ring in places["land"]]
        coast = [(*ring, ring[0]) for ring in land]
    elif places.get("coast", True):
        from opendome.places.coastline import coastline_enu

        found = coastline_enu(origin, EnuBox(*box))
        land = [simplified(ring, tolerance_m) for ring in found.polygons]
        coast = [simplified(line, tolerance_m) for line in found.lines]
    return MapGeometry(
        tuple(simplified(ring, tolerance_m) for ring in rings), tuple(land), tuple(coast), launch, batteries, box
    )


def _on_plane(points: Iterable[Sequence[float]], origin: Origin) -> Ring:
    from opendome.base.frames import geodetic_to_enu

    lat_lon = np.asarray(list(points), dtype=float)
    east, north, _ = geodetic_to_enu(origin, lat_lon[:, 0], lat_lon[:, 1])
    return tuple(zip(np.asarray(east).tolist(), np.asarray(north).tolist()))


def _battery(
    i: int, item: Mapping[str, Any], is_new: bool, origin: Origin, radius_of: Mapping[str, float]
) -> MapBattery:
    ((east, north),) = _on_plane([item["at"]], origin)
    return MapBattery(
        str(i),
        str(item.get("name") or item["id"]),
        east,
        north,
        radius_of.get(str(item.get("system") or "iron-dome"), 0.0),
        is_new,
        float(item.get("arrives_day") or 0.0),
    )

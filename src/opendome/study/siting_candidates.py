"""Where batteries may stand: a grid over land round the areas, or a list of the user's own. All sites are notional."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from opendome.base.errors import CommandError, Problem, ProblemList, ScenarioError
from opendome.base.frames import EnuBox, Origin, enu_to_geodetic, geodetic_to_enu
from opendome.places.coastline import is_land_at, land_lookup
from opendome.scenario.compile import area_table, origin_of
from opendome.scenario.compile_places import land_rings
from opendome.scenario.compile_raid import distance_to_polygon_m, launch_polygons

__all__ = ["Candidates", "grid_candidates", "read_candidates"]

_DECIMALS = 3
_MOST_CANDIDATES = 20_000
_LAND_CELL_M = 500.0


class Candidates(NamedTuple):
    """Sites that may be chosen: ``ids``, ``lat_lon_deg`` (n, 2), ``at_m`` (n, 2) east and north; and what fell out."""

    ids: tuple[str, ...]
    lat_lon_deg: np.ndarray
    at_m: np.ndarray
    n_at_sea: int
    n_too_near: int


def grid_candidates(scenario: Any, grid_km: float, keep_off_km: float, near_km: float) -> Candidates:
    """A square grid over the land round the areas.

    Parameters
    ----------
    scenario : Scenario
    grid_km : float        distance between neighbours
    keep_off_km : float    no nearer to a launch area than this
    near_km : float        no farther from the middle of some area than this

    Raises
    ------
    CommandError
        A distance that cannot be, or no candidate is left; the message says why they fell out.
    """
    if not grid_km > 0.0 or not near_km > 0.0 or not keep_off_km >= 0.0:
        raise CommandError("--grid-km and --near-km must be above 0, and --keep-off-km not below")
    centre_m = area_table(scenario).centre_enu_m
    step_m, near_m = 1000.0 * grid_km, 1000.0 * near_km
    first = np.ceil((centre_m.min(axis=0) - near_m) / step_m).astype(int)
    last = np.floor((centre_m.max(axis=0) + near_m) / step_m).astype(int)
    sides = np.maximum(last - first + 1, 0)
    if int(sides[0]) * int(sides[1]) > 100 * _MOST_CANDIDATES:
        raise CommandError(f"--grid-km {grid_km:g} is too fine here: {sides[0]:,} times {sides[1]:,} points")
    east, north = (np.arange(first[i], last[i] + 1) * step_m for i in (0, 1))
    points = np.stack(np.meshgrid(east, north), axis=-1).reshape(-1, 2)
    points = points[[bool(np.any(np.hypot(*(centre_m - point).T) <= near_m)) for point in points]]
    if not len(points):
        raise CommandError(
            f"no point of a grid of {grid_km:g} km lies within {near_km:g} km of an area; write a smaller --grid-km"
        )
    lat_deg, lon_deg = enu_to_geodetic(origin_of(scenario), points[:, 0], points[:, 1])
    places = np.round(points / step_m).astype(int) - first
    ids = tuple(f"g{row}-{column}" for column, row in places.tolist())
    return _sifted(scenario, ids, np.stack([lat_deg, lon_deg], axis=1), keep_off_km)


def read_candidates(scenario: Any, path: Path, keep_off_km: float) -> Candidates:
    """Sites from a CSV file (``id``, ``lat_deg``, ``lon_deg``) or a GeoJSON file of points (property ``id``).

    Raises
    ------
    ScenarioError
        The file cannot be read as that; with every problem at once.
    CommandError
        Another ending, or none is on land and far enough from the launch areas.
    """
    reader = {".csv": _rows_of_csv, ".geojson": _rows_of_geojson, ".json": _rows_of_geojson}.get(path.suffix.lower())
    if reader is None:
        raise CommandError(f"cannot tell what `{path}` is; name it .csv or .geojson")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ScenarioError([Problem(f"cannot be read: {error.strerror}", file=str(path))]) from None
    except UnicodeDecodeError:
        raise ScenarioError([Problem("is not UTF-8 text", file=str(path), cure="save it as UTF-8")]) from None
    problems = ProblemList()
    rows = reader(text, str(path), problems)
    problems.raise_if_any()
    if not rows:
        raise ScenarioError([Problem("has no candidate sites", file=str(path), cure="write one a row")])
    position = np.array([[lat_deg, lon_deg] for _, lat_deg, lon_deg in rows])
    return _sifted(scenario, tuple(name for name, _, _ in rows), position, keep_off_km)


def _number(text: Any, limit: float) -> float | None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if abs(value) <= limit else None


def _rows_of_csv(text: str, file: str, problems: ProblemList) -> list[tuple[str, float, float]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = [name.strip() for name in reader.fieldnames or ()]
    for name in ("lat_deg", "lon_deg"):
        if name not in header:
            problems.add(f"the column `{name}` is missing", file=file, line=1, cure="write id,lat_deg,lon_deg")
    if problems.problems:
        return []
    rows = []
    for i, row in enumerate(reader):
        cells = {str(name).strip(): value for name, value in row.items()}
        lat_deg, lon_deg = _number(cells.get("lat_deg"), 90.0), _number(cells.get("lon_deg"), 180.0)
        if lat_deg is None or lon_deg is None:
            problems.add("lat_deg and lon_deg must be degrees", file=file, line=reader.line_num)
        else:
            rows.append((str(cells.get("id") or f"c{i + 1}"), lat_deg, lon_deg))
    return rows


def _rows_of_geojson(text: str, file: str, problems: ProblemList) -> list[tuple[str, float, float]]:
    try:
        features = json.loads(text)["features"]
        rows = []
        for i, feature in enumerate(features):
            geometry, named = feature["geometry"], feature.get("properties") or {}
            where = geometry["coordinates"] if geometry["type"] == "Point" else (None, None)
            lat_deg, lon_deg = _number(where[1], 90.0), _number(where[0], 180.0)
            if lat_deg is None or lon_deg is None:
                problems.add(f"feature {i + 1} is not a Point of [lon, lat] in degrees", file=file)
            else:
                rows.append((str(named.get("id") or f"c{i + 1}"), lat_deg, lon_deg))
        return rows
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        problems.add(f"is not a GeoJSON collection of points: {error}", file=file)
        return []


def _sifted(scenario: Any, ids: tuple[str, ...], position: np.ndarray, keep_off_km: float) -> Candidates:
    """Those on land and far enough from the launch areas; positions to three decimals of a degree, about 100 m."""
    origin = origin_of(scenario)
    position = np.round(position, _DECIMALS)
    east, north, _ = geodetic_to_enu(origin, position[:, 0], position[:, 1])
    at_m = np.stack([east, north], axis=1)
    on_land = _on_land(scenario, origin, at_m)
    far = np.ones(len(ids), bool)
    threats = scenario.model.threats
    for polygon in launch_polygons(threats.raid, origin):
        far &= distance_to_polygon_m(at_m, polygon.ring_m) >= 1000.0 * keep_off_km
    for salvo in threats.given:
        east_m, north_m, _ = geodetic_to_enu(origin, *salvo.from_)
        far &= np.hypot(at_m[:, 0] - float(east_m), at_m[:, 1] - float(north_m)) >= 1000.0 * keep_off_km
    keep = np.flatnonzero(on_land & far)
    n_at_sea, n_too_near = int((~on_land).sum()), int((on_land & ~far).sum())
    if not len(keep):
        raise CommandError(
            f"no candidate site is left of {len(ids)}: {n_at_sea} are in the sea, {n_too_near} nearer than "
            f"{keep_off_km:g} km to where rockets are launched; give others, or change --keep-off-km"
        )
    if len(keep) > _MOST_CANDIDATES:
        raise CommandError(f"{len(keep):,} candidate sites are too many; at most {_MOST_CANDIDATES:,} are taken")
    return Candidates(tuple(ids[i] for i in keep), position[keep], at_m[keep], n_at_sea, n_too_near)


def _on_land(scenario: Any, origin: Origin, at_m: np.ndarray) -> np.ndarray:
    places = scenario.model.places
    if not places.coast and places.land is None:
        return np.ones(len(at_m), bool)
    (west, south), (east, north) = at_m.min(axis=0) - _LAND_CELL_M, at_m.max(axis=0) + _LAND_CELL_M
    box = EnuBox(float(west), float(south), float(east), float(north))
    lookup = land_lookup(origin, box, _LAND_CELL_M, land_rings(places, origin))
    return np.array([is_land_at(lookup, float(x), float(y)) for x, y in at_m], bool)

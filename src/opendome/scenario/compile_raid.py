"""Compile threats: classes, flight tables, launch areas, the law of aim, and written-out salvos."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from opendome import catalogue
from opendome.base.errors import Problem, ScenarioError
from opendome.base.frames import Origin, geodetic_to_enu
from opendome.base.geometry import Triangles, point_in_triangles, points_in_ring
from opendome.base.types import CLASS
from opendome.flight.tables import FlightTable, FlightTables, class_table, stack_tables
from opendome.places.polygons import LaunchPolygon, launch_polygon
from opendome.raid.model import SALVO, RaidModel, no_record
from opendome.raid.parameters import Aim, Bursts, Failing, LaunchedPerDay, Raid, Threats, first_launch_s

from .compile_places import CompiledPlaces
from .compile_recorded import compile_recorded

__all__ = [
    "class_figure",
    "class_names",
    "compile_classes",
    "compile_raid",
    "distance_to_launch_areas_m",
    "distance_to_polygon_m",
    "launch_polygons",
    "launch_reach",
    "mean_per_day",
]

_HOURS = {
    "uniform": np.ones(24),
    # Shares by local hour: assumed shapes, in keeping with evening peaks of public alert records.
    "evening": np.array([2, 1, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 8, 10, 11, 10, 8, 5, 3], float),
    "night": np.array([9, 9, 8, 7, 6, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 6, 8, 9, 9, 9], float),
}
_SAMPLES = 256
_KILL_GROUP = {"mortar": 1, "one-way-drone": 2, "small-drone": 2, "cruise-missile": 3}


def class_names(threats: Threats) -> list[str]:
    """Threat classes that the scenario uses, sorted: their places are the class indices."""
    used = {salvo.threat_class for salvo in threats.given}
    if threats.raid is not None:
        used |= set(threats.raid.classes)
    return sorted(used)


def class_figure(threats: Threats, name: str, key: str) -> Any:
    """A class's figure: the scenario's change, else the catalogue's."""
    changed = threats.classes.get(name, {})
    return changed[key] if key in changed else catalogue.threat_value(name, key).value


@functools.lru_cache(maxsize=64)
def _table(range_min_m: float, range_max_m: float, beta: float, elevation_rad: float) -> FlightTable:
    return class_table(range_min_m, range_max_m, beta, elevation_rad)


def compile_classes(threats: Threats, p_missed_object: float) -> tuple[np.ndarray, FlightTables]:
    """Classes as records, and their flight tables; cruise classes share the first table without using it."""
    names = class_names(threats)
    classes = np.zeros(len(names), CLASS)
    tables: list[FlightTable] = []
    for kind, name in zip(classes, names, strict=True):
        kind["i_kill_group"] = _KILL_GROUP.get(name, 0)
        kind["range_min_m"] = 1000.0 * class_figure(threats, name, "range_min_km")
        kind["range_max_m"] = 1000.0 * class_figure(threats, name, "range_max_km")
        for key in ("spread_frac_of_range", "casualty_area_m2", "damage_kusd", "unit_cost_kusd"):
            kind[key] = class_figure(threats, name, key)
        kind["p_missed"] = 1.0 - (1.0 - p_missed_object) * class_figure(threats, name, "p_detect")
        if class_figure(threats, name, "kind") == "cruise":
            kind["is_cruise"] = 1
            for key in ("speed_mps", "height_m", "path_offset_frac"):
                kind[key] = class_figure(threats, name, key)
        else:
            kind["i_table"] = len(tables)
            beta = float(class_figure(threats, name, "ballistic_coefficient_kgpm2"))
            elevation = math.radians(class_figure(threats, name, "elevation_deg"))
            tables.append(_table(float(kind["range_min_m"]), float(kind["range_max_m"]), beta, elevation))
    if not tables:
        tables.append(_table(3000.0, 20000.0, 6000.0, math.radians(50.0)))
    return classes, stack_tables(tables)


def launch_polygons(raid: Raid | None, origin: Origin) -> list[LaunchPolygon]:
    """Launch areas in the local plane."""
    if raid is None:
        return []
    return [
        launch_polygon(area.polygon, origin, key=f"threats.raid.launch_areas[{area.id}].polygon")
        for area in raid.launch_areas
    ]


def launch_reach(threats: Threats, origin: Origin) -> tuple[float, float, float, float]:
    """Box (west, south, east, north) [m] about everything that is launched from."""
    points = [polygon.ring_m for polygon in launch_polygons(threats.raid, origin)]
    for salvo in threats.given:
        points.append(np.array([_point(origin, salvo.from_)]))
    if not points:
        return (0.0, 0.0, 0.0, 0.0)
    low, high = np.concatenate(points).min(axis=0), np.concatenate(points).max(axis=0)
    return (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _point(origin: Origin, lat_lon: tuple[float, float]) -> tuple[float, float]:
    east, north, _ = geodetic_to_enu(origin, lat_lon[0], lat_lon[1])
    return float(east), float(north)


def mean_per_day(raid: Raid | None, duration_day: float) -> np.ndarray:
    """Launches expected on each day, (n_days,); a last day that is cut short has its share."""
    n_days = math.ceil(duration_day - 1e-9)
    if raid is None:
        return np.zeros(n_days)
    mean = 0.0 if raid.launched_per_day is None else raid.launched_per_day.mean
    days = np.array(mean, float) if isinstance(mean, tuple) else np.full(n_days, float(mean))
    if isinstance(mean, tuple):
        return days
    days[-1] *= duration_day - (n_days - 1)
    return days


def distance_to_polygon_m(points_m: np.ndarray, ring_m: np.ndarray) -> np.ndarray:
    """Distance of points (n, 2) to a filled polygon [m], (n,)."""
    a, b = ring_m, np.roll(ring_m, -1, axis=0)
    along = b - a
    length2 = np.maximum((along**2).sum(axis=1), 1e-9)
    share = np.clip(((points_m[:, None, :] - a) * along).sum(axis=2) / length2, 0.0, 1.0)
    nearest = a + share[..., None] * along
    distance = np.sqrt(((points_m[:, None, :] - nearest) ** 2).sum(axis=2)).min(axis=1)
    inside = points_in_ring(np.ascontiguousarray(points_m[:, 0]), np.ascontiguousarray(points_m[:, 1]), ring_m)
    return np.where(inside, 0.0, distance)


def distance_to_launch_areas_m(points_m: np.ndarray, polygons: Sequence[LaunchPolygon]) -> np.ndarray:
    """Distance of points (n, 2) to the nearest of at least one launch area [m], (n,); 0 inside."""
    return np.asarray(np.min([distance_to_polygon_m(points_m, polygon.ring_m) for polygon in polygons], axis=0))


def _aim_weights(aim: Aim, areas: np.ndarray, distance_m: np.ndarray) -> np.ndarray:
    """Weights of areas as aim points, before reach: a near share and a share that decays with distance."""
    if aim.weights == "population":
        base = np.maximum(areas["population"], 1.0) ** aim.population_exponent
    elif aim.weights == "value":
        base = areas["value"].astype(float)
    else:
        base = np.ones(len(areas))
    general = base * np.exp(-distance_m / (1000.0 * aim.decay_km))
    near = np.where(distance_m <= 1000.0 * aim.near_km, base, 0.0)
    weights = general / general.sum()
    if near.sum() > 0.0 and aim.near_share > 0.0:
        weights = (1.0 - aim.near_share) * weights + aim.near_share * near / near.sum()
    return weights


def _sample_points(polygon: LaunchPolygon) -> np.ndarray:
    """Points spread over a launch polygon, the same each time: (n, 2) [m]."""
    golden, silver, bronze = 0.8191725133961645, 0.6710436067037893, 0.5497004779019703
    points = [
        point_in_triangles(polygon.triangles, (k * golden) % 1.0, (k * silver) % 1.0, (k * bronze) % 1.0)
        for k in range(1, _SAMPLES + 1)
    ]
    return np.array(points)


def _aim_table(
    raid: Raid, names: list[str], classes: np.ndarray, areas: np.ndarray, polygons: list[LaunchPolygon]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cumulative shares of classes (n_launch, n_class) and aims (n_launch, n_class, n_area), and fallback pairs."""
    n_launch, n_class, n_area = len(polygons), len(classes), len(areas)
    class_cum = np.zeros((n_launch, n_class))
    aim_cum = np.zeros((n_launch, n_class, n_area))
    fallback = np.zeros((n_launch, n_class, 3))
    centres = np.stack([areas["east_m"], areas["north_m"]], axis=1)
    distance_m = distance_to_launch_areas_m(centres, polygons)
    weights = _aim_weights(raid.aim, areas, distance_m)
    for i, polygon in enumerate(polygons):
        points = _sample_points(polygon)
        range_m = np.hypot(points[:, None, 0] - centres[:, 0], points[:, None, 1] - centres[:, 1])
        for c, kind in enumerate(classes):
            share = raid.classes.get(names[c], 0.0)
            can = (range_m >= kind["range_min_m"]) & (range_m <= kind["range_max_m"])
            inside = np.where(can.any(axis=0), weights, 0.0)
            if share == 0.0 or inside.sum() <= 0.0:
                continue
            class_cum[i, c] = share
            aim_cum[i, c] = np.cumsum(inside) / inside.sum()
            j, a = np.unravel_index(np.argmax(np.where(can, weights, -1.0)), can.shape)
            fallback[i, c] = (points[j, 0], points[j, 1], a)
    return class_cum, aim_cum, fallback


def _check_reach(raid: Raid, names: list[str], class_cum: np.ndarray) -> None:
    """Every class must reach some area from somewhere, and every launch area must have a class."""
    problems = [
        Problem(
            "no defended area lies in the class's range from any launch area",
            key=f"threats.raid.classes.{name}",
            cure="drop the class or widen the places",
        )
        for c, name in enumerate(names)
        if raid.classes.get(name, 0.0) > 0.0 and not (class_cum[:, c] > 0.0).any()
    ]
    for i, area in enumerate(raid.launch_areas):
        if not (class_cum[i] > 0.0).any():
            problems.append(
                Problem("no class reaches any defended area from here", key=f"threats.raid.launch_areas[{area.id}]")
            )
    if problems:
        raise ScenarioError(problems)


def _salvos(threats: Threats, names: list[str], origin: Origin, start_utc: datetime) -> np.ndarray:
    """Written-out salvos as records, in their order in the file."""
    salvos = np.zeros(len(threats.given), SALVO)
    for row, given in zip(salvos, threats.given, strict=True):
        row["t_s"] = first_launch_s(given, start_utc)
        row["from_east_m"], row["from_north_m"] = _point(origin, given.from_)
        row["at_east_m"], row["at_north_m"] = _point(origin, given.at)
        if given.waypoint is not None:
            row["has_way"] = 1
            row["way_east_m"], row["way_north_m"] = _point(origin, given.waypoint)
        row["i_class"], row["count"], row["spacing_s"] = names.index(given.threat_class), given.count, given.spacing_s
    return salvos


def _hour_cum(raid: Raid, lon_deg: float) -> np.ndarray:
    """Cumulative share of bursts by hour of UTC; named profiles are in local solar hours."""
    if isinstance(raid.by_hour, str):
        weights = np.roll(_HOURS[raid.by_hour], -round(lon_deg / 15.0))
    else:
        weights = np.array(raid.by_hour, float)
    return np.cumsum(weights) / weights.sum()


def _launch_ground(polygons: list[LaunchPolygon]) -> tuple[np.ndarray, np.ndarray, Triangles, np.ndarray]:
    """Corners of all launch polygons [m] and where each begins, their triangles and where each one's begin."""
    starts = np.cumsum([0, *(len(polygon.ring_m) for polygon in polygons)])
    triangle_start = np.cumsum([0, *(len(polygon.triangles.cum_share) for polygon in polygons)])
    triangles = Triangles(
        np.concatenate([polygon.triangles.corners_m for polygon in polygons]) if polygons else np.zeros((0, 3, 2)),
        np.concatenate([polygon.triangles.cum_share for polygon in polygons]) if polygons else np.zeros(0),
    )
    corners_m = np.concatenate([polygon.ring_m for polygon in polygons]) if polygons else np.zeros((0, 2))
    return corners_m, starts.astype(np.int64), triangles, triangle_start.astype(np.int64)


def compile_raid(
    threats: Threats,
    places: CompiledPlaces,
    classes: np.ndarray,
    tables: FlightTables,
    origin: Origin,
    start_utc: datetime,
    duration_day: float,
    folder: str = "",
) -> RaidModel:
    """Everything that the raid room draws from. Files that the threats name count from ``folder``."""
    names = class_names(threats)
    raid = threats.raid
    polygons = launch_polygons(raid, origin)
    n_days = math.ceil(duration_day - 1e-9)
    span_s = np.full(n_days, 86400.0)
    span_s[-1] = (duration_day - (n_days - 1)) * 86400.0
    class_cum, aim_cum = np.zeros((0, len(names))), np.zeros((0, len(names), len(places.areas)))
    fallback, share = np.zeros((0, len(names), 3)), np.zeros(0)
    aim, failing, bursts, hour_cum, ratio = Aim(), Failing(share=0.0), Bursts(), np.linspace(1 / 24, 1.0, 24), 2.0
    day_mean, recorded = mean_per_day(raid, duration_day), no_record()
    if raid is not None:
        daily = raid.launched_per_day or LaunchedPerDay(mean=0.0)
        aim, failing, bursts, ratio = raid.aim, raid.failing, raid.bursts, daily.variance_over_mean
        hour_cum = _hour_cum(raid, origin.lon_deg)
        class_cum, aim_cum, fallback = _aim_table(raid, names, classes, places.areas, polygons)
        _check_reach(raid, names, class_cum)
        class_cum = np.cumsum(class_cum, axis=1) / class_cum.sum(axis=1, keepdims=True)
        share = np.array([area.share for area in raid.launch_areas])
        if raid.recorded is not None:
            points, shares = [_sample_points(polygon) for polygon in polygons], np.diff(class_cum, axis=1, prepend=0.0)
            recorded, day_mean = compile_recorded(
                raid.recorded, places, classes, points, shares, origin, folder, start_utc, duration_day
            )
    return RaidModel(
        day_mean,
        span_s,
        float(ratio),
        float(bursts.size_mean),
        float(bursts.spacing_s),
        hour_cum,
        start_utc.hour + start_utc.minute / 60.0 + start_utc.second / 3600.0,
        np.cumsum(share) / max(share.sum(), 1e-300),
        class_cum,
        aim_cum,
        fallback,
        *_launch_ground(polygons),
        float(aim.spread_scale),
        1000.0 * aim.spread_km,
        float(failing.share),
        float(failing.gamma),
        float(failing.misfire_share),
        _salvos(threats, names, origin, start_utc),
        recorded,
        classes,
        places.areas,
        tables,
        places.area_lookup,
        places.land_lookup,
    )

"""A run as GeoJSON (RFC 7946): defended areas, batteries, impacts and alerts, one FeatureCollection each.

Positions are [longitude, latitude] in degrees to six decimals (about 0.1 m); outer rings run anticlockwise and are
closed. Left out: outlines that cross the 180th meridian are not cut in two, as the standard recommends.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from opendome.base.frames import enu_to_geodetic
from opendome.base.registry import register
from opendome.exchange.moments import utc_text
from opendome.scenario.compile import area_table, origin_of
from opendome.scenario.compile_battle import figure
from opendome.study.single import Run

__all__ = [
    "alert_features",
    "area_features",
    "area_outlines",
    "battery_features",
    "feature_collection",
    "impact_features",
    "write_geojson",
]

_DECIMALS = 6

Feature = dict[str, Any]


@register("exporter", "geojson")
def write_geojson(run: Run, folder: Path) -> list[Path]:
    """Write ``areas``, ``batteries``, ``impacts`` and ``alerts`` as .geojson files; give their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    collections = {
        "areas": area_features(run),
        "batteries": battery_features(run),
        "impacts": impact_features(run),
        "alerts": alert_features(run),
    }
    paths = []
    for name, features in collections.items():
        path = folder / f"{name}.geojson"
        text = json.dumps(feature_collection(features), ensure_ascii=False, separators=(",", ":"))
        path.write_text(text + "\n", encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def feature_collection(features: Iterable[Feature]) -> dict[str, Any]:
    """Put features into a collection."""
    return {"type": "FeatureCollection", "features": list(features)}


def area_features(run: Run) -> list[Feature]:
    """Defended areas as polygons, with people, time to shelter, and what came down there in the run."""
    outlines = area_outlines(run)
    table = area_table(run.scenario)
    impacts = run.table("impacts").select(["area_id", "is_built_up"]).to_pylist()
    features = []
    for i, area_id in enumerate(table.ids):
        here = [row for row in impacts if row["area_id"] == area_id]
        properties = {
            "area_id": area_id,
            "name": table.names[i],
            "population": float(table.population[i]),
            "time_to_shelter_s": float(table.time_to_shelter_s[i]),
            "impacts": len(here),
            "leaks_built_up": sum(row["is_built_up"] for row in here),
        }
        features.append(_feature("Polygon", [outlines[area_id]], properties))
    return features


def battery_features(run: Run) -> list[Feature]:
    """Batteries at their first sites, which are notional, with the radius that they defend."""
    model = run.scenario.model
    fired = run.table("launches").column("battery_id").to_pylist()
    features = []
    for battery in model.batteries:
        lat_deg, lon_deg = battery.at
        properties = {
            "battery_id": battery.id,
            "name": battery.name or battery.id,
            "system": battery.system,
            "arrives_day": float(battery.arrives_day),
            "defended_radius_km": figure(model, battery.system, "defended_radius_km"),
            "interceptors_fired": fired.count(battery.id),
            "is_notional": True,
        }
        features.append(_feature("Point", [round(lon_deg, _DECIMALS), round(lat_deg, _DECIMALS)], properties))
    return features


def impact_features(run: Run) -> list[Feature]:
    """Every object that came down, as a point with its end, its area and the harm expected there."""
    rows = run.table("impacts").to_pylist()
    positions = _positions(run, [row["east_m"] for row in rows], [row["north_m"] for row in rows])
    kept = ("threat_id", "threat_class", "end", "area_id", "is_built_up", "reason", "lead_s", "people_exposed")
    return [
        _feature(
            "Point",
            position,
            {"t_s": row["t_s"], "utc": utc_text(run, row["t_s"]), **{name: row[name] for name in kept}},
        )
        for row, position in zip(rows, positions, strict=True)
    ]


def alert_features(run: Run) -> list[Feature]:
    """Every alert as the outline of its area, with beginning and end."""
    outlines = area_outlines(run)
    features = []
    for row in run.table("warnings").to_pylist():
        properties = {
            "area_id": row["area_id"],
            "t_s": row["t_s"],
            "t_end_s": row["t_end_s"],
            "utc": utc_text(run, row["t_s"]),
            "end_utc": utc_text(run, row["t_end_s"]),
            "is_needless": row["is_needless"],
            "population": row["population"],
            "status": "Exercise",
        }
        features.append(_feature("Polygon", [outlines[row["area_id"]]], properties))
    return features


def closed_ring(points: Sequence[Sequence[float]]) -> list[list[float]]:
    """Close a ring of [lon, lat] and turn it anticlockwise."""
    ring = [list(point) for point in points]
    doubled_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]]))
    if doubled_area < 0.0:
        ring.reverse()
    return [*ring, ring[0]]


def area_outlines(run: Run) -> dict[str, list[list[float]]]:
    """Closed outline of each defended area by id, [lon, lat]."""
    table = area_table(run.scenario)
    positions = _positions(run, table.vertices_enu_m[:, 0], table.vertices_enu_m[:, 1])
    start = table.ring_start
    return {area_id: closed_ring(positions[start[i] : start[i + 1]]) for i, area_id in enumerate(table.ids)}


def _positions(run: Run, east_m: Any, north_m: Any) -> list[list[float]]:
    """[lon, lat] of points of the local plane."""
    if len(east_m) == 0:
        return []
    lat_deg, lon_deg = enu_to_geodetic(origin_of(run.scenario), east_m, north_m)
    return np.round(np.stack([lon_deg, lat_deg], axis=1), _DECIMALS).tolist()


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> Feature:
    plain = {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in properties.items()}
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": plain}

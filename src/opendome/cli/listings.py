"""Rows of ``opendome list KIND``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from opendome.base.errors import CommandError, nearest_name

__all__ = ["KINDS", "listing"]

Listing = tuple[tuple[str, ...], list[tuple[Any, ...]]]


def listing(kind: str, near: str | None = None, within_km: float = 30.0) -> Listing:
    """Give column names and rows of one kind.

    Raises
    ------
    CommandError
        Unknown kind, or places without a point.
    """
    if kind == "places":
        return _places(near, within_km)
    if kind not in _MAKERS:
        raise CommandError(f"cannot list `{kind}`: {nearest_name(kind, KINDS) or 'kinds are ' + ', '.join(KINDS)}")
    return _MAKERS[kind]()


def _systems() -> Listing:
    from opendome import catalogue

    rows = []
    for system_id in catalogue.system_ids():
        system = catalogue.system(system_id)
        rows.append((system_id, system.name, system.operator, system.fires))
    return ("id", "name", "operator", "can fire in a scenario"), rows


def _sensors() -> Listing:
    from opendome import catalogue

    keys = ("radar_range_km", "radar_min_elevation_deg", "track_capacity", "antenna_height_m")
    rows = [
        (system_id, *(catalogue.value_of(system_id, key).value for key in keys))
        for system_id in catalogue.system_ids()
        if catalogue.system(system_id).fires
    ]
    return ("radar of", *keys), rows


def _threats() -> Listing:
    from opendome import catalogue

    rows = []
    for group in catalogue.threat_groups():
        members = [
            catalogue.threat(name).name for name in catalogue.threat_ids() if catalogue.threat(name).group == group
        ]
        low, high = (catalogue.threat_value(group, key).value for key in ("range_min_km", "range_max_km"))
        rows.append((group, catalogue.threat_value(group, "kind").value, low, high, ", ".join(members)))
    return ("class", "kind", "range_min_km", "range_max_km", "public types in it"), rows


def _policies() -> Listing:
    from opendome.base.registry import registered
    from opendome.doctrine import rules

    names = {name: _first_line(component) for name, component in registered("policy").items()}
    return ("name", "meaning", "comes with the program"), [
        (name, meaning, name in rules.__all__) for name, meaning in names.items()
    ]


def _measures() -> Listing:
    from opendome.measures.derive import all_measures

    rows = [(measure.name, measure.unit, measure.family, measure.meaning) for measure in all_measures().values()]
    return ("name", "unit", "family", "meaning"), rows


def _examples() -> Listing:
    from opendome.scenario.reader import example, examples

    rows = []
    for name in examples():
        scenario = example(name)
        rows.append((name, scenario.data["duration_day"], len(scenario.alternatives()), scenario.data["question"]))
    return ("name", "duration_day", "alternatives", "question"), rows


def _exercises() -> Listing:
    from opendome.console.exercise import exercise_names, load_exercise

    rows = []
    for name in exercise_names():
        exercise, _ = load_exercise(name)
        rows.append((name, exercise.title, exercise.lasts_min, exercise.authority.value, len(exercise.seats)))
    return ("name", "title", "lasts_min", "authority", "trainees"), rows


def _zonings() -> Listing:
    from opendome.places.zoning import list_zoning
    from opendome.places.zoning_names import BUNDLED

    found = [list_zoning(name) for name in BUNDLED]
    rows = [
        (zoning.name, len(zoning), "made by the program" if zoning.is_synthetic else "of the list", zoning.version)
        for zoning in found
    ]
    return ("name", "zones of the 1,420 areas", "comes", "version"), rows


def _plugins() -> Listing:
    from importlib.metadata import entry_points

    from opendome.base.registry import PLUGIN_GROUP, load_plugins

    load_plugins()
    found = sorted(entry_points(group=PLUGIN_GROUP), key=lambda entry: entry.name)
    rows = [(entry.name, entry.value, entry.dist.name if entry.dist is not None else "") for entry in found]
    return ("name", "module", "package"), rows


def _places(near: str | None, within_km: float) -> Listing:
    from opendome.base.frames import LatLonDisc, surface_distance_m
    from opendome.places.population import populated_places

    lat_deg, lon_deg = _point(near)
    found = populated_places(LatLonDisc(lat_deg, lon_deg, within_km))
    distance_km = surface_distance_m(found.lat_deg, found.lon_deg, lat_deg, lon_deg) / 1000.0
    rows = [
        (name, country, int(people), round(float(km), 1), f"[{lat:.4f}, {lon:.4f}]")
        for name, country, people, km, lat, lon in zip(
            found.names, found.countries, found.population, distance_km, found.lat_deg, found.lon_deg
        )
    ]
    return ("name", "country", "population", "distance_km", "at"), rows


def _point(text: str | None) -> tuple[float, float]:
    if text is None:
        raise CommandError("there are 234,908 places; say where: opendome list places --near 31.8,34.65 --within-km 20")
    try:
        lat_deg, lon_deg = (float(part) for part in text.split(","))
    except ValueError:
        raise CommandError(f"--near {text!r} is not LAT,LON; write for example --near 31.8,34.65") from None
    return lat_deg, lon_deg


def _first_line(component: Any) -> str:
    return (inspect.getdoc(getattr(component, "__wrapped__", component)) or "").partition("\n")[0]


_MAKERS: dict[str, Callable[[], Listing]] = {
    "threats": _threats,
    "sensors": _sensors,
    "systems": _systems,
    "policies": _policies,
    "measures": _measures,
    "examples": _examples,
    "exercises": _exercises,
    "zonings": _zonings,
    "plugins": _plugins,
}

KINDS = (*_MAKERS, "places")
"""What can be listed."""

"""What does not change while an exercise is played: land, areas, batteries, radars, links, classes, inject forms."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from opendome import catalogue
from opendome.base.frames import geodetic_to_enu
from opendome.places.areas import DefendedAreas
from opendome.report.geometry import geometry_of
from opendome.scenario.compile import area_table, class_names, origin_of, unit_names
from opendome.scenario.scenario import Scenario
from opendome.scenario.world import World
from opendome.study.inject import InjectKind, places_named

__all__ = ["GROUPS", "Names", "inject_forms", "names_of", "place_of", "scene_of"]

GROUPS = ("rocket", "mortar", "drone", "cruise")
"""Groups of threat classes, in the order of ``CLASS.i_kill_group``."""

_TENTH_M = 1


class Names(NamedTuple):
    """Words for indices, in the world's order: areas, fire units (ids and names), radars by their owners."""

    areas: tuple[str, ...]
    unit_ids: tuple[str, ...]
    units: tuple[str, ...]


def _items(scenario: Scenario) -> dict[str, Any]:
    """Batteries, posts, launchers and sensors by id."""
    model = scenario.model
    return {item.id: item for group in (model.batteries, model.posts, model.launchers, model.sensors) for item in group}


def names_of(scenario: Scenario) -> Names:
    """Names of a scenario's areas and fire units."""
    items, ids = _items(scenario), tuple(unit_names(scenario.model))
    return Names(tuple(area_table(scenario).names), ids, tuple(items[unit].name or unit for unit in ids))


def place_of(scenario: Scenario, at: tuple[float, float]) -> tuple[float, float]:
    """East and north [m] of a point `[lat_deg, lon_deg]`."""
    east, north, _ = geodetic_to_enu(origin_of(scenario), at[0], at[1])
    return round(float(east), _TENTH_M), round(float(north), _TENTH_M)


def _rings(rings: Any) -> list[list[list[float]]]:
    return [[[round(float(east), _TENTH_M), round(float(north), _TENTH_M)] for east, north in ring] for ring in rings]


def _areas(table: DefendedAreas) -> list[dict[str, Any]]:
    """Areas with their outlines."""
    found = []
    for i, area_id in enumerate(table.ids):
        ring = table.vertices_enu_m[table.ring_start[i] : table.ring_start[i + 1]]
        east, north = (round(float(value), _TENTH_M) for value in table.centre_enu_m[i])
        found.append(
            {
                "id": area_id,
                "name": table.names[i],
                "population": round(float(table.population[i])),
                "shelter_s": float(table.time_to_shelter_s[i]),
                "east_m": east,
                "north_m": north,
                "radius_m": round(float(np.hypot(*(ring - table.centre_enu_m[i]).T).max())),
                "polygon": _rings([ring])[0],
            }
        )
    return found


def _units(scenario: Scenario, world: World, names: Names) -> list[dict[str, Any]]:
    systems = {unit: str(item.system) for unit, item in _items(scenario).items() if hasattr(item, "system")}
    return [
        {
            "id": unit_id,
            "name": name,
            "system": systems[unit_id],
            "reach_m": float(unit["defended_radius_m"]),
            "n_launchers": int(unit["n_launchers"]),
            "rounds_per_launcher": int(unit["rounds_per_launcher"]),
        }
        for unit, unit_id, name in zip(world.battle.units, names.unit_ids, names.units, strict=True)
    ]


def _sensors(scenario: Scenario) -> list[dict[str, Any]]:
    """Radars that stand by themselves or with a battery, at their first place."""
    model = scenario.model
    found: list[dict[str, Any]] = []
    items: list[Any] = [*(battery for battery in model.batteries if battery.has_radar), *model.sensors]
    for item in items:
        east, north = place_of(scenario, item.at)
        range_km = getattr(item, "range_km", None)
        system = getattr(item, "system", "iron-dome")
        known_km = float(catalogue.value_of(system, "radar_range_km").number) if range_km is None else range_km
        found.append(
            {"id": item.id, "name": item.name or item.id, "east_m": east, "north_m": north, "range_m": 1e3 * known_km}
        )
    return found


def _links(scenario: Scenario) -> list[dict[str, Any]]:
    """Links with their two ends; none where everybody hears everybody."""
    model, items = scenario.model, _items(scenario)
    if model.network.sharing != "links":
        return []
    return [
        {"id": link.id, "name": link.name if hasattr(link, "name") else link.id}
        | dict(zip(("from", "to"), (list(place_of(scenario, items[end].at)) for end in link.between), strict=True))
        for link in model.links
    ]


def _classes(scenario: Scenario, world: World) -> list[dict[str, Any]]:
    return [
        {"id": name, "label": name.replace("-", " "), "group": GROUPS[min(int(kind["i_kill_group"]), len(GROUPS) - 1)]}
        for name, kind in zip(class_names(scenario.model.threats), world.classes, strict=True)
    ]


def scene_of(scenario: Scenario, world: World) -> dict[str, Any]:
    """Everything about the place: keys as the browser reads them, lengths in metres."""
    table, names = area_table(scenario), names_of(scenario)
    rings = [
        table.vertices_enu_m[table.ring_start[i] : table.ring_start[i + 1]].tolist() for i in range(len(table.ids))
    ]
    shown = [tuple(centre) for centre in table.centre_enu_m.tolist()]
    reach = {battery.system: 0.0 for battery in scenario.model.batteries}
    alone = {"as-is": scenario.data}
    geometry = geometry_of(alone, "as-is", "as-is", rings, shown, reach)
    return {
        "title": scenario.data.get("title") or scenario.name,
        "scenario": scenario.name,
        "start_utc": str(scenario.data["start_utc"]),
        "land": _rings(geometry.land),
        "water": [],
        "extent": [round(float(value)) for value in geometry.box],
        "areas": _areas(table),
        "units": _units(scenario, world, names),
        "sensors": _sensors(scenario),
        "posts": [
            {"id": post.id, "name": post.name or post.id}
            | dict(zip(("east_m", "north_m"), place_of(scenario, post.at), strict=True))
            for post in scenario.model.posts
        ],
        "links": _links(scenario),
        "classes": _classes(scenario, world),
    }


def _choice(name: str, label: str, choices: list[tuple[str, str]]) -> dict[str, Any]:
    listed = [{"value": value, "label": words} for value, words in choices]
    return {"name": name, "label": label, "kind": "choice", "choices": listed}


def _number(name: str, label: str, unit: str, low: float, high: float, value: float) -> dict[str, Any]:
    return {"name": name, "label": label, "kind": "number", "unit": unit, "min": low, "max": high, "value": value}


def inject_forms(scenario: Scenario) -> list[dict[str, Any]]:
    """Forms of the injects that a scenario has room for, with the choices of each."""
    known = places_named(scenario)
    minutes = _number("minutes", "For", "min", 0.5, 600, 10)
    toward = _choice("toward", "Toward", known["areas"])
    classes = _choice("threat_class", "Class", known["classes"])
    from_area = _choice("what", "From", known["launch_areas"])
    forms: list[tuple[InjectKind, str, list[dict[str, Any]]]] = [
        (InjectKind.RADAR_FAILURE, "Radar fails", [_choice("what", "Radar", known["radars"]), minutes]),
        (InjectKind.LINK_CUT, "Link is cut", [_choice("what", "Link", known["links"]), minutes]),
        (InjectKind.BATTERY_FAILURE, "Battery fails", [_choice("what", "Battery", known["batteries"]), minutes]),
        (
            InjectKind.LAUNCHER_JAM,
            "Launchers jam",
            [
                _choice("what", "Battery", known["batteries"]),
                _number("count", "Launchers", "", 1, 12, 1),
                minutes,
            ],
        ),
        (InjectKind.LOST_RESUPPLY, "Delivery is lost", [_choice("what", "Delivery", known["deliveries"])]),
        (
            InjectKind.EXTRA_SALVO,
            "Extra salvo",
            [from_area, toward, classes, _number("count", "Launches", "", 1, 200, 8)],
        ),
        (
            InjectKind.FALSE_TRACKS,
            "False tracks",
            [from_area, toward, classes, _number("count", "Tracks", "", 1, 50, 5)],
        ),
    ]
    return [
        {"kind": kind.value, "label": label, "fields": fields}
        for kind, label, fields in forms
        if all(field["kind"] == "number" or field["choices"] for field in fields)
    ]

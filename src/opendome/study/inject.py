"""Injects: what an instructor lets happen in an exercise, as changes of its scenario from a time on.

Each inject is written into the scenario in the scenario's own words (an outage, a salvo, a lost delivery), so that a
saved exercise can be read, checked and played by anybody. Two are not: false tracks, which are no part of the truth,
and a jam of launchers, which is an order at its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from opendome.base.errors import CommandError, nearest_name
from opendome.base.frames import enu_to_geodetic
from opendome.raid.generate import draw_day
from opendome.raid.model import RaidModel, no_record
from opendome.scenario.compile import area_names, area_table, compile_world, origin_of
from opendome.scenario.scenario import Scenario
from opendome.scenario.world import TrackedWorld, World

from .orders import Action, Order

__all__ = ["Changed", "Inject", "InjectKind", "changed_by", "ghosts_of_day", "jam_order", "places_named"]

_HOUR_S, _DAY_S = 3600.0, 86400.0
_SPACING_S = 1.0
_GHOST_BURST = 1 << 20
_GHOST_LUCK = 0x6E057


class InjectKind(StrEnum):
    """What happens."""

    RADAR_FAILURE = "radar_failure"
    LINK_CUT = "link_cut"
    BATTERY_FAILURE = "battery_failure"
    LAUNCHER_JAM = "launcher_jam"
    LOST_RESUPPLY = "lost_resupply"
    EXTRA_SALVO = "extra_salvo"
    FALSE_TRACKS = "false_tracks"


@dataclass(frozen=True)
class Inject:
    """One inject.

    ``what`` id of the radar's owner, link or battery that it concerns, number of the delivery (0 is the first), or the
    launch area of a salvo or of false tracks; ``toward`` id of an area; ``minutes`` how long it lasts; ``count`` of
    launches, tracks or launchers.
    """

    t_s: float
    kind: InjectKind
    what: str
    minutes: float = 10.0
    toward: str = ""
    threat_class: str = ""
    count: int = 1


class Changed(NamedTuple):
    """A scenario with its injects: ``remade_s`` times at which the picture of what is in the air is made anew;
    ``ghosts`` raid whose objects are seen but do not exist, None for none.
    """

    scenario: Scenario
    world: World | TrackedWorld
    remade_s: tuple[float, ...]
    ghosts: RaidModel | None


def places_named(scenario: Scenario) -> dict[str, list[tuple[str, str]]]:
    """What injects can name, as (value, label): radars, links, batteries, deliveries, launch areas, areas, classes."""
    model = scenario.model

    def named(items: Sequence[Any]) -> list[tuple[str, str]]:
        return [(item.id, getattr(item, "name", "") or item.id) for item in items]

    raid = model.threats.raid
    classes = sorted({*(raid.classes if raid else {}), *(salvo.threat_class for salvo in model.threats.given)})
    return {
        "radars": [*named([battery for battery in model.batteries if battery.has_radar]), *named(model.sensors)],
        "links": named(model.links),
        "batteries": named(model.batteries),
        "deliveries": [(str(i), f"day {lot.day:g}, {lot.rounds} rounds") for i, lot in enumerate(model.depot.resupply)],
        "launch_areas": [(area.id, area.id) for area in raid.launch_areas] if raid else [],
        "areas": area_names(scenario),
        "classes": [(name, name) for name in classes],
    }


def _one_of(kind: InjectKind, what: str, value: str, known: list[tuple[str, str]]) -> None:
    names = [name for name, _ in known]
    if value not in names:
        hint = nearest_name(value, names) or (f"write one of {', '.join(names[:12])}" if names else "it has none")
        raise CommandError(f"inject {kind.value}: the scenario has no {what} `{value}`: {hint}")


def _centre(polygon: Sequence[Sequence[float]]) -> list[float]:
    """Mean corner of an outline."""
    return [float(value) for value in np.mean(np.asarray(polygon, float), axis=0)]


def _salvo(scenario: Scenario, inject: Inject) -> dict[str, Any]:
    """A salvo from a launch area toward an area, as the scenario would write it."""
    known = places_named(scenario)
    _one_of(inject.kind, "launch area", inject.what, known["launch_areas"])
    _one_of(inject.kind, "area", inject.toward, known["areas"])
    _one_of(inject.kind, "threat class in use", inject.threat_class, known["classes"])
    raid = scenario.model.threats.raid
    polygon = next(area.polygon for area in raid.launch_areas if area.id == inject.what) if raid else ()
    table = area_table(scenario)
    east_m, north_m = table.centre_enu_m[list(table.ids).index(inject.toward)]
    lat_deg, lon_deg = enu_to_geodetic(origin_of(scenario), east_m, north_m)
    return {
        "at_s": inject.t_s,
        "from": _centre(polygon),
        "at": [float(lat_deg), float(lon_deg)],
        "class": inject.threat_class,
        "count": inject.count,
        "spacing_s": _SPACING_S,
    }


def _override(scenario: Scenario, inject: Inject) -> dict[str, Any]:
    """The change of the scenario that an inject is."""
    known, until_s = places_named(scenario), inject.t_s + 60.0 * inject.minutes
    days = [{"from_day": inject.t_s / _DAY_S, "until_day": until_s / _DAY_S}]
    if inject.kind is InjectKind.RADAR_FAILURE:
        _one_of(inject.kind, "radar", inject.what, known["radars"])
        if inject.what in dict(known["batteries"]):
            hours = [{"from_h": inject.t_s / _HOUR_S, "until_h": until_s / _HOUR_S}]
            return {f"batteries[{inject.what}].radar.outages+": hours}
        return {f"sensors[{inject.what}].outages+": days}
    if inject.kind is InjectKind.LINK_CUT:
        _one_of(inject.kind, "link", inject.what, known["links"])
        return {f"links[{inject.what}].outages+": days}
    if inject.kind is InjectKind.BATTERY_FAILURE:
        _one_of(inject.kind, "battery", inject.what, known["batteries"])
        return {f"batteries[{inject.what}].outages+": days}
    if inject.kind is InjectKind.LOST_RESUPPLY:
        _one_of(inject.kind, "delivery", inject.what, known["deliveries"])
        lots = [dict(lot) for lot in scenario.data["depot"]["resupply"]]
        if float(lots[int(inject.what)]["day"]) * _DAY_S <= inject.t_s:
            raise CommandError(f"inject {inject.kind.value}: delivery {inject.what} has come by then; name a later one")
        lots[int(inject.what)]["p_lost"] = 1.0
        return {"depot.resupply": lots}
    return {"threats.given+": [_salvo(scenario, inject)]}


def _ends_s(scenario: Scenario, inject: Inject) -> list[float]:
    """When an outage begins and ends, as the compiled scenario has it: to the bit, after hours or days and back."""
    is_in_hours = inject.kind is InjectKind.RADAR_FAILURE and inject.what in dict(places_named(scenario)["batteries"])
    unit_s = _HOUR_S if is_in_hours else _DAY_S
    return [t_s / unit_s * unit_s for t_s in (inject.t_s, inject.t_s + 60.0 * inject.minutes)]


def changed_by(scenario: Scenario, injects: Sequence[Inject]) -> Changed:
    """The scenario with injects written in, compiled.

    Raises
    ------
    CommandError     an inject names what the scenario does not have
    ScenarioError    the changed scenario cannot be run
    """
    remade, ghosts = [], []
    for inject in injects:
        if inject.kind is InjectKind.LAUNCHER_JAM:
            continue
        if inject.kind is InjectKind.FALSE_TRACKS:
            ghosts.append(_salvo(scenario, inject))
            continue
        scenario = scenario.override(_override(scenario, inject))
        if inject.kind in (InjectKind.RADAR_FAILURE, InjectKind.LINK_CUT, InjectKind.BATTERY_FAILURE):
            remade += _ends_s(scenario, inject)
    world = compile_world(scenario)
    return Changed(scenario, world, tuple(sorted(set(remade))), _ghost_raid(scenario, ghosts))


def _ghost_raid(scenario: Scenario, salvos: list[dict[str, Any]]) -> RaidModel | None:
    """A raid of nothing but these salvos, none of which fails."""
    if not salvos:
        return None
    world = compile_world(scenario.override({"threats.given+": salvos}))
    raid: RaidModel = (world.world if isinstance(world, TrackedWorld) else world).raid
    day_mean = np.zeros_like(raid.day_mean)
    salvo_rows = raid.salvos[-len(salvos) :]
    return raid._replace(salvos=salvo_rows, recorded=no_record(), day_mean=day_mean, p_misfire=0.0, p_fail=0.0)


def ghosts_of_day(ghosts: RaidModel, seed: int, replication: int, day: int) -> np.ndarray:
    """What false tracks of a day look like: (n,) of OBJECT, under bursts of their own."""
    objects: np.ndarray = draw_day(ghosts, seed ^ _GHOST_LUCK, replication, day)[0]
    objects["burst"] += _GHOST_BURST
    return objects


def jam_order(scenario: Scenario, inject: Inject, units: Sequence[str]) -> Order:
    """A jam of launchers as the order that it is; ``units`` names of the fire units.

    Raises
    ------
    CommandError    there is no such unit
    """
    _one_of(inject.kind, "battery", inject.what, [(name, name) for name in units])
    i_unit = list(units).index(inject.what)
    return Order(
        inject.t_s,
        Action.JAM,
        i_unit=i_unit,
        n_rounds=inject.count,
        value=str(60.0 * inject.minutes),
        seat="Instructor",
    )

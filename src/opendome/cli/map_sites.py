"""What stands on the map of ``opendome map``: batteries, posts, launchers, radars, depots, and links between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opendome.battle.parameters import Battery, LauncherUnit
    from opendome.scenario.scenario import Scenario

__all__ = ["Ring", "Site", "link_lines", "on_plane", "sites_of"]

Ring = Sequence[tuple[float, float]]
"""Outline as (east_m, north_m) points."""


@dataclass(frozen=True)
class Site:
    """A thing on the map; lengths in metres, 0 where there is none; ``kind`` is the class of its mark."""

    name: str
    east_m: float
    north_m: float
    footprint_m: float
    reach_m: float
    radar_m: float
    is_later: bool
    words: str
    kind: str


def on_plane(scenario: Scenario, lat_lon: Iterable[Sequence[float]]) -> Ring:
    """Points of the map, in metres east and north of the scenario's origin."""
    from opendome.base.frames import geodetic_to_enu
    from opendome.scenario.compile import origin_of

    points = list(lat_lon)
    lat, lon = [point[0] for point in points], [point[1] for point in points]
    east, north, _ = geodetic_to_enu(origin_of(scenario), lat, lon)
    return list(zip(east.tolist(), north.tolist()))


def sites_of(scenario: Scenario) -> list[Site]:
    """Everything of the scenario that stands somewhere."""
    from opendome.scenario.compile_battle import figure
    from opendome.scenario.compile_supply import with_arrivals

    model, sites = with_arrivals(scenario.model), []
    units: tuple[Battery | LauncherUnit, ...] = (*model.batteries, *model.launchers)
    for item in units:
        ((east, north),) = on_plane(scenario, [item.at])
        keys = ("defended_radius_km", "intercept_reach_km", "radar_range_km")
        footprint, reach, radar = (1000.0 * figure(model, item.system, key) for key in keys)
        has_radar = getattr(item, "has_radar", False)
        day = f", from day {item.arrives_day:g}" if item.arrives_day > 0 else ""
        words = f"{item.system}, defends {footprint / 1000:g} km, reach {reach / 1000:g} km"
        words += f", radar {radar / 1000:g} km{day}" if has_radar else f", no radar of its own{day}"
        name = getattr(item, "name", "") or item.id
        sites.append(
            Site(
                name, east, north, footprint, reach, radar if has_radar else 0.0, item.arrives_day > 0, words, "battery"
            )
        )
    for sensor in model.sensors:
        ((east, north),) = on_plane(scenario, [sensor.at])
        radar = 1000.0 * (sensor.range_km or figure(model, "iron-dome", "radar_range_km"))
        words = f"radar alone, {radar / 1000:g} km"
        sites.append(
            Site(sensor.name or sensor.id, east, north, 0.0, 0.0, radar, sensor.arrives_day > 0, words, "sensor")
        )
    for post in model.posts:
        ((east, north),) = on_plane(scenario, [post.at])
        sites.append(
            Site(post.name or post.id, east, north, 0.0, 0.0, 0.0, post.arrives_day > 0, "command post", "post")
        )
    for depot in (model.depot, *model.depots):
        if depot.at is not None:
            ((east, north),) = on_plane(scenario, [depot.at])
            sites.append(Site(depot.id, east, north, 0.0, 0.0, 0.0, False, f"depot, {depot.rounds} rounds", "depot"))
    return sites


def link_lines(scenario: Scenario) -> list[tuple[str, Ring]]:
    """(name, line) of each link, where links carry reports and orders."""
    model = scenario.model
    if model.network.sharing != "links":
        return []
    place = {
        item.id: item.at for group in (model.batteries, model.posts, model.launchers, model.sensors) for item in group
    }
    return [
        (f"link {link.id}, {link.delay_s:g} s", on_plane(scenario, [place[end] for end in link.between]))
        for link in model.links
    ]

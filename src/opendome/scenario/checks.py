"""What has to hold across keys of one world, beyond what one key's own type and limits say.

Importing this module fills the lists of checks, those of its sisters included.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from opendome.scenario import checks_names, checks_network, checks_study, checks_supply
from opendome.scenario.check_lists import STUDY_CHECKS, WORLD_CHECKS, Data, run_checks, world_check
from opendome.scenario.checks_supply import depots_of
from opendome.scenario.paths import Path
from opendome.scenario.problems import Finding

__all__ = [
    "STUDY_CHECKS",
    "WORLD_CHECKS",
    "checks_names",
    "checks_network",
    "checks_study",
    "checks_supply",
    "run_checks",
]

FARTHEST_FROM_SITE_KM = 1500.0
_KM_PER_DEG = 111.2


# --- places ----------------------------------------------------------------------------------------------------------


@world_check("places.areas", "places.alert_areas", "places.towns", "places.file")
def _defended_areas_exist(data: Data) -> Iterator[Finding]:
    places = data["places"]
    if not (places["areas"] or places["alert_areas"] or places["towns"] or places["file"]):
        cure = "give `towns: {within_km: 50, of: [lat_deg, lon_deg]}`, `alert_areas`, `file`, or `areas` written out"
        yield Finding(("places",), "there is no defended area", cure)


@world_check("places.areas")
def _areas_have_one_shape(data: Data) -> Iterator[Finding]:
    for i, area in enumerate(data["places"]["areas"]):
        path: Path = ("places", "areas", i)
        has_disc, has_polygon = area["radius_km"] is not None, area["polygon"] is not None
        if has_disc == has_polygon:
            what = "has both a radius and a polygon" if has_disc else "has no shape"
            yield Finding(path, what, "give `at` and `radius_km`, or `polygon`")
        elif has_disc and area["at"] is None:
            yield Finding(path, "a disc needs its centre", "write `at: [lat_deg, lon_deg]`")


@world_check("places.coast", "places.land")
def _land_only_without_coast(data: Data) -> Iterator[Finding]:
    if data["places"]["coast"] and data["places"]["land"] is not None:
        cure = "write `coast: false` for a fictional place, or leave `land` out"
        yield Finding(("places", "land"), "land is written out, but the bundled coastline is in use", cure)


@world_check("places.land", "threats.raid.launch_areas")
def _polygons_enclose(data: Data) -> Iterator[Finding]:
    for path, ring in _rings(data):
        if len({tuple(point) for point in ring}) < 3:
            yield Finding(path, f"a polygon of {len(ring)} points", "give at least three different [lat_deg, lon_deg]")
        elif abs(_ring_area_deg2(ring)) < 1e-10:
            yield Finding(path, "a polygon without surface", "its points lie on one line, or the ring crosses itself")


def _rings(data: Data) -> Iterator[tuple[Path, list[list[float]]]]:
    for i, area in enumerate(data["places"]["areas"]):
        if area["polygon"] is not None:
            yield ("places", "areas", i, "polygon"), area["polygon"]
    for i, ring in enumerate(data["places"]["land"] or ()):
        yield ("places", "land", i), ring
    for i, area in enumerate((data["threats"]["raid"] or {}).get("launch_areas", ())):
        yield ("threats", "raid", "launch_areas", i, "polygon"), area["polygon"]


def _ring_area_deg2(ring: list[list[float]]) -> float:
    """Signed area of a ring in square degrees, by the shoelace formula."""
    lat0, lon0 = ring[0]
    points = [(lat - lat0, lon - lon0) for lat, lon in ring]
    return 0.5 * sum(x1 * y2 - x2 * y1 for (y1, x1), (y2, x2) in zip(points, points[1:] + points[:1], strict=True))


@world_check("site")
def _everything_lies_near_the_site(data: Data) -> Iterator[Finding]:
    lat0, lon0 = data["site"]["lat_deg"], data["site"]["lon_deg"]
    for path, (lat, lon) in _points(data):
        east_deg = (lon - lon0 + 180.0) % 360.0 - 180.0
        distance_km = _KM_PER_DEG * math.hypot(lat - lat0, east_deg * math.cos(math.radians(lat0)))
        if distance_km > FARTHEST_FROM_SITE_KM:
            what = f"[{lat:g}, {lon:g}] lies about {distance_km:.0f} km from the site"
            yield Finding(path, what, "write [lat_deg, lon_deg], latitude first; or move `site`")


def _points(data: Data) -> Iterator[tuple[Path, list[float]]]:
    for kind in ("batteries", "posts", "launchers", "sensors"):
        for i, unit in enumerate(data[kind]):
            yield (kind, i, "at"), unit["at"]
            for j, move in enumerate(unit.get("moves", ())):
                yield (kind, i, "moves", j, "to"), move["to"]
    for path, depot in depots_of(data):
        if depot["at"] is not None:
            yield (*path, "at"), depot["at"]
    for i, salvo in enumerate(data["threats"]["given"]):
        yield ("threats", "given", i, "from"), salvo["from"]
        yield ("threats", "given", i, "at"), salvo["at"]
    for i, area in enumerate(data["places"]["areas"]):
        if area["at"] is not None:
            yield ("places", "areas", i, "at"), area["at"]
    for path, ring in _rings(data):
        if ring and path[:2] != ("places", "land"):
            yield path, ring[0]


# --- ids -------------------------------------------------------------------------------------------------------------


@world_check()
def _ids_are_used_once(data: Data) -> Iterator[Finding]:
    groups: tuple[tuple[str, list[Path]], ...] = (
        ("areas", [("places", "areas")]),
        ("launch areas", [("threats", "raid", "launch_areas")]),
        (
            "batteries, posts, launchers, sensors and links",
            [("batteries",), ("posts",), ("launchers",), ("sensors",), ("links",)],
        ),
        ("lifts", [("lifts",)]),
        ("layers", [("doctrine", "layers")]),
    )
    for words, places in groups:
        seen: set[str] = set()
        for path, name in _ids(data, places):
            if name in seen:
                cure = f"each of the {words} needs an id of its own"
                yield Finding(path, f"the id `{name}` is used twice", cure)
            seen.add(name)


def _ids(data: Data, places: list[Path]) -> Iterator[tuple[Path, str]]:
    for place in places:
        here: Any = data
        for step in place:
            here = here.get(step) if isinstance(here, dict) else None
        for i, item in enumerate(here or ()):
            yield (*place, i, "id"), item["id"]


# --- threats ---------------------------------------------------------------------------------------------------------


@world_check("threats.raid", "threats.given")
def _something_is_launched(data: Data) -> Iterator[Finding]:
    if data["threats"]["raid"] is None and not data["threats"]["given"]:
        yield Finding(("threats",), "nothing is launched", "give `raid`, or `given` salvos written out")


@world_check("threats.raid.classes")
def _class_shares_sum_to_one(data: Data) -> Iterator[Finding]:
    classes = (data["threats"]["raid"] or {}).get("classes", {"": 1.0})
    total = sum(classes.values())
    if abs(total - 1.0) > 1e-6:
        scaled = ", ".join(f"{name}: {share / total:.4g}" for name, share in classes.items()) if total else ""
        what = f"the shares sum to {total:g}, not to 1"
        yield Finding(("threats", "raid", "classes"), what, f"scaled: {{{scaled}}}" if scaled else "")


@world_check("threats.raid.launch_areas", "threats.raid.by_hour", "threats.raid.failing")
def _raid_weights_are_weights(data: Data) -> Iterator[Finding]:
    raid = data["threats"]["raid"]
    if raid is None:
        return
    path: Path = ("threats", "raid")
    if sum(area["share"] for area in raid["launch_areas"]) <= 0:
        yield Finding((*path, "launch_areas"), "every share is 0", "give at least one a share above 0")
    if isinstance(raid["by_hour"], list) and sum(raid["by_hour"]) <= 0:
        yield Finding((*path, "by_hour"), "every weight is 0", "give at least one hour a weight above 0")
    failing = raid["failing"]
    if failing["share"] + failing["misfire_share"] > 1:
        yield Finding((*path, "failing"), "share and misfire_share sum to more than 1", "each is a share of launches")


@world_check("threats.raid")
def _raid_has_one_source(data: Data) -> Iterator[Finding]:
    raid = data["threats"]["raid"]
    if raid is not None and (raid["launched_per_day"] is None) == (raid["recorded"] is None):
        what = "nothing says how many are launched" if raid["recorded"] is None else "a record and daily totals"
        yield Finding(("threats", "raid"), what, "give either `launched_per_day: {mean: 50}` or `recorded`")


@world_check("threats.raid.recorded")
def _record_spans_some_time(data: Data) -> Iterator[Finding]:
    recorded = (data["threats"]["raid"] or {}).get("recorded")
    if recorded is None or recorded["until"] is None:
        return
    begins = datetime.fromisoformat(recorded["from"] or data["start_utc"])
    if datetime.fromisoformat(recorded["until"]) <= begins:
        path: Path = ("threats", "raid", "recorded", "until")
        yield Finding(path, f"is not after the record's begin, {begins.isoformat()}", "give a later moment")


@world_check("threats.raid.launched_per_day", "duration_day")
def _daily_list_covers_the_days(data: Data) -> Iterator[Finding]:
    daily = (data["threats"]["raid"] or {}).get("launched_per_day")
    mean = daily["mean"] if daily else 0.0
    n_days = math.ceil(data["duration_day"])
    if isinstance(mean, list) and len(mean) != n_days:
        what = f"{len(mean)} numbers for a scenario of {n_days} days"
        yield Finding(("threats", "raid", "launched_per_day", "mean"), what, "give one number for each day")


@world_check("threats.given", "start_utc", "duration_day")
def _salvos_have_a_time(data: Data) -> Iterator[Finding]:
    start = datetime.fromisoformat(data["start_utc"])
    end_s = data["duration_day"] * 86_400.0
    for i, salvo in enumerate(data["threats"]["given"]):
        path: Path = ("threats", "given", i)
        if (salvo["at_s"] is None) == (salvo["at_utc"] is None):
            yield Finding(path, "needs one time", "write either `at_s` or `at_utc`")
            continue
        key = "at_s" if salvo["at_utc"] is None else "at_utc"
        moment_s = salvo["at_s"]
        if moment_s is None:
            moment_s = (datetime.fromisoformat(salvo["at_utc"]) - start).total_seconds()
        if not 0 <= moment_s < end_s:
            when = "before the scenario starts" if moment_s < 0 else "after the scenario ends"
            yield Finding((*path, key), f"is {when}", f"the scenario lasts {end_s:g} s from {data['start_utc']}")


# --- defence ---------------------------------------------------------------------------------------------------------


@world_check("batteries", "posts", "launchers", "sensors")
def _stays_make_sense(data: Data) -> Iterator[Finding]:
    for kind in ("batteries", "posts", "launchers", "sensors"):
        for i, unit in enumerate(data[kind]):
            leaves = unit["leaves_day"]
            if leaves is not None and leaves <= unit["arrives_day"]:
                what = f"leaves on day {leaves:g}, but arrives on day {unit['arrives_day']:g}"
                yield Finding((kind, i, "leaves_day"), what, "it has to arrive first")
    for i, sensor in enumerate(data["sensors"]):
        fails, repaired = sensor["fails_at_day"], sensor["repaired_at_day"]
        if repaired is not None and (fails is None or repaired <= fails):
            yield Finding(("sensors", i, "repaired_at_day"), "is repaired before it fails", "give a later day")


@world_check("batteries")
def _moves_make_sense(data: Data) -> Iterator[Finding]:
    for i, battery in enumerate(data["batteries"]):
        days = [move["day"] for move in battery["moves"]]
        if days != sorted(days) or (days and days[0] < battery["arrives_day"]):
            path: Path = ("batteries", i, "moves")
            yield Finding(path, "moves are not in order of time", "begin after `arrives_day`, then onwards")


@world_check("batteries", "launchers", "assumptions")
def _loads_fit(data: Data) -> Iterator[Finding]:
    for kind in ("batteries", "launchers"):
        for i, unit in enumerate(data[kind]):
            capacity = _capacity(unit, data["assumptions"].get(unit["system"], {}))
            if capacity is not None and unit["loaded_rounds"] is not None and unit["loaded_rounds"] > capacity:
                what = f"{unit['loaded_rounds']} rounds do not fit: its launchers hold {capacity:g}"
                yield Finding((kind, i, "loaded_rounds"), what, "put the rest into the depot, or give more launchers")


def _capacity(unit: Data, assumed: Data) -> float | None:
    """Rounds that a unit's launchers hold; None where the catalogue does not know its system."""
    from opendome.base.errors import CommandError
    from opendome.catalogue import loader

    capacity = 1.0
    for key, catalogue_key in (("launchers", "launchers_per_battery"), ("rounds_per_launcher", "rounds_per_launcher")):
        figure = unit[key] if unit[key] is not None else assumed.get(catalogue_key)
        if figure is None:
            try:
                figure = loader.value_of(unit["system"], catalogue_key).number
            except CommandError:
                return None
        if isinstance(figure, bool) or not isinstance(figure, int | float):
            return None
        capacity *= figure
    return capacity


@world_check("doctrine")
def _doctrine_makes_sense(data: Data) -> Iterator[Finding]:
    doctrine = data["doctrine"]
    if doctrine["max_shots"] < doctrine["salvo"]:
        what = f"is {doctrine['max_shots']}, but a salvo has {doctrine['salvo']} rounds"
        yield Finding(("doctrine", "max_shots"), what, "give at least the salvo")
    if all(threshold is None for threshold in doctrine["engage_if"].values()):
        cure = "write `p_hit_at_least: 0.0` to engage everything that can be engaged"
        yield Finding(("doctrine", "engage_if"), "there is no threshold", cure)

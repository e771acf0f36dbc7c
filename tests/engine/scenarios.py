"""The scenarios in which the kernels are compared with the reference engine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.scenario.world import World

HERE = Path(__file__).parent
SHORT_CAMPAIGN = {
    "duration_day": 3,
    "threats.raid.launched_per_day.mean": 40,
    "threats.raid.launched_per_day.variance_over_mean": 10,
    "depot.rounds": 10,
    "depot.resupply": [{"day": 1, "rounds": 20}, {"day": 2, "rounds": 20, "p_lost": 0.5}],
    "doctrine.reserve_share": 0.4,
}


@cache
def coastland() -> World:
    """Give the teaching scenario as it stands."""
    return compile_world(load("coastland").alternative("as-is"))


@cache
def short_two_batteries() -> World:
    """Give three days of the campaign with ten batteries and hardly any rounds; two more come on the second day."""
    scenario = load("two-batteries").override(SHORT_CAMPAIGN)
    batteries = scenario.data["batteries"]
    little = (("launchers", 1), ("loaded_rounds", 6), ("channels", 2))
    few = {f"batteries[{item['id']}].{key}": value for item in batteries for key, value in little}
    new = {"system": "us-iron-dome", "launchers": 1, "arrives_day": 1}
    more = [
        {"id": "us1", "at": [31.35, 34.65], "loaded_rounds": 8, **new},
        {"id": "us2", "at": [31.25, 34.80], "loaded_rounds": 0, **new},
    ]
    return compile_world(scenario.override({**few, "batteries+": more}))


@cache
def stress(alternative: str = "as-is") -> World:
    """Give the small scenario with everything at once."""
    return compile_world(load(HERE / "stress.yaml").alternative(alternative))


@cache
def network(alternative: str = "as-is") -> World:
    """Give the small scenario with links, layers, depots, lorries, a lift and crews."""
    return compile_world(load(HERE / "network.yaml").alternative(alternative))


@cache
def warned(alternative: str = "called-off") -> World:
    """Give the small scenario with zones, alerts called off, an all-clear, delays and early notice of drones."""
    return compile_world(load(HERE / "warned.yaml").alternative(alternative))


@cache
def people() -> World:
    """Give the small scenario with channels, a night, people of the day, fatigue and debris."""
    scenario = load(HERE / "stress.yaml").alternative("as-is")
    areas = scenario.data["places"]["areas"]
    by_day = {f"places.areas[{area['id']}].day_population": 500 + 3 * area["population"] for area in areas[1:]}
    channels = [{"id": "siren", "share": 0.5}, {"id": "app", "share": 0.3, "delay_s": 9}]
    harm = {
        "harm.channels": channels,
        "harm.night": {"from_hour": 20, "until_hour": 7, "reaction_factor": 2.5},
        "harm.fatigue": {"per_needless_alert": 0.2, "floor": 0.3},
        "harm.debris_area_m2": 40,
        "harm.debris_carry_frac": 0.4,
        "harm.shelter_kusd_per_person_hour": 0.03,
    }
    return compile_world(scenario.override({**by_day, **harm}))

"""Case `casualty-model`: a random impact in an unprotected town, in closed form, counted, and in the harm model.

Closed form: people hurt = density x pi r^2, the expected number of people within r of an impact that is uniform over a
town, whatever the pattern of people, edges left aside (Zucker and Kaplan 2014 as the press gives it: r = 5 m).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, cast

import numpy as np

from opendome.harm.losses import HarmModel, expected_injuries, people_in_casualty_area, sheltered_share
from opendome.places.alert_areas import load_alert_areas
from opendome.scenario.compile import compile_world, origin_of
from opendome.scenario.compile_places import defended_areas
from opendome.scenario.reader import example
from opendome.scenario.world import TrackedWorld
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.cases.draws import uniforms
from opendome.study.cases.warning_distance import shortest_time_s
from opendome.study.cases.warning_geometry import outline_distance_km
from opendome.study.paired import Interval, mean_interval

__all__ = ["counted_over_closed_form", "run"]

_COUNTED_CONFIDENCE = 0.999
_SMALLEST = "casualty_area_m2"
"""The casualty area compared is that of the class with the least one: the short group's."""


class _Town(NamedTuple):
    """A town: density on built-up ground [people/m2], official time [s], flight from the nearest outline [s]."""

    density_per_m2: float
    time_to_shelter_s: float
    flight_s: float


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Measure the case."""
    settings = declared.settings
    world = compile_world(example(settings["scenario"]))
    flat = world.world if isinstance(world, TrackedWorld) else world
    harm, area_m2 = flat.harm, float(flat.classes[_SMALLEST].min())
    town = _town(settings, shortest_time_s(world))
    ratio = people_in_casualty_area(harm, 1.0, area_m2) / (math.pi * settings["injury_radius_m"] ** 2)
    counted = counted_over_closed_form(settings)
    hurt = expected_injuries(harm, people_in_casualty_area(harm, town.density_per_m2, area_m2), 0.0)
    factor = _factor(harm, town, settings["delay_s"])
    least, greatest = (_factor_at(harm, town, settings[end]) for end in ("least", "greatest"))
    note = f"{1e6 * town.density_per_m2:.0f} people a km2 of built-up ground, flight {town.flight_s:.0f} s"
    return [
        Finding("closed-form", ratio, ratio, ratio, 0, "exact"),
        Finding("scattered-people", counted.value, counted.low, counted.high, counted.n, "99.9 %"),
        Finding("unprotected-per-impact", hurt, hurt, hurt, 0, "exact", note),
        Finding("factor-in-the-town", factor, least, greatest, 0, "ends of the inputs"),
    ]


def counted_over_closed_form(settings: dict[str, Any]) -> Interval:
    """People counted within the injury radius of impacts, over the closed form; one value a town, 99.9 % interval.

    People and impacts are uniform over a square whose opposite sides are joined, so that there is no edge.
    """
    from scipy.spatial import cKDTree

    side_m, radius_m, n = settings["town_side_m"], settings["injury_radius_m"], settings["impacts"]
    expected = n / side_m**2 * math.pi * radius_m**2
    ratios = []
    for town in range(settings["towns"]):
        drawn_m = side_m * np.stack([uniforms(settings["seed"], town, stream, n) for stream in range(4)], axis=1)
        counts = cKDTree(drawn_m[:, :2], boxsize=side_m).query_ball_point(drawn_m[:, 2:], radius_m, return_length=True)
        ratios.append(float(np.mean(counts)) / expected)
    return mean_interval(np.array(ratios), confidence=_COUNTED_CONFIDENCE)


def _town(settings: dict[str, Any], time_s: Any) -> _Town:
    """The town of the settings, as the scenario has it."""
    scenario = example(settings["scenario"])
    table = defended_areas(scenario.model.places, origin_of(scenario))
    i = next(i for i, name in enumerate(table.names) if name.startswith(settings["town"]))
    areas = load_alert_areas()
    distance_km = outline_distance_km(scenario, areas.select(np.array([areas.names.index(table.names[i])])))
    density_per_m2 = table.population[i] / (table.area_m2[i] * table.built_up_frac[i])
    return _Town(float(density_per_m2), float(table.time_to_shelter_s[i]), float(time_s(distance_km)[0]))


def _factor(harm: HarmModel, town: _Town, delay_s: float) -> float:
    """Injuries of people whom nobody warns over injuries of people warned ``delay_s`` after the launch."""
    share = sheltered_share(harm, town.flight_s - delay_s, town.time_to_shelter_s)
    return cast(float, expected_injuries(harm, 1.0, 0.0) / expected_injuries(harm, 1.0, share))


def _factor_at(harm: HarmModel, town: _Town, end: dict[str, float]) -> float:
    """The factor with the inputs of one end, the delay among them."""
    changes: dict[str, Any] = {key: float(value) for key, value in end.items() if key != "delay_s"}
    return _factor(harm._replace(**changes), town, end["delay_s"])

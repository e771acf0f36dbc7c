"""Case `warning-leads`: leads of a simulated campaign by distance from the launch area, beside the official times."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from opendome.scenario.compile import origin_of
from opendome.scenario.compile_places import defended_areas
from opendome.scenario.compile_raid import distance_to_launch_areas_m, launch_polygons
from opendome.scenario.reader import example
from opendome.scenario.scenario import Scenario
from opendome.study.cases.campaign_runs import finding_of, ratio_interval
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.paired import mean_interval
from opendome.study.single import run as run_once

__all__ = ["run"]

_TOLD = ("at-least-official", "first-of-burst")


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Measure the case: a median in each replication, its mean and interval over them."""
    settings = declared.settings
    scenario = example(settings["scenario"])
    played = []
    for k in range(settings["replications"]):
        tables = run_once(scenario, seed=int(scenario.model.study.seed), replication=k).tables()
        played.append(_impacts(scenario, tables))
        if effort.progress is not None:
            effort.progress((k + 1) / settings["replications"])
    found = []
    for near_km, far_km in pairwise(settings["bands_km"]):
        inside = [(one["km"] >= near_km) & (one["km"] < far_km) & np.isfinite(one["lead_s"]) for one in played]
        medians_s = np.array([np.median(one["lead_s"][band]) for one, band in zip(played, inside, strict=True)])
        n_impacts = sum(int(band.sum()) for band in inside)
        found.append(
            finding_of(f"lead-{near_km}-{far_km}", mean_interval(medians_s), f"{n_impacts} impacts; by replication")
        )
    return [*found, *(_share(name, played, name == "first-of-burst") for name in _TOLD)]


def _impacts(scenario: Scenario, tables: dict[str, Any]) -> dict[str, np.ndarray]:
    """Impacts inside areas: distance of the area's centre [km], lead (NaN: unwarned), official and flight time [s]."""
    origin = origin_of(scenario)
    areas = defended_areas(scenario.model.places, origin)
    polygons = launch_polygons(scenario.model.threats.raid, origin)
    km = distance_to_launch_areas_m(areas.centre_enu_m, polygons) / 1000.0
    row_of = {area_id: i for i, area_id in enumerate(areas.ids)}
    flown_s = {row["threat_id"]: row["t_impact_s"] - row["t_s"] for row in tables["threats"].to_pylist()}
    inside = [row for row in tables["impacts"].to_pylist() if row["area_id"] in row_of]
    i = np.array([row_of[row["area_id"]] for row in inside])
    lead_s = np.array([np.nan if row["lead_s"] is None else row["lead_s"] for row in inside], float)
    return {
        "km": km[i],
        "lead_s": lead_s,
        "official_s": areas.time_to_shelter_s[i],
        "flight_s": np.array([flown_s[row["threat_id"]] for row in inside]),
    }


def _share(name: str, played: list[dict[str, np.ndarray]], only_first: bool) -> Finding:
    """Share of impacts whose lead is at least the official time; of all, or of those with no earlier alert in force."""
    enough, all_of = [], []
    for one in played:
        counted = (one["lead_s"] <= one["flight_s"]) if only_first else np.ones(len(one["km"]), bool)
        enough.append(float((counted & (one["lead_s"] >= one["official_s"])).sum()))
        all_of.append(float(counted.sum()))
    return finding_of(name, ratio_interval(np.array(enough), np.array(all_of)), f"{sum(all_of):.0f} impacts")

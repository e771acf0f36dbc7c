"""Case `warning-factor`: what warning and interceptors take off injuries, in the setting of Cast Lead."""

from __future__ import annotations

from typing import Any

import numpy as np

from opendome.scenario.reader import example
from opendome.scenario.scenario import Scenario
from opendome.study.cases.campaign_runs import columns_of, finding_of, ratio_interval
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.paired import linearised_ratio, mean_interval

__all__ = ["cast_lead", "run"]

_COLUMNS = ("injuries_expected", "injuries_if_unwarned")


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Measure the case: one raid, met by no, three and five batteries; intervals over replications, paired."""
    settings = declared.settings
    hurt: dict[int, Any] = {}
    for n_batteries in (0, 3, 5):
        scenario = cast_lead(settings, n_batteries)
        found = columns_of(scenario, _COLUMNS, settings["replications"], effort, settings["seed"])
        hurt[n_batteries] = found["as-is"]
    warned = {n: columns["injuries_expected"] for n, columns in hurt.items()}
    unwarned = hurt[0]["injuries_if_unwarned"]
    return [
        finding_of("cast-lead-factor", ratio_interval(unwarned, warned[0])),
        finding_of("injuries-warned", mean_interval(warned[0])),
        finding_of("five-batteries", mean_interval(1.0 - linearised_ratio(warned[5], warned[0]))),
        finding_of("three-batteries", ratio_interval(warned[0], warned[3])),
        finding_of("neither-over-both", ratio_interval(unwarned, warned[5])),
    ]


def cast_lead(settings: dict[str, Any], n_batteries: int) -> Scenario:
    """The scenario: so many rockets that all land, and launchers at the first of the notional sites; radars at all.

    Assumes: aim, launch area, alert rule and areas of the scenario that it is made from.
    """
    scenario = example(settings["scenario"])
    silent = [battery.id for battery in scenario.model.batteries[n_batteries:]]
    days = int(settings["duration_day"])
    return scenario.alternative("as-is").override(
        {
            "duration_day": days,
            "threats.raid.launched_per_day.mean": np.full(days, settings["landed"] / days).tolist(),
            "threats.raid.classes": settings["classes"],
            "threats.raid.failing.share": 0.0,
            **{f"batteries[{battery_id}].launchers": 0 for battery_id in silent},
            "study.published": None,
            "study.inputs": [],
        }
    )

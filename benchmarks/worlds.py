"""Scenarios that the benchmarks run on."""

from __future__ import annotations

from opendome.scenario.reader import load
from opendome.scenario.scenario import Scenario

__all__ = ["base_scenario", "pair_of_scenarios"]


def base_scenario(name: str) -> Scenario:
    """Give a scenario as its baseline has it."""
    scenario = load(name)
    baseline = scenario.model.study.baseline
    return scenario.alternative(baseline) if baseline in scenario.alternatives() else scenario


def pair_of_scenarios(name: str) -> tuple[Scenario, Scenario, str]:
    """Give the baseline, the first other alternative (which a study's headline is about), and that one's name."""
    scenario = load(name)
    chosen = next(other for other in scenario.alternatives() if other != scenario.model.study.baseline)
    return base_scenario(name), scenario.alternative(chosen), chosen

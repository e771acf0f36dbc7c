"""A scenario with published figures as a case of validation: its `study.published`, beside its own baseline."""

from __future__ import annotations

import numpy as np

from opendome.base.errors import CommandError
from opendome.measures.derive import columns_of, find_measure
from opendome.scenario.compile import compile_world
from opendome.scenario.scenario import Scenario
from opendome.study.cases.case import Declared, Effort, Finding, Target
from opendome.study.replicate import run_chunk
from opendome.study.validate import CasePlan

__all__ = ["scenario_case"]


def scenario_case(scenario: Scenario, replications: int) -> CasePlan:
    """Make a case of a scenario's published figures.

    A figure is inside where the middle 95 % of the replications meet it.

    Raises
    ------
    CommandError
        The scenario has no `study.published`.
    """
    published = scenario.model.study.published
    if published is None:
        raise CommandError(f"`{scenario.name}` has no study.published, so there is nothing to compare with")
    targets = []
    for name, value in published.columns.items():
        low, high = (value, value) if isinstance(value, int | float) else value
        measure = find_measure(name)
        targets.append(
            Target(
                id=name.replace("_", "-"), words=name, unit=measure.unit, low=float(low), high=float(high),
                judged_by="interval", sources=(published.source,), note=measure.meaning,
            )
        )  # fmt: skip
    declared = Declared(
        name=scenario.name,
        title=scenario.data["title"] or scenario.name,
        question=f"How do {replications} replications of {scenario.name} stand to the figures {published.label}?",
        inputs=("The scenario file, as it is.",),
        settings={"scenario": scenario.name, "replications": replications, "seed": scenario.model.study.seed},
        targets=tuple(targets),
    )
    return CasePlan(declared, lambda effort: _measure(scenario, replications, effort))


def _measure(scenario: Scenario, replications: int, effort: Effort) -> list[Finding]:
    asked = scenario.model.study
    world = compile_world(scenario.alternative(asked.baseline))
    columns = columns_of(run_chunk(world, asked.seed, 0, replications, scenario.model.doctrine.policy).rows)
    found = []
    for name in asked.published.columns if asked.published is not None else ():
        values = find_measure(name)(columns)
        low, high = np.nanquantile(values, [0.025, 0.975])
        value = float(np.nanmean(values))
        found.append(
            Finding(name.replace("_", "-"), value, float(low), float(high), replications, "95 % of replications")
        )
    return found

"""Area-alerts for each rocket that crosses, and injuries on the way to shelter, of the scenario of May 2021."""

from __future__ import annotations

from opendome.measures.derive import columns_of
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import example
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.paired import linearised_ratio, mean_interval
from opendome.study.replicate import run_chunk

__all__ = ["run"]


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Count alerts of whole campaigns; means with t intervals, the ratio by its totals."""
    settings = declared.settings
    scenario = example(settings["scenario"])
    world = compile_world(scenario)
    rows = run_chunk(world, settings["seed"], 0, settings["replications"], scenario.model.doctrine.policy).rows
    columns = columns_of(rows)
    crossed = columns["launched"] - columns["failed"] - columns["fell_short"]
    found = {
        "ratio": mean_interval(linearised_ratio(columns["areas_alerted"], crossed)),
        "recorded": mean_interval(columns["areas_alerted"]),
        "hurt-rushing": mean_interval(columns["injuries_sheltering"]),
    }
    return [Finding(target, one.value, one.low, one.high, one.n) for target, one in found.items()]

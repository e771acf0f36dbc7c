"""Case `ukraine`: shares stopped by category in the shipped scenarios, beside the ranges of a published record."""

from __future__ import annotations

import math

from opendome.scenario.reader import example
from opendome.study.cases.campaign_runs import columns_of, finding_of, ratio_interval
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.paired import Interval

__all__ = ["run"]

_GROUPS = ("drones", "cruise_missiles", "rockets")
_OF_TARGETS = {
    "drones": ("drones-and-rockets", "drones"),
    "cruise-missiles": ("cruise-missile-test", "cruise_missiles"),
    "cruise-missiles-layers": ("layers", "cruise_missiles"),
    "ballistic": ("layers", "rockets"),
}
_DIFFERENCES = {
    "drones-over-cruise": ("drones", "cruise-missiles"),
    "cruise-over-ballistic": ("cruise-missiles-layers", "ballistic"),
}


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Measure the case; intervals over replications, differences as of independent shares."""
    n = declared.settings["replications"]
    stopped: dict[str, Interval] = {}
    for scenario_name in dict.fromkeys(name for name, _ in _OF_TARGETS.values()):
        stopped |= _shares_of(scenario_name, n, effort)
    found = [finding_of(target, interval) for target, interval in stopped.items()]
    return found + [_difference(target, *(stopped[k] for k in pair)) for target, pair in _DIFFERENCES.items()]


def _shares_of(scenario_name: str, n: int, effort: Effort) -> dict[str, Interval]:
    """Share stopped, of those bound for built-up ground, of each target that reads this scenario as it is."""
    names = [f"{group}_{what}" for group in _GROUPS for what in ("bound", "leaked")]
    alone = example(scenario_name).alternative("as-is")
    columns = columns_of(alone, names, n, effort)["as-is"]
    return {
        target: ratio_interval(columns[f"{group}_bound"] - columns[f"{group}_leaked"], columns[f"{group}_bound"])
        for target, (name, group) in _OF_TARGETS.items()
        if name == scenario_name
    }


def _difference(target: str, ours: Interval, theirs: Interval) -> Finding:
    """Difference of two shares; the half widths add in squares, as if the two were independent."""
    value = ours.value - theirs.value
    half = math.hypot(ours.high - ours.low, theirs.high - theirs.low) / 2.0
    return Finding(target, value, value - half, value + half, min(ours.n, theirs.n))

"""Running the scenarios that cases ask about: columns of replications, and ratios with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opendome.scenario.scenario import Scenario
from opendome.study.cases.case import Effort, Finding
from opendome.study.paired import Interval, linearised_ratio, mean_interval
from opendome.study.runner import study

__all__ = ["columns_of", "finding_of", "ratio_interval"]

Columns = Mapping[str, np.ndarray]


def columns_of(
    scenario: Scenario, names: Sequence[str], replications: int, effort: Effort, seed: int | None = None
) -> dict[str, Columns]:
    """Columns of the table `replications`, each (n,), by alternative, in order of replication."""
    found = study(scenario, replications, seed=seed, workers=effort.workers, extras=False)
    table: Any = found.table("replications")
    order = np.argsort(table["replication"].to_numpy(), kind="stable")
    alternative = np.array(table["alternative"].to_pylist())[order]
    values = {name: table[name].to_numpy()[order].astype(float) for name in names}
    return {one: {name: column[alternative == one] for name, column in values.items()} for one in found.alternatives}


def ratio_interval(numerator: np.ndarray, denominator: np.ndarray) -> Interval:
    """Ratio of totals of two columns (n,), with its interval over replications (delta method)."""
    return mean_interval(linearised_ratio(numerator, denominator))


def finding_of(target: str, interval: Interval, note: str = "") -> Finding:
    """The interval as a finding."""
    return Finding(target, interval.value, interval.low, interval.high, interval.n, note=note)

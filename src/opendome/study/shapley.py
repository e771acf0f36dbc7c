"""A gain with several causes, split by Shapley values so that the parts add up to the total.

Each set of causes has an alternative of its own. A cause's part is the mean, over all orders in which causes may be
added, of what it adds; this is done replication by replication, so that the parts are paired and have intervals.

Reference: Shapley (1953), "A value for n-person games".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

from opendome.base.errors import CommandError
from opendome.measures.derive import all_measures
from opendome.study.estimates import Source, joint_controls, measured
from opendome.study.paired import mean_interval

__all__ = ["TOTAL", "shapley_parts", "shapley_table"]

TOTAL = "total"
"""Name of the row that holds the sum."""

JOIN = "+"


def shapley_parts(causes: Sequence[str], values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Split the difference between all causes and none.

    Parameters
    ----------
    causes : sequence of str
        The n causes, in order.
    values : mapping of ndarray (m,)
        One value a replication for each of the 2^n sets; a set is named by its causes joined by ``+`` in the order of
        ``causes``, '' is the empty set.

    Returns
    -------
    dict of ndarray (m,)
        Each cause's part in each replication; they add up to the value of all causes less that of none.

    Raises
    ------
    CommandError
        A set is missing.
    """
    n = len(causes)
    sets = [chosen for size in range(n + 1) for chosen in combinations(range(n), size)]
    names = {chosen: JOIN.join(causes[i] for i in chosen) for chosen in sets}
    missing = [name for name in names.values() if name not in values]
    if missing:
        raise CommandError(f"to split a gain every set of causes needs an alternative; missing are {missing}")
    parts = {}
    for i, cause in enumerate(causes):
        others = [j for j in range(n) if j != i]
        part = np.zeros_like(np.asarray(values[""], dtype=np.float64))
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for chosen in combinations(others, size):
                with_cause = tuple(sorted((*chosen, i)))
                part = part + weight * (values[names[with_cause]] - values[names[chosen]])
        parts[cause] = part
    return parts


def shapley_table(source: Source, causes: Sequence[str], alternatives: Mapping[str, str]) -> dict[str, list[Any]]:
    """Split every measure that adds up: columns of the table `shapley`.

    Parameters
    ----------
    alternatives : mapping
        Set of causes -> name of the alternative that has them.
    """
    controls = joint_controls([source.controls(name) for name in dict.fromkeys(alternatives.values())])
    table: dict[str, list[Any]] = {name: [] for name in ("measure", "cause", "value", "low", "high", "n")}
    for measure in all_measures().values():
        if not measure.is_stored or not measure.has_mean:
            continue
        values = {key: measured(source, name, measure) for key, name in alternatives.items()}
        if not all(np.isfinite(column).all() for column in values.values()):
            continue
        parts = shapley_parts(causes, values)
        parts[TOTAL] = values[JOIN.join(causes)] - values[""]
        for cause, part in parts.items():
            found = mean_interval(part, controls, source.confidence)
            for name, value in zip(table, (measure.name, cause, *found[:4])):
                table[name].append(value)
    return table

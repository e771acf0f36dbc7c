"""Estimates of every measure in every alternative, and paired differences from a baseline."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from opendome.base.tally import tally_names
from opendome.measures.derive import all_measures, find_measure
from opendome.measures.measure import Measure
from opendome.study.controls import RaidMoments, control_columns
from opendome.study.paired import Interval, agresti_min, linearised_ratio, mean_interval, wilson

__all__ = [
    "Source",
    "compare_measure",
    "differences",
    "estimate_measure",
    "estimates",
    "joint_controls",
    "measured",
    "needed_columns",
]

Columns = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Source:
    """Where estimates get their numbers.

    ``read(alternative, names)`` gives columns of the table `replications` for one alternative, each (n,), in order of
    replication; ``moments`` holds what is known of each alternative's raid.
    """

    alternatives: tuple[str, ...]
    read: Callable[[str, Sequence[str]], Columns]
    moments: Mapping[str, RaidMoments | None]
    confidence: float = 0.95

    def controls(self, alternative: str) -> np.ndarray | None:
        """Give the alternative's control variates, (n, 2), or None."""
        return control_columns(self.read(alternative, ("launched",))["launched"], self.moments.get(alternative))


def needed_columns(measure: Measure) -> tuple[str, ...]:
    """Give the columns that a measure is made of; empty means any of them."""
    if measure.is_ratio:
        return tuple(dict.fromkeys((*measure.numerator, *measure.denominator)))
    return (measure.column,) if measure.column else ()


def measured(source: Source, alternative: str, measure: Measure) -> np.ndarray:
    """Give one value a replication whose mean is the estimate, (n,); ratios are linearised."""
    columns = source.read(alternative, needed_columns(measure) or tally_names())
    if measure.is_ratio:
        return linearised_ratio(*measure.parts(columns))
    return measure(columns)


def estimate_measure(source: Source, alternative: str, measure: Measure) -> Interval:
    """Estimate one measure in one alternative, with its interval."""
    values = measured(source, alternative, measure)
    if measure.is_share:
        return wilson(float(values.sum()), len(values), source.confidence)
    present = np.isfinite(values)
    controls = source.controls(alternative)
    if not present.all():
        values = values[present]
        controls = controls[present] if controls is not None else None
    return mean_interval(values, controls, source.confidence)


def compare_measure(source: Source, alternative: str, baseline: str, measure: Measure) -> Interval:
    """Estimate the paired difference of one measure, alternative minus baseline, with its interval."""
    ours, theirs = measured(source, alternative, measure), measured(source, baseline, measure)
    if measure.is_share:
        return agresti_min(ours, theirs, source.confidence)
    values = ours - theirs
    controls = joint_controls([source.controls(alternative), source.controls(baseline)])
    present = np.isfinite(values)
    if not present.all():
        values = values[present]
        controls = controls[present] if controls is not None else None
    found = mean_interval(values, controls, source.confidence)
    return found._replace(method="paired " + found.method)


def joint_controls(sides: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """Join the controls of several alternatives, each (n, k) or None; once where they share their raids."""
    different: list[np.ndarray] = []
    for side in sides:
        if side is not None and not any(np.array_equal(side, other) for other in different):
            different.append(side)
    return np.column_stack(different) if different else None


def estimates(source: Source, names: Sequence[str] | None = None) -> dict[str, list[object]]:
    """Estimate measures in every alternative: columns of the table `estimates`."""
    return _tabulate(
        (alternative, measure, estimate_measure(source, alternative, measure))
        for measure in _chosen(names)
        for alternative in source.alternatives
    )


def differences(source: Source, baseline: str, names: Sequence[str] | None = None) -> dict[str, list[object]]:
    """Estimate paired differences of every other alternative from a baseline: columns of the table `differences`."""
    found = _tabulate(
        (alternative, measure, compare_measure(source, alternative, baseline, measure))
        for measure in _chosen(names)
        for alternative in source.alternatives
        if alternative != baseline
    )
    found["baseline"] = [baseline] * len(found["measure"])
    return found


def _chosen(names: Sequence[str] | None) -> list[Measure]:
    known = all_measures()
    if names is None:
        return [measure for measure in known.values() if measure.has_mean]
    return [find_measure(name) for name in names]


def _tabulate(found: Iterable[tuple[str, Measure, Interval]]) -> dict[str, list[object]]:
    names = ("alternative", "measure", "unit", *Interval._fields)
    table: dict[str, list[object]] = {name: [] for name in names}
    for alternative, measure, interval in found:
        for name, value in zip(names, (alternative, measure.name, measure.unit, *interval)):
            table[name].append(math.nan if isinstance(value, float) and math.isinf(value) else value)
    return table

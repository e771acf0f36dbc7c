"""What a sweep is going to run: its ranges, design and points, settled before anything is run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from opendome.base.errors import CommandError, nearest_name
from opendome.measures.derive import find_measure
from opendome.study.design import (
    full_grid,
    latin_hypercube,
    saltelli_points,
    sobol_points,
    spread_over,
    value_for,
)

__all__ = ["DESIGNS", "Range", "Role", "SweepPlan", "make_sweep", "stated_ranges"]

DESIGNS = ("lhs", "sobol", "grid", "saltelli")
"""Designs of a sweep; `saltelli` is the one that gives Sobol' indices."""

_LEAST_SAMPLES = 16
_CHECKED_POINTS = 64
_DEFAULTS = {"saltelli": (128, 8)}
_DEFAULT = (16, 25)


class Range(NamedTuple):
    """A key to be varied, between ``low`` and ``high``, in ``n`` steps where the design is a grid."""

    key: str
    low: float
    high: float
    n: int = 5
    label: str = ""


class Role(NamedTuple):
    """What a point is for: its base sample, its matrix (A, B, AB or ''), the key that AB takes from B."""

    sample: int
    matrix: str = ""
    moved: str = ""


@dataclass(frozen=True)
class SweepPlan:
    """A sweep as settled. ``n`` counts base samples, or points; ``warnings`` are for whoever asked."""

    name: str
    design: str
    ranges: tuple[Range, ...]
    n: int
    replications: int
    seed: int
    alternatives: tuple[str, ...]
    baseline: str
    headline: str
    measures: tuple[str, ...]
    points: tuple[Mapping[str, Any], ...]
    roles: tuple[Role, ...]
    warnings: tuple[str, ...] = ()

    def as_manifest(self, scenario: Any) -> dict[str, Any]:
        """Give everything that the tables depend on, for the manifest."""
        return {
            "name": self.name,
            "scenario_hash": scenario.hash,
            "scenario": scenario.data,
            "design": self.design,
            "ranges": [item._asdict() for item in self.ranges],
            "samples": self.n,
            "replications": self.replications,
            "seed": self.seed,
            "alternatives": list(self.alternatives),
            "baseline": self.baseline,
            "headline": self.headline,
            "measures": list(self.measures),
            "confidence": scenario.model.study.confidence,
        }


def stated_ranges(scenario: Any) -> tuple[Range, ...]:
    """Give the ranges that the scenario states in `study.inputs`.

    Raises
    ------
    CommandError
        It states none.
    """
    inputs = scenario.model.study.inputs
    if not inputs:
        raise CommandError(
            f"`{scenario.name}` states no `study.inputs`, so say what to vary: for example --vary depot.rounds=50:400"
        )
    return tuple(Range(entry.key, entry.low, entry.high, 5, entry.label) for entry in inputs)


def make_sweep(
    scenario: Any,
    ranges: Sequence[Range],
    *,
    design: str = "lhs",
    n: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
    measures: Sequence[str] = (),
    alternatives: Sequence[str] = (),
) -> SweepPlan:
    """Settle a sweep; what is left out comes from the scenario, or from the design's own defaults.

    Parameters
    ----------
    design : str
        One of ``DESIGNS``.
    n : int, optional
        Points, 16; base samples of `saltelli`, 128, whose points are n (k + 2). A grid takes the steps of its ranges.
    replications : int, optional
        At each point: 25, with `saltelli` 8.
    measures : sequence of str
        Measures asked for; by default the headline.
    alternatives : sequence of str
        Those to be run; by default all. The baseline always runs.

    Raises
    ------
    CommandError
        With everything that is wrong with the call.
    ScenarioError
        A key that is not there, or an end that cannot be.
    """
    asked = scenario.model.study
    n, replications = _sizes(design, n, replications)
    known = tuple(scenario.alternatives())
    wrong = [*_wrong_ranges(ranges), *_wrong_numbers(design, n, replications), *_unknown(alternatives, known)]
    if wrong:
        raise CommandError("; ".join(wrong))
    seed = asked.seed if seed is None else seed
    raw, roles = _raw_points(ranges, design, n, seed)
    points = tuple({key: value_for(scenario, key, value) for key, value in point.items()} for point in raw)
    chosen = tuple(name for name in known if not alternatives or name in alternatives or name == asked.baseline)
    _check_points(scenario, ranges, points, chosen)
    return SweepPlan(
        name=scenario.name,
        design=design,
        ranges=_labelled(ranges, asked.inputs),
        n=n,
        replications=replications,
        seed=seed,
        alternatives=chosen,
        baseline=asked.baseline,
        headline=find_measure(asked.headline).name,
        measures=tuple(find_measure(name).name for name in (measures or [asked.headline])),
        points=points,
        roles=roles,
        warnings=_warnings(design, n),
    )


def _sizes(design: str, n: int | None, replications: int | None) -> tuple[int, int]:
    """Points and replications, the design's own where they are left out."""
    default_n, default_r = _DEFAULTS.get(design, _DEFAULT)
    return default_n if n is None else n, default_r if replications is None else replications


def _labelled(ranges: Sequence[Range], inputs: Sequence[Any]) -> tuple[Range, ...]:
    """Give the ranges with the words that the scenario has for their keys."""
    words = {entry.key: entry.label for entry in inputs}
    return tuple(item if item.label else item._replace(label=words.get(item.key, "")) for item in ranges)


def _wrong_ranges(ranges: Sequence[Range]) -> list[str]:
    if not ranges:
        return ["nothing is varied; write for example --vary depot.rounds=50:400"]
    keys = [item.key for item in ranges]
    wrong = [f"`{key}` is varied twice; name it once" for key in dict.fromkeys(keys) if keys.count(key) > 1]
    return wrong + [
        f"`{item.key}` goes from {item.low:g} to {item.high:g}; the low end must be below the high end"
        for item in ranges
        if not (math.isfinite(item.low) and math.isfinite(item.high) and item.low < item.high)
    ]


def _wrong_numbers(design: str, n: int, replications: int) -> list[str]:
    if design not in DESIGNS:
        return [f"unknown design `{design}`: write {', '.join(DESIGNS)}"]
    wrong = []
    least = _LEAST_SAMPLES if design == "saltelli" else 1
    if n < least:
        wrong.append(f"{n} points are too few for the design `{design}`: write --points {least} or more")
    least = 3 if design == "saltelli" else 2
    if replications < least:
        wrong.append(f"replications must be {least} or more for the design `{design}`, not {replications}")
    return wrong


def _unknown(alternatives: Sequence[str], known: Sequence[str]) -> list[str]:
    return [
        f"there is no alternative `{name}`: {nearest_name(name, known) or 'alternatives are ' + ', '.join(known)}"
        for name in alternatives
        if name not in known
    ]


def _raw_points(
    ranges: Sequence[Range], design: str, n: int, seed: int
) -> tuple[list[dict[str, float]], tuple[Role, ...]]:
    """Points as values of keys, before whole numbers are made of them, and what each is for."""
    keys = [item.key for item in ranges]
    low, high = [item.low for item in ranges], [item.high for item in ranges]
    if design == "grid":
        found = full_grid({item.key: np.linspace(item.low, item.high, item.n).tolist() for item in ranges})
        return found, tuple(Role(i) for i in range(len(found)))
    if design == "saltelli":
        unit = saltelli_points(keys, n, seed).reshape(-1, len(keys))
        matrices = [("A", ""), ("B", ""), *(("AB", key) for key in keys)]
        roles = tuple(Role(i, matrix, moved) for i in range(n) for matrix, moved in matrices)
    else:
        unit = (latin_hypercube if design == "lhs" else sobol_points)(keys, n, seed)
        roles = tuple(Role(i) for i in range(n))
    return [dict(zip(keys, point.tolist())) for point in spread_over(unit, low, high)], roles


def _check_points(
    scenario: Any, ranges: Sequence[Range], points: Sequence[Mapping[str, Any]], alternatives: Sequence[str]
) -> None:
    """Make the scenario at both corners and at the first points, so that what cannot be is found before the run."""
    corners = [
        {item.key: value_for(scenario, item.key, getattr(item, end)) for item in ranges} for end in ("low", "high")
    ]
    for alternative in alternatives:
        variant = scenario.alternative(alternative)
        for point in (*corners, *points[:_CHECKED_POINTS]):
            variant.override(point)


def _warnings(design: str, n: int) -> tuple[str, ...]:
    if design not in ("sobol", "saltelli") or n & (n - 1) == 0:
        return ()
    below = 1 << (n.bit_length() - 1)
    near = f"{below} or {2 * below}"
    return (f"{n} is not a power of two: the points of a Sobol' sequence are evenest at {near}",)

"""When a study has run long enough: at fixed looks, when every asked-for interval is narrow enough.

A study looks only after whole chunks, at numbers of replications fixed beforehand, and never at a p-value: what it
looks at is the width of intervals, not whether they exclude zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opendome.base.errors import CommandError, nearest_name
from opendome.measures.derive import find_measure
from opendome.study.cells import CHUNK
from opendome.study.estimates import Source, compare_measure, estimate_measure
from opendome.study.paired import Interval

__all__ = ["Goal", "is_narrow", "looks", "parse_goals"]

MINIMUM = 100
"""Replications before the first look."""

_GROWTH = 1.5
_DIFFERENCE = "difference"


@dataclass(frozen=True)
class Goal:
    """An interval whose half-width may be at most ``relative`` times the value.

    Of a measure in every alternative, or of its paired difference between ``alternative`` and the baseline.
    """

    measure: str
    relative: float
    alternative: str = ""

    def intervals(self, source: Source, baseline: str) -> Iterator[Interval]:
        """Give the intervals that the goal speaks of."""
        measure = find_measure(self.measure)
        if self.alternative:
            yield compare_measure(source, self.alternative, baseline, measure)
            return
        for alternative in source.alternatives:
            yield estimate_measure(source, alternative, measure)


def parse_goals(precision: Any, alternatives: Sequence[str], baseline: str, headline: str) -> tuple[Goal, ...]:
    """Read what a study has to know how well.

    Parameters
    ----------
    precision : str, mapping or sequence of str
        ``"leaked_built_up=0.02"``, ``{"leaked_built_up": 0.02}``, ``{"leaked_built_up": {"relative": 0.02}}``. The key
        ``difference:two-more`` asks for the paired difference of the headline measure from the baseline,
        ``difference:two-more:people_exposed`` for that of another measure.

    Raises
    ------
    CommandError
        Unknown measure or alternative, or a share that is not between 0 and 1.
    """
    return tuple(_goal(key, value, alternatives, baseline, headline) for key, value in _pairs(precision))


def _pairs(precision: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(precision, Mapping):
        yield from precision.items()
        return
    for text in [precision] if isinstance(precision, str) else precision:
        key, equals, value = str(text).rpartition("=")
        if not equals:
            raise CommandError(
                f"precision {text!r} says no share: write MEASURE=RELATIVE, such as leaked_built_up=0.02"
            )
        yield key, value


def _goal(key: str, value: Any, alternatives: Sequence[str], baseline: str, headline: str) -> Goal:
    if isinstance(value, Mapping):
        value = value.get("relative")
    elif hasattr(value, "relative"):
        value = value.relative
    try:
        relative = float(value)
    except (TypeError, ValueError):
        relative = math.nan
    if not 0.0 < relative <= 1.0:
        raise CommandError(f"precision of `{key}` must be a share between 0 and 1, such as 0.02, not {value!r}")
    parts = key.split(":")
    if parts[0] != _DIFFERENCE:
        return Goal(find_measure(key).name, relative)
    alternative = parts[1] if len(parts) > 1 else ""
    others = [name for name in alternatives if name != baseline]
    if alternative not in others or len(parts) > 3:
        hint = nearest_name(alternative, others) or f"alternatives are {', '.join(others) or 'none'}"
        raise CommandError(f"precision `{key}`: write difference:ALTERNATIVE or difference:ALTERNATIVE:MEASURE; {hint}")
    return Goal(find_measure(parts[2] if len(parts) == 3 else headline).name, relative, alternative)


def looks(maximum: int, chunk: int = CHUNK, minimum: int = MINIMUM) -> tuple[int, ...]:
    """Give the numbers of replications at which a study looks: whole chunks, half as many again, then the maximum."""
    found: list[int] = []
    at = float(minimum)
    while (whole := math.ceil(at / chunk) * chunk) < maximum:
        found.append(whole)
        at = max(at * _GROWTH, whole + 1.0)
    return (*found, maximum)


def is_narrow(goals: Sequence[Goal], source: Source, baseline: str) -> bool:
    """Tell whether every asked-for interval is narrow enough."""
    return all(
        interval.half_width <= goal.relative * abs(interval.value)
        for goal in goals
        for interval in goal.intervals(source, baseline)
    )

"""What a measure is: a name, a unit, a definition, and how it comes from the rows of replications.

A measure is either a column that the kernel counts, a function of such columns, or a ratio of two sums of them. The
estimate of a ratio over many replications is the ratio of the totals, never the mean of the ratios.

Another package offers its own measure as a function from columns to a column::

    @opendome.register("measure", "rounds_per_leak")
    def rounds_per_leak(rows):
        \"\"\"Interceptors fired for each leak.\"\"\"
        return rows["interceptors_fired"] / rows["leaked_built_up"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from opendome.base.registry import register
from opendome.base.tally import MEANING, RATIOS

__all__ = ["Measure", "Rows", "counted", "difference_of", "ratio", "shelve"]

Rows = Mapping[str, np.ndarray]
"""Columns by name, each (n,) float64, one value a replication."""


@dataclass(frozen=True)
class Measure:
    """One measure.

    ``column`` of the kernel, or ``numerator`` and ``denominator`` sums of columns, or ``function`` of the columns.
    ``is_share`` marks 0/1 columns, whose intervals are those of proportions; ``has_mean`` is false for columns that are
    null in some replications, so that a mean over the others would mislead.
    """

    name: str
    unit: str
    meaning: str
    family: str
    column: str = ""
    numerator: tuple[str, ...] = ()
    denominator: tuple[str, ...] = ()
    function: Callable[[Rows], np.ndarray] | None = None
    is_share: bool = False
    has_mean: bool = True

    @property
    def is_ratio(self) -> bool:
        """Whether it is a ratio of two sums."""
        return bool(self.denominator)

    @property
    def is_stored(self) -> bool:
        """Whether the kernel fills it."""
        return bool(self.column)

    def __call__(self, rows: Rows) -> np.ndarray:
        """Give the measure of each replication, (n,); NaN where it has no value."""
        if self.function is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.asarray(self.function(rows), dtype=np.float64)
        if self.is_ratio:
            top, bottom = self.parts(rows)
            return np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=bottom != 0.0)
        return np.asarray(rows[self.column], dtype=np.float64)

    def parts(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Give numerator and denominator of a ratio, each (n,)."""
        return _added(rows, self.numerator), _added(rows, self.denominator)


def _added(rows: Rows, names: tuple[str, ...]) -> np.ndarray:
    total = np.array(rows[names[0]], dtype=np.float64)
    for name in names[1:]:
        total = total + rows[name]
    return total


def counted(name: str, family: str, *, is_share: bool = False, has_mean: bool = True) -> Measure:
    """Declare a measure that the kernel counts; unit and meaning come from ``base.tally``."""
    unit, meaning = MEANING[name]
    return Measure(name, unit, meaning, family, column=name, is_share=is_share, has_mean=has_mean)


def ratio(
    name: str,
    family: str,
    numerator: tuple[str, ...] = (),
    denominator: tuple[str, ...] = (),
    meaning: str = "",
    unit: str = "1",
) -> Measure:
    """Declare a ratio of two sums of columns; those of ``base.tally`` need their name alone."""
    if name in RATIOS:
        top, denominator, meaning = RATIOS[name]
        numerator = (top,)
    return Measure(name, unit, meaning, family, numerator=numerator, denominator=denominator)


def difference_of(name: str, family: str, unit: str, minuend: str, subtrahend: str, meaning: str) -> Measure:
    """Declare the difference of two columns."""
    return Measure(name, unit, meaning, family, function=lambda rows: rows[minuend] - rows[subtrahend])


def shelve(*measures: Measure) -> tuple[Measure, ...]:
    """Register measures under their names and give them back."""
    for measure in measures:
        register("measure", measure.name)(measure)
    return measures

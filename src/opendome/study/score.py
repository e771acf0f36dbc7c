"""What an operator achieved, in the field's measures, and how long the decisions took."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from opendome.measures.derive import columns_of, find_measure

from .played import UNANSWERED

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["MEASURES", "DecisionTimes", "decision_times", "score_columns"]

MEASURES: tuple[str, ...] = (
    "leaked_built_up",
    "people_exposed",
    "injuries_expected",
    "interceptors_fired",
    "rounds_per_interception",
    "engaged_needlessly",
    "areas_alerted_needlessly",
    "impacts_unwarned",
)
"""Measures of the score, in the order in which they are shown."""


class DecisionTimes(NamedTuple):
    """Seconds from the question to the order, (n,) in order of the questions; how many questions were left open."""

    seconds: NDArray[np.float64]
    n_unanswered: int

    @property
    def n(self) -> int:
        """Questions that were answered."""
        return len(self.seconds)

    @property
    def median_s(self) -> float:
        """Half of the answers came within this time; NaN without any."""
        return float(np.quantile(self.seconds, 0.5)) if self.n else math.nan

    @property
    def p90_s(self) -> float:
        """Nine in ten answers came within this time; NaN without any."""
        return float(np.quantile(self.seconds, 0.9)) if self.n else math.nan


def decision_times(orders: pa.Table) -> DecisionTimes:
    """How long the operator took, from the orders that answer a question."""
    rows = [row for row in orders.to_pylist() if row["asked_s"] is not None and not math.isnan(row["asked_s"])]
    rows.sort(key=lambda row: (row["asked_s"], row["t_s"]))
    answered = [row["t_s"] - row["asked_s"] for row in rows if row["action"] != UNANSWERED]
    return DecisionTimes(np.array(answered, np.float64), len(rows) - len(answered))


def score_columns(rows: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Measures of the score from summary rows (n, N_TALLY): (n,) each, NaN where one has no value."""
    columns = columns_of(rows)
    return {name: find_measure(name)(columns) for name in MEASURES}

"""Two inputs varied together: where the stock begins to bind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from opendome.measures.derive import columns_of, find_measure
from opendome.results.schema import STUDY_TABLES
from opendome.study.cells import Cell, Overrides, side_cells
from opendome.study.design import full_grid, value_for
from opendome.study.engine import Engine
from opendome.study.kernel import WorldShelf
from opendome.study.paired import wilson
from opendome.study.plan import Plan

__all__ = ["GridStudy"]


@dataclass(frozen=True)
class GridStudy:
    """The grid that a scenario's `study.grid` asks for."""

    plan: Plan
    shelf: WorldShelf
    grid: Any

    def cells(self) -> list[Cell]:
        """Give the cells to be run."""
        return [
            cell
            for overrides in self._points()
            for cell in side_cells((self._alternative,), overrides, 0, self.grid.replications)
        ]

    def table(self, engine: Engine) -> pa.Table:
        """Give the table `grid`."""
        schema = STUDY_TABLES["grid"]
        columns: dict[str, list[Any]] = {name: [] for name in schema.names}
        for overrides in self._points():
            rows = engine.side_rows(self._alternative, overrides, 0, self.grid.replications)
            for name, value in zip(schema.names, self._row(overrides, columns_of(rows))):
                columns[name].append(value)
        return schema.table(columns)

    @property
    def _alternative(self) -> str:
        return str(self.grid.alternative or self.plan.alternatives[-1])

    def _points(self) -> list[Overrides]:
        scenario = self.shelf.variant(self._alternative)
        axes = (self.grid.rows, self.grid.columns)
        values = {axis.key: [value_for(scenario, axis.key, value) for value in axis.values] for axis in axes}
        return [tuple(point.items()) for point in full_grid(values)]

    def _row(self, overrides: Overrides, columns: dict[str, np.ndarray]) -> tuple[Any, ...]:
        (row_key, row_value), (column_key, column_value) = overrides
        stocked_out = columns["stocked_out"]
        share = wilson(float(stocked_out.sum()), len(stocked_out), self.plan.confidence)
        refused, threatening = find_measure("share_refused_for_rounds").parts(columns)
        return (
            self._alternative,
            row_key,
            float(row_value),
            column_key,
            float(column_value),
            share.value,
            share.low,
            share.high,
            float(refused.sum() / threatening.sum()) if threatening.sum() else math.nan,
            float(columns["leaked_built_up"].mean()),
            share.n,
        )

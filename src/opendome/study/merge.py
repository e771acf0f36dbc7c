"""From finished cells to tables: rows, days, areas and lead times, streamed in the order of the design."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa

from opendome.measures.derive import derive, plugin_measures
from opendome.results.columns import Column, number
from opendome.results.schema import STUDY_TABLES
from opendome.study.cells import CHUNK, Cell, main_cells
from opendome.study.chunks import Chunks, sums_by_area

__all__ = ["LEAD_BIN_S", "area_table", "daily_tables", "lead_table", "replication_tables", "replications_schema"]

LEAD_BIN_S = 2.0
"""Width of a bin of lead time."""


def _further() -> tuple[Column, ...]:
    return tuple(
        number(name, measure.unit, measure.meaning, nullable=True) for name, measure in plugin_measures().items()
    )


def replications_schema() -> pa.Schema:
    """Give the schema of `replications`, with the columns of plug-in measures."""
    return STUDY_TABLES["replications"].arrow_schema(_further())


def _cells(alternative: str, n_replications: int, chunk: int = CHUNK) -> Iterator[Cell]:
    return main_cells((alternative,), 0, n_replications, chunk)


def replication_tables(chunks: Chunks, alternatives: Sequence[str], n_replications: int) -> Iterator[pa.Table]:
    """Give `replications` piece by piece: alternatives in order, replications in order."""
    further = _further()
    for alternative in alternatives:
        for cell in _cells(alternative, n_replications):
            columns: dict[str, Any] = dict(derive(chunks.rows(cell)))
            columns["alternative"] = [alternative] * cell.count
            columns["replication"] = np.arange(cell.first, cell.first + cell.count)
            yield STUDY_TABLES["replications"].table(columns, further)


def daily_tables(chunks: Chunks, alternatives: Sequence[str], n_replications: int) -> Iterator[pa.Table]:
    """Give `daily` piece by piece: alternatives, replications and days in order."""
    schema = STUDY_TABLES["daily"]
    for alternative in alternatives:
        for cell in _cells(alternative, n_replications):
            daily = chunks.daily(cell)
            n_days = daily.shape[1]
            flat = daily.reshape(-1, daily.shape[2])
            columns: dict[str, Any] = {name: flat[:, i] for i, name in enumerate(schema.names[3:])}
            columns["alternative"] = [alternative] * len(flat)
            columns["replication"] = np.repeat(np.arange(cell.first, cell.first + cell.count), n_days)
            columns["day"] = np.tile(np.arange(n_days), cell.count)
            yield schema.table(columns)


def area_table(chunks: Chunks, alternative: str, n_replications: int, places: dict[str, Any]) -> pa.Table:
    """Give `areas` of one alternative; ``places`` holds area_id, name, position, population, time to shelter."""
    sums_of = sums_by_area(reduce(np.add, (chunks.areas(cell) for cell in _cells(alternative, n_replications))))
    n = n_replications
    leaks = sums_of["leaks"] / n
    spread = np.maximum(sums_of["leaks_squared"] - n * leaks * leaks, 0.0)
    columns: dict[str, Any] = {
        **places,
        "alternative": [alternative] * len(leaks),
        "mean_leaks": leaks,
        "se_leaks": np.sqrt(spread / (n - 1) / n) if n > 1 else np.full(len(leaks), math.nan),
        **{f"mean_{name}": values / n for name, values in sums_of.items() if not name.startswith("leaks")},
        "n": np.full(len(leaks), n),
    }
    return STUDY_TABLES["areas"].table(columns)


def lead_table(chunks: Chunks, alternative: str, n_replications: int, shelter_class_s: np.ndarray) -> pa.Table:
    """Give `leads` of one alternative; ``shelter_class_s`` (n_classes,) the times to shelter of the classes."""
    total = reduce(np.add, (chunks.lead_hist(cell) for cell in _cells(alternative, n_replications))).astype(np.int64)
    n_classes, n_bins = total.shape
    return STUDY_TABLES["leads"].table(
        {
            "alternative": [alternative] * total.size,
            "time_to_shelter_s": np.repeat(np.asarray(shelter_class_s, dtype=np.float64)[:n_classes], n_bins),
            "lead_s": np.tile(np.arange(n_bins) * LEAD_BIN_S, n_classes),
            "n": total.ravel(),
        }
    )

"""Merging streams: memory does not grow with the number of replications."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from opendome.base.tally import N_TALLY
from opendome.results.store import write_stream
from opendome.study.cells import Cell
from opendome.study.merge import replication_tables, replications_schema


class Endless:
    """Finished cells made up when they are asked for."""

    def rows(self, cell: Cell) -> np.ndarray:
        return np.random.default_rng(cell.first).random((cell.count, N_TALLY))


def peak_bytes(path: Path, n_replications: int) -> int:
    chunks: Any = Endless()
    pool = pa.default_memory_pool()
    held = 0

    def watched() -> Any:
        nonlocal held
        for table in replication_tables(chunks, ("as-is",), n_replications):
            held = max(held, pool.bytes_allocated() - before)
            yield table

    before = pool.bytes_allocated()
    tracemalloc.start()
    write_stream(path, replications_schema(), watched(), group_rows=512)
    _, ours = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return ours + held


def test_memory_is_flat_in_the_number_of_replications(tmp_path: Path) -> None:
    few, many = peak_bytes(tmp_path / "few.parquet", 1_500), peak_bytes(tmp_path / "many.parquet", 15_000)
    assert many < 1.5 * few

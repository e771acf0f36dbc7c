"""Where finished cells are kept: in memory, or in a folder that survives a crash.

In a folder each cell is one to four Parquet files. The rows are written last, so that a cell whose rows are there is
complete; each carries its identity (world, seed, policy, versions), so that a cell of another study is never taken for
one of this study.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from opendome.base.errors import RunError
from opendome.base.tally import N_TALLY, tally_names
from opendome.results.store import read_metadata, read_table, write_table
from opendome.study.cells import Cell
from opendome.study.kernel import Chunk

__all__ = ["ChunkFolder", "ChunkMemory", "Chunks"]

_AREA_SUMS = (
    "leaks",
    "impacts",
    "alerts",
    "alerts_needless",
    "impacts_warned",
    "intercepted",
    "person_minutes_sheltered",
    "leaks_squared",
)
_DAY_COLUMNS = ("ready_rounds", "depot_rounds", "fired", "leaked_built_up", "launched")


class ChunkMemory:
    """Finished cells in memory."""

    def __init__(self) -> None:
        self._kept: dict[Cell, Chunk] = {}

    def has(self, cell: Cell) -> bool:
        """Tell whether the cell is finished."""
        return cell in self._kept

    def put(self, cell: Cell, chunk: Chunk) -> None:
        """Keep a finished cell."""
        check_shapes(cell, chunk)
        self._kept[cell] = chunk if cell.is_whole else Chunk(chunk.rows, *[np.empty(0)] * 3)

    def rows(self, cell: Cell) -> np.ndarray:
        """Give the rows, (count, N_TALLY)."""
        return self._kept[cell].rows

    def daily(self, cell: Cell) -> np.ndarray:
        """Give the days, (count, n_days + 1, 5)."""
        return self._kept[cell].daily

    def areas(self, cell: Cell) -> np.ndarray:
        """Give sums by area, (n_areas, 8)."""
        return self._kept[cell].areas

    def lead_hist(self, cell: Cell) -> np.ndarray:
        """Give counts by lead time, (n_shelter_classes, n_bins)."""
        return self._kept[cell].lead_hist


class ChunkFolder:
    """Finished cells in a folder; ``identity`` names the world, seed and versions that a cell's numbers come from."""

    def __init__(self, folder: Path, identity: Callable[[Cell], str]):
        self._folder = folder
        self._identity = identity

    def has(self, cell: Cell) -> bool:
        """Tell whether the cell is finished, readable and of this very study."""
        path = self._path(cell, "")
        if not path.is_file():
            return False
        try:
            metadata, n_rows = read_metadata(path)
            if metadata.get("cell") != self._identity(cell) or n_rows != cell.count:
                return False
            for part in ("daily", "areas", "leads") if cell.is_whole else ():
                read_metadata(self._path(cell, part))
        except RunError:
            return False
        return True

    def put(self, cell: Cell, chunk: Chunk) -> None:
        """Keep a finished cell, its rows last."""
        check_shapes(cell, chunk)
        metadata = {"cell": self._identity(cell)}
        parts = {}
        if cell.is_whole:
            parts = {
                "daily": _flat(chunk.daily, _DAY_COLUMNS),
                "areas": _flat(chunk.areas, _AREA_SUMS),
                "leads": _flat(chunk.lead_hist.T, _class_names(chunk.lead_hist)),
            }
        for part, table in parts.items():
            write_table(self._path(cell, part), table, metadata, sync_folder=False)
        write_table(self._path(cell, ""), _flat(chunk.rows, tally_names()), metadata)

    def rows(self, cell: Cell) -> np.ndarray:
        """Give the rows, (count, N_TALLY)."""
        return _matrix(read_table(self._path(cell, "")))

    def daily(self, cell: Cell) -> np.ndarray:
        """Give the days, (count, n_days + 1, 5)."""
        return _matrix(read_table(self._path(cell, "daily"))).reshape(cell.count, -1, len(_DAY_COLUMNS))

    def areas(self, cell: Cell) -> np.ndarray:
        """Give sums by area, (n_areas, 8)."""
        return _matrix(read_table(self._path(cell, "areas")))

    def lead_hist(self, cell: Cell) -> np.ndarray:
        """Give counts by lead time, (n_shelter_classes, n_bins)."""
        return _matrix(read_table(self._path(cell, "leads"))).T

    def _path(self, cell: Cell, part: str) -> Path:
        return self._folder / f"{cell.stem}{'.' + part if part else ''}.parquet"


Chunks = ChunkMemory | ChunkFolder


def check_shapes(cell: Cell, chunk: Chunk) -> None:
    """Refuse what no kernel should give.

    Raises
    ------
    RunError
        Shapes are not as promised, or rows hold infinity.
    """
    wrong = []
    if chunk.rows.shape != (cell.count, N_TALLY):
        wrong.append(f"rows {chunk.rows.shape}, not {(cell.count, N_TALLY)}")
    elif np.isinf(chunk.rows).any():
        wrong.append("rows hold infinity")
    if chunk.daily.ndim != 3 or chunk.daily.shape[0] != cell.count or chunk.daily.shape[2] != len(_DAY_COLUMNS):
        wrong.append(f"daily {chunk.daily.shape}, not {(cell.count, 'days + 1', len(_DAY_COLUMNS))}")
    if chunk.areas.ndim != 2 or chunk.areas.shape[1] != len(_AREA_SUMS):
        wrong.append(f"areas {chunk.areas.shape}, not {('areas', len(_AREA_SUMS))}")
    if chunk.lead_hist.ndim != 2 or not chunk.lead_hist.size:
        wrong.append(f"lead_hist {chunk.lead_hist.shape}, not (classes, bins)")
    if wrong:
        raise RunError(f"replications {cell.first} to {cell.first + cell.count - 1} gave " + "; ".join(wrong))


def _flat(array: np.ndarray, names: tuple[str, ...]) -> pa.Table:
    columns = array.reshape(-1, len(names))
    return pa.table({name: np.ascontiguousarray(columns[:, i]) for i, name in enumerate(names)})


def _matrix(table: pa.Table) -> np.ndarray:
    return np.column_stack([column.to_numpy() for column in table.columns])


def _class_names(lead_hist: np.ndarray) -> tuple[str, ...]:
    return tuple(f"class_{i}" for i in range(lead_hist.shape[0]))


def sums_by_area(areas: np.ndarray) -> dict[str, Any]:
    """Name the columns of sums by area, each (n_areas,)."""
    return {name: areas[:, i] for i, name in enumerate(_AREA_SUMS)}

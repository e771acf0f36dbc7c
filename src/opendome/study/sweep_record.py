"""A finished sweep: points and values as arrays, from memory or from its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from opendome.base.errors import CommandError
from opendome.base.tally import tally_names
from opendome.measures.derive import find_measure
from opendome.results.manifest import MANIFEST, read_manifest
from opendome.results.store import read_table
from opendome.study.estimates import needed_columns
from opendome.study.paired import linearised_ratio

__all__ = ["Sweep", "is_sweep", "open_sweep"]


class Sweep:
    """A finished sweep. ``manifest`` says what was run; ``folder`` is where it is kept, or None."""

    def __init__(self, manifest: dict[str, Any], tables: Mapping[str, pa.Table], folder: Path | None = None):
        self.manifest = manifest
        self.folder = folder
        self._tables = dict(tables)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that were varied, in order."""
        return tuple(item["key"] for item in self.manifest["ranges"])

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Names of the alternatives that ran, in order."""
        return tuple(self.manifest["alternatives"])

    @property
    def baseline(self) -> str:
        """The alternative that the others are compared with."""
        return str(self.manifest["baseline"])

    @property
    def replications(self) -> int:
        """Replications at each point."""
        return int(self.manifest["replications"])

    @property
    def is_saltelli(self) -> bool:
        """Whether the design has the base samples that Sobol' indices need."""
        return bool(self.manifest["design"] == "saltelli")

    def table(self, name: str) -> pa.Table:
        """Give a whole table."""
        if name not in self._tables and self.folder is not None:
            self._tables[name] = read_table(self.folder / f"{name}.parquet")
        return self._tables[name]

    def inputs(self) -> np.ndarray:
        """Give the values of the inputs, (n_points, k)."""
        points = self.table("sweep_points")
        return np.column_stack([points.column(key).to_numpy() for key in self.keys])

    def rows(self, point: int, alternative: str) -> np.ndarray:
        """Give the kernel's rows at a point, (r, N_TALLY)."""
        place = self._places(point, alternative)
        table = self.table("sweep_rows").slice(place, self.replications)
        return np.column_stack([table.column(name).to_numpy() for name in tally_names()])

    def values(self, measure: str, alternative: str) -> np.ndarray:
        """Give a measure at each point and replication, (n_points, r).

        Ratios are linearised point by point, so that their mean over replications is the ratio of totals.
        """
        wanted = find_measure(measure)
        names = needed_columns(wanted) or tally_names()
        columns = {name: self._column(name, alternative) for name in names}
        if not wanted.is_ratio:
            flat = wanted({name: column.ravel() for name, column in columns.items()})
            return np.asarray(flat.reshape(-1, self.replications))
        top, bottom = wanted.parts(columns)
        return np.array([linearised_ratio(*pair) for pair in zip(top, bottom)])

    def answers(self, measure: str, alternative: str, baseline: str | None) -> np.ndarray:
        """Give a measure, or with ``baseline`` its paired difference from there, (n_points, r)."""
        ours = self.values(measure, alternative)
        return ours if baseline is None else np.asarray(ours - self.values(measure, baseline))

    def _column(self, name: str, alternative: str) -> np.ndarray:
        if self.folder is None or "sweep_rows" in self._tables:
            flat = self._tables["sweep_rows"].column(name).to_numpy()
        else:
            flat = read_table(self.folder / "sweep_rows.parquet", [name]).column(name).to_numpy()
        blocks = flat.reshape(-1, len(self.alternatives), self.replications)
        return np.asarray(blocks[:, self.alternatives.index(alternative)], dtype=np.float64)

    def _places(self, point: int, alternative: str) -> int:
        return (point * len(self.alternatives) + self.alternatives.index(alternative)) * self.replications


def is_sweep(folder: Path | str) -> bool:
    """Whether a folder holds a sweep, finished or not."""
    path = Path(folder) / MANIFEST
    return path.is_file() and read_manifest(folder).get("kind") == "sweep"


def open_sweep(folder: Path | str) -> Sweep:
    """Open a finished sweep from its folder.

    Raises
    ------
    CommandError
        There is no sweep there, or it was never finished.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest.get("kind") != "sweep":
        raise CommandError(f"{folder} holds no sweep but a {manifest.get('kind', 'folder of another kind')}")
    if manifest.get("status") != "complete":
        raise CommandError(f"the sweep in {folder} was not finished; go on with the same command and --resume")
    return Sweep(manifest, {}, folder)

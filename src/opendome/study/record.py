"""A finished study: its tables, estimates and comparisons, from memory or from its folder."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from opendome.base.errors import CommandError, nearest_name
from opendome.results.manifest import read_manifest, verify
from opendome.results.schema import DOCTRINE_TABLES, STUDY_TABLES, WARNING_TABLES
from opendome.results.store import connect, read_table
from opendome.study.controls import RaidMoments
from opendome.study.estimates import Source, differences, estimates

__all__ = ["Study", "TableReader", "open_study"]

_KEPT_BYTES = 2**26
_KEPT_COLUMNS = 8


class TableReader:
    """Tables by name, from memory or from a folder; of `replications` the columns that are asked for."""

    def __init__(self, folder: Path | None, tables: Mapping[str, pa.Table] | None = None):
        self.folder = folder
        self.tables = dict(tables or {})
        self._kept: OrderedDict[str, np.ndarray] = OrderedDict()

    def table(self, name: str) -> pa.Table:
        """Give a whole table."""
        if self.folder is not None:
            return read_table(self.folder / f"{name}.parquet")
        return self.tables[name]

    def columns(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Give columns of `replications` over all alternatives; small ones are kept, of large ones the last few."""
        missing = [name for name in names if name not in self._kept]
        if missing:
            if self.folder is not None:
                table = read_table(self.folder / "replications.parquet", missing)
            else:
                table = self.tables["replications"]
            self._kept.update((name, table.column(name).to_numpy()) for name in missing)
        found = {name: self._kept[name] for name in names}
        for name in names:
            self._kept.move_to_end(name)
        n_bytes = sum(column.nbytes for column in self._kept.values()) if missing else 0
        while n_bytes > _KEPT_BYTES and len(self._kept) > _KEPT_COLUMNS:
            n_bytes -= self._kept.popitem(last=False)[1].nbytes
        return found

    def source(
        self,
        alternatives: Sequence[str],
        n_replications: int,
        moments: Mapping[str, RaidMoments | None],
        confidence: float,
    ) -> Source:
        """Make estimates possible on `replications`, whose alternatives follow one another, equally long."""
        places = {name: i * n_replications for i, name in enumerate(alternatives)}

        def read(alternative: str, names: Sequence[str]) -> dict[str, np.ndarray]:
            first = places[alternative]
            last = first + n_replications
            return {name: column[first:last] for name, column in self.columns(names).items()}

        return Source(tuple(alternatives), read, moments, confidence)


class Study:
    """A finished study.

    ``manifest`` says what was run; ``folder`` is where it is kept, or None for one in memory alone.
    """

    def __init__(self, manifest: dict[str, Any], reader: TableReader):
        self.manifest = manifest
        self._reader = reader

    def __repr__(self) -> str:
        """Show name, alternatives and replications."""
        place = f", folder={str(self.folder)!r}" if self.folder is not None else ""
        return f"Study({self.manifest['name']!r}, {len(self.alternatives)} alternatives, n={self.replications}{place})"

    @property
    def folder(self) -> Path | None:
        """Folder of the study, or None."""
        return self._reader.folder

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Names of the alternatives, in order."""
        return tuple(self.manifest["alternatives"])

    @property
    def replications(self) -> int:
        """Replications of every alternative."""
        return int(self.manifest["replications"])

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables that this study has."""
        return tuple(
            name for name in (*STUDY_TABLES, *DOCTRINE_TABLES, *WARNING_TABLES) if name in self.manifest["tables"]
        )

    def table(self, name: str) -> pa.Table:
        """Give a table.

        Raises
        ------
        CommandError
            The study has no such table; the message says which it has.
        """
        if name not in self.manifest["tables"]:
            hint = nearest_name(name, self.tables)
            raise CommandError(
                f"this study has no table `{name}`: {hint + ' ' if hint else ''}(it has {', '.join(self.tables)})"
            )
        return self._reader.table(name)

    def estimates(self, measures: Sequence[str] | None = None) -> pa.Table:
        """Estimate measures in every alternative: alternative, measure, unit, value, low, high, n, method.

        Means are narrowed by control variates (size of the raid, whose mean is known exactly), shares have Wilson's
        interval, ratios are ratios of totals. Without ``measures``: all that have a mean.
        """
        if measures is None and "estimates" in self.tables:
            return self.table("estimates")
        return STUDY_TABLES["estimates"].table(estimates(self._source(), measures))

    def compare(self, baseline: str | None = None, measures: Sequence[str] | None = None) -> pa.Table:
        """Estimate paired differences of every other alternative from ``baseline`` (by default the scenario's)."""
        baseline = self.manifest["baseline"] if baseline is None else baseline
        if baseline not in self.alternatives:
            hint = nearest_name(baseline, self.alternatives)
            raise CommandError(
                f"no alternative `{baseline}`: {hint or 'alternatives are ' + ', '.join(self.alternatives)}"
            )
        if measures is None and baseline == self.manifest["baseline"] and "differences" in self.tables:
            return self.table("differences")
        return STUDY_TABLES["differences"].table(differences(self._source(), baseline, measures))

    def connect(self) -> Any:
        """Open a DuckDB connection with one view for each table."""
        if self.folder is not None:
            return connect(self.folder)
        import duckdb

        connection = duckdb.connect()
        for name in self.tables:
            connection.register(name, self.table(name))
        return connection

    def verify(self) -> None:
        """Compare every table in the folder with its checksum; a study in memory has nothing to compare."""
        if self.folder is not None:
            verify(self.folder)

    def _source(self) -> Source:
        moments = {
            name: None if pair is None else RaidMoments(*pair) for name, pair in self.manifest["raid_moments"].items()
        }
        return self._reader.source(self.alternatives, self.replications, moments, self.manifest["confidence"])


def open_study(folder: Path | str) -> Study:
    """Open a finished study from its folder.

    Raises
    ------
    CommandError
        There is no study there, or it was never finished.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest.get("kind") != "study":
        raise CommandError(f"{folder} holds no study but a {manifest.get('kind', 'folder of another kind')}")
    if manifest.get("status") != "complete":
        raise CommandError(
            f"the study in {folder} was not finished; go on with `opendome study FILE --out {folder} --resume`"
        )
    return Study(manifest, TableReader(folder))

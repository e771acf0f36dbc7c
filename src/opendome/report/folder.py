"""Reads a study folder into plain arrays, and answers what every part of the report asks of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from opendome.base.errors import CommandError
from opendome.measures.derive import find_measure
from opendome.report.model import Estimate
from opendome.study.controls import RaidMoments
from opendome.study.estimates import Source, compare_measure, estimate_measure
from opendome.study.paired import Interval

__all__ = ["Columns", "StudyFolder", "read_folder"]

Columns = Mapping[str, np.ndarray]
"""One table: column name -> array (n_rows,)."""

_TABLES = (
    "replications", "daily", "areas", "leads", "swing", "inputs", "grid", "shapley", "best", "operations", "tradeoff",
    "tradeoff_equal",
)  # fmt: skip


@dataclass(frozen=True)
class StudyFolder:
    """A study's manifest, resolved scenario and tables; tables that the study did not make are absent."""

    path: Path
    manifest: Mapping[str, Any]
    scenario: Mapping[str, Any]
    tables: Mapping[str, Columns]
    moments: Mapping[str, RaidMoments | None] = field(default_factory=dict)

    @property
    def study(self) -> Mapping[str, Any]:
        """The scenario's section ``study``."""
        return self.scenario.get("study") or {}

    @property
    def baseline(self) -> str:
        """Name of the alternative that the others are compared with."""
        name = str(self.study.get("baseline") or "as-is")
        return name if name in self.alternatives else self.alternatives[0]

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Names of the alternatives that ran, in the order of the table, the baseline first."""
        ran = list(dict.fromkeys(self.tables["replications"]["alternative"].tolist()))
        base = str(self.study.get("baseline") or "as-is")
        return tuple(sorted(ran, key=lambda name: name != base))

    @property
    def main(self) -> tuple[str, ...]:
        """Alternatives worth a row of their own, the baseline first: labelled ones, or all that do not isolate "
        "a cause."""
        labels = self.study.get("labels") or {}
        others = [name for name in self.alternatives if name != self.baseline]
        chosen = [name for name in others if name in labels]
        if not chosen:
            causes = set(((self.study.get("shapley") or {}).get("alternatives") or {}).values())
            chosen = [name for name in others if name not in causes]
        keep = {self.baseline, self.headline, self.rounds_only, *chosen}
        return tuple(name for name in self.alternatives if name in keep)

    @property
    def headline(self) -> str:
        """The alternative that the answer speaks of: the one that the study names or swung, else the first."""
        named = [self.manifest.get("headline_alternative")]
        if self.has("swing"):
            named.append(self.tables["swing"]["alternative"][0])
        others = [name for name in self.alternatives if name != self.baseline]
        return next((str(name) for name in named if name in others), others[0] if others else self.baseline)

    @property
    def rounds_only(self) -> str:
        """The alternative that brings rounds without batteries, or ''."""
        return next((name for name in self.alternatives if name.startswith("rounds-only")), "")

    @property
    def measure(self) -> str:
        """The headline measure."""
        return str(self.study.get("headline") or self.manifest.get("headline") or "leaked_built_up")

    @property
    def confidence(self) -> float:
        """Confidence of every interval."""
        return float(self.study.get("confidence") or 0.95)

    @property
    def duration_day(self) -> float:
        """Length of the campaign."""
        return float(self.scenario.get("duration_day") or 1.0)

    @property
    def seed(self) -> str:
        """Seed of the study, as text."""
        return str(self.manifest.get("seed", self.study.get("seed", "")))

    def label(self, name: str) -> str:
        """Words for an alternative: the scenario's label, or its name with spaces."""
        return str((self.study.get("labels") or {}).get(name) or name.replace("-", " "))

    def has(self, name: str) -> bool:
        """Whether the study made this table and it holds rows."""
        return name in self.tables and len(next(iter(self.tables[name].values()))) > 0

    def rows(self, table: str, **equal: Any) -> Columns:
        """Give the rows of a table whose columns equal the given values."""
        columns = self.tables[table]
        keep = np.ones(len(next(iter(columns.values()))), dtype=bool)
        for name, wanted in equal.items():
            keep &= columns[name] == wanted
        return {name: values[keep] for name, values in columns.items()}

    def measures(self, name: str) -> bool:
        """Whether the replications hold this measure."""
        return name in self.tables["replications"]

    def series(self, alternative: str, measure: str) -> np.ndarray:
        """Give a measure of an alternative, (n_replications,), in order of replication."""
        rows = self.rows("replications", alternative=alternative)
        return rows[measure][np.argsort(rows["replication"], kind="stable")].astype(float)

    def total(self, alternative: str, measures: Iterable[str]) -> np.ndarray:
        """Give the sum of several measures, (n_replications,); measures that the table lacks count as nothing."""
        table = self.tables["replications"]
        n = int(np.sum(table["alternative"] == alternative))
        parts = [self.series(alternative, name) for name in measures if name in table]
        return np.sum(parts, axis=0) if parts else np.zeros(n)

    def paired(self, alternative: str, measure: str) -> np.ndarray:
        """Give alternative minus baseline on the replications that both have, (n_pairs,)."""
        one = self.rows("replications", alternative=alternative)
        base = self.rows("replications", alternative=self.baseline)
        _, i, j = np.intersect1d(one["replication"], base["replication"], return_indices=True)
        return one[measure][i].astype(float) - base[measure][j].astype(float)

    def estimate(self, alternative: str, measure: str) -> Estimate:
        """Estimate a measure in an alternative, with the interval that the study itself prints."""
        return _estimate(estimate_measure(self._source(), alternative, find_measure(measure)))

    def difference(self, alternative: str, measure: str) -> Estimate:
        """Estimate the paired difference of a measure, alternative minus baseline."""
        return _estimate(compare_measure(self._source(), alternative, self.baseline, find_measure(measure)))

    def _source(self) -> Source:
        def read(alternative: str, names: Sequence[str]) -> Columns:
            return {name: self.series(alternative, name) for name in names if name in self.tables["replications"]}

        return Source(self.alternatives, read, self.moments, self.confidence)


def _estimate(found: Interval) -> Estimate:
    return Estimate(found.value, found.low, found.high, found.n)


def _columns(path: Path) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    out: dict[str, np.ndarray] = {}
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_dictionary(column.type) or pa.types.is_string(column.type):
            out[name] = np.array(column.to_pylist(), dtype=object)
        else:
            out[name] = column.to_numpy()
    return out


def _scenario(path: Path, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    file = path / "scenario.resolved.yaml"
    if file.exists():
        from ruamel.yaml import YAML

        return dict(YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8")))
    if isinstance(manifest.get("scenario"), Mapping):
        return dict(manifest["scenario"])
    raise CommandError(f"{path} holds no resolved scenario; run `opendome study FILE --out {path}` again")


def read_folder(path: str | Path) -> StudyFolder:
    """Read a study folder.

    Parameters
    ----------
    path : str or Path
        Folder that ``opendome study`` wrote.

    Raises
    ------
    CommandError
        No study there, or a study that has not finished.
    """
    folder = Path(path)
    manifest_file = folder / "manifest.json"
    if not manifest_file.exists() or not (folder / "replications.parquet").exists():
        raise CommandError(
            f"{folder} is not a finished study folder: manifest.json or replications.parquet is missing; "
            f"run `opendome study FILE --out {folder}` (or finish it with `--resume`)"
        )
    manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    tables = {name: _columns(folder / f"{name}.parquet") for name in _TABLES if (folder / f"{name}.parquet").exists()}
    if not len(tables["replications"]["alternative"]):
        raise CommandError(f"{folder} holds no replications; run the study again")
    moments = {
        name: RaidMoments(*found) if found else None for name, found in (manifest.get("raid_moments") or {}).items()
    }
    return StudyFolder(folder, manifest, _scenario(folder, manifest), tables, moments)

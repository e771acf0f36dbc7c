"""One replication with full tables: what happened, why, and to whom."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from opendome.base.errors import CommandError, nearest_name
from opendome.battle.state import Count
from opendome.measures.derive import derive
from opendome.results.manifest import read_manifest, table_entry, verify, versions, write_manifest
from opendome.results.single_schema import SINGLE_RUN_TABLES
from opendome.results.store import connect, read_table, replace_file, write_table
from opendome.scenario.compile import area_names, class_names, compile_world, unit_names
from opendome.scenario.reader import Scenario, load, loads
from opendome.study.doors import as_function, find_policy, is_priced
from opendome.study.recorder import Recorder
from opendome.study.single_tables import Names, single_tables

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Run", "open_run", "run", "run_of"]

RESOLVED = "scenario.resolved.yaml"
"""Name of the resolved scenario in a result folder."""

_PICTURES = ("statistical", "tracked")


class Run:
    """One finished replication.

    Attributes
    ----------
    scenario : Scenario
    seed, replication : int     they name every random draw of the run
    row : ndarray (N_TALLY,)    the summary row, columns as in ``base.tally``
    folder : Path or None       where it is kept; None for one in memory alone
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        replication: int,
        row: np.ndarray,
        tables: dict[str, pa.Table],
        folder: Path | None = None,
    ):
        self.scenario = scenario
        self.seed = seed
        self.replication = replication
        self.row = row
        self.folder = folder
        self._tables = tables

    def __repr__(self) -> str:
        """Show scenario, seed and replication."""
        return f"Run({self.scenario.name!r}, seed={self.seed}, replication={self.replication})"

    def table(self, name: str) -> pa.Table:
        """Give a table; see ``results.single_schema`` for the columns.

        Raises
        ------
        CommandError
            A run has no such table; the message says which it has.
        """
        if name not in SINGLE_RUN_TABLES:
            hint = nearest_name(name, SINGLE_RUN_TABLES)
            raise CommandError(
                f"a run has no table `{name}`: {hint + ' ' if hint else ''}(it has {', '.join(SINGLE_RUN_TABLES)})"
            )
        if name not in self._tables and self.folder is not None:
            self._tables[name] = read_table(self.folder / f"{name}.parquet")
        return self._tables[name]

    def tables(self) -> dict[str, pa.Table]:
        """Give every table by name."""
        return {name: self.table(name) for name in SINGLE_RUN_TABLES}

    def measures(self) -> dict[str, float | None]:
        """Give every measure of the run by name; None where it has no value."""
        values = {name: float(column[0]) for name, column in derive(self.row[None, :]).items()}
        return {name: None if math.isnan(value) else value for name, value in values.items()}

    def connect(self) -> Any:
        """Open a DuckDB connection with one view for each table."""
        if self.folder is not None:
            return connect(self.folder)
        import duckdb

        connection = duckdb.connect()
        for name, table in self.tables().items():
            connection.register(name, table)
        return connection

    def save(self, out: Path | str) -> Path:
        """Write the tables, the resolved scenario and a manifest into a folder; give the folder.

        Raises
        ------
        CommandError
            The folder holds another study or run.
        """
        folder = Path(out)
        if (folder / "manifest.json").is_file():
            found = read_manifest(folder)
            if self._identity() != {key: found.get(key) for key in self._identity()}:
                raise CommandError(f"{folder} holds another study or run; choose another folder")
        folder.mkdir(parents=True, exist_ok=True)
        entries = {}
        for name, table in self.tables().items():
            path = folder / f"{name}.parquet"
            write_table(path, table, sync_folder=False)
            entries[name] = table_entry(path, table.num_rows)
        with replace_file(folder / RESOLVED) as temporary:
            temporary.write_text(self.scenario.to_yaml(), encoding="utf-8")
        row = [None if math.isnan(value) else value for value in self.row.tolist()]
        content = {**self._identity(), "status": "complete", "row": row, "tables": entries, "versions": versions()}
        write_manifest(folder, content)
        self.folder = folder
        return folder

    def _identity(self) -> dict[str, Any]:
        return {
            "kind": "run",
            "name": self.scenario.name,
            "scenario_hash": self.scenario.hash,
            "seed": self.seed,
            "replication": self.replication,
        }


def run(
    scenario: Any,
    seed: int = 0,
    replication: int = 0,
    picture: str | None = None,
    policy: Any = None,
    out: Path | str | None = None,
) -> Run:
    """Run one replication and keep everything that happened.

    Parameters
    ----------
    scenario : Scenario, or path or name of one
        ``scenario.alternative(name)`` for one of its alternatives.
    seed, replication : int
        They name every random draw: replication k of a study with the same seed is this very run.
    picture : str, optional
        ``"statistical"`` or ``"tracked"``; by default the scenario's ``picture.kind``.
    policy : str or policy, optional
        Registered name, or a rule through any door (``study.doors``); by default the scenario's ``doctrine.policy``.
    out : path, optional
        Folder for the tables and a manifest.

    Returns
    -------
    Run

    Raises
    ------
    CommandError
        The call cannot be carried out as written.
    RunError
        The battle overflowed: tens of thousands of engagements at once.
    """
    scenario = load(scenario) if isinstance(scenario, str | Path) else scenario
    _check(seed, replication, picture)
    if picture is not None and picture != scenario.model.picture.kind:
        scenario = scenario.override({"picture.kind": picture})
    if isinstance(policy, str):
        find_policy(policy)
        scenario = scenario.override({"doctrine.policy": policy})
    rule = find_policy(scenario.model.doctrine.policy if policy is None else policy)
    recorder = Recorder(compile_world(scenario), seed, replication, is_priced(rule))
    _play(recorder, rule)
    found = run_of(recorder, scenario)
    if out is not None:
        found.save(out)
    return found


def run_of(recorder: Recorder, scenario: Scenario) -> Run:
    """The run that a finished recording of a scenario is."""
    model = scenario.model
    names = Names(
        scenario.alternative_name or model.study.baseline,
        tuple(area_id for area_id, _ in area_names(scenario)),
        tuple(class_names(model.threats)),
        tuple(unit_names(model)),
        (model.depot.id, *(depot.id for depot in model.depots)),
    )
    return Run(scenario, recorder.seed, recorder.replication, recorder.row, single_tables(recorder, names))


def open_run(folder: Path | str) -> Run:
    """Open a run from its folder.

    Raises
    ------
    CommandError
        There is no run there.
    RunError
        A table is missing or was changed.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if manifest.get("kind") != "run":
        raise CommandError(
            f"{folder} holds a {manifest.get('kind')}, not a run; write `opendome run FILE --out {folder}`"
        )
    verify(folder)
    row = np.array([math.nan if value is None else float(value) for value in manifest["row"]])
    scenario = loads((folder / RESOLVED).read_text(encoding="utf-8"), str(folder / RESOLVED))
    return Run(scenario, manifest["seed"], manifest["replication"], row, {}, folder)


def _check(seed: int, replication: int, picture: str | None) -> None:
    """Refuse what cannot be run."""
    if picture is not None and picture not in _PICTURES:
        raise CommandError(f"unknown picture `{picture}`: write {' or '.join(_PICTURES)}")
    if not 0 <= seed < 2**63:
        raise CommandError(f"seed must be a whole number from 0 to 2^63 - 1, not {seed}")
    if not 0 <= replication < 2**31:
        raise CommandError(f"replication must be a whole number from 0 to 2^31 - 1, not {replication}")


def _play(recorder: Recorder, rule: Any) -> None:
    """Ask the rule at every decision to the end; a compiled rule is asked as the function it came from."""
    choose = as_function(rule)
    state = recorder.state
    while recorder.decide():
        n = state.count[Count.N_OPTIONS]
        recorder.answer(choose(state.view_track, state.view_options[:n], state.view_stock))
    recorder.finish()

"""Run a study: every alternative of a scenario, replication by replication, until the answer is known well enough.

The numbers depend on the scenario, the seed and the design alone. Who works at it, and in what order cells finish,
makes no difference to a single byte.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa

from opendome.base.errors import CommandError
from opendome.measures.derive import find_measure
from opendome.results.manifest import MANIFEST, read_manifest, table_entry, verify, versions, write_manifest
from opendome.results.schema import DOCTRINE_TABLES, STUDY_TABLES, WARNING_TABLES, table_schema
from opendome.results.store import replace_file, sweep, write_stream
from opendome.scenario.paths import find
from opendome.scenario.reader import load
from opendome.study.cells import main_cells
from opendome.study.chunks import ChunkFolder, ChunkMemory, Chunks
from opendome.study.cluster import DaskWorkers
from opendome.study.engine import Engine, Headline, Progress, Workers
from opendome.study.estimates import Source, differences, estimates
from opendome.study.grid import GridStudy
from opendome.study.inputs import Sample, Swing
from opendome.study.kernel import KERNEL, Kernel, WorldShelf
from opendome.study.merge import area_table, daily_tables, lead_table, replication_tables, replications_schema
from opendome.study.plan import Plan, cell_identity, make_plan, policy_name
from opendome.study.pool import ThreadWorkers
from opendome.study.record import Study, TableReader, open_study
from opendome.study.shapley import shapley_table
from opendome.study.stopping import is_narrow

__all__ = ["Study", "open_study", "study"]

RESOLVED = "scenario.resolved.yaml"
"""Name of the resolved scenario in a study folder."""


def study(
    scenario: Any,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    precision: Any = None,
    out: Path | str | None = None,
    policy: Any = None,
    resume: bool = False,
    progress: Progress | None = None,
    cluster: Any = None,
    extras: bool = True,
) -> Study:
    """Run every alternative of a scenario and estimate what they differ in.

    Parameters
    ----------
    scenario : Scenario, or path or name of one
    replications : int, optional
        Alone: exactly so many of every alternative. With ``precision``: at most so many. By default the scenario's.
    seed : int, optional
        By default the scenario's.
    workers : int, optional
        Threads; by default one a processor. The numbers do not depend on it.
    precision : optional
        Stop when intervals are narrow enough: ``"leaked_built_up=0.02"`` or a mapping; see ``stopping.parse_goals``. By
        default the scenario's, unless ``replications`` is given.
    out : path, optional
        Folder for tables and manifest; without it everything stays in memory.
    policy : str or policy, optional
        Registered name of a policy, or the policy itself; by default the scenario's doctrine decides.
    resume : bool
        Go on with the study in ``out``: what is finished is taken, and nothing is lost or doubled.
    progress : callable, optional
        Called as (replications done, in all, running estimate of the headline difference or None).
    cluster : str or distributed.Client, optional
        Dask scheduler (``tcp://host:port``) or ``local:N`` processes.
    extras : bool
        Whether to run the inputs, the grid and the split by cause that the scenario asks for.

    Returns
    -------
    Study

    Raises
    ------
    CommandError
        The call cannot be carried out as written.
    RunError
        A replication failed; what was finished is kept in ``out``.
    """
    scenario = load(scenario) if isinstance(scenario, str | Path) else scenario
    shelf = WorldShelf(scenario, KERNEL)
    plan = make_plan(
        scenario, shelf, replications=replications, seed=seed, precision=precision, policy=policy, extras=extras
    )
    folder = None if out is None else Path(out)
    return run_plan(scenario, plan, folder, workers=workers, resume=resume, progress=progress, cluster=cluster)


def run_plan(
    scenario: Any,
    plan: Plan,
    folder: Path | None,
    *,
    workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    cluster: Any = None,
    kernel: Kernel = KERNEL,
) -> Study:
    """Run a settled study with the functions that ``kernel`` names; see ``study``."""
    shelf = WorldShelf(scenario, kernel, capacity=len(plan.alternatives) + 8)
    chunks: Chunks = ChunkMemory()
    if folder is not None:
        finished = _open_folder(folder, scenario, plan, resume)
        if finished is not None:
            return finished
        chunks = ChunkFolder(folder / "chunks", cell_identity(plan, shelf))
    elif resume:
        raise CommandError("resume needs the folder of the study: write out=..., or --out DIR")
    hands: Workers
    if cluster is None:
        hands = ThreadWorkers(shelf, plan.seed, plan.policy, workers)
    else:
        hands = DaskWorkers(cluster, shelf, kernel, plan.seed, plan.policy)
    try:
        return _Run(scenario, plan, shelf, kernel, folder, chunks, workers).go(hands, progress)
    finally:
        hands.close()


def _open_folder(folder: Path, scenario: Any, plan: Plan, resume: bool) -> Study | None:
    """Make the folder ready; give the study that stands there finished, if it is this very one."""
    if (folder / MANIFEST).is_file():
        found = read_manifest(folder)
        if not resume:
            raise CommandError(f"{folder} holds a study already: choose another folder, or go on with it by resume")
        if found.get("kind") != "study" or found.get("name") != plan.name or found.get("seed") != plan.seed:
            raise CommandError(
                f"{folder} holds `{found.get('name')}` with seed {found.get('seed')}, not `{plan.name}` with seed "
                f"{plan.seed}; choose another folder"
            )
        if found.get("status") == "complete" and found.get("design") == plan.as_text(scenario.hash):
            verify(folder)
            return open_study(folder)
    if folder.is_dir():
        sweep(folder)
    for name in (*STUDY_TABLES, *DOCTRINE_TABLES, *WARNING_TABLES):
        (folder / f"{name}.parquet").unlink(missing_ok=True)
    write_manifest(folder, {**_identity(scenario, plan), "status": "running"})
    with replace_file(folder / RESOLVED) as temporary:
        temporary.write_text(scenario.to_yaml(), encoding="utf-8")
    return None


def _identity(scenario: Any, plan: Plan) -> dict[str, Any]:
    return {
        "kind": "study",
        "name": plan.name,
        "scenario_hash": scenario.hash,
        "scenario": scenario.data,
        "seed": plan.seed,
        "alternatives": list(plan.alternatives),
        "baseline": plan.baseline,
        "headline": plan.headline,
        "headline_alternative": plan.headline_alternative,
        "main_alternatives": list(plan.main_alternatives),
        "confidence": plan.confidence,
        "policy": policy_name(plan.policy),
        "design": plan.as_text(scenario.hash),
        "versions": versions(),
        "raid_moments": {name: None if pair is None else list(pair) for name, pair in plan.moments.items()},
    }


@dataclass
class _Run:
    """One study under way."""

    scenario: Any
    plan: Plan
    shelf: WorldShelf
    kernel: Kernel
    folder: Path | None
    chunks: Chunks
    workers: int | None

    def __post_init__(self) -> None:
        self.tables: dict[str, pa.Table] = {}
        self.entries: dict[str, Any] = {}

    def go(self, hands: Workers, progress: Progress | None) -> Study:
        """Run everything and give the study."""
        plan = self.plan
        asked = self.scenario.model.study
        extras = self._extras(asked, plan.replications)
        self._check(extras)
        total = plan.replications * len(plan.alternatives) + sum(
            cell.count for extra in extras.values() for cell in extra.cells()
        )
        headline = Headline(find_measure(plan.headline), plan.headline_alternative, plan.baseline)
        engine = Engine(self.chunks, hands, progress, total, headline)
        n, why = self._run_main(engine)
        self._write_main(n)
        for name, extra in self._extras(asked, n).items():
            engine.ensure(extra.cells())
            values = (self._base_values(asked.inputs),) if name == "swing" else ()
            self._write(name, [extra.table(engine, *values)])
        if plan.has_extras and asked.shapley is not None:
            split = shapley_table(self._source(n), asked.shapley.causes, asked.shapley.alternatives)
            self._write("shapley", [STUDY_TABLES["shapley"].table(split)])
        if plan.has_extras and (rows := self._best_rows()):
            schema = table_schema("best")
            self._write("best", [schema.table({key: [row[key] for row in rows] for key in schema.names})])
        if plan.has_extras and asked.tradeoff is not None:
            from .tradeoff import tradeoff_tables

            for name, table in tradeoff_tables(
                self.shelf.variant(plan.baseline), plan.seed, None, self.workers
            ).items():
                self._write(name, [table])
        manifest = {
            **_identity(self.scenario, plan),
            "status": "complete",
            "replications": n,
            "stopped": why,
            "tables": self.entries,
        }
        if self.folder is None:
            return Study(manifest, TableReader(None, self.tables))
        write_manifest(self.folder, manifest)
        return open_study(self.folder)

    def _best_rows(self) -> list[dict[str, Any]]:
        """How far the baseline and the headline alternative were from the best possible in the first raid."""
        plan, rows = self.plan, []
        n_draws = self.scenario.model.study.luck_draws
        if n_draws < 2 or not self.kernel.best_rows:
            return []
        for name in dict.fromkeys((plan.baseline, plan.headline_alternative)):
            rule = policy_name(plan.policy) or self.shelf.variant(name).model.doctrine.policy
            world = self.shelf.world(name)
            rows += self.kernel.call("best_rows", world, name, rule, plan.policy, plan.seed, 0, n_draws, self.workers)
        return rows

    def _check(self, extras: dict[str, Any]) -> None:
        """Make the scenario of every varied input once: an end that cannot be is found before anything is run."""
        seen = {(cell.alternative, cell.overrides) for extra in extras.values() for cell in extra.cells()}
        for alternative, overrides in sorted(seen, key=repr):
            self.shelf.variant(alternative, overrides)

    def _run_main(self, engine: Engine) -> tuple[int, str]:
        """Run the study proper; give the number of replications and why it ended there."""
        plan = self.plan
        first = 0
        for until in plan.stops():
            engine.ensure(main_cells(plan.alternatives, first, until))
            first = until
            if plan.goals and self._is_precise(engine, until):
                engine.forget((plan.replications - until) * len(plan.alternatives))
                return until, "every asked-for interval is narrow enough"
        return first, "the stated maximum was reached" if plan.goals else "the stated number was run"

    def _is_precise(self, engine: Engine, n: int) -> bool:
        plan = self.plan
        source = Source(plan.alternatives, partial(engine.main_columns, n), plan.moments, plan.confidence)
        return is_narrow(plan.goals, source, plan.baseline)

    def _extras(self, asked: Any, n_main: int) -> dict[str, Any]:
        if not self.plan.has_extras:
            return {}
        found: dict[str, Any] = {}
        if asked.inputs:
            found["swing"] = Swing(self.plan, self.shelf, asked.inputs, asked.swing_replications, n_main)
            found["inputs"] = Sample(
                self.plan, self.shelf, asked.inputs, asked.sample_points, asked.sample_replications
            )
        if asked.grid is not None:
            found["grid"] = GridStudy(self.plan, self.shelf, asked.grid)
        return found

    def _base_values(self, inputs: Iterable[Any]) -> dict[str, float | None]:
        """Value of each input as it stands; None where the catalogue decides."""
        data = self.shelf.variant(self.plan.baseline).data
        found: dict[str, float | None] = {}
        for entry in inputs:
            try:
                value = find(data, entry.key)
            except KeyError:
                value = None
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            found[entry.key] = float(value) if is_number else None
        return found

    def _source(self, n: int) -> Source:
        reader = TableReader(self.folder, self.tables)
        return reader.source(self.plan.alternatives, n, self.plan.moments, self.plan.confidence)

    def _write_main(self, n: int) -> None:
        alternatives = self.plan.alternatives
        self._write("replications", replication_tables(self.chunks, alternatives, n), replications_schema())
        self._write("daily", daily_tables(self.chunks, alternatives, n))
        self._write("areas", (area_table(self.chunks, name, n, self._places(name)) for name in alternatives))
        self._write("leads", (self._leads(name, n) for name in alternatives))
        if self.kernel.operations:
            self._write("operations", (self._operations(name, n) for name in alternatives))
        source = self._source(n)
        self._write("estimates", [STUDY_TABLES["estimates"].table(estimates(source))])
        if len(alternatives) > 1:
            found = differences(source, self.plan.baseline)
            self._write("differences", [STUDY_TABLES["differences"].table(found)])

    def _leads(self, alternative: str, n: int) -> pa.Table:
        return lead_table(self.chunks, alternative, n, self._world(alternative).shelter_class_s)

    def _operations(self, alternative: str, n: int) -> pa.Table:
        variant, world = self.shelf.variant(alternative), self._world(alternative)
        return cast("pa.Table", self.kernel.call("operations", variant, world, alternative, self.plan.seed, n))

    def _places(self, alternative: str) -> dict[str, Any]:
        return area_places(self.kernel, self.shelf.variant(alternative), self._world(alternative))

    def _world(self, alternative: str) -> Any:
        """The compiled world without radars and tracker."""
        world = self.shelf.world(alternative)
        return getattr(world, "world", world)

    def _write(self, name: str, tables: Iterable[pa.Table], schema: pa.Schema | None = None) -> None:
        schema = table_schema(name).arrow_schema() if schema is None else schema
        if self.folder is None:
            whole = pa.concat_tables(list(tables)).combine_chunks()
            self.tables[name] = whole
            self.entries[name] = {"rows": whole.num_rows}
            return
        path = self.folder / f"{name}.parquet"
        if name == "inputs":
            tables = list(tables)
            schema = tables[0].schema
        n_rows = write_stream(path, schema, tables)
        self.entries[name] = table_entry(path, n_rows)


def area_places(kernel: Kernel, scenario: Any, world: Any) -> dict[str, Any]:
    """Give the columns of `areas` that say where an area is and who lives there, each (n_areas,)."""
    import pymap3d

    names = kernel.call("area_names", scenario)
    areas = world.areas
    site = scenario.model.site
    lat_deg, lon_deg, _ = pymap3d.enu2geodetic(
        areas["east_m"], areas["north_m"], np.zeros(len(areas)), site.lat_deg, site.lon_deg, 0.0
    )
    return {
        "area_id": [str(area_id) for area_id, _ in names],
        "name": [str(name) for _, name in names],
        "lat_deg": np.atleast_1d(lat_deg),
        "lon_deg": np.atleast_1d(lon_deg),
        **{name: areas[name] for name in ("east_m", "north_m", "population", "time_to_shelter_s")},
    }

"""A scenario run over a design of values: settled, run in blocks of points, kept, resumed, opened again.

Every point meets the same raids, replication by replication. A block of points is kept as soon as it is done; blocks
are cut by the design alone, so that the tables have the same bytes whoever works at them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from opendome.base.errors import CommandError, RunError
from opendome.base.tally import N_TALLY, tally_names
from opendome.results.columns import number
from opendome.results.manifest import MANIFEST, read_manifest, table_entry, verify, versions, write_manifest
from opendome.results.schema import SWEEP_TABLES
from opendome.results.store import read_metadata, read_table, sweep, write_stream, write_table
from opendome.study.kernel import KERNEL, Kernel, WorldShelf
from opendome.study.pool import default_workers, in_flight
from opendome.study.sweep_plan import SweepPlan
from opendome.study.sweep_record import Sweep, open_sweep

__all__ = ["BLOCK", "run_sweep"]

BLOCK = 16
"""Points in a block."""


class Block(NamedTuple):
    """Points ``first`` to ``first + n_points - 1``."""

    first: int
    n_points: int


@dataclass(frozen=True)
class BlockStore:
    """Where finished blocks are kept: in a folder, or in memory without one."""

    folder: Path | None
    identity: Callable[[Block], str]
    kept: dict[Block, pa.Table]

    def has(self, block: Block, n_rows: int) -> bool:
        """Whether the block is finished, readable and of this very sweep."""
        if self.folder is None or not self._path(block).is_file():
            return block in self.kept
        try:
            metadata, found = read_metadata(self._path(block))
        except RunError:
            return False
        return metadata.get("block") == self.identity(block) and found == n_rows

    def put(self, block: Block, table: pa.Table) -> None:
        """Keep a finished block."""
        if self.folder is None:
            self.kept[block] = table
        else:
            write_table(self._path(block), table, {"block": self.identity(block)})

    def get(self, block: Block) -> pa.Table:
        """Give a finished block."""
        return self.kept[block] if self.folder is None else read_table(self._path(block))

    def _path(self, block: Block) -> Path:
        return (self.folder or Path()) / f"{block.first}-{block.n_points}.parquet"


def run_sweep(
    scenario: Any,
    plan: SweepPlan,
    folder: Path | None = None,
    *,
    workers: int | None = None,
    resume: bool = False,
    progress: Callable[[int, int, None], None] | None = None,
    kernel: Kernel = KERNEL,
) -> Sweep:
    """Run a settled sweep.

    Parameters
    ----------
    scenario : Scenario
    plan : SweepPlan
    folder : path, optional
        Where tables and manifest are kept; without it everything stays in memory.
    workers : int, optional
        Threads; by default one a processor. The numbers do not depend on it.
    resume : bool
        Go on with the sweep in ``folder``.
    progress : callable, optional
        Called as (replications done, in all, None).
    kernel : Kernel
        Functions that compile and run.

    Raises
    ------
    CommandError
        The folder holds something else, or a sweep without ``resume``.
    """
    if workers is not None and workers < 1:
        raise CommandError(f"workers must be 1 or more, not {workers}; leave it out to use every processor")
    shelf = WorldShelf(scenario, kernel)
    manifest = {**plan.as_manifest(scenario), "kind": "sweep", "versions": versions()}
    if folder is not None:
        finished = _open_folder(folder, manifest, resume)
        if finished is not None:
            return finished
    elif resume:
        raise CommandError("resume needs the folder of the sweep: write --out DIR")
    blocks = [Block(i, min(BLOCK, len(plan.points) - i)) for i in range(0, len(plan.points), BLOCK)]
    store = BlockStore(None if folder is None else folder / "chunks", _identity(plan, shelf), {})
    _run_blocks(blocks, plan, shelf, kernel, store, workers or default_workers(), progress)
    return _finish(folder, manifest, plan, (store.get(block) for block in blocks))


def _open_folder(folder: Path, manifest: dict[str, Any], resume: bool) -> Sweep | None:
    """Make the folder ready; give the sweep that stands there finished, if it is this very one."""
    if (folder / MANIFEST).is_file():
        found = read_manifest(folder)
        if not resume:
            raise CommandError(f"{folder} holds results already: choose another folder, or go on with it by --resume")
        if found.get("kind") != "sweep" or found.get("name") != manifest["name"]:
            raise CommandError(f"{folder} holds a {found.get('kind')} of `{found.get('name')}`; choose another folder")
        if found.get("status") == "complete" and all(found.get(key) == value for key, value in manifest.items()):
            verify(folder)
            return open_sweep(folder)
    if folder.is_dir():
        sweep(folder)
    for name in SWEEP_TABLES:
        (folder / f"{name}.parquet").unlink(missing_ok=True)
    write_manifest(folder, {**manifest, "status": "running"})
    return None


def _identity(plan: SweepPlan, shelf: WorldShelf) -> Callable[[Block], str]:
    """Give the function that names what a block's numbers come from: worlds, points, seed, versions."""
    worlds = {name: shelf.variant(name).world_hash for name in plan.alternatives}
    common = [worlds, plan.alternatives, plan.seed, plan.replications, versions()]

    def identity(block: Block) -> str:
        points = list(plan.points[block.first : block.first + block.n_points])
        return hashlib.sha256(json.dumps([common, block.first, points], sort_keys=True).encode()).hexdigest()

    return identity


def _run_blocks(
    blocks: Sequence[Block],
    plan: SweepPlan,
    shelf: WorldShelf,
    kernel: Kernel,
    store: BlockStore,
    workers: int,
    progress: Callable[[int, int, None], None] | None,
) -> None:
    each = len(plan.alternatives) * plan.replications
    done = 0

    def advance(block: Block) -> None:
        nonlocal done
        done += block.n_points * each
        if progress is not None:
            progress(done, len(plan.points) * each, None)

    def missing() -> Iterator[Block]:
        for block in blocks:
            if store.has(block, block.n_points * each):
                advance(block)
            else:
                yield block

    pool = ThreadPoolExecutor(workers, thread_name_prefix="opendome")

    def submit(block: Block) -> Future[pa.Table]:
        return pool.submit(_run_block, block, plan, shelf, kernel)

    try:
        for block, table in in_flight(missing(), submit, workers + 1):
            store.put(block, table)
            advance(block)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _run_block(block: Block, plan: SweepPlan, shelf: WorldShelf, kernel: Kernel) -> pa.Table:
    """Run every alternative at the points of a block; each world is compiled here, outside any lock, and let go."""
    n_alternatives, r = len(plan.alternatives), plan.replications
    rows = np.empty((block.n_points, n_alternatives, r, N_TALLY))
    for i in range(block.n_points):
        overrides = tuple(plan.points[block.first + i].items())
        for k, alternative in enumerate(plan.alternatives):
            world = kernel.call("compile_world", shelf.variant(alternative, overrides))
            found = np.asarray(kernel.call("run_chunk", world, plan.seed, 0, r, None)[0])
            if found.shape != (r, N_TALLY) or np.isinf(found).any():
                raise RunError(f"point {block.first + i} gave rows {found.shape} or infinity, not {(r, N_TALLY)}")
            rows[i, k] = found
    flat = rows.reshape(-1, N_TALLY)
    columns: dict[str, Any] = {
        "point": np.repeat(np.arange(block.first, block.first + block.n_points), n_alternatives * r),
        "alternative": np.tile(np.repeat(np.array(plan.alternatives, dtype=object), r), block.n_points),
        "replication": np.tile(np.arange(r), block.n_points * n_alternatives),
        **{name: flat[:, i] for i, name in enumerate(tally_names())},
    }
    return SWEEP_TABLES["sweep_rows"].table(columns)


def _finish(folder: Path | None, manifest: dict[str, Any], plan: SweepPlan, rows: Iterator[pa.Table]) -> Sweep:
    """Write the tables, and the manifest last."""
    from opendome.study.sweep_tables import sensitivity_tables

    points = _points_table(plan)
    whole = {**manifest, "status": "complete"}
    if folder is None:
        tables = {"sweep_points": points, "sweep_rows": pa.concat_tables(list(rows)).combine_chunks()}
        return Sweep({**whole, "tables": {name: {"rows": table.num_rows} for name, table in tables.items()}}, tables)
    entries = {}
    schema = SWEEP_TABLES["sweep_rows"].arrow_schema()
    path = folder / "sweep_rows.parquet"
    entries["sweep_rows"] = table_entry(path, write_stream(path, schema, (table.cast(schema) for table in rows)))
    found = Sweep(whole, {"sweep_points": points}, folder)
    tables = {"sweep_points": points}
    if plan.design == "saltelli":
        tables |= sensitivity_tables(found)
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        write_table(path, table)
        entries[name] = table_entry(path, table.num_rows)
    write_manifest(folder, {**whole, "tables": entries})
    return open_sweep(folder)


def _points_table(plan: SweepPlan) -> pa.Table:
    keys = [item.key for item in plan.ranges]
    columns: dict[str, Any] = {
        "point": np.arange(len(plan.points)),
        "sample": [role.sample for role in plan.roles],
        "matrix": [role.matrix for role in plan.roles],
        "moved": [role.moved or None for role in plan.roles],
        **{key: np.array([float(point[key]) for point in plan.points]) for key in keys},
    }
    further = tuple(number(item.key, "", item.label or item.key) for item in plan.ranges)
    return SWEEP_TABLES["sweep_points"].table(columns, further)

"""Workers on other machines through Dask (extra ``cluster``).

A task is (text of the alternative, overrides, seed, first, count, policy by name): idempotent and self-contained, so
that a worker that dies costs its unfinished tasks and nothing else. Results come back to the process that asked, which
writes them as it would its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from opendome.base.errors import CommandError, RunError
from opendome.study.cells import Cell, Overrides
from opendome.study.kernel import Chunk, Kernel, WorldShelf

__all__ = ["DaskWorkers", "alternative_text", "run_task"]

_LOCAL = re.compile(r"local:([0-9]+)")
_ALLOWED_FAILURES = 20


@lru_cache(maxsize=32)
def _shelf(text: str, kernel: Kernel) -> WorldShelf:
    return WorldShelf(kernel.call("read_text", text), kernel, capacity=2)


def run_task(
    text: str, kernel: Kernel, overrides: Overrides, seed: int, first: int, count: int, policy: str | None
) -> Chunk:
    """Run one cell in a worker process, from the text of the alternative; compiled worlds are kept between tasks."""
    return _shelf(text, kernel).run("", overrides, seed, first, count, policy)


def alternative_text(shelf: WorldShelf, alternative: str) -> str:
    """Write an alternative as text that means the same on another machine: files that it names by their whole paths."""
    variant = shelf.variant(alternative)
    files = {key: str(file.resolve()) for key, file in variant.file_keys.items()}
    if files:
        variant = variant.override(files)
    return str(variant.to_yaml())


class DaskWorkers:
    """Runs cells on a Dask cluster.

    Parameters
    ----------
    address : str or distributed.Client
        ``tcp://host:8786`` of a scheduler, ``local:4`` for four processes on this machine, or a client of one's own.
    """

    def __init__(self, address: Any, shelf: WorldShelf, kernel: Kernel, seed: int, policy: Any):
        if policy is not None and not isinstance(policy, str):
            raise CommandError(
                "over a cluster a policy travels by its registered name: register it in a module that the workers can "
                'import, and give the name, for example policy="nearest-first"'
            )
        self._task = (kernel, seed, policy)
        self._shelf = shelf
        self._texts: dict[str, str] = {}
        self._closing: list[Any] = []
        self._client = self._connect(address)

    def _connect(self, address: Any) -> Any:
        try:
            import dask
            from distributed import Client, LocalCluster
        except ImportError:
            raise CommandError('Dask is not installed; write `pip install "opendome[cluster]"`') from None
        if isinstance(address, Client):
            return address
        local = _LOCAL.fullmatch(str(address))
        try:
            if local:
                n_workers = max(1, int(local[1]))
                with dask.config.set({"distributed.scheduler.allowed-failures": _ALLOWED_FAILURES}):
                    cluster = LocalCluster(
                        n_workers=n_workers, threads_per_worker=1, processes=True, dashboard_address=None
                    )
                self._closing.append(cluster)
                client = Client(cluster)
            else:
                client = Client(str(address), timeout="10s")
        except (OSError, TimeoutError, ValueError) as error:
            raise CommandError(
                f"no Dask scheduler answers at {address!r} ({error}); give `tcp://host:port`, or `local:4` for four "
                "processes on this machine"
            ) from error
        self._closing.insert(0, client)
        return client

    def run(self, cells: Iterable[Cell]) -> Iterator[tuple[Cell, Chunk]]:
        """Run cells and give each with its result, in the order in which they finish."""
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        left = iter(cells)
        waiting: dict[str, Cell] = {}
        done = as_completed()

        def fill() -> None:
            limit = 4 * max(1, sum(self._client.nthreads().values()))
            while len(waiting) < limit and (cell := next(left, None)) is not None:
                future = self._submit(cell)
                waiting[future.key] = cell
                done.add(future)

        fill()
        while waiting:
            future = next(done)
            try:
                chunk = future.result()
            except KilledWorker as error:
                raise RunError(f"a cell failed on every worker that tried it: {error}") from error
            yield waiting.pop(future.key), chunk
            future.release()
            fill()

    def close(self) -> None:
        """Let go of the cluster; one that was started here is stopped."""
        for part in self._closing:
            part.close()

    def _submit(self, cell: Cell) -> Any:
        kernel, seed, policy = self._task
        if cell.alternative not in self._texts:
            self._texts[cell.alternative] = alternative_text(self._shelf, cell.alternative)
        text = self._texts[cell.alternative]
        return self._client.submit(
            run_task, text, kernel, cell.overrides, seed, cell.first, cell.count, policy, pure=False
        )

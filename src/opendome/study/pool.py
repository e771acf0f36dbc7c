"""Workers on one machine: threads, since the kernels release the interpreter's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from opendome.base.errors import CommandError
from opendome.study.cells import Cell
from opendome.study.kernel import Chunk, WorldShelf

__all__ = ["ThreadWorkers", "default_workers", "in_flight"]

_Job = TypeVar("_Job")
_Found = TypeVar("_Found")


def default_workers() -> int:
    """Give the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


class ThreadWorkers:
    """Runs cells on threads, a few in flight at a time, so that memory does not grow with the study."""

    def __init__(self, shelf: WorldShelf, seed: int, policy: Any, workers: int | None = None):
        if workers is not None and workers < 1:
            raise CommandError(f"workers must be 1 or more, not {workers}; leave it out to use every processor")
        self._shelf = shelf
        self._seed = seed
        self._policy = policy
        self._workers = workers or default_workers()
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="opendome")

    def run(self, cells: Iterable[Cell]) -> Iterator[tuple[Cell, Chunk]]:
        """Run cells and give each with its result, in the order in which they finish."""
        yield from in_flight(cells, self._submit, 2 * self._workers)

    def close(self) -> None:
        """Stop: what is running ends, what has not begun is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, cell: Cell) -> Future[Chunk]:
        return self._pool.submit(
            self._shelf.run, cell.alternative, cell.overrides, self._seed, cell.first, cell.count, self._policy
        )


def in_flight(
    jobs: Iterable[_Job], submit: Callable[[_Job], Future[_Found]], limit: int
) -> Iterator[tuple[_Job, _Found]]:
    """Keep up to ``limit`` jobs in flight; give each with its result as it finishes."""
    waiting: dict[Future[_Found], _Job] = {}
    left = iter(jobs)
    try:
        while True:
            while len(waiting) < limit and (job := next(left, None)) is not None:
                waiting[submit(job)] = job
            if not waiting:
                return
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield waiting.pop(future), future.result()
    finally:
        for future in waiting:
            future.cancel()

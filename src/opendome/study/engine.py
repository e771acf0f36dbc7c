"""Makes sure that cells are finished: takes those that are kept, runs the others, reports how far it has come."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from opendome.measures.derive import columns_of
from opendome.measures.measure import Measure
from opendome.study.cells import Cell, Overrides, main_cells, side_cells
from opendome.study.chunks import Chunks
from opendome.study.kernel import Chunk
from opendome.study.paired import Interval

__all__ = ["Engine", "Headline", "Progress", "Workers"]

Progress = Callable[[int, int, Interval | None], None]
"""Called as (replications done, replications in all, running estimate of the headline difference or None)."""


class Workers(Protocol):
    """Whoever runs cells."""

    def run(self, cells: Iterable[Cell]) -> Iterator[tuple[Cell, Chunk]]:
        """Run cells and give each with its result, in any order."""
        ...

    def close(self) -> None:
        """Stop."""
        ...


class Headline:
    """Running estimate of the paired difference of the headline measure, from chunks in any order."""

    def __init__(self, measure: Measure, alternative: str, baseline: str):
        self._measure = measure
        self._sides = {alternative: 1.0, baseline: -1.0} if alternative != baseline else {baseline: 1.0}
        self._halves: dict[int, np.ndarray] = {}
        self._n_sides: dict[int, int] = {}
        self._sums = [0.0, 0.0, 0.0]

    def take(self, cell: Cell, rows: np.ndarray) -> None:
        """Take in the rows of a cell of the study proper."""
        sign = self._sides.get(cell.alternative)
        if sign is None or not cell.is_whole:
            return
        values = sign * self._measure(columns_of(rows)) + self._halves.pop(cell.first, 0.0)
        seen = self._n_sides.pop(cell.first, 0) + 1
        if seen < len(self._sides):
            self._halves[cell.first], self._n_sides[cell.first] = values, seen
            return
        values = values[np.isfinite(values)]
        for power in range(3):
            self._sums[power] += float(np.sum(values**power))

    def interval(self) -> Interval | None:
        """Give the estimate so far: for the eye, from sums in order of arrival; never for a table."""
        n, total, squares = self._sums
        if n < 2:
            return None
        spread = max(squares - total * total / n, 0.0) / (n - 1.0)
        half = 1.96 * math.sqrt(spread / n)
        return Interval(total / n, total / n - half, total / n + half, int(n))


class Engine:
    """Runs cells through workers and keeps what they give."""

    def __init__(self, chunks: Chunks, workers: Workers, progress: Progress | None, total: int, headline: Headline):
        self.chunks = chunks
        self._workers = workers
        self._progress = progress
        self._headline = headline
        self._total = total
        self._done = 0

    def ensure(self, cells: Iterable[Cell]) -> None:
        """Make sure that all cells are finished and kept."""

        def missing() -> Iterator[Cell]:
            for cell in cells:
                if self.chunks.has(cell):
                    self._note(cell, None)
                else:
                    yield cell

        for cell, chunk in self._workers.run(missing()):
            self.chunks.put(cell, chunk)
            self._note(cell, chunk.rows)

    def main_columns(self, n: int, alternative: str, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Give columns of the first n replications of the study proper, each (n,); no more than these are held."""
        columns = {name: np.empty(n) for name in names}
        for cell in main_cells((alternative,), 0, n):
            rows = columns_of(self.chunks.rows(cell))
            for name, column in columns.items():
                column[cell.first : cell.first + cell.count] = rows[name]
        return columns

    def main_rows(self, alternative: str, first: int, until: int) -> np.ndarray:
        """Give rows of the study proper, (until - first, N_TALLY); they must be finished."""
        return self._gather(main_cells((alternative,), first, until))

    def side_rows(self, alternative: str, overrides: Overrides, first: int, until: int) -> np.ndarray:
        """Give rows of a varied world, (until - first, N_TALLY); they must be finished."""
        return self._gather(side_cells((alternative,), overrides, first, until))

    def forget(self, replications: int) -> None:
        """Take replications off the total that will not be run after all."""
        self._total -= replications

    def expect(self, replications: int) -> None:
        """Add replications to the total that earlier ones have called for."""
        self._total += replications

    def _gather(self, cells: Iterable[Cell]) -> np.ndarray:
        return np.concatenate([self.chunks.rows(cell) for cell in cells])

    def _note(self, cell: Cell, rows: np.ndarray | None) -> None:
        self._done += cell.count
        if self._progress is None:
            return
        if cell.is_whole:
            self._headline.take(cell, self.chunks.rows(cell) if rows is None else rows)
        self._progress(self._done, self._total, self._headline.interval())

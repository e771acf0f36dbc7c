"""A study cut into cells: which replications of which world are run in one go.

The cut depends on the study alone, never on who works at it. A cell is idempotent: run twice, it gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["CHUNK", "Cell", "Overrides", "main_cells", "side_cells", "spans"]

CHUNK = 25
"""Replications in one cell."""

Overrides = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Cell:
    """Replications ``first`` to ``first + count - 1`` of an alternative, further ``overrides`` applied to it.

    ``is_whole`` cells keep daily, area and lead tables as well as the rows.
    """

    alternative: str
    first: int
    count: int
    overrides: Overrides = ()
    is_whole: bool = True

    @property
    def stem(self) -> str:
        """Where the cell is kept below `chunks`, without ending; side cells go by a digest of their overrides."""
        folder = self.alternative
        if not self.is_whole:
            text = json.dumps([self.alternative, self.overrides], sort_keys=True)
            folder = "_side/" + hashlib.sha256(text.encode()).hexdigest()[:16]
        return f"{folder}/{self.first}-{self.count}"


def spans(first: int, until: int, chunk: int = CHUNK) -> Iterator[tuple[int, int]]:
    """Cut replications ``first`` to ``until - 1`` into (first, count), at most ``chunk`` each."""
    for start in range(first, until, chunk):
        yield start, min(chunk, until - start)


def main_cells(alternatives: Sequence[str], first: int, until: int, chunk: int = CHUNK) -> Iterator[Cell]:
    """Give the cells of the study proper, alternatives side by side so that pairs grow together."""
    for start, count in spans(first, until, chunk):
        for alternative in alternatives:
            yield Cell(alternative, start, count)


def side_cells(
    alternatives: Sequence[str], overrides: Overrides, first: int, until: int, chunk: int = CHUNK
) -> list[Cell]:
    """Give the cells of varied inputs: rows alone are kept."""
    return [
        Cell(alternative, start, count, overrides, is_whole=False)
        for alternative in alternatives
        for start, count in spans(first, until, chunk)
    ]

"""A layer of the map: how many leaks come down in each area, and which batteries are new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["AreaLeaks", "leak_breaks", "leak_look"]

_LIMITS = tuple(float(f"{digit}e{power}") for power in range(4, -6, -1) for digit in (3, 1))


@dataclass(frozen=True)
class AreaLeaks:
    """Mean leaks into built-up ground of each area in a raid; four ``breaks``, falling, between its five shades.

    ``marked`` are names of batteries that are drawn as new.
    """

    leaks: tuple[float, ...]
    breaks: tuple[float, ...]
    marked: frozenset[str]


def leak_breaks(leaks: Sequence[float]) -> tuple[float, ...]:
    """Four round limits, falling by about three; the first is at most half of what comes down in the worst area."""
    most = max(leaks, default=0.0)
    below = tuple(limit for limit in _LIMITS if 2.0 * limit <= most)[:4]
    return below if len(below) == 4 else _LIMITS[-4:]


def leak_look(layer: AreaLeaks, i_area: int) -> tuple[str, str]:
    """Class of an area's shape, and what its title says; below the last limit it looks as any area."""
    leaks = layer.leaks[i_area]
    said = f"; {leaks:.2g} leaks in a raid"
    for shade, limit in enumerate(layer.breaks):
        if leaks >= limit:
            return f"shade s{shade}", said
    return "area", said

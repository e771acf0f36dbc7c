"""Outlines of where a field on a grid is at most a level (marching squares)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["outlines"]

Edge = tuple[int, int, int]
"""Row, column, and 0 for the edge to the next column, 1 for the edge to the next row."""

# Pairs of sides that a line joins, by which corners lie inside: 1 south-west, 2 south-east, 4 north-east, 8 north-west.
_JOINS = {
    1: ("ws",), 2: ("se",), 3: ("we",), 4: ("en",), 6: ("sn",), 7: ("wn",), 8: ("nw",), 9: ("ns",), 11: ("ne",),
    12: ("ew",), 13: ("es",), 14: ("sw",),
}  # fmt: skip
_SADDLES = {(5, False): ("ws", "en"), (5, True): ("wn", "se"), (10, False): ("se", "nw"), (10, True): ("ws", "en")}


def outlines(
    field: NDArray[np.float64], level: float, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
) -> list[list[tuple[float, float]]]:
    """Closed outlines of the region where a field is at most a level.

    Parameters
    ----------
    field : (n_y, n_x)      values at the grid's points; infinity and large values are far outside
    level : float
    x_m, y_m : (n_x,), (n_y,)    the grid, evenly spaced [m]

    Returns
    -------
    list of rings           points (x_m, y_m) without the first one again; holes are rings of their own, so fill by the
                            even-odd rule. A region that meets the grid's edge is closed within one step beyond it.
    """
    above = np.minimum(np.pad(np.asarray(field, float) - level, 1, constant_values=np.inf), 1.0e3)
    inside = above <= 0.0
    corners = inside[:-1, :-1] + 2 * inside[:-1, 1:] + 4 * inside[1:, 1:] + 8 * inside[1:, :-1]
    joined: dict[Edge, list[Edge]] = {}
    for i, j in np.argwhere((corners > 0) & (corners < 15)).tolist():
        case = int(corners[i, j])
        is_joined = bool(above[i : i + 2, j : j + 2].mean() <= 0.0)
        sides: dict[str, Edge] = {"s": (i, j, 0), "n": (i + 1, j, 0), "w": (i, j, 1), "e": (i, j + 1, 1)}
        for pair in _JOINS.get(case) or _SADDLES[case, is_joined]:
            a, b = pair[0], pair[1]
            joined.setdefault(sides[a], []).append(sides[b])
            joined.setdefault(sides[b], []).append(sides[a])
    step_x, step_y = float(x_m[1] - x_m[0]), float(y_m[1] - y_m[0])

    def crossing(edge: Edge) -> tuple[float, float]:
        i, j, is_up = edge
        here, there = above[i, j], above[i + is_up, j + 1 - is_up]
        share = float(here / (here - there))
        across, up = (0.0, share) if is_up else (share, 0.0)
        return float(x_m[0]) + (j - 1 + across) * step_x, float(y_m[0]) + (i - 1 + up) * step_y

    return [[crossing(edge) for edge in ring] for ring in _rings(joined)]


def _rings(joined: dict[Edge, list[Edge]]) -> list[list[Edge]]:
    """Follow the joins from edge to edge until each ring closes."""
    rings, left = [], dict.fromkeys(joined)
    while left:
        start = next(iter(left))
        ring, before, now = [start], start, joined[start][0]
        while now != start:
            ring.append(now)
            a, b = joined[now]
            before, now = now, b if a == before else a
        for edge in ring:
            del left[edge]
        rings.append(ring)
    return rings

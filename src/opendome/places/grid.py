"""Grids of square cells over a part of the local plane, and the cells that an edge touches."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from opendome.base.errors import CommandError

__all__ = ["EDGE_PAD_FRAC", "MAX_CELLS", "grid_shape", "mark_edge"]

MAX_CELLS = 40_000_000
EDGE_PAD_FRAC = 1e-6
"""Share of a cell: edges this near a cell's border touch both neighbours."""

FloatArray = NDArray[np.float64]


def grid_shape(width_m: float, height_m: float, cell_m: float) -> tuple[int, int]:
    """Rows and columns of a grid of ``cell_m`` that covers ``height_m`` by ``width_m``, one spare cell included.

    Raises
    ------
    CommandError
        the cell is not a length, or the grid would be too large
    """
    if not (np.isfinite(cell_m) and cell_m > 0):
        raise CommandError(f"cell_m is {cell_m!r}; write a length above 0")
    n_rows, n_columns = int(height_m // cell_m) + 2, int(width_m // cell_m) + 2
    if n_rows * n_columns > MAX_CELLS:
        least_m = float(np.sqrt(width_m * height_m / MAX_CELLS))
        raise CommandError(
            f"a grid of {cell_m:g} m over {width_m / 1000:.0f} x {height_m / 1000:.0f} km has more than "
            f"{MAX_CELLS:,} cells; write cell_m of {np.ceil(least_m * 1.05 / 10) * 10:.0f} or more"
        )
    return n_rows, n_columns


@njit(cache=True, nogil=True)
def mark_edge(
    a: FloatArray, b: FloatArray, west_m: float, south_m: float, cell_m: float, n_rows: int, spans: NDArray[np.int64]
) -> int:
    """Rows of the grid that an edge from ``a`` to ``b`` may touch, with the first and last column in each.

    Writes (row, first column, last column) to ``spans (>= n_rows, 3)``; returns how many. Errs towards too many cells
    by ``EDGE_PAD_FRAC``. Columns are not cut to the grid.
    """
    pad = EDGE_PAD_FRAC * cell_m
    rise = b[1] - a[1]
    first = max(0, int(np.floor((min(a[1], b[1]) - pad - south_m) / cell_m)))
    last = min(n_rows - 1, int(np.floor((max(a[1], b[1]) + pad - south_m) / cell_m)))
    n = 0
    for row in range(first, last + 1):
        t0, t1 = 0.0, 1.0
        if rise != 0.0:
            t0 = (south_m + row * cell_m - pad - a[1]) / rise
            t1 = (south_m + (row + 1) * cell_m + pad - a[1]) / rise
            if t0 > t1:
                t0, t1 = t1, t0
            t0, t1 = min(max(t0, 0.0), 1.0), min(max(t1, 0.0), 1.0)
        x0, x1 = a[0] + t0 * (b[0] - a[0]), a[0] + t1 * (b[0] - a[0])
        spans[n, 0] = row
        spans[n, 1] = int(np.floor((min(x0, x1) - pad - west_m) / cell_m))
        spans[n, 2] = int(np.floor((max(x0, x1) + pad - west_m) / cell_m))
        n += 1
    return n

"""Which area a point lies in: a raster for pictures and sums, and an exact look-up for the battle's inner loop.

The exact look-up keeps a grid of cells. A cell that no boundary touches is certain and answers at once; any other
cell tests every area that could hold the point. So the answer always equals the point-in-polygon test, whatever the
cell size (a grid that keeps only one candidate a cell does not: two areas may meet near one cell).

Where areas overlap, the one with the lowest index wins, in both.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.geometry import is_point_in_ring
from opendome.base.kernels import kernel
from opendome.places.coastline import LandLookup, is_land_at, land_lookup
from opendome.places.grid import grid_shape, mark_edge

__all__ = [
    "AreaLookup", "AreaRings", "LandLookup", "Raster", "area_at", "area_raster", "areas_at", "exact_area_lookup",
    "fill_rings", "is_land_at", "land_lookup",
]  # fmt: skip

FloatArray = NDArray[np.float64]
Int32Array = NDArray[np.int32]


class AreaRings(Protocol):
    """What the functions here need of a table of areas: one ring each, flat."""

    @property
    def vertices_enu_m(self) -> FloatArray:
        """(m, 2) [m]"""

    @property
    def ring_start(self) -> NDArray[np.int64]:
        """(n + 1,)"""


class Raster(NamedTuple):
    """Area index of each cell, judged at its centre; ``index (ny, nx)`` int16, -1 where there is none.

    Cell ``[j, i]`` spans east ``origin_east_m + i * cell_m`` and north ``origin_north_m + j * cell_m``, one
    ``cell_m`` each way.
    """

    origin_east_m: float
    origin_north_m: float
    cell_m: float
    index: NDArray[np.int16]  # type: ignore[assignment]


class AreaLookup(NamedTuple):
    """Exact look-up made by ``exact_area_lookup``: plain arrays that compiled loops accept.

    ``cell (ny, nx)`` int32 holds an area's index, -1 for none, or ``-2 - k`` for uncertain cell k: then the areas
    ``candidate[candidate_start[k]:candidate_start[k + 1]]``, in rising order, are tested, and ``cover[k]`` is the
    answer if all fail.
    """

    west_m: float
    south_m: float
    cell_m: float
    cell: Int32Array
    candidate_start: NDArray[np.int64]
    candidate: Int32Array
    cover: Int32Array
    vertices_m: FloatArray
    ring_start: NDArray[np.int64]


def area_raster(areas: AreaRings, cell_m: float = 250.0, margin_m: float = 0.0, buffer_m: float = 0.0) -> Raster:
    """Raster of area indices, each cell counted once.

    Parameters
    ----------
    areas : table with ``vertices_enu_m (m, 2)`` and ``ring_start (n + 1,)``
    cell_m : float      side of a cell [m]
    margin_m : float    empty border around all areas [m]
    buffer_m : float    above 0: cells within this distance of an area take the nearest area's index. Below 0: cells
        nearer than this to the edge of all areas taken together are given up. Measured on the raster, so right to
        about a cell [m]

    Returns
    -------
    Raster
    """
    vertices, start = np.asarray(areas.vertices_enu_m, float), np.asarray(areas.ring_start, np.int64)
    if len(start) - 1 > np.iinfo(np.int16).max:
        raise CommandError(f"{len(start) - 1:,} areas do not fit a raster; select at most {np.iinfo(np.int16).max:,}")
    border_m = max(margin_m, buffer_m) + cell_m
    low, high = _bounds(vertices)
    west_m, south_m = (np.floor((low - border_m) / cell_m) * cell_m).tolist()
    n_rows, n_columns = grid_shape(high[0] + border_m - west_m, high[1] + border_m - south_m, cell_m)
    index = np.full((n_rows, n_columns), -1, np.int32)
    fill_rings(index, vertices, start, west_m, south_m, cell_m)
    if buffer_m:
        index = _buffered(index, buffer_m / cell_m)
    return Raster(west_m, south_m, float(cell_m), index.astype(np.int16))


def _bounds(vertices: FloatArray) -> tuple[FloatArray, FloatArray]:
    if len(vertices) == 0:
        return np.zeros(2), np.zeros(2)
    return vertices.min(axis=0), vertices.max(axis=0)


def _buffered(index: Int32Array, buffer_cells: float) -> Int32Array:
    from scipy.ndimage import distance_transform_edt

    if not (index >= 0).any():
        return index
    if buffer_cells < 0:
        return np.where(distance_transform_edt(index >= 0) - 0.5 < -buffer_cells, np.int32(-1), index)
    distance, nearest = distance_transform_edt(index < 0, return_indices=True)
    return np.where(distance - 0.5 <= buffer_cells, index[tuple(nearest)], np.int32(-1))


@njit(cache=True, nogil=True)
def fill_rings(
    index: Int32Array,
    vertices_m: FloatArray,
    ring_start: NDArray[np.int64],
    west_m: float,
    south_m: float,
    cell_m: float,
) -> None:
    """Write each ring's number into the cells (ny, nx) still at -1 whose centres it holds, ring by ring, in place."""
    crossing = np.empty(np.max(np.diff(ring_start)) if len(ring_start) > 1 else 0, np.float64)
    for area in range(len(ring_start) - 1):
        ring = vertices_m[ring_start[area] : ring_start[area + 1]]
        n_rows, n_columns = index.shape
        first = max(0, int(np.floor((ring[:, 1].min() - south_m) / cell_m)))
        last = min(n_rows - 1, int(np.floor((ring[:, 1].max() - south_m) / cell_m)))
        for row in range(first, last + 1):
            n = _crossings(ring, south_m + (row + 0.5) * cell_m, crossing)
            for pair in range(0, n - 1, 2):
                left = max(0, int(np.ceil((crossing[pair] - west_m) / cell_m - 0.5)))
                right = min(n_columns, int(np.ceil((crossing[pair + 1] - west_m) / cell_m - 0.5)))
                for column in range(left, right):
                    if index[row, column] == -1:
                        index[row, column] = area


@njit(cache=True, nogil=True)
def _crossings(ring: FloatArray, north_m: float, crossing: FloatArray) -> int:
    """Where the ring crosses a parallel, sorted; how many there are."""
    n = 0
    before = len(ring) - 1
    for i in range(len(ring)):
        if (ring[i, 1] > north_m) != (ring[before, 1] > north_m):
            run = (ring[before, 0] - ring[i, 0]) / (ring[before, 1] - ring[i, 1])
            crossing[n] = ring[i, 0] + (north_m - ring[i, 1]) * run
            n += 1
        before = i
    crossing[:n].sort()
    return n


def exact_area_lookup(areas: AreaRings, cell_m: float = 250.0) -> AreaLookup:
    """Prepare ``area_at``: the exact answer to which area holds a point.

    Parameters
    ----------
    areas : table with ``vertices_enu_m (m, 2)`` and ``ring_start (n + 1,)``
    cell_m : float      side of a cell [m]; changes the speed, never the answer

    Returns
    -------
    AreaLookup
    """
    vertices = np.ascontiguousarray(areas.vertices_enu_m, dtype=np.float64).reshape(-1, 2)
    start = np.ascontiguousarray(areas.ring_start, dtype=np.int64)
    low, high = _bounds(vertices)
    west_m, south_m = float(low[0] - cell_m), float(low[1] - cell_m)
    n_rows, n_columns = grid_shape(high[0] + cell_m - west_m, high[1] + cell_m - south_m, cell_m)
    cover = np.full((n_rows, n_columns), -1, np.int32)
    if len(start) < 2:
        empty = np.zeros(0, np.int32)
        return AreaLookup(west_m, south_m, float(cell_m), cover, np.zeros(1, np.int64), empty, empty, vertices, start)
    pair_cell, pair_area = _cover_and_edges(cover, vertices, start, west_m, south_m, cell_m)
    order = np.argsort(pair_cell, kind="stable")
    uncertain, first = np.unique(pair_cell[order], return_index=True)
    cell = cover.copy()
    cell.ravel()[uncertain] = -2 - np.arange(len(uncertain), dtype=np.int32)
    candidate_start = np.append(first, len(order)).astype(np.int64)
    best = cover.ravel()[uncertain]
    return AreaLookup(
        west_m, south_m, float(cell_m), cell, candidate_start, pair_area[order], best, vertices, start
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _cover_and_edges(
    cover: Int32Array,
    vertices: FloatArray,
    start: NDArray[np.int64],
    west_m: float,
    south_m: float,
    cell_m: float,
) -> tuple[NDArray[np.int64], Int32Array]:
    """Lowest area that holds each whole cell, into ``cover``; pairs (cell, area) where an area's edge may cut a cell.

    A pair is left out where a lower area covers the whole cell, as it could not win there.
    """
    n_rows, n_columns = cover.shape
    stamp = np.full((n_rows, n_columns), -1, np.int32)
    spans = np.empty((n_rows, 3), np.int64)
    pair_cell, pair_area = np.empty(4096, np.int64), np.empty(4096, np.int32)
    n = 0
    crossing = np.empty(np.max(np.diff(start)), np.float64)
    for area in range(len(start) - 1):
        ring = vertices[start[area] : start[area + 1]]
        for i in range(len(ring)):
            for s in range(mark_edge(ring[i - 1], ring[i], west_m, south_m, cell_m, n_rows, spans)):
                row = spans[s, 0]
                for column in range(max(0, spans[s, 1]), min(n_columns - 1, spans[s, 2]) + 1):
                    if stamp[row, column] == area:
                        continue
                    stamp[row, column] = area
                    if cover[row, column] != -1:
                        continue
                    if n == len(pair_cell):
                        pair_cell = np.concatenate((pair_cell, np.empty(n, np.int64)))
                        pair_area = np.concatenate((pair_area, np.empty(n, np.int32)))
                    pair_cell[n], pair_area[n] = row * n_columns + column, area
                    n += 1
        first = max(0, int(np.floor((ring[:, 1].min() - south_m) / cell_m)))
        last = min(n_rows - 1, int(np.floor((ring[:, 1].max() - south_m) / cell_m)))
        for row in range(first, last + 1):
            n_cut = _crossings(ring, south_m + (row + 0.5) * cell_m, crossing)
            for pair in range(0, n_cut - 1, 2):
                left = max(0, int(np.ceil((crossing[pair] - west_m) / cell_m - 0.5)))
                right = min(n_columns, int(np.ceil((crossing[pair + 1] - west_m) / cell_m - 0.5)))
                for column in range(left, right):
                    if cover[row, column] == -1 and stamp[row, column] != area:
                        cover[row, column] = area
    return pair_cell[:n], pair_area[:n]


@kernel
def area_at(lookup: AreaLookup, east_m: float, north_m: float) -> int:
    """Index of the area that holds the point, -1 for none; exact.

    Parameters
    ----------
    lookup : AreaLookup
    east_m, north_m : float     local plane [m]
    """
    column = np.floor((east_m - lookup.west_m) / lookup.cell_m)
    row = np.floor((north_m - lookup.south_m) / lookup.cell_m)
    if not (0 <= row < lookup.cell.shape[0] and 0 <= column < lookup.cell.shape[1]):
        return -1
    found = lookup.cell[int(row), int(column)]
    if found >= -1:
        return int(found)
    k = -2 - found
    for c in range(lookup.candidate_start[k], lookup.candidate_start[k + 1]):
        area = lookup.candidate[c]
        first, end = lookup.ring_start[area], lookup.ring_start[area + 1]
        if is_point_in_ring(east_m, north_m, lookup.vertices_m, first, end):
            return int(area)
    return int(lookup.cover[k])


@njit(cache=True, nogil=True)
def areas_at(lookup: AreaLookup, east_m: FloatArray, north_m: FloatArray) -> Int32Array:
    """``area_at`` for points (n,) [m]; int32 (n,)."""
    found = np.empty(len(east_m), np.int32)
    for i in range(len(east_m)):
        found[i] = area_at(lookup, east_m[i], north_m[i])
    return found

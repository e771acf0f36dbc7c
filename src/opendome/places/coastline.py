"""Land and sea: coastlines for the map picture, and an exact look-up of land for the battle's inner loop.

Source: Natural Earth land at 1:10 million (public domain) through npm ``world-atlas``, see ``opendome.places.build``.
Its coastlines are right to about a kilometre (1.3 km on average near Gaza), and its grid is 0.004 x 0.002 degrees.
Lakes and inland seas other than the Caspian count as land.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.frames import MEAN_RADIUS_M, EnuBox, Origin, geodetic_to_enu, unit_vectors
from opendome.base.geometry import clip_ring_half_space
from opendome.base.kernels import kernel
from opendome.places.data_files import LAND, load_arrays
from opendome.places.grid import grid_shape, mark_edge

__all__ = ["Coastline", "LandLookup", "coastline_enu", "is_land_at", "land_lookup", "land_rings_enu"]

BOX_LIMIT_M = 2_000_000.0
BOX_SPARE_M = 30_000.0

FloatArray = NDArray[np.float64]


class Coastline(NamedTuple):
    """Land in a box: closed ``polygons`` cut at the box, and the coast alone as ``lines``; each (k, 2) [m]."""

    polygons: tuple[FloatArray, ...]
    lines: tuple[FloatArray, ...]


class LandLookup(NamedTuple):
    """Exact look-up made by ``land_lookup``: plain arrays that compiled loops accept.

    ``cell (ny, nx)`` int8: 1 land, 0 sea, 2 where a coast may pass. Row j's edges are
    ``edge_m[row_edge[row_start[j]:row_start[j + 1]]]``, each (east, north, east, north) [m].
    """

    west_m: float
    south_m: float
    east_m: float
    north_m: float
    cell_m: float
    cell: NDArray[np.int8]
    row_start: NDArray[np.int64]
    row_edge: NDArray[np.int32]
    edge_m: FloatArray


class _Land(NamedTuple):
    lat_deg: FloatArray
    lon_deg: FloatArray
    ring_start: NDArray[np.int64]
    cap_axis: FloatArray
    cap_angle_rad: FloatArray


@functools.cache
def _land() -> _Land:
    arrays = load_arrays(LAND)
    scale_deg, shift_deg = arrays["grid_scale_deg"].astype(np.float64), arrays["grid_shift_deg"].astype(np.float64)
    position = arrays["lon_lat_grid"].astype(np.float64) * scale_deg + shift_deg
    return _Land(
        np.ascontiguousarray(position[:, 1]),
        np.ascontiguousarray(position[:, 0]),
        arrays["ring_start"].astype(np.int64),
        arrays["cap_axis"].astype(np.float64),
        np.arccos(np.clip(arrays["cap_cosine"].astype(np.float64), -1.0, 1.0)),
    )


def land_rings_enu(origin: Origin, box: EnuBox) -> list[FloatArray]:
    """Outlines of all land in a box of the local plane and somewhat beyond, each (k, 2) [m]; even-odd rule.

    Works anywhere, poles and 180th meridian included: rings are clipped on the sphere, by planes through the Earth's
    centre.

    Raises
    ------
    CommandError
        the box is empty or reaches more than 2,000 km from the origin
    RunError
        the bundled data are missing
    """
    reach_m = max(abs(side) for side in box)
    if not (box.west_m < box.east_m and box.south_m < box.north_m):
        raise CommandError(f"the box {tuple(box)} is empty; write west < east and south < north")
    if not reach_m <= BOX_LIMIT_M:
        raise CommandError(
            f"the box reaches {reach_m / 1000:,.0f} km from the origin; at most {BOX_LIMIT_M / 1000:,.0f} km are kept"
        )
    land = _land()
    reach = (reach_m * 1.02 + BOX_SPARE_M) / MEAN_RADIUS_M
    slope = reach / np.sqrt(1.0 - 2.0 * reach**2)
    axes = _local_axes(origin)
    sides = (axes[2] * slope - axes[0], axes[2] * slope + axes[0], axes[2] * slope - axes[1], axes[2] * slope + axes[1])
    distance = np.arccos(np.clip(land.cap_axis @ axes[2], -1.0, 1.0))
    near = np.flatnonzero(distance <= land.cap_angle_rad + np.arctan(slope * np.sqrt(2.0)))
    rings = []
    for i in near:
        rows = slice(land.ring_start[i], land.ring_start[i + 1])
        ring = unit_vectors(land.lat_deg[rows], land.lon_deg[rows])
        for side in sides:
            ring = clip_ring_half_space(ring, side)
        if len(ring) >= 3:
            lat = np.degrees(np.arctan2(ring[:, 2], np.hypot(ring[:, 0], ring[:, 1])))
            east, north, _ = geodetic_to_enu(origin, lat, np.degrees(np.arctan2(ring[:, 1], ring[:, 0])))
            rings.append(np.stack([east, north], axis=1))
    return rings


def _local_axes(origin: Origin) -> FloatArray:
    """East, north and up at the origin as rows (3, 3)."""
    lat, lon = np.radians(origin.lat_deg), np.radians(origin.lon_deg)
    return np.array(
        [
            [-np.sin(lon), np.cos(lon), 0.0],
            [-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)],
            [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)],
        ]
    )


def coastline_enu(origin: Origin, box: EnuBox) -> Coastline:
    """Land polygons and coast lines clipped to a box of the local plane, for drawing.

    Raises as ``land_rings_enu``.
    """
    polygons, lines = [], []
    sides = ((1.0, 0.0, -box.west_m), (-1.0, 0.0, box.east_m), (0.0, 1.0, -box.south_m), (0.0, -1.0, box.north_m))
    for ring in land_rings_enu(origin, box):
        clipped = np.column_stack([ring, np.ones(len(ring))])
        for side in sides:
            clipped = clip_ring_half_space(clipped, side)
        if len(clipped) >= 3:
            polygons.append(np.ascontiguousarray(clipped[:, :2]))
            lines.extend(_open_lines(clipped[:, :2], box))
    return Coastline(tuple(polygons), tuple(lines))


def _open_lines(ring: FloatArray, box: EnuBox) -> list[FloatArray]:
    """The parts of a clipped ring that do not run along the box's sides."""
    near_m = 1e-3
    following = np.roll(ring, -1, axis=0)
    on_side = np.zeros(len(ring), bool)
    for axis, edge in ((0, box.west_m), (0, box.east_m), (1, box.south_m), (1, box.north_m)):
        on_side |= (np.abs(ring[:, axis] - edge) < near_m) & (np.abs(following[:, axis] - edge) < near_m)
    if on_side.all():
        return []
    if not on_side.any():
        return [np.vstack([ring, ring[:1]])]
    first = int(np.flatnonzero(on_side)[0]) + 1
    turned, gap = np.roll(ring, -first, axis=0), np.roll(on_side, -first)
    pieces = np.split(turned, np.flatnonzero(gap) + 1)
    return [piece for piece in pieces if len(piece) >= 2]


def land_lookup(
    origin: Origin, box: EnuBox, cell_m: float = 250.0, rings: Sequence[FloatArray] | None = None
) -> LandLookup:
    """Prepare ``is_land_at`` for a box of the local plane.

    Parameters
    ----------
    origin : Origin
    box : EnuBox        where answers are wanted [m]
    cell_m : float      side of a cell [m]; changes the speed, never the answer
    rings : (k, 2) each     outlines of land [m] in place of the bundled coastlines; none at all means sea everywhere

    Raises as ``land_rings_enu``.
    """
    rings = land_rings_enu(origin, box) if rings is None else rings
    n_rows, n_columns = grid_shape(box.east_m - box.west_m, box.north_m - box.south_m, cell_m)
    pairs = [np.hstack([ring, np.roll(ring, -1, axis=0)]) for ring in rings]
    edges = np.ascontiguousarray(np.concatenate(pairs)) if pairs else np.zeros((0, 4))
    outside = (np.maximum(edges[:, 1], edges[:, 3]) < box.south_m - cell_m) | (
        np.minimum(edges[:, 1], edges[:, 3]) > box.south_m + (n_rows + 1) * cell_m
    )
    # Edges wholly west of the box can never be met by a ray that runs east.
    outside |= np.maximum(edges[:, 0], edges[:, 2]) < box.west_m - cell_m
    edges = np.ascontiguousarray(edges[~outside])
    cell, pair_row, pair_edge = _land_cells(edges, box.west_m, box.south_m, float(cell_m), n_rows, n_columns)
    order = np.argsort(pair_row, kind="stable")
    row_start = np.searchsorted(pair_row[order], np.arange(n_rows + 1)).astype(np.int64)
    west_m, south_m, east_m, north_m = (float(side) for side in box)
    return LandLookup(west_m, south_m, east_m, north_m, float(cell_m), cell, row_start, pair_edge[order], edges)


@njit(cache=True, nogil=True)
def _land_cells(
    edges: FloatArray, west_m: float, south_m: float, cell_m: float, n_rows: int, n_columns: int
) -> tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.int32]]:
    """Cells (ny, nx), and the pairs (row, edge) where an edge touches a row of the grid."""
    spans = np.empty((n_rows, 3), np.int64)
    n = 0
    for e in range(len(edges)):
        n += mark_edge(edges[e, :2], edges[e, 2:], west_m, south_m, cell_m, n_rows, spans)
    pair_row, pair_edge = np.empty(n, np.int64), np.empty(n, np.int32)
    turns = np.zeros((n_rows, n_columns + 1), np.bool_)
    coast = np.zeros((n_rows, n_columns), np.bool_)
    n = 0
    for e in range(len(edges)):
        for s in range(mark_edge(edges[e, :2], edges[e, 2:], west_m, south_m, cell_m, n_rows, spans)):
            row = spans[s, 0]
            pair_row[n], pair_edge[n] = row, e
            n += 1
            for column in range(max(0, spans[s, 1]), min(n_columns - 1, spans[s, 2]) + 1):
                coast[row, column] = True
            north = south_m + (row + 0.5) * cell_m
            if (edges[e, 1] > north) != (edges[e, 3] > north):
                run = (edges[e, 2] - edges[e, 0]) / (edges[e, 3] - edges[e, 1])
                east = edges[e, 0] + (north - edges[e, 1]) * run
                end = min(max(int(np.ceil((east - west_m) / cell_m - 0.5)), 0), n_columns)
                turns[row, end] = not turns[row, end]
    cell = np.zeros((n_rows, n_columns), np.int8)
    for row in range(n_rows):
        inside = False  # east of everything; turned at each crossing met on the way west
        for column in range(n_columns, -1, -1):
            if column < n_columns:
                cell[row, column] = 2 if coast[row, column] else (1 if inside else 0)
            if turns[row, column]:
                inside = not inside
    return cell, pair_row, pair_edge


@kernel
def is_land_at(lookup: LandLookup, east_m: float, north_m: float) -> bool:
    """Whether a point of the local plane [m] is land, by the outlines given to ``land_lookup``; exact within its box.

    A point outside the box gets the answer of the nearest point of the box.
    """
    n_rows, n_columns = lookup.cell.shape
    east = min(max(east_m, lookup.west_m), lookup.east_m)
    north = min(max(north_m, lookup.south_m), lookup.north_m)
    row = min(int((north - lookup.south_m) / lookup.cell_m), n_rows - 1)
    kind = lookup.cell[row, min(int((east - lookup.west_m) / lookup.cell_m), n_columns - 1)]
    if kind != 2:
        return bool(kind == 1)
    inside = False
    for k in range(lookup.row_start[row], lookup.row_start[row + 1]):
        e = lookup.row_edge[k]
        north_a, north_b = lookup.edge_m[e, 1], lookup.edge_m[e, 3]
        if (north_a > north) != (north_b > north):
            run = (lookup.edge_m[e, 2] - lookup.edge_m[e, 0]) / (north_b - north_a)
            if east < lookup.edge_m[e, 0] + (north - north_a) * run:
                inside = not inside
    return inside

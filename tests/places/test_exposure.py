"""Rasters and exact look-ups against brute-force point-in-polygon tests."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from opendome.base.errors import CommandError
from opendome.base.frames import EnuBox, Origin
from opendome.base.geometry import points_in_ring
from opendome.places.exposure import area_at, area_raster, areas_at, exact_area_lookup, is_land_at, land_lookup


def polygons(seed: int, n: int, span_m: float, size_m: float) -> SimpleNamespace:
    """Give ``n`` polygons of 3 to 40 corners, some crossing themselves, that overlap."""
    rng = np.random.default_rng(seed)
    rings = []
    for _ in range(n):
        k = int(rng.integers(3, 41))
        angle = rng.uniform(0, 2 * np.pi, k)
        if rng.random() < 0.7:
            angle.sort()
        radius = size_m * rng.uniform(0.2, 1, k)
        rings.append(rng.uniform(-span_m, span_m, 2) + np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1))
    return table(rings)


def table(rings: list[np.ndarray]) -> SimpleNamespace:
    start = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64)
    return SimpleNamespace(vertices_enu_m=np.concatenate(rings), ring_start=start)


def brute_force(areas: SimpleNamespace, east: np.ndarray, north: np.ndarray) -> np.ndarray:
    found = np.full(len(east), -1)
    for i in reversed(range(len(areas.ring_start) - 1)):
        ring = areas.vertices_enu_m[areas.ring_start[i] : areas.ring_start[i + 1]]
        found[points_in_ring(east, north, ring)] = i
    return found


@given(st.integers(0, 10**6), st.integers(1, 40), st.sampled_from([37.0, 250.0, 1000.0, 4000.0, 50_000.0]))
def test_lookup_equals_brute_force(seed: int, n: int, cell_m: float) -> None:
    areas = polygons(seed, n, 5e3, 4e3)
    lookup = exact_area_lookup(areas, cell_m)
    rng = np.random.default_rng(seed + 1)
    east, north = rng.uniform(-1.1e4, 1.1e4, (2, 3000))
    assert (areas_at(lookup, east, north) == brute_force(areas, east, north)).all()


@given(st.integers(0, 10**6))
def test_lookup_equals_brute_force_on_cell_borders_and_vertices(seed: int) -> None:
    areas = polygons(seed, 20, 5e3, 4e3)
    areas.vertices_enu_m = np.round(areas.vertices_enu_m / 250.0) * 250.0  # edges along the very borders of cells
    lookup = exact_area_lookup(areas, 250.0)
    half = np.arange(-9000, 9001, 125.0)
    east, north = (grid.ravel() for grid in np.meshgrid(half, half))
    east, north = np.append(east, areas.vertices_enu_m[:, 0]), np.append(north, areas.vertices_enu_m[:, 1])
    assert (areas_at(lookup, east, north) == brute_force(areas, east, north)).all()


def test_two_areas_that_meet_near_one_cell() -> None:
    left = np.array([[0, 0], [1000.0, 0], [1001.0, 1000], [0, 1000]])
    right = np.array([[1000.0, 0], [2000, 0], [2000, 1000], [1001.0, 1000]])
    lookup = exact_area_lookup(table([left, right]), 250.0)
    assert [area_at(lookup, e, 500.0) for e in (999.9, 1000.49, 1000.51, 1100.0, 2100.0)] == [0, 0, 1, 1, -1]


def test_where_areas_overlap_the_lowest_index_wins() -> None:
    square = np.array([[0, 0], [1000.0, 0], [1000, 1000], [0, 1000]])
    areas = table([square, square * 3, square * 2])
    lookup, raster = exact_area_lookup(areas, 100.0), area_raster(areas, 100.0)
    assert [area_at(lookup, x, x) for x in (500.0, 1500.0, 2500.0, 3500.0)] == [0, 1, 1, -1]
    counts = np.bincount(raster.index[raster.index >= 0], minlength=3)
    assert counts.tolist() == [100, 800, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_points_nowhere_are_in_no_area(bad: float) -> None:
    lookup = exact_area_lookup(polygons(1, 5, 1e3, 1e3), 250.0)
    assert area_at(lookup, bad, 0.0) == -1
    assert area_at(lookup, 0.0, bad) == -1


def test_raster_and_polygon_areas_agree() -> None:
    rings = [np.array([[0, 0], [7300.0, 400], [9000, 8000], [-500, 6000]]) + 12_000 * i for i in range(4)]
    raster = area_raster(table(rings), 50.0)
    counts = np.bincount(raster.index[raster.index >= 0], minlength=4)
    assert counts * 2500.0 == pytest.approx(np.full(4, shoelace(rings[0])), rel=1e-3)


def shoelace(ring: np.ndarray) -> float:
    x, y = ring.T
    return abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())) / 2


def test_raster_cells_say_what_their_centres_are() -> None:
    areas = polygons(7, 30, 5e3, 3e3)
    raster = area_raster(areas, 200.0, margin_m=1000.0)
    rows, columns = np.indices(raster.index.shape)
    east = (raster.origin_east_m + (columns + 0.5) * 200.0).ravel()
    north = (raster.origin_north_m + (rows + 0.5) * 200.0).ravel()
    assert (raster.index.ravel() == brute_force(areas, east, north)).all()
    assert areas.vertices_enu_m[:, 0].min() - raster.origin_east_m >= 1000.0


def test_buffers_grow_and_shrink_by_the_right_amount() -> None:
    square = table([np.array([[0, 0], [10_000.0, 0], [10_000, 10_000], [0, 10_000]])])
    cells = {b: int((area_raster(square, 50.0, buffer_m=b).index >= 0).sum()) * 2500.0 for b in (-500.0, 0.0, 500.0)}
    assert cells[0.0] == pytest.approx(1e8, rel=1e-9)
    assert cells[-500.0] == pytest.approx(9000.0**2, rel=0.005)
    assert cells[500.0] == pytest.approx(1e8 + 4 * 10_000 * 500 + np.pi * 500**2, rel=0.005)


def test_a_buffer_takes_the_nearest_area() -> None:
    two = table([np.add([[0, 0], [1000.0, 0], [1000, 1000], [0, 1000]], [x, 0]) for x in (0, 2000)])
    raster = area_raster(two, 100.0, buffer_m=600.0)
    row = int((500 - raster.origin_north_m) // 100)
    gap = [int(raster.index[row, int((e - raster.origin_east_m) // 100)]) for e in (1050, 1350, 1650, 1950, 3550, 3650)]
    assert gap == [0, 0, 1, 1, 1, -1]


def test_grids_without_sense_are_refused() -> None:
    areas = polygons(1, 3, 1e5, 1e3)
    for cell_m in (0.0, -5.0, np.nan):
        with pytest.raises(CommandError, match="cell_m"):
            exact_area_lookup(areas, cell_m)
    with pytest.raises(CommandError, match="write cell_m of"):
        area_raster(areas, 1.0)


def test_no_area_at_all() -> None:
    nothing = SimpleNamespace(vertices_enu_m=np.zeros((0, 2)), ring_start=np.zeros(1, np.int64))
    assert area_at(exact_area_lookup(nothing, 250.0), 0.0, 0.0) == -1
    assert (area_raster(nothing, 250.0, buffer_m=300.0).index == -1).all()


def test_600_polygons_over_200_km_are_ready_within_a_second() -> None:
    exact_area_lookup(polygons(1, 2, 1e5, 4e3))
    areas = polygons(2, 600, 1e5, 4e3)
    start_s = time.process_time()
    exact_area_lookup(areas, 250.0)
    assert time.process_time() - start_s < 1.0


@njit
def _both(areas, land, east, north):  # type: ignore[no-untyped-def]
    total = 0
    for i in range(len(east)):
        if is_land_at(land, east[i], north[i]):
            total += area_at(areas, east[i], north[i]) + 2
    return total


def test_compiled_loops_take_both_lookups() -> None:
    ring = np.array([[-2e3, -2e3], [2e3, -2e3], [2e3, 2e3], [-2e3, 2e3]])
    land = land_lookup(Origin(0, 0), EnuBox(-5e3, -5e3, 5e3, 5e3), 250.0, rings=[ring])
    areas = exact_area_lookup(table([ring / 2]), 250.0)
    assert _both(areas, land, np.array([0.0, 1500.0, 3000.0]), np.zeros(3)) == 2 + 1

"""Class tables against the integrator they stand for, and their look-ups."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pymap3d.vincenty
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.flight import FlightTable, class_table, fly, stack_tables
from opendome.flight.integrator import launch_state, make_site, record_to_ground
from opendome.flight.tables import (
    class_point,
    class_tof_s,
    class_wind_s,
    table_point,
    table_tof_s,
    table_wind_s,
)

LAT_DEG = 31.5
ELEVATION_RAD = math.radians(50.0)
# first and last range, ballistic coefficient, time of flight at the last range in an earlier study
CLASSES = {
    "10 km": (3_000.0, 10_000.0, 6_000.0, 54.0),
    "20 km": (5_000.0, 20_000.0, 8_000.0, 79.0),
    "40 km": (12_000.0, 40_000.0, 10_000.0, 113.0),
    "70 km": (20_000.0, 70_000.0, 12_000.0, 143.0),
}


@cache
def table_of(name: str) -> FlightTable:
    low_m, high_m, beta, _ = CLASSES[name]
    return class_table(low_m, high_m, beta, ELEVATION_RAD)


def flight_without_coriolis(speed: float, beta: float) -> tuple[NDArray[np.float64], ...]:
    """Times, ground distances (Vincenty on WGS84) and heights of a northward flight, by the integrator."""
    site = make_site(lat_rad=math.radians(LAT_DEG), h_hae_m=0.0, ballistic_coefficient_kgpm2=beta, coriolis_radps=0.0)
    rows = np.empty((40_000, 7))
    n = record_to_ground(launch_state(speed, ELEVATION_RAD, 0.0), 0.05, site, rows)
    lat, lon, h_m = pymap3d.enu2geodetic(rows[:n, 1], rows[:n, 2], rows[:n, 3], LAT_DEG, 34.5, 0.0)
    # rounding puts the starting point a hair away from itself; the formula needs one side as arrays
    down_m = pymap3d.vincenty.vdist(np.full(n, LAT_DEG), np.full(n, 34.5), lat, lon)[0]
    return rows[:n, 0], np.nan_to_num(down_m), h_m


def worst_errors(name: str, n_flights: int = 25) -> tuple[float, float]:
    """Worst error of the time of flight [s] and of the place [m] over flights between the grid's ranges."""
    low_m, high_m, beta, _ = CLASSES[name]
    table, worst_s, worst_m, n_used = table_of(name), 0.0, 0.0, 0
    for speed in np.geomspace(150.0, 1_500.0, 8 * n_flights):
        t_s, down_m, h_m = flight_without_coriolis(float(speed), beta)
        range_m = float(down_m[-1])
        if not low_m < range_m < high_m:
            continue
        n_used += 1
        worst_s = max(worst_s, abs(table_tof_s(table, range_m) - t_s[-1]))
        points = np.array([table_point(table, range_m, t / t_s[-1]) for t in t_s[::20]])
        off_m = np.hypot(points[:, 0] * range_m - down_m[::20], points[:, 1] - h_m[::20])
        worst_m = max(worst_m, float(off_m.max()))
    assert n_used >= n_flights
    return worst_s, worst_m


@pytest.mark.parametrize("name", CLASSES)
def test_table_agrees_with_the_integrator(name: str) -> None:
    worst_s, worst_m = worst_errors(name)
    assert worst_s < 0.005
    assert worst_m < 10.0


@pytest.mark.parametrize("name", CLASSES)
def test_time_of_flight_of_the_generic_classes(name: str) -> None:
    """Within 5 % of 17.1 sqrt(R km) s and of the study's own times at the last range."""
    _, high_m, _, study_s = CLASSES[name]
    tof_s = table_tof_s(table_of(name), high_m)
    assert tof_s == pytest.approx(17.1 * math.sqrt(high_m / 1e3), rel=0.05)
    assert tof_s == pytest.approx(study_s, rel=0.025)


def test_shape_of_a_table() -> None:
    table = table_of("40 km")
    assert table.range_m.shape == table.tof_s.shape == table.wind_along_s.shape == table.wind_cross_s.shape == (96,)
    assert table.down_frac.shape == table.height_m.shape == (96, 65)
    assert np.all(np.diff(table.tof_s) > 0.0)
    assert np.all(np.diff(table.down_frac, axis=1) > 0.0)
    assert np.all(table.down_frac[:, 0] == 0.0) and np.all(table.down_frac[:, -1] == 1.0)
    np.testing.assert_allclose(table.height_m[:, [0, -1]], 0.0, atol=1e-6)
    assert np.all(table.height_m[:, 1:-1] > 0.0)
    assert np.all(np.diff(table.height_m.max(axis=1)) > 0.0)


def test_nearly_airless_table_is_the_parabola() -> None:
    table = class_table(1_000.0, 5_000.0, 1e8, math.radians(45.0))
    g = 9.79
    np.testing.assert_allclose(table.tof_s, np.sqrt(2.0 * table.range_m / g), rtol=1e-3)
    np.testing.assert_allclose(table.height_m.max(axis=1), table.range_m / 4.0, rtol=2e-3)
    down, height = table_point(table, 3_000.0, 0.25)
    assert down == pytest.approx(0.25, abs=1e-3) and height == pytest.approx(3_000.0 * 0.1875, rel=2e-3)
    along_s, cross_s = table_wind_s(table, 3_000.0)
    assert abs(along_s) < 0.01 and abs(cross_s) < 0.01


def test_wind_sensitivity_predicts_the_integrator() -> None:
    """A flight of the integrator in a wind lands where the table's sensitivity says."""
    speed, beta = 1_113.0, 10_000.0

    def impact(east: float, north: float) -> NDArray[np.float64]:
        out = fly(speed, ELEVATION_RAD, beta, 0.0, math.radians(LAT_DEG), wind_east_mps=east, wind_north_mps=north)
        return out.pos_enu_m[-1]

    still = impact(0.0, 0.0)
    along_s, cross_s = table_wind_s(table_of("40 km"), float(np.hypot(still[0], still[1])))
    assert impact(0.0, 6.0)[1] - still[1] == pytest.approx(6.0 * along_s, rel=0.02)
    assert impact(6.0, 0.0)[0] - still[0] == pytest.approx(6.0 * cross_s, rel=0.02)


@given(st.floats(0.01, 0.999), st.floats(0.0, 1.0))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_below_the_grid_the_lowest_row_shrinks(share: float, time_frac: float) -> None:
    table = table_of("20 km")
    first_m = float(table.range_m[0])
    down, height = table_point(table, first_m, time_frac)
    assert table_tof_s(table, share * first_m) == pytest.approx(math.sqrt(share) * table.tof_s[0])
    assert table_point(table, share * first_m, time_frac) == pytest.approx((down, share * height))


@given(st.floats(1.0, 3.0), st.floats(0.0, 1.0))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_above_the_grid_the_highest_row_grows(factor: float, time_frac: float) -> None:
    table = table_of("20 km")
    last_m = float(table.range_m[-1])
    down, height = table_point(table, last_m, time_frac)
    assert table_tof_s(table, factor * last_m) == pytest.approx(math.sqrt(factor) * table.tof_s[-1])
    assert table_point(table, factor * last_m, time_frac) == pytest.approx((down, factor * height))


@given(st.floats(0.0, 200_000.0), st.floats(-1.0, 2.0))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_look_ups_are_continuous_and_bounded(range_m: float, time_frac: float) -> None:
    table = table_of("70 km")
    down, height = table_point(table, range_m, time_frac)
    assert -1e-9 <= down <= 1.0 + 1e-9 and -1e-6 <= height <= 0.4 * range_m + 1e-6
    near = table_point(table, range_m + 0.01, time_frac + 1e-6)
    assert near[0] == pytest.approx(down, abs=1e-4) and near[1] == pytest.approx(height, abs=1.0)
    assert table_tof_s(table, range_m + 0.01) >= table_tof_s(table, range_m)


def test_grid_points_are_met() -> None:
    table = table_of("10 km")
    for i_range in (0, 17, 95):
        range_m = float(table.range_m[i_range])
        assert table_tof_s(table, range_m) == pytest.approx(table.tof_s[i_range], abs=1e-9)
        for i_time in (0, 1, 31, 63, 64):
            down, height = table_point(table, range_m, i_time / 64.0)
            assert down == pytest.approx(table.down_frac[i_range, i_time], abs=1e-9)
            assert height == pytest.approx(table.height_m[i_range, i_time], abs=1e-6)


@njit
def _from_compiled_code(tables, i_class, range_m, time_frac):
    down, height = class_point(tables, i_class, range_m, time_frac)
    return class_tof_s(tables, i_class, range_m), down, height, class_wind_s(tables, i_class, range_m)


def test_a_stack_gives_the_same_as_its_tables() -> None:
    stack = stack_tables([table_of(name) for name in CLASSES])
    assert stack.height_m.shape == (4, 96, 65)
    for i_class, name in enumerate(CLASSES):
        table = table_of(name)
        tof_s, down, height, wind = _from_compiled_code(stack, i_class, 15_000.0, 0.3)
        assert tof_s == table_tof_s(table, 15_000.0)
        assert (down, height) == table_point(table, 15_000.0, 0.3)
        assert wind == table_wind_s(table, 15_000.0)


def test_same_bytes_each_time() -> None:
    first = class_table(3_000.0, 10_000.0, 6_000.0, ELEVATION_RAD)
    for ours, theirs in zip(first, table_of("10 km"), strict=True):
        assert ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((10_000.0, 4_000.0, 6_000.0, 0.9), "range_min_m < range_max_m"),
        ((0.0, 4_000.0, 6_000.0, 0.9), "range_min_m"),
        ((1_000.0, 4_000.0, 0.0, 0.9), "ballistic_coefficient_kgpm2"),
        ((1_000.0, 4_000.0, 6_000.0, 50.0), "elevation_rad"),
        ((10_000.0, 900_000.0, 1_000.0, 0.9), "out of reach"),
    ],
)
def test_errors_name_the_argument(arguments: tuple[float, float, float, float], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        class_table(*arguments)


def test_grid_and_stack_errors() -> None:
    with pytest.raises(CommandError, match="n_time"):
        class_table(1_000.0, 4_000.0, 6_000.0, 0.9, n_time=3)
    with pytest.raises(CommandError, match="one grid size"):
        stack_tables([])
    with pytest.raises(CommandError, match="one grid size"):
        stack_tables([table_of("10 km"), class_table(1_000.0, 4_000.0, 6_000.0, 0.9, n_range=5)])

"""Paths of cruising objects: geometry of legs and corners."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from opendome.flight.drones import path_length_m, path_point, turn_radius_m

CORNER = np.array([[0.0, 0.0], [0.0, 10_000.0], [10_000.0, 10_000.0]])


def test_right_angle_in_closed_form() -> None:
    """Two legs of 10 km at a right angle, radius 2 km: 2 (10 - 2) + pi/2 x 2 km."""
    assert path_length_m(CORNER, 2_000.0) == pytest.approx(16_000.0 + math.pi * 1_000.0)
    middle = path_point(CORNER, 2_000.0, 0.5)
    reach = 2_000.0 * (1.0 - math.sqrt(0.5))
    assert middle == pytest.approx((reach, 10_000.0 - reach, math.pi / 4.0))


def test_sharp_corners_give_the_polyline() -> None:
    assert path_length_m(CORNER, 0.0) == pytest.approx(20_000.0)
    assert path_point(CORNER, 0.0, 0.25) == pytest.approx((0.0, 5_000.0, 0.0))
    assert path_point(CORNER, 0.0, 0.75) == pytest.approx((5_000.0, 10_000.0, math.pi / 2.0))


def test_short_legs_shrink_the_arc() -> None:
    assert path_length_m(CORNER, 50_000.0) == pytest.approx(path_length_m(CORNER, 5_000.0))


def test_straight_and_left_turns() -> None:
    straight = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]) * 1e3
    assert path_length_m(straight, 800.0) == pytest.approx(10_000.0)
    left = np.array([[0.0, 0.0], [0.0, 10_000.0], [-10_000.0, 10_000.0]])
    east_m, north_m, course = path_point(left, 2_000.0, 0.5)
    mirrored = path_point(CORNER, 2_000.0, 0.5)
    assert (east_m, north_m) == pytest.approx((-mirrored[0], mirrored[1]))
    assert course == pytest.approx(2.0 * math.pi - mirrored[2])


def test_full_reversal_turns_on_the_spot() -> None:
    back = np.array([[0.0, 0.0], [0.0, 10_000.0], [0.0, 0.0]])
    assert path_length_m(back, 500.0) == pytest.approx(10_000.0)
    assert path_point(back, 500.0, 0.5)[:2] == pytest.approx((0.0, 5_000.0), abs=1e-6)


def test_two_points_and_repeated_points() -> None:
    pair = np.array([[0.0, 0.0], [0.0, 1_000.0]])
    assert path_length_m(pair, 300.0) == pytest.approx(1_000.0)
    assert path_point(pair, 300.0, 0.4) == pytest.approx((0.0, 400.0, 0.0))
    twice = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 1_000.0]])
    assert path_length_m(twice, 300.0) == pytest.approx(1_000.0)
    assert path_point(twice, 300.0, 0.4) == pytest.approx((0.0, 400.0, 0.0))


def test_turn_radius() -> None:
    assert turn_radius_m(50.0, 0.1) == pytest.approx(500.0)
    assert turn_radius_m(50.0, 0.0) == 0.0


COORDINATE = st.floats(-50_000.0, 50_000.0).map(lambda value: round(value, 1))
PATHS = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=2, max_size=5, unique=True).map(np.array)


@given(PATHS, st.floats(0.0, 5_000.0))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_speed_is_constant_and_ends_are_met(waypoints_m: NDArray[np.float64], radius_m: float) -> None:
    waypoints_m = np.ascontiguousarray(waypoints_m, dtype=np.float64)
    total_m = path_length_m(waypoints_m, radius_m)
    legs_m = np.linalg.norm(np.diff(waypoints_m, axis=0), axis=1).sum()
    assert 0.0 < total_m <= legs_m * (1.0 + 1e-12)
    points = np.array([path_point(waypoints_m, radius_m, share)[:2] for share in np.linspace(0.0, 1.0, 401)])
    steps_m = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert steps_m.max() <= total_m / 400.0 * (1.0 + 1e-6) + 1e-5
    np.testing.assert_allclose(points[0], waypoints_m[0], atol=1e-6)
    np.testing.assert_allclose(points[-1], waypoints_m[-1], atol=1e-5)
    assert 0.0 <= path_point(waypoints_m, radius_m, 0.37)[2] < 2.0 * math.pi

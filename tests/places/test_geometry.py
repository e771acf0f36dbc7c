"""Plane geometry: closed forms, and properties on random polygons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from opendome.base.errors import CommandError
from opendome.base.geometry import (
    clip_ring_half_space,
    disc_ring,
    is_simple_ring,
    point_in_triangles,
    points_in_ring,
    ring_areas_m2,
    ring_centroid_m,
    sunflower_disc,
    triangulate,
)

L_SHAPE = np.array([[0, 0], [4, 0], [4, 1], [1, 1], [1, 3], [0, 3]], float)
BOW_TIE = np.array([[0, 0], [2, 2], [2, 0], [0, 2]], float)


def star(rng: np.random.Generator, n_corners: int) -> np.ndarray:
    """Give a simple polygon with ``n_corners`` corners, seen whole from (0, 0)."""
    step = (np.arange(n_corners) + rng.uniform(0.1, 0.9, n_corners)) * 2 * np.pi / n_corners
    radius = rng.uniform(0.1, 1.0, n_corners)
    return np.stack([radius * np.cos(step), radius * np.sin(step)], axis=1)


stars = st.tuples(st.integers(0, 10**6), st.integers(4, 60)).map(lambda x: star(np.random.default_rng(x[0]), x[1]))


def test_area_and_centre_of_an_l_shape() -> None:
    assert ring_areas_m2(L_SHAPE, [0, 6]) == pytest.approx([6.0])
    assert ring_areas_m2(L_SHAPE[::-1], [0, 6]) == pytest.approx([-6.0])
    assert ring_centroid_m(L_SHAPE) == pytest.approx([(4 * 2 + 2 * 0.5) / 6, (4 * 0.5 + 2 * 2) / 6])


def test_several_rings_at_once_far_from_the_origin() -> None:
    vertices = np.concatenate([L_SHAPE, L_SHAPE[:3] + 1e6])
    assert ring_areas_m2(vertices, [0, 6, 9]) == pytest.approx([6.0, 2.0], rel=1e-9)
    assert ring_areas_m2(np.zeros((0, 2)), [0]).shape == (0,)


def test_disc_ring_has_the_area_of_the_disc() -> None:
    ring = disc_ring([5.0, -3.0], 2.0)
    assert ring_areas_m2(ring, [0, len(ring)]) == pytest.approx([np.pi * 4])
    assert ring_centroid_m(ring) == pytest.approx([5.0, -3.0])


def test_sunflower_points_fill_the_disc_evenly() -> None:
    points = sunflower_disc(2000)
    radius = np.hypot(*points.T)
    assert radius.max() < 1
    assert np.histogram(radius**2, bins=10, range=(0, 1))[0] == pytest.approx(np.full(10, 200), abs=1)
    assert np.abs(points.mean(axis=0)).max() < 0.01


@given(stars)
def test_triangles_cover_the_polygon(ring: np.ndarray) -> None:
    for given_ring in (ring, ring[::-1]):
        corners, cum_share = triangulate(given_ring)
        a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
        twice = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
        assert (twice > 0).all()
        assert twice.sum() / 2 == pytest.approx(abs(ring_areas_m2(ring, [0, len(ring)])[0]), rel=1e-9)
        assert len(corners) <= len(ring) - 2
        assert cum_share[-1] == 1.0


@given(stars, st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True))
def test_drawn_points_lie_inside(ring: np.ndarray, u0: float, u1: float, u2: float) -> None:
    east, north = point_in_triangles(triangulate(ring), u0, u1, u2)
    shrunk = np.array([[east, north]]) * (
        1 - 1e-9
    )  # a corner drawn exactly lies on the edge; every star is seen from 0, 0
    assert points_in_ring(shrunk[:, 0], shrunk[:, 1], ring)[0]


def test_drawn_points_are_uniform() -> None:
    triangles = triangulate(L_SHAPE)
    u = np.random.default_rng(5).random((6000, 3))
    drawn = np.array([point_in_triangles(triangles, *row) for row in u])
    cells = np.floor(drawn).astype(int)
    counts = [int(((cells == cell).all(axis=1)).sum()) for cell in [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (0, 2)]]
    assert sum(counts) == 6000
    assert chisquare(counts).pvalue > 1e-3


def test_flat_corners_and_repeated_points_are_taken() -> None:
    square = np.array([[0, 0], [1, 0], [2, 0], [2, 0], [2, 2], [1, 2], [0, 2], [0, 1]], float)
    corners, _ = triangulate(square)
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    twice = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    assert twice.sum() / 2 == pytest.approx(4.0)


@pytest.mark.parametrize(
    "ring",
    [BOW_TIE, [[0, 0], [1, 1]], [[0, 0], [1, 1], [2, 2]], [[0, 0], [np.nan, 1], [1, 0]], [[1, 1]] * 4, [1, 2, 3]],
)
def test_what_is_no_polygon_is_refused(ring: object) -> None:
    with pytest.raises(CommandError):
        triangulate(ring)  # type: ignore[arg-type]


def test_simple_and_crossed_rings() -> None:
    assert is_simple_ring(L_SHAPE)
    assert not is_simple_ring(BOW_TIE)


@given(stars, st.floats(0, 2 * np.pi), st.floats(-0.5, 0.5))
def test_clipping_keeps_exactly_the_half_space(ring: np.ndarray, angle: float, offset: float) -> None:
    normal = np.array([np.cos(angle), np.sin(angle), offset])
    flat = np.column_stack([ring, np.ones(len(ring))])
    kept, dropped = clip_ring_half_space(flat, normal), clip_ring_half_space(flat, -normal)
    if len(kept):
        assert (kept @ normal).min() >= -1e-12
    area = [abs(ring_areas_m2(part[:, :2], [0, len(part)])[0]) if len(part) else 0.0 for part in (kept, dropped, flat)]
    assert area[0] + area[1] == pytest.approx(area[2], rel=1e-9)

"""P(hit) against closed forms and fine quadrature, and the quick answers that must not be wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit
from scipy.ndimage import distance_transform_edt
from scipy.special import ndtr

from opendome.base.types import AREA, ASSESSMENT
from opendome.picture.hit import hit_probabilities, is_far_from_areas
from opendome.picture.model import Mask
from opendome.scenario.compile_places import _edge_m
from tests.engine import scenarios

CELL_M = 250.0


def mask_of(is_area, cell_m=CELL_M):
    """A mask of one area, centred on the origin."""
    index = np.where(is_area, 0, -1).astype(np.int16)
    clear_m = (distance_transform_edt(index < 0) * cell_m).astype(np.float32)
    half_m = 0.5 * cell_m * len(index)
    return Mask(index, clear_m, _edge_m(index, cell_m), -half_m, -half_m, cell_m)


def centres(n=480, cell_m=CELL_M):
    at = (np.arange(n) - 0.5 * n + 0.5) * cell_m
    return np.meshgrid(at, at)


@njit
def fill(model, rows, areas, p_areas, is_inside):
    for i in range(len(rows)):
        hit_probabilities(model, 80.0, rows[i], areas[i], p_areas[i], is_inside[i])


def hits(mask, east_m, north_m, var_east_m2, cov_m2, var_north_m2, areas=None):
    """Assessments with their P(hit) filled in, and the sparse areas."""
    model = scenarios.coastland().picture._replace(mask=mask)
    if areas is not None:
        model = model._replace(areas=areas)
    fields = np.broadcast_arrays(*map(np.atleast_1d, (east_m, north_m, var_east_m2, cov_m2, var_north_m2)))
    rows = np.zeros(len(fields[0]), ASSESSMENT)
    names = ("mean_east_m", "mean_north_m", "var_east_m2", "cov_m2", "var_north_m2")
    for name, values in zip(names, fields):
        rows[name] = values
    found = (
        np.zeros((len(rows), 16), np.int16),
        np.zeros((len(rows), 16), np.float32),
        np.zeros((len(rows), 16), np.int8),
    )
    fill(model, rows, *found)
    return rows, *found


def one_area():
    areas = np.zeros(1, AREA)
    areas["population"], areas["area_m2"] = 5000.0, 1e7
    return areas


def covariances(generator, n, low_m=100.0, high_m=4000.0):
    """Ellipses of all sizes, three times as long as wide at most, turned any way."""
    sigma_m = np.exp(generator.uniform(math.log(low_m), math.log(high_m), n))
    ratio, angle = generator.uniform(1.0, 3.0, n), generator.uniform(0.0, math.pi, n)
    along, cross = sigma_m**2, (sigma_m / ratio) ** 2
    c, s = np.cos(angle), np.sin(angle)
    return along * c * c + cross * s * s, (along - cross) * c * s, along * s * s + cross * c * c


@pytest.mark.parametrize("angle_deg", [0.0, 30.0, 45.0, 117.0])
def test_a_half_plane(angle_deg):
    """Closed form: the normal integral of the distance to the edge over the standard deviation across it."""
    east, north = centres()
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    mask = mask_of(c * east + s * north > 0.0)
    generator = np.random.default_rng(5)
    n = 4000
    vee, ven, vnn = covariances(generator, n, 4.0 * CELL_M)
    across_m = np.sqrt(c * c * vee + 2 * c * s * ven + s * s * vnn)
    off_m = generator.uniform(-3.0, 3.0, n) * across_m
    along_m = generator.uniform(-5000.0, 5000.0, n)
    rows, *_ = hits(mask, c * off_m - s * along_m, s * off_m + c * along_m, vee, ven, vnn, one_area())
    error = rows["p_any"] - ndtr(off_m / across_m)
    # The lattice has few points: good on average, rough for one ellipse.
    assert abs(error.mean()) < 0.003
    assert np.sqrt((error**2).mean()) < 0.03
    assert np.abs(error).max() < 0.18


def quadrature(mask, rows):
    """P(hit) by 40,000 points of each ellipse, laid evenly in probability."""
    rings, spokes = 200, 200
    radius = np.sqrt(-2.0 * np.log1p(-(np.arange(rings) + 0.5) / rings))
    angle = 2.0 * np.pi * (np.arange(spokes) + 0.5) / spokes
    x, y = (radius[:, None] * np.cos(angle)).ravel(), (radius[:, None] * np.sin(angle)).ravel()
    found = []
    for row in rows:
        l11 = math.sqrt(row["var_east_m2"])
        l21 = row["cov_m2"] / l11
        l22 = math.sqrt(row["var_north_m2"] - l21**2)
        column = np.floor((row["mean_east_m"] + l11 * x - mask.east_m) / mask.cell_m).astype(int)
        line = np.floor((row["mean_north_m"] + l21 * x + l22 * y - mask.north_m) / mask.cell_m).astype(int)
        is_on = (column >= 0) & (line >= 0) & (column < mask.index.shape[1]) & (line < mask.index.shape[0])
        found.append(np.bincount(mask.index[line[is_on], column[is_on]] + 1, minlength=20)[1:] / len(x))
    return np.array(found)


@pytest.fixture(scope="module")
def over_towns():
    """Ellipses of all sizes over the towns of the teaching scenario, with their P(hit), and by quadrature."""
    world = scenarios.coastland()
    generator = np.random.default_rng(6)
    n = 500
    towns = world.areas[generator.integers(0, len(world.areas), n)]
    vee, ven, vnn = covariances(generator, n)
    sigma_m = np.sqrt(np.maximum(vee, vnn))
    east_m = towns["east_m"] + generator.uniform(-2.0, 2.0, n) * (sigma_m + 1500.0)
    north_m = towns["north_m"] + generator.uniform(-2.0, 2.0, n) * (sigma_m + 1500.0)
    rows, *sparse = hits(world.picture.mask, east_m, north_m, vee, ven, vnn)
    return world, rows, sparse, quadrature(world.picture.mask, rows)


def test_towns(over_towns):
    _, rows, _, expected = over_towns
    error = rows["p_any"] - expected.sum(axis=1)
    assert 0.1 < expected.sum(axis=1).mean() < 0.6
    assert abs(error.mean()) < 0.005
    assert np.sqrt((error**2).mean()) < 0.03
    assert np.abs(error).max() < 0.15


def test_areas_listed_are_those_hit_and_their_shares_add_up(over_towns):
    world, rows, (areas, p_areas, is_inside), expected = over_towns
    for row, index, p, inside, by_area in zip(rows, areas, p_areas, is_inside, expected):
        n = row["n_areas"]
        assert len(set(index[:n])) == n
        assert row["p_any"] == pytest.approx(p[:n].sum(), abs=1e-6)
        density = world.areas["population"][index[:n]] / world.areas["area_m2"][index[:n]]
        assert row["value_people"] == pytest.approx((80.0 * density * p[:n]).sum(), rel=1e-5, abs=1e-9)
        missed = set(np.flatnonzero(by_area > 0.12)) - set(index[:n])
        assert not missed
        assert all(by_area[i] > 0.0 for i, meets in zip(index[:n], inside[:n]) if meets)


def test_far_is_never_said_where_the_chance_is_over_a_thousandth(over_towns):
    """Many ellipses all over the map: whatever is answered with zero is zero, to a thousandth."""
    world = over_towns[0]
    mask = world.picture.mask
    generator = np.random.default_rng(7)
    n = 30_000
    vee, ven, vnn = covariances(generator, n, 100.0, 8000.0)
    width_m, height_m = mask.cell_m * mask.index.shape[1], mask.cell_m * mask.index.shape[0]
    east_m = mask.east_m + generator.uniform(-0.5, 1.5, n) * width_m
    north_m = mask.north_m + generator.uniform(-0.5, 1.5, n) * height_m
    rows, *_ = hits(mask, east_m, north_m, vee, ven, vnn)
    silent = rows[rows["p_any"] == 0.0]
    quick = [row for row in silent if is_far_from_areas(mask, row["mean_east_m"], row["mean_north_m"], longest_m(row))]
    assert len(quick) > 5000
    near = sorted(quick, key=lambda row: nearest_m(world, row) / longest_m(row))[:600]
    assert quadrature(mask, near).sum(axis=1).max() < 1e-3


def longest_m(row):
    """Largest standard deviation of an ellipse in any direction."""
    half, difference = (
        0.5 * (row["var_east_m2"] + row["var_north_m2"]),
        0.5 * (row["var_east_m2"] - row["var_north_m2"]),
    )
    return math.sqrt(half + math.hypot(difference, row["cov_m2"]))


def nearest_m(world, row):
    areas = world.areas
    return np.hypot(areas["east_m"] - row["mean_east_m"], areas["north_m"] - row["mean_north_m"]).min()


def test_a_slanting_ellipse_is_not_taken_for_a_short_one():
    """Long from south-west to north-east: its variances on the axes hide a third of its length."""
    east, north = centres()
    c = math.sqrt(0.5)
    mask = mask_of(c * east + c * north > 0.0)
    share = np.linspace(0.9, 0.999, 400)
    v, cov = np.full(400, 2000.0**2), share * 2000.0**2
    off_m = -2.45 * np.sqrt(v + cov)
    rows, *_ = hits(mask, c * off_m, c * off_m, v, cov, v, one_area())
    would_be_far = [is_far_from_areas(mask, row["mean_east_m"], row["mean_north_m"], 2000.0) for row in rows]
    assert np.count_nonzero(rows["p_any"][would_be_far] > 1e-3) > 20


def test_deep_inside_is_certain():
    east, _ = centres()
    mask = mask_of(east > 0.0)
    rows, areas, p_areas, is_inside = hits(mask, 10_000.0, 0.0, 1e6, 0.0, 1e6, one_area())
    assert (rows["n_areas"][0], rows["p_any"][0], areas[0, 0], p_areas[0, 0], is_inside[0, 0]) == (1, 1.0, 0, 1.0, 1)
    assert rows["value_people"][0] == pytest.approx(80.0 * 5000.0 / 1e7)


def test_weights_of_the_lattices_have_the_moments_of_the_normal():
    model = scenarios.coastland().picture
    for lattice, weights in ((model.lattice, model.weights), (model.lattice_narrow, model.weights_narrow)):
        assert weights.sum() == pytest.approx(1.0, abs=1e-12)
        np.testing.assert_allclose(weights @ lattice, 0.0, atol=1e-12)
        moments = (weights[:, None] * lattice).T @ lattice
        np.testing.assert_allclose(moments, np.eye(2) * moments[0, 0], atol=1e-9)
        assert moments[0, 0] == pytest.approx(1.0, abs=0.12)

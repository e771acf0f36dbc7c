"""Sobol' indices against closed forms, with and without luck; intervals that cover; designs of Saltelli's kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom

from opendome.base.errors import CommandError
from opendome.study.design import saltelli_points, sobol_points
from opendome.study.sensitivity import Indices, resampled_weights, sobol_indices

Z = 3.2905
"""99.9 % of a normal lies within so many standard deviations."""

NAMES = ("x1", "x2", "x3")
A, B = 7.0, 0.1
V1 = 0.5 * (1.0 + B * np.pi**4 / 5.0) ** 2
V2 = A**2 / 8.0
V13 = B**2 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
ISHIGAMI_FIRST = np.array([V1, V2, 0.0]) / (V1 + V2 + V13)
ISHIGAMI_TOTAL = np.array([V1 + V13, V2, V13]) / (V1 + V2 + V13)


def ishigami(unit: np.ndarray) -> np.ndarray:
    """Ishigami and Homma (1990), inputs uniform over -pi to pi, (..., 3) of the unit cube -> (...)."""
    x = np.pi * (2.0 * unit - 1.0)
    return np.asarray(np.sin(x[..., 0]) + A * np.sin(x[..., 1]) ** 2 + B * x[..., 2] ** 4 * np.sin(x[..., 0]))


def indices(function: Callable[[np.ndarray], np.ndarray], points: np.ndarray, **asked: object) -> Indices:
    """Indices of a function of the points (n, k + 2, k) of a design."""
    f = function(points)
    return sobol_indices(f[:, 0], f[:, 1], np.moveaxis(f[:, 2:], 1, 0), **asked)  # type: ignore[arg-type]


def independent(n: int, k: int, seed: int) -> np.ndarray:
    """A design of independent points, for which the bootstrap is meant."""
    drawn = np.random.default_rng(seed).random((n, 2, k))
    points = np.repeat(drawn[:, :1], k + 2, axis=1)
    points[:, 1] = drawn[:, 1]
    for i in range(k):
        points[:, 2 + i, i] = drawn[:, 1, i]
    return points


def within(found: np.ndarray, true: np.ndarray) -> None:
    """The mean of independent estimates (m, k) must lie within its own 99.9 % band about the truth."""
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert np.all(np.abs(found.mean(axis=0) - true) <= Z * error + 1e-12), (found.mean(axis=0), true, error)


def test_the_design_is_two_halves_of_one_sequence() -> None:
    points = saltelli_points(NAMES, 16, 3)
    both = sobol_points([*NAMES, *(f"{name} (B)" for name in NAMES)], 16, 3)
    assert points.shape == (16, 5, 3)
    np.testing.assert_array_equal(points[:, 0], both[:, :3])
    np.testing.assert_array_equal(points[:, 1], both[:, 3:])
    for i in range(3):
        moved = points[:, 2 + i] != points[:, 0]
        assert moved[:, i].all() and not np.delete(moved, i, axis=1).any()
        np.testing.assert_array_equal(points[:, 2 + i, i], points[:, 1, i])
    with pytest.raises(CommandError, match="twice"):
        saltelli_points(("a", "a"), 8, 0)


def test_ishigami_against_its_closed_form() -> None:
    found = [indices(ishigami, saltelli_points(NAMES, 1024, seed), n_sets=10) for seed in range(40)]
    within(np.array([one.first.value for one in found]), ISHIGAMI_FIRST)
    within(np.array([one.total.value for one in found]), ISHIGAMI_TOTAL)
    within(np.array([[one.variance, one.mean] for one in found]), np.array([V1 + V2 + V13, A / 2.0]))
    # A digital net leaves far less to chance than independent points would.
    assert np.abs(found[0].first.value - ISHIGAMI_FIRST).max() < 0.05


def test_intervals_cover_as_often_as_they_say() -> None:
    runs = 300
    covered = np.zeros((2, 3))
    for seed in range(runs):
        found = indices(ishigami, independent(512, 3, seed), n_sets=400, seed=seed)
        for row, (band, true) in enumerate(((found.first, ISHIGAMI_FIRST), (found.total, ISHIGAMI_TOTAL))):
            covered[row] += (band.low <= true) & (true <= band.high)
    low, high = binom.ppf([0.0005, 0.9995], runs, 0.95)
    assert np.all(covered >= low), covered
    assert np.all(covered <= high), covered


def test_intervals_of_a_sobol_sequence_are_on_the_safe_side() -> None:
    runs = 100
    covered = np.zeros((2, 3))
    for seed in range(runs):
        found = indices(ishigami, saltelli_points(NAMES, 256, seed), n_sets=400)
        for row, (band, true) in enumerate(((found.first, ISHIGAMI_FIRST), (found.total, ISHIGAMI_TOTAL))):
            covered[row] += (band.low <= true) & (true <= band.high)
    assert np.all(covered >= binom.ppf(0.0005, runs, 0.95)), covered


def test_a_linear_model_has_squared_slopes() -> None:
    slopes = np.array([4.0, 2.0, 1.0, 0.0])
    true = slopes**2 / np.sum(slopes**2)
    names = ("a", "b", "c", "d")
    found = [indices(lambda x: x @ slopes, saltelli_points(names, 256, seed), n_sets=10) for seed in range(40)]
    within(np.array([one.first.value for one in found]), true)
    within(np.array([one.total.value for one in found]), true)


def test_a_pure_interaction_has_no_first_order() -> None:
    names = ("a", "b", "c")
    found = [
        indices(lambda x: (x[..., 0] - 0.5) * (x[..., 1] - 0.5), saltelli_points(names, 256, seed), n_sets=10)
        for seed in range(40)
    ]
    within(np.array([one.first.value for one in found]), np.zeros(3))
    within(np.array([one.total.value for one in found]), np.array([1.0, 1.0, 0.0]))


def lucky(points: np.ndarray, r: int, seed: int, common: float, own: float) -> np.ndarray:
    """A linear function with luck: one part common to all points, one that each point meets in its own way."""
    slopes = np.array([2.0, 1.0, 0.0])
    generator = np.random.default_rng(seed)
    luck = common * generator.normal(size=(1, 1, r)) + own * generator.normal(size=(*points.shape[:2], r))
    return np.asarray((points @ slopes)[..., None] + luck)


def with_luck(r: int, seed: int, common: float = 3.0, own: float = 1.0) -> Indices:
    f = lucky(saltelli_points(NAMES, 256, seed), r, 1000 + seed, common, own)
    return sobol_indices(f[:, 0], f[:, 1], np.moveaxis(f[:, 2:], 1, 0), n_sets=10)


def test_luck_is_taken_out_of_the_indices_and_reported() -> None:
    true = np.array([0.8, 0.2, 0.0])
    found = [with_luck(4, seed) for seed in range(60)]
    within(
        np.array([one.first.value for one in found]) * np.array([[one.variance] for one in found]), true * 5.0 / 12.0
    )
    within(
        np.array([one.total.value for one in found]) * np.array([[one.variance] for one in found]), true * 5.0 / 12.0
    )
    within(np.array([[one.variance] for one in found]), np.array([5.0 / 12.0]))
    # Luck of its own at each point: 1 / 4 of the mean of four; what is common drops out of differences of points.
    noise = np.array([one.noise_frac for one in found])
    assert abs(noise.mean() - 0.25 / (0.25 + 5.0 / 12.0)) < 0.02
    single = np.array([one.luck_frac for one in found])
    assert single.mean() == pytest.approx(10.0 / (10.0 + 5.0 / 12.0), abs=0.03)


def test_intervals_cover_what_few_common_raids_leave_unknown() -> None:
    """Each raid has slopes of its own: resampling points alone cannot see that (74 % and 34 %), the jackknife can."""
    slopes, runs, r = np.array([2.0, 1.0, 0.5]), 300, 8
    true = slopes**2 / np.sum(slopes**2)
    covered = np.zeros(3)
    points = saltelli_points(NAMES, 128, 9)
    for seed in range(runs):
        of_raid = slopes[:, None] + np.random.default_rng(seed).normal(scale=0.3, size=(3, r))
        f = points @ of_raid
        found = sobol_indices(f[:, 0], f[:, 1], np.moveaxis(f[:, 2:], 1, 0), n_sets=100)
        covered += (found.total.low <= true) & (true <= found.total.high)
    assert np.all(covered >= binom.ppf(0.0005, runs, 0.95)), covered


def test_two_replications_are_refused() -> None:
    with pytest.raises(ValueError, match="3 or more"):
        sobol_indices(np.ones((8, 2)), np.ones((8, 2)), np.ones((1, 8, 2)))


def test_without_the_correction_luck_would_look_like_interaction() -> None:
    """The total index of an input that does nothing, from plain means: own luck alone, so the test can fail."""
    f = lucky(saltelli_points(NAMES, 256, 1), 4, 7, 3.0, 1.0)
    plain = f.mean(axis=-1)
    biased = sobol_indices(plain[:, 0], plain[:, 1], plain[:, 2:].T, n_sets=200)
    assert biased.total.low[2] > 0.2
    mended = sobol_indices(f[:, 0], f[:, 1], np.moveaxis(f[:, 2:], 1, 0), n_sets=200)
    assert mended.total.low[2] < 0.0 < mended.total.high[2]


def test_an_input_that_does_nothing_has_an_index_of_zero() -> None:
    found = with_luck(8, 5)
    assert abs(found.first.value[2]) < 0.1
    assert abs(found.total.value[2]) < 0.1


def test_luck_alone_has_no_indices() -> None:
    f = np.random.default_rng(4).normal(size=(128, 5, 6))
    found = sobol_indices(f[:, 0], f[:, 1], np.moveaxis(f[:, 2:], 1, 0), n_sets=200)
    assert np.isnan(found.first.value).all() and np.isnan(found.total.high).all()
    assert found.noise_frac > 0.5


def test_a_constant_has_no_indices() -> None:
    found = sobol_indices(np.ones(8), np.ones(8), np.ones((2, 8)), n_sets=20)
    assert np.isnan(found.first.value).all()
    assert found.variance == 0.0


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        sobol_indices(np.ones(8), np.ones(8), np.ones((2, 9)))


def test_resampling_is_keyed_and_even() -> None:
    one, again, other = resampled_weights(50, 400, 3), resampled_weights(50, 400, 3), resampled_weights(50, 400, 4)
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert one.sum(axis=1) == pytest.approx(1.0)
    drawn = one.sum(axis=0) * 50  # each sample is drawn 400 times on average
    assert np.abs(drawn - 400).max() < 5 * np.sqrt(400)

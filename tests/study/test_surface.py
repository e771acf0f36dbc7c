"""Regression of a sample: rank coefficients, the fitted surface, and where it meets zero."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from opendome.study.surface import fit_surface, rank_regression, turns

LOW, HIGH = np.array([0.0, 0.0, 0.0]), np.array([10.0, 1.0, 4.0])


def sample(n: int, seed: int, m: int = 1) -> np.ndarray:
    return LOW + (HIGH - LOW) * np.random.default_rng(seed).random((n, m, 3))


def test_rank_coefficients_of_a_monotone_function_say_strength_and_direction() -> None:
    """Ranks of y rise with those of x0 whatever the shape: of y = exp(x0), alone, the coefficient is 1."""
    x = sample(200, 1)[:, 0]
    one = rank_regression(x, np.exp(x[:, 0]))
    assert one.coefficients.value == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)
    assert one.r_squared == pytest.approx(1.0)
    assert rank_regression(x, -np.exp(x[:, 0])).coefficients.value[0] == pytest.approx(-1.0)


def test_rank_coefficients_of_independent_inputs_are_their_shares_of_the_spread() -> None:
    """y = a x0 + b x1 of normals: squares of coefficients of scores are a^2 and b^2 over their sum; ranks come near."""
    x = np.random.default_rng(2).normal(size=(4000, 2))
    found = rank_regression(x, 2.0 * x[:, 0] + x[:, 1])
    assert found.coefficients.value == pytest.approx(np.array([2.0, 1.0]) / np.sqrt(5.0), abs=0.03)


def test_intervals_of_rank_coefficients_cover_zero_as_often_as_they_say() -> None:
    runs, covered = 120, 0
    for seed in range(runs):
        x = sample(80, seed)[:, 0]
        y = x[:, 0] + np.random.default_rng(1000 + seed).normal(scale=3.0, size=80)
        band = rank_regression(x, y, seed=seed).coefficients
        covered += int(band.low[2] <= 0.0 <= band.high[2])
    low, high = binom.ppf([0.0005, 0.9995], runs, 0.95)
    assert low <= covered <= high


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        rank_regression(np.ones((10, 4)), np.ones(10))


def test_the_surface_finds_a_cubic_and_its_zero() -> None:
    """Main effect of x0 with the others averaged: x0 - 4 + (1/2 - 1/2) + 2 - 2, which is 0 at 4."""
    x = sample(300, 3, m=5)
    y = x[..., 0] - 4.0 + (x[..., 1] - 0.5) + 0.01 * (x[..., 2] - 2.0) ** 3
    surface = fit_surface(x, y, LOW, HIGH, n_sets=50)
    assert surface.r_squared == pytest.approx(1.0)
    found = turns(surface, np.array([5.0, 0.5, 2.0]))
    assert found[0].value == pytest.approx(4.0, abs=1e-6)
    assert found[0].share == 1.0
    assert np.isnan(found[1].value) and found[1].share == 0.0  # its whole range moves the mean from 0.5 to 1.5


def test_intervals_of_a_turn_cover_it_as_often_as_they_say() -> None:
    runs, covered = 120, 0
    for seed in range(runs):
        x = sample(100, seed, m=5)
        y = x[..., 0] - 4.0 + np.random.default_rng(500 + seed).normal(scale=2.0, size=x.shape[:2])
        (turn, *_) = turns(fit_surface(x, y, LOW, HIGH, n_sets=200, seed=seed), np.array([5.0, 0.5, 2.0]))
        covered += int(turn.low <= 4.0 <= turn.high)
    low, high = binom.ppf([0.0005, 0.9995], runs, 0.95)
    assert low <= covered <= high


def test_of_several_zeros_the_one_nearest_to_the_value_in_use_is_named() -> None:
    x = sample(300, 4, m=5)
    y = (x[..., 0] - 2.0) * (x[..., 0] - 8.0)
    surface = fit_surface(x, y, LOW, HIGH, n_sets=20)
    assert turns(surface, np.array([1.0, 0.5, 2.0]))[0].value == pytest.approx(2.0, abs=1e-3)
    assert turns(surface, np.array([9.0, 0.5, 2.0]))[0].value == pytest.approx(8.0, abs=1e-3)


def test_a_whole_number_with_two_values_has_a_straight_effect() -> None:
    x = sample(200, 5, m=5)
    x[..., 1] = np.rint(x[..., 1])
    surface = fit_surface(x, x[..., 1] + 0.1 * x[..., 0], LOW, HIGH, n_sets=20)
    assert surface.effects[1, -1] - surface.effects[1, 0] == pytest.approx(1.0, abs=1e-6)

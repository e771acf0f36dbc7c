"""Designs: one point a slice, the same each time, evenly spread."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.base.errors import CommandError
from opendome.study.design import full_grid, latin_hypercube, sobol_points, spread_over, value_for
from tests.study import fakes


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(0, 10**15))
def test_a_hypercube_has_one_point_in_every_slice(n: int, seed: int) -> None:
    points = latin_hypercube(["a", "b", "c"], n, seed)
    for axis in range(3):
        assert sorted(np.floor(points[:, axis] * n).astype(int)) == list(range(n))


def test_an_axis_depends_on_its_name_alone() -> None:
    two, three = latin_hypercube(["a", "b"], 50, 9), latin_hypercube(["c", "b", "a"], 50, 9)
    assert np.array_equal(two[:, 0], three[:, 2])
    assert np.array_equal(two[:, 1], three[:, 1])
    assert not np.array_equal(two[:, 0], latin_hypercube(["a", "b"], 50, 10)[:, 0])


def test_axes_of_a_hypercube_are_not_tied_to_one_another() -> None:
    points = latin_hypercube(["a", "b", "c"], 400, 3)
    correlations = np.corrcoef(points.T)[np.triu_indices(3, 1)]
    assert np.abs(correlations).max() < 3.3 / np.sqrt(400)


def test_sobol_points_are_more_even_than_chance() -> None:
    points = sobol_points(["a", "b", "c"], 256, 3)
    assert points.shape == (256, 3) and points.min() > 0 and points.max() < 1
    assert len(np.unique(np.floor(points[:, 0] * 256))) == 256
    chance = np.random.default_rng(1).random((256, 3))
    assert scipy.stats.qmc.discrepancy(points) < 0.2 * scipy.stats.qmc.discrepancy(chance)
    assert np.array_equal(points, sobol_points(["a", "b", "c"], 256, 3))
    assert not np.array_equal(points, sobol_points(["a", "b", "c"], 256, 4))


def test_a_grid_has_every_combination_once() -> None:
    assert full_grid({"a": [1, 2], "b": [3, 4, 5]}) == [{"a": a, "b": b} for a in (1, 2) for b in (3, 4, 5)]


def test_points_are_stretched_over_their_ranges() -> None:
    assert spread_over(np.array([[0.0, 0.5], [1.0, 0.25]]), [10, -1], [20, 1]).tolist() == [[10, 0], [20, -0.5]]


def test_whole_numbers_stay_whole() -> None:
    scenario = fakes.scenario()
    rounds = value_for(scenario, "depot.rounds", 99.7)
    assert rounds == 100 and isinstance(rounds, int)
    assert value_for(scenario, "threats.raid.launched_per_day.variance_over_mean", 9.5) == 9.5
    assert value_for(scenario, "batteries[b1].channels", 12.0) == 12


@pytest.mark.parametrize(("names", "n"), [([], 3), (["a"], 0), (["a", "a"], 3)])
def test_designs_of_nothing_are_refused(names: list[str], n: int) -> None:
    with pytest.raises(CommandError):
        latin_hypercube(names, n, 1)

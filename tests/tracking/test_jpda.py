"""Marginal probabilities against the sum over all joint events."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.tracking.associate import Pairs
from opendome.tracking.jpda import cluster_weights, exact_weights, looped_weights, new_walk
from tests.tracking.test_associate import as_pairs, drawn_costs


def brute_force(cost: np.ndarray) -> np.ndarray:
    """Marginals by listing every choice of every track, (n_tracks, n_plots)."""
    n_tracks, n_plots = cost.shape
    mass, total = np.zeros(cost.shape), 0.0
    for choice in itertools.product(range(-1, n_plots), repeat=n_tracks):
        used = [j for j in choice if j >= 0]
        if len(set(used)) < len(used):
            continue
        weight = math.prod(math.exp(-cost[i, j]) for i, j in enumerate(choice) if j >= 0)
        total += weight
        for i, j in enumerate(choice):
            if j >= 0:
                mass[i, j] += weight
    return mass / total


def dense(pairs: Pairs, shape: tuple[int, int]) -> np.ndarray:
    out = np.zeros(shape)
    for i in range(shape[0]):
        for k in range(pairs.first[i], pairs.first[i + 1]):
            out[i, pairs.plot[k]] = pairs.weight[k]
    return out


@settings(max_examples=30)
@given(seed=st.integers(0, 2**31), n_tracks=st.integers(1, 4), n_plots=st.integers(1, 4))
def test_exact_marginals(seed: int, n_tracks: int, n_plots: int) -> None:
    cost = drawn_costs(seed, n_tracks, n_plots, 0.7)
    pairs, walk = as_pairs(cost), new_walk(n_tracks, n_plots, 64)
    exact_weights(pairs, np.arange(n_tracks), 0, n_tracks, walk)
    assert dense(pairs, cost.shape) == pytest.approx(brute_force(cost), abs=1e-10)


def test_propagation_is_near_and_keeps_the_sum_rules() -> None:
    errors = []
    for seed in range(40):
        cost = drawn_costs(seed, 5, 6, 0.6)
        pairs, walk = as_pairs(cost), new_walk(5, 6, 64)
        exact_weights(pairs, np.arange(5), 0, 5, walk)
        exact = dense(pairs, cost.shape)
        assert looped_weights(pairs, np.arange(5), 0, 5, walk, 200) < 200
        near = dense(pairs, cost.shape)
        assert (near.sum(axis=1) < 1.0 + 1e-6).all() and (near.sum(axis=0) < 1.01).all()
        errors.append(np.abs(near - exact).max())
    assert np.mean(errors) < 0.08 and max(errors) < 0.4


def test_propagation_is_exact_on_a_tree() -> None:
    cost = np.array([[-2.0, -1.0, math.inf], [math.inf, -3.0, 0.5]])
    pairs, walk = as_pairs(cost), new_walk(2, 3, 8)
    looped_weights(pairs, np.arange(2), 0, 2, walk, 200)
    assert dense(pairs, cost.shape) == pytest.approx(brute_force(cost), abs=2e-3)


def test_bound_on_events_chooses_the_way() -> None:
    cost = drawn_costs(1, 4, 4, 1.0)
    pairs, walk = as_pairs(cost), new_walk(4, 4, 16)
    assert cluster_weights(pairs, np.arange(4), 0, 4, walk, 625.0, 50) == 0
    assert cluster_weights(pairs, np.arange(4), 0, 4, walk, 624.0, 50) > 0


def test_large_gains_do_not_overflow() -> None:
    cost = drawn_costs(2, 8, 8, 1.0) - 400.0
    pairs, walk = as_pairs(cost), new_walk(8, 8, 64)
    looped_weights(pairs, np.arange(8), 0, 8, walk, 60)
    assert np.isfinite(pairs.weight).all()
    small = as_pairs(cost[:4, :4])
    exact_weights(small, np.arange(4), 0, 4, walk)
    assert dense(small, (4, 4)).sum(axis=1) == pytest.approx(np.ones(4), abs=1e-9)

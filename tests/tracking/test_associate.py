"""Gates against every pair; the assignment against SciPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from opendome.base.polar import default_radar
from opendome.base.types import PLOT
from opendome.tracking.associate import (
    Pairs,
    assign,
    fill_look,
    gate_track,
    new_look,
    new_pairs_list,
    new_solver,
    sort_rows,
)
from opendome.tracking.clusters import find_clusters, new_clusters
from opendome.tracking.rules import TrackRules


def as_pairs(cost: np.ndarray) -> Pairs:
    """Sparse pairs of a dense matrix of costs, infinity for no pair."""
    tracks, plots = np.nonzero(np.isfinite(cost))
    first = np.searchsorted(tracks, np.arange(len(cost) + 1))
    return Pairs(first, plots, cost[tracks, plots], np.zeros(len(plots)))


def drawn_costs(seed: int, n_tracks: int, n_plots: int, density: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    cost = rng.normal(-1.0, 3.0, (n_tracks, n_plots))
    cost[rng.random((n_tracks, n_plots)) > density] = math.inf
    return cost


def least_cost(cost: np.ndarray) -> float:
    """Cost of the best assignment, each track with a column of its own for going without."""
    n = len(cost)
    full = np.concatenate([np.where(np.isfinite(cost), cost, 1e9), np.where(np.eye(n) == 1, 0.0, 1e9)], axis=1)
    rows, columns = linear_sum_assignment(full)
    return float(full[rows, columns].sum())


def given_cost(cost: np.ndarray, plot_of: np.ndarray) -> float:
    rows = np.flatnonzero(plot_of >= 0)
    assert len(set(plot_of[rows])) == len(rows)
    return float(cost[rows, plot_of[rows]].sum())


@given(
    seed=st.integers(0, 2**31),
    n_tracks=st.integers(1, 25),
    n_plots=st.integers(1, 25),
    density=st.sampled_from([0.1, 0.3, 1.0]),
)
def test_assignment_is_the_best(seed: int, n_tracks: int, n_plots: int, density: float) -> None:
    cost = drawn_costs(seed, n_tracks, n_plots, density)
    solver = new_solver(n_tracks, n_plots)
    assign(as_pairs(cost), n_tracks, n_plots, solver)
    assert given_cost(cost, solver.plot_of) == pytest.approx(least_cost(cost), abs=1e-6)
    for j, i in enumerate(solver.track_of):
        assert i < 0 or solver.plot_of[i] == j


def test_large_assignment_is_the_best() -> None:
    cost = drawn_costs(7, 400, 900, 0.02)
    solver = new_solver(400, 900)
    assign(as_pairs(cost), 400, 900, solver)
    assert given_cost(cost, solver.plot_of) == pytest.approx(least_cost(cost), abs=1e-6)


def test_equal_costs_and_nothing_to_gain() -> None:
    solver = new_solver(3, 2)
    assign(as_pairs(np.full((3, 2), -1.0)), 3, 2, solver)
    assert (solver.plot_of >= 0).sum() == 2
    assign(as_pairs(np.full((3, 2), 1.0)), 3, 2, solver)
    assert (solver.plot_of == -1).all()


@given(keys=st.lists(st.floats(-1e3, 1e3), min_size=0, max_size=60))
def test_sort_is_numpys(keys: list[float]) -> None:
    key, row = np.array(keys, float), np.arange(len(keys))
    expected = np.lexsort((row, key))
    sort_rows(key, row, len(key))
    assert np.array_equal(row, expected)


@given(seed=st.integers(0, 2**31), n_tracks=st.integers(1, 20), n_plots=st.integers(1, 20))
def test_clusters_are_the_connected_parts(seed: int, n_tracks: int, n_plots: int) -> None:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    cost = drawn_costs(seed, n_tracks, n_plots, 0.08)
    pairs, clusters = as_pairs(cost), new_clusters(n_tracks, n_plots)
    find_clusters(pairs, n_tracks, n_plots, clusters)
    tracks, plots = np.nonzero(np.isfinite(cost))
    n = n_tracks + n_plots
    _, label = connected_components(coo_matrix((np.ones(len(tracks)), (tracks, n_tracks + plots)), (n, n)), False)
    same = label[:n_tracks, None] == label[None, :n_tracks]
    ours = clusters.label[:n_tracks]
    assert np.array_equal(same, ours[:, None] == ours[None, :])
    assert sorted(clusters.track) == list(range(n_tracks))
    for c in range(clusters.n[0]):
        members = clusters.track[clusters.first[c] : clusters.first[c + 1]]
        assert (ours[members] == c).all() and (np.diff(members) > 0).all()
    untouched = ~np.isfinite(cost).any(axis=0)
    assert np.array_equal(clusters.label[n_tracks:n] == -1, untouched)


def drawn_plots(rng: np.random.Generator, n: int, has_rate: bool) -> np.ndarray:
    plots = np.zeros(n, PLOT)
    plots["range_m"] = rng.uniform(9_000.0, 11_000.0, n)
    plots["azimuth_rad"] = rng.uniform(0.0, 2.0 * math.pi, n)
    plots["elevation_rad"] = rng.uniform(0.3, 0.5, n)
    plots["range_rate_mps"] = rng.normal(0.0, 50.0, n) if has_rate else math.nan
    plots["var_range_m2"], plots["var_azimuth_rad2"], plots["var_elevation_rad2"] = 15.0**2, 4e-6, 4e-6
    plots["var_range_rate_m2ps2"] = 1.0
    return plots


@pytest.mark.parametrize("has_rate", [False, True])
@pytest.mark.parametrize("azimuth_rad", [0.001, 1.0, 2.0 * math.pi - 0.001])
def test_gate_holds_what_dense_algebra_finds(has_rate: bool, azimuth_rad: float) -> None:
    rng = np.random.default_rng(3)
    rules, radars, plots = TrackRules(), default_radar(), drawn_plots(rng, 400, has_rate)
    look, pairs = new_look(400), new_pairs_list(1, 400)
    fill_look(rules, radars, 0, plots, np.ones(400, bool), look)
    z = np.array([10_000.0, azimuth_rad, 0.4, 0.0])
    root = rng.normal(size=(4, 4)) @ np.diag([1.0, 1.0, 1.0, 1.0])
    scale = np.diag([300.0, 0.2, 0.03, 20.0])
    s = scale @ (root @ root.T / 4.0 + np.eye(4)) @ scale
    x = np.array([10_000.0 * math.sin(azimuth_rad), 10_000.0 * math.cos(azimuth_rad), 4000.0, 100.0, 0.0, 0.0, 9.0])
    log_miss = math.log(0.1 / 0.9)
    n_pairs = gate_track(rules, radars[0], plots, look, z, s, x, log_miss, pairs, 0, 0)
    n = 4 if has_rate else 3
    density = look.scale[3] - (math.log(2 * rules.speed_max_mps) if has_rate else 0.0)
    expected = {}
    for row, plot in enumerate(plots):
        names = ("range_m", "azimuth_rad", "elevation_rad", "range_rate_mps")[:n]
        noise = [plot[f"var_{name}2"] if name != "range_rate_mps" else 1.0 for name in names]
        e = np.array([plot[name] for name in names]) - z[:n]
        e[1] = (e[1] + math.pi) % (2 * math.pi) - math.pi
        whole = s[:n, :n] + np.diag(noise)
        squared = e @ np.linalg.solve(whole, e)
        if squared < (rules.gate_of_4 if has_rate else rules.gate_of_3):
            log_det = np.linalg.slogdet(2 * math.pi * whole)[1]
            log_level = math.log(math.cos(plot["elevation_rad"]))
            expected[row] = log_miss + density + log_level + 0.5 * (squared + log_det)
    found = {int(look.row[pairs.plot[k]]): pairs.cost[k] for k in range(n_pairs)}
    assert len(expected) > 3
    assert found.keys() == expected.keys()
    assert all(found[row] == pytest.approx(expected[row], abs=1e-8) for row in expected)


def test_gate_finds_plots_of_another_moment() -> None:
    rules, radars, plots = TrackRules(), default_radar(), drawn_plots(np.random.default_rng(1), 2, False)
    plots["azimuth_rad"], plots["range_m"], plots["elevation_rad"] = [0.0, 0.1], 10_000.0, 0.0
    plots["t_s"] = [0.0, 1.0]
    look, pairs = new_look(2), new_pairs_list(1, 4)
    fill_look(rules, radars, 0, plots, np.ones(2, bool), look)
    x = np.array([0.0, 10_000.0, 10.0, 1000.0, 0.0, 0.0, 9.0])
    z, s = np.array([10_000.0, 0.0, 0.0, 0.0]), np.diag([2500.0, 2.5e-5, 2.5e-5, 1.0])
    assert gate_track(rules, radars[0], plots, look, z, s, x, 0.0, pairs, 0, 0) == 2
    plots["t_s"] = 0.0
    fill_look(rules, radars, 0, plots, np.ones(2, bool), look)
    assert gate_track(rules, radars[0], plots, look, z, s, x, 0.0, pairs, 0, 0) == 1


def test_bad_predictions_have_no_pairs() -> None:
    rules, radars, plots = TrackRules(), default_radar(), drawn_plots(np.random.default_rng(1), 50, False)
    look, pairs = new_look(50), new_pairs_list(1, 50)
    fill_look(rules, radars, 0, plots, np.ones(50, bool), look)
    x = np.array([0.0, 0.0, 10_010.0, 0.0, 0.0, 0.0, 9.0])
    z = np.array([math.nan, math.nan, 1.0, 0.0])
    assert gate_track(rules, radars[0], plots, look, z, np.eye(4), x, 0.0, pairs, 0, 0) == 0
    z = np.array([10_000.0, 1.0, 0.4, 0.0])
    assert gate_track(rules, radars[0], plots, look, z, -np.eye(4), x, 0.0, pairs, 0, 0) == 0

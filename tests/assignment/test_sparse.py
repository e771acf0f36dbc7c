"""Candidate lists: the same answers as the table they stand for, bounds that hold, large problems with small gaps."""

from __future__ import annotations

import numpy as np
import pytest

import opendome as od
from opendome.assignment import wide
from opendome.base.errors import CommandError
from opendome.testing.reference_assignment import least_surviving
from tests.assignment.families import large


def draw(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    k = int(rng.integers(1, n + 1))
    candidates = np.array([rng.choice(n, k, replace=False) for _ in range(m)])
    candidates[rng.random((m, k)) < 0.15] = -1
    return rng.uniform(1, 100, m), candidates, rng.uniform(0, 1, (m, k)), rng.integers(0, 4, n)


def as_table(candidates: np.ndarray, p_listed: np.ndarray, n_weapons: int) -> np.ndarray:
    table = np.zeros((n_weapons, candidates.shape[0]))
    for j, (ids, chances) in enumerate(zip(candidates, p_listed)):
        table[ids[ids >= 0], j] = chances[ids >= 0]
    return table


@pytest.mark.parametrize("method", ["exact", "fast", None])
def test_agrees_with_brute_force(method: str | None) -> None:
    for seed in range(200):
        value, candidates, p_listed, rounds = draw(seed)
        best = least_surviving(value, as_table(candidates, p_listed, rounds.size), rounds)
        answer = od.assignment.solve_sparse(value, candidates, p_listed, rounds, method=method)
        assert answer.shots.shape == candidates.shape
        assert (answer.shots[candidates < 0] == 0).all()
        used = np.bincount(candidates[candidates >= 0], answer.shots[candidates >= 0], minlength=rounds.size)
        assert (used <= rounds).all()
        left = float((value * ((1 - p_listed) ** answer.shots).prod(axis=1)).sum())
        assert answer.objective == pytest.approx(left, rel=1e-9)
        assert answer.lower_bound <= best * (1 + 1e-12) + 1e-13
        assert answer.objective >= best * (1 - 1e-12)
        if method != "fast":
            assert answer.status == "optimal"
            assert answer.objective == pytest.approx(best, rel=1e-9)


def test_wrong_lists_are_named() -> None:
    with pytest.raises(CommandError, match="twice"):
        od.assignment.solve_sparse([1.0], [[0, 0]], [[0.5, 0.5]], [1])
    with pytest.raises(CommandError, match="neither -1 nor"):
        od.assignment.solve_sparse([1.0], [[1]], [[0.5]], [1])
    with pytest.raises(CommandError, match="one row"):
        od.assignment.solve_sparse([1.0, 2.0], [[0]], [[0.5]], [1])
    with pytest.raises(CommandError, match="method"):
        od.assignment.solve_sparse([1.0], [[0]], [[0.5]], [1], method="best")


def test_no_candidates() -> None:
    assert od.assignment.solve_sparse([2.0], np.zeros((1, 0)), np.zeros((1, 0)), [1]).objective == 2.0
    assert od.assignment.solve_sparse([2.0], [[-1]], [[0.5]], [1]).objective == 2.0


@pytest.mark.parametrize("copies", [1, 3])
def test_fast_comes_near_on_middle_sizes(copies: int) -> None:
    rng = np.random.default_rng(7)
    n = 800
    candidates = np.array([rng.choice(n, 30, replace=False) for _ in range(n)])
    value, p_listed = rng.integers(25, 101, n).astype(float), rng.uniform(0.6, 0.9, (n, 30))
    answer = od.assignment.solve_sparse(value, candidates, p_listed, np.full(n, copies), method="fast")
    assert answer.gap < (1e-3 if copies == 1 else 0.15)


@pytest.mark.parametrize("n_passes", [1, 3])
def test_short_lists_of_a_table_bound_the_whole_table(monkeypatch: pytest.MonkeyPatch, n_passes: int) -> None:
    monkeypatch.setattr(wide, "N_CANDIDATES", 10)
    monkeypatch.setattr(wide, "N_PASSES", n_passes)
    monkeypatch.setattr(wide, "BLOCK_PAIRS", 1000)
    value, p_kill, rounds = large("ahuja", 150, 150)
    best = od.assignment.solve(value, p_kill, rounds)
    answer = wide.solve_wide(value, p_kill, rounds, None, 0.0)
    assert answer.lower_bound <= best.objective * (1 + 1e-12) <= answer.objective * (1 + 2e-12)
    assert answer.gap < 0.06
    assert (answer.shots.sum(axis=1) <= rounds).all()
    left = float((value * ((1 - p_kill) ** answer.shots).prod(axis=0)).sum())
    assert answer.objective == pytest.approx(left, rel=1e-9)
    assert od.assignment.dense_bound(value, p_kill, rounds, answer.prices) == pytest.approx(answer.lower_bound)


def test_wide_tables_with_little_in_reach() -> None:
    nothing = wide.solve_wide(np.array([3.0]), np.zeros((2, 1)), np.array([1, 1]), None, 0.0)
    assert (nothing.objective, nothing.status) == (3.0, "optimal")
    value, p_kill, rounds = large("ahuja", 20, 20)
    rounds[:5] = 0
    answer = wide.solve_wide(value, p_kill, rounds, None, 0.0)
    assert answer.shots[:5].sum() == 0
    assert answer.lower_bound <= od.assignment.solve(value, p_kill, rounds).objective * (1 + 1e-12)


@pytest.mark.validate
@pytest.mark.parametrize("family", ["ahuja", "uniform"])
def test_ten_thousand_targets_with_fifty_candidates(family: str) -> None:
    rng = np.random.default_rng(11)
    n, k = 10_000, 50
    candidates = np.array([rng.choice(n, k, replace=False) for _ in range(n)])
    p_listed = rng.uniform(0.6, 0.9, (n, k)) if family == "ahuja" else rng.uniform(0, 1, (n, k))
    value, rounds = rng.integers(25, 101, n).astype(float), np.ones(n, np.int64)
    quick = od.assignment.solve_sparse(value, candidates, p_listed, rounds)
    assert quick.gap < 6e-4
    exact = od.assignment.solve_sparse(value, candidates, p_listed, rounds, method="exact")
    assert exact.status == "optimal"
    assert quick.lower_bound <= exact.objective <= quick.objective


@pytest.mark.validate
def test_a_table_of_a_hundred_million_pairs() -> None:
    value, p_kill, rounds = large("ahuja", 10_000, 10_000, seed=12)
    answer = od.assignment.solve(value, p_kill, rounds, method="fast")
    assert answer.gap < 1e-3
    assert answer.shots.sum() <= rounds.sum()

"""Assets: dynamic programming agrees with brute force, and bounds never lie above the optimum."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import opendome as od
from opendome.assignment import assets
from opendome.base.errors import CommandError
from opendome.testing.reference_assignment import splits

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def draw(seed: int, n_most: int = 3) -> Drawn:
    rng = np.random.default_rng(seed)
    n_assets, m, n = (int(size) for size in rng.integers(1, (3, 5, n_most + 1)))
    p_kill = rng.uniform(0, 1, (n, m))
    p_kill[rng.random((n, m)) < 0.1] = 0.0
    p_hit = rng.uniform(0.3, 1, m) if seed % 2 else np.ones(m)
    return rng.uniform(1, 100, n_assets), rng.integers(0, n_assets, m), p_kill, rng.integers(0, 4, n), p_hit


def least_loss(value: np.ndarray, of: np.ndarray, p_kill: np.ndarray, rounds: np.ndarray, p_hit: np.ndarray) -> float:
    ways = [list(splits(int(n_rounds), of.size)) for n_rounds in rounds]
    return min(
        assets.expected_loss(value, of, p_kill, np.array(shots).reshape(p_kill.shape), p_hit)
        for shots in itertools.product(*ways)
    )


def test_agrees_with_brute_force() -> None:
    n_compared = 0
    for seed in range(260):
        value, of, p_kill, rounds, p_hit = draw(seed)
        if math.prod(math.comb(int(n_rounds) + of.size - 1, of.size - 1) for n_rounds in rounds) > 2000:
            continue
        n_compared += 1
        best = least_loss(value, of, p_kill, rounds, p_hit)
        answer = od.assignment.solve_assets(value, of, p_kill, rounds, p_hit)
        assert answer.status == "optimal"
        assert answer.objective == pytest.approx(best, rel=1e-9, abs=1e-10), seed
        assert (answer.shots.sum(axis=1) <= rounds).all()
        lost = assets.expected_loss(value, of, p_kill, answer.shots, p_hit)
        assert answer.objective == pytest.approx(lost, rel=1e-12)
    assert n_compared >= 200


def test_the_bound_for_many_rounds_holds_for_few(monkeypatch: pytest.MonkeyPatch) -> None:
    n_best = 0
    for seed in range(100):
        value, of, p_kill, rounds, p_hit = draw(seed)
        exact = od.assignment.solve_assets(value, of, p_kill, rounds, p_hit)
        with monkeypatch.context() as changed:
            changed.setattr(assets, "EXACT_COMBINATIONS", 0)
            answer = od.assignment.solve_assets(value, of, p_kill, rounds, p_hit)
        assert answer.lower_bound <= exact.objective * (1 + 1e-9) + 1e-9, seed
        assert answer.objective >= exact.objective * (1 - 1e-9) - 1e-9
        assert (answer.shots.sum(axis=1) <= rounds).all()
        n_best += answer.objective <= exact.objective * (1 + 1e-9) + 1e-9
    assert n_best >= 90


def test_one_threat_an_asset_is_the_plain_problem() -> None:
    rng = np.random.default_rng(3)
    value, p_kill, rounds = rng.uniform(1, 9, 5), rng.uniform(0, 1, (3, 5)), np.array([2, 1, 2])
    by_assets = od.assignment.solve_assets(value, np.arange(5), p_kill, rounds)
    assert by_assets.objective == pytest.approx(od.assignment.solve(value, p_kill, rounds).objective, rel=1e-9)


def test_many_rounds_have_a_gap() -> None:
    rng = np.random.default_rng(4)
    value, of = rng.uniform(10, 100, 6), rng.integers(0, 6, 30)
    p_kill, rounds = rng.uniform(0.3, 0.9, (5, 30)), np.full(5, 6)
    answer = od.assignment.solve_assets(value, of, p_kill, rounds)
    assert (answer.shots.sum(axis=1) <= rounds).all()
    assert answer.objective == pytest.approx(assets.expected_loss(value, of, p_kill, answer.shots), rel=1e-9)
    assert 0.0 <= answer.gap <= 0.05
    stopped = od.assignment.solve_assets(value, of, p_kill, rounds, time_limit_s=0.0)
    assert stopped.status == "time_limit"
    assert stopped.lower_bound <= answer.objective


def test_what_cannot_be_meant_is_refused_at_once() -> None:
    with pytest.raises(CommandError) as caught:
        od.assignment.solve_assets([-1.0], [0, 3], [[0.5, 1.5]], [1], [0.5])
    assert all(name in str(caught.value) for name in ("asset_value", "asset_of", "p_kill", "p_hit"))


def test_nothing_to_decide() -> None:
    answer = od.assignment.solve_assets([5.0, 7.0], [0], [[0.5]], [0])
    assert (answer.objective, answer.status) == (5.0, "optimal")
    assert od.assignment.solve_assets([5.0], [], np.zeros((1, 0)), [3]).objective == 0.0

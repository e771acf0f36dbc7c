"""The exact method gives the optimum that brute force gives, with a bound that never lies above it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import opendome as od
from opendome.testing.reference_assignment import least_surviving
from tests.assignment.families import FAMILIES, large, small

N_SMALL = 200


def surviving(value: np.ndarray, p_kill: np.ndarray, shots: np.ndarray) -> float:
    return float((value * ((1.0 - p_kill) ** shots).prod(axis=0)).sum())


def check(value: np.ndarray, p_kill: np.ndarray, rounds: np.ndarray, answer: od.assignment.Assignment) -> None:
    assert answer.shots.shape == p_kill.shape
    assert answer.shots.dtype.kind == "i"
    assert (answer.shots >= 0).all()
    assert (answer.shots.sum(axis=1) <= rounds).all()
    assert answer.objective == pytest.approx(surviving(value, p_kill, answer.shots), rel=1e-9, abs=1e-12)
    assert answer.lower_bound <= answer.objective
    assert answer.gap >= 0.0


@pytest.mark.parametrize("family", FAMILIES)
def test_agrees_with_brute_force(family: str) -> None:
    for seed in range(N_SMALL):
        value, p_kill, rounds = small(family, seed)
        best = least_surviving(value, p_kill, rounds)
        answer = od.assignment.solve(value, p_kill, rounds)
        check(value, p_kill, rounds, answer)
        assert answer.status == "optimal", seed
        assert answer.objective == pytest.approx(best, rel=1e-9, abs=1e-12), seed
        assert answer.lower_bound <= best * (1 + 1e-12) + 1e-14, seed
        assert od.assignment.bound(value, p_kill, rounds, answer.prices) <= best * (1 + 1e-12) + 1e-13, seed


@pytest.mark.parametrize("family", FAMILIES)
def test_fast_bounds_hold(family: str) -> None:
    for seed in range(N_SMALL):
        value, p_kill, rounds = small(family, seed)
        best = least_surviving(value, p_kill, rounds)
        answer = od.assignment.solve(value, p_kill, rounds, method="fast")
        check(value, p_kill, rounds, answer)
        assert answer.objective >= best * (1 - 1e-12) - 1e-14
        assert answer.lower_bound <= best * (1 + 1e-12) + 1e-13


TABLES = st.tuples(st.integers(1, 3), st.integers(1, 3)).flatmap(
    lambda shape: st.tuples(
        hnp.arrays(np.float64, shape[1], elements=st.floats(0.0, 100.0)),
        hnp.arrays(np.float64, shape, elements=st.floats(0.0, 1.0)),
        hnp.arrays(np.int64, shape[0], elements=st.integers(0, 3)),
        hnp.arrays(np.float64, shape[0], elements=st.floats(0.0, 50.0)),
    )
)


@given(TABLES)
def test_any_prices_bound_any_problem(drawn: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]) -> None:
    value, p_kill, rounds, prices = drawn
    best = least_surviving(value, p_kill, rounds)
    slack = 1e-9 * value.sum() + 1e-300
    assert od.assignment.bound(value, p_kill, rounds, prices) <= best + slack
    assert od.assignment.dense_bound(value, p_kill, rounds, prices) <= best + slack
    answer = od.assignment.solve(value, p_kill, rounds)
    assert abs(answer.objective - best) <= slack


@given(TABLES)
def test_more_rounds_never_hurt_and_order_does_not_matter(
    drawn: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    value, p_kill, rounds, _ = drawn
    slack = 1e-9 * value.sum() + 1e-300
    objective = od.assignment.solve(value, p_kill, rounds).objective
    assert od.assignment.solve(value, p_kill, rounds + 1).objective <= objective + slack
    turned = od.assignment.solve(value[::-1], p_kill[::-1, ::-1], rounds[::-1])
    assert turned.objective == pytest.approx(objective, abs=slack)


def test_the_same_question_has_the_same_answer() -> None:
    problem = large("uniform", 60, 120, 2)
    first, second = od.assignment.solve(*problem), od.assignment.solve(*problem)
    assert (first.shots == second.shots).all()
    assert first.lower_bound == second.lower_bound


@pytest.mark.parametrize(
    ("family", "n_weapons", "n_targets", "copies"),
    [("uniform", 80, 160, 1), ("uniform", 60, 120, 3), ("ahuja", 100, 100, 1), ("ahuja", 120, 60, 1)],
)
def test_middle_sizes_are_proven(family: str, n_weapons: int, n_targets: int, copies: int) -> None:
    value, p_kill, rounds = large(family, n_weapons, n_targets, copies)
    answer = od.assignment.solve(value, p_kill, rounds)
    check(value, p_kill, rounds, answer)
    assert answer.status == "optimal"
    root = od.assignment.bound(value, p_kill, rounds, answer.prices)
    assert root <= answer.objective * (1 + 1e-12)
    assert root >= answer.objective * (1 - 1e-2)


def test_few_launchers_with_many_rounds() -> None:
    rng = np.random.default_rng(1)
    value, p_kill, rounds = rng.lognormal(2, 1, 60), rng.uniform(0.3, 0.9, (6, 60)), np.full(6, 20)
    answer = od.assignment.solve(value, p_kill, rounds)
    check(value, p_kill, rounds, answer)
    assert answer.status == "optimal"


def test_equal_effect_is_solved_by_greed() -> None:
    rng = np.random.default_rng(2)
    value, p_of_target = rng.uniform(1, 10, 30), rng.uniform(0.2, 0.8, 30)
    p_kill, rounds = np.tile(p_of_target, (5, 1)), rng.integers(5, 15, 5)
    by_greed = surviving(value, p_kill, od.assignment.greedy(value, p_kill, rounds))
    assert od.assignment.solve(value, p_kill, rounds).objective == pytest.approx(by_greed, rel=1e-12)


def test_local_search_is_no_worse_than_greed() -> None:
    value, p_kill, rounds = large("ahuja", 40, 40)
    by_greed = surviving(value, p_kill, od.assignment.greedy(value, p_kill, rounds))
    by_search = surviving(value, p_kill, od.assignment.local_search(value, p_kill, rounds))
    assert od.assignment.solve(value, p_kill, rounds).objective <= by_search <= by_greed


def test_no_time_gives_an_allocation_and_a_bound() -> None:
    value, p_kill, rounds = large("uniform", 60, 120, 3)
    answer = od.assignment.solve(value, p_kill, rounds, time_limit_s=0.0)
    check(value, p_kill, rounds, answer)
    assert answer.status == "time_limit"
    assert 0.0 < answer.lower_bound < answer.objective


def test_many_rounds_of_little_effect() -> None:
    value, p_kill, rounds = np.array([10.0, 4.0]), np.array([[0.01, 0.02]]), np.array([400])
    answer = od.assignment.solve(value, p_kill, rounds)
    best = min(10 * 0.99**k + 4 * 0.98 ** (400 - k) for k in range(401))
    assert answer.objective == pytest.approx(best, rel=1e-12)
    assert answer.lower_bound <= best * (1 + 1e-12)
    assert math.isfinite(answer.gap)


@pytest.mark.validate
@pytest.mark.parametrize(
    ("family", "n_weapons", "n_targets", "copies"),
    [
        ("uniform", 200, 400, 1),
        ("uniform", 300, 600, 1),
        ("uniform", 300, 600, 3),
        ("uniform", 500, 1000, 3),
        ("ahuja", 400, 400, 1),
        ("ahuja", 1000, 500, 1),
        ("ahuja", 1000, 1000, 1),
        ("ahuja", 1000, 2000, 1),
    ],
)
def test_large_sizes_are_proven(family: str, n_weapons: int, n_targets: int, copies: int) -> None:
    value, p_kill, rounds = large(family, n_weapons, n_targets, copies, seed=5)
    answer = od.assignment.solve(value, p_kill, rounds)
    check(value, p_kill, rounds, answer)
    assert answer.status == "optimal"

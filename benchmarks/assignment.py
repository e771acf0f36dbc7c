"""Speed of static assignment on one core, and the gap that is proven, on the families of the literature.

``ahuja``: values 25 to 100, kill probability 0.6 to 0.9, one round of each type (Ahuja and others 2007). ``uniform``:
values 1 to 100, kill probability 0 to 1, one to three rounds of each type (Andersen and others 2022). Sizes are weapon
types times targets. Processor time, median over instances and repeats. The peer is what one would write down first:
an integer program in which tangents stand for the exponential, solved by HiGHS; and, for the value left, the best
allocation of one shot a target.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import csr_array, hstack, vstack

from benchmarks.result import Result
from opendome.assignment.problem import Assignment
from opendome.assignment.solver import solve, solve_sparse

__all__ = ["instance", "measure", "sparse_instance", "tangent_bound"]

Problem = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]

EXACT = (
    ("uniform", 200, 400, 1, 0.06),
    ("uniform", 300, 600, 1, 0.12),
    ("uniform", 500, 1000, 3, 8.0),
    ("ahuja", 400, 400, 1, 0.3),
    ("ahuja", 1000, 500, 1, 4.0),
    ("ahuja", 1000, 1000, 1, 1.0),
    ("ahuja", 1000, 2000, 1, 1.0),
)
"""Family, weapon types, targets, rounds of each type, goal in seconds."""
N_LISTED, N_CANDIDATES = 10_000, 50
GOAL_SPARSE_S, GOAL_SPARSE_GAP, GOAL_DENSE_S, GOAL_DENSE_GAP = 5.0, 0.06, 30.0, 0.1
N_COMPACT, N_TANGENTS = 40, 60


def instance(family: str, n_weapons: int, n_targets: int, copies: int, seed: int) -> Problem:
    """Draw a problem: value, p_kill, rounds."""
    rng = np.random.default_rng(seed)
    if family == "ahuja":
        value, p_kill = rng.integers(25, 101, n_targets), rng.uniform(0.6, 0.9, (n_weapons, n_targets))
    else:
        value, p_kill = rng.integers(1, 101, n_targets), rng.uniform(0.0, 1.0, (n_weapons, n_targets))
    return value.astype(np.float64), p_kill, np.full(n_weapons, copies)


def sparse_instance(family: str, size: int, n_candidates: int, seed: int) -> tuple[Any, Any, Any, Any]:
    """Draw a problem of random candidate lists: value, candidates, p_kill, rounds."""
    rng = np.random.default_rng(seed)
    candidates = np.array([rng.choice(size, n_candidates, replace=False) for _ in range(size)])
    low, high = (0.6, 0.9) if family == "ahuja" else (0.0, 1.0)
    p_kill = rng.uniform(low, high, (size, n_candidates))
    return rng.integers(25, 101, size).astype(np.float64), candidates, p_kill, np.ones(size, np.int64)


def tangent_bound(value: NDArray[np.float64], p_kill: NDArray[np.float64], rounds: NDArray[np.int64]) -> float:
    """Give the optimum of the integer program with tangents, a lower bound on the surviving value.

    Variables: shots ``x`` (n, m), then ``z`` (m,). ``z_j >= V_j e^-s (1 + s) - V_j e^-s sum_i a_ij x_ij`` for tangent
    points ``s``, with ``a = -ln(1 - p)``.
    """
    n, m = p_kill.shape
    effect = -np.log1p(-p_kill)
    points = np.linspace(0.0, float(effect.max()) * 4.0, N_TANGENTS)
    over_weapons = csr_array(np.kron(np.eye(n), np.ones((1, m))))
    rows: list[Any] = [hstack([over_weapons, csr_array((n, m))])]
    low, high = [np.full(n, -np.inf)], [rounds.astype(np.float64)]
    spread = csr_array(np.hstack([np.diag(effect[i]) for i in range(n)]))
    for s in points:
        slope = csr_array(np.diag(value * np.exp(-s)))
        rows.append(hstack([slope @ spread, csr_array(np.eye(m))]))
        low.append(value * np.exp(-s) * (1.0 + s))
        high.append(np.full(m, np.inf))
    cost = np.concatenate((np.zeros(n * m), np.ones(m)))
    whole = np.concatenate((np.ones(n * m), np.zeros(m)))
    limits = LinearConstraint(vstack(rows), np.concatenate(low), np.concatenate(high))
    found = milp(cost, integrality=whole, bounds=Bounds(0.0, np.inf), constraints=limits)
    return float(found.fun)


def _spent_s(function: Callable[..., Any], *arguments: Any, **options: Any) -> tuple[float, Any]:
    since_s = time.process_time()
    answer = function(*arguments, **options)
    return time.process_time() - since_s, answer


def _warm() -> None:
    """Load or compile every kernel that is timed."""
    for copies in (1, 3):
        solve(*instance("uniform", 30, 60, copies, 0))
    for method in ("exact", "fast"):
        solve_sparse(*sparse_instance("ahuja", 60, 10, 0), method=method)


def _exact_row(family: str, n: int, m: int, copies: int, goal_s: float, n_seeds: int) -> Result:
    times_s, n_proven = [], 0
    for seed in range(n_seeds):
        problem = instance(family, n, m, copies, seed)
        runs: list[tuple[float, Assignment]] = [_spent_s(solve, *problem) for _ in range(3)]
        times_s.append(statistics.median(run[0] for run in runs))
        n_proven += runs[0][1].status == "optimal"
    name = f"{family} {n} x {m}, {copies} each: proven optimal {n_proven} of {n_seeds}"
    return Result("assignment", name, statistics.median(times_s), "s", goal_s, False, note=NOTE)


def _compact_rows() -> list[Result]:
    problem = instance("ahuja", N_COMPACT, N_COMPACT, 1, 0)
    ours_s, answer = _spent_s(solve, *problem)
    theirs_s, _ = _spent_s(tangent_bound, *problem)
    rows = [
        Result(
            "assignment", f"ahuja {N_COMPACT} x {N_COMPACT}, 1 each", 1e3 * ours_s, "ms", None, False,
            "HiGHS with tangents", 1e3 * theirs_s, theirs_s / ours_s, NOTE,
        )
    ]  # fmt: skip
    value, p_kill, rounds = instance("ahuja", 400, 200, 1, 0)
    answer = solve(value, p_kill, rounds)
    at, to = linear_sum_assignment(-p_kill * value)
    left = float(value.sum() - (p_kill * value)[at, to].sum())
    rows.append(
        Result(
            "assignment", "value left, ahuja 400 x 200, 1 each", answer.objective, "", None, False,
            "one shot a target", left, left / answer.objective, NOTE,
        )
    )  # fmt: skip
    return rows


def _sparse_rows(size: int, is_quick: bool) -> list[Result]:
    rows = []
    for family in ("ahuja", "uniform"):
        problem = sparse_instance(family, size, N_CANDIDATES, 0)
        spent_s, answer = _spent_s(solve_sparse, *problem, method="fast")
        name = f"{family} {size:,} x {size:,}, {N_CANDIDATES} candidates"
        rows.append(Result("assignment", f"{name}, fast", spent_s, "s", GOAL_SPARSE_S, False, note=NOTE))
        rows.append(Result("assignment", f"{name}, gap", 100 * answer.gap, "%", GOAL_SPARSE_GAP, False, note=NOTE))
        if not is_quick:
            spent_s, answer = _spent_s(solve_sparse, *problem, method="exact")
            rows.append(Result("assignment", f"{name}, {answer.status}", spent_s, "s", None, False, note=NOTE))
    return rows


def _dense_rows(size: int) -> list[Result]:
    problem = instance("ahuja", size, size, 1, 0)
    spent_s, answer = _spent_s(solve, *problem, method="fast")
    name = f"ahuja {size:,} x {size:,} dense"
    return [
        Result("assignment", f"{name}, fast", spent_s, "s", GOAL_DENSE_S, False, note=NOTE),
        Result("assignment", f"{name}, gap", 100 * answer.gap, "%", GOAL_DENSE_GAP, False, note=NOTE),
    ]


def measure(is_quick: bool) -> list[Result]:
    """Measure times and proven gaps."""
    _warm()
    rows = [_exact_row(*case, n_seeds=1 if is_quick else 5) for case in EXACT]
    rows += _compact_rows()
    rows += _sparse_rows(N_LISTED, is_quick)
    return rows if is_quick else rows + _dense_rows(N_LISTED)


NOTE = (
    "processor time, one thread, median of three runs of each instance and over the instances; sizes are weapon types "
    "times targets; the peer of the first comparison gives a bound only"
)
"""What the figures stand for."""

"""The exact and the fast method beside brute force and HiGHS, on problems drawn for this case."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.prices import bound
from opendome.assignment.solver import solve
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.cases.draws import uniforms
from opendome.study.paired import mean_interval
from opendome.testing.reference_assignment import least_by_bundles, least_surviving

__all__ = ["FAMILIES", "run", "small_problem"]

Problem = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]

FAMILIES = ("uniform1", "uniform2", "uniform3", "ahuja", "few launchers", "low p", "zeros and ones", "ties")
"""Families of small problems, as in the literature and in the tests."""

_REL, _REL_HIGHS = 1e-9, 1e-7
_ROUNDING = 1e-12
_BUNDLES_STREAM = 50


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Solve every problem three ways; shares have no interval, since every problem counts."""
    settings = declared.settings
    n_differs, n_above, excess = 0, 0, []
    for i, family in enumerate(FAMILIES):
        for number in range(settings["n_small"]):
            problem = small_problem(family, settings["seed"], number)
            best = least_surviving(*problem)
            exact, fast = solve(*problem), solve(*problem, method="fast")
            n_differs += int(abs(exact.objective - best) > _REL * best + 1e-12)
            bounds = (exact.lower_bound, fast.lower_bound, bound(*problem, exact.prices))
            n_above += int(max(bounds) > best * (1.0 + 1e-12) + 1e-13)
            excess.append(_excess(fast.objective, best))
        if effort.progress is not None:
            effort.progress((i + 1) / (len(FAMILIES) + 1))
    n_highs, fast_excess = _beside_highs(settings)
    mean, of_highs = mean_interval(np.array(excess)), mean_interval(np.array(fast_excess))
    worst, n = max(excess), len(excess)
    return [
        Finding("brute-force-differs", n_differs, n_differs, n_differs, n, "exact"),
        Finding("brute-force-bound", n_above, n_above, n_above, n, "exact"),
        Finding("fast-excess", mean.value, mean.low, mean.high, n),
        Finding("fast-worst", worst, worst, worst, n, "greatest"),
        Finding("highs-differs", n_highs, n_highs, n_highs, len(fast_excess), "exact"),
        Finding("highs-fast-excess", of_highs.value, of_highs.low, of_highs.high, len(fast_excess)),
    ]


def _beside_highs(settings: dict[str, int]) -> tuple[int, list[float]]:
    """Problems that differ from HiGHS's optimum, and what the fast method gives above it."""
    n, m = settings["n_weapons"], settings["n_targets"]
    n_differs, excess = 0, []
    for number in range(settings["n_bundles"]):
        u = uniforms(settings["seed"], number, _BUNDLES_STREAM, m + n * m)
        value, p_kill = 1.0 + 99.0 * u[:m], u[m:].reshape(n, m)
        best = least_by_bundles(value, p_kill)
        rounds = np.ones(n, np.int64)
        n_differs += int(abs(solve(value, p_kill, rounds).objective / best - 1.0) > _REL_HIGHS)
        excess.append(_excess(solve(value, p_kill, rounds, method="fast").objective, best))
    return n_differs, excess


def _excess(objective: float, best: float) -> float:
    """How far above the optimum, relative; what rounding leaves counts as nothing."""
    excess = objective / best - 1.0 if best > 0.0 else 0.0
    return 0.0 if abs(excess) < _ROUNDING else excess


def small_problem(family: str, seed: int, number: int) -> Problem:
    """Draw one small problem of a family: value (m,), p_kill (n, m), rounds (n,), n and m at most 6 and 4.

    Raises
    ------
    ValueError
        No family has that name.
    """
    u = uniforms(seed, number, FAMILIES.index(family), 80)
    n, m = 1 + int(4 * u[0]), 1 + int(4 * u[1])
    worth, chance, third = u[10:20], u[20:50].reshape(6, 5), u[50:80].reshape(6, 5)
    if family.startswith("uniform"):
        copies = int(family[-1])
        n = min(n, 4 - copies // 2)
        return np.ceil(100 * worth[:m]), chance[:n, :m], np.full(n, copies)
    if family == "ahuja":
        n = 1 + int(6 * u[2])
        return np.ceil(25 + 75 * worth[:m]), 0.6 + 0.3 * chance[:n, :m], np.ones(n, np.int64)
    if family == "few launchers":
        n, m = 1 + int(2 * u[2]), 1 + int(3 * u[3])
        return 1 + 99 * worth[:m], 0.3 + 0.6 * chance[:n, :m], 1 + (8 * u[4 : 4 + n]).astype(np.int64)
    if family == "low p":
        return 1 + 99 * worth[:m], 0.1 * chance[:n, :m], (5 * u[4 : 4 + n]).astype(np.int64)
    if family == "zeros and ones":
        p_kill = np.where(third < 0.4, 0.0, np.where(third > 0.9, 1.0, chance))[:n, :m]
        return np.floor(5 * worth[:m]), p_kill, (4 * u[4 : 4 + n]).astype(np.int64)
    return np.full(m, 8.0), 0.25 * (1 + np.floor(3 * chance[:n, :m])), (4 * u[4 : 4 + n]).astype(np.int64)

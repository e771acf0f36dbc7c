"""The compact peer of the assignment benchmark bounds the optimum closely, so that the comparison is a fair one."""

from __future__ import annotations

import pytest

from benchmarks.assignment import instance, sparse_instance, tangent_bound
from opendome.assignment.solver import solve, solve_sparse


@pytest.mark.parametrize("family", ["ahuja", "uniform"])
def test_tangents_bound_the_optimum_closely(family: str) -> None:
    problem = instance(family, 8, 8, 1, 3)
    best = solve(*problem).objective
    assert 0.9 * best <= tangent_bound(*problem) <= best * (1 + 1e-6)


def test_lists_are_solved_exactly_and_fast() -> None:
    problem = sparse_instance("uniform", 80, 10, 3)
    exact, fast = solve_sparse(*problem), solve_sparse(*problem, method="fast")
    assert exact.status == "optimal"
    assert fast.lower_bound <= exact.objective * (1 + 1e-12) <= fast.objective * (1 + 2e-12)

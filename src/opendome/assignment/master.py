"""The master problem: choose columns, at most one a target, within the rounds; as a linear and as an integer program.

The empty column of a target is the slack of its row, so that a column's cost is what it saves, negative. Costs are
scaled so that the mean target costs 1. The solver is HiGHS with one thread: primal simplex without presolve from a
basis of the incumbent's columns and the slacks for the linear program, its branch and cut for the integer one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import highspy
import numpy as np

from opendome.assignment.columns import Columns
from opendome.assignment.problem import Floats, Ints, Lists

__all__ = ["LinearAnswer", "Master", "WholeAnswer", "solve_whole"]

UNBOUNDED = float(highspy.kHighsInf)
TOLERANCE = 1e-9
"""Of the solver, in units of the mean target's cost."""


class LinearAnswer(NamedTuple):
    """Optimum of the linear program: weights of the columns, duals of targets and prices of rounds, value saved."""

    weight: Floats
    target_dual: Floats
    prices: Floats
    saved: float
    is_solved: bool


class WholeAnswer(NamedTuple):
    """Answer of the integer program: chosen columns (empty if none was found) and a bound on the value saved."""

    chosen: Ints
    saved_most: float
    is_solved: bool


def _silent() -> Any:
    solver = highspy.Highs()
    for name, setting in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
        solver.setOptionValue(name, setting)
    for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance", "mip_feasibility_tolerance"):
        solver.setOptionValue(name, TOLERANCE)
    return solver


def _entries(lists: Lists, columns: Columns) -> tuple[Any, Any, Any]:
    """Start, row and coefficient of a matrix by columns: the target's row first, then those of the weapons."""
    n_columns, n_targets = columns.target.size, lists.value.size
    start = columns.start + np.arange(n_columns + 1)
    row = np.empty(start[-1], np.int32)
    coefficient = np.ones(start[-1])
    is_target = np.zeros(start[-1], bool)
    is_target[start[:-1]] = True
    row[is_target] = columns.target
    row[~is_target] = n_targets + lists.weapon[columns.pair]
    coefficient[~is_target] = columns.n_shots
    return start.astype(np.int32), row, coefficient


def _scale(lists: Lists, objective: float) -> float:
    return lists.value.size / objective if objective > 0.0 else 1.0


def _costs(lists: Lists, columns: Columns, scale: float) -> Floats:
    return np.asarray((columns.left - lists.value[columns.target]) * scale)


def _pass_model(solver: Any, lists: Lists, columns: Columns, costs: Floats, is_whole: bool) -> None:
    start, row, coefficient = _entries(lists, columns)
    n_columns, n_rows = columns.target.size, lists.value.size + lists.rounds.size
    upper = np.concatenate((np.ones(lists.value.size), lists.rounds.astype(np.float64)))
    solver.passModel(
        n_columns, n_rows, row.size, int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMinimize), 0.0, costs,
        np.zeros(n_columns), np.full(n_columns, 1.0 if is_whole else UNBOUNDED), np.full(n_rows, -UNBOUNDED), upper,
        start, row, coefficient, np.full(n_columns, int(is_whole), np.int32),
    )  # fmt: skip


class Master:
    """The linear program, kept from one round of column generation to the next.

    Parameters
    ----------
    columns : Columns   the first ones; the first ``n_incumbent`` of them are the incumbent's
    objective : float   surviving value of the incumbent
    """

    def __init__(self, lists: Lists, columns: Columns, n_incumbent: int, objective: float) -> None:
        self.lists, self.scale, self.n_columns = lists, _scale(lists, objective), columns.target.size
        self.solver = _silent()
        for name, setting in (("presolve", "off"), ("simplex_strategy", 4), ("solver", "simplex")):
            self.solver.setOptionValue(name, setting)
        _pass_model(self.solver, lists, columns, _costs(lists, columns, self.scale), False)
        basis = highspy.HighsBasis()
        at_zero, basic = highspy.HighsBasisStatus.kLower, highspy.HighsBasisStatus.kBasic
        basis.col_status = [basic] * n_incumbent + [at_zero] * (self.n_columns - n_incumbent)
        rows = [basic] * (lists.value.size + lists.rounds.size)
        for j in columns.target[:n_incumbent].tolist():
            rows[j] = highspy.HighsBasisStatus.kUpper
        basis.row_status, basis.valid, basis.alien = rows, True, False
        self.solver.setBasis(basis)

    def add(self, columns: Columns) -> None:
        """Add columns."""
        start, row, coefficient = _entries(self.lists, columns)
        n = columns.target.size
        costs = _costs(self.lists, columns, self.scale)
        self.solver.addCols(n, costs, np.zeros(n), np.full(n, UNBOUNDED), row.size, start[:-1], row, coefficient)
        self.n_columns += n

    def solve(self, seconds_left: float) -> LinearAnswer:
        """Solve from the basis at hand, within the seconds left."""
        if math.isfinite(seconds_left):
            self.solver.setOptionValue("time_limit", self.solver.getRunTime() + max(seconds_left, 0.0))
        self.solver.run()
        is_solved = self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        solution = self.solver.getSolution()
        dual = -np.asarray(solution.row_dual) / self.scale
        n_targets = self.lists.value.size
        return LinearAnswer(
            np.asarray(solution.col_value),
            dual[:n_targets],
            np.maximum(dual[n_targets:], 0.0),
            -float(self.solver.getObjectiveValue()) / self.scale,
            is_solved,
        )


def solve_whole(lists: Lists, columns: Columns, incumbent: Ints, objective: float, seconds_left: float) -> WholeAnswer:
    """Choose columns by branch and cut.

    Parameters
    ----------
    incumbent : (n,)     numbers of columns that together are a good answer, to start from
    objective : float    surviving value of that answer
    seconds_left : float   may be infinite
    """
    solver, scale = _silent(), _scale(lists, objective)
    for name in ("mip_heuristic_run_rens", "mip_heuristic_run_rins", "mip_heuristic_run_root_reduced_cost"):
        solver.setOptionValue(name, False)
    for name, setting in (("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-10 * lists.value.size)):
        solver.setOptionValue(name, setting)
    if math.isfinite(seconds_left):
        solver.setOptionValue("time_limit", max(seconds_left, 0.0))
    _pass_model(solver, lists, columns, _costs(lists, columns, scale), True)
    if incumbent.size:
        started = highspy.HighsSolution()
        weights = np.zeros(columns.target.size)
        weights[incumbent] = 1.0
        started.col_value = weights.tolist()
        solver.setSolution(started)
    solver.run()
    info = solver.getInfo()
    chosen = np.zeros(0, np.int64)
    if info.primal_solution_status == 2:
        chosen = np.nonzero(np.asarray(solver.getSolution().col_value) > 0.5)[0]
    is_solved = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return WholeAnswer(chosen, -float(info.mip_dual_bound) / scale, is_solved)

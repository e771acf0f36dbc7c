"""The master problem: choose columns, at most one a target, within the rounds; as a linear and as an integer program.

In the linear program the empty column of a target is the slack of its row, so that a column's cost is what it saves,
negative, scaled so that the mean target costs 1. The integer program is written in reduced costs. The solver is HiGHS
with one thread: primal simplex without presolve from a basis of the incumbent's columns and the slacks for the linear
program, its branch and cut for the integer one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from opendome.assignment.columns import Columns, reduced_costs
from opendome.assignment.prices import Dual
from opendome.assignment.problem import PROVEN_REL, ROUNDING_REL, Floats, Ints, Lists

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
    """Answer of the integer program: chosen columns (empty if none was found) and a bound on the surviving value."""

    chosen: Ints
    lower: float
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


def _pass_linear(solver: Any, lists: Lists, columns: Columns, costs: Floats) -> None:
    start, row, coefficient = _entries(lists, columns)
    n_columns, n_rows = columns.target.size, lists.value.size + lists.rounds.size
    upper = np.concatenate((np.ones(lists.value.size), lists.rounds.astype(np.float64)))
    solver.passModel(
        n_columns, n_rows, row.size, int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMinimize), 0.0, costs,
        np.zeros(n_columns), np.full(n_columns, UNBOUNDED), np.full(n_rows, -UNBOUNDED), upper, start, row, coefficient,
        np.zeros(n_columns, np.int32),
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
        _pass_linear(self.solver, lists, columns, _costs(lists, columns, self.scale))
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


def _whole_solver(seconds_left: float, near: float) -> Any:
    """Give a solver for the integer program that stops at the absolute gap ``near``."""
    solver = _silent()
    for name in ("mip_heuristic_run_rens", "mip_heuristic_run_rins", "mip_heuristic_run_root_reduced_cost"):
        solver.setOptionValue(name, False)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", near)
    if math.isfinite(seconds_left):
        solver.setOptionValue("time_limit", max(seconds_left, 0.0))
    return solver


def _pass_whole(solver: Any, lists: Lists, columns: Columns, dual: Dual, gap: float) -> tuple[NDArray[np.int64], float]:
    """Pass the program in reduced costs: columns, then slacks of the weapon types that may keep rounds.

    Gives these types, and the surviving value that the program's costs, in units of the gap, are added to.
    """
    empty = lists.value - dual.part
    is_shot_at = empty > gap * (1.0 + 1e-6)
    keeping = np.nonzero(dual.prices <= gap * (1.0 + 1e-6))[0]
    costs = reduced_costs(lists, columns, dual.prices, dual.part) - np.where(is_shot_at, 0.0, empty)[columns.target]
    start, row, coefficient = _entries(lists, columns)
    start = np.concatenate((start, start[-1] + 1 + np.arange(keeping.size))).astype(np.int32)
    row = np.concatenate((row, lists.value.size + keeping)).astype(np.int32)
    n_all = start.size - 1
    upper = np.concatenate((np.ones(lists.value.size), lists.rounds.astype(np.float64)))
    is_equal = np.concatenate((is_shot_at, np.ones(lists.rounds.size, bool)))
    solver.passModel(
        n_all, upper.size, row.size, int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMinimize), 0.0,
        np.concatenate((costs, dual.prices[keeping])) / gap, np.zeros(n_all),
        np.concatenate((np.ones(columns.target.size), lists.rounds[keeping].astype(np.float64))),
        np.where(is_equal, upper, -UNBOUNDED), upper, start, row,
        np.concatenate((coefficient, np.ones(keeping.size))), np.ones(n_all, np.int32),
    )  # fmt: skip
    return keeping, dual.bound + float(empty[~is_shot_at].sum())


def solve_whole(
    lists: Lists, columns: Columns, n_incumbent: int, objective: float, dual: Dual, seconds_left: float
) -> WholeAnswer:
    """Choose columns by branch and cut.

    With the reduced costs ``r`` of columns at prices ``u``, the surviving value is ``L(u) + sum r + sum u s`` where
    ``s`` are the rounds kept. Everything is small in this form, and measured in units of the gap between the objective
    and ``L(u)``. What costs more than the gap is in no better answer: such rounds are all used, such targets all shot
    at.

    Parameters
    ----------
    columns : Columns     the first ``n_incumbent`` of them are those of the best answer known
    objective : float     surviving value of that answer
    dual : Dual           prices with their Lagrangian bound
    seconds_left : float  may be infinite
    """
    gap = max(objective - dual.bound, ROUNDING_REL * float(lists.value.sum()))
    solver = _whole_solver(seconds_left, min(1e-3, max(1e-9, 0.1 * PROVEN_REL * objective / gap)))
    keeping, offset = _pass_whole(solver, lists, columns, dual, gap)
    n_columns, last = columns.target.size, columns.start[n_incumbent]
    weights = np.zeros(n_columns + keeping.size)
    weights[:n_incumbent] = 1.0
    used = np.bincount(lists.weapon[columns.pair[:last]], columns.n_shots[:last], minlength=lists.rounds.size)
    weights[n_columns:] = (lists.rounds - used)[keeping]
    known = highspy.HighsSolution()
    known.col_value = weights.tolist()
    solver.setSolution(known)
    solver.run()
    info = solver.getInfo()
    chosen = np.zeros(0, np.int64)
    if info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible):
        chosen = np.nonzero(np.asarray(solver.getSolution().col_value)[:n_columns] > 0.5)[0]
    is_solved = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return WholeAnswer(chosen, offset + float(info.mip_dual_bound) * gap, is_solved)

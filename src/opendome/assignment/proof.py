"""The proof when the linear program's answer is not whole: the integer program over every column within the gap.

At prices with Lagrangian bound ``L`` an allocation that uses a column of reduced cost ``r`` leaves ``L + r`` at least.
So the integer program over all columns of reduced cost up to ``d`` and the number ``L + d`` together bound every
allocation; once ``L + d`` reaches the best objective, the integer program alone decides. The first stages take few
columns: their answer mostly is optimal, and makes the last stage small.
"""

from __future__ import annotations

import numpy as np

from opendome.assignment.columns import columns_of, gather, join, select, to_count
from opendome.assignment.generation import Search, take
from opendome.assignment.master import solve_whole
from opendome.assignment.pricing import make_desk

__all__ = ["prove"]

N_FIRST = 3
"""Columns a target in the first stage, about."""
FIRST_DEPTH_REL = 2e-4
"""Reduced cost in the first try for it, in units of the objective."""
N_MOST_A_TARGET = 20_000
N_MOST = 300_000
"""Columns that a stage may have; beyond, the proof is given up and the bound so far stands."""


def _within(search: Search, depth: float) -> tuple[float, bool]:
    """Gather the columns of reduced cost up to ``depth`` into the pool; whether these are all."""
    lists, dual = search.lists, search.dual
    limits = dual.part + depth * (1.0 + 1e-9) + 1e-12 * dual.part
    widest = int(np.diff(lists.start).max())
    desk = make_desk(widest, 1, N_MOST_A_TARGET)
    search.pool, is_whole = gather(lists, dual.prices, limits, desk, search.keys, N_MOST_A_TARGET, N_MOST)
    return depth, is_whole


def _first_stage(search: Search) -> tuple[float, bool]:
    """Gather about ``N_FIRST`` columns a target, or all within the gap if these are fewer."""
    gap = search.objective - search.dual.bound
    depth, is_growing = min(gap, FIRST_DEPTH_REL * search.objective), True
    for _ in range(40):
        depth, is_whole = _within(search, depth)
        n_columns = 0 if search.pool is None else search.pool.target.size
        if n_columns > 2 * N_FIRST * search.lists.value.size:
            depth, is_growing = 0.5 * depth, False
        elif is_growing and depth < gap and n_columns < N_FIRST * search.lists.value.size:
            depth = min(gap, 1.5 * depth)
        else:
            break
    return depth, is_whole


def _solve_stage(search: Search, depth: float) -> bool:
    """Solve the integer program over the pool and the incumbent's columns; whether it was solved to the end."""
    if search.pool is None:
        return False
    own = columns_of(search.lists, search.count, search.keys)
    others = np.nonzero(~np.isin(search.pool.key, own.key))[0]
    columns = join(own, select(search.pool, others))
    answer = solve_whole(search.lists, columns, own.target.size, search.objective, search.dual, search.seconds_left())
    if answer.chosen.size:
        take(search, to_count(search.lists, columns, answer.chosen))
    search.notes["n_columns_last"] = columns.target.size
    if np.isfinite(answer.lower):
        search.lower = max(search.lower, min(answer.lower, search.dual.bound + depth))
    return answer.is_solved


def prove(search: Search) -> None:
    """Close the gap of ``search``, or raise its bound as far as time and size allow."""
    depth, is_whole = _first_stage(search)
    while True:
        is_solved = _solve_stage(search, depth)
        gap = search.objective - search.dual.bound
        if depth >= gap and is_whole and is_solved:
            search.lower = search.objective
        if search.is_proven() or search.is_out_of_time() or not is_whole or not is_solved:
            return
        depth, is_whole = _within(search, gap if depth >= gap / 4.0 else 4.0 * depth)

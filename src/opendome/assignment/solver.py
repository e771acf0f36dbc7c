"""Solve a static assignment: the room's front door."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from opendome.assignment.exact import search_exact, trivial
from opendome.assignment.fast import search_fast
from opendome.assignment.problem import (
    Assignment,
    Floats,
    Ints,
    Lists,
    check_lists,
    check_table,
    finish,
    lists_from_table,
    table_shots,
)
from opendome.assignment.wide import MANY_PAIRS, solve_wide
from opendome.base.errors import CommandError, nearest_name

__all__ = ["solve", "solve_sparse"]

METHODS = ("exact", "fast")
EXACT_PAIRS = 100_000
"""Listed pairs up to which `solve_sparse` is exact unless told otherwise."""


def _check_method(method: str) -> None:
    if method not in METHODS:
        nearest = nearest_name(str(method), METHODS)
        raise CommandError(f"method is {method!r}; write 'exact' or 'fast'" + (f": {nearest}" if nearest else ""))


def _solve_lists(lists: Lists, time_limit_s: float | None, method: str) -> tuple[Ints, float, float, bool, Floats]:
    """Shots of listed pairs, objective, bound, whether the clock stopped it, prices."""
    known = trivial(lists)
    if known is not None:
        return known[0], known[1], known[1], False, np.zeros(lists.rounds.size)
    if method == "fast":
        quick = search_fast(lists, time_limit_s)
        return quick.shots, quick.objective, quick.dual.bound, quick.is_stopped, quick.dual.prices
    search = search_exact(lists, time_limit_s)
    return search.count, search.objective, search.lower, search.is_out_of_time(), search.dual.prices


def solve(value: Any, p_kill: Any, rounds: Any, time_limit_s: float | None = None, method: str = "exact") -> Assignment:
    """Give rounds to targets so that the least value is expected to survive.

    Minimises ``sum_j V_j prod_i (1 - p_ij)^x_ij`` over whole ``x >= 0`` with ``sum_j x_ij <= rounds_i``.

    Parameters
    ----------
    value : (n_targets,)                  value of each target, 0 or more
    p_kill : (n_weapon_types, n_targets)  chance that one shot destroys the target, 0 for out of reach
    rounds : (n_weapon_types,)            whole numbers
    time_limit_s : float, optional        the search stops about then, with the best it has; none by default
    method : ``"exact"`` or ``"fast"``    fast proves a gap and mostly no optimum; tables of more than 20 million
                                          pairs are always solved fast, by lists of candidates

    Returns
    -------
    Assignment   shots (n_weapon_types, n_targets), with objective, proven bound, gap, status, seconds and prices

    Raises
    ------
    CommandError   with everything that is wrong with the arguments

    Assumes: independent shots, all fired before any outcome is seen.
    References: docs/explanation/assignment.md

    >>> answer = solve([10.0, 5.0], [[0.5, 0.5], [0.8, 0.2]], [1, 1])
    >>> answer.shots.tolist(), answer.objective, answer.status
    ([[0, 1], [1, 0]], 4.5, 'optimal')
    """
    began_s = time.perf_counter()
    _check_method(method)
    values, table, stock = check_table(value, p_kill, rounds, time_limit_s)
    if table.size > MANY_PAIRS:
        return solve_wide(values, table, stock, time_limit_s, began_s)
    lists = lists_from_table(values, table, stock)
    count, objective, lower, is_stopped, prices = _solve_lists(lists, time_limit_s, method)
    shots = table_shots(lists, count)
    seconds = time.perf_counter() - began_s
    return finish(shots, objective, lower, is_stopped, seconds, prices, float(lists.value.sum()))


def solve_sparse(
    value: Any,
    candidates: Any,
    p_kill: Any,
    rounds: Any,
    time_limit_s: float | None = None,
    method: str | None = None,
) -> Assignment:
    """Solve a problem in which each target has a short list of weapon types that may shoot at it.

    The bound holds for the listed problem. A wider one, of which the lists are a part, is bounded by ``bound`` or
    ``dense_bound`` at the answer's prices.

    Parameters
    ----------
    value : (n_targets,)            value of each target, 0 or more
    candidates : (n_targets, k)     weapon types; -1 fills shorter lists
    p_kill : (n_targets, k)         chance that one shot of that candidate destroys the target
    rounds : (n_weapon_types,)      whole numbers
    time_limit_s : float, optional  the search stops about then, with the best it has
    method : str, optional          ``"exact"`` or ``"fast"``; by default exact up to 100,000 listed pairs

    Returns
    -------
    Assignment   with shots (n_targets, k), candidate by candidate

    Raises
    ------
    CommandError   with everything that is wrong with the arguments
    """
    began_s = time.perf_counter()
    lists, place = check_lists(value, candidates, p_kill, rounds, time_limit_s)
    chosen = method if method is not None else ("exact" if lists.weapon.size <= EXACT_PAIRS else "fast")
    _check_method(chosen)
    count, objective, lower, is_stopped, prices = _solve_lists(lists, time_limit_s, chosen)
    shape = np.shape(candidates)
    shots = np.zeros(int(np.prod(shape)), np.int64)
    shots[place] = count
    seconds = time.perf_counter() - began_s
    return finish(shots.reshape(shape), objective, lower, is_stopped, seconds, prices, float(lists.value.sum()))

"""The exact method: greedy and local search, prices, column generation, and a proof where that leaves a gap."""

from __future__ import annotations

import time

import numpy as np

from opendome.assignment.generation import Search, generate, open_search
from opendome.assignment.problem import Ints, Lists
from opendome.assignment.proof import prove

__all__ = ["search_exact", "trivial"]


def trivial(lists: Lists) -> tuple[Ints, float] | None:
    """Give the answer of a problem in which nothing can be decided: no target, no round, no pair in reach."""
    if lists.weapon.size == 0 or not lists.value.any():
        return np.zeros(lists.weapon.size, np.int64), float(lists.value.sum())
    return None


def search_exact(lists: Lists, time_limit_s: float | None) -> Search:
    """Solve a list problem that is not trivial to optimality, or as far as the time limit allows."""
    search = open_search(lists, time_limit_s, time.perf_counter())
    if not search.is_proven() and not search.is_out_of_time():
        generate(search)
    if not search.is_proven() and not search.is_out_of_time():
        prove(search)
    return search

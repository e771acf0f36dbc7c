"""Column generation: the linear program over all columns, by way of few of them.

The program starts with the incumbent's columns and those that are nearly cheapest at the start's prices. Each round
prices at the midpoint of the best prices and the program's first, which keeps prices from swinging, and at the
program's own where that finds nothing new. When nothing is missing any more, the program's prices give the best
Lagrangian bound that there is; mostly its answer is whole then, and optimal.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.columns import (
    Columns,
    columns_of,
    gather,
    join,
    make_keys,
    reduced_costs,
    select,
    to_count,
)
from opendome.assignment.fast import open_up, refine
from opendome.assignment.master import LinearAnswer, Master
from opendome.assignment.prices import Dual, evaluate
from opendome.assignment.pricing import Desk, make_desk
from opendome.assignment.problem import PROVEN_REL, ROUNDING_REL, Ints, Lists
from opendome.assignment.search import improve_count

__all__ = ["Search", "generate", "open_search", "take"]

N_A_TARGET = 6
"""Near-best columns of a target that are gathered at a time."""
MANY_TARGETS = 3_000
"""Targets beyond which auctions come before the linear program."""
N_ROUNDS = 400
"""Rounds of column generation at most."""


@dataclass
class Search:
    """What is known so far: the best allocation and its objective, the best prices, the pool of columns."""

    lists: Lists
    desk: Desk
    keys: NDArray[np.uint64]
    count: Ints
    objective: float
    dual: Dual
    lower: float
    ends_s: float
    began_s: float
    pool: Columns | None = None
    answer: LinearAnswer | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    def seconds_left(self) -> float:
        """Give the seconds until the time limit, infinite without one."""
        return self.ends_s - time.perf_counter()

    def is_out_of_time(self) -> bool:
        """Whether the time limit has passed."""
        return self.seconds_left() <= 0.0

    def tolerance(self) -> float:
        """Give the gap that counts as none."""
        return max(0.1 * PROVEN_REL * self.objective, 0.5 * ROUNDING_REL * float(self.lists.value.sum()))

    def is_proven(self) -> bool:
        """Whether the bound equals the objective."""
        return self.objective - self.lower <= self.tolerance()

    def offer(self, dual: Dual) -> None:
        """Take prices if their bound is better."""
        if dual.bound > self.dual.bound:
            self.dual = dual
            self.lower = max(self.lower, dual.bound)


def open_search(lists: Lists, time_limit_s: float | None, began_s: float) -> Search:
    """Allocate greedily, improve, and find prices to start from."""
    ends_s = math.inf if time_limit_s is None else began_s + float(time_limit_s)
    widest = int(np.diff(lists.start).max()) if lists.value.size else 0
    desk = make_desk(widest, lists.value.size, N_A_TARGET)
    quick = open_up(lists, desk, ends_s)
    if lists.value.size > MANY_TARGETS and not quick.is_stopped:
        quick = refine(lists, quick, desk)
    dual = quick.dual
    return Search(lists, desk, make_keys(lists), quick.shots, quick.objective, dual, dual.bound, ends_s, began_s)


def take(search: Search, count: Ints, is_searched: bool = True) -> bool:
    """Take an allocation if it is the best so far, after a local search from it unless told otherwise."""
    n_passes = None if is_searched else 0
    objective = improve_count(search.lists, count, n_passes)
    is_better = objective < search.objective - 1e-15 * search.objective
    if is_better:
        search.count, search.objective = count, objective
    return is_better


def _fresh(pool: Columns, columns: Columns) -> Columns:
    _, first = np.unique(columns.key, return_index=True)
    first = np.sort(first)
    return select(columns, first[~np.isin(columns.key[first], pool.key)])


def _harvest(search: Search, dual: Dual) -> Columns:
    """Gather near-best columns at prices, about ``N_A_TARGET`` a target."""
    m = search.lists.value.size
    width = max(search.objective - dual.bound, 1e-6 * search.objective) / math.sqrt(max(m, 1))
    columns = None
    for _ in range(6):
        columns, _ = gather(search.lists, dual.prices, dual.part + width, search.desk, search.keys, N_A_TARGET)
        if columns.target.size < 3 * m:
            width *= 1.6
        elif columns.target.size > 5.5 * m:
            width *= 0.5
        else:
            break
    if columns is None:
        raise RuntimeError("no columns were gathered")
    return columns


def _price(search: Search, pool: Columns, answer: LinearAnswer) -> Columns:
    """Give new columns with negative reduced cost: near prices between the best and the program's, or at the latter."""
    lists = search.lists
    used = np.empty(lists.rounds.size)
    limit = lists.value - answer.target_dual
    for share in (0.5, 1.0):
        prices = search.dual.prices + share * (answer.prices - search.dual.prices)
        dual = evaluate(lists, prices, search.desk, used)
        search.offer(dual)
        limits = np.maximum(dual.part, limit) if share < 1.0 else limit
        columns, _ = gather(lists, prices, limits, search.desk, search.keys, N_A_TARGET)
        costs = reduced_costs(lists, columns, answer.prices, limit)
        negative = np.nonzero(costs < -1e-11 * max(1.0, lists.value.max()))[0]
        if negative.size:
            fresh = _fresh(pool, select(columns, negative))
            if fresh.target.size:
                return fresh
    return select(pool, np.zeros(0, np.int64))


def _is_whole(answer: LinearAnswer) -> bool:
    return bool(np.abs(answer.weight - np.round(answer.weight)).max(initial=0.0) < 1e-6)


def _offer_rounded(search: Search, pool: Columns, answer: LinearAnswer, is_searched: bool) -> None:
    """Offer the allocation of the columns that have more than half a weight."""
    count = to_count(search.lists, pool, np.nonzero(answer.weight > 0.5)[0])
    used = np.bincount(search.lists.weapon, count, minlength=search.lists.rounds.size)
    if (used <= search.lists.rounds).all():
        take(search, count, is_searched)


def generate(search: Search) -> None:
    """Generate columns until the linear program over the pool is the one over all columns.

    Leaves the pool, the program's last answer and the best prices in ``search``.
    """
    first = columns_of(search.lists, search.count, search.keys)
    pool = join(first, _fresh(first, _harvest(search, search.dual)))
    total = float(search.lists.value.sum())
    master = Master(search.lists, pool, first.target.size, search.objective)
    for i_round in range(N_ROUNDS):
        answer = master.solve(search.seconds_left())
        if not answer.is_solved:
            break
        search.pool, search.answer = pool, answer
        search.notes["n_rounds"] = i_round + 1
        if _is_whole(answer) and total - answer.saved < search.objective:
            _offer_rounded(search, pool, answer, False)
        fresh = _price(search, pool, answer)
        if search.is_proven() or search.is_out_of_time() or fresh.target.size == 0:
            break
        master.add(fresh)
        pool = join(pool, fresh)
    if search.pool is not None and search.answer is not None and not search.is_proven():
        _offer_rounded(search, search.pool, search.answer, True)

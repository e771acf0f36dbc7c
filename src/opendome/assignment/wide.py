"""Tables too large to list every pair: short lists of candidates, widened where pricing asks for it, and a bound on
the whole table.

The table is read in blocks of targets, so that no second copy of it is needed. Each target gets the candidates with
the best kill probability; the listed problem is solved fast; then every target is priced over the whole table. That
gives a bound which holds for the whole, and the weapons that the lists lack. Prices are raised on the widened lists,
and the table is priced again.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.fast import N_STEPS_LAST, STEP_LAST_REL, search_fast
from opendome.assignment.prices import Dual, dual_steps, evaluate
from opendome.assignment.pricing import cheapest, make_desk
from opendome.assignment.problem import Assignment, Floats, Ints, Lists, check_table, finish, table_shots
from opendome.assignment.search import improve_count
from opendome.base.errors import CommandError
from opendome.base.kernels import allocating_kernel

__all__ = ["MANY_PAIRS", "best_candidates", "dense_bound", "price_block", "solve_wide"]

MANY_PAIRS = 20_000_000
"""Pairs of a table beyond which it is solved by lists of candidates."""
N_CANDIDATES = 50
N_TARGETS = 5
"""Candidates of each target; and targets, from different blocks, that each weapon is a candidate of at least."""
N_PASSES = 3
"""Pricings of the whole table at most."""
GOOD_GAP = 2e-4
"""Gap at which no further pass is made."""
BLOCK_PAIRS = 2_000_000
"""Pairs of the table that are read at a time."""


@allocating_kernel
def best_candidates(survive, n_best, ids, kept):
    """Fill ``ids`` and ``kept`` (n_targets, n_best) with the weapons of best effect, in rising order.

    ``survive`` is (n_targets, n_weapon_types). The threshold is found by halving the interval of survival factors.
    """
    for j in range(survive.shape[0]):
        low, high = 0.0, 1.0
        for _ in range(40):
            middle, n_below = 0.5 * (low + high), 0
            for i in range(survive.shape[1]):
                n_below += survive[j, i] <= middle
            if n_below > n_best:
                high = middle
            else:
                low = middle
            if n_best - 4 <= n_below <= n_best:
                break
        n = 0
        for i in range(survive.shape[1]):
            if survive[j, i] <= low and survive[j, i] < 1.0 and n < n_best:
                ids[j, n], kept[j, n] = i, survive[j, i]
                n += 1
        for d in range(n, n_best):
            ids[j, d] = -1


@allocating_kernel
def price_block(lists, prices, desk, parts, wanted):
    """Price every target of a block; fill ``parts`` with costs and ``wanted`` with up to 4 pairs of each."""
    for j in range(lists.value.size):
        parts[j] = cheapest(lists, prices, j, desk)
        for d in range(4):
            wanted[j, d] = desk.kept[0, d] if d < desk.kept_length[0] else -1
    return 0


def _blocks(p_kill: Floats) -> Any:
    n, m = p_kill.shape
    size = max(8, min(m, BLOCK_PAIRS // max(n, 1)))
    for first in range(0, m, size):
        last = min(m, first + size)
        yield first, last, 1.0 - np.ascontiguousarray(p_kill[:, first:last].T)


def _short_lists(value: Floats, p_kill: Floats, rounds: Ints) -> Lists:
    """Lists of each target's best weapons; and each weapon on the lists of some targets where it saves most."""
    n, m = p_kill.shape
    n_best = min(n, N_CANDIDATES)
    ids, kept = np.full((m, n_best), -1, np.int32), np.ones((m, n_best))
    saves, targets = [], []
    for first, last, survive in _blocks(p_kill):
        survive[:, rounds == 0] = 1.0
        best_candidates(survive, n_best, ids[first:last], kept[first:last])
        saved = (1.0 - survive) * value[first:last, None]
        targets.append(first + saved.argmax(axis=0))
        saves.append(saved.max(axis=0))
    is_used = ids >= 0
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(is_used.sum(axis=1))))
    lists = Lists(value, rounds, start, ids[is_used], kept[is_used])
    saved, target = np.array(saves), np.array(targets)
    order = np.argsort(-saved, axis=0, kind="stable")[:N_TARGETS]
    weapon = np.broadcast_to(np.arange(n), order.shape)[np.take_along_axis(saved, order, 0) > 0.0]
    chosen = np.take_along_axis(target, order, 0)[np.take_along_axis(saved, order, 0) > 0.0]
    survives = 1.0 - p_kill[weapon, chosen]
    return _widened(lists, np.zeros(lists.weapon.size, np.int64), chosen * n + weapon, survives)[0]


def _whole_pass(
    value: Floats, p_kill: Floats, rounds: Ints, prices: Floats
) -> tuple[float, NDArray[np.int64], NDArray[np.float64]]:
    """Lagrangian bound of the whole table; weapons and survival factors of each target's cheapest column."""
    n, m = p_kill.shape
    ids, kept, total = np.full((m, 4), -1, np.int64), np.ones((m, 4)), 0.0
    for first, last, survive in _blocks(p_kill):
        start = np.arange(last - first + 1, dtype=np.int64) * n
        block = Lists(
            value[first:last], rounds, start, np.tile(np.arange(n, dtype=np.int32), last - first), survive.reshape(-1)
        )
        parts, wanted = np.empty(last - first), np.empty((last - first, 4), np.int64)
        price_block(block, prices, make_desk(n, last - first, 1), parts, wanted)
        total += float(parts.sum())
        ids[first:last] = np.where(wanted >= 0, wanted % n, -1)
        kept[first:last] = np.where(wanted >= 0, block.survive[wanted], 1.0)
    return total - float(prices @ rounds), ids, kept


def _widened(lists: Lists, count: Ints, added: Ints, kept: Floats) -> tuple[Lists, Ints]:
    """Lists with more pairs, given as target times number of types plus weapon, and the same allocation on them."""
    m, n = lists.value.size, lists.rounds.size
    own = np.repeat(np.arange(m), np.diff(lists.start)) * n + lists.weapon
    place = np.concatenate((own, added))
    survive = np.concatenate((lists.survive, kept))
    shots = np.concatenate((count, np.zeros(added.size, np.int64)))
    unique, first = np.unique(place, return_index=True)
    start = np.searchsorted(unique // n, np.arange(m + 1))
    wider = Lists(lists.value, lists.rounds, start.astype(np.int64), (unique % n).astype(np.int32), survive[first])
    return wider, shots[first]


def solve_wide(value: Floats, p_kill: Floats, rounds: Ints, time_limit_s: float | None, began_s: float) -> Assignment:
    """Solve a large table fast; see the module's text. The arguments are checked ones."""
    ends_s = math.inf if time_limit_s is None else began_s + time_limit_s
    lists = _short_lists(value, p_kill, rounds)
    if lists.weapon.size == 0:
        total = float(value.sum())
        seconds = time.perf_counter() - began_s
        return finish(table_shots(lists, np.zeros(0, np.int64)), total, total, False, seconds, np.zeros(rounds.size))
    left_s = None if time_limit_s is None else max(0.0, 0.5 * (ends_s - time.perf_counter()))
    quick = search_fast(lists, left_s)
    count, objective, prices, lower = quick.shots, quick.objective, quick.dual.prices, 0.0
    best_prices = prices
    for _ in range(N_PASSES):
        found, ids, kept = _whole_pass(value, p_kill, rounds, prices)
        if found > lower:
            lower, best_prices = found, prices
        if objective - lower <= GOOD_GAP * objective or time.perf_counter() >= ends_s:
            break
        is_new = ids >= 0
        lists, count = _widened(
            lists, count, (np.arange(value.size)[:, None] * rounds.size + ids)[is_new], kept[is_new]
        )
        objective = improve_count(lists, count)
        desk = make_desk(int(np.diff(lists.start).max()), value.size, 1)
        start: Dual = evaluate(lists, prices, desk, np.empty(rounds.size))
        prices = dual_steps(lists, start, desk, N_STEPS_LAST, STEP_LAST_REL).prices
    is_stopped = time.perf_counter() >= ends_s
    seconds = time.perf_counter() - began_s
    return finish(table_shots(lists, count), objective, lower, is_stopped, seconds, best_prices)


def dense_bound(value: Any, p_kill: Any, rounds: Any, prices: Any) -> float:
    """Give the Lagrangian bound of a whole table at prices, block by block, without a second copy of the table.

    Parameters
    ----------
    value : (n_targets,)
    p_kill : (n_weapon_types, n_targets)   the whole table, of which candidate lists were a part
    rounds : (n_weapon_types,)
    prices : (n_weapon_types,)             those of the answer to the listed problem

    Returns
    -------
    float   no allocation over the whole table leaves less value
    """
    values, table, stock = check_table(value, p_kill, rounds)
    given = np.asarray(prices, dtype=np.float64)
    if given.shape != stock.shape or not np.isfinite(given).all() or (given < 0.0).any():
        raise CommandError(f"prices must be {stock.size} numbers of 0 or more, one for each weapon type")
    if table.size == 0:
        return float(values.sum())
    table = np.where((stock > 0)[:, None], table, 0.0) if (stock == 0).any() else table
    return max(0.0, _whole_pass(values, table, stock, given)[0])

"""Exact pricing: the cheapest columns of a target at given prices of a round.

A column is a multiset of shots at one target; at prices ``u`` it costs ``V prod q + sum u``. Weapons that are in no
column within a budget are filtered out by what at best completes them (one more shot, two, three); the few that stay
are sorted by price for effect and searched depth first. Two bounds cut the search: by whole shots of the cheapest
price and the best effect together, and by fractions of shots in the order of price for effect.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.kernels import inlined_kernel, kernel

__all__ = ["Desk", "cheapest", "completion", "make_desk", "near_best"]

WIDTH = 256
"""Most shots in one column; a search that meets this bound says so and falls back on the bound by fractions."""
NODE_LIMIT = 2_000_000
"""Most nodes of the search for one target."""
N_REMEMBERED = 16
"""Shots of the cheapest column that are remembered from one pricing of a target to the next."""


class Desk(NamedTuple):
    """Room to work in: filtered weapons (their pair, price, survival, stock, suffix bounds), path, kept columns."""

    pair: NDArray[np.int64]
    price: NDArray[np.float64]
    survive: NDArray[np.float64]
    ratio: NDArray[np.float64]
    stock: NDArray[np.int64]
    all_survive: NDArray[np.float64]
    low_price: NDArray[np.float64]
    low_survive: NDArray[np.float64]
    pick: NDArray[np.int64]
    ahead: NDArray[np.int64]
    n_same: NDArray[np.int64]
    paid: NDArray[np.float64]
    left: NDArray[np.float64]
    kept_cost: NDArray[np.float64]
    kept_length: NDArray[np.int64]
    kept: NDArray[np.int64]
    memory: NDArray[np.int64]


def make_desk(n_weapons: int, n_targets: int, n_kept: int) -> Desk:
    """Make room for lists of up to ``n_weapons`` and for ``n_kept`` columns of a target."""
    n, whole, real = max(n_weapons, 1), np.int64, np.float64
    return Desk(
        np.zeros(n, whole), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n, whole), np.zeros(n), np.zeros(n),
        np.zeros(n), np.zeros(WIDTH + 2, whole), np.zeros(WIDTH + 2, whole), np.zeros(WIDTH + 2, whole),
        np.zeros(WIDTH + 2), np.zeros(WIDTH + 2), np.zeros(n_kept, real), np.zeros(n_kept, whole),
        np.zeros((n_kept, WIDTH), whole), np.full((max(n_targets, 1), N_REMEMBERED), -2, whole),
    )  # fmt: skip


@inlined_kernel
def completion(left, low_price, low_survive):
    """Give the least that a value ``left`` can still cost, if every further shot had the best price and effect."""
    cost = 0.0
    for _ in range(64):
        if left * (1.0 - low_survive) <= low_price:
            return cost + left
        left *= low_survive
        cost += low_price
    return cost


@inlined_kernel
def _load(lists, prices, j, desk, budget):
    """Put the weapons that may be in a column within ``budget`` on the desk; give their number."""
    low_price, low_survive, value = np.inf, 1.0, lists.value[j]
    for k in range(lists.start[j], lists.start[j + 1]):
        low_price = min(low_price, prices[lists.weapon[k]])
        low_survive = min(low_survive, lists.survive[k])
    n, two, three = 0, 2.0 * low_price, 3.0 * low_price
    squared = low_survive * low_survive
    for k in range(lists.start[j], lists.start[j + 1]):
        price, left = prices[lists.weapon[k]], value * lists.survive[k]
        least = min(min(left, low_price + left * low_survive), min(two + left * squared, three))
        desk.pair[n] = k
        n += price + least <= budget
    for a in range(n):
        k = desk.pair[a]
        desk.price[a] = prices[lists.weapon[k]]
        desk.survive[a] = lists.survive[k]
    return n


@inlined_kernel
def _filter(value, desk, n, budget):
    """Drop weapons that no completion brings within ``budget``, again and again; give the number that stays."""
    while True:
        low_price, low_survive = np.inf, 1.0
        for a in range(n):
            low_price = min(low_price, desk.price[a])
            low_survive = min(low_survive, desk.survive[a])
        n_before, n = n, 0
        for a in range(n_before):
            if desk.price[a] + completion(value * desk.survive[a], low_price, low_survive) <= budget:
                desk.pair[n], desk.price[n], desk.survive[n] = desk.pair[a], desk.price[a], desk.survive[a]
                n += 1
        if n >= 0.8 * n_before:
            return n


@inlined_kernel
def _filter_pairs(value, desk, n, budget):
    """Drop weapons that are neither alone nor with any second one in a column within ``budget``."""
    low_price, low_survive = np.inf, 1.0
    for a in range(n):
        low_price = min(low_price, desk.price[a])
        low_survive = min(low_survive, desk.survive[a])
    n_after = 0
    for a in range(n):
        left = value * desk.survive[a]
        two, three = 2.0 * low_price, 3.0 * low_price
        least = min(left, min(two + left * low_survive * low_survive, three))
        is_in = desk.price[a] + least <= budget
        for b in range(n):
            if is_in:
                break
            is_in = desk.price[a] + desk.price[b] + left * desk.survive[b] <= budget
        desk.ratio[a] = 1.0 if is_in else 0.0
    for a in range(n):
        if desk.ratio[a] > 0.0:
            desk.pair[n_after], desk.price[n_after] = desk.pair[a], desk.price[a]
            desk.survive[n_after] = desk.survive[a]
            n_after += 1
    return n_after


@inlined_kernel
def _sort(lists, desk, n):
    """Sort the desk by price for effect (shell sort, ties by pair) and fill in stock and suffix bounds."""
    for a in range(n):
        effect = -math.log(max(desk.survive[a], 1e-300))
        desk.ratio[a] = desk.price[a] / effect if effect > 0.0 else np.inf
    step = n // 2
    while step > 0:
        for a in range(step, n):
            pair, price, survive, ratio = desk.pair[a], desk.price[a], desk.survive[a], desk.ratio[a]
            b = a
            while b >= step and (
                desk.ratio[b - step] > ratio or (desk.ratio[b - step] == ratio and desk.pair[b - step] > pair)
            ):
                desk.pair[b], desk.price[b] = desk.pair[b - step], desk.price[b - step]
                desk.survive[b], desk.ratio[b] = desk.survive[b - step], desk.ratio[b - step]
                b -= step
            desk.pair[b], desk.price[b], desk.survive[b], desk.ratio[b] = pair, price, survive, ratio
        step //= 2
    low_price, low_survive = np.inf, 1.0
    for a in range(n - 1, -1, -1):
        low_price, low_survive = min(low_price, desk.price[a]), min(low_survive, desk.survive[a])
        desk.low_price[a], desk.low_survive[a] = low_price, low_survive
        desk.stock[a] = lists.rounds[lists.weapon[desk.pair[a]]]
        desk.all_survive[a] = desk.survive[a] ** desk.stock[a]


@inlined_kernel
def _by_fractions(desk, n, a, n_used, paid, left):
    """Give the least cost with weapon ``a`` (``n_used`` gone) and later ones, if shots could be divided."""
    n_free = desk.stock[a] - n_used
    survive = desk.all_survive[a] if n_used == 0 else desk.survive[a] ** n_free
    while True:
        ratio = desk.ratio[a]
        if left <= ratio:
            return paid + left
        after = left * survive
        if after < ratio:
            return paid + ratio * (1.0 + math.log(left / ratio))
        left, paid = after, paid + n_free * desk.price[a]
        a += 1
        if a == n:
            return paid + left
        n_free, survive = desk.stock[a], desk.all_survive[a]


@inlined_kernel
def _keep(desk, n_kept, n_most, is_sorted, cost, length):
    """Keep the column on the path; give the number kept. Sorted, it takes its place among the ``n_most`` cheapest."""
    place = n_kept
    if is_sorted:
        place = min(n_kept, n_most - 1)
        while place > 0 and desk.kept_cost[place - 1] > cost:
            desk.kept_cost[place], desk.kept_length[place] = desk.kept_cost[place - 1], desk.kept_length[place - 1]
            for d in range(desk.kept_length[place]):
                desk.kept[place, d] = desk.kept[place - 1, d]
            place -= 1
    desk.kept_cost[place], desk.kept_length[place] = cost, length
    for d in range(length):
        desk.kept[place, d] = desk.pair[desk.pick[d]]
    return min(n_kept + 1, n_most)


@kernel
def _search(desk, n, value, budget, n_kept, n_most, is_sorted):
    """Search the columns of the desk depth first; give the number kept, and whether all within budget were seen."""
    depth, n_nodes, is_whole = 0, 0, True
    desk.paid[0], desk.left[0], desk.ahead[0] = 0.0, value, 0
    while depth >= 0:
        a = desk.ahead[depth]
        if (
            a >= n
            or desk.paid[depth]
            + desk.low_price[a]
            + completion(desk.left[depth] * desk.low_survive[a], desk.low_price[a], desk.low_survive[a])
            > budget
        ):
            depth -= 1
            continue
        desk.ahead[depth] = a + 1
        n_same = desk.n_same[depth - 1] + 1 if depth > 0 and desk.pick[depth - 1] == a else 1
        if n_same > desk.stock[a]:
            continue
        paid, left = desk.paid[depth] + desk.price[a], desk.left[depth] * desk.survive[a]
        if paid + completion(left, desk.low_price[a], desk.low_survive[a]) > budget:
            continue
        if _by_fractions(desk, n, a, n_same, paid, left) > budget:
            continue
        n_nodes += 1
        desk.pick[depth], desk.n_same[depth] = a, n_same
        if paid + left <= budget:
            if n_kept == n_most and not is_sorted:
                return n_kept, False
            n_kept = _keep(desk, n_kept, n_most, is_sorted, paid + left, depth + 1)
            if is_sorted and n_kept == n_most:
                budget = min(budget, desk.kept_cost[n_kept - 1] * (1.0 - 1e-14))
        if depth + 1 >= WIDTH or n_nodes >= NODE_LIMIT:
            return n_kept, False
        if left > 0.0:
            depth += 1
            desk.paid[depth], desk.left[depth], desk.ahead[depth] = paid, left, a
    return n_kept, is_whole


@inlined_kernel
def _remembered(lists, prices, j, desk):
    """Keep the column remembered for target ``j``, or the empty one, as the first; give its cost."""
    cost, left, length = 0.0, lists.value[j], 0
    for d in range(N_REMEMBERED):
        k = desk.memory[j, d]
        if k < 0:
            break
        cost += prices[lists.weapon[k]]
        left *= lists.survive[k]
        desk.kept[0, d] = k
        length = d + 1
    cost += left
    if cost >= lists.value[j]:
        cost, length = lists.value[j], 0
    desk.kept_cost[0], desk.kept_length[0] = cost, length
    return cost


@inlined_kernel
def _try_greedy(lists, j, desk, n):
    """Keep a column of the cheapest next shots, weapon by weapon, if it beats the one kept."""
    cost, left, length, value = 0.0, lists.value[j], 0, lists.value[j]
    while length < N_REMEMBERED:
        best, chosen = left, -1
        for a in range(n):
            trial = desk.price[a] + left * desk.survive[a]
            if trial < best:
                n_used = 0
                for d in range(length):
                    n_used += desk.pick[d] == a
                if n_used < lists.rounds[lists.weapon[desk.pair[a]]]:
                    best, chosen = trial, a
        if chosen < 0:
            break
        desk.pick[length] = chosen
        length += 1
        left *= desk.survive[chosen]
        cost += desk.price[chosen]
    if cost + left < desk.kept_cost[0]:
        _keep(desk, 0, 1, False, cost + left, length)
    return value


@kernel
def cheapest(lists, prices, j, desk):
    """Put the cheapest column of target ``j`` first on the desk; give a lower bound on the cost of all columns.

    The bound is that column's cost, unless the search met one of its limits.
    """
    budget = _remembered(lists, prices, j, desk)
    n = _load(lists, prices, j, desk, budget) if lists.value[j] > 0.0 else 0
    if n == 0:
        return desk.kept_cost[0]
    _try_greedy(lists, j, desk, n)
    budget = desk.kept_cost[0] * (1.0 - 1e-14)
    n = _filter(lists.value[j], desk, n, budget)
    if n > 24:
        n = _filter_pairs(lists.value[j], desk, n, budget)
    lower = desk.kept_cost[0]
    if n > 0:
        _sort(lists, desk, n)
        _, is_whole = _search(desk, n, lists.value[j], budget, 1, 1, True)
        lower = desk.kept_cost[0]
        if not is_whole:
            lower = min(lower, _by_fractions(desk, n, 0, 0, 0.0, lists.value[j]))
    length = desk.kept_length[0]
    for d in range(N_REMEMBERED):
        desk.memory[j, d] = desk.kept[0, d] if d < length <= N_REMEMBERED else -1
    return lower


@kernel
def near_best(lists, prices, j, desk, budget, n_most, is_sorted):
    """Keep columns of target ``j`` that cost ``budget`` at most, the empty one left out.

    Sorted: the ``n_most`` cheapest. Otherwise all, in the order of the search, and the second answer is False if there
    are more than ``n_most`` of them.
    """
    if lists.value[j] <= 0.0:
        return 0, True
    n = _filter(lists.value[j], desk, _load(lists, prices, j, desk, budget), budget)
    if n > 24:
        n = _filter_pairs(lists.value[j], desk, n, budget)
    if n == 0:
        return 0, True
    _sort(lists, desk, n)
    return _search(desk, n, lists.value[j], budget, 0, n_most, is_sorted)

"""What an asset can have for its money: the pairs of cost and survival that shots at all its threats can buy.

For a threat, and then for an asset with several, a front is kept of pairs (cost at the prices, chance to get through
or to survive) in which no pair is beaten by another in both. A front that grows beyond its room is thinned by
pretending that of two neighbours the better of each number can be had; so what it promises is never too little, and
the bound made from it holds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.kernels import inlined_kernel, kernel

__all__ = ["FRONT", "Fronts", "best_bundle", "make_fronts"]

FRONT = 800
"""Pairs that a front may hold."""
MOST_SHOTS = 12
"""Shots of one weapon type at one threat that are looked at one by one; beyond, all further ones come at once, free."""


class Fronts(NamedTuple):
    """Room for a front being built (cost, chance, whence), its predecessor, a threat's, and the ways back."""

    cost: NDArray[np.float64]
    chance: NDArray[np.float64]
    old_cost: NDArray[np.float64]
    old_chance: NDArray[np.float64]
    sum_cost: NDArray[np.float64]
    sum_chance: NDArray[np.float64]
    parent: NDArray[np.int64]
    extra: NDArray[np.int64]
    mark: NDArray[np.int64]
    way_weapon: NDArray[np.int64]
    way_threat: NDArray[np.int64]


def make_fronts(n_weapons: int, n_threats: int) -> Fronts:
    """Make room for fronts over so many weapon types, and so many threats on one asset."""
    n, whole = max(n_weapons, 1), np.int64
    room, threats = 2 * FRONT + 4, max(n_threats, 1)
    return Fronts(
        np.zeros(room), np.zeros(room), np.zeros(room), np.zeros(room), np.zeros(room), np.zeros(room),
        np.zeros(room, whole), np.zeros(room, whole), np.zeros((threats, FRONT + 2), whole),
        np.zeros((threats, n, FRONT + 2), whole), np.zeros((threats, FRONT + 2), whole),
    )  # fmt: skip


@inlined_kernel
def _merge(fronts, n, base_cost, base_chance, n_base, add_cost, factor, ceiling, tag):
    """Merge the base front, shifted and scaled, into the one at hand; lower chances are better. Give its size."""
    cost, chance, parent, extra = fronts.cost, fronts.chance, fronts.parent, fronts.extra
    top = cost.size - 1
    a, b, place = n - 1, n_base - 1, top
    while b >= 0 and base_cost[b] + add_cost > ceiling:
        b -= 1
    while a >= 0 or b >= 0:
        if b < 0 or (a >= 0 and cost[a] > base_cost[b] + add_cost):
            cost[place], chance[place], parent[place], extra[place] = cost[a], chance[a], parent[a], extra[a]
            a -= 1
        else:
            cost[place], chance[place] = base_cost[b] + add_cost, base_chance[b] * factor
            parent[place], extra[place] = b, tag
            b -= 1
        place -= 1
    n, lowest = 0, np.inf
    for c in range(place + 1, top + 1):
        if chance[c] < lowest:
            lowest = chance[c]
            if n > 0 and cost[c] <= cost[n - 1]:
                n -= 1
            cost[n], chance[n], parent[n], extra[n] = cost[c], chance[c], parent[c], extra[c]
            n += 1
    if n > FRONT:
        kept = 0
        for c in range(0, n - 1, 2):
            cost[kept], chance[kept], parent[kept], extra[kept] = cost[c], chance[c + 1], parent[c + 1], extra[c + 1]
            kept += 1
        if n % 2:
            cost[kept], chance[kept] = cost[n - 1], chance[n - 1]
            parent[kept], extra[kept] = parent[n - 1], extra[n - 1]
            kept += 1
        n = kept
    return n


@kernel
def _threat_front(p_kill, stock, prices, j, chance, ceiling, fronts, s):
    """Front of one threat, as the ``s``-th of its asset, in the front at hand; chance is to get through."""
    fronts.cost[0], fronts.chance[0] = 0.0, chance
    n = 1
    for i in range(prices.size):
        n_base = n
        survive = 1.0 - p_kill[i, j]
        for c in range(n_base):
            fronts.old_cost[c], fronts.old_chance[c] = fronts.cost[c], fronts.chance[c]
            fronts.parent[c], fronts.extra[c] = c, 0
        if stock[i] > 0 and survive < 1.0 and prices[i] <= ceiling:
            factor = 1.0
            for shots in range(1, min(stock[i], MOST_SHOTS) + 1):
                factor *= survive
                if shots * prices[i] > ceiling:
                    break
                gained = survive ** (stock[i] - shots) if shots == MOST_SHOTS else 1.0
                n = _merge(
                    fronts, n, fronts.old_cost, fronts.old_chance, n_base, shots * prices[i], factor * gained, ceiling,
                    shots,
                )  # fmt: skip
        for c in range(n):
            fronts.way_weapon[s, i, c] = fronts.parent[c] * (MOST_SHOTS + 1) + fronts.extra[c]
    return n


@kernel
def best_bundle(p_kill, p_hit, stock, prices, value, threats, fronts, shots):
    """Give the most that asset value less costs can be; add the bundle's shots to ``shots`` (weapons, threats).

    ``threats`` are the numbers of those on the asset. The gain is never below the true one. The front of the asset
    keeps the negative of its survival chance, so that lower is better as for the threats.
    """
    fronts.sum_cost[0], fronts.sum_chance[0] = 0.0, -1.0
    n_sum = 1
    for s in range(threats.size):
        n_threat = _threat_front(p_kill, stock, prices, threats[s], p_hit[threats[s]], value, fronts, s)
        for c in range(n_threat):
            fronts.old_cost[c], fronts.old_chance[c] = fronts.cost[c], fronts.chance[c]
        n = 0
        for c in range(n_threat):
            n = _merge(
                fronts, n, fronts.sum_cost, fronts.sum_chance, n_sum, fronts.old_cost[c], 1.0 - fronts.old_chance[c],
                value, c,
            )  # fmt: skip
        n_sum = n
        for c in range(n):
            fronts.sum_cost[c], fronts.sum_chance[c] = fronts.cost[c], fronts.chance[c]
            fronts.mark[s, c], fronts.way_threat[s, c] = fronts.parent[c], fronts.extra[c]
    best, chosen = 0.0, -1
    for c in range(n_sum):
        gain = -value * fronts.sum_chance[c] - fronts.sum_cost[c]
        if gain > best:
            best, chosen = gain, c
    s = threats.size - 1
    while chosen >= 0 and s >= 0:
        at = fronts.way_threat[s, chosen]
        for i in range(prices.size - 1, -1, -1):
            way = fronts.way_weapon[s, i, at]
            shots[i, threats[s]] += way % (MOST_SHOTS + 1)
            at = way // (MOST_SHOTS + 1)
        chosen = fronts.mark[s, chosen]
        s -= 1
    return best

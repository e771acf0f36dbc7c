"""The greedy allocation: always the shot that saves most.

With a kill probability that does not depend on the weapon this is optimal (den Broeder, Ellison and Emerling 1959);
otherwise it is a start. Gains only fall while rounds are used up, so a heap of gains that may be out of date gives
the same shots as looking at all pairs each time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from opendome.assignment.problem import Ints, Lists, check_table, lists_from_table, table_shots
from opendome.base.kernels import allocating_kernel, inlined_kernel

__all__ = ["best_gain", "fill_greedily", "greedy", "start_count"]


@inlined_kernel
def best_gain(start, weapon, survive, left, j):
    """Give the listed pair of target ``j`` with the best kill probability among weapons with rounds left, or -1."""
    best, lowest = -1, 1.0
    for k in range(start[j], start[j + 1]):
        if survive[k] < lowest and left[weapon[k]] > 0:
            best, lowest = k, survive[k]
    return best


@inlined_kernel
def _sink(gain, heap, n, i):
    moved = heap[i]
    while True:
        child = 2 * i + 1
        if child >= n:
            break
        if child + 1 < n and gain[heap[child + 1]] > gain[heap[child]]:
            child += 1
        if gain[heap[child]] <= gain[moved]:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = moved


@allocating_kernel
def fill_greedily(lists, count, left, remain):
    """Use rounds ``left`` (n_weapon_types,) where they save most, from ``count`` shots and values ``remain`` on."""
    start, weapon, survive, m = lists.start, lists.weapon, lists.survive, lists.value.size
    gain, best, heap = np.zeros(m), np.empty(m, np.int64), np.arange(m)
    for j in range(m):
        best[j] = best_gain(start, weapon, survive, left, j)
        if best[j] >= 0:
            gain[j] = remain[j] * (1.0 - survive[best[j]])
    for i in range(m // 2 - 1, -1, -1):
        _sink(gain, heap, m, i)
    while m > 0 and gain[heap[0]] > 0.0:
        j = heap[0]
        k = best[j]
        if left[weapon[k]] > 0:
            count[k] += 1
            left[weapon[k]] -= 1
            remain[j] *= survive[k]
        if left[weapon[k]] <= 0:
            k = best_gain(start, weapon, survive, left, j)
            best[j] = k
        gain[j] = remain[j] * (1.0 - survive[k]) if k >= 0 else 0.0
        _sink(gain, heap, m, 0)


def start_count(lists: Lists) -> Ints:
    """Give the greedy allocation of a list problem, shots of each listed pair (n_pairs,)."""
    count = np.zeros(lists.weapon.size, np.int64)
    fill_greedily(lists, count, lists.rounds.copy(), lists.value.copy())
    return count


def greedy(value: Any, p_kill: Any, rounds: Any) -> Ints:
    """Allocate greedily: always the shot that saves most.

    Parameters
    ----------
    value : (n_targets,)
    p_kill : (n_weapon_types, n_targets)
    rounds : (n_weapon_types,)

    Returns
    -------
    (n_weapon_types, n_targets)   shots
    """
    lists = lists_from_table(*check_table(value, p_kill, rounds))
    return table_shots(lists, start_count(lists))

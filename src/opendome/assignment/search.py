"""Local search: move a shot to another target, or exchange two shots, while the surviving value falls.

Every round that is used is a slot of its weapon type; the slots on one target hang together in a chain. A pass looks,
for each target and each weapon in its list, at the slots of that weapon elsewhere.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.greed import fill_greedily, start_count
from opendome.assignment.problem import Ints, Lists, check_table, lists_from_table, surviving, table_shots
from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel

__all__ = ["improve", "improve_count", "local_search", "pair_of"]

MANY_PAIRS = 400_000
"""Problems with more listed pairs get two passes and no more."""


class Slots(NamedTuple):
    """Rounds in use: ``first`` (n_weapon_types + 1,) of each weapon; pair, target and neighbours of each slot."""

    first: Ints
    pair: Ints
    target: Ints
    next: Ints
    before: Ints
    head: NDArray[np.int64]


@inlined_kernel
def pair_of(lists, j, i):
    """Give the listed pair of target ``j`` and weapon ``i``, or -1."""
    low, high = lists.start[j], lists.start[j + 1]
    if high - low == lists.rounds.size:
        return low + i
    while low < high:
        middle = (low + high) // 2
        if lists.weapon[middle] < i:
            low = middle + 1
        else:
            high = middle
    if low < lists.start[j + 1] and lists.weapon[low] == i:
        return low
    return -1


@inlined_kernel
def _hang(slots, s, j, k):
    slots.pair[s], slots.target[s] = k, j
    slots.before[s], slots.next[s] = -1, slots.head[j]
    if slots.head[j] >= 0:
        slots.before[slots.head[j]] = s
    slots.head[j] = s


@inlined_kernel
def _unhang(slots, s):
    before, after = slots.before[s], slots.next[s]
    if before >= 0:
        slots.next[before] = after
    else:
        slots.head[slots.target[s]] = after
    if after >= 0:
        slots.before[after] = before


@allocating_kernel
def _make_slots(lists, count):
    n, m = lists.rounds.size, lists.value.size
    first = np.zeros(n + 1, np.int64)
    for k in range(count.size):
        first[lists.weapon[k] + 1] += count[k]
    for i in range(n):
        first[i + 1] += first[i]
    size = first[n]
    slots = Slots(
        first, np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64),
        np.full(m, -1),
    )  # fmt: skip
    filled = first.copy()
    for j in range(m):
        for k in range(lists.start[j], lists.start[j + 1]):
            for _ in range(count[k]):
                _hang(slots, filled[lists.weapon[k]], j, k)
                filled[lists.weapon[k]] += 1
    return slots


@inlined_kernel
def _value_without(lists, slots, remain, s):
    """Surviving value of a slot's target without that slot."""
    j, q = slots.target[s], lists.survive[slots.pair[s]]
    if q > 1e-9:
        return remain[j] / q
    left, other = lists.value[j], slots.head[j]
    while other >= 0:
        if other != s:
            left *= lists.survive[slots.pair[other]]
        other = slots.next[other]
    return left


@inlined_kernel
def _settle(lists, slots, remain, j):
    left, s = lists.value[j], slots.head[j]
    while s >= 0:
        left *= lists.survive[slots.pair[s]]
        s = slots.next[s]
    remain[j] = left


@inlined_kernel
def _best_exchange(lists, slots, remain, s, j2, k, least):
    """Change of value, and partner (-1: a plain move), of the best use of slot ``s`` on target ``j2`` as pair ``k``."""
    j, q = slots.target[s], lists.survive[k]
    without = _value_without(lists, slots, remain, s)
    best, partner = without - remain[j] - remain[j2] * (1.0 - q), -1
    if best >= least:
        best, partner = least, -2
    t = slots.head[j2]
    while t >= 0:
        i2 = lists.weapon[slots.pair[t]]
        if i2 != lists.weapon[k]:
            k2 = pair_of(lists, j, i2)
            if k2 >= 0:
                change = without * lists.survive[k2] - remain[j]
                change += _value_without(lists, slots, remain, t) * q - remain[j2]
                if change < best:
                    best, partner = change, t
        t = slots.next[t]
    return best, partner


@kernel
def _carry_out(lists, slots, count, remain, s, partner, j2, k):
    j = slots.target[s]
    count[slots.pair[s]] -= 1
    _unhang(slots, s)
    if partner >= 0:
        k2 = pair_of(lists, j, lists.weapon[slots.pair[partner]])
        count[slots.pair[partner]] -= 1
        _unhang(slots, partner)
        _hang(slots, partner, j, k2)
        count[k2] += 1
    _hang(slots, s, j2, k)
    count[k] += 1
    _settle(lists, slots, remain, j)
    _settle(lists, slots, remain, j2)


@kernel
def _pass(lists, slots, count, remain, least):
    n_changes = 0
    for j2 in range(lists.value.size):
        for k in range(lists.start[j2], lists.start[j2 + 1]):
            i = lists.weapon[k]
            for s in range(slots.first[i], slots.first[i + 1]):
                if slots.target[s] != j2:
                    _, partner = _best_exchange(lists, slots, remain, s, j2, k, least)
                    if partner > -2:
                        _carry_out(lists, slots, count, remain, s, partner, j2, k)
                        n_changes += 1
    return n_changes


@allocating_kernel
def improve(lists, count, remain, n_passes):
    """Improve ``count`` and ``remain`` in place: fill greedily, then move and exchange shots until nothing helps."""
    left = lists.rounds.copy()
    for k in range(count.size):
        left[lists.weapon[k]] -= count[k]
    surviving(lists, count, remain)
    fill_greedily(lists, count, left, remain)
    slots = _make_slots(lists, count)
    least = -1e-12 * (1e-300 + np.sum(lists.value))
    for _ in range(n_passes):
        if _pass(lists, slots, count, remain, least) == 0:
            break
    return surviving(lists, count, remain)


def improve_count(lists: Lists, count: Ints, n_passes: int | None = None) -> float:
    """Improve an allocation of listed pairs in place and give its objective.

    Parameters
    ----------
    count : (n_pairs,)   shots of each listed pair
    n_passes : int, optional   at most; by default two for large problems, 50 for others
    """
    if n_passes is None:
        n_passes = 2 if lists.weapon.size > MANY_PAIRS else 50
    return float(improve(lists, count, np.zeros(lists.value.size), n_passes))


def local_search(value: Any, p_kill: Any, rounds: Any, n_passes: int | None = None) -> Ints:
    """Allocate greedily, then improve by moves and exchanges of single shots.

    Parameters
    ----------
    value : (n_targets,)
    p_kill : (n_weapon_types, n_targets)
    rounds : (n_weapon_types,)
    n_passes : int, optional   at most; by default two for large problems, 50 for others

    Returns
    -------
    (n_weapon_types, n_targets)   shots; no single move or exchange improves on them, if the passes sufficed
    """
    lists = lists_from_table(*check_table(value, p_kill, rounds))
    count = start_count(lists)
    improve_count(lists, count, n_passes)
    return table_shots(lists, count)

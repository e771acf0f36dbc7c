"""Assets with few rounds: dynamic programming over the rounds that are left.

A state is how many rounds of each weapon type may be used, as one number in mixed radix. The best survival of an
asset with so many rounds comes from its threats one after another, and the best total from the assets one after
another; both are maxima over all ways to part a state in two.
"""

from __future__ import annotations

import numpy as np

from opendome.assignment.problem import Floats, Ints
from opendome.base.kernels import allocating_kernel, inlined_kernel

__all__ = ["n_combinations", "solve_small"]


def n_combinations(rounds: Ints) -> float:
    """Give how many ways there are to part the rounds' states in two."""
    return float(np.prod((rounds + 1.0) * (rounds + 2.0) / 2.0))


@inlined_kernel
def _next_part(part, state, n):
    """Go to the next part of a state, digit by digit; False after the last."""
    for i in range(n):
        if part[i] < state[i]:
            part[i] += 1
            return True
        part[i] = 0
    return False


@allocating_kernel
def part_best(rounds, weight, first, second, is_product, split):
    """Best of ``first`` at one part and ``second`` at the other, multiplied or added; fill ``split`` with the part."""
    n = rounds.size
    best = np.full(first.size, -1.0)
    state, part = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for at in range(first.size):
        part[:] = 0
        while True:
            other = 0
            for i in range(n):
                other += part[i] * weight[i]
            trial = first[at - other] * second[other] if is_product else first[at - other] + second[other]
            if trial > best[at]:
                best[at], split[at] = trial, other
            if not _next_part(part, state, n):
                break
        _next_part(state, rounds, n)
    return best


def _states(rounds: Ints, weight: Ints) -> Ints:
    return np.asarray((np.arange(int(np.prod(rounds + 1)))[:, None] // weight[None, :]) % (rounds + 1)[None, :])


def solve_small(value: Floats, asset_of: Ints, p_kill: Floats, rounds: Ints, p_hit: Floats) -> Ints:
    """Give the allocation with the least expected loss.

    Parameters
    ----------
    value : (n_assets,)
    asset_of : (n_threats,)
    p_kill : (n_weapon_types, n_threats)
    rounds : (n_weapon_types,)
    p_hit : (n_threats,)

    Returns
    -------
    (n_weapon_types, n_threats)   shots
    """
    weight = np.concatenate((np.ones(1, np.int64), np.cumprod(rounds + 1)))[:-1]
    states = _states(rounds, weight)
    total, ways = np.zeros(states.shape[0]), []
    for k in range(value.size):
        survives, inner = np.ones(states.shape[0]), []
        for j in np.nonzero(asset_of == k)[0].tolist():
            stopped = 1.0 - p_hit[j] * ((1.0 - p_kill[:, j])[None, :] ** states).prod(axis=1)
            split = np.zeros(states.shape[0], np.int64)
            survives = part_best(rounds, weight, survives, stopped, True, split)
            inner.append((j, split))
        split = np.zeros(states.shape[0], np.int64)
        total = part_best(rounds, weight, total, value[k] * survives, False, split)
        ways.append((split, inner))
    shots = np.zeros(p_kill.shape, np.int64)
    left = states.shape[0] - 1
    for split, inner in reversed(ways):
        own = int(split[left])
        left -= own
        for i_threat, way in reversed(inner):
            used = int(way[own])
            shots[:, i_threat] = states[used]
            own -= used
    return shots

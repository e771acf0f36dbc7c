"""Allocations for assets: bundles cut down to the rounds there are, then moves of single shots and of pairs."""

from __future__ import annotations

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel

__all__ = ["allocate", "climb", "loss"]


@inlined_kernel
def _through(p_kill, p_hit, shots, j):
    chance = p_hit[j]
    for i in range(p_kill.shape[0]):
        for _ in range(shots[i, j]):
            chance *= 1.0 - p_kill[i, j]
    return chance


@kernel
def loss(value, first, threat, p_kill, p_hit, shots):
    """Give the expected loss; the threats of asset ``k`` are ``threat[first[k]:first[k + 1]]``."""
    total = 0.0
    for k in range(value.size):
        survives = 1.0
        for a in range(first[k], first[k + 1]):
            survives *= 1.0 - _through(p_kill, p_hit, shots, threat[a])
        total += value[k] * (1.0 - survives)
    return total


@inlined_kernel
def _lost_if(value, first, threat, through, k, j, chance_j, j2, chance_j2):
    """Loss of asset ``k`` if two threats had other chances to get through."""
    survives = 1.0
    for a in range(first[k], first[k + 1]):
        t = threat[a]
        survives *= 1.0 - (chance_j if t == j else (chance_j2 if t == j2 else through[t]))
    return value[k] * (1.0 - survives)


@allocating_kernel
def allocate(value, first, threat, asset_of, p_kill, p_hit, rounds, wanted):
    """Cut bundles down to the rounds there are: assets in the order of value saved a shot, whole bundles first."""
    n_assets = value.size
    worth = np.zeros(n_assets)
    for k in range(n_assets):
        survives, n_shots = 1.0, 0
        for a in range(first[k], first[k + 1]):
            survives *= 1.0 - _through(p_kill, p_hit, wanted, threat[a])
            for i in range(rounds.size):
                n_shots += wanted[i, threat[a]]
        worth[k] = value[k] * survives / max(n_shots, 1)
    order, left, shots = np.argsort(-worth), rounds.copy(), np.zeros_like(wanted)
    for k in order:
        for i in range(rounds.size):
            for a in range(first[k], first[k + 1]):
                given = min(left[i], wanted[i, threat[a]])
                shots[i, threat[a]] = given
                left[i] -= given
    return shots


@inlined_kernel
def _without(p_kill, p_hit, shots, through, i, j):
    survive = 1.0 - p_kill[i, j]
    if survive > 1e-9:
        return through[j] / survive
    shots[i, j] -= 1
    chance = _through(p_kill, p_hit, shots, j)
    shots[i, j] += 1
    return chance


@allocating_kernel
def climb(value, first, threat, asset_of, p_kill, p_hit, rounds, shots):
    """Improve ``shots`` in place: use free rounds, move shots, exchange shots of two types, while the loss falls."""
    n, m = shots.shape
    through, left = np.empty(m), rounds.copy()
    for j in range(m):
        through[j] = _through(p_kill, p_hit, shots, j)
        for i in range(n):
            left[i] -= shots[i, j]
    least = 1e-12 * (np.sum(value) + 1e-300)
    for _ in range(30):
        n_changes = 0
        for i in range(n):
            for j in range(-1, m):
                while left[i] > 0 if j < 0 else shots[i, j] > 0:
                    if not _improve_one(
                        value, first, threat, asset_of, p_kill, p_hit, shots, through, left, i, j, least
                    ):
                        break
                    n_changes += 1
        if n_changes == 0:
            break


@kernel
def _improve_one(value, first, threat, asset_of, p_kill, p_hit, shots, through, left, i, j, least):
    """Find the best other use of one shot of weapon ``i`` at ``j`` (-1: a free round), alone or in exchange."""
    n, m = shots.shape
    before = _without(p_kill, p_hit, shots, through, i, j) if j >= 0 else 1.0
    best, target, partner = least, -1, -1
    for j2 in range(m):
        if j2 == j or p_kill[i, j2] <= 0.0:
            continue
        k2, k = asset_of[j2], (asset_of[j] if j >= 0 else -1)
        now = _lost_if(value, first, threat, through, k2, -1, 0.0, -1, 0.0)
        if k >= 0 and k != k2:
            now += _lost_if(value, first, threat, through, k, -1, 0.0, -1, 0.0)
        for i2 in range(-1, n):
            if i2 == i or (i2 >= 0 and (shots[i2, j2] == 0 or j < 0)):
                continue
            new_j, new_j2 = before, through[j2] * (1.0 - p_kill[i, j2])
            if i2 >= 0:
                new_j *= 1.0 - p_kill[i2, j]
                new_j2 = _without(p_kill, p_hit, shots, through, i2, j2) * (1.0 - p_kill[i, j2])
            then = _lost_if(value, first, threat, through, k2, j, new_j, j2, new_j2)
            if k >= 0 and k != k2:
                then += _lost_if(value, first, threat, through, k, j, new_j, j2, new_j2)
            if now - then > best:
                best, target, partner = now - then, j2, i2
    if target < 0:
        return False
    shots[i, target] += 1
    if j >= 0:
        shots[i, j] -= 1
    else:
        left[i] -= 1
    if partner >= 0:
        shots[partner, target] -= 1
        shots[partner, j] += 1
    through[target] = _through(p_kill, p_hit, shots, target)
    if j >= 0:
        through[j] = _through(p_kill, p_hit, shots, j)
    return True

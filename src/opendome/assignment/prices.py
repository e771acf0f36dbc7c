"""Prices of rounds: the Lagrangian bound, a start for it, and steps that raise it.

At prices ``u >= 0`` of a round of each weapon type, ``L(u) = sum_j min_x (V_j prod q^x + u x) - u w`` is no higher
than the surviving value of any allocation, whatever the prices are. It is computed by exact pricing, so that it holds
without any tolerance of a solver.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.pricing import Desk, cheapest, make_desk
from opendome.assignment.problem import Floats, Ints, Lists, check_table, lists_from_table
from opendome.base.errors import CommandError
from opendome.base.kernels import kernel

__all__ = ["Dual", "bound", "dual_steps", "evaluate", "start_prices", "sweep"]

N_STEPS = 40
STEP_REL = 0.02
"""Length of the first step, in units of the mean price."""
HOPELESS = 1.0
"""A start is scaled unless its bound lies lower than another's by more than so many gaps."""
COOLING = 0.92
"""Each step is so much shorter than the one before."""


class Dual(NamedTuple):
    """Prices (n_weapon_types,), their Lagrangian bound, and each target's part of it (n_targets,)."""

    prices: Floats
    bound: float
    part: Floats


@kernel
def sweep(lists, prices, desk, used, part):
    """Price every target: fill ``used`` with the shots of the cheapest columns and ``part`` with costs; give L(u)."""
    total = 0.0
    used[:] = 0.0
    for j in range(lists.value.size):
        part[j] = cheapest(lists, prices, j, desk)
        total += part[j]
        for d in range(desk.kept_length[0]):
            used[lists.weapon[desk.kept[0, d]]] += 1.0
    for i in range(prices.size):
        total -= prices[i] * lists.rounds[i]
    return total


def evaluate(lists: Lists, prices: Floats, desk: Desk, used: Floats) -> Dual:
    """Give the Lagrangian bound at prices, and fill ``used`` (n_weapon_types,) with shots of the cheapest columns."""
    part = np.empty(lists.value.size)
    total = float(sweep(lists, prices, desk, used, part))
    return Dual(prices, total, part)


def _scaled(lists: Lists, start: Dual, desk: Desk) -> Dual:
    """Scale prices up or down while the bound rises."""
    used, best = np.empty(start.prices.size), start
    for factor in (1.25, 0.8):
        for _ in range(60):
            trial = evaluate(lists, best.prices * factor, desk, used)
            if trial.bound <= best.bound:
                break
            best = trial
        if best is not start:
            break
    return best


@kernel
def marginal_prices(lists, count, remain, prices, n_used):
    """Mean loss of value if one shot of a weapon were missing, over its shots; and the mean over all shots."""
    total, n_shots = 0.0, 0
    for j in range(lists.value.size):
        for k in range(lists.start[j], lists.start[j + 1]):
            if count[k] > 0:
                survive = max(lists.survive[k], 1e-9)
                loss = min(remain[j] / survive, lists.value[j]) - remain[j]
                prices[lists.weapon[k]] += loss * count[k]
                n_used[lists.weapon[k]] += count[k]
                total += loss * count[k]
                n_shots += count[k]
    for i in range(prices.size):
        if n_used[i] > 0.0:
            prices[i] /= n_used[i]
    return total / max(n_shots, 1)


def start_prices(lists: Lists, count: Ints, remain: Floats, desk: Desk) -> Dual:
    """Give the better of two starts: one price for all weapons, and marginal values of an allocation's shots."""
    n = lists.rounds.size
    marginal = np.zeros(n)
    level = marginal_prices(lists, count, remain, marginal, np.zeros(n))
    used = np.empty(n)
    flat = _scaled(lists, evaluate(lists, np.full(n, level), desk, used), desk)
    own = evaluate(lists, marginal, desk, used)
    if own.bound > flat.bound - HOPELESS * (float(remain.sum()) - flat.bound):
        own = _scaled(lists, own, desk)
    return own if own.bound > flat.bound else flat


def dual_steps(lists: Lists, start: Dual, desk: Desk, n_steps: int = N_STEPS, step_rel: float = STEP_REL) -> Dual:
    """Raise the bound by steps along the shots wanted too often, with a step length of its own for each weapon.

    Direction ``d = g + d / 2`` and size ``h = 0.9 h + g²`` of each weapon, ``u = max(0, u + eta d / sqrt(h + 1))``.
    """
    prices, best = start.prices.copy(), start
    used = np.empty(prices.size)
    direction, size = np.zeros(prices.size), np.zeros(prices.size)
    evaluate(lists, prices, desk, used)
    length = step_rel * float(prices.mean()) if prices.size else 0.0
    for _ in range(n_steps):
        excess = used - lists.rounds
        direction = excess + 0.5 * direction
        size = 0.9 * size + excess * excess
        prices = np.maximum(0.0, prices + length * direction / np.sqrt(size + 1.0))
        length *= COOLING
        trial = evaluate(lists, prices, desk, used)
        if trial.bound > best.bound:
            best = trial
    return best


def _check_prices(prices: Any, n_weapons: int) -> NDArray[np.float64]:
    given = np.asarray(prices, dtype=np.float64)
    if given.shape != (n_weapons,) or not np.isfinite(given).all() or (given < 0.0).any():
        raise CommandError(f"prices must be {n_weapons} numbers of 0 or more, one for each weapon type")
    return given


def bound(value: Any, p_kill: Any, rounds: Any, prices: Any) -> float:
    """Give the Lagrangian lower bound on the surviving value at given prices of a round.

    Parameters
    ----------
    value : (n_targets,)
    p_kill : (n_weapon_types, n_targets)
    rounds : (n_weapon_types,)
    prices : (n_weapon_types,)   0 or more; any prices give a bound, those of an answer a good one

    Returns
    -------
    float   no allocation leaves less value
    """
    lists = lists_from_table(*check_table(value, p_kill, rounds))
    given = _check_prices(prices, lists.rounds.size)
    desk = make_desk(lists.rounds.size, lists.value.size, 1)
    return max(0.0, evaluate(lists, given, desk, np.empty(given.size)).bound)

"""Assignment by assets: several threats come at one asset, which survives only if every one of them is stopped.

Minimises the expected loss ``sum_k W_k (1 - prod_{j at k} (1 - h_j prod_i (1 - p_ij)^x_ij))``. Few rounds: exactly,
by dynamic programming over the rounds that are left. More: bundles of shots at prices of a round give a Lagrangian
bound and allocations to repair and to improve by moves of single shots.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from opendome.assignment.assets_exact import n_combinations, solve_small
from opendome.assignment.assets_search import allocate, climb, loss
from opendome.assignment.bundles import best_bundle, make_fronts
from opendome.assignment.problem import Assignment, Floats, Ints, check_table, finish
from opendome.base.errors import CommandError
from opendome.base.kernels import kernel

__all__ = ["expected_loss", "price_assets", "solve_assets"]

N_STEPS = 60
STEP_REL, COOLING = 0.15, 0.95
REPAIR_EVERY = 4
"""One allocation is made from the bundles of so many dual steps."""
EXACT_COMBINATIONS = 100_000_000
"""Combinations of states up to which dynamic programming is used."""


@kernel
def price_assets(value, first, threat, p_kill, p_hit, rounds, prices, fronts, shots):
    """Fill ``shots`` with the best bundles at prices; give the Lagrangian lower bound on the expected loss."""
    total = 0.0
    shots[:] = 0
    for k in range(value.size):
        total += value[k]
        threats = threat[first[k] : first[k + 1]]
        if value[k] > 0.0 and threats.size > 0:
            total -= best_bundle(p_kill, p_hit, rounds, prices, value[k], threats, fronts, shots)
        else:
            total -= value[k]
    for i in range(prices.size):
        total -= prices[i] * rounds[i]
    return total


def _check(
    asset_value: Any, asset_of: Any, p_kill: Any, rounds: Any, p_hit: Any, time_limit_s: float | None
) -> tuple[Floats, Ints, Floats, Ints, Floats]:
    problems: list[str] = []
    of = np.asarray(asset_of, dtype=np.float64)
    values = np.asarray(asset_value, dtype=np.float64)
    hits = np.ones(of.shape) if p_hit is None else np.asarray(p_hit, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all() or (values < 0.0).any():
        problems.append("asset_value needs one axis and finite numbers of 0 or more")
    if of.ndim != 1 or not ((of >= 0) & (of < values.size) & (of == np.floor(of))).all():
        problems.append(f"asset_of needs one of the {values.size} assets for each threat")
    if hits.shape != of.shape or not ((hits >= 0.0) & (hits <= 1.0)).all():
        problems.append("p_hit needs a probability for each threat")
    try:
        _, table, stock = check_table(np.zeros(of.shape), p_kill, rounds, time_limit_s)
    except CommandError as error:
        problems.append(str(error))
        table, stock = np.zeros((0, 0)), np.zeros(0, np.int64)
    if problems:
        raise CommandError("; ".join(problems))
    return values, of.astype(np.int64), table, stock, hits


def expected_loss(asset_value: Any, asset_of: Any, p_kill: Any, shots: Any, p_hit: Any = None) -> float:
    """Give the expected loss of asset value under an allocation.

    Parameters
    ----------
    asset_value : (n_assets,)
    asset_of : (n_threats,)               number of the asset that each threat comes at
    p_kill : (n_weapon_types, n_threats)
    shots : (n_weapon_types, n_threats)
    p_hit : (n_threats,), optional        chance that a threat that gets through destroys the asset; 1 by default
    """
    through = ((1.0 - np.asarray(p_kill)) ** np.asarray(shots)).prod(axis=0)
    through = through if p_hit is None else through * np.asarray(p_hit)
    survives = np.ones(np.size(asset_value))
    np.multiply.at(survives, np.asarray(asset_of, dtype=np.int64), 1.0 - through)
    return float((np.asarray(asset_value) * (1.0 - survives)).sum())


def solve_assets(
    asset_value: Any,
    asset_of: Any,
    p_kill: Any,
    rounds: Any,
    p_hit: Any = None,
    time_limit_s: float | None = None,
) -> Assignment:
    """Give rounds to threats so that the least asset value is expected to be lost.

    Parameters
    ----------
    asset_value : (n_assets,)             value of each asset, 0 or more
    asset_of : (n_threats,)               number of the asset that each threat comes at
    p_kill : (n_weapon_types, n_threats)  chance that one shot stops the threat, 0 for out of reach
    rounds : (n_weapon_types,)            whole numbers
    p_hit : (n_threats,), optional        chance that a threat that gets through destroys the asset; 1 by default
    time_limit_s : float, optional        the search stops about then, with the best it has

    Returns
    -------
    Assignment   shots (n_weapon_types, n_threats), with the expected loss as objective; optimal for few rounds,
                 otherwise with a proven gap

    Raises
    ------
    CommandError   with everything that is wrong with the arguments
    """
    began_s = time.perf_counter()
    value, of, table, stock, hits = _check(asset_value, asset_of, p_kill, rounds, p_hit, time_limit_s)
    if n_combinations(stock) * max(of.size, 1) <= EXACT_COMBINATIONS:
        shots = solve_small(value, of, table, stock, hits)
        lost = expected_loss(value, of, table, shots, hits)
        return finish(shots, lost, lost, False, time.perf_counter() - began_s, np.zeros(stock.size))
    ends_s = math.inf if time_limit_s is None else began_s + time_limit_s
    return _solve_large(value, of, table, stock, hits, began_s, ends_s)


def _level(value: Floats, price: Any, rounds: Ints) -> Floats:
    """A common price at which the bound is best, found by doubling and halving, then by finer steps."""
    best = np.full(rounds.size, 0.5 * float(value.sum()) / max(1, int(rounds.sum())))
    reached = price(best)
    for factor in (2.0, 0.5, 1.25, 0.8):
        for _ in range(40):
            trial = price(best * factor)
            if trial <= reached:
                break
            best, reached = best * factor, trial
    return best


def _solve_large(
    value: Floats, of: Ints, table: Floats, stock: Ints, hits: Floats, began_s: float, ends_s: float
) -> Assignment:
    threat = np.argsort(of, kind="stable")
    first = np.searchsorted(of[threat], np.arange(value.size + 1)).astype(np.int64)
    fronts = make_fronts(stock.size, int(np.diff(first).max(initial=1)))
    shots = np.zeros(table.shape, np.int64)

    def price(prices: Floats) -> float:
        return float(price_assets(value, first, threat, table, hits, stock, prices, fronts, shots))

    prices = _level(value, price, stock)
    direction, size, length = np.zeros(stock.size), np.zeros(stock.size), STEP_REL * float(prices.mean())
    best_prices, lower, best_shots, lost = prices, 0.0, np.zeros_like(shots), math.inf
    for i_step in range(N_STEPS):
        found = price(prices)
        if found > lower:
            lower, best_prices = found, prices
        excess = shots.sum(axis=1) - stock
        if i_step % REPAIR_EVERY == 0:
            trial = allocate(value, first, threat, of, table, hits, stock, shots)
            climb(value, first, threat, of, table, hits, stock, trial)
            trial_lost = float(loss(value, first, threat, table, hits, trial))
            if trial_lost < lost:
                best_shots, lost = trial, trial_lost
        if time.perf_counter() >= ends_s:
            break
        direction, size = excess + 0.5 * direction, 0.9 * size + excess * excess
        prices = np.maximum(0.0, prices + length * direction / np.sqrt(size + 1.0))
        length *= COOLING
    is_stopped = time.perf_counter() >= ends_s
    return finish(best_shots, lost, lower, is_stopped, time.perf_counter() - began_s, best_prices)

"""How the worth of a round differs between fire units: the duals of a fluid in which rounds can be divided.

Tracks that the forecast expects share the rounds loaded in units and those in depots. With ``v`` people at risk, ``p``
the kill probability of a unit's round and ``e = (1 - (1 - p)^k) / p`` the rounds expected to be fired in up to ``k``
looks, the fluid's prices minimise

    sum over tracks of max(0, max over units of e (p v - price)) + sum over units of loaded price
    + sum over depots of rounds (highest price among its units),

the dual of the linear programme that shares rounds out among tracks. A unit that holds more rounds than it will need
has the price 0, since what is loaded cannot be fired elsewhere; units that live off the same depot have one price.

Reference: Bertsimas and Tsitsiklis, Introduction to Linear Optimization (1997), for duals of resource constraints;
Duchi, Hazan and Singer, Adaptive subgradient methods (2011), for the way down.
"""

from __future__ import annotations

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel
from opendome.battle.reachable import unit_shots
from opendome.picture.statistical import perceive
from opendome.raid.generate import draw_day
from opendome.scenario.world import DAY_S

__all__ = ["fluid_prices", "set_price_factors"]

_N_STEPS, _FIRST_STEP, _SHRINK, _MEMORY = 400, 0.3, 0.98, 0.95
_FUTURES = 2
_LEAST_FACTOR = 0.01


@inlined_kernel
def _answer(value_people, p_kill, price, n_looks, use):
    """Add the rounds that tracks take of each unit at these prices to ``use``; gives the people they save net."""
    net = 0.0
    for i in range(len(value_people)):
        best, chosen, rounds = 0.0, -1, 0.0
        for u in range(len(price)):
            p = p_kill[i, u]
            if p <= 0.0 or p * value_people[i] <= price[u]:
                continue
            n = (1.0 - (1.0 - p) ** n_looks) / p
            gain = n * (p * value_people[i] - price[u])
            if gain > best:
                best, chosen, rounds = gain, u, n
        net += best
        if chosen >= 0:
            use[chosen] += rounds
    return net


@allocating_kernel
def fluid_prices(value_people, p_kill, loaded, i_depot, depots, n_looks) -> tuple:
    """Prices of a round at each unit, by subgradient steps; the best found is kept.

    Parameters
    ----------
    value_people (m,), p_kill (m, n)    by track and unit; 0 where a unit cannot launch
    loaded (n,), depots (d,)            rounds; ``i_depot`` (n,) the depot of each unit
    n_looks : int                       shots at a track at most, one by one

    Returns
    -------
    price_people (n,), bound_people : float    people that no sharing of the rounds can save more of
    """
    n = len(loaded)
    price, best_price, squares = np.zeros(n), np.zeros(n), np.zeros(n)
    highest = 0.0
    for i in range(len(value_people)):
        highest = max(highest, value_people[i] * p_kill[i].max() if n > 0 else 0.0)
    best, step = np.inf, _FIRST_STEP * highest
    for _ in range(_N_STEPS):
        use = np.zeros(n)
        total = _answer(value_people, p_kill, price, n_looks, use)
        slope = loaded - use
        for d in range(len(depots)):
            dearest = -1
            for u in range(n):
                if i_depot[u] == d and (dearest < 0 or price[u] > price[dearest]):
                    dearest = u
            if dearest >= 0:
                total += depots[d] * price[dearest]
                slope[dearest] += depots[d]
        for u in range(n):
            total += loaded[u] * price[u]
        if total < best:
            best = total
            best_price[:] = price
        for u in range(n):
            squares[u] = max(_MEMORY * squares[u], slope[u] * slope[u])
            if squares[u] > 0.0:
                price[u] = min(max(price[u] - step * slope[u] / np.sqrt(squares[u]), 0.0), highest)
        step *= _SHRINK
    return best_price, best


@allocating_kernel
def _expected(world, seed, first_day):
    """Tracks of a few futures from a day on, to the end: people at risk (m,) and kill probability by unit (m, n)."""
    value, p_kill = np.zeros(0), np.zeros((0, len(world.forecast.battle.units)))
    for future in range(min(_FUTURES, world.forecast.n_futures)):
        for day in range(first_day, world.n_days):
            objects, _ = draw_day(world.forecast.raid, seed, future, day)
            tracks, rows, _, _, _, _ = perceive(world.forecast.picture, seed, future, objects)
            p_day, value_day = unit_shots(world.forecast.battle, tracks, rows)
            value, p_kill = np.concatenate((value, value_day)), np.concatenate((p_kill, p_day))
    return value, p_kill


@allocating_kernel
def _supply(model, state, t_s):
    """Rounds loaded in each unit, or to be when it arrives, and in each depot with what is to come, in expectation."""
    loaded, depots = np.zeros(len(model.units)), state.depots.astype(np.float64)
    for k in range(len(state.launchers)):
        launcher = state.launchers[k]
        loaded[launcher.i_unit] += launcher.rounds + launcher.coming
    for k in range(len(model.change_order)):
        change = model.changes[model.change_order[k]]
        if change.is_arrival == 1 and change.t_s > t_s:
            u = model.change_unit[model.change_order[k]]
            loaded[u] += min(
                model.units[u].loaded_rounds, model.units[u].n_launchers * model.units[u].rounds_per_launcher
            )
    for row in model.resupply:
        if row.t_s > t_s:
            depots[row.i_depot] += (1.0 - row.p_lost) * row.n_rounds
    return loaded, depots


@allocating_kernel
def set_price_factors(world, state, seed, day) -> None:
    """Set each unit's ``price_factor`` from a day on: its fluid price over the dearest; 1 where none has one."""
    model = world.forecast.battle
    n_futures = min(_FUTURES, world.forecast.n_futures)
    value, p_kill = _expected(world, seed, day)
    loaded, depots = _supply(model, state, day * DAY_S)
    n_looks = model.max_shots if model.is_looking else 1
    i_depot = np.zeros(len(loaded), np.int64)
    for u in range(len(loaded)):
        i_depot[u] = model.units[u].i_depot
    price, _ = fluid_prices(value, p_kill, n_futures * loaded, i_depot, n_futures * depots, n_looks)
    dearest = price.max() if len(price) > 0 else 0.0
    for u in range(len(price)):
        state.units[u].price_factor = max(price[u] / dearest, _LEAST_FACTOR) if dearest > 0.0 else 1.0

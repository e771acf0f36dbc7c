"""What no policy can beat: Lagrangian bounds on the expected share protected, for a battle whose arrivals are known.

Two constraints tie the threats together: a launcher fires no more than its rounds, and at most once in any
``reload_s`` seconds in a row. With prices ``lam >= 0`` of a launcher's rounds and ``mu >= 0`` of each such stretch put
in their place, the threats part, and each is solved by ``dynamic_duals``. For every ``lam`` and ``mu``

    expected loss of any policy  >=  sum of W_i(lam, mu) - sum of lam_l rounds_l - sum of mu_lt,

because the constraints hold in every course of the battle. So any prices give a proven bound; a subgradient method
looks for good ones. Knowing the arrivals, and keeping the constraints in the mean only, can but help the defence.

Two classes of policies:

* ``bound_with_look``: those that never fire at a threat while an outcome is pending, with the true delays;
* ``bound_any``: all that fire at most twice a second at a threat; outcomes are taken to be seen at once.

References: Adelman and Mersereau (2008), Relaxations of weakly coupled stochastic dynamic programs, Operations
Research 56(3); Hawkins (2003), A Lagrangian decomposition approach to weakly coupled dynamic optimization problems.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.dynamic_duals import Plan, new_plan, plan_at_once, plan_with_look
from opendome.assignment.dynamic_types import Launchers, Threats
from opendome.base.kernels import kernel

__all__ = ["Bound", "bound_any", "bound_with_look", "dual_value", "spread_prices", "step_prices"]

Floats = NDArray[np.float64]


class Bound(NamedTuple):
    """A proven bound and the prices that prove it: m launchers, t seconds."""

    protected_frac: float
    """No policy of the class protects a larger share of the value in expectation."""
    round_price: Floats
    """(m,) lam: in units of value"""
    stretch_price: Floats
    """(t, m) mu: of the stretch of ``reload_s`` seconds that ends with a second"""


class _Search(NamedTuple):
    """State of the search: prices with their direction and scale."""

    lam: Floats
    lam_way: Floats
    lam_scale: Floats
    mu: Floats
    mu_way: Floats
    mu_scale: Floats


@kernel
def spread_prices(lam, mu, reload_s, toll):
    """Fill the toll (t, m) of a launch: lam and the mu of every stretch that it lies in."""
    n = mu.shape[0]
    for launcher in range(lam.size):
        total = 0.0
        for t_s in range(n - 1, -1, -1):
            total += mu[t_s, launcher]
            if t_s + reload_s[launcher] < n:
                total -= mu[t_s + reload_s[launcher], launcher]
            toll[t_s, launcher] = lam[launcher] + max(total, 0.0)


@kernel
def dual_value(threats, launchers, is_at_once, lam, mu, toll, use, plan):
    """Least expected loss allowed by the prices; the expected launches go into ``use`` (t, m)."""
    spread_prices(lam, mu, launchers.reload_s, toll)
    use[:] = 0.0
    total = 0.0
    for i in range(threats.value.size):
        t_seen_s = threats.t_seen_s[i]
        if is_at_once:
            total += plan_at_once(threats, i, t_seen_s, toll, 1.0, plan, use)
        else:
            total += plan_with_look(threats, i, t_seen_s, launchers.look_s, toll, 1.0, plan, use)
    for launcher in range(lam.size):
        total -= lam[launcher] * launchers.rounds[launcher]
        for t_s in range(mu.shape[0]):
            total -= mu[t_s, launcher]
    return total


@kernel
def step_prices(search, launchers, use, step):
    """Move all prices along the subgradient, each scaled by its own history; none falls below zero."""
    n = use.shape[0]
    for launcher in range(search.lam.size):
        reload_s = launchers.reload_s[launcher]
        fired, in_stretch = 0.0, 0.0
        for t_s in range(n):
            fired += use[t_s, launcher]
            in_stretch += use[t_s, launcher]
            if t_s >= reload_s:
                in_stretch -= use[t_s - reload_s, launcher]
            slope = in_stretch - 1.0
            search.mu_way[t_s, launcher] = slope + 0.5 * search.mu_way[t_s, launcher]
            search.mu_scale[t_s, launcher] = 0.95 * search.mu_scale[t_s, launcher] + slope * slope
            move = step * search.mu_way[t_s, launcher] / math.sqrt(search.mu_scale[t_s, launcher] + 1.0)
            search.mu[t_s, launcher] = max(0.0, search.mu[t_s, launcher] + move / reload_s)
        slope = fired - launchers.rounds[launcher]
        search.lam_way[launcher] = slope + 0.5 * search.lam_way[launcher]
        search.lam_scale[launcher] = 0.95 * search.lam_scale[launcher] + slope * slope
        move = step * search.lam_way[launcher] / math.sqrt(search.lam_scale[launcher] + 1.0)
        search.lam[launcher] = max(0.0, search.lam[launcher] + move)


def bound_with_look(threats: Threats, launchers: Launchers, *, n_steps: int = 400) -> Bound:
    """Bound the share protected by policies that never fire at a threat while an outcome is pending.

    Parameters
    ----------
    threats : Threats       every threat of the battle, future ones included
    launchers : Launchers   rounds, seconds between shots, seconds of the look
    n_steps : int           steps of the search for good prices; any number gives a valid bound

    Valid for: policies that know no more than the arrivals, the kill probabilities and the outcomes seen.
    """
    return _search(threats, launchers, False, n_steps)


def bound_any(threats: Threats, launchers: Launchers, *, n_steps: int = 400) -> Bound:
    """Bound the share protected by any policy that fires at most twice a second at a threat; else as above."""
    return _search(threats, launchers, True, n_steps)


def _search(threats: Threats, launchers: Launchers, is_at_once: bool, n_steps: int) -> Bound:
    n, m = max(1, 1 + int(threats.t_closed_s.max(initial=-1))), launchers.rounds.size
    worth = float(threats.value.sum())
    if worth == 0.0:
        return Bound(1.0, np.zeros(m), np.zeros((n, m)))
    mean_value = float(threats.value[threats.value > 0.0].mean())
    search = _Search(*(np.zeros(m) for _ in range(3)), *(np.zeros((n, m)) for _ in range(3)))
    search.lam[:] = 0.1 * mean_value
    plan, toll, use = _room(threats, n, m)
    best_loss, best = -math.inf, (search.lam.copy(), search.mu.copy())
    for k in range(n_steps):
        loss = dual_value(threats, launchers, is_at_once, search.lam, search.mu, toll, use, plan)
        if loss > best_loss:
            best_loss, best = loss, (search.lam.copy(), search.mu.copy())
        step_prices(search, launchers, use, 0.05 * mean_value * 0.01 ** (k / n_steps))
    return Bound(min(1.0, 1.0 - best_loss / worth), *best)


def _room(threats: Threats, n: int, m: int) -> tuple[Plan, Floats, Floats]:
    longest_s = int((threats.t_closed_s - threats.t_seen_s).max(initial=0)) + 1
    return new_plan(max(1, longest_s)), np.zeros((n, m)), np.zeros((n, m))

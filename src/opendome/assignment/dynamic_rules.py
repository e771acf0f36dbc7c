"""One second's shots by a family of fast rules, compiled, and the rules of thumb that belong to it.

A launcher may fire at a threat if ``q V p > price``: ``V`` the threat's value, ``p`` the kill probability, ``q`` the
chance that it outlives the shots under way. While an outcome is pending the price of another shot at the same threat
is ``early`` times as high if the outcome comes in time to fire again, and ``late`` times if it does not; infinite
means never. Pairs are taken by the largest ``q V p - price``, one shot a launcher and one a threat. Price 0 gives the
greedy rules.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.dynamic_types import Sight
from opendome.base.kernels import inlined_kernel, kernel

__all__ = ["FirstCome", "Greedy", "Ranked", "choose", "enter", "leave_out", "new_ranked", "rank"]

NONE = -1
SPARE_S = 4
"""An outcome comes in time if so many seconds are left after it to fire again."""


class Ranked(NamedTuple):
    """Threats that may be fired at, most valuable first, and room for choosing: n threats, m launchers."""

    live: NDArray[np.int64]
    """(n,) rows, by falling value; the first ``n_live[0]`` count."""
    n_live: NDArray[np.int64]
    """(1,)"""
    p_top: NDArray[np.float64]
    """(m,) the launcher's best kill probability at any threat."""
    price: NDArray[np.float64]
    """(m,) price of a round."""
    best: NDArray[np.int64]
    """(m,) the launcher's best threat, or -1."""
    gain: NDArray[np.float64]
    """(m,) and its gain over the price."""
    t_taken_s: NDArray[np.int64]
    """(n,) second at which a threat was last chosen."""
    orders: NDArray[np.int64]
    """(m, 2) launcher and threat of each shot chosen."""


def new_ranked(n_threats: int, p_top: NDArray[np.float64]) -> Ranked:
    """Make room for (n,) threats and launchers of best kill probability (m,)."""
    m = p_top.size
    return Ranked(
        np.zeros(n_threats, np.int64),
        np.zeros(1, np.int64),
        p_top,
        np.zeros(m),
        np.full(m, NONE),
        np.zeros(m),
        np.full(n_threats, NONE),
        np.zeros((m, 2), np.int64),
    )


@inlined_kernel
def enter(ranked, value, threat):
    """Put a threat into its place by value; equal values keep the order of entering."""
    live, k = ranked.live, ranked.n_live[0]
    while k > 0 and value[live[k - 1]] < value[threat]:
        live[k] = live[k - 1]
        k -= 1
    live[k] = threat
    ranked.n_live[0] += 1


@inlined_kernel
def leave_out(ranked, is_down, t_closed_s, t_s):
    """Take out what is known to be stopped or can be fired at no more."""
    live, kept = ranked.live, 0
    for k in range(ranked.n_live[0]):
        threat = live[k]
        if not is_down[threat] and t_closed_s[threat] >= t_s:
            live[kept] = threat
            kept += 1
    ranked.n_live[0] = kept


@inlined_kernel
def _find_best(threats, known, ranked, early, late, t_s, launcher):
    """Best threat of one launcher: sorted by value, so the search ends when no later one can be better."""
    top, found = 0.0, NONE
    price, p_top = ranked.price[launcher], ranked.p_top[launcher]
    for k in range(ranked.n_live[0]):
        threat = ranked.live[k]
        value = threats.value[threat]
        if value * p_top - price <= top:
            break
        if t_s < threats.t_first_s[threat, launcher] or t_s > threats.t_last_s[threat, launcher]:
            continue
        if ranked.t_taken_s[threat] == t_s:
            continue
        asked = price
        if known.n_pending[threat] > 0:
            is_in_time = known.t_free_s[threat] + SPARE_S <= threats.t_closed_s[threat]
            factor = early if is_in_time else late
            if factor == math.inf:
                continue
            asked = price * factor
        gain = known.p_alive[threat] * value * threats.p_kill[threat, launcher] - asked
        if gain > top:
            top, found = gain, threat
    ranked.best[launcher] = found
    ranked.gain[launcher] = top


@kernel
def choose(threats, known, ranked, early, late, t_s):
    """Choose the shots of one second into ``ranked.orders``; give their number. Prices stand in ``ranked.price``."""
    m = known.rounds.size
    for launcher in range(m):
        ranked.best[launcher] = NONE
        ranked.gain[launcher] = 0.0
        if known.rounds[launcher] > 0 and known.t_ready_s[launcher] <= t_s:
            _find_best(threats, known, ranked, early, late, t_s, launcher)
    n_orders = 0
    while True:
        first, top = NONE, 0.0
        for launcher in range(m):
            if ranked.best[launcher] != NONE and ranked.gain[launcher] > top:
                first, top = launcher, ranked.gain[launcher]
        if first == NONE:
            return n_orders
        threat = ranked.best[first]
        ranked.orders[n_orders, 0], ranked.orders[n_orders, 1] = first, threat
        n_orders += 1
        ranked.t_taken_s[threat] = t_s
        ranked.best[first] = NONE
        for launcher in range(m):
            if ranked.best[launcher] == threat:
                _find_best(threats, known, ranked, early, late, t_s, launcher)


@kernel
def rank(threats, is_down, ranked, t_s):
    """Rank the threats of worth that may still be fired at."""
    ranked.n_live[0] = 0
    for threat in range(threats.value.size):
        if threats.value[threat] > 0.0 and not is_down[threat] and threats.t_closed_s[threat] >= t_s:
            enter(ranked, threats.value, threat)


class Greedy:
    """Fire the shot of largest ``q V p`` first, and keep nothing back.

    With the look (the default) it waits for the outcome of a shot before it fires at the same threat again
    (shoot-look-shoot); without, shots under way count by ``q`` alone.
    """

    def __init__(self, *, with_look: bool = True) -> None:
        self._factor = math.inf if with_look else 1.0

    def decide(self, sight: Sight) -> NDArray[np.int64]:
        """Give the shots of one second."""
        known = sight.knowledge
        ranked = new_ranked(sight.threats.value.size, sight.threats.p_kill.max(axis=0, initial=0.0))
        rank(sight.threats, known.is_down, ranked, sight.t_s)
        n_orders = choose(sight.threats, known, ranked, self._factor, self._factor, sight.t_s)
        return ranked.orders[:n_orders]


class FirstCome:
    """Serve threats of worth in the order seen, each by the ready launcher that kills it best, with the look."""

    def decide(self, sight: Sight) -> NDArray[np.int64]:
        """Give the shots of one second."""
        threats, known, t_s = sight.threats, sight.knowledge, sight.t_s
        is_ready = (known.rounds > 0) & (known.t_ready_s <= t_s)
        is_due = (threats.value > 0.0) & ~known.is_down & (known.n_pending == 0) & (threats.t_closed_s >= t_s)
        orders = []
        for threat in np.flatnonzero(is_due):
            can = is_ready & (threats.t_first_s[threat] <= t_s) & (threats.t_last_s[threat] >= t_s)
            if can.any():
                launcher = int(np.where(can, threats.p_kill[threat], -1.0).argmax())
                is_ready[launcher] = False
                orders.append((launcher, int(threat)))
        return np.array(orders, np.int64).reshape(-1, 2)

"""A sequential auction of rounds: a good allocation of a large sparse problem from good prices.

Targets wait in a queue. The first takes its cheapest column at the asking prices: that of a free round, or of one
that another target holds plus a raise. Who loses a round gives back all others and queues again. Prices only rise,
so that it ends; the smaller the raise, the better and the slower. It is run with falling raises, each time from the
prices of the last run, a little lowered.
"""

from __future__ import annotations

import numpy as np

from opendome.assignment.pricing import Desk, cheapest
from opendome.assignment.problem import Floats, Ints, Lists
from opendome.base.kernels import allocating_kernel, inlined_kernel

__all__ = ["auction", "hold_auction"]

RAISES_REL = (0.02, 0.005, 0.001, 0.0003)
"""Raises of the runs, in units of the mean price."""
FIRST_LEVEL = 0.98
"""Prices of the first run, in units of those given."""
UNSOLD_LEVEL = 0.7
"""Price of a round that nobody took, in the next run, in units of its price in the last."""
MAX_SLOTS = 4_000_000
"""Rounds that an auction may have."""


@inlined_kernel
def _ask(first, slot_price, holder, prices, cheapest_slot, i, raise_):
    """Set the asking price of weapon ``i`` and the slot that it stands for."""
    best, slot = np.inf, -1
    for s in range(first[i], first[i + 1]):
        asked = slot_price[s] + (raise_ if holder[s] >= 0 else 0.0)
        if asked < best:
            best, slot = asked, s
    prices[i], cheapest_slot[i] = best, slot


@allocating_kernel
def hold_auction(lists, first, slot_price, raise_, desk, count, is_sold, n_bids):
    """Run one auction from ``slot_price`` on, which it raises. False if bids ran out.

    Fills ``count`` (n_pairs,) with shots and ``is_sold`` (n_slots,).

    ``first`` (n_weapon_types + 1,) are the first rounds of each weapon type.
    """
    n, m = lists.rounds.size, lists.value.size
    holder, held, following = np.full(slot_price.size, -1), np.full(m, -1), np.full(slot_price.size, -1)
    pair_of_slot, weapon_of = np.zeros(slot_price.size, np.int64), np.zeros(slot_price.size, np.int64)
    prices, slot_asked = np.full(n, np.inf), np.full(n, -1)
    for i in range(n):
        weapon_of[first[i] : first[i + 1]] = i
        _ask(first, slot_price, holder, prices, slot_asked, i, raise_)
    queue, head, n_waiting = np.arange(m), 0, m
    while n_waiting > 0 and n_bids > 0:
        j = queue[head]
        head, n_waiting, n_bids = (head + 1) % m, n_waiting - 1, n_bids - 1
        cheapest(lists, prices, j, desk)
        for d in range(desk.kept_length[0]):
            k = desk.kept[0, d]
            i = lists.weapon[k]
            s = slot_asked[i]
            loser = holder[s]
            if loser == j:
                continue
            slot_price[s] = prices[i]
            if loser >= 0:
                t = held[loser]
                while t >= 0:
                    holder[t] = -1
                    if weapon_of[t] != i:
                        _ask(first, slot_price, holder, prices, slot_asked, weapon_of[t], raise_)
                    t = following[t]
                held[loser] = -1
                queue[(head + n_waiting) % m] = loser
                n_waiting += 1
            holder[s], following[s], held[j], pair_of_slot[s] = j, held[j], s, k
            _ask(first, slot_price, holder, prices, slot_asked, i, raise_)
    count[:] = 0
    for s in range(slot_price.size):
        is_sold[s] = holder[s] >= 0
        if is_sold[s]:
            count[pair_of_slot[s]] += 1
    return n_waiting == 0


def auction(lists: Lists, prices: Floats, desk: Desk) -> list[tuple[Ints, Floats]]:
    """Give allocations and prices of the auctions with falling raises, none if there are too many rounds.

    Parameters
    ----------
    prices : (n_weapon_types,)   of a round, good ones, such as those of dual steps

    Returns
    -------
    list of ((n_pairs,), (n_weapon_types,))   shots of each listed pair and prices, the last mostly the best
    """
    wanted = np.bincount(lists.weapon, minlength=lists.rounds.size) * 16
    n_slots = np.minimum(lists.rounds, wanted)
    if n_slots.sum() > MAX_SLOTS or not prices.any():
        return []
    is_sold = np.zeros(int(n_slots.sum()), bool)
    first = np.concatenate((np.zeros(1, np.int64), np.cumsum(n_slots)))
    slot_price = np.repeat(FIRST_LEVEL * prices, n_slots)
    outcomes, level, has_slots = [], float(prices.mean()), n_slots > 0
    for raise_rel in RAISES_REL:
        count, reached = np.zeros(lists.weapon.size, np.int64), prices.copy()
        raise_ = raise_rel * level
        hold_auction(lists, first, slot_price, raise_, desk, count, is_sold, 200 * lists.value.size)
        reached[has_slots] = np.minimum.reduceat(slot_price, first[:-1][has_slots])
        outcomes.append((count, reached))
        slot_price = np.maximum(0.0, np.where(is_sold, slot_price, UNSOLD_LEVEL * slot_price) - 2.0 * raise_)
    return outcomes

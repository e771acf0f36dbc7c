"""The rules that come with the program, written as anybody's rule would be.

Each is a Numba ``cfunc`` of the policy signature, so the battle kernel calls it by pointer and is not compiled again
for it.
"""

from __future__ import annotations

from numba import cfunc, types

from opendome.base.registry import register

from .view import (
    HOLD,
    N_ROUNDS,
    P_KILL,
    PRICE_FACTOR,
    ROUND_PRICE_PEOPLE,
    SHADOW_PRICE_PEOPLE,
    T_INTERCEPT_S,
    UNIT,
    UNIT_READY_ROUNDS,
    VALUE_PEOPLE,
)

__all__ = ["POLICY_SIGNATURE", "earliest", "greedy", "price"]

POLICY_SIGNATURE = types.int64(types.float64[::1], types.float64[:, ::1], types.float64[::1])


@register("policy", "earliest")
@cfunc(POLICY_SIGNATURE, cache=True)
def earliest(track, options, stock):
    """The unit that intercepts first, with as many rounds as doctrine's salvo and its magazine allow.

    The first listed of equals.
    """
    best = HOLD
    for i in range(options.shape[0]):
        sooner = best == HOLD or options[i, T_INTERCEPT_S] < options[best, T_INTERCEPT_S]
        same_unit = best != HOLD and options[i, UNIT] == options[best, UNIT]
        if sooner or (same_unit and options[i, N_ROUNDS] > options[best, N_ROUNDS]):
            best = i
    return best


@register("policy", "greedy")
@cfunc(POLICY_SIGNATURE, cache=True)
def greedy(track, options, stock):
    """The option that saves most people net of the price of its rounds; nothing if none is worth its rounds."""
    best = HOLD
    best_gain = 0.0
    for i in range(options.shape[0]):
        gain = track[VALUE_PEOPLE] * options[i, P_KILL] - stock[ROUND_PRICE_PEOPLE] * options[i, N_ROUNDS]
        if gain > best_gain:
            best, best_gain = i, gain
    return best


@register("policy", "price")
@cfunc(POLICY_SIGNATURE, cache=True)
def price(track, options, stock):
    """The option that saves most people net of what its rounds may save later; nothing if none is worth its rounds.

    The price of a round comes from rollouts of the forecast (``study.forecast``), and its ratio between units from the
    duals of a fluid (``study.unit_prices``). Of equals it takes the round of the unit that has most left, and then the
    soonest intercept.
    """
    best = HOLD
    best_gain = 0.0
    for i in range(options.shape[0]):
        price_people = stock[SHADOW_PRICE_PEOPLE] * options[i, PRICE_FACTOR]
        gain = track[VALUE_PEOPLE] * options[i, P_KILL] - price_people * options[i, N_ROUNDS]
        is_better = gain > best_gain
        if best != HOLD and gain == best_gain:
            more = options[i, UNIT_READY_ROUNDS] - options[best, UNIT_READY_ROUNDS]
            is_better = more > 0.0 or (more == 0.0 and options[i, T_INTERCEPT_S] < options[best, T_INTERCEPT_S])
        if is_better:
            best, best_gain = i, gain
    return best

"""One rule written three ways: fire at what is worth a round, from the unit with most rounds, one round at a time."""

from __future__ import annotations

import numpy as np
from numba import cfunc

from opendome.doctrine.rules import POLICY_SIGNATURE
from opendome.doctrine.view import HOLD, N_ROUNDS, P_KILL, ROUND_PRICE_PEOPLE, UNIT_READY_ROUNDS, VALUE_PEOPLE
from opendome.study.doors import batch_policy

SHARE = 25.0


def fullest(track, options, stock):
    """Plain Python."""
    best, most = HOLD, -1.0
    for i, option in enumerate(options):
        gain = track[VALUE_PEOPLE] * option[P_KILL] * SHARE - stock[ROUND_PRICE_PEOPLE] * option[N_ROUNDS]
        if option[N_ROUNDS] == 1 and gain > 0.0 and option[UNIT_READY_ROUNDS] > most:
            best, most = i, option[UNIT_READY_ROUNDS]
    return best


@batch_policy
def fullest_batch(tracks, options, stock):
    """NumPy, many decisions at once."""
    gain = tracks[:, None, VALUE_PEOPLE] * options[..., P_KILL] * SHARE
    gain = gain - stock[:, None, ROUND_PRICE_PEOPLE] * options[..., N_ROUNDS]
    rounds = np.where((options[..., N_ROUNDS] == 1) & (gain > 0.0), options[..., UNIT_READY_ROUNDS], -1.0)
    return np.where(rounds.max(axis=1) > -1.0, rounds.argmax(axis=1), HOLD)


@cfunc(POLICY_SIGNATURE)
def fullest_compiled(track, options, stock):
    """Numba, called by pointer."""
    best = HOLD
    most = -1.0
    for i in range(options.shape[0]):
        gain = track[VALUE_PEOPLE] * options[i, P_KILL] * SHARE - stock[ROUND_PRICE_PEOPLE] * options[i, N_ROUNDS]
        if options[i, N_ROUNDS] == 1 and gain > 0.0 and options[i, UNIT_READY_ROUNDS] > most:
            best, most = i, options[i, UNIT_READY_ROUNDS]
    return best

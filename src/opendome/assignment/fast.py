"""The fast method: prices with their bound, and the best of greedy, local search and auctions. No proof of optimality,
but a proven gap."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

import numpy as np

from opendome.assignment.auction import auction
from opendome.assignment.greed import start_count
from opendome.assignment.prices import Dual, dual_steps, start_prices
from opendome.assignment.pricing import make_desk
from opendome.assignment.problem import Ints, Lists, surviving
from opendome.assignment.search import improve_count

__all__ = ["Quick", "search_fast"]

N_STEPS_FAST = 40
N_STEPS_LAST, STEP_LAST_REL = 10, 0.005
"""Dual steps after the auction, and the length of the first of them in units of the mean price."""


class Quick(NamedTuple):
    """The best shots of listed pairs that were found, their objective, the best prices, and whether time ran out."""

    shots: Ints
    objective: float
    dual: Dual
    is_stopped: bool


def search_fast(lists: Lists, time_limit_s: float | None) -> Quick:
    """Solve a list problem that is not trivial, quickly; the clock is read between the steps."""
    ends_s = math.inf if time_limit_s is None else time.perf_counter() + float(time_limit_s)
    count, remain = start_count(lists), np.zeros(lists.value.size)
    objective = improve_count(lists, count)
    surviving(lists, count, remain)
    desk = make_desk(int(np.diff(lists.start).max()), lists.value.size, 1)
    dual = start_prices(lists, count, remain, desk)
    if time.perf_counter() < ends_s:
        dual = dual_steps(lists, dual, desk, N_STEPS_FAST)
    if time.perf_counter() < ends_s:
        for trial in auction(lists, dual.prices, desk):
            found = improve_count(lists, trial)
            if found < objective:
                count, objective = trial, found
    if time.perf_counter() < ends_s:
        dual = dual_steps(lists, dual, desk, N_STEPS_LAST, STEP_LAST_REL)
    return Quick(count, objective, dual, time.perf_counter() >= ends_s)

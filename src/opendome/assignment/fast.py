"""The fast method: prices with their bound, and the best of greedy, local search and auctions. No proof of optimality,
but a proven gap."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

import numpy as np

from opendome.assignment.auction import auction
from opendome.assignment.greed import start_count
from opendome.assignment.prices import N_STEPS, STEP_REL, Dual, dual_steps, evaluate, start_prices
from opendome.assignment.pricing import Desk, make_desk
from opendome.assignment.problem import Ints, Lists, surviving
from opendome.assignment.search import improve_count

__all__ = ["Quick", "open_up", "refine", "search_fast"]

N_STEPS_FAST, STEP_FAST_REL = 80, 0.05
N_STEPS_LAST, STEP_LAST_REL = 20, 0.0005
"""Dual steps after the auctions, and the length of the first of them in units of the mean price."""


class Quick(NamedTuple):
    """The best shots of listed pairs that were found, their objective, the best prices, and whether time ran out."""

    shots: Ints
    objective: float
    dual: Dual
    is_stopped: bool


def refine(lists: Lists, quick: Quick, desk: Desk) -> Quick:
    """Hold auctions from the prices of an answer, and take what is better: their allocations, their prices."""
    best, objective, dual = quick.shots, quick.objective, quick.dual
    outcomes = auction(lists, dual.prices, desk)
    for trial, _ in outcomes:
        found = improve_count(lists, trial)
        if found < objective:
            best, objective = trial, found
    if outcomes:
        after = evaluate(lists, outcomes[-1][1], desk, np.empty(lists.rounds.size))
        after = dual_steps(lists, after, desk, N_STEPS_LAST, STEP_LAST_REL)
        dual = after if after.bound > dual.bound else dual
    return Quick(best, objective, dual, quick.is_stopped)


def open_up(lists: Lists, desk: Desk, ends_s: float, n_steps: int = N_STEPS, step_rel: float = STEP_REL) -> Quick:
    """Allocate greedily, search locally, and find prices to start from."""
    count, remain = start_count(lists), np.zeros(lists.value.size)
    objective = improve_count(lists, count)
    surviving(lists, count, remain)
    dual = start_prices(lists, count, remain, desk)
    if time.perf_counter() < ends_s:
        dual = dual_steps(lists, dual, desk, n_steps, step_rel)
    return Quick(count, objective, dual, time.perf_counter() >= ends_s)


def search_fast(lists: Lists, time_limit_s: float | None) -> Quick:
    """Solve a list problem that is not trivial, quickly; the clock is read between the steps."""
    ends_s = math.inf if time_limit_s is None else time.perf_counter() + float(time_limit_s)
    desk = make_desk(int(np.diff(lists.start).max()), lists.value.size, 1)
    quick = open_up(lists, desk, ends_s, N_STEPS_FAST, STEP_FAST_REL)
    if not quick.is_stopped:
        quick = refine(lists, quick, desk)
    return quick._replace(is_stopped=time.perf_counter() >= ends_s)

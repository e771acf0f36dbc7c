"""Decisions small enough to be solved outright: cities under a trickle of objects, and tiny battles of seconds.

Written apart from the solvers and rules of ``assignment``, for tests and cases of validation that compare with them.

Reference: Davis, AFIT thesis (2016), for the model of cities, batteries with finite stock and one decision an epoch;
Bellman, Dynamic Programming (1957), for value iteration.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from opendome.assignment.dynamic_types import Launchers, Threats

__all__ = ["Cities", "Plan", "best_expected_loss", "best_plan", "greedy_plan", "plan_value"]

Plan = Callable[[int, int, tuple[int, ...], int], int]
"""(epoch, city, rounds of each battery, looks left) -> battery that fires one round now, -1 for none."""


class Cities(NamedTuple):
    """One object an epoch, bound for one city; a battery fires one round at it, looks, and may fire again.

    Batteries are numbered from 0; ``reaches[k][c]``: whether battery k can defend city c.
    """

    worth: tuple[float, ...]
    p_bound: tuple[float, ...]
    reaches: tuple[tuple[bool, ...], ...]
    rounds: tuple[int, ...]
    n_epochs: int
    p_kill: float
    n_looks: int

    @property
    def worth_in_all(self) -> float:
        """Expected worth of all that arrives."""
        return self.n_epochs * sum(p * worth for p, worth in zip(self.p_bound, self.worth))


def plan_value(cities: Cities, plan: Plan) -> float:
    """Expected worth saved by a plan, by backward induction over epochs, rounds and looks."""

    @cache
    def from_epoch(epoch: int, rounds: tuple[int, ...]) -> float:
        if epoch == cities.n_epochs:
            return 0.0
        return sum(p * at_object(epoch, city, rounds, cities.n_looks) for city, p in enumerate(cities.p_bound))

    @cache
    def at_object(epoch: int, city: int, rounds: tuple[int, ...], looks: int) -> float:
        battery = plan(epoch, city, rounds, looks) if looks > 0 else -1
        if battery < 0:
            return from_epoch(epoch + 1, rounds)
        left = _spent(rounds, battery)
        hit = cities.worth[city] + from_epoch(epoch + 1, left)
        return cities.p_kill * hit + (1.0 - cities.p_kill) * at_object(epoch, city, left, looks - 1)

    return from_epoch(0, cities.rounds)


def greedy_plan(cities: Cities) -> Plan:
    """Fire whenever a battery with rounds reaches, the first such battery."""

    def plan(epoch: int, city: int, rounds: tuple[int, ...], looks: int) -> int:
        return next((k for k in _able(cities, city, rounds)), -1)

    return plan


def best_plan(cities: Cities) -> Plan:
    """The best plan, by value iteration over every state."""

    @cache
    def from_epoch(epoch: int, rounds: tuple[int, ...]) -> float:
        if epoch == cities.n_epochs:
            return 0.0
        return sum(p * chosen(epoch, city, rounds, cities.n_looks)[0] for city, p in enumerate(cities.p_bound))

    @cache
    def chosen(epoch: int, city: int, rounds: tuple[int, ...], looks: int) -> tuple[float, int]:
        best = (from_epoch(epoch + 1, rounds), -1)
        for battery in _able(cities, city, rounds) if looks > 0 else ():
            left = _spent(rounds, battery)
            hit = cities.worth[city] + from_epoch(epoch + 1, left)
            value = cities.p_kill * hit + (1.0 - cities.p_kill) * chosen(epoch, city, left, looks - 1)[0]
            if value > best[0]:
                best = (value, battery)
        return best

    return lambda epoch, city, rounds, looks: chosen(epoch, city, rounds, looks)[1]


def _able(cities: Cities, city: int, rounds: tuple[int, ...]) -> list[int]:
    return [k for k, left in enumerate(rounds) if left > 0 and cities.reaches[k][city]]


def _spent(rounds: tuple[int, ...], battery: int) -> tuple[int, ...]:
    return tuple(left - (k == battery) for k, left in enumerate(rounds))


def best_expected_loss(threats: Threats, launchers: Launchers, *, is_waiting: bool) -> float:
    """Least expected loss of any policy that knows the arrivals, by search through every state of a tiny battle.

    Parameters
    ----------
    threats : Threats, launchers : Launchers    a few of each, n threats and m launchers
    is_waiting : bool                           never fire at a threat while an outcome is pending

    Returns
    -------
    float                                       in the unit of the threats' value

    A shot under way is (threat, second at which its outcome is known, kill probability). At most one shot a second at
    a threat.
    """
    t_end_s, m = int(threats.t_closed_s.max()), launchers.rounds.size
    value = threats.value.tolist()

    Under = tuple[tuple[int, int, float], ...]

    @cache
    def loss(t_s: int, alive: frozenset[int], under: Under, rounds: tuple[int, ...], ready: tuple[int, ...]) -> float:
        due = [shot for shot in under if shot[1] == t_s]
        if due:
            threat, _, p_kill = due[0]
            rest = tuple(shot for shot in under if shot is not due[0])
            gone = tuple(shot for shot in rest if shot[0] != threat)
            missed = loss(t_s, alive, rest, rounds, ready)
            return p_kill * loss(t_s, alive - {threat}, gone, rounds, ready) + (1.0 - p_kill) * missed
        if t_s > t_end_s:
            left = 0.0
            for threat in alive:
                left += value[threat] * math.prod(1.0 - shot[2] for shot in under if shot[0] == threat)
            return left
        return decide(0, frozenset(), t_s, alive, under, rounds, ready)

    @cache
    def decide(
        launcher: int, taken: frozenset[int], t_s: int, alive: frozenset[int], under: Under,
        rounds: tuple[int, ...], ready: tuple[int, ...],
    ) -> float:  # fmt: skip
        if launcher == m:
            return loss(t_s + 1, alive, under, rounds, ready)
        least = decide(launcher + 1, taken, t_s, alive, under, rounds, ready)
        if rounds[launcher] == 0 or ready[launcher] > t_s:
            return least
        for threat in alive - taken:
            if not threats.t_first_s[threat, launcher] <= t_s <= threats.t_last_s[threat, launcher]:
                continue
            if is_waiting and any(shot[0] == threat for shot in under):
                continue
            known_s = t_s + int(threats.flyout_s[threat, launcher]) + launchers.look_s
            shots = tuple(sorted((*under, (threat, known_s, float(threats.p_kill[threat, launcher])))))
            left = tuple(n - (k == launcher) for k, n in enumerate(rounds))
            busy = tuple(t_s + int(launchers.reload_s[k]) if k == launcher else one for k, one in enumerate(ready))
            least = min(least, decide(launcher + 1, taken | {threat}, t_s, alive, shots, left, busy))
        return least

    return loss(0, frozenset(range(len(value))), (), tuple(launchers.rounds.tolist()), (0,) * m)

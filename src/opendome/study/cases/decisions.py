"""Small decisions: rules and bounds beside value iteration and full search, and the kernel beside closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.dynamic_battle import play
from opendome.assignment.dynamic_bound import bound_any, bound_with_look
from opendome.assignment.dynamic_rules import FirstCome, Greedy
from opendome.assignment.dynamic_types import DynamicPolicy, Launchers, Sight, Threats, make_launchers, make_threats
from opendome.base.errors import RunError
from opendome.battle.kernel import advance
from opendome.battle.state import Count, new_state
from opendome.doctrine import rules
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.cases.draws import uniforms
from opendome.study.paired import Interval, linearised_ratio, mean_interval
from opendome.testing.builders import (
    toy_classes,
    toy_links,
    toy_model,
    toy_objects,
    toy_posts,
    toy_tracks,
    toy_units,
    toy_window,
)
from opendome.testing.reference_decisions import Cities, Plan, best_expected_loss, best_plan

__all__ = ["THREE", "TWO", "TablePolicy", "run"]

THREE = Cities((10.0, 5.0, 2.0), (0.2, 0.3, 0.5), ((True, True, True),), (5,), 8, 0.7, 2)
"""Three cities and one battery."""
TWO = Cities((8.0, 5.0), (0.5, 0.5), ((True, True), (True, False)), (3, 3), 8, 0.7, 2)
"""Two cities and two batteries, of which the second reaches the first city only."""

_EPOCH_S, _SECOND_SHOT_S = 4, 2
_BOUND_PART = 10
_CITIES_STREAM, _TINY_STREAM = 100, 200


class _Told(NamedTuple):
    """Progress, and how sure an interval is to be."""

    progress: Callable[[float], None]
    confidence: float

    @property
    def words(self) -> str:
        return f"{100 * self.confidence:g} %"


class TablePolicy:
    """Plays a plan of ``Cities`` in a battle of seconds: one object an epoch of 4 s, shots at its first and third."""

    def __init__(self, cities: Cities, plan: Plan) -> None:
        self._cities, self._plan = cities, plan

    def decide(self, sight: Sight) -> NDArray[np.int64]:
        """Give the shots of one second, (0 or 1, 2)."""
        epoch, second = divmod(sight.t_s, _EPOCH_S)
        known = sight.knowledge
        if second not in (0, _SECOND_SHOT_S) or epoch >= len(known.is_down) or known.is_down[epoch]:
            return np.zeros((0, 2), np.int64)
        city = self._cities.worth.index(float(sight.threats.value[epoch]))
        looks = self._cities.n_looks - second // _SECOND_SHOT_S
        battery = self._plan(epoch, city, tuple(known.rounds.tolist()), looks)
        return np.array([[battery, epoch]] if battery >= 0 else [], np.int64).reshape(-1, 2)


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Play, bound and search; intervals of means over battles, and of ratios of totals."""
    settings = declared.settings
    tell = effort.progress or (lambda share: None)
    told = _Told(tell, settings["confidence"])
    findings = _of_cities(THREE, "three", settings, told, 0.0)
    findings += _of_cities(TWO, "two", settings, told, 0.4)
    tell(0.65)
    findings += _of_tiny(settings, told)
    tell(0.95)
    return findings + _of_looks(settings, told)


def _found(target: str, interval: Interval, told: _Told) -> Finding:
    return Finding(target, interval.value, interval.low, interval.high, interval.n, told.words)


def _battle(cities: Cities, seed: int, number: int) -> tuple[Threats, Launchers]:
    """One trickle of objects as a battle of seconds: fly-out and look take a second each."""
    edges = np.cumsum(cities.p_bound)[:-1]
    city = np.searchsorted(edges, uniforms(seed, number, _CITIES_STREAM + len(cities.worth), cities.n_epochs))
    start_s = _EPOCH_S * np.arange(cities.n_epochs)
    can = np.array(cities.reaches).T[city]
    first_s = np.repeat(start_s[:, None], can.shape[1], axis=1)
    threats = make_threats(
        start_s, start_s + _EPOCH_S, np.array(cities.worth)[city], first_s,
        np.where(can, first_s + _SECOND_SHOT_S, -1), np.ones(can.shape), np.full(can.shape, cities.p_kill),
    )  # fmt: skip
    return threats, make_launchers(cities.rounds, [1] * len(cities.rounds), 1)


def _of_cities(cities: Cities, name: str, settings: dict[str, Any], told: _Told, done: float) -> list[Finding]:
    n, seed = settings["n_played"], settings["seed"]
    battles = [_battle(cities, seed, number) for number in range(n)]
    worth = np.array([float(threats.value.sum()) for threats, _ in battles])
    policies: dict[str, DynamicPolicy] = {"best": TablePolicy(cities, best_plan(cities)), "greedy": Greedy()}
    if cities is THREE:
        policies["first-come"] = FirstCome()
    findings = []
    for policy_name, policy in policies.items():
        saved = np.array([
            play(threats, launchers, policy, seed=seed, replication=number).protected_frac * worth[number]
            for number, (threats, launchers) in enumerate(battles)
        ])  # fmt: skip
        shares = mean_interval(linearised_ratio(saved, worth), confidence=told.confidence)
        findings.append(_found(f"{name}-{policy_name}", shares, told))
        told.progress(done + 0.1 * len(findings))
    few = battles[: n // _BOUND_PART]
    bound = np.array([bound_with_look(threats, launchers).protected_frac for threats, launchers in few])
    terms = linearised_ratio(bound * worth[: len(few)], worth[: len(few)])
    return [*findings, _found(f"{name}-bound", mean_interval(terms, confidence=told.confidence), told)]


def _tiny(seed: int, number: int) -> tuple[Threats, Launchers]:
    """A battle of three threats and two launchers with two rounds each, windows of up to six seconds."""
    u = uniforms(seed, number, _TINY_STREAM, 32)
    seen = (3 * u[:3]).astype(np.int64)
    first = seen[:, None] + (3 * u[3:9].reshape(3, 2)).astype(np.int64)
    last = first + (6 * u[9:15].reshape(3, 2)).astype(np.int64)
    last[u[15:21].reshape(3, 2) < 0.2] = -1
    flyout_s = 1 + (2 * u[21:27].reshape(3, 2)).astype(np.int64)
    worth, p_kill = 1.0 + 9.0 * u[27:30], 0.3 + 0.6 * uniforms(seed, number, _TINY_STREAM + 1, 6).reshape(3, 2)
    threats = make_threats(seen, last.max(axis=1).clip(0) + 6, worth, first, last, flyout_s, p_kill)
    return threats, make_launchers([2, 2], [2, 2], 1)


def _of_tiny(settings: dict[str, Any], told: _Told) -> list[Finding]:
    n_broken, slack, over_best = 0, [], []
    for number in range(settings["n_tiny"]):
        threats, launchers = _tiny(settings["seed"], number)
        worth = float(threats.value.sum())
        waiting = 1.0 - best_expected_loss(threats, launchers, is_waiting=True) / worth
        free = 1.0 - best_expected_loss(threats, launchers, is_waiting=False) / worth
        with_look, at_all = (bound(threats, launchers).protected_frac for bound in (bound_with_look, bound_any))
        n_broken += int(with_look < waiting - 1e-12 or at_all < free - 1e-12)
        slack.append(with_look - waiting)
        saved = [
            play(threats, launchers, Greedy(), seed=settings["seed"], replication=k).protected_frac
            for k in range(settings["n_tiny_played"])
        ]
        over_best.append((float(np.mean(saved)), waiting))
    ours, best = np.array(over_best).T
    greedy = mean_interval(linearised_ratio(ours, best), confidence=told.confidence)
    return [
        Finding("tiny-bounds-broken", n_broken, n_broken, n_broken, len(slack), "exact"),
        _found("tiny-slack", mean_interval(np.array(slack), confidence=told.confidence), told),
        _found("tiny-greedy", greedy, told),
    ]


def _of_looks(settings: dict[str, Any], told: _Told) -> list[Finding]:
    """Shoot-look-shoot by the battle kernel: share killed and rounds for each object."""
    findings = []
    for name, fields, n_at_most in (
        ("look-2", {"max_shots": 2}, 2),
        ("look-4", {"max_shots": 4}, 4),
        ("salvo-2", {"max_shots": 2, "salvo": 2, "is_looking": False}, 2),
        ("misjudged", {"max_shots": 3}, 3),
    ):
        killed, rounds = _shoot(settings, fields, 0.1 if name == "misjudged" else 0.0, n_at_most)
        findings.append(_found(f"{name}-killed", mean_interval(killed, confidence=told.confidence), told))
        if name != "misjudged":
            findings.append(_found(f"{name}-rounds", mean_interval(rounds, confidence=told.confidence), told))
    return findings


def _shoot(
    settings: dict[str, Any], fields: dict[str, Any], p_misjudged: float, n_at_most: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Objects far apart in time, each with time for every shot: killed or not, and rounds fired, (n,) each."""
    n = settings["n_objects"]
    units = toy_units(
        rounds_per_launcher=n_at_most * n,
        loaded_rounds=n_at_most * n,
        p_kill_rocket=0.6,
        p_miss_judged_kill=p_misjudged,
    )
    model = toy_model(units, toy_posts(), classes=toy_classes(), **fields)
    t_s = 400.0 * np.arange(1, n + 1)
    tracks, rows = toy_tracks(t_s[:, None], t_s + 300.0)
    state = new_state(model, False)
    links = toy_links([(i, i, -math.inf, math.inf) for i in range(n)], n)
    window = toy_window(state, toy_objects(t_s + 300.0), tracks, rows, links)
    advance(model, state, window, settings["seed"], 0, math.inf, rules.earliest, False)
    shots = window.object_state["n_shots"].astype(float)
    if shots.sum() != state.count[Count.FIRED]:
        raise RunError("rounds fired and shots at objects differ")
    return window.object_state["is_killed"].astype(float), shots

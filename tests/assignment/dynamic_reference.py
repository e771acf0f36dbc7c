"""Battles of seconds in plain Python, written apart from the kernels: every pair is looked at, nothing is sorted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from opendome.assignment.dynamic_types import Launchers, Sight, Threats

Luck = Callable[[int, int], float]
"""(threat, ordinal of the shot at it) -> uniform number."""


@dataclass
class Shot:
    threat: int
    p_kill: float
    t_known_s: int
    is_hit: bool


@dataclass
class SlowBattle:
    """A battle under one member of the family of rules: price, factors before and after the last look."""

    threats: Threats
    launchers: Launchers
    luck: Luck
    price: float
    early: float
    late: float
    ratio: list[float]
    rounds: list[int] = field(default_factory=list)
    t_ready_s: list[int] = field(default_factory=list)
    pending: list[Shot] = field(default_factory=list)
    n_shots: dict[int, int] = field(default_factory=dict)
    known_down: set[int] = field(default_factory=set)
    stopped: set[int] = field(default_factory=set)
    fired: list[tuple[int, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rounds = self.rounds or self.launchers.rounds.tolist()
        self.t_ready_s = self.t_ready_s or [0] * len(self.rounds)

    def gain(self, t_s: int, launcher: int, threat: int) -> float:
        threats = self.threats
        is_open = threats.t_first_s[threat, launcher] <= t_s <= threats.t_last_s[threat, launcher]
        if self.rounds[launcher] == 0 or self.t_ready_s[launcher] > t_s or not is_open:
            return 0.0
        if threats.t_seen_s[threat] > t_s or threat in self.known_down:
            return 0.0
        price = self.price * self.ratio[launcher]
        price *= (self.launchers.rounds[launcher] / self.rounds[launcher]) ** 0.25
        p_alive = 1.0
        mine = [shot for shot in self.pending if shot.threat == threat]
        if mine:
            free_s = max(shot.t_known_s for shot in mine)
            factor = self.early if free_s + 4 <= threats.t_last_s[threat].max() else self.late
            if math.isinf(factor):
                return 0.0
            price *= factor
            p_alive = math.prod(1.0 - shot.p_kill for shot in mine)
        return float(p_alive * threats.value[threat] * threats.p_kill[threat, launcher] - price)

    def second(self, t_s: int) -> None:
        for shot in [shot for shot in self.pending if shot.t_known_s == t_s]:
            self.pending.remove(shot)
            if shot.is_hit:
                self.known_down.add(shot.threat)
        taken: set[int] = set()
        in_the_air = np.flatnonzero((self.threats.t_seen_s <= t_s) & (self.threats.t_closed_s >= t_s)).tolist()
        ready = [k for k, left in enumerate(self.rounds) if left > 0 and self.t_ready_s[k] <= t_s]
        while True:
            pairs = [
                (self.gain(t_s, launcher, threat), -launcher, threat)
                for launcher in ready
                for threat in in_the_air
                if threat not in taken
            ]
            best, minus_launcher, threat = max(pairs, default=(0.0, 0, 0))
            if best <= 0.0:
                return
            taken.add(threat)
            self.fire(t_s, -minus_launcher, threat)

    def fire(self, t_s: int, launcher: int, threat: int) -> None:
        ordinal = self.n_shots.get(threat, 0)
        p_kill = float(self.threats.p_kill[threat, launcher])
        is_hit = self.luck(threat, ordinal) < p_kill
        t_known_s = t_s + int(self.threats.flyout_s[threat, launcher]) + self.launchers.look_s
        self.pending.append(Shot(threat, p_kill, t_known_s, is_hit))
        self.n_shots[threat] = ordinal + 1
        self.rounds[launcher] -= 1
        self.t_ready_s[launcher] = t_s + int(self.launchers.reload_s[launcher])
        self.fired.append((t_s, launcher, threat))
        if is_hit:
            self.stopped.add(threat)

    def play(self, t_from_s: int = 0) -> SlowBattle:
        for t_s in range(t_from_s, int(self.threats.t_closed_s.max()) + 1):
            self.second(t_s)
        return self

    def saved(self) -> float:
        return float(sum(self.threats.value[threat] for threat in self.stopped))


def taken_up(sight: Sight, threats: Threats, luck: Luck, price: float, ratio: list[float]) -> SlowBattle:
    """Go on with a battle from what is known of it; the luck of shots under way is drawn anew."""
    known = sight.knowledge
    battle = SlowBattle(
        threats, sight.launchers, luck, price, math.inf, 1.0, ratio, known.rounds.tolist(), known.t_ready_s.tolist()
    )
    battle.known_down = set(np.flatnonzero(known.is_down).tolist())
    battle.n_shots = dict(enumerate(known.n_shots.tolist()))
    for shot in range(int(known.n_fired[0])):
        threat, t_known_s = int(known.shot_threat[shot]), int(known.shot_t_known_s[shot])
        if t_known_s > sight.t_s and threat not in battle.known_down:
            is_hit = luck(threat, int(known.shot_ordinal[shot])) < known.shot_p_kill[shot]
            battle.pending.append(Shot(threat, float(known.shot_p_kill[shot]), t_known_s, bool(is_hit)))
            if is_hit:
                battle.stopped.add(threat)
    return battle

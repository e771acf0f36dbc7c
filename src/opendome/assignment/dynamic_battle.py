"""A battle second by second: what becomes known, what a policy sees, what it fires.

Rules. A shot takes a round, and its launcher is busy for ``reload_s``. The intercept follows after the fly-out, and its
outcome is known ``look_s`` later. Outcomes are drawn by (threat, ordinal of the shot at it), so that policies meet
equal luck. A threat that no shot stops is lost with its value. A second begins with what has become known; threats
newly seen come next, the policy's shots last.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.dynamic_types import DynamicPolicy, Knowledge, Launchers, Sight, Threats
from opendome.base.kernels import kernel
from opendome.base.philox import Purpose, stream_key, uniform_four

__all__ = ["PlayedBattle", "fire", "learn", "new_knowledge", "play", "sight_of"]

_PROBLEMS = ("", "has no round", "is not ready", "cannot reach it then", "is given for a threat known to be stopped")


class PlayedBattle(NamedTuple):
    """How a battle went: k shots."""

    protected_frac: float
    """1 - lost / sum of values; 1 where nothing is of worth."""
    is_stopped: NDArray[np.bool_]
    """(n,) threats stopped."""
    shots: NDArray[np.int64]
    """(k, 3) second, launcher, row of the threat."""
    is_hit: NDArray[np.bool_]
    """(k,) whether the shot hit."""


def new_knowledge(launchers: Launchers, n_threats: int) -> Knowledge:
    """Give what is known before the first second: full launchers, no shots."""
    m, n_rounds = launchers.rounds.size, int(launchers.rounds.sum())
    threats = [np.zeros(n_threats, np.int64) for _ in range(3)]
    shots = [np.zeros(n_rounds, np.int64) for _ in range(4)]
    return Knowledge._make(
        [
            launchers.rounds.copy(), np.zeros(m, np.int64), np.ones(n_threats), *threats,
            np.zeros(n_threats, np.bool_), *shots, np.zeros(n_rounds), np.zeros(1, np.int64),
        ]
    )  # fmt: skip


@kernel
def learn(knowledge, is_hit, t_s):
    """Take note of the outcomes that become known at a second."""
    for shot in range(knowledge.n_fired[0]):
        if knowledge.shot_t_known_s[shot] != t_s:
            continue
        threat = knowledge.shot_threat[shot]
        knowledge.n_pending[threat] -= 1
        knowledge.p_alive[threat] /= 1.0 - knowledge.shot_p_kill[shot]
        if knowledge.n_pending[threat] == 0:
            knowledge.p_alive[threat] = 1.0
        if is_hit[shot]:
            knowledge.is_down[threat] = True


@kernel
def fire(threats, p_believed, launchers, knowledge, is_hit, key, replication, t_s, launcher, threat):
    """Fire one shot; give 0, or the number of what is wrong with it."""
    if knowledge.rounds[launcher] <= 0:
        return 1
    if knowledge.t_ready_s[launcher] > t_s:
        return 2
    if t_s < threats.t_first_s[threat, launcher] or t_s > threats.t_last_s[threat, launcher]:
        return 3
    if knowledge.is_down[threat]:
        return 4
    shot, ordinal = knowledge.n_fired[0], knowledge.n_shots[threat]
    luck, _, _, _ = uniform_four(key, replication, threat, ordinal, 0)
    is_hit[shot] = luck < threats.p_kill[threat, launcher]
    knowledge.shot_threat[shot] = threat
    knowledge.shot_launcher[shot] = launcher
    knowledge.shot_ordinal[shot] = ordinal
    t_known_s = t_s + threats.flyout_s[threat, launcher] + launchers.look_s
    knowledge.shot_t_known_s[shot] = t_known_s
    knowledge.t_free_s[threat] = max(knowledge.t_free_s[threat], t_known_s)
    knowledge.shot_p_kill[shot] = p_believed[threat, launcher]
    knowledge.n_fired[0] += 1
    knowledge.n_shots[threat] += 1
    knowledge.n_pending[threat] += 1
    knowledge.p_alive[threat] *= 1.0 - p_believed[threat, launcher]
    knowledge.rounds[launcher] -= 1
    knowledge.t_ready_s[launcher] = t_s + launchers.reload_s[launcher]
    return 0


def sight_of(believed: Threats, launchers: Launchers, knowledge: Knowledge, t_s: int) -> Sight:
    """Give what a policy sees: threats seen by now, no more."""
    n_seen = int(np.searchsorted(believed.t_seen_s, t_s, side="right"))
    fired = int(knowledge.n_fired[0])
    of_threats = [column[:n_seen] for column in knowledge[2:7]]
    of_shots = [column[:fired] for column in knowledge[7:12]]
    known = Knowledge._make([knowledge.rounds, knowledge.t_ready_s, *of_threats, *of_shots, knowledge.n_fired])
    return Sight(t_s, Threats._make(column[:n_seen] for column in believed), launchers, known)


def play(
    threats: Threats,
    launchers: Launchers,
    policy: DynamicPolicy,
    *,
    seed: int,
    replication: int = 0,
    believed: Threats | None = None,
) -> PlayedBattle:
    """Play a battle to its end.

    Parameters
    ----------
    threats : Threats       the truth
    launchers : Launchers   rounds, seconds between shots, seconds of the look
    policy : DynamicPolicy  picks the shots of each second
    seed, replication : int name the luck of the shots
    believed : Threats, optional   the same threats as the policy believes them to be: other values or kill
        probabilities, in the same rows

    Raises
    ------
    ValueError
        If the policy orders a shot that cannot be fired.

    Assumes: outcomes of shots are independent, and looks never err.
    """
    beliefs = threats if believed is None else believed
    knowledge = new_knowledge(launchers, threats.value.size)
    is_hit = np.zeros(int(launchers.rounds.sum()), np.bool_)
    key = np.uint64(stream_key(seed, int(Purpose.KILL)))
    t_fired_s: list[int] = []
    t_first_s, t_end_s = int(threats.t_seen_s.min(initial=0)), int(threats.t_closed_s.max(initial=-1))
    for t_s in range(t_first_s, t_end_s + 1):
        learn(knowledge, is_hit, t_s)
        sight = sight_of(beliefs, launchers, knowledge, t_s)
        for launcher, threat in policy.decide(sight).tolist():
            if not 0 <= threat < sight.threats.value.size or not 0 <= launcher < launchers.rounds.size:
                raise ValueError(f"second {t_s}: no launcher {launcher} or no threat {threat} in sight")
            problem = fire(
                threats, beliefs.p_kill, launchers, knowledge, is_hit, key, replication, t_s, launcher, threat
            )
            if problem:
                raise ValueError(f"second {t_s}: launcher {launcher} at threat {threat}: it {_PROBLEMS[problem]}")
            t_fired_s.append(t_s)
    return _played(threats, knowledge, is_hit, t_fired_s)


def _played(threats: Threats, knowledge: Knowledge, is_hit: NDArray[np.bool_], t_fired_s: list[int]) -> PlayedBattle:
    n_fired = len(t_fired_s)
    is_stopped = np.zeros(threats.value.size, np.bool_)
    is_stopped[knowledge.shot_threat[:n_fired][is_hit[:n_fired]]] = True
    worth = float(threats.value.sum())
    protected_frac = 1.0 if worth == 0.0 else 1.0 - float(threats.value[~is_stopped].sum()) / worth
    shots = np.stack(
        [np.array(t_fired_s, np.int64), knowledge.shot_launcher[:n_fired], knowledge.shot_threat[:n_fired]], axis=1
    )
    return PlayedBattle(protected_frac, is_stopped, shots, is_hit[:n_fired])

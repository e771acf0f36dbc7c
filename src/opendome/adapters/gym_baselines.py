"""Policies to measure an agent against: registered ones through the environment, and chance.

A baseline is a function of an observation that gives an action. A registered policy plays an episode here exactly as
``od.run(..., policy=name)`` plays that replication, shot for shot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from opendome.base.errors import CommandError
from opendome.study.doors import find_policy

from .gym import check_seed
from .gym_spaces import make_action_space

__all__ = ["EpisodeResult", "RandomOrders", "RegisteredOrders", "baseline", "play_episode"]

Agent = Callable[[dict[str, np.ndarray]], Any]

RANDOM = "random"
"""Name of the baseline that picks any order that the mask allows, holding included, all alike."""


class RegisteredOrders:
    """A policy through the environment: a registered name, or a rule through any door (``study.doors``)."""

    def __init__(self, policy: Any) -> None:
        rule = find_policy(policy)
        self._is_batch = bool(getattr(rule, "is_batch_policy", False))
        # A compiled rule is asked as the function it came from, as a run asks it: quicker for one decision.
        self._rule = rule if self._is_batch else getattr(rule, "__wrapped__", rule)

    def __call__(self, observation: dict[str, np.ndarray]) -> int:
        """Give the policy's answer as an action."""
        n = int(np.count_nonzero(observation["action_mask"])) - 1
        if n == 0:
            return 0
        track, options, stock = observation["track"], observation["options"][:n], observation["stock"]
        if self._is_batch:
            choice = int(self._rule(track[None], options[None], stock[None])[0])
        else:
            choice = int(self._rule(track, options, stock))
        return choice + 1 if 0 <= choice < n else 0


class RandomOrders:
    """Any order that the mask allows, all alike; the same seed gives the same orders."""

    def __init__(self, n_options: int, seed: int = 0) -> None:
        self._space = make_action_space(n_options)
        self._space.seed(check_seed(seed))

    def __call__(self, observation: dict[str, np.ndarray]) -> int:
        """Give an action."""
        return int(self._space.sample(mask=observation["action_mask"]))


def baseline(policy: Any, env: Any, seed: int = 0) -> Agent:
    """Give a baseline for an environment.

    Parameters
    ----------
    policy : str or rule    ``"random"``, a registered policy's name (``earliest``, ``greedy``, ...), or a rule
    env : DefenceEnv, or one in Gymnasium's wrappers
    seed : int              of the random orders

    Raises
    ------
    CommandError
        No policy has that name; the message offers the nearest.
    """
    if isinstance(policy, str) and policy == RANDOM:
        return RandomOrders(env.unwrapped.task.n_options, seed)
    return RegisteredOrders(policy)


class EpisodeResult(NamedTuple):
    """How an episode ended: sum of rewards [people], decisions, and the measures of the replication."""

    total_reward: float
    n_decisions: int
    measures: dict[str, float | None]


def play_episode(env: Any, agent: Agent, *, seed: int | None = None, replication: int | None = None) -> EpisodeResult:
    """Play one episode to its end.

    Parameters
    ----------
    env : DefenceEnv, or one in Gymnasium's wrappers
    agent : function of an observation that gives an action
    seed, replication : int, optional      as for ``DefenceEnv.reset``

    Returns
    -------
    EpisodeResult
    """
    options = None if replication is None else {"replication": replication}
    observation, _ = env.reset(seed=seed, options=options)
    total, n, is_over = 0.0, 0, False
    while not is_over:
        observation, reward, is_over, is_cut, info = env.step(agent(observation))
        total += reward
        n += 1
        if is_cut:
            raise CommandError("the episode was cut short by a wrapper, so it has no measures; take the wrapper off")
    return EpisodeResult(total, n, info["measures"])

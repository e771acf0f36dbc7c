"""Decisions a second of the Gymnasium environment, beside one written around SimPy and beside CartPole."""

from __future__ import annotations

import statistics
import time
from typing import Any

import gymnasium
import numpy as np

from benchmarks.engine import check_equal
from benchmarks.peer_data import Luck
from benchmarks.peer_gym import SimpyDefence
from benchmarks.result import Result
from benchmarks.worlds import base_scenario
from opendome.adapters.gym import DefenceEnv, make_env
from opendome.adapters.gym_baselines import RegisteredOrders
from opendome.adapters.gym_vector import DefenceVectorEnv
from opendome.study.replicate import run_chunk

__all__ = ["measure"]

GROUP = "environment"
SEED = 1
ROUNDS = 5
N_SEATS = 64
RATIO_GOAL = 5.0


def _ours_s(env: DefenceEnv, replications: range) -> tuple[float, int]:
    """Play episodes, firing the first option; give processor seconds and steps, resets included."""
    n = 0
    start = time.process_time()
    for replication in replications:
        env.reset(options={"replication": replication})
        is_over = False
        while not is_over:
            is_over = env.step(1)[2]
            n += 1
    return time.process_time() - start, n


def _rule_s(env: DefenceEnv, replications: range) -> tuple[float, int]:
    """The same with a registered policy that is asked at each step."""
    agent, n = RegisteredOrders("earliest"), 0
    start = time.process_time()
    for replication in replications:
        seen, _ = env.reset(options={"replication": replication})
        is_over = False
        while not is_over:
            seen, _, is_over, _, _ = env.step(agent(seen))
            n += 1
    return time.process_time() - start, n


def _many_s(envs: DefenceVectorEnv, n_steps: int) -> tuple[float, int]:
    """Step seats side by side; give processor seconds and steps of all seats, episodes begun anew included."""
    actions = np.ones(envs.num_envs, np.int64)
    start = time.process_time()
    for _ in range(n_steps):
        envs.step(actions)
    return time.process_time() - start, n_steps * envs.num_envs


def _simpy_s(env: SimpyDefence, replications: range) -> tuple[float, int]:
    """Play the same episodes around SimPy; give processor seconds and steps.

    Timed is a second play of each replication, when its luck is at hand; raid and picture are made off the clock.
    """
    spent, n = 0.0, 0
    ours = run_chunk(env.world, SEED, replications.start, len(replications), "earliest").rows
    for replication, row in zip(replications, ours):
        luck = Luck(SEED, replication)
        for is_timed in (False, True):
            rockets = env.prepare(replication, luck)
            start = time.process_time()
            env.reset(options={"rockets": rockets})
            is_over, k, info = False, 0, {}
            while not is_over:
                _, _, is_over, _, info = env.step(1)
                k += 1
            if is_timed:
                spent += time.process_time() - start
                n += k
        check_equal(info["row"], row, replication)
    return spent, n


def _cartpole_s(env: Any, n_steps: int) -> tuple[float, int]:
    """Step CartPole with either push in turn; resets included."""
    env.reset(seed=SEED)
    start = time.process_time()
    for k in range(n_steps):
        _, _, is_over, is_cut, _ = env.step(k & 1)
        if is_over or is_cut:
            env.reset()
    return time.process_time() - start, n_steps


def measure(is_quick: bool, scenario_name: str) -> list[Result]:
    """Measure the environment, alone and many at once, SimPy's and CartPole, in alternating rounds."""
    scenario = base_scenario(scenario_name)
    env = make_env(scenario, seed=SEED)
    envs = DefenceVectorEnv(N_SEATS, scenario, seed=SEED)
    envs.reset()
    peer = SimpyDefence(env.task.compiled, SEED)  # type: ignore[arg-type]
    pole = gymnasium.make("CartPole-v1", disable_env_checker=True).unwrapped
    _ours_s(env, range(1)), _rule_s(env, range(1)), _many_s(envs, 2)
    n_ours, n_many, n_pole = (2, 100, 20_000) if is_quick else (6, 400, 100_000)
    took: dict[str, list[float]] = {"ours": [], "rule": [], "many": [], "simpy": [], "pole": []}
    for k in range(ROUNDS):
        ours = range(k * n_ours, (k + 1) * n_ours)
        for name, (seconds, n) in {
            "ours": _ours_s(env, ours),
            "rule": _rule_s(env, ours),
            "many": _many_s(envs, n_many),
            "simpy": _simpy_s(peer, range(k, k + 1)),
            "pole": _cartpole_s(pole, n_pole),
        }.items():
            took[name].append(seconds / n)
    return _results(scenario_name, {name: statistics.median(seconds) for name, seconds in took.items()})


def _results(scenario_name: str, step_s: dict[str, float]) -> list[Result]:
    note = (
        f"processor time, medians of {ROUNDS} alternating rounds, scenario {scenario_name}, one thread, resets "
        "included, no wrappers. Ours: raid, picture, battle, counting, warning and harm between decisions. SimPy: the "
        "same battle as a Gymnasium environment, battle and counting alone; raid, picture and luck were made before "
        "its clock started; its counts equalled the kernel's in every replication. CartPole-v1: Gymnasium's own, one "
        "Euler step of four numbers and no battle: what a step in plain Python costs at least"
    )
    rate = {name: 1.0 / seconds for name, seconds in step_s.items()}
    rows = (
        ("steps, first option", "ours", "SimPy", "simpy", RATIO_GOAL * rate["simpy"]),
        ("steps, `earliest` asked", "rule", "SimPy", "simpy", None),
        (f"steps, {N_SEATS} side by side", "many", "SimPy", "simpy", None),
        ("steps, first option, again", "ours", "CartPole-v1", "pole", None),
    )
    return [
        Result(
            "environment", name, rate[ours], "a core-s", goal, True, peer, rate[theirs], rate[ours] / rate[theirs], note
        )
        for name, ours, peer, theirs, goal in rows
    ]

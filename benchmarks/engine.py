"""Speed of the engine beside SimPy, where its time goes, and how long a campaign of 10,000 replications takes."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.peer_data import Luck, draw_rockets, flight_rows
from benchmarks.peer_simpy import COMPARED, fight
from benchmarks.result import Result
from benchmarks.stages import STAGES, time_stages
from benchmarks.worlds import base_scenario
from opendome.base.tally import Tally, tally_names
from opendome.scenario.compile import compile_world
from opendome.scenario.world import World, drawn_world
from opendome.study.replicate import run_chunk

__all__ = ["check_equal", "measure"]

SEED = 1
ROUNDS = 5
CHUNK = 25
SPEED_GOAL = 0.5e6
RATIO_GOAL = 12.0
CAMPAIGN = 10_000
CAMPAIGN_GOAL_S = 90.0


def check_equal(theirs: list[float], ours: np.ndarray, replication: int) -> None:
    """Insist that the peer counts what the kernel counts.

    Raises
    ------
    AssertionError
        A column differs; the message names it.
    """
    names = tally_names()
    wrong = [
        f"{names[i]} {theirs[i]:g} against {ours[i]:g}"
        for i in COMPARED
        if not np.isclose(theirs[i], ours[i], rtol=0.0, atol=1e-6, equal_nan=True)
    ]
    assert not wrong, f"replication {replication}: SimPy and kernel differ in {', '.join(wrong)}"


def _chain_s(world: World, first: int, count: int) -> tuple[float, float]:
    """Run the whole chain; give processor seconds and rockets."""
    start = time.process_time()
    rows = run_chunk(world, SEED, first, count).rows
    return time.process_time() - start, float(rows[:, Tally.LAUNCHED].sum())


def _peer_s(world: World, replications: range) -> tuple[float, float]:
    """Fight the same battles in SimPy, equality checked; give processor seconds and rockets.

    Timed is a second battle of each replication, when its luck is at hand and need not be drawn.
    """
    ours = run_chunk(world, SEED, replications.start, len(replications)).rows
    tables = flight_rows(world)
    spent = 0.0
    for replication in replications:
        luck, met = Luck(SEED, replication), drawn_world(world, SEED, replication)
        check_equal(fight(met, tables, draw_rockets(met, SEED, replication), luck), ours[replication], replication)
        rockets = draw_rockets(met, SEED, replication)
        start = time.process_time()
        fight(met, tables, rockets, luck)
        spent += time.process_time() - start
    return spent, float(ours[:, Tally.LAUNCHED].sum())


def measure(is_quick: bool, scenario_name: str) -> list[Result]:
    """Measure engine, peer, stages and campaign on one scenario."""
    world = compile_world(base_scenario(scenario_name))
    run_chunk(world, SEED, 0, 2)
    n_peer, n_chain = (2, 40) if is_quick else (6, 100)
    chain, battle, peer, stages = [], [], [], []
    for k in range(ROUNDS):
        seconds, rockets = _chain_s(world, k * n_chain, n_chain)
        chain.append(seconds / rockets)
        split, rows = time_stages(world, SEED, n_chain)
        stages.append({name: spent / rows[:, Tally.LAUNCHED].sum() for name, spent in split.items()})
        battle.append(stages[-1]["advance"])
        seconds, rockets = _peer_s(world, range(0, n_peer))
        peer.append(seconds / rockets)
    results = _speeds(scenario_name, statistics.median(chain), statistics.median(battle), statistics.median(peer))
    results[1:1] = _split(stages)
    return [*results, *_campaign(world, is_quick, statistics.median(peer))]


def _speeds(scenario_name: str, chain_s: float, battle_s: float, peer_s: float) -> list[Result]:
    note = (
        f"processor time, medians of {ROUNDS} alternating rounds, scenario {scenario_name}, one thread, statistical "
        "picture. Chain: raid, picture, battle, counting, warning, harm. Battle: `advance` alone. SimPy: battle and "
        "counting alone, one process a rocket; raid, picture and luck were made into Python objects before its clock "
        "started; its counts equalled the kernel's in every replication"
    )
    ours, theirs = 1e-6 / chain_s, 1e-6 / peer_s
    group = "engine"
    return [
        Result(group, "chain", ours, "M rockets/core-s", SPEED_GOAL / 1e6, True, "SimPy", theirs, ours / theirs, note),
        Result(group, "chain against SimPy's battle", peer_s / chain_s, "times", RATIO_GOAL, note=note),
        Result(group, "battle against SimPy's battle", peer_s / battle_s, "times", note=note),
    ]


def _split(stages: list[dict[str, float]]) -> list[Result]:
    medians = {name: 1e9 * statistics.median(round_[name] for round_ in stages) for name in STAGES}
    return [Result("engine", f"of it {name}", medians[name], "ns/rocket") for name in STAGES]


def _campaign(world: World, is_quick: bool, peer_s: float) -> list[Result]:
    """Run the campaign on two threads, chunk by chunk, nothing kept but the mean."""
    n = 500 if is_quick else CAMPAIGN
    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(2) as pool:
        launched = sum(pool.map(lambda first: _launched(world, first), range(0, n, CHUNK)))
    scale = CAMPAIGN / n
    wall, cpu = scale * (time.perf_counter() - wall), scale * (time.process_time() - cpu)
    note = f"{CAMPAIGN:,} replications on two threads; SimPy on one core, from its time a rocket"
    if is_quick:
        note += f"; EXTRAPOLATED from {n}"
    theirs = peer_s * launched * scale
    group = "campaign"
    return [
        Result(group, "wall", wall, "s", CAMPAIGN_GOAL_S, False, "SimPy", theirs, theirs / wall, note),
        Result(group, "processor", cpu, "core-s", None, False, "SimPy", theirs, theirs / cpu, note),
    ]


def _launched(world: World, first: int) -> float:
    return float(run_chunk(world, SEED, first, CHUNK).rows[:, Tally.LAUNCHED].sum())

"""Dynamic assignment: what `price` saves over the rules of thumb on fictional battles, and what a decision costs.

Every policy meets the same battle and the same luck, so gains are paired. Intervals are 1.96 standard errors over the
battles. Times are processor time of the one thread that decides. As a program it prints the tables of the page on
dynamic assignment: ``python benchmarks/dynamic_assignment.py [--battles 100] [--first 0]``.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if str(Path(__file__).resolve().parents[1]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.dynamic_battles import draw_battle
from benchmarks.result import Result
from opendome.assignment.dynamic_battle import play
from opendome.assignment.dynamic_bound import bound_any, bound_with_look
from opendome.assignment.dynamic_price import Price
from opendome.assignment.dynamic_rules import FirstCome, Greedy
from opendome.assignment.dynamic_types import DynamicPolicy, Sight, Threats

__all__ = ["CASES", "GOALS", "POLICIES", "ROWS", "Case", "Fought", "fight", "fight_all", "interval", "measure"]

Floats = NDArray[np.float64]
ROWS = ((20, 3), (40, 3), (20, 6), (80, 3))
"""Rounds of each launcher, seconds between its shots."""
GOALS = (0.15, 0.09, 0.10, 0.07)
"""Of the lower limit of the gain over greedy shoot-look-shoot, by row."""
POLICIES = ("first come", "greedy, no look", "greedy with look", "price")
GOAL_P99_MS, GOAL_PREPARE_S, BUSY_THREATS = 20.0, 1.0, 60


class Case(NamedTuple):
    """What the defence believes wrongly."""

    name: str = "all right"
    forecast_rate: float = 1.0
    p_shift: float = 0.0
    value_log_sd: float = 0.0


CASES = (
    Case(),
    Case("forecast rate halved", forecast_rate=0.5),
    Case("forecast rate doubled", forecast_rate=2.0),
    Case("kill probability believed 0.15 too low", p_shift=-0.15),
    Case("kill probability believed 0.15 too high", p_shift=0.15),
    Case("values seen with an error of 0.3 in the logarithm", value_log_sd=0.3),
    Case("values seen with an error of 0.6 in the logarithm", value_log_sd=0.6),
)


class Fought(NamedTuple):
    """One battle fought by every policy."""

    protected_frac: Floats
    """(4,) in the order of ``POLICIES``"""
    spent_ms: Floats
    """(k,) of the decisions of `price` that had shots to give"""
    busy_ms: Floats
    """(k,) of those with 60 or more threats of worth in the air"""
    prepare_s: float


class _Timed:
    """A policy and the processor time of its decisions."""

    def __init__(self, policy: DynamicPolicy) -> None:
        self._policy = policy
        self.spent_ms: list[tuple[float, bool]] = []

    def decide(self, sight: Sight) -> NDArray[np.int64]:
        since_s = time.thread_time()
        orders = self._policy.decide(sight)
        spent_ms = 1e3 * (time.thread_time() - since_s)
        if sight.knowledge.rounds.sum() > 0:
            is_there = (sight.threats.value > 0.0) & ~sight.knowledge.is_down & (sight.threats.t_impact_s > sight.t_s)
            self.spent_ms.append((spent_ms, bool(is_there.sum() >= BUSY_THREATS)))
        return orders


def believed(threats: Threats, case: Case, number: int) -> Threats:
    """Give the threats as the defence believes them to be."""
    noise = np.random.default_rng([9, number]).standard_normal(threats.value.size)
    sd = case.value_log_sd
    p_kill = np.where(threats.p_kill > 0.0, np.clip(threats.p_kill + case.p_shift, 0.05, 0.98), 0.0)
    return threats._replace(value=threats.value * np.exp(sd * noise - 0.5 * sd * sd), p_kill=p_kill)


def fight(number: int, rounds: int, reload_s: int, case: Case = CASES[0]) -> Fought:
    """Fight one battle by every policy."""
    threats, launchers, forecast = draw_battle(
        number, rounds=rounds, reload_s=reload_s, forecast_rate=case.forecast_rate
    )
    if case.p_shift:
        forecast = forecast._replace(p_near=np.clip(forecast.p_near + case.p_shift, 0.05, 0.98))
    since_s = time.thread_time()
    price = _Timed(Price(forecast, launchers, seed=number))
    prepare_s = time.thread_time() - since_s
    policies = (FirstCome(), Greedy(with_look=False), Greedy(), price)
    beliefs = believed(threats, case, number)
    shares = [play(threats, launchers, one, seed=number, believed=beliefs).protected_frac for one in policies]
    spent = np.array(price.spent_ms)
    return Fought(np.array(shares), spent[:, 0], spent[spent[:, 1] > 0.0, 0], prepare_s)


def fight_all(numbers: range, rounds: int, reload_s: int, case: Case = CASES[0], n_threads: int = 2) -> list[Fought]:
    """Fight many battles, some side by side."""
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(lambda number: fight(number, rounds, reload_s, case), numbers))


def interval(differences: Floats) -> tuple[float, float]:
    """Give mean and half width of the 95 % interval of (k,) paired differences."""
    return float(differences.mean()), float(1.96 * differences.std(ddof=1) / np.sqrt(differences.size))


def measure(is_quick: bool) -> list[Result]:
    """Measure gains and times on a few battles."""
    fight(1000, *ROWS[0])
    numbers, results = range(6 if is_quick else 20), []

    def add(name: str, value: float, unit: str, goal: float | None = None, **more: Any) -> None:
        results.append(Result("dynamic", name, value, unit, goal, note=NOTE, **more))

    for rounds, reload_s in ROWS:
        fought = fight_all(numbers, rounds, reload_s, n_threads=1)
        shares, row = np.array([one.protected_frac for one in fought]), f"{rounds} rounds, {reload_s} s"
        gain, half = interval(shares[:, 3] - shares[:, 2])
        add(f"{row}: gain over greedy with look, mean", gain, "of value", peer="greedy with look",
            peer_value=float(shares[:, 2].mean()))  # fmt: skip
        add(f"{row}: the same, lower limit", gain - half, "of value")
        over, _ = interval(shares[:, 3] - shares[:, 1])
        add(f"{row}: gain over greedy without look, mean", over, "of value", 0.0,
            peer="greedy, no look", peer_value=float(shares[:, 1].mean()))  # fmt: skip
        spent_ms = np.concatenate([one.busy_ms for one in fought])
        add(f"{row}: decision, median", float(np.median(spent_ms)), "ms")
        add(f"{row}: decision, p99", float(np.percentile(spent_ms, 99)), "ms", GOAL_P99_MS, more_is_better=False)
        add(f"{row}: preparation, median", float(np.median([one.prepare_s for one in fought])), "s", GOAL_PREPARE_S,
            more_is_better=False)  # fmt: skip
    return results


NOTE = (
    "processor time of one thread; decisions with 60 or more threats of worth in the air; gains are shares of the "
    "value of all threats, paired battle by battle; limits are 95 %; the goals of the gains are for 100 battles, and "
    "`make validate` tests them"
)


def _print_row(rounds: int, reload_s: int, fought: list[Fought], numbers: range) -> None:
    shares = np.array([one.protected_frac for one in fought])
    gain, no_look = interval(shares[:, 3] - shares[:, 2]), interval(shares[:, 3] - shares[:, 1])
    spent_ms = np.concatenate([one.busy_ms for one in fought])
    bounds = np.array([_bounds(number, rounds, reload_s) for number in numbers])
    print(
        f"| {rounds} / {reload_s} s | {' | '.join(f'{share:.3f}' for share in shares.mean(axis=0))} "
        f"| {gain[0]:+.3f} ± {gain[1]:.3f} | {no_look[0]:+.3f} ± {no_look[1]:.3f} "
        f"| {(shares[:, 3] - shares[:, 2]).min():+.3f} | {bounds[:, 0].mean():.3f} | {bounds[:, 1].mean():.3f} "
        f"| {np.median(spent_ms):.1f} | {np.percentile(spent_ms, 99):.1f} "
        f"| {np.median([one.prepare_s for one in fought]):.2f} |",
        flush=True,
    )


def _bounds(number: int, rounds: int, reload_s: int) -> tuple[float, float]:
    threats, launchers, _ = draw_battle(number, rounds=rounds, reload_s=reload_s)
    return bound_with_look(threats, launchers).protected_frac, bound_any(threats, launchers).protected_frac


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Dynamic assignment: gains, bounds and robustness.")
    parser.add_argument("--battles", type=int, default=100)
    parser.add_argument("--robust", type=int, default=40, help="battles of a row with wrong beliefs")
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    numbers = range(asked.first, asked.first + asked.battles)
    for rounds, reload_s in ROWS if asked.battles else ():
        _print_row(rounds, reload_s, fight_all(numbers, rounds, reload_s), numbers)
    some = range(asked.first, asked.first + asked.robust)
    for rounds, reload_s in ROWS[:2]:
        if not asked.robust:
            break
        right = np.array([one.protected_frac for one in fight_all(some, rounds, reload_s)])
        for case in CASES[1:]:
            wrong = np.array([one.protected_frac for one in fight_all(some, rounds, reload_s, case)])
            change, gain = interval(wrong[:, 3] - right[:, 3]), interval(wrong[:, 3] - wrong[:, 2])
            print(
                f"| {rounds} / {reload_s} s | {case.name} | {wrong[:, 3].mean():.3f} "
                f"| {change[0]:+.3f} ± {change[1]:.3f} | {gain[0]:+.3f} ± {gain[1]:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()

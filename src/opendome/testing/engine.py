"""The kernels driven from outside, window by window, with their logs: what the reference engine is compared with."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from opendome.base.errors import RunError
from opendome.base.tally import N_TALLY
from opendome.battle.kernel import advance
from opendome.battle.state import BattleState, Count, Status, Window, empty_window, new_state
from opendome.battle.windows import close_window
from opendome.doctrine import rules
from opendome.scenario.world import World, drawn_world
from opendome.study.replicate import finish_row, next_window
from opendome.study.settle import settle_window
from opendome.warning.alerts import hold_s
from opendome.warning.ledger import new_ledger

__all__ = ["LoggedRun", "Logs", "run_logged", "run_to"]


class LoggedRun(NamedTuple):
    """One replication of the kernels.

    ``row`` (N_TALLY,); ``stock`` (n_days + 1, 3) rounds in launchers, in depots, fired; ``delivered`` (n_days + 1,)
    rounds that have entered the system; ``decisions``, ``launches`` and ``intercepts`` the logs; ``leads`` (time of
    impact, lead) [s] of impacts in areas in time order, lead NaN for unwarned.
    """

    row: np.ndarray
    stock: np.ndarray
    delivered: np.ndarray
    decisions: np.ndarray
    launches: np.ndarray
    intercepts: np.ndarray
    leads: list[tuple[float, float]]


class Logs:
    """Logs taken out of a state whenever they fill up."""

    def __init__(self) -> None:
        self._parts: tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]] = ([], [], [])

    def take(self, state: BattleState) -> None:
        """Move what stands in the state's logs to this one."""
        places = (Count.N_DECISIONS, Count.N_LAUNCHES, Count.N_INTERCEPTS)
        for part, log, place in zip(self._parts, (state.decisions, state.launches, state.intercepts), places):
            part.append(log[: state.count[place]].copy())
            state.count[place] = 0

    def joined(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Decisions, launches and intercepts."""
        decisions, launches, intercepts = (np.concatenate(part) for part in self._parts)
        return decisions, launches, intercepts


def run_to(
    world: World,
    state: BattleState,
    window: Window,
    seed: int,
    replication: int,
    until_s: float,
    rule: Any = rules.earliest,
    logs: Logs | None = None,
) -> None:
    """Advance to a time under a compiled rule, taking the logs whenever they are full.

    Raises
    ------
    RunError    the event queue is full
    """
    while True:
        status = advance(world.battle, state, window, seed, replication, until_s, rule, False)
        if status == Status.DONE:
            return
        if status != Status.LOG_FULL or logs is None:
            raise RunError("the event queue or a log that nobody takes is full")
        logs.take(state)


def _stock(state: BattleState) -> tuple[float, float, float]:
    counts = state.count
    return float(counts[Count.READY_ROUNDS]), float(state.depots.sum()), float(counts[Count.FIRED])


def run_logged(world: World, seed: int, replication: int, rule: Any = rules.earliest) -> LoggedRun:
    """One replication through every room, as ``study.replicate`` runs it, with its logs."""
    world = drawn_world(world, seed, replication)
    state, window, ledger, logs = new_state(world.battle, True), empty_window(), new_ledger(len(world.areas)), Logs()
    row, areas = np.zeros(N_TALLY), np.zeros((len(world.areas), 8))
    lead_hist, fine_hist = np.zeros((len(world.shelter_class_s), 121), np.int64), np.zeros(601, np.int64)
    run_to(world, state, window, seed, replication, 1e-6, rule, logs)
    stock, delivered, leads = [_stock(state)], [int(state.count[Count.DELIVERED])], []
    for day in range(world.n_days):
        window, n_bursts = next_window(world, state, window, seed, replication, day)
        row[1] += n_bursts
        until_s = (day + 1) * 86400.0
        run_to(world, state, window, seed, replication, until_s, rule, logs)
        is_last = day == world.n_days - 1
        if is_last:
            until_s += 7200.0
            run_to(world, state, window, seed, replication, until_s, rule, logs)
        settle_until_s = math.inf if is_last else until_s
        _, due, lead_s, _ = settle_window(world, window, ledger, settle_until_s, row, areas, lead_hist, fine_hist)
        is_down = (due["is_threat"] == 1) & (window.object_state["is_killed"][due["i_object"]] == 0)
        leads += list(zip(due["t_s"][is_down].tolist(), lead_s[is_down].tolist()))
        stock.append(_stock(state))
        delivered.append(int(state.count[Count.DELIVERED]))
        window = close_window(window, state, until_s, hold_s(world.warning))
    logs.take(state)
    finish_row(world, state, ledger, row, areas, fine_hist)
    return LoggedRun(row, np.array(stock), np.array(delivered), *logs.joined(), leads)

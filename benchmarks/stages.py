"""Where the engine's time goes: one compiled loop over replications that reads the processor clock between stages.

Inside compiled code, since handing a world from Python to compiled code costs about 0.1 ms a call. The loop is that of
``study.replicate`` and calls the same functions, so its rows equal the engine's. Raid and picture are made twice, once
to be timed and once inside ``next_window``; the second time is taken off again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, types

from opendome.base.tally import N_TALLY, Tally
from opendome.battle.kernel import advance
from opendome.battle.state import empty_window, new_state
from opendome.battle.windows import close_window
from opendome.doctrine import rules
from opendome.picture.statistical import perceive
from opendome.raid.generate import draw_day
from opendome.scenario.world import World
from opendome.study.replicate import N_AREA_SUMS, finish_row, next_window
from opendome.study.settle import FINE_BINS, LEAD_BINS, settle_window
from opendome.warning.ledger import new_ledger

__all__ = ["STAGES", "time_stages"]

STAGES = ("draw_day", "perceive", "windows", "advance", "settle")
"""Raid; picture; joining and closing windows with the making of the state; battle; counting, warning and harm."""

_DAY_S = 86400.0
_AFTER_S = 7200.0
_CLOCK_PER_S = 1e6  # CLOCKS_PER_SEC of every POSIX system
_clock = types.ExternalFunction("clock", types.int64())


@njit(nogil=True, error_model="numpy")
def _mark(spent, i_stage, since):
    """Add the processor time since a mark to a stage; give the new mark."""
    now = _clock()
    spent[i_stage] += now - since
    return now


@njit(nogil=True, error_model="numpy")
def _timed(world, seed, first, count, rule, rows, lead_hist, spent):
    """The whole chain for ``count`` replications, processor clock ticks added to ``spent`` by stage."""
    fine_hist = np.zeros(FINE_BINS, np.int64)
    area_sums = np.zeros((len(world.areas), N_AREA_SUMS))
    hold_s = world.warning.wait_s + world.warning.message_delay_s
    for k in range(count):
        row, replication = rows[k], first + k
        fine_hist[:] = 0
        t = _clock()
        state, ledger, window = new_state(world.battle, False), new_ledger(len(world.areas)), empty_window()
        advance(world.battle, state, window, seed, replication, 1e-6, rule, False)
        t = _mark(spent, 2, t)
        for day in range(world.n_days):
            is_last = day == world.n_days - 1
            objects, _ = draw_day(world.raid, seed, replication, day)
            t = _mark(spent, 0, t)
            perceive(world.picture, seed, replication, objects)
            t = _mark(spent, 1, t)
            window, n_bursts = next_window(world, state, window, seed, replication, day)
            row[Tally.BURSTS] += n_bursts
            t = _mark(spent, 2, t)
            until_s = (day + 1) * _DAY_S
            advance(world.battle, state, window, seed, replication, until_s, rule, False)
            if is_last:
                until_s += _AFTER_S
                advance(world.battle, state, window, seed, replication, until_s, rule, False)
            t = _mark(spent, 3, t)
            settled_s = math.inf if is_last else until_s
            settle_window(world, window, ledger, settled_s, row, area_sums, lead_hist, fine_hist)
            t = _mark(spent, 4, t)
            window = close_window(window, state, until_s, hold_s)
            t = _mark(spent, 2, t)
        finish_row(world, state, ledger, row, area_sums, fine_hist)
        t = _mark(spent, 4, t)


def time_stages(world: World, seed: int, count: int) -> tuple[dict[str, float], np.ndarray]:
    """Time the stages over replications 0 to ``count - 1``.

    Returns
    -------
    dict
        Processor seconds by stage.
    ndarray (count, N_TALLY)
        Summary rows, which equal the engine's.
    """
    compiled: Any = _timed
    rows, spent = np.zeros((count, N_TALLY)), np.zeros(len(STAGES), np.int64)
    lead_hist = np.zeros((len(world.shelter_class_s), LEAD_BINS), np.int64)
    compiled(world, seed, 0, 1, rules.earliest, np.zeros((1, N_TALLY)), lead_hist, np.zeros_like(spent))
    compiled(world, seed, 0, count, rules.earliest, rows, lead_hist, spent)
    seconds = dict(zip(STAGES, (spent / _CLOCK_PER_S).tolist()))
    seconds["windows"] -= seconds["draw_day"] + seconds["perceive"]
    return seconds, rows

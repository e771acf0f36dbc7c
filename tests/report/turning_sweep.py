"""A sweep whose answer is known: one more battery gains (130 - rounds) / 10 leaks, and tempo moves both alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from opendome.base.tally import N_TALLY, Tally
from opendome.study.kernel import Chunk, Kernel
from opendome.study.sweep import run_sweep
from opendome.study.sweep_plan import Range, make_sweep
from opendome.study.sweep_record import Sweep
from tests.study import fakes

TURN = 130.0
KERNEL = Kernel(
    compile_world="tests.report.turning_sweep:compile_world", run_chunk="tests.report.turning_sweep:run_chunk"
)
RANGES = (
    Range("depot.rounds", 60, 180),
    Range("threats.raid.launched_per_day.mean", 80, 160),
    Range("doctrine.engage_if.p_hit_at_least", 0.1, 0.5, label="Threshold, which does nothing & is <safe>"),
)


def compile_world(found: Any) -> tuple[int, float, float]:
    """Batteries, rounds and tempo of a scenario."""
    model = found.model
    return len(model.batteries), float(model.depot.rounds), float(model.threats.raid.launched_per_day.mean)


def run_chunk(world: tuple[int, float, float], seed: int, first: int, count: int, policy: Any = None) -> Chunk:
    """Leaks by arithmetic, with luck that is common to all points."""
    n_batteries, rounds, tempo = world
    rows = np.zeros((count, N_TALLY))
    luck = np.random.default_rng(seed).normal(scale=5.0, size=first + count)[first:]
    rows[:, Tally.LEAKED_BUILT_UP] = 100.0 + tempo + luck + (n_batteries - 1) * (rounds - TURN) / 10.0
    return Chunk(rows, np.empty(0), np.empty(0), np.empty(0))


def make(folder: Path, design: str = "saltelli", n: int = 64, alternatives: tuple[str, ...] = ("one-more",)) -> Sweep:
    """Run the sweep into a folder."""
    plan = make_sweep(fakes.scenario(), RANGES, design=design, n=n, replications=4, alternatives=alternatives)
    return run_sweep(fakes.scenario(), plan, folder, kernel=KERNEL)

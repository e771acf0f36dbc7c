"""The loop that is timed stage by stage does what the engine does."""

from __future__ import annotations

import numpy as np

from benchmarks.stages import STAGES, time_stages
from benchmarks.worlds import base_scenario, pair_of_scenarios
from opendome.scenario.compile import compile_world
from opendome.study.replicate import run_chunk


def test_stages_add_up_to_the_engine() -> None:
    world = compile_world(base_scenario("coastland"))
    seconds, rows = time_stages(world, 3, 5)
    np.testing.assert_array_equal(rows, run_chunk(world, 3, 0, 5).rows)
    assert set(seconds) == set(STAGES)
    assert sum(seconds.values()) > 0.0


def test_pairs_are_baseline_and_another() -> None:
    baseline, other, name = pair_of_scenarios("coastland")
    assert name == "one-more"
    assert len(other.model.batteries) == len(baseline.model.batteries) + 1

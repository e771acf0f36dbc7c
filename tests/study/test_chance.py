"""Worlds whose timetable is drawn: the same bytes however a study is cut up, and nothing of the future in its rules."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from opendome.doctrine import rules
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.scenario.world import drawn_world
from opendome.study.best_case import best_case
from opendome.study.doors import as_function, batch_policy
from opendome.study.replicate import run_chunk
from opendome.study.runner import study
from tests.engine import scenarios

SEED = 5
HERE = Path(__file__).parents[1] / "engine" / "network.yaml"


def test_a_replication_is_the_same_in_any_chunk_and_through_any_door():
    world = scenarios.network()
    whole = run_chunk(world, SEED, 0, 8).rows
    np.testing.assert_array_equal(whole[3:6], run_chunk(world, SEED, 3, 3).rows)
    np.testing.assert_array_equal(whole[:3], run_chunk(world, SEED, 0, 3, as_function(rules.earliest)).rows)

    @batch_policy
    def in_batches(track, options, stock):
        one = as_function(rules.earliest)
        return [one(track[i], options[i][~np.isnan(options[i][:, 0])], stock[i]) for i in range(len(track))]

    np.testing.assert_array_equal(whole[:3], run_chunk(world, SEED, 0, 3, in_batches).rows)


def test_workers_change_nothing(tmp_path):
    for workers in (1, 2):
        study(load(HERE), replications=24, seed=SEED, workers=workers, out=tmp_path / str(workers))
    files = sorted(path.name for path in (tmp_path / "1").glob("*.parquet"))
    assert len(files) > 3
    assert [(tmp_path / "1" / name).read_bytes() for name in files] == [
        (tmp_path / "2" / name).read_bytes() for name in files
    ]


def test_what_one_thing_meets_does_not_depend_on_others():
    """A radar that is added leaves the failures of batteries, lateness and deliveries as they were."""
    scenario = load(HERE).alternative("as-is")
    more = scenario.override({"sensors+": [{"id": "new", "at": [35.0, -30.0], "fails_every_h": 5, "repaired_in_h": 1}]})
    for replication in range(20):
        a = drawn_world(compile_world(scenario), SEED, replication).battle
        b = drawn_world(compile_world(more), SEED, replication).battle
        np.testing.assert_array_equal(a.changes, b.changes)
        np.testing.assert_array_equal(a.resupply, b.resupply)


def test_a_certain_world_is_not_drawn():
    world = scenarios.coastland()
    assert drawn_world(world, SEED, 3) is world


def test_priced_rounds_know_the_plan_and_not_what_will_fail():
    """The rule `price` plays its futures with the timetable as planned, whatever this replication will meet."""
    scenario = load(HERE).alternative("as-is").override({"doctrine.policy": "price", "doctrine.forecast.futures": 2})
    world = compile_world(scenario)
    met = drawn_world(world, SEED, 0)
    assert met.forecast.battle is world.forecast.battle
    assert not np.array_equal(met.battle.changes, met.forecast.battle.changes)
    rows = run_chunk(world, SEED, 0, 2).rows
    assert np.isfinite(rows[:, 0]).all() and (rows[:, 17] > 0).all()


def test_the_bound_holds_for_the_timetable_that_is_met():
    best = best_case(scenarios.network("ideal"), SEED, 0)
    row = run_chunk(scenarios.network("ideal"), SEED, 0, 1).rows[0]
    assert best.leaks_saved_at_most >= best.leaks_at_stake - row[7]

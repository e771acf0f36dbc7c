"""The four worlds of interceptors and warning, whole replications: against studies that really switch them off."""

from __future__ import annotations

import numpy as np
import pytest

from opendome.base.tally import Tally
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import example
from opendome.study.replicate import run_chunk
from opendome.study.single import run
from tests.engine.scenarios import people

N = 40
NO_ROUNDS = {
    "depot.rounds": 0,
    "depot.resupply": [],
    "batteries[b1].loaded_rounds": 0,
    "batteries[b2].loaded_rounds": 0,
}
FOUR = [
    Tally.INJURIES_EXPECTED, Tally.INJURIES_IF_UNDEFENDED, Tally.INJURIES_IF_UNWARNED, Tally.INJURIES_IF_NEITHER,
]  # fmt: skip


def rows_of(**overrides):
    """Rows of coastland with overrides; `__` stands for a dot."""
    changes = {key.replace("__", "."): value for key, value in overrides.items()}
    return run_chunk(compile_world(example("coastland").alternative("as-is").override(changes)), 3, 0, N).rows


def test_undefended_is_what_a_study_without_rounds_finds():
    defended = rows_of()
    bare = run_chunk(compile_world(example("coastland").alternative("as-is").override(NO_ROUNDS)), 3, 0, N).rows
    assert bare[:, Tally.INTERCEPTED].sum() == 0 < defended[:, Tally.INTERCEPTED].sum()
    for ours, theirs in ((Tally.INJURIES_IF_UNDEFENDED, Tally.INJURIES_EXPECTED),
                         (Tally.INJURIES_IF_NEITHER, Tally.INJURIES_IF_UNWARNED),
                         (Tally.AREAS_ALERTED_NEEDLESSLY, Tally.AREAS_ALERTED_NEEDLESSLY)):  # fmt: skip
        np.testing.assert_allclose(defended[:, ours], bare[:, theirs], rtol=1e-12)


def test_no_shelter_no_gain():
    rows = rows_of(harm__p_shelter_max=0.0)
    on_the_way = rows[:, Tally.INJURIES_SHELTERING]
    np.testing.assert_allclose(rows[:, FOUR[0]] - on_the_way, rows[:, FOUR[2]], rtol=1e-12)
    np.testing.assert_allclose(rows[:, FOUR[1]] - on_the_way, rows[:, FOUR[3]], rtol=1e-12)
    assert rows[:, Tally.PERSON_MINUTES_SHELTERED].sum() == rows[:, Tally.COST_SHELTER_KUSD].sum() == 0.0


def test_interceptors_and_warning_help_in_expectation_and_injuries_on_the_way_are_part_of_the_sum():
    rows = rows_of()
    assert (rows[:, FOUR[0]] <= rows[:, FOUR[1]]).all() and (rows[:, FOUR[2]] <= rows[:, FOUR[3]]).all()
    assert rows[:, FOUR[0]].sum() < rows[:, FOUR[2]].sum()
    assert (rows[:, Tally.INJURIES_SHELTERING] < rows[:, FOUR[0]]).all()


def test_time_in_shelter_has_its_price_and_the_defender_does_not_pay_it():
    rows, dear = rows_of(), rows_of(harm__shelter_kusd_per_person_hour=0.04)
    hours = rows[:, Tally.PERSON_MINUTES_SHELTERED] / 60.0
    np.testing.assert_allclose(rows[:, Tally.COST_SHELTER_KUSD], 0.02 * hours, rtol=1e-12)
    np.testing.assert_allclose(dear[:, Tally.COST_SHELTER_KUSD], 0.04 * hours, rtol=1e-12)
    np.testing.assert_array_equal(rows[:, Tally.COST_DEFENDER_KUSD], dear[:, Tally.COST_DEFENDER_KUSD])


def test_debris_of_twice_the_area_hurts_twice_as_many_and_moves_nothing_else():
    none, some, more = rows_of(), rows_of(harm__debris_area_m2=15), rows_of(harm__debris_area_m2=30)
    assert none[:, Tally.INJURIES_BY_DEBRIS].sum() == 0.0 < some[:, Tally.INJURIES_BY_DEBRIS].sum()
    np.testing.assert_allclose(2.0 * some[:, Tally.INJURIES_BY_DEBRIS], more[:, Tally.INJURIES_BY_DEBRIS], rtol=1e-12)
    np.testing.assert_allclose(
        some[:, FOUR[0]] - some[:, Tally.INJURIES_BY_DEBRIS], none[:, FOUR[0]], rtol=1e-9, atol=1e-12
    )
    np.testing.assert_array_equal(some[:, FOUR[1]], none[:, FOUR[1]])
    np.testing.assert_array_equal(some[:, Tally.AREAS_ALERTED_NEEDLESSLY], none[:, Tally.AREAS_ALERTED_NEEDLESSLY])


def test_a_run_with_everything_on_adds_up_to_its_row():
    """Impacts, debris of interceptions and the way to shelter are the whole."""
    scenario = example("coastland").alternative("as-is").override({"harm.debris_area_m2": 30})
    found = run(scenario, seed=3, replication=1)
    impacts = sum(found.table("impacts")["injuries_expected"].to_pylist())
    debris = sum(found.table("intercepts")["injuries_by_debris"].to_pylist())
    row = found.row
    assert debris == pytest.approx(row[Tally.INJURIES_BY_DEBRIS], rel=1e-12) and debris > 0.0
    assert impacts + debris + row[Tally.INJURIES_SHELTERING] == pytest.approx(row[FOUR[0]], rel=1e-12)
    needless = sum(found.table("warnings")["is_needless"].to_pylist())
    assert needless == row[Tally.AREAS_ALERTED_NEEDLESSLY]


def test_fewer_go_when_they_are_tired():
    world = people()
    tired = run_chunk(world, 3, 0, N).rows
    fresh = run_chunk(world._replace(harm=world.harm._replace(fatigue_frac=0.0)), 3, 0, N).rows
    assert tired[:, Tally.PERSON_MINUTES_SHELTERED].sum() < fresh[:, Tally.PERSON_MINUTES_SHELTERED].sum()
    assert tired[:, FOUR[0]].sum() > fresh[:, FOUR[0]].sum()

"""The table of operations: the same days as the battle meets, and printed where one is left to chance."""

from __future__ import annotations

import numpy as np
import pytest

from opendome.cli.answer import print_study
from opendome.scenario.compile import compile_world
from opendome.scenario.world import drawn_world
from opendome.study.runner import study
from tests.battle.supplied import supplied

SEED, N = 9, 40
AT = [35.0, -30.0]


@pytest.fixture(scope="module")
def scenario():
    """One battery that stays, one that is brought and may be late, one without a crew, one that leaves."""
    lift = {"id": "air", "sorties_per_day": 2, "p_late": 0.5, "late_mean_h": 60}
    batteries = [
        {"id": "stays", "at": AT},
        {"id": "brought", "at": AT, "transfer": {"lift": "air", "loads": 3}},
        {"id": "leaves", "at": AT, "leaves_day": 6, "arrives_day": 1, "set_up_h": 24},
    ]
    alternatives = {"as-is": {}, "no-crew": {"crews.teams": 2}}
    return supplied(batteries=batteries, lifts=[lift], alternatives=alternatives)


@pytest.fixture(scope="module")
def found(scenario):
    return study(scenario, replications=N, seed=SEED)


def days(found, alternative, battery, column="operational_day"):
    rows = found.table("operations").to_pylist()
    return [r[column] for r in rows if r["alternative"] == alternative and r["battery_id"] == battery]


def test_days_are_those_that_the_battle_meets(scenario, found):
    world = compile_world(scenario.alternative("as-is"))
    for replication in range(N):
        battle = drawn_world(world, SEED, replication).battle
        rows = np.split(battle.changes, battle.units["first_change"][1:])[1]
        ready = rows["t_s"][rows["is_ready"] == 1]
        ready = ready[ready < 10 * 86400.0]
        day = days(found, "as-is", "brought")[replication]
        assert day is None if len(ready) == 0 else day == pytest.approx(ready[0] / 86400.0)
    assert len(set(days(found, "as-is", "brought"))) > 5


def test_who_is_listed_and_who_never_works(found):
    assert days(found, "as-is", "stays") == []
    assert days(found, "as-is", "leaves") == [2.0] * N
    assert days(found, "as-is", "leaves", "left_day") == [6.0] * N
    assert days(found, "no-crew", "stays") == [0.0] * N
    late = [day for day in days(found, "no-crew", "brought") if day is not None]
    assert late and min(late) >= 2.0
    waits = [
        a for a, b in zip(days(found, "no-crew", "brought"), days(found, "as-is", "brought"), strict=True) if a != b
    ]
    assert all(day is None or day == 6.0 for day in waits)


def test_it_is_printed_where_a_day_is_left_to_chance(scenario, found, capsys):
    print_study(found, "", {})
    text = capsys.readouterr().out
    assert "When batteries begin to work" in text
    line = next(line for line in text.splitlines() if "no-crew" in line and "leaves" in line)
    assert line.split() == ["no-crew", "leaves", "2", "2", "to", "2", "0", "of", "40", "6"]
    certain = scenario.override({"lifts": [{"id": "air", "sorties_per_day": 2, "p_late": 0.0}]})
    print_study(study(certain, replications=2, seed=SEED), "", {})
    assert "When batteries begin to work" not in capsys.readouterr().out

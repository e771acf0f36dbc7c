"""A moment of decision is the one of the run, and playing it again otherwise changes that answer alone."""

from __future__ import annotations

import numpy as np
import pytest

import opendome as od
from opendome.base.errors import CommandError
from opendome.doctrine import view
from opendome.study.moments import choice_of, moments_of

SEED = 5


@pytest.fixture(scope="module")
def scenario():
    return od.load("coastland").override(
        {"duration_day": 1, "depot.resupply": [], "threats.given": [], "threats.raid.launched_per_day.mean": 120}
    )


@pytest.fixture(scope="module")
def done(scenario):
    return od.run(scenario, seed=SEED)


@pytest.fixture(scope="module")
def moments(scenario, done):
    shot = next(row for row in done.table("decisions").to_pylist() if row["is_shot"])
    return moments_of(scenario, SEED, 0, shot["track_id"])


def test_moments_are_those_of_the_run(done, moments):
    rows = [
        row
        for row in done.table("decisions").to_pylist()
        if row["track_id"] == moments.track_id and (row["is_shot"] or row["reason"] == "policy_declined")
    ]
    assert len(moments.found) == len(rows) > 0
    for moment, row in zip(moments.found, rows, strict=True):
        assert moment.track[view.T_S] == row["t_s"] and moment.track[view.P_HIT] == row["p_any"]
        assert (moment.choice >= 0) == row["is_shot"]
        if row["is_shot"]:
            assert moments.units[int(moment.options[moment.choice, view.UNIT])] == row["battery_id"]


def test_the_same_answer_gives_the_same_run(done, moments):
    moment = moments.found[0]
    again = moments.replay(moment.ordinal, moment.choice)
    np.testing.assert_array_equal(again.row, done.row)


def test_holding_once_fires_no_more_at_that_moment(done, moments):
    moment = moments.found[0]
    other = moments.replay(moment.ordinal, view.HOLD).measures()
    assert other["launched"] == done.measures()["launched"]
    assert not np.array_equal(moments.replay(moment.ordinal, view.HOLD).row, done.row)


def test_costs_are_against_the_best_line_or_holding(moments):
    moment = moments.found[0]._replace(choice=-1)
    best = max(moment.net_people(0.0).max(), 0.0)
    assert moment.cost_people(0.0) == pytest.approx(best)
    assert moment.cost_people(1e9) == 0.0
    np.testing.assert_allclose(moment.people_saved(), moment.track[view.VALUE_PEOPLE] * moment.options[:, view.P_KILL])


def test_other_policies_say_what_they_would_do(moments):
    moment = moments.found[0]
    assert choice_of(moment, "greedy") in range(-1, len(moment.options))
    assert choice_of(moment, lambda track, options, stock: 99) == view.HOLD
    with pytest.raises(CommandError, match="rollouts"):
        choice_of(moment, "price")

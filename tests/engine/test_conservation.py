"""No round appears or vanishes, none is fired twice, and nothing is in two places, whatever fails or is late."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import opendome as od
from opendome.base.tally import Tally
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.scenario.world import drawn_world
from opendome.study.replicate import run_chunk
from opendome.testing.engine import run_logged
from tests.engine import scenarios

SEED = 31
T = Tally
CAME = [T.ROUNDS_INITIAL, T.ROUNDS_MADE, T.ROUNDS_SENT]
WENT = [T.INTERCEPTORS_FIRED, T.INTERCEPTORS_LEFT, T.ROUNDS_IN_TRANSIT, T.ROUNDS_LOST, T.ROUNDS_RETURNED]
NETWORK = load(scenarios.HERE / "network.yaml").alternative("as-is")

chances = st.sampled_from([0.0, 0.3, 1.0])
days = st.sampled_from([0.0, 0.3, 0.9, 1.4, 2.2])
mean_h = st.sampled_from([2.0, 8.0, 40.0])


@st.composite
def lots(draw):
    """A delivery: by road or by lift, perhaps late, lost or under way at the end."""
    day = draw(days)
    lot = {"day": day, "rounds": draw(st.integers(0, 40)), "p_lost": draw(chances), "p_late": draw(chances)}
    lot["late_mean_day"] = draw(st.sampled_from([0.1, 5.0]))
    return lot | draw(st.sampled_from([{}, {"lift": "air"}, {"sent_day": day / 2}]))


@st.composite
def batteries(draw):
    """Three batteries that come, fail, move and leave as they like."""
    found = []
    for k in range(3):
        one = {"id": f"b{k}", "at": [35.0 + 0.02 * k, -30.0], "launchers": draw(st.integers(1, 2))}
        one["rounds_per_launcher"] = draw(st.integers(1, 6))
        one["loaded_rounds"] = draw(st.integers(0, one["launchers"] * one["rounds_per_launcher"]))
        one |= draw(st.sampled_from([{}, {"fails_every_h": 5, "repaired_in_h": 4}]))
        come = draw(st.sampled_from(["there", "later", "lift"]))
        one |= {"arrives_day": draw(days)} if come == "later" else {}
        transfer = {"lift": "air", "loads": draw(st.integers(1, 4)), "ready_day": draw(days), "road_h": 1}
        one |= {"transfer": transfer} if come == "lift" else {}
        if draw(st.booleans()):
            one["moves"] = [{"day": 2.4, "to": [35.03, -29.95], "road_h": 1, "tear_down_h": 1, "set_up_h": 1}]
        leaves = draw(st.sampled_from([None, 2.6, 2.9])) if come == "there" else None
        found.append(one | {"leaves_day": leaves, "depot": draw(st.sampled_from(["main", "front"]))})
    return found


@st.composite
def supplies(draw):
    """Overrides of the network scenario: everything that moves rounds and batteries."""
    front = {"id": "front", "at": [35.01, -29.98], "rounds": draw(st.integers(0, 20))}
    front |= {"lorries": draw(st.sampled_from([None, 0, 1, 3])), "lorry_rounds": draw(st.integers(1, 9))}
    front["resupply"] = draw(st.lists(lots(), max_size=2))
    low = draw(st.integers(0, 10))
    rule = {"below_rounds": low, "up_to_rounds": low + draw(st.integers(1, 15)), "lead_h": draw(mean_h)}
    rule |= {"p_lost": draw(chances), "p_late": draw(chances), "source": draw(st.sampled_from([None, "main"]))}
    own = rule | {"source": None, "lead_h": 5.0, "p_lost": 0.3}
    lift = {"id": "air", "sorties_per_day": draw(st.sampled_from([2, 8])), "rounds_per_sortie": 9, "route_h": 3}
    crews = draw(st.none() | st.integers(0, 3))
    return {
        "batteries": draw(batteries()),
        "posts": [],
        "launchers": [],
        "links": [],
        "sensors": [{"id": "hill", "at": [35.05, -29.95], "range_km": 80}],
        "network.sharing": "ideal",
        "doctrine.layers": [],
        "depot.rounds": draw(st.integers(0, 60)),
        "depot.lorries": draw(st.sampled_from([None, 2])),
        "depot.production_ramp": draw(st.sampled_from([[], [{"day": 0, "per_day": 3}, {"day": 2, "per_day": 20}]])),
        "depot.resupply": draw(st.lists(lots(), max_size=3)),
        "depot.reorder": draw(st.sampled_from([None, own])),
        "depots": [front | {"reorder": draw(st.sampled_from([None, rule]))}],
        "lifts": [lift | {"p_late": draw(chances), "late_mean_h": draw(mean_h)}],
        "crews.teams": crews,
        "crews.training": [{"from_day": 0, "takes_day": 1.5}],
    }


def check_books(rows):
    """What came is what went, in whole rounds, none of it negative."""
    assert (rows[:, CAME + WENT] >= 0).all()
    np.testing.assert_array_equal(rows[:, CAME].sum(axis=1), rows[:, WENT].sum(axis=1))


def check_launches(world, run):
    """Each launch is one round: as many lines as rounds fired, and no two of a launcher closer than it can shoot."""
    battle, lines = world.battle, run.launches
    assert len(lines) == run.row[T.INTERCEPTORS_FIRED]
    first, n_launchers = battle.units["first_launcher"], battle.units["n_launchers"]
    here = lines["i_launcher"]
    assert ((first[lines["i_unit"]] <= here) & (here < (first + n_launchers)[lines["i_unit"]])).all()
    for launcher in np.unique(here):
        mine = np.sort(lines["t_s"][here == launcher])
        gap_s = battle.units["time_between_shots_s"][lines["i_unit"][here == launcher][0]]
        assert (np.diff(mine) >= gap_s - 1e-6).all()


def check_places(battle, sensors):
    """A unit stands still while it is ready, it comes and leaves once, and a radar is at one place at a time."""
    for unit in battle.units:
        rows = battle.changes[unit["first_change"] : unit["first_change"] + unit["n_changes"]]
        assert (np.diff(rows["t_s"]) >= 0.0).all()
        moved = (np.diff(rows["east_m"]) != 0.0) | (np.diff(rows["north_m"]) != 0.0)
        assert not (moved & (rows["is_ready"][:-1] == 1)).any()
        assert rows["is_arrival"].sum() <= 1 and rows["is_departure"].sum() <= 1
        assert len(rows) == 0 or rows["is_arrival"][0] == 1
        assert not rows["is_departure"][:-1].any()
        assert not (rows["is_ready"] & rows["is_departure"]).any()
    for identity in np.unique(sensors["identity"]):
        mine = sensors[sensors["identity"] == identity]
        mine = mine[np.argsort(mine["t_up_s"])]
        assert (mine["t_up_s"] < mine["t_down_s"]).all()
        assert (mine["t_up_s"][1:] >= mine["t_down_s"][:-1]).all()


@settings(max_examples=120)
@given(changes=supplies(), first=st.integers(0, 10_000))
def test_rounds_are_conserved_whatever_fails_is_late_or_is_lost(changes, first):
    world = compile_world(NETWORK.override(changes))
    check_books(run_chunk(world, SEED, first, 6).rows)
    drawn = drawn_world(world, SEED, first)
    check_places(drawn.battle, drawn.picture.sensors)
    check_launches(drawn, run_logged(world, SEED, first))


@pytest.mark.parametrize("name", ["coastland", "short_two_batteries", "stress", "network"])
def test_rounds_are_conserved_in_every_replication(name):
    world = getattr(scenarios, name)()
    rows = run_chunk(world, SEED, 0, 100 if name == "short_two_batteries" else 300).rows
    check_books(rows)
    if name == "network":
        happened = rows[:, CAME + WENT].max(axis=0)
        assert (happened > 0).all()


def test_the_books_notice_a_round_that_is_counted_twice():
    rows = run_chunk(scenarios.network(), SEED, 0, 3).rows.copy()
    rows[1, T.INTERCEPTORS_LEFT] += 1
    with pytest.raises(AssertionError):
        check_books(rows)


def test_a_single_run_says_the_same_of_rounds_and_places():
    """From the tables alone: no battery fires more than it got, and its moves follow one another."""
    run = od.run(NETWORK, seed=SEED, replication=4)
    stock, launches, moves = (run.table(name).to_pylist() for name in ("stock", "launches", "moves"))
    for battery in {row["battery_id"] for row in launches}:
        held, mine = 0, [row for row in stock if row["battery_id"] == battery]
        for row in mine:
            held += row["change_rounds"]
            assert held >= 0
        fired = sum(row["battery_id"] == battery for row in launches)
        assert fired == -sum(row["change_rounds"] for row in mine if row["cause"] == "fired")
    for battery in {row["battery_id"] for row in moves}:
        mine = [row for row in moves if row["battery_id"] == battery]
        assert all(a["t_s"] <= b["t_s"] for a, b in pairwise(mine))
        for a, b in pairwise(mine):
            is_same = math.hypot(a["east_m"] - b["east_m"], a["north_m"] - b["north_m"]) == 0.0
            assert is_same or a["state"] in ("moving", "failed")
        assert [row["state"] for row in mine].count("left") <= 1

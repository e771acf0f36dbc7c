"""Depots and lorries in the battle: the (s, S) rule against its closed form, lorries that are busy, gaps of a move."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson
from scipy.stats import t as student_t

from opendome.battle.state import Count
from opendome.testing.builders import toy_changes, toy_depots, toy_model, toy_posts, toy_units
from tests.battle.supplied import supplied_world
from tests.battle.test_stock import AT_ONCE, left, play

DAY_S = 86400.0
N_BATCHES, N_DEMANDS, N_WARM_UP = 16, 30_000, 500
ONCE = {"max_shots": 1, "is_looking": False, "retry_s": 1e9}


def lost_share(below, up_to, mean_in_lead):
    """Share of unit demands lost by an (s, S) stock with one order under way, lost sales and a fixed lead time.

    Each cycle sells Q = S - s and loses E[(D - r)+], D the Poisson demand of a lead time (Hadley and Whitin 1963).
    r is what can be sold while the order is under way: s in the depot and the one round in the launcher.
    """
    r, n = below + 1, np.arange(400)
    short = float((np.maximum(n - r, 0) * poisson.pmf(n, mean_in_lead)).sum())
    return short / (up_to - below + short)


@pytest.mark.parametrize(("below", "up_to", "mean_in_lead"), [(3, 12, 9.0), (0, 5, 3.0), (6, 20, 15.0)])
def test_an_ordering_depot_loses_as_many_demands_as_the_closed_form_says(below, up_to, mean_in_lead):
    depots = toy_depots(n_rounds=up_to, reorder_below_rounds=below, reorder_up_to_rounds=up_to, lead_s=mean_in_lead)
    units = toy_units(rounds_per_launcher=1, loaded_rounds=1, reload_s=0.0, **AT_ONCE)
    model = toy_model(units, toy_posts(n_channels=10**6), depots=depots, **ONCE)
    generator, shares = np.random.default_rng([below, up_to]), []
    for _ in range(N_BATCHES):
        state, window = play(model, np.cumsum(generator.exponential(1.0, N_DEMANDS)), log=False)
        counts = state.count
        assert counts[Count.FIRED] + left(state) + counts[Count.IN_TRANSIT] == up_to + 1 + counts[Count.SENT]
        shares.append(1.0 - window.object_state["was_engaged"][N_WARM_UP:].mean())
    wanted = lost_share(below, up_to, mean_in_lead)
    half_width = student_t.ppf(0.9995, N_BATCHES - 1) * np.std(shares, ddof=1) / math.sqrt(N_BATCHES)
    assert abs(np.mean(shares) - wanted) <= half_width
    assert abs(np.mean(shares) / wanted - 1.0) <= 0.01
    assert half_width < 0.02 * wanted


def test_a_depot_that_is_empty_from_the_start_orders():
    """One round, loaded; the depot holds none, so its order of the start arrives after the lead time."""
    depots = toy_depots(reorder_below_rounds=2, reorder_up_to_rounds=5, lead_s=100.0)
    units = toy_units(rounds_per_launcher=1, loaded_rounds=1, reload_s=0.0, **AT_ONCE)
    state, window = play(toy_model(units, toy_posts(), depots=depots, **ONCE), [10.0, 99.0, 101.0])
    assert window.object_state["was_engaged"].tolist() == [1, 0, 1]
    assert state.count[Count.SENT] == 5


def test_a_depot_that_feeds_another_orders_when_that_one_does():
    """The front depot takes 6 of 10, which brings the rear one to its mark: it orders 6 from outside, 200 s away."""
    marks = {"reorder_below_rounds": [1, 4], "reorder_up_to_rounds": [6, 10], "i_source": [1, -1]}
    depots = toy_depots(2, n_rounds=[0, 10], lead_s=[50.0, 200.0], **marks)
    model = toy_model(toy_units(rounds_per_launcher=1, loaded_rounds=1, **AT_ONCE), toy_posts(), depots=depots, **ONCE)
    for until_s, held, under_way in ((49.0, [0, 4], 12), (51.0, [6, 4], 6), (201.0, [6, 10], 0)):
        state, _ = play(model, [1.0], until_s=until_s)
        assert [state.depots[0] + state.launchers["coming"][0], state.depots[1]] == held
        assert state.count[Count.IN_TRANSIT] == under_way


def loaded_s(state):
    return np.sort(state.launchers["t_loaded_s"])


def test_one_lorry_by_hand():
    """Ten minutes to load, 5 km at 10 m/s, five minutes to reload: 1,400 s from asking, and away for another 500 s."""
    depots = toy_depots(n_rounds=9, n_lorries=1, has_place=1, east_m=5000.0, road_mps=10.0, load_s=600.0)
    units = toy_units(n_launchers=3, rounds_per_launcher=1, loaded_rounds=3, reload_s=300.0, **AT_ONCE)
    state, _ = play(toy_model(units, toy_posts(), depots=depots, **ONCE), [10.0, 20.0, 30.0], until_s=100.0)
    assert loaded_s(state).tolist() == [1410.0, 3310.0, 5210.0]


def test_a_lorry_that_holds_less_than_a_launcher_goes_more_than_once():
    """Twenty rounds by lorries of eight: three times loading and five times the way before it can be reloaded."""
    depots = toy_depots(n_rounds=90, n_lorries=1, has_place=1, north_m=1000.0, lorry_rounds=8, load_s=60.0)
    units = toy_units(rounds_per_launcher=20, loaded_rounds=1, reload_s=300.0, **AT_ONCE)
    state, _ = play(toy_model(units, toy_posts(), depots=depots, **ONCE), [10.0], until_s=100.0)
    assert loaded_s(state).tolist() == [10.0 + 3 * 60.0 + 5 * 100.0 + 300.0]


@settings(max_examples=40)
@given(times=st.lists(st.floats(1.0, 900.0), min_size=1, max_size=12, unique=True), n_lorries=st.integers(1, 4))
def test_lorries_serve_in_the_order_of_asking(times, n_lorries):
    """Brute force: c servers, first come first served; each way takes 1,000 s, so nobody asks twice."""
    depots = toy_depots(n_rounds=99, n_lorries=n_lorries, has_place=1, east_m=10_000.0, load_s=60.0)
    units = toy_units(n_launchers=len(times), rounds_per_launcher=1, loaded_rounds=len(times), **AT_ONCE)
    state, _ = play(toy_model(units, toy_posts(), depots=depots, **ONCE), sorted(times), until_s=1000.0)
    free, wanted = [0.0] * n_lorries, []
    for t_s in sorted(times):
        there_s = max(t_s, heapq.heappop(free)) + 60.0 + 1000.0 + 600.0
        wanted.append(there_s)
        heapq.heappush(free, there_s + 1000.0)
    assert loaded_s(state) == pytest.approx(wanted, abs=1e-6)


def test_threats_leak_in_the_gap_of_a_move_and_not_outside_of_it():
    """Tear-down from hour 24, two hours; three on the road; four to set up: no cover from hour 24 to hour 33."""
    move = {"day": 1, "to": [35.0, -29.99], "tear_down_h": 2, "road_h": 3, "set_up_h": 4}
    changes = supplied_world(batteries=[{"id": "b1", "at": [35.0, -30.0], "moves": [move]}]).battle.changes
    units = toy_units(**AT_ONCE)
    units["n_changes"] = len(changes)
    hours = np.arange(20.5, 40.0)
    _, window = play(toy_model(units, toy_posts(), changes=changes, **ONCE), 3600.0 * hours)
    was_engaged = window.object_state["was_engaged"] == 1
    assert (was_engaged == ((hours < 24.0) | (hours >= 33.0))).all()


def test_a_battery_that_leaves_takes_its_rounds_along():
    """Four of five loaded, one fired, and one more set aside for the launcher: what is in it goes with it."""
    changes = np.concatenate([toy_changes(1), toy_changes(1)])
    changes["t_s"], changes["is_arrival"], changes["is_departure"] = [0.0, 500.0], [1, 0], [0, 1]
    changes["is_ready"] = [1, 0]
    units = toy_units(rounds_per_launcher=5, loaded_rounds=4, reload_when_left_rounds=3, reload_s=10.0, **AT_ONCE)
    units["n_changes"] = 2
    model = toy_model(units, toy_posts(), changes=changes, depots=toy_depots(n_rounds=2), **ONCE)
    state, window = play(model, [10.0, 600.0])
    assert window.object_state["was_engaged"].tolist() == [1, 0]
    assert state.count[Count.RETURNED] == 5 and left(state) == 0
    assert (state.launchers["rounds"] == 0).all() and state.count[Count.READY_ROUNDS] == 0

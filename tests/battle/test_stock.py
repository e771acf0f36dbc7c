"""Rounds: none is lost or made, reloading takes its time, a reserve is kept, channels are never more than there are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.base.tally import Tally
from opendome.base.types import RESUPPLY, Reason
from opendome.battle.kernel import advance
from opendome.battle.state import Clock, Count, Status, new_state
from opendome.doctrine import rules
from opendome.scenario.world import drawn_world
from opendome.testing.builders import (
    toy_depots,
    toy_links,
    toy_model,
    toy_objects,
    toy_posts,
    toy_tracks,
    toy_units,
    toy_window,
)
from opendome.testing.engine import run_logged
from tests.engine import scenarios

# Rounds that take no time and reach everything: a shot is fired and meets when it is ordered.
AT_ONCE = {"flyout_speed_mps": 1e12, "reach_max_m": 1e6, "look_delay_s": 1.0}


def play(model, t_s, until_s=1e7, log=True):
    """One threat at each time, each seen once; gives the state and the window."""
    t_s = np.asarray(t_s, float)
    state = new_state(model, log)
    tracks, rows = toy_tracks(t_s[:, None], t_s + 100.0)
    links = toy_links([(i, i, -math.inf, math.inf) for i in range(len(t_s))], len(t_s))
    window = toy_window(state, toy_objects(t_s + 100.0), tracks, rows, links)
    assert advance(model, state, window, 1, 0, until_s, rules.earliest, False) == Status.DONE
    return state, window


def left(state):
    return int(state.count[Count.READY_ROUNDS] + state.depots.sum())


def resupply(*lots):
    rows = np.zeros(len(lots), RESUPPLY)
    for k, (t_s, n_rounds) in enumerate(sorted(lots)):
        rows["t_s"][k], rows["n_rounds"][k], rows["ordinal"][k] = t_s, n_rounds, k
    return rows


@pytest.mark.parametrize("name", ["coastland", "short_two_batteries", "stress"])
def test_every_round_is_somewhere_at_the_end_of_every_day(name):
    world = getattr(scenarios, name)()
    for replication in range(60):
        run = run_logged(world, 17, replication)
        gone = run.delivered - run.stock.sum(axis=1)
        assert (np.diff(gone) >= 0).all() and gone[-1] == run.row[Tally.ROUNDS_RETURNED]
        assert (run.stock >= 0).all() and (np.diff(run.stock[:, 2]) >= 0).all()
        assert len(run.launches) == run.stock[-1, 2]


@given(
    capacity=st.integers(1, 6),
    n_launchers=st.integers(1, 3),
    loaded=st.integers(0, 20),
    depot=st.integers(0, 15),
    reload_when_left=st.integers(0, 3),
    lots=st.lists(st.tuples(st.floats(0.0, 3000.0), st.integers(0, 9)), max_size=4),
    times=st.lists(st.floats(1.0, 4000.0), min_size=1, max_size=25),
    salvo=st.integers(1, 4),
)
def test_rounds_are_conserved(capacity, n_launchers, loaded, depot, reload_when_left, lots, times, salvo):
    units = toy_units(
        n_launchers=n_launchers,
        rounds_per_launcher=capacity,
        loaded_rounds=min(loaded, capacity * n_launchers),
        reload_when_left_rounds=reload_when_left,
        p_kill_cruise=0.5,
        **AT_ONCE,
    )
    stock = {"depots": toy_depots(n_rounds=depot), "resupply": resupply(*lots)}
    model = toy_model(units, toy_posts(n_channels=3), salvo=salvo, **stock)
    state, _ = play(model, sorted(times))
    delivered = min(loaded, capacity * n_launchers) + depot + sum(n for _, n in lots)
    assert state.count[Count.DELIVERED] == delivered
    assert state.count[Count.FIRED] + left(state) == delivered
    held = state.launchers["rounds"] + state.launchers["coming"]
    assert held.sum() == state.count[Count.READY_ROUNDS]
    assert (held >= 0).all() and (held <= capacity).all() and (state.depots >= 0).all()
    assert state.busy[0] == 0


def test_a_launcher_reloads_from_its_last_shot_on_for_the_stated_time():
    """Two rounds, the last leaves at 10 s and half a second for itself; nothing can be fired for 600 s."""
    units = toy_units(rounds_per_launcher=2, loaded_rounds=2, time_between_shots_s=0.5, **AT_ONCE)
    model = toy_model(units, toy_posts(), depots=toy_depots(n_rounds=9), retry_s=1e9)
    ready_s = 10.5 + 600.0
    state, window = play(model, [5.0, 10.0, ready_s - 1e-6, ready_s])
    assert window.object_state["was_engaged"].tolist() == [1, 1, 0, 1]
    assert window.track_state["reason"][2] == Reason.RELOADING
    assert state.depots[0] == 7


def test_a_short_delivery_fills_one_launcher_and_part_of_the_next():
    """Both wait for rounds; five arrive: four for the first in the list, one for the second, and then none waits."""
    units = toy_units(n_launchers=2, rounds_per_launcher=4, loaded_rounds=2, **AT_ONCE)
    model = toy_model(units, toy_posts(), resupply=resupply((1000.0, 5), (2000.0, 3)))
    state, _ = play(model, [10.0, 20.0, 30.0], until_s=1999.0)
    assert state.clock[Clock.FIRST_STOCKOUT_S] == 30.0
    assert (state.launchers["rounds"] + state.launchers["coming"]).tolist() == [4, 1]
    assert state.launchers["t_loaded_s"].tolist() == [1600.0, 1600.0]
    assert left(state) == 5
    state, _ = play(model, [10.0, 20.0, 30.0], until_s=2001.0)
    assert state.depots.tolist() == [3]


def test_shots_keep_their_distance():
    """Three at once from one launcher that needs 2 s between shots: at 5, 7 and 9 s."""
    model = toy_model(toy_units(time_between_shots_s=2.0, **AT_ONCE), toy_posts())
    state, _ = play(model, [5.0, 5.0, 5.0])
    assert state.launches["t_s"][:3].tolist() == pytest.approx([5.0, 7.0, 9.0], abs=1e-9)


@pytest.mark.parametrize(("share", "fired"), [(0.0, 10), (0.25, 8), (0.5, 5), (1.0, 0)])
def test_a_reserve_is_kept(share, fired):
    """Ten rounds, twelve threats: fire while more than the share is left; a quarter is 2.5 rounds, so down to 2."""
    units = toy_units(rounds_per_launcher=10, loaded_rounds=10, **AT_ONCE)
    state, window = play(toy_model(units, toy_posts(), reserve_share=share), 10.0 * np.arange(1, 13))
    assert state.count[Count.FIRED] == fired
    assert left(state) == 10 - fired
    assert window.track_state["reason"][-1] == (Reason.NO_ROUNDS if share == 0.0 else Reason.HELD_IN_RESERVE)
    assert math.isnan(state.clock[Clock.FIRST_STOCKOUT_S]) == (share > 0.0)


def occupied(run, world):
    """Most engagements that each command post held at once, from the logs: from the order to the look."""
    most = np.zeros(len(world.battle.posts), int)
    shots = run.decisions[run.decisions["i_unit"] >= 0]
    open_orders: dict[int, list[float]] = {}
    for line in shots:
        open_orders.setdefault(int(line["track_id"]), []).append(float(line["t_s"]))
    steps: list[list[tuple[float, int]]] = [[] for _ in most]
    for line in run.intercepts:
        t_order_s = open_orders[int(line["track_id"])].pop(0)
        epoch = np.searchsorted(world.battle.net.t_s, t_order_s, side="right") - 1
        i_post = world.battle.net.i_post[epoch, line["i_unit"]]
        steps[i_post] += [(t_order_s, 1), (float(line["t_look_s"]), -1)]
    for i_post, changes in enumerate(steps):
        held = 0
        for _, change in sorted(changes, key=lambda step: (step[0], step[1])):
            held += change
            most[i_post] = max(most[i_post], held)
    return most


@pytest.mark.parametrize("name", ["short_two_batteries", "stress"])
def test_channels_are_never_more_than_there_are(name):
    world = getattr(scenarios, name)()
    most = np.max([occupied(run_logged(world, 17, k), drawn_world(world, 17, k)) for k in range(40)], axis=0)
    limit = world.battle.posts["n_channels"]
    assert (most <= limit).all()
    assert (most == limit).any()


@settings(max_examples=25)
@given(times=st.lists(st.floats(0.0, 30.0), min_size=1, max_size=20), n_channels=st.integers(1, 4))
def test_channels_by_hand(times, n_channels):
    units = toy_units(n_launchers=3, p_kill_cruise=0.3)
    model = toy_model(units, toy_posts(n_channels=n_channels))
    state, _ = play(model, sorted(times))
    world = type("World", (), {"battle": model})
    logs = {"decisions": state.decisions[: state.count[Count.N_DECISIONS]]}
    logs["intercepts"] = state.intercepts[: state.count[Count.N_INTERCEPTS]]
    assert occupied(type("Run", (), logs), world)[0] <= n_channels

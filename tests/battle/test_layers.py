"""Layers: independent ones multiply, the order holds, a reserve is kept, and nothing is shot at twice at once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.base.types import LAYER
from opendome.battle.kernel import advance
from opendome.battle.state import Status, new_state
from opendome.doctrine import rules
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.testing.builders import (
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

N, Z_999 = 30_000, 3.29
SURE = {"look_delay_s": 1.0, "p_kill_judged_miss": 0.0, "p_miss_judged_kill": 0.0, "rounds_per_launcher": 10**6}


def play(units, layers, n=N, p_any=1.0, **fields):
    """Play n lone objects, ten minutes apart; give which were killed, and the state."""
    model = toy_model(units, toy_posts(len(units)), layers=np.array(layers, LAYER), **fields)
    t_s = 600.0 * np.arange(1, n + 1)
    tracks, rows = toy_tracks(t_s[:, None] - 200.0, t_s, p_any=p_any)
    state = new_state(model, False)
    links = toy_links([(i, i, -math.inf, math.inf) for i in range(n)], n)
    window = toy_window(state, toy_objects(t_s), tracks, rows, links)
    assert advance(model, state, window, 3, 0, 1e9, rules.earliest, False) == Status.DONE
    return window.object_state["is_killed"] == 1, state


def two_units(q_upper, q_lower, **fields):
    units = toy_units(2, **{**SURE, "loaded_rounds": 10**6, "reach_max_m": 60_000.0, "i_layer": [0, 1], **fields})
    units["i_post"] = [0, 1]
    for target in ("rocket", "mortar", "drone", "cruise"):
        units[f"p_kill_{target}"] = [q_upper, q_lower]
    return units


@pytest.mark.parametrize(("q_upper", "q_lower"), [(0.6, 0.8), (0.3, 0.5), (0.9, 0.4)])
def test_two_independent_layers_multiply(q_upper, q_lower):
    killed, state = play(two_units(q_upper, q_lower), [(1, 0), (1, 0)], max_shots=2)
    leak, expected = 1.0 - killed.mean(), (1.0 - q_upper) * (1.0 - q_lower)
    assert abs(leak - expected) < Z_999 * math.sqrt(expected * (1.0 - expected) / N)
    assert abs(leak - expected) < 0.01
    assert state.fired_by_unit[0] == N
    band = Z_999 * math.sqrt(N * q_upper * (1.0 - q_upper))
    assert abs(state.fired_by_unit[1] - N * (1.0 - q_upper)) < band


def test_a_layer_shoots_no_more_than_it_may_and_only_at_its_classes():
    _, state = play(two_units(0.0, 0.0), [(2, 0), (3, 0)], n=50, max_shots=9)
    assert state.fired_by_unit.tolist() == [100, 150]
    _, state = play(two_units(0.0, 0.0, class_mask=[2, 1]), [(2, 0), (3, 0)], n=50, max_shots=9)
    assert state.fired_by_unit.tolist() == [0, 150]


def test_a_reserve_is_kept_for_what_no_later_layer_reaches():
    layers = [(1, 7), (1, 0)]
    _, state = play(two_units(1.0, 1.0, loaded_rounds=20, rounds_per_launcher=20), layers, n=15)
    assert state.fired_by_unit.tolist() == [13, 2]
    far = two_units(1.0, 1.0, loaded_rounds=20, rounds_per_launcher=20, class_mask=[-1, 2])
    _, state = play(far, layers, n=15)
    assert state.fired_by_unit.tolist() == [15, 0]


@pytest.mark.parametrize("name", ["layers", "network"])
def test_no_track_is_shot_at_by_two_units_at_once(name):
    world = scenarios.network() if name == "network" else compile_world(load("layers").alternative("as-is"))
    n_handed_over = 0
    for replication in range(6):
        run = run_logged(world, 9, replication)
        shots = run.decisions[run.decisions["i_unit"] >= 0]
        for track_id in np.unique(shots["track_id"]):
            own = shots[shots["track_id"] == track_id]
            met = run.intercepts[run.intercepts["track_id"] == track_id]
            assert len(own) == len(met)
            assert (own["t_s"][1:] >= met["t_look_s"][:-1]).all()
            n_handed_over += len(set(own["i_unit"].tolist())) > 1
    assert n_handed_over > 0

"""An order at what flies level is given when its launch is due: nothing is held, and nothing is decided, before."""

from __future__ import annotations

import math

import pytest

from opendome.base.types import Reason
from opendome.battle.kernel import advance
from opendome.battle.state import Count, Status, new_state
from opendome.doctrine import rules
from opendome.testing.builders import (
    toy_links,
    toy_model,
    toy_objects,
    toy_posts,
    toy_tracks,
    toy_units,
    toy_window,
)

FAR_S, NEAR_S = 3000.0, 300.0


def play(times, impacts_s, **fields):
    """Play tracks with one unit of one channel; (decisions to fire, window)."""
    model = toy_model(toy_units(flyout_delay_s=3.0), toy_posts(n_channels=1))
    tracks, rows = toy_tracks(times, impacts_s)
    for name, value in fields.items():
        rows[name] = value
    state = new_state(model, True)
    each = [(i, i, -math.inf, math.inf) for i in range(len(tracks))]
    window = toy_window(state, toy_objects(impacts_s), tracks, rows, toy_links(each, len(tracks)))
    assert advance(model, state, window, 1, 0, 1e6, rules.earliest, False) == Status.DONE
    decisions = state.decisions[: state.count[Count.N_DECISIONS]]
    return decisions[decisions["i_unit"] >= 0], window


def test_a_slow_one_that_is_seen_early_blocks_neither_launcher_nor_channel():
    """The slow one is seen first and comes into reach in 45 minutes; a quick one is met meanwhile."""
    shots, window = play([[1.0], [5.0]], [FAR_S, NEAR_S])
    assert window.object_state["is_killed"].tolist() == [1, 1]
    assert shots["track_id"].tolist() == [1, 0]


def test_the_order_comes_a_second_before_the_launch():
    shots, _ = play([[1.0]], [FAR_S])
    assert shots["t_launch_s"][0] - shots["t_s"][0] == pytest.approx(1.0, abs=0.01)
    assert shots["t_s"][0] > 0.9 * FAR_S


def test_a_round_is_fired_by_the_prediction_of_its_moment():
    """Vague at first sight, sharp later: the one shot is fired by the sharp one."""
    vague = [1e9, 1.0]
    shots, window = play([[1.0, 2000.0]], [FAR_S], var_east_m2=vague, var_north_m2=vague)
    assert len(shots) == 1 and window.object_state["is_killed"].tolist() == [1]
    assert shots["p_kill"][0] == pytest.approx(1.0, abs=1e-6)


def test_what_comes_down_before_its_moment_was_too_late():
    """It is expected at 3,000 s and comes down at 1,000."""
    model = toy_model(toy_units(), toy_posts())
    tracks, rows = toy_tracks([[1.0]], FAR_S)
    state = new_state(model, True)
    window = toy_window(state, toy_objects([1000.0]), tracks, rows, toy_links([(0, 0, -math.inf, math.inf)], 1))
    assert advance(model, state, window, 1, 0, 1e6, rules.earliest, False) == Status.DONE
    assert Reason(int(window.track_state["reason"][0])) == Reason.TOO_LATE
    assert window.object_state["was_engaged"].tolist() == [0]

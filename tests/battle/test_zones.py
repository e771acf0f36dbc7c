"""Posts out of contact: each keeps to the ground nearest to those of its units that could shoot at the threat."""

from __future__ import annotations

import math

import numpy as np

from opendome.base.types import Connections, Reason
from opendome.battle.kernel import advance
from opendome.battle.state import Status, new_state
from opendome.doctrine import rules
from opendome.testing.builders import (
    toy_changes,
    toy_classes,
    toy_links,
    toy_model,
    toy_objects,
    toy_posts,
    toy_tracks,
    toy_units,
    toy_window,
)

IMPACT_S = 300.0


def apart(i_post, masks, n_posts):
    """Connections without delay or loss; ``i_post`` orders each unit, ``masks`` are the posts that share a picture."""
    n = len(i_post)
    return Connections(
        np.array([-np.inf]),
        np.zeros((1, 1, n_posts)),
        np.ones((1, 1, n_posts)),
        np.array([masks]),
        np.array([i_post]),
        np.zeros((1, n)),
        np.zeros((1, n)),
        False,
    )


def play(post_mask, model_fields=None, i_post=(0, 1), masks=(1, 2), n_posts=2, **fields):
    """One object, seen by the posts of a mask; unit 0 stands 3 km from the impact and unit 1 on it. (units, reason)."""
    units = toy_units(2, **fields)
    units["i_post"] = [0, 1]
    changes = toy_changes(2, east_m=[3000.0, 0.0])
    net = apart(list(i_post), list(masks), n_posts)
    model = toy_model(units, toy_posts(n_posts), changes, **{"net": net, **(model_fields or {})})
    tracks, rows = toy_tracks([[0.0]], IMPACT_S)
    tracks["post_mask"], tracks["origin_east_m"] = post_mask, 30_000.0
    for name in ("i_sensor_2", "i_sensor_3", "i_sensor_4"):
        tracks[name] = -1
    state = new_state(model, True)
    window = toy_window(state, toy_objects([IMPACT_S]), tracks, rows, toy_links([(0, 0, -math.inf, math.inf)], 1))
    assert advance(model, state, window, 1, 0, 1e6, rules.earliest, False) == Status.DONE
    return state.fired_by_unit.tolist(), Reason(int(window.track_state["reason"][0]))


def test_ground_nearer_to_the_others_is_left_to_them():
    assert play(1) == ([0, 0], Reason.LEFT_TO_OTHERS)
    assert play(2) == ([0, 1], Reason.JUDGED_KILLED)


def test_what_the_nearer_unit_is_not_meant_for_is_not_left_to_it():
    assert play(1, class_mask=[-1, 2]) == ([1, 0], Reason.JUDGED_KILLED)


def test_a_rocket_from_outside_of_the_nearer_units_band_is_not_left_to_it():
    rocket = {"classes": toy_classes(is_cruise=0)}
    assert play(1, rocket) == ([0, 0], Reason.LEFT_TO_OTHERS)
    assert play(1, rocket, threat_range_max_m=[1e9, 20_000.0])[1] != Reason.LEFT_TO_OTHERS


def test_a_unit_whose_own_post_is_dead_counts_for_the_post_that_orders_it():
    """Post 1 is dead and post 0 orders its unit, post 2 is out of contact: the ground is post 0's."""
    fired, reason = play(1, i_post=(0, 0), masks=(1, 4), n_posts=3)
    assert (sum(fired), reason) == (1, Reason.JUDGED_KILLED)
    assert play(4, i_post=(0, 0), masks=(1, 4), n_posts=3)[0] == [0, 0]

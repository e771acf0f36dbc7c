"""Tracks that are not objects: exchanged, shared, false and grouped, through hand-made links."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.battle.kernel import advance
from opendome.battle.state import Count, Status, new_state
from opendome.doctrine import rules
from opendome.testing.builders import (
    toy_changes,
    toy_links,
    toy_model,
    toy_objects,
    toy_posts,
    toy_tracks,
    toy_units,
    toy_window,
)

EVER = math.inf
IMPACT_S = 300.0
# From 30 km away at 100 m/s, nodes every 9.375 s: the first within 10 km is the 23rd.
MEET_S = 22 * IMPACT_S / 32


def play(model, objects, tracks, rows, links, rule=rules.earliest):
    """Run to the end with logs; gives state, window and the intercepts."""
    state = new_state(model, True)
    window = toy_window(state, objects, tracks, rows, toy_links(links, len(tracks)))
    assert advance(model, state, window, 1, 0, 1e6, rule, False) == Status.DONE
    return state, window, state.intercepts[: state.count[Count.N_INTERCEPTS]]


@pytest.fixture
def model():
    return toy_model(toy_units(), toy_posts())


def test_one_track_one_object(model):
    tracks, rows = toy_tracks([[0.0]], IMPACT_S)
    state, window, intercepts = play(model, toy_objects([IMPACT_S]), tracks, rows, [(0, 0, -EVER, EVER)])
    assert window.object_state["is_killed"].tolist() == [1]
    assert intercepts["t_s"][0] == pytest.approx(MEET_S, abs=1e-9)
    assert state.count[Count.FIRED] == 1 and state.count[Count.WASTED] == 0


def test_after_a_swap_a_round_hits_what_the_track_holds_then(model):
    """Tracks 0 and 1 exchange objects at 200 s; the round fired at track 0 before that kills object 1."""
    tracks, rows = toy_tracks([[0.0], [0.0]], IMPACT_S)
    rows["p_any"][1] = 0.0
    links = [(0, 0, -EVER, 200.0), (0, 1, 200.0, EVER), (1, 1, -EVER, 200.0), (1, 0, 200.0, EVER)]
    _, window, intercepts = play(model, toy_objects([IMPACT_S, IMPACT_S]), tracks, rows, links)
    assert intercepts["track_id"].tolist() == [0]
    assert (intercepts["burst"][0], intercepts["shot"][0]) == (1, 0)
    assert window.object_state["is_killed"].tolist() == [0, 1]
    # What was shot at is what the track held when the order was given.
    assert window.object_state["was_engaged"].tolist() == [1, 0]


def test_a_group_loses_one_and_the_other_leaks(model):
    tracks, rows = toy_tracks([[0.0]], IMPACT_S)
    links = [(0, 0, -EVER, EVER), (0, 1, -EVER, EVER)]
    state, window, _ = play(model, toy_objects([IMPACT_S, IMPACT_S]), tracks, rows, links)
    assert window.object_state["is_killed"].tolist() == [1, 0]
    assert window.track_state["reason"][0] == 14
    assert state.count[Count.FIRED] == 1


def test_a_group_that_is_still_seen_is_shot_at_again(model):
    """Judged killed, but the other object feeds the track beyond the time for dropping it: it is opened again."""
    times = [[0.0, MEET_S + 5.0, MEET_S + 2.0 + model.drop_mean_s + 1.0]]
    tracks, rows = toy_tracks(times, IMPACT_S)
    links = [(0, 0, -EVER, EVER), (0, 1, -EVER, EVER)]
    state, window, intercepts = play(model, toy_objects([IMPACT_S, IMPACT_S]), tracks, rows, links)
    assert window.object_state["is_killed"].tolist() == [1, 1]
    assert state.count[Count.FIRED] == 2 and state.count[Count.WASTED] == 0
    assert intercepts["burst"].tolist() == [0, 1]


def test_an_object_with_two_tracks_costs_two_rounds(model):
    tracks, rows = toy_tracks([[0.0], [0.0]], IMPACT_S)
    links = [(0, 0, -EVER, EVER), (1, 0, -EVER, EVER)]
    state, window, intercepts = play(model, toy_objects([IMPACT_S]), tracks, rows, links)
    assert window.object_state["is_killed"].tolist() == [1]
    assert state.count[Count.FIRED] == 2 and state.count[Count.WASTED] == 1
    assert intercepts["is_killed"].tolist() == [1, 0]


def test_a_false_track_wastes_rounds(model):
    """No object behind it: every shot allowed is fired, nothing is hit, all are counted as wasted."""
    tracks, rows = toy_tracks([[0.0]], IMPACT_S)
    state, _, intercepts = play(model, toy_objects([]), tracks, rows, [])
    assert state.count[Count.FIRED] == state.count[Count.WASTED] == model.max_shots
    assert (intercepts["burst"] == -1).all() and (intercepts["is_killed"] == 0).all()


def test_the_luck_of_a_false_track_does_not_hang_on_its_place(model):
    """Half the shots at it are judged kills: which, is the same wherever the track stands in its window."""
    units = toy_units(p_miss_judged_kill=0.5)
    model = toy_model(units, toy_posts())
    tracks, rows = toy_tracks([[0.0]] * 6, IMPACT_S)
    rows["p_any"][:5] = 0.0
    _, _, last = play(model, toy_objects([]), tracks, rows, [])
    alone, its_row = toy_tracks([[0.0]], IMPACT_S)
    alone["track_id"] = 5
    _, _, only = play(model, toy_objects([]), alone, its_row, [])
    assert last["is_judged_killed"].tolist() == only["is_judged_killed"].tolist()


def test_a_track_that_lost_its_object_is_not_fed(model):
    """A link that ends before the assessment: no plots, no look, no shot."""
    tracks, rows = toy_tracks([[50.0]], IMPACT_S)
    state, window, _ = play(model, toy_objects([IMPACT_S]), tracks, rows, [(0, 0, -EVER, 40.0)])
    assert state.count[Count.FIRED] == 0
    assert window.track_state["current"][0] == -1


def test_two_posts_share_tracks_and_none_is_engaged_twice():
    """Two posts of one channel each, three threats at once: each takes one, the third waits for a channel."""
    units = toy_units(2, i_post=[0, 1])
    model = toy_model(units, toy_posts(2, n_channels=1))
    tracks, rows = toy_tracks([[0.0]] * 3, IMPACT_S)
    links = [(i, i, -EVER, EVER) for i in range(3)]
    state, window, intercepts = play(model, toy_objects([IMPACT_S] * 3), tracks, rows, links)
    assert state.count[Count.FIRED] == 3 and state.count[Count.WASTED] == 0
    assert window.object_state["is_killed"].all()
    assert intercepts["track_id"].tolist() == [0, 1, 2]
    assert intercepts["i_unit"].tolist()[:2] == [0, 1]
    assert (state.busy == 0).all()
    # The third is met only after a look has set a channel free.
    assert intercepts["t_s"][2] >= intercepts["t_look_s"][0]


def test_a_launcher_away_from_its_radar_shoots_from_where_it_stands():
    """Two launchers of one post: the one 15 km forward meets the threat first; the post's channels count for both."""
    units = toy_units(2, i_post=0, defended_radius_m=50_000.0)
    changes = toy_changes(2, east_m=[0.0, 15_000.0])
    model = toy_model(units, toy_posts(n_channels=1), changes)
    tracks, rows = toy_tracks([[0.0]], IMPACT_S)
    state, _, intercepts = play(model, toy_objects([IMPACT_S]), tracks, rows, [(0, 0, -EVER, EVER)])
    assert intercepts["i_unit"].tolist() == [1]
    # 25 km from the origin is within its 10 km: the sixth node.
    east_m = state.launches["intercept_east_m"][0]
    assert 5_000.0 <= east_m <= 25_000.0
    assert intercepts["t_s"][0] < MEET_S
    near, _ = toy_tracks([[0.0], [0.0]], IMPACT_S)
    _, rows = toy_tracks([[0.0], [0.0]], IMPACT_S)
    two = [(i, i, -EVER, EVER) for i in range(2)]
    _, _, intercepts = play(model, toy_objects([IMPACT_S] * 2), near, rows, two)
    assert np.diff(intercepts["t_s"])[0] >= 2.0

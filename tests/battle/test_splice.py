"""A picture made anew from a time on: nothing before it is touched, and the same radars see the same again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.battle.splice import Seen, splice, under_way
from opendome.battle.state import Count
from opendome.picture.statistical import perceive
from opendome.scenario.compile import compile_world
from opendome.study.live import LivePlay
from tests.study.live_cases import REPLICATION, SEED, assert_same, play_of, scenario_of, tables_of

DROP_S = 5.0


def seen_by(play: LivePlay, n_blind: int = 0) -> Seen:
    """The picture of what is under way, as the radars see it; the first ``n_blind`` objects are seen by none."""
    found = under_way(play.window, play.now_s)[n_blind:]
    *seen, i_object = perceive(play.world.picture, SEED, REPLICATION, play.window.objects[found])
    return Seen._make((*seen, found[i_object]))


@settings(max_examples=15)
@given(t_s=st.floats(10.0, 280.0), kind=st.sampled_from(["statistical", "networked"]))
def test_the_same_radars_see_the_same_again(t_s: float, kind: str) -> None:
    play, again = play_of(kind), play_of(kind, remade_s=(t_s,))
    for one in (play, again):
        one.run_to_end()
    assert_same(tables_of(again, scenario_of(kind)), tables_of(play, scenario_of(kind)))


@pytest.mark.parametrize("t_s", [33.0, 60.0, 101.0, 145.0, 200.0])
def test_nothing_before_the_time_is_touched(t_s: float) -> None:
    play = play_of()
    play.run_until(t_s)
    before = [array.copy() for array in play.window]
    after = splice(play.window, play.state, t_s, seen_by(play, n_blind=2), DROP_S)
    for kept, array in zip(before, play.window, strict=True):
        np.testing.assert_array_equal(kept, array)
    old, new = play.window.assessments, after.assessments
    np.testing.assert_array_equal(
        np.sort(old[old["t_s"] < t_s], order=("i_track", "t_s"))[["i_track", "t_s", "p_any"]],
        np.sort(new[new["t_s"] < t_s], order=("i_track", "t_s"))[["i_track", "t_s", "p_any"]],
    )
    np.testing.assert_array_equal(after.objects, play.window.objects)
    np.testing.assert_array_equal(after.object_state, play.window.object_state)


def test_a_track_that_nobody_feeds_is_coasted_and_dropped() -> None:
    play = play_of()
    play.run_until(60.0)
    found = under_way(play.window, 60.0)
    after = splice(play.window, play.state, 60.0, seen_by(play, n_blind=len(found)), DROP_S)
    is_fed = np.isin(after.link_object[after.link_first[:-1]], found)
    assert is_fed.any()
    assert (after.track_state["t_dropped_s"][is_fed] == 65.0).all()
    assert np.isinf(after.track_state["t_dropped_s"][~is_fed]).all()
    rows = after.assessments[np.isin(after.assessments["i_track"], np.flatnonzero(is_fed))]
    assert (rows["t_s"] < 60.0).all()


def test_rows_of_a_track_stand_together_and_what_is_in_force_stays_in_force() -> None:
    play = play_of()
    play.run_until(101.0)
    state = play.window.track_state
    in_force = {
        int(play.window.tracks["track_id"][i]): play.window.assessments[state["current"][i]]["t_s"]
        for i in np.flatnonzero(state["current"] >= 0)
    }
    after = splice(play.window, play.state, 101.0, seen_by(play, n_blind=1), DROP_S)
    for i, track in enumerate(after.tracks):
        rows = after.assessments[track["first_assessment"] : track["first_assessment"] + track["n_assessments"]]
        assert (rows["i_track"] == i).all()
        assert rows["ordinal"].tolist() == list(range(len(rows)))
        assert (np.diff(rows["t_s"]) >= 0.0).all()
        if int(track["track_id"]) in in_force:
            current = after.track_state["current"][i]
            assert after.assessments[current]["t_s"] == in_force[int(track["track_id"])]
            assert after.assessments[current]["i_track"] == i
    assert len(in_force) > 4


def test_predictions_are_met_in_order_of_time_from_the_time_on() -> None:
    play = play_of()
    play.run_until(101.0)
    after = splice(play.window, play.state, 101.0, seen_by(play), DROP_S)
    times = after.assessments["t_s"][after.order]
    assert (np.diff(times) >= 0.0).all()
    cursor = int(play.state.count[Count.CURSOR])
    assert times[cursor - 1] < 101.0 <= times[cursor]


def test_an_object_that_is_seen_only_now_gets_a_track_that_begins_now() -> None:
    scenario = scenario_of("statistical").override({"batteries[b1].has_radar": False, "batteries[b2].has_radar": False})
    play = play_of(world=compile_world(scenario))
    play.run_until(60.0)
    assert len(play.window.tracks) == 0
    seeing = play_of()
    found = under_way(play.window, 60.0)
    *seen, i_object = perceive(seeing.world.picture, SEED, REPLICATION, play.window.objects[found])
    after = splice(play.window, play.state, 60.0, Seen._make((*seen, found[i_object])), DROP_S)
    assert len(after.tracks) > 3
    assert (after.tracks["t_confirmed_s"] >= 60.0).all() and (after.tracks["t_first_plot_s"] >= 60.0).all()
    assert (after.assessments["t_s"] >= 60.0).all()
    assert (after.track_state["current"] == -1).all()
    assert set(after.link_object.tolist()) <= set(found.tolist())

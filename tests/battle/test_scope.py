"""The scope shows what the defence believes: predicted places, own rounds, looks; the truth does not move it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.battle.feasibility import fill_nodes
from opendome.battle.scope import Standing, tracks_on_scope
from opendome.battle.state import CLOSED
from opendome.study.live import LivePlay
from opendome.study.orders import Authority
from tests.study.live_cases import KINDS, launched, play_of

SHOWN_AFTER_S = 4.0


def at(t_s: float, kind: str = "statistical", level: Authority = Authority.AUTOMATIC) -> LivePlay:
    """The battle at a time."""
    play = play_of(kind, level)
    play.run_until(t_s)
    return play


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("t_s", [45.0, 110.0, 170.0])
def test_the_truth_does_not_move_it(kind: str, t_s: float) -> None:
    play = at(t_s, kind)
    scope = play.scope()
    assert len(scope) > 2
    rubbish = play.window.objects.copy()
    for name in rubbish.dtype.names:
        rubbish[name] = 77
    no_links = np.zeros_like(play.window.link_object)
    elsewhere = play.window._replace(objects=rubbish, link_object=no_links)
    found = tracks_on_scope(play.world.battle, play.state, elsewhere, t_s)
    np.testing.assert_array_equal(found, scope)


@pytest.mark.parametrize("kind", KINDS)
def test_a_track_stands_on_its_predicted_path(kind: str) -> None:
    play = at(110.0, kind)
    for blip in play.scope():
        track, row = play.window.tracks[blip["i_track"]], play.window.assessments[blip["i_row"]]
        fill_nodes(play.world.battle, play.state, track, row)
        nodes = play.state.nodes
        for k, name in enumerate(("east_m", "north_m", "height_m"), start=1):
            assert blip[name] == pytest.approx(np.interp(110.0, nodes[:, 0], nodes[:, k]), abs=1e-6)
        assert blip["t_impact_s"] == row["t_impact_s"] and blip["p_hit"] == row["p_any"]


def test_places_move_as_fast_as_they_say() -> None:
    play = at(110.0)
    before = {int(blip["track_id"]): blip for blip in play.scope()}
    play.run_until(110.1)
    n = 0
    for blip in play.scope():
        first = before.get(int(blip["track_id"]))
        if first is None or first["i_row"] != blip["i_row"]:
            continue
        n += 1
        for place, speed in (("east_m", "east_mps"), ("north_m", "north_mps")):
            assert blip[place] - first[place] == pytest.approx(0.1 * blip[speed], abs=5.0)
    assert n > 2


def test_nothing_is_shown_before_it_is_confirmed_nor_after_it_is_down() -> None:
    play = play_of(level=Authority.MANUAL)
    shown: dict[int, list[float]] = {}
    while play.now_s < 260.0:
        play.run_until(play.now_s + 0.5)
        for blip in play.scope():
            shown.setdefault(int(blip["track_id"]), []).append(play.now_s)
            assert play.now_s < blip["t_impact_s"]
    tracks = play.window.tracks
    assert len(shown) > 10
    for track_id, times in shown.items():
        (i,) = np.flatnonzero(tracks["track_id"] == track_id)
        first = play.window.assessments["t_s"][tracks["first_assessment"][i]]
        assert times[0] >= max(float(tracks["t_confirmed_s"][i]), float(first))
        assert times[0] <= max(float(tracks["t_confirmed_s"][i]), float(first)) + 0.5


def test_standing_tells_of_own_rounds_and_looks_in_order() -> None:
    play = play_of()
    told: dict[int, list[int]] = {}
    while play.now_s < 300.0:
        play.run_until(play.now_s + 0.25)
        for blip in play.scope():
            line = told.setdefault(int(blip["track_id"]), [])
            if not line or line[-1] != blip["standing"]:
                line.append(int(blip["standing"]))
    fired_at = set(launched(play)["track_id"].tolist())
    for track_id, line in told.items():
        assert line[0] in (Standing.OPEN, Standing.AWAY)
        assert (Standing.AWAY in line) == (track_id in fired_at)
        if Standing.JUDGED_KILLED in line:
            assert line[-1] == Standing.JUDGED_KILLED
    assert any(Standing.JUDGED_KILLED in line for line in told.values())


def test_what_was_judged_killed_is_shown_a_little_longer_and_no_more() -> None:
    play = play_of()
    last: dict[int, float] = {}
    while play.now_s < 300.0:
        play.run_until(play.now_s + 0.25)
        last |= {
            int(blip["track_id"]): play.now_s for blip in play.scope() if blip["standing"] == Standing.JUDGED_KILLED
        }
    assert len(last) > 3
    for track_id, t_s in last.items():
        (i,) = np.flatnonzero(play.window.tracks["track_id"] == track_id)
        state = play.window.track_state[i]
        assert state["status"] == CLOSED
        assert t_s < state["t_closed_s"] + SHOWN_AFTER_S


def test_the_next_meeting_is_that_of_the_rounds_under_way() -> None:
    play = play_of()
    n = 0
    while play.now_s < 300.0:
        play.run_until(play.now_s + 1.0)
        shots = launched(play)
        for blip in play.scope():
            coming = shots[(shots["track_id"] == blip["track_id"]) & (shots["t_intercept_s"] > play.now_s)]
            if len(coming):
                n += 1
                assert blip["t_meet_s"] == pytest.approx(coming["t_intercept_s"].min())
            else:
                assert math.isinf(blip["t_meet_s"])
    assert n > 5


def test_looking_changes_nothing() -> None:
    looked, blind = play_of(), play_of()
    while looked.now_s < 250.0:
        looked.run_until(looked.now_s + 0.1)
        looked.scope()
    looked.run_to_end()
    blind.run_to_end()
    np.testing.assert_array_equal(looked.row, blind.row)
    assert looked.choices == blind.choices

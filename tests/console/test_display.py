"""What the operator is shown: of the picture, the stock and the desk, in order of urgency, and nothing of the truth."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from opendome.battle.state import Count
from opendome.console import display
from opendome.console.frames import HEADER, INTERCEPTOR, IS_URGENT, IS_WANTED, TRACK_BLIP, TrackStatus, pack_frame
from opendome.console.scene import scene_of
from opendome.console.session import Session
from opendome.console.showing import as_text, state_of
from opendome.study.inject import Inject, InjectKind
from opendome.study.orders import Action
from opendome.study.single import run_of
from tests.console.cases import give, session_for, tick_to
from tests.study.live_cases import KINDS, launched


def frame_of(session: Session) -> bytes:
    """The frame of the moment."""
    play = session.play
    tracks = display.blips(play, play.scope(), session.numbers)
    return pack_frame(tracks, display.interceptors(play, session.numbers), session.now_s, 1.0, 7)


def messages_of(session: Session) -> dict[str, Any]:
    """Everything that goes to an operator's browser at a moment."""
    session.collect()
    return {
        "scene": as_text(scene_of(session.changed.scenario, session.world)),
        "state": as_text(state_of(session)),
        "frame": frame_of(session),
        "events": as_text({"items": [line.as_json() for line in session.news.lines]}),
    }


def played(kind: str, t_s: float, **keys: Any) -> Session:
    """A session at a time."""
    session = session_for(kind, authority="approval", **keys)
    tick_to(session, t_s)
    return session


# --- the truth ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("t_s", [60.0, 110.0, 165.0])
def test_no_message_depends_on_the_truth(kind: str, t_s: float) -> None:
    one, other = (played(kind, t_s) for _ in range(2))
    for session in (one, other):
        give(session, Action.AUTHORITY, value="automatic")
    window = other.play.window
    rubbish, fates = window.objects.copy(), window.object_state.copy()
    for array in (rubbish, fates):
        for name in array.dtype.names:
            array[name] = 1
    other.play.window = window._replace(
        objects=rubbish,
        object_state=fates,
        link_object=np.zeros_like(window.link_object),
        link_from_s=np.zeros_like(window.link_from_s),
        link_until_s=np.zeros_like(window.link_until_s),
    )
    assert messages_of(one) == messages_of(other)
    assert len(one.play.scope()) > 3


@pytest.mark.parametrize("kind", KINDS)
def test_no_place_of_the_truth_stands_in_a_message(kind: str) -> None:
    session = played(kind, 30.0)
    told: set[int] = set()
    while session.now_s < 200.0:
        tick_to(session, session.now_s + 5.0)
        found = messages_of(session)
        told |= {round(value) for value in numbers_in(json.loads(found["state"]))}
        told |= {round(float(value)) for value in np.frombuffer(found["frame"][HEADER.size :], "<f4") if value == value}
    objects = session.play.window.objects
    names = ("impact_east_m", "impact_north_m", "launch_east_m", "launch_north_m", "range_m")
    truth = {round(float(value)) for name in names for value in objects[name] if abs(value) > 3000.0}
    assert len(truth) > 30
    assert len(truth & told) <= 0.1 * len(truth), "places of the truth stand in messages more often than by chance"


def numbers_in(value: Any) -> list[float]:
    """Every number of a message."""
    if isinstance(value, dict):
        return [number for item in value.values() for number in numbers_in(item)]
    if isinstance(value, list):
        return [number for item in value for number in numbers_in(item)]
    return [float(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_a_look_is_told_when_it_has_been_taken_and_not_before() -> None:
    session = session_for()
    while session.now_s < 280.0:
        session.tick(0.1)
        for line in session.collect():
            assert line.t_s <= session.now_s
    looked = [line for line in session.news.lines if "assessed" in line.text]
    assert len(looked) > 5


def test_tracks_are_called_by_numbers_that_tell_nothing() -> None:
    session = played("statistical", 165.0)
    state = state_of(session)
    numbers = [threat["track"] for threat in state["threats"]]
    assert len(set(numbers)) == len(numbers) > 5
    assert all(1001 <= number < 1001 + 40 for number in numbers)
    for number in numbers:
        track_id = session.numbers.track(number)
        assert track_id is not None and session.numbers.of(track_id) == number
    assert session.numbers.track(5) is None


# --- the frame ---


def test_a_frame_is_packed_as_it_says() -> None:
    session = played("statistical", 110.0)
    give(session, Action.AUTHORITY, value="automatic")
    tick_to(session, 122.0)
    frame, scope = frame_of(session), session.play.scope()
    version, kind, n_tracks, n_rounds, spare, t_s, rate, sequence = HEADER.unpack_from(frame)
    assert (version, kind, spare, rate, sequence) == (1, 1, 0, 1.0, 7)
    assert t_s == session.now_s and n_tracks == len(scope) > 3
    assert len(frame) == 24 + 32 * n_tracks + 24 * n_rounds
    tracks = np.frombuffer(frame, TRACK_BLIP, n_tracks, 24)
    np.testing.assert_allclose(tracks["east_m"], scope["east_m"], rtol=1e-6)
    np.testing.assert_allclose(tracks["to_impact_s"], scope["t_impact_s"] - t_s, atol=1e-4)
    rounds = np.frombuffer(frame, INTERCEPTOR, n_rounds, 24 + 32 * n_tracks)
    assert n_rounds > 0 and set(rounds["track"]) <= set(tracks["track"])


def test_more_than_a_frame_holds_is_cut_off() -> None:
    many = np.zeros(70_000, TRACK_BLIP)
    frame = pack_frame(many, np.zeros(0, INTERCEPTOR), 0.0, 1.0, 2**40)
    assert HEADER.unpack_from(frame)[2] == 65_535 and len(frame) == 24 + 32 * 65_535


def test_own_rounds_fly_from_their_launcher_to_the_meeting() -> None:
    session = session_for()
    met = 0
    while session.now_s < 260.0:
        session.tick(0.5)
        shots = launched(session.play)
        flying = shots[(shots["t_s"] <= session.now_s) & (session.now_s < shots["t_intercept_s"])]
        found = display.interceptors(session.play, session.numbers)
        assert len(found) == len(flying)
        for one, shot in zip(found, flying, strict=True):
            met += 1
            assert one["to_meeting_s"] == pytest.approx(shot["t_intercept_s"] - session.now_s, abs=1e-3)
            unit = session.play.state.units[shot["i_unit"]]
            share = (session.now_s - shot["t_s"]) / (shot["t_intercept_s"] - shot["t_s"])
            east_m = (1 - share) * unit["east_m"] + share * shot["intercept_east_m"]
            assert one["east_m"] == pytest.approx(east_m, rel=1e-5)
            assert 0.0 <= one["height_m"] <= shot["intercept_height_m"] + 1.0
    assert met > 50


def test_flags_say_what_doctrine_wants_and_what_comes_first() -> None:
    session = played("statistical", 110.0)
    scope = session.play.scope()
    found = display.blips(session.play, scope, session.numbers)
    battle = session.play.world.battle
    wanted = (scope["p_hit"] >= battle.p_hit_min) | (scope["value_people"] >= battle.value_min_people)
    assert ((found["flags"] & IS_WANTED > 0) == wanted).all() and 0 < wanted.sum() < len(wanted)
    urgent = found[found["flags"] & IS_URGENT > 0]
    assert (urgent["status"] == TrackStatus.ASKED).all()


# --- the state ---


def test_status_follows_desk_and_battle() -> None:
    session = played("statistical", 101.0)
    waiting = list(session.play.desk.waiting)
    assert len(waiting) >= 2

    def status(track_id: int) -> str:
        found = state_of(session)["threats"]
        return next(threat["status"] for threat in found if threat["track"] == session.numbers.of(track_id))

    assert status(waiting[0]) == "asked" == status(waiting[1])
    give(session, Action.HOLD, track_id=waiting[1])
    assert status(waiting[1]) == "held"
    assert give(session, Action.APPROVE, track_id=waiting[0])
    assert status(waiting[0]) == "away"
    seen = set()
    while session.now_s < 280.0 and "hit" not in seen and "missed" not in seen:
        session.tick(0.5)
        if session.numbers.of(waiting[0]) in {threat["track"] for threat in state_of(session)["threats"]}:
            seen.add(status(waiting[0]))
    assert seen & {"hit", "missed"}


def test_what_waits_for_an_answer_comes_first_and_is_asked() -> None:
    session = played("statistical", 110.0)
    state = state_of(session)
    order = [threat["status"] for threat in state["threats"]]
    assert order[0] == "asked" and state["asked"] == state["threats"][0]["track"]
    n_asked = order.count("asked")
    assert order[:n_asked] == ["asked"] * n_asked
    latest = [threat["t_latest_s"] for threat in state["threats"][:n_asked]]
    assert latest == sorted(latest)


def test_advice_is_one_of_the_options_and_an_approval_does_it() -> None:
    session = played("statistical", 101.0)
    threat = state_of(session)["threats"][0]
    assert threat["advice"] in threat["options"] and threat["reason"]
    assert threat["t_latest_s"] == pytest.approx(max(option["t_latest_s"] for option in threat["options"]))
    give(session, Action.APPROVE, track_id=session.numbers.track(threat["track"]))
    shot = launched(session.play)[-1]
    assert shot["i_unit"] == threat["advice"]["unit"]
    assert shot["t_s"] == pytest.approx(threat["advice"]["t_launch_s"], abs=0.05)


def test_under_veto_the_time_of_firing_is_told() -> None:
    session = session_for(authority="veto")
    while not session.play.desk.waiting:
        session.tick(0.1)
    threat = state_of(session)["threats"][0]
    track_id = session.numbers.track(threat["track"])
    assert track_id is not None
    assert threat["t_auto_s"] == pytest.approx(session.play.desk.waiting[track_id].t_fires_s, abs=0.01)
    assert played("statistical", 110.0).play.desk.waiting
    assert state_of(played("statistical", 110.0))["threats"][0]["t_auto_s"] is None


def test_stock_and_launchers_add_up_to_the_rounds_there_are() -> None:
    session = session_for()
    state = state_of(session)
    whole = sum(state["stock"].values())
    while session.now_s < 280.0:
        session.tick(1.0)
        state = state_of(session)
        ready = sum(launcher["rounds"] for unit in state["units"] for launcher in unit["launchers"])
        assert ready == sum(unit["ready"] for unit in state["units"]) == state["stock"]["ready"]
        coming = session.play.state.launchers["coming"]
        loading = [bool(one["t_loaded_s"]) for unit in state["units"] for one in unit["launchers"]]
        held = int(coming[np.array(loading)].sum()) if any(loading) else 0
        assert sum(state["stock"].values()) + held == whole
    assert state["stock"]["fired"] == int(session.play.state.count[Count.FIRED]) > 5


def test_what_has_failed_is_shown_as_failed() -> None:
    session = played("networked", 60.0)
    for kind, what in (
        (InjectKind.RADAR_FAILURE, "air"),
        (InjectKind.LINK_CUT, "hub-alone"),
        (InjectKind.BATTERY_FAILURE, "north"),
    ):
        session.inject(Inject(session.now_s, kind, what, 1.0))
    session.tick(0.2)
    state = state_of(session)
    scene = scene_of(session.changed.scenario, session.world)
    down = {scene["sensors"][i]["id"] for i in state["sensors_down"]}
    assert down == {"air", "north"}
    assert [scene["links"][i]["id"] for i in state["links_down"]] == ["hub-alone"]
    assert state["units"][0]["state"] == "failed"
    tick_to(session, 125.0)
    state = state_of(session)
    assert state["sensors_down"] == [] and state["links_down"] == [] and state["units"][0]["state"] == "ready"


def test_alerts_in_force_say_by_whom() -> None:
    session = session_for()
    tick_to(session, 25.0)
    give(session, Action.ALERT, i_area=3)
    tick_to(session, 140.0)
    alerts = {alert["area"]: alert for alert in state_of(session)["alerts"]}
    assert alerts[3]["by"] == "operator" or alerts[3]["since_s"] < 60.0
    assert any(alert["by"] == "rule" for alert in alerts.values())
    for alert in alerts.values():
        assert alert["since_s"] <= session.now_s < alert["until_s"]


def test_alerts_shown_are_those_that_are_kept() -> None:
    session = session_for()
    tick_to(session, 25.0)
    give(session, Action.ALERT, i_area=3)
    give(session, Action.ALERT_RULE, value="off")
    tick_to(session, 90.0)
    give(session, Action.ALERT_RULE, value="on")
    shown: dict[int, float] = {}
    while session.now_s < 280.0:
        session.tick(0.5)
        for alert in display.alerts_json(session.play):
            shown.setdefault(alert["area"], alert["since_s"])
    session.finish()
    kept = run_of(session.play, session.changed.scenario).table("warnings").to_pylist()
    ids = [area["id"] for area in scene_of(session.scenario, session.world)["areas"]]
    first: dict[str, float] = {}
    for alert in kept:
        first.setdefault(alert["area_id"], round(alert["t_s"], 2))
    assert {ids[area]: since_s for area, since_s in shown.items()} == first
    assert any(alert["track_id"] == -1 for alert in kept)


def test_the_state_is_json_and_stays_small() -> None:
    session = session_for("networked", authority="approval")
    while session.now_s < 200.0:
        tick_to(session, session.now_s + 10.0)
        text = as_text(state_of(session))
        assert "NaN" not in text and "Infinity" not in text
        assert len(text) < 100_000

"""The log: every order, launch, look, alert and failure once, in order of time, whatever is rewound or put in."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from opendome.console.news import Line
from opendome.console.session import Session
from opendome.study.inject import Inject, InjectKind
from opendome.study.orders import Action
from tests.console.cases import give, session_for
from tests.study.live_cases import launched


def follow(session: Session, until_s: float, step_s: float = 0.5) -> list[Line]:
    """Play on and collect twice a second; gives what was new."""
    found = []
    while session.now_s < until_s and not session.is_over:
        session.tick(step_s)
        found += session.collect()
    return found


def texts(lines: list[Line], word: str) -> list[str]:
    """Texts that hold a word."""
    return [line.text for line in lines if word in line.text]


def test_lines_are_numbered_and_never_lie_ahead() -> None:
    session = session_for()
    last = 0
    while session.now_s < 280.0:
        session.tick(0.5)
        for line in session.collect():
            assert line.n == last + 1 and line.t_s <= session.now_s
            last = line.n
    assert last > 20


def test_every_round_that_leaves_is_told_once() -> None:
    session = session_for()
    lines = follow(session, 280.0)
    told = sum(int(text.split("fires ")[1].split()[0]) for text in texts(lines, "fires"))
    assert told == len(launched(session.play)) > 5
    battery = texts(lines, "fires")[0].split(" fires")[0]
    assert battery in {"Northern battery", "Southern battery"}


def test_every_engagement_is_assessed_once() -> None:
    session = session_for()
    lines = follow(session, 300.0)
    shots = launched(session.play)
    assert len(texts(lines, "assessed")) == len(shots)


def test_orders_are_told_with_who_gave_them() -> None:
    session = session_for(authority="manual")
    follow(session, 60.0)
    give(session, Action.ASSIGN, i_unit=1, n_rounds=2)
    give(session, Action.HOLD)
    give(session, Action.CEASE)
    give(session, Action.APPROVE)
    give(session, Action.AUTHORITY, value="veto")
    give(session, Action.WEAPONS, value="free")
    give(session, Action.SALVO, n_rounds=2)
    give(session, Action.RESERVE, value="0.25")
    give(session, Action.ALERT, i_area=0)
    give(session, Action.ALERT_RULE, value="off")
    said = [line.text for line in session.collect()]
    number = session.numbers.of(int(session.play.scope()["track_id"][0]))
    for text in (
        f"Track {number} assigned to Southern battery, 2 rounds by Operator 1",
        f"Track {number}: let fall by Operator 1",
        f"Track {number}: cease by Operator 1",
        f"Track {number} approved by Operator 1",
        "Authority: veto by Operator 1",
        "Weapons free by Operator 1",
        "Salvo: 2 by Operator 1",
        "Reserve: 25 % by Operator 1",
        "Alert ordered: Alder by Operator 1",
        "Alert rule off by Operator 1",
    ):
        assert text in said


def test_what_nobody_answered_is_an_alarm() -> None:
    session = session_for(authority="approval")
    lines = follow(session, 280.0)
    alarms = [line for line in lines if line.level == "alarm"]
    assert len(alarms) == len(session.play.desk.unanswered) > 5
    assert all("no answer before the last launch" in line.text and line.track > 1000 for line in alarms)


def test_alerts_begin_and_end_once() -> None:
    session = session_for(rate=4.0, lasts_min=30)
    lines = follow(session, 1500.0, 1.0)
    begun, over = texts(lines, "Alert in force"), texts(lines, "Alert over")
    assert len(begun) == len(over) == len(set(begun)) > 1


def test_a_battery_that_fails_is_an_alarm_and_comes_back() -> None:
    session = session_for()
    follow(session, 60.0)
    session.inject(Inject(70.0, InjectKind.BATTERY_FAILURE, "b1", 0.5))
    lines = follow(session, 120.0)
    told = [(line.text, line.level) for line in lines if "Northern battery: " in line.text]
    assert told == [("Northern battery: failed", "alarm"), ("Northern battery: repaired", "notice")]


@pytest.mark.parametrize("kind", [InjectKind.RADAR_FAILURE, InjectKind.EXTRA_SALVO, InjectKind.FALSE_TRACKS])
def test_the_log_goes_on_after_an_inject_with_nothing_twice_and_nothing_missing(kind: InjectKind) -> None:
    what: dict[str, Any] = {"what": "north-hills", "toward": "alder", "threat_class": "medium-rocket", "count": 2}
    session, plain = session_for(), session_for()
    for one in (session, plain):
        follow(one, 101.25)
        one.tick(0.1)
    session.inject(Inject(session.now_s, kind, **({"what": "b2"} if kind is InjectKind.RADAR_FAILURE else what)))
    for one in (session, plain):
        follow(one, 280.0)
    lines = session.news.lines
    assert [line.n for line in lines] == list(range(lines[0].n, lines[0].n + len(lines)))
    assert len({(line.t_s, line.text) for line in lines}) == len(lines)
    told = [line for line in lines if line.t_s < 101.25]
    assert [(line.t_s, line.text) for line in told] == [
        (line.t_s, line.text) for line in plain.news.lines if line.t_s < 101.25
    ]
    fired = sum(int(text.split("fires ")[1].split()[0]) for text in texts(lines, "fires"))
    shots = launched(session.play)
    assert fired == int((shots["t_s"] <= session.now_s).sum())


def test_the_log_of_a_rewound_exercise_is_what_it_was_then() -> None:
    session = session_for()
    follow(session, 150.0)
    then = [(line.t_s, line.text) for line in session.news.lines]
    follow(session, 220.0)
    session.rewind(150.0)
    assert [(line.t_s, line.text) for line in session.news.lines if line.t_s < 149.0] == [
        line for line in then if line[0] < 149.0
    ]
    session.is_paused = False
    before = session.news.lines[-1].n
    fresh = follow(session, 220.0)
    assert [line.n for line in fresh] == list(range(before + 1, before + 1 + len(fresh)))


def test_bars_count_each_track_once_and_those_fired_at() -> None:
    session = session_for()
    follow(session, 280.0)
    bars = session.news.bars(session.from_s, session.now_s)
    tracks = session.play.window.tracks
    assert sum(bars["seen"]) == int((tracks["t_confirmed_s"] <= session.now_s).sum()) > 10
    assert sum(bars["engaged"]) == len(set(launched(session.play)["track_id"].tolist()))
    assert len(bars["seen"]) == len(bars["engaged"]) == int(260.0 / bars["bin_s"]) + 1


def test_there_are_never_too_many_bars() -> None:
    session = session_for()
    for now_s, pair in itertools.pairwise([60.0, 960.0, 5000.0, 90_000.0]):
        bars = session.news.bars(0.0, max(now_s, pair))
        assert len(bars["seen"]) <= 241


def test_the_log_is_bounded() -> None:
    session = session_for()
    for k in range(2500):
        session.news.say(20.0, f"line {k}")
    session.tick(0.5)
    session.collect()
    assert len(session.news.lines) <= 2000 and session.news.lines[-1].text.startswith("line 2")


def test_an_alarm_stands_until_somebody_acknowledges_it_and_comes_again_where_the_clock_is_put_back() -> None:
    session = session_for(authority="approval")
    while not session.news.alarms():
        session.tick(0.5)
        session.collect()
    (alarm,) = session.news.alarms()
    session.news.acknowledge(alarm.n)
    session.news.acknowledge(alarm.n + 1)
    assert session.news.alarms() == []
    back_s = alarm.t_s - 5.0
    session.rewind(back_s)
    assert session.news.alarms() == []
    session.is_paused = False
    while session.now_s < alarm.t_s + 1.0:
        session.tick(0.5)
        session.collect()
    assert [line.text for line in session.news.alarms()] == [alarm.text]

"""A session: ticked and finished it is the run to the byte; rewound, branched, saved or injected it is still exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import opendome as od
from opendome.base.errors import CommandError
from opendome.console.exercise import load_exercise
from opendome.console.keeping import keep_exercise, keep_played
from opendome.console.session import END_SEAT, Session
from opendome.results.single_schema import SINGLE_RUN_TABLES
from opendome.study.inject import Inject, InjectKind
from opendome.study.orders import Action, Order
from opendome.study.single import open_run, run_of
from tests.console.cases import FROM_S, LASTS_MIN, exercise_for, give, session_for, tick_to
from tests.study.live_cases import KINDS, REPLICATION, SEED, assert_same, launched


def end(session: Session) -> dict[str, Any]:
    """The tables once the exercise is finished."""
    session.finish()
    return run_of(session.play, session.changed.scenario).tables()


def script(session: Session, until_s: float = 300.0) -> None:
    """A person at work: approves every third proposal, lets some fall, changes levels."""
    done = 0
    while session.now_s < until_s and not session.is_over:
        session.tick(0.1)
        for track in list(session.play.desk.waiting):
            done += 1
            action = (Action.APPROVE, Action.HOLD, Action.APPROVE)[done % 3]
            give(session, action, track_id=track)
        if 100.0 <= session.now_s < 100.1:
            give(session, Action.SALVO, n_rounds=2)
        if 160.0 <= session.now_s < 160.1:
            give(session, Action.WEAPONS, value="free")
            give(session, Action.ALERT, i_area=2)


# --- it is the run ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("finish_s", [130.0, 400.0])
def test_ticked_and_untouched_it_is_the_run_to_the_byte(kind: str, finish_s: float, tmp_path: Path) -> None:
    session = session_for(kind)
    ticks = 0
    while session.now_s < finish_s and not session.is_over:
        session.tick(0.1)
        ticks += 1
        if ticks % 5 == 0:
            session.collect()
    assert ticks > 1000
    session.finish()
    keep_played(session, tmp_path / "played")
    od.run(session.scenario, seed=SEED, replication=REPLICATION).save(tmp_path / "run")
    for name in SINGLE_RUN_TABLES:
        ours, theirs = ((tmp_path / where / f"{name}.parquet").read_bytes() for where in ("played", "run"))
        assert ours == theirs, f"{name}.parquet differs"
    assert open_run(tmp_path / "played").table("launches").num_rows > 5


def test_before_its_beginning_the_rule_decides_whatever_the_levels() -> None:
    for weapons in ("hold", "tight", "free"):
        session = session_for(from_s=120.0, authority="manual", weapons=weapons)
        assert len(launched(session.play)) == len(launched(session_for(from_s=120.0).play)) > 3


def test_weapons_free_at_the_beginning_is_in_force() -> None:
    fired = {}
    for weapons in ("free", "tight", "hold"):
        session = session_for(weapons=weapons)
        tick_to(session, 300.0)
        fired[weapons] = len(launched(session.play))
    assert fired["hold"] == 0 < fired["tight"] < fired["free"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_rehearsal_leaves_no_trace(kind: str) -> None:
    rehearsed, plain = session_for(kind), session_for(kind)
    rehearsed.rehearse()
    assert rehearsed.now_s == FROM_S and rehearsed.play.orders == [] and rehearsed.news.lines == plain.news.lines
    assert_same(end(rehearsed), end(plain))


# --- the clock ---


def test_it_stands_until_it_is_started_and_goes_at_its_pace() -> None:
    session = Session(exercise_for(), Path())
    assert session.is_paused and session.now_s == FROM_S
    session.tick(0.1)
    assert session.now_s == FROM_S
    session.is_paused = False
    session.tick(0.1)
    assert session.now_s == pytest.approx(FROM_S + 0.1)
    session.rate = 8.0
    session.tick(0.1)
    assert session.now_s == pytest.approx(FROM_S + 0.9)


def test_it_ends_when_live_play_ends() -> None:
    session = session_for(rate=32.0)
    tick_to(session, 1e9)
    assert session.is_over and session.is_paused
    assert session.now_s == FROM_S + 60.0 * LASTS_MIN
    session.is_paused = False
    session.tick(10.0)
    assert session.now_s == FROM_S + 60.0 * LASTS_MIN


def test_skip_goes_on_to_a_little_before_the_next_track() -> None:
    session = session_for(from_s=1.0)
    assert session.can_skip
    session.skip()
    first_s = float(session.play.window.tracks["t_confirmed_s"].min())
    assert first_s - 9.0 < session.now_s < first_s
    session.skip()
    assert session.now_s < first_s
    tick_to(session, first_s + 5.0)
    assert not session.can_skip
    t_s = session.now_s
    session.skip()
    assert session.now_s == t_s, "there is something to see"


def test_without_a_beginning_it_begins_before_the_first_track() -> None:
    session = Session(exercise_for(from_s=None), Path())
    tracks = session_for(from_s=300.0).play.window.tracks
    assert 0.0 <= session.from_s < float(tracks["t_confirmed_s"].min())


# --- rewind, save, branch ---


@settings(max_examples=12)
@given(
    played_s=st.floats(60.0, 280.0),
    back_share=st.floats(0.0, 1.0),
    level=st.sampled_from(["manual", "approval", "veto", "automatic"]),
    kind=st.sampled_from(["statistical", "networked"]),
)
def test_rewound_and_played_on_alike_it_ends_alike(played_s: float, back_share: float, level: str, kind: str) -> None:
    straight, other = (session_for(kind, authority=level) for _ in range(2))
    for session in (straight, other):
        script(session, played_s)
    orders, t_s = list(straight.play.orders), straight.now_s
    back_s = FROM_S + back_share * (t_s - FROM_S)
    other.rewind(back_s)
    assert other.is_paused and other.now_s == pytest.approx(back_s)
    assert repr(other.play.orders) == repr([order for order in orders if order.t_s < back_s])
    for order in orders[len(other.play.orders) :]:
        other.play.enter(order)
    other.play.run_until(t_s)
    assert_same(end(other), end(straight))


def test_saved_and_loaded_it_goes_on_where_it_stood(tmp_path: Path) -> None:
    session = session_for(authority="approval", has_instructor=True)
    script(session, 120.0)
    session.inject(Inject(130.0, InjectKind.RADAR_FAILURE, "b1", 1.0))
    session.inject(Inject(130.0, InjectKind.LAUNCHER_JAM, "b2", 0.5))
    script(session, 150.0)
    keep_exercise(session, tmp_path / "kept.yaml")
    exercise, folder = load_exercise(tmp_path / "kept.yaml")
    again = Session(exercise, folder)
    assert again.now_s == session.now_s and again.is_paused
    assert repr(again.play.orders) == repr(session.play.orders)
    assert again.play.choices == session.play.choices
    assert repr(again.play.desk) == repr(session.play.desk)
    np.testing.assert_array_equal(again.play.scope(), session.play.scope())
    again.is_paused = False
    for one in (session, again):
        script(one, 220.0)
    assert_same(end(again), end(session))


def test_a_branch_leaves_the_line_that_it_came_from(tmp_path: Path) -> None:
    session = session_for(authority="approval")
    script(session, 100.0)
    keep_exercise(session, tmp_path / "branch.yaml")
    before = (tmp_path / "branch.yaml").read_bytes()
    script(session, 200.0)
    assert (tmp_path / "branch.yaml").read_bytes() == before
    branch = Session(*load_exercise(tmp_path / "branch.yaml"))
    branch.is_paused = False
    give(branch, Action.AUTHORITY, value="automatic")
    tick_to(branch, 200.0)
    assert branch.play.choices != session.play.choices
    assert branch.play.choices[:5] == session.play.choices[:5]


def test_one_cannot_rewind_into_what_lies_ahead() -> None:
    session = session_for()
    tick_to(session, 50.0)
    with pytest.raises(CommandError, match="lies ahead"):
        session.rewind(60.0)
    with pytest.raises(CommandError, match="lies ahead"):
        session.rewind(float("nan"))
    session.rewind(-100.0)
    assert session.now_s == FROM_S


def test_rewinding_forgets_orders_and_injects_given_after_it_and_keeps_what_was_planned() -> None:
    planned = [{"at_s": 150, "kind": "launcher_jam", "what": "b1", "lasts_min": 1, "count": 1}]
    session = session_for(authority="manual", injects=planned)
    tick_to(session, 60.0)
    give(session, Action.SALVO, n_rounds=2)
    tick_to(session, 100.0)
    session.inject(Inject(120.0, InjectKind.BATTERY_FAILURE, "b2", 1.0))
    session.inject(Inject(125.0, InjectKind.LAUNCHER_JAM, "b2", 1.0))
    tick_to(session, 170.0)
    assert [order.action for order in session.play.orders] == [Action.SALVO, Action.JAM, Action.JAM]
    session.rewind(90.0)
    assert [order.action for order in session.play.orders] == [Action.SALVO]
    assert [inject.kind for inject in session.injects] == [InjectKind.LAUNCHER_JAM]
    session.is_paused = False
    tick_to(session, 170.0)
    assert [order.action for order in session.play.orders] == [Action.SALVO, Action.JAM]


# --- injects ---

SALVO = {"what": "north-hills", "toward": "alder", "threat_class": "medium-rocket", "count": 5}
INJECTS = {
    InjectKind.RADAR_FAILURE: {"what": "b1"},
    InjectKind.BATTERY_FAILURE: {"what": "b1"},
    InjectKind.LAUNCHER_JAM: {"what": "b1", "count": 9},
    InjectKind.EXTRA_SALVO: SALVO,
    InjectKind.FALSE_TRACKS: SALVO,
}


@pytest.mark.parametrize("kind", INJECTS)
@pytest.mark.parametrize("level", ["approval", "automatic"])
def test_an_inject_now_leaves_scope_and_log_of_now_as_they_were(kind: InjectKind, level: str) -> None:
    session = session_for(authority=level)
    script(session, 101.25)
    session.collect()
    scope, lines, orders = session.play.scope(), list(session.news.lines), list(session.play.orders)
    session.inject(Inject(session.now_s, kind, **INJECTS[kind]))
    assert session.now_s == pytest.approx(101.3, abs=0.11) and not session.is_paused
    now = session.play.scope()
    kept = [name for name in scope.dtype.names if name not in ("i_track", "i_row")]
    np.testing.assert_array_equal(now[kept], scope[kept])
    assert session.news.lines[: len(lines)] == lines
    assert repr(session.play.orders) == repr(orders)
    session.tick(0.1)


def test_an_inject_that_lies_behind_is_refused_and_changes_nothing() -> None:
    session = session_for()
    tick_to(session, 100.0)
    play = session.play
    for inject, says in (
        (Inject(99.0, InjectKind.RADAR_FAILURE, "b1"), "has passed"),
        (Inject(120.0, InjectKind.RADAR_FAILURE, "b7"), "no radar `b7`"),
        (Inject(120.0, InjectKind.LAUNCHER_JAM, "b7"), "no battery `b7`"),
    ):
        with pytest.raises(CommandError, match=says):
            session.inject(inject)
    assert session.play is play and session.injects == []


def test_an_inject_planned_for_later_comes_at_its_time() -> None:
    session = session_for()
    tick_to(session, 60.0)
    session.inject(Inject(99.95, InjectKind.LAUNCHER_JAM, "b1", 1.0, count=2))
    tick_to(session, 99.9)
    assert session.play.orders == []
    session.tick(0.1)
    (jam,) = session.play.orders
    assert jam.action is Action.JAM and jam.t_s == 99.95


# --- the end ---


def test_after_the_end_the_rule_decides_and_the_orders_say_so() -> None:
    session = session_for(authority="manual")
    tick_to(session, 100.0)
    assert len(launched(session.play)) == 0
    session.finish()
    assert session.is_over and session.now_s == pytest.approx(100.0)
    shots = launched(session.play)
    assert len(shots) > 5 and (shots["t_s"] >= 100.0).all()
    assert {order.seat for order in session.play.orders} == {END_SEAT}
    session.finish()
    assert len(launched(session.play)) == len(shots)


def test_weapons_hold_ends_with_live_play() -> None:
    session = session_for(weapons="hold")
    tick_to(session, 100.0)
    session.finish()
    assert len(launched(session.play)) > 5


def test_after_the_end_one_can_rewind_and_play_on_but_put_no_inject() -> None:
    session = session_for(authority="approval")
    script(session, 120.0)
    given = repr(session.play.orders)
    session.finish()
    with pytest.raises(CommandError, match="over"):
        session.inject(Inject(150.0, InjectKind.RADAR_FAILURE, "b1"))
    session.rewind(session.now_s)
    assert repr(session.play.orders) == given and not session.is_over


def test_an_order_at_every_tick_is_no_harm() -> None:
    session = session_for(authority="approval", rate=4.0)
    actions = [Action.APPROVE, Action.HOLD, Action.CEASE, Action.ASSIGN]
    k = 0
    while session.now_s < 280.0:
        session.tick(0.1)
        scope = session.play.scope()
        if len(scope):
            k += 1
            track = int(scope["track_id"][k % len(scope)])
            session.order(Order(0.0, actions[k % 4], track, i_unit=k % 2, n_rounds=1))
    assert len(session.play.orders) > 300
    assert len(launched(session.play)) > 3

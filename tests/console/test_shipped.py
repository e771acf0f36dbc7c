"""The exercises that come with the program, each played by a program: neither empty nor hopeless, and as they say."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from opendome.console.exercise import exercise_names, load_exercise
from opendome.console.session import Session
from opendome.console.showing import state_of
from opendome.study.orders import Action, Authority, Order
from opendome.study.single import run_of
from tests.study.live_cases import assert_one_engagement_at_a_time


class Outcome(NamedTuple):
    """What came of an exercise, counted over what was launched in it."""

    leaks: int
    intercepted: int
    shots: int
    unanswered: int


def session_of(name: str, level: Authority | None = None) -> Session:
    """An exercise at its beginning, its clock started, by approval or as it says."""
    exercise, folder = load_exercise(name)
    session = Session(exercise if level is None else exercise.model_copy(update={"authority": level}), folder)
    session.is_paused = False
    return session


def played(name: str, reaction_s: float | None) -> Outcome:
    """Play an exercise by approval: by one who approves what waits after a while, or by one who does nothing."""
    session = session_of(name, Authority.APPROVAL)
    while not session.is_over:
        session.tick(0.5)
        for track, waiting in list(session.play.desk.waiting.items()):
            if reaction_s is not None and session.now_s >= waiting.asked_s + reaction_s:
                session.order(Order(0.0, Action.APPROVE, track, seat=session.exercise.seats[0]))
    unanswered = len(session.play.desk.unanswered)
    session.finish()
    assert_one_engagement_at_a_time(session.play)
    tables = run_of(session.play, session.changed.scenario).tables()

    def in_it(table: str) -> list[dict[str, Any]]:
        return [row for row in tables[table].to_pylist() if session.from_s <= row["t_s"] < session.until_s]

    ends = [row["end"] for row in in_it("threats")]
    return Outcome(ends.count("leaked_built_up"), ends.count("intercepted"), len(in_it("launches")), unanswered)


@pytest.mark.parametrize("name", exercise_names())
def test_is_neither_empty_nor_hopeless(name):
    idle, quick = played(name, None), played(name, 3.0)
    assert idle.leaks >= 6 and idle.unanswered >= 10, "nothing happens in it"
    assert quick.shots >= 12 and quick.intercepted >= 10
    assert quick.leaks <= 0.75 * idle.leaks, "there is nothing that a person could do"


@pytest.mark.parametrize("name", exercise_names())
def test_says_what_it_is(name):
    exercise, _ = load_exercise(name)
    assert exercise.title and exercise.briefing
    assert exercise.from_s is not None


def test_slow_answers_cost_something():
    quick, slow = played("radar-down", 3.0), played("radar-down", 30.0)
    assert slow.leaks > quick.leaks


def test_a_radar_that_fails_leaves_nothing_on_the_scope_until_it_is_back():
    session = session_of("radar-down")
    shown = {}
    while session.now_s < 230.0:
        session.tick(0.5)
        shown[round(session.now_s, 1)] = len(session.play.scope())
    assert shown[109.5] > 4 and shown[180.0] == 0 and shown[220.0] > 4


def test_links_are_cut_one_after_the_other_and_come_back():
    session = session_of("link-cut")
    n_down = []
    while not session.is_over:
        session.tick(1.0)
        n_down.append(len(state_of(session)["links_down"]))
    assert max(n_down) == 3 and n_down[0] == n_down[-1] == 0


def test_two_seats_have_an_instructor_and_something_planned():
    exercise = session_of("two-seats").exercise
    assert exercise.seats == ("North", "South") and exercise.has_instructor
    assert {planned.kind.value for planned in exercise.injects} == {"launcher_jam", "false_tracks"}

"""The exercises that come with the program: each can be played, asks for decisions, and is neither lost nor won."""

from __future__ import annotations

import pytest

from opendome.console.exercise import exercise_names, load_exercise
from opendome.console.session import Session
from opendome.study.orders import Action, Authority, Order

STEP_S = 5.0


def played(name: str, is_answering: bool) -> Session:
    """An exercise played to its end by somebody who approves the most urgent proposal every five seconds, or nobody."""
    session = Session(*load_exercise(name))
    while not session.is_over:
        session.advance(session.now_s + STEP_S)
        session.collect()
        waiting = session.play.desk.waiting
        if is_answering and waiting:
            first = min(waiting, key=lambda track_id: (waiting[track_id].t_latest_s, track_id))
            session.order(Order(0.0, Action.APPROVE, first))
    return session


@pytest.mark.parametrize("name", exercise_names())
def test_asks_and_can_be_answered(name):
    idle, busy = played(name, False), played(name, True)
    approved = [order for order in busy.play.orders if order.action is Action.APPROVE]
    assert len(approved) >= 5
    if idle.exercise.authority is Authority.APPROVAL:
        assert len(idle.play.desk.unanswered) > len(busy.play.desk.unanswered)
    fired = [int(session.play.state.fired_by_unit.sum()) for session in (idle, busy)]
    assert fired[1] > 0


@pytest.mark.parametrize("name", exercise_names())
def test_says_what_it_is(name):
    exercise, _ = load_exercise(name)
    assert exercise.title
    assert exercise.briefing
    assert exercise.from_s is not None


def test_what_is_planned_happens():
    session = played("radar-down", False)
    assert len(session.injects) == 3
    lines = " ".join(line.text for line in session.news.lines)
    assert "no answer before the last launch" in lines
    cut = played("link-cut", False)
    assert cut.changed.remade_s

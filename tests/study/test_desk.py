"""The desk: what stands on it answers a decision, and for how long."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.doctrine import view
from opendome.study.desk import Desk, Question, Unanswered, Waiting
from opendome.study.orders import Action, Authority, Order, Weapons

TRACK = 41


def question(
    t_s: float = 10.0,
    units: tuple[tuple[int, int], ...] = ((0, 1), (0, 2), (1, 1)),
    proposed: int = 0,
    latest_s: float = 40.0,
    track_id: int = TRACK,
) -> Question:
    """A decision about a track, with options given as (unit, rounds)."""
    options = np.zeros((len(units), view.N_OPTION))
    for row, (unit, n_rounds) in zip(options, units, strict=True):
        row[view.UNIT], row[view.N_ROUNDS], row[view.T_LATEST_S] = unit, n_rounds, latest_s
    return Question(0, t_s, track_id, np.zeros(view.N_TRACK), options, np.zeros(view.N_STOCK), proposed)


def order(action: Action, **more: object) -> Order:
    """An order about the track."""
    return Order(10.0, action, TRACK, **more)  # type: ignore[arg-type]


def level(authority: Authority) -> Desk:
    """A desk at a level."""
    return Desk(authority)


def test_where_authority_is_automatic_the_proposal_is_carried_out_at_once() -> None:
    desk = level(Authority.AUTOMATIC)
    assert desk.choose(question(proposed=2)) == 2
    assert desk.choose(question(proposed=-1)) == view.HOLD
    assert not desk.waiting


def test_where_it_is_manual_nothing_is_put_and_nothing_done() -> None:
    desk = level(Authority.MANUAL)
    assert desk.choose(question()) == view.HOLD
    assert not desk.waiting


def test_where_it_is_by_approval_a_proposal_waits_and_is_renewed() -> None:
    desk = level(Authority.APPROVAL)
    assert desk.choose(question(10.0)) == view.HOLD
    assert desk.waiting[TRACK] == Waiting(10.0, 40.0, math.inf)
    assert desk.choose(question(12.0, latest_s=38.0)) == view.HOLD
    assert desk.waiting[TRACK] == Waiting(10.0, 38.0, math.inf), "asked when first put"


def test_what_the_rule_does_not_propose_is_not_put() -> None:
    desk = level(Authority.APPROVAL)
    assert desk.choose(question(proposed=-1)) == view.HOLD
    assert not desk.waiting


@pytest.mark.parametrize(
    ("asked_s", "latest_s", "fires_s"), [(10.0, 40.0, 14.0), (10.0, 13.0, 12.0), (10.0, 10.5, 10.0), (10.0, 10.0, 10.0)]
)
def test_under_veto_it_fires_after_a_while_but_before_the_last_launch(
    asked_s: float, latest_s: float, fires_s: float
) -> None:
    desk = level(Authority.VETO)
    row = desk.choose(question(asked_s, latest_s=latest_s))
    assert desk.waiting[TRACK].t_fires_s == fires_s
    assert row == (0 if fires_s <= asked_s else view.HOLD)
    assert desk.choose(question(fires_s, latest_s=latest_s)) == 0


@given(
    asked_s=st.floats(0.0, 1e5),
    left_s=st.floats(0.0, 60.0),
    veto_s=st.floats(0.1, 60.0),
    later=st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(-5.0, 5.0)), max_size=5),
)
def test_under_veto_the_time_never_comes_before_the_asking(
    asked_s: float, left_s: float, veto_s: float, later: list[tuple[float, float]]
) -> None:
    desk = Desk(Authority.VETO, veto_s=veto_s)
    t_s, latest_s = asked_s, asked_s + left_s
    desk.choose(question(t_s, latest_s=latest_s))
    for step_s, change_s in later:
        t_s, latest_s = t_s + step_s, max(latest_s + change_s, t_s + step_s)
        row = desk.choose(question(t_s, latest_s=latest_s))
        waiting = desk.waiting[TRACK]
        assert waiting.asked_s == asked_s
        assert asked_s <= waiting.t_fires_s <= max(asked_s + veto_s, asked_s)
        assert (row == 0) == (t_s >= waiting.t_fires_s)


def test_an_approval_carries_out_what_is_proposed_at_that_moment() -> None:
    desk = level(Authority.APPROVAL)
    desk.choose(question())
    desk.take(order(Action.APPROVE))
    assert desk.choose(question(proposed=2)) == 2
    assert desk.choose(question(proposed=-1)) == 0, "a person wants a shot: the first that can be had"


def test_an_answer_says_when_it_was_asked_for() -> None:
    desk = level(Authority.APPROVAL)
    assert math.isnan(desk.take(order(Action.APPROVE)).asked_s), "nobody had asked"
    desk.answers.clear()
    desk.choose(question(8.5))
    assert desk.take(order(Action.HOLD)).asked_s == 8.5
    assert TRACK not in desk.waiting


def test_an_answer_played_again_keeps_the_time_at_which_it_was_asked_for() -> None:
    desk = level(Authority.APPROVAL)
    desk.choose(question(8.5))
    assert desk.take(order(Action.APPROVE, asked_s=3.0)).asked_s == 3.0


@pytest.mark.parametrize(
    ("unit", "n_rounds", "row"), [(0, 1, 0), (0, 2, 1), (0, 9, 1), (1, 1, 2), (1, 0, 2), (0, 0, 0), (7, 1, -1)]
)
def test_an_assignment_takes_that_unit_and_at_most_so_many_rounds(unit: int, n_rounds: int, row: int) -> None:
    desk = level(Authority.MANUAL)
    desk.take(order(Action.ASSIGN, i_unit=unit, n_rounds=n_rounds))
    assert desk.choose(question()) == row


@pytest.mark.parametrize("authority", list(Authority))
@pytest.mark.parametrize("action", [Action.HOLD, Action.CEASE])
def test_what_a_person_lets_fall_is_held_at_every_level(authority: Authority, action: Action) -> None:
    desk = level(authority)
    desk.take(order(action))
    assert desk.choose(question()) == view.HOLD
    assert desk.choose(question(track_id=99)) == (0 if authority is Authority.AUTOMATIC else view.HOLD)


def test_an_approval_is_done_with_once_a_shot_is_fired_and_a_hold_is_not() -> None:
    desk = level(Authority.APPROVAL)
    desk.take(order(Action.APPROVE))
    desk.fired(TRACK)
    assert not desk.answers
    desk.take(order(Action.HOLD))
    desk.fired(TRACK)
    assert desk.answers[TRACK].action is Action.HOLD


def test_cease_takes_an_approval_back() -> None:
    desk = level(Authority.APPROVAL)
    desk.take(order(Action.APPROVE))
    desk.take(order(Action.CEASE))
    assert desk.choose(question()) == view.HOLD


@pytest.mark.parametrize("authority", list(Authority))
def test_weapons_hold_holds_everything(authority: Authority) -> None:
    desk = Desk(authority, Weapons.HOLD)
    desk.take(order(Action.APPROVE))
    assert desk.choose(question()) == view.HOLD
    assert not desk.waiting


def test_what_nobody_answers_in_time_is_put_aside() -> None:
    desk = level(Authority.APPROVAL)
    desk.choose(question(10.0, latest_s=40.0))
    desk.choose(question(11.0, latest_s=60.0, track_id=42))
    desk.expire(40.0)
    assert not desk.unanswered
    desk.expire(40.1)
    assert desk.unanswered == [Unanswered(TRACK, 10.0, 40.0)]
    assert list(desk.waiting) == [42]


def test_another_level_withdraws_what_waits_and_the_same_does_not() -> None:
    desk = level(Authority.APPROVAL)
    desk.choose(question())
    desk.take(Order(11.0, Action.AUTHORITY, value="approval"))
    assert TRACK in desk.waiting
    desk.take(Order(11.0, Action.AUTHORITY, value="veto"))
    assert not desk.waiting and desk.authority is Authority.VETO
    assert not desk.unanswered

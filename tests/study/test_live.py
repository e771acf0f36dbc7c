"""Live play is the battle itself: without orders it is the run, and orders alone decide what differs from it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.base.types import Reason
from opendome.battle.scope import Standing
from opendome.battle.state import Count
from opendome.doctrine import rules
from opendome.doctrine.view import HOLD, N_ROUNDS, P_KILL, T_LATEST_S, UNIT
from opendome.scenario.compile import compile_world
from opendome.study.doors import as_function, batch_policy
from opendome.study.live import LivePlay, play_orders
from opendome.study.orders import Action, Authority, Order, Weapons
from opendome.study.single import run
from opendome.study.watch import look
from tests.study.live_cases import (
    KINDS,
    REPLICATION,
    SEED,
    assert_one_engagement_at_a_time,
    assert_same,
    launched,
    operator_by,
    play_of,
    scenario_of,
    tables_of,
)


def ran(kind: str, policy: Any = None) -> dict[str, Any]:
    """The tables of the same replication, run and not played."""
    return run(scenario_of(kind), SEED, REPLICATION, policy=policy).tables()


# --- without orders it is the run ---


@pytest.mark.parametrize("kind", KINDS)
def test_a_battle_that_nobody_touches_is_the_run(kind: str) -> None:
    play = play_of(kind)
    for tick in range(300, 2600):
        play.run_until(0.1 * tick)
        if tick % 25 == 0:
            for blip in play.scope():
                look(play, int(blip["i_track"]))
    play.run_to_end()
    assert_same(tables_of(play, scenario_of(kind)), ran(kind))


@pytest.mark.parametrize("t_s", [31.7, 95.0, 163.3])
def test_automatic_authority_entered_where_it_is_in_force_changes_nothing(t_s: float) -> None:
    play = play_of()
    play.enter(Order(t_s, Action.AUTHORITY, value="automatic"))
    play.run_to_end()
    assert_same(tables_of(play, scenario_of("statistical")), ran("statistical"))


def surest(track: np.ndarray, options: np.ndarray, stock: np.ndarray) -> int:
    """A rule of one's own: the surest option, and only where the last launch is near."""
    row = int(np.argmax(options[:, P_KILL]))
    return row if options[row, T_LATEST_S] < track[0] + 20.0 else HOLD


@batch_policy
def surest_of_batch(tracks: np.ndarray, options: np.ndarray, stock: np.ndarray) -> np.ndarray:
    """The same rule for a batch of decisions."""
    return np.array([surest(*one) for one in zip(tracks, options, stock, strict=True)])


@pytest.mark.parametrize("rule", ["earliest", "greedy", "price", surest, surest_of_batch])
@pytest.mark.parametrize("kind", KINDS)
def test_a_person_who_does_what_a_policy_does_gets_what_it_gets(kind: str, rule: Any) -> None:
    function = as_function(getattr(rules, rule)) if isinstance(rule, str) else as_function(rule)
    proposes = rule if rule == "price" else "earliest"
    play = play_of(kind, Authority.MANUAL, rule=proposes, operator=operator_by(function))
    play.run_to_end()
    assert_same(tables_of(play, scenario_of(kind)), ran(kind, rule))
    assert len(play.orders) == len(play.choices) > 5


@pytest.mark.parametrize("kind", KINDS)
def test_answers_kept_from_one_play_are_enough_to_play_it_again(kind: str) -> None:
    play = play_of(kind, Authority.MANUAL, operator=operator_by(surest))
    play.run_to_end()
    again = play_of(kind, Authority.MANUAL, on_spot=play.orders)
    again.run_to_end()
    assert again.choices == play.choices
    assert_same(tables_of(again, scenario_of(kind)), tables_of(play, scenario_of(kind)))


# --- save, rewind, branch ---


@st.composite
def entered(draw: st.DrawFn) -> list[tuple[float, Action, dict[str, Any]]]:
    """Orders at times of their own; what they are about is picked from what is there then."""
    times = draw(st.lists(st.floats(26.0, 260.0, allow_nan=False), max_size=8, unique=True).map(sorted))
    kinds = st.sampled_from(
        [
            (Action.APPROVE, {}),
            (Action.ASSIGN, {"n_rounds": 1}),
            (Action.ASSIGN, {"n_rounds": 2, "i_unit": 1}),
            (Action.HOLD, {}),
            (Action.CEASE, {}),
            *((Action.AUTHORITY, {"value": level.value}) for level in Authority),
            *((Action.WEAPONS, {"value": level.value}) for level in Weapons),
            (Action.SALVO, {"n_rounds": 2}),
            (Action.RESERVE, {"value": "0.5"}),
            (Action.ALERT, {"i_area": 3}),
            (Action.ALERT_RULE, {"value": "off"}),
            (Action.ALERT_RULE, {"value": "on"}),
            (Action.JAM, {"i_unit": 0, "n_rounds": 1, "value": "30"}),
        ]
    )
    return [(t_s, *draw(kinds)) for t_s in times]


def give(play: LivePlay, orders: list[tuple[float, Action, dict[str, Any]]], pick: int) -> None:
    """Give orders one after the other, those about a track about one that stands on the scope."""
    for t_s, action, what in orders:
        play.run_until(t_s)
        scope = play.scope()
        about = action in (Action.APPROVE, Action.ASSIGN, Action.HOLD, Action.CEASE)
        if about and len(scope) == 0:
            continue
        track = int(scope["track_id"][pick % len(scope)]) if about else -1
        play.enter(Order(t_s, action, track, **{"i_unit": 0, **what} if about else what))


@settings(max_examples=20)
@given(
    orders=entered(),
    pick=st.integers(0, 50),
    back_s=st.floats(0.0, 300.0),
    level=st.sampled_from(list(Authority)),
    kind=st.sampled_from(["statistical", "networked"]),
)
def test_rewound_and_played_on_it_is_the_battle_that_was_never_rewound(
    orders: list[Any], pick: int, back_s: float, level: Authority, kind: str
) -> None:
    straight = play_of(kind, level)
    give(straight, orders, pick)
    straight.run_until(max(straight.now_s, back_s))
    branched = play_orders(play_of(kind, level), straight.orders, back_s)
    assert branched.now_s >= min(back_s, straight.now_s)
    later = [order for order in straight.orders if order.t_s > back_s]
    play_orders(branched, later, straight.now_s)
    for play in (straight, branched):
        play.run_to_end()
        assert_one_engagement_at_a_time(play)
    assert repr(branched.orders) == repr(straight.orders)
    assert branched.choices == straight.choices
    assert branched.desk.unanswered == straight.desk.unanswered
    scenario = scenario_of(kind)
    assert_same(tables_of(branched, scenario), tables_of(straight, scenario))


def test_a_tracked_battle_is_rewound_to_the_bit() -> None:
    orders = [
        (40.0, Action.APPROVE, {}),
        (60.0, Action.WEAPONS, {"value": "free"}),
        (110.0, Action.ASSIGN, {"n_rounds": 1}),
        (150.0, Action.AUTHORITY, {"value": "veto"}),
    ]
    straight = play_of("tracked", Authority.APPROVAL)
    give(straight, orders, 1)
    branched = play_orders(play_of("tracked", Authority.APPROVAL), straight.orders, 120.0)
    play_orders(branched, [order for order in straight.orders if order.t_s > 120.0], 160.0)
    for play in (straight, branched):
        play.run_to_end()
    assert_same(tables_of(branched, scenario_of("tracked")), tables_of(straight, scenario_of("tracked")))


# --- what orders do ---


def test_rounds_are_neither_made_nor_lost_by_any_order() -> None:
    play = play_of(level=Authority.APPROVAL)
    initial = int(play.state.depots.sum())
    play.run_until(1.0)
    whole = initial + int(play.state.launchers["rounds"].sum() + play.state.launchers["coming"].sum())
    rng = np.random.default_rng(5)
    for t_s in np.arange(26.0, 250.0, 1.5):
        play.run_until(float(t_s))
        scope = play.scope()
        if len(scope):
            track = int(rng.choice(scope["track_id"]))
            action = rng.choice(np.array([Action.APPROVE, Action.ASSIGN, Action.CEASE, Action.HOLD]))
            unit, n_rounds = int(rng.integers(2)), int(rng.integers(1, 4))
            play.enter(Order(play.now_s, Action(str(action)), track, i_unit=unit, n_rounds=n_rounds))
        state = play.state
        assert (state.launchers["rounds"] >= 0).all() and (state.depots >= 0).all()
        held = int(state.launchers["rounds"].sum() + state.launchers["coming"].sum() + state.depots.sum())
        assert held + int(state.count[Count.FIRED]) == whole
    assert state.count[Count.FIRED] == len(launched(play)) > 5


def test_a_proposal_that_nobody_answers_is_noted_and_nothing_is_fired() -> None:
    play = play_of(level=Authority.APPROVAL)
    play.run_to_end()
    assert len(launched(play)) == 0
    assert len(play.desk.unanswered) > 5
    fired_at = set(launched(automatic())["track_id"].tolist())
    assert {item.track_id for item in play.desk.unanswered} >= fired_at
    assert all(item.asked_s <= item.t_latest_s for item in play.desk.unanswered)


def automatic() -> LivePlay:
    """The battle that nobody touches, at its end."""
    play = play_of()
    play.run_to_end()
    return play


def first_asked(play: LivePlay) -> int:
    """Play on to the first proposal; gives its track."""
    while not play.desk.waiting:
        assert play.now_s < 300.0, "nothing is proposed in this battle"
        play.run_until(play.now_s + 0.1)
    return next(iter(play.desk.waiting))


def test_an_approval_fires_at_once_and_says_when_it_was_asked_for() -> None:
    play = play_of(level=Authority.APPROVAL)
    track = first_asked(play)
    asked_s = play.desk.waiting[track].asked_s
    play.run_until(play.now_s + 2.5)
    t_s = play.now_s
    assert play.enter(Order(t_s, Action.APPROVE, track)) is True
    shots = launched(play)
    assert shots["track_id"].tolist() == [track]
    assert (shots["t_s"] >= t_s).all()
    assert play.orders[-1].asked_s == asked_s
    assert track not in play.desk.answers, "what was approved has been done"


def test_under_veto_a_shot_is_ordered_at_the_very_time_that_it_says() -> None:
    play = play_of(level=Authority.VETO)
    track = first_asked(play)
    waiting = play.desk.waiting[track]
    assert waiting.t_fires_s == waiting.asked_s + play.desk.veto_s
    play.run_until(waiting.t_fires_s)
    assert int(play.state.count[Count.FIRED]) == 0
    play.run_until(math.nextafter(waiting.t_fires_s, math.inf))
    assert launched(play)["track_id"].tolist() == [track]
    lines = play.state.decisions[: play.state.count[Count.N_DECISIONS]]
    shot = lines[lines["n_rounds"] > 0]
    assert shot["t_s"].tolist() == [waiting.t_fires_s]


def test_under_veto_an_approval_is_not_fired_once_more_when_its_time_comes() -> None:
    play = play_of(level=Authority.VETO)
    while play.now_s < 280.0:
        play.run_until(play.now_s + 0.5)
        for track, waiting in list(play.desk.waiting.items()):
            if play.now_s >= waiting.asked_s + 2.0:
                play.enter(Order(play.now_s, Action.APPROVE, track))
    play.run_to_end()
    assert_one_engagement_at_a_time(play)
    assert len(play.orders) > 5
    assert len(launched(play)) <= len(launched(automatic())) + 3


def test_under_veto_what_a_person_lets_fall_is_not_fired_at() -> None:
    play = play_of(level=Authority.VETO)
    track = first_asked(play)
    play.enter(Order(play.now_s + 0.5, Action.HOLD, track))
    play.run_to_end()
    assert track not in launched(play)["track_id"]
    assert len(launched(play)) > 3, "the others were fired at"


def test_under_manual_authority_nothing_is_proposed() -> None:
    play = play_of(level=Authority.MANUAL)
    play.run_to_end()
    assert not play.desk.waiting and not play.desk.unanswered and len(launched(play)) == 0
    assert len(play.choices) > 5


def test_weapons_hold_holds_everything_and_tight_lets_it_go_on() -> None:
    play = play_of()
    play.enter(Order(1.0, Action.WEAPONS, value="hold"))
    play.run_until(120.0)
    assert len(launched(play)) == 0
    play.enter(Order(120.0, Action.WEAPONS, value="tight"))
    play.run_to_end()
    shots = launched(play)
    assert len(shots) > 0 and (shots["t_s"] >= 120.0).all()


def test_weapons_free_shoots_under_the_threshold_too() -> None:
    tight, free = automatic(), play_of()
    free.enter(Order(1.0, Action.WEAPONS, value="free"))
    free.run_to_end()
    assert len(launched(free)) > len(launched(tight))
    reasons = tables_of(free, scenario_of("statistical"))["decisions"].column("reason").to_pylist()
    assert "below_threshold" not in reasons


def test_a_salvo_is_the_most_rounds_of_an_engagement() -> None:
    one, two = automatic(), play_of()
    two.enter(Order(1.0, Action.SALVO, n_rounds=2))
    two.run_to_end()
    assert set(shot_by_shot(one)) == {1}
    assert set(shot_by_shot(two)) == {2}


def shot_by_shot(play: LivePlay) -> list[int]:
    """Rounds of every engagement."""
    lines = np.concatenate([*play.logs.intercepts])
    return [int(value) for value in lines["n_rounds"]]


def test_what_is_held_in_reserve_is_not_fired() -> None:
    play = play_of()
    play.run_until(2.0)
    delivered = int(play.state.count[Count.DELIVERED])
    share = (delivered - 2.5) / delivered
    play.enter(Order(2.0, Action.RESERVE, value=str(share)))
    play.run_to_end()
    assert len(launched(play)) == 3
    reasons = tables_of(play, scenario_of("statistical"))["decisions"].column("reason").to_pylist()
    assert "held_in_reserve" in reasons


def test_a_jammed_unit_does_not_fire_until_it_is_free() -> None:
    play = play_of()
    play.run_until(30.0)
    for i_unit in range(2):
        play.enter(Order(30.0, Action.JAM, i_unit=i_unit, n_rounds=12, value="100"))
    play.run_to_end()
    shots = launched(play)
    assert len(shots) > 0 and (shots["t_s"] >= 130.0).all()
    assert launched(automatic())["t_s"].min() < 100.0


def test_cease_fires_no_further_rounds_at_a_track() -> None:
    before = automatic()
    shots = launched(before)
    again = [track for track in shots["track_id"].tolist() if (shots["track_id"] == track).sum() > 1]
    play = play_of()
    if not again:
        pytest.fail("no track of this battle is fired at twice; choose another replication")
    first_s = float(shots["t_s"][shots["track_id"] == again[0]].min())
    play.enter(Order(first_s + 0.01, Action.CEASE, again[0]))
    play.run_to_end()
    assert (launched(play)["track_id"] == again[0]).sum() == 1


def test_an_order_to_a_unit_that_cannot_reach_stands_and_is_no_error() -> None:
    play = play_of(level=Authority.MANUAL)
    play.run_until(60.0)
    track = int(play.scope()["track_id"][0])
    assert play.enter(Order(60.0, Action.ASSIGN, track, i_unit=99, n_rounds=1)) is False
    assert track in play.desk.answers
    play.run_to_end()
    assert len(launched(play)) == 0


def test_an_order_about_a_track_that_is_not_there_is_no_error() -> None:
    play = play_of(level=Authority.APPROVAL)
    assert play.enter(Order(60.0, Action.APPROVE, 123456789)) is False


def test_an_assignment_is_carried_out_by_that_unit_with_no_more_rounds() -> None:
    wide = {"assumptions.iron-dome.defended_radius_km": 25, "assumptions.iron-dome.intercept_reach_km": 30}
    play = play_of(level=Authority.MANUAL, world=compile_world(scenario_of("statistical").override(wide)))
    play.enter(Order(1.0, Action.SALVO, n_rounds=3))
    can: list[Any] = []
    while not can:
        assert play.now_s < 300.0, "no track of this battle can be met by both units"
        play.run_until(play.now_s + 0.5)
        found = [(int(b["track_id"]), look(play, int(b["i_track"]))) for b in play.scope()]
        can = [(track, seen) for track, seen in found if len(set(seen.options[:, UNIT])) == 2]
    track, seen = can[0]
    assert seen.options[:, N_ROUNDS].max() == 3
    assert play.enter(Order(play.now_s, Action.ASSIGN, track, i_unit=1, n_rounds=2)) is True
    shots = launched(play)
    assert shots["i_unit"].tolist() == [1, 1] and shots["track_id"].tolist() == [track] * 2


# --- looks ---


def test_a_look_says_what_the_kernel_would_be_asked() -> None:
    asked: list[Any] = []
    play = play_of(level=Authority.MANUAL, operator=lambda question: asked.append(question))
    play.run_until(100.0)
    seen = 0
    for blip in play.scope():
        row = [question for question in asked if question.track_id == blip["track_id"]]
        found = look(play, int(blip["i_track"]))
        if not row:
            continue
        seen += 1
        if len(found.options):
            assert found.t_latest_s == pytest.approx(found.options[:, T_LATEST_S].max())
            assert found.proposed >= 0
        else:
            assert found.reason in list(Reason)
    assert seen > 0


def test_standing_follows_own_launches_and_looks() -> None:
    play = play_of()
    met: set[int] = set()
    while play.now_s < 260.0:
        play.run_until(play.now_s + 0.5)
        met |= {int(value) for value in play.scope()["standing"]}
    assert met >= {Standing.OPEN, Standing.AWAY, Standing.JUDGED_KILLED}

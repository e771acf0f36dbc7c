"""Small battles for the tests of live play: one salvo after the other, on each kind of picture and network."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from opendome.battle.state import Count
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import Scenario, example
from opendome.scenario.world import TrackedWorld, World
from opendome.study.desk import Desk, Question
from opendome.study.doors import find_policy
from opendome.study.live import LivePlay
from opendome.study.orders import Action, Authority, Order
from opendome.study.single import run_of

SEED, REPLICATION = 7, 3
QUIET: dict[str, Any] = {"duration_day": 0.02, "threats.raid.launched_per_day.mean": 0, "depot.resupply": []}
SALVOS: list[dict[str, Any]] = [
    {"at_s": 25, "from": [35.14, -29.62], "at": [35.08, -29.98], "class": "medium-rocket", "count": 6, "spacing_s": 3},
    {"at_s": 80, "from": [34.88, -29.64], "at": [34.90, -29.96], "class": "medium-rocket", "count": 8, "spacing_s": 2},
    {"at_s": 140, "from": [35.14, -29.62], "at": [35.02, -30.16], "class": "medium-rocket", "count": 6, "spacing_s": 2},
]
NEAR: dict[str, Any] = {
    "batteries[b1].at": [35.06, -30.06],
    "batteries[b2].at": [34.90, -30.00],
    "assumptions.iron-dome.defended_radius_km": 12,
}
HILLS: list[dict[str, Any]] = [
    {"at_s": 25, "from": [35.10, -29.57], "at": [35.02, -30.12], "class": "medium-rocket", "count": 8, "spacing_s": 2},
    {"at_s": 90, "from": [35.10, -29.57], "at": [34.90, -30.06], "class": "medium-rocket", "count": 6, "spacing_s": 2},
]
KINDS = ("statistical", "tracked", "networked")


@cache
def scenario_of(kind: str) -> Scenario:
    """A battle of three minutes: ``statistical``, ``tracked`` or ``networked``."""
    if kind == "networked":
        return example("networked").override({**QUIET, "threats.given": HILLS})
    return example("coastland").override({**QUIET, **NEAR, "threats.given": SALVOS, "picture.kind": kind})


@cache
def world_of(kind: str) -> World | TrackedWorld:
    """The battle, compiled."""
    return compile_world(scenario_of(kind))


def play_of(kind: str = "statistical", level: Authority = Authority.AUTOMATIC, **more: Any) -> LivePlay:
    """A live battle at its beginning."""
    rule = find_policy(more.pop("rule", "earliest"))
    return LivePlay(more.pop("world", world_of(kind)), SEED, REPLICATION, rule, Desk(level), **more)


def tables_of(play: LivePlay, scenario: Scenario) -> dict[str, Any]:
    """Every table of a finished battle."""
    return run_of(play, scenario).tables()


def assert_same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Every column of every table is equal to the bit, and there is something in them."""
    assert found.keys() == wanted.keys()
    for name, table in wanted.items():
        for column in table.column_names:
            assert found[name].column(column).equals(table.column(column)), f"{name}.{column} differs"
    assert sum(table.num_rows for table in wanted.values()) > 50, "nothing happens in this battle"


def assert_one_engagement_at_a_time(play: LivePlay) -> None:
    """At no track is anything fired while rounds are on their way to it."""
    decisions = np.concatenate(play.logs.decisions)
    shots = decisions[decisions["n_rounds"] > 0]
    for track_id in np.unique(shots["track_id"]):
        mine = np.sort(shots[shots["track_id"] == track_id], order="t_s")
        assert (mine["t_s"][1:] >= mine["t_intercept_s"][:-1]).all(), f"track {track_id} is fired at twice at once"


def as_order(question: Question, row: int) -> Order:
    """The order that carries out a row of the options, or lets the track fall for now."""
    if row < 0:
        return Order(0.0, Action.HOLD, question.track_id)
    unit, n_rounds = (int(value) for value in question.options[row, :2])
    return Order(0.0, Action.ASSIGN, question.track_id, unit, n_rounds)


def operator_by(rule: Callable[..., int]) -> Callable[[Question], Order]:
    """A person who does at every decision what a rule says."""
    return lambda question: as_order(question, int(rule(question.track, question.options, question.stock)))


def launched(play: LivePlay) -> np.ndarray:
    """Every launch so far, in order."""
    return np.concatenate([*play.logs.launches, play.state.launches[: play.state.count[Count.N_LAUNCHES]]])

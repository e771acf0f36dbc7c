"""An inject changes what comes after it and nothing before, whatever it is, and is written in the scenario's words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.base.errors import CommandError, ScenarioError
from opendome.scenario.reader import Scenario
from opendome.study.desk import Desk
from opendome.study.doors import find_policy
from opendome.study.inject import Inject, InjectKind, changed_by, jam_order, places_named
from opendome.study.live import LivePlay
from opendome.study.orders import Action, Authority, Order
from tests.study.live_cases import KINDS, REPLICATION, SEED, scenario_of, tables_of

# Columns of a row that tell of what happens after the row's own time.
TOLD_LATER = {"threats": {"end", "reason"}, "warnings": {"t_end_s", "n_tracks", "is_needless"}, "links": {"t_until_s"}}
SALVO = {
    "coastland": {"what": "north-hills", "toward": "alder", "threat_class": "medium-rocket"},
    "networked": {"what": "hills", "toward": "alder", "threat_class": "medium-rocket"},
}
RADAR = {"statistical": "b1", "tracked": "b1", "networked": "air"}


def inject_of(kind: InjectKind, picture: str, t_s: float, **more: Any) -> Inject:
    """An inject of a kind that matters in the battle."""
    salvo = SALVO["networked" if picture == "networked" else "coastland"]
    what: dict[InjectKind, dict[str, Any]] = {
        InjectKind.RADAR_FAILURE: {"what": RADAR[picture]},
        InjectKind.LINK_CUT: {"what": "hub-alone"},
        InjectKind.BATTERY_FAILURE: {"what": "north" if picture == "networked" else "b1"},
        InjectKind.LAUNCHER_JAM: {"what": "south" if picture == "networked" else "b1", "count": 12},
        InjectKind.LOST_RESUPPLY: {"what": "0"},
        InjectKind.EXTRA_SALVO: {**salvo, "count": 6},
        InjectKind.FALSE_TRACKS: {**salvo, "count": 6},
    }
    return Inject(t_s, kind, **{**what[kind], **more})


def with_delivery(scenario: Scenario) -> Scenario:
    """The battle with little stock and a delivery in the middle of it."""
    lots = [{"day": 150 / 86400, "rounds": 20}]
    return scenario.override({"depot.rounds": 0, "depot.resupply": lots, "assumptions.iron-dome.reload_s": 30})


def played(scenario: Scenario, injects: Sequence[Inject], level: Authority = Authority.AUTOMATIC) -> dict[str, Any]:
    """The tables of the battle with injects, and an approval or two on the way."""
    return tables_of(play_with(scenario, injects, level), changed_by(scenario, injects).scenario)


def play_with(scenario: Scenario, injects: Sequence[Inject], level: Authority = Authority.AUTOMATIC) -> LivePlay:
    """The battle with injects, at its end."""
    found = changed_by(scenario, injects)
    rule = find_policy("earliest")
    play = LivePlay(found.world, SEED, REPLICATION, rule, Desk(level), remade_s=found.remade_s, ghosts=found.ghosts)
    for inject in injects:
        if inject.kind is InjectKind.LAUNCHER_JAM:
            play.enter(jam_order(scenario, inject, [battery.id for battery in scenario.model.batteries]))
    play.run_to_end()
    return play


@cache
def untouched(picture: str, is_supplied: bool) -> dict[str, Any]:
    """The tables of the battle without an inject."""
    scenario = scenario_of(picture)
    return played(with_delivery(scenario) if is_supplied else scenario, ())


def rows(table: Any, name: str, is_before: bool, t_s: float) -> Any:
    """Rows before a time, or from it on, without what tells of later."""
    mask = pc.less(table.column("t_s"), t_s)
    kept = table.filter(mask if is_before else pc.invert(mask))
    return kept.drop_columns(sorted(TOLD_LATER.get(name, set()))) if is_before else kept


def assert_only_after(found: dict[str, Any], wanted: dict[str, Any], t_s: float) -> None:
    """Everything before the time is equal to the bit, and something after it is not."""
    for name in wanted:
        one, other = (rows(tables[name], name, True, t_s) for tables in (found, wanted))
        for column in other.column_names:
            assert one.column(column).equals(other.column(column)), f"{name}.{column} changed before the inject"
    after = [not rows(found[name], name, False, t_s).equals(rows(wanted[name], name, False, t_s)) for name in wanted]
    assert any(after), "the inject changed nothing"


CASES = [
    (picture, kind)
    for picture in KINDS
    for kind in InjectKind
    if kind is not InjectKind.LINK_CUT or picture == "networked"
]


@pytest.mark.parametrize(("picture", "kind"), CASES)
def test_an_inject_changes_what_comes_after_it_and_nothing_before(picture: str, kind: InjectKind) -> None:
    t_s = 45.3 if kind is InjectKind.LINK_CUT else 101.3
    is_supplied = kind is InjectKind.LOST_RESUPPLY
    scenario = with_delivery(scenario_of(picture)) if is_supplied else scenario_of(picture)
    found = played(scenario, [inject_of(kind, picture, t_s)])
    assert_only_after(found, untouched(picture, is_supplied), t_s)


@settings(max_examples=25)
@given(
    t_s=st.floats(30.0, 190.0),
    kind=st.sampled_from([InjectKind.RADAR_FAILURE, InjectKind.BATTERY_FAILURE, InjectKind.LINK_CUT]),
    minutes=st.floats(0.5, 3.0),
)
def test_what_fails_fails_at_its_very_time(t_s: float, kind: InjectKind, minutes: float) -> None:
    found = played(scenario_of("networked"), [inject_of(kind, "networked", t_s, minutes=minutes)])
    wanted = untouched("networked", False)
    for name in wanted:
        one, other = (rows(tables[name], name, True, t_s) for tables in (found, wanted))
        assert one.equals(other), f"{name} changed before the inject"


@pytest.mark.parametrize("t_s", [31.0, 57.123456789, 101.3, 120.1, 133.7])
def test_no_prediction_comes_of_a_radar_that_has_failed(t_s: float) -> None:
    scenario = scenario_of("statistical").override({"batteries[b2].has_radar": False})
    play = play_with(scenario, [Inject(t_s, InjectKind.RADAR_FAILURE, "b1", 600.0)])
    later = np.concatenate([part["t_s"] for part, _ in play.logs.assessments])
    assert len(later) == 0 or later.max() < t_s, "the only radar has failed and still something was predicted"
    assert play_with(scenario, []).logs.assessments[0][0]["t_s"].max() > t_s


def test_when_the_radar_comes_back_what_is_in_the_air_is_seen_again() -> None:
    scenario = scenario_of("statistical").override({"batteries[b2].has_radar": False})
    for_good = play_with(scenario, [Inject(100.0, InjectKind.RADAR_FAILURE, "b1", 600.0)])
    for_a_while = play_with(scenario, [Inject(100.0, InjectKind.RADAR_FAILURE, "b1", 0.7)])
    seen = [len(play.logs.assessments[0][0]) for play in (for_good, for_a_while)]
    assert seen[1] > seen[0]
    times = for_a_while.logs.assessments[0][0]["t_s"]
    assert not ((times >= 100.0) & (times < 142.0)).any()
    assert (times >= 142.0).any()


@pytest.mark.parametrize("picture", KINDS)
def test_a_false_track_holds_no_object_and_is_no_leak(picture: str) -> None:
    scenario = scenario_of(picture)
    play = play_with(scenario, [inject_of(InjectKind.FALSE_TRACKS, picture, 101.3)])
    found, wanted = tables_of(play, scenario), untouched(picture, False)
    for column in ("threat_id", "t_impact_s", "impact_east_m", "fate", "area_id"):
        assert found["threats"].column(column).equals(wanted["threats"].column(column))
    ids = set(found["assessments"].column("track_id").to_pylist())
    false = ids - set(wanted["assessments"].column("track_id").to_pylist())
    assert len(false) >= 6
    assert not false & set(found["links"].column("track_id").to_pylist())
    shots = found["intercepts"].to_pylist()
    at_nothing = [shot for shot in shots if shot["track_id"] in false]
    assert at_nothing, "nobody shot at a false track"
    assert all(shot["threat_id"] is None and not shot["is_kill"] for shot in at_nothing)
    fired = found["launches"].num_rows
    assert fired == sum(1 for cause in found["stock"].to_pylist() for _ in range(-min(cause["change_rounds"], 0)))


def test_a_jam_is_an_order_and_ends_by_itself() -> None:
    scenario = scenario_of("statistical")
    inject = inject_of(InjectKind.LAUNCHER_JAM, "statistical", 90.0, minutes=0.5, count=1)
    order = jam_order(scenario, inject, ["b1", "b2"])
    assert repr(order) == repr(Order(90.0, Action.JAM, i_unit=0, n_rounds=1, value="30.0", seat="Instructor"))


@pytest.mark.parametrize(
    ("inject", "says"),
    [
        (Inject(1.0, InjectKind.RADAR_FAILURE, "b9"), "no radar `b9`"),
        (Inject(1.0, InjectKind.LINK_CUT, "north-hub"), "no link `north-hub`: it has none"),
        (Inject(1.0, InjectKind.BATTERY_FAILURE, "b11"), "did you mean `b1`"),
        (
            Inject(1.0, InjectKind.EXTRA_SALVO, "north-hill", toward="alder", threat_class="medium-rocket"),
            "north-hills",
        ),
        (Inject(1.0, InjectKind.EXTRA_SALVO, "north-hills", toward="zeder", threat_class="medium-rocket"), "area"),
        (Inject(1.0, InjectKind.FALSE_TRACKS, "north-hills", toward="alder", threat_class="ufo"), "threat class"),
        (Inject(1.0, InjectKind.LOST_RESUPPLY, "7"), "no delivery `7`"),
    ],
)
def test_what_the_scenario_does_not_have_is_refused_with_what_it_has(inject: Inject, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        changed_by(scenario_of("statistical"), [inject])


def test_a_delivery_that_has_come_can_no_longer_be_lost() -> None:
    scenario = with_delivery(scenario_of("statistical"))
    with pytest.raises(CommandError, match="has come"):
        changed_by(scenario, [Inject(151.0, InjectKind.LOST_RESUPPLY, "0")])


def test_an_inject_after_the_end_is_a_problem_of_the_scenario() -> None:
    with pytest.raises(ScenarioError):
        changed_by(scenario_of("statistical"), [inject_of(InjectKind.EXTRA_SALVO, "statistical", 1e7)])


def test_the_changed_scenario_is_one_that_anybody_can_read() -> None:
    from opendome.scenario.reader import loads

    injects = [inject_of(kind, "networked", 100.0) for kind in InjectKind if kind is not InjectKind.LOST_RESUPPLY]
    changed = changed_by(scenario_of("networked"), injects).scenario
    assert loads(changed.to_yaml()).hash == changed.hash


def test_injects_can_name_what_the_scenario_has() -> None:
    named = places_named(scenario_of("networked"))
    assert {value for value, _ in named["radars"]} == {"north", "air"}
    assert ("north-hub", "north-hub") in named["links"]
    assert named["classes"] == [("medium-rocket", "medium-rocket"), ("one-way-drone", "one-way-drone")]

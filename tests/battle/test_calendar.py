"""What is drawn before a battle: failures and lateness against closed forms, crews and radars one at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from scipy.stats import t as student_t

from opendome.battle.calendar import draw_calendar
from tests.battle.supplied import supplied_world

SEED = 23
DAY_S, HOUR_S = 86400.0, 3600.0
AT = [35.0, -30.0]


def within(values, wanted):
    """Whether a mean agrees with what is wanted, 99.9 %."""
    half_width = student_t.ppf(0.9995, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values))
    return abs(np.mean(values) - wanted) <= half_width


def drawn(world, n):
    """Timetables of the first unit in n replications."""
    for replication in range(n):
        battle = draw_calendar(world.plan, world.battle, SEED, replication).battle
        unit = battle.units[0]
        yield battle.changes[unit["first_change"] : unit["first_change"] + unit["n_changes"]]


def test_a_thing_that_fails_and_is_repaired_is_up_as_often_as_two_exponential_times_say():
    """A(t) = b + (1 - b) exp(-t (1/up + 1/down)), b = up / (up + down), up at the start; and its mean over time."""
    up_h, down_h, days = 20.0, 6.0, 4.0
    one = {"id": "b1", "at": AT, "fails_every_h": up_h, "repaired_in_h": down_h}
    world = supplied_world(batteries=[one], duration_day=days)
    rate, share = 1.0 / up_h + 1.0 / down_h, up_h / (up_h + down_h)
    at_h, n = 9.0, 2500
    is_up, part = np.zeros(n), np.zeros(n)
    for k, rows in enumerate(drawn(world, n)):
        ends = np.minimum(np.append(rows["t_s"][1:], math.inf), days * DAY_S)
        part[k] = (rows["is_up"] * np.maximum(ends - rows["t_s"], 0.0)).sum() / (days * DAY_S)
        is_up[k] = rows["is_up"][np.searchsorted(rows["t_s"], at_h * HOUR_S, side="right") - 1]
    until_h = 24.0 * days
    assert within(part, share + (1.0 - share) * (1.0 - math.exp(-rate * until_h)) / (rate * until_h))
    low, high = binom.ppf([0.0005, 0.9995], n, share + (1.0 - share) * math.exp(-rate * at_h))
    assert low <= is_up.sum() <= high


def test_a_battery_is_complete_when_its_last_load_has_landed():
    """Three sorties six hours apart, each late with chance p by an exponential time: P(done by t) is the product."""
    p_late, mean_h, loads = 0.4, 9.0, 3
    lift = {"id": "air", "sorties_per_day": 4, "route_h": 16, "off_load_h": 2, "p_late": p_late, "late_mean_h": mean_h}
    one = {"id": "b1", "at": AT, "set_up_h": 3, "transfer": {"lift": "air", "loads": loads, "road_h": 5}}
    world = supplied_world(batteries=[one], lifts=[lift])
    ready_h = np.array([rows["t_s"][rows["is_ready"] == 1][0] for rows in drawn(world, 3000)]) / HOUR_S
    planned_h = 12.0 + 16 + 2 + 5 + 3
    on_time = np.isclose(ready_h, planned_h, atol=1e-6)
    late_h = np.linspace(0.0, 200.0, 20_001)
    done = np.prod([1.0 - p_late * np.exp(-(late_h + 6.0 * k) / mean_h) for k in range(loads)], axis=0)
    low, high = binom.ppf([0.0005, 0.9995], len(ready_h), done[0])
    assert low <= on_time.sum() <= high
    assert within(ready_h, planned_h + np.trapezoid(1.0 - done, late_h))
    assert (ready_h >= planned_h - 1e-6).all()


def test_deliveries_are_late_and_lost_as_often_as_stated_and_each_depot_has_its_own_luck():
    lot = {"day": 1, "rounds": 5, "p_lost": 0.5, "p_late": 0.3, "late_mean_day": 0.7}
    world = supplied_world(depot__resupply=[lot], depots=[{"id": "second", "resupply": [lot]}])
    n = 1500
    lost, late_day = np.zeros((n, 2), bool), np.zeros((n, 2))
    for k in range(n):
        lots = draw_calendar(world.plan, world.battle, SEED, k).battle.resupply
        lost[k, lots["i_depot"]], late_day[k, lots["i_depot"]] = lots["is_lost"], lots["t_s"] / DAY_S - 1.0
    for chance, happened in ((0.5, lost), (0.3, late_day > 0.0)):
        low, high = binom.ppf([0.0005, 0.9995], n, chance)
        assert (low <= happened.sum(axis=0)).all() and (happened.sum(axis=0) <= high).all()
    assert within(late_day[:, 0][late_day[:, 0] > 0.0], 0.7)
    low, high = binom.ppf([0.0005, 0.9995], n, 0.25)
    assert low <= lost.all(axis=1).sum() <= high


def test_lost_deliveries_and_what_is_under_way_at_the_end_are_told_apart():
    lots = [{"day": 9.9, "rounds": 7, "p_late": 1.0, "late_mean_day": 50.0}, {"day": 2, "rounds": 3, "p_lost": 1.0}]
    world = supplied_world(depot__resupply=lots)
    found = draw_calendar(world.plan, world.battle, SEED, 0).battle.resupply
    assert found["n_rounds"].tolist() == [3, 7] and found["is_lost"].tolist() == [1, 0]
    assert found["t_s"].tolist() == [2 * DAY_S, math.inf]


def at_work(rows):
    """(from, until) [s] in which a battery is ready or has been and will be again: it holds a crew."""
    ready, left = rows["t_s"][rows["is_ready"] == 1], rows["t_s"][rows["is_departure"] == 1]
    return (ready[0], left[0] if len(left) else math.inf) if len(ready) else None


@settings(max_examples=40)
@given(
    teams=st.integers(0, 3),
    courses=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(0, 4)), max_size=2),
    stays=st.lists(st.tuples(st.integers(0, 6), st.none() | st.integers(1, 4)), min_size=1, max_size=5),
)
def test_there_are_never_more_batteries_at_work_than_crews(teams, courses, stays):
    """And whoever waits begins when a crew gets free: at the end of a course, or when another battery leaves."""
    batteries = [
        {"id": f"b{k}", "at": AT, "arrives_day": day, "set_up_h": 2, "leaves_day": None if stay is None else day + stay}
        for k, (day, stay) in enumerate(stays)
    ]
    training = [{"from_day": day, "teams": n, "takes_day": takes} for day, n, takes in courses]
    world = supplied_world(batteries=batteries, crews={"teams": teams, "training": training})
    battle = draw_calendar(world.plan, world.battle, SEED, 0).battle
    tables = np.split(battle.changes, battle.units["first_change"][1:])
    spans = [span for span in map(at_work, tables) if span is not None]
    trained = [0.0] * teams + [(day + takes) * DAY_S for day, n, takes in courses for _ in range(n)]
    for t_s, _ in spans:
        assert sum(a <= t_s < b for a, b in spans) <= sum(ready_s <= t_s for ready_s in trained)
    moments = {*trained, *(until_s for _, until_s in spans)}
    for rows, (day, _) in zip(tables, stays, strict=True):
        own_s = day * DAY_S + (2 * HOUR_S if day > 0 else 0.0)
        span = at_work(rows)
        assert span is None or span[0] == own_s or (span[0] > own_s and span[0] in moments)


@pytest.mark.parametrize("teams", [1, 2])
def test_crews_go_to_who_is_ready_first_and_wait_for_who_leaves(teams):
    """Three batteries, ready on days 0, 1 and 2; the first leaves on day 4, and its crew takes the next one."""
    batteries = [
        {"id": "late", "at": AT, "arrives_day": 2, "set_up_h": 0},
        {"id": "first", "at": AT, "leaves_day": 4},
        {"id": "second", "at": AT, "arrives_day": 1, "set_up_h": 0},
    ]
    training = [{"from_day": 0, "teams": 1, "takes_day": 6}]
    world = supplied_world(batteries=batteries, crews={"teams": teams, "training": training})
    battle = draw_calendar(world.plan, world.battle, SEED, 0).battle
    starts = [at_work(rows)[0] / DAY_S for rows in np.split(battle.changes, battle.units["first_change"][1:])]
    assert starts == ([6.0, 0.0, 4.0] if teams == 1 else [4.0, 0.0, 1.0])


def test_a_radar_does_not_stay_when_its_battery_leaves():
    """A battery that comes late moves late, but leaves as planned: its radar is nowhere else, and not any longer."""
    lift = {"id": "air", "sorties_per_day": 4, "p_late": 1.0, "late_mean_h": 30}
    one = {
        "id": "b1", "at": AT, "set_up_h": 1, "leaves_day": 5, "transfer": {"lift": "air", "loads": 1},
        "moves": [{"day": 4.5, "to": [35.05, -30.0], "road_h": 1}],
    }  # fmt: skip
    world = supplied_world(batteries=[one], lifts=[lift])
    for replication in range(200):
        seen = draw_calendar(world.plan, world.battle, SEED, replication).sensors
        seen = seen[np.argsort(seen["t_up_s"])]
        assert (seen["t_down_s"] <= 5 * DAY_S).all()
        assert (seen["t_up_s"][1:] >= seen["t_down_s"][:-1]).all()


def test_a_battery_whose_lift_takes_longer_than_to_its_move_goes_straight_to_the_new_site():
    one = {"id": "b1", "at": AT, "set_up_h": 1, "transfer": {"lift": "air", "loads": 8, "road_h": 0}}
    move = {"day": 1, "to": [35.05, -30.0], "road_h": 1, "tear_down_h": 1, "set_up_h": 1}
    lift = {"id": "air", "sorties_per_day": 2, "route_h": 10, "off_load_h": 2}
    rows = supplied_world(batteries=[{**one, "moves": [move]}], lifts=[lift]).battle.changes
    assert rows["t_s"].tolist() == [96 * HOUR_S, 97 * HOUR_S]
    assert rows["is_ready"].tolist() == [0, 1]
    assert rows["north_m"] == pytest.approx([5547.0] * 2, abs=20.0)

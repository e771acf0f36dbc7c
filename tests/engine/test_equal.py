"""The kernels against the reference engine: every replication, every count, every time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.base.tally import Tally, tally_names
from opendome.base.types import Reason
from opendome.doctrine import rules
from opendome.study.replicate import run_chunk
from opendome.testing.engine import run_logged
from opendome.testing.reference import ReferenceEngine
from tests.engine import scenarios

SEED = 11
SIZES = pytest.mark.parametrize("n", [100, pytest.param(300, marks=pytest.mark.validate)])
"""Replications that are compared: some in every run of the tests, many by `make validate`."""

TIME_S = 1e-6
SUMMED = [
    Tally.PEOPLE_EXPOSED, Tally.INJURIES_EXPECTED, Tally.INJURIES_IF_UNWARNED, Tally.PERSON_MINUTES_SHELTERED,
    Tally.INJURIES_IF_UNDEFENDED, Tally.INJURIES_IF_NEITHER, Tally.INJURIES_SHELTERING, Tally.INJURIES_BY_DEBRIS,
    Tally.COST_SHELTER_KUSD, Tally.COST_DEFENDER_KUSD, Tally.COST_ATTACKER_KUSD, Tally.DAMAGE_KUSD,
]  # fmt: skip
TIMES = [Tally.FIRST_STOCKOUT_T_S, Tally.WARNING_LEAD_P10_S, Tally.WARNING_LEAD_P50_S]
COUNTS = [i for i in Tally if i not in (*SUMMED, *TIMES, Tally.STOCKOUT_DAY_CAPPED)]
REASONS = [i for i, name in enumerate(tally_names()) if name.startswith(("not_engaged_", "leaked_"))]


def differing(reference, replication, rule):
    """Names of what differs between the two engines in one replication, and the kernels' run."""
    ours, other = run_logged(reference.world, SEED, replication, rule), reference.run(SEED, replication)
    names = tally_names()
    found = [names[i] for i in (*COUNTS, *REASONS) if ours.row[i] != other.row[i]]
    found += [names[i] for i in SUMMED if not math.isclose(ours.row[i], other.row[i], rel_tol=1e-9, abs_tol=1e-12)]
    for i in TIMES:
        if not np.isclose(ours.row[i], other.row[i], rtol=0.0, atol=TIME_S, equal_nan=True):
            found.append(names[i])
    if abs(ours.row[Tally.STOCKOUT_DAY_CAPPED] - other.row[Tally.STOCKOUT_DAY_CAPPED]) * 86400.0 > TIME_S:
        found.append("stockout_day_capped")
    if not np.array_equal(ours.stock, other.stock):
        found.append("stock at the end of a day")
    found += intercepts_differ(ours.intercepts, other.arrivals)
    if len(ours.leads) != len(other.leads) or not np.allclose(
        np.reshape(ours.leads, (-1, 2)), np.reshape(other.leads, (-1, 2)), rtol=0.0, atol=TIME_S, equal_nan=True
    ):
        found.append("leads of impacts")
    if other.area_mismatches:
        found.append("the area that holds an impact")
    return found, ours


def intercepts_differ(log, arrivals):
    """What differs between the log of intercepts and the reference's arrivals."""
    if len(log) != len(arrivals):
        return [f"{len(log)} intercepts and {len(arrivals)}"]
    told = [
        (line["track_id"], line["i_unit"], line["n_rounds"], bool(line["is_killed"]), line["is_judged_killed"])
        for line in log
    ]
    known = [
        (one.track.figures.track_id, one.unit.number, one.n_rounds, one.is_kill, one.is_judged_kill) for one in arrivals
    ]
    late_s = [abs(line["t_s"] - one.t_meet_s) for line, one in zip(log, arrivals)]
    return (["intercepts"] if told != known else []) + (
        ["intercept times"] if max(late_s, default=0.0) > TIME_S else []
    )


def compare(world, n, rule=rules.earliest, policy="earliest"):
    """Compare n replications; gives what happened in them at all: columns above zero and reasons of decisions."""
    total, reasons, findings = np.zeros(len(tally_names())), set(), {}
    reference = ReferenceEngine(world, policy)
    for replication in range(n):
        found, ours = differing(reference, replication, rule)
        total += ours.row
        reasons |= {Reason(int(i)).name for i in np.unique(ours.decisions["reason"])}
        if found:
            findings[replication] = found
    assert not findings
    return {name for name, value in zip(tally_names(), total) if value > 0.0} | reasons


@SIZES
def test_coastland(n):
    happened = compare(scenarios.coastland(), n)
    assert {"intercepted", "leaked_built_up", "fell_short", "areas_alerted_needlessly", "impacts_unwarned"} <= happened


@SIZES
def test_ten_batteries_with_hardly_any_rounds(n):
    happened = compare(scenarios.short_two_batteries(), n)
    assert {"NO_ROUNDS", "RELOADING", "NO_CHANNEL", "HELD_IN_RESERVE", "stocked_out", "at_sea"} <= happened


@SIZES
def test_everything_at_once(n):
    happened = compare(scenarios.stress(), n)
    assert {"failed", "stocked_out", "interceptors_wasted", "impacts_warned_late", "impacts_unwarned"} <= happened
    assert {"TRACK_CAPACITY", "TOO_LATE", "HELD_IN_RESERVE", "NO_ROUNDS", "NO_CHANNEL", "ENGAGED_WAITED"} <= happened
    assert {"leaked_judged_killed", "leaked_engaged_waited", "not_engaged_never_seen"} <= happened


@SIZES
def test_links_layers_depots_lorries_lifts_and_crews(n):
    happened = compare(scenarios.network(), n)
    assert {"NOT_REPORTED", "BATTERY_FAILED", "CUT_OFF", "LEFT_TO_OTHERS", "ORDER_LOST", "RELOADING"} <= happened
    assert {"rounds_made", "rounds_sent", "rounds_in_transit", "rounds_lost", "rounds_returned"} <= happened


def test_channels_night_people_of_the_day_fatigue_and_debris():
    happened = compare(scenarios.people(), 120)
    assert {"injuries_by_debris", "injuries_sheltering", "injuries_if_neither", "cost_shelter_kusd"} <= happened


def test_the_same_where_everybody_hears_everything():
    happened = compare(scenarios.network("ideal"), 40)
    assert not {"LEFT_TO_OTHERS", "ORDER_LOST"} & happened


def test_another_policy_and_another_alert_rule():
    happened = compare(scenarios.stress("greedy"), 100, rules.greedy, "greedy")
    assert {"POLICY_DECLINED", "ENGAGED", "leaked_engaged"} <= happened


@pytest.mark.parametrize("alternative", ["called-off", "all-clear", "by-probability"])
def test_zones_and_alerts_that_are_called_off(alternative):
    world = scenarios.warned(alternative)
    happened = compare(world, 100)
    assert {"areas_alerted_needlessly", "impacts_warned", "impacts_unwarned", "impacts_warned_late"} <= happened
    plain = world._replace(warning=world.warning._replace(is_called_off=False))
    rows = [run_chunk(one, SEED, 0, 100).rows[:, Tally.PERSON_MINUTES_SHELTERED].sum() for one in (world, plain)]
    assert rows[0] < rows[1]


@pytest.mark.parametrize("name", ["coastland", "short_two_batteries", "stress", "network", "warned"])
def test_leaving_out_predictions_that_nothing_rests_on_changes_nothing(name):
    world = getattr(scenarios, name)()
    full = world._replace(picture=world.picture._replace(is_sparing=False))
    np.testing.assert_array_equal(run_chunk(world, SEED, 0, 300).rows, run_chunk(full, SEED, 0, 300).rows)


@pytest.mark.parametrize("name", ["stress", "network"])
def test_rows_of_a_chunk_are_those_of_single_replications(name):
    world = getattr(scenarios, name)()
    chunk = run_chunk(world, SEED, 4, 5)
    for k in range(5):
        np.testing.assert_array_equal(chunk.rows[k], run_logged(world, SEED, 4 + k).row)


@pytest.mark.parametrize("change", ["kill", "judgement"])
def test_the_comparison_notices_another_kill_probability(change):
    """A comparison that could not fail would prove nothing: a changed figure in one engine is found."""
    world = scenarios.stress()
    units = world.battle.units.copy()
    units["p_kill_rocket" if change == "kill" else "p_kill_judged_miss"] *= 0.8
    other = world._replace(battle=world.battle._replace(units=units))
    reference = ReferenceEngine(world)
    rows = [(run_logged(other, SEED, k).row, reference.run(SEED, k).row) for k in range(40)]
    assert any(not np.allclose(ours, expected, equal_nan=True) for ours, expected in rows)

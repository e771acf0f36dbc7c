"""Alerts in closed cases: when they sound, which count as one, which were needless, and how long before the impact."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.base.types import AREA
from opendome.testing.builders import toy_tracks
from opendome.testing.reference_ground import AlertBook
from opendome.warning.alerts import ALERT, WarningModel, collect_alerts
from opendome.warning.ledger import EVERYBODY, new_ledger, play_alerts

RULES = WarningModel(
    is_ellipse=True, p_area_min=0.0, wait_s=10.0, message_delay_s=5.0, stay_s=600.0, merge_s=60.0, p_shelter_max=0.9
)
PEOPLE = np.array([1000.0, 200.0])
AREAS = np.zeros(2, AREA)
AREAS["population"], AREAS["day_population"] = PEOPLE, (3000.0, 0.0)
ALWAYS = (-math.inf, math.inf)


def picture(t_s, t_impact_s, areas, p_areas=None, is_inside=None):
    """Tracks seen at the given times; every assessment lists the given areas."""
    tracks, rows = toy_tracks(t_s, t_impact_s)
    n = len(areas)
    rows["n_areas"] = n
    listed = np.zeros((len(rows), 16), np.int16)
    chances, inside = np.zeros((len(rows), 16), np.float32), np.zeros((len(rows), 16), np.int8)
    listed[:, :n], chances[:, :n] = areas, 0.5 if p_areas is None else p_areas
    inside[:, :n] = 1 if is_inside is None else is_inside
    return tracks, rows, listed, chances, inside


def alerts_at(times_s, areas=0, stay_s=RULES.stay_s):
    """Alerts written out."""
    alerts = np.zeros(len(times_s), ALERT)
    alerts["t_s"], alerts["i_area"] = times_s, areas
    alerts["t_end_s"] = alerts["t_s"] + stay_s
    return alerts


def play(times_s, impacts_s, areas=0, impact_areas=0, rules=RULES, is_threat=1, response=EVERYBODY):
    """Lead times of what is due, and the ledger."""
    return play_all(times_s, impacts_s, areas, impact_areas, rules, is_threat, response)[::2]


def play_all(times_s, impacts_s, areas=0, impact_areas=0, rules=RULES, is_threat=1, response=EVERYBODY):
    """Lead times, shares who heed, and the ledger."""
    ledger = new_ledger(2)
    impacts_s = np.asarray(impacts_s, float)
    impact_areas = np.broadcast_to(impact_areas, impacts_s.shape).astype(np.int32)
    threats = np.broadcast_to(is_threat, impacts_s.shape).astype(np.int8)
    alerts = alerts_at(times_s, areas, rules.stay_s)
    return *play_alerts(rules, response, ledger, alerts, AREAS, impacts_s, impact_areas, threats), ledger


# --- when ---


def test_an_alert_waits_for_the_track_to_be_old_enough_and_for_its_message():
    """First plot at 95 s, believed at 105 s, heard at 110 s."""
    found = collect_alerts(RULES, *picture([[100.0]], 200.0, [1]), *ALWAYS)
    assert found[["t_s", "i_area"]].tolist() == [(110.0, 1)]


def test_a_later_prediction_takes_the_place_of_one_that_was_still_waiting():
    """At 105 s the prediction of 104 s is the one to go by; that of 120 s leads to alerts of its own."""
    found = collect_alerts(RULES, *picture([[100.0, 104.0, 120.0]], 200.0, [0]), *ALWAYS)
    assert found["t_s"].tolist() == [110.0, 125.0]
    assert found["i_row"].tolist() == [1, 2]


def test_nobody_is_alerted_of_what_is_already_down():
    assert len(collect_alerts(RULES, *picture([[100.0]], 104.0, [0]), *ALWAYS)) == 0


def test_alerts_are_in_order_of_time():
    found = collect_alerts(RULES, *picture([[300.0], [100.0], [200.0]], 900.0, [0, 1]), *ALWAYS)
    assert found["t_s"].tolist() == [110.0, 110.0, 210.0, 210.0, 310.0, 310.0]


def test_only_the_asked_stretch_of_time_is_sounded():
    """Stretch by stretch gives what the whole gives, each alert once."""
    whole = picture([[300.0], [100.0], [200.0]], 900.0, [0])
    parts = [
        collect_alerts(RULES, *whole, a, b)["t_s"].tolist()
        for a, b in ((-math.inf, 110.0), (110.0, 250.0), (250.0, math.inf))
    ]
    assert parts == [[], [110.0, 210.0], [310.0]]


# --- whom ---


def test_areas_outside_the_ellipse_are_not_alerted():
    found = collect_alerts(RULES, *picture([[100.0]], 200.0, [0, 1], is_inside=[0, 1]), *ALWAYS)
    assert found["i_area"].tolist() == [1]


@pytest.mark.parametrize(("is_ellipse", "expected"), [(False, [1]), (True, [])])
def test_areas_over_a_chance(is_ellipse, expected):
    """By chance alone, the ellipse does not matter; by ellipse, both must hold."""
    rules = RULES._replace(is_ellipse=is_ellipse, p_area_min=0.3)
    found = collect_alerts(rules, *picture([[100.0]], 200.0, [0, 1], [0.2, 0.4], [1, 0]), *ALWAYS)
    assert found["i_area"].tolist() == expected


# --- what came of it ---


def test_lead_is_counted_from_the_first_alert_of_the_sheltering_in_force():
    lead_s, _ = play([100.0, 130.0, 500.0], [120.0, 140.0, 1000.0, 1099.0, 1101.0])
    np.testing.assert_array_equal(lead_s, [20.0, 40.0, 900.0, 999.0, math.nan])


def test_after_the_stay_a_new_sheltering_begins():
    lead_s, _ = play([100.0, 701.0], [700.0, 700.5, 711.0])
    np.testing.assert_array_equal(lead_s, [600.0, math.nan, 10.0])


def test_an_alert_at_the_moment_of_the_impact_is_no_time_at_all():
    lead_s, _ = play([100.0], [99.9, 100.0])
    np.testing.assert_array_equal(lead_s, [math.nan, 0.0])


def test_areas_are_alerted_apart():
    lead_s, ledger = play([100.0, 110.0], [150.0, 150.0], areas=[0, 1], impact_areas=[0, 1])
    assert lead_s.tolist() == [50.0, 40.0]
    assert ledger.alerts.tolist() == [1, 1]


def test_alerts_within_the_merge_time_count_as_one():
    """At 0, 50 and 110 s: one; the gap to 171 s is too long, to 231 s not: two in all."""
    _, ledger = play([0.0, 50.0, 110.0, 171.0, 231.0], [])
    assert ledger.totals[0] == 2
    assert ledger.totals[3] == 2 * PEOPLE[0]


def test_needless_alerts():
    """Two of three alerts of an area see nothing come down; an impact elsewhere does not help."""
    _, ledger = play([0.0, 1000.0, 2000.0], [1010.0, 1020.0, 2010.0], impact_areas=[0, 0, 1])
    assert (ledger.totals[0], ledger.totals[1]) == (3, 2)
    assert ledger.needless.tolist() == [2, 0]


def test_time_in_shelter_is_counted_once():
    """600 s from 0, lengthened by 100 s, and 600 s later on: 1,300 s of 90 % of a thousand people."""
    _, ledger = play([0.0, 100.0, 5000.0], [])
    assert ledger.sheltered_s[0] == 1300.0
    assert ledger.totals[2] == pytest.approx(1300.0 * 1000.0 * 0.9)


spans = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 900)), max_size=30).map(sorted)
impacts = st.lists(st.tuples(st.integers(0, 4000), st.booleans()), max_size=30).map(sorted)


@given(spans_s=spans, impacts=impacts, merge_s=st.integers(0, 200))
def test_the_ledger_agrees_with_a_book_of_all_alerts(spans_s, impacts, merge_s):
    """Carried along in time or looked up afterwards: leads, alerts, needless ones and time in shelter are the same.

    Alerts last as long as they like: one that is called off does not cut short another.
    """
    rules, ledger = RULES._replace(merge_s=float(merge_s)), new_ledger(2)
    alerts = alerts_at([float(t_s) for t_s, _ in spans_s])
    alerts["t_end_s"] = [t_s + lasts_s for t_s, lasts_s in spans_s]
    at = np.zeros(len(impacts), np.int32)
    t_due_s, is_threat = np.array([t for t, _ in impacts], float), np.array([one for _, one in impacts], np.int8)
    lead_s, _ = play_alerts(rules, EVERYBODY, ledger, alerts, AREAS, t_due_s, at, is_threat)
    book = AlertBook([(float(t_s), float(t_s + lasts_s)) for t_s, lasts_s in spans_s], float(merge_s))
    expected = [book.lead_s(float(t)) if one else book.lead_of(float(t)) for t, one in impacts]
    np.testing.assert_array_equal(lead_s, [math.nan if lead is None else lead for lead in expected])
    assert ledger.totals[0] == len(book.groups)
    assert ledger.totals[1] == len(book.groups) - len(book.needed)
    assert ledger.sheltered_s[0] == sum(added_s for _, added_s in book.times_added_s())
    seconds = {t for t_s, lasts_s in spans_s for t in range(t_s, t_s + lasts_s)}
    assert ledger.sheltered_s[0] == len(seconds)


# --- what a person does: alerts placed by hand, the rule switched off ---


def test_an_alert_by_hand_joins_those_of_the_rule_in_order_of_time():
    rules = RULES._replace(placed=alerts_at([109.0, 300.0], [0, 1]))
    found = collect_alerts(rules, *picture([[100.0]], 200.0, [1]), *ALWAYS)
    assert found[["t_s", "i_area"]].tolist() == [(109.0, 0), (110.0, 1), (300.0, 1)]


def test_at_equal_times_the_rule_comes_first():
    placed = alerts_at([110.0], [0])
    placed["i_track"] = placed["i_row"] = -1
    found = collect_alerts(RULES._replace(placed=placed), *picture([[100.0]], 200.0, [1]), *ALWAYS)
    assert found[["t_s", "i_area", "i_track"]].tolist() == [(110.0, 1, 0), (110.0, 0, -1)]


def test_an_alert_by_hand_sounds_once_in_one_stretch_of_time():
    rules = RULES._replace(placed=alerts_at([50.0, 150.0], 0))
    nothing = picture([[1e6]], 2e6, [1])
    stretches = [(0.0, 50.0), (50.0, 100.0), (100.0, 150.0), (150.0, 151.0), (151.0, 500.0)]
    times = [collect_alerts(rules, *nothing, *stretch)["t_s"].tolist() for stretch in stretches]
    assert times == [[], [50.0], [], [150.0], []]


@pytest.mark.parametrize(
    ("off_s", "times_s"),
    [
        ([[104.0, 106.0]], [125.0]),
        ([[105.0, 105.1]], [125.0]),
        ([[104.0, 105.0]], [110.0, 125.0]),
        ([[0.0, math.inf]], []),
        ([[119.0, 121.0], [0.0, 50.0]], [110.0]),
    ],
)
def test_the_rule_orders_nothing_while_it_is_off_and_what_it_ordered_before_sounds(off_s, times_s):
    """Predictions of 100 s and 120 s: the rule orders alerts at 105 s and 120 s, heard 5 s later."""
    rules = RULES._replace(off_s=np.array(off_s))
    found = collect_alerts(rules, *picture([[100.0, 120.0]], 200.0, [0]), *ALWAYS)
    assert found["t_s"].tolist() == times_s


def test_what_a_person_places_sounds_though_the_rule_is_off():
    rules = RULES._replace(off_s=np.array([[0.0, math.inf]]), placed=alerts_at([109.0], 0))
    assert collect_alerts(rules, *picture([[100.0]], 200.0, [1]), *ALWAYS)["t_s"].tolist() == [109.0]


@given(
    by_rule=st.lists(st.floats(100.0, 500.0), min_size=1, max_size=6),
    by_hand=st.lists(st.floats(0.0, 600.0), max_size=6).map(sorted),
    cut_s=st.floats(0.0, 700.0),
)
def test_alerts_by_hand_are_merged_whatever_the_times(by_rule, by_hand, cut_s):
    rules = RULES._replace(placed=alerts_at(by_hand, 1))
    seen = picture([[t_s] for t_s in sorted(by_rule)], 2000.0, [0])
    alone = collect_alerts(RULES, *seen, *ALWAYS)["t_s"].tolist()
    whole = collect_alerts(rules, *seen, *ALWAYS)
    assert whole["t_s"].tolist() == sorted(alone + by_hand)
    parts = [collect_alerts(rules, *seen, *span) for span in ((-math.inf, cut_s), (cut_s, math.inf))]
    assert np.concatenate(parts)["t_s"].tolist() == whole["t_s"].tolist()


def test_a_placed_alert_shelters_as_any_other():
    placed = alerts_at([100.0], 0)
    lead_s, ledger = play(placed["t_s"], [160.0])
    assert lead_s.tolist() == [60.0]
    assert ledger.totals[0] == 1 and ledger.needless[0] == 0

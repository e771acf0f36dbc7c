"""What alerts do to people, in closed cases: what makes one needed, who is there, who is reached, who still goes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.testing.reference_ground import AlertBook
from opendome.warning.ledger import EVERYBODY
from tests.warning.test_alerts import PEOPLE, RULES, play_all

TIRED = EVERYBODY._replace(fatigue_frac=0.2, fatigue_floor=0.5)


def test_what_was_bound_for_the_area_makes_an_alert_needed_and_debris_does_not():
    """Three alerts: something bound for the area, debris of something bound elsewhere, nothing."""
    lead_s, _, ledger = play_all([0.0, 1000.0, 2000.0], [10.0, 1020.0], is_threat=[1, 0])
    assert lead_s.tolist() == [10.0, 20.0]
    assert (ledger.totals[0], ledger.totals[1], ledger.needless[0]) == (3, 2, 2)


def test_people_of_the_day_are_alerted_by_day():
    """Noon is in the day, midnight is not: 3,000 people by day, 1,000 by night."""
    response = EVERYBODY._replace(day_from_hour=8.0, day_until_hour=18.0)
    _, _, ledger = play_all([0.0, 12 * 3600.0], [], response=response)
    assert ledger.totals[3] == 1000.0 + 3000.0
    assert ledger.totals[2] == pytest.approx(600.0 * 0.9 * 4000.0)
    assert (ledger.sheltered_s[0], ledger.sheltered_day_s[0]) == (600.0, 600.0)


def test_only_those_whom_a_channel_reaches_go():
    _, _, ledger = play_all([0.0], [], response=EVERYBODY._replace(reached_frac=0.6))
    assert ledger.totals[3] == pytest.approx(0.6 * PEOPLE[0])
    assert ledger.totals[2] == pytest.approx(0.6 * 0.9 * 600.0 * PEOPLE[0])


def test_each_needless_alert_takes_its_share_down_to_the_floor():
    """A fifth fewer each time, 1, 0.8, 0.64, 0.512, and then the half that always goes."""
    times_s = np.arange(6) * 1000.0
    _, heeding, ledger = play_all(times_s, times_s + 100.0, is_threat=0, response=TIRED)
    np.testing.assert_allclose(heeding, [1.0, 0.8, 0.64, 0.512, 0.5, 0.5], rtol=1e-12)
    assert ledger.totals[3] == pytest.approx(PEOPLE[0] * heeding.sum())


def test_needed_alerts_tire_nobody():
    times_s = np.arange(6) * 1000.0
    _, heeding, _ = play_all(times_s, times_s + 100.0, response=TIRED)
    assert heeding.tolist() == [1.0] * 6


def test_people_in_shelter_stay_whatever_comes_after():
    """A second alert while the first is in force: it counts, and nobody leaves for it."""
    _, heeding, ledger = play_all([0.0, 300.0], [310.0], is_threat=0, response=TIRED)
    assert ledger.totals[0] == 2
    assert heeding.tolist() == [1.0]


@given(
    alerts_s=st.lists(st.integers(0, 5000), max_size=12).map(sorted),
    due_s=st.lists(st.integers(0, 6000), max_size=12).map(sorted),
    stay_s=st.integers(30, 900),
    merge_s=st.integers(0, 1000),
    takes=st.floats(0.0, 1.0),
    floor=st.floats(0.0, 1.0),
)
def test_fatigue_carried_along_is_fatigue_looked_up(alerts_s, due_s, stay_s, merge_s, takes, floor):
    rules = RULES._replace(stay_s=float(stay_s), merge_s=float(merge_s))
    response = EVERYBODY._replace(fatigue_frac=takes, fatigue_floor=floor)
    lead_s, heeding, ledger = play_all(alerts_s, due_s, rules=rules, response=response)
    book = AlertBook([(float(t), float(t + stay_s)) for t in alerts_s], float(merge_s), (takes, floor))
    for t_s in due_s:
        book.lead_s(float(t_s))
    expected = [1.0 if math.isnan(lead) else book.heeding(float(t)) for lead, t in zip(lead_s, due_s)]
    np.testing.assert_allclose(heeding, expected, rtol=1e-12)
    people = sum(book.heeding(t_s) for t_s in book.groups) * PEOPLE[0]
    assert ledger.totals[3] == pytest.approx(people, rel=1e-9, abs=1e-9)

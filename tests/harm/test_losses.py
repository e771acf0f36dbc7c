"""Harm at its limits, and the share of people in shelter."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from opendome.harm.losses import HarmModel, expected_injuries, people_in_casualty_area, sheltered_share

HARM = HarmModel(
    casualty_scale=1.0,
    p_shelter_max=0.9,
    injuries_per_person=0.5,
    shelter_protection=0.95,
    sheltering_injuries_per_person=1e-6,
    reaction_s=4.0,
    shelter_median_frac=0.6,
    shelter_log_sd=0.5,
    shelter_kusd_per_person_hour=0.02,
)
leads = st.floats(0.0, 3600.0)
shelter_times = st.floats(0.0, 180.0)


def test_people_are_density_times_area():
    assert people_in_casualty_area(HARM, 0.004, 250.0) == pytest.approx(1.0)
    assert people_in_casualty_area(HARM._replace(casualty_scale=2.0), 0.004, 250.0) == pytest.approx(2.0)
    assert people_in_casualty_area(HARM, 0.0, 250.0) == 0.0


def test_nobody_is_sheltered_without_an_alert_or_before_reacting():
    for lead_s in (math.nan, 0.0, 3.9, 4.0):
        assert sheltered_share(HARM, lead_s, 30.0) == 0.0


def test_in_the_end_the_share_is_the_largest_there_is():
    assert sheltered_share(HARM, 1e7, 90.0) == pytest.approx(0.9, abs=1e-12)
    assert sheltered_share(HARM, 4.1, 0.0) == 0.9


def test_half_of_them_at_the_median():
    """Reaction 4 s and a median of 0.6 x 90 s."""
    assert sheltered_share(HARM, 58.0, 90.0) == pytest.approx(0.45, abs=1e-12)


@given(lead_s=st.floats(4.01, 3600.0), time_to_shelter_s=st.floats(1.0, 180.0))
def test_the_share_is_a_log_normal_law(lead_s, time_to_shelter_s):
    expected = 0.9 * stats.lognorm.cdf(lead_s - 4.0, 0.5, scale=0.6 * time_to_shelter_s)
    assert sheltered_share(HARM, lead_s, time_to_shelter_s) == pytest.approx(expected, abs=1e-12)


@given(lead_s=leads, more_s=leads, time_to_shelter_s=shelter_times)
def test_more_warning_never_shelters_fewer(lead_s, more_s, time_to_shelter_s):
    share = sheltered_share(HARM, lead_s, time_to_shelter_s)
    assert 0.0 <= share <= sheltered_share(HARM, lead_s + more_s, time_to_shelter_s) <= 0.9


@given(lead_s=leads, time_to_shelter_s=shelter_times, more_s=shelter_times)
def test_a_longer_way_never_shelters_more(lead_s, time_to_shelter_s, more_s):
    near = sheltered_share(HARM, lead_s, time_to_shelter_s)
    assert sheltered_share(HARM, lead_s, time_to_shelter_s + more_s) <= near


def test_injuries_at_the_limits():
    assert expected_injuries(HARM, 10.0, 0.0) == pytest.approx(5.0)
    assert expected_injuries(HARM, 10.0, 1.0) == pytest.approx(0.25)
    assert expected_injuries(HARM._replace(shelter_protection=1.0), 10.0, 1.0) == 0.0
    assert expected_injuries(HARM._replace(shelter_protection=0.0), 10.0, 0.7) == pytest.approx(5.0)
    assert expected_injuries(HARM, 0.0, 0.3) == 0.0


@given(people=st.floats(0.0, 1e4), share=st.floats(0.0, 1.0), more=st.floats(0.0, 1.0))
def test_shelter_never_harms(people, share, more):
    better = share + more * (1.0 - share)
    assert expected_injuries(HARM, people, better) <= expected_injuries(HARM, people, share)

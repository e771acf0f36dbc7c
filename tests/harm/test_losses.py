"""Harm at its limits, and the share of people in shelter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from opendome.base.types import OBJECT
from opendome.harm.losses import (
    HarmModel,
    debris_point_m,
    expected_injuries,
    is_day,
    people_in_casualty_area,
    reaction_factor,
    sheltered_share,
)
from opendome.harm.parameters import Harm

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


# --- channels, hours, debris ---


def test_one_channel_without_delay_is_everybody_at_once():
    one = HARM._replace(channels=np.array([[1.0, 0.0]]))
    assert sheltered_share(one, 33.0, 60.0) == sheltered_share(HARM, 33.0, 60.0)


def test_channels_add_up_each_with_what_is_left_of_the_lead():
    mixed = HARM._replace(channels=np.array([[0.5, 0.0], [0.3, 12.0], [0.1, 50.0]]))
    expected = 0.5 * sheltered_share(HARM, 40.0, 60.0) + 0.3 * sheltered_share(HARM, 28.0, 60.0)
    assert sheltered_share(mixed, 40.0, 60.0) == pytest.approx(expected, rel=1e-12)
    assert sheltered_share(mixed, 1e7, 60.0) == pytest.approx(0.9 * 0.9, rel=1e-9)
    assert sheltered_share(mixed, math.nan, 60.0) == 0.0


@given(lead_s=leads, delay_s=st.floats(0.0, 60.0), share=st.floats(0.0, 1.0))
def test_a_slow_channel_never_shelters_more_than_a_quick_one(lead_s, delay_s, share):
    mixed = HARM._replace(channels=np.array([[share, 0.0], [1.0 - share, delay_s]]))
    assert sheltered_share(mixed, lead_s, 60.0) <= sheltered_share(HARM, lead_s, 60.0) + 1e-12


def test_a_slower_reaction_is_a_shorter_lead():
    """Reaction of 4 s times 2.5 takes 6 s more."""
    assert sheltered_share(HARM, 46.0, 60.0, 2.5) == pytest.approx(sheltered_share(HARM, 40.0, 60.0), rel=1e-12)


@pytest.mark.parametrize(
    ("hour", "is_night"), [(22.0, True), (23.9, True), (0.0, True), (5.99, True), (6.0, False), (21.9, False)]
)
def test_hours_go_over_midnight_start_included_end_not(hour, is_night):
    night = HARM._replace(start_hour=20.0, night_from_hour=22.0, night_until_hour=6.0, night_reaction_factor=3.0)
    t_s = (hour - 20.0) % 24.0 * 3600.0
    assert reaction_factor(night, t_s) == (3.0 if is_night else 1.0)
    assert reaction_factor(night, t_s + 5 * 86400.0) == (3.0 if is_night else 1.0)


def test_equal_hours_are_none():
    assert not is_day(HARM, 0.0)
    assert reaction_factor(HARM._replace(night_reaction_factor=3.0), 0.0) == 1.0


def test_a_time_that_is_no_number_is_at_no_hour():
    assert not is_day(HARM._replace(day_from_hour=0.0, day_until_hour=24.0), math.nan)


@pytest.mark.parametrize(("carry", "expected_m"), [(0.0, 600.0), (0.5, 800.0), (1.0, 1000.0)])
def test_debris_falls_between_the_point_under_the_interception_and_the_impact(carry, expected_m):
    """Launched at 0 m, bound for 1,000 m, met after six tenths of its time."""
    item = np.zeros(1, OBJECT)
    item["t_launch_s"], item["t_impact_s"], item["impact_east_m"], item["impact_north_m"] = 10.0, 110.0, 1000.0, -500.0
    east_m, north_m = debris_point_m(HARM._replace(debris_carry_frac=carry), item[0], 70.0)
    assert (east_m, north_m) == pytest.approx((expected_m, -expected_m / 2.0), rel=1e-12)


def test_shares_of_channels_are_no_more_than_everybody():
    with pytest.raises(ValidationError, match="add up to 1.2"):
        Harm(channels=[{"id": "siren", "share": 0.7}, {"id": "app", "share": 0.5}])
    with pytest.raises(ValidationError, match="same id"):
        Harm(channels=[{"id": "app", "share": 0.4}, {"id": "app", "share": 0.5}])

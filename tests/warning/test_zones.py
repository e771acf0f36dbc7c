"""Zones, calling off, all-clear, decision delay and early notice of drones: in closed cases."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.warning.alerts import collect_alerts, hold_s
from opendome.warning.zones import EACH_AREA, LevelRule, areas_together, make_zones
from tests.warning.test_alerts import ALWAYS, RULES, picture

PAIRS = make_zones(np.array([0, 1, 0, 1]))
"""Areas 0 and 2 are one zone, 1 and 3 another."""


def told(rules, seen):
    return collect_alerts(rules, *seen, *ALWAYS)[["t_s", "i_area"]].tolist()


def drawn_picture(rng, n_tracks=5, n_areas=6):
    """Tracks with three assessments of up to four areas each, drawn evenly."""
    t_s = [sorted(rng.choice(np.arange(100.0, 160.0, 5.0), 3, replace=False).tolist()) for _ in range(n_tracks)]
    seen = picture(t_s, 400.0, list(range(4)))
    _, rows, areas, p_areas, is_inside = seen
    for i in range(len(rows)):
        rows["n_areas"][i] = rng.integers(0, 5)
        areas[i, :4] = rng.choice(n_areas, 4, replace=False)
        p_areas[i, :4], is_inside[i, :4] = rng.random(4) / 2, rng.integers(0, 2, 4)
    return seen


# --- zones ---


def test_a_zone_is_alerted_as_a_whole_where_the_ellipse_meets_one_of_its_areas():
    rules = RULES._replace(zones=PAIRS)
    assert told(rules, picture([[100.0]], 200.0, [2])) == [(110.0, 0), (110.0, 2)]
    assert told(rules, picture([[100.0]], 200.0, [2, 1], is_inside=[0, 1])) == [(110.0, 1), (110.0, 3)]


def test_by_probability_the_chances_of_a_zone_are_added_up():
    rules = RULES._replace(is_ellipse=False, p_area_min=0.45)
    seen = picture([[100.0]], 200.0, [0, 1, 2], [0.3, 0.4, 0.2])
    assert told(rules, seen) == []
    assert told(rules._replace(zones=PAIRS), seen) == [(110.0, 0), (110.0, 2)]


@pytest.mark.parametrize("is_ellipse", [True, False])
@given(number=st.integers(0, 10_000), p_min=st.sampled_from([0.0, 0.2]), is_called_off=st.booleans())
def test_zones_of_one_area_each_are_areas(is_ellipse, number, p_min, is_called_off):
    seen = drawn_picture(np.random.Generator(np.random.Philox(number)))
    rules = RULES._replace(is_ellipse=is_ellipse, p_area_min=p_min, is_called_off=is_called_off)
    alone = make_zones(np.arange(6))
    np.testing.assert_array_equal(
        collect_alerts(rules, *seen, *ALWAYS), collect_alerts(rules._replace(zones=alone), *seen, *ALWAYS)
    )


@given(number=st.integers(0, 10_000))
def test_a_coarser_zoning_alerts_whoever_a_finer_one_does(number):
    seen = drawn_picture(np.random.Generator(np.random.Philox(number)))
    found = []
    for zone_of_area in (range(6), (0, 0, 1, 1, 2, 2), (0, 0, 0, 0, 1, 1), (0,) * 6):
        rules = RULES._replace(zones=make_zones(np.array(zone_of_area)))
        found.append(set(told(rules, seen)))
    assert all(fine <= coarse for fine, coarse in pairwise(found))


def test_an_alert_by_hand_goes_to_the_zone():
    assert areas_together(PAIRS, 3).tolist() == [1, 3]
    assert areas_together(EACH_AREA, 3).tolist() == [3]


# --- delays ---


def test_the_decision_takes_its_time_before_the_message_does():
    rules = RULES._replace(decision_delay_s=2.5)
    assert told(rules, picture([[100.0]], 200.0, [1])) == [(112.5, 1)]
    assert hold_s(rules) == 10.0 + 2.5 + 5.0


# --- calling off, and the all-clear ---


def ends(rules, seen):
    found = collect_alerts(rules, *seen, *ALWAYS)
    return found[["i_area", "t_s", "t_end_s"]].tolist()


def renewed(n_areas, **kwargs):
    """One track seen at 100, 120 and 140 s, with areas 0 to 2 inside the ellipse as far as ``n_areas`` says."""
    seen = picture([[100.0, 120.0, 140.0]], 200.0, [0, 1, 2], **kwargs)
    seen[1]["n_areas"] = n_areas
    return seen


def test_without_calling_off_an_alert_lasts_its_stay():
    assert ends(RULES, renewed([2, 1, 1]))[:2] == [(0, 110.0, 710.0), (1, 110.0, 710.0)]


def test_an_alert_ends_with_the_first_later_assessment_that_no_longer_meets_the_area():
    """Area 1 is met at 100 s alone: its alert is called off at 120 s, heard with the message's delay at 125 s."""
    rules = RULES._replace(is_called_off=True)
    assert ends(rules, renewed([2, 1, 1])) == [
        (0, 110.0, 710.0), (1, 110.0, 125.0), (0, 125.0, 725.0), (0, 145.0, 745.0),
    ]  # fmt: skip


def test_what_is_called_off_may_be_called_again():
    rules = RULES._replace(is_called_off=True, decision_delay_s=1.0)
    found = [one for one in ends(rules, renewed([2, 1, 2])) if one[0] == 1]
    assert found == [(1, 111.0, 126.0), (1, 146.0, 746.0)]


def test_a_zone_stays_alerted_while_one_of_its_areas_is_met():
    rules = RULES._replace(is_called_off=True, zones=make_zones(np.array([0, 0, 1])))
    found = [one for one in ends(rules, renewed([3, 1, 1])) if one[1] == 110.0]
    assert found == [(0, 110.0, 710.0), (1, 110.0, 710.0), (2, 110.0, 125.0)]


def test_nothing_is_called_off_while_a_person_has_switched_the_rule_off():
    rules = RULES._replace(is_called_off=True, off_s=np.array([[119.0, 121.0]]))
    assert ends(rules, renewed([2, 1, 1]))[1] == (1, 110.0, 145.0)


def test_people_leave_shelter_a_stated_time_after_the_predicted_impact():
    rules = RULES._replace(all_clear_s=60.0)
    assert ends(rules, picture([[100.0]], 200.0, [1])) == [(1, 110.0, 260.0)]
    assert ends(rules._replace(all_clear_s=0.0), picture([[100.0]], 107.0, [1])) == [(1, 110.0, 110.0)]


# --- early notice of drones ---

DRONES = LevelRule(np.array([0, 1], np.int8), 0.05, 30.0)


@pytest.mark.parametrize(("i_class", "expected"), [(0, [(110.0, 0)]), (1, [(130.0, 0), (130.0, 1)])])
def test_level_flyers_are_alerted_of_by_a_rule_of_their_own(i_class, expected):
    """By the chance of being the goal, ellipse or not, once the track is 30 s old; rockets as before."""
    seen = picture([[100.0]], 900.0, [0, 1, 2], [0.5, 0.06, 0.04], [1, 0, 0])
    seen[0]["i_class"] = i_class
    rules = RULES._replace(level=DRONES)
    assert told(rules, seen) == expected
    assert hold_s(rules) == 35.0
    assert math.isnan(rules.all_clear_s)

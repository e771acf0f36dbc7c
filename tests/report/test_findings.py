"""Titles and sentences that state findings: each case in which they say something else."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from opendome.base.tally import LEAK_REASONS, MEANING
from opendome.report.answer import answer, boxes, places_of, single_answer, state_of
from opendome.report.gains import gain_title
from opendome.report.inputs import name_and_unit, tornado_title
from opendome.report.losses import REASON_GROUPS, ends_title, needless_title, success_title
from opendome.report.model import AreaLeaks, Cause, Estimate, GainRow, LeadRow, TornadoRow
from opendome.report.people import leads_title, map_title
from opendome.report.published import verdict
from opendome.report.subjects import measure_words, objects_noun, subject_of
from opendome.report.supply import binding_column, grid_title, stock_title
from opendome.report.turning import RoundsOnly, clearing_points, rounded_turn, turning_points, turning_words

LEAKS = subject_of("leaked_built_up", "rockets")


def estimate(value: float, half: float, n: int = 100) -> Estimate:
    return Estimate(value, value - half, value + half, n)


def row(label: str, value: float, half: float, is_chosen: bool = False) -> GainRow:
    return GainRow(label, is_chosen, (), estimate(value, half))


def swing(label: str, low: float, high: float, crossing: float | None = None, used: float = 40.0) -> TornadoRow:
    return TornadoRow(
        label, "rounds", 500, 1200, 2400, estimate(low, 4), used, estimate(high, 4), crossing, "Assumed", 1, used - 4
    )


def rounds_swing(
    label: str, low: float, high: float, unit: str = "", span: tuple[float, float, float] = (500, 1200, 2400)
) -> TornadoRow:
    """Swing of what rounds alone buy: nothing as it stands, intervals of 4 to either side."""
    return TornadoRow(label, unit, *span, estimate(low, 4), 0.0, estimate(high, 4), None, "Assumed", 1, -4.0)


def rounds_only(*rows: TornadoRow, gain: Estimate | None = None) -> RoundsOnly:
    return RoundsOnly("Only their rounds, day 5", gain or estimate(0, 1), rows)


class TestAnswer:
    def test_clear_gain_names_number_interval_share_and_rounds(self):
        said = answer("Two more", estimate(62, 5), 242, LEAKS, 21, ("Their rounds alone", estimate(22, 4))).text
        assert said == (
            "Two more would have kept 62 (57 to 67) more rockets out of built-up ground in three weeks, one in four of "
            "those that got through. Their rounds alone would have kept out 22 (18 to 26)."
        )

    def test_interval_across_zero_is_no_clear_difference(self):
        said = answer("Two more", estimate(3, 5), 242, LEAKS, 21, ("Rounds", estimate(1, 4))).text
        assert said == (
            "Two more would have made no clear difference in three weeks: a gain of 3 rockets (−2 to 8) may as well be "
            "nothing. Rounds would have made no clear difference: 1 (−3 to 5)."
        )

    def test_loss_is_said_as_loss_with_positive_numbers(self):
        said = answer("Two more", estimate(-30, 5), 242, LEAKS, 21, ("Rounds", estimate(-12, 4))).text
        assert said == (
            "Two more would have let 30 (25 to 35) more rockets through into built-up ground in three weeks. Rounds "
            "would have let 12 more rockets through into built-up ground (8 to 16)."
        )

    def test_exactly_nothing(self):
        said = answer("Two more", estimate(0, 0), 242, LEAKS, 3, ("Rounds", estimate(0, 0))).text
        assert said == "Two more would have made no difference in three days, in any campaign. Nor would “rounds”."

    def test_one_campaign_is_no_evidence(self):
        said = answer("Two more", Estimate(7, math.nan, math.nan, 1), 10, LEAKS, 3).text
        assert "one campaign says nothing" in said

    @pytest.mark.parametrize("measure", [*MEANING, "success_of_engaged"])
    def test_every_measure_makes_a_sentence(self, measure):
        subject = subject_of(measure, "rockets")
        for value in (-5.0, 0.1, 5.0):
            said = answer("Two more", estimate(value, 1), 20, subject, 21, ("Rounds", estimate(value, 1))).text
            assert said.endswith(".")
            assert "{" not in said
        words, _, factor = measure_words(measure)
        assert words and factor in (1.0, 100.0)

    def test_more_is_better_for_the_day_of_stock_out(self):
        said = answer("Two more", estimate(3, 1), 12, subject_of("stockout_day_capped", "rockets"), 21).text
        assert said == "Two more would have put off the first shortage of rounds by 3 (2 to 4) days in three weeks."

    def test_single_alternative(self):
        said = single_answer(estimate(160, 4), 4360, "rockets", 0.0, 11).text
        assert said == (
            "Of 4,360 rockets launched in eleven days, 160 (156 to 164) came down in built-up ground, one in 27. "
            "Rounds never ran out."
        )
        assert single_answer(estimate(1, 0.1), 10, "rockets", 1.0, 1).text.endswith("Rounds ran out in every campaign.")
        assert "in two campaigns in five." in single_answer(estimate(1, 0.1), 10, "rockets", 0.4, 1).text

    def test_states_and_places(self):
        assert [state_of(estimate(v, 2)) for v in (5, 1, -5)] == ["positive", "unclear", "negative"]
        assert places_of(estimate(62, 5)) == 0
        assert places_of(estimate(0.62, 0.05)) == 2


class TestTurning:
    def test_what_crosses_zero_comes_first(self):
        rows = [swing("Reach", 12, 63), swing("Opening stock", -14, 71, 700.0), swing("Tempo", 66, -9, 430.0)]
        assert [r.label for r, _ in turning_points(rows, 40)] == ["Opening stock", "Tempo"]
        said = turning_words(rows, "two more", estimate(40, 3), LEAKS).text
        assert said == (
            "Two more would no longer help with opening stock under about 700 rounds, or with tempo under about 430 "
            "rounds."
        )

    def test_value_above_the_one_in_use(self):
        rows = [swing("Tempo", 66, -9, 2000.0)]
        assert turning_words(rows, "two more", estimate(40, 3), LEAKS).text.endswith("tempo above about 2,000 rounds.")

    def test_nothing_crosses(self):
        rows = [swing("Reach", 12, 63), swing("Wind", 38, 42)]
        said = turning_words(rows, "two more", estimate(40, 3), LEAKS).text
        assert said == (
            "Nothing within the stated ranges. It comes nearest with reach at 500 rounds (12 rockets left) and wind at "
            "500 rounds (38 left)."
        )

    def test_a_loss_that_turns_into_a_gain(self):
        rows = [swing("Reach", -12, 63, 700.0, used=-40.0)]
        assert turning_words(rows, "two more", estimate(-40, 3), LEAKS).text.startswith(
            "Two more would help with reach"
        )

    def test_unclear_answers_say_what_would_make_them_clear(self):
        box = turning_words([swing("Reach", 1, 63), swing("Wind", 0, 2)], "two more", estimate(1, 3), LEAKS)
        assert (box.label, box.text) == (
            "What would make it clear",
            "It would help with reach at 2,400 rounds (63 rockets).",
        )
        box = turning_words([swing("Wind", 0, 2)], "two more", estimate(1, 3), LEAKS)
        assert box.text == "No assumption alone, within its stated range."
        assert turning_words([], "two more", estimate(9, 3), LEAKS).text == "No assumption was varied in this study."

    def test_rounds_alone_begin_to_help_where_clear_and_a_tenth_of_the_gain(self):
        """Gain 40, so a tenth is 4; from (0, low -4) to (36, low 32) the interval leaves zero after 4/36 of the way."""
        depot = rounds_swing("Rounds in the depot", 36, 0, span=(1000, 3000, 10000))
        tempo = rounds_swing("Rockets a day", 0, 14, span=(137, 300, 400))
        reach = rounds_swing("Reach", 0, 5, unit="km")
        only = rounds_only(tempo, depot, reach)
        box = turning_words([swing("Wind", 30, 42)], "two more", estimate(40, 3), LEAKS, only)
        assert box.label == "What would turn it round"
        assert box.text.endswith(
            "(30 rockets left). Only their rounds, day 5, would begin to help with under about 2,800 rounds in the "
            "depot, or with above about 330 rockets a day."
        )
        assert [words for words, is_strong in box.pieces if is_strong][-2:] == [
            "under about 2,800 rounds in the depot",
            "above about 330 rockets a day",
        ]

    def test_the_tenth_of_the_gain_binds_where_the_interval_is_narrow(self):
        [(row, at, is_low)] = clearing_points([rounds_swing("Reach", 0, 40)], least=20.0)
        assert (row.label, at, is_low) == ("Reach", pytest.approx(1800), False)
        assert clearing_points([rounds_swing("Reach", 0, 40)], least=41.0) == []
        assert clearing_points([rounds_swing("Reach", 3, -40)], least=1.0) == []

    def test_each_assumption_is_named_once_and_two_at_most(self):
        rows = [rounds_swing(name, 20 + 5 * i, 30 + 5 * i) for i, name in enumerate(("A", "B", "C"))]
        found = clearing_points(rows, least=1.0)
        assert [row.label for row, _, _ in found] == ["C", "B"]
        assert not any(is_low for _, _, is_low in found)

    def test_values_run_on_the_way_are_believed_before_a_straight_line(self):
        """Nothing until the stock binds between 2,250 and 2,500: the line from 3,000 would say 2,778."""
        on_the_way = ((2000.0, estimate(12, 4)), (2500.0, estimate(0, 4)), (2250.0, estimate(6, 4)))
        row = replace(rounds_swing("Rounds in the depot", 36, 0, span=(1000, 3000, 10000)), between=on_the_way)
        [(_, at, is_low)] = clearing_points([row], least=4.0)
        assert (at, is_low) == (pytest.approx(2500 - 250 * 4 / 6), True)

    def test_an_unknown_value_in_use_gives_the_end_itself(self):
        row = rounds_swing("Reach", 0, 30, unit="km", span=(8, math.nan, 30))
        box = turning_words([swing("Wind", 30, 42)], "two more", estimate(40, 3), LEAKS, rounds_only(row))
        assert box.text.endswith("Only their rounds, day 5, would begin to help with reach at 30 km.")

    def test_rounds_alone_never_help(self):
        only = rounds_only(rounds_swing("Reach", 0, 3))
        box = turning_words([swing("Wind", 30, 42)], "two more", estimate(40, 3), LEAKS, only)
        assert box.text.endswith(
            "Only their rounds, day 5, would not help clearly at any one value within the stated ranges."
        )

    def test_rounds_alone_that_help_already_may_cease_to(self):
        helps, ceases = swing("Wind", 12, 63), swing("Opening stock", -14, 71, 700.0)
        said = turning_words([helps], "two more", estimate(40, 3), LEAKS, rounds_only(helps, gain=estimate(20, 3)))
        assert said.text.endswith("Only their rounds, day 5, would help throughout the stated ranges.")
        said = turning_words([helps], "two more", estimate(40, 3), LEAKS, rounds_only(ceases, gain=estimate(20, 3)))
        assert said.text.endswith(
            "Only their rounds, day 5, would no longer help with opening stock under about 700 rounds."
        )

    def test_rounds_alone_that_help_too_little(self):
        only = rounds_only(rounds_swing("Reach", 0, 40, unit="km"), gain=estimate(2, 1))
        said = turning_words([swing("Wind", 30, 42)], "two more", estimate(40, 3), LEAKS, only).text
        assert "would begin to help noticeably with reach above about" in said

    def test_both_statements_are_answered_where_the_first_is_unclear(self):
        only = rounds_only(rounds_swing("Reach", 0, 40, unit="km"))
        box = turning_words([swing("Wind", 0, 2)], "two more", estimate(1, 3), LEAKS, only)
        assert box.label == "What would make it clear"
        assert box.text.startswith("No assumption alone, within its stated range. Only their rounds, day 5, would")
        assert "begin to help with reach above" in box.text

    def test_rounds_that_were_not_swung_are_not_spoken_of(self):
        box = turning_words([swing("Wind", 30, 42)], "two more", estimate(40, 3), LEAKS, rounds_only())
        assert "Only" not in box.text

    def test_labels_with_commas_read_well(self):
        said = answer("Only their rounds, day 5", estimate(0, 0.4), 242, LEAKS, 21).text
        assert said.startswith("Only their rounds, day 5, would have made no clear difference")
        row = rounds_swing("Defended footprint, radius, the two more", 0, 40, unit="km", span=(5.6, 7, 15))
        said = turning_words([swing("Wind", 30, 42)], "two more", estimate(40, 3), LEAKS, rounds_only(row)).text
        assert "with “defended footprint, radius, the two more” above about 7.8 km." in said

    def test_turns_are_rounded_to_what_a_line_can_bear(self):
        assert rounded_turn(633.7, 500, 2400) == 630
        assert rounded_turn(0.4277, 0.1, 0.9) == pytest.approx(0.43)

    def test_titles(self):
        crossing, plain = swing("A", -9, 50, 800.0), swing("B", 20, 50)
        assert (
            tornado_title([crossing, plain, plain], "positive") == "One assumption of three would turn the answer round"
        )
        assert tornado_title([plain, plain], "positive") == "No assumption of two turns the answer round alone"
        assert tornado_title([plain], "positive") == "The one assumption varied does not turn the answer round"
        assert tornado_title([crossing] * 2, "positive") == "Each of the two assumptions would turn the answer round"
        assert tornado_title([swing("A", 0, 2)], "unclear") == "No assumption alone makes the difference clear"
        assert tornado_title([plain, swing("A", 0, 2)], "unclear").startswith("One of two assumptions")

    def test_boxes_leave_out_what_is_unknown(self):
        assert [b.label for b in boxes(estimate(5, 1), None, LEAKS, None, 0.95)] == ["Interval of the simulation, 95 %"]
        both = boxes(estimate(5, 1), estimate(5, 4), LEAKS, None, 0.9)
        assert [b.text for b in both] == ["4 to 6 rockets", "1 to 9 rockets"]
        assert boxes(Estimate(1, math.nan, math.nan, 1), None, LEAKS, None, 0.95) == ()


class TestGainTitle:
    def test_cases(self):
        assert gain_title([row("Early", 79, 5), row("Late", 60, 5)], []) == "“Early” buys most"
        assert gain_title([row("Early", 62, 5), row("Late", 60, 5)], []) == "“Early” and “late” buy about the same"
        assert gain_title([row("Early", 8, 5), row("Late", 5, 6)], []) == "One of two alternatives helps"
        assert gain_title([row("Early", 1, 5), row("Late", 0, 5)], []) == "No alternative makes a clear difference"
        assert gain_title([row("Early", -9, 5), row("Late", 0, 5)], []) == "No alternative helps"
        assert gain_title([row("Early", -9, 5)], []) == "“Early” makes matters worse"
        assert gain_title([row("Early", 9, 5)], []) == "“Early” helps"

    def test_largest_cause_is_named_only_if_it_stands_apart(self):
        rows = [row("Early", 62, 5, is_chosen=True)]
        apart = [Cause("New ground", 0, estimate(37, 4)), Cause("Rounds", 37, estimate(20, 4))]
        close = [Cause("New ground", 0, estimate(24, 4)), Cause("Rounds", 24, estimate(20, 4))]
        assert gain_title(rows, apart) == "“Early” helps; new ground is the largest cause"
        assert gain_title(rows, close) == "“Early” helps"
        assert gain_title([row("Early", -62, 5, is_chosen=True)], apart) == "“Early” makes matters worse"


class TestLosses:
    def test_reason_groups_hold_every_reason_once(self):
        grouped = [reason for _, _, reasons in REASON_GROUPS for reason in reasons]
        assert sorted(grouped) == sorted(name for name, _ in LEAK_REASONS)

    def test_ends_title(self):
        assert ends_title({"out of reach": 98, "missed": 150}) == "Three leaks in five were shot at and missed"
        assert ends_title({"missed": 97, "busy": 3}) == "All but one leak in 33 were shot at and missed"
        assert ends_title({"no rounds": 1.0}) == "Every leak met empty launchers"
        assert ends_title({"not seen": 1.0, "missed": 0.0}) == "Every leak was never tracked"
        assert ends_title({"missed": 0.0}) == "Nothing came down in built-up ground"

    def test_success_title(self):
        assert success_title([0.93, 0.9, 0.83, 0.28]) == "Success is 93 % or 28 %: the definition decides"
        assert success_title([0.9, 0.9, 0.9, 0.9]) == "Every definition gives a success of some 90 %"
        assert success_title([math.nan] * 4) == "A rate of success needs its definition"

    def test_needless_title(self):
        assert needless_title(0.2, 0.6) == "One engagement in five and three area-alerts in five were needless"
        assert needless_title(0.0, 0.0) == "No engagement and no alert was needless"
        assert needless_title(math.nan, math.nan) == "No engagement and no alert was needless"


class TestSupply:
    def test_stock_title(self):
        assert stock_title(0.0, None) == "Rounds never ran out"
        assert stock_title(0.4, None) == "Two campaigns in five run out of rounds"
        assert stock_title(0.25, None) == "One campaign in four runs out of rounds"
        assert stock_title(1.0, None) == "Every campaign runs out of rounds"
        assert stock_title(0.4, 0.0) == "Without help, two campaigns in five run out of rounds; with it, none"
        assert stock_title(0.4, 0.25) == "Without help, two campaigns in five run out of rounds; with it, one in four"
        assert stock_title(0.4, 0.4) == "Two campaigns in five run out of rounds, with or without help"
        assert stock_title(0.4, 0.3, is_clear=False) == "Two campaigns in five run out of rounds, with or without help"
        assert stock_title(0.2, 0.4).startswith("The change makes shortage likelier")
        assert stock_title(0.0, 0.4) == "Rounds ran out only with the change, in two campaigns in five"

    def test_binding(self):
        assert binding_column((100, 200, 300), (0.0, 0.25, 0.75), 0.5) == pytest.approx(250)
        assert binding_column((100, 200), (0.6, 0.9), 0.5) == 100
        assert binding_column((100, 200), (0.1, 0.2), 0.5) is None
        assert (
            grid_title(262.0, (100, 300), "rockets a day") == "At this stock, rounds bind above some 260 rockets a day"
        )
        assert (
            grid_title(None, (100, 300), "rockets a day") == "At this stock, rounds do not bind up to 300 rockets a day"
        )
        assert grid_title(100, (100, 300), "rockets a day") == "At this stock, rounds bind even at 100 rockets a day"


class TestPeople:
    def test_map_title(self):
        few = [AreaLeaks("A", 0, 0, 50, None)] * 3 + [AreaLeaks("B", 0, 0, 10, None)] * 5
        even = [AreaLeaks("A", 0, 0, 10, None)] * 9
        assert map_title(0.6, few, 200) == "Three leaks in five fell in areas whose centre no arc reaches"
        assert map_title(0.2, few, 200) == "Three leaks in four fell in three areas"
        assert map_title(0.05, even, 90) == "Most leaks fell within the arcs: reach is not what is missing"
        assert map_title(None, even, 90) == "A was hit most"
        assert map_title(None, even, 0) == "No area was hit"

    def test_leads_title(self):
        def lead(shelter_s, late):
            return LeadRow(shelter_s, (), late, 10, None)

        assert leads_title([lead(15, 1 / 3), lead(60, 0.1)]) == (
            "With 15 s to reach shelter, one impact in three was warned too late or not at all"
        )
        assert leads_title([lead(60, 0.4)]) == "Two impacts in five were warned too late or not at all"
        assert leads_title([lead(60, 0.0)]) == "Nearly every warning leaves time to reach shelter"
        assert leads_title([]) == "Nothing came down inside an area"

    @pytest.mark.parametrize(
        ("classes", "noun"),
        [
            ({"short-rocket": 0.7, "medium-rocket": 0.3}, "rockets"),
            ({"short-rocket": 0.7, "one-way-drone": 0.3}, "rockets and drones"),
            ({"short-rocket": 0.7, "one-way-drone": 0.2, "mortar": 0.1}, "objects"),
            ({"short-rocket": 1.0, "mortar": 0.0}, "rockets"),
            ({}, "rockets"),
        ],
    )
    def test_noun(self, classes, noun):
        assert objects_noun({"threats": {"raid": {"classes": classes}}}) == noun


class TestPublished:
    @pytest.mark.parametrize(
        ("mean", "predicted", "published", "said", "miss"),
        [
            (10, (8, 12), (11, 11), "inside the interval", False),
            (10, (8, 12), (13, 13), "outside: too low, by 8 % or more", True),
            (10, (8, 12), (6, 6), "outside: too high, by 25 % or more", True),
            (10, (8, 12), (9, 11), "mean within the published range", False),
            (10, (8, 12), (11, 20), "interval meets the published range", False),
            (10, (8, 12), (24, 30), "outside: too low, by 100 % or more", True),
        ],
    )
    def test_verdicts(self, mean, predicted, published, said, miss):
        assert verdict(mean, predicted, published) == (said, miss)


def test_titles_agree_with_the_numbers_drawn(content):
    """What the titles of a whole report say is checked against its own panels."""
    assert content.gain.heading.title.startswith(f"“{max(content.gain.rows, key=lambda r: r.mean.value).label}” buys")
    said, _, group = re.match(r"(.+?) leaks? in (\w+) (.+)", content.ends.heading.title).groups()
    assert (said, group) == ("Two", "fell where no ready battery could reach")
    leaks = np.array(content.ends.rows[0].leaks)
    assert leaks[0] / leaks.sum() == pytest.approx(0.4, abs=0.03)
    assert content.ends.reasons[0].name == "out of reach"
    late = max(content.leads.rows, key=lambda r: r.share_late)
    assert f"With {late.shelter_s:.0f} s" in content.leads.heading.title
    assert sum(r.crossing is not None for r in content.tornado.rows) == 2
    assert content.tornado.heading.title.startswith("Two assumptions of eight")
    total = sum(c.part.value for c in content.gain.causes)
    assert total == pytest.approx(content.gain.total.mean.value)
    for one in content.ends.rows:
        assert sum(one.leaks) == pytest.approx(one.parts[-1], abs=1e-6)


def test_units_are_those_that_are_known_and_never_part_of_the_name():
    assert name_and_unit("Opening stock, rounds", "depot.rounds") == ("Opening stock", "rounds")
    assert name_and_unit("Tempo, rockets a day", "x.mean") == ("Tempo", "rockets a day")
    footprint = "Defended footprint, radius, the two more"
    assert name_and_unit(footprint, "assumptions.a.defended_radius_km") == (footprint, "km")
    assert name_and_unit("Spread at the target, factor", "x.spread_scale") == ("Spread at the target, factor", "")

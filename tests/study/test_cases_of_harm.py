"""Cases of casualties, categories and leads: closed forms, published aggregates, and what the pages say came out."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from opendome.study.cases.campaign_runs import columns_of, ratio_interval
from opendome.study.cases.case import Effort, Finding, declared_case, run_case, verdict_of
from opendome.study.cases.casualty_model import counted_over_closed_form
from opendome.study.cases.warning_factor import cast_lead


def outside(name: str, found: list[Finding]) -> set[str]:
    """Targets of a case that lie outside, and all of which must say why."""
    declared = declared_case(name)
    by_id = {finding.target: finding for finding in found}
    missed = {t.id for t in declared.targets if verdict_of(t, by_id[t.id]) in ("outside", "expected miss")}
    assert all(declared.target(target_id).why for target_id in missed)
    return missed


def test_the_closed_form_is_met_and_the_near_factor_missed():
    found = run_case("casualty-model")
    assert outside("casualty-model", found) == {"factor-in-the-town"}


def test_the_count_is_sharp_enough_to_tell_half_a_metre():
    """Within 5.5 m there are a fifth more people than within 5; the interval is narrow enough to show it."""
    counted = counted_over_closed_form(declared_case("casualty-model").settings)
    assert counted.high - counted.low < 0.5 * (5.5**2 / 5.0**2 - 1.0)


def test_cast_lead_is_the_scenario_with_its_rockets_landing():
    settings = declared_case("warning-factor").settings
    for n_batteries in (0, 3, 5):
        model = cast_lead(settings, n_batteries).model
        assert [battery.launchers == 0 for battery in model.batteries] == [False] * n_batteries + [True] * (
            10 - n_batteries
        )
        assert model.threats.raid is not None
        assert model.threats.raid.failing.share == 0.0
        mean = model.threats.raid.launched_per_day.mean
        assert isinstance(mean, tuple)
        assert sum(mean) == pytest.approx(617.0)


def test_two_ways_to_take_interceptors_away_agree():
    """Without launchers as many are hurt as the case of no interceptors that is counted beside the five batteries."""
    settings = declared_case("warning-factor").settings
    names = ("injuries_expected", "injuries_if_undefended", "injuries_if_unwarned", "injuries_if_neither")
    five, none = (columns_of(cast_lead(settings, n), names, 3, Effort(), settings["seed"])["as-is"] for n in (5, 0))
    np.testing.assert_allclose(five["injuries_if_undefended"], none["injuries_expected"], rtol=1e-9)
    np.testing.assert_allclose(five["injuries_if_neither"], none["injuries_if_unwarned"], rtol=1e-9)


def test_a_ratio_of_totals_has_the_spread_of_the_delta_method():
    rng_free = np.arange(1.0, 41.0)
    bottom, top = 100.0 + rng_free % 7, 3.0 * (100.0 + rng_free % 7) + (rng_free % 5 - 2.0)
    found = ratio_interval(top, bottom)
    residual = (top - found.value * bottom) / bottom.mean()
    assert found.value == pytest.approx(top.sum() / bottom.sum())
    half = 2.0227 * residual.std(ddof=1) / math.sqrt(40)
    assert found.high - found.value == pytest.approx(half, rel=1e-3)


def test_categories_miss_what_is_said_of_them():
    missed = outside("ukraine", run_case("ukraine"))
    expected = {"drones", "cruise-missiles-layers", "ballistic", "cruise-over-ballistic"}
    assert missed == expected | {"cruise-missiles", "drones-over-cruise"}


def test_published_ranges_are_those_of_the_record(shared_data: Path):
    """The ranges that the case prints, worked out again from the record by its definitions."""
    declared = declared_case("ukraine")
    name = shared_data / "data" / "ukraine" / "month_category_launched_destroyed_to_2025-07.csv"
    rows = defaultdict(list)
    with name.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            extra = float(row["not_reach_goal"]) if row["category"] == "UAV" else 0.0
            rows[row["category"]].append((float(row["launched"]), float(row["destroyed"]) + extra))
    for category, key, target in (
        ("UAV", "uav", "drones"),
        ("cruise missile", "cruise_missile", "cruise-missiles"),
        ("ballistic missile", "ballistic_missile", "ballistic"),
    ):
        launched, stopped = np.array(rows[category]).T
        assert launched.sum() == declared.settings["launched"][key]
        assert stopped.sum() == declared.settings["stopped"][key]
        share = (stopped / launched)[launched >= 10]
        low, high = np.quantile(share, (0.05, 0.95))
        asked = declared.target(target)
        assert (asked.low, asked.high) == (pytest.approx(low, abs=0.006), pytest.approx(high, abs=0.006))
        tenths = np.quantile(launched, (0.1, 0.5, 0.9))
        assert declared.settings["launched_per_month_10_50_90"][key] == pytest.approx(tenths, abs=0.6)


@pytest.mark.validate
@pytest.mark.parametrize(("name", "missed"), [("warning-leads", set()), ("warning-factor", {"three-batteries"})])
def test_long_cases_give_what_the_page_says(name: str, missed: set[str]):
    assert outside(name, run_case(name)) == missed

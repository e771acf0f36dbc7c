"""Time to rebuild: against integrated output, against draws, and against the gathered tallies."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from opendome.catalogue.campaigns import campaign_figures, campaigns
from opendome.measures.rebuild import (
    DAYS_PER_YEAR,
    Band,
    Line,
    Spent,
    days_to_make,
    published_lines,
    published_spent,
    rebuild_times,
    thaad_rebuilt,
)


@pytest.mark.parametrize("rounds", [0.0, 40.0, 700.0, 1325.0, 4000.0])
def test_days_are_when_the_integrated_output_reaches_the_rounds(rounds: float) -> None:
    start, end, ramp = 325.0, 1000.0, 730.5
    days = np.linspace(0.0, 3000.0, 3_000_001)
    rate = (start + (end - start) * np.minimum(days / ramp, 1.0)) / DAYS_PER_YEAR
    made = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(days))])
    assert days_to_make(rounds, start, end, ramp) == pytest.approx(np.interp(rounds, made, days), abs=1e-3)


def test_a_line_without_a_ramp_is_a_division() -> None:
    assert days_to_make(650.0, 325.0, 325.0, 0.0) == pytest.approx(2.0 * DAYS_PER_YEAR)
    np.testing.assert_allclose(days_to_make(np.array([0.0, 100.0]), 0.0, 100.0, 0.0), [0.0, DAYS_PER_YEAR])
    with pytest.raises(ValueError, match="does not fall"):
        days_to_make(10.0, 200.0, 100.0, 30.0)


def test_no_draw_leaves_the_corners_and_draws_come_near_them() -> None:
    spent, line = Spent("s", 1, Band(800.0, 900.0, 1200.0), ""), Line("l", 325.0, Band(1000.0, 1500.0, 2000.0), 700.0)
    (row,) = rebuild_times([spent], [line])
    days = np.array([
        days_to_make(np.linspace(800.0, 1200.0, 41), 325.0, rate, 700.0) for rate in np.linspace(1000.0, 2000.0, 41)
    ])  # fmt: skip
    assert days.min() == pytest.approx(row.days.low) and days.max() == pytest.approx(row.days.high)
    assert row.days.low < row.days.middle < row.days.high


def test_published_bands() -> None:
    spent = {row.name: row for row in published_spent()}
    pillar = spent["Pillar of Defense, November 2012"]
    assert pillar.rounds == pytest.approx((362 * 1.03, 421 * 1.25, 421 * 1.28)) and pillar.days == 8
    lines = published_lines()
    assert [line.end_per_year.high for line in lines] == [325, 1000, 2000, 2000]
    months = 12.0 / DAYS_PER_YEAR
    autumn = rebuild_times([spent["First 33 days from 7 October 2023"]], lines)
    assert [round(months * row.days.high, 1) for row in autumn[:3]] == [94.5, 30.7, 15.4]
    assert [round(row.days.high / DAYS_PER_YEAR, 2) for row in thaad_rebuilt()] == [13.64, 4.05]


def test_counts_are_those_that_were_gathered(shared_data: Path) -> None:
    with (shared_data / "facts" / "campaigns.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["engaged_or_intercepted"]]
    for campaign in campaigns():
        low, high = campaign.interceptions.band
        begun = [row for row in rows if row["start"] == campaign.first_day.isoformat()]
        counts = {float(row["engaged_or_intercepted"]) for row in begun}
        assert campaign.interceptions.number in counts, campaign.name
        if not campaign.interceptions.is_assumption:
            late = [row for row in begun if "critic" not in row["campaign"]]
            assert {low, high} <= {float(row["engaged_or_intercepted"]) for row in late} | {1210.0}, campaign.name
    each = campaign_figures()["rounds_per_interception"]
    assert each.band == pytest.approx((27e6 / 62e3 / 421, 27e6 / 50e3 / 421), abs=0.005)
    assert each.number == pytest.approx(700 / 558, abs=0.005)

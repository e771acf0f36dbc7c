"""Tallies of campaigns against the gathered readings, and against themselves."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from opendome import catalogue
from opendome.base.errors import CommandError
from opendome.catalogue.reading import data
from opendome.catalogue.tallies import COUNTS, tallies, tally, tally_figures

FACTS = Path(__file__).parents[2].parent / "shared" / "facts" / "campaigns.csv"
COLUMNS = {
    "launched": "launched", "fell_short_in_territory": "short", "crossed": "crossed", "leakers_hit_builtup": "leaked",
    "engaged_or_intercepted": "intercepted", "open_area": "open", "batteries_deployed": "batteries",
}  # fmt: skip
NAMES = {
    "Second Lebanon War (baseline, no interceptors)": "2006-07", "Cast Lead (baseline, no interceptors)": "2008-12",
    "2012-11 Pillar of Defense": "2012-11", "2014 Protective Edge": "2014-07", "2018 whole year": "2018",
    "2019-05": "2019-05", "2021-05 Guardian of the Walls": "2021-05", "2023-05-02 one-day round": "2023-05",
    "2023-10 first month": "2023-10",
}  # fmt: skip


def test_every_key_is_a_count_of_a_campaign_and_every_campaign_has_some():
    named = {f"{count}_{found.id}" for found in tallies() for count in found.figures}
    assert named == set(tally_figures())
    counts = {count for found in tallies() for count in found.figures}
    assert set(data("tallies")["counts"]) == set(COUNTS)
    assert counts - set(COUNTS) == {"intercepted_by_day_7"}
    assert all(found.figures and found.first_day <= found.last_day for found in tallies())


def test_what_is_left_out_of_fits_exists_and_is_not_fitted():
    for found in tallies():
        for count, why in found.not_for_fit.items():
            assert why and found.number(count) is not None
            assert found.fitted(count) is None and found.readings(count) == ()


def test_sources_are_known():
    for key, figure in tally_figures().items():
        assert set(figure.source) <= set(catalogue.sources()), key
        assert figure.source or figure.is_assumption, key


def test_readings_begin_with_the_central_one():
    assert tally("2012-11").readings("intercepted") == (421.0, 362.0)
    assert tally("2018").readings("intercepted") == (250.0,)
    with pytest.raises(CommandError, match="2012-1"):
        tally("2012-12")


def test_no_published_count_lies_outside_ours():
    if not FACTS.exists():
        pytest.skip("the gathered facts are not beside this checkout")
    seen = 0
    with FACTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            ours = tally(NAMES[row["campaign"]]) if row["campaign"] in NAMES else None
            if ours is None or (ours.id == "2021-05" and row["launched"] == "3000"):
                continue  # a count of the day before the end
            for column, count in COLUMNS.items():
                if row[column] and float(row[column]) > 0 and count in ours.figures:
                    low, high = ours.figures[count].band
                    leaks_elsewhere = ours.id == "2014-07" and count == "leaked" and row[column] == "70"
                    assert leaks_elsewhere or low <= float(row[column]) <= high, (row["campaign"], column)
                    seen += 1
    assert seen >= 50

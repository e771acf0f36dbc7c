"""Cases of warning: distances, cuts and classes by hand, the record's own arithmetic, and the judged lines."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from opendome.places.alert_areas import load_alert_areas, within
from opendome.scenario.reader import example
from opendome.study.cases.case import Effort, declared_case, run_case, verdict_of
from opendome.study.cases.warning_distance import class_of, cut_km, run
from opendome.study.cases.warning_geometry import best_cut_km, outline_distance_km

CLASSES_S = [15, 30, 45, 60, 90]


def test_people_are_promised_the_longest_class_that_is_left():
    left_s = np.array([-5.0, 14.9, 15.0, 29.9, 30.0, 59.9, 89.9, 90.0, 300.0])
    assert class_of(left_s, CLASSES_S).tolist() == [15, 15, 15, 15, 30, 45, 60, 90, 90]


def test_a_cut_is_where_the_flight_is_long_enough():
    """17.1 sqrt(R) = 50 s at 8.55 km, 110 s at 41.38 km."""
    for needed_s, expected_km in ((50.0, (50.0 / 17.1) ** 2), (110.0, (110.0 / 17.1) ** 2)):
        assert cut_km(lambda km: 17.1 * np.sqrt(km), needed_s) == pytest.approx(expected_km, abs=0.011)


def test_the_best_cut_is_the_best_of_all_cuts():
    draw = np.random.default_rng(5)
    distance_km = np.sort(draw.uniform(0.0, 20.0, 60))
    is_farther = draw.random(60) < distance_km / 20.0
    found = best_cut_km(distance_km, is_farther)

    def wrong(cut: float) -> int:
        return int((is_farther != (distance_km > cut)).sum())

    assert wrong(found) == min(wrong(cut) for cut in np.concatenate([[0.0], distance_km]))


def test_distances_and_cuts_are_the_reference_table_s(shared_data: Path):
    """The outline is drawn by hand: half of the areas within 60 km are 0.61 km off or more. Same sums, same cuts."""
    areas = within(load_alert_areas(), 31.45, 34.42, 130.0)
    ours_km = dict(zip(areas.ids.tolist(), outline_distance_km(example("may-2021"), areas).tolist(), strict=True))
    with (shared_data / "data" / "warning" / "hfc_areas_countdown_distance_gaza.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(row["id"]) in ours_km and float(row["lat"]) < 32.4]
    theirs_km = np.array([float(row["km_gaza_point"]) for row in rows])
    apart_km = np.array([ours_km[int(row["id"])] for row in rows]) - theirs_km
    assert np.median(np.abs(apart_km[theirs_km < 60])) == pytest.approx(0.61, abs=0.01)
    official_s = np.array([float(row["countdown"]) for row in rows])
    near = np.isin(official_s, (15, 30))
    assert best_cut_km(theirs_km[near], official_s[near] == 30) == pytest.approx(8.6, abs=0.1)


@pytest.mark.parametrize("name", ["warning-distance", "shelter-times"])
def test_what_is_judged_stands_as_declared(name: str):
    """Every figure is inside, or its reason is written beside it."""
    declared = declared_case(name)
    for finding in run_case(name):
        target = declared.target(finding.target)
        assert verdict_of(target, finding) != "outside" or target.why


def test_the_declared_law_meets_its_margins():
    declared = declared_case("warning-distance")
    found = {finding.target: finding for finding in run_case("warning-distance")}
    for target_id in ("law-15-30", "law-30-45", "law-45-60", "law-60-90", "law-agreement"):
        assert verdict_of(declared.target(target_id), found[target_id]) == "inside"


def test_areas_nearer_than_any_range_have_the_flight_of_the_shortest():
    """A flight time that is not a number would count as the longest class: the nearest areas are all of 15 s."""
    asked = declared_case("warning-distance")
    near = asked.model_copy(update={"settings": asked.settings | {"bands_km": [0, 3, 60]}})
    found = {finding.target: finding for finding in run(near, Effort())}
    assert found["agreement-0-3"].value == 1.0
    assert found["agreement-0-3"].n > 10
    # Counted in two ways: by band, and in the figure that is judged.
    right = sum(found[f"agreement-{band}"].value * found[f"agreement-{band}"].n for band in ("0-3", "3-60"))
    assert found["own-agreement"].value == pytest.approx(right / found["own-agreement"].n)


def test_rank_correlation_says_no_more_than_distance():
    """Own flight times jump a little from class to class; the rest of the correlation is that of distance."""
    found = {finding.target: finding for finding in run_case("warning-distance")}
    ranked = found["rank-correlation"]
    assert ranked.value == pytest.approx(float(ranked.note.rsplit(" ", 1)[1]), abs=0.01)
    bands = ["0-7", "7-15", "15-30", "30-50", "50-60"]
    right = sum(found[f"agreement-{band}"].value * found[f"agreement-{band}"].n for band in bands)
    assert right / found["own-agreement"].n == pytest.approx(found["own-agreement"].value)

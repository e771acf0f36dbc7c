"""A record of alerts played as a raid: times, areas, sizes in proportion, launches that can reach, and its errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from opendome.base.errors import ScenarioError
from opendome.exchange.alert_names import names_from_json
from opendome.exchange.alert_record import import_alerts
from opendome.raid.generate import draw_day
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import loads
from opendome.study.controls import raid_moments
from tests.engine.test_equal import compare

SEED = 11
P_LOW = 1e-3
DELAY_S = 20.0
AREAS = {
    # id: (name, lat_deg, lon_deg): 12, 45 and 30 km from the middle of the launch area, and one that nobody defends
    "near": ("Near, by the sea", 35.0, -30.10),
    "far": ("Far", 35.0, -30.46),
    "north": ("North", 35.2, -30.20),
    "else": ("Elsewhere", 36.5, -30.0),
}
# Seconds after 06:00 UTC, and the areas that sound.
ALERTS = [(0, "near"), (10, "near, else"), (30, "far"), (95, "near"), (160, "north"), (5_000, "far"), (5_060, "far"),
          (5_130, "far"), (86_400, "near"), (86_400 + 1, "north")]  # fmt: skip
SCENARIO = """\
scenario: 1
name: recorded
site: {lat_deg: 35.0, lon_deg: -30.0}
start_utc: 2030-05-01T06:00:00Z
duration_day: 2
places:
  population: none
  coast: false
  areas:
    - {id: a-near, at: [35.0, -30.10], radius_km: 2, population: 5000}
    - {id: a-far, at: [35.0, -30.46], radius_km: 2, population: 900}
    - {id: a-north, at: [35.2, -30.20], radius_km: 2, population: 900}
threats:
  raid:
    recorded: {alerts: record, from: 2021-05-11T06:00:00Z, launched_per_area_alert: 2.5}
    bursts: {size_mean: 2, spacing_s: 0}
    launch_areas:
      - {id: hills, polygon: [[35.02, -29.98], [35.02, -29.96], [34.98, -29.96], [34.98, -29.98]]}
    classes: {short-rocket: 0.6, medium-rocket: 0.4}
    failing: {share: 0}
batteries:
  - {id: b1, at: [35.0, -30.1], launchers: 1}
depot: {rounds: 100}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the record in ``record``."""
    folder = tmp_path_factory.mktemp("recorded")
    entries = [
        {"id": k, "name": name, "lat": lat, "lng": lon, "countdown": 30} for k, (name, lat, lon) in AREAS.items()
    ]
    (folder / "areas.json").write_text(json.dumps(entries), encoding="utf-8")
    lines = ["data,date,time"]
    for t_s, places in ALERTS:
        local_s = 9 * 3600 + t_s  # 06:00 UTC is 09:00 by Israel's clock in May
        day, rest = 11 + local_s // 86_400, local_s % 86_400
        names = ", ".join(AREAS[place][0] for place in places.split(", "))
        lines.append(f'"{names}",{day}.05.2021,{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}')
    (folder / "alerts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    record = import_alerts(folder / "alerts.csv", names_from_json(folder / "areas.json"))
    assert not record.bad_lines
    record.write(folder / "record")
    return folder


def scenario_in(folder: Path, **changes: Any):
    scenario = loads(SCENARIO, str(folder / "recorded.yaml"))
    return scenario.override({f"threats.raid.recorded.{key}": value for key, value in changes.items()})


@pytest.fixture(scope="module")
def world(folder: Path):
    return compile_world(scenario_in(folder))


@pytest.fixture(scope="module")
def drawn(world):
    """1,000 replications, both days: (replication, objects)."""
    return [(k, np.concatenate([draw_day(world.raid, SEED, k, day)[0] for day in (0, 1)])) for k in range(1000)]


def test_the_record_is_compiled_as_it_stands(world) -> None:
    # Merged: near at 0 (with 10), far at 30, near at 95, north at 160; far at 5,000 (with 5,060) and 5,130; then two.
    # The alert elsewhere is of no defended area.
    alerts, clusters = world.raid.recorded.alerts, world.raid.recorded.clusters
    expected = np.maximum(np.array([0, 30, 95, 160, 5_000, 5_130, 86_400, 86_401]) - DELAY_S, 0.0)
    np.testing.assert_array_equal(alerts["t_s"], expected)
    assert alerts["i_area"].tolist() == [0, 1, 0, 2, 1, 1, 0, 2]
    # The last two are launched 20 s before the second day; `far` at 5,000 goes on till 5,060.
    assert list(zip(clusters["first"].tolist(), clusters["end"].tolist(), clusters["day"].tolist(), strict=True)) == [
        (0, 4, 0), (4, 6, 0), (6, 8, 0)
    ]  # fmt: skip
    np.testing.assert_allclose(clusters["mean"], [10.0, 5.0, 5.0])
    np.testing.assert_allclose(world.raid.day_mean, [20.0, 0.0])


def test_midnight_parts_clusters(folder: Path) -> None:
    raid = compile_world(scenario_in(folder, delay_s=0.5)).raid
    clusters = raid.recorded.clusters
    # Launched half a second before their alerts, the last two fall on both sides of the scenario's midnight.
    assert clusters["day"].tolist() == [0, 0, 0, 1]
    np.testing.assert_allclose(raid.day_mean, [2.5 * 7, 2.5])
    for day in (0, 1):
        t_s = draw_day(raid, SEED, 0, day)[0]["t_launch_s"]
        assert ((t_s >= 86_400.0 * day) & (t_s < 86_400.0 * (day + 1))).all()


def test_sizes_are_in_proportion_and_right_in_the_mean(folder: Path) -> None:
    raid = compile_world(scenario_in(folder, launched_per_area_alert=0.7, cluster_gap_s=0, delay_s=0.5)).raid
    mean = raid.recorded.clusters["mean"]
    assert len(mean) == 8
    np.testing.assert_allclose(mean, 0.7)
    found = []
    for k in range(2000):
        objects = np.concatenate([draw_day(raid, SEED, k, day)[0] for day in (0, 1)])
        counts = [int((objects["t_launch_s"] == t_s).sum()) for t_s in raid.recorded.alerts["t_s"]]
        assert all(n in (np.floor(m), np.ceil(m)) for n, m in zip(counts, mean, strict=True))
        assert len(objects) in (5, 6)
        found.append(counts)
    # Each count is Bernoulli with the mean's fraction.
    got = np.mean(found, axis=0)
    np.testing.assert_allclose(got, mean, atol=stats.norm.isf(P_LOW / 16) * np.sqrt(0.7 * 0.3 / 2000))


def test_bursts_take_time_and_area_of_one_alert_of_their_cluster(world, drawn) -> None:
    alerts = world.raid.recorded.alerts
    pairs = {(t, a) for t, a in zip(alerts["t_s"].tolist(), alerts["i_area"].tolist(), strict=True)}
    counts: dict[tuple[float, int], int] = dict.fromkeys(pairs, 0)
    for _, objects in drawn:
        assert len(objects) == 20
        first = objects[objects["shot"] == 0]
        for t_s, area in zip(first["t_launch_s"].tolist(), first["aim_area"].tolist(), strict=True):
            counts[t_s, area] += 1
        # The clusters have 10, 5 and 5 launches, whatever the replication.
        assert [(objects["t_launch_s"] < t).sum() for t in (200.0, 6_000.0)] == [10, 15]
    of_first = [counts[t, a] for t, a in sorted(pairs) if t < 200.0]
    assert stats.chisquare(of_first).pvalue > P_LOW


def test_a_total_may_be_given(folder: Path) -> None:
    raid = compile_world(scenario_in(folder, launched=33)).raid
    assert raid.day_mean.sum() == pytest.approx(33.0)
    assert {sum(len(draw_day(raid, SEED, k, day)[0]) for day in (0, 1)) for k in range(50)} <= {33, 34}


def test_class_and_launch_point_follow_their_laws_where_they_reach(world, drawn) -> None:
    raid = world.raid
    objects = np.concatenate([rows[rows["shot"] == 0] for _, rows in drawn])
    area = raid.areas[objects["aim_area"]]
    range_m = np.hypot(objects["launch_east_m"] - area["east_m"], objects["launch_north_m"] - area["north_m"])
    kind = raid.classes[objects["i_class"]]
    assert ((range_m >= kind["range_min_m"]) & (range_m <= kind["range_max_m"])).all()
    # Near is in reach of the short class (index 1) alone or of both from every point; far of the medium one alone.
    reach = [(raid.classes[c]["range_min_m"], raid.classes[c]["range_max_m"]) for c in (0, 1)]
    assert set(objects["i_class"][objects["aim_area"] == 1]) == {c for c in (0, 1) if reach[c][1] > 44_000.0}
    near = objects[objects["aim_area"] == 0]
    can = [reach[c][0] <= 10_000.0 and reach[c][1] >= 14_000.0 for c in (0, 1)]
    share = np.where(can, np.diff(raid.class_cum[0], prepend=0.0), 0.0)
    share /= share.sum()
    n_first = (near["i_class"] == 0).sum()
    assert stats.binomtest(int(n_first), len(near), float(share[0])).pvalue > P_LOW
    # Launch points are uniform over the rectangle: their east is, once scaled.
    east = near["launch_east_m"]
    low, high = raid.launch_vertices_m[:, 0].min(), raid.launch_vertices_m[:, 0].max()
    assert stats.kstest((east - low) / (high - low), "uniform").pvalue > P_LOW


def test_where_no_draw_reaches_the_likeliest_launch_stands_in(world) -> None:
    short = world.raid.classes.copy()
    short["range_max_m"] = short["range_min_m"] = 1.0
    objects = draw_day(world.raid._replace(classes=short), SEED, 0, 0)[0]
    fallback = world.raid.recorded.fallback[objects["aim_area"]]
    np.testing.assert_array_equal(objects["i_class"], fallback[:, 0])
    np.testing.assert_array_equal(objects["launch_east_m"], fallback[:, 1])


def test_the_defence_forecasts_by_the_laws_and_does_not_know_the_record(folder: Path) -> None:
    world = compile_world(scenario_in(folder).override({"doctrine.policy": "price"}))
    assert len(world.forecast.raid.recorded.clusters) == 0
    np.testing.assert_allclose(world.forecast.day_mean, world.raid.day_mean)


def test_what_stands_against_it_changes_nothing(folder: Path, world) -> None:
    more = compile_world(scenario_in(folder).override({"batteries+": [{"id": "b2", "at": [35.1, -30.2]}]}))
    np.testing.assert_array_equal(draw_day(world.raid, SEED, 3, 0)[0], draw_day(more.raid, SEED, 3, 0)[0])


def test_the_file_belongs_to_the_world(folder: Path, tmp_path: Path) -> None:
    scenario = scenario_in(folder)
    assert scenario.file_keys["threats.raid.recorded.alerts"] == folder / "record" / "area_alerts_merged.parquet"
    record = import_alerts(folder / "alerts.csv", names_from_json(folder / "areas.json"), from_text="2021-05-12")
    record.write(tmp_path / "record")
    assert loads(SCENARIO, str(tmp_path / "recorded.yaml")).world_hash != scenario.world_hash
    assert raid_moments(scenario.model) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"alerts": "nowhere"}, "there is no file .*opendome import-alerts"),
        ({"alerts": "areas.json"}, "is no table of merged alerts"),
        ({"alerts": "record/alert_messages.parquet"}, "is no table of merged alerts|has no columns"),
        (
            {"from": "2022-01-01T00:00:00Z"},
            "holds no alert from .*the record reaches from 2021-05-11T06:00:00Z to 2021",
        ),
        ({"launched": 200_000}, "200,000 launches on one day are more than"),
        ({"until": "2021-05-11T05:00:00Z"}, "is not after the record's begin"),
    ],
)
def test_errors_teach(folder: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        compile_world(scenario_in(folder, **changes))


def test_a_record_of_other_places_is_refused(folder: Path) -> None:
    only = {
        "places.areas": [
            {"id": "x", "at": [35.0, -29.85], "radius_km": 1, "population": 10},
            {"id": "y", "at": [35.0, -29.50], "radius_km": 1, "population": 10},
        ]
    }
    with pytest.raises(ScenarioError, match="0 are in defended areas"):
        compile_world(scenario_in(folder).override(only))


def test_a_raid_has_one_source() -> None:
    for line, words in (
        ("", "nothing says how many"),
        ("    launched_per_day: {mean: 9}\n", "a record and daily totals"),
    ):
        text = SCENARIO.replace("    recorded: ", f"{line}    recorded: " if line else "    # recorded: ")
        with pytest.raises(ScenarioError, match=words):
            loads(text, "recorded.yaml")


def test_may_2021_has_its_launches_and_its_areas(shared_data: Path, tmp_path: Path) -> None:
    import opendome as od

    record = import_alerts(
        shared_data / "data/alerts/israel-alerts_2014-2021.csv.gz", from_text="2021-05-10", until_text="2021-05-22"
    )
    record.write(tmp_path / "record")
    scenario = od.load("may-2021").override(
        {
            "threats.raid.launched_per_day": None,
            "threats.raid.recorded": {"alerts": str(tmp_path / "record"), "launched": 4360},
        }
    )
    raid = compile_world(scenario).raid
    objects = np.concatenate([draw_day(raid, SEED, 0, day)[0] for day in range(11)])
    assert len(objects) in (4360, 4361)
    # Nearly every alert of the span is of an area within 120 km and in reach.
    assert len(raid.recorded.alerts) > 0.97 * 6_821
    played = np.bincount(objects["aim_area"], minlength=len(raid.areas))
    alerted = np.bincount(raid.recorded.alerts["i_area"], minlength=len(raid.areas))
    assert stats.spearmanr(played, alerted).statistic > 0.8


def test_the_reference_engine_plays_the_same_record(world) -> None:
    happened = compare(world, 3)
    assert {"launched", "interceptors_fired"} <= happened

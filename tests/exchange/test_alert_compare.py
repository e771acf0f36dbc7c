"""Simulated beside recorded alerts: counts by hand, and a run's own alerts written out, imported and compared."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy import stats

from opendome.base.errors import CommandError
from opendome.cli.main import main
from opendome.exchange.alert_compare import Comparison, compare_alerts
from opendome.exchange.alert_counts import BANDS_KM, Ground, band_names, count_alerts, ground_of
from opendome.exchange.alert_names import names_from_json
from opendome.exchange.alert_record import AlertRecord, import_alerts
from opendome.exchange.geojson import area_outlines
from opendome.study.single import Run

GROUND = Ground(("a", "b", "c"), np.array([3.0, 7.0, 95.0]), ("d1", "d2"), np.array([-36_000.0, 50_400.0]), 86_400.0)


def record_of(run: Run, folder: Path, shift_s: float = 0.0) -> AlertRecord:
    """Write a run's alerts as the public CSV has them, and import that."""
    table = {area_id: np.mean(ring[:-1], axis=0) for area_id, ring in area_outlines(run).items()}
    entries = [{"id": k, "name": f"area {k}", "lat": float(p[1]), "lng": float(p[0])} for k, p in table.items()]
    (folder / "areas.json").write_text(json.dumps(entries), encoding="utf-8")
    lines = ["data,date,time"]
    for row in run.table("warnings").to_pylist():
        moment = run.scenario.model.start_utc + timedelta(seconds=math.floor(row["t_s"]) + shift_s)
        local = moment.astimezone(ZoneInfo("Asia/Jerusalem"))
        lines.append(f"area {row['area_id']},{local:%d.%m.%Y},{local:%H:%M:%S}")
    (folder / "alerts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return import_alerts(folder / "alerts.csv", names_from_json(folder / "areas.json"))


@pytest.fixture(scope="module")
def own_record(recorded: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of a run and of the record made of its alerts."""
    folder = tmp_path_factory.mktemp("own")
    record_of(recorded, folder).write(folder / "record")
    recorded.save(folder / "run")
    return folder / "run", folder / "record"


def rows_of(found: Comparison) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["what"], row["where"]): row for row in found.rows()}


def test_alerts_are_counted_by_day_minute_area_and_distance() -> None:
    # The local day changes 50,400 s after the span's start; alerts outside the span are not counted.
    t_s = np.array([-1.0, 0.0, 10.0, 59.0, 60.0, 50_399.0, 50_400.0, 50_459.0, 86_399.0, 86_400.0])
    area = np.array([0, 0, 1, 2, 0, 2, 1, 2, 0, 0])
    found = count_alerts(GROUND, t_s, area)
    assert found.total == 8
    assert found.by_day.tolist() == [5, 3]
    assert found.peak_by_day.tolist() == [3, 2]
    assert found.minutes == 5
    assert found.by_area.tolist() == [3, 2, 3]
    # 7 km is in the second band: bands include their start.
    assert found.by_band.tolist() == [3, 2, 0, 0, 0, 3]
    assert band_names() == ["0-7 km", "7-15 km", "15-30 km", "30-50 km", "50-80 km", "80+ km"]
    assert len(BANDS_KM) == len(band_names()) + 1
    none = count_alerts(GROUND, np.zeros(0), np.zeros(0, np.int64))
    assert (none.total, none.minutes, none.peak_by_day.tolist()) == (0, 0, [0, 0])


def test_figures_have_means_intervals_and_ranges() -> None:
    rng_free = [[0, 0, 1, 2], [0, 1, 1, 2, 2, 2], [2, 2]]
    sims = tuple(count_alerts(GROUND, np.arange(len(areas)) * 100.0, np.array(areas)) for areas in rng_free)
    theirs = count_alerts(GROUND, np.array([0.0, 1.0, 60_000.0, 60_001.0]), np.array([0, 1, 2, 2]))
    found = rows_of(Comparison(GROUND, theirs, sims, 0))
    totals = np.array([4.0, 6.0, 2.0])
    half = stats.t.ppf(0.975, 2) * totals.std(ddof=1) / math.sqrt(3)
    row = found["alerts", ""]
    assert (row["recorded"], row["n"]) == (4.0, 3)
    assert [row["low"], row["simulated"], row["high"]] == pytest.approx([4 - half, 4, 4 + half])
    assert [row["range_low"], row["range_high"]] == pytest.approx(np.quantile(totals, [0.05, 0.95]).tolist())
    # Shares by area: recorded 1/4, 1/4, 1/2; simulated 1/2, 1/4, 1/4, then 1/6, 1/3, 1/2, then 0, 0, 1.
    tv = [0.25, 1 / 12, 0.5]
    assert found["total variation over areas", ""]["simulated"] == pytest.approx(np.mean(tv))
    assert found["total variation over days", ""]["simulated"] == pytest.approx(0.5)
    ranks = [stats.spearmanr([1, 1, 2], one).statistic for one in ([2, 1, 1], [1, 2, 3], [0, 0, 2])]
    assert found["rank correlation over areas", ""]["simulated"] == pytest.approx(np.mean(ranks))
    single = rows_of(Comparison(GROUND, theirs, sims[:1], 0))["alerts", ""]
    assert (single["n"], single["low"], single["range_high"]) == (1, None, None)


def test_a_run_agrees_with_its_own_alerts(own_record: tuple[Path, Path], recorded: Run) -> None:
    from opendome.exchange.alert_record import open_alerts

    found = compare_alerts(own_record[0], open_alerts(own_record[1]))
    assert found.elsewhere == 0
    assert found.recorded.total == recorded.table("warnings").num_rows
    rows = rows_of(found)
    assert rows["total variation over areas", ""]["simulated"] == 0.0
    assert rows["total variation over days", ""]["simulated"] == 0.0
    assert rows["rank correlation over areas", ""]["simulated"] == pytest.approx(1.0)
    assert [row["simulated"] for row in found.areas()] == [row["recorded"] for row in found.areas()]
    for row in found.rows()[:3]:
        assert row["recorded"] == row["simulated"]


def test_another_time_is_another_span(own_record: tuple[Path, Path], recorded: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no alert of a defended area in the .* days from 2030"):
        compare_alerts(own_record[0], record_of(recorded, tmp_path, shift_s=40 * 86_400.0))


def test_distances_are_from_the_launch_area_or_from_a_point(recorded: Run) -> None:
    begins = recorded.scenario.model.start_utc
    area = recorded.scenario.model.places.areas[0]
    assert area.at is not None
    ground = ground_of(recorded.scenario, begins, area.at)
    assert ground.distance_km[ground.ids.index(area.id)] == pytest.approx(0.0, abs=0.05)
    by_launch = ground_of(recorded.scenario, begins).distance_km
    assert (by_launch > 0).all()
    assert not np.allclose(by_launch, ground.distance_km)
    # Days are those of Israel's clock: three hours ahead of UTC in May.
    assert ground.midnight_s[1] == (datetime(2030, 5, 1, 21, tzinfo=UTC) - begins).total_seconds()


def test_the_verb_prints_both_sides(own_record: tuple[Path, Path], capsys: Any) -> None:
    for options in (["--json"], [], ["--from-point", "35.0,-30.0"]):
        with pytest.raises(SystemExit) as leave:
            main(["compare-alerts", str(own_record[0]), str(own_record[1]), *options])
        assert leave.value.code == 0
        printed = capsys.readouterr().out
        if "--json" in options:
            told = json.loads(printed)
            assert {"rows", "areas", "recorded_elsewhere"} == set(told)
        else:
            assert "rank correlation over areas" in printed
            assert "an alert is no launch" in printed
    for wrong in ("north", "95,0", "1,2,3"):
        with pytest.raises(SystemExit) as leave:
            main(["compare-alerts", str(own_record[0]), str(own_record[1]), "--from-point", wrong])
        assert leave.value.code == 2

"""The timeline of sirens: what the table of alerts says, in words for players, and an exercise in every row."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path

import pytest

from opendome.exchange.formats import export
from opendome.exchange.sirens import siren_rows
from opendome.results.single_schema import SINGLE_RUN_TABLES
from opendome.scenario.compile import area_table
from opendome.study.single import Run


def test_sheet_and_document_tell_the_alerts_of_the_run(recorded: Run, tmp_path: Path) -> None:
    sheet, document = export(recorded, "sirens", tmp_path)
    with sheet.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = json.loads(document.read_text(encoding="utf-8"))
    warnings = recorded.table("warnings").to_pylist()
    assert len(rows) == len(told["sirens"]) == len(warnings)
    times = dict(zip(area_table(recorded.scenario).ids, area_table(recorded.scenario).time_to_shelter_s, strict=True))
    start = recorded.scenario.model.start_utc
    for row, plain, alert in zip(rows, told["sirens"], warnings, strict=True):
        assert row["area_id"] == plain["area_id"] == alert["area_id"]
        assert float(row["time_to_shelter_s"]) == times[alert["area_id"]]
        assert (row["is_needless"] == "yes") is plain["is_needless"] is alert["is_needless"]
        for name, t_s in (("sounds_at", alert["t_s"]), ("ends_at", alert["t_end_s"])):
            moment = datetime.fromisoformat(row[name])
            assert (moment - start).total_seconds() == pytest.approx(t_s, abs=1e-3)


def test_everything_says_exercise(recorded: Run, tmp_path: Path) -> None:
    sheet, document = export(recorded, "sirens", tmp_path)
    lines = sheet.read_text(encoding="utf-8").splitlines()
    assert all(line.startswith("Exercise,") for line in lines[1:])
    told = json.loads(document.read_text(encoding="utf-8"))
    assert told["status"] == "Exercise"
    assert "EXERCISE" in told["note"]
    assert {row["status"] for row in told["sirens"]} == {"Exercise"}


def test_a_run_without_alerts_has_a_head(recorded: Run, tmp_path: Path) -> None:
    none = SINGLE_RUN_TABLES["warnings"].arrow_schema().empty_table()
    quiet = Run(recorded.scenario, 1, 0, recorded.row, {**recorded.tables(), "warnings": none})
    sheet, document = export(quiet, "sirens", tmp_path)
    assert siren_rows(quiet) == []
    assert len(sheet.read_text(encoding="utf-8").splitlines()) == 1
    assert json.loads(document.read_text(encoding="utf-8"))["sirens"] == []


def test_files_are_the_same_each_time(recorded: Run, tmp_path: Path) -> None:
    first, second = (export(recorded, "sirens", tmp_path / name) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]

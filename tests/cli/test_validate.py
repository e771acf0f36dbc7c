"""The verb validate: lists, runs, keeps, takes up again, writes its page, and says by its exit code how it went."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opendome.study.cases.case import Declared, Finding, Target
from opendome.study.validate import CasePlan


def told(name: str) -> CasePlan:
    """A case that costs nothing: one figure inside, one outside, one outside as foreseen."""
    targets = (
        Target(id="inside", words="What lies inside", unit="km", low=1.0, high=2.0, sources=("a book",)),
        Target(id="missed", words="What lies outside", unit="1", low=1.0, high=2.0, why="the model leaves it out"),
        Target(id="named", words="What was foreseen", unit="1", low=1.0, high=2.0, expected_miss="as is known"),
    )
    if name == "good":
        targets = (targets[0], targets[2])
    declared = Declared(name=name, title=f"The {name} case", question="Does it hold?", inputs=("x",), targets=targets)
    values = {"inside": 1.5, "missed": 3.0, "named": 4.0}
    return CasePlan(declared, lambda effort: [Finding(t.id, values[t.id], 1.0, 5.0, 12) for t in targets])


@pytest.fixture
def two_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opendome.study.cases.case.case_names", lambda: ("bad", "good"))
    monkeypatch.setattr("opendome.study.validate.planned_case", told)


def test_scenario_with_published_figures(call: Any) -> None:
    assert "nothing to compare with" in call("validate", "--case", "coastland").err
    found = call("validate", "--case", "may-2021", "--replications", 4, "--json")
    (case,) = json.loads(found.out)["cases"]
    assert {"launched", "intercepted"} <= {row["target"] for row in case["rows"]}
    assert all(row["low"] <= row["value"] <= row["high"] for row in case["rows"])
    outside = any(row["verdict"] == "outside" for row in case["rows"])
    assert found.code == (4 if outside else 0)


def test_exit_code_says_whether_all_lie_inside(call: Any, two_cases: None) -> None:
    good, bad = call("validate", "--case", "good"), call("validate", "--case", "bad")
    assert (good.code, bad.code) == (0, 4)
    assert "1 of 2 judged figures inside" in good.out and "1 outside as foreseen, 0 outside" in good.out
    assert "outside: What lies outside: the model leaves it out" in bad.out
    assert "expected miss: What was foreseen: as is known" in bad.out
    assert "source: a book" in bad.out


def test_what_is_finished_is_read(call: Any, two_cases: None, tmp_path: Path) -> None:
    first = call("validate", "--out", tmp_path)
    again = call("validate", "--out", tmp_path, "--resume", "--workers", 1)
    assert first.out == again.out
    assert "bad: read" in again.err and "good: read" in again.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.json", "good.json"]
    assert call("validate", "--resume").code == 2


def test_list_and_unknown_names(call: Any) -> None:
    listed = json.loads(call("validate", "--list", "--json").out)
    assert "erlang" in {case["name"] for case in listed}
    assert call("validate", "--list").out.startswith("case")
    wrong = call("validate", "--case", "erlan")
    assert wrong.code == 2 and "erlang" in wrong.err


def test_page_holds_every_case_and_every_miss(call: Any, two_cases: None, tmp_path: Path) -> None:
    call("validate", "--page", tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "## The good case" in text and "    opendome validate --case good" in text
    assert "- **2 of 5** figures published by others inside (40 %, 95 % interval 12 to 77 %)" in text
    assert "- *bad*, What lies outside: 3 against 1 to 2. Why: the model leaves it out" in text
    assert "- *good*, What was foreseen: 4 against 1 to 2. Foreseen: as is known" in text
    assert "| What lies inside [km] | 1 to 2 | published | 1.5 | 1 to 5 (95 %) | 12 | inside |" in text
    drawing = (tmp_path / "page.svg").read_text(encoding="utf-8")
    assert drawing.startswith("<svg") and "What lies outside" in drawing


def test_an_interrupted_run_says_how_to_go_on(
    call: Any, two_cases: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(name: str) -> CasePlan:
        def measure(effort: object) -> list[Finding]:
            raise KeyboardInterrupt

        return told(name) if name == "bad" else CasePlan(told(name).declared, measure)

    monkeypatch.setattr("opendome.study.validate.planned_case", stop)
    found = call("validate", "--out", tmp_path)
    assert found.code == 130
    assert f"--resume --out {tmp_path}" in found.err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]
    monkeypatch.setattr("opendome.study.validate.planned_case", told)
    again = call("validate", "--out", tmp_path, "--resume")
    assert again.code == 4 and "bad: read" in again.err and "good: read" not in again.err


def test_a_case_that_fails_is_a_failed_run(call: Any, two_cases: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> CasePlan:
        return CasePlan(told(name).declared, lambda effort: [][0])

    monkeypatch.setattr("opendome.study.validate.planned_case", broken)
    found = call("validate", "--case", "good")
    assert found.code == 3 and "good: IndexError" in found.err


def test_workers_are_counted_from_one(call: Any) -> None:
    found = call("validate", "--case", "erlang", "--workers", 0)
    assert found.code == 2 and "workers must be 1 or more" in found.err

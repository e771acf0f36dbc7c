"""The verbs explain-decision and doctrine: what they say is what the run did, and what cannot be is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opendome.cli.doctrine_verb import RULES
from opendome.study.single import open_run

QUICK = tuple(
    word
    for setting in ("duration_day=1", "depot.resupply=[]", "threats.given=[]", "threats.raid.launched_per_day.mean=80",
                    "doctrine.forecast.futures=2")
    for word in ("--set", setting)
)  # fmt: skip


@pytest.fixture
def shot(recorded: Path) -> int:
    """Give the first track that was shot at."""
    rows = open_run(recorded).table("decisions").to_pylist()
    return next(row["track_id"] for row in rows if row["is_shot"])


def test_every_look_and_every_option_is_told(call: Any, recorded: Path, shot: int) -> None:
    found = call("explain-decision", recorded, "--track", shot, "--policy", "greedy", "--json")
    assert found.code == 0, found.err
    told = json.loads(found.out)
    looks = [row for row in open_run(recorded).table("decisions").to_pylist() if row["track_id"] == shot]
    assert [row["reason"] for row in told["looks"]] == [row["reason"] for row in looks]
    first = told["decisions"][0]
    taken = [row for row in first["options"] if row["is_chosen"]]
    assert len(taken) == 1 and not first["hold"]["is_chosen"]
    assert taken[0]["people_saved"] == pytest.approx(taken[0]["p_kill"] * first["value_people"])
    measures = open_run(recorded).measures()
    assert taken[0]["then"] == {name: measures[name] for name in taken[0]["then"]}
    assert set(first["policies"]) == {"greedy"}


def test_it_reads_as_text(call: Any, recorded: Path, shot: int) -> None:
    found = call("explain-decision", recorded, "--track", shot, "--at", 1, "--policy", "earliest")
    assert found.code == 0, found.err
    assert "Every look at it" in found.out and "Decision 1" in found.out and "Decision 2" not in found.out
    assert "taken" in found.out and "earliest would take" in found.out


def test_tracks_and_decisions_that_are_none_are_refused(call: Any, recorded: Path, shot: int) -> None:
    found = call("explain-decision", recorded, "--track", 123456789)
    assert found.code == 2 and "tracks that were looked at" in found.err
    found = call("explain-decision", recorded, "--track", shot, "--at", 99)
    assert found.code == 2 and "--at 99" in found.err
    found = call("explain-decision", recorded, "--track", shot, "--policy", "gredy")
    assert found.code == 2 and "greedy" in found.err


def test_rules_are_compared_on_the_same_raids_and_with_the_best(call: Any) -> None:
    found = call("doctrine", "coastland", *QUICK, "--replications", 3, "--luck", 5, "--json")
    assert found.code == 0, found.err
    told = json.loads(found.out)
    assert {row["alternative"] for row in told["estimates"]} == set(RULES)
    assert {row["alternative"] for row in told["differences"]} == set(RULES) - {"earliest"}
    assert [row["rule"] for row in told["best"] if row["what"] == "leaks"] == list(RULES)
    for row in told["best"]:
        assert row["low"] <= row["saved"] <= row["high"]
        assert row["saved"] <= row["bound"] <= row["at_stake"]


def test_the_comparison_reads_as_text(call: Any) -> None:
    found = call("doctrine", "coastland", *QUICK, "--replications", 2, "--luck", 0)
    assert found.code == 0, found.err
    assert "leaked_built_up" in found.out and "less earliest" in found.out and "draws of luck" not in found.out


@pytest.mark.parametrize("wrong", [("--replications", 1), ("--luck", 1), ("--luck", -3)])
def test_numbers_that_make_no_interval_are_refused(call: Any, wrong: tuple[str, int]) -> None:
    found = call("doctrine", "coastland", *wrong)
    assert found.code == 2 and "2 or more" in found.err


def test_the_report_of_a_comparison_holds_the_bound(call: Any, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    found = call("doctrine", "coastland", *QUICK, "--replications", 3, "--luck", 5, "--out", folder)
    assert found.code == 0 and f"opendome report {folder}" in found.out, found.err
    assert call("report", folder).code == 0
    page = (folder / "report" / "index.html").read_text(encoding="utf-8")
    assert "No policy could have saved more than" in page and "draws of kill luck" in page

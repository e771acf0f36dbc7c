"""The verbs of sustainment: what they print and keep, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

QUICK = (
    "coastland", "--seed", 4, "--set", "duration_day=1", "--set", "depot.resupply=[]", "--set", "threats.given=[]",
    "--set", "threats.raid.launched_per_day.mean=80",
)  # fmt: skip


def test_marginal_prints_what_it_keeps(call: Any, tmp_path: Path) -> None:
    words = ("marginal", *QUICK, "--replications", 6, "--pilot", 4, "--add", "battery", "--add", "rounds")
    told = call(*words, "--out", tmp_path / "study")
    assert told.code == 0, told.err
    assert "which leaks most in a pilot of 4 other raids" in told.out and "one more battery like b" in told.out
    found = json.loads(call(*words, "--json").out)
    assert {(row["kind"], row["change"]) for row in found["marginal"]} == {
        ("battery", 1), ("battery", -1), ("rounds", 1), ("rounds", -1),
    }  # fmt: skip
    assert found["pilot"]["n"] == 4 and found["replications"] == 6
    assert call("report", tmp_path / "study").code == 0


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--at", "alder"), "--at 'alder' is no place"),
        (("--rounds", 0), "--rounds must be 1 or more"),
        (("--replications", 1), "--replications must be 2 or more"),
        (("--add", "link", "--each"), "the scenario has no link"),
    ],
)
def test_marginal_refuses(call: Any, words: tuple[object, ...], what: str) -> None:
    found = call("marginal", *QUICK, *words)
    assert found.code == 2 and what in found.err


def test_rebuild_prints_every_campaign_and_ones_own(call: Any) -> None:
    found = call("rebuild", "--rounds", 500, "--per-year", 250)
    assert found.code == 0 and "asked for" in found.out and "250 a year" in found.out and "THAAD" in found.out
    rows = json.loads(call("rebuild", "--rounds", 500, "--per-year", 250, "--json").out)
    (own,) = (row for row in rows if row["spent"] == "asked for" and row["line"] == "250 a year")
    assert own["days_low"] == own["days_high"] == pytest.approx(730.5)
    refused = call("rebuild", "--per-year", 0, "--rounds", -1)
    assert refused.code == 2 and "--per-year 0 must be above 0; --rounds -1 must be 0 or more" in refused.err

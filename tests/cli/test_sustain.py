"""The verbs of sustainment: what they print and keep, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opendome.results.schema import table_schema

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


def test_supply_of_a_folder_and_of_a_scenario(call: Any, finished: Path) -> None:
    found = call("supply", finished)
    assert found.code == 0 and "days of supply" in found.out, found.err
    rows = json.loads(call("supply", finished, "--day", 1, "--alternative", "one-more", "--json").out)
    assert [(row["day"], row["alternative"], row["n"]) for row in rows] == [(1, "one-more", 6)]
    table = table_schema("supply")
    assert set(rows[0]) == set(table.names)
    assert rows[0]["held_low_rounds"] <= rows[0]["held_middle_rounds"] <= rows[0]["held_high_rounds"]
    alone = call("supply", "coastland", "--replications", 6, "--seed", 1, "--alternative", "one-more", "--json")
    assert json.loads(alone.out)[1]["supply_middle_day"] == rows[0]["supply_middle_day"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--day", 3), "--day 3 is not a day of the study before its last: write 0 to 2"),
        (("--alternative", "none"), "no alternative `none`"),
        (("--seed", 3), "are for a scenario"),
        (("--reserve", "0,0.1"), "give the scenario instead"),
    ],
)
def test_supply_refuses(call: Any, finished: Path, words: tuple[object, ...], what: str) -> None:
    found = call("supply", finished, *words)
    assert found.code == 2 and what in found.err


def test_supply_compares_reserves(call: Any, tmp_path: Path) -> None:
    found = call("supply", "coastland", "--reserve", "0,0.2", "--replications", 4, "--out", tmp_path / "study")
    assert found.code == 0 and "less 0 % held back" in found.out, found.err
    assert call("supply", "coastland", "--reserve", "a").code == 2


def test_cost_prints_all_definitions(call: Any, finished: Path) -> None:
    found = call("cost", finished)
    assert found.code == 0 and "901 rockets x 1 round(s) x 62 kUSD = 55.9 million" in found.out, found.err
    told = json.loads(call("cost", finished, "--json").out)
    assert {row["definition"] for row in told["definitions"]} >= {"all for all", "per leak avoided"}
    assert all(row["low"] <= row["value"] <= row["high"] for row in told["definitions"])

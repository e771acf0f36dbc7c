"""The verb tradeoff and the list of zonings: what they print, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

QUICK = (
    "may-2021", "--seed", 4, "--replications", 3, "--set", "duration_day=1",
    "--set", "threats.raid.launched_per_day.mean=[60]",
)  # fmt: skip
TWO = (
    "--set",
    'study.tradeoff={"zonings": ["synthetic-127", "areas"], "error_scales": [1.0], "missed_shares": [0.01]}',
)


def test_tradeoff_prints_what_it_gives_as_json(call: Any) -> None:
    told = call("tradeoff", *QUICK, *TWO, "--curves")
    assert told.code == 0, told.err
    for words in ("3 campaigns", "synthetic-127", "by every rule", "at equal missed share", "over areas at 1"):
        assert words in told.out
    found = json.loads(call("tradeoff", *QUICK, *TWO, "--json").out)
    assert {row["zoning"] for row in found["tradeoff"]} == {"synthetic-127", "areas"}
    assert [(row["share_missed"], row["zoning"]) for row in found["tradeoff_equal"]] == [
        (0.01, "synthetic-127"), (0.01, "areas"),
    ]  # fmt: skip
    own = [row for row in found["tradeoff"] if row["p_area_at_least"] is None]
    assert own[0]["person_minutes"] > own[1]["person_minutes"]
    assert all(row["share_in_time_low"] <= row["share_in_time"] <= row["share_in_time_high"] for row in own)


def test_a_place_of_no_list_is_weighed_by_single_areas(call: Any) -> None:
    found = call("tradeoff", "coastland", "--replications", 2, "--json")
    assert found.code == 0, found.err
    assert {row["zoning"] for row in json.loads(found.out)["tradeoff"]} == {"areas"}


@pytest.mark.parametrize(
    ("changes", "code", "what"),
    [
        (("--replications", 1), 2, "replications must be 2 or more"),
        (("--set", "warning.zoning=synthetic-26"), 1, "there is no zoning `synthetic-26`"),
        (("--set", 'study.tradeoff.zonings=["region"]'), 1, "there is no zoning `region`"),
        (("--set", "study.tradeoff.p_area_at_least=[0.5, 1.1]"), 1, "study.tradeoff.p_area_at_least[1]"),
        (("--set", "study.tradeoff.error_scales=[0.0]"), 1, "study.tradeoff.error_scales[0]"),
        (("--set", "study.tradeoff.missed_shares=[1.5]"), 1, "study.tradeoff.missed_shares[0]"),
    ],
)
def test_what_cannot_be_meant_is_refused(call: Any, changes: tuple[object, ...], code: int, what: str) -> None:
    found = call("tradeoff", *QUICK, *changes)
    assert found.code == code and what in found.err


def test_zonings_are_listed_with_their_versions(call: Any) -> None:
    rows = {row["name"]: row for row in json.loads(call("list", "zonings", "--json").out)}
    assert list(rows) == ["areas", "districts", "synthetic-25", "synthetic-127", "synthetic-248"]
    assert [row["zones of the 1,420 areas"] for row in rows.values()] == [1420, 32, 25, 127, 248]
    assert rows["synthetic-127"]["comes"] == "made by the program" and rows["synthetic-127"]["version"] == "1"

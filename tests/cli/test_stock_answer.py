"""The sweep of the stock by `doctrine --stock`: what is scaled, what is printed, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import opendome as od
from opendome.cli.stock_answer import read_factors, scaled_depot, sum_of_rounds
from opendome.study.record import open_study

QUICK = tuple(
    word
    for setting in ("duration_day=1", "depot.resupply=[{\"day\": 0.5, \"rounds\": 20}]", "threats.given=[]",
                    "threats.raid.launched_per_day.mean=600", "doctrine.forecast.futures=2")
    for word in ("--set", setting)
)  # fmt: skip


def test_the_depot_and_every_delivery_are_scaled_and_nothing_else() -> None:
    scenario = od.load("coastland")
    changes = scaled_depot(scenario, 0.5)
    assert sum_of_rounds(changes) == 35
    before, after = scenario.data, scenario.rebased(changes).data
    assert after["depot"]["rounds"] == 20
    assert [(lot["day"], lot["rounds"]) for lot in after["depot"]["resupply"]] == [(2, 15)]
    assert {key for key in before if before[key] != after[key]} == {"depot"}
    assert {key for key in before["depot"] if before["depot"][key] != after["depot"][key]} == {"rounds", "resupply"}


def test_a_sweep_of_the_stock(call: Any) -> None:
    found = call("doctrine", "coastland", *QUICK, "--replications", 6, "--stock", "3,0.25,1", "--json")
    assert found.code == 0, found.err
    told = json.loads(found.out)
    assert told["stock"] == [
        {"factor": 0.25, "stock_rounds": 15},
        {"factor": 1.0, "stock_rounds": 60},
        {"factor": 3.0, "stock_rounds": 180},
    ]
    assert {row["rule"] for row in told["means"]} == {"earliest", "greedy", "price"}
    assert len(told["means"]) == 27 and len(told["saved"]) == 24
    stock = np.array([15.0, 60.0, 180.0])

    def means(rule: str, measure: str) -> np.ndarray:
        return np.array([row["value"] for row in told["means"] if (row["rule"], row["measure"]) == (rule, measure)])

    n_read = 0
    for row in told["saved"]:
        mine = means(row["rule"], row["measure"])[stock == row["stock_rounds"]]
        curve = means("earliest", row["measure"])
        assert (np.diff(curve) < 0.0).all(), "more rounds, fewer losses"
        if row["rounds"] == "stock" and row["value"] is not None:
            n_read += 1
            needed = np.interp(mine, curve[::-1], stock[::-1])[0]
            assert row["value"] == pytest.approx(needed - row["stock_rounds"])
        assert (row["value"] is None) == bool(row["beyond"])
        assert (row["low"] is None) == row["low_beyond"] and (row["high"] is None) == row["high_beyond"]
    assert n_read > 0


def test_tables_for_people_and_a_study_that_is_kept(call: Any) -> None:
    found = call("doctrine", "coastland", *QUICK, "--replications", 2, "--stock", "0.5,2", "--out", "swept")
    assert found.code == 0, found.err
    assert "both are scaled, nothing else is" in found.out
    assert "Rounds saved beside earliest at equal leaked_built_up" in found.out
    assert "Rounds saved beside earliest at equal people_exposed" in found.out
    assert "Nothing is extrapolated" in found.err
    assert open_study("swept").alternatives[0] == "as-is"
    assert len(open_study("swept").alternatives) == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", "two factors"),
        ("1,many", "'many' is no number above 0"),
        ("-1,1", "'-1' is no number above 0"),
        ("0,1", "'0' is no number"),
        ("nan,inf", "'inf' is no number"),
        ("0.5,0.50", "'0.50' is said twice"),
        ("", "two factors"),
    ],
)
def test_factors_that_make_no_sweep_are_refused(call: Any, text: str, said: str) -> None:
    found = call("doctrine", "coastland", "--stock", text)
    assert found.code == 2
    assert said in found.err and "--stock 0.25,0.5,1" in found.err


def test_factors_may_come_in_any_order() -> None:
    assert read_factors("1, .25,2") == [0.25, 1.0, 2.0]


def test_stocks_that_come_to_the_same_rounds_are_refused(call: Any) -> None:
    found = call("doctrine", "coastland", "--set", "depot.rounds=0", "--set", "depot.resupply=[]", "--stock", "1,2")
    assert found.code == 2
    assert "not all different" in found.err and "depot.rounds" in found.err

"""The verbs sweep and sensitivity on a tiny scenario, from the command to the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

VARY = (
    "--vary", "depot.rounds=20:80", "--vary", "doctrine.engage_if.p_hit_at_least=0.05:0.4",
    "--alternative", "one-more",
)  # fmt: skip
SIZE = ("--design", "saltelli", "--points", "16", "--replications", "3")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from opendome.cli.main import main

    folder = tmp_path_factory.mktemp("sweeps") / "coastland"
    with pytest.raises(SystemExit) as left:
        main(["sweep", "coastland", *VARY, *SIZE, "--measure", "interceptors_fired", "--out", str(folder), "--json"])
    assert left.value.code in (0, None)
    return folder


def test_a_sweep_is_kept_read_and_made_into_a_page(call: Any, out: Path) -> None:
    found = json.loads(call("sensitivity", out, "--json").out)
    assert {row["measure"] for row in found["sensitivity"]} == {"interceptors_fired"}
    assert len(found["sensitivity"]) == 2 * 3  # two inputs; two alternatives and their difference
    assert {row["n"] for row in found["sensitivity_spread"]} == {16}
    assert all(row["total_low"] <= row["total"] <= row["total_high"] for row in found["sensitivity"] if row["total"])
    text = call("sensitivity", out, "--measure", "success_of_engaged").out
    assert "success_of_engaged, one-more less as-is" in text
    assert "Threshold for engaging" in text  # the scenario's own words for the key
    assert call("report", out).code == 0
    page = (out / "report" / "index.html").read_text(encoding="utf-8")
    assert "Which assumptions does the answer depend on?" in page


def test_resuming_a_finished_sweep_gives_the_same(call: Any, out: Path) -> None:
    before = (out / "manifest.json").read_bytes()
    again = call("sweep", "coastland", *VARY, *SIZE, "--measure", "interceptors_fired", "--out", out, "--resume")
    assert again.code == 0
    assert (out / "manifest.json").read_bytes() == before
    assert call("sweep", "coastland", *VARY, *SIZE, "--out", out).code == 2
    other = call("sweep", "may-2021", "--points", 2, "--replications", 2, "--out", out, "--resume")
    assert "choose another folder" in other.err


def test_a_sweep_without_vary_takes_the_scenario_s_inputs(call: Any) -> None:
    found = call("sweep", "coastland", "--points", 2, "--replications", 2, "--json")
    rows = json.loads(found.out)
    assert {"assumptions.iron-dome.defended_radius_km", "threats.raid.failing.share"} <= set(rows[0])
    assert "states no `study.inputs`" in call("sweep", "coastland", "--set", "study.inputs=[]").err


def test_a_number_that_is_no_power_of_two_is_warned_of(call: Any) -> None:
    found = call("sweep", "coastland", *VARY, "--design", "sobol", "--points", 3, "--replications", 2)
    assert found.code == 0
    assert "3 is not a power of two" in found.err


def test_wrong_calls_are_refused_with_everything_that_is_wrong(call: Any, out: Path, finished: Path) -> None:
    few = call("sweep", "coastland", "--design", "saltelli", "--points", 4, "--replications", 2, "--alternative", "two")
    assert few.code == 2
    for words in ("4 points are too few", "3 or more", "there is no alternative `two`"):
        assert words in few.err
    assert call("sensitivity", out, "--measure", "leaks").code == 2
    assert "varied no inputs" in call("sensitivity", finished).err
    assert call("sensitivity", out / "nothing").code == 2
    assert call("compare", out).code == 2


def test_a_study_s_inputs_are_swung_and_ranked(call: Any) -> None:
    keys = [
        {"key": "depot.rounds", "low": 20, "high": 80, "label": "Rounds in the depot"},
        {"key": "threats.raid.launched_per_day.mean", "low": 20, "high": 60, "label": "Tempo"},
    ]
    settings = ("--set", f"study.inputs={json.dumps(keys)}", "--set", "study.grid=null")
    more = ("--set", "study.sample_points=30", "--set", "study.sample_replications=3", "--set", "study.shapley=null")
    assert call("study", "coastland", *settings, *more, "--replications", 4, "--out", "studied").code == 0
    found = call("sensitivity", "studied")
    assert found.code == 0, found.err
    assert "one input at a time" in found.out
    assert "30 points" in found.out
    rows = json.loads(call("sensitivity", "studied", "--json").out)["rankings"]
    assert {row["key"] for row in rows} == {"depot.rounds", "threats.raid.launched_per_day.mean"}
    assert call("sensitivity", "studied", "--measure", "launched").code == 2

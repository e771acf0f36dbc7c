"""Intervals of the inputs, and inputs that cannot be."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from opendome.base.errors import ScenarioError
from opendome.scenario.reader import loads
from opendome.study.inputs import inputs_interval, predictive_interval
from tests.study import fakes
from tests.study.test_runner import run


def test_the_interval_of_the_inputs_is_the_quantiles_of_the_sample() -> None:
    inputs = pa.table({"difference:both": np.arange(1001.0)})
    assert inputs_interval(inputs, "both") == pytest.approx((25, 975))
    assert inputs_interval(inputs, "both", 0.5) == pytest.approx((250, 750))


def test_the_predictive_interval_is_that_of_a_normal_where_inputs_are_certain() -> None:
    inputs = pa.table({"baseline:launched": np.full(40, 100.0), "baseline_sd:launched": np.full(40, 10.0)})
    assert predictive_interval(inputs, "launched") == pytest.approx((100 - 19.6, 100 + 19.6), abs=0.6)


def test_the_predictive_interval_adds_the_spread_of_inputs_and_campaigns() -> None:
    means = np.random.default_rng(1).normal(100, 30, 4000)
    inputs = pa.table({"baseline:launched": means, "baseline_sd:launched": np.full(4000, 40.0)})
    assert predictive_interval(inputs, "launched") == pytest.approx((100 - 98, 100 + 98), abs=4)


def test_adjusted_differences_are_steadier_than_plain_ones_and_agree_with_them() -> None:
    """With inputs that change nothing, points differ by chance alone, and controls take most of that away."""
    still = {
        "study.inputs": [{"key": "doctrine.salvo", "low": 1, "high": 1, "label": "unused by the stand-in"}],
        "study.sample_points": 40,
    }
    study = run(scenario=fakes.scenario().override(still), replications=25)
    adjusted = study.table("inputs").column("difference:both").to_numpy()
    world = {name: fakes.compile_world(fakes.scenario().alternative(name)) for name in ("as-is", "both")}
    rows = {name: fakes.run_chunk(found, 7, 0, 160).rows for name, found in world.items()}
    plain = (rows["both"] - rows["as-is"])[:, 7].reshape(40, 4).mean(axis=1)
    assert adjusted.std() < 0.7 * plain.std()
    assert adjusted.mean() == pytest.approx(plain.mean(), abs=3.3 * plain.std() / np.sqrt(40))


def test_an_end_that_cannot_be_is_found_before_anything_is_run() -> None:
    wrong = {"study.inputs": [{"key": "threats.raid.failing.share", "low": 0.1, "high": 7.0, "label": "too much"}]}
    done: list[int] = []
    with pytest.raises(ScenarioError, match="share"):
        run(scenario=fakes.scenario().override(wrong), progress=lambda n, total, estimate: done.append(n))
    assert done == []


BOTH = {"study.labels": {"both": "Battery and rounds", "rounds-only": "Only the rounds"}}


def test_rounds_only_is_swung_and_sampled_beside_the_headline_on_the_same_baseline() -> None:
    alone = run(replications=40)
    study = run(scenario=fakes.scenario().override(BOTH), replications=40)
    rows = study.table("swing").to_pylist()
    assert list(dict.fromkeys(row["alternative"] for row in rows)) == ["both", "rounds-only"]
    assert [row for row in rows if row["alternative"] == "both"] == alone.table("swing").to_pylist()
    ends = [(row["key"], row["end"]) for row in rows if row["end"] != "between"]
    assert ends[:6] == ends[6:]
    names = [name for name in study.table("inputs").column_names if name.startswith("difference:")]
    assert names == ["difference:both", "difference:rounds-only"]


def test_alternatives_that_the_answer_does_not_speak_of_are_not_run_with_varied_inputs() -> None:
    labels = {"study.labels": {"both": "Battery and rounds", "one-more": "One more battery"}}
    study = run(scenario=fakes.scenario().override(labels), replications=40)
    assert study.manifest["main_alternatives"] == ["both", "one-more"]
    assert {row["alternative"] for row in study.table("swing").to_pylist()} == {"both"}
    assert "difference:one-more" not in study.table("inputs").column_names


def test_where_rounds_begin_to_help_is_looked_for_by_halving() -> None:
    """There are rounds enough for the raids as they are, so more of them help only from some tempo upward."""
    text = fakes.TEXT.replace("depot: {rounds: 90}", "depot: {rounds: 300}")
    text = text.replace("depot.rounds: 150", "depot.rounds: 2000")
    tempo = {"key": "threats.raid.launched_per_day.mean", "low": 80, "high": 520, "label": "Tempo"}
    study = run(scenario=loads(text).override({**BOTH, "study.inputs": [tempo]}), replications=40)
    rows = [row for row in study.table("swing").to_pylist() if row["alternative"] == "rounds-only"]
    between = [row["value"] for row in rows if row["end"] == "between"]
    base = next(row for row in rows if row["end"] == "base")
    assert base["low"] <= 0.0 <= base["high"]
    assert between[0] == 320
    assert [abs(b - a) for a, b in pairwise(between)] == [100, 50]

"""Intervals of the inputs, and inputs that cannot be."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from opendome.base.errors import ScenarioError
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

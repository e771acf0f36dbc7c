"""Results say whether a goal is met, read well as text, and survive as plain data."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import machine
from benchmarks.result import Result, as_json, as_text
from benchmarks.variance import ratios

FAST = Result("engine", "chain", 0.6, "M/s", 0.5, True, "SimPy", 0.03, 20.0, "one thread")
SLOW = Result("start", "import", 200.0, "ms", 150.0, False)


def test_goals_are_bounds_of_the_right_side() -> None:
    assert FAST.is_met is True
    assert SLOW.is_met is False
    assert Result("a", "b", 1.0, "s").is_met is None
    assert Result("a", "b", 1.0, "s", 2.0, True).is_met is False


def test_text_lines_up_and_names_what_was_missed() -> None:
    lines = as_text([FAST, SLOW]).splitlines()
    chain = next(line for line in lines if line.startswith("  chain"))
    late = next(line for line in lines if line.startswith("  import"))
    assert chain.split() == ["chain", "0.6", "M/s", "≥", "0.5", "met", "SimPy", "0.03", "×", "20"]
    assert late.split() == ["import", "200", "ms", "≤", "150", "MISSED"]
    assert lines[-1] == "engine: one thread"


def test_plain_data() -> None:
    read = json.loads(json.dumps(as_json(SLOW)))
    assert read["is_met"] is False
    assert read["value"] == 200.0


def test_machine_is_described() -> None:
    found = machine.describe()
    assert found["cores"] >= 1
    assert found["cpu"]
    assert len(found["load_average"]) == 3


def test_variance_ratios_of_a_known_model() -> None:
    rng = np.random.Generator(np.random.Philox(5))
    raid, noise = rng.standard_normal(20_000), rng.standard_normal((2, 20_000))
    theirs, ours = 3.0 * raid + noise[0], 4.0 * raid + noise[1]
    paired, controlled = ratios(ours, theirs, raid[:, None])
    # independent: 10 + 17; paired: 1 (raid) + 2 (noise); with the raid as control: 2
    assert paired == pytest.approx(27.0 / 3.0, rel=0.05)
    assert controlled == pytest.approx(27.0 / 2.0, rel=0.05)

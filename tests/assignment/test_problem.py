"""What cannot be meant is refused, all of it at once; what needs no search is answered."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import opendome as od
from opendome.base.errors import CommandError

GOOD: dict[str, Any] = {"value": [1.0, 2.0], "p_kill": [[0.5, 0.5]], "rounds": [1]}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"value": [-1.0, 2.0]}, "below 0"),
        ({"value": [np.nan, 2.0]}, "NaN"),
        ({"value": [[1.0, 2.0]]}, "axes"),
        ({"value": ["a", "b"]}, "not an array"),
        ({"p_kill": [[0.5, 1.5]]}, "outside"),
        ({"p_kill": [[0.5, -0.1]]}, "outside"),
        ({"p_kill": [[0.5, np.inf]]}, "infinite"),
        ({"p_kill": [[0.5], [0.5]]}, "shape"),
        ({"p_kill": [0.5, 0.5]}, "axes"),
        ({"rounds": [1.5]}, "whole"),
        ({"rounds": [-1]}, "whole"),
        ({"rounds": [1e12]}, "1e9"),
        ({"rounds": [1, 1]}, "shape"),
        ({"time_limit_s": -1.0}, "time_limit_s"),
        ({"time_limit_s": "soon"}, "time_limit_s"),
        ({"method": "exakt"}, "exact"),
    ],
)
def test_wrong_arguments_are_named(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        od.assignment.solve(**(GOOD | wrong))


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(CommandError) as caught:
        od.assignment.solve([-1.0], [[2.0]], [0.5])
    assert all(name in str(caught.value) for name in ("value", "p_kill", "rounds"))


@pytest.mark.parametrize("method", ["exact", "fast"])
@pytest.mark.parametrize(
    ("value", "p_kill", "rounds", "objective"),
    [
        ([3.0, 4.0], [[0.5, 0.5]], [0], 7.0),
        ([3.0, 4.0], [[0.0, 0.0]], [5], 7.0),
        ([3.0, 4.0], np.zeros((0, 2)), [], 7.0),
        ([], np.zeros((2, 0)), [1, 1], 0.0),
        ([], [], [], 0.0),
        ([0.0, 0.0], [[0.5, 0.5]], [3], 0.0),
        ([3.0, 4.0], [[1.0, 1.0]], [2], 0.0),
    ],
)
def test_trivial_problems(method: str, value: Any, p_kill: Any, rounds: Any, objective: float) -> None:
    answer = od.assignment.solve(value, p_kill, rounds, method=method)
    assert answer.objective == objective
    assert answer.status == "optimal"
    assert answer.gap == 0.0
    assert answer.shots.shape == (len(rounds), len(value))


def test_prices_are_checked() -> None:
    for prices in ([1.0, 2.0], [-1.0], [np.nan]):
        with pytest.raises(CommandError, match="prices"):
            od.assignment.bound([1.0], [[0.5]], [1], prices)
        with pytest.raises(CommandError, match="prices"):
            od.assignment.dense_bound([1.0], [[0.5]], [1], prices)


def test_import_is_light() -> None:
    code = (
        "import opendome, sys; opendome.assignment; "
        "print([name for name in ('numba', 'scipy', 'highspy') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="slove"):
        od.assignment.slove  # noqa: B018
    assert "solve" in dir(od.assignment)

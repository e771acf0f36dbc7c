"""The verdict of a validation case, and the form in which cases are declared."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from opendome.base.errors import CommandError
from opendome.study.cases.case import Finding, Target, case_names, declared_case, verdict_of


def target(**changes: object) -> Target:
    return Target.model_validate({"id": "a", "words": "a", "unit": "1", "low": 1.0, "high": 2.0} | changes)


@pytest.mark.parametrize(
    ("changes", "value", "low", "high", "verdict"),
    [
        ({}, 1.0, 0.0, 3.0, "inside"),
        ({}, 2.1, 0.0, 3.0, "outside"),
        ({"judged_by": "interval"}, 2.1, 1.9, 3.0, "inside"),
        ({"judged_by": "interval"}, 2.3, 2.1, 3.0, "outside"),
        ({"judged_by": "nothing"}, 9.0, 9.0, 9.0, "told"),
        ({"expected_miss": "counts hold mortars"}, 9.0, 9.0, 9.0, "expected miss"),
        ({"expected_miss": "counts hold mortars"}, 1.5, 9.0, 9.0, "inside"),
        ({"high": None}, 1e9, 1e9, 1e9, "inside"),
        ({}, math.nan, math.nan, math.nan, "outside"),
    ],
)
def test_the_verdict_is_arithmetic(changes: dict[str, object], value: float, low: float, high: float, verdict: str):
    assert verdict_of(target(**changes), Finding("a", value, low, high)) == verdict


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 5))
def test_an_interval_meets_a_range_exactly_when_a_point_of_it_does(middle: float, low: float, width: float):
    found = Finding("a", middle, middle - 0.5, middle + 0.5)
    meets = verdict_of(target(judged_by="interval", low=low, high=low + width), found) == "inside"
    assert meets == (max(found.low, low) <= min(found.high, low + width))


def test_a_judged_target_says_what_it_asks():
    with pytest.raises(ValidationError, match="needs low or high"):
        target(low=None, high=None)
    with pytest.raises(ValidationError, match="above high"):
        target(low=3.0)


def test_an_unknown_case_is_told_by_name():
    with pytest.raises(CommandError, match="unknown case"):
        declared_case("no-such-case")


def test_every_declared_case_reads_and_is_called_as_its_file():
    for name in case_names():
        assert declared_case(name).name == name

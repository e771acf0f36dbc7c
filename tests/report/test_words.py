"""Numbers as words."""

from __future__ import annotations

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.report import published, tokens, words
from opendome.report.words import (
    count,
    duration,
    interval,
    join,
    lower,
    number,
    per_cent,
    places_for,
    share_of,
    share_phrase,
    signed,
    value,
)


@pytest.mark.parametrize("module", [words, tokens, published])
def test_doctests(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_numbers_have_true_minus_and_commas():
    assert number(-1234.4) == "−1,234"
    assert signed(12.0) == "+12"
    assert signed(0.001, 1) == "0.0"
    assert interval(-12, -6) == "−12 to −6"
    assert number(math.nan) == "–"
    assert number(-0.2) == "0"


def test_per_cent_never_rounds_to_never_or_always():
    assert per_cent(0.0) == "0 %"
    assert per_cent(0.001) == "under 1 %"
    assert per_cent(0.999) == "over 99 %"
    assert per_cent(1.0) == "100 %"


@given(st.floats(0.1, 0.9))
def test_share_phrase_is_near_the_share(share):
    phrase = share_phrase(share)
    if phrase == "half":
        said = 0.5
    else:
        names = {count(n): n for n in range(1, 13)}
        top, bottom = phrase.removeprefix("all but ").split(" in ")
        said = names[top] / names.get(bottom, math.inf)
        if phrase.startswith("all but "):
            said = 1 - said
    assert abs(said - share) <= 0.03 + 1e-12


@given(st.floats(0.01, 0.094))
def test_small_shares_are_one_in_n(share):
    phrase = share_phrase(share)
    assert phrase.startswith("one in ")


def test_share_phrase_ends():
    assert share_phrase(0.0) == "none"
    assert share_phrase(1.0) == "all"
    assert share_phrase(0.001) == "fewer than one in a hundred"
    assert share_phrase(0.9999) == "more than 99 in a hundred"
    assert share_phrase(0.96) == "all but one in 25"


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.38, ("two campaigns in five", True)),
        (0.25, ("one campaign in four", False)),
        (0.5, ("half of the campaigns", True)),
        (0.0, ("no campaign", False)),
        (1.0, ("every campaign", False)),
        (0.96, ("all but one campaign in 25", True)),
        (0.001, ("fewer than one campaign in a hundred", False)),
    ],
)
def test_share_of(share, expected):
    assert share_of(share, "campaign") == expected


def test_durations():
    assert duration(21) == "three weeks"
    assert duration(1) == "one day"
    assert duration(30) == "30 days"
    assert duration(0.5) == "12 hours"


def test_small_helpers():
    assert join(["a"]) == "a"
    assert join(["a", "b", "c"], "or") == "a, b or c"
    assert lower("Two more") == "two more"
    assert lower("US batteries") == "US batteries"
    assert places_for(2.3) == 0
    assert places_for(0.23) == 1
    assert value(0.25) == "0.25"
    assert value(1200.0) == "1,200"

"""Stopping: at fixed looks, on widths alone, with intervals that still cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.base.errors import CommandError
from opendome.study.estimates import Source
from opendome.study.stopping import Goal, is_narrow, looks, parse_goals

NAMES = ("as-is", "two-more", "rounds-only")


def test_looks_grow_by_half_in_whole_chunks() -> None:
    assert looks(1000) == (100, 150, 225, 350, 525, 775, 1000)
    assert looks(60) == (60,)
    assert looks(100) == (100,)


@given(st.integers(1, 100_000), st.integers(1, 300))
def test_looks_rise_to_the_maximum_and_fall_on_chunks(maximum: int, chunk: int) -> None:
    found = looks(maximum, chunk)
    assert list(found) == sorted(set(found))
    assert found[-1] == maximum
    assert all(look % chunk == 0 for look in found[:-1])
    assert found[0] >= min(100, maximum)


@pytest.mark.parametrize(
    "precision",
    [
        "leaked_built_up=0.02",
        {"leaked_built_up": 0.02},
        {"leaked_built_up": {"relative": 0.02}},
        ["leaked_built_up=2e-2"],
    ],
)
def test_one_goal_in_every_way_of_writing_it(precision: object) -> None:
    assert parse_goals(precision, NAMES, "as-is", "leaked_built_up") == (Goal("leaked_built_up", 0.02),)


def test_goals_for_differences() -> None:
    wanted = {"difference:two-more": 0.1, "difference:rounds-only:people_exposed": 0.2}
    assert parse_goals(wanted, NAMES, "as-is", "leaked_built_up") == (
        Goal("leaked_built_up", 0.1, "two-more"),
        Goal("people_exposed", 0.2, "rounds-only"),
    )


@pytest.mark.parametrize(
    ("precision", "answer"),
    [
        ("leaked_built_up", "write MEASURE=RELATIVE"),
        ("leaked_builtup=0.1", "did you mean `leaked_built_up`"),
        ("leaked_built_up=2", "between 0 and 1"),
        ("leaked_built_up=small", "between 0 and 1"),
        ("difference:two-mor=0.1", "did you mean `two-more`"),
        ("difference:as-is=0.1", "alternatives are two-more, rounds-only"),
    ],
)
def test_goals_that_mean_nothing_are_answered(precision: str, answer: str) -> None:
    with pytest.raises(CommandError, match=answer):
        parse_goals(precision, NAMES, "as-is", "leaked_built_up")


def source(columns: dict[str, dict[str, np.ndarray]]) -> Source:
    return Source(tuple(columns), lambda alternative, _: columns[alternative], dict.fromkeys(columns))


def test_every_alternative_has_to_be_known_well_enough() -> None:
    rng = np.random.default_rng(1)
    sharp, blunt = rng.normal(100, 5, 100), rng.normal(100, 60, 100)
    none = np.zeros(100)
    columns = {
        "as-is": {"launched": none, "leaked_built_up": sharp},
        "two-more": {"launched": none, "leaked_built_up": blunt},
    }
    assert not is_narrow((Goal("leaked_built_up", 0.02),), source(columns), "as-is")
    columns["two-more"]["leaked_built_up"] = sharp - 50
    assert is_narrow((Goal("leaked_built_up", 0.03),), source(columns), "as-is")
    assert is_narrow((Goal("leaked_built_up", 0.001, "two-more"),), source(columns), "as-is")


def test_intervals_still_cover_when_a_study_stops_by_itself() -> None:
    """Relative half-width 5 % of a skewed measure: 600 studies, nominal 0.95, band of 99.9 %."""
    rng = np.random.default_rng(12)
    n_studies, truth, hits, lengths = 600, 8.0, 0, []
    goal = (Goal("leaked_built_up", 0.05),)
    for _ in range(n_studies):
        values = rng.gamma(4.0, 2.0, 1775)
        for n in looks(1775):
            found = source({"as-is": {"launched": np.zeros(n), "leaked_built_up": values[:n]}})
            if is_narrow(goal, found, "as-is") or n == 1775:
                break
        (interval,) = goal[0].intervals(found, "as-is")
        hits += interval.low <= truth <= interval.high
        lengths.append(n)
    assert hits / n_studies > 0.95 - 3.29 * np.sqrt(0.95 * 0.05 / n_studies) - 0.005
    assert 350 <= np.mean(lengths) <= 775

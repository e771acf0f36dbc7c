"""Intervals against closed forms, another program, and their own promise of coverage."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from opendome.study.paired import agresti_min, linearised_ratio, mean_interval, wilson

N_TRIALS = 2000
BAND = 3.29 * np.sqrt(0.95 * 0.05 / N_TRIALS)
"""Half of the 99.9 % band of a share of 0.95 over the trials."""


def covered(intervals: list[tuple[float, float]], truth: float) -> float:
    return float(np.mean([low <= truth <= high for low, high in intervals]))


def test_the_plain_interval_is_students() -> None:
    values = np.random.default_rng(1).normal(5, 2, 17)
    low, high = scipy.stats.t.interval(0.9, 16, values.mean(), scipy.stats.sem(values))
    assert mean_interval(values, confidence=0.9)[:4] == pytest.approx((values.mean(), low, high, 17), rel=1e-12)


def test_one_control_is_the_intercept_of_simple_regression() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(0, 3, 5000)
    y = 7 + 2 * x + rng.normal(0, 1, 5000)
    line = scipy.stats.linregress(x, y)
    found = mean_interval(y, x[:, None])
    assert found.value == pytest.approx(line.intercept, rel=1e-12)
    assert found.half_width == pytest.approx(scipy.stats.t.ppf(0.975, 4998) * line.intercept_stderr, rel=0.03)
    assert found.method == "control variates"


def test_two_controls_are_the_least_squares_intercept_with_the_sandwich_hc3() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, (80, 2))
    y = 1 + x @ [2.0, -3.0] + rng.normal(0, 0.5, 80)
    design = np.column_stack([np.ones(80), x])
    beta = np.linalg.lstsq(design, y, rcond=None)[0]
    bread = np.linalg.inv(design.T @ design)
    leverage = np.diag(design @ bread @ design.T)
    meat = design.T @ np.diag(((y - design @ beta) / (1 - leverage)) ** 2) @ design
    error = np.sqrt((bread @ meat @ bread)[0, 0])
    found = mean_interval(y, x)
    assert found.value == pytest.approx(beta[0], rel=1e-10)
    assert found.half_width == pytest.approx(scipy.stats.t.ppf(0.975, 77) * error, rel=1e-10)


def test_variance_falls_as_the_correlation_says() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(0, 1, 20000)
    y = 0.9 * x + np.sqrt(1 - 0.81) * rng.normal(0, 1, 20000)
    assert mean_interval(y, x[:, None]).variance_ratio == pytest.approx(1 / (1 - 0.81), rel=0.05)


def test_what_the_controls_explain_wholly_is_known_exactly() -> None:
    x = np.random.default_rng(5).normal(0, 1, 40)
    found = mean_interval(3 + 2 * x, x[:, None])
    assert (found.value, found.half_width) == pytest.approx((3, 0), abs=1e-12)
    assert found.variance_ratio == np.inf


def test_controls_that_cannot_help_are_left_out() -> None:
    rng = np.random.default_rng(6)
    y = rng.normal(0, 1, 100)
    plain = mean_interval(y)
    assert mean_interval(y, np.zeros((100, 1))) == plain
    assert mean_interval(y, rng.normal(0, 1, (100, 1)) + 3.0) == plain
    assert mean_interval(y[:20], rng.normal(0, 1, (20, 1))).method == "t"
    x = rng.normal(0, 1, (100, 1))
    assert mean_interval(y, np.hstack([x, x])) == pytest.approx(mean_interval(y, x))


def test_small_numbers_have_no_false_certainty() -> None:
    assert np.isnan(mean_interval(np.array([3.0])).low)
    assert mean_interval(np.array([])).n == 0
    assert mean_interval(np.array([3.0])).half_width == np.inf


@pytest.mark.parametrize("n", [30, 60, 200])
def test_coverage_with_controls_of_a_skewed_raid(n: int) -> None:
    rng = np.random.default_rng(700 + n)
    found = []
    for _ in range(N_TRIALS):
        launched = rng.negative_binomial(100 / 19, 1 / 20, (n, 4)).sum(axis=1)
        centred = (launched - 400) / np.sqrt(8000)
        y = np.maximum(launched - 350, 0) * 0.4 + rng.normal(0, 8, n)
        found.append(mean_interval(y, np.column_stack([centred, centred**2 - 1]))[1:3])
    many = rng.negative_binomial(100 / 19, 1 / 20, (2_000_000, 4)).sum(axis=1)
    truth = float(np.mean(np.maximum(many - 350, 0)) * 0.4)
    assert 0.95 - BAND < covered(found, truth) < 0.95 + BAND + 0.01


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_that_of_scipy(pair: tuple[int, int]) -> None:
    k, n = pair
    expected = scipy.stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    found = wilson(k, n)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_paired_shares_hold_their_value_and_are_antisymmetric(pairs: list[tuple[bool, bool]]) -> None:
    ours, theirs = np.array(pairs, dtype=float).T
    found, other = agresti_min(ours, theirs), agresti_min(theirs, ours)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.high > found.low
    assert (found.value, found.low) == pytest.approx((-other.value, -other.high), abs=1e-12)


def test_paired_shares_cover() -> None:
    rng = np.random.default_rng(8)
    found = []
    for _ in range(N_TRIALS):
        luck = rng.random(80)
        found.append(agresti_min((luck < 0.35).astype(float), (luck + 0.1 * rng.random(80) < 0.15).astype(float))[1:3])
    assert covered(found, 0.35 - 0.1) > 0.95 - BAND


def test_a_ratio_is_that_of_the_totals_and_its_interval_covers() -> None:
    rng = np.random.default_rng(9)
    found = []
    for _ in range(N_TRIALS):
        bottom = rng.poisson(40, 60) + 1.0
        top = rng.binomial(bottom.astype(int), 0.7).astype(float)
        values = linearised_ratio(top, bottom)
        assert values.mean() == pytest.approx(top.sum() / bottom.sum(), rel=1e-12)
        found.append(mean_interval(values)[1:3])
    assert covered(found, 0.7) > 0.95 - BAND - 0.01
    assert np.isnan(linearised_ratio(np.zeros(3), np.zeros(3))).all()

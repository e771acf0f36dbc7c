"""Rounds saved at equal leakage: answers known by hand, intervals that hold, and nothing beyond the sweep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.base.errors import CommandError
from opendome.study.equal_leakage import draw_again, rounds_saved, stock_needed

STOCK = np.array([100.0, 200.0, 400.0, 700.0])
SHIFT = 60.0


def straight(stock: np.ndarray, raid: np.ndarray) -> np.ndarray:
    """Loss that falls by a tenth of a leak a round, on top of what a raid is worth, (n_stocks, n)."""
    return 100.0 - 0.1 * stock[:, None] + raid


def test_a_rule_worth_sixty_rounds_saves_sixty() -> None:
    raid = np.random.default_rng(3).normal(0.0, 20.0, 30)
    even = np.ones_like(raid)
    reference = (straight(STOCK, raid), 0.9 * STOCK[:, None] * even)
    other = (straight(STOCK + SHIFT, raid), (0.9 * STOCK[:, None] + 5.0) * even)
    stock, fired = rounds_saved(STOCK, reference, other, seed=1, n_draws=200)
    for found, truth in ((stock, SHIFT), (fired, 0.9 * SHIFT - 5.0)):
        for side in found:
            assert side[:3] == pytest.approx(truth)
            assert side[3] == np.inf, "more than the largest stock: not to be read off"


def test_a_worse_rule_costs_rounds_and_is_below_the_sweep_at_the_smallest_stock() -> None:
    raid = np.linspace(-5.0, 5.0, 11)
    fired = np.broadcast_to(STOCK[:, None], (4, 11))
    stock, rounds = rounds_saved(
        STOCK, (straight(STOCK, raid), fired), (straight(STOCK - 40.0, raid), fired), seed=1, n_draws=50
    )
    assert stock.value[1:] == pytest.approx(-40.0)
    assert rounds.value[1:] == pytest.approx(-40.0)
    assert stock.value[0] == rounds.value[0] == -np.inf


def test_a_rule_beside_itself_saves_nothing() -> None:
    loss = np.random.default_rng(5).poisson(40.0, (4, 25)) - 0.05 * STOCK[:, None]
    fired = np.minimum(STOCK[:, None], 150.0 + loss)
    stock, rounds = rounds_saved(STOCK, (loss, fired), (loss, fired), seed=2, n_draws=100)
    assert stock.value == pytest.approx(0.0)
    assert rounds.value == pytest.approx(0.0)


def test_a_curve_that_rises_is_pooled_and_its_level_part_needs_its_first_stock() -> None:
    stock, loss = np.array([0.0, 100.0, 200.0]), np.array([10.0, 12.0, 4.0])
    wanted = np.array([7.5, 11.0, 11.1, 4.0, 3.9])
    assert stock_needed(stock, loss, wanted).tolist() == [150.0, 0.0, -np.inf, 200.0, np.inf]


def test_of_a_curve_level_at_the_end_the_first_stock_that_reaches_it_is_needed() -> None:
    loss = np.array([9.0, 5.0, 2.0, 2.0])
    assert stock_needed(STOCK, loss, np.array([2.0, 2.0 - 1e-6])).tolist() == [400.0, np.inf]


@given(st.lists(st.integers(1, 50), min_size=2, max_size=8), st.floats(0.0, 1.0))
def test_what_is_needed_loses_what_is_wanted_and_less_stock_loses_more(drops: list[int], part: float) -> None:
    loss = 500.0 - np.cumsum(drops)
    stock = np.arange(len(drops)) * 10.0
    wanted = loss[-1] + part * (loss[0] - loss[-1])
    needed = stock_needed(stock, loss, np.array([wanted]))[0]
    assert np.interp(needed, stock, loss) == pytest.approx(wanted)
    if needed > 1.0:
        assert np.interp(needed - 1.0, stock, loss) > wanted


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """400 experiments of 60 raids; coverage within a 99.9 % band of 95 % (percentiles run a little short)."""
    n_runs, n = 400, 60
    draws = np.random.default_rng(11)
    hits = np.zeros((2, 3))
    for run in range(n_runs):
        raid = draws.normal(0.0, 15.0, n)
        loss, loss_other = (straight(s, raid) + draws.normal(0.0, 4.0, (4, n)) for s in (STOCK, STOCK + SHIFT))
        fired, fired_other = (0.9 * s[:, None] + draws.normal(0.0, 6.0, (4, n)) for s in (STOCK, STOCK))
        both = rounds_saved(STOCK, (loss, fired), (loss_other, fired_other), seed=run, n_draws=400)
        for row, found, truth in zip(hits, both, (SHIFT, 0.9 * SHIFT)):
            row += (found.low[:3] <= truth) & (truth <= found.high[:3])
    band = 3.29 * np.sqrt(0.95 * 0.05 / n_runs)
    assert (np.abs(hits / n_runs - 0.95) < band).all(), hits / n_runs


def test_intervals_widen_with_noise_and_say_where_draws_leave_the_sweep() -> None:
    draws = np.random.default_rng(7)
    loss = straight(STOCK, np.zeros(40)) + draws.normal(0.0, 60.0, (4, 40))
    other = straight(STOCK + np.array([0.0, 0.0, 0.0, -5.0]), np.zeros(40)) + draws.normal(0.0, 60.0, (4, 40))
    fired = np.broadcast_to(STOCK[:, None], (4, 40))
    stock, _ = rounds_saved(STOCK, (loss, fired), (other, fired), seed=3, n_draws=500)
    assert stock.high[3] == np.inf
    assert np.isfinite(stock.low[2])
    assert (stock.low <= stock.value).all() and (stock.value <= stock.high).all()


def test_draws_take_every_replication_equally_often_and_are_had_again() -> None:
    weights, again = np.zeros((2000, 20)), np.zeros((2000, 20))
    draw_again(np.uint64(99), weights)
    draw_again(np.uint64(99), again)
    assert (weights == again).all()
    assert (weights.sum(axis=1) == 20).all()
    assert np.abs(weights.mean(axis=0) - 1.0).max() < 4.2 * np.sqrt(0.95 / 2000)
    assert weights.var() == pytest.approx(0.95, rel=0.05)


GOOD = np.ones((4, 5))


@pytest.mark.parametrize(
    ("stock", "reference", "other", "said"),
    [
        (STOCK[::-1], GOOD, GOOD, "rise"),
        (STOCK[:1], GOOD[:1], GOOD[:1], "two or more"),
        (STOCK, GOOD, GOOD[:, :4], "one column a replication"),
        (STOCK[:3], GOOD, GOOD, "one row a stock"),
        (STOCK, GOOD[:, :1], GOOD[:, :1], "two replications"),
        (STOCK, GOOD * np.nan, GOOD, "finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    stock: np.ndarray, reference: np.ndarray, other: np.ndarray, said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        rounds_saved(stock, (reference, reference), (other, other), seed=1)
    with pytest.raises(CommandError, match="between 0 and 1"):
        rounds_saved(STOCK, (GOOD, GOOD), (GOOD, GOOD), seed=1, confidence=1.0)

"""Bounds lie above the best that search through every state of tiny battles finds, and not far above."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.dynamic_battles import draw_battle
from opendome.assignment.dynamic_battle import play
from opendome.assignment.dynamic_bound import bound_any, bound_with_look, dual_value
from opendome.assignment.dynamic_duals import new_plan
from opendome.assignment.dynamic_rules import FirstCome, Greedy
from opendome.assignment.dynamic_types import make_launchers, make_threats
from opendome.testing.reference_decisions import best_expected_loss
from tests.assignment.dynamic_tiny import tiny


@pytest.mark.parametrize("number", range(24))
def test_bounds_hold_on_tiny_battles(number: int) -> None:
    threats, launchers = tiny(number, rounds=1 + number % 2, reload_s=1 + number % 3)
    worth = float(threats.value.sum())
    waiting = 1.0 - best_expected_loss(threats, launchers, is_waiting=True) / worth
    free = 1.0 - best_expected_loss(threats, launchers, is_waiting=False) / worth
    with_look, any_at_all = bound_with_look(threats, launchers), bound_any(threats, launchers)
    assert waiting <= free + 1e-12
    assert waiting <= with_look.protected_frac + 1e-12
    assert free <= any_at_all.protected_frac + 1e-12
    assert with_look.protected_frac <= waiting + 0.25
    for prices in (with_look, any_at_all):
        assert np.all(prices.round_price >= 0.0)
        assert np.all(prices.stretch_price >= 0.0)


@pytest.mark.parametrize("number", range(6))
def test_no_policy_beats_the_best_of_the_search(number: int) -> None:
    threats, launchers = tiny(number)
    worth = float(threats.value.sum())
    waiting = 1.0 - best_expected_loss(threats, launchers, is_waiting=True) / worth
    free = 1.0 - best_expected_loss(threats, launchers, is_waiting=False) / worth
    for policy, best in ((Greedy(), waiting), (FirstCome(), waiting), (Greedy(with_look=False), free)):
        shares = [play(threats, launchers, policy, seed=number, replication=k).protected_frac for k in range(400)]
        assert np.mean(shares) <= best + 3.0 * np.std(shares) / 20.0 + 1e-12


def test_a_single_threat_is_bounded_exactly() -> None:
    threats = make_threats([0], [40], [5.0], [[2]], [[20]], [[5]], [[0.6]])
    launchers = make_launchers([9], [1], 3)
    # Shots at 2, 10 and 18 s, each after the look.
    assert bound_with_look(threats, launchers).protected_frac == pytest.approx(1.0 - 0.4**3, abs=1e-3)
    assert bound_any(threats, launchers).protected_frac == pytest.approx(1.0, abs=1e-3)
    assert best_expected_loss(threats, launchers, is_waiting=True) == pytest.approx(5.0 * 0.4**3)


@pytest.mark.parametrize("is_at_once", [False, True])
def test_any_prices_give_a_bound_below_the_least_loss(is_at_once: bool) -> None:
    rng = np.random.default_rng(3)
    for number in range(6):
        threats, launchers = tiny(number)
        least = best_expected_loss(threats, launchers, is_waiting=not is_at_once)
        n = 1 + int(threats.t_closed_s.max())
        for _ in range(10):
            lam, mu = rng.exponential(1.0, 2), rng.exponential(0.3, (n, 2)) * (rng.random((n, 2)) < 0.3)
            toll, use = np.zeros((n, 2)), np.zeros((n, 2))
            bound = dual_value(threats, launchers, is_at_once, lam, mu, toll, use, new_plan(n))
            assert bound <= least + 1e-9


def test_more_rounds_and_a_shorter_reload_raise_the_bound() -> None:
    def bound(rounds: int, reload_s: int) -> float:
        threats, launchers, _ = draw_battle(0, rounds=rounds, reload_s=reload_s)
        return bound_any(threats, launchers, n_steps=200).protected_frac

    assert bound(10, 6) < bound(20, 6) <= bound(20, 3) + 1e-3 < bound(40, 3)


def test_nothing_of_worth() -> None:
    threats = make_threats([0], [30], [0.0], [[0]], [[20]], [[5]], [[0.5]])
    assert bound_any(threats, make_launchers([2], [3], 3)).protected_frac == 1.0

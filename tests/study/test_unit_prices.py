"""The worth of a round by fire unit: against the duals of the linear programme, and in plain cases."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, hstack, kron, vstack
from scipy.sparse import eye as identity

import opendome as od
from opendome.battle.kernel import advance
from opendome.battle.state import empty_window, new_state
from opendome.doctrine import rules
from opendome.scenario.compile import compile_world
from opendome.study.forecast import own_forecast, price_rounds
from opendome.study.unit_prices import fluid_prices


def most_saved(value, p, loaded, i_depot, depots, n_looks):
    """People saved by the best sharing of rounds, by HiGHS: shares of tracks (m, n), rounds drawn from depots (n,)."""
    m, n = p.shape
    rounds = np.where(p > 0, (1 - (1 - p) ** n_looks) / np.maximum(p, 1e-12), 0.0)
    gain = np.concatenate([(rounds * p * value[:, None]).ravel(), np.zeros(n)])
    one_each = hstack([kron(identity(m), np.ones((1, n))), csr_matrix((m, n))])
    of_unit = np.arange(m * n) % n
    use = [np.concatenate([np.where(of_unit == u, rounds.ravel(), 0), -1.0 * (np.arange(n) == u)]) for u in range(n)]
    drawn = [np.concatenate([np.zeros(m * n), i_depot == d]) for d in range(len(depots))]
    limits = vstack([one_each, csr_matrix(np.array(use)), csr_matrix(np.array(drawn))])
    found = linprog(-gain, limits, np.concatenate([np.ones(m), loaded, depots]), method="highs")
    assert found.status == 0
    return -found.fun


@pytest.mark.parametrize("case", range(30))
def test_the_bound_is_the_linear_programmes_optimum(case):
    """Never below it, and above it by less than 0.1 %."""
    rng = np.random.default_rng(case)
    m, n = rng.integers(20, 300), rng.integers(1, 8)
    p = rng.uniform(0.5, 0.9, (m, n)) * (rng.random((m, n)) < 0.4)
    value, n_looks = rng.gamma(0.7, 0.1, m), int(rng.integers(1, 4))
    loaded, depots = rng.integers(0, 60, n).astype(float), rng.integers(0, 80, 2).astype(float)
    i_depot = rng.integers(0, 2, n)
    _, bound = fluid_prices(value, p, loaded, i_depot, depots, n_looks)
    best = most_saved(value, p, loaded, i_depot, depots, n_looks)
    assert best - 1e-9 <= bound <= 1.001 * best + 1e-9


def test_a_unit_with_more_than_it_will_need_has_no_price():
    """Two units apart, no depot: ten tracks and four rounds here, ten tracks and twenty rounds there."""
    value, p = np.linspace(0.1, 1.0, 20), np.zeros((20, 2))
    p[::2, 0], p[1::2, 1] = 0.8, 0.8
    price, _ = fluid_prices(value, p, np.array([4.0, 20.0]), np.zeros(2, np.int64), np.zeros(1), 1)
    assert price[1] < 1e-3
    of_first = np.sort(value[::2])[::-1] * 0.8
    assert (
        of_first[4] - 1e-3 <= price[0] <= of_first[3] + 1e-3
    )  # between the last that is shot and the first that is not


def test_units_that_live_off_one_depot_have_one_price():
    value, p = np.linspace(0.1, 1.0, 40), np.zeros((40, 2))
    p[::2, 0], p[1::2, 1] = 0.8, 0.8
    price, _ = fluid_prices(value, p, np.zeros(2), np.zeros(2, np.int64), np.array([10.0]), 1)
    assert price[0] == pytest.approx(price[1], rel=0.1)
    assert price[0] > 0.5


def test_a_campaign_without_a_depot_prices_its_units_apart():
    """The battery that holds most of the rounds is not asked to save them for the other."""
    scenario = od.load("coastland").override(
        {"depot.rounds": 0, "depot.resupply": [], "doctrine.policy": "price", "batteries[b1].loaded_rounds": 6}
    )
    world = own_forecast(compile_world(scenario), True)
    state = new_state(world.battle, False)
    advance(world.battle, state, empty_window(), 1, 0, 1e-6, rules.price, False)
    assert (state.units["price_factor"] == 1.0).all()
    price_rounds(world, state, 1, 0, 0, 0, rules.price)
    factor = state.units["price_factor"]
    assert factor.max() == 1.0
    assert (factor > 0.0).all()
    assert factor[0] > factor[1]

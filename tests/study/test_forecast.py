"""Rounds are priced by rollouts: what is scarce has a price, what is ample has none, and nobody looks at the raid."""

from __future__ import annotations

import numpy as np
import pytest

import opendome as od
from opendome.battle.kernel import advance
from opendome.battle.state import Clock, empty_window, new_state
from opendome.doctrine import rules
from opendome.scenario.compile import compile_world
from opendome.study.doors import run_chunk_through
from opendome.study.forecast import own_forecast, price_rounds

SEED = 11
SHORT = {
    "duration_day": 2,
    "threats.raid.launched_per_day.mean": 60,
    "depot.resupply": [],
    "doctrine.policy": "price",
    "doctrine.forecast.futures": 3,
}


def world_of(**changes):
    """Give a small world whose policy prices its rounds; `__` stands for a dot."""
    return compile_world(
        od.load("coastland").override({**SHORT, **{k.replace("__", "."): v for k, v in changes.items()}})
    )


def priced(world, day=0, n_seen=0, seed=SEED):
    """Give the price that rollouts set for a day."""
    world = own_forecast(world, True)
    state = new_state(world.battle, False)
    advance(world.battle, state, empty_window(), seed, 0, 1e-6, rules.price, False)  # batteries arrive
    price_rounds(world, state, seed, 0, day, n_seen, rules.price)
    return float(state.clock[Clock.SHADOW_PRICE_PEOPLE]), world


def test_scarce_rounds_cost_more_than_ample_ones():
    """In the mean of six draws of futures: one draw may not tell."""
    many = {"doctrine.forecast.futures": 12}
    few = {"batteries[b1].loaded_rounds": 4, "batteries[b2].loaded_rounds": 4}
    ample, scarce = world_of(depot__rounds=5_000, **many), world_of(depot__rounds=0, **many, **few)
    prices = np.array([[priced(world, seed=seed)[0] for world in (ample, scarce)] for seed in range(6)])
    assert prices[:, 1].mean() > prices[:, 0].mean()
    assert (prices[:, 1] > 0.0).sum() >= 3


def test_the_price_is_one_of_those_tried_and_named_by_seed():
    world = world_of(depot__rounds=0)
    first, own = priced(world)
    assert first in own.forecast.prices_people
    assert priced(world)[0] == first


def test_written_out_salvos_are_no_part_of_the_forecast():
    """The forecast is the raid's law; what the scenario writes out beside it does not change a price."""
    given = [{"at_utc": "2030-05-01T18:00:00Z", "from": [35.15, -29.62], "at": [35.02, -30.16],
              "class": "medium-rocket", "count": 500, "spacing_s": 1.0}]  # fmt: skip
    assert priced(world_of(threats__given=given))[0] == priced(world_of(threats__given=[]))[0]


def test_what_is_seen_corrects_the_rate():
    """Posterior mean of a gamma rate: precision 4 beforehand, one day's evidence of mean over variance ratio."""
    world = world_of()
    for n_seen in (0, 40, 400):
        _, own = priced(world, day=1, n_seen=n_seen)
        scale = own.forecast.raid.day_mean[1] / own.forecast.day_mean[1]
        evidence = own.forecast.day_mean[0] / own.forecast.variance_over_mean
        low, high = 4.0 / (4.0 + evidence), (4.0 + evidence * n_seen / own.forecast.day_mean[0]) / (4.0 + evidence)
        assert low - 1e-12 <= scale
        assert scale >= high - 1e-12  # fewer tracks than launches are expected, so each counts for more than one
        assert scale <= low + (high - low) * 1.6 + 1e-12
    _, sure = priced(world_of(doctrine__forecast__rate_sd=0.0), day=1, n_seen=400)
    np.testing.assert_array_equal(sure.forecast.raid.day_mean, sure.forecast.day_mean)


def test_worlds_are_not_changed_by_pricing():
    world = world_of()
    before = world.forecast.raid.day_mean.copy()
    priced(world, day=1, n_seen=500)
    np.testing.assert_array_equal(world.forecast.raid.day_mean, before)


def test_single_runs_and_studies_price_alike():
    scenario = od.load("coastland").override(SHORT)
    world = compile_world(scenario)
    rows = run_chunk_through(world, SEED, 0, 3, None).rows
    for k in range(3):
        np.testing.assert_array_equal(od.run(scenario, seed=SEED, replication=k).row, rows[k])


def test_another_rule_does_not_ask_for_prices():
    world = world_of()
    plain = compile_world(od.load("coastland").override({**SHORT, "doctrine.policy": "greedy"}))
    ours, theirs = run_chunk_through(world, SEED, 0, 3, "greedy"), run_chunk_through(plain, SEED, 0, 3, None)
    np.testing.assert_array_equal(ours.rows, theirs.rows)


@pytest.mark.parametrize("workers", [1, 2])
def test_bytes_do_not_depend_on_workers(workers):
    scenario = od.load("coastland").override({**SHORT, "alternatives": {"as-is": {}}, "study.baseline": "as-is"})
    table = od.study(scenario, replications=6, seed=SEED, workers=workers, extras=False).table("replications")
    leaks = table["leaked_built_up"].to_pylist()
    assert leaks == run_chunk_through(compile_world(scenario), SEED, 0, 6, None).rows[:, _leak_column()].tolist()


def _leak_column():
    from opendome.base.tally import Tally

    return int(Tally.LEAKED_BUILT_UP)


@pytest.mark.validate
@pytest.mark.parametrize("rounds", [20, 80, 2_000])
def test_priced_rounds_lose_no_more_people_than_greedy(rounds):
    """Paired over replications, at scarce and at ample stock: the mean difference is not above zero at 99.9 %."""
    base = od.load("coastland").override(
        {"depot.rounds": rounds, "alternatives": {"as-is": {}}, "study.baseline": "as-is"}
    )
    people = {
        name: np.array(
            od.study(base, replications=200, seed=SEED, extras=False, policy=name)
            .table("replications")["people_exposed"].to_pylist()
        )
        for name in ("greedy", "earliest", "price")
    }  # fmt: skip
    for other in ("greedy", "earliest"):
        difference = people["price"] - people[other]
        se = difference.std(ddof=1) / np.sqrt(len(difference))
        print(f"{rounds} rounds, people exposed, price less {other}: {difference.mean():.2f} +- {1.96 * se:.2f}")
        assert difference.mean() <= 3.29 * se

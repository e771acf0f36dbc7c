"""No rule saves more of a raid than the bound, and where the bound can be worked out by hand it is that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import opendome as od
from opendome.doctrine import rules
from opendome.scenario.compile import compile_world
from opendome.study.best_case import achieve, best_case, least_bound
from opendome.study.doors import run_chunk_through

SEED = 11
SHORT = {
    "duration_day": 1,
    "threats.raid.launched_per_day.mean": 120,
    "threats.given": [],
    "depot.resupply": [],
    "doctrine.forecast.futures": 2,
}


def world_of(**changes):
    return compile_world(od.load("coastland").override({**SHORT, **changes}))


def test_ample_rounds_are_worth_what_they_kill():
    """n rounds at an object, each looked at: v (1 - (1 - p)^n)."""
    value, p, n = np.array([3.0, 1.0]), np.array([0.6, 0.9]), np.array([2, 3])
    assert least_bound(value, p, n, 1e6) == pytest.approx((value * (1.0 - (1.0 - p) ** n)).sum())


def test_one_round_for_two_goes_to_the_better():
    assert least_bound(np.array([3.0, 1.0]), np.array([0.5, 0.9]), np.array([1, 1]), 1.0) == pytest.approx(
        1.5, abs=1e-6
    )


def test_no_rounds_save_nothing():
    assert least_bound(np.array([3.0]), np.array([0.5]), np.array([4]), 0.0) == pytest.approx(0.0, abs=1e-6)


def exact(value, p, n_rounds, rounds):
    """Best expected saving with looks and so many rounds in all, by dynamic programming over what is alive."""
    from functools import cache

    @cache
    def best(alive, left):
        if left == 0:
            return 0.0
        options = [0.0]
        for j, shots in enumerate(alive):
            if shots > 0:
                missed = tuple(k - (i == j) for i, k in enumerate(alive))
                killed = tuple(0 if i == j else k for i, k in enumerate(alive))
                options.append(p[j] * (value[j] + best(killed, left - 1)) + (1.0 - p[j]) * best(missed, left - 1))
        return max(options)

    return best(tuple(n_rounds), rounds)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1), st.integers(0, 3)), min_size=1, max_size=4),
    st.integers(0, 5),
)
def test_the_bound_is_never_below_the_best_policy(items, rounds):
    value, p, n = (np.array(column, float) for column in zip(*items, strict=True))
    n = n.astype(np.int64)
    assert least_bound(value, p, n, rounds) >= exact(value, p, n.tolist(), rounds) - 1e-9


@pytest.mark.parametrize("rounds", [0, 40])
def test_no_rule_saves_more_than_the_bound(rounds):
    world = world_of(**{"depot.rounds": rounds})
    best = best_case(world, SEED, 0)
    assert 0.0 < best.leaks_saved_at_most <= best.leaks_at_stake
    assert 0.0 < best.people_saved_at_most <= best.people_at_stake
    for rule in (rules.earliest, rules.greedy, rules.price):
        found = achieve(world, SEED, 0, rule, 60)
        for lost, stake, most in (
            (found.leaks, best.leaks_at_stake, best.leaks_saved_at_most),
            (found.people, best.people_at_stake, best.people_saved_at_most),
        ):
            se = lost.std(ddof=1) / np.sqrt(len(lost))
            assert stake - lost.mean() <= most + 3.3 * se


def test_luck_changes_the_end_and_not_the_raid():
    world = world_of()
    best = best_case(world, SEED, 0)
    row = run_chunk_through(world, SEED, 0, 1, "earliest").rows[0]
    found = achieve(world, SEED, 0, rules.earliest, 40)
    assert found.leaks.std() > 0.0
    assert (found.leaks <= best.leaks_at_stake).all()
    from opendome.base.tally import Tally

    low, high = found.leaks.min(), found.leaks.max()
    assert low - 4 <= row[int(Tally.LEAKED_BUILT_UP)] <= high + 4  # the replication's own luck is one more draw


def study_of(workers=None, policy=None, **changes):
    """Give a study of two replications that asks for the distance from the best, over few draws."""
    scenario = od.load("coastland").override(
        {**SHORT, "study.luck_draws": 8, "study.inputs": [], "study.grid": None, **changes}
    )
    return od.study(scenario, replications=2, seed=SEED, workers=workers, policy=policy)


def test_a_study_tells_how_far_it_was_from_the_best():
    """For the baseline and the headline alternative, the same numbers for any number of workers."""
    found = [study_of(workers).table("best") for workers in (1, 2)]
    assert found[0].equals(found[1])
    rows = found[0].to_pylist()
    assert [(row["alternative"], row["what"]) for row in rows[:2]] == [("as-is", "leaks"), ("as-is", "people")]
    assert len({row["alternative"] for row in rows}) == 2
    for row in rows:
        assert row["rule"] == "earliest" and row["n"] == 8
        assert row["low"] <= row["saved"] <= row["high"]
        assert row["saved"] <= row["bound"] <= row["at_stake"]


def test_no_draws_and_rules_in_python_give_no_distance():
    def first(track, options, stock):
        return 0 if len(options) else -1

    assert "best" not in study_of(**{"study.luck_draws": 0}).tables
    assert "best" not in study_of(policy=first).tables

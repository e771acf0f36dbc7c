"""Battles are those of the law beside the checkout; futures follow the forecast, and its rate is corrected."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import gamma, norm

from benchmarks.dynamic_battles import draw_arrays, draw_battle
from opendome.assignment.dynamic_forecast import draw_futures, expected_seen, rate_factors


@pytest.mark.parametrize("number", [0, 1, 57, 99])
def test_battles_are_those_of_the_law(shared_data: Path, number: int) -> None:
    file = shared_data / "tools" / "dynamic_battles.py"
    if not file.is_file():
        pytest.skip("needs tools/dynamic_battles.py in the reference data")
    found = importlib.util.spec_from_file_location("dynamic_battles_law", file)
    assert found is not None
    assert found.loader is not None
    law = importlib.util.module_from_spec(found)
    found.loader.exec_module(law)
    theirs, ours = law.battle(number), draw_arrays(number)
    for name, array in ours.items():
        assert array.dtype == theirs[name].dtype
        assert np.array_equal(array, theirs[name]), name
    launchers = draw_battle(number, rounds=40, reload_s=6).launchers
    theirs = law.battle(number, rounds=40, reload_s=6)
    assert np.array_equal(launchers.rounds, theirs["rounds"])
    assert np.array_equal(launchers.reload_s, theirs["reload_s"])
    assert launchers.look_s == theirs["look_s"]


def test_futures_follow_the_forecast() -> None:
    forecast = draw_battle(0).forecast
    futures = draw_futures(forecast, 60, seed=3)
    truth = [draw_battle(number).threats for number in range(1)]
    n_forecast = np.array([np.sum(futures.mark[a:b] <= 1.0) for a, b in zip(futures.first, futures.first[1:])])
    # Places differ from battle to battle, so the battle's own places are compared.
    can = (truth[0].value > 0.0) & (truth[0].t_closed_s >= 0)
    sd = np.sqrt(0.7 * 600)
    assert abs(n_forecast.mean() - can.sum()) < 3.0 * sd
    one = futures.threats.value[futures.mark <= 1.0]
    assert np.log(one).mean() == pytest.approx(2.0, abs=0.03)
    assert np.log(one).std() == pytest.approx(1.0, abs=0.03)
    for a, b in zip(futures.first, futures.first[1:]):
        assert np.all(np.diff(futures.threats.t_seen_s[a:b]) >= 0)
    assert np.all(futures.threats.t_closed_s >= futures.threats.t_seen_s + 5)


def test_futures_are_named_by_the_seed_alone() -> None:
    forecast = draw_battle(0).forecast
    one, same, other = (draw_futures(forecast, 4, seed=seed) for seed in (3, 3, 4))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one.threats, same.threats))
    assert one.threats.value[:50].tobytes() != other.threats.value[:50].tobytes()
    more = draw_futures(forecast, 6, seed=3)
    assert np.array_equal(more.threats.value[: one.first[-1]], one.threats.value)


def test_expected_arrivals() -> None:
    forecast = draw_battle(0).forecast
    assert expected_seen(forecast, -1) == 0.0
    assert expected_seen(forecast, 10) == pytest.approx(90 + 2.4)
    assert expected_seen(forecast, 110) == pytest.approx(270 + 26.4)
    assert expected_seen(forecast, 1000) == pytest.approx(600)


@pytest.mark.parametrize(("n_seen", "n_expected"), [(0, 0.0), (40, 20.0), (200, 200.0), (300, 600.0)])
def test_rate_after_what_was_seen_is_gamma(n_seen: int, n_expected: float) -> None:
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    exact = gamma(6.0 + n_seen, scale=1.0 / (6.0 + n_expected)).ppf(levels)
    assert rate_factors(n_seen, n_expected, 6.0, norm.ppf(levels)) == pytest.approx(exact, rel=0.01)

"""Days of supply: the law against draws, bands against campaigns of the law and of the kernel, deliveries by hand."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy.stats import binom

from opendome.measures.supply import Law, coverage, fit_law, p_gone, quantiles_day
from opendome.scenario.reader import load
from opendome.study.runner import study
from opendome.study.supply import Daily, daily_of, planned_rounds

N_DAYS, RATIO, DISPERSION, VOM = 12, 0.4, 6.0, 10.0
EXPECTED = np.linspace(150.0, 80.0, N_DAYS)


def _law(day: int, precision: float) -> Law:
    return Law(day, EXPECTED, RATIO, DISPERSION, VOM, precision)


def _campaigns(n: int, precision: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Launches and rounds fired so far, (n, N_DAYS + 1), drawn by the law itself."""
    luck = np.random.default_rng(seed)
    rate = luck.gamma(precision, 1.0 / precision, (n, 1)) if math.isfinite(precision) else np.ones((n, 1))
    launched = VOM * luck.poisson(rate * EXPECTED / VOM, (n, N_DAYS))
    fired = luck.gamma(RATIO * rate * EXPECTED / DISPERSION, DISPERSION)
    start = np.zeros((n, 1))
    return (np.hstack([start, np.cumsum(part, axis=1)]) for part in (launched, fired))  # type: ignore[return-value]


@pytest.mark.parametrize("precision", [4.0, math.inf])
def test_chances_are_those_of_draws_from_the_law(precision: float) -> None:
    law, n = _law(3, precision), 400_000
    luck = np.random.default_rng(5)
    seen = 500.0
    shape = precision + seen / VOM if math.isfinite(precision) else 1.0
    scale = 1.0 / (precision + EXPECTED[:3].sum() / VOM)
    rate = luck.gamma(shape, scale, n) if math.isfinite(precision) else np.ones(n)
    ahead, delivered = np.array([2.0, 5.0]), np.array([0.0, 40.0])
    ours = p_gone(law, np.array([90.0]), np.array([seen]), ahead, delivered)[0]
    for k, until in enumerate((5, 8)):
        fired = luck.gamma(RATIO * rate * EXPECTED[3:until].sum() / DISPERSION, DISPERSION)
        share = (fired >= 90.0 + delivered[k] - 0.5).mean()
        assert ours[k] == pytest.approx(share, abs=3.29 * math.sqrt(0.25 / n) + 0.004)
    assert 0.05 < ours[0] < 0.95


@pytest.mark.parametrize("day", [0, 2, 5])
@pytest.mark.parametrize("precision", [4.0, math.inf])
def test_bands_hold_as_often_as_they_say(day: int, precision: float) -> None:
    n = 4000
    launched, fired = _campaigns(n, precision, seed=11)
    found = coverage(_law(day, precision), np.full(n, 130.0), launched[:, day], fired)
    low, high = binom.ppf((0.0005, 0.9995), n, found.expected_share)
    assert low <= found.n_inside <= high and found.expected_share > 0.9


def test_a_band_that_trusts_too_much_is_found_out() -> None:
    n = 4000
    launched, fired = _campaigns(n, 4.0, seed=12)
    found = coverage(_law(0, math.inf), np.full(n, 130.0), launched[:, 0], fired)
    assert found.n_inside < binom.ppf(0.0005, n, found.expected_share)


@cache
def _ample() -> Daily:
    scenario = load("coastland").rebased(
        {
            "duration_day": 8, "depot.rounds": 5000, "depot.resupply": [], "threats.given": [],
            "threats.raid.launched_per_day.mean": 60, "alternatives": {"as-is": {}},
        }
    )  # fmt: skip
    return daily_of(study(scenario, replications=400, seed=3, extras=False), "as-is")


@pytest.mark.parametrize("day", [0, 1, 3])
@pytest.mark.parametrize("held", [120.0, 180.0])
def test_bands_hold_in_campaigns_of_the_kernel(day: int, held: float) -> None:
    daily = _ample()
    law = fit_law(daily.launched, daily.fired, day, 12.0, math.inf)
    n = len(daily.fired)
    found = coverage(law, np.full(n, held), daily.launched[:, day], daily.fired)
    low, high = binom.ppf((0.0005, 0.9995), n, found.expected_share)
    assert low <= found.n_inside <= high


def test_quantiles_are_read_off_the_chance() -> None:
    ahead = np.array([0.0, 1.0, 2.0])
    p = np.array([[0.0, 0.5, 0.8], [0.3, 0.4, 0.99]])
    found = quantiles_day(p, ahead, (0.05, 0.5, 0.95))
    np.testing.assert_allclose(found[0], [0.1, 1.0, np.inf])
    np.testing.assert_allclose(found[1], [0.0, 1.0 + 0.1 / 0.59, 1.0 + 0.55 / 0.59])


def test_planned_rounds_are_deliveries_and_the_integral_of_production() -> None:
    scenario = load("coastland").rebased(
        {
            "duration_day": 30,
            "threats.raid.launched_per_day.mean": 60,
            "depot.resupply": [{"day": 3, "rounds": 40, "p_lost": 0.25}, {"day": 9, "rounds": 10}],
            "depot.production_ramp": [{"day": 2, "per_day": 1}, {"day": 6, "per_day": 9}],
            "depots": [{"id": "second", "rounds": 5, "production_per_day": 2}],
        }
    )
    ahead = np.array([0.0, 1.0, 2.5, 7.0])
    days = np.linspace(0.0, 30.0, 300_001)
    rate = 2.0 + np.interp(days, [2.0, 6.0], [1.0, 9.0])
    made = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(days))])
    wanted = np.interp(2.0 + ahead, days, made) - np.interp(2.0, days, made) + np.array([0.0, 30.0, 30.0, 40.0])
    np.testing.assert_allclose(planned_rounds(scenario.data, 2.0, ahead), wanted, atol=1e-6)

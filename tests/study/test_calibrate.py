"""Calibration against closed forms, quadrature, and campaigns whose shares are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy import stats
from scipy.special import expit

import opendome as od
from opendome.base.errors import CommandError
from opendome.base.philox import Purpose
from opendome.catalogue.derive import engagement_from_single_shot
from opendome.catalogue.tallies import tallies
from opendome.study.calibrate import NEW, calibrate, chosen_campaigns
from opendome.study.calibrate_campaign import ends_of, supposed
from opendome.study.calibrate_model import (
    Counts,
    Prior,
    counts_of,
    launch_kill,
    log_beta_binomial,
    stacked,
    two_step_factor,
    without,
)
from opendome.study.calibrate_random import beta_binomial, uniforms
from opendome.study.calibrate_sampler import Settings, effective_size, r_hat, sample
from tests.study.drawn_campaigns import tallied

SHORT = Settings(seed=1, warm_up=300, sweeps=800, every=4)


def blank(n: int) -> dict[str, np.ndarray]:
    parts = {name: np.full(n, np.nan) for name in Counts._fields}
    return {**parts, "intercepted": np.full((n, 3), np.nan), "fires": np.ones(n)}


def test_the_likelihood_is_scipys_beta_binomial_and_adds_up_to_one():
    n, p, factor = 60.0, 0.3, 2.7
    k = np.arange(61.0)
    total = (n - factor) / (factor - 1.0)
    ours = log_beta_binomial(k, np.array(n), np.array(p), factor)
    np.testing.assert_allclose(ours, stats.betabinom.logpmf(k, 60, total * p, total * (1 - p)), atol=1e-10)
    mean = (np.exp(ours) * k).sum()
    assert np.exp(ours).sum() == pytest.approx(1.0, abs=1e-10)
    assert mean == pytest.approx(n * p, rel=1e-10)
    assert (np.exp(ours) * (k - mean) ** 2).sum() == pytest.approx(factor * n * p * (1 - p), rel=1e-9)
    assert log_beta_binomial(np.array(61.0), np.array(n), np.array(p), factor) == -np.inf
    assert log_beta_binomial(np.array(np.nan), np.array(n), np.array(p), factor) == 0.0


def test_drawn_counts_follow_the_likelihood():
    n_draws = 20_000
    u = uniforms((5, int(Purpose.CALIBRATION_CAMPAIGN)), 0, 0, (n_draws, 2))
    k = beta_binomial(np.full(n_draws, 40.0), np.full(n_draws, 0.25), 2.0, u)
    p = np.exp(log_beta_binomial(np.arange(41.0), np.array(40.0), np.array(0.25), 2.0))
    seen = np.bincount(k.astype(int), minlength=41)
    is_common = p * n_draws >= 5.0
    seen = np.append(seen[is_common], seen[~is_common].sum())
    expected = np.append(p[is_common], p[~is_common].sum()) * n_draws
    assert stats.chisquare(seen, expected).pvalue > 0.001


def test_variance_of_two_steps_is_the_law_of_total_variance():
    prior, n, n_draws = Prior(), 2000.0, 40_000
    t, c = np.array(0.35), np.array(0.8)
    shares = np.log(np.array([0.1, 0.35, 0.8, 0.999999]) / (1 - np.array([0.1, 0.35, 0.8, 0.999999])))
    ends = ends_of(np.broadcast_to(shares, (n_draws, 4)), np.nan, n, prior, seed=3)
    variance = ends.intercepted.var(ddof=1)
    band = stats.norm.ppf(0.9995) * np.sqrt(2.0 / n_draws) * 1.1
    assert variance / (n * t * c * (1 - t * c) * two_step_factor(t, c, prior)) == pytest.approx(1.0, abs=band)
    assert two_step_factor(np.array(0.3), np.array(1.0), prior) == pytest.approx(prior.burst_factor)


@pytest.mark.parametrize("q", [0.3, 0.78, 0.95])
@pytest.mark.parametrize("s", [1e-9, 0.4, 1.0])
def test_chance_of_a_launch_undoes_the_catalogues_engagement(q: float, s: float):
    success, rounds = engagement_from_single_shot(q, s)
    assert launch_kill(np.array(success), np.array(s)) == pytest.approx(q, rel=1e-9)
    assert rounds / success == pytest.approx(1.0 / q)


def by_quadrature(short: np.ndarray, launched: np.ndarray, prior: Prior) -> tuple[float, float, float]:
    """Mean and sd of the middle of f, and mean of the first campaign's logit, on a grid of mean, spread and effect."""
    mean = np.linspace(-5.0, 1.0, 121)
    above = np.linspace(0.0, 1.8, 61)[1:] - 0.015
    f = np.linspace(-6.0, 2.0, 1601)
    weight = stats.norm.logpdf(mean, prior.short_logit, prior.mean_sd_logit)[:, None]
    weight = weight + stats.norm.logpdf(above, 0.0, prior.effect_scale_logit)
    first = np.zeros_like(weight)
    for i, (k, n) in enumerate(zip(short, launched, strict=True)):
        told = np.exp(log_beta_binomial(np.array(k), np.array(n), expit(f), prior.burst_factor))
        spread = prior.effect_floor_logit + above
        density = stats.norm.pdf(f, mean[:, None, None], spread[None, :, None])
        inner = (density * told).sum(axis=-1)
        if i == 0:
            first = (density * told * f).sum(axis=-1) / inner
        weight = weight + np.log(inner)
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    middle = float((weight * mean[:, None]).sum())
    sd = float(np.sqrt((weight * (mean[:, None] - middle) ** 2).sum()))
    return middle, sd, float((weight * first).sum())


def test_the_sampler_agrees_with_quadrature():
    prior = Prior()
    parts = blank(3) | {"launched": np.array([104.0, 900.0, 300.0]), "short": np.array([24.0, 60.0, 20.0])}
    draws = sample(stacked([Counts(**parts)]), prior, SHORT)
    middle, sd, first = by_quadrature(parts["short"], parts["launched"], prior)
    ours, own = draws.mean_logit[:, 0, :, 0], draws.shares_logit[:, 0, :, 0, 0]
    z = stats.norm.ppf(0.9995)
    assert ours.mean() == pytest.approx(middle, abs=z * ours.std() / np.sqrt(effective_size(ours)))
    assert own.mean() == pytest.approx(first, abs=z * own.std() / np.sqrt(effective_size(own)))
    assert ours.std() == pytest.approx(sd, rel=z / np.sqrt(2.0 * effective_size((ours - middle) ** 2)) * 1.5)


def test_with_nothing_counted_the_posterior_is_the_prior():
    prior = Prior()
    draws = sample(stacked([Counts(**blank(2))]), prior, SHORT)
    before = supposed(prior, 40_000, 1, seed=2)
    for ours, theirs in (
        (draws.mean_logit[:, 0], before.mean_logit), (draws.spread_logit[:, 0], before.spread_logit),
        (draws.shares_logit[:, 0, :, 1], before.shares_logit[:, 0]),
    ):  # fmt: skip
        for i in range(4):
            for p in (0.1, 0.5, 0.9):
                below = ours[..., i] < np.quantile(theirs[:, i], p)
                sd = np.sqrt(p * (1 - p) * (1.0 / effective_size(below.astype(float)) + 1.0 / 40_000))
                assert below.mean() == pytest.approx(p, abs=stats.norm.ppf(0.99995) * sd)


def pattern() -> Counts:
    """Four campaigns, each with other counts published."""
    parts = blank(4)
    parts["launched"] = np.array([800.0, 1200.0, 300.0, 2000.0])
    for name, places in {"short": [0, 1], "leaked": [0, 3], "rate_a": [0], "rate_c": [1], "rounds": [0]}.items():
        parts[name][places] = 1.0
    parts["engaged"][2] = 1.0
    parts["crossed"][3] = 2000.0
    parts["launched"][3] = np.nan
    parts["fires"][3] = 0.0
    parts["intercepted"][:3, 0] = 1.0
    return Counts(**parts)


def ranks(n_problems: int, settings: Settings) -> np.ndarray:
    """Share of draws below what each problem was made of, (n_problems, 10)."""
    prior = Prior()
    truth = supposed(prior, n_problems, 4, seed=77)
    draws = sample(tallied(pattern(), truth, prior, seed=78), prior, settings)
    drawn = np.concatenate(
        [draws.mean_logit, draws.spread_logit, draws.second_frac[..., None], draws.shares_logit[..., 1, 1:2]], axis=-1
    )
    true = np.concatenate(
        [truth.mean_logit, truth.spread_logit, truth.second_frac[:, None], truth.shares_logit[:, 1, 1:2]], axis=-1
    )
    return np.asarray((drawn < true[None, :, None]).mean(axis=(0, 2)))


def check_ranks(found: np.ndarray, n_bins: int) -> None:
    for i in range(found.shape[1]):
        seen = np.histogram(found[:, i], bins=n_bins, range=(0.0, 1.0))[0]
        assert stats.chisquare(seen).pvalue > 0.001 / found.shape[1], i


def test_true_shares_take_every_rank_alike():
    """Talts et al. (2018), simulation-based calibration: ranks are uniform when the sampler and the model agree."""
    check_ranks(ranks(60, Settings(seed=4, populations=1, warm_up=200, sweeps=300)), 4)


@pytest.mark.validate
def test_true_shares_take_every_rank_alike_over_many_campaigns():
    check_ranks(ranks(200, Settings(seed=9, populations=1, warm_up=300, sweeps=600)), 10)


def test_walkers_that_disagree_and_draws_that_repeat_are_told():
    white = stats.norm.ppf(uniforms((1, 1), 0, 0, (2000, 8)))
    assert r_hat(white) == pytest.approx(1.0, abs=0.01)
    assert r_hat(white + np.arange(8)) > 2.0
    assert effective_size(white) == pytest.approx(16_000, rel=0.1)
    slow = np.zeros_like(white)
    for i in range(1, 2000):
        slow[i] = 0.9 * slow[i - 1] + white[i]
    assert effective_size(slow) == pytest.approx(16_000 / 19, rel=0.25)  # (1 - r) / (1 + r)


def test_a_campaign_left_out_tells_nothing():
    chosen = chosen_campaigns(None)
    counts = counts_of(chosen)
    left = without(counts, np.array([one.id == "2014-07" for one in chosen]))
    i = [one.id for one in chosen].index("2014-07")
    assert left.launched[i] == counts.launched[i]
    assert all(
        np.isnan(getattr(left, name)[i]).all()
        for name in Counts._fields
        if name not in ("launched", "crossed", "fires")
    )
    assert np.isfinite(left.intercepted[i - 1, 0])


def test_campaigns_are_named_or_refused():
    assert "2008-12" not in {one.id for one in chosen_campaigns(None)}
    assert len(chosen_campaigns(None)) == len(tallies()) - 1
    with pytest.raises(CommandError, match="2014-07"):
        chosen_campaigns(["2014-08"])
    with pytest.raises(CommandError, match=r"no count of 2008-12 can be used; 2018 is given twice"):
        chosen_campaigns(["2008-12", "2018", "2018"])


def test_a_calibration_is_kept_and_is_the_same_again(tmp_path: Path):
    settings = Settings(seed=3, populations=1, warm_up=100, sweeps=120)
    found = calibrate(["2012-11", "2018", "2019-05"], settings, out=tmp_path)
    again = calibrate(["2012-11", "2018", "2019-05"], settings)
    assert found.table.equals(again.table) and found.draws.equals(again.draws)
    assert pq.read_table(tmp_path / "calibration.parquet").num_rows == found.table.num_rows
    rows = {(row["campaign"], row["quantity"]): row for row in found.table.to_pylist()}
    assert rows["2012-11", "short"]["low"] < 152 / 1506 < rows["2012-11", "short"]["high"]
    assert rows["2018", "success_c"]["low"] < 250 / 295 < rows["2018", "success_c"]["high"]
    new = rows[NEW, "short"]
    assert new["prior_low"] < new["low"] and new["high"] < new["prior_high"]


def test_the_overrides_fit_a_scenario(tmp_path: Path):
    from ruamel.yaml import YAML

    settings = Settings(seed=3, populations=1, warm_up=100, sweeps=120)
    calibrate(["2012-11", "2018", "2019-05"], settings, out=tmp_path)
    piece = YAML(typ="safe").load((tmp_path / "overrides.yaml").read_text(encoding="utf-8"))
    scenario = od.load("may-2021")
    changed = scenario.override(piece["alternatives"]["calibrated"])
    assert changed.hash != scenario.hash
    for entry in piece["study"]["inputs"]:
        assert entry["low"] < piece["alternatives"]["calibrated"][entry["key"]] < entry["high"]
        assert entry["high"] <= 1.0
    scenario.override({"study.inputs": piece["study"]["inputs"]})

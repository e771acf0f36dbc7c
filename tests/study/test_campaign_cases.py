"""Leave-one-out and the partitions of campaigns: scores by brute force, folds that do not see their own campaign."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import opendome as od
from opendome.catalogue.tallies import Tally, tally
from opendome.study.calibrate_model import Prior
from opendome.study.calibrate_sampler import Settings
from opendome.study.cases import leave_one_out as case_of_folds
from opendome.study.cases import partitions
from opendome.study.cases.case import Effort, declared_case, run_case
from opendome.study.leave_one_out import (
    base_of,
    clopper_pearson,
    constant_share,
    crps,
    interval_score,
    last_share,
    leave_one_out,
    logit_miss,
)

QUICK = Settings(seed=5, populations=1, warm_up=60, sweeps=80)


@pytest.fixture(scope="module")
def folds():
    return leave_one_out([tally(name) for name in ("2006-07", "2012-11", "2018", "2019-05")], Prior(), QUICK)


def test_scores_are_those_of_brute_force():
    draws = np.array([3.0, 7.0, 1.0, 12.0, 7.0])
    between = np.abs(draws[:, None] - draws).mean()
    assert crps(draws, 6.0) == pytest.approx(np.abs(draws - 6.0).mean() - 0.5 * between)
    many = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    assert crps(many, 0.0) == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi), abs=1e-3)  # Gneiting and Raftery (21)
    assert interval_score(many, 0.0, 0.8) == pytest.approx(2 * stats.norm.ppf(0.9), abs=1e-3)
    assert interval_score(many, 3.0, 0.8) - interval_score(many, 2.0, 0.8) == pytest.approx(10.0)
    assert logit_miss(np.full(5, 50.0), 20.0, 100.0) == pytest.approx(np.log(80.5 / 20.5))


@pytest.mark.parametrize(("k", "n"), [(0, 8), (5, 8), (8, 8), (70, 100)])
def test_interval_of_a_share_is_scipys(k: int, n: int):
    theirs = stats.binomtest(k, n).proportion_ci(0.95, "exact")
    assert clopper_pearson(k, n) == pytest.approx((theirs.low, theirs.high))


def test_a_fold_does_not_see_its_own_campaign(folds):
    own = tally("2018")
    figures = {key: figure for key, figure in own.figures.items() if key == "launched"}
    blind = Tally(*own[:4], figures, {})
    again = leave_one_out([tally("2006-07"), tally("2012-11"), blind, tally("2019-05")], Prior(), QUICK)
    assert np.array_equal(folds[2].ends.intercepted, again[2].ends.intercepted)
    assert not np.array_equal(folds[1].ends.intercepted, again[1].ends.intercepted)
    assert np.isnan(again[2].published) and folds[2].published == 250.0


def test_ends_of_a_prediction_add_up(folds):
    for fold in folds:
        ends = fold.ends
        np.testing.assert_array_equal(ends.intercepted + ends.leaked, ends.threatening)
        assert (ends.threatening <= ends.crossed).all() and (ends.crossed <= fold.base).all()
    assert folds[0].base == 3970 and not folds[0].ends.intercepted.any()
    assert base_of(tally("2012-03"))[1] == 200.0
    assert base_of(tally("2021-05"))[0] == 4360.0 and np.isnan(base_of(tally("2021-05"))[1])


def test_the_constant_share_is_a_beta_binomial(folds):
    """Mean and variance in closed form: of the share, then of the count with the noise of bursts."""
    prior = Prior()
    draws = constant_share(folds, 1, prior, seed=1)
    taken, base, n = (250 + 240) / prior.burst_factor, (1000 + 690) / prior.burst_factor, 1506.0
    share = stats.beta(0.5 + taken, 0.5 + base - taken)
    mean, spread = share.mean(), share.var()
    variance = n * prior.burst_factor * (mean * (1 - mean) - spread) + n**2 * spread
    z = stats.norm.ppf(0.9995)
    assert draws.mean() == pytest.approx(n * mean, abs=z * np.sqrt(variance / len(draws)))
    assert draws.var() == pytest.approx(variance, rel=z * np.sqrt(2.0 / len(draws)) * 1.1)
    assert last_share(folds, 1, prior, seed=1) is None
    last = last_share(folds, 3, prior, seed=1)
    assert last is not None and last.mean() / 690 == pytest.approx(0.25, abs=0.01)


def test_the_case_of_folds_measures_every_target():
    declared = declared_case("leave-one-out")
    quick = declared.model_copy(
        update={"settings": {**declared.settings, "warm_up": 40, "sweeps": 40, "populations": 1}}
    )
    found = {finding.target: finding for finding in case_of_folds.run(quick, Effort())}
    assert set(found) == {target.id for target in declared.targets}
    assert all(one.low <= one.value <= one.high for one in found.values())
    assert found["coverage-80"].n == 8 and found["gain-over-last"].n == 7


@pytest.mark.validate
def test_the_prior_does_not_make_the_prediction():
    """Middles elsewhere, and of twice the width, move no median by more than a twentieth."""
    declared = declared_case("leave-one-out")
    campaigns, settings = [tally(name) for name in declared.campaigns], Settings(**declared.settings)
    vague = Prior(short_logit=-1.0, threatening_logit=-0.2, success_logit=0.0, engaged_logit=0.0, mean_sd_logit=1.5)
    pairs = zip(*(leave_one_out(campaigns, prior, settings) for prior in (Prior(), vague)), strict=True)
    for ours, theirs in pairs:
        assert max(ours.r_hat, theirs.r_hat) < 1.05
        for end in ("threatening", "intercepted"):
            medians = [float(np.median(getattr(fold.ends, end))) for fold in (ours, theirs)]
            assert medians[1] == pytest.approx(medians[0], rel=0.05)


@pytest.mark.validate
def test_the_predictive_interval_holds_at_least_half_of_the_campaigns():
    found = {finding.target: finding for finding in run_case("leave-one-out")}
    assert found["coverage-95"].value >= 0.5
    assert found["ratio-2014-07"].value > 1.2  # the miss that was named beforehand is there


def test_a_campaign_changes_what_it_says_and_nothing_else():
    declared = declared_case("partitions")
    base, settings = od.load("may-2021"), declared.settings
    changes = partitions.overrides_of(base, settings["campaigns"]["2012-11"], settings)
    changed = base.override(changes)
    assert [b["id"] for b in changed.data["batteries"]] == ["b01", "b02", "b03", "b04", "b05"]
    assert sum(changed.get("threats.raid.launched_per_day.mean")) == pytest.approx(1506)
    assert changed.get("threats.raid.failing.share") == pytest.approx(152 / 1506 / 0.624, abs=1e-4)
    assert changed.get("threats.raid.aim") == base.get("threats.raid.aim")
    as_shipped = partitions.overrides_of(base, settings["campaigns"]["2021-05"], settings)
    assert base.override(as_shipped).world_hash == base.world_hash
    north = base.override(partitions.overrides_of(base, settings["campaigns"]["2006-07"], settings))
    assert north.data["batteries"] == [] and north.get("site.lat_deg") == 33.0


def test_the_campaign_effect_is_on_the_logit_scale():
    low, high = partitions.with_effect(np.full(10, 0.4), 0.5)
    logit = np.log(0.4 / 0.6)
    assert np.log(high / (1 - high)) == pytest.approx(logit + 1.959964 * 0.5, abs=1e-5)
    assert np.log(low / (1 - low)) == pytest.approx(logit - 1.959964 * 0.5, abs=1e-5)
    assert partitions.with_effect(np.array([0.3, 0.5]), 0.5)[1] > high
    assert partitions.with_effect(np.zeros(3), 0.5) == (0.0, 0.0)


def test_the_parts_of_a_played_campaign_are_measured():
    declared = declared_case("partitions")
    campaigns = {"2019-05": declared.settings["campaigns"]["2019-05"]}
    quick = declared.model_copy(update={"settings": {**declared.settings, "replications": 2, "campaigns": campaigns}})
    found = {finding.target: finding for finding in partitions.run(quick, Effort())}
    assert set(found) == {target.id for target in declared.targets if target.id.endswith("-2019-05")}
    assert found["launched-2019-05"].value == pytest.approx(690, rel=0.15)
    assert found["intercepted-2019-05"].low < found["intercepted-2019-05"].value < found["intercepted-2019-05"].high


def test_every_target_of_the_partitions_has_a_campaign_that_is_played():
    declared = declared_case("partitions")
    played = declared.settings["campaigns"]
    assert set(declared.campaigns) == set(played)
    assert all(any(target.id.endswith(f"-{name}") for name in played) for target in declared.targets)

"""Salvoes whose members cannot be told apart: how many there are, and how far each may be trusted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from opendome.base.types import PLOT
from opendome.tracking import ErrorPrior, Tracker, TrackRules
from opendome.tracking.associate import new_look
from opendome.tracking.groups import copy_between, fill_extra, mix_update
from opendome.tracking.model import new_tracks
from tests.tracking.raids import LAT_DEG, reference_radar, salvo_raid, scan_at
from tests.tracking.salvoes import Chances, Salvoes, as_rows, curve, watch
from tests.tracking.test_associate import as_pairs


def check(salvoes: Salvoes, low: float, high: float) -> None:
    """Count, consistency and calibration of a raid of salvoes."""
    assert abs(salvoes.ratio.mean() - 1.0) <= 0.05
    assert (np.abs(salvoes.ratio - 1.0) <= 0.1001).mean() >= 0.95
    for begin in range(10, 70, 10):
        inside = (salvoes.age_s >= begin) & (salvoes.age_s < begin + 10)
        if inside.sum() >= 500:
            assert low <= salvoes.nees[inside].mean() / 2.0 <= high, begin
            assert 0.90 <= (salvoes.nees[inside] < 5.991).mean() <= 0.99, begin
    check_pooled(salvoes.pooled)


def check_pooled(pooled: Chances) -> None:
    """What a salvo's tracks say together against what comes, loosely.

    The mean of forecasts that are each right is too cautious in the middle (Ranjan and Gneiting 2010, Combining
    probability forecasts, J. R. Stat. Soc. B 72(1)), and the more so the less they agree; hence the 0.1.
    """
    for least, most in ((0.01, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 0.9), (0.9, 1.01)):
        chosen = (pooled.p >= least) & (pooled.p < most)
        if chosen.sum() < 30:
            continue
        off = pooled.hit[chosen] - pooled.p[chosen]
        by_salvo = np.bincount(pooled.salvo[chosen], off)  # members of a salvo fall together
        assert abs(off.mean()) <= 0.1 + 2.6 * math.sqrt((by_salvo**2).sum()) / chosen.sum(), least


def check_chances(salvoes: Salvoes, most: float) -> None:
    """Chances of cells and towns, track by track, are as often right as they say, to ``most`` beyond a 99.9 % band."""
    for chances in (salvoes.cells, salvoes.towns):
        for one in curve(chances):
            assert abs(one.seen - one.said) <= most + one.band, one


def report(name: str, salvoes: Salvoes) -> None:
    """Print the curves."""
    print("\n| areas | said | seen | band | number | salvoes |")
    for kind in ("cells", "towns", "pooled"):
        print(as_rows(f"{name}, {kind}", curve(getattr(salvoes, kind))))
    for begin_s, end_s in ((0.0, 15.0), (15.0, 30.0), (30.0, 50.0), (50.0, 200.0)):
        print(as_rows(f"{name}, cells, {begin_s:.0f} to {end_s:.0f} s", curve(salvoes.cells.of_age(begin_s, end_s))))


def test_dense_salvoes_are_counted_and_their_impacts_honest() -> None:
    salvoes = watch(salvo_raid(3, 8, over_s=40.0, is_beta_of_prior=True), 10, 20.0, 5, 80)
    check(salvoes, 0.5, 1.5)
    assert salvoes.n_grouped.max() >= 5
    assert len(curve(salvoes.cells)) >= 5
    check_chances(salvoes, 0.05)


@pytest.mark.validate
@pytest.mark.parametrize("alike", [0.3, 1.0, 3.0])
def test_many_dense_salvoes(alike: float) -> None:
    """Ten rockets within 120 m, from nearly parallel to quickly parting; NEES of the impact over 2 from 0.6 to 1.5."""
    flights = salvo_raid(7, 60, over_s=400.0, alike=alike, is_beta_of_prior=True)
    check(watch(flights, 10, 100.0, 6, 480), 0.6, 1.5)


@pytest.mark.validate
@pytest.mark.parametrize("alike", [0.3, 1.0, 3.0])
def test_chances_of_tracks_in_salvoes(alike: float) -> None:
    """A track's chances are right for the object it stands for, though it may not be the object it began with."""
    flights = salvo_raid(11, 240, over_s=1_600.0, alike=alike, is_beta_of_prior=True)
    salvoes = watch(flights, 10, 100.0, 6, 1_680, p_every=5)
    report(f"alike {alike:g}", salvoes)
    check_chances(salvoes, 0.05)


@pytest.mark.validate
def test_chances_of_single_rockets() -> None:
    """The same measure where nothing is in doubt."""
    flights = salvo_raid(8, 2_000, 1, over_s=4_000.0, is_beta_of_prior=True)
    salvoes = watch(flights, 1, 100.0, 6, 4_080, p_every=5)
    report("single", salvoes)
    check_chances(salvoes, 0.02)


def test_far_apart_is_no_group() -> None:
    radar, rng = reference_radar(5), np.random.default_rng(1)
    flights = salvo_raid(9, 5, 1, over_s=3.0)
    tracker = Tracker(radar, lat_deg=LAT_DEG, rules=TrackRules(impact_every_s=math.inf))
    for k in range(30):
        s = scan_at(rng, radar, 0, flights, float(k))
        table = tracker.step(s.t_s, s.plots)
    assert len(table.confirmed) == 5
    assert table.groups == {} and np.array_equal(table["group"], table["track_id"])


def test_group_ids_are_the_lowest_members() -> None:
    radar, rng = reference_radar(0), np.random.default_rng(1)
    tracker = Tracker(radar, lat_deg=LAT_DEG, rules=TrackRules(impact_every_s=math.inf))
    flights = salvo_raid(9, 2, 6, 20.0, over_s=3.0, alike=0.2)
    seen = 0
    for k in range(40):
        s = scan_at(rng, radar, 0, flights, float(k))
        rows = tracker.step(s.t_s, s.plots).confirmed.rows
        for group, n in ((g, int((rows["group"] == g).sum())) for g in set(rows["group"].tolist())):
            members = rows[rows["group"] == group]
            assert members["track_id"].min() == group and (members["n_in_group"] == n).all()
            seen = max(seen, n)
    assert seen >= 4


def mixed(weights: list[float]) -> tuple[NDArray[np.float64], NDArray[np.float64], list[NDArray[np.float64]]]:
    """Mean and covariance of a mixture of tracks at one place but for 100 m, given one plot, and their own updates."""
    tracker = Tracker(reference_radar(0), lat_deg=LAT_DEG, prior=ErrorPrior(is_plain=True))
    radar, flight = tracker.setup.radars[0], salvo_raid(1, 1, 1)[0]
    rng, n = np.random.default_rng(2), len(weights)
    for k in range(20, 30):
        s = scan_at(rng, tracker.setup.radars, 0, [flight], float(k), 1.0)
        if len(s.plots):
            tracker.step(float(k), s.plots)
    source = tracker.state.filters.tracks
    slot = int(tracker.state.live[0])
    priors, target, single = new_tracks(n + 1), new_tracks(1), new_tracks(2)
    for i in range(n):
        copy_between(source, slot, priors, i)
        priors.x[i, 0] += 100.0 * i
        priors.x[i, 4] += 5.0 * i
    pairs = as_pairs(np.full((n, 1), -1.0))
    pairs.weight[:] = weights
    clusters = tracker.work.clusters
    clusters.label[:n], clusters.track[:n], clusters.first[:2] = 0, np.arange(n), [0, n]
    rules = TrackRules(spread_scale=1.0)
    model, zero, d_x, d_b = tracker.setup.motion.model, np.zeros(4), np.zeros(7), np.zeros(15)
    plot, can = s.plots[0], np.ones(n, np.int8)
    copy_between(priors, 0, target, 0)
    assert math.isfinite(
        mix_update(model, rules, pairs, clusters, 0, 0, can, priors, radar, plot, zero, d_x, d_b, target, 0)
    )
    alone = []
    one = as_pairs(np.full((1, 1), -1.0))
    one.weight[:] = 1.0
    for i in range(n):
        lone = new_tracks(2)
        copy_between(priors, i, lone, 0)
        clusters.label[:1], clusters.track[:1], clusters.first[:2] = 0, 0, [0, 1]
        copy_between(lone, 0, single, 0)
        mix_update(model, rules, one, clusters, 0, 0, can, lone, radar, plot, zero, d_x, d_b, single, 0)
        alone.append((single.x[0].copy(), single.p[0].copy()))
    return target.x[0].copy(), target.p[0].copy(), alone


@pytest.mark.parametrize("weights", [[1.0], [0.6, 0.4], [0.2, 0.3, 0.5]])
def test_mixture_has_the_moments_of_its_members(weights: list[float]) -> None:
    mean, cov, alone = mixed(weights)
    share = np.array(weights)
    expected = sum(w * x for w, (x, _) in zip(share, alone))
    assert mean == pytest.approx(expected, rel=1e-9)
    spread = sum(w * (p + np.outer(x - expected, x - expected)) for w, (x, p) in zip(share, alone))
    assert cov == pytest.approx(spread, rel=1e-6, abs=1e-6)
    assert np.linalg.eigvalsh(cov).min() > 0.0


def test_extra_variance_is_the_expected_square_of_the_distance() -> None:
    rules, look, extra = TrackRules(spread_scale=1.0), new_look(2), np.zeros(4)
    plots = np.zeros(2, PLOT)
    plots["range_m"], plots["azimuth_rad"], plots["elevation_rad"] = (
        [10_000.0, 10_030.0],
        [0.001, 6.2821853],
        [0.5, 0.504],
    )
    plots["range_rate_mps"] = [5.0, math.nan]
    look.row[:] = [0, 1]
    pairs = as_pairs(np.full((1, 2), -1.0))
    pairs.weight[:] = [0.75, 0.25]
    fill_extra(rules, pairs, plots, look, 0, 0, extra)
    assert extra == pytest.approx([0.25 * 900.0, 0.25 * 0.002**2, 0.25 * 0.004**2, 0.0], rel=1e-4)

"""Salvoes whose members cannot be told apart: how many there are, and how far each may be trusted."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from opendome.base.types import PLOT
from opendome.tracking import ErrorPrior, Tracker, TrackRules
from opendome.tracking.associate import new_look
from opendome.tracking.groups import copy_between, fill_extra, mix_update
from opendome.tracking.model import new_tracks
from tests.tracking.raids import LAT_DEG, Flight, reference_radar, salvo_raid, scan_at
from tests.tracking.test_associate import as_pairs

_NORMAL = np.random.default_rng(0).normal(size=(400, 2))


class Salvoes(NamedTuple):
    """By look and salvo: ``ratio`` of tracks to members in view, ``n_grouped`` size of the largest group marked.

    By track and look, members assigned to tracks by nearest impact: ``age_s``, ``nees``, ``error_m``. Of areas of 1 km,
    by salvo and look: ``p`` the mean chance of its tracks to fall there, ``hit`` the share of its members that did,
    ``salvo`` its number.
    """

    ratio: NDArray[np.float64]
    n_grouped: NDArray[np.int64]
    age_s: NDArray[np.float64]
    nees: NDArray[np.float64]
    error_m: NDArray[np.float64]
    p: NDArray[np.float64]
    hit: NDArray[np.float64]
    salvo: NDArray[np.int64]


def cells(mean: NDArray[np.float64], cov: NDArray[np.float64], ends: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Mean chance of each 1 km cell that 400 fixed points of each track's distribution touch; share of the ends there.

    No track is matched to any member: what counts is how many are expected in an area and how many come.
    """
    points = mean[:, None] + np.einsum("nij,kj->nki", np.linalg.cholesky(cov), _NORMAL)
    keys, counts = np.unique(np.floor(points.reshape(-1, 2) / 1_000.0), axis=0, return_counts=True)
    own = np.floor(ends / 1_000.0)
    hits = (keys[:, None] == own[None]).all(axis=2).mean(axis=1)
    return list(zip(counts / counts.sum(), hits))


def watch(flights: list[Flight], n_each: int, n_false: float, seed: int, until_s: int, p_every: int = 10) -> Salvoes:
    """Track salvoes and compare each with its own members."""
    radar, rng = reference_radar(n_false), np.random.default_rng(seed)
    tracker = Tracker(radar, lat_deg=LAT_DEG, prior=ErrorPrior(is_plain=True), rules=TrackRules())
    ends = np.array([f.state[-1, :2] for f in flights]).reshape(-1, n_each, 2)
    begin_s = np.array([f.t_s[0] for f in flights]).reshape(-1, n_each)
    ratio, grouped, seen, chances = [], [], [], []
    for k in range(until_s):
        s = scan_at(rng, radar, 0, flights, float(k))
        rows = tracker.step(s.t_s, s.plots).confirmed.rows
        rows = rows[rows["has_impact"] == 1]
        now = [f.at(float(k)) for f in flights]
        places = np.array([x[:3] if x is not None else np.full(3, 1e9) for x in now])
        if not len(rows):
            continue
        near = np.linalg.norm(places[:, None] - rows["mean"][None, :, :3], axis=2)
        salvo_of = np.where(near.min(axis=0) < 3_000.0, near.argmin(axis=0) // n_each, -1)
        for q in set(salvo_of.tolist()) - {-1}:
            mine, age_s = rows[salvo_of == q], k - begin_s[q].mean()
            in_view = len(s.visible & set(range(q * n_each, (q + 1) * n_each)))
            if age_s > 12.0 and in_view == n_each:
                ratio.append(len(mine) / n_each)
                grouped.append(int(mine["n_in_group"].max()))
            mean = np.stack([mine["impact_east_m"], mine["impact_north_m"]], axis=1)
            cov = np.zeros((len(mine), 2, 2))
            cov[:, 0, 0], cov[:, 1, 1] = mine["impact_var_east_m2"], mine["impact_var_north_m2"]
            cov[:, 0, 1] = cov[:, 1, 0] = mine["impact_cov_m2"]
            if k % p_every == 0:
                chances += [(*cell, q) for cell in cells(mean, cov, ends[q])]
            off = mean[:, None] - ends[q][None]
            for i, j in zip(*linear_sum_assignment(np.linalg.norm(off, axis=2))):
                e = off[i, j]
                seen.append((age_s, e @ np.linalg.solve(cov[i], e), np.linalg.norm(e)))
    age_s, nees, error_m = np.array(seen).T
    p, hit, salvo = np.array(chances).T
    return Salvoes(np.array(ratio), np.array(grouped), age_s, nees, error_m, p, hit, salvo.astype(int))


def check(salvoes: Salvoes, low: float, high: float) -> None:
    """Count, consistency and calibration of a raid of salvoes."""
    assert abs(salvoes.ratio.mean() - 1.0) <= 0.05
    assert (np.abs(salvoes.ratio - 1.0) <= 0.1001).mean() >= 0.95
    for begin in range(10, 70, 10):
        inside = (salvoes.age_s >= begin) & (salvoes.age_s < begin + 10)
        if inside.sum() >= 500:
            assert low <= salvoes.nees[inside].mean() / 2.0 <= high, begin
            assert 0.90 <= (salvoes.nees[inside] < 5.991).mean() <= 0.99, begin
    for least, most in ((0.01, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 0.9), (0.9, 1.01)):
        chosen = (salvoes.p >= least) & (salvoes.p < most)
        if chosen.sum() < 30:
            continue
        off = salvoes.hit[chosen] - salvoes.p[chosen]
        by_salvo = np.bincount(salvoes.salvo[chosen], off)  # members of a salvo fall together
        # The mean of ten forecasts that are each right is too cautious in the middle (linear pool), hence the 0.1.
        assert abs(off.mean()) <= 0.1 + 2.6 * math.sqrt((by_salvo**2).sum()) / chosen.sum(), least


def test_dense_salvoes_are_counted_and_their_impacts_honest() -> None:
    salvoes = watch(salvo_raid(3, 8, over_s=40.0, is_beta_of_prior=True), 10, 20.0, 5, 80)
    check(salvoes, 0.5, 1.5)
    assert salvoes.n_grouped.max() >= 5


@pytest.mark.validate
@pytest.mark.parametrize("alike", [0.3, 1.0, 3.0])
def test_many_dense_salvoes(alike: float) -> None:
    """Ten rockets within 120 m, from nearly parallel to quickly parting; NEES of the impact over 2 from 0.6 to 1.5."""
    flights = salvo_raid(7, 60, over_s=400.0, alike=alike, is_beta_of_prior=True)
    check(watch(flights, 10, 100.0, 6, 480), 0.6, 1.5)


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

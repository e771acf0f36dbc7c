"""Starts from three plots: found where they are, with the score that algebra gives, and few among false plots."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.base.types import PLOT
from opendome.tracking.associate import log_false_density
from opendome.tracking.pool import add_look, forget_looks, new_pool
from opendome.tracking.rules import TrackRules
from opendome.tracking.starts import find_triples, new_triples, pick_triples
from tests.tracking.raids import FALSE, Scan, drone, reference_radar, rocket, scan_at

RULES = TrackRules()


def look_all(scans: list[Scan], radar: np.ndarray, rules: TrackRules = RULES) -> list[tuple[float, list[int]]]:
    """Picked triples of all scans: score and sources."""
    pool, triples, order = new_pool(20_000), new_triples(2_000), np.zeros(16_000, np.int64)
    source_of: dict[tuple[float, float], int] = {}
    found = []
    density = log_false_density(rules, radar[0])
    for s in scans:
        source_of |= {(p["range_m"], p["azimuth_rad"]): int(k) for p, k in zip(s.plots, s.source)}
        rows = np.arange(len(s.plots))
        if add_look(pool, radar[0], s.plots, rows, len(rows), density) == 0:
            continue
        find_triples(rules, pool, 1.0, triples)
        for t in order[: pick_triples(pool, triples, order)]:
            plots = pool.plot[[triples.a[t], triples.b[t], triples.c[t]]]
            found.append((float(triples.score[t]), [source_of[p["range_m"], p["azimuth_rad"]] for p in plots]))
    return found


def test_rockets_and_drones_start_at_once() -> None:
    radar, rng = reference_radar(0), np.random.default_rng(2)
    flights = [rocket(0.0, 3e3 * k, -15e3, 0.1 * k, 620.0, 0.85, 8e3) for k in range(-3, 4)]
    flights += [drone(0.0, np.array([[9e3 + 2e3 * k, 5e3, 1e3], [0.0, 0.0, 1e3]]), 40.0) for k in range(3)]
    found = look_all([scan_at(rng, radar, 0, flights, 10.0 + k, 1.0) for k in range(3)], radar)
    assert sorted(sources for _, sources in found) == [[k] * 3 for k in range(10)]


def test_a_miss_is_bridged_and_a_long_gap_is_not() -> None:
    radar, rng = reference_radar(0), np.random.default_rng(3)
    flight = [rocket(0.0, 0.0, -15e3, 0.1, 620.0, 0.85, 8e3)]
    seen = {k: scan_at(rng, radar, 0, flight, 10.0 + k, 1.0) for k in range(10)}
    assert len(look_all([seen[k] for k in (0, 2, 4)], radar)) == 1
    assert len(look_all([seen[k] for k in (0, 1, 4)], radar)) == 1
    assert look_all([seen[k] for k in (0, 1, 5)], radar) == []


def test_plots_at_one_instant_start_nothing() -> None:
    radar, rng = reference_radar(0), np.random.default_rng(3)
    one = scan_at(rng, radar, 0, [rocket(0.0, 0.0, -15e3, 0.1, 620.0, 0.85, 8e3)], 10.0, 1.0)
    assert look_all([one, one, one], radar) == []


def test_score_is_a_likelihood_ratio() -> None:
    """Against dense algebra for three plots of a slow object, whose acceleration is known to be nothing."""
    rules = TrackRules(acceleration_sd_mps2=0.0, start_score=-100.0)
    radar, rng = reference_radar(30), np.random.default_rng(5)
    flight = [drone(0.0, np.array([[0.0, 20e3, 4e3], [-9e3, 20e3, 4e3]]), 60.0)]
    scans = [scan_at(rng, reference_radar(0), 0, flight, float(k), 1.0) for k in range(3)]
    ((score, _),) = look_all(scans, radar, rules)
    places, covs = [], []
    for s in scans:
        p = s.plots[0]
        r, a, e = p["range_m"], p["azimuth_rad"], p["elevation_rad"]
        places.append([r * math.cos(e) * math.sin(a), r * math.cos(e) * math.cos(a), 10.0 + r * math.sin(e)])
        slope = np.array([
            [math.cos(e) * math.sin(a), r * math.cos(e) * math.cos(a), -r * math.sin(e) * math.sin(a)],
            [math.cos(e) * math.cos(a), -r * math.cos(e) * math.sin(a), -r * math.sin(e) * math.cos(a)],
            [math.sin(e), 0.0, r * math.cos(e)],
        ])  # fmt: skip
        covs.append(slope @ np.diag([p["var_range_m2"], p["var_azimuth_rad2"], p["var_elevation_rad2"]]) @ slope.T)
    a, b, c = np.array(places)
    drag = 0.5 * 1.225 * math.exp(-c[2] / 8_500.0) * np.linalg.norm(c - b) ** 2 / 8_000.0
    pull = -0.4 * drag * (c - b) / np.linalg.norm(c - b) - [0.0, 0.0, 0.5 * 9.81]
    along = np.outer(c - b, c - b) / ((c - b) @ (c - b))
    cov = covs[2] + 4.0 * covs[1] + covs[0] + (0.6 * drag) ** 2 * along
    off = c - 2.0 * b + a - pull
    like = -0.5 * (off @ np.linalg.solve(cov, off) + np.linalg.slogdet(2.0 * math.pi * cov)[1])
    heights = math.sin(radar["max_elevation_rad"][0]) - math.sin(radar["min_elevation_rad"][0])
    density = [30.0 / (1e5 * 2.0 * math.pi * heights) / s.plots["range_m"][0] ** 2 for s in scans]
    volume = 4.0 / 3.0 * math.pi * rules.speed_max_mps**3
    expected = 2.0 * math.log(0.9) - math.log(volume * density[1]) + like - math.log(density[2])
    assert score == pytest.approx(expected, abs=1e-3)


def test_false_plots_start_little() -> None:
    radar, rng = reference_radar(300), np.random.default_rng(11)
    found = look_all([scan_at(rng, radar, 0, [], float(k)) for k in range(200)], radar)
    assert len(found) < 20
    assert all(sources == [FALSE] * 3 for _, sources in found)


def test_pool_keeps_looks_until_room_is_short() -> None:
    radar, pool = reference_radar(0), new_pool(100)
    plots = np.zeros(40, PLOT)
    plots["range_m"], plots["azimuth_rad"] = 10_000.0, np.linspace(0.0, 6.0, 40)
    for k in range(10):
        plots["t_s"] = k
        forget_looks(pool, k - 1.5, 40)
        assert add_look(pool, radar[0], plots, np.arange(40), 40, 0.0) == 40
        first, n = pool.look_first[: pool.count[0]], pool.look_n[: pool.count[0]]
        for begin, size in zip(first, n):
            assert (np.diff(pool.place[0, begin : begin + size]) >= 0.0).all()
        assert pool.count[1] == n.sum() <= 100
        assert (pool.t_s[: pool.count[1]] >= k - 1.5).sum() >= min(2, k + 1) * 40
    pool.is_taken[: pool.count[1]] = 1
    assert add_look(pool, radar[0], plots, np.arange(40), 40, 0.0) == 20
    forget_looks(pool, 0.0, 90)
    assert pool.count[1] <= 20


def test_pool_never_runs_out_of_looks() -> None:
    radar, pool = reference_radar(0), new_pool(1_000)
    plots = np.zeros(1, PLOT)
    plots["range_m"] = 10_000.0
    for k in range(200):
        forget_looks(pool, -math.inf, 1)
        plots["t_s"] = k
        assert add_look(pool, radar[0], plots, np.arange(1), 1, 0.0) == 1
    assert pool.count[0] == 64

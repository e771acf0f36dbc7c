"""The heading cone: Bayes' rule on plain cases, calibration on simulated flights, safe input."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.tracking.cone import ConeRules, cone_mean, heading_cone

RULES = ConeRules()


def look(mean, cov, east, north, weight, rules=RULES, t_s=100.0):
    areas, p, impact = np.zeros(16, np.int64), np.zeros(16), np.zeros((16, 6))
    east, north, weight = (np.asarray(values, float) for values in (east, north, weight))
    n = heading_cone(rules, mean, cov, t_s, east, north, weight, areas, p, impact)
    return areas[:n], p[:n], impact[:n]


def state(v_east=0.0, v_north=50.0, sd_m=20.0, sd_mps=1.0):
    mean = np.array([1000.0, 2000.0, 300.0, v_east, v_north, 0.0])
    return mean, np.diag([sd_m**2] * 3 + [sd_mps**2] * 3)


def test_two_goals_as_by_hand():
    """One ahead, one 20 degrees aside, equal weights: wrapped normal densities, uniform share, other goals."""
    mean, cov = state()
    off = math.radians(20.0)
    east = [1000.0, 1000.0 + 20_000.0 * math.sin(off)]
    north = [22_000.0, 2000.0 + 20_000.0 * math.cos(off)]
    areas, p, _ = look(mean, cov, east, north, [1.0, 1.0])
    sd = math.sqrt(0.15**2 + (1.0 / 50.0) ** 2 + (20.0**2 + 100.0**2) / 20_000.0**2)
    flat = 1.0 / (2.0 * math.pi)
    density = [
        0.9 * math.exp(-0.5 * (angle / sd) ** 2) / (sd * math.sqrt(2.0 * math.pi)) + 0.1 * flat for angle in (0.0, off)
    ]
    rest = 0.05 / 0.95 * 2.0 * flat
    np.testing.assert_array_equal(areas, [0, 1])
    np.testing.assert_allclose(p, np.array(density) / (sum(density) + rest), rtol=1e-12)


def test_impact_of_a_goal_is_its_centre_with_a_share_of_the_way():
    mean, cov = state()
    _, _, impact = look(mean, cov, [1000.0], [12_000.0], [5.0])
    np.testing.assert_allclose(impact[0], [300.0, 1000.0, 12_000.0, 1500.0**2, 0.0, 1500.0**2])
    _, _, impact = look(mean, cov, [1000.0], [2100.0], [5.0])
    np.testing.assert_allclose(impact[0, 3:], [100.0**2, 0.0, 100.0**2])


def test_goals_behind_and_out_of_reach_are_left_out():
    mean, cov = state()
    areas, p, _ = look(mean, cov, [1000.0, 1000.0, 1000.0], [12_000.0, -9000.0, 80_000.0], [1, 1, 1],
                       RULES._replace(reach_m=50_000.0))  # fmt: skip
    np.testing.assert_array_equal(areas, [0])
    assert 0.8 < p[0] < 1.0


def test_sixteen_likeliest_in_order():
    rng = np.random.default_rng(31)
    mean, cov = state()
    angle, way = rng.uniform(-0.4, 0.4, 60), rng.uniform(5e3, 4e4, 60)
    weight = rng.uniform(0.0, 1.0, 60)
    east, north = 1000.0 + way * np.sin(angle), 2000.0 + way * np.cos(angle)
    areas, p, _ = look(mean, cov, east, north, weight)
    assert len(areas) == 16 == len(set(areas)) and (np.diff(p) <= 0).all() and p.sum() < 1.0
    # Each alone against the same total: the order of all sixty.
    every = np.array([look(mean, cov, east[i : i + 1], north[i : i + 1], weight[i : i + 1])[1][0] for i in areas])
    assert (every > 0.0).all()
    rest = np.setdiff1d(np.arange(60), areas)
    sd = np.sqrt(0.15**2 + 0.02**2 + (20.0**2 + 100.0**2) / way**2)
    score = weight * (0.9 * np.exp(-0.5 * (angle / sd) ** 2) / (sd * math.sqrt(2 * math.pi)) + 0.1 / (2 * math.pi))
    assert score[areas].min() >= score[rest].max()


def test_standing_still_any_direction_is_as_likely():
    mean, cov = state(0.0, 0.0)
    areas, p, _ = look(mean, cov, [1000.0, 1000.0, 9000.0], [12_000.0, -8000.0, 2000.0], [3.0, 2.0, 1.0])
    np.testing.assert_array_equal(areas, [0, 1, 2])
    np.testing.assert_allclose(p, 0.95 * np.array([3, 2, 1]) / 6.0, rtol=1e-9)


def test_over_a_goal_it_is_a_candidate_whatever_the_heading():
    mean, cov = state()
    areas, p, impact = look(mean, cov, [1000.0, 1000.0], [1990.0, 30_000.0], [1.0, 1.0])
    assert set(areas) == {0, 1} and np.isfinite(p).all() and np.isfinite(impact).all()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_an_estimate_that_is_not_finite_has_no_goals(bad):
    mean, cov = state()
    mean[3] = bad
    assert len(look(mean, cov, [0.0], [9000.0], [1.0])[0]) == 0
    assert len(look(*state(), [], [], [])[0]) == 0
    assert len(look(*state(), [1000.0], [9000.0], [0.0])[0]) == 0


def test_mixture_of_goals_has_their_moments():
    mean, cov = state()
    areas, p, impact = look(mean, cov, [0.0, 3000.0, 6000.0], [20_000.0, 21_000.0, 24_000.0], [1.0, 2.0, 1.0])
    out, filled = np.zeros(6), np.zeros((16, 6))
    filled[: len(areas)] = impact
    chances = np.zeros(16)
    chances[: len(areas)] = p
    cone_mean(chances, filled, len(areas), out)
    share = p / p.sum()
    np.testing.assert_allclose(out[:3], share @ impact[:, :3])
    spread = np.einsum("k,ki,kj->ij", share, impact[:, 1:3] - out[1:3], impact[:, 1:3] - out[1:3])
    np.testing.assert_allclose(out[3:], share @ impact[:, 3:] + [spread[0, 0], spread[0, 1], spread[1, 1]])


def test_chances_are_calibrated():
    """Goals drawn by weight, headings with the stated errors: observed shares near the stated chances."""
    rng, n_flights = np.random.default_rng(32), 3000
    rules = ConeRules()
    east, north = rng.uniform(-30e3, 30e3, 25), rng.uniform(20e3, 60e3, 25)
    weight = rng.uniform(0.2, 1.0, 25) ** 2
    stated, observed = [], []
    for _ in range(n_flights):
        goal = rng.choice(25, p=weight / weight.sum()) if rng.random() > rules.p_elsewhere else -1
        angle = rng.uniform(-math.pi, math.pi)
        if goal >= 0 and rng.random() > rules.p_uninformed:
            d_east, d_north = east[goal] - 1000.0, north[goal] - 2000.0
            way2 = d_east**2 + d_north**2
            sd = math.sqrt(rules.turn_sd_rad**2 + 0.02**2 + (20.0**2 + rules.area_sd_m**2) / way2)
            angle = math.atan2(d_east, d_north) + sd * rng.normal()
        mean, cov = state(50.0 * math.sin(angle), 50.0 * math.cos(angle))
        areas, p, _ = look(mean, cov, east, north, weight)
        stated += list(p)
        observed += list(areas == goal)
    p, hit = np.array(stated), np.array(observed)
    for lo, hi in ((0.0, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 1.0)):
        inside = (p >= lo) & (p < hi)
        assert inside.sum() > 100
        spread = math.sqrt(np.sum(p[inside] * (1 - p[inside]))) / inside.sum()
        assert abs(p[inside].mean() - hit[inside].mean()) < 3.5 * spread

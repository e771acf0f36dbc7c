"""The two-model filter of drones against textbook matrices, simulated flights and bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.linalg import expm

from opendome.base.polar import default_radar, place_radar, to_polar
from opendome.base.types import PLOT
from opendome.tracking.imm import (
    DronePair,
    DroneRules,
    absorb_pair,
    carry_pair,
    copy_pair,
    expect_pair,
    new_pairs,
    published_pair,
    start_pair,
)

RULES = DroneRules()
NOTHING = np.zeros(4)


def make_plot(radar, t_s, place, velocity=(0.0, 0.0, 0.0), rng=None, rate_sd_mps=math.nan):
    """A plot of 15 m and 2 mrad, exact when no generator is given."""
    range_m, azimuth_rad, elevation_rad, rate_mps = to_polar(radar[0], *map(float, place), *map(float, velocity))
    noise = rng.normal(size=4) if rng is not None else np.zeros(4)
    plot = np.zeros(1, PLOT)
    plot["t_s"], plot["range_m"] = t_s, range_m + 15.0 * noise[0]
    plot["azimuth_rad"] = (azimuth_rad + 0.002 * noise[1]) % (2.0 * math.pi)
    plot["elevation_rad"] = elevation_rad + 0.002 * noise[2]
    plot["var_range_m2"], plot["var_azimuth_rad2"], plot["var_elevation_rad2"] = 225.0, 4e-6, 4e-6
    plot["range_rate_mps"] = rate_mps + rate_sd_mps * noise[3] if math.isfinite(rate_sd_mps) else math.nan
    plot["var_range_rate_m2ps2"] = rate_sd_mps**2 if math.isfinite(rate_sd_mps) else 0.0
    return plot[0]


def random_pair(seed):
    """One slot with two different, correlated models, about 5 km from the origin."""
    rng = np.random.default_rng(seed)
    pairs = new_pairs(2)
    for m in range(2):
        pairs.x[0, m] = np.array([3000.0, -4000.0, 600.0, 20.0, 15.0, 1.0]) + rng.normal(size=6) * [20, 20, 20, 3, 3, 1]
        root = rng.normal(size=(6, 8)) * np.array([20, 20, 20, 4, 4, 2])[:, None]
        pairs.p[0, m] = root @ root.T / 8
    pairs.mode[0] = 0.35, 0.65
    return pairs


def tilted_radar():
    radar = default_radar()
    place_radar(radar[0], 31.0, 35.0, 31.02, 35.06, 120.0)
    return radar


def numbers(pairs: DronePair):
    return [np.array(field) for field in pairs[:5]]


def place_rows(radar, x):
    """Derivatives of range, azimuth, elevation and range rate by central differences, (4, 6)."""
    rows = np.empty((4, 6))
    for c in range(6):
        step = np.zeros(6)
        step[c] = 0.05
        rows[:, c] = (np.array(to_polar(radar[0], *(x + step))) - np.array(to_polar(radar[0], *(x - step)))) / 0.1
    return rows


def test_carry_is_the_textbook_cycle():
    """Mixing with the chain's matrix exponential, then F P F' + Q of each model."""
    pairs, dt_s = random_pair(1), 2.5
    x, p, mode, *_ = numbers(pairs)
    rates = np.array([[-RULES.to_high_ps, RULES.to_high_ps], [RULES.to_low_ps, -RULES.to_low_ps]])
    jump = expm(rates * dt_s)
    new_mode = mode[0] @ jump
    shares = mode[0][:, None] * jump / new_mode
    carry_pair(RULES, pairs, 0, dt_s)
    F = np.block([[np.eye(3), dt_s * np.eye(3)], [np.zeros((3, 3)), np.eye(3)]])
    for m, q in enumerate((RULES.q_low_m2ps3, RULES.q_high_m2ps3)):
        mean = shares[0, m] * x[0, 0] + shares[1, m] * x[0, 1]
        cov = sum(shares[k, m] * (p[0, k] + np.outer(x[0, k] - mean, x[0, k] - mean)) for k in range(2))
        Q = q * np.block(
            [[dt_s**3 / 3 * np.eye(3), dt_s**2 / 2 * np.eye(3)], [dt_s**2 / 2 * np.eye(3), dt_s * np.eye(3)]]
        )
        np.testing.assert_allclose(pairs.x[0, m], F @ mean, rtol=1e-12)
        np.testing.assert_allclose(pairs.p[0, m], F @ cov @ F.T + Q, rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(pairs.mode[0], new_mode, rtol=1e-12)


@pytest.mark.parametrize("t_s", [0.0, -3.0, math.nan, math.inf])
def test_a_time_that_is_not_later_changes_nothing(t_s):
    pairs = random_pair(2)
    before = numbers(pairs)
    carry_pair(RULES, pairs, 0, t_s)
    for a, b in zip(before, numbers(pairs)):
        np.testing.assert_array_equal(a, b)


def test_expectation_is_the_mixture_of_both_linearised_models():
    pairs, radar = random_pair(3), tilted_radar()
    z, s = np.zeros(4), np.zeros((4, 4))
    expect_pair(RULES, pairs, 0, radar[0], z, s)
    means = [np.array(to_polar(radar[0], *pairs.x[0, m])) for m in range(2)]
    rows = [place_rows(radar, pairs.x[0, m]) for m in range(2)]
    mode = pairs.mode[0]
    mean = mode[0] * means[0] + mode[1] * means[1]
    cov = sum(
        mode[m] * (rows[m] @ pairs.p[0, m] @ rows[m].T + np.outer(means[m] - mean, means[m] - mean)) for m in range(2)
    )
    np.testing.assert_allclose(z, mean, rtol=1e-10)
    np.testing.assert_allclose(s, cov, rtol=1e-5, atol=1e-10)


def test_absorb_is_the_textbook_update():
    """Sequential scalars equal the joint extended Kalman update, mode chances Bayes' rule, the likelihood its sum."""
    pairs, radar = random_pair(4), tilted_radar()
    x, p, mode, *_ = numbers(pairs)
    plot = make_plot(radar, 0.0, (3030.0, -4010.0, 615.0), (21.0, 14.0, 0.0), rate_sd_mps=2.0)
    extra = np.array([30.0, 1e-6, 2e-6, 0.5])
    R = np.diag([255.0, 5e-6, 6e-6, 4.5])
    measured = np.array([plot["range_m"], plot["azimuth_rad"], plot["elevation_rad"], plot["range_rate_mps"]])
    nis = absorb_pair(RULES, pairs, 0, radar[0], plot, extra)
    logs, squares = [], []
    for m in range(2):
        H = place_rows(radar, x[0, m])
        e = measured - np.array(to_polar(radar[0], *x[0, m]))
        S = H @ p[0, m] @ H.T + R
        K = p[0, m] @ H.T @ np.linalg.inv(S)
        np.testing.assert_allclose(pairs.x[0, m], x[0, m] + K @ e, rtol=1e-6)
        np.testing.assert_allclose(pairs.p[0, m], p[0, m] - K @ S @ K.T, rtol=1e-4, atol=1e-3)
        squares.append(e @ np.linalg.solve(S, e))
        logs.append(-0.5 * (squares[m] + np.linalg.slogdet(2 * np.pi * S)[1]))
    weights = mode[0] * np.exp(logs)
    np.testing.assert_allclose(pairs.mode[0], weights / weights.sum(), rtol=1e-5)
    assert pairs.log_likelihood[0] == pytest.approx(math.log(weights.sum()), rel=1e-6)
    assert nis == pytest.approx(pairs.mode[0] @ squares, rel=1e-5)


def test_published_estimate_is_the_mixture():
    pairs = random_pair(5)
    mean, cov = np.zeros(6), np.zeros((6, 6))
    published_pair(RULES, pairs, 0, mean, cov)
    x, p, mode = pairs.x[0], pairs.p[0], pairs.mode[0]
    np.testing.assert_allclose(mean, mode @ x)
    expected = sum(mode[m] * (p[m] + np.outer(x[m] - mean, x[m] - mean)) for m in range(2))
    np.testing.assert_allclose(cov, expected, atol=1e-9)


def test_copy_moves_the_whole_track():
    pairs = random_pair(6)
    pairs.t_s[0], pairs.log_likelihood[0] = 7.0, -3.0
    copy_pair(pairs, 0, 1)
    for field in numbers(pairs):
        np.testing.assert_array_equal(field[0], field[1])


def fly(rng, n, q, dt_s=1.0):
    """Places and velocities of straight flight with white acceleration, (n, 6)."""
    block = q * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
    root = np.linalg.cholesky(block)
    path = np.empty((n, 6))
    path[0] = [6000.0, -5000.0, 900.0, -30.0, 25.0, 0.0]
    for k in range(1, n):
        push = root @ rng.normal(size=(2, 3))
        path[k, :3] = path[k - 1, :3] + dt_s * path[k - 1, 3:] + push[0]
        path[k, 3:] = path[k - 1, 3:] + push[1]
    return path


def follow(radar, path, rng, rules=RULES, rate_sd_mps=math.nan):
    """Errors and normalised squares (6-D) at each scan from the start on, and the slots."""
    pairs, mean, cov = new_pairs(1), np.zeros(6), np.zeros((6, 6))
    plots = [make_plot(radar, float(k), row[:3], row[3:], rng, rate_sd_mps) for k, row in enumerate(path)]
    assert start_pair(rules, pairs, 0, radar, *plots[:3])
    errors, squares, nis = [], [], []
    for k in range(3, len(path)):
        carry_pair(rules, pairs, 0, float(k))
        nis.append(absorb_pair(rules, pairs, 0, radar[0], plots[k], NOTHING))
        published_pair(rules, pairs, 0, mean, cov)
        errors.append(mean - path[k])
        squares.append(errors[-1] @ np.linalg.solve(cov, errors[-1]))
    return np.array(errors), np.array(squares), np.array(nis), pairs


def test_start_and_track_are_consistent_when_the_motion_is_a_models_own():
    """NEES(6) within the chi-square band of 60 independent flights, at the start and at the end."""
    rng, radar = np.random.default_rng(11), tilted_radar()
    rules = DroneRules(q_low_m2ps3=1.0, q_high_m2ps3=1.0)
    squares = np.array([follow(radar, fly(rng, 20, 1.0), rng, rules)[1][[0, 5, -1]] for _ in range(60)])
    # 99.9 % band of the mean of 60 chi-square values with 6 degrees of freedom.
    assert (squares.mean(axis=0) > 4.65).all() and (squares.mean(axis=0) < 7.55).all()


def test_range_rate_sharpens_the_speed():
    radar = tilted_radar()
    sizes = []
    for rate_sd_mps in (math.nan, 0.5):
        rng = np.random.default_rng(12)
        errors = [follow(radar, fly(rng, 8, 0.05), rng, rate_sd_mps=rate_sd_mps)[0][0, 3:] for _ in range(30)]
        sizes.append(float(np.sqrt(np.mean(np.square(errors)))))
    assert sizes[1] < 0.85 * sizes[0]


def test_a_turn_is_noticed_and_forgotten():
    """The turning model takes over in a turn of 0.5 g and gives back afterwards."""
    radar, rng = default_radar(), np.random.default_rng(13)
    t_s = np.arange(90.0)
    rate_radps = np.where((t_s >= 30) & (t_s < 45), 0.12, 0.0)
    heading_rad = np.cumsum(rate_radps)
    velocity = 40.0 * np.stack([np.sin(heading_rad), np.cos(heading_rad), 0.0 * t_s], axis=1)
    path = np.hstack([np.cumsum(velocity, axis=0) + np.array([2000.0, 1000.0, 500.0]), velocity])
    pairs, chance = new_pairs(1), np.zeros(90)
    plots = [make_plot(radar, t, row[:3], row[3:], rng) for t, row in zip(t_s, path)]
    assert start_pair(RULES, pairs, 0, radar, *plots[:3])
    for k in range(3, 90):
        carry_pair(RULES, pairs, 0, t_s[k])
        absorb_pair(RULES, pairs, 0, radar[0], plots[k], NOTHING)
        chance[k] = pairs.mode[0, 1]
    assert chance[25:30].max() < 0.35 < 0.7 < chance[36:44].min()
    assert chance[80:].max() < 0.35


def test_azimuth_north_is_no_border():
    """A flight across north of the radar is followed as well as the same flight turned by a quarter."""
    radar = default_radar()
    sizes = []
    for turn in (0, 1):
        rng = np.random.default_rng(14)
        t_s = np.arange(40.0)
        path = np.stack([30.0 * (t_s - 20.0), 0 * t_s + 5000.0, 0 * t_s + 400, 0 * t_s + 30, 0 * t_s, 0 * t_s], axis=1)
        if turn:
            path = path[:, [1, 0, 2, 4, 3, 5]] * [1, -1, 1, 1, -1, 1]
        errors, squares, _, _ = follow(radar, path, rng)
        sizes.append((float(np.abs(errors[:, :3]).max()), float(squares.mean())))
    np.testing.assert_allclose(sizes[0], sizes[1], rtol=1e-6)
    assert sizes[0][0] < 60.0


def test_expected_azimuth_lies_in_the_circle():
    pairs, radar = random_pair(15), default_radar()
    pairs.x[0, :, :3] = [[-0.5, 5000.0, 300.0], [2.0, 5000.0, 300.0]]
    z, s = np.zeros(4), np.zeros((4, 4))
    expect_pair(RULES, pairs, 0, radar[0], z, s)
    assert 0.0 <= z[1] < 0.001
    assert s[1, 1] < 1e-4


def test_flight_over_the_radar_stays_finite_and_true():
    radar, rng = default_radar(), np.random.default_rng(16)
    t_s = np.arange(80.0)
    path = np.stack([25.0 * (t_s - 40.0), 0 * t_s, 0 * t_s + 700.0, 0 * t_s + 25, 0 * t_s, 0 * t_s], axis=1)
    errors, squares, nis, pairs = follow(radar, path, rng)
    assert np.isfinite(errors).all() and np.isfinite(squares).all() and np.isfinite(nis).all()
    assert np.sqrt(np.mean(np.sum(errors[:, :3] ** 2, axis=1))) < 30.0
    assert squares.mean() < 12.0
    assert np.linalg.eigvalsh(pairs.p[0, 0]).min() > 0.0


def test_angles_say_nothing_at_the_zenith():
    pairs, radar = random_pair(17), default_radar()
    pairs.x[0, :, :3] = [0.0, 0.0, 800.0]
    z, s = np.zeros(4), np.zeros((4, 4))
    expect_pair(RULES, pairs, 0, radar[0], z, s)
    assert np.isfinite(z).all() and np.isfinite(s).all()
    assert s[1, 1] == s[2, 2] == pytest.approx(math.pi**2 / 3)
    assert s[0, 1] == s[3, 2] == 0.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("range_m", math.nan), ("azimuth_rad", math.inf), ("elevation_rad", math.nan), ("var_range_m2", 0.0),
        ("var_azimuth_rad2", -1.0), ("var_elevation_rad2", math.nan), ("var_range_m2", math.inf),
    ],
)  # fmt: skip
def test_a_bad_plot_is_refused(name, value):
    pairs, radar = random_pair(18), default_radar()
    plot = make_plot(radar, 0.0, (3000.0, -4000.0, 600.0))
    plot[name] = value
    before = numbers(pairs)
    assert math.isnan(absorb_pair(RULES, pairs, 0, radar[0], plot, NOTHING))
    for a, b in zip(before, numbers(pairs)):
        np.testing.assert_array_equal(a, b)
    good = [make_plot(radar, t, (3000.0, -4000.0, 600.0)) for t in (0.0, 1.0)]
    plot["t_s"] = 2.0
    assert not start_pair(RULES, pairs, 1, radar, *good, plot)


def test_plots_at_one_instant_start_nothing():
    radar = default_radar()
    a, b = (make_plot(radar, t, (3000.0, 2000.0, 600.0)) for t in (5.0, 6.0))
    for plots in ((a, a, b), (a, b, b), (b, a, b)):
        assert not start_pair(RULES, new_pairs(1), 0, radar, *plots)


def test_a_covariance_that_is_not_positive_gives_a_finite_result():
    pairs, radar = random_pair(19), default_radar()
    pairs.p[0, 0] = -np.eye(6) * 100.0
    nis = absorb_pair(RULES, pairs, 0, radar[0], make_plot(radar, 0.0, (3010.0, -4000.0, 600.0)), NOTHING)
    assert math.isfinite(nis) and all(np.isfinite(field).all() for field in numbers(pairs))


def test_start_takes_plots_of_two_radars():
    """The line through exact plots of two radars is the true one."""
    radars = np.concatenate([default_radar(), tilted_radar()])
    place, velocity = np.array([3000.0, 2000.0, 600.0]), np.array([30.0, -10.0, 2.0])
    plots = []
    for k, i_radar in enumerate((0, 1, 0)):
        plot = make_plot(radars[i_radar : i_radar + 1], float(k), place + k * velocity)
        plot["i_radar"] = i_radar
        plots.append(plot)
    pairs, mean, cov = new_pairs(1), np.zeros(6), np.zeros((6, 6))
    assert start_pair(RULES, pairs, 0, radars, *plots)
    published_pair(RULES, pairs, 0, mean, cov)
    np.testing.assert_allclose(mean, np.concatenate([place + 2 * velocity, velocity]), atol=1e-3)
    assert pairs.t_s[0] == 2.0 and pairs.log_likelihood[0] == 0.0

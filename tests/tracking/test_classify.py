"""Chances of kinds and classes against brute-force integration, SciPy's densities and simulated cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.stats import lognorm, multivariate_normal, norm

from opendome.base.polar import default_radar, to_polar
from opendome.base.types import PLOT, TrackKind
from opendome.flight.integrator import fly
from opendome.tracking import filter as ballistic
from opendome.tracking.classify import (
    ClassifyRules,
    ClassTable,
    class_probabilities,
    kind_of_estimate,
    kind_probabilities,
    plot_log_likelihood,
)
from opendome.tracking.imm import DroneRules, absorb_pair, carry_pair, new_pairs, published_pair, start_pair
from opendome.tracking.model import make_motion_model, new_tracks

RULES = ClassifyRules()
TABLE = ClassTable(
    prior=np.array([0.5, 0.3, 0.2]),
    log_beta_mean=np.log([6000.0, 8000.0, 12_000.0]),
    log_beta_sd=np.array([0.25, 0.2, 0.3]),
    range_min_m=np.array([4_000.0, 8_000.0, 25_000.0]),
    range_max_m=np.array([12_000.0, 25_000.0, 70_000.0]),
)
M0, S0 = math.log(8000.0), 0.5


def kinds(log_ballistic, log_pair, speed_mps, height_m, climb_mps, rules=RULES):
    out = np.zeros(3)
    kind_probabilities(rules, log_ballistic, log_pair, speed_mps, height_m, climb_mps, out)
    return out


def classes(log_beta, var, range_m=math.nan, range_sd_m=math.nan, table=TABLE):
    out = np.zeros(3)
    class_probabilities(table, M0, S0, log_beta, var, range_m, range_sd_m, out)
    return out


def test_kinds_are_bayes_rule_over_the_stated_densities():
    """SciPy's log-normal and normal densities, times the filters' likelihoods."""
    r = RULES
    speed, height, climb, odds = 80.0, 900.0, 12.0, 1.7
    density = []
    for kind in ("rocket", "drone", "other"):
        v0, vs, h0, hs, c = (
            getattr(r, f"{kind}_{name}")
            for name in ("speed_mps", "log_speed_sd", "height_m", "log_height_sd", "climb_mps")
        )
        density.append(lognorm(vs, scale=v0).pdf(speed) * lognorm(hs, scale=h0).pdf(height) * norm(0, c).pdf(climb))
    weight = np.array([r.p_rocket * math.exp(odds), r.p_drone, r.p_other]) * density
    np.testing.assert_allclose(kinds(-20.0 + odds, -20.0, speed, height, climb), weight / weight.sum(), rtol=1e-12)


@pytest.mark.parametrize(
    ("speed_mps", "height_m", "climb_mps", "odds", "kind"),
    [
        (600.0, 3000.0, 400.0, 5.0, TrackKind.ROCKET),
        (300.0, 8000.0, -200.0, 5.0, TrackKind.ROCKET),
        (45.0, 300.0, 1.0, -5.0, TrackKind.DRONE),
        (15.0, 100.0, 0.0, -3.0, TrackKind.DRONE),
        (220.0, 9000.0, 5.0, -8.0, TrackKind.OTHER),
    ],
)
def test_plain_cases_are_told_apart(speed_mps, height_m, climb_mps, odds, kind):
    p = kinds(-50.0 + odds, -50.0, speed_mps, height_m, climb_mps)
    assert p.argmax() == kind and p[kind] > 0.7


anything = st.floats(allow_nan=True, allow_infinity=True)


@given(anything, anything, anything, anything, anything)
def test_kinds_always_sum_to_one(log_ballistic, log_pair, speed_mps, height_m, climb_mps):
    p = kinds(log_ballistic, log_pair, speed_mps, height_m, climb_mps)
    assert (p >= 0.0).all() and p.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("climb_mps", [1e200, -1e308])
def test_absurd_numbers_rule_nothing_out(climb_mps):
    p = kinds(0.0, 0.0, 1e308, -1e308, climb_mps)
    assert np.isfinite(p).all() and p.sum() == pytest.approx(1.0)


@given(anything, anything, anything, anything)
def test_classes_always_sum_to_one(log_beta, var, range_m, range_sd_m):
    p = classes(log_beta, var, range_m, range_sd_m)
    assert (p >= 0.0).all() and p.sum() == pytest.approx(1.0)


def test_one_filter_alone_counts_as_far_better_and_none_as_equal():
    features = (120.0, 1500.0, 20.0)
    assert kinds(-10.0, math.nan, *features)[0] == pytest.approx(kinds(1e6, 0.0, *features)[0])
    assert kinds(-math.inf, -10.0, *features)[0] == pytest.approx(kinds(0.0, 1e6, *features)[0])
    np.testing.assert_allclose(kinds(math.nan, math.nan, *features), kinds(3.0, 3.0, *features))


def test_classes_match_brute_force_integration():
    """p(c) ~ prior integral of N(x; m, P) N(x; mu, s) / N(x; m0, s0) dx, and the range's integral over the band."""
    x = np.linspace(M0 - 8, M0 + 8, 40_001)
    y = np.linspace(0.0, 70_000.0, 70_001)
    for log_beta, var, range_m, sd_m in (
        (8.7, 0.04, 9000.0, 3000.0),
        (9.2, 0.2, 20_000.0, 9000.0),
        (9.5, 0.01, 3e4, 5e3),
    ):
        likelihood = norm.pdf(x, log_beta, math.sqrt(var)) / norm.pdf(x, M0, S0)
        weight = []
        for k in range(3):
            mass = trapezoid(likelihood * norm.pdf(x, TABLE.log_beta_mean[k], TABLE.log_beta_sd[k]), x)
            low, high = TABLE.range_min_m[k], TABLE.range_max_m[k]
            band = 0.95 * ((y >= low) & (y <= high)) / (high - low) + 0.05 / 70_000.0
            weight.append(TABLE.prior[k] * mass * trapezoid(band * norm.pdf(range_m, y, sd_m), y))
        expected = np.array(weight) / np.sum(weight)
        np.testing.assert_allclose(classes(log_beta, var, range_m, sd_m), expected, rtol=2e-3)


def test_no_information_gives_the_prior():
    for log_beta, var in ((M0, S0**2), (9.3, 1.0), (math.nan, 0.1), (9.0, math.nan), (9.0, -1.0), (9.0, 0.0)):
        np.testing.assert_allclose(classes(log_beta, var), TABLE.prior, rtol=1e-9)


def test_far_range_in_either_tail_is_finite():
    for range_m in (-1e5, 1e6):
        p = classes(9.0, 0.1, range_m, 10.0)
        assert np.isfinite(p).all() and p.sum() == pytest.approx(1.0)


def test_class_chances_are_calibrated():
    """Of simulated cases, those given a chance near p are of the class in a share near p."""
    rng, n = np.random.default_rng(21), 6000
    truth = rng.choice(3, n, p=TABLE.prior)
    beta = rng.normal(TABLE.log_beta_mean[truth], TABLE.log_beta_sd[truth])
    outside = rng.random(n) < TABLE.p_outside_band
    low = np.where(outside, 0.0, TABLE.range_min_m[truth])
    high = np.where(outside, 70_000.0, TABLE.range_max_m[truth])
    range_m = rng.uniform(low, high)
    noise_sd = rng.uniform(0.1, 0.6, n)
    seen = beta + noise_sd * rng.normal(size=n)
    var = 1.0 / (1.0 / noise_sd**2 + 1.0 / S0**2)
    mean = var * (seen / noise_sd**2 + M0 / S0**2)
    range_sd_m = rng.uniform(1000.0, 8000.0, n)
    range_seen_m = range_m + range_sd_m * rng.normal(size=n)
    p = np.array([classes(*row) for row in zip(mean, var, range_seen_m, range_sd_m)])
    hit = np.arange(3)[None, :] == truth[:, None]
    for lo in np.arange(0.0, 1.0, 0.2):
        inside = (p >= lo) & (p < lo + 0.2)
        spread = math.sqrt(np.sum(p[inside] * (1 - p[inside]))) / inside.sum()
        assert abs(p[inside].mean() - hit[inside].mean()) < 3.5 * spread
    assert -np.log(p[np.arange(n), truth]).mean() < 0.7 * -np.log(TABLE.prior[truth]).mean()


@pytest.mark.parametrize("has_rate", [False, True])
def test_plot_log_likelihood_is_the_normal_density(has_rate):
    rng = np.random.default_rng(22)
    root = rng.normal(size=(4, 6)) * np.array([30.0, 0.003, 0.002, 4.0])[:, None]
    s = root @ root.T / 6
    z = np.array([20_000.0, 0.001, 0.3, -200.0])
    plot, extra = np.zeros(1, PLOT), np.array([10.0, 1e-6, 1e-6, 0.3])
    plot["range_m"], plot["azimuth_rad"], plot["elevation_rad"] = 20_021.0, 2 * math.pi - 0.002, 0.301
    plot["range_rate_mps"] = -198.0 if has_rate else math.nan
    plot["var_range_m2"], plot["var_azimuth_rad2"], plot["var_elevation_rad2"] = 225.0, 4e-6, 4e-6
    plot["var_range_rate_m2ps2"] = 1.0
    n = 4 if has_rate else 3
    error = np.array([21.0, -0.003, 0.001, 2.0])[:n]
    cov = (s + np.diag(np.array([225.0, 4e-6, 4e-6, 1.0]) + extra))[:n, :n]
    assert plot_log_likelihood(z, s, plot[0], extra) == pytest.approx(multivariate_normal(cov=cov).logpdf(error))


def test_plot_log_likelihood_of_bad_input_is_nan():
    plot = np.zeros(1, PLOT)
    plot["var_range_m2"], plot["var_azimuth_rad2"], plot["var_elevation_rad2"] = 225.0, 4e-6, 4e-6
    plot["range_rate_mps"] = math.nan
    assert math.isnan(plot_log_likelihood(np.zeros(4), -np.eye(4) * 1e3, plot[0], np.zeros(4)))
    plot["range_m"] = math.nan
    assert math.isnan(plot_log_likelihood(np.zeros(4), np.eye(4), plot[0], np.zeros(4)))


# --- both kinds through both filters ---


def rocket_path(rng, speed_mps):
    """Times and places of a free flight, from 2 s after its launch or later."""
    flight = fly(
        speed_mps * rng.uniform(0.97, 1.03), math.radians(rng.uniform(40, 60)), 8000.0 * math.exp(0.3 * rng.normal()),
        azimuth_rad=rng.uniform(0.0, 2.0 * math.pi),
    )  # fmt: skip
    t0 = rng.uniform(2.0, max(3.0, 0.5 * flight.t_s[-1] - 4.0))
    t_s = np.arange(t0, min(t0 + 16.0, flight.t_s[-1] - 0.5))
    place = np.stack([np.interp(t_s, flight.t_s, flight.pos_enu_m[:, k]) for k in range(3)], axis=1)
    distance_m, angle = rng.uniform(4000.0, 25_000.0), rng.uniform(0.0, 2.0 * math.pi)
    return t_s, place + np.array([distance_m * math.sin(angle), distance_m * math.cos(angle), 0.0])


def drone_path(rng, speed_mps):
    """Times and places of a level or slowly climbing flight that turns now and then."""
    heading, rate, climb = rng.uniform(0.0, 2.0 * math.pi), 0.0, 2.0 * rng.normal()
    distance_m, angle = rng.uniform(4000.0, 20_000.0), rng.uniform(0.0, 2.0 * math.pi)
    place = np.array([distance_m * math.sin(angle), distance_m * math.cos(angle), rng.uniform(150.0, 1500.0)])
    places = []
    for _ in range(16):
        if rng.random() < 0.1:
            rate = 0.15 * rng.normal() if rng.random() < 0.5 else 0.0
        heading += rate
        place = place + np.array([speed_mps * math.sin(heading), speed_mps * math.cos(heading), climb])
        places.append(place)
    return np.arange(16.0), np.array(places)


def measured(radar, t_s, places, rng):
    plots = np.zeros(len(t_s), PLOT)
    plots["t_s"], plots["range_rate_mps"] = t_s, math.nan
    for plot, place in zip(plots, places):
        plot["range_m"], plot["azimuth_rad"], plot["elevation_rad"], _ = to_polar(radar[0], *place, 0.0, 0.0, 0.0)
    plots["range_m"] += 15.0 * rng.normal(size=len(t_s))
    plots["azimuth_rad"] = (plots["azimuth_rad"] + 0.002 * rng.normal(size=len(t_s))) % (2.0 * math.pi)
    plots["elevation_rad"] += 0.002 * rng.normal(size=len(t_s))
    plots["var_range_m2"], plots["var_azimuth_rad2"], plots["var_elevation_rad2"] = 225.0, 4e-6, 4e-6
    return plots


def chances(model, radar, plots):
    """Chances of the three kinds after each plot from the fifth on, (n - 4, 3)."""
    tracks, pairs, rules, nothing = new_tracks(1), new_pairs(1), DroneRules(), np.zeros(4)
    z, s, mean, cov, p = np.zeros(4), np.zeros((4, 4)), np.zeros(6), np.zeros((6, 6)), np.zeros(3)
    falls = ballistic.start(model, tracks, 0, radar, *plots[:3])
    assert start_pair(rules, pairs, 0, radar, *plots[:3])
    log_ballistic, out = 0.0 if falls else -math.inf, []
    for plot in plots[3:]:
        if falls:
            ballistic.carry(model, tracks, 0, plot["t_s"])
            ballistic.expect(model, tracks, 0, radar[0], z, s)
            log_ballistic += plot_log_likelihood(z, s, plot, nothing)
            ballistic.absorb(model, tracks, 0, radar[0], plot, nothing)
        carry_pair(rules, pairs, 0, plot["t_s"])
        absorb_pair(rules, pairs, 0, radar[0], plot, nothing)
        published_pair(rules, pairs, 0, mean, cov)
        kind_of_estimate(RULES, log_ballistic, pairs.log_likelihood[0], mean, cov, p)
        out.append(p.copy())
    return np.array(out[1:])


@pytest.mark.parametrize(
    ("path", "speed_mps", "is_rocket"),
    [(rocket_path, 220.0, True), (rocket_path, 500.0, True), (drone_path, 30.0, False), (drone_path, 110.0, False)],
)
def test_first_certain_word_is_right_and_comes_soon(path, speed_mps, is_rocket):
    """Of 60 tracks each: at the first chance of 0.99 either way, at most one is wrong, nine in ten within 12 plots."""
    rng, radar, model = np.random.default_rng(23), default_radar(), make_motion_model(31.5)
    n_wrong, n_plots = 0, []
    for _ in range(60):
        p_rocket = chances(model, radar, measured(radar, *path(rng, speed_mps), rng))[:, 0]
        certain = np.flatnonzero((p_rocket >= 0.99) | (p_rocket <= 0.01))
        n_plots.append(certain[0] + 5 if len(certain) else 99)
        n_wrong += bool(len(certain)) and (p_rocket[certain[0]] > 0.5) != is_rocket
    assert n_wrong <= 1
    assert np.quantile(n_plots, 0.9) <= 12


def test_without_errors_an_estimate_counts_as_its_numbers():
    mean, p = np.array([3000.0, -4000.0, 700.0, 30.0, -40.0, 5.0, 9.0]), np.zeros(3)
    kind_of_estimate(RULES, -11.0, -10.0, mean, np.zeros((7, 7)), p)
    height_m = 700.0 + 5000.0**2 / (2.0 * 6_371_000.0)
    np.testing.assert_allclose(p, kinds(-11.0, -10.0, math.sqrt(2525.0), height_m, 5.0), rtol=1e-9)


def test_an_estimate_of_which_nothing_is_known_leaves_priors_and_filters():
    p = np.zeros(3)
    kind_of_estimate(RULES, 1.0, 0.0, np.full(6, math.nan), np.eye(6), p)
    np.testing.assert_allclose(p, kinds(1.0, 0.0, math.nan, 0.0, 0.0))
    vague = np.zeros(3)
    kind_of_estimate(RULES, 0.0, 0.0, np.array([0, 0, 500.0, 40.0, 0, 0]), 1e12 * np.eye(6), vague)
    np.testing.assert_allclose(vague, [0.6, 0.3, 0.1], atol=0.01)

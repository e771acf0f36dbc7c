"""Impact prediction: its covariance against differences and draws, landing close to the ground, and bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from opendome.tracking.filter import absorb, carry
from opendome.tracking.impact import predict_impact
from opendome.tracking.model import ErrorPrior, MotionModel, Tracks, make_motion_model
from tests.tracking.filter_cases import flown, launch, one_slot, plots_of, radar_with_bias

FULL = make_motion_model(31.5)
PLAIN = make_motion_model(31.5, ErrorPrior(is_plain=True))
QUIET = make_motion_model(31.5, ErrorPrior(is_plain=True, q_acceleration_m2ps3=0.0, q_log_beta_ps=0.0))
ALWAYS_CORRECTED = make_motion_model(31.5, ErrorPrior(log_odds_nominal=-1e4))
SHARP = np.array([20.0, 25.0, 30.0, 3.0, 4.0, 5.0, 0.05])


def impact_of(model: MotionModel, state: NDArray[np.float64]) -> NDArray[np.float64]:
    """East, north [m] and time [s] of the impact of a state (7,)."""
    out = np.zeros(8)
    assert predict_impact(model, one_slot(state, 1e-3 * SHARP), 0, out)
    return out[[1, 2, 0]]


def slopes_of(model: MotionModel, state: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slopes (3, 7) of impact east, north and time by the state."""
    steps = np.array([1.0, 1.0, 1.0, 0.2, 0.2, 0.2, 0.005])
    ahead = [impact_of(model, state + step) for step in np.diag(steps)]
    behind = [impact_of(model, state - step) for step in np.diag(steps)]
    return (np.array(ahead) - np.array(behind)).T / (2.0 * steps)


def correlated() -> NDArray[np.float64]:
    """A covariance (7, 7) with strong correlations."""
    root = np.tril(np.random.default_rng(4).uniform(-1.0, 1.0, (7, 7)))
    covariance = root @ root.T
    deviation = np.sqrt(np.diag(covariance))
    return covariance / np.outer(deviation, deviation) * np.outer(SHARP, SHARP)


@pytest.mark.parametrize("seconds", [0, 30, 55])
def test_covariance_equals_that_of_differences(seconds: int) -> None:
    state = flown(PLAIN, launch(), np.zeros(15), 56)[seconds]
    tracks, out = one_slot(state, SHARP), np.zeros(8)
    tracks.p[0] = correlated()
    assert predict_impact(QUIET, tracks, 0, out)
    want = slopes_of(QUIET, state) @ tracks.p[0] @ slopes_of(QUIET, state).T
    got = np.array([out[3], out[4], out[5], out[6] ** 2])
    np.testing.assert_allclose(got, [want[0, 0], want[0, 1], want[1, 1], want[2, 2]], rtol=0.02)
    assert out[7] == 0.0


def test_process_noise_adds_what_many_flights_show() -> None:
    state = launch()
    loud = make_motion_model(31.5, ErrorPrior(is_plain=True, q_acceleration_m2ps3=0.5, q_log_beta_ps=0.0))
    tracks, out = one_slot(state, 1e-3 * SHARP), np.zeros(8)
    assert predict_impact(loud, tracks, 0, out)
    # The same noise by the filter's own predict step, to the last whole second before impact.
    n_s = int(out[0]) - 1
    assert carry(loud, tracks, 0, float(n_s))
    later = np.zeros(8)
    assert predict_impact(loud, tracks, 0, later)
    np.testing.assert_allclose(out[[1, 2]], later[[1, 2]], atol=0.1)
    np.testing.assert_allclose(out[3:7], later[3:7], rtol=0.02)


def test_errors_found_are_flown_and_their_covariance_is_carried() -> None:
    state = launch()
    tracks, out = one_slot(state, 1e-3 * SHARP), np.zeros(8)
    rng = np.random.default_rng(9)
    tracks.b[0, :12] = 0.3 * rng.standard_normal(12)
    tracks.u[0] = rng.standard_normal((7, 15)) * SHARP[:, None]
    root = 0.2 * np.tril(rng.standard_normal((15, 15)))
    tracks.spread[0] = root @ root.T
    assert predict_impact(ALWAYS_CORRECTED, tracks, 0, out)
    shift = tracks.u[0] @ tracks.b[0]
    moved = flown(FULL, state + shift, tracks.b[0], 60)
    end = next(row for row in moved[::-1] if row[2] > 300.0)
    late = one_slot(end, 1e-3 * SHARP)
    late.b[0, :12] = tracks.b[0, :12]
    check = np.zeros(8)
    assert predict_impact(ALWAYS_CORRECTED, late, 0, check)
    np.testing.assert_allclose(out[1:3], check[1:3], atol=0.5)
    slopes = np.zeros((2, 15))
    for column in range(15):
        ends = []
        for sign in (0.02, -0.02):
            other = one_slot(state, 1e-3 * SHARP)
            other.u[0], other.b[0] = tracks.u[0], tracks.b[0]
            other.b[0, column] += sign
            far = np.zeros(8)
            assert predict_impact(ALWAYS_CORRECTED, other, 0, far)
            ends.append(far[1:3])
        slopes[:, column] = (ends[0] - ends[1]) / 0.04
    want = slopes @ tracks.spread[0] @ slopes.T
    np.testing.assert_allclose(out[[3, 4, 5]], [want[0, 0], want[0, 1], want[1, 1]], rtol=0.03)


def test_wide_ellipses_hold_what_draws_show() -> None:
    state = launch()
    wide = np.array([60.0, 60.0, 60.0, 30.0, 30.0, 30.0, 0.4])
    tracks, out = one_slot(state, wide), np.zeros(8)
    assert predict_impact(QUIET, tracks, 0, out)
    assert out[7] == 1.0
    rng = np.random.default_rng(2)
    drawn = np.array([impact_of(QUIET, state + wide * rng.standard_normal(7)) for _ in range(4_000)])
    assert np.hypot(*(out[1:3] - drawn[:, :2].mean(axis=0))) < 0.05 * math.sqrt(out[3] + out[5])
    cov = np.cov(drawn.T)
    np.testing.assert_allclose(out[[3, 5]], [cov[0, 0], cov[1, 1]], rtol=0.15)
    assert out[6] == pytest.approx(math.sqrt(cov[2, 2]), rel=0.1)
    linear = impact_of(QUIET, state)
    assert np.hypot(*(linear[:2] - drawn[:, :2].mean(axis=0))) > 0.05 * math.sqrt(out[3] + out[5])


def bodies_near_ground() -> list[tuple[float, float, float]]:
    """Height above ground [m], climb [m/s] and the time to impact expected [s]."""
    return [(30.0, -300.0, 0.1), (0.0, -300.0, 0.0), (-20.0, -300.0, -0.0667), (5.0, -20.0, 0.23)]


@pytest.mark.parametrize(("up_m", "climb_mps", "t_s"), bodies_near_ground())
def test_impact_close_to_the_ground(up_m: float, climb_mps: float, t_s: float) -> None:
    state = np.array([3_000.0, 4_000.0, up_m - 25e6 / 2.0 / 6.36e6, 30.0, 40.0, climb_mps, 9.0])
    out = np.zeros(8)
    assert predict_impact(FULL, one_slot(state, SHARP), 0, out)
    assert out[0] == pytest.approx(t_s, abs=0.02)
    np.testing.assert_allclose(out[1:3], state[:2] + out[0] * state[3:5], atol=1.0)


def spoilt(field: str, value: float) -> Tracks:
    """A slot with one thing wrong."""
    tracks = one_slot(launch(), SHARP)
    if field == "speed":
        tracks.x[0, 3:6] = value
    elif field == "log_beta":
        tracks.x[0, 6] = value
    elif field == "place":
        tracks.x[0, 2] = value
    else:
        tracks.p[0] = value * np.eye(7)
    return tracks


@pytest.mark.parametrize(
    ("field", "value"),
    [("speed", math.nan), ("speed", 1e5), ("log_beta", math.nan), ("cov", -1.0), ("cov", math.nan), ("place", 5e7)],
)
def test_hopeless_slots_have_no_impact(field: str, value: float) -> None:
    out = np.full(8, 7.0)
    assert not predict_impact(FULL, spoilt(field, value), 0, out)
    np.testing.assert_array_equal(out, np.full(8, 7.0))


@pytest.mark.parametrize("log_beta", [-100.0, 3.0, 5.0, 20.0])
def test_any_ballistic_coefficient_gives_numbers(log_beta: float) -> None:
    out = np.zeros(8)
    assert predict_impact(FULL, spoilt("log_beta", log_beta), 0, out)
    assert np.all(np.isfinite(out)) and out[3] > 0.0 and out[5] > 0.0


def test_a_followed_track_finds_its_impact() -> None:
    radars = radar_with_bias()
    states = flown(FULL, launch(), np.zeros(15), 45)
    plots = plots_of(states, np.arange(45.0), radars, rng=np.random.default_rng(1))
    truth = impact_of(PLAIN, states[0])
    tracks, out = one_slot(states[0], np.array([50.0] * 3 + [30.0] * 3 + [0.5])), np.zeros(8)
    sizes = []
    for plot in plots[1:]:
        assert carry(FULL, tracks, 0, plot["t_s"])
        absorb(FULL, tracks, 0, radars[0], plot, np.zeros(4))
        assert predict_impact(FULL, tracks, 0, out)
        off = out[1:3] - truth[:2]
        assert off @ np.linalg.solve([[out[3], out[4]], [out[4], out[5]]], off) < 16.0
        sizes.append(math.sqrt(out[3] * out[5] - out[4] ** 2))
    assert sizes[-1] < 0.02 * sizes[3]

"""The motion model against the reference integrator, an independent integration, and finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from opendome.base.errors import CommandError
from opendome.base.kernels import kernel
from opendome.flight import fly
from opendome.flight.atmosphere import air as standard_air
from opendome.flight.drag import drag_factor
from opendome.flight.gravity import gravitation_ecef_mps2, height_from_ecef_m
from opendome.tracking.earth import height_m, weight
from opendome.tracking.filter import carry_mean
from opendome.tracking.impact import predict_impact
from opendome.tracking.model import ErrorPrior, MotionModel, make_motion_model
from opendome.tracking.motion import (
    ERRORS,
    FORCING,
    TRANSITION,
    clamped_half_over_beta,
    fill_slopes,
    fill_transition,
    rk4_step,
)
from tests.tracking.filter_cases import acceleration, flown, launch, one_slot

SPIN = 7.292115e-5
CLASSES = ((10.0, 340.0, 6_000.0), (20.0, 620.0, 8_000.0), (40.0, 1_000.0, 10_000.0), (70.0, 1_350.0, 12_000.0))


def ecef_of(model: MotionModel, local: NDArray[np.float64]) -> NDArray[np.float64]:
    """Earth-fixed position in the origin's meridian frame of a point of the scenario's frame."""
    east, north, up = local
    return np.array(
        [
            model.axis_m - north * model.sin_lat + up * model.cos_lat,
            east,
            model.polar_m + north * model.cos_lat + up * model.sin_lat,
        ]
    )


@kernel
def weight_of(model, place, velocity, out):
    out[0], out[1], out[2], out[3] = weight(model, place[0], place[1], place[2], velocity[0], velocity[1], velocity[2])
    out[4] = height_m(model, place[0], place[1], place[2])


@pytest.mark.parametrize("lat_deg", [-60.0, 0.0, 31.5, 75.0])
def test_height_and_weight_equal_those_of_flight(lat_deg: float) -> None:
    model, out = make_motion_model(lat_deg), np.zeros(5)
    for east, north, up in ((0.0, 0.0, 0.0), (150e3, -130e3, 60e3), (-40e3, 190e3, 5e3), (0.0, 0.0, 90e3)):
        place, velocity = np.array([east, north, up]), np.array([300.0, -500.0, 900.0])
        weight_of(model, place, velocity, out)
        x, y, z = ecef_of(model, place)
        assert out[3] == pytest.approx(height_from_ecef_m(x, y, z), abs=0.01)
        assert out[4] == out[3]
        axes = np.array([[0.0, 1.0, 0.0], [-model.sin_lat, 0.0, model.cos_lat], [model.cos_lat, 0.0, model.sin_lat]])
        turned = np.cross([0.0, 0.0, SPIN], axes.T @ velocity)
        fall = np.array(gravitation_ecef_mps2(x, y, z)) + SPIN**2 * np.array([x, y, 0.0]) - 2.0 * turned
        np.testing.assert_allclose(out[:3], axes @ fall, atol=1e-9)


@pytest.mark.parametrize(("range_km", "speed_mps", "beta"), CLASSES)
def test_impact_equals_the_reference_flight(range_km: float, speed_mps: float, beta: float) -> None:
    flight = fly(speed_mps, 0.87, beta, azimuth_rad=2.0, lat_rad=math.radians(31.5), step_s=0.05)
    i_row = int(np.searchsorted(flight.t_s, 4.0))
    state = np.array([*flight.pos_enu_m[i_row], *flight.vel_enu_mps[i_row], math.log(beta)])
    tracks, out = one_slot(state, np.array([10.0, 10.0, 10.0, 2.0, 2.0, 2.0, 0.05])), np.zeros(8)
    assert predict_impact(make_motion_model(31.5), tracks, 0, out)
    assert np.hypot(*flight.pos_enu_m[-1, :2]) > 700.0 * range_km
    np.testing.assert_allclose(out[1:3], flight.pos_enu_m[-1, :2], atol=0.5)
    assert out[0] + flight.t_s[i_row] == pytest.approx(flight.t_s[-1], abs=2e-3)


def _ecef_impact(model: MotionModel, state: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
    """Impact east and north [m] by an independent integration in Earth-fixed coordinates (DOP853)."""
    axes = np.array([[0.0, 1.0, 0.0], [-model.sin_lat, 0.0, model.cos_lat], [model.cos_lat, 0.0, model.sin_lat]])

    def rates(_t: float, y: NDArray[np.float64]) -> NDArray[np.float64]:
        density, sound = standard_air(height_from_ecef_m(*y[:3]))
        speed = math.sqrt(float(y[3:] @ y[3:]))
        drag = -density * speed * drag_factor(speed / sound) / (2.0 * beta) * y[3:]
        turn = np.array([2.0 * SPIN * y[4] + SPIN**2 * y[0], -2.0 * SPIN * y[3] + SPIN**2 * y[1], 0.0])
        return np.concatenate([y[3:], np.array(gravitation_ecef_mps2(*y[:3])) + turn + drag])

    def ground(_t: float, y: NDArray[np.float64]) -> float:
        return float(height_from_ecef_m(*y[:3]))

    ground.terminal, ground.direction = True, -1.0  # type: ignore[attr-defined]
    start = np.concatenate([ecef_of(model, state[:3]), axes.T @ state[3:6]])
    end = solve_ivp(rates, (0.0, 900.0), start, method="DOP853", rtol=1e-10, atol=1e-6, events=ground).y_events[0][0]
    away = end[:3] - ecef_of(model, np.zeros(3))
    return np.asarray(axes @ away)[:2]


@pytest.mark.parametrize(("range_km", "speed_mps", "beta"), CLASSES)
@pytest.mark.parametrize("azimuth_rad", [0.5, 4.0])
def test_impact_equals_an_independent_integration_far_from_the_origin(
    range_km: float, speed_mps: float, beta: float, azimuth_rad: float
) -> None:
    model = make_motion_model(31.5)
    level, up = speed_mps * math.cos(0.85), speed_mps * math.sin(0.85)
    place = np.array([48_000.0, -36_000.0, 0.0])
    place[2] = -(place[0] ** 2 + place[1] ** 2) / 2.0 / 6.36e6 + 500.0
    state = np.array([*place, level * math.sin(azimuth_rad), level * math.cos(azimuth_rad), up, math.log(beta)])
    tracks, out = one_slot(state, np.array([10.0, 10.0, 10.0, 2.0, 2.0, 2.0, 0.05])), np.zeros(8)
    assert predict_impact(model, tracks, 0, out)
    assert np.hypot(*(out[1:3] - place[:2])) > 700.0 * range_km
    np.testing.assert_allclose(out[1:3], _ecef_impact(model, state, beta), atol=1.0)


def test_wind_profile_moves_the_flight_as_in_the_reference() -> None:
    from opendome.flight.atmosphere import wind_growth

    heights_m = np.concatenate([np.arange(0.0, 1_000.0, 10.0), [1_000.0, 60_000.0]])
    profile = [(h, 6.0 * wind_growth(h), -4.0 * wind_growth(h)) for h in heights_m]
    model = make_motion_model(31.5, wind_profile=profile)
    flight = fly(620.0, 0.87, 8_000.0, lat_rad=math.radians(31.5), wind_east_mps=6.0, wind_north_mps=-4.0, step_s=0.05)
    i_row = int(np.searchsorted(flight.t_s, 3.0))
    state = np.array([*flight.pos_enu_m[i_row], *flight.vel_enu_mps[i_row], math.log(8_000.0)])
    tracks, out = one_slot(state, np.array([10.0, 10.0, 10.0, 2.0, 2.0, 2.0, 0.05])), np.zeros(8)
    assert predict_impact(model, tracks, 0, out)
    np.testing.assert_allclose(out[1:3], flight.pos_enu_m[-1, :2], atol=0.5)
    calm = np.zeros(8)
    assert predict_impact(make_motion_model(31.5), tracks, 0, calm)
    assert np.hypot(*(calm[1:3] - out[1:3])) > 100.0


@kernel
def slopes_of(model, work, is_shifted, state, dt_s):
    half_over_beta = clamped_half_over_beta(state[6])
    after = rk4_step(
        model, work, is_shifted, state[0], state[1], state[2], state[3], state[4], state[5], half_over_beta, dt_s
    )
    fill_slopes(model, work, is_shifted, after[6], after[7], after[8], after[9], after[10], after[11], half_over_beta)
    fill_transition(work, dt_s)


@pytest.mark.parametrize("seconds", [0, 20, 60])
@pytest.mark.parametrize("dt_s", [0.5, 1.0, -1.0])
def test_transition_equals_finite_differences(seconds: int, dt_s: float) -> None:
    model = make_motion_model(31.5)
    state = flown(model, launch(1_000.0), np.zeros(15), 61)[seconds]
    steps = np.array([1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.01])
    tracks = one_slot(state, steps, 15)
    slopes_of(model, tracks.work, False, state, dt_s)
    got = tracks.work[TRANSITION : TRANSITION + 6, :7].copy()
    for column in range(7):
        tracks.x[2 * column, column] += steps[column]
        tracks.x[2 * column + 1, column] -= steps[column]
    for i_track in range(14):
        carry_mean(model, tracks, i_track, dt_s)
    want = (tracks.x[0:14:2] - tracks.x[1:14:2]).T[:6] / (2.0 * steps)
    # Position by position, velocity and ln beta, then velocity by the same. Drag takes 0.13 of the speed a second here
    # and falls by a quarter in that second, which the Jacobian of the middle does not see.
    allowed = np.repeat([[2e-4, 2e-3, 0.05], [2e-4, 1e-3, 0.01]], (3, 3, 1), axis=1).repeat(3, axis=0)
    allowed[:3, 6] *= np.linalg.norm(want[:3, 6])
    allowed[3:, 6] *= np.linalg.norm(want[3:, 6])
    np.testing.assert_array_less(np.abs(got - want), allowed)


def test_forcing_equals_finite_differences() -> None:
    model = make_motion_model(31.5)
    state = flown(model, launch(1_000.0), np.zeros(15), 30)[25]
    work = one_slot(state, np.ones(7)).work
    slopes_of(model, work, False, state, 0.0)
    got = work[FORCING : FORCING + 3, :12]
    for column in range(12):
        errors = np.zeros(15)
        errors[column] = 0.1
        want = (acceleration(model, state, errors) - acceleration(model, state, -errors)) / 0.2
        np.testing.assert_allclose(got[:, column], want, rtol=0.02, atol=1e-6)


def test_shifted_slopes_equal_finite_differences() -> None:
    model = make_motion_model(31.5)
    errors = np.append(np.linspace(-1.0, 1.0, 12), np.zeros(3))
    state = flown(model, launch(1_000.0), errors, 30)[25]
    work = one_slot(state, np.ones(7)).work
    work[ERRORS, :15] = errors
    slopes_of(model, work, True, state, 0.0)
    steps = np.array([30.0, 30.0, 30.0, 1.0, 1.0, 1.0, 0.01])
    for column in range(7):
        ahead, behind = state.copy(), state.copy()
        ahead[column] += steps[column]
        behind[column] -= steps[column]
        want = (acceleration(model, ahead, errors) - acceleration(model, behind, errors)) / (2.0 * steps[column])
        np.testing.assert_allclose(work[:3, column], want, rtol=0.05, atol=3e-5)


def test_one_second_steps_are_within_a_tenth_of_a_metre() -> None:
    model = make_motion_model(31.5)
    for speed_mps, log_beta in ((400.0, 8.7), (1_400.0, 9.4), (1_400.0, 8.0)):
        state = launch(speed_mps, log_beta)
        for seconds in range(0, 40, 5):
            here, ahead = flown(model, state, np.zeros(15), 42)[[seconds, seconds + 1]]
            tracks = one_slot(here, np.ones(7))
            carry_mean(model, tracks, 0, 1.0)
            assert np.linalg.norm(tracks.x[0, :3] - ahead[:3]) < 0.1


def test_model_is_shared_and_refuses_bad_arguments() -> None:
    assert make_motion_model(31.5) is make_motion_model(31.5, ErrorPrior())
    with pytest.raises(CommandError, match="lat_deg"):
        make_motion_model(91.0)
    with pytest.raises(CommandError, match="wind_mps"):
        make_motion_model(31.5, ErrorPrior(wind_mps=-1.0))
    with pytest.raises(CommandError, match="wind_profile"):
        make_motion_model(31.5, wind_profile=[(1_000.0, 1.0, 0.0), (0.0, 1.0, 0.0)])

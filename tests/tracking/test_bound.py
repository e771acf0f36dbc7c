"""The Cramer-Rao bound against a batch solution with the equations of the true flights, and its plain properties."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.polar import default_radar, to_polar
from opendome.testing.filter_proof import flight_rows, mean_bound
from opendome.testing.flights_truth import fly_step, height_m, make_flights, make_world
from opendome.tracking.bound import POSITION_SD_M, VELOCITY_SD_MPS, impact_bound
from opendome.tracking.model import ErrorPrior, MotionModel, make_motion_model

STEPS = (20.0, 20.0, 20.0, 1.0, 1.0, 1.0, 0.01)
MODEL = make_motion_model(31.5)


def flown(class_km: int, noise_m2ps3: float = 0.0) -> NDArray[np.float64]:
    return flight_rows(make_flights(class_km, 1, 5, default_radar()[0], noise_m2ps3=noise_m2ps3), 0)


def path(start: NDArray[np.float64], t_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Looks (n, 3) at the times of a flight from its first state, and the impact (2,), by the true equations."""
    world, radar = make_world("matched", 1, 0), default_radar()[0]
    state = tuple(start[:6])
    looks = []
    for now_s, next_s in pairwise(t_s):
        looks.append(to_polar(radar, *state)[:3])
        for _ in range(4):
            state = fly_step(world, 0, start[6], state, (next_s - now_s) / 4.0)
    off_m = height_m(world, *state[:3])  # a step of time along the velocity brings the last point to the ground
    for _ in range(4):
        ahead = fly_step(world, 0, start[6], state, 1e-3)
        state = fly_step(world, 0, start[6], state, 1e-3 * off_m / (off_m - height_m(world, *ahead[:3])))
        off_m = height_m(world, *state[:3])
    return np.array(looks), np.array(state[:2])


def batch_covariance(rows: NDArray[np.float64], n_looks: int) -> NDArray[np.float64]:
    """Covariance of the impact from the first looks at once: (J0 + sum of H' R^-1 H)^-1 of the first state, carried."""
    h, g = np.zeros((rows.shape[0] - 1, 3, 7)), np.zeros((2, 7))
    for j, step in enumerate(STEPS):
        up, down = rows[0, 1:].copy(), rows[0, 1:].copy()
        up[j], down[j] = up[j] + step, down[j] - step
        (looks_up, impact_up), (looks_down, impact_down) = path(up, rows[:, 0]), path(down, rows[:, 0])
        change = looks_up - looks_down
        change[:, 1] = (change[:, 1] + math.pi) % (2.0 * math.pi) - math.pi
        h[:, :, j], g[:, j] = change / (2.0 * step), (impact_up - impact_down) / (2.0 * step)
    information = np.diag([POSITION_SD_M**-2.0] * 3 + [VELOCITY_SD_MPS**-2.0] * 3 + [0.5**-2.0])
    weights = np.array([15.0**-2.0, 0.002**-2.0, 0.002**-2.0])
    for k in range(n_looks):
        information += h[k].T @ (weights[:, None] * h[k])
    return np.asarray(g @ np.linalg.inv(information) @ g.T)


@pytest.mark.parametrize("class_km", [10, 40])
def test_recursion_equals_the_batch_solution_without_process_noise(class_km: int) -> None:
    rows = flown(class_km)
    model = make_motion_model(31.5, ErrorPrior(q_acceleration_m2ps3=0.0, q_log_beta_ps=0.0))
    ages = [6.0, 15.0, 30.0]
    bound = impact_bound(model, default_radar()[0], rows, ages)
    for i_age, age_s in enumerate(ages):
        batch = batch_covariance(rows, round(age_s) + 1)
        np.testing.assert_allclose(bound.rms_m[i_age], math.sqrt(np.trace(batch)), rtol=0.01)
        np.testing.assert_allclose(bound.cov_m2[i_age], batch, rtol=0.05, atol=0.01 * np.trace(batch))


# metres at 6, 10, 20, 30, 45 s: means over 300 other flights of the same classes, from a prototype written separately
PROTOTYPE_M = {10: (813, 367, 88, 33), 20: (1840, 699, 170, 76, 32), 40: (5023, 1987, 539, 252, 114)}


@pytest.mark.parametrize("class_km", PROTOTYPE_M)
def test_mean_bound_is_that_of_the_prototype(class_km: int) -> None:
    wanted = PROTOTYPE_M[class_km]
    flights = make_flights(class_km, 100, 6, default_radar()[0])
    got = mean_bound(MODEL, default_radar()[0], flights, (6.0, 10.0, 20.0, 30.0, 45.0)[: len(wanted)])
    np.testing.assert_allclose(got[:-1], wanted, rtol=0.2)


def test_more_is_better_and_what_is_not_known_costs() -> None:
    rows, ages = flown(20, 0.002), np.arange(4.0, 70.0, 3.0)
    radar = default_radar()
    base = impact_bound(MODEL, radar[0], rows, ages).rms_m
    assert np.all(np.diff(base) < 0.0)
    assert np.all(impact_bound(MODEL, radar[0], rows, ages, has_errors=True).rms_m >= base * (1.0 - 1e-9))
    assert np.all(impact_bound(MODEL, radar[0], rows, ages, p_detection=0.7).rms_m > base)
    with_rate = radar.copy()
    with_rate["range_rate_resolution_mps"] = 1.0
    assert np.all(impact_bound(MODEL, with_rate[0], rows, ages).rms_m < base)
    assert impact_bound(MODEL, with_rate[0], rows, [7.0]).rms_m[0] < 0.6 * base[1]
    biased = radar.copy()
    biased["bias_range_m"], biased["bias_azimuth_rad"], biased["bias_elevation_rad"] = 10.0, 0.0005, 0.0005
    clean, wrong = (impact_bound(MODEL, one[0], rows, ages, has_errors=True).rms_m for one in (radar, biased))
    assert np.all(wrong >= clean) and wrong[-1] > 1.03 * clean[-1]


def test_refuses_what_is_no_flight() -> None:
    rows, radar, model = flown(10), default_radar()[0], MODEL
    assert isinstance(model, MotionModel)
    with pytest.raises(CommandError, match="times rising"):
        impact_bound(model, radar, rows[::-1], [6.0])
    with pytest.raises(CommandError, match="at least three looks"):
        impact_bound(model, radar, rows[:3], [0.0])
    with pytest.raises(CommandError, match="between 0 and the impact"):
        impact_bound(model, radar, rows, [500.0])
    with pytest.raises(CommandError, match="p_detection is 0"):
        impact_bound(model, radar, rows, [6.0], p_detection=0.0)

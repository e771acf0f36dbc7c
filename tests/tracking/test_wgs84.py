"""True flights of the studies, flown far from the origin of the frame, and the tracker's prediction of their impact,
against an independent integration in the Earth-fixed frame (DOP853; air from `ambiance`, heights from `pymap3d`).
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pymap3d
import pytest
from ambiance import Atmosphere
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from opendome.base.polar import default_radar
from opendome.testing.flights_truth import CLASSES, ORIGIN_LAT_DEG, Flights, make_flights
from opendome.tracking.impact import predict_impact
from opendome.tracking.model import make_motion_model, new_tracks

LON_DEG = 34.5
SPIN = np.array([0.0, 0.0, 7.292115e-5])
GM, J2, RADIUS_M = 3.986004418e14, 1.082629821313e-3, 6_378_137.0


def attraction(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Central attraction and J2, written with the unit vector of the pole."""
    r = float(np.linalg.norm(p))
    s = p[2] / r
    flat = 1.5 * J2 * (RADIUS_M / r) ** 2
    pole = np.array([0.0, 0.0, 1.0])
    return -GM / r**2 * ((1.0 + flat * (1.0 - 5.0 * s * s)) * p / r + 2.0 * flat * s * pole)


@cache
def air_table() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Heights, log density and speed of sound from `ambiance`, every 10 m."""
    h_m = np.arange(-100.0, 45_000.0, 10.0)
    state = Atmosphere(h_m)
    return h_m, np.log(state.density), state.speed_of_sound


def earth_frame_impact(start: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Time to impact and its place in the frame of the origin, of a state (7,) given there."""
    heights, log_density, sound = air_table()

    def rates(_t: float, y: NDArray[np.float64]) -> NDArray[np.float64]:
        p, v = y[:3], y[3:]
        h_m = float(pymap3d.ecef2geodetic(*p)[2])
        speed = float(np.linalg.norm(v))
        mach = speed / np.interp(h_m, heights, sound)
        shape = 0.725 + 0.275 * math.tanh((mach - 1.0) / 0.12) + 0.1 * math.exp(-(((mach - 1.15) / 0.3) ** 2))
        drag = math.exp(np.interp(h_m, heights, log_density) - start[6]) * speed * shape / 2.0
        a = attraction(p) - np.cross(SPIN, np.cross(SPIN, p)) - 2.0 * np.cross(SPIN, v) - drag * v
        return np.concatenate([v, a])

    def ground(t: float, y: NDArray[np.float64]) -> float:
        return float(pymap3d.ecef2geodetic(*y[:3])[2]) if t > 1.0 else 1.0

    ground.terminal = True  # type: ignore[attr-defined]
    p0 = np.array(pymap3d.enu2ecef(*start[:3], ORIGIN_LAT_DEG, LON_DEG, 0.0))
    v0 = np.array(pymap3d.enu2uvw(*start[3:6], ORIGIN_LAT_DEG, LON_DEG))
    out = solve_ivp(
        rates, (0.0, 500.0), np.concatenate([p0, v0]), "DOP853", events=ground, rtol=1e-10, atol=1e-6, max_step=2.0
    )
    end = out.y_events[0][0]
    return float(out.t_events[0][0]), np.array(pymap3d.ecef2enu(*end[:3], ORIGIN_LAT_DEG, LON_DEG, 0.0))


@cache
def flight(class_km: int) -> Flights:
    return make_flights(class_km, 1, 3, default_radar()[0], noise_m2ps3=0.0)


@pytest.mark.parametrize("class_km", CLASSES)
def test_true_flight_ends_where_the_earth_frame_solution_ends(class_km: int) -> None:
    flights = flight(class_km)
    t_s, place = earth_frame_impact(flights.truth[0, 0])
    assert np.linalg.norm(flights.impact[0, 1:4] - place) < 0.2
    assert flights.impact[0, 0] - flights.plots[0, 0]["t_s"] == pytest.approx(t_s, abs=1e-3)
    assert math.hypot(*flights.truth[0, 0, :2]) > 900.0 * class_km


@pytest.mark.parametrize("class_km", CLASSES)
def test_tracker_predicts_the_impact_of_the_earth_frame_solution(class_km: int) -> None:
    flights = flight(class_km)
    model, tracks, out = make_motion_model(ORIGIN_LAT_DEG), new_tracks(1), np.zeros(8)
    tracks.x[0], tracks.t_s[0] = flights.truth[0, 0], flights.plots[0, 0]["t_s"]
    tracks.p[0], tracks.spread[0] = 1e-6 * np.eye(7), np.eye(15)
    assert predict_impact(model, tracks, 0, out)
    t_s, place = earth_frame_impact(flights.truth[0, 0])
    assert math.hypot(out[1] - place[0], out[2] - place[1]) < 1.0
    assert out[0] - tracks.t_s[0] == pytest.approx(t_s, abs=2e-3)

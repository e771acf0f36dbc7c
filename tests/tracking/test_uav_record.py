"""The two-model filter on the recorded flight of a small unmanned aircraft, with simulated plots."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

from opendome.base.frames import Origin, geodetic_to_enu
from opendome.base.polar import default_radar, to_polar
from opendome.base.types import PLOT
from opendome.tracking.imm import DroneRules, absorb_pair, carry_pair, new_pairs, published_pair, start_pair

N_SEEDS = 8


@pytest.fixture(scope="module")
def flight(shared_data):
    """Times and places of the record, about its own middle, up from the ellipsoid; shape (965,) and (965, 3)."""
    path = shared_data / "data" / "flights" / "stonesoup_UAV_Rot.csv"
    if not path.is_file():
        pytest.skip("no flight record beside the checkout")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    columns = ("timestamp", "latitude", "longitude", "altitude (m)")
    t_s, lat, lon, height = (np.array([float(row[name]) for row in rows]) for name in columns)
    places = geodetic_to_enu(Origin(float(lat.mean()), float(lon.mean())), lat, lon, height)
    return t_s - t_s[0], np.stack(places, axis=1)


def measure(radar, t_s, place, rng):
    range_m, azimuth_rad, elevation_rad, _ = to_polar(radar[0], *map(float, place), 0.0, 0.0, 0.0)
    plot = np.zeros(1, PLOT)
    plot["t_s"], plot["range_rate_mps"] = t_s, math.nan
    plot["range_m"] = range_m + 15.0 * rng.normal()
    plot["azimuth_rad"] = (azimuth_rad + 0.002 * rng.normal()) % (2.0 * math.pi)
    plot["elevation_rad"] = elevation_rad + 0.002 * rng.normal()
    plot["var_range_m2"], plot["var_azimuth_rad2"], plot["var_elevation_rad2"] = 225.0, 4e-6, 4e-6
    return plot[0]


def follow(flight, rules, seed):
    """Errors of the place (n, 3) and their normalised squares (n,) with a 2 mrad, 15 m radar, 1 s, P(detect) 0.9."""
    radar, rng = default_radar(), np.random.default_rng(seed)
    # 4.5 km from the middle of the flight, 4 km along and 2 km aside of it.
    radar["east_m"], radar["north_m"], radar["up_m"] = -4000.0, -2000.0, 700.0
    pairs, mean, cov, nothing = new_pairs(1), np.zeros(6), np.zeros((6, 6)), np.zeros(4)
    first, errors, squares = [], [], []
    for t_s, place in zip(*flight):
        plot = measure(radar, t_s, place, rng) if rng.random() < 0.9 else None
        if len(first) < 3:
            if plot is not None:
                first.append(plot)
                if len(first) == 3:
                    assert start_pair(rules, pairs, 0, radar, *first)
            continue
        carry_pair(rules, pairs, 0, t_s)
        if plot is not None:
            absorb_pair(rules, pairs, 0, radar[0], plot, nothing)
        published_pair(rules, pairs, 0, mean, cov)
        errors.append(mean[:3] - place)
        squares.append(errors[-1] @ np.linalg.solve(cov[:3, :3], errors[-1]))
    return np.array(errors), np.array(squares)


def rms_and_nees(flight, rules):
    runs = [follow(flight, rules, seed) for seed in range(N_SEEDS)]
    rms_m = math.sqrt(np.mean([np.sum(errors**2, axis=1).mean() for errors, _ in runs]))
    return rms_m, float(np.mean([squares.mean() for _, squares in runs]))


def test_recorded_flight_is_followed_within_15_m_and_its_covariance_is_true(flight):
    rms_m, nees = rms_and_nees(flight, DroneRules())
    assert rms_m <= 15.0
    assert 2.5 <= nees <= 3.5


def test_the_pair_beats_each_of_its_models_alone(flight):
    both, _ = rms_and_nees(flight, DroneRules())
    steady, steady_nees = rms_and_nees(flight, DroneRules(q_low_m2ps3=0.05, q_high_m2ps3=0.05))
    turning, _ = rms_and_nees(flight, DroneRules(q_low_m2ps3=10.0, q_high_m2ps3=10.0))
    assert both < min(steady, turning)
    assert steady_nees > 4.0

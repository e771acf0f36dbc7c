"""Simulated truth and plots for the tests of the tracker: rockets by the reference integrator, drones on legs."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pymap3d
from numpy.typing import NDArray

from opendome.base.polar import default_radar
from opendome.base.types import PLOT
from opendome.flight import fly

LAT_DEG, LON_DEG = 31.5, 34.6
FALSE = -1

# speed [m/s], ballistic coefficient [kg/m2] of rockets of about 10, 20, 40 and 70 km
CLASSES = {10: (390.0, 6_000.0), 20: (620.0, 8_000.0), 40: (900.0, 10_000.0), 70: (1_150.0, 12_000.0)}


class Flight(NamedTuple):
    """One object: ``t_s`` (n,), ``state`` (n, 6) east, north, up [m] and rates [m/s], in the scenario's frame."""

    t_s: NDArray[np.float64]
    state: NDArray[np.float64]

    def at(self, t_s: float) -> NDArray[np.float64] | None:
        """State (6,) at a time, None before and after."""
        if not self.t_s[0] <= t_s <= self.t_s[-1]:
            return None
        k = min(max(int(np.searchsorted(self.t_s, t_s)) - 1, 0), len(self.t_s) - 2)
        dt = self.t_s[k + 1] - self.t_s[k]
        a = (t_s - self.t_s[k]) / dt
        p0, p1, v0, v1 = self.state[k, :3], self.state[k + 1, :3], self.state[k, 3:], self.state[k + 1, 3:]
        place = (1 + 2 * a) * (1 - a) ** 2 * p0 + a * (1 - a) ** 2 * dt * v0 + a**2 * (3 - 2 * a) * p1
        return np.concatenate([place - a**2 * (1 - a) * dt * v1, (1 - a) * v0 + a * v1])


def rocket(
    t_launch_s: float, east_m: float, north_m: float, azimuth_rad: float, speed_mps: float, elevation_rad: float,
    beta_kgpm2: float,
) -> Flight:  # fmt: skip
    """Flight of a rocket launched at a place on the ground of the scenario's frame."""
    lat, lon, _ = pymap3d.enu2geodetic(east_m, north_m, 0.0, LAT_DEG, LON_DEG, 0.0)
    flight = fly(speed_mps, elevation_rad, beta_kgpm2, azimuth_rad % (2.0 * math.pi), math.radians(float(lat)))
    xyz = pymap3d.enu2ecef(*flight.pos_enu_m.T, lat, lon, 0.0)
    place = np.stack(pymap3d.ecef2enu(*xyz, LAT_DEG, LON_DEG, 0.0), axis=-1)
    uvw = pymap3d.enu2uvw(*flight.vel_enu_mps.T, lat, lon)
    velocity = np.stack(pymap3d.uvw2enu(*uvw, LAT_DEG, LON_DEG), axis=-1)
    return Flight(t_launch_s + flight.t_s, np.concatenate([place, velocity], axis=1))


def drone(t_start_s: float, points_m: NDArray[np.float64], speed_mps: float) -> Flight:
    """Flight along straight legs between points (n, 3) at a steady speed."""
    legs = np.diff(points_m, axis=0)
    length = np.linalg.norm(legs, axis=1)
    ends = t_start_s + np.concatenate([[0.0], np.cumsum(length)]) / speed_mps
    t_s = np.arange(t_start_s, ends[-1], 1.0)
    place = np.stack([np.interp(t_s, ends, points_m[:, k]) for k in range(3)], axis=-1)
    leg = np.clip(np.searchsorted(ends, t_s, side="right") - 1, 0, len(legs) - 1)
    return Flight(t_s, np.concatenate([place, (legs / length[:, None] * speed_mps)[leg]], axis=1))


def spread_raid(seed: int, n: int, over_s: float = 100.0, kinds: tuple[int, ...] = (20, 40)) -> list[Flight]:
    """Rockets from an area 12 km across some 20 km south of the radar towards places around it."""
    rng = np.random.default_rng(seed)
    flights = []
    for k in range(n):
        speed, beta = CLASSES[kinds[k % len(kinds)]]
        east, north = rng.uniform(-6e3, 6e3), -18e3 + rng.uniform(-6e3, 6e3)
        azimuth = math.atan2(rng.uniform(-8e3, 8e3) - east, rng.uniform(0.0, 10e3) - north) % (2 * math.pi)
        elevation = math.radians(rng.uniform(46.0, 54.0))
        speed, beta = speed * (1 + rng.uniform(-0.03, 0.03)), beta * math.exp(rng.uniform(-0.25, 0.25))
        flights.append(rocket(rng.uniform(0.0, over_s), east, north, azimuth, speed, elevation, beta))
    return flights


def salvo_raid(
    seed: int, n_salvoes: int, n_each: int = 10, radius_m: float = 60.0, over_s: float = 60.0,
    kinds: tuple[int, ...] = (20, 40), alike: float = 1.0, is_beta_of_prior: bool = False,
) -> list[Flight]:  # fmt: skip
    """Salvoes of like rockets launched at once from one place, with the small spread of speed and aim of a launcher.

    ``is_beta_of_prior``: ballistic coefficients as the filter believes, ln beta ~ N(ln 8000, 0.5).
    """
    rng = np.random.default_rng(seed)
    flights = []
    for k in range(n_salvoes):
        speed, beta = CLASSES[kinds[k % len(kinds)]]
        east, north, t_s = rng.uniform(-6e3, 6e3), -18e3 + rng.uniform(-6e3, 6e3), rng.uniform(0.0, over_s)
        azimuth = math.atan2(rng.uniform(-8e3, 8e3) - east, rng.uniform(0.0, 10e3) - north) % (2 * math.pi)
        elevation = math.radians(rng.uniform(46.0, 54.0))
        beta = 8_000.0 * math.exp(0.5 * rng.normal()) if is_beta_of_prior else beta * math.exp(rng.uniform(-0.25, 0.25))
        speed *= 1 + rng.uniform(-0.03, 0.03)
        for _ in range(n_each):
            d_e, d_n = rng.uniform(-radius_m, radius_m, 2)
            flights.append(rocket(
                t_s + rng.uniform(0.0, 0.1), east + d_e, north + d_n, azimuth + alike * rng.normal(0.0, 0.001),
                speed * (1 + alike * rng.normal(0.0, 0.001)), elevation + alike * rng.normal(0.0, 0.001),
                beta * math.exp(alike * rng.normal(0.0, 0.01)),
            ))  # fmt: skip
    return flights


def reference_radar(n_false: float = 0.0, **values: float) -> NDArray[np.void]:
    """Give the reference radar with a number of false plots a scan."""
    radar = default_radar()
    radar["n_false_plots"] = n_false
    for name, value in values.items():
        radar[name] = value
    return radar


class Scan(NamedTuple):
    """One scan: ``t_s``, ``plots`` (k,) PLOT, ``source`` (k,) row of the flight or FALSE, ``visible`` set of rows."""

    t_s: float
    plots: NDArray[np.void]
    source: NDArray[np.int64]
    visible: frozenset[int]


def measure(radar: np.void, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Range, azimuth, elevation of places (n, 3)."""
    local = (place - [radar["east_m"], radar["north_m"], radar["up_m"]]) @ radar["axes"].T
    far = np.linalg.norm(local, axis=1)
    return np.stack([far, np.arctan2(local[:, 0], local[:, 1]) % (2 * np.pi), np.arcsin(local[:, 2] / far)], axis=-1)


def scan_at(
    rng: np.random.Generator, radars: NDArray[np.void], i_radar: int, flights: list[Flight], t_s: float,
    p_detect: float = 0.9, has_rate: bool = False,
) -> Scan:  # fmt: skip
    """One look of one radar at all flights."""
    radar = radars[i_radar]
    states = [(k, flight.at(t_s)) for k, flight in enumerate(flights)]
    rows = np.array([k for k, x in states if x is not None], np.int64)
    x = np.array([x for _, x in states if x is not None]).reshape(-1, 6)
    z = measure(radar, x[:, :3])
    rate = ((x[:, :3] - [radar["east_m"], radar["north_m"], radar["up_m"]]) * x[:, 3:]).sum(axis=1) / z[:, 0]
    ok = (z[:, 2] > radar["min_elevation_rad"]) & (z[:, 2] < radar["max_elevation_rad"])
    ok &= (z[:, 0] < radar["range_max_m"]) & (z[:, 0] > radar["range_min_m"])
    seen = ok & (rng.random(len(rows)) < p_detect)
    n_false = rng.poisson(radar["n_false_plots"])
    low, high = math.sin(radar["min_elevation_rad"]), math.sin(radar["max_elevation_rad"])
    wrong = np.stack([
        rng.uniform(radar["range_min_m"] + 1.0, radar["range_max_m"], n_false),
        rng.uniform(0.0, 2 * np.pi, n_false), np.arcsin(rng.uniform(low, high, n_false)),
    ], axis=-1)  # fmt: skip
    s_range, s_angle = float(radar["range_floor_m"]), float(radar["angle_floor_rad"])
    true = z[seen] + rng.normal(size=(seen.sum(), 3)) * np.stack(
        [np.full(seen.sum(), s_range), s_angle / np.cos(z[seen, 2]), np.full(seen.sum(), s_angle)], axis=-1
    )
    both = np.concatenate([true, wrong])
    plots = np.zeros(len(both), PLOT)
    plots["t_s"], plots["i_radar"], plots["snr_db"] = t_s, i_radar, 15.0
    plots["range_m"], plots["azimuth_rad"], plots["elevation_rad"] = both[:, 0], both[:, 1] % (2 * np.pi), both[:, 2]
    plots["var_range_m2"], plots["var_elevation_rad2"] = s_range**2, s_angle**2
    plots["var_azimuth_rad2"] = (s_angle / np.cos(both[:, 2])) ** 2
    plots["range_rate_mps"] = np.nan
    if has_rate:
        noise = rng.normal(size=seen.sum())
        plots["range_rate_mps"] = np.concatenate([rate[seen] + noise, rng.uniform(-1000, 1000, n_false)])
        plots["var_range_rate_m2ps2"] = 1.0
    source = np.concatenate([rows[seen], np.full(n_false, FALSE)])
    order = rng.permutation(len(both))
    return Scan(t_s, plots[order], source[order], frozenset(rows[ok].tolist()))

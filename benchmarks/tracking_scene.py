"""Rockets under one radar: true paths by the reference integrator, and the radar's plots of them, scan by scan."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.polar import default_radar, place_radar, to_polar
from opendome.base.types import PLOT
from opendome.flight.integrator import Trajectory, fly

__all__ = ["LAT_DEG", "Scene", "make_scene", "median_error_m"]

LAT_DEG = 31.5
LON_DEG = 34.5
REVISIT_S = 1.0
P_DETECTION = 0.9
FALSE_PER_TARGET = 0.5
ANGLE_SD_RAD = 0.002
RANGE_SD_M = 15.0
CLASSES = ((560.0, 8_000.0), (850.0, 10_000.0))
"""Speed at the start [m/s] and ballistic coefficient [kg/m2] of rockets of some 20 and 40 km; generic."""


class Scene(NamedTuple):
    """``radars`` (1,) of RADAR; ``t_s`` (n_scans,); ``plots``: one array of PLOT a scan; ``truth_enu`` (n_scans, n, 6):
    positions [m] and velocities [m/s]; ``sources``: of each plot of a scan the target, -1 for a false one.
    """

    radars: np.ndarray
    t_s: NDArray[np.float64]
    plots: list[np.ndarray]
    truth_enu: NDArray[np.float64]
    sources: list[NDArray[np.int64]]


def make_scene(n_targets: int, n_scans: int, seed: int = 1) -> Scene:
    """Fly ``n_targets`` rockets and look at them ``n_scans`` times, once a second, from the second 0 on.

    Launches lie within 10 km of a place 30 km from the radar, 10 to 30 s before the first scan, so that all are in
    flight and in view throughout (32 scans and fewer). Detection chance 0.9, errors 15 m and 2 mrad, no range rate,
    false plots Poisson with mean 0.5 a target, even in range, azimuth and elevation over the part of the sky in use.
    """
    rng = np.random.Generator(np.random.Philox(key=seed))
    radars = default_radar()
    place_radar(radars[0], LAT_DEG, LON_DEG, LAT_DEG, LON_DEG, 20.0)
    t_s = REVISIT_S * np.arange(n_scans, dtype=np.float64)
    truth_enu = np.stack([_path(rng, t_s) for _ in range(n_targets)], axis=1)
    polar = np.array([[to_polar(radars[0], *map(float, state)) for state in scan] for scan in truth_enu])
    low, high = polar.min(axis=(0, 1)), polar.max(axis=(0, 1))
    plots, sources = [], []
    for scan, one_s in zip(polar, t_s):
        seen = np.flatnonzero(rng.random(n_targets) < P_DETECTION)
        n_false = int(rng.poisson(FALSE_PER_TARGET * n_targets))
        false = rng.uniform(low[:3], high[:3], (n_false, 3))
        noise = rng.standard_normal((seen.size, 3)) * [RANGE_SD_M, ANGLE_SD_RAD, ANGLE_SD_RAD]
        rows = _plots(one_s, np.concatenate([scan[seen, :3] + noise, false]))
        order = rng.permutation(rows.size)
        plots.append(rows[order])
        sources.append(np.concatenate([seen, np.full(n_false, -1)])[order])
    return Scene(radars, t_s, plots, truth_enu, sources)


def _path(rng: np.random.Generator, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """One rocket's state at the scans, (n_scans, 6), in the frame at the radar's foot."""
    speed_mps, coefficient_kgpm2 = CLASSES[int(rng.integers(len(CLASSES)))]
    flight = fly(
        speed_mps * rng.uniform(0.97, 1.03),
        math.radians(rng.uniform(46.0, 54.0)),
        coefficient_kgpm2 * math.exp(rng.uniform(-0.25, 0.25)),
        azimuth_rad=rng.uniform(-0.3, 0.3),
        lat_rad=math.radians(LAT_DEG - 30.0 / 111.0),
    )
    site = default_radar()
    lat_deg, lon_deg = LAT_DEG + rng.uniform(-40.0, -20.0) / 111.0, LON_DEG + rng.uniform(-10.0, 10.0) / 95.0
    place_radar(site[0], LAT_DEG, LON_DEG, lat_deg, lon_deg, 0.0)
    return _moved(flight, site[0], t_s + rng.uniform(10.0, 30.0))


def _moved(flight: Trajectory, site: np.void, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read a flight at times since its launch, by Hermite's cubic of each step, and turn it into another frame."""
    i = np.clip(np.searchsorted(flight.t_s, t_s, side="right") - 1, 0, flight.t_s.size - 2)
    step_s = (flight.t_s[i + 1] - flight.t_s[i])[:, None]
    s = (t_s - flight.t_s[i])[:, None] / step_s
    p0, p1, v0, v1 = flight.pos_enu_m[i], flight.pos_enu_m[i + 1], flight.vel_enu_mps[i], flight.vel_enu_mps[i + 1]
    pos = (1 + 2 * s) * (1 - s) ** 2 * p0 + s * (1 - s) ** 2 * step_s * v0 + s**2 * (3 - 2 * s) * p1
    pos += s**2 * (s - 1) * step_s * v1
    place = np.array([site["east_m"], site["north_m"], site["up_m"]])
    return np.concatenate([place + pos @ site["axes"], (v0 + s * (v1 - v0)) @ site["axes"]], axis=1)


def _plots(t_s: float, polar: NDArray[np.float64]) -> np.ndarray:
    """PLOT records of the first radar from range, azimuth and elevation (k, 3)."""
    rows = np.zeros(polar.shape[0], PLOT)
    rows["t_s"] = t_s
    rows["range_m"], rows["elevation_rad"] = polar[:, 0], polar[:, 2]
    rows["azimuth_rad"] = polar[:, 1] % (2.0 * math.pi)
    rows["snr_db"] = 15.0
    rows["range_rate_mps"] = rows["var_range_rate_m2ps2"] = math.nan
    rows["var_range_m2"] = RANGE_SD_M**2
    rows["var_azimuth_rad2"] = rows["var_elevation_rad2"] = ANGLE_SD_RAD**2
    return rows


def median_error_m(rows: np.ndarray, truth_enu: NDArray[np.float64], gate_m: float = 1_000.0) -> tuple[float, int]:
    """Median distance [m] between targets (n, 6) and the tracks next to them, and how many have one within the gate."""
    if not rows.size:
        return math.inf, 0
    apart_m = np.linalg.norm(rows["mean"][:, None, :3] - truth_enu[None, :, :3], axis=2).min(axis=0)
    return float(np.median(apart_m)), int((apart_m < gate_m).sum())

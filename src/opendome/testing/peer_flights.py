"""Flights by other programs: DOP853 in the Earth-fixed frame, and py-ballisticcalc on a standard projectile.

Both are written apart from ``flight`` and share no code with it. ``ambiance`` and ``py-ballisticcalc`` come with the
dev extra; without them the functions that need them raise ImportError.
"""

from __future__ import annotations

import importlib
import logging
import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pymap3d
from numpy.typing import NDArray

from opendome.flight.drag import drag_curve
from opendome.flight.gravity import normal_gravity_mps2
from opendome.testing.flights_truth import World, fly_step, make_world

__all__ = [
    "LAT_DEG",
    "LON_DEG",
    "SHOTS",
    "EarthFrameFlight",
    "Shot",
    "dop853_flight",
    "projectile_by_peer",
    "projectile_by_us",
]

Floats = NDArray[np.float64]

LAT_DEG, LON_DEG = 31.5, 34.5
_SPIN = np.array([0.0, 0.0, 7.292115e-5])
_GM, _J2, _RADIUS_M = 3.986004418e14, 1.082629821313e-3, 6_378_137.0


class Shot(NamedTuple):
    """A generic flight: class, speed, elevation, azimuth, ballistic coefficient, wind east and north at 10 m."""

    range_km: float
    speed_mps: float
    elevation_deg: float
    azimuth_deg: float
    beta_kgpm2: float
    wind_mps: tuple[float, float]


SHOTS = (
    Shot(10.0, 409.0, 50.0, 60.0, 6_000.0, (0.0, 0.0)),
    Shot(20.0, 720.0, 50.0, 0.0, 8_000.0, (0.0, 0.0)),
    Shot(40.0, 1_113.0, 50.0, 200.0, 10_000.0, (0.0, 0.0)),
    Shot(70.0, 1_397.0, 50.0, 45.0, 12_000.0, (0.0, 0.0)),
    Shot(70.0, 1_397.0, 50.0, 330.0, 12_000.0, (6.0, -8.0)),
)
"""Flights of 10, 20, 40 and 70 km, and one in wind."""


class EarthFrameFlight(NamedTuple):
    """Impact of a flight: time [s], place (3,) [m] and velocity (3,) [m/s], east-north-up at the start."""

    t_s: float
    pos_enu_m: Floats
    vel_enu_mps: Floats


def _attraction(p: Floats) -> Floats:
    """Central attraction and J2, written with the unit vector of the pole."""
    r = float(np.linalg.norm(p))
    pole = np.array([0.0, 0.0, 1.0])
    s = p[2] / r
    flat = 1.5 * _J2 * (_RADIUS_M / r) ** 2
    return np.asarray(-_GM / r**2 * ((1.0 + flat * (1.0 - 5.0 * s * s)) * p / r + 2.0 * flat * s * pole))


@cache
def _air_table() -> tuple[Floats, Floats, Floats]:
    """Heights, log density and speed of sound from `ambiance`, every 10 m."""
    from ambiance import Atmosphere

    h_m = np.arange(-100.0, 45_000.0, 10.0)
    state = Atmosphere(h_m)
    return h_m, np.log(state.density), state.speed_of_sound


def _drag(p: Floats, v: Floats, beta: float, wind: tuple[float, float]) -> Floats:
    lat, lon, h_m = pymap3d.ecef2geodetic(*p)
    heights, log_density, sound = _air_table()
    growth = (min(max(h_m, 10.0), 1_000.0) / 10.0) ** (1.0 / 7.0)
    through = v - np.array(pymap3d.enu2uvw(growth * wind[0], growth * wind[1], 0.0, lat, lon))
    speed = float(np.linalg.norm(through))
    mach = speed / np.interp(h_m, heights, sound)
    shape = 0.45 + 0.55 * 0.5 * (1.0 + math.tanh((mach - 1.0) / 0.12)) + 0.1 * math.exp(-(((mach - 1.15) / 0.3) ** 2))
    density = math.exp(np.interp(h_m, heights, log_density))
    return np.asarray(-density * speed * shape / (2.0 * beta) * through)


def dop853_flight(shot: Shot) -> EarthFrameFlight:
    """Impact of a flight from (LAT_DEG, LON_DEG) at height 0, by DOP853 in the Earth-fixed frame.

    Assumes: WGS 84 with J2, ISO 2533 air, wind by the seventh-root law; an infinite coefficient flies without air.
    """
    from scipy.integrate import solve_ivp

    def rates(_t: float, y: Floats) -> Floats:
        p, v = y[:3], y[3:]
        a = _attraction(p) - np.cross(_SPIN, np.cross(_SPIN, p)) - 2.0 * np.cross(_SPIN, v)
        if math.isfinite(shot.beta_kgpm2):
            a = a + _drag(p, v, shot.beta_kgpm2, shot.wind_mps)
        return np.concatenate([v, a])

    def ground(t: float, y: Floats) -> float:
        return float(pymap3d.ecef2geodetic(*y[:3])[2]) if t > 1.0 else 1.0

    ground.terminal = True  # type: ignore[attr-defined]
    el, az = math.radians(shot.elevation_deg), math.radians(shot.azimuth_deg)
    enu = shot.speed_mps * np.array([math.cos(el) * math.sin(az), math.cos(el) * math.cos(az), math.sin(el)])
    p0 = np.array(pymap3d.geodetic2ecef(LAT_DEG, LON_DEG, 0.0))
    v0 = np.array(pymap3d.enu2uvw(*enu, LAT_DEG, LON_DEG))
    out = solve_ivp(
        rates, (0.0, 1_000.0), np.concatenate([p0, v0]), "DOP853", events=ground, rtol=1e-10, atol=1e-6, max_step=2.0
    )
    end = out.y_events[0][0]
    pos = np.array(pymap3d.ecef2enu(*end[:3], LAT_DEG, LON_DEG, 0.0))
    vel = np.array(pymap3d.ecef2enuv(*end[3:], LAT_DEG, LON_DEG))
    return EarthFrameFlight(float(out.t_events[0][0]), pos, vel)


_RANGES_M = np.arange(500.0, 2_501.0, 500.0)
_SPEED_MPS, _ELEVATION_DEG, _COEFFICIENT = 800.0, 3.0, 0.3
_POUND_PER_SQUARE_INCH_KGPM2 = 0.45359237 / 0.0254**2
_STEP_S = 0.005


def _peer() -> Any:
    logging.getLogger("py_balcalc").setLevel(logging.WARNING)  # it says which engine it takes
    return importlib.import_module("py_ballisticcalc")


def _air_at_the_ground() -> Any:
    pbc = _peer()
    return pbc.Atmo.icao(pbc.Distance.Meter(0.0))


def projectile_by_peer() -> Floats:
    """A G7 projectile at 500 to 2,500 m by py-ballisticcalc: rows of range [m], time [s], speed [m/s], height [m]."""
    pbc = _peer()
    shot = pbc.Shot(
        ammo=pbc.Ammo(pbc.DragModel(_COEFFICIENT, pbc.TableG7), mv=pbc.Velocity.MPS(_SPEED_MPS)),
        weapon=pbc.Weapon(sight_height=pbc.Distance.Meter(0.0)),
        relative_angle=pbc.Angular.Degree(_ELEVATION_DEG),
        atmo=_air_at_the_ground(),
    )
    engine = pbc.Calculator(engine="python+rk4")
    fired = engine.fire(shot, trajectory_range=pbc.Distance.Meter(2_500.0), trajectory_step=pbc.Distance.Meter(500.0))
    metre = pbc.Distance.Meter
    rows = [(row.distance >> metre, row.time, row.velocity >> pbc.Velocity.MPS, row.height >> metre) for row in fired]
    return np.array(rows)[1:]


def projectile_by_us() -> Floats:
    """The same rows by our equations, without the Earth's turning, where gravity is 9.80665 m/s2."""
    from scipy.interpolate import PchipInterpolator
    from scipy.optimize import brentq

    table = _peer().TableG7
    mach = np.exp(np.linspace(math.log(0.3), math.log(4.0), 4_001))
    g7 = PchipInterpolator([row["Mach"] for row in table], [row["CD"] for row in table])(mach)
    lat_rad = float(brentq(lambda lat: normal_gravity_mps2(lat, 50.0) - 9.80665, 0.6, 1.0))
    world: World = make_world("matched", 1, 0, math.degrees(lat_rad))._replace(
        coriolis_radps=0.0,
        log_density=np.array([[math.log(_air_at_the_ground().density_ratio), 0.0]]),  # a real gas is 0.04 % denser
        log_mach=np.log(mach),
        log_drag=np.log(g7 / drag_curve(mach))[None, :],
    )
    # a = rho v^2 CD (pi / 8) / C with C = m / d^2, so that beta = C 4 / pi
    log_beta = math.log(_COEFFICIENT * _POUND_PER_SQUARE_INCH_KGPM2 * 4.0 / math.pi)
    elevation = math.radians(_ELEVATION_DEG)
    state = (0.0, 0.0, 0.0, _SPEED_MPS * math.cos(elevation), 0.0, _SPEED_MPS * math.sin(elevation))
    rows = [(0.0, 0.0, _SPEED_MPS, 0.0)]
    while rows[-1][0] < _RANGES_M[-1]:
        state = fly_step(world, 0, log_beta, state, _STEP_S)
        rows.append((state[0], len(rows) * _STEP_S, math.hypot(*state[3:]), state[2]))
    path = np.array(rows)
    return np.column_stack([_RANGES_M, *(np.interp(_RANGES_M, path[:, 0], path[:, k]) for k in (1, 2, 3))])

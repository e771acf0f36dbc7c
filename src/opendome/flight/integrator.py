"""Reference flight of a point mass over the rotating ellipsoid.

The state is kept in the east-north-up frame of the launch point, which turns with the Earth. Forces: attraction of
the ellipsoid (central term and J2) with the centrifugal and Coriolis terms, and drag in the standard atmosphere
against the air, which may move (`atmosphere.wind_growth`). The ground is the surface at the launch point's height above
the ellipsoid, so the Earth is curved. Runge-Kutta of order four with fixed steps; the last step is shortened by
Newton's method to end on the ground.

The integrator runs forward only: from a start to where it ends. It exists for tests and teaching and to make the class
tables; there is no inverse.

Left out: powered flight, lift, spin, geoid and terrain, air other than standard.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.flight.atmosphere import air, wind_growth
from opendome.flight.drag import drag_rate_ps
from opendome.flight.gravity import (
    EARTH_RATE_RADPS,
    ECCENTRICITY_SQUARED,
    gravitation_ecef_mps2,
    height_from_ecef_m,
    prime_vertical_radius_m,
)

__all__ = ["Trajectory", "fly"]

DEFAULT_LAT_RAD = math.radians(31.5)
DEFAULT_STEP_S = 0.2
LONGEST_S = 1_800.0
FASTEST_MPS = 3_000.0
EARTH_RADIUS_M = 6_371_000.0
"""Mean radius, used only to keep a steady wind level along the curved ground."""

State = tuple[float, float, float, float, float, float]
"""East, north, up [m] and their rates [m/s] in the frame of the launch point."""


class Site(NamedTuple):
    """What stays constant in one flight; plain floats, so that compiled code can take it."""

    sin_lat: float
    cos_lat: float
    axis_m: float
    polar_m: float
    ground_h_hae_m: float
    coriolis_radps: float
    ballistic_coefficient_kgpm2: float
    wind_east_mps: float
    wind_north_mps: float


@dataclass(frozen=True)
class Trajectory:
    """A flight from launch to the ground, in the east-north-up frame of the launch point.

    ``t_s`` (n,) time since launch [s]; ``pos_enu_m`` (n, 3) position [m]; ``vel_enu_mps`` (n, 3) velocity [m/s].
    The first row is the launch, the last lies on the ground. The frame is a plane tangent to the Earth, so on the
    ground far away the third component is negative.
    """

    t_s: NDArray[np.float64]
    pos_enu_m: NDArray[np.float64]
    vel_enu_mps: NDArray[np.float64]


def make_site(
    *,
    lat_rad: float,
    h_hae_m: float,
    ballistic_coefficient_kgpm2: float,
    coriolis_radps: float = EARTH_RATE_RADPS,
    wind_east_mps: float = 0.0,
    wind_north_mps: float = 0.0,
) -> Site:
    """Gather the constants of a flight; an infinite ballistic coefficient means no air."""
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    radius_m = float(prime_vertical_radius_m(sin_lat))
    return Site(
        sin_lat=sin_lat,
        cos_lat=cos_lat,
        axis_m=(radius_m + h_hae_m) * cos_lat,
        polar_m=(radius_m * (1.0 - ECCENTRICITY_SQUARED) + h_hae_m) * sin_lat,
        ground_h_hae_m=float(h_hae_m),
        coriolis_radps=float(coriolis_radps),
        ballistic_coefficient_kgpm2=float(ballistic_coefficient_kgpm2),
        wind_east_mps=float(wind_east_mps),
        wind_north_mps=float(wind_north_mps),
    )


@njit(cache=True, nogil=True)
def height_above_ground_m(east_m: float, north_m: float, up_m: float, site: Site) -> float:
    """Height above the surface at the launch point's ellipsoidal height [m]."""
    x_m = site.axis_m - north_m * site.sin_lat + up_m * site.cos_lat
    z_m = site.polar_m + north_m * site.cos_lat + up_m * site.sin_lat
    return height_from_ecef_m(x_m, east_m, z_m) - site.ground_h_hae_m


@njit(cache=True, nogil=True)
def _gravity_enu(state: State, site: Site) -> tuple[float, float, float]:
    """Attraction, centrifugal and Coriolis acceleration [m/s2], east-north-up."""
    east_m, north_m, up_m, v_east, v_north, v_up = state
    x_m = site.axis_m - north_m * site.sin_lat + up_m * site.cos_lat
    z_m = site.polar_m + north_m * site.cos_lat + up_m * site.sin_lat
    a_x, a_east, a_z = gravitation_ecef_mps2(x_m, east_m, z_m)
    spin2 = EARTH_RATE_RADPS * EARTH_RATE_RADPS
    v_x = v_up * site.cos_lat - v_north * site.sin_lat
    a_x += spin2 * x_m + 2.0 * site.coriolis_radps * v_east
    a_east += spin2 * east_m - 2.0 * site.coriolis_radps * v_x
    return a_east, a_z * site.cos_lat - a_x * site.sin_lat, a_x * site.cos_lat + a_z * site.sin_lat


@njit(cache=True, nogil=True)
def _rates(state: State, site: Site) -> State:
    """Time derivative of the state."""
    east_m, north_m, up_m, v_east, v_north, v_up = state
    a_east, a_north, a_up = _gravity_enu(state, site)
    if site.ballistic_coefficient_kgpm2 < math.inf:
        above_m = height_above_ground_m(east_m, north_m, up_m, site)
        density, sound_mps = air(above_m + site.ground_h_hae_m)
        r_east, r_north, r_up = v_east, v_north, v_up
        if site.wind_east_mps != 0.0 or site.wind_north_mps != 0.0:
            growth = wind_growth(above_m)
            r_east -= growth * site.wind_east_mps
            r_north -= growth * site.wind_north_mps
            r_up += growth * (site.wind_east_mps * east_m + site.wind_north_mps * north_m) / EARTH_RADIUS_M
        speed_mps = math.sqrt(r_east * r_east + r_north * r_north + r_up * r_up)
        rate = drag_rate_ps(density, speed_mps, sound_mps, site.ballistic_coefficient_kgpm2)
        a_east, a_north, a_up = a_east - rate * r_east, a_north - rate * r_north, a_up - rate * r_up
    return v_east, v_north, v_up, a_east, a_north, a_up


@njit(cache=True, nogil=True)
def _moved(state: State, rates: State, dt_s: float) -> State:
    """State carried on at constant rates."""
    return (
        state[0] + dt_s * rates[0],
        state[1] + dt_s * rates[1],
        state[2] + dt_s * rates[2],
        state[3] + dt_s * rates[3],
        state[4] + dt_s * rates[4],
        state[5] + dt_s * rates[5],
    )


@njit(cache=True, nogil=True)
def rk4_step(state: State, dt_s: float, site: Site) -> State:
    """One classical Runge-Kutta step."""
    k1 = _rates(state, site)
    k2 = _rates(_moved(state, k1, 0.5 * dt_s), site)
    k3 = _rates(_moved(state, k2, 0.5 * dt_s), site)
    k4 = _rates(_moved(state, k3, dt_s), site)
    out = _moved(state, k1, dt_s / 6.0)
    out = _moved(out, k2, dt_s / 3.0)
    out = _moved(out, k3, dt_s / 3.0)
    return _moved(out, k4, dt_s / 6.0)


@njit(cache=True, nogil=True)
def _landing(state: State, step_s: float, above_m: float, below_m: float, site: Site) -> tuple[float, State]:
    """Length of the last, shortened step [s] and the state on the ground.

    ``above_m`` and ``below_m`` are the heights before and after a whole step; the secant between them starts a Newton
    iteration in which each trial is a Runge-Kutta step of the trial length.
    """
    dt_s = step_s * above_m / (above_m - below_m)
    end = rk4_step(state, dt_s, site)
    for _ in range(8):
        off_m = height_above_ground_m(end[0], end[1], end[2], site)
        if abs(off_m) < 1e-8:
            break
        ahead = _moved(end, _rates(end, site), 1e-3)
        sink_mps = (height_above_ground_m(ahead[0], ahead[1], ahead[2], site) - off_m) / 1e-3
        dt_s -= off_m / sink_mps
        end = rk4_step(state, dt_s, site)
    return dt_s, end


@njit(cache=True, nogil=True)
def run_to_ground(start: State, step_s: float, site: Site) -> tuple[float, State]:
    """Time of flight [s] and state at impact; the time is NaN if the ground is not met within half an hour."""
    state, t_s, above_m = start, 0.0, 0.0
    while t_s < LONGEST_S:
        ahead = rk4_step(state, step_s, site)
        ahead_m = height_above_ground_m(ahead[0], ahead[1], ahead[2], site)
        if ahead_m <= 0.0:
            dt_s, end = _landing(state, step_s, above_m, ahead_m, site)
            return t_s + dt_s, end
        state, t_s, above_m = ahead, t_s + step_s, ahead_m
    return math.nan, state


@njit(cache=True, nogil=True)
def record_to_ground(start: State, step_s: float, site: Site, rows: NDArray[np.float64]) -> int:
    """Like `run_to_ground`, writing time and state into ``rows`` (n_max, 7); the number of rows used, 0 if too few."""
    state, t_s, above_m = start, 0.0, 0.0
    for i_row in range(rows.shape[0] - 1):
        rows[i_row, 0] = t_s
        for i_part in range(6):
            rows[i_row, 1 + i_part] = state[i_part]
        ahead = rk4_step(state, step_s, site)
        ahead_m = height_above_ground_m(ahead[0], ahead[1], ahead[2], site)
        if ahead_m <= 0.0:
            dt_s, end = _landing(state, step_s, above_m, ahead_m, site)
            rows[i_row + 1, 0] = t_s + dt_s
            for i_part in range(6):
                rows[i_row + 1, 1 + i_part] = end[i_part]
            return i_row + 2
        state, t_s, above_m = ahead, (i_row + 1) * step_s, ahead_m
    return 0


def launch_state(speed_mps: float, elevation_rad: float, azimuth_rad: float) -> State:
    """State at the origin with a given speed, elevation above the horizontal and azimuth clockwise from north."""
    level_mps = speed_mps * math.cos(elevation_rad)
    east_mps, north_mps = level_mps * math.sin(azimuth_rad), level_mps * math.cos(azimuth_rad)
    return 0.0, 0.0, 0.0, east_mps, north_mps, speed_mps * math.sin(elevation_rad)


@njit(cache=True, nogil=True)
def safe_step_s(step_s: float, start: State, site: Site) -> float:
    """``step_s``, shortened where a whole step could pass the flight or the drag by.

    At most an eighth of the rise time without air, and half the time in which the speed would be used up at first.
    """
    rates = _rates(start, site)
    speed_mps = math.sqrt(start[3] ** 2 + start[4] ** 2 + start[5] ** 2)
    slowing_ps = math.sqrt(rates[3] ** 2 + rates[4] ** 2 + rates[5] ** 2) / speed_mps
    return min(step_s, start[5] / (8.0 * 9.8), 0.5 / slowing_ps)


LIMITS = {
    "speed_mps": (1.0, FASTEST_MPS, "metres per second"),
    "elevation_rad": (0.01, math.pi / 2.0, "radians above the horizontal"),
    "ballistic_coefficient_kgpm2": (100.0, 1e9, 'kilograms per square metre; for no air, atmosphere="vacuum"'),
    "azimuth_rad": (-2.0 * math.pi, 2.0 * math.pi, "radians clockwise from north"),
    "lat_rad": (-math.pi / 2.0, math.pi / 2.0, "radians"),
    "h_hae_m": (-1_000.0, 9_000.0, "metres above the ellipsoid"),
    "wind_east_mps": (-100.0, 100.0, "metres per second at 10 m above ground"),
    "wind_north_mps": (-100.0, 100.0, "metres per second at 10 m above ground"),
    "step_s": (1e-4, 5.0, "seconds; 0.2 is usual"),
}
"""Least, greatest and unit of the arguments of `fly`."""


def _check_arguments(values: Iterable[float]) -> None:
    """Raise CommandError for an argument of `fly`, in the order of LIMITS, that is not a number within its limits."""
    for (name, (low, high, cure)), value in zip(LIMITS.items(), values, strict=True):
        if not low <= value <= high:
            raise CommandError(f"fly: {name} is {value:g}, outside {low:g} to {high:g}; write it in {cure}")


def _recorded(start: State, step_s: float, site: Site) -> Trajectory:
    """The flight from a start, row by row; there is room for twice the time of flight without air."""
    rows = np.empty((int(min(LONGEST_S, 4.0 * start[5] / 9.8) / step_s) + 16, 7))
    n_rows = record_to_ground(start, step_s, site, rows)
    if n_rows == 0:
        raise CommandError("fly: the ground is not met within half an hour; write a lower speed_mps")
    return Trajectory(rows[:n_rows, 0].copy(), rows[:n_rows, 1:4].copy(), rows[:n_rows, 4:7].copy())


def fly(
    speed_mps: float,
    elevation_rad: float,
    ballistic_coefficient_kgpm2: float,
    azimuth_rad: float = 0.0,
    lat_rad: float = DEFAULT_LAT_RAD,
    h_hae_m: float = 0.0,
    wind_east_mps: float = 0.0,
    wind_north_mps: float = 0.0,
    atmosphere: str = "standard",
    step_s: float = DEFAULT_STEP_S,
) -> Trajectory:
    """Fly a point mass from the ground to the ground.

    Parameters
    ----------
    speed_mps : float                     speed at the start [m/s], 1 to 3000
    elevation_rad : float                 above the horizontal [rad], 0.01 to pi/2
    ballistic_coefficient_kgpm2 : float   supersonic ballistic coefficient [kg/m2], see `opendome.flight.drag`
    azimuth_rad : float                   clockwise from true north [rad]
    lat_rad : float                       geodetic latitude of the start [rad]
    h_hae_m : float                       height of start and ground above the ellipsoid [m]
    wind_east_mps, wind_north_mps : float wind blowing towards east and north of the start, 10 m above ground [m/s]; it
                                          grows with height as `opendome.flight.atmosphere.wind_growth`
    atmosphere : "standard" or "vacuum"
    step_s : float                        longest integration step [s]

    Returns
    -------
    Trajectory    times (n,) [s], positions (n, 3) [m] and velocities (n, 3) [m/s], east-north-up at the start; the
                  last row lies on the ground

    Raises
    ------
    CommandError  for an argument outside LIMITS, naming it

    Assumes: no thrust, lift or spin; standard air; no terrain; see the module's text.
    Valid for: heights to about 86 km. With the default step the impact is within 0.05 m of the exact solution of the
    same equations up to 70 km (tested; measured 0.011 m, and 0.04 m in a wind).

    >>> flight = fly(340.0, 0.87, 6_000.0)
    >>> print(f"{flight.t_s[-1]:.0f} s")
    47 s
    """
    level = (azimuth_rad, lat_rad, h_hae_m, wind_east_mps, wind_north_mps)
    _check_arguments((speed_mps, elevation_rad, ballistic_coefficient_kgpm2, *level, step_s))
    if atmosphere not in ("standard", "vacuum"):
        raise CommandError(f'fly: atmosphere is {atmosphere!r}; write "standard" or "vacuum"')
    site = make_site(
        lat_rad=lat_rad,
        h_hae_m=h_hae_m,
        ballistic_coefficient_kgpm2=math.inf if atmosphere == "vacuum" else ballistic_coefficient_kgpm2,
        wind_east_mps=wind_east_mps,
        wind_north_mps=wind_north_mps,
    )
    start = launch_state(float(speed_mps), float(elevation_rad), float(azimuth_rad))
    return _recorded(start, safe_step_s(float(step_s), start, site), site)

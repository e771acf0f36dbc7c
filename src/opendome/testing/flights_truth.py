"""True flights and noisy plots for studies of the tracker: many at once, each under its own wrong air and drag.

The point mass flies over the rotating ellipsoid as in `opendome.flight.integrator`, in the east-north-up frame of the
scenario's origin, but with a wind, density and drag curve of its own and with the process noise drawn. It shares with
the tracker's motion model the standard atmosphere and the nominal drag curve and nothing else: gravity is taken in
Earth-fixed coordinates, the air from the closed formulas, the steps are a quarter of a second.

Four generic classes by range (10, 20, 40, 70 km); launch speed, elevation and ballistic coefficient are spread about
the class, the bearing of the launch point is any. The radar stands at the origin; the nominal aim point lies 4 km from
it towards the launch point and 2 km aside. `CASES` lists what can be wrong. Every number is drawn by keyed Philox from
(seed, run), so a run is the same however many are flown.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.philox import normal_pair, stream_key, uniform_four
from opendome.base.polar import to_polar
from opendome.base.types import PLOT
from opendome.flight.atmosphere import air
from opendome.flight.drag import drag_factor
from opendome.flight.gravity import (
    EARTH_RATE_RADPS,
    ECCENTRICITY_SQUARED,
    gravitation_ecef_mps2,
    height_from_ecef_m,
    prime_vertical_radius_m,
)
from opendome.testing.true_errors import MACH_GRID, WIND_GRID_M, draw_errors

__all__ = ["CLASSES", "Flights", "RangeClass", "World", "fly_one", "make_flights", "make_world"]

STEP_S = 0.25
LONGEST_S = 400.0
EARTH_RADIUS_M = 6_371_000.0
AIM_AHEAD_M, AIM_ASIDE_M = 4_000.0, 2_000.0
FIRST_PLOT_S = 2.0
ORIGIN_LAT_DEG = 31.5
ACCELERATION_NOISE_M2PS3 = 0.002
_LAUNCH, _PROCESS, _PLOT, _SEEN = 1_001, 1_002, 1_003, 1_004
"""Purposes of the draws; those of the product stay below 1000."""


class RangeClass(NamedTuple):
    """A generic class: nominal range [m], launch speed [m/s] that covers it at 50 degrees, ballistic coefficient."""

    range_m: float
    speed_mps: float
    beta_kgpm2: float


CLASSES = {
    10: RangeClass(10_000.0, 409.679, 6_000.0),
    20: RangeClass(20_000.0, 720.714, 8_000.0),
    40: RangeClass(40_000.0, 1_114.714, 10_000.0),
    70: RangeClass(70_000.0, 1_399.822, 12_000.0),
}
"""Classes by range in kilometres; all numbers are generic."""


class World(NamedTuple):
    """What the flights of a study fly through; the first axis of the arrays is the run.

    ``wind_mps`` (n, 2, k) towards east and north on the grid of heights ``wind_grid_m`` (k,), uniform from 0;
    ``log_density`` (n, 2) natural logarithm of the factor on the density at height 0, and its change per 10 km;
    ``log_drag`` (n, j) that of the factor on the drag curve on ``log_mach`` (j,), uniform, held at its ends.
    """

    sin_lat: float
    cos_lat: float
    axis_m: float
    polar_m: float
    coriolis_radps: float
    wind_grid_m: NDArray[np.float64]
    wind_mps: NDArray[np.float64]
    log_density: NDArray[np.float64]
    log_mach: NDArray[np.float64]
    log_drag: NDArray[np.float64]


class Flights(NamedTuple):
    """Flights of a study; ``n`` runs with at most ``m`` plots each.

    ``plots`` (n, m) PLOT in order of time, ``n_plots`` (n,) of them used; ``truth`` (n, m, 7) east, north, up [m],
    their rates [m/s] and ln ballistic coefficient at the times of the plots; ``impact`` (n, 8) time [s] and those seven
    where the height above the ellipsoid is 0; ``bias`` (n, 3) what was added to every range [m], azimuth and elevation
    [rad] of the run.
    """

    plots: NDArray[np.void]
    n_plots: NDArray[np.int64]
    truth: NDArray[np.float64]
    impact: NDArray[np.float64]
    bias: NDArray[np.float64]


@inlined_kernel
def _on_grid(values, first, step, at):
    """Value at a place on a uniform grid, linear between, held at the ends."""
    place = min(max((at - first) / step, 0.0), values.size - 1.0)
    i_low = min(int(place), values.size - 2)
    share = place - i_low
    return values[i_low] * (1.0 - share) + values[i_low + 1] * share


@kernel
def height_m(world, east_m, north_m, up_m):
    """Height above the ellipsoid [m] of a point in the frame of the origin."""
    x_m = world.axis_m - north_m * world.sin_lat + up_m * world.cos_lat
    z_m = world.polar_m + north_m * world.cos_lat + up_m * world.sin_lat
    return height_from_ecef_m(x_m, east_m, z_m)


@kernel
def _rates(world, i_run, log_beta, state):
    """Time derivative of position and velocity."""
    east_m, north_m, up_m, v_east, v_north, v_up = state
    x_m = world.axis_m - north_m * world.sin_lat + up_m * world.cos_lat
    z_m = world.polar_m + north_m * world.cos_lat + up_m * world.sin_lat
    a_x, a_east, a_z = gravitation_ecef_mps2(x_m, east_m, z_m)
    spin2 = EARTH_RATE_RADPS * EARTH_RATE_RADPS
    a_x += spin2 * x_m + 2.0 * world.coriolis_radps * v_east
    a_east += spin2 * east_m - 2.0 * world.coriolis_radps * (v_up * world.cos_lat - v_north * world.sin_lat)
    a_north = a_z * world.cos_lat - a_x * world.sin_lat
    a_up = a_x * world.cos_lat + a_z * world.sin_lat
    above_m = height_from_ecef_m(x_m, east_m, z_m)
    density, sound_mps = air(above_m)
    density *= math.exp(world.log_density[i_run, 0] + world.log_density[i_run, 1] * above_m / 10_000.0)
    grid_m = world.wind_grid_m
    w_east = _on_grid(world.wind_mps[i_run, 0], 0.0, grid_m[1], above_m)
    w_north = _on_grid(world.wind_mps[i_run, 1], 0.0, grid_m[1], above_m)
    r_east, r_north = v_east - w_east, v_north - w_north
    r_up = v_up + (w_east * east_m + w_north * north_m) / EARTH_RADIUS_M
    speed_mps = math.sqrt(r_east * r_east + r_north * r_north + r_up * r_up)
    mach = speed_mps / sound_mps
    first = world.log_mach[0]
    off = _on_grid(world.log_drag[i_run], first, world.log_mach[1] - first, math.log(max(mach, 1e-3)))
    rate = density * speed_mps * drag_factor(mach) * math.exp(off - log_beta) / 2.0
    return v_east, v_north, v_up, a_east - rate * r_east, a_north - rate * r_north, a_up - rate * r_up


@inlined_kernel
def _moved(state, rates, dt_s):
    return (
        state[0] + dt_s * rates[0],
        state[1] + dt_s * rates[1],
        state[2] + dt_s * rates[2],
        state[3] + dt_s * rates[3],
        state[4] + dt_s * rates[4],
        state[5] + dt_s * rates[5],
    )


@kernel
def fly_step(world, i_run, log_beta, state, dt_s):
    """One classical Runge-Kutta step of (east, north, up, their rates)."""
    k1 = _rates(world, i_run, log_beta, state)
    k2 = _rates(world, i_run, log_beta, _moved(state, k1, 0.5 * dt_s))
    k3 = _rates(world, i_run, log_beta, _moved(state, k2, 0.5 * dt_s))
    k4 = _rates(world, i_run, log_beta, _moved(state, k3, dt_s))
    return _moved(_moved(_moved(_moved(state, k1, dt_s / 6.0), k2, dt_s / 3.0), k3, dt_s / 3.0), k4, dt_s / 6.0)


@kernel
def _landing(world, i_run, log_beta, state, above_m, whole_s, below_m):
    """Length of the last, shortened step [s] and the state on the ground, by the secant method."""
    low_s, low_m, high_s, high_m = 0.0, above_m, whole_s, below_m
    end, dt_s = state, 0.0
    for _ in range(20):
        dt_s = low_s + (high_s - low_s) * low_m / (low_m - high_m)
        end = fly_step(world, i_run, log_beta, state, dt_s)
        off_m = height_m(world, end[0], end[1], end[2])
        if abs(off_m) < 1e-6:
            break
        if off_m > 0.0:
            low_s, low_m = dt_s, off_m
        else:
            high_s, high_m = dt_s, off_m
    return dt_s, end


@inlined_kernel
def _four_normals(key, run, a, b):
    u0, u1, u2, u3 = uniform_four(key, run, a, b, 0)
    n0, n1 = normal_pair(u0, u1)
    n2, n3 = normal_pair(u2, u3)
    return n0, n1, n2, n3


@kernel
def _look(radar, state, bias, key, run, n_looks, plot):
    """Fill a plot of a state with the radar's own errors; the elevation without them [rad]."""
    range_m, azimuth, elevation, rate_mps = to_polar(radar, state[0], state[1], state[2], state[3], state[4], state[5])
    n0, n1, n2, n3 = _four_normals(key, run, n_looks, 0)
    plot.range_m = range_m + bias[0] + radar.range_floor_m * n0
    plot.azimuth_rad = (azimuth + bias[1] + radar.angle_floor_rad * n1) % (2.0 * math.pi)
    plot.elevation_rad = elevation + bias[2] + radar.angle_floor_rad * n2
    plot.range_rate_mps = math.nan
    if radar.range_rate_resolution_mps > 0.0:
        plot.range_rate_mps = rate_mps + radar.range_rate_floor_mps * n3
    plot.var_range_m2 = radar.range_floor_m**2
    plot.var_azimuth_rad2 = radar.angle_floor_rad**2
    plot.var_elevation_rad2 = radar.angle_floor_rad**2
    plot.var_range_rate_m2ps2 = radar.range_rate_floor_mps**2
    return elevation


@kernel
def fly_one(world, i_run, run, radar, p_detection, noise_m2ps3, phase_s, start, keys, flights):
    """Fly run ``run`` from ``start`` (7,) to the ground; fill row ``i_run`` of ``flights``. False if it never lands."""
    state = (start[0], start[1], start[2], start[3], start[4], start[5])
    log_beta, t_s, above_m, n_steps = start[6], 0.0, 1.0, 0
    n_plots, per_look = 0, round(radar.revisit_s / STEP_S)
    flights.n_plots[i_run] = 0
    while t_s < LONGEST_S:
        dt_s = phase_s if n_steps == 0 else STEP_S
        ahead = fly_step(world, i_run, log_beta, state, dt_s)
        ahead_m = height_m(world, ahead[0], ahead[1], ahead[2])
        if ahead_m <= 0.0 and t_s > FIRST_PLOT_S:
            last_s, end = _landing(world, i_run, log_beta, state, above_m, dt_s, ahead_m)
            flights.impact[i_run, 0], flights.impact[i_run, 7] = t_s + last_s, log_beta
            for k in range(6):
                flights.impact[i_run, 1 + k] = end[k]
            return True
        n0, n1, n2, _ = _four_normals(keys[0], run, n_steps, 0)
        kick = math.sqrt(noise_m2ps3 * dt_s)
        half = 0.5 * dt_s * kick
        pushed = (half * n0, half * n1, half * n2, kick * n0, kick * n1, kick * n2)
        state, above_m, t_s = _moved(ahead, pushed, 1.0), ahead_m, t_s + dt_s
        if n_steps % per_look == 0 and t_s >= FIRST_PLOT_S and n_plots < flights.plots.shape[1]:
            plot = flights.plots[i_run, n_plots]
            plot.t_s = t_s
            seen, _, _, _ = uniform_four(keys[2], run, n_steps, 0, 0)
            elevation = _look(radar, state, flights.bias[i_run], keys[1], run, n_steps, plot)
            if elevation > radar.min_elevation_rad and (seen < p_detection or n_plots < 3):
                for k in range(6):
                    flights.truth[i_run, n_plots, k] = state[k]
                flights.truth[i_run, n_plots, 6] = log_beta
                n_plots += 1
                flights.n_plots[i_run] = n_plots
        n_steps += 1
    return False


@kernel
def _launch(key, run, shape, spread, start, bias, radar):
    """Fill the launch state (7,) and the biases (3,) of a run; the time of the first look [s]."""
    range_m, speed_mps, log_beta = shape
    n0, n1, n2, n3 = _four_normals(key, run, 0, 0)
    n4, _, _, _ = _four_normals(key, run, 1, 0)
    u0, u1, u2, _ = uniform_four(key, run, 2, 0, 0)
    bearing = 2.0 * math.pi * u0
    ahead_m, aside_m = AIM_AHEAD_M + range_m, AIM_ASIDE_M
    start[0] = ahead_m * math.sin(bearing) + aside_m * math.cos(bearing)
    start[1] = ahead_m * math.cos(bearing) - aside_m * math.sin(bearing)
    start[2] = -(start[0] ** 2 + start[1] ** 2) / (2.0 * EARTH_RADIUS_M)
    elevation = math.radians(50.0 + spread * 8.0 * (u1 - 0.5))
    speed = speed_mps * (1.0 + 0.03 * spread * n0)
    start[3] = -speed * math.cos(elevation) * math.sin(bearing)
    start[4] = -speed * math.cos(elevation) * math.cos(bearing)
    start[5] = speed * math.sin(elevation)
    start[6] = log_beta + 0.25 * spread * n1
    bias[0], bias[1], bias[2] = radar.bias_range_m * n2, radar.bias_azimuth_rad * n3, radar.bias_elevation_rad * n4
    return STEP_S * (1e-3 + u2)


@kernel
def fly_all(world, first_run, radar, p_detection, noise_m2ps3, shape, spread, keys, start, flights):
    """Fly every run; the number of those that landed."""
    n_landed = 0
    for i_run in range(flights.n_plots.size):
        run = first_run + i_run
        phase_s = _launch(keys[3], run, shape, spread, start, flights.bias[i_run], radar)
        n_landed += fly_one(world, i_run, run, radar, p_detection, noise_m2ps3, phase_s, start, keys, flights)
    return n_landed


def make_world(case: str, n_runs: int, seed: int, lat_deg: float = ORIGIN_LAT_DEG, first_run: int = 0) -> World:
    """The air and drag of ``n_runs`` flights: one of the cases of `opendome.testing.true_errors.CASES`."""
    lat_rad = math.radians(lat_deg)
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    radius_m = float(prime_vertical_radius_m(sin_lat))
    errors = draw_errors(case, n_runs, seed, first_run)
    return World(
        sin_lat=sin_lat,
        cos_lat=cos_lat,
        axis_m=radius_m * cos_lat,
        polar_m=radius_m * (1.0 - ECCENTRICITY_SQUARED) * sin_lat,
        coriolis_radps=EARTH_RATE_RADPS,
        wind_grid_m=WIND_GRID_M,
        wind_mps=errors.wind_mps,
        log_density=errors.log_density,
        log_mach=np.log(MACH_GRID),
        log_drag=errors.log_drag,
    )


def empty_flights(n_runs: int, n_plots: int) -> Flights:
    """Room for flights."""
    return Flights(
        plots=np.zeros((n_runs, n_plots), PLOT),
        n_plots=np.zeros(n_runs, np.int64),
        truth=np.zeros((n_runs, n_plots, 7)),
        impact=np.zeros((n_runs, 8)),
        bias=np.zeros((n_runs, 3)),
    )


def stream_keys(seed: int) -> NDArray[np.uint64]:
    """Keys of process noise, plots, detection and launch (4,)."""
    return np.array([stream_key(seed, purpose) for purpose in (_PROCESS, _PLOT, _SEEN, _LAUNCH)], np.uint64)


def make_flights(
    class_km: int,
    n_runs: int,
    seed: int,
    radar: np.void,
    case: str = "matched",
    *,
    p_detection: float = 1.0,
    noise_m2ps3: float = ACCELERATION_NOISE_M2PS3,
    spread: float = 1.0,
    first_run: int = 0,
) -> Flights:
    """Fly a class ``n_runs`` times and look at it with a radar.

    Parameters
    ----------
    class_km : int           10, 20, 40 or 70
    n_runs : int             flights
    seed : int               of the study; run r of a seed is always the same flight
    radar : record of RADAR  ``angle_floor_rad``, ``range_floor_m``, ``revisit_s`` (a multiple of 0.25 s),
                             ``min_elevation_rad`` and the three ``bias_...`` are used; a bias is drawn per run
    case : str               what is wrong in the true world, see `opendome.testing.true_errors.CASES`
    p_detection : float      of each look after the first three plots
    noise_m2ps3 : float      density of the process noise on the acceleration, per axis
    spread : float           1: launch speed 3 % (standard deviation), elevation 46-54 degrees (uniform), ln ballistic
                             coefficient 0.25 (standard deviation); 0: the nominal launch
    first_run : int          number of the first run

    Returns
    -------
    Flights    looks begin 2 s after launch at the earliest, and above the radar's least elevation

    Raises
    ------
    CommandError    for an unknown class or case
    """
    if class_km not in CLASSES:
        raise CommandError(f"make_flights: class_km is {class_km}; write one of {', '.join(map(str, CLASSES))}")
    range_class = CLASSES[class_km]
    world = make_world(case, n_runs, seed, first_run=first_run)
    n_most = int(1.5 * (30.0 + 1.7 * range_class.range_m / 1_000.0) / float(radar["revisit_s"])) + 20
    flights = empty_flights(n_runs, n_most)
    shape = (range_class.range_m, range_class.speed_mps, math.log(range_class.beta_kgpm2))
    n_landed = fly_all(
        world, first_run, radar, p_detection, noise_m2ps3, shape, spread, stream_keys(seed), np.zeros(7), flights
    )
    if n_landed != n_runs:
        raise CommandError(f"make_flights: {n_runs - n_landed} flights did not land within {LONGEST_S:g} s")
    return flights

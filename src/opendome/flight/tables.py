"""Class tables: what a shot of a class looks like for each range, for quick look-up.

A table holds, on a uniform grid of ranges, the time of flight and the shape of the path: the ground distance as a share
of the range and the height, both on a uniform grid of the share of the flight time that has passed. Each row is one
flight of the reference integrator at the class's fixed, generic elevation, with whatever speed covers that range; the
speed is found here privately and is not kept.

Made for latitude 31.5 degrees, northward, ground at height 0, no wind, and without the Coriolis force, so that the
ground track is straight: its push belongs to the spread of the truth around the table. Distances are along the curved
ground.

Look-up: linear in range (of the squared time, the share of the distance and the height), cubic in time. Outside the
grid of ranges the nearest row keeps its shape: height and distance grow with the range, time with its square root,
which is exact without air.

The look-ups are compiled, take the tables as they are, and come in two forms: `table_...` for one table and
`class_...` for a stack of tables with the class as leading axis, which is the quicker one (no views are made). They are
compiled without Python's checks for division by zero (four times quicker): the divisors are a first range above 0 and
the span of a grid, which `class_table` makes sure of.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.kernels import inlined_kernel
from opendome.flight.gravity import ECCENTRICITY_SQUARED, SEMI_MAJOR_M
from opendome.flight.integrator import (
    DEFAULT_LAT_RAD,
    FASTEST_MPS,
    Site,
    State,
    height_above_ground_m,
    make_site,
    rk4_step,
    run_to_ground,
    safe_step_s,
)

__all__ = [
    "FlightTable",
    "FlightTables",
    "class_point",
    "class_table",
    "class_tof_s",
    "class_wind_s",
    "place_in_range",
    "stack_tables",
    "table_point",
    "table_tof_s",
    "table_wind_s",
]

SEARCH_STEPS = 320
"""Integration steps in one flight without air; with air a flight takes fewer."""
PROBE_WIND_MPS = 2.0
"""Wind at 10 m used to measure the wind sensitivities."""


class FlightTable(NamedTuple):
    """One class. ``n`` ranges, ``m`` shares of the flight time.

    ``range_m`` (n,) uniform grid of ranges along the ground [m]; ``tof_s`` (n,) time of flight [s]; ``down_frac``
    (n, m) ground distance over range [-]; ``height_m`` (n, m) height above ground [m]; ``wind_along_s`` and
    ``wind_cross_s`` (n,) shift of the impact per wind at 10 m, along and across the track [m per m/s, that is s], for a
    wind that grows with height as `opendome.flight.atmosphere.wind_growth`.
    """

    range_m: NDArray[np.float64]
    tof_s: NDArray[np.float64]
    down_frac: NDArray[np.float64]
    height_m: NDArray[np.float64]
    wind_along_s: NDArray[np.float64]
    wind_cross_s: NDArray[np.float64]


class FlightTables(NamedTuple):
    """Several classes: the fields of `FlightTable`, each with a leading class axis."""

    range_m: NDArray[np.float64]
    tof_s: NDArray[np.float64]
    down_frac: NDArray[np.float64]
    height_m: NDArray[np.float64]
    wind_along_s: NDArray[np.float64]
    wind_cross_s: NDArray[np.float64]


@njit(cache=True, nogil=True)
def _ground_m(level_m: float, up_m: float, radius_m: float) -> float:
    """Distance along the ground to the foot of a point, given level and up in the tangent frame [m]."""
    return radius_m * math.atan2(level_m, radius_m + up_m)


@njit(cache=True, nogil=True)
def _start(speed_mps: float, elevation_rad: float, site: Site) -> tuple[State, float]:
    """State at launch, due north, and the integration step [s] for it."""
    state = (0.0, 0.0, 0.0, 0.0, speed_mps * math.cos(elevation_rad), speed_mps * math.sin(elevation_rad))
    return state, safe_step_s(2.0 * state[5] / 9.8 / SEARCH_STEPS, state, site)


@njit(cache=True, nogil=True)
def _trial(speed_mps: float, elevation_rad: float, site: Site, radius_m: float) -> tuple[float, float, float]:
    """Range [m], sideways shift [m] and time of flight [s] of a flight due north."""
    state, step_s = _start(speed_mps, elevation_rad, site)
    tof_s, end = run_to_ground(state, step_s, site)
    return _ground_m(end[1], end[2], radius_m), end[0], tof_s


@njit(cache=True, nogil=True)
def _speed_covering(range_m: float, guess_mps: float, elevation_rad: float, site: Site, radius_m: float) -> float:
    """Speed whose range is ``range_m`` at the elevation (secant method kept in a bracket); NaN beyond 3000 m/s."""
    low_mps, high_mps = 0.0, FASTEST_MPS
    speed_mps, last_mps, last_off_m = guess_mps, 0.0, 0.0
    for _ in range(60):
        off_m = _trial(speed_mps, elevation_rad, site, radius_m)[0] - range_m
        if abs(off_m) < 1e-3:
            return speed_mps
        if off_m < 0.0:
            low_mps = speed_mps
        else:
            high_mps = speed_mps
        slope_s = 2.0 * (off_m + range_m) / speed_mps
        if last_mps > 0.0 and speed_mps != last_mps:
            slope_s = (off_m - last_off_m) / (speed_mps - last_mps)
        last_mps, last_off_m = speed_mps, off_m
        speed_mps = speed_mps - off_m / slope_s if slope_s > 0.0 else high_mps
        if not low_mps < speed_mps < high_mps:
            speed_mps = 0.5 * (low_mps + high_mps)
    return math.nan


@njit(cache=True, nogil=True)
def _sample(
    speed_mps: float,
    elevation_rad: float,
    tof_s: float,
    site: Site,
    radius_m: float,
    down_frac: NDArray[np.float64],
    height_m: NDArray[np.float64],
) -> None:
    """Fill the share of the ground distance and the height (m,) at equal steps of time from launch to impact."""
    state, step_s = _start(speed_mps, elevation_rad, site)
    n_time = down_frac.size
    n_sub = math.ceil(tof_s / ((n_time - 1) * step_s))
    dt_s = tof_s / ((n_time - 1) * n_sub)
    for i_time in range(n_time):
        down_frac[i_time] = _ground_m(state[1], state[2], radius_m)
        height_m[i_time] = height_above_ground_m(state[0], state[1], state[2], site)
        for _ in range(n_sub):
            state = rk4_step(state, dt_s, site)
    down_frac /= down_frac[n_time - 1]
    height_m[0] = height_m[n_time - 1] = 0.0


@njit(cache=True, nogil=True)
def _fill_table(table: FlightTable, elevation_rad: float, air: tuple[Site, Site, Site, Site], radius_m: float) -> int:
    """Fill every row of ``table`` but its ranges; index of the first row out of reach, or -1.

    ``air`` holds the site with still air and with the probing wind from behind, from ahead and from the side.
    """
    still, behind, ahead, side = air
    speed_mps = math.sqrt(9.8 * table.range_m[0] / math.sin(2.0 * elevation_rad))
    for i_range in range(table.range_m.size):
        guess_mps = min(speed_mps, 0.9 * FASTEST_MPS)
        speed_mps = _speed_covering(table.range_m[i_range], guess_mps, elevation_rad, still, radius_m)
        if not speed_mps > 0.0:
            return i_range
        tof_s = _trial(speed_mps, elevation_rad, still, radius_m)[2]
        table.tof_s[i_range] = tof_s
        _sample(speed_mps, elevation_rad, tof_s, still, radius_m, table.down_frac[i_range], table.height_m[i_range])
        farther_m = _trial(speed_mps, elevation_rad, behind, radius_m)[0]
        nearer_m = _trial(speed_mps, elevation_rad, ahead, radius_m)[0]
        sideways_m = _trial(speed_mps, elevation_rad, side, radius_m)[1]
        table.wind_along_s[i_range] = (farther_m - nearer_m) / (2.0 * PROBE_WIND_MPS)
        table.wind_cross_s[i_range] = sideways_m / PROBE_WIND_MPS
    return -1


def _check_table_arguments(
    range_min_m: float,
    range_max_m: float,
    ballistic_coefficient_kgpm2: float,
    elevation_rad: float,
    n_range: int,
    n_time: int,
) -> None:
    """Raise CommandError for an argument of `class_table` that has no meaning."""
    if not 0.0 < range_min_m < range_max_m < math.inf:
        raise CommandError(
            f"class_table: ranges {range_min_m} to {range_max_m} m; write 0 < range_min_m < range_max_m in metres"
        )
    if not 100.0 <= ballistic_coefficient_kgpm2 < math.inf:
        raise CommandError(
            f"class_table: ballistic_coefficient_kgpm2 is {ballistic_coefficient_kgpm2}; write 100 or more"
        )
    if not math.radians(5.0) <= elevation_rad <= math.radians(85.0):
        raise CommandError(f"class_table: elevation_rad is {elevation_rad}; write radians, 0.09 to 1.48")
    if n_range < 2 or n_time < 4:
        raise CommandError(f"class_table: grid {n_range} x {n_time}; write n_range >= 2 and n_time >= 4")


def _sites(ballistic_coefficient_kgpm2: float) -> tuple[Site, Site, Site, Site]:
    """Still air, then the probing wind from behind, from ahead and from the side of a northward flight."""

    def site(wind_east_mps: float, wind_north_mps: float) -> Site:
        return make_site(
            lat_rad=DEFAULT_LAT_RAD,
            h_hae_m=0.0,
            ballistic_coefficient_kgpm2=ballistic_coefficient_kgpm2,
            coriolis_radps=0.0,
            wind_east_mps=wind_east_mps,
            wind_north_mps=wind_north_mps,
        )

    return site(0.0, 0.0), site(0.0, PROBE_WIND_MPS), site(0.0, -PROBE_WIND_MPS), site(PROBE_WIND_MPS, 0.0)


def _meridian_radius_m(lat_rad: float) -> float:
    """Radius of curvature of the ellipsoid along the meridian [m]."""
    squash = 1.0 - ECCENTRICITY_SQUARED * math.sin(lat_rad) ** 2
    return SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / float(squash**1.5)


def class_table(
    range_min_m: float,
    range_max_m: float,
    ballistic_coefficient_kgpm2: float,
    elevation_rad: float,
    n_range: int = 96,
    n_time: int = 65,
) -> FlightTable:
    """Table of the flights of one class.

    Parameters
    ----------
    range_min_m, range_max_m : float      first and last range of the grid, along the ground [m]
    ballistic_coefficient_kgpm2 : float   supersonic ballistic coefficient [kg/m2], see `opendome.flight.drag`
    elevation_rad : float                 the class's generic elevation at launch [rad], 5 to 85 degrees
    n_range, n_time : int                 size of the grid

    Returns
    -------
    FlightTable   arrays (n_range,) and (n_range, n_time)

    Raises
    ------
    CommandError  for an argument without meaning, or a range that the class cannot cover below 3000 m/s

    Assumes: see the module's text.
    Valid for: inside the range grid, against the integrator, 5 ms in time and 10 m in place (tested).

    >>> table = class_table(4_000.0, 20_000.0, 8_000.0, 0.87)
    >>> print(f"{table_tof_s(table, 10_000.0):.0f} s")
    52 s
    """
    _check_table_arguments(range_min_m, range_max_m, ballistic_coefficient_kgpm2, elevation_rad, n_range, n_time)
    table = FlightTable(
        range_m=np.linspace(float(range_min_m), float(range_max_m), n_range),
        tof_s=np.empty(n_range),
        down_frac=np.empty((n_range, n_time)),
        height_m=np.empty((n_range, n_time)),
        wind_along_s=np.empty(n_range),
        wind_cross_s=np.empty(n_range),
    )
    radius_m = _meridian_radius_m(DEFAULT_LAT_RAD)
    i_failed = _fill_table(table, float(elevation_rad), _sites(ballistic_coefficient_kgpm2), radius_m)
    if i_failed >= 0:
        raise CommandError(
            f"class_table: {table.range_m[i_failed]:.0f} m is out of reach for ballistic_coefficient_kgpm2 "
            f"{ballistic_coefficient_kgpm2:g}; write a lower range_max_m or a higher coefficient"
        )
    return table


def stack_tables(tables: list[FlightTable]) -> FlightTables:
    """Stack the tables of several classes along a leading class axis; the order is kept.

    Raises
    ------
    CommandError  if there is no table or the grids differ in size
    """
    shapes = sorted({table.height_m.shape for table in tables})
    if len(shapes) != 1:
        raise CommandError(f"stack_tables: grids {shapes}; write one or more tables of one grid size")
    return FlightTables(*(np.ascontiguousarray(np.stack(arrays)) for arrays in zip(*tables, strict=True)))


@inlined_kernel
def place_in_range(tables: FlightTables, i_class: int, range_m: float) -> tuple[int, float, float]:
    """Lower row, weight of the upper row, and scale (the range over the range the rows stand for)."""
    n_range = tables.range_m.shape[1]
    first_m, last_m = tables.range_m[i_class, 0], tables.range_m[i_class, n_range - 1]
    held_m = min(max(range_m, first_m), last_m)
    place = (held_m - first_m) / (last_m - first_m) * (n_range - 1)
    i_row = min(int(place), n_range - 2)
    return i_row, place - i_row, max(range_m, 0.0) / held_m


@inlined_kernel
def class_tof_s(tables: FlightTables, i_class: int, range_m: float) -> float:
    """`table_tof_s` for one class of a stack."""
    i_row, weight, scale = place_in_range(tables, i_class, range_m)
    low, high = tables.tof_s[i_class, i_row], tables.tof_s[i_class, i_row + 1]
    return math.sqrt(scale * (low * low + weight * (high * high - low * low)))


@inlined_kernel
def class_point(tables: FlightTables, i_class: int, range_m: float, time_frac: float) -> tuple[float, float]:
    """`table_point` for one class of a stack."""
    i_row, weight, scale = place_in_range(tables, i_class, range_m)
    n_time = tables.down_frac.shape[2]
    place = min(max(time_frac, 0.0), 1.0) * (n_time - 1)
    first = min(max(int(place) - 1, 0), n_time - 4)
    x0 = place - first
    x1, x2, x3 = x0 - 1.0, x0 - 2.0, x0 - 3.0
    cubic = (-x1 * x2 * x3 / 6.0, x0 * x2 * x3 / 2.0, -x0 * x1 * x3 / 2.0, x0 * x1 * x2 / 6.0)
    down, height = 0.0, 0.0
    for i_part in range(4):
        low, high = cubic[i_part] * (1.0 - weight), cubic[i_part] * weight
        i_time = first + i_part
        down += low * tables.down_frac[i_class, i_row, i_time] + high * tables.down_frac[i_class, i_row + 1, i_time]
        height += low * tables.height_m[i_class, i_row, i_time] + high * tables.height_m[i_class, i_row + 1, i_time]
    return down, height * scale


@inlined_kernel
def class_wind_s(tables: FlightTables, i_class: int, range_m: float) -> tuple[float, float]:
    """`table_wind_s` for one class of a stack."""
    i_row, weight, _ = place_in_range(tables, i_class, range_m)
    along_s, cross_s = tables.wind_along_s, tables.wind_cross_s
    return (
        (1.0 - weight) * along_s[i_class, i_row] + weight * along_s[i_class, i_row + 1],
        (1.0 - weight) * cross_s[i_class, i_row] + weight * cross_s[i_class, i_row + 1],
    )


@inlined_kernel
def _as_stack(table: FlightTable) -> FlightTables:
    """The same arrays seen as a stack of one class."""
    n_range, n_time = table.down_frac.shape
    return FlightTables(
        table.range_m.reshape((1, n_range)),
        table.tof_s.reshape((1, n_range)),
        table.down_frac.reshape((1, n_range, n_time)),
        table.height_m.reshape((1, n_range, n_time)),
        table.wind_along_s.reshape((1, n_range)),
        table.wind_cross_s.reshape((1, n_range)),
    )


@inlined_kernel
def table_tof_s(table: FlightTable, range_m: float) -> float:
    """Time of flight [s] for a range along the ground [m]: its square is linear between the grid's ranges."""
    return class_tof_s(_as_stack(table), 0, range_m)


@inlined_kernel
def table_point(table: FlightTable, range_m: float, time_frac: float) -> tuple[float, float]:
    """Ground distance over range [-] and height above ground [m] after a share of the flight time, held to [0, 1].

    Cubic through four times, linear between two ranges.
    """
    return class_point(_as_stack(table), 0, range_m, time_frac)


@inlined_kernel
def table_wind_s(table: FlightTable, range_m: float) -> tuple[float, float]:
    """Shift of the impact along and across the track per wind at 10 m [m per m/s, that is s].

    Linear in range, held at the ends of the grid.
    """
    return class_wind_s(_as_stack(table), 0, range_m)

"""Paths of cruising objects: one-way drones, small drones, cruise missiles.

The path is a polyline over the ground, launch -> way points -> target, flown at constant speed and height. A corner is
not flown sharp: it is cut by a circular arc of the turning radius that touches both legs, so the path stays on the
inside of the way point and is a little shorter than the polyline. Where the legs are too short for that arc, the arc
takes half of the shorter leg at most and its radius shrinks to fit: a simple limit, not a model of the turn. At a full
reversal the object turns around on the spot, half of the shorter leg before the way point.

Left out: climb and descent, wind, wander about the path, terrain following.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["path_length_m", "path_point", "turn_radius_m"]


@njit(cache=True, nogil=True)
def turn_radius_m(speed_mps: float, turn_rate_radps: float) -> float:
    """Radius of a level turn [m] at a speed [m/s] and turn rate [rad/s]; 0 if the rate is 0 (no limit stated)."""
    return speed_mps / turn_rate_radps if turn_rate_radps > 0.0 else 0.0


@njit(cache=True, nogil=True)
def _leg(waypoints_m: NDArray[np.float64], i_leg: int) -> tuple[float, float]:
    """Length [m] of a leg and its course [rad], clockwise from north; a leg without length has course 0."""
    d_east = waypoints_m[i_leg + 1, 0] - waypoints_m[i_leg, 0]
    d_north = waypoints_m[i_leg + 1, 1] - waypoints_m[i_leg, 1]
    return math.sqrt(d_east * d_east + d_north * d_north), math.atan2(d_east, d_north)


@njit(cache=True, nogil=True)
def _corner(waypoints_m: NDArray[np.float64], i_corner: int, radius_m: float) -> tuple[float, float, float]:
    """Length cut off each leg at way point ``i_corner`` [m], radius of the arc [m], signed turn [rad].

    The turn is positive to the right. All are 0 at the ends of the path and where it does not turn.
    """
    if i_corner == 0 or i_corner == waypoints_m.shape[0] - 1 or radius_m <= 0.0:
        return 0.0, 0.0, 0.0
    before_m, course_in = _leg(waypoints_m, i_corner - 1)
    after_m, course_out = _leg(waypoints_m, i_corner)
    turn_rad = (course_out - course_in + math.pi) % (2.0 * math.pi) - math.pi
    shorter_m = min(before_m, after_m)
    if shorter_m == 0.0 or abs(turn_rad) < 1e-9:
        return 0.0, 0.0, 0.0
    slope = math.tan(0.5 * abs(turn_rad))
    cut_m = min(radius_m * slope, 0.5 * shorter_m)
    return cut_m, cut_m / slope, turn_rad


@njit(cache=True, nogil=True)
def path_length_m(waypoints_m: NDArray[np.float64], radius_m: float) -> float:
    """Length of the flown path.

    Parameters
    ----------
    waypoints_m : array (n, 2)    launch, way points and target, east and north [m]; n at least 2
    radius_m : float              turning radius [m], 0 for sharp corners (see `turn_radius_m`)

    Returns
    -------
    float                         length [m]; divide by the speed for the time of flight
    """
    total_m = 0.0
    for i_leg in range(waypoints_m.shape[0] - 1):
        total_m += _leg(waypoints_m, i_leg)[0]
        cut_m, arc_m, turn_rad = _corner(waypoints_m, i_leg, radius_m)
        total_m += arc_m * abs(turn_rad) - 2.0 * cut_m
    return total_m


@njit(cache=True, nogil=True)
def _along(waypoints_m: NDArray[np.float64], i_leg: int, along_m: float) -> tuple[float, float, float]:
    """Point [m] at a distance from the start of a leg, and the leg's course [rad]."""
    course_rad = _leg(waypoints_m, i_leg)[1]
    east_m = waypoints_m[i_leg, 0] + along_m * math.sin(course_rad)
    return east_m, waypoints_m[i_leg, 1] + along_m * math.cos(course_rad), course_rad % (2.0 * math.pi)


@njit(cache=True, nogil=True)
def _on_arc(
    east_m: float, north_m: float, course_rad: float, radius_m: float, turned_rad: float
) -> tuple[float, float, float]:
    """Point [m] and course [rad] after turning by ``turned_rad`` (right positive) on an arc begun at a point."""
    side = 1.0 if turned_rad >= 0.0 else -1.0
    ahead_m = radius_m * math.sin(abs(turned_rad))
    aside_m = side * radius_m * (1.0 - math.cos(turned_rad))
    sin_course, cos_course = math.sin(course_rad), math.cos(course_rad)
    course = (course_rad + turned_rad) % (2.0 * math.pi)
    return (
        east_m + ahead_m * sin_course + aside_m * cos_course,
        north_m + ahead_m * cos_course - aside_m * sin_course,
        course,
    )


@njit(cache=True, nogil=True)
def path_point(waypoints_m: NDArray[np.float64], radius_m: float, time_frac: float) -> tuple[float, float, float]:
    """Where a cruising object is after a share of its flight time.

    Parameters
    ----------
    waypoints_m : array (n, 2)    launch, way points and target, east and north [m]; n at least 2
    radius_m : float              turning radius [m], 0 for sharp corners
    time_frac : float             share of the flight time [-], held to [0, 1]; the speed is constant

    Returns
    -------
    tuple of float                east [m], north [m], course clockwise from north in [0, 2 pi) [rad]
    """
    left_m = min(max(time_frac, 0.0), 1.0) * path_length_m(waypoints_m, radius_m)
    last, begun_m = waypoints_m.shape[0] - 2, 0.0
    for i_leg in range(last):
        leg_m, course_rad = _leg(waypoints_m, i_leg)
        cut_m, arc_m, turn_rad = _corner(waypoints_m, i_leg + 1, radius_m)
        straight_m, turning_m = leg_m - begun_m - cut_m, arc_m * abs(turn_rad)
        if left_m <= straight_m:
            return _along(waypoints_m, i_leg, begun_m + left_m)
        left_m -= straight_m
        if left_m < turning_m:
            east_m, north_m, _ = _along(waypoints_m, i_leg, leg_m - cut_m)
            return _on_arc(east_m, north_m, course_rad, arc_m, math.copysign(left_m / arc_m, turn_rad))
        left_m -= turning_m
        begun_m = cut_m
    return _along(waypoints_m, last, min(begun_m + left_m, _leg(waypoints_m, last)[0]))

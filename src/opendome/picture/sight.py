"""When an object comes into sight: nearest sensors, the radar's horizon and lowest beam, the first time above both."""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.flight.paths import class_rising_share

__all__ = [
    "MAX_FUSED",
    "cruise_position",
    "cruise_velocity_mps",
    "hidden_below_m",
    "length_m",
    "nearest_sensors",
    "report_share",
    "time_seen_ballistic",
    "time_seen_cruise",
]

_EARTH_M = 8.494667e6  # 4/3 of the mean radius: standard refraction
MAX_FUSED = 8
_PATH_STEPS = 64


@inlined_kernel
def length_m(east_m, north_m):
    """Length of a vector [m]; quicker than hypot, whose care for overflow is not needed here."""
    return math.sqrt(east_m * east_m + north_m * north_m)


@inlined_kernel
def hidden_below_m(sensor, distance_m):
    """Height under which a target at this distance is below the sensor's horizon or its lowest beam [m]."""
    dip_m = math.sqrt(2.0 * _EARTH_M * sensor.antenna_height_m)
    horizon_m = 0.0
    if distance_m > dip_m:
        horizon_m = (distance_m - dip_m) ** 2 / (2.0 * _EARTH_M)
    beam_m = (
        sensor.antenna_height_m + distance_m * math.tan(sensor.min_elevation_rad) + distance_m**2 / (2.0 * _EARTH_M)
    )
    return max(horizon_m, beam_m)


@inlined_kernel
def report_share(model, epoch, post_mask, i_sensor):
    """Share of a sensor's reports that reach any of the posts in a mask; -1 if nothing can get through."""
    best = -1.0
    for i_post in range(model.net.report_delay_s.shape[2]):
        if (post_mask >> i_post) & 1 == 1 and model.net.report_delay_s[epoch, i_sensor, i_post] < math.inf:
            best = max(best, model.net.report_share[epoch, i_sensor, i_post])
    return best


@inlined_kernel
def _is_heard(model, epoch, post_mask, i_sensor):
    """Whether a sensor is one of those asked for: it reaches a post of the mask, or, for mask 0, none at all.

    Without an epoch (-1) everybody is heard.
    """
    if epoch < 0:
        return True
    if post_mask == 0:
        return report_share(model, epoch, -1, i_sensor) < 0.0
    return report_share(model, epoch, post_mask, i_sensor) >= 0.0


@inlined_kernel
def nearest_sensors(model, epoch, post_mask, t_s, east_m, north_m, chosen, distance_m):
    """Up to n_fused sensors that are up, in range of a point and heard by a post of the mask, nearest first; gives
    their number.
    """
    n = 0
    limit = min(model.n_fused, MAX_FUSED)
    for i in range(len(model.sensors)):
        sensor = model.sensors[i]
        if t_s < sensor.t_up_s or t_s >= sensor.t_down_s:
            continue
        d = length_m(sensor.east_m - east_m, sensor.north_m - north_m)
        if d > sensor.range_m or (n == limit and d >= distance_m[n - 1]):
            continue
        if not _is_heard(model, epoch, post_mask, i):
            continue
        k = n if n < limit else n - 1
        while k > 0 and distance_m[k - 1] > d:
            chosen[k], distance_m[k] = chosen[k - 1], distance_m[k - 1]
            k -= 1
        chosen[k], distance_m[k] = i, d
        n = min(n + 1, limit)
    return n


@inlined_kernel
def time_seen_ballistic(model, item, n_sensors, chosen, distance_m):
    """When the object first rises into view of one of the chosen sensors; infinity if it never does."""
    needed_m = math.inf
    for k in range(n_sensors):
        needed_m = min(needed_m, hidden_below_m(model.sensors[chosen[k]], distance_m[k]))
    kind = model.classes[item.i_class]
    flight_s = item.t_impact_s - item.t_launch_s
    share = class_rising_share(model.tables, kind.i_table, item.range_m, needed_m)
    return item.t_launch_s + flight_s * share


@inlined_kernel
def cruise_position(item, gone_m):
    """Place of a cruising object after so much of its way [m]."""
    first_m = length_m(item.way_east_m - item.launch_east_m, item.way_north_m - item.launch_north_m)
    second_m = length_m(item.impact_east_m - item.way_east_m, item.impact_north_m - item.way_north_m)
    if gone_m <= first_m and first_m > 0.0:
        share = gone_m / first_m
        east = item.launch_east_m + share * (item.way_east_m - item.launch_east_m)
        north = item.launch_north_m + share * (item.way_north_m - item.launch_north_m)
    else:
        share = (gone_m - first_m) / max(second_m, 1.0)
        east = item.way_east_m + share * (item.impact_east_m - item.way_east_m)
        north = item.way_north_m + share * (item.impact_north_m - item.way_north_m)
    return east, north


@inlined_kernel
def cruise_velocity_mps(item, gone_m, speed_mps):
    """Velocity of a cruising object after so much of its way, east and north [m/s]."""
    here_east, here_north = cruise_position(item, gone_m)
    next_east, next_north = cruise_position(item, gone_m + 1.0)
    east, north = next_east - here_east, next_north - here_north
    length = max(length_m(east, north), 1e-9)
    return speed_mps * east / length, speed_mps * north / length


@kernel
def time_seen_cruise(model, epoch, post_mask, item, chosen, distance_m):
    """When a cruising object first comes into view of any sensor, and which are nearest then.

    (time, number of sensors).
    """
    kind = model.classes[item.i_class]
    first_m = length_m(item.way_east_m - item.launch_east_m, item.way_north_m - item.launch_north_m)
    second_m = length_m(item.impact_east_m - item.way_east_m, item.impact_north_m - item.way_north_m)
    total_m = first_m + second_m
    for j in range(_PATH_STEPS):
        gone_m = total_m * j / _PATH_STEPS
        east, north = cruise_position(item, gone_m)
        t_s = item.t_launch_s + gone_m / kind.speed_mps
        n = nearest_sensors(model, epoch, post_mask, t_s, east, north, chosen, distance_m)
        kept = 0
        for k in range(n):
            if hidden_below_m(model.sensors[chosen[k]], distance_m[k]) <= kind.height_m:
                chosen[kept], distance_m[kept] = chosen[k], distance_m[k]
                kept += 1
        if kept > 0:
            return t_s, kept
    return math.inf, 0

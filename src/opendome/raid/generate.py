"""Draw the raid of one day: who is launched at what, when, and where it would come down. Nothing here knows of the
defence.

A day's total is negative binomial (a gamma-mixed Poisson), split into bursts of geometric size; a burst has one
class, one launch point and one aim point; each
shot scatters about the aim point by its class's spread. A failing shot comes down at the share u ** gamma of its way.
Every number is keyed by (day and burst,
shot), so a raid is the same whatever stands against it.

Where a record of alerts is played, it says when and at which area: clusters of alerts have sizes in proportion to their
alerts, the total of all within one of what the proportion gives, and each burst takes time and area of one alert of
its cluster. Class and launch point follow their laws as far as the area can be reached.

Left out: feedback of the defence on the attacker, spread of launchers within a burst, correlated scatter within a
burst.
"""

from __future__ import annotations

import math

import numpy as np

from opendome.base.geometry import is_point_in_ring
from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.philox import Purpose, gamma_draw, normal_quantile, poisson_draw, stream_key, uniform_four
from opendome.base.types import OBJECT, Fate
from opendome.flight.tables import class_tof_s
from opendome.places.coastline import is_land_at
from opendome.places.exposure import area_at

from .model import RaidModel

__all__ = ["BURSTS_PER_DAY_LIMIT", "draw_day", "draw_total"]

BURSTS_PER_DAY_LIMIT = 65536
_GIVEN_BURST = 1 << 30
_DAY_S = 86400.0
_TRIES = 64
_P_TOTAL = int(Purpose.DAILY_TOTAL)
_P_BURST = int(Purpose.BURST)
_P_PLACE = int(Purpose.BURST_PLACE)
_P_SHOT = int(Purpose.SHOT)
_P_FATE = int(Purpose.SHOT_FATE)
_P_PATH = int(Purpose.DRONE_PATH)
_P_BUILT = int(Purpose.BUILT_UP)
_P_RECORDED = int(Purpose.RECORDED_SIZE)
_FLIES = int(Fate.FLIES)
_FAILS = int(Fate.FAILS_IN_FLIGHT)
_MISFIRES = int(Fate.MISFIRES)


@inlined_kernel
def _length(east_m, north_m):
    """Length of a vector [m]; quicker than hypot, whose care for overflow is not needed here."""
    return math.sqrt(east_m * east_m + north_m * north_m)


@kernel
def draw_total(model: RaidModel, seed: int, replication: int, day: int) -> int:
    """Launches of one day: Poisson with a gamma-distributed mean, so that variance / mean is the model's."""
    mean = model.day_mean[day]
    if mean <= 0.0:
        return 0
    key = stream_key(seed, _P_TOTAL)
    excess = model.variance_over_mean - 1.0
    if excess <= 1e-9:
        return poisson_draw(key, replication, day, 0, mean)
    shape = mean / excess
    return poisson_draw(key, replication, day, 0, gamma_draw(key, replication, day, 1, shape) * excess)


@inlined_kernel
def _pick(cumulative, u):
    """First index whose cumulative share exceeds u."""
    low, high = 0, len(cumulative) - 1
    while low < high:
        middle = (low + high) >> 1
        if cumulative[middle] > u:
            high = middle
        else:
            low = middle + 1
    return low


@inlined_kernel
def _point_in_launch_area(model, i_launch, u0, u1, u2):
    """Uniform point of a launch polygon from three uniforms."""
    first, end = model.triangle_start[i_launch], model.triangle_start[i_launch + 1]
    i = first + _pick(model.triangles.cum_share[first:end], u0)
    root = math.sqrt(u1)
    a, b, c = 1.0 - root, root * (1.0 - u2), root * u2
    corner = model.triangles.corners_m[i]
    east = a * corner[0, 0] + b * corner[1, 0] + c * corner[2, 0]
    north = a * corner[0, 1] + b * corner[1, 1] + c * corner[2, 1]
    return east, north


@inlined_kernel
def _draw_places(model, seed, replication, burst, u_launch, u_class):
    """Class, launch point and aimed-at area of a burst.

    Both drawn by their own law, together only where the class's range allows.
    """
    i_launch = _pick(model.launch_cum, u_launch)
    i_class = _pick(model.class_cum[i_launch], u_class)
    kind = model.classes[i_class]
    key = stream_key(seed, _P_PLACE)
    for attempt in range(_TRIES):
        u0, u1, u2, u3 = uniform_four(key, replication, burst, attempt, 0)
        east, north = _point_in_launch_area(model, i_launch, u0, u1, u2)
        i_area = _pick(model.aim_cum[i_launch, i_class], u3)
        area = model.areas[i_area]
        range_m = _length(area.east_m - east, area.north_m - north)
        if kind.range_min_m <= range_m <= kind.range_max_m:
            return i_class, i_area, east, north
    place = model.fallback[i_launch, i_class]
    return i_class, int(place[2]), place[0], place[1]


@inlined_kernel
def _draw_launch_at(model, seed, replication, burst, i_area):
    """Class and launch point of a burst at a given area: the laws of both, as far as the class's range allows."""
    area = model.areas[i_area]
    key = stream_key(seed, _P_PLACE)
    for attempt in range(_TRIES):
        u0, u1, u2, u3 = uniform_four(key, replication, burst, attempt, 0)
        u4, _, _, _ = uniform_four(key, replication, burst, attempt, 1)
        i_launch = _pick(model.launch_cum, u3)
        i_class = _pick(model.class_cum[i_launch], u4)
        kind = model.classes[i_class]
        east, north = _point_in_launch_area(model, i_launch, u0, u1, u2)
        range_m = _length(area.east_m - east, area.north_m - north)
        if kind.range_min_m <= range_m <= kind.range_max_m:
            return i_class, east, north
    place = model.recorded.fallback[i_area]
    return int(place[0]), place[1], place[2]


@inlined_kernel
def _set_end(model, seed, replication, item):
    """Where an object comes down: area, built-up or not, land or sea, launch area or not."""
    item.end_area = area_at(model.area_lookup, item.impact_east_m, item.impact_north_m)
    item.is_built_up = 0
    item.is_at_sea = 0
    item.is_in_launch_area = 0
    if item.end_area >= 0:
        u0, _, _, _ = uniform_four(stream_key(seed, _P_BUILT), replication, item.burst, item.shot, 0)
        if u0 < model.areas[item.end_area].built_up_frac:
            item.is_built_up = 1
        return
    for i in range(len(model.launch_start) - 1):
        if is_point_in_ring(
            item.impact_east_m,
            item.impact_north_m,
            model.launch_vertices_m,
            model.launch_start[i],
            model.launch_start[i + 1],
        ):
            item.is_in_launch_area = 1
            return
    if not is_land_at(model.land_lookup, item.impact_east_m, item.impact_north_m):
        item.is_at_sea = 1


@inlined_kernel
def _shorten(item, share):
    """Bring a failing object down at a share of its way."""
    if share <= 0.5:
        # A path with a waypoint is cut on its first leg.
        item.impact_east_m = item.launch_east_m + 2.0 * share * (item.way_east_m - item.launch_east_m)
        item.impact_north_m = item.launch_north_m + 2.0 * share * (item.way_north_m - item.launch_north_m)
        item.way_east_m = 0.5 * (item.launch_east_m + item.impact_east_m)
        item.way_north_m = 0.5 * (item.launch_north_m + item.impact_north_m)
    else:
        rest = 2.0 * share - 1.0
        item.impact_east_m = item.way_east_m + rest * (item.impact_east_m - item.way_east_m)
        item.impact_north_m = item.way_north_m + rest * (item.impact_north_m - item.way_north_m)


@inlined_kernel
def _fly_shot(model, seed, replication, item, aim_east, aim_north, has_way, way_east, way_north):
    """Scatter, waypoint, fate and time of flight of one shot; fills the object in place."""
    kind = model.classes[item.i_class]
    range_m = _length(aim_east - item.launch_east_m, aim_north - item.launch_north_m)
    spread_m = _length(model.spread_scale * kind.spread_frac_of_range * range_m, model.spread_m)
    u0, u1, u2, u3 = uniform_four(stream_key(seed, _P_SHOT), replication, item.burst, item.shot, 0)
    z_east, z_north = normal_quantile(u0), normal_quantile(u1)
    item.impact_east_m = aim_east + spread_m * z_east
    item.impact_north_m = aim_north + spread_m * z_north
    item.way_east_m = 0.5 * (item.launch_east_m + item.impact_east_m)
    item.way_north_m = 0.5 * (item.launch_north_m + item.impact_north_m)
    if has_way:
        item.way_east_m, item.way_north_m = way_east, way_north
    elif kind.is_cruise and kind.path_offset_frac > 0.0:
        v0, _, _, _ = uniform_four(stream_key(seed, _P_PATH), replication, item.burst, 0, 0)
        z_side = normal_quantile(v0)
        side = kind.path_offset_frac * z_side
        item.way_east_m -= side * (item.impact_north_m - item.launch_north_m)
        item.way_north_m += side * (item.impact_east_m - item.launch_east_m)
    item.fate = _FLIES
    if u2 < model.p_misfire:
        item.fate = _MISFIRES
        item.impact_east_m, item.impact_north_m = item.launch_east_m, item.launch_north_m
    elif u2 < model.p_misfire + model.p_fail:
        item.fate = _FAILS
        _shorten(item, u3**model.fail_gamma)
    item.range_m = _length(item.impact_east_m - item.launch_east_m, item.impact_north_m - item.launch_north_m)
    if item.fate == _MISFIRES:
        item.t_impact_s = item.t_launch_s
    elif kind.is_cruise:
        first = _length(item.way_east_m - item.launch_east_m, item.way_north_m - item.launch_north_m)
        second = _length(item.impact_east_m - item.way_east_m, item.impact_north_m - item.way_north_m)
        item.t_impact_s = item.t_launch_s + (first + second) / kind.speed_mps
    else:
        item.t_impact_s = item.t_launch_s + class_tof_s(model.tables, kind.i_table, item.range_m)
    _set_end(model, seed, replication, item)


@allocating_kernel
def _split_into_bursts(model, seed, replication, day, total):
    """Sizes and times of a day's bursts.

    Geometric sizes until the total is used up, times by the hour-of-day profile.
    """
    key = stream_key(seed, _P_BURST)
    size = np.empty(total, np.int32)
    time_s = np.empty(total, np.float64)
    n_bursts, left = 0, total
    log_q = math.log(1.0 - 1.0 / model.burst_size_mean) if model.burst_size_mean > 1.0 else -math.inf
    while left > 0:
        u0, u1, u2, _ = uniform_four(key, replication, day * BURSTS_PER_DAY_LIMIT + n_bursts, 0, 0)
        n = min(left, 1 + int(math.log(u0) / log_q))
        hour = _pick(model.hour_cum, u1)
        size[n_bursts] = n
        time_s[n_bursts] = day * _DAY_S + ((hour + u2 - model.hour_start) % 24.0) / 24.0 * model.day_span_s[day]
        n_bursts += 1
        left -= n
    return size[:n_bursts], time_s[:n_bursts]


@inlined_kernel
def _recorded_size(cluster, phase):
    """Launches that stand for a cluster: the running mean with this cluster, rounded, less that without it."""
    return int(math.floor(cluster.mean_before + cluster.mean + phase) - math.floor(cluster.mean_before + phase))


@allocating_kernel
def _recorded_bursts(model, seed, replication, day):
    """Sizes, times and areas of a day's bursts by the record: each cluster's size in proportion, in geometric bursts.

    One uniform number rounds the running total of all clusters, so that each has its mean over replications.
    """
    phase, _, _, _ = uniform_four(stream_key(seed, _P_RECORDED), replication, 0, 0, 0)
    clusters, alerts = model.recorded.clusters, model.recorded.alerts
    total = 0
    for cluster in clusters:
        if cluster.day == day:
            total += _recorded_size(cluster, phase)
    size, time_s, i_area = np.empty(total, np.int32), np.empty(total, np.float64), np.empty(total, np.int32)
    key = stream_key(seed, _P_BURST)
    log_q = math.log(1.0 - 1.0 / model.burst_size_mean) if model.burst_size_mean > 1.0 else -math.inf
    n_bursts = 0
    for cluster in clusters:
        left = _recorded_size(cluster, phase) if cluster.day == day else 0
        while left > 0:
            u0, u1, _, _ = uniform_four(key, replication, day * BURSTS_PER_DAY_LIMIT + n_bursts, 0, 0)
            alert = alerts[cluster.first + int(u1 * (cluster.end - cluster.first))]
            n = min(left, 1 + int(math.log(u0) / log_q))
            size[n_bursts], time_s[n_bursts], i_area[n_bursts] = n, alert.t_s, alert.i_area
            n_bursts += 1
            left -= n
    return size[:n_bursts], time_s[:n_bursts], i_area[:n_bursts]


@inlined_kernel
def _count_given(model, day):
    """Objects in the salvos written out for this day."""
    n = 0
    for i in range(len(model.salvos)):
        if day * _DAY_S <= model.salvos[i].t_s < (day + 1) * _DAY_S:
            n += model.salvos[i].count
    return n


@inlined_kernel
def _fill_given(model, seed, replication, day, objects, n):
    """Append the written-out salvos of the day from row n on; gives the number of salvos."""
    n_salvos = 0
    for i in range(len(model.salvos)):
        salvo = model.salvos[i]
        if not (day * _DAY_S <= salvo.t_s < (day + 1) * _DAY_S):
            continue
        n_salvos += 1
        for shot in range(salvo.count):
            item = objects[n]
            n += 1
            item.burst, item.shot, item.i_class, item.aim_area = _GIVEN_BURST + i, shot, salvo.i_class, -1
            item.t_launch_s = salvo.t_s + shot * salvo.spacing_s
            item.launch_east_m, item.launch_north_m = salvo.from_east_m, salvo.from_north_m
            _fly_shot(
                model,
                seed,
                replication,
                item,
                salvo.at_east_m,
                salvo.at_north_m,
                salvo.has_way == 1,
                salvo.way_east_m,
                salvo.way_north_m,
            )
    return n_salvos


@allocating_kernel
def draw_day(model: RaidModel, seed: int, replication: int, day: int) -> tuple:
    """All objects launched on a day, burst by burst in order of the bursts' times.

    Returns
    -------
    objects : (n,) of OBJECT, n_bursts : int
    """
    is_recorded = len(model.recorded.clusters) > 0
    if is_recorded:
        size, time_s, aimed = _recorded_bursts(model, seed, replication, day)
    else:
        size, time_s = _split_into_bursts(model, seed, replication, day, draw_total(model, seed, replication, day))
        aimed = np.empty(0, np.int32)
    objects = np.zeros(size.sum() + _count_given(model, day), OBJECT)
    key = stream_key(seed, _P_BURST)
    key_shot = stream_key(seed, _P_FATE)
    n = 0
    for b in np.argsort(time_s):
        burst = day * BURSTS_PER_DAY_LIMIT + b
        u0, u1, _, _ = uniform_four(key, replication, burst, 0, 1)
        if is_recorded:
            i_area = int(aimed[b])
            i_class, east, north = _draw_launch_at(model, seed, replication, burst, i_area)
        else:
            i_class, i_area, east, north = _draw_places(model, seed, replication, burst, u0, u1)
        area = model.areas[i_area]
        t_s = time_s[b]
        for shot in range(size[b]):
            if shot > 0:
                v0, _, _, _ = uniform_four(key_shot, replication, burst, shot, 0)
                t_s -= model.spacing_s * math.log(v0)
            item = objects[n]
            n += 1
            item.burst, item.shot, item.i_class, item.aim_area = burst, shot, i_class, i_area
            item.t_launch_s, item.launch_east_m, item.launch_north_m = t_s, east, north
            _fly_shot(model, seed, replication, item, area.east_m, area.north_m, False, 0.0, 0.0)
    return objects, len(size) + _fill_given(model, seed, replication, day, objects, n)

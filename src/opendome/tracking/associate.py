"""Which plot belongs to which track: gates, and the assignment that is likeliest as a whole.

Plots of one look are sorted by azimuth, so that each track meets only the plots of a narrow sector. What lies in a
gate becomes a pair with a cost, the negative logarithm of how much likelier the plot is as this track's than as a
false one while the track was missed. A track may stay without a plot at cost 0; the sum of costs is made as small as
it can be, exactly, by shortest augmenting paths over the sparse pairs (Jonker and Volgenant 1987). A path ends as soon
as leaving one track without a plot is no dearer than going on, so it never leaves its cluster.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.polar import to_polar, wrap_rad

__all__ = [
    "Look", "Pairs", "Solver", "assign", "fill_look", "gate_track", "log_false_density", "new_look", "new_pairs_list",
    "new_solver", "sort_rows",
]  # fmt: skip

_LOG_2PI = math.log(2.0 * math.pi)
_T_S, _SPAN_S, _VAR_AZIMUTH, _LOG_DENSITY = 0, 1, 2, 3


class Pairs(NamedTuple):
    """Pairs of tracks and plots in one another's gates, sorted by track.

    ``first (n_tracks + 1,)`` first pair of each track; ``plot (k,)`` place of the plot in the look; ``cost (k,)``,
    negative where the pair is likelier than a miss; ``weight (k,)`` marginal probability, filled by ``jpda``.
    """

    first: np.ndarray
    plot: np.ndarray
    cost: np.ndarray
    weight: np.ndarray


class Look(NamedTuple):
    """Plots of one radar in one scan, sorted by azimuth.

    ``azimuth_rad (n,)`` ascending in [0, 2 pi), ``row (n,)`` the plots' rows; ``n (1,)`` how many there are;
    ``scale (4,)``: earliest time [s], span of times [s], largest variance of azimuth [rad2], logarithm of the density
    of false plots [per m rad and unit of sin(elevation)]; ``scratch (4,)`` holds nothing between calls.
    """

    azimuth_rad: np.ndarray
    row: np.ndarray
    n: np.ndarray
    scale: np.ndarray
    scratch: np.ndarray


class Solver(NamedTuple):
    """The assignment and what finding it needs.

    ``plot_of (n_tracks,)`` and ``pair_of (n_tracks,)`` the plot and pair given to each track, -1 for none;
    ``track_of (n_plots,)`` the reverse. The rest holds nothing between calls.
    """

    plot_of: np.ndarray
    pair_of: np.ndarray
    track_of: np.ndarray
    price: np.ndarray
    reach: np.ndarray
    from_track: np.ndarray
    from_pair: np.ndarray
    mark: np.ndarray
    touched: np.ndarray


@allocating_kernel
def new_pairs_list(n_tracks, n_pairs):
    """Room for ``n_pairs`` pairs of ``n_tracks`` tracks."""
    return Pairs(np.zeros(n_tracks + 1, np.int64), np.zeros(n_pairs, np.int64), np.zeros(n_pairs), np.zeros(n_pairs))


@allocating_kernel
def new_solver(n_tracks, n_plots):
    """Room for assignments between ``n_tracks`` tracks and ``n_plots`` plots."""
    return Solver(
        np.full(n_tracks, -1),
        np.full(n_tracks, -1),
        np.full(n_plots, -1),
        np.zeros(n_plots),
        np.zeros(n_plots),
        np.zeros(n_plots, np.int64),
        np.zeros(n_plots, np.int64),
        np.zeros(n_plots, np.int64),
        np.zeros(n_plots, np.int64),
    )


@allocating_kernel
def new_look(n_plots):
    """Room for ``n_plots`` plots of one look."""
    return Look(np.zeros(n_plots), np.zeros(n_plots, np.int64), np.zeros(1, np.int64), np.zeros(4), np.zeros(4))


@kernel
def fill_look(rules, radars, i_radar, plots, is_good, look):
    """Gather the good plots of one radar and sort them by azimuth; give their number.

    Parameters
    ----------
    rules : TrackRules
    radars : (k,) RADAR;  i_radar : int, a row of it
    plots : (n,) PLOT;  is_good : (n,) whether a plot may be used
    look : Look          filled
    """
    n, earliest_s, latest_s, var_most = 0, math.inf, -math.inf, 0.0
    for row in range(len(plots)):
        plot = plots[row]
        if plot.i_radar != i_radar or not is_good[row]:
            continue
        look.azimuth_rad[n], look.row[n] = plot.azimuth_rad % (2.0 * math.pi), row
        n += 1
        earliest_s, latest_s = min(earliest_s, plot.t_s), max(latest_s, plot.t_s)
        var_most = max(var_most, plot.var_azimuth_rad2)
    sort_rows(look.azimuth_rad, look.row, n)
    look.n[0] = n
    look.scale[_T_S], look.scale[_SPAN_S], look.scale[_VAR_AZIMUTH] = earliest_s, latest_s - earliest_s, var_most
    look.scale[_LOG_DENSITY] = log_false_density(rules, radars[i_radar])
    return n


@inlined_kernel
def log_false_density(rules, radar):
    """Logarithm of the density of false plots in one look, per m rad of range and azimuth and unit of sin(elevation).

    They are reckoned to lie evenly over the radar's ranges, sector and sines of elevation.
    """
    span_m = max(radar.range_max_m - radar.range_min_m, 1.0)
    sector_rad = min(max(radar.sector_width_rad, 1e-3), 2.0 * math.pi)
    heights = max(math.sin(min(radar.max_elevation_rad, 0.5 * math.pi)) - math.sin(radar.min_elevation_rad), 1e-3)
    return math.log(max(radar.n_false_plots, rules.n_false_least) / (span_m * sector_rad * heights))


@kernel
def sort_rows(key, row, n):
    """Sort the first n keys in ascending order, and rows with them, in place (heap sort; equal keys by row)."""
    for start in range(n // 2 - 1, -1, -1):
        _sift(key, row, start, n)
    for end in range(n - 1, 0, -1):
        key[0], key[end] = key[end], key[0]
        row[0], row[end] = row[end], row[0]
        _sift(key, row, 0, end)


@inlined_kernel
def _sift(key, row, start, end):
    """Let one key sink to its place in the heap."""
    i = start
    k, r = key[i], row[i]
    while True:
        child = 2 * i + 1
        if child >= end:
            break
        other = child + 1
        if other < end and (key[other] > key[child] or (key[other] == key[child] and row[other] > row[child])):
            child = other
        if key[child] < k or (key[child] == k and row[child] < r):
            break
        key[i], row[i] = key[child], row[child]
        i = child
    key[i], row[i] = k, r


@inlined_kernel
def _first_at_least(key, n, value):
    """Place of the first of n ascending keys that is not less than a value."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if key[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@inlined_kernel
def _distance(z, s, plot, d_azimuth_rad, has_rate):
    """Squared statistical distance and log determinant of a plot's innovation; (-1, 0) if not positive definite."""
    s00 = s[0, 0] + plot.var_range_m2
    s11 = s[1, 1] + plot.var_azimuth_rad2
    s22 = s[2, 2] + plot.var_elevation_rad2
    e0, e2 = plot.range_m - z[0], plot.elevation_rad - z[2]
    if not (s00 > 0.0):
        return -1.0, 0.0
    l10, l20 = s[1, 0] / s00, s[2, 0] / s00
    d1 = s11 - l10 * s[1, 0]
    if not (d1 > 0.0):
        return -1.0, 0.0
    c21 = s[2, 1] - l20 * s[1, 0]
    l21 = c21 / d1
    d2 = s22 - l20 * s[2, 0] - l21 * c21
    if not (d2 > 0.0):
        return -1.0, 0.0
    y1 = d_azimuth_rad - l10 * e0
    y2 = e2 - l20 * e0 - l21 * y1
    squared = e0 * e0 / s00 + y1 * y1 / d1 + y2 * y2 / d2
    log_det = math.log(s00 * d1 * d2)
    if has_rate:
        l30 = s[3, 0] / s00
        c31 = s[3, 1] - l30 * s[1, 0]
        c32 = s[3, 2] - l30 * s[2, 0] - c31 / d1 * c21
        d3 = s[3, 3] + plot.var_range_rate_m2ps2 - l30 * s[3, 0] - c31 * c31 / d1 - c32 * c32 / d2
        if not (d3 > 0.0):
            return -1.0, 0.0
        y3 = plot.range_rate_mps - z[3] - l30 * e0 - c31 / d1 * y1 - c32 / d2 * y2
        squared += y3 * y3 / d3
        log_det += math.log(d3)
    return squared, log_det


@inlined_kernel
def _pair_cost(rules, z, s, plot, d_azimuth_rad, log_miss, log_density):
    """Cost of a pair, or infinity outside the gate. Gates: chance 0.999 for three or four measured numbers."""
    d_range_m = plot.range_m - z[0]
    if d_range_m * d_range_m > rules.gate_of_3 * (s[0, 0] + plot.var_range_m2):
        return math.inf
    d_elevation = plot.elevation_rad - z[2]
    if d_elevation * d_elevation > rules.gate_of_3 * (s[2, 2] + plot.var_elevation_rad2):
        return math.inf
    has_rate = math.isfinite(plot.range_rate_mps) and plot.var_range_rate_m2ps2 > 0.0
    squared, log_det = _distance(z, s, plot, d_azimuth_rad, has_rate)
    if squared < 0.0 or squared > (rules.gate_of_4 if has_rate else rules.gate_of_3):
        return math.inf
    n, density = 3.0, log_density + math.log(max(math.cos(plot.elevation_rad), 0.01))
    if has_rate:
        n, density = 4.0, density - math.log(2.0 * rules.speed_max_mps)
    return log_miss + density + 0.5 * (squared + n * _LOG_2PI + log_det)


@inlined_kernel
def _moved(z, x, radar, dt_s, moved):
    """Prediction ``dt_s`` later, on a straight line, written to ``moved (4,)``."""
    v = x[3], x[4], x[5]
    r0, a0, e0, _ = to_polar(radar, x[0], x[1], x[2], v[0], v[1], v[2])
    r1, a1, e1, rate = to_polar(radar, x[0] + dt_s * v[0], x[1] + dt_s * v[1], x[2] + dt_s * v[2], v[0], v[1], v[2])
    moved[0], moved[1], moved[2], moved[3] = z[0] + r1 - r0, z[1] + wrap_rad(a1 - a0), z[2] + e1 - e0, rate


@inlined_kernel
def _half_width_rad(rules, radar, s, x, var_azimuth_rad2, span_s):
    """Half the sector of azimuth that may hold a track's plots, pi where it is the full circle."""
    d_east, d_north = x[0] - radar.east_m, x[1] - radar.north_m
    level_m = math.sqrt(d_east * d_east + d_north * d_north)
    half = math.sqrt(rules.gate_of_3 * (s[1, 1] + var_azimuth_rad2))
    if span_s > 0.0:
        half += 2.0 * span_s * math.sqrt(x[3] * x[3] + x[4] * x[4]) / max(level_m, 1.0)
    return half if half < 1.5 else math.pi


@kernel
def gate_track(rules, radar, plots, look, z, s, x, log_miss, pairs, i, k):
    """Add the pairs of track i, from pair number k on; give the next free number.

    Parameters
    ----------
    rules : TrackRules
    radar : record of RADAR
    plots : (n,) PLOT
    look : Look        plots of one radar, sorted by azimuth
    z, s : (4,), (4, 4)  prediction at the look's time and its covariance without the plot's own: range, azimuth,
                       elevation, range rate
    x : (>= 6,)        state the prediction was made from: moves it to a plot's own time
    log_miss : float   logarithm of P(miss) / P(detection)
    pairs : Pairs      filled; ``pairs.first[i]`` is set to k. Pairs beyond its room are left out.
    """
    pairs.first[i] = k
    n_plots = look.n[0]
    if n_plots == 0 or not (math.isfinite(z[0]) and math.isfinite(z[1]) and s[1, 1] >= 0.0):
        return k
    half = _half_width_rad(rules, radar, s, x, look.scale[_VAR_AZIMUTH], look.scale[_SPAN_S])
    azimuth, scratch = look.azimuth_rad, look.scratch
    j = _first_at_least(azimuth, n_plots, (z[1] - half) % (2.0 * math.pi)) if half < math.pi else 0
    for _ in range(n_plots):
        if j == n_plots:
            j = 0
        d_azimuth_rad = wrap_rad(azimuth[j] - z[1])
        if abs(d_azimuth_rad) > half + 1e-9:
            break
        plot = plots[look.row[j]]
        dt_s = plot.t_s - look.scale[_T_S]
        if abs(dt_s) > 1e-6:
            _moved(z, x, radar, dt_s, scratch)
            d_azimuth_rad = wrap_rad(azimuth[j] - scratch[1])
            cost = _pair_cost(rules, scratch, s, plot, d_azimuth_rad, log_miss, look.scale[_LOG_DENSITY])
        else:
            cost = _pair_cost(rules, z, s, plot, d_azimuth_rad, log_miss, look.scale[_LOG_DENSITY])
        if cost < math.inf and k < len(pairs.plot):
            pairs.plot[k], pairs.cost[k] = j, cost
            k += 1
        j += 1
    return k


@kernel
def assign(pairs, n_tracks, n_plots, solver):
    """Give plots to tracks so that the sum of costs is least; a track without a plot costs 0.

    Parameters
    ----------
    pairs : Pairs        sorted by track, ``first`` filled up to ``n_tracks``
    n_tracks, n_plots : int
    solver : Solver      ``plot_of``, ``pair_of`` and ``track_of`` are filled
    """
    for j in range(n_plots):
        solver.track_of[j], solver.price[j], solver.mark[j] = -1, 0.0, 0
    for i in range(n_tracks):
        solver.plot_of[i] = solver.pair_of[i] = -1
    for i in range(n_tracks):
        _augment(pairs, solver, i)


@inlined_kernel
def _relax(pairs, solver, i, offset, stamp, n_touched):
    """Look at all plots of track i from where the path stands; give the number of plots touched so far."""
    for k in range(pairs.first[i], pairs.first[i + 1]):
        j = pairs.plot[k]
        if solver.mark[j] == stamp + 1:  # on the path already
            continue
        reach = pairs.cost[k] - solver.price[j] - offset
        is_new = solver.mark[j] != stamp
        if is_new:
            solver.mark[j] = stamp
            solver.touched[n_touched] = j
            n_touched += 1
        if is_new or reach < solver.reach[j]:
            solver.reach[j], solver.from_track[j], solver.from_pair[j] = reach, i, k
    return n_touched


@inlined_kernel
def _nearest(solver, stamp, n_touched):
    """Touched plot that is nearest and not yet on the path, -1 for none."""
    best = -1
    for m in range(n_touched):
        j = solver.touched[m]
        if solver.mark[j] == stamp and (best < 0 or solver.reach[j] < solver.reach[best]):
            best = j
    return best


@inlined_kernel
def _augment(pairs, solver, start):
    """Bring one more track in by the shortest path, which ends at a free plot or at a track that goes without."""
    stamp = 2 * start + 2
    i, offset, n_touched = start, 0.0, 0
    least_without, last = 0.0, start
    while True:
        n_touched = _relax(pairs, solver, i, offset, stamp, n_touched)
        j = _nearest(solver, stamp, n_touched)
        if j < 0 or solver.reach[j] >= least_without:
            end, length = -1, least_without
            break
        if solver.track_of[j] < 0:
            end, length = j, solver.reach[j]
            break
        solver.mark[j] = stamp + 1
        i = solver.track_of[j]
        offset = pairs.cost[solver.pair_of[i]] - solver.price[j] - solver.reach[j]
        if -offset < least_without:
            least_without, last = -offset, i
    for m in range(n_touched):
        j = solver.touched[m]
        if solver.mark[j] == stamp + 1:
            solver.price[j] += solver.reach[j] - length
    if end < 0:
        end = solver.plot_of[last]
        solver.plot_of[last] = solver.pair_of[last] = -1
    while end >= 0:
        i = solver.from_track[end]
        freed = solver.plot_of[i]
        solver.plot_of[i], solver.pair_of[i], solver.track_of[end] = end, solver.from_pair[end], i
        end = freed

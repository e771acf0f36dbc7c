"""Plots that no track took, kept for a few looks: the stock that new tracks are started from."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.polar import from_polar
from opendome.base.types import PLOT

from .associate import sort_rows
from .sightline import add_place_covariance

__all__ = ["Pool", "add_look", "first_east", "forget_looks", "new_pool"]

_MOST_LOOKS = 64


class Pool(NamedTuple):
    """Plots by look, the oldest look first, each look by the east coordinate.

    ``count (2,)`` numbers of looks and plots. Of each look: ``look_first``, ``look_n`` its plots, ``look_t_s`` its
    earliest time, ``look_span_s`` the span of its times, ``look_trace_m2`` the largest trace of a place's covariance.
    Of each plot:
    ``plot (n,)`` of PLOT, ``place (3, n)`` east, north, up [m], ``t_s``, ``cov (n, 3, 3)`` [m2], ``trace_m2``,
    ``log_density`` of false plots in a look [per m3], ``is_taken``. ``key`` holds nothing between calls.
    """

    count: np.ndarray  # type: ignore[assignment]  # a field, not the method of tuples
    look_first: np.ndarray
    look_n: np.ndarray
    look_t_s: np.ndarray
    look_span_s: np.ndarray
    look_trace_m2: np.ndarray
    plot: np.ndarray
    place: np.ndarray
    t_s: np.ndarray
    cov: np.ndarray
    trace_m2: np.ndarray
    log_density: np.ndarray
    is_taken: np.ndarray
    key: np.ndarray


@allocating_kernel
def new_pool(n_plots):
    """Room for ``n_plots`` plots in 64 looks."""
    return Pool(
        np.zeros(2, np.int64),
        np.zeros(_MOST_LOOKS, np.int64),
        np.zeros(_MOST_LOOKS, np.int64),
        np.zeros(_MOST_LOOKS),
        np.zeros(_MOST_LOOKS),
        np.zeros(_MOST_LOOKS),
        np.zeros(n_plots, PLOT),
        np.zeros((3, n_plots)),
        np.zeros(n_plots),
        np.zeros((n_plots, 3, 3)),
        np.zeros(n_plots),
        np.zeros(n_plots),
        np.zeros(n_plots, np.int8),
        np.zeros(n_plots),
    )


@inlined_kernel
def first_east(pool, i_look, east_m):
    """First plot of a look that is not west of a coordinate."""
    low = pool.look_first[i_look]
    high = low + pool.look_n[i_look]
    while low < high:
        middle = (low + high) // 2
        if pool.place[0, middle] < east_m:
            low = middle + 1
        else:
            high = middle
    return low


@inlined_kernel
def _move(pool, k, n):
    """Move plot k to place n, at or before it."""
    if k == n:
        return
    pool.plot[n] = pool.plot[k]
    pool.t_s[n], pool.trace_m2[n], pool.log_density[n] = pool.t_s[k], pool.trace_m2[k], pool.log_density[k]
    pool.is_taken[n] = 0
    for r in range(3):
        pool.place[r, n] = pool.place[r, k]
        for c in range(3):
            pool.cov[n, r, c] = pool.cov[k, r, c]


@kernel
def forget_looks(pool, t_oldest_s, n_needed):
    """Make room for one look of ``n_needed`` plots, if it is short: what is older than a time, or taken, goes.

    Where 64 looks are waiting the oldest goes in any case.
    """
    n_old = pool.count[0]
    if pool.count[1] + n_needed <= len(pool.t_s) and n_old < len(pool.look_n):
        return
    n_looks, n = 0, 0
    for m in range(n_old):
        first, end, begin = pool.look_first[m], pool.look_first[m] + pool.look_n[m], n
        if pool.look_t_s[m] + pool.look_span_s[m] < t_oldest_s or (m == 0 and n_old == len(pool.look_n)):
            continue
        for k in range(first, end):
            if pool.is_taken[k] == 0:
                _move(pool, k, n)
                n += 1
        if n > begin:
            pool.look_first[n_looks], pool.look_n[n_looks] = begin, n - begin
            pool.look_t_s[n_looks], pool.look_span_s[n_looks] = pool.look_t_s[m], pool.look_span_s[m]
            pool.look_trace_m2[n_looks] = pool.look_trace_m2[m]
            n_looks += 1
    pool.count[0], pool.count[1] = n_looks, n


@inlined_kernel
def _add_plot(pool, radar, plot, k, log_density):
    """Write one plot at place k."""
    cov = pool.cov[k]
    pool.plot[k] = plot
    pool.t_s[k], pool.is_taken[k] = plot.t_s, 0
    pool.log_density[k] = log_density - 2.0 * math.log(max(plot.range_m, 10.0))
    for r in range(3):
        for c in range(3):
            cov[r, c] = 0.0
    add_place_covariance(radar, plot, 1.0, cov, 0, 0)
    pool.trace_m2[k] = cov[0, 0] + cov[1, 1] + cov[2, 2]
    east_m, north_m, up_m = from_polar(radar, plot.range_m, plot.azimuth_rad, plot.elevation_rad)
    pool.place[0, k], pool.place[1, k], pool.place[2, k] = east_m, north_m, up_m


@kernel
def add_look(pool, radar, plots, rows, n_rows, log_density):
    """Add the plots of one look; give how many found room.

    Parameters
    ----------
    pool : Pool
    radar : record of RADAR
    plots : (n,) PLOT;  rows : (>= n_rows,) rows of the plots to add; left sorted by the east coordinate
    log_density : float    of false plots in a look, as `associate.log_false_density` gives it
    """
    n_looks, n = pool.count[0], pool.count[1]
    n_new = min(n_rows, len(pool.t_s) - n)
    if n_new == 0 or n_looks == len(pool.look_n):
        return 0
    for m in range(n_new):
        plot = plots[rows[m]]
        pool.key[m], _, _ = from_polar(radar, plot.range_m, plot.azimuth_rad, plot.elevation_rad)
    sort_rows(pool.key, rows, n_new)
    earliest_s, latest_s, trace_m2 = math.inf, -math.inf, 0.0
    for m in range(n_new):
        plot = plots[rows[m]]
        _add_plot(pool, radar, plot, n + m, log_density)
        earliest_s, latest_s = min(earliest_s, plot.t_s), max(latest_s, plot.t_s)
        trace_m2 = max(trace_m2, pool.trace_m2[n + m])
    pool.look_first[n_looks], pool.look_n[n_looks] = n, n_new
    pool.look_t_s[n_looks], pool.look_span_s[n_looks] = earliest_s, latest_s - earliest_s
    pool.look_trace_m2[n_looks] = trace_m2
    pool.count[0], pool.count[1] = n_looks + 1, n + n_new
    return n_new

"""Plots of one scan: targets that are detected, with errors, and false plots (compiled).

Every number is drawn by key from (seed, purpose, radar) and (replication, the target's own two numbers, the look), so
that a plot does not depend on which other targets are there or in which order they come.

One look at one target: its mean signal-to-noise ratio follows from the radar equation; the ratio of this look is that
times a gamma number (Swerling 1 and 3: shapes 1 and 2; 2 and 4: n and 2n for n pulses; 0: 1); it is detected with the
probability of a steady target of that ratio, which makes the detection probability exactly Swerling's, and tells the
errors of a strong look from those of a weak one. The bias of a radar is drawn once in a replication.

False plots: their number is Poisson; they lie evenly in range, azimuth and the sine of elevation within the radar's
limits; their signal exceeds the threshold by an exponential number, as noise does; their range rate is even in +-1
km/s.

The plots of a scan come sorted by azimuth, so that their order tells nothing of the truth; which target each came from
is written to an array of its own, for harness and recorder alone. All plots of a scan carry the time of the look;
``latency_s`` later they are at hand.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.philox import Purpose, normal_pair, poisson_draw, stream_key, uniform_four
from opendome.base.polar import to_polar
from opendome.base.types import PLOT
from opendome.sensing.detection import DetectionTable, steady_probability
from opendome.sensing.radar import is_in_view, is_up, least_cos, plot_errors, signal_db
from opendome.sensing.terrain import TerrainMask

__all__ = [
    "FALSE_SOURCE",
    "PlotBuffer",
    "SensingModel",
    "false_plots",
    "look",
    "look_time_s",
    "new_plot_buffer",
    "plot_capacity",
    "radar_bias",
    "scan",
]

FALSE_SOURCE = -1
"""Source of a false plot."""

_DETECT = int(Purpose.LOOK_DETECT)
_ERROR = int(Purpose.LOOK_ERROR)
_FALSE = int(Purpose.FALSE_PLOT)
_BIAS = int(Purpose.RADAR_BIAS)
_FALSE_RATE_MPS = 1000.0
_DB = 10.0 / math.log(10.0)


class SensingModel(NamedTuple):
    """What the kernels need: ``radars`` (n_radars,) RADAR, their detection table and terrain mask, the study's seed."""

    radars: np.ndarray
    detection: DetectionTable
    terrain: TerrainMask
    seed: int


class PlotBuffer(NamedTuple):
    """Plots of one scan and their sources, ``plots`` (k,) PLOT and ``source`` (k,); the rest is for sorting.

    ``source`` holds the row of the target, or FALSE_SOURCE.
    """

    plots: np.ndarray
    source: NDArray[np.int64]
    raw: np.ndarray
    raw_source: NDArray[np.int64]
    order: NDArray[np.int64]


def new_plot_buffer(capacity: int) -> PlotBuffer:
    """Room for a number of plots, see `plot_capacity`."""
    return PlotBuffer(
        np.zeros(capacity, PLOT),
        np.full(capacity, FALSE_SOURCE, np.int64),
        np.zeros(capacity, PLOT),
        np.full(capacity, FALSE_SOURCE, np.int64),
        np.zeros(capacity, np.int64),
    )


def plot_capacity(radars: np.ndarray, n_targets: int) -> int:
    """Room that one scan of any of the radars needs: a scan with more is as likely as 1e-15."""
    most = float(radars["n_false_plots"].max()) if len(radars) else 0.0
    return int(n_targets) + math.ceil(most + 10.0 * math.sqrt(most) + 40.0)


@inlined_kernel
def look_time_s(radar, look_index):
    """Time of a radar's look [s]; looks are counted from the scenario's start, whether the radar is up or not."""
    return radar.phase_s + look_index * radar.revisit_s


@inlined_kernel
def _key(seed, purpose, identity):
    """Key of a stream of one radar."""
    return stream_key(stream_key(seed, purpose), identity)


@inlined_kernel
def radar_bias(radar, seed, replication):
    """The radar's constant errors in this replication: range [m], azimuth [rad], elevation [rad]."""
    u0, u1, u2, u3 = uniform_four(_key(seed, _BIAS, radar.identity), replication, 0, 0, 0)
    n0, n1 = normal_pair(u0, u1)
    n2, _ = normal_pair(u2, u3)
    return n0 * radar.bias_range_m, n1 * radar.bias_azimuth_rad, n2 * radar.bias_elevation_rad


@inlined_kernel
def _fluctuation(radar, key, replication, burst, shot, look_index, u_first, u_second):
    """Signal of this look over its mean: a gamma number of mean 1."""
    if radar.swerling == 0:
        return 1.0
    if radar.swerling == 1:
        return -math.log(u_first)
    if radar.swerling == 3:
        return -0.5 * (math.log(u_first) + math.log(u_second))
    n = radar.n_pulses if radar.swerling == 2 else 2 * radar.n_pulses
    total = 0.0
    for k in range(0, n, 4):
        deeper = stream_key(key, k + 1)
        u0, u1, u2, u3 = uniform_four(deeper, replication, burst, shot, look_index)
        total -= math.log(u0)
        if k + 1 < n:
            total -= math.log(u1)
        if k + 2 < n:
            total -= math.log(u2)
        if k + 3 < n:
            total -= math.log(u3)
    return total / n


@inlined_kernel
def _errors(sigmas, elevation_rad, key, replication, burst, shot, look_index):
    """Drawn errors of one plot: range [m], azimuth [rad], elevation [rad], range rate [m/s]."""
    s_range, s_angle, s_elevation, s_rate = sigmas
    u0, u1, u2, u3 = uniform_four(key, replication, burst, shot, look_index)
    n0, n1 = normal_pair(u0, u1)
    n2, n3 = normal_pair(u2, u3)
    return s_range * n0, s_angle / least_cos(elevation_rad) * n1, s_elevation * n2, s_rate * n3


@inlined_kernel
def _write(row, i_radar, t_s, range_m, azimuth_rad, elevation_rad, rate_mps, snr_db, sigmas):
    """Write a plot with the variances that the radar states; fold what lies past the zenith or behind the antenna."""
    s_range, s_angle, s_elevation, s_rate = sigmas
    if elevation_rad > 0.5 * math.pi:
        elevation_rad, azimuth_rad = math.pi - elevation_rad, azimuth_rad + math.pi
    s_azimuth = s_angle / least_cos(elevation_rad)
    azimuth_rad = azimuth_rad % (2.0 * math.pi)
    row.t_s, row.i_radar = t_s, i_radar
    row.range_m = max(range_m, 0.0)
    row.azimuth_rad = azimuth_rad if azimuth_rad < 2.0 * math.pi else 0.0
    row.elevation_rad = elevation_rad
    row.snr_db = snr_db
    row.var_range_m2, row.var_azimuth_rad2 = s_range * s_range, s_azimuth * s_azimuth
    row.var_elevation_rad2, row.var_range_rate_m2ps2 = s_elevation * s_elevation, s_rate * s_rate
    row.range_rate_mps = rate_mps if s_rate > 0.0 else math.nan


@kernel
def look(model, i_radar, replication, look_index, t_s, targets, target_keys, n_targets, plots, source, n):
    """Plots of the targets that one look of a radar detects, added after the first ``n``.

    Parameters
    ----------
    model : SensingModel
    i_radar : int                        row of the radar
    replication, look_index : int        keys of the draws
    t_s : float                          time of the look [s], see `look_time_s`; nothing is seen while it is down
    targets : (k, 7)                     east, north, up [m], their rates [m/s], mean radar cross-section [m2]; a row
                                         with a value that is not a number is not seen
    target_keys : (k, 2) int64           the target's own two numbers, burst and shot
    n_targets : int                      rows of ``targets`` to look at
    plots, source : (m,) PLOT, (m,)      filled; ``source`` with the row of the target
    n : int                              plots already there

    Returns
    -------
    int                                  plots there now, at most m: what finds no room is lost
    """
    radar = model.radars[i_radar]
    if not is_up(radar, t_s):
        return n
    detect_key = _key(model.seed, _DETECT, radar.identity)
    error_key = _key(model.seed, _ERROR, radar.identity)
    bias_range_m, bias_azimuth_rad, bias_elevation_rad = radar_bias(radar, model.seed, replication)
    threshold_db = model.detection.threshold_db[model.detection.i_row[i_radar]]
    for i in range(n_targets):
        d_east, d_north, d_up = targets[i, 0] - radar.east_m, targets[i, 1] - radar.north_m, targets[i, 2] - radar.up_m
        if not d_east * d_east + d_north * d_north + d_up * d_up <= radar.range_max_m * radar.range_max_m:
            continue
        range_m, azimuth_rad, elevation_rad, rate_mps = to_polar(
            radar, targets[i, 0], targets[i, 1], targets[i, 2], targets[i, 3], targets[i, 4], targets[i, 5]
        )
        if not math.isfinite(rate_mps + targets[i, 6]):
            continue
        if not is_in_view(radar, i_radar, model.terrain, range_m, azimuth_rad, elevation_rad):
            continue
        burst, shot = target_keys[i, 0], target_keys[i, 1]
        u0, u1, u2, _ = uniform_four(detect_key, replication, burst, shot, look_index)
        share = _fluctuation(radar, detect_key, replication, burst, shot, look_index, u1, u2)
        snr_db = signal_db(radar, range_m, targets[i, 6]) + _DB * math.log(max(share, 1e-30))
        if u0 >= steady_probability(model.detection, i_radar, snr_db) or n >= len(plots):
            continue
        snr_db = max(snr_db, threshold_db)
        sigmas = plot_errors(radar, snr_db)
        errors = _errors(sigmas, elevation_rad, error_key, replication, burst, shot, look_index)
        range_m += bias_range_m + errors[0]
        azimuth_rad += bias_azimuth_rad + errors[1]
        elevation_rad += bias_elevation_rad + errors[2]
        _write(plots[n], i_radar, t_s, range_m, azimuth_rad, elevation_rad, rate_mps + errors[3], snr_db, sigmas)
        source[n] = i
        n += 1
    return n


@kernel
def false_plots(model, i_radar, replication, look_index, t_s, plots, source, n):
    """False plots of one look of a radar, added after the first ``n``; parameters and result as in `look`."""
    radar = model.radars[i_radar]
    if not is_up(radar, t_s) or radar.n_false_plots <= 0.0:
        return n
    key = _key(model.seed, _FALSE, radar.identity)
    low, high = math.sin(radar.min_elevation_rad), math.sin(radar.max_elevation_rad)
    threshold = 10.0 ** (0.1 * model.detection.threshold_db[model.detection.i_row[i_radar]])
    count = poisson_draw(key, replication, look_index, 0, radar.n_false_plots)
    for k in range(count):
        if n >= len(plots):
            break
        u0, u1, u2, _ = uniform_four(key, replication, look_index, 1, k)
        u3, u4, _, _ = uniform_four(key, replication, look_index, 2, k)
        snr_db = _DB * math.log(threshold - math.log(u4) / radar.n_pulses)
        range_m = radar.range_min_m + u0 * (radar.range_max_m - radar.range_min_m)
        azimuth_rad = radar.sector_center_rad + (u1 - 0.5) * radar.sector_width_rad
        elevation_rad = math.asin(low + u2 * (high - low))
        rate_mps = (2.0 * u3 - 1.0) * _FALSE_RATE_MPS
        _write(
            plots[n], i_radar, t_s, range_m, azimuth_rad, elevation_rad, rate_mps, snr_db, plot_errors(radar, snr_db)
        )
        source[n] = FALSE_SOURCE
        n += 1
    return n


@inlined_kernel
def _sink(plots, order, start, n):
    """Let one entry of a heap over azimuth sink to its place."""
    i = start
    moved = order[i]
    azimuth = plots[moved].azimuth_rad
    while True:
        child = 2 * i + 1
        if child >= n:
            break
        if child + 1 < n and plots[order[child + 1]].azimuth_rad > plots[order[child]].azimuth_rad:
            child += 1
        if plots[order[child]].azimuth_rad <= azimuth:
            break
        order[i] = order[child]
        i = child
    order[i] = moved


@kernel
def _sort_by_azimuth(buffer, n):
    """Fill ``plots`` and ``source`` of the buffer with the first n raw ones, by rising azimuth (heap sort)."""
    order, raw = buffer.order, buffer.raw
    for i in range(n):
        order[i] = i
    for i in range(n // 2 - 1, -1, -1):
        _sink(raw, order, i, n)
    for last in range(n - 1, 0, -1):
        order[0], order[last] = order[last], order[0]
        _sink(raw, order, 0, last)
    for i in range(n):
        a, b = buffer.plots[i], raw[order[i]]
        a.t_s, a.i_radar, a.range_m, a.azimuth_rad = b.t_s, b.i_radar, b.range_m, b.azimuth_rad
        a.elevation_rad, a.range_rate_mps, a.snr_db = b.elevation_rad, b.range_rate_mps, b.snr_db
        a.var_range_m2, a.var_azimuth_rad2 = b.var_range_m2, b.var_azimuth_rad2
        a.var_elevation_rad2, a.var_range_rate_m2ps2 = b.var_elevation_rad2, b.var_range_rate_m2ps2
        buffer.source[i] = buffer.raw_source[order[i]]


@kernel
def scan(model, i_radar, replication, look_index, t_s, targets, target_keys, n_targets, buffer):
    """One whole scan of a radar: detections and false plots, sorted by azimuth, into ``buffer``; gives their number.

    Parameters are those of `look`; ``buffer`` is a PlotBuffer of `plot_capacity`.
    """
    n = look(
        model, i_radar, replication, look_index, t_s, targets, target_keys, n_targets, buffer.raw, buffer.raw_source, 0
    )
    n = false_plots(model, i_radar, replication, look_index, t_s, buffer.raw, buffer.raw_source, n)
    _sort_by_azimuth(buffer, n)
    return n

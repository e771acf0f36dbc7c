"""Curves of the statistical picture: how large the impact error is at each range and track age.

The table is the measured root-mean-square impact error of a drag-aware filter's bound for a reference radar (2 mrad,
15 m, one look a second), for shots of 10,
20, 40 and 70 km. Between and beyond its points the curve is straight in the logarithms of range and age. It stands in
for a tracker where no curves were fitted to simulated tracks (`picture.curves`); a sensor's ``error_scale`` multiplies
either.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from .fitted import ErrorTable
from .renewal import next_age_s

__all__ = ["LookTable", "hexagonal_lattice", "impact_error_m", "make_looks"]

_RANGE_KM = np.array([10.0, 20.0, 40.0, 70.0])
_AGE_S = np.array([6.0, 10.0, 20.0, 30.0, 45.0, 60.0])
# rms error [m] by range (rows) and age (columns); 0 = already down
_RMS_M = np.array(
    [
        [813.0, 367.0, 88.0, 33.0, 0.0, 0.0],
        [1840.0, 699.0, 170.0, 76.0, 32.0, 0.0],
        [5023.0, 1987.0, 539.0, 252.0, 114.0, 62.0],
        [8233.0, 3502.0, 1078.0, 539.0, 259.0, 147.0],
    ]
)
N_RANGES = 64
MOST_ASSESSMENTS = 10
SMALLEST_ERROR_M = 30.0
LAST_ERROR_M = 200.0
"""A prediction this sharp is not renewed: areas are kilometres wide."""
LOOK_WAIT_S = 0.5
"""Mean time until the next look at a track, with a look a second: a prediction is renewed with a plot."""
_OLDEST_S = 600.0


class LookTable(NamedTuple):
    """Ages at which a track is looked at, and the error of its impact then, by range.

    ``age_s`` (n,); ``rms_m`` and ``ratio`` (N_RANGES, n), row i for ranges from exp(log_range_low + i * log_range_step)
    m on. ``ratio`` is the error along the path over that across it.
    """

    log_range_low: float
    log_range_step: float
    age_s: np.ndarray
    rms_m: np.ndarray
    ratio: np.ndarray


def _error_at_age(row: np.ndarray, age_s: float) -> float:
    """Error of one range row at an age: straight lines in logarithms, last slope carried on."""
    known = row > 0.0
    log_age, log_rms = np.log(_AGE_S[known]), np.log(row[known])
    x = math.log(age_s)
    i = int(np.clip(np.searchsorted(log_age, x) - 1, 0, len(log_age) - 2))
    slope = (log_rms[i + 1] - log_rms[i]) / (log_age[i + 1] - log_age[i])
    return float(log_rms[i] + slope * (x - log_age[i]))


def impact_error_m(range_m: float, age_s: float) -> float:
    """Root-mean-square error of the predicted impact point [m] of the reference radar.

    Parameters
    ----------
    range_m : float    distance from launch to impact [m], > 0
    age_s : float      time since the first plot [s], > 0
    """
    x = math.log(range_m / 1000.0)
    logs = np.log(_RANGE_KM)
    i = int(np.clip(np.searchsorted(logs, x) - 1, 0, len(logs) - 2))
    low, high = _error_at_age(_RMS_M[i], age_s), _error_at_age(_RMS_M[i + 1], age_s)
    share = (x - logs[i]) / (logs[i + 1] - logs[i])
    # Beyond the table the nearest range's curve is carried on; far below it the slope would be a guess on a guess.
    share = min(max(share, -1.5), 2.0)
    return max(SMALLEST_ERROR_M, math.exp(low + share * (high - low)))


def _in_table(table: ErrorTable, range_m: float, age_s: float) -> tuple[float, float]:
    """Error [m] and ratio of a fitted table: bilinear in the logarithms of range and age, held at its edges."""
    rows, columns = np.log(table.range_m), np.log(table.age_s)
    x = min(max(math.log(range_m), rows[0]), rows[-1])
    y = min(max(math.log(age_s), columns[0]), columns[-1])
    i = int(np.clip(np.searchsorted(rows, x) - 1, 0, len(rows) - 2))
    j = int(np.clip(np.searchsorted(columns, y) - 1, 0, len(columns) - 2))
    u, v = (x - rows[i]) / (rows[i + 1] - rows[i]), (y - columns[j]) / (columns[j + 1] - columns[j])
    weights = ((1 - u) * (1 - v), (1 - u) * v, u * (1 - v), u * v)
    cells = ((i, j), (i, j + 1), (i + 1, j), (i + 1, j + 1))
    log_rms = sum(w * math.log(table.rms_m[r][c]) for w, (r, c) in zip(weights, cells))
    log_ratio = sum(w * math.log(table.ratio[r][c]) for w, (r, c) in zip(weights, cells))
    return max(SMALLEST_ERROR_M, math.exp(log_rms)), math.exp(log_ratio)


@functools.lru_cache(maxsize=64)
def make_looks(
    confirm_delay_s: float, range_low_m: float, range_high_m: float, ratio: float = 2.0, table: ErrorTable | None = None
) -> LookTable:
    """Looks at a track from its confirmation on, as seldom as the tracked picture's, with the errors of ``table``.

    Without a table: those of the reference curve, with one ``ratio``.
    """
    log_low = math.log(range_low_m)
    step = (math.log(range_high_m) - log_low) / N_RANGES
    ages = [confirm_delay_s]
    while ages[-1] < _OLDEST_S:
        ages.append(next_age_s(ages[-1]) + LOOK_WAIT_S)
    errors, ratios = np.zeros((N_RANGES, len(ages))), np.full((N_RANGES, len(ages)), ratio)
    for i in range(N_RANGES):
        range_m = math.exp(log_low + (i + 0.5) * step)
        for k, age_s in enumerate(ages):
            if table is None:
                errors[i, k] = impact_error_m(range_m, max(age_s, 1e-3))
            else:
                errors[i, k], ratios[i, k] = _in_table(table, range_m, max(age_s, 1e-3))
    return LookTable(log_low, step, np.array(ages), errors, ratios)


def hexagonal_lattice(rings: int, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights to integrate over a standard bivariate normal: (n, 2) and (n,), weights summing to 1."""
    points = []
    for a in range(-rings, rings + 1):
        for b in range(-rings, rings + 1):
            if abs(a + b) <= rings:
                points.append((spacing * (a + 0.5 * b), spacing * b * math.sqrt(3.0) / 2.0))
    lattice = np.array(sorted(points, key=lambda p: (p[0] ** 2 + p[1] ** 2, p)))
    weights = np.exp(-0.5 * (lattice**2).sum(axis=1))
    return lattice, weights / weights.sum()

"""Curves of the statistical picture: how large the impact error is at each range and track age.

The table is the measured root-mean-square impact error of a drag-aware filter's bound for a reference radar (2 mrad,
15 m, one look a second), for shots of 10,
20, 40 and 70 km. Between and beyond its points the curve is straight in the logarithms of range and age. It stands in
for a tracker until the picture is fitted
to simulated tracks; a sensor's ``error_scale`` multiplies it.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

__all__ = ["Ladder", "hexagonal_lattice", "impact_error_m", "make_ladder"]

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
LADDER_RANGES = 64
LADDER_STEPS = 10
SMALLEST_ERROR_M = 30.0
LAST_ERROR_M = 200.0


class Ladder(NamedTuple):
    """Ages at which a track is assessed, and the error then, by range.

    ``age_s`` and ``rms_m`` (LADDER_RANGES, LADDER_STEPS), ``n_steps`` (LADDER_RANGES,); row i is for ranges from
    exp(log_range_low + i * log_range_step) m on.
    """

    log_range_low: float
    log_range_step: float
    n_steps: np.ndarray
    age_s: np.ndarray
    rms_m: np.ndarray


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


@functools.lru_cache(maxsize=64)
def make_ladder(confirm_delay_s: float, shrink_step: float, range_low_m: float, range_high_m: float) -> Ladder:
    """Ages of assessment for each range: at confirmation and whenever the error has shrunk by ``shrink_step``, ten at
    most.

    Once it is under 200 m there is no further assessment: areas are kilometres wide.
    """
    log_low = math.log(range_low_m)
    step = (math.log(range_high_m) - log_low) / LADDER_RANGES
    ages = np.zeros((LADDER_RANGES, LADDER_STEPS))
    errors = np.zeros((LADDER_RANGES, LADDER_STEPS))
    n_steps = np.zeros(LADDER_RANGES, np.int32)
    for i in range(LADDER_RANGES):
        range_m = math.exp(log_low + (i + 0.5) * step)
        age, error = confirm_delay_s, impact_error_m(range_m, confirm_delay_s)
        ages[i, 0], errors[i, 0], n = age, error, 1
        while n < LADDER_STEPS and error > LAST_ERROR_M and age < 600.0:
            age *= 1.01
            now = impact_error_m(range_m, age)
            if now <= shrink_step * error:
                ages[i, n], errors[i, n], error = age, now, now
                n += 1
        n_steps[i] = n
    return Ladder(log_low, step, n_steps, ages, errors)


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

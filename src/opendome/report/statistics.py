"""The few numbers that the report computes itself: means with intervals, shares, quantile dots, crossings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from opendome.report.model import Estimate

__all__ = [
    "N_DOTS",
    "bin_dots",
    "crossing",
    "mean_estimate",
    "quantile_dots",
    "share_estimate",
    "spread",
    "totals_ratio",
]

N_DOTS = 50
"""Dots in a row of quantile dots: each stands for one campaign in fifty."""


def mean_estimate(x: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Give the mean of x (n,) with its Student t interval; NaNs are left out, one value has no interval."""
    x = x[np.isfinite(x)]
    n = len(x)
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, 0)
    mean = float(np.mean(x))
    if n == 1:
        return Estimate(mean, math.nan, math.nan, 1)
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, 0.5 + confidence / 2) * np.std(x, ddof=1) / math.sqrt(n))
    return Estimate(mean, mean - half, mean + half, n)


def share_estimate(x: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Give the share of ones in x (n,) of zeros and ones, with Wilson's score interval (Wilson 1927)."""
    n = len(x)
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, 0)
    from scipy.special import ndtri

    z2 = float(ndtri(0.5 + confidence / 2)) ** 2
    p = float(np.mean(x))
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return Estimate(p, max(0.0, centre - half), min(1.0, centre + half), n)


def spread(x: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Give the quantiles of x (n,) that hold the middle ``confidence`` of it."""
    x = x[np.isfinite(x)]
    if not len(x):
        return math.nan, math.nan
    low, high = np.quantile(x, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return float(low), float(high)


def totals_ratio(top: np.ndarray, bottom: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Give the ratio of totals over campaigns, with the middle ``confidence`` of the campaigns' own ratios."""
    keep = bottom > 0
    if not np.any(keep):
        return Estimate(math.nan, math.nan, math.nan, 0)
    low, high = spread(top[keep] / bottom[keep], confidence)
    return Estimate(float(np.sum(top) / np.sum(bottom)), low, high, int(np.sum(keep)))


def quantile_dots(x: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, ...]:
    """Give the 50 quantiles of x (n,) at (i + 1/2)/50; with ``weights`` (n,) x is a histogram."""
    at = (np.arange(N_DOTS) + 0.5) / N_DOTS
    if weights is None:
        x = x[np.isfinite(x)]
        return tuple(float(q) for q in np.quantile(x, at)) if len(x) else ()
    total = float(np.sum(weights))
    if total <= 0:
        return ()
    order = np.argsort(x, kind="stable")
    filled = np.cumsum(weights[order]) / total
    return tuple(float(q) for q in x[order][np.searchsorted(filled, at)])


def bin_dots(px: Sequence[float], pitch: float) -> list[tuple[float, int]]:
    """Stack dots of one row: (x, place in its column) for positions in px, sorted (Wilkinson 1999).

    A column begins at its leftmost dot and takes every dot within one pitch; its dots stand at the middle of their own
    positions, and columns never overlap.
    """
    columns: list[list[float]] = []
    for x in sorted(px):
        if columns and x < columns[-1][0] + pitch:
            columns[-1].append(x)
        else:
            columns.append([x])
    out: list[tuple[float, int]] = []
    last = -math.inf
    for members in columns:
        centre = max((members[0] + members[-1]) / 2, last + pitch)
        last = centre
        out += [(centre, i) for i in range(len(members))]
    return out


def crossing(x_used: float, gain_used: float, x_end: float, gain_end: float) -> float | None:
    """Give the value where a straight line from (used, gain) to (end, gain) meets zero, or None if it does not."""
    if not all(map(math.isfinite, (x_used, gain_used, x_end, gain_end))) or gain_used * gain_end >= 0:
        return None
    return x_used + (x_end - x_used) * gain_used / (gain_used - gain_end)

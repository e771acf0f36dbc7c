"""Intervals of means, shares, ratios and paired differences, narrowed by control variates.

Alternatives share their raids (common random numbers), so differences are taken replication by replication. What is
known exactly of the raid narrows the interval further: with controls of known mean zero, X, the mean of y is the
intercept of the regression of y on X, and its variance is what the controls leave unexplained. Leaks do not grow in
proportion to the raid, so that variance is estimated without assuming a straight line of even scatter (HC3).

References: Lavenberg and Welch (1981) on control variates; MacKinnon and White (1985) on HC3; Wilson (1927) and Agresti
and Min (2005) on shares; Cochran (1977, chapter 6) on the ratio of totals.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

__all__ = ["Interval", "agresti_min", "linearised_ratio", "mean_interval", "wilson"]

_MIN_REPLICATIONS_FOR_CONTROLS = 30
_IMPLAUSIBLE_Z = 6.0
_ROUNDING = 1e-24


class Interval(NamedTuple):
    """An estimate with its interval.

    ``variance_ratio`` is the variance of the plain mean over that of the estimate: how many times fewer replications
    the controls save. ``method`` says how the interval was made.
    """

    value: float
    low: float
    high: float
    n: int
    method: str = "t"
    variance_ratio: float = 1.0

    @property
    def half_width(self) -> float:
        """Half of the interval's width; infinite where there is none."""
        half = (self.high - self.low) / 2.0
        return half if math.isfinite(half) else math.inf


def mean_interval(values: np.ndarray, controls: np.ndarray | None = None, confidence: float = 0.95) -> Interval:
    """Estimate the mean of independent values by Student's t, narrowed by controls where there are any.

    Parameters
    ----------
    values : ndarray (n,)
        One value a replication.
    controls : ndarray (n, k), optional
        Columns whose exact mean is 0, one row a replication. Left out of use below 30 replications, where constant,
        and where their sample mean is more than six standard errors from 0, which means that the mean is not as stated.
    confidence : float in (0, 1)

    Returns
    -------
    Interval
        ``t`` or ``control variates``. With one value alone the interval is NaN.
    """
    y = np.asarray(values, dtype=np.float64)
    n = len(y)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    mean = float(y.mean())
    if n == 1:
        return Interval(mean, math.nan, math.nan, 1)
    plain_variance = float(y.var(ddof=1)) / n
    usable = _usable_controls(controls, n)
    if usable is None or plain_variance == 0.0:
        half = _t_quantile(confidence, n - 1) * math.sqrt(plain_variance)
        return Interval(mean, mean - half, mean + half, n)
    value, variance, freedom = _intercept(y, usable)
    variance = variance if variance > _ROUNDING * plain_variance else 0.0
    half = _t_quantile(confidence, freedom) * math.sqrt(variance)
    saved = plain_variance / variance if variance > 0.0 else math.inf
    return Interval(value, value - half, value + half, n, "control variates", saved)


def _usable_controls(controls: np.ndarray | None, n: int) -> np.ndarray | None:
    if controls is None or n < _MIN_REPLICATIONS_FOR_CONTROLS or controls.shape[1] == 0:
        return None
    means = controls.mean(axis=0)
    deviations = controls.std(axis=0, ddof=1)
    varies = deviations > 1e-12 * np.maximum(np.abs(controls).max(axis=0), 1e-300)
    errors = np.where(varies, deviations, 1.0) / math.sqrt(n)
    keep = varies & (np.abs(means) <= _IMPLAUSIBLE_Z * errors)
    return controls[:, keep] / deviations[keep] if keep.any() else None


def _intercept(y: np.ndarray, controls: np.ndarray) -> tuple[float, float, int]:
    """Intercept of the least-squares fit of y on the controls, its variance (HC3), and the degrees of freedom left."""
    n = len(y)
    design = np.column_stack([np.ones(n), controls])
    q, r, keep = _independent_columns(design)
    coefficients = np.linalg.solve(r, q.T @ y)
    residual = y - design[:, keep] @ coefficients
    weights = q @ np.linalg.solve(r.T, np.eye(len(keep))[:, 0])
    leverage = np.minimum(np.einsum("ij,ij->i", q, q), 1.0 - 1e-9)
    variance = float(np.sum((weights * residual / (1.0 - leverage)) ** 2))
    return float(coefficients[0]), variance, n - len(keep)


def _independent_columns(design: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Drop columns that depend on those before them; give QR of the rest and their numbers."""
    keep = [0]
    for column in range(1, design.shape[1]):
        last = np.linalg.qr(design[:, [*keep, column]]).R[-1, -1]
        if abs(last) > 1e-8 * np.linalg.norm(design[:, column]):
            keep.append(column)
    basis, triangle = np.linalg.qr(design[:, keep])
    return basis, triangle, keep


def wilson(n_successes: float, n: int, confidence: float = 0.95) -> Interval:
    """Estimate a share by Wilson's score interval; it stays in [0, 1] and has width even at 0 and n successes."""
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0, "Wilson")
    share = n_successes / n
    z = _normal_quantile(confidence)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(share, min(max(0.0, centre - half), share), max(min(1.0, centre + half), share), n, "Wilson")


def agresti_min(ours: np.ndarray, theirs: np.ndarray, confidence: float = 0.95) -> Interval:
    """Estimate the difference of two paired shares, ours minus theirs.

    Parameters
    ----------
    ours, theirs : ndarray (n,)
        0 or 1 in each replication.

    Half a replication is added to each of the four cells, so that the interval has width even where all agree.
    """
    n = len(ours)
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0, "Agresti-Min")
    n_up = float(np.count_nonzero((ours > 0.5) & (theirs < 0.5)))
    n_down = float(np.count_nonzero((ours < 0.5) & (theirs > 0.5)))
    value = (n_up - n_down) / n
    p_up, p_down = (n_up + 0.5) / (n + 2), (n_down + 0.5) / (n + 2)
    centre = p_up - p_down
    half = _normal_quantile(confidence) * math.sqrt((p_up + p_down - centre * centre) / (n + 2))
    return Interval(value, min(max(-1.0, centre - half), value), max(min(1.0, centre + half), value), n, "Agresti-Min")


def linearised_ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Give values whose mean is the ratio of the totals and whose scatter is that ratio's (delta method), (n,).

    r_i = R + (numerator_i - R denominator_i) / mean(denominator), R the ratio of the totals. All NaN if the
    denominators add up to 0. As these are one value a replication, differences and controls work as for any mean.
    """
    bottom = float(np.sum(denominator))
    if bottom == 0.0 or len(denominator) == 0:
        return np.full(len(denominator), np.nan)
    whole = float(np.sum(numerator)) / bottom
    return np.asarray(whole + (numerator - whole * denominator) / (bottom / len(denominator)))


@lru_cache(maxsize=4096)
def _t_quantile(confidence: float, freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + confidence / 2.0))


@lru_cache(maxsize=64)
def _normal_quantile(confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2.0))

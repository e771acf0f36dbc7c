"""Sobol' indices from a function's values at Saltelli's points: what share of the variance each input accounts for.

First-order index of input i, V(E[f | x_i]) / V(f): by how much the variance would shrink if the input were known. Total
index, E[V(f | all others)] / V(f): what would be left if all others were known. Their gap is interaction.

Where f is the mean of r replications, luck adds to the numerators and to the variance alike. All of them are quadratic
forms Q(y, y) of the values, and products of two different replications are free of luck: with luck independent between
replications, (r Q(mean) - mean of Q(each)) / (r - 1) has the expectation of Q without any luck. This holds with common
random numbers too, where the luck of two points is correlated; what all points share drops out.

References: Saltelli and others (2010), Computer Physics Communications 181, table 2: (b) for first-order indices,
(f), Jansen's (1999), for total ones. Intervals: percentiles of a bootstrap over base samples (Archer, Saltelli, Sobol'
1997), widened in quadrature by a jackknife over replications (Efron and Stein 1981), because the same few raids stand
behind all points and resampling points cannot see what they leave unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import kernel
from opendome.base.philox import Purpose, stream_key, uniform_four

__all__ = ["N_SETS", "Band", "Indices", "percentiles", "resampled_counts", "resampled_weights", "sobol_indices"]

N_SETS = 1000
"""Sets of the bootstrap."""


class Band(NamedTuple):
    """Estimates with their intervals, each (k,)."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


class Indices(NamedTuple):
    """Sobol' indices of k inputs.

    ``mean`` and ``variance`` of the function over its inputs, the latter rid of luck; ``noise_frac`` share of luck in
    the variance of the means over r replications, ``luck_frac`` in that of a single replication (NaN with one);
    ``n`` base samples. Indices are NaN where the function does not clearly vary.
    """

    first: Band
    total: Band
    mean: float
    variance: float
    noise_frac: float
    luck_frac: float
    n: int


def sobol_indices(
    f_a: np.ndarray,
    f_b: np.ndarray,
    f_ab: np.ndarray,
    *,
    confidence: float = 0.95,
    n_sets: int = N_SETS,
    seed: int = 0,
) -> Indices:
    """Estimate first-order and total indices, with percentile intervals.

    Parameters
    ----------
    f_a, f_b : ndarray (n,) or (n, r)
        Values at the base samples A and B, one column a replication, the same raid in a column; r = 1 has no luck.
    f_ab : ndarray (k, n) or (k, n, r)
        Values at A with column i from B.
    confidence : float in (0, 1)
    n_sets : int
        Sets of the bootstrap.
    seed : int
        Of the bootstrap.

    Returns
    -------
    Indices
        Estimates are not cut to [0, 1]: one below 0 says that the index is too small to be told from 0.
    """
    a, b, ab = _as_replications(f_a, f_b, f_ab)
    n, r = a.shape
    within = 0.5 * float(a.var(axis=1, ddof=1).mean() + b.var(axis=1, ddof=1).mean()) if r > 1 else math.nan
    centre = 0.5 * (a.mean(axis=0) + b.mean(axis=0))
    a, b, ab = a - centre, b - centre, ab - centre
    whole = np.full((1, n), 1.0 / n)
    found, variance = _ratios(a, b, ab, np.concatenate([whole, resampled_weights(n, n_sets, seed)]))
    if not (variance[0] > 0.0 and np.mean(variance[1:] <= 0.0) < 0.5 - confidence / 2.0):
        found = np.full_like(found, np.nan)
    low, high = percentiles(found[1:], confidence)
    low, high = _widened(found[0], low, high, _half_widths(a, b, ab, whole, confidence))
    seen = float(np.concatenate([a.mean(axis=1), b.mean(axis=1)]).var())
    known = max(float(variance[0]), 0.0)
    k = len(ab)
    return Indices(
        Band(found[0, :k], low[:k], high[:k]),
        Band(found[0, k:], low[k:], high[k:]),
        float(centre.mean()),
        float(variance[0]),
        1.0 - known / seen if r > 1 and seen > 0.0 else math.nan,
        within / (within + known) if within + known > 0.0 else math.nan,
        n,
    )


def _as_replications(f_a: np.ndarray, f_b: np.ndarray, f_ab: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b, ab = (np.asarray(part, dtype=np.float64) for part in (f_a, f_b, f_ab))
    if a.ndim == 1:
        a, b, ab = a[:, None], b[:, None], ab[..., None]
    if a.ndim != 2 or a.shape != b.shape or ab.shape != (len(ab), *a.shape):
        raise ValueError(f"values have shapes {a.shape}, {b.shape}, {ab.shape}; need (n, r), (n, r), (k, n, r)")
    if a.shape[1] == 2:
        raise ValueError("two replications do not say how much they leave to luck; use one (no luck), or 3 or more")
    return a, b, ab


def _ratios(a: np.ndarray, b: np.ndarray, ab: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First-order and total indices side by side for each set of weights (m, n): (m, 2 k), and the variances (m,)."""
    first = _without_luck(lambda x, y, z: x * (y - z), b, ab, a)
    total = _without_luck(lambda x, y: 0.5 * (x - y) ** 2, ab, a)
    variance = _variance(a, b, weights)
    scale = np.where(variance > 0.0, variance, np.nan)
    return weights @ np.concatenate([first, total]).T / scale[:, None], variance


def _half_widths(a: np.ndarray, b: np.ndarray, ab: np.ndarray, whole: np.ndarray, confidence: float) -> np.ndarray:
    """How far the replications may have moved each index, (2 k,): the jackknife over them, Student's t; 0 for one."""
    r = a.shape[1]
    if r == 1:
        return np.zeros(2 * len(ab))
    from scipy.special import stdtrit

    keep = [np.delete(np.arange(r), i) for i in range(r)]
    found = np.array([_ratios(a[:, one], b[:, one], ab[:, :, one], whole)[0][0] for one in keep])
    spread = np.sqrt((r - 1.0) / r * np.sum((found - found.mean(axis=0)) ** 2, axis=0))
    return np.asarray(stdtrit(r - 1, 0.5 + confidence / 2.0) * spread)


def _widened(value: np.ndarray, low: np.ndarray, high: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add a half-width to both sides of an interval, in quadrature."""
    return value - np.hypot(value - low, half), value + np.hypot(high - value, half)


def _without_luck(form: Callable[..., np.ndarray], *fields: np.ndarray) -> np.ndarray:
    """Give a quadratic form of the mean over replications, (..., r) -> (...), without what luck adds to it."""
    r = fields[0].shape[-1]
    of_mean = form(*(field.mean(axis=-1) for field in fields))
    if r == 1:
        return np.asarray(of_mean)
    return np.asarray((r * of_mean - form(*fields).mean(axis=-1)) / (r - 1.0))


def _variance(a: np.ndarray, b: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Variance over the points of A and B for each set of weights (m, n), without luck, (m,).

    Divided by the number of points, not by one less: the mean over points as even as these is all but exact.
    """
    squares = 0.5 * (_without_luck(np.square, a) + _without_luck(np.square, b))
    means = 0.5 * (weights @ a + weights @ b)
    return np.asarray(weights @ squares - _without_luck(np.square, means))


def percentiles(sets: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the ends of the middle ``confidence`` of sets (n_sets, k), each (k,); NaN where all are NaN."""
    ends = np.full((2, sets.shape[1]), np.nan)
    keep = np.isfinite(sets).any(axis=0)
    if keep.any():
        ends[:, keep] = np.nanquantile(sets[:, keep], [0.5 - confidence / 2.0, 0.5 + confidence / 2.0], axis=0)
    return ends[0], ends[1]


def resampled_weights(n: int, n_sets: int, seed: int) -> np.ndarray:
    """Give the weights of n samples in each set of a bootstrap, (n_sets, n); each row adds up to 1."""
    counts = np.zeros((n_sets, n), dtype=np.int64)
    resampled_counts(np.uint64(stream_key(seed, int(Purpose.BOOTSTRAP))), counts)
    return np.asarray(counts / float(n))


@kernel
def resampled_counts(key, counts):
    """Fill ``counts`` (n_sets, n), zeros at first, with how often each sample is drawn into each set."""
    n_sets, n = counts.shape
    for i_set in range(n_sets):
        for i_block in range((n + 3) // 4):
            drawn = uniform_four(key, i_set, i_block, 0, 0)
            for lane in range(4):
                if 4 * i_block + lane < n:
                    counts[i_set, min(int(drawn[lane] * n), n - 1)] += 1

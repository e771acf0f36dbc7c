"""What a sample of inputs tells by regression: rank coefficients, a smooth surface, and where it meets zero.

Standardised rank regression coefficients (Iman and Conover 1979; Saltelli and Sobol' 1995): inputs and result become
ranks, then standard scores, and are fitted by least squares. They serve any sample, ask only for a result that rises or
falls with each input, and say in which direction; R² of the ranks says how far that holds.

The surface is a sum of one cubic an input (Legendre), fitted to all points at once. Where its main effect, all other
inputs averaged over their ranges, meets zero is where the answer turns round.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.polynomial.legendre import legvander

from opendome.study.sensitivity import Band, percentiles, resampled_weights

__all__ = ["RankFit", "Surface", "Turn", "fit_surface", "least_points", "rank_regression", "turns"]

_DEGREE = 3
_N_STEPS = 201
_RANK_SETS = 500
_SURFACE_SETS = 400


class RankFit(NamedTuple):
    """Standardised rank regression: coefficients of k inputs, R² of the ranks, points."""

    coefficients: Band
    r_squared: float
    n: int


class Surface(NamedTuple):
    """Main effects of k inputs of a fitted surface.

    ``at`` (k, 201) values of each input; ``effects`` (k, 201) mean of the result there, all others averaged;
    ``sets`` (n_sets, k, 201) the same for sets of the bootstrap; ``r_squared`` share of the variance that it fits.
    """

    at: np.ndarray
    effects: np.ndarray
    sets: np.ndarray
    r_squared: float


class Turn(NamedTuple):
    """Where a main effect meets zero, NaN where it does not; ``share`` of the bootstrap's sets in which it does."""

    value: float
    low: float
    high: float
    share: float


def least_points(k: int) -> int:
    """Give the fewest points from which the ranks of k inputs are fitted: twice the coefficients, and ten."""
    return 2 * (k + 1) + 10


def rank_regression(x: np.ndarray, y: np.ndarray, *, confidence: float = 0.95, seed: int = 0) -> RankFit:
    """Fit the ranks of y (n,) by those of x (n, k), with percentile intervals over resampled points.

    Raises
    ------
    ValueError
        Fewer points than ``least_points``.
    """
    n, k = x.shape
    if n < least_points(k):
        raise ValueError(f"{n} points are too few for the ranks of {k} inputs; {least_points(k)} are enough")
    found, r_squared = _rank_fit(x, y)
    sets = np.empty((_RANK_SETS, k))
    for i, weights in enumerate(resampled_weights(n, _RANK_SETS, seed)):
        chosen = np.repeat(np.arange(n), np.rint(weights * n).astype(np.int64))
        sets[i] = _rank_fit(x[chosen], y[chosen])[0]
    return RankFit(Band(found, *percentiles(sets, confidence)), r_squared, n)


def _rank_fit(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    from scipy.stats import rankdata

    scores = _standard(rankdata(x, axis=0))
    target = _standard(rankdata(y)[:, None])[:, 0]
    found = np.linalg.lstsq(scores, target, rcond=None)[0]
    left = target - scores @ found
    spread = float(target @ target)
    return np.asarray(found), 1.0 - float(left @ left) / spread if spread > 0.0 else np.nan


def _standard(ranks: np.ndarray) -> np.ndarray:
    """Standard scores by column; a column without spread becomes zeros."""
    centred = ranks - ranks.mean(axis=0)
    spread = centred.std(axis=0)
    return np.asarray(centred / np.where(spread > 0.0, spread, 1.0))


def fit_surface(
    x: np.ndarray, y: np.ndarray, low: np.ndarray, high: np.ndarray, *, seed: int = 0, n_sets: int = _SURFACE_SETS
) -> Surface:
    """Fit a sum of one cubic an input, by least squares over all points.

    Parameters
    ----------
    x : ndarray (n, m, k)
        Values of k inputs at m points of each of n base samples (m = 1 for a plain sample), which are resampled whole.
    y : ndarray (n, m)
        Result at each point.
    low, high : ndarray (k,)
        Ranges of the inputs.
    seed : int
        Of the bootstrap.
    n_sets : int
        Sets of the bootstrap.
    """
    n, m, k = x.shape
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    unit = np.clip((x - middle) / half, -1.0, 1.0)
    basis = legvander(unit, _DEGREE)[..., 1:].reshape(n, m, k * _DEGREE)
    design = np.concatenate([np.ones((n, m, 1)), basis], axis=2)
    squares = np.einsum("nmi,nmj->nij", design, design)
    products = np.einsum("nmi,nm->ni", design, y)
    weights = np.concatenate([np.full((1, n), 1.0 / n), resampled_weights(n, n_sets, seed)])
    left, right = np.tensordot(weights, squares, axes=1), weights @ products
    found = (np.linalg.pinv(left, hermitian=True) @ right[:, :, None])[:, :, 0]
    steps = np.linspace(-1.0, 1.0, _N_STEPS)
    lines = legvander(steps, _DEGREE)[:, 1:]
    effects = found[:, 0, None, None] + np.einsum("skd,td->skt", found[:, 1:].reshape(-1, k, _DEGREE), lines)
    residual = y - design @ found[0]
    spread = float(y.var())
    at = middle[:, None] + half[:, None] * steps
    return Surface(at, effects[0], effects[1:], 1.0 - float(np.mean(residual**2)) / spread if spread > 0.0 else np.nan)


def turns(surface: Surface, near: np.ndarray, confidence: float = 0.95) -> list[Turn]:
    """Say where each main effect meets zero, the place nearest to ``near`` (k,), with its percentile interval."""
    found = []
    for i, at in enumerate(surface.at):
        value = _crossing(at, surface.effects[i], float(near[i]))
        beside = value if np.isfinite(value) else float(near[i])
        sets = np.array([_crossing(at, line, beside) for line in surface.sets[:, i]])
        low, high = percentiles(sets[:, None], confidence)
        share = float(np.isfinite(sets).mean())
        is_there = np.isfinite(value)
        found.append(Turn(value, float(low[0]) if is_there else np.nan, float(high[0]) if is_there else np.nan, share))
    return found


def _crossing(at: np.ndarray, line: np.ndarray, near: float) -> float:
    """Give the zero of a line drawn through points that is nearest to ``near``, NaN without one."""
    is_below = line < 0.0
    i = np.nonzero(is_below[:-1] != is_below[1:])[0]
    if not len(i):
        return float("nan")
    zeros = at[i] + (at[i + 1] - at[i]) * line[i] / (line[i] - line[i + 1])
    return float(zeros[np.argmin(np.abs(zeros - near))])

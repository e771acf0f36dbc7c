"""Whether stated covariances are true: normalised errors and innovations squared, and their chi-square bands.

Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and Navigation" (2001), section 5.4. The interval
of a Poisson rate is Garwood's (Biometrika 28, 1936), that of a share Wilson's (JASA 22, 1927).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opendome.base.errors import CommandError

__all__ = [
    "Consistency", "Rate", "Share", "chi_square_band", "consistency", "normalised_squares", "poisson_rate",
    "share_inside",
]  # fmt: skip

FloatArray = NDArray[np.float64]


class Consistency(NamedTuple):
    """Mean of ``n`` normalised squares beside the band in which it lies when covariances are true."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def is_inside(self) -> bool:
        """Whether the mean lies in the band."""
        return self.low <= self.mean <= self.high


class Share(NamedTuple):
    """A share of ``n`` cases with its interval."""

    share_frac: float
    low_frac: float
    high_frac: float
    n: int


class Rate(NamedTuple):
    """A rate per hour from ``n`` events with its interval."""

    rate_per_h: float
    low_per_h: float
    high_per_h: float
    n: int


def _check_level(level: float) -> None:
    if not 0.0 < level < 1.0:
        raise CommandError(f"level is {level!r}; write a share between 0 and 1, for instance 0.95")


def normalised_squares(error: ArrayLike, covariance: ArrayLike) -> FloatArray:
    """e' C^-1 e of each case: NEES for errors of estimates, NIS for innovations.

    Parameters
    ----------
    error : (n, d)            errors, in the units of the covariances
    covariance : (n, d, d)    stated covariances

    Returns
    -------
    (n,)    chi-square with d degrees of freedom when the covariances are true; inf where a covariance is not positive
            definite or a value not finite
    """
    errors, covariances = np.asarray(error, float), np.asarray(covariance, float)
    if errors.ndim != 2 or covariances.shape != (*errors.shape, errors.shape[1]):
        raise CommandError(f"shapes {errors.shape} and {covariances.shape}; write (n, d) and (n, d, d)")
    out = np.full(len(errors), np.inf)
    finite = np.isfinite(errors).all(axis=1) & np.isfinite(covariances).all(axis=(1, 2))
    least = np.full(len(errors), -np.inf)
    if finite.any():
        # Scaled to correlations, so that metres beside radians do not hide a covariance that is not definite.
        diagonal = np.maximum(np.einsum("ijj->ij", covariances[finite]), 1e-300)
        scale = 1.0 / np.sqrt(diagonal)
        least[finite] = np.linalg.eigvalsh(covariances[finite] * scale[:, :, None] * scale[:, None, :])[:, 0]
    good = least > 1e-14
    if good.any():
        solved = np.linalg.solve(covariances[good], errors[good][:, :, None])[:, :, 0]
        out[good] = np.einsum("ij,ij->i", errors[good], solved)
    return out


def chi_square_band(n: int, n_dims: int, level: float = 0.95) -> tuple[float, float]:
    """Two-sided band of the mean of n independent chi-square values with n_dims degrees of freedom each.

    Parameters
    ----------
    n, n_dims : int    at least 1
    level : float      chance of the band

    Returns
    -------
    low, high : float
    """
    from scipy.stats import chi2

    _check_level(level)
    if n < 1 or n_dims < 1:
        raise CommandError(f"n is {n!r} and n_dims {n_dims!r}; both are at least 1")
    low, high = chi2.ppf([0.5 * (1.0 - level), 0.5 * (1.0 + level)], n * n_dims) / n
    return float(low), float(high)


def consistency(squares: ArrayLike, n_dims: int, level: float = 0.95) -> Consistency:
    """Mean of normalised squares with its band. The band holds for independent cases, not for the scans of one track.

    Parameters
    ----------
    squares : (n,)     normalised squares of n cases
    n_dims : int       degrees of freedom of each
    level : float      chance of the band
    """
    values = np.asarray(squares, float)
    return Consistency(float(values.mean()) if len(values) else math.nan, *chi_square_band(max(len(values), 1), n_dims,
                       level), len(values))  # fmt: skip


def share_inside(squares: ArrayLike, n_dims: int, ellipse_frac: float = 0.95, level: float = 0.95) -> Share:
    """Share of cases inside the ellipse that should hold ``ellipse_frac`` of them, with Wilson's interval.

    Parameters
    ----------
    squares : (n,)          normalised squares
    n_dims : int            degrees of freedom of each
    ellipse_frac : float    share that the ellipse is said to hold
    level : float           chance of the interval
    """
    from scipy.stats import chi2, norm

    _check_level(level)
    _check_level(ellipse_frac)
    values = np.asarray(squares, float)
    n = len(values)
    if n == 0:
        return Share(math.nan, 0.0, 1.0, 0)
    share = float(np.mean(values <= chi2.ppf(ellipse_frac, n_dims)))
    z = float(norm.ppf(0.5 * (1.0 + level)))
    middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n)
    half = z / (1.0 + z * z / n) * math.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n))
    return Share(share, middle - half, middle + half, n)


def poisson_rate(n_events: int, duration_s: float, level: float = 0.95) -> Rate:
    """Events per hour with Garwood's exact interval; its upper end is that of a two-sided interval.

    Parameters
    ----------
    n_events : int        counted events
    duration_s : float    time over which they were counted [s]
    level : float         chance of the interval
    """
    from scipy.stats import chi2

    _check_level(level)
    if n_events < 0 or not duration_s > 0.0:
        raise CommandError(f"{n_events!r} events in {duration_s!r} s; write a count from 0 and a time above 0")
    hours = duration_s / 3600.0
    low = float(chi2.ppf(0.5 * (1.0 - level), 2 * n_events)) / 2.0 if n_events else 0.0
    high = float(chi2.ppf(0.5 * (1.0 + level), 2 * n_events + 2)) / 2.0
    return Rate(n_events / hours, low / hours, high / hours, n_events)

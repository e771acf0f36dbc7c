"""Detection probability of a pulsed radar, exact for Swerling's five cases and any number of pulses.

Square-law detector, pulses added without regard to phase, noise of unit mean. The threshold T follows from the
probability of false alarm alone: Q(n, T) = p_false_alarm, with Q the regularised upper incomplete gamma function. Given
the sum S of the signal-to-noise ratios of the n pulses, twice the detector's output is a noncentral chi-square number
with 2n degrees of freedom and noncentrality 2S (Marcum 1947). S fluctuates as a gamma number of mean n times the mean
ratio and shape K:

==============  =====================================  ==============
Swerling        target                                 K
==============  =====================================  ==============
0 (also 5)      steady                                 infinite
1               many like parts, from look to look     1
2               many like parts, from pulse to pulse   n
3               one large part, from look to look      2
4               one large part, from pulse to pulse    2n
==============  =====================================  ==============

For K = 1 and 2 the sum is a gamma number of shape n - K beside one of shape K and larger scale, whose convolution is
closed (Meyer and Mayer, "Radar Target Detection", 1973; DiFranco and Rubin, "Radar Detection", 1968); K = n is a single
gamma number, K = 2n a binomial mixture of gamma numbers. At a small mean S, where the closed forms lose digits, the
Poisson mixture over the noncentral chi-square (a negative binomial one, Shnidman 1995) has few terms and is used.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from opendome.base.errors import CommandError
from opendome.base.kernels import inlined_kernel

__all__ = [
    "DetectionTable",
    "detection_probability",
    "detection_table",
    "mean_probability",
    "required_snr_db",
    "steady_probability",
    "threshold_snr_db",
]

FloatArray = NDArray[np.float64]

MAX_PULSES = 1000
_FIRST_DB, _LAST_DB, _STEP_DB = -20.0, 60.0, 0.05
_MIXTURE_TERMS = 120
_SEARCH_DB = (-100.0, 200.0)


class DetectionTable(NamedTuple):
    """Detection probability over signal-to-noise ratio for a set of radars, made by `detection_table`.

    ``i_row`` (n_radars,) the row of each radar; ``p_mean`` (n_rows, n_points) over the mean ratio of a fluctuating
    target; ``p_steady`` (n_rows, n_points) over the ratio that one look really has; ``threshold_db`` (n_rows,) the
    ratio that noise at the threshold would be taken for; ``first_db`` and ``step_db`` the grid [dB].
    """

    i_row: NDArray[np.int64]
    p_mean: FloatArray
    p_steady: FloatArray
    threshold_db: FloatArray
    first_db: float
    step_db: float


def _check(swerling: int, p_false_alarm: float, n_pulses: int) -> None:
    """Raise CommandError for figures without meaning."""
    if swerling not in (0, 1, 2, 3, 4):
        raise CommandError(f"swerling is {swerling!r}; write 0 (steady), 1, 2, 3 or 4")
    if not 1e-15 <= p_false_alarm <= 0.5:
        raise CommandError(f"p_false_alarm is {p_false_alarm!r}; write a probability from 1e-15 to 0.5")
    if int(n_pulses) != n_pulses or not 1 <= n_pulses <= MAX_PULSES:
        raise CommandError(f"n_pulses is {n_pulses!r}; write a whole number from 1 to {MAX_PULSES}")


def _mixture(total: FloatArray, shape: int, n: int, threshold: float) -> FloatArray:
    """Detection probability for a fluctuation of a shape, by the negative binomial mixture; mean total up to 1."""
    k = np.arange(_MIXTURE_TERMS)
    weights = stats.nbinom.pmf(k, shape, shape / (shape + total[:, None]))
    return np.asarray(weights @ special.gammaincc(n + k, threshold))


def _closed(total: FloatArray, shape: int, n: int, threshold: float) -> FloatArray:
    """Detection probability for fluctuation from look to look (shape 1 or 2 <= n) in closed form; mean total >= 1."""
    scale = 1.0 + total / shape
    if n == shape:
        return np.asarray(special.gammaincc(n, threshold / scale))
    rest, share = n - shape, 1.0 - 1.0 / scale
    log_front = -threshold / scale - rest * np.log(share)
    inner = special.gammainc(rest, share * threshold)
    if shape == 2:
        inner = (1.0 + threshold / scale) * inner - rest / (scale * share) * special.gammainc(
            rest + 1, share * threshold
        )
    return np.asarray(special.gammaincc(rest, threshold) + np.exp(log_front) * inner)


def _pulse_to_pulse(mean: FloatArray, n: int, threshold: float) -> FloatArray:
    """Swerling 4 (Swerling 3 for one pulse): a binomial mixture of gamma numbers."""
    scale = 1.0 + 0.5 * mean
    j = np.arange(n + 1)
    weights = stats.binom.pmf(j, n, (1.0 - 1.0 / scale)[:, None])
    return np.asarray((weights * special.gammaincc(n + j, threshold / scale[:, None])).sum(axis=1))


def _probability(mean: FloatArray, swerling: int, p_false_alarm: float, n: int) -> FloatArray:
    """Detection probability over the mean signal-to-noise ratio of one pulse (k,), not in dB."""
    threshold = float(special.gammainccinv(n, p_false_alarm))
    if swerling == 0:
        # An infinite ratio is seen for certain; a very small one is noise.
        held = np.clip(mean, 1e-12, 1e9 / n)
        return np.asarray(stats.ncx2.sf(2.0 * threshold, 2 * n, 2.0 * n * held))
    if swerling == 2:
        return np.asarray(special.gammaincc(n, threshold / (1.0 + mean)))
    if swerling == 4 or (swerling == 3 and n == 1):
        return _pulse_to_pulse(mean, n, threshold)
    shape, total = (1 if swerling == 1 else 2), n * mean
    found = np.empty_like(total)
    small = total < 1.0
    found[small] = _mixture(total[small], shape, n, threshold)
    found[~small] = _closed(total[~small], shape, n, threshold)
    return found


def detection_probability(
    snr_db: ArrayLike, swerling: int = 1, p_false_alarm: float = 1e-6, n_pulses: int = 1
) -> FloatArray:
    """Chance that one look detects a target.

    Parameters
    ----------
    snr_db : array      mean signal-to-noise ratio of one pulse [dB], any shape; minus infinity is no signal
    swerling : int      fluctuation: 0 steady, 1 and 3 from look to look, 2 and 4 from pulse to pulse
    p_false_alarm : float    of one resolution cell, 1e-15 to 0.5
    n_pulses : int      pulses added without regard to phase, 1 to 1000

    Returns
    -------
    array               probabilities, of the shape of ``snr_db``

    Raises
    ------
    CommandError        figures without meaning; a ratio that is not a number

    Source: Marcum 1947, Swerling 1954, Meyer and Mayer 1973, DiFranco and Rubin 1968 (see the module's text).
    Checked: against drawn pulses, against published ratios and against numerical integration (tests/sensing).

    >>> print(f"{detection_probability(13.0, swerling=0):.2f}")
    0.87
    """
    _check(swerling, p_false_alarm, n_pulses)
    wanted = np.asarray(snr_db, float)
    if np.isnan(wanted).any():
        raise CommandError("snr_db holds a value that is not a number; write decibels, -inf for no signal")
    mean = np.power(10.0, np.minimum(wanted, 300.0).ravel() / 10.0)
    found = np.clip(_probability(mean, swerling, float(p_false_alarm), int(n_pulses)), 0.0, 1.0)
    return np.asarray(found.reshape(wanted.shape))[()]


def required_snr_db(
    p_detection: ArrayLike, swerling: int = 1, p_false_alarm: float = 1e-6, n_pulses: int = 1
) -> FloatArray:
    """Mean signal-to-noise ratio of one pulse [dB] that a detection probability needs: inverse of the above.

    Parameters
    ----------
    p_detection : array      between ``p_false_alarm`` and 1, both excluded
    swerling, p_false_alarm, n_pulses : as in `detection_probability`

    Returns
    -------
    array                    of the shape of ``p_detection``, to 1e-9 dB

    Raises
    ------
    CommandError             a probability that no signal gives

    >>> print(f"{required_snr_db(0.9):.2f} dB")
    21.14 dB
    """
    _check(swerling, p_false_alarm, n_pulses)
    wanted = np.asarray(p_detection, float)
    if not ((wanted > p_false_alarm) & (wanted < 1.0)).all():
        raise CommandError(
            f"p_detection is {p_detection!r}; write a probability above p_false_alarm ({p_false_alarm:g}) and below 1"
        )
    flat = wanted.ravel()
    low, high = np.full(flat.shape, _SEARCH_DB[0]), np.full(flat.shape, _SEARCH_DB[1])
    for _ in range(60):
        middle = 0.5 * (low + high)
        is_low = detection_probability(middle, swerling, p_false_alarm, n_pulses) < flat
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    return np.asarray((0.5 * (low + high)).reshape(wanted.shape))[()]


def threshold_snr_db(p_false_alarm: float, n_pulses: int = 1) -> float:
    """Signal-to-noise ratio of one pulse [dB] for which noise that just reaches the threshold is taken."""
    _check(0, p_false_alarm, n_pulses)
    threshold = float(special.gammainccinv(n_pulses, p_false_alarm))
    return 10.0 * math.log10(max(threshold / n_pulses - 1.0, 1e-3))


def detection_table(radars: np.ndarray) -> DetectionTable:
    """Tabulate the detection probability of a set of radars for the kernels.

    Parameters
    ----------
    radars : (n_radars,) RADAR      ``swerling``, ``n_pulses`` and ``p_false_alarm`` are read

    Returns
    -------
    DetectionTable                  -20 to 60 dB in steps of 0.05 dB; one row for each kind of radar

    Raises
    ------
    CommandError                    figures without meaning

    Valid for: linear look-up is within 3e-4 of the exact probability up to 100 pulses (tested); held outside the grid.
    """
    kinds: dict[tuple[int, float, int], int] = {}
    i_row = np.zeros(len(radars), np.int64)
    for i, radar in enumerate(radars):
        kind = (int(radar["swerling"]), float(radar["p_false_alarm"]), int(radar["n_pulses"]))
        i_row[i] = kinds.setdefault(kind, len(kinds))
    grid_db = np.linspace(_FIRST_DB, _LAST_DB, round((_LAST_DB - _FIRST_DB) / _STEP_DB) + 1)
    mean = np.zeros((len(kinds), len(grid_db)))
    steady, threshold_db = np.zeros_like(mean), np.zeros(len(kinds))
    for (swerling, p_false_alarm, n_pulses), row in kinds.items():
        mean[row] = np.maximum.accumulate(detection_probability(grid_db, swerling, p_false_alarm, n_pulses))
        steady[row] = np.maximum.accumulate(detection_probability(grid_db, 0, p_false_alarm, n_pulses))
        threshold_db[row] = threshold_snr_db(p_false_alarm, n_pulses)
    return DetectionTable(i_row, mean, steady, threshold_db, _FIRST_DB, _STEP_DB)


@inlined_kernel
def _look_up(table, p, i_radar, snr_db):
    """Linear look-up in one array of the table, held at its ends."""
    row = table.i_row[i_radar]
    last = p.shape[1] - 1
    place = min(max((snr_db - table.first_db) / table.step_db, 0.0), float(last))
    k = min(int(place), last - 1)
    weight = place - k
    return (1.0 - weight) * p[row, k] + weight * p[row, k + 1]


@inlined_kernel
def mean_probability(table, i_radar, snr_db):
    """Detection probability of a radar of the table over the mean ratio [dB] of a target that fluctuates."""
    return _look_up(table, table.p_mean, i_radar, snr_db)


@inlined_kernel
def steady_probability(table, i_radar, snr_db):
    """Detection probability of a radar of the table over the ratio [dB] that this one look has."""
    return _look_up(table, table.p_steady, i_radar, snr_db)

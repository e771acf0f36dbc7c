"""Days of supply: how long the rounds that are held will last, as a forecast from what is known at the time.

At the end of day d a campaign holds H rounds and has met L launches. What is still to be fired is not known; it is
forecast. The rate of launches, over what the scenario expects, has a gamma law beforehand, with mean 1 and the
scenario's `doctrine.forecast.rate_sd`, and is corrected by what was seen (the conjugate prior of a Poisson rate, with
evidence weakened by the raid's variance over mean v):

    rate | seen  ~  gamma(shape a + L / v, rate a + E / v),   a = rate_sd^-2,   E launches expected until now.

Given the rate, rounds fired in the days to come are taken as gamma with mean rate x M and variance w rate x M, where M
is what the scenario's expected launches would draw at its rounds per launch, and w the variance over mean of a day's
rounds. As sums of such days are of the same law, the chance that H rounds are gone after a time is an incomplete gamma
function, averaged over the rate; no draws are needed.

Assumes: rounds per launch and w are those of the study's replications until that day; days are independent given the
rate. Left out: rounds that cannot be fired because they lie with another battery, and what batteries bring with them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import gammaincc, gammaincinv

__all__ = ["Checked", "Law", "coverage", "fit_law", "p_gone", "quantiles_day"]

_N_NODES = 64


class Law(NamedTuple):
    """What is expected at the end of ``day``.

    ``expected`` (n_days,) launches of each day; ``rounds_per_launch``; ``dispersion_rounds`` is w;
    ``variance_over_mean`` of a day's launches; ``precision`` is a, infinite where the rate is known.
    """

    day: int
    expected: np.ndarray
    rounds_per_launch: float
    dispersion_rounds: float
    variance_over_mean: float
    precision: float


class Checked(NamedTuple):
    """Campaigns whose true day lay in the band: how many of ``n``, and the share that the forecast itself expects."""

    n_inside: int
    n: int
    expected_share: float


def fit_law(launched: np.ndarray, fired: np.ndarray, day: int, variance_over_mean: float, precision: float) -> Law:
    """Learn what a scenario expects from the replications of its study.

    Parameters
    ----------
    launched, fired : ndarray (n, n_days + 1)
        So far, at the end of each day; day 0 is the start.
    day : int
        Rounds per launch and their dispersion are those of the days until then, of the first day at the start.
    variance_over_mean : float
        Of a day's launches [-].
    precision : float
        a, the prior's [-].

    Returns
    -------
    Law
    """
    until = max(day, 1)
    by_day = np.diff(fired[:, : until + 1], axis=1)
    means = by_day.mean(axis=0)
    n_launched = float(launched[:, until].sum())
    ratio = float(fired[:, until].sum()) / n_launched if n_launched > 0.0 else 0.0
    spread = by_day.var(axis=0, ddof=1).sum() / means.sum() if means.sum() > 0.0 and len(fired) > 1 else 1.0
    expected = np.diff(launched.mean(axis=0))
    return Law(day, expected, ratio, max(float(spread), 1e-6), variance_over_mean, precision)


def p_gone(
    law: Law, held: np.ndarray, launched: np.ndarray, ahead_day: np.ndarray, delivered: np.ndarray | None = None
) -> np.ndarray:
    """Chance that the rounds held, and those delivered until then, are gone after some days.

    Parameters
    ----------
    law : Law
    held, launched : ndarray (n,)    rounds held, and launches so far, at the end of ``law.day``
    ahead_day : ndarray (k,)         times from then on [day], rising; beyond the campaign its mean day goes on
    delivered : ndarray (k,)         rounds that come in until those times; None: none

    Returns
    -------
    ndarray (n, k)                   rising along the times
    """
    ahead_day = np.asarray(ahead_day, float)
    mean_rounds = law.rounds_per_launch * _launches_ahead(law, ahead_day)
    need = held[:, None] + (0.0 if delivered is None else delivered[None, :])
    total = np.zeros((len(held), len(ahead_day)))
    rates = _rates(law, launched)
    for node in range(rates.shape[1]):
        shape = np.maximum(rates[:, node, None] * mean_rounds[None, :] / law.dispersion_rounds, 1e-12)
        total += gammaincc(shape, np.maximum(need - 0.5, 0.0) / law.dispersion_rounds)
    return np.asarray(np.maximum.accumulate(total / rates.shape[1], axis=1))


def _launches_ahead(law: Law, ahead_day: np.ndarray) -> np.ndarray:
    """Expected launches from the end of the law's day until times after it, evenly within a day, (k,)."""
    so_far = np.concatenate([[0.0], np.cumsum(law.expected)])
    end = len(law.expected)
    until = law.day + ahead_day
    within = np.interp(until, np.arange(end + 1), so_far)
    return np.asarray(within + np.maximum(until - end, 0.0) * so_far[-1] / end - so_far[law.day])


def _rates(law: Law, launched: np.ndarray) -> np.ndarray:
    """Rates over the expected one: middles of equal parts of each campaign's posterior, (n, nodes)."""
    if math.isinf(law.precision):
        return np.ones((len(launched), 1))
    expected = float(law.expected[: law.day].sum())
    shape = law.precision + launched / law.variance_over_mean
    rate = law.precision + expected / law.variance_over_mean
    parts = (np.arange(_N_NODES) + 0.5) / _N_NODES
    return np.asarray(gammaincinv(shape[:, None], parts[None, :]) / rate)


def quantiles_day(p: np.ndarray, ahead_day: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
    """Times at which a chance of being gone (n, k) passes each level, (n, n_levels); infinite beyond the last time."""
    found = np.full((len(p), len(levels)), np.inf)
    for i, row in enumerate(p):
        for j, level in enumerate(levels):
            k = int(np.searchsorted(row, level))
            if k == 0:
                found[i, j] = ahead_day[0]
            elif k < len(row):
                share = (level - row[k - 1]) / (row[k] - row[k - 1])
                found[i, j] = ahead_day[k - 1] + share * (ahead_day[k] - ahead_day[k - 1])
    return found


def coverage(law: Law, held: np.ndarray, launched: np.ndarray, fired: np.ndarray, level: float = 0.9) -> Checked:
    """Compare bands with what came: the whole day by whose end as many rounds are fired as were held.

    Parameters
    ----------
    law : Law
    held, launched : ndarray (n,)         as in ``p_gone``
    fired : ndarray (n, n_days + 1)       rounds fired so far, at the end of each day
    level : float in (0, 1)               of the band

    Returns
    -------
    Checked
        A band of whole days holds more than its level; ``expected_share`` is what the forecast says that it holds. A
        day after the campaign's end is one day more, whatever it is.
    """
    n_ahead = fired.shape[1] - 1 - law.day
    p = np.ones((len(held), n_ahead + 1))
    p[:, :-1] = p_gone(law, held, launched, np.arange(1.0, n_ahead + 1.0))
    is_gone = np.ones(p.shape, bool)
    is_gone[:, :-1] = fired[:, law.day + 1 :] - fired[:, [law.day]] >= held[:, None]
    true = is_gone.argmax(axis=1)
    tail = 0.5 * (1.0 - level)
    first, last = (p >= tail).argmax(axis=1), (p >= 1.0 - tail).argmax(axis=1)
    who = np.arange(len(held))
    expected = p[who, last] - np.where(first > 0, p[who, first - 1], 0.0)
    return Checked(int(((first <= true) & (true <= last)).sum()), len(held), float(expected.mean()))

"""How published tallies come about: shares of a campaign, their common distribution, and the chance of the counts.

Of campaign c, with shares on the logit scale, each normal over campaigns with a mean and a spread of their own:

    f   share of the launched that falls short                  short ~ BB(launched, f; D)
    t   share of what crosses that threatens built-up ground    T = intercepted + leaked ~ BB(crossed, t; D)
    a   success of an engagement (definition A)                 intercepted ~ BB(engaged, a; d)
    v   share of the threatening that is engaged                intercepted ~ BB(T, a v; d)     (definition C is a v)

BB(n, p; D) is the beta-binomial whose variance is D times the binomial one: rockets of a burst share an aim point.
Where nobody counts leaks, intercepted ~ BB(crossed, t a v) with the variance of the two steps together. A claimed rate
has no base: its logit is normal about that of a (definition A) or of a v (C). Rounds per interception are 1 / q for the
chance q of one launch, whatever share s of the misses is followed by a second round, and a = q + s q (1 - q): see
``catalogue/derive.py``. Where several counts of interceptions are published, each is as likely as the others.

Gelman et al., Bayesian Data Analysis (3rd ed., 2013), chapter 5, for the hierarchy; Williams (1982) for the variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit, gammaln, log_expit

from opendome.base.params import Parameters, quantity
from opendome.catalogue.tallies import Tally

__all__ = [
    "N_READINGS",
    "SHARES",
    "Counts",
    "Prior",
    "counts_of",
    "launch_kill",
    "log_beta_binomial",
    "log_likelihood",
    "log_rounds",
    "stacked",
    "two_step_factor",
    "without",
]

SHARES = ("short", "threatening", "success", "engaged")
"""Names of f, t, a and v, in the order of the last axis."""

N_READINGS = 3
"""Most values that one count may be published with."""


class Prior(Parameters):
    """What is supposed before any campaign is looked at. Means are of logits; spreads are over campaigns."""

    short_logit: float = quantity(-2.0, unit="logit", low=-3, high=-1, source="0.12; published 0.06-0.23")
    """Middle of the mean share that falls short."""

    threatening_logit: float = quantity(-0.8, unit="logit", low=-1.5, high=-0.2, source="0.31; published 0.18-0.38")
    """Middle of the mean threatening share of what crosses."""

    success_logit: float = quantity(1.7, unit="logit", low=0, high=3, source="0.85; claimed 0.84-0.96, critics lower")
    """Middle of the mean success of an engagement."""

    engaged_logit: float = quantity(2.0, unit="logit", low=0, high=4, source="assumed")
    """Middle of the mean share of the threatening that is engaged."""

    mean_sd_logit: float = quantity(0.8, unit="logit", low=0.5, high=1.5, gt=0, source="assumed")
    """Standard deviation of these means."""

    effect_floor_logit: float = quantity(0.5, unit="logit", low=0.5, high=1, gt=0, source="2012, 2014, 2021")
    """Least spread of a share over campaigns: no common inputs explain 2012, 2014 and 2021 together."""

    effect_scale_logit: float = quantity(0.3, unit="logit", low=0.1, high=1, gt=0, source="assumed")
    """Scale of the half-normal by which the spread exceeds the floor."""

    burst_factor: float = quantity(2.7, unit="ratio", low=1, high=7, gt=1, source="raster model, bursts of five")
    """Variance of counts of rockets over the binomial one (D)."""

    shot_factor: float = quantity(1.5, unit="ratio", low=1, high=3, gt=1, source="assumed")
    """Variance of counts of successes over the binomial one (d)."""

    claim_sd_logit: float = quantity(0.3, unit="logit", low=0.1, high=1, gt=0, source="0.84 to 0.893 for 2012")
    """Standard deviation of the logit of a claimed rate."""

    rounds_sd_frac: float = quantity(0.08, unit="ratio", low=0.03, high=0.2, gt=0, source="unit price, about 700")
    """Relative standard deviation of rounds per interception."""

    reliability_frac: float = quantity(0.97, unit="ratio", low=0.9, high=1, gt=0, le=1, source="assumed")
    """Chance that a round works, as in the catalogue's assumptions."""

    @property
    def means_logit(self) -> np.ndarray:
        """Middles of the means (4,), in the order of SHARES [logit]."""
        return np.array([self.short_logit, self.threatening_logit, self.success_logit, self.engaged_logit])


class Counts(NamedTuple):
    """Published counts, each (..., C) over campaigns, NaN where there is none.

    ``intercepted`` (..., C, 3) holds up to three readings, NaN after the last one, each as likely as the others;
    ``fires`` is 1 where there were interceptors and 0 where not; rates are shares, ``rounds`` rounds per interception.
    """

    launched: np.ndarray
    crossed: np.ndarray
    short: np.ndarray
    intercepted: np.ndarray
    leaked: np.ndarray
    engaged: np.ndarray
    rate_a: np.ndarray
    rate_c: np.ndarray
    rounds: np.ndarray
    fires: np.ndarray


def counts_of(campaigns: Sequence[Tally]) -> Counts:
    """Counts of campaigns that a fit may use, each (C,)."""
    names = ("launched", "crossed", "short", "leaked", "engaged", "rate_a", "rate_c", "rounds")
    column = {name: np.array([_value(found, name) for found in campaigns]) for name in names}
    readings = np.full((len(campaigns), N_READINGS), np.nan)
    for i, found in enumerate(campaigns):
        own = found.readings("intercepted")
        readings[i, : len(own)] = own
    fires = np.array([0.0 if found.number("batteries") == 0 else 1.0 for found in campaigns])
    return Counts(intercepted=readings, fires=fires, **column)


def _value(campaign: Tally, count: str) -> float:
    number = campaign.fitted(count)
    return np.nan if number is None else number


def without(counts: Counts, left_out: np.ndarray) -> Counts:
    """Counts with those of some campaigns taken away; what was launched or crossed is not taken.

    Parameters
    ----------
    left_out : ndarray (..., C) of bool
    """
    kept = {}
    for name, part in counts._asdict().items():
        is_given = name in ("launched", "crossed", "fires")
        gone = left_out[..., None] if name == "intercepted" else left_out
        kept[name] = np.broadcast_to(part, left_out.shape) if is_given else np.where(gone, np.nan, part)
    return Counts(**kept)


def stacked(many: Sequence[Counts]) -> Counts:
    """Several sets of counts of equally many campaigns as one, with the sets first: (G, C)."""
    return Counts(*(np.stack(parts) for parts in zip(*many, strict=True)))


def log_beta_binomial(k: np.ndarray, n: np.ndarray, p: np.ndarray, factor: np.ndarray | float) -> np.ndarray:
    """Logarithm of the chance of k of n when the variance is ``factor`` times the binomial one.

    Parameters
    ----------
    k, n : ndarray     counts, n above ``factor`` and not necessarily whole; NaN gives 0 (nothing was counted)
    p : ndarray        mean share, in (0, 1) [-]
    factor : float or ndarray    D, above 1 [-]; a + b of the beta distribution is (n - D) / (D - 1), at least 1

    Returns
    -------
    ndarray            -inf where k is above n
    """
    is_counted = np.isfinite(k) & np.isfinite(n)
    k, n = np.where(is_counted, k, 0.0), np.where(is_counted, n, 1.0)
    is_possible = (k <= n) & (k >= 0.0)
    left = np.where(is_possible, n - k, 0.0)
    total = np.maximum((n - factor) / (factor - 1.0), 1.0)
    p = np.clip(p, 1e-12, 1.0 - 1e-12)
    a, b = total * p, total * (1.0 - p)
    value = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(left + 1.0) + gammaln(k + a) + gammaln(left + b)
    value += gammaln(total) - gammaln(n + total) - gammaln(a) - gammaln(b)
    return np.where(is_counted, np.where(is_possible, value, -np.inf), 0.0)


def two_step_factor(first: np.ndarray, second: np.ndarray, prior: Prior) -> np.ndarray:
    """Variance over the binomial one of a count that is thinned twice, first with D, then with d.

    Parameters
    ----------
    first, second : ndarray   shares of the two steps [-]

    Returns
    -------
    ndarray    (second D (1 - first) + d (1 - second)) / (1 - first second) [-]: the law of total variance
    """
    top = second * prior.burst_factor * (1.0 - first) + prior.shot_factor * (1.0 - second)
    return np.maximum(top / (1.0 - first * second), 1.001)


def launch_kill(success: np.ndarray, second_frac: np.ndarray) -> np.ndarray:
    """Chance q that one launch kills, from the success of an engagement: q + s q (1 - q) = a.

    Parameters
    ----------
    success : ndarray        a, in (0, 1) [-]
    second_frac : ndarray    s, share of the misses followed by a second round, in (0, 1) [-]

    Returns
    -------
    ndarray    2 a / (1 + s + sqrt((1 + s)^2 - 4 s a)) [-]; the form that keeps its digits as s goes to 0

    >>> print(f"{launch_kill(np.array(0.9), np.array(0.625)):.3f}")
    0.800
    """
    sum_s = 1.0 + second_frac
    return 2.0 * success / (sum_s + np.sqrt(np.maximum(sum_s**2 - 4.0 * second_frac * success, 0.0)))


def log_rounds(counts: Counts, shares_logit: np.ndarray, second_frac: np.ndarray, prior: Prior) -> np.ndarray:
    """Log-likelihood of the rounds per interception.

    Parameters
    ----------
    counts : Counts              each broadcastable to (..., C)
    shares_logit : ndarray (..., C, 4)
    second_frac : ndarray (..., 1)    s [-]

    Returns
    -------
    ndarray (..., C)    0 where nobody counts rounds
    """
    q = launch_kill(expit(shares_logit[..., 2]), second_frac)
    miss = (np.log(counts.rounds) + np.log(q)) / prior.rounds_sd_frac
    return np.where(np.isfinite(counts.rounds), -0.5 * miss**2, 0.0)


def log_likelihood(counts: Counts, shares_logit: np.ndarray, prior: Prior) -> np.ndarray:
    """Log-likelihood of all counts and rates but the rounds.

    Parameters
    ----------
    counts : Counts              each broadcastable to (..., C)
    shares_logit : ndarray (..., C, 4)    f, t, a, v of each campaign [logit]

    Returns
    -------
    ndarray (..., C)
    """
    f, t, a, v = np.moveaxis(expit(shares_logit), -1, 0)
    remaining = counts.launched - np.where(np.isfinite(counts.short), counts.short, counts.launched * f)
    crossed = np.where(np.isfinite(counts.crossed), counts.crossed, remaining)
    total = log_beta_binomial(counts.short, counts.launched, f, prior.burst_factor)
    total += _log_claims(counts, shares_logit, prior)
    total += np.where(counts.fires > 0.0, 0.0, log_beta_binomial(counts.leaked, crossed, t, prior.burst_factor))
    return total + _log_interceptions(counts, crossed, (t, a, v), prior)


def _log_claims(counts: Counts, shares_logit: np.ndarray, prior: Prior) -> np.ndarray:
    """Log-likelihood (..., C) of claimed rates: normal on the logit scale."""
    success_logit = shares_logit[..., 2]
    log_c = log_expit(success_logit) + log_expit(shares_logit[..., 3])
    c_logit = log_c - np.log(-np.expm1(log_c))
    total = np.zeros(())
    for rate, mean_logit in ((counts.rate_a, success_logit), (counts.rate_c, c_logit)):
        miss = (np.log(rate) - np.log1p(-rate) - mean_logit) / prior.claim_sd_logit
        total = total + np.where(np.isfinite(rate), -0.5 * miss**2, 0.0)
    return total


def _log_interceptions(
    counts: Counts, crossed: np.ndarray, shares: tuple[np.ndarray, np.ndarray, np.ndarray], prior: Prior
) -> np.ndarray:
    """Log-likelihood (..., C) of interceptions with what is known beside them, the mean over their readings.

    With a count of the engaged, by way of these, for the first reading; else with leaks, by way of the threatening;
    else of interceptions alone.
    """
    t, a, v = shares
    has_engaged, has_leaks = np.isfinite(counts.engaged), np.isfinite(counts.leaked)
    n_readings = np.maximum(np.isfinite(counts.intercepted).sum(axis=-1), 1)
    terms = []
    for i in range(N_READINGS):
        taken = counts.intercepted[..., i]
        if i > 0 and not np.isfinite(taken).any():
            break
        threats = taken + counts.leaked
        by_leaks = log_beta_binomial(threats, crossed, t, prior.burst_factor)
        by_leaks = by_leaks + log_beta_binomial(taken, threats, a * v, prior.shot_factor)
        alone = log_beta_binomial(taken, crossed, t * a * v, two_step_factor(t, a * v, prior))
        term = np.where(has_leaks, by_leaks, alone)
        terms.append(np.where(np.isfinite(taken), term, 0.0 if i == 0 else -np.inf))
    mean = np.logaddexp.reduce(np.stack(terms), axis=0) - np.log(n_readings)
    by_engaged = log_beta_binomial(counts.engaged, crossed, t * v, two_step_factor(t, v, prior))
    by_engaged = by_engaged + log_beta_binomial(counts.intercepted[..., 0], counts.engaged, a, prior.shot_factor)
    return np.where(counts.fires > 0.0, np.where(has_engaged, by_engaged, mean), 0.0)

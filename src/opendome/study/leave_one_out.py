"""Each campaign predicted from the others, beside two simpler predictions, and how far each of the three was off.

Campaigns are the units: a fold leaves out everything published of one campaign but what was launched. The baselines are
a constant share of the launched, with the beta posterior of all other campaigns pooled, and the share of the campaign
before; both have the noise of bursts and nothing of a campaign effect.

Scores: the logit of interceptions over launched, root mean square; the continuous ranked probability score (Gneiting
and Raftery 2007, section 4.2) and the interval score (section 6.2) of interceptions over launched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv
from scipy.stats import beta

from opendome.base.philox import Purpose
from opendome.catalogue.tallies import Tally
from opendome.study.calibrate_campaign import Ends, ends_of, new_campaign
from opendome.study.calibrate_model import Prior, counts_of, stacked, without
from opendome.study.calibrate_random import beta_binomial, uniforms
from opendome.study.calibrate_sampler import Settings, r_hat, sample

__all__ = [
    "Fold",
    "base_of",
    "clopper_pearson",
    "constant_share",
    "crps",
    "interval_score",
    "last_share",
    "leave_one_out",
    "logit_miss",
]

_N_BASELINE = 4000


class Fold(NamedTuple):
    """One campaign, and draws (n,) of what it would count by a fit to the others.

    ``base`` is what was launched or, where that is not given, what crossed; ``r_hat`` the worst of middles and spreads.
    """

    campaign: Tally
    base: float
    ends: Ends
    r_hat: float

    @property
    def published(self) -> float:
        """Interceptions as published; NaN where there is no count."""
        number = self.campaign.fitted("intercepted")
        return np.nan if number is None else number


def base_of(campaign: Tally) -> tuple[float, float]:
    """What a prediction of a campaign is given: launched and crossed, NaN for the one that is not given.

    Crossed is given where launched is not published, or is not more than what crossed.
    """
    launched, crossed = campaign.fitted("launched"), campaign.fitted("crossed")
    if launched is None or (crossed is not None and crossed >= launched):
        return np.nan, np.nan if crossed is None else crossed
    return launched, np.nan


def leave_one_out(
    campaigns: Sequence[Tally], prior: Prior, settings: Settings, progress: Callable[[float], None] | None = None
) -> list[Fold]:
    """Fit all campaigns but one, for each, and predict that one.

    Parameters
    ----------
    campaigns : sequence of Tally    oldest first
    prior, settings : as for ``calibrate``
    progress : callable, optional    told the share that is done

    Returns
    -------
    list of Fold    in the same order
    """
    n = len(campaigns)
    counts = counts_of(campaigns)
    problems = stacked([without(counts, np.arange(n) == i) for i in range(n)])
    draws = sample(problems, prior, settings, progress)
    folds = []
    for i, campaign in enumerate(campaigns):
        shares = new_campaign(draws.mean_logit[:, i], draws.spread_logit[:, i], settings.seed, kind=i + 1)
        launched, crossed = base_of(campaign)
        ends = ends_of(shares.reshape(-1, shares.shape[-1]), launched, crossed, prior, settings.seed, kind=i + 1)
        if campaign.number("batteries") == 0:
            ends = ends._replace(intercepted=np.zeros_like(ends.intercepted), leaked=ends.threatening)
        worst = max(float(r_hat(part[:, i]).max()) for part in (draws.mean_logit, draws.spread_logit))
        folds.append(Fold(campaign, crossed if np.isnan(launched) else launched, ends, worst))
    return folds


def constant_share(folds: Sequence[Fold], i: int, prior: Prior, seed: int) -> np.ndarray:
    """Interceptions of campaign ``i`` by the pooled share of the others: draws (n,) of the beta-binomial.

    The beta posterior starts from Jeffreys' one half each; counts are divided by the variance factor of bursts.
    """
    others = [fold for k, fold in enumerate(folds) if k != i and np.isfinite(fold.published)]
    taken = sum(fold.published for fold in others) / prior.burst_factor
    base = sum(fold.base for fold in others) / prior.burst_factor
    return _share_draws(folds[i].base, 0.5 + taken, 0.5 + base - taken, prior, (seed, 2 * i))


def last_share(folds: Sequence[Fold], i: int, prior: Prior, seed: int) -> np.ndarray | None:
    """Interceptions of campaign ``i`` by the share of the one before it with a count; None for the first."""
    before = [fold for fold in folds[:i] if np.isfinite(fold.published)]
    if not before:
        return None
    taken, base = before[-1].published / prior.burst_factor, before[-1].base / prior.burst_factor
    return _share_draws(folds[i].base, 0.5 + taken, 0.5 + base - taken, prior, (seed, 2 * i + 1))


def _share_draws(base: float, a: float, b: float, prior: Prior, name: tuple[int, int]) -> np.ndarray:
    """Draws (n,) of a count of ``base`` whose share has a beta distribution, with the noise of bursts."""
    seed, kind = name
    u = uniforms((seed, int(Purpose.CALIBRATION_CAMPAIGN)), 1_000_000, kind, (_N_BASELINE, 4))
    share = betaincinv(a, b, u[:, 0])
    return beta_binomial(np.full(_N_BASELINE, np.round(base)), share, prior.burst_factor, u[:, 1:3])


def logit_miss(draws: np.ndarray, published: float, base: float) -> float:
    """Logit of the median's share of ``base`` less that of the published count; counts are moved half from the ends."""
    median = float(np.median(draws))
    logits = [np.log((number + 0.5) / (base - number + 0.5)) for number in (median, published)]
    return float(logits[0] - logits[1])


def crps(draws: np.ndarray, published: float) -> float:
    """Continuous ranked probability score of draws (n,): mean distance to the truth less half that between draws."""
    ordered = np.sort(draws)
    n = len(ordered)
    between = 2.0 * (ordered * (2.0 * np.arange(1, n + 1) - n - 1.0)).sum() / n**2
    return float(np.abs(ordered - published).mean() - 0.5 * between)


def interval_score(draws: np.ndarray, published: float, level: float) -> float:
    """Width of the central interval at a level, and 2 / (1 - level) for each unit by which the truth lies outside."""
    low, high = np.quantile(draws, [0.5 - 0.5 * level, 0.5 + 0.5 * level])
    outside = max(low - published, 0.0) + max(published - high, 0.0)
    return float(high - low + 2.0 / (1.0 - level) * outside)


def clopper_pearson(k: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share from k of n, at least as sure as stated (Clopper and Pearson 1934).

    >>> print("{:.3f} {:.3f}".format(*clopper_pearson(8, 8)))
    0.631 1.000
    """
    tail = 0.5 * (1.0 - confidence)
    low = 0.0 if k == 0 else float(beta.ppf(tail, k, n - k + 1))
    high = 1.0 if k == n else float(beta.ppf(1.0 - tail, k + 1, n - k))
    return low, high

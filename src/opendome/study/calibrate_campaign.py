"""Campaigns drawn from the model: a new one of the same kind, what it would count, and what was supposed beforehand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from opendome.base.philox import Purpose
from opendome.study.calibrate_model import SHARES, Prior
from opendome.study.calibrate_random import beta_binomial, normals, uniforms

__all__ = ["Ends", "Supposed", "ends_of", "new_campaign", "supposed"]

_NEW, _MEANS, _SPREADS, _SECOND, _SHARES, _ENDS = range(0, 24, 4)


class Ends(NamedTuple):
    """Where the rockets of campaigns ended, each of the shape of what was launched: counts."""

    short: np.ndarray
    crossed: np.ndarray
    threatening: np.ndarray
    intercepted: np.ndarray
    leaked: np.ndarray


class Supposed(NamedTuple):
    """Draws from the prior: shares (n, C, 4), means and spreads (n, 4) [logit], share of second rounds (n,)."""

    shares_logit: np.ndarray
    mean_logit: np.ndarray
    spread_logit: np.ndarray
    second_frac: np.ndarray


def _key(seed: int) -> tuple[int, int]:
    return (seed, int(Purpose.CALIBRATION_CAMPAIGN))


def new_campaign(mean_logit: np.ndarray, spread_logit: np.ndarray, seed: int, kind: int = 0) -> np.ndarray:
    """Shares of one campaign more, one for each draw.

    Parameters
    ----------
    mean_logit, spread_logit : ndarray (..., 4)    draws of means and spreads over campaigns [logit]
    kind : int                                     which new campaign, so that several differ

    Returns
    -------
    ndarray (..., 4) [logit]
    """
    return mean_logit + spread_logit * normals(_key(seed), kind, _NEW, mean_logit.shape)


def supposed(prior: Prior, n: int, n_campaigns: int, seed: int) -> Supposed:
    """Draw from the prior.

    Parameters
    ----------
    n, n_campaigns : int    draws, and campaigns of each
    """
    n_shares = len(SHARES)
    key = _key(seed)
    mean = prior.means_logit + prior.mean_sd_logit * normals(key, 0, _MEANS, (n, n_shares))
    above = prior.effect_scale_logit * np.abs(normals(key, 0, _SPREADS, (n, n_shares)))
    spread = prior.effect_floor_logit + above
    z = normals(key, 0, _SHARES, (n, n_campaigns, n_shares))
    second = uniforms(key, 0, _SECOND, (n, 1))[:, 0]
    return Supposed(mean[:, None] + spread[:, None] * z, mean, spread, second)


def ends_of(
    shares_logit: np.ndarray,
    launched: float | np.ndarray,
    crossed: float | np.ndarray,
    prior: Prior,
    seed: int,
    kind: int = 0,
) -> Ends:
    """Counts of campaigns of known shares, with the noise of bursts.

    Parameters
    ----------
    shares_logit : ndarray (..., 4)    f, t, a, v [logit]
    launched : float or ndarray (...)  rockets launched; NaN: not known, and `short` is NaN
    crossed : float or ndarray (...)   rockets that crossed; NaN: launched less short

    Returns
    -------
    Ends    each (...)
    """
    f, t, a, v = np.moveaxis(expit(shares_logit), -1, 0)
    u = uniforms(_key(seed), kind, _ENDS, (*f.shape, 8))
    launched, crossed = (np.broadcast_to(np.asarray(part, dtype=float), f.shape) for part in (launched, crossed))
    n = np.where(np.isfinite(launched), launched, 0.0)
    short = beta_binomial(n, f, prior.burst_factor, u[..., 0:2])
    short = np.where(np.isfinite(launched), short, np.nan)
    over = np.where(np.isfinite(crossed), crossed, launched - short)
    threatening = beta_binomial(over, t, prior.burst_factor, u[..., 2:4])
    intercepted = beta_binomial(threatening, a * v, prior.shot_factor, u[..., 4:6])
    return Ends(short, over, threatening, intercepted, threatening - intercepted)

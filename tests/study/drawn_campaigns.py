"""Campaigns whose tallies are made from known shares, to see whether the sampler finds these again."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from opendome.study.calibrate_campaign import Supposed, ends_of
from opendome.study.calibrate_model import Counts, Prior, launch_kill, two_step_factor
from opendome.study.calibrate_random import beta_binomial, normals, uniforms

_CLAIMS = 3


def tallied(pattern: Counts, drawn: Supposed, prior: Prior, seed: int) -> Counts:
    """Counts that drawn campaigns would have had published, where a pattern has one.

    Parameters
    ----------
    pattern : Counts    each (C,): what was launched, and which counts there are (one reading of interceptions)
    drawn : Supposed    n draws of C campaigns

    Returns
    -------
    Counts    each (n, C)
    """
    key = (seed, 1_000_001)
    n, n_campaigns = drawn.shares_logit.shape[:2]
    wide = Counts(*(np.broadcast_to(part, (n, *part.shape)) for part in pattern))
    ends = ends_of(drawn.shares_logit, wide.launched, wide.crossed, prior, seed)
    a, v = np.moveaxis(expit(drawn.shares_logit[..., 2:]), -1, 0)
    t = expit(drawn.shares_logit[..., 1])
    u = uniforms(key, 0, _CLAIMS, (n, n_campaigns, 4))
    z = normals(key, 1, _CLAIMS, (n, n_campaigns, 4))
    engaged = beta_binomial(ends.crossed, t * v, two_step_factor(t, v, prior), u[..., 0:2])
    by_engaged = beta_binomial(engaged, a, prior.shot_factor, u[..., 2:4])
    taken = np.where(np.isfinite(wide.engaged), by_engaged, ends.intercepted)
    s = drawn.second_frac[:, None]
    success_logit = drawn.shares_logit[..., 2]
    c = a * v
    c_logit = np.log(c) - np.log1p(-c)
    made = {
        "short": ends.short,
        "leaked": np.where(wide.fires > 0.0, ends.leaked, ends.threatening),
        "engaged": engaged,
        "rate_a": expit(success_logit + prior.claim_sd_logit * z[..., 0]),
        "rate_c": expit(c_logit + prior.claim_sd_logit * z[..., 1]),
        "rounds": np.exp(prior.rounds_sd_frac * z[..., 2]) / launch_kill(a, s),
    }
    made = {name: np.where(np.isfinite(getattr(wide, name)), part, np.nan) for name, part in made.items()}
    readings = np.where(np.isfinite(wide.intercepted), taken[..., None], np.nan)
    return wide._replace(intercepted=readings, **made)

"""Draws from the posterior of the campaigns' shares: walkers that step along each other's differences.

Shares of a campaign are moved together by differential evolution (ter Braak 2006, Statistics and Computing 16), half
of the walkers along differences of the other half, so that no step has to be tuned, and by steps that keep t a v,
along which counts of interceptions alone say nothing; means over campaigns are drawn exactly; spreads and the share of
second rounds take a Metropolis step. Walkers of one population lean on each other, populations do not: two or more of
them, and R-hat over all walkers, show what one alone would hide.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from opendome.base.philox import Purpose
from opendome.study.calibrate_model import SHARES, Counts, Prior, log_likelihood, log_rounds
from opendome.study.calibrate_random import normals, uniforms

__all__ = ["Draws", "Settings", "effective_size", "r_hat", "sample"]

_N = len(SHARES)
_STEP = 2.38 / math.sqrt(2.0 * _N)
_NOISE = 0.02
_NEVER = -1e12
_OTHERS, _ACCEPT, _MEAN, _SPREAD, _SPREAD_ACCEPT, _SECOND, _START, _START_MEANS, _RIDGE = range(0, 36, 4)


class Settings(NamedTuple):
    """How long to draw: seed, populations, walkers of each (even), sweeps thrown away, sweeps after, and each kept."""

    seed: int = 20061228
    populations: int = 2
    walkers: int = 16
    warm_up: int = 600
    sweeps: int = 1200
    every: int = 4


class Draws(NamedTuple):
    """Kept draws of G problems.

    ``shares_logit`` (m, G, W, C, 4), ``mean_logit`` and ``spread_logit`` (m, G, W, 4), ``second_frac`` (m, G, W) of m
    kept sweeps, W walkers over all populations and C campaigns.
    """

    shares_logit: np.ndarray
    mean_logit: np.ndarray
    spread_logit: np.ndarray
    second_frac: np.ndarray


class _State(NamedTuple):
    """Where the walkers stand; arrays are changed in place. First axis: problems times populations.

    ``log_known`` is the log-likelihood of each campaign's shares as they stand, so that it is worked out once.
    """

    shares_logit: np.ndarray
    mean_logit: np.ndarray
    spread_logit: np.ndarray
    second_logit: np.ndarray
    log_known: np.ndarray


def sample(counts: Counts, prior: Prior, settings: Settings, progress: Callable[[float], None] | None = None) -> Draws:
    """Draw from the posterior of G problems at once.

    Parameters
    ----------
    counts : Counts      each (G, C)
    progress : callable, optional    told the share that is done

    Returns
    -------
    Draws
    """
    n_problems, n_campaigns = counts.launched.shape
    wide = Counts(*(np.repeat(part, settings.populations, axis=0)[:, None] for part in counts))
    state = _start(n_problems * settings.populations, settings, n_campaigns, prior)
    state.log_known[...] = _log_known(wide, state.shares_logit, prior)
    kept: list[list[np.ndarray]] = []
    n_sweeps = settings.warm_up + settings.sweeps
    for sweep in range(1, n_sweeps + 1):
        _sweep(state, wide, prior, settings, sweep)
        if sweep > settings.warm_up and (sweep - settings.warm_up) % settings.every == 0:
            kept.append([part.copy() for part in state[:-1]])
        if progress is not None and sweep % 50 == 0:
            progress(sweep / n_sweeps)
    width = settings.populations * settings.walkers
    parts = [np.stack(part) for part in zip(*kept, strict=True)]
    shares, mean, spread, second = (part.reshape(len(kept), n_problems, width, *part.shape[3:]) for part in parts)
    return Draws(shares, mean, spread, expit(second))


def _start(n_rows: int, settings: Settings, n_campaigns: int, prior: Prior) -> _State:
    """Walkers drawn from the prior, narrowed by half about its middle."""
    key = (settings.seed, int(Purpose.CALIBRATION))
    shape = (n_rows, settings.walkers)
    at = prior.means_logit + 0.5 * prior.mean_sd_logit * normals(key, 0, _START_MEANS, (*shape, _N))
    spread = np.full((*shape, _N), prior.effect_floor_logit + prior.effect_scale_logit)
    shares = at[..., None, :] + 0.5 * spread[..., None, :] * normals(key, 0, _START, (*shape, n_campaigns, _N))
    second = normals(key, 0, _SECOND, (*shape, 1))[..., 0]
    return _State(shares, at, spread, second, np.empty(shares.shape[:-1]))


def _sweep(state: _State, counts: Counts, prior: Prior, settings: Settings, sweep: int) -> None:
    """Move everything once."""
    half = settings.walkers // 2
    for k in range(2):
        own, other = slice(k * half, (k + 1) * half), slice((1 - k) * half, (2 - k) * half)
        _move_shares(state, counts, prior, (own, other), (settings.seed, sweep, k))
    _move_along(state, counts, prior, settings.seed, sweep)
    _move_means(state, prior, settings.seed, sweep)
    _move_spreads(state, prior, settings.seed, sweep)
    _move_second(state, counts, prior, settings.seed, sweep)


def _log_known(counts: Counts, shares: np.ndarray, prior: Prior) -> np.ndarray:
    """Log-likelihood (..., C) of counts and rates; what cannot be is very unlikely, so that a start there is left."""
    return np.maximum(log_likelihood(counts, shares, prior), _NEVER)


def _log_rest(state: _State, own: slice, shares: np.ndarray, counts: Counts, prior: Prior) -> np.ndarray:
    """What the log posterior (rows, walkers, C) of each campaign's shares has beside ``log_known``."""
    miss = (shares - state.mean_logit[:, own, None]) / state.spread_logit[:, own, None]
    second = expit(state.second_logit[:, own, None])
    return np.asarray(log_rounds(counts, shares, second, prior) - 0.5 * (miss**2).sum(axis=-1))


def _move_shares(
    state: _State, counts: Counts, prior: Prior, halves: tuple[slice, slice], name: tuple[int, int, int]
) -> None:
    """Move the shares of each campaign along the difference of two walkers of the other half."""
    own, other = halves
    seed, sweep, k = name
    key = (seed, int(Purpose.CALIBRATION))
    now, others = state.shares_logit[:, own], state.shares_logit[:, other]
    n_others = others.shape[1]
    u = uniforms(key, sweep, _OTHERS + k, (*now.shape[:-1], 4))
    first = (u[..., 0] * n_others).astype(np.int64)
    second = (first + 1 + (u[..., 1] * (n_others - 1)).astype(np.int64)) % n_others
    rows, places = np.arange(now.shape[0])[:, None, None], np.arange(now.shape[2])
    length = np.where(u[..., 2] < 0.1, 1.0, _STEP * (0.3 + u[..., 3]))[..., None]
    step = length * (others[rows, first, places] - others[rows, second, places])
    tried = now + step + _NOISE * normals(key, sweep, _START + k, now.shape)
    log_u = np.log(uniforms(key, sweep, _ACCEPT + k, (*now.shape[:-1], 1))[..., 0])
    known = _log_known(counts, tried, prior)
    gain = known - state.log_known[:, own]
    gain += _log_rest(state, own, tried, counts, prior) - _log_rest(state, own, now, counts, prior)
    is_taken = log_u < gain
    now[...] = np.where(is_taken[..., None], tried, now)
    state.log_known[:, own] = np.where(is_taken, known, state.log_known[:, own])


def _move_along(state: _State, counts: Counts, prior: Prior, seed: int, sweep: int) -> None:
    """Change a or v, in turn, and t so that t a v stays; (1 - t) / (1 - t') is the Jacobian on the logit scale."""
    key = (seed, int(Purpose.CALIBRATION))
    now = state.shares_logit
    u = uniforms(key, sweep, _RIDGE, (*now.shape[:-1], 4))
    i_changed = 2 + sweep % 2
    tried = now.copy()
    tried[..., i_changed] += (0.2 + 1.2 * u[..., 0]) * np.where(u[..., 1] < 0.5, -1.0, 1.0)
    t = expit(now[..., 1])
    t_tried = t * expit(now[..., i_changed]) / expit(tried[..., i_changed])
    is_possible = t_tried < 1.0 - 1e-9
    t_tried = np.where(is_possible, t_tried, t)
    tried[..., 1] = np.log(t_tried) - np.log1p(-t_tried)
    known = _log_known(counts, tried, prior)
    everyone = slice(None)
    gain = known - state.log_known + np.log1p(-t) - np.log1p(-t_tried)
    gain += _log_rest(state, everyone, tried, counts, prior) - _log_rest(state, everyone, now, counts, prior)
    is_taken = is_possible & (np.log(u[..., 2]) < gain)
    now[...] = np.where(is_taken[..., None], tried, now)
    state.log_known[...] = np.where(is_taken, known, state.log_known)


def _move_means(state: _State, prior: Prior, seed: int, sweep: int) -> None:
    """Draw the means over campaigns from their normal distribution given the rest."""
    n = state.shares_logit.shape[2]
    precision = 1.0 / prior.mean_sd_logit**2 + n / state.spread_logit**2
    pull = prior.means_logit / prior.mean_sd_logit**2 + state.shares_logit.sum(axis=2) / state.spread_logit**2
    z = normals((seed, int(Purpose.CALIBRATION)), sweep, _MEAN, state.mean_logit.shape)
    state.mean_logit[...] = pull / precision + z / np.sqrt(precision)


def _move_spreads(state: _State, prior: Prior, seed: int, sweep: int) -> None:
    """A Metropolis step of what each spread has above its floor, on the log scale."""
    key = (seed, int(Purpose.CALIBRATION))
    squares = ((state.shares_logit - state.mean_logit[:, :, None]) ** 2).sum(axis=2)
    n = state.shares_logit.shape[2]

    def log_target(spread: np.ndarray) -> np.ndarray:
        above = spread - prior.effect_floor_logit
        normal = -0.5 * (above / prior.effect_scale_logit) ** 2 + np.log(above)
        return np.asarray(normal - n * np.log(spread) - 0.5 * squares / spread**2)

    above = state.spread_logit - prior.effect_floor_logit
    tried = prior.effect_floor_logit + above * np.exp(1.2 * normals(key, sweep, _SPREAD, above.shape))
    log_u = np.log(uniforms(key, sweep, _SPREAD_ACCEPT, above.shape))
    is_taken = log_u < log_target(tried) - log_target(state.spread_logit)
    state.spread_logit[...] = np.where(is_taken, tried, state.spread_logit)


def _move_second(state: _State, counts: Counts, prior: Prior, seed: int, sweep: int) -> None:
    """A Metropolis step of the share of misses that is followed by a second round, uniform beforehand."""
    key = (seed, int(Purpose.CALIBRATION))
    shape = state.second_logit.shape
    tried = state.second_logit + 1.5 * normals(key, sweep, _SECOND, (*shape, 1))[..., 0]

    def log_target(logit: np.ndarray) -> np.ndarray:
        share = expit(logit)
        told = log_rounds(counts, state.shares_logit, share[..., None], prior).sum(axis=-1)
        return np.asarray(told + np.log(share) + np.log1p(-share))

    log_u = np.log(uniforms(key, sweep, _SECOND + 1, (*shape, 1))[..., 0])
    is_taken = log_u < log_target(tried) - log_target(state.second_logit)
    state.second_logit[...] = np.where(is_taken, tried, state.second_logit)


def r_hat(draws: np.ndarray) -> np.ndarray:
    """Split R-hat of Gelman et al. (2013, section 11.4): 1 where walkers agree.

    Parameters
    ----------
    draws : ndarray (m, W, ...)    kept sweeps, walkers

    Returns
    -------
    ndarray (...) [-]
    """
    half = draws.shape[0] // 2
    chains = np.concatenate([draws[:half], draws[half : 2 * half]], axis=1)
    within = chains.var(axis=0, ddof=1).mean(axis=0)
    between = chains.mean(axis=0).var(axis=0, ddof=1)
    return np.asarray(np.sqrt((half - 1) / half + between / within))


def effective_size(draws: np.ndarray) -> np.ndarray:
    """Number of independent draws worth as much, by Geyer's initial positive sequence over walkers pooled.

    Parameters
    ----------
    draws : ndarray (m, W, ...)

    Returns
    -------
    ndarray (...)    at most m W
    """
    m, n_walkers = draws.shape[:2]
    centred = draws - draws.mean(axis=(0, 1))
    size = 1 << (2 * m - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, n=size, axis=0)) ** 2
    covariance = np.fft.irfft(power, n=size, axis=0)[:m].mean(axis=1) / m
    correlation = covariance / covariance[0]
    n_pairs = m // 2
    pairs = correlation[0 : 2 * n_pairs : 2] + correlation[1 : 2 * n_pairs : 2]
    is_on = np.cumprod(pairs > 0.0, axis=0).astype(bool)
    time = 2.0 * np.where(is_on, pairs, 0.0).sum(axis=0) - 1.0
    return np.asarray(m * n_walkers / np.maximum(time, 1.0))

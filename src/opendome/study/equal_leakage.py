"""How many rounds fewer one rule needs than another to lose the same, read off a sweep of the stock.

Both rules meet the same raids at the same stocks. The reference's mean loss is made to fall with the stock (pooled
adjacent violators) and joined by straight lines; where that curve reaches what the other rule loses stands the stock
that the reference would need. What it fires there, by straight lines again, less what the other fires, is the gain in
rounds fired. Nothing is extrapolated: a loss that the reference's curve does not reach is beyond the sweep.

Intervals are percentiles of a paired bootstrap: replications are drawn again, each with its values at all stocks under
both rules. A draw that lies beyond the sweep counts as larger, or smaller, than any that can be read off.

References: Barlow, Bartholomew, Bremner and Brunk (1972) on pooled adjacent violators; Efron and Tibshirani (1993,
chapter 13) on percentiles of the bootstrap.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.errors import CommandError
from opendome.base.kernels import kernel
from opendome.base.philox import Purpose, stream_key, uniform_four

__all__ = ["Saved", "rounds_saved", "stock_needed"]

_ROUNDING = 1e-9


class Saved(NamedTuple):
    """Rounds saved by stock (n_stocks,), with the interval's ends.

    Infinite where it is beyond the sweep: plus, if the reference would need more rounds than the largest stock; minus,
    if it would lose less even with the smallest.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def rounds_saved(
    stock_rounds: np.ndarray,
    reference: tuple[np.ndarray, np.ndarray],
    other: tuple[np.ndarray, np.ndarray],
    seed: int,
    n_draws: int = 2000,
    confidence: float = 0.95,
) -> tuple[Saved, Saved]:
    """How many rounds fewer the other rule needs than the reference to lose the same, at each stock of the other.

    Parameters
    ----------
    stock_rounds : ndarray (n_stocks,)
        Rounds in stock, rising.
    reference, other : pairs of ndarray (n_stocks, n)
        Loss, and rounds fired; column i is replication i at every stock and under both rules.
    seed : int
        Of the draws.
    n_draws : int
        Draws of the bootstrap.
    confidence : float in (0, 1)

    Returns
    -------
    Saved, Saved
        In rounds of stock, and in rounds fired.

    Raises
    ------
    CommandError
        Arrays that do not fit together, or say nothing; the message names all that is wrong.
    """
    loss, fired = (np.asarray(a, dtype=float) for a in reference)
    loss_other, fired_other = (np.asarray(a, dtype=float) for a in other)
    stock = np.asarray(stock_rounds, dtype=float)
    _check(stock, (loss, fired, loss_other, fired_other), n_draws, confidence)
    n = loss.shape[1]
    weights = np.zeros((n_draws, n))
    draw_again(np.uint64(stream_key(seed, int(Purpose.BOOTSTRAP))), weights)
    weights = np.vstack([np.ones(n), weights]) / n
    means = [weights @ a.T for a in (loss, fired, loss_other, fired_other)]
    found = np.array([_gain(stock, *curves) for curves in zip(*means)])
    return _with_interval(found[:, 0], confidence), _with_interval(found[:, 1], confidence)


def stock_needed(stock_rounds: np.ndarray, mean_loss: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Least stock with which a rule loses no more than is wanted.

    Parameters
    ----------
    stock_rounds : ndarray (n_stocks,)
        Rounds in stock, rising.
    mean_loss : ndarray (n_stocks,)
        The rule's mean loss at each; need not fall throughout.
    wanted : ndarray (m,)
        Losses, in the same unit.

    Returns
    -------
    ndarray (m,)
        Rounds; infinite if even the largest stock loses more, minus infinite if even the smallest loses less.
    """
    from scipy.optimize import isotonic_regression

    curve = isotonic_regression(mean_loss, increasing=False).x
    slack = _ROUNDING * np.abs(curve).max()
    wanted = np.where(np.abs(wanted - curve[-1]) <= slack, curve[-1], wanted)
    wanted = np.where(np.abs(wanted - curve[0]) <= slack, curve[0], wanted)
    after = np.searchsorted(-curve, -wanted)
    k = np.clip(after, 1, len(curve) - 1)
    drop = curve[k - 1] - curve[k]
    part = (curve[k - 1] - wanted) / np.where(drop > 0.0, drop, 1.0)
    needed = stock_rounds[k - 1] + part * (stock_rounds[k] - stock_rounds[k - 1])
    needed = np.where(after == 0, np.where(wanted > curve[0], -np.inf, stock_rounds[0]), needed)
    return np.where(after == len(curve), np.inf, needed)


@kernel
def draw_again(key, weights):
    """Count into ``weights`` (n_draws, n), from 0, how often each draw of n replications takes each of them."""
    n = weights.shape[1]
    for draw in range(weights.shape[0]):
        for i in range(n):
            u, _, _, _ = uniform_four(key, draw, i, 0, 0)
            weights[draw, min(n - 1, int(u * n))] += 1.0


def _gain(
    stock: np.ndarray, loss: np.ndarray, fired: np.ndarray, loss_other: np.ndarray, fired_other: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rounds of stock and rounds fired that are saved at each stock, (n_stocks,), from means (n_stocks,)."""
    needed = stock_needed(stock, loss, loss_other)
    is_read = np.isfinite(needed)
    fired_there = np.where(is_read, np.interp(np.where(is_read, needed, stock[0]), stock, fired), needed)
    return needed - stock, fired_there - fired_other


def _with_interval(found: np.ndarray, confidence: float) -> Saved:
    """Split (1 + n_draws, n_stocks) into the value, first, and percentiles of the draws; ends are drawn values."""
    drawn = np.sort(found[1:], axis=0)
    n_out = math.floor((1.0 - confidence) / 2.0 * len(drawn))
    return Saved(found[0], drawn[n_out], drawn[-1 - n_out])


def _check(stock: np.ndarray, tables: tuple[np.ndarray, ...], n_draws: int, confidence: float) -> None:
    wrong = []
    if stock.ndim != 1 or len(stock) < 2 or not np.isfinite(stock).all() or not (np.diff(stock) > 0.0).all():
        wrong.append("stocks must be two or more finite numbers that rise")
    shape = tables[0].shape
    if any(table.shape != shape or table.ndim != 2 or len(table) != stock.size for table in tables):
        wrong.append("loss and rounds fired of both rules must have one row a stock and one column a replication")
    elif shape[1] < 2:
        wrong.append("an interval needs two replications or more")
    if not all(np.isfinite(table).all() for table in tables):
        wrong.append("loss and rounds fired must be finite")
    if n_draws < 1 or not 0.0 < confidence < 1.0:
        wrong.append("draws must be 1 or more, and the confidence between 0 and 1")
    if wrong:
        raise CommandError("; ".join(wrong))

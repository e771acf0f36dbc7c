"""Keyed random numbers for calibration, in bulk: uniforms by (what, row, block), and counts made from them."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv, ndtri
from scipy.stats import binom

from opendome.base.kernels import kernel
from opendome.base.philox import stream_key, uniform_four

__all__ = ["beta_binomial", "normals", "uniforms"]


def uniforms(key: tuple[int, int], sweep: int, kind: int, shape: tuple[int, ...]) -> np.ndarray:
    """Independent uniforms in (0, 1), the same whenever the same numbers are asked for.

    Parameters
    ----------
    key : (int, int)       seed and purpose
    sweep, kind : int      which sweep, and which of its draws
    shape : tuple          of the result; the last axis is drawn in blocks of four

    Returns
    -------
    ndarray of that shape [-]
    """
    width = shape[-1]
    n_rows = int(np.prod(shape[:-1]))
    drawn = np.empty((n_rows, -(-width // 4) * 4))
    fill_uniforms(key[0], key[1], sweep, kind, drawn)
    return drawn[:, :width].reshape(shape)


@kernel
def fill_uniforms(seed, purpose, sweep, kind, drawn):
    """Fill ``drawn`` (n, 4 m) with uniforms by (sweep, row, block, kind)."""
    key = stream_key(seed, purpose)
    for i in range(drawn.shape[0]):
        for j in range(drawn.shape[1] // 4):
            a, b, c, d = uniform_four(key, sweep, i, j, kind)
            drawn[i, 4 * j] = a
            drawn[i, 4 * j + 1] = b
            drawn[i, 4 * j + 2] = c
            drawn[i, 4 * j + 3] = d


def normals(key: tuple[int, int], sweep: int, kind: int, shape: tuple[int, ...]) -> np.ndarray:
    """Independent standard normals of a shape [-]; as ``uniforms``."""
    return np.asarray(ndtri(uniforms(key, sweep, kind, shape)))


def beta_binomial(n: np.ndarray, p: np.ndarray, factor: np.ndarray | float, u: np.ndarray) -> np.ndarray:
    """Counts of n whose variance is ``factor`` times the binomial one.

    Parameters
    ----------
    n : ndarray (...)       whole numbers, 0 or more
    p : ndarray (...)       mean share, in (0, 1) [-]
    factor : ndarray or float    above 1 [-]
    u : ndarray (..., 2)    uniforms [-]

    Returns
    -------
    ndarray (...)    whole numbers
    """
    total = np.maximum((n - factor) / (factor - 1.0), 1.0)
    p = np.clip(p, 1e-12, 1.0 - 1e-12)
    share = betaincinv(total * p, total * (1.0 - p), u[..., 0])
    return np.asarray(binom.ppf(u[..., 1], n, np.clip(share, 0.0, 1.0)))

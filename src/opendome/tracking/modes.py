"""What is not known of air and drag, as a few independent standard errors.

Wind along each axis is a Gaussian process of height, the logarithm of the drag curve one of the logarithm of the Mach
number. Each is replaced by its leading Karhunen-Loeve modes, rescaled point by point so that the variance at every
height and Mach number is kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "MACH_KNOTS",
    "N_SHAPE_MODES",
    "N_WIND_MODES",
    "drag_log_covariance",
    "shape_modes",
    "wind_covariance",
    "wind_growth_factor",
    "wind_modes",
]

N_WIND_MODES = 3
N_SHAPE_MODES = 5
MACH_KNOTS = np.exp(np.linspace(np.log(0.5), np.log(5.0), 24))
"""Mach numbers between which the error of the drag curve runs straight; even in ln M, so that no part of the curve
counts for more than its length when the leading modes are chosen. The five hold 94 % of the variance
so weighted."""

_WIND_GRID_M = np.arange(0.0, 20_001.0, 1_000.0)
_SMOOTH_SD = ((0.8, 1.1, 2.0, 4.0), (0.30, 0.15, 0.12, 0.40))
_ROUGH_SD = ((0.5, 0.7, 0.85, 1.15, 1.4, 6.0), (0.02, 0.02, 0.12, 0.12, 0.03, 0.02))
_SMOOTH_LENGTH, _ROUGH_LENGTH = 0.40, 0.12
_WEIGHTY_MACH, _WEIGHTY_LENGTH = 1.3, 0.8
"""Where in ln M the drag curve matters most for flights of 10 to 70 km: the modes lead under this weight."""


def wind_growth_factor(h_hae_m: ArrayLike) -> NDArray[np.float64]:
    """Growth of the wind's error with height, 1 + h / 10 km; shape of ``h_hae_m`` [m]."""
    return 1.0 + np.maximum(np.asarray(h_hae_m, dtype=np.float64), 0.0) / 10_000.0


def wind_covariance(h_hae_m: ArrayLike) -> NDArray[np.float64]:
    """Covariance (n, n) of the unit wind process z at heights (n,) [m]: half constant, half of length 5 km.

    The wind's error along one axis is ``wind_mps`` (1 + h / 10 km) z(h).
    """
    heights = np.asarray(h_hae_m, dtype=np.float64)
    apart = (heights[:, None] - heights[None, :]) / 5_000.0
    return np.asarray(0.5 + 0.5 * np.exp(-0.5 * apart**2))


def drag_log_covariance(mach: ArrayLike) -> NDArray[np.float64]:
    """Covariance (n, n) of ln(true drag curve / modelled curve) at Mach numbers (n,).

    The sum of a smooth part (0.30 subsonic, 0.15 at Mach 1.1, 0.12 at Mach 2, 0.40 from Mach 4, length 0.40 in ln M)
    and a rough one for place and height of the drag rise (0.12 from Mach 0.85 to 1.15, length 0.12 in ln M). The
    nominal curve is level beyond Mach 2, where those of slender projectiles go on falling (the standard projectile G7
    by a third from Mach 2 to 4); the smooth part is wide enough there to hold them.
    """
    machs = np.clip(np.asarray(mach, dtype=np.float64), MACH_KNOTS[0], MACH_KNOTS[-1])
    apart = np.log(machs)[:, None] - np.log(machs)[None, :]
    smooth, rough = np.interp(machs, *_SMOOTH_SD), np.interp(machs, *_ROUGH_SD)
    return np.asarray(
        np.outer(smooth, smooth) * np.exp(-0.5 * (apart / _SMOOTH_LENGTH) ** 2)
        + np.outer(rough, rough) * np.exp(-0.5 * (apart / _ROUGH_LENGTH) ** 2)
    )


def _leading(covariance: NDArray[np.float64], importance: NDArray[np.float64], n_modes: int) -> NDArray[np.float64]:
    """Leading modes (n, n_modes) of a covariance (n, n) under weights (n,), rescaled to keep the variance
    everywhere.
    """
    values, vectors = np.linalg.eigh(covariance * np.outer(importance, importance))
    modes = vectors[:, ::-1][:, :n_modes] * np.sqrt(values[::-1][:n_modes]) / importance[:, None]
    kept = np.sum(modes**2, axis=1)
    # eigh leaves the sign open: the first large entry is made positive, so that every machine has the same modes.
    signs = np.sign(modes[np.argmax(np.abs(modes), axis=0), np.arange(n_modes)])
    return np.asarray(modes * signs * np.sqrt(np.diag(covariance) / kept)[:, None])


def wind_modes(h_hae_m: ArrayLike) -> NDArray[np.float64]:
    """Wind modes (n, 3) at heights (n,) [m] for a wind error of 1 m/s along an axis at the ground.

    Modes of the process on a grid of 1 km up to 20 km, held above, under the weight (1 + h/10 km) exp(-h/9 km), where
    the air is dense. Their squares sum to (1 + h/10 km)^2.
    """
    heights = np.asarray(h_hae_m, dtype=np.float64)
    importance = wind_growth_factor(_WIND_GRID_M) * np.exp(-_WIND_GRID_M / 9_000.0)
    modes = _leading(wind_covariance(_WIND_GRID_M), importance, N_WIND_MODES)
    columns = [np.interp(heights, _WIND_GRID_M, modes[:, i_mode]) for i_mode in range(N_WIND_MODES)]
    return np.stack(columns, axis=-1) * wind_growth_factor(heights)[:, None]


def shape_modes(mach: ArrayLike) -> NDArray[np.float64]:
    """Drag-shape modes (n, 5) at Mach numbers (n,): factors of the natural logarithm of the drag curve.

    Modes of the process on MACH_KNOTS under a weight of a Gaussian form in ln M about Mach 1.3.
    """
    machs = np.asarray(mach, dtype=np.float64)
    importance = np.exp(-0.5 * (np.log(MACH_KNOTS / _WEIGHTY_MACH) / _WEIGHTY_LENGTH) ** 2)
    modes = _leading(drag_log_covariance(MACH_KNOTS), importance, N_SHAPE_MODES)
    return np.stack([np.interp(machs, MACH_KNOTS, modes[:, i_mode]) for i_mode in range(N_SHAPE_MODES)], axis=-1)

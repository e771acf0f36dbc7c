"""What may be wrong in the true world: wind, density and drag curve drawn from the errors that the tracker states.

Drawn in full, as Gaussian processes on fine grids, while the tracker carries a few modes of each.

* Drag: the logarithm of true over nominal drag is a Gaussian process in ln M, M held to 0.5-5. A smooth part: standard
  deviation .30 to M .8, .15 at 1.1, .05 at 2, .12 from M 4, linear between; correlation exp(-(d ln M)^2 / (2 .40^2)).
  A rough part, for the place and height of the rise: .02 at M .7, .12 from .85 to 1.15, .03 at 1.4, .02 at 6; .12.
* Wind, towards east and north: 8 m/s (1 + h / 10 km) z, with z one number (case ``mismatch``), or a Gaussian process of
  height with covariance .5 + .5 exp(-dh^2 / (2 (5 km)^2)) (case ``random wind``).
* Density: 2 % in level, and 2 % per 10 km of height.

Fixed curves, with random wind and density: two made up to be wrong everywhere (``curve +`` has a quarter more drag
below the speed of sound, a lower crest and less drag at high speed; ``curve -`` is its inverse) and the standard
projectiles G7 and G1, made equal to the nominal curve at Mach 2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.kernels import kernel
from opendome.base.philox import normal_pair, stream_key, uniform_four
from opendome.flight.drag import drag_curve

__all__ = ["CASES", "MACH_GRID", "WIND_GRID_M", "TrueErrors", "draw_errors", "fixed_curve"]

MACH_GRID = np.exp(np.linspace(np.log(0.5), np.log(5.0), 93))
"""Mach numbers of the drag error, uniform in the logarithm."""
WIND_GRID_M = np.linspace(0.0, 60_000.0, 61)
"""Heights of the wind [m]."""
WIND_MPS, LEVEL_FRAC, SLOPE_FRAC = 8.0, 0.02, 0.02
_WIND, _DENSITY, _DRAG = 1_011, 1_012, 1_013
"""Purposes of the draws; those of the product stay below 1000."""

_SMOOTH = ((0.8, 1.1, 2.0, 4.0), (0.30, 0.15, 0.05, 0.12), 0.40)
_ROUGH = ((0.7, 0.85, 1.15, 1.4, 6.0), (0.02, 0.12, 0.12, 0.03, 0.02), 0.12)
"""Mach numbers, standard deviations there, and length of correlation in ln M."""

_CURVE = ((0.5, 0.8, 1.0, 1.1, 1.4, 2.0, 4.0, 5.0), (0.25, 0.25, 0.05, -0.10, -0.04, 0.0, -0.10, -0.12))
# Drag coefficients of the standard projectiles G7 and G1 (published tables of the Ballistic Research Laboratory).
_G_MACH = (
    0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 1.0, 1.025, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8,
    2.0, 2.2, 2.5, 3.0, 3.5, 4.0, 4.4, 5.0,
)  # fmt: skip
_G7 = (
    0.1194, 0.1194, 0.1202, 0.1215, 0.1242, 0.1306, 0.1464, 0.1660, 0.2054, 0.2993, 0.3803, 0.4015, 0.4043, 0.4014,
    0.3955, 0.3884, 0.3732, 0.3580, 0.3440, 0.3315, 0.3117, 0.2980, 0.2864, 0.2697, 0.2424, 0.2154, 0.1935, 0.1793,
    0.1618,
)  # fmt: skip
_G1 = (
    0.2032, 0.2034, 0.2165, 0.2313, 0.2546, 0.2901, 0.3415, 0.3734, 0.4084, 0.4448, 0.4805, 0.5136, 0.5427, 0.5883,
    0.6191, 0.6393, 0.6589, 0.6625, 0.6573, 0.6474, 0.6210, 0.5934, 0.5685, 0.5397, 0.5133, 0.5040, 0.5006, 0.4995,
    0.4988,
)  # fmt: skip

CASES = {
    "matched": "nothing is wrong",
    "mismatch": "wind, density and drag curve drawn; the wind grows with height as assumed",
    "random wind": "the same, with a wind that also varies at random with height",
    "half drag error": "the same as mismatch, with half the error of the drag curve",
    "curve +": "a made-up curve with more drag below the speed of sound; random wind and density",
    "curve -": "its inverse; random wind and density",
    "G7": "the drag curve of the standard projectile G7; random wind and density",
    "G1": "the drag curve of the standard projectile G1; random wind and density",
}


class TrueErrors(NamedTuple):
    """Draws for ``n`` runs: ``wind_mps`` (n, 2, 61) on WIND_GRID_M, ``log_density`` (n, 2) level and slope per 10 km,
    ``log_drag`` (n, 93) on MACH_GRID.
    """

    wind_mps: NDArray[np.float64]
    log_density: NDArray[np.float64]
    log_drag: NDArray[np.float64]


@kernel
def fill_normals(key, first_run, out):
    """Fill ``out`` (n, k) with standard normal numbers; row i belongs to run ``first_run`` + i."""
    for i_row in range(out.shape[0]):
        for i_column in range(0, out.shape[1], 2):
            u0, u1, _, _ = uniform_four(key, first_run + i_row, i_column, 0, 0)
            n0, n1 = normal_pair(u0, u1)
            out[i_row, i_column] = n0
            if i_column + 1 < out.shape[1]:
                out[i_row, i_column + 1] = n1


def _normals(seed: int, purpose: int, first_run: int, n_runs: int, n_each: int) -> NDArray[np.float64]:
    out = np.empty((n_runs, n_each))
    fill_normals(np.uint64(stream_key(seed, purpose)), first_run, out)
    return out


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """A square root of a covariance (k, k), which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def drag_covariance(mach: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariance (k, k) of the logarithm of the drag error at Mach numbers (k,)."""
    held = np.clip(mach, 0.5, 5.0)
    gap = np.log(held)[:, None] - np.log(held)[None, :]
    total = np.zeros((mach.size, mach.size))
    for machs, deviations, length in (_SMOOTH, _ROUGH):
        deviation = np.interp(held, machs, deviations)
        total += deviation[:, None] * deviation[None, :] * np.exp(-(gap**2) / (2.0 * length**2))
    return total


def wind_root(height_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """A square root (k, k) of the covariance of the wind [m/s] on one axis at heights (k,)."""
    gap_m = height_m[:, None] - height_m[None, :]
    growth = WIND_MPS * (1.0 + height_m / 10_000.0)
    return _root((0.5 + 0.5 * np.exp(-(gap_m**2) / (2.0 * 5_000.0**2))) * growth[:, None] * growth[None, :])


def fixed_curve(case: str) -> NDArray[np.float64]:
    """Logarithm of true over nominal drag on MACH_GRID (93,) for a case of a fixed curve."""
    if case in ("curve +", "curve -"):
        return np.interp(MACH_GRID, *_CURVE) * (1.0 if case == "curve +" else -1.0)
    table = np.interp(MACH_GRID, _G_MACH, _G7 if case == "G7" else _G1)
    at_two = np.interp(2.0, _G_MACH, _G7 if case == "G7" else _G1)
    return np.asarray(np.log(table / at_two) - np.log(drag_curve(MACH_GRID) / drag_curve(2.0)))


def draw_errors(case: str, n_runs: int, seed: int, first_run: int = 0) -> TrueErrors:
    """Draw the true wind, density and drag error of runs.

    Parameters
    ----------
    case : str         one of CASES
    n_runs : int       rows drawn
    seed : int         of the study
    first_run : int    number of the first run

    Raises
    ------
    CommandError       for an unknown case
    """
    if case not in CASES:
        raise CommandError(f"draw_errors: case is {case!r}; write one of {', '.join(CASES)}")
    n_heights, n_mach = WIND_GRID_M.size, MACH_GRID.size
    if case == "matched":
        return TrueErrors(np.zeros((n_runs, 2, n_heights)), np.zeros((n_runs, 2)), np.zeros((n_runs, n_mach)))
    z = _normals(seed, _WIND, first_run, n_runs, 2 * n_heights).reshape(n_runs, 2, n_heights)
    if case == "random wind":
        wind_mps = z @ wind_root(WIND_GRID_M).T
    else:
        wind_mps = z[:, :, :1] * WIND_MPS * (1.0 + WIND_GRID_M / 10_000.0)
    log_density = _normals(seed, _DENSITY, first_run, n_runs, 2) * np.array([LEVEL_FRAC, SLOPE_FRAC])
    if case in ("mismatch", "random wind", "half drag error"):
        scale = 0.5 if case == "half drag error" else 1.0
        log_drag = scale * _normals(seed, _DRAG, first_run, n_runs, n_mach) @ _root(drag_covariance(MACH_GRID)).T
    else:
        log_drag = np.tile(fixed_curve(case), (n_runs, 1))
    return TrueErrors(np.ascontiguousarray(wind_mps), log_density, np.ascontiguousarray(log_drag))

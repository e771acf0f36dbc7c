"""Distances between two sets of points: GOSPA and OSPA.

GOSPA: Rahmathullah, Garcia-Fernandez, Svensson, "Generalized optimal sub-pattern assignment metric", FUSION 2017, with
alpha = 2, the value for which the distance splits into localisation error, missed and false points. OSPA: Schuhmacher,
Vo, Vo, "A consistent metric for performance evaluation of multi-object filters", IEEE Trans. Signal Processing 56
(2008).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opendome.base.errors import CommandError

__all__ = ["Gospa", "gospa", "nearest_pairs", "ospa"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Gospa(NamedTuple):
    """One GOSPA distance and its parts.

    ``distance_m`` is the p-th root of the sum of the three parts, each in m^p: ``localisation``, ``missed`` and
    ``false``; ``pairs (k, 2)`` are the rows of truth and estimates that were paired.
    """

    distance_m: float
    localisation: float
    missed: float
    false: float
    n_missed: int
    n_false: int
    pairs: IntArray


def _points(values: ArrayLike, name: str, n_dims: int | None = None) -> FloatArray:
    """Points as (n, d); an empty list fits any d."""
    points = np.asarray(values, float)
    if points.size == 0:
        return np.zeros((0, n_dims or 1))
    if points.ndim != 2 or (n_dims is not None and points.shape[1] != n_dims):
        wanted = "(n, d)" if n_dims is None else f"(n, {n_dims})"
        raise CommandError(f"{name} has shape {points.shape}; write points as an array of shape {wanted}")
    if not np.isfinite(points).all():
        raise CommandError(f"{name} holds values that are not finite; leave those points out")
    return points


def _both(truth_m: ArrayLike, estimate_m: ArrayLike, cutoff_m: float, order: float) -> tuple[FloatArray, FloatArray]:
    if not (cutoff_m > 0.0 and np.isfinite(cutoff_m)):
        raise CommandError(f"cutoff_m is {cutoff_m!r}; write a distance above 0")
    if not (order >= 1.0 and np.isfinite(order)):
        raise CommandError(f"order is {order!r}; write a number of at least 1 (2 is usual)")
    truth = _points(truth_m, "truth_m")
    estimate = _points(estimate_m, "estimate_m", truth.shape[1] if len(truth) else None)
    return (truth if len(truth) else np.zeros((0, estimate.shape[1]))), estimate


def _distances_m(truth: FloatArray, estimate: FloatArray) -> FloatArray:
    difference = truth[:, None, :] - estimate[None, :, :]
    return np.asarray(np.sqrt(np.einsum("ijk,ijk->ij", difference, difference)))


def nearest_pairs(distance_m: ArrayLike, cutoff_m: float, order: float = 2.0) -> IntArray:
    """Pair rows with columns so that the sum of min(distance, cutoff)^order is least; pairs at the cutoff fall away.

    Parameters
    ----------
    distance_m : (n, m)    distances [m]; inf forbids a pair
    cutoff_m : float       [m]
    order : float

    Returns
    -------
    (k, 2)    rows and columns, in order of the rows
    """
    from scipy.optimize import linear_sum_assignment

    distance = np.asarray(distance_m, float)
    rows, columns = linear_sum_assignment(np.minimum(distance, cutoff_m) ** order)
    keep = distance[rows, columns] < cutoff_m
    return np.stack([rows[keep], columns[keep]], axis=1).astype(np.int64)


def gospa(truth_m: ArrayLike, estimate_m: ArrayLike, *, cutoff_m: float, order: float = 2.0) -> Gospa:
    """GOSPA distance with alpha = 2 between true and estimated points.

    d^p = min over assignments of [sum over pairs of d_ij^p + c^p/2 (missed + false)].

    Parameters
    ----------
    truth_m : (n, d)       true points [m]; empty: ``[]``
    estimate_m : (m, d)    estimated points [m]
    cutoff_m : float       c: a point farther than this is missed, and its estimate false
    order : float          p

    Returns
    -------
    Gospa
    """
    truth, estimate = _both(truth_m, estimate_m, cutoff_m, order)
    distance = _distances_m(truth, estimate)
    pairs = nearest_pairs(distance, cutoff_m, order)
    localisation = float(np.sum(distance[pairs[:, 0], pairs[:, 1]] ** order))
    n_missed, n_false = len(truth) - len(pairs), len(estimate) - len(pairs)
    missed, false = 0.5 * cutoff_m**order * n_missed, 0.5 * cutoff_m**order * n_false
    total = (localisation + missed + false) ** (1.0 / order)
    return Gospa(total, localisation, missed, false, n_missed, n_false, pairs)


def ospa(truth_m: ArrayLike, estimate_m: ArrayLike, *, cutoff_m: float, order: float = 2.0) -> float:
    """OSPA distance [m] between true and estimated points, from 0 to the cutoff.

    d^p = [min over assignments of the sum of min(d_ij, c)^p, plus c^p |n - m|] / max(n, m); 0 when both are empty.

    Parameters
    ----------
    truth_m : (n, d)       true points [m]; empty: ``[]``
    estimate_m : (m, d)    estimated points [m]
    cutoff_m : float       c
    order : float          p
    """
    truth, estimate = _both(truth_m, estimate_m, cutoff_m, order)
    most = max(len(truth), len(estimate))
    if most == 0:
        return 0.0
    distance = _distances_m(truth, estimate)
    pairs = nearest_pairs(distance, cutoff_m, order)
    near = float(np.sum(distance[pairs[:, 0], pairs[:, 1]] ** order))
    return float(((near + cutoff_m**order * (most - len(pairs))) / most) ** (1.0 / order))

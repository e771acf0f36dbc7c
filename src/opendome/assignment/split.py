"""Split whole things, launchers or rounds, in proportion to weights and within limits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["split_whole"]


def split_whole(
    weight: NDArray[np.float64], total: int, low: NDArray[np.int64], high: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Split a total into whole parts n that lie as near as can be to shares q in proportion to ``weight``.

    Minimises the sum of (n - q)^2 / weight, so that no thing moved from one part to another brings the parts nearer to
    proportion (Sainte-Lague's rule with limits). The problem is separable and convex, so giving one thing after the
    other to where it lowers the sum most solves the integer program exactly (Gross 1956; Ibaraki and Katoh, Resource
    Allocation Problems, 1988, chapter 4).

    Parameters
    ----------
    weight : (n,)          not negative; where all are 0 the split is even
    total : int            whole things in all
    low, high : (n,) int   limits of each part

    Returns
    -------
    (n,) int

    Raises
    ------
    ValueError
        The limits leave no way to split the total.

    >>> split_whole(np.array([3.0, 1.0]), 8, np.array([1, 1]), np.array([5, 9])).tolist()
    [5, 3]
    """
    weight = np.asarray(weight, np.float64)
    low, high = np.asarray(low, np.int64), np.asarray(high, np.int64)
    if np.any(low > high) or not low.sum() <= total <= high.sum():
        raise ValueError(f"{total} cannot be split into parts from {low.tolist()} to {high.tolist()}")
    if np.any(weight < 0.0) or not np.all(np.isfinite(weight)):
        raise ValueError("weights must be finite and not negative")
    heaviest = float(weight.max()) if len(weight) else 0.0
    weight = np.maximum(weight / heaviest, 1e-9) if heaviest > 0.0 else np.ones(len(weight))
    parts = low.copy()
    for _ in range(total - int(low.sum())):
        # One more in a part changes its term by (2 n + 1) / weight, less a constant that all parts share.
        cost = np.where(parts < high, (2.0 * parts + 1.0) / weight, np.inf)
        parts[int(np.argmin(cost))] += 1
    return parts

"""Designs over scenario values: Latin hypercube, Sobol' points, Saltelli's, grids; the same for the same seed.

Every number is drawn by key (``Purpose.INPUT_SAMPLE``) from the seed, the input's name and the point, so that an input
more leaves the points of the others as they were.

References: McKay, Beckman and Conover (1979) on Latin hypercubes; Sobol' (1967), with the direction numbers of Joe and
Kuo (2008) as in ``scipy.stats.qmc`` and a digital shift drawn from the seed; Saltelli and others (2010), Computer
Physics Communications 181, on designs for indices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from opendome.base.errors import CommandError
from opendome.base.philox import Purpose, identity_hash, stream_key, uniform_four
from opendome.scenario.paths import find

__all__ = ["full_grid", "latin_hypercube", "saltelli_points", "sobol_points", "spread_over", "value_for"]

_SHIFT_BITS = 30


def latin_hypercube(names: Sequence[str], n: int, seed: int) -> np.ndarray:
    """Give n points in the unit cube, one in each of n slices of every axis.

    Parameters
    ----------
    names : sequence of str
        Names of the axes; an axis depends on its own name alone.
    n : int
        Points.
    seed : int

    Returns
    -------
    ndarray (n, n_axes), in (0, 1)
    """
    _check(names, n)
    key = np.uint64(stream_key(seed, int(Purpose.INPUT_SAMPLE)))
    points = np.empty((n, len(names)))
    for axis, name in enumerate(names):
        drawn = np.array([uniform_four(key, i, identity_hash(name), 0, 0)[:2] for i in range(n)])
        slices = np.empty(n)
        slices[np.argsort(drawn[:, 0], kind="stable")] = np.arange(n)
        points[:, axis] = (slices + drawn[:, 1]) / n
    return points


def sobol_points(names: Sequence[str], n: int, seed: int) -> np.ndarray:
    """Give the first n Sobol' points, digitally shifted by the seed, (n, n_axes), in (0, 1).

    Best with n a power of two. Unlike the hypercube, an axis depends on its place among the names as well.
    """
    from scipy.stats import qmc

    _check(names, n)
    key = np.uint64(stream_key(seed, int(Purpose.INPUT_SAMPLE)))
    exponent = max(n - 1, 1).bit_length()
    raw = qmc.Sobol(len(names), scramble=False, bits=_SHIFT_BITS).random_base2(exponent)[:n]
    whole = np.rint(raw * 2.0**_SHIFT_BITS).astype(np.int64)
    for axis, name in enumerate(names):
        shift = uniform_four(key, 0, identity_hash(name), 1, 0)[0]
        whole[:, axis] ^= int(shift * 2.0**_SHIFT_BITS)
    return np.asarray((whole + 0.5) / 2.0**_SHIFT_BITS)


def saltelli_points(names: Sequence[str], n: int, seed: int) -> np.ndarray:
    """Give the points from which Sobol' indices are estimated: base samples A and B, and A with one column of B.

    A and B are the two halves of one Sobol' sequence in twice as many dimensions (Saltelli and others 2010, section 4),
    so that they are as even together as each is alone.

    Parameters
    ----------
    names : sequence of str
        Names of the axes, k of them.
    n : int
        Base samples; best a power of two.
    seed : int

    Returns
    -------
    ndarray (n, k + 2, k), in (0, 1)
        For each base sample: A, B, then A with its column i from B, for each i.
    """
    _check(names, n)
    both = sobol_points([*names, *(f"{name} (B)" for name in names)], n, seed)
    k = len(names)
    points = np.repeat(both[:, None, :k], k + 2, axis=1)
    points[:, 1] = both[:, k:]
    for i in range(k):
        points[:, 2 + i, i] = both[:, k + i]
    return points


def full_grid(values: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Give every combination of the values of each name, the last name varying fastest."""
    return [dict(zip(values, combination)) for combination in product(*values.values())]


def spread_over(points: np.ndarray, low: Sequence[float], high: Sequence[float]) -> np.ndarray:
    """Stretch points (n, n_axes) of the unit cube between ``low`` and ``high`` (n_axes,)."""
    bottom = np.asarray(low, dtype=np.float64)
    return np.asarray(bottom + points * (np.asarray(high, dtype=np.float64) - bottom))


def value_for(scenario: Any, key: str, value: float) -> Any:
    """Give a number as the scenario takes it under a key: a whole number where a whole number stands.

    Numbers that stand as null in the scenario (the catalogue's) are given as they are, whole ones as whole numbers.
    """
    try:
        stands = find(scenario.data, key)
    except (KeyError, ValueError):
        stands = None
    if isinstance(stands, int) and not isinstance(stands, bool):
        return round(value)
    if stands is None and float(value).is_integer():
        return int(value)
    return float(value)


def _check(names: Sequence[str], n: int) -> None:
    if n < 1 or not names:
        raise CommandError("a design needs at least one input and one point")
    if len(set(names)) != len(names):
        raise CommandError("a design names an input twice; name each once")

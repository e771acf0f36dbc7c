"""Optimal assignments by other ways than the solver's: every allocation looked at, and HiGHS over bundles.

A bundle is a set of weapons that shoot at one target; each weapon belongs to one bundle at most. The programme over
bundles chooses one for each target and is exact, since the value that survives depends on a target's bundle alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

__all__ = ["least_by_bundles", "least_surviving", "splits"]

Floats = NDArray[np.float64]


def splits(n_rounds: int, n_targets: int) -> Iterator[tuple[int, ...]]:
    """Give every way to spend all rounds of one weapon type: rounds for each target."""
    if n_targets == 1:
        yield (n_rounds,)
        return
    for first in range(n_rounds + 1):
        for rest in splits(n_rounds - first, n_targets - 1):
            yield (first, *rest)


def least_surviving(value: Floats, p_kill: Floats, rounds: NDArray[np.int64]) -> float:
    """Give the optimum by looking at every allocation that spends all rounds.

    Parameters
    ----------
    value : array (n_targets,)
    p_kill : array (n_weapon_types, n_targets)
    rounds : array (n_weapon_types,)

    Returns
    -------
    float    least expected value that survives, in the unit of ``value``
    """
    remain = value[None, :].astype(float)
    for q, n_rounds in zip(1.0 - p_kill, rounds.tolist()):
        factors = q[None, :] ** np.array(list(splits(n_rounds, value.size)))
        remain = np.unique((remain[:, None, :] * factors[None]).reshape(-1, value.size), axis=0)
    return float(remain.sum(axis=1).min())


def least_by_bundles(value: Floats, p_kill: Floats) -> float:
    """Give the optimum for weapons with one round each, by HiGHS over all bundles, with no gap allowed.

    Parameters
    ----------
    value : array (n_targets,)
    p_kill : array (n_weapons, n_targets)    some ten weapons at most: there are 2^n_weapons bundles a target

    Returns
    -------
    float    least expected value that survives, in the unit of ``value``

    Raises
    ------
    RuntimeError
        HiGHS gave up.
    """
    n, m = p_kill.shape
    bundles = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    survives = value * np.exp(bundles @ np.log1p(-p_kill))
    # Variable (bundle, target): the weapons' rows use each at most once, the targets' rows choose one bundle each.
    weapons = np.repeat(bundles.T, m, axis=1)
    targets = np.tile(np.eye(m), (1, 2**n))
    rows = csr_array(np.vstack([weapons, targets]))
    limits = LinearConstraint(rows, np.r_[np.zeros(n), np.ones(m)], np.ones(n + m))
    size = survives.size
    found = milp(
        survives.ravel(), constraints=limits, bounds=Bounds(0, 1), integrality=np.ones(size),
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    if found.x is None:
        raise RuntimeError(f"HiGHS gave up: {found.message}")
    chosen = np.round(found.x).reshape(survives.shape)
    return float((chosen * survives).sum())

"""Small and large random problems of the families that the literature uses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Problem = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]


def small(family: str, seed: int) -> Problem:
    """Draw a small problem: value, p_kill, rounds."""
    rng = np.random.default_rng([seed, *family.encode()])
    n, m = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    if family.startswith("uniform"):
        copies = int(family[-1])
        n = min(n, 4 - copies // 2)
        return rng.integers(1, 101, m).astype(float), rng.uniform(0, 1, (n, m)), np.full(n, copies)
    if family == "ahuja":
        n = int(rng.integers(1, 7))
        return rng.integers(25, 101, m).astype(float), rng.uniform(0.6, 0.9, (n, m)), np.ones(n, np.int64)
    if family == "few launchers":
        n, m = int(rng.integers(1, 3)), int(rng.integers(1, 4))
        return rng.uniform(1, 100, m), rng.uniform(0.3, 0.9, (n, m)), rng.integers(1, 9, n)
    if family == "low p":
        return rng.uniform(1, 100, m), rng.uniform(0, 0.1, (n, m)), rng.integers(0, 5, n)
    if family == "zeros and ones":
        p_kill = rng.uniform(0, 1, (n, m))
        p_kill[rng.random((n, m)) < 0.4] = 0.0
        p_kill[rng.random((n, m)) < 0.1] = 1.0
        return rng.integers(0, 5, m).astype(float), p_kill, rng.integers(0, 4, n)
    if family == "ties":
        return np.full(m, 8.0), rng.choice([0.25, 0.5, 0.75], (n, m)), rng.integers(0, 4, n)
    raise ValueError(family)


FAMILIES = ("uniform1", "uniform2", "uniform3", "ahuja", "few launchers", "low p", "zeros and ones", "ties")


def large(family: str, n_weapons: int, n_targets: int, copies: int = 1, seed: int = 0) -> Problem:
    """Draw a problem of any size."""
    rng = np.random.default_rng(seed)
    if family == "ahuja":
        value, p_kill = rng.integers(25, 101, n_targets), rng.uniform(0.6, 0.9, (n_weapons, n_targets))
    else:
        value, p_kill = rng.integers(1, 101, n_targets), rng.uniform(0, 1, (n_weapons, n_targets))
    return value.astype(float), p_kill, np.full(n_weapons, copies)

"""Small and large random problems of the families that the literature uses, and a brute force to compare with."""

from __future__ import annotations

from collections.abc import Iterator

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


def splits(n_rounds: int, n_targets: int) -> Iterator[tuple[int, ...]]:
    """Give every way to spend all rounds of one weapon type."""
    if n_targets == 1:
        yield (n_rounds,)
        return
    for first in range(n_rounds + 1):
        for rest in splits(n_rounds - first, n_targets - 1):
            yield (first, *rest)


def least_surviving(value: NDArray[np.float64], p_kill: NDArray[np.float64], rounds: NDArray[np.int64]) -> float:
    """Give the optimum by looking at every allocation that spends all rounds."""
    remain = value[None, :].astype(float)
    for q, n_rounds in zip(1.0 - p_kill, rounds.tolist()):
        factors = q[None, :] ** np.array(list(splits(n_rounds, value.size)))
        remain = np.unique((remain[:, None, :] * factors[None]).reshape(-1, value.size), axis=0)
    return float(remain.sum(axis=1).min())

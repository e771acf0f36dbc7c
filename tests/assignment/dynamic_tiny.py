"""Tiny battles, small enough for search through every state."""

from __future__ import annotations

import numpy as np

from opendome.assignment.dynamic_types import Launchers, Threats, make_launchers, make_threats


def tiny(number: int, *, n_threats: int = 3, rounds: int = 2, reload_s: int = 2) -> tuple[Threats, Launchers]:
    """Draw a battle of three threats, two launchers, windows of up to six seconds."""
    rng = np.random.default_rng([11, number])
    seen = rng.integers(0, 3, n_threats)
    first = seen[:, None] + rng.integers(0, 3, (n_threats, 2))
    last = first + rng.integers(0, 6, (n_threats, 2))
    last[rng.random((n_threats, 2)) < 0.2] = -1
    flyout = rng.integers(1, 3, (n_threats, 2))
    threats = make_threats(
        seen, last.max(axis=1).clip(0) + 6, rng.uniform(1.0, 10.0, n_threats), first, last, flyout,
        rng.uniform(0.3, 0.9, (n_threats, 2)),
    )  # fmt: skip
    return threats, make_launchers([rounds, rounds], [reload_s, reload_s], 1)

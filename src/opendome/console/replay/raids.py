"""Raids of a run: its objects grouped by when they fly, so that a page shows one group at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["QUIET_S", "Span", "biggest", "raids_of"]

QUIET_S = 600.0
"""A new raid begins after so long without a launch, once nothing flies any more [s]."""

_BEFORE_S, _AFTER_S = 5.0, 15.0


@dataclass(frozen=True)
class Span:
    """One raid: its objects by number, rising, and the span of time that shows it [s]."""

    objects: tuple[int, ...]
    from_s: float
    until_s: float


def raids_of(t_launch_s: ArrayLike, t_end_s: ArrayLike) -> tuple[Span, ...]:
    """Group objects (n,) by launch and end; every object is in one raid.

    A raid goes on while something is in flight or was launched in the last ``QUIET_S``.

    >>> [raid.objects for raid in raids_of([0.0, 10.0, 5000.0], [60.0, 70.0, 5060.0])]
    [(0, 1), (2,)]
    """
    launch, end = np.asarray(t_launch_s, float), np.asarray(t_end_s, float)
    groups: list[list[int]] = []
    open_until_s = -np.inf
    for i in np.argsort(launch, kind="stable").tolist():
        if launch[i] > open_until_s:
            groups.append([])
            open_until_s = -np.inf
        groups[-1].append(i)
        open_until_s = max(open_until_s, launch[i] + QUIET_S, end[i])
    return tuple(_span(group, launch, end) for group in groups)


def _span(group: Sequence[int], launch: np.ndarray, end: np.ndarray) -> Span:
    rows = sorted(group)
    return Span(tuple(rows), float(launch[rows].min()) - _BEFORE_S, float(end[rows].max()) + _AFTER_S)


def biggest(raids: Sequence[Span]) -> int:
    """Place of the raid with most objects, the first of equals; -1 where there is none."""
    sizes = [len(raid.objects) for raid in raids]
    return sizes.index(max(sizes)) if sizes else -1

"""Merging alerts of one area that follow close upon each other, and parting alerts into clusters by time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["CLUSTER_GAP_S", "MERGE_S", "cluster_numbers", "merge_repeats"]

MERGE_S = 60
"""Alerts of one area no farther apart than this count as one [s]."""

CLUSTER_GAP_S = 120
"""Alerts of any area farther apart than this belong to different clusters [s]."""


def merge_repeats(area: ArrayLike, t_s: ArrayLike, merge_s: float = MERGE_S) -> NDArray[np.int64]:
    """Which alert each area-alert belongs to.

    A repeat no later than ``merge_s`` after the last one of its area, itself perhaps a repeat, belongs to the same
    alert: the rule of the simulation as well.

    Parameters
    ----------
    area : (n,)           what names the area
    t_s : (n,)            moments [s], in any order
    merge_s : float       [s]

    Returns
    -------
    (n,) int              numbers of alerts, counted in the order of their first moments, then of areas

    >>> merge_repeats([7, 7, 8, 7], [0, 60, 60, 121]).tolist()
    [0, 0, 1, 2]
    """
    area, t_s = np.asarray(area), np.asarray(t_s)
    if len(t_s) == 0:
        return np.zeros(0, np.int64)
    order = np.lexsort((t_s, area))
    begins = np.ones(len(order), bool)
    begins[1:] = (area[order][1:] != area[order][:-1]) | (np.diff(t_s[order]) > merge_s)
    number = np.cumsum(begins) - 1
    rank = np.empty(number[-1] + 1, np.int64)
    rank[np.lexsort((area[order][begins], t_s[order][begins]))] = np.arange(len(rank))
    found = np.empty(len(order), np.int64)
    found[order] = rank[number]
    return found


def cluster_numbers(t_s: ArrayLike, gap_s: float = CLUSTER_GAP_S) -> NDArray[np.int64]:
    """Number of the cluster of each alert: a new one begins where nothing has sounded for longer than ``gap_s``.

    Parameters
    ----------
    t_s : (n,)        moments in rising order [s]
    gap_s : float     [s]

    Returns
    -------
    (n,) int

    >>> cluster_numbers([0, 100, 220, 341]).tolist()
    [0, 0, 0, 1]
    """
    t_s = np.asarray(t_s)
    return np.concatenate([np.zeros(min(1, len(t_s)), np.int64), np.cumsum(np.diff(t_s) > gap_s)])

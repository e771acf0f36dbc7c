"""Room for tracks: making a tracker's state, making it larger, copying it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .imm import new_pairs
from .kinds import wrap_filters
from .model import new_tracks
from .pool import Pool, new_pool
from .scan import TrackerState, empty_state

__all__ = ["copied_state", "grown_pool", "grown_state", "new_state"]


def new_state(n_tracks: int, n_pool: int, n_radars: int) -> TrackerState:
    """Give the state of a tracker that has seen nothing.

    Parameters
    ----------
    n_tracks : int     most tracks at a time
    n_pool : int       most plots that wait for a start
    n_radars : int
    """
    filters = wrap_filters(new_tracks(n_tracks + 1), new_pairs(n_tracks + 1), n_tracks + 1)  # the last one is scratch
    return empty_state(filters, n_tracks, n_pool, n_radars)


def _pour(old: Any, new: Any) -> None:
    """Copy every array of a tuple of tuples over the beginning of its larger likeness."""
    for a, b in zip(old, new, strict=True):
        if isinstance(a, tuple):
            _pour(a, b)
        elif a.ndim == 2 and len(a) == len(b):  # coordinates first
            b[:, : a.shape[1]] = a
        else:
            b[: len(a)] = a


def grown_pool(pool: Pool, n_pool: int) -> Pool:
    """Give a pool with the same plots and more room."""
    grown = new_pool(n_pool)
    _pour(pool, grown)
    return grown


def grown_state(state: TrackerState, n_tracks: int) -> TrackerState:
    """Give a state with the same tracks, in the same slots, and more room."""
    grown = new_state(n_tracks, len(state.pool.t_s), len(state.t_look_s))
    _pour(state, grown)
    return grown


def copied_state(state: Any) -> Any:
    """Give a copy that shares nothing with the original."""
    parts = [copied_state(part) if isinstance(part, tuple) else np.copy(part) for part in state]
    return type(state)(*parts)

"""What a tracker knows and the room it works in: named tuples of arrays of fixed capacity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .associate import Look, Pairs, Solver, new_look, new_pairs_list, new_solver
from .clusters import Clusters, new_clusters
from .jpda import Walk, new_walk
from .kinds import Filters, Motion
from .lifecycle import Slots, new_slots
from .model import N_ERRORS, N_STATE, Tracks, new_tracks
from .pool import Pool, new_pool
from .rules import TrackRules
from .starts import Triples, new_triples

__all__ = ["NEXT_ID", "N_LIVE", "Setup", "TrackerState", "Work", "empty_state", "new_work"]

N_LIVE, NEXT_ID = 0, 1


class Setup(NamedTuple):
    """What does not change: how things move, the rules, the radars (k,) of RADAR."""

    motion: Motion
    rules: TrackRules
    radars: np.ndarray


class TrackerState(NamedTuple):
    """All that a tracker knows.

    ``filters`` and ``slots`` by slot; ``pool`` of plots that no track took; ``live (capacity,)``: the first
    ``count[N_LIVE]`` are the slots in use, oldest track first, the rest the free ones; ``count`` also holds the next
    track id; ``t_look_s (n_radars,)`` time of each radar's last look; ``t_s (1,)`` of the last scan.
    """

    filters: Filters
    slots: Slots
    pool: Pool
    live: np.ndarray
    count: np.ndarray  # type: ignore[assignment]  # a field, not the method of tuples
    t_look_s: np.ndarray
    t_s: np.ndarray


class Work(NamedTuple):
    """Room for one scan; rows are the tracks that take part in one look."""

    look: Look
    pairs: Pairs
    solver: Solver
    clusters: Clusters
    walk: Walk
    triples: Triples
    order: np.ndarray
    row_slot: np.ndarray
    row_cover: np.ndarray
    z: np.ndarray
    s: np.ndarray
    is_in_doubt: np.ndarray
    is_member: np.ndarray
    is_good: np.ndarray
    rows: np.ndarray
    is_done: np.ndarray
    extra: np.ndarray
    can_mix: np.ndarray
    priors: Tracks
    d_x: np.ndarray
    d_b: np.ndarray


def empty_state(filters: Filters, n_tracks: int, n_pool: int, n_radars: int) -> TrackerState:
    """Give the state of a tracker that has seen nothing; the last slot of ``filters`` is scratch."""
    count, never = np.array([0, 1], np.int64), np.full(n_radars, -np.inf)
    live = np.arange(n_tracks, dtype=np.int64)
    return TrackerState(filters, new_slots(n_tracks), new_pool(n_pool), live, count, never, np.array([-np.inf]))


def new_work(n_tracks: int, n_plots: int, n_pairs: int, n_radars: int) -> Work:
    """Give room for scans of at most so many tracks, plots and pairs."""
    return Work(
        new_look(n_plots),
        new_pairs_list(n_tracks, n_pairs),
        new_solver(n_tracks, n_plots),
        new_clusters(n_tracks, n_plots),
        new_walk(n_tracks, n_plots, n_pairs),
        new_triples(n_plots),
        np.zeros(8 * n_plots, np.int64),
        np.zeros(n_tracks, np.int64),
        np.zeros(n_tracks, np.int8),
        np.zeros((n_tracks, 4)),
        np.zeros((n_tracks, 4, 4)),
        np.zeros(n_tracks, np.int8),
        np.zeros(n_tracks, np.int8),
        np.zeros(n_plots, np.int8),
        np.zeros(n_plots, np.int64),
        np.zeros(n_radars, np.int8),
        np.zeros(4),
        np.zeros(n_tracks, np.int8),
        new_tracks(n_tracks + 1),
        np.zeros(N_STATE),
        np.zeros(N_ERRORS),
    )

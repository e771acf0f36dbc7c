"""Tracks and plots that hang together: union-find over pairs.

Two tracks belong to one cluster when a chain of shared plots joins them. Nodes are the tracks, then the plots.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel

__all__ = ["Clusters", "find_clusters", "join", "new_clusters", "root_of"]


class Clusters(NamedTuple):
    """Clusters of one look.

    ``parent (n_tracks + n_plots,)`` the forest; ``first (n_clusters + 1,)`` and ``track (n_tracks,)``: the tracks
    of cluster c are ``track[first[c]:first[c + 1]]``, ascending; clusters come in the order of their first tracks.
    ``label (n_tracks + n_plots,)`` cluster of each node, -1 for plots in no gate; ``n (1,)`` number of clusters;
    ``size (n_tracks + n_plots,)`` is scratch of ``groups``.
    """

    parent: np.ndarray
    label: np.ndarray
    first: np.ndarray
    track: np.ndarray
    n: np.ndarray
    size: np.ndarray


@allocating_kernel
def new_clusters(n_tracks, n_plots):
    """Room for clusters of ``n_tracks`` tracks and ``n_plots`` plots."""
    return Clusters(
        np.zeros(n_tracks + n_plots, np.int64),
        np.zeros(n_tracks + n_plots, np.int64),
        np.zeros(n_tracks + 2, np.int64),
        np.zeros(n_tracks, np.int64),
        np.zeros(1, np.int64),
        np.zeros(n_tracks + n_plots, np.int64),
    )


@inlined_kernel
def root_of(parent, i):
    """Root of a node's tree; the way there is halved."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@inlined_kernel
def join(parent, i, j):
    """Make one tree of two; the lower root stays."""
    a, b = root_of(parent, i), root_of(parent, j)
    if a < b:
        parent[b] = a
    elif b < a:
        parent[a] = b


@kernel
def find_clusters(pairs, n_tracks, n_plots, clusters):
    """Fill the clusters of the pairs.

    Parameters
    ----------
    pairs : Pairs
    n_tracks, n_plots : int
    clusters : Clusters      filled
    """
    parent, label, first = clusters.parent, clusters.label, clusters.first
    for i in range(n_tracks + n_plots):
        parent[i] = i
        label[i] = -1
    for i in range(n_tracks):
        for k in range(pairs.first[i], pairs.first[i + 1]):
            join(parent, i, n_tracks + pairs.plot[k])
    n = 0
    for i in range(n_tracks):  # a cluster's root is its lowest track
        if parent[i] == i:
            label[i] = n
            n += 1
    for i in range(n_tracks + n_plots):
        root = root_of(parent, i)
        label[i] = label[root] if root < n_tracks else -1
    for c in range(n + 1):
        first[c] = 0
    for i in range(n_tracks):
        first[label[i] + 1] += 1
    for c in range(n):
        first[c + 1] += first[c]
    for i in range(n_tracks):  # `first` runs ahead while it is filled and is set back below
        clusters.track[first[label[i]]] = i
        first[label[i]] += 1
    for c in range(n, 0, -1):
        first[c] = first[c - 1]
    first[0] = 0
    clusters.n[0] = n

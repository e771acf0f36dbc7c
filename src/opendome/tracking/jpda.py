"""How probable each pair of track and plot is, over all joint assignments of its cluster (Bar-Shalom's JPDA).

A joint event gives each track one of its plots or none, and no plot to two tracks; its weight is the product of
exp(-cost). Exactly, by walking all events with an explicit stack, while a bound on their number holds; above it by
loopy belief propagation (Williams and Lau 2014), which is near and does not undercut the sum rules.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel

__all__ = ["Walk", "cluster_weights", "exact_weights", "looped_weights", "new_walk"]


class Walk(NamedTuple):
    """Scratch: ``value (k,)`` per pair, ``message (k,)`` per pair; ``choice``, ``prefix``, ``below (n_tracks + 1,)``
    the stack; ``is_taken (n_plots,)``, ``total (n_plots,)``, ``none (n_tracks,)``.
    """

    value: np.ndarray
    message: np.ndarray
    choice: np.ndarray
    prefix: np.ndarray
    below: np.ndarray
    none: np.ndarray
    is_taken: np.ndarray
    total: np.ndarray


@allocating_kernel
def new_walk(n_tracks, n_plots, n_pairs):
    """Room for ``n_tracks`` tracks, ``n_plots`` plots and ``n_pairs`` pairs."""
    return Walk(
        np.zeros(n_pairs),
        np.zeros(n_pairs),
        np.zeros(n_tracks + 1, np.int64),
        np.zeros(n_tracks + 1),
        np.zeros(n_tracks + 1),
        np.zeros(n_tracks + 1),
        np.zeros(n_plots, np.int8),
        np.zeros(n_plots),
    )


@inlined_kernel
def _scale(pairs, track, begin, end, walk):
    """Weights of the pairs and of none, each track's largest set to 1; give a bound on the number of events."""
    n_events = 1.0
    for m in range(begin, end):
        i = track[m]
        least = 0.0
        for k in range(pairs.first[i], pairs.first[i + 1]):
            least = min(least, pairs.cost[k])
        walk.none[m - begin] = math.exp(least)
        for k in range(pairs.first[i], pairs.first[i + 1]):
            walk.value[k] = math.exp(least - pairs.cost[k])
            walk.is_taken[pairs.plot[k]] = 0
            pairs.weight[k] = 0.0
        n_events *= 1.0 + pairs.first[i + 1] - pairs.first[i]
    return n_events


@kernel
def exact_weights(pairs, track, begin, end, walk):
    """Marginal probabilities of the pairs of one cluster by walking every joint event.

    Parameters
    ----------
    pairs : Pairs            ``weight`` is filled for the cluster's pairs
    track : (n,)             tracks by cluster; the cluster is ``track[begin:end]``
    walk : Walk              scratch
    """
    _scale(pairs, track, begin, end, walk)
    n, depth = end - begin, 0
    walk.prefix[0], walk.below[0], walk.choice[0] = 1.0, 0.0, -2
    while depth >= 0:
        if depth == n:  # an event is complete
            walk.below[depth] = 1.0
            depth -= 1
            continue
        first, last = pairs.first[track[begin + depth]], pairs.first[track[begin + depth] + 1]
        k = walk.choice[depth]
        if k == -1:
            walk.below[depth] += walk.none[depth] * walk.below[depth + 1]
        elif k >= 0:
            mass = walk.value[k] * walk.below[depth + 1]
            walk.below[depth] += mass
            pairs.weight[k] += walk.prefix[depth] * mass
            walk.is_taken[pairs.plot[k]] = 0
        k = -1 if k == -2 else max(first, k + 1)
        while k >= 0 and k < last and walk.is_taken[pairs.plot[k]] == 1:
            k += 1
        if k >= last and k >= 0:
            depth -= 1
            continue
        walk.choice[depth] = k
        value = walk.none[depth]
        if k >= 0:
            walk.is_taken[pairs.plot[k]] = 1
            value = walk.value[k]
        walk.prefix[depth + 1] = walk.prefix[depth] * value
        depth += 1
        if depth < n:
            walk.below[depth], walk.choice[depth] = 0.0, -2
    total = walk.below[0]
    for m in range(begin, end):
        for k in range(pairs.first[track[m]], pairs.first[track[m] + 1]):
            pairs.weight[k] = pairs.weight[k] / total if total > 0.0 else 0.0


@inlined_kernel
def _send_to_plots(pairs, track, begin, end, walk):
    """One half of a round: what each track tells its plots, left in ``weight``; sums by plot in ``total``."""
    for m in range(begin, end):
        for k in range(pairs.first[track[m]], pairs.first[track[m] + 1]):
            walk.total[pairs.plot[k]] = 0.0
    for m in range(begin, end):
        i = track[m]
        whole = walk.none[m - begin]
        for k in range(pairs.first[i], pairs.first[i + 1]):
            whole += walk.value[k] * walk.message[k]
        for k in range(pairs.first[i], pairs.first[i + 1]):
            rest = whole - walk.value[k] * walk.message[k]
            pairs.weight[k] = walk.value[k] / max(rest, 1e-300)
            walk.total[pairs.plot[k]] += pairs.weight[k]


@kernel
def looped_weights(pairs, track, begin, end, walk, n_rounds_most):
    """Marginal probabilities of the pairs of one cluster by loopy belief propagation; arguments as ``exact_weights``.

    Gives the number of rounds used. Stops when no message changes by more than 1e-3.
    """
    _scale(pairs, track, begin, end, walk)
    for m in range(begin, end):
        for k in range(pairs.first[track[m]], pairs.first[track[m] + 1]):
            walk.message[k] = 1.0
    n_rounds = 0
    while n_rounds < n_rounds_most:
        n_rounds += 1
        _send_to_plots(pairs, track, begin, end, walk)
        change = 0.0
        for m in range(begin, end):
            for k in range(pairs.first[track[m]], pairs.first[track[m] + 1]):
                others = max(walk.total[pairs.plot[k]] - pairs.weight[k], 0.0)
                new = 1.0 / (1.0 + others)
                change = max(change, abs(new - walk.message[k]))
                walk.message[k] = new
        if change < 1e-3:
            break
    for m in range(begin, end):
        i = track[m]
        whole = walk.none[m - begin]
        for k in range(pairs.first[i], pairs.first[i + 1]):
            whole += walk.value[k] * walk.message[k]
        for k in range(pairs.first[i], pairs.first[i + 1]):
            pairs.weight[k] = walk.value[k] * walk.message[k] / whole if whole > 0.0 else 0.0
    return n_rounds


@kernel
def cluster_weights(pairs, track, begin, end, walk, n_events_most, n_rounds_most):
    """Marginal probabilities of one cluster: exact up to ``n_events_most`` joint events, by propagation above."""
    n_events = 1.0
    for m in range(begin, end):
        n_events *= 1.0 + pairs.first[track[m] + 1] - pairs.first[track[m]]
    if n_events <= n_events_most:
        exact_weights(pairs, track, begin, end, walk)
        return 0
    return looped_weights(pairs, track, begin, end, walk, n_rounds_most)

"""Who can talk to whom: reports from sensors to command posts, orders from posts to launchers, over links that fail.

A message takes the quickest way over links and posts that work; posts pass messages on, sensors and launchers do not.
The share of messages that arrive is the product along that way. Posts that reach one another share one picture.

Left out: how full a link is; a message that is on its way when a link fails.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from opendome.base.types import Connections

from .plan import Plan

__all__ = ["connections", "ideal_connections", "quickest_ways"]

FloatArray = NDArray[np.float64]
Spans = Sequence[tuple[float, float]]


def ideal_connections(units: np.ndarray, n_sensors: int, n_posts: int) -> Connections:
    """Everybody hears everything at once, for ever; each unit answers to its own post."""
    return Connections(
        np.array([-np.inf]),
        np.zeros((1, n_sensors, n_posts)),
        np.ones((1, n_sensors, n_posts)),
        np.full((1, 1), -1, np.int64),
        units["i_post"].astype(np.int64)[None, :],
        np.zeros((1, len(units))),
        np.zeros((1, len(units))),
        True,
    )


def quickest_ways(delay_s: FloatArray, share: FloatArray, relays: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Delays [s] and shares that arrive between all nodes, over relays alone (Floyd and Warshall).

    Parameters
    ----------
    delay_s (n, n)    of the direct links, infinite where there is none
    share (n, n)      of messages that a direct link carries
    relays            nodes that pass messages on
    """
    delay_s, share = delay_s.copy(), share.copy()
    for k in relays:
        over_s = delay_s[:, k, None] + delay_s[None, k, :]
        is_quicker = over_s < delay_s
        share = np.where(is_quicker, share[:, k, None] * share[None, k, :], share)
        delay_s = np.where(is_quicker, over_s, delay_s)
    return delay_s, share


def _direct(plan: Plan, down: frozenset[int]) -> tuple[FloatArray, FloatArray]:
    """Delays and shares of the links that work."""
    n = plan.n_nodes
    delay_s, share = np.full((n, n), np.inf), np.ones((n, n))
    if not plan.is_linked:
        delay_s[:] = 0.0
    np.fill_diagonal(delay_s, 0.0)
    for link in plan.links if plan.is_linked else ():
        if int(link["i_thing"]) in down:
            continue
        for i, j in ((link["i_node"], link["j_node"]), (link["j_node"], link["i_node"])):
            if link["delay_s"] < delay_s[i, j]:
                delay_s[i, j], share[i, j] = link["delay_s"], 1.0 - link["p_lost"]
    return delay_s, share


def _groups(n_posts: int, up: list[int], delay_s: FloatArray) -> list[int]:
    """Bit masks of the posts that share a picture; -1 where all that work do."""
    masks: list[int] = []
    left = set(up)
    while left:
        first = min(left)
        group = {j for j in left if delay_s[first, j] < math.inf}
        left -= group
        masks.append(sum(1 << j for j in group))
    return [-1] if len(masks) <= 1 else masks


def _commands(plan: Plan, own: np.ndarray, up: list[int], delay_s: FloatArray) -> np.ndarray:
    """The post that orders each unit's shots: its own if it can, else the one that reaches it soonest; -1 for none."""
    found = np.full(len(own), -1, np.int64)
    for i, (post, node) in enumerate(zip(own.tolist(), plan.unit_node.tolist(), strict=True)):
        if post in up and delay_s[post, node] < math.inf:
            found[i] = post
        elif up:
            nearest = min(up, key=lambda p: (delay_s[p, node], p))
            found[i] = nearest if delay_s[nearest, node] < math.inf else -1
    return found


def _epoch(plan: Plan, own: np.ndarray, down: frozenset[int]) -> tuple:
    """Connections while a set of things is down: one row of each array of ``Connections``, but for the time."""
    n_posts = len(plan.post_thing)
    up = [i for i in range(n_posts) if int(plan.post_thing[i]) not in down]
    delay_s, share = quickest_ways(*_direct(plan, down), up)
    dead = [i for i in range(n_posts) if i not in up]
    delay_s[:, dead], delay_s[dead, :] = np.inf, np.inf
    i_post = _commands(plan, own, up, delay_s)
    at = np.where(i_post < 0, 0, i_post)
    is_ordered = i_post >= 0
    order_s = np.where(is_ordered, delay_s[at, plan.unit_node] if n_posts else 0.0, np.inf)
    order_share = np.where(is_ordered, share[at, plan.unit_node] if n_posts else 1.0, 1.0)
    return delay_s[:, :n_posts], share[:, :n_posts], _groups(n_posts, up, delay_s), i_post, order_s, 1.0 - order_share


def connections(plan: Plan, own_post: np.ndarray, sensor_node: np.ndarray, down_spans: Sequence[Spans]) -> Connections:
    """Connections of one replication, epoch by epoch.

    Parameters
    ----------
    plan : Plan
    own_post (n_units,)        the post that each unit answers to by plan
    sensor_node (n_sensors,)   node of each row of the replication's sensors
    down_spans                 for each thing, when it is down or not there: (from, until) [s] in order of time
    """
    relevant = sorted({int(i) for i in plan.post_thing} | {int(link["i_thing"]) for link in plan.links})
    starts = {-math.inf}
    for i in relevant:
        starts |= {t for span in down_spans[i] for t in span if -math.inf < t < math.inf}
    times = np.array(sorted(starts))

    @functools.cache
    def rows(down: frozenset[int]) -> tuple:
        return _epoch(plan, own_post, down)

    epochs = []
    for t_s in times.tolist():
        down = frozenset(i for i in relevant if any(a <= t_s < b for a, b in down_spans[i]))
        epochs.append(rows(down))
    n_groups = max(len(epoch[2]) for epoch in epochs)
    masks = np.array([epoch[2] + [0] * (n_groups - len(epoch[2])) for epoch in epochs], np.int64)
    return Connections(
        times,
        np.stack([epoch[0][sensor_node] for epoch in epochs]),
        np.stack([epoch[1][sensor_node] for epoch in epochs]),
        masks,
        np.stack([epoch[3] for epoch in epochs]),
        np.stack([epoch[4] for epoch in epochs]),
        np.stack([epoch[5] for epoch in epochs]),
        False,
    )

"""One track, two possible filters: the falling body and the drone pair, behind one set of names.

A slow start carries both until the plots tell which; ``filters`` of a slot says which run, and the likelier one leads,
that is, makes the predictions that plots are gated with and that are published.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel

from .classify import ClassifyRules, kind_of_estimate, kind_probabilities, plot_log_likelihood
from .filter import absorb, carry, expect, published
from .imm import DronePair, DroneRules, absorb_pair, carry_pair, copy_pair, expect_pair, published_pair, start_pair
from .model import MotionModel, Tracks, copy_track
from .start import start

__all__ = [
    "BALLISTIC", "DRONE", "Filters", "Motion", "absorb_slot", "carry_slot", "copy_slot", "decide_kind", "expect_slot",
    "has_drone_lead", "is_decided", "place_of", "publish_slot", "sd_of", "start_slot", "time_of", "wrap_filters",
]  # fmt: skip

BALLISTIC = 1
DRONE = 2
_N_HITS_BOTH = 5


class Motion(NamedTuple):
    """How things move and what tells them apart: models and rules of both filters."""

    model: MotionModel
    drone: DroneRules
    classify: ClassifyRules


class Filters(NamedTuple):
    """The two stores over the same slots.

    ``running (n,)`` sum of BALLISTIC and DRONE; ``log_like (n, 2)`` of all plots since the start under each, while both
    run; ``p_kind (n, 3)`` chances in the order of ``TrackKind``.
    """

    tracks: Tracks
    drones: DronePair
    running: np.ndarray
    log_like: np.ndarray
    p_kind: np.ndarray
    z: np.ndarray
    s: np.ndarray
    mean: np.ndarray
    cov: np.ndarray


@allocating_kernel
def wrap_filters(tracks, drones, capacity):
    """Filters over two empty stores."""
    return Filters(
        tracks,
        drones,
        np.zeros(capacity, np.int8),
        np.zeros((capacity, 2)),
        np.zeros((capacity, 3)),
        np.zeros(4),
        np.zeros((4, 4)),
        np.zeros(6),
        np.zeros((6, 6)),
    )


@inlined_kernel
def has_drone_lead(filters, i):
    """Whether the drone pair leads slot i."""
    return filters.running[i] == DRONE or (filters.running[i] == BALLISTIC + DRONE and filters.p_kind[i, 0] < 0.5)


@inlined_kernel
def is_decided(filters, i):
    """Whether it is decided of slot i which kind of thing it is."""
    return filters.running[i] != BALLISTIC + DRONE


@inlined_kernel
def time_of(filters, i):
    """Time of the state of slot i [s]."""
    return filters.drones.t_s[i] if filters.running[i] == DRONE else filters.tracks.t_s[i]


@inlined_kernel
def place_of(filters, i):
    """East, north, up [m] and their rates [m/s] of slot i, before any shift."""
    if has_drone_lead(filters, i):
        x, mode = filters.drones.x[i], filters.drones.mode[i]
        return (
            mode[0] * x[0, 0] + mode[1] * x[1, 0], mode[0] * x[0, 1] + mode[1] * x[1, 1],
            mode[0] * x[0, 2] + mode[1] * x[1, 2], mode[0] * x[0, 3] + mode[1] * x[1, 3],
            mode[0] * x[0, 4] + mode[1] * x[1, 4], mode[0] * x[0, 5] + mode[1] * x[1, 5],
        )  # fmt: skip
    y = filters.tracks.x[i]
    return y[0], y[1], y[2], y[3], y[4], y[5]


@inlined_kernel
def sd_of(filters, i):
    """Root of the sum of the variances of position of slot i [m]; infinity where that is not a number."""
    total = 0.0
    for k in range(3):
        if has_drone_lead(filters, i):
            mode, p = filters.drones.mode[i], filters.drones.p[i]
            total += mode[0] * p[0, k, k] + mode[1] * p[1, k, k]
        else:
            total += filters.tracks.p[i, k, k]
    return math.sqrt(total) if total >= 0.0 else math.inf


@kernel
def carry_slot(motion, filters, i, t_s):
    """Carry the filters of slot i to time ``t_s`` [s]."""
    if filters.running[i] & BALLISTIC:
        carry(motion.model, filters.tracks, i, t_s)
    if filters.running[i] & DRONE:
        carry_pair(motion.drone, filters.drones, i, t_s)


@kernel
def expect_slot(motion, filters, i, radar, z, s):
    """What a radar should measure of slot i: z (4,), s (4, 4) without the plot's noise."""
    if has_drone_lead(filters, i):
        expect_pair(motion.drone, filters.drones, i, radar, z, s)
    else:
        expect(motion.model, filters.tracks, i, radar, z, s)


@kernel
def absorb_slot(motion, filters, i, radar, plot, extra):
    """Take a plot into the filters of slot i; normalised innovation squared of the one that leads."""
    nis_fall, nis_pair = math.nan, math.nan
    running = filters.running[i]
    if running == BALLISTIC + DRONE:
        expect(motion.model, filters.tracks, i, radar, filters.z, filters.s)
        filters.log_like[i, 0] += plot_log_likelihood(filters.z, filters.s, plot, extra)
    if running & BALLISTIC:
        nis_fall = absorb(motion.model, filters.tracks, i, radar, plot, extra)
    if running & DRONE:
        nis_pair = absorb_pair(motion.drone, filters.drones, i, radar, plot, extra)
        filters.log_like[i, 1] = filters.drones.log_likelihood[i]
    return nis_pair if has_drone_lead(filters, i) else nis_fall


@kernel
def decide_kind(motion, filters, i, n_hits, p_decide):
    """Renew the chances of the kinds of slot i, and give up a filter that is out of the question."""
    running = filters.running[i]
    like_fall = filters.log_like[i, 0] if running & BALLISTIC else math.nan
    like_pair = filters.log_like[i, 1] if running & DRONE else math.nan
    if running & BALLISTIC and running & DRONE and not math.isfinite(like_fall + like_pair):
        like_fall = like_pair = 0.0
    if running & DRONE:  # the falling body's filter is sure of itself and wrong where nothing falls
        published_pair(motion.drone, filters.drones, i, filters.mean, filters.cov)
        kind_of_estimate(motion.classify, like_fall, like_pair, filters.mean, filters.cov, filters.p_kind[i])
    else:
        x = filters.tracks.x[i]
        speed_mps = math.sqrt(x[3] * x[3] + x[4] * x[4] + x[5] * x[5])
        kind_probabilities(motion.classify, like_fall, like_pair, speed_mps, x[2], x[5], filters.p_kind[i])
    if running == BALLISTIC + DRONE and n_hits >= _N_HITS_BOTH:
        if filters.p_kind[i, 0] >= p_decide:
            filters.running[i] = BALLISTIC
        elif filters.p_kind[i, 0] <= 1.0 - p_decide:
            filters.running[i] = DRONE


@inlined_kernel
def _start_speed(radars, pool, a, c):
    """Speed [m/s] between the first and the last plot of a triple, and its standard deviation."""
    dt_s = pool.t_s[c] - pool.t_s[a]
    squared, spread = 0.0, 0.0
    for k in range(3):
        squared += (pool.place[k, c] - pool.place[k, a]) ** 2
        spread += pool.cov[a, k, k] + pool.cov[c, k, k]
    return math.sqrt(squared) / dt_s, math.sqrt(0.5 * spread) / dt_s


@kernel
def start_slot(motion, rules, filters, i, radars, pool, a, b, c):
    """Start slot i from three plots of the pool, ascending in time; False if no filter could start."""
    speed_mps, sd_mps = _start_speed(radars, pool, a, c)
    plot_a, plot_b, plot_c = pool.plot[a], pool.plot[b], pool.plot[c]
    filters.running[i] = 0
    filters.log_like[i, 0] = filters.log_like[i, 1] = 0.0
    if start(motion.model, filters.tracks, i, radars, plot_a, plot_b, plot_c):
        filters.running[i] += BALLISTIC
    may_be_slow = speed_mps - 3.0 * sd_mps < rules.speed_both_mps or filters.running[i] == 0
    if may_be_slow and start_pair(motion.drone, filters.drones, i, radars, plot_a, plot_b, plot_c):
        filters.running[i] += DRONE
    if filters.running[i] == 0:
        return False
    decide_kind(motion, filters, i, 3, 1.0)
    return True


@kernel
def copy_slot(filters, i, j):
    """Copy slot i over slot j."""
    if filters.running[i] & BALLISTIC:
        copy_track(filters.tracks, i, j)
    if filters.running[i] & DRONE:
        copy_pair(filters.drones, i, j)
    filters.running[j] = filters.running[i]
    for k in range(3):
        filters.p_kind[j, k] = filters.p_kind[i, k]
    filters.log_like[j, 0], filters.log_like[j, 1] = filters.log_like[i, 0], filters.log_like[i, 1]


@kernel
def publish_slot(motion, filters, i, mean, cov):
    """Write the estimate of slot i: mean (7,), cov (7, 7); for a drone the last entry is NaN, its row of cov 0."""
    if not has_drone_lead(filters, i):
        published(motion.model, filters.tracks, i, mean, cov)
        return
    published_pair(motion.drone, filters.drones, i, filters.mean, filters.cov)
    for r in range(7):
        mean[r] = filters.mean[r] if r < 6 else math.nan
        for c in range(7):
            cov[r, c] = filters.cov[r, c] if r < 6 and c < 6 else 0.0

"""Association by itself: whole scans of 500 tracks and 1,000 plots, and their assignment beside SciPy's."""

from __future__ import annotations

import statistics
import time
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.result import Result
from benchmarks.tracking_scene import LAT_DEG, Scene, make_scene
from opendome.base.kernels import allocating_kernel
from opendome.tracking.associate import Pairs, Solver, assign
from opendome.tracking.groups import weigh_clusters
from opendome.tracking.rules import TrackRules
from opendome.tracking.scan import scan
from opendome.tracking.tracker import Tracker

__all__ = ["Instance", "dense_costs", "given_cost", "make_instance", "measure"]

N_TRACKS = 500
N_PLOTS = 1_000
N_BEFORE = 24
SCAN_GOAL_MS = 5.0
GROUP = "association, 500 tracks and 1,000 plots"
_NOTE = "one core, processor time; SciPy on the same pairs as a dense matrix, each track with a column for no plot"


class Instance(NamedTuple):
    """A tracker before a scan, the scan's time [s] and plots (k,) of PLOT."""

    tracker: Tracker
    t_s: float
    plots: np.ndarray


def _more_false(scene: Scene, k: int, n_plots: int) -> np.ndarray:
    """Plots of scan k with false ones over the whole sky, ``n_plots`` in all."""
    plots = scene.plots[k]
    n = max(n_plots - len(plots), 0)
    rng = np.random.Generator(np.random.Philox(key=1_000 + k))
    more = np.repeat(plots[:1], n)
    more["range_m"] = rng.uniform(1_000.0, scene.radars["range_max_m"][0], n)
    more["azimuth_rad"] = rng.uniform(0.0, 2.0 * np.pi, n)
    more["elevation_rad"] = np.arcsin(rng.uniform(0.02, 0.99, n))
    return np.concatenate([plots, more])


def make_instance(n_tracks: int = N_TRACKS, n_plots: int = N_PLOTS) -> Instance:
    """Fly rockets under one radar, with false plots up to a number a scan, until the tracks are old enough."""
    scene = make_scene(n_tracks, N_BEFORE + 1)
    scene.radars["n_false_plots"] = n_plots - 0.9 * n_tracks
    tracker = Tracker(scene.radars, lat_deg=LAT_DEG, rules=TrackRules(impact_every_s=float("inf")))
    for k in range(N_BEFORE):
        tracker.step(float(scene.t_s[k]), _more_false(scene, k, n_plots))
    return Instance(tracker, float(scene.t_s[N_BEFORE]), _more_false(scene, N_BEFORE, n_plots))


@allocating_kernel
def repeat_assign(pairs, n_tracks, n_plots, solver, n):
    """Solve the same assignment n times."""
    for _ in range(n):
        assign(pairs, n_tracks, n_plots, solver)


@allocating_kernel
def repeat_weigh(rules, pairs, n_tracks, n_plots, clusters, walk, is_in_doubt, n):
    """Weigh the same pairs n times."""
    for _ in range(n):
        weigh_clusters(rules, pairs, n_tracks, n_plots, clusters, walk, is_in_doubt)


def _scan_ms(instance: Instance, rounds: int) -> float:
    """Median processor time of the whole scan [ms]."""
    spent = []
    for _ in range(rounds + 1):
        one = instance.tracker.copy()
        one._ensure_room(len(instance.plots))
        start = time.process_time()
        scan(one.setup, one.state, one.work, instance.t_s, instance.plots)
        spent.append(1e3 * (time.process_time() - start))
    return statistics.median(spent[1:])


def dense_costs(pairs: Pairs, n_tracks: int, n_plots: int) -> np.ndarray:
    """Costs (n_tracks, n_plots + n_tracks), each track with a column of its own for no plot; 1e6 for no pair."""
    cost = np.full((n_tracks, n_plots + n_tracks), 1e6)
    for i in range(n_tracks):
        chosen = slice(int(pairs.first[i]), int(pairs.first[i + 1]))
        cost[i, pairs.plot[chosen]] = pairs.cost[chosen]
        cost[i, n_plots + i] = 0.0
    return cost


def given_cost(pairs: Pairs, solver: Solver, n_tracks: int) -> float:
    """Sum of costs of the assignment found."""
    pair_of = solver.pair_of[:n_tracks]
    return float(pairs.cost[pair_of[pair_of >= 0]].sum())


def _assignment(instance: Instance, rounds: int) -> list[Result]:
    """Times of assignment and of marginal probabilities on the pairs of the instance's scan."""
    one = instance.tracker.copy()
    one._ensure_room(len(instance.plots))
    scan(one.setup, one.state, one.work, instance.t_s, instance.plots)
    work, n_plots, repeats = one.work, int(one.work.look.n[0]), 20 * rounds
    n_tracks = int(work.clusters.first[work.clusters.n[0]])
    args = (work.pairs, n_tracks, n_plots, work.solver)
    weigh = (one.setup.rules, work.pairs, n_tracks, n_plots, work.clusters, work.walk, work.is_in_doubt)
    repeat_assign(*args, 1)
    repeat_weigh(*weigh, 1)
    start = time.process_time()
    repeat_assign(*args, repeats)
    middle = time.process_time()
    repeat_weigh(*weigh, repeats)
    end = time.process_time()
    cost = dense_costs(work.pairs, n_tracks, n_plots)
    begin = time.process_time()
    rows, columns = linear_sum_assignment(cost)
    theirs_ms = 1e3 * (time.process_time() - begin)
    off = abs(given_cost(work.pairs, work.solver, n_tracks) - float(cost[rows, columns].sum()))
    ours_ms = 1e3 * (middle - start) / repeats
    return [
        Result(GROUP, "assignment", ours_ms, "ms", None, False, "SciPy, dense", theirs_ms, theirs_ms / ours_ms, _NOTE),
        Result(GROUP, "its cost against the least", off, "", 1e-6, False),
        Result(GROUP, "clusters and probabilities", 1e3 * (end - middle) / repeats, "ms", None, False),
    ]


def measure(is_quick: bool) -> list[Result]:
    """Measure a whole scan (predict, gate, assign, weigh, update, start, end) and the assignment in it."""
    instance = make_instance()
    rounds = 5 if is_quick else 30
    whole = Result(GROUP, "whole scan", _scan_ms(instance, rounds), "ms", SCAN_GOAL_MS, False)
    return [whole, *_assignment(instance, rounds)]

"""Our tracker beside Stone Soup's: the same plots, the same state and filter, one core, processor time."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.result import Result
from benchmarks.tracking_scene import LAT_DEG, Scene, make_scene
from opendome.base.kernels import allocating_kernel
from opendome.tracking.model import ErrorPrior
from opendome.tracking.rules import TrackRules
from opendome.tracking.scan import scan
from opendome.tracking.tracker import Tracker

__all__ = ["Run", "measure", "run_compiled", "run_steps", "run_theirs", "started"]

TEXTBOOK = ErrorPrior(is_plain=True, vague_log_beta_sd=math.inf)
"""An extended Kalman filter as theirs: one step of the state, the covariance by its slopes."""
N_FIRST = 8
"""Scans in which both start their tracks; not timed."""
N_TIMED = 24
ROUNDS = 15
RATIO_GOAL = 1_000.0
ERROR_GOAL = 1.10
LEAST_FOLLOWED_FRAC = 0.95
GATE_M = 1_000.0


class Run(NamedTuple):
    """One pass over the timed scans of a scene: processor seconds, median position error [m] over all targets and
    scans, and the share of targets with a track next to them in the last scan.
    """

    spent_s: float
    error_m: float
    followed_frac: float


def _judge(scene: Scene, spent_s: float, positions: Sequence[np.ndarray]) -> Run:
    """Compare positions (k, 3) of each timed scan with the truth."""
    apart_m = [
        np.linalg.norm(found[:, None] - truth[None, :, :3], axis=2).min(axis=0, initial=np.inf)
        for found, truth in zip(positions, scene.truth_enu[N_FIRST:])
    ]
    return Run(spent_s, float(np.median(apart_m)), float((apart_m[-1] < GATE_M).mean()))


def started(scene: Scene, prior: ErrorPrior) -> Tracker:
    """Our tracker after the first scans, without impact predictions, which theirs has not."""
    tracker = Tracker(scene.radars, lat_deg=LAT_DEG, prior=prior, rules=TrackRules(impact_every_s=math.inf))
    for t_s, plots in zip(scene.t_s[:N_FIRST], scene.plots):
        tracker.step(t_s, plots)
    return tracker


def run_steps(scene: Scene, tracker: Tracker) -> Run:
    """Run a copy of our tracker by `Tracker.step`, with all its checks and a table of tracks at each scan."""
    tracker = tracker.copy()
    spent_s, positions = 0.0, []
    for t_s, plots in zip(scene.t_s[N_FIRST:], scene.plots[N_FIRST:]):
        start = time.process_time()
        table = tracker.step(t_s, plots)
        spent_s += time.process_time() - start
        positions.append(table.rows["mean"][:, :3].copy())
    return _judge(scene, spent_s, positions)


@allocating_kernel
def scan_all(setup, state, work, t_s, plots, first):
    """Scans one after another, as the tracked picture runs them: scan k has plots ``first[k]`` to ``first[k + 1]``."""
    status = 0
    for k in range(len(t_s)):
        status |= scan(setup, state, work, t_s[k], plots[first[k] : first[k + 1]])
    return status


def run_compiled(scene: Scene, tracker: Tracker) -> float:
    """Run a copy of our tracker in compiled code over the timed scans; processor seconds a scan."""
    tracker, timed, t_s = tracker.copy(), scene.plots[N_FIRST:], scene.t_s[N_FIRST:]
    plots, first = np.concatenate(timed), np.cumsum([0, *map(len, timed)])
    start = time.process_time()
    status = scan_all(tracker.setup, tracker.state, tracker.work, t_s, plots, first)
    spent_s = time.process_time() - start
    assert status == 0, f"the tracker ran out of room: status {status}"
    return spent_s / len(timed)


def run_theirs(scene: Scene, has_our_parts: bool, after_scan: Callable[[], None] = lambda: None) -> Run:
    """Run Stone Soup's tracker: as its users would build it, or with our compiled motion and gate in space.

    Detections are made before the clock starts; ``after_scan`` is called after each timed scan, off the clock.
    """
    from benchmarks.peer_stonesoup import make_peer
    from opendome.adapters.ballistic import make_ballistic
    from opendome.adapters.stonesoup import to_detections
    from opendome.adapters.stonesoup_pieces import make_tracker, moment

    motion = make_ballistic(LAT_DEG)
    tracker: Any = make_tracker(motion, scene.radars) if has_our_parts else make_peer(motion, scene.radars)
    spent_s, positions = 0.0, []
    for k, (t_s, plots) in enumerate(zip(scene.t_s, scene.plots)):
        detections = to_detections(scene.radars, plots)
        start = time.process_time()
        _, tracks = tracker.update_tracker(moment(t_s), detections)
        if k >= N_FIRST:
            spent_s += time.process_time() - start
            vectors = [np.asarray(track.state_vector, dtype=np.float64)[:3, 0] for track in tracks]
            positions.append(np.array(vectors).reshape(-1, 3))
            after_scan()
    return _judge(scene, spent_s, positions)


def measure(is_quick: bool) -> list[Result]:
    """Measure both at 50 and 200 targets (and 10, unless quick).

    Raises
    ------
    AssertionError
        A tracker follows fewer than 95 % of the targets: then its time means nothing.
    """
    results: list[Result] = []
    for n_targets in (50, 200) if is_quick else (10, 50, 200):
        results += _compare(n_targets, 4 if is_quick else N_TIMED)
    return results


def _median(run: Callable[[], float]) -> float:
    run()
    return statistics.median(run() for _ in range(ROUNDS))


def _compare(n_targets: int, n_timed: int) -> list[Result]:
    """Measure both on one scene, ours after each of their timed scans, so that both meet the same load of the machine;
    theirs on the first ``n_timed`` of the timed scans.
    """
    scene, short = make_scene(n_targets, N_FIRST + N_TIMED), make_scene(n_targets, N_FIRST + n_timed)
    textbook, vague, whole = (started(scene, prior) for prior in (TEXTBOOK, ErrorPrior(is_plain=True), ErrorPrior()))
    run_compiled(scene, textbook)
    compiled: list[float] = []
    steps: list[float] = []

    def take_turn() -> None:
        compiled.extend(run_compiled(scene, textbook) for _ in range(3))
        steps.append(run_steps(scene, textbook).spent_s / N_TIMED)

    theirs = run_theirs(short, False, take_turn)
    helped = run_theirs(short, True, take_turn)
    ours = run_steps(short, textbook)
    for name, run in (("ours", ours), ("Stone Soup", theirs), ("Stone Soup, helped", helped)):
        share = run.followed_frac
        assert share >= LEAST_FOLLOWED_FRAC, f"{name} follows {share:.0%} of {n_targets} targets"
    speeds = Speeds(
        n_targets / statistics.median(compiled),
        n_targets / _median(lambda: run_compiled(scene, vague)),
        n_targets / _median(lambda: run_compiled(scene, whole)),
        n_targets / statistics.median(steps),
        n_targets * n_timed / theirs.spent_s,
        n_targets * n_timed / helped.spent_s,
    )
    return _results(n_targets, speeds, ours.error_m, theirs.error_m)


class Speeds(NamedTuple):
    """Track-scans a second: ours as a textbook filter, with points where ln beta is vague, with the stage for model
    errors too, by `Tracker.step`; theirs as its users would build it, and with our motion and gate.
    """

    textbook: float
    vague: float
    whole: float
    steps: float
    theirs: float
    helped: float


def _results(n_targets: int, speeds: Speeds, error_m: float, their_error_m: float) -> list[Result]:
    """Rows of one number of targets."""
    goal = RATIO_GOAL if n_targets >= 50 else None
    group, name, unit, peer = "tracking", f"{n_targets} targets", "k track-scans/s", "Stone Soup"
    theirs = speeds.theirs / 1e3

    def beside(what: str, speed: float, note: str = "") -> Result:
        return Result(group, name + what, speed / 1e3, unit, None, True, peer, theirs, speed / speeds.theirs, note)

    return [
        beside("", speeds.textbook, NOTE),
        Result(group, f"{name}, against Stone Soup", speeds.textbook / speeds.theirs, "times", goal),
        Result(group, f"{name}, against it with our motion and gate", speeds.textbook / speeds.helped, "times"),
        beside(", by points while ln beta is vague", speeds.vague),
        beside(", with model errors too: the default", speeds.whole),
        beside(", by `Tracker.step`", speeds.steps),
        Result(group, f"{name}, median position error", error_m, "m", ERROR_GOAL * their_error_m, False,
               peer, their_error_m),
    ]  # fmt: skip


NOTE = (
    "processor time, one thread; targets times scans over seconds, with tracks of 8 to 32 s. The same plots: 1 s, "
    "15 m, 2 mrad, detection 0.9, false plots 0.5 a target. Both: extended Kalman filter of seven states with drag, "
    "global nearest neighbour, starts from three plots. Stone Soup: its KD-tree and assignment, `max_distance` tuned, "
    "its finite-difference Jacobian, motion in NumPy. Ours: scans in compiled code as the picture runs them, or by "
    "`Tracker.step` from Python with checks and tables; medians of rounds between the scans of Stone Soup; without "
    "impacts"
)

"""How often the tracker confirms a track of nothing: radars that see false plots alone, for hours."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from opendome.base.errors import CommandError, RunError
from opendome.base.kernels import kernel
from opendome.base.types import TrackStatus
from opendome.sensing.detection import detection_table
from opendome.sensing.plots import PlotBuffer, SensingModel, look_time_s, new_plot_buffer, plot_capacity
from opendome.sensing.plots import scan as look_once
from opendome.sensing.terrain import no_terrain
from opendome.tracking.room import new_state
from opendome.tracking.rules import TrackRules
from opendome.tracking.scan import BAD_PLOTS, N_LIVE, Setup, TrackerState, Work, look, new_work

from .tracked import tracker_setup
from .tracked_model import TrackedModel

__all__ = ["count_false_tracks", "quiet_radars"]

_CONFIRMED = int(TrackStatus.CONFIRMED)
_HOUR_S = 3600.0
_REPLICATION = 2**31 - 1
_N_SLOTS = 512
_PAIRS_PER_SLOT = 24


def quiet_radars(radars: np.ndarray) -> np.ndarray:
    """Each radar once, where it stands first, never down; ``radars`` (n,) of RADAR may hold rows of the same one."""
    _, first = np.unique(radars["identity"], return_index=True)
    steady: np.ndarray = radars[np.sort(first)].copy()
    steady["t_up_s"], steady["t_down_s"] = -math.inf, math.inf
    return steady


@kernel
def count_until(setup, sensing, state, work, buffer, targets, keys, next_look, counted_id, until_s):
    """Look until a time; gives the number of tracks confirmed, and status bits of the tracker."""
    n_confirmed, status = 0, 0
    while True:
        best, t_s = -1, until_s
        for r in range(len(setup.radars)):
            t_look_s = look_time_s(setup.radars[r], next_look[r])
            if t_look_s < t_s:
                best, t_s = r, t_look_s
        if best < 0:
            return n_confirmed, status
        k = next_look[best]
        next_look[best] += 1
        n_plots = look_once(sensing, best, _REPLICATION, k, t_s, targets, keys, 0, buffer)
        status |= look(setup, state, work, best, t_s, buffer.plots[:n_plots])
        for m in range(state.count[N_LIVE]):
            slot = state.live[m]
            if state.slots.status[slot] == _CONFIRMED and counted_id[slot] != state.slots.track_id[slot]:
                counted_id[slot] = state.slots.track_id[slot]
                n_confirmed += 1


def _room(radars: np.ndarray) -> tuple[TrackerState, Work, PlotBuffer]:
    """A tracker that has seen nothing, and room for its looks."""
    n_plots = plot_capacity(radars, 0)
    state = new_state(_N_SLOTS, 8 * n_plots * len(radars), len(radars))
    return state, new_work(_N_SLOTS, n_plots, _PAIRS_PER_SLOT * _N_SLOTS, len(radars)), new_plot_buffer(n_plots)


def count_false_tracks(
    tracked: TrackedModel,
    seed: int,
    hours: float,
    progress: Callable[[float, float], None] | None = None,
    rules: TrackRules | None = None,
) -> int:
    """Confirmed tracks of nothing while all radars look at an empty sky through one tracker.

    Every radar of the scenario works all the time from the place where it stands first, and sees false plots at its
    ``false_plots_per_scan``. The draws are those of a replication that no study reaches.

    Parameters
    ----------
    tracked : TrackedModel
    seed : int
    hours : float                    simulated time [h], above 0
    progress : callable, optional    called after each hour with (hours done, hours in all)
    rules : TrackRules, optional     in place of those that the picture tracks by

    Returns
    -------
    int    see ``tracking.consistency.poisson_rate`` for the rate and its limits

    Raises
    ------
    CommandError    no time to simulate
    RunError        the tracker ran out of room
    """
    if not 0.0 < hours < math.inf:
        raise CommandError(f"{hours!r} quiet hours; write a number above 0")
    radars = quiet_radars(tracked.radars)
    if len(radars) == 0:
        return 0
    usual = tracker_setup(tracked)
    setup = Setup(usual.motion, usual.rules if rules is None else rules, radars)
    sensing = SensingModel(radars, detection_table(radars), no_terrain(), seed)
    state, work, buffer = _room(radars)
    next_look, counted_id = np.zeros(len(radars), np.int64), np.zeros(_N_SLOTS, np.int64)
    targets, keys = np.zeros((0, 7)), np.zeros((0, 2), np.int64)
    found, done_h = 0, 0.0
    while done_h < hours:
        done_h = min(done_h + 1.0, hours)
        n, status = count_until(
            setup, sensing, state, work, buffer, targets, keys, next_look, counted_id, done_h * _HOUR_S
        )
        if status & ~BAD_PLOTS:
            raise RunError(
                f"the tracker ran out of room on false plots (status {status}); lower radar.false_plots_per_scan"
            )
        found += n
        if progress is not None:
            progress(done_h, hours)
    return found

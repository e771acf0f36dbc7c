"""The tracker as one calls it: radars in, plots in, tables of tracks out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opendome.base.registry import register
from opendome.base.types import TRACK_REPORT

from .checks import plot_problems, radar_problems, raise_problems, rule_problems
from .classify import ClassifyRules
from .imm import DroneRules
from .kinds import Motion
from .model import ErrorPrior, MotionModel, make_motion_model
from .report import fill_report, renew_impacts
from .room import copied_state, grown_pool, grown_state, new_state
from .rules import TrackRules
from .scan import FULL_PAIRS, FULL_POOL, FULL_SLOTS, N_LIVE, Setup, TrackerState, Work, new_work, scan
from .table import TrackTable

__all__ = ["Tracker", "opendome_tracker"]

_PAIRS_PER_TRACK = 24
_MOST_STARTS = 100


class Tracker:
    """Multi-target tracker of one or several radars into one picture.

    Parameters
    ----------
    radars : array or record of RADAR
        ``base.polar.default_radar()`` gives one; plots name their radar by its row.
    lat_deg : float
        Geodetic latitude of the frame's origin [degrees], for gravity and the Earth's rotation.
    prior : ErrorPrior, optional
        What is not known of wind, density, drag and the filter's noises.
    rules : TrackRules, optional
        Gates, starts, confirmation, deletion, groups.
    motion : MotionModel, optional
        In place of the one made from ``lat_deg`` and ``prior``, for instance with a wind profile.
    drone, classify : DroneRules, ClassifyRules, optional
        Motion of what does not fall freely, and what tells the kinds apart.

    Raises
    ------
    CommandError
        With every problem of every argument at once.

    Examples
    --------
    ::

        tracker = Tracker(default_radar(), lat_deg=31.5)
        table = tracker.step(12.0, plots)
        table.confirmed["impact_east_m"]
    """

    def __init__(
        self,
        radars: NDArray[np.void],
        *,
        lat_deg: float = 0.0,
        prior: ErrorPrior | None = None,
        rules: TrackRules | None = None,
        motion: MotionModel | None = None,
        drone: DroneRules | None = None,
        classify: ClassifyRules | None = None,
    ):
        rules = TrackRules() if rules is None else rules
        raise_problems(radar_problems(radars) + rule_problems(rules), "Tracker")
        model = make_motion_model(lat_deg, prior) if motion is None else motion
        how = Motion(model, drone or DroneRules(), classify or ClassifyRules())
        self.setup = Setup(how, rules, np.ascontiguousarray(np.atleast_1d(radars)).copy())
        self.state: TrackerState = new_state(128, 512, len(self.setup.radars))
        self.work: Work = self._new_work(256)

    def _new_work(self, n_plots: int, n_pairs: int = 0) -> Work:
        """Room for a scan of all tracks and so many plots."""
        n_tracks = len(self.state.live)
        return new_work(n_tracks, n_plots, max(n_pairs, _PAIRS_PER_TRACK * n_tracks), len(self.setup.radars))

    @property
    def t_s(self) -> float:
        """Time of the last step [s]; minus infinity before the first."""
        return float(self.state.t_s[0])

    def step(self, t_s: float, plots: NDArray[np.void]) -> TrackTable:
        """Take the plots of one scan and give the tracks, tentative ones too.

        Parameters
        ----------
        t_s : float        time of the scan [s], later than the last one's
        plots : (n,) PLOT  of one or several radars, in any order, none later than ``t_s``; not changed. A radar whose
                           look is due by its revisit time and that has no plots is taken to have seen nothing.

        Returns
        -------
        TrackTable    at ``t_s``

        Raises
        ------
        CommandError
            With every problem of every plot at once; the tracker is then as it was.
        """
        raise_problems(plot_problems(t_s, self.t_s, plots, len(self.setup.radars)), "Tracker.step")
        self._ensure_room(len(plots))
        status = scan(self.setup, self.state, self.work, float(t_s), plots)
        self._grow_after(status)
        if self.setup.rules.impact_every_s < math.inf:
            renew_impacts(self.setup, self.state, float(t_s))
        return self.table()

    def table(self) -> TrackTable:
        """Give the tracks as of the last step."""
        rows = np.zeros(int(self.state.count[N_LIVE]), TRACK_REPORT)
        n = fill_report(self.setup, self.state, self.t_s, rows) if len(rows) else 0
        return TrackTable(self.t_s, rows[:n])

    def copy(self) -> Tracker:
        """Give a tracker in the same state that goes its own way from here."""
        other = object.__new__(Tracker)
        other.setup, other.state = self.setup, copied_state(self.state)
        other.work = other._new_work(len(self.work.is_good), len(self.work.pairs.plot))
        return other

    def _ensure_room(self, n_plots: int) -> None:
        """Make room for so many plots, and for as many new tracks as they are likely to start at most."""
        most = int(self.state.count[N_LIVE]) + min(n_plots, _MOST_STARTS)
        n_room = len(self.work.is_good)
        is_short = most > len(self.state.live)
        if is_short:
            self.state = grown_state(self.state, 2 * most)
        if is_short or n_plots > n_room:
            self.work = self._new_work(n_room if n_plots <= n_room else 2 * n_plots, len(self.work.pairs.plot))
        n_pool = (self.setup.rules.start_looks + 2) * n_plots
        if n_pool > len(self.state.pool.t_s):
            self.state = self.state._replace(pool=grown_pool(self.state.pool, 2 * n_pool))

    def _grow_after(self, status: int) -> None:
        """Make more room for the next scan where this one ran out of it."""
        n_plots, n_pairs = len(self.work.is_good), len(self.work.pairs.plot)
        if status & FULL_SLOTS:
            self.state = grown_state(self.state, 2 * len(self.state.live))
        if status & FULL_PAIRS:
            n_pairs *= 4
        if status & (FULL_SLOTS | FULL_PAIRS):
            self.work = self._new_work(n_plots, n_pairs)
        if status & FULL_POOL:
            self.state = self.state._replace(pool=grown_pool(self.state.pool, 2 * len(self.state.pool.t_s)))


@register("tracker", "opendome")
def opendome_tracker(radars: NDArray[np.void], lat_deg: float, **options: Any) -> Tracker:
    """Make the program's own tracker; ``options`` are those of ``Tracker``."""
    return Tracker(radars, lat_deg=lat_deg, **options)

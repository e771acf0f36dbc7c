"""What takes the place of the tracker: anything with a step."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["HasRows", "TrackerFactory", "TrackerProtocol"]


class HasRows(Protocol):
    """A table of tracks: ``rows`` (n,) of TRACK_REPORT, whose units and frames are in ``base.types``."""

    @property
    def rows(self) -> NDArray[np.void]:
        """One row for every live track."""


@runtime_checkable
class TrackerProtocol(Protocol):
    """A tracker. ``testing.tracker_conformance.check_tracker`` says whether one keeps to the rules.

    The same plots in, the same tracks out. Ids grow and are never given twice. A scan may be empty.
    """

    def step(self, t_s: float, plots: NDArray[np.void], /) -> HasRows:
        """Take the plots (n,) of PLOT of one scan at ``t_s`` [s], without writing to them, and give the tracks."""


class TrackerFactory(Protocol):
    """What is registered under the kind ``tracker``: makes a tracker for radars and the latitude of the origin."""

    def __call__(self, radars: NDArray[np.void], lat_deg: float, /) -> TrackerProtocol:
        """Make a tracker that has seen nothing."""

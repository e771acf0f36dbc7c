"""The table of tracks that a step gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError, nearest_name
from opendome.base.types import TRACK_REPORT, TrackStatus

__all__ = ["TrackTable"]


class TrackTable:
    """Tracks at one moment, oldest first.

    ``table["track_id"]`` is a column, ``table.rows`` all columns as an array of TRACK_REPORT (see ``base.types`` for
    units and frames), ``table.confirmed`` the table of the confirmed tracks alone, ``table.t_s`` the time.
    """

    __slots__ = ("rows", "t_s")

    def __init__(self, t_s: float, rows: NDArray[np.void]):
        self.t_s = t_s
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        if name not in (TRACK_REPORT.names or ()):
            hint = nearest_name(name, TRACK_REPORT.names or ())
            raise CommandError(f"a track table has no column `{name}`: {hint or 'see `table.columns`'}")
        return self.rows[name]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return TRACK_REPORT.names or ()

    @property
    def confirmed(self) -> TrackTable:
        """The confirmed tracks alone."""
        return TrackTable(self.t_s, self.rows[self.rows["status"] == TrackStatus.CONFIRMED])

    @property
    def groups(self) -> dict[int, int]:
        """Number of tracks in each group of two and more, by the group's id."""
        many = self.rows[self.rows["n_in_group"] > 1]
        return {int(row["group"]): int(row["n_in_group"]) for row in many}

    def __repr__(self) -> str:
        n_confirmed = int((self.rows["status"] == TrackStatus.CONFIRMED).sum())
        return f"TrackTable(t_s={self.t_s:g}, {len(self)} tracks, {n_confirmed} confirmed)"

"""A run's tables, sorted by the object they concern."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from opendome.base.geometry import is_point_in_ring
from opendome.battle.parameters import Battery, LauncherUnit
from opendome.places.areas import DefendedAreas
from opendome.scenario.compile import area_table
from opendome.study.single import Run

__all__ = ["Records", "Row", "records_of"]

Row = dict[str, Any]


class Records:
    """Rows of a run by object and by track.

    ``threats`` in the order of their numbers; ``tracks[threat_id]`` its tracks in order of time; all that is kept by
    track or by area is in order of time too.
    """

    def __init__(self, run: Run):
        self.run = run
        rows = {name: table.to_pylist() for name, table in run.tables().items()}
        self.threats: list[Row] = rows["threats"]
        self.launches: list[Row] = rows["launches"]
        self.intercepts: list[Row] = rows["intercepts"]
        self.warnings: list[Row] = rows["warnings"]
        self.moves: list[Row] = rows["moves"]
        self.stock: list[Row] = rows["stock"]
        self.impact = {row["threat_id"]: row for row in rows["impacts"]}
        self.tracks, self.first_seen_s = _tracks(rows["links"])
        self.object_of = {track: threat for threat, tracks in self.tracks.items() for track in tracks}
        self.assessments = _by(rows["assessments"], "track_id")
        self.decisions = _by(rows["decisions"], "track_id")
        self.launches_at = _by(self.launches, "track_id")
        self.alerts_by = _by(self.warnings, "track_id")
        self.alerts_in = _by(self.warnings, "area_id")
        self.kill = {row["threat_id"]: row for row in self.intercepts if row["is_kill"]}
        self._met = {(row["track_id"], row["battery_id"], row["t_s"]): row for row in self.intercepts}
        model = run.scenario.model
        units: tuple[Battery | LauncherUnit, ...] = (*model.batteries, *model.launchers)
        given = {unit.id: str(getattr(unit, "name", "") or "") for unit in units}
        self.battery_labels = {unit_id: name or unit_id for unit_id, name in given.items()}
        self.battery_names = {unit_id: name or f"battery {unit_id}" for unit_id, name in given.items()}
        self.areas = _Areas(area_table(run.scenario))

    def end_s(self, threat: Row) -> float:
        """When an object was destroyed or came down [s]."""
        kill = self.kill.get(threat["threat_id"])
        return float(threat["t_impact_s"] if kill is None else kill["t_s"])

    def met(self, launch: Row) -> Row | None:
        """What became of an interceptor: its row of `intercepts`; None for one that never arrived."""
        return self._met.get((launch["track_id"], launch["battery_id"], launch["t_intercept_s"]))

    def of_tracks(self, by_track: dict[int, list[Row]], threat_id: int) -> list[Row]:
        """Rows about all the tracks of an object, in order of time."""
        rows = [row for track in self.tracks.get(threat_id, ()) for row in by_track.get(track, ())]
        return sorted(rows, key=lambda row: row["t_s"])


class _Areas:
    """Names of areas, and which of them holds a point."""

    def __init__(self, table: DefendedAreas):
        self.name = dict(zip(table.ids, table.names, strict=True))
        self.index = {area_id: i for i, area_id in enumerate(table.ids)}
        self._table = table
        rings = [table.vertices_enu_m[a:b] for a, b in zip(table.ring_start[:-1], table.ring_start[1:], strict=True)]
        self._low_m = np.array([ring.min(axis=0) for ring in rings])
        self._high_m = np.array([ring.max(axis=0) for ring in rings])

    def holding(self, east_m: float, north_m: float) -> str | None:
        """Name of the first area that holds a point [m]; None outside every area."""
        point = np.array([east_m, north_m])
        near = np.flatnonzero(((self._low_m <= point) & (point <= self._high_m)).all(axis=1))
        vertices, start = self._table.vertices_enu_m, self._table.ring_start
        for i in near.tolist():
            if is_point_in_ring(east_m, north_m, vertices, int(start[i]), int(start[i + 1])):
                return self._table.names[i]
        return None


def records_of(run: Run) -> Records:
    """Sort a run's tables."""
    return Records(run)


def _by(rows: list[Row], key: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return dict(found)


def _tracks(links: list[Row]) -> tuple[dict[int, list[int]], dict[int, float]]:
    """Tracks of each object, each track with the first object that it followed; and since when each is followed."""
    tracks: dict[int, list[int]] = defaultdict(list)
    seen_s: dict[int, float] = {}
    taken: set[int] = set()
    for row in sorted(links, key=lambda row: row["t_s"]):
        seen_s.setdefault(row["threat_id"], row["t_s"])
        if row["track_id"] not in taken:
            taken.add(row["track_id"])
            tracks[row["threat_id"]].append(row["track_id"])
    return dict(tracks), seen_s

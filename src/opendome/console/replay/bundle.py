"""The data of a replay page: an index of raids, the scene, and one bundle for each raid.

Numbers are rounded for the wire: moments to 0.01 s and counted from the scenario's start, lengths to a metre.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from opendome.console.replay.flights import (
    Classes,
    Path,
    classes_of,
    cut_at,
    interceptor_path,
    place_at,
    rest_of,
    threat_path,
)
from opendome.console.replay.raids import Span, biggest, raids_of
from opendome.console.replay.records import Records, Row, records_of
from opendome.console.replay.scene import scene_of
from opendome.console.replay.source import Shown, Source
from opendome.console.replay.stories import story_of

__all__ = ["ENDS", "Replay", "replay_of"]

ENDS = ("failed", "fell_short", "at_sea", "open_ground", "intercepted", "leaked_built_up")
"""The partition of all launches by true end, in the order of the tables."""

Data = dict[str, Any]


class Replay:
    """A source, sorted and cut into raids; ``index``, ``scene`` and ``raid`` give plain data for JSON."""

    def __init__(self, source: Source):
        self.source = source
        self._views = tuple(_View(shown) for shown in source.shown)
        sizes = [len(view.records.threats) for view in self._views]
        self._first = np.concatenate([[0], np.cumsum(sizes)]).tolist()
        launch = [row["t_s"] for view in self._views for row in view.records.threats]
        end = [t_s for view in self._views for t_s in view.last_s()]
        self.raids: tuple[Span, ...] = raids_of(launch, end)

    def objects(self, i_raid: int, i_view: int) -> list[int]:
        """Numbers (``threat_id``) of one alternative's objects in a raid."""
        first, end = self._first[i_view], self._first[i_view + 1]
        return [i - first for i in self.raids[i_raid].objects if first <= i < end]

    def index(self) -> Data:
        """What the page asks for first: title, alternatives, raids, and the raid to begin with."""
        source, scenario = self.source, self.source.shown[0].run.scenario
        return {
            "title": source.title,
            "replication": source.replication,
            "n_replications": source.n_replications,
            "seed": source.seed,
            "start_utc": scenario.model.start_utc.isoformat(),
            "alternatives": [{"name": shown.name, "label": shown.label} for shown in source.shown],
            "raids": [self._entry(i) for i in range(len(self.raids))],
            "first_raid": biggest(self.raids),
        }

    def _entry(self, i_raid: int) -> Data:
        raid = self.raids[i_raid]
        return {
            "from_s": _moment(raid.from_s),
            "until_s": _moment(raid.until_s),
            "ends": [self.counts(i_raid, i) for i in range(len(self._views))],
        }

    def counts(self, i_raid: int, i_view: int) -> dict[str, int]:
        """How many objects of a raid ended how, in one alternative."""
        threats = self._views[i_view].records.threats
        found = Counter(threats[i]["end"] for i in self.objects(i_raid, i_view))
        return {end: found[end] for end in ENDS}

    def scene(self) -> Data:
        """The ground, holding everything that flew, stood or came down."""
        places = [
            (row[f"{end}_east_m"], row[f"{end}_north_m"])
            for view in self._views
            for row in view.records.threats
            for end in ("launch", "impact")
        ]
        stood = [(row["east_m"], row["north_m"]) for view in self._views for row in view.records.moves]
        return scene_of(self.source.shown[0].run.scenario, places + stood)

    def raid(self, i_raid: int) -> Data:
        """One raid, in every alternative that is shown."""
        span = self.raids[i_raid]
        return {
            "from_s": _moment(span.from_s),
            "until_s": _moment(span.until_s),
            "alternatives": [view.raid(span, self.objects(i_raid, i)) for i, view in enumerate(self._views)],
        }


def replay_of(source: Source) -> Replay:
    """Make the replay of a source."""
    return Replay(source)


class _View:
    """One alternative's records and paths."""

    def __init__(self, shown: Shown):
        self.records: Records = records_of(shown.run)
        self.classes: Classes = classes_of(shown.run.scenario)

    def last_s(self) -> list[float]:
        """When the last thing about each object is over: its own end, or that of the last shot at it [s]."""
        records = self.records
        return [
            max(
                [records.end_s(row)]
                + [shot["t_intercept_s"] for shot in records.of_tracks(records.launches_at, row["threat_id"])]
            )
            for row in records.threats
        ]

    def raid(self, span: Span, objects: Sequence[int]) -> Data:
        """Everything of one raid."""
        rows = [self.records.threats[i] for i in objects]
        paths = {row["threat_id"]: threat_path(self.classes, row) for row in rows}
        shots = [row for row in self.records.launches if span.from_s <= row["t_s"] <= span.until_s]
        return {
            "threats": [self._threat(row, paths[row["threat_id"]]) for row in rows],
            "interceptors": [self._interceptor(row, paths) for row in shots],
            "alerts": _alerts(self.records, span),
            "batteries": _batteries(self.records, span),
        }

    def _threat(self, row: Row, path: Path) -> Data:
        records, threat_id = self.records, row["threat_id"]
        kind = self.classes.kind(row["threat_class"])
        kill = records.kill.get(threat_id)
        return {
            "id": threat_id,
            "name": f"{kind.capitalize()} {threat_id}",
            "kind": kind,
            "end": row["end"],
            "reason": row["reason"],
            "from_s": _moment(row["t_s"]),
            "end_s": _moment(records.end_s(row)),
            "lead_s": None if threat_id not in records.impact else records.impact[threat_id]["lead_s"],
            "tracks": records.tracks.get(threat_id, []),
            "path": _flat(path if kill is None else cut_at(path, kill["t_s"])),
            "rest": [] if kill is None else _flat(rest_of(path, kill["t_s"])),
            "story": [
                [_moment(line.t_s), line.text, line.reason] for line in story_of(records, self.classes, row, path)
            ],
        }

    def _interceptor(self, row: Row, paths: dict[int, Path]) -> Data:
        """An interceptor: to where its object truly was, or to the predicted point if none was met."""
        records, met = self.records, self.records.met(row)
        threat_id = records.object_of.get(row["track_id"]) if met is None else met["threat_id"]
        until_s = row["t_intercept_s"]
        end = np.array([row["intercept_east_m"], row["intercept_north_m"], row["intercept_height_m"]])
        if met is not None and threat_id in paths:
            end = place_at(paths[threat_id], until_s)
        begin = _stood(records, row["battery_id"], row["t_s"])
        outcome = "none" if met is None or met["is_wasted"] else "kill" if met["is_kill"] else "miss"
        return {
            "threat": threat_id,
            "battery": row["battery_id"],
            "from_s": _moment(row["t_s"]),
            "end_s": _moment(until_s),
            "outcome": outcome,
            "path": _flat(interceptor_path(row["t_s"], until_s, begin, end)),
        }


def _stood(records: Records, battery_id: str, t_s: float) -> tuple[float, float]:
    """Where a battery stood at a moment (east_m, north_m)."""
    places = [row for row in records.moves if row["battery_id"] == battery_id and row["t_s"] <= t_s]
    return float(places[-1]["east_m"]), float(places[-1]["north_m"])


def _alerts(records: Records, span: Span) -> list[list[float]]:
    """Alerts that overlap a raid: [area, from_s, until_s]."""
    return [
        [records.areas.index[row["area_id"]], _moment(row["t_s"]), _moment(row["t_end_s"])]
        for row in records.warnings
        if row["t_s"] <= span.until_s and row["t_end_s"] >= span.from_s
    ]


def _batteries(records: Records, span: Span) -> list[Data]:
    """Batteries that stand somewhere before the raid is over, with ready rounds and states from its start on."""
    found = []
    for battery_id in records.battery_labels:
        moves = [row for row in records.moves if row["battery_id"] == battery_id and row["t_s"] <= span.until_s]
        if not moves:
            continue
        states = [[_moment(row["t_s"]), row["state"], round(row["east_m"]), round(row["north_m"])] for row in moves]
        before = [row for row in states if row[0] <= span.from_s][-1:]
        found.append(
            {
                "id": battery_id,
                "label": records.battery_labels[battery_id],
                "states": before + [row for row in states if row[0] > span.from_s],
                "rounds": _rounds(records, battery_id, span),
            }
        )
    return found


def _rounds(records: Records, battery_id: str, span: Span) -> list[list[float]]:
    """Ready rounds of a battery over a raid: [t_s, rounds], the first entry at the raid's start."""
    held, changes = 0, []
    for row in records.stock:
        if row["battery_id"] != battery_id or row["t_s"] > span.until_s:
            continue
        held += row["change_rounds"]
        changes.append([_moment(row["t_s"]), held])
    before = [row[1] for row in changes if row[0] <= span.from_s][-1:] or [0]
    return [[_moment(span.from_s), before[0]], *(row for row in changes if row[0] > span.from_s)]


def _moment(t_s: float) -> float:
    return round(float(t_s), 2)


def _flat(path: Path) -> list[float]:
    """Nodes one after the other: t_s, east_m, north_m, height_m, t_s, ..."""
    rounded = np.column_stack([np.round(path[:, 0], 2), np.round(path[:, 1:])])
    return [int(x) if x == int(x) else float(x) for x in rounded.ravel().tolist()]

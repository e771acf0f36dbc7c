"""Paths and intercept geometry of the reference engine: tables read in plain Python, points as tuples.

A path is a list of points (time, east, north, height). The rules are those of ``battle.feasibility``; the writing is
its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from opendome.flight.tables import FlightTables

__all__ = ["Opening", "PathTable", "Point", "cruise_path", "find_opening", "path_tables", "rocket_path"]

Point = tuple[float, float, float, float]
N_POINTS = 33


class PathTable:
    """One class's flight table as lists: what a flight over each range of the grid looks like."""

    def __init__(self, range_m: Any, tof_s: Any, down_frac: Any, height_m: Any):
        self.range_m: list[float] = np.asarray(range_m).tolist()
        self.squared_tof_s2: list[float] = [t * t for t in np.asarray(tof_s).tolist()]
        every = (np.asarray(height_m).shape[1] - 1) // (N_POINTS - 1)
        self.down_frac: list[list[float]] = np.asarray(down_frac)[:, ::every].tolist()
        self.height_m: list[list[float]] = np.asarray(height_m)[:, ::every].tolist()

    def _between(self, range_m: float) -> tuple[int, float, float]:
        """Row below, share of the way to the next, and factor on lengths beyond the grid's ends."""
        first, last = self.range_m[0], self.range_m[-1]
        held = first if range_m < first else last if range_m > last else range_m
        steps = (held - first) * (len(self.range_m) - 1) / (last - first)
        row = min(math.floor(steps), len(self.range_m) - 2)
        return row, steps - row, range_m / held

    def tof_s(self, range_m: float) -> float:
        """Time of flight over a range [s]: its square is straight between the rows."""
        row, share, factor = self._between(range_m)
        squared = (1.0 - share) * self.squared_tof_s2[row] + share * self.squared_tof_s2[row + 1]
        return math.sqrt(factor * squared)

    def shape(self, range_m: float) -> list[tuple[float, float]]:
        """Share of the way and height [m] at 33 equal steps of the flight."""
        row, share, factor = self._between(range_m)
        rest = 1.0 - share
        return [
            (rest * d0 + share * d1, factor * (rest * h0 + share * h1))
            for d0, d1, h0, h1 in zip(
                self.down_frac[row], self.down_frac[row + 1], self.height_m[row], self.height_m[row + 1]
            )
        ]


def path_tables(tables: FlightTables) -> list[PathTable]:
    """Tables of several classes as lists, in their order."""
    return [PathTable(*(part[i] for part in tables[:4])) for i in range(len(tables.range_m))]


def rocket_path(
    table: PathTable, origin_m: tuple[float, float], end_m: tuple[float, float], t_from_s: float, t_to_s: float
) -> list[Point]:
    """Predicted path of a rocket from its estimated origin to its predicted impact."""
    east, north = end_m[0] - origin_m[0], end_m[1] - origin_m[1]
    step_s = (t_to_s - t_from_s) / (N_POINTS - 1)
    return [
        (t_from_s + k * step_s, origin_m[0] + down * east, origin_m[1] + down * north, height_m)
        for k, (down, height_m) in enumerate(table.shape(math.hypot(east, north)))
    ]


def cruise_path(
    now_m: tuple[float, float], end_m: tuple[float, float], height_m: float, t_from_s: float, t_to_s: float
) -> list[Point]:
    """Predicted path of a cruising object: straight and level from where it is seen to its predicted impact."""
    shares = [k / (N_POINTS - 1) for k in range(N_POINTS)]
    return [
        (
            t_from_s + share * (t_to_s - t_from_s),
            (1.0 - share) * now_m[0] + share * end_m[0],
            (1.0 - share) * now_m[1] + share * end_m[1],
            height_m,
        )
        for share in shares
    ]


@dataclass(frozen=True)
class Opening:
    """When a unit can launch at a path: the first launch, its meeting, and the last launch [s]."""

    t_launch_s: float
    t_meet_s: float
    t_latest_s: float


def find_opening(
    unit: SimpleNamespace, site_m: tuple[float, float], path: list[Point], t_ready_s: float
) -> Opening | None:
    """First and last launch of a unit at a path, not before it is ready; None if there is none."""
    meetings = []
    for place, (t_s, east_m, north_m, height_m) in enumerate(path):
        ground_m = math.hypot(east_m - site_m[0], north_m - site_m[1])
        if not unit.reach_min_m <= ground_m <= unit.reach_max_m:
            continue
        if not unit.height_min_m <= height_m <= unit.height_max_m:
            continue
        flyout_s = unit.flyout_delay_s + math.hypot(ground_m, height_m) / unit.flyout_speed_mps
        meetings.append((place, t_s - flyout_s, t_s))
    usable = [k for k, meeting in enumerate(meetings) if meeting[1] >= t_ready_s]
    if not usable:
        return None
    first = usable[0]
    place, t_launch_s, t_meet_s = meetings[first]
    if first > 0:
        place_before, launch_before_s, meet_before_s = meetings[first - 1]
        if place_before == place - 1 and launch_before_s < t_ready_s:
            share = (t_ready_s - launch_before_s) / (t_launch_s - launch_before_s)
            t_launch_s, t_meet_s = t_ready_s, meet_before_s + share * (t_meet_s - meet_before_s)
    return Opening(t_launch_s, t_meet_s, max(meetings[k][1] for k in usable))

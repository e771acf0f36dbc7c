"""True paths of a run's objects, from the class tables, cut where an interceptor ended them.

Frame: local east-north-up at the scenario's origin, heights above ground. Times: seconds since the scenario's start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opendome.flight.paths import class_nodes
from opendome.flight.tables import FlightTables
from opendome.scenario.compile import class_names
from opendome.scenario.compile_raid import compile_classes
from opendome.scenario.scenario import Scenario

__all__ = [
    "KINDS", "Classes", "Path", "classes_of", "cut_at", "interceptor_path", "place_at", "rest_of", "threat_path",
]  # fmt: skip

Path = NDArray[np.float64]
"""Nodes (k, 4): moment [s], east [m], north [m], height [m]; moments never fall."""

KINDS = ("rocket", "mortar", "drone", "cruise missile")
"""Words for kinds of object, in the order of CLASS.i_kill_group."""

_STEP = 2
_CLIMB_FRAC = 0.02
_INTERCEPTOR_NODES = 17
_RISE_FRAC, _RISE_ALONG = 0.75, 0.35


@dataclass(frozen=True)
class Classes:
    """Compiled threat classes by name: records of CLASS (n,) and their flight tables."""

    index: dict[str, int]
    records: NDArray[Any]
    tables: FlightTables

    def kind(self, name: str) -> str:
        """Word for the kind of object that a class is."""
        return KINDS[int(self.records[self.index[name]]["i_kill_group"])]


def classes_of(scenario: Scenario) -> Classes:
    """Compile the classes of a scenario."""
    model = scenario.model
    records, tables = compile_classes(model.threats, model.picture.p_missed_object)
    return Classes({name: i for i, name in enumerate(class_names(model.threats))}, records, tables)


def threat_path(classes: Classes, row: dict[str, Any]) -> Path:
    """Path of one row of `threats` from launch to impact, as if nobody touched it.

    A rocket follows its class's table; what cruises flies over its waypoint at the class's height, with climb and
    descent added for the eye. What misfired stays where it was.
    """
    record = classes.records[classes.index[row["threat_class"]]]
    begin, end = (row["launch_east_m"], row["launch_north_m"]), (row["impact_east_m"], row["impact_north_m"])
    t_s, until_s = row["t_s"], row["t_impact_s"]
    if until_s <= t_s:
        return np.array([[t_s, *begin, 0.0]])
    if record["is_cruise"]:
        way = (row["way_east_m"], row["way_north_m"])
        return _cruise_path(t_s, until_s, np.array([begin, way, end]), float(record["height_m"]))
    nodes = np.empty(((classes.tables.height_m.shape[2] - 1) // _STEP + 1, 2))
    range_m = math.hypot(end[0] - begin[0], end[1] - begin[1])
    class_nodes(classes.tables, int(record["i_table"]), range_m, _STEP, nodes)
    along = nodes[:, 0]
    return np.column_stack(
        [
            np.linspace(t_s, until_s, len(nodes)),
            begin[0] + along * (end[0] - begin[0]),
            begin[1] + along * (end[1] - begin[1]),
            np.maximum(nodes[:, 1], 0.0),
        ]
    )


def _cruise_path(t_s: float, until_s: float, corners_m: NDArray[np.float64], height_m: float) -> Path:
    """Level flight over corners (3, 2) at one speed, from the ground and back to it."""
    legs_m = np.hypot(*np.diff(corners_m, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(legs_m)]) / max(float(legs_m.sum()), 1e-9)
    shares = np.unique(np.concatenate([at, [_CLIMB_FRAC, 1.0 - _CLIMB_FRAC]]))
    height = np.where((shares >= _CLIMB_FRAC) & (shares <= 1.0 - _CLIMB_FRAC), height_m, 0.0)
    east, north = (np.interp(shares, at, corners_m[:, i]) for i in (0, 1))
    return np.column_stack([t_s + shares * (until_s - t_s), east, north, height])


def place_at(path: Path, t_s: float) -> NDArray[np.float64]:
    """East, north and height [m] at a moment (3,), held at the ends of the path."""
    return np.array([np.interp(t_s, path[:, 0], path[:, i]) for i in (1, 2, 3)])


def cut_at(path: Path, t_s: float) -> Path:
    """The path up to a moment, which becomes its last node; as it is where it ends before."""
    if t_s >= path[-1, 0]:
        return path
    kept = path[path[:, 0] < t_s]
    return np.vstack([kept, [t_s, *place_at(path, t_s)]])


def rest_of(path: Path, t_s: float) -> Path:
    """What of the path was still ahead at a moment, which becomes its first node."""
    return np.vstack([[t_s, *place_at(path, t_s)], path[path[:, 0] > t_s]])


def interceptor_path(t_s: float, until_s: float, begin_m: tuple[float, float], end_m: NDArray[np.float64]) -> Path:
    """A schematic path from a battery on the ground to a point (3,): up first, then over; no model of a fly-out."""
    u = np.linspace(0.0, 1.0, _INTERCEPTOR_NODES)
    first = np.array([*begin_m, 0.0])
    bend = first + _RISE_ALONG * (end_m - first)
    bend[2] = _RISE_FRAC * end_m[2]
    points = np.outer((1 - u) ** 2, first) + np.outer(2 * u * (1 - u), bend) + np.outer(u**2, end_m)
    return np.column_stack([t_s + u * (until_s - t_s), points])

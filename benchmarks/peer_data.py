"""One replication's raid and picture, and the defence, as plain Python objects for the SimPy peer.

The arrays are the kernel's own (``draw_day`` and ``perceive``); only their form changes. None of this is timed: the
peer is given everything it needs in the form it likes best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from opendome.base.philox import Purpose, stream_key, uniform_four
from opendome.picture.statistical import perceive
from opendome.raid.generate import draw_day
from opendome.scenario.world import World

__all__ = ["Assessment", "Launcher", "Luck", "Rocket", "Unit", "draw_rockets", "flight_rows", "make_units", "plain"]


@dataclass(slots=True)
class Assessment:
    """One impact prediction of a track; ``nodes``, the predicted path, is filled when somebody first asks for it."""

    t_s: float
    now_east_m: float
    now_north_m: float
    mean_east_m: float
    mean_north_m: float
    sigma_m: float
    t_impact_s: float
    p_any: float
    value_people: float
    nodes: list[tuple[float, float, float, float]] | None = None


@dataclass(slots=True)
class Rocket:
    """One launched object: what is true of it, what is seen of it, and what has been done about it."""

    burst: int
    shot: int
    i_class: int
    fate: int
    is_at_sea: bool
    is_in_launch_area: bool
    is_built_up: bool
    end_area: int
    t_impact_s: float
    is_tracked: bool = False
    i_sensor: int = 0
    t_origin_s: float = 0.0
    origin_east_m: float = 0.0
    origin_north_m: float = 0.0
    assessments: list[Assessment] = field(default_factory=list)
    current: Assessment | None = None
    status: int = 0
    reason: int = 0
    n_shots: int = 0
    n_shots_arrived: int = 0
    n_engagements: int = 0
    has_retry: bool = False
    slot: int = -1
    t_closed_s: float = 0.0
    t_dropped_s: float = math.inf
    is_killed: bool = False
    was_engaged: bool = False
    is_counted: bool = False

    def is_down(self, t_s: float) -> bool:
        """Whether it has been destroyed or has come down."""
        return self.is_killed or t_s >= self.t_impact_s


@dataclass(slots=True)
class Launcher:
    """A magazine with its clock."""

    unit: Unit
    rounds: int = 0
    coming: int = 0
    waits_for_rounds: bool = False
    t_free_s: float = 0.0
    t_loaded_s: float = math.inf


@dataclass(slots=True)
class Unit:
    """A fire unit: figures of its type, its place now, its launchers."""

    figures: dict[str, Any]
    i_post: int
    i_depot: int
    launchers: list[Launcher] = field(default_factory=list)
    east_m: float = 0.0
    north_m: float = 0.0
    is_ready: bool = False
    is_failed: bool = False


class Luck:
    """The kernel's own numbers, by the same keys; each is drawn once, so that a timed run only looks it up."""

    def __init__(self, seed: int, replication: int):
        self._seed = seed
        self._replication = replication
        self._drawn: dict[tuple[Purpose, int, int, int], tuple[float, ...]] = {}

    def four(self, purpose: Purpose, a: int, b: int, index: int) -> tuple[float, ...]:
        """Give four uniforms for (purpose, entity a, entity b, index)."""
        key = (purpose, a, b, index)
        found = self._drawn.get(key)
        if found is None:
            word = np.uint64(stream_key(self._seed, int(purpose)))
            found = self._drawn[key] = uniform_four(word, self._replication, a, b, index)
        return found


def plain(record: Any) -> dict[str, Any]:
    """Give a record of a structured array as a dict of Python numbers."""
    return dict(zip(record.dtype.names, record.item()))


def make_units(world: World) -> list[Unit]:
    """Give the fire units with empty launchers, as before the first arrival."""
    units = []
    for record in world.battle.units:
        figures = plain(record)
        unit = Unit(figures, figures["i_post"], figures["i_depot"])
        unit.launchers = [Launcher(unit) for _ in range(figures["n_launchers"])]
        units.append(unit)
    return units


def flight_rows(world: World) -> list[Any]:
    """Give the flight tables as lists by class table: ranges, covered shares of the range, heights."""
    tables = world.battle.tables
    return list(zip(tables.range_m.tolist(), tables.down_frac.tolist(), tables.height_m.tolist()))


def draw_rockets(world: World, seed: int, replication: int) -> list[Rocket]:
    """Draw raid and picture of a whole campaign with the kernel's functions, day by day; give them as objects."""
    rockets: list[Rocket] = []
    for day in range(world.n_days):
        objects, _ = draw_day(world.raid, seed, replication, day)
        picture = perceive(world.picture, seed, replication, objects)
        tracks, rows, i_object = picture[0], picture[1], picture[-1]
        of_day = [_rocket(plain(item)) for item in objects]
        for record, i in zip(tracks, i_object):
            _add_track(of_day[i], plain(record), rows)
        rockets += of_day
    return rockets


def _rocket(item: dict[str, Any]) -> Rocket:
    return Rocket(
        item["burst"],
        item["shot"],
        item["i_class"],
        item["fate"],
        item["is_at_sea"] == 1,
        item["is_in_launch_area"] == 1,
        item["is_built_up"] == 1,
        item["end_area"],
        item["t_impact_s"],
    )


def _add_track(rocket: Rocket, track: dict[str, Any], rows: Any) -> None:
    rocket.is_tracked, rocket.reason = True, 1
    rocket.i_sensor, rocket.t_origin_s = track["i_sensor"], track["t_origin_s"]
    rocket.origin_east_m, rocket.origin_north_m = track["origin_east_m"], track["origin_north_m"]
    first = track["first_assessment"]
    for record in rows[first : first + track["n_assessments"]]:
        row = plain(record)
        rocket.assessments.append(
            Assessment(
                row["t_s"],
                row["now_east_m"],
                row["now_north_m"],
                row["mean_east_m"],
                row["mean_north_m"],
                math.sqrt(max(row["var_east_m2"], row["var_north_m2"])),
                row["t_impact_s"],
                row["p_any"],
                row["value_people"],
            )
        )

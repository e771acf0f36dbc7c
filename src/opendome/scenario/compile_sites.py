"""Figures of a scenario's systems, and where and when its units stand."""

from __future__ import annotations

from opendome import catalogue
from opendome.base.frames import Origin, geodetic_to_enu
from opendome.battle.parameters import Battery, LauncherUnit

from .schema import ScenarioModel

__all__ = ["figure", "local_point", "timetable"]

_DAY_S = 86400.0


def figure(model: ScenarioModel, system: str, key: str) -> float:
    """A system's figure: the scenario's change under ``assumptions``, else the catalogue's."""
    changed = model.assumptions.get(system, {})
    return float(changed[key]) if key in changed else float(catalogue.value_of(system, key).number)


def local_point(origin: Origin, lat_lon: tuple[float, float]) -> tuple[float, float]:
    """East and north [m] of a place in the local plane."""
    east, north, _ = geodetic_to_enu(origin, lat_lon[0], lat_lon[1])
    return float(east), float(north)


def timetable(model: ScenarioModel, origin: Origin, item: Battery | LauncherUnit) -> list[tuple]:
    """A unit's life as rows of UNIT_CHANGE in time order.

    A battery that arrives after the day of a move, because its lift takes so long, goes straight to the new site.
    """
    east, north = local_point(origin, item.at)
    t_s = item.arrives_day * _DAY_S
    set_up_h = figure(model, item.system, "set_up_h") if item.set_up_h is None else item.set_up_h
    if t_s <= 0.0:
        rows = [(0.0, east, north, 1, 1, 1, 0)]
    else:
        rows = [(t_s, east, north, 0, 1, 1, 0), (t_s + 3600.0 * set_up_h, east, north, 1, 1, 0, 0)]
    for move in item.moves if isinstance(item, Battery) else ():
        tear_down_h = figure(model, item.system, "tear_down_h") if move.tear_down_h is None else move.tear_down_h
        again_h = figure(model, item.system, "set_up_h") if move.set_up_h is None else move.set_up_h
        if move.day * _DAY_S < rows[0][0]:
            rows = [(row[0], *local_point(origin, move.to), *row[3:]) for row in rows]
            continue
        rows = [row for row in rows if row[0] <= move.day * _DAY_S]
        rows.append((move.day * _DAY_S, rows[-1][1], rows[-1][2], 0, 1, 0, 0))
        east, north = local_point(origin, move.to)
        ready_s = move.day * _DAY_S + 3600.0 * (tear_down_h + move.road_h + again_h)
        rows.append((ready_s, east, north, 1, 1, 0, 0))
    if item.leaves_day is not None:
        rows = [row for row in rows if row[0] < item.leaves_day * _DAY_S]
        if rows:
            rows.append((item.leaves_day * _DAY_S, rows[-1][1], rows[-1][2], 0, 1, 0, 1))
    return rows

"""Compile radars: what the picture's curves need of them, and how well they see."""

from __future__ import annotations

import math

import numpy as np

from opendome import catalogue
from opendome.base.frames import Origin, enu_to_geodetic
from opendome.base.philox import identity_hash
from opendome.base.types import SENSOR
from opendome.battle.parameters import Battery, SensorUnit
from opendome.sensing.parameters import Radar, spans_s
from opendome.sensing.records import radars_of_sensors
from opendome.sensing.terrain import TerrainGrid, ground_height_m

from .compile_sites import figure, local_point, timetable
from .schema import ScenarioModel

__all__ = ["compile_radars", "compile_sensors", "sensor_owners"]

_DAY_S = 86400.0


def _battery_sensors(model: ScenarioModel, origin: Origin, battery: Battery, i_post: int) -> list[tuple]:
    """A battery's radar works wherever and whenever the battery is ready, but for its outages."""
    rows = timetable(model, origin, battery)
    found = []
    for k, (t_s, east, north, is_ready, *_) in enumerate(rows):
        if is_ready:
            until = rows[k + 1][0] if k + 1 < len(rows) else math.inf
            fill = [
                figure(model, battery.system, key)
                for key in (
                    "radar_range_km",
                    "radar_min_elevation_deg",
                    "antenna_height_m",
                    "radar_error_scale",
                    "track_capacity",
                )
            ]
            found += [
                (battery.radar, identity_hash(battery.id + "/radar"), i_post, east, north, *fill, up, down)
                for up, down in spans_s(battery.radar, t_s, until)
            ]
    return found


def _own_sensors(origin: Origin, sensor: SensorUnit) -> list[tuple]:
    """A radar that stands by itself: up from arrival to departure, less its failure.

    Null figures are the battery radar's.
    """
    east, north = local_point(origin, sensor.at)

    def known(value: float | None, key: str) -> float:
        return float(catalogue.value_of("iron-dome", key).number) if value is None else float(value)

    end = math.inf if sensor.leaves_day is None else sensor.leaves_day * _DAY_S
    spans = [(sensor.arrives_day * _DAY_S, end)]
    if sensor.fails_at_day is not None:
        again = math.inf if sensor.repaired_at_day is None else sensor.repaired_at_day * _DAY_S
        spans = [(spans[0][0], min(end, sensor.fails_at_day * _DAY_S)), (again, end)]
    fill = (
        known(sensor.range_km, "radar_range_km"),
        known(sensor.min_elevation_deg, "radar_min_elevation_deg"),
        known(sensor.antenna_height_m, "antenna_height_m"),
        sensor.error_scale,
        known(sensor.track_capacity, "track_capacity"),
    )
    return [
        (sensor.radar, identity_hash(sensor.id + "/radar"), 0, east, north, *fill, up, down)
        for t_up_s, t_down_s in spans
        if t_up_s < t_down_s
        for up, down in spans_s(sensor.radar, t_up_s, t_down_s)
    ]


def _sensor_rows(model: ScenarioModel, origin: Origin) -> list[tuple[str, tuple]]:
    """(id of the battery or sensor, row) of each stretch of time that a radar works at one place."""
    rows = []
    for i_post, battery in enumerate(model.batteries):
        if battery.has_radar:
            rows += [(battery.id, row) for row in _battery_sensors(model, origin, battery, i_post)]
    for sensor in model.sensors:
        rows += [(sensor.id, row) for row in _own_sensors(origin, sensor)]
    return rows


def sensor_owners(model: ScenarioModel, origin: Origin) -> list[str]:
    """Id of the battery or sensor that each row of ``compile_sensors`` belongs to."""
    return [owner for owner, _ in _sensor_rows(model, origin)]


def compile_sensors(model: ScenarioModel, origin: Origin) -> tuple[np.ndarray, list[Radar]]:
    """All radars as SENSOR records, one row for each stretch of time that one works at one place; and their figures."""
    rows = [row for _, row in _sensor_rows(model, origin)]
    sensors = np.zeros(len(rows), SENSOR)
    for record, row in zip(sensors, rows, strict=True):
        _, identity, i_post, east, north, range_km, elevation_deg, antenna_m, scale, capacity, up, down = row
        record["identity"], record["i_post"], record["east_m"], record["north_m"] = identity, i_post, east, north
        record["range_m"], record["min_elevation_rad"] = 1000.0 * range_km, math.radians(elevation_deg)
        record["antenna_height_m"], record["error_scale"], record["track_capacity"] = antenna_m, scale, capacity
        record["t_up_s"], record["t_down_s"] = up, down
    return sensors, [row[0] for row in rows]


def compile_radars(model: ScenarioModel, origin: Origin, grid: TerrainGrid | None) -> np.ndarray:
    """The same radars as RADAR records, row by row, standing on the ground of a terrain grid where there is one."""
    sensors, figures = compile_sensors(model, origin)
    lat, lon = enu_to_geodetic(origin, sensors["east_m"], sensors["north_m"])
    ground = [ground_height_m(grid, float(lat_deg), float(lon_deg)) for lat_deg, lon_deg in zip(lat, lon, strict=True)]
    # Outages have made rows of their own already.
    steady = [one.model_copy(update={"outages": ()}) for one in figures]
    return radars_of_sensors(sensors, steady, origin, ground)

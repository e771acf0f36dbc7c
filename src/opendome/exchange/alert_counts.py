"""Counting alerts by day, minute, area and distance, the same way for recorded and simulated ones."""

from __future__ import annotations

import math
from datetime import date, datetime
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.frames import geodetic_to_enu
from opendome.exchange.alert_csv import ZONE
from opendome.scenario.compile import area_table, origin_of
from opendome.scenario.compile_raid import distance_to_launch_areas_m, launch_polygons
from opendome.scenario.scenario import Scenario

__all__ = ["BANDS_KM", "AlertCounts", "Ground", "band_names", "count_alerts", "ground_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BANDS_KM = (0.0, 7.0, 15.0, 30.0, 50.0, 80.0, math.inf)
"""Bounds of the bands of distance [km]."""


class Ground(NamedTuple):
    """What alerts are counted over: ``ids`` of the n areas, ``distance_km`` (n,), and the days by the record's clock.

    ``days`` the n_days local dates, ``midnight_s`` (n_days,) when they begin, the first mostly before the span; times
    are [s] since the span's beginning and end with ``end_s``.
    """

    ids: tuple[str, ...]
    distance_km: FloatArray
    days: tuple[str, ...]
    midnight_s: FloatArray
    end_s: float


class AlertCounts(NamedTuple):
    """Alerts counted: in all, by day (n_days,), most in one minute of each day (n_days,), by area (n,), by band (k,).

    ``minutes`` is the number of minutes in which an alert begins.
    """

    total: int
    minutes: int
    by_day: IntArray
    peak_by_day: IntArray
    by_area: IntArray
    by_band: IntArray


def band_names() -> list[str]:
    """Names of the bands: ``0-7 km`` and so on."""
    inner = [f"{low:g}-{high:g} km" for low, high in pairwise(BANDS_KM[:-1])]
    return [*inner, f"{BANDS_KM[-2]:g}+ km"]


def ground_of(scenario: Scenario, begins: datetime, from_point: tuple[float, float] | None = None) -> Ground:
    """Areas and days of a scenario whose first moment is ``begins`` in the record.

    Distances are from the boundary of the nearest launch area, or from ``from_point`` (lat_deg, lon_deg).

    Raises
    ------
    CommandError    there is neither a launch area nor a point
    """
    origin, table = origin_of(scenario), area_table(scenario)
    polygons = launch_polygons(scenario.model.threats.raid, origin)
    if from_point is not None:
        east_m, north_m, _ = geodetic_to_enu(origin, *from_point)
        distance_m = np.hypot(table.centre_enu_m[:, 0] - east_m, table.centre_enu_m[:, 1] - north_m)
    elif polygons:
        distance_m = distance_to_launch_areas_m(table.centre_enu_m, polygons)
    else:
        raise CommandError("the scenario has no launch area to measure distances from; write --from-point LAT,LON")
    end_s = 86_400.0 * scenario.model.duration_day
    zone = ZoneInfo(ZONE)
    first = begins.astimezone(zone).date()
    dates, moments = [], []
    for number in range(first.toordinal(), first.toordinal() + 2 + math.ceil(scenario.model.duration_day)):
        day = date.fromordinal(number)
        moment_s = (datetime(day.year, day.month, day.day, tzinfo=zone) - begins).total_seconds()
        if moment_s < end_s:
            dates.append(day.isoformat())
            moments.append(moment_s)
    return Ground(table.ids, np.asarray(distance_m) / 1000.0, tuple(dates), np.array(moments), end_s)


def count_alerts(ground: Ground, t_s: FloatArray, i_area: IntArray) -> AlertCounts:
    """Count merged alerts (n,): ``t_s`` since the span's beginning, ``i_area`` rows of the ground's areas."""
    inside = (t_s >= 0.0) & (t_s < ground.end_s)
    t_s, i_area = np.asarray(t_s, float)[inside], np.asarray(i_area, np.int64)[inside]
    n_days = len(ground.days)
    day = np.searchsorted(ground.midnight_s, t_s, side="right") - 1
    minute = np.floor((t_s - ground.midnight_s[day]) / 60.0).astype(np.int64)
    key, count = np.unique(day * 10_000 + minute, return_counts=True)
    peak = np.zeros(n_days, np.int64)
    np.maximum.at(peak, key // 10_000, count)
    by_area = np.bincount(i_area, minlength=len(ground.ids))
    band = np.searchsorted(BANDS_KM, ground.distance_km, side="right") - 1
    by_band = np.bincount(band, by_area, minlength=len(BANDS_KM) - 1).astype(np.int64)
    return AlertCounts(len(t_s), len(key), np.bincount(day, minlength=n_days), peak, by_area, by_band)

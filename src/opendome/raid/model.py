"""The compiled raid: what ``generate`` draws from, as plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from opendome.base.geometry import Triangles
from opendome.flight.tables import FlightTables

__all__ = ["RECORDED_ALERT", "RECORDED_CLUSTER", "SALVO", "RaidModel", "RecordedRaid", "no_record"]

# A salvo written out in the scenario.
SALVO = np.dtype(
    [
        ("t_s", np.float64),
        ("from_east_m", np.float64),
        ("from_north_m", np.float64),
        ("at_east_m", np.float64),
        ("at_north_m", np.float64),
        ("way_east_m", np.float64),
        ("way_north_m", np.float64),
        ("has_way", np.int8),
        ("i_class", np.int16),
        ("count", np.int32),
        ("spacing_s", np.float64),
    ],
    align=True,
)


# One alert of a record: when the launch behind it is thought to have been, and the area that was alerted.
RECORDED_ALERT = np.dtype([("t_s", np.float64), ("i_area", np.int32)], align=True)

# Alerts close together in time, rows ``first`` to ``end`` of the alerts, all of one day; ``mean`` launches stand for
# them, ``mean_before`` for all clusters before.
RECORDED_CLUSTER = np.dtype(
    [
        ("first", np.int64),
        ("end", np.int64),
        ("day", np.int32),
        ("mean", np.float64),
        ("mean_before", np.float64),
    ],
    align=True,
)


class RecordedRaid(NamedTuple):
    """What a record of alerts says of the raid: ``clusters`` (k,) of RECORDED_CLUSTER, none for a raid that is drawn.

    ``alerts`` (n,) of RECORDED_ALERT in order of time; ``fallback`` (n_area, 3) class, launch east and north [m] for an
    area where 64 draws found no launch that reaches it.
    """

    clusters: np.ndarray
    alerts: np.ndarray
    fallback: np.ndarray


def no_record() -> RecordedRaid:
    """No record: the raid is drawn by its laws."""
    return RecordedRaid(np.zeros(0, RECORDED_CLUSTER), np.zeros(0, RECORDED_ALERT), np.zeros((0, 3)))


class RaidModel(NamedTuple):
    """Everything the raid room needs, for ``n_launch`` launch areas, ``n_class`` classes and ``n_area`` defended areas.

    ``day_mean`` (n_days,) launches expected each day; ``day_span_s`` (n_days,) how much of each day belongs to the
    scenario; ``hour_cum`` (24,) cumulative share of bursts by hour of the scenario's clock;
    ``launch_cum`` (n_launch,), ``class_cum`` (n_launch, n_class) and ``aim_cum`` (n_launch, n_class, n_area)
    cumulative shares;
    ``fallback`` (n_launch, n_class, 3) launch east, north [m] and area used when 64 draws found no aim in reach;
    ``launch_vertices_m`` and ``launch_start`` the launch polygons; ``triangles`` their triangles, ``triangle_start``
    (n_launch + 1,).
    ``recorded`` is what times and aims the bursts in the place of the laws where a record of alerts is played.
    ``area_lookup`` and ``land_lookup`` answer exactly which area, and whether land, holds a point.
    """

    day_mean: np.ndarray
    day_span_s: np.ndarray
    variance_over_mean: float
    burst_size_mean: float
    spacing_s: float
    hour_cum: np.ndarray
    hour_start: float
    launch_cum: np.ndarray
    class_cum: np.ndarray
    aim_cum: np.ndarray
    fallback: np.ndarray
    launch_vertices_m: np.ndarray
    launch_start: np.ndarray
    triangles: Triangles
    triangle_start: np.ndarray
    spread_scale: float
    spread_m: float
    p_fail: float
    fail_gamma: float
    p_misfire: float
    salvos: np.ndarray
    recorded: RecordedRaid
    classes: np.ndarray
    areas: np.ndarray
    tables: FlightTables
    area_lookup: tuple
    land_lookup: tuple

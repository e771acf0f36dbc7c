"""Compile a record of alerts to what the raid plays: which areas were alerted when, in clusters of time.

Areas of the record are found again by place: the defended area that holds the recorded area's point, else the nearest
centre within 2 km. Alerts of areas that are not defended here, or that nothing launched here can reach, are left out.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import Problem, ScenarioError
from opendome.base.frames import Origin, geodetic_to_enu
from opendome.places.exposure import AreaLookup, areas_at
from opendome.raid.generate import BURSTS_PER_DAY_LIMIT
from opendome.raid.model import RECORDED_ALERT, RECORDED_CLUSTER, RecordedRaid
from opendome.raid.parameters import Recorded, record_path

from .compile_places import CompiledPlaces

__all__ = ["areas_at_points", "compile_recorded"]

_log = logging.getLogger(__name__)
_KEY = "threats.raid.recorded"
_COLUMNS = ("t_unix_s", "t_last_unix_s", "lat_deg", "lon_deg")
_NEAR_M = 2_000.0
_DAY_S = 86_400.0

FloatArray = NDArray[np.float64]


def _read(path: Path) -> tuple[FloatArray, ...]:
    """First and last moment [s since 1970], latitude and longitude [deg] of the merged alerts that have a position.

    Each (n,).
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    cure = (
        "make it: opendome import-alerts CSV --out FOLDER, and name that folder beside the scenario, or its whole path"
    )
    try:
        table = pq.read_table(path, columns=list(_COLUMNS), partitioning=None)
    except FileNotFoundError:
        raise ScenarioError([Problem(f"there is no file {path}", key=f"{_KEY}.alerts", cure=cure)]) from None
    except (OSError, pa.ArrowException) as error:
        what = f"{path} is no table of merged alerts: {str(error).splitlines()[0]}"
        raise ScenarioError([Problem(what, key=f"{_KEY}.alerts", cure=cure)]) from None
    if set(table.column_names) != set(_COLUMNS):
        what = f"{path} has no columns {', '.join(_COLUMNS)}"
        raise ScenarioError([Problem(what, key=f"{_KEY}.alerts", cure=cure)])
    columns = [np.asarray(table.column(name).to_numpy(), float) for name in _COLUMNS]
    is_placed = np.isfinite(columns[2]) & np.isfinite(columns[3])
    return tuple(column[is_placed] for column in columns)


def areas_at_points(
    lookup: AreaLookup, centre_m: FloatArray, origin: Origin, lat_deg: FloatArray, lon_deg: FloatArray
) -> NDArray[np.int64]:
    """Row of the defended area at each recorded position, (n,); -1 where none is. ``centre_m`` (n_area, 2) [m]."""
    points, which = np.unique(np.stack([lat_deg, lon_deg], axis=1), axis=0, return_inverse=True)
    east_m, north_m, _ = geodetic_to_enu(origin, points[:, 0], points[:, 1])
    found = areas_at(lookup, east_m, north_m).astype(np.int64)
    for i in np.flatnonzero(found < 0):
        distance_m = np.hypot(centre_m[:, 0] - east_m[i], centre_m[:, 1] - north_m[i])
        if distance_m.min() <= _NEAR_M:
            found[i] = np.argmin(distance_m)
    return found[which.ravel()]


def _fallback(
    areas: np.ndarray, classes: np.ndarray, points: Sequence[np.ndarray], class_share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Class, launch east and north of the likeliest launch at each area, (n, 3), and whether there is one, (n,).

    ``points`` (k, 2) [m] of each launch area; ``class_share`` (n_launch, n_class).
    """
    best, chosen = np.zeros(len(areas)), np.zeros((len(areas), 3))
    for launch, share in zip(points, class_share, strict=True):
        range_m = np.hypot(launch[:, None, 0] - areas["east_m"], launch[:, None, 1] - areas["north_m"])
        for c, kind in enumerate(classes):
            can = (range_m >= kind["range_min_m"]) & (range_m <= kind["range_max_m"])
            weight = share[c] * can.mean(axis=0)
            better = weight > best
            nearest = launch[np.argmax(can, axis=0)]
            chosen[better] = np.column_stack([np.full(len(areas), c), nearest])[better]
            best = np.maximum(best, weight)
    return chosen, best > 0.0


def compile_recorded(
    recorded: Recorded,
    places: CompiledPlaces,
    classes: np.ndarray,
    points: Sequence[np.ndarray],
    class_share: np.ndarray,
    origin: Origin,
    folder: str,
    start_utc: datetime,
    duration_day: float,
) -> tuple[RecordedRaid, np.ndarray]:
    """What the raid plays of a record, and the launches it stands for on each day, (n_days,).

    Parameters
    ----------
    classes (n_class,) of CLASS; points (k, 2) [m] spread over each launch area; class_share (n_launch, n_class)

    Raises
    ------
    ScenarioError    there is no such record, the span holds no alert, or none in reach
    """
    path = record_path(recorded.alerts, Path(folder))
    t_unix_s, t_last_s, lat_deg, lon_deg = _read(path)
    begins = recorded.from_ or start_utc
    ends = recorded.until or begins + timedelta(days=duration_day)
    inside = (t_unix_s >= begins.timestamp()) & (t_unix_s < ends.timestamp())
    if not inside.any():
        told = _span_told(t_unix_s)
        what = f"{path.name} holds no alert from {begins.isoformat()} until {ends.isoformat()}"
        raise ScenarioError([Problem(what, key=f"{_KEY}.from", cure=f"the record reaches {told}")])
    centre_m = np.stack([places.areas["east_m"], places.areas["north_m"]], axis=1)
    i_area = areas_at_points(places.area_lookup, centre_m, origin, lat_deg[inside], lon_deg[inside])
    chosen, can = _fallback(places.areas, classes, points, class_share)
    kept = (i_area >= 0) & can[np.maximum(i_area, 0)]
    t_s = t_unix_s[inside] - begins.timestamp() - recorded.delay_s
    kept &= t_s < _DAY_S * duration_day
    if not kept.any():
        what = f"of {inside.sum():,} recorded alerts, {(i_area >= 0).sum():,} are in defended areas and none in reach"
        cure = "look at `places`, `launch_areas` and `classes`"
        raise ScenarioError([Problem(what, key=f"{_KEY}.alerts", cure=cure)])
    _log.info("%s: %d of %d alerts in the span are played", path, kept.sum(), inside.sum())
    order = np.argsort(t_s[kept], kind="stable")
    alerts = np.zeros(len(order), RECORDED_ALERT)
    alerts["t_s"], alerts["i_area"] = np.maximum(t_s[kept][order], 0.0), i_area[kept][order]
    each = recorded.launched_per_area_alert if recorded.launched is None else recorded.launched / len(alerts)
    goes_on_s = (t_last_s - t_unix_s)[inside][kept][order]
    clusters = _clusters(alerts["t_s"], goes_on_s, recorded.cluster_gap_s, each)
    day_mean = np.bincount(clusters["day"], clusters["mean"], minlength=math.ceil(duration_day - 1e-9))
    if day_mean.max() + 1.0 > BURSTS_PER_DAY_LIMIT:
        what = (
            f"{day_mean.max():,.0f} launches on one day are more than the {BURSTS_PER_DAY_LIMIT:,} that can be played"
        )
        raise ScenarioError([Problem(what, key=_KEY, cure="lower `launched` or `launched_per_area_alert`")])
    return RecordedRaid(clusters, alerts, chosen), day_mean


def _clusters(t_s: FloatArray, goes_on_s: FloatArray, gap_s: float, each: float) -> np.ndarray:
    """Clusters of alerts (n,) in order of time [s], parted by gaps and by midnight; ``each`` launches an alert.

    An alert goes on with its repeats, which were merged with it, for ``goes_on_s`` (n,) [s].
    """
    day = np.floor(t_s / _DAY_S).astype(np.int64)
    silent_s = t_s[1:] - np.maximum.accumulate(t_s + goes_on_s)[:-1]
    begins = np.flatnonzero(np.concatenate([[True], (silent_s > gap_s) | (np.diff(day) > 0)]))
    clusters = np.zeros(len(begins), RECORDED_CLUSTER)
    clusters["first"], clusters["end"] = begins, np.append(begins[1:], len(t_s))
    clusters["day"] = day[begins]
    clusters["mean"] = each * (clusters["end"] - clusters["first"])
    clusters["mean_before"] = each * clusters["first"]
    return clusters


def _span_told(t_unix_s: FloatArray) -> str:
    if not len(t_unix_s):
        return "nowhere: it is empty"
    first, last = (datetime.fromtimestamp(float(t), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                   for t in (t_unix_s.min(), t_unix_s.max()))  # fmt: skip
    return f"from {first} to {last}"

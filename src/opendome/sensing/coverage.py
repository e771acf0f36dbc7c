"""Where radars see: the lowest height at which a target is detected, and when a threat is first detected.

Both use the same sight, signal and detection probability as the plots do, without drawing anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opendome.base.errors import CommandError
from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.polar import to_polar
from opendome.flight.tables import FlightTable, FlightTables, class_point, class_tof_s, stack_tables
from opendome.sensing.detection import mean_probability, required_snr_db
from opendome.sensing.plots import SensingModel
from opendome.sensing.radar import height_up_m, is_in_view, is_up, is_visible, signal_db

__all__ = ["FirstDetection", "ThreatPath", "detection_range_m", "first_detection", "lowest_seen_m"]

FloatArray = NDArray[np.float64]

_HIGHEST_M = 30_000.0
_LOWEST_M = 1.0
_LADDER_STEPS = 48
_BISECTIONS = 14
_MOST_LOOKS = 100_000
_NO_TABLE = FlightTable(np.array([1.0, 2.0]), np.ones(2), np.zeros((2, 4)), np.zeros((2, 4)), np.zeros(2), np.zeros(2))


class FirstDetection(NamedTuple):
    """When threats are first detected; each (n_launches, n_aims).

    ``t_s`` time since launch at which the chance of at least one detection reaches the wanted one, infinity if it never
    does; ``tof_s`` time of flight; ``range_m`` distance from launch to aim; ``to_go_m`` ground distance left to the aim
    at the first detection, 0 if there is none.
    """

    t_s: FloatArray
    tof_s: FloatArray
    range_m: FloatArray
    to_go_m: FloatArray


@dataclass(frozen=True)
class ThreatPath:
    """What flies: ``rcs_m2`` mean radar cross-section, and either ``table`` for a ballistic class, or speed and height
    of one that cruises straight at its aim.
    """

    rcs_m2: float
    table: FlightTable | None = None
    speed_mps: float = 0.0
    height_m: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.rcs_m2 < math.inf:
            raise CommandError(f"rcs_m2 is {self.rcs_m2!r}; write square metres above 0")
        if self.table is None and not (0.0 < self.speed_mps < 3000.0 and 0.0 <= self.height_m <= _HIGHEST_M):
            raise CommandError(
                f"speed {self.speed_mps!r} m/s at height {self.height_m!r} m; a cruising threat needs a speed above 0, "
                f"below 3000 m/s, and a height from 0 to {_HIGHEST_M:g} m"
            )


def _check_probability(p_at_least: float, radars: np.ndarray) -> None:
    alarm = float(radars["p_false_alarm"].max()) if len(radars) else 0.0
    if not alarm < p_at_least < 1.0:
        raise CommandError(f"p_at_least is {p_at_least!r}; write a probability above {alarm:g} and below 1")


def detection_range_m(radars: np.ndarray, rcs_m2: float, p_at_least: float = 0.9) -> FloatArray:
    """Range [m] out to which one look detects a target with a probability, not counting view: (n_radars,).

    Parameters
    ----------
    radars : (n_radars,) RADAR
    rcs_m2 : float              mean radar cross-section [m2]
    p_at_least : float          probability of detection of one look
    """
    _check_probability(p_at_least, radars)
    if not 0.0 < rcs_m2 < math.inf:
        raise CommandError(f"rcs_m2 is {rcs_m2!r}; write square metres above 0")
    found = np.zeros(len(radars))
    for i, radar in enumerate(radars):
        kind = int(radar["swerling"]), float(radar["p_false_alarm"]), int(radar["n_pulses"])
        spare_db = float(radar["snr_1m2_100km_db"]) - float(required_snr_db(p_at_least, *kind))
        found[i] = 100_000.0 * (rcs_m2 * 10.0 ** (0.1 * spare_db)) ** 0.25
    return found


@inlined_kernel
def _is_detected(model, i_radar, reach_m, east_m, north_m, height_m):
    """Whether a point is in view of a radar and near enough."""
    radar = model.radars[i_radar]
    up_m = height_up_m(east_m, north_m, height_m)
    d_east, d_north, d_up = east_m - radar.east_m, north_m - radar.north_m, up_m - radar.up_m
    if d_east * d_east + d_north * d_north + d_up * d_up > reach_m * reach_m:
        return False
    return is_visible(radar, i_radar, model.terrain, east_m, north_m, up_m)


@kernel
def fill_lowest(model, reach_m, east_m, north_m, highest_m, lowest_m):
    """Fill ``lowest_m`` (n_radars, n): climb a ladder of heights to the first that is seen, then halve the step."""
    factor = (highest_m / _LOWEST_M) ** (1.0 / _LADDER_STEPS)
    for i in range(len(model.radars)):
        for j in range(len(east_m)):
            lowest_m[i, j] = math.inf
            below_m, height_m = 0.0, _LOWEST_M
            for _ in range(_LADDER_STEPS + 1):
                if _is_detected(model, i, reach_m[i], east_m[j], north_m[j], height_m):
                    for _ in range(_BISECTIONS):
                        middle_m = 0.5 * (below_m + height_m)
                        if _is_detected(model, i, reach_m[i], east_m[j], north_m[j], middle_m):
                            height_m = middle_m
                        else:
                            below_m = middle_m
                    lowest_m[i, j] = height_m
                    break
                below_m = height_m
                height_m *= factor


def lowest_seen_m(
    model: SensingModel,
    east_m: ArrayLike,
    north_m: ArrayLike,
    rcs_m2: float,
    p_at_least: float = 0.9,
    highest_m: float = _HIGHEST_M,
) -> FloatArray:
    """Lowest height at which each radar detects a target over each point with a probability in one look.

    Parameters
    ----------
    model : SensingModel            radars, their detection table and terrain mask; times are not looked at
    east_m, north_m : (n,)          points in the scenario's frame [m]
    rcs_m2 : float                  mean radar cross-section [m2]
    p_at_least : float              probability of detection of one look
    highest_m : float               heights are looked at up to here

    Returns
    -------
    (n_radars, n)    height above the ellipsoid [m], infinity where the radar sees nothing; the minimum over radars is
                     the joint cover

    Valid for: to 1 m or 0.1 % where what is seen begins at one height; a gap in height thinner than a fifth of the
    height may be missed.
    """
    if not 10.0 <= highest_m <= 1_000_000.0:
        raise CommandError(f"highest_m is {highest_m!r}; write metres from 10 to 1,000,000")
    east, north = (np.ascontiguousarray(np.atleast_1d(values), float) for values in (east_m, north_m))
    reach_m = detection_range_m(model.radars, rcs_m2, p_at_least)
    lowest_m = np.full((len(model.radars), len(east)), math.inf)
    fill_lowest(model, reach_m, east, north, float(highest_m), lowest_m)
    return lowest_m


@inlined_kernel
def _place_at(tables, is_cruise, speed_mps, height_m, range_m, tof_s, t_s):
    """Share of the distance covered and height [m] after a time of flight."""
    if is_cruise:
        return min(t_s * speed_mps / range_m, 1.0), height_m
    return class_point(tables, 0, range_m, t_s / tof_s)


@kernel
def fill_first(model, tables, is_cruise, speed_mps, height_m, rcs_m2, p_at_least, t_launch_s, launch, aims, out):
    """Fill ``out`` (4, n_launches, n_aims): time, time of flight, range, distance to go, see FirstDetection."""
    step_s = math.inf
    for i in range(len(model.radars)):
        step_s = min(step_s, model.radars[i].revisit_s)
    for k in range(launch.shape[0]):
        for j in range(aims.shape[0]):
            east_m, north_m = aims[j, 0] - launch[k, 0], aims[j, 1] - launch[k, 1]
            range_m = max(math.sqrt(east_m * east_m + north_m * north_m), 1.0)
            tof_s = range_m / speed_mps if is_cruise else class_tof_s(tables, 0, range_m)
            out[0, k, j], out[1, k, j], out[2, k, j], out[3, k, j] = math.inf, tof_s, range_m, 0.0
            p_missed, n_looks = 1.0, int(min(tof_s / step_s, _MOST_LOOKS))
            for look in range(n_looks):
                t_s = (look + 0.5) * step_s
                share, h_m = _place_at(tables, is_cruise, speed_mps, height_m, range_m, tof_s, t_s)
                east, north = launch[k, 0] + share * east_m, launch[k, 1] + share * north_m
                up_m = height_up_m(east, north, h_m)
                for i in range(len(model.radars)):
                    radar = model.radars[i]
                    if not is_up(radar, t_launch_s + t_s):
                        continue
                    # A slower radar looks in the step in which its own count of looks rises.
                    steps = step_s / radar.revisit_s
                    if math.floor((look + 1) * steps - 0.5) == math.floor(look * steps - 0.5):
                        continue
                    distance_m, azimuth_rad, elevation_rad, _ = to_polar(radar, east, north, up_m, 0.0, 0.0, 0.0)
                    if is_in_view(radar, i, model.terrain, distance_m, azimuth_rad, elevation_rad):
                        p_missed *= 1.0 - mean_probability(model.detection, i, signal_db(radar, distance_m, rcs_m2))
                if 1.0 - p_missed >= p_at_least:
                    out[0, k, j], out[3, k, j] = t_s, (1.0 - share) * range_m
                    break


def first_detection(
    model: SensingModel,
    path: ThreatPath,
    launch_m: ArrayLike,
    aim_m: ArrayLike,
    p_at_least: float = 0.9,
    t_launch_s: float = 0.0,
) -> FirstDetection:
    """When a threat from each launch point to each aim point is first detected by any radar.

    Parameters
    ----------
    model : SensingModel           radars, their detection table and terrain mask
    path : ThreatPath              how it flies and how well it is seen
    launch_m, aim_m : (k, 2), (n, 2)    east and north [m]
    p_at_least : float             wanted chance of at least one detection up to that time, looks independent
    t_launch_s : float             time of launch, for what radars are up [s]

    Returns
    -------
    FirstDetection                 arrays (k, n)

    Looks fall half a revisit time after launch and then at the revisit time; those of a slower radar at its own.
    """
    _check_probability(p_at_least, model.radars)
    launch, aims = (np.ascontiguousarray(np.atleast_2d(points), float) for points in (launch_m, aim_m))
    if launch.shape[1:] != (2,) or aims.shape[1:] != (2,):
        raise CommandError(f"launch_m and aim_m have shapes {launch.shape} and {aims.shape}; write (k, 2) and (n, 2)")
    tables: FlightTables = stack_tables([_NO_TABLE if path.table is None else path.table])
    out = np.zeros((4, len(launch), len(aims)))
    fill_first(
        model,
        tables,
        path.table is None,
        float(path.speed_mps),
        float(path.height_m),
        float(path.rcs_m2),
        float(p_at_least),
        float(t_launch_s),
        launch,
        aims,
        out,
    )
    return FirstDetection(*out)

"""Layers of the map: where radars see a threat class at a height, and how soon they first detect one in flight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from opendome.base.errors import CommandError
from opendome.cli.map_contours import outlines
from opendome.cli.map_leaks import AreaLeaks

if TYPE_CHECKING:
    from opendome.scenario.scenario import Scenario
    from opendome.sensing.coverage import ThreatPath
    from opendome.sensing.plots import SensingModel

__all__ = ["AreaDetection", "Cover", "Detection", "Layers", "cover_layer", "detection_layer"]

Ring = Sequence[tuple[float, float]]
"""Outline as (east_m, north_m) points."""

_COLUMNS = 220
_HEIGHTS_M = (1.0, 30_000.0)
_SMALLEST_STEPS = 3.0  # of the grid: smaller spots, such as the blind place about a radar, are not drawn
_POINTS_PER_LAUNCH_AREA = 24
_MOST_BINS = 5
_LEAST_BIN = 5.0


@dataclass(frozen=True)
class Cover:
    """Ground above which a target of a class is seen at a height: outlines by even-odd rule.

    ``half`` and ``most`` are seen in one look with a chance of at least 0.5 and 0.9 by any radar, ``twice`` with 0.9 by
    two or more.
    """

    height_m: float
    target: str
    rcs_m2: float
    half: list[Ring]
    most: list[Ring]
    twice: list[Ring]


@dataclass(frozen=True)
class AreaDetection:
    """First detection of a class launched at one area, median over launch points: since launch and before impact [s].

    ``time_frac`` is the share of the flight, ``to_go_m`` the ground distance left, ``range_m`` the distance flown
    altogether; ``unseen_frac`` the share of launch points from which it is never detected.
    """

    t_s: float
    left_s: float
    time_frac: float
    to_go_m: float
    range_m: float
    unseen_frac: float


@dataclass(frozen=True)
class Detection:
    """First detections of a class by area; None where it cannot reach. ``breaks`` between the shades.

    Shaded is the time left before impact [s] of a ballistic class, the distance left [km] of a cruising one.
    """

    target: str
    is_cruise: bool
    areas: list[AreaDetection | None]
    breaks: list[float]

    def shown(self, area: AreaDetection) -> float:
        """What the shade stands for."""
        return area.to_go_m / 1000.0 if self.is_cruise else area.left_s

    def shade(self, area: AreaDetection) -> int:
        """Number of the shade: 0 for the least time or distance left, -1 for an area that is not warned."""
        if area.unseen_frac > 0.5:
            return -1
        return sum(self.shown(area) >= limit for limit in self.breaks)


@dataclass(frozen=True)
class Layers:
    """What is drawn beside the plain map."""

    cover: Cover | None = None
    detection: Detection | None = None
    leaks: AreaLeaks | None = None

    @property
    def is_plain(self) -> bool:
        """Whether there is no layer at all."""
        return self.cover is None and self.detection is None


def _sensing_model(scenario: Scenario) -> SensingModel:
    """The scenario's radars, each at its last place, up at all times."""
    from opendome.scenario.compile import origin_of
    from opendome.scenario.compile_sensors import compile_radars
    from opendome.sensing.detection import detection_table
    from opendome.sensing.plots import SensingModel
    from opendome.sensing.terrain import mask_of, read_terrain

    origin, terrain, grid = origin_of(scenario), scenario.model.places.terrain, None
    if terrain is not None:
        grid = read_terrain(Path(scenario.file).parent / terrain)
    radars = compile_radars(scenario.model, origin, grid)
    last = {int(radar["identity"]): i for i, radar in enumerate(radars)}
    radars = radars[sorted(last.values())]
    if len(radars) == 0:
        raise CommandError(f"`{scenario.name}` has no radar, so there is no cover to draw; write `has_radar: true`")
    radars["t_up_s"], radars["t_down_s"] = -math.inf, math.inf
    return SensingModel(radars, detection_table(radars), mask_of(radars, grid, origin), 0)


def cover_layer(scenario: Scenario, box: tuple[float, float, float, float], height_m: float, target: str) -> Cover:
    """Where the scenario's radars see a threat class at a height.

    Parameters
    ----------
    scenario : Scenario
    box : west, south, east, north     what is drawn [m]
    height_m : float                   height above ground [m], 1 to 30,000
    target : str                       threat class, for its radar cross-section

    Raises
    ------
    CommandError    another height, an unknown class, no radar, or a terrain file that cannot be read
    """
    from opendome.scenario.compile_raid import class_figure
    from opendome.sensing.coverage import lowest_seen_m

    if not _HEIGHTS_M[0] <= height_m <= _HEIGHTS_M[1]:
        raise CommandError(f"--height-m is {height_m:g}; write metres from 1 to 30000")
    rcs_m2 = float(class_figure(scenario.model.threats, target, "radar_cross_section_m2"))
    model = _sensing_model(scenario)
    west, south, east, north = box
    step_m = (east - west) / (_COLUMNS - 1)
    x_m = west + step_m * np.arange(-1, _COLUMNS + 1, dtype=np.float64)
    y_m = south + step_m * np.arange(-1, math.ceil((north - south) / step_m) + 2, dtype=np.float64)
    across, up = np.meshgrid(x_m, y_m)
    found = {}
    for p_at_least in (0.5, 0.9):
        lowest_m = lowest_seen_m(model, across.ravel(), up.ravel(), rcs_m2, p_at_least)
        ordered = np.log10(np.sort(np.vstack([lowest_m, np.full(across.size, np.inf)]), axis=0)[:2])
        found[p_at_least] = np.minimum(ordered, 5.0).reshape(2, *across.shape)
    level = math.log10(height_m)

    def region(field: np.ndarray) -> list[Ring]:
        rings = outlines(field, level, x_m, y_m)
        return [ring for ring in rings if np.ptp(np.array(ring), axis=0).max() > _SMALLEST_STEPS * step_m]

    return Cover(height_m, target, rcs_m2, region(found[0.5][0]), region(found[0.9][0]), region(found[0.9][1]))


def _launch_points_m(scenario: Scenario) -> np.ndarray:
    """Points from which the scenario launches, (n, 2) [m]: spread over its launch areas, or those of its salvos."""
    from opendome.base.geometry import point_in_triangles
    from opendome.scenario.compile import origin_of
    from opendome.scenario.compile_raid import launch_polygons
    from opendome.scenario.compile_sites import local_point

    threats, origin = scenario.model.threats, origin_of(scenario)
    golden, silver, bronze = 0.8191725133961645, 0.6710436067037893, 0.5497004779019703
    points = [
        point_in_triangles(polygon.triangles, (k * golden) % 1.0, (k * silver) % 1.0, (k * bronze) % 1.0)
        for polygon in launch_polygons(threats.raid, origin)
        for k in range(1, _POINTS_PER_LAUNCH_AREA + 1)
    ]
    points += [local_point(origin, salvo.from_) for salvo in threats.given]
    if not points:
        raise CommandError(f"`{scenario.name}` launches nothing, so there is no first detection to draw")
    return np.array(points, float)


def _path_of(scenario: Scenario, target: str) -> tuple[ThreatPath, tuple[float, float]]:
    """How a class flies, and its least and greatest range [m]."""
    from opendome.flight.tables import class_table
    from opendome.scenario.compile_raid import class_figure
    from opendome.sensing.coverage import ThreatPath

    def of(key: str) -> float:
        return float(class_figure(scenario.model.threats, target, key))

    is_cruise = class_figure(scenario.model.threats, target, "kind") == "cruise"
    ranges_m = 1000.0 * of("range_min_km"), 1000.0 * of("range_max_km")
    if is_cruise:
        return ThreatPath(of("radar_cross_section_m2"), None, of("speed_mps"), of("height_m")), ranges_m
    table = class_table(*ranges_m, of("ballistic_coefficient_kgpm2"), math.radians(of("elevation_deg")), 48, 65)
    return ThreatPath(of("radar_cross_section_m2"), table), ranges_m


def detection_layer(scenario: Scenario, target: str) -> Detection:
    """How soon a class launched at each area is detected, with a chance of 0.9 from launch on.

    Raises
    ------
    CommandError    an unknown class, nothing launched, no radar, or no area in the class's range
    """
    from opendome.scenario.compile import area_table
    from opendome.sensing.coverage import first_detection

    path, (least_m, most_m) = _path_of(scenario, target)
    table = area_table(scenario)
    centres_m = np.asarray(table.centre_enu_m, float)
    found = first_detection(_sensing_model(scenario), path, _launch_points_m(scenario), centres_m)
    areas: list[AreaDetection | None] = []
    for j in range(len(centres_m)):
        reaches = (found.range_m[:, j] >= least_m) & (found.range_m[:, j] <= most_m)
        if not reaches.any():
            areas.append(None)
            continue
        t_s, tof_s = found.t_s[reaches, j], found.tof_s[reaches, j]
        unseen = np.isinf(t_s)
        t_s = np.where(unseen, tof_s, t_s)
        areas.append(
            AreaDetection(
                t_s=float(np.median(t_s)),
                left_s=float(np.median(tof_s - t_s)),
                time_frac=float(np.median(t_s / tof_s)),
                to_go_m=float(np.median(found.to_go_m[reaches, j])),
                range_m=float(np.median(found.range_m[reaches, j])),
                unseen_frac=float(unseen.mean()),
            )
        )
    reached = [area for area in areas if area is not None]
    if not reached:
        raise CommandError(
            f"no area lies in the range of `{target}` ({least_m / 1000:g} to {most_m / 1000:g} km) from where "
            f"`{scenario.name}` launches; choose another class"
        )
    plain = Detection(target, path.table is None, areas, [])
    return Detection(target, plain.is_cruise, areas, _breaks([plain.shown(area) for area in reached]))


def _breaks(values: list[float]) -> list[float]:
    """At most four round numbers that part the values."""
    low, high = min(values), max(values)
    steps = [k * 10.0**power for power in range(5) for k in (1.0, 2.0, 5.0)]
    step = next(one for one in steps if one >= _LEAST_BIN and (high - low) / one <= _MOST_BINS - 1)
    return [k * step for k in range(math.floor(low / step) + 1, math.ceil(high / step))]

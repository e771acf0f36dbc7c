"""Warning time by distance: flight time less declared delays, beside the official times to shelter."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from opendome.places.alert_areas import load_alert_areas, within
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import example
from opendome.scenario.world import TrackedWorld, World
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.cases.warning_geometry import best_cut_km, outline_distance_km

__all__ = ["class_of", "cut_km", "run", "shortest_time_s"]

_OF, _SOUTH_KM, _SOUTH_OF_DEG = (31.45, 34.42), 200.0, 32.4
"""The south of the list: farther north other launch areas set the times."""
_SHORTEST_KM = 3.0
"""Nearer than the shortest range of any class the flight of that range stands in."""
_SEARCHED_KM = (1.0, 120.0)
_GRID_KM = 0.01
_DELAYS_TRIED_S = (12, 15, 20, 25, 32)
"""Sums of delays over the range of the declared chain, for which a cut is told."""
Flight = Callable[[np.ndarray], np.ndarray]
"""Ranges (n,) [km] to flight times (n,) [s]."""


class _Table(NamedTuple):
    """Official table: distance (n,) [km] and time to shelter (n,) [s] of the areas in its south."""

    distance_km: np.ndarray
    official_s: np.ndarray


def shortest_time_s(world: World | TrackedWorld) -> Flight:
    """Flight time by range: of the classes whose range band holds it, the shortest; beyond all bands NaN."""
    flat = world.world if isinstance(world, TrackedWorld) else world
    tables, classes = flat.raid.tables, flat.classes

    def time_s(range_km: np.ndarray) -> np.ndarray:
        range_m = 1e3 * np.atleast_1d(np.asarray(range_km, float))
        found = np.full(range_m.shape, np.nan)
        for i, kind in enumerate(classes):
            reaches = (range_m >= kind["range_min_m"]) & (range_m <= kind["range_max_m"])
            times_s = np.interp(range_m, tables.range_m[i], tables.tof_s[i])
            found = np.where(reaches, np.fmin(found, times_s), found)
        return found

    return time_s


def class_of(left_s: np.ndarray, classes_s: list[float]) -> np.ndarray:
    """The longest class that the time left reaches; the shortest class is the least that is promised, (n,)."""
    rows = np.searchsorted(np.asarray(classes_s, float), left_s, side="right") - 1
    return np.asarray(classes_s, float)[np.maximum(rows, 0)]


def cut_km(time_s: Flight, needed_s: float) -> float:
    """Least distance from which on the flight takes at least as long as ``needed_s``, to 10 m [km]."""
    range_km = np.arange(_SEARCHED_KM[0], _SEARCHED_KM[1], _GRID_KM)
    is_short = time_s(range_km) < needed_s
    return float(range_km[np.flatnonzero(is_short)[-1]] + _GRID_KM) if is_short.any() else _SEARCHED_KM[0]


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Set flight times less delays beside the official times."""
    settings = declared.settings
    scenario = example(settings["scenario"])
    areas = within(load_alert_areas(), *_OF, _SOUTH_KM)
    areas = areas.select(areas.lat_deg < _SOUTH_OF_DEG)
    official = _Table(outline_distance_km(scenario, areas), areas.time_to_shelter_s.astype(float))
    own = shortest_time_s(compile_world(scenario))
    root = float(settings["law_s_per_root_km"])
    return [
        *_official(official, settings["classes_s"]),
        *_judged("law", lambda range_km: root * np.sqrt(range_km), official, settings),
        *_judged("own", own, official, settings),
        *_told(own, official, settings),
        *_by_distance(own, official, settings),
    ]


def _exact(target: str, value: float, n: int = 0) -> Finding:
    return Finding(target, value, value, value, n, "exact")


def _names(classes_s: list[float]) -> list[str]:
    return [f"{a}-{b}" for a, b in itertools.pairwise(classes_s)]


def _official(table: _Table, classes_s: list[float]) -> list[Finding]:
    """Where each class gives way to the next in the official table."""
    found = []
    for nearer, farther, name in zip(classes_s[:-1], classes_s[1:], _names(classes_s), strict=True):
        is_one = np.isin(table.official_s, (nearer, farther))
        cut = best_cut_km(table.distance_km[is_one], table.official_s[is_one] == farther)
        found.append(_exact(f"official-{name}", cut, int(is_one.sum())))
    return found


def _delay_s(settings: dict[str, Any], end: str = "") -> float:
    return float(sum(settings[f"delays{end}_s"].values()))


def _judged(which: str, time_s: Flight, table: _Table, settings: dict[str, Any]) -> list[Finding]:
    """Cuts with the interval of the declared delays, and the share of areas in their class."""
    classes_s, found = settings["classes_s"], []
    delay_s, low_s, high_s = (_delay_s(settings, end) for end in ("", "_low", "_high"))
    for needed_s, name in zip(classes_s[1:], _names(classes_s), strict=True):
        value, low, high = (cut_km(time_s, needed_s + d) for d in (delay_s, low_s, high_s))
        by_delay = ", ".join(f"{d} s {cut_km(time_s, needed_s + d):.1f}" for d in _DELAYS_TRIED_S)
        found.append(
            Finding(f"{which}-{name}", value, low, high, 0, "delays of 12 to 32 s", f"km by delay: {by_delay}")
        )
    near = table.distance_km < settings["within_km"]
    left_s = time_s(np.maximum(table.distance_km[near], _SHORTEST_KM)) - delay_s
    agrees = class_of(left_s, classes_s) == table.official_s[near]
    found.append(_exact(f"{which}-agreement", float(agrees.mean()), int(near.sum())))
    return found


def _told(time_s: Flight, table: _Table, settings: dict[str, Any]) -> list[Finding]:
    """Signed gaps by distance, areas with at least the official time, and delays that would close the gaps."""
    delay_s, classes_s, edges_km = _delay_s(settings), settings["classes_s"], settings["bands_km"]
    near = table.distance_km < settings["within_km"]
    distance_km, official_s = table.distance_km[near], table.official_s[near]
    gap_s = time_s(np.maximum(distance_km, _SHORTEST_KM)) - delay_s - official_s
    found = [_exact("own-at-least", float((gap_s >= 0).mean()), len(gap_s))]
    for low_km, high_km in itertools.pairwise(edges_km):
        mine = gap_s[(distance_km >= low_km) & (distance_km < high_km)]
        low_s, high_s = np.quantile(mine, [0.025, 0.975]).tolist()
        name = f"gap-{low_km}-{high_km}"
        found.append(Finding(name, float(mine.mean()), low_s, high_s, len(mine), "95 % of the areas"))
    official = {finding.target: finding.value for finding in _official(table, classes_s)}
    for needed_s, name in zip(classes_s[1:], _names(classes_s), strict=True):
        flight_s = float(time_s(np.array([official[f"official-{name}"]]))[0])
        found.append(_exact(f"delay-{name}", flight_s - needed_s))
    return found


def _by_distance(time_s: Flight, table: _Table, settings: dict[str, Any]) -> list[Finding]:
    """Share of areas in their class by band, and Spearman's rank correlation beside that of distance alone."""
    from scipy.stats import spearmanr

    near = table.distance_km < settings["within_km"]
    distance_km, official_s = table.distance_km[near], table.official_s[near]
    left_s = time_s(np.maximum(distance_km, _SHORTEST_KM)) - _delay_s(settings)
    agrees, found = class_of(left_s, settings["classes_s"]) == official_s, []
    for low_km, high_km in itertools.pairwise(settings["bands_km"]):
        mine = agrees[(distance_km >= low_km) & (distance_km < high_km)]
        found.append(_exact(f"agreement-{low_km}-{high_km}", float(mine.mean()), len(mine)))
    ours, alone = (float(spearmanr(x, official_s).statistic) for x in (left_s, distance_km))
    return [*found, Finding("rank-correlation", ours, ours, ours, len(left_s), "exact", f"distance alone {alone:.3f}")]

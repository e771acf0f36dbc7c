"""Zonings: which defended areas are alerted together. Data with a version, in place of a rule hidden in code.

``areas``: each area by itself. ``districts``: the zones that the Home Front Command's list names. ``synthetic-N``: a
nested grouping of the 1,420 areas into N, made by us: one tree of Ward (1963) over the areas' centres, cut where N
groups are left, so that every zone of a coarser cut is a union of zones of a finer one. Historical zonings had about
25, 127 and 248 zones; their outlines are not public, and these are not they. Or a user's polygons: an area belongs to
the first polygon that holds its centre.

An area that a zoning does not know (of no list, in no polygon) is a zone by itself.

References: Ward, "Hierarchical grouping to optimize an objective function", JASA 58, 1963.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError, Problem, ProblemList, ScenarioError
from opendome.base.frames import Origin, geodetic_to_enu
from opendome.base.geometry import points_in_ring
from opendome.places.alert_areas import AlertAreas, load_alert_areas
from opendome.places.area_files import rows_from_geojson_file
from opendome.places.areas import DefendedAreas
from opendome.places.zoning_names import AREAS, DISTRICTS, is_zone_file, zoning_problem

__all__ = ["LIST_VERSION", "VERSION", "Zoning", "list_zoning", "zoning_of"]

LIST_VERSION = "pikud-haoref-api 4.0.0"
"""Version of the list of areas and of its districts."""

VERSION = "1"
"""Version of the synthetic zonings: it rises with the tree or with the list of areas."""

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Zoning:
    """Areas by zone: area i belongs to zone ``zone_of_area[i]`` (n_areas,), whose id is ``zone_ids[...]``.

    ``zone_ids`` n_zones texts, in the order of their first areas. ``is_grouped``: some zone holds several areas.
    """

    name: str
    version: str
    is_synthetic: bool
    zone_ids: tuple[str, ...]
    zone_of_area: IntArray

    def __len__(self) -> int:
        return len(self.zone_ids)

    @property
    def is_grouped(self) -> bool:
        """Whether any zone holds more than one area."""
        return len(self.zone_ids) < len(self.zone_of_area)


@functools.cache
def list_zoning(name: str) -> Zoning:
    """A bundled zoning of all 1,420 alert areas.

    Raises
    ------
    CommandError
        no zoning of that name comes with the program
    RunError
        the bundled data are missing
    """
    problem = zoning_problem(name, has_alert_areas=True)
    if problem is not None or is_zone_file(name):
        raise CommandError(": ".join(problem) if problem else f"`{name}` is a file, no bundled zoning")
    areas = load_alert_areas()
    if name == AREAS:
        return _numbered(name, LIST_VERSION, False, [str(i) for i in areas.ids])
    if name == DISTRICTS:
        return _numbered(name, LIST_VERSION, False, list(areas.zones))
    count = int(name.removeprefix("synthetic-"))
    group = _cut(_tree(), count)
    least_id = {int(g): int(areas.ids[group == g].min()) for g in np.unique(group)}
    return _numbered(name, VERSION, True, [f"s{count}-{least_id[int(g)]}" for g in group])


def zoning_of(table: DefendedAreas, name: str, folder: str | Path = "") -> Zoning:
    """The zoning of a scenario's defended areas.

    Parameters
    ----------
    table : DefendedAreas
    name : str          bundled zoning, or a GeoJSON file relative to ``folder``

    Raises
    ------
    ScenarioError
        no such zoning, or every problem of the file
    """
    if is_zone_file(name):
        return _numbered(name, "", False, _polygon_of(table, Path(folder) / name))
    if name == AREAS:
        return _numbered(name, "", False, list(table.ids))
    known = set(table.ids)
    listed = {str(i): row for row, i in enumerate(load_alert_areas().ids.tolist())} if known else {}
    problem = zoning_problem(name, has_alert_areas=any(i in known for i in listed))
    if problem is not None:
        raise ScenarioError([Problem(problem[0], key="warning.zoning", cure=problem[1])])
    whole = list_zoning(name)
    zones = [
        whole.zone_ids[whole.zone_of_area[listed[area_id]]] if area_id in listed else _alone(area_id)
        for area_id in table.ids
    ]
    return _numbered(name, whole.version, whole.is_synthetic, zones)


def _alone(area_id: str) -> str:
    """Zone of an area that a zoning does not know."""
    return f"area {area_id}"


def _numbered(name: str, version: str, is_synthetic: bool, zones: Sequence[str]) -> Zoning:
    """Zones numbered in the order of their first areas."""
    numbers: dict[str, int] = {}
    zone_of_area = np.array([numbers.setdefault(zone, len(numbers)) for zone in zones], np.int64)
    zone_of_area.flags.writeable = False
    return Zoning(name, version, is_synthetic, tuple(numbers), zone_of_area)


def _polygon_of(table: DefendedAreas, path: Path) -> list[str]:
    """Id of the first polygon of a file that holds each area's centre; its own where none does."""
    rows, _ = rows_from_geojson_file(path)
    problems, file = ProblemList(), str(path)
    for polygon_id, count in Counter(row.id for row in rows).items():
        if count > 1:
            problems.add(f"{count} zones have the id `{polygon_id}`", file=file, cure="give each its own")
    zones, is_free = [_alone(area_id) for area_id in table.ids], np.ones(len(table), bool)
    east_m, north_m = np.ascontiguousarray(table.centre_enu_m.T)
    for row in rows:
        for ring in row.rings:
            corners = np.asarray(ring, float)
            ring_m = np.stack(geodetic_to_enu(table.origin, corners[:, 0], corners[:, 1])[:2], axis=1)
            for i in np.flatnonzero(points_in_ring(east_m, north_m, ring_m) & is_free).tolist():
                zones[i], is_free[i] = row.id, False
    if is_free.all():
        cure = "check that longitude comes before latitude in it, and that it covers the scenario's areas"
        problems.add("no polygon holds the centre of any area", file=file, cure=cure)
    problems.raise_if_any()
    return zones


def _centres_m(areas: AlertAreas) -> NDArray[np.float64]:
    """Centres of all areas (n, 2) in one plane [m]."""
    middle = Origin(float(areas.lat_deg.mean()), float(areas.lon_deg.mean()))
    east, north, _ = geodetic_to_enu(middle, areas.lat_deg, areas.lon_deg)
    centres_m: NDArray[np.float64] = np.round(np.stack([east, north], axis=1), 0).astype(np.float64)
    return centres_m


@functools.cache
def _tree() -> NDArray[np.float64]:
    """Ward's tree over the centres of all alert areas, (n - 1, 4), merges in rising order of their cost."""
    from scipy.cluster.hierarchy import linkage

    return np.asarray(linkage(_centres_m(load_alert_areas()), method="ward"))


def _cut(tree: NDArray[np.float64], count: int) -> IntArray:
    """Group of each leaf (n,) when the first n - count merges of a tree are carried out."""
    n = len(tree) + 1
    parent = np.arange(2 * n - 1)
    for k in range(n - count):
        parent[tree[k, :2].astype(np.int64)] = n + k
    group = np.arange(n)
    while (parent[group] != group).any():
        group = parent[group]
    return group.astype(np.int64)

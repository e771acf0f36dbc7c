"""Which zones an assessment meets: alerts go to whole zones, and a zone is one area or many.

A zone is met by the ellipse if one of its areas is, and by probability if the chances of its areas, added up, are large
enough. Level flyers may have a threshold and a waiting time of their own, on the areas of their heading cone.

Left out: areas beyond the sixteen that an assessment lists.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.types import MAX_AREAS_PER_ASSESSMENT

__all__ = [
    "AS_OTHERS",
    "EACH_AREA",
    "LevelRule",
    "ZoneRoom",
    "Zones",
    "areas_together",
    "is_own_rule",
    "is_zone_met",
    "least_chance",
    "make_zones",
    "new_zone_room",
    "zones_met",
]


class Zones(NamedTuple):
    """Areas by zone: ``zone_of_area`` (n_areas,); those of zone z are ``members[first[z]:first[z + 1]]``, (n_areas,).

    Empty where every area is a zone by itself.
    """

    zone_of_area: np.ndarray
    first: np.ndarray
    members: np.ndarray


EACH_AREA = Zones(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int64))


class LevelRule(NamedTuple):
    """Rule for level flyers: ``is_level`` (n_classes,), empty where they are alerted of as others are."""

    is_level: np.ndarray
    p_area_min: float
    wait_s: float


AS_OTHERS = LevelRule(np.zeros(0, np.int8), 0.0, 0.0)


class ZoneRoom(NamedTuple):
    """Zones that an assessment meets, at most 16, their chances, and whether the ellipse meets them."""

    zones: np.ndarray
    p: np.ndarray
    is_touched: np.ndarray


def make_zones(zone_of_area: np.ndarray) -> Zones:
    """Zones of areas whose numbers run from 0 without a gap.

    Parameters
    ----------
    zone_of_area : ndarray (n_areas,) of int
    """
    zone = np.ascontiguousarray(zone_of_area, np.int64)
    counts = np.bincount(zone)
    return Zones(zone, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), np.argsort(zone, kind="stable"))


def areas_together(zones: Zones, i_area: int) -> np.ndarray:
    """Areas that are alerted together with an area, itself among them: (n,)."""
    if len(zones.members) == 0:
        return np.array([i_area])
    z = zones.zone_of_area[i_area]
    return zones.members[zones.first[z] : zones.first[z + 1]]


@allocating_kernel
def new_zone_room():
    """Working arrays of ``zones_met``."""
    most = MAX_AREAS_PER_ASSESSMENT
    return ZoneRoom(np.zeros(most, np.int64), np.zeros(most), np.zeros(most, np.int8))


@inlined_kernel
def is_own_rule(level, track):
    """Whether a track is a level flyer's, and these have a rule of their own."""
    return len(level.is_level) > 0 and level.is_level[track.i_class] == 1


@inlined_kernel
def least_chance(model, track):
    """Chance from which an area or zone is alerted of a track, and whether it must meet the ellipse as well."""
    if is_own_rule(model.level, track):
        return model.level.p_area_min, False
    return model.p_area_min, model.is_ellipse


@kernel
def zones_met(model, track, n_areas, areas, p_areas, is_inside, room):
    """Write the zones that one assessment alerts into ``room``, in the order in which its areas name them; how many.

    ``areas``, ``p_areas``, ``is_inside`` (16,): the areas of the assessment, the first ``n_areas`` of them.
    """
    p_min, is_ellipse = least_chance(model, track)
    n = 0
    for k in range(n_areas):
        zone, slot = model.zones.zone_of_area[areas[k]], 0
        while slot < n and room.zones[slot] != zone:
            slot += 1
        if slot == n:
            room.zones[n], room.p[n], room.is_touched[n] = zone, 0.0, 0
            n += 1
        room.p[slot] += p_areas[k]
        if is_inside[k] == 1 and p_areas[k] >= p_min:
            room.is_touched[slot] = 1
    n_met = 0
    for slot in range(n):
        if (is_ellipse and room.is_touched[slot] == 1) or (not is_ellipse and room.p[slot] >= p_min):
            room.zones[n_met] = room.zones[slot]
            n_met += 1
    return n_met


@kernel
def is_zone_met(model, track, n_areas, areas, p_areas, is_inside, i_area):
    """Whether an assessment alerts the zone of an area, or the area where it is a zone by itself."""
    p_min, is_ellipse = least_chance(model, track)
    is_grouped, p, is_named, is_touched = len(model.zones.members) > 0, 0.0, False, False
    for k in range(n_areas):
        if areas[k] == i_area or (
            is_grouped and model.zones.zone_of_area[areas[k]] == model.zones.zone_of_area[i_area]
        ):
            p += p_areas[k]
            is_named = True
            is_touched |= is_inside[k] == 1 and p_areas[k] >= p_min
    return is_touched if is_ellipse else is_named and p >= p_min

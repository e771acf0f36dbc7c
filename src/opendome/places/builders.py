"""Making the table of defended areas from alert areas, from populated places, or from a written list."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError, ProblemList
from opendome.base.frames import LatLonBox, LatLonDisc, Origin, enu_to_geodetic, geodetic_to_enu
from opendome.base.geometry import sunflower_disc
from opendome.places.alert_areas import AlertAreas, load_alert_areas
from opendome.places.area_fields import row_from_fields
from opendome.places.areas import PEOPLE_PER_KM2, AreaRow, DefendedAreas, disc_radius_km, make_areas
from opendome.places.exposure import areas_at, exact_area_lookup
from opendome.places.population import PopulatedPlaces, populated_places

__all__ = [
    "SharedPopulation",
    "centres_lat_lon_deg",
    "from_alert_areas",
    "from_list",
    "from_places",
    "share_population",
]

DISC_POINTS = 257
LEAST_SHARE_COVERED = 0.5

FloatArray = NDArray[np.float64]


class SharedPopulation(NamedTuple):
    """People of listed places laid onto areas: ``population (n,)``, and the people of places outside all areas."""

    population: FloatArray
    outside: float


class _Rings(NamedTuple):
    vertices_enu_m: FloatArray
    ring_start: NDArray[np.int64]


def share_population(areas: AlertAreas, places: PopulatedPlaces) -> SharedPopulation:
    """Spread each place's people over the areas under a disc of ``PEOPLE_PER_KM2`` about it, by overlap.

    A place counts when its point lies in an area or at least half of its disc does; then all its people go to the
    areas under the disc, none to the sea or to open ground. Any other place counts as outside. Overlaps are measured
    with 257 points spread evenly over the disc (about 1 % of the disc). Nobody is lost: population.sum() + outside =
    places' sum.
    """
    if not len(areas) or not len(places):
        return SharedPopulation(np.zeros(len(areas)), float(places.population.sum()))
    middle = Origin(float(areas.lat_deg.mean()), float(areas.lon_deg.mean()))
    east, north, _ = geodetic_to_enu(middle, areas.ring_lat_deg, areas.ring_lon_deg)
    lookup = exact_area_lookup(_Rings(np.stack([east, north], axis=1), areas.ring_start), cell_m=500.0)
    east, north, up = geodetic_to_enu(middle, places.lat_deg, places.lon_deg)
    radius_m = np.sqrt(places.population / (np.pi * PEOPLE_PER_KM2)) * 1000.0
    disc = sunflower_disc(DISC_POINTS)
    disc[0] = 0.0
    points = np.stack([east, north], axis=1)[:, None, :] + radius_m[:, None, None] * disc
    found = areas_at(lookup, points[..., 0].ravel(), points[..., 1].ravel()).reshape(len(places), DISC_POINTS)
    found[up < -3.0e6] = -1
    n_covered = (found >= 0).sum(axis=1)
    counts = (found[:, 0] >= 0) | (n_covered >= LEAST_SHARE_COVERED * DISC_POINTS)
    weight = np.where(counts, places.population / np.maximum(n_covered, 1), 0.0)[:, None] * (found >= 0)
    population = np.zeros(len(areas))
    np.add.at(population, np.maximum(found, 0).ravel(), weight.ravel())
    return SharedPopulation(population, float(places.population[~counts].sum()))


@functools.cache
def _geonames_on_alert_areas() -> SharedPopulation:
    """All places near the alert areas, shared over all 1,420 of them."""
    areas = load_alert_areas()
    margin_deg = 0.2
    region = LatLonBox(
        float(areas.ring_lat_deg.min()) - margin_deg,
        float(areas.ring_lat_deg.max()) + margin_deg,
        float(areas.ring_lon_deg.min()) - margin_deg,
        float(areas.ring_lon_deg.max()) + margin_deg,
    )
    return share_population(areas, populated_places(region))


def from_alert_areas(
    areas: AlertAreas,
    origin: Origin,
    *,
    population: Literal["geonames", "assumed"] = "geonames",
    population_elsewhere: float | None = None,
    default_population: float = 300.0,
    built_up_frac: float | None = None,
) -> DefendedAreas:
    """Defended areas from (selected) alert areas.

    Parameters
    ----------
    areas : AlertAreas              as selected with ``within``, ``in_box`` or ``named``
    origin : Origin                 of the local plane
    population : str                ``geonames`` shares listed places over all alert areas first, so that a selection
        never takes people from its neighbours; ``assumed`` uses no source
    population_elsewhere : float    people who live in no listed place, spread evenly over the selected areas without
        one
    default_population : float      each such area's people when ``population_elsewhere`` is not given
    built_up_frac : float           of every area; None: from the density of people

    Raises
    ------
    ScenarioError, CommandError, RunError
        areas too far from the origin, numbers that cannot be meant, bundled data missing
    """
    for name, number in (("population_elsewhere", population_elsewhere), ("default_population", default_population)):
        if number is not None and not (np.isfinite(number) and number >= 0):
            raise CommandError(f"{name} is {number!r}; write a number of people, 0 or more")
    if built_up_frac is not None and not 0 <= built_up_frac <= 1:
        raise CommandError(f"built_up_frac is {built_up_frac!r}; write a share from 0 to 1")
    if population not in ("geonames", "assumed"):
        raise CommandError(f"population is {population!r}; write `geonames` or `assumed`")
    people = np.zeros(len(areas))
    if population == "geonames" and len(areas):
        people = _geonames_on_alert_areas().population[np.searchsorted(load_alert_areas().ids, areas.ids)]
    assumed, notes = people <= 0.0, []
    if assumed.any():
        each = default_population if population_elsewhere is None else population_elsewhere / int(assumed.sum())
        people = np.where(assumed, each, people)
        some = f"{int(assumed.sum())} of {len(areas)} areas"
        notes.append(f"{some} hold no listed place; {each:.0f} people are assumed in each")
    elif population_elsewhere:
        notes.append(f"every area holds a listed place; the {population_elsewhere:,.0f} people elsewhere are left out")
    rows = _alert_rows(areas, people, built_up_frac)
    return make_areas(rows, origin, population_assumed=assumed.tolist(), notes=notes)


def _alert_rows(areas: AlertAreas, people: FloatArray, built_up_frac: float | None) -> list[AreaRow]:
    rows = []
    for i, area_id in enumerate(areas.ids):
        ring = slice(int(areas.ring_start[i]), int(areas.ring_start[i + 1]))
        rows.append(
            AreaRow(
                id=str(area_id),
                name=areas.names[i],
                at=(float(areas.lat_deg[i]), float(areas.lon_deg[i])),
                rings=[list(zip(areas.ring_lat_deg[ring].tolist(), areas.ring_lon_deg[ring].tolist(), strict=True))],
                population=float(people[i]),
                time_to_shelter_s=float(areas.time_to_shelter_s[i]),
                built_up_frac=built_up_frac,
            )
        )
    return rows


def from_places(
    region: LatLonBox | LatLonDisc,
    origin: Origin,
    *,
    population_at_least: float = 1000.0,
    time_to_shelter_s: float = 60.0,
    built_up_frac: float | None = None,
) -> DefendedAreas:
    """Defended areas from populated places alone, anywhere on Earth: a disc of ``PEOPLE_PER_KM2`` about each.

    Discs may overlap; then the more populous place has the shared ground. No source gives a time to shelter outside
    the alert areas: it is what the caller says.

    Raises
    ------
    ScenarioError, CommandError, RunError
        no place in the region, the region is too far from the origin, numbers that cannot be meant, bundled data
        missing
    """
    if not (np.isfinite(population_at_least) and population_at_least > 0):
        raise CommandError(f"population_at_least is {population_at_least!r}; write a number of people above 0")
    places = populated_places(region, population_at_least=population_at_least)
    if not len(places):
        problems = ProblemList()
        problems.add(
            f"no listed place of {population_at_least:g} people or more lies in {_named_region(region)}",
            cure="widen it, or lower population_at_least",
        )
        problems.raise_if_any()
    rows = [
        AreaRow(
            id=f"g{place_id}",
            name=name,
            at=(lat, lon),
            radius_km=disc_radius_km(people),
            population=people,
            time_to_shelter_s=time_to_shelter_s,
            built_up_frac=built_up_frac,
        )
        for place_id, name, lat, lon, people in zip(
            places.ids.tolist(), places.names, places.lat_deg.tolist(), places.lon_deg.tolist(),
            places.population.tolist(), strict=True,
        )
    ]  # fmt: skip
    return make_areas(rows, origin)


def _named_region(region: LatLonBox | LatLonDisc) -> str:
    if isinstance(region, LatLonDisc):
        return f"{region.radius_km:g} km of ({region.lat_deg:g}, {region.lon_deg:g})"
    return (
        f"the box {region.south_deg:g} to {region.north_deg:g} degrees north, "
        f"{region.west_deg:g} to {region.east_deg:g} degrees east"
    )


def from_list(
    entries: Sequence[object],
    origin: Origin,
    *,
    key: str = "places.list",
    default_time_to_shelter_s: float = 60.0,
) -> DefendedAreas:
    """Defended areas written out.

    Each entry: ``{id, at: [lat, lon], radius_km | population, day_population, time_to_shelter_s, built_up_frac, name,
    value}``.

    ``polygon: [[lat, lon], ...]`` may stand in place of ``at`` and ``radius_km``. Of ``radius_km`` and ``population``
    one is enough: the other follows from ``PEOPLE_PER_KM2``.

    Raises
    ------
    ScenarioError
        every problem of every entry at once
    """
    problems, rows = ProblemList(), []
    for i, entry in enumerate(entries):
        row = row_from_fields(entry, problems, key=f"{key}[{i}]")
        if row is not None:
            rows.append(row)
    problems.raise_if_any()
    return make_areas(rows, origin, default_time_to_shelter_s=default_time_to_shelter_s)


def centres_lat_lon_deg(areas: DefendedAreas) -> FloatArray:
    """Latitude and longitude (n, 2) [deg] of the areas' centres."""
    lat, lon = enu_to_geodetic(areas.origin, areas.centre_enu_m[:, 0], areas.centre_enu_m[:, 1])
    return np.stack([lat, lon], axis=1)

"""The table of defended areas that a scenario compiles into, and what goes into it.

An area is one polygon in the local plane with people, a built-up share, a time to shelter and a value. The builders in
``opendome.places.builders`` make the table from alert areas, populated places, the user's files, or a written list.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError, ProblemList
from opendome.base.frames import PLANE_LIMIT_M, Origin, geodetic_to_enu
from opendome.base.geometry import disc_ring, ring_areas_m2, ring_centroid_m

__all__ = [
    "BUILT_UP_FRAC_LEAST", "PEOPLE_PER_KM2", "AreaRow", "DefendedAreas", "built_up_from_density",
    "disc_radius_km", "join_areas", "make_areas",
]  # fmt: skip

PEOPLE_PER_KM2 = 5_000.0
"""Density at which a place's people are spread over a disc about it [1/km2].

An assumption: towns have 2,000 to 20,000.
"""

BUILT_UP_FRAC_LEAST = 0.02
"""Built-up share given to areas with hardly any people. An assumption."""

LEAST_AREA_M2 = 1.0

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class DefendedAreas:
    """Defended areas, one row an area.

    Shapes: ``ids``, ``names`` n texts; ``centre_enu_m`` (n, 2), inside or near the polygon; ``population``,
    ``day_population``, ``built_up_frac``, ``time_to_shelter_s``, ``value``, ``area_m2`` (n,); ``population_assumed``
    (n,) where no source gives the people. Ring i is ``vertices_enu_m[ring_start[i]:ring_start[i + 1]]`` (m, 2),
    anticlockwise, first vertex not repeated. ``notes`` says what was left out or assumed on the way.
    """

    origin: Origin
    ids: tuple[str, ...]
    names: tuple[str, ...]
    centre_enu_m: FloatArray
    population: FloatArray
    day_population: FloatArray
    population_assumed: NDArray[np.bool_]
    built_up_frac: FloatArray
    time_to_shelter_s: FloatArray
    value: FloatArray
    vertices_enu_m: FloatArray
    ring_start: IntArray
    area_m2: FloatArray
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)


@dataclass
class AreaRow:
    """One area as read: rings of [lat, lon], of which the largest is kept, or a disc about ``at`` [lat, lon].

    What is None is filled in by ``make_areas``. ``key``, ``file`` and ``line`` say where it was read.
    """

    id: str
    name: str = ""
    at: tuple[float, float] | None = None
    radius_km: float | None = None
    rings: Sequence[Sequence[tuple[float, float]]] = ()
    population: float | None = None
    day_population: float | None = None
    time_to_shelter_s: float | None = None
    built_up_frac: float | None = None
    value: float | None = None
    key: str = ""
    file: str = ""
    line: int = 0


def disc_radius_km(population: float) -> float:
    """Radius of the disc that holds ``population`` people at ``PEOPLE_PER_KM2`` [km]."""
    return math.sqrt(population / (math.pi * PEOPLE_PER_KM2))


def built_up_from_density(population: FloatArray, area_m2: FloatArray) -> FloatArray:
    """Share of each area that its people fill at ``PEOPLE_PER_KM2``, from ``BUILT_UP_FRAC_LEAST`` to 1; (n,).

    An assumption for areas whose built-up share nobody gives.
    """
    share = np.asarray(population, float) / (PEOPLE_PER_KM2 * np.asarray(area_m2, float) / 1e6)
    return np.asarray(np.clip(share, BUILT_UP_FRAC_LEAST, 1.0))


def make_areas(
    rows: Iterable[AreaRow],
    origin: Origin,
    *,
    default_time_to_shelter_s: float = 60.0,
    default_population: float = 300.0,
    population_assumed: Sequence[bool] | None = None,
    notes: Sequence[str] = (),
) -> DefendedAreas:
    """Check rows and lay them out as arrays in the local plane.

    Parameters
    ----------
    rows : AreaRow each
    origin : Origin                     of the local plane
    default_time_to_shelter_s : float   where a row gives none [s]
    default_population : float          for a polygon that gives none, marked assumed [people]

    Raises
    ------
    ScenarioError
        every problem at once: no areas, repeated ids, too far from the origin, polygons without an area
    """
    rows, all_notes = list(rows), list(notes)
    rings, centres = _place_all(rows, origin, all_notes)
    start = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64)
    vertices = np.ascontiguousarray(np.concatenate(rings))
    area_m2 = ring_areas_m2(vertices, start)
    assumed = np.array([row.population is None for row in rows])
    population = np.array([default_population if row.population is None else row.population for row in rows], float)
    built_up = built_up_from_density(population, area_m2)
    given = np.array([np.nan if row.built_up_frac is None else row.built_up_frac for row in rows], float)
    shelter_s = [default_time_to_shelter_s if row.time_to_shelter_s is None else row.time_to_shelter_s for row in rows]
    return DefendedAreas(
        origin=origin,
        ids=tuple(row.id for row in rows),
        names=tuple(row.name or row.id for row in rows),
        centre_enu_m=np.array(centres),
        population=population,
        day_population=np.array(
            [p if row.day_population is None else row.day_population for row, p in zip(rows, population, strict=True)],
            float,
        ),
        population_assumed=assumed if population_assumed is None else np.asarray(population_assumed, bool),
        built_up_frac=np.where(np.isnan(given), built_up, given),
        time_to_shelter_s=np.array(shelter_s, float),
        value=np.array([p if row.value is None else row.value for row, p in zip(rows, population, strict=True)], float),
        vertices_enu_m=vertices,
        ring_start=start,
        area_m2=area_m2,
        notes=tuple(all_notes),
    )


def _place_all(rows: Sequence[AreaRow], origin: Origin, notes: list[str]) -> tuple[list[FloatArray], list[FloatArray]]:
    """Rings (m, 2) and centres (2,) of all rows in the local plane; raises with every problem."""
    problems, placed, seen = ProblemList(), [], set[str]()
    if not rows:
        problems.add("no defended area is left", cure="widen the box or radius, or add areas")
    for row in rows:
        if row.id in seen:
            cure = "give each its own"
            problems.add(f"the id `{row.id}` occurs twice", key=row.key, file=row.file, line=row.line, cure=cure)
        seen.add(row.id)
        placed.append(_place(row, origin, problems, notes))
    problems.raise_if_any()
    found = [pair for pair in placed if pair is not None]
    return [ring for ring, _ in found], [centre for _, centre in found]


def join_areas(tables: Sequence[DefendedAreas]) -> DefendedAreas:
    """One table from several with the same origin, in the order given; where areas overlap, the earlier one wins.

    Raises
    ------
    CommandError
        no table, or different origins
    ScenarioError
        an id occurs in more than one
    """
    if not tables or any(table.origin != tables[0].origin for table in tables):
        raise CommandError("join_areas needs one or more tables with the same origin")
    ids = [area_id for table in tables for area_id in table.ids]
    problems = ProblemList()
    for area_id, count in Counter(ids).items():
        if count > 1:
            problems.add(f"the area id `{area_id}` comes from more than one source", cure="give each its own")
    problems.raise_if_any()
    shift = np.cumsum([0, *(len(table.vertices_enu_m) for table in tables)])
    starts = [table.ring_start[:-1] + shift[i] for i, table in enumerate(tables)]
    joined = {
        name: np.concatenate([getattr(table, name) for table in tables])
        for name in (
            "centre_enu_m", "population", "day_population", "population_assumed", "built_up_frac", "time_to_shelter_s",
            "value", "vertices_enu_m", "area_m2",
        )
    }  # fmt: skip
    return DefendedAreas(
        origin=tables[0].origin,
        ids=tuple(ids),
        names=tuple(name for table in tables for name in table.names),
        ring_start=np.concatenate([*starts, shift[-1:]]).astype(np.int64),
        notes=tuple(note for table in tables for note in table.notes),
        **joined,
    )


def _place(
    row: AreaRow, origin: Origin, problems: ProblemList, notes: list[str]
) -> tuple[FloatArray, FloatArray] | None:
    """Ring (m, 2) and centre (2,) of one row in the local plane, or a problem noted and None."""
    centre = None if row.at is None else _on_plane(row.at, origin)
    if row.rings:
        ring = _largest_ring([_on_plane(ring, origin) for ring in row.rings])
        if len(row.rings) > 1:
            notes.append(f"area `{row.id}` has {len(row.rings)} separate parts; only the largest is kept")
        centre = ring_centroid_m(ring) if centre is None and len(ring) else centre
    elif centre is not None and row.radius_km is not None:
        ring = disc_ring(centre, row.radius_km * 1000.0)
    else:
        ring = np.zeros((0, 2))
    if not np.isfinite(ring).all() or (len(ring) and np.abs(ring).max() > PLANE_LIMIT_M):
        problems.add(
            f"area `{row.id}` lies more than {PLANE_LIMIT_M / 1000:,.0f} km from the scenario's site "
            f"({origin.lat_deg:g}, {origin.lon_deg:g})",
            key=row.key,
            file=row.file,
            line=row.line,
            cure="move the site, leave the area out, or check that latitude comes before longitude",
        )
        return None
    if len(ring) < 3 or abs(ring_areas_m2(ring, [0, len(ring)])[0]) < LEAST_AREA_M2:
        cure = "list at least three corners in order, or a radius"
        problems.add(f"area `{row.id}` has no area", key=row.key, file=row.file, line=row.line, cure=cure)
        return None
    if ring_areas_m2(ring, [0, len(ring)])[0] < 0:
        ring = ring[::-1]
    return ring, np.asarray(ring_centroid_m(ring) if centre is None else centre)


def _on_plane(lat_lon_deg: Sequence[object] | NDArray[np.float64], origin: Origin) -> FloatArray:
    """East and north (..., 2) [m] of [lat, lon] (..., 2) [deg]; not-a-number on the far side of the Earth."""
    position = np.asarray(lat_lon_deg, float)
    east, north, up = geodetic_to_enu(origin, position[..., 0], position[..., 1])
    plane = np.stack([east, north], axis=-1)
    plane[up < -3.0e6] = np.nan
    return plane


def _largest_ring(rings: Sequence[FloatArray]) -> FloatArray:
    """The ring of the largest area, without repeated vertices in a row."""
    size = [abs(float(ring_areas_m2(ring, [0, len(ring)])[0])) if len(ring) else 0.0 for ring in rings]
    ring = rings[int(np.argmax(np.nan_to_num(size, nan=np.inf)))]
    return ring[np.any(ring != np.roll(ring, 1, axis=0), axis=1)]

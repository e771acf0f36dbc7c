"""Parameters of the places room: which areas are defended, who lives there, and where the land is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from opendome.base.params import Parameters, quantity

__all__ = ["AlertAreas", "Area", "Id", "LatLon", "Place", "Places", "Polygon", "Towns"]

LatitudeDeg = Annotated[float, Field(ge=-90, le=90)]
LongitudeDeg = Annotated[float, Field(ge=-180, le=180)]
LatLon = tuple[LatitudeDeg, LongitudeDeg]
"""A point written ``[lat_deg, lon_deg]`` (WGS84)."""

Polygon = tuple[LatLon, ...]
"""A ring of at least three points ``[lat_deg, lon_deg]``; the last point need not repeat the first."""

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]
"""An id: letters, digits, dash and underscore, beginning with a letter or a digit."""


class Place(Parameters):
    """A point on the ground: the origin of the scenario's local east-north-up frame."""

    lat_deg: LatitudeDeg = quantity(..., unit="deg")
    """Geodetic latitude (WGS84), north positive."""

    lon_deg: LongitudeDeg = quantity(..., unit="deg")
    """Longitude (WGS84), east positive."""


class AlertAreas(Parameters):
    """Choose alert areas of the bundled Israeli list by distance from a point."""

    within_km: float = quantity(..., unit="km", gt=0, le=1000)
    """Areas whose centre lies within this distance of `of` are taken."""

    of: LatLon
    """The point `[lat_deg, lon_deg]` that `within_km` is measured from."""


class Towns(Parameters):
    """Choose populated places of the GeoNames list, anywhere on Earth, as disc-shaped areas."""

    within_km: float = quantity(..., unit="km", gt=0, le=1000)
    """Places within this distance of `of` are taken."""

    of: LatLon
    """The point `[lat_deg, lon_deg]` that `within_km` is measured from."""

    population_at_least: int = quantity(1000, unit="people", ge=0)
    """Smaller places are left out."""

    time_to_shelter_s: float = quantity(60.0, unit="s", low=15, high=90, ge=0, le=3600)
    """Time that people in these places are promised to reach shelter."""


class Area(Parameters):
    """One defended area written out in the scenario: a disc (`at`, `radius_km`) or a `polygon`."""

    id: Id
    """Name of the area in tables and overrides; used once."""

    name: str = Field("", max_length=200)
    """Name shown to people; empty: the id."""

    at: LatLon | None = None
    """Centre `[lat_deg, lon_deg]`; needed with `radius_km`, optional with `polygon`."""

    radius_km: float | None = quantity(None, unit="km", gt=0, le=200)
    """Radius of a disc-shaped area."""

    polygon: Polygon | None = None
    """Outline of the area; instead of `radius_km`."""

    population: int = quantity(..., unit="people", ge=0)
    """People who live in the area."""

    day_population: int | None = quantity(None, unit="people", ge=0)
    """People who are there in the hours of `harm.day`; null: those who live there."""

    time_to_shelter_s: float = quantity(60.0, unit="s", low=15, high=90, ge=0, le=3600)
    """Time that people here are promised to reach shelter."""

    built_up_frac: float | None = quantity(None, unit="share", low=0.24, high=0.89, gt=0, le=1)
    """Share of the area that is built up; null: the scenario's `places.built_up_frac`."""

    value: float | None = quantity(None, unit="relative", ge=0)
    """Worth of the area as an aim point when `aim.weights` is `value`; null: its population."""


class Places(Parameters):
    """Defended areas, their people, and the coast. All sources given are joined."""

    alert_areas: AlertAreas | None = None
    """Alert areas of the bundled Israeli list, or null."""

    towns: Towns | None = None
    """GeoNames places as areas, or null."""

    population: Literal["geonames", "none"] = "geonames"
    """Where the people of alert areas come from: `geonames`, or `none` (only what is written or assumed)."""

    file: str | None = Field(None, max_length=1000)
    """Areas from a CSV, GeoJSON or GeoPackage file; the path is relative to the scenario file."""

    areas: tuple[Area, ...] = ()
    """Areas written out here."""

    built_up_frac: float = quantity(
        0.5, unit="share", low=0.24, high=0.89, gt=0, le=1, source="catalogue assumption; notes on campaign inputs"
    )
    """Share of an area's surface that is built up: an impact inside an area hits built-up ground with this chance."""

    population_elsewhere_per_area: float = quantity(300.0, unit="people", low=0, high=1000, ge=0, source="assumed")
    """People assumed in an area for which no populated place is listed."""

    polygon_buffer_km: float = quantity(0.0, unit="km", low=-0.3, high=0.5, ge=-5, le=5, source="assumed")
    """The defence decides with areas grown (or shrunk) by this much; the true areas stay as they are."""

    terrain: str | None = Field(None, max_length=1000)
    """Heights of the ground that hide targets from radars, an ESRI ASCII grid (`.asc`) or NumPy array (`.npy` with a
    `.json`), relative to the scenario file; null: a smooth Earth."""

    coast: bool = True
    """Use the bundled coastline to tell sea from land; false for a fictional place."""

    land: tuple[Polygon, ...] | None = None
    """Land written out as polygons (with `coast: false`); null: everything that no coastline makes sea is land."""

"""Names of zonings, and what is wrong with one: light, for a scenario is read without any array."""

from __future__ import annotations

from opendome.base.errors import nearest_name

__all__ = ["AREAS", "BUNDLED", "DISTRICTS", "SYNTHETIC_COUNTS", "is_zone_file", "zoning_problem"]

AREAS, DISTRICTS = "areas", "districts"
SYNTHETIC_COUNTS = (25, 127, 248)
BUNDLED = (AREAS, DISTRICTS, *(f"synthetic-{count}" for count in SYNTHETIC_COUNTS))
"""Zonings that come with the program."""

_FILE_ENDINGS = (".geojson", ".json")


def is_zone_file(name: str) -> bool:
    """Whether a zoning is meant as a file of polygons."""
    return name.lower().endswith(_FILE_ENDINGS)


def zoning_problem(name: str, has_alert_areas: bool) -> tuple[str, str] | None:
    """What is wrong with the name of a zoning and what to write instead; None if nothing is.

    ``has_alert_areas``: the scenario takes areas of the bundled list, which all bundled zonings but `areas` group.
    """
    if is_zone_file(name):
        return None
    if name not in BUNDLED:
        cure = nearest_name(name, BUNDLED) or f"known are {', '.join(BUNDLED)}, or a file that ends in .geojson"
        return f"there is no zoning `{name}`", cure
    if name != AREAS and not has_alert_areas:
        cure = "give `places.alert_areas`, or a GeoJSON file of polygons, or write `areas`"
        return f"the zoning `{name}` groups areas of the bundled list, and the scenario has none of them", cure
    return None

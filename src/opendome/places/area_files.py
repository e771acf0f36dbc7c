"""Defended areas from the user's own files: CSV, GeoJSON, and GeoPackage (with the extra ``gis``).

CSV: UTF-8, comma separated, first row the column names, one area a row. Columns (units in the names):

=====================  ==========================================================================================
``name``               text; or ``id``, or both
``lat_deg, lon_deg``   centre, WGS 84 degrees
``radius_km``          of the disc; or ``population``, or both: the one left out follows from 5,000 people/km2
``day_population``     optional; people there by day, default the population
``time_to_shelter_s``  optional; default 60 s
``built_up_frac``      optional, 0 to 1; default from the density of people
``value``              optional, relative worth; default the population
=====================  ==========================================================================================

GeoJSON (RFC 7946: longitude before latitude, WGS 84): Polygon and MultiPolygon features with the same names as
properties. Of a feature with several parts, or with holes, the largest outer ring is kept, and the table's ``notes``
say so.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opendome.base.errors import CommandError, Problem, ProblemList, ScenarioError, nearest_name
from opendome.base.frames import Origin
from opendome.places.area_fields import NUMBER_FIELDS, row_from_fields
from opendome.places.areas import AreaRow, DefendedAreas, make_areas

__all__ = [
    "CSV_COLUMNS",
    "from_csv",
    "from_file",
    "from_geojson",
    "from_geopackage",
    "rows_from_csv",
    "rows_from_geojson",
    "rows_from_geojson_file",
]

CSV_COLUMNS = ("id", "name", "lat_deg", "lon_deg", *NUMBER_FIELDS)
FEATURE_PROPERTIES = ("id", "name", *(field for field in NUMBER_FIELDS if field != "radius_km"))
MAX_FILE_BYTES = 200_000_000
MAX_PROBLEMS = 50


def from_file(path: str | Path, origin: Origin, *, default_time_to_shelter_s: float = 60.0) -> DefendedAreas:
    """Defended areas from a ``.csv``, ``.geojson``, ``.json`` or ``.gpkg`` file, by its ending.

    Raises
    ------
    ScenarioError
        every problem at once, with file and row
    CommandError
        the ending is none of these, or the extra ``gis`` is missing for a GeoPackage
    """
    readers = {".csv": from_csv, ".geojson": from_geojson, ".json": from_geojson, ".gpkg": from_geopackage}
    reader = readers.get(Path(path).suffix.lower())
    if reader is None:
        raise CommandError(f"cannot tell what `{path}` is; name it .csv, .geojson or .gpkg")
    return reader(path, origin, default_time_to_shelter_s=default_time_to_shelter_s)


def from_csv(path: str | Path, origin: Origin, *, default_time_to_shelter_s: float = 60.0) -> DefendedAreas:
    """Defended areas from a CSV file; the columns are listed above. Raises ScenarioError with every bad row."""
    rows = rows_from_csv(_read_text(path), str(path))
    return make_areas(rows, origin, default_time_to_shelter_s=default_time_to_shelter_s)


def from_geojson(path: str | Path, origin: Origin, *, default_time_to_shelter_s: float = 60.0) -> DefendedAreas:
    """Defended areas from a GeoJSON file. Raises ScenarioError with every bad feature."""
    rows, notes = rows_from_geojson_file(path)
    return make_areas(rows, origin, default_time_to_shelter_s=default_time_to_shelter_s, notes=notes)


def rows_from_geojson_file(path: str | Path) -> tuple[list[AreaRow], list[str]]:
    """Polygons of a GeoJSON file with all their parts, and notes on what was left out. Raises ScenarioError."""
    return rows_from_geojson(_parse_json(_read_text(path), str(path)), str(path))


def from_geopackage(path: str | Path, origin: Origin, *, default_time_to_shelter_s: float = 60.0) -> DefendedAreas:
    """Defended areas from the first layer of a GeoPackage, turned to WGS 84.

    Raises
    ------
    CommandError
        the extra ``gis`` is not installed
    ScenarioError
        the file cannot be read, says not in which system its coordinates are, or holds bad features
    """
    try:
        import geopandas
    except ImportError:
        raise CommandError(
            "reading a GeoPackage needs the extra `gis`: pip install 'opendome[gis]'; or save the layer as GeoJSON"
        ) from None
    file = str(path)
    try:
        frame = geopandas.read_file(path)
    except Exception as error:  # the reader below geopandas raises errors of its own kind
        raise ScenarioError([Problem(f"cannot be read as a GeoPackage: {error}", file=file)]) from error
    if frame.crs is None:
        raise ScenarioError(
            [Problem("does not say in which system its coordinates are", file=file, cure="save it with one")]
        )
    rows, notes = rows_from_geojson(json.loads(frame.to_crs(4326).to_json(na="drop")), file)
    return make_areas(rows, origin, default_time_to_shelter_s=default_time_to_shelter_s, notes=notes)


def _read_text(path: str | Path) -> str:
    """The whole file as text, or a ScenarioError that names it."""
    file = Path(path)
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise ScenarioError([Problem(f"is larger than {MAX_FILE_BYTES // 1_000_000} MB", file=str(path))])
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            [Problem(f"is not UTF-8 text (byte {error.start})", file=str(path), cure="save it as UTF-8")]
        ) from None
    except (OSError, ValueError) as error:
        if isinstance(error, ScenarioError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioError([Problem(f"cannot be read: {reason}", file=str(path))]) from None


def rows_from_csv(text: str, file: str = "") -> list[AreaRow]:
    """Areas of a CSV text; ``file`` is for messages. Raises ScenarioError with every problem and its row."""
    problems = ProblemList()
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[AreaRow] = []
    try:
        header = [column.strip() for column in next(reader, [])]
        _check_header(header, problems, file)
        problems.raise_if_any()
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(problems.problems) >= MAX_PROBLEMS:
                problems.add("more problems follow; these first", file=file)
                break
            row = _csv_row(header, cells, problems, file, reader.line_num)
            if row is not None:
                rows.append(row)
    except csv.Error as error:
        problems.add(f"is not a proper table: {error}", file=file, line=reader.line_num)
    if not rows and not problems.problems:
        problems.add("has no rows below its column names", file=file)
    problems.raise_if_any()
    return rows


def _check_header(header: list[str], problems: ProblemList, file: str) -> None:
    for column in dict.fromkeys(header):
        if column not in CSV_COLUMNS:
            cure = nearest_name(column, CSV_COLUMNS) or f"known: {', '.join(CSV_COLUMNS)}"
            problems.add(f"unknown column `{column[:80]}`", file=file, line=1, cure=cure)
        elif header.count(column) > 1:
            problems.add(f"the column `{column}` occurs {header.count(column)} times", file=file, line=1)
    for column in ("lat_deg", "lon_deg"):
        if column not in header:
            problems.add(f"the column `{column}` is missing", file=file, line=1)
    for either, other in (("id", "name"), ("radius_km", "population")):
        if either not in header and other not in header:
            problems.add(f"a column `{either}` or `{other}` is missing", file=file, line=1)


def _csv_row(header: list[str], cells: list[str], problems: ProblemList, file: str, line: int) -> AreaRow | None:
    if len(cells) != len(header):
        problems.add(f"has {len(cells)} cells for {len(header)} columns", file=file, line=line)
        return None
    fields: dict[str, object] = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
    fields["at"] = [fields.pop("lat_deg", ""), fields.pop("lon_deg", "")]
    return row_from_fields(fields, problems, file=file, line=line)


def _parse_json(text: str, file: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ScenarioError([Problem("is nested too deeply to be a map", file=file)]) from None
    except json.JSONDecodeError as error:
        raise ScenarioError([Problem(f"is not JSON: {error.msg}", file=file, line=error.lineno)]) from None
    except ValueError as error:
        raise ScenarioError([Problem(f"is not JSON: {error}", file=file)]) from None


def rows_from_geojson(document: Any, file: str = "") -> tuple[list[AreaRow], list[str]]:
    """Areas of a GeoJSON document, and notes on what was left out of them. Raises ScenarioError with every problem."""
    problems, notes = ProblemList(), list[str]()
    rows = []
    for i, feature in enumerate(_features(document, problems, file)):
        if len(problems.problems) >= MAX_PROBLEMS:
            problems.add("more problems follow; these first", file=file)
            break
        row = _feature_row(feature, f"features[{i}]", problems, notes, file)
        if row is not None:
            rows.append(row)
    if not rows and not problems.problems:
        problems.add("holds no polygon", file=file)
    problems.raise_if_any()
    return rows, notes


def _features(document: Any, problems: ProblemList, file: str) -> list[Any]:
    kind = document.get("type") if isinstance(document, dict) else None
    system = document.get("crs") if isinstance(document, dict) else None
    if system is not None and not any(name in json.dumps(system) for name in ("CRS84", "4326")):
        problems.add("is not in longitude and latitude (its `crs` says so)", file=file, cure="save it as WGS 84")
        return []
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        return list(document["features"])
    if kind == "Feature":
        return [document]
    problems.add("is not GeoJSON", file=file, cure="write a FeatureCollection of Polygon or MultiPolygon features")
    return []


def _feature_row(feature: Any, key: str, problems: ProblemList, notes: list[str], file: str) -> AreaRow | None:
    geometry = feature.get("geometry") if isinstance(feature, Mapping) else None
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(geometry, Mapping):
        problems.add(
            f"is a {kind or 'feature without geometry'}",
            key=key,
            file=file,
            cure="only Polygon and MultiPolygon are read",
        )
        return None
    given = feature.get("properties")
    properties = dict(given) if isinstance(given, Mapping) else {}
    fields = {name: properties[name] for name in FEATURE_PROPERTIES if properties.get(name) is not None}
    if "id" not in fields and "name" not in fields:
        fields["id"] = feature.get("id", f"area-{key[9:-1]}")
    coordinates = geometry.get("coordinates")
    polygons: Any = [coordinates] if kind == "Polygon" else coordinates
    outer = _outer_rings(polygons, key, problems, file)
    if not outer:
        return None
    row = row_from_fields({**fields, "polygon": outer[0]}, problems, key=key, file=file)
    others = [row_from_fields({"id": "part", "polygon": ring}, problems, key=key, file=file) for ring in outer[1:]]
    checked = [other for other in others if other is not None]
    if row is None or len(checked) < len(others):
        return None
    row.rings = [*row.rings, *(other.rings[0] for other in checked)]
    n_holes = sum(len(polygon) - 1 for polygon in polygons)
    if n_holes:
        notes.append(f"area `{row.id}` has {n_holes} hole{'s' if n_holes > 1 else ''}, filled in")
    unread = sorted(str(name) for name in properties if name not in FEATURE_PROPERTIES)
    near = [
        f"`{name}` ({nearest_name(name, FEATURE_PROPERTIES)})"
        for name in unread
        if nearest_name(name, FEATURE_PROPERTIES)
    ]
    if near:
        notes.append(f"area `{row.id}`: properties not read: {', '.join(near)}")
    return row


def _outer_rings(polygons: Any, key: str, problems: ProblemList, file: str) -> list[list[Any]]:
    """Outer rings as [lat, lon] lists, closing vertex and heights dropped; empty with a problem noted."""
    rings = []
    try:
        for polygon in polygons:
            ring = [[position[1], position[0]] for position in polygon[0]]
            rings.append(ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring)
    except (TypeError, IndexError, KeyError):
        problems.add("has coordinates that are no polygon", key=key, file=file, cure="[[[lon, lat], ...]]")
        return []
    if not rings:
        problems.add("is an empty polygon", key=key, file=file)
    return rings

"""Checking the fields of one area, wherever they were read: a scenario, a table, or a map feature."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from opendome.base.errors import ProblemList, nearest_name
from opendome.places.areas import PEOPLE_PER_KM2, AreaRow, disc_radius_km

__all__ = ["NUMBER_FIELDS", "check_position", "number_field", "row_from_fields"]

NUMBER_FIELDS: dict[str, tuple[float, float]] = {
    "radius_km": (0.01, 500.0),
    "population": (0.0, 1e9),
    "day_population": (0.0, 1e9),
    "time_to_shelter_s": (0.0, 3600.0),
    "built_up_frac": (0.0, 1.0),
    "value": (0.0, 1e15),
}
"""Fields that hold a number, with the lowest and highest allowed."""

LIST_FIELDS = ("id", "name", "at", "polygon", *NUMBER_FIELDS)


class _Where:
    """Where one area was read, and the list that its problems go to."""

    def __init__(self, problems: ProblemList, key: str, file: str, line: int):
        self.problems, self.key, self.file, self.line = problems, key, file, line

    def add(self, what: str, field: str = "", cure: str = "") -> None:
        key = ".".join(part for part in (self.key, field) if part)
        self.problems.add(what, key=key, file=self.file, line=self.line, cure=cure)


def row_from_fields(
    fields: object,
    problems: ProblemList,
    *,
    key: str = "",
    file: str = "",
    line: int = 0,
    allowed: Sequence[str] = LIST_FIELDS,
) -> AreaRow | None:
    """One area from named fields, or None with every problem noted.

    ``at`` is [lat, lon] and needs ``radius_km`` or ``population``; ``polygon`` is a list of [lat, lon]. A missing
    radius or population of a disc follows from the other at ``PEOPLE_PER_KM2``.
    """
    before = len(problems.problems)
    where = _Where(problems, key, file, line)
    if not isinstance(fields, Mapping):
        where.add(f"an area must be written as `name: value` pairs, not {fields!r}")
        return None
    for field in fields:
        if field not in allowed:
            where.add("unknown key", str(field), nearest_name(str(field), allowed) or f"known: {', '.join(allowed)}")
    numbers = {field: number_field(fields.get(field), field, where) for field in NUMBER_FIELDS}
    area_id, name = _text(fields.get("id"), "id", where), _text(fields.get("name"), "name", where)
    if not (area_id or name):
        where.add("an area needs an id or a name")
    at, polygon = fields.get("at"), fields.get("polygon")
    position = None if at is None else check_position(at, where, "at")
    ring = [] if polygon is None else _ring(polygon, where)
    radius_km, population = numbers["radius_km"], numbers["population"]
    if polygon is None:
        if at is None:
            where.add("an area needs `at: [lat, lon]` or `polygon: [[lat, lon], ...]`")
        elif fields.get("radius_km") is None and not population and "population" not in _noted(problems, before):
            where.add("a disc needs radius_km, or a population above 0")
    if len(problems.problems) > before:
        return None
    if polygon is None:
        radius_km = disc_radius_km(population or 0.0) if radius_km is None else radius_km
        radius_km = max(radius_km, NUMBER_FIELDS["radius_km"][0])
        population = PEOPLE_PER_KM2 * math.pi * radius_km**2 if population is None else population
    return AreaRow(
        id=area_id or name,
        name=name or area_id,
        at=position,
        radius_km=None if polygon is not None else radius_km,
        rings=[ring] if ring else (),
        population=population,
        day_population=numbers["day_population"],
        time_to_shelter_s=numbers["time_to_shelter_s"],
        built_up_frac=numbers["built_up_frac"],
        value=numbers["value"],
        key=key,
        file=file,
        line=line,
    )


def _noted(problems: ProblemList, before: int) -> set[str]:
    """Last parts of the keys of problems noted since ``before``."""
    return {problem.key.rsplit(".", 1)[-1] for problem in problems.problems[before:]}


def _text(value: object, field: str, where: _Where) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        where.add(f"is {value!r}", field, "write a text")
        return ""
    text = " ".join(str(value).split())
    if len(text) > 200:
        where.add("is longer than 200 characters", field, "shorten it")
    return text


def number_field(value: object, field: str, where: _Where) -> float | None:
    """A number within the field's bounds; None when absent, or when a problem was noted."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    low, high = NUMBER_FIELDS[field]
    number = _number(value)
    if number is None or not low <= number <= high:
        where.add(f"is {value!r}", field, f"write a number from {low:g} to {high:g}")
        return None
    return number


def _number(value: object) -> float | None:
    """A finite number from a number or a text, else None; true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def check_position(value: object, where: _Where, field: str) -> tuple[float, float] | None:
    """A [lat, lon] pair in range, or None with the problem noted."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence) or len(value) != 2:
        where.add(f"is {_short(value)}", field, "write [lat, lon] in degrees")
        return None
    lat, lon = _number(value[0]), _number(value[1])
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        swapped = lat is not None and lon is not None and abs(lat) <= 180 and abs(lon) <= 90
        cure = "latitude comes first, then longitude" if swapped else "latitude -90 to 90, longitude -180 to 180"
        where.add(f"is {_short(value)}", field, cure)
        return None
    return lat, lon


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _ring(value: object, where: _Where) -> list[tuple[float, float]]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence) or len(value) < 3:
        where.add(f"is {_short(value)}", "polygon", "write at least three [lat, lon] corners in order")
        return []
    corners = [check_position(corner, where, f"polygon[{i}]") for i, corner in enumerate(value)]
    return [corner for corner in corners if corner is not None]

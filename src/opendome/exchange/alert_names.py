"""Names of alert areas in recorded messages, split against a list of areas: a name may hold commas of its own.

A message names its areas one after the other, with a comma and a space between them. ``AreaNames.split`` reads from the
left and takes, each time, the longest run of pieces that is a name of the list: as written; else with the same letters
and digits (hyphens, quotation marks and spaces differ from year to year); else a name that an area bore before
(``renamed_areas.csv``, compiled by hand from recorded names and positions; of an area that has since been divided, the
part named there). What remains is kept as an unmatched name.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import Problem, ScenarioError
from opendome.places.alert_areas import AlertAreas, load_alert_areas

__all__ = ["AreaNames", "NamedArea", "bundled_names", "names_from", "names_from_json", "renamed"]

_RENAMED_FILE = Path(__file__).with_name("renamed_areas.csv")
_SEPARATOR = re.compile(r",\s+")
_NO_LETTER = re.compile(r"[\W_]+")
_EVERY_AREA = "all"


class NamedArea(NamedTuple):
    """One area as a message names it.

    ``i_area`` is its row in the list, -1 for an unmatched name; ``match`` says how it was found: ``exact``,
    ``spelling``, ``renamed`` or ``none``.
    """

    name: str
    i_area: int
    match: str


@dataclass(frozen=True)
class AreaNames:
    """A list of alert areas, one row an area.

    Shapes: ``ids``, ``names`` (as messages write them), ``names_en`` n texts each; ``lat_deg``, ``lon_deg``,
    ``time_to_shelter_s`` (n,), NaN where the list does not say.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    names_en: tuple[str, ...]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    time_to_shelter_s: NDArray[np.float64]

    @cached_property
    def _exact(self) -> dict[str, int]:
        return {" ".join(name.split()): i for i, name in reversed(list(enumerate(self.names)))}

    @cached_property
    def _spelt(self) -> dict[str, int]:
        """Rows by letters and digits; two names that differ in nothing else are left to the exact reading."""
        counts = Counter(_letters(name) for name in self._exact)
        return {_letters(name): i for name, i in self._exact.items() if counts[_letters(name)] == 1 and _letters(name)}

    @cached_property
    def _earlier(self) -> dict[str, int]:
        return {_letters(old): self._exact[new] for old, new in renamed().items() if new in self._exact}

    @cached_property
    def _known_messages(self) -> dict[str, tuple[NamedArea, ...]]:
        return {}

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, name: str) -> NamedArea:
        """The area of one name."""
        plain = " ".join(name.split())
        for match, table in (("exact", self._exact), ("spelling", self._spelt), ("renamed", self._earlier)):
            i_area = table.get(plain if match == "exact" else _letters(plain), -1)
            if i_area >= 0:
                return NamedArea(plain, i_area, match)
        return NamedArea(plain, -1, "none")

    def split(self, message: str) -> tuple[NamedArea, ...]:
        """Areas that a message names, in its order, the same name once.

        >>> [area.match for area in bundled_names().split("nowhere, nowhere, elsewhere")]
        ['none', 'none']
        """
        known = self._known_messages
        if message not in known:
            found = self._longest(_SEPARATOR.split(message.strip().strip(",")), ", ")
            known[message] = tuple({area.name: area for area in found if area.name}.values())
        return known[message]

    def _longest(self, pieces: Sequence[str], separator: str) -> list[NamedArea]:
        """Runs of pieces that are names, the longest first; of the rest, pieces that bare commas part into names."""
        found, i = [], 0
        while i < len(pieces):
            for end in range(len(pieces), i, -1):
                area = self.find(separator.join(pieces[i:end]))
                if area.i_area >= 0:
                    break
            if area.i_area < 0 and separator != "," and "," in area.name:
                parts = self._longest(area.name.split(","), ",")
                found += parts if all(part.i_area >= 0 for part in parts) else [area]
            else:
                found.append(area)
            i = end
        return found


def _letters(name: str) -> str:
    """Letters and digits alone, case aside."""
    return _NO_LETTER.sub("", name).casefold()


@cache
def renamed() -> dict[str, str]:
    """Names that areas bore in recorded alerts, and what they are called today."""
    with _RENAMED_FILE.open(encoding="utf-8", newline="") as file:
        return {row["recorded"]: row["today"] for row in csv.DictReader(file)}


@cache
def bundled_names() -> AreaNames:
    """The 1,420 areas that come with the program."""
    return names_from(load_alert_areas())


def names_from(areas: AlertAreas) -> AreaNames:
    """The list of names of alert areas."""
    ids = tuple(str(i) for i in areas.ids)
    return AreaNames(ids, areas.names_local, areas.names, areas.lat_deg, areas.lon_deg, areas.time_to_shelter_s)


def names_from_json(path: Path | str) -> AreaNames:
    """The list of areas in a JSON file of the form of ``cities.json`` in the npm package ``pikud-haoref-api``.

    A list of objects (or an object of them) with ``name``, and as far as known ``id``, ``name_en``, ``lat``, ``lng``
    [deg] and ``countdown`` [s]. The entry for all areas together (``value: all``) is left out.

    Raises
    ------
    ScenarioError    the file is no such list; every entry that is wrong, at once
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ScenarioError([Problem(f"cannot be read: {error.strerror}", file=str(path))]) from None
    except ValueError as error:
        cure = "give the areas as in `cities.json` of pikud-haoref-api"
        raise ScenarioError([Problem(f"is not JSON: {error}", file=str(path), cure=cure)]) from None
    entries = list(document.values()) if isinstance(document, dict) else document
    if not isinstance(entries, list) or not entries:
        cure = 'write [{"id": 1, "name": "...", "lat": 31.5, "lng": 34.5, "countdown": 15}, ...]'
        raise ScenarioError([Problem("is no list of areas", file=str(path), cure=cure)])
    problems = [problem for i, entry in enumerate(entries) for problem in _entry_problems(entry, i, str(path))]
    if problems:
        raise ScenarioError(problems)
    rows = [(i, entry) for i, entry in enumerate(entries) if entry.get("value") != _EVERY_AREA]
    return AreaNames(
        tuple(str(entry.get("id", i)) for i, entry in rows),
        tuple(entry["name"] for _, entry in rows),
        tuple(str(entry.get("name_en") or entry["name"]) for _, entry in rows),
        *(np.array([_number(entry.get(key)) for _, entry in rows]) for key in ("lat", "lng", "countdown")),
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _entry_problems(entry: Any, i: int, file: str) -> list[Problem]:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"].strip():
        return [Problem("has no name", key=f"[{i}]", file=file, cure='write {"name": "...", ...}')]
    wrong = []
    for key, limit in (("lat", 90.0), ("lng", 180.0), ("countdown", 3600.0)):
        value = entry.get(key)
        if value is not None and not (isinstance(value, int | float) and abs(value) <= limit):
            wrong.append(Problem(f"{key} is {value!r}", key=f"[{i}]", file=file, cure=f"a number up to {limit:g}"))
    return wrong

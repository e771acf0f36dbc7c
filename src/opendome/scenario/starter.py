"""Write a commented starter scenario: a small valid one, each key with the words of the schema beside it."""

from __future__ import annotations

import re
from typing import Any

from opendome.base.errors import CommandError
from opendome.base.params import FieldNote, describe_fields
from opendome.scenario.reader import example_path
from opendome.scenario.schema import ScenarioModel
from opendome.scenario.writer import to_yaml

__all__ = ["new"]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_WIDTH = 118

_HEADER = """\
# {name}: a scenario of your own.
#
# The land, the towns and the battery below are invented; put your own in their place. Leave out what you do not need:
# every key that is not written takes its default. `opendome check FILE` lists every problem at once, and
# `opendome explain KEY` says more about a key, for example `opendome explain threats.raid.aim.decay_km`.
# The name of every number ends in its unit. A point is [latitude, longitude] in degrees.

"""

_BEFORE = {
    "places": [
        "Real places instead of invented ones:  towns: {within_km: 40, of: [lat_deg, lon_deg]}  and  coast: true"
    ],
    "batteries": ["What a battery does not say (reach, kill probability, reload time, ...) the catalogue answers."],
    "alternatives": [
        "Changes to the scenario above, each a world of its own. `key: value` replaces; `key+:` appends to a list or",
        "adds to a number; `key[id]` picks one item of a list; `key-:` takes away.",
    ],
    "study": ["What a study runs: every alternative meets the same raids, so that differences are clean."],
}

_STARTER: dict[str, Any] = {
    "scenario": 1,
    "name": "",
    "title": "",
    "question": "Does a second battery help more than the same number of rounds in the depot?",
    "site": {"lat_deg": 35.0, "lon_deg": -30.0},
    "start_utc": "2030-05-01T00:00:00Z",
    "duration_day": 2,
    "places": {
        "population": "none",
        "coast": False,
        "built_up_frac": 0.5,
        "areas": [
            {"id": "harbour", "at": [35.0, -30.1], "radius_km": 3, "population": 90000, "time_to_shelter_s": 60},
            {"id": "market", "at": [35.1, -29.95], "radius_km": 1.5, "population": 20000, "time_to_shelter_s": 45},
            {"id": "mill", "at": [34.95, -29.82], "radius_km": 1, "population": 4000, "time_to_shelter_s": 15},
        ],
    },
    "threats": {
        "raid": {
            "launched_per_day": {"mean": 80, "variance_over_mean": 20},
            "bursts": {"size_mean": 8, "spacing_s": 1.5},
            "by_hour": "evening",
            "launch_areas": [
                {"id": "hills", "polygon": [[35.1, -29.7], [35.2, -29.65], [35.0, -29.55], [34.9, -29.65]], "share": 1}
            ],
            "aim": {"weights": "population", "population_exponent": 0.5, "decay_km": 20},
            "classes": {"short-rocket": 0.7, "medium-rocket": 0.3},
            "failing": {"share": 0.25, "gamma": 3},
        }
    },
    "batteries": [{"id": "b1", "system": "iron-dome", "at": [35.02, -30.0], "launchers": 2}],
    "depot": {"rounds": 100, "resupply": [{"day": 1, "rounds": 20}]},
    "doctrine": {
        "engage_if": {"p_hit_at_least": 0.1},
        "salvo": 1,
        "shoot_look_shoot": True,
        "reserve_share": 0.0,
        "policy": "earliest",
    },
    "warning": {"rule": "ellipse", "ellipse": 0.9, "wait_s": 10},
    "alternatives": {
        "as-is": {},
        "second-battery": {
            "batteries+": [{"id": "b2", "system": "iron-dome", "at": [35.05, -29.9], "launchers": 2}],
        },
        "rounds-only": {"depot.rounds+": 40},
    },
    "study": {"seed": 1, "replications": 200, "precision": {"leaked_built_up": {"relative": 0.05}}},
}


def new(name: str, from_example: str | None = None) -> str:
    """Write the text of a new scenario.

    Parameters
    ----------
    name : str              lower-case letters, digits and dashes
    from_example : str      name of an example to begin with; None: the starter with its explanations

    Returns
    -------
    str                     YAML text that `check` accepts

    Raises
    ------
    CommandError
        A name that scenarios cannot have, or no such example.
    """
    if not _NAME.fullmatch(name):
        raise CommandError(f"{name!r} cannot name a scenario: write lower-case letters, digits and dashes")
    if from_example is not None:
        text = example_path(from_example).read_text(encoding="utf-8")
        return re.sub(r"(?m)^name:[^#\n]*?(?=\s*(#.*)?$)", f"name: {name}", text, count=1)
    data = {**_STARTER, "name": name, "title": name.replace("-", " ").capitalize()}
    notes = {note.key: note for note in describe_fields(ScenarioModel)}
    return _HEADER.format(name=name) + "\n".join(_lines(data, "", 0, notes)) + "\n"


def _lines(data: dict[str, Any], prefix: str, indent: int, notes: dict[str, FieldNote]) -> list[str]:
    """Lines of a mapping, with the schema's words beside each key or above it."""
    lines: list[str] = []
    pad = " " * indent
    for key, value in data.items():
        note = notes.get(f"{prefix}{key}")
        words = _words(note) if note is not None else ""
        is_section = isinstance(value, dict) and f"{prefix}{key}" in _SECTIONS
        if not prefix and isinstance(value, dict | list):
            lines.append("")
        if note is not None and not prefix and key in _BEFORE:
            words = ""
        lines += [f"{pad}# {line}" for line in _BEFORE.get(f"{prefix}{key}", [])]
        if is_section:
            lines += [
                f"{pad}{key}:" + (f"  # {words}" if words else ""),
                *_lines(value, f"{prefix}{key}.", indent + 2, notes),
            ]
            continue
        first, *rest = to_yaml({key: value}).splitlines()
        beside = f"{pad}{first}  # {words}"
        if not words:
            lines.append(pad + first)
        elif rest or len(beside) > _WIDTH:
            lines += [f"{pad}# {words}", pad + first]
        else:
            lines.append(beside)
        lines += [pad + line for line in rest]
    return lines


_SECTIONS = frozenset({"places", "threats", "threats.raid", "threats.raid.launched_per_day", "threats.raid.bursts",
                       "threats.raid.aim", "threats.raid.failing", "depot", "doctrine", "doctrine.engage_if", "warning",
                       "study"})  # fmt: skip


def _words(note: FieldNote) -> str:
    """The meaning of a key, with its plausible range."""
    meaning = note.meaning.rstrip(".")
    if note.low is None or note.high is None:
        return meaning
    return f"{meaning} [{note.low:g} to {note.high:g}]"

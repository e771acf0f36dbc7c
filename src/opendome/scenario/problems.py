"""Turn what the schema finds wrong into problems that teach: where, what, and what to write instead."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from opendome.base.errors import nearest_name
from opendome.scenario.paths import Path, dotted

__all__ = [
    "MAX_WORDED",
    "Finding",
    "Pruned",
    "how_to_write",
    "known_keys",
    "model_at",
    "schema_findings",
    "suggest_key",
]


MAX_WORDED = 200
"""Findings that get words of their own; looking for near names takes time, and nobody reads more."""


@dataclass(frozen=True)
class Finding:
    """One thing wrong, at a path; a file and a line are added where they are known."""

    path: Path
    what: str
    cure: str = ""
    is_missing: bool = False


def schema_findings(error: ValidationError, root: type[BaseModel], data: Any) -> list[Finding]:
    """List what a model's validation found wrong, once for each key, in plain words.

    Parameters
    ----------
    error : ValidationError    of ``root`` validated on ``data``
    root : type                the model
    data : plain data          what was validated
    """
    found: dict[Path, tuple[Finding, bool]] = {}
    for item in error.errors(include_url=False):
        path, is_choice = _clean(item["loc"], data)
        if path in found and not _fits_better(item):
            continue
        finding = _finding(item, path, root, data) if len(found) < MAX_WORDED else _bare_finding(item, path)
        found[path] = (finding, is_choice)
    around = {path[:length] for path in found for length in range(len(path))}
    return [finding for path, (finding, is_choice) in found.items() if not (is_choice and path in around)]


def _bare_finding(item: Mapping[str, Any], path: Path) -> Finding:
    """A finding without advice, for one of very many."""
    return Finding(path, str(item["msg"]), is_missing=item["type"] == "missing")


def _fits_better(item: Mapping[str, Any]) -> bool:
    """Of several types that a value may have: whether this finding is about the type that it does have."""
    return isinstance(item.get("input"), list) and item["type"] in ("too_short", "too_long")


class Pruned:
    """Plain data without its broken parts, that knows where each remaining part stood."""

    def __init__(self, data: Any, doomed: list[Path]) -> None:
        self.doomed = doomed
        self.stand_ins: list[Path] = []
        self._whole = data
        self._origin: dict[Path, Path] = {}

    def data(self) -> Any:
        """Copy of the data without what is doomed."""
        doomed = set(self.doomed)
        self._origin = {}

        def copy(value: Any, old: Path, new: Path) -> Any:
            self._origin[new] = old
            if isinstance(value, dict):
                kept = [(key, inner) for key, inner in value.items() if (*old, key) not in doomed]
                return {key: copy(inner, (*old, key), (*new, key)) for key, inner in kept}
            if isinstance(value, list):
                places = [i for i in range(len(value)) if (*old, i) not in doomed]
                return [copy(value[i], (*old, i), (*new, place)) for place, i in enumerate(places)]
            return value

        return copy(self._whole, (), ())

    def original(self, path: Path) -> Path:
        """Path in the whole data of a path in the last copy."""
        for length in range(len(path), -1, -1):
            if path[:length] in self._origin:
                return (*self._origin[path[:length]], *path[length:])
        return path

    def doom(self, findings: Iterable[Finding]) -> None:
        """Leave out next time what findings about the last copy are about."""
        for finding in findings:
            path = finding.path[:-1] if finding.is_missing and len(finding.path) > 1 else finding.path
            self.doomed.append(self.original(path))


def _clean(loc: tuple[str | int, ...], data: Any) -> tuple[Path, bool]:
    """Leave out of a location what names a choice of types; say whether anything was left out."""
    path: list[str | int] = []
    here = data
    is_choice = False
    for i, step in enumerate(loc):
        is_last = i == len(loc) - 1
        if isinstance(here, dict) and isinstance(step, str) and (step in here or (is_last and _is_key(step))):
            path.append(step)
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int):
            path.append(step)
            here = here[step] if step < len(here) else None
        elif step != "[key]":
            is_choice = True
    return tuple(path), is_choice


def _is_key(step: str) -> bool:
    return step.replace("_", "").isalnum()


def _finding(item: Mapping[str, Any], path: Path, root: type[BaseModel], data: Any) -> Finding:
    kind = item["type"]
    if kind == "extra_forbidden":
        return Finding(path, "unknown key", suggest_key(root, path))
    if kind == "missing" and path and isinstance(path[-1], str):
        return Finding(path, "is missing", how_to_write(root, path), is_missing=True)
    if item["loc"] and item["loc"][-1] == "[key]":
        return Finding(path, "this name cannot be used", "names are lower-case letters, digits and dashes")
    point = _point_path(path, kind, data)
    if point is not None:
        return Finding(point, f"{_shown(_value(data, point))} is not a point", "write [lat_deg, lon_deg]")
    context = item.get("ctx") or {}
    value = _shown(item.get("input"))
    phrase = _PHRASES.get(kind)
    if phrase is None:
        return Finding(path, f"is {value}: {item['msg'][:1].lower()}{item['msg'][1:]}")
    what, cure = phrase(item.get("input"), context)
    return Finding(path, f"is {value}, must be {what}", cure)


def _point_path(path: Path, kind: str, data: Any) -> Path | None:
    """Path of the pair ``[lat_deg, lon_deg]`` that a finding is about, if it is about the shape of one."""
    names = ("at", "of", "from", "to", "waypoint")
    if path and path[-1] in names and kind in ("tuple_type", "too_long", "too_short", "missing"):
        return path
    if len(path) > 1 and path[-2] in names and kind == "missing":
        return path[:-1]
    in_polygon = (len(path) > 2 and "polygon" in path[-3:]) or (len(path) > 1 and path[0:2] == ("places", "land"))
    if in_polygon and isinstance(path[-1], int) and kind in ("missing", "too_long", "tuple_type", "too_short"):
        parent = path if kind != "missing" else path[:-1]
        return parent if not isinstance(_value(data, parent), dict) else None
    return None


def _value(data: Any, path: Path) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple) and len(text) > 40:
        return f"a list of {len(value)}"
    return text if len(text) <= 60 else text[:57] + "..."


def _number_cure(value: Any, _: Mapping[str, Any]) -> tuple[str, str]:
    if isinstance(value, str):
        plain = value.replace("_", "").replace(",", "").replace(" ", "")
        try:
            float(plain)
        except ValueError:
            first = value.split()[0] if value.split() else ""
            is_number_with_unit = first.replace(".", "", 1).isdigit() and len(value.split()) > 1
            return "a number", f"write {first}: the unit stands in the key" if is_number_with_unit else ""
        return "a number", f"write {plain}, without quotes or separators"
    return "a number", ""


def _whole_cure(value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    if isinstance(value, float):
        return "a whole number", f"write {round(value)}" if abs(value) < 1e15 else ""
    return "a whole number", _number_cure(value, context)[1]


def _bool_cure(value: Any, _: Mapping[str, Any]) -> tuple[str, str]:
    yes = str(value).lower() in ("yes", "on", "y", "1", "true")
    no = str(value).lower() in ("no", "off", "n", "0", "false")
    return "true or false", f"write {'true' if yes else 'false'}" if yes or no else ""


def _text_cure(value: Any, _: Mapping[str, Any]) -> tuple[str, str]:
    return "text", f'put quotes round it: "{value}"' if isinstance(value, int | float) else ""


def _literal_cure(value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    expected = str(context.get("expected", ""))
    names = [name.strip(" '") for name in expected.replace(" or ", ",").split(",")]
    return expected or "another value", nearest_name(value, names) if isinstance(value, str) else ""


def _list_cure(value: Any, _: Mapping[str, Any]) -> tuple[str, str]:
    return "a list", "begin each item with `- `, or write [..., ...]" if not isinstance(value, list) else ""


def _moment_cure(value: Any, _: Mapping[str, Any]) -> tuple[str, str]:
    return "a moment with its time zone", "write it like 2024-05-01T00:00:00Z"


def _limit(words: str, name: str) -> Callable[[Any, Mapping[str, Any]], tuple[str, str]]:
    return lambda value, context: (f"{words} {context.get(name):g}", "")


def _pattern_cure(value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    words = "letters, digits and dashes, beginning with a letter or digit"
    suggestion = "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in str(value)).split())
    if "A-Z" not in str(context.get("pattern", "")):
        words, suggestion = f"lower-case {words}", suggestion.lower()
    return words, f"write {suggestion}" if suggestion and suggestion != value else ""


_PHRASES: dict[str, Callable[[Any, Mapping[str, Any]], tuple[str, str]]] = {
    "float_type": _number_cure,
    "float_parsing": _number_cure,
    "int_type": _whole_cure,
    "int_parsing": _whole_cure,
    "int_from_float": _whole_cure,
    "bool_type": _bool_cure,
    "bool_parsing": _bool_cure,
    "string_type": lambda value, _: (
        "text",
        f'put quotes round it: "{value}"' if isinstance(value, int | float) else "",
    ),
    "literal_error": _literal_cure,
    "tuple_type": _list_cure,
    "dict_type": lambda value, _: ("a mapping of keys to values", ""),
    "model_type": lambda value, _: ("a mapping of keys to values", ""),
    "model_attributes_type": lambda value, _: ("a mapping of keys to values", ""),
    "datetime_type": _moment_cure,
    "datetime_parsing": _moment_cure,
    "datetime_from_date_parsing": _moment_cure,
    "datetime_object_invalid": _moment_cure,
    "timezone_aware": _moment_cure,
    "greater_than": _limit("above", "gt"),
    "greater_than_equal": _limit("at least", "ge"),
    "less_than": _limit("below", "lt"),
    "less_than_equal": _limit("at most", "le"),
    "too_short": lambda value, context: (f"at least {context.get('min_length')} long", ""),
    "too_long": lambda value, context: (f"at most {context.get('max_length')} long", ""),
    "string_too_long": lambda value, context: (f"at most {context.get('max_length')} letters long", ""),
    "string_pattern_mismatch": _pattern_cure,
    "finite_number": lambda value, _: ("a finite number", ""),
}


def model_at(root: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """Model that holds the keys at a path (list places and user's own names are walked through), or None."""
    here: Any = root
    for step in path:
        here = _step_into(here, step)
        if here is None:
            return None
    return _as_model(here)


def known_keys(root: type[BaseModel], path: Path) -> list[str]:
    """Keys that the schema knows in the mapping at a path."""
    model = model_at(root, path)
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


def _as_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        return next((model for one in typing.get_args(annotation) if (model := _as_model(one)) is not None), None)
    return None


def _step_into(annotation: Any, step: str | int) -> Any:
    model = _as_model(annotation)
    if model is not None:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        return fields[step].annotation if isinstance(step, str) and step in fields else None
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return next((found for one in inner if (found := _step_into(one, step)) is not None), None)
    if origin is typing.Annotated:
        return _step_into(inner[0], step)
    if origin is dict and isinstance(step, str):
        return inner[1]
    if origin is tuple and isinstance(step, int):
        return inner[0]
    return None


def suggest_key(root: type[BaseModel], path: Path) -> str:
    """Offer what may have been meant by an unknown key: with its unit, a near spelling, or where it belongs."""
    name = path[-1] if path and isinstance(path[-1], str) else ""
    known = known_keys(root, path[:-1])
    units = [key for key in known if key.startswith(f"{name}_") or (_stem(key) == _stem(name) != key)]
    if name and units:
        return f"did you mean `{units[0]}`? numbers end in their unit"
    hint = nearest_name(name, known)
    if hint:
        return hint
    elsewhere = _homes(root, name)
    if elsewhere:
        return f"did you mean `{elsewhere[0]}`?"
    return f"keys here are {', '.join(known)}" if known else ""


def _stem(key: str) -> str:
    return key.rsplit("_", 1)[0] if "_" in key else key


def _homes(root: type[BaseModel], name: str) -> list[str]:
    from opendome.base.params import describe_fields

    return [note.key for note in describe_fields(root) if name and note.key.rsplit(".", 1)[-1] == name]


def how_to_write(root: type[BaseModel], path: Path) -> str:
    """Say how a missing key is written, from the schema's own words."""
    model = model_at(root, path[:-1])
    if model is None:
        return ""
    for name, field in model.model_fields.items():
        if (field.alias or name) == path[-1]:
            return f"write `{path[-1]}:` {' '.join((field.description or '').split()).rstrip('.')}"
    return f"write `{dotted(path)}:`"

"""Parameter objects: frozen, checked, and able to explain themselves.

Every room declares its own parameters as a subclass of ``Parameters``. A field's docstring is its documentation, and
``quantity`` adds the unit, a plausible range and the source, from which the reference pages and ``opendome explain``
are made::

    class Reloading(Parameters):
        reload_s: float = quantity(720.0, unit="s", low=300.0, high=1800.0, source="assumed", ge=0.0)
        \"\"\"From an empty launcher to a full one.\"\"\"
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from opendome.base.errors import CommandError, nearest_name

__all__ = ["FieldNote", "Parameters", "describe_fields", "explain", "quantity"]

_BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "min_length": "length >=", "max_length": "length <="}


class Parameters(BaseModel):
    """Base of all parameter objects: unknown keys are errors, values cannot change, infinity and NaN are refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        validate_default=True,
    )


def quantity(
    default: Any = ...,
    *,
    unit: str,
    low: float | None = None,
    high: float | None = None,
    source: str = "",
    **constraints: Any,
) -> Any:
    """Declare a number with its unit, plausible range and source.

    Parameters
    ----------
    default
        The value when the scenario says nothing; left out, the key must be given.
    unit : str
        As in the name's ending: ``s``, ``m``, ``mps``, ``rad``; ``1`` for a pure number.
    low, high : float, optional
        Plausible range, over which an uncertain value is swept. Not a limit: limits are ``ge``, ``le``, ``gt``, ``lt``.
    source : str
        Key of the source, or ``assumed``.
    **constraints
        Passed on to pydantic's ``Field`` (``ge``, ``le``, ``gt``, ``lt``, ``alias``, ``description``, ...).

    Raises
    ------
    ValueError
        ``low > high``, or a default outside them.
    """
    if low is not None and high is not None and low > high:
        raise ValueError(f"low {low} is above high {high}")
    if isinstance(default, int | float) and not isinstance(default, bool):
        if low is not None and default < low:
            raise ValueError(f"default {default} is below its plausible range, which begins at {low}")
        if high is not None and default > high:
            raise ValueError(f"default {default} is above its plausible range, which ends at {high}")
    about: dict[str, Any] = {"unit": unit, "low": low, "high": high, "source": source}
    return Field(default, json_schema_extra=about, **constraints)


@dataclass(frozen=True)
class FieldNote:
    """What is known about one key.

    ``key`` is dotted, with ``[]`` for a list and ``*`` for a name of the user's own; ``default`` is None for a key that
    must be given (``is_required``); ``low`` and ``high`` are the plausible range; ``bounds`` are the limits, in words.
    """

    key: str
    kind: str
    meaning: str
    unit: str = ""
    default: Any = None
    is_required: bool = False
    low: float | None = None
    high: float | None = None
    bounds: str = ""
    source: str = ""


def describe_fields(model_cls: type[BaseModel]) -> list[FieldNote]:
    """List every key of a model and of the models inside it, in order of declaration.

    A model that contains itself is described once on each path.
    """
    return list(_walk(model_cls, "", (model_cls,)))


def explain(model_cls: type[BaseModel], dotted_key: str) -> FieldNote:
    """Say what one key means.

    Parameters
    ----------
    model_cls : type
        The model at the root of the keys.
    dotted_key : str
        As written in a scenario or an override: ``doctrine.salvo``, ``batteries[b1].at``, ``depot.resupply+``. What
        stands in brackets is not looked at, nor is a final ``+`` or ``-``.

    Raises
    ------
    CommandError
        No such key; the message offers the nearest one.
    """
    wanted = [part.rstrip("+-") for part in re.sub(r"\[[^\]]*\]", "", dotted_key).split(".")]
    notes = describe_fields(model_cls)
    for note in notes:
        parts = note.key.replace("[]", "").split(".")
        if len(parts) == len(wanted) and all(part in ("*", given) for part, given in zip(parts, wanted, strict=True)):
            return note
    hint = nearest_name(dotted_key, [note.key for note in notes])
    if not hint:
        hint = nearest_name(wanted[-1], [note.key.rsplit(".", 1)[-1] for note in notes])
    cure = f": {hint}" if hint else "; keys are dotted, as in `doctrine.salvo`"
    raise CommandError(f"no key `{dotted_key}`{cure}")


def _walk(model_cls: type[BaseModel], prefix: str, inside: tuple[type, ...]) -> Iterator[FieldNote]:
    for name, field in model_cls.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        yield _note(key, field)
        for suffix, inner in _models_within(field.annotation):
            if inner not in inside:
                yield from _walk(inner, f"{key}{suffix}.", (*inside, inner))


def _note(key: str, field: FieldInfo) -> FieldNote:
    about = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    low, high = about.get("low"), about.get("high")
    return FieldNote(
        key=key,
        kind=_type_name(field.annotation),
        meaning=" ".join((field.description or "").split()),
        unit=str(about.get("unit", "")),
        default=_default(field),
        is_required=field.is_required(),
        low=low if isinstance(low, int | float) else None,
        high=high if isinstance(high, int | float) else None,
        bounds=", ".join(_bounds(field)),
        source=str(about.get("source", "")),
    )


def _default(field: FieldInfo) -> Any:
    value = field.get_default(call_default_factory=True, validated_data={})
    return None if value is PydanticUndefined else value


def _bounds(field: FieldInfo) -> Iterator[str]:
    for name, sign in _BOUNDS.items():
        for limit in field.metadata:
            if getattr(limit, name, None) is not None:
                yield f"{sign} {getattr(limit, name)}"


def _models_within(annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the models an annotation holds, each with what its key needs: '' itself, '[]' in a list, '.*' by name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "", annotation
        return
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is dict:
        suffix, inner = ".*", inner[1:]
    elif origin in (list, tuple, set, frozenset):
        suffix = "[]"
    else:
        suffix = ""
    for one in inner:
        for deeper, model in _models_within(one):
            yield suffix + deeper, model


def _type_name(annotation: Any) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None:
        return "none" if annotation is type(None) else getattr(annotation, "__name__", str(annotation))
    if origin is typing.Literal:
        return " | ".join(repr(choice) for choice in inner)
    if origin is typing.Annotated:
        return _type_name(inner[0])
    names = [_type_name(one) for one in inner if one is not Ellipsis]
    if origin in (typing.Union, types.UnionType):
        return " | ".join(dict.fromkeys(names))
    return f"{origin.__name__}[{', '.join(names)}]"

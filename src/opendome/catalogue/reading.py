"""Reads the catalogue's data files, once and only when asked, and turns their entries into figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from opendome.base.errors import CommandError, nearest_name
from opendome.catalogue.figures import Figure, Value

__all__ = ["ASSUMPTIONS", "answer", "data", "section", "sources", "unknown", "with_band"]

ASSUMPTIONS = "assumptions"
"""Stem of the file with every assumption."""


@cache
def data(stem: str) -> dict[str, Any]:
    """Contents of one data file of this package, parsed by the safe YAML 1.2 reader."""
    from ruamel.yaml import YAML

    text = files("opendome.catalogue").joinpath(f"{stem}.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe", pure=True).load(text))


def unknown(what: str, name: str, known: Iterable[str]) -> CommandError:
    """The error for a name that is not known: says the nearest one, or all when none is near."""
    names = sorted(known)
    hint = nearest_name(name, names) or f"known: {', '.join(names)}"
    return CommandError(f"unknown {what} `{name}`: {hint}")


def _gathered() -> str:
    return str(data("sources")["gathered"])


def _date(source_ids: tuple[str, ...]) -> str:
    """Year of the newest dated source, or the day of gathering when none is dated."""
    known = data("sources")["sources"]
    years = [year for source_id in source_ids if (year := known.get(source_id, {}).get("year")) is not None]
    return str(max(years)) if years else _gathered()


def _figure(key: str, entry: Mapping[str, Any]) -> Figure:
    """One entry of a data file as a Figure; an entry with `reason` instead of `source` is an assumption."""
    source = tuple(entry.get("source", ()))
    value = entry.get("value")
    if isinstance(value, dict):
        value = {str(name): number for name, number in value.items()}
    return Figure(
        key=key,
        value=value,
        low=entry.get("low"),
        high=entry.get("high"),
        unit=entry["unit"],
        source=source,
        date=_date(source),
        confidence=entry["confidence"],
        note=entry.get("note", "") or entry.get("reason", ""),
    )


def section(stem: str, *path: str) -> dict[str, Figure]:
    """Every figure under ``path`` of a data file; empty where the path is absent."""
    node: Any = data(stem)
    for step in path:
        node = node.get(step) or {}
    return {key: _figure(key, entry) for key, entry in node.items()}


def _scaled(number: Value, times: float | None) -> Any:
    """A number times a factor, rounded to 12 digits so that 50000 x 0.001 stays 50; anything else unchanged."""
    if times is None or isinstance(number, (str, Mapping)) or number is None:
        return number
    return float(f"{number * times:.12g}")


def with_band(figure: Figure) -> Figure:
    """The figure with low and high filled by its value where the source gives no range."""
    number = figure.value
    if isinstance(number, (str, Mapping)) or number is None or (figure.low is not None and figure.high is not None):
        return figure
    low = number if figure.low is None else figure.low
    high = number if figure.high is None else figure.high
    return Figure(
        figure.key, number, low, high, figure.unit, figure.source, figure.date, figure.confidence, figure.note
    )


def answer(key: str, unit: str, rule: Mapping[str, Any], origin: Figure) -> Figure:
    """A figure under the name and in the unit of a simulation key, by the rule of the data file.

    ``take: low`` or ``take: high`` uses that end of the origin as the value; ``times`` converts; ``value``, ``low`` and
    ``high`` then replace.
    """
    times = rule.get("times")
    end = rule.get("take")
    value = origin.value if end is None else getattr(origin, end)
    low = origin.low if end is None else None
    high = origin.high if end is None else None
    note = "; ".join(part for part in (f"from {rule['from']}", rule.get("why", ""), origin.note) if part)
    return with_band(
        Figure(
            key=key,
            value=rule.get("value", _scaled(value, times)),
            low=rule.get("low", _scaled(low, times)),
            high=rule.get("high", _scaled(high, times)),
            unit=unit,
            source=origin.source,
            date=origin.date,
            confidence=origin.confidence,
            note=note,
        )
    )


def sources() -> dict[str, dict[str, Any]]:
    """Every source by id: title, publisher, year (or None) and address (or None)."""
    return {source_id: dict(entry) for source_id, entry in data("sources")["sources"].items()}

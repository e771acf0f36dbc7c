"""Rows for printing: everything the catalogue knows under a name, published and assumed side by side and marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from opendome.base.errors import CommandError, nearest_name
from opendome.catalogue import loader
from opendome.catalogue.campaigns import campaign_figures
from opendome.catalogue.figures import Figure
from opendome.catalogue.tallies import tally_figures

__all__ = ["describe"]

PUBLISHED = "published"
ASSUMED = "assumed"
USED = "used by the simulation"


def describe(name: str) -> list[dict[str, Any]]:
    """Everything known under a name, as rows for `list` and `explain`.

    Parameters
    ----------
    name : str
        A system, a threat group or class, `model`, `civil-warning`, `production`, `campaigns`, `tallies`, the id of a
        source (the figures that rest on it), or a key (its value for every system, group or the model).

    Returns
    -------
    list of dict
        Keys ``of`` (what it belongs to), ``section`` (`published`, `assumed` or `used by the simulation`), ``mark``
        (`*` for an assumption), ``key``, ``value``, ``low``, ``high``, ``unit``, ``confidence``, ``source`` (ids),
        ``date``, ``note`` and ``meaning``.

    Raises
    ------
    CommandError
        If nothing has that name; the message names the nearest.
    """
    if name in loader.system_ids():
        return _system_rows(name)
    if name in loader.threat_groups():
        return _group_rows(name)
    if name in loader.threat_ids():
        known = loader.threat(name)
        return _rows(name, known.figures.values()) + _rows(name, known.assumptions.values())
    if name in _collections():
        return _rows(name, _collections()[name].values())
    if name in loader.sources():
        return [row for row in _all_rows() if name in row["source"]]
    found = _key_rows(name)
    if not found:
        raise CommandError(f"nothing in the catalogue is called `{name}`: {_hint(name)}")
    return found


def _collections() -> Mapping[str, dict[str, Figure]]:
    return {
        "model": {key: loader.model_value(key) for key in loader.model_keys()},
        "civil-warning": loader.civil_warning(),
        "production": loader.production(),
        "campaigns": campaign_figures(),
        "tallies": tally_figures(),
    }


def _row(of: str, figure: Figure, section: str | None = None) -> dict[str, Any]:
    return {
        "of": of,
        "section": section or (ASSUMED if figure.is_assumption else PUBLISHED),
        "mark": "*" if figure.is_assumption else "",
        "key": figure.key,
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
        "unit": figure.unit,
        "confidence": figure.confidence,
        "source": figure.source,
        "date": figure.date,
        "note": figure.note,
        "meaning": loader.key_meaning(figure.key),
    }


def _rows(of: str, figures: Iterable[Figure], section: str | None = None) -> list[dict[str, Any]]:
    return [_row(of, figure, section) for figure in figures]


def _system_rows(system_id: str) -> list[dict[str, Any]]:
    known = loader.system(system_id)
    rows = _rows(system_id, known.figures.values()) + _rows(system_id, known.assumptions.values())
    if known.fires:
        rows += _rows(system_id, (loader.value_of(system_id, key) for key in loader.system_keys()), USED)
    return rows


def _group_rows(group: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for class_id in loader.threat_ids():
        known = loader.threat(class_id)
        if known.group == group:
            rows += _rows(class_id, known.figures.values()) + _rows(class_id, known.assumptions.values())
    return rows + _rows(group, (loader.threat_value(group, key) for key in loader.threat_keys(group)), USED)


def _all_rows() -> list[dict[str, Any]]:
    """Every published figure and assumption once, without what is only used."""
    rows: list[dict[str, Any]] = []
    for system_id in loader.system_ids():
        rows += [row for row in _system_rows(system_id) if row["section"] != USED]
    for group in loader.threat_groups():
        rows += [row for row in _group_rows(group) if row["section"] != USED]
    for name, figures in _collections().items():
        rows += _rows(name, figures.values())
    return rows


def _key_rows(key: str) -> list[dict[str, Any]]:
    """A key wherever it is answered: by systems, by groups, by the model; else wherever a figure has that name."""
    rows: list[dict[str, Any]] = []
    if key in loader.system_keys():
        firing = [system_id for system_id in loader.system_ids() if loader.system(system_id).fires]
        rows += [_row(system_id, loader.value_of(system_id, key), USED) for system_id in firing]
    for group in loader.threat_groups():
        if key in loader.threat_keys(group):
            rows.append(_row(group, loader.threat_value(group, key), USED))
    if key in loader.model_keys():
        rows.append(_row("model", loader.model_value(key), USED))
    return rows or [row for row in _all_rows() if row["key"] == key]


def _hint(name: str) -> str:
    groups = [*loader.system_ids(), *loader.threat_groups(), *loader.threat_ids(), *_collections()]
    keys = [*loader.system_keys(), *loader.model_keys(), *(row["key"] for row in _all_rows()), *loader.sources()]
    for group in loader.threat_groups():
        keys += loader.threat_keys(group)
    return (
        nearest_name(name, dict.fromkeys([*groups, *keys]))
        or f"write one of {', '.join(dict.fromkeys(groups))}, or a key"
    )

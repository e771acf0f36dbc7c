"""Answers for systems, threats and the model, from published figures or assumptions.

An answer to a key of the simulation is looked for in the system itself, then in the system it inherits from; at each
step an explicit rule (`answers`) comes first, then a published figure of that name, then an assumption of that name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from opendome.base.errors import CommandError
from opendome.catalogue.figures import Figure, System, ThreatClass
from opendome.catalogue.reading import ASSUMPTIONS, answer, data, section, sources, unknown, with_band

__all__ = [
    "civil_warning",
    "key_meaning",
    "key_unit",
    "model_keys",
    "model_value",
    "production",
    "sources",
    "system",
    "system_ids",
    "system_keys",
    "threat",
    "threat_groups",
    "threat_ids",
    "threat_keys",
    "threat_value",
    "value_of",
]

_MODEL_FILES = ("civil_warning", "production")


# --- systems ---------------------------------------------------------------------------------------------------------


def system_ids() -> tuple[str, ...]:
    """Ids of all systems, in the order of the data file; `carrier-strike-group` fires nothing."""
    return tuple(name for name, entry in data("systems")["systems"].items() if not entry.get("hidden"))


def _require_system(system_id: str) -> dict[str, Any]:
    if system_id not in system_ids():
        raise unknown("system", system_id, system_ids())
    return dict(data("systems")["systems"][system_id])


def _round(system_id: str) -> str:
    """Kind of round of a system: its own, or that of the system it inherits from."""
    entries, step = data("systems")["systems"], system_id
    while "round" not in entries[step] and "inherits" in entries[step]:
        step = entries[step]["inherits"]
    return str(entries[step].get("round", ""))


@cache
def _system(system_id: str) -> System:
    entry = data("systems")["systems"][system_id]
    parent = entry.get("inherits")
    return System(
        id=system_id,
        name=entry["name"],
        operator=entry["operator"],
        figures=section("systems", "systems", system_id, "figures"),
        assumptions=section(ASSUMPTIONS, "systems", system_id),
        inherits=None if parent == "generic" else parent,
        fires=entry.get("fires", True),
        round=_round(system_id),
    )


def system(system_id: str) -> System:
    """One system with its own published figures and, apart, its own assumptions.

    Raises
    ------
    CommandError
        If there is no such system; the message names the nearest.
    """
    _require_system(system_id)
    known = _system(system_id)
    return replace(known, figures=dict(known.figures), assumptions=dict(known.assumptions))


def _lineage(system_id: str) -> Iterator[str]:
    """The system, what it inherits from, and so on up to `generic`."""
    step: str | None = system_id
    while step is not None:
        yield step
        step = data("systems")["systems"][step].get("inherits")


def system_keys() -> tuple[str, ...]:
    """Keys that every firing system answers."""
    return tuple(data("keys")["systems"])


def _key_entry(key: str) -> Mapping[str, str]:
    keys = data("keys")
    for part in ("systems", "threats", "threats_ballistic", "threats_cruise"):
        if key in keys[part]:
            return dict(keys[part][key])
    return {}


def key_meaning(key: str) -> str:
    """What a simulation key means, in a few words; '' for a key that is only a published figure."""
    return _key_entry(key).get("meaning", "")


def key_unit(key: str) -> str:
    """Unit of a simulation key, as its suffix says; '' for a key that is only a published figure."""
    return _key_entry(key).get("unit", "")


def _own(system_id: str, key: str) -> Figure | None:
    """The figure or assumption of that name in the lineage of a system."""
    for step in _lineage(system_id):
        known = _system(step)
        found = known.figures.get(key) or known.assumptions.get(key)
        if found is not None:
            return found
    return None


@cache
def _value_of(system_id: str, key: str) -> Figure | None:
    for step in _lineage(system_id):
        rule = (data("systems")["systems"][step].get("answers") or {}).get(key)
        if rule is not None:
            origin = _own(system_id, rule["from"])
            return None if origin is None else answer(key, key_unit(key), rule, origin)
        known = _system(step)
        found = known.figures.get(key) or known.assumptions.get(key)
        if found is not None:
            return with_band(found)
    return None


def value_of(system_id: str, key: str) -> Figure:
    """A key of the simulation, or any published figure, of one system: from figures or assumptions, published first.

    Parameters
    ----------
    system_id : str
        One of ``system_ids()``.
    key : str
        One of ``system_keys()`` (in the unit that its suffix says) or the name of a figure of the system.

    Returns
    -------
    Figure
        For a simulation key low and high are always given; ``is_assumption`` tells where it comes from.

    Raises
    ------
    CommandError
        If the system or the key is unknown, or the system has no modelled weapons.

    >>> value_of("iron-dome", "reload_s").number
    1800.0
    """
    _require_system(system_id)
    found = _value_of(system_id, key)
    if found is not None:
        return found
    if not _system(system_id).fires:
        raise CommandError(f"`{system_id}` is a presence marker without modelled weapons: it has no `{key}`")
    names = {name for step in _lineage(system_id) for name in (*_system(step).figures, *_system(step).assumptions)}
    raise unknown(f"key of `{system_id}`", key, names | set(system_keys()))


# --- threats ---------------------------------------------------------------------------------------------------------


def threat_ids() -> tuple[str, ...]:
    """Ids of all threat classes (public types); scenarios use their groups."""
    return tuple(data("threats")["classes"])


def threat_groups() -> tuple[str, ...]:
    """Names of the threat groups that scenarios use."""
    return tuple(data("threats")["groups"])


@cache
def _threat(threat_id: str) -> ThreatClass:
    entry = data("threats")["classes"][threat_id]
    return ThreatClass(
        id=threat_id,
        group=entry["group"],
        name=entry["name"],
        figures=section("threats", "classes", threat_id, "figures"),
        assumptions=section(ASSUMPTIONS, "threat_classes", threat_id),
    )


def threat(threat_id: str) -> ThreatClass:
    """One threat class with its published figures and, apart, its assumptions.

    Raises
    ------
    CommandError
        If there is no such class; a group's name is answered with the classes in it.
    """
    if threat_id not in threat_ids():
        if threat_id in threat_groups():
            members = [name for name in threat_ids() if _threat(name).group == threat_id]
            raise CommandError(f"`{threat_id}` is a group; write one of its classes: {', '.join(members)}")
        raise unknown("threat class", threat_id, threat_ids())
    known = _threat(threat_id)
    return ThreatClass(known.id, known.group, known.name, dict(known.figures), dict(known.assumptions))


def _require_group(group: str) -> None:
    if group in threat_groups():
        return
    if group in threat_ids():
        raise CommandError(f"`{group}` is a class; write its group `{_threat(group).group}`")
    raise unknown("threat group", group, threat_groups())


def threat_keys(group: str) -> tuple[str, ...]:
    """Keys that a group answers: those of all threats and those of its kind."""
    _require_group(group)
    keys = data("keys")
    kind = data(ASSUMPTIONS)["threats"][group]["kind"]["value"]
    return (*keys["threats"], *keys[f"threats_{kind}"])


@cache
def _threat_value(group: str, key: str) -> Figure | None:
    rule = (data("threats")["groups"][group].get("answers") or {}).get(key)
    if rule is None:
        return section(ASSUMPTIONS, "threats", group).get(key)
    class_id, name = rule["from"].split(".")
    known = _threat(class_id)
    origin = known.figures.get(name) or known.assumptions.get(name)
    return None if origin is None else answer(key, key_unit(key), rule, origin)


def threat_value(group: str, key: str) -> Figure:
    """A key of the simulation for one threat group.

    Parameters
    ----------
    group : str
        One of ``threat_groups()``.
    key : str
        One of ``threat_keys(group)``; ``kind`` is text, the others numbers in the unit of their suffix.

    Raises
    ------
    CommandError
        If the group or the key is unknown, or the key belongs to the other kind.

    >>> threat_value("short-rocket", "range_max_km").number
    20.0
    """
    _require_group(group)
    found = _threat_value(group, key)
    if found is None:
        raise unknown(f"key of `{group}`", key, threat_keys(group))
    return with_band(found)


# --- warning, production, model --------------------------------------------------------------------------------------


def civil_warning() -> dict[str, Figure]:
    """Published figures of civil warning, by key."""
    return section("civil_warning", "figures") | section(ASSUMPTIONS, "civil_warning")


def production() -> dict[str, Figure]:
    """Figures of production and resupply, by key: published ones and assumptions."""
    return section("production", "figures") | section(ASSUMPTIONS, "production")


@cache
def _model() -> dict[str, Figure]:
    """Every model key: assumptions, and what the warning and production files answer."""
    found = section(ASSUMPTIONS, "model")
    for stem in _MODEL_FILES:
        figures = section(stem, "figures") | section(ASSUMPTIONS, stem)
        for key, rule in (data(stem).get("answers") or {}).items():
            origin = figures[rule["from"]]
            unit = rule.get("unit", origin.unit)
            found[key] = answer(key, unit, rule, origin)
    return found


def model_keys() -> tuple[str, ...]:
    """Keys of the assumptions about the model itself: raid, warning, people, stock."""
    return tuple(_model())


def model_value(key: str) -> Figure:
    """One assumption about the model itself.

    Raises
    ------
    CommandError
        If there is no such key; the message names the nearest.

    >>> model_value("built_up_share").band
    (0.24, 0.89)
    """
    found = _model().get(key)
    if found is None:
        raise unknown("model key", key, _model())
    return with_band(found)

"""Dotted keys: how a value inside a scenario is named.

``doctrine.salvo`` walks through mappings; ``batteries[b1].launchers`` picks the list item whose ``id`` is ``b1``; an
item without an id is picked by its place, ``depot.resupply[0].rounds``. A final ``+`` or ``-`` is an operator of an
override (see ``scenario/resolve.py``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from opendome.base.errors import nearest_name

__all__ = ["Item", "Path", "Steps", "dotted", "find", "item_index", "parse_key"]

Path = tuple[str | int, ...]
"""Where a value stands: keys of mappings and places in lists, from the outside in."""


@dataclass(frozen=True)
class Item:
    """A list item by its id, or by its place."""

    name: str


Steps = tuple[str | Item, ...]
"""A dotted key, taken apart."""

_SEGMENT = re.compile(r"([^.\[\]+]+)((?:\[[^\[\]]+\])*)")
_BRACKET = re.compile(r"\[([^\[\]]+)\]")


def dotted(path: Sequence[str | int], data: Any = None) -> str:
    """Write a path as a dotted key; list items by their id where ``data`` shows one, else by their place."""
    text, here = "", data
    for step in path:
        if isinstance(step, str):
            text = f"{text}.{step}" if text else step
            here = here.get(step) if isinstance(here, dict) else None
        else:
            here = here[step] if isinstance(here, list) and step < len(here) else None
            name = here.get("id") if isinstance(here, dict) else None
            text += f"[{name if isinstance(name, str) else step}]"
    return text


def parse_key(key: str) -> tuple[Steps, str]:
    """Take a dotted key apart.

    Returns
    -------
    (steps, operator)    operator is '', '+' or '-'

    Raises
    ------
    ValueError
        Not a dotted key.
    """
    operator = key[-1] if key and key[-1] in "+-" else ""
    body = key[: len(key) - len(operator)]
    steps: list[str | Item] = []
    position = 0
    while position < len(body):
        match = _SEGMENT.match(body, position)
        if match is None:
            break
        steps.append(match[1])
        steps.extend(Item(name) for name in _BRACKET.findall(match[2]))
        position = match.end()
        if position == len(body):
            return tuple(steps), operator
        if body[position] != ".":
            break
        position += 1
    raise ValueError("not a dotted key such as `doctrine.salvo` or `batteries[b1].launchers`")


def item_index(items: list[Any], name: str) -> int | None:
    """Place of the item whose id is ``name``, or whose place is ``name`` in a list without ids; None if none is."""
    ids = [item.get("id") if isinstance(item, dict) else None for item in items]
    if name in ids:
        return ids.index(name)
    if name.isascii() and name.isdigit() and len(name) < 9 and int(name) < len(items) and ids[int(name)] is None:
        return int(name)
    return None


def find(data: Any, key: str) -> Any:
    """Value at a dotted key.

    Raises
    ------
    KeyError
        Nothing stands there; the message offers the nearest key.
    """
    steps, _ = parse_key(key)
    here = data
    for step in steps:
        if isinstance(step, Item):
            index = item_index(here, step.name) if isinstance(here, list) else None
            if index is None:
                raise KeyError(missing_item(here, step.name))
            here = here[index]
        elif isinstance(here, dict) and step in here:
            here = here[step]
        else:
            hint = nearest_name(step, here) if isinstance(here, dict) else ""
            raise KeyError(f"there is no `{step}` here" + (f": {hint}" if hint else ""))
    return here


def missing_item(here: Any, name: str) -> str:
    """Say that a list has no such item, and offer the nearest id."""
    if not isinstance(here, list):
        return f"[{name}] picks an item of a list, but this is not a list"
    ids = [item["id"] for item in here if isinstance(item, dict) and isinstance(item.get("id"), str)]
    hint = nearest_name(name, ids)
    known = f"ids are {', '.join(ids[:8])}" if ids else f"the list has {len(here)} items without ids"
    return f"no item [{name}]: {hint or known}"

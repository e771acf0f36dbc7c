"""How a scenario's values come about, and how two scenarios differ.

Precedence, weakest first:

1. the **catalogue** answers what nobody says (such values stay null in a resolved scenario; the catalogue's version is
   recorded beside it);
2. the **scenario file**, its gaps filled with the schema's defaults;
3. the overrides of an **alternative**;
4. overrides of the **call** (``scenario.override({...})``) or of the command line (``--set``).

An override names a value by a dotted key (``scenario/paths.py``) and ends in an operator:

=============================  ====================================================================================
``depot.rounds: 5000``         replace (a mapping or list as a whole)
``batteries+: [{...}]``        append items to a list
``depot+: {rounds: 9}``        merge into a mapping: keys given replace, keys not given stay; keys inside may end in
                               an operator themselves
``depot.rounds+: 312``         add to a number
``batteries-: [b1, b2]``       take items out of a list by id (or by value), or keys out of a mapping
``doctrine.reserve_share-:``   take a key out altogether: its default returns
``batteries[b1].launchers: 4`` edit the list item whose id is b1; without ids, ``depot.resupply[0].rounds``
=============================  ====================================================================================

Overrides of one mapping are applied in the order in which they are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from opendome.base.errors import Problem, ScenarioError, nearest_name
from opendome.scenario.paths import Item, Steps, item_index, missing_item, parse_key

__all__ = ["ABSENT", "apply_overrides", "diff"]

ABSENT = "(absent)"
"""Stands in a difference for what one of two scenarios does not have."""


class _OverrideError(ValueError):
    """An override that cannot be applied: what is wrong, and the cure."""

    def __init__(self, what: str, cure: str = "") -> None:
        super().__init__(what)
        self.cure = cure


def apply_overrides(data: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Apply overrides to plain data.

    Parameters
    ----------
    data : mapping         a resolved scenario as plain data; stays as it is, and is shared where nothing changes
    overrides : mapping    dotted key with operator -> value

    Returns
    -------
    dict                   a changed copy

    Raises
    ------
    ScenarioError
        With one problem for each override that cannot be applied; ``key`` is the override's own.

    >>> apply_overrides({"depot": {"rounds": 400}}, {"depot.rounds+": 312})
    {'depot': {'rounds': 712}}
    """
    changed = dict(data)
    copied: set[str] = set()
    problems = []
    for key, value in overrides.items():
        try:
            _copy_section(changed, key, copied)
            _apply(changed, key, value)
        except _OverrideError as error:
            problems.append(Problem(str(error), key=str(key), cure=error.cure))
    if problems:
        raise ScenarioError(problems)
    return changed


def _copy_section(data: dict[str, Any], key: Any, copied: set[str]) -> None:
    """Copy the outermost part that an override reaches into, once."""
    section = re.split(r"[.\[+-]", str(key), maxsplit=1)[0]
    if section in data and section not in copied:
        data[section] = deepcopy(data[section])
        copied.add(section)


def _apply(data: dict[str, Any], key: str, value: Any) -> None:
    if not isinstance(key, str):
        raise _OverrideError("an override's key must be text", "write `dotted.key: value`")
    try:
        steps, operator = parse_key(key)
    except ValueError as error:
        raise _OverrideError(str(error)) from None
    holder = _walk(data, steps[:-1])
    last = steps[-1]
    value = deepcopy(value)
    if isinstance(last, Item):
        _apply_to_item(holder, last.name, operator, value)
    elif not isinstance(holder, dict):
        raise _OverrideError(f"`{last}` is looked for in something that has no keys", _item_cure(holder, last))
    elif operator == "+":
        _add(holder, last, value)
    elif operator == "-":
        _remove(holder, last, value)
    else:
        holder[last] = value


def _walk(data: Any, steps: Steps) -> Any:
    """Walk to the value that holds the last step; a key that is absent or null becomes an empty mapping."""
    here = data
    for step in steps:
        if isinstance(step, Item):
            here = here[_index(here, step.name)]
            continue
        if not isinstance(here, dict):
            raise _OverrideError(f"`{step}` is looked for in something that has no keys", _item_cure(here, step))
        if here.get(step) is None:
            here[step] = {}
        here = here[step]
    return here


def _index(here: Any, name: str) -> int:
    index = item_index(here, name) if isinstance(here, list) else None
    if index is None:
        raise _OverrideError(missing_item(here, name))
    return index


def _item_cure(here: Any, step: str) -> str:
    if not isinstance(here, list):
        return ""
    ids = [item["id"] for item in here if isinstance(item, dict) and isinstance(item.get("id"), str)]
    return f"pick the item first: `[{ids[0] if ids else 0}].{step}`" if here else "the list is empty"


def _apply_to_item(holder: Any, name: str, operator: str, value: Any) -> None:
    index = _index(holder, name)
    if operator == "-":
        _only_null(value, f"[{name}]-")
        del holder[index]
    elif operator == "+":
        slot = {"item": holder[index]}
        _add(slot, "item", value)
        holder[index] = slot["item"]
    else:
        holder[index] = value


def _add(holder: dict[str, Any], key: str, value: Any) -> None:
    """Append to a list, merge into a mapping, add to a number."""
    old = holder.get(key)
    if isinstance(value, list) and (old is None or isinstance(old, list)):
        holder[key] = [*(old or []), *value]
    elif isinstance(value, dict) and (old is None or isinstance(old, dict)):
        holder[key] = _merged(old or {}, value)
    elif _is_number(value) and _is_number(old):
        holder[key] = old + value
    elif isinstance(old, list):
        raise _OverrideError("only a list can be appended to a list", "put the item in brackets: [...]")
    elif old is None and _is_number(value):
        cure = f"write `{key}: N` to replace it"
        raise _OverrideError("there is no number here to add to: the catalogue's figure is used", cure)
    else:
        what = f"{_kind(value)} cannot be added to {_kind(old)}"
        raise _OverrideError(what, f"write `{key}:` without + to replace it")


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged = deepcopy(old)
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merged(merged[key], value)
        elif key and key[-1] in "+-" and key not in merged:
            _apply(merged, key, value)
        else:
            merged[key] = value
    return merged


def _remove(holder: dict[str, Any], key: str, value: Any) -> None:
    """Take items out of a list, keys out of a mapping, or the key itself."""
    if key not in holder:
        raise _OverrideError(f"there is no `{key}` to take away", nearest_name(key, holder))
    old = holder[key]
    names = value if isinstance(value, list) else [value]
    if value is None:
        del holder[key]
    elif isinstance(old, list):
        for name in names:
            _remove_item(old, name)
    elif isinstance(old, dict):
        for name in names:
            if not isinstance(name, str) or name not in old:
                raise _OverrideError(f"there is no `{name}` to take away", nearest_name(str(name), old))
            del old[name]
    elif _is_number(value) and _is_number(old):
        raise _OverrideError("- takes keys away; it does not subtract", f"add a negative number: `{key}+: {-value}`")
    else:
        raise _OverrideError(
            "this key has nothing inside to take away", f"write `{key}-:` alone to bring its default back"
        )


def _remove_item(items: list[Any], name: Any) -> None:
    if name in items:
        items.remove(name)
        return
    if not isinstance(name, str):
        raise _OverrideError(f"no item {name!r} to take away", "give the ids of items")
    ids = [item.get("id") if isinstance(item, dict) else None for item in items]
    if name not in ids:
        raise _OverrideError(missing_item(items, name))
    del items[ids.index(name)]


def _only_null(value: Any, key: str) -> None:
    if value is not None:
        raise _OverrideError("an item is taken away as a whole", f"write `{key}:` with nothing after it")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a truth value"
    if _is_number(value):
        return "a number"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def diff(a: Any, b: Any) -> list[tuple[str, Any, Any]]:
    """List where two resolved scenarios differ.

    Parameters
    ----------
    a, b : Scenario or plain data

    Returns
    -------
    list of (key, value in a, value in b)
        In the order of a's keys, then of b's. Items of lists are compared by id; what one side lacks is ``ABSENT``.

    >>> diff({"depot": {"rounds": 400}}, {"depot": {"rounds": 712}})
    [('depot.rounds', 400, 712)]
    """
    return list(_differences("", getattr(a, "data", a), getattr(b, "data", b)))


def _differences(key: str, a: Any, b: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(a, dict) and isinstance(b, dict):
        names = [*a, *(name for name in b if name not in a)]
        found = []
        for name in names:
            found += _differences(f"{key}.{name}" if key else str(name), a.get(name, ABSENT), b.get(name, ABSENT))
        return found
    by_id_a, by_id_b = _by_id(a), _by_id(b)
    if by_id_a is not None and by_id_b is not None and (by_id_a or by_id_b):
        found = []
        for name in [*by_id_a, *(name for name in by_id_b if name not in by_id_a)]:
            found += _differences(f"{key}[{name}]", by_id_a.get(name, ABSENT), by_id_b.get(name, ABSENT))
        order_a = [name for name in by_id_a if name in by_id_b]
        order_b = [name for name in by_id_b if name in by_id_a]
        return found if order_a == order_b else [*found, (f"{key} (order)", order_a, order_b)]
    is_same = a == b and isinstance(a, bool) == isinstance(b, bool)
    return [] if is_same else [(key, a, b)]


def _by_id(items: Any) -> dict[str, Any] | None:
    """Items of a list by their ids; None if it is no list of items that each have an id of their own."""
    if not isinstance(items, list):
        return None
    ids = [item.get("id") if isinstance(item, dict) else None for item in items]
    if any(not isinstance(name, str) for name in ids) or len(set(ids)) < len(ids):
        return None
    return {str(name): item for name, item in zip(ids, items, strict=True)}

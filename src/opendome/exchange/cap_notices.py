"""Which messages tell the alerts of a run: alerts, updates that prolong or restate them, and cancellations.

An area that is alerted expects its alert to last the scenario's stay. If a later track prolongs it, or it is alerted
again while it lasts, an update says so; if it ends before, a cancellation does. In CAP an update takes the place of the
messages it refers to as a whole, so that it says again what of them is still in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, NamedTuple

__all__ = ["Notice", "notices_of"]

_SAME_S = 1e-6


class Notice(NamedTuple):
    """One message: its moment [s], ``Alert``, ``Update`` or ``Cancel``, and the numbers of messages that it replaces.

    ``until_s`` holds the end of each area's alert that is in force by it; ``ended`` areas whose alert ends with it.
    """

    t_s: float
    kind: str
    replaces: tuple[int, ...]
    until_s: dict[str, float]
    ended: tuple[str, ...]


class _Event(NamedTuple):
    """An alert, ``row`` of the table, begins or is prolonged until ``until_s``, or ends early, at ``t_s``."""

    t_s: float
    area_id: str
    row: int
    until_s: float


def notices_of(rows: Iterable[dict[str, Any]], stay_s: float) -> list[Notice]:
    """Messages that tell the rows of the table ``warnings``, in order of time.

    Parameters
    ----------
    rows : dicts with ``t_s``, ``area_id`` and ``t_end_s``
    stay_s : float      how long an alert lasts unless something else is said [s]
    """
    notices: list[Notice] = []
    holder: dict[str, int] = {}
    ends: dict[str, dict[int, float]] = {}
    for t_s, group in groupby(sorted(_events(rows, stay_s)), key=lambda event: event.t_s):
        told_s = {area_id: notices[i].until_s[area_id] for area_id, i in holder.items()}
        told_s = {area_id: until for area_id, until in told_s.items() if until > t_s}
        changed = _changed(group, ends, told_s)
        until_s = {area_id: until for area_id, until in changed.items() if until > t_s}
        ended = tuple(area_id for area_id in changed if area_id in told_s and area_id not in until_s)
        replaces = {holder[area_id] for area_id in changed if area_id in told_s}
        for area_id in sorted(told_s):
            if holder[area_id] in replaces and area_id not in changed:
                until_s[area_id] = told_s[area_id]
        if not until_s and not ended:
            continue
        kind = "Alert" if not replaces else "Update" if until_s else "Cancel"
        holder |= dict.fromkeys(until_s, len(notices))
        for area_id in ended:
            del holder[area_id]
        notices.append(Notice(t_s, kind, tuple(sorted(replaces)), until_s, ended))
    return notices


def _changed(group: Iterable[_Event], ends: dict[str, dict[int, float]], told_s: dict[str, float]) -> dict[str, float]:
    """Ends of the areas of which something is to be said now; ``ends`` of every alert so far is brought up to date.

    An area is under alert as long as any of its alerts lasts. An alert raised anew is always said, another change only
    where it moves the end that was told.
    """
    raised, met = set(), dict[str, None]()
    for event in group:
        mine = ends.setdefault(event.area_id, {})
        met[event.area_id] = None
        if event.row not in mine:
            raised.add(event.area_id)
        mine[event.row] = event.until_s
    last_s = {area_id: max(ends[area_id].values()) for area_id in met}
    return {area_id: end_s for area_id, end_s in last_s.items() if area_id in raised or end_s != told_s.get(area_id)}


def _events(rows: Iterable[dict[str, Any]], stay_s: float) -> list[_Event]:
    """What happens to each alert."""
    events = []
    for i, row in enumerate(rows):
        area_id, begins_s, ends_s = row["area_id"], row["t_s"], row["t_end_s"]
        events.append(_Event(begins_s, area_id, i, begins_s + stay_s))
        if ends_s > begins_s + stay_s + _SAME_S:
            # Said with the last track, and no later than the end that was said before.
            events.append(_Event(min(ends_s, begins_s + 2.0 * stay_s) - stay_s, area_id, i, ends_s))
        elif ends_s < begins_s + stay_s - _SAME_S:
            events.append(_Event(ends_s, area_id, i, ends_s))
    return events

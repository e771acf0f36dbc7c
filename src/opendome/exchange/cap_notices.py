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
    """An area's alert begins or is prolonged until ``until_s``, or ends (``until_s`` at ``t_s``)."""

    t_s: float
    area_id: str
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
    for t_s, group in groupby(sorted(_events(rows, stay_s)), key=lambda event: event.t_s):
        in_force = {area_id for area_id, i in holder.items() if notices[i].until_s[area_id] > t_s}
        events = list(group)
        until_s = {event.area_id: event.until_s for event in events if event.until_s > t_s}
        ended = tuple(event.area_id for event in events
                      if event.area_id in in_force and event.area_id not in until_s)  # fmt: skip
        replaces = {holder[area_id] for area_id in (*until_s, *ended) if area_id in in_force}
        for area_id in sorted(in_force):
            if holder[area_id] in replaces and area_id not in ended and area_id not in until_s:
                until_s[area_id] = notices[holder[area_id]].until_s[area_id]
        if not until_s and not ended:
            continue
        kind = "Alert" if not replaces else "Update" if until_s else "Cancel"
        holder |= dict.fromkeys(until_s, len(notices))
        for area_id in ended:
            del holder[area_id]
        notices.append(Notice(t_s, kind, tuple(sorted(replaces)), until_s, ended))
    return notices


def _events(rows: Iterable[dict[str, Any]], stay_s: float) -> list[_Event]:
    """What happens to the alerts of each area."""
    events = []
    by_area: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_area.setdefault(row["area_id"], []).append(row)
    for area_id, alerts in by_area.items():
        for row, following in zip(alerts, [*alerts[1:], None], strict=True):
            begins_s, ends_s = row["t_s"], row["t_end_s"]
            events.append(_Event(begins_s, area_id, begins_s + stay_s))
            if ends_s > begins_s + stay_s + _SAME_S:
                # Said with the last track, and no later than the end that was said before.
                events.append(_Event(min(ends_s, begins_s + 2.0 * stay_s) - stay_s, area_id, ends_s))
            elif ends_s < begins_s + stay_s - _SAME_S and (following is None or following["t_s"] > ends_s):
                events.append(_Event(ends_s, area_id, ends_s))
    return events

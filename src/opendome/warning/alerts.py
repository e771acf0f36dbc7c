"""Who is warned, when: zones that meet the impact ellipse are alerted once a track is old enough to be believed.

An alert sounds after the delays of decision and message and keeps people in shelter for a stated time, or until a
stated time after the predicted impact; every later assessment that meets the zone extends it, and one that does not may
call it off. Alerts of one area closer together than the merge time
count as one. Alerts follow the picture alone; impacts are compared with them afterwards.

Left out: alerts called off when an interception succeeds, alerts of wrong classes, the time a siren takes to be heard.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.types import MAX_AREAS_PER_ASSESSMENT

from .zones import (
    AS_OTHERS,
    EACH_AREA,
    LevelRule,
    Zones,
    is_own_rule,
    is_zone_met,
    least_chance,
    new_zone_room,
    zones_met,
)

__all__ = ["ALERT", "WarningModel", "collect_alerts", "hold_s"]

# One alert of one area, and when it ends unless another extends it; is_first: not merged with the one before.
ALERT = np.dtype(
    [
        ("t_s", np.float64),
        ("t_end_s", np.float64),
        ("i_area", np.int32),
        ("i_track", np.int32),
        ("i_row", np.int64),
        ("is_first", np.int8),
    ],
    align=True,
)

_NONE_PLACED, _NEVER_OFF = np.zeros(0, ALERT), np.zeros((0, 2))


class WarningModel(NamedTuple):
    """The alert rule. ``is_ellipse``: zones that meet the ellipse; else zones whose P(hit) passes ``p_area_min``.

    ``placed`` (n,) of ALERT: alerts that a person orders, by the time at which they sound; ``off_s`` (k, 2): times
    between which the rule orders none, and calls none off. ``is_called_off``: an alert ends once a later assessment of
    its track no longer meets its zone. ``all_clear_s``: people leave shelter this long after the predicted impact; not
    a number where they stay ``stay_s``.
    """

    is_ellipse: bool
    p_area_min: float
    wait_s: float
    message_delay_s: float
    stay_s: float
    merge_s: float
    p_shelter_max: float
    placed: np.ndarray = _NONE_PLACED
    off_s: np.ndarray = _NEVER_OFF
    decision_delay_s: float = 0.0
    is_called_off: bool = False
    all_clear_s: float = math.nan
    zones: Zones = EACH_AREA
    level: LevelRule = AS_OTHERS


@kernel
def hold_s(model):
    """Longest time from an assessment to an alert that it leads to [s]."""
    wait_s = max(model.wait_s, model.level.wait_s) if len(model.level.is_level) > 0 else model.wait_s
    return wait_s + model.decision_delay_s + model.message_delay_s


@kernel
def _alert_time_s(model, track, rows, i_row):
    """When the assessment leads to alerts: not before the track is old enough; infinity if a later one comes first."""
    wait_s = model.level.wait_s if is_own_rule(model.level, track) else model.wait_s
    t_s = max(rows[i_row].t_s, track.t_first_plot_s + wait_s)
    is_last = rows[i_row].ordinal == track.n_assessments - 1
    if not is_last and rows[i_row + 1].t_s <= t_s:
        return math.inf
    if t_s >= rows[i_row].t_impact_s:
        return math.inf
    return t_s + model.decision_delay_s + model.message_delay_s


@inlined_kernel
def _is_off(model, t_s):
    """Whether a person has switched the rule off at a time."""
    is_off = False
    for k in range(len(model.off_s)):
        is_off |= model.off_s[k, 0] <= t_s < model.off_s[k, 1]
    return is_off


@allocating_kernel
def _with_placed(model, alerts, t_from_s, until_s):
    """Alerts of the rule and those that a person placed, in time order; at equal times the rule's come first."""
    is_due = (model.placed["t_s"] >= t_from_s) & (model.placed["t_s"] < until_s)
    placed = model.placed[is_due]
    merged, i, j = np.zeros(len(alerts) + len(placed), ALERT), 0, 0
    for k in range(len(merged)):
        if j == len(placed) or (i < len(alerts) and alerts[i].t_s <= placed[j].t_s):
            merged[k] = alerts[i]
            i += 1
        else:
            merged[k] = placed[j]
            j += 1
    return merged


@inlined_kernel
def _planned_end_s(model, row, t_s):
    """When an alert that sounds at a time ends, unless it is extended or called off."""
    return t_s + model.stay_s if math.isnan(model.all_clear_s) else max(t_s, row.t_impact_s + model.all_clear_s)


@kernel
def _called_off_s(model, track, rows, areas, p_areas, is_inside, i_row, i_area):
    """When the alert of an area's zone is called off: by the first later assessment that no longer meets it."""
    for later in range(i_row + 1, i_row + track.n_assessments - rows[i_row].ordinal):
        t_s = rows[later].t_s + model.decision_delay_s
        if not _is_off(model, t_s) and not is_zone_met(
            model, track, rows[later].n_areas, areas[later], p_areas[later], is_inside[later], i_area
        ):
            return t_s + model.message_delay_s
    return math.inf


@allocating_kernel
def _due_rows(model, tracks, rows, t_from_s, until_s):
    """Rows that lead to alerts in a stretch of time, and when, in the order of these times."""
    # They arrive nearly sorted, so insertion is cheap.
    t_rows_s, due, n = np.empty(len(rows)), np.empty(len(rows), np.int64), 0
    for i_row in range(len(rows)):
        if rows[i_row].n_areas == 0:
            continue
        t_s = _alert_time_s(model, tracks[rows[i_row].i_track], rows, i_row)
        if not (t_from_s <= t_s < min(until_s, math.inf)) or _is_off(model, t_s - model.message_delay_s):
            continue
        j = n
        while j > 0 and t_rows_s[j - 1] > t_s:
            t_rows_s[j], due[j] = t_rows_s[j - 1], due[j - 1]
            j -= 1
        t_rows_s[j], due[j] = t_s, i_row
        n += 1
    return t_rows_s[:n], due[:n]


@allocating_kernel
def _alerts_by_area(model, tracks, rows, areas, p_areas, is_inside, t_rows_s, due):
    """Alerts of rows where every area is a zone by itself."""
    n = 0
    for j in range(len(due)):
        n += rows[due[j]].n_areas
    alerts, n = np.zeros(n, ALERT), 0
    for j in range(len(due)):
        i_row, t_s = due[j], t_rows_s[j]
        track = tracks[rows[i_row].i_track]
        p_min, is_ellipse = least_chance(model, track)
        planned_s = _planned_end_s(model, rows[i_row], t_s)
        for k in range(rows[i_row].n_areas):
            if p_areas[i_row, k] < p_min or (is_ellipse and is_inside[i_row, k] == 0):
                continue
            alert = alerts[n]
            alert.t_s, alert.t_end_s, alert.i_area = t_s, planned_s, areas[i_row, k]
            alert.i_track, alert.i_row = rows[i_row].i_track, i_row
            n += 1
    return alerts[:n]


@kernel
def _write_zone(zones, z, t_s, planned_s, i_track, i_row, alerts, n):
    """Write alerts of every area of a zone from place n on; the next place."""
    for m in range(zones.first[z], zones.first[z + 1]):
        alert = alerts[n]
        alert.t_s, alert.t_end_s, alert.i_area = t_s, planned_s, zones.members[m]
        alert.i_track, alert.i_row = i_track, i_row
        n += 1
    return n


@allocating_kernel
def _alerts_by_zone(model, tracks, rows, areas, p_areas, is_inside, t_rows_s, due):
    """Alerts of rows where zones hold several areas: every area of a zone that is met."""
    room, zones = new_zone_room(), model.zones
    met, n_met, n = np.empty((len(due), MAX_AREAS_PER_ASSESSMENT), np.int64), np.empty(len(due), np.int64), 0
    for j in range(len(due)):
        i, row = due[j], rows[due[j]]
        n_met[j] = zones_met(model, tracks[row.i_track], row.n_areas, areas[i], p_areas[i], is_inside[i], room)
        met[j] = room.zones
        for k in range(n_met[j]):
            n += zones.first[met[j, k] + 1] - zones.first[met[j, k]]
    alerts, n = np.zeros(n, ALERT), 0
    for j in range(len(due)):
        row = rows[due[j]]
        planned_s = _planned_end_s(model, row, t_rows_s[j])
        for k in range(n_met[j]):
            n = _write_zone(zones, met[j, k], t_rows_s[j], planned_s, row.i_track, due[j], alerts, n)
    return alerts


@allocating_kernel
def _call_off(model, tracks, rows, areas, p_areas, is_inside, alerts):
    """Let alerts end where a later assessment of their track no longer meets their zone."""
    for alert in alerts:
        track = tracks[alert.i_track]
        off_s = _called_off_s(model, track, rows, areas, p_areas, is_inside, alert.i_row, alert.i_area)
        alert.t_end_s = min(alert.t_end_s, off_s)


@allocating_kernel
def collect_alerts(
    model: WarningModel, tracks, rows, areas, p_areas, is_inside, t_from_s: float, until_s: float
) -> np.ndarray:
    """Alerts that sound from ``t_from_s`` on and before ``until_s``, in time order: (n,) of ALERT.

    Parameters
    ----------
    tracks (m,) of TRACK, rows (k,) of ASSESSMENT, areas, p_areas, is_inside (k, 16): a Picture

    Alerts that a person placed have ``i_track`` and ``i_row`` -1.
    """
    t_rows_s, due = _due_rows(model, tracks, rows, t_from_s, until_s)
    if len(model.zones.members) == 0:
        alerts = _alerts_by_area(model, tracks, rows, areas, p_areas, is_inside, t_rows_s, due)
    else:
        alerts = _alerts_by_zone(model, tracks, rows, areas, p_areas, is_inside, t_rows_s, due)
    if model.is_called_off:
        _call_off(model, tracks, rows, areas, p_areas, is_inside, alerts)
    return alerts if len(model.placed) == 0 else _with_placed(model, alerts, t_from_s, until_s)

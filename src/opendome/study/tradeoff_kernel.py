"""People warned in time against people alerted for nothing, counted from raid and picture alone.

Alerts follow the picture, so no battle is needed. Zones take the place of areas: an assessment's chances are added up
by zone, alerts are collected of zones by the rule of `warning.alerts`, and people are counted by area: a person is
alerted for nothing where nothing comes down in the person's own area while the alert lasts.

Left out: interceptions, which call no alert off; alerts by hand.
"""

from __future__ import annotations

import numpy as np

from opendome.base.kernels import allocating_kernel, kernel
from opendome.warning.alerts import WarningModel

__all__ = ["COLUMNS", "by_zone", "count_people"]

COLUMNS = ("threatened_people", "in_time_people", "needless_people", "person_minutes")
"""What is counted of one campaign under one rule: people of areas where something would come down, once for each
object; of these, those alerted at least the official time to shelter before; people alerted whose area nothing came
down in; person-minutes in shelter."""


@allocating_kernel
def by_zone(zone_of_area, p_area_min: float, rows, areas, p_areas, is_inside) -> tuple:
    """The picture with zones in the place of areas: chances added up, inside where one of the areas is.

    Parameters
    ----------
    zone_of_area (n_areas,), rows (k,) of ASSESSMENT, areas, p_areas, is_inside (k, 16)
    p_area_min : chance below which an area inside the ellipse does not count

    Returns
    -------
    rows (k,), zones, p_zones, is_inside (k, 16)
    """
    rows = rows.copy()
    zones, p_zones = np.zeros(areas.shape, np.int16), np.zeros(areas.shape, np.float32)
    inside = np.zeros(areas.shape, np.int8)
    for r in range(len(rows)):
        n = 0
        for k in range(rows[r].n_areas):
            zone, slot = zone_of_area[areas[r, k]], 0
            while slot < n and zones[r, slot] != zone:
                slot += 1
            if slot == n:
                zones[r, n] = zone
                n += 1
            p_zones[r, slot] += p_areas[r, k]
            if is_inside[r, k] == 1 and p_areas[r, k] >= p_area_min:
                inside[r, slot] = 1
        rows[r].n_areas = n
    return rows, zones, p_zones, inside


@kernel
def _sound(model, alert, people, t_start_s, t_until_s, t_last_s, group, counts):
    """One alert of a zone goes off."""
    z, t_s, until_s = alert.i_area, alert.t_s, alert.t_end_s
    if t_s - t_last_s[z] > model.merge_s:
        group[z] += 1
        counts[2] += people[z]
    if t_s > t_until_s[z]:
        t_start_s[z] = t_s
    if until_s > t_until_s[z]:
        counts[3] += (until_s - max(t_s, t_until_s[z])) * people[z] * model.p_shelter_max / 60.0
        t_until_s[z] = until_s
    t_last_s[z] = t_s


@allocating_kernel
def count_people(
    model: WarningModel, alerts: np.ndarray, zone_of_area: np.ndarray, areas: np.ndarray, t_impact_s, impact_area
) -> np.ndarray:
    """Count people of one campaign.

    Parameters
    ----------
    alerts (n,) of ALERT, of zones, in time order; zone_of_area (n_areas,); areas (n_areas,) of AREA
    t_impact_s, impact_area (m,) in time order

    Returns
    -------
    counts (4,) as in ``COLUMNS``
    """
    n_zones = zone_of_area.max() + 1
    t_start_s, t_until_s = np.full(n_zones, -np.inf), np.full(n_zones, -np.inf)
    t_last_s, group, needed = np.full(n_zones, -np.inf), np.zeros(n_zones, np.int64), np.zeros(len(areas), np.int64)
    people, counts, k = np.zeros(n_zones), np.zeros(4), 0
    for i in range(len(areas)):
        people[zone_of_area[i]] += areas[i].population
    for j in range(len(t_impact_s)):
        while k < len(alerts) and alerts[k].t_s <= t_impact_s[j]:
            _sound(model, alerts[k], people, t_start_s, t_until_s, t_last_s, group, counts)
            k += 1
        i = impact_area[j]
        z, area = zone_of_area[i], areas[i]
        counts[0] += area.population
        if t_impact_s[j] > t_until_s[z]:
            continue
        if t_impact_s[j] - t_start_s[z] >= area.time_to_shelter_s:
            counts[1] += area.population
        if needed[i] != group[z]:
            needed[i] = group[z]
            counts[2] -= area.population
    while k < len(alerts):
        _sound(model, alerts[k], people, t_start_s, t_until_s, t_last_s, group, counts)
        k += 1
    return counts

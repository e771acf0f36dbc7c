"""Distances of alert areas from a launch area's outline, and where one class of time gives way to the next."""

from __future__ import annotations

import numpy as np

from opendome.base.frames import geodetic_to_enu
from opendome.places.alert_areas import AlertAreas
from opendome.scenario.compile import origin_of
from opendome.scenario.compile_raid import distance_to_launch_areas_m, launch_polygons
from opendome.scenario.scenario import Scenario

__all__ = ["best_cut_km", "outline_distance_km"]


def outline_distance_km(scenario: Scenario, areas: AlertAreas) -> np.ndarray:
    """Distance of each area's centre from the nearest launch area's outline, (n,) [km]; 0 for a centre inside it.

    Measured in the scenario's local plane: off by less than 0.1 % within 100 km of its origin.
    """
    origin = origin_of(scenario)
    east, north, _ = geodetic_to_enu(origin, areas.lat_deg, areas.lon_deg)
    points = np.stack([east, north], axis=1)
    return distance_to_launch_areas_m(points, launch_polygons(scenario.model.threats.raid, origin)) / 1e3


def best_cut_km(distance_km: np.ndarray, is_farther: np.ndarray) -> float:
    """Distance that separates the nearer (False) from the farther class with fewest areas on the wrong side.

    Parameters
    ----------
    distance_km, is_farther (n,)

    Returns
    -------
    The middle between the two neighbouring areas; of equal cuts the middle one.

    >>> best_cut_km(np.array([1.0, 2.0, 3.0, 5.0]), np.array([False, False, True, True]))
    2.5
    """
    order = np.argsort(distance_km, kind="stable")
    farther = is_farther[order]
    n_wrong = np.concatenate([[0], np.cumsum(farther)]) + farther.size - farther.sum()
    n_wrong = n_wrong - np.concatenate([[0], np.cumsum(~farther)])
    best = np.flatnonzero(n_wrong == n_wrong.min())
    sorted_km = np.concatenate([[0.0], distance_km[order], [distance_km.max()]])
    k = int(best[len(best) // 2])
    return float((sorted_km[k] + sorted_km[k + 1]) / 2)

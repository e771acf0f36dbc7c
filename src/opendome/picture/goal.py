"""Where a cruising object may be going, as the picture tells it: its heading against the areas, a chance for each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, kernel
from opendome.base.types import MAX_AREAS_PER_ASSESSMENT
from opendome.tracking.cone import ConeRules, cone_mean, heading_cone

__all__ = ["GoalRoom", "Goals", "assess_goal", "new_goal_room"]


class Goals(NamedTuple):
    """Candidates of the heading cone: ``cone`` its rules; ``east_m``, ``north_m``, ``people`` (n_areas,)."""

    cone: ConeRules
    east_m: np.ndarray
    north_m: np.ndarray
    people: np.ndarray


class GoalRoom(NamedTuple):
    """Working arrays of one assessment: candidates, their chances and impacts, and the mixture's moments."""

    areas: np.ndarray
    p: np.ndarray
    impacts: np.ndarray
    mean: np.ndarray


@allocating_kernel
def new_goal_room():
    """Working arrays of ``assess_goal``."""
    most = MAX_AREAS_PER_ASSESSMENT
    return GoalRoom(np.zeros(most, np.int64), np.zeros(most), np.zeros((most, 6)), np.zeros(6))


@kernel
def assess_goal(model, mean, cov, t_s, room, casualty_area_m2, row, areas, p_areas, is_inside):
    """Goal of a cruising object by its heading: mean, covariance, time, and P(hit) of each candidate area.

    ``mean`` (6,) at least, ``cov`` (6, 6) at least hold the estimate. P(hit) of an area is its chance of being the
    goal; the warning takes the likeliest candidates that together hold ``ellipse_content`` of that chance. False where
    there is no candidate.
    """
    goals = model.goals
    n = heading_cone(
        goals.cone, mean, cov, t_s, goals.east_m, goals.north_m, goals.people, room.areas, room.p, room.impacts
    )
    if n == 0:
        return False
    cone_mean(room.p, room.impacts, n, room.mean)
    row.t_impact_s, row.mean_east_m, row.mean_north_m = room.mean[0], room.mean[1], room.mean[2]
    row.var_east_m2, row.cov_m2, row.var_north_m2 = room.mean[3], room.mean[4], room.mean[5]
    row.now_east_m, row.now_north_m = mean[0], mean[1]
    total, gone = 0.0, 0.0
    for k in range(n):
        total += room.p[k]
    row.n_areas, row.p_any, row.value_people = n, total, 0.0
    for k in range(n):
        area = model.areas[room.areas[k]]
        areas[k], p_areas[k] = room.areas[k], room.p[k]
        is_inside[k] = 1 if gone < model.ellipse_content * total else 0
        gone += room.p[k]
        row.value_people += room.p[k] * area.population / area.area_m2 * casualty_area_m2
    return True

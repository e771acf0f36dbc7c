"""What of a raid could be shot at all, and by whom, by the predictions that a defence had of it: for bounds of what is
saved, and for prices of rounds.
"""

from __future__ import annotations

import math

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel

from .feasibility import fill_nodes, launch_window, single_shot_p_kill
from .model import BattleModel
from .state import new_state

__all__ = ["best_shots", "unit_shots"]


@inlined_kernel
def _can_launch(model, i_unit, row, nodes, t_ready_s):
    """Whether a unit, loaded and free, could launch at a predicted path while its timetable has it ready somewhere."""
    unit = model.units[i_unit]
    for k in range(unit.first_change, unit.first_change + unit.n_changes):
        change = model.changes[k]
        t_until_s = math.inf
        if k + 1 < unit.first_change + unit.n_changes:
            t_until_s = model.changes[k + 1].t_s
        if change.is_ready == 0 or t_until_s <= t_ready_s or change.t_s >= row.t_impact_s:
            continue
        east, north = row.mean_east_m - change.east_m, row.mean_north_m - change.north_m
        if east * east + north * north > unit.defended_radius_m**2:
            continue
        _, _, t_latest_s = launch_window(unit, change.east_m, change.north_m, nodes, max(t_ready_s, change.t_s))
        if t_latest_s > -math.inf:
            return True
    return False


@inlined_kernel
def _shots_of_row(model, state, track, row, p_kill):
    """Single-shot kill probability of each unit that could launch by one prediction, into ``p_kill`` (n_units,)."""
    is_cruise = model.classes[track.i_class].is_cruise
    range_m = math.hypot(row.mean_east_m - track.origin_east_m, row.mean_north_m - track.origin_north_m)
    t_due_s = row.t_s
    if not is_cruise:
        t_due_s = max(t_due_s, track.t_origin_s + model.decision_age_frac * (row.t_impact_s - track.t_origin_s))
    sigma_m = math.sqrt(max(row.var_east_m2, row.var_north_m2))
    fill_nodes(model, state, track, row)
    p_kill[:] = 0.0
    for i in range(len(model.units)):
        unit = model.units[i]
        if (unit.class_mask >> track.i_class) & 1 == 0:
            continue
        if not is_cruise and not unit.threat_range_min_m <= range_m <= unit.threat_range_max_m:
            continue
        if _can_launch(model, i, row, state.nodes, t_due_s + model.posts[unit.i_post].decision_s):
            p_kill[i] = unit.reliability * single_shot_p_kill(model, unit, track.i_class, sigma_m)


@allocating_kernel
def unit_shots(model: BattleModel, tracks, rows) -> tuple:
    """Single-shot kill probability of each unit against each track, and people at risk, at the first decision about it.

    That is the last prediction up to the age at which doctrine decides, or the first one if there is none before.

    Parameters
    ----------
    model : BattleModel
    tracks (m,) of TRACK, rows (k,) of ASSESSMENT

    Returns
    -------
    p_kill (m, n_units), 0 where a unit cannot launch or doctrine lets the track fall; value_people (m,)

    Assumes: every launcher loaded and free, every channel free, no failures.
    """
    state = new_state(model, False)
    p_kill, value_people = np.zeros((len(tracks), len(model.units))), np.zeros(len(tracks))
    for i in range(len(tracks)):
        track = tracks[i]
        chosen = track.first_assessment
        for k in range(track.first_assessment, track.first_assessment + track.n_assessments):
            row = rows[k]
            t_due_s = track.t_origin_s + model.decision_age_frac * (row.t_impact_s - track.t_origin_s)
            if model.classes[track.i_class].is_cruise == 0 and row.t_s <= t_due_s:
                chosen = k
        if track.n_assessments == 0:
            continue
        row = rows[chosen]
        value_people[i] = row.value_people
        if row.p_any >= model.p_hit_min or row.value_people >= model.value_min_people:
            _shots_of_row(model, state, track, row, p_kill[i])
    return p_kill, value_people


@allocating_kernel
def best_shots(model: BattleModel, n_objects: int, tracks, rows, links: tuple) -> tuple:
    """Best single-shot kill probability against each object, and how many rounds may be fired at it at most.

    Parameters
    ----------
    model : BattleModel
    n_objects : int
    tracks (m,) of TRACK, rows (k,) of ASSESSMENT with P(hit), links (first (m + 1,), object, from, until)

    Returns
    -------
    p_best (n_objects,), n_rounds (n_objects,)

    Assumes: every launcher loaded and free, every channel free, no failures; doctrine's thresholds, first decision and
    number of shots a track hold.
    """
    state = new_state(model, False)
    first, linked, _, _ = links
    p_best, n_rounds = np.zeros(n_objects), np.zeros(n_objects, np.int64)
    p_kill = np.zeros(len(model.units))
    for i in range(len(tracks)):
        track, best = tracks[i], 0.0
        for k in range(track.first_assessment, track.first_assessment + track.n_assessments):
            row = rows[k]
            if row.p_any >= model.p_hit_min or row.value_people >= model.value_min_people:
                _shots_of_row(model, state, track, row, p_kill)
                best = max(best, p_kill.max())
        if best == 0.0:
            continue
        for m in range(first[i], first[i + 1]):
            p_best[linked[m]] = max(p_best[linked[m]], best)
            n_rounds[linked[m]] += model.max_shots
    return p_best, n_rounds

"""Which radars watch which objects, and when: windows round bursts, and the plan of looks inside them.

A window is a stretch of time in which something flies; between windows nothing is simulated but the rare false track
of quiet hours. Each object is watched by its nearest radars (``n_fused`` at most, as in the statistical picture): those
nearest to the launch for a rocket, those nearest to where it is for a cruising object. The others do not report it, so
that the load of a picture does not grow with the number of radars in the country.
"""

from __future__ import annotations

import math

import numpy as np

from opendome.base.kernels import allocating_kernel, kernel

from .model import PictureModel
from .sight import MAX_FUSED, nearest_sensors

__all__ = ["is_watched", "split_windows", "watch_plan"]

_GAP_S = 10.0


@allocating_kernel
def split_windows(paths, order):
    """Windows of a day: ends (k,) of stretches of ``order``, in which flights follow one another within 10 s.

    ``order`` (n,) objects by start of flight, those that never fly left out.
    """
    ends = np.empty(len(order), np.int64)
    n, last_s = 0, -math.inf
    for j in range(len(order)):
        i = order[j]
        if j > 0 and paths.t_start_s[i] > last_s + _GAP_S:
            ends[n] = j
            n += 1
        last_s = max(last_s, paths.t_end_s[i])
    if len(order) > 0:
        ends[n] = len(order)
        n += 1
    return ends[:n]


@allocating_kernel
def watch_plan(model: PictureModel, paths, objects, order):
    """Radars (n, 8) that watch each of the objects ``order`` (n,), -1 where there are fewer; rockets alone."""
    plan = np.full((len(order), MAX_FUSED), -1, np.int64)
    chosen, distance_m = np.zeros(MAX_FUSED, np.int64), np.zeros(MAX_FUSED)
    for j in range(len(order)):
        item = objects[order[j]]
        if model.classes[item.i_class].is_cruise:
            continue
        n = nearest_sensors(model, -1, -1, item.t_launch_s, item.launch_east_m, item.launch_north_m, chosen, distance_m)
        for k in range(n):
            plan[j, k] = chosen[k]
    return plan


@kernel
def is_watched(model, plan, j, is_cruise, i_radar, t_s, state, chosen, distance_m):
    """Whether a radar watches the j-th object of a window, which is at ``state`` (6,) now."""
    found = False
    if not is_cruise:
        for k in range(plan.shape[1]):
            found |= plan[j, k] == i_radar
        return found
    n = nearest_sensors(model, -1, -1, t_s, state[0], state[1], chosen, distance_m)
    for k in range(n):
        found |= chosen[k] == i_radar
    return found

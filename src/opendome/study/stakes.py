"""What the objects of a raid have at stake, and what of it is lost: leaks into built-up ground, and people there.

Expectations of people in casualty areas, none of them in shelter.
"""

from __future__ import annotations

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel
from opendome.base.types import Fate
from opendome.harm.losses import people_in_casualty_area

__all__ = ["lost_since", "stakes"]

_MISFIRES = int(Fate.MISFIRES)


@inlined_kernel
def _stake(world, item):
    """1 where an object would leak into built-up ground, and people in its casualty area there."""
    if item.fate == _MISFIRES or item.end_area < 0 or item.is_built_up == 0:
        return 0.0, 0.0
    density = world.areas[item.end_area].density_people_per_m2
    return 1.0, people_in_casualty_area(world.harm, density, world.classes[item.i_class].casualty_area_m2)


@allocating_kernel
def stakes(world, objects):
    """Leaks and people at stake by object, (n,) each."""
    leaks, people = np.zeros(len(objects)), np.zeros(len(objects))
    for i in range(len(objects)):
        leaks[i], people[i] = _stake(world, objects[i])
    return leaks, people


@inlined_kernel
def lost_since(world, window, until_s):
    """Leaks and people of a window's objects that came down since the last count; they are marked as counted."""
    leaks, people = 0.0, 0.0
    for i in range(len(window.objects)):
        item, object_state = window.objects[i], window.object_state[i]
        if object_state.is_counted == 1 or item.t_impact_s >= until_s:
            continue
        object_state.is_counted = 1
        if object_state.is_killed == 0:
            leak, in_area = _stake(world, item)
            leaks += leak
            people += in_area
    return leaks, people

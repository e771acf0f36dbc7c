"""When a track's prediction is renewed: looked at ever more seldom, told when it is sharper, elsewhere, or asked for.

A prediction is told at confirmation, whenever its ellipse has shrunk by the step, when it has moved far outside the
last one, and at the last look before a first decision is due, so that nobody decides on an old one.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel

__all__ = ["decision_due_s", "has_moved", "is_renewed", "look_again_age_s", "next_age_s", "widest_m"]

_OUTSIDE = 25.0


@inlined_kernel
def next_age_s(age_s):
    """Age at which a track's prediction is looked at again [s]: a fifth later, and a second at least."""
    return max(1.2 * age_s, age_s + 1.0)


@inlined_kernel
def widest_m(row):
    """Standard deviation of an assessment in its widest direction [m]."""
    half, difference = 0.5 * (row.var_east_m2 + row.var_north_m2), 0.5 * (row.var_east_m2 - row.var_north_m2)
    return math.sqrt(half + math.sqrt(difference * difference + row.cov_m2 * row.cov_m2))


@inlined_kernel
def has_moved(last, row):
    """Whether a prediction lies far outside (squared distance 25) the ellipse of an earlier one of its track."""
    east, north = row.mean_east_m - last.mean_east_m, row.mean_north_m - last.mean_north_m
    determinant = last.var_east_m2 * last.var_north_m2 - last.cov_m2 * last.cov_m2
    squared = last.var_north_m2 * east * east - 2.0 * last.cov_m2 * east * north + last.var_east_m2 * north * north
    return squared > _OUTSIDE * determinant


@inlined_kernel
def decision_due_s(model, track, row):
    """When a first decision on a rocket is due by a prediction [s]: at the stated share of its flight."""
    return track.t_origin_s + model.decision_age_frac * (row.t_impact_s - track.t_origin_s)


@inlined_kernel
def look_again_age_s(age_s, wait_s):
    """Age at which a track's prediction is looked at again [s]: sooner where a last look comes in ``wait_s`` > 0."""
    return min(next_age_s(age_s), age_s + wait_s) if wait_s > 0.0 else next_age_s(age_s)


@inlined_kernel
def is_renewed(model, last, row, t_last_look_s):
    """Whether a prediction is told in place of the last one.

    Parameters
    ----------
    last, row : ASSESSMENT    told last, and new; ``t_s`` of both is set
    t_last_look_s : float     time of the last look before a decision is due [s]; infinity where none is
    """
    is_shrunk = widest_m(row) <= model.shrink_step * widest_m(last)
    return is_shrunk or has_moved(last, row) or last.t_s < t_last_look_s <= row.t_s

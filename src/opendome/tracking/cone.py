"""Where a cruising object may be going: a cone about its heading over the areas that may be its goal.

Bayes over areas: each is the goal with a chance in proportion to its weight, or the goal is none of them; given the
goal, the heading seen differs from the direction to it by the error of the track, by turns on the way, and by the size
of the area itself; with a small chance the heading says nothing (a leg to a turning point). All figures in
``ConeRules`` are notional inputs.

The equivalent impact of a candidate is its centre, with a standard deviation per axis that is a share of the way left
and never below that of the area's size, and the time to fly there straight.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.polar import wrap_rad
from opendome.base.types import MAX_AREAS_PER_ASSESSMENT

__all__ = ["ConeRules", "cone_mean", "heading_cone"]

_MOST = MAX_AREAS_PER_ASSESSMENT
_UNIFORM = 1.0 / (2.0 * math.pi)
_WIDEST_RAD = math.pi / math.sqrt(3.0)
_ONE_TURN_RAD = 0.5
"""Below this spread an angle's other turns round the circle count for nothing (a part in 10^8 at most)."""
_NARROW_RAD2 = 0.19**2
"""Below this variance what lies behind is more than eight deviations off."""
_LEAST_WAY_M2 = 1e-6


class ConeRules(NamedTuple):
    """``turn_sd_rad``: heading against direction to the goal, by turns on the way; ``p_uninformed``: chance that a
    heading says nothing; ``p_elsewhere``: chance beforehand that the goal is none of the areas; ``n_sd``: half-width of
    the cone; ``reach_m``: areas farther than this are no candidates; ``cone_frac``: standard deviation of the goal per
    axis as a share of the way left; ``area_sd_m``: the same from the size of an area; ``least_speed_mps``: below this
    speed time to go is taken at this speed.
    """

    turn_sd_rad: float = 0.15
    p_uninformed: float = 0.1
    p_elsewhere: float = 0.05
    n_sd: float = 3.0
    reach_m: float = 1e6
    cone_frac: float = 0.15
    area_sd_m: float = 100.0
    least_speed_mps: float = 5.0


@inlined_kernel
def _heading_density(off_rad, sd_rad):
    """Density [1/rad] of a normal angle wrapped round the circle; uniform from the spread of a uniform angle on."""
    if not sd_rad < _WIDEST_RAD:
        return _UNIFORM
    n_turns = 0 if sd_rad < _ONE_TURN_RAD else 2
    total = 0.0
    for k in range(-n_turns, n_turns + 1):
        z = (off_rad + 2.0 * math.pi * k) / sd_rad
        total += math.exp(-0.5 * z * z)
    return total / (sd_rad * math.sqrt(2.0 * math.pi))


@inlined_kernel
def _heading_variance(mean6, cov66):
    """Variance of the heading [rad2]: of the speed across its own direction, over the speed; infinite at rest."""
    speed2 = mean6[3] * mean6[3] + mean6[4] * mean6[4]
    across = mean6[4] ** 2 * cov66[3, 3] + mean6[3] ** 2 * cov66[4, 4] - 2.0 * mean6[3] * mean6[4] * cov66[3, 4]
    return max(across, 0.0) / (speed2 * speed2) if speed2 > 0.0 else math.inf


@inlined_kernel
def _offset_variance(rules, cov66, heading_rad2, d_east_m, d_north_m, far2_m2):
    """Variance of the heading's offset from the direction to a goal [rad2]: heading, turns, place and size of area."""
    across = d_north_m**2 * cov66[0, 0] + d_east_m**2 * cov66[1, 1] - 2.0 * d_north_m * d_east_m * cov66[0, 1]
    size_m2 = max(across / far2_m2, 0.0) + rules.area_sd_m**2
    return heading_rad2 + rules.turn_sd_rad**2 + size_m2 / far2_m2


@inlined_kernel
def _keep_best(areas, p, n, i_area, score):
    """Put a candidate into the list of the best, likeliest first; gives the list's length."""
    if n == _MOST and not score > p[n - 1]:
        return n
    k = n if n < _MOST else n - 1
    while k > 0 and p[k - 1] < score:
        p[k], areas[k] = p[k - 1], areas[k - 1]
        k -= 1
    p[k], areas[k] = score, i_area
    return min(n + 1, _MOST)


@inlined_kernel
def _write_impact(rules, mean6, cov66, t_s, east_m, north_m, row):
    """Equivalent impact at one goal."""
    way_m = math.sqrt((east_m - mean6[0]) ** 2 + (north_m - mean6[1]) ** 2)
    speed_mps = max(math.sqrt(mean6[3] ** 2 + mean6[4] ** 2), rules.least_speed_mps)
    var_m2 = max(rules.cone_frac * way_m, rules.area_sd_m) ** 2
    row[0], row[1], row[2] = t_s + way_m / speed_mps, east_m, north_m
    row[3], row[4], row[5] = var_m2, 0.0, var_m2


@kernel
def heading_cone(rules, mean6, cov66, t_s, east_m, north_m, weight, areas, p, impact):
    """Areas that a cruising object may be flying to, with chances, likeliest first.

    Parameters
    ----------
    rules : ConeRules
    mean6, cov66 : (6,), (6, 6)      east, north, up [m], their rates [m/s]; covariance
    t_s : float                      time of the estimate [s]
    east_m, north_m, weight : (n,)   centres of the areas and their weights as goals, at least 0 (for instance people)
    areas : (16,) of int             filled: indices of the candidates
    p : (16,)                        filled: their chances, which sum to less than 1; the rest is every other goal
    impact : (16, 6)                 filled: t_impact_s, east, north [m], var_east, cov, var_north [m2] of each

    Returns
    -------
    int    number of candidates; 0 where the estimate is not finite or no area lies in the cone
    """
    total, all_weight, n = 0.0, 0.0, 0
    for k in range(6):
        total += mean6[k] + cov66[k, k]
    if not math.isfinite(total + t_s):
        return 0
    total = 0.0
    heading_rad, heading_rad2 = math.atan2(mean6[3], mean6[4]), _heading_variance(mean6, cov66)
    for i in range(len(weight)):
        if not weight[i] > 0.0:
            continue
        d_east, d_north = east_m[i] - mean6[0], north_m[i] - mean6[1]
        way2_m2 = d_east * d_east + d_north * d_north
        if way2_m2 > rules.reach_m * rules.reach_m:
            continue
        far2_m2 = max(way2_m2, _LEAST_WAY_M2)  # over the goal every direction is as good
        var_rad2 = _offset_variance(rules, cov66, heading_rad2, d_east, d_north, far2_m2)
        density, is_in_cone = 0.0, False
        if var_rad2 > _NARROW_RAD2 or mean6[3] * d_east + mean6[4] * d_north >= 0.0:  # else more than 8 deviations off
            off_rad, sd_rad = wrap_rad(heading_rad - math.atan2(d_east, d_north)), math.sqrt(var_rad2)
            density = (1.0 - rules.p_uninformed) * _heading_density(off_rad, sd_rad)
            is_in_cone = abs(off_rad) <= rules.n_sd * sd_rad
        score = weight[i] * (density + rules.p_uninformed * _UNIFORM)
        total += score
        all_weight += weight[i]
        if is_in_cone:
            n = _keep_best(areas, p, n, i, score)
    total += rules.p_elsewhere / (1.0 - rules.p_elsewhere) * all_weight * _UNIFORM
    for k in range(n):
        p[k] /= total
        _write_impact(rules, mean6, cov66, t_s, east_m[areas[k]], north_m[areas[k]], impact[k])
    return n


@kernel
def cone_mean(p, impact, n, out):
    """One mean, covariance and time for all candidates of a cone: the mixture's moments.

    Parameters
    ----------
    p, impact : (16,), (16, 6)    as ``heading_cone`` fills them
    n : int                       number of candidates, at least 1
    out : (6,)                    filled: t_impact_s, east, north [m], var_east, cov, var_north [m2]
    """
    total = 0.0
    for j in range(6):
        out[j] = 0.0
    for k in range(n):
        total += p[k]
    for k in range(n):
        for j in range(6):
            out[j] += p[k] / total * impact[k, j]
    for k in range(n):
        d_east, d_north, share = impact[k, 1] - out[1], impact[k, 2] - out[2], p[k] / total
        out[3] += share * d_east * d_east
        out[4] += share * d_east * d_north
        out[5] += share * d_north * d_north

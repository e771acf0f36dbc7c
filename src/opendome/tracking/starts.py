"""New tracks: three plots that no track took and that one moving object may have made.

Plots left over wait in a pool for a few looks, each look sorted by the east coordinate. Each new one is joined with
those that an object of at most the highest speed may have made before, and each such pair with an earlier third one on
the same line, gravity and drag allowed for. A triple's score is the logarithm of how much likelier its plots are as
one object's, of any velocity below the highest, than as false plots at the density the radar states. The best triples
become tracks, each plot in one at most.

The score is a likelihood ratio and under false plots a martingale of mean 1, so the score a track needs bounds the
rate of false tracks whatever the pool holds (Ville's inequality).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel

from .pool import first_east

__all__ = ["Triples", "find_triples", "new_triples", "pick_triples"]

_LOG_2PI = math.log(2.0 * math.pi)
_PER_PLOT = 8
_GRAVITY_MPS2 = 9.81
_SOUND_MPS = 340.0
_DT_S, _VAR_ALONG, _VAR_EACH, _SPEED_MPS, _TRACE_M2, _WINDOW_S, _REVISIT_S = 0, 1, 2, 3, 4, 5, 6


class Triples(NamedTuple):
    """Candidates of one look: places in the pool ``a``, ``b``, ``c`` (earliest first) and ``score``; ``count (1,)``.

    At most eight, the best, for each new plot. ``scale (7,)``, ``pull (3,)``, ``d (3,)``, ``s (3, 3)`` hold nothing
    between calls: what is the same for all triples of a pair.
    """

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    score: np.ndarray
    count: np.ndarray  # type: ignore[assignment]  # a field, not the method of tuples
    scale: np.ndarray
    pull: np.ndarray
    d: np.ndarray
    s: np.ndarray


@allocating_kernel
def new_triples(n_plots):
    """Room for the candidates of ``n_plots`` new plots."""
    n = _PER_PLOT * n_plots
    return Triples(
        np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n), np.zeros(1, np.int64),
        np.zeros(7), np.zeros(3), np.zeros(3), np.zeros((3, 3)),
    )  # fmt: skip


@inlined_kernel
def _log_seen(rules, dt_s, revisit_s):
    """Logarithm of the chance to be seen after so many looks, and in none between."""
    n_skipped = max(math.floor(dt_s / revisit_s + 0.5) - 1.0, 0.0)
    return math.log(rules.p_detect) + n_skipped * math.log(1.0 - rules.p_detect)


@inlined_kernel
def _fill_pair(rules, pool, triples, b, c, speed_mps):
    """What is expected of the acceleration of an object that was at b and c: ``pull``, its mean, and its spread.

    Drag of a ballistic coefficient of 8,000 kg/m2 in an exponential atmosphere, known to 60 %; below
    ``speed_both_mps`` nothing falls freely for sure.
    """
    scale, pull = triples.scale, triples.pull
    dt_s = pool.t_s[c] - pool.t_s[b]
    height_m = min(max(pool.place[2, c], 0.0), 80_000.0)
    drag_mps2 = 0.5 * 1.225 * math.exp(-height_m / 8_500.0) * speed_mps * speed_mps / 8_000.0
    share = 0.8 if speed_mps > _SOUND_MPS else 0.4
    is_fast = speed_mps > rules.speed_both_mps
    for k in range(3):
        pull[k] = -share * drag_mps2 * (pool.place[k, c] - pool.place[k, b]) / (dt_s * max(speed_mps, 1.0))
    pull[2] -= _GRAVITY_MPS2 if is_fast else 0.5 * _GRAVITY_MPS2
    var_each = rules.acceleration_sd_mps2**2
    scale[_DT_S], scale[_SPEED_MPS] = dt_s, speed_mps
    scale[_VAR_ALONG], scale[_VAR_EACH] = (0.6 * drag_mps2) ** 2, var_each if is_fast else 2.0 * var_each


@inlined_kernel
def _distance(rules, pool, triples, a, b, c, ratio, lever_s2):
    """Squared statistical distance of the three plots from one line with the pull, and log determinant; -1: too far."""
    d, s, scale = triples.d, triples.s, triples.scale
    per_length_m2 = 1.0 / max((scale[_SPEED_MPS] * scale[_DT_S]) ** 2, 1.0)
    for r in range(3):
        d[r] = pool.place[r, c] - (1.0 + ratio) * pool.place[r, b] + ratio * pool.place[r, a]
        d[r] -= lever_s2 * triples.pull[r]
        along_r = (pool.place[r, c] - pool.place[r, b]) * per_length_m2
        for k in range(r + 1):
            along = along_r * (pool.place[k, c] - pool.place[k, b])
            s[r, k] = pool.cov[c, r, k] + (1.0 + ratio) ** 2 * pool.cov[b, r, k] + ratio**2 * pool.cov[a, r, k]
            s[r, k] += lever_s2**2 * (scale[_VAR_ALONG] * along + (scale[_VAR_EACH] if r == k else 0.0))
    l10, l20 = s[1, 0] / s[0, 0], s[2, 0] / s[0, 0]
    d1 = s[1, 1] - l10 * s[1, 0]
    c21 = s[2, 1] - l20 * s[1, 0]
    d2 = s[2, 2] - l20 * s[2, 0] - c21 * c21 / d1
    if not (s[0, 0] > 0.0 and d1 > 0.0 and d2 > 0.0):
        return -1.0, 0.0
    y1 = d[1] - l10 * d[0]
    y2 = d[2] - l20 * d[0] - c21 / d1 * y1
    squared = d[0] * d[0] / s[0, 0] + y1 * y1 / d1 + y2 * y2 / d2
    if not squared <= rules.gate_of_3:
        return -1.0, 0.0
    return squared, math.log(s[0, 0] * d1 * d2)


@inlined_kernel
def _score(rules, pool, triples, a, b, c):
    """Score of three plots as one object's; minus infinity where they cannot be."""
    scale = triples.scale
    dt1_s, dt2_s = pool.t_s[b] - pool.t_s[a], scale[_DT_S]
    squared_m2 = 0.0
    for k in range(3):
        squared_m2 += (pool.place[k, c] - pool.place[k, a]) ** 2
    if squared_m2 < (rules.speed_min_mps * (dt1_s + dt2_s)) ** 2:
        return -math.inf
    squared, log_det = _distance(rules, pool, triples, a, b, c, dt2_s / dt1_s, 0.5 * dt2_s * (dt1_s + dt2_s))
    if squared < 0.0:
        return -math.inf
    log_volume = math.log(4.0 / 3.0 * math.pi * (rules.speed_max_mps * dt1_s) ** 3)
    second = _log_seen(rules, dt1_s, scale[_REVISIT_S]) - log_volume - pool.log_density[b]
    third = _log_seen(rules, dt2_s, scale[_REVISIT_S]) - 0.5 * (squared + 3.0 * _LOG_2PI + log_det)
    return second + third - pool.log_density[c]


@inlined_kernel
def _keep(triples, begin, a, b, c, score):
    """Keep a candidate of one new plot if it is among its best."""
    n = triples.count[0]
    place = n
    if n - begin >= _PER_PLOT:
        place = begin
        for m in range(begin + 1, n):
            if triples.score[m] < triples.score[place]:
                place = m
        if triples.score[place] >= score:
            return
    else:
        triples.count[0] = n + 1
    triples.a[place], triples.b[place], triples.c[place], triples.score[place] = a, b, c, score


@inlined_kernel
def _third_plots(rules, pool, triples, i_look, begin, b, c):
    """Add the triples that end with the plots b and c and begin in one earlier look."""
    scale, pull = triples.scale, triples.pull
    dt2_s = scale[_DT_S]
    gap_s, span_s = pool.t_s[b] - pool.look_t_s[i_look], pool.look_span_s[i_look]
    if gap_s < rules.start_gap_s or gap_s - span_s + dt2_s > scale[_WINDOW_S]:
        return
    ratio, lever_s2 = dt2_s / gap_s, 0.5 * dt2_s * (gap_s + dt2_s)
    trace_m2 = scale[_TRACE_M2] + (1.0 + ratio) ** 2 * pool.trace_m2[b] + ratio**2 * pool.look_trace_m2[i_look]
    trace_m2 += lever_s2**2 * (scale[_VAR_ALONG] + 3.0 * scale[_VAR_EACH])
    pull_mps2 = math.sqrt(pull[0] * pull[0] + pull[1] * pull[1] + pull[2] * pull[2])
    radius_m = (math.sqrt(rules.gate_of_3 * trace_m2) + lever_s2 * pull_mps2) / ratio
    radius_m += 2.0 * span_s * scale[_SPEED_MPS]
    east_m = pool.place[0, b] + (pool.place[0, b] - pool.place[0, c]) / ratio
    north_m = pool.place[1, b] + (pool.place[1, b] - pool.place[1, c]) / ratio
    up_m = pool.place[2, b] + (pool.place[2, b] - pool.place[2, c]) / ratio
    end = pool.look_first[i_look] + pool.look_n[i_look]
    for a in range(first_east(pool, i_look, east_m - radius_m), end):
        if pool.place[0, a] > east_m + radius_m:
            break
        if abs(pool.place[1, a] - north_m) > radius_m or abs(pool.place[2, a] - up_m) > radius_m:
            continue
        if pool.is_taken[a] == 1 or pool.t_s[b] - pool.t_s[a] < rules.start_gap_s:
            continue
        score = _score(rules, pool, triples, a, b, c)
        if score >= rules.start_score:
            _keep(triples, begin, a, b, c, score)


@inlined_kernel
def _first_looks(rules, pool, triples, i_look, dt_s):
    """Looks that may hold the first plot where the second is in look i_look, ``dt_s`` before the third: from, to."""
    left_s = triples.scale[_WINDOW_S] - dt_s
    least, most = 0, 0
    for m in range(i_look + 1):
        gap_s = pool.look_t_s[i_look] - pool.look_t_s[m]
        if gap_s - pool.look_span_s[m] > left_s:
            least = m + 1
        if gap_s + pool.look_span_s[i_look] >= rules.start_gap_s:
            most = m + 1
    return least, most


@inlined_kernel
def _second_plots(rules, pool, triples, i_look, begin, c):
    """Add the triples that end with plot c and whose second plot is in one earlier look."""
    scale = triples.scale
    most_s = pool.t_s[c] - pool.look_t_s[i_look]
    if most_s < rules.start_gap_s or most_s - pool.look_span_s[i_look] > scale[_WINDOW_S]:
        return
    least_look, most_look = _first_looks(rules, pool, triples, i_look, most_s - pool.look_span_s[i_look])
    if least_look >= most_look:
        return
    slack_m = 2.0 * math.sqrt(scale[_TRACE_M2] + pool.look_trace_m2[i_look])
    reach_m = rules.speed_max_mps * most_s + slack_m
    end = pool.look_first[i_look] + pool.look_n[i_look]
    for b in range(first_east(pool, i_look, pool.place[0, c] - reach_m), end):
        d_east = pool.place[0, c] - pool.place[0, b]
        if -d_east > reach_m:
            break
        d_north, d_up = pool.place[1, c] - pool.place[1, b], pool.place[2, c] - pool.place[2, b]
        squared_m2 = d_east * d_east + d_north * d_north + d_up * d_up
        if squared_m2 > reach_m * reach_m or pool.is_taken[b] == 1:
            continue
        dt_s = pool.t_s[c] - pool.t_s[b]
        if dt_s < rules.start_gap_s or squared_m2 > (rules.speed_max_mps * dt_s + slack_m) ** 2:
            continue
        _fill_pair(rules, pool, triples, b, c, math.sqrt(squared_m2) / dt_s)
        for i_first in range(least_look, most_look):
            _third_plots(rules, pool, triples, i_first, begin, b, c)


@kernel
def find_triples(rules, pool, revisit_s, triples):
    """Fill the candidates that end with a plot of the newest look.

    Parameters
    ----------
    rules : TrackRules
    pool : Pool            its last look is the new one
    revisit_s : float      between two looks of that look's radar
    triples : Triples      filled
    """
    triples.count[0] = 0
    i_new = pool.count[0] - 1
    triples.scale[_WINDOW_S] = (rules.start_looks - 1 + 0.2) * revisit_s
    triples.scale[_REVISIT_S] = revisit_s
    for c in range(pool.look_first[i_new], pool.look_first[i_new] + pool.look_n[i_new]):
        begin = triples.count[0]
        if begin + _PER_PLOT > len(triples.a):
            break
        triples.scale[_TRACE_M2] = pool.trace_m2[c]
        for i_look in range(i_new + 1):
            _second_plots(rules, pool, triples, i_look, begin, c)


@kernel
def pick_triples(pool, triples, order):
    """Best first, each plot in one triple at most: the picked ones come first in ``order``; give their number.

    Parameters
    ----------
    pool : Pool            the picked triples' plots are marked as taken
    triples : Triples
    order : (>= count,)    filled
    """
    n = triples.count[0]
    for m in range(n):
        order[m] = m
    for gap in (701, 301, 132, 57, 23, 10, 4, 1):  # Shell's sort by score, descending; equal scores by their plots
        for m in range(gap, n):
            kept = order[m]
            k = m
            while k >= gap and _is_better(pool, triples, kept, order[k - gap]):
                order[k] = order[k - gap]
                k -= gap
            order[k] = kept
    n_picked = 0
    for m in range(n):
        t = order[m]
        a, b, c = triples.a[t], triples.b[t], triples.c[t]
        if pool.is_taken[a] == 0 and pool.is_taken[b] == 0 and pool.is_taken[c] == 0:
            pool.is_taken[a] = pool.is_taken[b] = pool.is_taken[c] = 1
            order[n_picked] = t
            n_picked += 1
    return n_picked


@inlined_kernel
def _is_better(pool, triples, m, k):
    """Whether candidate m comes before candidate k."""
    if triples.score[m] != triples.score[k]:
        return triples.score[m] > triples.score[k]
    return pool.place[0, triples.c[m]] < pool.place[0, triples.c[k]]

"""One scan of the tracker, compiled from end to end: predict, gate, assign, update, start, end.

``TrackerState`` is what a tracker knows and can be copied and saved; ``Work`` is room that holds nothing between scans.
Looks are taken radar by radar in the order of their times.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel

from .associate import assign, fill_look, gate_track
from .groups import copy_between, fill_extra, mark_groups, mix_update, weigh_clusters
from .kinds import BALLISTIC, absorb_slot, carry_slot, expect_slot, start_slot, time_of
from .lifecycle import INSIDE, OUTSIDE, confirm_score, cover_of, is_over, open_slot, take_hit, take_miss
from .pool import add_look, forget_looks
from .starts import find_triples, pick_triples
from .state import N_LIVE, NEXT_ID, Setup, TrackerState, Work, empty_state, new_work

__all__ = [
    "BAD_PLOTS", "FULL_PAIRS", "FULL_POOL", "FULL_SLOTS", "N_LIVE", "TOO_MANY_PLOTS", "Setup", "TrackerState", "Work",
    "are_good", "empty_state", "look", "new_work", "reset", "scan",
]  # fmt: skip

BAD_PLOTS, TOO_MANY_PLOTS, FULL_PAIRS, FULL_POOL, FULL_SLOTS = 1, 2, 4, 8, 16
_TIME_SLACK_S = 1e-6


@inlined_kernel
def _is_good(plot, n_radars, t_s):
    """Whether a plot can be used: numbers all, variances positive, a radar that exists, not of the future."""
    is_number = math.isfinite(plot.t_s + plot.range_m + plot.azimuth_rad + plot.elevation_rad)
    is_sure = plot.var_range_m2 > 0.0 and plot.var_azimuth_rad2 > 0.0 and plot.var_elevation_rad2 > 0.0
    is_sure = is_sure and math.isfinite(plot.var_range_m2 + plot.var_azimuth_rad2 + plot.var_elevation_rad2)
    is_there = plot.i_radar >= 0 and plot.i_radar < n_radars and plot.range_m > 0.0
    return is_number and is_sure and is_there and plot.t_s <= t_s + _TIME_SLACK_S


@kernel
def are_good(plots, n_radars, t_s):
    """Whether every plot (n,) of a scan at ``t_s`` [s] can be used."""
    n_good = 0
    for k in range(len(plots)):
        n_good += _is_good(plots[k], n_radars, t_s)
    return n_good == len(plots)


@kernel
def _sift_plots(setup, state, work, t_s, plots):
    """Mark the plots that can be used; status bits."""
    status = 0
    for k in range(len(plots)):
        work.is_good[k] = _is_good(plots[k], len(setup.radars), t_s)
        if work.is_good[k] == 0:
            status = BAD_PLOTS
    for m in range(state.count[N_LIVE]):
        state.slots.i_plot[state.live[m]] = -1
    for k in range(len(setup.radars)):
        work.is_done[k] = 0
    return status


@kernel
def _next_radar(setup, state, work, t_s, plots):
    """Radar whose look comes next in time, its row or -1, and the time of the look.

    A radar without plots is taken to have looked at ``t_s`` when a look was due.
    """
    for k in range(len(plots)):
        if work.is_good[k] == 1 and work.is_done[plots[k].i_radar] == 0:
            work.is_done[plots[k].i_radar] = 2  # has plots
    best, best_s = -1, math.inf
    for k in range(len(plots)):
        t_plot_s, i_radar = plots[k].t_s, plots[k].i_radar
        is_waiting = work.is_good[k] == 1 and work.is_done[i_radar] == 2
        if is_waiting and (t_plot_s < best_s or (t_plot_s == best_s and i_radar < best)):
            best, best_s = i_radar, t_plot_s
    if best >= 0:
        return best, best_s
    for k in range(len(setup.radars)):
        radar = setup.radars[k]
        is_up = radar.t_up_s <= t_s < radar.t_down_s
        if work.is_done[k] == 0 and is_up and t_s >= state.t_look_s[k] + radar.revisit_s - _TIME_SLACK_S:
            return k, t_s
    return -1, t_s


@kernel
def _predict(setup, state, work, i_radar, t_s):
    """Carry the tracks that a radar may see to the look's time; fill the rows and give their number."""
    radar, filters = setup.radars[i_radar], state.filters
    n_rows = 0
    for m in range(state.count[N_LIVE]):
        slot = state.live[m]
        dt_s = t_s - time_of(filters, slot)
        if dt_s < -_TIME_SLACK_S:
            continue
        cover = cover_of(setup.rules, radar, filters, slot, dt_s)
        if cover == OUTSIDE:
            continue
        if dt_s > 0.0:
            carry_slot(setup.motion, filters, slot, t_s)
        expect_slot(setup.motion, filters, slot, radar, work.z[n_rows], work.s[n_rows])
        work.row_slot[n_rows], work.row_cover[n_rows] = slot, cover
        n_rows += 1
    return n_rows


@kernel
def _associate(setup, state, work, i_radar, plots, n_rows):
    """Gate, assign and weigh; give the number of pairs."""
    rules, radar = setup.rules, setup.radars[i_radar]
    log_miss = math.log((1.0 - rules.p_detect) / rules.p_detect)
    n_plots, n_pairs = work.look.n[0], 0
    for i in range(n_rows):
        drones, slot = state.filters.drones, work.row_slot[i]
        x = drones.x[slot, 1] if state.filters.running[slot] == 2 else state.filters.tracks.x[slot]
        n_pairs = gate_track(rules, radar, plots, work.look, work.z[i], work.s[i], x, log_miss, work.pairs, i, n_pairs)
        work.is_in_doubt[i] = 0
        work.is_member[i] = state.slots.status[slot] == 1
    work.pairs.first[n_rows] = n_pairs
    assign(work.pairs, n_rows, n_plots, work.solver)
    weigh_clusters(rules, work.pairs, n_rows, n_plots, work.clusters, work.walk, work.is_in_doubt)
    mark_groups(
        rules, work.pairs, n_rows, n_plots, work.clusters, work.is_in_doubt, work.is_member, work.row_slot, state.slots
    )
    return n_pairs


@inlined_kernel
def _keep_priors(state, work, n_rows):
    """Keep the states of the tracks in doubt as they are before the look."""
    for i in range(n_rows):
        work.can_mix[i] = work.is_in_doubt[i] == 1 and state.filters.running[work.row_slot[i]] == BALLISTIC
        if work.can_mix[i] == 1:
            copy_between(state.filters.tracks, work.row_slot[i], work.priors, i)


@kernel
def _absorb(setup, state, work, radar, plots, i, j):
    """Give plot j of the look to the track of row i: plainly, or as what may be another track's."""
    filters, slot, plot = state.filters, work.row_slot[i], plots[work.look.row[j]]
    for k in range(4):
        work.extra[k] = 0.0
    if work.can_mix[i] == 1:
        return mix_update(
            setup.motion.model, setup.rules, work.pairs, work.clusters, i, j, work.can_mix, work.priors, radar, plot,
            work.extra, work.d_x, work.d_b, filters.tracks, slot,
        )  # fmt: skip
    if work.is_in_doubt[i] == 1:
        fill_extra(setup.rules, work.pairs, plots, work.look, i, work.solver.pair_of[i], work.extra)
    if plot.t_s > time_of(filters, slot):
        carry_slot(setup.motion, filters, slot, plot.t_s)
    return absorb_slot(setup.motion, filters, slot, radar, plot, work.extra)


@kernel
def _update(setup, state, work, i_radar, plots, n_rows):
    """Give each track its plot, or count a miss."""
    rules, radar = setup.rules, setup.radars[i_radar]
    least_score, log_miss = confirm_score(rules, setup.radars), math.log(1.0 - rules.p_detect)
    _keep_priors(state, work, n_rows)
    for i in range(n_rows):
        slot, j = work.row_slot[i], work.solver.plot_of[i]
        nis = _absorb(setup, state, work, radar, plots, i, j) if j >= 0 else math.nan
        if math.isfinite(nis):
            gain, row = log_miss - work.pairs.cost[work.solver.pair_of[i]], work.look.row[j]
            t_s = plots[row].t_s
            take_hit(setup.motion, rules, state.filters, state.slots, slot, gain, least_score, t_s, i_radar, row)
        elif work.row_cover[i] == INSIDE:
            take_miss(rules, state.slots, slot, i_radar)


@inlined_kernel
def _gather_rest(work):
    """Rows of the plots of the look that no track was given; their number."""
    n = 0
    for j in range(work.look.n[0]):
        if work.solver.track_of[j] < 0:
            work.rows[n] = work.look.row[j]
            n += 1
    return n


@kernel
def _start(setup, state, work, i_radar, t_look_s, plots):
    """Put the plots left over into the pool and start tracks from it; status bits."""
    rules, radars, pool = setup.rules, setup.radars, state.pool
    n_rest, revisit_most_s = _gather_rest(work), 0.0
    for k in range(len(radars)):
        revisit_most_s = max(revisit_most_s, radars[k].revisit_s)
    if n_rest == 0:
        return 0
    forget_looks(pool, t_look_s - rules.start_looks * revisit_most_s, n_rest)
    status = FULL_POOL if add_look(pool, radars[i_radar], plots, work.rows, n_rest, work.look.scale[3]) < n_rest else 0
    find_triples(rules, pool, max(radars[i_radar].revisit_s, 1e-3), work.triples)
    n_picked = pick_triples(pool, work.triples, work.order)
    for m in range(n_picked):
        if state.count[N_LIVE] == len(state.live):
            return status | FULL_SLOTS
        t, slot = work.order[m], state.live[state.count[N_LIVE]]
        a, b, c = work.triples.a[t], work.triples.b[t], work.triples.c[t]
        if start_slot(setup.motion, rules, state.filters, slot, radars, pool, a, b, c):
            t_first_s, t_last_s = pool.t_s[a], pool.t_s[c]
            i_plot = work.rows[c - pool.look_first[pool.count[0] - 1]]
            score, track_id = work.triples.score[t], state.count[NEXT_ID]
            open_slot(rules, state.slots, slot, track_id, score, t_first_s, t_last_s, i_radar, i_plot)
            state.count[N_LIVE] += 1
            state.count[NEXT_ID] += 1
    return status


@kernel
def _end_tracks(setup, state, t_s):
    """Carry what no radar looks at to the scan's time, and take ended tracks out; the order of the others stays."""
    live, n, n_kept = state.live, state.count[N_LIVE], 0
    for m in range(n):
        slot = live[m]
        if time_of(state.filters, slot) < t_s - 1.0:
            carry_slot(setup.motion, state.filters, slot, t_s)
        dt_s = max(t_s - time_of(state.filters, slot), 0.0)
        if is_over(setup.rules, state.filters, state.slots, slot, dt_s):
            state.slots.status[slot] = 2
        else:
            live[m], live[n_kept] = live[n_kept], slot
            n_kept += 1
    state.count[N_LIVE] = n_kept


@kernel
def _take_look(setup, state, work, i_radar, t_look_s, plots):
    """Predict, gate, assign, update and start for one look; status bits."""
    status = 0
    state.t_look_s[i_radar] = t_look_s
    fill_look(setup.rules, setup.radars, i_radar, plots, work.is_good, work.look)
    n_rows = _predict(setup, state, work, i_radar, t_look_s)
    n_pairs = _associate(setup, state, work, i_radar, plots, n_rows)
    if n_pairs == len(work.pairs.plot):
        status |= FULL_PAIRS
    _update(setup, state, work, i_radar, plots, n_rows)
    return status | _start(setup, state, work, i_radar, t_look_s, plots)


@kernel
def scan(setup, state, work, t_s, plots):
    """Take one scan in place.

    Parameters
    ----------
    setup : Setup
    state : TrackerState     changed
    work : Work
    t_s : float              time of the scan [s], no earlier than the last one's; plots may be earlier, not later
    plots : (n,) PLOT        of one scan of one or several radars; unchanged. No order is asked for.

    Returns
    -------
    int    0, or a sum of BAD_PLOTS (some were left out), TOO_MANY_PLOTS (for the work: nothing was done), FULL_PAIRS,
           FULL_POOL, FULL_SLOTS (room was short: pairs, waiting plots or starts were left out)
    """
    if len(plots) > len(work.is_good):
        return TOO_MANY_PLOTS
    status = _sift_plots(setup, state, work, t_s, plots)
    while True:
        i_radar, t_look_s = _next_radar(setup, state, work, t_s, plots)
        if i_radar < 0:
            break
        work.is_done[i_radar] = 1
        status |= _take_look(setup, state, work, i_radar, t_look_s, plots)
    _end_tracks(setup, state, t_s)
    state.t_s[0] = t_s
    return status


@kernel
def look(setup, state, work, i_radar, t_s, plots):
    """Take the plots of one look of one radar in place, and no other radar's: for pictures that plan each look.

    Parameters and result as in `scan`; ``t_s`` is the time of the look, and ``plots`` are all of radar ``i_radar``.
    """
    if len(plots) > len(work.is_good):
        return TOO_MANY_PLOTS
    status = _sift_plots(setup, state, work, t_s, plots)
    status |= _take_look(setup, state, work, i_radar, t_s, plots)
    _end_tracks(setup, state, t_s)
    state.t_s[0] = t_s
    return status


@kernel
def reset(state):
    """Forget every track and waiting plot; ids go on."""
    state.count[N_LIVE] = 0
    state.pool.count[0] = 0
    state.t_s[0] = -math.inf
    for k in range(len(state.t_look_s)):
        state.t_look_s[k] = -math.inf

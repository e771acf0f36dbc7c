"""What a tracker tells: rows of TRACK_REPORT, and impact predictions on demand."""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel

from .impact import predict_impact
from .kinds import BALLISTIC, carry_slot, copy_slot, has_drone_lead, publish_slot, time_of
from .scan import N_LIVE

__all__ = ["fill_report", "impact_now", "renew_impacts"]

_ROCKET = 0


@kernel
def impact_now(setup, state, slot, out):
    """Predict the impact of the track in a slot.

    Parameters
    ----------
    setup : Setup
    state : TrackerState
    slot : int
    out : (8,)      filled: time [s], east, north [m], variance east, covariance, variance north [m2], standard
                    deviation of the time [s], whether the unscented transform was used

    Returns
    -------
    bool    False for what is not led by the filter of falling bodies, does not come down within half an hour, or is
            not a number
    """
    if not state.filters.running[slot] & BALLISTIC or has_drone_lead(state.filters, slot):
        return False
    return predict_impact(setup.motion.model, state.filters.tracks, slot, out)


@kernel
def renew_impacts(setup, state, t_s):
    """Predict the impact of every confirmed rocket whose last prediction is ``impact_every_s`` old; their number."""
    slots, n = state.slots, 0
    for m in range(state.count[N_LIVE]):
        slot = state.live[m]
        if slots.status[slot] != 1 or t_s < slots.t_predicted_s[slot] + setup.rules.impact_every_s:
            continue
        if impact_now(setup, state, slot, slots.impact[slot]):
            slots.t_predicted_s[slot] = t_s
            n += 1
        else:
            slots.t_predicted_s[slot] = -math.inf
    return n


@inlined_kernel
def _likeliest(p_kind):
    """Place of the largest of three chances; of equal ones the first."""
    best = 0
    for k in range(1, 3):
        if p_kind[k] > p_kind[best]:
            best = k
    return best


@inlined_kernel
def _fill_estimate(setup, filters, slot, t_s, row):
    """Write the estimate at ``t_s``; False if it is not made of numbers."""
    at = slot
    if time_of(filters, slot) < t_s:
        at = len(filters.running) - 1  # scratch
        copy_slot(filters, slot, at)
        carry_slot(setup.motion, filters, at, t_s)
    row.t_s = time_of(filters, at)
    publish_slot(setup.motion, filters, at, row.mean, row.cov)
    total = 0.0
    for k in range(6):
        total += row.mean[k] + row.cov[k, k]
    return math.isfinite(total)


@inlined_kernel
def _fill_impact(slots, slot, row):
    """Write the impact prediction of a confirmed rocket, if there is one; zeros otherwise."""
    has = slots.status[slot] == 1 and row.kind == _ROCKET and slots.t_predicted_s[slot] > -math.inf
    row.has_impact = has
    impact = slots.impact[slot]
    row.t_impact_s = impact[0] if has else 0.0
    row.impact_east_m = impact[1] if has else 0.0
    row.impact_north_m = impact[2] if has else 0.0
    row.impact_var_east_m2 = impact[3] if has else 0.0
    row.impact_cov_m2 = impact[4] if has else 0.0
    row.impact_var_north_m2 = impact[5] if has else 0.0


@kernel
def fill_report(setup, state, t_s, rows):
    """Write one row for every live track, oldest first; give their number.

    Parameters
    ----------
    setup : Setup
    state : TrackerState             its scratch slot is used
    t_s : float                      time the estimates are carried to [s]
    rows : (>= live tracks,) TRACK_REPORT    filled
    """
    slots, filters, n = state.slots, state.filters, 0
    for m in range(state.count[N_LIVE]):
        slot, row = state.live[m], rows[n]
        if not _fill_estimate(setup, filters, slot, t_s, row):
            continue
        row.track_id, row.status = slots.track_id[slot], slots.status[slot]
        for k in range(3):
            row.p_kind[k] = filters.p_kind[slot, k]
        row.kind = _likeliest(filters.p_kind[slot])
        row.i_radar, row.i_plot = slots.i_radar[slot], slots.i_plot[slot]
        row.n_hits, row.n_missed = slots.n_hits[slot], slots.n_missed[slot]
        row.group, row.n_in_group = slots.group[slot], slots.n_in_group[slot]
        row.t_first_plot_s = slots.t_first_plot_s[slot]
        row.t_confirmed_s = slots.t_confirmed_s[slot] if slots.status[slot] == 1 else 0.0
        _fill_impact(slots, slot, row)
        n += 1
    return n

"""Salvoes that the radar cannot hold apart: who belongs to a group, and what is left to know of each member.

Where several tracks could each have made several plots, one joint assignment is still chosen, so that the number of
tracks follows the number of plots and no two tracks run together. But which object made a plot stays open. From then
on a track stands for the object that made the plot it was given, whichever that was: its state is the mixture, over
the tracks that may have made the plot and with the marginal probabilities of the joint assignments as weights, of their
states updated with it, taken together by mean and covariance. Where the assignment is sure this is the plain update;
where it is not, the differences between the members' places, velocities and coefficients go into the covariance, and
with it into the ellipse of the impact point.

Tracks of the drone filter are not mixed; their plot's variance is enlarged by the expected square of the distance to
the track's own plot instead.
"""

from __future__ import annotations

import math

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.polar import wrap_rad

from .clusters import find_clusters, join, root_of
from .filter import absorb, carry
from .jpda import cluster_weights
from .model import N_ERRORS, N_STATE, copy_track

__all__ = ["fill_extra", "mark_groups", "mix_update", "weigh_clusters"]

_LEAST_WEIGHT = 0.01


@kernel
def weigh_clusters(rules, pairs, n_rows, n_plots, clusters, walk, is_in_doubt):
    """Marginal probabilities of all pairs that could be otherwise; ``is_in_doubt (n_rows,)`` says which tracks."""
    find_clusters(pairs, n_rows, n_plots, clusters)
    for c in range(clusters.n[0]):
        begin, end = clusters.first[c], clusters.first[c + 1]
        if end - begin == 1:
            i = clusters.track[begin]
            is_in_doubt[i] = pairs.first[i + 1] - pairs.first[i] > 1
            if not is_in_doubt[i]:
                continue
        for m in range(begin, end):
            is_in_doubt[clusters.track[m]] = 1
        cluster_weights(pairs, clusters.track, begin, end, walk, rules.n_events_most, rules.n_rounds_most)


@kernel
def fill_extra(rules, pairs, plots, look, i, pair, extra):
    """Variances (4,) to add to the plot that track i was given: expected square of the distance to its own plot."""
    chosen = plots[look.row[pairs.plot[pair]]]
    for k in range(4):
        extra[k] = 0.0
    for k in range(pairs.first[i], pairs.first[i + 1]):
        if k == pair:
            continue
        weight = rules.spread_scale * pairs.weight[k]
        other = plots[look.row[pairs.plot[k]]]
        extra[0] += weight * (other.range_m - chosen.range_m) ** 2
        extra[1] += weight * wrap_rad(other.azimuth_rad - chosen.azimuth_rad) ** 2
        extra[2] += weight * (other.elevation_rad - chosen.elevation_rad) ** 2
        off_mps = other.range_rate_mps - chosen.range_rate_mps
        if math.isfinite(off_mps):
            extra[3] += weight * off_mps * off_mps


@inlined_kernel
def _link(rules, pairs, n_rows, n_plots, clusters, is_in_doubt, is_member):
    """Join the tracks that hold one plot for theirs with some chance each."""
    parent = clusters.parent
    for i in range(n_rows + n_plots):
        parent[i] = i
    for i in range(n_rows):
        if is_in_doubt[i] == 0 or is_member[i] == 0:
            continue
        for k in range(pairs.first[i], pairs.first[i + 1]):
            if pairs.weight[k] >= rules.p_group_least:
                join(parent, i, n_rows + pairs.plot[k])


@kernel
def mark_groups(rules, pairs, n_rows, n_plots, clusters, is_in_doubt, is_member, row_slot, slots):
    """Write ``group`` and ``n_in_group`` of the tracks of one look.

    Parameters
    ----------
    rules : TrackRules
    pairs : Pairs               with weights
    n_rows, n_plots : int
    clusters : Clusters         its ``parent`` and ``size`` are used anew
    is_in_doubt, is_member : (n_rows,)    from ``weigh_clusters``; whether a track may belong to a group
    row_slot : (n_rows,)        slot of each track
    slots : Slots               ``group``: the lowest track id of the group, a track's own when it stands alone
    """
    _link(rules, pairs, n_rows, n_plots, clusters, is_in_doubt, is_member)
    parent, size = clusters.parent, clusters.size
    for i in range(n_rows):
        slots.group[row_slot[i]], slots.n_in_group[row_slot[i]] = slots.track_id[row_slot[i]], 1
        size[i] = 0
    for i in range(n_rows):
        if is_member[i] == 0:
            continue
        root = root_of(parent, i)
        first = row_slot[root]
        size[root] += 1
        slots.group[first] = min(slots.group[first], slots.track_id[row_slot[i]])
    for i in range(n_rows):
        if is_member[i] == 1:
            root = root_of(parent, i)
            slots.group[row_slot[i]] = slots.group[row_slot[root]]
            slots.n_in_group[row_slot[i]] = size[root]


@inlined_kernel
def _begin_mix(priors, at, tracks, slot, d_x, d_b):
    """Make the slot a mixture of nothing yet about the state that stands in slot ``at`` of the store of priors."""
    copy_between(priors, at, tracks, slot)
    for r in range(N_STATE):
        d_x[r] = 0.0
        for c in range(N_STATE):
            tracks.p[slot, r, c] = 0.0
        for c in range(N_ERRORS):
            tracks.u[slot, r, c] = 0.0
    for r in range(N_ERRORS):
        d_b[r] = 0.0
        for c in range(N_ERRORS):
            tracks.spread[slot, r, c] = 0.0
    tracks.evidence[slot] = 0.0


@inlined_kernel
def _add_to_mix(priors, at, weight, scale, tracks, slot, d_x, d_b):
    """Add one updated state with its weight."""
    for r in range(N_STATE):
        off = priors.x[at, r] - tracks.x[slot, r]
        d_x[r] += weight * off
        for c in range(N_STATE):
            spread = scale * off * (priors.x[at, c] - tracks.x[slot, c])
            tracks.p[slot, r, c] += weight * (priors.p[at, r, c] + spread)
        for c in range(N_ERRORS):
            tracks.u[slot, r, c] += weight * priors.u[at, r, c]
    for r in range(N_ERRORS):
        off = priors.b[at, r] - tracks.b[slot, r]
        d_b[r] += weight * off
        for c in range(N_ERRORS):
            spread = priors.spread[at, r, c] + off * (priors.b[at, c] - tracks.b[slot, c])
            tracks.spread[slot, r, c] += weight * spread
    tracks.evidence[slot] += weight * priors.evidence[at]


@inlined_kernel
def _end_mix(scale, tracks, slot, d_x, d_b):
    """Set the mean, and take its distance from the place of reckoning out of the covariances."""
    for r in range(N_STATE):
        for c in range(N_STATE):
            tracks.p[slot, r, c] -= scale * d_x[r] * d_x[c]
    for r in range(N_STATE):
        tracks.x[slot, r] += d_x[r]
    for r in range(N_ERRORS):
        for c in range(N_ERRORS):
            tracks.spread[slot, r, c] -= d_b[r] * d_b[c]
    for r in range(N_ERRORS):
        tracks.b[slot, r] += d_b[r]


@inlined_kernel
def _weight_of(pairs, i, j):
    """Marginal probability of track i and plot j, 0 where they are no pair."""
    for k in range(pairs.first[i], pairs.first[i + 1]):
        if pairs.plot[k] == j:
            return pairs.weight[k]
    return 0.0


@inlined_kernel
def copy_between(source, i, target, j):
    """Copy slot i of one store of tracks over slot j of another."""
    for r in range(N_STATE):
        target.x[j, r] = source.x[i, r]
        for c in range(N_STATE):
            target.p[j, r, c] = source.p[i, r, c]
        for c in range(N_ERRORS):
            target.u[j, r, c] = source.u[i, r, c]
    for r in range(N_ERRORS):
        target.b[j, r] = source.b[i, r]
        for c in range(N_ERRORS):
            target.spread[j, r, c] = source.spread[i, r, c]
    target.evidence[j], target.t_s[j], target.bias_radar[j] = source.evidence[i], source.t_s[i], source.bias_radar[i]


@kernel
def mix_update(model, rules, pairs, clusters, i, j, can_mix, priors, radar, plot, zero, d_x, d_b, tracks, slot):
    """Make a track the object that made plot j: the mixture of all tracks that may have made it, updated with it.

    Parameters
    ----------
    model : MotionModel
    rules : TrackRules         ``spread_scale``: share of the members' differences that counts
    pairs : Pairs              with marginal probabilities
    clusters : Clusters
    i, j : int                 row of the track, place of its plot in the look
    can_mix : (n_rows,)        rows whose states before the look stand in ``priors`` at their own number
    priors : Tracks            its last slot is scratch
    radar, plot : records;  zero : (4,) of zeros;  d_x : (7,), d_b : (15,) scratch
    tracks, slot : Tracks, int    overwritten

    Returns
    -------
    float    weighted mean of the normalised innovations squared; NaN, and the slot as before the look, where no update
             was possible
    """
    at, c = len(priors.t_s) - 1, clusters.label[i]
    total, nis = 0.0, 0.0
    for m in range(clusters.first[c], clusters.first[c + 1]):
        row = clusters.track[m]
        if can_mix[row] == 0 or priors.bias_radar[row] != priors.bias_radar[i]:
            continue
        weight = _weight_of(pairs, row, j)
        if weight < _LEAST_WEIGHT and row != i:
            continue
        weight = max(weight, 1e-6)
        copy_track(priors, row, at)
        if plot.t_s > priors.t_s[at]:
            carry(model, priors, at, plot.t_s)
        one = absorb(model, priors, at, radar, plot, zero)
        if not math.isfinite(one):
            continue
        if total == 0.0:
            _begin_mix(priors, at, tracks, slot, d_x, d_b)
        _add_to_mix(priors, at, weight, rules.spread_scale, tracks, slot, d_x, d_b)
        total += weight
        nis += weight * one
    if total == 0.0:
        return math.nan
    _scale_mix(tracks, slot, 1.0 / total, d_x, d_b)
    _end_mix(rules.spread_scale, tracks, slot, d_x, d_b)
    return nis / total


@inlined_kernel
def _scale_mix(tracks, slot, scale, d_x, d_b):
    """Divide the sums by the sum of the weights."""
    for r in range(N_STATE):
        d_x[r] *= scale
        for c in range(N_STATE):
            tracks.p[slot, r, c] *= scale
        for c in range(N_ERRORS):
            tracks.u[slot, r, c] *= scale
    for r in range(N_ERRORS):
        d_b[r] *= scale
        for c in range(N_ERRORS):
            tracks.spread[slot, r, c] *= scale
    tracks.evidence[slot] *= scale

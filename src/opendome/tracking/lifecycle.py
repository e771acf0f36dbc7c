"""The life of a track: tentative with three plots, confirmed by their score, ended by misses, doubt or the ground."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel, inlined_kernel, kernel
from opendome.base.polar import to_polar, wrap_rad
from opendome.base.types import TrackStatus

from .kinds import decide_kind, has_drone_lead, place_of, sd_of

__all__ = [
    "INSIDE", "NEAR", "OUTSIDE", "Slots", "confirm_score", "cover_of", "is_over", "new_slots", "open_slot", "take_hit",
    "take_miss",
]  # fmt: skip

_TENTATIVE = int(TrackStatus.TENTATIVE)
_CONFIRMED = int(TrackStatus.CONFIRMED)
_DROPPED = int(TrackStatus.DROPPED)
_EARTH_RADIUS_M = 6_371_009.0
_HORIZON_M_PER_ROOT_M = math.sqrt(2.0 * 4.0 / 3.0 * _EARTH_RADIUS_M)
OUTSIDE, NEAR, INSIDE = 0, 1, 2
_FORGET = 0.9
_LONGEST_MISSES = 2.5


class Slots(NamedTuple):
    """What the tracker keeps of each track besides its filters; the first axis of every array is the slot.

    ``impact (n, 8)`` is the last impact prediction, made at ``t_predicted_s``, minus infinity for none. ``seen_by``
    has a bit for each radar, by its row modulo 63, that has given the track a plot. ``seen_frac`` is the share of looks
    in cover that showed it, recent ones weighing most, up to its last plot.
    """

    track_id: np.ndarray
    status: np.ndarray
    n_hits: np.ndarray
    n_missed: np.ndarray
    score: np.ndarray
    t_first_plot_s: np.ndarray
    t_confirmed_s: np.ndarray
    t_hit_s: np.ndarray
    i_radar: np.ndarray
    i_plot: np.ndarray
    group: np.ndarray
    n_in_group: np.ndarray
    impact: np.ndarray
    t_predicted_s: np.ndarray
    seen_by: np.ndarray
    seen_frac: np.ndarray


@allocating_kernel
def new_slots(capacity):
    """Empty slots."""
    return Slots(
        np.full(capacity, -1),
        np.full(capacity, _DROPPED, np.int8),
        np.zeros(capacity, np.int32),
        np.zeros(capacity, np.int32),
        np.zeros(capacity),
        np.zeros(capacity),
        np.zeros(capacity),
        np.zeros(capacity),
        np.full(capacity, -1, np.int16),
        np.full(capacity, -1, np.int32),
        np.full(capacity, -1),
        np.ones(capacity, np.int32),
        np.zeros((capacity, 8)),
        np.full(capacity, -np.inf),
        np.zeros(capacity, np.int64),
        np.zeros(capacity),
    )


@inlined_kernel
def open_slot(rules, slots, i, track_id, score, t_first_s, t_last_s, i_radar, i_plot):
    """Begin a tentative track."""
    slots.track_id[i], slots.status[i] = track_id, _TENTATIVE
    slots.n_hits[i], slots.n_missed[i], slots.score[i] = 3, 0, score
    slots.t_first_plot_s[i], slots.t_confirmed_s[i], slots.t_hit_s[i] = t_first_s, math.inf, t_last_s
    slots.i_radar[i], slots.i_plot[i], slots.seen_by[i] = i_radar, i_plot, 1 << (i_radar % 63)
    slots.group[i], slots.n_in_group[i], slots.t_predicted_s[i] = track_id, 1, -math.inf
    slots.seen_frac[i] = rules.p_detect


@kernel
def confirm_score(rules, radars):
    """Score from which a track is confirmed: logarithm of false plots over allowed false tracks, an hour each."""
    per_h = 0.0
    for k in range(len(radars)):
        revisit_s = max(radars[k].revisit_s, 1e-3)
        per_h += max(radars[k].n_false_plots, rules.n_false_least) * 3600.0 / revisit_s
    return math.log(max(per_h / rules.false_tracks_per_h, 1.0))


@inlined_kernel
def _is_seen(rules, radar, range_m, azimuth_rad, elevation_rad, h_m, margin):
    """Whether a place is in a radar's cover with so many margins to spare (negative: so many beyond it)."""
    slack_m, slack_rad = margin * rules.cover_margin_m, margin * rules.cover_margin_rad
    if range_m > radar.range_max_m - slack_m or range_m < radar.range_min_m + slack_m:
        return False
    if elevation_rad < radar.min_elevation_rad + slack_rad or elevation_rad > radar.max_elevation_rad - slack_rad:
        return False
    horizon_m = _HORIZON_M_PER_ROOT_M * (math.sqrt(max(radar.antenna_height_m, 0.0)) + math.sqrt(max(h_m, 0.0)))
    if range_m > horizon_m - slack_m:
        return False
    if radar.sector_width_rad >= 2.0 * math.pi:
        return True
    off_rad = abs(wrap_rad(azimuth_rad - radar.sector_center_rad))
    return off_rad <= 0.5 * radar.sector_width_rad - slack_rad


@kernel
def cover_of(rules, radar, filters, i, dt_s):
    """Whether slot i is INSIDE a radar's cover, NEAR its edge or OUTSIDE, ``dt_s`` after its state."""
    east_m, north_m, up_m, v_east, v_north, v_up = place_of(filters, i)
    east_m, north_m, up_m = east_m + dt_s * v_east, north_m + dt_s * v_north, up_m + dt_s * v_up
    range_m, azimuth_rad, elevation_rad, _ = to_polar(radar, east_m, north_m, up_m, v_east, v_north, v_up)
    h_m = up_m + (east_m * east_m + north_m * north_m) / (2.0 * _EARTH_RADIUS_M)
    if _is_seen(rules, radar, range_m, azimuth_rad, elevation_rad, h_m, 1.0):
        return INSIDE
    return NEAR if _is_seen(rules, radar, range_m, azimuth_rad, elevation_rad, h_m, -3.0) else OUTSIDE


@kernel
def take_hit(motion, rules, filters, slots, i, gain, least_score, t_s, i_radar, i_plot):
    """Count a plot: score, kind, confirmation."""
    slots.n_hits[i] += 1
    slots.seen_frac[i] *= _FORGET ** (slots.n_missed[i] + 1)
    slots.seen_frac[i] += 1.0 - _FORGET
    slots.n_missed[i] = 0
    slots.score[i] += gain
    slots.t_hit_s[i], slots.i_radar[i], slots.i_plot[i] = t_s, i_radar, i_plot
    slots.seen_by[i] |= 1 << (i_radar % 63)
    decide_kind(motion, filters, i, slots.n_hits[i], rules.p_decide)
    is_sure = slots.n_hits[i] >= rules.confirm_hits and slots.score[i] >= least_score
    is_old = t_s - slots.t_first_plot_s[i] >= rules.confirm_span_s
    if slots.status[i] == _TENTATIVE and is_sure and is_old:
        slots.status[i] = _CONFIRMED
        slots.t_confirmed_s[i] = t_s


@inlined_kernel
def take_miss(rules, slots, i, i_radar):
    """Count a look in cover that gave no plot; where looks are planned, only of a radar that has seen the track."""
    if rules.is_watch_planned and slots.seen_by[i] & (1 << (i_radar % 63)) == 0:
        return
    slots.n_missed[i] += 1
    slots.score[i] += math.log(1.0 - rules.p_detect)
    most = 1.0 * rules.misses_tentative
    if slots.status[i] == _CONFIRMED:  # what is seen rarely may be missed longer, for the same chance to lose it
        rarer = math.log(1.0 - rules.p_detect) / math.log(max(1.0 - slots.seen_frac[i], 1e-3))
        most = rules.misses_confirmed * min(max(rarer, 1.0), _LONGEST_MISSES)
    if slots.n_missed[i] >= most - 1e-9:
        slots.status[i] = _DROPPED


@kernel
def is_over(rules, filters, slots, i, dt_s):
    """Whether a track has ended: dropped, too uncertain, not a number, or on the ground ``dt_s`` after its state."""
    if slots.status[i] == _DROPPED or not sd_of(filters, i) <= rules.sd_most_m:
        return True
    east_m, north_m, up_m, v_east, v_north, v_up = place_of(filters, i)
    if not math.isfinite(east_m + north_m + up_m + v_east + v_north + v_up):
        return True
    h_m = up_m + dt_s * v_up + (east_m * east_m + north_m * north_m) / (2.0 * _EARTH_RADIUS_M)
    return not has_drone_lead(filters, i) and h_m < 0.0 and v_up < 0.0

"""Rules of the tracker: gates, starts, confirmation, deletion, groups. Plain numbers, one place."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["TrackRules"]


class TrackRules(NamedTuple):
    """Rules of a ``Tracker``. All defaults are choices of the design, measured on simulated raids.

    Gates and association

    * ``p_detect``: chance that a look shows an object that is in cover.
    * ``gate_of_3``, ``gate_of_4``: squared statistical distance up to which a plot may belong to a track, with three
      and four measured numbers (chi-square, chance 0.999).
    * ``n_false_least``: false plots a scan reckoned with at least.
    * ``n_events_most``, ``n_rounds_most``: joint events of a cluster that are walked exactly; rounds of belief
      propagation above that.
    * ``spread_scale``: how much of the differences between the members of a group goes into the covariance of each.
      Below 1, since part of them is error of estimation, which the covariance holds already.
    * ``p_group_least``: a plot that two tracks both hold for theirs with at least this chance makes a group of them.

    Starts, from three plots that no track has taken

    * ``start_looks``: looks over which the three may be spread; ``start_gap_s``: least time between two of them.
    * ``speed_min_mps``, ``speed_max_mps``; ``acceleration_sd_mps2``: what is unknown of an acceleration, per axis.
    * ``start_score``: least score of a start. Scores are logarithms of the likelihood as an object's plots over that
      as false plots.

    Life

    * ``confirm_hits``, ``false_tracks_per_h``: a track is confirmed with so many plots and a score of at least the
      logarithm of (false plots an hour / false tracks an hour), by which Ville's inequality bounds the rate of false
      confirmations if false plots are as the radar states.
    * ``confirm_span_s``: and no earlier than so long after its first plot, so that several radars do not confirm in one
      second what was started from plots of two neighbours.
    * ``misses_tentative``, ``misses_confirmed``: misses in a row in cover that end a track; a confirmed one that is
      seen in fewer looks than ``p_detect`` may miss up to 2.5 times as many.
    * ``sd_most_m``: a position less certain than this ends a track.
    * ``is_watch_planned``: looks at an object are planned, so that a radar which has never seen a track has not missed
      it either.
    * ``cover_margin_rad``, ``cover_margin_m``: nearer to the edge of cover than this, a miss does not count.

    What slow starts are

    * ``speed_both_mps``: starts slower than this, or whose speed is that uncertain, also carry the drone filter.
    * ``p_decide``: chance at which one of two filters is given up.

    Impact

    * ``impact_every_s``: time between two impact predictions of a confirmed rocket in ``Tracker.step``; 0: each step,
      infinity: never.
    """

    p_detect: float = 0.9
    gate_of_3: float = 16.266
    gate_of_4: float = 18.467
    n_false_least: float = 1.0
    n_events_most: float = 3000.0
    n_rounds_most: int = 60
    spread_scale: float = 0.7
    p_group_least: float = 0.02
    start_looks: int = 5
    start_gap_s: float = 0.2
    speed_min_mps: float = 5.0
    speed_max_mps: float = 1800.0
    acceleration_sd_mps2: float = 4.0
    start_score: float = 5.0
    confirm_hits: int = 4
    confirm_span_s: float = 2.5
    false_tracks_per_h: float = 0.1
    misses_tentative: int = 3
    misses_confirmed: int = 4
    is_watch_planned: bool = False
    sd_most_m: float = 5000.0
    cover_margin_rad: float = 0.01
    cover_margin_m: float = 500.0
    speed_both_mps: float = 250.0
    p_decide: float = 0.99
    impact_every_s: float = 0.0

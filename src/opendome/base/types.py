"""What crosses the rooms: plain record arrays, declared once.

``World`` is the compiled scenario; ``Raid`` the truth of one window; ``Picture`` what the defence perceives of it;
``Links`` (track -> object) is private to the
battle kernel and the recorder. All are named tuples of NumPy arrays, so that one declaration serves Python, NumPy and
Numba.

Frames: local east-north-up at the scenario's origin, ``east_m`` and ``north_m``; heights above the ellipsoid. Times:
seconds since the scenario's start.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from .radar_types import PLOT, RADAR, TRACK_REPORT, TrackKind, TrackStatus

__all__ = [
    "AREA",
    "ASSESSMENT",
    "CLASS",
    "DEPOT",
    "LAYER",
    "MAX_AREAS_PER_ASSESSMENT",
    "OBJECT",
    "PLOT",
    "POST",
    "RADAR",
    "RESUPPLY",
    "SENSOR",
    "TRACK",
    "TRACK_REPORT",
    "UNIT",
    "UNIT_CHANGE",
    "Connections",
    "Fate",
    "Links",
    "Picture",
    "Raid",
    "Reason",
    "TrackKind",
    "TrackStatus",
]

MAX_AREAS_PER_ASSESSMENT = 16


class Fate(IntEnum):
    """What a launched object does if nobody touches it."""

    FLIES = 0
    FAILS_IN_FLIGHT = 1
    MISFIRES = 2


class Reason(IntEnum):
    """Why a track was shot at, or was not, at the moment it was last looked at.

    Written on every shot and every non-shot.
    """

    NEVER_SEEN = 0
    NOT_CONFIRMED = 1
    TRACK_CAPACITY = 2
    BELOW_THRESHOLD = 3
    OUT_OF_FOOTPRINT = 4
    TOO_LATE = 5
    NO_CHANNEL = 6
    RELOADING = 7
    NO_ROUNDS = 8
    HELD_IN_RESERVE = 9
    POLICY_DECLINED = 10
    ENGAGED = 11
    ENGAGED_WAITED = 12
    SHOTS_USED_UP = 13
    JUDGED_KILLED = 14
    NO_BATTERY_READY = 15
    NOT_REPORTED = 16
    BATTERY_FAILED = 17
    CUT_OFF = 18
    LEFT_TO_OTHERS = 19
    ORDER_LOST = 20


# One launched object (truth). end_area is the area whose polygon holds the impact, -1 for none.
OBJECT = np.dtype(
    [
        ("burst", np.int32),
        ("shot", np.int32),
        ("i_class", np.int16),
        ("fate", np.int8),
        ("is_at_sea", np.int8),
        ("is_in_launch_area", np.int8),
        ("is_built_up", np.int8),
        ("end_area", np.int16),
        ("aim_area", np.int16),
        ("t_launch_s", np.float64),
        ("t_impact_s", np.float64),
        ("launch_east_m", np.float64),
        ("launch_north_m", np.float64),
        ("way_east_m", np.float64),
        ("way_north_m", np.float64),
        ("impact_east_m", np.float64),
        ("impact_north_m", np.float64),
        ("range_m", np.float64),
    ],
    align=True,
)

# One track (perception). No reference to an object. post_mask: bit i is set where command post i has it, -1 for all.
# i_sensor leads it; i_sensor_2 to i_sensor_4 see it too, -1 for none: a post hears of it from whichever is quickest.
TRACK = np.dtype(
    [
        ("track_id", np.int64),
        ("post_mask", np.int64),
        ("i_class", np.int16),
        ("i_sensor", np.int16),
        ("i_sensor_2", np.int16),
        ("i_sensor_3", np.int16),
        ("i_sensor_4", np.int16),
        ("first_assessment", np.int32),
        ("n_assessments", np.int32),
        ("t_first_plot_s", np.float64),
        ("t_confirmed_s", np.float64),
        ("t_origin_s", np.float64),
        ("origin_east_m", np.float64),
        ("origin_north_m", np.float64),
    ],
    align=True,
)

# One impact prediction: mean, 2x2 covariance, time; now is where a cruising object is seen to be; p_any is the chance
# of a hit on any defended area (decision mask), value_people the people at risk.
ASSESSMENT = np.dtype(
    [
        ("t_s", np.float64),
        ("i_track", np.int32),
        ("ordinal", np.int32),
        ("now_east_m", np.float64),
        ("now_north_m", np.float64),
        ("mean_east_m", np.float64),
        ("mean_north_m", np.float64),
        ("var_east_m2", np.float64),
        ("cov_m2", np.float64),
        ("var_north_m2", np.float64),
        ("t_impact_s", np.float64),
        ("p_any", np.float64),
        ("value_people", np.float64),
        ("n_areas", np.int32),
    ],
    align=True,
)

# Compiled threat class.
CLASS = np.dtype(
    [
        ("is_cruise", np.int8),
        ("i_table", np.int16),
        ("i_kill_group", np.int16),
        ("range_min_m", np.float64),
        ("range_max_m", np.float64),
        ("speed_mps", np.float64),
        ("height_m", np.float64),
        ("path_offset_frac", np.float64),
        ("spread_frac_of_range", np.float64),
        ("casualty_area_m2", np.float64),
        ("damage_kusd", np.float64),
        ("unit_cost_kusd", np.float64),
        ("p_missed", np.float64),
    ],
    align=True,
)

# One defended area. Densities are over its built-up part; the people of the day are there in the hours of harm.day.
AREA = np.dtype(
    [
        ("east_m", np.float64),
        ("north_m", np.float64),
        ("population", np.float64),
        ("area_m2", np.float64),
        ("built_up_frac", np.float64),
        ("density_people_per_m2", np.float64),
        ("day_population", np.float64),
        ("density_day_people_per_m2", np.float64),
        ("time_to_shelter_s", np.float64),
        ("value", np.float64),
        ("boundary_m", np.float64),
    ],
    align=True,
)

# One sensor; up between t_up_s and t_down_s (several intervals: several rows with the same identity).
SENSOR = np.dtype(
    [
        ("identity", np.int64),
        ("i_post", np.int16),
        ("east_m", np.float64),
        ("north_m", np.float64),
        ("range_m", np.float64),
        ("min_elevation_rad", np.float64),
        ("antenna_height_m", np.float64),
        ("error_scale", np.float64),
        ("track_capacity", np.int32),
        ("t_up_s", np.float64),
        ("t_down_s", np.float64),
    ],
    align=True,
)

# One command post: engagements it can hold at once, and the time it needs to decide.
POST = np.dtype([("identity", np.int64), ("n_channels", np.int32), ("decision_s", np.float64)], align=True)

# One fire unit: like launchers at one place that answer to one post. class_mask: bit i is set where it may shoot at
# class i; i_layer: its place in the doctrine's order of layers.
UNIT = np.dtype(
    [
        ("identity", np.int64),
        ("class_mask", np.int64),
        ("i_post", np.int16),
        ("i_layer", np.int16),
        ("i_depot", np.int16),
        ("n_launchers", np.int16),
        ("first_launcher", np.int32),
        ("rounds_per_launcher", np.int32),
        ("loaded_rounds", np.int32),
        ("first_change", np.int32),
        ("n_changes", np.int32),
        ("reload_s", np.float64),
        ("reload_when_left_rounds", np.int32),
        ("time_between_shots_s", np.float64),
        ("reach_max_m", np.float64),
        ("reach_min_m", np.float64),
        ("height_min_m", np.float64),
        ("height_max_m", np.float64),
        ("defended_radius_m", np.float64),
        ("threat_range_min_m", np.float64),
        ("threat_range_max_m", np.float64),
        ("flyout_speed_mps", np.float64),
        ("flyout_delay_s", np.float64),
        ("p_kill_rocket", np.float64),
        ("p_kill_mortar", np.float64),
        ("p_kill_drone", np.float64),
        ("p_kill_cruise", np.float64),
        ("reliability", np.float64),
        ("salvo_correlation", np.float64),
        ("look_delay_s", np.float64),
        ("p_kill_judged_miss", np.float64),
        ("p_miss_judged_kill", np.float64),
        ("interceptor_cost_kusd", np.float64),
    ],
    align=True,
)

# A unit's life, in time order: from t_s on it stands at (east_m, north_m), ready by its timetable or not, and working
# or failed (is_up). is_arrival adds its loaded rounds to the stock, is_departure takes its rounds away.
UNIT_CHANGE = np.dtype(
    [
        ("t_s", np.float64),
        ("east_m", np.float64),
        ("north_m", np.float64),
        ("is_ready", np.int8),
        ("is_up", np.int8),
        ("is_arrival", np.int8),
        ("is_departure", np.int8),
    ],
    align=True,
)

# Rounds sent to a depot at t_sent_s that reach it at t_s, unless they are lost. Before luck is drawn, t_s is the plan.
RESUPPLY = np.dtype(
    [
        ("t_s", np.float64),
        ("t_sent_s", np.float64),
        ("i_depot", np.int16),
        ("is_made", np.int8),
        ("is_lost", np.int8),
        ("n_rounds", np.int32),
        ("ordinal", np.int32),
        ("p_lost", np.float64),
        ("p_late", np.float64),
        ("late_mean_s", np.float64),
    ],
    align=True,
)

# A depot. n_lorries is -1 where reloading waits for no lorry; reorder_below_rounds is -1 where nothing is ordered, and
# i_source -1 where orders come from outside.
DEPOT = np.dtype(
    [
        ("identity", np.int64),
        ("n_rounds", np.int64),
        ("east_m", np.float64),
        ("north_m", np.float64),
        ("has_place", np.int8),
        ("n_lorries", np.int32),
        ("first_lorry", np.int32),
        ("lorry_rounds", np.int32),
        ("road_mps", np.float64),
        ("load_s", np.float64),
        ("reorder_below_rounds", np.int64),
        ("reorder_up_to_rounds", np.int64),
        ("i_source", np.int16),
        ("lead_s", np.float64),
        ("p_lost", np.float64),
        ("p_late", np.float64),
        ("late_mean_s", np.float64),
    ],
    align=True,
)

# A layer of the defence: what it may spend on one track, and the ready rounds that it keeps for what no later layer
# can reach.
LAYER = np.dtype([("shots_at_most", np.int32), ("reserve_rounds", np.int32)], align=True)


class Connections(NamedTuple):
    """Who can talk to whom, epoch by epoch: nothing fails or is repaired inside of one.

    ``t_s`` (e,) starts of epochs, the first -inf. ``report_delay_s`` (e, n_sensors, n_posts) from a sensor to a command
    post, infinite where nothing gets through, and ``report_share`` of the reports that arrive. ``post_masks`` (e,
    n_groups) the posts that share one picture, as bits. ``i_post`` (e, n_units) the post that orders a unit's shots,
    -1 for none, ``order_delay_s`` and ``order_p_lost`` of its orders. ``is_ideal``: everybody hears everything at once.
    """

    t_s: np.ndarray
    report_delay_s: np.ndarray
    report_share: np.ndarray
    post_masks: np.ndarray
    i_post: np.ndarray
    order_delay_s: np.ndarray
    order_p_lost: np.ndarray
    is_ideal: bool


class Raid(NamedTuple):
    """Truth of one window: ``objects`` (n,) of OBJECT in launch order, with no feedback from the defence."""

    objects: np.ndarray


class Picture(NamedTuple):
    """Perception of one window.

    ``tracks`` (n,) of TRACK; ``assessments`` (m,) of ASSESSMENT grouped by track, in time order within a track;
    ``areas`` (m, 16) area indices and ``p_areas`` (m, 16) P(hit) of each, sorted by area; ``is_inside`` (m, 16)
    whether the area meets the warning ellipse.
    """

    tracks: np.ndarray
    assessments: np.ndarray
    areas: np.ndarray
    p_areas: np.ndarray
    is_inside: np.ndarray


class Links(NamedTuple):
    """Track -> object over time, for the kernel and the recorder alone.

    Track i holds the objects ``i_object[k]`` from ``t_from_s[k]`` until ``t_until_s[k]``, k in first[i] .. first[i +
    1]. A track may have none, one or several
    objects, and an object several tracks.
    """

    first: np.ndarray
    i_object: np.ndarray
    t_from_s: np.ndarray
    t_until_s: np.ndarray

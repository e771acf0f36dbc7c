"""The battle's state: plain arrays and nothing else, so that it can be copied, saved, resumed and rewound."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np

from opendome.base.kernels import allocating_kernel
from opendome.base.types import ASSESSMENT, OBJECT, TRACK
from opendome.doctrine.view import MAX_OPTIONS, N_OPTION, N_STOCK, N_TRACK

from .model import BattleModel

__all__ = [
    "DECISION_LOG",
    "EVENT",
    "INTERCEPT_LOG",
    "LAUNCHER",
    "LAUNCH_LOG",
    "OBJECT_STATE",
    "ORDER",
    "TRACK_STATE",
    "UNIT_STATE",
    "BattleState",
    "Clock",
    "Count",
    "Status",
    "Window",
    "copy_state",
    "empty_window",
    "new_state",
]


class Clock(IntEnum):
    """Places in ``BattleState.clock``."""

    NOW_S = 0
    NEXT_SCHEDULED_S = 1
    FIRST_STOCKOUT_S = 2
    SHADOW_PRICE_PEOPLE = 3
    PRICED_ROUNDS = 4
    N = 5


class Count(IntEnum):
    """Places in ``BattleState.count``."""

    CURSOR = 0
    HEAP_SIZE = 1
    SERIAL = 2
    NEXT_CHANGE = 3
    NEXT_RESUPPLY = 4
    READY_ROUNDS = 5
    DELIVERED = 6
    FIRED = 7
    WASTED = 8
    PENDING_TRACK = 9
    N_OPTIONS = 10
    N_DECISIONS = 11
    N_LAUNCHES = 12
    N_INTERCEPTS = 13
    IS_LOGGING = 14
    IS_WAITED = 15
    EPOCH = 16
    SEED = 17
    REPLICATION = 18
    INITIAL = 19
    MADE = 20
    SENT = 21
    IN_TRANSIT = 22
    LOST = 23
    RETURNED = 24
    N = 25


class Status(IntEnum):
    """What ``advance`` stopped for, and what a track is doing."""

    DONE = 0
    DECISION = 1
    LOG_FULL = 2
    HEAP_FULL = 3


_N_CLOCK = int(Clock.N)
_N_COUNT = int(Count.N)
OPEN: Final = 0
PENDING: Final = 1
CLOSED: Final = 2

# One launcher. t_loaded_s is infinite unless it is reloading; waits_for_rounds: empty depot.
LAUNCHER = np.dtype(
    [
        ("i_unit", np.int32),
        ("rounds", np.int32),
        ("coming", np.int32),
        ("waits_for_rounds", np.int8),
        ("t_free_s", np.float64),
        ("t_loaded_s", np.float64),
    ],
    align=True,
)
# One fire unit. price_factor: what a round of it is worth, over that of the unit whose rounds are dearest.
UNIT_STATE = np.dtype(
    [
        ("east_m", np.float64),
        ("north_m", np.float64),
        ("is_ready", np.int8),
        ("is_failed", np.int8),
        ("price_factor", np.float64),
    ],
    align=True,
)
EVENT = np.dtype(
    [
        ("t_s", np.float64),
        ("serial", np.int64),
        ("p_kill", np.float64),
        ("i_track", np.int32),
        ("i_unit", np.int32),
        ("n_rounds", np.int32),
        ("i_post", np.int16),
        ("kind", np.int8),
        ("outcome", np.int8),
    ],
    align=True,
)
# Rounds that a depot has ordered; t_s is infinite where the place is free.
ORDER = np.dtype([("t_s", np.float64), ("i_depot", np.int16), ("is_lost", np.int8), ("n_rounds", np.int64)], align=True)
# layer_shots: rounds that each layer has fired at the track, eight bits a layer.
TRACK_STATE = np.dtype(
    [
        ("status", np.int8),
        ("reason", np.int8),
        ("n_shots", np.int16),
        ("n_engagements", np.int16),
        ("retries", np.int16),
        ("n_lost_orders", np.int16),
        ("layer_shots", np.int64),
        ("slot", np.int32),
        ("current", np.int32),
        ("t_closed_s", np.float64),
        ("t_dropped_s", np.float64),
    ],
    align=True,
)
OBJECT_STATE = np.dtype(
    [
        ("is_killed", np.int8),
        ("is_counted", np.int8),
        ("was_engaged", np.int8),
        ("n_shots", np.int16),
        ("t_killed_s", np.float64),
    ],
    align=True,
)
DECISION_LOG = np.dtype(
    [
        ("t_s", np.float64),
        ("track_id", np.int64),
        ("reason", np.int8),
        ("n_options", np.int32),
        ("i_unit", np.int32),
        ("n_rounds", np.int32),
        ("p_hit", np.float64),
        ("value_people", np.float64),
        ("t_launch_s", np.float64),
        ("t_intercept_s", np.float64),
        ("p_kill", np.float64),
    ],
    align=True,
)
LAUNCH_LOG = np.dtype(
    [
        ("t_s", np.float64),
        ("track_id", np.int64),
        ("i_unit", np.int32),
        ("i_launcher", np.int32),
        ("t_intercept_s", np.float64),
        ("intercept_east_m", np.float64),
        ("intercept_north_m", np.float64),
        ("intercept_height_m", np.float64),
    ],
    align=True,
)
INTERCEPT_LOG = np.dtype(
    [
        ("t_s", np.float64),
        ("track_id", np.int64),
        ("burst", np.int32),
        ("shot", np.int32),
        ("i_unit", np.int32),
        ("n_rounds", np.int32),
        ("is_killed", np.int8),
        ("t_look_s", np.float64),
        ("is_judged_killed", np.int8),
    ],
    align=True,
)

HEAP_PLACES = 8192
LOG_PLACES = 4096
N_NODES = 33
ORDER_PLACES = 64
BITS_PER_LAYER = 8
"""Of TRACK_STATE.layer_shots."""


class BattleState(NamedTuple):
    """Everything that changes and outlives a window. Arrays only; see Clock and Count for the places of the scalars."""

    clock: np.ndarray
    count: np.ndarray  # type: ignore[assignment]
    depots: np.ndarray
    on_order: np.ndarray
    n_orders: np.ndarray
    orders: np.ndarray
    lorries_free_s: np.ndarray
    launchers: np.ndarray
    units: np.ndarray
    busy: np.ndarray
    fired_by_unit: np.ndarray
    slots: np.ndarray
    slot_cursor: np.ndarray
    events: np.ndarray
    heap: np.ndarray
    view_track: np.ndarray
    view_options: np.ndarray
    view_stock: np.ndarray
    option_launcher: np.ndarray
    nodes: np.ndarray
    path: np.ndarray
    decisions: np.ndarray
    launches: np.ndarray
    intercepts: np.ndarray


class Window(NamedTuple):
    """One window: truth, perception, the links between them, and the state of each track and object.

    Only the kernel and the recorder hold one; a policy sees the view arrays.
    """

    objects: np.ndarray
    object_state: np.ndarray
    tracks: np.ndarray
    track_state: np.ndarray
    assessments: np.ndarray
    order: np.ndarray
    areas: np.ndarray
    p_areas: np.ndarray
    is_inside: np.ndarray
    link_first: np.ndarray
    link_object: np.ndarray
    link_from_s: np.ndarray
    link_until_s: np.ndarray


@allocating_kernel
def new_state(model: BattleModel, is_logging: bool) -> BattleState:
    """State before the first event: launchers empty until their unit's arrival, depots as stated."""
    n_launchers = 0
    for i in range(len(model.units)):
        n_launchers += model.units[i].n_launchers
    launchers = np.zeros(n_launchers, LAUNCHER)
    for i in range(len(model.units)):
        for k in range(model.units[i].n_launchers):
            launcher = launchers[model.units[i].first_launcher + k]
            launcher.i_unit = i
            launcher.t_loaded_s = np.inf
    units = np.zeros(len(model.units), UNIT_STATE)
    for i in range(len(units)):
        units[i].price_factor = 1.0
    most = 1
    for i in range(len(model.track_capacity)):
        most = max(most, model.track_capacity[i])
    slots = np.full((max(len(model.track_capacity), 1), most), -np.inf)
    clock = np.zeros(_N_CLOCK)
    clock[Clock.NEXT_SCHEDULED_S] = -np.inf
    clock[Clock.FIRST_STOCKOUT_S] = np.nan
    count = np.zeros(_N_COUNT, np.int64)
    count[Count.PENDING_TRACK] = -1
    count[Count.IS_LOGGING] = int(is_logging)
    depots, n_lorries = np.zeros(len(model.depots), np.int64), 0
    for i in range(len(depots)):
        depots[i] = model.depots[i].n_rounds
        count[Count.DELIVERED] += depots[i]
        n_lorries += max(model.depots[i].n_lorries, 0)
    count[Count.INITIAL] = count[Count.DELIVERED]
    orders = np.zeros(ORDER_PLACES, ORDER)
    for i in range(ORDER_PLACES):
        orders[i].t_s = np.inf
    places = LOG_PLACES if is_logging else 1
    return BattleState(
        clock,
        count,
        depots,
        np.zeros(len(depots), np.int64),
        np.zeros(len(depots), np.int64),
        orders,
        np.full(n_lorries, -np.inf),
        launchers,
        units,
        np.zeros(len(model.posts), np.int64),
        np.zeros(len(model.units), np.int64),
        slots,
        np.zeros(len(slots), np.int64),
        np.empty(HEAP_PLACES, EVENT),
        np.arange(HEAP_PLACES),
        np.zeros(N_TRACK),
        np.zeros((MAX_OPTIONS, N_OPTION)),
        np.zeros(N_STOCK),
        np.zeros(MAX_OPTIONS, np.int64),
        np.zeros((N_NODES, 4)),
        np.zeros((N_NODES, 2)),
        np.zeros(places, DECISION_LOG),
        np.zeros(places, LAUNCH_LOG),
        np.zeros(places, INTERCEPT_LOG),
    )


@allocating_kernel
def empty_window() -> Window:
    """A window with nothing in it."""
    return Window(
        np.zeros(0, OBJECT),
        np.zeros(0, OBJECT_STATE),
        np.zeros(0, TRACK),
        np.zeros(0, TRACK_STATE),
        np.zeros(0, ASSESSMENT),
        np.zeros(0, np.int64),
        np.zeros((0, 16), np.int16),
        np.zeros((0, 16), np.float32),
        np.zeros((0, 16), np.int8),
        np.zeros(1, np.int64),
        np.zeros(0, np.int64),
        np.zeros(0),
        np.zeros(0),
    )


def copy_state(state: BattleState) -> BattleState:
    """An independent copy: what happens to one does not touch the other."""
    return BattleState(*(array.copy() for array in state))

"""The compiled battle: units, posts, stock and doctrine, as plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from opendome.base.types import Connections
from opendome.flight.tables import FlightTables

__all__ = ["BattleModel"]


class BattleModel(NamedTuple):
    """Everything the battle kernel needs.

    ``units`` (n,) of UNIT; ``changes`` (k,) of UNIT_CHANGE grouped by unit; ``change_order`` (k,) their rows in time
    order, ``change_unit`` (k,) the unit of each;
    ``posts`` of POST; ``resupply`` of RESUPPLY in time order; ``depots`` of DEPOT; ``layers`` of LAYER, empty where all
    units stand in one; ``net`` who can talk to whom; ``track_capacity`` (n_sensors,) by sensor. ``p_kill_offset``:
    error of the kill probability that policies believe in.
    """

    units: np.ndarray
    changes: np.ndarray
    change_order: np.ndarray
    change_unit: np.ndarray
    posts: np.ndarray
    resupply: np.ndarray
    depots: np.ndarray
    layers: np.ndarray
    net: Connections
    track_capacity: np.ndarray
    classes: np.ndarray
    tables: FlightTables
    p_hit_min: float
    value_min_people: float
    decision_age_frac: float
    is_latest: bool
    salvo: int
    is_looking: bool
    max_shots: int
    reserve_share: float
    round_price_people: float
    retry_s: float
    drop_mean_s: float
    quality_sigma_m: float
    p_kill_offset: float

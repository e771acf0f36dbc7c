"""Toy battles built by hand: units, tracks, objects and links in a few lines, for tests with closed-form answers.

The toy's threats cruise straight and level at one speed, so that geometry can be done in the head: a unit at the
origin, threats that come in along the east axis.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from opendome.base.types import (
    ASSESSMENT,
    CLASS,
    DEPOT,
    LAYER,
    MAX_AREAS_PER_ASSESSMENT,
    OBJECT,
    POST,
    RESUPPLY,
    TRACK,
    UNIT,
    UNIT_CHANGE,
)
from opendome.battle.model import BattleModel
from opendome.battle.network import ideal_connections
from opendome.battle.state import BattleState, Window, empty_window
from opendome.battle.windows import open_window
from opendome.flight.tables import FlightTables

__all__ = [
    "toy_changes",
    "toy_classes",
    "toy_depots",
    "toy_links",
    "toy_model",
    "toy_objects",
    "toy_posts",
    "toy_tables",
    "toy_tracks",
    "toy_units",
    "toy_window",
]

Numbers = float | Sequence[float] | np.ndarray


def _filled(dtype: np.dtype, n: int, fields: dict[str, Any]) -> np.ndarray:
    """Records with the given fields; the others are zero."""
    rows = np.zeros(n, dtype)
    for name, value in fields.items():
        rows[name] = value
    return rows


def toy_tables(tof_s: float = 60.0, apex_m: float = 4000.0) -> FlightTables:
    """Flight tables of one class: flights of 10 to 20 km, all of ``tof_s``, parabolas of height ``apex_m``."""
    share = np.linspace(0.0, 1.0, 65)
    height = np.tile(4.0 * apex_m * share * (1.0 - share), (2, 1))
    return FlightTables(
        np.array([[10_000.0, 20_000.0]]),
        np.full((1, 2), tof_s),
        np.tile(share, (1, 2, 1)),
        height[None],
        np.zeros((1, 2)),
        np.zeros((1, 2)),
    )


def toy_classes(n: int = 1, **fields: Any) -> np.ndarray:
    """Threat classes, (n,) of CLASS: cruising at 100 m/s, 1 km high, unless said otherwise."""
    defaults = {"is_cruise": 1, "speed_mps": 100.0, "height_m": 1000.0, "range_max_m": 1e6, "casualty_area_m2": 80.0}
    return _filled(CLASS, n, {**defaults, **fields})


def toy_posts(n: int = 1, **fields: Any) -> np.ndarray:
    """Command posts, (n,) of POST: 99 channels and no time to decide, unless said otherwise."""
    return _filled(POST, n, {"identity": np.arange(n) + 100, "n_channels": 99, "decision_s": 0.0, **fields})


def toy_units(n: int = 1, **fields: Any) -> np.ndarray:
    """Fire units, (n,) of UNIT; unless told otherwise one launcher, 1,000 rounds that never miss, 10 km of reach."""
    defaults = {
        "identity": np.arange(n) + 1, "n_launchers": 1, "rounds_per_launcher": 1000, "loaded_rounds": 1000,
        "reload_s": 600.0, "reload_when_left_rounds": 0, "reach_max_m": 10_000.0, "height_max_m": 1e5,
        "defended_radius_m": 10_000.0, "threat_range_max_m": 1e9, "flyout_speed_mps": 1000.0, "p_kill_rocket": 1.0,
        "p_kill_mortar": 1.0, "p_kill_drone": 1.0, "p_kill_cruise": 1.0, "reliability": 1.0, "look_delay_s": 2.0,
        "interceptor_cost_kusd": 50.0, "class_mask": -1,
    }  # fmt: skip
    units = _filled(UNIT, n, {**defaults, **fields})
    units["first_launcher"] = np.cumsum(units["n_launchers"]) - units["n_launchers"]
    units["first_change"], units["n_changes"] = np.arange(n), 1
    return units


def toy_changes(n: int, east_m: Numbers = 0.0, north_m: Numbers = 0.0) -> np.ndarray:
    """Timetable of n units that stand ready at their places from the start, (n,) of UNIT_CHANGE."""
    return _filled(UNIT_CHANGE, n, {"east_m": east_m, "north_m": north_m, "is_ready": 1, "is_up": 1, "is_arrival": 1})


def toy_depots(n: int = 1, **fields: Any) -> np.ndarray:
    """Depots, (n,) of DEPOT: empty, with no lack of lorries, and nothing ordered, unless said otherwise."""
    defaults = {
        "identity": np.arange(n) + 500, "n_lorries": -1, "lorry_rounds": 20, "road_mps": 10.0,
        "reorder_below_rounds": -1, "i_source": -1,
    }  # fmt: skip
    depots = _filled(DEPOT, n, {**defaults, **fields})
    depots["first_lorry"] = np.cumsum(np.maximum(depots["n_lorries"], 0)) - np.maximum(depots["n_lorries"], 0)
    return depots


def toy_model(
    units: np.ndarray,
    posts: np.ndarray,
    changes: np.ndarray | None = None,
    classes: np.ndarray | None = None,
    **fields: Any,
) -> BattleModel:
    """A battle model; without ``changes`` the units stand ready at the origin, and ``fields`` replace its fields.

    Doctrine unless said otherwise: shoot at everything at once, one round, look, at most 4 shots; empty depot; no limit
    to tracks.
    """
    changes = toy_changes(len(units)) if changes is None else changes
    model = BattleModel(
        units=units,
        changes=changes,
        change_order=np.argsort(changes["t_s"], kind="stable"),
        change_unit=np.repeat(np.arange(len(units)), units["n_changes"]),
        posts=posts,
        resupply=np.zeros(0, RESUPPLY),
        depots=toy_depots(),
        layers=np.zeros(0, LAYER),
        net=ideal_connections(units, max(len(fields.get("track_capacity", ())), 1), len(posts)),
        track_capacity=np.zeros(0, np.int64),
        classes=toy_classes() if classes is None else classes,
        tables=toy_tables(),
        p_hit_min=0.1,
        value_min_people=math.inf,
        decision_age_frac=0.0,
        is_latest=False,
        salvo=1,
        is_looking=True,
        max_shots=4,
        reserve_share=0.0,
        round_price_people=0.02,
        retry_s=2.0,
        drop_mean_s=8.0,
        quality_sigma_m=4000.0,
        p_kill_offset=0.0,
    )
    return model._replace(**fields)


def toy_objects(t_impact_s: Numbers, **fields: Any) -> np.ndarray:
    """Objects, (n,) of OBJECT: number i is shot 0 of burst i, comes down at the origin, in area 0 and built up."""
    t_s = np.atleast_1d(np.asarray(t_impact_s, float))
    defaults = {
        "burst": np.arange(len(t_s)), "is_built_up": 1, "t_launch_s": t_s - 300.0, "t_impact_s": t_s,
        "launch_east_m": 30_000.0, "way_east_m": 15_000.0, "range_m": 30_000.0,
    }  # fmt: skip
    return _filled(OBJECT, len(t_s), {**defaults, **fields})


def toy_tracks(
    t_s: np.ndarray, t_impact_s: Numbers, speed_mps: float = 100.0, **fields: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Tracks and their assessments.

    Parameters
    ----------
    t_s : (n, k)                 times of the k assessments of each track [s]
    t_impact_s : (n,) or float   predicted impact, at the origin [s]; it comes along the east axis at ``speed_mps``
    fields                       fields of ASSESSMENT, broadcast to (n, k): ``p_any``, ``mean_east_m``, ...

    Returns
    -------
    tracks (n,) of TRACK, assessments (n * k,) of ASSESSMENT
    """
    t_s = np.asarray(t_s, float)
    n, k = t_s.shape
    end_s = np.broadcast_to(np.atleast_1d(np.asarray(t_impact_s, float))[:, None], (n, k))
    rows = np.zeros((n, k), ASSESSMENT)
    rows["t_s"], rows["t_impact_s"], rows["i_track"], rows["ordinal"] = t_s, end_s, np.arange(n)[:, None], np.arange(k)
    rows["now_east_m"] = speed_mps * (end_s - t_s)
    rows["var_east_m2"], rows["var_north_m2"], rows["p_any"], rows["value_people"] = 1.0, 1.0, 1.0, 1.0
    for name, value in fields.items():
        rows[name] = value
    tracks = np.zeros(n, TRACK)
    tracks["track_id"], tracks["first_assessment"], tracks["n_assessments"] = np.arange(n), k * np.arange(n), k
    tracks["t_first_plot_s"], tracks["post_mask"] = t_s[:, 0] - 5.0, -1
    return tracks, rows.reshape(-1)


def toy_links(links: Sequence[tuple[int, int, float, float]], n_tracks: int) -> tuple:
    """Links from (track, object, from [s], until [s]): a track may have none, one or several, an object too."""
    ordered = sorted(links)
    first = np.searchsorted([link[0] for link in ordered], np.arange(n_tracks + 1))
    objects = np.array([link[1] for link in ordered], np.int64)
    return (
        first,
        objects,
        np.array([link[2] for link in ordered], float),
        np.array([link[3] for link in ordered], float),
    )


def toy_window(
    state: BattleState,
    objects: np.ndarray,
    tracks: np.ndarray,
    rows: np.ndarray,
    links: tuple,
    carried: Window | None = None,
) -> Window:
    """A window of hand-made objects, tracks and links, opened on a state; nothing is said of areas."""
    shape = (len(rows), MAX_AREAS_PER_ASSESSMENT)
    return open_window(
        empty_window() if carried is None else carried,
        state,
        -math.inf if carried is None else float(rows["t_s"].min()),
        objects,
        tracks,
        rows,
        np.full(shape, -1, np.int16),
        np.zeros(shape, np.float32),
        np.zeros(shape, np.int8),
        links,
    )

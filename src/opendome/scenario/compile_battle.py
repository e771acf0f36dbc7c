"""Compile the defence: fire units with their timetables, command posts, sensors, stock and doctrine."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from opendome import catalogue
from opendome.base.frames import Origin
from opendome.base.philox import identity_hash
from opendome.base.types import POST, RESUPPLY, UNIT, UNIT_CHANGE
from opendome.battle.model import BattleModel
from opendome.battle.parameters import Battery, Depot, LauncherUnit
from opendome.flight.tables import FlightTables

from .compile_sensors import compile_sensors
from .compile_sites import figure, timetable
from .schema import ScenarioModel

__all__ = ["Defence", "compile_battle", "compile_defence", "decision_age_frac", "figure", "unit_names"]

_DAY_S = 86400.0
_QUALITY_SIGMA_M = 4000.0
_NO_LIMIT_PEOPLE = math.inf


class Defence(NamedTuple):
    """Units, posts and sensors of a scenario, before doctrine."""

    units: np.ndarray
    changes: np.ndarray
    change_order: np.ndarray
    change_unit: np.ndarray
    posts: np.ndarray
    sensors: np.ndarray
    track_capacity: np.ndarray


def unit_names(model: ScenarioModel) -> list[str]:
    """Ids of fire units in the order of their indices: batteries with launchers, then separate launchers."""
    return [b.id for b in model.batteries if _n_launchers(model, b) > 0] + [u.id for u in model.launchers]


def _n_launchers(model: ScenarioModel, battery: Battery) -> int:
    return (
        int(figure(model, battery.system, "launchers_per_battery")) if battery.launchers is None else battery.launchers
    )


def _fill_unit(model: ScenarioModel, row: Any, item: Battery | LauncherUnit, i_post: int, n_launchers: int) -> None:
    """Figures of one fire unit."""
    system = item.system
    row["identity"], row["i_post"], row["i_depot"], row["n_launchers"] = identity_hash(item.id), i_post, 0, n_launchers
    rounds = item.rounds_per_launcher
    row["rounds_per_launcher"] = figure(model, system, "rounds_per_launcher") if rounds is None else rounds
    full = n_launchers * int(row["rounds_per_launcher"])
    row["loaded_rounds"] = full if item.loaded_rounds is None else min(item.loaded_rounds, full)
    for key in (
        "reload_s", "reload_when_left_rounds", "time_between_shots_s", "flyout_speed_mps", "flyout_delay_s",
        "reliability",
        "salvo_correlation", "look_delay_s", "p_kill_judged_miss", "p_miss_judged_kill", "interceptor_cost_kusd",
    ):  # fmt: skip
        row[key] = figure(model, system, key)
    for target in ("rocket", "mortar", "drone", "cruise"):
        row[f"p_kill_{target}"] = figure(model, system, f"single_shot_kill_probability_{target}")
    for field, key in (
        ("reach_max_m", "intercept_reach_km"), ("reach_min_m", "intercept_range_min_km"),
        ("height_min_m", "intercept_height_min_km"),
        ("height_max_m", "intercept_height_max_km"), ("defended_radius_m", "defended_radius_km"),
        ("threat_range_min_m", "threat_range_min_km"), ("threat_range_max_m", "threat_range_max_km"),
    ):  # fmt: skip
        row[field] = 1000.0 * figure(model, system, key)
    fails_h = item.fails_every_h if isinstance(item, Battery) else None
    repaired_h = item.repaired_in_h if isinstance(item, Battery) else None
    row["fails_every_s"] = math.inf if fails_h is None else 3600.0 * fails_h
    row["repaired_in_s"] = 0.0 if repaired_h is None else 3600.0 * repaired_h


def _posts(model: ScenarioModel) -> np.ndarray:
    """One command post per battery, in the order of batteries."""
    posts = np.zeros(len(model.batteries), POST)
    for row, battery in zip(posts, model.batteries, strict=True):
        row["identity"] = identity_hash(battery.id + "/post")
        channels = battery.channels
        row["n_channels"] = figure(model, battery.system, "channels_per_battery") if channels is None else channels
        decision_s = model.doctrine.decision_s
        row["decision_s"] = figure(model, battery.system, "decision_s") if decision_s is None else decision_s
    return posts


def compile_defence(model: ScenarioModel, origin: Origin) -> Defence:
    """Units with their timetables, posts and sensors."""
    post_of = {battery.id: i for i, battery in enumerate(model.batteries)}
    items: list[tuple[Battery | LauncherUnit, int, int]] = [
        (battery, post_of[battery.id], _n_launchers(model, battery))
        for battery in model.batteries
        if _n_launchers(model, battery) > 0
    ]
    items += [(launcher, post_of[launcher.post], launcher.launchers) for launcher in model.launchers]
    units = np.zeros(len(items), UNIT)
    rows: list[tuple] = []
    owner: list[int] = []
    first_launcher = 0
    for i, (item, i_post, n_launchers) in enumerate(items):
        _fill_unit(model, units[i], item, i_post, n_launchers)
        table = [row for row in timetable(model, origin, item) if row[0] < model.duration_day * _DAY_S]
        units[i]["first_launcher"], units[i]["first_change"], units[i]["n_changes"] = (
            first_launcher,
            len(rows),
            len(table),
        )
        first_launcher += n_launchers
        rows += table
        owner += [i] * len(table)
    changes = np.array(rows, UNIT_CHANGE) if rows else np.zeros(0, UNIT_CHANGE)
    sensors = compile_sensors(model, origin)[0]
    order = np.argsort(changes["t_s"], kind="stable")
    return Defence(
        units,
        changes,
        order,
        np.array(owner, np.int64),
        _posts(model),
        sensors,
        sensors["track_capacity"].astype(np.int64),
    )


def _resupply(depot: Depot, duration_day: float) -> np.ndarray:
    """Deliveries and production before the end, as lots in time order.

    A lot's number comes from its day, so others keep their luck.
    """
    n_days = math.ceil(duration_day)
    lots = [
        (item.day, item.rounds, item.p_lost, round(item.day * 1440) * 16 + k) for k, item in enumerate(depot.resupply)
    ]
    made = [round(depot.production_per_day * day) for day in range(n_days + 1)]
    lots += [
        (day, made[day] - made[day - 1], 0.0, 2**30 + day) for day in range(1, n_days + 1) if made[day] > made[day - 1]
    ]
    lots = sorted(lot for lot in lots if lot[0] < duration_day)
    rows = np.zeros(len(lots), RESUPPLY)
    for row, (day, rounds, p_lost, ordinal) in zip(rows, lots, strict=True):
        row["t_s"], row["n_rounds"], row["p_lost"], row["ordinal"] = day * _DAY_S, rounds, p_lost, ordinal
    return rows


def decision_age_frac(model: ScenarioModel) -> float:
    """Share of a rocket's flight before which doctrine does not act on its prediction."""
    share = model.doctrine.engage_if.flight_share_at_least
    return float(catalogue.model_value("decision_age_frac").number if share is None else share)


def compile_battle(model: ScenarioModel, defence: Defence, classes: np.ndarray, tables: FlightTables) -> BattleModel:
    """Defence, stock and doctrine together."""
    doctrine = model.doctrine
    p_hit, value = doctrine.engage_if.p_hit_at_least, doctrine.engage_if.value_at_risk_at_least
    return BattleModel(
        defence.units,
        defence.changes,
        defence.change_order,
        defence.change_unit,
        defence.posts,
        _resupply(model.depot, model.duration_day),
        np.array([model.depot.rounds], np.int64),
        defence.track_capacity,
        classes,
        tables,
        math.inf if p_hit is None else float(p_hit),
        _NO_LIMIT_PEOPLE if value is None else float(value),
        decision_age_frac(model),
        doctrine.engage_when == "latest",
        int(doctrine.salvo),
        bool(doctrine.shoot_look_shoot),
        int(doctrine.max_shots),
        float(doctrine.reserve_share),
        float(doctrine.round_price_people),
        float(doctrine.retry_s),
        float(model.picture.drop_s.mean),
        _QUALITY_SIGMA_M,
        float(doctrine.forecast.p_kill_offset),
    )

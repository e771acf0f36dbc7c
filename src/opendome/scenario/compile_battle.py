"""Compile the defence: fire units with their timetables, command posts, sensors, stock and doctrine."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from opendome import catalogue
from opendome.base.frames import Origin
from opendome.base.philox import identity_hash
from opendome.base.types import LAYER, POST, UNIT, UNIT_CHANGE
from opendome.battle.calendar import draw_calendar, without_luck
from opendome.battle.model import BattleModel
from opendome.battle.network import ideal_connections
from opendome.battle.parameters import Battery, LauncherUnit, Post
from opendome.battle.plan import Plan
from opendome.flight.tables import FlightTables

from .compile_plan import compile_plan
from .compile_raid import class_names
from .compile_sensors import compile_sensors
from .compile_sites import figure, timetable
from .compile_supply import all_depots, compile_depots, with_arrivals
from .schema import ScenarioModel

__all__ = ["Defence", "compile_battle", "compile_defence", "decision_age_frac", "figure", "unit_names"]

_DAY_S = 86400.0
_QUALITY_SIGMA_M = 4000.0
_NO_LIMIT_PEOPLE = math.inf
_SYSTEM_OF_POSTS = "iron-dome"


class Defence(NamedTuple):
    """Units, posts, sensors and the plan of a scenario, before doctrine."""

    units: np.ndarray
    posts: np.ndarray
    depots: np.ndarray
    plan: Plan


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
    row["identity"], row["i_post"], row["n_launchers"] = identity_hash(item.id), i_post, n_launchers
    names = [depot.id for depot in all_depots(model)]
    row["i_depot"] = 0 if item.depot is None else names.index(item.depot)
    row["class_mask"], row["i_layer"] = _layer_of(model, system)
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


def _layer_of(model: ScenarioModel, system: str) -> tuple[int, int]:
    """Classes that a system may shoot at, as bits, and its layer; systems that no layer names come last."""
    names = class_names(model.threats)
    for i, layer in enumerate(model.doctrine.layers):
        if system in layer.systems:
            classes = names if layer.classes is None else layer.classes
            return sum(1 << names.index(name) for name in classes if name in names), i
    return -1, len(model.doctrine.layers)


def _layers(model: ScenarioModel) -> np.ndarray:
    """Layers as LAYER records, with one more for systems that none names; empty where there are none."""
    if not model.doctrine.layers:
        return np.zeros(0, LAYER)
    rows = [(layer.shots_at_most, layer.reserve_rounds) for layer in model.doctrine.layers]
    return np.array([*rows, (model.doctrine.max_shots, 0)], LAYER)


def _posts(model: ScenarioModel) -> np.ndarray:
    """One command post per battery, in the order of batteries, then those that stand alone."""
    posts = np.zeros(len(model.batteries) + len(model.posts), POST)
    items: list[Battery | Post] = [*model.batteries, *model.posts]
    for row, item in zip(posts, items, strict=True):
        system = item.system if isinstance(item, Battery) else _SYSTEM_OF_POSTS
        row["identity"] = identity_hash(item.id + "/post")
        channels = item.channels
        row["n_channels"] = figure(model, system, "channels_per_battery") if channels is None else channels
        decision_s = None if isinstance(item, Battery) else item.decision_s
        decision_s = model.doctrine.decision_s if decision_s is None else decision_s
        row["decision_s"] = figure(model, system, "decision_s") if decision_s is None else decision_s
    return posts


def compile_defence(model: ScenarioModel, origin: Origin) -> Defence:
    """Units with their timetables, posts, depots, sensors and what is left to chance."""
    model = with_arrivals(model)
    names = [battery.id for battery in model.batteries] + [post.id for post in model.posts]
    post_of = {name: i for i, name in enumerate(names)}
    items: list[tuple[Battery | LauncherUnit, int, int]] = [
        (battery, post_of[battery.id], _n_launchers(model, battery))
        for battery in model.batteries
        if _n_launchers(model, battery) > 0
    ]
    items += [(launcher, post_of[launcher.post], launcher.launchers) for launcher in model.launchers]
    units = np.zeros(len(items), UNIT)
    rows: list[tuple] = []
    first_change, first_launcher = [0], 0
    for unit, (item, i_post, n_launchers) in zip(units, items, strict=True):
        _fill_unit(model, unit, item, i_post, n_launchers)
        unit["first_launcher"] = first_launcher
        first_launcher += n_launchers
        rows += [row for row in timetable(model, origin, item) if row[0] < model.duration_day * _DAY_S]
        first_change.append(len(rows))
    plan = compile_plan(
        model, origin, compile_sensors(model, origin)[0], np.array(rows, UNIT_CHANGE), np.array(first_change),
        [item for item, _, _ in items],
    )  # fmt: skip
    return Defence(units, _posts(model), compile_depots(model, origin), plan)


def decision_age_frac(model: ScenarioModel) -> float:
    """Share of a rocket's flight before which doctrine does not act on its prediction."""
    share = model.doctrine.engage_if.flight_share_at_least
    return float(catalogue.model_value("decision_age_frac").number if share is None else share)


def compile_battle(
    model: ScenarioModel, defence: Defence, classes: np.ndarray, tables: FlightTables
) -> tuple[BattleModel, np.ndarray]:
    """Defence, stock and doctrine together, with the timetable as planned; and the sensors as planned."""
    doctrine, plan = model.doctrine, defence.plan
    p_hit, value = doctrine.engage_if.p_hit_at_least, doctrine.engage_if.value_at_risk_at_least
    battle = BattleModel(
        defence.units,
        plan.changes,
        np.arange(len(plan.changes)),
        np.zeros(len(plan.changes), np.int64),
        defence.posts,
        plan.lots,
        defence.depots,
        _layers(model),
        ideal_connections(defence.units, len(plan.sensors), len(defence.posts)),
        plan.sensors["track_capacity"].astype(np.int64),
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
    expected = draw_calendar(without_luck(plan), battle, 0, 0)
    return expected.battle, expected.sensors

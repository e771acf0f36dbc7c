"""Compile what is left to chance, and the network: things that may fail, links, sorties and crews."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from opendome.base.frames import Origin
from opendome.base.philox import identity_hash
from opendome.battle.parameters import Battery, LauncherUnit, Link, Post, SensorUnit
from opendome.battle.plan import LINK, OUTAGE, THING, Plan

from .compile_sensors import sensor_owners
from .compile_supply import compile_lots, compile_transfers
from .schema import ScenarioModel

__all__ = ["compile_plan"]

_DAY_S = 86400.0
Thing = Battery | Post | LauncherUnit | SensorUnit | Link


def _things(model: ScenarioModel) -> list[Thing]:
    """Everything that can fail, batteries and posts first, in the order of posts."""
    return [*model.batteries, *model.posts, *model.launchers, *model.sensors, *model.links]


def _thing_row(model: ScenarioModel, thing: Thing, i_transfer: int) -> tuple[Any, ...]:
    """One THING record."""
    fails_h, repaired_h = thing.fails_every_h, thing.repaired_in_h
    leaves_day = getattr(thing, "leaves_day", None)
    return (
        identity_hash(thing.id),
        math.inf if fails_h is None else 3600.0 * fails_h,
        0.0 if repaired_h is None else 3600.0 * repaired_h,
        getattr(thing, "arrives_day", 0.0) * _DAY_S,
        math.inf if leaves_day is None else leaves_day * _DAY_S,
        i_transfer,
        int(isinstance(thing, Battery) and model.crews.teams is not None),
    )


def _crews_s(model: ScenarioModel) -> list[float]:
    """When each crew of the pool stands ready [s]."""
    trained = [0.0] * (model.crews.teams or 0)
    for course in model.crews.training:
        trained += [(course.from_day + course.takes_day) * _DAY_S] * course.teams
    return sorted(trained)


def _outages(things: list[Thing], place: dict[str, int]) -> np.ndarray:
    """Times in which things do not work, as OUTAGE records."""
    rows = [
        (place[thing.id], out.from_day * _DAY_S, math.inf if out.until_day is None else out.until_day * _DAY_S)
        for thing in things
        for out in thing.outages
    ]
    return np.array(rows, OUTAGE)


def _links(model: ScenarioModel, place: dict[str, int]) -> np.ndarray:
    """Links as LINK records."""
    rows = [
        (identity_hash(link.id), place[link.id], *(place[end] for end in link.between), link.delay_s, link.p_lost)
        for link in model.links
    ]
    return np.array(rows, LINK)


def compile_plan(
    model: ScenarioModel,
    origin: Origin,
    sensors: np.ndarray,
    changes: np.ndarray,
    first_change: np.ndarray,
    items: list,
) -> Plan:
    """The plan of a scenario whose batteries have their arrivals (``with_arrivals``).

    Parameters
    ----------
    sensors (n,) of SENSOR; changes of UNIT_CHANGE, those of unit i from first_change[i] on
    items           the batteries and launchers that are fire units, in their order
    """
    things = _things(model)
    place = {thing.id: i for i, thing in enumerate(things)}
    transfers: dict[str, int] = {}
    for battery in model.batteries:
        if battery.transfer is not None:
            transfers[battery.id] = len(transfers)
    rows = [_thing_row(model, thing, transfers.get(thing.id, -1)) for thing in things]
    n_posts = len(model.batteries) + len(model.posts)
    owners = sensor_owners(model, origin)
    sorties, moved = compile_transfers(model)
    lots = compile_lots(model)
    plan = Plan(
        False,
        model.duration_day * _DAY_S,
        changes,
        first_change,
        sensors,
        lots,
        np.array(rows, THING),
        _outages(things, place),
        np.array([place[item.id] for item in items], np.int64),
        np.array([place[owner] for owner in owners], np.int64),
        np.arange(n_posts),
        np.array([place[item.id] for item in items], np.int64),
        np.array([place[owner] for owner in owners], np.int64),
        n_posts + len(model.launchers) + len(model.sensors),
        model.network.sharing == "links",
        _links(model, place),
        sorties,
        moved,
        model.crews.teams is not None,
        np.array(_crews_s(model)),
    )
    return plan._replace(is_certain=_is_certain(plan))


def _is_certain(plan: Plan) -> bool:
    """Whether nothing is left to chance."""
    can_fail = bool(np.isfinite(plan.things["fails_every_s"]).any())
    can_be_late = any(bool((rows["p_late"] > 0.0).any()) for rows in (plan.sorties, plan.lots))
    return not (can_fail or can_be_late or bool((plan.lots["p_lost"] > 0.0).any()))

"""The compiled scenario: every room's model, as arrays. Nothing else crosses into the kernels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from opendome.battle.calendar import AFTER_S, Calendar, draw_calendar
from opendome.battle.model import BattleModel
from opendome.battle.plan import Plan
from opendome.harm.losses import HarmModel
from opendome.picture.model import PictureModel
from opendome.raid.model import RaidModel
from opendome.warning.alerts import WarningModel

if TYPE_CHECKING:
    from opendome.picture.tracked_model import TrackedModel

__all__ = ["AFTER_S", "DAY_S", "Forecast", "TrackedWorld", "World", "drawn_sight", "drawn_world"]

DAY_S = 86400.0


class Forecast(NamedTuple):
    """What the defence expects to come: the raid's law, without the salvos that the scenario writes out.

    ``is_on`` whether rounds are priced by it. ``battle`` and ``picture`` with the timetable as planned.
    ``raid.day_mean`` (n_days,) is overwritten with ``day_mean`` as corrected
    by what has been seen; ``precision`` of the expected rate beforehand, ``variance_over_mean`` of a day's launches.
    ``prices_people`` (n,) the grid of prices, rising from 0.
    """

    is_on: bool
    battle: BattleModel
    picture: PictureModel
    raid: RaidModel
    day_mean: np.ndarray
    precision: float
    variance_over_mean: float
    prices_people: np.ndarray
    n_futures: int


class World(NamedTuple):
    """All rooms' models of one scenario and alternative, with the areas that they share.

    ``policy_identity`` is the identity hash of the doctrine's policy name. ``plan`` is what of the timetable is left to
    chance; ``drawn_world`` draws it.
    """

    n_days: int
    duration_s: float
    policy_identity: int
    areas: np.ndarray
    classes: np.ndarray
    shelter_class_s: np.ndarray
    area_shelter_class: np.ndarray
    raid: RaidModel
    picture: PictureModel
    battle: BattleModel
    warning: WarningModel
    harm: HarmModel
    forecast: Forecast
    plan: Plan


@dataclass(frozen=True)
class TrackedWorld:
    """A world whose picture is made by simulated radars and the tracker; ``world`` is the same without them.

    ``tracker`` is the name of a registered tracker, or ``opendome`` for the program's own, which is compiled; it works
    in the frame of an origin at latitude ``lat_deg``.
    """

    world: World
    tracked: TrackedModel
    tracker: str
    lat_deg: float


def drawn_world(world: World, seed: int, replication: int) -> World:
    """The world that one replication meets: what fails, is late or is lost before a shot is fired is drawn."""
    if world.plan.is_certain:
        return world
    return _with_calendar(world, draw_calendar(world.plan, world.battle, seed, replication))


def _with_calendar(world: World, drawn: Calendar) -> World:
    """The world with a replication's timetable, in the battle and in the picture."""
    picture = world.picture._replace(sensors=drawn.sensors, net=drawn.battle.net)
    return world._replace(battle=drawn.battle, picture=picture)


def drawn_sight(sight: TrackedWorld, seed: int, replication: int) -> TrackedWorld:
    """The same for a tracked picture: its radars work when the replication's sensors do."""
    if sight.world.plan.is_certain and _is_in_step(sight):
        return sight
    drawn = draw_calendar(sight.world.plan, sight.world.battle, seed, replication)
    tracked, rows = sight.tracked, drawn.sensor_row
    radars = tracked.radars[rows]
    radars["t_up_s"], radars["t_down_s"] = drawn.sensors["t_up_s"], drawn.sensors["t_down_s"]
    terrain = tracked.terrain
    if len(terrain.tangent):
        terrain = terrain._replace(tangent=terrain.tangent[rows], step_m=terrain.step_m[rows])
    detection = tracked.detection._replace(i_row=tracked.detection.i_row[rows])
    tracked = tracked._replace(radars=radars, terrain=terrain, detection=detection)
    return replace(sight, world=_with_calendar(sight.world, drawn), tracked=tracked)


def _is_in_step(sight: TrackedWorld) -> bool:
    """Whether radars and sensors are the same rows: outages of the batteries that they stand with cut the sensors'."""
    radars, sensors = sight.tracked.radars, sight.world.picture.sensors
    return all(np.array_equal(radars[name], sensors[name]) for name in ("t_up_s", "t_down_s"))

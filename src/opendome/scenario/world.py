"""The compiled scenario: every room's model, as arrays. Nothing else crosses into the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from opendome.battle.model import BattleModel
from opendome.harm.losses import HarmModel
from opendome.picture.model import PictureModel
from opendome.raid.model import RaidModel
from opendome.warning.alerts import WarningModel

if TYPE_CHECKING:
    from opendome.picture.tracked_model import TrackedModel

__all__ = ["AFTER_S", "DAY_S", "Forecast", "TrackedWorld", "World"]

DAY_S = 86400.0
AFTER_S = 7200.0
"""How long what was launched before the end is followed."""


class Forecast(NamedTuple):
    """What the defence expects to come: the raid's law, without the salvos that the scenario writes out.

    ``is_on`` whether rounds are priced by it. ``raid.day_mean`` (n_days,) is overwritten with ``day_mean`` as corrected
    by what has been seen; ``precision`` of the expected rate beforehand, ``variance_over_mean`` of a day's launches.
    ``prices_people`` (n,) the grid of prices, rising from 0.
    """

    is_on: bool
    raid: RaidModel
    day_mean: np.ndarray
    precision: float
    variance_over_mean: float
    prices_people: np.ndarray
    n_futures: int


class World(NamedTuple):
    """All rooms' models of one scenario and alternative, with the areas that they share.

    ``policy_identity`` is the identity hash of the doctrine's policy name.
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

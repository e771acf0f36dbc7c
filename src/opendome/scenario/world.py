"""The compiled scenario: every room's model, as arrays. Nothing else crosses into the kernels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from opendome.battle.model import BattleModel
from opendome.harm.losses import HarmModel
from opendome.picture.model import PictureModel
from opendome.raid.model import RaidModel
from opendome.warning.alerts import WarningModel

__all__ = ["World"]


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

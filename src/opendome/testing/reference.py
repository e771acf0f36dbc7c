"""A second engine, to be compared with the first: one replication in plain Python, whole campaign in one pass.

It shares with the kernels what is drawn before a battle (the raid, the picture, failures and deliveries) and the
scenario's figures, and nothing else: its own event list, geometry, random numbers, alert books and counts, in plain
objects. Slow, and meant to be read.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from opendome.scenario.world import World, drawn_world

from .reference_battle import ReferenceBattle
from .reference_flight import path_tables
from .reference_ground import count_row
from .reference_luck import Luck
from .reference_pieces import Engagement, area_rings, draw_campaign
from .reference_policy import POLICIES, Policy

__all__ = ["ReferenceEngine", "ReferenceResult"]


class ReferenceResult(NamedTuple):
    """What one replication gives.

    ``row`` (N_TALLY,) as of ``study.replicate``; ``stock`` (n_days + 1, 3) rounds in launchers, in depots and fired, at
    the start and at the end of each day; ``arrivals`` the engagements in the order in which they met; ``leads`` (time
    of impact, lead) [s] of impacts in areas in time order, lead NaN for unwarned; ``area_mismatches`` objects whose
    area differs from the look-up's.
    """

    row: np.ndarray
    stock: np.ndarray
    arrivals: list[Engagement]
    leads: list[tuple[float, float]]
    area_mismatches: int


class ReferenceEngine:
    """The reference engine for one world: what all its replications share is prepared once.

    Parameters
    ----------
    world : World
    policy : str or function      ``earliest``, ``greedy``, or a function of (track, choices, price of a round)
    """

    def __init__(self, world: World, policy: str | Policy = "earliest"):
        self.world = world
        self.policy = POLICIES[policy] if isinstance(policy, str) else policy
        self.rings = area_rings(world)
        self.tables = path_tables(world.battle.tables)

    def run(self, seed: int, replication: int) -> ReferenceResult:
        """Run one replication; the same numbers give the same luck as in ``study.replicate``."""
        world = drawn_world(self.world, seed, replication)
        campaign = draw_campaign(world, seed, replication, self.rings)
        battle = ReferenceBattle(world, Luck(seed, replication), campaign, self.tables, self.policy)
        battle.run()
        row, leads = count_row(world, battle, campaign)
        n_other = sum(missile.i_area != missile.truth.end_area for missile in campaign.missiles)
        return ReferenceResult(row, np.array(battle.stock_at_day_end, float), battle.arrivals, leads, n_other)

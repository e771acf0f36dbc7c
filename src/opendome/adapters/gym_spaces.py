"""What an agent sees and says: the spaces of observations and orders, with bounds from the scenario.

Observations are the columns of ``doctrine.view`` in SI units, as float64: every column that a policy may see, and no
other. Bounds are wide enough that nothing met in a battle touches them; what would lie outside is shown as the bound.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

from opendome.base.errors import CommandError
from opendome.doctrine import view
from opendome.scenario.world import AFTER_S, DAY_S, World

from .gym_episode import Bounds, View

__all__ = [
    "as_observation",
    "count_options",
    "find_bounds",
    "make_action_space",
    "make_observation_space",
    "make_view",
    "make_views",
]

_FARTHEST_M = 2.1e7
"""Beyond half the way round the Earth."""

_SCARCEST = 100.0
"""By how much the price of a round may rise in a day as rounds dwindle."""

_ROUNDING = 1e-3
"""Chances are sums of single-precision numbers and may pass 1 by this at most."""


def count_options(world: World, n_options: int | None) -> int:
    """Rows of options in an observation: as asked for, or as many as the scenario can ever offer.

    Raises
    ------
    CommandError
        A number that cannot be.
    """
    most = len(world.battle.units) * min(world.battle.salvo, world.battle.max_shots)
    if n_options is None:
        return int(min(max(most, 1), view.MAX_OPTIONS))
    if isinstance(n_options, bool) or not isinstance(n_options, int | np.integer):
        raise CommandError(f"n_options must be a whole number, not {n_options!r}")
    if not 1 <= n_options <= view.MAX_OPTIONS:
        raise CommandError(f"n_options must be from 1 to {view.MAX_OPTIONS}, not {n_options}; {most} hold everything")
    return int(n_options)


def find_bounds(world: World) -> Bounds:
    """Highest values of the columns that an observation shows, from what the scenario holds."""
    battle = world.battle
    units, n_most = battle.units, min(battle.salvo, battle.max_shots)
    held = int((units["n_launchers"].astype(np.int64) * units["rounds_per_launcher"]).sum())
    rounds = held + int(np.sum(battle.depots["n_rounds"])) + int(np.sum(battle.resupply["n_rounds"]))
    latest_s = world.n_days * DAY_S + AFTER_S + DAY_S
    densest = float(np.max(world.areas["population"] / world.areas["area_m2"], initial=0.0))
    track = np.ones(view.N_TRACK)
    track[[view.T_S, view.T_IMPACT_S]] = latest_s
    track[view.P_HIT] = 1.0 + _ROUNDING
    track[view.VALUE_PEOPLE] = max(1.0, 2.0 * densest * float(world.classes["casualty_area_m2"].max(initial=0.0)))
    track[view.SIGMA_M] = _FARTHEST_M
    track[view.N_SHOTS] = max(battle.max_shots, 1)
    track[view.I_CLASS] = max(len(world.classes) - 1, 1)
    track[[view.IMPACT_EAST_M, view.IMPACT_NORTH_M]] = _FARTHEST_M
    options = np.ones(view.N_OPTION)
    options[view.UNIT] = max(len(units) - 1, 1)
    options[view.N_ROUNDS] = max(n_most, 1)
    options[[view.T_LAUNCH_S, view.T_INTERCEPT_S, view.T_LATEST_S]] = latest_s
    options[view.P_KILL] = 1.0 + _ROUNDING
    options[view.UNIT_READY_ROUNDS] = max(rounds, 1)
    options[view.UNIT_CHANNELS_FREE] = battle.posts["n_channels"].max(initial=1)
    options[view.COST_KUSD] = max(1.0, n_most * float(units["interceptor_cost_kusd"].max(initial=0.0)))
    stock = np.full(view.N_STOCK, max(rounds, 1), np.float64)
    stock[view.ROUND_PRICE_PEOPLE] = max(battle.round_price_people, 1.0)
    stock[view.SALVO] = max(battle.salvo, 1)
    dearest = float(world.forecast.prices_people.max(initial=0.0))
    stock[view.SHADOW_PRICE_PEOPLE] = max(1.0, _SCARCEST * dearest)
    return Bounds(track, options, stock)


def make_observation_space(bounds: Bounds, n_options: int) -> spaces.Space[dict[str, np.ndarray]]:
    """Space of observations: ``action_mask``, ``options``, ``stock``, ``track``."""
    low = np.zeros(view.N_TRACK)
    for column in (view.IMPACT_EAST_M, view.IMPACT_NORTH_M):
        low[column] = -bounds.track[column]
    parts: dict[str, Any] = {
        "action_mask": spaces.Box(0, 1, (n_options + 1,), np.int8),
        "options": spaces.Box(0.0, np.tile(bounds.options, (n_options, 1)), dtype=np.float64),
        "stock": spaces.Box(0.0, bounds.stock, dtype=np.float64),
        "track": spaces.Box(low, bounds.track, dtype=np.float64),
    }
    found: Any = spaces.Dict(parts)
    return found


def make_action_space(n_options: int) -> Any:
    """Space of orders: 0 holds, k carries out option k - 1."""
    return spaces.Discrete(n_options + 1)


def make_view(n_options: int) -> View:
    """Arrays for one observation, as they come; the kernel writes every place."""
    return View(
        np.empty(n_options + 1, np.int8),
        np.empty((n_options, view.N_OPTION)),
        np.empty(view.N_STOCK),
        np.empty(view.N_TRACK),
    )


def make_views(n_seats: int, n_options: int) -> View:
    """Arrays for one observation of each seat, (n_seats, ...), as they come."""
    return View(
        np.empty((n_seats, n_options + 1), np.int8),
        np.empty((n_seats, n_options, view.N_OPTION)),
        np.empty((n_seats, view.N_STOCK)),
        np.empty((n_seats, view.N_TRACK)),
    )


def as_observation(shown: View) -> dict[str, np.ndarray]:
    """Give the arrays by name, as the observation space has them."""
    return {"action_mask": shown.mask, "options": shown.options, "stock": shown.stock, "track": shown.track}

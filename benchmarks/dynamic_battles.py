"""Fictional battles of launchers against bursts of threats, by number: the same number gives the same battle.

Eight towns lie on a plane, launchers beside them; threats come from the west in bursts and singly, fly 45 to 90 s on
parabolas, and three in ten fall in the open. Nothing in it is a real place or system. NumPy's own generator draws the
truth here; what a policy forecasts is drawn by ``opendome.assignment.dynamic_forecast``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.dynamic_forecast import BurstForecast, Paths, reach_windows
from opendome.assignment.dynamic_types import Launchers, Threats, make_launchers, make_threats

__all__ = ["BACKGROUND", "BURSTS", "LOOK_S", "DrawnBattle", "draw_arrays", "draw_battle"]

BURSTS = ((0, 180), (100, 180), (200, 180))
"""Second at which a burst begins, and its threats."""
BACKGROUND, LOOK_S, N_TOWNS, N_LAUNCHERS = 60, 3, 8, 15


class DrawnBattle(NamedTuple):
    """A battle, and the forecast that its defence has."""

    threats: Threats
    launchers: Launchers
    forecast: BurstForecast


def _places(number: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Towns (8, 2) and launchers (m, 2) in km, kill probability of each launcher at no distance (m,)."""
    rng = np.random.default_rng([7, number])
    towns_km = rng.uniform([5, 0], [30, 40], (N_TOWNS, 2))
    launchers_km = towns_km[rng.integers(0, N_TOWNS, N_LAUNCHERS)] + rng.normal(0, 4, (N_LAUNCHERS, 2))
    return towns_km, launchers_km, rng.uniform(0.65, 0.9, N_LAUNCHERS)


def _paths(number: int, towns_km: NDArray[np.float64]) -> tuple[Paths, NDArray[np.float64]]:
    """Paths of all threats of a battle, and the value of each."""
    rng = np.random.default_rng([8, number])
    in_bursts = [t_burst_s + rng.uniform(0, 20, n_threats) for t_burst_s, n_threats in BURSTS]
    t_up_s = np.concatenate([*in_bursts, rng.uniform(0, 250, BACKGROUND)])
    n = t_up_s.size
    flight_s = rng.uniform(45, 90, n)
    west_km, north_km = rng.uniform(-25, -10, n), rng.uniform(0, 40, n)
    aim_km = towns_km[rng.integers(0, N_TOWNS, n)] + rng.normal(0, 3.0, (n, 2))
    is_open = rng.random(n) < 0.3
    value = np.where(is_open, 0.0, np.exp(rng.normal(2.0, 1.0, n)))
    t_seen_s = np.ceil(t_up_s).astype(np.int64)
    t_impact_s = t_seen_s + np.ceil(flight_s).astype(np.int64)
    return Paths(t_seen_s, t_impact_s, np.column_stack([west_km, north_km]), aim_km), value


def draw_arrays(number: int) -> dict[str, NDArray[np.generic]]:
    """Give the arrays of a battle in the order drawn: ``t_seen_s``, ``t_impact_s``, ``value``, and (n, m) tables."""
    towns_km, launchers_km, p_near = _places(number)
    paths, value = _paths(number, towns_km)
    windows = reach_windows(_forecast(towns_km, launchers_km, p_near, 1.0), paths)
    return {"t_seen_s": paths.t_seen_s, "t_impact_s": paths.t_impact_s, "value": value, **windows._asdict()}


def _forecast(
    towns_km: NDArray[np.float64], launchers_km: NDArray[np.float64], p_near: NDArray[np.float64], rate: float
) -> BurstForecast:
    t_burst_s, n_burst = np.array(BURSTS, np.float64).T
    return BurstForecast(towns_km, launchers_km, p_near, t_burst_s, rate * n_burst, rate * BACKGROUND)


def draw_battle(number: int, *, rounds: int = 20, reload_s: int = 3, forecast_rate: float = 1.0) -> DrawnBattle:
    """Draw a battle by its number; the forecast expects ``forecast_rate`` times the true number of threats."""
    arrays = draw_arrays(number)
    launchers = make_launchers(np.full(N_LAUNCHERS, rounds), np.full(N_LAUNCHERS, reload_s), LOOK_S)
    return DrawnBattle(make_threats(**arrays), launchers, _forecast(*_places(number), forecast_rate))

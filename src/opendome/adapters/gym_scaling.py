"""Observations for networks: one vector of single-precision numbers between -1 and 1.

``ScaledObservation`` wraps a ``DefenceEnv``. Times become times from now, counts and prices shares of what the scenario
holds, people and metres are compressed by x / (x + scale). Nothing is added; the clock is kept as the share of the
campaign that is over.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from opendome.doctrine import view

from .gym import DefenceEnv

__all__ = ["ScaledObservation"]

_TIME_SCALE_S = 60.0
_PLACE_SCALE_M = 20_000.0
_ERROR_SCALE_M = 500.0
_PEOPLE_SCALE = 0.1
_OPTION_TIMES = (view.T_LAUNCH_S, view.T_INTERCEPT_S, view.T_LATEST_S)


class ScaledObservation(gymnasium.ObservationWrapper):
    """The observation as one vector of float32, every number between -1 and 1.

    In order: stock (N_STOCK), track (N_TRACK), options row by row (n_options x N_OPTION), the mask (n_options + 1).
    ``action_masks`` of the environment stays at hand.

    Parameters
    ----------
    env : DefenceEnv, or one in Gymnasium's wrappers
    """

    def __init__(self, env: gymnasium.Env) -> None:
        super().__init__(env)
        inner: DefenceEnv = env.unwrapped  # type: ignore[assignment]
        self._bounds, self._n_options = inner.task.bounds, inner.task.n_options
        n = view.N_STOCK + view.N_TRACK + self._n_options * (view.N_OPTION + 1) + 1
        self.observation_space = spaces.Box(-1.0, 1.0, (n,), np.float32)

    def action_masks(self) -> np.ndarray:
        """Give which actions are orders now, (n_options + 1,) of bool."""
        found: np.ndarray = self.env.unwrapped.action_masks()  # type: ignore[attr-defined]
        return found

    def observation(self, observation: dict[str, np.ndarray]) -> np.ndarray:
        """Give an observation as a vector."""
        track, options = observation["track"].copy(), observation["options"].copy()
        now_s = track[view.T_S]
        track /= self._bounds.track
        track[view.T_IMPACT_S] = _squeezed(observation["track"][view.T_IMPACT_S] - now_s, _TIME_SCALE_S)
        track[view.VALUE_PEOPLE] = _squeezed(observation["track"][view.VALUE_PEOPLE], _PEOPLE_SCALE)
        track[view.SIGMA_M] = _squeezed(observation["track"][view.SIGMA_M], _ERROR_SCALE_M)
        for column in (view.IMPACT_EAST_M, view.IMPACT_NORTH_M):
            track[column] = _squeezed(observation["track"][column], _PLACE_SCALE_M)
        options /= self._bounds.options
        mask = observation["action_mask"]
        for column in _OPTION_TIMES:
            options[:, column] = mask[1:] * _squeezed(observation["options"][:, column] - now_s, _TIME_SCALE_S)
        parts = (observation["stock"] / self._bounds.stock, track, options.ravel(), mask)
        return np.clip(np.concatenate(parts), -1.0, 1.0).astype(np.float32)


def _squeezed(value: Any, scale: float) -> Any:
    """A number of either sign between -1 and 1: x / (|x| + scale)."""
    return value / (np.abs(value) + scale)

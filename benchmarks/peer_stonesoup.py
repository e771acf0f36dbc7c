"""The peer of our tracker: Stone Soup's own parts, tuned, with the motion of a falling body written as its users would.

Predictor, updater, hypothesiser, KD-tree, two-dimensional assignment and tracker are Stone Soup's. Three things are
given to it: the motion, which it has not, in NumPy and for all columns at once (its finite-difference Jacobian then
takes one call); the start from three plots, which is ours; and a gate of `max_distance` round the prediction, without
which its assignment takes all plots of the scan. (Its `max_distance_covariance_multiplier` multiplies a variance: with
60 m it opens the gate to kilometres.) Its tree searches the space of elevation, bearing and range, so the gate is one
of range. One measurement model is shared by all plots, as the tree needs it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stonesoup.base import Property
from stonesoup.dataassociator.tree import DetectionKDTreeGNN2D
from stonesoup.models.base import GaussianModel, TimeVariantModel
from stonesoup.models.transition.base import TransitionModel
from stonesoup.types.array import CovarianceMatrix, StateVector, StateVectors

from opendome.adapters.ballistic import Ballistic
from opendome.adapters.stonesoup_pieces import BallisticTransition, make_tracker
from opendome.base.frames import MEAN_RADIUS_M
from opendome.flight.gravity import EARTH_RATE_RADPS, normal_gravity_mps2
from opendome.tracking.model import CELL_M, CELL_MACH, LOWEST_M

__all__ = ["MAX_DISTANCE_M", "NumpyTransition", "make_peer"]

MAX_DISTANCE_M = 200.0
"""Gate of range [m]; of 100, 200 and 500 m it is the quickest that loses no track."""


class NumpyTransition(TimeVariantModel, GaussianModel, TransitionModel):
    """Fall with drag in NumPy, one Runge-Kutta step of order four; drag and air from the tables of our own motion."""

    motion: Ballistic = Property(doc="Tables of air and drag, and process noise")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model = self.motion.model
        self._height_m = LOWEST_M + CELL_M * np.arange(model.air.shape[0])
        self._density_kgpm3, self._per_sound_spm = np.ascontiguousarray(model.air[:, :2].T)
        self._mach = CELL_MACH * np.arange(model.drag.shape[0])
        self._factor = np.ascontiguousarray(model.drag[:, 0])
        self._gravity_mps2 = normal_gravity_mps2(math.asin(model.sin_lat), 0.0)
        level, up = 2.0 * EARTH_RATE_RADPS * model.cos_lat, 2.0 * EARTH_RATE_RADPS * model.sin_lat
        self._turn = np.array([[0.0, up, -level], [-up, 0.0, 0.0], [level, 0.0, 0.0]])

    @property
    def ndim_state(self) -> int:
        """Seven: east, north, up, their rates, log ballistic coefficient."""
        return 7

    def _rate(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Time derivative of states (7, n)."""
        height_m = x[2] + (x[0] * x[0] + x[1] * x[1]) * (0.5 / MEAN_RADIUS_M)
        density_kgpm3 = np.interp(height_m, self._height_m, self._density_kgpm3)
        v = x[3:6]
        speed_mps = np.sqrt((v * v).sum(axis=0))
        mach = speed_mps * np.interp(height_m, self._height_m, self._per_sound_spm)
        slowing_ps = 0.5 * density_kgpm3 * speed_mps * np.interp(mach, self._mach, self._factor) * np.exp(-x[6])
        gravity_mps2 = self._gravity_mps2 * (1.0 - height_m * (2.0 / MEAN_RADIUS_M))
        out = np.zeros_like(x)
        out[:3] = v
        out[3:6] = self._turn @ v - slowing_ps * v
        out[3:5] -= x[:2] * (gravity_mps2 / MEAN_RADIUS_M)
        out[5] -= gravity_mps2
        return out

    def function(self, state: Any, noise: Any = False, **kwargs: Any) -> Any:
        """Carry state vectors (7, n) over ``time_interval``."""
        dt_s = kwargs["time_interval"].total_seconds()
        x = np.asarray(state.state_vector, dtype=np.float64)
        k1 = self._rate(x)
        k2 = self._rate(x + 0.5 * dt_s * k1)
        k3 = self._rate(x + 0.5 * dt_s * k2)
        k4 = self._rate(x + dt_s * k3)
        moved = x + dt_s / 6.0 * (k1 + 2.0 * (k2 + k3) + k4)
        return moved.view(StateVector if x.shape[1] == 1 else StateVectors)

    def covar(self, **kwargs: Any) -> CovarianceMatrix:
        """Process noise over ``time_interval``."""
        found: CovarianceMatrix = BallisticTransition.covar(self, **kwargs)
        return found


def make_peer(motion: Ballistic, radars: np.ndarray) -> Any:
    """Stone Soup's tracker with its own parts and the motion above."""
    return make_tracker(
        motion,
        radars,
        transition=NumpyTransition(motion),
        associator=lambda hypothesiser, predictor, updater: DetectionKDTreeGNN2D(
            hypothesiser, predictor, updater, max_distance=MAX_DISTANCE_M
        ),
    )

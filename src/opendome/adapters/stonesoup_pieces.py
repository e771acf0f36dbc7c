"""Pieces of Stone Soup that carry our models: radar, ballistic motion, start of tracks, gate and end of tracks.

This module needs Stone Soup; `opendome.adapters.stonesoup` is the door to it, and says so where it is missing.

Two conventions differ. Stone Soup's bearing is the mathematical angle, anticlockwise from x: with x, y and z taken as
the radar's east, north and up it is pi/2 less our azimuth. And its detections carry calendar time: t seconds are 1
January 2000 plus t, to its resolution of a microsecond.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from stonesoup.base import Property
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.deleter.base import Deleter
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.initiator.base import Initiator
from stonesoup.measures import SquaredMahalanobis
from stonesoup.models.base import GaussianModel, TimeVariantModel
from stonesoup.models.measurement.nonlinear import (
    CartesianToElevationBearingRange,
    CartesianToElevationBearingRangeRate,
)
from stonesoup.models.transition.base import TransitionModel
from stonesoup.predictor.kalman import ExtendedKalmanPredictor
from stonesoup.tracker.simple import MultiTargetTracker
from stonesoup.types.angle import Bearing, Elevation
from stonesoup.types.array import CovarianceMatrix, StateVector, StateVectors
from stonesoup.types.detection import Detection
from stonesoup.types.hypothesis import SingleHypothesis
from stonesoup.types.track import Track
from stonesoup.types.update import GaussianStateUpdate, Update
from stonesoup.updater.kalman import ExtendedKalmanUpdater

from opendome.adapters.ballistic import N_STATE, Ballistic, advance, start_track
from opendome.base.errors import CommandError

__all__ = [
    "BallisticTransition",
    "BlindDeleter",
    "NearGNN",
    "ThreePlotInitiator",
    "detection_of",
    "has_detection",
    "make_tracker",
    "measurement_model",
    "moment",
    "seconds",
]

_EPOCH = datetime.datetime(2000, 1, 1)
_MEAN_RADIUS_M = 6_371_008.8
_GRAVITY_MPS2 = 9.81
_LARGEST_DRAG_MPS2 = 150.0
"""Drag of 3,000 kg/m2 at 1,000 m/s near the ground is 200 m/s2: the gate of a start need not hold for that."""
_GATE_999 = 16.266
"""99.9 % point of chi-square with three degrees of freedom."""
_POSITION = (0, 1, 2)
_VELOCITY = (3, 4, 5)


def moment(t_s: float) -> datetime.datetime:
    """Calendar time that stands for ``t_s`` seconds after the scenario's start."""
    return _EPOCH + datetime.timedelta(seconds=float(t_s))


def seconds(when: datetime.datetime) -> float:
    """Seconds after the scenario's start that a calendar time stands for."""
    return (when - _EPOCH).total_seconds()


def has_detection(state: Any) -> bool:
    """Whether a track's state came of a detection."""
    return isinstance(state, Update) and bool(state.hypothesis)


def _turns(axes: NDArray[np.float64]) -> StateVector:
    """Angles about x, y and z that make Stone Soup's rotation matrix equal ``axes`` (3, 3).

    It multiplies Rx(-x) Ry(y) Rz(-z); the angles are read from the product's first row and last column.
    """
    about_y = math.asin(max(-1.0, min(1.0, float(axes[0, 2]))))
    about_x = math.atan2(axes[1, 2], axes[2, 2])
    about_z = math.atan2(axes[0, 1], axes[0, 0])
    return StateVector([[about_x], [about_y], [about_z]])


def measurement_model(radar: np.void, variances: tuple[float, float, float, float]) -> Any:
    """Stone Soup's model of one radar.

    Parameters
    ----------
    radar : record of RADAR
    variances : four floats      of range [m2], azimuth [rad2], elevation [rad2], range rate [m2/s2]; NaN in the last
        place: range rate is not measured

    Returns
    -------
    measurement model            of a state of seven: east, north, up [m], their rates [m/s], log ballistic coefficient
    """
    var_range_m2, var_azimuth_rad2, var_elevation_rad2, var_range_rate_m2ps2 = variances
    noise = [var_elevation_rad2, var_azimuth_rad2, var_range_m2]
    shared = {
        "ndim_state": N_STATE,
        "mapping": _POSITION,
        "translation_offset": StateVector([[radar["east_m"]], [radar["north_m"]], [radar["up_m"]]]),
        "rotation_offset": _turns(radar["axes"]),
    }
    if math.isnan(var_range_rate_m2ps2):
        return CartesianToElevationBearingRange(noise_covar=CovarianceMatrix(np.diag(noise)), **shared)
    noise.append(var_range_rate_m2ps2)
    return CartesianToElevationBearingRangeRate(
        noise_covar=CovarianceMatrix(np.diag(noise)), velocity_mapping=_VELOCITY, **shared
    )


def detection_of(plot: np.void, model: Any, i_plot: int) -> Detection:
    """Stone Soup's detection of one PLOT record, as ``model`` measures; metadata hold the record and its row."""
    values = [Elevation(plot["elevation_rad"]), Bearing(0.5 * math.pi - plot["azimuth_rad"]), plot["range_m"]]
    if model.ndim_meas == 4:
        values.append(plot["range_rate_mps"])
    vector = StateVector([[value] for value in values])
    metadata = {"plot": plot, "i_plot": i_plot, "i_radar": int(plot["i_radar"])}
    return Detection(vector, timestamp=moment(plot["t_s"]), measurement_model=model, metadata=metadata)


def _position_enu_m(detection: Detection) -> NDArray[np.float64]:
    """Where a detection points to, (3,) [m]."""
    found: NDArray[np.float64] = detection.measurement_model.inverse_function(detection)[:3, 0].astype(np.float64)
    return found


def _position_variance_m2(detection: Detection) -> float:
    """Largest variance of a detection's place along any axis [m2]."""
    noise, range_m = np.diag(detection.measurement_model.covar()), float(detection.state_vector[2, 0])
    return float(max(noise[2], range_m**2 * max(noise[0], noise[1])))


class BallisticTransition(TimeVariantModel, GaussianModel, TransitionModel):
    """Fall of a body with drag: the motion of our own tracker as a transition model of Stone Soup."""

    motion: Ballistic = Property(doc="Motion of our own tracker, by `opendome.adapters.ballistic.make_ballistic`.")

    @property
    def ndim_state(self) -> int:
        """Seven: east, north, up, their rates, log ballistic coefficient."""
        return N_STATE

    def function(self, state: Any, noise: Any = False, **kwargs: Any) -> Any:
        """Carry one state vector or several (7, n) over ``time_interval``; add ``noise`` where it is an array.

        Raises
        ------
        CommandError
            ``noise`` is True: nothing here draws numbers.
        """
        if noise is True:
            raise CommandError("BallisticTransition.function: noise is True; draw it yourself and give it as an array")
        dt_s = kwargs["time_interval"].total_seconds()
        vectors = np.asarray(state.state_vector, dtype=np.float64)
        moved = np.stack([advance(self.motion, vectors[:, k], dt_s)[0] for k in range(vectors.shape[1])], axis=1)
        kind = StateVector if vectors.shape[1] == 1 else StateVectors
        return moved.view(kind) + (0.0 if noise is None or noise is False else noise)

    def jacobian(self, state: Any, **kwargs: Any) -> NDArray[np.float64]:
        """Transition matrix (7, 7) over ``time_interval``."""
        vector = np.asarray(state.state_vector, dtype=np.float64)[:, 0]
        return advance(self.motion, vector, kwargs["time_interval"].total_seconds())[1]

    def covar(self, **kwargs: Any) -> CovarianceMatrix:
        """Process noise (7, 7) over ``time_interval``: white acceleration, and a walk of the log coefficient."""
        dt_s, model = kwargs["time_interval"].total_seconds(), self.motion.model
        noise = np.zeros((N_STATE, N_STATE))
        for i, j in zip(_POSITION, _VELOCITY):
            noise[i, i] = model.q_acceleration_m2ps3 * abs(dt_s) ** 3 / 3.0
            noise[i, j] = noise[j, i] = model.q_acceleration_m2ps3 * abs(dt_s) * dt_s / 2.0
            noise[j, j] = model.q_acceleration_m2ps3 * abs(dt_s)
        noise[6, 6] = model.q_log_beta_ps * abs(dt_s)
        return noise.view(CovarianceMatrix)


class NearGNN(GNNWith2DAssignment):
    """Stone Soup's global nearest neighbour behind a gate in space.

    Its own tree searches the space of measurements, where metres of range are mixed with radians, and takes detections
    of one model only. This one searches in metres, for detections of any radar, and asks its hypothesiser about each
    track at once after predicting it, while the prediction is still remembered.
    """

    predictor: Any = Property(doc="Predicts tracks to the time of the scan")
    max_distance_m: float = Property(default=3_000.0, doc="No detection farther than this is looked at [m]")
    n_sigma: float = Property(default=5.0, doc="Nor farther than so many standard deviations")

    def generate_hypotheses(self, tracks: Any, detections: Any, timestamp: datetime.datetime, **kwargs: Any) -> Any:
        """Give the hypotheses of each track about the detections near it."""
        found = list(detections)
        tree, spread_m2 = None, 0.0
        if found:
            tree = KDTree(np.stack([_position_enu_m(detection) for detection in found]))
            spread_m2 = max(_position_variance_m2(detection) for detection in found)
        hypotheses = {}
        for track in tracks:
            near: set[Any] = set()
            prediction = self.predictor.predict(track, timestamp=timestamp, **kwargs)
            if tree is not None:
                own_m2 = float(np.trace(np.asarray(prediction.covar, dtype=np.float64)[:3, :3]))
                radius_m = min(self.max_distance_m, self.n_sigma * math.sqrt(own_m2 + spread_m2))
                center = np.asarray(prediction.state_vector, dtype=np.float64)[:3, 0]
                near = {found[i] for i in tree.query_ball_point(center, radius_m)}
            hypotheses[track] = self.hypothesiser.hypothesise(track, near, timestamp, **kwargs)
        return hypotheses


class ThreePlotInitiator(Initiator):
    """Starts a track at three detections of successive scans of one radar that a falling body may have left.

    Detections of the last two scans that no track has taken are kept by radar. Each pair of them within the speed
    limit is carried on with gravity; the detection that lies nearest to where it leads, in standard deviations, makes
    a start, the best first and each detection once. The state and its covariance are those of our own tracker's start.
    """

    motion: Ballistic = Property(doc="Motion of our own tracker")
    radars: Any = Property(doc="RADAR records")
    speed_max_mps: float = Property(default=2_000.0, doc="No start is faster [m/s]")
    n_sigma: float = Property(default=3.5, doc="Gate of the third detection, in standard deviations")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: dict[int, list[list[Detection]]] = {}

    def initiate(self, detections: Any, timestamp: datetime.datetime, **kwargs: Any) -> set[Track]:
        """Give new tracks from the detections that no track has taken; those of all radars of one call are known."""
        started: set[Track] = set()
        by_radar: dict[int, list[Detection]] = {}
        for detection in sorted(detections, key=lambda one: one.metadata["i_plot"]):
            by_radar.setdefault(detection.metadata["i_radar"], []).append(detection)
        for i_radar, found in by_radar.items():
            kept = self._kept.get(i_radar, [])
            used: set[int] = set()
            if len(kept) == 2:
                for trio in self._trios(kept[0], kept[1], found):
                    track = self._track_of(trio)
                    if track is not None:
                        started.add(track)
                        used.update(id(one) for one in trio)
            self._kept[i_radar] = [[one for one in scan if id(one) not in used] for scan in [*kept[-1:], found]]
        return started

    def _trios(self, first: list[Detection], second: list[Detection], third: list[Detection]) -> Iterable[Any]:
        """Give triples of detections that fit one fall, best first, each detection once."""
        if not (first and second and third):
            return []
        a, b, c = (np.stack([_position_enu_m(one) for one in scan]) for scan in (first, second, third))
        spread_m = math.sqrt(max(_position_variance_m2(one) for scan in (first, second, third) for one in scan))
        t_a, t_b, t_c = (np.array([one.metadata["plot"]["t_s"] for one in scan]) for scan in (first, second, third))
        tree, ends = KDTree(b), KDTree(c)
        longest_s = max(t_b.max() - t_a.min(), 1e-3)
        fits = []
        for i, near in enumerate(tree.query_ball_point(a, self.speed_max_mps * longest_s)):
            for j in near:
                first_s, second_s = t_b[j] - t_a[i], float(t_c.mean()) - t_b[j]
                if first_s <= 0.0 or second_s <= 0.0:
                    continue
                reach = second_s / first_s
                lead = b[j] + reach * (b[j] - a[i])
                lead[2] -= 0.5 * _GRAVITY_MPS2 * second_s * (first_s + second_s)
                noise_m = spread_m * math.sqrt(1.0 + (1.0 + reach) ** 2 + reach**2)
                radius_m = self.n_sigma * noise_m + 0.5 * _LARGEST_DRAG_MPS2 * second_s * (first_s + second_s)
                for k in ends.query_ball_point(lead, radius_m):
                    fits.append((float(np.linalg.norm(c[k] - lead)) / noise_m, i, j, k))
        return self._once_each(sorted(fits), first, second, third)

    @staticmethod
    def _once_each(fits: list[Any], first: list[Any], second: list[Any], third: list[Any]) -> list[Any]:
        taken: tuple[set[int], set[int], set[int]] = (set(), set(), set())
        trios = []
        for _, *indices in fits:
            if not any(index in used for index, used in zip(indices, taken)):
                for index, used in zip(indices, taken):
                    used.add(index)
                trios.append((first[indices[0]], second[indices[1]], third[indices[2]]))
        return trios

    def _track_of(self, trio: tuple[Detection, Detection, Detection]) -> Track | None:
        found = start_track(self.motion, self.radars, *(one.metadata["plot"] for one in trio))
        if found is None:
            return None
        state = GaussianStateUpdate(
            StateVector(found[0][:, None]),
            CovarianceMatrix(found[1]),
            timestamp=trio[-1].timestamp,
            hypothesis=SingleHypothesis(None, trio[-1]),
        )
        return Track([state], init_metadata={"t_first_plot_s": float(trio[0].metadata["plot"]["t_s"])})


class BlindDeleter(Deleter):
    """Ends tracks that have gone without a detection for too long, and those that have reached the ground."""

    longest_blind_s: float = Property(doc="Longest time without a detection [s]")

    def check_for_deletion(self, track: Track, **kwargs: Any) -> bool:
        """Whether the track is at its end."""
        east_m, north_m, up_m = (float(track.state_vector[k, 0]) for k in _POSITION)
        if up_m + (east_m**2 + north_m**2) / (2.0 * _MEAN_RADIUS_M) < 0.0:
            return True
        for state in reversed(track.states):
            if has_detection(state):
                return (track.timestamp - state.timestamp).total_seconds() > self.longest_blind_s
        return True


def make_tracker(
    motion: Ballistic,
    radars: np.ndarray,
    max_distance_m: float = 3_000.0,
    longest_blind_s: float = 4.0,
    transition: Any = None,
    associator: Callable[[Any, Any, Any], Any] | None = None,
) -> MultiTargetTracker:
    """Stone Soup's tracker of many targets, of its filter and association and of the pieces above.

    ``transition`` is another transition model; ``associator`` makes another data associator from hypothesiser,
    predictor and updater.
    """
    predictor = ExtendedKalmanPredictor(BallisticTransition(motion) if transition is None else transition)
    updater = ExtendedKalmanUpdater(None)
    hypothesiser = DistanceHypothesiser(predictor, updater, SquaredMahalanobis(), missed_distance=_GATE_999)
    if associator is None:
        chosen = NearGNN(hypothesiser, predictor=predictor, max_distance_m=max_distance_m)
    else:
        chosen = associator(hypothesiser, predictor, updater)
    return MultiTargetTracker(
        initiator=ThreePlotInitiator(motion, radars),
        deleter=BlindDeleter(longest_blind_s),
        detector=None,
        data_associator=chosen,
        updater=updater,
    )

"""Speed of the tracker's filter alone, on one core: predict and update, plain and with model errors, and impacts.

Many tracks of the 40 km class are followed side by side, a scan at a time, as in use, and the impact of some is
predicted after each stretch of scans. Processor time of compiled loops, the best of several rounds; of rows "at all
ages" the slowest stretch.
"""

from __future__ import annotations

import math
import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.result import Result
from opendome.base.kernels import kernel
from opendome.base.polar import default_radar
from opendome.testing.flights_truth import ORIGIN_LAT_DEG, Flights, make_flights
from opendome.tracking.filter import absorb, carry, start
from opendome.tracking.impact import predict_impact
from opendome.tracking.model import ErrorPrior, MotionModel, Tracks, make_motion_model, new_tracks

__all__ = ["measure"]

CLASS_KM, FARTHEST_KM, SEED = 40, 70, 11
STRETCHES = ((3, 6), (6, 10), (10, 20), (20, 33))
"""First and last scan of each, once a second; a track begins with the scans 0, 1 and 2."""
GOAL_PLAIN_PS, GOAL_WHOLE_PS, GOAL_IMPACTS_PS = 300_000.0, 200_000.0, 10_000.0
IMPACTS_BY = 4
"""One track in so many has its impact predicted in the timed loop."""


@kernel
def start_all(model, tracks, radars, flights):
    n_started = 0
    for i_track in range(tracks.t_s.size):
        plots = flights.plots[i_track % flights.n_plots.size]
        n_started += start(model, tracks, i_track, radars, plots[0], plots[1], plots[2])
    return n_started


@kernel
def scan_all(model, tracks, radars, flights, first, last, extra):
    for i_scan in range(first, last):
        for i_track in range(tracks.t_s.size):
            plot = flights.plots[i_track % flights.n_plots.size, i_scan]
            carry(model, tracks, i_track, plot.t_s)
            absorb(model, tracks, i_track, radars[plot.i_radar], plot, extra)


@kernel
def predict_all(model, tracks, every, out):
    n_landed = 0
    for i_track in range(0, tracks.t_s.size, every):
        n_landed += predict_impact(model, tracks, i_track, out)
    return n_landed


class Rates(NamedTuple):
    """Track-scans and impacts a second in each stretch of scans."""

    scans_ps: NDArray[np.float64]
    impacts_ps: NDArray[np.float64]


def _spent_s(function: Any, *arguments: Any) -> float:
    since_s = time.process_time()
    function(*arguments)
    return time.process_time() - since_s


def _round(model: MotionModel, tracks: Tracks, radars: np.ndarray, flights: Flights) -> list[tuple[float, float]]:
    """Seconds of the scans and of the impacts of each stretch."""
    start_all(model, tracks, radars, flights)
    return [
        (
            _spent_s(scan_all, model, tracks, radars, flights, first, last, np.zeros(4)),
            _spent_s(predict_all, model, tracks, IMPACTS_BY, np.zeros(8)),
        )
        for first, last in STRETCHES
    ]


def _rates(prior: ErrorPrior, class_km: int, n_tracks: int, n_rounds: int) -> Rates:
    """Rates of the best round."""
    radars, model = default_radar(), make_motion_model(ORIGIN_LAT_DEG, prior)
    flights = make_flights(class_km, 200, SEED, radars[0])
    _round(model, new_tracks(8), radars, flights)
    tracks = new_tracks(n_tracks)
    spent_s = np.array([_round(model, tracks, radars, flights) for _ in range(n_rounds)]).min(axis=0)
    n_scans = np.array([last - first for first, last in STRETCHES])
    return Rates(n_tracks * n_scans / spent_s[:, 0], math.ceil(n_tracks / IMPACTS_BY) / spent_s[:, 1])


def measure(is_quick: bool) -> list[Result]:
    """Measure tracks a second of the filter alone."""
    size = (2_000, 2) if is_quick else (5_000, 6)
    textbook = _rates(ErrorPrior(is_plain=True, vague_log_beta_sd=math.inf), CLASS_KM, *size)
    vague = _rates(ErrorPrior(is_plain=True), CLASS_KM, *size)
    whole = _rates(ErrorPrior(), CLASS_KM, *size)
    far = _rates(ErrorPrior(), FARTHEST_KM, *size)

    def row(name: str, rate_ps: float, unit: str, goal: float | None = None) -> Result:
        return Result("filter", name, rate_ps / 1e3, unit, None if goal is None else goal / 1e3, note=NOTE)

    scans, impacts = "k track-scans/s", "k impacts/s"
    return [
        row("extended Kalman filter, all ages", textbook.scans_ps.min(), scans, GOAL_PLAIN_PS),
        row("by points while ln beta is vague, 3 to 6 s", vague.scans_ps[0], scans, GOAL_PLAIN_PS),
        row("with model errors and bias, all ages", whole.scans_ps.min(), scans, GOAL_WHOLE_PS),
        row("the same, 20 to 33 s", whole.scans_ps[-1], scans),
        row("impact with covariance, at 5 s", whole.impacts_ps[0], impacts, GOAL_IMPACTS_PS),
        row("impact with covariance, at 9 s", whole.impacts_ps[1], impacts, GOAL_IMPACTS_PS),
        row("impact with covariance, at 32 s", whole.impacts_ps[-1], impacts, GOAL_IMPACTS_PS),
        row(f"impact of the {FARTHEST_KM} km class, at 5 s", far.impacts_ps[0], impacts),
    ]


NOTE = (
    "processor time, one thread, best of several rounds; predict and update of tracks of the "
    f"{CLASS_KM} km class, 3 to 33 s old, without association; impacts with model errors: at 5 s all by points"
)

"""Motion, start and impact of our tracker, one track at a time and as plain arrays, for trackers that are not ours."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.kernels import kernel
from opendome.base.types import TrackKind, TrackStatus
from opendome.tracking.impact import predict_impact
from opendome.tracking.model import N_STATE, ErrorPrior, MotionModel, Tracks, make_motion_model, new_tracks
from opendome.tracking.motion import TRANSITION, clamped_half_over_beta, fill_slopes, fill_transition, rk4_step
from opendome.tracking.start import start

__all__ = ["N_STATE", "Ballistic", "advance", "carry_linearised", "fill_impacts", "make_ballistic", "start_track"]

LONGEST_STEP_S = 1.0


class Ballistic(NamedTuple):
    """Motion model of our tracker, blind to model errors, and one slot of scratch space."""

    model: MotionModel
    slot: Tracks


def make_ballistic(lat_deg: float, prior: ErrorPrior | None = None) -> Ballistic:
    """Motion round an origin at a latitude [degrees], with the ballistic coefficient and noise of ``prior``."""
    prior = ErrorPrior() if prior is None else prior
    return Ballistic(make_motion_model(lat_deg, prior._replace(is_plain=True)), new_tracks(1))


@kernel
def carry_linearised(model, tracks, dt_s, transition):
    """Carry the state of slot 0 over ``dt_s`` [s] in equal steps of a second at most; write the transition matrix.

    Parameters
    ----------
    model : MotionModel
    tracks : Tracks                 the state of slot 0 is changed; its covariance is scratch space
    dt_s : float
    transition : array (7, 7)       filled
    """
    x, work = tracks.x, tracks.work
    n_steps = 1 + int(abs(dt_s) / LONGEST_STEP_S * 0.999999)
    step_s = dt_s / n_steps
    half_over_beta = clamped_half_over_beta(x[0, 6])
    for row in range(N_STATE):
        for column in range(N_STATE):
            transition[row, column] = 1.0 if row == column else 0.0
    for _ in range(n_steps):
        after = rk4_step(
            model, work, False, x[0, 0], x[0, 1], x[0, 2], x[0, 3], x[0, 4], x[0, 5], half_over_beta, step_s
        )
        fill_slopes(model, work, False, after[6], after[7], after[8], after[9], after[10], after[11], half_over_beta)
        fill_transition(work, step_s)
        x[0, 0], x[0, 1], x[0, 2] = after[0], after[1], after[2]
        x[0, 3], x[0, 4], x[0, 5] = after[3], after[4], after[5]
        for column in range(N_STATE):
            for row in range(6):
                total = 0.0
                for middle in range(N_STATE):
                    total += work[TRANSITION + row, middle] * transition[middle, column]
                tracks.p[0, row, column] = total
            for row in range(6):
                transition[row, column] = tracks.p[0, row, column]


def advance(motion: Ballistic, x: NDArray[np.float64], dt_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Carry a state (7,) over ``dt_s`` seconds; give it and the transition matrix (7, 7).

    The state is east, north, up [m], their rates [m/s] and the logarithm of the ballistic coefficient [kg/m2].
    """
    transition = np.empty((N_STATE, N_STATE))
    motion.slot.x[0] = x
    carry_linearised(motion.model, motion.slot, float(dt_s), transition)
    return motion.slot.x[0].copy(), transition


def start_track(
    motion: Ballistic, radars: np.ndarray, plot_a: np.void, plot_b: np.void, plot_c: np.void
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """State (7,) and covariance (7, 7) from three PLOT records in order of time; None where they give none."""
    if not start(motion.model, motion.slot, 0, radars, plot_a, plot_b, plot_c):
        return None
    return motion.slot.x[0].copy(), motion.slot.p[0].copy()


def fill_impacts(lat_deg: float, rows: np.ndarray) -> None:
    """Write the predicted impact into rows (n,) of TRACK_REPORT that are confirmed rockets."""
    motion = make_ballistic(lat_deg)
    out = np.empty(8)
    for row in rows:
        if row["kind"] != TrackKind.ROCKET or row["status"] != TrackStatus.CONFIRMED:
            continue
        motion.slot.x[0], motion.slot.p[0], motion.slot.t_s[0] = row["mean"], row["cov"], row["t_s"]
        if math.isfinite(row["mean"].sum()) and predict_impact(motion.model, motion.slot, 0, out):
            row["has_impact"] = 1
            row["t_impact_s"], row["impact_east_m"], row["impact_north_m"] = out[:3]
            row["impact_var_east_m2"], row["impact_cov_m2"], row["impact_var_north_m2"] = out[3:6]

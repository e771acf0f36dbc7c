"""Flights, plots and slots for the tests of the filter, made without the filter."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from opendome.base.kernels import kernel
from opendome.base.polar import default_radar, to_polar
from opendome.base.types import PLOT
from opendome.tracking.filter import reset_errors
from opendome.tracking.model import MotionModel, Tracks, new_tracks
from opendome.tracking.motion import ERRORS, accelerate, clamped_half_over_beta, rk4_step

NOISE_SD = (15.0, 0.002, 0.002)


@kernel
def fly_to(model, work, start, dt_s, rows):
    half_over_beta = clamped_half_over_beta(start[6])
    e, n, u, ve, vn, vu = start[0], start[1], start[2], start[3], start[4], start[5]
    for i_row in range(rows.shape[0]):
        rows[i_row, 0], rows[i_row, 1], rows[i_row, 2] = e, n, u
        rows[i_row, 3], rows[i_row, 4], rows[i_row, 5] = ve, vn, vu
        after = rk4_step(model, work, True, e, n, u, ve, vn, vu, half_over_beta, dt_s)
        e, n, u, ve, vn, vu = after[0], after[1], after[2], after[3], after[4], after[5]


@kernel
def acceleration_of(model, work, is_shifted, state, out):
    half_over_beta = clamped_half_over_beta(state[6])
    out[0], out[1], out[2], _, _ = accelerate(
        model, work, is_shifted, state[0], state[1], state[2], state[3], state[4], state[5], half_over_beta
    )


def acceleration(model: MotionModel, state: NDArray[np.float64], errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Acceleration (3,) of a state (7,) under model errors (15,)."""
    work, out = new_tracks(1).work, np.zeros(3)
    work[ERRORS, :15] = errors
    acceleration_of(model, work, True, np.asarray(state, dtype=np.float64), out)
    return out


def flown(model: MotionModel, start: NDArray[np.float64], errors: NDArray[np.float64], n_s: int) -> NDArray[np.float64]:
    """States (n_s, 7) at whole seconds from ``start`` (7,) under model errors (15,), in steps of 0.1 s."""
    work = new_tracks(1).work
    work[ERRORS, :15] = errors
    rows = np.zeros((10 * n_s, 6))
    fly_to(model, work, np.asarray(start, dtype=np.float64), 0.1, rows)
    return np.column_stack([rows[::10], np.full(n_s, start[6])])


def launch(speed_mps: float = 700.0, log_beta: float = math.log(8_000.0)) -> NDArray[np.float64]:
    """State (7,) of a body at 1 km, rising at 50 degrees towards north-north-east."""
    level, up = speed_mps * math.cos(math.radians(50.0)), speed_mps * math.sin(math.radians(50.0))
    return np.array([1_000.0, -9_000.0, 1_000.0, 0.3 * level, math.sqrt(0.91) * level, up, log_beta])


def radar_with_bias() -> NDArray[np.void]:
    """Two radars (2,) 6 km apart, both with a bias, with different identities."""
    radars = np.concatenate([default_radar(), default_radar()])
    radars["bias_range_m"], radars["bias_azimuth_rad"], radars["bias_elevation_rad"] = 10.0, 5e-4, 5e-4
    radars["identity"] = (1, 2)
    radars["east_m"][1] = 6_000.0
    return radars


def plots_of(
    states: NDArray[np.float64],
    times_s: NDArray[np.float64],
    radars: NDArray[np.void],
    i_radar: int = 0,
    rng: np.random.Generator | None = None,
    bias: NDArray[np.float64] | None = None,
) -> NDArray[np.void]:
    """Plots (n,) of states (n, 7), with noise if ``rng`` is given and a constant ``bias`` (3,)."""
    plots = np.zeros(len(states), PLOT)
    for plot, state, t_s in zip(plots, states, times_s, strict=True):
        seen = np.array(to_polar(radars[i_radar], *state[:6]))
        if rng is not None:
            seen[:3] += NOISE_SD * rng.standard_normal(3)
        if bias is not None:
            seen[:3] += bias
        plot["range_m"], plot["azimuth_rad"], plot["elevation_rad"] = seen[:3]
        plot["t_s"], plot["i_radar"], plot["range_rate_mps"] = t_s, i_radar, math.nan
    plots["var_range_m2"], plots["var_azimuth_rad2"], plots["var_elevation_rad2"] = np.square(NOISE_SD)
    plots["var_range_rate_m2ps2"] = 1.0
    return plots


def one_slot(state: NDArray[np.float64], deviations: NDArray[np.float64], n_slots: int = 1) -> Tracks:
    """Slots all at a state (7,) with a diagonal covariance, no sensitivity yet, at time 0, of radar 1."""
    tracks = new_tracks(n_slots)
    for i_track in range(n_slots):
        tracks.x[i_track], tracks.p[i_track] = state, np.diag(np.square(deviations))
        tracks.bias_radar[i_track] = 1
        reset_errors(tracks, i_track)
    return tracks

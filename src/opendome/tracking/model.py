"""The motion model of a falling body, what is not known of it, and the store of tracks.

A track is a two-stage filter (Friedland 1969, separate-bias estimation). Stage 1 is an extended Kalman filter of
position, velocity and logarithm of the ballistic coefficient, with all model errors taken as zero. Stage 2 carries the
sensitivity of stage 1's error to fifteen standard errors p (wind, density, drag shape, the radar's calibration), their
estimate and covariance, and the evidence for them against none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.kernels import kernel
from opendome.flight.atmosphere import standard_atmosphere
from opendome.flight.drag import drag_curve
from opendome.flight.gravity import ECCENTRICITY_SQUARED, SEMI_MAJOR_M
from opendome.tracking.modes import N_SHAPE_MODES, N_WIND_MODES, shape_modes, wind_modes

__all__ = [
    "N_BIAS",
    "N_ERRORS",
    "N_MODEL_ERRORS",
    "N_STATE",
    "ErrorPrior",
    "MotionModel",
    "Tracks",
    "copy_track",
    "grow_tracks",
    "make_motion_model",
    "new_tracks",
]

N_STATE = 7
"""East, north, up [m], their rates [m/s], natural logarithm of the ballistic coefficient [kg/m2]."""
N_MODEL_ERRORS = 12
"""Three wind modes east, three north, slope of density with height, five modes of drag shape."""
N_BIAS = 3
"""Range, azimuth and elevation bias of the track's own radar."""
N_ERRORS = N_MODEL_ERRORS + N_BIAS

N_WORK_ROWS = 80
N_WORK_COLUMNS = 16
LONGEST_STEPS = 1_800
"""Steps of 1 s after which a flight is given up."""

LOWEST_M = -1_000.0
HIGHEST_M = 90_000.0
CELL_M = 50.0
CELL_MACH = 0.005
MAX_MACH = 12.0


class ErrorPrior(NamedTuple):
    """What is believed before the first plot, one standard deviation each; part of the scenario and of the report.

    ``wind_mps`` is the wind's error along each axis at the ground, growing by 1 + h / 10 km; ``drag_shape_scale`` 1 is
    the spread of standard drag curves. ``log_odds_nominal`` are the odds given to "no model error" in advance.
    ``is_plain``: an extended Kalman filter alone, blind to model errors and bias. ``vague_log_beta_sd``: standard
    deviation of ln beta from which a step is taken point by point; infinity: slopes alone, a textbook filter.
    """

    log_beta_mean: float = math.log(8_000.0)
    log_beta_sd: float = 0.5
    wind_mps: float = 8.0
    density_slope_frac_per_10km: float = 0.02
    drag_shape_scale: float = 1.0
    q_acceleration_m2ps3: float = 0.002
    q_log_beta_ps: float = 1e-6
    log_odds_nominal: float = 2.0
    is_plain: bool = False
    vague_log_beta_sd: float = 0.2


class MotionModel(NamedTuple):
    """All that carrying a track needs; numbers and arrays only, so that compiled code can take it.

    ``air`` (n_heights, 8): density [kg/m3], inverse speed of sound [s/m], nominal wind east and north [m/s], three wind
    modes [m/s]. ``drag`` (n_machs, 8): drag factor, five shape modes. The rest is the origin's place and the prior.
    """

    air: NDArray[np.float64]
    drag: NDArray[np.float64]
    sin_lat: float
    cos_lat: float
    axis_m: float
    polar_m: float
    log_beta_mean: float
    log_beta_sd: float
    density_slope_frac_pm: float
    q_acceleration_m2ps3: float
    q_log_beta_ps: float
    log_odds_nominal: float
    is_plain: bool
    vague_log_beta_sd: float


class Tracks(NamedTuple):
    """Slots of tracks; the first axis of all but the last two arrays is the slot.

    ``x`` (n, 7) state of stage 1; ``p`` (n, 7, 7) its covariance; ``u`` (n, 7, 15) sensitivity of (truth - x) to the
    standard errors; ``b`` (n, 15) their estimate; ``spread`` (n, 15, 15) their covariance; ``evidence`` (n,) log of the
    odds of "errors as in the prior" against "no error" by the plots so far; ``t_s`` (n,) time of the state;
    ``bias_radar`` (n,) identity of the radar whose bias the last three columns are. ``work`` and ``path`` are scratch
    space of the kernels, without meaning between calls.
    """

    x: NDArray[np.float64]
    p: NDArray[np.float64]
    u: NDArray[np.float64]
    b: NDArray[np.float64]
    spread: NDArray[np.float64]
    evidence: NDArray[np.float64]
    t_s: NDArray[np.float64]
    bias_radar: NDArray[np.int64]
    work: NDArray[np.float64]
    path: NDArray[np.float64]


def new_tracks(capacity: int) -> Tracks:
    """Empty slots, ``capacity`` of them."""
    return Tracks(
        x=np.zeros((capacity, N_STATE)),
        p=np.zeros((capacity, N_STATE, N_STATE)),
        u=np.zeros((capacity, N_STATE, N_ERRORS)),
        b=np.zeros((capacity, N_ERRORS)),
        spread=np.zeros((capacity, N_ERRORS, N_ERRORS)),
        evidence=np.zeros(capacity),
        t_s=np.zeros(capacity),
        bias_radar=np.full(capacity, -1, dtype=np.int64),
        work=np.zeros((N_WORK_ROWS, N_WORK_COLUMNS)),
        path=np.zeros((LONGEST_STEPS, 8)),
    )


def grow_tracks(tracks: Tracks, capacity: int) -> Tracks:
    """Tracks with room for ``capacity`` slots, the old ones first and unchanged."""
    grown = new_tracks(max(capacity, tracks.t_s.size))
    for old, new in zip(tracks[:8], grown[:8], strict=True):
        new[: old.shape[0]] = old
    return grown


def _wind_at(heights_m: NDArray[np.float64], profile: tuple[tuple[float, ...], ...] | None) -> NDArray[np.float64]:
    """Nominal wind (n, 2) east and north [m/s] at heights (n,) [m]; steady below and above the profile."""
    if profile is None:
        return np.zeros((heights_m.size, 2))
    table = np.array(profile, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != 3 or not np.all(np.isfinite(table)) or np.any(np.diff(table[:, 0]) <= 0.0):
        raise CommandError(
            "make_motion_model: wind_profile has to be rows of height [m], wind east and wind north [m/s], heights "
            "rising; write for example [(0, 3, 0), (5000, 12, 4)]"
        )
    return np.stack([np.interp(heights_m, table[:, 0], table[:, column]) for column in (1, 2)], axis=-1)


def _evened(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Knots (n,) shifted so that straight lines between them have the right mean rather than the right ends."""
    out = values.copy()
    out[1:-1] -= (values[2:] - 2.0 * values[1:-1] + values[:-2]) / 12.0
    return out


def _air_table(prior: ErrorPrior, profile: tuple[tuple[float, ...], ...] | None) -> NDArray[np.float64]:
    """Rows of ``MotionModel.air``."""
    heights_m = np.arange(LOWEST_M, HIGHEST_M + 0.5 * CELL_M, CELL_M)
    air = standard_atmosphere(heights_m)
    table = np.zeros((heights_m.size, 8))
    table[:, 0] = _evened(air.density_kgpm3)
    table[:, 1] = 1.0 / air.speed_of_sound_mps
    table[:, 2:4] = _wind_at(heights_m, profile)
    table[:, 4 : 4 + N_WIND_MODES] = prior.wind_mps * wind_modes(heights_m)
    return table


def _drag_table(prior: ErrorPrior) -> NDArray[np.float64]:
    """Rows of ``MotionModel.drag``."""
    machs = np.arange(0.0, MAX_MACH + 0.5 * CELL_MACH, CELL_MACH)
    table = np.zeros((machs.size, 8))
    table[:, 0] = _evened(drag_curve(machs))
    table[:, 1 : 1 + N_SHAPE_MODES] = prior.drag_shape_scale * shape_modes(machs)
    return table


@lru_cache(maxsize=32)
def _built(lat_deg: float, prior: ErrorPrior, profile: tuple[tuple[float, ...], ...] | None) -> MotionModel:
    """Motion model with tables that cannot be written to."""
    air, drag = _air_table(prior, profile), _drag_table(prior)
    sin_lat, cos_lat = math.sin(math.radians(lat_deg)), math.cos(math.radians(lat_deg))
    radius_m = SEMI_MAJOR_M / math.sqrt(1.0 - ECCENTRICITY_SQUARED * sin_lat * sin_lat)
    return MotionModel(
        air=air,
        drag=drag,
        sin_lat=sin_lat,
        cos_lat=cos_lat,
        axis_m=radius_m * cos_lat,
        polar_m=radius_m * (1.0 - ECCENTRICITY_SQUARED) * sin_lat,
        log_beta_mean=float(prior.log_beta_mean),
        log_beta_sd=float(prior.log_beta_sd),
        density_slope_frac_pm=float(prior.density_slope_frac_per_10km) / 10_000.0,
        q_acceleration_m2ps3=float(prior.q_acceleration_m2ps3),
        q_log_beta_ps=float(prior.q_log_beta_ps),
        log_odds_nominal=float(prior.log_odds_nominal),
        is_plain=bool(prior.is_plain),
        vague_log_beta_sd=float(prior.vague_log_beta_sd),
    )


def make_motion_model(
    lat_deg: float, prior: ErrorPrior | None = None, wind_profile: Sequence[Sequence[float]] | None = None
) -> MotionModel:
    """Motion model round a scenario's origin.

    Parameters
    ----------
    lat_deg : float           geodetic latitude of the origin [degrees]; the origin lies on the ellipsoid
    prior : ErrorPrior        what is believed before the first plot; the defaults when left out
    wind_profile : rows (n, 3) of height above the ellipsoid [m] and wind towards east and north [m/s], heights rising;
        the wind that is known, for example a forecast (``prior.wind_mps`` is then the error of the forecast). No wind
        when left out

    Returns
    -------
    MotionModel    treat its tables as constants: equal arguments give the same object

    Raises
    ------
    CommandError   for a latitude beyond 90 degrees, a negative or non-finite prior, or a profile of another form

    Valid for: flights within some 200 km of the origin, below 86 km and Mach 12.
    """
    prior = ErrorPrior() if prior is None else prior
    if not -90.0 <= lat_deg <= 90.0:
        raise CommandError(f"make_motion_model: lat_deg is {lat_deg:g}; write degrees from -90 to 90")
    for name, value in prior._asdict().items():
        is_allowed = math.isfinite(value) or (name == "vague_log_beta_sd" and value > 0.0)
        if not is_allowed or (value < 0.0 and name != "log_odds_nominal"):
            raise CommandError(f"make_motion_model: prior.{name} is {value:g}; write a number, not negative")
    profile = None if wind_profile is None else tuple(tuple(float(one) for one in row) for row in wind_profile)
    return _built(float(lat_deg), prior, profile)


@kernel
def copy_track(tracks, i_from, i_to):
    """Copy slot ``i_from`` onto slot ``i_to``."""
    for row in range(N_STATE):
        tracks.x[i_to, row] = tracks.x[i_from, row]
        for column in range(N_STATE):
            tracks.p[i_to, row, column] = tracks.p[i_from, row, column]
        for column in range(N_ERRORS):
            tracks.u[i_to, row, column] = tracks.u[i_from, row, column]
    for row in range(N_ERRORS):
        tracks.b[i_to, row] = tracks.b[i_from, row]
        for column in range(N_ERRORS):
            tracks.spread[i_to, row, column] = tracks.spread[i_from, row, column]
    tracks.evidence[i_to] = tracks.evidence[i_from]
    tracks.t_s[i_to] = tracks.t_s[i_from]
    tracks.bias_radar[i_to] = tracks.bias_radar[i_from]

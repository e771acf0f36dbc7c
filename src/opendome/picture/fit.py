"""Fit the statistical picture to the tracked one: run the raid through radars and tracker, and draw curves through it.

For every assessment of a track that holds one rocket: range of the rocket, age of the track, stated errors along and
across the path, true error. Stated errors are divided by what the statistical picture knows beside its curves (radars
fused, distance to them), and a table over the logarithms of range and age is drawn through their logarithms by least
squares, held smooth where there is little. What the rockets of a salvo share is the mean product of their errors, each
over its stated deviation. True over stated errors, when a first decision is due, are taken for a mixture of two
normal laws, one for most tracks and a wider one for those that stray to another rocket's plots.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.types import Fate
from opendome.raid.generate import draw_day
from opendome.raid.model import RaidModel

from .fitted import FittedCurves, Residuals
from .forecasts import due_row, is_farewell, linked_object
from .model import PictureModel
from .sight import MAX_FUSED, nearest_sensors, time_seen_ballistic
from .tracked import perceive_tracked
from .tracked_model import TrackedModel

__all__ = ["Sample", "fit_curves", "gather", "normalised_errors"]

FloatArray = NDArray[np.float64]

RANGE_KM = (4.0, 7.0, 12.0, 20.0, 35.0, 60.0, 100.0)
AGE_S = (1.5, 3.0, 5.0, 8.0, 12.0, 18.0, 27.0, 40.0, 60.0, 90.0)
_SMOOTH = 0.05
_PRIOR_WEIGHT = 1e-3
_INSIDE = 5.991464547107979
_LEAST_M = 1.0
_IN_VIEW_FOR = 2.0
"""Objects count as missed only if they were in view for so many times the time to a confirmed track."""
_LARGEST_NEES = 100.0
"""An error of ten deviations is as wrong as any larger one."""
_N_ROUNDS = 300


class Sample(NamedTuple):
    """Assessments (k,) of rockets and what lies behind them, and how objects in view were found.

    ``range_m``, ``age_s``; ``scale`` of the statistical picture's own; stated deviations ``along_m``, ``cross_m``;
    true errors ``error_along_m``, ``error_cross_m``; ``nees`` true error squared over the stated covariance;
    ``is_due`` whether a first decision rests on it; ``salvo`` and ``shot`` tell rockets apart. By object in view (n,):
    ``i_class``, ``is_found``, and for those found ``first_plot_s`` and ``confirm_delay_s`` (NaN otherwise).
    """

    range_m: FloatArray
    age_s: FloatArray
    scale: FloatArray
    along_m: FloatArray
    cross_m: FloatArray
    error_along_m: FloatArray
    error_cross_m: FloatArray
    nees: FloatArray
    is_due: NDArray[np.bool_]
    salvo: NDArray[np.int64]
    shot: NDArray[np.int64]
    i_class: NDArray[np.int64]
    is_found: NDArray[np.bool_]
    first_plot_s: FloatArray
    confirm_delay_s: FloatArray


def _seen(model: PictureModel, item: np.void) -> tuple[float, float]:
    """When the statistical picture would see an object [s], and the scale of its errors."""
    chosen, distance_m = np.zeros(MAX_FUSED, np.int64), np.zeros(MAX_FUSED)
    place = item["launch_east_m"], item["launch_north_m"]
    n = nearest_sensors(model, -1, -1, item["t_launch_s"], *place, chosen, distance_m)
    if n == 0:
        return math.inf, math.nan
    far = np.clip(distance_m[:n] / item["range_m"], 0.5, 3.0)
    scale = model.error_scale * model.sensors["error_scale"][chosen[:n]] * far
    return float(time_seen_ballistic(model, item, n, chosen, distance_m)), float(1.0 / np.sqrt((scale**-2).sum()))


def _row_of(row: np.void, item: np.void, age_s: float, scale: float, is_due: bool, salvo: int) -> tuple[float, ...]:
    """Numbers of one assessment, in the order of ``Sample``."""
    east, north = item["impact_east_m"] - item["launch_east_m"], item["impact_north_m"] - item["launch_north_m"]
    length = max(math.hypot(east, north), 1.0)
    ux, uy = east / length, north / length
    d_east, d_north = row["mean_east_m"] - item["impact_east_m"], row["mean_north_m"] - item["impact_north_m"]
    a, b, c = row["var_east_m2"], row["cov_m2"], row["var_north_m2"]
    along = math.sqrt(max(a * ux * ux + 2 * b * ux * uy + c * uy * uy, _LEAST_M))
    cross = math.sqrt(max(a * uy * uy - 2 * b * ux * uy + c * ux * ux, _LEAST_M))
    nees = (c * d_east**2 - 2 * b * d_east * d_north + a * d_north**2) / max(a * c - b * b, 1e-9)
    e_along, e_cross = d_east * ux + d_north * uy, d_north * ux - d_east * uy
    return (item["range_m"], age_s, scale, along, cross, e_along, e_cross, nees, is_due, salvo, item["shot"])


def _day(model: PictureModel, objects: np.ndarray, seen: tuple, key: int) -> tuple[list, list]:
    """Rows of assessments and of objects in view of one day."""
    tracks, rows, *_, links = seen
    is_cruise = model.classes["is_cruise"] == 1
    sight = {}
    found: dict[int, tuple[float, float]] = {}
    assessed = []
    for i, track in enumerate(tracks):
        begin = track["first_assessment"]
        own = rows[begin : begin + track["n_assessments"]]
        i_due = due_row(model, track, own)
        for k, row in enumerate(own):
            j = -1 if is_farewell(own, k) else linked_object(links, i, row["t_s"])
            if j < 0 or is_cruise[objects[j]["i_class"]]:
                continue
            if j not in sight:
                sight[j] = _seen(model, objects[j])
            if not math.isfinite(sight[j][1]):
                continue
            age_s = row["t_s"] - track["t_first_plot_s"]
            salvo = key + int(objects[j]["burst"])
            assessed.append(_row_of(row, objects[j], age_s, sight[j][1], k == i_due, salvo))
            times = (float(track["t_first_plot_s"]), float(track["t_confirmed_s"]))
            found[j] = min(found.get(j, times), times)
    viewed = []
    for j, item in enumerate(objects):
        if item["fate"] == Fate.MISFIRES or item["range_m"] < 50.0 or is_cruise[item["i_class"]]:
            continue
        t_seen_s = sight[j][0] if j in sight else _seen(model, item)[0]
        if not t_seen_s + _IN_VIEW_FOR * (model.first_plot_s + model.confirm_delay_s) < item["t_impact_s"]:
            continue
        first_s, confirmed_s = found.get(j, (math.nan, math.nan))
        viewed.append((item["i_class"], j in found, first_s - t_seen_s, confirmed_s - first_s))
    return assessed, viewed


def gather(
    model: PictureModel,
    tracked: TrackedModel,
    raid: RaidModel,
    seed: int,
    replications: int,
    progress: Callable[[int, int], None] | None = None,
) -> Sample:
    """Run raids through radars and tracker, and note every assessment and every object in view.

    Parameters
    ----------
    model, tracked, raid     compiled rooms of one scenario
    seed, replications : int
    progress : callable, optional    called with (days done, days in all)
    """
    n_days = len(raid.day_mean)
    assessed: list = []
    viewed: list = []
    for replication in range(replications):
        for day in range(n_days):
            objects, _ = draw_day(raid, seed, replication, day)
            seen = perceive_tracked(model, tracked, seed, replication, day, objects)
            more, others = _day(model, objects, seen, replication << 32)
            assessed += more
            viewed += others
            if progress is not None:
                progress(replication * n_days + day + 1, replications * n_days)
    a = np.array(assessed, float).reshape(-1, 11).T
    v = np.array(viewed, float).reshape(-1, 4).T
    salvo, shot = np.array([row[9:] for row in assessed], np.int64).reshape(-1, 2).T
    range_m, age_s, scale, along_m, cross_m, error_along_m, error_cross_m, nees = a[:8]
    return Sample(
        range_m,
        age_s,
        scale,
        along_m,
        cross_m,
        error_along_m,
        error_cross_m,
        nees,
        a[8] > 0.5,
        salvo,
        shot,
        v[0].astype(np.int64),
        v[1] > 0.5,
        v[2],
        v[3],
    )


def normalised_errors(sample: Sample) -> FloatArray:
    """True over stated errors, along and across, (k, 2)."""
    return np.stack([sample.error_along_m / sample.along_m, sample.error_cross_m / sample.cross_m], axis=1)


def _weights(x: FloatArray, knots: FloatArray) -> FloatArray:
    """Hat functions of knots at points, (k, n_knots); held at the ends."""
    x = np.clip(x, knots[0], knots[-1])
    i = np.clip(np.searchsorted(knots, x) - 1, 0, len(knots) - 2)
    share = (x - knots[i]) / (knots[i + 1] - knots[i])
    out = np.zeros((len(x), len(knots)))
    rows = np.arange(len(x))
    out[rows, i], out[rows, i + 1] = 1.0 - share, share
    return out


def _surface(sample: Sample, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Table over range and age through values, by least squares with small second differences; and its values there."""
    rows, columns = np.log(1000.0 * np.array(RANGE_KM)), np.log(np.array(AGE_S))
    u, v = _weights(np.log(sample.range_m), rows), _weights(np.log(np.maximum(sample.age_s, 0.1)), columns)
    design = (u[:, :, None] * v[:, None, :]).reshape(len(values), -1)
    n_rows, n_columns = len(rows), len(columns)
    second_r = np.diff(np.eye(n_rows), 2, axis=0)
    second_c = np.diff(np.eye(n_columns), 2, axis=0)
    smooth = np.concatenate([np.kron(second_r, np.eye(n_columns)), np.kron(np.eye(n_rows), second_c)])
    weight = _SMOOTH * len(values) / 100.0
    normal = design.T @ design + weight * smooth.T @ smooth + _PRIOR_WEIGHT * np.eye(design.shape[1])
    centre = values.mean()
    solution = np.linalg.solve(normal, design.T @ (values - centre)) + centre
    return solution.reshape(n_rows, n_columns), design @ solution


def _shared_frac(sample: Sample) -> float:
    """Share of the variance that rockets of one salvo have in common, from the last assessment of each rocket."""
    z = np.clip(normalised_errors(sample), -4.0, 4.0)
    last: dict[tuple[int, int], int] = {}
    for k in range(len(z)):
        last[(int(sample.salvo[k]), int(sample.shot[k]))] = k
    by_salvo: dict[int, list[int]] = {}
    for (salvo, _), k in last.items():
        by_salvo.setdefault(salvo, []).append(k)
    product, pairs, square, n = 0.0, 0, 0.0, 0
    for members in by_salvo.values():
        x = z[members]
        total = x.sum(axis=0)
        own = (x**2).sum(axis=0)
        product += float((total**2 - own).sum())
        pairs += 2 * len(members) * (len(members) - 1)
        square += float(own.sum())
        n += 2 * len(members)
    if pairs == 0 or square == 0.0:
        return 0.0
    return float(np.clip(product / pairs / (square / n), 0.0, 0.95))


def _scatter(sample: Sample, residual: FloatArray) -> float:
    """Standard deviation over rockets of what all assessments of a rocket are off the curve by, beyond chance."""
    _, rocket = np.unique(np.stack([sample.salvo, sample.shot], axis=1), axis=0, return_inverse=True)
    rocket = rocket.ravel()
    count = np.bincount(rocket)
    mean = np.bincount(rocket, residual) / count
    within = np.bincount(rocket, (residual - mean[rocket]) ** 2)
    many = count > 1
    if many.sum() < 2:
        return 0.0
    noise = within[many].sum() / (count[many] - 1).sum()
    between = float(np.average(mean[many] ** 2, weights=count[many]) - noise * many.sum() / count[many].sum())
    return math.sqrt(max(between, 0.0))


def _strays(nees: FloatArray) -> tuple[float, float, float]:
    """Mixture of two normal laws of the error over its stated deviation: scale of most, share and scale of the others.

    Maximum likelihood by expectation and maximisation, from squared errors of two axes (k,), largest held.
    """
    half = np.minimum(nees, _LARGEST_NEES) / 2.0
    narrow, wide, share = half.mean(), 10.0 * half.mean(), 0.05
    for _ in range(_N_ROUNDS):
        inner = (1.0 - share) / narrow * np.exp(-half / narrow)
        outer = share / wide * np.exp(-half / wide)
        p_wide = outer / (inner + outer)
        share = min(float(p_wide.mean()), 0.5)
        narrow = float(np.average(half, weights=1.0 - p_wide))
        wide = max(float(np.average(half, weights=np.maximum(p_wide, 1e-12))), narrow)
    return math.sqrt(narrow), share, math.sqrt(wide / narrow)


def fit_curves(
    sample: Sample, names: list[str], scenario: str, seed: int, replications: int, false_tracks: int, quiet_h: float
) -> FittedCurves:
    """Curves through a sample.

    Parameters
    ----------
    sample : Sample
    names : list of str            names of the classes, by index
    scenario, seed, replications   what was simulated, for the record
    false_tracks, quiet_h          confirmed tracks of nothing in so many quiet hours

    Raises
    ------
    CommandError    too few assessments to draw a curve through
    """
    if len(sample.range_m) < 200:
        raise CommandError(
            f"only {len(sample.range_m)} assessments of rockets in {replications} replications; ask for more "
            "(--replications), or for a raid with rockets in view of a radar"
        )
    log_rms = np.log(np.hypot(sample.along_m, sample.cross_m) / sample.scale)
    log_ratio = np.log(sample.along_m / sample.cross_m)
    rms, fitted = _surface(sample, log_rms)
    ratio, _ = _surface(sample, log_ratio)
    true_over_stated, stray_frac, stray_scale = _strays(sample.nees[sample.is_due])
    found = sample.is_found
    p_missed = {
        name: round(float(1.0 - found[sample.i_class == i].mean()), 4)
        for i, name in enumerate(names)
        if (sample.i_class == i).any()
    }
    return FittedCurves(
        scenario=scenario,
        seed=seed,
        replications=replications,
        n_tracks=int(found.sum()),
        n_assessments=len(sample.range_m),
        range_km=RANGE_KM,
        age_s=AGE_S,
        rms_m=_rounded(np.exp(rms), 1),
        ratio=_rounded(np.exp(ratio), 3),
        shared_frac=round(_shared_frac(sample), 3),
        scatter=round(_scatter(sample, log_rms - fitted), 3),
        true_over_stated=round(true_over_stated, 3),
        stray_frac=round(stray_frac, 4),
        stray_scale=round(stray_scale, 2),
        first_plot_s=round(max(float(np.nanmean(sample.first_plot_s)), 0.0), 3),
        confirm_delay_s=round(max(float(np.nanmean(sample.confirm_delay_s)), 0.1), 3),
        p_missed=p_missed,
        false_tracks_per_h=round(false_tracks / quiet_h, 4) if quiet_h > 0.0 else 0.0,
        quiet_h=quiet_h,
        residuals=Residuals(
            log_rms=round(float(np.sqrt(np.mean((log_rms - fitted) ** 2))), 4),
            normalised_square=round(float(np.mean(np.clip(sample.nees, 0.0, _LARGEST_NEES)) / 2.0), 4),
            inside_95_frac=round(float(np.mean(sample.nees < _INSIDE)), 4),
        ),
    )


def _rounded(table: FloatArray, digits: int) -> tuple[tuple[float, ...], ...]:
    """Rows of a table, rounded for people to read."""
    return tuple(tuple(round(float(value), digits) for value in row) for row in table)

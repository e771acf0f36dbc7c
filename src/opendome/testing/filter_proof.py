"""How good and how honest the tracker's impact prediction is, measured on many flights: one table for tests and pages.

Each flight is followed by the filter alone (its own plots are given to it, no association). At each age of the track
the predicted impact and its covariance are compared with where the flight ended: root mean square and median error, the
mean normalised squared error (NEES) over its two components, which is 1 for a true covariance, and the share of impacts
inside the 95 % ellipse. The age counts from the first plot; the last row of a class is taken 2 s before impact.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.kernels import kernel
from opendome.testing.flights_truth import Flights, make_flights
from opendome.tracking.bound import impact_bound
from opendome.tracking.filter import absorb, carry, start
from opendome.tracking.impact import predict_impact
from opendome.tracking.model import ErrorPrior, MotionModel, make_motion_model, new_tracks

__all__ = [
    "AGES_S",
    "BEFORE_IMPACT_S",
    "Cell",
    "as_markdown",
    "as_plain",
    "as_ranges",
    "cells",
    "flight_rows",
    "follow",
    "honesty_table",
    "mean_bound",
]

AGES_S = {
    10: (6.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0),
    20: (6.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 60.0, 65.0, 70.0),
    40: (6.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0),
    70: (6.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0, 115.0, 130.0),
}
"""Ages of the track [s] at which a class is measured."""
BEFORE_IMPACT_S = 2.0
LEAST_SHARE = 0.6
"""Cells that fewer runs than this share reach are left out: the flights still in the air are no fair sample."""
INSIDE_95 = -2.0 * math.log(0.05)


class Cell(NamedTuple):
    """One class, case and age.

    ``age_s`` is NaN in the row 2 s before impact; ``n_runs`` flights; ``rms_m`` and ``median_m`` error of the predicted
    impact; ``inside_frac`` share inside the 95 % ellipse; ``nees`` per component; ``area_km2`` median area of the
    ellipse.
    """

    case: str
    class_km: int
    age_s: float
    n_runs: int
    rms_m: float
    median_m: float
    inside_frac: float
    nees: float
    area_km2: float


@kernel
def follow_all(model, tracks, radars, flights, ages_s, last_s, extra, scratch, out):
    """Fill ``out`` (n, k, 8) with the predictions at every age, NaN where there is none."""
    out[:] = math.nan
    for i_run in range(flights.n_plots.size):
        plots, n_plots = flights.plots[i_run], flights.n_plots[i_run]
        if n_plots < 3 or not start(model, tracks, 0, radars, plots[0], plots[1], plots[2]):
            continue
        t_first_s, t_end_s = plots[0].t_s, flights.impact[i_run, 0] - last_s
        i_plot, n_ages = 3, ages_s.size
        for i_age in range(n_ages + 1):
            at_s = t_end_s
            if i_age < n_ages:
                at_s = t_first_s + ages_s[i_age]
                if at_s > t_end_s:
                    continue
            while i_plot < n_plots and plots[i_plot].t_s <= at_s + 1e-6:
                carry(model, tracks, 0, plots[i_plot].t_s)
                absorb(model, tracks, 0, radars[plots[i_plot].i_radar], plots[i_plot], extra)
                i_plot += 1
            carry(model, tracks, 0, max(at_s, plots[i_plot - 1].t_s))
            if predict_impact(model, tracks, 0, scratch):
                for k in range(8):
                    out[i_run, i_age, k] = scratch[k]


def follow(
    model: MotionModel, radars: NDArray[np.void], flights: Flights, ages_s: Sequence[float]
) -> NDArray[np.float64]:
    """Follow every flight with one track and predict its impact at given ages.

    Parameters
    ----------
    model : MotionModel             of the tracker
    radars : array (n,) of RADAR    that made the plots
    flights : Flights               n flights
    ages_s : sequence (k,)          ages of the track, rising [s]

    Returns
    -------
    array (n, k + 1, 8)             what `predict_impact` gives at each age and 2 s before impact; NaN where the flight
                                    has ended by then
    """
    out = np.empty((flights.n_plots.size, len(ages_s) + 1, 8))
    ages = np.asarray(ages_s, np.float64)
    follow_all(model, new_tracks(1), radars, flights, ages, BEFORE_IMPACT_S, np.zeros(4), np.zeros(8), out)
    return out


def flight_rows(flights: Flights, i_run: int) -> NDArray[np.float64]:
    """One flight as `impact_bound` takes it, (n + 1, 8): time and true state at every plot, and last the impact."""
    n_plots = int(flights.n_plots[i_run])
    looks = np.column_stack([flights.plots[i_run, :n_plots]["t_s"], flights.truth[i_run, :n_plots]])
    return np.vstack([looks, flights.impact[i_run]])


def mean_bound(
    model: MotionModel,
    radar: np.void,
    flights: Flights,
    ages_s: Sequence[float],
    *,
    n_most: int = 300,
    has_errors: bool = False,
    p_detection: float = 1.0,
) -> NDArray[np.float64]:
    """Root of the mean squared bound (k + 1,) [m] over the first ``n_most`` flights, at each age and 2 s before impact.

    A flight that ends before an age is left out there; the plots missed in ``flights`` are already left out of it.
    """
    total, count = np.zeros(len(ages_s) + 1), np.zeros(len(ages_s) + 1)
    for i_run in range(min(n_most, flights.n_plots.size)):
        rows = flight_rows(flights, i_run)
        last_s = rows[-1, 0] - BEFORE_IMPACT_S - rows[0, 0]
        asked = np.array([*ages_s, last_s])
        there = asked <= last_s
        bound = impact_bound(model, radar, rows, asked[there], has_errors=has_errors, p_detection=p_detection)
        total[there] += bound.rms_m**2
        count[there] += 1.0
    return np.sqrt(total / np.maximum(count, 1.0))


def cells(
    case: str, class_km: int, ages_s: Sequence[float], predicted: NDArray[np.float64], flights: Flights
) -> list[Cell]:
    """Compare predictions (n, k + 1, 8) with where the flights ended; one row per age that enough flights reach."""
    rows = []
    for i_age, age_s in enumerate([*ages_s, math.nan]):
        there = np.isfinite(predicted[:, i_age, 0])
        if there.sum() < LEAST_SHARE * there.size:
            continue
        got = predicted[there, i_age]
        east_m, north_m = (flights.impact[there, 1:3] - got[:, 1:3]).T
        var_east, cov, var_north = got[:, 3], got[:, 4], got[:, 5]
        determinant = var_east * var_north - cov**2
        nees = (var_north * east_m**2 - 2.0 * cov * east_m * north_m + var_east * north_m**2) / determinant
        miss_m = np.hypot(east_m, north_m)
        rows.append(
            Cell(
                case=case,
                class_km=class_km,
                age_s=age_s,
                n_runs=int(there.sum()),
                rms_m=float(np.sqrt(np.mean(miss_m**2))),
                median_m=float(np.median(miss_m)),
                inside_frac=float(np.mean(nees <= INSIDE_95)),
                nees=float(np.mean(nees) / 2.0),
                area_km2=float(np.median(math.pi * INSIDE_95 * np.sqrt(determinant)) / 1e6),
            )
        )
    return rows


def honesty_table(
    radars: NDArray[np.void],
    classes_km: Iterable[int] = (10, 20, 40, 70),
    cases: Iterable[str] = ("mismatch",),
    n_runs: int = 800,
    seed: int = 1,
    prior: ErrorPrior | None = None,
    p_detection: float = 1.0,
) -> list[Cell]:
    """Measure the impact prediction on flights drawn from the stated errors.

    Parameters
    ----------
    radars : array (1,) of RADAR     at the origin; its floors are the errors of the plots, its ``bias_...`` are drawn
    classes_km : iterable of int     classes of `opendome.testing.flights_truth.CLASSES`
    cases : iterable of str          `opendome.testing.true_errors.CASES`
    n_runs : int                     flights per class and case
    seed : int                       of the draws
    prior : ErrorPrior               of the tracker; the default one when left out
    p_detection : float              of each look after the third

    Returns
    -------
    list of Cell                     one row per case, class and age
    """
    model = make_motion_model(lat_deg=31.5, prior=prior if prior is not None else ErrorPrior())
    rows = []
    for case in cases:
        for class_km in classes_km:
            flights = make_flights(class_km, n_runs, seed, radars[0], case, p_detection=p_detection)
            predicted = follow(model, radars, flights, AGES_S[class_km])
            rows += cells(case, class_km, AGES_S[class_km], predicted, flights)
    return rows


def as_plain(rows: Sequence[Cell]) -> list[dict[str, Any]]:
    """Give rows as plain data for JSON; the age is None 2 s before impact."""
    return [{**row._asdict(), "age_s": None if math.isnan(row.age_s) else row.age_s} for row in rows]


def as_ranges(rows: Sequence[Cell]) -> str:
    """Write one line per case and class: least and greatest share inside and NEES over all ages, and the worst age."""
    head = ["case", "class km", "inside 95 %, all ages", "least at", "NEES/2, all ages"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for case, class_km in dict.fromkeys((row.case, row.class_km) for row in rows):
        own = [row for row in rows if (row.case, row.class_km) == (case, class_km)]
        inside, nees = [row.inside_frac for row in own], [row.nees for row in own]
        worst = own[inside.index(min(inside))].age_s
        at = "2 s to go" if math.isnan(worst) else f"{worst:.0f} s"
        shares = f"{min(inside):.3f}-{max(inside):.3f}"
        lines.append(f"| {case} | {class_km} | {shares} | {at} | {min(nees):.2f}-{max(nees):.2f} |")
    return "\n".join(lines)


def as_markdown(rows: Sequence[Cell], extra: dict[str, Sequence[Any]] | None = None) -> str:
    """Write rows as a table; ``extra`` names further columns, each with a value per row."""
    more = extra or {}
    head = ["case", "class km", "age s", "runs", "RMS m", "median m", "inside 95 %", "NEES/2", "area km2", *more]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for i_row, row in enumerate(rows):
        age = "2 s to go" if math.isnan(row.age_s) else f"{row.age_s:.0f}"
        numbers = [f"{row.rms_m:.0f}", f"{row.median_m:.0f}", f"{row.inside_frac:.3f}", f"{row.nees:.2f}"]
        values = [row.case, str(row.class_km), age, str(row.n_runs), *numbers, f"{row.area_km2:.3g}"]
        lines.append("| " + " | ".join([*values, *(f"{column[i_row]:.2f}" for column in more.values())]) + " |")
    return "\n".join(lines)

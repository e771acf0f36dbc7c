"""Our tracker and Stone Soup's, fed with the same plots, one flight at a time."""

from __future__ import annotations

import importlib.util
import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opendome.base.polar import default_radar
from opendome.base.registry import load_plugins, lookup
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.paired import linearised_ratio, mean_interval
from opendome.testing.flights_truth import ORIGIN_LAT_DEG, Flights, make_flights
from opendome.tracking.model import ErrorPrior
from opendome.tracking.tracker import Tracker

__all__ = ["run"]

_QUARTERS = (0.25, 0.5, 0.75)


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Feed both trackers; medians stand with their quartiles, the ratio of errors with its 95 % interval."""
    settings = declared.settings
    if importlib.util.find_spec("stonesoup") is None:
        words = "Stone Soup is not installed (it comes with the dev extra)"
        return [Finding(target.id, math.nan, math.nan, math.nan, note=words) for target in declared.targets]
    load_plugins()
    radars, n_plots = default_radar(), settings["n_plots"]
    flights = make_flights(settings["class_km"], settings["n_flights"], settings["seed"], radars[0])
    ours, theirs = [], []
    for i_run in range(settings["n_flights"]):
        ours.append(
            _last_row(Tracker(radars, lat_deg=ORIGIN_LAT_DEG, prior=ErrorPrior(is_plain=True)), flights, i_run, n_plots)
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Stone Soup tells of optional packages that it does without
            theirs.append(_last_row(lookup("tracker", "stonesoup")(radars, ORIGIN_LAT_DEG), flights, i_run, n_plots))
        if effort.progress is not None:
            effort.progress((i_run + 1) / settings["n_flights"])
    return _compared(np.array(ours), np.array(theirs), flights.impact[:, 1:3])


def _last_row(tracker: Any, flights: Flights, i_run: int, n_plots: int) -> np.void:
    """The track of a flight after its first plots, one plot a scan."""
    plots = flights.plots[i_run]
    for k in range(n_plots):
        table = tracker.step(float(plots["t_s"][k]), plots[k : k + 1])
    rows = table.confirmed.rows
    return rows[0].copy()


def _compared(ours: NDArray[np.void], theirs: NDArray[np.void], impact_enu_m: NDArray[np.float64]) -> list[Finding]:
    """Rows (n,) of both trackers, and the true impacts (n, 2)."""
    apart = np.abs(ours["mean"] - theirs["mean"])[:, :6] / np.sqrt(np.einsum("nii->ni", ours["cov"])[:, :6])
    ours_m, theirs_m = (np.stack([rows["impact_east_m"], rows["impact_north_m"]], axis=1) for rows in (ours, theirs))
    sd_m = np.sqrt(ours["impact_var_east_m2"] + ours["impact_var_north_m2"])
    impacts = np.linalg.norm(ours_m - theirs_m, axis=1) / sd_m
    findings = []
    for target, values in (("places-apart", apart[:, :3]), ("speeds-apart", apart[:, 3:]), ("impacts-apart", impacts)):
        low, middle, high = np.quantile(values, _QUARTERS)
        findings.append(Finding(target, float(middle), float(low), float(high), len(ours), "quartiles"))
    squares = [((found - impact_enu_m) ** 2).sum(axis=1) for found in (theirs_m, ours_m)]
    ratio = mean_interval(linearised_ratio(*squares))
    ends = [math.sqrt(max(x, 0.0)) for x in (ratio.value, ratio.low, ratio.high)]
    return [*findings, Finding("error-ratio", ends[0], ends[1], ends[2], ratio.n)]

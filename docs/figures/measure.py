"""The simulated flights behind the measured figures: one flight seen by the tracker, and many by the filter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import opendome as od
from opendome.base.polar import default_radar, from_polar, place_radar, to_polar
from opendome.base.types import PLOT
from opendome.testing.filter_proof import AGES_S, Cell, cells, follow, mean_bound
from opendome.testing.flights_truth import ORIGIN_LAT_DEG, make_flights
from opendome.tracking.model import ErrorPrior, make_motion_model

__all__ = ["measure"]

LAT_DEG, LON_DEG = 31.5, 34.5
SHOWN_AGES_S = (5, 10, 20, 35)
SEED = 2_000_003


def one_flight() -> dict[str, Any]:
    """A flight in a wind that the tracker does not know: path, plots and predicted ellipses."""
    rng = np.random.Generator(np.random.Philox(5))
    radars = default_radar()
    place_radar(radars[0], LAT_DEG, LON_DEG, LAT_DEG - 0.18, LON_DEG + 0.04, h_hae_m=10.0)
    flight = od.flight.fly(
        640.0,
        math.radians(52.0),
        8_800.0,
        azimuth_rad=math.pi,
        lat_rad=math.radians(LAT_DEG),
        wind_east_mps=5.0,
        wind_north_mps=-3.0,
    )
    tracker = od.tracking.Tracker(radars, lat_deg=LAT_DEG)
    plots, ellipses, first_s = [], [], math.nan
    for t_s in np.arange(1.0, flight.t_s[-1]):
        state = [np.interp(t_s, flight.t_s, axis) for axis in (*flight.pos_enu_m.T, *flight.vel_enu_mps.T)]
        polar = to_polar(radars[0], *state)
        if polar[2] < radars["min_elevation_rad"][0]:
            continue
        noise = rng.standard_normal(3)
        plot = np.zeros(1, PLOT)
        plot["t_s"], plot["range_m"] = t_s, polar[0] + 15.0 * noise[0]
        plot["azimuth_rad"], plot["elevation_rad"] = polar[1] + 0.002 * noise[1], polar[2] + 0.002 * noise[2]
        plot["range_rate_mps"] = plot["var_range_rate_m2ps2"] = np.nan
        plot["var_range_m2"], plot["var_azimuth_rad2"], plot["var_elevation_rad2"] = 15.0**2, 0.002**2, 0.002**2
        rows = tracker.step(float(t_s), plot).confirmed.rows
        first_s = t_s if math.isnan(first_s) else first_s
        polar = [float(plot[name][0]) for name in ("range_m", "azimuth_rad", "elevation_rad")]
        plots.append([round(float(value), 1) for value in from_polar(np.rec.array(radars)[0], *polar)])
        if len(rows) and t_s - first_s in SHOWN_AGES_S:
            names = ("impact_east_m", "impact_north_m", "impact_var_east_m2", "impact_cov_m2", "impact_var_north_m2")
            ellipses.append([float(t_s - first_s), *(round(float(rows[0][name]), 1) for name in names)])
    path = flight.pos_enu_m[:: max(len(flight.t_s) // 120, 1)].round(1)
    return {
        "path": path.tolist(),
        "plots": plots,
        "ellipses": ellipses,
        "impact": flight.pos_enu_m[-1].round(1).tolist(),
        "radar": [float(radars[0]["east_m"]), float(radars[0]["north_m"])],
    }


def _rounded(cell: Cell, **more: str | float) -> dict[str, Any]:
    """One cell as plain data; the age of the last row of a class is null."""
    row = {**cell._asdict(), **more}
    return {key: _number(value) for key, value in row.items()}


def _number(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else float(f"{value:.5g}")


def honesty(n_runs: int) -> list[dict[str, Any]]:
    """Rows of both filters by case, class and age: all errors drawn anew for every flight, and none; with the bound."""
    rows = []
    for case in ("mismatch", "matched"):
        for class_km, ages_s in AGES_S.items():
            flights = make_flights(class_km, n_runs, SEED, default_radar()[0], case)
            bound_m = dict.fromkeys([*ages_s, math.inf], math.nan)
            if case == "matched":
                model = make_motion_model(ORIGIN_LAT_DEG)
                bound = mean_bound(model, default_radar()[0], flights, ages_s, n_most=n_runs)
                bound_m = dict(zip([*ages_s, math.inf], bound, strict=True))
            for name, is_plain in (("whole", False), ("plain", True)):
                model = make_motion_model(ORIGIN_LAT_DEG, ErrorPrior(is_plain=is_plain))
                predicted = follow(model, default_radar(), flights, ages_s)
                for cell in cells(case, class_km, ages_s, predicted, flights):
                    age_s = math.inf if math.isnan(cell.age_s) else cell.age_s
                    rows.append(_rounded(cell, filter=name, bound_m=float(bound_m[age_s])))
    return rows


def measure(n_runs: int) -> dict[str, Any]:
    """Everything that figures and tables show of simulated flights."""
    return {"flight": one_flight(), "honesty": honesty(n_runs)}

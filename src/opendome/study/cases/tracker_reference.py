"""Flights beside independent programs, and the filter beside the Cramér-Rao bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.polar import default_radar
from opendome.flight.integrator import fly
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.paired import mean_interval, wilson
from opendome.testing.filter_proof import AGES_S, cells, follow, mean_bound
from opendome.testing.flights_truth import ORIGIN_LAT_DEG, make_flights
from opendome.testing.peer_flights import LAT_DEG, SHOTS, Shot, dop853_flight, projectile_by_peer, projectile_by_us
from opendome.tracking.model import ErrorPrior, make_motion_model

__all__ = ["run"]

_FROM_S, _LATER_S = 10.0, 15.0


class _Age(NamedTuple):
    """One class and age: error over the bound with its interval, and the mean normalised squared error."""

    age_s: float
    over_bound: tuple[float, float, float]
    nees: float


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Fly, follow and compare; an extreme of many cells is reported with the interval of its own cell."""
    settings = declared.settings
    tell = effort.progress or (lambda share: None)
    findings = [*_beside_dop853(), *_beside_projectile()]
    tell(0.2)
    ages: list[_Age] = []
    insides: list[tuple[float, int]] = []
    for i, class_km in enumerate(settings["classes_km"]):
        ages += _ages(class_km, settings["n_flights"], settings["seed"])
        insides += _insides(class_km, settings["n_flights"], settings["seed"] + 1)
        tell(0.2 + 0.8 * (i + 1) / len(settings["classes_km"]))
    n = settings["n_flights"]
    at_ten = max((age.over_bound for age in ages if age.age_s == _FROM_S), key=lambda one: one[0])
    later = max((age.over_bound for age in ages if age.age_s >= _LATER_S), key=lambda one: one[0])
    nees = [age.nees for age in ages if age.age_s >= _FROM_S]
    findings += [Finding("bound-10s", *at_ten, n), Finding("bound-later", *later, n)]
    findings += [_extreme("nees-low", min(nees), n), _extreme("nees-high", max(nees), n)]
    share, n_runs = min(insides)
    inside = wilson(round(share * n_runs), n_runs)
    return [*findings, Finding("inside-least", inside.value, inside.low, inside.high, n_runs)]


def _extreme(target: str, value: float, n: int) -> Finding:
    return Finding(target, value, value, value, n, "extreme of all cells")


def _missing(targets: Sequence[str], error: ImportError) -> list[Finding]:
    nan, words = math.nan, f"{error.name} is not installed (it comes with the dev extra)"
    return [Finding(target, nan, nan, nan, note=words) for target in targets]


def _guarded(targets: Sequence[str], measure: Callable[[], Sequence[float]], n: int) -> list[Finding]:
    """Exact findings of a comparison, or why it could not be made."""
    try:
        values = measure()
    except ImportError as error:
        return _missing(targets, error)
    return [Finding(target, value, value, value, n, "exact") for target, value in zip(targets, values)]


def _beside_dop853() -> list[Finding]:
    def off_m(shot: Shot) -> float:
        ours = fly(
            shot.speed_mps, math.radians(shot.elevation_deg), shot.beta_kgpm2,
            azimuth_rad=math.radians(shot.azimuth_deg), lat_rad=math.radians(LAT_DEG),
            wind_east_mps=shot.wind_mps[0], wind_north_mps=shot.wind_mps[1],
        )  # fmt: skip
        return float(np.linalg.norm(ours.pos_enu_m[-1] - dop853_flight(shot).pos_enu_m))

    def measure() -> list[float]:
        still = [shot for shot in SHOTS if shot.wind_mps == (0.0, 0.0)]
        return [max(off_m(shot) for shot in still), max(off_m(shot) for shot in SHOTS if shot not in still)]

    return _guarded(["dop853-still", "dop853-wind"], measure, 0)


def _beside_projectile() -> list[Finding]:
    def measure() -> list[float]:
        off = np.abs(projectile_by_us() - projectile_by_peer()).max(axis=0)
        return [float(off[k]) for k in (1, 2, 3)]

    return _guarded(["projectile-time", "projectile-speed", "projectile-height"], measure, 5)


def _ages(class_km: int, n_flights: int, seed: int) -> list[_Age]:
    """The plain filter where truth and model agree, at every age that enough flights reach, and 2 s before impact."""
    radars, model = default_radar(), make_motion_model(ORIGIN_LAT_DEG, ErrorPrior(is_plain=True))
    flights, ages_s = make_flights(class_km, n_flights, seed, radars[0]), AGES_S[class_km]
    predicted = follow(model, radars, flights, ages_s)
    bound_m = mean_bound(model, radars[0], flights, ages_s)
    known = {row.age_s: row for row in cells("matched", class_km, ages_s, predicted, flights)}
    last = next(row for age_s, row in known.items() if math.isnan(age_s))
    found = []
    for i, age_s in enumerate([*ages_s, math.inf]):
        row = last if math.isinf(age_s) else known.get(age_s)
        if row is not None:
            squared = _squared_miss_m2(predicted[:, i], flights.impact)
            mean = mean_interval(squared)
            ratio = [math.sqrt(max(x, 0.0)) / float(bound_m[i]) for x in (mean.value, mean.low, mean.high)]
            found.append(_Age(age_s, (ratio[0], ratio[1], ratio[2]), row.nees))
    return found


def _squared_miss_m2(predicted: NDArray[np.float64], impact: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distance of the predicted from the true impact of the flights that have a prediction, (k,) [m2]."""
    there = np.isfinite(predicted[:, 0])
    return np.asarray(((predicted[there, 1:3] - impact[there, 1:3]) ** 2).sum(axis=1))


def _insides(class_km: int, n_flights: int, seed: int) -> list[tuple[float, int]]:
    """The filter with wind, density and drag drawn anew: share inside the 95 % ellipse and flights, at every age."""
    radars, model = default_radar(), make_motion_model(ORIGIN_LAT_DEG, ErrorPrior())
    flights, ages_s = make_flights(class_km, n_flights, seed, radars[0], "mismatch"), AGES_S[class_km]
    rows = cells("mismatch", class_km, ages_s, follow(model, radars, flights, ages_s), flights)
    return [(row.inside_frac, row.n_runs) for row in rows]

"""Days of supply of a study: a forecast with a band at the end of every day, and how often it held."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from opendome.base.errors import CommandError
from opendome.measures.supply import Law, coverage, fit_law, p_gone, quantiles_day
from opendome.results.schema import table_schema
from opendome.scenario.checks_supply import depots_of
from opendome.scenario.scenario import Scenario
from opendome.study.paired import wilson
from opendome.study.record import Study

__all__ = ["BAND", "Daily", "daily_of", "planned_rounds", "supply_bands", "supply_table"]

BAND = (0.05, 0.5, 0.95)
"""Levels of the band and its middle."""

_N_TIMES = 160
_HORIZONS = 4
_LONG_DAY = 1e6


class Daily(NamedTuple):
    """One alternative at the end of each day: launches and rounds fired so far, rounds held, leaks, (n, n_days + 1)."""

    launched: np.ndarray
    fired: np.ndarray
    held: np.ndarray
    leaked: np.ndarray


def daily_of(done: Study, alternative: str) -> Daily:
    """Read one alternative from the table `daily`.

    Raises
    ------
    CommandError
        The study has no such alternative.
    """
    if alternative not in done.alternatives:
        raise CommandError(f"no alternative `{alternative}`: alternatives are {', '.join(done.alternatives)}")
    table = done.table("daily")
    first = done.alternatives.index(alternative)
    n = table.num_rows // len(done.alternatives)
    rows = table.slice(first * n, n)
    launched, fired, ready, depot, leaked = (
        rows.column(name).to_numpy().reshape(done.replications, -1)
        for name in ("launched", "fired", "ready_rounds", "depot_rounds", "leaked_built_up")
    )
    return Daily(launched, fired, ready + depot, leaked)


def planned_rounds(data: dict[str, Any], day: float, ahead_day: np.ndarray) -> np.ndarray:
    """Rounds that are to reach depots from outside after a day, by times after it, less what may be lost, (k,).

    Orders that depots place by themselves, and what batteries bring, are not counted.
    """
    found = np.zeros(len(ahead_day))
    for _, depot in depots_of(data):
        for lot in depot["resupply"]:
            expected = lot["rounds"] * (1.0 - lot["p_lost"])
            found += np.where((lot["day"] > day) & (lot["day"] <= day + ahead_day), expected, 0.0)
        found += _made(depot, day + ahead_day) - _made(depot, np.array([day]))
    return found


def _made(depot: dict[str, Any], until_day: np.ndarray) -> np.ndarray:
    """Rounds that production makes from the start until times."""
    ramp = depot["production_ramp"]
    if not ramp:
        return np.asarray(depot["production_per_day"] * until_day)
    days = np.array([0.0, *(point["day"] for point in ramp), ramp[-1]["day"] + _LONG_DAY])
    rates = np.interp(days, [point["day"] for point in ramp], [point["per_day"] for point in ramp])
    made = np.concatenate([[0.0], np.cumsum(0.5 * (rates[1:] + rates[:-1]) * np.diff(days))])
    place = np.clip(np.searchsorted(days, until_day, side="right") - 1, 0, len(days) - 2)
    into = until_day - days[place]
    rate = np.interp(until_day, days, rates)
    return np.asarray(made[place] + 0.5 * (rates[place] + rate) * into)


def supply_table(done: Study, alternative: str, days: Sequence[int] = ()) -> pa.Table:
    """The table `supply`: one row a day of one alternative.

    Parameters
    ----------
    done : Study
    alternative : str
    days : sequence of int    ends of days, 0 for the start; none: all but the last

    Raises
    ------
    CommandError
        A day that the study has not, or no such alternative.
    """
    daily = daily_of(done, alternative)
    n_days = daily.held.shape[1] - 1
    wrong = [day for day in days if not 0 <= day < n_days]
    if wrong:
        raise CommandError(f"--day {wrong[0]} is not a day of the study before its last: write 0 to {n_days - 1}")
    data = Scenario(done.manifest["scenario"], "study").alternative(alternative).data
    rows = [{"alternative": alternative, **_row(daily, data, day)} for day in days or range(n_days)]
    schema = table_schema("supply")
    return schema.table({name: [row[name] for row in rows] for name in schema.names})


def _law(daily: Daily, data: dict[str, Any], day: int) -> Law:
    sd = data["doctrine"]["forecast"]["rate_sd"]
    drawn = (data["threats"]["raid"] or {}).get("launched_per_day")
    spread = drawn["variance_over_mean"] if drawn else 1.0
    return fit_law(daily.launched, daily.fired, day, spread, math.inf if sd == 0.0 else float(sd) ** -2)


def _row(daily: Daily, data: dict[str, Any], day: int) -> dict[str, Any]:
    law, held, launched = _law(daily, data, day), daily.held[:, day], daily.launched[:, day]
    ahead = _times_ahead(daily)
    p, planned = p_gone(law, held, launched, ahead), planned_rounds(data, day, ahead)
    with_planned = p_gone(law, held, launched, ahead, planned) if planned.any() else p
    over_all, of_one = _bands(p, ahead)
    half = coverage(law, np.ceil(0.5 * held), launched, daily.fired)
    share = wilson(half.n_inside, half.n)
    found: dict[str, Any] = {"day": day, "n": len(held)}
    found |= _named("held", "rounds", np.quantile(held, BAND))
    found |= _named("supply", "day", over_all)
    found |= _named("campaign", "day", of_one)
    found |= _named("with_planned", "day", _bands(with_planned, ahead)[0])
    found |= {"inside": share.value, "inside_low": share.low, "inside_high": share.high}
    return found | {"inside_expected": half.expected_share}


def _times_ahead(daily: Daily) -> np.ndarray:
    """Times at which chances are worked out, closer together near by, out to several campaigns."""
    return np.asarray(_HORIZONS * (daily.held.shape[1] - 1) * np.linspace(0.0, 1.0, _N_TIMES) ** 2)


def _bands(p: np.ndarray, ahead_day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Band over all campaigns, and the middle campaign's own, (3,) each, from chances (n, k)."""
    over_all = quantiles_day(p.mean(axis=0, keepdims=True), ahead_day, BAND)[0]
    return over_all, np.median(quantiles_day(p, ahead_day, BAND), axis=0)


def supply_bands(daily: Daily, data: dict[str, Any], days: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Days of supply at the end of some days, for drawing: over all campaigns, and as one sees it, (3, n_days) each.

    Infinite where the rounds last longer than several campaigns.
    """
    ahead, found = _times_ahead(daily), []
    for day in days:
        p = p_gone(_law(daily, data, day), daily.held[:, day], daily.launched[:, day], ahead)
        found.append(_bands(p, ahead))
    return np.array([pair[0] for pair in found]).T, np.array([pair[1] for pair in found]).T


def _named(name: str, unit: str, values: np.ndarray) -> dict[str, float]:
    """Low, middle and high under their columns; what lies beyond the horizon is null."""
    return {
        f"{name}_{end}_{unit}": float(value) if math.isfinite(value) else math.nan
        for end, value in zip(("low", "middle", "high"), values)
    }

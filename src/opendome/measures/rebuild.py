"""How long it takes to make again what was fired: rounds over a line's output, with bands at exact corners.

Time to rebuild rises with the rounds and falls with the output, so the shortest and the longest time of all
combinations lie at the corners: fewest rounds on the fastest line, most rounds on the slowest. No draws are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from opendome import catalogue
from opendome.catalogue.campaigns import campaign_figures, campaigns
from opendome.catalogue.figures import Figure

__all__ = ["DAYS_PER_YEAR", "Band", "Line", "Rebuilt", "Spent", "days_to_make", "published_lines", "published_spent",
           "rebuild_times", "thaad_rebuilt"]  # fmt: skip

DAYS_PER_YEAR = 365.25
_DAYS_PER_MONTH = DAYS_PER_YEAR / 12.0


class Band(NamedTuple):
    """Low, middle and high."""

    low: float
    middle: float
    high: float


class Spent(NamedTuple):
    """Rounds spent: where, in how many days, how many, and how far the figure is to be trusted."""

    name: str
    days: int
    rounds: Band
    confidence: str


class Line(NamedTuple):
    """A line's output: what it makes a year at first and in the end, and how long it takes to get there.

    ``end_per_year`` low is the slowest; output rises in a straight line over ``ramp_days``.
    """

    name: str
    start_per_year: float
    end_per_year: Band
    ramp_days: float


class Rebuilt(NamedTuple):
    """Days until a line has made what was spent: fewest on the fastest line, most on the slowest."""

    spent: Spent
    line: Line
    days: Band


def days_to_make(
    rounds: np.ndarray | float, start_per_year: float, end_per_year: float, ramp_days: float
) -> np.ndarray | float:
    """Days in which a line makes a number of rounds.

    Output is r(t) = r0 + (r1 - r0) t / T until T, and r1 after it, so that what is made is
    r0 t + (r1 - r0) t^2 / (2 T), and r1 (t - T) more beyond T; the days are its inverse.

    Parameters
    ----------
    rounds : float or array (n,)     rounds [rounds], 0 or more
    start_per_year : float           r0 [rounds/year]
    end_per_year : float             r1 [rounds/year], above 0 and not below r0
    ramp_days : float                T [day]; 0: the line makes r1 from the start

    Returns
    -------
    same shape as rounds             [day]

    >>> days_to_make(325.0, 325.0, 325.0, 0.0)
    365.25
    """
    if not (0.0 <= start_per_year <= end_per_year and end_per_year > 0.0 and ramp_days >= 0.0):
        raise ValueError("a line's output is above 0 in the end, and does not fall")
    first, last = start_per_year / DAYS_PER_YEAR, end_per_year / DAYS_PER_YEAR
    made_in_ramp = 0.5 * (first + last) * ramp_days
    if last == first or ramp_days == 0.0:
        return rounds / last
    rise = (last - first) / ramp_days
    within = (np.sqrt(first * first + 2.0 * rise * np.minimum(rounds, made_in_ramp)) - first) / rise
    beyond = np.maximum(np.asarray(rounds) - made_in_ramp, 0.0) / last
    days = within + beyond
    return float(days) if np.ndim(rounds) == 0 else np.asarray(days)


def published_spent() -> list[Spent]:
    """Rounds spent in each campaign of the catalogue: interceptions times rounds for each."""
    each = campaign_figures()["rounds_per_interception"]
    found = []
    for campaign in campaigns():
        count = campaign.interceptions
        (low, high), (each_low, each_high) = count.band, each.band
        rounds = Band(low * each_low, count.number * each.number, high * each_high)
        days = (campaign.last_day - campaign.first_day).days + 1
        found.append(Spent(campaign.name, days, rounds, count.confidence))
    return found


def published_lines(ramp_months: float | None = None) -> list[Line]:
    """Lines at the published rates: the first rate, both ends of the last, and a rise from the one to the other.

    How long the rise takes is not published; by default as long as it took to build the plant.
    """
    figures = catalogue.production()
    first = figures["us_plant_initial_rate"].number
    slow, fast = _ends(figures["us_plant_eventual_rate"])
    months = figures["us_plant_lead_time"].number if ramp_months is None else ramp_months
    return [
        *(Line(f"{rate:,g} a year", rate, Band(rate, rate, rate), 0.0) for rate in (first, slow, fast)),
        Line(
            f"{first:,g}, in {months:g} months {slow:,g} to {fast:,g} a year",
            first,
            Band(slow, 0.5 * (slow + fast), fast),
            months * _DAYS_PER_MONTH,
        ),
    ]


def thaad_rebuilt() -> list[Rebuilt]:
    """The analogue of an upper layer: what THAAD spent in twelve days of June 2025, at the rates it is bought at."""
    figures = catalogue.system("thaad").figures
    low, high = _ends(figures["expended_june_2025"])
    slow, fast = _ends(figures["procurement_rate"])
    spent = Spent("THAAD, 12 days of June 2025", 12, Band(low, 0.5 * (low + high), high), "press")
    return rebuild_times(
        [spent], [Line(f"{rate:,g} a year bought", rate, Band(rate, rate, rate), 0.0) for rate in (slow, fast)]
    )


def rebuild_times(spent: Sequence[Spent], lines: Sequence[Line]) -> list[Rebuilt]:
    """Days to rebuild for each use of rounds on each line, at exact corners."""
    found = []
    for used in spent:
        for line in lines:
            rates = line.end_per_year
            pairs = zip(used.rounds, (rates.high, rates.middle, rates.low))
            days = (float(days_to_make(rounds, line.start_per_year, rate, line.ramp_days)) for rounds, rate in pairs)
            found.append(Rebuilt(used, line, Band(*days)))
    return found


def _ends(figure: Figure) -> tuple[float, float]:
    """Low and high of a published range that has no middle."""
    if figure.low is None or figure.high is None:
        raise ValueError(f"`{figure.key}` is no range")
    return float(figure.low), float(figure.high)

"""What is wrong with what a tracker is given: every problem at once, each with what to write instead."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.types import PLOT, RADAR

from .rules import TrackRules
from .scan import are_good

__all__ = ["plot_problems", "radar_problems", "raise_problems", "rule_problems"]

_POSITIVE = (
    "range_max_m", "revisit_s", "max_elevation_rad", "sector_width_rad", "angle_floor_rad", "range_floor_m",
)  # fmt: skip
_NOT_NEGATIVE = (
    "range_min_m", "n_false_plots", "bias_range_m", "bias_azimuth_rad", "bias_elevation_rad", "antenna_height_m",
)  # fmt: skip
_PLACE = ("east_m", "north_m", "up_m", "min_elevation_rad", "sector_center_rad", "h_hae_m")
_PLOT_NUMBERS = ("t_s", "range_m", "azimuth_rad", "elevation_rad")
_PLOT_VARIANCES = ("var_range_m2", "var_azimuth_rad2", "var_elevation_rad2")
_TIME_SLACK_S = 1e-6


def raise_problems(problems: Iterable[str], where: str) -> None:
    """Raise CommandError with all problems, if there are any."""
    found = list(problems)
    if found:
        lines = "".join(f"\n  {problem}" for problem in found)
        raise CommandError(f"{where}: {len(found)} problem{'s' if len(found) != 1 else ''}:{lines}")


def _rows(is_bad: NDArray[np.bool_]) -> str:
    """Name the rows that are bad: the first three and how many in all."""
    rows = np.flatnonzero(is_bad)
    listed = ", ".join(str(row) for row in rows[:3])
    return (
        f"row {listed}" if len(rows) == 1 else f"rows {listed}{', ...' if len(rows) > 3 else ''} ({len(rows)} in all)"
    )


def _column_problems(table: Any, names: Iterable[str], is_good: Any, what: str) -> list[str]:
    """Problems of columns whose values must be good."""
    problems = []
    for name in names:
        with np.errstate(invalid="ignore"):
            is_bad = ~is_good(table[name])
        if is_bad.any():
            value = table[name][np.flatnonzero(is_bad)[0]]
            problems.append(f"{name} of {_rows(is_bad)} is {value:g}: write {what}")
    return problems


def _is_table(value: Any, dtype: np.dtype[Any]) -> bool:
    return isinstance(value, (np.ndarray, np.void)) and value.dtype == dtype


def radar_problems(radars: Any) -> list[str]:
    """What is wrong with the radars of a tracker."""
    if not _is_table(radars, RADAR):
        return ["radars have to be an array of RADAR: `opendome.base.polar.default_radar()` gives one"]
    table = np.atleast_1d(radars)
    if table.ndim != 1 or len(table) == 0:
        return [f"radars has shape {table.shape}: write one row for each radar, at least one"]
    problems = _column_problems(table, _POSITIVE, lambda v: np.isfinite(v) & (v > 0.0), "a positive number")
    problems += _column_problems(table, _NOT_NEGATIVE, lambda v: np.isfinite(v) & (v >= 0.0), "zero or more")
    problems += _column_problems(table, _PLACE, np.isfinite, "a number")
    is_bad = ~(table["range_min_m"] < table["range_max_m"])
    if is_bad.any():
        problems.append(f"range_min_m of {_rows(is_bad)} is not below range_max_m: write the nearer one in range_min_m")
    is_bad = ~(table["min_elevation_rad"] < table["max_elevation_rad"])
    if is_bad.any():
        problems.append(f"min_elevation_rad of {_rows(is_bad)} is not below max_elevation_rad: exchange the two")
    product = table["axes"] @ np.swapaxes(table["axes"], 1, 2)
    is_bad = ~(np.abs(product - np.eye(3)) < 1e-6).all(axis=(1, 2))
    if is_bad.any():
        problems.append(f"axes of {_rows(is_bad)} are not three unit vectors: fill them with `base.polar.place_radar`")
    return problems


def rule_problems(rules: TrackRules) -> list[str]:
    """What is wrong with the rules of a tracker."""
    problems = []
    for name, value in rules._asdict().items():
        if not isinstance(value, (int, float)) or math.isnan(value):
            problems.append(f"rules.{name} is {value!r}: write a number")
        elif value < 0.0:
            problems.append(f"rules.{name} is {value:g}: write zero or more")
    if problems:
        return problems
    shares = ("p_detect", "p_group_least", "p_decide")
    problems += [f"rules.{n} is {getattr(rules, n):g}: write a number between 0 and 1" for n in shares
                 if not 0.0 < getattr(rules, n) < 1.0]  # fmt: skip
    above = ("gate_of_3", "gate_of_4", "n_false_least", "start_gap_s", "false_tracks_per_h", "sd_most_m",
             "misses_tentative", "misses_confirmed", "n_rounds_most", "speed_max_mps")  # fmt: skip
    problems += [f"rules.{n} is 0: write a positive number" for n in above if getattr(rules, n) == 0.0]
    if rules.speed_min_mps >= rules.speed_max_mps:
        problems.append("rules.speed_min_mps is not below speed_max_mps: write the slower one in speed_min_mps")
    if rules.start_looks < 3:
        problems.append(f"rules.start_looks is {rules.start_looks}: a start needs three plots, write 3 or more")
    if rules.confirm_hits < 3:
        problems.append(f"rules.confirm_hits is {rules.confirm_hits}: a track begins with three plots, write 3 or more")
    return problems


def plot_problems(t_s: Any, t_last_s: float, plots: Any, n_radars: int) -> list[str]:
    """What is wrong with the arguments of a step."""
    problems = []
    is_time = isinstance(t_s, (int, float, np.integer, np.floating)) and math.isfinite(t_s)
    if not is_time:
        problems.append(f"t_s is {t_s!r}: write the time of the scan in seconds")
    elif t_s <= t_last_s:
        problems.append(f"t_s is {t_s:g}, the last step was at {t_last_s:g}: scans have to come in the order of time")
    if not _is_table(plots, PLOT) or np.ndim(plots) != 1:
        return [*problems, "plots have to be an array (n,) of PLOT: `np.zeros(n, opendome.base.types.PLOT)`, or n = 0"]
    if is_time and are_good(plots, n_radars, float(t_s)):
        return problems
    problems += _column_problems(plots, _PLOT_NUMBERS, np.isfinite, "a number, or leave the plot out")
    is_positive = lambda v: np.isfinite(v) & (v > 0.0)  # noqa: E731
    problems += _column_problems(plots, _PLOT_VARIANCES, is_positive, "a positive variance")
    problems += _column_problems(plots, ("range_m",), lambda v: ~(v <= 0.0), "a positive range")
    is_bad = (plots["i_radar"] < 0) | (plots["i_radar"] >= n_radars)
    if is_bad.any():
        problems.append(f"i_radar of {_rows(is_bad)} names no radar: write 0 to {n_radars - 1}")
    if is_time and (plots["t_s"] > t_s + _TIME_SLACK_S).any():
        problems.append(f"t_s of {_rows(plots['t_s'] > t_s + _TIME_SLACK_S)} is later than the scan's {t_s:g}: "
                        "write the scan's time after its last plot")  # fmt: skip
    return problems

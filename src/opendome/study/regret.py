"""Regret: an operator beside rules that play the same raid, with the same luck and with other luck.

With the same luck the difference is exact: what this raid and these rounds would have come to by the rule. But luck is
part of it, for a rule that fires other rounds meets other luck. So every rule is played over many draws of luck as
well, and the operator's result is held against their spread. The operator has one draw; how much of the difference
luck gave is estimated decision by decision (``study.decisive``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from opendome.base.registry import registered
from opendome.scenario.world import TrackedWorld

from .best_case import BestCase, best_from
from .doors import find_policy
from .luck import luck_seeds
from .paired import Interval, mean_interval, wilson
from .score import MEASURES, DecisionTimes, decision_times, score_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from .played import Played

__all__ = ["Automatic", "Comparison", "Regret", "regret_of"]

_SPREAD = (0.05, 0.95)


class Comparison(NamedTuple):
    """One measure of the operator beside one rule.

    ``same_luck`` by the rule with the operator's luck, and ``exact`` the operator's less that. ``mean`` over the draws,
    with the 95 % interval of the mean; ``low`` and ``high`` hold the middle 90 % of the draws. ``difference`` the
    operator's less the mean, with the interval of the mean alone. ``lower`` the share of draws with a lower value.
    """

    measure: str
    played: float
    same_luck: float
    exact: float
    mean: Interval
    low: float
    high: float
    difference: Interval
    lower: Interval


@dataclass(frozen=True)
class Automatic:
    """The span played by a rule: rows as in ``base.tally`` at the end of the count.

    ``before`` (N_TALLY,) when the operator took over; ``same_luck`` (N_TALLY,) with the operator's luck; ``rows``
    (n, N_TALLY) over draws of luck.
    """

    policy: str
    before: NDArray[np.float64]
    same_luck: NDArray[np.float64]
    rows: NDArray[np.float64]

    def compare(self, played: NDArray[np.float64]) -> list[Comparison]:
        """The operator's row (N_TALLY,) beside this rule, measure by measure."""
        ours, same, theirs = (
            score_columns(np.atleast_2d(rows) - self.before) for rows in (played, self.same_luck, self.rows)
        )
        return [_comparison(name, float(ours[name][0]), float(same[name][0]), theirs[name]) for name in MEASURES]

    def exact_difference(self, played: NDArray[np.float64]) -> NDArray[np.float64]:
        """The operator's row less the rule's with the same luck, (N_TALLY,); 0 where neither has a value."""
        both = np.isnan(played) & np.isnan(self.same_luck)
        return np.where(both, 0.0, played - self.same_luck)


@dataclass(frozen=True)
class Regret:
    """The operator beside every rule, and beside the best that any rule could have done.

    ``bound`` is None on the tracked picture, and where a radar or a link failed on the way.
    """

    exercise: Played
    times: DecisionTimes
    automatic: tuple[Automatic, ...]
    bound: BestCase | None

    @property
    def n_draws(self) -> int:
        """Draws of luck of each rule."""
        return len(self.automatic[0].rows) if self.automatic else 0

    @property
    def least_leaks(self) -> float | None:
        """Fewest leaks that any rule can have in expectation, even knowing all arrivals."""
        return None if self.bound is None else self.bound.leaks_at_stake - self.bound.leaks_saved_at_most

    @property
    def least_people(self) -> float | None:
        """Fewest people in casualty areas that any rule can have in expectation."""
        return None if self.bound is None else self.bound.people_at_stake - self.bound.people_saved_at_most

    def score(self) -> dict[str, float]:
        """The operator's measures by name; NaN where one has no value."""
        row = (self.exercise.row - self.exercise.row_before)[None]
        return {name: float(column[0]) for name, column in score_columns(row).items()}


def _comparison(name: str, played: float, same: float, values: NDArray[np.float64]) -> Comparison:
    """One measure; draws in which it has no value are left out."""
    values = values[~np.isnan(values)]
    mean = mean_interval(values)
    low, high = np.quantile(values, _SPREAD) if len(values) else (np.nan, np.nan)
    difference = Interval(played - mean.value, played - mean.high, played - mean.low, mean.n)
    lower = wilson(float(np.count_nonzero(values < played)), len(values))
    return Comparison(name, played, same, played - same, mean, float(low), float(high), difference, lower)


def _bound(exercise: Played) -> BestCase | None:
    """Bound for what is counted, where it holds."""
    changed = exercise.changed
    if isinstance(changed.world, TrackedWorld) or changed.remade_s:
        return None
    return best_from(exercise.start().instant(exercise.t_end_s))


def regret_of(
    exercise: Played,
    policies: list[str] | None = None,
    n_luck: int = 200,
    workers: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Regret:
    """Play an exercise by rules, with the operator's luck and with others.

    Parameters
    ----------
    policies : names, optional      by default every registered policy
    n_luck : int                    draws of luck of each
    workers : int, optional         threads; the numbers do not depend on it
    progress : callable, optional   told the name of each rule before it is played

    Raises
    ------
    CommandError    there is no policy of that name
    """
    seed = exercise.played.seed
    luck = np.concatenate([[seed], luck_seeds(seed, n_luck)]).astype(np.int64)
    found = []
    for name in registered("policy") if policies is None else policies:
        if progress is not None:
            progress(name)
        rows = exercise.rows_by(find_policy(name), luck, workers)
        found.append(Automatic(name, exercise.row_before, rows[0], rows[1:]))
    return Regret(exercise, decision_times(exercise.table), tuple(found), _bound(exercise))

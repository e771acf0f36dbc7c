"""What is known exactly about the raid before it is drawn: mean and variance of the number launched.

A day's count is negative binomial with a stated mean and variance, days are independent, and written-out salvos are
certain; so the total's mean and variance follow from the scenario without a draw.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["RaidMoments", "control_columns", "raid_moments"]


class RaidMoments(NamedTuple):
    """Exact mean and variance of `launched` in one replication."""

    mean: float
    variance: float


def raid_moments(model: Any) -> RaidMoments | None:
    """Give mean and variance of the number launched, or None where the scenario does not fix them.

    A scenario of a broken number of days has none, nor has one that plays a record: how the last day counts, and how
    much of the record lies in defended areas, is the raid's affair.
    """
    threats = model.threats
    given = float(sum(salvo.count for salvo in threats.given))
    if threats.raid is None:
        return RaidMoments(given, 0.0)
    daily = threats.raid.launched_per_day
    if daily is None or model.duration_day != int(model.duration_day):
        return None
    means = np.asarray(daily.mean, dtype=np.float64)
    total = float(means.sum()) if means.ndim else float(means) * int(model.duration_day)
    return RaidMoments(given + total, total * float(daily.variance_over_mean))


def control_columns(launched: np.ndarray, moments: RaidMoments | None) -> np.ndarray | None:
    """Give control variates of known mean zero, (n, 2): the centred number launched, and its square less one.

    None where the raid's moments are unknown or the raid does not vary.
    """
    if moments is None or moments.variance <= 0.0:
        return None
    scale = moments.variance**0.5
    centred = (np.asarray(launched, dtype=np.float64) - moments.mean) / scale
    return np.column_stack([centred, centred * centred - 1.0])

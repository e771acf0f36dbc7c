"""Hours of the day on a scenario's clock: whether a moment falls between two of them."""

from __future__ import annotations

import math

from opendome.base.kernels import kernel

__all__ = ["is_between_hours"]


@kernel
def is_between_hours(start_hour: float, t_s: float, from_hour: float, until_hour: float) -> bool:
    """Whether a moment falls into daily hours; 22 to 6 goes over midnight, equal hours are none.

    Parameters
    ----------
    start_hour : float      local hour at time 0 [h]
    t_s : float             moment on the scenario's clock [s]
    from_hour, until_hour : float in [0, 24]      start, included, and end, not included [h]
    """
    if from_hour == until_hour:
        return False
    hour = (start_hour + t_s / 3600.0) % 24.0
    if not math.isfinite(hour):
        return False
    if from_hour < until_hour:
        return from_hour <= hour < until_hour
    return hour >= from_hour or hour < until_hour

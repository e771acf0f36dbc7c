"""Parameters of warning: which areas are alerted, when, and for how long."""

from __future__ import annotations

from typing import Literal

from opendome.base.params import Parameters, quantity

__all__ = ["WarningRules"]


class WarningRules(Parameters):
    """Rule and timing of alerts to the population."""

    rule: Literal["ellipse", "probability"] = "ellipse"
    """`ellipse`: areas that meet the impact ellipse; `probability`: areas above `p_area_at_least`."""

    ellipse: float = quantity(0.9, unit="probability", low=0.8, high=0.99, gt=0, lt=1)
    """Probability content of the ellipse that an area must meet."""

    p_area_at_least: float = quantity(
        0.0, unit="probability", low=0, high=0.05, ge=0, le=1, source="notes on campaign inputs"
    )
    """An area is alerted only if the chance of a hit in it is at least this."""

    wait_s: float = quantity(10.0, unit="s", low=6, high=15, ge=0, le=600, source="notes on campaign inputs")
    """Age a track must have before areas are alerted on it: earlier is sooner, but warns more areas."""

    message_delay_s: float | None = quantity(None, unit="s", low=2, high=8, ge=0, le=600)
    """Time from the decision to the sounding of the siren; null: the catalogue's."""

    stay_min: float = quantity(10.0, unit="min", low=5, high=10, ge=0, le=1440)
    """How long people stay in shelter after the last alert."""

    merge_s: float = quantity(60.0, unit="s", low=30, high=120, ge=0, le=3600)
    """Alerts of one area closer together than this count as one."""

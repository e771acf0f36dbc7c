"""Parameters of warning: which areas are alerted, when, and for how long."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from opendome.base.params import Parameters, quantity

__all__ = ["DroneAlerts", "WarningRules"]


class DroneAlerts(Parameters):
    """Early notice of level flyers: areas of the heading cone, by the chance of being the goal."""

    p_area_at_least: float = quantity(0.01, unit="probability", low=0.005, high=0.1, ge=0, le=1, source="assumed")
    """An area (or zone) of the heading cone is alerted if the chance that the drone goes there is at least this."""

    wait_s: float = quantity(20.0, unit="s", low=10, high=60, ge=0, le=3600, source="assumed")
    """Age a drone's track must have before areas are alerted on it."""


class WarningRules(Parameters):
    """Rule and timing of alerts to the population.

    A later assessment of a track that meets a zone always extends its alert.
    """

    rule: Literal["ellipse", "probability"] = "ellipse"
    """`ellipse`: zones that meet the impact ellipse; `probability`: zones above `p_area_at_least`."""

    zoning: str = Field("areas", min_length=1, max_length=1000)
    """Zones that are alerted as a whole: `areas`, each area by itself; `districts` of the bundled list; `synthetic-25`,
    `synthetic-127`, `synthetic-248`, nested groupings made by the program; or a GeoJSON file of polygons, relative to
    the scenario file. An area belongs to the polygon that holds its centre; an area in none stays by itself."""

    ellipse: float = quantity(0.9, unit="probability", low=0.8, high=0.99, gt=0, lt=1)
    """Probability content of the ellipse that an area must meet."""

    p_area_at_least: float = quantity(
        0.0, unit="probability", low=0, high=0.05, ge=0, le=1, source="notes on campaign inputs"
    )
    """An area is alerted only if the chance of a hit in it is at least this; of a zone, by the rule `probability`, the
    chances of its areas are added up."""

    wait_s: float = quantity(10.0, unit="s", low=6, high=15, ge=0, le=600, source="notes on campaign inputs")
    """Age a track must have before areas are alerted on it: earlier is sooner, but warns more areas."""

    decision_delay_s: float = quantity(0.0, unit="s", low=0, high=3, ge=0, le=600, source="notes on campaign inputs")
    """Time from the assessment to the decision to alert, or to call an alert off."""

    message_delay_s: float | None = quantity(None, unit="s", low=2, high=8, ge=0, le=600)
    """Time from the decision to the sounding of the siren; null: the catalogue's."""

    stay_min: float = quantity(10.0, unit="min", low=5, high=10, ge=0, le=1440)
    """How long people stay in shelter after the last alert."""

    all_clear_s: float | None = quantity(None, unit="s", low=30, high=300, ge=0, le=86_400)
    """People leave shelter this long after the predicted impact, in place of `stay_min`; null: they stay `stay_min`."""

    cancel: bool = False
    """An alert is called off once a later assessment of its track no longer meets its zone."""

    merge_s: float = quantity(60.0, unit="s", low=30, high=120, ge=0, le=3600)
    """Alerts of one area closer together than this count as one."""

    drones: DroneAlerts | None = None
    """Early notice of level flyers by a rule of its own; null: they are alerted of as rockets are."""

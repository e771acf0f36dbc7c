"""Figures of a radar at performance level.

Place, range, lowest elevation, antenna height and track capacity belong to the battery or sensor that brings the radar,
and are not repeated here. Scenarios are read with this module: it loads neither arrays nor compiler.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from opendome.base.params import Parameters, quantity

__all__ = ["Outage", "Radar", "spans_s"]

_HOUR_S = 3600.0


class Outage(Parameters):
    """A time without the radar."""

    from_h: float = quantity(..., unit="h", ge=0)
    """When it falls silent, hours after the start of the scenario."""

    until_h: float = quantity(..., unit="h", gt=0)
    """When it works again, hours after the start of the scenario."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until_h <= self.from_h:
            raise ValueError(f"an outage from hour {self.from_h:g} until hour {self.until_h:g} has no length")
        return self


class Radar(Parameters):
    """How well a radar sees. Nobody publishes these figures: all are assumed, and generic."""

    p_detect_at_range: float = quantity(0.9, unit="probability", low=0.5, high=0.95, gt=0, lt=1, source="assumed")
    """Chance that one look detects the reference target at the radar's range: sets the strength of the signal."""

    reference_rcs_m2: float = quantity(0.05, unit="m2", low=0.02, high=0.2, gt=0, le=1000, source="assumed")
    """Radar cross-section of the reference target, as of a medium rocket."""

    swerling: int = quantity(1, unit="1", ge=0, le=4, source="assumed")
    """How echoes fluctuate: 0 steady, 1 and 3 from look to look, 2 and 4 from pulse to pulse."""

    n_pulses: int = quantity(1, unit="count", low=1, high=20, ge=1, le=1000, source="assumed")
    """Pulses of one look, added without regard to phase."""

    p_false_alarm: float = quantity(1e-6, unit="probability", low=1e-8, high=1e-4, ge=1e-15, le=0.1, source="assumed")
    """Chance of a false alarm in one resolution cell: sets the threshold."""

    false_plots_per_scan: float = quantity(10.0, unit="count", low=0, high=300, ge=0, le=5000, source="assumed")
    """Plots of nothing in one scan, on average: noise, birds, clutter that the radar lets through."""

    sector_center_deg: float = quantity(0.0, unit="deg", ge=-360, le=360, source="assumed")
    """Middle of the sector it looks into, clockwise from north."""

    sector_width_deg: float = quantity(360.0, unit="deg", low=90, high=360, gt=0, le=360, source="assumed")
    """Width of the sector; 360: all round."""

    max_elevation_deg: float = quantity(85.0, unit="deg", low=50, high=90, gt=0, le=90, source="assumed")
    """Highest elevation it sees."""

    range_min_km: float = quantity(0.5, unit="km", low=0.1, high=3, ge=0, le=100, source="assumed")
    """Range within which it sees nothing."""

    revisit_s: float = quantity(1.0, unit="s", low=0.5, high=4, ge=0.05, le=60, source="assumed")
    """Time from one look at a target to the next."""

    latency_s: float = quantity(0.2, unit="s", low=0.1, high=1, ge=0, le=60, source="assumed")
    """Time from a look to its plots being at hand."""

    beamwidth_azimuth_deg: float = quantity(1.5, unit="deg", low=0.8, high=3, gt=0, le=30, source="assumed")
    """Width of the beam in azimuth, between half-power points."""

    beamwidth_elevation_deg: float = quantity(1.5, unit="deg", low=0.8, high=3, gt=0, le=30, source="assumed")
    """Width of the beam in elevation, between half-power points."""

    range_resolution_m: float = quantity(50.0, unit="m", low=15, high=150, gt=0, le=5000, source="assumed")
    """Resolution in range."""

    range_rate_resolution_mps: float | None = quantity(
        None, unit="m/s", low=1, high=20, gt=0, le=1000, source="assumed"
    )
    """Resolution in range rate; null: range rate is not measured."""

    angle_floor_mrad: float = quantity(1.8, unit="mrad", low=0.5, high=4, ge=0, le=100, source="assumed")
    """Error in angle that remains at any signal, standard deviation."""

    range_floor_m: float = quantity(14.0, unit="m", low=5, high=30, ge=0, le=5000, source="assumed")
    """Error in range that remains at any signal, standard deviation."""

    range_rate_floor_mps: float = quantity(1.0, unit="m/s", low=0.3, high=3, ge=0, le=1000, source="assumed")
    """Error in range rate that remains at any signal, standard deviation."""

    bias_range_m: float = quantity(5.0, unit="m", low=0, high=20, ge=0, le=5000, source="assumed")
    """Constant error of the range's calibration, standard deviation over radars."""

    bias_azimuth_mrad: float = quantity(0.5, unit="mrad", low=0, high=2, ge=0, le=100, source="assumed")
    """Constant error of the alignment in azimuth, standard deviation over radars."""

    bias_elevation_mrad: float = quantity(0.5, unit="mrad", low=0, high=2, ge=0, le=100, source="assumed")
    """Constant error of the alignment in elevation, standard deviation over radars."""

    outages: tuple[Outage, ...] = ()
    """Times without the radar."""

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.p_detect_at_range <= self.p_false_alarm:
            raise ValueError("p_detect_at_range must be above p_false_alarm")
        return self


def spans_s(figures: Radar, t_up_s: float, t_down_s: float) -> list[tuple[float, float]]:
    """Times [s] between which the radar works: its stay less its outages."""
    spans = [(t_up_s, t_down_s)]
    for outage in figures.outages:
        gap = (_HOUR_S * outage.from_h, _HOUR_S * outage.until_h)
        cut = [part for up, down in spans for part in ((up, min(down, gap[0])), (max(up, gap[1]), down))]
        spans = [(up, down) for up, down in cut if up < down]
    return spans

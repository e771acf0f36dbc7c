"""Parameters of the raid room: how much is launched, when, from where, at what, and how badly."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from opendome.base.params import Parameters, quantity
from opendome.places.parameters import Id, LatLon, Polygon

__all__ = [
    "Aim",
    "Bursts",
    "Failing",
    "GivenSalvo",
    "LaunchArea",
    "LaunchedPerDay",
    "Raid",
    "Recorded",
    "Threats",
    "first_launch_s",
    "record_path",
]

NonNegative = Annotated[float, Field(ge=0)]
PerDay = Annotated[float, Field(ge=0, le=100_000)]


class LaunchedPerDay(Parameters):
    """How many threats are launched in a day: negative binomial about a mean."""

    mean: PerDay | Annotated[tuple[PerDay, ...], Field(min_length=1)] = quantity(..., unit="launches/day")
    """Mean launches a day: one number, or a list with one number for each day of the scenario."""

    variance_over_mean: float = quantity(20.0, unit="ratio", low=5, high=60, gt=1, le=10_000, source="assumed")
    """Day-to-day scatter: variance of a day's count divided by its mean (1 would be a Poisson count)."""


class Bursts(Parameters):
    """How the launches of a day fall into bursts at one aim point."""

    size_mean: float = quantity(8.0, unit="launches", low=1, high=20, ge=1, le=10_000, source="assumed")
    """Mean launches in a burst."""

    spacing_s: float = quantity(1.5, unit="s", low=0.5, high=5, ge=0, le=3600, source="assumed")
    """Mean time between launches inside a burst."""


class LaunchArea(Parameters):
    """A polygon from which threats are launched, uniformly over its surface."""

    id: Id
    """Name of the launch area; used once."""

    polygon: Polygon
    """Outline, points `[lat_deg, lon_deg]`."""

    share: float = quantity(1.0, unit="weight", ge=0)
    """Share of bursts launched from here; shares of all launch areas are scaled to sum to 1."""


class Aim(Parameters):
    """Statistical law of where bursts are aimed. It describes a raid seen from outside; it searches for nothing."""

    weights: Literal["population", "uniform", "value"] = "population"
    """What makes an area likelier to be aimed at."""

    population_exponent: float = quantity(
        0.5, unit="exponent", low=0.2, high=0.9, ge=0, le=3, source="notes on campaign inputs"
    )
    """Weight = population to this power: 0 is any settlement alike, 1 is per head."""

    decay_km: float = quantity(20.0, unit="km", low=8, high=50, gt=0, le=10_000, source="notes on campaign inputs")
    """Weight falls by e over this distance from the boundary of the nearest launch area."""

    near_share: float = quantity(0.3, unit="share", low=0.2, high=0.4, ge=0, le=1, source="notes on campaign inputs")
    """Share of bursts aimed at areas within `near_km` of a launch area."""

    near_km: float = quantity(7.0, unit="km", low=5, high=10, gt=0, le=10_000, source="notes on campaign inputs")
    """Distance from the boundary of the nearest launch area that counts as near."""

    spread_scale: float = quantity(1.0, unit="factor", low=0.4, high=2, ge=0, le=100, source="assumed")
    """Factor on every class's own spread at the target (`spread_frac_of_range`)."""

    spread_km: float = quantity(0.0, unit="km", low=0, high=4, ge=0, le=100, source="assumed")
    """Extra spread a burst has on each axis; added in quadrature to the class's own."""


class Failing(Parameters):
    """Launches that fail."""

    share: float = quantity(0.25, unit="share", low=0.05, high=0.5, ge=0, le=1, source="notes on campaign inputs")
    """Share of launches that fail in flight and land short."""

    gamma: float = quantity(3.0, unit="exponent", low=1, high=4, gt=0, le=20, source="notes on campaign inputs")
    """A failing one lands at the share u^gamma of its range, u uniform: 1 is anywhere, 3 mostly near the launcher."""

    misfire_share: float = quantity(0.0, unit="share", low=0, high=0.1, ge=0, le=1, source="assumed")
    """Share of launches that never leave."""


class Recorded(Parameters):
    """A record of alerts that says when bursts come and at which areas. An alert is a warning, not a launch."""

    alerts: str = Field(min_length=1)
    """Folder that `opendome import-alerts` wrote, or its `area_alerts_merged.parquet`, beside the scenario's file."""

    from_: AwareDatetime | None = Field(default=None, alias="from")
    """First moment of the record that is played, at the start of the scenario; null: the scenario's `start_utc`."""

    until: AwareDatetime | None = None
    """End of what is played, not included; null: as long as the scenario lasts."""

    launched_per_area_alert: float = quantity(
        0.64, unit="launches", low=0.3, high=1.3, gt=0, le=1000, source="notes on campaign inputs"
    )
    """Launches that stand for one alert of one area, repeats merged: 4,360 launches and 6,821 alerts in May 2021."""

    launched: float | None = quantity(None, unit="launches", gt=0, le=1_000_000)
    """Launches in all over what is played, or null: by `launched_per_area_alert`."""

    delay_s: float = quantity(20.0, unit="s", low=12, high=32, ge=0, le=600, source="notes on campaign inputs")
    """Time from a launch to its alert: launches are put so much before."""

    cluster_gap_s: float = quantity(120.0, unit="s", ge=0, le=86_400)
    """Alerts of any area closer together than this are one cluster; its launches are in proportion to its alerts."""


class Raid(Parameters):
    """The drawn raid: daily totals split into bursts, or a record of alerts that says when and where."""

    launched_per_day: LaunchedPerDay | None = None
    """How many are launched in a day; left out where a record is played."""

    recorded: Recorded | None = None
    """A record of alerts to play in the place of daily totals, hours and the law of aim, or null."""

    bursts: Bursts = Bursts()
    """Size of bursts and time between launches inside one."""

    by_hour: (
        Literal["uniform", "evening", "night"] | Annotated[tuple[NonNegative, ...], Field(min_length=24, max_length=24)]
    ) = "uniform"
    """When bursts fall in the day: a named profile, or 24 weights, one for each hour of UTC."""

    launch_areas: Annotated[tuple[LaunchArea, ...], Field(min_length=1)]
    """Where launches come from."""

    aim: Aim = Aim()
    """Where bursts are aimed."""

    classes: Annotated[dict[str, NonNegative], Field(min_length=1)]
    """Share of bursts of each threat class; the shares sum to 1."""

    failing: Failing = Failing()
    """Launches that fail."""


class GivenSalvo(Parameters):
    """A salvo written out: so many of a class, at a time, from a point, at a point."""

    at_s: float | None = quantity(None, unit="s", ge=0)
    """Time of the first launch after the start of the scenario; or write `at_utc`."""

    at_utc: AwareDatetime | None = None
    """Time of the first launch, such as `2024-05-01T18:30:00Z`; or write `at_s`."""

    from_: LatLon = Field(alias="from")
    """Point of launch `[lat_deg, lon_deg]`."""

    at: LatLon
    """Point aimed at `[lat_deg, lon_deg]`; the class's spread is added."""

    threat_class: str = Field(alias="class")
    """Threat class, a name of the catalogue."""

    count: int = quantity(1, unit="launches", ge=1, le=10_000)
    """How many are launched."""

    spacing_s: float = quantity(1.5, unit="s", ge=0, le=86_400)
    """Time between launches."""

    waypoint: LatLon | None = None
    """A point that a drone or cruise missile passes on the way, or null: straight."""


class Threats(Parameters):
    """What is launched at the areas: a drawn raid, written-out salvos, or both."""

    raid: Raid | None = None
    """The drawn raid, or null."""

    given: tuple[GivenSalvo, ...] = ()
    """Salvos written out, in addition to the raid."""

    classes: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Changed catalogue figures of threat classes, for this scenario alone: `{short-rocket: {key: value}}`."""


def record_path(name: str, folder: Path) -> Path:
    """Table that `recorded.alerts` means: the file of that name, or the one of merged alerts in such a folder."""
    path = folder / name
    return path / "area_alerts_merged.parquet" if path.is_dir() else path


def first_launch_s(salvo: GivenSalvo, start_utc: datetime) -> float:
    """Time of a written-out salvo's first launch, seconds after the start of the scenario.

    Parameters
    ----------
    salvo : GivenSalvo    with `at_s` or `at_utc`
    start_utc : datetime  start of the scenario, with its time zone

    Returns
    -------
    float                 seconds [s]; `at_s` as written, or `at_utc - start_utc`
    """
    if salvo.at_utc is not None:
        return (salvo.at_utc - start_utc).total_seconds()
    return salvo.at_s if salvo.at_s is not None else 0.0

"""Parameters of the battle room: batteries, command posts, launchers away from their battery, sensors and links.

A null figure asks the catalogue (``catalogue/assumptions.yaml``) for that system's own.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from opendome.base.params import Parameters, quantity
from opendome.places.parameters import Id, LatLon
from opendome.sensing.parameters import Radar

__all__ = ["Battery", "LauncherUnit", "Link", "Move", "Network", "Outage", "Post", "SensorUnit", "Transfer"]


class Outage(Parameters):
    """A time in which something does not work."""

    from_day: float = quantity(..., unit="day", ge=0)
    """When it begins, days after the start of the scenario."""

    until_day: float | None = quantity(None, unit="day", ge=0)
    """When it ends; null: never."""


class Transfer(Parameters):
    """How a battery is brought from afar, load by load; it takes the place of `arrives_day`."""

    lift: Id
    """Id of the lift that carries its loads."""

    loads: int = quantity(..., unit="count", low=12, high=24, ge=1, le=10_000, source="assumed")
    """Loads that it takes: one a sortie. The battery is complete when the last one has landed."""

    ready_day: float = quantity(0.0, unit="day", ge=0)
    """When its loads stand ready to be flown, days after the start."""

    road_h: float = quantity(4.0, unit="h", low=1, high=12, ge=0, le=1000, source="assumed")
    """From the place where it lands to its site."""


class Move(Parameters):
    """A battery leaves its site, drives, and sets up at another."""

    day: float = quantity(..., unit="day", ge=0)
    """When tear-down begins, days after the start of the scenario."""

    to: LatLon
    """The new site `[lat_deg, lon_deg]`."""

    road_h: float = quantity(..., unit="h", low=1, high=8, ge=0, le=1000)
    """Time on the road."""

    tear_down_h: float | None = quantity(None, unit="h", low=0.5, high=4, ge=0, le=1000)
    """Time to make ready for the road; null: the catalogue's."""

    set_up_h: float | None = quantity(None, unit="h", low=1, high=6, ge=0, le=1000)
    """Time from arrival to ready; null: the catalogue's."""


class Battery(Parameters):
    """A battery: command post, launchers and, as a rule, a radar, at one site. Sites are notional."""

    id: Id
    """Name of the battery in tables and overrides; used once among batteries, posts, launchers, sensors and links."""

    name: str = Field("", max_length=200)
    """Name shown to people; empty: the id."""

    system: str = "iron-dome"
    """The system it belongs to, a name of the catalogue that has launchers."""

    at: LatLon
    """Notional site `[lat_deg, lon_deg]`."""

    launchers: int | None = quantity(None, unit="count", ge=0, le=1000)
    """Launchers at the site; null: the catalogue's."""

    rounds_per_launcher: int | None = quantity(None, unit="rounds", ge=1, le=1000)
    """Rounds a full launcher holds; null: the catalogue's."""

    loaded_rounds: int | None = quantity(None, unit="rounds", ge=0, le=1_000_000)
    """Rounds in all its launchers at the start, or when it arrives; null: full."""

    arrives_day: float = quantity(0.0, unit="day", ge=0)
    """When it arrives, days after the start; 0: it stands ready from the start."""

    leaves_day: float | None = quantity(None, unit="day", ge=0)
    """When it leaves for good, with the rounds in its launchers; null: it stays."""

    set_up_h: float | None = quantity(None, unit="h", low=1, high=6, ge=0, le=1000)
    """Time from arrival to ready, counted only when `arrives_day` is above 0; null: the catalogue's."""

    channels: int | None = quantity(None, unit="count", ge=1, le=10_000)
    """Engagements it can hold at once; null: the catalogue's."""

    has_radar: bool = True
    """Whether the battery brings its own radar."""

    radar: Radar = Radar()
    """How well its radar sees, in the tracked picture."""

    fails_every_h: float | None = quantity(None, unit="h", gt=0)
    """Mean time between failures of the whole battery, radar and command post included; null: it does not fail."""

    repaired_in_h: float | None = quantity(None, unit="h", gt=0)
    """Mean time to repair; needed with `fails_every_h`."""

    outages: tuple[Outage, ...] = ()
    """Times in which the whole battery does not work."""

    transfer: Transfer | None = None
    """How it is brought from afar; null: it is there from `arrives_day`."""

    moves: tuple[Move, ...] = ()
    """Moves to other sites, in order of time."""

    depot: Id | None = None
    """Id of the depot that refills it; null: the scenario's depot."""


class LauncherUnit(Parameters):
    """Launchers that stand away from the battery whose command post they answer to."""

    id: Id
    """Name in tables and overrides; used once among batteries, posts, launchers, sensors and links."""

    name: str = Field("", max_length=200)
    """Name shown to people; empty: the id."""

    at: LatLon
    """Notional site `[lat_deg, lon_deg]`."""

    post: Id
    """Id of the command post, or of the battery whose command post, orders its shots."""

    system: str = "iron-dome"
    """The system it belongs to, a name of the catalogue that has launchers."""

    launchers: int = quantity(1, unit="count", ge=1, le=1000)
    """Launchers at the site."""

    rounds_per_launcher: int | None = quantity(None, unit="rounds", ge=1, le=1000)
    """Rounds a full launcher holds; null: the catalogue's."""

    loaded_rounds: int | None = quantity(None, unit="rounds", ge=0, le=1_000_000)
    """Rounds in its launchers at the start, or when it arrives; null: full."""

    arrives_day: float = quantity(0.0, unit="day", ge=0)
    """When it arrives, days after the start; 0: it stands ready from the start."""

    leaves_day: float | None = quantity(None, unit="day", ge=0)
    """When it leaves for good; null: it stays."""

    set_up_h: float | None = quantity(None, unit="h", low=1, high=6, ge=0, le=1000)
    """Time from arrival to ready, counted only when `arrives_day` is above 0; null: the catalogue's."""

    fails_every_h: float | None = quantity(None, unit="h", gt=0)
    """Mean time between failures; null: it does not fail."""

    repaired_in_h: float | None = quantity(None, unit="h", gt=0)
    """Mean time to repair; needed with `fails_every_h`."""

    outages: tuple[Outage, ...] = ()
    """Times in which it does not work, known beforehand to nobody."""

    depot: Id | None = None
    """Id of the depot that refills it; null: the scenario's depot."""


class Post(Parameters):
    """A command post that stands by itself, beside those of batteries."""

    id: Id
    """Name in tables and overrides; used once among batteries, posts, launchers, sensors and links."""

    name: str = Field("", max_length=200)
    """Name shown to people; empty: the id."""

    at: LatLon
    """Notional site `[lat_deg, lon_deg]`."""

    channels: int | None = quantity(None, unit="count", ge=1, le=10_000)
    """Engagements it can hold at once; null: an Iron Dome battery's, by the catalogue."""

    decision_s: float | None = quantity(None, unit="s", low=1, high=5, ge=0, le=600)
    """Time it takes to decide; null: doctrine's, or the catalogue's."""

    arrives_day: float = quantity(0.0, unit="day", ge=0)
    """When it begins to work, days after the start."""

    leaves_day: float | None = quantity(None, unit="day", ge=0)
    """When it leaves for good; null: it stays."""

    fails_every_h: float | None = quantity(None, unit="h", gt=0)
    """Mean time between failures; null: it does not fail."""

    repaired_in_h: float | None = quantity(None, unit="h", gt=0)
    """Mean time to repair; needed with `fails_every_h`."""

    outages: tuple[Outage, ...] = ()
    """Times in which it does not work, known beforehand to nobody."""


class SensorUnit(Parameters):
    """A radar that stands by itself, beside those that batteries bring."""

    id: Id
    """Name in tables and overrides; used once among batteries, posts, launchers, sensors and links."""

    name: str = Field("", max_length=200)
    """Name shown to people; empty: the id."""

    at: LatLon
    """Notional site `[lat_deg, lon_deg]`."""

    range_km: float | None = quantity(None, unit="km", gt=0, le=1000)
    """Range against a medium rocket; null: the catalogue's."""

    min_elevation_deg: float | None = quantity(None, unit="deg", ge=-5, le=89)
    """Lowest elevation it sees above the horizontal; null: the catalogue's."""

    antenna_height_m: float | None = quantity(None, unit="m", ge=0, le=5000)
    """Height of the antenna above ground; null: the catalogue's."""

    track_capacity: int | None = quantity(None, unit="tracks", ge=1, le=1_000_000)
    """Tracks it can hold at once; null: the catalogue's."""

    error_scale: float = quantity(1.0, unit="factor", low=0.5, high=2, gt=0, le=100)
    """Factor on its errors."""

    radar: Radar = Radar()
    """How well it sees, in the tracked picture."""

    arrives_day: float = quantity(0.0, unit="day", ge=0)
    """When it begins to work, days after the start."""

    leaves_day: float | None = quantity(None, unit="day", ge=0)
    """When it leaves for good; null: it stays."""

    fails_at_day: float | None = quantity(None, unit="day", ge=0)
    """When it fails; null: it does not."""

    repaired_at_day: float | None = quantity(None, unit="day", ge=0)
    """When it works again after `fails_at_day`; null: it stays out."""

    fails_every_h: float | None = quantity(None, unit="h", gt=0)
    """Mean time between failures; null: it does not fail."""

    repaired_in_h: float | None = quantity(None, unit="h", gt=0)
    """Mean time to repair; needed with `fails_every_h`."""

    outages: tuple[Outage, ...] = ()
    """Times in which it does not work, known beforehand to nobody."""


class Link(Parameters):
    """A link over which reports and orders go, both ways, between two of: batteries, posts, launchers, sensors."""

    id: Id
    """Name in tables and overrides; used once among batteries, posts, launchers, sensors and links."""

    between: tuple[Id, Id]
    """Ids of the two that it joins. A battery's own radar, post and launchers need no link."""

    delay_s: float = quantity(0.5, unit="s", low=0.1, high=3, ge=0, le=600, source="assumed")
    """Time that a message takes over it."""

    p_lost: float = quantity(0.0, unit="probability", low=0, high=0.1, ge=0, lt=1, source="assumed")
    """Chance that a message is lost on it."""

    fails_every_h: float | None = quantity(None, unit="h", gt=0)
    """Mean time between failures; null: it does not fail."""

    repaired_in_h: float | None = quantity(None, unit="h", gt=0)
    """Mean time to repair; needed with `fails_every_h`."""

    outages: tuple[Outage, ...] = ()
    """Times in which it does not work, known beforehand to nobody."""


class Network(Parameters):
    """Who hears whom."""

    sharing: Literal["ideal", "links"] = "ideal"
    """`ideal`: every report reaches every command post at once, and any order every launcher. `links`: only along the
    scenario's `links`, with their delay, loss and failures."""

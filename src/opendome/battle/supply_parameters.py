"""Parameters of supply: depots, deliveries, lorries, lifts from afar, and crews."""

from __future__ import annotations

from pydantic import Field

from opendome.base.params import Parameters, quantity
from opendome.places.parameters import Id, LatLon

__all__ = ["Crews", "Depot", "Lift", "RampPoint", "Reorder", "Resupply", "Training"]


class Resupply(Parameters):
    """Rounds that reach the depot from outside."""

    day: float = quantity(..., unit="day", ge=0)
    """When they arrive by plan, days after the start of the scenario; with a `lift`, when they stand ready to be
    flown."""

    rounds: int = quantity(..., unit="rounds", ge=0, le=10_000_000)
    """How many."""

    sent_day: float | None = quantity(None, unit="day", ge=0)
    """When they were sent, from which day they count as in transit; null: the day on which they arrive by plan."""

    lift: Id | None = None
    """Id of the lift that carries them, as many a sortie as it holds; null: they arrive together on `day`."""

    p_lost: float = quantity(0.0, unit="probability", low=0, high=0.2, ge=0, le=1, source="assumed")
    """Chance that the delivery is lost on the way; with a lift, of each sortie."""

    p_late: float = quantity(0.0, unit="probability", low=0, high=0.5, ge=0, le=1, source="assumed")
    """Chance that it is late; a lift has its own."""

    late_mean_day: float = quantity(2.0, unit="day", low=0.5, high=7, gt=0, le=1000, source="assumed")
    """Mean delay of one that is late, exponential."""


class RampPoint(Parameters):
    """A point of the production's course."""

    day: float = quantity(..., unit="day", ge=0)
    """Days after the start of the scenario."""

    per_day: float = quantity(..., unit="rounds/day", ge=0, le=1_000_000)
    """Rounds a day from there on, in a straight line to the next point."""


class Reorder(Parameters):
    """The (s, S) rule: when stock and orders under way are down to `below_rounds`, order up to `up_to_rounds`."""

    below_rounds: int = quantity(..., unit="rounds", ge=0, le=10_000_000)
    """Order when rounds in the depot and on order are not more than this."""

    up_to_rounds: int = quantity(..., unit="rounds", ge=1, le=10_000_000)
    """Order what is lacking to this number."""

    source: Id | None = None
    """Id of the depot that delivers, as long as it has rounds; null: from outside, without limit."""

    lead_h: float = quantity(24.0, unit="h", low=6, high=96, ge=0, le=100_000, source="assumed")
    """From the order to the rounds in the depot."""

    p_lost: float = quantity(0.0, unit="probability", low=0, high=0.2, ge=0, le=1, source="assumed")
    """Chance that a delivery is lost on the way."""

    p_late: float = quantity(0.0, unit="probability", low=0, high=0.5, ge=0, le=1, source="assumed")
    """Chance that a delivery is late."""

    late_mean_h: float = quantity(24.0, unit="h", low=6, high=96, gt=0, le=100_000, source="assumed")
    """Mean delay of one that is late, exponential."""


class Depot(Parameters):
    """A stock of rounds behind launchers. It holds one kind of round."""

    id: Id = "main"
    """Name of the depot."""

    at: LatLon | None = None
    """Notional place `[lat_deg, lon_deg]`, for the way to launchers; null: no way is counted."""

    rounds: int = quantity(4000, unit="rounds", low=1000, high=10_000, ge=0, le=10_000_000, source="assumed")
    """Rounds in the depot at the start, beside those in launchers."""

    resupply: tuple[Resupply, ...] = ()
    """Deliveries to the depot."""

    production_per_day: float = quantity(0.0, unit="rounds/day", low=0, high=10, ge=0, le=1_000_000, source="assumed")
    """Rounds that flow into the depot every day, evenly."""

    production_ramp: tuple[RampPoint, ...] = ()
    """Production that changes with time, in place of `production_per_day`: straight lines between points, in order of
    days."""

    reorder: Reorder | None = None
    """When it orders by itself; null: never."""

    lorries: int | None = quantity(None, unit="count", low=2, high=20, ge=0, le=10_000)
    """Lorries that take rounds to launchers, one for each reload and busy until it is back; null: never a lack."""

    lorry_rounds: int = quantity(20, unit="rounds", low=10, high=60, ge=1, le=100_000, source="assumed")
    """Rounds a lorry takes at once."""

    road_kmph: float = quantity(40.0, unit="km/h", low=20, high=80, gt=0, le=1000, source="assumed")
    """Speed of a lorry over the straight distance."""

    load_h: float = quantity(0.5, unit="h", low=0.2, high=2, ge=0, le=1000, source="assumed")
    """Time to load a lorry."""


class Lift(Parameters):
    """Aircraft or ships that bring batteries and rounds from afar, sortie by sortie."""

    id: Id
    """Name of the lift."""

    name: str = Field("", max_length=200)
    """Name shown to people; empty: the id."""

    sorties_per_day: float = quantity(..., unit="1/day", low=1, high=6, gt=0, le=1000, source="assumed")
    """Sorties a day, evenly; loads wait for them in the order in which they stand ready."""

    starts_day: float = quantity(0.0, unit="day", ge=0)
    """When the first sortie may leave, days after the start."""

    route_h: float = quantity(16.0, unit="h", low=12, high=36, ge=0, le=100_000)
    """From take-off to landing, stops included."""

    off_load_h: float = quantity(3.0, unit="h", low=1, high=8, ge=0, le=1000, source="assumed")
    """From landing to the load on the road."""

    p_late: float = quantity(0.0, unit="probability", low=0, high=0.4, ge=0, le=1, source="assumed")
    """Chance that a sortie is late."""

    late_mean_h: float = quantity(12.0, unit="h", low=4, high=48, gt=0, le=10_000, source="assumed")
    """Mean delay of one that is late, exponential."""

    rounds_per_sortie: int = quantity(60, unit="rounds", low=20, high=200, ge=1, le=1_000_000, source="assumed")
    """Rounds that one sortie carries, where it carries rounds."""


class Training(Parameters):
    """A course that makes crews."""

    from_day: float = quantity(0.0, unit="day", ge=0)
    """When it begins, days after the start."""

    teams: int = quantity(1, unit="count", ge=1, le=10_000)
    """Crews that it makes."""

    takes_day: float = quantity(365.0, unit="day", low=30, high=400, ge=0, le=10_000)
    """How long it takes: about a year for the two US batteries."""


class Crews(Parameters):
    """Trained crews that batteries wait for: each needs one, from when it is ready until it leaves."""

    teams: int | None = quantity(None, unit="count", ge=0, le=10_000)
    """Crews that are trained at the start; null: every battery has its own."""

    training: tuple[Training, ...] = ()
    """Courses that make more; they count only where `teams` is given."""

"""Parameters of harm: what an impact does to people, in shelter and out of it. Expectations, from published models."""

from __future__ import annotations

from pydantic import Field, model_validator

from opendome.base.params import Parameters, quantity

__all__ = ["Channel", "Day", "Fatigue", "Harm", "Night"]


class Channel(Parameters):
    """One way by which an alert reaches people."""

    id: str = Field(min_length=1, max_length=100)
    """Name of the channel: siren, cell-broadcast, app, radio."""

    share: float = quantity(..., unit="share", ge=0, le=1)
    """Share of people whom this channel reaches first."""

    delay_s: float = quantity(0.0, unit="s", low=0, high=15, ge=0, le=600, source="assumed")
    """From the alert to the moment at which these people know of it."""


class Night(Parameters):
    """Hours at which people react more slowly."""

    from_hour: float = quantity(23.0, unit="local hour", ge=0, le=24)
    """Start, in local solar hours."""

    until_hour: float = quantity(6.0, unit="local hour", ge=0, le=24)
    """End, not included."""

    reaction_factor: float = quantity(1.0, unit="factor", low=1, high=5, ge=0, le=100, source="assumed")
    """Factor on the reaction time in these hours: 1 leaves it as it is."""


class Day(Parameters):
    """Hours at which an area holds its people of the day (`day_population`) and not its residents."""

    from_hour: float = quantity(8.0, unit="local hour", ge=0, le=24)
    """Start, in local solar hours."""

    until_hour: float = quantity(18.0, unit="local hour", ge=0, le=24)
    """End, not included."""


class Fatigue(Parameters):
    """What needless alerts do to people's readiness to go to shelter."""

    per_needless_alert: float = quantity(0.0, unit="share", low=0, high=0.05, ge=0, le=1, source="assumed")
    """Each needless alert so far of an area takes this share of those who would still go; 0: no such effect."""

    floor: float = quantity(0.5, unit="share", low=0.2, high=1, ge=0, le=1, source="assumed")
    """Share who go however often they went for nothing."""


class Harm(Parameters):
    """Vulnerability and sheltering."""

    casualty_scale: float = quantity(1.0, unit="factor", low=0.5, high=2, ge=0, le=100, source="assumed")
    """Factor on the lethal area of every class."""

    p_shelter_max: float = quantity(0.9, unit="probability", low=0.6, high=0.98, ge=0, le=1, source="assumed")
    """Share of people who reach shelter however long the warning."""

    injuries_per_person_in_area: float = quantity(
        0.5, unit="injuries/person", low=0.2, high=1, ge=0, le=10, source="assumed"
    )
    """Expected injuries for each unsheltered person inside the lethal area of an impact."""

    shelter_protection: float = quantity(0.95, unit="share", low=0.8, high=0.99, ge=0, le=1, source="assumed")
    """Share of harm that shelter takes away."""

    sheltering_injuries_per_person: float = quantity(
        1e-6, unit="injuries/person", low=1e-7, high=1e-5, ge=0, le=1, source="assumed"
    )
    """Expected injuries on the way to shelter, for each person alerted once."""

    channels: tuple[Channel, ...] = Field((Channel(id="all", share=1.0),), min_length=1, max_length=20)
    """Ways by which alerts reach people, with the share whom each reaches first; those left over are not reached."""

    night: Night = Night()
    """Slower reaction at night."""

    day: Day = Day()
    """When areas hold their people of the day."""

    fatigue: Fatigue = Fatigue()
    """Alert fatigue."""

    debris_area_m2: float = quantity(0.0, unit="m2", low=0, high=30, ge=0, le=10000, source="assumed")
    """Casualty area of what falls from an intercepted object. No public figure: 0 leaves debris out."""

    debris_carry_frac: float = quantity(0.5, unit="share", low=0, high=1, ge=0, le=1, source="assumed")
    """How far debris is carried, as a share of the way from the point under the interception to the impact point."""

    shelter_kusd_per_person_hour: float = quantity(
        0.02, unit="kUSD/h", low=0.005, high=0.05, ge=0, le=100, source="assumed"
    )
    """Money lost while one person sits in shelter for an hour: about an hourly wage. Not a cost of the defender."""

    @model_validator(mode="after")
    def _shares_add_up(self) -> Harm:
        """No more people can be reached than there are, and each channel needs a name of its own."""
        total = sum(channel.share for channel in self.channels)
        if total > 1.0 + 1e-9:
            raise ValueError(f"the shares of harm.channels add up to {total:g}; lower them to 1 or less")
        if len({channel.id for channel in self.channels}) < len(self.channels):
            raise ValueError("two of harm.channels have the same id; give each its own")
        return self

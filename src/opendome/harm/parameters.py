"""Parameters of harm: what an impact does to people, in shelter and out of it. Expectations, from published models."""

from __future__ import annotations

from opendome.base.params import Parameters, quantity

__all__ = ["Harm"]


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

    shelter_kusd_per_person_hour: float = quantity(
        0.02, unit="kUSD/person/h", low=0.005, high=0.05, ge=0, le=10, source="assumed"
    )
    """Price of an hour that one person spends in shelter: about the product of an hour's work, at home or not."""

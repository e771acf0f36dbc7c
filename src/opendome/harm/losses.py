"""What an impact costs: people in its casualty area, in shelter or not, and money. Expectations, no draws.

Shelter: people start after a reaction time and reach shelter after a log-normal time whose median is a share of the
area's official time to shelter; some never do.

Left out: the shape of fragments and blast, buildings that protect, people in the open by hour of day, debris of
interceptions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from opendome.base.kernels import kernel

__all__ = ["HarmModel", "expected_injuries", "people_in_casualty_area", "sheltered_share"]


class HarmModel(NamedTuple):
    """Vulnerability and sheltering; see the catalogue's model keys of the same names."""

    casualty_scale: float
    p_shelter_max: float
    injuries_per_person: float
    shelter_protection: float
    sheltering_injuries_per_person: float
    reaction_s: float
    shelter_median_frac: float
    shelter_log_sd: float
    shelter_kusd_per_person_hour: float


@kernel
def people_in_casualty_area(model: HarmModel, density_people_per_m2: float, casualty_area_m2: float) -> float:
    """People expected inside the casualty area of an impact on built-up ground."""
    return model.casualty_scale * density_people_per_m2 * casualty_area_m2


@kernel
def sheltered_share(model: HarmModel, lead_s: float, time_to_shelter_s: float) -> float:
    """Share of people in shelter when the impact comes ``lead_s`` after the alert; 0 for no alert (NaN)."""
    if not lead_s > model.reaction_s:
        return 0.0
    if time_to_shelter_s <= 0.0:
        return model.p_shelter_max
    x = math.log((lead_s - model.reaction_s) / (model.shelter_median_frac * time_to_shelter_s)) / model.shelter_log_sd
    return model.p_shelter_max * 0.5 * math.erfc(-x / math.sqrt(2.0))


@kernel
def expected_injuries(model: HarmModel, people: float, share_sheltered: float) -> float:
    """Expected injuries among ``people`` in the casualty area."""
    return people * model.injuries_per_person * (1.0 - share_sheltered * model.shelter_protection)

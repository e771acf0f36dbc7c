"""What an impact costs: people in its casualty area, in shelter or not, and money. Expectations, no draws.

Shelter: people start after a reaction time and reach shelter after a log-normal time whose median is a share of the
area's official time to shelter; some never do. Each channel of warning reaches its share of people with a delay of its
own; the rest is not reached.

Left out: the shape of fragments and blast, buildings that protect, people in the open by hour of day.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.hours import is_between_hours
from opendome.base.kernels import kernel

__all__ = [
    "HarmModel",
    "debris_point_m",
    "expected_injuries",
    "is_day",
    "people_in_casualty_area",
    "reaction_factor",
    "sheltered_share",
]

_ONE_CHANNEL = np.array([[1.0, 0.0]])


class HarmModel(NamedTuple):
    """Vulnerability and sheltering; see the catalogue's model keys of the same names.

    ``channels`` (n, 2): share of people whom each reaches first, and its delay after the alert [s]. ``start_hour`` is
    the local hour at time 0; daily hours from x to x are none. ``debris_area_m2`` is the casualty area of what falls
    from an intercepted object, ``debris_carry_frac`` how far along the rest of its way it is carried.
    """

    casualty_scale: float
    p_shelter_max: float
    injuries_per_person: float
    shelter_protection: float
    sheltering_injuries_per_person: float
    reaction_s: float
    shelter_median_frac: float
    shelter_log_sd: float
    channels: np.ndarray = _ONE_CHANNEL
    fatigue_frac: float = 0.0
    fatigue_floor: float = 0.0
    start_hour: float = 0.0
    night_from_hour: float = 0.0
    night_until_hour: float = 0.0
    night_reaction_factor: float = 1.0
    day_from_hour: float = 0.0
    day_until_hour: float = 0.0
    debris_area_m2: float = 0.0
    debris_carry_frac: float = 0.5
    shelter_kusd_per_person_hour: float = 0.0


@kernel
def people_in_casualty_area(model: HarmModel, density_people_per_m2: float, casualty_area_m2: float) -> float:
    """People expected inside the casualty area of an impact on built-up ground."""
    return model.casualty_scale * density_people_per_m2 * casualty_area_m2


@kernel
def is_day(model: HarmModel, t_s: float) -> bool:
    """Whether the people of the day are there, and not the residents."""
    return is_between_hours(model.start_hour, t_s, model.day_from_hour, model.day_until_hour)


@kernel
def reaction_factor(model: HarmModel, t_s: float) -> float:
    """Factor on the reaction time at a moment: that of the night, or 1."""
    is_night = is_between_hours(model.start_hour, t_s, model.night_from_hour, model.night_until_hour)
    return model.night_reaction_factor if is_night else 1.0


@kernel
def sheltered_share(model: HarmModel, lead_s: float, time_to_shelter_s: float, slowness: float = 1.0) -> float:
    """Share of people in shelter when the impact comes ``lead_s`` after the alert; 0 for no alert (NaN).

    ``slowness`` is a factor on the reaction time. The sum over channels of their shares, each with what is left of the
    lead after the channel's delay.
    """
    reaction_s, total = model.reaction_s * slowness, 0.0
    for k in range(len(model.channels)):
        left_s = lead_s - model.channels[k, 1]
        if not left_s > reaction_s:
            continue
        if time_to_shelter_s <= 0.0:
            total += model.channels[k, 0] * model.p_shelter_max
            continue
        x = math.log((left_s - reaction_s) / (model.shelter_median_frac * time_to_shelter_s)) / model.shelter_log_sd
        total += model.channels[k, 0] * (model.p_shelter_max * 0.5 * math.erfc(-x / math.sqrt(2.0)))
    return total


@kernel
def expected_injuries(model: HarmModel, people: float, share_sheltered: float) -> float:
    """Expected injuries among ``people`` in the casualty area."""
    return people * model.injuries_per_person * (1.0 - share_sheltered * model.shelter_protection)


@kernel
def debris_point_m(model: HarmModel, item, t_killed_s: float) -> tuple:
    """Where debris of an intercepted object comes down: (east, north) [m].

    The object is taken to cover its way over the ground at an even pace, from launch to impact (drones fly two legs:
    by the straight line); debris falls from the point under the interception on, carried along a share of the rest.
    """
    flown = (t_killed_s - item.t_launch_s) / (item.t_impact_s - item.t_launch_s)
    part = flown + model.debris_carry_frac * (1.0 - flown)
    return (
        item.launch_east_m + part * (item.impact_east_m - item.launch_east_m),
        item.launch_north_m + part * (item.impact_north_m - item.launch_north_m),
    )

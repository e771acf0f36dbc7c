"""The summary row of one replication: its columns, in order, with unit and meaning. Declared once.

Kernel, tables, documents and report read it here.
"""

from __future__ import annotations

from enum import IntEnum

from .types import Reason

__all__ = ["GROUPS", "GROUPS_FIRST", "LEAK_REASONS", "MEANING", "N_TALLY", "OF_GROUP", "RATIOS", "Tally", "tally_names"]


class Tally(IntEnum):
    """Index of each column that the kernels fill (ratios are computed from them by ``measures``)."""

    LAUNCHED = 0
    BURSTS = 1
    FAILED = 2
    FELL_SHORT = 3
    AT_SEA = 4
    OPEN_GROUND = 5
    INTERCEPTED = 6
    LEAKED_BUILT_UP = 7
    THREATENING = 8
    THREATENING_BUILT_UP = 9
    IMPACTS_IN_AREAS = 10
    TRACKED = 11
    ENGAGED = 12
    ENGAGED_NEEDLESSLY = 13
    INTERCEPTED_THREATENING = 14
    DEFENDED_THREATENING = 15
    DEFENDED_INTERCEPTED = 16
    INTERCEPTORS_FIRED = 17
    INTERCEPTORS_LEFT = 18
    INTERCEPTORS_WASTED = 19
    INTERCEPTORS_DELIVERED = 20
    FIRST_STOCKOUT_T_S = 21
    STOCKED_OUT = 22
    STOCKOUT_DAY_CAPPED = 23
    PEOPLE_EXPOSED = 24
    INJURIES_EXPECTED = 25
    INJURIES_IF_UNWARNED = 26
    PERSON_MINUTES_SHELTERED = 27
    AREAS_ALERTED = 28
    AREAS_ALERTED_NEEDLESSLY = 29
    IMPACTS_WARNED = 30
    IMPACTS_UNWARNED = 31
    IMPACTS_WARNED_LATE = 32
    WARNING_LEAD_P10_S = 33
    WARNING_LEAD_P50_S = 34
    COST_DEFENDER_KUSD = 35
    COST_ATTACKER_KUSD = 36
    DAMAGE_KUSD = 37
    ROUNDS_INITIAL = 38
    ROUNDS_MADE = 39
    ROUNDS_SENT = 40
    ROUNDS_IN_TRANSIT = 41
    ROUNDS_LOST = 42
    ROUNDS_RETURNED = 43
    # threatening objects (impact would be inside an area's polygon) that nobody shot at, by the reason of the last
    # look: + Reason
    INJURIES_IF_UNDEFENDED = 44
    INJURIES_IF_NEITHER = 45
    INJURIES_SHELTERING = 46
    INJURIES_BY_DEBRIS = 47
    COST_SHELTER_KUSD = 48
    NOT_ENGAGED_FIRST = 49
    # leaks into built-up ground, by the last reason: + Reason
    LEAKED_FIRST = 70


GROUPS: tuple[tuple[str, str], ...] = (
    ("rockets", "rockets"),
    ("mortars", "mortar rounds"),
    ("drones", "drones"),
    ("cruise_missiles", "cruise missiles"),
)
"""Groups of threat classes, in the order of CLASS.i_kill_group: begin of a column's name, and words."""

OF_GROUP: tuple[tuple[str, str, str], ...] = (
    ("launched", "1", "launched, misfires included"),
    ("bound", "1", "that would come down in built-up ground of a defended area if nobody touched them"),
    ("engaged", "1", "shot at"),
    ("intercepted", "1", "destroyed by an interceptor, wherever they were going"),
    ("leaked", "1", "that came down in built-up ground of a defended area"),
    ("impacts", "1", "that came down inside a defended area's polygon, built-up or not"),
    ("lead_s", "s", "lead times of these impacts, added up (unwarned count as 0)"),
)
"""End of a column's name, unit and meaning of what is counted of each group."""

GROUPS_FIRST = int(Tally.LEAKED_FIRST) + len(Reason)
"""What is counted of each group of threat classes begins here: + group * len(OF_GROUP) + place in OF_GROUP."""

N_TALLY = GROUPS_FIRST + len(GROUPS) * len(OF_GROUP)

LEAK_REASONS: tuple[tuple[str, str], ...] = (
    ("never_seen", "never detected, or down before a track was confirmed"),
    ("not_confirmed", "confirmed, but down before anybody looked"),
    ("track_capacity", "sensors had no place for another track"),
    ("below_threshold", "judged unlikely to hit a defended area"),
    ("out_of_footprint", "outside every ready battery's footprint"),
    ("too_late", "inside a footprint, but too late or outside the interceptor's reach"),
    ("no_channel", "every engagement channel was busy"),
    ("reloading", "launchers were reloading or between shots"),
    ("no_rounds", "no rounds: magazines and depot were empty"),
    ("held_in_reserve", "rounds were held in reserve"),
    ("policy_declined", "the policy chose not to fire"),
    ("engaged", "shot at and missed"),
    ("engaged_waited", "shot at late, as doctrine asks, and missed"),
    ("shots_used_up", "missed by every shot that doctrine allows"),
    ("judged_killed", "missed, but judged killed"),
    ("no_battery_ready", "no battery was ready at all"),
    ("not_reported", "seen, but no sensor that saw it reached a command post"),
    ("battery_failed", "inside a footprint, but that battery or launcher had failed"),
    ("cut_off", "inside a footprint, but no command post that had the track could order the launch"),
    ("left_to_others", "left to the nearest battery of other command posts, with which there was no contact"),
    ("order_lost", "the launch order did not arrive"),
)

MEANING: dict[str, tuple[str, str]] = {
    "launched": ("1", "objects launched, misfires included"),
    "bursts": ("1", "bursts fired"),
    "failed": ("1", "misfired: never left the launcher's neighbourhood"),
    "fell_short": ("1", "came down inside the launch areas"),
    "at_sea": ("1", "came down at sea, not intercepted"),
    "open_ground": ("1", "came down on land outside built-up ground, not intercepted"),
    "intercepted": ("1", "destroyed by an interceptor, wherever they were going"),
    "leaked_built_up": ("1", "came down in built-up ground of a defended area"),
    "threatening": ("1", "would come down inside a defended area's polygon if nobody touched them"),
    "threatening_built_up": ("1", "would come down in built-up ground of a defended area if nobody touched them"),
    "impacts_in_areas": ("1", "came down inside a defended area's polygon, built-up or not"),
    "tracked": ("1", "objects with a confirmed track"),
    "engaged": ("1", "objects shot at"),
    "engaged_needlessly": ("1", "objects shot at that would have missed every defended area"),
    "intercepted_threatening": ("1", "intercepted among the threatening"),
    "defended_threatening": (
        "1",
        "threatening objects bound for ground inside the footprint of a battery that is ready by its timetable",
    ),
    "defended_intercepted": ("1", "intercepted among those"),
    "interceptors_fired": ("rounds", "interceptors launched"),
    "interceptors_left": ("rounds", "rounds left in launchers and depots at the end"),
    "interceptors_wasted": ("rounds", "fired at objects already destroyed or gone"),
    "interceptors_delivered": (
        "rounds",
        "rounds that entered the system: loaded at the start or on arrival, depot, resupply",
    ),
    "first_stockout_t_s": (
        "s",
        "first time that an engagement was given up for want of rounds with an empty depot; null if never",
    ),
    "stocked_out": ("1", "1 if that happened"),
    "stockout_day_capped": ("day", "day of the first stock-out, or the campaign's length if none"),
    "people_exposed": ("people", "people inside the casualty area of leaks, sheltered or not (expectation)"),
    "injuries_expected": (
        "people",
        "expected injuries, with warning and shelter, those on the way to shelter included",
    ),
    "injuries_if_unwarned": ("people", "expected injuries of the same impacts, and debris, had nobody been warned"),
    "person_minutes_sheltered": ("person min", "people in alerted areas times minutes spent in shelter"),
    "areas_alerted": ("1", "area-alerts, merged within the merge time"),
    "areas_alerted_needlessly": (
        "1",
        "area-alerts during which nothing that was bound for that area came down or was intercepted on its way",
    ),
    "impacts_warned": ("1", "impacts inside areas with an alert before them"),
    "impacts_unwarned": ("1", "impacts inside areas with no alert before them"),
    "impacts_warned_late": ("1", "impacts warned, but later than the area's time to shelter"),
    "warning_lead_p10_s": ("s", "lead time that nine in ten impacts inside areas exceeded (unwarned count as 0)"),
    "warning_lead_p50_s": ("s", "median lead time of impacts inside areas (unwarned count as 0)"),
    "cost_defender_kusd": ("kUSD", "interceptors fired times their price"),
    "cost_attacker_kusd": ("kUSD", "objects launched times their price"),
    "damage_kusd": ("kUSD", "leaks times damage per built-up hit"),
    "rounds_initial": ("rounds", "rounds in launchers and depots at the start"),
    "rounds_made": ("rounds", "rounds that production has put into depots"),
    "rounds_sent": ("rounds", "rounds sent from outside by the end: shipments, orders and what batteries brought"),
    "rounds_in_transit": ("rounds", "rounds on the way to a depot at the end"),
    "rounds_lost": ("rounds", "rounds lost on the way to a depot"),
    "rounds_returned": ("rounds", "rounds that left in the launchers of batteries that left"),
    "injuries_if_undefended": (
        "people",
        "expected injuries with the same warning had nothing been intercepted, those on the way to shelter included",
    ),
    "injuries_if_neither": ("people", "expected injuries had nothing been intercepted and nobody been warned"),
    "injuries_sheltering": ("people", "expected injuries on the way to shelter, part of injuries_expected"),
    "injuries_by_debris": (
        "people",
        "expected injuries by debris of what was intercepted, part of injuries_expected and of injuries_if_unwarned",
    ),
    "cost_shelter_kusd": ("kUSD", "time in shelter at the price of a person's hour; no part of cost_defender_kusd"),
    **{f"not_engaged_{name}": ("1", f"threatening and not shot at: {text}") for name, text in LEAK_REASONS},
    **{f"leaked_{name}": ("1", f"leaked into built-up ground: {text}") for name, text in LEAK_REASONS},
    **{f"{group}_{what}": (unit, f"{words} {text}") for group, words in GROUPS for what, unit, text in OF_GROUP},
}

# name -> (numerator, denominator columns added up, meaning)
RATIOS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "success_of_engaged": ("intercepted", ("engaged",), "A: intercepted of the engaged"),
    "success_of_defended": (
        "defended_intercepted",
        ("defended_threatening",),
        "B: intercepted of the threatening where a ready battery's footprint covered the impact",
    ),
    "success_of_built_up": (
        "intercepted",
        ("intercepted", "leaked_built_up"),
        "C: intercepted of intercepted and leaked into built-up ground, defended or not",
    ),
    "engaged_of_crossed": (
        "engaged",
        ("at_sea", "open_ground", "intercepted", "leaked_built_up"),
        "engaged of those that left the launch areas",
    ),
    "share_of_launched": ("intercepted", ("launched",), "F: intercepted of everything launched"),
}


def tally_names() -> tuple[str, ...]:
    """Names of the kernel's columns in order, (N_TALLY,)."""
    return tuple(MEANING)

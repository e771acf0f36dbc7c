"""What the reference engine's rules choose from, and the two rules that come with the program, written once more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .reference_flight import Opening
from .reference_pieces import Launcher, Track, Unit

__all__ = ["POLICIES", "Choice", "Policy", "choose_earliest", "choose_greedy"]


@dataclass
class Choice:
    """One thing that could be done about a track: so many rounds from a launcher of a unit."""

    unit: Unit
    launcher: Launcher
    n_rounds: int
    opening: Opening
    p_kill: float


Policy = Callable[[Track, list[Choice], float], "Choice | None"]


def choose_earliest(track: Track, choices: list[Choice], round_price_people: float) -> Choice | None:
    """The rule `earliest`: the soonest meeting, and of its unit the largest salvo."""
    soonest = min(choices, key=lambda choice: choice.opening.t_meet_s)
    return max((choice for choice in choices if choice.unit is soonest.unit), key=lambda choice: choice.n_rounds)


def choose_greedy(track: Track, choices: list[Choice], round_price_people: float) -> Choice | None:
    """The rule `greedy`: the most people saved net of the price of the rounds, if any are."""
    if track.current is None:
        return None
    people = track.current.figures.value_people
    gains = [people * choice.p_kill - round_price_people * choice.n_rounds for choice in choices]
    best = max(gains)
    return choices[gains.index(best)] if best > 0.0 else None


POLICIES = {"earliest": choose_earliest, "greedy": choose_greedy}
"""Rules by the names that scenarios write."""

"""What the report speaks of: the words for what flies, for each measure, and the direction in which it is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opendome.base.tally import MEANING, RATIOS
from opendome.report.words import join

__all__ = ["SHOWN_MEASURES", "Subject", "measure_words", "objects_noun", "subject_of"]

SHOWN_MEASURES: tuple[str, ...] = (
    "launched",
    "intercepted",
    "leaked_built_up",
    "threatening",
    "engaged",
    "engaged_needlessly",
    "interceptors_fired",
    "interceptors_left",
    "stocked_out",
    "stockout_day_capped",
    "people_exposed",
    "injuries_expected",
    "injuries_if_unwarned",
    "areas_alerted",
    "areas_alerted_needlessly",
    "impacts_unwarned",
    "person_minutes_sheltered",
    "cost_defender_kusd",
    "cost_attacker_kusd",
    "success_of_engaged",
    "success_of_defended",
    "success_of_built_up",
    "share_of_launched",
)

_SHORT = {
    "launched": "launched",
    "intercepted": "intercepted",
    "threatening": "threatening a defended area",
    "engaged": "shot at",
    "interceptors_fired": "interceptors fired",
    "interceptors_left": "rounds left at the end",
    "people_exposed": "people where leaks came down",
    "injuries_expected": "expected injuries",
    "injuries_if_unwarned": "expected injuries, had nobody been warned",
    "impacts_unwarned": "impacts without a warning",
    "cost_defender_kusd": "cost of interceptors",
    "cost_attacker_kusd": "cost of what was launched",
    "leaked_built_up": "leaked into built-up ground",
    "stocked_out": "campaigns that ran out of rounds",
    "stockout_day_capped": "day of the first stock-out, or the last day",
    "person_minutes_sheltered": "people times minutes in shelter",
    "success_of_engaged": "A: intercepted of the engaged",
    "success_of_defended": "B: intercepted where a launch was feasible",
    "success_of_built_up": "C: intercepted of intercepted and leaked",
    "share_of_launched": "F: intercepted of everything launched",
    "areas_alerted_needlessly": "area-alerts with nothing on its way",
    "engaged_needlessly": "shot at needlessly",
    "areas_alerted": "area-alerts",
}

_SHARES = {"stocked_out", *RATIOS}


@dataclass(frozen=True)
class Subject:
    """Words around the headline measure; ``direction`` is -1 where less is better, +1 where more is.

    ``done`` follows 'would have' and takes {n}: 'kept {n} more rockets out of built-up ground'; ``undone`` is its
    opposite; ``short`` repeats it for a second alternative; ``of`` names what the gain is a share of.
    """

    unit: str
    direction: int
    done: str
    undone: str
    short: str
    of: str
    what: str
    scale: float = 1.0


def objects_noun(scenario: Mapping[str, Any]) -> str:
    """Give the plural for what is launched, from the scenario's classes: 'rockets', 'rockets and drones', 'objects'."""
    threats = scenario.get("threats") or {}
    shares = (threats.get("raid") or {}).get("classes") or {}
    names = {name for name, share in shares.items() if share} | {g.get("class", "") for g in threats.get("given") or ()}
    kinds: list[str] = []
    for word, mark in (
        ("rockets", "rocket"),
        ("mortar shells", "mortar"),
        ("drones", "drone"),
        ("cruise missiles", "cruise"),
    ):
        if any(mark in name for name in names):
            kinds.append(word)
    return join(kinds) if 1 <= len(kinds) <= 2 else ("objects" if kinds else "rockets")


def _subjects(noun: str) -> dict[str, Subject]:
    """Give the measures that have words of their own."""
    return {
        "leaked_built_up": Subject(
            noun,
            -1,
            f"kept {{n}} more {noun} out of built-up ground",
            f"let {{n}} more {noun} through into built-up ground",
            "kept out {n}",
            "of those that got through",
            f"{noun} kept out of built-up ground",
        ),
        "people_exposed": Subject(
            "people",
            -1,
            "spared {n} people from being where something came down",
            "exposed {n} more people",
            "spared {n}",
            "of those exposed",
            "people spared exposure",
        ),
        "injuries_expected": Subject(
            "people",
            -1,
            "spared {n} people an injury, as expected by the model",
            "cost {n} more injuries, as expected by the model",
            "spared {n}",
            "of all injuries",
            "injuries avoided",
        ),
        "stocked_out": Subject(
            "points",
            -1,
            "cut the chance of running out of rounds by {n} points of a hundred",
            "raised the chance of running out of rounds by {n} points of a hundred",
            "cut it by {n}",
            "of that chance",
            "points of a hundred off the chance of running out",
            100.0,
        ),
        "stockout_day_capped": Subject(
            "days",
            1,
            "put off the first shortage of rounds by {n} days",
            "brought the first shortage of rounds {n} days nearer",
            "put it off by {n}",
            "of the time without one",
            "days without a shortage gained",
        ),
    }


def subject_of(measure: str, noun: str) -> Subject:
    """Give the words for a headline measure; measures without words of their own get plain ones."""
    table = _subjects(noun)
    if measure in table:
        return table[measure]
    unit, meaning = MEANING.get(measure, ("1", measure.replace("_", " ")))
    unit = noun if unit == "1" else unit
    better = 1 if measure in {"intercepted", "interceptors_left", "warning_lead_p50_s", *RATIOS} else -1
    more, less = ("raised", "lowered") if better > 0 else ("lowered", "raised")
    return Subject(
        unit,
        better,
        f"{more} the count “{meaning}” by {{n}}",
        f"{less} the count “{meaning}” by {{n}}",
        f"{more} it by {{n}}",
        "of the whole",
        f"change for the better in “{meaning}”",
    )


def measure_words(measure: str) -> tuple[str, str, float]:
    """Give (words, unit, factor) of a measure for tables; shares are printed in per cent."""
    if measure in RATIOS:
        words, unit = RATIOS[measure][2], "1"
    else:
        unit, words = MEANING.get(measure, ("1", measure.replace("_", " ")))
    words = _SHORT.get(measure, words)
    if measure in _SHARES:
        return words, "%", 100.0
    return words, "" if unit == "1" or unit in words else unit, 1.0

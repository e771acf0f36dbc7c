"""The answer in one sentence, and the boxes under it."""

from __future__ import annotations

import math

from opendome.report.model import Answer, Box, Estimate
from opendome.report.subjects import Subject
from opendome.report.words import (
    duration,
    interval,
    lower,
    number,
    per_cent,
    places_for,
    share_of,
    share_phrase,
    subject_words,
)

__all__ = ["answer", "boxes", "places_of", "single_answer", "state_of"]


def state_of(gain: Estimate) -> str:
    """Say whether a gain is 'positive', 'negative' or 'unclear' (its interval holds zero, or there is none)."""
    if gain.low > 0:
        return "positive"
    return "negative" if gain.high < 0 else "unclear"


def places_of(gain: Estimate) -> int:
    """Give the decimals with which a gain and its interval are printed."""
    half = (gain.high - gain.low) / 2
    if not math.isfinite(half) or half <= 0:
        return 0 if abs(gain.value) >= 10 or gain.value == int(gain.value or 0) else 2
    return places_for(half)


def _first(label: str, gain: Estimate, base: float, subject: Subject, days: float) -> list[tuple[str, bool]]:
    places = places_of(gain)
    span = "" if not math.isfinite(gain.low) else interval(gain.low, gain.high, places)
    state = state_of(gain)
    if gain.low == gain.high == 0.0:
        return [(f"{subject_words(label)} would have made no difference in {duration(days)}, in any campaign.", False)]
    if state == "unclear":
        if not span:
            words = f"In the one campaign run, “{lower(label)}” came to {number(gain.value, places)} {subject.what}; "
            return [(words + "one campaign says nothing about the mean.", False)]
        return [
            (f"{subject_words(label)} would have made no clear difference in {duration(days)}: ", False),
            (f"a gain of {number(gain.value, places)} {subject.unit}", False),
            (f" ({span})", True),
            (" may as well be nothing.", False),
        ]
    verb = subject.done if state == "positive" else subject.undone
    low, high = sorted((abs(gain.low), abs(gain.high)))
    before, after = verb.split("{n}")
    share = ""
    if base > 0 and state == "positive" and subject.direction < 0:
        share = f", {_share_of(gain.value / base)} {subject.of}"
    return [
        (f"{subject_words(label)} would have {before}{number(abs(gain.value), places)}", False),
        (f" ({interval(low, high, places)})", True),
        (f"{after} in {duration(days)}{share}.", False),
    ]


def _share_of(share: float) -> str:
    phrase = share_phrase(share)
    return f"{per_cent(share)}" if phrase.startswith(("fewer", "more", "all but")) else phrase


def _second(label: str, gain: Estimate, subject: Subject, is_after_nothing: bool) -> list[tuple[str, bool]]:
    places = places_of(gain)
    state = state_of(gain)
    if not math.isfinite(gain.low):
        return []
    if gain.low == gain.high == 0.0:
        if is_after_nothing:
            return [(f" Nor would “{lower(label)}”.", False)]
        return [(f" {subject_words(label)} would have made no difference.", False)]
    if state == "unclear":
        words = f" {subject_words(label)} would have made no clear difference: {number(gain.value, places)}"
        return [(words, False), (f" ({interval(gain.low, gain.high, places)})", True), (".", False)]
    low, high = sorted((abs(gain.low), abs(gain.high)))
    ends = (f" ({interval(low, high, places)})", True)
    if state == "negative":
        verb = subject.undone.replace("{n}", number(abs(gain.value), places))
        return [(f" {subject_words(label)} would have {verb}", False), ends, (".", False)]
    verb = subject.short.replace("{n}", number(gain.value, places))
    return [(f" {subject_words(label)} would have {verb}", False), ends, (".", False)]


def answer(
    label: str,
    gain: Estimate,
    base: float,
    subject: Subject,
    days: float,
    rounds: tuple[str, Estimate] | None = None,
) -> Answer:
    """Say what the headline alternative buys, with its interval, and what its rounds alone would.

    Parameters
    ----------
    label : str
        Words for the headline alternative.
    gain : Estimate
        Paired gain over the baseline, better side positive, in the subject's unit.
    base : float
        Mean of the measure in the baseline, of which the gain is a share.
    subject : Subject
        Words and direction of the measure.
    days : float
        Length of the campaign [day].
    rounds : (label, Estimate), optional
        The alternative that brings rounds only.
    """
    pieces = _first(label, gain, base, subject, days)
    if rounds is not None:
        pieces += _second(rounds[0], rounds[1], subject, gain.low == gain.high == 0.0)
    return Answer(tuple(pieces))


def single_answer(mean: Estimate, launched: float, noun: str, p_stockout: float, days: float) -> Answer:
    """Say what came through where only one alternative ran."""
    places = places_of(mean)
    of = f", {_share_of(mean.value / launched)}" if launched > 0 and mean.value > 0 else ""
    stock = "Rounds never ran out." if p_stockout == 0 else f"Rounds ran out in {share_of(p_stockout, 'campaign')[0]}."
    ends = f" ({interval(mean.low, mean.high, places)})" if math.isfinite(mean.low) else ""
    return Answer(
        (
            (f"Of {number(launched)} {noun} launched in {duration(days)}, {number(mean.value, places)}", False),
            (ends, True),
            (f" came down in built-up ground{of}. {stock}", False),
        )
    )


def boxes(
    gain: Estimate, inputs: Estimate | None, subject: Subject, turning: Box | None, confidence: float
) -> tuple[Box, ...]:
    """Give the boxes under the answer: both intervals, and what would turn it round."""
    places = places_of(gain)
    share = per_cent(confidence)
    out = []
    if math.isfinite(gain.low):
        words = interval(gain.low, gain.high, places)
        out.append(Box(f"Interval of the simulation, {share}", ((words, True), (f" {subject.unit}", False))))
    if inputs is not None:
        words = interval(inputs.low, inputs.high, places_of(inputs))
        out.append(Box(f"With uncertain inputs, {share}", ((words, True), (f" {subject.unit}", False))))
    if turning is not None:
        out.append(turning)
    return tuple(out)

"""What would turn the answer round: both of its statements against the swing of one assumption at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from opendome.report.answer import places_of, state_of
from opendome.report.model import Box, Estimate, TornadoRow
from opendome.report.subjects import Subject
from opendome.report.words import lower, number, subject_words, value
from opendome.study.inputs import LEAST_SHARE

__all__ = ["RoundsOnly", "clearing_points", "rounded_turn", "turning_points", "turning_words"]

_COUNTED = frozenset({"rounds", "rockets", "launches", "launchers", "engagements", "batteries", "drones", "areas"})

Pieces = list[tuple[str, bool]]


@dataclass(frozen=True)
class RoundsOnly:
    """The alternative that brings rounds only: its label, its gain, and the swing of that gain."""

    label: str
    gain: Estimate
    rows: Sequence[TornadoRow]


def turning_points(rows: Sequence[TornadoRow], gain_used: float) -> list[tuple[TornadoRow, bool]]:
    """Give the two assumptions that turn a gain round, or come nearest: (row, whether it is the low end).

    Those that cross zero come first, the one with the farther end beyond zero before the other; then those whose worst
    end is nearest to zero.
    """
    sign = 1.0 if gain_used >= 0 else -1.0

    def worst(row: TornadoRow) -> float:
        return min(sign * row.gain_low.value, sign * row.gain_high.value)

    finite = [row for row in rows if math.isfinite(row.gain_low.value) and math.isfinite(row.gain_high.value)]
    best = sorted(finite, key=worst)[:2]
    if any(row.crossing is not None for row in best):
        best = [row for row in best if row.crossing is not None]
    return [(row, sign * row.gain_low.value <= sign * row.gain_high.value) for row in best]


def clearing_points(rows: Sequence[TornadoRow], least: float) -> list[tuple[TornadoRow, float, bool]]:
    """Give the two assumptions that make a gain largest and clear: (row, value where it begins, whether below).

    A gain is clear where its interval excludes zero and it reaches ``least``. The value lies on a straight line between
    the last value run where it is clear, coming from the end, and the next one towards the value in use. Where the
    value in use is unknown, the end itself is given.
    """
    best: dict[str, tuple[float, TornadoRow, float, bool]] = {}
    for row in rows:
        for end, at, is_low in ((row.gain_low, row.low, True), (row.gain_high, row.high, False)):
            if _is_clear(end, least) and end.value > best.get(row.name, (0.0,))[0]:
                best[row.name] = (end.value, row, _begins(row, end, at, least), is_low)
    ranked = sorted(best.values(), key=lambda item: -item[0])
    return [(row, at, is_low) for _, row, at, is_low in ranked[:2]]


def _is_clear(gain: Estimate, least: float) -> bool:
    return gain.low > 0.0 and gain.value >= least


def _begins(row: TornadoRow, end: Estimate, at: float, least: float) -> float:
    """Give the value between the one in use and the end ``at`` where the gain becomes clear."""
    if not math.isfinite(row.used):
        return at
    inside = [point for point in row.between if min(row.used, at) < point[0] < max(row.used, at)]
    inside.sort(key=lambda point: abs(point[0] - at))
    used = (row.used, Estimate(row.gain_used, row.gain_used_low, math.inf))
    far, gain_far = at, end
    for near, gain_near in (*inside, used):
        if not _is_clear(gain_near, least):
            way = max(_way(gain_near.low, gain_far.low, 0.0), _way(gain_near.value, gain_far.value, least))
            return near + way * (far - near)
        far, gain_far = near, gain_near
    return far


def _way(used: float, end: float, wanted: float) -> float:
    """Part of the way from ``used`` to ``end`` at which a straight line reaches ``wanted``."""
    return 0.0 if not used < wanted else (wanted - used) / (end - used)


def rounded_turn(at: float, low: float, high: float) -> float:
    """Round the value of a turn to what a straight line can bear: about a twentieth of the range, in round steps."""
    span = abs(high - low)
    if not span > 0:
        return at
    step = 10.0 ** math.floor(math.log10(span / 20.0))
    return round(round(at / step) * step, 12)


def _is_counted(row: TornadoRow) -> bool:
    return not row.unit and row.label.split(" ", 1)[0].lower() in _COUNTED


def _name(row: TornadoRow) -> str:
    return f"“{lower(row.label)}”" if ", " in row.label else lower(row.label)


def _at(row: TornadoRow, at: float) -> str:
    """Write an assumption at a value: '137 rockets a day', 'reach at 12 km'."""
    if _is_counted(row):
        return f"{value(at)} {lower(row.label)}"
    return f"{_name(row)} at {value(at)}{_unit(row)}"


def _unit(row: TornadoRow) -> str:
    return f" {row.unit}" if row.unit else ""


def _beyond(row: TornadoRow, at: float, is_low: bool) -> str:
    """Write an assumption beyond a value: 'under about 2,700 rounds in the depot', 'reach above about 12 km'."""
    if not math.isfinite(row.used) and row.crossing is None:
        return _at(row, at)
    is_below = at < row.used if math.isfinite(row.used) and at != row.used else is_low
    said = f"{'under' if is_below else 'above'} about {value(rounded_turn(at, row.low, row.high))}"
    return f"{said} {lower(row.label)}" if _is_counted(row) else f"{_name(row)} {said}{_unit(row)}"


def _listed(opening: str, conditions: Sequence[str]) -> Pieces:
    """Write 'Two more would no longer help with A, or with B.'"""
    pieces: Pieces = [(f"{opening} with ", False)]
    for i, words in enumerate(conditions):
        pieces += [(", or with " if i else "", False), (words, True)]
    return [*pieces, (".", False)]


def turning_words(
    rows: Sequence[TornadoRow], label: str, gain: Estimate, subject: Subject, rounds: RoundsOnly | None = None
) -> Box:
    """Say in words what would turn the answer round, and where: the headline's gain, then that of rounds alone.

    Parameters
    ----------
    rows : sequence of TornadoRow
        Swing of the headline's gain.
    label : str
        Words for the headline alternative.
    gain : Estimate
        Its gain as it stands.
    subject : Subject
        Words of the measure.
    rounds : RoundsOnly, optional
        What brings rounds only; without a swing of its own nothing is said of it.
    """
    if not rows:
        return Box("What would turn it round", (("No assumption was varied in this study.", False),))
    is_unclear = state_of(gain) == "unclear"
    pieces = _clearing_words(rows, subject) if is_unclear else _headline_words(rows, label, gain, subject)
    if rounds is not None and rounds.rows:
        pieces += [(" ", False), *_rounds_words(rounds, gain)]
    return Box("What would make it clear" if is_unclear else "What would turn it round", tuple(pieces))


def _headline_words(rows: Sequence[TornadoRow], label: str, gain: Estimate, subject: Subject) -> Pieces:
    points = turning_points(rows, gain.value)
    crossing = [(row, row.crossing, is_low) for row, is_low in points if row.crossing is not None]
    if crossing:
        verb = "would no longer help" if gain.value >= 0 else "would help"
        return _listed(f"{subject_words(label)} {verb}", [_beyond(*point) for point in crossing])
    pieces: Pieces = [("Nothing within the stated ranges. It comes nearest with ", False)]
    places = places_of(gain)
    for i, (row, is_low) in enumerate(points):
        end, at = (row.gain_low, row.low) if is_low else (row.gain_high, row.high)
        left = f"{number(end.value, places)} {subject.unit} left" if i == 0 else f"{number(end.value, places)} left"
        pieces += [(" and " if i else "", False), (_at(row, at), True), (f" ({left})", False)]
    return [*pieces, (".", False)]


def _rounds_words(rounds: RoundsOnly, gain: Estimate) -> Pieces:
    """Say where rounds alone would begin to help, or, if they do already, where they would cease to."""
    least = LEAST_SHARE * max(gain.value, 0.0)
    label = subject_words(rounds.label)
    is_clear = state_of(rounds.gain) == "positive"
    if is_clear and rounds.gain.value >= least:
        points = turning_points(rounds.rows, rounds.gain.value)
        crossing = [_beyond(row, row.crossing, is_low) for row, is_low in points if row.crossing is not None]
        if crossing:
            return _listed(f"{label} would no longer help", crossing)
        return [(f"{label} would help throughout the stated ranges.", False)]
    found = clearing_points(rounds.rows, least)
    if not found:
        return [(f"{label} would not help clearly at any one value within the stated ranges.", False)]
    verb = "would begin to help noticeably" if is_clear else "would begin to help"
    return _listed(f"{label} {verb}", [_beyond(*point) for point in found])


def _clearing_words(rows: Sequence[TornadoRow], subject: Subject) -> Pieces:
    """Where the answer is unclear: say which assumption, at which end, would make it clearest."""
    ends = [(row, gain, at) for row in rows for gain, at in ((row.gain_low, row.low), (row.gain_high, row.high))]
    clear = [end for end in ends if state_of(end[1]) != "unclear"]
    if not clear:
        return [("No assumption alone, within its stated range.", False)]
    row, gain, at = max(clear, key=lambda end: abs(end[1].value))
    verb = "help" if gain.value > 0 else "make matters worse"
    return [
        (f"It would {verb} with ", False),
        (_at(row, at), True),
        (f" ({number(gain.value, places_of(gain))} {subject.unit}).", False),
    ]

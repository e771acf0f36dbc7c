"""Fig. 2: where every launch ended, one strip an alternative, and the leaks by reason beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from opendome.report.figures.svg import NARROW, WIDE, Canvas, Figure, Scale, fit, text_width, wrap
from opendome.report.model import EndsPanel, Part
from opendome.report.words import number

__all__ = ["ends_figure", "place_names"]

_HIGH = 26.0
_PITCH = 44.0
_NAMED = 3.0


def ends_figure(panel: EndsPanel) -> Figure:
    """Draw Fig. 2 wide and narrow."""
    return Figure(_wide(panel), _narrow(panel))


def _say(panel: EndsPanel) -> str:
    return "Where launches ended: " + "; ".join(
        f"{row.label}: " + ", ".join(f"{part.name} {number(value)}" for part, value in zip(panel.parts, row.parts))
        for row in panel.rows
    )


def _places(values: Sequence[float]) -> int:
    return 0 if max(values, default=0.0) >= 10 else 1


def _strip(
    canvas: Canvas, y: float, values: Sequence[float], parts: Sequence[Part], scale: Scale, high: float, places: int
) -> None:
    """Stack the parts of one strip; a number stands on its part where it has room."""
    at = 0.0
    for value, part in zip(values, parts):
        x, end = scale(at), scale(at + value)
        at += value
        if end - x < 0.4:
            continue
        said = number(value, places)
        canvas.rect(x, y, end - x - (1.0 if end - x > 3 else 0.0), high, part.fill, title=f"{part.name} {said}")
        if end - x > text_width(said) + 9:
            canvas.text(x + 6, y + high / 2 + 4.5, said, colour=part.on)


@dataclass(frozen=True)
class _Name:
    part: Part
    start: float
    room: float
    middle: float
    tier: int


def place_names(values: Sequence[float], parts: Sequence[Part], scale: Scale, right: float) -> list[_Name]:
    """Find places for the parts' names above a strip: over the part, or on a higher tier with a leader.

    Parts narrower than 3 px get no name.

    Names never overlap, and no leader runs through a name; wide parts choose first, and step back where a later name
    would find no place.
    """
    spans = []
    at = 0.0
    for value, part in zip(values, parts):
        spans.append((scale(at), scale(at + value), part))
        at += value
    shown = sorted((s for s in spans if s[1] - s[0] >= _NAMED), key=lambda s: -(s[1] - s[0]))
    choices = [_choices(x, end, part, right) for x, end, part in shown]
    for n in range(len(choices), 0, -1):
        found = _settle(choices[:n], [])
        if found:
            return found
    return []


def _choices(x: float, end: float, part: Part, right: float) -> list[_Name]:
    middle = (x + end) / 2
    room = text_width(part.name, bold=part.fill == "leaked")

    def name(start: float, tier: int) -> _Name:
        return _Name(part, min(max(start, 0.0), right - room), room, middle, tier)

    if room + 2 <= end - x:
        return [name(x, 0), *(name(x, tier) for tier in range(1, 4))]
    above = [name(start, tier) for tier in range(1, 6) for start in (middle - room / 2, middle - 1, middle - room + 1)]
    return [name(middle - room / 2, 0), *above] if room <= end - x + 24 else above


def _settle(choices: Sequence[Sequence[_Name]], placed: list[_Name]) -> list[_Name]:
    """Give the first choice of places in which all names are apart, by depth-first search; empty if there is none."""
    if len(placed) == len(choices):
        return placed
    for name in choices[len(placed)]:
        if all(_apart(name, other) for other in placed):
            found = _settle(choices, [*placed, name])
            if found:
                return found
    return []


def _apart(one: _Name, other: _Name) -> bool:
    low, high = (one, other) if one.tier <= other.tier else (other, one)
    if low.tier == high.tier:
        return one.start + one.room + 8 <= other.start or other.start + other.room + 8 <= one.start
    return not low.start - 1.5 < high.middle < low.start + low.room + 1.5


def _write_names(canvas: Canvas, y: float, names: Sequence[_Name]) -> None:
    for name in names:
        is_leak = name.part.fill == "leaked"
        top = y - 9 - 18 * name.tier
        canvas.text(name.start, top, name.part.name, colour="leaked-text" if is_leak else "muted", bold=is_leak)
        if name.tier > 0:
            canvas.line(name.middle, top + 5, name.middle, y - 2, "line-strong")


def _tiers(*groups: Sequence[_Name]) -> int:
    return max((name.tier for names in groups for name in names), default=0) + 1


def _wide(panel: EndsPanel) -> str:
    canvas = Canvas(WIDE)
    label_room = min(236.0, max(text_width(row.label, bold=row.is_chosen) for row in panel.rows) + 18)
    most = max(sum(row.parts) for row in panel.rows)
    left = Scale(0.0, most or 1.0, label_room, 735.0)
    leak_most = max(max(sum(row.leaks) for row in panel.rows), 1e-9)
    right = Scale(0.0, leak_most, 806.0, 806.0 + _leak_width(panel, left, leak_most))
    first = panel.rows[0]
    names = place_names(first.parts, panel.parts, left, 735.0), place_names(first.leaks, panel.reasons, right, WIDE)
    top = 12.0 + 18 * _tiers(*names)
    for group in names:
        _write_names(canvas, top, group)
    places = _places([v for row in panel.rows for v in row.leaks])
    for i, row in enumerate(panel.rows):
        y = top + i * _PITCH
        lines = wrap(row.label, label_room - 14, bold=row.is_chosen)[:2]
        for k, words in enumerate(lines):
            canvas.text(0, y + 17.5 + 16 * (k - (len(lines) - 1) / 2), words, bold=row.is_chosen, title=row.label)
        _strip(canvas, y, row.parts, panel.parts, left, _HIGH, 0)
        _strip(canvas, y, row.leaks, panel.reasons, right, _HIGH, places)
        total = sum(row.leaks)
        canvas.text(right(total) + 8, y + 17.5, number(total, places), colour="leaked-text", bold=True)
    canvas.height = top + len(panel.rows) * _PITCH - (_PITCH - _HIGH) + 2
    return canvas.svg(_say(panel))


def _leak_width(panel: EndsPanel, left: Scale, leak_most: float) -> float:
    per_unit = (left.end - left.start) / (left.high - left.low)
    return min(WIDE - 806.0 - 60.0, per_unit * panel.leak_scale * leak_most)


def _narrow(panel: EndsPanel) -> str:
    canvas = Canvas(NARROW)
    most = max(sum(row.parts) for row in panel.rows)
    scale = Scale(0.0, most or 1.0, 0.0, NARROW)
    leak_most = max(max(sum(row.leaks) for row in panel.rows), 1e-9)
    places = _places([v for row in panel.rows for v in row.leaks])
    room = NARROW - text_width(number(leak_most, places), bold=True) - 10
    leak_scale = Scale(0.0, leak_most, 0.0, min(room, NARROW / (most or 1.0) * panel.narrow_leak_scale * leak_most))
    first = panel.rows[0]
    names = place_names(first.parts, panel.parts, scale, NARROW)
    y = 30.0 + 18 * _tiers(names)
    _write_names(canvas, y, names)
    for i, row in enumerate(panel.rows):
        canvas.text(0, 12 if i == 0 else y - 7, fit(row.label, NARROW, bold=row.is_chosen), bold=row.is_chosen)
        _strip(canvas, y, row.parts, panel.parts, scale, 20.0, 0)
        _strip(canvas, y + 22, row.leaks, panel.reasons, leak_scale, 18.0, places)
        canvas.text(NARROW, y + 36, number(sum(row.leaks), places), colour="leaked-text", bold=True, anchor="end")
        y += 71
    canvas.height = y - 22
    return canvas.svg(_say(panel))

"""Fig. 1: quantile dots of paired gains, both intervals, and the causes on the same scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

from opendome.report.figures.svg import (
    NARROW,
    WIDE,
    Canvas,
    Figure,
    Scale,
    fit,
    nice_ticks,
    text_width,
    tick_places,
    wrap,
)
from opendome.report.model import Cause, Estimate, GainPanel, GainRow
from opendome.report.statistics import bin_dots
from opendome.report.words import interval, lower, number, signed

__all__ = ["gain_figure"]

_TALLEST = 62.0
_MANY_UNCHANGED = 20


@dataclass(frozen=True)
class _Look:
    is_wide: bool
    width: float
    start: float
    end: float
    radius: float
    pitch: float
    right: tuple[float, float, float]


_WIDE = _Look(True, WIDE, 252.0, 846.0, 3.1, 7.0, (924.0, 1022.0, WIDE))
_NARROW = _Look(False, NARROW, 6.0, 352.0, 2.6, 5.8, (NARROW, NARROW, NARROW))


def gain_figure(panel: GainPanel) -> Figure:
    """Draw Fig. 1 wide and narrow."""
    return Figure(_draw(panel, _WIDE), _draw(panel, _NARROW))


def _limits(panel: GainPanel) -> tuple[float, float]:
    at: list[float] = [0.0]
    for row in panel.rows:
        at += [*row.dots, row.mean.value, row.mean.low, row.mean.high]
        if row.inputs is not None:
            at += [row.inputs.low, row.inputs.high]
    for cause in panel.causes:
        at += [cause.start, cause.start + cause.part.value]
        at += [cause.start + cause.part.low, cause.start + cause.part.high]
    finite = [x for x in at if math.isfinite(x)]
    low, high = min(finite), max(finite)
    if low == high:
        return low - 1.0, high + 1.0
    margin = 0.03 * (high - low)
    return low - (margin if low < 0 else 0.0), high + (margin if high > 0 else 0.0)


def _draw(panel: GainPanel, look: _Look) -> str:
    low, high = _limits(panel)
    start = look.start + (0.0 if low < 0 else 8.0)
    scale = Scale(low, high, start, look.end)
    canvas = Canvas(look.width)
    body = Canvas(look.width)
    gaps: list[tuple[float, float]] = []
    y = 34.0
    for row in panel.rows:
        y = _row(body, row, scale, look, y, panel.places, gaps)
    if panel.causes and panel.total is not None:
        y = _causes(body, panel, panel.total, scale, look, y, gaps)
    canvas.height = y + 4
    _axis(canvas, panel, scale, look, y, gaps)
    canvas.parts += body.parts
    label = f"Gains of {len(panel.rows)} alternatives: " + "; ".join(
        f"{row.label} {signed(row.mean.value, panel.places)} ({interval(row.mean.low, row.mean.high, panel.places)})"
        for row in panel.rows
    )
    return canvas.svg(label)


def _axis(
    canvas: Canvas, panel: GainPanel, scale: Scale, look: _Look, bottom: float, gaps: list[tuple[float, float]]
) -> None:
    ticks = nice_ticks(scale.low, scale.high, 7 if look.is_wide else 5)
    places = tick_places(ticks)
    for tick in ticks:
        x = scale(tick)
        for top, end in _between(24.0, bottom, gaps):
            canvas.line(x, top, x, end, "ink" if tick == 0 else "line")
        if tick == 0:
            if look.is_wide and x - text_width("no gain 0") > 150:
                canvas.text(x - 9, 16, "no gain", colour="muted", anchor="end")
            canvas.text(x, 16, "0", colour="muted", anchor="middle")
        else:
            room = text_width(signed(tick, places)) / 2
            canvas.text(min(max(x, room), look.width - room), 16, signed(tick, places), colour="muted", anchor="middle")
    if look.is_wide:
        has_inputs = any(row.inputs for row in panel.rows)
        heads = ("mean", "simulation", "with inputs" if has_inputs else "")
        for x, words in zip(look.right, heads):
            if words:
                canvas.text(x, 16, words, colour="muted", anchor="end")


def _between(top: float, bottom: float, gaps: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Cut a vertical line at the gaps, so that it never strikes through words."""
    out = []
    for start, end in sorted(gaps):
        if start > top:
            out.append((top, start))
        top = max(top, end)
    if bottom > top:
        out.append((top, bottom))
    return out


def _row(
    canvas: Canvas,
    row: GainRow,
    scale: Scale,
    look: _Look,
    y: float,
    places: int,
    gaps: list[tuple[float, float]],
) -> float:
    dots = bin_dots([scale(x) for x in row.dots], look.pitch)
    tallest = max((i for _, i in dots), default=0) + 1
    step = min(look.pitch, _TALLEST / tallest)
    if not look.is_wide:
        y = _name_above(canvas, row.label, row.mean, row.is_chosen, look, y, places, gaps)
    base = y + max(14.0, step * tallest) + (10.0 if look.is_wide else 0.0)
    colour = "chosen" if row.is_chosen else "dot"
    for x, i in dots:
        canvas.circle(x, base - i * step, look.radius, colour)
    _say_unchanged(canvas, row, scale, base - step * (tallest - 1) + 9)
    if look.is_wide:
        _name_left(canvas, row.label, row.is_chosen, look.start - 14, base - 2)
        _numbers(canvas, row.mean, row.inputs, look, base - 2, places)
    line = base + 11
    if row.inputs is not None:
        canvas.line(scale(row.inputs.low), line, scale(row.inputs.high), line, "dot", 1.6)
        if look.is_wide and row.is_chosen:
            _say_inputs(canvas, scale(row.inputs.high), line, look)
    _mean_mark(canvas, row.mean, scale, line)
    return line + (22.0 if look.is_wide else 20.0)


def _say_unchanged(canvas: Canvas, row: GainRow, scale: Scale, y: float) -> None:
    """Where most campaigns do not change at all, so that dots grow into a bar, say how many."""
    unchanged = sum(abs(x) < 1e-9 for x in row.dots)
    if unchanged >= _MANY_UNCHANGED:
        words = f"no change in {unchanged} of {len(row.dots)}"
        x = scale(0.0) + 10
        if x + text_width(words) < scale.end:
            canvas.text(x, y, words, colour="muted", halo="ground")
        else:
            canvas.text(scale(0.0) - 10, y, words, colour="muted", anchor="end", halo="ground")


def _name_left(canvas: Canvas, label: str, is_chosen: bool, room: float, y: float) -> None:
    lines = wrap(label, room, bold=is_chosen)[:2]
    for i, words in enumerate(lines):
        canvas.text(0, y - 17 * (len(lines) - 1 - i), words, bold=is_chosen, title=label)


def _say_inputs(canvas: Canvas, x: float, y: float, look: _Look) -> None:
    words = "with inputs"
    if x + 8 + text_width(words) < look.end + 20:
        canvas.text(x + 8, y + 4, words, colour="muted", halo="ground")


def _name_above(
    canvas: Canvas,
    label: str,
    mean: Estimate,
    is_chosen: bool,
    look: _Look,
    y: float,
    places: int,
    gaps: list[tuple[float, float]],
) -> float:
    said = f"{signed(mean.value, places)} ({interval(mean.low, mean.high, places)})"
    room = look.width - text_width(said, bold=is_chosen) - 12
    lines = [label] if text_width(label, bold=is_chosen) <= room else wrap(label, room, bold=is_chosen)
    for i, line in enumerate(lines):
        canvas.text(0, y + 13 + 17 * i, line, bold=is_chosen)
    canvas.text(look.width, y + 13, said, bold=is_chosen, anchor="end")
    bottom = y + 1 + 17 * len(lines)
    gaps.append((y - 1, bottom))
    return bottom + 6


def _numbers(canvas: Canvas, mean: Estimate, inputs: Estimate | None, look: _Look, y: float, places: int) -> None:
    canvas.text(look.right[0], y, signed(mean.value, places), bold=True, anchor="end")
    canvas.text(look.right[1], y, interval(mean.low, mean.high, places), anchor="end")
    if inputs is not None:
        canvas.text(look.right[2], y, interval(inputs.low, inputs.high, places), anchor="end")


def _mean_mark(canvas: Canvas, mean: Estimate, scale: Scale, y: float, colour: str = "chosen") -> None:
    if math.isfinite(mean.low):
        canvas.line(scale(mean.low), y, scale(mean.high), y, colour, 4)
    canvas.circle(scale(mean.value), y, 3.6, "ground", colour, 1.6)


def _causes(
    canvas: Canvas,
    panel: GainPanel,
    total: GainRow,
    scale: Scale,
    look: _Look,
    y: float,
    gaps: list[tuple[float, float]],
) -> float:
    y += 18
    lines = wrap(panel.causes_title, look.width, bold=True)
    for i, words in enumerate(lines):
        canvas.text(0, y + 12 + 18 * i, words, bold=True)
    gaps.append((y - 2, y + 18 * len(lines)))
    y += 16 + 18 * len(lines)
    previous: tuple[float, float] | None = None
    for cause in panel.causes:
        if not look.is_wide:
            y = _name_above(canvas, cause.label, cause.part, False, look, y, panel.places, gaps) - 4
        line = y + 10
        if previous is not None:
            canvas.line(
                previous[0], previous[1] + 4, previous[0], line - (4 if look.is_wide else 0), "line-strong", 1, "2 2"
            )
        previous = _cause(canvas, cause, scale, look, line, panel.places)
        y += 27 if look.is_wide else 20
    if not look.is_wide:
        y = _name_above(canvas, "Together", total.mean, True, look, y, panel.places, gaps) - 4
    line = y + 10
    if previous is not None:
        canvas.line(previous[0], previous[1] + 4, previous[0], line - 4, "line-strong", 1, "2 2")
    _mean_mark(canvas, total.mean, scale, line)
    if look.is_wide:
        canvas.text(0, line + 4, "Together", bold=True)
        _numbers(canvas, total.mean, total.inputs, look, line + 4, panel.places)
    return y + 24


def _cause(canvas: Canvas, cause: Cause, scale: Scale, look: _Look, y: float, places: int) -> tuple[float, float]:
    end = cause.start + cause.part.value
    colour = "chosen" if cause.part.value >= 0 else "leaked"
    canvas.line(scale(cause.start + cause.part.low), y, scale(cause.start + cause.part.high), y, "dot", 5)
    canvas.line(scale(cause.start), y, scale(end), y, colour, 1.8)
    canvas.circle(scale(end), y, 3.6, "ground", colour, 1.6)
    if look.is_wide:
        canvas.text(
            0,
            y + 4,
            fit(cause.label, look.start - 12),
            title=f"{lower(cause.label)}: {number(cause.part.value, places)}",
        )
        _numbers(canvas, cause.part, None, look, y + 4, places)
    return scale(end), y

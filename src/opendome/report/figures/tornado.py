"""Swing of the headline with one assumption at a time; only what crosses zero has colour."""

from __future__ import annotations

import math

from opendome.report.figures.svg import (
    NARROW,
    WIDE,
    Canvas,
    Figure,
    Scale,
    nice_ticks,
    text_width,
    tick_places,
    wrap,
)
from opendome.report.model import TornadoPanel, TornadoRow
from opendome.report.turning import rounded_turn
from opendome.report.words import number, signed, value

__all__ = ["tornado_figure"]

_ROW = 40.0
_MOST = 16


def tornado_figure(panel: TornadoPanel) -> Figure:
    """Draw the swing of each assumption wide and narrow, widest first; more than sixteen are in the table alone."""
    return Figure(_wide(panel), _narrow(panel))


def _scale(panel: TornadoPanel, start: float, end: float) -> Scale:
    at = [0.0, panel.gain_used] if panel.worse else [panel.gain_used]
    for row in panel.rows[:_MOST]:
        at += [row.gain_low.value, row.gain_high.value]
    low, high = min(at), max(at)
    margin = 0.02 * ((high - low) or 1.0)
    return Scale(low - margin, high + margin, start, end)


def _say(panel: TornadoPanel) -> str:
    return "Gain at the low and high value: " + "; ".join(
        f"{row.name} {value(row.low)} to {value(row.high)}: {signed(row.gain_low.value)} to "
        f"{signed(row.gain_high.value)}"
        for row in panel.rows[:_MOST]
    )


def _axis(canvas: Canvas, panel: TornadoPanel, scale: Scale, top: float, bottom: float, n: int) -> None:
    zero = scale(0.0)
    if panel.worse:
        canvas.rect(scale.start, top - 6, zero - scale.start, bottom - top + 6, "panel")
    ticks = nice_ticks(scale.low, scale.high, n)
    places = tick_places(ticks)
    for tick in ticks:
        x = scale(tick)
        canvas.line(x, top - 6, x, bottom, "ink" if tick == 0 else "line")
        canvas.text(
            x,
            top - 12,
            (signed if panel.worse else number)(tick, places if tick else 0),
            colour="muted",
            anchor="middle",
        )
    if panel.worse:
        _sides(canvas, panel, zero, top)
    used = scale(panel.gain_used)
    canvas.line(used, top - 6, used, bottom, "muted", 1.4, "2 3")


def _sides(canvas: Canvas, panel: TornadoPanel, zero: float, top: float) -> None:
    better = text_width(panel.better)
    worse = panel.worse if zero - text_width(panel.worse) - 9 > 0 else panel.worse.rsplit(" ", 1)[-1]
    if zero - text_width(worse) - 9 > 0:
        canvas.text(zero - 9, top - 32, worse, colour="leaked-text", anchor="end")
    if zero + better + 9 < canvas.width:
        canvas.text(zero + 9, top - 32, panel.better)


def _bar(canvas: Canvas, row: TornadoRow, scale: Scale, y: float, left_limit: float, right_limit: float) -> None:
    """Draw one bar with the values at its ends; the part beyond zero in the colour of leaks."""
    ends = sorted(((row.gain_low.value, row.low), (row.gain_high.value, row.high)))
    (low, at_low), (high, at_high) = ends
    low, high = min(low, row.gain_used), max(high, row.gain_used)
    crosses = row.crossing is not None
    colour = "chosen" if crosses else "dot"
    zero, used = scale(0.0), scale(row.gain_used)
    split = min(max(zero, scale(low)), scale(high)) if crosses else scale(low)
    if crosses and scale(low) < split:
        canvas.rect(scale(low), y - 3.5, split - scale(low), 7, "leaked")
    canvas.rect(split, y - 3.5, max(scale(high) - split, 1.0), 7, colour)
    canvas.line(used, y - 4, used, y + 4, "ground", 2)
    said_low, said_high = value(at_low), value(at_high)
    turned = crosses and low < 0
    x = max(scale(low) - 6, left_limit + text_width(said_low, bold=turned))
    canvas.text(
        x, y + 4.5, said_low, anchor="end", halo="ground", bold=turned, colour="leaked-text" if turned else "muted"
    )
    x = min(scale(high) + 6, right_limit - text_width(said_high))
    canvas.text(x, y + 4.5, said_high, halo="ground", colour="muted")


def _turn(row: TornadoRow) -> str:
    if row.crossing is None:
        return ""
    return f"turns round at {value(rounded_turn(row.crossing, row.low, row.high))}"


def _wide(panel: TornadoPanel) -> str:
    canvas = Canvas(WIDE)
    rows = panel.rows[:_MOST]
    top = 62.0
    bottom = top + len(rows) * _ROW
    scale = _scale(panel, 424.0, 806.0)
    _axis(canvas, panel, scale, top, bottom, 6)
    for x, words in ((0.0, "assumption"), (232.0, "low – used – high"), (858.0, "source")):
        canvas.text(x, top - 12, words, colour="muted")
    canvas.text(WIDE, top - 12, "confidence", colour="muted", anchor="end")
    for i, row in enumerate(rows):
        y = top + i * _ROW + _ROW / 2 - 4
        turns = row.crossing is not None
        _centred(canvas, 0, y, wrap(row.name, 222, bold=turns), bold=turns)
        said = " – ".join(value(v) if math.isfinite(v) else "…" for v in (row.low, row.used, row.high))
        canvas.text(232, y + 4.5, said, colour="muted", size=_fitting(said, 146))
        _bar(canvas, row, scale, y, 388, 850)
        if turns:
            _say_turn(canvas, row, scale, y + 20, 232, 850)
        _centred(canvas, 858, y, wrap(row.source, 200))
        _confidence(canvas, row.confidence, WIDE, y)
    canvas.height = bottom + 2
    return canvas.svg(_say(panel))


def _fitting(words: str, room: float) -> float:
    """Give 0 for the usual size of words, or the smaller one at which they fit."""
    width = text_width(words)
    return 0.0 if width <= room else round(13.0 * room / width, 1)


def _centred(canvas: Canvas, x: float, y: float, lines: list[str], bold: bool = False) -> None:
    """Write one line, or two or three smaller steps apart, about the height y."""
    pitch = 15.0 if len(lines) < 3 else 13.0
    for i, words in enumerate(lines):
        canvas.text(x, y + 4.5 + pitch * (i - (len(lines) - 1) / 2), words, bold=bold)


def _say_turn(canvas: Canvas, row: TornadoRow, scale: Scale, y: float, left: float, right: float) -> None:
    words = _turn(row)
    x = scale(0.0) - 8
    if x - text_width(words) >= left:
        canvas.text(x, y, words, colour="leaked-text", anchor="end", halo="ground")
    elif x + 16 + text_width(words) <= right:
        canvas.text(x + 16, y, words, colour="leaked-text", halo="ground")


def _confidence(canvas: Canvas, full: int, right: float, y: float) -> None:
    for k in range(3):
        x = right - 5 - 13 * (2 - k)
        canvas.circle(x, y, 4.2, "muted" if k < full else "ground", "muted", 1.4)


def _narrow(panel: TornadoPanel) -> str:
    canvas = Canvas(NARROW)
    rows = panel.rows[:_MOST]
    top = 62.0
    scale = _scale(panel, 44.0, NARROW - 40.0)
    names = [wrap(row.name, NARROW - 50, bold=row.crossing is not None) for row in rows]
    sources = [wrap(row.source, NARROW) for row in rows]
    heads = [17.0 * (len(name) + len(source)) + 4 for name, source in zip(names, sources)]
    bottom = top + sum(heads) + 46.0 * len(rows)
    _axis(canvas, panel, scale, top, bottom, 5)
    y = top
    for row, name, source, head in zip(rows, names, sources, heads):
        turns = row.crossing is not None
        canvas.rect(0, y, NARROW, head, "ground")
        for i, words in enumerate([*name, *source]):
            is_name = i < len(name)
            canvas.text(0, y + 14 + 17 * i, words, bold=turns and is_name, colour="" if is_name else "muted")
        _confidence(canvas, row.confidence, NARROW, y + 10)
        _bar(canvas, row, scale, y + head + 12, 0, NARROW)
        if turns:
            _say_turn(canvas, row, scale, y + head + 33, 0, NARROW)
        y += head + 46
    canvas.height = bottom
    return canvas.svg(_say(panel))

"""Bars of what each input accounts for, with intervals: the whole share above, what it does alone below."""

from __future__ import annotations

import math

from opendome.report.figures.svg import NARROW, WIDE, Canvas, Figure, Scale, nice_ticks, wrap
from opendome.report.model import Estimate
from opendome.report.sweep_model import IndexPanel, IndexRow
from opendome.report.words import interval, number, per_cent, signed

__all__ = ["index_figure"]

_ROW = 44.0
_MOST = 16
_ALONE = 974.0
"""Where the column before the last one ends, px."""


def index_figure(panel: IndexPanel) -> Figure:
    """Draw the bars wide and narrow, in the order given; more than sixteen are in the table alone."""
    return Figure(_wide(panel), _narrow(panel))


def _scale(panel: IndexPanel, start: float, end: float) -> Scale:
    bands = [band for row in panel.rows[:_MOST] for band in (row.whole, row.alone) if band is not None]
    ends = [x for band in bands for x in (band.low, band.high, band.value) if math.isfinite(x)]
    if not panel.is_share:
        return Scale(-1.0, 1.0, start, end)
    return Scale(max(-0.2, min([0.0, *ends])), min(1.2, max([0.1, *ends]) * 1.03), start, end)


def _said(band: Estimate, is_share: bool) -> str:
    if not math.isfinite(band.value):
        return "–"
    if not is_share:
        return f"{signed(band.value, 2)} ({interval(band.low, band.high, 2)})"
    low, high = number(100 * band.low), number(100 * band.high)
    return f"{number(100 * band.value)}\u00a0% ({low} to {high})"


def _axis(canvas: Canvas, panel: IndexPanel, scale: Scale, top: float, bottom: float, n: int) -> None:
    for tick in nice_ticks(scale.low, scale.high, n):
        x = scale(tick)
        canvas.line(x, top - 6, x, bottom, "ink" if tick == 0 else "line")
        words = f"{number(100 * tick)}\u00a0%" if panel.is_share else signed(tick, 1 if tick else 0)
        canvas.text(x, top - 12, words, colour="muted", anchor="middle")


def _bars(canvas: Canvas, row: IndexRow, scale: Scale, y: float) -> None:
    thick = 9.0
    _bar(canvas, row.whole, scale, y - (6 if row.alone is not None else 0), thick, "band-50", "muted")
    if row.alone is not None:
        _bar(canvas, row.alone, scale, y + 6, 6.0, "chosen", "line-strong")


def _bar(canvas: Canvas, band: Estimate, scale: Scale, y: float, thick: float, fill: str, whisker: str) -> None:
    if not math.isfinite(band.value):
        return
    left, right = sorted((scale(0.0), scale(band.value)))
    canvas.rect(left, y - thick / 2, max(right - left, 1.0), thick, fill)
    canvas.line(scale(band.low), y, scale(band.high), y, whisker, 1.6)
    for x in (scale(band.low), scale(band.high)):
        canvas.line(x, y - 3.5, x, y + 3.5, whisker, 1.6)


def _key(canvas: Canvas, panel: IndexPanel, x: float, y: float, is_stacked: bool) -> None:
    """Say which bar is which."""
    if not panel.alone:
        return
    canvas.rect(x, y - 9, 18, 9, "band-50")
    canvas.text(x + 25, y, panel.whole)
    x, y = (x, y + 19) if is_stacked else (x + 330, y)
    canvas.rect(x, y - 7.5, 18, 6, "chosen")
    canvas.text(x + 25, y, panel.alone)


def _say(panel: IndexPanel) -> str:
    return "What each input accounts for: " + "; ".join(
        f"{row.label} {per_cent(row.whole.value) if panel.is_share else signed(row.whole.value, 2)}"
        for row in panel.rows[:_MOST]
    )


def _wide(panel: IndexPanel) -> str:
    canvas = Canvas(WIDE)
    rows = panel.rows[:_MOST]
    top = 66.0
    bottom = top + len(rows) * _ROW
    scale = _scale(panel, 318.0, 826.0)
    _key(canvas, panel, 318.0, 16.0, is_stacked=False)
    _axis(canvas, panel, scale, top, bottom, 7)
    canvas.text(0, top - 12, "assumption", colour="muted")
    right = _ALONE if panel.alone else WIDE
    canvas.text(right, top - 12, "in all" if panel.alone else panel.whole, colour="muted", anchor="end")
    if panel.alone:
        canvas.text(WIDE, top - 12, "alone", colour="muted", anchor="end")
    for i, row in enumerate(rows):
        y = top + i * _ROW + _ROW / 2 - 3
        lines = wrap(row.label, 296)
        for k, words in enumerate(lines):
            canvas.text(0, y + 4.5 + 16 * (k - (len(lines) - 1) / 2), words)
        _bars(canvas, row, scale, y)
        canvas.text(right, y + 4.5, _said(row.whole, panel.is_share), anchor="end")
        if row.alone is not None:
            canvas.text(WIDE, y + 4.5, _said(row.alone, panel.is_share), colour="muted", anchor="end")
    canvas.height = bottom + 2
    return canvas.svg(_say(panel))


def _narrow(panel: IndexPanel) -> str:
    canvas = Canvas(NARROW)
    rows = panel.rows[:_MOST]
    top = 84.0 if panel.alone else 40.0
    scale = _scale(panel, 22.0, NARROW - 22.0)
    names = [wrap(row.label, NARROW) for row in rows]
    bottom = top + sum(17.0 * (len(name) + 1) + 40 for name in names)
    _key(canvas, panel, 0.0, 14.0, is_stacked=True)
    _axis(canvas, panel, scale, top, bottom, 5)
    y = top
    for row, name in zip(rows, names):
        head = 17.0 * (len(name) + 1) + 4
        canvas.rect(0, y, NARROW, head, "ground")
        for k, words in enumerate(name):
            canvas.text(0, y + 14 + 17 * k, words)
        said = _said(row.whole, panel.is_share)
        if row.alone is not None:
            said += f", alone {_said(row.alone, panel.is_share)}"
        canvas.text(0, y + 14 + 17 * len(name), said, colour="muted")
        _bars(canvas, row, scale, y + head + 14)
        y += head + 36
    canvas.height = bottom
    return canvas.svg(_say(panel))

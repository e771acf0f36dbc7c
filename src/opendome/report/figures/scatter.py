"""The answer against the inputs that matter most: a dot a point of the design, a line for the mean over the others."""

from __future__ import annotations

import math

from opendome.report.figures.svg import NARROW, WIDE, Canvas, Figure, Scale, nice_ticks, text_width, tick_places, wrap
from opendome.report.sweep_model import ScatterPanel, ScatterPlot
from opendome.report.words import number, value

__all__ = ["scatter_figure"]

_GAP, _HIGH, _LEFT = 34.0, 230.0, 46.0


def scatter_figure(panel: ScatterPanel) -> Figure:
    """Draw the plots side by side, and one below the other."""
    n = max(1, len(panel.plots))
    width = (WIDE - _LEFT - _GAP * (n - 1)) / n
    wide = Canvas(WIDE)
    bottoms = [_plot(wide, panel, plot, _LEFT + i * (width + _GAP), 0.0, width) for i, plot in enumerate(panel.plots)]
    wide.height = max(bottoms, default=0.0)
    narrow = Canvas(NARROW)
    y = 0.0
    for plot in panel.plots:
        y = _plot(narrow, panel, plot, _LEFT, y, NARROW - _LEFT) + 22.0
    narrow.height = y
    return Figure(wide.svg(_say(panel)), narrow.svg(_say(panel)))


def _say(panel: ScatterPanel) -> str:
    return "The answer against " + ", ".join(plot.label for plot in panel.plots)


def _upright(panel: ScatterPanel, top: float, bottom: float) -> Scale:
    ys = [y for plot in panel.plots for y in plot.y] + ([0.0] if panel.has_zero else [])
    low, high = min(ys, default=0.0), max(ys, default=1.0)
    margin = 0.04 * ((high - low) or 1.0)
    return Scale(low - margin, high + margin, bottom, top)


def _plot(canvas: Canvas, panel: ScatterPanel, plot: ScatterPlot, left: float, top: float, width: float) -> float:
    """Draw one plot; give where it ends."""
    name = f"{plot.label}, {plot.unit}" if plot.unit else plot.label
    lines = wrap(name, width, bold=True)
    for k, words in enumerate(lines):
        canvas.text(left, top + 14 + 17 * k, words, bold=True)
    start = top + 17.0 * (2 if canvas.width > NARROW else len(lines)) + 16
    end = start + _HIGH
    across, up = Scale(plot.low, plot.high, left, left + width), _upright(panel, start, end)
    _axes(canvas, panel, plot, across, up, is_first=left == _LEFT)
    for x, y in zip(plot.x, plot.y):
        canvas.circle(across(x), up(y), 2.2, "dot")
    if math.isfinite(plot.used):
        canvas.line(across(plot.used), start, across(plot.used), end, "muted", 1.4, "2 3")
    canvas.path([(across(x), up(y)) for x, y in plot.line], stroke="chosen", width=2.4)
    if plot.turn is not None and panel.has_zero:
        _turn(canvas, plot, across, up(0.0))
    return end + 26.0


def _axes(canvas: Canvas, panel: ScatterPanel, plot: ScatterPlot, across: Scale, up: Scale, is_first: bool) -> None:
    ticks = nice_ticks(up.low, up.high, 6)
    places = tick_places(ticks)
    for tick in ticks:
        is_zero = tick == 0 and panel.has_zero
        canvas.line(across.start, up(tick), across.end, up(tick), "ink" if is_zero else "line")
        if is_first:
            canvas.text(across.start - 8, up(tick) + 4.5, number(tick, places), colour="muted", anchor="end")
    ticks = nice_ticks(plot.low, plot.high, 5)
    for tick in ticks:
        half = text_width(value(tick)) / 2
        x = min(max(across(tick), across.start + half), across.end - half)
        canvas.text(x, up.start + 18, value(tick), colour="muted", anchor="middle")


def _turn(canvas: Canvas, plot: ScatterPlot, across: Scale, y: float) -> None:
    """Mark where the line meets zero, with its interval."""
    turn = plot.turn
    if turn is None:
        return
    canvas.line(across(turn.low), y, across(turn.high), y, "leaked", 5)
    canvas.circle(across(turn.value), y, 5, "ground", "leaked", 2.4)

"""Warning's trade-off: curves over thresholds on axes by powers, two panels on one scale."""

from __future__ import annotations

import math
from collections.abc import Iterable

from opendome.report.figures.svg import NARROW, WIDE, Canvas, Figure, Scale, text_width
from opendome.report.tradeoff_model import TradeoffCurve, TradeoffGraph, TradeoffPanel
from opendome.report.words import number

__all__ = ["tradeoff_figure"]

_HIGH = 250.0
_GAP = 56.0
_LABEL_HIGH = 9.0
_STEPS = (1.0, 2.0, 5.0)


def tradeoff_figure(panel: TradeoffPanel) -> Figure:
    """Draw the curves, panels side by side or one below the other, all on one scale."""
    return Figure(_draw(panel, WIDE, is_wide=True), _draw(panel, NARROW, is_wide=False))


def _powers(low: float, high: float, at_most: int) -> list[float]:
    """Give round numbers 1, 2 and 5 times powers of ten inside [low, high]; powers alone where these are many."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    found = [step * 10.0**k for k in range(first, last + 1) for step in _STEPS]
    inside = [tick for tick in found if low * 0.999 <= tick <= high * 1.001]
    if len(inside) > at_most:
        inside = [tick for i, tick in enumerate(found) if i % 3 == 0 and low * 0.999 <= tick <= high * 1.001]
    return inside


def _draw(panel: TradeoffPanel, width: float, *, is_wide: bool) -> str:
    canvas = Canvas(width)
    points = [point for graph in panel.graphs for curve in graph.curves for point in (*curve.points, curve.own)]
    missed = _span(point.missed[0] for point in points)
    minutes = _span(end for point in points for end in point.minutes)
    ticks = _powers(*minutes, 9), _powers(*missed, 8 if is_wide else 6)
    left = max(text_width(_number(tick)) for tick in ticks[0]) + 9
    room = max(text_width(curve.label, bold=True) for graph in panel.graphs for curve in graph.curves) + 12.0
    n = len(panel.graphs)
    each = min((width - left - 12.0 - (_GAP * (n - 1) if is_wide else 0.0)) / (n if is_wide else 1), 640.0)
    bottom = 0.0
    for i, graph in enumerate(panel.graphs):
        x, y = (left + i * (each + _GAP), 0.0) if is_wide else (left, bottom + (24.0 if i else 0.0))
        bottom = max(bottom, _one(canvas, graph, (x, y, each, room), (missed, minutes), ticks))
    canvas.height = bottom
    return canvas.svg(
        "Person-minutes in shelter by share of threatened people missed: "
        + "; ".join(
            f"{curve.label}, own rule: {number(curve.own.minutes[0])} million, {_share(curve.own.missed[0])} missed"
            for graph in panel.graphs
            for curve in graph.curves
        )
    )


def _span(values: Iterable[float]) -> tuple[float, float]:
    found = [value for value in values if value > 0.0]
    return 0.92 * min(found), 1.08 * max(found)


def _number(tick: float) -> str:
    return number(tick, 0 if tick >= 1.0 else 1)


def _share(share: float) -> str:
    return f"{100.0 * share:.2g} %"


def _one(
    canvas: Canvas,
    graph: TradeoffGraph,
    place: tuple[float, float, float, float],
    spans: tuple[tuple[float, float], tuple[float, float]],
    ticks: tuple[list[float], list[float]],
) -> float:
    """Draw one panel; ``place`` is left, top, width and room for labels. Gives the lower edge."""
    x, y, width, room = place
    top = y + 30.0
    across = Scale(math.log(spans[0][0]), math.log(spans[0][1]), x + room, x + width)
    up = Scale(math.log(spans[1][0]), math.log(spans[1][1]), top + _HIGH, top)
    canvas.text(x, y + 13, graph.title, bold=True)
    for tick in ticks[0]:
        canvas.line(x, up(math.log(tick)), x + width, up(math.log(tick)))
        canvas.text(x - 8, up(math.log(tick)) + 4.5, _number(tick), colour="muted", anchor="end")
    canvas.line(x, top + _HIGH, x + width, top + _HIGH, "ink")
    for i, tick in enumerate(ticks[1]):
        canvas.line(across(math.log(tick)), top + _HIGH, across(math.log(tick)), top + _HIGH + 4, "ink")
        words = f"{100.0 * tick:g} %" if i == 0 else f"{100.0 * tick:g}"
        canvas.text(across(math.log(tick)), top + _HIGH + 19, words, colour="muted", anchor="middle")
    canvas.text(x, top + _HIGH + 19, "missed", colour="muted")
    for curve in sorted(graph.curves, key=lambda one: one.is_reference):
        _curve(canvas, curve, across, up)
    return top + _HIGH + 26.0


def _curve(canvas: Canvas, curve: TradeoffCurve, across: Scale, up: Scale) -> None:
    """Draw one curve with its intervals, its label at the left end, and the ring of the scenario's own rule."""
    colour, strength = ("ink", 2.0) if curve.is_reference else ("line-strong", 1.5)
    places = [(across(math.log(p.missed[0])), up(math.log(p.minutes[0]))) for p in curve.points]
    for point, (px, _) in zip(curve.points, places, strict=True):
        canvas.line(px, up(math.log(point.minutes[1])), px, up(math.log(point.minutes[2])), colour, 1.0)
    for point, (_, py) in zip(curve.points, places, strict=True):
        least = max(point.missed[1], 1e-9)
        canvas.line(across(math.log(least)), py, across(math.log(point.missed[2])), py, colour, 1.0)
    canvas.path(places, stroke=colour, width=strength)
    own = across(math.log(curve.own.missed[0])), up(math.log(curve.own.minutes[0]))
    canvas.circle(*own, 4.5, "ground", "alert", 2.0)
    y = places[0][1]
    beside = [point.missed[1] for point, (_, py) in zip(curve.points, places, strict=True) if abs(py - y) < _LABEL_HIGH]
    start = min(across(math.log(max(least, 1e-9))) for least in beside)
    canvas.text(start - 6, y + 4.5, curve.label, anchor="end", bold=curve.is_reference, halo="ground")

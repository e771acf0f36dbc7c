"""Who was where, and ready when: one bar a battery."""

from __future__ import annotations

from itertools import pairwise

from opendome.report.figures.stock import day_ticks
from opendome.report.figures.svg import NARROW, WIDE, Canvas, Figure, Scale, fit, text_width
from opendome.report.model import TimelinePanel, TimelineRow
from opendome.report.words import number, value

__all__ = ["timeline_figure"]

_ROW = 22.0


def timeline_figure(panel: TimelinePanel) -> Figure:
    """Draw the time lines wide and narrow."""
    return Figure(_draw(panel, WIDE, 190.0), _draw(panel, NARROW, 122.0))


def _draw(panel: TimelinePanel, width: float, left: float) -> str:
    canvas = Canvas(width)
    scale = Scale(0.0, panel.duration_day, left, width - 8)
    top = 30.0
    bottom = top + len(panel.rows) * _ROW
    for tick in day_ticks(panel.duration_day):
        words = f"day {number(tick)}" if tick == 0 else number(tick)
        anchor = "" if tick == 0 else ("end" if tick >= panel.duration_day else "middle")
        canvas.text(scale(tick), 15, words, colour="muted", anchor=anchor)
        canvas.line(scale(tick), 22, scale(tick), bottom, "line")
    for i, row in enumerate(panel.rows):
        _row(canvas, row, scale, top + i * _ROW + 6, left)
    canvas.height = bottom + 2
    label = "Batteries and when they are ready: " + "; ".join(
        f"{row.label}: "
        + ", ".join(f"{s.kind} day {value(round(s.start_day, 2))} to {value(round(s.end_day, 2))}" for s in row.spans)
        for row in panel.rows
    )
    return canvas.svg(label)


def _fill(row: TimelineRow) -> str:
    return "chosen" if row.is_new else "dot"


def _row(canvas: Canvas, row: TimelineRow, scale: Scale, y: float, left: float) -> None:
    canvas.text(0, y + 9, row.number, bold=True)
    name = f"{row.label}, new" if row.is_new and left > 150 else row.label
    canvas.text(20, y + 9, fit(name, left - 30), title=row.label)
    for (day, share), (until, _) in pairwise(row.shares):
        words = f"works in {round(100 * share)} % of campaigns from day {value(round(day, 2))}"
        if share > 0.0:
            canvas.rect(scale(day), y + 9 * (1 - share), scale(until) - scale(day), 9 * share, _fill(row), title=words)
    if row.shares and not any(share for _, share in row.shares):
        canvas.text(left, y + 9, "not at work before the end", colour="muted")
    for span in row.spans:
        x, end = scale(span.start_day), scale(span.end_day)
        if span.kind == "ready":
            canvas.rect(
                x,
                y,
                end - x,
                9,
                _fill(row),
                title=f"ready from day {value(round(span.start_day, 2))}",
            )
        elif span.kind == "set-up":
            canvas.rect(
                x + 0.7, y + 0.7, max(end - x - 1.4, 2.6), 7.6, "ground", "ink" if row.is_new else "line-strong", 1.4
            )
        else:
            canvas.line(x, y + 4.5, end, y + 4.5, "line-strong", 1.4, "3 3")
    if row.arrives_day > 0:
        words = f"arrives day {value(row.arrives_day)}"
        x = scale(row.arrives_day) - 8
        if x - text_width(words) > left:
            canvas.text(x, y + 9, words, colour="muted", anchor="end", halo="ground")

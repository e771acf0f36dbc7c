"""Warning lead times: quantile dots, late ones open, in time full; the upright mark is the time to shelter."""

from __future__ import annotations

import math

from opendome.report.figures.svg import NARROW, WIDE, Canvas, Figure, Scale, nice_ticks, text_width
from opendome.report.model import LeadRow, LeadsPanel
from opendome.report.statistics import bin_dots
from opendome.report.words import number, per_cent

__all__ = ["leads_figure"]

_TALLEST = 60.0


def leads_figure(panel: LeadsPanel) -> Figure:
    """Draw lead times wide and narrow."""
    return Figure(_draw(panel, WIDE, True), _draw(panel, NARROW, False))


def _draw(panel: LeadsPanel, width: float, is_wide: bool) -> str:
    canvas = Canvas(width)
    start, end = (190.0, 945.0) if is_wide else (4.0, NARROW - 6)
    most = max([15.0] + [x for row in panel.rows for x in (*row.dots, row.shelter_s) if x < 240.0])
    scale = Scale(0.0, most * 1.04, start, end)
    ticks = nice_ticks(0.0, most * 1.04, 7 if is_wide else 6)
    body = Canvas(width)
    gaps: list[tuple[float, float]] = []
    y = 28.0
    for i, row in enumerate(panel.rows):
        y = _row(body, row, scale, y, is_wide, i == 0, gaps)
    for tick in ticks:
        words = f"{number(tick)} s" if tick == 0 else number(tick)
        x = scale(tick)
        canvas.text(x, 15, words, colour="muted", anchor="middle" if tick or is_wide else "")
        top = 24.0
        for gap_start, gap_end in gaps:
            canvas.line(x, top, x, gap_start, "ink" if tick == 0 else "line")
            top = gap_end
        canvas.line(x, top, x, y - 4, "ink" if tick == 0 else "line")
    canvas.parts += body.parts
    canvas.height = y
    return canvas.svg(
        "Share of impacts warned in time: "
        + "; ".join(f"{number(r.shelter_s)} s to shelter: {per_cent(1 - r.share_late)}" for r in panel.rows)
    )


def _row(
    canvas: Canvas, row: LeadRow, scale: Scale, y: float, is_wide: bool, is_first: bool, gaps: list[tuple[float, float]]
) -> float:
    radius, pitch = (3.1, 7.0) if is_wide else (2.6, 5.8)
    late = [scale(x) for x in row.dots if x < row.shelter_s]
    timely = [scale(x) for x in row.dots if x >= row.shelter_s]
    mark = scale(row.shelter_s)
    stacks = [bin_dots(late, pitch), bin_dots(timely, pitch)]
    tallest = max((i for stack in stacks for _, i in stack), default=0) + 1
    step = min(pitch, _TALLEST / tallest)
    in_time, too_late = f"{per_cent(1 - row.share_late)} in time", f"{per_cent(row.share_late)} too late"
    name = f"{number(row.shelter_s)} s to reach shelter"
    most_in_time = row.share_late < 0.3
    colour = "sheltered-text" if most_in_time else "alert-text"
    if not is_wide:
        canvas.text(0, y + 13, name, bold=True)
        canvas.text(NARROW, y + 13, in_time, anchor="end", colour=colour)
        gaps.append((y - 1, y + 18))
        y += 22
    high = max(26.0, step * tallest + 8)
    base = y + high + (14 if is_first else 0)
    canvas.line(scale.start, base + 4, scale.end, base + 4, "line")
    # a column of late dots may not cross the mark, nor one of timely dots
    for is_late, stack in ((True, stacks[0]), (False, stacks[1])):
        for x, i in stack:
            x = min(x, mark - radius - 1) if is_late else max(x, mark + radius + 1)
            if is_late:
                canvas.circle(max(x, scale.start + radius), base - i * step, radius - 0.6, "ground", "alert", 1.4)
            else:
                canvas.circle(x, base - i * step, radius, "sheltered")
    canvas.line(mark, base + 9, mark, base - max(22.0, step * tallest) - 2, "ink", 2)
    if is_first:
        _say_sides(canvas, mark, base - max(22.0, step * tallest) - 6, scale)
    if is_wide:
        canvas.text(0, base - 13, name, bold=True)
        if row.people is not None:
            canvas.text(0, base + 4, f"{number(_rounded(row.people))} people", colour="muted")
        canvas.text(scale.end + 20, base - 13, in_time, bold=True, colour=colour)
        canvas.text(scale.end + 20, base + 4, too_late, colour="muted")
    return base + (18.0 if is_wide else 22.0)


def _rounded(people: float) -> float:
    """Round to three figures."""
    return round(people, 2 - math.floor(math.log10(people))) if people >= 1000 else people


def _say_sides(canvas: Canvas, mark: float, y: float, scale: Scale) -> None:
    late, timely = "too late", "in time"
    if mark - text_width(late) - 8 > scale.start - 4:
        canvas.text(mark - 7, y + 4, late, colour="alert-text", anchor="end", halo="ground")
    canvas.text(mark + 7, y + 4, timely, colour="sheltered-text", halo="ground")

"""Success in each definition: a dot an alternative, the whisker holds the middle of all campaigns."""

from __future__ import annotations

import math

from opendome.report.figures.svg import NARROW, Canvas, Figure, Scale, fit, text_width
from opendome.report.model import Estimate, SuccessPanel
from opendome.report.words import number

__all__ = ["success_figure"]

SUCCESS_WIDE = 454.0
_ROW = 84.0


def success_figure(panel: SuccessPanel) -> Figure:
    """Draw the definitions, wide (five columns of the page) and narrow."""
    return Figure(_draw(panel, SUCCESS_WIDE), _draw(panel, NARROW))


def _draw(panel: SuccessPanel, width: float) -> str:
    canvas = Canvas(width)
    scale = Scale(0.0, 100.0, 1.0, width - 14)
    n_marks = max(len(row.marks) for row in panel.rows)
    row_high = _ROW if n_marks > 1 else _ROW - 14
    bottom = 26 + len(panel.rows) * row_high - 8
    for tick in (0, 25, 50, 75, 100):
        x = scale(tick)
        canvas.text(x, 14, number(tick), colour="muted", anchor="middle" if tick else "")
        canvas.line(x, 24, x, bottom, "ink" if tick == 0 else "line")
    for i, row in enumerate(panel.rows):
        y = 26 + i * row_high
        canvas.text(8, y + 18, row.letter, bold=True, halo="ground")
        canvas.text(26, y + 18, fit(row.words, width - 34), halo="ground", title=row.words)
        for k, (label, mark) in enumerate(row.marks):
            _mark(canvas, scale, label, mark, y + 40 + 17 * k, k, i == 0, n_marks)
    canvas.height = bottom + 2
    return canvas.svg(
        "Success, per cent: "
        + "; ".join(
            f"{row.letter} {row.words}: " + ", ".join(f"{label} {number(100 * m.value)}" for label, m in row.marks)
            for row in panel.rows
        )
    )


def _mark(
    canvas: Canvas, scale: Scale, label: str, mark: Estimate, y: float, place: int, is_named: bool, n_marks: int
) -> None:
    if not math.isfinite(mark.value):
        canvas.text(26, y + 4, "none", colour="muted", halo="ground")
        return
    x = scale(100 * mark.value)
    canvas.line(scale(100 * mark.low), y, scale(100 * mark.high), y, "line-strong", 1.6)
    is_open = place == 0 and n_marks > 1
    canvas.circle(x, y, 4.2, "ground" if is_open else "chosen", "chosen", 1.8)
    said = number(100 * mark.value)
    left, right = scale(100 * mark.low) - 8, scale(100 * mark.high) + 8
    colour = "muted" if is_open else ""
    for words in (f"{label} {said}", said) if is_named and n_marks > 1 else (said,):
        room = text_width(words, bold=not is_open)
        if left - room > 4:
            canvas.text(left, y + 4.5, words, anchor="end", bold=not is_open, colour=colour, halo="ground")
            return
        if right + room < scale.end + 14:
            canvas.text(right, y + 4.5, words, bold=not is_open, colour=colour, halo="ground")
            return
    canvas.text(x, y - 8, said, anchor="middle", bold=not is_open, colour=colour, halo="ground")

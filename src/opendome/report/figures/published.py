"""Beside the published figures: each row on its own scale from zero, with the published value or range."""

from __future__ import annotations

from opendome.report.figures.svg import NARROW, WIDE, Canvas, Figure, Scale, wrap
from opendome.report.model import PublishedPanel, PublishedRow
from opendome.report.words import number

__all__ = ["published_figure"]


def published_figure(panel: PublishedPanel) -> Figure:
    """Draw the comparison wide and narrow."""
    return Figure(_draw(panel, WIDE, True), _draw(panel, NARROW, False))


def _draw(panel: PublishedPanel, width: float, is_wide: bool) -> str:
    canvas = Canvas(width)
    y = 24.0 if is_wide else 4.0
    if is_wide:
        for x, words, anchor in (
            (0.0, "measure", ""),
            (772.0, "simulated", "end"),
            (880.0, "published", "end"),
            (905.0, "verdict", ""),
        ):
            canvas.text(x, 14, words, colour="muted", anchor=anchor)
    for row in panel.rows:
        y = _row(canvas, row, y, is_wide, width)
    canvas.height = y
    return canvas.svg(
        "Beside published figures: "
        + "; ".join(
            f"{row.label}: simulated {_said(row.mean)}, published {_range(row)}, {row.verdict}" for row in panel.rows
        )
    )


def _said(x: float) -> str:
    return number(x, 0 if abs(x) >= 10 else 1)


def _range(row: PublishedRow) -> str:
    low, high = row.published
    return _said(low) if low == high else f"{_said(low)}–{_said(high)}"


def _row(canvas: Canvas, row: PublishedRow, y: float, is_wide: bool, width: float) -> float:
    start, end = (300.0, 690.0) if is_wide else (6.0, width - 6)
    name = row.label + (f", {row.unit}" if row.unit else "")
    most = max(row.mean, row.runs[1], row.published[1], row.with_inputs[1] if row.with_inputs else 0.0, 1e-9)
    scale = Scale(0.0, most * 1.06, start, end)
    colour = "leaked-text" if row.is_miss else ""
    if is_wide:
        line = y + 18
        _centred(canvas, 0, line + 4.5, wrap(name, 285))
        canvas.text(772, line + 4.5, _said(row.mean), anchor="end", bold=True)
        canvas.text(880, line + 4.5, _range(row), anchor="end")
        _centred(canvas, 905, line + 4.5, wrap(row.verdict, 215, bold=row.is_miss), colour, row.is_miss)
    else:
        lines = wrap(name, width)
        for i, words in enumerate(lines):
            canvas.text(0, y + 13 + 17 * i, words)
        y += 17.0 * len(lines)
        canvas.text(0, y + 13, f"{_said(row.mean)}, published {_range(row)}", bold=True)
        line = y + 34
        canvas.text(0, line + 23, row.verdict, colour=colour or "muted", bold=row.is_miss)
    canvas.line(scale.start, line, scale.end, line, "line")
    canvas.line(scale.start, line - 6, scale.start, line + 6, "ink")
    if row.with_inputs is not None:
        canvas.line(scale(row.with_inputs[0]), line, scale(row.with_inputs[1]), line, "dot", 2.4)
    canvas.line(scale(row.runs[0]), line, scale(row.runs[1]), line, "chosen", 4)
    canvas.circle(scale(row.mean), line, 3.6, "ground", "chosen", 1.6)
    mark = "leaked" if row.is_miss else "intercepted"
    low, high = scale(row.published[0]), scale(row.published[1])
    if high - low > 4:
        canvas.rect(low, line + 7, high - low, 4, mark, title=f"published {_range(row)}")
    else:
        x, m = (low + high) / 2, line + 9
        canvas.path([(x, m - 5), (x + 5, m), (x, m + 5), (x - 5, m)], fill=mark, closed=True)
    return y + (40.0 if is_wide else 74.0)


def _centred(canvas: Canvas, x: float, y: float, lines: list[str], colour: str = "", bold: bool = False) -> None:
    for i, words in enumerate(lines):
        canvas.text(x, y + 15 * (i - (len(lines) - 1) / 2), words, colour=colour, bold=bold)

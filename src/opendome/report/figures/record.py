"""Dot and range: every published figure of the cases of validation, its range as a bar, the simulated value as a dot.

Figures of all units share one axis, the ratio to the middle of the published range, in halvings and doublings. Figures
that are open to one side, or not above zero, have no such ratio and are left to the tables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from opendome.report.figures.svg import Canvas, Scale, fit
from opendome.report.tokens import DARK, LIGHT
from opendome.study.validate import CaseRecord, Line

__all__ = ["record_figure"]

_WIDTH, _LEFT, _ROW, _TOP = 860.0, 400.0, 20.0, 98.0
_MOST = 3.0
"""The axis reaches from one eighth to eight times the published value; dots beyond stand at its end."""

_TOKENS = ("ground", "ink", "muted", "line", "line-strong", "intercepted-text", "leaked-text", "alert")


class _Row(NamedTuple):
    """One figure: its words, whether it lies outside or is only told, and as powers of two low, value, high and the
    published ends.
    """

    words: str
    is_miss: bool
    is_told: bool
    low: float
    value: float
    high: float
    asked_low: float
    asked_high: float


def record_figure(records: Sequence[CaseRecord]) -> str:
    """Draw the figure as one SVG, light and dark."""
    groups = [(record.declared.title, list(_rows(record.lines))) for record in records]
    groups = [(title, rows) for title, rows in groups if rows]
    n_lines = sum(1 + len(rows) for _, rows in groups)
    height = _TOP + _ROW * n_lines + 20.0
    canvas = Canvas(_WIDTH, height)
    canvas.raw(_style())
    canvas.rect(0, 0, _WIDTH, height, "ground")
    canvas.text(16, 26, "Published figures, and what the program makes of them", bold=True, size=16)
    canvas.text(16, 46, "Bar: published range. Dot and line: simulated value and interval.", colour="muted")
    canvas.text(
        16, 62, "All over the middle of the range. Blue: inside; grey: only told; diamond: outside.", colour="muted"
    )
    scale = Scale(-_MOST, _MOST, _LEFT, _WIDTH - 24)
    for power in range(-3, 4):
        canvas.line(scale(power), _TOP - 8, scale(power), height - 14, "line-strong" if power == 0 else "line")
        words = f"×{2**power}" if power >= 0 else f"÷{2**-power}"
        canvas.text(scale(power), _TOP - 14, "1" if power == 0 else words, colour="muted", anchor="middle", size=12)
    y = _TOP + 8
    for title, rows in groups:
        canvas.text(16, y + 4, fit(title, _LEFT - 60, bold=True), bold=True)
        y += _ROW
        for row in rows:
            _draw(canvas, scale, row, y)
            y += _ROW
    return canvas.svg(
        "; ".join(row.words + (" (outside)" if row.is_miss else "") for _, rows in groups for row in rows)
    )


def _rows(lines: Iterable[Line]) -> Iterable[_Row]:
    for line in lines:
        target, found = line.target, line.finding
        if target.kind != "published" or target.low is None or target.high is None:
            continue
        if not (target.low > 0.0 and found.value > 0.0):
            continue
        middle = math.sqrt(target.low * target.high)
        ends = [math.log2(max(x, 1e-9) / middle) for x in (found.low, found.value, found.high, target.low, target.high)]
        words = target.words + ("" if target.unit == "1" else f" [{target.unit}]")
        yield _Row(words, line.verdict in ("outside", "expected miss"), line.verdict == "told", *ends)


def _draw(canvas: Canvas, scale: Scale, row: _Row, y: float) -> None:
    colour = "leaked-text" if row.is_miss else "muted" if row.is_told else "intercepted-text"
    canvas.text(28, y + 4, fit(row.words, _LEFT - 60), title=row.words)
    start, end = scale(row.asked_low), scale(row.asked_high)
    canvas.rect(start - 1.5, y - 6, end - start + 3, 12, "alert", radius=2)
    canvas.line(scale(row.low), y, scale(row.high), y, colour, 2.0)
    x = scale(row.value)
    if row.is_miss:
        canvas.path([(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)], fill=colour, closed=True)
    else:
        canvas.circle(x, y, 4, colour)


def _style() -> str:
    light, dark = (";".join(f"--{name}:{tones[name]}" for name in _TOKENS) for tones in (LIGHT, DARK))
    classes = "".join(f".c-{name}{{fill:var(--{name})}}" for name in _TOKENS)
    font = "13px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
    return (
        f"<style>svg{{{light};font:{font}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}text{{fill:var(--ink)}}"
        f".b{{font-weight:600}}.m{{text-anchor:middle}}.e{{text-anchor:end}}{classes}</style>"
    )

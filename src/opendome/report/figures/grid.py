"""Heat map of the share that runs out, by stock and tempo; the line where rounds begin to bind follows cell edges."""

from __future__ import annotations

from collections.abc import Sequence

from opendome.report.figures.svg import NARROW, Canvas, Figure, text_width, wrap
from opendome.report.model import GridPanel
from opendome.report.tokens import heat_step
from opendome.report.words import number, value

__all__ = ["binding_edges", "grid_figure", "place_among"]

GRID_WIDE = 642.0

Segment = tuple[int, int, int, int]
"""Edge between lattice points (column, row) and (column, row)."""


def grid_figure(panel: GridPanel) -> Figure:
    """Draw the heat map wide (seven columns of the page) and narrow."""
    return Figure(_draw(panel, GRID_WIDE, 42.0), _draw(panel, NARROW, 32.0))


def binding_edges(shares: Sequence[Sequence[float]], threshold: float) -> list[Segment]:
    """Give the edges between cells below the threshold and cells at or above it, in lattice points (column, row)."""
    n_rows, n_columns = len(shares), len(shares[0])

    def binds(i: int, j: int) -> bool:
        return shares[i][j] >= threshold

    out: list[Segment] = []
    for i in range(n_rows):
        for j in range(n_columns):
            if j + 1 < n_columns and binds(i, j) != binds(i, j + 1):
                out.append((j + 1, i, j + 1, i + 1))
            if i + 1 < n_rows and binds(i, j) != binds(i + 1, j):
                out.append((j, i + 1, j + 1, i + 1))
    return out


def place_among(values: Sequence[float], at: float) -> float | None:
    """Give the place of a number among the cells' centres (0 = centre of the first), or None outside them."""
    rising = list(values) if values[0] <= values[-1] else list(values)[::-1]
    if len(rising) == 1:
        found = 0.0 if at == rising[0] else None
    elif at < rising[0] or at > rising[-1]:
        found = None
    else:
        i = max(k for k in range(len(rising) - 1) if rising[k] <= at)
        found = i + (at - rising[i]) / (rising[i + 1] - rising[i])
    if found is None:
        return None
    return found if values[0] <= values[-1] else len(rising) - 1 - found


def _draw(panel: GridPanel, width: float, high: float) -> str:
    canvas = Canvas(width)
    left = max(max(text_width(number(v)) for v in panel.rows), text_width(panel.row_name)) + 10
    top = 44.0
    across = (width - left) / len(panel.columns)
    canvas.text(0, 13, panel.row_name, colour="muted")
    canvas.text(left, 13, panel.column_name, colour="muted")
    edges = binding_edges(panel.shares, panel.threshold)
    small = across < max(text_width(number(v)) for v in panel.columns) + 3
    for j, column in enumerate(panel.columns):
        canvas.text(left + (j + 0.5) * across, 35, _short(column) if small else number(column), anchor="middle")
    for i, row in enumerate(panel.rows):
        y = top + i * high
        canvas.text(left - 8, y + high / 2 + 4.5, number(row), anchor="end")
        for j, share in enumerate(panel.shares[i]):
            step = heat_step(share)
            said = f"{number(100 * share)} %"
            title = f"{number(row)} rounds, {number(panel.columns[j])} {panel.column_name}: {said}"
            canvas.rect(left + j * across, y, across - 1, high - 1, f"heat-step-{step}", title=title)
            canvas.text(
                left + (j + 0.5) * across - 0.5,
                y + high / 2 + 4,
                number(100 * share),
                colour=f"on-heat-step-{step}",
                anchor="middle",
            )
    if edges:
        _contour(canvas, panel, edges, left, top, across, high)
    bottom = top + len(panel.rows) * high
    canvas.height = bottom + 8
    here = _here(panel)
    if here is not None:
        _mark(canvas, left + (here[1] + 0.5) * across, top + (here[0] + 0.5) * high)
        _mark(canvas, 6, bottom + 20)
        lines = wrap(panel.here_text, width - 20, bold=True)
        for i, words in enumerate(lines):
            canvas.text(18, bottom + 24.5 + 17 * i, words, bold=True)
        canvas.height = bottom + 17 + 17 * len(lines)
    return canvas.svg(_say(panel))


def _short(column: float) -> str:
    return f"{value(column / 1000)}k" if column >= 1000 else number(column)


def _contour(
    canvas: Canvas, panel: GridPanel, edges: list[Segment], left: float, top: float, across: float, high: float
) -> None:
    chains = [
        [(left + j1 * across - 0.5, top + i1 * high - 0.5), (left + j2 * across - 0.5, top + i2 * high - 0.5)]
        for j1, i1, j2, i2 in edges
    ]
    canvas.raw('<g stroke-linecap="square">')
    canvas.rings(chains, stroke="ground", width=5, closed=False)
    canvas.rings(chains, stroke="leaked", width=2.5, closed=False)
    canvas.raw("</g>")
    words = "rounds begin to bind"
    room = text_width(words, bold=True)
    at = [left + j1 * across for j1, i1, j2, _ in edges if i1 == 0 and j1 == j2]
    if at:
        canvas.line(at[0] - 0.5, top, at[0] - 0.5, top - 5, "leaked", 2.5)
    x = min(
        max((at[0] if at else canvas.width) - room / 2, left + text_width(panel.column_name) + 14), canvas.width - room
    )
    if x + room <= canvas.width + 1:
        canvas.text(x, 13, words, colour="leaked-text", bold=True)


def _here(panel: GridPanel) -> tuple[float, float] | None:
    if panel.here is None:
        return None
    row, column = place_among(panel.rows, panel.here[0]), place_among(panel.columns, panel.here[1])
    return None if row is None or column is None else (row, column)


def _mark(canvas: Canvas, x: float, y: float) -> None:
    canvas.path([(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)], fill="ground", stroke="ink", width=1.6, closed=True)


def _say(panel: GridPanel) -> str:
    return "Share of campaigns that run out, per cent: " + "; ".join(
        f"{number(row)} rounds: " + ", ".join(f"{number(c)} {number(100 * p)}" for c, p in zip(panel.columns, shares))
        for row, shares in zip(panel.rows, panel.shares)
    )

"""Paper, colours and small parts of the figures of the documentation: plain SVG, light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opendome.report.figures.svg import Canvas, Scale, nice_ticks, tick_places, wrap
from opendome.report.tokens import DARK, LIGHT

__all__ = ["IMAGES", "WIDTH", "Axes", "arrow", "box", "ellipse_points", "new_sheet", "save"]

IMAGES = Path(__file__).parents[1] / "images"
WIDTH = 760.0
MARGIN = 20.0

_TOKENS = {
    "ground": "ground",
    "panel": "panel",
    "ink": "ink",
    "quiet": "muted",
    "line": "line-strong",
    "grid": "line",
    "band": "band-90",
    "blue": "intercepted-text",
    "orange": "leaked-text",
    "green": "sheltered-text",
    "rose": "needless-text",
    "soft": "water",
    "warm": "leaked-5",
}
"""Colours of these figures, and the tokens of the report that they are."""


def _style() -> str:
    """Style sheet of one drawing."""
    light, dark = (";".join(f"--{name}:{tones[token]}" for name, token in _TOKENS.items()) for tones in (LIGHT, DARK))
    classes = "".join(f".c-{name}{{fill:var(--{name})}}" for name in _TOKENS)
    font = "13px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
    return (
        f"<style>svg{{{light};font:{font}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}text{{fill:var(--ink)}}"
        f".b{{font-weight:600}}.m{{text-anchor:middle}}.e{{text-anchor:end}}"
        f".halo{{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}}{classes}</style>"
    )


def new_sheet(height: float, title: str, subtitle: str) -> Canvas:
    """Begin a drawing: ground, a title that states the finding, a line that says what is drawn."""
    canvas = Canvas(WIDTH, height)
    canvas.raw(_style())
    canvas.rect(0, 0, WIDTH, height, "ground")
    canvas.text(MARGIN, 28, title, bold=True, size=16)
    for i, line in enumerate(wrap(subtitle, WIDTH - 2 * MARGIN)):
        canvas.text(MARGIN, 48 + 18 * i, line, colour="quiet")
    return canvas


def save(canvas: Canvas, name: str, words: str) -> None:
    """Write a drawing to the images of the documentation; ``words`` say what it shows."""
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / f"{name}.svg").write_text(canvas.svg(words) + "\n", encoding="utf-8")


def arrow(canvas: Canvas, x1: float, y1: float, x2: float, y2: float, colour: str = "quiet", dash: str = "") -> None:
    """Draw a line with a head at its end."""
    angle = math.atan2(y2 - y1, x2 - x1)
    back = (x2 - 7 * math.cos(angle), y2 - 7 * math.sin(angle))
    canvas.line(x1, y1, *back, colour, 1.5, dash)
    side = (4 * math.sin(angle), -4 * math.cos(angle))
    canvas.path(
        [(x2, y2), (back[0] + side[0], back[1] + side[1]), (back[0] - side[0], back[1] - side[1])],
        fill=colour,
        closed=True,
    )


def box(
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    height: float,
    name: str,
    lines: Sequence[str],
    fill: str = "panel",
) -> None:
    """Draw a box with a name and lines under it."""
    canvas.rect(x, y, width, height, fill, "line", radius=5)
    canvas.text(x + 11, y + 21, name, bold=True)
    for i, line in enumerate(lines):
        canvas.text(x + 11, y + 40 + 17 * i, line, colour="quiet", size=12)


def ellipse_points(mean: NDArray[np.float64], cov: NDArray[np.float64], squared: float = 5.991) -> NDArray[np.float64]:
    """Points (49, 2) of the ellipse that holds 95 % (by default) of a normal distribution."""
    values, vectors = np.linalg.eigh(cov)
    turn = np.linspace(0.0, 2.0 * math.pi, 49)
    return mean + (vectors * np.sqrt(squared * values) @ np.array([np.cos(turn), np.sin(turn)])).T


class Axes:
    """A plot area: two scales (``log_y``: the upright one in decades), grid and labels."""

    def __init__(
        self,
        canvas: Canvas,
        place: tuple[float, float, float, float],
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        log_y: bool = False,
    ):
        left, top, right, bottom = place
        self.canvas, self.place, self.log_y = canvas, place, log_y
        self.x = Scale(*x, left, right)
        self.y = Scale(*(np.log10(y) if log_y else y), bottom, top)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Give the place of a point."""
        return self.x(x), self.y(math.log10(y) if self.log_y else y)

    def frame(self, x_label: str, y_label: str, y_ticks: Sequence[float] = (), x_ticks: Sequence[float] = ()) -> None:
        """Draw grid, ticks and the words of both scales."""
        left, top, right, bottom = self.place
        ticks = list(x_ticks) or nice_ticks(self.x.low, self.x.high)
        for value in ticks:
            self.canvas.line(self.x(value), top, self.x(value), bottom, "grid")
            self.canvas.text(self.x(value), bottom + 17, f"{value:,.{tick_places(ticks)}f}", anchor="middle", size=12)
        rows = list(y_ticks) or nice_ticks(self.y.low, self.y.high)
        for value in rows:
            height = self.at(self.x.low, value)[1]
            self.canvas.line(left, height, right, height, "grid")
            words = f"{value:,.{0 if self.log_y else tick_places(rows)}f}"
            self.canvas.text(left - 7, height + 4, words, anchor="end", size=12)
        self.canvas.text((left + right) / 2, bottom + 36, x_label, colour="quiet", anchor="middle", size=12)
        self.canvas.text(left, top - 9, y_label, colour="quiet", size=12)

    def curve(self, x: Sequence[float], y: Sequence[float], colour: str, *, dash: str = "", dots: bool = False) -> None:
        """Draw a line through points, with dots where asked."""
        points = [self.at(a, b) for a, b in zip(x, y, strict=True)]
        self.canvas.path(points, stroke=colour, width=2.2, dash=dash)
        if dots:
            for point in points:
                self.canvas.circle(*point, 3, colour)

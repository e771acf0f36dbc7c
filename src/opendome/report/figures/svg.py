"""Small SVG writer: shapes and words as strings, colours by token name, widths of words estimated beforehand.

Every figure is drawn twice, ``wide`` for a page and ``narrow`` for a phone, both with 13 px labels;
the style sheet shows one of them. Same input, same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

__all__ = ["NARROW", "WIDE", "Canvas", "Figure", "Scale", "fit", "nice_ticks", "text_width", "tick_places", "wrap"]

WIDE, NARROW = 1120.0, 358.0
"""Widths of the two drawings of a full figure, px."""

_SIZE = 13.0
_ADVANCE = {
    **dict.fromkeys("ijl'|", 0.27),
    **dict.fromkeys(" !,.:;I", 0.30),
    **dict.fromkeys("()/[]frt{}\\", 0.38),
    **dict.fromkeys('"*-1^`_–', 0.48),
    **dict.fromkeys("?s7JLackvxyz", 0.58),
    **dict.fromkeys("ABCDGHKNOQRUVXY&+<=>~−", 0.73),
    **dict.fromkeys("wm%MW@—", 0.92),
}


def text_width(text: str, size: float = _SIZE, bold: bool = False) -> float:
    """Estimate the width of a line of words, px, from average advances of common sans-serif faces."""
    return sum(_ADVANCE.get(c, 0.62) for c in text) * size * (1.07 if bold else 1.0)


def fit(text: str, width: float, size: float = _SIZE, bold: bool = False) -> str:
    """Shorten a label with an ellipsis so that it fits into ``width`` px."""
    if text_width(text, size, bold) <= width:
        return text
    while text and text_width(text + "…", size, bold) > width:
        text = text[:-1]
    return text.rstrip(" ,;") + "…"


def _n(x: float) -> str:
    """Write a coordinate with at most one decimal."""
    text = f"{x:.1f}"
    return text[:-2] if text.endswith(".0") else text


def _paint(colour: str) -> str:
    return colour if colour in ("none", "") or colour.startswith("url(") else f"var(--{colour})"


@dataclass(frozen=True)
class Scale:
    """Straight map from numbers to px."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, x: float) -> float:
        """Give the px of x; x is held inside the scale, so nothing is drawn outside the figure."""
        x = min(max(x, self.low), self.high)
        return self.start + (x - self.low) / (self.high - self.low) * (self.end - self.start)


def nice_ticks(low: float, high: float, at_most: int = 7) -> list[float]:
    """Give round numbers that cover [low, high] from inside, steps of 1, 2, 2.5 or 5 times a power of ten."""
    if not high > low:
        return [low]
    raw = (high - low) / max(1, at_most - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= raw * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 10) + 0.0 for i in range(first, last + 1)]


def tick_places(ticks: Sequence[float]) -> int:
    """Give the decimals that tell neighbouring ticks apart."""
    return next(p for p in range(12) if all(abs(round(t, p) - t) < 1e-9 * max(1.0, abs(t)) for t in ticks) or p == 11)


@dataclass
class Canvas:
    """Gathers the shapes of one drawing; y grows downward."""

    width: float
    height: float = 0.0
    parts: list[str] = field(default_factory=list)

    def _add(self, tag: str, body: str = "", **attributes: float | str) -> None:
        written = "".join(
            f' {name.rstrip("_").replace("_", "-")}="{_n(v) if isinstance(v, (int, float)) else escape(v)}"'
            for name, v in attributes.items()
            if v != ""
        )
        self.parts.append(f"<{tag}{written}/>" if not body else f"<{tag}{written}>{body}</{tag}>")

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        colour: str = "",
        anchor: str = "",
        bold: bool = False,
        halo: str = "",
        size: float = 0.0,
        title: str = "",
    ) -> None:
        """Write words on the base line (x, y); ``halo`` names the ground that keeps lines out of them."""
        names = [colour and f"c-{colour}", bold and "b", anchor in ("middle", "end") and anchor[0], halo and "halo"]
        style = f"stroke:var(--{halo})" if halo else ""
        body = escape(words) + (f"<title>{escape(title)}</title>" if title else "")
        self._add("text", body, x=x, y=y, class_=" ".join(n for n in names if n), style=style, font_size=size or "")

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str = "line", width: float = 1.0, dash: str = ""
    ) -> None:
        """Draw a straight line."""
        self._add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=_paint(colour), stroke_width=width, stroke_dasharray=dash)

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        stroke: str = "",
        stroke_width: float = 1.0,
        dash: str = "",
        radius: float = 0.0,
        title: str = "",
    ) -> None:
        """Draw a box; ``title`` is what a pointer that rests on it says."""
        self._add(
            "rect",
            f"<title>{escape(title)}</title>" if title else "",
            x=x,
            y=y,
            width=max(0.0, width),
            height=max(0.0, height),
            fill=_paint(fill),
            stroke=_paint(stroke),
            stroke_width=stroke_width if stroke else "",
            stroke_dasharray=dash,
            rx=radius or "",
        )

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        fill: str,
        stroke: str = "",
        width: float = 1.5,
        dash: str = "",
        title: str = "",
    ) -> None:
        """Draw a disc or a ring (fill 'none')."""
        self._add(
            "circle",
            f"<title>{escape(title)}</title>" if title else "",
            cx=x,
            cy=y,
            r=radius,
            fill=_paint(fill),
            stroke=_paint(stroke),
            stroke_width=width if stroke else "",
            stroke_dasharray=dash,
        )

    def path(
        self,
        points: Iterable[Sequence[float]],
        *,
        fill: str = "none",
        stroke: str = "",
        width: float = 1.0,
        dash: str = "",
        closed: bool = False,
    ) -> None:
        """Draw a chain of straight lines through points (x, y), closed for an area."""
        self.rings([points], fill=fill, stroke=stroke, width=width, dash=dash, closed=closed)

    def rings(
        self,
        rings: Iterable[Iterable[Sequence[float]]],
        *,
        fill: str = "none",
        stroke: str = "",
        width: float = 1.0,
        dash: str = "",
        closed: bool = True,
    ) -> None:
        """Draw several chains as one path; rings inside rings are holes."""
        d = "".join(
            "M" + "L".join(f"{_n(p[0])} {_n(p[1])}" for p in ring) + ("Z" if closed else "")
            for ring in (list(r) for r in rings)
            if ring
        )
        if d:
            self._add(
                "path",
                d=d,
                fill=_paint(fill),
                fill_rule="evenodd" if fill != "none" else "",
                stroke=_paint(stroke),
                stroke_width=width if stroke else "",
                stroke_dasharray=dash,
                stroke_linejoin="round" if stroke else "",
            )

    def raw(self, markup: str) -> None:
        """Add markup of one's own (definitions, groups); the caller has escaped it."""
        self.parts.append(markup)

    def svg(self, label: str) -> str:
        """Close the drawing; ``label`` says in words what it shows, for readers who do not see it."""
        box = f"0 0 {_n(self.width)} {_n(self.height)}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{_n(self.width)}" '
            f'height="{_n(self.height)}" role="img" aria-label="{escape(label)}">{"".join(self.parts)}</svg>'
        )


@dataclass(frozen=True)
class Figure:
    """Both drawings of one figure as SVG text."""

    wide: str
    narrow: str


def wrap(text: str, width: float, size: float = _SIZE, bold: bool = False) -> list[str]:
    """Break words into lines of at most ``width`` px; a single word that is too long is shortened."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size, bold) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(fit(word, width, size, bold))
    return lines or [""]

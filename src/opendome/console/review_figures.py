"""Figures of the review: the operator beside the rules, decision times, raid and orders on one line of time."""

from __future__ import annotations

from opendome.report.figures.svg import NARROW, WIDE, Canvas, Figure, Scale, fit, nice_ticks, text_width, tick_places
from opendome.report.statistics import bin_dots
from opendome.report.words import interval, number

from .review_model import BesidePanel, BesideRow, Lane, TimelinePanel, TimesPanel
from .review_words import plain

__all__ = ["beside_figure", "timeline_figure", "times_figure"]

_RADIUS, _PITCH, _TALLEST = 3.0, 6.8, 64.0
_LANE = 30.0
_COLOURS = {
    "in-flight": "line-strong",
    "shot": "intercepted",
    "kill": "intercepted",
    "leak": "leaked",
    "order": "ink",
    "open": "alert",
    "change": "ink",
}


# --- the operator beside the rules ---


def beside_figure(panel: BesidePanel) -> Figure:
    """Draw the operator's result as an upright line through every rule's draws, wide and narrow."""
    return Figure(_beside(panel, WIDE, 190.0, 900.0), _beside(panel, NARROW, 6.0, NARROW - 8.0))


def _beside(panel: BesidePanel, width: float, start: float, end: float) -> str:
    canvas, body, is_wide = Canvas(width), Canvas(width), width == WIDE
    values = [panel.played, *(x for row in panel.rows for x in (*row.dots, row.same_luck))]
    values += [panel.bound] if panel.bound is not None else []
    low, high = min(values), max(values)
    margin = max(0.05 * (high - low), 0.5)
    scale = Scale(max(low - margin, 0.0), high + margin, start, end)
    top = y = 62.0 if panel.bound is not None else 46.0
    gaps: list[tuple[float, float]] = []
    for row in panel.rows:
        y = _rule(body, row, panel, scale, y, is_wide, gaps)
    ticks = nice_ticks(scale.low, scale.high, 7 if is_wide else 5)
    for tick in ticks:
        _upright(canvas, scale(tick), top - 6, y, gaps, "line")
        canvas.text(scale(tick), y + 18, number(tick, tick_places(ticks)), colour="muted", anchor="middle")
    _references(canvas, panel, scale, y, gaps)
    canvas.parts += body.parts
    canvas.height = y + 26
    said = "; ".join(
        f"{row.label} {number(row.mean.value, 1)} ({interval(row.mean.low, row.mean.high, 1)})" for row in panel.rows
    )
    return canvas.svg(f"You {plain(panel.played, panel.places)}; {said}")


def _upright(
    canvas: Canvas, x: float, top: float, bottom: float, gaps: list[tuple[float, float]], colour: str,
    width: float = 1.0, dash: str = "",
) -> None:  # fmt: skip
    """An upright line that leaves out the lines of words."""
    for begin, stop in [*gaps, (bottom, bottom)]:
        if begin > top:
            canvas.line(x, top, x, begin, colour, width, dash)
        top = max(top, stop)


def _references(
    canvas: Canvas, panel: BesidePanel, scale: Scale, bottom: float, gaps: list[tuple[float, float]]
) -> None:
    """The operator's line and the bound, each with its words."""
    for value, words, level, colour, width, dash in (
        (panel.played, f"you {plain(panel.played, panel.places)}", 16.0, "ink", 2.4, ""),
        (panel.bound, "no rule can expect less", 34.0, "muted", 1.6, "4 3"),
    ):
        if value is None:
            continue
        x = scale(value)
        half = text_width(words, bold=not dash) / 2
        at = min(max(x, half + 2.0), canvas.width - half - 2.0)
        canvas.text(at, level, words, anchor="middle", bold=not dash, colour="muted" if dash else "")
        _upright(canvas, x, level + 6, bottom, gaps, colour, width, dash)


def _rule(
    canvas: Canvas, row: BesideRow, panel: BesidePanel, scale: Scale, y: float, is_wide: bool,
    gaps: list[tuple[float, float]],
) -> float:  # fmt: skip
    """One rule: dots of its draws, its mean, and a diamond for its result with the operator's luck."""
    places = max(panel.places, 1)
    words = f"{number(row.mean.value, places)} ({interval(row.mean.low, row.mean.high, places)})"
    if not is_wide:
        canvas.text(0, y + 12, row.label, bold=row.is_own)
        canvas.text(canvas.width, y + 12, words, anchor="end", colour="muted")
        gaps.append((y - 2, y + 17))
        y += 20
    dots = bin_dots([scale(x) for x in row.dots], _PITCH)
    tallest = max((i for _, i in dots), default=0) + 1
    step = min(_PITCH, _TALLEST / tallest)
    base = y + max(20.0, step * tallest)
    for x, i in dots:
        canvas.circle(x, base - i * step, _RADIUS, "chosen" if row.is_own else "dot")
    canvas.line(scale.start, base + 6, scale.end, base + 6, "line")
    _mean(canvas, row, scale, base + 6)
    if is_wide:
        canvas.text(0, base + 3, fit(row.label, scale.start - 20, bold=row.is_own), bold=row.is_own)
        canvas.text(canvas.width, base + 3, words, anchor="end")
    return base + 24


def _mean(canvas: Canvas, row: BesideRow, scale: Scale, y: float) -> None:
    x, r = scale(row.same_luck), 5.0
    canvas.path([(x - r, y), (x, y - r), (x + r, y), (x, y + r)], fill="ground", stroke="ink", width=1.6, closed=True)
    canvas.line(scale(row.mean.low), y, scale(row.mean.high), y, "ink", 4.0)
    canvas.line(scale(row.mean.value), y - 5, scale(row.mean.value), y + 5, "ink", 2.0)


# --- decision times ---


def times_figure(panel: TimesPanel) -> Figure:
    """Draw a dot for every answer, and rings for the questions that nobody answered, wide and narrow."""
    return Figure(_times(panel, WIDE, 900.0), _times(panel, NARROW, NARROW - 52.0))


def _times(panel: TimesPanel, width: float, end: float) -> str:
    canvas = Canvas(width)
    most = max([10.0, *panel.seconds])
    scale = Scale(0.0, most * 1.05, 6.0, end)
    dots = bin_dots([scale(x) for x in panel.seconds], _PITCH)
    columns = -(-panel.n_unanswered // 8)
    tallest = max([i for _, i in dots] + [min(panel.n_unanswered, 8) - 1, 3]) + 1
    step = min(_PITCH, 90.0 / tallest)
    base = 40.0 + step * tallest
    for x, i in dots:
        canvas.circle(x, base - i * step, _RADIUS, "dot")
    ticks = nice_ticks(0.0, scale.high, 9 if width == WIDE else 5)
    for tick in ticks:
        canvas.line(scale(tick), base + 5, scale(tick), base + 10, "line-strong")
        words = f"{number(tick, tick_places(ticks))} s" if tick == 0 else number(tick, tick_places(ticks))
        canvas.text(scale(tick), base + 25, words, colour="muted", anchor="middle" if tick else "")
    canvas.line(scale.start, base + 5, scale.end, base + 5, "line-strong")
    for x_s, words, level in ((panel.median_s, "half by", 14.0), (panel.p90_s, "nine in ten by", 30.0)):
        if panel.seconds:
            _say_time(canvas, scale(x_s), level, base + 5, f"{words} {number(x_s, 1)} s")
    for k in range(panel.n_unanswered):
        x = width - 8.0 - (columns - 1 - k // 8) * _PITCH
        canvas.circle(max(x, end + 8.0), base - (k % 8) * step, _RADIUS - 0.6, "ground", "alert", 1.4)
    if panel.n_unanswered:
        canvas.text(width, base + 25, "open", colour="alert-text", anchor="end")
    canvas.height = base + 32
    said = f"{len(panel.seconds)} answers, half within {number(panel.median_s, 1)} s" if panel.seconds else "no answer"
    return canvas.svg(f"{said}; {panel.n_unanswered} questions left open")


def _say_time(canvas: Canvas, x: float, level: float, bottom: float, words: str) -> None:
    canvas.line(x, level + 4, x, bottom, "ink", 1.6)
    is_right = x + 6 + text_width(words) < canvas.width
    canvas.text(x + 6 if is_right else x - 6, level, words, anchor="" if is_right else "end", halo="ground")


# --- the raid and the orders ---


def timeline_figure(panel: TimelinePanel) -> Figure:
    """Draw what flew, what was done and what came of it, one lane each, wide and narrow."""
    return Figure(_timeline(panel, WIDE, 170.0), _timeline(panel, NARROW, 4.0))


def _timeline(panel: TimelinePanel, width: float, left: float) -> str:
    canvas, is_wide = Canvas(width), width == WIDE
    scale = Scale(panel.from_s, panel.end_s, left, width - 8.0)
    lane = _LANE if is_wide else _LANE + 14.0
    top, bottom = 26.0, 26.0 + lane * len(panel.lanes)
    last = -1e9
    for t_s, words in panel.ticks:
        x = scale(t_s)
        canvas.line(x, top, x, bottom, "line")
        half = text_width(words) / 2
        at = min(max(x, half), width - half)
        if at - half > last + 10.0:
            canvas.text(at, 15, words, colour="muted", anchor="middle")
            last = at + half
    if panel.until_s < panel.end_s:
        canvas.line(scale(panel.until_s), top, scale(panel.until_s), bottom, "line-strong", 1.4, "3 3")
    for k, row in enumerate(panel.lanes):
        y = top + lane * k
        if is_wide:
            canvas.text(0, y + 19, row.label)
            canvas.text(left - 14, y + 19, number(len(row.marks)), colour="muted", anchor="end")
        else:
            canvas.text(0, y + 14, f"{row.label}, {number(len(row.marks))}", halo="ground")
        centre = y + lane - 14.0
        canvas.line(left, y + lane, width - 8.0, y + lane, "line")
        _lane(canvas, row, scale, centre)
    canvas.height = bottom + 6
    return canvas.svg("; ".join(f"{row.label}: {len(row.marks)}" for row in panel.lanes))


def _lane(canvas: Canvas, lane: Lane, scale: Scale, y: float) -> None:
    """The marks of one lane: rings are what was left open, discs are ends, uprights are orders and shots."""
    colour, last = _COLOURS[lane.kind], -1e9
    for mark in lane.marks:
        x = scale(mark.t_s)
        if lane.kind == "open":
            canvas.circle(x, y, 4.0, "ground", colour, 1.6, title=mark.words)
        elif lane.kind in ("kill", "leak"):
            canvas.circle(x, y, 4.0, colour, title=mark.words)
        else:
            canvas.rect(x - 1.0, y - 7.0, 2.0, 14.0, colour, title=mark.words)
        if mark.label and x > last + 8.0:
            room = canvas.width - x - 8.0
            if text_width(mark.label) < room:
                canvas.text(x + 5, y + 4.5, mark.label, colour="muted", halo="ground")
                last = x + 5 + text_width(mark.label)

"""Stock over time: median and bands, deliveries, days of supply at the right, first stock-outs below the line."""

from __future__ import annotations

import numpy as np

from opendome.report.figures.svg import NARROW, WIDE, Canvas, Figure, Scale, fit, nice_ticks, text_width, tick_places
from opendome.report.model import StockPanel, StockSeries
from opendome.report.words import number, per_cent

__all__ = ["day_ticks", "stock_figure"]

_HIGH = 180.0
_BARS = 26.0


def stock_figure(panel: StockPanel) -> Figure:
    """Draw the stock, panels side by side or one below the other, all on one scale."""
    return Figure(_draw(panel, WIDE, is_wide=True), _draw(panel, NARROW, is_wide=False))


def _draw(panel: StockPanel, width: float, is_wide: bool) -> str:
    canvas = Canvas(width)
    top_stock = max(max(series.bands[4]) for series in panel.series)
    ticks = nice_ticks(0.0, max(top_stock, 1.0) * 1.02, 6)
    ceiling = max(top_stock * 1.04, ticks[-1], 1.0)
    most_share = max(max(series.stockout_share) for series in panel.series)
    n = len(panel.series)
    left = max(text_width(number(t)) for t in ticks) + 9
    right = 56.0
    gap = 64.0
    each = (width - left - right - (gap * (n - 1) if is_wide else 0)) / (n if is_wide else 1)
    if is_wide:
        each = min(each, 700.0)
    bottom = 0.0
    for i, series in enumerate(panel.series):
        x = left + (i * (each + gap) if is_wide else 0.0)
        y = 0.0 if is_wide or i == 0 else bottom + 22.0
        is_last = i == n - 1 or not is_wide
        bottom = max(
            bottom, _panel(canvas, panel, series, x, y, each, ceiling, ticks, most_share, i == 0, is_last, is_wide)
        )
    canvas.height = bottom
    label = "Stock of rounds by day: " + "; ".join(
        f"{s.label}: median {number(s.bands[2][0])} at the start, {number(s.bands[2][-1])} at the end, "
        f"{per_cent(s.p_stockout)} of campaigns run out"
        for s in panel.series
    )
    return canvas.svg(label)


def _panel(
    canvas: Canvas,
    panel: StockPanel,
    series: StockSeries,
    x: float,
    y: float,
    width: float,
    ceiling: float,
    ticks: list[float],
    most_share: float,
    is_first: bool,
    is_last: bool,
    is_wide: bool,
) -> float:
    days = series.days
    across = Scale(days[0], max(days[-1], days[0] + 1e-9), x, x + width)
    top = y + 52
    up = Scale(0.0, ceiling, top + _HIGH, top)
    canvas.text(x, y + 13, fit(series.label, width, bold=True), bold=True, title=series.label)
    for tick in ticks:
        canvas.line(x, up(tick), x + width, up(tick), "ink" if tick == 0 else "line")
        if is_first or not is_wide:
            canvas.text(x - 8, up(tick) + 4.5, number(tick), colour="muted", anchor="end")
    if is_last:
        _supply_axis(canvas, panel, x + width + 8, up, ceiling)
    q05, q25, q50, q75, q95 = series.bands
    for low, high, colour in ((q05, q95, "band-90"), (q25, q75, "band-50")):
        area = [(across(d), up(v)) for d, v in zip(days, high)]
        area += [(across(d), up(v)) for d, v in zip(reversed(days), reversed(low))]
        canvas.path(area, fill=colour, closed=True)
    canvas.path([(across(d), up(v)) for d, v in zip(days, q50)], stroke="ink", width=2)
    canvas.line(x, up(0), x + width, up(0), "ink")
    _deliveries(canvas, series, across, y + 33, top, x + width)
    if is_first:
        _say_bands(canvas, series, across, up)
    return _bars(canvas, series, across, top + _HIGH, most_share)


def _supply_axis(canvas: Canvas, panel: StockPanel, x: float, up: Scale, ceiling: float) -> None:
    if panel.rounds_per_day <= 0:
        return
    ticks = nice_ticks(0.0, ceiling / panel.rounds_per_day, 6)
    places = tick_places(ticks)
    for i, tick in enumerate(ticks):
        words = f"{number(tick, places)} days" if i == len(ticks) - 1 else number(tick, places)
        canvas.text(x, up(tick * panel.rounds_per_day) + 4.5, words, colour="muted")


def _deliveries(canvas: Canvas, series: StockSeries, across: Scale, y: float, top: float, right: float) -> None:
    """Mark deliveries above the plot; what only this alternative gets carries its number and a dotted line."""
    shown = [(across(day), rounds, is_new) for day, rounds, is_new in series.deliveries if day <= across.high]
    named = False
    for i, (x, rounds, is_new) in enumerate(shown):
        canvas.path([(x - 4, y - 7), (x + 4, y - 7), (x, y)], fill="muted", closed=True)
        if is_new:
            canvas.line(x, y + 3, x, top + _HIGH, "line-strong", 1, "2 3")
        elif named:
            continue
        said = f"+{number(rounds)} rounds" if is_new else "resupply"
        room = text_width(said) + 8
        before = shown[i - 1][0] if i else across.start - 40
        after = shown[i + 1][0] if i + 1 < len(shown) else right + 60
        if is_new and x - room > before + 8:
            canvas.text(x - 8, y, said, colour="muted", anchor="end")
        elif x + room < after - 6:
            canvas.text(x + 8, y, said, colour="muted")
            named = named or not is_new


def _say_bands(canvas: Canvas, series: StockSeries, across: Scale, up: Scale) -> None:
    """Name the median and both bands, each where the words fit into the band along their whole length."""
    days = np.array(series.days)
    q05, q25, q50, q75, q95 = (np.array(band) for band in series.bands)

    per_px = (across.high - across.low) / (across.end - across.start)

    def room(x: float, half: float, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
        at = across.low + (np.linspace(x - half, x + half, 7) - across.start) * per_px
        top, bottom = np.interp(at, days, high).min(), np.interp(at, days, low).max()
        return float(up(bottom) - up(top)) if top > bottom else 0.0, float(up((top + bottom) / 2))

    def place(words: str, halves: list[tuple[np.ndarray, np.ndarray]], halo: str) -> None:
        half = text_width(words) / 2
        spots = [
            (*room(float(x), half, low, high), float(x))
            for low, high in halves
            for x in np.linspace(across.start + half + 4, across.end - half - 4, 60)
        ]
        thick, y, x = max(spots)
        if thick >= 13:
            canvas.text(x, y + 4.5, words, anchor="middle", halo=halo)

    place("nine in ten", [(q75, q95), (q05, q25)], "band-90")
    place("half of all", [(q50, q75), (q25, q50)], "band-50")
    x = across.start + max(0.12 * (across.end - across.start), 34.0)
    at = across.low + (x - across.start) * per_px
    middle, low = up(float(np.interp(at, days, q50))), up(float(np.interp(at, days, q05)))
    if up(0) - low > 60:
        canvas.line(x, middle + 2, x, low + 18, "ink")
        canvas.text(x, low + 31, "median", anchor="middle", halo="ground")


def _bars(canvas: Canvas, series: StockSeries, across: Scale, base: float, most: float) -> float:
    n = len(series.stockout_share)
    last = series.days[-1]
    for tick in day_ticks(last):
        anchor = "end" if tick >= last else ("middle" if tick > 0 else "")
        words = f"day {number(tick)}" if tick == 0 else number(tick)
        canvas.text(across(tick), base + 17, words, colour="muted", anchor=anchor)
    top = base + 26
    said = f"{per_cent(series.p_stockout)} run out by day {number(last)}" if series.p_stockout > 0 else "none runs out"
    if most > 0 and series.p_stockout > 0:
        pitch = (across.end - across.start) / n
        for day, share in enumerate(series.stockout_share):
            if share > 0:
                high = max(1.0, _BARS * share / most)
                x = across(day) + 0.18 * pitch
                canvas.rect(x, top, 0.64 * pitch, high, "leaked", title=f"day {day + 1}: {per_cent(share, 1)}")
        worst = max(range(n), key=lambda d: series.stockout_share[d])
        x = across(worst) + 0.5 * pitch
        words = per_cent(max(series.stockout_share))
        half = text_width(words) / 2
        y = top + _BARS * max(series.stockout_share) / most + 15
        canvas.text(min(x, across.end - half), y, words, colour="muted", anchor="middle")
    room = text_width(said, bold=True) + 10
    pitch = (across.end - across.start) / n
    is_free = not any(series.stockout_share[: int(room / pitch) + 1])
    y = top + (14 if is_free else _BARS + 32)
    canvas.text(across.start, y, said, colour="leaked-text" if series.p_stockout > 0 else "muted", bold=True)
    if series.p_stockout <= 0:
        return top + 18
    return top + _BARS + (20 if is_free else 38)


def day_ticks(last: float) -> list[float]:
    """Give the days to write on a time axis: weeks where there are weeks, and always the last day."""
    step = next((s for s in (1, 2, 7, 14, 28, 30, 60, 90, 180, 365, 730) if last / s <= 7), 730)
    ticks = [float(d) for d in range(0, int(last) + 1, step)]
    if last - ticks[-1] > 0.6 * step:
        return [*ticks, last]
    return [*ticks[:-1], last] if len(ticks) > 1 else ticks

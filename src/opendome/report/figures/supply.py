"""Days of supply over the campaign: bands of the forecast, and the days that are left."""

from __future__ import annotations

from opendome.report.figures.stock import day_ticks
from opendome.report.figures.svg import NARROW, WIDE, Canvas, Figure, Scale, fit, nice_ticks, text_width
from opendome.report.supply_model import SupplyPanel, SupplySeries
from opendome.report.words import number

__all__ = ["supply_figure"]

_HIGH = 160.0
_GAP = 48.0


def supply_figure(panel: SupplyPanel) -> Figure:
    """Draw days of supply, panels side by side or one below the other, all on one scale."""
    return Figure(_draw(panel, WIDE, is_wide=True), _draw(panel, NARROW, is_wide=False))


def _draw(panel: SupplyPanel, width: float, *, is_wide: bool) -> str:
    canvas = Canvas(width)
    most = max(panel.duration_day, *(1.3 * max(series.of_one[2]) for series in panel.series))
    ticks = nice_ticks(0.0, most, 6)
    left = max(text_width(number(tick)) for tick in ticks) + 9
    n = len(panel.series)
    each = (width - left - 12.0 - (_GAP * (n - 1) if is_wide else 0.0)) / (n if is_wide else 1)
    each = min(each, 700.0)
    bottom = 0.0
    for i, series in enumerate(panel.series):
        x, y = (left + i * (each + _GAP), 0.0) if is_wide else (left, bottom + (22.0 if i else 0.0))
        end = _one(canvas, panel, series, (x, y, each), most, ticks)
        bottom = max(bottom, end)
    canvas.height = bottom
    return canvas.svg(
        "Days of supply by day: "
        + "; ".join(
            f"{s.label}: {number(s.over_all[1][0])} at the start, {number(s.over_all[1][-1])} on day "
            f"{number(s.days[-1])}"
            for s in panel.series
        )
    )


def _one(
    canvas: Canvas,
    panel: SupplyPanel,
    series: SupplySeries,
    place: tuple[float, float, float],
    most: float,
    ticks: list[float],
) -> float:
    """Draw one alternative; ``place`` is left, top and width. Gives the lower edge."""
    x, y, width = place
    last = series.days[-1]
    across, top = Scale(0.0, max(last, 1e-9), x, x + width), y + 30
    up = Scale(0.0, most, top + _HIGH, top)
    canvas.text(x, y + 13, fit(series.label, width, bold=True), bold=True, title=series.label)
    for tick in ticks:
        canvas.line(x, up(tick), x + width, up(tick), "ink" if tick == 0 else "line")
        canvas.text(x - 8, up(tick) + 4.5, number(tick), colour="muted", anchor="end")
    for band, colour in ((series.over_all, "band-90"), (series.of_one, "band-50")):
        area = [(across(d), up(min(v, most))) for d, v in zip(series.days, band[2])]
        area += [(across(d), up(min(v, most))) for d, v in zip(reversed(series.days), reversed(band[0]))]
        canvas.path(area, fill=colour, closed=True)
    middle = [(across(d), up(min(v, most))) for d, v in zip(series.days, series.over_all[1])]
    canvas.path(middle, stroke="ink", width=2)
    left = panel.duration_day
    canvas.line(across(0.0), up(left), across(last), up(max(left - last, 0.0)), "muted", 1, "4 3")
    for tick in day_ticks(last):
        anchor = "end" if tick >= last else ("middle" if tick > 0 else "")
        canvas.text(across(tick), top + _HIGH + 17, f"day {number(tick)}" if tick == 0 else number(tick),
                    colour="muted", anchor=anchor)  # fmt: skip
    return top + _HIGH + 24

"""The map: quiet land and sea, areas, notional launch areas, the batteries' arcs, leaks as proportional dots."""

from __future__ import annotations

import math
from collections.abc import Sequence

from opendome.report.figures.svg import NARROW, Canvas, Figure, Scale, fit, text_width
from opendome.report.geometry import MapGeometry, Ring
from opendome.report.model import AreaLeaks, MapPanel
from opendome.report.words import number

__all__ = ["MAP_WIDE", "area_list_figure", "map_figure", "scale_bar_km"]

MAP_WIDE, _LIST_WIDE = 740.0, 356.0
_BIGGEST = 21.0

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, px."""


def scale_bar_km(width_km: float) -> float:
    """Give a round length for the scale bar, about a sixth of the map's width [km]."""
    power = 10.0 ** math.floor(math.log10(max(width_km / 5.0, 1e-6)))
    return max(m * power for m in (1.0, 2.0, 5.0) if m * power <= width_km / 5.0)


def map_figure(panel: MapPanel, geometry: MapGeometry) -> Figure:
    """Draw the map, eight columns wide on the page and full width on a phone."""
    return Figure(_draw(panel, geometry, MAP_WIDE, 10), _draw(panel, geometry, NARROW, 3))


def _draw(panel: MapPanel, geometry: MapGeometry, width: float, n_named: int) -> str:
    west, south, east, north = geometry.box
    height = width * (north - south) / (east - west)
    canvas = Canvas(width, height)
    across, up = Scale(west, east, 0.0, width), Scale(south, north, height, 0.0)

    def project(ring: Ring) -> list[tuple[float, float]]:
        k = width / (east - west)
        return [((e - west) * k, height - (n - south) * k) for e, n in ring]

    has_sea = bool(geometry.land)
    key = "w" if width > NARROW else "n"
    canvas.raw(
        f'<defs><clipPath id="map-{key}"><rect width="{width:g}" height="{height:.1f}"/></clipPath>'
        f'<pattern id="hatch-{key}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<line x1="0" y1="0" x2="0" y2="7" stroke="var(--line-strong)" stroke-width="1"/></pattern></defs>'
        f'<g clip-path="url(#map-{key})">'
    )
    canvas.rect(0, 0, width, height, "water" if has_sea else "land")
    canvas.rings([project(ring) for ring in geometry.land], fill="land")
    canvas.rings([project(line) for line in geometry.coast], stroke="coast", width=1.1, closed=False)
    canvas.rings([project(ring) for ring in geometry.areas], fill="built", stroke="ground", width=0.6)
    canvas.rings([project(ring) for ring in geometry.launch], fill=f"url(#hatch-{key})", stroke="line-strong")
    canvas.raw("</g>")
    taken: list[Box] = []
    _batteries(canvas, geometry, across, up, key, taken)
    _launch_label(canvas, geometry, project, taken)
    _leaks(canvas, panel, geometry, across, up, n_named, taken)
    _scale_bar(canvas, (east - west) / 1000.0, width, height, taken)
    label = "Map of leaks, mean of a campaign: " + ", ".join(
        f"{area.name} {_said(area.before)}" for area in panel.areas[:12]
    )
    return canvas.svg(label)


def _said(x: float) -> str:
    return number(x, 0 if x >= 10 or abs(x - round(x)) < 0.05 else 1)


def _batteries(canvas: Canvas, geometry: MapGeometry, across: Scale, up: Scale, key: str, taken: list[Box]) -> None:
    k = (across.end - across.start) / (across.high - across.low)
    canvas.raw(f'<g clip-path="url(#map-{key})">')
    for battery in sorted(geometry.batteries, key=lambda b: b.is_new):
        x, y = across(battery.east_m), up(battery.north_m)
        if battery.is_new:
            canvas.circle(x, y, battery.radius_m * k, "none", "ink", 2.0, "6 4")
        else:
            canvas.circle(x, y, battery.radius_m * k, "none", "line-strong", 1.1)
    canvas.raw("</g>")
    for battery in geometry.batteries:
        x, y = across(battery.east_m), up(battery.north_m)
        half = 8.0 if len(battery.number) == 1 else 10.5
        new = ", new" if battery.is_new else ""
        canvas.rect(
            x - half, y - 8, 2 * half, 16, "ground", "ink", 1.5, "3 2" if battery.is_new else "", 2,
            title=f"{battery.number} {battery.name}{new}, notional site",
        )  # fmt: skip
        canvas.text(x, y + 4.5, battery.number, anchor="middle", bold=True, size=12)
        taken.append((x - half, y - 8, x + half, y + 8))


def _launch_label(canvas: Canvas, geometry: MapGeometry, project: object, taken: list[Box]) -> None:
    assert callable(project)
    room = text_width(geometry.launch_label)
    for ring in geometry.launch:
        inside = [p for p in project(ring) if -20 < p[0] < canvas.width + 20 and -20 < p[1] < canvas.height + 20]
        if not inside:
            continue
        x = min(max(sum(p[0] for p in inside) / len(inside), room / 2 + 8), canvas.width - room / 2 - 8)
        low = max(p[1] for p in inside)
        y = low + 18 if low + 24 < canvas.height else min(p[1] for p in inside) - 8
        y = min(max(y, 16.0), canvas.height - 10)
        box = (x - room / 2, y - 12, x + room / 2, y + 4)
        if _is_free(box, taken):
            canvas.text(x, y, geometry.launch_label, colour="muted", anchor="middle", halo="land")
            taken.append(box)
            return


def _is_free(box: Box, taken: Sequence[Box]) -> bool:
    return all(box[2] <= t[0] or box[0] >= t[2] or box[3] <= t[1] or box[1] >= t[3] for t in taken)


def _overlap(box: Box, taken: Sequence[Box]) -> float:
    return sum(
        max(0.0, min(box[2], t[2]) - max(box[0], t[0])) * max(0.0, min(box[3], t[3]) - max(box[1], t[1])) for t in taken
    )


def _leaks(
    canvas: Canvas,
    panel: MapPanel,
    geometry: MapGeometry,
    across: Scale,
    up: Scale,
    n_named: int,
    taken: list[Box],
) -> None:
    most = max((area.before for area in panel.areas), default=0.0)
    if most <= 0:
        return
    biggest = _BIGGEST if canvas.width > NARROW else 0.62 * _BIGGEST
    west, south, east, north = geometry.box
    shown = [a for a in panel.areas if west <= a.east_m <= east and south <= a.north_m <= north and a.before > 0]
    dots: list[tuple[AreaLeaks, float, float, float]] = []
    for area in shown:
        radius = max(1.2, biggest * math.sqrt(area.before / most))
        dots.append((area, across(area.east_m), up(area.north_m), radius))
    canvas.raw('<g fill-opacity="0.88">')
    for area, x, y, radius in dots:
        canvas.circle(x, y, radius, "leaked", "ground", 0.8, title=f"{area.name}: {_said(area.before)}")
    canvas.raw("</g>")
    taken += [(x - r, y - r, x + r, y + r) for _, x, y, r in dots if r > 4]
    for area, x, y, radius in dots[:n_named]:
        _name(canvas, area, x, y, radius, taken)


def _name(canvas: Canvas, area: AreaLeaks, x: float, y: float, radius: float, taken: list[Box]) -> None:
    """Write an area's name where it covers least, trying right, left, above, below; left out where nothing is free."""
    said = _said(area.before)
    name = fit(area.name, 150)
    room = text_width(name + " ") + text_width(said, bold=True)
    places = [
        (x + radius + 5, y + 4.5),
        (x - radius - 5 - room, y + 4.5),
        (x - room / 2, y - radius - 6),
        (x - room / 2, y + radius + 15),
        (x + radius + 2, y - radius - 2),
        (x + radius + 2, y + radius + 12),
        (x - radius - 2 - room, y - radius - 2),
        (x - radius - 2 - room, y + radius + 12),
    ]
    inside = [p for p in places if p[0] >= 4 and p[0] + room <= canvas.width - 4 and 14 <= p[1] <= canvas.height - 6]
    if not inside:
        return

    def box(p: tuple[float, float]) -> Box:
        return p[0] - 1, p[1] - 12, p[0] + room + 1, p[1] + 4

    best = min(inside, key=lambda p: _overlap(box(p), taken))
    if _overlap(box(best), taken) > 60.0:
        return
    canvas.text(best[0], best[1], name, halo="land")
    canvas.text(best[0] + text_width(name + " "), best[1], said, colour="leaked-text", bold=True, halo="land")
    taken.append(box(best))


def _scale_bar(canvas: Canvas, width_km: float, width: float, height: float, taken: list[Box]) -> None:
    length_km = scale_bar_km(width_km)
    px = length_km / width_km * width
    words = f"{number(length_km)} km"
    room = px + 8 + text_width(words)
    corners = [(16.0, height - 14), (width - room - 16, height - 14), (16.0, 24.0), (width - room - 16, 24.0)]
    x, y = min(corners, key=lambda c: _overlap((c[0] - 4, c[1] - 14, c[0] + room + 4, c[1] + 6), taken))
    canvas.path([(x, y - 5), (x, y), (x + px, y), (x + px, y - 5)], stroke="ink", width=1.4)
    canvas.text(x + px + 7, y + 2, words, halo="land")


def area_list_figure(panel: MapPanel) -> Figure:
    """Draw the list beside the map: each area's leaks before and after."""
    return Figure(_list(panel, _LIST_WIDE), _list(panel, NARROW))


def _list(panel: MapPanel, width: float) -> str:
    canvas = Canvas(width)
    shown = panel.areas[: max(1, len(panel.areas) - panel.others[0])]
    most = max((max(a.before, a.after or 0.0) for a in shown), default=0.0)
    scale = Scale(0.0, most or 1.0, 5.0, width - 6)
    y = 0.0
    for area in shown:
        changed = area.after is not None and abs(area.before - area.after) > 0.15 * most
        said = _pair(area.before, area.after)
        room = width - text_width(said, bold=True) - 10
        canvas.text(0, y + 15, fit(area.name, room), title=area.name)
        colour = "leaked-text" if changed else ""
        canvas.text(width, y + 15, said, anchor="end", bold=changed, colour=colour)
        line = y + 30
        canvas.line(0, line, width, line, "line")
        if area.after is None:
            canvas.circle(scale(area.before), line, 4.5, "leaked")
        else:
            canvas.line(scale(area.before), line, scale(area.after), line, "leaked", 2.2)
            canvas.circle(scale(area.before), line, 4.3, "ground", "leaked", 1.8)
            canvas.circle(scale(area.after), line, 4.5, "leaked")
        y += 42
    n, before, after = panel.others
    if n:
        said = _pair(before, after)
        canvas.text(0, y + 15, f"{number(n)} more {'area' if n == 1 else 'areas'}", colour="muted")
        canvas.text(width, y + 15, said, anchor="end", colour="muted")
        y += 24
    canvas.height = y
    return canvas.svg("Leaks in each area: " + ", ".join(f"{a.name} {_pair(a.before, a.after)}" for a in shown))


def _pair(before: float, after: float | None) -> str:
    if after is None or _said(before) == _said(after):
        return _said(before)
    return f"{_said(before)} to {_said(after)}"

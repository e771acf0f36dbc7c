"""The map: quiet land and sea, areas, notional launch areas, the batteries' arcs, leaks as proportional dots."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from opendome.report.figures.svg import NARROW, Canvas, Figure, Scale, fit, text_width
from opendome.report.geometry import MapGeometry, Ring
from opendome.report.model import AreaLeaks, MapPanel
from opendome.report.words import number

__all__ = ["MAP_WIDE", "area_list_figure", "map_figure", "scale_bar_km"]

MAP_WIDE, _LIST_WIDE = 740.0, 356.0
_BIGGEST = 21.0
_COVERED_FRAC = 0.025

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
    _arcs(canvas, geometry, across, up, key)
    dots = _dots(panel, geometry, across, up, height)
    canvas.raw(f'<g fill-opacity="0.85" clip-path="url(#map-{key})">')
    for area, x, y, radius in dots:
        canvas.circle(x, y, radius, "leaked", "ground", 0.8, title=f"{area.name}: {_said(area.before)}")
    canvas.raw("</g>")
    taken: list[Box] = []
    _battery_marks(canvas, geometry, across, up, taken)
    taken += [(x - r, y - r, x + r, y + r) for _, x, y, r in dots if r > 3]
    _launch_label(canvas, geometry, project, taken)
    for area, x, y, radius in dots[:n_named]:
        _name(canvas, area, x, y, radius, taken)
    _scale_bar(canvas, (east - west) / 1000.0, width, height, taken)
    label = "Map of leaks, mean of a campaign: " + ", ".join(
        f"{area.name} {_said(area.before)}" for area in panel.areas[:12]
    )
    return canvas.svg(label)


def _said(x: float) -> str:
    return number(x, 0 if x >= 10 or abs(x - round(x)) < 0.05 else 1)


def _arcs(canvas: Canvas, geometry: MapGeometry, across: Scale, up: Scale, key: str) -> None:
    k = (across.end - across.start) / (across.high - across.low)
    canvas.raw(f'<g clip-path="url(#map-{key})">')
    for battery in sorted(geometry.batteries, key=lambda b: b.is_new):
        x, y = across(battery.east_m), up(battery.north_m)
        if battery.is_new:
            canvas.circle(x, y, battery.radius_m * k, "none", "ink", 2.0, "6 4")
        else:
            canvas.circle(x, y, battery.radius_m * k, "none", "line-strong", 1.1)
    canvas.raw("</g>")


def _battery_marks(canvas: Canvas, geometry: MapGeometry, across: Scale, up: Scale, taken: list[Box]) -> None:
    for battery in geometry.batteries:
        x, y = across(battery.east_m), up(battery.north_m)
        half = 8.0 if len(battery.number) == 1 else 10.5
        new = ", new" if battery.is_new else ""
        title = f"{battery.number} {battery.name}{new}, notional site"
        canvas.rect(x - half, y - 8, 2 * half, 16, "ground", "ink", 1.5, "3 2" if battery.is_new else "", 2, title)
        canvas.text(x, y + 4.5, battery.number, anchor="middle", bold=True, size=12)
        taken.append((x - half, y - 8, x + half, y + 8))


def _dots(
    panel: MapPanel, geometry: MapGeometry, across: Scale, up: Scale, height: float
) -> list[tuple[AreaLeaks, float, float, float]]:
    """Place the dots, most leaks first; together they never cover more than a small share of the map."""
    west, south, east, north = geometry.box
    shown = [a for a in panel.areas if west <= a.east_m <= east and south <= a.north_m <= north and a.before > 0]
    if not shown:
        return []
    most = max(area.before for area in shown)
    width = across.end - across.start
    covered = math.pi * sum(area.before / most for area in shown)
    biggest = min(_BIGGEST * (1.0 if width > NARROW else 0.62), math.sqrt(_COVERED_FRAC * width * height / covered))
    return [
        (area, across(area.east_m), up(area.north_m), max(0.8, biggest * math.sqrt(area.before / most)))
        for area in shown
    ]


def _launch_label(
    canvas: Canvas, geometry: MapGeometry, project: Callable[[Ring], list[tuple[float, float]]], taken: list[Box]
) -> None:
    """Name the launch areas once, below, above or beside the first that has a free place."""
    room = text_width(geometry.launch_label)
    tries: list[tuple[float, float]] = []
    for ring in geometry.launch:
        inside = [p for p in project(ring) if -20 < p[0] < canvas.width + 20 and -20 < p[1] < canvas.height + 20]
        if inside:
            xs, ys = [p[0] for p in inside], [p[1] for p in inside]
            middle, level = sum(xs) / len(xs), sum(ys) / len(ys)
            tries += [(middle, max(ys) + 18), (middle, min(ys) - 8)]
            tries += [
                (min(xs) - room / 2 - 8, level),
                (max(xs) + room / 2 + 8, level),
                (min(xs) - room / 2 - 8, min(ys)),
            ]
    boxes = [(x - room / 2, y - 12, x + room / 2, y + 4) for x, y in tries]
    inside_map = [
        b for b in boxes if b[0] >= 4 and b[2] <= canvas.width - 4 and b[1] >= 2 and b[3] <= canvas.height - 4
    ]
    if inside_map:
        best = min(inside_map, key=lambda box: _overlap(box, taken))
        canvas.text(
            (best[0] + best[2]) / 2, best[3] - 4, geometry.launch_label, colour="muted", anchor="middle", halo="land"
        )
        taken.append(best)


def _overlap(box: Box, taken: Sequence[Box]) -> float:
    return sum(
        max(0.0, min(box[2], t[2]) - max(box[0], t[0])) * max(0.0, min(box[3], t[3]) - max(box[1], t[1])) for t in taken
    )


def _name(canvas: Canvas, area: AreaLeaks, x: float, y: float, radius: float, taken: list[Box]) -> None:
    """Write an area's name where it covers least: right, left, above, below, aslant; left out where nothing is free."""
    name, said = fit(area.name, 150), _said(area.before)
    room = text_width(f"{name} ") + text_width(said, bold=True)
    share = {"": 0.0, "middle": 0.5, "end": 1.0}
    beside, aslant = radius + 5, radius + 2
    spots = [
        (x + beside, y + 4.5, ""),
        (x - beside, y + 4.5, "end"),
        (x, y - radius - 6, "middle"),
        (x, y + radius + 15, "middle"),
        (x + aslant, y - aslant, ""),
        (x + aslant, y + radius + 12, ""),
        (x - aslant, y - aslant, "end"),
        (x - aslant, y + radius + 12, "end"),
    ]
    free: list[tuple[float, int, Box]] = []
    for i, (at, line, anchor) in enumerate(spots):
        left = at - share[anchor] * room
        box = (left - 1, line - 12, left + room + 1, line + 4)
        if left >= 4 and left + room <= canvas.width - 4 and 14 <= line <= canvas.height - 6:
            free.append((_overlap(box, taken), i, box))
    if not free or min(free)[0] > 60.0:
        return
    _, i, box = min(free)
    at, line, anchor = spots[i]
    names = f'class="halo{" " + anchor[0] if anchor else ""}" style="stroke:var(--land)"'
    number_of = f'<tspan class="c-leaked-text b">{said}</tspan>'
    canvas.raw(f'<text x="{at:.1f}" y="{line:.1f}" {names}>{escape(name)} {number_of}</text>')
    taken.append(box)


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
    if after is None:
        return _said(before)
    whole = all(x >= 10 or abs(x - round(x)) < 0.05 for x in (before, after)) or max(before, after) >= 10
    said, then = number(before, 0 if whole else 1), number(after, 0 if whole else 1)
    return said if said == then else f"{said} to {then}"

"""How the layers of the map look: shapes, shades, legend, words, and the table under the map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from opendome.cli.map_cover import AreaDetection, Cover, Detection, Layers

__all__ = ["area_look", "cover_shapes", "detection_table", "layer_words", "legend"]

_WIDTH_PX = 960.0
_ROW_PX = 24.0
_PX_PER_LETTER = 6.0
_MOST_ROWS = 12
_PLAIN = (
    "Filled disc: the footprint that a battery defends. Dashes: interceptor reach. Dots: radar range. "
    "Lines and black squares: links and command posts; open squares: depots. Grey: launch areas, notional."
)


def cover_shapes(cover: Cover, place: Callable[[tuple[float, float]], str], shaded: bool) -> list[str]:
    """The cover's shades, or its outlines."""

    def path(kind: str, rings: Sequence[Sequence[tuple[float, float]]]) -> str:
        lines = "".join(f"M{'L'.join(place(point) for point in ring)}Z" for ring in rings)
        return f'<path class="{kind}" d="{lines}"/>' if lines else ""

    if shaded:
        return [path("cover", cover.most), path("cover", cover.twice)]
    return [path("half", cover.half), path("edge", cover.most)]


def area_look(detection: Detection | None, i_area: int) -> tuple[str, str]:
    """Class of an area's shape, and what its title says of the first detection."""
    if detection is None:
        return "area", ""
    area = detection.areas[i_area]
    if area is None:
        return "far", f"; out of the range of {detection.target}"
    shade = detection.shade(area)
    if shade < 0:
        return "unseen", f"; {detection.target} is not detected before it arrives"
    colour = _colour(shade, len(detection.breaks) + 1)
    return f"shade s{colour}", f"; {_said(detection, area)}"


def _colour(shade: int, n_shades: int) -> int:
    """One of five colours, spread over as many shades as there are."""
    return round(4 * shade / max(n_shades - 1, 1))


def _said(detection: Detection, area: AreaDetection) -> str:
    first = f"{detection.target} detected {area.t_s:.1f} s after launch ({100 * area.time_frac:.0f} % of the flight)"
    return f"{first}, {area.to_go_m / 1000:.0f} km and {area.left_s:.0f} s before it arrives"


def legend(layers: Layers, top_px: float) -> tuple[str, float]:
    """The legend under the map, and its height [px]; nothing for the plain map."""
    items = _cover_items(layers.cover) + _detection_items(layers.detection)
    if not items:
        return "", 0.0
    x, y, parts = 12.0, top_px + 18.0, []
    for drawing, words in items:
        width = 30.0 + _PX_PER_LETTER * len(words) + 16.0
        if x > 12.0 and (x + width > _WIDTH_PX or not drawing):
            x, y = 12.0, y + _ROW_PX
        left = x if not drawing else x + 30.0
        parts.append(drawing.format(x=f"{x:.1f}", y=f"{y - 11:.1f}", middle=f"{y - 4:.1f}"))
        parts.append(f'<text class="key" x="{left:.1f}" y="{y:.1f}">{escape(words)}</text>')
        x += width if drawing else width - 22.0
    height = y + 10.0 - top_px
    back = f'<rect class="keys" y="{top_px:.1f}" width="{_WIDTH_PX:g}" height="{height:.1f}"/>'
    return back + "".join(parts), height


def _swatch(kind: str, times: int = 1) -> str:
    return f'<rect class="{kind}" x="{{x}}" y="{{y}}" width="22" height="14"/>' * times


def _line(kind: str) -> str:
    return f'<path class="{kind}" d="M{{x}} {{middle}}h22"/>'


def _cover_items(cover: Cover | None) -> list[tuple[str, str]]:
    if cover is None:
        return []
    return [
        ("", f"{cover.target} at {cover.height_m:g} m, one look:"),
        (_swatch("cover") + _line("edge"), "one radar, chance 0.9"),
        (_swatch("cover", 2), "two or more"),
        (_line("half"), "chance 0.5"),
    ]


def _detection_items(detection: Detection | None) -> list[tuple[str, str]]:
    if detection is None:
        return []
    unit = "km" if detection.is_cruise else "s"
    what = "distance left" if detection.is_cruise else "time left"
    items = [("", f"{detection.target}, {what} at the first detection:")]
    limits = [f"{limit:g}" for limit in detection.breaks]
    used = {detection.shade(area) for area in detection.areas if area is not None}
    for shade in range(len(limits) + 1):
        if not limits:
            words = f"about {detection.shown(next(a for a in detection.areas if a is not None)):.0f} {unit}"
        elif shade == 0:
            words = f"under {limits[0]} {unit}"
        elif shade == len(limits):
            words = f"{limits[-1]} {unit} and more"
        else:
            words = f"{limits[shade - 1]} to {limits[shade]} {unit}"
        if shade in used:
            items.append((_swatch(f"s{_colour(shade, len(limits) + 1)}"), words))
    if -1 in used:
        items.append((_swatch("unseen"), "not detected"))
    if any(area is None for area in detection.areas):
        items.append((_swatch("far"), "out of its range"))
    return items


def layer_words(layers: Layers) -> str:
    """What the map shows, in sentences (HTML)."""
    if layers.is_plain:
        return _PLAIN
    said = []
    if layers.cover is not None:
        cover = layers.cover
        said.append(
            f"Shaded: where one look of a radar detects a {escape(cover.target)} ({cover.rcs_m2:g} m<sup>2</sup>) at "
            f"{cover.height_m:g} m above ground with a chance of 0.9 or more; darker: two radars or more. Dotted line: "
            "chance 0.5. All radars are taken to be up, each at its last place."
        )
    if layers.detection is not None:
        left = "distance" if layers.detection.is_cruise else "time"
        said.append(
            f"Areas: {left} left when a {escape(layers.detection.target)} launched at them has been detected with a "
            "chance of 0.9, median over the launch areas that reach them."
        )
    return " ".join([*said, "Grey: launch areas, notional."])


def detection_table(names: Sequence[str], detection: Detection | None) -> str:
    """Table (HTML) of the areas that are warned latest; nothing without the layer."""
    if detection is None:
        return ""
    found = [(name, area) for name, area in zip(names, detection.areas, strict=True) if area is not None]
    found.sort(key=lambda pair: (detection.shade(pair[1]) >= 0, detection.shown(pair[1])))
    rows = "".join(f"<tr><td>{escape(name)}</td>{_cells(detection, area)}</tr>" for name, area in found[:_MOST_ROWS])
    more = len(found) - _MOST_ROWS
    note = f"<p>The {_MOST_ROWS} areas with the least; {more} more have more.</p>\n" if more > 0 else ""
    return (
        "<table><thead><tr><th>Area</th><th>flown, km</th><th>detected after, s</th><th>share of flight, %</th>"
        f"<th>left, s</th><th>left, km</th></tr></thead><tbody>{rows}</tbody></table>\n{note}"
    )


def _cells(detection: Detection, area: AreaDetection) -> str:
    if detection.shade(area) < 0:
        return f"<td>{area.range_m / 1000:.0f}</td><td>never</td><td></td><td>0</td><td>0</td>"
    later = "".join(f"<td>{x:.0f}</td>" for x in (100 * area.time_frac, area.left_s, area.to_go_m / 1000))
    return f"<td>{area.range_m / 1000:.0f}</td><td>{area.t_s:.1f}</td>{later}"

"""The picture of ``opendome map``: areas, launch areas, batteries with footprint, reach and radar range, in SVG.

With layers (radar cover, first detection) the circles give way to them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from opendome.base.errors import CommandError
from opendome.cli.map_cover import Layers, cover_layer, detection_layer
from opendome.cli.map_layers import area_look, cover_shapes, detection_table, layer_words, legend
from opendome.cli.map_leaks import AreaLeaks, leak_look
from opendome.cli.map_sites import Ring, Site, link_lines, on_plane, sites_of

if TYPE_CHECKING:
    from opendome.scenario.scenario import Scenario

__all__ = ["STYLE", "draw_map", "map_html", "map_pair", "map_svg"]

Place = Callable[[tuple[float, float]], str]
"""Where a point (east_m, north_m) lies on the drawing, as ``x,y`` in px."""

_WIDTH_PX = 960.0
_MARGIN_FRAC = 0.06
_MOST_NAMES = 24
_PX_PER_LETTER = 6.3
STYLE = """
svg{max-width:100%;height:auto;background:var(--water)}
:root{--water:#e2eaef;--land:#f1efe9;--built:#dfdcd3;--coast:#a9b6be;--ink:#1b1d20;--muted:#5a5f66;--page:#fbfaf8;
--blue:#005f95;--launch:#8b8f94;--cover:#00796b;--unseen:#1b1d20;
--s0:#8f2d1c;--s1:#c4552f;--s2:#e58b55;--s3:#f4bd8d;--s4:#fae3c8}
@media (prefers-color-scheme:dark){:root{--water:#1a2329;--land:#23262a;--built:#3b3d3f;--coast:#5d6a72;--ink:#eceae6;
--muted:#a5a9ae;--page:#16181b;--blue:#6bb8e8;--launch:#8b8f94;--cover:#4fc3b0;--unseen:#fff;
--s0:#ff8a65;--s1:#d8683f;--s2:#a94f30;--s3:#7a3f2a;--s4:#523327}}
body{margin:1.5rem;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
.land{fill:var(--land)}.coast{fill:none;stroke:var(--coast)}.area{fill:var(--built);stroke:var(--land);stroke-width:.6}
.launch{fill:var(--launch);fill-opacity:.12;stroke:var(--launch);stroke-dasharray:2 3}
.footprint{fill:var(--blue);fill-opacity:.1;stroke:var(--blue)}
.reach{fill:none;stroke:var(--blue);stroke-dasharray:7 4}.radar{fill:none;stroke:var(--muted);stroke-dasharray:1 5}
.later{stroke-width:2.2}.battery{fill:var(--blue)}.sensor{fill:var(--muted)}.post{fill:var(--ink)}
.depot{fill:none;stroke:var(--ink);stroke-width:1.5}.link{fill:none;stroke:var(--ink);stroke-width:1.2;stroke-opacity:.7}
text{fill:var(--ink);font:12px system-ui,sans-serif;paint-order:stroke;stroke:var(--land);stroke-width:3px}
.cover{fill:var(--cover);fill-opacity:.17;fill-rule:evenodd;stroke:none}
.edge{fill:none;stroke:var(--cover);stroke-width:1.5}.half{fill:none;stroke:var(--cover);stroke-dasharray:2 4}
.s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}
.far{fill:var(--built);fill-opacity:.6}.unseen{fill:var(--unseen);stroke:var(--land)}
.shade{stroke:var(--land);stroke-width:.6}.key{stroke:none;fill:var(--ink)}.keys{fill:var(--page)}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.15rem .8rem .15rem 0;text-align:right}
th:first-child,td:first-child{text-align:left}th{font-weight:600;border-bottom:1px solid var(--muted)}
.muted{fill:var(--muted);font-style:italic}.bar{stroke:var(--ink);stroke-width:1.5}
.new{fill:var(--cover);fill-opacity:.2;stroke:var(--cover);stroke-width:2.2}.added{fill:var(--cover)}
"""
"""Colours and lines of the map, light and dark."""


@dataclass(frozen=True)
class _Shapes:
    """Everything that is drawn, local east-north [m]; ``box`` is (west, south, east, north)."""

    areas: list[tuple[str, float, Ring]]
    land: list[Ring]
    coast: list[Ring]
    launch: list[tuple[str, Ring]]
    sites: list[Site]
    links: list[tuple[str, Ring]]
    box: tuple[float, float, float, float]


def draw_map(
    scenario: Scenario,
    path: Path,
    height_m: float | None = None,
    target: str = "medium-rocket",
    first_detection: str | None = None,
) -> Path:
    """Write the map of a scenario as a page (.html) or a bare drawing (.svg); give the path.

    Parameters
    ----------
    scenario : Scenario
    path : Path
    height_m : float, optional         draw where radars see ``target``, a threat class, at this height above ground [m]
    first_detection : str, optional    shade areas by how soon a shot of this threat class at them is detected

    Raises
    ------
    CommandError
        Another ending, or a layer that cannot be drawn.
    """
    if path.suffix not in (".html", ".svg"):
        raise CommandError(f"{path} ends in `{path.suffix}`; write .html for a page or .svg for a drawing")
    shapes = _shapes(scenario)
    layers = Layers(
        None if height_m is None else cover_layer(scenario, shapes.box, height_m, target),
        None if first_detection is None else detection_layer(scenario, first_detection),
    )
    text = _page(scenario, shapes, layers) if path.suffix == ".html" else _bare(shapes, layers)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def map_html(scenario: Scenario) -> str:
    """The map as a page that asks nothing of any other host."""
    return _page(scenario, _shapes(scenario), Layers())


def map_svg(scenario: Scenario) -> str:
    """The map as a drawing of its own."""
    return _bare(_shapes(scenario), Layers())


def map_pair(
    scenarios: tuple[Scenario, Scenario], leaks: tuple[AreaLeaks, AreaLeaks], width_px: float
) -> tuple[str, str]:
    """Two scenarios with the same areas, shaded by leaks, drawn to one scale; footprints only.

    The frame holds batteries, launch areas and the areas that are shaded.
    """
    shapes = [_shapes(scenario) for scenario in scenarios]
    shaded = [
        ring
        for layer in leaks
        for (_, _, ring), n_leaks in zip(shapes[0].areas, layer.leaks, strict=True)
        if n_leaks >= layer.breaks[-1]
    ]
    launch = [ring for _, ring in shapes[0].launch]
    box = _box(shaded + launch, [site for each in shapes for site in each.sites])
    drawn = [_shapes(scenario, box) for scenario in scenarios]
    for each, layer in zip(drawn, leaks):
        each.sites.sort(key=lambda site: site.name not in layer.marked)  # names of new ones find room first
    first, second = (_svg(each, Layers(leaks=layer), width_px) for each, layer in zip(drawn, leaks))
    for old, new in (('id="frame"', 'id="frame-2"'), ("url(#frame)", "url(#frame-2)")):
        second = second.replace(old, new)
    return first, second


def _page(scenario: Scenario, shapes: _Shapes, layers: Layers) -> str:
    title = escape(scenario.data["title"] or scenario.name)
    chosen = f", alternative {escape(scenario.alternative_name)}" if scenario.alternative_name else ""
    sites = "".join(f"<li><b>{escape(site.name)}</b>: {escape(site.words)}</li>" for site in shapes.sites)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{title}: map</title><link rel="icon" href="data:,"><style>{STYLE}</style></head>\n'
        f"<body><h1>{title}{chosen}</h1>\n{_svg(shapes, layers)}\n"
        f"<p>{layer_words(layers)} Battery sites are notional. Analysis and education only.</p>\n"
        f"{detection_table([name for name, _, _ in shapes.areas], layers.detection)}<ul>{sites}</ul></body></html>\n"
    )


def _bare(shapes: _Shapes, layers: Layers) -> str:
    return _svg(shapes, layers).replace(">", f"><style>{STYLE}</style>", 1) + "\n"


def _shapes(scenario: Scenario, box: tuple[float, float, float, float] | None = None) -> _Shapes:
    from opendome.base.frames import EnuBox
    from opendome.scenario.compile import area_table, origin_of

    table = area_table(scenario)
    start = table.ring_start
    areas = [
        (name, float(people), _ring(table.vertices_enu_m[start[i] : start[i + 1]]))
        for i, (name, people) in enumerate(zip(table.names, table.population))
    ]
    sites = sites_of(scenario)
    raid = scenario.data["threats"]["raid"] or {}
    launch = [(area["id"], on_plane(scenario, area["polygon"])) for area in raid.get("launch_areas", ())]
    box = _box([ring for _, _, ring in areas] + [ring for _, ring in launch], sites) if box is None else box
    places = scenario.data["places"]
    land: list[Ring] = []
    coast: list[Ring] = []
    if places["land"]:
        land = [on_plane(scenario, ring) for ring in places["land"]]
        coast = [[*ring, ring[0]] for ring in land]
    elif places["coast"]:
        from opendome.places.coastline import coastline_enu

        found = coastline_enu(origin_of(scenario), EnuBox(*box))
        land, coast = [_ring(ring) for ring in found.polygons], [_ring(line) for line in found.lines]
    else:
        west, south, east, north = box
        land = [[(west, south), (east, south), (east, north), (west, north)]]
    return _Shapes(areas, land, coast, launch, sites, link_lines(scenario), box)


def _ring(points: Iterable[Iterable[float]]) -> Ring:
    return [(float(east), float(north)) for east, north in points]


def _box(rings: Iterable[Ring], sites: Iterable[Site]) -> tuple[float, float, float, float]:
    """Box that holds every outline and every footprint, with a margin; radar and reach may leave it."""
    points = [point for ring in rings for point in ring]
    for site in sites:
        r = site.footprint_m
        points += [(site.east_m - r, site.north_m - r), (site.east_m + r, site.north_m + r)]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    margin = _MARGIN_FRAC * max(east - west, north - south, 1000.0)
    return west - margin, south - margin, east + margin, north + margin


def _svg(shapes: _Shapes, layers: Layers, width_px: float = _WIDTH_PX) -> str:
    west, south, east, north = shapes.box
    px_per_m = width_px / (east - west)
    height = (north - south) * px_per_m

    def at(point: tuple[float, float]) -> str:
        return f"{(point[0] - west) * px_per_m:.1f},{height - (point[1] - south) * px_per_m:.1f}"

    def shape(kind: str, ring: Ring, tag: str = "polygon", title: str = "") -> str:
        inside = f"<title>{escape(title)}</title>" if title else ""
        return f'<{tag} class="{kind}" points="{" ".join(at(point) for point in ring)}">{inside}</{tag}>'

    parts = [shape("land", ring) for ring in shapes.land]
    parts += [shape("coast", line, "polyline") for line in shapes.coast]
    if layers.cover is not None and layers.detection is not None:
        parts += cover_shapes(layers.cover, at, shaded=True)
    for i, (name, people, ring) in enumerate(shapes.areas):
        kind, said = area_look(layers.detection, i) if layers.leaks is None else leak_look(layers.leaks, i)
        parts.append(shape(kind, ring, title=f"{name}, {people:,.0f} people{said}"))
    if layers.cover is not None:
        parts += cover_shapes(layers.cover, at, shaded=True) if layers.detection is None else []
        parts += cover_shapes(layers.cover, at, shaded=False)
    parts += [shape("launch", ring, title=f"launch area {name}, notional") for name, ring in shapes.launch]
    parts += [shape("link", line, "polyline", name) for name, line in shapes.links]
    parts += _site_marks(shapes, at, px_per_m, layers)
    parts += _labels(shapes, at, px_per_m)
    parts += _scale_bar(east - west, px_per_m, height)
    key, key_height = legend(layers, height)
    clip = f'<clipPath id="frame"><rect width="{width_px:g}" height="{height:.1f}"/></clipPath>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width_px:g} {height + key_height:.1f}" '
        f'width="{width_px:g}" height="{height + key_height:.1f}" role="img" aria-label="Map of the scenario">'
        f'{clip}<g clip-path="url(#frame)">{"".join(parts)}</g>{key}</svg>'
    )


def _site_marks(shapes: _Shapes, place: Place, px_per_m: float, layers: Layers) -> list[str]:
    """Circles of the sites, where they are wanted, and their dots above all of them."""
    parts = []
    marked = frozenset() if layers.leaks is None else layers.leaks.marked
    for site in shapes.sites if layers.is_plain else ():
        x, y = place((site.east_m, site.north_m)).split(",")
        later = " later" if site.is_later else ""
        circles = [("new" if site.name in marked else "footprint", site.footprint_m)]
        if layers.leaks is None:
            circles = [("radar", site.radar_m), ("reach", site.reach_m), *circles]
        for kind, radius_m in circles:
            if radius_m > 0.0:
                parts.append(f'<circle class="{kind}{later}" cx="{x}" cy="{y}" r="{radius_m * px_per_m:.1f}"/>')
    for site in shapes.sites:
        x, y = place((site.east_m, site.north_m)).split(",")
        kind = "added" if site.name in marked else site.kind
        if kind in ("post", "depot"):
            parts.append(f'<rect class="{kind}" x="{float(x) - 4:.1f}" y="{float(y) - 4:.1f}" width="8" height="8"/>')
        else:
            parts.append(f'<circle class="{kind}" cx="{x}" cy="{y}" r="4"/>')
    return parts


def _labels(shapes: _Shapes, place: Place, px_per_m: float) -> list[str]:
    """Names of sites, launch areas and the most populous areas, in that order, as far as there is room."""
    wanted: list[tuple[str, str, tuple[float, float], float]] = [
        (site.name, "", (site.east_m + 7.0 / px_per_m, site.north_m - 4.0 / px_per_m), 0.0) for site in shapes.sites
    ]
    for name, ring in shapes.launch:
        wanted.append((name, "muted", _under(ring, px_per_m), 0.5))
    for name, _, ring in sorted(shapes.areas, key=lambda area: -area[1])[:_MOST_NAMES]:
        wanted.append((name, "", _under(ring, px_per_m), 0.5))
    taken: list[tuple[float, float, float, float]] = []
    labels = []
    for name, kind, point, shift in wanted:
        x, y = (float(part) for part in place(point).split(","))
        left = x - shift * _PX_PER_LETTER * len(name)
        box = (left, y - 12.0, left + _PX_PER_LETTER * len(name), y + 3.0)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            continue
        taken.append(box)
        labels.append(f'<text class="{kind}" x="{left:.1f}" y="{y:.1f}">{escape(name)}</text>')
    return labels


def _under(ring: Ring, px_per_m: float) -> tuple[float, float]:
    """The point below the middle of an outline, where its name is set."""
    return sum(p[0] for p in ring) / len(ring), min(p[1] for p in ring) - 14.0 / px_per_m


def _scale_bar(width_m: float, px_per_m: float, height: float) -> list[str]:
    """A bar of a round length, about a sixth of the map."""
    power = 10.0 ** math.floor(math.log10(width_m / 5.0))
    length_m = max(m * power for m in (1.0, 2.0, 5.0) if m * power <= width_m / 5.0)
    y, x2 = height - 18.0, 18.0 + length_m * px_per_m
    return [
        f'<path class="bar" d="M18 {y:.1f}H{x2:.1f}"/>',
        f'<text x="18" y="{y - 6:.1f}">{length_m / 1000:g} km</text>',
    ]

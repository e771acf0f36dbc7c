"""The layers of `opendome map`: outlines, cover, first detection, legend and words."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.base.errors import CommandError
from opendome.cli.map_contours import outlines
from opendome.cli.map_cover import AreaDetection, Detection, cover_layer, detection_layer
from opendome.cli.map_page import draw_map
from opendome.scenario.reader import example, load

SVG = "{http://www.w3.org/2000/svg}"
NO_RADARS = ("--set", "batteries[b1].has_radar=false", "--set", "batteries[b2].has_radar=false")
BOX = (-60e3, -60e3, 60e3, 60e3)


def area_of(rings: list) -> float:
    """Area inside closed rings by the even-odd rule, for rings that lie apart or inside one another."""
    total = 0.0
    for ring in rings:
        points = np.array(ring)
        after = np.roll(points, -1, axis=0)
        inside = 0.5 * abs(float((points[:, 0] * after[:, 1] - after[:, 0] * points[:, 1]).sum()))
        depth = sum(is_inside(ring[0], other) for other in rings if other is not ring)
        total += -inside if depth % 2 else inside
    return total


def is_inside(point: tuple[float, float], ring: list) -> bool:
    x, y = point
    crossings = 0
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            crossings += 1
    return crossings % 2 == 1


def test_outline_of_a_disc_and_of_a_ring() -> None:
    x_m = np.linspace(-50.0, 50.0, 201)
    distance = np.hypot(*np.meshgrid(x_m, x_m))
    assert area_of(outlines(distance, 30.0, x_m, x_m)) == pytest.approx(math.pi * 900.0, rel=2e-3)
    rings = outlines(np.abs(distance - 30.0), 5.0, x_m, x_m)
    assert len(rings) == 2
    assert area_of(rings) == pytest.approx(math.pi * (35.0**2 - 25.0**2), rel=5e-3)
    assert outlines(distance, -1.0, x_m, x_m) == []


def test_outline_beyond_the_edge_closes_and_infinity_is_outside() -> None:
    x_m = np.arange(5.0)
    field = np.full((5, 5), -1.0)
    assert area_of(outlines(field, 0.0, x_m, x_m)) == pytest.approx(16.0, abs=0.1)
    field[2, 2] = math.inf
    assert len(outlines(field, 0.0, x_m, x_m)) == 2


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 0.9))
def test_outlines_part_the_grid_points(seed: int, level: float) -> None:
    """Every grid point lies on the side of the outlines that its value says, saddles included."""
    field = np.random.default_rng(seed).random((9, 11))
    field[np.abs(field - level) < 1e-3] = 1.0
    x_m, y_m = np.arange(11.0), np.arange(9.0)
    rings = outlines(field, level, x_m, y_m)
    for i in range(9):
        for j in range(11):
            depth = sum(is_inside((j + 1e-7, i + 1e-7), ring) for ring in rings)
            assert (depth % 2 == 1) == (field[i, j] <= level)


def test_cover_grows_with_height_and_shrinks_with_chance() -> None:
    coastland = example("coastland")
    low, high = (cover_layer(coastland, BOX, height_m, "one-way-drone") for height_m in (200.0, 600.0))
    assert 0.0 < area_of(low.most) < area_of(high.most)
    assert area_of(high.twice) <= area_of(high.most) <= area_of(high.half) * 1.001
    # One radar sees at 200 m as far as its beam at 1 degree lies below: about 10.7 km.
    beam_m = np.roots([1.0 / (2.0 * 8.494678e6), math.tan(math.radians(1.0)), 10.0 - 200.0]).max()
    apart = area_of(low.most) + area_of(low.twice)
    assert apart == pytest.approx(2.0 * math.pi * beam_m**2, rel=0.02)


def test_small_targets_are_seen_less_far() -> None:
    coastland = example("coastland").override({"threats.classes": {"medium-rocket": {"radar_cross_section_m2": 1e-4}}})
    rarely = cover_layer(coastland, BOX, 3000.0, "medium-rocket")
    usually = cover_layer(example("coastland"), BOX, 3000.0, "medium-rocket")
    assert rarely.rcs_m2 == 1e-4
    assert area_of(rarely.most) < 0.5 * area_of(usually.most)
    assert area_of(rarely.half) > 1.5 * area_of(rarely.most)


def test_first_detection_by_area() -> None:
    found = detection_layer(example("coastland"), "medium-rocket")
    assert len(found.areas) == 10
    seen = [area for area in found.areas if area is not None]
    assert seen
    for area in seen:
        assert area.unseen_frac == 0.0
        assert 0.0 < area.t_s < 30.0
        assert 15e3 <= area.range_m <= 45e3
        assert area.t_s / (area.t_s + area.left_s) == pytest.approx(area.time_frac, abs=0.05)
        assert 0 <= found.shade(area) <= len(found.breaks) <= 4
    drones = detection_layer(example("coastland"), "one-way-drone")
    assert drones.is_cruise
    assert all(area is not None and 0.0 < area.to_go_m < area.range_m for area in drones.areas)


def test_what_is_never_detected_is_said() -> None:
    blind = example("coastland").override({"threats.classes": {"medium-rocket": {"radar_cross_section_m2": 1e-9}}})
    found = detection_layer(blind, "medium-rocket")
    assert all(area.unseen_frac == 1.0 and found.shade(area) == -1 for area in found.areas if area is not None)


def test_breaks_are_round_and_few() -> None:
    areas: list[AreaDetection | None] = [AreaDetection(2.0, left, 0.1, 1e4, 2e4, 0.0) for left in (3.0, 41.0, 87.0)]
    plain = Detection("short-rocket", False, areas, [20.0, 40.0, 60.0, 80.0])
    assert [plain.shade(area) for area in areas if area is not None] == [0, 2, 4]


def test_pages_and_drawings(call: Any, tmp_path: Path) -> None:
    both = ("--height-m", 500, "--target", "one-way-drone", "--first-detection", "one-way-drone")
    assert call("map", "coastland", *both).code == 0
    page = (tmp_path / "coastland-map.html").read_text(encoding="utf-8")
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    for words in ("one-way-drone at 500 m", "chance of 0.9", "distance left", "detected after, s", "notional"):
        assert words in page
    assert call("map", "coastland", *both, "--out", "layers.svg").code == 0
    drawing = ET.parse(tmp_path / "layers.svg").getroot()
    kinds = [item.get("class", "") for item in drawing.iter()]
    assert kinds.count("cover") >= 2
    assert sum(kind.startswith("shade") for kind in kinds) == 10
    assert not {"radar", "reach", "footprint"} & set(kinds)
    legend = [text.text for text in drawing.iter(f"{SVG}text") if text.get("class") == "key"]
    assert "two or more" in legend
    height = float(drawing.get("height", "0"))
    assert all(float(text.get("y", "0")) < height for text in drawing.iter(f"{SVG}text"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--height-m", 0), "--height-m is 0"),
        (("--height-m", "nan"), "--height-m is nan"),
        (("--height-m", 100, "--target", "kite"), "kite"),
        (("--first-detection", "grad122"), "group"),
        (("--first-detection", "mortar"), "no area lies in the range"),
        (("--height-m", 100, "--set", "places.terrain=none.asc"), "none.asc"),
        (
            ("--height-m", 100, "--set", "batteries[b1].has_radar=false", "--set", "batteries[b2].has_radar=false"),
            "radar",
        ),
    ],
)
def test_layers_that_cannot_be_drawn(call: Any, arguments: tuple, words: str) -> None:
    found = call("map", "coastland", *arguments)
    assert found.code in (1, 2)
    assert words in found.err


def test_terrain_takes_cover_away(tmp_path: Path) -> None:
    heights = np.zeros((40, 40), np.int16)
    heights[:, 14] = 500
    np.save(tmp_path / "hills.npy", heights)
    (tmp_path / "hills.json").write_text(
        '{"lat_deg": 34.6, "lon_deg": -30.2, "step_lat_deg": 0.02, "step_lon_deg": 0.02}', encoding="utf-8"
    )
    text = Path(example("coastland").file).read_text(encoding="utf-8")
    for name, places in (("flat", ""), ("hilly", "  terrain: hills.npy\n")):
        (tmp_path / f"{name}.yaml").write_text(text.replace("places:\n", f"places:\n{places}"), encoding="utf-8")
    flat, hilly = (
        cover_layer(load(str(tmp_path / f"{name}.yaml")), BOX, 1000.0, "medium-rocket") for name in ("flat", "hilly")
    )
    assert area_of(hilly.most) < 0.95 * area_of(flat.most)


def test_another_ending(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"write \.html"):
        draw_map(example("coastland"), tmp_path / "map.pdf")

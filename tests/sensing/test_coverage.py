"""Terrain masks, lowest visible heights and first detections, against geometry and against one another."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymap3d import geodetic2aer

from opendome.base.errors import CommandError
from opendome.base.frames import Origin, enu_to_geodetic, geodetic_to_enu
from opendome.base.polar import default_radar, place_radar
from opendome.flight.paths import class_rising_share
from opendome.flight.tables import class_table, stack_tables
from opendome.sensing.coverage import ThreatPath, detection_range_m, first_detection, lowest_seen_m
from opendome.sensing.detection import detection_probability, detection_table
from opendome.sensing.plots import SensingModel
from opendome.sensing.radar import height_up_m, is_visible, signal_db
from opendome.sensing.terrain import TerrainGrid, TerrainMask, ground_height_m, mask_of, no_terrain, read_terrain

ORIGIN = Origin(31.5, 34.8)
BENT_RADIUS_M = 4.0 / 3.0 * 6_371_008.8


def model_of(radars: np.ndarray, terrain: TerrainMask | None = None) -> SensingModel:
    return SensingModel(radars, detection_table(radars), no_terrain() if terrain is None else terrain, 0)


def placed(height_m: float = 10.0, lat_deg: float = 31.5, lon_deg: float = 34.8, **changes: float) -> np.ndarray:
    radar = default_radar()
    radar["min_elevation_rad"], radar["max_elevation_rad"] = math.radians(-5.0), math.radians(90.0)
    for name, value in changes.items():
        radar[name] = value
    place_radar(radar[0], ORIGIN.lat_deg, ORIGIN.lon_deg, lat_deg, lon_deg, height_m)
    return radar


def ridge(height_m: float = 800.0) -> TerrainGrid:
    """Flat ground with a ridge along the meridian of 35.0 degrees east, about 19 km east of the origin."""
    heights = np.zeros((101, 101), np.float32)
    heights[:, 60] = height_m
    return TerrainGrid(heights, 31.0, 34.4, 0.01, 0.01)


def test_ridge_hides_what_is_behind_and_below() -> None:
    radar, grid = placed(), ridge()
    mask = mask_of(radar, grid, ORIGIN)
    ridge_m = 19_000.0
    lat, lon = enu_to_geodetic(ORIGIN, ridge_m, 0.0)
    assert ground_height_m(grid, float(lat), float(lon)) == pytest.approx(800.0, abs=30.0)
    for distance_m in (30_000.0, 60_000.0):
        grazing = (800.0 - 10.0) / ridge_m - ridge_m / (2.0 * BENT_RADIUS_M)
        hidden_m = 10.0 + distance_m * grazing + distance_m**2 / (2.0 * BENT_RADIUS_M)
        for height_m, is_seen in ((0.97 * hidden_m, False), (1.03 * hidden_m, True)):
            up_m = height_up_m(distance_m, 0.0, height_m)
            assert is_visible(radar[0], 0, mask, distance_m, 0.0, up_m) is is_seen
            assert is_visible(radar[0], 0, no_terrain(), distance_m, 0.0, up_m)
            assert is_visible(radar[0], 0, mask, -distance_m, 0.0, height_up_m(-distance_m, 0.0, height_m))
    assert is_visible(radar[0], 0, mask, 10_000.0, 0.0, height_up_m(10_000.0, 0.0, 100.0))


def test_mask_follows_the_ellipsoid_where_the_radar_stands_aside() -> None:
    """One high sample is found in the direction and at the distance where geodesy has it."""
    heights = np.zeros((201, 201), np.float32)
    heights[140, 60] = 3000.0
    grid = TerrainGrid(heights, 31.0, 34.4, 0.01, 0.01)
    radar = placed(lat_deg=31.6, lon_deg=35.3)
    mask = mask_of(radar, grid, ORIGIN, n_azimuth=1440, n_range=1000)
    spot = mask.tangent[0][:, -1]
    azimuth_deg, _, _ = geodetic2aer(32.4, 35.0, 0.0, 31.6, 35.3, 0.0)
    assert abs(int(spot.argmax()) / 4.0 - float(azimuth_deg)) < 0.5
    level_m = np.hypot(*[float(x) for x in _local_m(31.6, 35.3, 32.4, 35.0)])
    first = int(np.argmax(mask.tangent[0][int(spot.argmax())] > -1.0))
    assert abs(first * mask.step_m[0] - level_m) < 1500.0


def _local_m(lat0_deg: float, lon0_deg: float, lat_deg: float, lon_deg: float) -> tuple[float, float]:
    east, north, _ = geodetic_to_enu(Origin(lat0_deg, lon0_deg), lat_deg, lon_deg)
    return float(east), float(north)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(1.0, 4.0))
def test_terrain_only_takes_away_and_higher_terrain_takes_more(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    heights = (rng.random((21, 21)) ** 6 * 900.0).astype(np.float32)
    low = TerrainGrid(heights, 31.0, 34.3, 0.05, 0.05)
    high = TerrainGrid((heights * factor).astype(np.float32), 31.0, 34.3, 0.05, 0.05)
    radar = placed(60.0)
    masks = [mask_of(radar, grid, ORIGIN, 90, 50) for grid in (None, low, high)]
    points = np.column_stack([rng.uniform(-60e3, 60e3, (80, 2)), rng.uniform(20.0, 4000.0, 80)])
    seen = [[is_visible(radar[0], 0, mask, e, n, height_up_m(e, n, h)) for e, n, h in points] for mask in masks]
    for more, fewer in itertools.pairwise(seen):
        assert all(a or not b for a, b in zip(more, fewer, strict=True))


def test_lowest_height_is_the_horizon_or_the_beam() -> None:
    radar = placed(range_max_m=200_000.0, snr_1m2_100km_db=60.0)
    distance = np.array([10e3, 42_180.0, 54_250.0, 84_420.0])
    lowest = lowest_seen_m(model_of(radar), distance, 0.0 * distance, 1.0)
    dip = math.sqrt(2.0 * BENT_RADIUS_M * 10.0)
    wanted = np.maximum(distance - dip, 0.0) ** 2 / (2.0 * BENT_RADIUS_M)
    assert lowest[0] == pytest.approx(wanted, abs=2.0)
    radar["min_elevation_rad"] = math.radians(2.0)
    lowest = lowest_seen_m(model_of(radar), distance, 0.0 * distance, 1.0)
    beam = 10.0 + distance * math.tan(math.radians(2.0)) + distance**2 / (2.0 * BENT_RADIUS_M)
    assert lowest[0] == pytest.approx(beam, rel=3e-3)


def test_signal_limits_the_cover() -> None:
    radar = placed(range_max_m=300_000.0)
    for rcs_m2 in (0.01, 0.1):
        reach_m = detection_range_m(radar, rcs_m2, 0.9)[0]
        assert detection_probability(signal_db(radar[0], reach_m, rcs_m2), 1, 1e-6) == pytest.approx(0.9, abs=1e-6)
        lowest = lowest_seen_m(model_of(radar), [0.98 * reach_m, 1.02 * reach_m], [0.0, 0.0], rcs_m2)
        assert np.isfinite(lowest[0]).tolist() == [True, False]
    assert detection_range_m(radar, 0.1, 0.5)[0] > detection_range_m(radar, 0.1, 0.9)[0]


def test_each_radar_has_its_own_row() -> None:
    radars = np.concatenate([placed(), placed(lat_deg=31.9)])
    lowest = lowest_seen_m(model_of(radars), [0.0, 0.0], [500.0, 44_000.0], 1.0)
    assert lowest.shape == (2, 2)
    assert lowest[0, 0] < lowest[1, 0]
    assert lowest[1, 1] < lowest[0, 1]
    assert lowest_seen_m(model_of(radars[:0]), [0.0], [0.0], 1.0).shape == (0, 1)


def test_first_detection_of_a_rocket() -> None:
    """With a strong signal it is the first look after the rocket has risen above the beam."""
    table = class_table(4_000.0, 20_000.0, 6_000.0, math.radians(50.0), 24, 33)
    radar = placed(min_elevation_rad=math.radians(3.0), snr_1m2_100km_db=70.0)
    found = first_detection(model_of(radar), ThreatPath(0.05, table), [[30_000.0, 0.0]], [[18_000.0, 0.0]])
    beam_m = 10.0 + 30_000.0 * math.tan(math.radians(3.0)) + 30_000.0**2 / (2.0 * BENT_RADIUS_M)
    rises_s = class_rising_share(stack_tables([table]), 0, 12_000.0, beam_m) * found.tof_s[0, 0]
    assert rises_s - 0.6 <= found.t_s[0, 0] <= rises_s + 1.1
    assert found.range_m[0, 0] == pytest.approx(12_000.0)
    assert 0.0 < found.to_go_m[0, 0] < 12_000.0
    weak = placed(min_elevation_rad=math.radians(3.0), snr_1m2_100km_db=3.0)
    later = first_detection(model_of(weak), ThreatPath(0.05, table), [[30_000.0, 0.0]], [[18_000.0, 0.0]])
    assert later.t_s[0, 0] > found.t_s[0, 0]


def test_looks_add_up_to_the_wanted_chance() -> None:
    """A cruising target at nearly constant range: looks needed follow from the chance of one."""
    radar = placed(snr_1m2_100km_db=18.0, revisit_s=2.0)
    path = ThreatPath(0.02, None, 100.0, 3000.0)
    # Tangential flight 60 km away, 6 km long.
    found = first_detection(model_of(radar), path, [[-3_000.0, 60_000.0]], [[3_000.0, 60_000.0]], 0.99)
    one = float(detection_probability(signal_db(radar[0], 60_070.0, 0.02), 1, 1e-6))
    looks = math.ceil(math.log(0.01) / math.log(1.0 - one))
    assert 0.1 < one < 0.9
    assert found.t_s[0, 0] == pytest.approx(2.0 * (looks - 0.5))
    assert found.to_go_m[0, 0] == pytest.approx(6_000.0 - 100.0 * found.t_s[0, 0])


def test_slow_and_silent_radars() -> None:
    fast, slow = placed(snr_1m2_100km_db=20.0), placed(snr_1m2_100km_db=60.0, revisit_s=4.0)
    path = ThreatPath(0.01, None, 50.0, 2000.0)
    aims = [[0.0, 10_000.0]], [[0.0, 5_000.0]]
    assert first_detection(model_of(slow), path, *aims).t_s[0, 0] == 2.0
    both = first_detection(model_of(np.concatenate([fast, slow])), path, [[0.0, 70_000.0]], [[0.0, 5_000.0]])
    assert both.t_s[0, 0] == pytest.approx(1.5)
    slow["t_down_s"] = 50.0
    gone = first_detection(model_of(slow), path, *aims, t_launch_s=100.0)
    assert math.isinf(gone.t_s[0, 0])
    assert gone.to_go_m[0, 0] == 0.0


@pytest.mark.parametrize("rcs_m2", [0.0, -1.0, math.nan, math.inf])
def test_bad_cross_sections(rcs_m2: float) -> None:
    with pytest.raises(CommandError, match="rcs_m2"):
        ThreatPath(rcs_m2, None, 50.0, 100.0)
    with pytest.raises(CommandError, match="rcs_m2"):
        detection_range_m(placed(), rcs_m2)


def test_bad_questions() -> None:
    with pytest.raises(CommandError, match="p_at_least"):
        detection_range_m(placed(), 1.0, 1.0)
    with pytest.raises(CommandError, match="shapes"):
        first_detection(model_of(placed()), ThreatPath(1.0, None, 50.0, 100.0), [[0.0, 1.0, 2.0]], [[0.0, 1.0]])
    with pytest.raises(CommandError, match="needs a speed"):
        ThreatPath(1.0)
    with pytest.raises(CommandError, match="highest_m"):
        lowest_seen_m(model_of(placed()), [0.0], [0.0], 1.0, highest_m=math.nan)


ASCII_GRID = "ncols 3\nnrows 2\nxllcorner 34.0\nyllcorner 31.0\ncellsize 0.5\nNODATA_value -9999\n1 2 3\n4 -9999 6\n"


def test_grid_files(tmp_path: Path) -> None:
    (tmp_path / "grid.asc").write_text(ASCII_GRID)
    grid = read_terrain(tmp_path / "grid.asc")
    assert grid.height_m.tolist() == [[4.0, 0.0, 6.0], [1.0, 2.0, 3.0]]
    assert (grid.lat_deg, grid.lon_deg) == (31.25, 34.25)
    assert ground_height_m(grid, 31.5, 34.25) == pytest.approx(2.5)
    assert ground_height_m(grid, 31.25, 35.25) == pytest.approx(6.0)
    assert ground_height_m(grid, 33.0, 34.25) == 0.0
    np.save(tmp_path / "grid.npy", np.array([[1, 2, 3], [4, 0, 6]], np.int16))
    about = {"lat_deg": 31.25, "lon_deg": 34.25, "step_lat_deg": 0.5, "step_lon_deg": 0.5}
    (tmp_path / "grid.json").write_text(json.dumps(about))
    again = read_terrain(tmp_path / "grid.npy")
    assert np.array_equal(again.height_m, grid.height_m)
    assert (again.lat_deg, again.lon_deg, again.step_lat_deg) == (31.25, 34.25, 0.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "header lacks"),
        ("ncols 3\nnrows 2\ncellsize 0.5\n1 2 3 4 5 6", "not a terrain grid"),
        (ASCII_GRID.replace("4 -9999 6", "4 6"), "every row needs"),
        (ASCII_GRID.replace("4 -9999", "4 nan"), "must be numbers"),
        (ASCII_GRID.replace("4 -9999", "4 12000"), "must be numbers"),
        (ASCII_GRID.replace("ncols 3", "ncols 300000").replace("nrows 2", "nrows 300000"), "samples"),
        (ASCII_GRID.replace("cellsize 0.5", "cellsize 30"), "projected back"),
        (ASCII_GRID.replace("yllcorner 31.0", "yllcorner 89.9"), "latitude"),
        (ASCII_GRID.replace("1 2 3", "1 two 3"), "not a terrain grid"),
    ],
)
def test_bad_grid_files(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "bad.asc"
    file.write_text(text)
    with pytest.raises(CommandError, match=words):
        read_terrain(file)


def test_missing_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such terrain"):
        read_terrain(tmp_path / "none.asc")
    with pytest.raises(CommandError, match="ESRI ASCII"):
        read_terrain(tmp_path / "picture.tif")
    np.save(tmp_path / "lone.npy", np.zeros((3, 3)))
    with pytest.raises(CommandError, match="lone.json is missing"):
        read_terrain(tmp_path / "lone.npy")
    (tmp_path / "lone.json").write_text("{}")
    with pytest.raises(CommandError, match="not a terrain grid"):
        read_terrain(tmp_path / "lone.npy")
    (tmp_path / "objects.npy").write_bytes(b"not an array")
    (tmp_path / "objects.json").write_text("{}")
    with pytest.raises(CommandError, match="not a terrain grid"):
        read_terrain(tmp_path / "objects.npy")
    with pytest.raises(CommandError, match="terrain mask"):
        mask_of(placed(), ridge(), ORIGIN, 4, 4)

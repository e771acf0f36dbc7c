"""Land and sea: against a brute-force test in latitude and longitude, all over the world."""

from __future__ import annotations

import time

import numpy as np
import pytest

from opendome.base.errors import CommandError, ScenarioError
from opendome.base.frames import EnuBox, Origin, enu_to_geodetic, geodetic_to_enu
from opendome.base.geometry import point_in_triangles, points_in_ring, ring_areas_m2
from opendome.places.coastline import coastline_enu, is_land_at, land_lookup, land_rings_enu
from opendome.places.data_files import LAND, load_arrays
from opendome.places.polygons import launch_polygon

HALF_M = 60_000.0
BOX = EnuBox(-HALF_M, -HALF_M, HALF_M, HALF_M)


@pytest.fixture(scope="module")
def world() -> list[np.ndarray]:
    """Give all land rings as (longitude, latitude) [deg], unwrapped, closed over the south pole if round it."""
    arrays = load_arrays(LAND)
    position = arrays["lon_lat_grid"] * arrays["grid_scale_deg"] + arrays["grid_shift_deg"]
    rings = []
    for first, end in zip(arrays["ring_start"][:-1], arrays["ring_start"][1:], strict=True):
        lon, lat = np.degrees(np.unwrap(np.radians(position[first:end, 0]))), position[first:end, 1]
        turn = lon[-1] - lon[0] + ((lon[0] - lon[-1] + 180) % 360 - 180)
        if abs(turn) > 300:
            lon, lat = np.append(lon, [lon[0] + turn, lon[0] + turn, lon[0]]), np.append(lat, [lat[0], -90, -90])
        rings.append(np.ascontiguousarray(np.stack([lon, lat], axis=1)))
    return rings


def brute_force(world: list[np.ndarray], lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    inside = np.zeros(len(lat), bool)
    for ring in world:
        low, high = ring.min(axis=0), ring.max(axis=0)
        for turn in (-360.0, 0.0, 360.0):
            x = lon + turn
            near = (x > low[0]) & (x < high[0]) & (lat > low[1]) & (lat < high[1])
            if near.any():
                inside[near] ^= points_in_ring(x[near], lat[near], ring)
    return inside


SITES = [
    (31.5, 34.8, 2e5), (48.5, 35.0, 1e5), (-90, 0, 3e5), (90, 0, 1e5), (66, -180, 1e6), (-16.9, 179.9, 3e5),
    (0, 0, 5e5), (-75, 60, 1.9e6), (41.9, 12.5, 2e5), (-33.9, 151.2, 1e5), (35.5, 139.8, 3e5), (5, -150, 3e5),
    (-55, -67, 4e5),
]  # fmt: skip


@pytest.mark.parametrize(("lat_deg", "lon_deg", "half_m"), SITES)
def test_land_all_over_the_world(world: list[np.ndarray], lat_deg: float, lon_deg: float, half_m: float) -> None:
    origin, box = Origin(lat_deg, lon_deg), EnuBox(-half_m, -0.7 * half_m, 0.9 * half_m, half_m)
    lookup = land_lookup(origin, box, half_m / 300)
    rng = np.random.default_rng(4)
    east, north = rng.uniform(box.west_m, box.east_m, 3000), rng.uniform(box.south_m, box.north_m, 3000)
    found = np.array([is_land_at(lookup, e, n) for e, n in zip(east, north, strict=True)])
    exact = np.zeros(3000, bool)
    for ring in land_rings_enu(origin, box):
        exact ^= points_in_ring(east, north, ring)
    assert (found == exact).all()
    lat, lon = enu_to_geodetic(origin, east, north)
    # Edges are straight in one case on the map, in the other in the plane: they may differ by metres.
    assert np.mean(found == brute_force(world, lat, (lon + 180) % 360 - 180)) > 0.999
    drawn = sum(abs(ring_areas_m2(ring, [0, len(ring)])[0]) for ring in coastline_enu(origin, box).polygons)
    share = drawn / ((box.east_m - box.west_m) * (box.north_m - box.south_m))
    assert share == pytest.approx(found.mean(), abs=0.04)


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "is_land"),
    [
        (31.25, 34.79, True),
        (31.7, 34.2, False),
        (32.08, 34.79, True),
        (32.08, 34.6, False),
        (32.8, 35.5, True),
        (31.9, 35.2, True),
    ],
)
def test_places_known_to_be_land_or_sea(lat_deg: float, lon_deg: float, is_land: bool) -> None:
    origin = Origin(31.5, 34.8)
    east, north, _ = geodetic_to_enu(origin, lat_deg, lon_deg)
    assert is_land_at(land_lookup(origin, EnuBox(-2e5, -2e5, 2e5, 2e5), 500.0), float(east), float(north)) is is_land


def test_the_marker_at_zero_is_not_land() -> None:
    assert land_rings_enu(Origin(0, 0), EnuBox(-1e4, -1e4, 1e4, 1e4)) == []


def test_the_answer_does_not_depend_on_the_cell() -> None:
    origin, rng = Origin(31.5, 34.8), np.random.default_rng(9)
    points = rng.uniform(-HALF_M, HALF_M, (3000, 2))
    answers = [
        [is_land_at(look, *p) for p in points]
        for look in (land_lookup(origin, BOX, c) for c in (100.0, 777.0, 90_000.0))
    ]
    assert answers[0] == answers[1] == answers[2]


def test_outside_the_box_the_nearest_point_answers() -> None:
    lookup = land_lookup(Origin(31.5, 34.8), BOX, 250.0)
    assert is_land_at(lookup, 5e6, 0.0)
    assert not is_land_at(lookup, -5e6, HALF_M)
    assert is_land_at(lookup, 5e6, 0.0) == is_land_at(lookup, HALF_M, 0.0)


def test_coast_lines_leave_out_the_sides_of_the_box() -> None:
    coast = coastline_enu(Origin(31.5, 34.8), BOX)
    assert len(coast.lines) >= 1
    for line in coast.lines:
        mid = (line[:-1] + line[1:]) / 2
        assert (np.abs(mid) < HALF_M - 1e-6).all()
    for ring in coast.polygons:
        assert (np.abs(ring) <= HALF_M + 1e-6).all()
    length_m = sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in coast.lines)
    assert 100_000 < length_m < 300_000


def test_written_land_and_no_land() -> None:
    square = np.array([[-1e4, -1e4], [1e4, -1e4], [1e4, 1e4], [-1e4, 1e4]])
    lookup = land_lookup(Origin(0, 0), BOX, 250.0, rings=[square])
    assert [is_land_at(lookup, x, 0.0) for x in (-10_001.0, -9999.0, 0.0, 9999.0, 10_001.0)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert not is_land_at(land_lookup(Origin(0, 0), BOX, 250.0, rings=[]), 0.0, 0.0)


@pytest.mark.parametrize(
    "box", [EnuBox(0, 0, 0, 10), EnuBox(0, 10, 10, 0), EnuBox(0, 0, 3e6, 10), EnuBox(0, 0, float("nan"), 1)]
)
def test_boxes_without_sense_are_refused(box: EnuBox) -> None:
    with pytest.raises(CommandError, match="box"):
        coastline_enu(Origin(31.5, 34.8), box)


def test_200_km_of_land_are_ready_within_a_second() -> None:
    box = EnuBox(-1e5, -1e5, 1e5, 1e5)
    land_lookup(Origin(40.0, 20.0), box, 250.0)
    start_s = time.process_time()
    land_lookup(Origin(31.5, 34.8), box, 250.0)
    assert time.process_time() - start_s < 1.0


STRIP = [[31.23, 34.27], [31.33, 34.37], [31.54, 34.57], [31.59, 34.49], [31.32, 34.22]]


def test_launch_polygon_is_ready_for_drawing() -> None:
    polygon = launch_polygon([*STRIP, STRIP[0]], Origin(31.5, 34.8))
    assert len(polygon.ring_m) == 5
    assert 2e8 < polygon.area_m2 < 5e8
    u = np.random.default_rng(2).random((2000, 3))
    drawn = np.array([point_in_triangles(polygon.triangles, *row) for row in u])
    assert points_in_ring(drawn[:, 0], drawn[:, 1], polygon.ring_m).all()
    backwards = launch_polygon(STRIP[::-1], Origin(31.5, 34.8))
    assert backwards.area_m2 == pytest.approx(polygon.area_m2)
    assert ring_areas_m2(backwards.ring_m, [0, 5])[0] > 0


@pytest.mark.parametrize(
    ("corners", "message"),
    [
        ([], "three corners"),
        ([[31, 34], [32, 34]], "three corners"),
        ("nonsense", "three corners"),
        ([[31, 34], [32, 34], [32]], "three corners"),
        ([[31, 34], [132, 34], [32, 35]], "out of range"),
        ([[31, 34], [float("nan"), 34], [32, 35]], "out of range"),
        ([[31, 34], [32, 35], [32, 34], [31, 35]], "cross"),
        ([[31, 34], [31, 34], [31, 34]], "three corners"),
        ([[31, 134], [32, 134], [32, 135]], "1,000 km"),
    ],
)
def test_launch_polygons_without_sense_are_refused(corners: list[list[float]], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        launch_polygon(corners, Origin(31.5, 34.8), key="threats.raid.launch_areas[0].polygon")

"""Zonings: they count, they nest, they are the same every time, and a user's polygons are read or refused by name."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise

import numpy as np
import pytest

from opendome.base.errors import CommandError, ScenarioError
from opendome.base.frames import Origin
from opendome.places.alert_areas import load_alert_areas, within
from opendome.places.builders import from_alert_areas, from_list
from opendome.places.zoning import VERSION, list_zoning, zoning_of
from opendome.places.zoning_names import BUNDLED, SYNTHETIC_COUNTS

ORIGIN = Origin(31.5, 34.8)
SYNTHETIC = [f"synthetic-{count}" for count in SYNTHETIC_COUNTS]


@pytest.fixture(scope="module")
def table():
    """Give the areas within 60 km of Gaza, and one of no list."""
    return from_alert_areas(within(load_alert_areas(), 31.45, 34.42, 60.0), ORIGIN)


@pytest.mark.parametrize(("name", "count"), [("areas", 1420), *zip(SYNTHETIC, SYNTHETIC_COUNTS)])
def test_zonings_have_as_many_zones_as_they_say(name, count):
    zoning = list_zoning(name)
    assert len(zoning) == len(set(zoning.zone_ids)) == count
    assert np.array_equal(np.unique(zoning.zone_of_area), np.arange(count))


def test_districts_are_those_of_the_list():
    areas, zoning = load_alert_areas(), list_zoning("districts")
    assert [zoning.zone_ids[zone] for zone in zoning.zone_of_area] == list(areas.zones)


def test_each_coarser_synthetic_zone_is_a_union_of_finer_ones():
    found = [list_zoning(name).zone_of_area for name in (*SYNTHETIC, "areas")]
    for coarse, fine in pairwise(found):
        pairs = set(zip(fine.tolist(), coarse.tolist()))
        assert len(pairs) == len(set(fine.tolist()))


def test_synthetic_zones_are_compact():
    """Areas lie nearer to their zone's middle than to any scattered grouping's of the same sizes."""
    areas = load_alert_areas()
    at = np.stack([areas.lat_deg * 111.2, areas.lon_deg * 95.0], axis=1)

    def spread(zone):
        counts = np.bincount(zone)
        middle = np.stack([np.bincount(zone, at[:, k]) / counts for k in (0, 1)], axis=1)
        return float(np.hypot(*(at - middle[zone]).T).mean())

    rng = np.random.Generator(np.random.Philox(5))
    for name in SYNTHETIC:
        zone = list_zoning(name).zone_of_area
        assert spread(zone) < 0.25 * spread(rng.permutation(zone))


def test_synthetic_zonings_are_version_one_to_the_letter():
    """Who belongs to whom is data: a change must raise the version, and this figure with it."""
    lines = [
        f"{area} {list_zoning(name).zone_ids[zone]}"
        for name in SYNTHETIC
        for area, zone in zip(load_alert_areas().ids.tolist(), list_zoning(name).zone_of_area.tolist())
    ]
    assert VERSION == "1" and all(list_zoning(name).is_synthetic for name in SYNTHETIC)
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] == "85aec71fd6d1fe58"


def test_a_scenario_takes_its_part_of_a_zoning(table):
    zoning = zoning_of(table, "synthetic-127")
    whole = list_zoning("synthetic-127")
    rows = {str(i): row for row, i in enumerate(load_alert_areas().ids.tolist())}
    assert 1 < len(zoning) < 127 and zoning.is_grouped
    for area_id, zone in zip(table.ids, zoning.zone_of_area.tolist()):
        assert zoning.zone_ids[zone] == whole.zone_ids[whole.zone_of_area[rows[area_id]]]
    assert not zoning_of(table, "areas").is_grouped


@pytest.mark.parametrize("name", [name for name in BUNDLED if name != "areas"])
def test_a_place_with_no_area_of_the_list_has_no_bundled_zoning(name):
    written = from_list([{"id": "a", "at": [31.5, 34.8], "radius_km": 1.0}], ORIGIN)
    with pytest.raises(ScenarioError, match="has none of them.*GeoJSON"):
        zoning_of(written, name)


def test_unknown_names_are_answered_with_the_nearest(table):
    with pytest.raises(ScenarioError, match="no zoning `synthetic-128`.*synthetic-127|synthetic-128.*did you mean"):
        zoning_of(table, "synthetic-128")
    with pytest.raises(CommandError, match="no zoning `district`"):
        list_zoning("district")


# --- a user's polygons ---


def square(zone_id, west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"id": zone_id}, "geometry": geometry}


def written(tmp_path, *features):
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


@pytest.fixture
def three():
    """Give three discs in a row, ten kilometres or so apart."""
    return from_list([{"id": f"a{k}", "at": [31.5, 34.5 + 0.1 * k], "radius_km": 1.0} for k in range(3)], ORIGIN)


def test_an_area_belongs_to_the_polygon_that_holds_its_centre(tmp_path, three):
    written(tmp_path, square("west", 34.4, 31.4, 34.65, 31.6))
    zoning = zoning_of(three, "zones.geojson", tmp_path)
    assert zoning.zone_ids == ("west", "area a2")
    assert zoning.zone_of_area.tolist() == [0, 0, 1]


def test_where_polygons_overlap_the_first_one_wins(tmp_path, three):
    written(tmp_path, square("east", 34.55, 31.4, 34.8, 31.6), square("all", 34.4, 31.4, 34.8, 31.6))
    zoning = zoning_of(three, "zones.geojson", tmp_path)
    assert [zoning.zone_ids[zone] for zone in zoning.zone_of_area] == ["all", "east", "east"]


def test_every_part_of_a_polygon_counts(tmp_path, three):
    parts = [
        square("", *box)["geometry"]["coordinates"] for box in ((34.4, 31.4, 34.55, 31.6), (34.65, 31.4, 34.8, 31.6))
    ]
    feature = {
        "type": "Feature",
        "properties": {"id": "ends"},
        "geometry": {"type": "MultiPolygon", "coordinates": parts},
    }
    written(tmp_path, feature)
    assert zoning_of(three, "zones.geojson", tmp_path).zone_of_area.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("features", "match"),
    [
        ([square("a", 34.4, 31.4, 34.8, 31.6), square("a", 34.4, 31.4, 34.8, 31.6)], "2 zones have the id `a`"),
        ([square("swapped", 31.4, 34.4, 31.6, 34.8)], "no polygon holds.*longitude comes before latitude"),
    ],
)
def test_files_that_cannot_be_meant_are_refused(tmp_path, three, features, match):
    written(tmp_path, *features)
    with pytest.raises(ScenarioError, match=match):
        zoning_of(three, "zones.geojson", tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path, three):
    with pytest.raises(ScenarioError, match="nowhere.geojson"):
        zoning_of(three, "nowhere.geojson", tmp_path)

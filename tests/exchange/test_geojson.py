"""GeoJSON by RFC 7946, read by another program where it is installed, and saying what the tables say."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from opendome.base.frames import geodetic_to_enu
from opendome.exchange.geojson import write_geojson
from opendome.scenario.compile import area_table, origin_of
from opendome.study.single import Run, run


@pytest.fixture(scope="module")
def collections(recorded: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    paths = write_geojson(recorded, tmp_path_factory.mktemp("geojson"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def doubled_area(ring: list[list[float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def test_collections_have_the_form_of_the_standard(collections: dict[str, Any]) -> None:
    assert set(collections) == {"areas", "batteries", "impacts", "alerts"}
    for collection in collections.values():
        assert collection["type"] == "FeatureCollection"
        for feature in collection["features"]:
            assert set(feature) == {"type", "geometry", "properties"}
            assert feature["geometry"]["type"] in ("Point", "Polygon")


def test_rings_are_closed_and_run_anticlockwise(collections: dict[str, Any]) -> None:
    for name in ("areas", "alerts"):
        for feature in collections[name]["features"]:
            (ring,) = feature["geometry"]["coordinates"]
            assert ring[0] == ring[-1]
            assert len(ring) >= 4
            assert doubled_area(ring) > 0.0


def test_features_are_counted_as_in_the_tables(recorded: Run, collections: dict[str, Any]) -> None:
    measures = recorded.measures()
    assert len(collections["areas"]["features"]) == 10
    assert len(collections["alerts"]["features"]) == measures["areas_alerted"]
    impacts = collections["impacts"]["features"]
    assert len(impacts) == recorded.table("impacts").num_rows
    leaks = sum(feature["properties"]["end"] == "leaked_built_up" for feature in impacts)
    assert leaks == measures["leaked_built_up"]
    by_area = sum(feature["properties"]["leaks_built_up"] for feature in collections["areas"]["features"])
    assert by_area == measures["leaked_built_up"]
    fired = sum(feature["properties"]["interceptors_fired"] for feature in collections["batteries"]["features"])
    assert fired == measures["interceptors_fired"]


def test_positions_come_back_to_the_decimetre(recorded: Run, collections: dict[str, Any]) -> None:
    origin = origin_of(recorded.scenario)
    for feature, row in zip(collections["impacts"]["features"], recorded.table("impacts").to_pylist()):
        lon_deg, lat_deg = feature["geometry"]["coordinates"]
        east_m, north_m, _ = geodetic_to_enu(origin, lat_deg, lon_deg)
        assert (float(east_m), float(north_m)) == pytest.approx((row["east_m"], row["north_m"]), abs=0.2)


def test_an_area_written_as_a_polygon_comes_back(collections: dict[str, Any], recorded: Run) -> None:
    table = area_table(recorded.scenario)
    feature = collections["areas"]["features"][table.ids.index("juniper")]
    written = {(-29.82, 34.85), (-29.80, 34.87), (-29.775, 34.86), (-29.78, 34.84), (-29.81, 34.835)}
    assert {tuple(round(x, 4) for x in point) for point in feature["geometry"]["coordinates"][0]} == written


def test_times_are_calendar_times_with_an_offset(collections: dict[str, Any]) -> None:
    times = [feature["properties"]["utc"] for feature in collections["impacts"]["features"]]
    assert all(time.startswith("2030-05-0") and time.endswith("+00:00") for time in times)
    assert times == sorted(times)


def test_sites_are_marked_notional_and_alerts_exercise(collections: dict[str, Any]) -> None:
    assert all(feature["properties"]["is_notional"] for feature in collections["batteries"]["features"])
    assert all(feature["properties"]["status"] == "Exercise" for feature in collections["alerts"]["features"])


def test_a_run_without_a_raid_gives_empty_collections(tmp_path: Path) -> None:
    from opendome.scenario.reader import example

    quiet = example("coastland").override(
        {"threats.raid": None, "threats.given": [{"at_s": 5, "from": [35.15, -29.62], "at": [35.15, -29.40],
                                                  "class": "short-rocket"}]}
    )  # fmt: skip
    paths = write_geojson(run(quiet), tmp_path)
    alerts = json.loads((tmp_path / "alerts.geojson").read_text(encoding="utf-8"))
    assert len(paths) == 4
    assert alerts == {"type": "FeatureCollection", "features": []}


def test_geopandas_reads_it(recorded: Run, tmp_path: Path) -> None:
    geopandas = pytest.importorskip("geopandas", reason="geopandas (the extra `gis`) is not installed")
    write_geojson(recorded, tmp_path)
    areas = geopandas.read_file(tmp_path / "areas.geojson")
    assert areas.is_valid.all()
    assert len(areas) == 10

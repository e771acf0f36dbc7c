"""Areas from lists, CSV, GeoJSON and GeoPackage: round trips and hostile input."""

from __future__ import annotations

import builtins
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.base.errors import CommandError, ScenarioError
from opendome.base.frames import LatLonBox, LatLonDisc, Origin, enu_to_geodetic
from opendome.places.area_files import (
    from_csv,
    from_file,
    from_geojson,
    from_geopackage,
    rows_from_csv,
    rows_from_geojson,
)
from opendome.places.areas import DefendedAreas, join_areas
from opendome.places.builders import from_list, from_places

SITE = Origin(48.5, 35.0)

CSV = """id,name,lat_deg,lon_deg,radius_km,population,time_to_shelter_s,built_up_frac,value
a,Alpha,48.5,35.0,2,40000,60,0.5,7
b,"Beta, upper",48.6,35.1,,5000,,,
c,Gamma,48.4,34.9,1,,30,,
"""


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def as_geojson(table: DefendedAreas) -> dict[str, Any]:
    """Give the table as GeoJSON, longitude first, rings closed."""
    features = []
    for i, area_id in enumerate(table.ids):
        ring = table.vertices_enu_m[table.ring_start[i] : table.ring_start[i + 1]]
        lat, lon = enu_to_geodetic(table.origin, ring[:, 0], ring[:, 1])
        line = [*zip(lon.tolist(), lat.tolist(), strict=True)]
        properties = {"id": area_id, "name": table.names[i], "population": table.population[i],
                      "time_to_shelter_s": table.time_to_shelter_s[i], "built_up_frac": table.built_up_frac[i],
                      "value": table.value[i], "colour": "red"}  # fmt: skip
        geometry = {"type": "Polygon", "coordinates": [[*line, line[0]]]}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def test_csv_and_what_follows_from_what_is_left_out(tmp_path: Path) -> None:
    table = from_file(write(tmp_path, "areas.csv", "\ufeff" + CSV), SITE)
    assert table.ids == ("a", "b", "c")
    assert table.names[1] == "Beta, upper"
    assert table.time_to_shelter_s.tolist() == [60, 60, 30]
    assert table.value.tolist() == pytest.approx([7, 5000, 5000 * math.pi])
    assert table.population.tolist() == pytest.approx([40_000, 5000, 5000 * math.pi])
    assert table.area_m2 / 1e6 == pytest.approx([math.pi * 4, 1.0, math.pi])
    assert table.built_up_frac.tolist() == pytest.approx([0.5, 1.0, 1.0])
    assert table.centre_enu_m[0] == pytest.approx([0, 0], abs=1e-6)
    assert not table.population_assumed.any()


def test_csv_list_and_geojson_give_the_same_table(tmp_path: Path) -> None:
    table = from_csv(write(tmp_path, "areas.csv", CSV), SITE, default_time_to_shelter_s=45)
    listed = from_list(
        [
            {"id": "a", "name": "Alpha", "at": [48.5, 35.0], "radius_km": 2, "population": 40000,
             "time_to_shelter_s": 60, "built_up_frac": 0.5, "value": 7},
            {"id": "b", "name": "Beta, upper", "at": [48.6, 35.1], "population": 5000},
            {"id": "c", "name": "Gamma", "at": (48.4, 34.9), "radius_km": 1, "time_to_shelter_s": 30},
        ],
        SITE,
        default_time_to_shelter_s=45,
    )  # fmt: skip
    mapped = from_file(write(tmp_path, "areas.geojson", json.dumps(as_geojson(table))), SITE)
    for other in (listed, mapped):
        assert other.ids == table.ids
        assert other.names == table.names
        for name in (
            "centre_enu_m",
            "population",
            "built_up_frac",
            "time_to_shelter_s",
            "value",
            "vertices_enu_m",
            "area_m2",
        ):
            assert getattr(other, name) == pytest.approx(getattr(table, name), rel=1e-9, abs=1e-4)


def test_every_bad_row_is_named_with_its_line(tmp_path: Path) -> None:
    bad = ["x,95,35,1,0", "y,48,,1,0", "z,48,35,nan,2", "q,48,35", ",48,35,1,", "w,48,35,,"]
    text = "\n".join(["name,lat_deg,lon_deg,radius_km,built_up_frac", "ok,48,35,1,0.5", *bad, ""])
    path = write(tmp_path, "bad.csv", text)
    with pytest.raises(ScenarioError) as caught:
        from_csv(path, SITE)
    found = {(problem.line, problem.key) for problem in caught.value.problems}
    assert found == {(3, "at"), (4, "at"), (5, "radius_km"), (5, "built_up_frac"), (6, ""), (7, ""), (8, "")}
    assert all(problem.file == str(path) for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "missing"),
        ("name,lat_deg,lon_deg,radius_km\n", "no rows"),
        ("name,lat_deg,lon_deg,radius_m\nx,1,2,3\n", "did you mean `radius_km`"),
        ("name,lat_deg,lat_deg,lon_deg,radius_km\nx,1,1,2,3\n", "occurs 2 times"),
        ('name,lat_deg,lon_deg,radius_km\n"x,48,35,1\n', "not a proper table"),
        (b"name,lat_deg,lon_deg,radius_km\n\xff\xfe,48,35,1\n", "not UTF-8"),
        ("name,lat_deg,lon_deg,radius_km\nx,48,35,1\nx,48.1,35,1\n", "occurs twice"),
        ("name,lat_deg,lon_deg,radius_km\nx,-48,35,1\n", "1,000 km"),
        ("name,lat_deg,lon_deg,radius_km\n" + "x" * 300 + ",48,35,1\n", "200 characters"),
        ("name,lat_deg,lon_deg,population\nx,48,35,0\n", "above 0"),
        ("name,lat_deg,lon_deg,radius_km\nx,48,35,1e999\n", "radius_km"),
        ("name;lat_deg;lon_deg;radius_km\nx;48;35;1\n", "unknown column"),
    ],
)
def test_hostile_csv(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        from_csv(write(tmp_path, "bad.csv", text), SITE)


def test_a_flood_of_problems_is_cut_short() -> None:
    with pytest.raises(ScenarioError) as caught:
        rows_from_csv("name,lat_deg,lon_deg,radius_km\n" + "x,x,x,x\n" * 5000)
    assert len(caught.value.problems) < 60


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for name in ("none.csv", "none.geojson"):
        with pytest.raises(ScenarioError, match="cannot be read"):
            from_file(tmp_path / name, SITE)
    with pytest.raises(ScenarioError, match="cannot be read"):
        from_csv(tmp_path, SITE)
    with pytest.raises(CommandError, match=r"\.csv, \.geojson or \.gpkg"):
        from_file(tmp_path / "areas.xlsx", SITE)


def feature(geometry: object, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


SQUARE = [[35.0, 48.0], [35.1, 48.0], [35.1, 48.1], [35.0, 48.1], [35.0, 48.0]]
SMALL = [[35.5, 48.0], [35.51, 48.0], [35.51, 48.01], [35.5, 48.01], [35.5, 48.0]]


def test_the_largest_part_is_kept_and_the_notes_say_so(tmp_path: Path) -> None:
    document = {
        "type": "FeatureCollection",
        "features": [
            feature({"type": "MultiPolygon", "coordinates": [[SMALL], [SQUARE, SMALL]]}, name="two", popluation=5),
            feature(polygon([[*p, 100.0] for p in SQUARE[::-1]]), id="one", population=1000),
        ],
    }
    table = from_geojson(write(tmp_path, "x.geojson", json.dumps(document)), SITE)
    assert table.area_m2[0] == pytest.approx(table.area_m2[1], rel=1e-6)
    assert table.population_assumed.tolist() == [True, False]
    notes = "\n".join(table.notes)
    assert "only the largest is kept" in notes
    assert "1 hole" in notes
    assert "`popluation` (did you mean `population`?)" in notes


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "not GeoJSON"),
        ({"type": "FeatureCollection", "features": []}, "no polygon"),
        (polygon(SQUARE), "not GeoJSON"),
        (feature(None), "without geometry"),
        (feature({"type": "Point", "coordinates": [35, 48]}), "only Polygon"),
        (feature({"type": "Polygon", "coordinates": None}), "no polygon"),
        (feature({"type": "Polygon", "coordinates": []}), "no polygon"),
        (feature({"type": "MultiPolygon", "coordinates": []}), "empty polygon"),
        (feature({"type": "Polygon", "coordinates": [[[35, 48], [36, 48]]]}), "three"),
        (feature({"type": "Polygon", "coordinates": [[[35, 48], [36, "x"], [36, 49]]]}), "latitude"),
        (feature(polygon([[148.0, 35.0], [148.0, 35.1], [148.1, 35.0]]), id="far"), "1,000 km"),
        (feature(polygon([[35.0, 148.0], [35.1, 148.0], [35.1, 148.1]])), "latitude"),
        (feature(polygon([[35.0, 48.0], [35.0, 48.1], [35.0, 48.2]])), "no area"),
        (feature(polygon(SQUARE), population=-5), "population"),
        (feature(polygon(SQUARE), population=True), "population"),
        (feature(polygon(SQUARE), population=[1]), "population"),
        (feature(polygon(SQUARE), population=10**400), "population"),
        (feature(polygon(SQUARE), name=["x"]), "write a text"),
        ({"type": "FeatureCollection", "features": [5]}, "without geometry"),
        ({**feature(polygon(SQUARE)), "crs": {"properties": {"name": "EPSG:3857"}}}, "WGS 84"),
    ],
)
def test_hostile_geojson(document: object, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        from_rows(document)


def from_rows(document: object) -> DefendedAreas:
    from opendome.places.areas import make_areas

    rows, notes = rows_from_geojson(document, "x.geojson")
    return make_areas(rows, SITE, notes=notes)


@pytest.mark.parametrize("text", ["", "{", "[" * 200_000, '{"type": "FeatureCollection", "features": NaN}', "1" * 5000])
def test_text_that_is_no_geojson(tmp_path: Path, text: str) -> None:
    with pytest.raises(ScenarioError):
        from_geojson(write(tmp_path, "x.geojson", text), SITE)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["type", "features", "geometry", "coordinates", "id", "population"]), inner, max_size=4
    ),
    max_leaves=12,
)  # fmt: skip


@given(json_values, json_values)
def test_whatever_is_in_the_file_only_a_scenario_error_comes_out(coordinates: object, properties: object) -> None:
    for kind in ("Polygon", "MultiPolygon"):
        geometry = {"type": kind, "coordinates": coordinates}
        first = {"type": "Feature", "geometry": geometry, "properties": properties}
        document = {"type": "FeatureCollection", "features": [first, coordinates]}
        with pytest.raises(ScenarioError):
            from_rows(document)


@given(st.text(max_size=200))
def test_whatever_text_a_csv_holds(text: str) -> None:
    with pytest.raises(ScenarioError):
        rows_from_csv("name,lat_deg,lon_deg,radius_km\nbad,x,0,1\n" + text)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["id", "at", "radius_km", "polygon", "population"]), json_values),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_is_listed(entries: list[dict[str, object]]) -> None:
    with pytest.raises(ScenarioError):
        from_list([*entries, {"id": "x"}], SITE)


def test_problems_of_a_list_name_their_keys() -> None:
    with pytest.raises(ScenarioError) as caught:
        from_list(
            [{"id": "a", "at": [148.0, 35.0], "radius_km": 2}, {"idd": "b", "at": [48, 35], "population": "x"}], SITE
        )
    keys = [problem.key for problem in caught.value.problems]
    assert keys == ["places.list[0].at", "places.list[1].idd", "places.list[1].population", "places.list[1]"]
    assert "latitude comes first" in from_problem(caught.value, 0)


def from_problem(error: ScenarioError, i: int) -> str:
    return str(error.problems[i])


def test_a_polygon_may_be_written_out() -> None:
    table = from_list([{"id": "a", "polygon": [[lat, lon] for lon, lat in SQUARE], "population": 9}], SITE)
    assert table.area_m2[0] == pytest.approx(0.1 * 111_200 * 0.1 * 74_600, rel=0.01)
    assert table.centre_enu_m[0] == pytest.approx([3700, -50_000], rel=0.02)


def test_places_as_discs_anywhere() -> None:
    table = from_places(LatLonDisc(48.46, 35.04, 100), SITE, population_at_least=20_000, time_to_shelter_s=120)
    assert table.ids[0].startswith("g")
    assert table.population[0] == table.population.max() > 900_000
    assert table.area_m2 / 1e6 == pytest.approx(table.population / 5000)
    assert set(table.time_to_shelter_s.tolist()) == {120.0}
    fiji = from_places(LatLonBox(-20, -15, 177, -178), Origin(-17, 180))
    assert len(fiji) >= 5
    assert np.abs(fiji.vertices_enu_m).max() < 500_000
    assert len(from_places(LatLonDisc(78.2, 15.6, 50), Origin(78.2, 15.6))) == 1


@pytest.mark.parametrize("region", [LatLonDisc(0, -150, 300), LatLonDisc(-90, 0, 100), LatLonBox(-50, -49, 0, 5)])
def test_regions_without_places_say_so(region: LatLonBox | LatLonDisc) -> None:
    with pytest.raises(ScenarioError, match="no listed place of 1000 people"):
        from_places(region, Origin(0, -150))


def test_regions_too_large_or_too_far_say_so() -> None:
    with pytest.raises(ScenarioError, match="1,000 km"):
        from_places(LatLonBox(-90, 90, -180, 180), SITE, population_at_least=5e6)
    with pytest.raises(CommandError, match="population_at_least"):
        from_places(LatLonDisc(48, 35, 50), SITE, population_at_least=0)


def test_joining_sources() -> None:
    one = from_list([{"id": "a", "at": [48.5, 35.0], "radius_km": 2}], SITE)
    two = from_list(
        [{"id": "b", "at": [48.6, 35.0], "radius_km": 1}, {"id": "c", "at": [48.7, 35], "radius_km": 1}], SITE
    )
    both = join_areas([one, two])
    assert both.ids == ("a", "b", "c")
    assert both.ring_start.tolist() == [0, 32, 64, 96]
    assert both.vertices_enu_m[32:].tolist() == two.vertices_enu_m.tolist()
    assert both.area_m2.tolist() == [*one.area_m2, *two.area_m2]
    with pytest.raises(ScenarioError, match="more than one source"):
        join_areas([one, one])
    with pytest.raises(CommandError, match="same origin"):
        join_areas([one, from_list([{"id": "z", "at": [48.5, 35.0], "radius_km": 2}], Origin(48, 35))])


def test_a_geopackage_without_the_extra_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("geopandas"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CommandError, match=r"opendome\[gis\]"):
        from_file(tmp_path / "areas.gpkg", SITE)


def test_a_geopackage_equals_the_same_geojson(tmp_path: Path) -> None:
    geopandas = pytest.importorskip("geopandas", reason="needs the extra `gis`")
    table = from_list(
        [{"id": "a", "at": [48.5, 35.0], "radius_km": 2}, {"id": "b", "at": [48.6, 35.1], "population": 900}], SITE
    )
    document = as_geojson(table)
    frame = geopandas.GeoDataFrame.from_features(document["features"], crs=4326)
    frame.to_crs(32636).to_file(tmp_path / "areas.gpkg", driver="GPKG")
    read = from_geopackage(tmp_path / "areas.gpkg", SITE)
    assert read.ids == table.ids
    assert read.area_m2 == pytest.approx(table.area_m2, rel=1e-6)
    with pytest.raises(ScenarioError, match="cannot be read"):
        from_geopackage(write(tmp_path, "bad.gpkg", "nonsense"), SITE)

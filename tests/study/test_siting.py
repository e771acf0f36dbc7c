"""Sitings of a scenario: demand, candidates, what each model answers, the race, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.base.errors import CommandError, ScenarioError
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.scenario.scenario import Scenario
from opendome.study.siting import Ask, Siting, find_sitings, own_sitings, siting_problem
from opendome.study.siting_candidates import Candidates, grid_candidates, read_candidates
from opendome.study.siting_demand import POINTS, Demand, derived_seed, draw_demand, leakage_gain
from opendome.study.siting_race import alternatives_of, race, try_winner
from opendome.study.siting_record import siting_tables

Z_999 = 3.29


@pytest.fixture(scope="module")
def coastland() -> Scenario:
    """Give one evening of coastland as it stands."""
    return load("coastland").rebased(
        {"duration_day": 1, "depot.resupply": [], "threats.given": [], "threats.raid.launched_per_day.mean": 120}
    )


@pytest.fixture(scope="module")
def base(coastland: Scenario) -> Scenario:
    """Give it without its alternatives."""
    return coastland.alternative("as-is")


def listed(base: Scenario, folder: Path, rows: list[tuple[str, float, float]]) -> Candidates:
    path = folder / "sites.csv"
    path.write_text("id,lat_deg,lon_deg\n" + "".join(f"{i},{lat},{lon}\n" for i, lat, lon in rows), "utf-8")
    return read_candidates(base, path, 0.0)


def test_the_demand_is_what_studies_count_as_threatening(base: Scenario) -> None:
    from opendome.study.runner import study

    wide = base.override({"assumptions.iron-dome": {"threat_range_min_km": 0.0, "threat_range_max_km": 1000.0}})
    world = compile_world(wide)
    found = draw_demand(wide.model, world, "iron-dome", 5, 300)  # type: ignore[arg-type]
    counted = study(wide, replications=300, seed=5, extras=False).table("replications")["threatening_built_up"]
    values = counted.to_numpy()
    error = math.hypot(values.std(ddof=1) / math.sqrt(300), (found.total_high - found.total) / 1.96)
    assert abs(found.total - values.mean()) < Z_999 * error
    assert found.total != values.mean(), "the demand met the raids of the study"
    assert found.rockets.sum() == pytest.approx(found.total)
    assert np.bincount(found.part_point, found.part_weight, len(found.weight)) == pytest.approx(found.weight)


def test_demand_is_weighed_as_asked_and_repeats_to_the_bit(base: Scenario) -> None:
    world: Any = compile_world(base)
    by_kind = {kind: draw_demand(base.model, world, "iron-dome", 5, 20, kind) for kind in ("rockets", "people")}
    again = draw_demand(base.model, world, "iron-dome", 5, 20, "people")
    assert again.weight.tobytes() == by_kind["people"].weight.tobytes()
    heads = draw_demand(base.model, world, "iron-dome", 5, 20, "population")
    assert heads.weight.tolist() == world.areas["population"].tolist()
    assert (by_kind["rockets"].weight == by_kind["rockets"].rockets).all()
    assert (by_kind["people"].weight > 0).tolist() == (by_kind["rockets"].weight > 0).tolist()
    assert draw_demand(base.model, world, "iron-dome", 6, 20).total != by_kind["rockets"].total


def test_squares_hold_the_same_rockets_as_areas(base: Scenario) -> None:
    world: Any = compile_world(base)
    for kind in ("rockets", "people"):
        areas, squares = (draw_demand(base.model, world, "iron-dome", 5, 20, kind, points) for points in POINTS)
        assert squares.weight.sum() == pytest.approx(areas.weight.sum()) and squares.total == areas.total
        assert len(squares.weight) > len(areas.weight) == len(world.areas)
        again = np.bincount(squares.part_point, squares.part_weight, len(squares.weight))
        assert again == pytest.approx(squares.weight)
        away = np.sqrt(((squares.at_m[:, None, :] - areas.at_m[None, :, :]) ** 2).sum(axis=2)).min(axis=1)
        assert away.max() < 4_500.0, "a square lies in no town: the largest has a radius of 4 km"
    # Seen burst by burst, a battery keeps out as much in all, however the ground is cut.
    kept = [leakage_gain(demand, 3.0, 4).sum(axis=0) for demand in (areas, squares)]
    assert kept[0] == pytest.approx(kept[1])


def test_what_no_round_can_stop_is_refused(base: Scenario) -> None:
    world: Any = compile_world(base)
    with pytest.raises(CommandError, match="unknown weight `heads`"):
        draw_demand(base.model, world, "iron-dome", 1, 5, "heads")
    with pytest.raises(CommandError, match="unknown points `dots`"):
        draw_demand(base.model, world, "iron-dome", 1, 5, points="dots")
    with pytest.raises(CommandError, match="--points areas"):
        draw_demand(base.model, world, "iron-dome", 1, 5, "population", "squares")
    with pytest.raises(CommandError, match="2 or more"):
        draw_demand(base.model, world, "iron-dome", 1, 1)
    far = base.override({"assumptions.iron-dome": {"threat_range_min_km": 900.0, "threat_range_max_km": 1000.0},
                         "threats.raid.classes": {"short-rocket": 1.0}})  # fmt: skip
    with pytest.raises(CommandError, match="strikes built-up ground where"):
        draw_demand(far.model, compile_world(far), "iron-dome", 1, 5)  # type: ignore[arg-type]


def test_seeds_of_other_draws_differ_from_the_study_and_from_one_another() -> None:
    seeds = {derived_seed(seed, what) for seed in range(50) for what in ("siting demand", "siting race")}
    assert len(seeds) == 100 and all(0 <= seed < 2**48 for seed in seeds)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.5, 40.0))
def test_expected_leakage_is_concave_and_meets_its_formula(seed: int, channels: float) -> None:
    draw = np.random.default_rng(seed)
    n_areas, n_parts, p, shots = 5, 30, float(draw.uniform(0.05, 1.0)), int(draw.integers(1, 3))
    area, size = draw.integers(0, n_areas, n_parts), draw.integers(1, 30, n_parts).astype(float)
    part = draw.uniform(0.1, 2.0, n_parts)
    weight = np.bincount(area, part, n_areas)
    demand = Demand(np.zeros((n_areas, 2)), weight, weight, 1.0, 1.0, 1.0, area, part, size, p, shots, 2)
    gain = leakage_gain(demand, channels, 6)
    assert np.all(gain >= 0.0) and np.all(np.diff(gain, axis=1) <= 1e-12)
    for i in range(n_areas):
        for k in (1, 3, 6):
            kept = sum(
                w * min(p * k * channels, n * (1.0 - (1.0 - p) ** shots)) / n
                for a, w, n in zip(area, part, size) if a == i
            )  # fmt: skip
            assert gain[i, :k].sum() == pytest.approx(kept, rel=1e-9, abs=1e-12)
    enough = leakage_gain(demand, 1e6, 2)
    assert enough[:, 0] == pytest.approx(weight * (1.0 - (1.0 - p) ** shots)) and np.all(enough[:, 1] == 0.0)


def test_the_grid_stands_on_land_near_areas_and_off_the_launch_areas(base: Scenario) -> None:
    from opendome.scenario.compile import area_table, origin_of
    from opendome.scenario.compile_raid import distance_to_polygon_m, launch_polygons

    found = grid_candidates(base, 3.0, 6.0, 12.0)
    assert found.n_at_sea > 0 and found.n_too_near > 0 and len(set(found.ids)) == len(found.ids)
    centre = area_table(base).centre_enu_m
    away = np.sqrt(((found.at_m[:, None, :] - centre[None, :, :]) ** 2).sum(axis=2)).min(axis=1)
    assert away.max() <= 12_100.0  # positions are rounded to 0.001 degrees
    for polygon in launch_polygons(base.model.threats.raid, origin_of(base)):
        assert distance_to_polygon_m(found.at_m, polygon.ring_m).min() >= 6000.0
    assert (found.lat_lon_deg[:, 1] > -30.34).all(), "west of the shore is sea"
    finer = grid_candidates(base, 1.5, 6.0, 12.0)
    assert len(finer.ids) > 3 * len(found.ids)


def test_candidates_that_cannot_be_are_refused(base: Scenario, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no candidate site is left of 2: 2 are in the sea"):
        listed(base, tmp_path, [("a", 35.0, -31.0), ("b", 35.1, -31.0)])
    with pytest.raises(CommandError, match="nearer than 500 km"):
        grid_candidates(base, 5.0, 500.0, 5.0)
    with pytest.raises(CommandError, match="above 0"):
        grid_candidates(base, 0.0, 4.0, 5.0)
    with pytest.raises(CommandError, match="too fine"):
        grid_candidates(base, 0.001, 4.0, 5.0)
    with pytest.raises(CommandError, match="smaller --grid-km"):
        grid_candidates(base, 400.0, 0.0, 0.01)
    with pytest.raises(CommandError, match=r"name it \.csv or \.geojson"):
        read_candidates(base, tmp_path / "sites.txt", 4.0)
    with pytest.raises(ScenarioError, match="cannot be read"):
        read_candidates(base, tmp_path / "none.csv", 4.0)
    for text, words in (("lat_deg\n1\n", "`lon_deg` is missing"), ("id,lat_deg,lon_deg\n", "no candidate"),
                        ("lat_deg,lon_deg\n35,-30\nx,1\n99,1\n", "must be degrees")):  # fmt: skip
        (tmp_path / "bad.csv").write_text(text, "utf-8")
        with pytest.raises(ScenarioError, match=words):
            read_candidates(base, tmp_path / "bad.csv", 4.0)
    (tmp_path / "bad.geojson").write_text('{"features": [{"geometry": {"type": "Point"}}]}', "utf-8")
    with pytest.raises(ScenarioError, match="GeoJSON collection of points"):
        read_candidates(base, tmp_path / "bad.geojson", 4.0)


def test_a_list_is_read_from_csv_and_geojson_alike(base: Scenario, tmp_path: Path) -> None:
    rows = [("a", 35.02, -30.16), ("b", 34.80, -30.20), ("sea", 35.0, -31.0)]
    first = listed(base, tmp_path, rows)
    points = [
        {"type": "Feature", "properties": {"id": i}, "geometry": {"type": "Point", "coordinates": [lon, lat]}}
        for i, lat, lon in rows
    ]
    path = tmp_path / "sites.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": points}), "utf-8")
    second = read_candidates(base, path, 0.0)
    assert first.ids == second.ids == ("a", "b") and first.n_at_sea == 1
    assert first.at_m.tolist() == second.at_m.tolist()


def test_by_population_the_two_largest_open_towns_are_chosen(base: Scenario, tmp_path: Path) -> None:
    towns = {area.id: area.at for area in base.model.places.areas if area.at is not None}
    sites = listed(base, tmp_path, [(name, *at) for name, at in towns.items()])
    problem = siting_problem(base, Ask("iron-dome", 2, "population", n_draws=5, n_each=1), sites, 1)
    found = {siting.name: siting for siting in find_sitings(problem)}
    # Alder (210,000) and Birch (64,000) lie more than two footprints apart, and no standing battery covers them.
    assert {site.candidate_id for site in found["coverage-1"].sites} == {"alder", "birch"}
    assert found["coverage-1"].answer is not None and found["coverage-1"].answer.status == "optimal"
    assert found["coverage-1"].values["coverage"] == pytest.approx(274_000)
    assert found["greedy"].answer is not None and found["greedy"].answer.gap == 0.0


def test_launchers_and_rounds_follow_what_each_has_to_cover(base: Scenario, tmp_path: Path) -> None:
    sites = listed(base, tmp_path, [("alder", 35.02, -30.16), ("birch", 34.80, -30.20)])
    ask = Ask("iron-dome", 2, "population", n_draws=5, n_each=1, launchers=8, rounds=100)
    best = find_sitings(siting_problem(base, ask, sites, 1))[1]
    by_site = {site.candidate_id: site for site in best.sites}
    # 210 to 64 of 8 launchers are 6.1 to 1.9; of 100 rounds 76.6 to 23.4.
    assert (by_site["alder"].launchers, by_site["birch"].launchers) == (6, 2)
    assert (by_site["alder"].loaded_rounds, by_site["birch"].loaded_rounds) == (77, 23)
    changed = base.override(best.overrides(ask)).model.batteries
    assert [(b.launchers, b.loaded_rounds) for b in changed[-2:]] == [
        (s.launchers, s.loaded_rounds) for s in best.sites
    ]


def refused(base: Scenario, sites: Candidates, words: str, **changed: Any) -> None:
    with pytest.raises(CommandError, match=words):
        siting_problem(base, Ask(**{"system": "iron-dome", "count": 1, "n_draws": 5, **changed}), sites, 1)


def test_what_cannot_be_asked_is_refused(base: Scenario, tmp_path: Path) -> None:
    sites = listed(base, tmp_path, [("alder", 35.02, -30.16), ("birch", 34.80, -30.20)])
    refused(base, sites, "--count must be 1 or more, not 0", count=0)
    refused(base, sites, "more than the 2 candidate sites", count=3)
    refused(base, sites, "unknown system `iron-domo`", system="iron-domo")
    refused(base, sites, "has no launchers", system="carrier-strike-group")
    refused(base, sites, "less than one for each", count=2, launchers=1)
    refused(base, sites, "hold 0 to 20", launchers=1, rounds=21)
    refused(base, sites, "--each must be", n_each=0)
    refused(base, sites, "the scenario has 2", count=3, is_move=True)
    refused(base, sites, "leave out --move", is_move=True, rounds=5)


def test_moving_keeps_what_may_not_move_and_sends_the_rest_the_short_way(base: Scenario, tmp_path: Path) -> None:
    sites = listed(base, tmp_path, [("alder", 35.02, -30.16), ("birch", 34.80, -30.20), ("cedar", 35.24, -30.18)])
    ask = Ask("iron-dome", 1, "population", n_draws=5, n_each=2, is_move=True)
    problem = siting_problem(base, ask, sites, 1)
    for siting in find_sitings(problem):
        assert len(siting.sites) <= 1
        changed = base.override(siting.overrides(ask))
        assert len(changed.model.batteries) == 2
        moved = [b.id for b, old in zip(changed.model.batteries, base.model.batteries) if b.at != old.at]
        assert moved == [site.battery_id for site in siting.sites]
    both = find_sitings(
        siting_problem(base, Ask("iron-dome", 2, "population", n_draws=5, n_each=1, is_move=True), sites, 1)
    )[1]
    to = {site.battery_id: site.candidate_id for site in both.sites}
    # b1 stands in the north and b2 in the south.
    assert to == {"b1": "alder", "b2": "birch"}


def test_own_sites_are_those_that_alternatives_add(coastland: Scenario) -> None:
    assert own_sitings(coastland, 1) == [("own-one-more", [[34.88, -29.95]])]
    assert own_sitings(coastland, 2) == []
    names = [name for name, _ in own_sitings(load("two-batteries"), 2)]
    assert names == ["own-two-more-day-5", "own-existing-sites-day-5"]


@pytest.fixture(scope="module")
def sitings(coastland: Scenario, base: Scenario) -> tuple[Ask, list[Siting]]:
    ask = Ask("iron-dome", 1, n_draws=20, n_each=1)
    problem = siting_problem(base, ask, grid_candidates(base, 6.0, 4.0, 4.0), 3)
    useless = [("own-far", [[35.44, -30.33]])]
    return ask, find_sitings(problem, [*own_sitings(coastland, 1), *useless])


def test_the_race_repeats_to_the_bit_and_drops_what_is_worse(base: Scenario, sitings: tuple[Ask, list[Siting]]) -> None:
    ask, raced = sitings
    found = race(base, raced, ask, seed=3, measure="leaked_built_up", most=100, workers=1)
    again = race(base, raced, ask, seed=3, measure="leaked_built_up", most=100, workers=2)
    for name, table in siting_tables(raced, found).items():
        assert table.equals(siting_tables(raced, again)[name])
    dropped = [look.siting for look in found.looks if look.is_dropped]
    assert "own-far" in dropped, "a battery in an empty corner outlived a useful one"
    assert found.winner not in dropped
    for look in found.looks:
        assert look.less_leader.low <= look.less_leader.value <= look.less_leader.high
        assert look.mean.n in (25, 50, 100)
    for name in dropped:
        after = [look.look for look in found.looks if look.siting == name]
        assert after == list(range(1, len(after) + 1)), "a siting ran on after it was dropped"


def test_the_winner_meets_fresh_raids_beside_greedy(base: Scenario, sitings: tuple[Ask, list[Siting]]) -> None:
    ask, raced = sitings
    found = race(base, raced, ask, seed=3, measure="leaked_built_up", most=25)
    tested = try_winner(base, raced, found.winner, ask, seed=3, replications=30)
    assert set(tested.alternatives) == {"as-is", "greedy", found.winner, "own-one-more", "own-far"}
    assert tested.manifest["baseline"] == "as-is" and tested.replications == 30
    own_raids = tested.table("replications")["launched"].to_numpy()[:25].mean()
    asked = alternatives_of(base, raced[:1], ask)
    from opendome.study.runner import study

    raced_raids = study(asked, replications=25, seed=derived_seed(3, "siting race"), extras=False)
    assert raced_raids.table("replications")["launched"].to_numpy()[:25].mean() != own_raids
    with pytest.raises(CommandError, match="2 or more"):
        try_winner(base, raced, found.winner, ask, seed=3, replications=1)
    with pytest.raises(CommandError, match="2 or more"):
        race(base, raced, ask, seed=3, measure="leaked_built_up", most=1)

"""What the pages say of the shipped scenarios of systems: closed forms, equal raids, and differences beyond luck."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

import opendome as od
from opendome.base.frames import Origin, geodetic_to_enu

EARTH_M = 4.0 / 3.0 * 6_371_000.0
FIRST_PLOT_S, CONFIRM_S = 3.0, 5.0
Z_999 = 3.09
"""One-sided 99.9 % of the normal law."""


@lru_cache(maxsize=4)
def rows_of(name: str, n: int) -> dict[str, dict[str, np.ndarray]]:
    """Columns of a scenario's replications: alternative -> measure -> (n,)."""
    study = od.study(name, replications=n, extras=False)
    table = study.table("replications")
    names = np.array(table["alternative"].to_pylist())
    columns = {key: table[key].to_numpy() for key in table.column_names if key != "alternative"}
    return {a: {key: values[names == a] for key, values in columns.items()} for a in study.alternatives}


def surely_less(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Whether the paired mean difference is below zero by more than luck explains, 99.9 %."""
    difference = ours - theirs
    return bool(difference.mean() + Z_999 * difference.std(ddof=1) / math.sqrt(len(difference)) < 0.0)


def horizon_m(antenna_m: float, height_m: float) -> float:
    """Farthest sight over an Earth of 4/3 of the radius."""
    return math.sqrt(2.0 * EARTH_M) * (math.sqrt(antenna_m) + math.sqrt(height_m))


@pytest.mark.parametrize(("antenna_m", "height_m"), [(5, 60), (10, 60), (20, 60), (10, 30), (10, 150)])
def test_first_sight_of_low_flight_is_the_horizon(antenna_m: float, height_m: float) -> None:
    scenario = od.example("cruise-missile-test").override(
        {
            "assumptions.us-iron-dome.antenna_height_m": antenna_m,
            "threats.classes.cruise-missile.height_m": height_m,
            "picture.first_plot_s": FIRST_PLOT_S,
            "picture.confirm_delay_s": CONFIRM_S,
        }
    )
    run = od.run(scenario, seed=3)
    tables = run.tables()
    threats = {row["threat_id"]: row for row in tables["threats"].to_pylist()}
    seen = 0
    for link in tables["links"].to_pylist():
        threat = threats[link["threat_id"]]
        first = [row["t_s"] for row in tables["assessments"].to_pylist() if row["track_id"] == link["track_id"]]
        if threat["fate"] != "flies" or not first:
            continue
        gone = (min(first) - FIRST_PLOT_S - CONFIRM_S - threat["t_s"]) / (threat["t_impact_s"] - threat["t_s"])
        east_m = threat["launch_east_m"] + gone * (threat["impact_east_m"] - threat["launch_east_m"])
        north_m = threat["launch_north_m"] + gone * (threat["impact_north_m"] - threat["launch_north_m"])
        step_m = threat["range_m"] / 64.0
        distance_m = math.hypot(east_m - radar_east_m(scenario), north_m)
        # Seen at the first of 64 steps inside the horizon; the spread of the aim bends the way by less than 100 m.
        assert horizon_m(antenna_m, height_m) - step_m - 100.0 <= distance_m <= horizon_m(antenna_m, height_m) + 100.0
        seen += 1
    assert seen >= 6


def radar_east_m(scenario: Any) -> float:
    """Where the battery's radar stands, east of the origin."""
    site, at = scenario.model.site, scenario.model.batteries[0].at
    return float(geodetic_to_enu(Origin(site.lat_deg, site.lon_deg), at[0], at[1])[0])


def test_a_higher_antenna_warns_earlier_and_a_high_beam_late() -> None:
    found = rows_of("cruise-missile-test", 100)

    def lead_s(name: str) -> float:
        columns = found[name]
        return float(columns["cruise_missiles_lead_s"].sum() / columns["cruise_missiles_impacts"].sum())

    assert lead_s("hill") > lead_s("antenna-20") + 60.0
    assert lead_s("antenna-20") > lead_s("warning-only") + 10.0
    assert lead_s("warning-only") > lead_s("antenna-5") + 5.0 > lead_s("beam-1-deg") + 120.0


def test_low_flight_below_the_floor_is_never_shot_at() -> None:
    scenario = od.example("cruise-missile-test").override({"assumptions.us-iron-dome.intercept_height_min_km": 0.5})
    assert od.run(scenario, seed=3).measures()["engaged"] == 0
    assert od.run(od.example("cruise-missile-test"), seed=3).measures()["engaged"] > 6


def test_more_launchers_leak_less_and_the_same_battery_the_same() -> None:
    found = rows_of("us-batteries", 200)
    leaks = {name: columns["leaked_built_up"] for name, columns in found.items()}
    for name, values in found["us-three"].items():
        np.testing.assert_array_equal(values, found["as-is"][name], err_msg=name)
    assert surely_less(leaks["four"], leaks["as-is"])
    assert surely_less(leaks["us-six"], leaks["four"])
    assert surely_less(leaks["four-with-channels"], leaks["four"])
    assert surely_less(leaks["us-six-with-channels"], leaks["us-six"])


def test_drones_and_rockets_are_the_same_alone_and_together() -> None:
    found = rows_of("drones-and-rockets", 150)
    for group, alone in (("rockets", "rockets-alone"), ("drones", "drones-alone")):
        other = "drones" if group == "rockets" else "rockets"
        for what in ("launched", "bound"):
            np.testing.assert_array_equal(found[alone][f"{group}_{what}"], found["as-is"][f"{group}_{what}"])
        assert found[alone][f"{other}_launched"].sum() == 0
        assert surely_less(found[alone][f"{group}_leaked"], found["as-is"][f"{group}_leaked"])
    silent = found["nobody-shoots"]
    np.testing.assert_array_equal(silent["leaked_built_up"], silent["threatening_built_up"])


def test_one_raid_meets_both_systems() -> None:
    found = rows_of("ifpc-side-by-side", 60)
    for group in ("rockets", "mortars", "drones", "cruise_missiles"):
        for columns in found.values():
            np.testing.assert_array_equal(columns[f"{group}_bound"], found["as-is"][f"{group}_bound"])
    assert surely_less(found["ifpc"]["leaked_built_up"], found["ifpc-three-launchers"]["leaked_built_up"])


def test_what_is_shared_out_is_shot_at_by_its_own_system() -> None:
    run = od.run(od.example("ifpc-side-by-side").alternative("both-shared-out"), seed=5)
    tables = run.tables()
    kinds = {row["threat_id"]: row["threat_class"] for row in tables["threats"].to_pylist()}
    followed = {row["track_id"]: kinds[row["threat_id"]] for row in tables["links"].to_pylist()}
    shot_by: dict[str, set[str]] = {"iron-dome": set(), "ifpc": set()}
    for row in tables["launches"].to_pylist():
        shot_by[row["battery_id"]].add(followed[row["track_id"]])
    assert shot_by == {"iron-dome": {"short-rocket", "mortar"}, "ifpc": {"one-way-drone", "cruise-missile"}}

"""The bundle says what the run's tables say: objects, paths, ends, reasons, rounds."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from opendome.console.replay.bundle import ENDS, Replay
from opendome.console.replay.flights import classes_of
from opendome.console.replay.raids import QUIET_S
from opendome.flight.tables import class_point, class_tof_s

WHERE_M = 1.0
"""Places are rounded to a metre."""
MOMENT_S = 0.0051
"""Moments are rounded to a hundredth of a second."""


@pytest.fixture(scope="module")
def tables(replay: Replay) -> dict[str, list[dict[str, Any]]]:
    return {name: table.to_pylist() for name, table in replay.source.shown[0].run.tables().items()}


@pytest.fixture(scope="module")
def raids(replay: Replay) -> list[dict[str, Any]]:
    return [replay.raid(i) for i in range(len(replay.raids))]


@pytest.fixture(scope="module")
def threats(raids: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {one["id"]: one for raid in raids for one in raid["alternatives"][0]["threats"]}


def nodes(path: list[float]) -> np.ndarray:
    return np.array(path, float).reshape(-1, 4)


def test_the_run_is_varied(tables: dict[str, list[dict[str, Any]]]) -> None:
    """What follows means something only if everything happens in it."""
    assert {row["fate"] for row in tables["threats"]} == {"flies", "fails_in_flight", "misfires"}
    assert {row["end"] for row in tables["threats"]} >= {
        "failed",
        "fell_short",
        "open_ground",
        "intercepted",
        "leaked_built_up",
    }
    assert len({row["threat_class"] for row in tables["threats"]}) == 3
    assert len({row["reason"] for row in tables["decisions"]}) >= 5


@pytest.mark.parametrize("which", ["replay", "pair"])
def test_every_object_is_in_one_raid(which: str, request: pytest.FixtureRequest) -> None:
    found: Replay = request.getfixturevalue(which)
    for i_view, shown in enumerate(found.source.shown):
        ids = [one["id"] for i in range(len(found.raids)) for one in found.raid(i)["alternatives"][i_view]["threats"]]
        assert sorted(ids) == list(range(shown.run.table("threats").num_rows))


def test_raids_are_parted_by_quiet(replay: Replay, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Between two raids nothing is launched for ten minutes and nothing flies; inside of one, never both."""
    for before, after in zip(replay.raids, replay.raids[1:]):
        last_s = max(tables["threats"][i]["t_s"] for i in before.objects)
        next_s = min(tables["threats"][i]["t_s"] for i in after.objects)
        assert next_s - last_s > QUIET_S
        assert next_s > before.until_s - 15.0
    for raid in replay.raids:
        launches = sorted(tables["threats"][i]["t_s"] for i in raid.objects)
        for k in np.flatnonzero(np.diff(launches) > QUIET_S):
            flying = [
                row for row in tables["threats"] if row["t_s"] <= launches[k] and row["t_impact_s"] >= launches[k + 1]
            ]
            assert flying


def test_a_rocket_flies_as_its_class_table_says(
    replay: Replay, tables: dict[str, list[dict[str, Any]]], threats: dict[int, dict[str, Any]]
) -> None:
    """Compared with the look-up for single points, cubic in time, at every node of every rocket's path."""
    classes = classes_of(replay.source.shown[0].run.scenario)
    n_seen = 0
    for row in tables["threats"]:
        record = classes.records[classes.index[row["threat_class"]]]
        if record["is_cruise"] or row["fate"] == "misfires":
            continue
        path = nodes(threats[row["threat_id"]]["path"])
        begin = np.array([row["launch_east_m"], row["launch_north_m"]])
        end = np.array([row["impact_east_m"], row["impact_north_m"]])
        flight_s = row["t_impact_s"] - row["t_s"]
        assert flight_s == pytest.approx(class_tof_s(classes.tables, record["i_table"], row["range_m"]))
        uncut = path[:-1] if row["end"] == "intercepted" else path
        for t_s, east_m, north_m, height_m in uncut:
            share = (t_s - row["t_s"]) / flight_s
            down, high_m = class_point(classes.tables, record["i_table"], row["range_m"], share)
            # A hundredth of a second at 1.2 km/s is 12 m.
            np.testing.assert_allclose([east_m, north_m], begin + down * (end - begin), atol=14.0)
            assert height_m == pytest.approx(max(high_m, 0.0), abs=14.0)
        n_seen += 1
    assert n_seen > 100


def test_a_drone_flies_level_over_its_waypoint(
    replay: Replay, tables: dict[str, list[dict[str, Any]]], threats: dict[int, dict[str, Any]]
) -> None:
    classes = classes_of(replay.source.shown[0].run.scenario)
    drones = [row for row in tables["threats"] if row["threat_class"] == "one-way-drone" and row["fate"] == "flies"]
    assert drones
    for row in drones:
        one = threats[row["threat_id"]]
        path = np.vstack([nodes(one["path"]), nodes(one["rest"])])
        height_m = float(classes.records[classes.index[row["threat_class"]]]["height_m"])
        assert set(path[1:-1, 3]) <= {0.0, round(height_m)}
        way = np.hypot(path[:, 1] - row["way_east_m"], path[:, 2] - row["way_north_m"])
        assert way.min() < 2 * WHERE_M
        speeds = np.hypot(*np.diff(path[:, 1:3], axis=0).T) / np.maximum(np.diff(path[:, 0]), 1e-9)
        long = np.diff(path[:, 0]) > 5.0
        assert speeds[long] == pytest.approx(
            float(classes.records[classes.index[row["threat_class"]]]["speed_mps"]), rel=0.01
        )


def test_a_kill_cuts_the_path(tables: dict[str, list[dict[str, Any]]], threats: dict[int, dict[str, Any]]) -> None:
    kills = {row["threat_id"]: row["t_s"] for row in tables["intercepts"] if row["is_kill"]}
    for row in tables["threats"]:
        one = threats[row["threat_id"]]
        path, rest = nodes(one["path"]), nodes(one["rest"])
        end_s = kills.get(row["threat_id"], row["t_impact_s"])
        assert path[-1, 0] == pytest.approx(end_s, abs=MOMENT_S)
        assert one["end_s"] == pytest.approx(end_s, abs=MOMENT_S)
        assert (len(rest) > 0) == (row["threat_id"] in kills)
        if len(rest):
            np.testing.assert_array_equal(rest[0], path[-1])
        last = rest[-1] if len(rest) else path[-1]
        np.testing.assert_allclose(last[1:3], [row["impact_east_m"], row["impact_north_m"]], atol=WHERE_M)
        assert (np.diff(path[:, 0]) >= 0.0).all()


def test_counts_are_the_partition(replay: Replay, threats: dict[int, dict[str, Any]]) -> None:
    measures = replay.source.shown[0].run.measures()
    index = replay.index()
    for end in ENDS:
        assert sum(entry["ends"][0][end] for entry in index["raids"]) == measures[end]
    assert Counter(one["end"] for one in threats.values()) == Counter(
        {end: int(measures[end]) for end in ENDS if measures[end]}
    )
    sizes = [sum(entry["ends"][0].values()) for entry in index["raids"]]
    assert sizes[index["first_raid"]] == max(sizes)


def test_interceptors_end_where_their_object_is(
    tables: dict[str, list[dict[str, Any]]], raids: list[dict[str, Any]], threats: dict[int, dict[str, Any]]
) -> None:
    shots = [shot for raid in raids for shot in raid["alternatives"][0]["interceptors"]]
    assert len(shots) == len(tables["launches"])
    killed = {shot["threat"] for shot in shots if shot["outcome"] == "kill"}
    assert killed == {row["threat_id"] for row in tables["intercepts"] if row["is_kill"]}
    for shot in shots:
        path = nodes(shot["path"])
        assert (path[0, 3], path[0, 0], path[-1, 0]) == (0.0, shot["from_s"], shot["end_s"])
        if shot["outcome"] == "kill":
            np.testing.assert_allclose(path[-1, 1:], nodes(threats[shot["threat"]]["path"])[-1, 1:], atol=2 * WHERE_M)


def test_interceptors_begin_where_their_battery_stands(
    tables: dict[str, list[dict[str, Any]]], raids: list[dict[str, Any]]
) -> None:
    """One battery moves, so the last move before each launch counts."""
    places = set()
    for shot in (shot for raid in raids for shot in raid["alternatives"][0]["interceptors"]):
        moves = [
            m for m in tables["moves"] if m["battery_id"] == shot["battery"] and m["t_s"] <= shot["from_s"] + MOMENT_S
        ]
        where = (moves[-1]["east_m"], moves[-1]["north_m"])
        np.testing.assert_allclose(nodes(shot["path"])[0, 1:3], where, atol=WHERE_M)
        places.add((shot["battery"], round(where[0])))
    assert len(places) > len({battery for battery, _ in places})


def test_stories_give_the_reasons_of_the_tables(
    tables: dict[str, list[dict[str, Any]]], threats: dict[int, dict[str, Any]]
) -> None:
    """Every change of reason, every order, and the last reason of everything that came down."""
    object_of = {}
    for row in sorted(tables["links"], key=lambda row: row["t_s"]):
        object_of.setdefault(row["track_id"], row["threat_id"])
    looks: dict[int, list[dict[str, Any]]] = {}
    for row in tables["decisions"]:
        if row["track_id"] in object_of:
            looks.setdefault(object_of[row["track_id"]], []).append(row)
    n_orders = 0
    for threat_id, rows in looks.items():
        story = threats[threat_id]["story"]
        said = [(t_s, reason) for t_s, text, reason in story if text.startswith("No shot") or " ordered from " in text]
        rows.sort(key=lambda row: row["t_s"])
        wanted, before = [], None
        for row in rows:
            if row["is_shot"] or row["reason"] != before:
                wanted.append((row["t_s"], row["reason"]))
            before = None if row["is_shot"] else row["reason"]
            n_orders += row["is_shot"]
        assert [reason for _, reason in said] == [reason for _, reason in wanted]
        np.testing.assert_allclose([t for t, _ in said], [t for t, _ in wanted], atol=MOMENT_S)
    assert n_orders > 20
    for row in tables["impacts"]:
        last = [line for line in threats[row["threat_id"]]["story"] if line[1].startswith("Came down")]
        assert [line[2] for line in last] == ([] if row["end"] == "failed" else [row["reason"]])


def test_stories_are_in_order_and_begin_with_the_launch(threats: dict[int, dict[str, Any]]) -> None:
    for one in threats.values():
        moments = [line[0] for line in one["story"]]
        assert moments == sorted(moments)
        assert one["story"][0][1].startswith(("Launched", "Misfired at launch"))
        assert moments[0] == one["from_s"]


def test_meetings_are_told_as_they_went(
    tables: dict[str, list[dict[str, Any]]], threats: dict[int, dict[str, Any]]
) -> None:
    for row in tables["intercepts"]:
        if row["threat_id"] is None:
            continue
        told = [
            text
            for t_s, text, _ in threats[row["threat_id"]]["story"]
            if abs(t_s - row["t_s"]) < MOMENT_S and "Met at" in text
        ]
        true = "destroyed" if row["is_kill"] else "missed"
        judged = "assessed hit" if row["is_judged_kill"] else "assessed missed"
        assert any(f": {true}, {judged}" in text for text in told)


def test_leaks_say_how_long_before_they_were_warned(
    tables: dict[str, list[dict[str, Any]]], threats: dict[int, dict[str, Any]]
) -> None:
    leaks = [row for row in tables["impacts"] if row["end"] == "leaked_built_up"]
    assert leaks
    for row in leaks:
        text = threats[row["threat_id"]]["story"][-1][1]
        assert text.endswith("not warned" if row["lead_s"] is None else f"warned {row['lead_s']:.0f} s before")


def test_rounds_add_up_to_the_stock(tables: dict[str, list[dict[str, Any]]], raids: list[dict[str, Any]]) -> None:
    for raid in raids:
        batteries = raid["alternatives"][0]["batteries"]
        for t_s in (raid["from_s"], raid["until_s"]):
            held = sum([n for moment, n in battery["rounds"] if moment <= t_s][-1] for battery in batteries)
            before = [row["ready_rounds"] for row in tables["stock"] if row["t_s"] <= t_s]
            assert held == before[-1]


def test_alerts_are_those_that_meet_the_raid(
    replay: Replay, tables: dict[str, list[dict[str, Any]]], raids: list[dict[str, Any]]
) -> None:
    areas = replay.scene()["areas"]
    for raid in raids:
        shown = {(areas[i]["id"], since_s) for i, since_s, _ in raid["alternatives"][0]["alerts"]}
        wanted = {
            (row["area_id"], round(row["t_s"], 2))
            for row in tables["warnings"]
            if row["t_s"] <= raid["until_s"] and row["t_end_s"] >= raid["from_s"]
        }
        assert shown == wanted


def test_the_scene_holds_what_happens(replay: Replay, tables: dict[str, list[dict[str, Any]]]) -> None:
    scene = replay.scene()
    west, south, east, north = scene["box_m"]
    for row in tables["threats"]:
        assert west < row["impact_east_m"] < east and south < row["launch_north_m"] < north
    assert scene["land"] == "written"
    assert len(scene["land_m"][0]) == 6
    assert [area["name"] for area in scene["areas"]][:2] == ["Alder", "Birch"]


def test_everything_is_plain_json(pair: Replay) -> None:
    """No NaN, no infinity, no type that a browser does not know."""
    for data in (pair.index(), pair.scene(), pair.raid(0)):
        assert json.loads(json.dumps(data, allow_nan=False)) == data

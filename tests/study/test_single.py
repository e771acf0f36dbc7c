"""A single run tells in full what a study counts: same row, and tables that add up to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from opendome.base.errors import CommandError, RunError
from opendome.base.tally import tally_names
from opendome.battle.state import LOG_PLACES
from opendome.doctrine.view import T_INTERCEPT_S
from opendome.results.schema import validate
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import Scenario, example
from opendome.study.replicate import run_chunk
from opendome.study.single import Run, open_run, run

BUSY = {
    "assumptions": {"iron-dome": {"defended_radius_km": 20, "intercept_reach_km": 25, "reload_s": 300}},
    "depot.rounds": 30,
    "depot.resupply": [{"day": 1.5, "rounds": 12, "p_lost": 0.5}, {"day": 2, "rounds": 10}],
    "depot.production_per_day": 4,
    "batteries[b1].fails_every_h": 9,
    "batteries[b1].repaired_in_h": 2,
    "batteries[b2].moves": [{"day": 1.2, "to": [35.0, -29.95], "road_h": 1}],
    "doctrine.salvo": 2,
    "doctrine.reserve_share": 0.05,
}
"""Coastland with everything that can happen to a stock and to batteries."""


@pytest.fixture(scope="module")
def busy() -> Scenario:
    return example("coastland").alternative("one-more").override(BUSY)


@pytest.fixture(scope="module")
def busy_run(busy: Scenario) -> Run:
    return run(busy, seed=11, replication=2)


def values(found: Run, table: str, column: str) -> list[Any]:
    return found.table(table).column(column).to_pylist()


@pytest.mark.parametrize(
    ("alternative", "seed", "replication"), [("as-is", 5, 3), ("one-more", 0, 0), ("as-is", 7, 40)]
)
def test_the_row_is_that_of_a_study(alternative: str, seed: int, replication: int) -> None:
    scenario = example("coastland").alternative(alternative)
    rows = run_chunk(compile_world(scenario), seed, replication, 1).rows
    np.testing.assert_array_equal(run(scenario, seed=seed, replication=replication).row, rows[0])


@pytest.mark.parametrize("engage_when", ["now", "latest"])
@pytest.mark.parametrize("policy", ["earliest", "greedy"])
def test_the_row_is_that_of_a_study_when_much_happens(busy: Scenario, policy: str, engage_when: str) -> None:
    scenario = busy.override({"doctrine.policy": policy, "doctrine.engage_when": engage_when})
    rows = run_chunk(compile_world(scenario), 11, 2, 1, policy).rows
    found = run(scenario, seed=11, replication=2)
    np.testing.assert_array_equal(found.row, rows[0])
    assert found.row[tally_names().index("interceptors_fired")] > 20


def test_nothing_is_lost_when_the_logs_are_full(busy: Scenario) -> None:
    scenario = busy.override({"threats.raid.launched_per_day.mean": [5000, 1500, 1500]})
    rows = run_chunk(compile_world(scenario), 2, 0, 1).rows
    found = run(scenario, seed=2)
    measures = found.measures()
    np.testing.assert_array_equal(found.row, rows[0])
    assert found.table("decisions").num_rows > 2 * LOG_PLACES, "the raid is too small for this test"
    assert found.table("launches").num_rows == measures["interceptors_fired"]
    assert sum(values(found, "intercepts", "is_kill")) == measures["intercepted"]
    shots = sum(values(found, "decisions", "is_shot"))
    assert found.table("intercepts").num_rows == shots
    assert found.table("decisions").column("t_s").to_pylist() == sorted(values(found, "decisions", "t_s"))


def test_tables_are_as_declared(busy_run: Run) -> None:
    for name, table in busy_run.tables().items():
        validate(table, name)
        assert set(table.column("alternative").to_pylist()) <= {"one-more"}


def test_ends_add_up_to_the_partition(busy_run: Run) -> None:
    measures = busy_run.measures()
    counts = {row["values"]: row["counts"] for row in pc.value_counts(busy_run.table("threats")["end"]).to_pylist()}
    for end in ("failed", "fell_short", "at_sea", "open_ground", "intercepted", "leaked_built_up"):
        assert counts.get(end, 0) == measures[end], end
    assert busy_run.table("threats").num_rows == measures["launched"]
    assert values(busy_run, "threats", "threat_id") == list(range(int(measures["launched"] or 0)))


def test_leaks_have_the_reasons_that_the_row_counts(busy_run: Run) -> None:
    measures = busy_run.measures()
    leaks = busy_run.table("impacts").filter(pc.field("end") == "leaked_built_up")
    counts = {row["values"]: row["counts"] for row in pc.value_counts(leaks["reason"]).to_pylist()}
    assert counts == {
        name.removeprefix("leaked_"): value
        for name, value in measures.items()
        if name.startswith("leaked_") and name != "leaked_built_up" and value
    }


def test_launches_and_intercepts_add_up(busy_run: Run) -> None:
    measures = busy_run.measures()
    assert busy_run.table("launches").num_rows == measures["interceptors_fired"] > 0
    assert sum(values(busy_run, "intercepts", "is_kill")) == measures["intercepted"] > 0
    shots = [row for row in busy_run.table("decisions").to_pylist() if row["is_shot"]]
    assert len(shots) == busy_run.table("intercepts").num_rows
    assert sum(row["n_rounds"] for row in shots) == measures["interceptors_fired"]
    assert all(0.0 < p < 1.0 for p in values(busy_run, "intercepts", "p_kill"))


def test_a_kill_stands_in_the_threats_table(busy_run: Run) -> None:
    ends = values(busy_run, "threats", "end")
    for row in busy_run.table("intercepts").to_pylist():
        if row["is_kill"]:
            assert ends[row["threat_id"]] == "intercepted"


def test_stock_is_conserved_at_every_change(busy_run: Run) -> None:
    measures = busy_run.measures()
    rows = busy_run.table("stock").to_pylist()
    ready = depot = 0
    for row in rows:
        n = row["change_rounds"]
        if row["cause"] == "reloaded":
            ready, depot = ready + n, depot - n
        elif row["depot_id"] is not None:
            depot += n
        else:
            ready += n
        assert (row["ready_rounds"], row["depot_rounds"]) == (ready, depot), row
        assert ready >= 0 and depot >= 0
    assert ready + depot == measures["interceptors_left"]
    assert -sum(row["change_rounds"] for row in rows if row["cause"] == "fired") == measures["interceptors_fired"]
    delivered = sum(row["change_rounds"] for row in rows if row["cause"] not in ("fired", "reloaded"))
    assert delivered == measures["interceptors_delivered"]
    causes = {row["cause"] for row in rows}
    assert {"start", "fired", "reloaded", "arrival", "resupply", "production"} <= causes
    assert [row["t_s"] for row in rows] == sorted(row["t_s"] for row in rows)


def test_decisions_know_the_stock_of_their_moment(busy_run: Run) -> None:
    stock = busy_run.table("stock").to_pylist()
    for row in busy_run.table("decisions").to_pylist()[::17]:
        before = [line for line in stock if line["t_s"] < row["t_s"]][-1]
        same = [line for line in stock if line["t_s"] == row["t_s"]]
        if not same:
            assert (row["ready_rounds"], row["depot_rounds"]) == (before["ready_rounds"], before["depot_rounds"])


def test_moves_tell_the_timetable_and_the_failures(busy_run: Run) -> None:
    rows = busy_run.table("moves").to_pylist()
    states = {name: [row["state"] for row in rows if row["battery_id"] == name] for name in ("b1", "b2", "b3")}
    assert states["b2"] == ["ready", "moving", "ready"]
    assert states["b3"] == ["arrived", "ready"]
    turns = states["b1"][1:]
    assert turns[:2] == ["failed", "repaired"]
    assert turns == (["failed", "repaired"] * len(turns))[: len(turns)]


def test_warnings_add_up(busy_run: Run) -> None:
    measures = busy_run.measures()
    assert busy_run.table("warnings").num_rows == measures["areas_alerted"] > 0
    assert sum(values(busy_run, "warnings", "is_needless")) == measures["areas_alerted_needlessly"]
    assert all(row["t_end_s"] > row["t_s"] for row in busy_run.table("warnings").to_pylist())


def test_harm_adds_up(busy_run: Run) -> None:
    measures = busy_run.measures()
    assert sum(values(busy_run, "impacts", "people_exposed")) == pytest.approx(measures["people_exposed"], rel=1e-12)
    unwarned = sum(values(busy_run, "impacts", "injuries_if_unwarned"))
    assert unwarned == pytest.approx(measures["injuries_if_unwarned"], rel=1e-12)
    alerted = sum(values(busy_run, "warnings", "population"))
    sheltering = busy_run.scenario.model.harm.sheltering_injuries_per_person * alerted
    expected = sum(values(busy_run, "impacts", "injuries_expected")) + sheltering
    assert expected == pytest.approx(measures["injuries_expected"], rel=1e-12)


def test_impacts_outside_areas_have_no_lead(busy_run: Run) -> None:
    rows = busy_run.table("impacts").to_pylist()
    measures = busy_run.measures()
    in_areas = [row for row in rows if row["area_id"] is not None and row["end"] != "failed"]
    assert len(in_areas) == measures["impacts_in_areas"]
    assert sum(row["lead_s"] is not None for row in in_areas) == measures["impacts_warned"]
    assert all(row["lead_s"] is None for row in rows if row["area_id"] is None)


def test_links_join_every_track_with_the_object_that_was_hit(busy_run: Run) -> None:
    followed = {(row["track_id"], row["threat_id"]) for row in busy_run.table("links").to_pylist()}
    met = {(row["track_id"], row["threat_id"]) for row in busy_run.table("intercepts").to_pylist() if row["is_kill"]}
    assert met <= followed
    seen = set(values(busy_run, "assessments", "track_id"))
    assert seen <= {track for track, _ in followed}
    assert all(row["t_s"] <= row["t_until_s"] for row in busy_run.table("links").to_pylist())


def test_assessments_are_told_once_each(busy_run: Run) -> None:
    keys = list(zip(values(busy_run, "assessments", "track_id"), values(busy_run, "assessments", "ordinal")))
    assert len(keys) == len(set(keys)) > 0


def test_a_python_rule_gives_what_the_compiled_one_gives(busy: Scenario) -> None:
    def soonest(track: np.ndarray, options: np.ndarray, stock: np.ndarray) -> int:
        order = np.lexsort((-options[:, 1], options[:, 0], options[:, T_INTERCEPT_S]))
        return int(order[0])

    plain = run(busy.override({"doctrine.salvo": 1}), seed=3, policy=soonest)
    compiled = run(busy.override({"doctrine.salvo": 1}), seed=3, policy="earliest")
    np.testing.assert_array_equal(plain.row, compiled.row)
    assert plain.table("launches").equals(compiled.table("launches"))


def test_the_same_run_twice_gives_the_same_tables(busy: Scenario, busy_run: Run) -> None:
    again = run(busy, seed=11, replication=2)
    assert all(again.table(name).equals(table) for name, table in busy_run.tables().items())


def test_saved_and_opened_again(busy: Scenario, busy_run: Run, tmp_path: Path) -> None:
    folder = run(busy, seed=11, replication=2, out=tmp_path / "one").folder
    assert folder is not None
    found = open_run(folder)
    assert found.measures() == busy_run.measures()
    assert found.scenario.model == busy.model
    for name, table in busy_run.tables().items():
        assert found.table(name).equals(table), name
    n = found.connect().sql("SELECT count(*) FROM launches").fetchall()
    assert n == [(busy_run.table("launches").num_rows,)]
    with pytest.raises(CommandError, match="holds another study or run"):
        run(busy, seed=12, replication=2, out=folder)


def test_a_changed_table_is_noticed(busy_run: Run, tmp_path: Path) -> None:
    folder = busy_run.save(tmp_path / "one")
    (folder / "moves.parquet").write_bytes((folder / "stock.parquet").read_bytes())
    with pytest.raises(RunError, match="moves.parquet was changed"):
        open_run(folder)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"picture": "psychic"}, "unknown picture"),
        ({"seed": -1}, "seed must be"),
        ({"replication": -1}, "replication must be"),
        ({"policy": "earliset"}, "did you mean `earliest`"),
    ],
)
def test_what_cannot_be_run_says_why(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run("coastland", **arguments)


def test_an_unknown_table_says_which_there_are(busy_run: Run) -> None:
    with pytest.raises(CommandError, match="did you mean `launches`"):
        busy_run.table("lauches")

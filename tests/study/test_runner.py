"""Studies on the stand-in kernel: the same bytes for any workers, exact numbers, tables that agree with one another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opendome.base.errors import CommandError, RunError
from opendome.measures.partition import PARTS
from opendome.results.schema import STUDY_TABLES, validate
from opendome.study.inputs import inputs_interval, predictive_interval
from opendome.study.kernel import Kernel, WorldShelf
from opendome.study.plan import make_plan
from opendome.study.record import Study, open_study
from opendome.study.runner import run_plan
from tests.study import fakes


def run(folder: Path | None = None, scenario: Any = None, kernel: Kernel = fakes.FAKE, **asked: Any) -> Study:
    scenario = fakes.scenario() if scenario is None else scenario
    plan_keys = ("replications", "seed", "precision", "policy", "extras")
    call: dict[str, Any] = {"replications": None, "seed": None, "precision": None, "policy": None, "extras": True}
    call.update({key: asked.pop(key) for key in plan_keys if key in asked})
    plan = make_plan(scenario, WorldShelf(scenario, kernel), **call)
    return run_plan(scenario, plan, folder, kernel=kernel, **asked)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def column(study: Study, name: str, alternative: str) -> np.ndarray:
    table = study.table("replications")
    mask = np.array(table.column("alternative").to_pylist()) == alternative
    return np.asarray(table.column(name).to_numpy()[mask])


def estimate(table: Any, alternative: str, measure: str) -> dict[str, Any]:
    (row,) = [row for row in table.to_pylist() if (row["alternative"], row["measure"]) == (alternative, measure)]
    return dict(row)


@pytest.fixture(scope="module")
def memory() -> Study:
    return run()


def test_bytes_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    trees = []
    for workers in (1, 2, 4):
        run(tmp_path / str(workers), workers=workers)
        trees.append(tree(tmp_path / str(workers)))
    assert len(trees[0]) > 90
    assert trees[0] == trees[1] == trees[2]


def test_bytes_do_not_depend_on_the_number_of_workers_when_it_stops_by_itself(tmp_path: Path) -> None:
    found = [
        run(tmp_path / str(w), workers=w, replications=400, precision="leaked_built_up=0.02", extras=False)
        for w in (1, 3)
    ]
    assert found[0].replications == found[1].replications
    assert 100 <= found[0].replications < 400
    assert found[0].manifest["stopped"] == "every asked-for interval is narrow enough"
    assert tree(tmp_path / "1") == tree(tmp_path / "3")


def test_memory_and_folder_hold_the_same_tables(tmp_path: Path, memory: Study) -> None:
    kept = run(tmp_path / "s")
    assert kept.tables == memory.tables == tuple(STUDY_TABLES)
    for name in kept.tables:
        assert kept.table(name).equals(memory.table(name)), name
        validate(kept.table(name), name)
    assert open_study(tmp_path / "s").estimates().equals(memory.estimates())
    kept.verify()


def test_an_explicit_number_is_run_exactly_whatever_the_scenario_says_of_precision() -> None:
    scenario = fakes.scenario().override({"study.precision": {"leaked_built_up": {"relative": 0.5}}})
    assert run(scenario=scenario, replications=37, extras=False).replications == 37
    assert run(scenario=scenario.override({"study.replications": 300}), extras=False).replications == 100


def test_the_maximum_ends_a_study_that_never_gets_there() -> None:
    study = run(replications=130, precision={"difference:rounds-only": 0.0001}, extras=False)
    assert (study.replications, study.manifest["stopped"]) == (130, "the stated maximum was reached")


def test_replications_do_not_depend_on_how_many_there_are(memory: Study) -> None:
    longer = run(replications=90, extras=False)
    for name in ("launched", "leaked_built_up", "first_stockout_t_s"):
        both = column(memory, name, "both"), column(longer, name, "both")[:60]
        assert np.array_equal(*both, equal_nan=True)


def test_alternatives_share_their_raids_and_the_parts_add_up(memory: Study) -> None:
    launched = column(memory, "launched", "as-is")
    for name in memory.alternatives:
        assert np.array_equal(column(memory, "launched", name), launched)
        assert np.array_equal(sum(column(memory, part, name) for part in PARTS), launched)
    rows = memory.estimates().to_pylist()
    whole = {row["measure"]: row["value"] for row in rows if row["alternative"] == "both"}
    assert sum(whole[part] for part in PARTS) == pytest.approx(whole["launched"], rel=1e-12)


def test_estimates_know_the_size_of_the_raid_and_ratios_are_those_of_totals(memory: Study) -> None:
    launched = estimate(memory.estimates(), "as-is", "launched")
    assert (launched["value"], launched["low"], launched["high"]) == pytest.approx((480, 480, 480), rel=1e-12)
    leaks = estimate(memory.estimates(), "as-is", "leaked_built_up")
    assert leaks["low"] < leaks["value"] < leaks["high"] and leaks["variance_ratio"] > 2
    short = run(replications=20, extras=False)
    success = estimate(short.estimates(), "as-is", "success_of_engaged")["value"]
    assert success == pytest.approx(
        column(short, "intercepted", "as-is").sum() / column(short, "engaged", "as-is").sum(), rel=1e-12
    )


def test_differences_are_paired(memory: Study) -> None:
    short = run(replications=20, extras=False)
    found = estimate(short.compare(), "both", "leaked_built_up")
    pairs = column(short, "leaked_built_up", "both") - column(short, "leaked_built_up", "as-is")
    assert (found["value"], found["n"], found["method"]) == (pytest.approx(pairs.mean()), 20, "paired t")
    turned = estimate(memory.compare("both"), "as-is", "leaked_built_up")
    straight = estimate(memory.compare(), "both", "leaked_built_up")
    assert (turned["value"], turned["low"]) == pytest.approx((-straight["value"], -straight["high"]), rel=1e-9)
    with pytest.raises(CommandError, match="did you mean `both`"):
        memory.compare("bot")


def test_areas_and_leads_add_up_to_the_replications(memory: Study) -> None:
    areas = memory.table("areas").to_pylist()
    assert [(row["alternative"], row["area_id"]) for row in areas[:2]] == [("as-is", "north"), ("as-is", "south")]
    assert areas[0]["lat_deg"] == pytest.approx(35.1, abs=0.002)
    leaks = column(memory, "leaked_built_up", "as-is")
    assert areas[0]["mean_leaks"] + areas[1]["mean_leaks"] == pytest.approx(leaks.mean())
    north = np.floor(leaks * 0.6)
    assert areas[0]["se_leaks"] == pytest.approx(north.std(ddof=1) / np.sqrt(60))
    leads = memory.table("leads").to_pylist()
    assert sum(row["n"] for row in leads if row["alternative"] == "as-is") == leaks.sum()
    assert {row["lead_s"] for row in leads if row["n"]} == {20.0, 40.0}
    daily = memory.table("daily").to_pylist()
    assert daily[4]["leaked_built_up"] == leaks[0] and daily[0]["launched"] == 0


def test_the_split_by_cause_adds_up_to_the_difference(memory: Study) -> None:
    rows = memory.table("shapley").to_pylist()
    leaks = {row["cause"]: row["value"] for row in rows if row["measure"] == "leaked_built_up"}
    assert leaks["battery"] + leaks["rounds"] == pytest.approx(leaks["total"], rel=1e-12)
    assert leaks["total"] == pytest.approx(estimate(memory.compare(), "both", "leaked_built_up")["value"], rel=1e-12)


def test_the_swing_moves_as_the_inputs_say(memory: Study) -> None:
    rows = [row for row in memory.table("swing").to_pylist() if row["key"].endswith(".mean")]
    assert [(row["end"], row["value"]) for row in rows] == [("low", 80.0), ("base", 120.0), ("high", 160.0)]
    assert rows[0]["difference"] > rows[1]["difference"] > rows[2]["difference"]
    assert all(row["low"] < row["difference"] < row["high"] and row["n"] == 30 for row in rows)


def test_the_base_of_a_swing_longer_than_the_study_is_run_for_itself() -> None:
    study = run(replications=10)
    rows = study.table("swing").to_pylist()
    assert {row["n"] for row in rows} == {30}


def test_the_sample_covers_its_ranges_and_gives_intervals(memory: Study) -> None:
    inputs = memory.table("inputs")
    rounds = inputs.column("depot.rounds").to_numpy()
    assert len(rounds) == 6 and rounds.min() < 90 and rounds.max() > 170
    assert np.array_equal(rounds, np.rint(rounds))
    low, high = inputs_interval(inputs, "both")
    differences = inputs.column("difference:both").to_numpy()
    assert differences.min() <= low < high <= differences.max() < 0
    low, high = predictive_interval(inputs, "launched")
    assert 200 < low < 400 < 560 < high < 900


def test_the_grid_is_worse_with_fewer_rounds_and_more_launches(memory: Study) -> None:
    rows = {(row["row_value"], row["column_value"]): row for row in memory.table("grid").to_pylist()}
    assert len(rows) == 6
    assert rows[60, 160]["p_stockout"] > rows[240, 80]["p_stockout"] == 0
    assert rows[60, 160]["share_refused"] > rows[120, 160]["share_refused"] > 0
    assert rows[60, 160]["low"] < rows[60, 160]["p_stockout"] <= rows[60, 160]["high"]


def test_progress_ends_where_it_said_it_would() -> None:
    seen: list[tuple[int, int, Any]] = []
    study = run(progress=lambda done, total, estimate: seen.append((done, total, estimate)), workers=1)
    assert seen[-1][0] == seen[-1][1] == 60 * 4 + 2 * 2 * 2 * 30 + 6 * 2 * 4 + 6 * 10
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    plain = column(study, "leaked_built_up", "both") - column(study, "leaked_built_up", "as-is")
    assert (seen[-1][2].value, seen[-1][2].n) == (pytest.approx(plain.mean()), 60)


def test_a_study_of_the_baseline_alone() -> None:
    changes = {"alternatives": {"as-is": {}}, "study.labels": {}, "study.shapley": None, "study.grid": None}
    study = run(scenario=fakes.scenario().override(changes))
    assert "differences" not in study.tables and "shapley" not in study.tables
    assert study.compare().num_rows == 0
    assert not [name for name in study.table("inputs").column_names if name.startswith("difference:")]
    assert study.table("swing").to_pylist()[1]["difference"] > 0


@pytest.mark.parametrize("n", [1, 2, 26])
def test_very_short_studies_have_every_table_and_no_false_certainty(n: int) -> None:
    study = run(replications=n)
    for name in study.tables:
        validate(study.table(name), name)
    leaks = estimate(study.estimates(), "as-is", "leaked_built_up")
    assert leaks["n"] == n and (leaks["low"] is None) == (n == 1)
    assert study.table("replications").num_rows == 4 * n


def test_duckdb_reads_a_study_in_memory(memory: Study) -> None:
    with memory.connect() as connection:
        assert connection.sql("SELECT count(*) FROM replications").fetchall() == [(240,)]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"replications": 0}, "replications must be 1 or more"),
        ({"seed": -1}, "seed must be"),
        ({"workers": 0}, "workers must be 1 or more"),
        ({"resume": True}, "resume needs the folder"),
        ({"policy": "no-such-rule"}, "unknown policy"),
        ({"cluster": "local:1", "policy": print}, "registered name"),
    ],
)
def test_calls_that_mean_nothing_are_answered(asked: dict[str, Any], answer: str) -> None:
    with pytest.raises(CommandError, match=answer):
        run(**asked)


def test_a_missing_table_is_answered_with_those_there_are(memory: Study) -> None:
    with pytest.raises(CommandError, match="did you mean `replications`"):
        memory.table("replication")


def test_a_kernel_that_breaks_its_promise_is_found_out() -> None:
    with pytest.raises(RunError, match=r"replications 0 to 24 gave rows"):
        run(kernel=Kernel(fakes.FAKE.read_text, fakes.FAKE.compile_world, "tests.study.fakes:run_chunk_badly"))

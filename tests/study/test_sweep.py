"""Sweeps on the stand-in kernel: settled or refused, the same bytes for any workers, resumed, read, ranked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opendome.base.errors import CommandError, RunError, ScenarioError
from opendome.base.tally import Tally
from opendome.results.schema import SWEEP_TABLES, validate
from opendome.study.kernel import Kernel
from opendome.study.sampled import rankings_of_study, rankings_of_sweep, swings_of_study
from opendome.study.sweep import run_sweep
from opendome.study.sweep_plan import Range, SweepPlan, make_sweep, stated_ranges
from opendome.study.sweep_record import Sweep, open_sweep
from opendome.study.sweep_tables import compared, indices_of, sensitivity_tables
from tests.study import fakes
from tests.study.test_runner import run as run_study
from tests.study.test_runner import tree

ROUNDS = Range("depot.rounds", 60, 200)
TEMPO = Range("threats.raid.launched_per_day.mean", 80, 160)
INERT = Range("doctrine.engage_if.p_hit_at_least", 0.1, 0.5)
ROOT = Path(__file__).parents[2]
CODE = """
import sys
from pathlib import Path
from tests.study import fakes
from tests.study.test_sweep import run
run(Path(sys.argv[1]), kernel=fakes.SLOW, workers=2)
"""


def plan(*ranges: Range, **asked: Any) -> SweepPlan:
    asked = {"design": "saltelli", "n": 32, "replications": 4, **asked}
    return make_sweep(fakes.scenario(), ranges or (ROUNDS, TEMPO), **asked)


def run(folder: Path | None = None, kernel: Kernel = fakes.FAKE, asked: SweepPlan | None = None, **how: Any) -> Sweep:
    return run_sweep(fakes.scenario(), asked or plan(), folder, kernel=kernel, **how)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    asked = plan(ROUNDS, TEMPO, INERT, n=128, replications=8)
    return run(tmp_path_factory.mktemp("swept") / "sweep", asked=asked)


def test_everything_wrong_with_the_call_is_said_at_once() -> None:
    with pytest.raises(CommandError) as wrong:
        plan(ROUNDS, ROUNDS, Range("depot.rounds", 9, 9), n=4, replications=2, alternatives=["bth"])
    for words in ("varied twice", "from 9 to 9", "4 points are too few", "3 or more", "`bth`", "did you mean"):
        assert words in str(wrong.value)
    with pytest.raises(CommandError, match="unknown design"):
        plan(design="star")
    with pytest.raises(CommandError, match="nothing is varied"):
        make_sweep(fakes.scenario(), ())


def test_an_unknown_key_and_an_end_that_cannot_be_are_found_before_the_run() -> None:
    with pytest.raises(ScenarioError, match="depot"):
        plan(Range("depot.round", 1, 2))
    with pytest.raises(ScenarioError, match="share"):
        plan(Range("threats.raid.failing.share", 0.1, 7.0))


def test_a_number_of_samples_that_is_no_power_of_two_is_only_warned_of() -> None:
    assert plan(n=32).warnings == ()
    (warning,) = plan(n=33).warnings
    assert "32 or 64" in warning
    assert plan(design="lhs", n=33).warnings == ()


def test_ranges_come_from_the_scenario_with_their_words() -> None:
    found = stated_ranges(fakes.scenario())
    assert [(item.key, item.label) for item in found] == [(ROUNDS.key, "Rounds in the depot"), (TEMPO.key, "Tempo")]
    assert plan().ranges[0].label == "Rounds in the depot"
    with pytest.raises(CommandError, match="states no `study.inputs`"):
        stated_ranges(fakes.scenario().rebased({"study.inputs": []}))


def test_whole_numbers_stay_whole_and_points_differ_in_one_input() -> None:
    found = plan(n=16)
    assert len(found.points) == 16 * 4
    assert all(isinstance(point[ROUNDS.key], int) for point in found.points)
    a, b, ab_rounds, ab_tempo = found.points[:4]
    assert ab_rounds == {ROUNDS.key: b[ROUNDS.key], TEMPO.key: a[TEMPO.key]}
    assert ab_tempo == {ROUNDS.key: a[ROUNDS.key], TEMPO.key: b[TEMPO.key]}
    assert [role.matrix for role in found.roles[:4]] == ["A", "B", "AB", "AB"]


def test_bytes_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    trees = []
    for workers in (1, 2, 5):
        run(tmp_path / str(workers), workers=workers)
        trees.append(tree(tmp_path / str(workers)))
    assert len(trees[0]) == 8 + 4 + 1
    assert trees[0] == trees[1] == trees[2]


def test_tables_are_as_declared_and_the_folder_is_what_memory_is(tmp_path: Path) -> None:
    kept, memory = run(tmp_path / "kept"), run()
    for name in SWEEP_TABLES:
        validate(kept.table(name), name)
    assert kept.table("sweep_rows").equals(memory.table("sweep_rows"))
    assert kept.table("sensitivity").equals(sensitivity_tables(memory)["sensitivity"])
    world = fakes.compile_world(fakes.scenario().alternative("both").override(dict(plan().points[5])))
    rows = fakes.run_chunk(world, 7, 0, 4).rows
    np.testing.assert_array_equal(kept.rows(5, "both")[:, 0], rows[:, 0])
    leaks = kept.values("leaked_built_up", "both")[5]
    np.testing.assert_array_equal(leaks, rows[:, Tally.LEAKED_BUILT_UP])
    success = kept.values("success_of_engaged", "both")[5].mean()
    assert success == pytest.approx(rows[:, Tally.INTERCEPTED].sum() / rows[:, Tally.ENGAGED].sum())


def test_after_kill_9_a_sweep_goes_on_and_ends_in_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = tmp_path / "killed"
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    process = subprocess.Popen([sys.executable, "-c", CODE, str(killed)], env={**os.environ, "PYTHONPATH": paths})
    try:
        deadline = time.monotonic() + 60
        while len(list(killed.glob("chunks/*.parquet"))) < 2 and time.monotonic() < deadline:
            assert process.poll() is None, "the sweep ended before it could be killed"
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    finished = len(list(killed.glob("chunks/*.parquet")))
    assert 2 <= finished < 8
    with pytest.raises(CommandError, match="was not finished"):
        open_sweep(killed)
    with pytest.raises(CommandError, match="--resume"):
        run(killed)
    (tmp_path / "marks").mkdir()
    monkeypatch.setenv("OPENDOME_TEST_MARKS", str(tmp_path / "marks"))
    run(killed, kernel=fakes.SLOW, resume=True)
    monkeypatch.delenv("OPENDOME_TEST_MARKS")
    run(tmp_path / "whole")
    assert tree(killed) == tree(tmp_path / "whole")
    before = tree(killed)
    run(killed, kernel=Kernel(run_chunk="nowhere:nothing"), resume=True)  # finished: nothing is run
    assert tree(killed) == before


def test_an_interrupted_sweep_keeps_what_is_done_and_goes_on(tmp_path: Path) -> None:
    def stop(done: int, total: int, _: None) -> None:
        if done >= total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "stopped", progress=stop)
    assert len(list((tmp_path / "stopped" / "chunks").glob("*.parquet"))) == 4
    run(tmp_path / "stopped", resume=True)
    run(tmp_path / "whole")
    assert tree(tmp_path / "stopped") == tree(tmp_path / "whole")


def test_blocks_of_another_sweep_are_not_taken_for_its_own(tmp_path: Path) -> None:
    run(tmp_path / "one")
    (tmp_path / "one" / "manifest.json").unlink()
    other = plan(seed=8)
    run(tmp_path / "one", asked=other)
    run(tmp_path / "two", asked=other)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    run_study(tmp_path / "study", replications=25, extras=False)
    before = tree(tmp_path / "study")
    for resume in (False, True):
        with pytest.raises(CommandError, match="choose another folder"):
            run(tmp_path / "study", resume=resume)
    assert tree(tmp_path / "study") == before
    with pytest.raises(CommandError, match="--out DIR"):
        run(resume=True)


def test_a_kernel_that_gives_too_few_rows_is_found() -> None:
    bad = Kernel(fakes.FAKE.read_text, fakes.FAKE.compile_world, "tests.study.fakes:run_chunk_badly")
    with pytest.raises(RunError, match="point 0 gave rows"):
        run(kernel=bad, workers=1)
    with pytest.raises(CommandError, match="1 or more"):
        run(workers=0)


def test_progress_counts_every_replication() -> None:
    seen: list[tuple[int, int]] = []
    run(progress=lambda done, total, _: seen.append((done, total)))
    assert seen[-1] == (32 * 4 * 4 * 4, 32 * 4 * 4 * 4)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_indices_find_what_matters(swept: Sweep) -> None:
    """The stand-in leaks with the tempo and, once stock binds, with rounds; the threshold does nothing in it."""
    found = indices_of(swept, "leaked_built_up", "as-is", None)
    rounds, tempo, inert = range(3)
    assert found.total.low[tempo] > 0.3
    assert found.total.value[tempo] > found.total.value[rounds] > found.total.value[inert]
    assert found.total.value[inert] == 0.0
    rows = [row for row in swept.table("sensitivity").to_pylist() if row["alternative"] == "both" and row["baseline"]]
    assert {row["baseline"] for row in rows} == {"as-is"}
    assert [row["total"] for row in rows] == sorted((row["total"] for row in rows), reverse=True)
    assert len(list(compared(swept))) == 4 + 3


def test_the_spread_tells_inputs_from_luck(swept: Sweep) -> None:
    (row,) = [
        row for row in swept.table("sensitivity_spread").to_pylist() if row["alternative"] == "as-is"
    ]  # fmt: skip
    means = swept.values("leaked_built_up", "as-is").mean(axis=1).reshape(-1, 5)[:, :2]
    assert row["mean"] == pytest.approx(means.mean())
    assert row["low"] < row["mean"] < row["high"]
    assert 0.0 < row["noise_share"] < row["luck_share"] < 1.0


def test_measures_with_no_value_anywhere_are_refused(swept: Sweep) -> None:
    with pytest.raises(CommandError, match="no value"):
        indices_of(swept, "first_stockout_t_s", "as-is", None)


def test_other_designs_are_ranked(tmp_path: Path) -> None:
    asked = plan(ROUNDS, TEMPO, design="lhs", n=40, replications=10)
    found = run(tmp_path / "lhs", asked=asked)
    (as_is, *_) = rankings_of_sweep(found, "leaked_built_up")
    assert as_is.fit.coefficients.low[1] > 0.5
    assert as_is.fit.n == 40
    with pytest.raises(CommandError, match="saltelli"):
        indices_of(found, "leaked_built_up", "as-is", None)
    few = run(asked=plan(design="lhs", n=8))
    with pytest.raises(CommandError, match="too few"):
        rankings_of_sweep(few, "leaked_built_up")


def test_a_study_is_swung_and_ranked() -> None:
    many = fakes.scenario().rebased({"study.sample_points": 40})
    study = run_study(scenario=many, replications=30)
    keys, (found, *_) = rankings_of_study(study)
    assert keys == [ROUNDS.key, TEMPO.key]
    assert (found.alternative, found.baseline, found.fit.n) == ("both", "as-is", 40)
    swings = swings_of_study(study)
    assert len(swings) == 2
    assert swings[0]["width"] >= swings[1]["width"]
    assert swings[0]["low_answer"][1] <= swings[0]["low_answer"][0] <= swings[0]["low_answer"][2]
    with pytest.raises(CommandError, match="too few"):
        rankings_of_study(run_study(replications=30))
    with pytest.raises(CommandError, match="varied no inputs"):
        rankings_of_study(run_study(replications=30, extras=False))

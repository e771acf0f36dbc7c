"""The tracked picture through every door: run, study, rules in three forms, the command line, plug-in trackers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import opendome as od
from opendome.base.errors import CommandError
from opendome.base.registry import unregister
from opendome.cli.main import main
from opendome.study.replicate import run_chunk
from opendome.study.runner import study
from opendome.study.single import run
from opendome.tracking.rules import TrackRules
from opendome.tracking.tracker import Tracker
from tests.battle.rules_in_three_forms import fullest, fullest_batch, fullest_compiled
from tests.picture.tracked_cases import SEED, small, small_scenario

STATISTICAL = {"picture.kind": "statistical"}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def mirror() -> Iterator[str]:
    """Register our own tracker under another name."""

    def factory(radars: np.ndarray, lat_deg: float) -> Tracker:
        return Tracker(radars, lat_deg=lat_deg, rules=TrackRules(is_watch_planned=True))

    od.register("tracker", "mirror")(factory)
    yield "mirror"
    unregister("tracker", "mirror")


def test_a_run_on_the_tracked_picture_repeats_itself_and_is_not_the_statistical_one() -> None:
    scenario = small_scenario(**STATISTICAL)
    found = run(scenario, seed=SEED, picture="tracked")
    assert found.scenario.model.picture.kind == "tracked"
    assert found.table("links").num_rows > 20
    assert np.array_equal(found.row, run(small_scenario(), seed=SEED).row, equal_nan=True)
    assert not np.array_equal(found.row, run(scenario, seed=SEED).row, equal_nan=True)
    measures = found.measures()
    parts = ("failed", "fell_short", "at_sea", "open_ground", "intercepted", "leaked_built_up")
    assert measures["launched"] == sum(measures[name] or 0.0 for name in parts)
    assert measures["engaged"] > 0


def test_one_rule_gives_the_same_rows_in_python_numpy_and_compiled() -> None:
    ways = [run_chunk(small(), SEED, 0, 3, rule) for rule in (fullest, fullest_batch, fullest_compiled)]
    for other in ways[1:]:
        for ours, theirs in zip(ways[0], other, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_replication_of_a_study_is_that_very_run() -> None:
    chunk = run_chunk(small(), SEED, 0, 2, None)
    for k in range(2):
        np.testing.assert_array_equal(chunk.rows[k], run(small_scenario(), seed=SEED, replication=k).row)


def test_a_study_gives_the_same_bytes_for_any_number_of_workers(tmp_path: Path) -> None:
    scenario = od.load("coastland").rebased(
        {
            "picture.kind": "tracked",
            "duration_day": 1,
            "depot.resupply": [],
            "threats.given": [],
            "threats.raid.launched_per_day.mean": 30,
        }
    )
    for workers in (1, 2):
        study(scenario, replications=4, seed=SEED, workers=workers, out=tmp_path / str(workers), extras=False)
    first, second = tree(tmp_path / "1"), tree(tmp_path / "2")
    assert len(first) > 10
    assert first == second


def test_the_command_line_runs_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(small_scenario(**STATISTICAL).to_yaml(), encoding="utf-8")
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(["run", str(path), "--seed", str(SEED), "--picture", "tracked", "--json"])
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert left.value.code in (0, None)
    assert said["measures"] == run(small_scenario(), seed=SEED).measures()


def test_a_registered_tracker_takes_the_place_of_ours(mirror: str) -> None:
    ours = run(small_scenario(), seed=SEED).measures()
    theirs = run(small_scenario(**{"picture.tracked.tracker": mirror}), seed=SEED).measures()
    assert theirs["launched"] == ours["launched"]
    assert theirs["engaged"] == pytest.approx(ours["engaged"], abs=3)
    assert theirs["threatening"] == ours["threatening"]


def test_an_unknown_tracker_is_named() -> None:
    with pytest.raises(CommandError, match="no-such"):
        run(small_scenario(**{"picture.tracked.tracker": "no-such"}), seed=SEED)

"""A study that is killed goes on where it was: nothing lost, nothing doubled, the same bytes in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from opendome.base.errors import CommandError
from opendome.study.record import open_study
from tests.study import fakes
from tests.study.test_runner import run, tree

ROOT = Path(__file__).parents[2]
CODE = """
import sys
from pathlib import Path
from tests.study import fakes
from tests.study.test_runner import run
run(Path(sys.argv[1]), kernel=fakes.SLOW, replications=200, extras=False, workers=2)
"""


def marks(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_after_kill_9_a_study_goes_on_and_ends_in_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "marks").mkdir()
    (tmp_path / "marks2").mkdir()
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "OPENDOME_TEST_MARKS": str(tmp_path / "marks")}
    killed = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", CODE, str(killed)], env=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while len(list(killed.glob("chunks/*/*[0-9].parquet"))) < 4 and time.monotonic() < deadline:
            assert process.poll() is None, "the study ended before it could be killed"
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    finished = len(list(killed.glob("chunks/*/*[0-9].parquet")))
    assert 4 <= finished < 32
    with pytest.raises(CommandError, match="was not finished"):
        open_study(killed)
    (killed / "chunks" / "as-is" / "stray.parquet.tmp").write_bytes(b"half")
    monkeypatch.setenv("OPENDOME_TEST_MARKS", str(tmp_path / "marks2"))
    run(killed, kernel=fakes.SLOW, replications=200, extras=False, resume=True, workers=2)
    assert len(marks(tmp_path / "marks2")) == 32 - finished
    monkeypatch.delenv("OPENDOME_TEST_MARKS")
    run(tmp_path / "whole", replications=200, extras=False)
    assert tree(killed) == tree(tmp_path / "whole")


def test_extras_are_resumed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "marks").mkdir()
    run(tmp_path / "a")
    before = tree(tmp_path / "a")
    (tmp_path / "a" / "manifest.json").write_text(
        (tmp_path / "a" / "manifest.json").read_text().replace("complete", "running")
    )
    monkeypatch.setenv("OPENDOME_TEST_MARKS", str(tmp_path / "marks"))
    run(tmp_path / "a", kernel=fakes.SLOW, resume=True)
    assert marks(tmp_path / "marks") == []
    assert tree(tmp_path / "a") == before


def test_an_interrupted_study_keeps_what_is_finished(tmp_path: Path) -> None:
    def stop(done: int, total: int, estimate: Any) -> None:
        if done >= 75:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "a", progress=stop, extras=False)
    assert len(list((tmp_path / "a").glob("chunks/*/*[0-9].parquet"))) >= 3
    run(tmp_path / "a", resume=True, extras=False)
    run(tmp_path / "b", extras=False)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_a_chunk_that_was_cut_short_or_is_of_another_study_is_run_again(tmp_path: Path) -> None:
    run(tmp_path / "other", seed=8, extras=False)
    run(tmp_path / "a", extras=False)
    whole = tree(tmp_path / "a")
    chunks = tmp_path / "a" / "chunks" / "both"
    (chunks / "0-25.parquet").write_bytes((tmp_path / "other" / "chunks" / "both" / "0-25.parquet").read_bytes())
    (chunks / "25-25.daily.parquet").write_bytes(whole["chunks/both/25-25.daily.parquet"][:-30])
    (chunks / "50-10.areas.parquet").unlink()
    (tmp_path / "a" / "manifest.json").write_text(whole["manifest.json"].decode().replace("complete", "running"))
    run(tmp_path / "a", resume=True, extras=False)
    assert tree(tmp_path / "a") == whole


def test_a_finished_study_is_not_run_twice_and_can_be_made_longer(tmp_path: Path) -> None:
    run(tmp_path / "a", extras=False)
    whole = tree(tmp_path / "a")
    calls: list[int] = []
    run(tmp_path / "a", resume=True, extras=False, progress=lambda done, total, _: calls.append(done))
    assert calls == [] and tree(tmp_path / "a") == whole
    longer = run(tmp_path / "a", resume=True, extras=False, replications=75)
    fresh = run(tmp_path / "b", extras=False, replications=75)
    assert longer.table("replications").equals(fresh.table("replications"))
    assert (tmp_path / "a" / "manifest.json").read_bytes() == (tmp_path / "b" / "manifest.json").read_bytes()


def test_a_folder_with_a_study_in_it_is_not_overwritten(tmp_path: Path) -> None:
    run(tmp_path / "a", extras=False)
    with pytest.raises(CommandError, match="holds a study already"):
        run(tmp_path / "a", extras=False)
    with pytest.raises(CommandError, match="with seed 7, not `fake-coast` with seed 8"):
        run(tmp_path / "a", extras=False, seed=8, resume=True)

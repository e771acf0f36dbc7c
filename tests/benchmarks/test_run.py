"""The command measures, prints, and says by its exit code whether goals were missed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import run, startup
from benchmarks.result import Result

ROOT = Path(__file__).resolve().parents[2]


def test_start_is_measured_in_fresh_processes() -> None:
    found = {result.name: result for result in startup.measure(True)}
    assert 0.1 < found["import opendome"].value < 10_000
    assert found["import opendome"].peer == "SimPy"


def test_table_json_and_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    missed = Result("start", "import", 200.0, "ms", 150.0, False)
    monkeypatch.setitem(run.GROUPS, "start", lambda is_quick, scenario: [missed])
    assert run.main(["--quick", "--only", "start"]) == 0
    out = capsys.readouterr().out
    assert "MISSED" in out
    assert "cores" in out
    assert run.main(["--only", "start", "--json", "--strict"]) == 1
    assert json.loads(capsys.readouterr().out)["results"][0]["name"] == "import"


def test_peak_counts_this_process_alone() -> None:
    """In a fresh process: the high-water mark of one that has run other tests may lie far above its present size."""
    code = (
        "from benchmarks import memory; before = memory.peak_mb(); block = bytearray(64 << 20);"
        "block[::4096] = b'x' * len(block[::4096]); print(before, memory.peak_mb())"
    )
    ballast = bytearray(64 << 20)
    ballast[::4096] = b"x" * len(ballast[::4096])
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    before, after = (float(word) for word in done.stdout.split())
    assert after >= before + 60
    assert before < 60

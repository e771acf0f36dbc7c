"""The command measures, prints, and says by its exit code whether goals were missed."""

from __future__ import annotations

import json

import pytest

from benchmarks import memory, run, startup
from benchmarks.result import Result


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
    before = memory.peak_mb()
    block = bytearray(64 << 20)
    block[::4096] = b"x" * len(block[::4096])
    assert memory.peak_mb() >= before + 30
    assert before < 4000

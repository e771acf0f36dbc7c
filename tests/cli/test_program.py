"""The program as a whole: quick to start, quiet in a pipe, clear when something is wrong."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from opendome.base.errors import RunError
from opendome.cli import main as program
from opendome.cli.options import read_settings
from opendome.cli.screen import interval_text, number_text, print_json, print_table

PROGRAM = [sys.executable, "-m", "opendome.cli.main"]
HELP_BUDGET_S = 0.4


def test_help_is_quick() -> None:
    took_s = []
    for _ in range(5):
        start = perf_counter()
        subprocess.run([*PROGRAM, "--help"], check=True, capture_output=True)
        took_s.append(perf_counter() - start)
    assert min(took_s) < HELP_BUDGET_S


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['opendome', '--help']\n"
        "from opendome.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('numba', 'numpy', 'pyarrow', 'pydantic', 'scipy', 'rich.progress') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert found.splitlines()[-1] == "[]"


def test_version(call: Any) -> None:
    from opendome import __version__

    assert call("--version").out == f"opendome {__version__}\n"


def test_a_wrong_verb_or_option_is_a_wrong_command(call: Any) -> None:
    assert call("stduy").code == 2
    assert call("run").code == 2
    assert call("run", "coastland", "--sed", "1").code == 2


def test_a_missing_file_is_a_wrong_command(call: Any) -> None:
    found = call("run", "costland")
    assert found.code == 2
    assert "did you mean `coastland`" in found.err
    assert found.out == ""


def test_a_failed_run_and_a_fault_leave_with_three(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RunError("the disk is full")

    monkeypatch.setattr(importlib.import_module("opendome.study.single"), "run", fail)
    found = call("run", "coastland")
    assert (found.code, found.err) == (3, "opendome: the disk is full\n")

    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(importlib.import_module("opendome.study.single"), "run", break_down)
    found = call("run", "coastland")
    assert found.code == 3
    assert "fault of the program: ZeroDivisionError" in found.err
    assert "Traceback" not in found.err
    monkeypatch.setenv("OPENDOME_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        program.main(["run", "coastland"])


def test_a_folder_that_cannot_be_written_is_said_plainly(call: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    found = call("map", "coastland", "--out", "file/map.svg")
    assert found.code == 3
    assert "file" in found.err
    assert "Traceback" not in found.err


def test_an_interrupted_study_says_how_to_go_on(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module("opendome.study.runner"), "study", interrupt)
    found = call("study", "coastland", "--out", "s")
    assert found.code == 130
    assert "--resume" in found.err


def test_a_pipe_that_closes_is_no_error() -> None:
    listing = subprocess.Popen([*PROGRAM, "list", "measures"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert listing.stdout is not None and listing.stderr is not None
    listing.stdout.close()
    assert b"Traceback" not in listing.stderr.read()
    listing.stderr.close()
    assert listing.wait() in (0, 120)


def test_settings_are_json_or_text() -> None:
    found = read_settings(["depot.rounds=5", "doctrine.policy=greedy", "a.b=[1, 2]", "c=null", "d=true"])
    assert found == {"depot.rounds": 5, "doctrine.policy": "greedy", "a.b": [1, 2], "c": None, "d": True}


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (float("nan"), "-"), (12, "12"), (1234567, "1,234,567"), (0.123456, "0.123"), (12.3456, "12.3"),
     (1234.5, "1,234"), (2.5e9 + 0.5, "2.5e+09"), (1.23e-5, "1.23e-05"), (-0.5, "-0.500"), (3.0, "3")],
)  # fmt: skip
def test_numbers_for_people(value: float | None, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("interval", "text"),
    [((12.345, 11.9, 12.8), "12.35 (11.90 to 12.80)"), ((1234.5, 1200.0, 1270.0), "1,234 (1,200 to 1,270)"),
     ((0.02, 0.015, 0.025), "0.020 (0.015 to 0.025)"), ((5.0, 5.0, 5.0), "5.00 (5.00 to 5.00)"),
     ((None, None, None), "-")],
)  # fmt: skip
def test_intervals_have_the_decimals_that_they_deserve(interval: tuple[float | None, ...], text: str) -> None:
    assert interval_text(*interval) == text


def test_a_sign_is_shown_where_asked() -> None:
    assert interval_text(3.2, 1.0, 5.4, sign=True).startswith("+3.2")
    assert interval_text(-3.2, -5.4, -1.0, sign=True).startswith("-3.2")


def test_tables_are_aligned_and_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "n"), [("a", 5), ("b" * 300, 12345)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "b" * 300 + "  12,345"
    assert lines[1].endswith("     5")
    assert len(lines[0]) == len(lines[1])


def test_json_has_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": float("nan"), "b": [float("inf"), 1.5]})
    assert "NaN" not in capsys.readouterr().out

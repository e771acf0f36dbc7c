"""How long a user waits before anything happens: ``import opendome`` and ``opendome --help``, in fresh processes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.result import Result

__all__ = ["measure"]

IMPORT_GOAL_S = 0.15
HELP_GOAL_S = 0.4
_RUNS = 5
_GROUP = "start"
_NOTE = f"wall time, best of {_RUNS} fresh processes; imports are timed inside the process, --help from outside"


def measure(is_quick: bool) -> list[Result]:
    """Time both, best of five."""
    ours, peer = _import_s("opendome"), _import_s("simpy")
    results = [
        Result(
            _GROUP,
            "import opendome",
            1e3 * ours,
            "ms",
            1e3 * IMPORT_GOAL_S,
            False,
            "SimPy",
            1e3 * peer,
            peer / ours,
            _NOTE,
        )
    ]
    program = Path(sys.executable).with_name("opendome")
    if program.is_file() and _has_verbs():
        bare = _wall_s([sys.executable, "-c", "pass"])
        help_s = _wall_s([str(program), "--help"])
        results.append(
            Result(
                _GROUP,
                "opendome --help",
                1e3 * help_s,
                "ms",
                1e3 * HELP_GOAL_S,
                False,
                "bare Python",
                1e3 * bare,
                note=_NOTE,
            )
        )
    return results


def _has_verbs() -> bool:
    from importlib.util import find_spec

    return find_spec("opendome.cli.main") is not None


def _import_s(package: str) -> float:
    code = f"import time; t = time.perf_counter(); import {package}; print(time.perf_counter() - t)"
    done = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True) for _ in range(_RUNS)
    ]
    return min(float(run.stdout) for run in done)


def _wall_s(command: Sequence[str]) -> float:
    best = float("inf")
    for _ in range(_RUNS):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        best = min(best, time.perf_counter() - start)
    return best

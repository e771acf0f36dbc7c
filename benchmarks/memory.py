"""Whether memory stays flat as replications and campaigns grow: peak of fresh processes.

The peak is the kernel's own high-water mark of the process (``VmHWM``), since what ``getrusage`` gives a child begins
with its parent's size. It is set back after a first small run, so that loading and compiling do not hide what the run
itself takes. Where there is no such mark, ``getrusage`` is used.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from benchmarks.result import Result

__all__ = ["grow_campaign", "grow_study", "measure"]

TOLERANCE_MB = 16.0
"""How much a ten times longer run may add and still count as flat: noise of allocator and thread stacks, under 5 %."""

_ROOT = Path(__file__).resolve().parents[1]
_GROUP = "memory"


def peak_mb() -> float:
    """Give the largest size that this process has had [MB]."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1024.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024.0**2 if sys.platform == "darwin" else 1024.0)


def forget_peak() -> None:
    """Set the high-water mark back to the present size, where the system lets a process do so."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def grow_study(scenario_name: str, replications: int) -> float:
    """Run a whole study into a folder; give this process's peak [MB]."""
    from opendome.scenario.reader import load
    from opendome.study.runner import study

    scenario = load(scenario_name)
    with tempfile.TemporaryDirectory() as folder:
        study(scenario, 25, workers=2, out=Path(folder) / "first", extras=False)
        forget_peak()
        study(scenario, replications, workers=2, out=Path(folder) / "study", extras=False)
    return peak_mb()


def grow_campaign(scenario_name: str, times: int) -> float:
    """Run eight replications of a campaign drawn out to so many times its days; give this process's peak [MB]."""
    from benchmarks.worlds import base_scenario
    from opendome.scenario.compile import compile_world
    from opendome.study.replicate import run_chunk

    scenario = base_scenario(scenario_name)
    model = scenario.model
    overrides: dict[str, object] = {"duration_day": times * model.duration_day}
    mean = model.threats.raid.launched_per_day.mean if model.threats.raid else None
    if isinstance(mean, list | tuple):
        overrides["threats.raid.launched_per_day.mean"] = list(mean) * times
    world = compile_world(scenario.override(overrides))
    run_chunk(compile_world(scenario), 1, 0, 1)
    forget_peak()
    run_chunk(world, 1, 0, 8)
    return peak_mb()


def measure(is_quick: bool, study_name: str, campaign_name: str) -> list[Result]:
    """Compare peaks of a short and a ten times longer run, of studies and of campaigns."""
    few, many = (50, 500) if is_quick else (100, 1000)
    note = (
        "peak of fresh processes after a first small run; "
        f"flat means at most {TOLERANCE_MB:.0f} MB more for ten times the work"
    )
    results = []
    for name, function, scenario, short, long in (
        (f"study {study_name}, {few} to {many} replications", "grow_study", study_name, few, many),
        (f"campaign {campaign_name}, ten times the days", "grow_campaign", campaign_name, 1, 10),
    ):
        before, after = (_in_fresh_process(function, scenario, amount) for amount in (short, long))
        short_run = f"short run {before:.0f} MB"
        results.append(Result(_GROUP, name, after - before, "MB more", TOLERANCE_MB, False, short_run, note=note))
    return results


def _in_fresh_process(function: str, scenario_name: str, amount: int) -> float:
    code = f"from benchmarks import memory; print(memory.{function}({scenario_name!r}, {amount}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{function}({scenario_name!r}, {amount}) failed: {done.stderr.strip().splitlines()[-1]}")
    return float(done.stdout.split()[-1])

"""Run the benchmarks and print one table: ``opendome bench``, or ``python benchmarks/run.py [--quick] [--json]``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
if str(_ROOT) not in sys.path:
    sys.path.insert(0, str(_ROOT))

from benchmarks.machine import describe  # noqa: E402
from benchmarks.result import Result, as_json, as_text  # noqa: E402

__all__ = ["main"]

ENGINE_SCENARIO = "may-2021"
PAIRED_SCENARIO = "two-batteries"
STUDY_SCENARIO = "coastland"
_VERSIONS = ("python", "numpy", "numba", "simpy", "stonesoup", "gymnasium")


def _engine(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import engine

    return engine.measure(is_quick, scenario)


def _variance(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import variance

    return variance.measure(is_quick, PAIRED_SCENARIO)


def _memory(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import memory

    return memory.measure(is_quick, STUDY_SCENARIO, scenario)


def _start(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import startup

    return startup.measure(is_quick)


def _filter(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import filter as filter_alone

    return filter_alone.measure(is_quick)


def _tracking(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import tracking

    return tracking.measure(is_quick)


def _association(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import association

    return association.measure(is_quick)


def _environment(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import environment

    return environment.measure(is_quick, scenario)


def _assignment(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import assignment

    return assignment.measure(is_quick)


def _dynamic(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import dynamic_assignment

    return dynamic_assignment.measure(is_quick)


def _console(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import console

    return console.measure(is_quick)


def _page(is_quick: bool, scenario: str) -> list[Result]:
    from benchmarks import console_page

    return console_page.measure(is_quick)


GROUPS: dict[str, Callable[[bool, str], list[Result]]] = {
    "start": _start,
    "engine": _engine,
    "variance": _variance,
    "memory": _memory,
    "filter": _filter,
    "tracking": _tracking,
    "association": _association,
    "environment": _environment,
    "assignment": _assignment,
    "dynamic": _dynamic,
    "console": _console,
    "page": _page,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run benchmarks; give 0, or 1 if a goal was missed and ``--strict`` asks for it."""
    asked = _parser().parse_args(argv)
    machine = describe()
    results: list[Result] = []
    for name in asked.only or GROUPS:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        results += GROUPS[name](asked.quick, asked.scenario)
    if asked.json:
        print(json.dumps({"machine": machine, "results": [as_json(result) for result in results]}, indent=2))
    else:
        print(as_text(results))
        print("\n" + _machine_line(machine))
    missed = [result.name for result in results if result.is_met is False]
    return 1 if asked.strict and missed else 0


def _machine_line(machine: dict[str, object]) -> str:
    busy = "BUSY with other work: wall times are too long" if machine["is_loaded"] else "otherwise idle"
    versions = ", ".join(
        f"{name} {machine[name]}" for name in ("python", "numpy", "numba", "simpy", "stonesoup", "gymnasium")
    )
    return (
        f"{machine['cpu']}, {machine['cores']} cores, load at the start {machine['load_average']}: {busy}; {versions}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="opendome bench", description="Measure speed, memory and precision, each beside a peer."
    )
    parser.add_argument("--quick", action="store_true", help="fewer replications; the campaign is extrapolated")
    parser.add_argument("--json", action="store_true", help="plain data instead of a table")
    parser.add_argument(
        "--only", action="append", choices=list(GROUPS), help="measure this group alone; may be repeated"
    )
    parser.add_argument(
        "--scenario", default=ENGINE_SCENARIO, help=f"scenario of the engine figures ({ENGINE_SCENARIO})"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a goal is missed")
    return parser


if __name__ == "__main__":
    sys.exit(main())

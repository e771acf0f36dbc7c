"""The verb sweep: a scenario run over a design of values of its keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import AsJson, Out, ScenarioFile, Seed, Settings, load_scenario
from opendome.cli.screen import interval_text, note, number_text, print_json, print_table, say

if TYPE_CHECKING:
    import numpy as np

    from opendome.measures.measure import Measure
    from opendome.study.sweep_plan import Range, SweepPlan
    from opendome.study.sweep_record import Sweep

__all__ = ["VERBS", "read_range"]


Vary = Annotated[
    list[str] | None,
    typer.Option(
        "--vary", metavar="KEY=LO:HI", help="A key and its range; may be repeated; else the scenario's inputs."
    ),
]
Points = Annotated[
    int | None, typer.Option("--points", help="Points, 16; base samples of saltelli, 128; a grid takes LO:HI:N.")
]
Replications = Annotated[
    int | None, typer.Option("--replications", help="Replications at each point, 25; 8 with saltelli.")
]


def read_range(text: str) -> Range:
    """Read ``KEY=LO:HI`` or, for a grid, ``KEY=LO:HI:N``.

    Raises
    ------
    CommandError
        It is not written so, or the low end is not below the high end.
    """
    from opendome.study.sweep_plan import Range

    key, sign, numbers = text.partition("=")
    parts = numbers.split(":")
    try:
        low, high = float(parts[0]), float(parts[1])
        n = int(parts[2]) if len(parts) > 2 else 5
    except (ValueError, IndexError):
        low, high, n = 0.0, 0.0, 0
    if not sign or not key or not low < high or n < 2 or len(parts) > 3:
        raise CommandError(
            f"--vary {text!r} is not KEY=LOW:HIGH, nor KEY=LOW:HIGH:N for a grid; write for example "
            "--vary depot.rounds=50:400"
        )
    return Range(key.strip(), low, high, n)


def sweep(
    file: ScenarioFile,
    vary: Vary = None,
    design: Annotated[str, typer.Option("--design", help="lhs, sobol, grid; saltelli for indices.")] = "lhs",
    points: Points = None,
    replications: Replications = None,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", help="A measure; may be repeated; by default the headline.")
    ] = None,
    alternative: Annotated[
        list[str] | None, typer.Option("--alternative", help="An alternative beside the baseline; by default all.")
    ] = None,
    seed: Seed = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Threads; by default one a processor.")] = None,
    settings: Settings = None,
    out: Out = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the sweep in --out DIR.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a scenario over a design of values.

    Prints measures at each point for every alternative, or with the design saltelli which input matters how much.

    Every point meets the same raids, so that points may be compared like alternatives.

    \b
    Example:
      opendome sweep coastland --vary depot.rounds=50:400 --vary doctrine.salvo=1:2 --points 8
      opendome sweep coastland --design saltelli --points 32 --out runs/coastland-inputs
    """
    from opendome.study.sweep_plan import make_sweep, stated_ranges

    scenario = load_scenario(file, settings)
    plan = make_sweep(
        scenario,
        [read_range(text) for text in vary] if vary else stated_ranges(scenario),
        design=design,
        n=points,
        replications=replications,
        seed=seed,
        measures=measure or (),
        alternatives=alternative or (),
    )
    found = _run(scenario, plan, out, workers, resume)
    if plan.design == "saltelli":
        from opendome.cli.sensitivity_verb import show_sweep

        show_sweep(found, plan.measures, as_json)
    else:
        _show_points(scenario, plan, found, out, as_json)
    if out is not None and not as_json:
        say(f"\nsweep in {out}; next: opendome sensitivity {out}, or opendome report {out}")
    elif not as_json:
        note("\nThe numbers were not kept; write --out DIR to keep them.")


def _run(scenario: Any, plan: SweepPlan, out: Any, workers: int | None, resume: bool) -> Sweep:
    """Run with a progress line; an interrupted sweep says how to go on."""
    from opendome.cli.progress import ProgressLine
    from opendome.study.sweep import run_sweep

    for warning in plan.warnings:
        note(f"note: {warning}")
    line = ProgressLine(plan.headline)
    try:
        with line:
            return run_sweep(scenario, plan, out, workers=workers, resume=resume, progress=line)
    except KeyboardInterrupt:
        cure = f"go on with the same command and --resume (folder {out})" if out is not None else "nothing was kept"
        note(f"\ninterrupted; {cure}")
        raise typer.Exit(130) from None


def _show_points(scenario: Any, plan: SweepPlan, found: Sweep, out: Any, as_json: bool) -> None:
    """Print, and keep as CSV, each measure at each point."""
    rows = list(_point_rows(scenario, plan, found))
    if out is not None:
        _write(rows, out)
    if as_json:
        print_json(rows)
        return
    keys = [item.key for item in plan.ranges]
    print_table(
        ("point", *keys, "alternative", "measure", "mean with 95 % interval"),
        [
            (
                str(row["point"]),
                *(number_text(row[key]) for key in keys),
                row["alternative"],
                row["measure"],
                interval_text(row["value"], row["low"], row["high"]),
            )
            for row in rows
        ],
    )


def _point_rows(scenario: Any, plan: SweepPlan, found: Sweep) -> Iterator[dict[str, Any]]:
    """One row a point, alternative and measure."""
    from opendome.measures.derive import find_measure

    wanted = [find_measure(name) for name in plan.measures]
    for i, point in enumerate(plan.points):
        for alternative in plan.alternatives:
            known = {"point": i, **point, "alternative": alternative}
            model = scenario.alternative(alternative).override(point).model
            for estimate in _estimates(found.rows(i, alternative), alternative, model, wanted):
                yield {**known, **estimate}


def _estimates(rows: np.ndarray, alternative: str, model: Any, measures: list[Measure]) -> Iterator[dict[str, Any]]:
    """Each measure with its interval."""
    from opendome.measures.derive import columns_of
    from opendome.study.controls import raid_moments
    from opendome.study.estimates import Source, estimate_measure

    columns = columns_of(rows)
    source = Source((alternative,), lambda name, names: columns, {alternative: raid_moments(model)}, 0.95)
    for measure in measures:
        interval = estimate_measure(source, alternative, measure)
        yield {
            "measure": measure.name,
            "value": interval.value,
            "low": interval.low,
            "high": interval.high,
            "n": interval.n,
        }


def _write(rows: list[dict[str, Any]], folder: Any) -> None:
    import pyarrow as pa

    from opendome.results.store import to_csv

    to_csv(pa.Table.from_pylist(rows), folder / "sweep.csv")


VERBS: dict[str, Callable[..., None]] = {"sweep": sweep}
"""Verbs of this file by name."""

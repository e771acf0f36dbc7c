"""Verbs that run: one replication in full, or a study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.cli.answer import print_study, study_as_json
from opendome.cli.options import Alternative, AsJson, Out, ScenarioFile, Seed, Settings, load_scenario
from opendome.cli.screen import note, print_json, print_table, say

if TYPE_CHECKING:
    from opendome.scenario.scenario import Scenario
    from opendome.study.record import Study

__all__ = ["VERBS"]

Replications = Annotated[
    int | None,
    typer.Option("--replications", help="Exactly so many of every alternative; with --precision at most so many."),
]
Precision = Annotated[
    list[str] | None,
    typer.Option("--precision", metavar="MEASURE=RELATIVE", help="Stop when known so well; may be repeated."),
]
Workers = Annotated[
    int | None, typer.Option("--workers", help="Threads; by default one a processor. Numbers do not depend on it.")
]
Cluster = Annotated[
    str | None, typer.Option("--cluster", metavar="ADDRESS", help="Dask scheduler tcp://HOST:PORT, or local:N.")
]
Picture = Annotated[str | None, typer.Option("--picture", help="statistical or tracked; by default the scenario's.")]
Policy = Annotated[str | None, typer.Option("--policy", help="Registered policy instead of the scenario's.")]

_PARTITION = ("launched", "failed", "fell_short", "at_sea", "open_ground", "intercepted", "leaked_built_up")
_SUCCESS = ("success_of_engaged", "success_of_defended", "success_of_built_up", "share_of_launched")
_OTHERS = (
    "threatening", "engaged", "engaged_needlessly", "interceptors_fired", "interceptors_left", "people_exposed",
    "injuries_expected", "areas_alerted", "areas_alerted_needlessly", "impacts_unwarned", "warning_lead_p50_s",
)  # fmt: skip


def run(
    file: ScenarioFile,
    seed: Seed = None,
    replication: Annotated[int, typer.Option("--replication", help="Number of the replication.")] = 0,
    picture: Picture = None,
    policy: Policy = None,
    alternative: Alternative = None,
    settings: Settings = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Run one replication and keep everything that happened.

    The same seed and number give the very replication that a study runs.

    \b
    Example:
      opendome run coastland --replication 3 --out runs/coastland-3
    """
    from opendome.study.single import run as run_one

    scenario = load_scenario(file, settings, alternative)
    seed = scenario.model.study.seed if seed is None else seed
    found = run_one(scenario, seed=seed, replication=replication, picture=picture, policy=policy, out=out)
    measures = found.measures()
    if as_json:
        rows = {name: table.num_rows for name, table in found.tables().items()}
        print_json(
            {
                "scenario": scenario.name,
                "alternative": scenario.alternative_name or scenario.model.study.baseline,
                "seed": seed,
                "replication": replication,
                "measures": measures,
                "tables": rows,
                "out": None if out is None else str(out),
            }
        )
        return
    say(f"{scenario.name}, replication {replication}, seed {seed}")
    say()
    _print_measures(measures)
    if out is None:
        note("\nThe tables were not kept; write --out DIR to keep them.")
    else:
        say(f"\ntables in {out}")


def _print_measures(measures: dict[str, Any]) -> None:
    from opendome.measures.derive import find_measure

    rows = []
    for name in (*_PARTITION, *_SUCCESS, *_OTHERS):
        measure = find_measure(name)
        rows.append((name, measures[name], "" if measure.unit == "1" else measure.unit, measure.meaning))
    print_table(("measure", "value", "unit", "meaning"), rows)


def study(
    file: ScenarioFile,
    replications: Replications = None,
    precision: Precision = None,
    seed: Seed = None,
    workers: Workers = None,
    cluster: Cluster = None,
    picture: Picture = None,
    policy: Policy = None,
    settings: Settings = None,
    extras: Annotated[
        bool, typer.Option("--extras/--no-extras", help="Run the inputs, grid and split by cause it asks for.")
    ] = True,
    out: Out = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the study in --out DIR.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run every alternative and print the answer.

    As many replications as asked for, or until every asked-for interval is narrow enough.

    \b
    Example:
      opendome study coastland --replications 100 --out runs/coastland
      opendome study coastland --precision leaked_built_up=0.02 --out runs/coastland --resume
    """
    scenario = load_scenario(file, settings)
    if picture is not None:
        scenario = scenario.rebased({"picture.kind": picture})
    found = _run_study(
        scenario,
        out,
        replications=replications,
        seed=seed,
        workers=workers,
        precision=precision or None,
        policy=policy,
        resume=resume,
        cluster=cluster,
        extras=extras,
    )
    if as_json:
        print_json(study_as_json(found))
        return
    print_study(found, scenario.data["question"], scenario.data["study"]["labels"])
    if out is not None:
        say(f"\nstudy in {out}; next: opendome report {out}")


def _run_study(scenario: Scenario, out: Path | None, **settled: Any) -> Study:
    """Run a study with its progress line; an interrupted one says how to go on."""
    from opendome.cli.progress import ProgressLine
    from opendome.study.runner import study as run_study

    line = ProgressLine(scenario.model.study.headline)
    try:
        with line:
            return run_study(scenario, out=out, progress=line, **settled)
    except KeyboardInterrupt:
        cure = f"go on with the same command and --resume --out {out}" if out is not None else "nothing was kept"
        note(f"\ninterrupted; {cure}")
        raise typer.Exit(130) from None


VERBS: dict[str, Callable[..., None]] = {"run": run, "study": study}
"""Verbs of this file by name."""

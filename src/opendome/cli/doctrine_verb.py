"""The verb doctrine: rules of engagement side by side on the same raids, and how far each is from the best possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.answer import print_best, records
from opendome.cli.options import AsJson, Out, ScenarioFile, Seed, Settings, load_scenario
from opendome.cli.progress import ProgressLine
from opendome.cli.screen import interval_text, print_json, print_table, say
from opendome.cli.stock_answer import answer_stock

if TYPE_CHECKING:
    from pathlib import Path

    from opendome.scenario.scenario import Scenario

__all__ = ["RULES", "VERBS"]

RULES: dict[str, dict[str, Any]] = {
    "earliest": {"doctrine.policy": "earliest"},
    "price": {"doctrine.policy": "price"},
    "greedy": {"doctrine.policy": "greedy"},
    "salvo-of-two": {"doctrine.policy": "earliest", "doctrine.salvo": 2},
    "no-look": {"doctrine.policy": "earliest", "doctrine.shoot_look_shoot": False},
    "reserve": {"doctrine.policy": "earliest", "doctrine.reserve_share": 0.1},
}
"""Rules that are compared, as changes to a scenario; the first is what the others are held against."""

_AS_IS = "as-is"
_MEASURES = ("leaked_built_up", "people_exposed", "interceptors_fired", "engaged_needlessly")


def doctrine(
    file: ScenarioFile,
    replications: Annotated[int, typer.Option("--replications", help="Raids, the same for every rule.")] = 40,
    luck: Annotated[
        int, typer.Option("--luck", help="Draws of kill luck of one raid, for the distance from the best; 0: none.")
    ] = 200,
    replication: Annotated[int, typer.Option("--replication", help="Number of that raid.")] = 0,
    stock: Annotated[
        str | None,
        typer.Option(
            "--stock",
            metavar="FACTORS",
            help="Instead: rounds saved at equal leakage, over factors on rounds of depot and deliveries.",
        ),
    ] = None,
    seed: Seed = None,
    settings: Settings = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Compare rules of engagement on the same raids, and with the best that any of them could have done.

    Paired differences from `earliest`, with 95 % intervals; then, for one raid, what each saves over draws of luck
    beside a bound that no policy can pass, even one that knows all arrivals.

    \b
    Example:
      opendome doctrine coastland --replications 40
      opendome doctrine coastland --stock 0.25,0.5,1,2
    """
    if replications < 2 or luck < 0 or luck == 1:
        raise CommandError("--replications must be 2 or more, and --luck 0 or 2 or more")
    scenario = load_scenario(file, settings)
    seed = scenario.model.study.seed if seed is None else seed
    if stock is not None:
        answer_stock(scenario, stock, replications, seed, out, as_json=as_json)
        return
    differences, estimates = _compare(scenario, seed, replications, out)
    best = [] if luck == 0 else _best(scenario, seed, replication, luck)
    if out is not None and best:
        _keep(out, best)
    if as_json:
        print_json({"estimates": estimates, "differences": differences, "best": best})
        return
    _print_comparison(scenario, seed, replications, estimates, differences)
    if best:
        say()
        print_best(best, {})
    if out is not None:
        say(f"\nstudy in {out}; next: opendome report {out}")


def _compare(
    scenario: Scenario, seed: int, replications: int, out: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Paired differences and estimates of every rule."""
    from opendome.study.runner import study

    first, *others = RULES
    asked = scenario.rebased(
        {
            **RULES[first],
            "question": "Which rule of engagement lets fewest through?",
            "alternatives": {name: RULES[name] for name in others},
            "study.baseline": _AS_IS,
            "study.labels": {_AS_IS: first},
        }
    )
    with ProgressLine(asked.model.study.headline) as line:
        done = study(asked, replications=replications, seed=seed, extras=False, out=out, progress=line)
    estimates = records(done.estimates(), _MEASURES)
    for row in estimates:
        row["alternative"] = first if row["alternative"] == _AS_IS else row["alternative"]
    return records(done.compare(), _MEASURES), estimates


def _best(scenario: Scenario, seed: int, replication: int, luck: int) -> list[dict[str, Any]]:
    """Rows of the table `best`: bounds for one raid, and what each rule saves of it over draws of luck."""
    from opendome.scenario.compile import compile_world
    from opendome.study.best_case import best_rows

    rows = []
    for name, changes in RULES.items():
        world = compile_world(scenario.override({**changes, "picture.kind": "statistical"}))
        rows += best_rows(world, name, name, None, seed, replication, luck)
    return rows


def _keep(out: Path, rows: list[dict[str, Any]]) -> None:
    """Write the table `best` beside the study's, where the report finds it."""
    from opendome.results.schema import table_schema
    from opendome.results.store import write_table

    schema = table_schema("best")
    write_table(out / "best.parquet", schema.table({name: [row[name] for row in rows] for name in schema.names}))


def _print_comparison(
    scenario: Scenario,
    seed: int,
    replications: int,
    estimates: list[dict[str, Any]],
    differences: list[dict[str, Any]],
) -> None:
    first = next(iter(RULES))
    say(f"{scenario.name}: {replications} raids, seed {seed}, 95 % intervals")
    for measure in _MEASURES:
        rows = [
            (
                row["alternative"],
                interval_text(row["value"], row["low"], row["high"]),
                *[
                    interval_text(other["value"], other["low"], other["high"], sign=True)
                    for other in differences
                    if other["measure"] == measure and other["alternative"] == row["alternative"]
                ],
            )
            for row in estimates
            if row["measure"] == measure
        ]
        say(f"\n{measure}")
        print_table(("rule", "mean", f"less {first}"), [(*row, "")[:3] for row in rows])


VERBS: dict[str, Callable[..., None]] = {"doctrine": doctrine}
"""Verbs of this file by name."""

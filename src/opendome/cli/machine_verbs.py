"""Verbs on the program itself: benchmarks, and comparisons with published figures."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from opendome.base.errors import CommandError, RunError
from opendome.cli.options import AsJson, Seed
from opendome.cli.screen import number_text, print_json, print_table, say

__all__ = ["VERBS", "verdict"]


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer replications; what is extrapolated says so.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure the program beside a peer; in a checkout only.

    \b
    Example:
      opendome bench --quick
    """
    root = Path(__file__).resolve().parents[3]
    file = root / "benchmarks" / "run.py"
    if not file.is_file():
        raise CommandError("benchmarks are not part of the installed package; run this verb in a checkout")
    sys.path.insert(0, str(root))
    spec = importlib.util.spec_from_file_location("benchmarks.run", file)
    if spec is None or spec.loader is None:
        raise RunError(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    arguments = [*(["--quick"] if quick else []), *(["--json"] if as_json else [])]
    code = module.main(arguments)
    if code:
        raise RunError(f"the benchmarks ended with code {code}")


def validate(
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="NAME", help="Scenario with published figures; by default every example."),
    ] = None,
    replications: Annotated[int, typer.Option("--replications", help="Replications of each case.")] = 200,
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Stand results beside published figures, misses and all.

    Agreement makes the model consistent with what was published; it does not make it right.

    \b
    Example:
      opendome validate --case may-2021 --replications 100
    """
    from opendome.scenario.reader import example, examples, load

    cases = [load(case)] if case is not None else [example(name) for name in examples()]
    cases = [scenario for scenario in cases if scenario.model.study.published is not None]
    if not cases:
        raise CommandError(f"`{case}` has no study.published, so there is nothing to compare with")
    found = [_compare(scenario, replications, seed) for scenario in cases]
    if as_json:
        print_json(found)
        return
    for result in found:
        say(f"{result['case']}, {replications} replications, seed {result['seed']}: beside figures {result['label']}")
        say(f"source: {result['source']}\n")
        columns = ("measure", "published", "mean", "95 % of replications", "verdict")
        print_table(columns, [_cells(row) for row in result["rows"]])


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    low, high = row["published_low"], row["published_high"]
    published = number_text(low) if low == high else f"{number_text(low)} to {number_text(high)}"
    spread = f"{number_text(row['low'])} to {number_text(row['high'])}"
    return row["measure"], published, number_text(row["mean"]), spread, row["verdict"]


def _compare(scenario: Any, replications: int, seed: int | None) -> dict[str, Any]:
    """Run the baseline of one case and compare each published figure with it."""
    import numpy as np

    from opendome.measures.derive import columns_of, find_measure
    from opendome.scenario.compile import compile_world
    from opendome.study.replicate import run_chunk

    asked = scenario.model.study
    seed = asked.seed if seed is None else seed
    world = compile_world(scenario.alternative(asked.baseline))
    columns = columns_of(run_chunk(world, seed, 0, replications, scenario.model.doctrine.policy).rows)
    rows = []
    for name, value in asked.published.columns.items():
        values = find_measure(name)(columns)
        low, high = (value, value) if isinstance(value, int | float) else value
        quantiles = np.nanquantile(values, [0.025, 0.975])
        mean = float(np.nanmean(values))
        rows.append(
            {
                "measure": name,
                "published_low": float(low),
                "published_high": float(high),
                "mean": mean,
                "low": float(quantiles[0]),
                "high": float(quantiles[1]),
                "verdict": verdict(float(low), float(high), mean, float(quantiles[0]), float(quantiles[1])),
            }
        )
    published = asked.published
    return {"case": scenario.name, "seed": seed, "label": published.label, "source": published.source, "rows": rows}


def verdict(published_low: float, published_high: float, mean: float, low: float, high: float) -> str:
    """Words for how a result stands beside a published figure."""
    if published_low <= mean <= published_high and published_low < published_high:
        return "mean inside the published range"
    if low <= published_high and published_low <= high:
        return "ranges meet"
    side = "below" if high < published_low else "above"
    return f"miss: the model is {side}"


VERBS: dict[str, Callable[..., None]] = {"bench": bench, "validate": validate}
"""Verbs of this file by name."""

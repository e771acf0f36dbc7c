"""The verb sweep: a scenario run over a design of values of its keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import AsJson, Out, ScenarioFile, Seed, Settings, load_scenario
from opendome.cli.screen import interval_text, note, number_text, print_json, print_table, say

if TYPE_CHECKING:
    import numpy as np

    from opendome.measures.measure import Measure
    from opendome.study.cells import Cell

__all__ = ["VERBS", "Range", "read_range"]

_DESIGNS = ("lhs", "sobol", "grid")


class Range(NamedTuple):
    """A key to be varied, between ``low`` and ``high``, in ``n`` steps where the design is a grid."""

    key: str
    low: float
    high: float
    n: int


def read_range(text: str) -> Range:
    """Read ``KEY=LO:HI`` or, for a grid, ``KEY=LO:HI:N``.

    Raises
    ------
    CommandError
        It is not written so, or the low end is not below the high end.
    """
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
    vary: Annotated[
        list[str], typer.Option("--vary", metavar="KEY=LO:HI", help="A key and its range; may be repeated.")
    ],
    design: Annotated[str, typer.Option("--design", help="lhs, sobol or grid.")] = "lhs",
    points: Annotated[int, typer.Option("--points", help="Points of the design; a grid takes KEY=LO:HI:N.")] = 16,
    replications: Annotated[int, typer.Option("--replications", help="Replications at each point.")] = 25,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", help="A measure; may be repeated; by default the headline.")
    ] = None,
    seed: Seed = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Threads; by default one a processor.")] = None,
    settings: Settings = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario over a design of values.

    Prints measures at each point for every alternative.

    Every point meets the same raids, so that points may be compared like alternatives.

    \b
    Example:
      opendome sweep coastland --vary depot.rounds=50:400 --vary doctrine.salvo=1:2 --points 8
    """
    scenario = load_scenario(file, settings)
    ranges = [read_range(text) for text in vary]
    asked = scenario.model.study
    seed = asked.seed if seed is None else seed
    settled = _points(scenario, ranges, design, points, seed)
    rows = _run(scenario, settled, measure or [asked.headline], seed, replications, workers)
    if out is not None:
        _write(rows, out)
    if as_json:
        print_json(rows)
        return
    keys = [item.key for item in ranges]
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
    if out is not None:
        say(f"\nwrote {out / 'sweep.csv'}")
    else:
        note("\nThe numbers were not kept; write --out DIR to keep them.")


def _points(scenario: Any, ranges: list[Range], design: str, n: int, seed: int) -> list[dict[str, Any]]:
    """The design's points as overrides, whole numbers where whole numbers stand."""
    import numpy as np

    from opendome.study.design import full_grid, latin_hypercube, sobol_points, spread_over, value_for

    if design not in _DESIGNS:
        raise CommandError(f"unknown design `{design}`: write {', '.join(_DESIGNS)}")
    names = [item.key for item in ranges]
    if design == "grid":
        raw = full_grid({item.key: np.linspace(item.low, item.high, item.n).tolist() for item in ranges})
    else:
        unit = (latin_hypercube if design == "lhs" else sobol_points)(names, n, seed)
        spread = spread_over(unit, [item.low for item in ranges], [item.high for item in ranges])
        raw = [dict(zip(names, point.tolist())) for point in spread]
    return [{key: value_for(scenario, key, value) for key, value in point.items()} for point in raw]


def _run(
    scenario: Any, points: list[dict[str, Any]], measures: list[str], seed: int, replications: int, workers: int | None
) -> list[dict[str, Any]]:
    """Run every alternative at every point; one row a point, alternative and measure."""
    from opendome.measures.derive import find_measure
    from opendome.study.kernel import WorldShelf
    from opendome.study.pool import ThreadWorkers

    if replications < 2:
        raise CommandError(f"replications must be 2 or more, not {replications}")
    wanted = [find_measure(name) for name in measures]
    shelf = WorldShelf(scenario, capacity=8)
    cells = _cells(scenario, points, replications)
    for cell in cells:
        # Every point is made once, so that one that cannot be is found before anything is run.
        shelf.variant(cell.alternative, cell.overrides)
    hands = ThreadWorkers(shelf, seed, None, workers)
    try:
        found = {cell: chunk.rows for cell, chunk in hands.run(cells)}
    finally:
        hands.close()
    rows = []
    for cell, i in cells.items():
        known = {"point": i, **points[i], "alternative": cell.alternative}
        model = shelf.variant(cell.alternative, cell.overrides).model
        rows += [{**known, **estimate} for estimate in _estimates(found[cell], cell.alternative, model, wanted)]
    return rows


def _cells(scenario: Any, points: list[dict[str, Any]], replications: int) -> dict[Cell, int]:
    """Cells to be run, each with the number of its point."""
    from opendome.study.cells import Cell

    return {
        Cell(alternative, 0, replications, tuple(point.items()), is_whole=False): i
        for i, point in enumerate(points)
        for alternative in scenario.alternatives()
    }


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

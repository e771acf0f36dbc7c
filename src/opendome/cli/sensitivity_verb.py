"""The verb sensitivity: which inputs a result depends on, from a folder that `sweep` or `study` wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError
from opendome.cli.options import AsJson, Folder
from opendome.cli.screen import interval_text, note, number_text, print_json, print_table, say

if TYPE_CHECKING:
    from opendome.study.record import Study
    from opendome.study.sampled import Ranking
    from opendome.study.sweep_record import Sweep

__all__ = ["VERBS", "show_sweep"]


def sensitivity(
    folder: Folder,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", help="A measure of a sweep; may be repeated; else those it asked.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print which inputs matter, and how much.

    Of a sweep with the design saltelli: Sobol' indices of each measure and of its difference from the baseline. Of a
    sweep with another design, and of a study: rank regression, and the study's swing of one input at a time.

    \b
    Example:
      opendome sweep coastland --design saltelli --points 32 --out runs/coastland-inputs
      opendome sensitivity runs/coastland-inputs --measure interceptors_fired
    """
    from opendome.study.sweep_record import is_sweep, open_sweep

    if is_sweep(folder):
        found = open_sweep(folder)
        show_sweep(found, measure or found.manifest["measures"], as_json)
        return
    if measure:
        raise CommandError("a study sampled its headline measure alone; --measure is for the folder of a sweep")
    from opendome.study.record import open_study

    _show_study(open_study(folder), as_json)


def show_sweep(sweep: Sweep, measures: Sequence[str], as_json: bool) -> None:
    """Print the indices of a sweep, or the rank regression of one without base samples."""
    from opendome.measures.derive import find_measure

    names = [find_measure(name).name for name in measures]
    if not sweep.is_saltelli:
        from opendome.study.sampled import rankings_of_sweep

        found = [ranking for name in names for ranking in rankings_of_sweep(sweep, name)]
        if as_json:
            print_json({"rankings": [row for ranking in found for row in _ranking_rows(sweep.keys, ranking)]})
            return
        _print_rankings(sweep.keys, found)
        note("\nSobol' indices need the design saltelli.")
        return
    from opendome.study.sweep_tables import sensitivity_tables

    tables = {name: table.to_pylist() for name, table in sensitivity_tables(sweep, names).items()}
    if as_json:
        print_json(tables)
        return
    for i, spread in enumerate(tables["sensitivity_spread"]):
        if i:
            say()
        _print_indices(
            spread, [row for row in tables["sensitivity"] if _is_of(row, spread)], sweep.manifest["confidence"]
        )


def _is_of(row: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(row[name] == other[name] for name in ("alternative", "baseline", "measure"))


def _what(row: dict[str, Any]) -> str:
    against = f" less {row['baseline']}" if row["baseline"] else ""
    return f"{row['measure']}, {row['alternative']}{against}"


def _print_indices(spread: dict[str, Any], rows: list[dict[str, Any]], confidence: float) -> None:
    mean, low, high, sd = (number_text(_short(spread[name])) for name in ("mean", "low", "high", "sd_inputs"))
    middle = f"{100 * confidence:g} % of points within {low} to {high}"
    say(f"{_what(spread)}: {mean} over the ranges, {middle}, sd of the inputs {sd}")
    of_means, of_one = _share(spread["noise_share"]), _share(spread["luck_share"])
    say(
        f"{spread['n']:,} base samples of {spread['replications']} replications; luck is {of_means} of the variance "
        f"of these means (taken out below), {of_one} of that of one campaign"
    )
    print_table(
        ("input", "total index", "first-order index"),
        [(row["label"], *(_index_text(row, name) for name in ("total", "first"))) for row in rows],
        indent="  ",
    )
    if rows and rows[0]["total"] is None:
        say("  the inputs do not clearly move it: no indices")


def _short(value: float) -> float:
    """Four figures of a number."""
    return float(f"{value:.4g}")


def _share(value: float | None) -> str:
    return "an unknown part" if value is None else f"{100.0 * value:.0f} %"


def _index_text(row: dict[str, Any], name: str) -> str:
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    return "-" if value is None else f"{value:.2f} ({low:.2f} to {high:.2f})"


def _show_study(study: Study, as_json: bool) -> None:
    """Print the swing and the rank regression of a study."""
    from opendome.study.sampled import rankings_of_study, swings_of_study

    keys, found = rankings_of_study(study)
    swings = swings_of_study(study)
    if as_json:
        print_json({"swing": swings, "rankings": [row for ranking in found for row in _ranking_rows(keys, ranking)]})
        return
    for alternative in dict.fromkeys(row["alternative"] for row in swings):
        rows = [row for row in swings if row["alternative"] == alternative]
        against = "" if alternative == study.manifest["baseline"] else f" less {study.manifest['baseline']}"
        say(f"{rows[0]['measure']}, {alternative}{against}: one input at a time, {rows[0]['n']} replications a value")
        print_table(
            ("input", "low", "high", "answer at low", "answer at high"),
            [
                (
                    row["label"],
                    number_text(row["low_value"]),
                    number_text(row["high_value"]),
                    interval_text(*row["low_answer"]),
                    interval_text(*row["high_answer"]),
                )
                for row in rows
            ],
            indent="  ",
        )
        say()
    labels = {row["key"]: row["label"] for row in swings}
    _print_rankings([labels.get(key, key) for key in keys], found)


def _ranking_rows(keys: Sequence[str], ranking: Ranking) -> list[dict[str, Any]]:
    """Rows of one ranking, the largest coefficient first."""
    value, low, high = ranking.fit.coefficients
    return [
        {
            "alternative": ranking.alternative,
            "baseline": ranking.baseline,
            "measure": ranking.measure,
            "key": keys[i],
            "coefficient": float(value[i]),
            "low": float(low[i]),
            "high": float(high[i]),
            "r_squared_of_ranks": ranking.fit.r_squared,
            "n": ranking.fit.n,
        }
        for i in sorted(range(len(keys)), key=lambda i: -abs(value[i]))
    ]


def _print_rankings(names: Sequence[str], found: Sequence[Ranking]) -> None:
    for i, ranking in enumerate(found):
        rows = _ranking_rows(names, ranking)
        if i:
            say()
        say(
            f"{_what(rows[0])}: all inputs together, {ranking.fit.n} points; ranks explain "
            f"{100.0 * ranking.fit.r_squared:.0f} % of the ranks of the answer"
        )
        print_table(
            ("input", "rank coefficient (-1 to 1)"),
            [(row["key"], f"{row['coefficient']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})") for row in rows],
            indent="  ",
        )


VERBS: dict[str, Callable[..., None]] = {"sensitivity": sensitivity}
"""Verbs of this file by name."""

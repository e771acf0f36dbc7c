"""The verb tradeoff: people warned in time against people alerted for nothing, by zoning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from opendome.cli.options import AsJson, ScenarioFile, Seed, Settings, load_scenario
from opendome.cli.screen import interval_text, number_text, print_json, print_table, say

__all__ = ["VERBS"]

ReplicationsOption = Annotated[
    int | None, typer.Option("--replications", help="Campaigns; by default as study.tradeoff says.")
]
AlternativeOption = Annotated[
    str | None, typer.Option("--alternative", metavar="NAME", help="By default the study's baseline.")
]
CurvesOption = Annotated[bool, typer.Option("--curves", help="Print every threshold and quality as well.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", help="Threads; by default one a processor.")]

_MILLIONS = ("threatened_people", "needless_people", "person_minutes")
_INTERVALS = ("share_in_time", "needless_people", "person_minutes")


def tradeoff(
    file: ScenarioFile,
    replications: ReplicationsOption = None,
    alternative: AlternativeOption = None,
    curves: CurvesOption = False,
    workers: WorkersOption = None,
    seed: Seed = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Say what warning costs by zoning: people warned in time, people alerted for nothing, minutes in shelter.

    First by the scenario's own rule, then at equal missed share over thresholds, with the same raids for all. From raid
    and picture alone: interceptions call no alert off. Keys: study.tradeoff.

    \b
    Example:
      opendome tradeoff may-2021
      opendome tradeoff may-2021 --curves --set 'study.tradeoff.zonings=["districts", "areas"]'
    """
    from opendome.study.tradeoff import tradeoff_tables

    whole = load_scenario(file, settings)
    scenario = whole.alternative(alternative or whole.model.study.baseline)
    own_seed = scenario.model.study.seed if seed is None else seed
    tables = {
        name: table.to_pylist() for name, table in tradeoff_tables(scenario, own_seed, replications, workers).items()
    }
    if as_json:
        print_json(tables)
        return
    _print(tables, scenario.model.picture.error_scale, is_whole=curves)


def _print(tables: dict[str, list[dict[str, Any]]], own_scale: float, *, is_whole: bool) -> None:
    rows, equal = tables["tradeoff"], tables["tradeoff_equal"]
    scales = list(dict.fromkeys(row["error_scale"] for row in rows))
    own = min(scales, key=lambda scale: abs(scale - own_scale))
    people = _read(rows[0], "threatened_people")
    say(
        f"{rows[0]['n']:,} campaigns; people and person-minutes in millions. Threatened are {people}: people of areas "
        "where\nsomething would come down, once for each object.\n"
    )
    say(f"by the scenario's own rule, error scale {own:g}")
    shown = [row for row in rows if row["p_area_at_least"] is None and row["error_scale"] == own]
    _print_rules(shown, ("zoning", "zones"), lambda row: (row["zoning"], row["n_zones"]))
    if is_whole:
        say("\nby every rule; null: the scenario's own")
        _print_rules(
            rows,
            ("zoning", "error scale", "chance at least"),
            lambda row: (row["zoning"], f"{row['error_scale']:g}", _chance(row["p_area_at_least"])),
        )
    if equal:
        say("\nat equal missed share, by the chance of a hit: person-minutes in shelter")
        print_table(
            ("missed", "error scale", "zoning", "person-minutes", "alerted for nothing", f"over {equal[0]['beside']}"),
            [
                (
                    f"{100.0 * row['share_missed']:g} %",
                    f"{row['error_scale']:g}",
                    row["zoning"],
                    *(_read(row, name) for name in ("person_minutes", "needless_people", "ratio")),
                )
                for row in equal
                if is_whole or row["error_scale"] == own
            ],
        )
        say("\n-: beyond the thresholds tried. Missed: threatened people not alerted the official time before.")


def _print_rules(
    rows: list[dict[str, Any]], heads: tuple[str, ...], name: Callable[[dict[str, Any]], tuple[Any, ...]]
) -> None:
    print_table(
        (*heads, "warned in time", "alerted for nothing", "person-minutes"),
        [(*name(row), *(_read(row, column) for column in _INTERVALS)) for row in rows],
    )


def _chance(value: float | None) -> str:
    return "null" if value is None else number_text(value)


def _read(row: dict[str, Any], name: str) -> str:
    """A value with its interval, where it could be read off; an end that could not is a dash."""
    million = 1e6 if name in _MILLIONS else 1.0
    ends = [None if (end := row[f"{name}{which}"]) is None else end / million for which in ("", "_low", "_high")]
    if ends[0] is None:
        return "-"
    if None in ends:
        low, high = ("-" if end is None else number_text(float(f"{end:.3g}")) for end in ends[1:])
        return f"{number_text(float(f'{ends[0]:.3g}'))} ({low} to {high})"
    return interval_text(*ends)


VERBS: dict[str, Callable[..., None]] = {"tradeoff": tradeoff}
"""Verbs of this file by name."""

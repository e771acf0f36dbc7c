"""Verbs on scenarios: new, check, diff, explain, list, map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from opendome.base.errors import CommandError, ScenarioError
from opendome.cli.options import Alternative, AsJson, ScenarioFile, Settings, load_scenario
from opendome.cli.screen import number_text, print_json, print_table, say

__all__ = ["VERBS"]

_WIDE = 40


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the scenario: lower case, digits, dashes.")],
    from_example: Annotated[
        str | None, typer.Option("--from", metavar="EXAMPLE", help="Begin with an example instead of the starter.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a commented starter scenario to NAME.yaml.

    \b
    Example:
      opendome new my-coast
      opendome new my-coast --from coastland
    """
    from opendome.scenario.starter import new as starter

    path = Path(f"{name}.yaml")
    text = starter(name, from_example)
    if path.exists():
        raise CommandError(f"{path} is there already; choose another name, or take the file away first")
    path.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"file": str(path)})
    else:
        say(f"wrote {path}; next: opendome check {path}")


def check(
    file: ScenarioFile,
    settings: Settings = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Read only; do not lay out places and ranges of each alternative.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a scenario and list every problem at once.

    Each with file, line, key, what is wrong and what to write instead.

    \b
    Example:
      opendome check coastland
    """
    try:
        scenario = load_scenario(file, settings)
        if not quick:
            from opendome.scenario.compile import compile_world

            for name in scenario.alternatives():
                compile_world(scenario.alternative(name))
    except ScenarioError as error:
        if as_json:
            print_json({"ok": False, "problems": [vars(problem) for problem in error.problems]})
            raise typer.Exit(1) from None
        raise
    found = {"name": scenario.name, "alternatives": scenario.alternatives(), "hash": scenario.hash}
    if as_json:
        print_json({"ok": True, "problems": [], **found})
    else:
        names = ", ".join(scenario.alternatives())
        say(f"{file}: no problem. `{scenario.name}`, alternatives {names}; hash {scenario.hash[:12]}")


def diff(
    file_a: Annotated[str, typer.Argument(metavar="FILE", help="Scenario file or example.")],
    file_b: Annotated[str, typer.Argument(metavar="FILE", help="Scenario file or example.")],
    as_json: AsJson = False,
) -> None:
    """Say what differs between two resolved scenarios.

    \b
    Example:
      opendome diff coastland my-coast.yaml
    """
    from opendome.scenario.resolve import ABSENT
    from opendome.scenario.resolve import diff as differences

    found = differences(load_scenario(file_a), load_scenario(file_b))
    if as_json:
        print_json([{"key": key, "a": _or_absent(a, ABSENT), "b": _or_absent(b, ABSENT)} for key, a, b in found])
    elif not found:
        say("no difference")
    else:
        _print_differences(file_a, file_b, [(key, _value(a, ABSENT), _value(b, ABSENT)) for key, a, b in found])


def _print_differences(file_a: str, file_b: str, rows: list[tuple[str, str, str]]) -> None:
    """A table; with long values a line each instead."""
    if all(len(a) <= _WIDE and len(b) <= _WIDE for _, a, b in rows):
        print_table(("key", file_a, file_b), rows)
        return
    say(f"- {file_a}\n+ {file_b}")
    for key, a, b in rows:
        say(f"{key}\n  - {a}\n  + {b}")


def _or_absent(value: Any, absent: Any) -> Any:
    return {"absent": True} if value is absent else value


def _value(value: Any, absent: Any) -> str:
    import json

    return "(absent)" if value is absent else json.dumps(value, ensure_ascii=False)


def explain(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Scenario key, or a name or key of the catalogue.")],
    as_json: AsJson = False,
) -> None:
    """Say what a scenario key means.

    Unit, meaning, bounds, default and source; also of names and keys of the catalogue.

    \b
    Example:
      opendome explain doctrine.engage_if.p_hit_at_least
      opendome explain assumptions.iron-dome.defended_radius_km
      opendome explain iron-dome
    """
    from opendome.scenario.explain import explain as explain_key

    try:
        found = explain_key(key)
    except CommandError:
        rows = _catalogue_rows(key)
        if not rows:
            raise
        _print_catalogue(rows, as_json)
        return
    if as_json:
        print_json(vars(found))
        return
    say(f"{found.key}  ({found.kind})")
    say(f"  {found.meaning}")
    default = "must be given" if found.is_required else ("null" if found.default is None else found.default)
    for label, text in (
        ("unit", found.unit),
        ("default", default),
        ("plausible", _range(found.low, found.high)),
        ("bounds", found.bounds),
        ("source", found.source),
    ):
        if text not in ("", None):
            say(f"  {label + ':':<10} {text}")


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:g} to {high:g}"


def _catalogue_rows(name: str) -> list[dict[str, Any]]:
    from opendome import catalogue

    try:
        return catalogue.describe(name)
    except CommandError:
        return []


def _print_catalogue(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    columns = ("of", "key", "value", "low", "high", "unit", "confidence", "source")
    cells = [[_catalogue_cell(row[name]) for name in columns] for row in rows]
    print_table(columns, cells)


def _catalogue_cell(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return number_text(value) if isinstance(value, int | float | None) else str(value)


def list_kind(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="threats, sensors, systems, policies, measures, examples, exercises, zonings, places or plugins.",
        ),
    ],
    near: Annotated[str | None, typer.Option("--near", metavar="LAT,LON", help="For places: about this point.")] = None,
    within_km: Annotated[float, typer.Option("--within-km", help="For places: how far from it.")] = 30.0,
    as_json: AsJson = False,
) -> None:
    """List systems, threats, policies, measures, examples ...

    Kinds: threats, sensors, systems, policies, measures, examples, places, plugins.

    \b
    Example:
      opendome list systems
      opendome list places --near 31.8,34.65 --within-km 20
    """
    from opendome.cli.listings import listing

    columns, rows = listing(kind, near, within_km)
    if as_json:
        print_json([dict(zip(columns, row)) for row in rows])
    else:
        print_table(columns, rows)


def map_scenario(
    file: ScenarioFile,
    settings: Settings = None,
    alternative: Alternative = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="HTML or SVG file; by default NAME-map.html.")
    ] = None,
    height_m: Annotated[
        float | None, typer.Option("--height-m", metavar="M", help="Draw what radars see at this height above ground.")
    ] = None,
    target: Annotated[
        str, typer.Option("--target", metavar="CLASS", help="Threat class that is seen there.")
    ] = "medium-rocket",
    first_detection: Annotated[
        str | None,
        typer.Option("--first-detection", metavar="CLASS", help="Shade areas by how soon this class is detected."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw areas, batteries, reach and radar on a map.

    One page (.html) or drawing (.svg) with areas, launch areas, footprints, interceptor reach and radar range; or with
    radar cover at a height, or with the time that is left when a threat is first detected.

    \b
    Example:
      opendome map coastland --alternative one-more --out coastland-map.html
      opendome map coastland --height-m 300 --target one-way-drone
      opendome map coastland --first-detection short-rocket
    """
    from opendome.cli.map_page import draw_map

    scenario = load_scenario(file, settings, alternative)
    path = Path(f"{scenario.name}-map.html") if out is None else out
    path = draw_map(scenario, path, height_m, target, first_detection)
    if as_json:
        print_json({"file": str(path)})
    else:
        say(f"wrote {path}")


VERBS: dict[str, Callable[..., None]] = {
    "new": new,
    "check": check,
    "diff": diff,
    "explain": explain,
    "list": list_kind,
    "map": map_scenario,
}
"""Verbs of this file by name."""

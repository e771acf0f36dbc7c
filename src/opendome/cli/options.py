"""Options and arguments that several verbs share, and how ``--set`` is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from opendome.base.errors import CommandError

if TYPE_CHECKING:
    from opendome.scenario.scenario import Scenario

__all__ = [
    "Alternative",
    "AsJson",
    "Folder",
    "Out",
    "ScenarioFile",
    "Seed",
    "Settings",
    "load_scenario",
    "read_settings",
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
ScenarioFile = Annotated[str, typer.Argument(metavar="FILE", help="Scenario file, or the name of an example.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `study`, `sweep` or `run` wrote.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for tables and manifest.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of every random number; by default the scenario's.")]
Alternative = Annotated[
    str | None, typer.Option("--alternative", metavar="NAME", help="An alternative of the scenario.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Change a scenario key, such as depot.rounds=200; may be repeated."
    ),
]


def read_settings(settings: list[str] | None) -> dict[str, Any]:
    """Read ``KEY=VALUE`` texts; values are JSON (numbers, lists, true, null), anything else is text.

    Raises
    ------
    CommandError
        No equals sign, no key, or a key given twice.
    """
    found: dict[str, Any] = {}
    for setting in settings or ():
        key, sign, text = setting.partition("=")
        if not sign or not key.strip():
            raise CommandError(f"--set {setting!r} is not KEY=VALUE; write for example --set doctrine.salvo=2")
        if key in found:
            raise CommandError(f"--set gives `{key}` twice; give each key once")
        try:
            found[key.strip()] = json.loads(text)
        except ValueError:
            found[key.strip()] = text.strip()
    return found


def load_scenario(file: str, settings: list[str] | None = None, alternative: str | None = None) -> Scenario:
    """Load a scenario, change what ``--set`` asks for as if the file had said so, and choose an alternative."""
    from opendome.scenario.reader import load

    scenario = load(file)
    overrides = read_settings(settings)
    if overrides:
        scenario = scenario.rebased(overrides)
    return scenario if alternative is None else scenario.alternative(alternative)

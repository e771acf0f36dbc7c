"""What a replay is made of: the runs to show, from the folder of a run or of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opendome.base.errors import CommandError, nearest_name
from opendome.results.manifest import read_manifest
from opendome.scenario.reader import loads
from opendome.scenario.scenario import Scenario
from opendome.study.record import open_study
from opendome.study.single import RESOLVED, Run, open_run, run

__all__ = ["MOST_SHOWN", "Shown", "Source", "open_source"]

MOST_SHOWN = 2
"""Alternatives that one page can show."""


@dataclass(frozen=True)
class Shown:
    """One run to show: ``name`` of its alternative, ``label`` for people, and the run itself."""

    name: str
    label: str
    run: Run


@dataclass(frozen=True)
class Source:
    """Runs of one replication, which meet the same raid; ``n_replications`` is None for a run on its own."""

    title: str
    replication: int
    n_replications: int | None
    seed: int
    shown: tuple[Shown, ...]


def open_source(folder: Path, replication: int | None = None, alternatives: Sequence[str] = ()) -> Source:
    """Open a run, or play a replication of a study again.

    Parameters
    ----------
    folder : Path
        What ``opendome run --out`` or ``opendome study --out`` wrote.
    replication : int, optional
        Which replication of a study; by default its first, 0.
    alternatives : names
        Which alternatives of a study, two at most; by default its baseline and the next one.

    Raises
    ------
    CommandError
        There is neither there, or it has no such replication or alternative.
    """
    kind = read_manifest(folder).get("kind")
    if kind == "run":
        return _of_run(open_run(folder), replication, alternatives)
    if kind == "study":
        return _of_study(folder, 0 if replication is None else replication, alternatives)
    raise CommandError(f"{folder} holds a {kind}; name the folder of a run or of a study")


def _title(scenario: Scenario) -> str:
    return str(scenario.data["title"] or scenario.name)


def _of_run(found: Run, replication: int | None, alternatives: Sequence[str]) -> Source:
    """The run as it is; what names another one is refused."""
    threats = found.table("threats")
    name = threats.column("alternative")[0].as_py() if threats.num_rows else found.scenario.model.study.baseline
    if replication not in (None, found.replication):
        raise CommandError(
            f"this folder holds replication {found.replication} alone; leave out --replication, or name a study"
        )
    if any(one != name for one in alternatives):
        raise CommandError(
            f"this folder holds the alternative `{name}` alone; leave out --alternative, or name a study"
        )
    shown = Shown(name, str(found.scenario.data["study"]["labels"].get(name, "The run")), found)
    return Source(_title(found.scenario), found.replication, None, found.seed, (shown,))


def _of_study(folder: Path, replication: int, alternatives: Sequence[str]) -> Source:
    """One replication, played again in each of the alternatives."""
    study = open_study(folder)
    if not 0 <= replication < study.replications:
        raise CommandError(f"--replication {replication}: the study has replications 0 to {study.replications - 1}")
    scenario = loads((folder / RESOLVED).read_text(encoding="utf-8"), str(folder / RESOLVED))
    names = list(dict.fromkeys(alternatives)) or _two_of(study.manifest["baseline"], study.alternatives)
    for name in names:
        if name not in study.alternatives:
            hint = nearest_name(name, study.alternatives) or f"it has {', '.join(study.alternatives)}"
            raise CommandError(f"this study has no alternative `{name}`: {hint}")
    if len(names) > MOST_SHOWN:
        raise CommandError(f"{len(names)} alternatives; a replay shows {MOST_SHOWN} at most")
    seed = int(study.manifest["seed"])
    labels: dict[str, Any] = scenario.data["study"]["labels"]
    policy = study.manifest["policy"] or None
    shown = tuple(
        Shown(name, str(labels.get(name, name)), _play(scenario.alternative(name), seed, replication, policy))
        for name in names
    )
    return Source(_title(scenario), replication, study.replications, seed, shown)


def _two_of(baseline: str, names: Sequence[str]) -> list[str]:
    return [baseline, *(name for name in names if name != baseline)][:MOST_SHOWN]


def _play(scenario: Scenario, seed: int, replication: int, policy: str | None) -> Run:
    return run(scenario, seed=seed, replication=replication, policy=policy)

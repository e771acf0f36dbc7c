"""The after-action review: what an operator did of a raid, beside rules that play the same raid.

It is made of the folder that the trainer keeps: a run with its tables, ``orders.parquet``, ``choices.npy``,
``exercise.yaml``, and ``tracks.parquet``, which says by what numbers the console called the tracks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from opendome.base.errors import CommandError
from opendome.results.store import read_table, replace_file
from opendome.study.decisive import Judgement, judge
from opendome.study.inject import Inject, changed_by
from opendome.study.orders import Action, Order
from opendome.study.played import Levels, Played, open_exercise
from opendome.study.regret import Automatic, Regret, regret_of
from opendome.study.single import open_run

from .exercise import Exercise, load_exercise
from .scene import Names, names_of
from .session import END_SEAT

__all__ = ["Review", "make_review", "open_played", "review_of", "write_review"]

_FILES = ("exercise.yaml", "orders.parquet", "choices.npy")


@dataclass(frozen=True)
class Review:
    """Everything that the review of an exercise tells.

    Attributes
    ----------
    exercise : Exercise          as its file says
    regret : Regret              the operator beside every rule
    against : Automatic          the rule that proposed in the exercise
    judgement : Judgement or None    all that was done beside that rule; None where it is not compiled, or where the
        orders do not lead to what was played
    is_faithful : bool           whether the orders lead to what was played
    names : Names
    numbers : dict               number by which the console called a track, by track
    injects : tuple of Inject
    """

    exercise: Exercise
    regret: Regret
    against: Automatic
    judgement: Judgement | None
    is_faithful: bool
    names: Names
    numbers: dict[int, int]
    injects: tuple[Inject, ...]

    @property
    def played(self) -> Played:
        """The exercise as it was played."""
        return self.regret.exercise


def open_played(folder: Path | str) -> tuple[Played, Exercise, np.ndarray]:
    """Open what the trainer kept: the exercise as it was played, as its file says, and the answers (n,) of the battle.

    Raises
    ------
    CommandError     the folder holds no exercise that was played, or its scenario is not the one that was played
    RunError         a table is missing or was changed
    ScenarioError    the exercise's scenario cannot be used any more
    """
    folder = Path(folder)
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise CommandError(
            f"{folder} holds no exercise that was played (no {', '.join(missing)}); name a folder that "
            "`opendome train` wrote"
        )
    run = open_run(folder)
    said, where = load_exercise(folder / "exercise.yaml")
    if said.from_s is None or said.resume_s is None:
        raise CommandError(f"{folder / 'exercise.yaml'} does not say from when to when it was played")
    injects = [planned.inject() for planned in said.injects]
    changed = changed_by(said.resolved_scenario(where), injects)
    if changed.scenario.hash != run.scenario.hash:
        raise CommandError(
            f"the scenario `{said.scenario}` is not as it was when {folder} was played; put it back, or play again"
        )
    end_s = said.resume_s
    orders = [order.order() for order in said.orders]
    for action, value in ((Action.AUTHORITY, "automatic"), (Action.WEAPONS, "tight")):
        orders.append(Order(end_s, action, value=value, seat=END_SEAT))
    levels = Levels(said.authority, said.weapons, said.veto_s)
    table = read_table(folder / "orders.parquet")
    choices = np.load(folder / "choices.npy", allow_pickle=False)
    return open_exercise(run, table, (said.from_s, end_s), orders, levels, changed), said, choices


def review_of(
    folder: Path | str,
    policies: list[str] | None = None,
    n_luck: int = 200,
    progress: Callable[[str], None] | None = None,
) -> Review:
    """Work out the review of an exercise.

    Parameters
    ----------
    policies : names, optional      rules beside which the operator is put; by default all that are registered. The
        rule that proposed in the exercise is always among them
    n_luck : int                    draws of luck of each
    progress : callable, optional   told what is being done

    Raises
    ------
    as ``open_played``; CommandError    there is no policy of that name
    """
    exercise, said, choices = open_played(folder)
    own = exercise.changed.scenario.model.doctrine.policy
    names = None if policies is None else list(dict.fromkeys([own, *policies]))
    regret = regret_of(exercise, names, n_luck, progress=progress)
    against = next(one for one in regret.automatic if one.policy == own)
    is_faithful = exercise.is_faithful(choices.tolist())
    judgement = None
    if is_faithful and exercise.charge(exercise.rule).is_compiled:
        if progress is not None:
            progress("what was done")
        judgement = judge(exercise, against)
    return Review(
        said,
        regret,
        against,
        judgement,
        is_faithful,
        names_of(exercise.changed.scenario),
        _numbers(Path(folder), exercise),
        tuple(planned.inject() for planned in said.injects),
    )


def _numbers(folder: Path, exercise: Any) -> dict[int, int]:
    """The console's numbers of tracks; where they were not kept, tracks are counted in order of their first look."""
    path = folder / "tracks.parquet"
    if path.is_file():
        table = read_table(path)
        return dict(zip(table.column("track_id").to_pylist(), table.column("number").to_pylist(), strict=True))
    rows = exercise.played.table("decisions").select(["track_id"]).to_pylist()
    return {track_id: k + 1 for k, track_id in enumerate(dict.fromkeys(row["track_id"] for row in rows))}


def make_review(
    folder: Path | str,
    out: Path | str | None = None,
    policies: list[str] | None = None,
    n_luck: int = 200,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Write the review of an exercise as one HTML page; gives its path, ``folder/review/index.html`` by default.

    Parameters and errors as in ``review_of``.
    """
    path = Path(out) if out is not None else Path(folder) / "review" / "index.html"
    return write_review(review_of(folder, policies, n_luck, progress), path)


def write_review(review: Review, path: Path) -> Path:
    """Write a review as one HTML page; gives its path."""
    from .review_page import review_html

    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as temporary:
        temporary.write_text(review_html(review), encoding="utf-8", newline="\n")
    return path

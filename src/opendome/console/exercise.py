"""Exercises: what is played, from when to when, with which levels, injects and orders; read from YAML, written back.

A saved exercise is an exercise file too: it holds the orders given so far and the time it stood at, and is played on
by playing them again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from opendome.base.errors import CommandError, Problem, ScenarioError, nearest_name
from opendome.base.params import Parameters, quantity
from opendome.scenario.document import Document, read_text
from opendome.scenario.paths import dotted
from opendome.scenario.problems import schema_findings
from opendome.scenario.reader import examples, load, read_file
from opendome.scenario.scenario import Scenario
from opendome.scenario.writer import json_text, to_yaml
from opendome.study.inject import Inject, InjectKind
from opendome.study.orders import Action, Authority, Order, Weapons

__all__ = ["Exercise", "GivenOrder", "PlannedInject", "Step", "exercise_names", "exercise_of", "load_exercise"]

_FOLDER = Path(__file__).with_name("exercises")


class Step(Parameters):
    """A line of coaching, shown until the trainee has done what it asks for."""

    id: str = Field(..., max_length=40)
    """Name of the step."""

    text: str = Field(..., max_length=300)
    """What to do, in one line."""

    until: Literal["select", "approve", "assign", "hold", "alert", "authority", "weapons", "salvo", "rate", "end"]
    """The action that ends it; `end`: it stays to the end."""


class PlannedInject(Parameters):
    """Something that happens in the exercise."""

    at_s: float = quantity(..., unit="s", ge=0)
    """When, after the start of the scenario."""

    kind: InjectKind
    """What: radar_failure, link_cut, battery_failure, launcher_jam, lost_resupply, extra_salvo or false_tracks."""

    what: str = Field(..., max_length=100)
    """Id of the radar's owner, link, battery or launch area; of a delivery its number, from 0."""

    lasts_min: float = quantity(10.0, unit="min", gt=0, le=100_000)
    """How long it lasts."""

    toward: str = Field("", max_length=100)
    """Id of the area that a salvo or false tracks go to."""

    threat_class: str = Field("", alias="class", max_length=100)
    """Threat class of a salvo or of false tracks; one that the scenario uses."""

    count: int = quantity(1, unit="count", ge=1, le=200)
    """Launches, tracks or launchers."""

    def inject(self) -> Inject:
        """As the study room knows it."""
        return Inject(self.at_s, self.kind, self.what, self.lasts_min, self.toward, self.threat_class, self.count)


class GivenOrder(Parameters):
    """An order that was given when the exercise was played before."""

    t_s: float
    action: Action
    track: str = Field("-1", pattern=r"^-?[0-9]{1,19}$")
    i_unit: int = -1
    n_rounds: int = 0
    i_area: int = -1
    value: str = Field("", max_length=40)
    seat: str = Field("", max_length=40)
    ordinal: int = -1
    asked_s: float | None = None

    def order(self) -> Order:
        """As the study room knows it."""
        asked_s = float("nan") if self.asked_s is None else self.asked_s
        values = {name: getattr(self, name) for name in type(self).model_fields if name not in ("asked_s", "track")}
        return Order(**values, track_id=int(self.track), asked_s=asked_s)

    @classmethod
    def of(cls, order: Order) -> GivenOrder:
        """An order as a file holds it; the numbers of tracks are too long for numbers in YAML and stand as text."""
        values = {name: value for name, value in order.__dict__.items() if name != "track_id"}
        values["asked_s"] = None if math.isnan(order.asked_s) else order.asked_s
        return cls(**values, track=str(order.track_id))


class Exercise(Parameters):
    """One exercise."""

    exercise: Literal[1]
    """Version of the format."""

    title: str = Field("", max_length=200)
    """Its name for people; empty: the scenario's title."""

    briefing: str = Field("", max_length=2000)
    """What trainees read before it begins."""

    scenario: str = Field(..., max_length=1000)
    """Name of an example, or a scenario file; a relative path counts from the exercise's file."""

    alternative: str | None = None
    """Alternative of the scenario; null: the scenario as it stands."""

    changes: dict[str, Any] = Field(default_factory=dict)
    """Changes of the scenario for this exercise, as under `alternatives`."""

    replication: int = quantity(0, unit="1", ge=0, lt=2**31)
    """Number of the replication: it names the raid and the luck."""

    seed: int | None = quantity(None, unit="1", ge=0, lt=2**63)
    """Seed; null: the scenario's `study.seed`."""

    from_s: float | None = quantity(None, unit="s", ge=0)
    """When live play begins, after the start of the scenario; before it the rule decides. Null: before the busiest
    stretch of the first three days."""

    lasts_min: float = quantity(15.0, unit="min", gt=0, le=100_000)
    """How long live play lasts; after it the rule decides to the end of the scenario."""

    authority: Authority = Authority.APPROVAL
    """Who decides at the start: manual, approval, veto or automatic."""

    weapons: Weapons = Weapons.TIGHT
    """Weapons control at the start: free, tight or hold."""

    veto_s: float = quantity(4.0, unit="s", gt=0, le=60)
    """How long a shot can be held where authority is veto."""

    policy: str | None = None
    """The rule that proposes; null: the scenario's."""

    rate: float = quantity(1.0, unit="factor", ge=0.25, le=32)
    """Pace of the clock at the start."""

    seats: tuple[str, ...] = Field(("Operator 1",), min_length=1, max_length=12)
    """Trainees, one seat each; all see the same picture and any may act."""

    has_instructor: bool = False
    """Whether only the instructor moves the clock; else trainees may."""

    steps: tuple[Step, ...] = ()
    """Lines of coaching."""

    injects: tuple[PlannedInject, ...] = ()
    """What happens in it."""

    orders: tuple[GivenOrder, ...] = ()
    """Orders given before, where it has been played and saved."""

    resume_s: float | None = quantity(None, unit="s", ge=0)
    """Where a saved exercise stood; null: at its beginning."""

    def resolved_scenario(self, folder: Path) -> Scenario:
        """The scenario that is played, with the exercise's changes.

        Raises
        ------
        ScenarioError, CommandError    the scenario, its alternative or a change cannot be used
        """
        beside = folder / self.scenario
        scenario = load(beside if beside.is_file() else self.scenario)
        if self.alternative is not None:
            scenario = scenario.alternative(self.alternative)
        if self.policy is not None:
            scenario = scenario.override({"doctrine.policy": self.policy})
        return scenario.override(self.changes) if self.changes else scenario

    def to_yaml(self) -> str:
        """Write it as YAML; reading the text gives an equal exercise."""
        return to_yaml(self.model_dump(mode="json", by_alias=True, exclude_defaults=True) | {"exercise": 1})

    def as_played(self, injects: Sequence[Inject], orders: Sequence[Order], resume_s: float) -> Exercise:
        """The exercise with what has happened in it so far."""
        planned = tuple(
            PlannedInject.model_validate(
                {
                    "at_s": inject.t_s,
                    "kind": inject.kind,
                    "what": inject.what,
                    "lasts_min": inject.minutes,
                    "toward": inject.toward,
                    "class": inject.threat_class,
                    "count": inject.count,
                }
            )
            for inject in injects
        )
        given = tuple(GivenOrder.of(order) for order in orders)
        return self.model_copy(update={"injects": planned, "orders": given, "resume_s": resume_s})


def exercise_names() -> list[str]:
    """Names of the exercises that come with the program, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def load_exercise(path_or_name: str | Path) -> tuple[Exercise, Path]:
    """An exercise and the folder that its paths count from: from a file, by name, or made of a scenario.

    Parameters
    ----------
    path_or_name : str or Path    exercise file, name of an exercise, scenario file or name of an example

    Raises
    ------
    ScenarioError    with every problem of the file at once
    CommandError     there is no such file, exercise or example
    """
    path, name = Path(path_or_name), str(path_or_name)
    if path.is_file():
        document = read_file(path)
        if "exercise" in document.data:
            return exercise_of(document), path.parent
        return _of_scenario(str(path.resolve())), path.parent
    if name in exercise_names():
        return exercise_of(read_file(_FOLDER / f"{name}.yaml")), _FOLDER
    if name in examples():
        return _of_scenario(name), _FOLDER
    known = [*exercise_names(), *examples()]
    hint = nearest_name(path.stem, known) or f"exercises are {', '.join(exercise_names())}"
    raise CommandError(f"there is no file, exercise or example `{name}`: {hint}")


def exercise_of(document: Document) -> Exercise:
    """Read an exercise.

    Raises
    ------
    ScenarioError    with every problem at once
    """
    problems = list(document.problems)
    try:
        found = Exercise.model_validate_json(json_text(document.data), strict=True)
    except ValidationError as error:
        problems += [
            Problem(
                finding.what,
                dotted(finding.path, document.data),
                document.file,
                document.line(finding.path),
                finding.cure,
            )
            for finding in schema_findings(error, Exercise, document.data)
        ]
    if problems:
        raise ScenarioError(problems)
    return found


_COACHING = (
    ("look", "A track that comes down in a town waits on the right: press Tab, or click it.", "select"),
    ("approve", "Press Enter to approve the shot that is proposed.", "approve"),
    ("on", "Go on: Enter approves, L lets fall, ? shows every key. N skips what is quiet.", "end"),
)


def _of_scenario(name: str) -> Exercise:
    """An exercise made of a scenario: its busiest stretch, every shot by approval, with a little coaching."""
    steps = [{"id": step, "text": text, "until": until} for step, text, until in _COACHING]
    text = json_text({"exercise": 1, "scenario": name, "steps": steps})
    return exercise_of(read_text(text, name))

"""Exercise files: read with every problem at once, written back equal, and the ones that come with the program."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.base.errors import CommandError, ScenarioError
from opendome.console.exercise import Exercise, GivenOrder, PlannedInject, exercise_names, exercise_of, load_exercise
from opendome.scenario.document import read_text
from opendome.study.inject import Inject, InjectKind
from opendome.study.orders import Action, Authority, Order, Weapons
from tests.console.cases import exercise_for


def read(text: str) -> Exercise:
    """Read an exercise."""
    return exercise_of(read_text(text, "mine.yaml"))


def problems(text: str) -> str:
    """What is said of a file that cannot be read."""
    with pytest.raises(ScenarioError) as error:
        read(text)
    return str(error.value)


def test_three_lines_are_an_exercise() -> None:
    found = read("exercise: 1\nscenario: coastland\nlasts_min: 5\n")
    assert found.authority is Authority.APPROVAL and found.weapons is Weapons.TIGHT
    assert found.seats == ("Operator 1",) and not found.has_instructor and found.from_s is None


def test_every_problem_is_said_at_once_with_its_line_and_its_cure() -> None:
    said = problems(
        "exercise: 1\n"
        "scenario: coastland\n"
        "lasts_minutes: 5\n"
        "authority: aproval\n"
        "injects:\n"
        "  - {at_s: -5, kind: radar_failure, what: b1}\n"
        "  - {at_s: 5, kind: quake, what: b1}\n"
    )
    for part in ("4 problems", "mine.yaml:3", "lasts_min", "mine.yaml:4", "approval", "mine.yaml:6", "mine.yaml:7"):
        assert part in said


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("exercise: 2", "exercise"),
        ("rate: 100", "rate"),
        ("seats: []", "seats"),
        ("orders: [{t_s: 5, action: approve, track: xyz}]", "track"),
        ("steps: [{id: a, text: b, until: never}]", "until"),
        ("lasts_min: .inf", "lasts_min"),
        ("seed: 9223372036854775808", "seed"),
    ],
)
def test_what_is_out_of_bounds_is_refused(line: str, says: str) -> None:
    text = "exercise: 1\nscenario: coastland\n" if not line.startswith("exercise") else "scenario: coastland\n"
    assert says in problems(text + line + "\n")


def test_a_change_that_the_scenario_does_not_take_is_refused_when_it_is_loaded() -> None:
    found = read("exercise: 1\nscenario: coastland\nchanges: {doctrine.salvoo: 2}\n")
    with pytest.raises(ScenarioError, match="salvo"):
        found.resolved_scenario(Path())


def test_an_exercise_can_be_on_an_alternative_with_a_rule_of_its_own() -> None:
    found = read("exercise: 1\nscenario: coastland\nalternative: one-more\npolicy: greedy\n")
    scenario = found.resolved_scenario(Path())
    assert [battery.id for battery in scenario.model.batteries] == ["b1", "b2", "b3"]
    assert scenario.model.doctrine.policy == "greedy"


def test_a_path_counts_from_the_file_of_the_exercise(tmp_path: Path, root: Path) -> None:
    (tmp_path / "own.yaml").write_text((root / "scenarios" / "coastland.yaml").read_text())
    (tmp_path / "mine.yaml").write_text("exercise: 1\nscenario: own.yaml\n")
    found, folder = load_exercise(tmp_path / "mine.yaml")
    assert folder == tmp_path
    assert found.resolved_scenario(folder).name == "coastland"


def test_a_scenario_is_an_exercise_too(root: Path) -> None:
    by_name, _ = load_exercise("coastland")
    by_file, folder = load_exercise(root / "scenarios" / "coastland.yaml")
    assert by_name.scenario == "coastland" and by_name.steps
    assert by_file.resolved_scenario(folder).hash == by_name.resolved_scenario(Path()).hash


def test_what_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(CommandError, match="tutorial"):
        load_exercise("tutoriall")


numbers = st.floats(0.0, 1e6, allow_nan=False)
words = st.text("abc xyz-é", max_size=20)
orders = st.builds(
    Order,
    t_s=numbers,
    action=st.sampled_from(list(Action)),
    track_id=st.integers(-1, 2**62),
    i_unit=st.integers(-1, 50),
    n_rounds=st.integers(0, 9),
    i_area=st.integers(-1, 500),
    value=words,
    seat=words,
    ordinal=st.integers(-1, 10**6),
    asked_s=st.one_of(numbers, st.just(math.nan)),
)
injects = st.builds(
    Inject,
    t_s=numbers,
    kind=st.sampled_from(list(InjectKind)),
    what=words.filter(bool),
    minutes=st.floats(0.1, 1000.0),
    toward=words,
    threat_class=words,
    count=st.integers(1, 200),
)


@given(order=orders)
def test_an_order_survives_its_file(order: Order) -> None:
    assert repr(GivenOrder.of(order).order()) == repr(order)


@given(given_orders=st.lists(orders, max_size=4), put=st.lists(injects, max_size=3), t_s=numbers)
def test_a_played_exercise_survives_its_file_to_the_bit(
    given_orders: list[Order], put: list[Inject], t_s: float
) -> None:
    played = exercise_for().as_played(put, given_orders, t_s)
    again = read(played.to_yaml())
    assert again == played
    assert repr([order.order() for order in again.orders]) == repr(given_orders)
    assert [planned.inject() for planned in again.injects] == put
    assert again.resume_s == t_s


def test_a_planned_inject_is_the_inject() -> None:
    planned = PlannedInject.model_validate(
        {"at_s": 5.0, "kind": "extra_salvo", "what": "hills", "toward": "elm", "class": "one-way-drone", "count": 3}
    )
    assert planned.inject() == Inject(5.0, InjectKind.EXTRA_SALVO, "hills", 10.0, "elm", "one-way-drone", 3)


def shipped(name: str) -> Any:
    """An exercise that comes with the program."""
    return load_exercise(name)


@pytest.mark.parametrize("name", exercise_names())
def test_what_comes_with_the_program_can_be_read_and_written_back(name: str) -> None:
    found, folder = shipped(name)
    assert found.title and found.briefing
    assert read(found.to_yaml()) == found
    scenario = found.resolved_scenario(folder)
    assert scenario.model.duration_day * 86400.0 > (found.from_s or 0.0)

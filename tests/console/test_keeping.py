"""What is kept of an exercise: a run that can be opened, the orders with their answers' times, the exercise itself."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from opendome.base.errors import CommandError
from opendome.console.exercise import load_exercise
from opendome.console.keeping import free_folder, keep_exercise, keep_played, orders_table
from opendome.console.session import END_SEAT, Session
from opendome.study.inject import Inject, InjectKind
from opendome.study.orders import Action
from opendome.study.single import open_run
from tests.console.cases import give, session_for, tick_to


def busy() -> Session:
    """A session in which things were ordered, put in and left unanswered."""
    session = session_for(authority="approval")
    tick_to(session, 101.0)
    waiting = list(session.play.desk.waiting)
    give(session, Action.APPROVE, track_id=waiting[0])
    give(session, Action.ASSIGN, track_id=waiting[1], i_unit=1, n_rounds=1)
    give(session, Action.ALERT, i_area=3)
    give(session, Action.RESERVE, value="0.25")
    tick_to(session, 150.0)
    session.inject(Inject(session.now_s, InjectKind.RADAR_FAILURE, "b1", 1.0))
    session.inject(Inject(session.now_s + 5.0, InjectKind.LAUNCHER_JAM, "b2", 1.0))
    tick_to(session, 200.0)
    return session


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, Path]:
    session, folder = busy(), tmp_path_factory.mktemp("kept") / "coastland"
    session.finish()
    keep_played(session, folder)
    return session, folder


def test_what_was_played_is_a_run(kept: tuple[Session, Path]) -> None:
    session, folder = kept
    run = open_run(folder)
    np.testing.assert_array_equal(run.row, session.play.row)
    assert run.scenario.hash == session.changed.scenario.hash != session.scenario.hash
    assert run.table("launches").num_rows > 2


def test_every_order_is_a_row_with_the_time_at_which_it_was_asked_for(kept: tuple[Session, Path]) -> None:
    _, folder = kept
    rows = pq.read_table(folder / "orders.parquet").to_pylist()
    given = [row for row in rows if row["action"] != "unanswered"]
    assert [row["action"] for row in given] == ["approve", "assign", "alert", "reserve", "jam"]
    approve, assign, alert, reserve, jam = given
    assert approve["asked_s"] is not None and approve["asked_s"] < approve["t_s"]
    assert approve["seat"] == "Operator 1" and approve["track_id"] > 0 and approve["battery_id"] is None
    assert (assign["battery_id"], assign["n_rounds"]) == ("b2", 1)
    assert (alert["value"], alert["track_id"], alert["asked_s"]) == ("Dogwood", -1, None)
    assert reserve["value"] == "0.25"
    assert (jam["seat"], jam["battery_id"], jam["value"]) == ("Instructor", "b2", "60.0")
    assert [row["t_s"] for row in rows] == sorted(row["t_s"] for row in rows)
    assert not any(row["seat"] == END_SEAT for row in rows)


def test_what_nobody_answered_is_a_row_at_its_last_launch(kept: tuple[Session, Path]) -> None:
    session, folder = kept
    rows = pq.read_table(folder / "orders.parquet").to_pylist()
    lost = [row for row in rows if row["action"] == "unanswered"]
    assert len(lost) == len(session.play.desk.unanswered) > 0
    assert all(row["asked_s"] <= row["t_s"] for row in lost)


def test_the_answers_are_kept_one_a_decision(kept: tuple[Session, Path]) -> None:
    session, folder = kept
    choices = np.load(folder / "choices.npy", allow_pickle=False)
    assert choices.tolist() == session.play.choices
    assert (choices >= 0).sum() > 2 and (choices == -1).sum() > 5


def test_the_exercise_that_is_kept_leads_to_the_same_answers(kept: tuple[Session, Path]) -> None:
    session, folder = kept
    exercise, at = load_exercise(folder / "exercise.yaml")
    again = Session(exercise, at)
    assert again.now_s == session.now_s
    again.finish()
    assert again.play.choices == session.play.choices
    np.testing.assert_array_equal(again.play.row, session.play.row)


def test_an_empty_table_of_orders_has_its_columns() -> None:
    table = orders_table(session_for().play, session_for().names)
    assert table.num_rows == 0 and table.column_names[:3] == ["t_s", "seat", "action"]


def test_a_folder_that_is_there_is_never_written_into(tmp_path: Path) -> None:
    assert free_folder(tmp_path, "coastland") == tmp_path / "coastland"
    for name in ("coastland", "coastland-2"):
        (tmp_path / name).mkdir()
    assert free_folder(tmp_path, "coastland") == tmp_path / "coastland-3"


def test_saving_leaves_no_scraps_and_a_path_of_its_own_counts_from_anywhere(tmp_path: Path, root: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "own.yaml").write_text((root / "scenarios" / "coastland.yaml").read_text())
    (tmp_path / "a" / "mine.yaml").write_text("exercise: 1\nscenario: own.yaml\nfrom_s: 10\nlasts_min: 1\n")
    session = Session(*load_exercise(tmp_path / "a" / "mine.yaml"))
    keep_exercise(session, tmp_path / "b" / "saved.yaml")
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["saved.yaml"]
    again = Session(*load_exercise(tmp_path / "b" / "saved.yaml"))
    assert again.scenario.hash == session.scenario.hash
    assert math.isclose(again.now_s, session.now_s)


def test_a_run_is_not_kept_over_another(tmp_path: Path) -> None:
    first, second = session_for(), session_for("networked")
    for session in (first, second):
        session.finish()
    keep_played(first, tmp_path / "x")
    with pytest.raises(CommandError, match="holds another"):
        keep_played(second, tmp_path / "x")


def test_what_a_person_played_is_not_explained_by_a_rule(tmp_path):
    from opendome.cli.decision_verb import explain_decision

    session = Session(*load_exercise("tutorial"))
    session.finish()
    folder = tmp_path / "played"
    keep_played(session, folder)
    with pytest.raises(CommandError, match="opendome review"):
        explain_decision(folder, track=1)

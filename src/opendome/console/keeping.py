"""Keep what was played: the run with its tables, the orders, the answers, and the exercise as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from opendome.base.errors import CommandError
from opendome.results.store import replace_file
from opendome.study.live import LivePlay
from opendome.study.orders import Order
from opendome.study.single import run_of

from .exercise import Exercise, exercise_names, load_exercise
from .scene import Names
from .session import END_SEAT, Session

__all__ = ["free_folder", "keep_exercise", "keep_named", "keep_played", "kept_or_shipped", "orders_table"]

_MOST_FOLDERS = 10_000


def free_folder(parent: Path, name: str) -> Path:
    """A folder that does not exist yet: the name, or the name with a number.

    Raises
    ------
    CommandError    there are thousands of them
    """
    for k in range(1, _MOST_FOLDERS):
        folder = parent / (name if k == 1 else f"{name}-{k}")
        if not folder.exists():
            return folder
    raise CommandError(f"{parent} holds {_MOST_FOLDERS} exercises named {name}; move some of them away")


def _order_row(order: Order, names: Names) -> dict[str, Any]:
    return {
        "t_s": order.t_s,
        "seat": order.seat,
        "action": order.action.value,
        "track_id": order.track_id,
        "battery_id": names.unit_ids[order.i_unit] if order.i_unit >= 0 else None,
        "n_rounds": order.n_rounds,
        "value": names.areas[order.i_area] if order.i_area >= 0 else order.value,
        "asked_s": None if np.isnan(order.asked_s) else order.asked_s,
    }


def orders_table(play: LivePlay, names: Names) -> Any:
    """Every order, and every proposal that nobody answered, in order of time, as an Arrow table.

    Columns: t_s, seat, action (``unanswered`` where there was none), track_id (-1: about no single track), battery_id,
    n_rounds, value, asked_s (when the decision was first put; null: nobody had asked).
    """
    import pyarrow as pa

    rows = [_order_row(order, names) for order in play.orders if order.seat != END_SEAT]
    rows += [
        {
            "t_s": item.t_latest_s,
            "seat": "",
            "action": "unanswered",
            "track_id": item.track_id,
            "battery_id": None,
            "n_rounds": 0,
            "value": "",
            "asked_s": item.asked_s,
        }
        for item in play.desk.unanswered
    ]
    rows.sort(key=lambda row: row["t_s"])
    schema = pa.schema(
        [
            ("t_s", pa.float64()),
            ("seat", pa.string()),
            ("action", pa.string()),
            ("track_id", pa.int64()),
            ("battery_id", pa.string()),
            ("n_rounds", pa.int64()),
            ("value", pa.string()),
            ("asked_s", pa.float64()),
        ]
    )
    return pa.Table.from_pylist(rows, schema)


def keep_exercise(session: Session, path: Path) -> None:
    """Write the exercise as it stands now; it is played on with ``opendome train FILE``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as temporary:
        temporary.write_text(session.as_exercise().to_yaml(), encoding="utf-8")


def keep_named(session: Session, out: Path, name: str) -> Path:
    """Write the exercise under a name of its own into a folder; gives the file.

    Raises
    ------
    CommandError    there is one of that name
    """
    path = out / f"{name}.yaml"
    if path.exists():
        raise CommandError(f"{path.name} is there already; give another name")
    keep_exercise(session, path)
    return path


def kept_or_shipped(out: Path, name: str, replication: int | None) -> tuple[Exercise, Path]:
    """An exercise kept in a folder or one that comes with the program, and where its paths count from.

    Parameters
    ----------
    name : str                    of its file; folders in it are left out
    replication : int or None     another raid than the exercise's own, to be played from the beginning

    Raises
    ------
    CommandError    there is none
    """
    kept = out / Path(name).name
    if not kept.is_file() and Path(name).name not in exercise_names():
        raise CommandError(f"there is no exercise `{Path(name).name}` here")
    exercise, folder = load_exercise(kept if kept.is_file() else Path(name).name)
    if replication is not None:
        another = {"replication": replication, "orders": (), "resume_s": None}
        exercise = exercise.model_copy(update=another)
    return exercise, folder


def keep_played(session: Session, folder: Path) -> Any:
    """Write what was played into a folder: a run's tables, ``orders.parquet``, ``choices.npy``, ``exercise.yaml``, and
    ``tracks.parquet``, the numbers by which tracks were called.

    The session must have been finished.

    Returns
    -------
    Run
    """
    import pyarrow.parquet as pq

    exercise = session.as_exercise()
    run = run_of(session.play, session.changed.scenario)
    run.save(folder)
    pq.write_table(orders_table(session.play, session.names), folder / "orders.parquet")
    pq.write_table(session.numbers.table(), folder / "tracks.parquet")
    np.save(folder / "choices.npy", np.array(session.play.choices, np.int64), allow_pickle=False)
    with replace_file(folder / "exercise.yaml") as temporary:
        temporary.write_text(exercise.to_yaml(), encoding="utf-8")
    return run

"""Exercises for the tests of the console, made of the small battles of the tests of live play."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opendome.console.exercise import Exercise, exercise_of
from opendome.console.session import Session
from opendome.scenario.document import read_text
from opendome.scenario.writer import json_text
from opendome.study.orders import Action, Order
from tests.study.live_cases import HILLS, NEAR, QUIET, REPLICATION, SALVOS, SEED

CHANGES: dict[str, dict[str, Any]] = {
    "statistical": {**QUIET, **NEAR, "threats.given": SALVOS},
    "tracked": {**QUIET, **NEAR, "threats.given": SALVOS, "picture.kind": "tracked"},
    "networked": {**QUIET, "threats.given": HILLS},
}
FROM_S, LASTS_MIN = 20.0, 5.0


def exercise_for(kind: str = "statistical", **keys: Any) -> Exercise:
    """An exercise on a small battle; further keys as in a file."""
    values = {
        "exercise": 1,
        "scenario": "networked" if kind == "networked" else "coastland",
        "changes": CHANGES[kind],
        "seed": SEED,
        "replication": REPLICATION,
        "from_s": FROM_S,
        "lasts_min": LASTS_MIN,
        "authority": "automatic",
    }
    return exercise_of(read_text(json_text(values | keys), "exercise.yaml"))


def session_for(kind: str = "statistical", **keys: Any) -> Session:
    """The exercise at its beginning, its clock started."""
    session = Session(exercise_for(kind, **keys), Path())
    session.is_paused = False
    return session


def tick_to(session: Session, t_s: float) -> None:
    """Tick as the server does, ten times a second, up to a time of the battle."""
    while session.now_s < t_s - 1e-9 and not session.is_over:
        session.tick(min(0.1, (t_s - session.now_s) / session.rate))


def give(session: Session, action: Action, **more: Any) -> bool:
    """Enter an order now; one about a track is about the first on the scope unless told."""
    if action in (Action.APPROVE, Action.ASSIGN, Action.HOLD, Action.CEASE):
        more.setdefault("track_id", int(session.play.scope()["track_id"][0]))
    return session.order(Order(0.0, action, **{"seat": "Operator 1", **more}))

"""What a seat is shown of a session, as the browser reads it: the scene, and the state of the moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from opendome.base.errors import OpenDomeError

from . import display
from .exercise import exercise_names, load_exercise
from .scene import inject_forms, scene_of
from .seats import Seat
from .session import Session

__all__ = ["as_text", "instructor_part", "scene_for", "state_of"]


def as_text(value: dict[str, Any]) -> str:
    """A message as text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def scene_for(session: Session, seat: Seat) -> dict[str, Any]:
    """The scene as a seat gets it: the place, the exercise, and who it is."""
    exercise = session.exercise
    scene = scene_of(session.changed.scenario, session.world)
    return scene | {
        "is": "scene",
        "role": seat.role,
        "seat": seat.name,
        "has_clock": seat.has_clock,
        "title": exercise.title or scene["title"],
        "briefing": exercise.briefing,
        "replication": exercise.replication,
        "from_s": session.from_s,
        "until_s": session.until_s,
        "tutorial": [{"id": step.id, "text": step.text, "until": step.until} for step in exercise.steps] or None,
    }


def instructor_part(session: Session, out: Path, seats: tuple[Seat, ...], here: set[str]) -> dict[str, Any]:
    """What only the instructor's scene has: forms of injects, exercises to choose from, seats and who is there.

    Parameters
    ----------
    session : Session
    out : Path     folder of exercises that were saved
    seats : seats
    here : set     tokens of the seats that are taken
    """
    trainees = [
        {"seat": seat.name, "url": seat.page, "is_here": seat.token in here}
        for seat in seats
        if seat.role == "operator"
    ]
    return {"injects": inject_forms(session.scenario), "exercises": _exercises(out), "seats": trainees}


def _exercises(out: Path) -> list[dict[str, str]]:
    """Exercises that come with the program, and those that were saved; files that cannot be read are left out."""
    kept = sorted(out.glob("*.yaml")) if out.is_dir() else []
    listed = []
    for name in [*exercise_names(), *(str(path) for path in kept)]:
        try:
            exercise, _ = load_exercise(name)
        except OpenDomeError:
            continue
        listed.append({"file": Path(name).name, "title": exercise.title or Path(name).stem, "text": exercise.briefing})
    return listed


def state_of(session: Session) -> dict[str, Any]:
    """The state of the moment."""
    play = session.play
    scope, desk, battle = play.scope(), play.desk, play.world.battle
    threats = display.threats_json(play, scope, session.numbers)
    units = display.units_json(play)
    steps = session.exercise.steps
    return {
        "is": "state",
        "t_s": round(session.now_s, 3),
        "rate": session.rate,
        "is_paused": session.is_paused,
        "is_over": session.is_over,
        "can_skip": session.can_skip,
        "authority": desk.authority.value,
        "weapons": desk.weapons.value,
        "salvo": int(battle.salvo),
        "reserve_share": float(battle.reserve_share),
        "alert_rule": not bool((play.world.warning.off_s[:, 1] > session.now_s).any()),
        "threats": threats,
        "asked": threats[0]["track"] if threats and threats[0]["status"] == "asked" else None,
        "units": units,
        "alerts": display.alerts_json(play),
        "stock": display.stock_json(play, units),
        "links_down": display.links_down(play, session.changed.scenario),
        "sensors_down": display.sensors_down(play, session.changed.scenario),
        "bars": session.news.bars(session.from_s, session.now_s),
        "alarms": [line.as_json() for line in session.news.alarms()],
        "tutorial_step": steps[session.steps_done].id if session.steps_done < len(steps) else None,
    }

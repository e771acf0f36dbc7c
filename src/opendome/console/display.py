"""What the operator's display shows at a moment: the frame of blips, and the state with threats, stock and alerts.

Made from the picture, the stock and the desk alone; nothing here reads the truth.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from opendome.base.philox import identity_hash
from opendome.battle.scope import Standing
from opendome.battle.state import Count
from opendome.doctrine import view
from opendome.scenario.scenario import Scenario
from opendome.study.desk import Desk
from opendome.study.live import LivePlay
from opendome.study.orders import Action
from opendome.study.watch import alerts_in_force, launchers_now, look

from .frames import INTERCEPTOR, IS_URGENT, IS_WANTED, TRACK_BLIP, TrackStatus
from .words import reason_of

__all__ = [
    "Numbers",
    "alerts_json",
    "blips",
    "interceptors",
    "links_down",
    "sensors_down",
    "stock_json",
    "threats_json",
    "units_json",
]

MOST_THREATS = 60
MOST_LOOKS = 40
_URGENT_S = 20.0
_LEAST_P_HIT = 0.02
_STATUS = np.array([TrackStatus.OPEN, TrackStatus.AWAY, TrackStatus.HIT, TrackStatus.MISSED], np.uint8)
"""By the Standing of a track that the desk says nothing of."""


class Numbers:
    """Short numbers that people call tracks by, in the order in which tracks come up."""

    FIRST = 1001

    def __init__(self) -> None:
        self._of: dict[int, int] = {}
        self._track: dict[int, int] = {}

    def of(self, track_id: int) -> int:
        """Number of a track; a new one gets the next."""
        if track_id not in self._of:
            self._of[track_id] = self.FIRST + len(self._of)
            self._track[self._of[track_id]] = track_id
        return self._of[track_id]

    def track(self, number: int) -> int | None:
        """The track of a number; None where there is none."""
        return self._track.get(number)

    def table(self) -> Any:
        """Every number with its track, as an Arrow table: track_id, number."""
        import pyarrow as pa

        return pa.table({"track_id": list(self._of), "number": list(self._of.values())})


def statuses(desk: Desk, scope: np.ndarray) -> np.ndarray:
    """How desk and battle stand to the scope's tracks: (n,) of TrackStatus."""
    found = _STATUS[scope["standing"]]
    is_open = (found == TrackStatus.OPEN) | (found == TrackStatus.MISSED)
    found[is_open & np.isin(scope["track_id"], list(desk.waiting))] = TrackStatus.ASKED
    for row in np.flatnonzero(is_open & np.isin(scope["track_id"], list(desk.answers))):
        is_shot = desk.answers[int(scope["track_id"][row])].action in (Action.APPROVE, Action.ASSIGN)
        found[row] = TrackStatus.APPROVED if is_shot else TrackStatus.HELD
    return found


def blips(play: LivePlay, scope: np.ndarray, numbers: Numbers) -> np.ndarray:
    """The scope's tracks as the frame has them: (n,) of TRACK_BLIP."""
    found = np.zeros(len(scope), TRACK_BLIP)
    battle, classes = play.world.battle, play.world.classes
    found["track"] = [numbers.of(track_id) for track_id in scope["track_id"].tolist()]
    found["group"] = classes["i_kill_group"][scope["i_class"]]
    found["status"] = statuses(play.desk, scope)
    is_wanted = (scope["p_hit"] >= battle.p_hit_min) | (scope["value_people"] >= battle.value_min_people)
    is_urgent = (found["status"] == TrackStatus.ASKED) & (scope["t_impact_s"] < play.now_s + _URGENT_S + 10.0)
    found["flags"] = IS_WANTED * is_wanted + IS_URGENT * is_urgent
    for name in ("east_m", "north_m", "height_m", "east_mps", "north_mps"):
        found[name] = scope[name]
    found["to_impact_s"] = scope["t_impact_s"] - play.now_s
    return found


def interceptors(play: LivePlay, numbers: Numbers) -> np.ndarray:
    """Own rounds in flight, on the straight line from their launcher to the predicted meeting: (n,) of INTERCEPTOR."""
    state, now_s = play.state, play.now_s
    lines = state.launches[: state.count[Count.N_LAUNCHES]]
    lines = lines[(lines["t_s"] <= now_s) & (now_s < lines["t_intercept_s"])]
    found = np.zeros(len(lines), INTERCEPTOR)
    if len(lines) == 0:
        return found
    unit = state.units[lines["i_unit"]]
    share = (now_s - lines["t_s"]) / np.maximum(lines["t_intercept_s"] - lines["t_s"], 1e-9)
    found["track"] = [numbers.of(track_id) for track_id in lines["track_id"].tolist()]
    found["unit"] = lines["i_unit"]
    found["east_m"] = unit["east_m"] + share * (lines["intercept_east_m"] - unit["east_m"])
    found["north_m"] = unit["north_m"] + share * (lines["intercept_north_m"] - unit["north_m"])
    found["height_m"] = share * lines["intercept_height_m"]
    found["to_meeting_s"] = lines["t_intercept_s"] - now_s
    return found


def _number(value: float, digits: int = 2) -> float | None:
    """A number for JSON; None where it is infinite or has no value."""
    return round(float(value), digits) if math.isfinite(value) else None


def _option(row: np.ndarray) -> dict[str, Any]:
    return {
        "unit": int(row[view.UNIT]),
        "n_rounds": int(row[view.N_ROUNDS]),
        "p_kill": _number(row[view.P_KILL]),
        "t_launch_s": _number(row[view.T_LAUNCH_S]),
        "t_intercept_s": _number(row[view.T_INTERCEPT_S]),
        "t_latest_s": _number(row[view.T_LATEST_S]),
    }


def _toward(play: LivePlay, i_row: int) -> int:
    """Area that a prediction most probably hits; -1 for none."""
    window = play.window
    n = int(window.assessments["n_areas"][i_row])
    return int(window.areas[i_row, int(np.argmax(window.p_areas[i_row, :n]))]) if n else -1


def _threat(play: LivePlay, blip: np.void, status: TrackStatus, numbers: Numbers, is_looked_at: bool) -> dict[str, Any]:
    """One row of the table of threats."""
    track_id, i_row = int(blip["track_id"]), int(blip["i_row"])
    row, waiting = play.window.assessments[i_row], play.desk.waiting.get(track_id)
    threat: dict[str, Any] = {
        "track": numbers.of(track_id),
        "i_class": int(blip["i_class"]),
        "toward": _toward(play, i_row),
        "p_hit": _number(blip["p_hit"], 3),
        "people": _number(blip["value_people"], 3),
        "t_impact_s": _number(blip["t_impact_s"]),
        "t_latest_s": None,
        "status": status.name.lower(),
        "advice": None,
        "reason": "under threshold",
        "options": [],
        "t_auto_s": None if waiting is None else _number(waiting.t_fires_s),
        "mean": [_number(row["mean_east_m"], 0), _number(row["mean_north_m"], 0)],
        "cov": [_number(row[name], 0) for name in ("var_east_m2", "cov_m2", "var_north_m2")],
    }
    if int(blip["standing"]) == Standing.AWAY:
        threat |= _engagement(play, blip)
    elif is_looked_at:
        found = look(play, int(blip["i_track"]))
        threat["t_latest_s"] = _number(found.t_latest_s)
        threat["reason"] = reason_of(found)
        threat["options"] = [_option(option) for option in found.options[:24]]
        if found.proposed >= 0:
            threat["advice"] = threat["options"][found.proposed] if found.proposed < 24 else None
    return threat


def _engagement(play: LivePlay, blip: np.void) -> dict[str, Any]:
    """How far the rounds at a track are."""
    lines = play.state.launches[: play.state.count[Count.N_LAUNCHES]]
    mine = lines[lines["track_id"] == blip["track_id"]]
    coming = mine["t_s"][mine["t_s"] > play.now_s]
    reason = "rounds away" if math.isfinite(blip["t_meet_s"]) else "assessing"
    reason = f"launch in {coming.min() - play.now_s:.0f} s" if len(coming) else reason
    return {
        "reason": reason,
        "t_meet_s": _number(blip["t_meet_s"]),
        "unit": int(mine["i_unit"][-1]) if len(mine) else -1,
    }


def _urgency(threat: dict[str, Any]) -> tuple[float, float]:
    """What comes first: what waits for an answer, then what can still be shot at, then the rest, by time."""
    rank = {"asked": 0, "missed": 1, "open": 1, "approved": 2, "away": 3, "held": 4, "hit": 5}[threat["status"]]
    if rank == 1 and threat["t_latest_s"] is None:
        rank = 4
    latest_s = threat["t_latest_s"] if threat["t_latest_s"] is not None else threat["t_impact_s"]
    return rank, latest_s if latest_s is not None else math.inf


def threats_json(play: LivePlay, scope: np.ndarray, numbers: Numbers) -> list[dict[str, Any]]:
    """Tracks that may come down in a defended area, or that somebody acted on, the most urgent first."""
    battle, desk = play.world.battle, play.desk
    has_answer = np.isin(scope["track_id"], list(desk.answers))
    is_listed = (scope["p_hit"] >= _LEAST_P_HIT) | (scope["standing"] != Standing.OPEN) | has_answer
    listed = scope[is_listed]
    listed = listed[np.lexsort((listed["t_impact_s"], listed["p_hit"] < battle.p_hit_min))][:MOST_THREATS]
    threats = [
        _threat(play, blip, TrackStatus(status), numbers, k < MOST_LOOKS)
        for k, (blip, status) in enumerate(zip(listed, statuses(desk, listed).tolist(), strict=True))
    ]
    return sorted(threats, key=_urgency)


def units_json(play: LivePlay) -> list[dict[str, Any]]:
    """Fire units: state, place, rounds by launcher, channels."""
    state, battle = play.state, play.world.battle
    epoch = int(state.count[Count.EPOCH])
    found = []
    for i, (unit, launchers) in enumerate(zip(state.units, launchers_now(play), strict=True)):
        i_post = int(battle.net.i_post[epoch, i])
        word = "ready" if unit["is_ready"] else "waiting"
        if unit["is_failed"]:
            word = "failed"
        elif unit["is_ready"] and i_post < 0:
            word = "cut_off"
        free = int(battle.posts["n_channels"][i_post] - state.busy[i_post]) if i_post >= 0 else 0
        found.append(
            {
                "state": word,
                "east_m": _number(unit["east_m"], 0),
                "north_m": _number(unit["north_m"], 0),
                "ready": sum(rounds for rounds, _ in launchers) if unit["is_ready"] else 0,
                "depot": int(state.depots[battle.units["i_depot"][i]]),
                "channels_free": free,
                "launchers": [{"rounds": rounds, "t_loaded_s": _number(t_s)} for rounds, t_s in launchers],
            }
        )
    return found


def stock_json(play: LivePlay, units: list[dict[str, Any]]) -> dict[str, int]:
    """Rounds ready, in depots and fired."""
    state = play.state
    ready = sum(unit["ready"] for unit in units)
    return {"ready": ready, "depot": int(state.depots.sum()), "fired": int(state.count[Count.FIRED])}


def alerts_json(play: LivePlay) -> list[dict[str, Any]]:
    """Areas under alert."""
    return [
        {
            "area": alert.i_area,
            "since_s": _number(alert.since_s),
            "until_s": _number(alert.until_s),
            "by": "operator" if alert.is_by_hand else "rule",
        }
        for alert in alerts_in_force(play)
    ]


def sensors_down(play: LivePlay, scenario: Scenario) -> list[int]:
    """Places, in the scene's list of radars, of those that do not work now."""
    sensors, now_s = play.world.picture.sensors, play.now_s
    is_up = (sensors["t_up_s"] <= now_s) & (now_s < sensors["t_down_s"])
    working = set(sensors["identity"][is_up].tolist())
    owners = [*(battery.id for battery in scenario.model.batteries if battery.has_radar)]
    owners += [sensor.id for sensor in scenario.model.sensors]
    return [i for i, owner in enumerate(owners) if identity_hash(owner + "/radar") not in working]


def links_down(play: LivePlay, scenario: Scenario) -> list[int]:
    """Places of the links that do not work now: by their outages, planned or put in by the instructor."""
    day = play.now_s / 86400.0
    return [
        i
        for i, link in enumerate(scenario.model.links)
        if any(out.from_day <= day and (out.until_day is None or day < out.until_day) for out in link.outages)
    ]

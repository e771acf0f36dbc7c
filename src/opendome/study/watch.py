"""What a person can see of a live battle at a moment: what could be done about a track, alerts in force, launchers.

Nothing here changes the battle: looks at options work on copies of what a look might touch.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.battle.looking import look_at
from opendome.battle.state import BattleState, Count
from opendome.doctrine import view
from opendome.warning.alerts import collect_alerts

from .live import LivePlay

__all__ = ["AlertInForce", "Look", "alerts_in_force", "busiest_s", "launchers_now", "look", "next_track_s"]


class Look(NamedTuple):
    """What could be done about a track: ``reason`` (a Reason) where nothing can; ``t_latest_s`` the latest launch, -inf
    for none; ``options`` (n, N_OPTION) columns as in ``doctrine.view``; ``proposed`` the rule's row, -1 for none.
    """

    reason: int
    t_latest_s: float
    options: NDArray[np.float64]
    proposed: int


class AlertInForce(NamedTuple):
    """An area under alert; ``is_by_hand``: a person placed the last alert."""

    i_area: int
    since_s: float
    until_s: float
    is_by_hand: bool


def untouched(state: BattleState) -> BattleState:
    """The state with copies of what a look may touch."""
    return state._replace(launchers=state.launchers.copy(), count=state.count.copy())


def look(play: LivePlay, i_track: int) -> Look:
    """What could be done about a track of the window now."""
    state = untouched(play.state)
    reason, t_latest_s = look_at(play.world.battle, state, play.window, i_track, play.now_s)
    n = int(state.count[Count.N_OPTIONS])
    options = state.view_options[:n].copy()
    proposed = play.propose(state.view_track, options, state.view_stock) if n else view.HOLD
    return Look(int(reason), float(t_latest_s), options, proposed)


def next_track_s(play: LivePlay) -> float:
    """When the next track of the window comes up; infinite for none before the window's end."""
    tracks = play.window.tracks
    coming = tracks["t_confirmed_s"][(tracks["t_confirmed_s"] > play.now_s) & (tracks["post_mask"] != 0)]
    return float(coming.min()) if len(coming) else math.inf


def busiest_s(play: LivePlay, lasts_s: float) -> float:
    """When the first track comes up of the stretch, ``lasts_s`` long, in which most tracks were fired at.

    Among stretches that are equally busy the earliest; 0 where nothing was fired.
    """
    pieces = [*play.logs.decisions, play.state.decisions[: play.state.count[Count.N_DECISIONS]]]
    decisions = np.concatenate(pieces)
    shots = decisions[decisions["n_rounds"] > 0]
    if len(shots) == 0:
        return 0.0
    first_s = _first_seen_s(play)
    times = np.sort([first_s[track_id] for track_id in set(shots["track_id"].tolist())])
    counts = np.searchsorted(times, times + lasts_s) - np.arange(len(times))
    return float(times[int(np.argmax(counts))])


def _first_seen_s(play: LivePlay) -> dict[int, float]:
    """When each track of the battle so far was first predicted."""
    window = play.window
    pieces = [*play.logs.assessments, (window.assessments, window.tracks["track_id"][window.assessments["i_track"]])]
    first_s: dict[int, float] = {}
    for rows, track_ids in pieces:
        is_first = rows["ordinal"] == 0
        for track_id, t_s in zip(track_ids[is_first].tolist(), rows["t_s"][is_first].tolist()):
            first_s.setdefault(track_id, t_s)
    return first_s


def alerts_in_force(play: LivePlay) -> list[AlertInForce]:
    """Areas whose people are told to be in shelter now, in order of area."""
    world, window, ledger, now_s = play.world, play.window, play.ledger, play.now_s
    seen = (window.tracks, window.assessments, window.areas, window.p_areas, window.is_inside)
    stretch = (float(ledger.sounded_s[0]), math.nextafter(now_s, math.inf))
    alerts = collect_alerts(world.warning, *seen, *stretch)
    # Nobody knows yet which alerts will be called off: until then they last as planned.
    planned = collect_alerts(world.warning._replace(is_called_off=False), *seen, *stretch)["t_end_s"]
    lasts_s = np.where(alerts["t_end_s"] > now_s, planned, alerts["t_end_s"])
    since: dict[int, AlertInForce] = {}
    for row in np.flatnonzero((ledger.t_start_s <= now_s) & (now_s < ledger.t_until_s)).tolist():
        since[row] = AlertInForce(row, float(ledger.t_start_s[row]), float(ledger.t_until_s[row]), False)
    told = (alerts[name].tolist() for name in ("i_area", "t_s", "i_track"))
    for i, t_s, i_track, until_s in zip(*told, lasts_s.tolist(), strict=True):
        begun = since.get(i)
        if begun is None or t_s > begun.until_s:
            since[i] = AlertInForce(i, t_s, until_s, i_track < 0)
        else:
            since[i] = AlertInForce(i, begun.since_s, max(until_s, begun.until_s), i_track < 0)
    return [since[i] for i in sorted(since) if now_s < since[i].until_s]


def launchers_now(play: LivePlay) -> list[list[tuple[int, float]]]:
    """Of every unit, each launcher's ready rounds and when it is loaded (infinite where it is not being reloaded)."""
    found: list[list[tuple[int, float]]] = [[] for _ in play.world.battle.units]
    for launcher in play.state.launchers:
        t_loaded_s, rounds = float(launcher["t_loaded_s"]), int(launcher["rounds"])
        is_loading = play.now_s < t_loaded_s < math.inf
        if t_loaded_s <= play.now_s:
            rounds += int(launcher["coming"])
        found[int(launcher["i_unit"])].append((0 if is_loading else rounds, t_loaded_s if is_loading else math.inf))
    return found

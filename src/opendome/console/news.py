"""The log of an exercise: what the operator learns, line by line, and how busy the raid has been."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from opendome.battle.state import Count
from opendome.study.live import LivePlay

from .display import Numbers
from .scene import Names
from .words import order_words

__all__ = ["Line", "News"]

_MOST_LINES = 2000
_BIN_S = 4.0
_MOST_BARS = 240
_ALARMS_AMONG = 40


@dataclass(frozen=True)
class Line:
    """One line of the log; ``track`` the number of the track that it is about, 0 for none; ``is_noted``: an alarm that
    somebody has acknowledged.
    """

    n: int
    t_s: float
    text: str
    level: str = "normal"
    track: int = 0
    is_noted: bool = False

    def as_json(self) -> dict[str, Any]:
        """As the browser reads it."""
        return {"n": self.n, "t_s": round(self.t_s, 2), "text": self.text, "level": self.level, "track": self.track}


@dataclass
class News:
    """What is new since the last look at a battle; lines are kept, the newest last."""

    names: Names
    numbers: Numbers
    lines: list[Line] = field(default_factory=list)
    _n: int = 0
    _n_orders: int = 0
    _n_launches: int = 0
    _ordered: list[tuple[float, int, int]] = field(default_factory=list)
    _n_unanswered: int = 0
    _n_units: int = 0
    _judged: set[tuple[int, float]] = field(default_factory=set)
    _alerted: set[int] = field(default_factory=set)
    _seen: dict[int, float] = field(default_factory=dict)
    _fired: dict[int, int] = field(default_factory=dict)

    def collect(self, play: LivePlay, alerts: list[dict[str, Any]]) -> list[Line]:
        """Lines that are new, in order of time."""
        found = [
            *self._orders(play),
            *self._launches(play),
            *self._looks(play),
            *self._expired(play),
            *self._units(play),
            *self._alerts(play, alerts),
        ]
        self._note_seen(play)
        lines = []
        for t_s, text, level, track in sorted(found, key=lambda line: line[0]):
            self._n += 1
            lines.append(Line(self._n, t_s, text, level, track))
        self.lines = (self.lines + lines)[-_MOST_LINES:]
        return lines

    def take_up(self, lines: list[Line]) -> None:
        """Go on from a log that was written before, in place of what has been collected."""
        self.lines, self._n = lines, lines[-1].n

    def _note_seen(self, play: LivePlay) -> None:
        """Note when each track of the window came up."""
        tracks = play.window.tracks
        is_up = (tracks["t_confirmed_s"] <= play.now_s) & (tracks["post_mask"] != 0)
        self._seen.update(zip(tracks["track_id"][is_up].tolist(), tracks["t_confirmed_s"][is_up].tolist()))

    def acknowledge(self, n: int) -> None:
        """Note that somebody has seen a line."""
        self.lines = [replace(line, is_noted=True) if line.n == n else line for line in self.lines]

    def alarms(self) -> list[Line]:
        """Alarms among the newest lines that nobody has acknowledged."""
        return [line for line in self.lines[-_ALARMS_AMONG:] if line.level == "alarm" and not line.is_noted]

    def say(self, t_s: float, text: str, level: str = "notice") -> Line:
        """Add a line of one's own."""
        self._n += 1
        self.lines.append(Line(self._n, t_s, text, level))
        return self.lines[-1]

    def bars(self, from_s: float, now_s: float) -> dict[str, Any]:
        """Tracks that came up, and those of them that were fired at, by stretches of time."""
        bin_s = _BIN_S
        while (now_s - from_s) / bin_s > _MOST_BARS:
            bin_s *= 2.0
        n = max(int((now_s - from_s) / bin_s) + 1, 1)
        seen, engaged = [0] * n, [0] * n
        for track_id, t_s in self._seen.items():
            k = int((t_s - from_s) / bin_s)
            if 0 <= k < n:
                seen[k] += 1
                engaged[k] += track_id in self._fired
        return {"from_s": from_s, "bin_s": bin_s, "seen": seen, "engaged": engaged}

    def _orders(self, play: LivePlay) -> list[tuple[float, str, str, int]]:
        fresh, self._n_orders = play.orders[self._n_orders :], len(play.orders)
        found = []
        for order in fresh:
            number = self.numbers.of(order.track_id) if order.track_id >= 0 else 0
            text = order_words(order, number, self.names.units, self.names.areas)
            found.append((order.t_s, text, "normal", number))
        return found

    def _launches(self, play: LivePlay) -> list[tuple[float, str, str, int]]:
        """Rounds that have left their launchers, one line a salvo."""
        lines = np.concatenate([*play.logs.launches, play.state.launches[: play.state.count[Count.N_LAUNCHES]]])
        self._ordered += [
            (float(line["t_s"]), int(line["track_id"]), int(line["i_unit"])) for line in lines[self._n_launches :]
        ]
        self._n_launches = len(lines)
        salvos: dict[tuple[int, int], list[float]] = {}
        for t_s, track_id, i_unit in self._ordered:
            if t_s <= play.now_s:
                salvos.setdefault((track_id, i_unit), []).append(t_s)
        self._ordered = [launch for launch in self._ordered if launch[0] > play.now_s]
        found = []
        for (track_id, i_unit), times in salvos.items():
            number, n = self.numbers.of(track_id), len(times)
            self._fired[track_id] = self._fired.get(track_id, 0) + n
            rounds = f"{n} round{'s' if n > 1 else ''}"
            found.append((min(times), f"{self.names.units[i_unit]} fires {rounds} at track {number}", "normal", number))
        return found

    def _looks(self, play: LivePlay) -> list[tuple[float, str, str, int]]:
        """Engagements that have been assessed."""
        state = play.state
        lines = np.concatenate([*play.logs.intercepts[-2:], state.intercepts[: state.count[Count.N_INTERCEPTS]]])
        found = []
        for line in lines[lines["is_judged_killed"] >= 0]:
            key = int(line["track_id"]), float(line["t_look_s"])
            if key in self._judged:
                continue
            self._judged.add(key)
            number, is_hit = self.numbers.of(key[0]), line["is_judged_killed"] == 1
            text = f"Track {number} assessed {'hit' if is_hit else 'missed'}"
            found.append((key[1], text, "normal" if is_hit else "notice", number))
        return found

    def _expired(self, play: LivePlay) -> list[tuple[float, str, str, int]]:
        fresh = play.desk.unanswered[self._n_unanswered :]
        self._n_unanswered = len(play.desk.unanswered)
        found = []
        for item in fresh:
            number = self.numbers.of(item.track_id)
            found.append((item.t_latest_s, f"Track {number}: no answer before the last launch", "alarm", number))
        return found

    def _units(self, play: LivePlay) -> list[tuple[float, str, str, int]]:
        fresh, self._n_units = play.logs.units[self._n_units :], len(play.logs.units)
        return [
            (change.t_s, f"{self.names.units[change.i_unit]}: {change.state}", _level(change.state), 0)
            for change in fresh
            if change.t_s > 0.0
        ]

    def _alerts(self, play: LivePlay, alerts: list[dict[str, Any]]) -> list[tuple[float, str, str, int]]:
        """Alerts that have begun, and that have ended."""
        now = {alert["area"]: alert for alert in alerts}
        begun = [now[area] for area in sorted(set(now) - self._alerted)]
        over = sorted(self._alerted - set(now))
        self._alerted = set(now)
        return [
            *((alert["since_s"], f"Alert in force: {self.names.areas[alert['area']]}", "notice", 0) for alert in begun),
            *((play.now_s, f"Alert over: {self.names.areas[area]}", "normal", 0) for area in over),
        ]


def _level(state: str) -> str:
    return "alarm" if state == "failed" else "notice"

"""Plays one replication and writes down everything: decisions, launches, stock, moves, alerts, objects and their ends.

The battle is the same as in a study, kernel and all; the recorder only stops it more often. It is, beside the kernel,
the one place that may see both what is true and what the defence believes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from opendome.battle.state import Clock, Count
from opendome.scenario.world import TrackedWorld, World

from .doors import Play
from .settle import last_reasons

__all__ = ["Alert", "Ended", "Recorder", "StockChange", "UnitChange"]

_DAY_S = 86400.0


def _word(change: np.void, before: np.void | None) -> str:
    """What an entry of a timetable says, after the one before it."""
    if change["is_departure"]:
        return "left"
    if before is not None and change["is_up"] != before["is_up"]:
        return "repaired" if change["is_up"] else "failed"
    if change["is_ready"]:
        return "ready"
    if change["is_arrival"]:
        return "arrived"
    return "moving" if before is not None and before["is_ready"] else "waiting"


@dataclass
class Alert:
    """One alert of one area, later ones merged into it."""

    t_s: float
    t_end_s: float
    i_area: int
    track_id: int
    n_tracks: int = 1
    is_needed: bool = False


@dataclass(frozen=True)
class StockChange:
    """Rounds added or taken away, and what is there afterwards; ``i_unit``, ``i_depot``: -1 where none is concerned."""

    t_s: float
    cause: str
    i_unit: int
    i_depot: int
    change_rounds: int
    ready_rounds: int
    depot_rounds: int


@dataclass(frozen=True)
class UnitChange:
    """A unit that arrives, gets ready, moves, leaves, fails or works again."""

    t_s: float
    i_unit: int
    state: str
    east_m: float
    north_m: float


@dataclass(frozen=True)
class Ended:
    """Objects whose end was counted in one window, with what became of them; arrays of equal length.

    ``share`` of people in shelter where the object came down, or would have, on built-up ground of an area; ``debris``
    (n, 2): area of its debris, -1 for none, and the share in shelter there.
    """

    objects: np.ndarray
    state: np.ndarray
    reason: np.ndarray
    lead_s: np.ndarray
    share: np.ndarray
    debris: np.ndarray


@dataclass
class _Logs:
    """What the recorder gathers, in pieces."""

    decisions: list[np.ndarray] = field(default_factory=list)
    stock_at_decision: list[tuple[int, int]] = field(default_factory=list)
    launches: list[np.ndarray] = field(default_factory=list)
    intercepts: list[np.ndarray] = field(default_factory=list)
    assessments: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    stock: list[StockChange] = field(default_factory=list)
    units: list[UnitChange] = field(default_factory=list)
    links: dict[int, list[tuple[float, float, int, int]]] = field(default_factory=dict)


class Recorder(Play):
    """A replication that is written down as it is played; the results stand in ``logs``, the summary in ``row``."""

    def __init__(self, world: World | TrackedWorld, seed: int, replication: int, is_priced: bool = False):
        super().__init__(world, seed, replication, is_logging=True, is_priced=is_priced)
        self.logs = _Logs()
        self._n_stamped = 0
        self._n_windows = 0
        self._alert_of_area: dict[int, Alert] = {}
        self._ready = 0
        self._depots = [0] * len(self.state.depots)
        self._held = np.zeros(len(self.world.battle.units), np.int64)
        self._cursors = (0, 0)
        self._note_depots()

    def finish(self) -> None:
        """Take what is left in the logs once the replication is over."""
        self._stamp()
        self.on_log_full()

    # --- decisions ---

    def answer(self, choice: int) -> None:
        """Carry out the answer to the pending decision, and note what it does to the stock."""
        self._note_scheduled(self.state.clock[Clock.NOW_S])
        self._stamp()
        before, fired = self._stock_now(), self.state.fired_by_unit.copy()
        super().answer(choice)
        t_s = float(self.state.view_track[0])
        for i_unit in np.flatnonzero(self.state.fired_by_unit - fired):
            n_rounds = int(self.state.fired_by_unit[i_unit] - fired[i_unit])
            self._held[i_unit] -= n_rounds
            self._add_stock(t_s, "fired", int(i_unit), -1, -n_rounds)
        self._note_reloads(t_s)
        self._stamp(before)

    def on_log_full(self) -> None:
        """Take the logs; engagements that still wait for their judgement stay, so that the kernel can write it."""
        self._stamp()
        state, count = self.state, self.state.count
        self.logs.decisions.append(state.decisions[: count[Count.N_DECISIONS]].copy())
        self.logs.launches.append(state.launches[: count[Count.N_LAUNCHES]].copy())
        lines = state.intercepts[: count[Count.N_INTERCEPTS]].copy()
        is_open = lines["is_judged_killed"] < 0
        self.logs.intercepts.append(lines[~is_open])
        n_open = int(is_open.sum())
        state.intercepts[:n_open] = lines[is_open]
        count[Count.N_DECISIONS] = count[Count.N_LAUNCHES] = 0
        count[Count.N_INTERCEPTS] = n_open
        self._n_stamped = 0

    def _stamp(self, stock: tuple[int, int] | None = None) -> None:
        """Write the stock of the moment beside every new line of the decision log."""
        n_new = int(self.state.count[Count.N_DECISIONS]) - self._n_stamped
        self.logs.stock_at_decision += [self._stock_now() if stock is None else stock] * n_new
        self._n_stamped += n_new

    # --- what is scheduled: arrivals, moves, failures, resupply ---

    def _advance(self, until_s: float) -> Iterator[bool]:
        """Advance as a study does, but stop at every scheduled change as well."""
        while -math.inf < self.state.clock[Clock.NEXT_SCHEDULED_S] < until_s:
            t_s = float(self.state.clock[Clock.NEXT_SCHEDULED_S])
            yield from super()._advance(t_s)
            self._stamp()
            yield from super()._advance(math.nextafter(t_s, math.inf))
            self._note_scheduled(t_s)
        is_start = self.state.clock[Clock.NEXT_SCHEDULED_S] == -math.inf
        yield from super()._advance(until_s)
        if is_start:
            self._note_scheduled(0.0)
        self._stamp()

    def _note_scheduled(self, t_s: float) -> None:
        """Note every scheduled change since the last time."""
        count, model = self.state.count, self.world.battle
        first_change, first_lot = self._cursors
        self._cursors = int(count[Count.NEXT_CHANGE]), int(count[Count.NEXT_RESUPPLY])
        for row in model.change_order[first_change : self._cursors[0]]:
            self._note_change(int(row))
        for lot in model.resupply[first_lot : self._cursors[1]]:
            self._note_lot(lot)
        self._note_reloads(t_s)

    def _note_change(self, row: int) -> None:
        """One entry of a unit's timetable."""
        model = self.world.battle
        change, i_unit = model.changes[row], int(model.change_unit[row])
        unit, t_s = model.units[i_unit], float(change["t_s"])
        before = None if row == unit["first_change"] else model.changes[row - 1]
        word = _word(change, before)
        self.logs.units.append(UnitChange(t_s, i_unit, word, float(change["east_m"]), float(change["north_m"])))
        if change["is_arrival"]:
            loaded = int(min(unit["loaded_rounds"], unit["n_launchers"] * unit["rounds_per_launcher"]))
            self._held[i_unit] += loaded
            self._add_stock(t_s, "start" if t_s == 0.0 else "arrival", i_unit, -1, loaded)
        if change["is_departure"]:
            n_rounds, self._held[i_unit] = int(self._held[i_unit]), 0
            self._add_stock(t_s, "departure", i_unit, -1, -n_rounds)

    def _note_lot(self, lot: Any) -> None:
        """One delivery to a depot, or its loss."""
        cause = "production" if lot["is_made"] else "resupply"
        n_rounds = 0 if lot["is_lost"] else int(lot["n_rounds"])
        self._add_stock(float(lot["t_s"]), "lost" if lot["is_lost"] else cause, -1, int(lot["i_depot"]), n_rounds)

    def _note_depots(self) -> None:
        """Rounds in the depots at the start."""
        for i_depot, n_rounds in enumerate(self.world.battle.depots["n_rounds"]):
            self._add_stock(0.0, "start", -1, i_depot, int(n_rounds))

    def _note_reloads(self, t_s: float) -> None:
        """Rounds that were set aside for a launcher out of its depot since the last time."""
        launchers = self.state.launchers
        held = np.bincount(
            launchers["i_unit"], weights=launchers["rounds"] + launchers["coming"], minlength=len(self._held)
        ).astype(np.int64)
        for i_unit in np.flatnonzero(held != self._held):
            n_rounds = int(held[i_unit] - self._held[i_unit])
            i_depot = int(self.world.battle.units[i_unit]["i_depot"])
            self._depots[i_depot] -= n_rounds
            self._ready += n_rounds
            self._append_stock(t_s, "reloaded", int(i_unit), i_depot, n_rounds)
        self._held = held
        for i_depot, n_rounds in enumerate(self.state.depots.tolist()):
            if n_rounds != self._depots[i_depot]:
                more = n_rounds - self._depots[i_depot]
                self._add_stock(t_s, "order" if more > 0 else "sent", -1, i_depot, more)

    def _add_stock(self, t_s: float, cause: str, i_unit: int, i_depot: int, n_rounds: int) -> None:
        if i_depot >= 0:
            self._depots[i_depot] += n_rounds
        else:
            self._ready += n_rounds
        self._append_stock(t_s, cause, i_unit, i_depot, n_rounds)

    def _append_stock(self, t_s: float, cause: str, i_unit: int, i_depot: int, n_rounds: int) -> None:
        self.logs.stock.append(StockChange(t_s, cause, i_unit, i_depot, n_rounds, *self._stock_now()))

    def _stock_now(self) -> tuple[int, int]:
        return self._ready, sum(self._depots)

    # --- windows: objects, predictions, alerts ---

    def on_window(self, alerts: np.ndarray, due: np.ndarray, lead_s: np.ndarray, share: np.ndarray) -> None:
        """Take what a settled window holds."""
        window = self.window
        from_s, until_s = self._n_windows * _DAY_S, (self._n_windows + 1) * _DAY_S
        self._n_windows += 1
        is_last = self._n_windows == self.world.n_days
        t_impact_s = window.objects["t_impact_s"]
        is_new = (window.object_state["is_counted"] == 1) & (
            t_impact_s >= (from_s if self._n_windows > 1 else -math.inf)
        )
        reasons, _ = last_reasons(window)
        n, is_threat = len(window.objects), due["is_threat"] == 1
        lead, sheltered, debris = np.full(n, np.nan), np.zeros(n), np.full((n, 2), (-1.0, 0.0))
        lead[due["i_object"][is_threat]] = lead_s[is_threat]
        sheltered[due["i_object"][is_threat]] = share[is_threat]
        debris[due["i_object"][~is_threat]] = np.stack([due["i_area"], share], axis=1)[~is_threat]
        whole = (window.objects, window.object_state, reasons, lead, sheltered, debris)
        self.logs.ended.append(Ended(*(part[is_new] for part in whole)))
        rows = window.assessments[window.order]
        rows = rows if is_last else rows[rows["t_s"] < until_s]
        self.logs.assessments.append((rows, window.tracks["track_id"][rows["i_track"]]))
        self._take_links()
        self._take_alerts(alerts, due, lead_s)

    def _take_links(self) -> None:
        """Which object each track of the window follows, and when."""
        window = self.window
        for i, track in enumerate(window.tracks):
            spans = []
            for k in range(window.link_first[i], window.link_first[i + 1]):
                item = window.objects[window.link_object[k]]
                until_s = min(float(window.link_until_s[k]), float(item["t_impact_s"]))
                until_s = min(until_s, float(window.track_state[i]["t_dropped_s"]))
                from_s = max(float(window.link_from_s[k]), float(track["t_first_plot_s"]))
                spans.append((from_s, until_s, int(item["burst"]), int(item["shot"])))
            self.logs.links[int(track["track_id"])] = spans

    def _take_alerts(self, alerts: np.ndarray, due: np.ndarray, lead_s: np.ndarray) -> None:
        """Merge alerts as the warning room does, and mark those in which something was bound for the area."""
        k = 0
        for j, item in enumerate(due):
            while k < len(alerts) and alerts[k]["t_s"] <= item["t_s"]:
                self._sound(alerts[k])
                k += 1
            if item["is_threat"] and not math.isnan(lead_s[j]):
                self._alert_of_area[int(item["i_area"])].is_needed = True
        for alert in alerts[k:]:
            self._sound(alert)

    def _sound(self, alert: Any) -> None:
        i_area, t_s = int(alert["i_area"]), float(alert["t_s"])
        if alert["is_first"]:
            i_track = int(alert["i_track"])
            track_id = int(self.window.tracks["track_id"][i_track]) if i_track >= 0 else -1
            self._alert_of_area[i_area] = Alert(t_s, float(alert["t_end_s"]), i_area, track_id)
            self.logs.alerts.append(self._alert_of_area[i_area])
        else:
            merged = self._alert_of_area[i_area]
            merged.t_end_s = max(merged.t_end_s, float(alert["t_end_s"]))
            merged.n_tracks += 1

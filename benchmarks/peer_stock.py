"""Stock of the SimPy peer: rounds in launchers and depots, the timetable of units, and sensors' places for tracks."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import simpy

from benchmarks.peer_data import Launcher, Unit, make_units, plain
from opendome.scenario.world import World

__all__ = ["Process", "Stock", "TrackList"]

Process = Generator[simpy.Event, Any, None]


class Stock:
    """Rounds in launchers and depots, and the timetable of units and supplies: one process."""

    def __init__(self, env: simpy.Environment, world: World):
        battle, self.env = world.battle, env
        self.units = make_units(world)
        self.launchers = [launcher for unit in self.units for launcher in unit.launchers]
        self.depots = battle.depots["n_rounds"].tolist()
        self.ready_rounds, self.delivered = 0, sum(self.depots)
        self.changes = [(self.units[battle.change_unit[i]], plain(battle.changes[i])) for i in battle.change_order]
        self.lots = [plain(lot) for lot in battle.resupply]

    def total_rounds(self) -> int:
        """Give the rounds in launchers, those being loaded included, and depots."""
        return self.ready_rounds + sum(self.depots)

    def timetable(self) -> Process:
        """Process: what the timetable has for units (failures too), then supplies, in time order."""
        changes, lots = iter(self.changes), iter(self.lots)
        change, lot = next(changes, None), next(lots, None)
        while True:
            t_change = change[1]["t_s"] if change else math.inf
            t_lot = lot["t_s"] if lot else math.inf
            t_s = min(t_change, t_lot)
            if t_s == math.inf:
                return
            yield self.env.timeout(max(t_s - self.env.now, 0.0))
            if change and t_change == t_s:
                self._change(*change)
                change = next(changes, None)
            elif lot:
                self._receive(lot)
                lot = next(lots, None)

    def start_reload(self, launcher: Launcher, t_s: float) -> None:
        """Begin to fill a launcher from its depot, or note that it waits for rounds."""
        unit = launcher.unit
        n = min(unit.figures["rounds_per_launcher"] - launcher.rounds, self.depots[unit.i_depot])
        launcher.waits_for_rounds = n <= 0
        if n > 0:
            self.depots[unit.i_depot] -= n
            self.ready_rounds += n
            launcher.coming, launcher.t_loaded_s = n, t_s + unit.figures["reload_s"]

    def _change(self, unit: Unit, change: dict[str, Any]) -> None:
        unit.east_m, unit.north_m, unit.is_ready = change["east_m"], change["north_m"], change["is_ready"] == 1
        unit.is_failed = change["is_up"] == 0
        if change["is_departure"] == 1:
            for launcher in unit.launchers:
                self.ready_rounds -= launcher.rounds + launcher.coming
                launcher.rounds = launcher.coming = 0
        if change["is_arrival"] != 1:
            return
        left = unit.figures["loaded_rounds"]
        for launcher in unit.launchers:
            launcher.rounds = min(left, unit.figures["rounds_per_launcher"])
            left -= launcher.rounds
            self.ready_rounds += launcher.rounds
            self.delivered += launcher.rounds
            if launcher.rounds <= unit.figures["reload_when_left_rounds"]:
                self.start_reload(launcher, change["t_s"])

    def _receive(self, lot: dict[str, Any]) -> None:
        if lot["is_lost"]:
            return
        self.depots[lot["i_depot"]] += lot["n_rounds"]
        self.delivered += lot["n_rounds"]
        for launcher in self.launchers:
            if (
                launcher.waits_for_rounds
                and launcher.unit.i_depot == lot["i_depot"]
                and self.depots[lot["i_depot"]] > 0
            ):
                self.start_reload(launcher, lot["t_s"])


class TrackList:
    """A sensor's places for tracks: each is taken until a time."""

    def __init__(self, capacity: int):
        self.until_s = [-math.inf] * capacity
        self.cursor = 0

    def take(self, t_s: float, t_end_s: float) -> int:
        """Take a free place; -1 if there is none."""
        capacity = len(self.until_s)
        for k in range(self.cursor, self.cursor + capacity):
            slot = k % capacity
            if self.until_s[slot] <= t_s:
                self.until_s[slot] = t_end_s
                self.cursor = slot + 1
                return slot
        return -1

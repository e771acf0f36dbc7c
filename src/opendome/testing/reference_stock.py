"""Events and rounds of the reference engine: the event list, magazines and depots, and the timetable of units."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from typing import Any

from opendome.base.philox import Purpose
from opendome.scenario.world import World

from .reference_luck import Luck
from .reference_pieces import Launcher, Unit, as_objects

__all__ = ["ASSESSMENT", "ENGAGEMENT", "ReferenceStock"]

# What happens first of things at the same time.
_BEFORE_ALL, _LOADED, _TIMETABLE, _DELIVERY, _FAILURE, ENGAGEMENT, ASSESSMENT = range(7)


class ReferenceStock:
    """Units with their rounds, carried through time by one list of events.

    ``stock_at_day_end`` holds (rounds in launchers, rounds in depots, rounds fired), first at the start.
    """

    def __init__(self, world: World, luck: Luck):
        self.model, self.luck, self.n_days = world.battle, luck, world.n_days
        self.units = [
            Unit(i, figures, [Launcher() for _ in range(figures.n_launchers)])
            for i, figures in enumerate(as_objects(world.battle.units))
        ]
        self.depots = [int(n) for n in world.battle.depot_rounds]
        self.n_delivered = sum(self.depots)
        self.stock_at_day_end: list[tuple[int, int, int]] = []
        self._queue: list[tuple[float, int, int, Callable[..., None], tuple]] = []
        self._serial = itertools.count()
        for day in range(self.n_days):
            self._put(1e-6 if day == 0 else day * 86400.0, _BEFORE_ALL, self._note_stock)
        changes = as_objects(world.battle.changes)
        for row in world.battle.change_order.tolist():
            unit = self.units[world.battle.change_unit[row]]
            self._put(changes[row].t_s, _TIMETABLE, self._on_change, unit, changes[row])
        for lot in as_objects(world.battle.resupply):
            self._put(lot.t_s, _DELIVERY, self._on_delivery, lot)

    def _put(self, t_s: float, rank: int, action: Callable[..., None], *details: Any) -> None:
        """Put an event in the list: at equal times by rank, and then in the order of putting."""
        heapq.heappush(self._queue, (t_s, rank, next(self._serial), action, details))

    def run(self, after_s: float = 7200.0) -> None:
        """Carry everything out, up to ``after_s`` after the last day."""
        end_s = self.n_days * 86400.0 + after_s
        while self._queue and self._queue[0][0] < end_s:
            t_s, _, _, action, details = heapq.heappop(self._queue)
            action(t_s, *details)
        self._note_stock(end_s)

    @property
    def n_in_launchers(self) -> int:
        """Rounds in launchers, those being loaded included."""
        return sum(launcher.n_rounds + launcher.n_coming for unit in self.units for launcher in unit.launchers)

    @property
    def n_fired(self) -> int:
        """Rounds fired so far."""
        return sum(unit.n_fired for unit in self.units)

    @property
    def n_left(self) -> int:
        """Rounds in launchers and depots."""
        return self.n_in_launchers + sum(self.depots)

    def _note_stock(self, t_s: float) -> None:
        self.stock_at_day_end.append((self.n_in_launchers, sum(self.depots), self.n_fired))

    def _load(self, unit: Unit, launcher: Launcher, t_s: float) -> None:
        """Begin to fill a launcher from the depot, or let it wait."""
        depot = unit.figures.i_depot
        n = min(unit.figures.rounds_per_launcher - launcher.n_rounds, self.depots[depot])
        launcher.is_short = n <= 0
        if n > 0:
            self.depots[depot] -= n
            launcher.n_coming, launcher.is_loading = n, True
            self._put(t_s + unit.figures.reload_s, _LOADED, self._on_loaded, launcher)

    def _on_loaded(self, t_s: float, launcher: Launcher) -> None:
        launcher.n_rounds, launcher.n_coming, launcher.is_loading = launcher.n_rounds + launcher.n_coming, 0, False

    def _on_delivery(self, t_s: float, lot: Any) -> None:
        if self.luck.uniforms(Purpose.RESUPPLY, lot.ordinal, 0, 0)[0] < lot.p_lost:
            return
        self.depots[lot.i_depot] += lot.n_rounds
        self.n_delivered += lot.n_rounds
        for unit in self.units:
            for launcher in unit.launchers:
                if launcher.is_short and unit.figures.i_depot == lot.i_depot and self.depots[lot.i_depot] > 0:
                    self._load(unit, launcher, t_s)

    def _on_change(self, t_s: float, unit: Unit, change: Any) -> None:
        unit.site_m, unit.is_ready = (change.east_m, change.north_m), bool(change.is_ready)
        if not change.is_arrival:
            return
        left = unit.figures.loaded_rounds
        for launcher in unit.launchers:
            launcher.n_rounds = min(left, unit.figures.rounds_per_launcher)
            left -= launcher.n_rounds
            self.n_delivered += launcher.n_rounds
            if launcher.n_rounds <= unit.figures.reload_when_left_rounds:
                self._load(unit, launcher, t_s)
        self._expect_failure(t_s, unit)

    def _expect_failure(self, t_s: float, unit: Unit) -> None:
        mean_s = unit.figures.fails_every_s
        if mean_s < math.inf:
            after_s = self.luck.exponential(mean_s, Purpose.FAILURE, unit.figures.identity, unit.n_failures, 0)
            self._put(t_s + after_s, _FAILURE, self._on_failure, unit)

    def _on_failure(self, t_s: float, unit: Unit) -> None:
        unit.is_failed = True
        unit.n_failures += 1
        mean_s = unit.figures.repaired_in_s
        after_s = self.luck.exponential(mean_s, Purpose.FAILURE, unit.figures.identity, unit.n_failures, 1)
        self._put(t_s + after_s, _FAILURE, self._on_repair, unit)

    def _on_repair(self, t_s: float, unit: Unit) -> None:
        unit.is_failed = False
        self._expect_failure(t_s, unit)

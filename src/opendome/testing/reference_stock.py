"""Events and rounds of the reference engine: event list, magazines, depots, lorries, and the timetable of units."""

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
_BEFORE_ALL, _LOADED, _TIMETABLE, _DELIVERY, _ORDER, _EPOCH, ENGAGEMENT, ASSESSMENT = range(8)


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
        self.depot_figures = as_objects(world.battle.depots)
        self.depots = [int(depot.n_rounds) for depot in self.depot_figures]
        self.n_delivered = self.n_initial = sum(self.depots)
        self.n_made = self.n_sent = self.n_lost = self.n_returned = 0
        self.under_way: list[list[tuple[int, bool]]] = [[] for _ in self.depots]
        self.n_orders = [0] * len(self.depots)
        self.lorries = [[-math.inf] * max(depot.n_lorries, 0) for depot in self.depot_figures]
        self.epoch = 0
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
        for epoch, t_s in enumerate(world.battle.net.t_s.tolist()):
            self._put(t_s, _EPOCH, self._on_epoch, epoch)
        for i in range(len(self.depots)):
            self._order(i, 0.0)

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

    def _on_epoch(self, t_s: float, epoch: int) -> None:
        self.epoch = epoch

    def _load(self, unit: Unit, launcher: Launcher, t_s: float) -> None:
        """Begin to fill a launcher from the depot, or let it wait."""
        depot = unit.figures.i_depot
        n = min(unit.figures.rounds_per_launcher - launcher.n_rounds, self.depots[depot])
        launcher.is_short = n <= 0 or self.depot_figures[depot].n_lorries == 0
        if not launcher.is_short:
            self.depots[depot] -= n
            launcher.n_coming, launcher.is_loading = n, True
            launcher.load_number += 1
            t_loaded_s = self._drive(unit, n, t_s) + unit.figures.reload_s
            self._put(t_loaded_s, _LOADED, self._on_loaded, launcher, launcher.load_number)
            self._order(depot, t_s)

    def _drive(self, unit: Unit, n_rounds: int, t_s: float) -> float:
        """When rounds are at the launcher; the lorry that takes them is back after the reload."""
        depot = self.depot_figures[unit.figures.i_depot]
        if depot.n_lorries < 0:
            return t_s
        way_m = math.dist(unit.site_m, (depot.east_m, depot.north_m)) if depot.has_place else 0.0
        lorries = self.lorries[unit.figures.i_depot]
        first = lorries.index(min(lorries))
        trips = math.ceil(n_rounds / depot.lorry_rounds)
        hours_s = trips * depot.load_s + (2 * trips - 1) * way_m / depot.road_mps
        there_s = max(t_s, lorries[first]) + hours_s
        lorries[first] = there_s + unit.figures.reload_s + way_m / depot.road_mps
        return there_s

    def _on_loaded(self, t_s: float, launcher: Launcher, load_number: int) -> None:
        if launcher.is_loading and launcher.load_number == load_number:
            launcher.n_rounds, launcher.n_coming, launcher.is_loading = launcher.n_rounds + launcher.n_coming, 0, False

    def _order(self, i: int, t_s: float) -> None:
        """Let a depot order up to its mark when it is down to the other one, and its source after it."""
        depot = self.depot_figures[i]
        held = self.depots[i] + sum(n for n, _ in self.under_way[i])
        n = depot.reorder_up_to_rounds - held
        if depot.i_source >= 0:
            n = min(n, self.depots[depot.i_source])
        if held > depot.reorder_below_rounds or n <= 0:
            return
        lost, late, wait, _ = self.luck.uniforms(Purpose.DEPOT_ORDER, depot.identity, self.n_orders[i], 0)
        self.n_orders[i] += 1
        delay_s = -depot.late_mean_s * math.log(wait) if late < depot.p_late else 0.0
        entry = (n, lost < depot.p_lost)
        self.under_way[i].append(entry)
        self._put(t_s + depot.lead_s + delay_s, _ORDER, self._on_order, i, entry)
        if depot.i_source < 0:
            self.n_sent += n
        else:
            self.depots[depot.i_source] -= n
            self._order(depot.i_source, t_s)

    def _on_order(self, t_s: float, i: int, entry: tuple[int, bool]) -> None:
        self.under_way[i].remove(entry)
        n, is_lost = entry
        if is_lost:
            self.n_lost += n
        else:
            self.n_delivered += n if self.depot_figures[i].i_source < 0 else 0
            self._take_in(i, n, t_s)
        self._order(i, t_s)

    def _take_in(self, i: int, n: int, t_s: float) -> None:
        """Rounds for a depot: launchers that are short of them first, and then the depots that it feeds."""
        self.depots[i] += n
        for unit in self.units:
            for launcher in unit.launchers:
                if launcher.is_short and unit.figures.i_depot == i and self.depots[i] > 0:
                    self._load(unit, launcher, t_s)
        for j, depot in enumerate(self.depot_figures):
            if depot.i_source == i and depot.reorder_below_rounds >= 0:
                self._order(j, t_s)

    def _on_delivery(self, t_s: float, lot: Any) -> None:
        if lot.is_lost:
            self.n_lost += lot.n_rounds
            return
        self.n_delivered += lot.n_rounds
        self.n_made += lot.n_rounds if lot.is_made else 0
        self._take_in(lot.i_depot, lot.n_rounds, t_s)

    def _on_change(self, t_s: float, unit: Unit, change: Any) -> None:
        unit.site_m, unit.is_ready = (change.east_m, change.north_m), bool(change.is_ready)
        unit.is_failed = not change.is_up
        if change.is_departure:
            for launcher in unit.launchers:
                self.n_returned += launcher.n_rounds + launcher.n_coming
                launcher.n_rounds = launcher.n_coming = 0
                launcher.is_loading = launcher.is_short = False
        if change.is_arrival:
            self._arrive(unit, t_s)

    def _arrive(self, unit: Unit, t_s: float) -> None:
        left = unit.figures.loaded_rounds
        for launcher in unit.launchers:
            launcher.n_rounds = min(left, unit.figures.rounds_per_launcher)
            left -= launcher.n_rounds
            self.n_delivered += launcher.n_rounds
            self.n_initial += launcher.n_rounds if t_s <= 0.0 else 0
            self.n_sent += launcher.n_rounds if t_s > 0.0 else 0
            if launcher.n_rounds <= unit.figures.reload_when_left_rounds:
                self._load(unit, launcher, t_s)

"""Draw what one replication meets before a shot is fired: failures and repairs, loads that are late, crews that are
waited for, deliveries that are late or lost. What comes out is a timetable without chance.

Everything is keyed by identity, so that a thing that is added leaves the luck of the others as it was.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from opendome.base.philox import Purpose, stream_key, uniform_four
from opendome.base.types import UNIT_CHANGE

from .model import BattleModel
from .network import connections, ideal_connections
from .plan import Plan

__all__ = ["AFTER_S", "Calendar", "draw_calendar", "operation_times_s", "without_luck"]

AFTER_S = 7200.0
"""How long what was launched before the end is followed."""

Span = tuple[float, float]


class Calendar(NamedTuple):
    """A replication's timetable: ``battle`` with it and with its connections, ``sensors`` (n,) of SENSOR, and
    ``sensor_row`` (n,) the row of the plan that each comes from.
    """

    battle: BattleModel
    sensors: np.ndarray
    sensor_row: np.ndarray


class _Luck(NamedTuple):
    """Seed and replication."""

    seed: int
    replication: int

    def uniforms(self, purpose: Purpose, a: int, b: int, index: int) -> tuple[float, ...]:
        key = np.uint64(stream_key(self.seed, int(purpose)))
        return tuple(float(u) for u in uniform_four(key, self.replication, int(a), int(b), index))

    def wait_s(self, mean_s: float, purpose: Purpose, a: int, b: int, index: int) -> float:
        return -mean_s * math.log(self.uniforms(purpose, a, b, index)[0])


def _shifts_s(plan: Plan, luck: _Luck) -> np.ndarray:
    """How much later than planned each transfer reaches its site [s]."""
    landed = np.full(len(plan.transfers), -np.inf)
    for sortie in plan.sorties:
        u = luck.uniforms(Purpose.LATE, sortie["identity"], sortie["ordinal"], 0)
        late_s = -float(sortie["late_mean_s"]) * math.log(u[1]) if u[0] < sortie["p_late"] else 0.0
        i = int(sortie["i_transfer"])
        landed[i] = max(landed[i], float(sortie["t_s"]) + late_s)
    shifts: np.ndarray = np.maximum(landed + plan.transfers["after_s"] - plan.transfers["t_planned_s"], 0.0)
    return shifts


def _failures(thing: np.void, t_from_s: float, until_s: float, luck: _Luck) -> list[Span]:
    """When a thing is down: exponential times to failure and to repair, one after the other."""
    spans: list[Span] = []
    if not thing["fails_every_s"] < math.inf:
        return spans
    t_s, n = t_from_s, 0
    while True:
        t_s += luck.wait_s(thing["fails_every_s"], Purpose.FAILURE, thing["identity"], n, 0)
        if t_s >= until_s:
            return spans
        n += 1
        again_s = t_s + luck.wait_s(thing["repaired_in_s"], Purpose.FAILURE, thing["identity"], n, 1)
        spans.append((t_s, again_s))
        t_s = again_s


def _union(spans: Iterable[Span]) -> list[Span]:
    """Spans in order of time, those that touch joined."""
    joined: list[Span] = []
    for a, b in sorted(spans):
        if joined and a <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(b, joined[-1][1]))
        elif a < b:
            joined.append((a, b))
    return joined


def _without(span: Span, holes: list[Span]) -> list[Span]:
    """What is left of a span outside of holes."""
    left, t_s = [], span[0]
    for a, b in holes:
        if a > t_s and t_s < span[1]:
            left.append((t_s, min(a, span[1])))
        t_s = max(t_s, b)
    if t_s < span[1]:
        left.append((t_s, span[1]))
    return left


def _shifted(rows: np.ndarray, shift_s: float) -> np.ndarray:
    """A unit's timetable with a later arrival; its departure stays, and what would come after it is left out."""
    rows = rows.copy()
    is_departure = rows["is_departure"] == 1
    rows["t_s"][~is_departure] += shift_s
    if is_departure.any():
        leaves_s = rows["t_s"][is_departure][0]
        rows = rows[(rows["t_s"] < leaves_s) | (rows["is_departure"] == 1)]
        if not (rows["is_arrival"] == 1).any():
            return rows[:0]
    return rows[np.argsort(rows["t_s"], kind="stable")]


def _held_back(rows: np.ndarray, t_crew_s: float) -> np.ndarray:
    """A unit's timetable where nobody can work it before a time."""
    rows = rows.copy()
    early = (rows["is_ready"] == 1) & (rows["t_s"] < t_crew_s)
    if not early.any():
        return rows
    at_crew = rows[rows["t_s"] <= t_crew_s][-1:].copy()
    rows["is_ready"][early] = 0
    if at_crew["is_ready"][0] == 0 or not t_crew_s < math.inf:
        return rows
    at_crew["t_s"], at_crew["is_arrival"], at_crew["is_departure"] = t_crew_s, 0, 0
    rows = np.concatenate((rows, at_crew))
    return rows[np.argsort(rows["t_s"], kind="stable")]


def _with_failures(rows: np.ndarray, down: list[Span]) -> np.ndarray:
    """A unit's timetable with its failures and repairs written in."""
    if len(rows) == 0:
        return rows
    rows, more = rows.copy(), []
    for a, b in down:
        rows["is_up"][(a <= rows["t_s"]) & (rows["t_s"] < b)] = 0
        for t_s, is_up in ((a, 0), (b, 1)):
            before = rows[rows["t_s"] <= t_s][-1:].copy()
            if len(before) and t_s < math.inf and before["is_departure"][0] == 0:
                before["t_s"], before["is_up"], before["is_arrival"] = t_s, is_up, 0
                more.append(before)
    rows = np.concatenate([rows, *more])
    return rows[np.argsort(rows["t_s"], kind="stable")]


def _crew_times(plan: Plan, timetables: list[np.ndarray]) -> np.ndarray:
    """When each thing has a crew: batteries take one in the order in which they get ready, and free it on leaving."""
    t_crew_s = np.full(len(plan.things), -np.inf)
    if not plan.has_pool:
        return t_crew_s
    waiting = []
    for i_thing, rows in zip(plan.unit_thing.tolist(), timetables, strict=True):
        works, leaves = rows["t_s"][rows["is_ready"] == 1], rows["t_s"][rows["is_departure"] == 1]
        if plan.things[i_thing]["needs_crew"] and len(works):
            waiting.append((float(works[0]), i_thing, float(leaves[0]) if len(leaves) else math.inf))
    free = plan.crews_s.tolist()
    heapq.heapify(free)
    for _, i_thing, leaves_s in sorted(waiting):
        t_crew_s[i_thing] = heapq.heappop(free) if free else math.inf
        if leaves_s < math.inf and t_crew_s[i_thing] < math.inf:
            heapq.heappush(free, max(leaves_s, float(t_crew_s[i_thing])))
    return t_crew_s


def _deliveries(plan: Plan, depots: np.ndarray, luck: _Luck) -> np.ndarray:
    """Lots in the order of their arrival; what comes after the end stays on its way (infinite time).

    ``depots`` of DEPOT: each has luck of its own, the main one by number 0.
    """
    lots = plan.lots.copy()
    for lot in lots:
        if lot["p_lost"] > 0.0 or lot["p_late"] > 0.0:
            depot = int(depots["identity"][lot["i_depot"]]) if lot["i_depot"] > 0 else 0
            u = luck.uniforms(Purpose.RESUPPLY, lot["ordinal"], depot, 0)
            lot["is_lost"] = u[0] < lot["p_lost"]
            lot["t_s"] += -float(lot["late_mean_s"]) * math.log(u[2]) if u[1] < lot["p_late"] else 0.0
    lots["t_s"][lots["t_s"] >= plan.duration_s] = np.inf
    return lots[np.argsort(lots["t_s"], kind="stable")]


def _sensor_rows(plan: Plan, shift_s: np.ndarray, crew_s: np.ndarray, down: list) -> tuple:
    """Radars' spans of work, cut where they fail: (sensors, row of the plan of each)."""
    rows, origin = [], []
    for i, sensor in enumerate(plan.sensors):
        thing = int(plan.sensor_thing[i])
        t_up_s = max(float(sensor["t_up_s"]) + shift_s[thing], crew_s[thing])
        t_down_s, t_until_s = float(sensor["t_down_s"]), float(plan.things[thing]["t_until_s"])
        if t_down_s < t_until_s:
            t_down_s = min(t_down_s + shift_s[thing], t_until_s)
        for a, b in _without((t_up_s, t_down_s), down[thing]) if t_up_s < t_down_s else ():
            row = plan.sensors[i : i + 1].copy()
            row["t_up_s"], row["t_down_s"] = a, b
            rows.append(row)
            origin.append(i)
    return (np.concatenate(rows) if rows else plan.sensors[:0]), np.array(origin, np.int64)


def _away(thing: np.void, shift_s: float) -> list[Span]:
    """When a thing is not there: before it comes, and once it has left."""
    before = [(-math.inf, float(thing["t_from_s"]) + shift_s)] if thing["t_from_s"] > 0.0 else []
    return [*before, (float(thing["t_until_s"]), math.inf)]


def _absent(rows: np.ndarray, until_s: float) -> list[Span]:
    """When a unit is not ready by its timetable."""
    spans, t_s, is_ready = [], -math.inf, False
    for row in rows:
        if bool(row["is_ready"]) != is_ready:
            if not is_ready:
                spans.append((t_s, float(row["t_s"])))
            t_s, is_ready = float(row["t_s"]), bool(row["is_ready"])
    if not is_ready:
        spans.append((t_s, until_s))
    return spans


def _joined(battle: BattleModel, timetables: list[np.ndarray]) -> BattleModel:
    """The model with these timetables."""
    units, first = battle.units.copy(), 0
    for unit, rows in zip(units, timetables, strict=True):
        unit["first_change"], unit["n_changes"] = first, len(rows)
        first += len(rows)
    changes = np.concatenate(timetables) if timetables else np.zeros(0, UNIT_CHANGE)
    owner = np.repeat(np.arange(len(units)), [len(rows) for rows in timetables])
    order = np.argsort(changes["t_s"], kind="stable")
    order = order[changes["t_s"][order] < math.inf]
    return battle._replace(units=units, changes=changes, change_order=order, change_unit=owner)


def without_luck(plan: Plan) -> Plan:
    """The plan in which nothing fails of itself, is late or is lost: what the defence expects."""
    things, sorties, lots = plan.things.copy(), plan.sorties.copy(), plan.lots.copy()
    things["fails_every_s"] = np.inf
    for rows in (sorties, lots):
        rows["p_late"] = 0.0
    lots["p_lost"] = 0.0
    return plan._replace(things=things, sorties=sorties, lots=lots)


class _Manned(NamedTuple):
    """Lateness and crews of things, each (n_things,), and timetables of units with both written in."""

    shift_s: np.ndarray
    crew_s: np.ndarray
    timetables: list[np.ndarray]


def _manned(plan: Plan, luck: _Luck) -> _Manned:
    """When units come, and when somebody can work them."""
    shifts = _shifts_s(plan, luck)
    shift_s = np.array([shifts[i] if i >= 0 else 0.0 for i in plan.things["i_transfer"]])
    timetables = [
        _shifted(plan.changes[plan.first_change[k] : plan.first_change[k + 1]], shift_s[i])
        for k, i in enumerate(plan.unit_thing.tolist())
    ]
    crew_s = _crew_times(plan, timetables)
    held = [_held_back(rows, crew_s[i]) for i, rows in zip(plan.unit_thing.tolist(), timetables, strict=True)]
    return _Manned(shift_s, crew_s, held)


def operation_times_s(plan: Plan, seed: int, replication: int) -> tuple[np.ndarray, np.ndarray]:
    """When each unit first stands ready with a crew, failures left aside, and when it leaves for good.

    Returns
    -------
    ready_s, left_s : (n_units,)     NaN: not before the end of the scenario
    """
    found = np.full((2, len(plan.unit_thing)), np.nan)
    for k, rows in enumerate(_manned(plan, _Luck(seed, replication)).timetables):
        rows = rows[rows["t_s"] < plan.duration_s]
        for moments, name in zip(found, ("is_ready", "is_departure"), strict=True):
            if rows[name].any():
                moments[k] = rows["t_s"][rows[name] == 1][0]
    return found[0], found[1]


def draw_calendar(plan: Plan, battle: BattleModel, seed: int, replication: int) -> Calendar:
    """Draw a replication's timetable.

    Parameters
    ----------
    plan : Plan
    battle : BattleModel           what does not change with the replication is taken from it
    seed, replication : int

    Notes
    -----
    Failures begin to be counted when a thing arrives. A battery that fails takes its post, radar and launchers with it.
    """
    luck, until_s = _Luck(seed, replication), plan.duration_s + AFTER_S
    shift_s, crew_s, held = _manned(plan, luck)
    down: list[list[Span]] = []
    for i, thing in enumerate(plan.things):
        outages = plan.outages[plan.outages["i_thing"] == i]
        planned = list(zip(outages["t_from_s"].tolist(), outages["t_until_s"].tolist(), strict=True))
        down.append(_union(planned + _failures(thing, float(thing["t_from_s"]) + shift_s[i], until_s, luck)))
    drawn = [_with_failures(rows, down[i]) for i, rows in zip(plan.unit_thing.tolist(), held, strict=True)]
    seen, origin = _sensor_rows(plan, shift_s, crew_s, down)
    away = [_away(thing, shift_s[i]) for i, thing in enumerate(plan.things)]
    for i, rows in zip(plan.unit_thing.tolist(), held, strict=True):
        if i in plan.post_thing:
            away[i] = _absent(rows, math.inf)
    spans = [_union(a + b) for a, b in zip(down, away, strict=True)]
    return _assembled(plan, battle, drawn, seen, origin, spans, luck)


def _assembled(
    plan: Plan,
    battle: BattleModel,
    drawn: list[np.ndarray],
    seen: np.ndarray,
    origin: np.ndarray,
    spans: list[list[Span]],
    luck: _Luck,
) -> Calendar:
    """Timetables, radars, connections and deliveries together."""
    model = _joined(battle, drawn)
    own = model.units["i_post"].astype(np.int64)
    is_plain = not plan.is_linked and bool(np.all(plan.unit_thing == plan.post_thing[own]))
    net = (
        ideal_connections(model.units, len(seen), len(plan.post_thing))
        if is_plain
        else connections(plan, own, plan.sensor_node[origin], spans)
    )
    model = model._replace(
        net=net,
        resupply=_deliveries(plan, battle.depots, luck),
        track_capacity=seen["track_capacity"].astype(np.int64),
    )
    return Calendar(model, seen, origin)

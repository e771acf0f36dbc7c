"""Compile supply: depots, deliveries and production as lots, and the sorties that bring batteries from afar."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.frames import Origin
from opendome.base.philox import identity_hash
from opendome.base.types import DEPOT, RESUPPLY
from opendome.battle.plan import SORTIE, TRANSFER
from opendome.battle.supply_parameters import Depot, Lift

from .compile_sites import local_point
from .schema import ScenarioModel

__all__ = [
    "Schedule",
    "all_depots",
    "compile_depots",
    "compile_lots",
    "compile_transfers",
    "schedule_lifts",
    "with_arrivals",
]

_DAY_S = 86400.0
_HOUR_S = 3600.0
_MADE_FROM, _LIFTED_FROM, _SORTIES_PER_LOT = 2**30, 2**28, 2**12


class _Load(NamedTuple):
    """What waits for a lift: a battery, or a delivery; and how many sorties it takes."""

    ready_day: float
    place: int
    lift: str
    battery: str | None
    lot: tuple[int, int] | None
    n_sorties: int
    n_rounds: int


class Schedule(NamedTuple):
    """When loads land by plan.

    ``batteries`` id -> times at which its loads land [s]; ``lots`` (depot, lot) -> the same; ``lifts`` by id.
    """

    batteries: dict[str, list[float]]
    lots: dict[tuple[int, int], list[float]]
    lifts: dict[str, Lift]


def all_depots(model: ScenarioModel) -> tuple[Depot, ...]:
    """The scenario's depots, its main one first."""
    return (model.depot, *model.depots)


def _loads(model: ScenarioModel) -> list[_Load]:
    """Everything that waits for a lift, in the order in which it stands ready."""
    lifts = {lift.id: lift for lift in model.lifts}
    loads = [
        _Load(battery.transfer.ready_day, i, battery.transfer.lift, battery.id, None, battery.transfer.loads, 0)
        for i, battery in enumerate(model.batteries)
        if battery.transfer is not None
    ]
    for d, depot in enumerate(all_depots(model)):
        for k, lot in enumerate(depot.resupply):
            if lot.lift is not None:
                n = math.ceil(lot.rounds / lifts[lot.lift].rounds_per_sortie)
                loads.append(_Load(lot.day, len(model.batteries) + len(loads), lot.lift, None, (d, k), n, lot.rounds))
    return sorted(loads, key=lambda load: (load.ready_day, load.place))


def schedule_lifts(model: ScenarioModel) -> Schedule:
    """Give each load the next free sorties of its lift."""
    lifts = {lift.id: lift for lift in model.lifts}
    next_slot = dict.fromkeys(lifts, 0)
    found = Schedule({}, {}, lifts)
    for load in _loads(model):
        lift, times = lifts[load.lift], []
        for _ in range(load.n_sorties):
            wanted = math.ceil((load.ready_day - lift.starts_day) * lift.sorties_per_day - 1e-9)
            slot = max(next_slot[load.lift], wanted, 0)
            next_slot[load.lift] = slot + 1
            times.append((lift.starts_day + slot / lift.sorties_per_day) * _DAY_S + lift.route_h * _HOUR_S)
        if load.battery is not None:
            found.batteries[load.battery] = times
        elif load.lot is not None:
            found.lots[load.lot] = times
    return found


def with_arrivals(model: ScenarioModel) -> ScenarioModel:
    """The scenario with the planned arrival of each battery that is brought by a lift."""
    if all(battery.transfer is None for battery in model.batteries):
        return model
    schedule, batteries = schedule_lifts(model), []
    for battery in model.batteries:
        if battery.transfer is not None:
            lift = schedule.lifts[battery.transfer.lift]
            hours = lift.off_load_h + battery.transfer.road_h
            arrives_day = (max(schedule.batteries[battery.id]) + hours * _HOUR_S) / _DAY_S
            battery = battery.model_copy(update={"arrives_day": arrives_day})
        batteries.append(battery)
    return model.model_copy(update={"batteries": tuple(batteries)})


def compile_transfers(model: ScenarioModel) -> tuple[np.ndarray, np.ndarray]:
    """Sorties that carry batteries, and their transfers in the order of batteries that are brought."""
    schedule = schedule_lifts(model)
    sorties: list[tuple] = []
    transfers: list[tuple[float, float]] = []
    for battery in model.batteries:
        if battery.transfer is None:
            continue
        lift = schedule.lifts[battery.transfer.lift]
        after_s = (lift.off_load_h + battery.transfer.road_h) * _HOUR_S
        times = schedule.batteries[battery.id]
        identity = identity_hash(battery.id + "/load")
        sorties += [
            (len(transfers), identity, k, t_s, lift.p_late, lift.late_mean_h * _HOUR_S) for k, t_s in enumerate(times)
        ]
        transfers.append((max(times) + after_s, after_s))
    return np.array(sorties, SORTIE), np.array(transfers, TRANSFER)


def compile_depots(model: ScenarioModel, origin: Origin) -> np.ndarray:
    """Depots as DEPOT records, the main one first."""
    depots = all_depots(model)
    place = {depot.id: i for i, depot in enumerate(depots)}
    rows, first_lorry = np.zeros(len(depots), DEPOT), 0
    for row, depot in zip(rows, depots, strict=True):
        row["identity"], row["n_rounds"] = identity_hash(depot.id + "/depot"), depot.rounds
        if depot.at is not None:
            row["east_m"], row["north_m"] = local_point(origin, depot.at)
            row["has_place"] = 1
        row["n_lorries"], row["first_lorry"] = -1 if depot.lorries is None else depot.lorries, first_lorry
        first_lorry += depot.lorries or 0
        row["lorry_rounds"], row["road_mps"] = depot.lorry_rounds, depot.road_kmph / 3.6
        row["load_s"] = depot.load_h * _HOUR_S
        row["reorder_below_rounds"], row["i_source"] = -1, -1
        rule = depot.reorder
        if rule is not None:
            row["reorder_below_rounds"], row["reorder_up_to_rounds"] = rule.below_rounds, rule.up_to_rounds
            row["i_source"] = -1 if rule.source is None else place[rule.source]
            row["lead_s"], row["p_lost"], row["p_late"] = rule.lead_h * _HOUR_S, rule.p_lost, rule.p_late
            row["late_mean_s"] = rule.late_mean_h * _HOUR_S
    return rows


def _made(depot: Depot, n_days: int) -> list[int]:
    """Whole rounds made up to the end of each day, (n_days + 1,)."""
    days = np.arange(n_days + 1, dtype=float)
    if not depot.production_ramp:
        return [round(depot.production_per_day * day) for day in days.tolist()]
    at = np.array([point.day for point in depot.production_ramp])
    rate = np.array([point.per_day for point in depot.production_ramp])
    fine = np.unique(np.concatenate((days, at)))
    per_day = np.where(fine < at[0], 0.0, np.interp(fine, at, rate))
    steps = np.diff(fine) * 0.5 * (per_day[1:] + np.where(fine[:-1] < at[0], 0.0, per_day[:-1]))
    steps = np.where(fine[1:] <= at[0], 0.0, steps)
    total = np.concatenate(([0.0], np.cumsum(steps)))
    return [round(float(value)) for value in np.interp(days, fine, total)]


def compile_lots(model: ScenarioModel) -> np.ndarray:
    """Deliveries and production of all depots as RESUPPLY records in the order of their planned arrival.

    A lot's number comes from its day, so others keep their luck.
    """
    schedule, rows = schedule_lifts(model), []
    n_days = math.ceil(model.duration_day)
    for d, depot in enumerate(all_depots(model)):
        for k, item in enumerate(depot.resupply):
            late = (item.p_lost, item.p_late, item.late_mean_day * _DAY_S)
            if item.lift is None:
                sent_day = item.day if item.sent_day is None else min(item.sent_day, item.day)
                number = round(item.day * 1440) * 16 + k
                rows.append((item.day * _DAY_S, sent_day * _DAY_S, d, 0, 0, item.rounds, number, *late))
                continue
            lift, left = schedule.lifts[item.lift], item.rounds
            late = (item.p_lost, lift.p_late, lift.late_mean_h * _HOUR_S)
            for j, t_s in enumerate(schedule.lots[d, k]):
                n, number = min(left, lift.rounds_per_sortie), _LIFTED_FROM + (k % 1024) * _SORTIES_PER_LOT + j
                sent_s = t_s - lift.route_h * _HOUR_S
                rows.append((t_s + lift.off_load_h * _HOUR_S, sent_s, d, 0, 0, n, number, *late))
                left -= n
        made = _made(depot, n_days)
        for day in range(1, n_days + 1):
            n = made[day] - made[day - 1]
            rows += [(day * _DAY_S, day * _DAY_S, d, 1, 0, n, _MADE_FROM + day, 0.0, 0.0, 0.0)] if n > 0 else []
    end_s = model.duration_day * _DAY_S
    rows = sorted((row for row in rows if row[1] < end_s), key=lambda row: (row[0], row[6]))
    return np.array(rows, RESUPPLY)

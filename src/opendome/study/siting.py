"""Where to put batteries, or where to move those that stand: the problem of a scenario, and its best sitings by model.

Three models value a siting, all by what the footprints cover (``assignment/coverage.py``): coverage, coverage with
backup, and expected leakage with the channels of the batteries. Each gives its best few sitings, proven; beside them
stand the greedy one that is customary and the scenario's own. Which of them is best is for the race to say
(``study/siting_race.py``), since no model of footprints knows of time, stock and luck. All sites are notional.

A point of demand counts as covered where it lies within the system's published defended radius of the battery.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from opendome import catalogue
from opendome.assignment.coverage import (
    Rules,
    SitingAnswer,
    backup_gain,
    best_sites,
    coverage_gain,
    greedy_sites,
    shift_gain,
    siting_value,
)
from opendome.assignment.split import split_whole
from opendome.base.errors import CommandError
from opendome.battle.parameters import Battery, LauncherUnit, SensorUnit
from opendome.scenario.compile import compile_world, origin_of
from opendome.scenario.compile_sites import figure, local_point
from opendome.scenario.scenario import BASELINE, Scenario
from opendome.scenario.schema import ScenarioModel
from opendome.scenario.world import TrackedWorld
from opendome.study.siting_candidates import Candidates
from opendome.study.siting_demand import Demand, acting_chance, draw_demand, leakage_gain

__all__ = [
    "GREEDY",
    "MODELS",
    "Ask",
    "Site",
    "Siting",
    "SitingProblem",
    "find_sitings",
    "own_sitings",
    "siting_problem",
]

MODELS = ("coverage", "backup", "leakage")
"""Models that sitings are optimised by."""

GREEDY = "greedy"
"""Name of the siting that greedy coverage gives."""

_LEVELS = 6
_MOST_OF_A_MODEL = 20
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Ask:
    """What is asked: ``count`` batteries of ``system``; ``n_each`` sitings of each model.

    ``launchers`` and ``rounds`` are totals to be split, None for what a battery has and full launchers.
    """

    system: str
    count: int
    weigh_by: str = "rockets"
    points: str = "areas"
    n_draws: int = 200
    n_each: int = 2
    launchers: int | None = None
    rounds: int | None = None
    arrives_day: float = 0.0
    is_move: bool = False
    time_limit_s: float = 60.0


class Site(NamedTuple):
    """One battery of a siting; ``moves_id`` is the battery that is moved there, '' for one that is added."""

    battery_id: str
    candidate_id: str
    lat_deg: float
    lon_deg: float
    launchers: int
    loaded_rounds: int
    moves_id: str


class Siting(NamedTuple):
    """A siting by name: its sites, the model that gave it with that model's answer, and its value in every model."""

    name: str
    model: str
    sites: tuple[Site, ...]
    answer: SitingAnswer | None
    values: dict[str, float]
    covered_frac: float

    def overrides(self, ask: Ask) -> dict[str, Any]:
        """What changes in the scenario."""
        if ask.is_move:
            return {f"batteries[{site.battery_id}].at": [site.lat_deg, site.lon_deg] for site in self.sites}
        entries = [
            {
                "id": site.battery_id,
                "system": ask.system,
                "at": [site.lat_deg, site.lon_deg],
                "launchers": site.launchers,
                "loaded_rounds": site.loaded_rounds,
                "arrives_day": ask.arrives_day,
            }
            for site in self.sites
        ]
        return {"batteries+": entries}


class SitingProblem(NamedTuple):
    """Everything that the models choose from.

    ``cover`` (n_sites, n_points): the movable batteries' own sites first, then the candidates; ``gains`` by model
    (n_points, n_levels), beyond the batteries that stay; ``already`` (n_points,) how many of these cover each point;
    ``site_ids``, ``lat_lon_deg`` and ``at_m`` (n_sites, 2); ``movable`` ids; ``p_act`` of the model of backup.
    """

    scenario: Scenario
    ask: Ask
    demand: Demand
    cover: np.ndarray
    already: np.ndarray
    gains: dict[str, np.ndarray]
    rules: Rules
    site_ids: tuple[str, ...]
    lat_lon_deg: np.ndarray
    at_m: np.ndarray
    radius_m: float
    movable: tuple[str, ...]
    p_act: float


def siting_problem(scenario: Scenario, ask: Ask, candidates: Candidates, seed: int) -> SitingProblem:
    """Make the problem of a scenario.

    Parameters
    ----------
    scenario : Scenario      the alternative to which batteries are added, or whose batteries may move
    ask : Ask
    candidates : Candidates
    seed : int               of the study; the raids that demand is drawn from have another

    Raises
    ------
    CommandError
        More batteries than sites, a system without launchers, nothing that moves, or no demand.
    """
    model = scenario.model
    _check_ask(model, ask, len(candidates.ids))
    world = compile_world(scenario)
    world = world.world if isinstance(world, TrackedWorld) else world
    demand = draw_demand(model, world, ask.system, seed, ask.n_draws, ask.weigh_by, ask.points)
    radius_m = 1000.0 * figure(model, ask.system, "defended_radius_km")
    movable = [battery for battery in model.batteries if ask.is_move and battery.system == ask.system]
    own_at_m = np.array([local_point(origin_of(scenario), b.at) for b in movable], float).reshape(-1, 2)
    at_m = np.concatenate([own_at_m, candidates.at_m])
    units: tuple[Battery | LauncherUnit, ...] = (*model.batteries, *model.launchers)
    fixed = [unit for unit in units if unit not in movable]
    already = np.zeros(len(demand.at_m), np.int64)
    for unit in fixed:
        reach_m = 1000.0 * figure(model, unit.system, "defended_radius_km")
        already += _covers(np.array([local_point(origin_of(scenario), unit.at)]), demand.at_m, reach_m)[0]
    channels = figure(model, ask.system, "channels_per_battery")
    leakage = leakage_gain(demand, channels, _LEVELS)
    p_act = acting_chance(demand, leakage)
    gains = {
        "coverage": coverage_gain(demand.weight),
        "backup": backup_gain(demand.weight, p_act, _LEVELS),
        "leakage": leakage,
    }
    n_chosen = len(movable) if ask.is_move else ask.count
    return SitingProblem(
        scenario,
        ask,
        demand,
        _covers(at_m, demand.at_m, radius_m),
        already,
        {name: shift_gain(gain, already) for name, gain in gains.items()},
        Rules(n_chosen, len(movable), len(movable) - ask.count if ask.is_move else 0),
        (*(battery.id for battery in movable), *candidates.ids),
        np.concatenate([np.array([b.at for b in movable], float).reshape(-1, 2), candidates.lat_lon_deg]),
        at_m,
        radius_m,
        tuple(battery.id for battery in movable),
        p_act,
    )


def _check_ask(model: ScenarioModel, ask: Ask, n_candidates: int) -> None:
    if not catalogue.system(ask.system).fires:
        raise CommandError(f"the system `{ask.system}` has no launchers; `opendome list systems` says which have")
    if ask.count < 1:
        raise CommandError(f"--count must be 1 or more, not {ask.count}")
    if not ask.time_limit_s > 0.0:
        raise CommandError(f"--time-limit-s must be above 0, not {ask.time_limit_s:g}")
    if not 0.0 <= ask.arrives_day < model.duration_day:
        raise CommandError(f"--arrives-day must be from 0 to below {model.duration_day:g}, the scenario's end")
    if not 1 <= ask.n_each <= _MOST_OF_A_MODEL:
        raise CommandError(f"--each must be 1 to {_MOST_OF_A_MODEL}, not {ask.n_each}")
    if not ask.is_move and ask.count > n_candidates:
        raise CommandError(f"--count {ask.count} is more than the {n_candidates} candidate sites; give more sites")
    if ask.is_move:
        n_movable = sum(battery.system == ask.system for battery in model.batteries)
        if ask.count > n_movable:
            raise CommandError(
                f"--count {ask.count} batteries cannot move: the scenario has {n_movable} `{ask.system}`"
            )
        if ask.launchers is not None or ask.rounds is not None or ask.arrives_day:
            raise CommandError(
                "--launchers, --rounds and --arrives-day are for batteries that are added; leave out --move"
            )
        return
    launchers, loaded = _stock(model, ask)
    full = int(figure(model, ask.system, "rounds_per_launcher"))
    if launchers < ask.count:
        raise CommandError(f"--launchers {launchers} is less than one for each of {ask.count} batteries")
    if not 0 <= loaded <= launchers * full:
        raise CommandError(f"--rounds {loaded} does not fit: {launchers} launchers hold 0 to {launchers * full}")


def _stock(model: ScenarioModel, ask: Ask) -> tuple[int, int]:
    """Launchers and loaded rounds to be split."""
    launchers = ask.launchers
    if launchers is None:
        launchers = ask.count * int(figure(model, ask.system, "launchers_per_battery"))
    full = launchers * int(figure(model, ask.system, "rounds_per_launcher"))
    return launchers, full if ask.rounds is None else ask.rounds


def _covers(site_at_m: np.ndarray, at_demand_m: np.ndarray, radius_m: float) -> np.ndarray:
    """Whether each point of demand lies in each footprint, (n_sites, n_points)."""
    covers = np.zeros((len(site_at_m), len(at_demand_m)), bool)
    for row, site in zip(covers, site_at_m):
        row[:] = ((at_demand_m - site) ** 2).sum(axis=1) <= radius_m**2
    return covers


def find_sitings(problem: SitingProblem, own: Iterable[tuple[str, Sequence[Sequence[float]]]] = ()) -> list[Siting]:
    """The sitings that are worth racing: greedy coverage first, then the best of each model, then the scenario's own.

    Parameters
    ----------
    problem : SitingProblem
    own : (name, [lat_deg, lon_deg] of each site)      sitings that somebody has thought of
    """
    rules, cover, ask = problem.rules, problem.cover, problem.ask
    found: list[Siting] = []
    for name in MODELS:
        before: list[np.ndarray] = []
        for i in range(ask.n_each):
            try:
                answer = best_sites(
                    cover,
                    problem.gains[name],
                    rules,
                    without=[s.tolist() for s in before],
                    time_limit_s=ask.time_limit_s,
                )
            except ValueError:
                break
            before.append(answer.chosen)
            found.append(_siting(problem, f"{name}-{i + 1}", name, answer))
    found.insert(0, _greedy(problem, found[0].answer))
    for name, places in own:
        found.append(_own_siting(problem, name, np.array(places, float)))
    return found


def _greedy(problem: SitingProblem, best: SitingAnswer | None) -> Siting:
    """The greedy siting, measured by the bound that the exact answer of the same model brings."""
    answer = greedy_sites(problem.cover, problem.gains["coverage"], problem.rules)
    if best is not None:
        bound = min(answer.bound, best.bound)
        gap = max(bound - answer.objective, 0.0) / bound if bound > 0.0 else 0.0
        answer = answer._replace(bound=bound, gap=gap if gap > _ROUNDING else 0.0)
    return _siting(problem, GREEDY, GREEDY, answer)


def own_sitings(scenario: Scenario, count: int) -> list[tuple[str, list[list[float]]]]:
    """Sites of the alternatives of a scenario that add so many batteries, each set of sites once."""
    standing = {battery.id for battery in scenario.alternative(BASELINE).model.batteries}
    found: dict[tuple[tuple[float, float], ...], str] = {}
    for name in scenario.alternatives():
        added = [b for b in scenario.alternative(name).model.batteries if b.id not in standing]
        if len(added) == count:
            found.setdefault(tuple(sorted(b.at for b in added)), name)
    return [(f"own-{name}", [list(at) for at in places]) for places, name in found.items()]


def _siting(problem: SitingProblem, name: str, kind: str, answer: SitingAnswer) -> Siting:
    """A siting from numbers of sites."""
    values = {key: siting_value(problem.cover, gain, answer.chosen) for key, gain in problem.gains.items()}
    over = problem.cover[answer.chosen]
    sites = _sites(problem, answer.chosen, over)
    return Siting(name, kind, sites, answer, values, _covered_frac(problem, over))


def _own_siting(problem: SitingProblem, name: str, lat_lon_deg: np.ndarray) -> Siting:
    """A siting from places of its own."""
    at_m = np.array([local_point(origin_of(problem.scenario), (lat, lon)) for lat, lon in lat_lon_deg.tolist()])
    over = _covers(at_m, problem.demand.at_m, problem.radius_m)
    values = {key: siting_value(over, gain, np.arange(len(over))) for key, gain in problem.gains.items()}
    ids = [f"own{i + 1}" for i in range(len(over))]
    return Siting(name, "own", _added(problem, ids, lat_lon_deg, over), None, values, _covered_frac(problem, over))


def _covered_frac(problem: SitingProblem, over: np.ndarray) -> float:
    """Share of the demand that the siting and what stays cover."""
    is_covered = over.any(axis=0) | (problem.already > 0)
    return float(problem.demand.weight[is_covered].sum() / problem.demand.weight.sum())


def _sites(problem: SitingProblem, chosen: np.ndarray, over: np.ndarray) -> tuple[Site, ...]:
    if not problem.ask.is_move:
        return _added(problem, [problem.site_ids[i] for i in chosen], problem.lat_lon_deg[chosen], over)
    kept = set(chosen[chosen < len(problem.movable)].tolist())
    leaving = [i for i in range(len(problem.movable)) if i not in kept]
    return _moved(problem, leaving, chosen[chosen >= len(problem.movable)])


def _added(problem: SitingProblem, ids: Sequence[str], lat_lon_deg: np.ndarray, over: np.ndarray) -> tuple[Site, ...]:
    """Batteries that are added, with launchers and rounds split in proportion to what each has to cover."""
    model, ask = problem.scenario.model, problem.ask
    shared = problem.already + over.sum(axis=0)
    load = (over * (problem.demand.weight / np.maximum(shared, 1))).sum(axis=1)
    launchers, rounds = _stock(model, ask)
    n = len(over)
    each = np.full(n, launchers // n, np.int64) if ask.launchers is None else split_whole(
        load, launchers, np.ones(n, np.int64), np.full(n, launchers, np.int64)
    )  # fmt: skip
    full = each * int(figure(model, ask.system, "rounds_per_launcher"))
    loaded = split_whole(load, rounds, np.zeros(n, np.int64), full)
    units: tuple[Battery | LauncherUnit | SensorUnit, ...] = (*model.batteries, *model.launchers, *model.sensors)
    taken = {unit.id for unit in units}
    names = [name for i in range(1, n + len(taken) + 1) if (name := f"new{i}") not in taken]
    return tuple(
        Site(names[i], ids[i], float(lat), float(lon), int(each[i]), int(loaded[i]), "")
        for i, (lat, lon) in enumerate(lat_lon_deg.tolist())
    )


def _moved(problem: SitingProblem, leaving: Sequence[int], to: np.ndarray) -> tuple[Site, ...]:
    """Who moves where, so that the sum of ways is least."""
    from scipy.optimize import linear_sum_assignment

    ways_m = np.linalg.norm(problem.at_m[leaving][:, None, :] - problem.at_m[to][None, :, :], axis=2)
    who, where = linear_sum_assignment(ways_m)
    batteries = {battery.id: battery for battery in problem.scenario.model.batteries}
    sites = []
    for i, j in zip(who.tolist(), where.tolist()):
        name = problem.movable[leaving[i]]
        launchers = batteries[name].launchers
        n = int(figure(problem.scenario.model, problem.ask.system, "launchers_per_battery"))
        n = n if launchers is None else launchers
        full = n * int(figure(problem.scenario.model, problem.ask.system, "rounds_per_launcher"))
        rounds = batteries[name].loaded_rounds
        lat_deg, lon_deg = problem.lat_lon_deg[to[j]].tolist()
        sites.append(Site(name, problem.site_ids[to[j]], lat_deg, lon_deg, n, full if rounds is None else rounds, name))
    return tuple(sites)

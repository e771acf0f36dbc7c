"""What a siting has to cover: rockets expected in each area, and how they come in bursts, from draws of the raid.

The draws have a seed of their own, so that no raid of them is met again when sitings are raced.
"""

from __future__ import annotations

import hashlib
import math
from typing import NamedTuple

import numpy as np

from opendome.base.errors import CommandError
from opendome.raid.generate import draw_day
from opendome.scenario.compile_sites import figure
from opendome.scenario.schema import ScenarioModel
from opendome.scenario.world import World

__all__ = ["POINTS", "WEIGHTS", "Demand", "acting_chance", "derived_seed", "draw_demand", "leakage_gain"]

WEIGHTS = ("rockets", "people", "population")
"""What areas may be weighted by: rockets expected on their built-up ground, the people these would expose, or the
people who live there."""

POINTS = ("areas", "squares")
"""Where demand is put: at the middle of each area, or in each square kilometre where rockets strike."""

_SQUARE_M = 1000.0
_MOST_SQUARES = 1 << 24
_KILL_KEYS = ("rocket", "mortar", "drone", "cruise")


class Demand(NamedTuple):
    """Points that are to be covered with their weights, and the bursts that these come from.

    A point is the middle of an area, or the mean of what strikes one square kilometre. ``at_m`` (n_points, 2) east and
    north; ``weight`` (n_points,) a raid, in the unit of the kind; ``rockets`` (n_points,) expected there in a raid;
    ``total``, ``total_low``, ``total_high`` of the rockets, mean of a raid with its 95 % interval; ``part_point``,
    ``part_weight``, ``part_burst_n`` (n_parts,) one row for each point that a burst strikes: the point, the weight of
    what falls there (a raid's share), and the rockets of the whole burst; ``p_kill`` of one round, mean over the
    rockets; ``n_shots`` rounds that one rocket may be met with.
    """

    at_m: np.ndarray
    weight: np.ndarray
    rockets: np.ndarray
    total: float
    total_low: float
    total_high: float
    part_point: np.ndarray
    part_weight: np.ndarray
    part_burst_n: np.ndarray
    p_kill: float
    n_shots: int
    n_draws: int


def derived_seed(seed: int, purpose: str) -> int:
    """A seed for other draws than those of the study, from the study's seed and a word."""
    digest = hashlib.sha256(f"{purpose}/{seed}".encode()).digest()
    return int.from_bytes(digest[:6], "little")


def draw_demand(
    model: ScenarioModel,
    world: World,
    system: str,
    seed: int,
    n_draws: int,
    weigh_by: str = "rockets",
    points: str = "areas",
) -> Demand:
    """Draw raids and count what a system could be asked to stop: rockets that fly and strike built-up ground.

    Left out are those whose range the system cannot meet. Failing rockets count where they strike.

    Parameters
    ----------
    model, world : the scenario and its compiled world
    system : str      name of the system that is to be placed
    seed : int        of the study; the draws use another, derived from it
    n_draws : int     raids, 2 or more
    weigh_by : str    one of ``WEIGHTS``
    points : str      one of ``POINTS``

    Raises
    ------
    CommandError
        An unknown kind of weight or point, too few draws, or nothing that the system could stop.
    """
    _check_kinds(weigh_by, points, n_draws)
    struck, raid = _struck(model, world, system, derived_seed(seed, "siting demand"), n_draws)
    if not len(struck):
        raise CommandError(f"no rocket of {n_draws} drawn raids strikes built-up ground where `{system}` could stop it")
    p_kill = _p_kill(model, system, world, np.bincount(struck["i_class"], minlength=len(world.classes)))
    if p_kill <= 0.0:
        raise CommandError(f"`{system}` stops nothing of what comes down here: its kill probability is 0")
    if points == "squares":
        at_m, point = _squares(struck)
    else:
        at_m, point = np.stack([world.areas["east_m"], world.areas["north_m"]], axis=1), struck["end_area"]
    rockets = np.bincount(point, minlength=len(at_m)) / n_draws
    each = np.ones(len(struck))
    if weigh_by == "people":
        density = world.areas["density_people_per_m2"][struck["end_area"]]
        each = density * world.classes["casualty_area_m2"][struck["i_class"]]
    elif weigh_by == "population":
        each = (world.areas["population"] / np.maximum(rockets, 1e-300))[point]
    weight = np.bincount(point, each, len(at_m)) / n_draws
    if weigh_by == "population":
        weight = world.areas["population"].astype(np.float64)
    counts = np.bincount(raid, minlength=n_draws)
    mean, half = float(counts.mean()), 1.96 * float(counts.std(ddof=1)) / math.sqrt(n_draws)
    is_looking = model.doctrine.shoot_look_shoot and model.doctrine.max_shots > 1
    part_point, part_weight, part_burst_n = _parts(struck, raid, point, each)
    return Demand(
        at_m, weight, rockets, mean, mean - half, mean + half, part_point, part_weight / n_draws, part_burst_n, p_kill,
        2 if is_looking else 1, n_draws,
    )  # fmt: skip


def _check_kinds(weigh_by: str, points: str, n_draws: int) -> None:
    if weigh_by not in WEIGHTS:
        raise CommandError(f"unknown weight `{weigh_by}`: write {', '.join(WEIGHTS)}")
    if points not in POINTS:
        raise CommandError(f"unknown points `{points}`: write {', '.join(POINTS)}")
    if points == "squares" and weigh_by == "population":
        raise CommandError("people who live in an area are not known by square: write --points areas")
    if n_draws < 2:
        raise CommandError(f"draws must be 2 or more, not {n_draws}")


def _struck(model: ScenarioModel, world: World, system: str, seed: int, n_draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Objects that strike built-up ground and that the system could meet, and the raid of each."""
    low_m, high_m = (1000.0 * figure(model, system, f"threat_range_{end}_km") for end in ("min", "max"))
    drawn, raid_of = [], []
    for replication in range(n_draws):
        days = [draw_day(world.raid, seed, replication, day)[0] for day in range(world.n_days)]
        objects = np.concatenate(days)
        ranged = (objects["range_m"] >= low_m) & (objects["range_m"] <= high_m)
        ranged |= world.classes["is_cruise"][objects["i_class"]] == 1
        struck = objects[(objects["end_area"] >= 0) & (objects["is_built_up"] == 1) & ranged]
        drawn.append(struck)
        raid_of.append(np.full(len(struck), replication))
    return np.concatenate(drawn), np.concatenate(raid_of)


def _squares(struck: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean impact point of each square kilometre that is struck, (n_points, 2), and the point of each rocket."""
    at_m = np.stack([struck["impact_east_m"], struck["impact_north_m"]], axis=1)
    square = np.floor(at_m / _SQUARE_M).astype(np.int64)
    _, point = np.unique(square[:, 0] * _MOST_SQUARES + square[:, 1], return_inverse=True)
    n = np.bincount(point)
    return np.stack([np.bincount(point, at_m[:, i]) / n for i in (0, 1)], axis=1), point


def _parts(
    struck: np.ndarray, raid: np.ndarray, point: np.ndarray, each: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Point, weight there, and rockets of the whole burst: one row a point of a burst."""
    _, burst = np.unique(raid.astype(np.int64) << 32 | struck["burst"], return_inverse=True)
    n_points = int(point.max()) + 1
    found, part = np.unique(burst * n_points + point, return_inverse=True)
    return found % n_points, np.bincount(part, each), np.bincount(burst).astype(np.float64)[found // n_points]


def _p_kill(model: ScenarioModel, system: str, world: World, kinds: np.ndarray) -> float:
    """Chance that one round stops a rocket, mean over the classes that come."""
    p = np.array([figure(model, system, f"single_shot_kill_probability_{key}") for key in _KILL_KEYS])
    share = kinds / kinds.sum()
    return float(figure(model, system, "reliability") * (share * p[world.classes["i_kill_group"]]).sum())


def leakage_gain(demand: Demand, channels: float, n_levels: int) -> np.ndarray:
    """Weight kept out by the first, second ... battery over each point, seen burst by burst, (n_points, n_levels).

    k batteries hold ``k channels`` engagements at once, and each stops a rocket with chance ``p_kill``; no rocket is
    met with more than ``n_shots`` rounds. So of n rockets they stop min(p k c, n (1 - (1 - p)^m)) in expectation, which
    is concave in k, spread over the points of the burst in proportion to what falls there.

    Assumes: the batteries over a point are free for its burst alone, and rounds are at hand.
    """
    n_points = len(demand.weight)
    most = demand.part_burst_n * (1.0 - (1.0 - demand.p_kill) ** demand.n_shots)
    kept = np.zeros((n_points, n_levels + 1))
    for k in range(1, n_levels + 1):
        stopped = np.minimum(demand.p_kill * k * channels, most) / demand.part_burst_n
        kept[:, k] = np.bincount(demand.part_point, demand.part_weight * stopped, n_points)
    # Sums in floating point may rise by a rounding; the steps do not.
    gain: np.ndarray = np.minimum.accumulate(np.maximum(np.diff(kept, axis=1), 0.0), axis=1)
    return gain


def acting_chance(demand: Demand, gain: np.ndarray) -> float:
    """Chance that one battery deals with what comes down in its footprint: the first step over the whole weight."""
    reached = float(demand.weight[demand.rockets > 0.0].sum())
    return min(float(gain[:, 0].sum()) / reached, 1.0) if reached > 0.0 else 1.0

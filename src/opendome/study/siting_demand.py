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

__all__ = ["WEIGHTS", "Demand", "acting_chance", "derived_seed", "draw_demand", "leakage_gain"]

WEIGHTS = ("rockets", "people", "population")
"""What areas may be weighted by: rockets expected on their built-up ground, the people these would expose, or the
people who live there."""

_KILL_KEYS = ("rocket", "mortar", "drone", "cruise")


class Demand(NamedTuple):
    """Weights of areas, and the bursts that they come from.

    ``weight`` (n_areas,) a raid, in the unit of the kind; ``rockets`` (n_areas,) expected on built-up ground of the
    area in a raid; ``total``, ``total_low``, ``total_high`` of the rockets, mean of a raid with its 95 % interval;
    ``part_area``, ``part_weight``, ``part_burst_n`` (n_parts,) one row for each area that a burst strikes: the area,
    the weight of what falls there (a raid's share), and the rockets of the whole burst; ``p_kill`` of one round, mean
    over the rockets; ``n_shots`` rounds that one rocket may be met with.
    """

    weight: np.ndarray
    rockets: np.ndarray
    total: float
    total_low: float
    total_high: float
    part_area: np.ndarray
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
    model: ScenarioModel, world: World, system: str, seed: int, n_draws: int, weigh_by: str = "rockets"
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

    Raises
    ------
    CommandError
        An unknown kind of weight, too few draws, or nothing that the system could stop.
    """
    if weigh_by not in WEIGHTS:
        raise CommandError(f"unknown weight `{weigh_by}`: write {', '.join(WEIGHTS)}")
    if n_draws < 2:
        raise CommandError(f"draws must be 2 or more, not {n_draws}")
    low_m, high_m = (1000.0 * figure(model, system, f"threat_range_{end}_km") for end in ("min", "max"))
    own_seed = derived_seed(seed, "siting demand")
    parts, counts = [], []
    for replication in range(n_draws):
        days = [draw_day(world.raid, own_seed, replication, day)[0] for day in range(world.n_days)]
        objects = np.concatenate(days)
        ranged = (objects["range_m"] >= low_m) & (objects["range_m"] <= high_m)
        ranged |= world.classes["is_cruise"][objects["i_class"]] == 1
        struck = objects[(objects["end_area"] >= 0) & (objects["is_built_up"] == 1) & ranged]
        counts.append(len(struck))
        parts.append(_parts(struck, world))
    burst_area, people, n_in_area, n_in_burst, kind_counts = (np.concatenate(column) for column in zip(*parts))
    if not len(burst_area):
        raise CommandError(f"no rocket of {n_draws} drawn raids strikes built-up ground where `{system}` could stop it")
    p_kill = _p_kill(model, system, world, kind_counts.reshape(-1, len(world.classes)).sum(axis=0))
    if p_kill <= 0.0:
        raise CommandError(f"`{system}` stops nothing of what comes down here: its kill probability is 0")
    rockets = np.bincount(burst_area, n_in_area, len(world.areas)) / n_draws
    weight, part_weight = rockets, n_in_area / n_draws
    if weigh_by == "people":
        weight, part_weight = np.bincount(burst_area, people, len(world.areas)) / n_draws, people / n_draws
    elif weigh_by == "population":
        weight = world.areas["population"].astype(np.float64)
        part_weight = n_in_area / n_draws * (weight / np.where(rockets > 0.0, rockets, 1.0))[burst_area]
    mean, half = float(np.mean(counts)), 1.96 * float(np.std(counts, ddof=1)) / math.sqrt(n_draws)
    is_looking = model.doctrine.shoot_look_shoot and model.doctrine.max_shots > 1
    return Demand(
        weight, rockets, mean, mean - half, mean + half, burst_area, part_weight, n_in_burst,
        p_kill, 2 if is_looking else 1, n_draws,
    )  # fmt: skip


def _parts(struck: np.ndarray, world: World) -> tuple[np.ndarray, ...]:
    """Area, people exposed, rockets there and in the whole burst, one row an area of a burst; rockets by class."""
    n_areas = len(world.areas)
    key = struck["burst"].astype(np.int64) * n_areas + struck["end_area"]
    found, place = np.unique(key, return_inverse=True)
    density = world.areas["density_people_per_m2"][struck["end_area"]]
    people = np.bincount(place, density * world.classes["casualty_area_m2"][struck["i_class"]], len(found))
    n_there = np.bincount(place, minlength=len(found)).astype(np.float64)
    _, burst = np.unique(found // n_areas, return_inverse=True)
    n_burst = np.bincount(burst, n_there)[burst] if len(found) else np.zeros(0)
    kinds = np.bincount(struck["i_class"], minlength=len(world.classes)).astype(np.float64)
    return found % n_areas, people, n_there, n_burst, kinds


def _p_kill(model: ScenarioModel, system: str, world: World, kinds: np.ndarray) -> float:
    """Chance that one round stops a rocket, mean over the classes that come."""
    p = np.array([figure(model, system, f"single_shot_kill_probability_{key}") for key in _KILL_KEYS])
    share = kinds / kinds.sum()
    return float(figure(model, system, "reliability") * (share * p[world.classes["i_kill_group"]]).sum())


def leakage_gain(demand: Demand, channels: float, n_levels: int) -> np.ndarray:
    """Weight kept out by the first, second ... battery over each area, seen burst by burst, (n_areas, n_levels).

    k batteries hold ``k channels`` engagements at once, and each stops a rocket with chance ``p_kill``; no rocket is
    met with more than ``n_shots`` rounds. So of n rockets they stop min(p k c, n (1 - (1 - p)^m)) in expectation, which
    is concave in k, spread over the areas of the burst in proportion to what falls there.

    Assumes: the batteries over an area are free for its burst alone, and rounds are at hand.
    """
    n_areas = len(demand.weight)
    most = demand.part_burst_n * (1.0 - (1.0 - demand.p_kill) ** demand.n_shots)
    kept = np.zeros((n_areas, n_levels + 1))
    for k in range(1, n_levels + 1):
        stopped = np.minimum(demand.p_kill * k * channels, most) / demand.part_burst_n
        kept[:, k] = np.bincount(demand.part_area, demand.part_weight * stopped, n_areas)
    # Sums in floating point may rise by a rounding; the steps do not.
    gain: np.ndarray = np.minimum.accumulate(np.maximum(np.diff(kept, axis=1), 0.0), axis=1)
    return gain


def acting_chance(demand: Demand, gain: np.ndarray) -> float:
    """Chance that one battery deals with what comes down in its footprint: the first step over the whole weight."""
    reached = float(demand.weight[demand.rockets > 0.0].sum())
    return min(float(gain[:, 0].sum()) / reached, 1.0) if reached > 0.0 else 1.0

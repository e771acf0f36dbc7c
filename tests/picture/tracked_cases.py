"""Small scenarios on the tracked picture, and what is told of them, for the tests of this folder."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from opendome.picture.tracked import perceive_tracked
from opendome.raid.generate import draw_day
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import load
from opendome.scenario.world import TrackedWorld

SEED = 9
SMALL: dict[str, Any] = {
    "picture.kind": "tracked",
    "duration_day": 1,
    "depot.resupply": [],
    "threats.given": [],
    "threats.raid.launched_per_day.mean": 40,
    "threats.raid.launched_per_day.variance_over_mean": 2,
    "threats.raid.classes": {"short-rocket": 0.5, "medium-rocket": 0.3, "one-way-drone": 0.2},
}


class Seen(NamedTuple):
    """A day's objects and what the picture tells of them; links by track in ``first``."""

    objects: np.ndarray
    tracks: np.ndarray
    rows: np.ndarray
    areas: np.ndarray
    p_areas: np.ndarray
    is_inside: np.ndarray
    first: np.ndarray
    linked: np.ndarray
    since_s: np.ndarray
    until_s: np.ndarray


def small_scenario(**changes: Any) -> Any:
    """Give the small scenario with further keys changed; `__` stands for a dot."""
    more = {key.replace("__", "."): value for key, value in changes.items()}
    return load("coastland").override({**SMALL, **more})


def world_of(scenario: Any) -> TrackedWorld:
    """Give the compiled world of a scenario on the tracked picture."""
    world = compile_world(scenario)
    assert isinstance(world, TrackedWorld)
    return world


@cache
def small() -> TrackedWorld:
    """Give a day of about forty rockets and drones before two radars."""
    return world_of(small_scenario())


def salvo(count: int, *, spacing_s: float = 1.0, kind: str = "medium-rocket", **changes: Any) -> TrackedWorld:
    """Give one written-out salvo and nothing else."""
    given = {"at_utc": "2030-05-01T18:00:00Z", "from": [35.15, -29.62], "at": [35.02, -30.16], "class": kind}
    return world_of(
        small_scenario(
            threats__raid=None, threats__given=[{**given, "count": count, "spacing_s": spacing_s}], **changes
        )
    )


def _flat(objects: np.ndarray, seen: tuple) -> Seen:
    return Seen(objects, *seen[:5], *seen[5])


def see(world: TrackedWorld, replication: int = 0, day: int = 0, seed: int = SEED) -> Seen:
    """Run a day through radars and tracker."""
    objects, _ = draw_day(world.world.raid, seed, replication, day)
    return _flat(objects, perceive_tracked(world.world.picture, world.tracked, seed, replication, day, objects))


def see_as(given: Any, objects: np.ndarray) -> Seen:
    """Name the parts of what a picture gave."""
    return _flat(objects, given)


@cache
def seen_small(replication: int = 0) -> Seen:
    """Give a day of the small scenario."""
    return see(small(), replication)


def same_bytes(a: Seen, b: Seen) -> bool:
    """Whether two pictures are equal to the bit."""
    return all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


def first_linked(seen: Seen, i_track: int) -> int:
    """Give the object that a track holds first, -1 for none."""
    begin, end = seen.first[i_track], seen.first[i_track + 1]
    return int(seen.linked[begin]) if end > begin else -1


def held_at(seen: Seen, i_track: int, t_s: float) -> int:
    """Give the object that a track holds at a time, -1 for none."""
    for k in range(seen.first[i_track], seen.first[i_track + 1]):
        if seen.since_s[k] <= t_s < seen.until_s[k]:
            return int(seen.linked[k])
    return -1


def tracked_objects(seen: Seen) -> set[int]:
    """Give the objects that some track holds at some time."""
    return {int(one) for one in seen.linked}


def rocket_errors(world: TrackedWorld, seen: Seen) -> np.ndarray:
    """Rows of (track, ordinal, age [s], error east, north [m], normalised square, object) of linked rockets."""
    out = []
    for row in seen.rows:
        i = int(row["i_track"])
        j = held_at(seen, i, row["t_s"])
        if j < 0 or world.world.classes[seen.objects[j]["i_class"]]["is_cruise"]:
            continue
        item = seen.objects[j]
        east, north = row["mean_east_m"] - item["impact_east_m"], row["mean_north_m"] - item["impact_north_m"]
        a, b, c = row["var_east_m2"], row["cov_m2"], row["var_north_m2"]
        nees = (c * east**2 - 2 * b * east * north + a * north**2) / (a * c - b * b)
        out.append((i, row["ordinal"], row["t_s"] - seen.tracks[i]["t_first_plot_s"], east, north, nees, j))
    return np.array(out).reshape(-1, 7)


def t_value(values: np.ndarray) -> float:
    """Give the mean over its standard error."""
    return float(values.mean() / (values.std(ddof=1) / math.sqrt(len(values))))

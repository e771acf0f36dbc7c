"""How far a doctrine was from the best: what it saves of one raid over many draws of kill luck, beside a bound.

The bound holds for every policy that keeps doctrine's thresholds, first decision and shots a track: no more can be
saved in expectation, even with all arrivals known. It relaxes the limits of launchers, channels and reload, lets a
look be instant and never wrong, and asks that the rounds fired be no more than those delivered in expectation only.
With a price L of a round an object of value v is then worth, with n rounds left to fire at it,
W(n) = max(W(n - 1), p v - L + (1 - p) W(n - 1)), and for every L >= 0 the sum of W and of L times the rounds is a bound
(Lagrangian relaxation); the least is taken.

References: Hawkins, A Lagrangian decomposition approach to weakly coupled dynamic optimization problems (2003), for
the relaxation of a shared resource in expectation.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.kernels import allocating_kernel
from opendome.battle.heap import INTERCEPT
from opendome.battle.kernel import advance
from opendome.battle.reachable import best_shots
from opendome.battle.state import Clock, Count, empty_window, new_state
from opendome.battle.stock import total_rounds
from opendome.battle.windows import close_window, one_to_one_links
from opendome.picture.statistical import perceive
from opendome.raid.generate import draw_day
from opendome.scenario.world import AFTER_S, DAY_S, TrackedWorld, World, drawn_world

from .doors import find_policy, is_compiled, is_priced, own_policy
from .forecast import own_forecast, price_rounds, tracks_of_day
from .luck import Instant
from .pool import default_workers
from .replicate import next_window
from .stakes import lost_since, stakes

__all__ = [
    "Achieved",
    "BestCase",
    "achieve",
    "best_case",
    "best_from",
    "best_rows",
    "least_bound",
    "play_luck",
    "saved_interval",
]

FloatArray = NDArray[np.float64]

_N_NARROWINGS = 80
_WITHOUT_LIMIT = 10**9
_LUCK = 0x5DEECE66D


class BestCase(NamedTuple):
    """Of one raid: leaks and people lost if nobody shoots, and bounds on what a policy saves of them in expectation."""

    leaks_at_stake: float
    people_at_stake: float
    leaks_saved_at_most: float
    people_saved_at_most: float
    rounds: int


class Achieved(NamedTuple):
    """By draw of luck (n,): leaks and people lost, and rounds fired."""

    leaks: FloatArray
    people: FloatArray
    rounds_fired: FloatArray


def saved_interval(at_stake: float, lost: FloatArray) -> tuple[float, float, float]:
    """Mean saved over draws of luck (n,), and its 95 % interval."""
    mean, half = at_stake - float(lost.mean()), 1.96 * float(lost.std(ddof=1)) / math.sqrt(len(lost))
    return mean, mean - half, mean + half


def least_bound(value: FloatArray, p: FloatArray, n_rounds: NDArray[np.int64], rounds: float) -> float:
    """Least Lagrangian bound over prices of a round, by ternary search of a convex function."""

    def at(price: float) -> float:
        worth = np.zeros(len(value))
        for n in range(int(n_rounds.max(initial=0))):
            fired = np.maximum(worth, p * value - price + (1.0 - p) * worth)
            worth = np.where(n < n_rounds, fired, worth)
        return float(worth.sum() + price * rounds)

    low, high = 0.0, float((p * value).max(initial=0.0))
    for _ in range(_N_NARROWINGS):
        a, b = low + (high - low) / 3.0, high - (high - low) / 3.0
        low, high = (low, b) if at(a) <= at(b) else (a, high)
    return min(at(0.0), at(low), at(high))


def _rounds_delivered(world: World) -> int:
    """Rounds that the campaign can hold at most: at the start, with batteries, and by resupply."""
    battle = world.battle
    depots, lots, order = battle.depots, battle.resupply, battle.change_order
    if np.any((depots["reorder_below_rounds"] >= 0) & (depots["i_source"] < 0)):
        return _WITHOUT_LIMIT
    units = battle.units[battle.change_unit[order][battle.changes["is_arrival"][order] == 1]]
    loaded = np.minimum(units["loaded_rounds"], units["n_launchers"] * units["rounds_per_launcher"])
    arrives = (lots["is_lost"] == 0) & (lots["t_s"] < np.inf)
    return int(loaded.sum() + depots["n_rounds"].sum() + lots["n_rounds"][arrives].sum())


def best_case(world: World, seed: int, replication: int) -> BestCase:
    """Bounds for one raid on the statistical picture.

    Parameters
    ----------
    world : World
    seed, replication : int    they name the raid
    """
    world = drawn_world(world, seed, replication)
    picture = world.picture._replace(is_sparing=False)
    parts = []
    for day in range(world.n_days):
        objects, _ = draw_day(world.raid, seed, replication, day)
        tracks, rows, _, _, _, i_object = perceive(picture, seed, replication, objects)
        parts.append(
            (
                *stakes(world, objects),
                *best_shots(world.battle, len(objects), tracks, rows, one_to_one_links(i_object)),
            )
        )
    leaks, people, p, n_rounds = (np.concatenate(column) for column in zip(*parts, strict=True))
    rounds = _rounds_delivered(world)
    return BestCase(
        float(leaks.sum()),
        float(people.sum()),
        least_bound(leaks, p, n_rounds, rounds),
        least_bound(people, p, n_rounds, rounds),
        rounds,
    )


def _rounds_left(instant: Instant) -> int:
    """Rounds that can be fired from an instant on until the count is closed, those in flight included."""
    battle, state, now_s = instant.world.battle, instant.state, float(instant.state.clock[Clock.NOW_S])
    depots, lots = battle.depots, battle.resupply
    if np.any((depots["reorder_below_rounds"] >= 0) & (depots["i_source"] < 0)):
        return _WITHOUT_LIMIT
    queue = state.events[state.heap[: state.count[Count.HEAP_SIZE]]]
    changes, order = battle.changes, battle.change_order
    comes = (changes["is_arrival"][order] == 1) & (changes["t_s"][order] >= now_s)
    units = battle.units[battle.change_unit[order][comes & (changes["t_s"][order] < instant.t_end_s)]]
    loaded = np.minimum(units["loaded_rounds"], units["n_launchers"] * units["rounds_per_launcher"])
    arrives = (lots["is_lost"] == 0) & (lots["t_s"] >= now_s) & (lots["t_s"] < min(instant.t_end_s, math.inf))
    in_flight = queue["n_rounds"][queue["kind"] == INTERCEPT].sum()
    ordered = state.orders["n_rounds"][np.isfinite(state.orders["t_s"])].sum()
    return int(total_rounds(state) + in_flight + ordered + loaded.sum() + lots["n_rounds"][arrives].sum())


def best_from(instant: Instant) -> BestCase:
    """Bounds for what comes down from an instant on until the count is closed; what was destroyed before stays so.

    Parameters
    ----------
    instant : Instant    on the statistical picture, none of which is made anew later
    """
    world, seen, window = instant.world, instant.seen, instant.window
    now_s = float(instant.state.clock[Clock.NOW_S])
    killed = window.objects[window.object_state["is_killed"] == 1]
    dead = set(zip(killed["burst"].tolist(), killed["shot"].tolist()))
    parts = []
    for day in range(world.n_days):
        o, t, a, n = seen.cuts[day]
        o1, t1, a1, n1 = seen.cuts[day + 1]
        objects, first = seen.objects[o:o1], seen.link_first[t + day : t1 + day + 1]
        links = (first, seen.link_object[n:n1], seen.link_from_s[n:n1], seen.link_until_s[n:n1])
        counts = (objects["t_impact_s"] >= now_s) & (objects["t_impact_s"] < instant.t_end_s)
        counts &= [pair not in dead for pair in zip(objects["burst"].tolist(), objects["shot"].tolist())]
        p, n_rounds = best_shots(world.battle, len(objects), seen.tracks[t:t1], seen.assessments[a:a1], links)
        parts.append((*(counts * stake for stake in stakes(world, objects)), p, n_rounds))
    leaks, people, p, n_rounds = (np.concatenate(column) for column in zip(*parts, strict=True))
    rounds = _rounds_left(instant)
    return BestCase(
        float(leaks.sum()),
        float(people.sum()),
        least_bound(leaks, p, n_rounds, rounds),
        least_bound(people, p, n_rounds, rounds),
        rounds,
    )


@allocating_kernel
def play_luck(world, seed, replication, luck_seed, rule):
    """One replication's raid and picture with other luck of rounds: (leaks, people, rounds fired)."""
    state, window = new_state(world.battle, False), empty_window()
    advance(world.battle, state, window, luck_seed, replication, 1e-6, rule, False)
    leaks, people, n_seen = 0.0, 0.0, 0
    for day in range(world.n_days):
        if world.forecast.is_on:
            price_rounds(world, state, seed, replication, day, n_seen, rule)
        window, _ = next_window(world, state, window, seed, replication, day)
        n_seen += tracks_of_day(window, day)
        until_s = (day + 1) * DAY_S
        advance(world.battle, state, window, luck_seed, replication, until_s, rule, False)
        if day == world.n_days - 1:
            until_s += AFTER_S
            advance(world.battle, state, window, luck_seed, replication, until_s, rule, False)
        more_leaks, more_people = lost_since(world, window, math.inf if day == world.n_days - 1 else until_s)
        leaks += more_leaks
        people += more_people
        window = close_window(window, state, until_s, 0.0)
    return leaks, people, float(state.count[Count.FIRED])


def achieve(
    world: World, seed: int, replication: int, rule: Any, n_luck: int = 200, workers: int | None = None
) -> Achieved:
    """What a compiled rule loses of one raid over draws of luck: kills, reliability, judgements, failures, deliveries.

    Parameters
    ----------
    rule : cfunc of POLICY_SIGNATURE
    n_luck : int    draws
    workers : int, optional    threads, by default one a processor; the numbers do not depend on it
    """

    world = drawn_world(world, seed, replication)

    def play(k: int) -> tuple[float, float, float]:
        own = own_forecast(world, is_priced(rule))
        found: tuple[float, float, float] = play_luck(own, seed, replication, (seed ^ _LUCK) + 1 + k, rule)
        return found

    with ThreadPoolExecutor(workers or default_workers()) as pool:
        found = list(pool.map(play, range(n_luck)))
    return Achieved(*(np.array(column) for column in zip(*found, strict=True)))


def best_rows(
    world: World | TrackedWorld,
    alternative: str,
    rule_name: str,
    policy: Any,
    seed: int,
    replication: int,
    n_luck: int,
    workers: int | None = None,
) -> list[dict[str, Any]]:
    """Rows of the table `best` for one alternative: leaks, and people.

    None on the tracked picture, for which there is no bound, and for a rule that is not compiled.

    Parameters
    ----------
    policy : None, a registered name, or a rule; None is the scenario's own
    """
    rule = own_policy(world) if policy is None else find_policy(policy)
    if isinstance(world, TrackedWorld) or not is_compiled(rule):
        return []
    best, found = best_case(world, seed, replication), achieve(world, seed, replication, rule, n_luck, workers)
    rows = []
    for what, at_stake, bound, lost in (
        ("leaks", best.leaks_at_stake, best.leaks_saved_at_most, found.leaks),
        ("people", best.people_at_stake, best.people_saved_at_most, found.people),
    ):
        saved, low, high = saved_interval(at_stake, lost)
        rows.append(
            {
                "alternative": alternative,
                "rule": rule_name,
                "replication": replication,
                "what": what,
                "rounds": best.rounds,
                "at_stake": at_stake,
                "bound": bound,
                "saved": saved,
                "low": low,
                "high": high,
                "rounds_fired": float(found.rounds_fired.mean()),
                "n": len(lost),
            }
        )
    return rows

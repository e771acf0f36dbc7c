"""Battles of seconds as arrays: the threats, the launchers, what the defence knows, and what a policy is.

All times are whole seconds. The truth about a shot, whether it hits, is in none of these types: it stays with
``dynamic_battle``, and a policy learns of it only by what ``Knowledge`` says once the outcome is known.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["DynamicPolicy", "Knowledge", "Launchers", "Sight", "Threats", "make_launchers", "make_threats", "rows"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Threats(NamedTuple):
    """Threats in the order in which they are seen: n threats, m launchers."""

    t_seen_s: Ints
    """(n,) first second at which a threat may be engaged."""
    t_impact_s: Ints
    """(n,) impact."""
    t_closed_s: Ints
    """(n,) last second at which any launcher may fire at it; -1 if none ever may."""
    value: Floats
    """(n,) what is lost if it is not stopped."""
    t_first_s: NDArray[np.int32]
    """(n, m) first second at which a launcher may fire at it."""
    t_last_s: NDArray[np.int32]
    """(n, m) last such second; before ``t_first_s`` where it cannot reach."""
    flyout_s: NDArray[np.int32]
    """(n, m) launch to intercept."""
    p_kill: Floats
    """(n, m) single-shot kill probability."""


class Launchers(NamedTuple):
    """Launchers at the start of a battle: m launchers."""

    rounds: Ints
    """(m,) rounds."""
    reload_s: Ints
    """(m,) from one shot of a launcher to its next."""
    look_s: int
    """From the intercept to knowing its outcome."""


class Knowledge(NamedTuple):
    """What the defence knows of its shots: n threats, m launchers, room for k shots. Changed in place."""

    rounds: Ints
    """(m,) rounds left."""
    t_ready_s: Ints
    """(m,) from when a launcher may fire."""
    p_alive: Floats
    """(n,) chance that a threat outlives the shots under way, as the defence believes."""
    n_pending: Ints
    """(n,) shots at it whose outcome is not known."""
    n_shots: Ints
    """(n,) shots at it in all."""
    t_free_s: Ints
    """(n,) when the outcome of the last of them is known."""
    is_down: NDArray[np.bool_]
    """(n,) known to be stopped."""
    shot_threat: Ints
    """(k,) row of the threat."""
    shot_launcher: Ints
    """(k,) launcher."""
    shot_ordinal: Ints
    """(k,) which shot at this threat, from 0."""
    shot_t_known_s: Ints
    """(k,) when the outcome is known."""
    shot_p_kill: Floats
    """(k,) kill probability that the defence believes."""
    n_fired: Ints
    """(1,) shots fired: how much of the shot arrays is in use."""


class Sight(NamedTuple):
    """What a policy sees at a decision: the threats seen so far as the defence believes them to be, and its shots."""

    t_s: int
    threats: Threats
    launchers: Launchers
    knowledge: Knowledge


class DynamicPolicy(Protocol):
    """A rule that picks the shots of one second."""

    def decide(self, sight: Sight) -> NDArray[np.int64]:
        """Give the shots as (k, 2): launcher, row of the threat; at most one a launcher and one a threat."""
        ...


def make_threats(
    t_seen_s: ArrayLike,
    t_impact_s: ArrayLike,
    value: ArrayLike,
    t_first_s: ArrayLike,
    t_last_s: ArrayLike,
    flyout_s: ArrayLike,
    p_kill: ArrayLike,
) -> Threats:
    """Put threats in the order of being seen, and check them.

    Parameters
    ----------
    t_seen_s, t_impact_s : (n,)   seconds
    value : (n,)                  what is lost if it is not stopped, at least 0
    t_first_s, t_last_s : (n, m)  launch window, both ends included; ``t_last_s`` before ``t_first_s`` where it cannot
        reach. Launches before the threat is seen are cut off. A launch inside the window meets the threat in time.
    flyout_s : (n, m)             seconds from launch to intercept, the longest in the window
    p_kill : (n, m)               single-shot kill probability, in [0, 1)

    Raises
    ------
    ValueError
        If shapes differ, a time seen or a value is negative or a probability lies outside [0, 1).
    """
    seen, impact = np.asarray(t_seen_s, np.int64), np.asarray(t_impact_s, np.int64)
    worth, kill = np.asarray(value, np.float64), np.asarray(p_kill, np.float64)
    first, last, fly = (np.asarray(table, np.int64) for table in (t_first_s, t_last_s, flyout_s))
    n = seen.size
    if kill.ndim != 2 or {impact.shape, worth.shape} != {(n,)} or {first.shape, last.shape, fly.shape} != {kill.shape}:
        raise ValueError("give (n,) arrays for threats and (n, m) arrays for threats and launchers")
    if kill.shape[0] != n or np.any(seen < 0) or np.any(worth < 0.0) or np.any(kill < 0.0) or np.any(kill >= 1.0):
        raise ValueError("times and values must be at least 0, and kill probabilities in [0, 1)")
    first = np.maximum(first, seen[:, None])
    can = (last >= first) & (kill > 0.0)
    order = np.argsort(seen, kind="stable")
    threats = Threats(
        seen,
        impact,
        np.where(can, last, -1).max(axis=1, initial=-1),
        worth,
        np.where(can, first, 2**30).astype(np.int32),
        np.where(can, last, -1).astype(np.int32),
        np.where(can, fly, 0).astype(np.int32),
        np.where(can, kill, 0.0),
    )
    return rows(threats, order)


def rows(table: Any, which: Any) -> Any:
    """Give some rows of a named tuple of arrays."""
    return type(table)(*(np.ascontiguousarray(column[which]) for column in table))


def make_launchers(rounds: ArrayLike, reload_s: ArrayLike, look_s: int) -> Launchers:
    """Check launchers: (m,) rounds, (m,) seconds between two shots of at least 1, and seconds of the look."""
    stock, reload = np.array(rounds, np.int64), np.array(reload_s, np.int64)
    if stock.ndim != 1 or stock.shape != reload.shape or np.any(stock < 0) or np.any(reload < 1) or look_s < 0:
        raise ValueError("give (m,) rounds of at least 0, (m,) reload_s of at least 1 and look_s of at least 0")
    return Launchers(stock, reload, int(look_s))

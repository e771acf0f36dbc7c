"""One replication as an episode of decisions: the battle kernel from order to order without a stop in Python.

What the kernel needs is handed over once a window and kept in a list that compiled code reads, because taking it from
Python anew at each decision costs ten times as much as the decision. What comes down on people is counted as it comes
down, by the rule by which the replication is counted at the end.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba.typed import List

from opendome.base.errors import RunError
from opendome.base.kernels import allocating_kernel, inlined_kernel
from opendome.base.types import Fate
from opendome.battle.kernel import advance, apply_order
from opendome.battle.state import Count, Status
from opendome.doctrine import rules
from opendome.doctrine.view import IMPACT_EAST_M, IMPACT_NORTH_M, N_OPTION, N_STOCK, N_TRACK
from opendome.harm.losses import people_in_casualty_area
from opendome.scenario.world import TrackedWorld, World
from opendome.study.doors import Play

__all__ = ["Bounds", "Episode", "Landings", "Table", "View", "act_all"]

_N_OPTIONS = int(Count.N_OPTIONS)
_FIRED = int(Count.FIRED)
_DECISION = int(Status.DECISION)
_DONE = int(Status.DONE)
_MISFIRES = int(Fate.MISFIRES)
NO_ANSWER = -2
"""In the place of an answer: there is no decision pending, only go on."""

PEOPLE, FIRED, SHOWN, FOUND = range(4)
"""Places in an episode's account: people exposed since last read, rounds fired so far, options shown and found."""


class Bounds(NamedTuple):
    """Highest values that an observation shows, by column; the lowest is 0, or minus that for places."""

    track: np.ndarray
    options: np.ndarray
    stock: np.ndarray


class View(NamedTuple):
    """Arrays that a decision is written into.

    ``mask`` (n + 1,) of int8, ``options`` (n, N_OPTION), ``stock`` (N_STOCK,), ``track`` (N_TRACK,).
    """

    mask: np.ndarray
    options: np.ndarray
    stock: np.ndarray
    track: np.ndarray


class Landings(NamedTuple):
    """Objects of a window that would come down on built-up ground, in order of impact, and how far they are counted."""

    t_impact_s: np.ndarray
    people: np.ndarray
    i_object: np.ndarray
    cursor: np.ndarray


@allocating_kernel
def list_landings(harm, areas, classes, window, since_s) -> Landings:
    """Landings of a window from ``since_s`` on."""
    objects = window.objects
    chosen = np.empty(len(objects), np.int64)
    n = 0
    for i in range(len(objects)):
        item = objects[i]
        is_harmless = item.is_built_up == 0 or item.end_area < 0 or item.fate == _MISFIRES
        if is_harmless or item.t_impact_s < since_s:
            continue
        j = n
        while j > 0 and objects[chosen[j - 1]].t_impact_s > item.t_impact_s:
            chosen[j] = chosen[j - 1]
            j -= 1
        chosen[j] = i
        n += 1
    t_impact_s, people = np.empty(n), np.empty(n)
    for j in range(n):
        item = objects[chosen[j]]
        t_impact_s[j] = item.t_impact_s
        density = areas[item.end_area].density_people_per_m2
        people[j] = people_in_casualty_area(harm, density, classes[item.i_class].casualty_area_m2)
    return Landings(t_impact_s, people, chosen[:n].copy(), np.zeros(1, np.int64))


@inlined_kernel
def _land(window, landings, account, until_s):
    """Count what comes down before until_s and was not destroyed."""
    k = landings.cursor[0]
    while k < len(landings.t_impact_s) and landings.t_impact_s[k] < until_s:
        if window.object_state[landings.i_object[k]].is_killed == 0:
            account[PEOPLE] += landings.people[k]
        k += 1
    landings.cursor[0] = k


@inlined_kernel
def _bounded(value, low, high):
    """A value inside its bounds; the low one for NaN."""
    if not value >= low:
        return low
    return high if value > high else value


@inlined_kernel
def _show(state, bounds, account, mask, options, stock, track):
    """Write the pending decision into the arrays of an observation; every place of them is written."""
    n = min(state.count[_N_OPTIONS], len(options))
    account[SHOWN], account[FOUND] = n, state.count[_N_OPTIONS]
    for c in range(N_TRACK):
        high = bounds.track[c]
        low = -high if c in (IMPACT_EAST_M, IMPACT_NORTH_M) else 0.0
        track[c] = _bounded(state.view_track[c], low, high)
    for c in range(N_STOCK):
        stock[c] = _bounded(state.view_stock[c], 0.0, bounds.stock[c])
    mask[0] = 1
    for i in range(n):
        mask[i + 1] = 1
        for c in range(N_OPTION):
            options[i, c] = _bounded(state.view_options[i, c], 0.0, bounds.options[c])
    for i in range(n, len(options)):
        mask[i + 1] = 0
        for c in range(N_OPTION):
            options[i, c] = 0.0


@allocating_kernel
def _act(table, i, choice, until_s, mask, options, stock, track):
    """Carry out an order and run to the next decision or to until_s; gives the kernel's Status."""
    battle, state, window, landings, bounds, account, seed, replication, rule = table[i]
    if choice != NO_ANSWER:
        apply_order(battle, state, window, choice)
    status = advance(battle, state, window, seed, replication, until_s, rule, True)
    account[FIRED] = state.count[_FIRED]
    if status == _DECISION:
        _land(window, landings, account, state.view_track[0])
        _show(state, bounds, account, mask, options, stock, track)
    elif status == _DONE:
        _land(window, landings, account, until_s)
    return status


@allocating_kernel
def act(table, i: int, choice: int, until_s: float, mask, options, stock, track) -> int:
    """Carry out seat i's order and run to its next decision, which is written into the arrays, or to ``until_s``."""
    return _act(table, i, choice, until_s, mask, options, stock, track)


@allocating_kernel
def act_all(table, choices, is_live, until_s, statuses, mask, options, stock, track) -> int:
    """``act`` for every seat that is live; gives how many came to the end of their stretch."""
    n = 0
    for i in range(len(choices)):
        if is_live[i]:
            statuses[i] = _act(table, i, choices[i], until_s[i], mask[i], options[i], stock[i], track[i])
            n += statuses[i] != _DECISION
    return n


@allocating_kernel
def land(table, i: int, until_s: float) -> None:
    """Count seat i's landings before ``until_s``."""
    _, _, window, landings, _, account, _, _, _ = table[i]
    _land(window, landings, account, until_s)


@allocating_kernel
def lay_table(battle, state, window, landings, bounds, account, seed, replication, rule):
    """A table of one seat, as a list that compiled code reads."""
    table = List()
    table.append((battle, state, window, landings, bounds, account, seed, replication, rule))
    return table


@allocating_kernel
def take_seat(table, i: int, battle, state, window, landings, bounds, account, seed, replication, rule) -> None:
    """Give a seat of the table, or a new one at its end, what it plays with."""
    row = (battle, state, window, landings, bounds, account, seed, replication, rule)
    if i == len(table):
        table.append(row)
    else:
        table[i] = row


class Table:
    """Seats at which episodes are played, one for each; ``rows`` is what compiled code reads."""

    def __init__(self, bounds: Bounds):
        self.bounds = bounds
        self.rows: Any = None

    def seat(self, i: int, episode: Episode, landings: Landings) -> None:
        """Hand over the window that an episode is in."""
        parts = (
            episode.world.battle,
            episode.state,
            episode.window,
            landings,
            self.bounds,
            episode.account,
            episode.seed,
            episode.replication,
            rules.earliest,
        )
        if self.rows is None:
            self.rows = lay_table(*parts)
        else:
            take_seat(self.rows, i, *parts)


class Episode(Play):
    """One replication, from decision to decision.

    Attributes
    ----------
    account : ndarray (4,)     people exposed by what came down and not yet taken; rounds fired so far; options shown at
                               the pending decision; options there are
    until_s : float            end of the stretch that the kernel is in [s]
    """

    _view: View

    def __init__(
        self,
        world: World | TrackedWorld,
        seed: int,
        replication: int,
        table: Table,
        i_seat: int = 0,
        account: np.ndarray | None = None,
    ):
        super().__init__(world, seed, replication)
        self.table, self.i_seat = table, i_seat
        self.account = np.zeros(4) if account is None else account
        self.account[:] = 0.0
        self.until_s = 0.0
        self._landed_until_s = -math.inf

    def begin(self, view: View) -> bool:
        """Run to the first decision, which is written into ``view``; False if there is none at all."""
        return self._go_on(view)

    def act(self, choice: int, view: View) -> bool:
        """Carry out an order (a row of the options, or HOLD) and run to the next decision; False at the end."""
        status = act(self.table.rows, self.i_seat, choice, self.until_s, *view)
        return True if status == _DECISION else self.leave_stretch(status, view)

    def leave_stretch(self, status: int, view: View) -> bool:
        """Go on after the end of a stretch, into the next window or to the end of the replication."""
        self._check(status)
        self._landed_until_s = self.until_s
        return self._go_on(view)

    def _go_on(self, view: View) -> bool:
        self._view = view
        if self.decide():
            return True
        land(self.table.rows, self.i_seat, math.inf)
        self.account[SHOWN] = self.account[FOUND] = 0.0
        for array in view:
            array[...] = 0
        view.mask[0] = 1
        return False

    def _advance(self, until_s: float) -> Any:
        """Advance to the first decision of a stretch; ``act`` does the rest of it."""
        world = self.world
        landings = list_landings(world.harm, world.areas, world.classes, self.window, self._landed_until_s)
        self.table.seat(self.i_seat, self, landings)
        self.until_s = until_s
        status = act(self.table.rows, self.i_seat, NO_ANSWER, until_s, *self._view)
        if status == _DECISION:
            yield True
        else:
            self._check(status)
            self._landed_until_s = until_s

    def _check(self, status: int) -> None:
        if status != _DONE:
            raise RunError(
                f"replication {self.replication}: more engagements are open at once than the event queue holds; "
                "shorten the raid or lower doctrine.max_shots"
            )

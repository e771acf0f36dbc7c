"""The rest of a battle played out over a sampled future, compiled: what a member of the family of rules would save.

The battle goes on from what the defence knows now: rounds, launchers' readiness, shots under way whose outcome is not
known (their luck is drawn anew), threats in sight; to these are added the threats of a sampled future not yet seen.
Rules are those of ``dynamic_battle``. The luck of a rollout is named by the future, the present second, the threat and
the ordinal of the shot, so all members of the family meet the same.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.dynamic_forecast import Futures
from opendome.assignment.dynamic_rules import Ranked, choose, enter, leave_out, new_ranked
from opendome.assignment.dynamic_types import Launchers, Threats
from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.philox import uniform_four

__all__ = ["Rollout", "add_future", "asked_price", "new_rollout", "play_out", "take_present"]

Ints = NDArray[np.int64]
NONE = -1


class Rollout(NamedTuple):
    """Threats of a rollout, those in sight first, and its state: room for n threats, k shots."""

    threats: Threats
    name: Ints
    """(n,) by what its luck is drawn: row in sight, or a number of its own for one of the future."""
    size: Ints
    """(3,) threats in sight, threats in all, shots under way at the start."""
    row_of: Ints
    """(n,) place here of a row in sight, or -1."""
    start_p_alive: NDArray[np.float64]
    start_n_pending: Ints
    start_n_shots: Ints
    start_t_free_s: Ints
    """(n,) each: as known now; the last is when no outcome is pending any more."""
    p_alive: NDArray[np.float64]
    n_pending: Ints
    n_shots: Ints
    t_free_s: Ints
    is_down: NDArray[np.bool_]
    is_hit: NDArray[np.bool_]
    """(n,) each: in the rollout; the last is its truth, known only later."""
    rounds: Ints
    t_ready_s: Ints
    """(m,) each"""
    shot_row: Ints
    shot_ordinal: Ints
    shot_t_known_s: Ints
    shot_p_kill: NDArray[np.float64]
    shot_is_hit: NDArray[np.bool_]
    shot_next: Ints
    """(k,) each; shots under way come first, and the last chains shots known at the same second."""
    due: Ints
    """(r,) first shot known at a second, modulo r."""


def new_rollout(n_threats: int, launchers: Launchers, futures: Futures, flyout_s: int) -> tuple[Rollout, Ranked]:
    """Make room for up to (n,) threats in sight and those of any future, and fly-outs of up to ``flyout_s``."""
    m, n_shots = launchers.rounds.size, int(launchers.rounds.sum())
    n = n_threats + int(np.diff(futures.first).max(initial=0))
    whole, tables = [np.zeros(n, np.int64) for _ in range(3)], [np.zeros((n, m), np.int32) for _ in range(3)]
    threats = Threats._make([*whole, np.zeros(n), *tables, np.zeros((n, m))])

    def integers(size: int) -> Ints:
        return np.zeros(size, np.int64)

    state = Rollout(
        threats,
        integers(n), integers(3), integers(n_threats),
        np.ones(n), integers(n), integers(n), integers(n),
        np.ones(n), integers(n), integers(n), integers(n), np.zeros(n, np.bool_), np.zeros(n, np.bool_),
        integers(m), integers(m),
        integers(n_shots), integers(n_shots), integers(n_shots), np.zeros(n_shots), np.zeros(n_shots, np.bool_),
        integers(n_shots), integers(1 + flyout_s + launchers.look_s),
    )  # fmt: skip
    return state, new_ranked(n, np.zeros(m))


@inlined_kernel
def _copy_row(source, i, target, k):
    target.t_seen_s[k] = source.t_seen_s[i]
    target.t_closed_s[k] = source.t_closed_s[i]
    target.value[k] = source.value[i]
    for launcher in range(source.p_kill.shape[1]):
        target.t_first_s[k, launcher] = source.t_first_s[i, launcher]
        target.t_last_s[k, launcher] = source.t_last_s[i, launcher]
        target.flyout_s[k, launcher] = source.flyout_s[i, launcher]
        target.p_kill[k, launcher] = source.p_kill[i, launcher]


@kernel
def take_present(seen, knowledge, rollout, ranked, t_s):
    """Take in the threats in sight that still matter, and the shots under way at them."""
    n = 0
    for i in range(seen.value.size):
        rollout.row_of[i] = NONE
        if seen.value[i] <= 0.0 or knowledge.is_down[i] or seen.t_closed_s[i] < t_s:
            continue
        _copy_row(seen, i, rollout.threats, n)
        for launcher in range(ranked.p_top.size):
            ranked.p_top[launcher] = max(ranked.p_top[launcher], seen.p_kill[i, launcher])
        rollout.row_of[i] = n
        rollout.name[n] = i
        rollout.start_p_alive[n] = knowledge.p_alive[i]
        rollout.start_n_pending[n] = knowledge.n_pending[i]
        rollout.start_n_shots[n] = knowledge.n_shots[i]
        rollout.start_t_free_s[n] = t_s
        n += 1
    n_shots = 0
    for shot in range(knowledge.n_fired[0]):
        row = rollout.row_of[knowledge.shot_threat[shot]]
        if knowledge.shot_t_known_s[shot] > t_s and row != NONE:
            rollout.shot_row[n_shots] = row
            rollout.shot_ordinal[n_shots] = knowledge.shot_ordinal[shot]
            rollout.shot_t_known_s[n_shots] = knowledge.shot_t_known_s[shot]
            rollout.shot_p_kill[n_shots] = knowledge.shot_p_kill[shot]
            rollout.start_t_free_s[row] = max(rollout.start_t_free_s[row], knowledge.shot_t_known_s[shot])
            n_shots += 1
    rollout.size[0], rollout.size[1], rollout.size[2] = n, n, n_shots


@kernel
def add_future(futures, future, factor, rollout, ranked, t_s):
    """Add the threats of a future that have not been seen yet, at a rate ``factor`` times the forecast."""
    n = rollout.size[0]
    for i in range(futures.first[future], futures.first[future + 1]):
        if futures.threats.t_seen_s[i] <= t_s or futures.mark[i] > factor:
            continue
        _copy_row(futures.threats, i, rollout.threats, n)
        for launcher in range(ranked.p_top.size):
            ranked.p_top[launcher] = max(ranked.p_top[launcher], futures.threats.p_kill[i, launcher])
        rollout.name[n] = (1 << 24) + i
        rollout.start_p_alive[n] = 1.0
        rollout.start_n_pending[n] = 0
        rollout.start_n_shots[n] = 0
        rollout.start_t_free_s[n] = futures.threats.t_seen_s[i]
        n += 1
    rollout.size[1] = n


@inlined_kernel
def _draw_shot(rollout, shot, key, future, t_now_s):
    """Draw whether a shot hits, and hang it up at the second when that is known."""
    row = rollout.shot_row[shot]
    luck, _, _, _ = uniform_four(key, future, rollout.name[row], rollout.shot_ordinal[shot], t_now_s)
    is_hit = luck < rollout.shot_p_kill[shot]
    rollout.shot_is_hit[shot] = is_hit
    place = rollout.shot_t_known_s[shot] % rollout.due.size
    rollout.shot_next[shot] = rollout.due[place]
    rollout.due[place] = shot
    rollout.is_hit[row] |= is_hit


@inlined_kernel
def _begin(rollout, ranked, rounds, t_ready_s, key, future, t_now_s):
    for row in range(rollout.size[1]):
        rollout.p_alive[row] = rollout.start_p_alive[row]
        rollout.n_pending[row] = rollout.start_n_pending[row]
        rollout.n_shots[row] = rollout.start_n_shots[row]
        rollout.t_free_s[row] = rollout.start_t_free_s[row]
        rollout.is_down[row] = False
        rollout.is_hit[row] = False
        ranked.t_taken_s[row] = NONE
    for launcher in range(rounds.size):
        rollout.rounds[launcher] = rounds[launcher]
        rollout.t_ready_s[launcher] = t_ready_s[launcher]
    rollout.due[:] = NONE
    for shot in range(rollout.size[2]):
        _draw_shot(rollout, shot, key, future, t_now_s)
    ranked.n_live[0] = 0
    for row in range(rollout.size[0]):
        enter(ranked, rollout.threats.value, row)


@inlined_kernel
def _learn(rollout, t_s):
    place = t_s % rollout.due.size
    shot = rollout.due[place]
    rollout.due[place] = NONE
    while shot != NONE:
        row = rollout.shot_row[shot]
        rollout.n_pending[row] -= 1
        rollout.p_alive[row] /= 1.0 - rollout.shot_p_kill[shot]
        if rollout.n_pending[row] == 0:
            rollout.p_alive[row] = 1.0
        if rollout.shot_is_hit[shot]:
            rollout.is_down[row] = True
        shot = rollout.shot_next[shot]


@inlined_kernel
def _fire(rollout, launchers, shot, launcher, row, key, future, t_now_s, t_s):
    p_kill = rollout.threats.p_kill[row, launcher]
    rollout.shot_row[shot] = row
    rollout.shot_ordinal[shot] = rollout.n_shots[row]
    rollout.shot_t_known_s[shot] = t_s + rollout.threats.flyout_s[row, launcher] + launchers.look_s
    rollout.t_free_s[row] = max(rollout.t_free_s[row], rollout.shot_t_known_s[shot])
    rollout.shot_p_kill[shot] = p_kill
    _draw_shot(rollout, shot, key, future, t_now_s)
    rollout.n_shots[row] += 1
    rollout.n_pending[row] += 1
    rollout.p_alive[row] *= 1.0 - p_kill
    rollout.rounds[launcher] -= 1
    rollout.t_ready_s[launcher] = t_s + launchers.reload_s[launcher]


@inlined_kernel
def asked_price(weight, ratio, n_start, n_left):
    """Price of a round: weight x launcher's ratio x (rounds at the start / rounds left)^0.25."""
    return weight * ratio * math.sqrt(math.sqrt(n_start / n_left)) if n_left > 0 else math.inf


@kernel
def play_out(rollout, ranked, launchers, rounds, t_ready_s, ratio, weight, early, late, key, future, t_now_s):
    """Play from now to the end by one member of the family; give the value saved of all threats in the rollout."""
    _begin(rollout, ranked, rounds, t_ready_s, key, future, t_now_s)
    n, n_shots, t_s, arrived = rollout.size[1], rollout.size[2], t_now_s, rollout.size[0]
    n_left = 0
    for launcher in range(rounds.size):
        n_left += rounds[launcher]
    while n_left > 0:
        _learn(rollout, t_s)
        leave_out(ranked, rollout.is_down, rollout.threats.t_closed_s, t_s)
        while arrived < n and rollout.threats.t_seen_s[arrived] <= t_s:
            enter(ranked, rollout.threats.value, arrived)
            arrived += 1
        if arrived == n and ranked.n_live[0] == 0:
            break
        for launcher in range(rounds.size):
            ranked.price[launcher] = asked_price(
                weight, ratio[launcher], launchers.rounds[launcher], rollout.rounds[launcher]
            )
        n_orders = choose(rollout.threats, rollout, ranked, early, late, t_s)
        for k in range(n_orders):
            launcher, row = ranked.orders[k, 0], ranked.orders[k, 1]
            _fire(rollout, launchers, n_shots, launcher, row, key, future, t_now_s, t_s)
            n_shots += 1
        n_left -= n_orders
        t_s += 1
    saved = 0.0
    for row in range(n):
        if rollout.is_hit[row]:
            saved += rollout.threats.value[row]
    return saved

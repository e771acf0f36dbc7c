"""One threat by itself against prices of rounds: the best plan of shots, by dynamic programming over launch seconds.

With ``c`` the toll of a launch at a second, ``p`` its kill probability and ``V`` what is lost if nothing stops the
threat, the least expected loss and toll from a second ``t`` on is

    W(t) = min( W(t + 1),  min over launchers of  c + (1 - p) W(t + fly-out + look) ),     W after the last launch = V

for a defence that waits for each outcome. For one that sees outcomes at once and fires at most twice a second,

    W(t) = min( W(t + 1),  min of c + (1 - p) W'(t) ),     W'(t) = min( W(t + 1),  min of c + (1 - p) W(t + 1) ).

After a miss there is one way on, so the expected launches of the best plan are found by walking along it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.kernels import kernel

__all__ = ["Plan", "new_plan", "plan_at_once", "plan_with_look"]

Floats = NDArray[np.float64]
NONE = -1


class Plan(NamedTuple):
    """Room for the plan against one threat: t seconds, two shots a second."""

    loss: Floats
    """(t,) W from each second on."""
    launcher: NDArray[np.int64]
    """(t, 2) launcher of the first and second shot of a second, or -1."""


def new_plan(n_seconds: int) -> Plan:
    """Make room for windows of up to (t,) seconds."""
    return Plan(np.zeros(n_seconds), np.zeros((n_seconds, 2), np.int64))


@kernel
def plan_with_look(threats, i, t_from_s, look_s, toll, weight, plan, use):
    """Least loss of threat ``i`` from a second on, waiting for outcomes; expected launches are added to ``use``.

    ``toll`` is (r, m) for seconds 0, 1, ..., its last row for all later ones; ``use`` likewise. ``weight`` is the
    chance that the threat is there.
    """
    value, t_closed_s = threats.value[i], threats.t_closed_s[i]
    last, n = toll.shape[0] - 1, t_closed_s - t_from_s + 1
    if n <= 0:
        return value
    for k in range(n - 1, -1, -1):
        t_s = t_from_s + k
        least = plan.loss[k + 1] if k + 1 < n else value
        chosen = NONE
        row = min(t_s, last)
        for launcher in range(toll.shape[1]):
            if t_s < threats.t_first_s[i, launcher] or t_s > threats.t_last_s[i, launcher]:
                continue
            then = k + threats.flyout_s[i, launcher] + look_s
            after = plan.loss[then] if then < n else value
            loss = toll[row, launcher] + (1.0 - threats.p_kill[i, launcher]) * after
            if loss < least:
                least, chosen = loss, launcher
        plan.loss[k] = least
        plan.launcher[k, 0] = chosen
    k, chance = 0, weight
    while k < n:
        launcher = plan.launcher[k, 0]
        if launcher == NONE:
            k += 1
            continue
        use[min(t_from_s + k, last), launcher] += chance
        chance *= 1.0 - threats.p_kill[i, launcher]
        k += threats.flyout_s[i, launcher] + look_s
    return plan.loss[0]


@kernel
def _best_shot(threats, i, t_s, toll, row, hold, after, choice):
    """Lesser of holding and the best shot at a second; the launcher goes into ``choice[0]``."""
    least, choice[0] = hold, NONE
    for launcher in range(toll.shape[1]):
        if t_s < threats.t_first_s[i, launcher] or t_s > threats.t_last_s[i, launcher]:
            continue
        loss = toll[row, launcher] + (1.0 - threats.p_kill[i, launcher]) * after
        if loss < least:
            least, choice[0] = loss, launcher
    return least


@kernel
def plan_at_once(threats, i, t_from_s, toll, weight, plan, use):
    """Least loss of threat ``i`` if outcomes are seen at once and two shots a second are allowed; else as above."""
    value, t_closed_s = threats.value[i], threats.t_closed_s[i]
    last, n = toll.shape[0] - 1, t_closed_s - t_from_s + 1
    if n <= 0:
        return value
    for k in range(n - 1, -1, -1):
        t_s = t_from_s + k
        row = min(t_s, last)
        hold = plan.loss[k + 1] if k + 1 < n else value
        lone = _best_shot(threats, i, t_s, toll, row, hold, hold, plan.launcher[k, 1:])
        plan.loss[k] = _best_shot(threats, i, t_s, toll, row, hold, lone, plan.launcher[k, :1])
    chance = weight
    for k in range(n):
        row = min(t_from_s + k, last)
        for shot in range(2):
            launcher = plan.launcher[k, shot]
            if launcher == NONE:
                break
            use[row, launcher] += chance
            chance *= 1.0 - threats.p_kill[i, launcher]
    return plan.loss[0]

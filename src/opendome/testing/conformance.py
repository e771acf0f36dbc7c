"""Does a rule of one's own keep to the rules? Asked on generated decisions, before a study is run with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from opendome.base.errors import CommandError
from opendome.base.philox import Purpose, stream_key, uniform_four
from opendome.doctrine import view
from opendome.doctrine.view import HOLD, N_OPTION, N_STOCK, N_TRACK
from opendome.study.doors import find_policy

__all__ = ["Conformance", "DecisionView", "check_policy", "generate_views"]

_MOST_UNITS = 6
_MOST_SALVO = 4


class DecisionView(NamedTuple):
    """One decision as a rule sees it: ``track`` (N_TRACK,), ``options`` (n, N_OPTION), ``stock`` (N_STOCK,)."""

    track: np.ndarray
    options: np.ndarray
    stock: np.ndarray


class Conformance(NamedTuple):
    """What a rule did with the generated decisions: ``choices`` (n,), rows or HOLD; how many were HOLD."""

    choices: np.ndarray
    n_held: int


def _uniforms(seed: int, i_view: int, n: int) -> np.ndarray:
    """n uniform numbers of one generated decision, (n,)."""
    key = np.uint64(stream_key(seed, int(Purpose.INPUT_SAMPLE)))
    blocks = [uniform_four(key, 0, i_view, 0, k) for k in range(-(-n // 4))]
    return np.array(blocks).ravel()[:n]


def _unit_options(i_unit: int, n_most: int, t_s: float, t_impact_s: float, u: np.ndarray) -> np.ndarray:
    """Options of one unit, (n_most, N_OPTION): one round, two, ... that meet the threat in time."""
    rows = np.zeros((n_most, N_OPTION))
    t_launch_s = t_s + u[0] * 0.4 * (t_impact_s - t_s)
    t_meet_s = t_launch_s + (0.2 + 0.6 * u[1]) * (t_impact_s - t_launch_s)
    n = np.arange(1, n_most + 1)
    p_one = 0.3 + 0.6 * u[2]
    rows[:, view.UNIT], rows[:, view.N_ROUNDS] = i_unit, n
    rows[:, view.T_LAUNCH_S], rows[:, view.T_INTERCEPT_S] = t_launch_s, t_meet_s
    rows[:, view.P_KILL] = 1.0 - (1.0 - p_one) ** n
    rows[:, view.T_LATEST_S] = t_launch_s + u[3] * (t_meet_s - t_launch_s)
    rows[:, view.UNIT_READY_ROUNDS] = n_most + int(40 * u[4])
    rows[:, view.UNIT_CHANNELS_FREE] = 1 + int(11 * u[5])
    rows[:, view.COST_KUSD] = n * (40.0 + 60.0 * u[6])
    rows[:, view.PRICE_FACTOR] = u[7]
    return rows


def _make_view(seed: int, i_view: int) -> DecisionView:
    """One plausible decision; some with a single option, some with many."""
    u = _uniforms(seed, i_view, 16 + 8 * _MOST_UNITS)
    t_s = 86400.0 * u[0]
    t_impact_s = t_s + 5.0 + 80.0 * u[1]
    track, stock = np.zeros(N_TRACK), np.zeros(N_STOCK)
    track[view.T_S], track[view.T_IMPACT_S], track[view.P_HIT] = t_s, t_impact_s, u[2]
    track[view.VALUE_PEOPLE], track[view.SIGMA_M] = 2.0 * u[3] ** 4, 50.0 + 3000.0 * u[4] ** 2
    track[view.N_SHOTS], track[view.I_CLASS] = int(3 * u[5]), int(4 * u[6])
    track[view.IMPACT_EAST_M], track[view.IMPACT_NORTH_M] = 30_000.0 * (u[7] - 0.5), 30_000.0 * (u[8] - 0.5)
    n_units, n_most = 1 + int(_MOST_UNITS * u[9]), 1 + int(_MOST_SALVO * u[10])
    parts = [_unit_options(i, n_most, t_s, t_impact_s, u[16 + 8 * i : 24 + 8 * i]) for i in range(n_units)]
    stock[view.READY_ROUNDS] = sum(part[0, view.UNIT_READY_ROUNDS] for part in parts)
    stock[view.DEPOT_ROUNDS] = int(1000 * u[11] ** 3)
    stock[view.DELIVERED_ROUNDS] = stock[view.READY_ROUNDS] + stock[view.DEPOT_ROUNDS] + int(500 * u[12])
    stock[view.ROUND_PRICE_PEOPLE], stock[view.SALVO] = 0.02, n_most
    return DecisionView(track, np.concatenate(parts), stock)


def generate_views(n_views: int = 200, seed: int = 1) -> list[DecisionView]:
    """Decisions like those of a battle, the same every time: 1 to 6 units, salvos of 1 to 4 rounds."""
    return [_make_view(seed, i) for i in range(n_views)]


@njit(nogil=True)
def _ask_compiled(rule, track, options, stock):
    """A compiled rule, called as the battle kernel calls it."""
    return rule(track, options, stock)


def _ask_one(rule: Any, one: DecisionView) -> int:
    """A rule's answer through its own door."""
    if hasattr(rule, "address"):
        return int(_ask_compiled(rule, one.track, one.options, one.stock))
    if getattr(rule, "is_batch_policy", False):
        answer = np.asarray(rule(one.track[None], one.options[None], one.stock[None]))
        if answer.shape != (1,):
            raise CommandError(f"a batch policy must give one row for each decision: shape (1,), not {answer.shape}")
        return _as_row(answer[0])
    return _as_row(rule(one.track, one.options, one.stock))


def _as_row(answer: Any) -> int:
    """An answer as a whole number."""
    try:
        is_whole = int(answer) == answer
    except (TypeError, ValueError, OverflowError):
        is_whole = False
    if not is_whole:
        raise CommandError(f"the policy answered {answer!r}; give the row of the option to carry out, or -1 to hold")
    return int(answer)


def _ask_batch(rule: Callable[..., Any], views: list[DecisionView]) -> np.ndarray:
    """A batch rule's answers to all decisions at once, as a study asks them."""
    most = max(len(one.options) for one in views)
    options = np.full((len(views), most, N_OPTION), np.nan)
    for row, one in zip(options, views):
        row[: len(one.options)] = one.options
    answers = rule(np.stack([one.track for one in views]), options, np.stack([one.stock for one in views]))
    return np.asarray(answers)


def _check_form(rule: Any, views: list[DecisionView]) -> np.ndarray:
    """A rule's answers; raises where it gives no valid row, changes its mind or writes into what it is shown."""
    choices = []
    for i, one in enumerate(views):
        shown = DecisionView(*(array.copy() for array in one))
        choice = _ask_one(rule, shown)
        if not HOLD <= choice < len(one.options):
            raise CommandError(
                f"decision {i}: the policy chose row {choice} of {len(one.options)} options; "
                f"give 0 to {len(one.options) - 1}, or {HOLD} to hold"
            )
        for name, before, after in zip(one._fields, one, shown):
            if not np.array_equal(before, after):
                raise CommandError(f"decision {i}: the policy wrote into `{name}`; work on a copy of it")
        if _ask_one(rule, shown) != choice:
            raise CommandError(
                f"decision {i}: asked twice, the policy answered twice differently; it must keep no state"
            )
        choices.append(choice)
    found = np.array(choices)
    if getattr(rule, "is_batch_policy", False):
        together = _ask_batch(rule, views)
        if not np.array_equal(together, found):
            i = int(np.flatnonzero(np.atleast_1d(together != found))[0])
            raise CommandError(f"decision {i}: answered differently in a batch; pass over rows of options that are NaN")
    return found


def check_policy(policy: object, *same: object, n_views: int = 200, seed: int = 1) -> Conformance:
    """Ask a rule on generated decisions and check that it keeps to the rules.

    Parameters
    ----------
    policy : rule or registered name    Python function, ``batch_policy`` or Numba ``cfunc``; see ``study.doors``
    same : rules                        the same rule in other forms: they must answer alike
    n_views, seed : int                 how many decisions, and which

    Returns
    -------
    Conformance

    Raises
    ------
    CommandError    no valid row, an answer that changes from one call to the next, arrays written into, or two forms
                    that answer differently; the message says at which decision
    """
    views = generate_views(n_views, seed)
    choices = _check_form(find_policy(policy), views)
    for other in same:
        differ = np.flatnonzero(_check_form(find_policy(other), views) != choices)
        if len(differ):
            raise CommandError(f"decision {differ[0]}: the two forms of the policy answer differently")
    return Conformance(choices, int((choices == HOLD).sum()))

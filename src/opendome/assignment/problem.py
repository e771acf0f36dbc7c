"""What is asked and what is answered: the problem as candidate lists, the checks of what a caller gives, the answer.

Inside this room every problem is a list problem: target ``j`` may be shot at by the weapon types ``weapon[start[j]]``
to ``weapon[start[j + 1] - 1]``, in rising order, and survives one shot of the ``k``-th of them with probability
``survive[k]``. Pairs out of reach are not listed, so that a full table and a sparse one are the same to the solvers.
An allocation is a whole number of shots for each listed pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.kernels import kernel

__all__ = [
    "Assignment",
    "Lists",
    "check_lists",
    "check_table",
    "finish",
    "lists_from_table",
    "surviving",
    "table_shots",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PROVEN_REL = 1e-9
"""A bound this near to the objective, relatively, proves it."""
ROUNDING_REL = 1e-15
"""Part of the total value that sums of floating-point numbers may be wrong by; a gap of less is none."""


class Lists(NamedTuple):
    """A problem as candidate lists; see the module's text for the meaning of each array."""

    value: Floats
    rounds: Ints
    start: Ints
    weapon: NDArray[np.int32]
    survive: Floats


@dataclass(frozen=True)
class Assignment:
    """An allocation of shots with what is proven about it.

    ``shots`` has the shape of the table or lists it was asked for; ``objective`` is the expected surviving value and
    ``lower_bound`` a value that no allocation can undercut; ``gap`` is the part of the objective between the two.
    ``status`` is ``"optimal"`` (nothing better exists, to 1e-9 of the objective or 1e-15 of the total value),
    ``"time_limit"`` (stopped by the clock) or ``"feasible"`` (stopped for another reason: the method proves no
    optimum, or a size limit was met).
    ``seconds`` is the time used. ``prices`` are those of a round of each type, at which ``bound`` gives a Lagrangian
    lower bound that anybody can check.
    """

    shots: Ints
    objective: float
    lower_bound: float
    gap: float
    status: str
    seconds: float
    prices: Floats


def _array(name: str, given: Any, n_axes: int, problems: list[str]) -> Floats | None:
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        problems.append(f"{name} is not an array of numbers")
        return None
    if array.ndim != n_axes and array.size == 0:
        array = array.reshape((0,) * n_axes)
    if array.ndim != n_axes:
        problems.append(f"{name} has {array.ndim} axes; write {n_axes}")
        return None
    if not np.isfinite(array).all():
        problems.append(f"{name} has {int((~np.isfinite(array)).sum())} entries that are NaN or infinite")
        return None
    return np.ascontiguousarray(array)


def _check_parts(value: Floats | None, p_kill: Floats | None, rounds: Floats | None, problems: list[str]) -> None:
    if value is not None and (value < 0.0).any():
        problems.append(f"value has {int((value < 0.0).sum())} entries below 0; write values of 0 or more")
    if p_kill is not None and p_kill.size and (p_kill.min() < 0.0 or p_kill.max() > 1.0):
        n_wrong = int(((p_kill < 0.0) | (p_kill > 1.0)).sum())
        problems.append(f"p_kill has {n_wrong} entries outside [0, 1]; write probabilities, 0 for out of reach")
    if rounds is not None and ((rounds < 0.0) | (rounds != np.floor(rounds))).any():
        n_wrong = int(((rounds < 0.0) | (rounds != np.floor(rounds))).sum())
        problems.append(f"rounds has {n_wrong} entries that are negative or no whole numbers; write counts")
    if rounds is not None and (rounds > 1e9).any():
        problems.append("rounds has entries above 1e9; write counts that mean something")


def _raise(problems: list[str]) -> None:
    if problems:
        raise CommandError("the assignment problem cannot be read: " + "; ".join(problems))


def _check_limit(time_limit_s: float | None, problems: list[str]) -> None:
    if time_limit_s is None:
        return
    try:
        is_wrong = not float(time_limit_s) >= 0.0
    except (TypeError, ValueError):
        is_wrong = True
    if is_wrong:
        problems.append(f"time_limit_s is {time_limit_s!r}; write seconds of 0 or more, or None")


def check_table(value: Any, p_kill: Any, rounds: Any, time_limit_s: float | None = None) -> tuple[Floats, Floats, Ints]:
    """Read a problem given as a full table, or raise one CommandError that names everything wrong with it.

    Parameters
    ----------
    value : (n_targets,)                  value of each target, 0 or more
    p_kill : (n_weapon_types, n_targets)  chance that one shot destroys the target, 0 for out of reach
    rounds : (n_weapon_types,)            whole numbers

    Returns
    -------
    the three as arrays of floats, floats and ints
    """
    problems: list[str] = []
    values = _array("value", value, 1, problems)
    table = _array("p_kill", p_kill, 2, problems)
    stock = _array("rounds", rounds, 1, problems)
    _check_parts(values, table, stock, problems)
    _check_limit(time_limit_s, problems)
    if values is not None and table is not None and stock is not None:
        expected = (stock.size, values.size)
        if table.size == 0 and 0 in expected:
            table = table.reshape(expected)
        if table.shape != expected:
            problems.append(f"p_kill has the shape {table.shape}; {expected} goes with rounds and value")
    _raise(problems)
    if values is None or table is None or stock is None:
        raise CommandError("the assignment problem cannot be read")
    return values, table, stock.astype(np.int64)


def check_lists(
    value: Any, candidates: Any, p_kill: Any, rounds: Any, time_limit_s: float | None = None
) -> tuple[Lists, Ints]:
    """Read a problem given as candidate lists, or raise one CommandError that names everything wrong with it.

    Parameters
    ----------
    value : (n_targets,)          value of each target, 0 or more
    candidates : (n_targets, k)   weapon types that may shoot at the target; -1 fills shorter lists
    p_kill : (n_targets, k)       chance that one shot of that candidate destroys the target
    rounds : (n_weapon_types,)    whole numbers

    Returns
    -------
    the problem, and for each of its pairs the place in the flattened ``candidates``
    """
    problems: list[str] = []
    values = _array("value", value, 1, problems)
    table = _array("p_kill", p_kill, 2, problems)
    listed = _array("candidates", candidates, 2, problems)
    stock = _array("rounds", rounds, 1, problems)
    _check_parts(values, table, stock, problems)
    _check_limit(time_limit_s, problems)
    if values is not None and table is not None and listed is not None and stock is not None:
        if table.shape != listed.shape or (listed.shape[0] != values.size and listed.size):
            problems.append(
                f"candidates {listed.shape} and p_kill {table.shape} need one row for each of {values.size} targets"
            )
        if ((listed < -1) | (listed >= stock.size) | (listed != np.floor(listed))).any():
            problems.append(f"candidates has entries that are neither -1 nor one of the {stock.size} weapon types")
        ordered = np.sort(listed, axis=1)
        if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any():
            problems.append("candidates names a weapon type twice for one target")
    _raise(problems)
    if values is None or table is None or listed is None or stock is None:
        raise CommandError("the assignment problem cannot be read")
    return _listed(values, listed.astype(np.int32), table, stock.astype(np.int64))


def _listed(value: Floats, candidates: NDArray[np.int32], p_kill: Floats, rounds: Ints) -> tuple[Lists, Ints]:
    order = np.argsort(candidates, axis=1, kind="stable")
    ids, p_sorted = np.take_along_axis(candidates, order, 1), np.take_along_axis(p_kill, order, 1)
    is_used = (ids >= 0) & (p_sorted > 0.0) & (rounds[ids] > 0 if rounds.size else False)
    start = np.zeros(value.size + 1, np.int64)
    if ids.size:
        np.cumsum(is_used.sum(axis=1), out=start[1:])
    place = (order + np.arange(ids.shape[0])[:, None] * ids.shape[1])[is_used]
    return Lists(value, rounds, start, ids[is_used], 1.0 - p_sorted[is_used]), place.astype(np.int64)


def lists_from_table(value: Floats, p_kill: Floats, rounds: Ints) -> Lists:
    """Give a table's problem as lists of the pairs in reach for which there are rounds.

    Parameters
    ----------
    value : (n_targets,)
    p_kill : (n_weapon_types, n_targets)
    rounds : (n_weapon_types,)
    """
    by_target = np.ascontiguousarray(p_kill.T)
    if rounds.size and rounds.min() > 0 and by_target.size and by_target.min() > 0.0:
        start = np.arange(value.size + 1, dtype=np.int64) * rounds.size
        weapon = np.tile(np.arange(rounds.size, dtype=np.int32), value.size)
        return Lists(value, rounds, start, weapon, (1.0 - by_target).reshape(-1))
    is_used = (by_target > 0.0) & (rounds > 0)[None, :]
    start = np.zeros(value.size + 1, np.int64)
    np.cumsum(is_used.sum(axis=1), out=start[1:])
    weapon = np.nonzero(is_used)[1].astype(np.int32)
    return Lists(value, rounds, start, weapon, 1.0 - by_target[is_used])


def table_shots(lists: Lists, count: Ints) -> Ints:
    """Give the shots of listed pairs as a table.

    Parameters
    ----------
    count : (n_pairs,)   shots of each listed pair

    Returns
    -------
    (n_weapon_types, n_targets)
    """
    used = np.nonzero(count)[0]
    shots = np.zeros((lists.rounds.size, lists.value.size), np.int64)
    target = np.searchsorted(lists.start, used, side="right") - 1
    shots[lists.weapon[used], target] = count[used]
    return shots


@kernel
def surviving(lists, count, remain):
    """Fill ``remain`` (n_targets,) with the surviving value of each target under ``count`` shots; give the sum."""
    total = 0.0
    for j in range(lists.value.size):
        left = lists.value[j]
        for k in range(lists.start[j], lists.start[j + 1]):
            for _ in range(count[k]):
                left *= lists.survive[k]
        remain[j] = left
        total += left
    return total


def finish(
    shots: Ints,
    objective: float,
    lower_bound: float,
    is_stopped: bool,
    seconds: float,
    prices: Floats,
    total: float = 0.0,
) -> Assignment:
    """Put an answer together: bound no higher than the objective, gap and status from the two.

    ``total`` is the value before any shot, against which differences may be rounding alone.
    """
    lower = min(max(lower_bound, 0.0), objective)
    is_rounding = objective - lower <= ROUNDING_REL * total
    gap = 0.0 if is_rounding or objective <= 0.0 else (objective - lower) / objective
    status = "optimal" if gap <= PROVEN_REL else ("time_limit" if is_stopped else "feasible")
    return Assignment(shots, objective, lower, gap, status, seconds, prices)

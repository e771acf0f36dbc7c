"""Where to put batteries: choose sites that cover most, exactly with a proven bound, or greedily.

The value of a siting is the sum over areas of ``gain[i, 0] + ... + gain[i, k - 1]``, k the number of chosen sites that
cover area i. Gains fall from one battery to the next, so each area's value is concave in k and one continuous unknown
a step suffices: a maximiser fills the steps in order by itself, and only the sites are whole numbers.

* Maximal covering: one step, the area's weight (Church and ReVelle 1974).
* Maximal expected covering: steps w p (1 - p)^(k-1), each battery over an area is able to act with chance p, alone
  (Daskin 1983).
* Expected leakage with capacity: steps from how many rockets of a burst so many batteries can hold at once.

Areas that the same sites cover are joined first. The solver is HiGHS with one thread, so that answers repeat.

References: Church and ReVelle, Papers of the Regional Science Association 32 (1974) 101-118; Daskin, Transportation
Science 17 (1983) 48-70; Nemhauser, Wolsey and Fisher, Mathematical Programming 14 (1978) 265-294.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Rules", "SitingAnswer", "backup_gain", "best_sites", "coverage_gain", "greedy_sites", "shift_gain", "siting_value",
]  # fmt: skip

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

_PROVEN_REL = 1e-9
_SPARE_REL = 1e-12


class Rules(NamedTuple):
    """How many sites are chosen: ``n_chosen`` in all, at least ``n_kept`` of the first ``n_standing``."""

    n_chosen: int
    n_standing: int = 0
    n_kept: int = 0


class SitingAnswer(NamedTuple):
    """A siting: ``chosen`` site numbers, rising; its value, a bound that no siting passes, and the relative gap.

    ``status`` is ``optimal`` where the gap is proven to be nothing, ``time limit`` or ``greedy`` otherwise.
    """

    chosen: Ints
    objective: float
    bound: float
    gap: float
    status: str
    seconds: float


def coverage_gain(weight: Floats) -> Floats:
    """Gain of maximal covering: ``weight`` (n_areas,) for the first battery, nothing for the next; (n_areas, 1)."""
    return np.asarray(weight, np.float64)[:, None].copy()


def backup_gain(weight: Floats, p_act: float, n_levels: int) -> Floats:
    """Gain of maximal expected covering, w p (1 - p)^(k-1) for the k-th battery.

    Parameters
    ----------
    weight : (n_areas,)
    p_act : float      chance in (0, 1] that a battery deals with what comes down in its footprint
    n_levels : int     batteries over one area beyond which the gain is left out

    Returns
    -------
    (n_areas, n_levels)
    """
    if not 0.0 < p_act <= 1.0:
        raise ValueError(f"p_act must lie in (0, 1], not {p_act}")
    return np.asarray(weight, np.float64)[:, None] * p_act * (1.0 - p_act) ** np.arange(n_levels)[None, :]


def shift_gain(gain: Floats, n_already: Ints) -> Floats:
    """Gain of further batteries where ``n_already`` (n_areas,) stand already: steps move up; same shape as ``gain``."""
    n_areas, n_levels = gain.shape
    level = np.arange(n_levels)[None, :] + np.asarray(n_already, np.int64)[:, None]
    moved = gain[np.arange(n_areas)[:, None], np.minimum(level, n_levels - 1)]
    return np.asarray(np.where(level < n_levels, moved, 0.0))


def siting_value(cover: Bools, gain: Floats, chosen: Sequence[int] | Ints) -> float:
    """Value of a siting: ``cover`` (n_sites, n_areas), ``gain`` (n_areas, n_levels), ``chosen`` site numbers."""
    n_over = cover[np.asarray(chosen, np.int64)].sum(axis=0)
    reached = np.arange(gain.shape[1])[None, :] < n_over[:, None]
    return float(gain[reached].sum())


def _check(cover: Bools, gain: Floats, rules: Rules) -> None:
    n_sites, n_areas = cover.shape
    if gain.shape[0] != n_areas:
        raise ValueError(f"gain has {gain.shape[0]} rows for {n_areas} areas")
    if not np.all(np.isfinite(gain)) or np.any(gain < 0.0) or np.any(np.diff(gain, axis=1) > 0.0):
        raise ValueError("gains must be finite, not negative, and must not rise from one battery to the next")
    if not 0 < rules.n_chosen <= n_sites:
        raise ValueError(f"cannot choose {rules.n_chosen} of {n_sites} sites")
    n_new = n_sites - rules.n_standing
    if not 0 <= rules.n_kept <= min(rules.n_standing, rules.n_chosen) or rules.n_chosen > rules.n_standing + n_new:
        raise ValueError(f"cannot keep {rules.n_kept} of {rules.n_standing} standing sites")


def _joined(cover: Bools, gain: Floats) -> tuple[Bools, Floats]:
    """Areas that the same sites cover as one, without those that no site covers or that gain nothing."""
    useful = np.flatnonzero(cover.any(axis=0) & (gain[:, 0] > 0.0))
    if not len(useful):
        return cover[:, :0], gain[:0]
    _, first, group = np.unique(np.packbits(cover[:, useful], axis=0), axis=1, return_index=True, return_inverse=True)
    total = np.zeros((len(first), gain.shape[1]))
    np.add.at(total, group.reshape(-1), gain[useful])
    return np.ascontiguousarray(cover[:, useful[first]]), total


def greedy_sites(cover: Bools, gain: Floats, rules: Rules) -> SitingAnswer:
    """Choose site by site what adds most; the first of equals.

    Without standing sites the value is at least 1 - 1/e of the best (Nemhauser, Wolsey and Fisher 1978). The sites
    that must be kept are chosen first. The bound is what the best ``n_chosen`` sites would add to the greedy siting.

    Parameters
    ----------
    cover : (n_sites, n_areas) of bool    whether a battery at the site covers the area
    gain : (n_areas, n_levels)            gain of the first, second ... battery over the area, not rising
    rules : Rules
    """
    _check(cover, gain, rules)
    started_s = time.perf_counter()
    joined, steps = _joined(cover, gain)
    n_over = np.zeros(joined.shape[1], np.int64)
    padded = np.hstack([steps, np.zeros((len(steps), 1))])
    rows = np.arange(len(steps))
    is_free = np.ones(len(cover), bool)
    chosen: list[int] = []
    for turn in range(rules.n_chosen):
        added = joined @ padded[rows, np.minimum(n_over, steps.shape[1])]
        is_open = is_free.copy()
        if turn < rules.n_kept:
            is_open[rules.n_standing :] = False
        best = int(np.argmax(np.where(is_open, added, -1.0)))
        is_free[best] = False
        chosen.append(best)
        n_over += joined[best]
    added = joined @ padded[rows, np.minimum(n_over, steps.shape[1])]
    sites = np.sort(np.array(chosen, np.int64))
    objective = siting_value(cover, gain, sites)
    bound = min(objective + float(np.sort(added)[-rules.n_chosen :].sum()), float(steps.sum()))
    bound = max(bound, objective)
    return SitingAnswer(sites, objective, bound, _gap(objective, bound), "greedy", time.perf_counter() - started_s)


def _gap(objective: float, bound: float) -> float:
    return 0.0 if bound <= 0.0 else max(bound - objective, 0.0) / bound


def best_sites(
    cover: Bools,
    gain: Floats,
    rules: Rules,
    *,
    without: Sequence[Sequence[int]] = (),
    time_limit_s: float = math.inf,
) -> SitingAnswer:
    """Choose the sites with the highest value, by branch and cut.

    Parameters
    ----------
    cover : (n_sites, n_areas) of bool    whether a battery at the site covers the area
    gain : (n_areas, n_levels)            gain of the first, second ... battery over the area, not rising
    rules : Rules
    without : sitings that may not be given, each site numbers: for the second best, the third ...
    time_limit_s : float                  where it strikes, the gap says how far the proof has come

    Raises
    ------
    ValueError
        Numbers that do not fit, or no siting is left.
    """
    _check(cover, gain, rules)
    started_s = time.perf_counter()
    joined, steps = _joined(cover, gain)
    scale = float(steps.sum())
    if scale <= 0.0:
        joined, steps, scale = cover[:, :0], gain[:0], 1.0
    solver = _solver(time_limit_s)
    _pass(solver, joined, steps / scale, rules, without)
    if not without:
        _start(solver, greedy_sites(cover, gain, rules).chosen, joined, steps)
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
        raise ValueError("no siting is left: fewer sitings than asked for, or no time to find one")
    weights = np.asarray(solver.getSolution().col_value)[: len(cover)]
    chosen = np.flatnonzero(weights > 0.5).astype(np.int64)
    objective = siting_value(cover, gain, chosen)
    # A proof that has not begun says infinity; no siting is worth more than everything that some site covers.
    bound = max(min(float(info.mip_dual_bound), 1.0) * scale, objective)
    is_proven = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    status = "optimal" if is_proven else "time limit"
    gap = _gap(objective, bound)
    gap = 0.0 if is_proven and gap < 1e-7 else gap
    return SitingAnswer(chosen, objective, bound, gap, status, time.perf_counter() - started_s)


def _solver(time_limit_s: float) -> Any:
    solver = highspy.Highs()
    for name, setting in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
        solver.setOptionValue(name, setting)
    solver.setOptionValue("mip_rel_gap", _PROVEN_REL)
    solver.setOptionValue("mip_abs_gap", _PROVEN_REL)
    solver.setOptionValue("mip_feasibility_tolerance", 1e-9)
    if math.isfinite(time_limit_s):
        solver.setOptionValue("time_limit", max(time_limit_s, 0.0))
    return solver


def _pass(solver: Any, joined: Bools, steps: Floats, rules: Rules, without: Sequence[Sequence[int]]) -> None:
    """Unknowns: sites (whole), then steps by area and level. Rows: cover of each area, the number, those kept."""
    n_sites, n_groups = joined.shape
    group, level = np.nonzero(steps > _SPARE_REL * max(float(steps.sum()), 1e-300))
    n_steps = len(group)
    by_group = [np.flatnonzero(joined[:, i]) for i in range(n_groups)]
    of_group = [n_sites + np.flatnonzero(group == i) for i in range(n_groups)]
    index: list[NDArray[Any]] = []
    value: list[NDArray[Any]] = []
    low: list[float] = []
    high: list[float] = []

    def add(columns: NDArray[Any], coefficients: NDArray[Any], at_least: float, at_most: float) -> None:
        index.append(columns)
        value.append(coefficients)
        low.append(at_least)
        high.append(at_most)

    for sites, unknowns in zip(by_group, of_group):
        columns = np.concatenate([sites, unknowns])
        add(columns, np.where(columns < n_sites, 1.0, -1.0), 0.0, math.inf)
    everywhere = np.arange(n_sites)
    add(everywhere, np.ones(n_sites), rules.n_chosen, rules.n_chosen)
    if rules.n_kept > 0:
        add(everywhere[: rules.n_standing], np.ones(rules.n_standing), rules.n_kept, math.inf)
    for siting in without:
        add(np.asarray(siting, np.int64), np.ones(len(siting)), 0.0, len(siting) - 1.0)
    start = np.concatenate([[0], np.cumsum([len(row) for row in index])])
    n_columns = n_sites + n_steps
    is_whole = np.zeros(n_columns, np.int32)
    is_whole[:n_sites] = 1
    solver.passModel(
        n_columns, len(index), int(start[-1]), int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMaximize), 0.0,
        np.concatenate([np.zeros(n_sites), steps[group, level]]), np.zeros(n_columns), np.ones(n_columns),
        np.array(low), np.array(high), start[:-1].astype(np.int32), np.concatenate(index).astype(np.int32),
        np.concatenate(value).astype(np.float64), is_whole,
    )  # fmt: skip


def _start(solver: Any, chosen: Ints, joined: Bools, steps: Floats) -> None:
    """Give the solver a siting to begin with."""
    group, level = np.nonzero(steps > _SPARE_REL * max(float(steps.sum()), 1e-300))
    weights = np.zeros(len(joined) + len(group))
    weights[chosen] = 1.0
    weights[len(joined) :] = level < joined[chosen].sum(axis=0)[group]
    known = highspy.HighsSolution()
    known.col_value = weights.tolist()
    solver.setSolution(known)

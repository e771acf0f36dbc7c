"""Measures the case `leave-one-out`: each campaign predicted from the others, beside two baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from opendome.catalogue.tallies import tally
from opendome.study.calibrate_model import Prior
from opendome.study.calibrate_sampler import Settings
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.leave_one_out import (
    Fold,
    clopper_pearson,
    constant_share,
    crps,
    interval_score,
    last_share,
    leave_one_out,
    logit_miss,
)

__all__ = ["run"]

_LEVEL = 0.8


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Fit every fold, and score the predictions; settings are the sampler's."""
    prior, settings = Prior(), Settings(**declared.settings)
    campaigns = [tally(name) for name in declared.campaigns]
    folds = leave_one_out(campaigns, prior, settings, effort.progress)
    return [*_predictions(declared, folds), *_coverage(folds), *_scores(folds, prior, settings.seed)]


def _predictions(declared: Declared, folds: Sequence[Fold]) -> list[Finding]:
    """Findings of single campaigns: median and central 95 % of the prediction."""
    named: dict[str, Callable[[Fold], np.ndarray]] = {
        "interceptions": lambda fold: fold.ends.intercepted,
        "threatening": lambda fold: fold.ends.threatening / np.maximum(fold.ends.crossed, 1.0),
        "leaks": lambda fold: fold.ends.leaked,
        "ratio": lambda fold: fold.ends.intercepted / fold.published,
    }
    by_id = {fold.campaign.id: fold for fold in folds}
    found = []
    for target in declared.targets:
        kind, _, campaign = target.id.partition("-")
        if kind in named and campaign in by_id:
            draws = named[kind](by_id[campaign])
            low, middle, high = (float(part) for part in np.quantile(draws, (0.025, 0.5, 0.975)))
            batteries = by_id[campaign].campaign.number("batteries")
            note = f"draws of the prediction; R-hat {by_id[campaign].r_hat:.3f}"
            note += "" if batteries is None else f"; batteries: {batteries:g}"
            found.append(Finding(target.id, middle, low, high, len(draws), "95 %", note))
    return found


def _counted(folds: Sequence[Fold]) -> list[int]:
    """Places of the campaigns with interceptors and a count of interceptions."""
    return [i for i, fold in enumerate(folds) if np.isfinite(fold.published) and fold.campaign.number("batteries") != 0]


def _coverage(folds: Sequence[Fold]) -> list[Finding]:
    """How many campaigns have their central count in their own interval, with the interval of that share."""
    counted = _counted(folds)
    found = []
    for level in (0.8, 0.95):
        n_inside, missed = 0, []
        for i in counted:
            low, high = np.quantile(folds[i].ends.intercepted, [0.5 - 0.5 * level, 0.5 + 0.5 * level])
            is_inside = low <= folds[i].published <= high
            n_inside += is_inside
            missed += [] if is_inside else [folds[i].campaign.id]
        ends = clopper_pearson(n_inside, len(counted))
        note = f"outside: {', '.join(missed)}" if missed else "none outside"
        name = f"coverage-{100 * level:g}"
        found.append(Finding(name, n_inside / len(counted), *ends, len(counted), "95 %, Clopper and Pearson", note))
    return found


def _scores(folds: Sequence[Fold], prior: Prior, seed: int) -> list[Finding]:
    """Scores of the model and of both baselines; gains on the same campaigns."""
    counted = _counted(folds)
    model = {i: folds[i].ends.intercepted for i in counted}
    constant = {i: constant_share(folds, i, prior, seed) for i in counted}
    last = {i: draws for i in counted if (draws := last_share(folds, i, prior, seed)) is not None}
    miss = {
        name: {i: logit_miss(draws, folds[i].published, folds[i].base) for i, draws in drawn.items()}
        for name, drawn in (("model", model), ("constant", constant), ("last", last))
    }
    found = [_mean(f"rms-{name}", _squares(values), is_root=True) for name, values in miss.items()]
    found.append(_gain("gain-over-constant", miss["constant"], miss["model"]))
    found.append(_gain("gain-over-last", miss["last"], {i: miss["model"][i] for i in last}))
    for name, drawn in (("model", model), ("constant", constant), ("last", last)):
        scores = {i: crps(draws, folds[i].published) / folds[i].base for i, draws in drawn.items()}
        found.append(_mean(f"crps-{name}", np.array(list(scores.values()))))
    for name, drawn in (("model", model), ("constant", constant)):
        scores = {i: interval_score(draws, folds[i].published, _LEVEL) / folds[i].base for i, draws in drawn.items()}
        found.append(_mean(f"score-80-{name}", np.array(list(scores.values()))))
    return found


def _squares(misses: dict[int, float]) -> np.ndarray:
    return np.array(list(misses.values())) ** 2


def _jackknife(values: np.ndarray, statistic: Callable[[np.ndarray], float]) -> tuple[float, float, float]:
    """A statistic of rows, and its 95 % interval by leaving out a row at a time (Efron and Stein 1981)."""
    n = len(values)
    parts = np.array([statistic(np.delete(values, i, axis=0)) for i in range(n)])
    sd = float(np.sqrt((n - 1) / n * ((parts - parts.mean()) ** 2).sum()))
    middle = statistic(values)
    return middle, middle - 1.96 * sd, middle + 1.96 * sd


def _mean(name: str, values: np.ndarray, *, is_root: bool = False) -> Finding:
    """Mean over campaigns, or the root of it."""

    def statistic(part: np.ndarray) -> float:
        return float(np.sqrt(part.mean()) if is_root else part.mean())

    return Finding(name, *_jackknife(values, statistic), len(values), "95 %, jackknife over campaigns")


def _gain(name: str, baseline: dict[int, float], model: dict[int, float]) -> Finding:
    """Root mean square of the baseline less that of the model."""
    pairs = np.column_stack([_squares(baseline), _squares(model)])

    def statistic(part: np.ndarray) -> float:
        roots = np.sqrt(part.mean(axis=0))
        return float(roots[0] - roots[1])

    found = _jackknife(pairs, statistic)
    told = "the model does not beat it" if found[0] <= 0.0 else "the model beats it"
    told += "" if found[1] > 0.0 or found[2] < 0.0 else ", but not clearly: the interval holds 0"
    return Finding(name, *found, len(pairs), "95 %, jackknife over campaigns", told)

"""What a sweep says: indices of every alternative and of every difference from the baseline, and how far it spreads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from opendome.base.errors import CommandError
from opendome.measures.derive import find_measure
from opendome.results.schema import SWEEP_TABLES
from opendome.study.sensitivity import Indices, sobol_indices
from opendome.study.sweep_record import Sweep

__all__ = ["compared", "indices_of", "point_means", "sensitivity_tables"]

_LEAST_SAMPLES = 8


def compared(sweep: Sweep) -> Iterator[tuple[str, str | None]]:
    """Give what is looked at: each alternative by itself, then each difference from the baseline."""
    for name in sweep.alternatives:
        yield name, None
    for name in sweep.alternatives:
        if name != sweep.baseline:
            yield name, sweep.baseline


def point_means(sweep: Sweep, measure: str, alternative: str, baseline: str | None) -> np.ndarray:
    """Give the mean over replications at each point, (n_points,)."""
    return np.asarray(sweep.answers(measure, alternative, baseline).mean(axis=1))


def indices_of(sweep: Sweep, measure: str, alternative: str, baseline: str | None) -> Indices:
    """Estimate the indices of a measure, or of its difference from the baseline.

    Base samples at which it has no value at some point are left out.

    Raises
    ------
    CommandError
        The design has no base samples, or the measure has a value at too few of them.
    """
    if not sweep.is_saltelli:
        raise CommandError(
            f"a sweep of design `{sweep.manifest['design']}` has no Sobol' indices; run it with --design saltelli"
        )
    found = sweep.answers(measure, alternative, baseline)
    blocks = found.reshape(-1, len(sweep.keys) + 2, sweep.replications)
    blocks = blocks[np.isfinite(blocks).all(axis=(1, 2))]
    if len(blocks) < _LEAST_SAMPLES:
        raise CommandError(f"`{measure}` has no value at most points of {alternative}; choose another measure")
    return sobol_indices(
        blocks[:, 0],
        blocks[:, 1],
        np.moveaxis(blocks[:, 2:], 1, 0),
        confidence=sweep.manifest["confidence"],
        seed=sweep.manifest["seed"],
    )


def sensitivity_tables(sweep: Sweep, measures: Sequence[str] = ()) -> dict[str, pa.Table]:
    """Give the tables `sensitivity` and `sensitivity_spread`, inputs in the order of their total index."""
    rows: list[dict[str, Any]] = []
    spread: list[dict[str, Any]] = []
    for measure in measures or sweep.manifest["measures"]:
        name = find_measure(measure).name
        for alternative, baseline in compared(sweep):
            found = indices_of(sweep, name, alternative, baseline)
            what = {"alternative": alternative, "baseline": baseline, "measure": name}
            counts = {"n": found.n, "replications": sweep.replications}
            rows += [{**what, **row, **counts} for row in _index_rows(sweep, found)]
            spread.append({**what, **_spread_row(sweep, found, name, alternative, baseline), **counts})
    return {
        name: SWEEP_TABLES[name].table({key: [row[key] for row in of] for key in SWEEP_TABLES[name].names})
        for name, of in (("sensitivity", rows), ("sensitivity_spread", spread))
    }


def _index_rows(sweep: Sweep, found: Indices) -> Iterator[dict[str, Any]]:
    order = np.argsort(-np.nan_to_num(found.total.value), kind="stable")
    for i in order:
        item = sweep.manifest["ranges"][i]
        yield {
            "key": item["key"],
            "label": item["label"] or item["key"],
            **{
                f"{name}{end}": float(values[i])
                for name, band in (("first", found.first), ("total", found.total))
                for end, values in zip(("", "_low", "_high"), band)
            },
        }


def _spread_row(sweep: Sweep, found: Indices, measure: str, alternative: str, baseline: str | None) -> dict[str, Any]:
    # The points of AB repeat values of A and B: the spread is that of A and B alone.
    means = point_means(sweep, measure, alternative, baseline).reshape(-1, len(sweep.keys) + 2)[:, :2]
    half = sweep.manifest["confidence"] / 2.0
    low, high = np.nanquantile(means, [0.5 - half, 0.5 + half])
    return {
        "unit": find_measure(measure).unit,
        "mean": found.mean,
        "low": float(low),
        "high": float(high),
        "sd_inputs": math.sqrt(max(found.variance, 0.0)),
        "noise_share": found.noise_frac,
        "luck_share": found.luck_frac,
    }

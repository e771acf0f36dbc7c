"""What a study's own tables say of its inputs: the swing of each alone, and rank regression of the sample of all.

A study samples its inputs with a Latin hypercube of one or two hundred points. Sobol' indices by bins of such a sample
would be mostly noise: twenty bins of six points have a bias of about a sixth. Rank regression uses all points at once,
asks only that the answer rises or falls with each input, and its R² says how far that is so.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from opendome.base.errors import CommandError
from opendome.study.record import Study
from opendome.study.surface import RankFit, least_points, rank_regression
from opendome.study.sweep_record import Sweep
from opendome.study.sweep_tables import compared, point_means

__all__ = ["Ranking", "rankings_of_study", "rankings_of_sweep", "swings_of_study"]


class Ranking(NamedTuple):
    """Rank coefficients of the inputs for one answer; ``baseline`` is None for the measure itself."""

    alternative: str
    baseline: str | None
    measure: str
    fit: RankFit


def rankings_of_study(study: Study) -> tuple[list[str], list[Ranking]]:
    """Give the keys of the inputs, and the rankings of every difference sampled; of the measure itself without one.

    Raises
    ------
    CommandError
        The study did not sample its inputs, or at too few points.
    """
    if "inputs" not in study.tables:
        raise CommandError(
            f"the study `{study.manifest['name']}` varied no inputs: give it `study.inputs`, or run "
            "`opendome sweep FILE --design saltelli --out DIR`"
        )
    table = study.table("inputs")
    keys = [entry["key"] for entry in study.manifest["scenario"]["study"]["inputs"]]
    baseline, measure = study.manifest["baseline"], study.manifest["headline"]
    differences = [name for name in table.column_names if name.startswith("difference:")]
    columns = {name: (name.partition(":")[2], baseline) for name in differences}
    if not columns and f"baseline:{measure}" in table.column_names:
        columns = {f"baseline:{measure}": (baseline, None)}
    x = np.column_stack([table.column(key).to_numpy() for key in keys])
    found = [
        Ranking(alternative, against, measure, _fit(x, table.column(name).to_numpy(), study.manifest))
        for name, (alternative, against) in columns.items()
    ]
    return keys, found


def rankings_of_sweep(sweep: Sweep, measure: str) -> list[Ranking]:
    """Give the rankings of every alternative and difference of a sweep without base samples.

    Raises
    ------
    CommandError
        Too few points.
    """
    return [
        Ranking(
            alternative,
            baseline,
            measure,
            _fit(sweep.inputs(), point_means(sweep, measure, alternative, baseline), sweep.manifest),
        )
        for alternative, baseline in compared(sweep)
    ]


def _fit(x: np.ndarray, y: np.ndarray, manifest: dict[str, Any]) -> RankFit:
    keep = np.isfinite(y)
    if int(keep.sum()) < least_points(x.shape[1]):
        raise CommandError(
            f"{int(keep.sum())} points are too few to rank {x.shape[1]} inputs: {least_points(x.shape[1])} or more are "
            "needed; raise study.sample_points, or --points of a sweep"
        )
    return rank_regression(x[keep], y[keep], confidence=manifest["confidence"], seed=manifest["seed"])


def swings_of_study(study: Study) -> list[dict[str, Any]]:
    """Give the one-at-a-time swing, widest first: key, label, values and differences at the ends, used in between.

    Empty where the study swung nothing.
    """
    if "swing" not in study.tables:
        return []
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in study.table("swing").to_pylist():
        if row["end"] == "between":
            continue
        entry = found.setdefault(
            (row["alternative"], row["key"]),
            {name: row[name] for name in ("alternative", "key", "label", "measure", "n")},
        )
        entry[f"{row['end']}_value"] = row["value"]
        entry[f"{row['end']}_answer"] = (row["difference"], row["low"], row["high"])
    for entry in found.values():
        answers = [entry[f"{end}_answer"][0] for end in ("low", "base", "high")]
        entry["width"] = max(answers) - min(answers)
    return sorted(found.values(), key=lambda entry: (entry["alternative"], -entry["width"]))

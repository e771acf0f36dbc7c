"""What a reserve costs now, and what it leaves for later: shares of the rounds held back, on the same raids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from opendome.base.errors import CommandError
from opendome.results.schema import table_schema
from opendome.results.store import write_table
from opendome.scenario.scenario import BASELINE, Scenario
from opendome.study.engine import Progress
from opendome.study.paired import mean_interval
from opendome.study.record import Study
from opendome.study.runner import study
from opendome.study.supply import daily_of

__all__ = ["Reserves", "late_from_day", "reserve_study", "reserve_table"]


class Reserves(NamedTuple):
    """A finished study of reserve shares, and its table `reserve`."""

    study: Study
    table: pa.Table
    late_from_day: int


def late_from_day(n_days: int) -> int:
    """First day of the last third, counted from 0; the last day where there are fewer than three."""
    return n_days - max(1, n_days // 3)


def reserve_study(
    scenario: Scenario,
    shares: Sequence[float],
    *,
    replications: int,
    seed: int | None = None,
    out: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Reserves:
    """Run a scenario with several shares of ``doctrine.reserve_share``; the first is what others are compared with.

    Raises
    ------
    CommandError
        Shares outside [0, 1], said twice or alone; fewer than two replications.
    """
    wrong = [f"{share:g} is not from 0 to 1" for share in shares if not 0.0 <= share <= 1.0]
    wrong += ["shares must differ"] if len(set(shares)) < len(shares) else []
    wrong += ["write two shares or more"] if len(shares) < 2 else []
    wrong += [f"--replications must be 2 or more, not {replications}"] if replications < 2 else []
    if wrong:
        raise CommandError(f"--reserve: {'; '.join(wrong)}; for example --reserve 0,0.1,0.2")
    names = [BASELINE, *(f"reserve-{100.0 * share:g}".replace(".", "-") for share in shares[1:])]
    bare = Scenario(scenario.data, scenario.file)
    asked = bare.rebased(
        {
            "question": "What does a reserve cost now, and what does it leave for later?",
            "doctrine.reserve_share": shares[0],
            "alternatives": {n: {"doctrine.reserve_share": share} for n, share in zip(names[1:], shares[1:])},
            "study.baseline": BASELINE,
            "study.labels": {n: f"{100.0 * share:g} % held back" for n, share in zip(names, shares)},
            "study.shapley": None,
            "study.inputs": [],
            "study.grid": None,
            "study.published": None,
        }
    )
    done = study(asked, replications=replications, seed=seed, extras=False, out=out, workers=workers, progress=progress)
    table = reserve_table(done, dict(zip(names, shares)))
    if out is not None:
        write_table(out / "reserve.parquet", table)
    return Reserves(done, table, late_from_day(daily_of(done, BASELINE).held.shape[1] - 1))


def reserve_table(done: Study, shares: dict[str, float]) -> pa.Table:
    """The table `reserve`: leaks before and in the last third of the days, and rounds held when it begins."""
    values = {name: _values(done, name) for name in shares}
    first = values[next(iter(shares))]
    confidence = done.manifest["confidence"]
    rows: list[dict[str, Any]] = []
    for name, share in shares.items():
        for measure, (unit, ours) in values[name].items():
            mean = mean_interval(ours, confidence=confidence)
            less = mean_interval(ours - first[measure][1], confidence=confidence)
            numbers = {"value": mean.value, "value_low": mean.low, "value_high": mean.high}
            numbers |= {"difference": less.value, "low": less.low, "high": less.high}
            rows.append({"alternative": name, "reserve_share": share, "measure": measure, "unit": unit, **numbers})
    schema = table_schema("reserve")
    return schema.table({c: [done.replications if c == "n" else row[c] for row in rows] for c in schema.names})


def _values(done: Study, name: str) -> dict[str, tuple[str, np.ndarray]]:
    """Unit and one value a replication of each measure."""
    daily = daily_of(done, name)
    first = done.alternatives.index(name) * done.replications
    people = done.table("replications").column("people_exposed").to_numpy()[first : first + done.replications]
    late = late_from_day(daily.held.shape[1] - 1)
    return {
        "leaks_before": ("1", daily.leaked[:, late]),
        "leaks_late": ("1", daily.leaked[:, -1] - daily.leaked[:, late]),
        "leaks_in_all": ("1", daily.leaked[:, -1]),
        "people_exposed": ("people", people),
        "held_for_late": ("rounds", daily.held[:, late]),
        "held_at_end": ("rounds", daily.held[:, -1]),
    }

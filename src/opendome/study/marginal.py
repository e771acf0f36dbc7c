"""What one more, or one fewer, of each thing is worth: one study in which all of them meet the same raids.

Differences are paired replication by replication, as of any alternatives. Where no place is given, a pilot of other
raids finds the area that leaks most, and the things nearest to its middle are added to and taken away: chosen on the
raids that the answer comes from, the place would flatter the answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from opendome.base.errors import CommandError
from opendome.results.schema import table_schema
from opendome.results.store import write_table
from opendome.scenario.scenario import BASELINE, Scenario
from opendome.study.engine import Progress
from opendome.study.marginal_changes import KINDS, Change, Place, changes_of
from opendome.study.record import Study
from opendome.study.runner import study
from opendome.study.siting_demand import derived_seed

__all__ = ["MEASURES", "Leakiest", "Marginal", "compared_scenario", "leakiest_area", "marginal_study", "marginal_table"]

MEASURES = ("leaked_built_up", "people_exposed", "stocked_out", "stockout_day_capped", "cost_defender_kusd")
"""What things are worth in: leaks, people, stock-out (share of campaigns, and its day), price of the rounds fired."""


class Leakiest(NamedTuple):
    """The area that leaks most in a pilot of ``n`` raids: its id, its middle, and its leaks a raid."""

    area_id: str
    lat_lon_deg: tuple[float, float]
    mean_leaks: float
    n: int


class Marginal(NamedTuple):
    """A finished study with its changes and its table `marginal`; ``leakiest`` is None where no pilot was run."""

    study: Study
    changes: tuple[Change, ...]
    table: pa.Table
    leakiest: Leakiest | None


def leakiest_area(scenario: Scenario, seed: int, replications: int, workers: int | None = None) -> Leakiest:
    """Run a pilot on raids of its own and find the area with most leaks into built-up ground."""
    bare = compared_scenario(scenario, [])
    pilot_seed = derived_seed(seed, "marginal pilot")
    pilot = study(bare, replications=replications, seed=pilot_seed, extras=False, workers=workers)
    rows = pilot.table("areas").to_pylist()
    if not rows or not max(row["mean_leaks"] for row in rows) > 0.0:
        raise CommandError("nothing leaks in the pilot, so no place leaks most: name one with --like ID, or ask --each")
    worst = max(rows, key=lambda row: row["mean_leaks"])
    return Leakiest(worst["area_id"], (worst["lat_deg"], worst["lon_deg"]), worst["mean_leaks"], replications)


def compared_scenario(scenario: Scenario, changes: Sequence[Change]) -> Scenario:
    """The scenario with an alternative a change, beside ``as-is``, and nothing else to be studied."""
    bare = Scenario(scenario.data, scenario.file)
    return bare.rebased(
        {
            "question": "What is one more of each thing worth, and one fewer?" if changes else "",
            "alternatives": {change.name: change.overrides for change in changes},
            "study.baseline": BASELINE,
            "study.labels": {BASELINE: "As it stands", **{change.name: change.words for change in changes}},
            "study.shapley": None,
            "study.inputs": [],
            "study.grid": None,
            "study.published": None,
        }
    )


def marginal_study(
    scenario: Scenario,
    kinds: Iterable[str] = (),
    place: Place | None = None,
    *,
    is_removed: bool = True,
    replications: int = 200,
    pilot: int = 50,
    seed: int | None = None,
    out: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Marginal:
    """Run the study of one more and one fewer.

    Parameters
    ----------
    scenario : Scenario      as it stands, or one of its alternatives
    kinds : iterable of str  of ``marginal_changes.KINDS``; none: all that the scenario has
    place : Place, optional  by default, the things nearest to the area that leaks most in a pilot
    is_removed : bool        whether things are taken away as well
    replications, pilot, seed, out, workers, progress : as in ``study``; ``pilot`` raids find the place

    Returns
    -------
    Marginal
        With ``out``, its table `marginal` lies in the folder of the study.
    """
    if replications < 2 or pilot < 1:
        raise CommandError(f"--replications must be 2 or more and --pilot 1 or more, not {replications} and {pilot}")
    seed = scenario.model.study.seed if seed is None else seed
    leakiest, place = None, Place() if place is None else place
    if place.near is None and not place.like_id and not place.is_each:
        leakiest = leakiest_area(scenario, seed, pilot, workers)
        place = replace(place, near=leakiest.lat_lon_deg)
    changes = changes_of(scenario, kinds or KINDS, place, is_removed=is_removed)
    asked = compared_scenario(scenario, changes)
    done = study(asked, replications=replications, seed=seed, extras=False, out=out, workers=workers, progress=progress)
    table = marginal_table(done, changes)
    if out is not None:
        write_table(out / "marginal.parquet", table)
    return Marginal(done, tuple(changes), table, leakiest)


def marginal_table(done: Study, changes: Sequence[Change]) -> pa.Table:
    """The table `marginal`: paired differences of each change, and what a million dollars of it buys.

    Value per million is the difference over the price, for one more; for one fewer, what each million that is given up
    costs. Its interval is that of the simulation, at the middle price; the range of the price stands beside it.
    """
    rows = {(row["alternative"], row["measure"]): row for row in done.compare(BASELINE, MEASURES).to_pylist()}
    schema = table_schema("marginal")
    found = [_row(change, rows[change.name, measure]) for change in changes for measure in MEASURES]
    return schema.table({name: [row[name] for row in found] for name in schema.names})


def _row(change: Change, row: dict[str, Any]) -> dict[str, Any]:
    price = change.price
    per_musd = math.nan if price is None or price.value_kusd <= 0.0 else 1000.0 / price.value_kusd
    return {
        "alternative": change.name,
        "kind": change.kind,
        "change": change.change,
        "at_id": change.at_id,
        "words": change.words,
        **{name: row[name] for name in ("measure", "unit", "value", "low", "high", "n", "method")},
        "price_kusd": math.nan if price is None else price.value_kusd,
        "price_low_kusd": math.nan if price is None else price.low_kusd,
        "price_high_kusd": math.nan if price is None else price.high_kusd,
        **{f"{name}_per_musd": row[name] * per_musd for name in ("value", "low", "high")},
    }

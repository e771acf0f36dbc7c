"""Simulated alerts beside recorded ones: by day, minute, area and distance, with the same merging on both sides.

The record is merged anew with the scenario's ``warning.merge_s`` and its areas are found again by place among the
defended ones. What compares is shares and shapes as much as counts: an alert is a warning, not a launch, and the
number of areas that one launch alerts depends on rules of the day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.exchange.alert_counts import AlertCounts, Ground, band_names, count_alerts, ground_of
from opendome.exchange.alert_merge import merge_repeats
from opendome.exchange.alert_record import AlertRecord
from opendome.places.exposure import exact_area_lookup
from opendome.results.manifest import read_manifest
from opendome.scenario.compile import area_table, origin_of
from opendome.scenario.compile_recorded import areas_at_points
from opendome.scenario.scenario import Scenario
from opendome.study.record import open_study
from opendome.study.single import open_run, run

__all__ = ["Comparison", "compare_alerts"]

_CONFIDENCE = 0.95
_INNER = (0.05, 0.95)
_CELL_M = 250.0

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Comparison:
    """The record beside replications: ``recorded``, ``simulated`` one each, ``ground``, and what was left out.

    ``elsewhere`` recorded alerts of the span lie in no defended area, or have no place.
    """

    ground: Ground
    recorded: AlertCounts
    simulated: tuple[AlertCounts, ...]
    elsewhere: int

    def rows(self) -> list[dict[str, Any]]:
        """One row a figure: ``what``, ``where``, ``recorded``, ``simulated`` (mean over n replications).

        ``low``, ``high`` are the 95 % interval of that mean, ``range_low``, ``range_high`` hold nine in ten
        replications; null where there is but one.
        """
        ours, theirs, ground = self.simulated, self.recorded, self.ground
        peak = [one.peak_by_day.max() for one in ours]
        rows = [_row("alerts", "", theirs.total, [one.total for one in ours])]
        rows.append(_row("minutes with an alert", "", theirs.minutes, [one.minutes for one in ours]))
        rows.append(_row("most in a minute", "", theirs.peak_by_day.max(), peak))
        for i, day in enumerate(ground.days):
            rows.append(_row("alerts of a day", day, theirs.by_day[i], [one.by_day[i] for one in ours]))
        for i, day in enumerate(ground.days):
            rows.append(_row("most in a minute of a day", day, theirs.peak_by_day[i], [o.peak_by_day[i] for o in ours]))
        for i, band in enumerate(band_names()):
            share = [_shares(one.by_band)[i] for one in ours]
            rows.append(_row("share by distance", band, _shares(theirs.by_band)[i], share))
        for what, name in (("days", "by_day"), ("distance", "by_band"), ("areas", "by_area")):
            distance = [_total_variation(getattr(theirs, name), getattr(one, name)) for one in ours]
            rows.append(_row(f"total variation over {what}", "", 0.0, distance))
        ranks = [_rank_correlation(theirs.by_area, one.by_area) for one in ours]
        rows.append(_row("rank correlation over areas", "", 1.0, ranks))
        return rows

    def areas(self) -> list[dict[str, Any]]:
        """One row an area: id, distance [km], recorded alerts, and the mean of the simulated."""
        mean = np.mean([one.by_area for one in self.simulated], axis=0)
        return [
            {"area_id": area_id, "distance_km": float(km), "recorded": int(theirs), "simulated": float(ours)}
            for area_id, km, theirs, ours in zip(
                self.ground.ids, self.ground.distance_km, self.recorded.by_area, mean, strict=True
            )
        ]


def _row(what: str, where: str, recorded: float, simulated: Sequence[float]) -> dict[str, Any]:
    from scipy import stats

    values = np.asarray(simulated, float)
    values = values[np.isfinite(values)]
    n = len(values)
    row: dict[str, Any] = {"what": what, "where": where, "recorded": float(recorded), "n": n}
    row |= dict.fromkeys(("simulated", "low", "high", "range_low", "range_high"))
    if n:
        row["simulated"] = float(values.mean())
    if n > 1:
        half = stats.t.ppf(0.5 + _CONFIDENCE / 2.0, n - 1) * values.std(ddof=1) / math.sqrt(n)
        row["low"], row["high"] = row["simulated"] - float(half), row["simulated"] + float(half)
        row["range_low"], row["range_high"] = (float(value) for value in np.quantile(values, _INNER))
    return row


def _shares(counts: IntArray) -> FloatArray:
    return np.asarray(counts / max(counts.sum(), 1), float)


def _total_variation(first: IntArray, second: IntArray) -> float:
    """Half the sum of the differences of shares: 0 for the same shares, 1 for shares that have nothing in common."""
    return float(0.5 * np.abs(_shares(first) - _shares(second)).sum())


def _rank_correlation(first: IntArray, second: IntArray) -> float:
    from scipy import stats

    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return math.nan
    return float(stats.spearmanr(first, second).statistic)


def recorded_alerts(scenario: Scenario, record: AlertRecord, begins: datetime) -> tuple[FloatArray, IntArray, int]:
    """Merged recorded alerts of the scenario's span, ``t_s`` and ``i_area`` (n,), and how many lie elsewhere."""
    table = record.table("area_alerts")
    t_s = table.column("t_unix_s").to_numpy() - begins.timestamp()
    ids, written = (table.column(name).to_pylist() for name in ("area_id", "name"))
    names = [f"{area_id}\0{name}" for area_id, name in zip(ids, written, strict=True)]
    lat_deg, lon_deg = (table.column(name).to_numpy() for name in ("lat_deg", "lon_deg"))
    areas, origin = area_table(scenario), origin_of(scenario)
    i_area = np.full(len(t_s), -1, np.int64)
    placed = np.isfinite(lat_deg) & np.isfinite(lon_deg)
    lookup = exact_area_lookup(areas, _CELL_M)
    i_area[placed] = areas_at_points(lookup, areas.centre_enu_m, origin, lat_deg[placed], lon_deg[placed])
    code = np.unique(np.array(names, str), return_inverse=True)[1] + len(areas.ids)
    number = merge_repeats(np.where(i_area >= 0, i_area, code), t_s, scenario.model.warning.merge_s)
    order = np.lexsort((t_s, number))
    first = order[np.concatenate([[True], np.diff(number[order]) > 0])] if len(order) else order
    first = first[(t_s[first] >= 0.0) & (t_s[first] < 86_400.0 * scenario.model.duration_day)]
    kept = first[i_area[first] >= 0]
    return np.asarray(t_s[kept], float), i_area[kept], len(first) - len(kept)


def _simulated(scenario: Scenario, seed: int, replications: Sequence[int]) -> list[tuple[FloatArray, IntArray]]:
    return [_alerts_of(run(scenario, seed, k)) for k in replications]


def _alerts_of(done: Any) -> tuple[FloatArray, IntArray]:
    table, ids = done.table("warnings"), area_table(done.scenario).ids
    rows = {area_id: i for i, area_id in enumerate(ids)}
    return table.column("t_s").to_numpy(), np.array([rows[i] for i in table.column("area_id").to_pylist()], np.int64)


def begins_at(scenario: Scenario) -> datetime:
    """Moment of the record that the scenario's start stands for."""
    raid = scenario.model.threats.raid
    recorded = None if raid is None else raid.recorded
    return (recorded and recorded.from_) or scenario.model.start_utc


def compare_alerts(
    folder: Path | str,
    record: AlertRecord,
    *,
    replications: int = 20,
    alternative: str | None = None,
    record_folder: Path | str | None = None,
    from_point: tuple[float, float] | None = None,
) -> Comparison:
    """Hold a run, or replications of a study, against a record.

    Parameters
    ----------
    folder : path            of a run, or of a study, whose first replications are played again with full tables
    record : AlertRecord
    replications : int       of a study; no more than it has
    alternative : str        of a study; by default its baseline
    record_folder : path     stands in for a record that the scenario plays and that is not found any more
    from_point : lat_deg, lon_deg    distances are from here; by default from the nearest launch area

    Raises
    ------
    CommandError    no run or study there, or the record has no alert in the span
    """
    if read_manifest(Path(folder)).get("kind") == "run":
        done = open_run(folder)
        scenario, alerts = done.scenario, [_alerts_of(done)]
    else:
        study = open_study(folder)
        scenario = _found(Scenario(study.manifest["scenario"], "study"), record_folder)
        scenario = scenario.alternative(study.manifest["baseline"] if alternative is None else alternative)
        numbers = range(min(replications, study.replications))
        alerts = _simulated(scenario, study.manifest["seed"], numbers)
    begins = begins_at(scenario)
    ground = ground_of(scenario, begins, from_point)
    t_s, i_area, elsewhere = recorded_alerts(scenario, record, begins)
    if not len(t_s):
        raise CommandError(
            f"the record has no alert of a defended area in the {scenario.model.duration_day:g} days from "
            f"{begins.isoformat()}; it reaches from {record.summary['first_utc']} to {record.summary['last_utc']}"
        )
    counts = tuple(count_alerts(ground, *one) for one in alerts)
    return Comparison(ground, count_alerts(ground, t_s, i_area), counts, elsewhere)


def _found(scenario: Scenario, record_folder: Path | str | None) -> Scenario:
    """The scenario, with another place of its record where that is not found."""
    path = scenario.file_keys.get("threats.raid.recorded.alerts")
    if path is None or path.is_file() or record_folder is None:
        return scenario
    return scenario.override({"threats.raid.recorded.alerts": str(Path(record_folder).resolve())})

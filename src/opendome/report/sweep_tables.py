"""Tables of a sweep's page: where each input would turn the answer round, and all indices."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from opendome.report.inputs import name_and_unit
from opendome.report.model import TextTable
from opendome.report.subjects import measure_words
from opendome.report.turning import rounded_turn
from opendome.report.words import number, per_cent, value
from opendome.study.surface import Turn
from opendome.study.sweep_record import Sweep
from opendome.study.sweep_tables import sensitivity_tables

__all__ = ["index_tables", "turn_table"]


def turn_table(
    sweep: Sweep, turning: Sequence[Turn], used: np.ndarray, order: Sequence[int], clear_share: float
) -> TextTable:
    """Say for each input whether it would turn the answer round, and where."""
    rows = []
    for i in order:
        item, turn = sweep.manifest["ranges"][i], turning[i]
        name, unit = name_and_unit(item["label"] or item["key"], item["key"])
        at = "none in the range"
        if math.isfinite(turn.value) and turn.share >= clear_share:
            said = [value(rounded_turn(x, item["low"], item["high"])) for x in turn[:3]]
            at = f"{said[0]} ({said[1]} to {said[2]})"
        rows.append(
            (
                f"{name}, {unit}" if unit else name,
                value(item["low"]),
                value(float(used[i])),
                value(item["high"]),
                at,
                per_cent(turn.share),
            )
        )
    columns = ("assumption", "low", "used", "high", "turns round at", "sure of it")
    return TextTable(
        "Which assumption would turn the answer round, and where",
        "Each with the others averaged over their ranges, on a fitted surface. The interval, and how sure it is that "
        "there is a turn within the range at all, are from a bootstrap over the base samples.",
        tuple((name, i > 0) for i, name in enumerate(columns)),
        tuple(rows),
    )


def index_tables(sweep: Sweep) -> list[TextTable]:
    """Give every index of every measure asked for, one table a measure."""
    if not sweep.is_saltelli:
        return []
    tables = {name: table.to_pylist() for name, table in sensitivity_tables(sweep).items()}
    found = []
    several = "Each alternative by itself, and its difference from the baseline"
    whose = several if len(sweep.alternatives) > 1 else "Shares of the variance"
    for measure in dict.fromkeys(row["measure"] for row in tables["sensitivity"]):
        rows = []
        for row in tables["sensitivity"]:
            if row["measure"] == measure:
                against = f" less {row['baseline']}" if row["baseline"] else ""
                rows.append((row["label"], f"{row['alternative']}{against}", _cell(row, "total"), _cell(row, "first")))
        words, _, _ = measure_words(measure)
        n = tables["sensitivity"][0]["n"]
        found.append(
            TextTable(
                f"Indices of “{words}”",
                f"{whose}; n = {n:,} base samples.",
                (("assumption", False), ("of", False), ("in all (total)", True), ("alone (first-order)", True)),
                tuple(rows),
                is_folded=len(rows) > 24,
            )
        )
    return found


def _cell(row: dict[str, float | None], name: str) -> str:
    at, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if at is None or low is None or high is None:
        return "–"
    return f"{number(at, 2)} ({number(low, 2)} to {number(high, 2)})"

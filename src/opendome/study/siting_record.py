"""A choice of sites as tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from opendome.results.schema import table_schema
from opendome.results.store import write_table
from opendome.study.siting import Siting
from opendome.study.siting_race import Race

__all__ = ["siting_tables", "write_sitings"]


def siting_tables(sitings: Sequence[Siting], found: Race) -> dict[str, Any]:
    """The tables `sitings`, `siting_sites` and `siting_race`."""
    rows = {
        "sitings": [_siting_row(siting, found.winner) for siting in sitings],
        "siting_sites": [
            {
                "siting": siting.name,
                **{name: value for name, value in site._asdict().items() if name != "moves_id"},
                "is_moved": bool(site.moves_id),
            }
            for siting in sitings
            for site in siting.sites
        ],
        "siting_race": [_look_row(look, found) for look in found.looks],
    }
    tables = {}
    for name, entries in rows.items():
        schema = table_schema(name)
        tables[name] = schema.table({column: [row[column] for row in entries] for column in schema.names})
    return tables


def write_sitings(folder: Path, sitings: Sequence[Siting], found: Race) -> None:
    """Write the tables into a folder."""
    for name, table in siting_tables(sitings, found).items():
        write_table(folder / f"{name}.parquet", table)


def _siting_row(siting: Siting, winner: str) -> dict[str, Any]:
    answer = siting.answer
    return {
        "siting": siting.name,
        "model": siting.model,
        "status": None if answer is None else answer.status,
        "bound": None if answer is None else answer.bound,
        "gap": None if answer is None else answer.gap,
        **siting.values,
        "covered_frac": siting.covered_frac,
        "is_winner": siting.name == winner,
    }


def _look_row(look: Any, found: Race) -> dict[str, Any]:
    return {
        "look": look.look,
        "siting": look.siting,
        "n": look.mean.n,
        "measure": found.measure,
        "value": look.mean.value,
        "value_low": look.mean.low,
        "value_high": look.mean.high,
        "difference": look.less_leader.value,
        "low": look.less_leader.low,
        "high": look.less_leader.high,
        "confidence": found.confidence,
        "is_dropped": look.is_dropped,
    }

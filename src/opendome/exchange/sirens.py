"""Alerts of a run as a timeline of sirens, for those who play an exercise: CSV for a sheet, JSON for a program.

Every row and the whole of the JSON say ``Exercise``. Times are given on the scenario's calendar in UTC and in seconds
since its start; the official time is what people have from the siren to shelter.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from opendome.base.registry import register
from opendome.exchange.moments import utc_text
from opendome.scenario.compile import area_table
from opendome.study.single import Run

__all__ = ["siren_rows", "write_sirens"]

_COLUMNS = ("status", "sounds_at", "ends_at", "area_id", "name", "time_to_shelter_s", "is_needless", "people", "t_s",
            "t_end_s")  # fmt: skip
_NOTE = "EXERCISE: simulation for analysis and education. No such attack takes place."


def siren_rows(run: Run) -> list[dict[str, Any]]:
    """One row an alert of an area, in order of time.

    ``sounds_at``, ``ends_at`` are moments in UTC, ``t_s`` and ``t_end_s`` the same since the scenario's start [s],
    ``time_to_shelter_s`` the area's official time, ``is_needless`` whether nothing came down, or was intercepted on its
    way, in that area during the alert.
    """
    table = area_table(run.scenario)
    areas = {area_id: i for i, area_id in enumerate(table.ids)}
    rows = []
    for row in sorted(run.table("warnings").to_pylist(), key=lambda row: (row["t_s"], row["area_id"])):
        i = areas[row["area_id"]]
        rows.append(
            {
                "status": "Exercise",
                "sounds_at": utc_text(run, row["t_s"]),
                "ends_at": utc_text(run, row["t_end_s"]),
                "area_id": row["area_id"],
                "name": table.names[i],
                "time_to_shelter_s": float(table.time_to_shelter_s[i]),
                "is_needless": row["is_needless"],
                "people": round(row["population"]),
                "t_s": row["t_s"],
                "t_end_s": row["t_end_s"],
            }
        )
    return rows


@register("exporter", "sirens")
def write_sirens(run: Run, folder: Path) -> list[Path]:
    """Write ``sirens.csv`` and ``sirens.json``; give their paths. A run without alerts gives a head and no rows."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = siren_rows(run)
    sheet, document = folder / "sirens.csv", folder / "sirens.json"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "is_needless": "yes" if row["is_needless"] else "no"} for row in rows)
    content = {
        "status": "Exercise",
        "note": _NOTE,
        "scenario": run.scenario.name,
        "seed": run.seed,
        "replication": run.replication,
        "sirens": rows,
    }
    text = json.dumps(content, ensure_ascii=False, indent=1)
    document.write_text(text + "\n", encoding="utf-8", newline="\n")
    return [sheet, document]

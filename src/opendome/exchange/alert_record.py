"""A record of alerts: messages, area-alerts and merged alerts as tables, imported from the public CSV or read again.

An alert is a warning, not a launch: the record says who was warned and when, not what was launched.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from opendome.base.errors import CommandError
from opendome.exchange.alert_csv import ZONE, BadLine, Message, read_messages
from opendome.exchange.alert_merge import MERGE_S, cluster_numbers, merge_repeats
from opendome.exchange.alert_names import AreaNames, NamedArea, bundled_names
from opendome.results.alert_schema import ALERT_TABLES
from opendome.results.schema import SCHEMA_VERSION
from opendome.results.store import read_table, replace_file, write_table

__all__ = ["AlertRecord", "import_alerts", "moment_of_text", "open_alerts"]

_MANIFEST = "manifest.json"
_DATE_LENGTH = len("2021-05-10")
_FOREVER_S = 1 << 62


@dataclass(frozen=True)
class AlertRecord:
    """Recorded alerts: the three tables by name, lines that could not be read, and a summary of plain data."""

    tables: dict[str, pa.Table]
    bad_lines: tuple[BadLine, ...]
    summary: dict[str, Any]

    def table(self, name: str) -> pa.Table:
        """One table: ``alert_messages``, ``area_alerts`` or ``area_alerts_merged``."""
        return self.tables[name]

    def write(self, folder: Path | str) -> list[Path]:
        """Write tables and ``manifest.json`` into a folder; give the files."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, table in self.tables.items():
            paths.append(folder / f"{name}.parquet")
            write_table(paths[-1], table)
        manifest = {
            "kind": "alerts",
            "schema_version": SCHEMA_VERSION,
            "summary": self.summary,
            "tables": {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths},
        }
        with replace_file(folder / _MANIFEST) as temporary:
            temporary.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return [*paths, folder / _MANIFEST]


def open_alerts(folder: Path | str) -> AlertRecord:
    """Read a folder that ``AlertRecord.write`` wrote.

    Raises
    ------
    CommandError    it holds no record of alerts
    """
    folder = Path(folder)
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        is_record = manifest["kind"] == "alerts"
    except (OSError, ValueError, KeyError, TypeError):
        is_record = False
    if not is_record:
        raise CommandError(f"{folder} holds no record of alerts; make one: opendome import-alerts CSV --out {folder}")
    bad = tuple(BadLine(**line) for line in manifest["summary"]["malformed"])
    tables = {name: read_table(folder / f"{name}.parquet") for name in ALERT_TABLES}
    return AlertRecord(tables, bad, manifest["summary"])


def moment_of_text(text: str) -> int:
    """Seconds since 1970 (UTC) of ``2021-05-10``, midnight by the file's clock, or of a moment with its zone.

    Raises
    ------
    CommandError    no such moment, or a time of day without a zone

    >>> moment_of_text("2021-05-10T00:00:00+03:00") == moment_of_text("2021-05-10")
    True
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no date; write 2021-05-10, or 2021-05-10T18:00:00+03:00") from None
    if moment.tzinfo is None:
        if len(text) > _DATE_LENGTH:
            raise CommandError(f"{text!r} has no zone; write 2021-05-10 (local midnight), or 2021-05-10T18:00:00+03:00")
        moment = moment.replace(tzinfo=ZoneInfo(ZONE))
    return int(moment.timestamp())


def import_alerts(
    file: Path | str,
    names: AreaNames | None = None,
    *,
    from_text: str | None = None,
    until_text: str | None = None,
    merge_s: float = MERGE_S,
) -> AlertRecord:
    """Read the public CSV of alerts (plain or packed) into a record.

    Parameters
    ----------
    file : path                        as ``opendome.exchange.alert_csv`` describes it
    names : AreaNames                  list of areas; by default the 1,420 that come with the program
    from_text, until_text : str        span, end not included; see ``moment_of_text``
    merge_s : float                    repeats of an area no farther apart are one alert [s]

    Raises
    ------
    CommandError    the file cannot be read at all, or the span is empty. Lines that cannot be read are no error: they
        stand in ``bad_lines`` and in the summary.
    """
    names = bundled_names() if names is None else names
    first_s = -_FOREVER_S if from_text is None else moment_of_text(from_text)
    end_s = _FOREVER_S if until_text is None else moment_of_text(until_text)
    if first_s >= end_s:
        raise CommandError(f"the span from {from_text} until {until_text} is empty; the end is not included")
    lines = list(read_messages(file))
    read = [line for line in lines if isinstance(line, Message)]
    kept = [message for message in read if first_s <= message.t_unix_s < end_s]
    if read and not kept:
        reach = " to ".join(_utc(pick(message.t_unix_s for message in read)) for pick in (min, max))
        raise CommandError(f"{file} holds no message of the span; it reaches from {reach}")
    found = [names.split(message.areas) for message in kept]
    bad = tuple(line for line in lines if isinstance(line, BadLine) and line.text.strip())
    area_alerts = _area_alerts(kept, found, names)
    tables = {
        "alert_messages": _messages(kept, found),
        "area_alerts": area_alerts,
        "area_alerts_merged": _merged(area_alerts, merge_s),
    }
    counts = {"lines": len(lines), "blank": len(lines) - len(read) - len(bad), "outside_span": len(read) - len(kept)}
    return AlertRecord(tables, bad, _summary(Path(file), counts, bad, tables, found, merge_s, names))


def _messages(kept: list[Message], found: list[tuple[NamedArea, ...]]) -> pa.Table:
    seen: set[tuple[str, int, str]] = set()
    is_repeat = []
    for message in kept:
        key = (message.areas, message.t_unix_s, message.category)
        is_repeat.append(key in seen)
        seen.add(key)
    columns: dict[str, Any] = {name: [getattr(message, name) for message in kept] for name in Message._fields}
    columns["n_areas"] = [len(areas) for areas in found]
    columns["n_matched"] = [sum(area.i_area >= 0 for area in areas) for areas in found]
    return ALERT_TABLES["alert_messages"].table({**columns, "is_repeat": is_repeat})


def _area_alerts(kept: list[Message], found: list[tuple[NamedArea, ...]], names: AreaNames) -> pa.Table:
    per_message = np.array([len(areas) for areas in found], np.int64)
    areas = [area for group in found for area in group]
    i_area = np.array([area.i_area for area in areas], np.int64)
    columns: dict[str, Any] = {
        "line": np.repeat([message.line for message in kept], per_message).astype(np.int64),
        "t_unix_s": np.repeat([message.t_unix_s for message in kept], per_message).astype(np.int64),
        "local_date": [message.local_date for message, n in zip(kept, per_message, strict=True) for _ in range(n)],
        "name": [area.name for area in areas],
        "area_id": [names.ids[i] if i >= 0 else None for i in i_area],
        "area_name": [names.names_en[i] if i >= 0 else None for i in i_area],
        "match": [area.match for area in areas],
    }
    for name in ("lat_deg", "lon_deg", "time_to_shelter_s"):
        columns[name] = np.where(i_area >= 0, getattr(names, name)[i_area], np.nan)
    return ALERT_TABLES["area_alerts"].table(columns)


def _merged(area_alerts: pa.Table, merge_s: float) -> pa.Table:
    """Merged alerts in order of time; an unmatched name is an area of its own."""
    ids, written = area_alerts.column("area_id").to_pylist(), area_alerts.column("name").to_pylist()
    keys = [name if area_id is None else "\0" + area_id for area_id, name in zip(ids, written, strict=True)]
    area = np.unique(np.array(keys, dtype=str), return_inverse=True)[1]
    t_s = area_alerts.column("t_unix_s").to_numpy()
    number = merge_repeats(area, t_s, merge_s)
    n = int(number.max()) + 1 if len(number) else 0
    first, last = np.full(n, np.iinfo(np.int64).max), np.zeros(n, np.int64)
    np.minimum.at(first, number, t_s)
    np.maximum.at(last, number, t_s)
    row = np.full(n, len(t_s))
    is_first = t_s == first[number]
    np.minimum.at(row, number[is_first], np.flatnonzero(is_first))
    chosen = area_alerts.take(pa.array(row))
    columns: dict[str, Any] = {name: chosen.column(name).to_pylist() for name in chosen.column_names}
    moments = np.sort(t_s)
    cluster = cluster_numbers(moments)[np.searchsorted(moments, first)]
    columns |= {"t_last_unix_s": last, "n": np.bincount(number, minlength=n), "cluster": cluster}
    return ALERT_TABLES["area_alerts_merged"].table(columns)


def _summary(
    file: Path,
    counts: dict[str, int],
    bad: tuple[BadLine, ...],
    tables: dict[str, pa.Table],
    found: list[tuple[NamedArea, ...]],
    merge_s: float,
    names: AreaNames,
) -> dict[str, Any]:
    messages, merged = tables["alert_messages"], tables["area_alerts_merged"]
    matches = Counter(area.match for areas in found for area in areas)
    unmatched = Counter(area.name for areas in found for area in areas if area.i_area < 0)
    moments = merged.column("t_unix_s").to_numpy()
    clocks = Counter(messages.column("clock").to_pylist())
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        **counts,
        "malformed": [line._asdict() for line in bad],
        "messages": messages.num_rows,
        "repeated_messages": sum(messages.column("is_repeat").to_pylist()),
        "clock_repeated": clocks["repeated"],
        "clock_left_out": clocks["left out"],
        "first_utc": _utc(moments[0]) if len(moments) else None,
        "last_utc": _utc(moments[-1]) if len(moments) else None,
        "areas_listed": len(names),
        "area_alerts": tables["area_alerts"].num_rows,
        "matched": {match: matches[match] for match in ("exact", "spelling", "renamed")},
        "unmatched": dict(sorted(unmatched.items(), key=lambda pair: (-pair[1], pair[0]))),
        "merge_s": merge_s,
        "area_alerts_merged": merged.num_rows,
        "clusters": int(merged.column("cluster")[-1].as_py()) + 1 if merged.num_rows else 0,
    }


def _utc(t_unix_s: float) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(t_unix_s))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

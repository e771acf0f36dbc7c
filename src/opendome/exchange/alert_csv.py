"""Reading the public CSV of alerts, line by line: no message is lost, and every line that cannot be read is reported.

One line is one message: ``data`` (its areas), ``date`` (dd.mm.yyyy) and ``time`` (hh:mm:ss), in Israel's local time
without a zone; ``alertDate`` is rounded to the minute and not used. In the hour that clocks repeat in autumn a time is
taken as the first of the two; in the hour that they leave out in spring it is taken by the clock as it stood before.
Both are marked. Files may be packed (``.gz``).
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opendome.base.errors import CommandError

__all__ = ["ZONE", "BadLine", "Message", "local_moment", "read_messages"]

ZONE = "Asia/Jerusalem"
"""Time zone of the file's dates and times."""

_NEEDED = ("data", "date", "time")
_DATE = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})")
_TIME = re.compile(r"(\d\d?):(\d\d):(\d\d)")
_EPOCH = datetime(1970, 1, 1)
_HOUR_S, _DAY_S = 3600, 86_400


class Message(NamedTuple):
    """One message: its line in the file, its moment, and what it says.

    ``t_unix_s`` seconds since 1970 in UTC; ``clock`` is ``plain``, ``repeated`` or ``left out`` (see above).
    """

    line: int
    t_unix_s: int
    local_date: str
    local_time: str
    clock: str
    areas: str
    category: str
    category_words: str


class BadLine(NamedTuple):
    """A line that cannot be read, and what is wrong with it."""

    line: int
    what: str
    text: str


def read_messages(path: Path | str) -> Iterator[Message | BadLine]:
    """Give every line of the file after its head, in order, as a message or as what is wrong with it; blank ones too.

    Raises
    ------
    CommandError    the file cannot be opened or has no such columns
    """
    path = Path(path)
    with _opened(path) as lines:
        try:
            head = _fields(next(lines, b"").decode("utf-8-sig", "replace"))
            columns = {name.strip(): i for i, name in enumerate(head or ())}
            missing = [name for name in _NEEDED if name not in columns]
            if missing:
                raise CommandError(
                    f"{path}: the first line names no column {', '.join(f'`{name}`' for name in missing)}; "
                    "it must read data,date,time,..."
                )
            for number, raw in enumerate(lines, start=2):
                yield _read(raw, number, columns)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise CommandError(f"{path} is not a whole gzip file: {error}") from None


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    try:
        with path.open("rb") as file:
            is_packed = file.read(2) == b"\x1f\x8b"
        return gzip.open(path, "rb") if is_packed else path.open("rb")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None


def _fields(line: str) -> list[str] | None:
    """Fields of one line; None where a quotation mark is left open."""
    try:
        return next(csv.reader([line.rstrip("\r\n")], strict=True), [])
    except csv.Error:
        return None


def _read(raw: bytes, line: int, columns: dict[str, int]) -> Message | BadLine:
    text = raw.decode("utf-8", "replace").rstrip("\r\n")
    fields = _fields(text)
    what = ""
    if not text.strip():
        what = "is blank"
    elif "�" in text:
        what = "is not UTF-8"
    elif fields is None:
        what = "leaves a quotation mark open"
    elif len(fields) != len(columns):
        what = f"has {len(fields)} fields, not {len(columns)}"
    if what or fields is None:
        return BadLine(line, what, text)
    areas, date, time = (fields[columns[name]].strip() for name in _NEEDED)
    if not areas.strip(", "):
        return BadLine(line, "names no area", text)
    day_start = _day(date)
    seconds = _seconds(time)
    if day_start is None:
        return BadLine(line, f"date {date!r} is no day; write dd.mm.yyyy", text)
    if seconds is None:
        return BadLine(line, f"time {time!r} is no time of day; write hh:mm:ss", text)
    t_unix_s, clock = local_moment(day_start, seconds)
    local_date = (_EPOCH + timedelta(seconds=day_start)).strftime("%Y-%m-%d")
    category, words = (fields[columns[name]] if name in columns else "" for name in ("category", "category_desc"))
    return Message(line, t_unix_s, local_date, time.zfill(8), clock, areas, category, words)


@cache
def _day(date: str) -> int | None:
    """Midnight of a date, as if its clock showed UTC [s since 1970]."""
    found = _DATE.fullmatch(date)
    try:
        day, month, year = (int(part) for part in found.groups()) if found else (0, 0, 0)
        return int((datetime(year, month, day) - _EPOCH).total_seconds())
    except ValueError:
        return None


def _seconds(time: str) -> int | None:
    """Seconds since midnight of a time of day."""
    found = _TIME.fullmatch(time)
    if found is None:
        return None
    hour, minute, second = (int(part) for part in found.groups())
    return hour * _HOUR_S + minute * 60 + second if hour < 24 and minute < 60 and second < 60 else None


@cache
def _zone() -> ZoneInfo:
    try:
        return ZoneInfo(ZONE)
    except ZoneInfoNotFoundError:
        raise CommandError(f"the time zone {ZONE} is not known here; install the Python package `tzdata`") from None


def _offset_s(local_s: int, fold: int) -> int:
    """How far a local clock is ahead of UTC [s]."""
    offset = (_EPOCH + timedelta(seconds=local_s)).replace(tzinfo=_zone(), fold=fold).utcoffset()
    return int((offset or timedelta()).total_seconds())


@cache
def _is_changing(day_start_s: int) -> tuple[bool, int]:
    """Whether clocks change on a local day, and their offset at its start [s]."""
    first, last = _offset_s(day_start_s, 0), _offset_s(day_start_s + _DAY_S, 0)
    return first != last, first


def local_moment(day_start_s: int, seconds: int) -> tuple[int, str]:
    """Moment in UTC of a local time of day.

    Parameters
    ----------
    day_start_s : int    midnight of the local date, as if its clock showed UTC [s since 1970]
    seconds : int        since midnight by the local clock [s]

    Returns
    -------
    int, str             [s since 1970, UTC]; ``plain``, ``repeated`` or ``left out``

    Midnight of 11 May 2021, the 18,758th day, is 21:00 UTC of the day before:

    >>> local_moment(18_758 * 86_400, 0)
    (1620680400, 'plain')
    """
    changes, offset_s = _is_changing(day_start_s)
    local_s = day_start_s + seconds
    if not changes:
        return local_s - offset_s, "plain"
    before_s, after_s = _offset_s(local_s, 0), _offset_s(local_s, 1)
    if before_s == after_s:
        return local_s - before_s, "plain"
    return local_s - before_s, "repeated" if before_s > after_s else "left out"

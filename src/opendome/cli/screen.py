"""What the verbs print: aligned tables that survive a pipe, JSON, and messages on stderr."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

__all__ = [
    "complain",
    "decimals_for",
    "fixed",
    "interval_text",
    "leave_quietly",
    "note",
    "number_text",
    "print_json",
    "print_table",
    "say",
]


def say(text: str = "") -> None:
    """Print a line to the standard output; whoever reads it may go away early, as `| head` does."""
    try:
        sys.stdout.write(f"{text}\n")
    except BrokenPipeError:
        leave_quietly()


def leave_quietly() -> NoReturn:
    """Leave with code 0 after the reader of the output has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(0)


def note(text: str) -> None:
    """Print a remark to stderr, out of the way of what is piped."""
    sys.stderr.write(f"{text}\n")


def complain(text: str) -> None:
    """Print an error message to stderr, red on a terminal."""
    red, plain = ("\x1b[31m", "\x1b[0m") if _has_colour(sys.stderr) else ("", "")
    sys.stderr.write(f"{red}opendome:{plain} {text}\n")


def print_json(value: Any) -> None:
    """Print a value as JSON; NaN and infinity become null."""
    say(json.dumps(_plain(value), indent=1, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], indent: str = "") -> None:
    """Print rows under their column names, numbers to the right; nothing is cut, whatever the width of the screen.

    A cell is text, or a number, which is written by ``number_text``.
    """
    raw = [tuple(row) for row in rows]
    cells = [[_cell(value) for value in row] for row in raw]
    is_right = [all(isinstance(value, int | float | None) for value in column) for column in zip(*raw)]
    is_right += [False] * (len(columns) - len(is_right))
    widths = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(columns)]
    bold, plain = ("\x1b[1m", "\x1b[0m") if _has_colour(sys.stdout) else ("", "")
    say(f"{indent}{bold}{_line(columns, widths, is_right)}{plain}")
    for row in cells:
        say(indent + _line(row, widths, is_right))


def number_text(value: float | int | None) -> str:
    """Write a number for people: about four figures, thousands parted, no exponent for everyday sizes."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    size = abs(value)
    if size >= 1e7 or size < 1e-3:
        return f"{value:.3g}"
    return fixed(value, decimals_for(size))


def decimals_for(size: float) -> int:
    """Decimals that show about three figures of a number of this size."""
    if size <= 0.0 or not math.isfinite(size):
        return 0
    return min(6, max(0, 2 - math.floor(math.log10(size))))


def fixed(value: float | None, decimals: int) -> str:
    """Write a number with a fixed number of decimals, thousands parted."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:,.{decimals}f}"


def interval_text(value: float | None, low: float | None, high: float | None, *, sign: bool = False) -> str:
    """Write an estimate with its interval, ``12.3 (11.9 to 12.7)``, with the decimals that the interval deserves."""
    if value is None or low is None or high is None:
        return "-" if value is None else number_text(value)
    width = high - low
    decimals = decimals_for(width) - 1 if width > 0.0 else decimals_for(abs(value))
    decimals = max(0, decimals)
    plus = "+" if sign and value > 0 else ""
    return f"{plus}{fixed(value, decimals)} ({fixed(low, decimals)} to {fixed(high, decimals)})"


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, int | float):
        return number_text(value)
    return " ".join(str(value).split())


def _line(cells: Sequence[str], widths: Sequence[int], is_right: Sequence[bool]) -> str:
    parts = [cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(cells, widths, is_right)]
    return "  ".join(parts).rstrip()


def _has_colour(stream: Any) -> bool:
    """Whether colours are wanted: a terminal, and nobody has said no (no-color.org)."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if hasattr(value, "item"):
        return _plain(value.item())
    return str(value)

"""One measured figure, and how it is shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Result", "as_json", "as_text"]


@dataclass(frozen=True)
class Result:
    """A figure beside its goal and its peer.

    ``goal`` is a bound in the same unit: at least if ``more_is_better``, else at most. ``ratio`` says how many times
    better than the peer the figure is.
    """

    group: str
    name: str
    value: float
    unit: str
    goal: float | None = None
    more_is_better: bool = True
    peer: str = ""
    peer_value: float | None = None
    ratio: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.more_is_better else self.value <= self.goal


def as_json(result: Result) -> dict[str, Any]:
    """Give a result as plain data."""
    return {**asdict(result), "is_met": result.is_met}


def as_text(results: list[Result]) -> str:
    """Give a table as lines of text, notes beneath, that reads the same on a screen and in a file."""
    rows: list[tuple[str, ...]] = [("", "measured", "unit", "goal", "", "peer", "ratio")]
    rows += [_cells(result) for result in results]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [_line(rows[0], widths), "  ".join("-" * width for width in widths)]
    group = ""
    for result, row in zip(results, rows[1:]):
        if result.group != group:
            group = result.group
            lines += ["", group]
        lines.append(_line(row, widths))
    notes = list(dict.fromkeys(f"{result.group}: {result.note}" for result in results if result.note))
    return "\n".join([*lines, "", *notes])


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    left, right = {0, 2, 4, 5}, [cell.rjust(width) for cell, width in zip(row, widths)]
    return "  ".join(row[k].ljust(widths[k]) if k in left else right[k] for k in range(len(row))).rstrip()


def _cells(result: Result) -> tuple[str, ...]:
    sign = "" if result.goal is None else ("≥ " if result.more_is_better else "≤ ") + _number(result.goal)
    met = {None: "", True: "met", False: "MISSED"}[result.is_met]
    peer = result.peer if result.peer_value is None else f"{result.peer} {_number(result.peer_value)}".strip()
    ratio = "" if result.ratio is None else f"× {_number(result.ratio)}"
    return f"  {result.name}", _number(result.value), result.unit, sign, met, peer, ratio


def _number(value: float) -> str:
    if value == 0.0 or 0.01 <= abs(value) < 1e6:
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:.3g}"

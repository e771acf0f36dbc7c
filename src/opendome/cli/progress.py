"""One line that says how far a study has come: share, rate, time left, running estimate of the headline."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from opendome.cli.screen import interval_text, note

__all__ = ["ProgressLine"]


class ProgressLine:
    """Called by the study; draws on a terminal, and says a single closing line where stderr is not one."""

    def __init__(self, measure: str) -> None:
        self._measure = measure
        self._started_s = time.monotonic()
        self._done = 0
        self._first_done: int | None = None
        self._line: Any = None
        self._task: Any = None

    def __enter__(self) -> ProgressLine:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self._line = Progress(
                TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(compact=True),
                TextColumn("{task.fields[estimate]}"),
                console=Console(file=sys.stderr),
                transient=True,
            )
            self._line.start()
            self._task = self._line.add_task("", total=1, rate="compiling at the first use", estimate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._line is not None:
            self._line.stop()
        if kind is None:
            note(f"{self._done:,} replications in {time.monotonic() - self._started_s:.1f} s")

    def __call__(self, done: int, total: int, running: Any) -> None:
        """Take in how far the study has come."""
        self._done = done
        if self._line is None:
            return
        now_s = time.monotonic()
        if self._first_done is None:
            # The first cells wait for the compiler: the rate counts from here.
            self._first_done, self._started_rate_s = done, now_s
        took_s = now_s - self._started_rate_s
        rate = f"{(done - self._first_done) / took_s:,.0f} replications/s" if took_s > 0.5 else ""
        estimate = ""
        if running is not None:
            estimate = f"{self._measure} {interval_text(running.value, running.low, running.high, sign=True)}"
        self._line.update(self._task, completed=done, total=total, rate=rate, estimate=estimate)

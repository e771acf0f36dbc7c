"""Moments of a run as calendar time, counted from the scenario's start."""

from __future__ import annotations

from datetime import datetime, timedelta

from opendome.study.single import Run

__all__ = ["moment_of", "utc_text"]


def moment_of(run: Run, t_s: float) -> datetime:
    """Moment of the scenario's calendar, in UTC; ``t_s`` seconds after the start."""
    return run.scenario.model.start_utc + timedelta(seconds=float(t_s))


def utc_text(run: Run, t_s: float) -> str:
    """The same as text to the millisecond, ``2030-05-01T18:00:00.000+00:00``."""
    return moment_of(run, t_s).isoformat(timespec="milliseconds")

"""What the figures of a review show, as frozen objects: numbers and finished words."""

from __future__ import annotations

from dataclasses import dataclass

from opendome.report.model import Estimate, Heading

__all__ = ["BesidePanel", "BesideRow", "Lane", "Mark", "TimelinePanel", "TimesPanel"]


@dataclass(frozen=True)
class BesideRow:
    """One rule's draws of luck: quantile dots, the mean with its interval, and its result with the operator's luck."""

    label: str
    is_own: bool
    dots: tuple[float, ...]
    mean: Estimate
    same_luck: float


@dataclass(frozen=True)
class BesidePanel:
    """One measure of the operator beside the rules; ``bound`` is the least that any rule can expect, None: unknown."""

    heading: Heading
    played: float
    bound: float | None
    rows: tuple[BesideRow, ...]
    places: int


@dataclass(frozen=True)
class TimesPanel:
    """Seconds from question to order, with median and nine in ten; and how many questions were left open."""

    heading: Heading
    seconds: tuple[float, ...]
    median_s: float
    p90_s: float
    n_unanswered: int


@dataclass(frozen=True)
class Mark:
    """Something that happened at a time; ``words`` say it to a pointer that rests on it, ``label`` is drawn."""

    t_s: float
    words: str
    label: str = ""


@dataclass(frozen=True)
class Lane:
    """One row of the time line; ``kind`` says how marks look: in-flight, shot, kill, leak, order, open or change."""

    label: str
    kind: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class TimelinePanel:
    """The raid and the orders on one scale of time; ``ticks`` are (time, words); ``until_s`` the operator's end."""

    heading: Heading
    from_s: float
    until_s: float
    end_s: float
    ticks: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]

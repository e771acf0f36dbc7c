"""What the page of a sweep shows, as frozen objects: numbers and finished words, no table and no drawing."""

from __future__ import annotations

from dataclasses import dataclass

from opendome.report.model import Answer, Box, Estimate, Heading, TextTable

__all__ = ["IndexPanel", "IndexRow", "ScatterPanel", "ScatterPlot", "SweepContent"]


@dataclass(frozen=True)
class IndexRow:
    """One input: its share with and without interaction (``alone`` None for a rank coefficient)."""

    label: str
    whole: Estimate
    alone: Estimate | None


@dataclass(frozen=True)
class IndexPanel:
    """Bars of what each input accounts for; ``whole`` and ``alone`` name the two bars, per cent where ``is_share``."""

    heading: Heading
    rows: tuple[IndexRow, ...]
    whole: str
    alone: str
    is_share: bool


@dataclass(frozen=True)
class ScatterPlot:
    """The answer (y) against one input (x) at the points of the design, and its main effect as a line."""

    label: str
    unit: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    line: tuple[tuple[float, float], ...]
    low: float
    high: float
    used: float
    turn: Estimate | None


@dataclass(frozen=True)
class ScatterPanel:
    """The answer against the inputs that matter most; ``has_zero`` where zero is where the answer turns round."""

    heading: Heading
    plots: tuple[ScatterPlot, ...]
    has_zero: bool


@dataclass(frozen=True)
class SweepContent:
    """Everything on the page, in order."""

    title: str
    place_line: str
    question: str
    answer: Answer
    boxes: tuple[Box, ...]
    indices: IndexPanel
    scatter: ScatterPanel
    tables: tuple[TextTable, ...]
    notes: tuple[tuple[str, str], ...]

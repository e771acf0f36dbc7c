"""What the report shows of warning's trade-off."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from opendome.report.model import Heading

__all__ = ["TradeoffCurve", "TradeoffGraph", "TradeoffPanel", "TradeoffPoint"]


class TradeoffPoint(NamedTuple):
    """One rule: share missed, and millions of person-minutes in shelter; value, low and high end of each."""

    missed: tuple[float, float, float]
    minutes: tuple[float, float, float]


class TradeoffCurve(NamedTuple):
    """Rules of one zoning and quality over rising thresholds, and the scenario's own. ``is_reference``: others are held
    beside it."""

    label: str
    points: tuple[TradeoffPoint, ...]
    own: TradeoffPoint
    is_reference: bool


class TradeoffGraph(NamedTuple):
    """Curves that are drawn together."""

    title: str
    curves: tuple[TradeoffCurve, ...]


class TradeoffPanel(NamedTuple):
    """Threatened people missed against people in shelter, by zoning and by quality of the prediction."""

    heading: Heading
    graphs: tuple[TradeoffGraph, ...]

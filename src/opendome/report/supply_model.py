"""What the report shows of days of supply."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from opendome.report.model import Heading

__all__ = ["SupplyPanel", "SupplySeries"]


class SupplySeries(NamedTuple):
    """Days of supply of one alternative by day: 5, 50 and 95 %, over all campaigns and as one campaign sees it."""

    label: str
    days: tuple[float, ...]
    over_all: tuple[tuple[float, ...], ...]
    of_one: tuple[tuple[float, ...], ...]


class SupplyPanel(NamedTuple):
    """Days of supply over the campaign, beside the days that are left of it."""

    heading: Heading
    series: tuple[SupplySeries, ...]
    duration_day: float

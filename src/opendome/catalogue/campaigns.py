"""Published campaigns, and how many interceptions somebody counted in each."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from opendome.catalogue.figures import Figure
from opendome.catalogue.reading import data, section

__all__ = ["Campaign", "campaign_figures", "campaigns"]


class Campaign(NamedTuple):
    """One campaign: its id, its name, its first and last day, and its interceptions as published."""

    id: str
    name: str
    first_day: date
    last_day: date
    interceptions: Figure


def campaign_figures() -> dict[str, Figure]:
    """Figures of campaigns by key, the rounds spent for each interception among them."""
    return section("campaigns", "figures")


def campaigns() -> tuple[Campaign, ...]:
    """Every campaign with a count of interceptions, oldest first.

    >>> campaigns()[3].name
    'Pillar of Defense, November 2012'
    """
    figures = campaign_figures()
    return tuple(
        Campaign(
            str(campaign_id),
            entry["name"],
            date.fromisoformat(str(entry["from"])),
            date.fromisoformat(str(entry["until"])),
            figures[f"interceptions_{str(campaign_id).replace('-', '_')}"],
        )
        for campaign_id, entry in data("campaigns")["campaigns"].items()
    )

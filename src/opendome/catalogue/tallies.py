"""Published tallies of campaigns: how many were launched, fell short, were intercepted and leaked, by whose count."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from opendome.catalogue.figures import Figure
from opendome.catalogue.reading import data, section, unknown

__all__ = ["COUNTS", "Tally", "tallies", "tally", "tally_figures"]

COUNTS = (
    "launched", "short", "crossed", "engaged", "intercepted", "leaked", "leaked_defended", "open", "sea", "batteries",
    "rate_a", "rate_b", "rate_c", "rate_f", "rate_unknown", "rounds",
)  # fmt: skip
"""What a tally may hold; `tallies.yaml` says what each means."""


class Tally(NamedTuple):
    """One campaign: id, name, days, its published figures by count, and why some are left out of every fit."""

    id: str
    name: str
    first_day: date
    last_day: date
    figures: dict[str, Figure]
    not_for_fit: dict[str, str]

    def number(self, count: str) -> float | None:
        """Central value of a count as published; None where nobody gives one."""
        return self.figures[count].number if count in self.figures else None

    def fitted(self, count: str) -> float | None:
        """Central value of a count that a fit may use; None where there is none, or it says another one again."""
        return None if count in self.not_for_fit else self.number(count)

    def readings(self, count: str) -> tuple[float, ...]:
        """Every published value of a count that a fit may use, the central one first; empty where there is none.

        Returns
        -------
        tuple of float
            One to three numbers, in the figure's unit.
        """
        if self.fitted(count) is None:
            return ()
        figure = self.figures[count]
        return tuple(dict.fromkeys((figure.number, *figure.band)))


def tally_figures() -> dict[str, Figure]:
    """Every figure of the tallies by its key, COUNT_CAMPAIGN."""
    return section("tallies", "figures")


def tallies() -> tuple[Tally, ...]:
    """Every campaign with a published tally, oldest first.

    >>> tally("2014-07").number("intercepted")
    735.0
    """
    figures = tally_figures()
    left_out = data("tallies")["not_for_fit"]
    found = []
    for name, entry in data("tallies")["campaigns"].items():
        end = f"_{name}"
        own = {key.removesuffix(end): figure for key, figure in figures.items() if key.endswith(end)}
        out = {key.removesuffix(end): str(why) for key, why in left_out.items() if key.endswith(end)}
        first_day, last_day = (date.fromisoformat(str(entry[key])) for key in ("from", "until"))
        found.append(Tally(str(name), entry["name"], first_day, last_day, own, out))
    return tuple(found)


def tally(campaign_id: str) -> Tally:
    """One campaign's tally.

    Raises
    ------
    CommandError
        No tally has that id; says the nearest one.
    """
    known = {found.id: found for found in tallies()}
    if campaign_id not in known:
        raise unknown("campaign", campaign_id, known)
    return known[campaign_id]

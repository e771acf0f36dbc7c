"""Tables of what keeps a defence going: the value of one more of each thing, days of supply, reserves."""

from __future__ import annotations

from opendome.results.columns import Column, TableSchema, count, number, text

__all__ = ["SUSTAIN_TABLES"]

_MARGINAL = TableSchema(
    "marginal",
    "one row a measure of one more, or one fewer, of each thing: its paired difference, and that over its price",
    (
        text("alternative", "name of the alternative of the study"),
        text("kind", "battery, launcher, radar, rounds, link, post, lorry or crew"),
        count("change", "1: added; -1: taken away"),
        text("at_id", "id of the thing that was copied, added to or taken away"),
        text("words", "what was changed, in words"),
        text("measure", "name of the measure"),
        text("unit", "unit of the measure"),
        number("value", "", "alternative minus as-is", nullable=True),
        number("low", "", "low end of its interval", nullable=True),
        number("high", "", "high end of its interval", nullable=True),
        count("n", "replications, the same raids in all alternatives"),
        text("method", "how the interval was made"),
        number("price_kusd", "kUSD", "price of the thing by the catalogue; null: none is published", nullable=True),
        number("price_low_kusd", "kUSD", "low end of the price's range", nullable=True),
        number("price_high_kusd", "kUSD", "high end of the price's range", nullable=True),
        number("value_per_musd", "", "value over the price in millions", nullable=True),
        number("low_per_musd", "", "low end of its interval, at the middle price", nullable=True),
        number("high_per_musd", "", "high end of its interval, at the middle price", nullable=True),
    ),
)


def _band(name: str, unit: str, meaning: str) -> tuple[Column, ...]:
    """Columns of a band: 5 %, 50 % and 95 %."""
    ends = (("low", "5 %"), ("middle", "50 %"), ("high", "95 %"))
    suffix = {"rounds": "rounds", "day": "day"}[unit]
    return tuple(
        number(f"{name}_{end}_{suffix}", unit, f"{meaning}; {level}; null: beyond four campaigns", nullable=True)
        for end, level in ends
    )


_SUPPLY = TableSchema(
    "supply",
    "one row a day: rounds held, how many days they will last as a forecast made that day, and how often it held",
    (
        text("alternative", "name of the alternative"),
        count("day", "end of that day since the start; 0: the start"),
        count("n", "replications"),
        *_band("held", "rounds", "rounds in launchers and depots"),
        *_band("supply", "day", "days until the rounds held are fired, over all campaigns"),
        *_band("campaign", "day", "the same as one campaign sees it from what it has met: median over campaigns"),
        *_band("with_planned", "day", "as `supply`, with deliveries and production as planned"),
        number("inside", "1", "campaigns whose day by whose end half of the rounds held were fired lay in their band"),
        number("inside_low", "1", "low end of its 95 % interval"),
        number("inside_high", "1", "high end of its 95 % interval"),
        number("inside_expected", "1", "share that the forecast itself expects in bands of whole days"),
    ),
)

_RESERVE = TableSchema(
    "reserve",
    "one row a reserve share and measure: its mean, and its paired difference from the first share",
    (
        text("alternative", "name of the alternative of the study"),
        number("reserve_share", "1", "share of rounds held back"),
        text(
            "measure",
            "leaks_before and leaks_late: until the last third of the days, and in it; leaks_in_all; "
            "people_exposed; held_for_late and held_at_end: rounds when it begins, and at the end",
        ),
        text("unit", "unit of the measure"),
        number("value", "", "mean"),
        number("value_low", "", "low end of its interval"),
        number("value_high", "", "high end of its interval"),
        number("difference", "", "mean less that of the first share"),
        number("low", "", "low end of its interval"),
        number("high", "", "high end of its interval"),
        count("n", "replications, the same raids for every share"),
    ),
)

SUSTAIN_TABLES: dict[str, TableSchema] = {schema.name: schema for schema in (_MARGINAL, _SUPPLY, _RESERVE)}
"""Tables of sustainment by name."""

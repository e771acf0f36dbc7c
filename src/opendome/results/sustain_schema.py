"""Tables of what keeps a defence going: the value of one more of each thing."""

from __future__ import annotations

from opendome.results.columns import TableSchema, count, number, text

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

SUSTAIN_TABLES: dict[str, TableSchema] = {schema.name: schema for schema in (_MARGINAL,)}
"""Tables of sustainment by name."""

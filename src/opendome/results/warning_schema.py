"""Tables of warning: people warned in time against people alerted for nothing, over rules and zonings."""

from __future__ import annotations

from opendome.results.columns import Column, TableSchema, count, number, text

__all__ = ["WARNING_TABLES"]

_RULE = (
    text("zoning", "zones that are alerted as a whole, as in `warning.zoning`"),
    count("n_zones", "zones that hold the scenario's areas"),
    number("error_scale", "1", "factor on the errors of impact prediction, as `picture.error_scale`"),
)


def _with_ends(name: str, unit: str, meaning: str, *, nullable: bool = False) -> tuple[Column, ...]:
    """A column, and those of its interval's ends."""
    return (
        number(name, unit, meaning, nullable=nullable),
        number(f"{name}_low", unit, "low end of its interval", nullable=nullable),
        number(f"{name}_high", unit, "high end of its interval", nullable=nullable),
    )


_TRADEOFF = TableSchema(
    "tradeoff",
    "one row a rule, zoning and quality of prediction: people warned in time, and people alerted for nothing",
    (
        *_RULE,
        number(
            "p_area_at_least",
            "1",
            "a zone is alerted if its chance of a hit is at least this; null: by the rule of the scenario",
            nullable=True,
        ),
        *_with_ends(
            "threatened_people",
            "people",
            "people of areas where something would come down if nobody touched it, once for each object",
        ),
        *_with_ends(
            "share_in_time",
            "1",
            "of these, those alerted at least the official time to shelter before the impact; null: nobody",
            nullable=True,
        ),
        *_with_ends(
            "needless_people", "people", "people alerted whose own area nothing came down in, once for each alert"
        ),
        *_with_ends("person_minutes", "person min", "people in alerted zones times minutes spent in shelter"),
        count("n", "campaigns, the same for every row"),
    ),
)

_TRADEOFF_EQUAL = TableSchema(
    "tradeoff_equal",
    "one row a missed share, zoning and quality of prediction: what it costs to miss no more, read off `tradeoff`",
    (
        number("share_missed", "1", "share of threatened people who are not alerted in time"),
        *_RULE,
        *_with_ends("needless_people", "people", "people alerted for nothing; null: beyond the thresholds tried",
                    nullable=True),
        *_with_ends("person_minutes", "person min", "person-minutes in shelter; null: beyond the thresholds tried",
                    nullable=True),
        *_with_ends("ratio", "1", "person-minutes over those of the row in `beside`; null: either is beyond them",
                    nullable=True),
        text("beside", "zoning and error scale that the ratio is held beside"),
        count("n", "campaigns, the same for every row"),
    ),
)  # fmt: skip

WARNING_TABLES: dict[str, TableSchema] = {schema.name: schema for schema in (_TRADEOFF, _TRADEOFF_EQUAL)}
"""Tables of warning by name: a study writes them where its scenario asks for the trade-off."""

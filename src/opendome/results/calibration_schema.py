"""Tables that a calibration writes: its posterior, and the draws behind it."""

from __future__ import annotations

from opendome.results.columns import TableSchema, count, number, text

__all__ = ["CALIBRATION_TABLES"]

_POSTERIOR = TableSchema(
    "calibration",
    "one row a quantity of a campaign: supposed beforehand, and following from the published tallies",
    (
        text("campaign", "id of the campaign; `a new campaign`: the next of the same kind; `all`: over campaigns"),
        text("quantity", "name of the quantity"),
        text("words", "words for people"),
        number("prior_low", "", "2.5 % of what is supposed"),
        number("prior_median", "", "its median"),
        number("prior_high", "", "97.5 %"),
        number("low", "", "2.5 % of the posterior"),
        number("median", "", "its median"),
        number("high", "", "97.5 %"),
        number("r_hat", "1", "split R-hat over walkers: 1 where they agree"),
        number("effective_size", "1", "independent draws worth as much as these"),
        count("n", "draws"),
    ),
)

_DRAWS = TableSchema(
    "calibration_draws",
    "one row a draw of the posterior and campaign",
    (
        count("draw", "number of the draw"),
        count("walker", "number of the walker that made it"),
        text("campaign", "id of the campaign, or `a new campaign`"),
        number("short", "1", "share of the launched that falls short"),
        number("threatening", "1", "share of what crosses that threatens built-up ground"),
        number("success", "1", "success of an engagement"),
        number("engaged", "1", "share of the threatening that is engaged"),
        number("second_frac", "1", "share of the misses followed by a second round; one number a draw"),
    ),
)

CALIBRATION_TABLES: dict[str, TableSchema] = {schema.name: schema for schema in (_POSTERIOR, _DRAWS)}
"""Tables of a calibration by name."""

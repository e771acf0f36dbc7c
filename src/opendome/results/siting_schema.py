"""Tables that a choice of sites lays beside its study's."""

from __future__ import annotations

from opendome.results.columns import TableSchema, boolean, count, number, text

__all__ = ["SITING_TABLES"]

_SITINGS = TableSchema(
    "sitings",
    "one row a siting: the model that gave it, how far it is proven, and its value in every model",
    (
        text("siting", "name of the siting; the alternative of the study bears it too"),
        text("model", "greedy, coverage, backup, leakage or own"),
        text("status", "optimal, time limit or greedy: how its answer stands; null: sites of one's own", nullable=True),
        number("bound", "", "no siting has a higher value in that model; null: none was proven", nullable=True),
        number("gap", "1", "how far the value may be below the best, as a share of the bound", nullable=True),
        number("coverage", "", "weight that the siting covers and nothing else does"),
        number("backup", "", "its value with backup: w p (1 - p)^(k-1) for the k-th battery over an area"),
        number("leakage", "", "weight that it is expected to keep out, burst by burst"),
        number("covered_frac", "1", "share of all weight that is covered, by what stands as well"),
        boolean("is_winner", "the race's winner"),
    ),
)  # fmt: skip

_SITES = TableSchema(
    "siting_sites",
    "one row a battery of a siting",
    (
        text("siting", "name of the siting"),
        text("battery_id", "id of the battery in the scenario"),
        text("candidate_id", "id of the candidate site"),
        number("lat_deg", "deg", "notional site, latitude (WGS84)"),
        number("lon_deg", "deg", "notional site, longitude (WGS84)"),
        count("launchers", "launchers at the site"),
        count("loaded_rounds", "rounds in them at the start"),
        boolean("is_moved", "a battery that stood elsewhere before"),
    ),
)

_RACE = TableSchema(
    "siting_race",
    "one row a siting and look of the race: its mean, and its paired difference from the leader",
    (
        count("look", "number of the look"),
        text("siting", "name of the siting"),
        count("n", "raids, the same for every siting"),
        text("measure", "measure that is raced for; less is better"),
        number("value", "", "mean, in the measure's unit"),
        number("value_low", "", "low end of its interval"),
        number("value_high", "", "high end of its interval"),
        number("difference", "", "siting minus leader"),
        number("low", "", "low end of its interval"),
        number("high", "", "high end of its interval"),
        number("confidence", "1", "confidence of the intervals: 95 % shared among all comparisons"),
        boolean("is_dropped", "worse than the leader, and not run any further"),
    ),
)

SITING_TABLES: dict[str, TableSchema] = {schema.name: schema for schema in (_SITINGS, _SITES, _RACE)}
"""Tables of a choice of sites by name."""

"""Tables of a sweep: the points of its design, a row a replication at each of them, and what the inputs account for."""

from __future__ import annotations

from opendome.base.tally import MEANING
from opendome.results.columns import TableSchema, count, number, text

__all__ = ["SWEEP_TABLES"]

_POINTS = TableSchema(
    "sweep_points",
    "one row a point of a sweep's design",
    (
        count("point", "number of the point"),
        count("sample", "number of its base sample; the point itself in a design without base samples"),
        text("matrix", "A, B, or AB (A with one input from B); empty in a design without base samples"),
        text("moved", "key of the input that AB takes from B", nullable=True),
    ),
    open_to="one float64 column per input, named by its dotted key",
)

_ROWS = TableSchema(
    "sweep_rows",
    "one row a replication of an alternative at a point of a sweep; replication k meets the same raid at every point",
    (
        count("point", "number of the point"),
        text("alternative", "name of the alternative"),
        count("replication", "number of the replication; with the seed it names every random draw"),
        *(number(name, unit, meaning, nullable=True) for name, (unit, meaning) in MEANING.items()),
    ),
)

_OF_WHAT = (
    text("alternative", "name of the alternative"),
    text("baseline", "alternative that it is compared with; null: the measure itself", nullable=True),
    text("measure", "name of the measure"),
)

_SENSITIVITY = TableSchema(
    "sensitivity",
    "share of the variance of a measure, or of a difference, that each uncertain input accounts for",
    (
        *_OF_WHAT,
        text("key", "dotted scenario key of the input"),
        text("label", "words for people"),
        number("first", "1", "first-order index: share that knowing this input alone would remove", nullable=True),
        number("first_low", "1", "low end of its interval", nullable=True),
        number("first_high", "1", "high end of its interval", nullable=True),
        number("total", "1", "total index: share that is left if all other inputs are known", nullable=True),
        number("total_low", "1", "low end of its interval", nullable=True),
        number("total_high", "1", "high end of its interval", nullable=True),
        count("n", "base samples"),
        count("replications", "replications at each point"),
    ),
)

_SPREAD = TableSchema(
    "sensitivity_spread",
    "what the inputs together do to a measure, or to a difference, and how much of what is seen is luck",
    (
        *_OF_WHAT,
        text("unit", "its unit"),
        number("mean", "", "mean over the ranges of the inputs"),
        number("low", "", "low end of the middle of the points, at the confidence of the study: 95 % by default"),
        number("high", "", "high end of the same"),
        number("sd_inputs", "", "standard deviation over the inputs, rid of luck"),
        number("noise_share", "1", "share of luck in the variance of the means over replications", nullable=True),
        number("luck_share", "1", "share of luck in the variance of a single replication", nullable=True),
        count("n", "base samples"),
        count("replications", "replications at each point"),
    ),
)

SWEEP_TABLES: dict[str, TableSchema] = {schema.name: schema for schema in (_POINTS, _ROWS, _SENSITIVITY, _SPREAD)}
"""Tables of a sweep."""

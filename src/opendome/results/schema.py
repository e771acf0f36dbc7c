"""Every table that OpenDome writes, declared once: name, columns, dtype, unit, meaning.

Writers, readers, documents and exports take the columns from here. Keys come first: ``alternative``, ``replication``,
``t_s``, then the object. Times are float64 seconds since the scenario's start. Units and meanings travel inside the
Parquet files as field metadata, so that a table can be read without OpenDome.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opendome.base.errors import CommandError, RunError, nearest_name
from opendome.base.tally import MEANING, RATIOS
from opendome.results.alert_schema import ALERT_TABLES
from opendome.results.calibration_schema import CALIBRATION_TABLES
from opendome.results.columns import Column, TableSchema, count, number, text
from opendome.results.single_schema import SINGLE_RUN_TABLES
from opendome.results.siting_schema import SITING_TABLES
from opendome.results.sustain_schema import SUSTAIN_TABLES
from opendome.results.sweep_schema import SWEEP_TABLES
from opendome.results.warning_schema import WARNING_TABLES

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "DOCTRINE_TABLES",
    "SCHEMA_VERSION",
    "STUDY_TABLES",
    "SWEEP_TABLES",
    "TABLES",
    "WARNING_TABLES",
    "Column",
    "TableSchema",
    "table_schema",
    "validate",
]

SCHEMA_VERSION = 1
"""Rises with any change of a table; kept in each manifest."""

_KEYS = (
    text("alternative", "name of the alternative"),
    count("replication", "number of the replication; with the seed it names every random draw"),
)
_NULLABLE = frozenset({"first_stockout_t_s", "warning_lead_p10_s", "warning_lead_p50_s"})


def _tally_columns() -> tuple[Column, ...]:
    plain = tuple(number(name, unit, meaning, nullable=name in _NULLABLE) for name, (unit, meaning) in MEANING.items())
    ratios = tuple(number(name, "1", meaning, nullable=True) for name, (_, _, meaning) in RATIOS.items())
    return plain + ratios


_REPLICATIONS = TableSchema(
    "replications",
    "one row a replication: the partition by true end, and every measure",
    _KEYS + _tally_columns(),
    open_to="measures that a plug-in registered (float64)",
)

_DAILY = TableSchema(
    "daily",
    "stock and leaks at the end of each day; day 0 is the start",
    (
        *_KEYS,
        count("day", "days since the start"),
        number("ready_rounds", "rounds", "rounds ready in launchers"),
        number("depot_rounds", "rounds", "rounds in depots"),
        number("fired", "rounds", "interceptors launched so far"),
        number("leaked_built_up", "1", "came down in built-up ground of a defended area so far"),
        number("launched", "1", "objects launched so far"),
    ),
)

_AREAS = TableSchema(
    "areas",
    "one row an area: means over replications",
    (
        text("alternative", "name of the alternative"),
        text("area_id", "id of the defended area"),
        text("name", "name of the area"),
        number("east_m", "m", "centre, east of the scenario's origin"),
        number("north_m", "m", "centre, north of the scenario's origin"),
        number("lat_deg", "deg", "centre, latitude (WGS84)"),
        number("lon_deg", "deg", "centre, longitude (WGS84)"),
        number("population", "people", "people who live there"),
        number("time_to_shelter_s", "s", "official time to shelter"),
        number("mean_leaks", "1", "leaks into built-up ground, mean of a replication"),
        number("se_leaks", "1", "standard error of that mean", nullable=True),
        number("mean_impacts", "1", "impacts inside the polygon, mean of a replication"),
        number("mean_alerts", "1", "alerts, merged within the merge time, mean of a replication"),
        number("mean_alerts_needless", "1", "alerts with nothing coming down or intercepted on its way, mean"),
        number("mean_impacts_warned", "1", "impacts with an alert before them, mean of a replication"),
        number("mean_intercepted", "1", "intercepted on their way to the area, mean of a replication"),
        number("mean_person_minutes_sheltered", "person min", "people times minutes in shelter, mean"),
        count("n", "replications"),
    ),
)

_LEADS = TableSchema(
    "leads",
    "impacts inside areas by warning lead time, summed over replications",
    (
        text("alternative", "name of the alternative"),
        number("time_to_shelter_s", "s", "class of areas: official time to shelter"),
        number("lead_s", "s", "start of the bin; bins are 2 s wide, the last one holds everything longer"),
        count("n", "impacts; the first bin holds the unwarned as well"),
    ),
)

_OPERATIONS = TableSchema(
    "operations",
    "one row a replication and battery that is brought, waits for a crew, moves or leaves",
    (
        *_KEYS,
        text("battery_id", "id of the battery"),
        number(
            "operational_day",
            "day",
            "when it first stands ready with a crew, failures left aside; null: not before the end",
            nullable=True,
        ),
        number("left_day", "day", "when it leaves for good; null: it stays", nullable=True),
    ),
)

_SWING = TableSchema(
    "swing",
    "one input at a time at its ends: difference of the headline measure, alternative minus baseline",
    (
        text("alternative", "alternative that is compared with the baseline: the headline one, and rounds only"),
        text("key", "dotted scenario key"),
        text("label", "words for people"),
        text("end", "low, base or high; between: on the way to where rounds only begin to help"),
        number("value", "", "value of the input, in the key's own unit; null: the catalogue's", nullable=True),
        text("measure", "measure that is compared"),
        number("difference", "", "mean difference, alternative minus baseline, in the measure's unit"),
        number("low", "", "low end of its interval"),
        number("high", "", "high end of its interval"),
        count("n", "replications"),
    ),
)

_INPUTS = TableSchema(
    "inputs",
    "all inputs sampled together: one row a point of a Latin hypercube",
    (
        count("sample", "number of the point"),
        count("n", "replications at the point"),
    ),
    open_to=(
        "one float64 column per input, named by its dotted key; `difference:<alternative>`, mean paired difference of "
        "the headline measure, of the headline alternative and of rounds only; `baseline:<measure>` and "
        "`baseline_sd:<measure>`, mean and standard deviation over the point's replications of the baseline"
    ),
)

_GRID = TableSchema(
    "grid",
    "two inputs varied together: chance of a stock-out, and what it costs",
    (
        text("alternative", "alternative that was run"),
        text("row_key", "dotted scenario key of the rows"),
        number("row_value", "", "its value"),
        text("column_key", "dotted scenario key of the columns"),
        number("column_value", "", "its value"),
        number("p_stockout", "1", "share of replications with a stock-out"),
        number("low", "1", "low end of its interval"),
        number("high", "1", "high end of its interval"),
        number("share_refused", "1", "share of the threatening not shot at for want of rounds", nullable=True),
        number("mean_leaks", "1", "leaks into built-up ground, mean of a replication"),
        count("n", "replications"),
    ),
)

_SHAPLEY = TableSchema(
    "shapley",
    "a gain with several causes split so that the parts add up to the total",
    (
        text("measure", "measure that is split"),
        text("cause", "name of the cause, or total"),
        number("value", "", "part of the difference, in the measure's unit"),
        number("low", "", "low end of its interval"),
        number("high", "", "high end of its interval"),
        count("n", "replications"),
    ),
)

_BEST = TableSchema(
    "best",
    "what rules of engagement save of one raid over draws of kill luck, beside a bound that no policy can pass",
    (
        text("alternative", "key of the alternative"),
        text("rule", "name of the rule"),
        count("replication", "number of the raid"),
        text("what", "leaks or people"),
        count("rounds", "rounds that the campaign can hold at most"),
        number("at_stake", "", "lost if nobody shoots"),
        number("bound", "", "no policy saves more in expectation"),
        number("saved", "", "mean saved by the rule"),
        number("low", "", "low end of its interval"),
        number("high", "", "high end of its interval"),
        number("rounds_fired", "rounds", "mean of the rule"),
        count("n", "draws of luck"),
    ),
)

_INTERVAL = (
    number("value", "", "estimate, in the measure's unit; null: it has no value", nullable=True),
    number("low", "", "low end of its interval", nullable=True),
    number("high", "", "high end of its interval", nullable=True),
    count("n", "replications"),
    text("method", "how the interval was made"),
    number("variance_ratio", "1", "variance of the plain mean over that of the estimate", nullable=True),
)

_ESTIMATES = TableSchema(
    "estimates",
    "every measure in every alternative, with its interval",
    (
        text("alternative", "name of the alternative"),
        text("measure", "name of the measure"),
        text("unit", "its unit"),
        *_INTERVAL,
    ),
)

_DIFFERENCES = TableSchema(
    "differences",
    "paired differences of every measure, alternative minus baseline, with their intervals",
    (
        text("alternative", "name of the alternative"),
        text("baseline", "name of the baseline"),
        text("measure", "name of the measure"),
        text("unit", "its unit"),
        *_INTERVAL,
    ),
)

STUDY_TABLES: dict[str, TableSchema] = {
    schema.name: schema
    for schema in (
        _REPLICATIONS,
        _DAILY,
        _AREAS,
        _LEADS,
        _OPERATIONS,
        _ESTIMATES,
        _DIFFERENCES,
        _SWING,
        _INPUTS,
        _GRID,
        _SHAPLEY,
    )
}
"""Tables of a study."""

DOCTRINE_TABLES: dict[str, TableSchema] = {_BEST.name: _BEST}
"""Tables that a study writes where there is a bound: not on the tracked picture."""

TABLES: dict[str, TableSchema] = {
    **STUDY_TABLES,
    **DOCTRINE_TABLES,
    **SITING_TABLES,
    **CALIBRATION_TABLES,
    **SUSTAIN_TABLES,
    **SWEEP_TABLES,
    **WARNING_TABLES,
    **SINGLE_RUN_TABLES,
    **ALERT_TABLES,
}
"""Every table by name."""


def table_schema(name: str) -> TableSchema:
    """Give the declaration of a table.

    Raises
    ------
    CommandError
        Unknown name; the message offers the nearest one.
    """
    try:
        return TABLES[name]
    except KeyError:
        hint = nearest_name(name, TABLES)
        raise CommandError(
            f"unknown table `{name}`: {hint + ' ' if hint else ''}(tables are {', '.join(TABLES)})"
        ) from None


def validate(table: pa.Table, name: str) -> None:
    """Refuse a table that is not as declared: columns, their order, dtypes, nulls.

    Raises
    ------
    RunError
        With everything that is wrong.
    """
    schema = table_schema(name)
    wrong = list(_mismatches(table, schema))
    if wrong:
        raise RunError(f"table `{name}` is not as declared: " + "; ".join(wrong))


def _mismatches(table: pa.Table, schema: TableSchema) -> Any:
    import pyarrow as pa

    declared = [column.name for column in schema.columns]
    names = list(table.column_names)
    if names[: len(declared)] != declared:
        missing = [name for name in declared if name not in names]
        yield f"columns begin {names[: len(declared)]}, not {declared}" + (f"; missing {missing}" if missing else "")
        return
    extra = names[len(declared) :]
    if extra and not schema.open_to:
        yield f"undeclared columns {extra}"
    for column in schema.columns:
        field = table.schema.field(column.name)
        if field.type != column.arrow_type():
            yield f"`{column.name}` is {field.type}, not {column.arrow_type()}"
        elif not column.nullable and table.column(column.name).null_count:
            yield f"`{column.name}` holds nulls"
    for name in extra if schema.open_to else ():
        if table.schema.field(name).type not in (pa.float64(), pa.int64(), pa.string()):
            yield f"`{name}` is {table.schema.field(name).type}, not float64, int64 or string"

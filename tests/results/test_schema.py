"""Tables are as declared, and the declaration is complete."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from opendome.base.errors import CommandError, RunError
from opendome.base.tally import MEANING, RATIOS
from opendome.results.schema import STUDY_TABLES, TABLES, table_schema, validate

GRID = {
    "alternative": ["as-is"],
    "row_key": ["a"],
    "row_value": [1.0],
    "column_key": ["b"],
    "column_value": [2.0],
    "p_stockout": [0.5],
    "low": [0.4],
    "high": [0.6],
    "share_refused": [np.nan],
    "mean_leaks": [3.0],
    "n": [10],
}


def test_replications_hold_every_tally_column_and_ratio_after_the_keys() -> None:
    assert STUDY_TABLES["replications"].names == ("alternative", "replication", *MEANING, *RATIOS)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_column_has_a_meaning_and_its_name_ends_in_its_unit(name: str) -> None:
    endings = {"s": "_s", "m": "_m", "m2": "_m2", "deg": "_deg"}
    for column in TABLES[name].columns:
        assert column.meaning, column.name
        if column.unit in endings:
            assert column.name.endswith(endings[column.unit]), column.name


def test_single_run_tables_begin_with_the_keys() -> None:
    for name in ("threats", "assessments", "decisions", "launches", "intercepts", "impacts", "warnings", "stock"):
        assert TABLES[name].names[:3] == ("alternative", "replication", "t_s")


def test_a_table_made_from_its_declaration_is_valid_and_nan_becomes_null_where_nulls_are_allowed() -> None:
    table = STUDY_TABLES["grid"].table(GRID)
    validate(table, "grid")
    assert table.column("share_refused").null_count == 1
    assert table.schema.field("p_stockout").metadata == {
        b"unit": b"1",
        b"meaning": b"share of replications with a stock-out",
    }


def test_what_is_wrong_with_a_table_is_said_at_once() -> None:
    table = STUDY_TABLES["grid"].table(GRID)
    with pytest.raises(RunError, match="undeclared columns"):
        validate(table.append_column("more", pa.array([1.0])), "grid")
    with pytest.raises(RunError, match="missing"):
        validate(table.drop_columns(["n"]), "grid")
    holes = table.set_column(6, "low", pa.array([None], pa.float64())).set_column(10, "n", pa.array([1.5]))
    with pytest.raises(RunError, match=r"`low` holds nulls; `n` is double, not int64"):
        validate(holes, "grid")


def test_an_unknown_table_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(CommandError, match="did you mean `replications`"):
        table_schema("replication")

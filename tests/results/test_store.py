"""Files are whole or absent, the same each time, and read by other programs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opendome.base.errors import CommandError, RunError
from opendome.results.manifest import read_manifest, table_entry, verify, write_manifest
from opendome.results.store import (
    connect,
    read_metadata,
    read_table,
    regroup,
    replace_file,
    sweep,
    to_csv,
    to_excel,
    to_pandas,
    to_polars,
    write_stream,
    write_table,
)

TABLE = pa.table({"alternative": ["a", "b", "b"], "value": [1.5, None, -2.0], "n": [1, 2, 3]})


def test_the_same_table_gives_the_same_bytes_and_comes_back(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_table(tmp_path / f"{name}.parquet", TABLE, {"cell": "x"})
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert read_table(tmp_path / "one.parquet").equals(TABLE)
    assert read_metadata(tmp_path / "one.parquet") == ({"cell": "x"}, 3)


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 30))
def test_regrouping_keeps_every_row_in_order(sizes: list[int], group_rows: int) -> None:
    bounds = np.cumsum([0, *sizes])
    whole = pa.table({"x": np.arange(bounds[-1])})
    groups = list(regroup((whole.slice(a, b - a) for a, b in pairwise(bounds)), whole.schema, group_rows))
    assert all(group.num_rows == group_rows for group in groups[:-1])
    assert np.array_equal(
        np.concatenate([[], *(group.column("x").to_numpy() for group in groups)]), np.arange(bounds[-1])
    )


def test_a_stream_has_the_same_bytes_however_it_comes_in_pieces(tmp_path: Path) -> None:
    whole = pa.table({"x": np.arange(1000.0)})
    for step in (1000, 7, 333):
        pieces = (whole.slice(first, step) for first in range(0, 1000, step))
        assert write_stream(tmp_path / f"{step}.parquet", whole.schema, pieces, group_rows=256) == 1000
    assert len({(tmp_path / f"{step}.parquet").read_bytes() for step in (1000, 7, 333)}) == 1
    assert read_table(tmp_path / "7.parquet").equals(whole)


def test_a_write_that_fails_leaves_the_old_file_and_no_stray(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_table(path, TABLE)
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError), replace_file(path) as temporary:
        temporary.write_bytes(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["a.parquet"]


def test_strays_are_swept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "chunks").mkdir()
    (tmp_path / "chunks" / "25-25.parquet.tmp").write_bytes(b"half")
    write_table(tmp_path / "chunks" / "0-25.parquet", TABLE)
    assert [path.name for path in sweep(tmp_path)] == ["25-25.parquet.tmp"]
    assert [path.name for path in (tmp_path / "chunks").iterdir()] == ["0-25.parquet"]


def test_a_file_cut_short_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_table(path, TABLE)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RunError, match=r"a\.parquet cannot be read"):
        read_table(path)
    with pytest.raises(RunError, match=r"a\.parquet cannot be read"):
        read_metadata(path)


def test_tables_go_to_pandas_polars_csv_and_excel_in_one_call(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    assert to_pandas(TABLE)["n"].tolist() == [1, 2, 3]
    assert to_polars(TABLE)["value"].to_list() == [1.5, None, -2.0]
    assert to_csv(TABLE, tmp_path / "t.csv").read_text() == '"alternative","value","n"\n"a",1.5,1\n"b",,2\n"b",-2,3\n'
    sheet = openpyxl.load_workbook(to_excel(TABLE, tmp_path / "t.xlsx")).active
    assert list(sheet.values) == [("alternative", "value", "n"), ("a", 1.5, 1), ("b", None, 2), ("b", -2, 3)]


def test_duckdb_sees_the_tables_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "it's here"
    write_table(folder / "replications.parquet", TABLE)
    with connect(folder) as connection:
        assert connection.sql("SELECT alternative, sum(n) FROM replications GROUP BY ALL ORDER BY ALL").fetchall() == [
            ("a", 1),
            ("b", 5),
        ]
    with pytest.raises(CommandError, match="holds no table"):
        connect(tmp_path)


def test_the_manifest_comes_back_and_finds_what_was_changed(tmp_path: Path) -> None:
    write_table(tmp_path / "grid.parquet", TABLE)
    entry = table_entry(tmp_path / "grid.parquet", 3)
    write_manifest(tmp_path, {"name": "x", "tables": {"grid": entry}})
    first = (tmp_path / "manifest.json").read_bytes()
    write_manifest(tmp_path, {"tables": {"grid": entry}, "name": "x"})
    assert (tmp_path / "manifest.json").read_bytes() == first
    assert read_manifest(tmp_path)["tables"]["grid"]["rows"] == 3
    verify(tmp_path)
    write_table(tmp_path / "grid.parquet", TABLE.slice(1))
    with pytest.raises(RunError, match=r"grid\.parquet was changed"):
        verify(tmp_path)
    (tmp_path / "grid.parquet").unlink()
    with pytest.raises(RunError, match=r"grid\.parquet is missing"):
        verify(tmp_path)


def test_folders_without_a_readable_manifest_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"holds no manifest\.json"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(RunError, match="not valid JSON"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text('{"schema_version": 99}')
    with pytest.raises(CommandError, match="schema version 99"):
        read_manifest(tmp_path)

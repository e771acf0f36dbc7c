"""Tables on disk: Parquet with the same bytes each time, written so that a crash leaves whole files or none.

A file is written under a temporary name, flushed to the disk and renamed. Whoever reads a folder after a crash finds
complete files and, at most, strays ending in ``.tmp``, which ``sweep`` takes away.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from opendome.base.errors import CommandError, RunError
from opendome.results.schema import TABLES

__all__ = [
    "TEMPORARY",
    "connect",
    "read_metadata",
    "read_table",
    "replace_file",
    "sweep",
    "to_csv",
    "to_excel",
    "to_pandas",
    "to_polars",
    "write_stream",
    "write_table",
]

TEMPORARY = ".tmp"
"""Ending of a file that is not finished."""

_OPTIONS: dict[str, Any] = {"compression": "zstd", "compression_level": 1, "version": "2.6", "store_schema": True}
_EXCEL_ROWS = 1_048_575


@contextmanager
def replace_file(path: Path, *, sync_folder: bool = True) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on success it is flushed to the disk and takes the name at once.

    ``sync_folder`` flushes the folder's entry as well; of several files written together the last one is enough.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sync_folder:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_table(
    path: Path, table: pa.Table, metadata: dict[str, str] | None = None, *, sync_folder: bool = True
) -> None:
    """Write one table to a Parquet file by atomic rename; the same table gives the same bytes.

    ``metadata`` is kept with the file and read back with ``read_metadata``; for ``sync_folder`` see ``replace_file``.
    """
    if metadata is not None:
        table = table.replace_schema_metadata(metadata)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path, sync_folder=sync_folder) as temporary:
        pq.write_table(table, temporary, **_OPTIONS)


def write_stream(path: Path, schema: pa.Schema, tables: Iterable[pa.Table], group_rows: int = 2048) -> int:
    """Write tables one after the other to one Parquet file by atomic rename, holding ``group_rows`` rows at most.

    Row groups are cut by the number of rows alone, so the bytes do not depend on how the rows came in pieces.

    Returns
    -------
    int
        Rows written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    n_rows = 0
    with replace_file(path) as temporary, pq.ParquetWriter(temporary, schema, **_OPTIONS) as writer:
        for group in regroup(tables, schema, group_rows):
            writer.write_table(group, row_group_size=group_rows)
            n_rows += group.num_rows
    return n_rows


def regroup(tables: Iterable[pa.Table], schema: pa.Schema, group_rows: int) -> Iterator[pa.Table]:
    """Cut a stream of tables into tables of exactly ``group_rows`` rows, the last one shorter."""
    held: list[pa.Table] = []
    n_held = 0
    for table in tables:
        held.append(table)
        n_held += table.num_rows
        while n_held >= group_rows:
            whole = pa.concat_tables(held)
            yield whole.slice(0, group_rows).combine_chunks()
            held = [whole.slice(group_rows)]
            n_held -= group_rows
    if n_held:
        yield pa.concat_tables(held).cast(schema).combine_chunks()


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a Parquet file, or some of its columns.

    Raises
    ------
    RunError
        The file is missing, cut short or not Parquet.
    """
    try:
        return pq.read_table(path, columns=columns, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise RunError(f"{path} cannot be read as Parquet: {error}") from error


def read_metadata(path: Path) -> tuple[dict[str, str], int]:
    """Give what ``write_table`` kept with a file, and its number of rows, reading the footer alone.

    Raises
    ------
    RunError
        The file is missing, cut short or not Parquet.
    """
    try:
        with pq.ParquetFile(path) as handle:
            metadata = handle.schema_arrow.metadata or {}
            n_rows = handle.metadata.num_rows
    except (OSError, pa.ArrowException) as error:
        raise RunError(f"{path} cannot be read as Parquet: {error}") from error
    return {key.decode(): value.decode() for key, value in metadata.items()}, n_rows


def sweep(folder: Path) -> list[Path]:
    """Take away unfinished files below a folder; give what was taken away."""
    strays = sorted(path for path in folder.rglob(f"*{TEMPORARY}") if path.is_file())
    for stray in strays:
        stray.unlink()
    return strays


def to_pandas(table: pa.Table) -> Any:
    """Give the table as a pandas DataFrame."""
    return table.to_pandas()


def to_polars(table: pa.Table) -> Any:
    """Give the table as a polars DataFrame.

    Raises
    ------
    CommandError
        polars is not installed.
    """
    try:
        import polars
    except ImportError:
        raise CommandError("polars is not installed; write `pip install polars`") from None
    return polars.from_arrow(table)


def to_csv(table: pa.Table, path: Path | str) -> Path:
    """Write the table as CSV with a header line; give the path."""
    import pyarrow.csv as pa_csv

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as temporary:
        pa_csv.write_csv(table, temporary)
    return path


def to_excel(table: pa.Table, path: Path | str, sheet: str = "table") -> Path:
    """Write the table as an Excel workbook of one sheet, with a header line; give the path.

    Raises
    ------
    CommandError
        openpyxl is not installed, or the table has more rows than a sheet can hold.
    """
    try:
        from openpyxl import Workbook
    except ImportError:
        raise CommandError('openpyxl is not installed; write `pip install "opendome[excel]"`') from None
    if table.num_rows > _EXCEL_ROWS:
        raise CommandError(
            f"a sheet of Excel holds {_EXCEL_ROWS:,} rows and the table has {table.num_rows:,}; "
            "write CSV, or filter the table first"
        )
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet[:31])
    page.append(table.column_names)
    for batch in table.to_batches():
        columns = [column.to_pylist() for column in batch.columns]
        for row in zip(*columns):
            page.append(row)
    with replace_file(path) as temporary, temporary.open("wb") as handle:
        book.save(handle)
    return path


def connect(folder: Path | str) -> Any:
    """Open a DuckDB connection in memory with one view for each table of a result folder.

    ::

        connect("runs/two-batteries").sql("SELECT alternative, avg(leaked_built_up) FROM replications GROUP BY ALL")

    Raises
    ------
    CommandError
        There is no table in the folder.
    """
    import duckdb

    folder = Path(folder)
    found = [(name, folder / f"{name}.parquet") for name in TABLES if (folder / f"{name}.parquet").is_file()]
    if not found:
        raise CommandError(f"{folder} holds no table; name the folder that `opendome study` or `opendome run` wrote")
    connection = duckdb.connect()
    for name, path in found:
        quoted = str(path).replace("'", "''")
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{quoted}')")
    return connection

"""How a table is declared: a column, and a table of columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Column", "TableSchema", "boolean", "count", "number", "text"]


@dataclass(frozen=True)
class Column:
    """One column: ``dtype`` is ``float64``, ``int64``, ``string`` or ``bool``; ``unit`` is empty for text."""

    name: str
    dtype: str
    unit: str
    meaning: str
    nullable: bool = False

    def arrow_type(self) -> pa.DataType:
        """Give the Arrow type."""
        import pyarrow as pa

        return {"float64": pa.float64(), "int64": pa.int64(), "string": pa.string(), "bool": pa.bool_()}[self.dtype]

    def arrow_field(self) -> pa.Field:
        """Give the Arrow field, with unit and meaning as metadata."""
        import pyarrow as pa

        return pa.field(self.name, self.arrow_type(), metadata={"unit": self.unit, "meaning": self.meaning})


@dataclass(frozen=True)
class TableSchema:
    """One table. ``open_to`` says what further columns it may have; empty: none."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    open_to: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the declared columns, in order."""
        return tuple(column.name for column in self.columns)

    def arrow_schema(self, further: tuple[Column, ...] = ()) -> pa.Schema:
        """Give the Arrow schema, ``further`` columns of an open table at the end."""
        import pyarrow as pa

        return pa.schema([column.arrow_field() for column in (*self.columns, *further)])

    def table(self, columns: dict[str, Any], further: tuple[Column, ...] = ()) -> pa.Table:
        """Make a table of this declaration from arrays by name, each (n,); NaN becomes null where nulls are allowed."""
        import pyarrow as pa

        arrays = [
            pa.array(columns[column.name], type=column.arrow_type(), from_pandas=column.nullable)
            for column in (*self.columns, *further)
        ]
        return pa.Table.from_arrays(arrays, schema=self.arrow_schema(further))


def number(name: str, unit: str, meaning: str, *, nullable: bool = False) -> Column:
    """Declare a float64 column."""
    return Column(name, "float64", unit, meaning, nullable)


def count(name: str, meaning: str, *, nullable: bool = False) -> Column:
    """Declare an int64 column without unit."""
    return Column(name, "int64", "1", meaning, nullable)


def text(name: str, meaning: str, *, nullable: bool = False) -> Column:
    """Declare a text column."""
    return Column(name, "string", "", meaning, nullable)


def boolean(name: str, meaning: str) -> Column:
    """Declare a truth column."""
    return Column(name, "bool", "1", meaning)

"""Flight: atmosphere, gravity, drag, the reference integrator, class tables and drone paths.

The names below are loaded on first use, so that importing the package stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opendome.flight.atmosphere import standard_atmosphere
    from opendome.flight.gravity import normal_gravity
    from opendome.flight.integrator import Trajectory, fly
    from opendome.flight.tables import FlightTable, FlightTables, class_table, stack_tables

__all__ = [
    "FlightTable",
    "FlightTables",
    "Trajectory",
    "class_table",
    "fly",
    "normal_gravity",
    "stack_tables",
    "standard_atmosphere",
]

_HOME = {
    "FlightTable": "tables",
    "FlightTables": "tables",
    "Trajectory": "integrator",
    "class_table": "tables",
    "fly": "integrator",
    "normal_gravity": "gravity",
    "stack_tables": "tables",
    "standard_atmosphere": "atmosphere",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

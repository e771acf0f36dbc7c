"""Assignment: which weapons shoot at which targets, solved exactly or fast, always with a proven bound.

The modules `dynamic_*` hold battles in which threats arrive while others are fought. Import them by name.

The names below are loaded on first use, so that importing the package stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opendome.assignment.assets import expected_loss, solve_assets
    from opendome.assignment.greed import greedy
    from opendome.assignment.prices import bound
    from opendome.assignment.problem import Assignment
    from opendome.assignment.search import local_search
    from opendome.assignment.solver import solve, solve_sparse
    from opendome.assignment.wide import dense_bound

__all__ = [
    "Assignment", "bound", "dense_bound", "expected_loss", "greedy", "local_search", "solve", "solve_assets",
    "solve_sparse",
]  # fmt: skip

_HOME = {
    "Assignment": "problem",
    "bound": "prices",
    "dense_bound": "wide",
    "expected_loss": "assets",
    "greedy": "greed",
    "local_search": "search",
    "solve": "solver",
    "solve_assets": "assets",
    "solve_sparse": "solver",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

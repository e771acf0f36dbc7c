"""OpenDome: open simulation and analysis of short-range rocket-and-drone defence.

::

    import opendome as od

    run = od.run(od.example("two-batteries"), seed=1)
    run.table("threats")

Every name below is loaded when it is first used, so that ``import opendome`` stays quick and brings in no compiler,
solver or plotting library.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opendome import assignment, flight, sensing, tracking
    from opendome.base.registry import register
    from opendome.scenario.reader import Scenario, example, load
    from opendome.study.runner import Study, study
    from opendome.study.single import Run, run

__version__ = "0.1.0"

__all__ = [
    "Run", "Scenario", "Study", "__version__", "assignment", "example", "flight", "load", "register", "run", "sensing",
    "study", "tracking",
]  # fmt: skip

# Where each public name lives. A value without a colon is a module, offered whole.
_HOMES = {
    "Run": "opendome.study.single:Run",
    "Scenario": "opendome.scenario.reader:Scenario",
    "Study": "opendome.study.runner:Study",
    "assignment": "opendome.assignment",
    "example": "opendome.scenario.reader:example",
    "flight": "opendome.flight",
    "load": "opendome.scenario.reader:load",
    "register": "opendome.base.registry:register",
    "run": "opendome.study.single:run",
    "sensing": "opendome.sensing",
    "study": "opendome.study.runner:study",
    "tracking": "opendome.tracking",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'opendome' has no attribute {name!r}; public names: {', '.join(__all__)}")
    module_name, _, attribute = home.partition(":")
    module = importlib.import_module(module_name)
    value = getattr(module, attribute) if attribute else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Offer the public names for completion."""
    return list(__all__)

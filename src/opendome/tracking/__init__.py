"""Tracking: from plots to tracks, what they are and where they go.

The names below are loaded on first use, so that importing the package stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opendome.tracking.classify import ClassifyRules
    from opendome.tracking.imm import DroneRules
    from opendome.tracking.model import ErrorPrior, make_motion_model
    from opendome.tracking.rules import TrackRules
    from opendome.tracking.table import TrackTable
    from opendome.tracking.tracker import Tracker

__all__ = [
    "ClassifyRules", "DroneRules", "ErrorPrior", "TrackRules", "TrackTable", "Tracker", "make_motion_model",
]  # fmt: skip

_HOME = {
    "ClassifyRules": "classify",
    "DroneRules": "imm",
    "ErrorPrior": "model",
    "TrackRules": "rules",
    "TrackTable": "table",
    "Tracker": "tracker",
    "make_motion_model": "model",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

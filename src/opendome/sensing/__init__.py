"""Sensing: what a radar at performance level sees, how well, and where it sees nothing.

The names below are loaded on first use, so that importing the package stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opendome.sensing.coverage import first_detection, lowest_seen_m
    from opendome.sensing.detection import detection_probability, detection_table, required_snr_db
    from opendome.sensing.parameters import Radar
    from opendome.sensing.plots import SensingModel
    from opendome.sensing.records import radar_record, radars_of_sensors
    from opendome.sensing.terrain import TerrainGrid, mask_of, no_terrain, read_terrain

__all__ = [
    "Radar",
    "SensingModel",
    "TerrainGrid",
    "detection_probability",
    "detection_table",
    "first_detection",
    "lowest_seen_m",
    "mask_of",
    "no_terrain",
    "radar_record",
    "radars_of_sensors",
    "read_terrain",
    "required_snr_db",
]

_HOME = {
    "Radar": "parameters",
    "SensingModel": "plots",
    "TerrainGrid": "terrain",
    "detection_probability": "detection",
    "detection_table": "detection",
    "first_detection": "coverage",
    "lowest_seen_m": "coverage",
    "mask_of": "terrain",
    "no_terrain": "terrain",
    "radar_record": "records",
    "radars_of_sensors": "records",
    "read_terrain": "terrain",
    "required_snr_db": "detection",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

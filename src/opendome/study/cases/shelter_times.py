"""Official times to shelter of the bundled areas, by distance from the launch area."""

from __future__ import annotations

import numpy as np

from opendome.places.alert_areas import AlertAreas, load_alert_areas, within
from opendome.scenario.reader import example
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.cases.warning_geometry import outline_distance_km

__all__ = ["run"]

_OF, _WITHIN_KM = (31.45, 34.42), 130.0


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Medians by band of distance, and of the areas of two cities by name; ends are the middle 95 % of the areas."""
    areas = within(load_alert_areas(), *_OF, _WITHIN_KM)
    areas = areas.select(areas.lat_deg < 32.4)
    distance_km = outline_distance_km(example(declared.settings["scenario"]), areas)
    found = []
    for low_km in (0, 10, 20, 30):
        is_here = (distance_km >= low_km) & (distance_km < low_km + 10)
        found.append(_median(f"band-{low_km}-{low_km + 10}", areas, is_here))
    for target, name in (("tel-aviv", "Tel Aviv"), ("jerusalem", "Jerusalem")):
        found.append(_median(target, areas, np.array([one.startswith(name) for one in areas.names])))
    return found


def _median(target: str, areas: AlertAreas, is_here: np.ndarray) -> Finding:
    times_s = areas.time_to_shelter_s[is_here]
    low, middle, high = np.quantile(times_s, [0.025, 0.5, 0.975]).tolist()
    return Finding(target, middle, low, high, len(times_s), "95 % of the areas")

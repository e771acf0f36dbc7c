"""The Home Front Command's alert areas: 1,420 polygons with a name and an official time to shelter.

The times are administrative minima in classes (0, 15, 30, 45, 60, 90 s; 0 means `at once`), not flight times.
Source: npm package ``pikud-haoref-api`` (github eladnava/pikud-haoref-api, Apache-2.0), see ``opendome.places.build``.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import Problem, ScenarioError, nearest_name
from opendome.base.frames import LatLonBox, LatLonDisc
from opendome.places.data_files import ALERT_AREAS, load_arrays, unpack_texts

__all__ = ["AlertAreas", "in_box", "load_alert_areas", "named", "within"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class AlertAreas:
    """Alert areas as arrays, one row an area, by rising id.

    Shapes: ``ids``, ``lat_deg``, ``lon_deg``, ``time_to_shelter_s`` (n,); ``names`` (English), ``names_local``
    (Hebrew, as in recorded alerts), ``zones`` n texts each; ring i is ``ring_lat_deg[ring_start[i]:ring_start[i +
    1]]``, likewise for longitude, first vertex not repeated. English names are not all different: two areas are
    called Kadarim.
    """

    ids: IntArray
    names: tuple[str, ...]
    names_local: tuple[str, ...]
    zones: tuple[str, ...]
    lat_deg: FloatArray
    lon_deg: FloatArray
    time_to_shelter_s: FloatArray
    ring_start: IntArray
    ring_lat_deg: FloatArray
    ring_lon_deg: FloatArray

    def __len__(self) -> int:
        return len(self.ids)

    def select(self, rows: IntArray | NDArray[np.bool_]) -> AlertAreas:
        """The areas of the given rows (k,), or of a mask (n,), in the order given."""
        chosen = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows, np.int64)
        length = np.diff(self.ring_start)[chosen]
        start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        vertices = np.repeat(self.ring_start[:-1][chosen] - start[:-1], length) + np.arange(start[-1])
        return AlertAreas(
            ids=self.ids[chosen],
            names=tuple(self.names[i] for i in chosen),
            names_local=tuple(self.names_local[i] for i in chosen),
            zones=tuple(self.zones[i] for i in chosen),
            lat_deg=self.lat_deg[chosen],
            lon_deg=self.lon_deg[chosen],
            time_to_shelter_s=self.time_to_shelter_s[chosen],
            ring_start=start,
            ring_lat_deg=self.ring_lat_deg[vertices],
            ring_lon_deg=self.ring_lon_deg[vertices],
        )


@functools.cache
def load_alert_areas() -> AlertAreas:
    """All 1,420 alert areas; the arrays are read-only, as everyone shares them.

    Raises
    ------
    RunError
        the bundled data are missing; the message says to run ``make setup``
    """
    arrays = load_arrays(ALERT_AREAS)
    position = arrays["lat_lon_1e5deg"].astype(np.float64) / 1e5
    ring = arrays["ring_lat_lon_1e4deg"].astype(np.float64) / 1e4
    areas = AlertAreas(
        ids=arrays["ids"].astype(np.int64),
        names=unpack_texts(arrays, "name"),
        names_local=unpack_texts(arrays, "name_local"),
        zones=unpack_texts(arrays, "zone"),
        lat_deg=position[:, 0].copy(),
        lon_deg=position[:, 1].copy(),
        time_to_shelter_s=arrays["time_to_shelter_s"].astype(np.float64),
        ring_start=arrays["ring_start"].astype(np.int64),
        ring_lat_deg=ring[:, 0].copy(),
        ring_lon_deg=ring[:, 1].copy(),
    )
    for field in fields(areas):
        value = getattr(areas, field.name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return areas


def within(areas: AlertAreas, lat_deg: float, lon_deg: float, radius_km: float) -> AlertAreas:
    """Areas whose point lies within ``radius_km`` along the ground of a position.

    Raises
    ------
    CommandError
        the position or radius cannot be meant
    """
    return areas.select(LatLonDisc(lat_deg, lon_deg, radius_km).contains(areas.lat_deg, areas.lon_deg))


def in_box(areas: AlertAreas, box: LatLonBox) -> AlertAreas:
    """Areas whose point lies in the box."""
    return areas.select(box.contains(areas.lat_deg, areas.lon_deg))


def named(areas: AlertAreas, names: Sequence[str]) -> AlertAreas:
    """Areas by English name, local name or id, case aside; a name that two areas bear brings both.

    Raises
    ------
    ScenarioError
        every unknown name at once, each with the nearest known one
    """
    rows_of: dict[str, list[int]] = {}
    for texts in (areas.names, areas.names_local, [str(i) for i in areas.ids]):
        for row, text in enumerate(texts):
            rows = rows_of.setdefault(text.casefold(), [])
            if row not in rows:
                rows.append(row)
    problems, chosen = [], []
    for i, name in enumerate(names):
        rows = rows_of.get(" ".join(str(name).split()).casefold(), [])
        if not rows:
            longer = [known for known in areas.names if known.casefold().startswith(str(name).casefold())][:4]
            listed = ", ".join(f"`{known}`" for known in longer)
            cure = f"write one of {listed}" if longer else nearest_name(str(name), areas.names)
            cure = cure or "see `opendome list places`"
            problems.append(Problem(f"no alert area is called `{name}`", key=f"names[{i}]", cure=cure))
        chosen.extend(rows)
    if problems:
        raise ScenarioError(problems)
    return areas.select(np.array(list(dict.fromkeys(chosen)), np.int64))

"""What the tables do not hold: each alternative's resolved scenario, the areas' outlines, the catalogue's figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from opendome.report.folder import StudyFolder
from opendome.report.geometry import MapGeometry, geometry_of
from opendome.report.words import capital, value

if TYPE_CHECKING:
    from opendome.catalogue import Figure

__all__ = ["Background", "background_of", "in_use", "outlines"]

_MANY_AREAS = 30
_SHOWN_SHARE = 0.95


@dataclass(frozen=True)
class Background:
    """``resolved``: alternative -> scenario data; ``catalogue``: scenario key -> value that the catalogue answers;
    ``assumptions``: rows (what, low, used, high, confidence, reason) of every assumed figure in use."""

    resolved: Mapping[str, Mapping[str, Any]]
    geometry: MapGeometry | None
    catalogue: Mapping[str, float]
    assumptions: tuple[tuple[str, ...], ...]
    set_up_h: float


def background_of(folder: StudyFolder) -> Background:
    """Gather the background of a study from its resolved scenario, the places and the catalogue."""
    from opendome.scenario.resolve import apply_overrides

    data = folder.scenario
    overrides = data.get("alternatives") or {}
    resolved = {name: apply_overrides(data, overrides.get(name) or {}) for name in folder.alternatives}
    systems = _systems(resolved)
    geometry = None
    if folder.has("areas") and data.get("site"):
        rings = outlines(data)
        radius_m = {name: 1000.0 * _number(data, name, "defended_radius_km") for name in systems}
        geometry = geometry_of(resolved, folder.baseline, folder.headline, rings, _hit_places(folder), radius_m)
    set_up_h = max((_number(data, name, "set_up_h") for name in systems), default=3.0)
    return Background(resolved, geometry, in_use(data), tuple(_assumed(data, systems)), set_up_h)


def _systems(resolved: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(
        sorted(
            {
                str(item.get("system") or "iron-dome")
                for data in resolved.values()
                for key in ("batteries", "launchers")
                for item in data.get(key) or ()
            }
        )
    )


def _number(data: Mapping[str, Any], system: str, key: str) -> float:
    from opendome import catalogue

    given = ((data.get("assumptions") or {}).get(system) or {}).get(key)
    return float(given) if given is not None else catalogue.value_of(system, key).number


def in_use(data: Mapping[str, Any]) -> dict[str, float]:
    """Answer the study's inputs that name a figure of a system, a threat group or the model, from the catalogue."""
    from opendome import catalogue

    out = {}
    for item in (data.get("study") or {}).get("inputs") or ():
        parts = str(item["key"]).split(".")
        if len(parts) == 3 and parts[0] == "assumptions" and parts[1] in catalogue.system_ids():
            out[item["key"]] = catalogue.value_of(parts[1], parts[2]).number
        elif len(parts) == 4 and parts[:2] == ["threats", "classes"] and parts[2] in catalogue.threat_groups():
            out[item["key"]] = catalogue.threat_value(parts[2], parts[3]).number
        elif len(parts) == 2 and parts[1] in catalogue.model_keys():
            out[item["key"]] = catalogue.model_value(parts[1]).number
    return out


def _assumed(data: Mapping[str, Any], systems: Sequence[str]) -> Iterator[tuple[str, ...]]:
    from opendome import catalogue

    changed = data.get("assumptions") or {}
    for system in systems:
        for key in catalogue.system_keys():
            figure = catalogue.value_of(system, key)
            given = (changed.get(system) or {}).get(key)
            if figure.is_assumption or given is not None:
                yield _row(f"{system}: {catalogue.key_meaning(key) or _plain(key)}", figure, given)
    raid = (data.get("threats") or {}).get("raid") or {}
    overrides = (data.get("threats") or {}).get("classes") or {}
    for group in raid.get("classes") or ():
        for key in catalogue.threat_keys(group):
            figure = catalogue.threat_value(group, key)
            given = (overrides.get(group) or {}).get(key)
            if isinstance(figure.value, (int, float)) and (figure.is_assumption or given is not None):
                yield _row(f"{group}: {catalogue.key_meaning(key) or _plain(key)}", figure, given)
    for key in catalogue.model_keys():
        figure = catalogue.model_value(key)
        if figure.is_assumption and isinstance(figure.value, (int, float)):
            yield _row(f"model: {_plain(key)}", figure, None)


def _plain(key: str) -> str:
    return key.replace("_", " ")


def _row(what: str, figure: Figure, given: Any) -> tuple[str, ...]:
    low, high = figure.band
    unit = "" if figure.unit in ("ratio", "fraction", "class", "") else f", {figure.unit}"
    used = value(float(given)) if given is not None else value(figure.number)
    confidence = f"{figure.confidence}; set by this scenario" if given is not None else figure.confidence
    return capital(what) + unit, value(low), used, value(high), confidence, figure.note or "–"


def _hit_places(folder: StudyFolder) -> list[tuple[float, float]]:
    """Give the centres [m] of the areas with nearly all leaks of the baseline; of all areas where there are few."""
    rows = folder.rows("areas", alternative=folder.baseline)
    leaks = np.asarray(rows["mean_leaks"], dtype=float)
    order = np.argsort(-leaks, kind="stable")
    total = float(leaks.sum())
    if len(order) > _MANY_AREAS and total > 0:
        order = order[: int(np.searchsorted(np.cumsum(leaks[order]), _SHOWN_SHARE * total)) + 1]
    return [(float(rows["east_m"][i]), float(rows["north_m"][i])) for i in order]


def outlines(data: Mapping[str, Any]) -> list[list[tuple[float, float]]]:
    """Give the outlines of a scenario's defended areas, local east-north [m], without those of a file that is gone."""
    from opendome.base.frames import Origin
    from opendome.places.parameters import Places
    from opendome.scenario.compile_places import defended_areas

    origin = Origin(float(data["site"]["lat_deg"]), float(data["site"]["lon_deg"]))
    places = Places.model_validate(data.get("places") or {})
    if places.file is not None and not Path(places.file).is_file():
        places = places.model_copy(update={"file": None})
    if places.alert_areas is None and places.towns is None and places.file is None and not places.areas:
        return []
    areas = defended_areas(places, origin)
    start = areas.ring_start.tolist()
    return [areas.vertices_enu_m[a:b].tolist() for a, b in pairwise(start)]

"""Warning's trade-off: who is missed against who is sent to shelter, by zoning and by quality of the prediction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from opendome.report.folder import StudyFolder
from opendome.report.model import Heading, TextTable
from opendome.report.tradeoff_model import TradeoffCurve, TradeoffGraph, TradeoffPanel, TradeoffPoint
from opendome.report.words import interval, number, per_cent, places_for

__all__ = ["tradeoff_panel", "tradeoff_table"]

_MILLION = 1e6
_WANTED_SHARE = 0.01

Rows = Mapping[str, np.ndarray]


def _ends(rows: Rows, name: str, i: int) -> tuple[float, float, float]:
    """Value and ends of an interval; not a number where there is none."""
    return tuple(float(rows[f"{name}{end}"][i]) for end in ("", "_low", "_high"))  # type: ignore[return-value]


def _own_scale(folder: StudyFolder, rows: Rows) -> float:
    """The scenario's own error scale, or the nearest that was tried."""
    own = float((folder.scenario.get("picture") or {}).get("error_scale", 1.0))
    scales: list[float] = np.unique(rows["error_scale"].astype(float)).tolist()
    return min(scales, key=lambda scale: abs(math.log(scale / own)))


def _names(rows: Rows) -> list[str]:
    """Zonings in the order of the table."""
    return list(dict.fromkeys(rows["zoning"].tolist()))


def _zones(name: str, n_zones: int) -> str:
    """Words for a zoning: how many zones of the country it is, and how many hold areas of the scenario."""
    whole = {"areas": "single areas", "districts": "districts"}.get(name, name)
    if name.startswith("synthetic-"):
        whole = f"{name.removeprefix('synthetic-')} zones"
    return f"{whole} ({number(n_zones)} here)"


def _curve(folder: StudyFolder, zoning: str, scale: float, label: str, is_reference: bool) -> TradeoffCurve | None:
    """One curve; None where nobody is threatened."""
    rows = folder.rows("tradeoff", zoning=zoning, error_scale=scale)
    points: list[TradeoffPoint | None] = []
    for i in np.argsort(np.nan_to_num(rows["p_area_at_least"].astype(float), nan=-1.0), kind="stable").tolist():
        value, low, high = _ends(rows, "share_in_time", i)
        minutes, least, most = (end / _MILLION for end in _ends(rows, "person_minutes", i))
        if not (math.isfinite(value) and value < 1.0 and minutes > 0.0):
            points.append(None)
            continue
        points.append(TradeoffPoint((1.0 - value, 1.0 - high, 1.0 - low), (minutes, least, most)))
    found = [point for point in points[1:] if point is not None]
    if points[0] is None or len(found) < 2:
        return None
    return TradeoffCurve(label, tuple(found), points[0], is_reference)


def tradeoff_panel(folder: StudyFolder) -> TradeoffPanel | None:
    """Give the curves by zoning at the scenario's own quality, and by quality for the last zoning; None without."""
    if not folder.has("tradeoff"):
        return None
    rows = folder.rows("tradeoff")
    own, names = _own_scale(folder, rows), _names(rows)
    scales: list[float] = list(dict.fromkeys(rows["error_scale"].astype(float).tolist()))
    n_zones = dict(zip(rows["zoning"].tolist(), rows["n_zones"].tolist(), strict=True))
    by_zoning = [
        _curve(folder, name, own, _zones(name, n_zones[name]).split(" (")[0], name == names[-1]) for name in names
    ]
    by_scale = [_curve(folder, names[-1], scale, _quality(scale / own), scale == own) for scale in scales]
    last = _zones(names[-1], n_zones[names[-1]]).split(" (")[0]
    graphs = [
        TradeoffGraph(title, tuple(curve for curve in curves if curve is not None))
        for title, curves in (("By zoning", by_zoning), (f"By error of the prediction, {last}", by_scale))
    ]
    graphs = [graph for graph in graphs if graph.curves and (graph is graphs[0] or len(graph.curves) > 1)]
    if not graphs:
        return None
    subtitle = (
        "Millions of person-minutes in shelter, upward, against the share of threatened people who are not alerted the "
        "official time before, to the right; both by powers. Along a line the threshold rises: a zone is alerted if "
        "its chance of a hit passes it. Bars: intervals. Ring: the scenario's own rule."
    )
    note = (
        f"{int(rows['n'][0]):,} campaigns, seed {folder.seed}, the same raids throughout; "
        f"{per_cent(folder.confidence)} intervals by a paired bootstrap. From raid and picture alone: interceptions "
        "call no alert off. Synthetic zones are made by the program, not historical ones."
    )
    return TradeoffPanel(Heading(_title(folder, own, names), subtitle, note), tuple(graphs))


def _quality(ratio: float) -> str:
    if ratio == 1.0:
        return "as it is"
    return {0.5: "half the error", 2.0: "twice the error"}.get(ratio, f"{ratio:g} times the error")


def _title(folder: StudyFolder, own: float, names: list[str]) -> str:
    """State what the coarsest zoning costs beside the last at equal missed share."""
    fallback = "Finer zones send fewer people to shelter"
    if not folder.has("tradeoff_equal") or len(names) < 2:
        return fallback
    rows = folder.rows("tradeoff_equal", error_scale=own)
    found = [i for i in range(len(rows["zoning"])) if rows["zoning"][i] != names[-1] and _is_read(rows, "ratio", i)]
    if not found:
        return fallback
    i = max(
        found, key=lambda k: (-abs(math.log(float(rows["share_missed"][k]) / _WANTED_SHARE)), float(rows["ratio"][k]))
    )
    ratio, share = float(rows["ratio"][i]), float(rows["share_missed"][i])
    zones = _zones(str(rows["zoning"][i]), int(rows["n_zones"][i])).split(" (")[0]
    last = _zones(names[-1], 0).split(" (")[0]
    times = number(ratio, 0 if ratio >= 10.0 else 1)
    return f"With {zones}, missing {_share_words(share)} of the threatened costs {times} times the shelter of {last}"


def _share_words(share: float) -> str:
    return f"{100.0 * share:g} %"


def _is_read(rows: Rows, name: str, i: int) -> bool:
    return all(math.isfinite(end) for end in _ends(rows, name, i))


def tradeoff_table(folder: StudyFolder) -> TextTable | None:
    """Give what each zoning costs by the scenario's own rule, and beside the last zoning at equal missed share."""
    if not folder.has("tradeoff"):
        return None
    rows = folder.rows("tradeoff")
    own = _own_scale(folder, rows)
    mine = folder.rows("tradeoff", error_scale=own)
    is_own = np.isnan(mine["p_area_at_least"].astype(float))
    mine = {name: values[is_own] for name, values in mine.items()}
    equal = folder.rows("tradeoff_equal", error_scale=own) if folder.has("tradeoff_equal") else None
    shares = [] if equal is None else list(dict.fromkeys(equal["share_missed"].astype(float).tolist()))
    lines = []
    for i, name in enumerate(mine["zoning"].tolist()):
        cells = [
            _zones(name, int(mine["n_zones"][i])),
            _words(_ends(mine, "share_in_time", i), 100.0, " %"),
            _words(_ends(mine, "needless_people", i), 1.0 / _MILLION),
            _words(_ends(mine, "person_minutes", i), 1.0 / _MILLION),
        ]
        for share in shares:
            at = folder.rows("tradeoff_equal", error_scale=own, zoning=name, share_missed=share)
            cells.append(_words(_ends(at, "ratio", 0)))
        lines.append(tuple(cells))
    subtitle = (
        "By the scenario's own rule: threatened people warned in time, people alerted whose own area nothing came down "
        "in, and person-minutes in shelter, both in millions. Then, where as many are missed, person-minutes over "
        "those of the last row; – where that lies beyond the thresholds tried. "
        f"{int(rows['n'][0]):,} campaigns, intervals paired."
    )
    columns = [("zones", False), ("warned in time", True), ("alerted for nothing", True), ("person-minutes", True)]
    columns += [(f"where {_share_words(share)} are missed", True) for share in shares]
    return TextTable("What coarser zones cost", subtitle, tuple(columns), tuple(lines))


def _words(ends: tuple[float, float, float], scale: float = 1.0, unit: str = "") -> str:
    """A value with its interval in words, each end on its own where it could be read off."""
    value, low, high = (scale * end for end in ends)
    if not math.isfinite(value):
        return "–"
    if low == high:
        return f"{number(value)}{unit}"
    width: Any = 0.5 * (high - low) if math.isfinite(high - low) else 0.05 * abs(value)
    places = min(places_for(width), 2)
    return f"{number(value, places)}{unit} ({interval(low, high, places)})"

"""Stock over time, the grid of stock by tempo, and who was ready when: numbers and words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opendome.report.folder import StudyFolder
from opendome.report.model import GridPanel, Heading, Span, StockPanel, StockSeries, TimelinePanel, TimelineRow
from opendome.report.words import capital, count, duration, lower, number, per_cent, plural, share_of, share_phrase

__all__ = ["binding_column", "grid_panel", "grid_title", "stock_panel", "stock_title", "timeline_panel"]

_DAY_S = 86_400.0
_STEPS = 12
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def _stock_by_day(folder: StudyFolder, name: str) -> tuple[np.ndarray, np.ndarray]:
    rows = folder.rows("daily", alternative=name)
    days, place = np.unique(rows["day"], return_inverse=True)
    runs, who = np.unique(rows["replication"], return_inverse=True)
    stock = np.full((len(runs), len(days)), np.nan)
    stock[who, place] = rows["ready_rounds"] + rows["depot_rounds"]
    return days.astype(float), stock


def _series(folder: StudyFolder, name: str, deliveries: Sequence[tuple[float, float, bool]]) -> StockSeries:
    days, stock = _stock_by_day(folder, name)
    bands = np.nanquantile(stock, _QUANTILES, axis=0)
    first_s = folder.series(name, "first_stockout_t_s")
    n_days = max(1, math.ceil(folder.duration_day))
    day = np.floor(first_s[np.isfinite(first_s)] / _DAY_S).astype(int)
    share = np.bincount(np.clip(day, 0, n_days - 1), minlength=n_days) / len(first_s)
    ends = np.minimum(days, folder.duration_day)
    return StockSeries(
        folder.label(name),
        tuple(map(float, ends)),
        tuple(tuple(map(float, band)) for band in bands),
        tuple(map(float, share)),
        float(np.mean(folder.series(name, "stocked_out"))),
        tuple(deliveries),
    )


def stock_title(p_baseline: float, p_headline: float | None, is_clear: bool = True) -> str:
    """State how many campaigns run out of rounds, and what the headline alternative changes about it.

    ``is_clear`` says whether the interval of the difference leaves out zero; else none is claimed.
    """
    if p_baseline <= 0.0 and (p_headline is None or p_headline <= 0.0):
        return "Rounds never ran out"
    if p_baseline <= 0.0:
        return f"Rounds ran out only with the change, in {_said(p_headline or 0.0)}"
    if p_headline is None:
        return f"{capital(_said(p_baseline))} {_run(p_baseline)} out of rounds"
    if is_clear and p_headline <= 0.0:
        return f"Without help, {_said(p_baseline)} {_run(p_baseline)} out of rounds; with it, none"
    if is_clear and p_headline < p_baseline:
        return (
            f"Without help, {_said(p_baseline)} {_run(p_baseline)} out of rounds; with it, {share_phrase(p_headline)}"
        )
    if is_clear and p_headline > p_baseline:
        return (
            f"The change makes shortage likelier: {per_cent(p_headline)} of campaigns instead of {per_cent(p_baseline)}"
        )
    return f"{capital(_said(p_baseline))} {_run(p_baseline)} out of rounds, with or without help"


def _said(share: float) -> str:
    return share_of(share, "campaign")[0]


def _run(share: float) -> str:
    return "run" if share_of(share, "campaign")[1] else "runs"


def _deliveries(data: Mapping[str, Any], base: Mapping[str, Any]) -> list[tuple[float, float, bool]]:
    def of(scenario: Mapping[str, Any]) -> dict[float, float]:
        out: dict[float, float] = {}
        for item in (scenario.get("depot") or {}).get("resupply") or ():
            out[float(item["day"])] = out.get(float(item["day"]), 0.0) + float(item["rounds"])
        for battery in scenario.get("batteries") or ():
            if float(battery.get("arrives_day") or 0) > 0 and battery.get("loaded_rounds"):
                day = float(battery["arrives_day"])
                out[day] = out.get(day, 0.0) + float(battery["loaded_rounds"])
        return out

    mine, theirs = of(data), of(base)
    return [
        (day, rounds - theirs.get(day, 0.0) or rounds, rounds != theirs.get(day))
        for day, rounds in sorted(mine.items())
    ]


def stock_panel(folder: StudyFolder, resolved: Mapping[str, Mapping[str, Any]]) -> StockPanel | None:
    """Give stock over time for the baseline and the headline alternative; ``resolved`` is the scenario of each."""
    if not folder.has("daily"):
        return None
    names = [folder.baseline] + ([folder.headline] if folder.headline != folder.baseline else [])
    base = resolved[folder.baseline]
    series = tuple(_series(folder, name, _deliveries(resolved[name], base)) for name in names)
    fired = float(np.mean(folder.series(folder.baseline, "interceptors_fired")))
    per_day = fired / folder.duration_day
    title = stock_title(series[0].p_stockout, None)
    if len(series) > 1:
        change = folder.difference(folder.headline, "stocked_out")
        title = stock_title(series[0].p_stockout, series[1].p_stockout, not change.low <= 0.0 <= change.high)
    n = len(folder.series(folder.baseline, "launched"))
    note = f"{n:,} campaigns, seed {folder.seed}."
    if per_day > 0:
        note += f" Days of supply at the mean rate of {number(per_day, 0 if per_day >= 10 else 1)} rounds a day. "
    shared = [f"{number(rounds)} on day {number(day)}" for day, rounds, is_new in series[0].deliveries]
    if shared:
        note += f"Resupply: {', '.join(shared[:6])}{' and later' if len(shared) > 6 else ''}."
    subtitle = (
        "Rounds in launchers and depots at the end of each day. Bands hold half and nine in ten of all campaigns. "
        "Bars below the line: share of campaigns that run out for the first time on that day."
    )
    return StockPanel(Heading(title, subtitle, note.strip()), series, per_day)


def binding_column(columns: Sequence[float], shares: Sequence[float], threshold: float) -> float | None:
    """Give the column value where shares (rising along columns) first reach the threshold; None if never.

    The first column is given where it is reached from the start.
    """
    if shares[0] >= threshold:
        return float(columns[0])
    for i in range(1, len(columns)):
        if shares[i] >= threshold:
            part = (threshold - shares[i - 1]) / (shares[i] - shares[i - 1])
            return float(columns[i - 1] + part * (columns[i] - columns[i - 1]))
    return None


def grid_title(at: float | None, columns: Sequence[float], column_words: str) -> str:
    """State from which tempo rounds bind at this scenario's stock."""
    if at is None:
        return f"At this stock, rounds do not bind up to {number(columns[-1])} {column_words}"
    if at <= columns[0]:
        return f"At this stock, rounds bind even at {number(columns[0])} {column_words}"
    step = 10.0 ** max(0, math.floor(math.log10(at)) - 1)
    return f"At this stock, rounds bind above some {number(round(at / step) * step)} {column_words}"


_KEY_WORDS = {
    "depot.rounds": ("rounds in the depot", "stock"),
    "threats.raid.launched_per_day.mean": ("launches a day", "launches a day"),
}


def _key_words(key: str) -> tuple[str, str]:
    words = key.rsplit(".", 1)[-1].replace("_", " ")
    return _KEY_WORDS.get(key, (words, words))


def _at_key(data: Mapping[str, Any], key: str) -> float | None:
    node: Any = data
    for part in key.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    if isinstance(node, (list, tuple)) and node and all(isinstance(v, (int, float)) for v in node):
        return float(np.mean(node))
    return float(node) if isinstance(node, (int, float)) and not isinstance(node, bool) else None


def grid_panel(folder: StudyFolder) -> GridPanel | None:
    """Give the share of campaigns that run out, by stock and tempo."""
    if not folder.has("grid"):
        return None
    table = folder.tables["grid"]
    rows = sorted({float(v) for v in table["row_value"]}, reverse=True)
    columns = sorted({float(v) for v in table["column_value"]})
    shares = np.full((len(rows), len(columns)), np.nan)
    for r, c, p in zip(table["row_value"], table["column_value"], table["p_stockout"]):
        shares[rows.index(float(r)), columns.index(float(c))] = p
    row_key, column_key = str(table["row_key"][0]), str(table["column_key"][0])
    (row_words, row_name), (column_words, _) = _key_words(row_key), _key_words(column_key)
    at_row, at_column = _at_key(folder.scenario, row_key), _at_key(folder.scenario, column_key)
    threshold = 0.5
    here = (at_row, at_column) if at_row is not None and at_column is not None else None
    own = _row_at(np.array(rows), shares, at_row if at_row is not None else rows[len(rows) // 2])
    at = binding_column(columns, own.tolist(), threshold)
    half = float(np.nanmax((table["high"] - table["low"]) / 2))
    n = int(np.min(table["n"]))
    alternative = str(table["alternative"][0])
    subtitle = (
        f"Share of campaigns that run out of rounds in {duration(folder.duration_day)}, per cent of {n:,}, "
        f"by {row_words} and {column_words}, "
        f"“{lower(folder.label(alternative))}”. The line: where half of them do."
    )
    note = (
        f"{count(table['n'].size)} cells of {n:,} {plural(n, 'campaign')} each, seed {folder.seed}. Half-width "
        f"of the interval: {number(100 * half)} points or less."
    )
    text = f"this scenario: {number(at_column or 0)} {column_words}, {number(at_row or 0)} {row_words}" if here else ""
    return GridPanel(
        Heading(grid_title(at, columns, column_words), subtitle, capital(note)),
        row_name,
        column_words,
        tuple(rows),
        tuple(columns),
        tuple(tuple(map(float, line)) for line in shares),
        threshold,
        here,
        text,
    )


def _row_at(rows: np.ndarray, shares: np.ndarray, at: float) -> np.ndarray:
    """Give the shares along the columns at a row value between the rows, by straight lines."""
    order = np.argsort(rows)
    return np.array([np.interp(at, rows[order], shares[order, j]) for j in range(shares.shape[1])])


def timeline_panel(
    folder: StudyFolder, resolved: Mapping[str, Mapping[str, Any]], default_set_up_h: float
) -> TimelinePanel | None:
    """Give the time line of each battery of the headline alternative; batteries that the baseline lacks are new."""
    mine = list(resolved[folder.headline].get("batteries") or ())
    known = {b["id"] for b in resolved[folder.baseline].get("batteries") or ()}
    if folder.headline == folder.baseline:
        known = {b["id"] for b in mine}
    if not mine:
        return None
    shares = _operation_shares(folder, resolved[folder.headline])
    rows = tuple(
        _timeline_row(
            i, battery, battery["id"] not in known, folder.duration_day, default_set_up_h, shares.get(battery["id"], ())
        )
        for i, battery in enumerate(mine, 1)
    )
    rising = "Rising: share of campaigns in which it works by then. " if any(row.shares for row in rows) else ""
    note = f"Days from the start. {rising}Full: ready. Open: setting up. Dashed: on the road. Sites are notional."
    subtitle = f"“{folder.label(folder.headline)}”. {note}"
    return TimelinePanel(Heading("Who was where, and ready when", subtitle, ""), rows, folder.duration_day)


def _operation_shares(folder: StudyFolder, scenario: Mapping[str, Any]) -> dict[str, tuple[tuple[float, float], ...]]:
    """How the share of campaigns rises in which each battery works, where a lift or a crew decides on it."""
    found: dict[str, tuple[tuple[float, float], ...]] = {}
    has_pool = (scenario.get("crews") or {}).get("teams") is not None
    for battery in scenario.get("batteries") or () if folder.has("operations") else ():
        days = folder.rows("operations", alternative=folder.headline, battery_id=battery["id"])["operational_day"]
        begun = np.sort(days[np.isfinite(days)])
        if not (battery.get("transfer") or has_pool) or (len(begun) == len(days) and not begun.any()):
            continue
        steps = np.unique(np.linspace(0, len(begun) - 1, min(len(begun), _STEPS)).astype(int))
        found[battery["id"]] = tuple((float(begun[k]), (k + 1) / len(days)) for k in steps) or ((math.inf, 0.0),)
    return found


def _timeline_row(
    number_: int,
    battery: Mapping[str, Any],
    is_new: bool,
    duration_day: float,
    default_set_up_h: float,
    shares: tuple[tuple[float, float], ...] = (),
) -> TimelineRow:
    def hours(item: Mapping[str, Any], key: str, default_h: float) -> float:
        given = item.get(key)
        return (default_h if given is None else float(given)) / 24.0

    arrives = float(battery.get("arrives_day") or 0.0)
    leaves = min(float(battery.get("leaves_day") or duration_day), duration_day)
    spans: list[Span] = []
    at = arrives
    if shares:
        at = shares[-1][0] if shares[-1][1] == 1.0 else leaves
        shares = (*shares, (leaves, 0.0)) if shares[-1][1] < 1.0 else shares
    elif arrives > 0:
        ready = min(arrives + hours(battery, "set_up_h", default_set_up_h), leaves)
        spans.append(Span("set-up", arrives, ready))
        at = ready
    for move in sorted(battery.get("moves") or (), key=lambda item: float(item["day"])):
        start = min(float(move["day"]), leaves)
        road = min(start + hours(move, "tear_down_h", 1.0) + hours(move, "road_h", 1.0), leaves)
        ready = min(road + hours(move, "set_up_h", default_set_up_h), leaves)
        spans += [Span("ready", at, start), Span("road", start, road), Span("set-up", road, ready)]
        at = ready
    spans.append(Span("ready", at, leaves))
    label = str(battery.get("name") or battery["id"])
    return TimelineRow(str(number_), label, is_new, arrives, tuple(s for s in spans if s.end_day > s.start_day), shares)

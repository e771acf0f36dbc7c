"""What happened to one object, as dated sentences with the reason codes of the tables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from opendome.base.tally import LEAK_REASONS
from opendome.console.replay.flights import Classes, Path, place_at
from opendome.console.replay.records import Records, Row
from opendome.report.words import capital, count, join, plural

__all__ = ["Sentence", "story_of"]

_REASONS = dict(LEAK_REASONS)
_WAITED = {"engaged_waited": ", late as doctrine asks"}
_MOST_NAMED = 2


class Sentence(NamedTuple):
    """One line of a story: moment [s], text, and the reason code it rests on, '' for none."""

    t_s: float
    text: str
    reason: str = ""


def story_of(records: Records, classes: Classes, threat: Row, path: Path) -> list[Sentence]:
    """Tell an object's story in order of time; ``path`` is its true path, uncut."""
    parts = [
        _launch(records, classes, threat),
        _seen(records, threat),
        _alerts(records, threat),
        _looks(records, threat),
        _meetings(records, threat, path),
        _end(records, threat),
    ]
    return sorted((line for part in parts for line in part), key=lambda line: line.t_s)


def _launch(records: Records, classes: Classes, threat: Row) -> Iterator[Sentence]:
    aim = records.areas.name.get(threat["aim_area_id"])
    toward = "" if aim is None else f" toward {aim}"
    if threat["fate"] == "misfires":
        yield Sentence(threat["t_s"], f"Misfired at launch{toward}", "failed")
        return
    yield Sentence(threat["t_s"], f"Launched{toward}, {threat['threat_class'].replace('-', ' ')}")


def _seen(records: Records, threat: Row) -> Iterator[Sentence]:
    seen_s = records.first_seen_s.get(threat["threat_id"])
    if seen_s is None:
        return
    yield Sentence(seen_s, "First seen")
    said = ""
    for row in records.of_tracks(records.assessments, threat["threat_id"]):
        area = records.areas.holding(row["mean_east_m"], row["mean_north_m"])
        where = "outside every area" if area is None else f"in {area}"
        if where != said:
            begin = "Now predicted" if said else "Predicted"
            yield Sentence(row["t_s"], f"{begin} to fall {where}, P(hit) {row['p_any']:.2f}")
        said = where


def _alerts(records: Records, threat: Row) -> Iterator[Sentence]:
    """Alerts that this object raised, and the one that covered the place it was bound for."""
    begin_s, impact_s = threat["t_s"], threat["t_impact_s"]
    rows = records.of_tracks(records.alerts_by, threat["threat_id"])
    area_id = threat["area_id"]
    standing = [row for row in records.alerts_in.get(area_id, ()) if row["t_s"] <= impact_s <= row["t_end_s"]]
    if standing and standing[-1]["t_s"] < begin_s:
        yield Sentence(begin_s, f"{records.areas.name[area_id]} was under alert already")
    elif standing and standing[-1] not in rows:
        rows = sorted([*rows, standing[-1]], key=lambda row: row["t_s"])
    for t_s, together in groupby(rows, key=lambda row: row["t_s"]):
        names = [records.areas.name[row["area_id"]] for row in together]
        more = len(names) - _MOST_NAMED
        shown = [*names[:_MOST_NAMED], f"{count(more)} more"] if more > 0 else names
        left_s = impact_s - t_s
        when = f", {left_s:.0f} s before impact" if left_s > 0 else ""
        yield Sentence(t_s, f"Alert in {join(shown)}{when}")


def _looks(records: Records, threat: Row) -> Iterator[Sentence]:
    """Decisions about it; one line for looks that follow one another with the same outcome."""
    rows = records.of_tracks(records.decisions, threat["threat_id"])
    for (is_shot, reason), together in groupby(rows, key=lambda row: (row["is_shot"], row["reason"])):
        looks = list(together)
        if is_shot:
            for row in looks:
                yield Sentence(row["t_s"], _ordered(records, row), reason)
        else:
            times = f", at {count(len(looks))} looks" if len(looks) > 1 else ""
            chance = f"P(hit) {looks[0]['p_any']:.2f}"
            yield Sentence(looks[0]["t_s"], f"No shot: {_REASONS[reason]}; {chance}{times}", reason)
    for row in records.of_tracks(records.launches_at, threat["threat_id"]):
        yield Sentence(row["t_s"], f"{capital(records.battery_names[row['battery_id']])} fires")


def _ordered(records: Records, row: Row) -> str:
    battery = records.battery_names.get(row["battery_id"], "a battery")
    rounds = f"{count(row['n_rounds'])} {plural(row['n_rounds'], 'round')}"
    return f"{capital(rounds)} ordered from {battery}{_WAITED.get(row['reason'], '')}; P(hit) {row['p_any']:.2f}"


def _meetings(records: Records, threat: Row, path: Path) -> Iterator[Sentence]:
    for row in records.intercepts:
        if row["threat_id"] != threat["threat_id"]:
            continue
        height_km = float(place_at(path, row["t_s"])[2]) / 1000.0
        judged = "assessed hit" if row["is_judged_kill"] else "assessed missed"
        true = "destroyed" if row["is_kill"] else "missed"
        yield Sentence(row["t_s"], f"Met at a height of {height_km:.1f} km: {true}, {judged}")


def _end(records: Records, threat: Row) -> Iterator[Sentence]:
    """How it came down, with the last reason for shooting or not."""
    row = records.impact.get(threat["threat_id"])
    if row is None or threat["fate"] == "misfires":
        return
    area = records.areas.name.get(row["area_id"])
    place = {
        "leaked_built_up": f"in built-up ground of {area}, a leak",
        "open_ground": "in open ground" if area is None else f"in open ground of {area}",
        "at_sea": "at sea",
        "fell_short": "short, inside the launch area",
    }.get(row["end"], row["end"].replace("_", " "))
    why = f": {_REASONS[row['reason']]}" if row["end"] == "leaked_built_up" or row["reason"] == "never_seen" else ""
    warned = f"; warned {row['lead_s']:.0f} s before" if row["lead_s"] is not None else ""
    if row["end"] == "leaked_built_up" and row["lead_s"] is None:
        warned = "; not warned"
    yield Sentence(row["t_s"], f"Came down {place}{why}{warned}", row["reason"])

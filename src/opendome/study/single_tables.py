"""The tables of a single run, made from what the recorder wrote down; columns as in ``results.single_schema``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from opendome.base.types import Fate, Reason
from opendome.harm.losses import expected_injuries, is_day, people_in_casualty_area
from opendome.results.single_schema import SINGLE_RUN_TABLES
from opendome.scenario.world import World
from opendome.study.recorder import Ended, Recorder

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Names", "single_tables"]

_REASONS = np.array([reason.name.lower() for reason in Reason], dtype=object)
_FATES = np.array([fate.name.lower() for fate in Fate], dtype=object)


class Names(NamedTuple):
    """Words for indices: areas, threat classes, fire units, depots; and the alternative that was run."""

    alternative: str
    areas: tuple[str, ...]
    classes: tuple[str, ...]
    units: tuple[str, ...]
    depots: tuple[str, ...]


def single_tables(recorder: Recorder, names: Names) -> dict[str, pa.Table]:
    """Make every table of a finished recording."""
    ended = _in_launch_order(recorder)
    threat_of = {(int(item["burst"]), int(item["shot"])): i for i, item in enumerate(ended.objects)}
    columns: dict[str, dict[str, Any]] = {
        "threats": _threats(ended, names),
        "assessments": _assessments(recorder),
        "decisions": _decisions(recorder, names),
        "launches": _launches(recorder, names, threat_of),
        "intercepts": _intercepts(recorder, names, threat_of, ended),
        "impacts": _impacts(recorder.world, ended, names),
        "warnings": _warnings(recorder, names),
        "stock": _stock(recorder, names),
        "moves": _moves(recorder, names),
        "links": _links(recorder, threat_of),
    }
    tables = {}
    for name, found in columns.items():
        n = len(found["t_s"])
        keys = {"alternative": [names.alternative] * n, "replication": np.full(n, recorder.replication, np.int64)}
        tables[name] = SINGLE_RUN_TABLES[name].table({**keys, **found})
    return tables


def _in_launch_order(recorder: Recorder) -> Ended:
    """All objects of the run in order of launch; equal moments by burst and shot."""
    pieces = recorder.logs.ended
    whole = Ended(*(np.concatenate([getattr(piece, name) for piece in pieces]) for name in Ended.__annotations__))
    order = np.lexsort((whole.objects["shot"], whole.objects["burst"], whole.objects["t_launch_s"]))
    return Ended(*(getattr(whole, name)[order] for name in Ended.__annotations__))


def _words(words: tuple[str, ...], places: np.ndarray) -> list[str | None]:
    """Name of each index; None for a negative one."""
    return [words[i] if i >= 0 else None for i in places]


def _ends(ended: Ended) -> np.ndarray:
    """What became of each object, as in the partition by true end; (n,) of words."""
    objects = ended.objects
    conditions = (
        ended.state["is_killed"] == 1,
        objects["fate"] == int(Fate.MISFIRES),
        objects["is_built_up"] == 1,
        objects["is_in_launch_area"] == 1,
        objects["is_at_sea"] == 1,
    )
    words = np.array(["intercepted", "failed", "leaked_built_up", "fell_short", "at_sea", "open_ground"], dtype=object)
    return words[np.select(conditions, range(5), default=5)]


def _threats(ended: Ended, names: Names) -> dict[str, Any]:
    objects = ended.objects
    same = (
        "burst", "shot", "t_impact_s", "launch_east_m", "launch_north_m", "way_east_m", "way_north_m", "impact_east_m",
        "impact_north_m", "range_m",
    )  # fmt: skip
    return {
        "t_s": objects["t_launch_s"],
        "threat_id": np.arange(len(objects)),
        "threat_class": _words(names.classes, objects["i_class"]),
        "fate": _FATES[objects["fate"]],
        "end": _ends(ended),
        "reason": _REASONS[ended.reason],
        **{name: objects[name] for name in same},
        **{name: objects[name] == 1 for name in ("is_at_sea", "is_in_launch_area", "is_built_up")},
        "area_id": _words(names.areas, objects["end_area"]),
        "aim_area_id": _words(names.areas, objects["aim_area"]),
    }


def _assessments(recorder: Recorder) -> dict[str, Any]:
    rows = np.concatenate([rows for rows, _ in recorder.logs.assessments])
    same = (
        "t_s", "ordinal", "mean_east_m", "mean_north_m", "var_east_m2", "cov_m2", "var_north_m2", "t_impact_s", "p_any",
        "value_people", "n_areas",
    )  # fmt: skip
    track_id = np.concatenate([track_id for _, track_id in recorder.logs.assessments])
    return {"track_id": track_id, **{name: rows[name] for name in same}}


def _running_number(keys: list[Any]) -> list[int]:
    """Number of each key's appearance so far: a, b, a -> 0, 0, 1."""
    seen: Counter[Any] = Counter()
    numbers = []
    for key in keys:
        numbers.append(seen[key])
        seen[key] += 1
    return numbers


def _decisions(recorder: Recorder, names: Names) -> dict[str, Any]:
    lines = np.concatenate(recorder.logs.decisions)
    stock = np.array(recorder.logs.stock_at_decision, np.int64).reshape(-1, 2)
    return {
        "t_s": lines["t_s"],
        "track_id": lines["track_id"],
        "ordinal": _running_number(lines["track_id"].tolist()),
        "reason": _REASONS[lines["reason"]],
        "is_shot": lines["n_rounds"] > 0,
        "battery_id": _words(names.units, lines["i_unit"]),
        "n_rounds": lines["n_rounds"],
        "p_any": lines["p_hit"],
        "value_people": lines["value_people"],
        "ready_rounds": stock[:, 0],
        "depot_rounds": stock[:, 1],
    }


def _launches(recorder: Recorder, names: Names, threat_of: dict[tuple[int, int], int]) -> dict[str, Any]:
    lines = np.concatenate(recorder.logs.launches)
    first = recorder.world.battle.units["first_launcher"]
    object_of = _object_of_track(recorder, threat_of)
    same = (
        "t_s", "track_id", "t_intercept_s", "intercept_east_m", "intercept_north_m", "intercept_height_m"
    )  # fmt: skip
    return {
        "battery_id": _words(names.units, lines["i_unit"]),
        "launcher": lines["i_launcher"] - first[lines["i_unit"]] if len(lines) else lines["i_launcher"],
        "ordinal": _running_number([object_of.get(track, ("track", track)) for track in lines["track_id"].tolist()]),
        **{name: lines[name] for name in same},
    }


def _object_of_track(recorder: Recorder, threat_of: dict[tuple[int, int], int]) -> dict[int, Any]:
    """First object that each track followed; tracks that followed none are left out."""
    return {track: threat_of[spans[0][2:]] for track, spans in recorder.logs.links.items() if spans}


def _intercepts(
    recorder: Recorder, names: Names, threat_of: dict[tuple[int, int], int], ended: Ended
) -> dict[str, Any]:
    """One row an engagement that arrives; ``p_kill`` is that of its rounds together, as when they were fired."""
    lines = np.concatenate(recorder.logs.intercepts)
    lines = lines[np.argsort(lines["t_s"], kind="stable")]
    shots = np.concatenate(recorder.logs.decisions)
    shots = shots[shots["n_rounds"] > 0]
    p_kill = {
        (track, unit, t_s): p
        for track, unit, t_s, p in zip(
            shots["track_id"].tolist(),
            shots["i_unit"].tolist(),
            shots["t_intercept_s"].tolist(),
            shots["p_kill"].tolist(),
        )
    }
    keys = list(zip(lines["track_id"].tolist(), lines["i_unit"].tolist(), lines["t_s"].tolist()))
    met = [threat_of.get(pair) for pair in zip(lines["burst"].tolist(), lines["shot"].tolist())]
    debris, is_kill = _debris(recorder.world, ended), (lines["is_killed"] == 1).tolist()
    return {
        "t_s": lines["t_s"],
        "track_id": lines["track_id"],
        "battery_id": _words(names.units, lines["i_unit"]),
        "ordinal": _running_number(lines["track_id"].tolist()),
        "threat_id": met,
        "p_kill": [p_kill[key] for key in keys],
        "is_kill": lines["is_killed"] == 1,
        "is_judged_kill": lines["is_judged_killed"] == 1,
        "is_wasted": [threat is None for threat in met],
        "injuries_by_debris": [debris[i] if kills and i is not None else 0.0 for i, kills in zip(met, is_kill)],
    }


def _debris(world: World, ended: Ended) -> list[float]:
    """Injuries expected by debris of each object."""
    harm, found = world.harm, np.zeros(len(ended.objects))
    for k in np.flatnonzero(ended.debris[:, 0] >= 0):
        area, share = world.areas[int(ended.debris[k, 0])], float(ended.debris[k, 1])
        by_day = is_day(harm, float(ended.objects["t_impact_s"][k]))
        density = float(area["density_day_people_per_m2" if by_day else "density_people_per_m2"])
        people = density * float(area["built_up_frac"]) * harm.debris_area_m2
        found[k] = expected_injuries(harm, people, share)
    return list(found.tolist())


def _impacts(world: World, ended: Ended, names: Names) -> dict[str, Any]:
    """Objects that nobody destroyed, in order of impact, with the harm of those on built-up ground."""
    rows = np.flatnonzero(ended.state["is_killed"] == 0)
    rows = rows[np.argsort(ended.objects["t_impact_s"][rows], kind="stable")]
    objects, lead_s = ended.objects[rows], ended.lead_s[rows]
    harm = np.zeros((len(rows), 3))
    is_built_up = (objects["is_built_up"] == 1) & (objects["fate"] != int(Fate.MISFIRES))
    for k in np.flatnonzero(is_built_up):
        harm[k] = _harm(world, objects[k], float(ended.share[rows[k]]))
    return {
        "t_s": objects["t_impact_s"],
        "threat_id": rows,
        "threat_class": _words(names.classes, objects["i_class"]),
        "east_m": objects["impact_east_m"],
        "north_m": objects["impact_north_m"],
        "end": _ends(ended)[rows],
        "area_id": _words(names.areas, objects["end_area"]),
        "is_built_up": is_built_up,
        "reason": _REASONS[ended.reason[rows]],
        "lead_s": lead_s,
        "people_exposed": harm[:, 0],
        "injuries_expected": harm[:, 1],
        "injuries_if_unwarned": harm[:, 2],
    }


def _harm(world: World, item: Any, share: float) -> tuple[float, float, float]:
    """People in the casualty area of an impact, expected injuries, and those had nobody been warned."""
    area = world.areas[item["end_area"]]
    casualty_area_m2 = float(world.classes["casualty_area_m2"][item["i_class"]])
    by_day = is_day(world.harm, float(item["t_impact_s"]))
    density = area["density_day_people_per_m2" if by_day else "density_people_per_m2"]
    people = people_in_casualty_area(world.harm, float(density), casualty_area_m2)
    return people, expected_injuries(world.harm, people, share), expected_injuries(world.harm, people, 0.0)


def _warnings(recorder: Recorder, names: Names) -> dict[str, Any]:
    alerts = sorted(recorder.logs.alerts, key=lambda alert: (alert.t_s, alert.i_area))
    population = recorder.world.areas["population"]
    return {
        "t_s": [alert.t_s for alert in alerts],
        "area_id": [names.areas[alert.i_area] for alert in alerts],
        "t_end_s": [alert.t_end_s for alert in alerts],
        "track_id": [alert.track_id for alert in alerts],
        "n_tracks": [alert.n_tracks for alert in alerts],
        "is_needless": [not alert.is_needed for alert in alerts],
        "population": [float(population[alert.i_area]) for alert in alerts],
    }


def _stock(recorder: Recorder, names: Names) -> dict[str, Any]:
    changes = recorder.logs.stock
    return {
        "t_s": [change.t_s for change in changes],
        "cause": [change.cause for change in changes],
        "battery_id": [names.units[change.i_unit] if change.i_unit >= 0 else None for change in changes],
        "depot_id": [names.depots[change.i_depot] if change.i_depot >= 0 else None for change in changes],
        "change_rounds": [change.change_rounds for change in changes],
        "ready_rounds": [change.ready_rounds for change in changes],
        "depot_rounds": [change.depot_rounds for change in changes],
    }


def _moves(recorder: Recorder, names: Names) -> dict[str, Any]:
    changes = recorder.logs.units
    return {
        "t_s": [change.t_s for change in changes],
        "battery_id": [names.units[change.i_unit] for change in changes],
        "state": [change.state for change in changes],
        "east_m": [change.east_m for change in changes],
        "north_m": [change.north_m for change in changes],
    }


def _links(recorder: Recorder, threat_of: dict[tuple[int, int], int]) -> dict[str, Any]:
    rows = sorted(
        (from_s, track_id, threat_of[burst, shot], until_s)
        for track_id, spans in recorder.logs.links.items()
        for from_s, until_s, burst, shot in spans
    )
    return {
        "t_s": [row[0] for row in rows],
        "track_id": [row[1] for row in rows],
        "threat_id": [row[2] for row in rows],
        "t_until_s": [row[3] for row in rows],
    }

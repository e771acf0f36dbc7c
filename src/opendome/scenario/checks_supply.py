"""What has to hold between depots, deliveries, lifts and crews."""

from __future__ import annotations

from collections.abc import Iterator

from opendome.scenario.check_lists import Data, offer, world_check
from opendome.scenario.paths import Path
from opendome.scenario.problems import Finding

__all__ = ["depots_of"]

_MOST_SORTIES = 4000


def depots_of(data: Data) -> Iterator[tuple[Path, Data]]:
    """(path, depot) of every depot, the main one first."""
    yield ("depot",), data["depot"]
    for i, depot in enumerate(data["depots"]):
        yield ("depots", i), depot


@world_check("depot", "depots", "batteries", "launchers")
def _depots_exist(data: Data) -> Iterator[Finding]:
    known = [depot["id"] for _, depot in depots_of(data)]
    for i, depot in enumerate(data["depots"]):
        if depot["id"] in known[: i + 1]:
            what = f"the id `{depot['id']}` is used twice"
            yield Finding(("depots", i, "id"), what, "each of the depots needs an id of its own")
    for kind in ("batteries", "launchers"):
        for i, unit in enumerate(data[kind]):
            if unit["depot"] is not None and unit["depot"] not in known:
                what = f"there is no depot `{unit['depot']}`"
                yield Finding((kind, i, "depot"), what, offer(unit["depot"], known))


@world_check("depot", "depots", "batteries", "launchers")
def _depots_hold_one_kind_of_round(data: Data) -> Iterator[Finding]:
    from opendome.catalogue import loader

    first: dict[str, tuple[str, str]] = {}
    for kind in ("batteries", "launchers"):
        for i, unit in enumerate(data[kind]):
            if unit["system"] not in loader.system_ids():
                continue
            depot, round_kind = unit["depot"] or data["depot"]["id"], loader.system(unit["system"]).round
            known = first.setdefault(depot, (round_kind, unit["id"]))
            if known[0] != round_kind:
                what = f"fires `{round_kind}`, but depot `{depot}` holds `{known[0]}` for `{known[1]}`"
                yield Finding((kind, i), what, "give it a depot of its own: `depots: [{id: ...}]` and `depot: ...`")


@world_check("depot", "depots")
def _reorders_make_sense(data: Data) -> Iterator[Finding]:
    depots = dict(depots_of(data))
    source = {depot["id"]: (depot["reorder"] or {}).get("source") for depot in depots.values()}
    for path, depot in depots.items():
        rule = depot["reorder"]
        if rule is None:
            continue
        if rule["up_to_rounds"] <= rule["below_rounds"]:
            what = f"is {rule['up_to_rounds']}, not above `below_rounds`, {rule['below_rounds']}"
            yield Finding((*path, "reorder", "up_to_rounds"), what, "give more")
        if rule["source"] is not None and rule["source"] not in source:
            what = f"there is no depot `{rule['source']}`"
            yield Finding((*path, "reorder", "source"), what, offer(rule["source"], source))
            continue
        seen, here = {depot["id"]}, rule["source"]
        while here is not None and here not in seen:
            seen.add(here)
            here = source.get(here)
        if here is not None:
            yield Finding(
                (*path, "reorder", "source"), "depots order from one another in a ring", "let one be the first"
            )


@world_check("depot", "depots", "duration_day")
def _deliveries_arrive_in_time(data: Data) -> Iterator[Finding]:
    for path, depot in depots_of(data):
        for i, delivery in enumerate(depot["resupply"]):
            if delivery["day"] > data["duration_day"]:
                what = f"day {delivery['day']:g} is after the scenario's {data['duration_day']:g} days"
                yield Finding((*path, "resupply", i, "day"), what, "give an earlier day, or a longer `duration_day`")
        days = [point["day"] for point in depot["production_ramp"]]
        if days != sorted(set(days)):
            yield Finding(
                (*path, "production_ramp"), "points are not in order of days", "one after the other, each once"
            )


@world_check("depot", "depots", "batteries", "lifts")
def _lifts_exist(data: Data) -> Iterator[Finding]:
    lifts, n_sorties = {lift["id"]: lift for lift in data["lifts"]}, 0
    for path, depot in depots_of(data):
        for i, delivery in enumerate(depot["resupply"]):
            name = delivery["lift"]
            if name is not None and name not in lifts:
                yield Finding((*path, "resupply", i, "lift"), f"there is no lift `{name}`", offer(name, lifts))
            elif name is not None:
                n_sorties = max(n_sorties, delivery["rounds"] // lifts[name]["rounds_per_sortie"])
    if n_sorties > _MOST_SORTIES:
        cure = "give the lift more `rounds_per_sortie`"
        yield Finding(("lifts",), f"a delivery takes {n_sorties} sorties, at most {_MOST_SORTIES} can be planned", cure)
    for i, battery in enumerate(data["batteries"]):
        if battery["transfer"] is None:
            continue
        name = battery["transfer"]["lift"]
        if name not in lifts:
            yield Finding(("batteries", i, "transfer", "lift"), f"there is no lift `{name}`", offer(name, lifts))
        if battery["arrives_day"] > 0.0:
            cure = "leave `arrives_day` out: the transfer says when it comes"
            yield Finding(("batteries", i, "arrives_day"), "is given beside a transfer", cure)

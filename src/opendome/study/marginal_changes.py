"""One more, or one fewer, of each thing that a defence is made of, as changes of a scenario.

A kind is one function that yields its changes, registered under its name; a new kind needs nothing else. What is added
is a copy of a thing that stands, with all its keys but id and place; its links are copied with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from opendome.base.errors import CommandError, nearest_name
from opendome.catalogue import loader as catalogue
from opendome.scenario.compile_sites import figure
from opendome.scenario.scenario import Scenario

__all__ = ["KINDS", "Change", "Place", "Price", "changes_of"]

Data = dict[str, Any]


class Price(NamedTuple):
    """A price in thousands of US dollars, with its range."""

    value_kusd: float
    low_kusd: float
    high_kusd: float


class Change(NamedTuple):
    """One alternative: its name, what it changes by how many, at what, in words, its overrides and its price."""

    name: str
    kind: str
    change: int
    at_id: str
    words: str
    overrides: dict[str, Any]
    price: Price | None


@dataclass(frozen=True)
class Place:
    """Where things are added or taken away.

    Parameters
    ----------
    near : (lat_deg, lon_deg) or None    the thing nearest to it is meant; None: where it leaks most
    like_id : str                        the thing of this id is meant instead; '' for none
    at : (lat_deg, lon_deg) or None      site of what is added; None: that of the thing that is copied
    rounds : int                         rounds that are added or taken away
    is_each : bool                       every thing is meant, in turn
    """

    near: tuple[float, float] | None = None
    like_id: str = ""
    at: tuple[float, float] | None = None
    rounds: int = 100
    is_each: bool = False


Kind = Callable[[Scenario, Place], Iterator[Change]]
KINDS: dict[str, Kind] = {}
"""Kinds by name: each yields its changes, and none where the scenario has nothing of the kind."""


def _kind(name: str) -> Callable[[Kind], Kind]:
    def add(function: Kind) -> Kind:
        KINDS[name] = function
        return function

    return add


def changes_of(scenario: Scenario, kinds: Iterable[str], place: Place, *, is_removed: bool = True) -> list[Change]:
    """Every change of some kinds, those that add before those that take away.

    Raises
    ------
    CommandError
        A kind that there is not, an id that nothing has, or nothing at all to change.
    """
    kinds = tuple(dict.fromkeys(kinds))
    for kind in kinds:
        if kind not in KINDS:
            raise CommandError(f"no kind `{kind}`: {nearest_name(kind, KINDS) or 'kinds are ' + ', '.join(KINDS)}")
    found = [change for kind in kinds for change in KINDS[kind](scenario, place)]
    wanted = [change for change in found if change.change > 0 or is_removed]
    if not wanted:
        what = f"like `{place.like_id}`" if place.like_id else "to add or take away"
        raise CommandError(f"the scenario has no {' or '.join(kinds)} {what}")
    names: dict[str, int] = {}
    named = []
    for change in sorted(wanted, key=lambda change: -change.change):
        names[change.name] = names.get(change.name, 0) + 1
        again = "" if names[change.name] == 1 else f"-{names[change.name]}"
        named.append(change._replace(name=change.name + again))
    return named


def _change(kind: str, sign: int, at_id: str, words: str, overrides: dict[str, Any], price: Price | None) -> Change:
    slug = at_id.lower().replace("_", "-")[:40]
    return Change(f"{'more' if sign > 0 else 'less'}-{kind}-{slug}", kind, sign, at_id, words, overrides, price)


def _meant(items: Iterable[Data], place: Place) -> list[Data]:
    """Of things that have a place: the one named, the nearest, or all of them."""
    things = list(items)
    if place.like_id:
        return [thing for thing in things if thing["id"] == place.like_id]
    if place.is_each or place.near is None or not things:
        return things
    lat_deg, lon_deg = place.near

    def apart(thing: Data) -> float:
        return math.hypot(thing["at"][0] - lat_deg, (thing["at"][1] - lon_deg) * math.cos(math.radians(lat_deg)))

    return [min(things, key=apart)]


def _new_id(data: Data, stem: str) -> str:
    """An id that nothing in the scenario has."""
    taken = {item["id"] for kind in ("batteries", "posts", "launchers", "sensors", "links") for item in data[kind]}
    i = 2
    while f"{stem[:56]}-{i}" in taken:
        i += 1
    return f"{stem[:56]}-{i}"


def _copied(data: Data, kind: str, thing: Data, at: tuple[float, float] | None) -> dict[str, Any]:
    """Overrides that add a copy of a thing, and copies of its links."""
    new = _new_id(data, thing["id"])
    own = {**thing, "id": new, "name": ""}
    if at is not None:
        own = {**own, "at": list(at)} | ({"moves": []} if "moves" in own else {})
    links = [
        {**link, "id": _new_id(data, link["id"]), "between": [new if e == thing["id"] else e for e in link["between"]]}
        for link in data["links"]
        if thing["id"] in link["between"]
    ]
    return {f"{kind}+": [own]} | ({"links+": links} if links else {})


def _without(data: Data, kind: str, thing: Data) -> dict[str, Any]:
    """Overrides that take a thing away with the launchers that answer to it and all their links."""
    orphans = [unit["id"] for unit in data["launchers"] if kind == "batteries" and unit["post"] == thing["id"]]
    gone = {thing["id"], *orphans}
    links = [link["id"] for link in data["links"] if gone & set(link["between"])]
    lists = {kind: [thing["id"]], "launchers": orphans if kind != "launchers" else [thing["id"]], "links": links}
    return {f"{name}-": ids for name, ids in lists.items() if ids}


def _price(scenario: Scenario, system: str, key: str, n: float = 1.0) -> Price:
    """A price of the catalogue times a number; the scenario's own price has no range."""
    value_kusd = n * figure(scenario.model, system, key)
    if key in scenario.model.assumptions.get(system, {}):
        return Price(value_kusd, value_kusd, value_kusd)
    low, high = catalogue.value_of(system, key).band
    return Price(value_kusd, n * low, n * high)


def _both(first: Price, second: Price) -> Price:
    return Price(*(a + b for a, b in zip(first, second)))


def _of_system(scenario: Scenario, unit: Data, key: str, figure_key: str) -> int:
    """A unit's own number, or the catalogue's."""
    return int(figure(scenario.model, unit["system"], figure_key) if unit[key] is None else unit[key])


def _loaded(scenario: Scenario, unit: Data) -> tuple[int, int, int]:
    """Launchers of a unit, rounds that each holds, and rounds loaded in all."""
    n = _of_system(scenario, unit, "launchers", "launchers_per_battery")
    full = _of_system(scenario, unit, "rounds_per_launcher", "rounds_per_launcher")
    return n, full, n * full if unit["loaded_rounds"] is None else unit["loaded_rounds"]


@_kind("battery")
def _battery(scenario: Scenario, place: Place) -> Iterator[Change]:
    """A battery with its launchers and loaded rounds."""
    data = scenario.data
    for unit in _meant(data["batteries"], place):
        rounds = _loaded(scenario, unit)[2]
        price = _both(
            _price(scenario, unit["system"], "battery_cost_kusd"),
            _price(scenario, unit["system"], "interceptor_cost_kusd", rounds),
        )
        where = "at its site" if place.at is None else "at {:g}, {:g}".format(*place.at)
        words = f"one more battery like {unit['id']}, {where}, with {rounds} rounds"
        yield _change("battery", 1, unit["id"], words, _copied(data, "batteries", unit, place.at), price)
        words = f"without battery {unit['id']} and its {rounds} rounds"
        yield _change("battery", -1, unit["id"], words, _without(data, "batteries", unit), price)


@_kind("launcher")
def _launcher(scenario: Scenario, place: Place) -> Iterator[Change]:
    """A launcher at a battery, or at a site of launchers; it comes full where its unit is full."""
    data = scenario.data
    lists = {unit["id"]: kind for kind in ("batteries", "launchers") for unit in data[kind]}
    for unit in _meant([*data["batteries"], *data["launchers"]], place):
        n, full, loaded = _loaded(scenario, unit)
        key, rounds = f"{lists[unit['id']]}[{unit['id']}]", full if unit["loaded_rounds"] is None else 0
        words = f"one more launcher at {unit['id']}, with {rounds} rounds"
        yield _change("launcher", 1, unit["id"], words, {f"{key}.launchers": n + 1}, None)
        left = min(loaded, (n - 1) * full)
        words = f"one launcher fewer at {unit['id']}, with {loaded - left} rounds fewer"
        if n > 1 or (n == 1 and lists[unit["id"]] == "batteries"):
            fewer = {f"{key}.launchers": n - 1, f"{key}.loaded_rounds": left}
            yield _change("launcher", -1, unit["id"], words, fewer, None)
        elif n == 1:
            yield _change("launcher", -1, unit["id"], words, _without(data, "launchers", unit), None)


@_kind("radar")
def _radar(scenario: Scenario, place: Place) -> Iterator[Change]:
    """A radar that stands alone; where there is none, one at a battery's site, or the battery's own."""
    data = scenario.data
    price = Price(*(1000.0 * catalogue.value_of("iron-dome", "czech_radar_unit_price").number for _ in range(3)))
    for sensor in _meant(data["sensors"], place):
        words = f"one more radar like {sensor['id']}"
        yield _change("radar", 1, sensor["id"], words, _copied(data, "sensors", sensor, place.at), price)
        without = _without(data, "sensors", sensor)
        yield _change("radar", -1, sensor["id"], f"without radar {sensor['id']}", without, price)
    for unit in [] if data["sensors"] else _meant(data["batteries"], place):
        new = _new_id(data, f"{unit['id']}-radar")
        more: dict[str, Any] = {"sensors+": [{"id": new, "at": list(place.at or unit["at"])}]}
        if data["network"]["sharing"] == "links":
            more["links+"] = [{"id": _new_id(data, f"{new}-link"), "between": [new, unit["id"]]}]
        yield _change("radar", 1, unit["id"], f"one radar that stands alone, at {unit['id']}", more, price)
        if unit["has_radar"]:
            less = {f"batteries[{unit['id']}].has_radar": False}
            yield _change("radar", -1, unit["id"], f"{unit['id']} without its own radar", less, price)


@_kind("rounds")
def _rounds(scenario: Scenario, place: Place) -> Iterator[Change]:
    """Rounds in the depot, from the start."""
    n = place.rounds
    for key, depot in _depots(scenario.data, place):
        system = _fires_from(scenario.data, depot["id"])
        price = None if system is None else _price(scenario, system, "interceptor_cost_kusd", n)
        more = {f"{key}.rounds": depot["rounds"] + n}
        yield _change("rounds", 1, depot["id"], f"{n} more rounds in depot {depot['id']}", more, price)
        less = min(n, depot["rounds"])
        if less:
            price = None if system is None else _price(scenario, system, "interceptor_cost_kusd", less)
            words, fewer = f"{less} rounds fewer in depot {depot['id']}", {f"{key}.rounds": depot["rounds"] - less}
            yield _change("rounds", -1, depot["id"], words, fewer, price)


def _depots(data: Data, place: Place) -> list[tuple[str, Data]]:
    """(key, depot): the one named, all of them, or the main one."""
    found = [("depot", data["depot"]), *((f"depots[{depot['id']}]", depot) for depot in data["depots"])]
    if place.like_id:
        return [pair for pair in found if pair[1]["id"] == place.like_id]
    return found if place.is_each else found[:1]


def _fires_from(data: Data, depot_id: str) -> str | None:
    """A system whose launchers a depot refills."""
    for unit in (*data["batteries"], *data["launchers"]):
        if (unit["depot"] or data["depot"]["id"]) == depot_id:
            return str(unit["system"])
    return None


@_kind("link")
def _link(scenario: Scenario, place: Place) -> Iterator[Change]:
    """A second link beside one that there is; only where the network goes by links."""
    data = scenario.data
    if data["network"]["sharing"] != "links":
        return
    spots = {item["id"]: item["at"] for kind in ("batteries", "posts", "launchers", "sensors") for item in data[kind]}
    middles = [
        {**link, "at": [sum(spots[end][i] for end in link["between"]) / 2.0 for i in (0, 1)]} for link in data["links"]
    ]
    for link in _meant(middles, place):
        twin = {name: value for name, value in link.items() if name != "at"} | {"id": _new_id(data, link["id"])}
        words = f"a second link beside {link['id']}"
        yield _change("link", 1, link["id"], words, {"links+": [twin]}, None)
        yield _change("link", -1, link["id"], f"without link {link['id']}", {"links-": [link["id"]]}, None)


@_kind("post")
def _post(scenario: Scenario, place: Place) -> Iterator[Change]:
    """A command post that stands alone; one that is taken away stays as a post that never works."""
    for post in _meant(scenario.data["posts"], place):
        more = _copied(scenario.data, "posts", post, place.at)
        yield _change("post", 1, post["id"], f"one more command post like {post['id']}", more, None)
        less = {f"posts[{post['id']}].outages": [{"from_day": 0.0, "until_day": None}]}
        yield _change("post", -1, post["id"], f"command post {post['id']} never works", less, None)


@_kind("lorry")
def _lorry(scenario: Scenario, place: Place) -> Iterator[Change]:
    """A lorry of a depot that counts its lorries."""
    for key, depot in _depots(scenario.data, place):
        if depot["lorries"] is None:
            continue
        for sign in (1, -1) if depot["lorries"] else (1,):
            words = f"one lorry {'more' if sign > 0 else 'fewer'} at depot {depot['id']}"
            overrides = {f"{key}.lorries": depot["lorries"] + sign}
            yield _change("lorry", sign, depot["id"], words, overrides, None)


@_kind("crew")
def _crew(scenario: Scenario, place: Place) -> Iterator[Change]:
    """A trained crew, where batteries wait for crews."""
    teams = scenario.data["crews"]["teams"]
    if teams is None or place.like_id:
        return
    for sign in (1, -1) if teams else (1,):
        words = f"one trained crew {'more' if sign > 0 else 'fewer'} at the start"
        yield _change("crew", sign, "crews", words, {"crews.teams": teams + sign}, None)

"""What has to hold between batteries, command posts, launchers, sensors and links, and between layers."""

from __future__ import annotations

from collections.abc import Iterator

from opendome.scenario.check_lists import Data, offer, world_check
from opendome.scenario.paths import Path
from opendome.scenario.problems import Finding

__all__: list[str] = []

_MOST_POSTS = 60
_NODES = ("batteries", "posts", "launchers", "sensors")


@world_check("batteries", "posts")
def _posts_exist(data: Data) -> Iterator[Finding]:
    posts = [item["id"] for kind in ("batteries", "posts") for item in data[kind]]
    for i, unit in enumerate(data["launchers"]):
        if unit["post"] not in posts:
            what = f"there is no battery or post `{unit['post']}`"
            yield Finding(("launchers", i, "post"), what, offer(unit["post"], posts))
    is_networked = data["network"]["sharing"] == "links" or data["posts"] or data["launchers"]
    if len(posts) > _MOST_POSTS and is_networked:
        what = f"{len(posts)} batteries and posts, but a network holds {_MOST_POSTS} at most"
        yield Finding(("batteries",), what, "leave some out, or have no `links`, `posts` and `launchers`")


@world_check("batteries", "posts", "launchers", "sensors")
def _links_join_two(data: Data) -> Iterator[Finding]:
    nodes = [item["id"] for kind in _NODES for item in data[kind]]
    for i, link in enumerate(data["links"]):
        path: Path = ("links", i, "between")
        for j, end in enumerate(link["between"]):
            if end not in nodes:
                yield Finding((*path, j), f"there is no `{end}` to link", offer(end, nodes))
        if link["between"][0] == link["between"][1]:
            yield Finding(path, f"joins `{link['between'][0]}` to itself", "give the ids of two things")


@world_check("picture", "network")
def _links_need_the_statistical_picture(data: Data) -> Iterator[Finding]:
    if data["network"]["sharing"] == "links" and data["picture"]["kind"] == "tracked":
        what = "links say who hears whom, but the tracked picture has one tracker for all"
        yield Finding(("network", "sharing"), what, "write `picture: {kind: statistical}`, or `sharing: ideal`")


@world_check(*_NODES, "links")
def _failures_make_sense(data: Data) -> Iterator[Finding]:
    for kind in (*_NODES, "links"):
        for i, item in enumerate(data[kind]):
            path: Path = (kind, i)
            if (item["fails_every_h"] is None) != (item["repaired_in_h"] is None):
                missing = "repaired_in_h" if item["repaired_in_h"] is None else "fails_every_h"
                yield Finding(path, "failures need both times", f"give `{missing}` too")
            for j, out in enumerate(item["outages"]):
                if out["until_day"] is not None and out["until_day"] <= out["from_day"]:
                    yield Finding((*path, "outages", j, "until_day"), "ends before it begins", "give a later day")


@world_check("doctrine.layers", "threats")
def _layers_make_sense(data: Data) -> Iterator[Finding]:
    from opendome.catalogue import loader

    firing = [name for name in loader.system_ids() if loader.system(name).fires]
    groups = loader.threat_groups()
    taken: dict[str, int] = {}
    for i, layer in enumerate(data["doctrine"]["layers"]):
        path: Path = ("doctrine", "layers", i)
        for j, name in enumerate(layer["systems"]):
            if name not in firing:
                yield Finding((*path, "systems", j), f"there is no system `{name}`", offer(name, firing))
            elif taken.setdefault(name, i) != i:
                yield Finding((*path, "systems", j), f"`{name}` stands in two layers", "name it in one of them")
        for j, name in enumerate(layer["classes"] or ()):
            if name not in groups:
                yield Finding((*path, "classes", j), f"no threat class `{name}`", offer(name, groups))

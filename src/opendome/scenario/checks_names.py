"""Names that the catalogue and the registry must know: systems, threat classes, their figures, policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from opendome.doctrine.parameters import BUILT_IN_POLICIES
from opendome.places.zoning_names import zoning_problem
from opendome.scenario.check_lists import Data, offer, world_check
from opendome.scenario.paths import Path
from opendome.scenario.problems import Finding

__all__: list[str] = []


@world_check()
def _systems_are_known(data: Data) -> Iterator[Finding]:
    from opendome.catalogue import loader

    firing = [name for name in loader.system_ids() if loader.system(name).fires]
    for kind in ("batteries", "launchers"):
        for i, unit in enumerate(data[kind]):
            name = unit["system"]
            if name not in firing:
                is_silent = name in loader.system_ids()
                what = f"the system `{name}` has no launchers" if is_silent else f"there is no system `{name}`"
                yield Finding((kind, i, "system"), what, offer(name, firing))
    for name, figures in data["assumptions"].items():
        if name not in firing:
            yield Finding(("assumptions", name), f"there is no system `{name}`", offer(name, firing))
        else:
            yield from _figures_are_known(("assumptions", name), figures, loader.system_keys())


@world_check()
def _classes_are_known(data: Data) -> Iterator[Finding]:
    from opendome.catalogue import loader

    groups = loader.threat_groups()
    for name in (data["threats"]["raid"] or {}).get("classes", ()):
        if name not in groups:
            yield Finding(("threats", "raid", "classes", name), f"no threat class `{name}`", offer(name, groups))
    for i, salvo in enumerate(data["threats"]["given"]):
        if salvo["class"] not in groups:
            what = f"no threat class `{salvo['class']}`"
            yield Finding(("threats", "given", i, "class"), what, offer(salvo["class"], groups))
    for name, figures in data["threats"]["classes"].items():
        if name not in groups:
            yield Finding(("threats", "classes", name), f"no threat class `{name}`", offer(name, groups))
        else:
            yield from _figures_are_known(("threats", "classes", name), figures, loader.threat_keys(name))


def _figures_are_known(path: Path, figures: Data, known: Iterable[str]) -> Iterator[Finding]:
    from opendome.catalogue import loader

    names = list(known)
    for key, value in figures.items():
        unit = loader.key_unit(key)
        if key not in names:
            with_unit = [name for name in names if name.startswith(f"{key}_")]
            cure = f"did you mean `{with_unit[0]}`? numbers end in their unit" if with_unit else offer(key, names)
            yield Finding((*path, key), "the catalogue has no such key", cure)
        elif unit == "class":
            yield Finding((*path, key), "the kind of a class cannot be changed", "choose another class")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            yield Finding((*path, key), f"{value!r} is not a number", f"the unit is {unit}" if unit else "")
        elif unit == "fraction" and not 0 <= value <= 1:
            yield Finding((*path, key), f"is {value}, must lie between 0 and 1")
        elif value < 0 and unit != "deg":
            yield Finding((*path, key), f"is {value}, must be at least 0")


@world_check("doctrine.policy")
def _policy_is_known(data: Data) -> Iterator[Finding]:
    name = data["doctrine"]["policy"]
    if name in BUILT_IN_POLICIES:
        return
    from opendome.base.registry import registered

    known = dict.fromkeys([*BUILT_IN_POLICIES, *registered("policy")])
    if name not in known:
        yield Finding(("doctrine", "policy"), f"there is no policy `{name}`", offer(name, known))


@world_check("warning.zoning", "places.alert_areas")
def _zoning_is_known(data: Data) -> Iterator[Finding]:
    problem = zoning_problem(data["warning"]["zoning"], data["places"]["alert_areas"] is not None)
    if problem is not None:
        yield Finding(("warning", "zoning"), *problem)

"""What has to hold in the part of a scenario that says what a study compares and varies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from opendome.places.zoning_names import zoning_problem
from opendome.scenario.check_lists import Data, offer, study_check
from opendome.scenario.paths import Path
from opendome.scenario.problems import Finding

__all__: list[str] = []


@study_check("alternatives", "study")
def _study_names_alternatives(data: Data) -> Iterator[Finding]:
    study = data["study"]
    names = dict.fromkeys(["as-is", *data["alternatives"]])
    named: list[tuple[Path, str]] = [(("study", "baseline"), study["baseline"])]
    named += [(("study", "labels", name), name) for name in study["labels"]]
    if study["grid"] and study["grid"]["alternative"] is not None:
        named.append((("study", "grid", "alternative"), study["grid"]["alternative"]))
    if study["shapley"]:
        chosen = study["shapley"]["alternatives"].items()
        named += [(("study", "shapley", "alternatives", key), name) for key, name in chosen]
    for path, name in named:
        if name not in names:
            yield Finding(path, f"there is no alternative `{name}`", offer(name, names))


@study_check("study")
def _shapley_is_complete(data: Data) -> Iterator[Finding]:
    shapley = data["study"]["shapley"]
    if shapley is None:
        return
    path: Path = ("study", "shapley")
    causes = shapley["causes"]
    if len(set(causes)) < len(causes) or any(not cause or "+" in cause for cause in causes):
        yield Finding((*path, "causes"), "causes need different names without +", "such as [area, rounds]")
        return
    sets = ["+".join(chosen) for size in range(len(causes) + 1) for chosen in combinations(causes, size)]
    missing = [name for name in sets if name not in shapley["alternatives"]]
    if missing:
        shown = ", ".join(f'"{name}"' for name in missing[:8])
        what = f"{len(missing)} of the {len(sets)} sets of causes are not given: {shown}"
        yield Finding((*path, "alternatives"), what, "give each an alternative that has just these causes")
    for key in shapley["alternatives"]:
        if key not in sets:
            cure = "join causes by + in the order of `causes`"
            yield Finding((*path, "alternatives", key), f"`{key}` is not a set of the causes", offer(key, sets) or cure)


@study_check("study")
def _input_ranges_are_ranges(data: Data) -> Iterator[Finding]:
    seen: set[str] = set()
    for i, item in enumerate(data["study"]["inputs"]):
        if item["low"] > item["high"]:
            what = f"low {item['low']:g} is above high {item['high']:g}"
            yield Finding(("study", "inputs", i, "low"), what, "write the smaller number as `low`")
        if item["key"] in seen:
            yield Finding(("study", "inputs", i, "key"), f"`{item['key']}` is varied twice", "keep one of the two")
        seen.add(item["key"])


@study_check("study", "places.alert_areas")
def _tradeoff_has_its_zonings(data: Data) -> Iterator[Finding]:
    asked = data["study"]["tradeoff"]
    for i, name in enumerate(asked["zonings"] if asked else ()):
        problem = zoning_problem(name, data["places"]["alert_areas"] is not None)
        if problem is not None:
            yield Finding(("study", "tradeoff", "zonings", i), *problem)

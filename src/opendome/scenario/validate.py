"""Resolve plain data by the schema, run every check, and gather all problems with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from opendome.base.errors import Problem, ScenarioError, nearest_name
from opendome.base.params import describe_fields
from opendome.scenario.checks import STUDY_CHECKS, WORLD_CHECKS, run_checks
from opendome.scenario.document import Document
from opendome.scenario.paths import Path, dotted, find, parse_key
from opendome.scenario.problems import MAX_WORDED, Finding, Pruned, how_to_write, schema_findings
from opendome.scenario.resolve import apply_overrides
from opendome.scenario.schema import ScenarioModel
from opendome.scenario.writer import json_text

__all__ = ["fill", "resolve_document", "revise"]

_NOT_IN_ALTERNATIVES = ("scenario", "name", "study", "alternatives")
_STAND_INS: dict[str, Any] = {
    "scenario": 1,
    "name": "unnamed",
    "site": {"lat_deg": 0.0, "lon_deg": 0.0},
    "start_utc": "2000-01-01T00:00:00Z",
    "duration_day": 1.0,
}
_MOST_ROUNDS = 12
_MOST_WORK = 40_000_000
_LEAST_WORK = 4_000
"""Characters of JSON that checking all alternatives and ranges may go through; checks cost some in any case."""


def fill(data: Mapping[str, Any]) -> dict[str, Any]:
    """Check plain data by the schema and fill every gap with its default.

    Whole numbers may be written with a point (``2.0`` for 2). Values that the catalogue answers stay null.

    Raises
    ------
    pydantic.ValidationError
        The data breaks the schema.
    """
    model = ScenarioModel.model_validate_json(json_text(data), strict=True)
    return model.model_dump(mode="json", by_alias=True)


def revise(
    resolved: Mapping[str, Any], overrides: Mapping[str, Any], broken: Iterable[Path] = ()
) -> tuple[dict[str, Any], list[Finding]]:
    """Apply overrides to a resolved scenario and check what they reach.

    Parameters
    ----------
    resolved : mapping         every default filled
    overrides : mapping        dotted key with operator -> value
    broken : paths             parts that are wrong and left out of ``resolved``: checks that rely on them do not run

    Returns
    -------
    (changed, findings)
        The changed scenario, resolved; and what is wrong with it (then it is not to be used). Findings' paths are
        those of the changed scenario.

    Raises
    ------
    ScenarioError
        An override cannot be applied; each problem's ``key`` is the override's own.
    """
    changed = apply_overrides(resolved, overrides)
    touched = {key for key in changed if key not in resolved or changed[key] is not resolved[key]}
    removed = {key for key in resolved if key not in changed}
    part = {key: changed[key] for key in changed if key in touched or key in _STAND_INS}
    try:
        filled = fill(part)
    except ValidationError as error:
        return changed, schema_findings(error, ScenarioModel, part)
    result = {key: filled[key] if key in touched | removed else resolved[key] for key in filled}
    return result, run_checks(WORLD_CHECKS, result, broken, touched | removed)


def resolve_document(document: Document) -> dict[str, Any]:
    """Resolve a scenario document.

    Raises
    ------
    ScenarioError
        With every problem at once, in the order of lines: what the reader refused, what breaks the schema, what does
        not hold across keys, and what is wrong in any alternative or range of the study.
    """
    findings, resolved, pruned = _schema_pass(document)
    broken = [finding.path for finding in findings] + list(document.refused) + pruned.doomed
    if resolved is not None:
        later = run_checks(WORLD_CHECKS + STUDY_CHECKS, resolved, [*broken, *pruned.stand_ins])
        too_much = _too_much(resolved)
        if too_much is not None:
            later.append(too_much)
        else:
            later += _alternative_findings(resolved, later, broken)
            later += _range_findings(resolved, later, broken)
        findings += [Finding(pruned.original(finding.path), finding.what, finding.cure) for finding in later]
    problems = [*document.problems, *(_problem(finding, document) for finding in findings)]
    if problems or resolved is None:
        problems.sort(key=lambda problem: problem.line)
        more = Problem(f"{len(problems) - MAX_WORDED} more problems follow", file=document.file)
        raise ScenarioError(problems if len(problems) <= MAX_WORDED else [*problems[:MAX_WORDED], more])
    return resolved


def _too_much(resolved: dict[str, Any]) -> Finding | None:
    """Whether alternatives and ranges together would take too long to check, which no honest scenario does."""
    sizes = {key: len(json_text(value)) for key, value in resolved.items()}
    reached = [key for overrides in resolved["alternatives"].values() for key in overrides]
    study = resolved["study"]
    reached += [item["key"] for item in study["inputs"] for _ in ("low", "high")]
    if study["grid"]:
        reached += [axis["key"] for axis in (study["grid"]["rows"], study["grid"]["columns"]) for _ in axis["values"]]
    total = sum(sizes.get(_section(key), 0) + _LEAST_WORK for key in reached)
    if total <= _MOST_WORK:
        return None
    what = f"{len(reached)} changes in alternatives, inputs and grid reach into sections too large to check each"
    return Finding(("alternatives",), what, "put areas in a file of their own (`places.file`), or compare fewer")


def _problem(finding: Finding, document: Document) -> Problem:
    key = dotted(finding.path, document.data)
    return Problem(finding.what, key, document.file, document.line(finding.path), finding.cure)


def _schema_pass(document: Document) -> tuple[list[Finding], dict[str, Any] | None, Pruned]:
    """What breaks the schema, and the scenario resolved without the broken parts (None if even that fails)."""
    pruned = Pruned(document.data, list(document.refused))
    absent = [(key,) for key in _STAND_INS if key not in document.data]
    reported = [
        Finding(path, "is missing", how_to_write(ScenarioModel, path), is_missing=True)
        for path in absent
        if path not in document.refused
    ]
    for round_number in range(_MOST_ROUNDS):
        data = pruned.data()
        pruned.stand_ins = [(key,) for key in _STAND_INS if key not in data]
        try:
            return reported, fill({**_STAND_INS, **data}), pruned
        except ValidationError as error:
            found = schema_findings(error, ScenarioModel, data)
        if round_number == 0:
            reported += [finding for finding in found if not _is_echo(finding, document.refused)]
        pruned.doom(found)
    return reported, None, pruned


def _is_echo(finding: Finding, refused: Iterable[Path]) -> bool:
    """Whether a finding only repeats that a value refused by the reader is not there."""
    return finding.is_missing and any(finding.path == path for path in refused)


# --- alternatives ----------------------------------------------------------------------------------------------------


def _alternative_findings(resolved: dict[str, Any], known: list[Finding], broken: list[Path]) -> Iterator[Finding]:
    """What is wrong in each alternative and not already in the scenario itself."""
    already = {(dotted(finding.path, resolved), finding.what) for finding in known}
    sections = {path[0] for path in broken if path}
    for name, overrides in resolved["alternatives"].items():
        root: Path = ("alternatives", name)
        kept: dict[str, Any] = {}
        so_far = resolved
        for key, value in overrides.items():
            if _section(key) in _NOT_IN_ALTERNATIVES:
                what = f"an alternative cannot change `{_section(key)}`"
                yield Finding((*root, key), what, "it changes the world alone")
                continue
            try:
                so_far = apply_overrides(so_far, {key: value})
            except ScenarioError as error:
                if _section(key) not in sections:
                    yield from (Finding((*root, key), problem.what, problem.cure) for problem in error.problems)
                continue
            kept[key] = value
        changed, findings = revise(resolved, kept, broken)
        for finding in findings:
            if (dotted(finding.path, changed), finding.what) not in already:
                yield _at_override(finding, root, kept, changed)


def _section(key: str) -> str:
    """Outermost key that a dotted key reaches into."""
    return re.split(r"[.\[+-]", key, maxsplit=1)[0]


def _at_override(finding: Finding, root: Path, overrides: Mapping[str, Any], changed: dict[str, Any]) -> Finding:
    """Move a finding in a changed scenario to the override that brought it about."""
    text = dotted(finding.path, changed)
    best: Path = root
    longest = -1
    for key, value in overrides.items():
        steps, operator = parse_key(key)
        body = key[: len(key) - len(operator)]
        is_inside = text == body or text.startswith((f"{body}.", f"{body}["))
        if len(body) > longest and (is_inside or body.startswith((f"{text}.", f"{text}["))):
            longest = len(body)
            best = (*root, key, *_inside(finding.path, len(steps), operator, value, changed))
    what = finding.what if best[-1:] == finding.path[-1:] else f"{finding.what} (in `{text}`)"
    return Finding(best, what, finding.cure)


def _inside(path: Path, n_steps: int, operator: str, value: Any, changed: Any) -> Path:
    """What remains of a path inside the value of an override whose key is ``n_steps`` long."""
    rest = path[n_steps:]
    if operator == "-" or not rest:
        return ()
    if operator == "+" and isinstance(value, list):
        here = changed
        for step in path[:n_steps]:
            here = here[step]
        place = rest[0] - (len(here) - len(value)) if isinstance(rest[0], int) else -1
        return (place, *rest[1:]) if place >= 0 else ()
    return rest


# --- ranges of the study ---------------------------------------------------------------------------------------------


def _range_findings(resolved: dict[str, Any], known: list[Finding], broken: list[Path]) -> Iterator[Finding]:
    """What is wrong with the keys and values of inputs and of the grid."""
    if any(path[:2] == ("study", "inputs") or path == ("study",) for path in broken):
        return
    sections = {path[0] for path in broken if path}
    study = resolved["study"]
    ranges: list[tuple[Path, dict[str, Any], list[tuple[Path, float]]]] = []
    for i, item in enumerate(study["inputs"]):
        root: Path = ("study", "inputs", i)
        ranges.append((root, item, [((*root, "low"), item["low"]), ((*root, "high"), item["high"])]))
    for axis in ("rows", "columns"):
        if study["grid"]:
            root = ("study", "grid", axis)
            item = study["grid"][axis]
            ranges.append((root, item, [((*root, "values", i), value) for i, value in enumerate(item["values"])]))
    already = {finding.what for finding in known}
    for root, item, ends in ranges:
        wrong = _key_finding(resolved, item["key"])
        if wrong is not None:
            if _section(item["key"]) in sections:
                continue
            yield Finding((*root, "key"), *wrong)
            continue
        for path, value in ends:
            _, findings = revise(resolved, {item["key"]: value}, broken)
            for finding in findings[:1]:
                if finding.what not in already:
                    yield Finding(path, f"`{item['key']}` {finding.what}", finding.cure)


def _key_finding(resolved: dict[str, Any], key: str) -> tuple[str, str] | None:
    """What is wrong with a key that is to be varied: it has to name a number of the scenario or of the catalogue."""
    try:
        steps, operator = parse_key(key)
    except ValueError as error:
        return f"`{key}` is {error}", ""
    if operator:
        return f"`{key}` ends in an operator", f"write `{key[:-1]}`"
    is_catalogue_key = (steps[0] == "assumptions" and len(steps) == 3) or (
        steps[:2] == ("threats", "classes") and len(steps) == 4
    )
    try:
        value = find(resolved, key)
    except KeyError:
        if is_catalogue_key:
            return None
        cure = nearest_name(key, [note.key for note in describe_fields(ScenarioModel) if note.unit])
        return f"there is no `{key}` in the scenario", cure
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return None
    return f"`{key}` is not a number", "an input varies one number"

"""What a case of validation is: targets that are declared beforehand, and findings that are measured afterwards.

A case `some-name` has two files: ``declared/some-name.yaml`` holds its question, inputs, sources and targets, and is
committed before the case is run for the first time; the module ``some_name`` beside this one has one function,
``run(declared, effort) -> list[Finding]``, which measures. The verdict is arithmetic on the two, made here.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, model_validator

from opendome.base.errors import CommandError, nearest_name
from opendome.base.params import Parameters

__all__ = [
    "Declared",
    "Effort",
    "Finding",
    "Target",
    "Verdict",
    "case_names",
    "declared_case",
    "run_case",
    "verdict_of",
]

_FOLDER = "opendome.study.cases"

CaseName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]

Verdict = Literal["inside", "outside", "expected miss", "told", "not measured"]
"""`told`: nothing is asked of the figure. `expected miss`: outside, as was named beforehand. `not measured`: the
finding has no value and its note says why, as where a peer is not installed."""


class Target(Parameters):
    """One figure that the case asks about: what was published of it, and what is asked of the simulation."""

    id: CaseName
    """Name of the figure within its case."""

    words: str
    """Words for people."""

    unit: str
    """Unit of published and simulated value; `1` for a pure number."""

    low: float | None = None
    """Lowest published value, or lower margin, inclusive; conflicting sources make a range. Null: open."""

    high: float | None = None
    """Highest published value, or upper margin, inclusive. Null: open."""

    kind: Literal["published", "margin", "exact"] = "published"
    """`published`: what sources say; `margin`: a goal fixed before the first run; `exact`: a closed form or proof."""

    judged_by: Literal["value", "interval", "nothing"] = "value"
    """`value`: the simulated value must lie within low and high; `interval`: the simulated interval must meet them;
    `nothing`: both are printed and nothing is asked."""

    sources: tuple[str, ...] = ()
    """Where the figure comes from: ids of the catalogue's sources, titles, addresses."""

    confidence: str = ""
    """How good the source is, in the catalogue's words."""

    note: str = ""
    """What to know of the figure."""

    expected_miss: str = ""
    """Why a miss is expected, written before the first run; empty: none is."""

    why: str = ""
    """Why the figure lies outside, written after the run; never a change of a margin."""

    @model_validator(mode="after")
    def _is_sound(self) -> Target:
        if self.judged_by != "nothing" and self.low is None and self.high is None:
            raise ValueError(f"target {self.id}: a judged target needs low or high")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"target {self.id}: low {self.low} is above high {self.high}")
        return self


class Declared(Parameters):
    """A case as it was declared before its first run."""

    name: CaseName
    """Name of the case, as in `opendome validate --case NAME`."""

    title: str
    """One line for people."""

    question: str
    """What the case asks."""

    inputs: tuple[str, ...]
    """Every input, with its source; a published figure used here is used in no check."""

    campaigns: tuple[str, ...] = ()
    """Campaigns whose figures are checks here."""

    cost: Literal["quick", "long"] = "quick"
    """`quick`: a few seconds, run by the tests; `long`: minutes."""

    settings: dict[str, Any] = Field(default_factory=dict)
    """Seeds, replications and other fixed numbers of the case."""

    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
    """The figures asked about."""

    def target(self, target_id: str) -> Target:
        """The target of that id; KeyError if the case has none."""
        return {target.id: target for target in self.targets}[target_id]


class Effort(NamedTuple):
    """Means to run a case with: number of workers, and whom to tell how much is done (a share from 0 to 1)."""

    workers: int = 1
    progress: Callable[[float], None] | None = None


@dataclass(frozen=True)
class Finding:
    """What the program measured for one target: a value, its interval (equal ends: exact), and the sample's size."""

    target: str
    value: float
    low: float
    high: float
    n: int = 0
    interval: str = "95 %"
    note: str = ""


def case_names() -> tuple[str, ...]:
    """Names of all declared cases, sorted."""
    entries = files(_FOLDER).joinpath("declared").iterdir()
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml")))


@functools.cache
def declared_case(name: str) -> Declared:
    """A case as declared.

    Raises
    ------
    CommandError
        No case has that name; says the nearest one.
    """
    from ruamel.yaml import YAML

    names = case_names()
    if name not in names:
        raise CommandError(f"unknown case `{name}`: {nearest_name(name, names) or 'known: ' + ', '.join(names)}")
    text = files(_FOLDER).joinpath("declared").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return Declared.model_validate(YAML(typ="safe", pure=True).load(text))


def run_case(name: str, effort: Effort = Effort()) -> list[Finding]:  # noqa: B008
    """Measure a case; one finding for each target, in their order."""
    declared = declared_case(name)
    module = importlib.import_module(f"{_FOLDER}.{name.replace('-', '_')}")
    findings = {finding.target: finding for finding in module.run(declared, effort)}
    return [findings[target.id] for target in declared.targets]


def verdict_of(target: Target, finding: Finding) -> Verdict:
    """Compare a finding with its target.

    >>> verdict_of(Target(id="a", words="a", unit="1", low=1, high=2), Finding("a", 1.5, 0.9, 2.1))
    'inside'
    """
    if math.isnan(finding.value) and finding.note:
        return "not measured"
    if target.judged_by == "nothing":
        return "told"
    low = -math.inf if target.low is None else target.low
    high = math.inf if target.high is None else target.high
    if target.judged_by == "interval":
        is_inside = finding.low <= high and finding.high >= low
    else:
        is_inside = low <= finding.value <= high
    if is_inside:
        return "inside"
    return "expected miss" if target.expected_miss else "outside"

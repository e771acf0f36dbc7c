"""The scenario as the rest of the program sees it: resolved, frozen, and able to become another one."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from opendome.base.errors import CommandError, Problem, ScenarioError, nearest_name
from opendome.picture.fitted import curves_path
from opendome.places.zoning_names import is_zone_file
from opendome.raid.parameters import record_path
from opendome.scenario.document import Document
from opendome.scenario.paths import dotted, find
from opendome.scenario.problems import Finding
from opendome.scenario.schema import ScenarioModel, utc_text
from opendome.scenario.validate import resolve_document, revise
from opendome.scenario.writer import digest, json_text, to_yaml

__all__ = ["BASELINE", "Scenario", "build"]

BASELINE = "as-is"
"""The alternative that changes nothing; it exists in every scenario."""

_NOT_OF_THE_WORLD = ("study", "alternatives", "name", "title", "description", "question")
_OF_ALTERNATIVES = ("baseline", "labels", "shapley", "inputs", "grid")


class Scenario:
    """A resolved scenario. Two scenarios are equal when their resolved values are.

    Attributes
    ----------
    data : dict            every value, defaults filled in, as plain data; null asks the catalogue. Not to be changed:
                           `override` gives a changed copy
    file : str             file it was read from; '' for one from text
    alternative_name : str the alternative whose overrides are in `data`; '' for the scenario as written
    """

    def __init__(
        self,
        data: dict[str, Any],
        file: str = "",
        *,
        alternative_name: str = "",
        _written: dict[str, Any] | None = None,
        _calls: tuple[dict[str, Any], ...] = (),
    ) -> None:
        self._data = data
        self._file = file
        self._alternative_name = alternative_name
        self._written = data if _written is None else _written
        self._calls = _calls

    @property
    def data(self) -> dict[str, Any]:
        """Every value as plain data."""
        return self._data

    @property
    def file(self) -> str:
        """File the scenario was read from."""
        return self._file

    @property
    def alternative_name(self) -> str:
        """The alternative whose overrides are in `data`."""
        return self._alternative_name

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return str(self.data["name"])

    @cached_property
    def model(self) -> ScenarioModel:
        """The rooms' parameter objects."""
        return ScenarioModel.model_validate_json(json_text(self.data), strict=True)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything in the scenario, in hexadecimal."""
        return digest(self.data)

    @cached_property
    def world_hash(self) -> str:
        """SHA-256 of what one replication can depend on: no texts, alternatives or study; files it names included."""
        world = {key: value for key, value in self.data.items() if key not in _NOT_OF_THE_WORLD}
        contents = [hashlib.sha256(path.read_bytes()).hexdigest() for path in self.files if path.is_file()]
        return digest({**world, "files_sha256": contents})

    @property
    def folder(self) -> Path:
        """Folder that paths in the scenario count from: that of its file."""
        return Path(self.file).parent

    @property
    def file_keys(self) -> dict[str, Path]:
        """Files that the scenario names, by key: areas, terrain, zones, curves (bundled ones too), a record."""
        places, zoning = self.data["places"], self.data["warning"]["zoning"]
        found = {f"places.{key}": self.folder / places[key] for key in ("file", "terrain") if places[key] is not None}
        if is_zone_file(zoning):
            found["warning.zoning"] = self.folder / zoning
        curves = self.data["picture"]["curves"]
        if curves is not None:
            found["picture.curves"] = curves_path(curves, self.folder)
        recorded = (self.data["threats"]["raid"] or {}).get("recorded")
        if recorded is not None:
            found["threats.raid.recorded.alerts"] = record_path(recorded["alerts"], self.folder)
        return found

    @property
    def files(self) -> list[Path]:
        """Paths of `file_keys`."""
        return list(self.file_keys.values())

    def get(self, key: str) -> Any:
        """Value at a dotted key, such as ``batteries[b1].launchers``.

        Raises
        ------
        CommandError
            Nothing stands there.
        """
        try:
            return find(self.data, key)
        except (KeyError, ValueError) as error:
            raise CommandError(f"no key `{key}` in the scenario: {error.args[0]}") from None

    def override(self, overrides: Mapping[str, Any]) -> Scenario:
        """Change values, as strongest of all: over the file and over an alternative chosen before or later.

        Parameters
        ----------
        overrides : mapping    dotted key with operator -> value, as under `alternatives` (``scenario/resolve.py``)

        Raises
        ------
        ScenarioError
            With every override that cannot be applied or makes a scenario that cannot be run.
        """
        values = _plain_overrides(overrides)
        changed = _revised(self.data, values)
        return Scenario(
            changed,
            self.file,
            alternative_name=self.alternative_name,
            _written=self._written,
            _calls=(*self._calls, values),
        )

    def rebased(self, overrides: Mapping[str, Any]) -> Scenario:
        """Change values as if the scenario file had said so: alternatives chosen later work on the changed values.

        Raises
        ------
        ScenarioError
            As `override`; also if an alternative or an earlier `override` no longer fits.
        """
        written = _revised(self._written, _plain_overrides(overrides))
        return Scenario(written, self.file)._with(self.alternative_name, self._calls)

    def alternatives(self) -> list[str]:
        """Names of the alternatives in the order written; ``as-is`` comes first where it is not written."""
        names = list(self.data["alternatives"])
        return names if BASELINE in names else [BASELINE, *names]

    def alternative(self, name: str) -> Scenario:
        """The scenario of one alternative: its overrides, then those of earlier calls of `override`.

        What compares alternatives (baseline, labels, causes, inputs, grid) is not in the result, nor are the other
        alternatives: of an alternative, ``as-is`` is the alternative itself.

        Raises
        ------
        CommandError
            There is no such alternative.
        ScenarioError
            Its overrides do not fit what `override` has changed.
        """
        if name not in self.alternatives():
            hint = nearest_name(name, self.alternatives()) or f"alternatives are {', '.join(self.alternatives())}"
            raise CommandError(f"there is no alternative `{name}`: {hint}")
        return self if self.alternative_name else self._with(name, self._calls)

    def _with(self, name: str, calls: tuple[dict[str, Any], ...]) -> Scenario:
        """The file's values, an alternative's overrides ('' for none), then those of calls."""
        data = self._written
        if name:
            overrides = self.data["alternatives"].get(name, {})
            data = _revised(_alone(data), overrides)
        for values in calls:
            data = _revised(data, values)
        return Scenario(data, self.file, alternative_name=name, _written=self._written, _calls=calls)

    def to_yaml(self) -> str:
        """Write the resolved scenario as YAML; reading the text gives an equal scenario."""
        return to_yaml(self.data)

    def __eq__(self, other: object) -> bool:
        return self.hash == other.hash if isinstance(other, Scenario) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        chosen = f", alternative {self.alternative_name!r}" if self.alternative_name else ""
        return f"<Scenario {self.name!r}{chosen}, {self.hash[:12]}>"


def build(document: Document) -> Scenario:
    """Resolve and check a document that has been read.

    Raises
    ------
    ScenarioError
        With every problem at once.
    """
    return Scenario(resolve_document(document), document.file)


def _alone(data: dict[str, Any]) -> dict[str, Any]:
    """The values without alternatives and without what compares them."""
    study = {key: value for key, value in data["study"].items() if key not in _OF_ALTERNATIVES}
    bare: dict[str, Any] = {"baseline": BASELINE, "labels": {}, "shapley": None, "inputs": [], "grid": None}
    ordered = {key: study.get(key, bare.get(key)) for key in data["study"]}
    return {**data, "alternatives": {}, "study": ordered}


def _revised(data: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    changed, findings = revise(data, overrides)
    if findings:
        raise ScenarioError(_call_problem(finding, changed) for finding in findings)
    return changed


def _call_problem(finding: Finding, data: dict[str, Any]) -> Problem:
    return Problem(finding.what, dotted(finding.path, data), cure=finding.cure)


def _plain_overrides(overrides: Mapping[str, Any]) -> dict[str, Any]:
    problems = []
    plain = {}
    for key, value in overrides.items():
        try:
            plain[str(key)] = _plain(value)
        except ValueError as error:
            problems.append(Problem(str(error), key=str(key), cure="give numbers, text, lists and mappings"))
    if problems:
        raise ScenarioError(problems)
    return plain


def _plain(value: Any, depth: int = 0) -> Any:
    """Values of Python and NumPy as the plain data that a file would hold."""
    if depth > 40:
        raise ValueError("nested deeper than 40 levels")
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, depth + 1) for inner in value]
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist") and not isinstance(value, str | int | float):
        return _plain(value.tolist(), depth + 1)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value) or abs(value) > 1e15:
            raise ValueError(f"{value} is not a number the model can use")
        return float(value)
    if isinstance(value, int):
        if abs(value) > 10**15:
            raise ValueError(f"{value} is too large")
        return int(value)
    raise ValueError(f"a {type(value).__name__} cannot stand in a scenario")

"""Run cases of validation, keep each as it is finished, and say what came of them.

A finished case is one file ``NAME.json`` in the folder: its findings, and a mark of what was declared. Taken up again,
a case whose settings and targets are as they were is read and not run. Verdicts are made when they are asked for, from
the targets as they stand: a reason written after the run changes no finding.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from opendome.base.errors import RunError
from opendome.study.cases.case import Declared, Effort, Finding, Target, Verdict, declared_case, run_case, verdict_of
from opendome.study.paired import Interval, wilson

__all__ = ["CasePlan", "CaseRecord", "Line", "Watch", "inside_share", "is_passed", "planned_case", "run_cases"]

_WEIGHT = {"quick": 1.0, "long": 10.0}
"""How much of the whole a case is taken to be, for the time left."""


class Line(NamedTuple):
    """One figure of a case: what was asked, what was measured, and how the two stand to one another."""

    target: Target
    finding: Finding
    verdict: Verdict


@dataclass(frozen=True)
class CaseRecord:
    """A case that has been run."""

    declared: Declared
    findings: tuple[Finding, ...]

    @property
    def lines(self) -> list[Line]:
        """Every figure with its verdict, in the order of the targets."""
        targets = self.declared.targets
        return [Line(one, found, verdict_of(one, found)) for one, found in zip(targets, self.findings)]


@dataclass(frozen=True)
class CasePlan:
    """A case that can be run: what is declared, and the function that measures."""

    declared: Declared
    measure: Callable[[Effort], Sequence[Finding]]


class Watch(NamedTuple):
    """Whom to tell: ``progress`` gets the share of the whole and the case at work, ``finished`` each record."""

    progress: Callable[[float, str], None] = lambda share, name: None
    finished: Callable[[CaseRecord, bool], None] = lambda record, is_read: None


def planned_case(name: str) -> CasePlan:
    """A declared case by its name.

    Raises
    ------
    CommandError
        No case has that name; says the nearest one.
    """
    return CasePlan(declared_case(name), lambda effort: run_case(name, effort))


def run_cases(
    plans: Sequence[CasePlan],
    *,
    workers: int = 1,
    out: Path | None = None,
    resume: bool = False,
    watch: Watch | None = None,
) -> list[CaseRecord]:
    """Run cases one after the other; every finished one is kept at once.

    Parameters
    ----------
    plans : sequence of CasePlan
    workers : int           workers for each case; findings do not depend on it
    out : Path, optional    folder for one JSON file a case
    resume : bool           read what is finished there, where settings and targets are as they were
    watch : Watch           whom to tell

    Raises
    ------
    RunError
        A case failed; the others were run all the same, and are kept.
    """
    told = watch or Watch()
    weights = [_WEIGHT[plan.declared.cost] for plan in plans]
    records, failed = [], []
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    for i, plan in enumerate(plans):
        name = plan.declared.name
        tell = _share_teller(told, name, sum(weights[:i]) / sum(weights), weights[i] / sum(weights))
        tell(0.0)
        record = _read(out, plan.declared) if resume and out is not None else None
        if record is not None:
            told.finished(record, True)
        else:
            try:
                record = CaseRecord(plan.declared, tuple(plan.measure(Effort(workers, tell))))
            except Exception as error:
                failed.append(f"{name}: {type(error).__name__}: {error}")
                continue
            if out is not None:
                _write(out, record)
            told.finished(record, False)
        records.append(record)
    if failed:
        raise RunError("these cases failed; the others were run and kept:\n  " + "\n  ".join(failed))
    return records


def _share_teller(told: Watch, name: str, before: float, width: float) -> Callable[[float], None]:
    """A function that takes the share of one case and tells the share of the whole."""
    return lambda share: told.progress(before + width * share, name)


def _mark(declared: Declared) -> str:
    """A mark of all that findings depend on: settings and the figures asked for."""
    told = {"settings": declared.settings, "targets": [target.id for target in declared.targets]}
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _write(out: Path, record: CaseRecord) -> None:
    findings = [{key: _plain(value) for key, value in asdict(found).items()} for found in record.findings]
    text = json.dumps({"case": record.declared.name, "mark": _mark(record.declared), "findings": findings}, indent=1)
    partial = out / f"{record.declared.name}.json.part"
    partial.write_text(text + "\n", encoding="utf-8", newline="\n")
    partial.replace(out / f"{record.declared.name}.json")


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _read(out: Path, declared: Declared) -> CaseRecord | None:
    """A finished case; None where there is none, or where it was declared otherwise."""
    file = out / f"{declared.name}.json"
    if not file.is_file():
        return None
    data = json.loads(file.read_text(encoding="utf-8"))
    if data["mark"] != _mark(declared):
        return None
    return CaseRecord(declared, tuple(_finding(row) for row in data["findings"]))


def _finding(row: dict[str, Any]) -> Finding:
    filled: dict[str, Any] = {key: math.nan if value is None else value for key, value in row.items()}
    return Finding(**filled)


def is_passed(records: Iterable[CaseRecord]) -> bool:
    """Whether every judged figure lies inside, or outside as was named beforehand."""
    return all(line.verdict != "outside" for record in records for line in record.lines)


def inside_share(records: Iterable[CaseRecord], kinds: Sequence[str] = ("published", "margin", "exact")) -> Interval:
    """Share of the judged figures of some kinds that lie inside, with Wilson's interval; misses foreseen count."""
    verdicts = [line.verdict for record in records for line in record.lines if line.target.kind in kinds]
    judged = [one for one in verdicts if one in ("inside", "outside", "expected miss")]
    return wilson(judged.count("inside"), len(judged))

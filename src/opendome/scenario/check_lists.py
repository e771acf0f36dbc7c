"""The lists of checks, and running them.

Each check looks at a resolved scenario as plain data and yields findings. It names the parts of the scenario that it
relies on, and is left out while one of them is broken, so that one mistake is reported once.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any

from opendome.base.errors import nearest_name
from opendome.scenario.paths import Path
from opendome.scenario.problems import Finding

__all__ = ["STUDY_CHECKS", "WORLD_CHECKS", "Data", "offer", "run_checks", "study_check", "world_check"]

Data = dict[str, Any]
Check = Callable[[Data], Iterator[Finding]]

WORLD_CHECKS: list[tuple[tuple[Path, ...], Check]] = []
"""Checks of the world that one alternative describes."""

STUDY_CHECKS: list[tuple[tuple[Path, ...], Check]] = []
"""Checks of what a study compares and varies."""


def run_checks(
    checks: Iterable[tuple[tuple[Path, ...], Check]],
    data: Data,
    broken: Iterable[Path] = (),
    sections: Container[str] | None = None,
) -> list[Finding]:
    """Run checks on a resolved scenario.

    Parameters
    ----------
    checks : ``WORLD_CHECKS`` or ``STUDY_CHECKS``
    data : dict                plain data, every default filled
    broken : paths             parts that are known to be wrong; checks that rely on them are left out
    sections : outermost keys that have changed; checks that rely on others alone are left out. None: run all
    """
    bad = list(broken)
    findings: list[Finding] = []
    for relied_on, check in checks:
        if sections is not None and relied_on and not any(part[0] in sections for part in relied_on):
            continue
        if not any(_overlap(path, part) for path in bad for part in relied_on):
            findings += check(data)
    return findings


def _overlap(a: Path, b: Path) -> bool:
    length = min(len(a), len(b))
    return a[:length] == b[:length]


def world_check(*relied_on: str) -> Callable[[Check], Check]:
    """Put a check into ``WORLD_CHECKS``; the dotted keys are what it relies on."""
    return _listed(WORLD_CHECKS, relied_on)


def study_check(*relied_on: str) -> Callable[[Check], Check]:
    """Put a check into ``STUDY_CHECKS``; the dotted keys are what it relies on."""
    return _listed(STUDY_CHECKS, relied_on)


def _listed(checks: list[tuple[tuple[Path, ...], Check]], relied_on: Iterable[str]) -> Callable[[Check], Check]:
    def add(check: Check) -> Check:
        checks.append((tuple(tuple(part.split(".")) for part in relied_on), check))
        return check

    return add


def offer(name: str, known: Iterable[str]) -> str:
    """Offer the nearest known name, or say which are known."""
    names = list(known)
    return nearest_name(name, names) or (f"known are {', '.join(names[:12])}" if names else "")

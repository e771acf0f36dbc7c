"""Errors that teach: where, what, and what to write instead.

The tree::

    OpenDomeError
    ├── ScenarioError      one or more problems in a scenario file (command line exit code 1)
    ├── CommandError       a command or call that cannot mean anything (exit code 2)
    └── RunError           a run that started and could not finish (exit code 3)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["CommandError", "OpenDomeError", "Problem", "ProblemList", "RunError", "ScenarioError", "nearest_name"]


class OpenDomeError(Exception):
    """Base of every error that OpenDome raises on purpose."""


class CommandError(OpenDomeError, ValueError):
    """A call or command that cannot be carried out as written; the message says what to write instead."""


class RunError(OpenDomeError, RuntimeError):
    """A run that started and could not finish; what was finished is kept."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file.

    ``file`` and ``line`` may be unknown (empty, 0); ``key`` is the dotted key; ``cure`` says what to write instead.
    """

    what: str
    key: str = ""
    file: str = ""
    line: int = 0
    cure: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file and self.line else (f"{self.file}: " if self.file else "")
        key = f"{self.key}: " if self.key else ""
        cure = f" ({self.cure})" if self.cure else ""
        return f"{where}{key}{self.what}{cure}"


class ScenarioError(OpenDomeError, ValueError):
    """All problems found in a scenario, at once. ``problems`` holds them one by one."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        count = len(self.problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the scenario:\n{lines}")


@dataclass
class ProblemList:
    """Gathers problems so that a check never stops at the first."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, what: str, *, key: str = "", file: str = "", line: int = 0, cure: str = "") -> None:
        """Note one problem."""
        self.problems.append(Problem(what, key, file, line, cure))

    def raise_if_any(self) -> None:
        """Raise ScenarioError with everything gathered, if anything was."""
        if self.problems:
            raise ScenarioError(self.problems)


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Phrase 'did you mean X?' for the known name nearest to ``name``, or '' when none is near."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean `{matches[0]}`?" if matches else ""

"""Turn YAML 1.2 text into plain data, with the line of every key, and nothing else.

It takes the parser's events one by one and builds plain dictionaries, lists, strings, numbers, truth values
and nulls itself (YAML 1.2 core schema: ``no`` and ``2024-01-01`` are text). It refuses, with the line, everything that
could surprise: keys written twice, tags, anchors and aliases, infinity and NaN, second documents, and files beyond
the limits below. Hostile text costs bounded time and ends in a ``ScenarioError``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from opendome.base.errors import Problem, ScenarioError
from opendome.scenario.paths import Path as KeyPath
from opendome.scenario.paths import dotted

__all__ = ["MAX_BYTES", "Document", "read_text"]

MAX_BYTES = 5_000_000
MAX_NODES = 200_000
MAX_DEPTH = 40
MAX_MAGNITUDE = 1e15
MAX_KEY_LENGTH = 300
MAX_PROBLEMS = 100

_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL_OR_HEX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_RAW_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Document:
    """What stood in a scenario file.

    ``data`` is plain data; ``lines`` gives the line (from 1) of each key by its path; ``problems`` is what the reader
    refused. A refused value stands in ``data`` as null.
    """

    file: str
    data: dict[str, Any]
    lines: dict[KeyPath, int]
    problems: tuple[Problem, ...] = ()
    refused: frozenset[KeyPath] = frozenset()

    def line(self, path: KeyPath) -> int:
        """Line of a key, or of the nearest thing around it that has a line; 0 if nothing has."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 0

    def line_of(self, key: str) -> int:
        """Line of a dotted key such as ``batteries[b1].launchers``; 0 if it does not stand in the file."""
        for path, line in self.lines.items():
            if dotted(path, self.data) == key:
                return line
        return 0


class _StopReadingError(Exception):
    """A limit was passed: what has been gathered is reported and nothing more is read."""


@dataclass
class _Frame:
    """A mapping or list that is being filled."""

    container: dict[str, Any] | list[Any]
    path: KeyPath
    is_kept: bool
    key: str | None = None
    key_is_kept: bool = True
    has_key: bool = False


@dataclass
class _Builder:
    """Turns parser events into plain data; gathers lines and problems."""

    file: str
    root: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    refused: set[KeyPath] = field(default_factory=set)
    frames: list[_Frame] = field(default_factory=list)
    n_nodes: int = 0
    n_documents: int = 0
    line: int = 1

    def take(self, event: Any) -> None:
        """Take one parser event."""
        kind = type(event).__name__
        self.line = line = event.start_mark.line + 1
        if kind == "DocumentStartEvent":
            self._start_document(event, line)
        elif kind == "AliasEvent":
            self._count(line)
            path = self._refuse_value("an alias (*name) is not read", line, "write the value out")
            self._store(None, path, line)
        elif kind == "ScalarEvent":
            self._scalar(event, line)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._open({} if kind == "MappingStartEvent" else [], event, line)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.frames.pop()

    def problem(self, what: str, path: KeyPath, line: int, cure: str = "") -> None:
        """Note a problem; stop when there are too many to be of use."""
        key = dotted(path, self.root if isinstance(self.root, dict) else {})
        self.problems.append(Problem(what, key, self.file, line, cure))
        if len(self.problems) >= MAX_PROBLEMS:
            self.problems.append(Problem("more problems follow; these are the first", file=self.file, line=line))
            raise _StopReadingError

    def _start_document(self, event: Any, line: int) -> None:
        self.n_documents += 1
        if self.n_documents > 1:
            self.problem("a second document begins here (---)", (), line, "keep one scenario to a file")
            raise _StopReadingError
        if event.version is not None and tuple(event.version) != (1, 2):
            number = ".".join(str(part) for part in event.version)
            self.problem(f"YAML {number} is not read", (), line, "leave the %YAML line out: files are YAML 1.2")

    def _count(self, line: int) -> None:
        self.n_nodes += 1
        if self.n_nodes > MAX_NODES:
            self.problem(f"more than {MAX_NODES} values in one file", (), line, "put areas in a file of their own")
            raise _StopReadingError

    def _next_path(self) -> tuple[KeyPath, bool]:
        if not self.frames:
            return (), True
        frame = self.frames[-1]
        if isinstance(frame.container, list):
            return (*frame.path, len(frame.container)), frame.is_kept
        return (*frame.path, frame.key or ""), frame.is_kept and frame.key_is_kept

    def _expects_key(self) -> bool:
        return bool(self.frames) and isinstance(self.frames[-1].container, dict) and not self.frames[-1].has_key

    def _refuse_value(self, what: str, line: int, cure: str) -> KeyPath:
        path, is_kept = self._next_path()
        if self._expects_key():
            path = self.frames[-1].path
        elif is_kept:
            self.refused.add(path)
        if is_kept:
            self.problem(what, path, line, cure)
        return path

    def _marks(self, event: Any, line: int) -> None:
        """Refuse anchors and tags, wherever they stand."""
        if event.anchor is not None:
            self._refuse_value("an anchor (&name) is not read", line, "write the value out where it is needed")
        if event.tag is not None:
            self._refuse_value(f"a tag ({str(event.tag)[:60]}) is not read", line, "write plain values only")

    def _open(self, container: dict[str, Any] | list[Any], event: Any, line: int) -> None:
        self._count(line)
        if len(self.frames) >= MAX_DEPTH:
            self.problem(f"nested deeper than {MAX_DEPTH} levels", (), line, "no scenario key lies that deep")
            raise _StopReadingError
        self._marks(event, line)
        if self._expects_key():
            path = self.frames[-1].path
            self.problem("a key must be text, not a list or mapping", path, line, "write `key: value`")
            self._take_key("", line, is_kept=False)
            self.frames.append(_Frame(container, path, False))
            return
        path, is_kept = self._next_path()
        self._store(container, path, line)
        self.frames.append(_Frame(container, path, is_kept))

    def _scalar(self, event: Any, line: int) -> None:
        self._count(line)
        self._marks(event, line)
        is_plain = event.style is None or event.style == ""
        if self._expects_key():
            self._key(event.value, is_plain, line)
            return
        path, _ = self._next_path()
        value = event.value
        if is_plain:
            value, what, cure = _plain_value(event.value)
            if what:
                self._refuse_value(what, line, cure)
        if isinstance(value, str) and _UNPRINTABLE.search(value):
            self._refuse_value("text holds characters that cannot be printed", line, "take them out")
            value = None
        self._store(value, path, line)

    def _key(self, text: str, is_plain: bool, line: int) -> None:
        frame = self.frames[-1]
        value = _plain_value(text)[0] if is_plain else text
        is_kept = False
        if is_plain and text == "<<":
            self.problem("a merge (<<) is not read", frame.path, line, "write the keys out")
        elif not isinstance(value, str) or len(text) > MAX_KEY_LENGTH or _UNPRINTABLE.search(text):
            shown = text if len(text) <= 40 else text[:40] + "..."
            cure = f'put quotes round it: "{shown}"' if len(text) <= 40 and text else "write `key: value`"
            self.problem(f"a key must be a short text, not {_UNPRINTABLE.sub('?', shown)!r}", frame.path, line, cure)
        elif isinstance(frame.container, dict) and text in frame.container:
            path = (*frame.path, text)
            first = self.lines.get(path, 0)
            self.problem(f"written twice, first on line {first}", path, line, "keep one of the two")
        else:
            is_kept = True
        self._take_key(text, line, is_kept)

    def _take_key(self, text: str, line: int, is_kept: bool) -> None:
        frame = self.frames[-1]
        frame.key, frame.key_is_kept, frame.has_key = text, is_kept, True
        if is_kept and frame.is_kept:
            self.lines[(*frame.path, text)] = line

    def _store(self, value: Any, path: KeyPath, line: int) -> None:
        if not self.frames:
            self.root = value
            self.lines[()] = line
            return
        frame = self.frames[-1]
        if isinstance(frame.container, list):
            if frame.is_kept:
                self.lines[path] = line
            frame.container.append(value)
            return
        if not frame.has_key:
            self._take_key("", line, is_kept=False)
            return
        if frame.key_is_kept:
            frame.container[frame.key or ""] = value
        frame.has_key = False


def _plain_value(text: str) -> tuple[Any, str, str]:
    """Value of an unquoted scalar by the YAML 1.2 core schema, with what is wrong with it and the cure."""
    if text in _WORDS:
        return _WORDS[text], "", ""
    if _NOT_FINITE.fullmatch(text):
        return None, f"{text} is not a number the model can use", "write a finite number"
    number = _number(text)
    if number is None:
        return text, "", ""
    if abs(number) > MAX_MAGNITUDE:
        shown = text if len(text) <= 24 else text[:24] + "..."
        return None, f"the number {shown} is too large", f"no figure of a scenario is beyond {MAX_MAGNITUDE:.0e}"
    return number, "", ""


def _number(text: str) -> int | float | None:
    """Number that an unquoted scalar stands for; None for text; infinity for more digits than any figure has."""
    if _OCTAL_OR_HEX.fullmatch(text):
        return int(text, 0) if len(text) <= 40 else float("inf")
    if _INT.fullmatch(text):
        return int(text) if len(text) <= 40 else float("inf")
    return float(text) if _FLOAT.fullmatch(text) else None


def _events(text: str) -> Iterator[Any]:
    """Events of the parser, one at a time."""
    from ruamel.yaml import YAML

    yield from YAML(typ="safe", pure=True).parse(text)


def read_text(text: str, file: str = "") -> Document:
    """Read scenario text into plain data.

    Parameters
    ----------
    text : str    YAML 1.2
    file : str    name to print in front of line numbers

    Returns
    -------
    Document      data, lines and the problems that do not stop the reading (a value refused here and there)

    Raises
    ------
    ScenarioError
        The text is no mapping at all, breaks the syntax, or passes a limit.
    """
    from ruamel.yaml.error import MarkedYAMLError

    if damaged := _RAW_UNPRINTABLE.search(text):
        line = text.count("\n", 0, damaged.start()) + 1
        raise ScenarioError([Problem("a character that cannot be printed", file=file, line=line, cure="take it out")])
    builder = _Builder(file)
    try:
        for event in _events(text):
            builder.take(event)
    except _StopReadingError:
        raise ScenarioError(builder.problems) from None
    except MarkedYAMLError as error:
        raise ScenarioError([*builder.problems, _syntax_problem(error, file)]) from None
    except Exception as error:  # the parser also fails with plain errors of many types on damaged text
        what = f"this cannot be read as YAML ({type(error).__name__})"
        cure = "look for damaged characters and escapes at or below this line"
        raise ScenarioError([*builder.problems, Problem(what, file=file, line=builder.line, cure=cure)]) from None
    if not isinstance(builder.root, dict):
        what = "there is nothing here" if builder.root is None else "this is not a mapping of keys to values"
        cure = "begin with `scenario: 1`, or write a starter with `opendome new NAME`"
        raise ScenarioError([*builder.problems, Problem(what, file=file, line=1, cure=cure)])
    return Document(file, builder.root, builder.lines, tuple(builder.problems), frozenset(builder.refused))


def _syntax_problem(error: Any, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    what = " ".join(str(error.problem or error.context or "broken YAML").split())
    what = what if len(what) <= 160 else what[:160] + "..."
    line = mark.line + 1 if mark is not None else 0
    return Problem(f"broken YAML: {what}", file=file, line=line, cure=_syntax_cure(what))


def _syntax_cure(what: str) -> str:
    if "\\t" in what or "tab" in what:
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in what:
        return "quote text that holds `: `, and look at the indentation"
    if "expected ',' or" in what:
        return "close the bracket, and put a comma between items"
    if "expected <block end>" in what or "could not find expected ':'" in what:
        return "look at the indentation here and on the line above"
    return "look at this line and the one above"

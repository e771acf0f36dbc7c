"""Load scenarios: from a file, from text, or one of the examples that come with the program."""

from __future__ import annotations

from pathlib import Path

from opendome.base.errors import CommandError, Problem, ScenarioError, nearest_name
from opendome.scenario.document import MAX_BYTES, Document, read_text
from opendome.scenario.scenario import Scenario, build

__all__ = ["Document", "Scenario", "example", "example_path", "examples", "load", "loads", "read_file", "read_text"]


def load(path_or_name: str | Path) -> Scenario:
    """Load a scenario from a file, or an example by its name.

    Parameters
    ----------
    path_or_name : str or Path    ``my/two-batteries.yaml``, or ``two-batteries``

    Returns
    -------
    Scenario                      resolved: every gap filled with the schema's default

    Raises
    ------
    ScenarioError
        With every problem of the file at once: file, line, key, what is wrong, what to write instead.
    CommandError
        There is neither such a file nor such an example.
    """
    path = Path(path_or_name)
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    if is_file:
        return build(read_file(path))
    name = str(path_or_name)
    if name in _example_paths():
        return example(name)
    hint = nearest_name(path.stem, _example_paths()) or f"examples are {', '.join(examples())}"
    raise CommandError(f"there is no file and no example `{name}`: {hint}")


def loads(text: str, file: str = "") -> Scenario:
    """Load a scenario from text; ``file`` is the name to print in front of line numbers.

    Raises
    ------
    ScenarioError
        As ``load``.
    """
    return build(read_text(text, file))


def example(name: str) -> Scenario:
    """Load one of the examples that come with the program.

    Raises
    ------
    CommandError
        There is no such example; the message offers the nearest.
    """
    return build(read_file(example_path(name)))


def examples() -> list[str]:
    """Names of the examples that come with the program, sorted."""
    return sorted(_example_paths())


def example_path(name: str) -> Path:
    """Path of an example's file.

    Raises
    ------
    CommandError
        There is no such example; the message offers the nearest.
    """
    known = _example_paths()
    if name not in known:
        hint = nearest_name(name, known) or f"examples are {', '.join(sorted(known))}"
        raise CommandError(f"there is no example `{name}`: {hint}")
    return known[name]


def _example_paths() -> dict[str, Path]:
    """Examples by name: those packed beside this module, or those of the checkout it is run from."""
    here = Path(__file__).resolve()
    folders = (here.parent / "examples", here.parents[3] / "scenarios")
    folder = next((folder for folder in folders if folder.is_dir()), folders[0])
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def read_file(path: Path) -> Document:
    """Read a scenario file; see ``read_text``."""
    file = str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        what = f"cannot be opened: {getattr(error, 'strerror', None) or error}"
        raise ScenarioError([Problem(what, file=file, cure="give the path of a scenario file")]) from None
    if len(raw) > MAX_BYTES:
        cure = "put areas in a file of their own (`places.file`)"
        raise ScenarioError([Problem(f"larger than {MAX_BYTES} bytes", file=file, cure=cure)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ScenarioError([Problem("is not UTF-8 text", file=file, line=line, cure="save it as UTF-8")]) from None
    return read_text(text, file)

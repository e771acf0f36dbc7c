"""Reference pages on code: verbs of the command line, the façade, and every public name."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from opendome.cli.docs_data import markdown_table, page

__all__ = ["commands_page", "names_page", "public_names", "python_page"]

_PACKAGE = Path(__file__).resolve().parents[1]


def commands_page() -> str:
    """Every verb with its arguments and options."""
    from opendome.cli.main import VERBS

    parts = [_command(name, verb) for name, verb in VERBS.items()]
    parts.append(
        "## Exit codes\n\n"
        + markdown_table(
            ("code", "means"),
            [
                (0, "done"),
                (1, "the scenario is wrong; every problem is listed on stderr"),
                (2, "the command is wrong; the message says what to write instead"),
                (3, "a run failed; what was finished is kept"),
                (4, "`validate`: a figure lies outside what was published or asked, and no miss was foreseen"),
                (130, "interrupted; `--resume` goes on"),
            ],
        )
        + "\n\nColours and the progress line appear on a terminal only; `NO_COLOR` turns them off."
    )
    intro = "`opendome VERB --help` says the same. Every verb takes `--json`, which prints for programs."
    return page("Commands", intro, parts)


def _command(name: str, verb: Callable[..., None]) -> str:
    words, _, example = inspect.cleandoc(verb.__doc__ or "").replace("\b\n", "").partition("Example:")
    parameters = list(_parameters(verb))
    usage = " ".join(
        ["opendome", name, *(flags for flags, is_argument, _, _ in parameters if is_argument), "[OPTIONS]"]
    )
    text = f"## {name}\n\n{words.strip()}\n\n    {usage}\n\nFor example:\n\n"
    text += "\n".join(f"    {line.strip()}" for line in example.strip().splitlines()) + "\n\n"
    rows = [(f"`{flags}`", meaning, default) for flags, _, meaning, default in parameters]
    return text + markdown_table(("argument or option", "meaning", "default"), rows)


def _parameters(verb: Callable[..., None]) -> Iterator[tuple[str, bool, str, str]]:
    """Give (how it is written, whether it is an argument, meaning, default) of each parameter of a verb."""
    from typer.models import ArgumentInfo

    hints = typing.get_type_hints(verb, include_extras=True)
    for name, parameter in inspect.signature(verb).parameters.items():
        kind, about = typing.get_args(hints[name])[:2]
        default = "" if parameter.default in (None, False, True, inspect.Parameter.empty) else f"`{parameter.default}`"
        if isinstance(about, ArgumentInfo):
            yield str(about.metavar or name.upper()), True, str(about.help), default
            continue
        # Inside Annotated, Typer keeps the first flag where a default would stand.
        flags = "/".join(word for word in (about.default, *(about.param_decls or ())) if isinstance(word, str))
        if kind is not bool:
            flags = f"{flags} {about.metavar or _type_word(kind)}"
        yield flags, False, str(about.help), default


def _type_word(kind: Any) -> str:
    inner = [one for one in typing.get_args(kind) if one is not type(None)] or [kind]
    words = {int: "NUMBER", float: "NUMBER", str: "TEXT"}
    return words.get((typing.get_args(inner[0]) or (inner[0],))[0], "TEXT")


def python_page() -> str:
    """The façade's names with their documentation, and the methods of what they give."""
    parts = []
    for name, home in sorted(sys.modules[__name__.partition(".")[0]]._HOMES.items()):
        module, _, attribute = home.partition(":")
        found: Any = importlib.import_module(module)
        found = getattr(found, attribute) if attribute else found
        parts.append(_module(name, found) if inspect.ismodule(found) else _named(f"od.{name}", found, 2))
        if inspect.isclass(found):
            parts += [_named(f"{name}.{method}", value, 3) for method, value in _methods(found)]
    intro = (
        "`import opendome as od` loads nothing heavy; each name is loaded when it is first used. Errors are "
        "`opendome.base.errors.ScenarioError`, `CommandError` and `RunError`, all of them `OpenDomeError`."
    )
    return page("Python", intro, parts)


def _methods(found: type) -> Iterator[tuple[str, Any]]:
    for name, value in vars(found).items():
        if not name.startswith("_") and inspect.getdoc(value):
            yield name, value


def _named(title: str, found: Any, level: int) -> str:
    signature = ""
    target = found.fget if isinstance(found, property) else found
    if inspect.isfunction(target) and not isinstance(found, property):
        signature = str(inspect.signature(target))
    doc = inspect.getdoc(found) or ""
    heading = f"{'#' * level} {title}"
    code = f"\n\n```text\n{title}{signature}\n```" if signature else ""
    return f"{heading}{code}\n\n```text\n{doc}\n```"


def _module(name: str, module: Any) -> str:
    rows = [
        (f"`od.{name}.{member}`", _first_line(inspect.getdoc(getattr(module, member)) or ""))
        for member in module.__all__
    ]
    about = _first_line(module.__doc__ or "")
    return f"## od.{name}\n\n{about}\n\n" + markdown_table(("name", "what it is"), rows)


def names_page() -> str:
    """Every public name of every room, from the source."""
    rooms: dict[str, list[tuple[str, str, str]]] = {}
    for module, name, kind, words in public_names():
        room = module.split(".")[1]
        rooms.setdefault(room, []).append((f"`{module}.{name}`", kind, words))
    parts = []
    for room, rows in sorted(rooms.items()):
        about = _first_line(importlib.import_module(f"opendome.{room}").__doc__ or "")
        parts.append(f"## {room}\n\n{about}\n\n" + markdown_table(("name", "kind", "what it is"), rows))
    intro = (
        "What each module lists in `__all__`. The façade ([Python](python.md)) is what most programs need; the rooms "
        "are drawn in `ARCHITECTURE.md`."
    )
    return page("Public names by room", intro, parts)


def public_names() -> Iterator[tuple[str, str, str, str]]:
    """Give (module, name, kind, first line of its documentation) of everything listed in an ``__all__`` of ours.

    Modules of ``testing`` are left out. Read from the source, so that nothing has to be loaded.
    """
    for path in sorted(_PACKAGE.rglob("*.py")):
        parts = path.relative_to(_PACKAGE).with_suffix("").parts
        if path.name == "__init__.py" or len(parts) < 2 or parts[0] == "testing":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bodies = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
        for name in _listed(tree):
            node = bodies.get(name)
            kind = "class" if isinstance(node, ast.ClassDef) else "function" if node is not None else "value"
            words = ast.get_docstring(node) if node is not None else _words_after(tree, name)
            yield ".".join(["opendome", *parts]), name, kind, _first_line(words or "")


def _listed(tree: ast.Module) -> list[str]:
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if getattr(target, "id", "") == "__all__":
            return sorted(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    return []


def _words_after(tree: ast.Module, name: str) -> str:
    """The text that stands under an assignment."""
    for i, node in enumerate(tree.body[:-1]):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        following = tree.body[i + 1]
        if any(getattr(target, "id", "") == name for target in targets) and isinstance(following, ast.Expr):
            value = following.value
            return str(value.value) if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
    return ""


def _first_line(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split())

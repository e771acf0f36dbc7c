"""Rules on form: sizes, names, docstrings, annotations, ``__all__``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from tests.architecture import rooms
from tests.architecture.sources import Module

Function = ast.FunctionDef | ast.AsyncFunctionDef
KERNELS = {"kernel", "inlined_kernel", "allocating_kernel"}
COMPILERS = {"njit", "jit", "vectorize", "guvectorize", "cfunc", "register_jitable", "intrinsic", "stencil"} | KERNELS


def sizes(modules: Iterable[Module]) -> list[str]:
    """Modules, classes and functions stay short enough to be one idea each."""
    findings = []
    for module in modules:
        n_lines = module.text.count("\n")
        if n_lines > rooms.MAX_MODULE_LINES and module.name not in rooms.LONGER_ALLOWED:
            findings.append(f"{module.name}: {n_lines} lines (at most {rooms.MAX_MODULE_LINES})")
        for name, node in _definitions(module.tree):
            most = rooms.MAX_CLASS_LINES if isinstance(node, ast.ClassDef) else rooms.MAX_FUNCTION_LINES
            n_lines = (node.end_lineno or 0) - node.lineno + 1
            if n_lines > most and f"{module.name}:{name}" not in rooms.LONGER_ALLOWED:
                findings.append(f"{module.at(node)}: {name} has {n_lines} lines (at most {most})")
    return findings


def clear_module_names(modules: Iterable[Module]) -> list[str]:
    """A module's name says what it holds."""
    return [
        f"{module.name}: `{part}` says nothing about what is inside"
        for module in modules
        for part in module.name.split(".")[1:]
        if part in rooms.VAGUE_NAMES
    ]


def docstrings(modules: Iterable[Module]) -> list[str]:
    """Every module that is not empty, and every public class, function and method, says what it does."""
    findings = []
    for module in modules:
        if module.text.strip() and not ast.get_docstring(module.tree):
            findings.append(f"{module.name}: no docstring")
        for name, node in _public_definitions(module.tree):
            if not ast.get_docstring(node) and not _decorators(node) & {"overload", "setter", "deleter"}:
                findings.append(f"{module.at(node)}: {name} has no docstring")
    return findings


def annotated(modules: Iterable[Module]) -> list[str]:
    """Every function says the types it takes and gives, compiled kernels excepted."""
    findings = []
    for module in modules:
        for name, node in _definitions(module.tree):
            if isinstance(node, ast.ClassDef) or _decorators(node) & COMPILERS:
                continue
            missing = [argument.arg for argument in _arguments(node) if argument.annotation is None]
            if node.returns is None and not name.endswith("__init__"):
                missing.append("return")
            if missing:
                findings.append(f"{module.at(node)}: {name} does not say the type of {', '.join(missing)}")
    return findings


def inner_kernels_stay_inside(modules: Iterable[Module]) -> list[str]:
    """Python never calls a private kernel: those have no entrance from Python, and the call would end the process."""
    findings = []
    for module in modules:
        functions = [node for node in ast.walk(module.tree) if isinstance(node, Function)]
        inner = {node.name for node in functions if node.name.startswith("_") and _decorators(node) & KERNELS}
        for node in functions:
            if _decorators(node) & COMPILERS:
                continue
            called = {call.func.id for call in _calls_by_name(node)} & inner
            findings += [f"{module.at(node)}: {node.name} calls the private kernel `{name}`" for name in sorted(called)]
    return findings


def _calls_by_name(tree: ast.AST) -> Iterator[Any]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node


def closed_all(modules: Iterable[Module]) -> list[str]:
    """What ``__all__`` lists exists in the module, and is listed once."""
    findings = []
    for module in modules:
        listed = _listed(module.tree)
        repeated = sorted({name for name in listed if listed.count(name) > 1})
        findings += [f"{module.name}: __all__ lists `{name}` twice" for name in repeated]
        if not any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in module.tree.body):
            absent = sorted(set(listed) - set(_bound_names(module.tree)))
            findings += [f"{module.name}: __all__ lists `{name}`, which is not there" for name in absent]
    return findings


def units_in_names(modules: Iterable[Module]) -> list[str]:
    """A parameter declared with a unit carries it at the end of its name, and no other."""
    findings = []
    endings = set(rooms.UNIT_ENDINGS.values())
    for module in modules:
        for node, name, unit in _quantities(module.tree):
            wanted = rooms.UNIT_ENDINGS.get(unit)
            ending = name.rpartition("_")[2]
            if name in rooms.NO_UNIT_OF_THEIR_OWN or ending == wanted:
                continue
            if wanted or ("_" in name and ending in endings and "per" not in name.split("_")):
                findings.append(f"{module.at(node)}: `{name}` is declared with unit {unit!r}")
    return findings


def _quantities(tree: ast.Module) -> Iterator[tuple[ast.AST, str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        if not isinstance(node.value, ast.Call) or getattr(node.value.func, "id", "") != "quantity":
            continue
        for keyword in node.value.keywords:
            if keyword.arg == "unit" and isinstance(keyword.value, ast.Constant):
                yield node, node.target.id, str(keyword.value.value)


def _definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function | ast.ClassDef):
            name = f"{prefix}{node.name}"
            yield name, node
            yield from _definitions(node, f"{name}.")
        else:
            yield from _definitions(node, prefix)


def _public_definitions(tree: ast.Module) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, Function) and not method.name.startswith("_"):
                        yield f"{node.name}.{method.name}", method


def _decorators(node: Function | ast.ClassDef) -> set[str]:
    names = set()
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        names.add(called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""))
    return names


def _arguments(node: Function) -> list[ast.arg]:
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    return [argument for argument in every if argument.arg not in ("self", "cls")]


def _listed(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "__all__" for target in node.targets):
            return [str(value) for value in ast.literal_eval(node.value)]
    return []


def _bound_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, Function | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)

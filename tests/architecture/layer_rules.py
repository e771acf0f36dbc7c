"""Rules over the import graph: one-way levels and the information barrier.

Each rule takes the modules and gives its findings as text, empty when all is well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tests.architecture import rooms
from tests.architecture.sources import Module


def one_way_levels(modules: Iterable[Module]) -> list[str]:
    """A room imports only rooms of earlier levels, and every room has its level."""
    findings = []
    for module in modules:
        room = rooms.room_of(module.name)
        if not room:
            continue
        if room not in rooms.FREE and rooms.level_of(room) is None:
            findings.append(f"{module.name}: room `{room}` has no level")
            continue
        for node, target in module.imports():
            if target.split(".")[0] == rooms.PACKAGE and target != f"{rooms.PACKAGE}.__version__":
                problem = _import_problem(room, rooms.room_of(target))
                is_case = _is_below(module.name, rooms.MODULES_MAY_USE_FREE)
                if problem and not (is_case and rooms.room_of(target) in rooms.FREE):
                    findings.append(f"{module.at(node)}: imports {target}: {problem}")
    return findings


def _import_problem(room: str, target: str) -> str:
    if target == room or (room, target) in rooms.SIBLINGS_ALLOWED:
        return ""
    if room in rooms.FREE:
        return ""
    if target in rooms.FREE:
        return "" if room in rooms.MAY_USE_FREE else f"`{target}` is for tests"
    own, other = rooms.level_of(room), rooms.level_of(target)
    if other is None:
        # The façade or a name in it (`from opendome import register`): rooms name the room itself.
        return "import the room, not the façade"
    if own is not None and other > own:
        return f"`{target}` stands above `{room}`"
    return f"`{target}` is a sibling of `{room}`" if other == own else ""


def information_barrier(modules: Iterable[Module]) -> list[str]:
    """Rooms on the defence's side neither import nor name the truth."""
    modules = list(modules)
    findings = []
    for module in modules:
        if rooms.room_of(module.name) not in rooms.GUARDED or _is_below(module.name, rooms.NOT_GUARDED):
            continue
        for node, target in module.imports():
            if _is_below(target, rooms.TRUTH_MODULES):
                findings.append(f"{module.at(node)}: imports {target}, which holds the truth")
        for node, name in _names_used(module):
            if name in rooms.TRUTH_NAMES:
                findings.append(f"{module.at(node)}: names `{name}`, which belongs to the truth")
    return findings + _paths_to_the_truth(modules)


def _names_used(module: Module) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name):
            yield node, node.id
        elif isinstance(node, ast.Attribute):
            yield node, node.attr
        elif isinstance(node, ast.arg | ast.keyword):
            yield node, node.arg or ""
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            yield node, str(node.slice.value)


def _paths_to_the_truth(modules: list[Module]) -> list[str]:
    known = {module.name for module in modules}
    reached_by = {module.name: {_module_named(target, known) for _, target in module.imports()} for module in modules}
    findings = []
    for module in modules:
        if rooms.room_of(module.name) not in rooms.GUARDED_THROUGHOUT:
            continue
        seen = {module.name}
        ahead: list[tuple[str, ...]] = [(module.name,)]
        while ahead:
            path = ahead.pop()
            for target in sorted(reached_by[path[-1]] - seen - {""}):
                seen.add(target)
                if len(path) > 1 and _is_below(target, rooms.TRUTH_MODULES):
                    findings.append(f"{module.name}: reaches the truth by {' -> '.join((*path, target))}")
                elif rooms.room_of(target):
                    ahead.append((*path, target))
    return findings


def _module_named(target: str, known: set[str]) -> str:
    while target and target not in known:
        target = target.rpartition(".")[0]
    return target


def _is_below(name: str, tops: Iterable[str]) -> bool:
    return any(name == top or name.startswith(f"{top}.") for top in tops)

"""Rules on what the source never does: draw from a global generator, read the clock, run text as code, print."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from tests.architecture import rooms
from tests.architecture.sources import Module

RANDOM_MODULES = ("random", "uuid", "secrets", "numpy.random")
CALENDAR_READINGS = {
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "strftime", "asctime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
}
STOPWATCH_READINGS = {"monotonic", "perf_counter", "process_time", "thread_time", "sleep"}
UNSAFE_MODULES = ("pickle", "cloudpickle", "dill", "marshal", "shelve", "yaml")
UNSAFE_BUILTINS = {"eval", "exec"}
UNSAFE_CALLS = {("os", "system"), ("os", "popen"), ("yaml", "load"), ("yaml", "unsafe_load")}

Finding = tuple[ast.AST, str]


def no_global_randomness(modules: Iterable[Module]) -> list[str]:
    """Random numbers come from the keyed generator in base alone."""
    return _gather(modules, _randomness)


def no_clock(modules: Iterable[Module]) -> list[str]:
    """Nobody reads the calendar clock; a stopwatch only where the list allows it."""
    return _gather(modules, _clock_readings)


def nothing_unsafe(modules: Iterable[Module]) -> list[str]:
    """Data is never run as code, and no shell reads a command line."""
    return _gather(modules, _unsafe)


def no_print_or_assert(modules: Iterable[Module]) -> list[str]:
    """Only the command line prints; arguments are checked with errors that teach, not with assert."""
    return _gather(modules, _prints_and_asserts)


def no_swallowed_errors(modules: Iterable[Module]) -> list[str]:
    """No bare except, and none that catches everything and does nothing."""
    return _gather(modules, _swallowed)


def _gather(modules: Iterable[Module], look: Callable[[Module], Iterator[Finding]]) -> list[str]:
    return [f"{module.at(node)}: {what}" for module in modules for node, what in look(module)]


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _within(name: str, tops: Iterable[str]) -> bool:
    return any(name == top or name.startswith(f"{top}.") for top in tops)


def _randomness(module: Module) -> Iterator[Finding]:
    for node, target in module.imports():
        is_secret = target == "secrets" and module.name in rooms.MAY_MAKE_SECRETS
        if _within(target, RANDOM_MODULES) and not is_secret:
            yield node, f"imports {target}: draw from base.philox"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            name = _dotted(node)
            if name in ("np.random", "numpy.random", "os.urandom"):
                yield node, f"uses {name}: draw from base.philox"
            elif node.attr == "rvs":
                yield node, "draws with .rvs: draw from base.philox"


def _clock_readings(module: Module) -> Iterator[Finding]:
    may_time = _within(module.name, rooms.STOPWATCHES)
    for node, target in module.imports():
        source, _, name = target.rpartition(".")
        if source == "time" and name in CALENDAR_READINGS["time"]:
            yield node, f"imports time.{name}: results know no clock"
        elif source == "time" and name.removesuffix("_ns") in STOPWATCH_READINGS and not may_time:
            yield node, f"imports time.{name}: this module is not among those that may time themselves"
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Attribute):
            continue
        owner = _dotted(node.value).rpartition(".")[2]
        if node.attr in CALENDAR_READINGS.get(owner, ()):
            yield node, f"reads {owner}.{node.attr}: results know no clock"
        elif owner == "time" and node.attr.removesuffix("_ns") in STOPWATCH_READINGS and not may_time:
            yield node, f"reads time.{node.attr}: this module is not among those that may time themselves"


def _unsafe(module: Module) -> Iterator[Finding]:
    for node, target in module.imports():
        if _within(target, UNSAFE_MODULES):
            yield node, f"imports {target}: files are data, read with an open format's own reader"
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        owner, _, name = _dotted(node.func).rpartition(".")
        if isinstance(node.func, ast.Name) and name in UNSAFE_BUILTINS:
            yield node, f"calls {name}"
        if (owner, name) in UNSAFE_CALLS:
            yield node, f"calls {owner}.{name}"
        for keyword in node.keywords:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if keyword.arg == "shell" and value is not False:
                yield node, "passes a command line to a shell"
            if keyword.arg == "typ" and value == "unsafe":
                yield node, "reads YAML that may build any object"


def _prints_and_asserts(module: Module) -> Iterator[Finding]:
    room = rooms.room_of(module.name)
    may_print = room in (*rooms.MAY_PRINT, *rooms.FREE) or _within(module.name, rooms.MODULES_MAY_PRINT)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assert) and room not in rooms.FREE:
            yield node, "asserts: raise an error that says what to write instead"
        if isinstance(node, ast.Call) and _dotted(node.func) == "print" and not may_print:
            yield node, "prints: only the command line speaks to the screen"


def _swallowed(module: Module) -> Iterator[Finding]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        if node.type is None:
            yield node, "bare except"
        elif _dotted(node.type) in ("Exception", "BaseException") and _does_nothing(node.body):
            yield node, "catches every error and does nothing"


def _does_nothing(body: list[ast.stmt]) -> bool:
    return all(isinstance(statement, ast.Pass) for statement in body)
